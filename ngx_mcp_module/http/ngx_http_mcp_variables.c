
/*
 * Variables.  All are empty outside MCP, and before the message was looked
 * at; they change while a request goes on, so nginx must not cache them.
 */


#include "ngx_http_mcp_module.h"


static ngx_int_t ngx_http_mcp_era_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_mcp_str_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_mcp_shown_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_mcp_session_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_mcp_server_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_mcp_time_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_mcp_limit_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_mcp_set_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, ngx_str_t *value);
static ngx_str_t ngx_http_mcp_shown(ngx_str_t *value, ngx_uint_t hidden);


static ngx_http_variable_t  ngx_http_mcp_vars[] = {

    { ngx_string("mcp_era"), NULL, ngx_http_mcp_era_variable,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("mcp_version"), NULL, ngx_http_mcp_str_variable,
      offsetof(ngx_http_mcp_ctx_t, version), NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("mcp_method"), NULL, ngx_http_mcp_shown_variable,
      (uintptr_t) ngx_http_mcp_shown_method, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("mcp_tool"), NULL, ngx_http_mcp_shown_variable,
      (uintptr_t) ngx_http_mcp_shown_tool, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("mcp_id"), NULL, ngx_http_mcp_shown_variable,
      (uintptr_t) ngx_http_mcp_shown_id, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("mcp_session"), NULL, ngx_http_mcp_session_variable,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("mcp_client"), NULL, ngx_http_mcp_str_variable,
      offsetof(ngx_http_mcp_ctx_t, client), NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("mcp_server"), NULL, ngx_http_mcp_server_variable,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("mcp_verdict"), NULL, ngx_http_mcp_str_variable,
      offsetof(ngx_http_mcp_ctx_t, verdict_word), NGX_HTTP_VAR_NOCACHEABLE,
      0 },

    { ngx_string("mcp_rule"), NULL, ngx_http_mcp_str_variable,
      offsetof(ngx_http_mcp_ctx_t, rule_id), NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("mcp_reason"), NULL, ngx_http_mcp_str_variable,
      offsetof(ngx_http_mcp_ctx_t, reason_word), NGX_HTTP_VAR_NOCACHEABLE,
      0 },

    { ngx_string("mcp_inspect_time"), NULL, ngx_http_mcp_time_variable,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("mcp_limit_remaining"), NULL, ngx_http_mcp_limit_variable,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


/* By mcp_verdict_rank(). */

static ngx_str_t  ngx_http_mcp_verdict_words[] = {
    ngx_string("allow"),
    ngx_string("allow"),
    ngx_string("redact"),
    ngx_string("consent"),
    ngx_string("limited"),
    ngx_string("deny"),
    ngx_string("block"),
    ngx_string("invalid"),
    ngx_string("error")
};


static ngx_str_t  ngx_http_mcp_hidden = ngx_string("[hidden]");


ngx_int_t
ngx_http_mcp_add_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_http_mcp_vars; v->name.len; v++) {
        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_mcp_era_variable(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_http_mcp_ctx_t  *ctx;

    static ngx_str_t  legacy = ngx_string("legacy");
    static ngx_str_t  modern = ngx_string("modern");

    ctx = ngx_http_mcp_get_ctx(r);

    if (ctx == NULL || ctx->exchange.era == MCP_ERA_NONE) {
        v->not_found = 1;
        return NGX_OK;
    }

    return ngx_http_mcp_set_variable(r, v, ctx->exchange.era == MCP_ERA_MODERN
                                           ? &modern : &legacy);
}


static ngx_int_t
ngx_http_mcp_str_variable(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_http_mcp_ctx_t  *ctx;

    ctx = ngx_http_mcp_get_ctx(r);

    if (ctx == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    return ngx_http_mcp_set_variable(r, v,
                                     (ngx_str_t *) ((u_char *) ctx + data));
}


static ngx_int_t
ngx_http_mcp_shown_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t            value;
    ngx_http_mcp_ctx_t  *ctx;

    ngx_str_t          (*shown)(ngx_http_mcp_ctx_t *ctx);

    ctx = ngx_http_mcp_get_ctx(r);

    if (ctx == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    shown = (ngx_str_t (*)(ngx_http_mcp_ctx_t *ctx)) data;
    value = shown(ctx);

    return ngx_http_mcp_set_variable(r, v, &value);
}


static ngx_int_t
ngx_http_mcp_session_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_mcp_ctx_t  *ctx;

    ctx = ngx_http_mcp_get_ctx(r);

    if (ctx == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    return ngx_http_mcp_set_variable(r, v, ctx->session.len
                                           ? &ctx->session
                                           : &ctx->headers.session);
}


static ngx_int_t
ngx_http_mcp_server_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_mcp_ctx_t  *ctx;

    ctx = ngx_http_mcp_get_ctx(r);

    if (ctx == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    return ngx_http_mcp_set_variable(r, v, &ctx->mlcf->server_name);
}


static ngx_int_t
ngx_http_mcp_time_variable(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    uint64_t             us;
    ngx_str_t            value;
    ngx_http_mcp_ctx_t  *ctx;

    ctx = ngx_http_mcp_get_ctx(r);

    if (ctx == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    value.data = ngx_pnalloc(r->pool, NGX_INT64_LEN + sizeof(".000000") - 1);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    us = ctx->inspect_time / 1000;

    value.len = ngx_sprintf(value.data, "%uL.%06uL", us / 1000000,
                            us % 1000000)
                - value.data;

    return ngx_http_mcp_set_variable(r, v, &value);
}


static ngx_int_t
ngx_http_mcp_limit_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t            value;
    ngx_http_mcp_ctx_t  *ctx;

    ctx = ngx_http_mcp_get_ctx(r);

    if (ctx == NULL || !ctx->limit_known) {
        v->not_found = 1;
        return NGX_OK;
    }

    value.data = ngx_pnalloc(r->pool, NGX_INT64_LEN);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    value.len = ngx_sprintf(value.data, "%ui", ctx->limit_remaining)
                - value.data;

    return ngx_http_mcp_set_variable(r, v, &value);
}


/*
 * Names are decoded JSON strings and may hold a line break, which would forge
 * a line of a log with "escape=none", or of a header.
 */

static ngx_int_t
ngx_http_mcp_set_variable(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    ngx_str_t *value)
{
    size_t   i;
    u_char  *p;

    if (value->len == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->data = value->data;

    for (i = 0; i < value->len; i++) {

        if (value->data[i] >= 0x20 && value->data[i] != 0x7f) {
            continue;
        }

        if (v->data == value->data) {
            p = ngx_pnalloc(r->pool, value->len);
            if (p == NULL) {
                return NGX_ERROR;
            }

            ngx_memcpy(p, value->data, value->len);
            v->data = p;
        }

        v->data[i] = '?';
    }

    v->len = value->len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


ngx_str_t
ngx_http_mcp_shown_method(ngx_http_mcp_ctx_t *ctx)
{
    return ngx_http_mcp_shown(&ctx->method,
                              ctx->exchange.method == MCP_M_OTHER
                              && (!ctx->scanned || ctx->id_found));
}


ngx_str_t
ngx_http_mcp_shown_tool(ngx_http_mcp_ctx_t *ctx)
{
    return ngx_http_mcp_shown(&ctx->tool, !ctx->scanned || ctx->name_found);
}


ngx_str_t
ngx_http_mcp_shown_id(ngx_http_mcp_ctx_t *ctx)
{
    return ngx_http_mcp_shown(&ctx->id,
                              ctx->id.len && ctx->id.data[0] == '"'
                              && (!ctx->scanned || ctx->id_found));
}


static ngx_str_t
ngx_http_mcp_shown(ngx_str_t *value, ngx_uint_t hidden)
{
    return value->len && hidden ? ngx_http_mcp_hidden : *value;
}


size_t
ngx_http_mcp_shown_path(ngx_http_mcp_ctx_t *ctx, const char *path)
{
    size_t  len;

    len = 0;

    if (!ctx->key_found) {

        while (len < NGX_HTTP_MCP_MAX_PATH && path[len]) {
            len++;
        }

        return len;
    }

    /* "/params", or "/0/params" in a batch */

    if (path[0] == '/' && path[1] >= '0' && path[1] <= '9') {

        for (len = 1; path[len] && path[len] != '/'; len++) { /* void */ }
    }

    if (path[len] == '/') {

        for (len++; path[len] && path[len] != '/'; len++) { /* void */ }
    }

    return ngx_min(len, NGX_HTTP_MCP_MAX_PATH);
}


/* A finding that changes nothing counts more than none: it names a rule. */

ngx_uint_t
ngx_http_mcp_verdict_rank(mcp_verdict_t *v)
{
    /* without an answer of the store it may pass all the same */

    if (v->action == MCP_V_ALLOW) {
        return v->flagged;
    }

    switch (v->reason) {

    case MCP_R_CONSENT:
        return 3;

    case MCP_R_LIMIT:
        return 4;

    case MCP_R_STORE:
    case MCP_R_INTERNAL:
        return 8;

    default:
        break;
    }

    switch (v->action) {

    case MCP_V_REDACT:
        return 2;

    case MCP_V_DENY:
        return 5;

    case MCP_V_BLOCK:
        return 6;

    default: /* MCP_V_INVALID */
        return 7;
    }
}


const char *
ngx_http_mcp_rank_word(ngx_uint_t rank)
{
    return (char *) ngx_http_mcp_verdict_words[rank].data;
}


void
ngx_http_mcp_verdict_word(mcp_verdict_t *v, ngx_str_t *word)
{
    *word = ngx_http_mcp_verdict_words[ngx_http_mcp_verdict_rank(v)];
}


void
ngx_http_mcp_set_verdict(ngx_http_mcp_ctx_t *ctx, mcp_verdict_t *v)
{
    size_t       len;
    u_char      *p;
    ngx_uint_t   rank;

    rank = ngx_http_mcp_verdict_rank(v);

    if (ctx->verdict_word.len && rank <= ctx->rank) {
        return;
    }

    ctx->rank = rank;
    ctx->verdict_word = ngx_http_mcp_verdict_words[rank];

    ngx_str_null(&ctx->reason_word);
    ngx_str_null(&ctx->rule_id);
    ngx_str_null(&ctx->path);

    if (v->reason != MCP_R_NONE) {
        ctx->reason_word.data = (u_char *) mcp_reason_info(v->reason)->word;
        ctx->reason_word.len = ngx_strlen(ctx->reason_word.data);
    }

    if (v->rule) {
        ctx->rule_id.data = (u_char *) v->rule->id;
        ctx->rule_id.len = ngx_strlen(v->rule->id);
    }

    if (v->path[0] == '\0') {
        return;
    }

    len = ngx_http_mcp_shown_path(ctx, v->path);

    p = ngx_pnalloc(ctx->request->pool, len);

    if (p) {
        ngx_memcpy(p, v->path, len);
        ctx->path.data = p;
        ctx->path.len = len;
    }
}
