/*
 * Decisions that follow from configuration alone: tools, methods, overrides.
 */

#include "mcp_policy.h"

#include <string.h>


void
mcp_policy_init(mcp_policy_t *p)
{
    memset(p, 0, sizeof(mcp_policy_t));

    p->mode = MCP_ENFORCE;
    p->blocked_response = MCP_BLOCKED_TOOL_ERROR;
    p->eras = (1 << MCP_ERA_LEGACY) | (1 << MCP_ERA_MODERN);
    p->max_request_size = 1024 * 1024;
    p->max_response_size = 8 * 1024 * 1024;
    p->max_depth = 64;
    p->network = MCP_NETWORK_PUBLIC;
}


/*
 * The usual two-pointer match: on a mismatch only the last star is retried,
 * because an earlier star that matched less could not do better.
 */
int
mcp_glob(const unsigned char *pattern, size_t pattern_len,
    const unsigned char *text, size_t len)
{
    size_t  p, t, star, mark;

    p = 0;
    t = 0;
    star = SIZE_MAX;
    mark = 0;

    while (t < len) {

        if (p < pattern_len && pattern[p] == '*') {
            star = p++;
            mark = t;
            continue;
        }

        if (p < pattern_len && (pattern[p] == '?' || pattern[p] == text[t])) {
            p++;
            t++;
            continue;
        }

        if (star == SIZE_MAX) {
            return 0;
        }

        p = star + 1;
        t = ++mark;
    }

    while (p < pattern_len && pattern[p] == '*') {
        p++;
    }

    return p == pattern_len;
}


mcp_tool_action_t
mcp_policy_tool(const mcp_policy_t *p, const unsigned char *name, size_t len,
    uint64_t conditions)
{
    size_t                  i;
    const mcp_tool_rule_t  *t;

    for (i = 0; i < p->tools_n; i++) {
        t = &p->tools[i];

        if (t->condition >= 0 && !(conditions >> t->condition & 1)) {
            continue;
        }

        if (mcp_glob(t->pattern.data, t->pattern.len, name, len)) {
            return t->action;
        }
    }

    return MCP_TOOL_ALLOW;
}


int
mcp_policy_method(const mcp_policy_t *p, mcp_method_t m,
    const unsigned char *name, size_t len, mcp_dir_t dir, mcp_era_t era)
{
    size_t                    i;
    const mcp_method_rule_t  *r;

    for (i = 0; i < p->methods_n; i++) {
        r = &p->methods[i];

        if (mcp_glob(r->pattern.data, r->pattern.len, name, len)) {
            return !r->deny;
        }
    }

    return mcp_method_known(m, dir, era);
}


mcp_action_t
mcp_policy_rule(const mcp_policy_t *p, const mcp_rule_t *rule, mcp_str_t tool)
{
    size_t                 i;
    const mcp_override_t  *o;

    for (i = 0; i < p->overrides_n; i++) {
        o = &p->overrides[i];

        if (o->id.len) {
            if (strlen(rule->id) != o->id.len
                || memcmp(rule->id, o->id.data, o->id.len) != 0)
            {
                continue;
            }

        } else if (!o->any && o->category != (int) rule->category) {
            continue;
        }

        if (o->tool.len
            && !mcp_glob(o->tool.data, o->tool.len, tool.data, tool.len))
        {
            continue;
        }

        return o->action;
    }

    return rule->action;
}
