/*
 * Expansion of patterns: the strings that a match begins with.
 *
 * A string is a row of byte sets, so a class costs nothing to expand and case
 * is just a set of two.  Repeats of few counts and alternatives are written
 * out; at what has no bound a string is cut.
 */

#include "mcp_expand.h"

#include <stdlib.h>
#include <string.h>


#define CUT         12            /* bytes that are taken of a long repeat   */
#define MAX_REPEAT  3             /* counts that are written out             */


static unsigned
symbol_of(mcp_expander_t *x, const mcp_re_set_t *set)
{
    unsigned       i;
    mcp_symbol_t  *sy;

    for (i = MCP_SYM_FIRST; i < x->symbols_n; i++) {
        if (memcmp(&x->symbols[i].set, set, sizeof(mcp_re_set_t)) == 0) {
            return i;
        }
    }

    if (x->symbols_n == MCP_SYMBOLS_MAX) {
        return MCP_SYM_BEGIN;         /* the caller cuts                     */
    }

    sy = &x->symbols[x->symbols_n];
    sy->set = *set;
    mcp_symbol_describe(sy);

    return x->symbols_n++;
}


int
mcp_rows_init(mcp_expander_t *x, mcp_rows_t *ss)
{
    ss->n = 0;
    ss->row = malloc(MCP_ROWS_MAX * sizeof(mcp_row_t));

    if (ss->row == NULL) {
        x->failed = 1;
        return 0;
    }

    return 1;
}


static int
add(mcp_rows_t *ss, const mcp_row_t *s)
{
    if (ss->n == MCP_ROWS_MAX) {
        return 0;
    }

    ss->row[ss->n++] = *s;

    return 1;
}


int
mcp_rows_add_empty(mcp_rows_t *ss, int cut)
{
    mcp_row_t  s;

    memset(&s, 0, sizeof(s));
    s.cut = cut ? 1 : 0;

    return add(ss, &s);
}


int
mcp_rows_cut(const mcp_rows_t *ss)
{
    unsigned  i;

    for (i = 0; i < ss->n; i++) {
        if (!ss->row[i].cut) {
            return 0;
        }
    }

    return 1;
}


/*
 * Appends each of b to each complete one of a.  0: too many; a is as before
 * then.
 */
int
mcp_rows_multiply(mcp_expander_t *x, mcp_rows_t *a, const mcp_rows_t *b)
{
    size_t     total;
    unsigned   i, k, n, room;
    mcp_row_t  *s;
    mcp_rows_t  out;

    for (i = 0, total = 0; i < a->n; i++) {
        total += a->row[i].cut ? 1 : b->n;
    }

    if (total > MCP_ROWS_MAX || !mcp_rows_init(x, &out)) {
        return 0;
    }

    for (i = 0; i < a->n; i++) {

        if (a->row[i].cut) {
            (void) add(&out, &a->row[i]);
            continue;
        }

        for (k = 0; k < b->n; k++) {

            (void) add(&out, &a->row[i]);
            s = &out.row[out.n - 1];

            room = MCP_ROW_MAX - s->n;
            n = b->row[k].n;

            s->cut = b->row[k].cut;

            if (n > room) {
                n = room;
                s->cut = 1;
            }

            memcpy(s->sym + s->n, b->row[k].sym, n * sizeof(s->sym[0]));
            s->n = (uint8_t) (s->n + n);
        }
    }

    free(a->row);
    *a = out;

    return 1;
}


static void
cut_all(mcp_rows_t *ss)
{
    unsigned  i;

    for (i = 0; i < ss->n; i++) {
        ss->row[i].cut = 1;
    }
}


/* A repeat: all counts when they are few, else its beginning, cut. */
static int
repeat_prefixes(mcp_expander_t *x, const mcp_re_node_t *n, mcp_rows_t *out)
{
    int        rc, few;
    unsigned   i, k, count;
    mcp_rows_t  one, sum;

    if (!mcp_rows_init(x, &one)) {
        return 0;
    }

    rc = mcp_expand(x, n->child, &one);

    few = n->max <= MAX_REPEAT || (n->min == n->max && one.n == 1
                                   && n->max <= MCP_ROW_MAX);

    if (!rc || n->max == 0) {
        free(one.row);
        return rc && mcp_rows_add_empty(out, 0);
    }

    if (!few) {

        count = (n->min < CUT) ? n->min : CUT;

        if (one.n > 1 && count > 1) {
            count = 1;
        }

        rc = mcp_rows_add_empty(out, 0);

        for (k = 0; k < count && rc; k++) {
            rc = mcp_rows_multiply(x, out, &one);
        }

        cut_all(out);
        free(one.row);

        return rc;
    }

    if (!mcp_rows_init(x, &sum)) {
        free(one.row);
        return 0;
    }

    rc = mcp_rows_add_empty(&sum, 0);

    for (k = 0; k <= n->max && rc; k++) {

        if (k > 0) {
            rc = mcp_rows_multiply(x, &sum, &one);
        }

        if (k < n->min || !rc) {
            continue;
        }

        for (i = 0; i < sum.n && rc; i++) {
            rc = add(out, &sum.row[i]);
        }
    }

    free(one.row);
    free(sum.row);

    return rc;
}


/* "(?:^|[...])": its class, and ^ where the class tells that for segments. */
static int
boundary_prefixes(mcp_expander_t *x, const mcp_re_set_t *set, mcp_rows_t *out)
{
    mcp_row_t  s;

    memset(&s, 0, sizeof(s));
    s.n = 1;
    s.sym[0] = (uint16_t) symbol_of(x, set);

    if (s.sym[0] == MCP_SYM_BEGIN || !add(out, &s)) {
        return 0;
    }

    /* around a segment there is ':' or a newline, else it is the beginning */

    if (!mcp_re_has(set, ':') || !mcp_re_has(set, '\n')) {
        return mcp_rows_add_empty(out, 0);
    }

    s.sym[0] = MCP_SYM_BEGIN;

    return add(out, &s);
}


/*
 * Adds the strings that a match of the node begins with: whole ones, or cut
 * ones.  0: too many, or no memory.
 */
int
mcp_expand(mcp_expander_t *x, uint32_t node, mcp_rows_t *out)
{
    int                   rc;
    unsigned              i, from;
    uint32_t              child;
    mcp_row_t              s;
    mcp_rows_t             part;
    mcp_re_set_t          set;
    const mcp_re_node_t  *n = &x->re->nodes[node];

    switch (n->type) {

    case MCP_RE_SET:
        memset(&s, 0, sizeof(s));
        s.n = 1;
        s.sym[0] = (uint16_t) symbol_of(x, &n->set);
        return s.sym[0] != MCP_SYM_BEGIN && add(out, &s);

    case MCP_RE_GROUP:
        return mcp_expand(x, n->child, out);

    case MCP_RE_REPEAT:
        return repeat_prefixes(x, n, out);

    case MCP_RE_ALT:
        memset(&set, 0, sizeof(set));

        if (mcp_re_boundary(x->re, node, &set)
            && !mcp_re_asserts_end(x->re, node))
        {
            return boundary_prefixes(x, &set, out);
        }

        for (child = n->child; child; child = x->re->nodes[child].next) {

            if (!mcp_rows_init(x, &part)) {
                return 0;
            }

            rc = mcp_expand(x, child, &part);

            for (i = 0; i < part.n && rc; i++) {
                rc = add(out, &part.row[i]);
            }

            free(part.row);

            if (!rc) {
                return 0;
            }
        }

        return 1;

    case MCP_RE_CAT:
        from = out->n;

        if (from > 0 || !mcp_rows_add_empty(out, 0)) {
            return 0;                 /* callers give an empty list          */
        }

        for (child = n->child; child; child = x->re->nodes[child].next) {

            if (!mcp_rows_init(x, &part)) {
                return 0;
            }

            rc = mcp_expand(x, child, &part)
                 && mcp_rows_multiply(x, out, &part);
            free(part.row);

            if (x->failed) {
                return 0;
            }

            if (!rc) {
                cut_all(out);
            }

            if (mcp_rows_cut(out)) {
                break;
            }
        }

        return 1;

    case MCP_RE_ASSERT:
        if (n->how == MCP_RE_WORD) {
            memset(&s, 0, sizeof(s));
            s.n = 1;
            s.sym[0] = MCP_SYM_WORD;
            return add(out, &s);
        }

        return mcp_rows_add_empty(out, 0);

    default:
        return mcp_rows_add_empty(out, 0);
    }
}
