/*
 * The inspector as a whole: one message in, one verdict and one output out,
 * whole, byte by byte and in random slices.
 */

#include "mcp_inspect.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>


static const char  pack[] =
    "pack: test\n"
    "version: 1\n"
    "combine: {injection: {flag: 3, block: 5}}\n"
    "rules:\n"
    "  - id: test-key\n"
    "    category: secret\n"
    "    surfaces: [arguments, result, description, resource, prompt, log,"
    " error, elicitation]\n"
    "    action: redact\n"
    "    pattern: '\\bkey_[A-Za-z0-9]{20}\\b'\n"
    "    examples: {match: [key_abcdefghij0123456789], no_match: [key_x]}\n"
    "  - id: test-pin\n"
    "    category: secret\n"
    "    surfaces: [result]\n"
    "    action: redact\n"
    "    pattern: 'pin-[0-9]{8}'\n"
    "    examples: {match: [pin-12345678], no_match: [pin-1]}\n"
    "  - id: test-evil\n"
    "    category: poisoning\n"
    "    surfaces: [arguments, result, description, resource, prompt, log,"
    " error, elicitation]\n"
    "    action: block\n"
    "    pattern: 'evil words'\n"
    "    examples: {match: [evil words], no_match: [evil]}\n"
    "  - id: test-odd\n"
    "    category: abuse\n"
    "    surfaces: [arguments, result]\n"
    "    action: log\n"
    "    pattern: 'odd words'\n"
    "    examples: {match: [odd words], no_match: [odd]}\n"
    "  - id: test-signal-a\n"
    "    category: injection\n"
    "    surfaces: [result]\n"
    "    signal: 3\n"
    "    pattern: 'signal alpha'\n"
    "    examples: {match: [signal alpha], no_match: [alpha]}\n"
    "  - id: test-signal-b\n"
    "    category: injection\n"
    "    surfaces: [result]\n"
    "    signal: 2\n"
    "    pattern: 'signal beta'\n"
    "    examples: {match: [signal beta], no_match: [beta]}\n";


#define KEY  "key_abcdefghij0123456789"

#define CALL(args)                                                           \
    "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":"    \
    "{\"name\":\"echo\",\"arguments\":" args "}}"

#define FAR                                                                  \
    " Plain words about the weather, the garden and the people of our town "  \
    "fill the page, and not one of them is for anybody else than readers. "   \
    "They go on for two hundred bytes and a few more of them, as you see. "

#define TEXT(t)                                                              \
    "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"content\":[{\"type\":"      \
    "\"text\",\"text\":\"" t "\"}]}}"

#define BLOCKED(rule)                                                        \
    "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"content\":[{\"type\":"      \
    "\"text\",\"text\":\"Blocked by gateway policy: the result was "         \
    "withheld (rule " rule "). Do not retry. Request r1.\"}],"               \
    "\"isError\":true,\"_meta\":{\"ngx-mcp-module/verdict\":{\"code\":"      \
    "-31001,\"reason\":\"rule\",\"rule\":\"" rule "\",\"request\":\"r1\"}}}}"


typedef struct {
    const char            *name;
    mcp_dir_t              dir;
    mcp_method_t           method;       /* of the request that is answered  */
    mcp_era_t              era;
    const char            *in;
    mcp_verdict_action_t   action;
    mcp_reason_t           reason;
    const char            *rule;         /* NULL: none                       */
    const char            *path;
    const char            *out;          /* server only; "" nothing, NULL:
                                            the input; '#' a digest digit    */
} case_t;


#define C  MCP_CLIENT
#define S  MCP_SERVER
#define LEGACY  MCP_ERA_LEGACY
#define MODERN  MCP_ERA_MODERN


static const case_t  cases[] = {

    { "harmless call", C, MCP_M_NONE, LEGACY,
      CALL("{\"n\":1e400,\"t\":\"hello\"}"),
      MCP_V_ALLOW, MCP_R_NONE, NULL, "", NULL },

    { "attack in an argument", C, MCP_M_NONE, LEGACY,
      CALL("{\"a\":[{\"b\":\"some evil words\"}]}"),
      MCP_V_BLOCK, MCP_R_RULE, "test-evil", "/params/arguments/a/0/b", NULL },

    { "attack spelled with escapes", C, MCP_M_NONE, LEGACY,
      CALL("{\"a\":\"\\u0065vil\\u0020words\"}"),
      MCP_V_BLOCK, MCP_R_RULE, "test-evil", "/params/arguments/a", NULL },

    { "attack in a member name", C, MCP_M_NONE, LEGACY,
      CALL("{\"evil words\":1}"),
      MCP_V_BLOCK, MCP_R_RULE, "test-evil", "/params/arguments/evil words",
      NULL },

    { "secret in an argument blocks", C, MCP_M_NONE, LEGACY,
      CALL("{\"a\":\"" KEY "\"}"),
      MCP_V_BLOCK, MCP_R_RULE, "test-key", "/params/arguments/a", NULL },

    { "log only", C, MCP_M_NONE, LEGACY,
      CALL("{\"a\":\"odd words\"}"),
      MCP_V_ALLOW, MCP_R_NONE, "test-odd", "/params/arguments/a", NULL },

    { "denied tool", C, MCP_M_NONE, LEGACY,
      "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":"
      "{\"arguments\":{},\"name\":\"secret_tool\"}}",
      MCP_V_DENY, MCP_R_TOOL, NULL, "", NULL },

    { "unknown method", C, MCP_M_NONE, LEGACY,
      "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/evil\"}",
      MCP_V_DENY, MCP_R_METHOD, NULL, "", NULL },

    { "duplicate member", C, MCP_M_NONE, LEGACY,
      CALL("{\"a\":1,\"\\u0061\":2}"),
      MCP_V_INVALID, MCP_R_INVALID, NULL, "", NULL },

    { "what is no JSON", C, MCP_M_NONE, LEGACY, CALL("{\"a\":01}"),
      MCP_V_INVALID, MCP_R_PARSE, NULL, "", NULL },

    { "unknown member of the envelope", C, MCP_M_NONE, LEGACY,
      "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\",\"x\":1}",
      MCP_V_INVALID, MCP_R_INVALID, NULL, "", NULL },

    { "harmless result", S, MCP_M_TOOLS_CALL, LEGACY, TEXT("hello"),
      MCP_V_ALLOW, MCP_R_NONE, NULL, "", NULL },

    { "secret is cut out, all else stays", S, MCP_M_TOOLS_CALL, LEGACY,
      "{\"jsonrpc\":\"2.0\", \"id\":7,\"result\":{\"n\":0.10,\"content\":"
      "[{\"type\":\"text\",\"text\":\"a\\u00e9 " KEY " \\\"b\\\"\"}]}}",
      MCP_V_REDACT, MCP_R_RULE, "test-key", "/result/content/0/text",
      "{\"jsonrpc\":\"2.0\", \"id\":7,\"result\":{\"n\":0.10,\"content\":"
      "[{\"type\":\"text\",\"text\":\"a\\u00e9 [redacted:test-key:####] "
      "\\\"b\\\"\"}]}}" },

    { "secret that another cut uncovers", S, MCP_M_TOOLS_CALL, LEGACY,
      TEXT("x pin-12345678" KEY "."),
      MCP_V_REDACT, MCP_R_RULE, "test-pin", "/result/content/0/text",
      TEXT("x [redacted:test-pin:####][redacted:test-key:####].") },

    { "secret written with escapes", S, MCP_M_TOOLS_CALL, LEGACY,
      TEXT("x \\u006bey_abcdefghij012345678\\u0039."),
      MCP_V_REDACT, MCP_R_RULE, "test-key", "/result/content/0/text",
      TEXT("x [redacted:test-key:####].") },

    { "a state of the server stays as it is", S, MCP_M_TOOLS_CALL, MODERN,
      "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"resultType\":"
      "\"input_required\",\"requestState\":\"" KEY "\"}}",
      MCP_V_ALLOW, MCP_R_NONE, "test-key", "/result/requestState", NULL },

    { "blocked result", S, MCP_M_TOOLS_CALL, LEGACY, TEXT("evil words"),
      MCP_V_BLOCK, MCP_R_RULE, "test-evil", "/result/content/0/text",
      BLOCKED("test-evil") },

    { "blocked resource", S, MCP_M_RESOURCES_READ, LEGACY,
      "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"contents\":[{\"uri\":"
      "\"a:b\",\"text\":\"evil words\"}]}}",
      MCP_V_BLOCK, MCP_R_RULE, "test-evil", "/result/contents/0/text",
      "{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":-31001,\"message\":"
      "\"Blocked by gateway policy\",\"data\":{\"reason\":\"rule\",\"rule\":"
      "\"test-evil\",\"request\":\"r1\"}}}" },

    { "one signal flags", S, MCP_M_TOOLS_CALL, LEGACY, TEXT("signal alpha"),
      MCP_V_ALLOW, MCP_R_NONE, "test-signal-a", "/result/content/0/text",
      NULL },

    { "two signals in one text block", S, MCP_M_TOOLS_CALL, LEGACY,
      TEXT("signal alpha, signal beta"),
      MCP_V_BLOCK, MCP_R_RULE, "test-signal-a", "/result/content/0/text",
      BLOCKED("test-signal-a") },

    { "two signals far apart", S, MCP_M_TOOLS_CALL, LEGACY,
      TEXT("signal alpha" FAR FAR FAR FAR FAR FAR FAR "signal beta"),
      MCP_V_ALLOW, MCP_R_NONE, "test-signal-a", "/result/content/0/text",
      NULL },

    { "weak, strong and weak again: the best place counts", S,
      MCP_M_TOOLS_CALL, LEGACY,
      TEXT("signal beta" FAR FAR FAR FAR FAR FAR FAR "signal alpha" FAR
           "signal beta"),
      MCP_V_BLOCK, MCP_R_RULE, "test-signal-a", "/result/content/0/text",
      BLOCKED("test-signal-a") },

    { "one signal twice is one signal", S, MCP_M_TOOLS_CALL, LEGACY,
      TEXT("signal alpha, signal alpha"),
      MCP_V_ALLOW, MCP_R_NONE, "test-signal-a", "/result/content/0/text",
      NULL },

    { "poisoned and denied tools are withheld", S, MCP_M_TOOLS_LIST, MODERN,
      "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"tools\":["
      "{\"name\":\"a\",\"description\":\"evil words\"}, "
      "{\"name\":\"b\",\"description\":\"good\"},"
      "{\"name\":\"secret_tool\"}],\"ttlMs\":5,\"cacheScope\":\"public\"}}",
      MCP_V_REDACT, MCP_R_RULE, "test-evil", "/result/tools/0/description",
      "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"tools\":["
      "{\"name\":\"b\",\"description\":\"good\"}],"
      "\"ttlMs\":5,\"cacheScope\":\"private\"}}" },

    { "denied tool vanishes", S, MCP_M_TOOLS_LIST, LEGACY,
      "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"tools\":["
      "{\"name\":\"secret_tool\"}]}}",
      MCP_V_REDACT, MCP_R_TOOL, NULL, "",
      "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"tools\":[]}}" },

    { "poisoned instructions become a notice", S, MCP_M_INITIALIZE, LEGACY,
      "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"protocolVersion\":"
      "\"2025-11-25\",\"capabilities\":{},\"serverInfo\":{\"name\":\"x\","
      "\"version\":\"1\"},\"instructions\":\"evil words\"}}",
      MCP_V_REDACT, MCP_R_RULE, "test-evil", "/result/instructions",
      "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"protocolVersion\":"
      "\"2025-11-25\",\"capabilities\":{},\"serverInfo\":{\"name\":\"x\","
      "\"version\":\"1\"},\"instructions\":\"[instructions withheld by "
      "gateway policy]\"}}" },

    { "blocked request of a server", S, MCP_M_TOOLS_CALL, LEGACY,
      "{\"jsonrpc\":\"2.0\",\"id\":\"s1\",\"method\":\"elicitation/create\","
      "\"params\":{\"message\":\"evil words\",\"requestedSchema\":{}}}",
      MCP_V_BLOCK, MCP_R_RULE, "test-evil", "/params/message",
      "{\"jsonrpc\":\"2.0\",\"id\":\"s1\",\"method\":\"gateway/blocked\","
      "\"params\":{}}" },

    { "blocked notification", S, MCP_M_TOOLS_CALL, LEGACY,
      "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":"
      "{\"level\":\"info\",\"data\":\"evil words\"}}",
      MCP_V_BLOCK, MCP_R_RULE, "test-evil", "/params/data", "" },

    { "a request in a modern stream is dropped", S, MCP_M_TOOLS_CALL, MODERN,
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"sampling/createMessage\","
      "\"params\":{}}",
      MCP_V_DENY, MCP_R_METHOD, NULL, "", "" },

    { "an answer to another request is dropped", S, MCP_M_TOOLS_CALL, MODERN,
      "{\"jsonrpc\":\"2.0\",\"id\":8,\"result\":{\"content\":[]}}",
      MCP_V_BLOCK, MCP_R_UPSTREAM_INVALID, NULL, "", "" },

    { "a batch that nobody asked for", S, MCP_M_TOOLS_CALL, LEGACY,
      "[" TEXT("hello") "]",
      MCP_V_INVALID, MCP_R_UPSTREAM_INVALID, NULL, "", NULL },

    { "truncated response", S, MCP_M_TOOLS_CALL, LEGACY,
      "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"content\":[",
      MCP_V_INVALID, MCP_R_UPSTREAM_INVALID, NULL, "", NULL },

    { NULL, C, MCP_M_NONE, LEGACY, NULL, MCP_V_ALLOW, MCP_R_NONE, NULL, NULL,
      NULL }
};


static mcp_rules_t      *rules;
static mcp_scan_t       *scan;
static mcp_inspector_t  *inspector;
static mcp_policy_t      policy;

static const mcp_tool_rule_t  tools[] = {
    { mcp_string("secret_*"), MCP_TOOL_DENY, -1 }
};


/* Digests differ from process to process: any hex digit for a '#'. */
static int
same(const mcp_buf_t *b, const char *want)
{
    size_t  i;

    if (b->len != strlen(want)) {
        return 0;
    }

    for (i = 0; i < b->len; i++) {

        if (want[i] == '#' && strchr("0123456789abcdef", b->data[i])) {
            continue;
        }

        if (b->data[i] != (unsigned char) want[i]) {
            return 0;
        }
    }

    return 1;
}


static void
run(const case_t *c, unsigned slicing)
{
    size_t                n, pos, len;
    mcp_rc_t              rc;
    mcp_buf_t             out = { NULL, 0, 0 };
    mcp_verdict_t         v;
    mcp_exchange_t        ex;
    const unsigned char  *data;

    static const mcp_str_t  id = mcp_string("7");
    static const mcp_str_t  request_id = mcp_string("r1");

    memset(&ex, 0, sizeof(mcp_exchange_t));
    ex.method = c->method;
    ex.era = c->era;

    if (c->dir == S) {
        ex.id = id;
    }

    data = (const unsigned char *) c->in;
    len = strlen(c->in);

    mcp_inspector_start(inspector, &policy, scan, c->dir, &ex);

    for (pos = 0; pos < len; pos += n) {
        n = slicing == 0 ? len
            : slicing == 1 ? 1 : 1 + (size_t) rand() % 40;

        if (n > len - pos) {
            n = len - pos;
        }

        (void) mcp_inspector_feed(inspector, data + pos, n);
    }

    rc = mcp_inspector_finish(inspector, &v);

    if (rc == MCP_OK) {
        mcp_inspector_judge(inspector, c->era, 0, &v);
    }

    if (slicing == 0) {
        is_int(v.action, c->action, "%s: action", c->name);
        is_int(v.reason, c->reason, "%s: reason", c->name);
        is_str(v.rule ? v.rule->id : "", c->rule ? c->rule : "",
               "%s: rule", c->name);
        is_str(v.path, c->path, "%s: path", c->name);

    } else if (v.action != c->action || v.reason != c->reason
               || strcmp(v.path, c->path) != 0)
    {
        ok(0, "%s: the verdict depends on slicing", c->name);
    }

    if (c->dir == S && rc == MCP_OK) {
        rc = mcp_inspector_output(inspector, data, len, request_id, &out);

        if (rc != MCP_OK || !same(&out, c->out ? c->out : c->in)) {
            ok(0, "%s: output: %.*s", c->name, (int) out.len,
               (char *) out.data);

        } else if (slicing == 0) {
            ok(1, "%s: output", c->name);
        }
    }

    mcp_buf_free(&out);
}


/* A message of many windows: what is found late is found as well. */
static void
test_large(void)
{
    size_t         i;
    mcp_buf_t      b = { NULL, 0, 0 };
    mcp_verdict_t  v;

    (void) mcp_buf_append_str(&b, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":"
                "\"tools/call\",\"params\":{\"name\":\"echo\",\"arguments\":"
                "{\"a\":[");

    for (i = 0; i < 20000; i++) {
        (void) mcp_buf_append_str(&b, "\"harmless text of some length\",");
    }

    (void) mcp_buf_append_str(&b, "\"evil words\"]}}}");

    policy.max_request_size = 4 * 1024 * 1024;
    mcp_inspector_start(inspector, &policy, scan, C, NULL);
    (void) mcp_inspector_feed(inspector, b.data, b.len);

    is_int(mcp_inspector_finish(inspector, &v), MCP_OK, "large: parses");

    mcp_inspector_judge(inspector, LEGACY, 0, &v);
    is_int(v.action, MCP_V_BLOCK, "large: blocked");
    is_str(v.path, "/params/arguments/a/20000", "large: path");

    policy.max_request_size = 100000;
    mcp_inspector_start(inspector, &policy, scan, C, NULL);
    is_int(mcp_inspector_feed(inspector, b.data, b.len), MCP_ERROR,
           "too large: stops");
    is_int(mcp_inspector_finish(inspector, &v), MCP_ERROR,
           "too large: error");
    is_int(v.reason, MCP_R_TOO_LARGE, "too large: reason");

    policy.max_request_size = 1024 * 1024;
    mcp_buf_free(&b);
}


/* More findings than can be kept: refused, not passed half inspected. */
static void
test_overflow(void)
{
    size_t         i;
    mcp_buf_t      b = { NULL, 0, 0 };
    mcp_verdict_t  v;

    (void) mcp_buf_append_str(&b, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":"
                "\"tools/call\",\"params\":{\"name\":\"echo\",\"arguments\":"
                "{\"a\":[");

    for (i = 0; i < MCP_MAX_FINDINGS + 10; i++) {
        (void) mcp_buf_append_str(&b, "\"odd words\",");
    }

    (void) mcp_buf_append_str(&b, "1]}}}");

    mcp_inspector_start(inspector, &policy, scan, C, NULL);
    (void) mcp_inspector_feed(inspector, b.data, b.len);
    (void) mcp_inspector_finish(inspector, &v);
    mcp_inspector_judge(inspector, LEGACY, 0, &v);

    is_int(v.action, MCP_V_BLOCK, "overflow: blocked");
    is_str(v.detail, "too much to inspect", "overflow: detail");

    mcp_buf_free(&b);
}


static void
test_overrides(void)
{
    mcp_verdict_t   v;
    mcp_override_t  o;

    static const char  in[] = CALL("{\"a\":\"evil words\"}");

    memset(&o, 0, sizeof(mcp_override_t));
    o.category = MCP_CAT_POISONING;
    o.action = MCP_ACTION_LOG;
    o.tool.data = (const unsigned char *) "ec*";
    o.tool.len = 3;

    policy.overrides = &o;
    policy.overrides_n = 1;

    mcp_inspector_start(inspector, &policy, scan, C, NULL);
    (void) mcp_inspector_feed(inspector, (const unsigned char *) in,
                              sizeof(in) - 1);
    (void) mcp_inspector_finish(inspector, &v);
    mcp_inspector_judge(inspector, LEGACY, 0, &v);

    is_int(v.action, MCP_V_ALLOW, "override by category and tool: passes");
    ok(v.flagged, "override: flagged");

    o.tool.data = (const unsigned char *) "other";
    o.tool.len = 5;

    mcp_inspector_start(inspector, &policy, scan, C, NULL);
    (void) mcp_inspector_feed(inspector, (const unsigned char *) in,
                              sizeof(in) - 1);
    (void) mcp_inspector_finish(inspector, &v);
    mcp_inspector_judge(inspector, LEGACY, 0, &v);

    is_int(v.action, MCP_V_BLOCK, "override for another tool: blocked");

    policy.overrides_n = 0;
}


int
main(void)
{
    unsigned            i;
    const case_t       *c;
    mcp_pack_source_t   source;
    mcp_rules_error_t   err;

    source.name = "test.yaml";
    source.data = (const unsigned char *) pack;
    source.len = sizeof(pack) - 1;

    rules = mcp_rules_create();

    if (mcp_rules_load(rules, &source, &err) != MCP_OK
        || mcp_rules_compile(rules, &err) != MCP_OK)
    {
        ok(0, "pack: %s", err.text);
        return done();
    }

    scan = mcp_scan_create(rules);
    inspector = mcp_inspector_create();

    mcp_policy_init(&policy);
    policy.rules = rules;
    policy.tools = tools;
    policy.tools_n = 1;

    for (c = cases; c->name != NULL; c++) {
        for (i = 0; i < 12; i++) {
            run(c, i);
        }
    }

    test_large();
    test_overflow();
    test_overrides();

    mcp_inspector_destroy(inspector);
    mcp_scan_destroy(scan);
    mcp_rules_destroy(rules);

    return done();
}
