/*
 * Rules: their life, their words, and the compiler.
 */

#include "mcp_rules_int.h"
#include "mcp_siphash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define CHUNK_SIZE  (64 * 1024)

struct mcp_chunk_s {
    mcp_chunk_t  *next;
    size_t        used;
    size_t        size;
    char          data[];
};


typedef struct {
    const char  *word;
    int          value;
} word_t;


static const word_t  actions[] = {
    { "off", MCP_ACTION_OFF },
    { "log", MCP_ACTION_LOG },
    { "redact", MCP_ACTION_REDACT },
    { "block", MCP_ACTION_BLOCK },
    { NULL, 0 }
};

static const word_t  categories[] = {
    { "secret", MCP_CAT_SECRET },
    { "injection", MCP_CAT_INJECTION },
    { "poisoning", MCP_CAT_POISONING },
    { "command", MCP_CAT_COMMAND },
    { "path", MCP_CAT_PATH },
    { "network", MCP_CAT_NETWORK },
    { "sql", MCP_CAT_SQL },
    { "code", MCP_CAT_CODE },
    { "obfuscation", MCP_CAT_OBFUSCATION },
    { "abuse", MCP_CAT_ABUSE },
    { NULL, 0 }
};

static const word_t  severities[] = {
    { "low", MCP_SEV_LOW },
    { "medium", MCP_SEV_MEDIUM },
    { "high", MCP_SEV_HIGH },
    { "critical", MCP_SEV_CRITICAL },
    { NULL, 0 }
};

static const word_t  surfaces[] = {
    { "arguments", MCP_SURFACE_ARGUMENTS },
    { "result", MCP_SURFACE_RESULT },
    { "description", MCP_SURFACE_DESCRIPTION },
    { "resource", MCP_SURFACE_RESOURCE },
    { "prompt", MCP_SURFACE_PROMPT },
    { "log", MCP_SURFACE_LOG },
    { "error", MCP_SURFACE_ERROR },
    { "elicitation", MCP_SURFACE_ELICITATION },
    { NULL, 0 }
};

static const word_t  kinds[] = {
    { "command", MCP_KIND_COMMAND },
    { "path", MCP_KIND_PATH },
    { "url", MCP_KIND_URL },
    { "host", MCP_KIND_HOST },
    { "sql", MCP_KIND_SQL },
    { "content", MCP_KIND_CONTENT },
    { "identifier", MCP_KIND_IDENTIFIER },
    { "text", MCP_KIND_TEXT },
    { NULL, 0 }
};

static const word_t  judges[] = {
    { "path", MCP_JUDGE_PATH },
    { "path-traversal", MCP_JUDGE_PATH_TRAVERSAL },
    { "path-sensitive", MCP_JUDGE_PATH_SENSITIVE },
    { "path-system", MCP_JUDGE_PATH_SYSTEM },
    { "url", MCP_JUDGE_URL },
    { "address", MCP_JUDGE_ADDRESS },
    { "scheme", MCP_JUDGE_SCHEME },
    { "hidden", MCP_JUDGE_HIDDEN },
    { "sql", MCP_JUDGE_SQL },
    { "shell", MCP_JUDGE_SHELL },
    { "shell-text", MCP_JUDGE_SHELL_TEXT },
    { NULL, 0 }
};


static int
find(const word_t *words, const char *word, size_t len)
{
    for ( /* void */ ; words->word != NULL; words++) {
        if (strlen(words->word) == len && memcmp(words->word, word, len) == 0) {
            return words->value;
        }
    }

    return -1;
}


static const char *
name(const word_t *words, int value)
{
    for ( /* void */ ; words->word != NULL; words++) {
        if (words->value == value) {
            return words->word;
        }
    }

    return "none";
}


int
mcp_action_find(const char *word, size_t len)
{
    return find(actions, word, len);
}


int
mcp_category_find(const char *word, size_t len)
{
    return find(categories, word, len);
}


int
mcp_severity_find(const char *word, size_t len)
{
    return find(severities, word, len);
}


int
mcp_surface_find(const char *word, size_t len)
{
    return find(surfaces, word, len);
}


int
mcp_kind_find(const char *word, size_t len)
{
    return find(kinds, word, len);
}


int
mcp_judge_find(const char *word, size_t len)
{
    return find(judges, word, len);
}


const char *
mcp_action_name(mcp_action_t action)
{
    return name(actions, (int) action);
}


const char *
mcp_category_name(mcp_category_t category)
{
    return name(categories, (int) category);
}


const char *
mcp_severity_name(mcp_severity_t severity)
{
    return name(severities, (int) severity);
}


const char *
mcp_surface_name(uint8_t bit)
{
    return name(surfaces, bit);
}


const char *
mcp_kind_name(uint8_t bit)
{
    return name(kinds, bit);
}


const char *
mcp_judge_name(mcp_judge_t judge)
{
    return name(judges, (int) judge);
}


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
    mcp_prefilter_free(ri->prefilters, ri->prefilters_n);
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

    hs_free_database(rs->database);
    free(rs->expressions);
    free(rs->probes);
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
make_matcher(mcp_re_t *re, const char *pattern, mcp_rule_int_t *ri,
    const char **why, size_t *at)
{
    unsigned       c;
    uint32_t       min, max;
    mcp_re_set_t   alphabet;

    *at = SIZE_MAX;

    if (mcp_re_parse(re, pattern, strlen(pattern)) != MCP_OK) {
        *why = re->error;
        *at = re->error_at;
        return MCP_ERROR;
    }

    *why = mcp_re_lint(re);

    if (*why != NULL) {
        return MCP_ERROR;
    }

    ri->prefilters_n = mcp_prefilter(re, ri->prefilters, MCP_PREFILTER_MAX);

    if (ri->prefilters_n == 0) {
        *why = re->error;
        return MCP_ERROR;
    }

    *why = compile_whole(re, &ri->code);

    if (*why != NULL) {
        return MCP_ERROR;
    }

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

    for (c = 0; c < 256; c++) {
        ri->alphabet[c] = mcp_re_has(&alphabet, c);
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


mcp_rc_t
mcp_rules_add(mcp_rules_t *rs, const mcp_rule_t *rule, const char *unless,
    mcp_rule_int_t *ri, const char **why, size_t *at)
{
    mcp_rc_t  rc;
    mcp_re_t  re;

    *at = SIZE_MAX;

    if (rs->n >= MCP_RULES_MAX) {
        *why = "too many rules";
        return MCP_ERROR;
    }

    if (!room(rs)) {
        *why = "out of memory";
        return MCP_ERROR;
    }

    if (rule->pattern != NULL) {
        rc = make_matcher(&re, rule->pattern, ri, why, at);
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

    rs->rules[rs->n] = *rule;
    rs->ints[rs->n] = *ri;
    rs->n++;

    return MCP_OK;
}


typedef struct {
    const char  *expression;
    mcp_probe_t  probe;
} pair_t;


static int
pair_order(const void *a, const void *b)
{
    int            rc;
    const pair_t  *x = a, *y = b;

    rc = strcmp(x->expression, y->expression);

    if (rc != 0) {
        return rc;
    }

    return (x->probe.rule > y->probe.rule) - (x->probe.rule < y->probe.rule);
}


/* Rules with the same prefilter share an expression of the database. */
static mcp_rc_t
gather(mcp_rules_t *rs, pair_t *pairs, size_t n, const char **list,
    unsigned *ids, unsigned *flags)
{
    size_t             i;
    mcp_expression_t  *e;

    qsort(pairs, n, sizeof(pair_t), pair_order);

    e = NULL;

    for (i = 0; i < n; i++) {

        if (i == 0 || strcmp(pairs[i].expression, pairs[i - 1].expression) != 0
            || e->n == UINT16_MAX)
        {
            e = &rs->expressions[rs->expressions_n];
            e->first = (uint32_t) i;
            e->n = 0;
            e->surfaces = 0;

            list[rs->expressions_n] = pairs[i].expression;
            ids[rs->expressions_n] = (unsigned) rs->expressions_n;
            flags[rs->expressions_n] = 0;
            rs->expressions_n++;
        }

        e->n++;
        e->surfaces |= rs->rules[pairs[i].probe.rule].surfaces;
        rs->probes[i] = pairs[i].probe;
    }

    rs->probes_n = n;

    return MCP_OK;
}


static mcp_rc_t
build(mcp_rules_t *rs, size_t n, pair_t *pairs, const char **list,
    unsigned *ids, unsigned *flags, mcp_rules_error_t *err)
{
    hs_error_t           rc;
    const mcp_rule_t    *rule;
    hs_compile_error_t  *ce;

    if (gather(rs, pairs, n, list, ids, flags) != MCP_OK) {
        return MCP_ERROR;
    }

    ce = NULL;
    rc = hs_compile_multi(list, flags, ids, (unsigned) rs->expressions_n,
                          HS_MODE_BLOCK, NULL, &rs->database, &ce);

    if (rc != HS_SUCCESS) {
        rule = NULL;

        if (ce != NULL && ce->expression >= 0) {
            rule = &rs->rules[rs->probes[
                       rs->expressions[ce->expression].first].rule];
        }

        if (rule != NULL) {
            snprintf(err->text, sizeof(err->text),
                     "%s:%u: rule \"%s\": pattern is refused by Vectorscan:"
                     " %s", rule->file, rule->line, rule->id, ce->message);

        } else {
            snprintf(err->text, sizeof(err->text),
                     "rules cannot be compiled: %s",
                     ce != NULL ? ce->message : "out of memory");
        }

        hs_free_compile_error(ce);

        return MCP_ERROR;
    }

    if (hs_database_size(rs->database, &rs->database_size) != HS_SUCCESS) {
        rs->database_size = 0;
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


mcp_rc_t
mcp_rules_compile(mcp_rules_t *rs, mcp_rules_error_t *err)
{
    size_t        i, k, n;
    pair_t       *pairs;
    unsigned     *ids, *flags;
    mcp_rc_t      rc;
    const char  **list;

    err->text[0] = '\0';

    if (rs->failed || rs->compiled) {
        snprintf(err->text, sizeof(err->text), "rules are %s already",
                 rs->failed ? "unusable" : "compiled");
        return MCP_ERROR;
    }

    if (hs_valid_platform() != HS_SUCCESS) {
        rs->failed = 1;
        snprintf(err->text, sizeof(err->text),
                 "this processor is not supported by Vectorscan"
                 " (x86 needs SSSE3)");
        return MCP_ERROR;
    }

    if (mcp_siphash_key(rs->key) != MCP_OK) {
        rs->failed = 1;
        snprintf(err->text, sizeof(err->text), "getrandom() failed");
        return MCP_ERROR;
    }

    if (gather_judges(rs) != MCP_OK) {
        rs->failed = 1;
        snprintf(err->text, sizeof(err->text), "out of memory");
        return MCP_ERROR;
    }

    for (i = 0, n = 0; i < rs->n; i++) {
        n += rs->ints[i].prefilters_n;
    }

    if (n == 0) {
        rs->compiled = 1;
        return MCP_OK;
    }

    pairs = calloc(n, sizeof(pair_t));
    list = calloc(n, sizeof(char *));
    ids = calloc(n, sizeof(unsigned));
    flags = calloc(n, sizeof(unsigned));
    rs->probes = calloc(n, sizeof(mcp_probe_t));
    rs->expressions = calloc(n, sizeof(mcp_expression_t));

    rc = MCP_ERROR;

    if (pairs == NULL || list == NULL || ids == NULL || flags == NULL
        || rs->probes == NULL || rs->expressions == NULL)
    {
        snprintf(err->text, sizeof(err->text), "out of memory");

    } else {

        for (i = 0, n = 0; i < rs->n; i++) {
            for (k = 0; k < rs->ints[i].prefilters_n; k++, n++) {
                pairs[n].expression = rs->ints[i].prefilters[k].expression;
                pairs[n].probe.rule = (uint32_t) i;
                pairs[n].probe.back_min = rs->ints[i].prefilters[k].back_min;
                pairs[n].probe.back_max = rs->ints[i].prefilters[k].back_max;
            }
        }

        rc = build(rs, n, pairs, list, ids, flags, err);
    }

    free(pairs);
    free(list);
    free(ids);
    free(flags);

    if (rc == MCP_OK) {
        rs->compiled = 1;

    } else {
        rs->failed = 1;
    }

    return rc;
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
    return rs->database_size;
}
