/*
 * Examples of rules: each is scanned as one text with the surfaces and kinds
 * of its rule, by the scanner that messages go through.
 */

#include "mcp_rules_int.h"
#include "mcp_scan.h"


/* 1: the rule has a finding in the text; -1: the scan failed. */
static int
holds(mcp_scan_t *s, const mcp_rules_t *rs, size_t n, const mcp_str_t *text)
{
    size_t                 i, found;
    const mcp_rule_t      *rule = &rs->rules[n];
    const mcp_finding_t   *f;

    mcp_scan_start(s);

    if (mcp_scan_text(s, text->data, text->len, rule->surfaces, rule->kinds)
        != MCP_OK)
    {
        return -1;
    }

    found = mcp_scan_findings(s, &f);

    for (i = 0; i < found; i++) {
        if (f[i].rule == n) {
            return 1;
        }
    }

    return 0;
}


size_t
mcp_rules_check(const mcp_rules_t *rs, size_t n,
    void (*report)(void *data, const mcp_rule_t *rule, const char *what,
                   unsigned number),
    void *data, size_t *examples)
{
    size_t                 i, k, wrong, first, last;
    unsigned               match, no_match;
    mcp_scan_t            *s;
    const mcp_example_t   *e;
    const mcp_rule_int_t  *ri;

    wrong = 0;
    *examples = 0;

    if (n != SIZE_MAX && n >= rs->n) {
        return 0;
    }

    first = (n == SIZE_MAX) ? 0 : n;
    last = (n == SIZE_MAX) ? rs->n : n + 1;

    s = mcp_scan_create(rs);

    if (s == NULL) {
        return 1;
    }

    for (i = first; i < last; i++) {
        ri = &rs->ints[i];
        match = 0;
        no_match = 0;

        for (k = 0; k < ri->examples_n; k++) {
            e = &ri->examples[k];
            (*examples)++;

            if (e->match) {
                match++;

            } else {
                no_match++;
            }

            if (holds(s, rs, i, &e->text) == (int) e->match) {
                continue;
            }

            wrong++;

            if (report != NULL) {
                report(data, &rs->rules[i], e->match ? "match" : "no_match",
                       e->match ? match : no_match);
            }
        }
    }

    mcp_scan_destroy(s);

    return wrong;
}


size_t
mcp_rules_examples(const mcp_rules_t *rs, size_t n, int match)
{
    size_t                 i, count;
    const mcp_rule_int_t  *ri = &rs->ints[n];

    for (i = 0, count = 0; i < ri->examples_n; i++) {
        count += ri->examples[i].match == (unsigned) match;
    }

    return count;
}
