/*
 * mcpctl rules: checks and lists rule packs; measures and compares them
 * (cmd_rules_bench.c, cmd_rules_diff.c).
 */

#include "cli.h"

#include <jansson.h>
#include <string.h>


#define LEAST_EXAMPLES  2       /* of each kind, where checks are strict     */


static void
wrong_example(void *data, const mcp_rule_t *rule, const char *what,
    unsigned number)
{
    (void) data;

    printf("%s:%u: rule \"%s\": %s example %u: %s\n", rule->file, rule->line,
           rule->id, what, number,
           strcmp(what, "match") == 0 ? "does not match" : "matches");
}


/* What a rule that others rely on should have; number of rules without. */
static size_t
lacking(const cli_engine_t *e)
{
    size_t             i, count;
    const char        *what;
    const mcp_rule_t  *r;

    count = 0;

    for (i = 0; i < mcp_rules_count(e->rules); i++) {
        r = mcp_rules_get(e->rules, i);
        what = NULL;

        if (mcp_rules_examples(e->rules, i, 1) < LEAST_EXAMPLES) {
            what = "two matching examples";

        } else if (mcp_rules_examples(e->rules, i, 0) < LEAST_EXAMPLES) {
            what = "two harmless examples";

        } else if (r->tags == NULL) {
            what = "tags";

        } else if (r->description == NULL) {
            what = "a description";
        }

        if (what != NULL) {
            printf("%s:%u: rule \"%s\": has not got %s\n", r->file, r->line,
                   r->id, what);
            count++;
        }
    }

    return count;
}


/* Operands and -r are packs alike; -1: wrong usage. */
static int
packs_of(int argc, char **argv, const char *const *values,
    const char *const *flags, char **packs, size_t max, int *option)
{
    char        *arg;
    size_t       n;
    cli_args_t   args = { argc, argv, 0, 0 };
    const char  *opt;

    n = 0;
    *option = 0;

    while ((opt = cli_next(&args, values, flags, &arg)) != NULL) {

        if ((opt[0] == '\0' || strcmp(opt, "rules") == 0) && n < max) {
            packs[n++] = arg;

        } else if (strcmp(opt, "strict") == 0
                   || (strcmp(opt, "format") == 0
                       && strcmp(arg, "json") == 0))
        {
            *option = 1;

        } else if (strcmp(opt, "format") != 0 || strcmp(arg, "text") != 0) {
            return -1;
        }
    }

    return (int) n;
}


static int
check(int argc, char **argv)
{
    int           n, strict;
    char         *packs[64];
    size_t        wrong, examples;
    uint64_t      start, end;
    cli_engine_t  e;

    static const char *const  values[] = { "rules", NULL };
    static const char *const  flags[] = { "strict", NULL };

    n = packs_of(argc, argv, values, flags, packs,
                 sizeof(packs) / sizeof(*packs), &strict);

    if (n < 0) {
        return cli_usage();
    }

    start = cli_clock();

    if (cli_engine_open(&e, packs, (size_t) n) != EXIT_CLEAN) {
        return EXIT_BAD;
    }

    end = cli_clock();

    wrong = mcp_rules_check(e.rules, SIZE_MAX, wrong_example, NULL,
                            &examples);

    if (strict) {
        wrong += lacking(&e);
    }

    printf("%zu rules, %zu examples, %zu wrong; compiled in %.0f ms, "
           "database %.1f KB\n", mcp_rules_count(e.rules), examples, wrong,
           (end - start) / 1e6, mcp_rules_database_size(e.rules) / 1024.0);

    cli_engine_close(&e);

    return wrong == 0 ? EXIT_CLEAN : EXIT_FINDINGS;
}


static void
list_text(const mcp_rule_t *r)
{
    char  action[32];

    if (r->action == MCP_ACTION_NONE) {
        (void) snprintf(action, sizeof(action), "signal %u", r->signal);

    } else {
        (void) snprintf(action, sizeof(action), "%s",
                        mcp_action_name(r->action));
    }

    printf("%-36s %-12s %-9s %-9s %s%s%s%s\n", r->id,
           mcp_category_name(r->category), action,
           mcp_severity_name(r->severity),
           r->description != NULL ? r->description : "",
           r->tags != NULL ? " [" : "", r->tags != NULL ? r->tags : "",
           r->tags != NULL ? "]" : "");
}


static json_t *
words(unsigned bits, const char *(*name)(uint8_t bit))
{
    unsigned   bit;
    json_t    *list;

    list = json_array();

    for (bit = 1; bit < 0x100; bit <<= 1) {
        if (bits & bit) {
            (void) json_array_append_new(list,
                                         json_string(name((uint8_t) bit)));
        }
    }

    return list;
}


static json_t *
split(const char *s)
{
    size_t   n;
    json_t  *list;

    list = json_array();

    while (s != NULL && *s != '\0') {
        n = strcspn(s, ",");
        (void) json_array_append_new(list, json_stringn(s, n));
        s += n + (s[n] == ',');
    }

    return list;
}


static int
list_json(const mcp_rule_t *r)
{
    int      rc;
    json_t  *o;

    o = json_pack("{s:s, s:s, s:s, s:i, s:s, s:s, s:s, s:i, s:s?, s:s?, s:s?,"
                  " s:o, s:o, s:o}",
                  "id", r->id, "pack", r->pack, "file", r->file,
                  "line", (int) r->line,
                  "category", mcp_category_name(r->category),
                  "severity", mcp_severity_name(r->severity),
                  "action", r->action == MCP_ACTION_NONE
                            ? "signal" : mcp_action_name(r->action),
                  "signal", (int) r->signal,
                  "pattern", r->pattern,
                  "judge", r->judge == MCP_JUDGE_NONE
                           ? NULL : mcp_judge_name(r->judge),
                  "description", r->description,
                  "surfaces", words(r->surfaces, mcp_surface_name),
                  "kinds", words(r->kinds, mcp_kind_name),
                  "tags", split(r->tags));

    rc = o != NULL && json_dumpf(o, stdout, JSON_COMPACT) == 0
         ? EXIT_CLEAN : EXIT_BAD;

    putchar('\n');
    json_decref(o);

    return rc;
}


static int
list(int argc, char **argv)
{
    int           n, rc, json;
    char         *packs[64];
    size_t        i;
    cli_engine_t  e;

    static const char *const  values[] = { "rules", "format", NULL };

    n = packs_of(argc, argv, values, NULL, packs,
                 sizeof(packs) / sizeof(*packs), &json);

    if (n < 0) {
        return cli_usage();
    }

    if (cli_engine_open(&e, packs, (size_t) n) != EXIT_CLEAN) {
        return EXIT_BAD;
    }

    rc = EXIT_CLEAN;

    for (i = 0; i < mcp_rules_count(e.rules) && rc == EXIT_CLEAN; i++) {

        if (json) {
            rc = list_json(mcp_rules_get(e.rules, i));

        } else {
            list_text(mcp_rules_get(e.rules, i));
        }
    }

    if (rc != EXIT_CLEAN) {
        cli_error("cannot write");
    }

    cli_engine_close(&e);

    return rc;
}


static const cli_command_t  commands[] = {

    { "check", check,
      "mcpctl rules check [--strict] [PACK]...",
      "compiles packs and runs the examples of every rule" },

    { "list", list,
      "mcpctl rules list [--format text|json] [PACK]...",
      "what every rule is for and does" },

    { "bench", cmd_rules_bench,
      "mcpctl rules bench [-r PACK]... [--top N] [--seconds N] [FILE]...",
      "what every rule costs on a text" },

    { "diff", cmd_rules_diff,
      "mcpctl rules diff [--format text|json] OLD NEW FILE...",
      "what a change of rules changes on recorded traffic" },

    { NULL, NULL, NULL, NULL }
};


int
cmd_rules(int argc, char **argv)
{
    return cli_run("mcpctl rules", commands, argc, argv);
}
