/*
 * The compiler: prefilters of all rules become three matchers, for what
 * clients send (arguments), for descriptions and for everything else, so that
 * results do not pay for rules about commands, nor the other way round.
 */

#include "mcp_rules_int.h"
#include "mcp_siphash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define SETS_MAX    8192              /* different sets of all rules         */
#define SETS_HASH   32768


typedef struct {
    const mcp_prefilter_t  *pf;
    mcp_probe_t             probe;
} pair_t;


/* Needles behind expressions; each kind by what is looked for. */
static int
target_order(const mcp_prefilter_t *x, const mcp_prefilter_t *y)
{
    if (x->expression != NULL && y->expression != NULL) {
        return strcmp(x->expression, y->expression);
    }

    if (x->expression != NULL || y->expression != NULL) {
        return (x->expression == NULL) ? 1 : -1;
    }

    if (x->literal.len != y->literal.len) {
        return (x->literal.len > y->literal.len) ? 1 : -1;
    }

    if (x->literal.len > 0) {
        return memcmp(x->literal.text, y->literal.text, x->literal.len);
    }

    if (x->before != y->before || x->after != y->after) {
        return (x->before * 256 + x->after > y->before * 256 + y->after)
               ? 1 : -1;
    }

    if (x->word != y->word || x->begin != y->begin) {
        return (x->word * 2 + x->begin > y->word * 2 + y->begin) ? 1 : -1;
    }

    return memcmp(x->sets, y->sets,
                  (size_t) (x->before + x->after) * sizeof(mcp_re_set_t));
}


static int
pair_order(const void *a, const void *b)
{
    int            rc;
    const pair_t  *x = a, *y = b;

    rc = target_order(x->pf, y->pf);

    if (rc != 0) {
        return rc;
    }

    return (x->probe.rule > y->probe.rule) - (x->probe.rule < y->probe.rule);
}


/* The number of a set; they are few, and found by their hash. */
static uint16_t
intern(mcp_rules_t *rs, uint16_t *table, const mcp_re_set_t *set)
{
    size_t    i;
    uint32_t  h;

    for (i = 0, h = 2166136261u; i < sizeof(set->bits); i++) {
        h = (h ^ set->bits[i]) * 16777619u;
    }

    for (i = h % SETS_HASH; table[i] != 0; i = (i + 1) % SETS_HASH) {
        if (memcmp(&rs->sets[table[i] - 1], set, sizeof(mcp_re_set_t)) == 0) {
            return (uint16_t) (table[i] - 1);
        }
    }

    if (rs->sets_n == SETS_MAX) {
        return UINT16_MAX;
    }

    rs->sets[rs->sets_n++] = *set;
    table[i] = (uint16_t) rs->sets_n;

    return (uint16_t) (rs->sets_n - 1);
}


/* What must stand around a hit, as numbers of sets. */
static mcp_rc_t
gather_rows(mcp_rules_t *rs, pair_t *pairs, size_t n, uint16_t *table)
{
    size_t                  i, k, total;
    uint16_t               *row;
    const mcp_re_set_t     *set;
    const mcp_prefilter_t  *pf;

    for (i = 0, total = rs->row_n + 1; i < n; i++) {
        total += (size_t) pairs[i].pf->before + pairs[i].pf->after;
    }

    row = realloc(rs->row, total * sizeof(uint16_t));

    if (row == NULL) {
        return MCP_ERROR;
    }

    rs->row = row;

    for (i = 0; i < n; i++) {

        pf = pairs[i].pf;
        pairs[i].probe.row = (uint32_t) rs->row_n;

        for (k = 0; k < (size_t) pf->before + pf->after; k++) {

            /* before, nearest first, then after */

            set = pf->sets + (k < pf->before ? pf->before - 1u - k
                                             : k + pf->core);

            rs->row[rs->row_n] = intern(rs, table, set);

            if (rs->row[rs->row_n] == UINT16_MAX) {

                /* unheard of: do without the rest of this row */

                if (k < pf->before) {
                    pairs[i].probe.before = (uint8_t) k;
                    pairs[i].probe.after = 0;
                    pairs[i].probe.word = 0;

                } else {
                    pairs[i].probe.after = (uint8_t) (k - pf->before);
                }

                break;
            }

            rs->row_n++;
        }
    }

    return MCP_OK;
}


static mcp_rc_t
gather_judges(mcp_rules_t *rs)
{
    size_t             i;
    const mcp_rule_t  *rule;

    rs->judges = calloc(rs->n + 1, sizeof(uint32_t));

    if (rs->judges == NULL) {
        return MCP_ERROR;
    }

    for (i = 0; i < rs->n; i++) {
        rule = &rs->rules[i];

        if (rule->judge == MCP_JUDGE_NONE) {
            continue;
        }

        rs->judges[rs->judges_n++] = (uint32_t) i;

        if (rule->judge == MCP_JUDGE_HIDDEN) {
            rs->hidden_surfaces |= rule->surfaces;

        } else {
            rs->judge_surfaces |= rule->surfaces;
        }
    }

    return MCP_OK;
}


/*
 * What all of n prefilters with the same literal, or the same row, have in
 * common, as a needle; its sets are made in room.
 */
static void
make_needle(const pair_t *pairs, size_t n, mcp_re_set_t *room,
    mcp_needle_t *nd)
{
    int                     led;
    size_t                  i, k;
    unsigned                b, before, after;
    const mcp_re_set_t     *set;
    const mcp_prefilter_t  *pf;

    before = pairs[0].pf->before;
    after = pairs[0].pf->after;

    for (i = 1; i < n; i++) {
        pf = pairs[i].pf;
        before = (pf->before < before) ? pf->before : before;
        after = (pf->after < after) ? pf->after : after;
    }

    memset(room, 0, MCP_NEEDLE_PLACES * sizeof(mcp_re_set_t));

    /* room[0] is what stands before all of them, if that is known */

    for (i = 0, led = 1; i < n && led; i++) {

        pf = pairs[i].pf;

        if (pf->before > before) {
            set = &pf->sets[pf->before - before - 1];

            for (b = 0; b < sizeof(set->bits); b++) {
                room[0].bits[b] |= set->bits[b];
            }

        } else {
            led = mcp_prefilter_lead(pf, &room[0]);
        }
    }

    if (!led) {
        memset(&room[0], 0, sizeof(mcp_re_set_t));
    }

    nd->core = pairs[0].pf->literal.len;
    nd->end = (uint8_t) (led + before + nd->core);
    nd->n = (uint8_t) (nd->end + after);

    for (k = 0; k < nd->n; k++) {

        for (i = 0; i < n && k >= (size_t) led; i++) {

            pf = pairs[i].pf;
            set = &pf->sets[pf->before - before + k - led];

            for (b = 0; b < sizeof(set->bits); b++) {
                room[k].bits[b] |= set->bits[b];
            }
        }

        nd->place[k] = &room[k];
    }
}


/* May the pairs share a target? */
static int
share(const pair_t *pairs, size_t n)
{
    mcp_needle_t  nd;
    mcp_re_set_t  room[MCP_NEEDLE_PLACES];

    if (n > UINT16_MAX || target_order(pairs[n - 1].pf, pairs[0].pf) != 0) {
        return 0;
    }

    if (pairs[0].pf->expression != NULL || pairs[0].pf->literal.len == 0) {
        return 1;
    }

    make_needle(pairs, n, room, &nd);

    return mcp_needle_fit(&nd);
}


/* Rules that look for the same share a target. */
static mcp_rc_t
gather_targets(mcp_rules_t *rs, mcp_matcher_t *m, pair_t *pairs, size_t n)
{
    size_t         i;
    mcp_target_t  *t;

    qsort(pairs, n, sizeof(pair_t), pair_order);

    m->targets = calloc(n, sizeof(mcp_target_t));
    m->probes = calloc(n, sizeof(mcp_probe_t));

    if (m->targets == NULL || m->probes == NULL) {
        return MCP_ERROR;
    }

    t = NULL;

    for (i = 0; i < n; i++) {

        if (t == NULL || !share(pairs + t->first, i - t->first + 1)) {
            t = &m->targets[m->targets_n++];
            t->first = (uint32_t) i;

            if (pairs[i].pf->expression != NULL) {
                m->expressions_n++;
            }
        }

        t->n++;
        t->surfaces |= rs->rules[pairs[i].probe.rule].surfaces;
        m->probes[i] = pairs[i].probe;
    }

    return MCP_OK;
}


static mcp_rc_t
make_database(mcp_rules_t *rs, mcp_matcher_t *m, const pair_t *pairs,
    mcp_rules_error_t *err)
{
    size_t                   i, n;
    unsigned                *ids, *flags;
    mcp_rc_t                 tried;
    hs_error_t               rc;
    const char             **list;
    const mcp_rule_t        *rule;
    hs_compile_error_t      *ce;
    const mcp_prefilter_t  **pfs;

    n = m->expressions_n;

    if (n == 0) {
        return MCP_OK;
    }

    list = calloc(n, sizeof(char *));
    ids = calloc(n, sizeof(unsigned));
    flags = calloc(n, sizeof(unsigned));
    pfs = calloc(n, sizeof(mcp_prefilter_t *));
    ce = NULL;
    rc = HS_NOMEM;
    tried = MCP_OK;

    if (list != NULL && ids != NULL && flags != NULL && pfs != NULL) {

        for (i = 0; i < n; i++) {
            pfs[i] = pairs[m->targets[i].first].pf;
            list[i] = pfs[i]->expression;
            ids[i] = (unsigned) i;
        }

        rc = hs_compile_multi(list, flags, ids, (unsigned) n, HS_MODE_BLOCK,
                              NULL, &m->database, &ce);
    }

    if (rc == HS_SUCCESS) {
        tried = mcp_database_try(m->database, pfs, n, &m->narrow);
    }

    free(list);
    free(ids);
    free(flags);
    free(pfs);

    if (tried != MCP_OK) {
        return tried;
    }

    if (rc == HS_SUCCESS) {

        if (hs_database_size(m->database, &m->size) != HS_SUCCESS) {
            m->size = 0;
        }

        return MCP_OK;
    }

    if (ce != NULL && ce->expression >= 0) {

        rule = &rs->rules[m->probes[m->targets[ce->expression].first].rule];
        snprintf(err->text, sizeof(err->text),
                 "%s:%u: rule \"%s\": pattern is refused by Vectorscan: %s",
                 rule->file, rule->line, rule->id, ce->message);

    } else {
        snprintf(err->text, sizeof(err->text), "rules cannot be compiled: %s",
                 ce != NULL ? ce->message : "out of memory");
    }

    hs_free_compile_error(ce);

    return MCP_ERROR;
}


static mcp_rc_t
make_needles(mcp_matcher_t *m, const pair_t *pairs)
{
    size_t               i, n;
    mcp_needle_t        *list;
    mcp_re_set_t        *room;
    const mcp_target_t  *t;

    n = m->targets_n - m->expressions_n;

    if (n == 0) {
        return MCP_OK;
    }

    list = calloc(n, sizeof(mcp_needle_t));
    room = calloc(n, MCP_NEEDLE_PLACES * sizeof(mcp_re_set_t));

    if (list != NULL && room != NULL && n <= UINT16_MAX) {

        for (i = 0; i < n; i++) {
            t = &m->targets[m->expressions_n + i];
            make_needle(pairs + t->first, t->n, room + i * MCP_NEEDLE_PLACES,
                        &list[i]);
        }

        m->needles = mcp_needles_create(list, n);
    }

    free(list);
    free(room);

    if (m->needles == NULL) {
        return MCP_ERROR;
    }

    m->size += mcp_needles_size(m->needles);

    return MCP_OK;
}


/* A matcher of the rules that meet surfaces. */
static mcp_rc_t
make_matcher(mcp_rules_t *rs, mcp_matcher_t *m, uint8_t surfaces,
    uint16_t *table, mcp_rules_error_t *err)
{
    size_t                  i, k, n;
    pair_t                 *pairs;
    mcp_rc_t                rc;
    const mcp_prefilter_t  *pf;

    for (i = 0, n = 0; i < rs->n; i++) {
        if (rs->rules[i].surfaces & surfaces) {
            n += rs->ints[i].prefilters.n;
        }
    }

    if (n == 0) {
        return MCP_OK;
    }

    pairs = calloc(n, sizeof(pair_t));

    if (pairs == NULL) {
        return MCP_ERROR;
    }

    for (i = 0, n = 0; i < rs->n; i++) {

        if (!(rs->rules[i].surfaces & surfaces)) {
            continue;
        }

        for (k = 0; k < rs->ints[i].prefilters.n; k++, n++) {
            pf = &rs->ints[i].prefilters.list[k];
            pairs[n].pf = pf;
            pairs[n].probe.rule = (uint32_t) i;
            pairs[n].probe.back_min = pf->back_min;
            pairs[n].probe.back_max = pf->back_max;
            pairs[n].probe.core = pf->core;
            pairs[n].probe.before = pf->before;
            pairs[n].probe.after = pf->after;
            pairs[n].probe.word = pf->word;
        }
    }

    rc = gather_rows(rs, pairs, n, table);

    if (rc == MCP_OK) {
        rc = gather_targets(rs, m, pairs, n);
    }

    if (rc == MCP_OK) {
        rc = make_database(rs, m, pairs, err);
    }

    if (rc == MCP_OK) {
        rc = make_needles(m, pairs);
    }

    free(pairs);

    return rc;
}


mcp_rc_t
mcp_rules_compile(mcp_rules_t *rs, mcp_rules_error_t *err)
{
    mcp_rc_t   rc;
    uint16_t  *table;

    err->text[0] = '\0';

    if (rs->failed || rs->compiled) {
        snprintf(err->text, sizeof(err->text), "rules are %s already",
                 rs->failed ? "unusable" : "compiled");
        return MCP_ERROR;
    }

    rs->failed = 1;

    if (hs_valid_platform() != HS_SUCCESS) {
        snprintf(err->text, sizeof(err->text),
                 "this processor is not supported by Vectorscan"
                 " (x86 needs SSSE3)");
        return MCP_ERROR;
    }

    if (mcp_siphash_key(rs->key) != MCP_OK) {
        snprintf(err->text, sizeof(err->text), "getrandom() failed");
        return MCP_ERROR;
    }

    rs->sets = malloc(SETS_MAX * sizeof(mcp_re_set_t));
    table = calloc(SETS_HASH, sizeof(uint16_t));

    rc = MCP_ERROR;

    if (rs->sets != NULL && table != NULL) {
        rc = gather_judges(rs);
    }

    if (rc == MCP_OK) {
        rc = make_matcher(rs, &rs->matcher[MCP_MATCHER_ARGUMENTS],
                          MCP_SURFACE_ARGUMENTS, table, err);
    }

    if (rc == MCP_OK) {
        rc = make_matcher(rs, &rs->matcher[MCP_MATCHER_TEXT],
                          MCP_SURFACE_ALL & ~MCP_SURFACE_ARGUMENTS
                          & ~MCP_SURFACE_DESCRIPTION, table, err);
    }

    if (rc == MCP_OK) {
        rc = make_matcher(rs, &rs->matcher[MCP_MATCHER_DESCRIPTION],
                          MCP_SURFACE_ALL & ~MCP_SURFACE_ARGUMENTS, table,
                          err);
    }

    free(table);

    if (rc != MCP_OK) {

        if (err->text[0] == '\0') {
            snprintf(err->text, sizeof(err->text), "out of memory");
        }

        return rc;
    }

    rs->failed = 0;
    rs->compiled = 1;

    return MCP_OK;
}
