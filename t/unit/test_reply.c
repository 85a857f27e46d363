/*
 * Answers of the gateway: form, code, status, and nothing foreign in them.
 */

#include "mcp_reply.h"
#include "tap.h"

#include <jansson.h>
#include <string.h>


static const mcp_str_t  id = mcp_string("\"a\\\"b\"");
static const mcp_str_t  request = mcp_string("0af3");


typedef struct {
    const char    *name;
    mcp_reason_t   reason;
    mcp_era_t      era;
    mcp_method_t   method;
    mcp_blocked_response_t  form;
    int            status;
    int            code;            /* 0: an isError result                  */
    int            null_id;
} case_t;


#define TOOL  MCP_BLOCKED_TOOL_ERROR
#define RPC   MCP_BLOCKED_RPC_ERROR
#define CALL  MCP_M_TOOLS_CALL
#define LEG   MCP_ERA_LEGACY
#define MOD   MCP_ERA_MODERN


static const case_t  cases[] = {
    { "parse", MCP_R_PARSE, LEG, CALL, TOOL, 400, -32700, 1 },
    { "invalid", MCP_R_INVALID, LEG, CALL, TOOL, 400, -32600, 1 },
    { "batch", MCP_R_BATCH, LEG, CALL, TOOL, 400, -32600, 1 },
    { "header", MCP_R_HEADER, LEG, CALL, TOOL, 400, -32600, 1 },
    { "type", MCP_R_CONTENT_TYPE, LEG, CALL, TOOL, 415, -32600, 1 },
    { "encoding", MCP_R_CONTENT_ENCODING, LEG, CALL, TOOL, 415, -32600, 1 },
    { "size", MCP_R_TOO_LARGE, LEG, CALL, TOOL, 413, -32600, 1 },
    { "mismatch", MCP_R_MISMATCH, MOD, CALL, TOOL, 400, -32020, 0 },
    { "no claim", MCP_R_NO_CLAIM, MOD, CALL, TOOL, 400, -32602, 0 },
    { "version", MCP_R_VERSION, MOD, CALL, TOOL, 400, -32022, 0 },
    { "method, legacy", MCP_R_METHOD, LEG, MCP_M_OTHER, TOOL, 200, -32601, 0 },
    { "method, modern", MCP_R_METHOD, MOD, MCP_M_OTHER, TOOL, 404, -32601, 0 },
    { "tool", MCP_R_TOOL, LEG, CALL, TOOL, 200, -32602, 0 },
    { "rule, call", MCP_R_RULE, LEG, CALL, TOOL, 200, 0, 0 },
    { "rule, call, modern", MCP_R_RULE, MOD, CALL, TOOL, 200, 0, 0 },
    { "rule, call, rpc_error", MCP_R_RULE, LEG, CALL, RPC, 200, -31001, 0 },
    { "rule, read", MCP_R_RULE, LEG, MCP_M_RESOURCES_READ, TOOL, 200, -31001,
      0 },
    { "limit, call", MCP_R_LIMIT, LEG, CALL, TOOL, 200, 0, 0 },
    { "limit, list", MCP_R_LIMIT, LEG, MCP_M_TOOLS_LIST, TOOL, 429, -31003,
      0 },
    { "store, call", MCP_R_STORE, LEG, CALL, TOOL, 200, 0, 0 },
    { "upstream", MCP_R_UPSTREAM_TYPE, LEG, CALL, TOOL, 502, -31005, 0 },
    { NULL, MCP_R_NONE, LEG, CALL, TOOL, 0, 0, 0 }
};


static json_t *
at(json_t *json, const char *a, const char *b)
{
    json = json_object_get(json, a);

    return b != NULL ? json_object_get(json, b) : json;
}


static void
run(const case_t *c)
{
    json_t       *json, *verdict;
    mcp_buf_t     out = { NULL, 0, 0 };
    mcp_reply_t   r;
    json_error_t  err;

    memset(&r, 0, sizeof(mcp_reply_t));

    r.reason = c->reason;
    r.era = c->era;
    r.method = c->method;
    r.form = c->form;
    r.id = id;
    r.rule = c->reason == MCP_R_RULE ? "some-rule" : NULL;
    r.request_id = request;
    r.eras = 1 << MCP_ERA_LEGACY | 1 << MCP_ERA_MODERN;
    r.requested.data = (const unsigned char *) "2099-\"\x01";
    r.requested.len = 7;
    r.retry_after = c->reason == MCP_R_LIMIT ? 6 : 0;

    is_int(mcp_reply_status(&r), c->status, "%s: status", c->name);
    is_int(mcp_reply_write(&out, &r), MCP_OK, "%s: written", c->name);

    json = json_loadb((char *) out.data, out.len, JSON_REJECT_DUPLICATES,
                      &err);

    if (!ok(json_is_object(json), "%s: is JSON", c->name)) {
        mcp_buf_free(&out);
        return;
    }

    if (c->null_id) {
        ok(json_is_null(at(json, "id", NULL)), "%s: id is null", c->name);

    } else {
        is_str(json_string_value(at(json, "id", NULL)), "a\"b", "%s: id",
               c->name);
    }

    if (c->code != 0) {
        is_int((int) json_integer_value(at(json, "error", "code")), c->code,
               "%s: code", c->name);
        ok(json_is_string(at(json, "error", "message")), "%s: message",
           c->name);

    } else {
        ok(json_is_true(at(json, "result", "isError")), "%s: isError",
           c->name);

        is_int(json_is_string(at(json, "result", "resultType")),
               c->era == MOD, "%s: resultType in the modern era", c->name);

        verdict = json_object_get(at(json, "result", "_meta"),
                                  "ngx-mcp-module/verdict");

        ok(json_integer_value(json_object_get(verdict, "code")) < -31000,
           "%s: code in _meta", c->name);
        is_str(json_string_value(json_object_get(verdict, "request")),
               "0af3", "%s: request in _meta", c->name);
    }

    if (c->reason == MCP_R_TOOL || c->reason == MCP_R_METHOD) {
        ok(at(json, "error", "data") == NULL,
           "%s: nothing tells it from an unknown one", c->name);
    }

    if (c->reason == MCP_R_VERSION) {
        json_t  *data = at(json, "error", "data");

        is_int((int) json_array_size(json_object_get(data, "supported")) > 3,
               1, "version: supported revisions");
        is_str(json_string_value(json_object_get(data, "requested")),
               "2099-\"\x01", "version: requested is escaped");
    }

    json_decref(json);
    mcp_buf_free(&out);
}


int
main(void)
{
    const case_t  *c;

    for (c = cases; c->name != NULL; c++) {
        run(c);
    }

    return done();
}
