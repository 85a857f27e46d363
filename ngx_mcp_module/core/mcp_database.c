/*
 * Scans with Vectorscan, and the trial of a database.
 *
 * A database that loses matches loses them by a rule: with any text, behind
 * the last whole block.  So it is enough to plant a sample of each expression
 * at the places there, in texts of a few lengths and kinds, and to ask for it
 * both ways.
 */

#include "mcp_database.h"

#include <string.h>


#define BLOCK    63                   /* bytes at a time, of a narrow scan   */
#define OVERLAP  32                   /* the longest expression, and those
                                         last bytes that may be lost         */
#define LONGEST  200                  /* of the texts of a trial ...         */
#define TAIL     40                   /* ... in which it is there            */


typedef struct {
    mcp_database_pt   handler;
    void             *data;
    size_t            base;           /* of the block                        */
    size_t            end;            /* of the text                         */
    int               enough;
} scan_t;

typedef struct {
    unsigned          id;             /* what is looked for                  */
    size_t            end;
    int               found;
} trial_t;


static int
on_match(unsigned id, unsigned long long from, unsigned long long to,
    unsigned flags, void *data)
{
    scan_t  *sc = data;

    (void) from;
    (void) flags;

    if (sc->base + (size_t) to > sc->end) {
        return 0;
    }

    sc->enough = sc->handler(sc->data, id, sc->base + (size_t) to);

    return sc->enough;
}


mcp_rc_t
mcp_database_scan(const hs_database_t *db, int narrow,
    const unsigned char *text, size_t len, hs_scratch_t *scratch,
    mcp_database_pt handler, void *data)
{
    size_t      n, total;
    scan_t      sc;
    hs_error_t  rc;

    sc.handler = handler;
    sc.data = data;
    sc.base = 0;
    sc.end = len;
    sc.enough = 0;

    total = len + MCP_DATABASE_MARGIN;

    for ( ;; ) {

        n = total - sc.base;

        if (narrow && n > BLOCK) {
            n = BLOCK;
        }

        rc = hs_scan(db, (const char *) text + sc.base, (unsigned) n, 0,
                     scratch, on_match, &sc);

        if (rc != HS_SUCCESS && rc != HS_SCAN_TERMINATED) {
            return MCP_ERROR;
        }

        if (sc.enough || sc.base + n == total) {
            return MCP_OK;
        }

        sc.base += n - OVERLAP;
    }
}


static int
on_trial(void *data, unsigned id, size_t end)
{
    trial_t  *t = data;

    if (id != t->id || end != t->end) {
        return 0;
    }

    t->found = 1;

    return 1;
}


/* A text: blanks, letters, or mostly bytes of the sample. */
static void
fill(unsigned char *text, size_t len, unsigned kind, const mcp_prefilter_t *pf,
    uint32_t *seed)
{
    size_t    i;
    uint32_t  x;

    for (i = 0; i < len; i++) {

        *seed = *seed * 1664525 + 1013904223;
        x = *seed >> 16;

        if (kind == 0) {
            text[i] = ' ';

        } else if (kind == 1 || x % 4 == 0) {
            text[i] = (unsigned char) ('a' + x % 26);

        } else {
            text[i] = pf->sample[x % pf->core];
        }
    }
}


/* Plants the sample of an expression; 1: it is found in blocks only. */
static int
loses(const hs_database_t *db, const mcp_prefilter_t *pf, unsigned id,
    hs_scratch_t *scratch, mcp_rc_t *rc)
{
    size_t         i, at, len;
    trial_t        wide, narrow;
    uint32_t       seed;
    unsigned char  space[LONGEST + MCP_DATABASE_MARGIN + MCP_DATABASE_ALIGN];
    unsigned char *text = mcp_database_align(space);

    /* with the margin, none of them a number of whole blocks */

    static const uint8_t  lengths[] = { 81, 98, 132, 149, LONGEST };

    seed = id;

    for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {

        len = lengths[i];

        for (at = len - TAIL; at + pf->core <= len; at++) {

            fill(text, len, (unsigned) at % 3, pf, &seed);
            memset(text + len, 0, MCP_DATABASE_MARGIN);
            text[at - 1] = ' ';
            memcpy(text + at, pf->sample, pf->core);

            wide.id = id;
            wide.end = at + pf->core;
            wide.found = 0;
            *rc = mcp_database_scan(db, 0, text, len, scratch, on_trial,
                                    &wide);

            if (*rc != MCP_OK) {
                return 0;
            }

            if (wide.found) {
                continue;
            }

            narrow.id = id;
            narrow.end = wide.end;
            narrow.found = 0;
            *rc = mcp_database_scan(db, 1, text, len, scratch, on_trial,
                                    &narrow);

            if (*rc != MCP_OK || narrow.found) {
                return *rc == MCP_OK;
            }
        }
    }

    return 0;
}


mcp_rc_t
mcp_database_try(const hs_database_t *db, const mcp_prefilter_t *const *list,
    size_t n, int *narrow)
{
    size_t         i;
    mcp_rc_t       rc;
    hs_scratch_t  *scratch;

    *narrow = 0;
    scratch = NULL;

    if (hs_alloc_scratch(db, &scratch) != HS_SUCCESS) {
        return MCP_ERROR;
    }

    rc = MCP_OK;

    for (i = 0; i < n && rc == MCP_OK && !*narrow; i++) {
        *narrow = loses(db, list[i], (unsigned) i, scratch, &rc);
    }

    (void) hs_free_scratch(scratch);

    return rc;
}
