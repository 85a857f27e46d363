/*
 * What can be told from a parsed pattern: widths, sets, whether it is slow;
 * and the way back to an expression.  All recursions follow the tree, whose
 * depth the parser bounds.
 */

#include "mcp_regex.h"

#include <math.h>
#include <string.h>


static uint32_t
add_width(uint32_t a, uint32_t b)
{
    uint64_t  n;

    if (a == MCP_RE_INF || b == MCP_RE_INF) {
        return MCP_RE_INF;
    }

    n = (uint64_t) a + b;

    return (n < MCP_RE_INF) ? (uint32_t) n : MCP_RE_INF;
}


static uint32_t
mul_width(uint32_t a, uint32_t b)
{
    uint64_t  n;

    if (a == 0 || b == 0) {
        return 0;
    }

    if (a == MCP_RE_INF || b == MCP_RE_INF) {
        return MCP_RE_INF;
    }

    n = (uint64_t) a * b;

    return (n < MCP_RE_INF) ? (uint32_t) n : MCP_RE_INF;
}


void
mcp_re_width(const mcp_re_t *re, uint32_t node, uint32_t *min, uint32_t *max)
{
    uint32_t              child, lo, hi;
    const mcp_re_node_t  *n = &re->nodes[node];

    *min = 0;
    *max = 0;

    switch (n->type) {

    case MCP_RE_SET:
        *min = 1;
        *max = 1;
        break;

    case MCP_RE_GROUP:
        mcp_re_width(re, n->child, min, max);
        break;

    case MCP_RE_REPEAT:
        mcp_re_width(re, n->child, &lo, &hi);
        *min = mul_width(lo, n->min);
        *max = mul_width(hi, n->max);
        break;

    case MCP_RE_CAT:
        for (child = n->child; child; child = re->nodes[child].next) {
            mcp_re_width(re, child, &lo, &hi);
            *min = add_width(*min, lo);
            *max = add_width(*max, hi);
        }

        break;

    case MCP_RE_ALT:
        mcp_re_width(re, n->child, min, max);

        child = re->nodes[n->child].next;

        for ( /* void */ ; child; child = re->nodes[child].next) {
            mcp_re_width(re, child, &lo, &hi);
            *min = (lo < *min) ? lo : *min;
            *max = (hi > *max) ? hi : *max;
        }

        break;

    default:
        break;
    }
}


/* Of a set of half of all bytes eight in a row tell as much as one byte. */
static double
run_weight(const mcp_re_set_t *set, uint32_t n)
{
    return (n < 1000 ? n : 1000) * (8 - log2(mcp_re_set_count(set)));
}


static void
longest_run(const mcp_re_t *re, uint32_t node, mcp_re_set_t *set, uint32_t *n)
{
    uint32_t              child;
    const mcp_re_node_t  *nd = &re->nodes[node], *of;

    switch (nd->type) {

    case MCP_RE_CAT:
    case MCP_RE_GROUP:

        for (child = nd->child; child; child = re->nodes[child].next) {
            longest_run(re, child, set, n);
        }

        break;

    case MCP_RE_REPEAT:

        of = &re->nodes[nd->child];

        if (nd->min == 0) {
            break;
        }

        if (of->type != MCP_RE_SET) {
            longest_run(re, nd->child, set, n);

        } else if (*n == 0
                   || run_weight(&of->set, nd->min) > run_weight(set, *n))
        {
            *set = of->set;
            *n = nd->min;
        }

        break;

    default:
        break;
    }
}


void
mcp_re_run(const mcp_re_t *re, uint32_t node, mcp_re_set_t *set, uint32_t *n)
{
    *n = 0;
    longest_run(re, node, set, n);
}


uint32_t
mcp_re_finite(const mcp_re_t *re, uint32_t node, mcp_re_set_t *open)
{
    uint32_t              child, one, sum;
    const mcp_re_node_t  *n = &re->nodes[node];

    switch (n->type) {

    case MCP_RE_SET:
        return 1;

    case MCP_RE_GROUP:
        return mcp_re_finite(re, n->child, open);

    case MCP_RE_REPEAT:
        if (n->max == MCP_RE_INF) {
            mcp_re_alphabet(re, n->child, open);
            return 0;
        }

        return mul_width(mcp_re_finite(re, n->child, open), n->max);

    case MCP_RE_CAT:
    case MCP_RE_ALT:
        for (child = n->child, sum = 0; child; child = re->nodes[child].next) {
            one = mcp_re_finite(re, child, open);
            sum = (n->type == MCP_RE_CAT) ? add_width(sum, one)
                                          : (one > sum) ? one : sum;
        }

        return sum;

    default:
        return 0;
    }
}


void
mcp_re_alphabet(const mcp_re_t *re, uint32_t node, mcp_re_set_t *set)
{
    unsigned              i;
    uint32_t              child;
    const mcp_re_node_t  *n = &re->nodes[node];

    if (n->type == MCP_RE_SET) {

        for (i = 0; i < sizeof(set->bits); i++) {
            set->bits[i] |= n->set.bits[i];
        }

        return;
    }

    for (child = n->child; child; child = re->nodes[child].next) {
        mcp_re_alphabet(re, child, set);
    }
}


/* For last != 0 the siblings are walked from their end: few, so by depth. */
static int
cat_edge(const mcp_re_t *re, uint32_t child, int last, mcp_re_set_t *set)
{
    uint32_t  order[64];
    unsigned  n, i;

    for (n = 0; child; child = re->nodes[child].next) {
        order[n % 64] = child;
        n++;
    }

    if (!last) {
        return 0;
    }

    for (i = 0; i < n && i < 64; i++) {

        if (!mcp_re_edge(re, order[(n - 1 - i) % 64], 1, set)) {
            return 0;
        }
    }

    return i == n;
}


int
mcp_re_edge(const mcp_re_t *re, uint32_t node, int last, mcp_re_set_t *set)
{
    int                   nullable;
    unsigned              i;
    uint32_t              child;
    const mcp_re_node_t  *n = &re->nodes[node];

    switch (n->type) {

    case MCP_RE_SET:
        for (i = 0; i < sizeof(set->bits); i++) {
            set->bits[i] |= n->set.bits[i];
        }

        return 0;

    case MCP_RE_GROUP:
        return mcp_re_edge(re, n->child, last, set);

    case MCP_RE_REPEAT:
        if (n->max == 0) {
            return 1;
        }

        nullable = mcp_re_edge(re, n->child, last, set);

        return nullable || n->min == 0;

    case MCP_RE_CAT:
        if (last) {
            return cat_edge(re, n->child, last, set);
        }

        for (child = n->child; child; child = re->nodes[child].next) {
            if (!mcp_re_edge(re, child, 0, set)) {
                return 0;
            }
        }

        return 1;

    case MCP_RE_ALT:
        nullable = 0;

        for (child = n->child; child; child = re->nodes[child].next) {
            nullable |= mcp_re_edge(re, child, last, set);
        }

        return nullable;

    default:
        return 1;
    }
}


int
mcp_re_boundary(const mcp_re_t *re, uint32_t node, mcp_re_set_t *set)
{
    int                   classes, anchors;
    uint32_t              child;
    const mcp_re_node_t  *n = &re->nodes[node];

    while (n->type == MCP_RE_GROUP) {
        n = &re->nodes[n->child];
    }

    if (n->type != MCP_RE_ALT) {
        return 0;
    }

    classes = 0;
    anchors = 0;

    for (child = n->child; child; child = re->nodes[child].next) {

        if (re->nodes[child].type == MCP_RE_SET) {
            classes++;

            if (set != NULL) {
                mcp_re_alphabet(re, child, set);
            }

        } else if (re->nodes[child].type == MCP_RE_ASSERT
                   && re->nodes[child].how != MCP_RE_WORD
                   && re->nodes[child].how != MCP_RE_NOT_WORD)
        {
            anchors++;

        } else {
            return 0;
        }
    }

    return classes > 0 && anchors > 0;
}


int
mcp_re_asserts_end(const mcp_re_t *re, uint32_t node)
{
    uint32_t              child;
    const mcp_re_node_t  *n = &re->nodes[node];

    if (n->type == MCP_RE_ASSERT) {
        return n->how == MCP_RE_END || n->how == MCP_RE_END_ABSOLUTE
               || n->how == MCP_RE_END_LINE;
    }

    for (child = n->child; child; child = re->nodes[child].next) {
        if (mcp_re_asserts_end(re, child)) {
            return 1;
        }
    }

    return 0;
}


int
mcp_re_anchored(const mcp_re_t *re, uint32_t node)
{
    uint32_t              child;
    mcp_re_set_t          set;
    const mcp_re_node_t  *n = &re->nodes[node];

    if (n->type == MCP_RE_ASSERT) {
        return n->how != MCP_RE_WORD && n->how != MCP_RE_NOT_WORD;
    }

    memset(&set, 0, sizeof(set));

    if (mcp_re_boundary(re, node, &set) && mcp_re_has(&set, ':')) {
        return 0;
    }

    for (child = n->child; child; child = re->nodes[child].next) {
        if (mcp_re_anchored(re, child)) {
            return 1;
        }
    }

    return 0;
}


unsigned
mcp_re_set_count(const mcp_re_set_t *set)
{
    unsigned  i, n;

    for (i = 0, n = 0; i < 256; i++) {
        n += mcp_re_has(set, i);
    }

    return n;
}


int
mcp_re_sets_meet(const mcp_re_set_t *a, const mcp_re_set_t *b)
{
    unsigned  i;

    for (i = 0; i < sizeof(a->bits); i++) {
        if (a->bits[i] & b->bits[i]) {
            return 1;
        }
    }

    return 0;
}


/*
 * Adds the bytes with which a match of node may go on beyond its shortest
 * end: those of a variable repeat that stands last.
 */
static void
loose_end(const mcp_re_t *re, uint32_t node, mcp_re_set_t *set)
{
    uint32_t              child, i, n_children;
    mcp_re_set_t          skip;
    const mcp_re_node_t  *n = &re->nodes[node];

    switch (n->type) {

    case MCP_RE_GROUP:
        if (n->how != MCP_RE_POSSESSIVE) {
            loose_end(re, n->child, set);
        }

        break;

    case MCP_RE_REPEAT:
        if (n->max != n->min && n->how != MCP_RE_POSSESSIVE) {
            (void) mcp_re_edge(re, n->child, 0, set);
        }

        loose_end(re, n->child, set);
        break;

    case MCP_RE_ALT:
        for (child = n->child; child; child = re->nodes[child].next) {
            loose_end(re, child, set);
        }

        break;

    case MCP_RE_CAT:
        /* all children from which the rest is nullable */
        n_children = 0;

        for (child = n->child; child; child = re->nodes[child].next) {
            n_children++;
        }

        for (child = n->child, i = 0; child;
             child = re->nodes[child].next, i++)
        {
            uint32_t  rest;
            int       nullable = 1;

            for (rest = re->nodes[child].next; rest && nullable;
                 rest = re->nodes[rest].next)
            {
                memset(&skip, 0, sizeof(skip));
                nullable = mcp_re_edge(re, rest, 0, &skip);
            }

            if (nullable) {
                loose_end(re, child, set);
            }
        }

        break;

    default:
        break;
    }
}


/* A repeat whose body can share out the same text in many ways. */
static int
explosive(const mcp_re_t *re, uint32_t node)
{
    uint32_t              child;
    mcp_re_set_t          loose, first;
    const mcp_re_node_t  *n = &re->nodes[node];

    if (n->type == MCP_RE_REPEAT && n->max > 8
        && n->how != MCP_RE_POSSESSIVE)
    {
        memset(&loose, 0, sizeof(loose));
        memset(&first, 0, sizeof(first));

        loose_end(re, n->child, &loose);

        if (mcp_re_edge(re, n->child, 0, &first)
            && re->nodes[n->child].type != MCP_RE_SET)
        {
            return 1;
        }

        if (mcp_re_sets_meet(&loose, &first)) {
            return 1;
        }
    }

    for (child = n->child; child; child = re->nodes[child].next) {
        if (explosive(re, child)) {
            return 1;
        }
    }

    return 0;
}


static int
word_bytes(const mcp_re_set_t *set)
{
    unsigned  c;

    for (c = '0'; c <= 'z'; c++) {
        if (mcp_re_has(set, c)
            && ((c >= '0' && c <= '9') || (c | 0x20) >= 'a' || c == '_')
            && (c <= 'Z' || c >= '_'))
        {
            return 1;
        }
    }

    return 0;
}


/* \b as first or last element beside something that has no word byte. */
static int
useless_boundary(const mcp_re_t *re)
{
    uint32_t              child, prev, last;
    mcp_re_set_t          set;
    const mcp_re_node_t  *n = &re->nodes[re->root];

    if (n->type != MCP_RE_CAT) {
        return 0;
    }

    child = n->child;

    if (re->nodes[child].type == MCP_RE_ASSERT
        && re->nodes[child].how == MCP_RE_WORD)
    {
        memset(&set, 0, sizeof(set));

        if (!mcp_re_edge(re, re->nodes[child].next, 0, &set)
            && !word_bytes(&set))
        {
            return 1;
        }
    }

    prev = 0;

    for (last = child; re->nodes[last].next; last = re->nodes[last].next) {
        prev = last;
    }

    if (prev != 0 && re->nodes[last].type == MCP_RE_ASSERT
        && re->nodes[last].how == MCP_RE_WORD)
    {
        memset(&set, 0, sizeof(set));

        if (!mcp_re_edge(re, prev, 1, &set) && !word_bytes(&set)) {
            return 1;
        }
    }

    return 0;
}


const char *
mcp_re_lint(const mcp_re_t *re)
{
    uint32_t  min, max;

    mcp_re_width(re, re->root, &min, &max);

    if (min == 0) {
        return "pattern can match nothing";
    }

    if (useless_boundary(re)) {
        return "\\b beside a character that is no word character";
    }

    if (explosive(re, re->root)) {
        return "quantifiers inside each other can match the same text in"
               " many ways";
    }

    return NULL;
}
