
/*
 * Bodies that are held back until they are judged, with their head.  In
 * monitor mode the same bodies pass by and are only looked at.
 */


#include "ngx_http_mcp_module.h"


static ngx_int_t ngx_http_mcp_own_body(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx, ngx_chain_t *in);
static ngx_int_t ngx_http_mcp_judge_response(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx);
static ngx_int_t ngx_http_mcp_judge_text(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx, mcp_verdict_t *v);
static ngx_int_t ngx_http_mcp_send_held(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx, mcp_buf_t *body);
static void ngx_http_mcp_clear_head(ngx_http_request_t *r);


ngx_int_t
ngx_http_mcp_hold_body(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx,
    ngx_chain_t *in)
{
    size_t        size;
    uint64_t      start;
    ngx_buf_t    *b;
    ngx_uint_t    last, flush;
    ngx_chain_t  *cl;

    last = 0;
    flush = 0;
    start = ngx_http_mcp_clock();

    if (ctx->response == NGX_HTTP_MCP_OWN_BODY) {
        return ngx_http_mcp_own_body(r, ctx, in);
    }

    for (cl = in; cl; cl = cl->next) {
        b = cl->buf;
        size = ngx_buf_in_memory(b) ? b->last - b->pos : 0;

        last |= b->last_buf;
        flush |= b->flush;

        if (size && ctx->response == NGX_HTTP_MCP_EMPTY) {
            ngx_http_mcp_consume_chain(cl);

            return ngx_http_mcp_refuse_response(r, ctx, MCP_R_UPSTREAM_TYPE,
                                     "neither JSON nor an event stream");
        }

        if (size && ctx->inspector) {

            if (ctx->hold.len + size > ctx->mlcf->policy.max_response_size) {
                ngx_http_mcp_consume_chain(cl);

                return ngx_http_mcp_refuse_response(r, ctx,
                                                    MCP_R_UPSTREAM_TOO_LARGE,
                                                    "response too large");
            }

            if (ngx_http_mcp_hold_bytes(r, ctx, b->pos, size) != NGX_OK) {
                return NGX_ERROR;
            }

            (void) mcp_inspector_feed(ctx->inspector, b->pos, size);
        }

        ngx_http_mcp_consume(b);
    }

    ctx->inspect_time += ngx_http_mcp_clock() - start;

    if (last) {

        if (ctx->inspector) {
            return ngx_http_mcp_judge_response(r, ctx);
        }

        return ngx_http_mcp_send_held(r, ctx, NULL);
    }

    if (flush && !ngx_http_mcp_upstream_live(r)) {

        /*
         * The server died while the head is held: nginx believes that it was
         * sent and only flushes.  This is the last chance for an answer.
         */

        return ngx_http_mcp_refuse_response(r, ctx, MCP_R_UPSTREAM_CLOSED,
                                            "server closed the connection");
    }

    return NGX_OK;
}


/* Our error is in place of a body that is not wanted any more. */

static ngx_int_t
ngx_http_mcp_own_body(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx,
    ngx_chain_t *in)
{
    ngx_uint_t    last;
    ngx_chain_t  *cl;

    last = 0;

    for (cl = in; cl; cl = cl->next) {
        last |= cl->buf->last_buf;
        ngx_http_mcp_consume(cl->buf);
    }

    if (ctx->head_held) {
        ngx_http_mcp_stop_upstream(r);
        last = 1;
    }

    return last ? ngx_http_mcp_send_held(r, ctx, NULL) : NGX_OK;
}


static ngx_int_t
ngx_http_mcp_judge_response(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx)
{
    mcp_rc_t       rc;
    uint64_t       start;
    mcp_verdict_t  v;

    if (ctx->hold.len == 0) {
        /* only the head: nothing that a model could read */
        return ngx_http_mcp_send_held(r, ctx, NULL);
    }

    start = ngx_http_mcp_clock();
    ctx->message_size = ctx->hold.len;

    if (ngx_http_mcp_judge(ctx, ctx->inspector, &v) != MCP_OK
        && ctx->response == NGX_HTTP_MCP_TEXT
        && ngx_http_mcp_judge_text(r, ctx, &v) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ctx->inspect_time += ngx_http_mcp_clock() - start;

    if (v.action == MCP_V_INVALID && !ctx->text_judged) {
        return ngx_http_mcp_refuse_response(r, ctx, v.reason, v.detail);
    }

    ctx->status = r->headers_out.status;
    ngx_http_mcp_judged(r, ctx, &v);

    if (v.action == MCP_V_ALLOW) {
        return ngx_http_mcp_send_held(r, ctx, &ctx->hold);
    }

    if (ctx->text_judged) {
        /* an error page that is bad, or no text: the status is enough */
        return ngx_http_mcp_send_held(r, ctx, NULL);
    }

    rc = mcp_inspector_output(ctx->inspector, ctx->hold.data, ctx->hold.len,
                              ngx_http_mcp_request_id(r, ctx), &ctx->out);

    if (rc != MCP_OK || ctx->out.len == 0) {
        return ngx_http_mcp_refuse_response(r, ctx,
                               rc == MCP_OK ? v.reason : MCP_R_INTERNAL,
                               v.detail);
    }

    ngx_http_mcp_clear_head(r);

    return ngx_http_mcp_send_held(r, ctx, &ctx->out);
}


/*
 * Errors need not be JSON-RPC: an OAuth error, "session not found" in plain
 * text.  Such a body is judged as the message of an error would be.
 */

static ngx_int_t
ngx_http_mcp_judge_text(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx,
    mcp_verdict_t *v)
{
    mcp_rc_t   rc;
    mcp_buf_t  out;

    ngx_memzero(&out, sizeof(mcp_buf_t));

    rc = mcp_buf_append_str(&out, "{\"jsonrpc\":\"2.0\",\"id\":null,"
                                  "\"error\":{\"code\":-1,\"message\":");

    if (rc == MCP_OK) {
        rc = mcp_buf_append_json(&out, ctx->hold.data, ctx->hold.len);
    }

    if (rc == MCP_OK) {
        rc = mcp_buf_append_str(&out, "}}");
    }

    if (rc != MCP_OK) {
        mcp_buf_free(&out);
        return NGX_ERROR;
    }

    ctx->text_judged = 1;

    mcp_inspector_start(ctx->inspector, &ctx->mlcf->policy,
                        ngx_http_mcp_scan(ctx->mlcf), MCP_SERVER,
                        &ctx->exchange);

    (void) mcp_inspector_feed(ctx->inspector, out.data, out.len);

    (void) ngx_http_mcp_judge(ctx, ctx->inspector, v);

    mcp_buf_free(&out);

    return NGX_OK;
}


/* The head, with the right length, and the whole body (NULL: our own). */

static ngx_int_t
ngx_http_mcp_send_held(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx,
    mcp_buf_t *body)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_chain_t   out;

    ngx_http_mcp_inspector_put(ctx->inspector);
    ctx->inspector = NULL;
    ctx->response = NGX_HTTP_MCP_DONE;

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    if (body) {
        b->pos = body->data;
        b->last = body->data + body->len;

    } else {
        b->pos = ctx->body.data;
        b->last = ctx->body.data + ctx->body.len;
    }

    b->memory = (b->pos != b->last);
    b->last_buf = 1;
    b->last_in_chain = 1;

    if (ctx->head_held) {
        ctx->head_held = 0;

        ngx_http_clear_content_length(r);
        ngx_http_clear_accept_ranges(r);
        r->headers_out.content_length_n = b->last - b->pos;

        rc = ngx_http_mcp_next_header(r);

        if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
            return rc;
        }
    }

    ngx_http_mcp_drop_trailers(r);

    out.buf = b;
    out.next = NULL;

    ctx->last = b;

    return ngx_http_mcp_next_body(r, &out);
}


/*
 * Puts an error of the gateway in place of what the server sent, and makes
 * the upstream stop.  Works from the header filter and, as long as the head
 * is held, from the body filter.
 */

ngx_int_t
ngx_http_mcp_refuse_response(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx,
    mcp_reason_t reason, const char *detail)
{
    ngx_table_elt_t  *h;

    ctx->status = mcp_reason_info(reason)->status;

    ngx_http_mcp_unfit(r, ctx, reason, detail);

    if (ctx->mlcf->policy.mode == MCP_MONITOR) {
        ctx->response = NGX_HTTP_MCP_PASS;
        return ngx_http_mcp_next_header(r);
    }

    if (ngx_http_mcp_reply_body(r, ctx, reason, &ctx->body) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_mcp_clear_head(r);

    while ((h = ngx_http_mcp_find_header(&r->headers_out.headers,
                                         "location")))
    {
        h->hash = 0;
    }

    r->headers_out.location = NULL;
    r->headers_out.status = ctx->status;
    r->headers_out.status_line.len = 0;
    ngx_http_mcp_set_json(r);

    if (r->headers_out.content_encoding) {
        r->headers_out.content_encoding->hash = 0;
        r->headers_out.content_encoding = NULL;
    }

    if (!ctx->head_held) {

        /* in the header filter: all goes out with the first body call */

        ctx->head_held = 1;
        ctx->response = NGX_HTTP_MCP_OWN_BODY;
        ngx_http_mcp_no_upgrade(r);

        /* or at once, where a server sends no body and stays connected */

        ngx_http_mcp_stop_upstream(r);

        return NGX_OK;
    }

    ngx_http_mcp_stop_upstream(r);

    return ngx_http_mcp_send_held(r, ctx, NULL);
}


/* Monitor mode: looks on, changes nothing. */

ngx_int_t
ngx_http_mcp_watch_body(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx,
    ngx_chain_t *in)
{
    uint64_t       start;
    ngx_uint_t     last;
    ngx_chain_t   *cl;
    mcp_verdict_t  v;

    last = 0;
    start = ngx_http_mcp_clock();

    for (cl = in; cl; cl = cl->next) {
        last |= cl->buf->last_buf;

        if (ctx->inspector && ngx_buf_in_memory(cl->buf)) {
            ctx->message_size += cl->buf->last - cl->buf->pos;

            if (ctx->response == NGX_HTTP_MCP_TEXT
                && ctx->message_size
                   <= (off_t) ctx->mlcf->policy.max_response_size
                && ngx_http_mcp_hold_bytes(r, ctx, cl->buf->pos,
                                           cl->buf->last - cl->buf->pos)
                   != NGX_OK)
            {
                return NGX_ERROR;
            }

            (void) mcp_inspector_feed(ctx->inspector, cl->buf->pos,
                                      cl->buf->last - cl->buf->pos);

        } else if (ctx->response == NGX_HTTP_MCP_EMPTY
                   && ngx_buf_size(cl->buf) != 0)
        {
            ctx->message_size += ngx_buf_size(cl->buf);
        }
    }

    if (last) {
        ngx_memzero(&v, sizeof(mcp_verdict_t));

        if (ctx->inspector && ctx->message_size) {

            if (ngx_http_mcp_judge(ctx, ctx->inspector, &v) != MCP_OK
                && ctx->response == NGX_HTTP_MCP_TEXT
                && ngx_http_mcp_judge_text(r, ctx, &v) != NGX_OK)
            {
                return NGX_ERROR;
            }

        } else if (ctx->response == NGX_HTTP_MCP_EMPTY && ctx->message_size) {
            v.action = MCP_V_INVALID;
            v.reason = MCP_R_UPSTREAM_TYPE;
            v.detail = "neither JSON nor an event stream";
        }

        ctx->status = r->headers_out.status;
        ngx_http_mcp_judged(r, ctx, &v);

        ngx_http_mcp_inspector_put(ctx->inspector);
        ctx->inspector = NULL;
        ctx->response = NGX_HTTP_MCP_PASS;
    }

    ctx->inspect_time += ngx_http_mcp_clock() - start;

    return ngx_http_mcp_next_body(r, in);
}


/* Header lines that speak of the bytes which were replaced. */

static void
ngx_http_mcp_clear_head(ngx_http_request_t *r)
{
    ngx_uint_t        i;
    ngx_table_elt_t  *h;

    static const char  *names[] = {
        "digest", "content-digest", "repr-digest", "content-md5",
        "content-range", "content-language", "content-location",
        "content-disposition", NULL
    };

    ngx_http_clear_content_length(r);
    ngx_http_clear_accept_ranges(r);
    ngx_http_clear_last_modified(r);
    ngx_http_clear_etag(r);

    for (i = 0; names[i]; i++) {
        while ((h = ngx_http_mcp_find_header(&r->headers_out.headers,
                                             names[i])))
        {
            h->hash = 0;
        }
    }
}
