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


#define KEYS_MAX    128               /* of one window                       */
#define VALUES_MAX  128               /* of one place that is hashed: all    */
#define BITS_MAX    192               /* of the table, for one window        */

#define BITS_MAX_NARROW  1024

/*
 * A set bit is hit by chance, as other bytes have the same hash; what that
 * costs against what the text really shows.
 */
#define CHANCE      (1.0 / (MCP_NEEDLE_SLOTS * 32.0))


typedef struct {
    unsigned       n[MCP_NEEDLE_PLACES];
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
    unsigned  i, c, b;
    uint32_t  seen[8];

    for (i = 0; i < nd->n; i++) {

        memset(seen, 0, sizeof(seen));
        vs->n[i] = 0;
        vs->next[i] = 0;

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

            vs->value[i][vs->n[i]++] = (uint8_t) b;
        }
    }

    vs->next[nd->n] = UINT32_MAX;
}


/*
 * The window at a place, of so many places that are hashed and the one behind
 * them; 0: there can be none.
 */
static int
read_window(const values_t *vs, unsigned at, unsigned hashed, window_t *w)
{
    uint8_t   group[4];
    unsigned  i, k, n, keys, bits;

    bits = (unsigned) __builtin_popcount(vs->next[at + hashed]);

    for (i = 0, keys = 1; i < hashed; i++) {

        keys *= vs->n[at + i];

        if (keys == 0 || keys > KEYS_MAX) {
            return 0;
        }
    }

    if (keys * bits > (hashed == 4 ? BITS_MAX : BITS_MAX_NARROW)) {
        return 0;
    }

    w->at = at;
    w->n = keys;
    w->rate = 0;

    for (k = 0; k < keys; k++) {

        memset(group, 0, sizeof(group));

        for (i = 0, n = k; i < hashed; n /= vs->n[at + i], i++) {
            group[i] = vs->value[at + i][n % vs->n[at + i]];
        }

        memcpy(&w->key[k], group, sizeof(group));

        if (hashed == 4) {
            w->rate += exp2(-mcp_rarity_group(group));

        } else {

            /* as far as a group of four tells: with a blank before */

            memmove(group + 1, group, 3);
            group[0] = ' ';
            w->rate += exp2(-mcp_rarity_group(group));
        }
    }

    w->rate = w->rate * bits / 32 + keys * bits * CHANCE;

    return 1;
}


/*
 * The best windows: two for both parities (2), or a narrow one (1).  0: there
 * is none.
 */
static int
choose(const mcp_needle_t *nd, values_t *vs, window_t best[2])
{
    unsigned  i;
    window_t  w;

    best[0].n = 0;
    best[1].n = 0;

    read_values(nd, vs);

    for (i = 0; i + 4 <= nd->n; i++) {
        if (read_window(vs, i, 4, &w)
            && (best[i & 1].n == 0 || w.rate < best[i & 1].rate))
        {
            best[i & 1] = w;
        }
    }

    if (best[0].n > 0 && best[1].n > 0) {
        return 2;
    }

    best[0].n = 0;

    for (i = 0; i + 3 <= nd->n; i++) {
        if (read_window(vs, i, 3, &w)
            && (best[0].n == 0 || w.rate < best[0].rate))
        {
            best[0] = w;
        }
    }

    return best[0].n > 0;
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


typedef struct {
    slot_t  *slot;
    size_t   n;
    size_t   cap;
} slots_t;


/* Adds the entries of a needle; its bits go to the table at once. */
static mcp_rc_t
add_window(mcp_needle_table_t *t, slots_t *slots, const window_t *w,
    const values_t *vs, const mcp_needle_entry_t *e)
{
    size_t     cap;
    slot_t    *more;
    unsigned   k;
    uint32_t   h;

    if (slots->cap - slots->n < w->n) {

        cap = slots->cap * 2 + 4 * KEYS_MAX;
        more = realloc(slots->slot, cap * sizeof(slot_t));

        if (more == NULL) {
            return MCP_ERROR;
        }

        slots->slot = more;
        slots->cap = cap;
    }

    for (k = 0; k < w->n; k++) {
        h = mcp_needle_hash(w->key[k]);
        t->next[h] |= vs->next[w->at + t->hashed];

        more = &slots->slot[slots->n++];
        more->slot = h >> MCP_NEEDLE_SHARED;
        more->e = *e;
    }

    return MCP_OK;
}


static mcp_rc_t
add_needle(mcp_needles_t *ns, const mcp_needle_t *nd, unsigned number,
    slots_t *wide, slots_t *narrow)
{
    int                  i, n;
    mcp_rc_t             rc;
    values_t             vs;
    window_t             best[2];
    mcp_needle_entry_t   e;

    n = choose(nd, &vs, best);
    rc = (n > 0) ? MCP_OK : MCP_ERROR;

    for (i = 0; i < n && rc == MCP_OK; i++) {

        memset(&e, 0, sizeof(e));
        e.number = (uint16_t) number;
        set_compared(nd, &vs, best[i].at, &e);

        rc = (n == 2) ? add_window(&ns->wide, wide, &best[i], &vs, &e)
                      : add_window(&ns->narrow, narrow, &best[i], &vs, &e);
    }

    return rc;
}


/* Slots in order become the entries; the same twice is told once. */
static mcp_rc_t
fill_table(mcp_needle_table_t *t, slots_t *slots)
{
    size_t     i, n;
    slot_t    *s = slots->slot;
    uint32_t   h;

    n = slots->n;
    t->entries = malloc((n + 1) * sizeof(mcp_needle_entry_t));

    if (t->entries == NULL) {
        return MCP_ERROR;
    }

    if (n > 0) {
        qsort(s, n, sizeof(slot_t), slot_order);
    }

    for (i = 0, h = 0; i < n; i++) {

        if (i > 0 && slot_order(&s[i - 1], &s[i]) == 0) {
            continue;
        }

        while (h <= s[i].slot) {
            t->bucket[h++] = (uint32_t) t->n;
        }

        t->entries[t->n++] = s[i].e;
    }

    while (h <= MCP_NEEDLE_BUCKETS) {
        t->bucket[h++] = (uint32_t) t->n;
    }

    return MCP_OK;
}


mcp_needles_t *
mcp_needles_create(const mcp_needle_t *list, size_t n)
{
    size_t          i;
    slots_t         wide, narrow;
    unsigned        k, bits;
    mcp_rc_t        rc;
    mcp_needles_t  *ns;

    ns = calloc(1, sizeof(mcp_needles_t));

    if (ns == NULL) {
        return NULL;
    }

#if defined(__x86_64__)
    ns->avx2 = __builtin_cpu_supports("avx2")
               && __builtin_cpu_supports("popcnt");
#endif

    for (i = 0; i < 256; i++) {
        for (k = 0, bits = 0; k < 8; k++) {
            if (i & (1u << k)) {
                ns->lanes[i][bits++] = (uint8_t) k;
            }
        }
    }

    ns->wide.hashed = 4;
    ns->narrow.hashed = 3;

    memset(&wide, 0, sizeof(wide));
    memset(&narrow, 0, sizeof(narrow));
    rc = MCP_OK;

    for (i = 0; i < n && rc == MCP_OK; i++) {
        rc = add_needle(ns, &list[i], (unsigned) i, &wide, &narrow);
    }

    if (rc == MCP_OK) {
        rc = fill_table(&ns->wide, &wide);
    }

    if (rc == MCP_OK) {
        rc = fill_table(&ns->narrow, &narrow);
    }

    free(wide.slot);
    free(narrow.slot);

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

    free(ns->wide.entries);
    free(ns->narrow.entries);
    free(ns);
}


size_t
mcp_needles_size(const mcp_needles_t *ns)
{
    return sizeof(mcp_needles_t)
           + (ns->wide.n + ns->narrow.n) * sizeof(mcp_needle_entry_t);
}
