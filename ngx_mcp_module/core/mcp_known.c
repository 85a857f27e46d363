/*
 * A table of fingerprints: sets of four, each in the order of last use.
 */

#include "mcp_known.h"
#include "mcp_siphash.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>


#define SETS      2048
#define WAYS      4
#define MARK      UINT64_C(0xff)      /* of the second word                  */

struct mcp_known_s {
    EVP_MAC_CTX        *mac;
    uint64_t            key[4];
    mcp_known_print_t   set[SETS][WAYS];        /* 0, 0: nothing             */
};


mcp_known_t *
mcp_known_create(void)
{
    EVP_MAC      *mac;
    mcp_known_t  *k;

    k = calloc(1, sizeof(mcp_known_t));

    if (k == NULL) {
        return NULL;
    }

    mac = EVP_MAC_fetch(NULL, "POLY1305", NULL);

    if (mac != NULL) {
        k->mac = EVP_MAC_CTX_new(mac);       /* holds on to mac              */
        EVP_MAC_free(mac);
    }

    if (k->mac == NULL || mcp_siphash_key(k->key) != MCP_OK
        || mcp_siphash_key(k->key + 2) != MCP_OK)
    {
        mcp_known_destroy(k);
        return NULL;
    }

    return k;
}


void
mcp_known_destroy(mcp_known_t *k)
{
    if (k == NULL) {
        return;
    }

    EVP_MAC_CTX_free(k->mac);
    OPENSSL_cleanse(k->key, sizeof(k->key));
    free(k);
}


mcp_rc_t
mcp_known_print(mcp_known_t *k, const mcp_known_context_t *context,
    const unsigned char *text, size_t len, mcp_known_print_t *print)
{
    size_t         n;
    unsigned char  head[16];

    /* lengths first, so that name and text cannot be parted differently */

    memset(head, 0, sizeof(head));
    head[0] = context->surfaces;
    head[1] = context->kinds;
    head[2] = context->block;
    head[3] = (context->name != NULL);

    for (n = 0; n < 4; n++) {
        head[4 + n] = (unsigned char) (context->name_len >> (8 * n));
        head[8 + n] = (unsigned char) (len >> (8 * n));
    }

    if (!EVP_MAC_init(k->mac, (unsigned char *) k->key, sizeof(k->key),
                      NULL)
        || !EVP_MAC_update(k->mac, head, sizeof(head))
        || (context->name_len > 0
            && !EVP_MAC_update(k->mac, context->name, context->name_len))
        || !EVP_MAC_update(k->mac, text, len)
        || !EVP_MAC_final(k->mac, (unsigned char *) print->word, &n,
                          sizeof(print->word))
        || n != sizeof(print->word))
    {
        return MCP_ERROR;
    }

    print->word[1] &= ~MARK;

    return MCP_OK;
}


/* Where in its set it is, WAYS: nowhere. */
static size_t
look_up(const mcp_known_print_t *set, const mcp_known_print_t *print)
{
    size_t  i;

    for (i = 0; i < WAYS; i++) {
        if (set[i].word[0] == print->word[0]
            && (set[i].word[1] & ~MARK) == print->word[1])
        {
            break;
        }
    }

    return i;
}


int
mcp_known_find(mcp_known_t *k, const mcp_known_print_t *print,
    unsigned *mark)
{
    size_t              i;
    mcp_known_print_t  *set, found;

    set = k->set[print->word[0] % SETS];
    i = look_up(set, print);

    if (i == WAYS) {
        return 0;
    }

    found = set[i];
    memmove(&set[1], &set[0], i * sizeof(mcp_known_print_t));
    set[0] = found;

    *mark = (unsigned) (found.word[1] & MARK);

    return 1;
}


void
mcp_known_add(mcp_known_t *k, const mcp_known_print_t *print, unsigned mark)
{
    size_t              i;
    mcp_known_print_t  *set;

    set = k->set[print->word[0] % SETS];
    i = look_up(set, print);

    if (i == WAYS) {
        i = WAYS - 1;
    }

    memmove(&set[1], &set[0], i * sizeof(mcp_known_print_t));

    set[0] = *print;
    set[0].word[1] |= mark & MARK;
}
