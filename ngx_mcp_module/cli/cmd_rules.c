/*
 * mcpctl rules: checks and lists rule packs.
 */

#include "cli.h"

#include <string.h>


static void
wrong_example(void *data, const mcp_rule_t *rule, const char *what,
    unsigned number)
{
    (void) data;

    printf("%s:%u: rule \"%s\": %s example %u: %s\n", rule->file, rule->line,
           rule->id, what, number,
           strcmp(what, "match") == 0 ? "does not match" : "matches");
}


static int
check(cli_engine_t *e, double ms)
{
    size_t  wrong, examples;

    wrong = mcp_rules_check(e->rules, SIZE_MAX, wrong_example, NULL,
                            &examples);

    printf("%zu rules, %zu examples, %zu wrong; compiled in %.0f ms, "
           "database %.1f KB\n", mcp_rules_count(e->rules), examples, wrong,
           ms, mcp_rules_database_size(e->rules) / 1024.0);

    return wrong == 0 ? EXIT_CLEAN : EXIT_FINDINGS;
}


static void
list(cli_engine_t *e)
{
    size_t             i;
    char               action[32];
    const mcp_rule_t  *r;

    for (i = 0; i < mcp_rules_count(e->rules); i++) {
        r = mcp_rules_get(e->rules, i);

        if (r->action == MCP_ACTION_NONE) {
            (void) snprintf(action, sizeof(action), "signal %u", r->signal);

        } else {
            (void) snprintf(action, sizeof(action), "%s",
                            mcp_action_name(r->action));
        }

        printf("%-36s %-12s %-9s %-9s %s\n", r->id,
               mcp_category_name(r->category), action,
               mcp_severity_name(r->severity),
               r->description != NULL ? r->description : "");
    }
}


int
cmd_rules(int argc, char **argv)
{
    int           rc;
    uint64_t      start, end;
    cli_engine_t  e;

    if (argc > 0 && strcmp(argv[0], "bench") == 0) {
        return cli_rules_bench(argc - 1, argv + 1);
    }

    if (argc < 1 || (strcmp(argv[0], "check") != 0
                     && strcmp(argv[0], "list") != 0))
    {
        return cli_usage();
    }

    start = cli_clock();
    rc = cli_engine_open(&e, argv + 1, (size_t) argc - 1);
    end = cli_clock();

    if (rc != EXIT_CLEAN) {
        return rc;
    }

    if (argv[0][0] == 'c') {
        rc = check(&e, (end - start) / 1e6);

    } else {
        list(&e);
    }

    cli_engine_close(&e);

    return rc;
}
