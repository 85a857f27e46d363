/*
 * Scan and redact: any message of a server, with the built-in rules.
 *
 * Oracles (reliability.md 3.4): every slicing gives one verdict; what is
 * allowed goes out unchanged; what is redacted parses, and judged again there
 * is nothing left to change, on a stream as well; what replaces a message is a
 * valid message.
 */

#define _GNU_SOURCE                       /* memmem() */

#include "mcp_inspect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define CHECK(cond)                                                          \
    if (!(cond)) {                                                           \
        fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);           \
        abort();                                                             \
    }


static mcp_rules_t      *rules;
static mcp_scan_t       *scan, *plain_scan, *known_scan;
static mcp_inspector_t  *inspector;
static mcp_policy_t      policy;
static const mcp_tail_t *follows;         /* of a stream, or NULL            */
static mcp_exchange_t    exchange;

static const mcp_str_t   request_id = mcp_string("fuzz");

static const mcp_tool_rule_t  tools[] = {
    { mcp_string("denied*"), MCP_TOOL_DENY, -1 }
};


int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    mcp_rules_error_t  err;

    (void) argc;
    (void) argv;

    rules = mcp_rules_create();

    CHECK(rules != NULL);
    CHECK(mcp_rules_load_builtin(rules, &err) == MCP_OK);
    CHECK(mcp_rules_compile(rules, &err) == MCP_OK);

    plain_scan = mcp_scan_create(rules);
    known_scan = mcp_scan_create(rules);
    inspector = mcp_inspector_create();

    CHECK(plain_scan != NULL && known_scan != NULL && inspector != NULL);

    mcp_scan_remember(known_scan);
    scan = plain_scan;

    mcp_policy_init(&policy);
    policy.rules = rules;
    policy.tools = tools;
    policy.tools_n = 1;

    exchange.id.data = (const unsigned char *) "7";
    exchange.id.len = 1;
    exchange.batch = 1;

    return 0;
}


/* Judges data fed in slices of at most max bytes; appends the output. */
static mcp_verdict_t
judge(const uint8_t *data, size_t size, size_t max, mcp_buf_t *out)
{
    size_t         n, pos;
    mcp_verdict_t  v;

    mcp_inspector_start(inspector, &policy, scan, MCP_SERVER, &exchange);

    if (follows != NULL) {
        mcp_inspector_follow(inspector, follows);
    }

    for (pos = 0; pos < size; pos += n) {
        n = size - pos < max ? size - pos : max;
        (void) mcp_inspector_feed(inspector, data + pos, n);
    }

    if (mcp_inspector_finish(inspector, &v) == MCP_OK) {
        mcp_inspector_judge(inspector, exchange.era, 0, &v);
    }

    if (out != NULL && v.action != MCP_V_INVALID) {
        CHECK(mcp_inspector_output(inspector, data, size, request_id, out)
              == MCP_OK);
    }

    return v;
}


static void
check_same(const mcp_verdict_t *v, const mcp_verdict_t *w)
{
    CHECK(v->action == w->action);
    CHECK(v->reason == w->reason);
    CHECK(v->rule == w->rule);
    CHECK(v->findings == w->findings);
    CHECK(strcmp(v->path, w->path) == 0);
}


/* Texts that were clean are known the second time. */
static void
remembered(const uint8_t *data, size_t size, const mcp_verdict_t *v)
{
    size_t         i;
    mcp_verdict_t  w;

    scan = known_scan;

    for (i = 0; i < 2; i++) {
        w = judge(data, size, size, NULL);
        check_same(v, &w);
    }

    scan = plain_scan;
}


/*
 * The same message again, as the next event of a stream: what goes out then
 * has nothing left to change behind the same tail.
 */
static void
twice(const uint8_t *data, size_t size)
{
    mcp_buf_t      out = { NULL, 0, 0 };
    mcp_tail_t     tail;
    mcp_verdict_t  v, w;

    (void) judge(data, size, size, &out);
    mcp_inspector_passed(inspector, &tail);

    out.len = 0;
    follows = &tail;

    v = judge(data, size, size, &out);

    if (v.action == MCP_V_ALLOW || v.action == MCP_V_REDACT) {
        w = judge(out.data, out.len, out.len, NULL);

        CHECK(w.action == MCP_V_ALLOW
              || (w.action == MCP_V_DENY && w.reason == MCP_R_METHOD
                  && memmem(out.data, out.len, "gateway/blocked", 15)));
    }

    follows = NULL;
    mcp_buf_free(&out);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mcp_buf_t      out = { NULL, 0, 0 }, again = { NULL, 0, 0 };
    mcp_verdict_t  v, w;

    if (size < 2) {
        return 0;
    }

    exchange.era = data[0] & 1 ? MCP_ERA_MODERN : MCP_ERA_LEGACY;
    exchange.method = (mcp_method_t) (data[0] >> 1 & 31);
    data++;
    size--;

    v = judge(data, size, size, &out);
    w = judge(data, size, 1 + data[0] % 16, NULL);

    check_same(&v, &w);
    remembered(data, size, &v);

    switch (v.action) {

    case MCP_V_ALLOW:
        CHECK(out.len == size);
        CHECK(memcmp(out.data, data, size) == 0);
        break;

    case MCP_V_REDACT:
        w = judge(out.data, out.len, out.len, &again);

        /* a cut may uncover what blocks: then the answer to that is out */

        CHECK(w.action == MCP_V_ALLOW
              || (w.action == MCP_V_DENY && w.reason == MCP_R_METHOD
                  && out.len != 0
                  && memmem(out.data, out.len, "gateway/blocked", 15)));
        break;

    case MCP_V_BLOCK:
    case MCP_V_DENY:

        if (out.len != 0) {
            w = judge(out.data, out.len, out.len, NULL);

            /* no server sends "gateway/blocked"; ids are kept, bad or not */

            CHECK(w.action != MCP_V_INVALID);
            CHECK(w.action != MCP_V_REDACT);
        }

        break;

    default:
        break;
    }

    mcp_buf_free(&out);
    mcp_buf_free(&again);

    if (v.action == MCP_V_ALLOW || v.action == MCP_V_REDACT) {
        twice(data, size);
    }

    return 0;
}
