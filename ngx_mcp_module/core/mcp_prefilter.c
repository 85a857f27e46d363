/*
 * From a pattern to what Vectorscan looks for.
 *
 * Whole patterns in one database run at 200 MB/s, literals with a short class
 * behind them at more than 1 GB/s (both measured), and what they find wrongly
 * costs one run of PCRE2 on a few bytes.  So the database gets, of each
 * pattern, one piece that is rare in ordinary text.
 *
 * The elements of a pattern's top level are [0 .. n).  A piece is a run
 * [i .. j] of them; a repeat at its end is cut to its first bytes, a repeat
 * at its start to its last ones, and what stands in the middle is kept or
 * widened, so that every match of the pattern holds a match of the piece.
 */

#include "mcp_regex.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>


#define MAX_ELEMENTS  256
#define CUT           12          /* bytes that are kept of a long repeat    */
#define EXACT         32          /* repeats in the middle are kept up to    */
#define GOOD_BITS     30.0        /* rare enough to look no further          */
#define LEAST_BITS    13.0        /* a hit in 8 KB of text: too many         */
#define MAX_PIECE     28          /* bytes of a piece, about                 */
#define MAX_TEXT      6000        /* bytes of an expression                  */


typedef struct {
    uint32_t  node;
    uint32_t  min;                /* widths                                  */
    uint32_t  max;
    double    bits;
} element_t;

typedef struct {
    element_t  e[MAX_ELEMENTS];
    unsigned   n;
} elements_t;


/*
 * -log2 of how often a byte stands in mixed English prose, JSON and source
 * code, in quarters of a bit, rounded; what is missing is rare.
 */
static const uint8_t  letter_bits[26] = {
    /* a   b   c   d   e   f   g   h   i   j   k   l   m */
      16, 25, 20, 20, 14, 23, 25, 21, 16, 35, 28, 19, 22,
    /* n   o   p   q   r   s   t   u   v   w   x   y   z */
      16, 16, 22, 37, 17, 17, 15, 21, 27, 25, 30, 25, 37
};


static double
byte_probability(unsigned c)
{
    if (c >= 'a' && c <= 'z') {
        return exp2(-(double) letter_bits[c - 'a'] / 4);
    }

    if (c >= 'A' && c <= 'Z') {
        return exp2(-8.6);
    }

    if (c >= '0' && c <= '9') {
        return exp2(-7.5);
    }

    switch (c) {

    case ' ':
        return exp2(-2.8);

    case '\n':
    case '.':
    case ',':
    case '"':
    case '-':
    case '/':
    case '_':
    case ':':
    case '=':
    case '(':
    case ')':
        return exp2(-6.5);

    default:
        return exp2(c >= 0x80 ? -8.0 : -9.5);
    }
}


static double
set_bits(const mcp_re_set_t *set)
{
    double    p;
    unsigned  c;

    for (c = 0, p = 0; c < 256; c++) {
        if (mcp_re_has(set, c)) {
            p += byte_probability(c);
        }
    }

    return (p < 1) ? -log2(p) : 0;
}


/* How rare a match of the node is. */
static double
node_bits(const mcp_re_t *re, uint32_t node)
{
    double                p;
    uint32_t              child, min;
    const mcp_re_node_t  *n = &re->nodes[node];

    p = 0;

    switch (n->type) {

    case MCP_RE_SET:
        return set_bits(&n->set);

    case MCP_RE_GROUP:
        return node_bits(re, n->child);

    case MCP_RE_REPEAT:
        min = (n->min < CUT) ? n->min : CUT;
        return min ? min * node_bits(re, n->child) : 0;

    case MCP_RE_CAT:
        for (child = n->child; child; child = re->nodes[child].next) {
            p += node_bits(re, child);
        }

        return p;

    case MCP_RE_ALT:
        for (child = n->child; child; child = re->nodes[child].next) {
            p += exp2(-node_bits(re, child));
        }

        return (p < 1) ? -log2(p) : 0;

    default:
        return 0;
    }
}


/* Lays the top level of a pattern out in a row; groups are looked through. */
static int
flatten(const mcp_re_t *re, uint32_t node, elements_t *es)
{
    uint32_t              child;
    element_t            *e;
    const mcp_re_node_t  *n = &re->nodes[node];

    if (n->type == MCP_RE_EMPTY) {
        return 1;
    }

    if (n->type == MCP_RE_CAT) {

        for (child = n->child; child; child = re->nodes[child].next) {
            if (!flatten(re, child, es)) {
                return 0;
            }
        }

        return 1;
    }

    if (n->type == MCP_RE_GROUP && re->nodes[n->child].type != MCP_RE_ALT) {
        return flatten(re, n->child, es);
    }

    if (es->n == MAX_ELEMENTS) {
        return 0;
    }

    e = &es->e[es->n++];
    e->node = node;
    e->bits = node_bits(re, node);
    mcp_re_width(re, node, &e->min, &e->max);

    return 1;
}


/*
 * Appends a node for Vectorscan: no anchors, no captures, no long counts.
 * What is left out only widens.
 */
static mcp_rc_t
emit(const mcp_re_t *re, uint32_t node, mcp_buf_t *out)
{
    mcp_rc_t              rc;
    uint32_t              child;
    const mcp_re_node_t  *n = &re->nodes[node];
    mcp_re_node_t         repeat;

    rc = MCP_OK;

    switch (n->type) {

    case MCP_RE_SET:
        return mcp_re_emit_set(&n->set, out);

    case MCP_RE_CAT:
    case MCP_RE_ALT:
        for (child = n->child; child && rc == MCP_OK;
             child = re->nodes[child].next)
        {
            if (n->type == MCP_RE_ALT && child != n->child) {
                rc = mcp_buf_append_byte(out, '|');
            }

            if (rc == MCP_OK) {
                rc = emit(re, child, out);
            }
        }

        return rc;

    case MCP_RE_GROUP:
    case MCP_RE_REPEAT:
        rc = mcp_buf_append_str(out, "(?:");

        if (rc == MCP_OK) {
            rc = emit(re, n->child, out);
        }

        if (rc == MCP_OK) {
            rc = mcp_buf_append_byte(out, ')');
        }

        if (rc != MCP_OK || n->type == MCP_RE_GROUP) {
            return rc;
        }

        repeat = *n;

        if (repeat.max > EXACT) {
            repeat.max = MCP_RE_INF;
            repeat.min = (repeat.min < CUT) ? repeat.min : CUT;
        }

        rc = mcp_buf_append_byte(out, '{');

        if (rc == MCP_OK) {
            rc = mcp_buf_append_uint(out, repeat.min);
        }

        if (rc == MCP_OK && repeat.max != repeat.min) {
            rc = mcp_buf_append_byte(out, ',');

            if (rc == MCP_OK && repeat.max != MCP_RE_INF) {
                rc = mcp_buf_append_uint(out, repeat.max);
            }
        }

        return (rc == MCP_OK) ? mcp_buf_append_byte(out, '}') : rc;

    default:
        return MCP_OK;
    }
}


/* Appends count times the child of a repeat. */
static mcp_rc_t
emit_cut(const mcp_re_t *re, const mcp_re_node_t *n, uint32_t count,
    mcp_buf_t *out)
{
    mcp_rc_t  rc;

    rc = mcp_buf_append_str(out, "(?:");

    if (rc == MCP_OK) {
        rc = emit(re, n->child, out);
    }

    if (rc == MCP_OK) {
        rc = mcp_buf_append_str(out, "){");
    }

    if (rc == MCP_OK) {
        rc = mcp_buf_append_uint(out, count);
    }

    return (rc == MCP_OK) ? mcp_buf_append_byte(out, '}') : rc;
}


/* 1: a repeat of single bytes, the kind that can be cut. */
static int
is_run(const mcp_re_t *re, uint32_t node)
{
    uint32_t              child;
    const mcp_re_node_t  *n = &re->nodes[node];

    if (n->type != MCP_RE_REPEAT) {
        return 0;
    }

    child = n->child;

    while (re->nodes[child].type == MCP_RE_GROUP) {
        child = re->nodes[child].child;
    }

    return re->nodes[child].type == MCP_RE_SET;
}


/*
 * The boundary "(?:^|[...])" or \b before element i, as Vectorscan may see
 * it: the text around a segment is always ':' or a newline, so a class must
 * have both.  Worth its cost only before a lone run, which would else give a
 * hit at each of its bytes.
 */
static mcp_rc_t
emit_boundary(const mcp_re_t *re, const elements_t *es, unsigned i,
    mcp_buf_t *out)
{
    mcp_rc_t              rc;
    mcp_re_set_t          set;
    const mcp_re_node_t  *n;

    if (i == 0) {
        return MCP_OK;
    }

    n = &re->nodes[es->e[i - 1].node];

    if (n->type == MCP_RE_ASSERT && n->how == MCP_RE_WORD) {
        return mcp_buf_append_str(out, "\\b");
    }

    memset(&set, 0, sizeof(set));

    if (!mcp_re_boundary(re, es->e[i - 1].node, &set)) {
        return MCP_OK;
    }

    if (!mcp_re_has(&set, ':') || !mcp_re_has(&set, '\n')) {
        return MCP_OK;
    }

    rc = mcp_buf_append_str(out, "(?:^|");

    if (rc == MCP_OK) {
        rc = mcp_re_emit_set(&set, out);
    }

    return (rc == MCP_OK) ? mcp_buf_append_byte(out, ')') : rc;
}


/* 1: a repeat that may be left out and that no capture remembers. */
static int
is_optional(const mcp_re_t *re, uint32_t node)
{
    uint32_t              child;
    const mcp_re_node_t  *n = &re->nodes[node];

    if (n->type != MCP_RE_REPEAT || n->min > 0 || !is_run(re, node)) {
        return 0;
    }

    for (child = re->nodes[re->root].child; child != 0 && child != node;
         child = re->nodes[child].next)
    {
        /* void */
    }

    return child == node;
}


typedef struct {
    unsigned  from;
    unsigned  to;                 /* last element                            */
    double    bits;
    double    score;
} piece_t;


/* Grows a piece from element i until it is rare enough. */
static void
grow(const mcp_re_t *re, const elements_t *es, unsigned i, piece_t *pc)
{
    unsigned   j, last, width;
    uint32_t   back;

    pc->from = i;
    pc->to = i;
    pc->bits = 0;
    last = i;
    width = 0;

    for (j = i; j < es->n; j++) {

        pc->bits += es->e[j].bits;
        width += (es->e[j].min < CUT) ? es->e[j].min : CUT;

        if (es->e[j].min > 0) {
            last = j;
        }

        if (pc->bits >= GOOD_BITS || width >= MAX_PIECE) {
            break;
        }
    }

    pc->to = last;

    /* what stands before makes the way back longer: worth a little */

    back = 0;

    for (j = 0; j < i; j++) {
        back = (es->e[j].max > MCP_PREFILTER_BACK
                || back + es->e[j].max > MCP_PREFILTER_BACK)
               ? MCP_PREFILTER_BACK : back + es->e[j].max;
    }

    pc->score = (pc->bits < GOOD_BITS + 6 ? pc->bits : GOOD_BITS + 6)
                - (double) back / 128;

    /* a run that is the whole piece hits at each of its bytes */

    if (pc->from == pc->to && is_run(re, es->e[i].node)) {
        pc->score -= 2;
    }
}


static uint32_t
add_capped(uint32_t a, uint32_t b)
{
    if (b >= MCP_PREFILTER_BACK || a + b >= MCP_PREFILTER_BACK) {
        return MCP_PREFILTER_BACK;
    }

    return a + b;
}


/* Writes the piece; 0 when memory is short. */
static int
write_piece(const mcp_re_t *re, const elements_t *es, const piece_t *pc,
    mcp_prefilter_t *pf)
{
    mcp_rc_t              rc;
    unsigned              k;
    uint32_t              count;
    mcp_buf_t             out;
    const mcp_re_node_t  *n;

    memset(&out, 0, sizeof(out));
    rc = MCP_OK;

    pf->back_min = 0;
    pf->back_max = 0;

    /*
     * What may be empty at the very start need not be there: a match without
     * it begins behind it.
     */

    for (k = 0; k < pc->from && es->e[k].min == 0
                && is_optional(re, es->e[k].node); k++)
    {
        /* void */
    }

    for ( /* void */ ; k < pc->to; k++) {
        pf->back_min += es->e[k].min;
        pf->back_max = add_capped(pf->back_max, es->e[k].max);
    }

    if (pc->from == pc->to && is_run(re, es->e[pc->from].node)) {
        rc = emit_boundary(re, es, pc->from, &out);
    }

    for (k = pc->from; k <= pc->to && rc == MCP_OK; k++) {
        n = &re->nodes[es->e[k].node];

        if (n->type == MCP_RE_ASSERT) {

            if (n->how == MCP_RE_WORD && k > pc->from) {
                rc = mcp_buf_append_str(&out, "\\b");
            }

            continue;
        }

        if (k == pc->to && n->type == MCP_RE_REPEAT) {
            count = (n->min < CUT) ? n->min : CUT;

            if (!is_run(re, es->e[k].node)) {
                uint32_t  lo, hi;

                mcp_re_width(re, n->child, &lo, &hi);

                count = 1;
                pf->back_min += lo;
                pf->back_max = add_capped(pf->back_max, hi);

            } else {
                pf->back_min += count;
                pf->back_max = add_capped(pf->back_max, count);
            }

            rc = emit_cut(re, n, count, &out);
            continue;
        }

        if (k == pc->to) {
            pf->back_min += es->e[k].min;
            pf->back_max = add_capped(pf->back_max, es->e[k].max);
        }

        if (k == pc->from && is_run(re, es->e[k].node) && n->min > 0) {
            rc = emit_cut(re, n, (n->min < CUT) ? n->min : CUT, &out);
            continue;
        }

        rc = emit(re, es->e[k].node, &out);
    }

    if (rc == MCP_OK) {
        rc = mcp_buf_append_byte(&out, '\0');
    }

    if (rc != MCP_OK) {
        mcp_buf_free(&out);
        return 0;
    }

    if (pf->back_max < pf->back_min) {
        pf->back_max = pf->back_min;
    }

    pf->expression = (char *) out.data;
    pf->bits = (unsigned) pc->bits;

    return 1;
}


static int
derive(mcp_re_t *re, uint32_t node, mcp_prefilter_t *pf)
{
    unsigned    i;
    piece_t     pc, best;
    elements_t  es;

    es.n = 0;

    if (!flatten(re, node, &es)) {
        re->error = "pattern has too many elements";
        return 0;
    }

    memset(&best, 0, sizeof(best));
    best.score = -1;

    for (i = 0; i < es.n; i++) {

        if (es.e[i].min == 0) {
            continue;
        }

        grow(re, &es, i, &pc);

        if (pc.score > best.score) {
            best = pc;
        }

        if (best.bits >= GOOD_BITS && i == best.from) {
            break;
        }
    }

    if (best.bits < LEAST_BITS) {
        re->error = "pattern is too wide: it needs a literal, or a class that"
                    " is rare in text";
        return 0;
    }

    if (!write_piece(re, &es, &best, pf)) {
        re->error = "out of memory";
        return 0;
    }

    if (strlen(pf->expression) > MAX_TEXT) {
        re->error = "pattern is too large";
        free(pf->expression);
        return 0;
    }

    return 1;
}


size_t
mcp_prefilter(mcp_re_t *re, mcp_prefilter_t *pf, size_t max)
{
    size_t    n;
    uint32_t  node, child;

    node = re->root;

    while (re->nodes[node].type == MCP_RE_GROUP) {
        node = re->nodes[node].child;
    }

    if (re->nodes[node].type != MCP_RE_ALT) {
        return derive(re, node, &pf[0]) ? 1 : 0;
    }

    n = 0;

    for (child = re->nodes[node].child; child; child = re->nodes[child].next) {
        n++;
    }

    if (n > max) {
        return derive(re, node, &pf[0]) ? 1 : 0;
    }

    n = 0;

    for (child = re->nodes[node].child; child; child = re->nodes[child].next) {

        if (!derive(re, child, &pf[n])) {
            mcp_prefilter_free(pf, n);
            return 0;
        }

        n++;
    }

    return n;
}


void
mcp_prefilter_free(mcp_prefilter_t *pf, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        free(pf[i].expression);
        pf[i].expression = NULL;
    }
}
