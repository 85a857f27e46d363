/*
 * From a pattern to what is looked for on every byte.
 *
 * Whole patterns in one Vectorscan database run at 50 to 200 MB/s.  What runs
 * at 1 GB/s is short literals whose neighbours are looked at by code before
 * PCRE2 runs.  So a window of the pattern's elements is expanded ("(do not|
 * never) (tell|ask)": eight rows of byte sets), and of each row is taken
 * either a literal of four bytes and more ("t tell", for mcp_literal.h), or,
 * where there is none, a few bytes and classes for Vectorscan ("sk-" and
 * letters).  Of all windows the one with the least expected cost wins.
 *
 * How often something hits comes from the frequencies of letters and words
 * (mcp_rarity.h); the costs were measured.
 */

#include "mcp_prefilter_int.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>


#define MAX_WINDOW     16         /* elements                                */
#define MAX_CLASSES    14         /* places that Vectorscan gets; not more
                                     than MCP_PREFILTER_CORE                 */
#define MAX_BEFORE     6          /* places that are checked before a hit    */
#define MAX_AFTER      12         /* and behind                              */

/* Costs in ns. */
#define COST_GROUP     12.0       /* four bytes as a literal has them        */
#define COST_LITERAL   20.0       /* a literal found                         */
#define COST_ROW       4.0        /* its neighbours looked at, for each row  */
#define COST_HIT       60.0       /* Vectorscan found something              */
#define COST_CONFIRM   200.0      /* PCRE2 runs                              */

/* And for each byte of text. */
#define COST_ONE_MORE  0.0002     /* literal                                 */
#define COST_CLASSES   0.003      /* one more expression for Vectorscan      */
#define COST_SHORT     0.01       /* with a literal of two bytes only        */
#define COST_AUTOMATON 0.5        /* without any                             */
#define COST_LITTLE    0.001      /* of a window: look no further            */
#define COST_DEAR      0.02       /* of a pattern: try to take it apart      */
#define COST_NONE      1e9

#define MAX_GROUPS     8          /* alternations at the top level ...       */
#define MAX_TRIES      8          /* ... that are taken apart                */
#define MAX_RATED      20000      /* rows of a pattern: some 20 ms           */
#define RATED_AT_ONCE  4000
#define RATED_AT_LEAST 600

#define WORD_BITS      2.0        /* that a boundary is worth                */
#define FAR            4.0f       /* bits that other places do not make up   */


/* A row without its places of no width. */
typedef struct {
    unsigned             n;
    unsigned             at[MCP_ROW_MAX];
    const mcp_symbol_t  *sy[MCP_ROW_MAX];
    float                first[MCP_ROW_MAX];
    float                next[MCP_ROW_MAX];
    float                sum[MCP_ROW_MAX];        /* of next[1 .. i]         */
    float                group[MCP_ROW_MAX];      /* i - 3 .. i, 0: classes  */
} places_t;


/* 1: a group of alternatives, other than a boundary. */
static int
is_alternation(const mcp_re_t *re, uint32_t node)
{
    const mcp_re_node_t  *n = &re->nodes[node];

    if (mcp_re_boundary(re, node, NULL)) {
        return 0;
    }

    while (n->type == MCP_RE_GROUP) {
        n = &re->nodes[n->child];
    }

    return n->type == MCP_RE_ALT;
}


/* 2 to the power of -bits. */
static double
chance(float bits)
{
    static const double  quarters[4] = {
        1, 0.8408964152537145, 0.7071067811865476, 0.5946035575013605
    };

    unsigned  q;

    q = (bits <= 0) ? 0 : (bits >= 60) ? 240 : (unsigned) (bits * 4);

    return quarters[q & 3] / (double) (UINT64_C(1) << (q >> 2));
}


static void
read_places(const mcp_work_t *w, const mcp_row_t *row, places_t *pl)
{
    uint8_t   folded[MCP_ROW_MAX];
    unsigned  i, literal;

    memset(pl, 0, sizeof(places_t));

    for (i = 0; i < row->n; i++) {
        if (row->sym[i] >= MCP_SYM_FIRST) {
            pl->at[pl->n] = i;
            pl->sy[pl->n++] = &w->x.symbols[row->sym[i]];
        }
    }

    mcp_rarity(pl->sy, pl->n, pl->first, pl->next);

    for (i = 1, pl->sum[0] = 0; i < pl->n; i++) {
        pl->sum[i] = pl->sum[i - 1] + pl->next[i];
    }

    for (i = 0, literal = 0; i < pl->n; i++) {

        folded[i] = pl->sy[i]->folded;
        literal = pl->sy[i]->literal ? literal + 1 : 0;

        if (literal >= 4) {
            pl->group[i] = mcp_rarity_group(folded + i - 3);
        }
    }
}


/* 1: \b stands before place i, and only word bytes at it. */
static unsigned
is_bounded(const mcp_row_t *row, const places_t *pl, unsigned i)
{
    return pl->at[i] > 0 && row->sym[pl->at[i] - 1] == MCP_SYM_WORD
           && pl->sy[i]->word;
}


/* Places a .. b are what is checked; what is looked for begins at from. */
static void
set_row(mcp_piece_t *pc, const mcp_row_t *row, const places_t *pl, unsigned a,
    unsigned b, unsigned from, unsigned to)
{
    unsigned  i;

    pc->word = (uint8_t) is_bounded(row, pl, a);
    pc->begin = (pl->at[a] > 0
                 && row->sym[pl->at[a] - 1] == MCP_SYM_BEGIN);
    pc->core = (uint8_t) (from - a);
    pc->core_n = (uint8_t) (to - from + 1);
    pc->end_min = to + 1;
    pc->end_max = to + 1;
    pc->row.n = (uint8_t) (b - a + 1);

    for (i = a; i <= b; i++) {
        pc->row.sym[i - a] = row->sym[pl->at[i]];
    }
}


/*
 * Literal places in a row, of which from .. to are some, and what is known to
 * stand before them; five are enough for a needle.
 */
static unsigned
row_literals(const mcp_row_t *row, const places_t *pl, unsigned from,
    unsigned to)
{
    unsigned  n;

    n = to - from + 1;

    while (from > 0 && pl->sy[from - 1]->literal && n <= MCP_LITERAL_MIN) {
        from--;
        n++;
    }

    while (to + 1 < pl->n && pl->sy[to + 1]->literal && n <= MCP_LITERAL_MIN) {
        to++;
        n++;
    }

    return n + (from > 0 || (pl->at[from] > 0
                             && row->sym[pl->at[from] - 1] < MCP_SYM_FIRST));
}


/* The best literal, with what is checked around it. */
static void
take_literal(const mcp_work_t *w, const mcp_row_t *row, const places_t *pl,
    mcp_piece_t *pc)
{
    float     core, group, chain, g, bits, rarest;
    double    cost, find;
    unsigned  from, to, a, b;

    for (to = 3, rarest = 0; to < pl->n; to++) {
        rarest = (pl->group[to] > rarest) ? pl->group[to] : rarest;
    }

    for (from = 0; from < pl->n; from++) {

        group = 0;
        chain = 0;

        for (to = from; to < pl->n && to - from < MCP_LITERAL_MAX
                        && pl->sy[to]->literal; to++)
        {
            if (to - from + 1 < MCP_LITERAL_MIN) {
                continue;
            }

            /*
             * The rarest four bytes are known from counting, what stands
             * around them is guessed: letters hang together.
             */

            g = pl->group[to];

            if (g > group) {
                group = g;
                chain = pl->first[to - 3] + pl->sum[to] - pl->sum[to - 3];
            }

            if (group + FAR < rarest) {
                continue;             /* what comes behind will not save it  */
            }

            core = pl->first[from] + pl->sum[to] - pl->sum[from] - chain;
            core = group + ((core > 0) ? core / 2 : 0);

            a = (from > MAX_BEFORE) ? from - MAX_BEFORE : 0;
            b = (pl->n - to > MAX_AFTER) ? to + MAX_AFTER : pl->n - 1;

            bits = core + (pl->sum[b] - pl->sum[to]
                           + pl->sum[from] - pl->sum[a]) / 2;
            bits += is_bounded(row, pl, a) ? WORD_BITS : 0;

            find = COST_GROUP * chance(group) + COST_LITERAL * chance(core)
                   + (row_literals(row, pl, from, to) > MCP_LITERAL_MIN
                      ? COST_ONE_MORE : COST_CLASSES);
            cost = find + COST_ROW * chance(core) + w->confirm * chance(bits);

            if (cost < pc->cost) {
                pc->find = find;
                pc->cost = cost;
                pc->bits = bits;
                pc->literal = 1;
                set_row(pc, row, pl, a, b, from, to);
            }
        }
    }
}


/*
 * A few places of any kind.  Of one class alone they would hit at each byte of
 * a longer run, so an assertion before them is kept, for Vectorscan.
 */
static void
take_classes(const mcp_work_t *w, const mcp_row_t *row, const places_t *pl,
    mcp_piece_t *pc)
{
    int       same, bound;
    float     bits;
    double    cost;
    unsigned  i, a, b, from, to, core, longest;

    for (from = 0; from < pl->n; from++) {

        bits = pl->first[from];
        same = 1;
        core = 0;
        longest = 0;
        bound = pl->at[from] > 0 && row->sym[pl->at[from] - 1] < MCP_SYM_FIRST;

        for (to = from; to < pl->n && to - from < MAX_CLASSES; to++) {

            if (to > from) {
                bits += pl->next[to];
                same &= (pl->sy[to] == pl->sy[from]);
            }

            core = pl->sy[to]->literal ? core + 1 : 0;
            longest = (core > longest) ? core : longest;

            if (longest >= MCP_LITERAL_MIN) {
                break;                /* a matter for take_literal()         */
            }

            cost = (COST_HIT + w->confirm) * chance(bits) + COST_CLASSES
                   + 0.0001 * (to - from);

            if (longest < 2) {
                cost += COST_AUTOMATON;
                cost *= (same && !bound) ? 2 : 1;

            } else if (longest == 2) {
                cost += COST_SHORT;
            }

            if (cost >= pc->cost) {
                continue;
            }

            pc->find = cost;
            pc->cost = cost;
            pc->bits = bits;
            pc->literal = 0;

            a = (from > MAX_BEFORE) ? from - MAX_BEFORE : 0;
            b = (pl->n - to > MAX_AFTER) ? to + MAX_AFTER : pl->n - 1;

            set_row(pc, row, pl, a, b, from, to);

            if (bound && longest < 2) {

                i = pl->at[from] - 1;

                pc->core = 0;
                pc->word = 0;
                pc->begin = 0;
                pc->row.n = (uint8_t) (pl->at[to] + 1 - i);
                pc->core_n = pc->row.n;
                memcpy(pc->row.sym, row->sym + i,
                       pc->row.n * sizeof(uint16_t));
            }
        }
    }
}


/* By what is looked for, then by the rest. */
static int
core_order(const mcp_piece_t *x, const mcp_piece_t *y)
{
    if (x->literal != y->literal) {
        return (x->literal > y->literal) - (x->literal < y->literal);
    }

    if (x->core_n != y->core_n) {
        return (x->core_n > y->core_n) - (x->core_n < y->core_n);
    }

    return memcmp(x->row.sym + x->core, y->row.sym + y->core,
                  x->core_n * sizeof(uint16_t));
}


static int
piece_order(const void *a, const void *b)
{
    int                 rc;
    const mcp_piece_t  *x = a, *y = b;

    rc = core_order(x, y);

    if (rc != 0) {
        return rc;
    }

    if (x->row.n != y->row.n) {
        return (x->row.n > y->row.n) - (x->row.n < y->row.n);
    }

    if (x->core != y->core) {
        return (x->core > y->core) - (x->core < y->core);
    }

    if (x->word != y->word) {
        return (x->word > y->word) - (x->word < y->word);
    }

    if (x->begin != y->begin) {
        return (x->begin > y->begin) - (x->begin < y->begin);
    }

    return memcmp(x->row.sym, y->row.sym, x->row.n * sizeof(uint16_t));
}


/* What a window costs, in ns for each byte of text. */
static double
evaluate(mcp_work_t *w, const mcp_rows_t *rows, unsigned *count, double *hits)
{
    double        cost;
    places_t      pl;
    unsigned      i, n;
    mcp_piece_t  *pc;

    if (w->left < rows->n && w->pieces_n > 0) {
        return COST_NONE;             /* what we have must be enough         */
    }

    w->left -= (w->left < rows->n) ? w->left : rows->n;
    w->budget -= (w->budget < rows->n) ? w->budget : rows->n;

    for (i = 0; i < rows->n; i++) {

        pc = &w->trial[i];
        memset(pc, 0, sizeof(mcp_piece_t));
        pc->cost = COST_NONE;

        read_places(w, &rows->row[i], &pl);
        take_literal(w, &rows->row[i], &pl, pc);

        if (pc->cost > COST_CLASSES) {
            take_classes(w, &rows->row[i], &pl, pc);
        }

        if (pc->row.n == 0) {
            return COST_NONE;         /* a row of nothing                    */
        }
    }

    qsort(w->trial, rows->n, sizeof(mcp_piece_t), piece_order);

    for (i = 1, n = 0; i < rows->n; i++) {

        pc = &w->trial[n];

        if (piece_order(pc, &w->trial[i]) == 0) {

            if (w->trial[i].end_min < pc->end_min) {
                pc->end_min = w->trial[i].end_min;
            }

            if (w->trial[i].end_max > pc->end_max) {
                pc->end_max = w->trial[i].end_max;
            }

            continue;
        }

        w->trial[++n] = w->trial[i];
    }

    *count = n + 1;
    *hits = 0;
    cost = 0;

    for (i = 0; i < *count; i++) {

        /* what is looked for already costs nothing again */

        cost += w->trial[i].cost;

        if (i > 0 && core_order(&w->trial[i - 1], &w->trial[i]) == 0) {
            cost -= w->trial[i].find;
        }

        *hits += chance((float) w->trial[i].bits);
    }

    return cost;
}


/* Tries all windows that begin with element i. */
static int
try_windows(mcp_work_t *w, unsigned i)
{
    int         rc;
    double      cost, hits;
    uint32_t    range;
    unsigned    j, n;
    mcp_rows_t  rows, part;

    if (!mcp_rows_init(&w->x, &rows)) {
        return 0;
    }

    /* each place where a match may begin is one more for PCRE2 to try */

    for (j = 0, range = 0; j < i; j++) {
        range = mcp_add_capped(range, w->elements[j].max - w->elements[j].min);
    }

    w->confirm = COST_CONFIRM * (1 + range / 8.0);

    (void) mcp_rows_add_empty(&rows, 0);

    for (j = i; j < w->elements_n && j < i + MAX_WINDOW; j++) {

        if (!mcp_rows_init(&w->x, &part)) {
            break;
        }

        rc = mcp_expand(&w->x, w->elements[j].node, &part)
             && mcp_rows_multiply(&w->x, &rows, &part);
        free(part.row);

        if (!rc || w->x.failed) {
            break;
        }

        if (w->elements[j].min > 0) {

            n = 0;
            hits = 0;
            cost = evaluate(w, &rows, &n, &hits);

            if (cost < w->cost) {
                w->cost = cost;
                w->hits = hits;
                w->window = i;
                w->pieces_n = n;
                memcpy(w->pieces, w->trial, n * sizeof(mcp_piece_t));
            }
        }

        if (mcp_rows_cut(&rows) || w->cost < COST_LITTLE) {
            break;
        }
    }

    free(rows.row);

    return !w->x.failed;
}


/* Lays the top level of a pattern out in a row; groups are looked through. */
static int
flatten(mcp_work_t *w, uint32_t node)
{
    unsigned              i;
    uint32_t              child;
    mcp_element_t        *e;
    const mcp_re_node_t  *n;

    for (i = 0; i < w->instead_n; i++) {
        if (w->instead[i].of == node) {
            node = w->instead[i].node;
            i = UINT_MAX;             /* the branch may be one itself        */
        }
    }

    n = &w->x.re->nodes[node];

    if (n->type == MCP_RE_EMPTY) {
        return 1;
    }

    if (n->type == MCP_RE_CAT) {

        for (child = n->child; child; child = w->x.re->nodes[child].next) {
            if (!flatten(w, child)) {
                return 0;
            }
        }

        return 1;
    }

    if (n->type == MCP_RE_GROUP
        && w->x.re->nodes[n->child].type != MCP_RE_ALT)
    {
        return flatten(w, n->child);
    }

    if (w->elements_n == MCP_WORK_MAX_ELEMENTS) {
        return 0;
    }

    e = &w->elements[w->elements_n++];
    e->node = node;
    mcp_re_width(w->x.re, node, &e->min, &e->max);

    return 1;
}


/* Appends from's list to to's. */
static mcp_rc_t
append(mcp_prefilters_t *to, mcp_prefilters_t *from)
{
    mcp_prefilter_t  *list;

    list = realloc(to->list, (to->n + from->n + 1) * sizeof(mcp_prefilter_t));

    if (list == NULL) {
        return MCP_ERROR;
    }

    if (from->n > 0) {
        memcpy(list + to->n, from->list, from->n * sizeof(mcp_prefilter_t));
    }

    to->list = list;
    to->n += from->n;
    from->n = 0;

    return MCP_OK;
}


/* The best window of the pattern, or of what is left of it in one branch. */
static mcp_rc_t
best_window(mcp_work_t *w, mcp_prefilters_t *pfs)
{
    unsigned  i;

    w->elements_n = 0;
    w->pieces_n = 0;
    w->cost = COST_NONE;
    w->hits = 1;
    w->left = (w->budget > RATED_AT_ONCE) ? RATED_AT_ONCE : RATED_AT_LEAST;

    if (!flatten(w, w->x.re->root)) {
        pfs->error = "pattern has too many elements";
        return MCP_ERROR;
    }

    for (i = 0; i < w->elements_n && w->cost >= COST_LITTLE; i++) {

        if (w->elements[i].min == 0
            && w->x.re->nodes[w->elements[i].node].type != MCP_RE_GROUP)
        {
            continue;
        }

        if (!try_windows(w, i)) {
            pfs->error = "out of memory";
            return MCP_ERROR;
        }
    }

    return MCP_OK;
}


static void
move(mcp_prefilters_t *to, mcp_prefilters_t *from)
{
    mcp_prefilter_free(to);
    *to = *from;
    memset(from, 0, sizeof(mcp_prefilters_t));
}


static mcp_rc_t solve(mcp_work_t *w, unsigned depth, mcp_prefilters_t *pfs,
    double *cost);


/* The pattern branch by branch of one of its alternations. */
static mcp_rc_t
solve_branches(mcp_work_t *w, uint32_t group, unsigned depth,
    mcp_prefilters_t *pfs, double *cost, double limit)
{
    double    one;
    mcp_rc_t  rc;
    uint32_t  child;

    rc = MCP_OK;
    *cost = 0;
    child = group;

    while (w->x.re->nodes[child].type != MCP_RE_ALT) {
        child = w->x.re->nodes[child].child;
    }

    w->instead[depth].of = group;

    for (child = w->x.re->nodes[child].child;
         child && rc == MCP_OK && *cost < limit;
         child = w->x.re->nodes[child].next)
    {
        w->instead[depth].node = child;
        w->instead_n = depth + 1;
        rc = solve(w, depth + 1, pfs, &one);

        if (rc == MCP_OK) {
            *cost += one;
        }
    }

    w->instead_n = depth;

    return rc;
}


/*
 * Appends the prefilters of the pattern as w->instead leaves it.  Where one
 * window is too dear, alternations at the top level are taken apart.
 */
static mcp_rc_t
solve(mcp_work_t *w, unsigned depth, mcp_prefilters_t *pfs, double *cost)
{
    double             try_cost;
    unsigned           i, n;
    mcp_rc_t           rc;
    uint32_t           groups[MAX_GROUPS];
    mcp_prefilters_t   best, trial;

    memset(&best, 0, sizeof(best));
    rc = best_window(w, pfs);

    if (rc != MCP_OK) {
        return rc;
    }

    *cost = COST_NONE;

    if (w->pieces_n > 0 && w->hits <= chance((float) w->least)) {

        *cost = w->cost;

        if (mcp_pieces_collect(w, &best) != MCP_OK) {
            mcp_prefilter_free(&best);
            pfs->error = "out of memory";
            return MCP_ERROR;
        }
    }

    for (i = 0, n = 0; i < w->elements_n && n < MAX_GROUPS; i++) {
        if (is_alternation(w->x.re, w->elements[i].node)) {
            groups[n++] = w->elements[i].node;
        }
    }

    for (i = 0; i < n && depth < MCP_WORK_MAX_DEPTH && *cost > COST_DEAR
                && w->tries > 0; i++)
    {
        w->tries--;
        memset(&trial, 0, sizeof(trial));
        rc = solve_branches(w, groups[i], depth, &trial, &try_cost, *cost);

        if (rc == MCP_OK && try_cost < *cost) {
            *cost = try_cost;
            move(&best, &trial);

        } else {
            mcp_prefilter_free(&trial);
        }
    }

    if (*cost >= COST_NONE) {
        mcp_prefilter_free(&best);
        pfs->error = "pattern is too wide: it needs a literal, or a class that"
                     " is rare in text";
        return MCP_ERROR;
    }

    rc = append(pfs, &best);
    mcp_prefilter_free(&best);

    if (rc != MCP_OK) {
        pfs->error = "out of memory";
    }

    return rc;
}


mcp_rc_t
mcp_prefilter(const mcp_re_t *re, double least, mcp_prefilters_t *pfs)
{
    double       cost;
    mcp_rc_t     rc;
    mcp_work_t  *w;

    memset(pfs, 0, sizeof(mcp_prefilters_t));

    w = calloc(1, sizeof(mcp_work_t));

    if (w == NULL) {
        pfs->error = "out of memory";
        return MCP_ERROR;
    }

    w->x.re = re;
    w->x.symbols_n = MCP_SYM_FIRST;
    w->least = least;
    w->tries = MAX_TRIES;
    w->budget = MAX_RATED;

    rc = solve(w, 0, pfs, &cost);

    free(w);

    if (rc != MCP_OK) {
        mcp_prefilter_free(pfs);
    }

    return rc;
}


void
mcp_prefilter_free(mcp_prefilters_t *pfs)
{
    size_t  i;

    for (i = 0; i < pfs->n; i++) {
        free(pfs->list[i].expression);
        free(pfs->list[i].sets);
    }

    free(pfs->list);
    pfs->list = NULL;
    pfs->n = 0;
}
