
/*
 * Answers of the gateway itself, and the record of each decision.
 */


#include "ngx_http_mcp_module.h"


static void ngx_http_mcp_init_reply(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx, mcp_reason_t reason, mcp_reply_t *reply);
static ngx_uint_t ngx_http_mcp_status(ngx_http_mcp_ctx_t *ctx,
    mcp_reason_t reason);
static ngx_int_t ngx_http_mcp_reply_headers(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx, mcp_reason_t reason);
static ngx_int_t ngx_http_mcp_send(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *body);
static ngx_int_t ngx_http_mcp_add_header(ngx_http_request_t *r,
    const char *name, const char *value);
static void ngx_http_mcp_log(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx,
    mcp_reason_t reason);


/*
 * Records that a request is to be refused: variables, log, audit.  Returns 0
 * in monitor mode, where it is not refused after all.
 */

ngx_uint_t
ngx_http_mcp_refused(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx,
    mcp_reason_t reason)
{
    if (ctx->verdict.action == MCP_V_ALLOW) {
        /* refused by its headers, before there was a message */
        ctx->verdict.action = MCP_V_INVALID;
        ctx->verdict.reason = reason;
        ctx->verdict.detail = ctx->detail;
    }

    ngx_http_mcp_set_verdict(ctx, &ctx->verdict);
    ngx_http_mcp_log(r, ctx, reason);

    ctx->status = ngx_http_mcp_status(ctx, reason);
    ngx_http_mcp_audit(r, ctx, MCP_CLIENT, &ctx->verdict);

    if (ctx->mlcf->policy.mode == MCP_MONITOR) {
        return 0;
    }

    ctx->refused = 1;

    return 1;
}


void
ngx_http_mcp_passed(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx)
{
    ngx_http_mcp_set_verdict(ctx, &ctx->verdict);
    ngx_http_mcp_audit(r, ctx, MCP_CLIENT, &ctx->verdict);
}


/* The same for a message of the server. */

void
ngx_http_mcp_judged(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx,
    mcp_verdict_t *v)
{
    ctx->detail = v->detail;

    if (v->action != MCP_V_ALLOW || v->flagged) {
        ngx_http_mcp_set_verdict(ctx, v);

        if (v->action != MCP_V_ALLOW) {
            ngx_http_mcp_log(r, ctx, v->reason);
        }
    }

    ngx_http_mcp_audit(r, ctx, MCP_SERVER, v);
}


/* The same for what is no message that could be judged. */

void
ngx_http_mcp_unfit(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx,
    mcp_reason_t reason, const char *detail)
{
    mcp_verdict_t  v;

    ngx_memzero(&v, sizeof(mcp_verdict_t));

    v.action = MCP_V_INVALID;
    v.reason = reason;
    v.detail = detail;

    ngx_http_mcp_judged(r, ctx, &v);
}


/* The media type of our own bodies. */

void
ngx_http_mcp_set_json(ngx_http_request_t *r)
{
    ngx_str_set(&r->headers_out.content_type, "application/json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;
    ngx_str_null(&r->headers_out.charset);
}


/*
 * A policy decision is something that the administrator should see; what a
 * client does wrong is not.  Never a byte of the message, but names of
 * methods and tools, made printable.
 */

static void
ngx_http_mcp_log(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx,
    mcp_reason_t reason)
{
    u_char      *p, *last, line[512];
    ngx_str_t    name;
    ngx_uint_t   level;

    switch (reason) {

    case MCP_R_RULE:
    case MCP_R_ARGUMENT:
    case MCP_R_TOOL:
    case MCP_R_METHOD:
    case MCP_R_UPSTREAM_INVALID:
    case MCP_R_UPSTREAM_TYPE:
    case MCP_R_UPSTREAM_ENCODING:
    case MCP_R_UPSTREAM_STATUS:
    case MCP_R_UPSTREAM_TOO_LARGE:
    case MCP_R_INTERNAL:
        level = NGX_LOG_ERR;
        break;

    default:
        level = NGX_LOG_INFO;
    }

    if (r->connection->log->log_level < level) {
        return;
    }

    p = line;
    last = line + sizeof(line);

    name = ngx_http_mcp_shown_method(ctx);

    if (name.len) {
        p = ngx_slprintf(p, last, " \"");
        p = ngx_http_mcp_printable(p, last, &name, 64);
        p = ngx_slprintf(p, last, "\"");
    }

    name = ngx_http_mcp_shown_tool(ctx);

    if (name.len) {
        p = ngx_slprintf(p, last, " tool \"");
        p = ngx_http_mcp_printable(p, last, &name, 128);
        p = ngx_slprintf(p, last, "\"");
    }

    if (ctx->rule_id.len) {
        p = ngx_slprintf(p, last, ", rule \"%V\"", &ctx->rule_id);
    }

    if (ctx->path.len) {
        p = ngx_slprintf(p, last, ", at \"");
        p = ngx_http_mcp_printable(p, last, &ctx->path, 128);
        p = ngx_slprintf(p, last, "\"");
    }

    if (ctx->detail) {
        p = ngx_slprintf(p, last, ", %s", ctx->detail);
    }

    ngx_log_error(level, r->connection->log, 0, "mcp: %V%s (%s)%*s",
                  &ctx->verdict_word,
                  ctx->mlcf->policy.mode == MCP_MONITOR ? " (monitor)" : "",
                  mcp_reason_info(reason)->word, (size_t) (p - line), line);
}


static void
ngx_http_mcp_init_reply(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx,
    mcp_reason_t reason, mcp_reply_t *reply)
{
    ngx_memzero(reply, sizeof(mcp_reply_t));

    reply->reason = reason;
    reply->era = ctx->exchange.era;
    reply->method = ctx->exchange.method;
    reply->form = ctx->mlcf->policy.blocked_response;
    reply->id = ctx->exchange.id;
    reply->rule = (reason == MCP_R_RULE && ctx->verdict.rule)
                  ? ctx->verdict.rule->id : NULL;
    reply->request_id = ngx_http_mcp_request_id(r, ctx);
    reply->eras = ctx->supported;
    reply->requested = ngx_http_mcp_str(&ctx->requested);
    reply->retry_after = reason == MCP_R_LIMIT
                         ? (unsigned) ctx->retry_after : 0;
}


static ngx_uint_t
ngx_http_mcp_status(ngx_http_mcp_ctx_t *ctx, mcp_reason_t reason)
{
    ngx_uint_t   status;
    mcp_reply_t  reply;

    if (ctx->one_way && ctx->verdict.action != MCP_V_INVALID) {
        return NGX_HTTP_ACCEPTED;
    }


    ngx_memzero(&reply, sizeof(mcp_reply_t));

    reply.reason = reason;
    reply.era = ctx->exchange.era;
    reply.method = ctx->exchange.method;
    reply.form = ctx->mlcf->policy.blocked_response;
    reply.id = ctx->exchange.id;

    status = mcp_reply_status(&reply);

    /*
     * A client of 2024-11-05 waits for answers on its stream and reads only
     * the status here: with 200 it would wait for ever.
     */

    if (ctx->pair && status == NGX_HTTP_OK) {
        return reason == MCP_R_LIMIT ? NGX_HTTP_TOO_MANY_REQUESTS
                                     : NGX_HTTP_FORBIDDEN;
    }

    return status;
}


/* The body of an answer, in the memory of the request. */

ngx_int_t
ngx_http_mcp_reply_body(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx,
    mcp_reason_t reason, ngx_str_t *body)
{
    mcp_buf_t    out;
    mcp_reply_t  reply;

    ngx_http_mcp_init_reply(r, ctx, reason, &reply);
    ngx_memzero(&out, sizeof(mcp_buf_t));

    if (mcp_reply_write(&out, &reply) != MCP_OK) {
        mcp_buf_free(&out);
        return NGX_ERROR;
    }

    body->data = ngx_pnalloc(r->pool, out.len);
    body->len = out.len;

    if (body->data) {
        ngx_memcpy(body->data, out.data, out.len);
    }

    mcp_buf_free(&out);

    return body->data ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_mcp_reply_headers(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx,
    mcp_reason_t reason)
{
    u_char  *p, *last;

    if (ngx_http_mcp_status(ctx, reason) == NGX_HTTP_TOO_MANY_REQUESTS
        && ctx->retry_after)
    {
        p = ngx_pnalloc(r->pool, NGX_INT_T_LEN + 1);
        if (p == NULL) {
            return NGX_ERROR;
        }

        last = ngx_sprintf(p, "%M", ctx->retry_after);
        *last = '\0';

        return ngx_http_mcp_add_header(r, "Retry-After", (char *) p);
    }

    if (reason != MCP_R_HTTP_METHOD) {
        return NGX_OK;
    }

    return ngx_http_mcp_add_header(r, "Allow",
                        (ctx->mlcf->policy.eras & (1 << MCP_ERA_LEGACY))
                        ? "GET, POST, DELETE, OPTIONS" : "POST, OPTIONS");
}


/* Answers from a phase handler; returns what the handler must return. */

ngx_int_t
ngx_http_mcp_send_reply(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx,
    mcp_reason_t reason)
{
    ngx_str_t   body;
    ngx_uint_t  status;

    if (ngx_http_mcp_reply_body(r, ctx, reason, &body) != NGX_OK
        || ngx_http_mcp_reply_headers(r, ctx, reason) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    status = ngx_http_mcp_status(ctx, reason);
    ctx->replied = 1;

    return ngx_http_mcp_send(r, status, &body);
}


ngx_int_t
ngx_http_mcp_send_accepted(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx)
{
    ngx_str_t  body;

    ngx_str_null(&body);
    ctx->replied = 1;

    return ngx_http_mcp_send(r, NGX_HTTP_ACCEPTED, &body);
}


static ngx_int_t
ngx_http_mcp_send(ngx_http_request_t *r, ngx_uint_t status, ngx_str_t *body)
{
    ngx_int_t    rc;
    ngx_buf_t   *b;
    ngx_chain_t  out;

    /* who waits for "100 Continue" gets the answer instead */
    r->expect_tested = 1;

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    r->headers_out.status = status;
    r->headers_out.content_length_n = body->len;

    if (body->len == 0) {
        r->header_only = 1;

    } else {
        ngx_http_mcp_set_json(r);
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        ngx_http_finalize_request(r, rc);
        return NGX_DONE;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        ngx_http_finalize_request(r, NGX_ERROR);
        return NGX_DONE;
    }

    b->pos = body->data;
    b->last = body->data + body->len;
    b->memory = 1;
    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    rc = ngx_http_output_filter(r, &out);

    ngx_http_finalize_request(r, rc);

    return NGX_DONE;
}


static ngx_int_t
ngx_http_mcp_add_header(ngx_http_request_t *r, const char *name,
    const char *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->hash = 1;
    ngx_http_mcp_init_next(h);
    h->key.data = (u_char *) name;
    h->key.len = ngx_strlen(name);
    h->value.data = (u_char *) value;
    h->value.len = ngx_strlen(value);

    return NGX_OK;
}
