/*
 * Texts that were clean a moment ago.
 *
 * Servers say the same thing over and over: the list of their tools at the
 * start of each session, a resource that is read again, a status that has not
 * changed.  A text in which no rule found anything is remembered by a
 * fingerprint of 120 bits; when it comes again, with the same member name,
 * surfaces and kinds, it need not be matched again.
 *
 * The fingerprint is Poly1305 (RFC 8439) under a key that only this process
 * knows and that it never shows.  It is used as a universal hash: two texts
 * of n bytes that somebody chose without the key have the same fingerprint
 * with a chance of less than n / 2^98, so nobody can make a text that is
 * taken for another.  What can be told from the time of an answer is that
 * this text, to the byte, passed here before.
 */

#ifndef MCP_KNOWN_H
#define MCP_KNOWN_H

#include "mcp_types.h"


#define MCP_KNOWN_RUN    2            /* of texts that were joined           */
#define MCP_KNOWN_REST   3            /* small strings as one                */
#define MCP_KNOWN_LEAST  256          /* bytes of a text that is worth it    */

typedef struct mcp_known_s  mcp_known_t;

typedef struct {
    uint64_t  word[2];
} mcp_known_print_t;

/* What a text is, beside its bytes. */
typedef struct {
    uint8_t               surfaces;
    uint8_t               kinds;
    uint8_t               block;      /* mcp_segment_t.block, MCP_KNOWN_...  */
    const unsigned char  *name;       /* of the member, or NULL; of several
                                         texts, where each of them is        */
    size_t                name_len;
} mcp_known_context_t;


/*
 * 128 KB.  NULL when memory is short or this OpenSSL has no Poly1305: do
 * without then.
 */
mcp_known_t *mcp_known_create(void);
void mcp_known_destroy(mcp_known_t *k);

/* MCP_OK, or MCP_ERROR (memory): the text has no fingerprint. */
mcp_rc_t mcp_known_print(mcp_known_t *k, const mcp_known_context_t *context,
    const unsigned char *text, size_t len, mcp_known_print_t *print);

/* 1: it was clean, and *mark is what mcp_known_add() got. */
int mcp_known_find(mcp_known_t *k, const mcp_known_print_t *print,
    unsigned *mark);

/*
 * Remembers a clean text in place of the one of its set that was not asked
 * for the longest; mark: 0 to 255.
 */
void mcp_known_add(mcp_known_t *k, const mcp_known_print_t *print,
    unsigned mark);

#endif /* MCP_KNOWN_H */
