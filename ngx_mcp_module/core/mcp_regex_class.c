/*
 * Parser of rule patterns: classes.  Sets of code points, folded or inverted
 * where the pattern says so, become nodes over the bytes of their UTF-8.
 */

#include "mcp_regex_int.h"

#include <stdlib.h>
#include <utf8proc.h>


#define MAX_CASE    4096      /* code points beyond ASCII that are folded    */


static uint32_t
set_node(mcp_re_parser_t *ps, unsigned lo, unsigned hi)
{
    uint32_t  n;
    unsigned  c;

    n = mcp_re_node(ps, MCP_RE_SET);

    if (n != 0) {
        for (c = lo; c <= hi; c++) {
            mcp_re_put(&ps->re->nodes[n].set, c);
        }
    }

    return n;
}


static unsigned
utf8_encode(uint32_t c, unsigned char *b)
{
    return (unsigned) utf8proc_encode_char((utf8proc_int32_t) c, b);
}


/*
 * Adds the byte sequences of the code points lo .. hi, which all have the
 * same number of bytes, as alternatives (the split is that of RE2: until
 * both ends differ in whole trailing bytes only).
 */
static int
add_sequences(mcp_re_parser_t *ps, uint32_t lo, uint32_t hi, uint32_t *first,
    uint32_t *last)
{
    uint32_t       m, seq, head, tail;
    unsigned       i, n;
    unsigned char  a[4], b[4];

    n = utf8_encode(lo, a);

    for (i = 1; i < n; i++) {
        m = (1u << (6 * i)) - 1;

        if ((lo & ~m) == (hi & ~m)) {
            continue;
        }

        if ((lo & m) != 0) {
            return add_sequences(ps, lo, lo | m, first, last)
                   && add_sequences(ps, (lo | m) + 1, hi, first, last);
        }

        if ((hi & m) != m) {
            return add_sequences(ps, lo, (hi & ~m) - 1, first, last)
                   && add_sequences(ps, hi & ~m, hi, first, last);
        }
    }

    (void) utf8_encode(hi, b);

    head = 0;
    tail = 0;

    for (i = 0; i < n; i++) {
        seq = set_node(ps, a[i], b[i]);

        if (seq == 0) {
            return 0;
        }

        mcp_re_link(ps, &head, &tail, seq);
    }

    seq = mcp_re_list(ps, MCP_RE_CAT, head);

    if (seq == 0) {
        return 0;
    }

    mcp_re_link(ps, first, last, seq);

    return 1;
}


static int
range_order(const void *a, const void *b)
{
    const mcp_re_range_t  *x = a, *y = b;

    return (x->lo > y->lo) - (x->lo < y->lo);
}


int
mcp_re_add_range(mcp_re_parser_t *ps, mcp_re_ranges_t *rs, uint32_t lo,
    uint32_t hi)
{
    if (rs->n == MCP_RE_MAX_RANGES) {
        (void) mcp_re_fail(ps, "class is too large");
        return 0;
    }

    rs->r[rs->n].lo = lo;
    rs->r[rs->n].hi = hi;
    rs->n++;

    return 1;
}


/* Sorts, joins what touches. */
static void
normalise(mcp_re_ranges_t *rs)
{
    unsigned  i, n;

    if (rs->n == 0) {
        return;
    }

    qsort(rs->r, rs->n, sizeof(mcp_re_range_t), range_order);

    n = 0;

    for (i = 1; i < rs->n; i++) {

        if (rs->r[i].lo <= rs->r[n].hi + 1) {

            if (rs->r[i].hi > rs->r[n].hi) {
                rs->r[n].hi = rs->r[i].hi;
            }

            continue;
        }

        rs->r[++n] = rs->r[i];
    }

    rs->n = n + 1;
}


static int
fold(mcp_re_parser_t *ps, mcp_re_ranges_t *rs)
{
    uint32_t           c, hi;
    unsigned           i, n, budget;
    utf8proc_int32_t   other;

    n = rs->n;
    budget = MAX_CASE;

    for (i = 0; i < n; i++) {
        hi = rs->r[i].hi;

        for (c = rs->r[i].lo; c <= hi; c++) {

            if (c < 0x80) {
                if ((c | 0x20) < 'a' || (c | 0x20) > 'z') {
                    continue;
                }

                if (!mcp_re_add_range(ps, rs, c ^ 0x20, c ^ 0x20)) {
                    return 0;
                }

                continue;
            }

            if (!ps->wide || budget-- == 0) {
                break;            /* bytes have no case                      */
            }

            other = utf8proc_tolower((utf8proc_int32_t) c);

            if (other == (utf8proc_int32_t) c) {
                other = utf8proc_toupper((utf8proc_int32_t) c);
            }

            if (other != (utf8proc_int32_t) c
                && !mcp_re_add_range(ps, rs, (uint32_t) other,
                                     (uint32_t) other))
            {
                return 0;
            }

            if (rs->n > MCP_RE_MAX_RANGES / 2) {
                normalise(rs);
                return mcp_re_fail(ps, "class is too large to fold case") != 0;
            }
        }
    }

    return 1;
}


/* All code points that are not in rs; surrogates are in neither. */
static int
invert(mcp_re_parser_t *ps, mcp_re_ranges_t *rs)
{
    uint32_t         next, hi;
    unsigned         i;
    mcp_re_ranges_t  out;

    out.n = 0;
    next = 0;
    hi = ps->wide ? 0x10FFFF : 0xFF;

    for (i = 0; i < rs->n && rs->r[i].lo <= hi; i++) {

        if (rs->r[i].lo > next
            && !mcp_re_add_range(ps, &out, next, rs->r[i].lo - 1))
        {
            return 0;
        }

        next = rs->r[i].hi + 1;
    }

    if (next <= hi && !mcp_re_add_range(ps, &out, next, hi)) {
        return 0;
    }

    *rs = out;

    return 1;
}


/* The node for a set of code points (of bytes: pattern is not wide). */
uint32_t
mcp_re_ranges(mcp_re_parser_t *ps, mcp_re_ranges_t *rs, int negated)
{
    static const uint32_t  limits[] = { 0x7F, 0x7FF, 0xD7FF, 0xFFFF, 0x10FFFF };

    uint32_t  first, last, ascii, lo, hi, n, c;
    unsigned  i, k;

    if ((ps->flags & MCP_RE_FLAG_CASE) && !fold(ps, rs)) {
        return 0;
    }

    normalise(rs);

    if (negated && !invert(ps, rs)) {
        return 0;
    }

    if (rs->n == 0) {
        return mcp_re_fail(ps, "class is empty");
    }

    first = 0;
    last = 0;
    ascii = 0;

    for (i = 0; i < rs->n; i++) {
        lo = rs->r[i].lo;

        while (lo <= rs->r[i].hi) {

            if (!ps->wide || lo <= 0x7F) {
                hi = ps->wide ? 0x7F : 0xFF;
                hi = (rs->r[i].hi < hi) ? rs->r[i].hi : hi;

                if (ascii == 0) {
                    ascii = mcp_re_node(ps, MCP_RE_SET);

                    if (ascii == 0) {
                        return 0;
                    }

                    mcp_re_link(ps, &first, &last, ascii);
                }

                for (c = lo; c <= hi; c++) {
                    mcp_re_put(&ps->re->nodes[ascii].set, c);
                }

                lo = hi + 1;
                continue;
            }

            if (lo >= 0xD800 && lo <= 0xDFFF) {
                lo = 0xE000;
                continue;
            }

            for (k = 1; lo > limits[k]; k++) { /* void */ }

            hi = (rs->r[i].hi < limits[k]) ? rs->r[i].hi : limits[k];

            if (!add_sequences(ps, lo, hi, &first, &last)) {
                return 0;
            }

            lo = hi + 1;
        }
    }

    if (first == 0) {
        return mcp_re_fail(ps, "class is empty");
    }

    if (ps->re->nodes[first].next == 0) {
        return first;
    }

    n = mcp_re_node(ps, MCP_RE_GROUP);

    if (n == 0) {
        return 0;
    }

    lo = mcp_re_list(ps, MCP_RE_ALT, first);
    ps->re->nodes[n].child = lo;

    return lo ? n : 0;
}


int
mcp_re_add_escape(mcp_re_parser_t *ps, mcp_re_ranges_t *rs, unsigned char ch)
{
    unsigned         i;
    mcp_re_ranges_t  in;

    in.n = 0;

    switch (ch | 0x20) {

    case 'd':
        (void) mcp_re_add_range(ps, &in, '0', '9');
        break;

    case 's':
        (void) mcp_re_add_range(ps, &in, '\t', '\r');
        (void) mcp_re_add_range(ps, &in, ' ', ' ');
        break;

    default: /* w */
        (void) mcp_re_add_range(ps, &in, '0', '9');
        (void) mcp_re_add_range(ps, &in, 'A', 'Z');
        (void) mcp_re_add_range(ps, &in, '_', '_');
        (void) mcp_re_add_range(ps, &in, 'a', 'z');
    }

    if (ch < 'a' && !invert(ps, &in)) {
        return 0;
    }

    for (i = 0; i < in.n; i++) {
        if (!mcp_re_add_range(ps, rs, in.r[i].lo, in.r[i].hi)) {
            return 0;
        }
    }

    return 1;
}
