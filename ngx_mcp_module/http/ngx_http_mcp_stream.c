
/*
 * Event streams: one event is held until it is whole and judged, then sent at
 * once (nginx-pitfalls.md 7, 8).  Every buffer that we emit has "flush" set,
 * or events would wait for postpone_output; incoming buffers are consumed and
 * never kept, or the upstream would stall.
 */


#include "ngx_http_mcp_module.h"


#define NGX_HTTP_MCP_ENDPOINT  2048      /* bytes of an endpoint's URI */


static ngx_int_t ngx_http_mcp_stream_watch(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx, ngx_chain_t *in);
static ngx_int_t ngx_http_mcp_stream_pass(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx, ngx_chain_t *in);
static ngx_int_t ngx_http_mcp_stream_events(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx, ngx_chain_t *in, mcp_buf_t *out,
    ngx_uint_t *flush);
static ngx_int_t ngx_http_mcp_event(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx, mcp_sse_event_t *ev, mcp_buf_t *out);
static ngx_int_t ngx_http_mcp_empty_event(mcp_sse_event_t *ev, mcp_buf_t *out);
static ngx_int_t ngx_http_mcp_message_event(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx, mcp_sse_event_t *ev, mcp_buf_t *out);
static ngx_int_t ngx_http_mcp_replace_event(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx, mcp_sse_event_t *ev, mcp_verdict_t *v,
    mcp_inspector_t *in, mcp_buf_t *out);
static ngx_int_t ngx_http_mcp_error_event(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx, mcp_sse_event_t *ev, mcp_reason_t reason,
    mcp_buf_t *out);
static ngx_int_t ngx_http_mcp_endpoint_event(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx, mcp_sse_event_t *ev, mcp_buf_t *out);
static ngx_uint_t ngx_http_mcp_bad_endpoint(u_char *p, u_char *last);
static ngx_int_t ngx_http_mcp_stream_send(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx, mcp_buf_t *data, ngx_uint_t last);
static void ngx_http_mcp_stream_release(ngx_http_mcp_ctx_t *ctx);


ngx_int_t
ngx_http_mcp_stream_head(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx)
{
    ctx->response = NGX_HTTP_MCP_STREAM;
    ctx->status = r->headers_out.status;
    ctx->stream_counted = 1;

    ngx_http_mcp_count_stream(1);

    mcp_sse_init(&ctx->sse, ctx->mlcf->policy.max_response_size);

    if (ctx->mlcf->policy.mode == MCP_ENFORCE) {
        ngx_http_clear_content_length(r);
        ngx_http_clear_accept_ranges(r);
        ngx_http_clear_last_modified(r);
        ngx_http_clear_etag(r);
    }

    return ngx_http_mcp_next_header(r);
}


/*
 * While the client is slow nothing more is judged: incoming buffers wait
 * unconsumed, so that the upstream stops reading, and with it the server.
 */

ngx_int_t
ngx_http_mcp_stream_body(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx,
    ngx_chain_t *in)
{
    ngx_int_t     rc;
    ngx_chain_t  *cl, *next;

    if (ctx->mlcf->policy.mode == MCP_MONITOR) {
        return ngx_http_mcp_stream_watch(r, ctx, in);
    }

    if (ctx->stream_ended) {

        for (cl = in; cl; cl = cl->next) {
            ngx_http_mcp_consume(cl->buf);
        }

        return ngx_http_mcp_next_body(r, ngx_http_mcp_owed_end(ctx, in));
    }

    if (in && ctx->busy == NULL) {
        return ngx_http_mcp_stream_pass(r, ctx, in);
    }

    if (in && ngx_chain_add_copy(r->pool, &ctx->in, in) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_http_mcp_next_body(r, NULL);

    cl = NULL;
    ngx_chain_update_chains(r->pool, &ctx->free, &ctx->busy, &cl,
                            (ngx_buf_tag_t) &ngx_http_mcp_filter_module);
    ngx_http_mcp_stream_release(ctx);

    if (rc == NGX_ERROR || ctx->busy || ctx->in == NULL) {
        return rc;
    }

    in = ctx->in;
    ctx->in = NULL;

    rc = ngx_http_mcp_stream_pass(r, ctx, in);

    for (cl = in; cl; cl = next) {
        next = cl->next;
        ngx_free_chain(r->pool, cl);
    }

    return rc;
}


static ngx_int_t
ngx_http_mcp_stream_watch(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx,
    ngx_chain_t *in)
{
    mcp_buf_t   out;
    ngx_uint_t  flush;

    ngx_memzero(&out, sizeof(mcp_buf_t));

    (void) ngx_http_mcp_stream_events(r, ctx, in, &out, &flush);

    mcp_buf_free(&out);

    return ngx_http_mcp_next_body(r, in);
}


/* Judges all events of the chain and sends what is left of them. */

static ngx_int_t
ngx_http_mcp_stream_pass(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx,
    ngx_chain_t *in)
{
    mcp_buf_t     out;
    ngx_uint_t    last, flush;
    ngx_chain_t  *cl;

    ngx_memzero(&out, sizeof(mcp_buf_t));

    if (ngx_http_mcp_stream_events(r, ctx, in, &out, &flush) != NGX_OK) {
        mcp_buf_free(&out);
        return NGX_ERROR;
    }

    last = 0;

    for (cl = in; cl; cl = cl->next) {
        last |= cl->buf->last_buf;
        ngx_http_mcp_consume(cl->buf);
    }

    if (ctx->stream_done) {
        ngx_http_mcp_stop_upstream(r);
        last = 1;
    }

    if (out.len == 0 && !last && !flush) {
        mcp_buf_free(&out);
        return ngx_http_mcp_next_body(r, NULL);
    }

    if (last) {
        ctx->stream_ended = 1;
        ngx_http_mcp_drop_trailers(r);
    }

    return ngx_http_mcp_stream_send(r, ctx, &out, last);
}


/* Splits what came into events and appends to out what may go on. */

static ngx_int_t
ngx_http_mcp_stream_events(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx,
    ngx_chain_t *in, mcp_buf_t *out, ngx_uint_t *flush)
{
    mcp_rc_t              rc;
    ngx_buf_t            *b;
    mcp_sse_event_t       ev;
    const unsigned char  *p;

    *flush = 0;

    for ( /* void */ ; in; in = in->next) {
        b = in->buf;
        *flush |= b->flush;

        if (!ngx_buf_in_memory(b)) {
            continue;
        }

        p = b->pos;

        while (!ctx->stream_done) {
            rc = mcp_sse_feed(&ctx->sse, &p, b->last, &ev);

            if (rc == MCP_AGAIN) {
                break;
            }

            if (rc == MCP_FOUND) {

                if (ngx_http_mcp_event(r, ctx, &ev, out) != NGX_OK) {
                    return NGX_ERROR;
                }

                continue;
            }

            /* where the next event starts is not known: the stream ends */

            ngx_memzero(&ev, sizeof(mcp_sse_event_t));

            ctx->stream_done = 1;
            ngx_http_mcp_unfit(r, ctx, MCP_R_UPSTREAM_TOO_LARGE,
                               "event too large");

            return ngx_http_mcp_error_event(r, ctx, &ev,
                                            MCP_R_UPSTREAM_TOO_LARGE, out);
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_mcp_event(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx,
    mcp_sse_event_t *ev, mcp_buf_t *out)
{
    mcp_rc_t  rc;

    if (ev->type == MCP_SSE_OTHER || ev->data.len == 0) {

        /*
         * Comments, retry, the priming event of a resumable stream.  What is
         * not in normal form is written anew: as it is a client might read
         * it in another way, such as behind a second byte order mark.
         */

        if (ev->canonical) {
            rc = mcp_buf_append(out, ev->raw, ev->raw_len);
            return rc == MCP_OK ? NGX_OK : NGX_ERROR;
        }

        return ngx_http_mcp_empty_event(ev, out);
    }

    if (ev->event.len == 8
        && ngx_memcmp(ev->event.data, "endpoint", 8) == 0)
    {
        return ngx_http_mcp_endpoint_event(r, ctx, ev, out);
    }

    if (ev->event.len == 0
        || (ev->event.len == 7
            && ngx_memcmp(ev->event.data, "message", 7) == 0))
    {
        return ngx_http_mcp_message_event(r, ctx, ev, out);
    }

    /*
     * Clients ignore other kinds of events; what they are for is to keep a
     * connection alive, and so is a comment.
     */

    return ngx_http_mcp_empty_event(ev, out);
}


/*
 * What is left of an event without its data.  The id needs a data line, empty
 * as in a priming event: parsers tell of an id only with an event.
 */

static ngx_int_t
ngx_http_mcp_empty_event(mcp_sse_event_t *ev, mcp_buf_t *out)
{
    mcp_rc_t         rc;
    mcp_str_t        data;
    mcp_sse_event_t  empty;

    if (!ev->has_id && ev->retry.len == 0) {
        rc = mcp_buf_append_str(out, ":\n\n");
        return rc == MCP_OK ? NGX_OK : NGX_ERROR;
    }

    empty = *ev;
    empty.event.len = 0;
    empty.has_event = 0;

    data.data = ev->has_id ? (const unsigned char *) "" : NULL;
    data.len = 0;

    rc = mcp_sse_write(out, &empty, data);

    return rc == MCP_OK ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_mcp_message_event(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx,
    mcp_sse_event_t *ev, mcp_buf_t *out)
{
    mcp_rc_t          rc;
    uint64_t          start;
    ngx_int_t         ret;
    mcp_verdict_t     v;
    mcp_inspector_t  *in;

    if (ctx->tail == NULL) {

        ctx->tail = ngx_palloc(r->pool, sizeof(mcp_tail_t));
        if (ctx->tail == NULL) {
            return NGX_ERROR;
        }

        mcp_tail_reset(ctx->tail);
    }

    in = ngx_http_mcp_inspector_get();
    if (in == NULL) {
        return NGX_ERROR;
    }

    start = ngx_http_mcp_clock();

    mcp_inspector_start(in, &ctx->mlcf->policy, ngx_http_mcp_scan(ctx->mlcf),
                        MCP_SERVER, &ctx->exchange);

    mcp_inspector_follow(in, ctx->tail);

    (void) mcp_inspector_feed(in, ev->data.data, ev->data.len);

    (void) ngx_http_mcp_judge(ctx, in, &v);

    ctx->inspect_time += ngx_http_mcp_clock() - start;
    ctx->message_size = ev->data.len;

    ngx_http_mcp_judged(r, ctx, &v);

    if (v.action == MCP_V_ALLOW) {

        if (ev->canonical) {
            rc = mcp_buf_append(out, ev->raw, ev->raw_len);

        } else {
            rc = mcp_sse_write(out, ev, ev->data);
        }

        ret = rc == MCP_OK ? NGX_OK : NGX_ERROR;

    } else {
        ret = ngx_http_mcp_replace_event(r, ctx, ev, &v, in, out);
    }

    /* what the client has not seen is not what the next event follows */

    if (v.action == MCP_V_ALLOW || v.action == MCP_V_REDACT
        || ctx->mlcf->policy.mode == MCP_MONITOR)
    {
        mcp_inspector_passed(in, ctx->tail);
    }

    ngx_http_mcp_inspector_put(in);

    return ret;
}


static ngx_int_t
ngx_http_mcp_replace_event(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx,
    mcp_sse_event_t *ev, mcp_verdict_t *v, mcp_inspector_t *in, mcp_buf_t *out)
{
    mcp_rc_t               rc;
    mcp_str_t              data;
    mcp_buf_t              message;
    const mcp_envelope_t  *e;

    if (v->action == MCP_V_INVALID) {

        /*
         * Not a message.  A client that waits for one answer gets an error;
         * on a stream of many requests only this event is dropped.
         */

        if (ctx->exchange.id.len) {
            ctx->stream_done = 1;
        }

        return ngx_http_mcp_error_event(r, ctx, ev, v->reason, out);
    }

    ngx_memzero(&message, sizeof(mcp_buf_t));

    rc = mcp_inspector_output(in, ev->data.data, ev->data.len,
                              ngx_http_mcp_request_id(r, ctx), &message);

    if (rc == MCP_OK && message.len == 0) {
        mcp_buf_free(&message);
        return ngx_http_mcp_empty_event(ev, out);
    }

    if (rc == MCP_OK) {
        data.data = message.data;
        data.len = message.len;

        rc = mcp_sse_write(out, ev, data);
    }

    mcp_buf_free(&message);

    if (rc != MCP_OK) {
        return NGX_ERROR;
    }

    if (v->action == MCP_V_REDACT || ctx->exchange.id.len == 0) {
        return NGX_OK;
    }

    /* the answer to the request of this stream is out: nothing more to come */

    if (mcp_message_envelopes(mcp_inspector_message(in), &e)
        && (e->kind == MCP_RESPONSE || e->kind == MCP_ERROR_RESPONSE))
    {
        ctx->stream_done = 1;
    }

    return NGX_OK;
}


/*
 * An error with the id of the request in place of an event; where no request
 * waits, the event keeps its id so that resumption stays exact.
 */

static ngx_int_t
ngx_http_mcp_error_event(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx,
    mcp_sse_event_t *ev, mcp_reason_t reason, mcp_buf_t *out)
{
    mcp_rc_t         rc;
    ngx_str_t        body;
    mcp_sse_event_t  reply;

    reply = *ev;
    reply.retry.len = 0;

    if (ctx->exchange.id.len == 0) {
        return ngx_http_mcp_empty_event(ev, out);
    }

    if (ngx_http_mcp_reply_body(r, ctx, reason, &body) != NGX_OK) {
        return NGX_ERROR;
    }

    reply.event.data = (const unsigned char *) "message";
    reply.event.len = 7;
    reply.has_event = 1;

    rc = mcp_sse_write(out, &reply, ngx_http_mcp_str(&body));

    return rc == MCP_OK ? NGX_OK : NGX_ERROR;
}


/* Anything but a path, a query, or a URL of http: no other scheme. */

static ngx_uint_t
ngx_http_mcp_bad_endpoint(u_char *p, u_char *last)
{
    u_char  *first;

    if (p == last || last - p > NGX_HTTP_MCP_ENDPOINT) {
        return 1;
    }

    for (first = p; p < last; p++) {

        if (*p <= 0x20 || *p >= 0x7f || *p == '\\' || *p == '"'
            || *p == '<' || *p == '>')
        {
            return 1;
        }
    }

    for (p = first; p < last && *p != '/' && *p != '?' && *p != ':'; p++) {
        /* void */
    }

    if (p == last || *p != ':') {
        return 0;
    }

    return !((p - first == 4
              && ngx_strncasecmp(first, (u_char *) "http", 4) == 0)
             || (p - first == 5
                 && ngx_strncasecmp(first, (u_char *) "https", 5) == 0));
}


/*
 * 2024-11-05: the server tells where to POST.  A client takes only its own
 * origin, so scheme and host go; and where the location has another path
 * than the server, the common end of both paths tells how they map:
 * "/gw/sse" here and "/sse" there make "/message" into "/gw/message".
 */

static ngx_int_t
ngx_http_mcp_endpoint_event(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx,
    mcp_sse_event_t *ev, mcp_buf_t *out)
{
    size_t      ours, theirs;
    u_char     *p, *last;
    ngx_str_t   up;
    mcp_rc_t    rc;
    mcp_buf_t   uri;
    mcp_str_t   data;

    p = (u_char *) ev->data.data;
    last = p + ev->data.len;

    ngx_memzero(&uri, sizeof(mcp_buf_t));

    if (ngx_http_mcp_bad_endpoint(p, last)) {
        ngx_http_mcp_unfit(r, ctx, MCP_R_UPSTREAM_INVALID,
                           "invalid endpoint");
        return NGX_OK;
    }

    if ((size_t) (last - p) > 7
        && ngx_strncasecmp(p, (u_char *) "http://", 7) == 0)
    {
        p += 7;

    } else if ((size_t) (last - p) > 8
               && ngx_strncasecmp(p, (u_char *) "https://", 8) == 0)
    {
        p += 8;

    } else if (last - p >= 2 && p[0] == '/' && p[1] == '/') {
        p += 2;

    } else if (p < last && p[0] != '/' && p[0] != '?') {

        /* relative to the stream's own URL, which is the client's already */
        goto write;
    }

    while (p < last && *p != '/' && *p != '?') {
        p++;
    }

    if (p < last && p[0] == '/' && r->upstream && r->upstream->uri.len) {

        up = r->upstream->uri;
        theirs = 0;

        while (theirs < up.len && up.data[theirs] != '?') {
            theirs++;
        }

        ours = r->uri.len;

        while (ours && theirs && r->uri.data[ours - 1] == up.data[theirs - 1])
        {
            ours--;
            theirs--;
        }

        /* whole segments only */

        while (ours < r->uri.len && r->uri.data[ours] != '/') {
            ours++;
            theirs++;
        }

        if ((size_t) (last - p) >= theirs
            && ngx_memcmp(p, up.data, theirs) == 0)
        {
            p += theirs;

            if (mcp_buf_append(&uri, r->uri.data, ours) != MCP_OK) {
                mcp_buf_free(&uri);
                return NGX_ERROR;
            }
        }
    }

write:

    rc = mcp_buf_append(&uri, p, last - p);

    if (rc == MCP_OK) {
        data.data = uri.data;
        data.len = uri.len;

        rc = mcp_sse_write(out, ev, data);
    }

    mcp_buf_free(&uri);

    return rc == MCP_OK ? NGX_OK : NGX_ERROR;
}


/* Sends data, which passes to the buffer and is freed when it is sent. */

static ngx_int_t
ngx_http_mcp_stream_send(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx,
    mcp_buf_t *data, ngx_uint_t last)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    cl = ngx_chain_get_free_buf(r->pool, &ctx->free);
    if (cl == NULL) {
        mcp_buf_free(data);
        return NGX_ERROR;
    }

    b = cl->buf;
    ngx_memzero(b, sizeof(ngx_buf_t));

    b->tag = (ngx_buf_tag_t) &ngx_http_mcp_filter_module;
    b->start = data->data;
    b->pos = data->data;
    b->last = data->data + data->len;
    b->end = b->last;
    b->memory = (data->len != 0);
    b->flush = 1;
    b->last_buf = last;
    b->last_in_chain = last;

    cl->next = NULL;

    ctx->last = last ? b : NULL;

    rc = ngx_http_mcp_next_body(r, cl);

    ngx_chain_update_chains(r->pool, &ctx->free, &ctx->busy, &cl,
                            (ngx_buf_tag_t) &ngx_http_mcp_filter_module);

    ngx_http_mcp_stream_release(ctx);

    return rc;
}


/* Gives back the memory of buffers that are sent. */

static void
ngx_http_mcp_stream_release(ngx_http_mcp_ctx_t *ctx)
{
    ngx_chain_t  *cl;

    for (cl = ctx->free; cl && cl->buf->start; cl = cl->next) {
        free(cl->buf->start);
        cl->buf->start = NULL;
        cl->buf->end = NULL;
    }
}


void
ngx_http_mcp_stream_free(ngx_http_mcp_ctx_t *ctx)
{
    ngx_chain_t  *cl;

    if (ctx->response == NGX_HTTP_MCP_STREAM) {
        mcp_sse_free(&ctx->sse);
    }

    ngx_http_mcp_stream_release(ctx);

    for (cl = ctx->busy; cl; cl = cl->next) {
        free(cl->buf->start);
        cl->buf->start = NULL;
    }
}
