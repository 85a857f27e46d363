/*
 * Which five places of a needle are looked for.
 *
 * Classes are written out, so that "gh[opsu]_" is four windows.  Of all places
 * where a window can stand, for each parity the one is taken that ordinary
 * text shows least.
 */

#include "mcp_needle_int.h"
#include "mcp_rarity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>


#define KEYS_MAX    64                /* of one window                       */
#define VALUES_MAX  64                /* of one place that is hashed         */
#define BITS_MAX    128               /* of the table, for one window        */

/*
 * A set bit is hit by chance, as other bytes have the same hash; what that
 * costs against what the text really shows.
 */
#define CHANCE      (1.0 / (MCP_NEEDLE_SLOTS * 32.0))


typedef struct {
    unsigned       n[MCP_NEEDLE_PLACES];           /* 0: too many            */
    uint8_t        value[MCP_NEEDLE_PLACES][VALUES_MAX];
    uint32_t       next[MCP_NEEDLE_PLACES + 1];    /* as a fifth place       */
} values_t;

typedef struct {
    double    rate;               /* of hits in ordinary text, each byte     */
    unsigned  at;
    unsigned  n;
    uint32_t  key[KEYS_MAX];
} window_t;


/* The bytes that the places of a needle can be in text. */
static void
read_values(const mcp_needle_t *nd, values_t *vs)
{
    unsigned  i, c, b, many;
    uint32_t  seen[8];

    for (i = 0; i < nd->n; i++) {

        memset(seen, 0, sizeof(seen));
        vs->n[i] = 0;
        vs->next[i] = 0;
        many = 0;

        for (c = 0; c < 256; c++) {

            if ((c & 7) == 0 && nd->place[i]->bits[c >> 3] == 0) {
                c += 7;
                continue;
            }

            if (!mcp_re_has(nd->place[i], c)) {
                continue;
            }

            b = (c >= '\t' && c <= '\r') ? ' ' : c;
            vs->next[i] |= (uint32_t) 1 << (b & 31);
            b |= 0x20;

            if (seen[b >> 5] & ((uint32_t) 1 << (b & 31))) {
                continue;
            }

            seen[b >> 5] |= (uint32_t) 1 << (b & 31);

            if (vs->n[i] == VALUES_MAX) {
                many = 1;

            } else {
                vs->value[i][vs->n[i]++] = (uint8_t) b;
            }
        }

        if (many) {
            vs->n[i] = 0;
        }
    }

    vs->next[nd->n] = UINT32_MAX;
}


/* The window at a place; 0: there can be none. */
static int
read_window(const values_t *vs, unsigned at, window_t *w)
{
    uint8_t          group[4];
    unsigned         a, b, c, d, keys, bits;
    const unsigned  *n = vs->n + at;

    w->at = at;
    w->rate = 0;
    w->n = 0;

    keys = n[0] * n[1] * n[2] * n[3];
    bits = (unsigned) __builtin_popcount(vs->next[at + 4]);

    if (keys == 0 || keys > KEYS_MAX || keys * bits > BITS_MAX) {
        return 0;
    }

    for (a = 0; a < n[0]; a++) {
        for (b = 0; b < n[1]; b++) {
            for (c = 0; c < n[2]; c++) {
                for (d = 0; d < n[3]; d++) {
                    group[0] = vs->value[at][a];
                    group[1] = vs->value[at + 1][b];
                    group[2] = vs->value[at + 2][c];
                    group[3] = vs->value[at + 3][d];

                    memcpy(&w->key[w->n++], group, 4);
                    w->rate += exp2(-mcp_rarity_group(group));
                }
            }
        }
    }

    w->rate = w->rate * bits / 32 + keys * bits * CHANCE;

    return 1;
}


/* The best windows for both parities; 0: there is none for one of them. */
static int
choose(const mcp_needle_t *nd, values_t *vs, window_t best[2])
{
    unsigned  i;
    window_t  w;

    best[0].n = 0;
    best[1].n = 0;

    read_values(nd, vs);

    for (i = 0; i + 4 <= nd->n; i++) {
        if (read_window(vs, i, &w)
            && (best[i & 1].n == 0 || w.rate < best[i & 1].rate))
        {
            best[i & 1] = w;
        }
    }

    return best[0].n > 0 && best[1].n > 0;
}


int
mcp_needle_fit(const mcp_needle_t *needle)
{
    values_t  vs;
    window_t  best[2];

    return choose(needle, &vs, best);
}


/* What is compared: eight places with the core and as many more as may be. */
static void
set_compared(const mcp_needle_t *nd, const values_t *vs, unsigned at,
    mcp_needle_entry_t *e)
{
    unsigned       i, k, n, most, from, first, last;
    unsigned char  value[8], mask[8];

    first = (nd->core > 0 && nd->end > 8) ? nd->end - 8u : 0;
    last = (nd->core > 0) ? (unsigned) nd->end - nd->core : nd->n - 1u;
    from = first;
    most = 0;

    for (i = first; i <= last; i++) {

        for (k = i, n = 0; k < i + 8 && k < nd->n; k++) {
            n += (vs->n[k] == 1);
        }

        if (n > most) {
            most = n;
            from = i;
        }
    }

    memset(value, 0, sizeof(value));
    memset(mask, 0, sizeof(mask));

    for (k = 0; k < 8 && from + k < nd->n; k++) {
        if (vs->n[from + k] == 1) {
            value[k] = vs->value[from + k][0];
            mask[k] = 0xff;
        }
    }

    memcpy(&e->value, value, 8);
    memcpy(&e->mask, mask, 8);

    e->shift = (int8_t) ((int) from - (int) at);
    e->end = (int8_t) ((int) nd->end - (int) at);
}


typedef struct {
    uint32_t            slot;
    mcp_needle_entry_t  e;
} slot_t;


static int
slot_order(const void *a, const void *b)
{
    const slot_t  *x = a, *y = b;

    if (x->slot != y->slot) {
        return (x->slot > y->slot) - (x->slot < y->slot);
    }

    if (x->e.number != y->e.number) {
        return (x->e.number > y->e.number) - (x->e.number < y->e.number);
    }

    return (x->e.end > y->e.end) - (x->e.end < y->e.end);
}


/* Appends the entries of a needle; its bits go to the table at once. */
static mcp_rc_t
add_needle(mcp_needles_t *ns, const mcp_needle_t *nd, unsigned number,
    slot_t **slots, size_t *n, size_t *cap)
{
    size_t               room;
    slot_t              *more;
    values_t             vs;
    window_t             best[2];
    unsigned             i, k;
    uint32_t             h;
    mcp_needle_entry_t   e;

    if (!choose(nd, &vs, best)) {
        return MCP_ERROR;
    }

    if (*cap - *n < 2 * KEYS_MAX) {

        room = *cap * 2 + 4 * KEYS_MAX;
        more = realloc(*slots, room * sizeof(slot_t));

        if (more == NULL) {
            return MCP_ERROR;
        }

        *slots = more;
        *cap = room;
    }

    for (i = 0; i < 2; i++) {

        memset(&e, 0, sizeof(e));
        e.number = (uint16_t) number;
        set_compared(nd, &vs, best[i].at, &e);

        for (k = 0; k < best[i].n; k++) {
            more = &(*slots)[(*n)++];
            h = mcp_needle_hash(best[i].key[k]);
            ns->next[h] |= vs.next[best[i].at + 4];
            more->slot = h >> MCP_NEEDLE_SHARED;
            more->e = e;
        }
    }

    return MCP_OK;
}


/* Slots in order become the entries; the same twice is told once. */
static mcp_rc_t
fill_buckets(mcp_needles_t *ns, slot_t *slots, size_t n)
{
    size_t    i;
    uint32_t  h;

    ns->entries = malloc((n + 1) * sizeof(mcp_needle_entry_t));

    if (ns->entries == NULL) {
        return MCP_ERROR;
    }

    if (n > 0) {
        qsort(slots, n, sizeof(slot_t), slot_order);
    }

    for (i = 0, h = 0; i < n; i++) {

        if (i > 0 && slot_order(&slots[i - 1], &slots[i]) == 0) {
            continue;
        }

        while (h <= slots[i].slot) {
            ns->bucket[h++] = (uint32_t) ns->n;
        }

        ns->entries[ns->n++] = slots[i].e;
    }

    while (h <= MCP_NEEDLE_BUCKETS) {
        ns->bucket[h++] = (uint32_t) ns->n;
    }

    return MCP_OK;
}


mcp_needles_t *
mcp_needles_create(const mcp_needle_t *list, size_t n)
{
    slot_t         *slots;
    size_t          i, slots_n, cap;
    mcp_rc_t        rc;
    mcp_needles_t  *ns;

    ns = calloc(1, sizeof(mcp_needles_t));

    if (ns == NULL) {
        return NULL;
    }

#if defined(__x86_64__)
    ns->avx2 = __builtin_cpu_supports("avx2") != 0;
#endif

    slots = NULL;
    slots_n = 0;
    cap = 0;
    rc = MCP_OK;

    for (i = 0; i < n && rc == MCP_OK; i++) {
        rc = add_needle(ns, &list[i], (unsigned) i, &slots, &slots_n, &cap);
    }

    if (rc == MCP_OK) {
        rc = fill_buckets(ns, slots, slots_n);
    }

    free(slots);

    if (rc != MCP_OK) {
        mcp_needles_destroy(ns);
        return NULL;
    }

    return ns;
}


void
mcp_needles_destroy(mcp_needles_t *ns)
{
    if (ns == NULL) {
        return;
    }

    free(ns->entries);
    free(ns);
}


size_t
mcp_needles_size(const mcp_needles_t *ns)
{
    return sizeof(mcp_needles_t) + ns->n * sizeof(mcp_needle_entry_t);
}
