/*
 * Rules: their life, and what can be made of each by itself.
 */

#include "mcp_rules_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define CHUNK_SIZE  (64 * 1024)
#define MIN_GAP     128               /* bytes in the alphabet of phrases    */

struct mcp_chunk_s {
    mcp_chunk_t  *next;
    size_t        used;
    size_t        size;
    char          data[];
};


mcp_rules_t *
mcp_rules_create(void)
{
    return calloc(1, sizeof(mcp_rules_t));
}


void
mcp_rule_int_free(mcp_rule_int_t *ri)
{
    free(ri->examples);
    pcre2_code_free(ri->code);
    pcre2_code_free(ri->unless);
    mcp_prefilter_free(&ri->prefilters);
    memset(ri, 0, sizeof(mcp_rule_int_t));
}


void
mcp_rules_destroy(mcp_rules_t *rs)
{
    size_t        i;
    mcp_chunk_t  *chunk;

    if (rs == NULL) {
        return;
    }

    for (i = 0; i < rs->n; i++) {
        mcp_rule_int_free(&rs->ints[i]);
    }

    while (rs->chunks != NULL) {
        chunk = rs->chunks;
        rs->chunks = chunk->next;
        free(chunk);
    }

    for (i = 0; i < MCP_MATCHERS; i++) {
        hs_free_database(rs->matcher[i].database);
        mcp_needles_destroy(rs->matcher[i].needles);
        free(rs->matcher[i].targets);
        free(rs->matcher[i].probes);
    }

    free(rs->sets);
    free(rs->row);
    free(rs->judges);
    free(rs->rules);
    free(rs->ints);
    free(rs);
}


char *
mcp_rules_strdup(mcp_rules_t *rs, const char *s, size_t len)
{
    char         *p;
    size_t        size;
    mcp_chunk_t  *chunk;

    chunk = rs->chunks;

    if (chunk == NULL || chunk->size - chunk->used < len + 1) {

        size = (len + 1 > CHUNK_SIZE) ? len + 1 : CHUNK_SIZE;
        chunk = malloc(sizeof(mcp_chunk_t) + size);

        if (chunk == NULL) {
            return NULL;
        }

        chunk->next = rs->chunks;
        chunk->used = 0;
        chunk->size = size;
        rs->chunks = chunk;
    }

    p = chunk->data + chunk->used;
    chunk->used += len + 1;

    memcpy(p, s, len);
    p[len] = '\0';

    return p;
}


static int
room(mcp_rules_t *rs)
{
    size_t           cap;
    mcp_rule_t      *rules;
    mcp_rule_int_t  *ints;

    if (rs->n < rs->cap) {
        return 1;
    }

    cap = rs->cap ? rs->cap * 2 : 64;

    rules = realloc(rs->rules, cap * sizeof(mcp_rule_t));

    if (rules == NULL) {
        return 0;
    }

    rs->rules = rules;

    ints = realloc(rs->ints, cap * sizeof(mcp_rule_int_t));

    if (ints == NULL) {
        return 0;
    }

    rs->ints = ints;
    rs->cap = cap;

    return 1;
}


/* PCRE2's view of the pattern, out of our tree. */
static const char *
compile_whole(const mcp_re_t *re, pcre2_code **whole)
{
    int                      code;
    PCRE2_SIZE               at;
    mcp_buf_t                out;
    pcre2_compile_context   *cc;

    memset(&out, 0, sizeof(out));

    if (mcp_re_emit(re, re->root, &out) != MCP_OK) {
        mcp_buf_free(&out);
        return "out of memory";
    }

    cc = pcre2_compile_context_create(NULL);

    if (cc == NULL) {
        mcp_buf_free(&out);
        return "out of memory";
    }

    (void) pcre2_set_newline(cc, PCRE2_NEWLINE_LF);

    *whole = pcre2_compile(out.data, out.len,
                           PCRE2_USE_OFFSET_LIMIT | PCRE2_NEVER_UTF,
                           &code, &at, cc);

    pcre2_compile_context_free(cc);
    mcp_buf_free(&out);

    if (*whole == NULL) {
        return "pattern is refused by PCRE2";
    }

    /* where there is no JIT, the interpreter does the same, slower */

    (void) pcre2_jit_compile(*whole, PCRE2_JIT_COMPLETE);

    return NULL;
}


static unsigned
is_jit(const pcre2_code *code)
{
    size_t  size;

    return code != NULL
           && pcre2_pattern_info(code, PCRE2_INFO_JITSIZE, &size) == 0
           && size > 0;
}


/* Bytes that a match can begin with, as far as PCRE2 knows. */
static void
starts(const pcre2_code *code, uint8_t start[256])
{
    unsigned        c;
    uint32_t        type, unit;
    const uint8_t  *map;

    memset(start, 1, 256);

    if (pcre2_pattern_info(code, PCRE2_INFO_FIRSTBITMAP, &map) == 0
        && map != NULL)
    {
        for (c = 0; c < 256; c++) {
            start[c] = map[c >> 3] >> (c & 7) & 1;
        }

        return;
    }

    if (pcre2_pattern_info(code, PCRE2_INFO_FIRSTCODETYPE, &type) == 0
        && type == 1
        && pcre2_pattern_info(code, PCRE2_INFO_FIRSTCODEUNIT, &unit) == 0)
    {
        /* whether case matters is not told */

        for (c = 0; c < 256; c++) {
            start[c] = (c == unit) || ((c | 0x20) == (unit | 0x20));
        }
    }
}


/* Bytes that can be in a match, but for boundaries at its ends. */
static void
core_alphabet(const mcp_re_t *re, mcp_re_set_t *set)
{
    int                   edge;
    uint32_t              child;
    const mcp_re_node_t  *n = &re->nodes[re->root];

    if (n->type != MCP_RE_CAT) {
        mcp_re_alphabet(re, re->root, set);
        return;
    }

    for (child = n->child; child; child = re->nodes[child].next) {

        edge = (child == n->child || re->nodes[child].next == 0);

        if (!edge || !mcp_re_boundary(re, child, NULL)) {
            mcp_re_alphabet(re, child, set);
        }
    }
}


/* Everything that can be made of one pattern without the others. */
static mcp_rc_t
make_matcher(mcp_re_t *re, const mcp_rule_t *rule, mcp_rule_int_t *ri,
    const char **why, size_t *at)
{
    double         least;
    uint32_t       min, max;
    mcp_re_set_t   alphabet;

    *at = SIZE_MAX;

    if (mcp_re_parse(re, rule->pattern, strlen(rule->pattern)) != MCP_OK) {
        *why = re->error;
        *at = re->error_at;
        return MCP_ERROR;
    }

    *why = mcp_re_lint(re);

    if (*why != NULL) {
        return MCP_ERROR;
    }

    least = (rule->surfaces == MCP_SURFACE_ARGUMENTS)
            ? MCP_RULES_RARE_ARGUMENTS : MCP_RULES_RARE;

    if (mcp_prefilter(re, least, &ri->prefilters) != MCP_OK) {
        *why = ri->prefilters.error;
        return MCP_ERROR;
    }

    *why = compile_whole(re, &ri->code);

    if (*why != NULL) {
        return MCP_ERROR;
    }

    starts(ri->code, ri->start);

    mcp_re_width(re, re->root, &min, &max);

    if (max == MCP_RE_INF) {
        ri->reach = MCP_RULES_REACH;

    } else {
        ri->reach = (max < MCP_RULES_REACH_MAX) ? max : MCP_RULES_REACH_MAX;
    }

    if (min > ri->reach) {
        *why = "pattern is too long to be matched";
        return MCP_ERROR;
    }

    memset(&alphabet, 0, sizeof(alphabet));
    core_alphabet(re, &alphabet);

    mcp_byteset_init(&ri->alphabet, &alphabet);
    ri->finite = mcp_re_finite(re, re->root, &ri->open);

    /* tokens are long runs anyway; it is the gaps of phrases that count */

    if (max != MCP_RE_INF || mcp_re_set_count(&alphabet) < MIN_GAP) {
        ri->finite = MCP_RE_INF;
    }

    mcp_re_run(re, re->root, &ri->run, &ri->run_n);

    if (ri->run_n < MCP_RULES_RUN) {
        ri->run_n = 0;
    }

    ri->captures = re->captures;
    ri->anchored = mcp_re_anchored(re, re->root) ? 1 : 0;

    return MCP_OK;
}


static mcp_rc_t
make_unless(mcp_re_t *re, const char *pattern, mcp_rule_int_t *ri,
    const char **why)
{
    *why = (mcp_re_parse(re, pattern, strlen(pattern)) != MCP_OK)
           ? re->error : mcp_re_lint(re);

    if (*why == NULL) {
        *why = compile_whole(re, &ri->unless);
    }

    return (*why == NULL) ? MCP_OK : MCP_ERROR;
}


void
mcp_rules_clock(mcp_rules_t *rs, uint64_t (*now)(void))
{
    rs->now = now;
}


uint64_t
mcp_rules_made(const mcp_rules_t *rs, size_t n)
{
    return rs->ints[n].made;
}


mcp_rc_t
mcp_rules_add(mcp_rules_t *rs, const mcp_rule_t *rule, const char *unless,
    mcp_rule_int_t *ri, const char **why, size_t *at)
{
    mcp_rc_t  rc;
    mcp_re_t  re;
    uint64_t  began;

    *at = SIZE_MAX;
    began = (rs->now != NULL) ? rs->now() : 0;

    if (rs->n >= MCP_RULES_MAX) {
        *why = "too many rules";
        return MCP_ERROR;
    }

    if (!room(rs)) {
        *why = "out of memory";
        return MCP_ERROR;
    }

    if (rule->pattern != NULL) {
        rc = make_matcher(&re, rule, ri, why, at);
        mcp_re_free(&re);

        if (rc != MCP_OK) {
            return rc;
        }
    }

    if (unless != NULL) {
        rc = make_unless(&re, unless, ri, why);
        mcp_re_free(&re);

        if (rc != MCP_OK) {
            return rc;
        }
    }

    ri->code_jit = is_jit(ri->code);
    ri->unless_jit = is_jit(ri->unless);
    ri->made = (rs->now != NULL) ? rs->now() - began : 0;

    rs->rules[rs->n] = *rule;
    rs->ints[rs->n] = *ri;
    rs->n++;

    return MCP_OK;
}


size_t
mcp_rules_count(const mcp_rules_t *rs)
{
    return rs->n;
}


const mcp_rule_t *
mcp_rules_get(const mcp_rules_t *rs, size_t n)
{
    return (n < rs->n) ? &rs->rules[n] : NULL;
}


const mcp_rule_t *
mcp_rules_find(const mcp_rules_t *rs, const char *id, size_t len)
{
    size_t  i;

    for (i = 0; i < rs->n; i++) {
        if (strlen(rs->rules[i].id) == len
            && memcmp(rs->rules[i].id, id, len) == 0)
        {
            return &rs->rules[i];
        }
    }

    return NULL;
}


const mcp_combine_t *
mcp_rules_combine(const mcp_rules_t *rs, mcp_category_t category)
{
    return &rs->combine[category];
}


size_t
mcp_rules_database_size(const mcp_rules_t *rs)
{
    unsigned  i;
    size_t    size;

    for (i = 0, size = 0; i < MCP_MATCHERS; i++) {
        size += rs->matcher[i].size;
    }

    return size;
}
