/*
 * Globs, tools, methods and overrides.
 */

#include "mcp_policy.h"
#include "tap.h"

#include <string.h>


#define U(s)  ((const unsigned char *) (s))


static void
test_glob(void)
{
    size_t  i;

    static const struct {
        const char  *pattern;
        const char  *text;
        int          match;
    } t[] = {
        { "", "", 1 },
        { "", "a", 0 },
        { "*", "", 1 },
        { "*", "anything", 1 },
        { "a*", "a", 1 },
        { "a*", "ba", 0 },
        { "*a", "bca", 1 },
        { "*a", "bcab", 0 },
        { "a?c", "abc", 1 },
        { "a?c", "ac", 0 },
        { "a*b*c", "a-b-b-c", 1 },
        { "a*b*c", "a-c-b", 0 },
        { "**a**", "xax", 1 },
        { "?*", "", 0 },
        { "delete_*", "delete_user", 1 },
        { "delete_*", "Delete_user", 0 },
        { "a.c", "abc", 0 },
        { "[a]", "a", 0 },
    };

    for (i = 0; i < sizeof(t) / sizeof(*t); i++) {
        is_int(mcp_glob(U(t[i].pattern), strlen(t[i].pattern), U(t[i].text),
                        strlen(t[i].text)),
               t[i].match, "glob \"%s\" on \"%s\"", t[i].pattern, t[i].text);
    }
}


static void
test_tools(void)
{
    mcp_policy_t  p;

    static const mcp_tool_rule_t  rules[] = {
        { mcp_string("delete_draft"), MCP_TOOL_ALLOW, -1 },
        { mcp_string("admin_*"), MCP_TOOL_ALLOW, 3 },
        { mcp_string("admin_*"), MCP_TOOL_DENY, -1 },
        { mcp_string("delete_*"), MCP_TOOL_DENY, -1 },
    };

    mcp_policy_init(&p);
    is_int(mcp_policy_tool(&p, U("x"), 1, 0), MCP_TOOL_ALLOW,
           "no rule allows");

    p.tools = rules;
    p.tools_n = 4;

    is_int(mcp_policy_tool(&p, U("delete_draft"), 12, 0), MCP_TOOL_ALLOW,
           "first match wins");
    is_int(mcp_policy_tool(&p, U("delete_all"), 10, 0), MCP_TOOL_DENY,
           "denied by glob");
    is_int(mcp_policy_tool(&p, U("admin_x"), 7, 0), MCP_TOOL_DENY,
           "a rule whose condition does not hold is passed over");
    is_int(mcp_policy_tool(&p, U("admin_x"), 7, 1 << 3), MCP_TOOL_ALLOW,
           "a rule whose condition holds counts");
    is_int(mcp_policy_tool(&p, U("other"), 5, 0), MCP_TOOL_ALLOW,
           "what no rule names is allowed");
    is_int(mcp_policy_tool(&p, U(""), 0, 0), MCP_TOOL_ALLOW, "no name");
}


static void
test_methods(void)
{
    mcp_policy_t  p;

    static const mcp_method_rule_t  rules[] = {
        { mcp_string("tools/list"), 1 },
        { mcp_string("acme/*"), 0 },
    };

    mcp_policy_init(&p);

    ok(mcp_policy_method(&p, MCP_M_TOOLS_LIST, U("tools/list"), 10,
                         MCP_CLIENT, MCP_ERA_LEGACY), "known method");
    ok(!mcp_policy_method(&p, MCP_M_OTHER, U("acme/x"), 6, MCP_CLIENT,
                          MCP_ERA_LEGACY), "unknown method");
    ok(!mcp_policy_method(&p, MCP_M_INITIALIZE, U("initialize"), 10,
                          MCP_CLIENT, MCP_ERA_MODERN),
       "a method of the other era");
    ok(!mcp_policy_method(&p, MCP_M_SAMPLING_CREATE_MESSAGE,
                          U("sampling/createMessage"), 22, MCP_SERVER,
                          MCP_ERA_MODERN),
       "a request of a server on the modern wire");

    p.methods = rules;
    p.methods_n = 2;

    ok(!mcp_policy_method(&p, MCP_M_TOOLS_LIST, U("tools/list"), 10,
                          MCP_CLIENT, MCP_ERA_LEGACY), "denied by rule");
    ok(mcp_policy_method(&p, MCP_M_OTHER, U("acme/x"), 6, MCP_CLIENT,
                         MCP_ERA_LEGACY), "allowed by rule");
    ok(mcp_policy_method(&p, MCP_M_PING, U("ping"), 4, MCP_SERVER,
                         MCP_ERA_LEGACY), "the built-in list goes on");
}


static void
test_overrides(void)
{
    mcp_rule_t    r;
    mcp_policy_t  p;

    static const mcp_str_t  none = mcp_null_string;
    static const mcp_str_t  shell = mcp_string("shell_run");

    static const mcp_override_t  o[] = {
        { mcp_string("a-rule"), -1, 0, MCP_ACTION_OFF,
          mcp_string("shell_*") },
        { mcp_string("a-rule"), -1, 0, MCP_ACTION_LOG, mcp_null_string },
        { mcp_null_string, MCP_CAT_PATH, 0, MCP_ACTION_OFF,
          mcp_null_string },
        { mcp_null_string, -1, 1, MCP_ACTION_BLOCK, mcp_string("shell_*") },
    };

    memset(&r, 0, sizeof(mcp_rule_t));
    mcp_policy_init(&p);

    r.id = "a-rule";
    r.category = MCP_CAT_SECRET;
    r.action = MCP_ACTION_REDACT;

    is_int(mcp_policy_rule(&p, &r, none), MCP_ACTION_REDACT,
           "no override: its own action");

    p.overrides = o;
    p.overrides_n = 4;

    is_int(mcp_policy_rule(&p, &r, shell), MCP_ACTION_OFF, "id and tool");
    is_int(mcp_policy_rule(&p, &r, none), MCP_ACTION_LOG, "id");

    r.id = "a-rule-2";
    is_int(mcp_policy_rule(&p, &r, none), MCP_ACTION_REDACT,
           "an id is no prefix");

    r.category = MCP_CAT_PATH;
    is_int(mcp_policy_rule(&p, &r, shell), MCP_ACTION_OFF,
           "category before *");

    r.category = MCP_CAT_SQL;
    is_int(mcp_policy_rule(&p, &r, shell), MCP_ACTION_BLOCK, "* and tool");
    is_int(mcp_policy_rule(&p, &r, none), MCP_ACTION_REDACT,
           "* for another tool");
}


int
main(void)
{
    test_glob();
    test_tools();
    test_methods();
    test_overrides();

    return done();
}
