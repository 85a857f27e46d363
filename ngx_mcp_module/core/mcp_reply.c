/*
 * Messages that the gateway writes itself.
 */

#include "mcp_reply.h"

#include <string.h>


static const char  verdict_key[] = "ngx-mcp-module/verdict";


/*
 * The isError form reaches the model; only a tools/call has it, and only for
 * decisions of policy: what is wrong with the protocol is for the host.
 */
static int
tool_error(const mcp_reply_t *r)
{
    if (r->method != MCP_M_TOOLS_CALL
        || r->form != MCP_BLOCKED_TOOL_ERROR
        || r->id.len == 0)
    {
        return 0;
    }

    switch (r->reason) {

    case MCP_R_RULE:
    case MCP_R_ARGUMENT:
    case MCP_R_CONSENT:
    case MCP_R_LIMIT:
    case MCP_R_STORE:
        return 1;

    default:
        return 0;
    }
}


int
mcp_reply_status(const mcp_reply_t *r)
{
    if (tool_error(r)) {
        return 200;
    }

    if (r->reason == MCP_R_METHOD) {
        return r->era == MCP_ERA_MODERN ? 404 : 200;
    }

    return mcp_reason_info(r->reason)->status;
}


static mcp_rc_t
write_quoted(mcp_buf_t *out, const char *name, mcp_str_t value)
{
    if (mcp_buf_append_str(out, name) != MCP_OK) {
        return MCP_ERROR;
    }

    return mcp_buf_append_json(out, value.data, value.len);
}


static mcp_str_t
str(const char *s)
{
    mcp_str_t  v;

    v.data = (const unsigned char *) s;
    v.len = strlen(s);

    return v;
}


static mcp_rc_t
write_id(mcp_buf_t *out, const mcp_reply_t *r)
{
    if (r->id.len == 0 || mcp_reason_info(r->reason)->null_id) {
        return mcp_buf_append_str(out, "null");
    }

    return mcp_buf_append(out, r->id.data, r->id.len);
}


/* "reason":"rule","rule":"x","request":"..." */
static mcp_rc_t
write_members(mcp_buf_t *out, const mcp_reply_t *r)
{
    if (write_quoted(out, "\"reason\":", str(mcp_reason_info(r->reason)->word))
        != MCP_OK)
    {
        return MCP_ERROR;
    }

    if (r->rule != NULL
        && write_quoted(out, ",\"rule\":", str(r->rule)) != MCP_OK)
    {
        return MCP_ERROR;
    }

    if (r->retry_after != 0
        && (mcp_buf_append_str(out, ",\"retry_after\":") != MCP_OK
            || mcp_buf_append_uint(out, r->retry_after) != MCP_OK))
    {
        return MCP_ERROR;
    }

    if (r->request_id.len != 0
        && write_quoted(out, ",\"request\":", r->request_id) != MCP_OK)
    {
        return MCP_ERROR;
    }

    return MCP_OK;
}


static mcp_rc_t
write_code(mcp_buf_t *out, int code)
{
    if (mcp_buf_append_byte(out, '-') != MCP_OK) {
        return MCP_ERROR;
    }

    return mcp_buf_append_uint(out, (uint64_t) -code);
}


/* The text that a model reads: what happened, and that trying is no use. */
static mcp_rc_t
write_tool_text(mcp_buf_t *out, const mcp_reply_t *r)
{
    const char  *what;

    switch (r->reason) {

    case MCP_R_ARGUMENT:
        what = "Blocked by gateway policy: an argument of the call is not "
               "allowed";
        break;

    case MCP_R_LIMIT:
        what = "Rate limit reached";
        break;

    case MCP_R_STORE:
        what = "The gateway cannot decide about this call right now";
        break;

    case MCP_R_CONSENT:
        what = "This call needs a person's consent";
        break;

    default:
        what = r->dir == MCP_CLIENT
               ? "Blocked by gateway policy: the call was not made"
               : "Blocked by gateway policy: the result was withheld";
    }

    if (mcp_buf_append_byte(out, '"') != MCP_OK
        || mcp_buf_append_str(out, what) != MCP_OK)
    {
        return MCP_ERROR;
    }

    if (r->retry_after != 0
        && (mcp_buf_append_str(out, ", retry after ") != MCP_OK
            || mcp_buf_append_uint(out, r->retry_after) != MCP_OK
            || mcp_buf_append_str(out, " s") != MCP_OK))
    {
        return MCP_ERROR;
    }

    if (r->rule != NULL
        && (mcp_buf_append_str(out, " (rule ") != MCP_OK
            || mcp_buf_append_str(out, r->rule) != MCP_OK
            || mcp_buf_append_byte(out, ')') != MCP_OK))
    {
        return MCP_ERROR;
    }

    if (r->reason == MCP_R_RULE
        && mcp_buf_append_str(out, ". Do not retry") != MCP_OK)
    {
        return MCP_ERROR;
    }

    if (r->request_id.len != 0
        && (mcp_buf_append_str(out, ". Request ") != MCP_OK
            || mcp_buf_append(out, r->request_id.data, r->request_id.len)
               != MCP_OK))
    {
        return MCP_ERROR;
    }

    return mcp_buf_append_str(out, ".\"");
}


static mcp_rc_t
write_tool_error(mcp_buf_t *out, const mcp_reply_t *r)
{
    if (mcp_buf_append_str(out, ",\"result\":{") != MCP_OK) {
        return MCP_ERROR;
    }

    if (r->era == MCP_ERA_MODERN
        && mcp_buf_append_str(out, "\"resultType\":\"complete\",") != MCP_OK)
    {
        return MCP_ERROR;
    }

    if (mcp_buf_append_str(out, "\"content\":[{\"type\":\"text\",\"text\":")
        != MCP_OK
        || write_tool_text(out, r) != MCP_OK
        || mcp_buf_append_str(out, "}],\"isError\":true,\"_meta\":{\"")
           != MCP_OK
        || mcp_buf_append_str(out, verdict_key) != MCP_OK
        || mcp_buf_append_str(out, "\":{\"code\":") != MCP_OK
        || write_code(out, mcp_reason_info(r->reason)->code) != MCP_OK
        || mcp_buf_append_byte(out, ',') != MCP_OK
        || write_members(out, r) != MCP_OK)
    {
        return MCP_ERROR;
    }

    return mcp_buf_append_str(out, "}}}}");
}


static mcp_rc_t
write_versions(mcp_buf_t *out, const mcp_reply_t *r)
{
    int                  era, n;
    const char * const  *v;

    if (mcp_buf_append_str(out, "\"supported\":[") != MCP_OK) {
        return MCP_ERROR;
    }

    n = 0;

    for (era = MCP_ERA_MODERN; era >= MCP_ERA_LEGACY; era--) {

        if (!(r->eras & (1u << era))) {
            continue;
        }

        for (v = mcp_versions((mcp_era_t) era); *v != NULL; v++) {
            if (write_quoted(out, n++ ? "," : "", str(*v)) != MCP_OK) {
                return MCP_ERROR;
            }
        }
    }

    return write_quoted(out, "],\"requested\":", r->requested);
}


static mcp_rc_t
write_rpc_error(mcp_buf_t *out, const mcp_reply_t *r)
{
    mcp_rc_t                  rc;
    const mcp_reason_info_t  *info;

    info = mcp_reason_info(r->reason);

    if (mcp_buf_append_str(out, ",\"error\":{\"code\":") != MCP_OK
        || write_code(out, info->code) != MCP_OK
        || write_quoted(out, ",\"message\":", str(info->message)) != MCP_OK)
    {
        return MCP_ERROR;
    }

    /* a denied tool or method must look like one that does not exist */

    if (r->reason != MCP_R_TOOL && r->reason != MCP_R_METHOD) {

        if (mcp_buf_append_str(out, ",\"data\":{") != MCP_OK) {
            return MCP_ERROR;
        }

        rc = r->reason == MCP_R_VERSION ? write_versions(out, r)
                                        : write_members(out, r);

        if (rc != MCP_OK || mcp_buf_append_byte(out, '}') != MCP_OK) {
            return MCP_ERROR;
        }
    }

    return mcp_buf_append_str(out, "}}");
}


mcp_rc_t
mcp_reply_write(mcp_buf_t *out, const mcp_reply_t *r)
{
    if (mcp_buf_append_str(out, "{\"jsonrpc\":\"2.0\",\"id\":") != MCP_OK
        || write_id(out, r) != MCP_OK)
    {
        return MCP_ERROR;
    }

    return tool_error(r) ? write_tool_error(out, r) : write_rpc_error(out, r);
}
