
/*
 * The request: read in the precontent phase, where no "satisfy any" can skip
 * us and identity is already verified; scanned by a request body filter while
 * it arrives; judged when it is whole (nginx-pitfalls.md 1, 2).
 */


#include "ngx_http_mcp_module.h"


#define NGX_HTTP_MCP_SLICE  65536        /* bytes read from a file at a time */


static ngx_int_t ngx_http_mcp_handler(ngx_http_request_t *r);
static ngx_uint_t ngx_http_mcp_preflight(ngx_http_request_t *r);
static ngx_uint_t ngx_http_mcp_drain_first(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx);
static ngx_int_t ngx_http_mcp_read_body(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx);
static void ngx_http_mcp_body_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_mcp_request_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static ngx_int_t ngx_http_mcp_rescan_body(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx);
static ngx_int_t ngx_http_mcp_decide(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx);
static ngx_int_t ngx_http_mcp_conclude(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx);
static ngx_int_t ngx_http_mcp_judge_body(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx);
static ngx_int_t ngx_http_mcp_save_exchange(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx);
static ngx_uint_t ngx_http_mcp_is_pair(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx);
static uint64_t ngx_http_mcp_conditions(ngx_http_request_t *r,
    ngx_http_mcp_loc_conf_t *mlcf);
static void ngx_http_mcp_identity_encoding(ngx_http_request_t *r);
static ngx_int_t ngx_http_mcp_set_str(ngx_pool_t *pool, ngx_str_t *dst,
    mcp_str_t src);


static ngx_http_request_body_filter_pt  ngx_http_next_request_body_filter;


ngx_int_t
ngx_http_mcp_request_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_PRECONTENT_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_mcp_handler;

    ngx_http_next_request_body_filter = ngx_http_top_request_body_filter;
    ngx_http_top_request_body_filter = ngx_http_mcp_request_body_filter;

    return NGX_OK;
}


static ngx_int_t
ngx_http_mcp_handler(ngx_http_request_t *r)
{
    mcp_reason_t              reason;
    ngx_http_mcp_ctx_t       *ctx;
    ngx_http_mcp_loc_conf_t  *mlcf;

    mlcf = ngx_http_get_module_loc_conf(r, ngx_http_mcp_module);

    if (!mlcf->enable || r != r->main || ngx_http_mcp_preflight(r)) {
        return NGX_DECLINED;
    }

    ctx = ngx_http_mcp_get_ctx(r);

    if (ctx != NULL && ctx->mlcf == mlcf) {

        if (ctx->asking) {
            return NGX_AGAIN;
        }

        if (ctx->question) {
            ngx_http_mcp_answered(ctx);
            return ngx_http_mcp_conclude(r, ctx);
        }

        if (ctx->body_done) {
            ctx->body_done = 0;

            return ctx->refused
                   ? ngx_http_mcp_send_reply(r, ctx, ctx->verdict.reason)
                   : ngx_http_mcp_decide(r, ctx);
        }

        /* redirected within the location: the verdict stands */

        if (ctx->refused) {
            return ngx_http_mcp_send_reply(r, ctx, ctx->verdict.reason);
        }

        if (ctx->decided) {
            return NGX_DECLINED;
        }

        if (!r->error_page && !r->post_action) {
            return NGX_DONE;
        }

        /* or before there was one, as the body could not be read */
    }

    if (ctx == NULL) {
        ctx = ngx_http_mcp_create_ctx(r, mlcf);
        if (ctx == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

    } else {
        /* redirected to a location with a policy of its own: judged anew */
        ngx_http_mcp_reset_ctx(ctx, mlcf);
    }

    reason = ngx_http_mcp_check_headers(r, ctx);

    if (reason != MCP_R_NONE) {

        if (ngx_http_mcp_refused(r, ctx, reason)) {

            if (ngx_http_mcp_drain_first(r, ctx)) {
                return ngx_http_mcp_read_body(r, ctx);
            }

            return ngx_http_mcp_send_reply(r, ctx, reason);
        }

        /* monitor: what would have been refused unread is not judged */

        ctx->decided = 1;
        ngx_http_mcp_identity_encoding(r);

        return NGX_DECLINED;
    }

    if (r->method != NGX_HTTP_POST) {
        return ngx_http_mcp_decide(r, ctx);
    }

    return ngx_http_mcp_read_body(r, ctx);
}


/* Without a body: with one it is no request of CORS, but may be a message. */

static ngx_uint_t
ngx_http_mcp_preflight(ngx_http_request_t *r)
{
    return r->method == NGX_HTTP_OPTIONS
           && r->headers_in.content_length_n <= 0 && !r->headers_in.chunked;
}


/*
 * An answer before the body is read makes nginx reset an HTTP/2 stream, and
 * clients then lose the answer: a body that is not too large is read first.
 */

static ngx_uint_t
ngx_http_mcp_drain_first(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx)
{
#if (NGX_HTTP_V2)

    return r->stream && r->request_body == NULL
           && r->headers_in.content_length_n > 0
           && r->headers_in.content_length_n
              <= (off_t) ctx->mlcf->policy.max_request_size;

#else

    return 0;

#endif
}


static ngx_int_t
ngx_http_mcp_read_body(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx)
{
    ngx_int_t  rc;

    if (!ctx->refused) {

        ctx->inspector = ngx_http_mcp_inspector_get();
        if (ctx->inspector == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        mcp_inspector_start(ctx->inspector, &ctx->mlcf->policy,
                            ngx_http_mcp_scan(ctx->mlcf), MCP_CLIENT, NULL);

        /*
         * With a body that somebody read before us the callback comes at once
         * and our body filter saw nothing, or saw it for another location.
         */

        ctx->rescan = (r->request_body != NULL);
        ctx->reading = !ctx->rescan;
    }

    rc = ngx_http_read_client_request_body(r, ngx_http_mcp_body_handler);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    ngx_http_finalize_request(r, NGX_DONE);

    return NGX_DONE;
}


static void
ngx_http_mcp_body_handler(ngx_http_request_t *r)
{
    ngx_http_mcp_ctx_t  *ctx;

    ctx = ngx_http_mcp_get_ctx(r);

    ctx->reading = 0;
    ctx->body_done = 1;

    /* an error_page or a mirror may need the body after the response head */
    r->preserve_body = 1;

    r->write_event_handler = ngx_http_core_run_phases;
    ngx_http_core_run_phases(r);
}


static ngx_int_t
ngx_http_mcp_request_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    uint64_t             start;
    ngx_chain_t         *cl;
    ngx_http_mcp_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_mcp_module);

    if (ctx == NULL || !ctx->reading || r != r->main) {
        return ngx_http_next_request_body_filter(r, in);
    }

    start = ngx_http_mcp_clock();

    for (cl = in; cl; cl = cl->next) {

        if (!ngx_buf_in_memory(cl->buf) || cl->buf->pos == cl->buf->last) {
            continue;
        }

        ctx->request_size += cl->buf->last - cl->buf->pos;

        (void) mcp_inspector_feed(ctx->inspector, cl->buf->pos,
                                  cl->buf->last - cl->buf->pos);
    }

    ctx->inspect_time += ngx_http_mcp_clock() - start;

    if (ctx->request_size > (off_t) ctx->mlcf->policy.max_request_size
        && ctx->mlcf->policy.mode == MCP_ENFORCE)
    {
        /*
         * What comes further is not even read.  The error page of nginx that
         * follows is replaced by our answer in the header filter.
         */

        ctx->detail = "message too large";
        (void) ngx_http_mcp_refused(r, ctx, MCP_R_TOO_LARGE);

        return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
    }

    return ngx_http_next_request_body_filter(r, in);
}


/* Feeds a body that was read without us, from memory and file. */

static ngx_int_t
ngx_http_mcp_rescan_body(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx)
{
    off_t         pos;
    size_t        size;
    u_char       *slice;
    ssize_t       n;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    if (r->request_body == NULL) {
        return NGX_OK;
    }

    slice = NULL;

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        b = cl->buf;

        if (ngx_buf_in_memory(b)) {
            ctx->request_size += b->last - b->pos;
            (void) mcp_inspector_feed(ctx->inspector, b->pos,
                                      b->last - b->pos);
            continue;
        }

        if (slice == NULL) {
            slice = ngx_palloc(r->pool, NGX_HTTP_MCP_SLICE);
            if (slice == NULL) {
                return NGX_ERROR;
            }
        }

        for (pos = b->file_pos; pos < b->file_last; pos += n) {
            size = ngx_min(b->file_last - pos, NGX_HTTP_MCP_SLICE);

            n = ngx_read_file(b->file, slice, size, pos);

            if (n <= 0) {
                return NGX_ERROR;
            }

            ctx->request_size += n;

            if (mcp_inspector_feed(ctx->inspector, slice, n) == MCP_ERROR) {
                return NGX_OK;
            }
        }
    }

    return NGX_OK;
}


/* The message is whole: judges it, and asks the store about what passes. */

static ngx_int_t
ngx_http_mcp_decide(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx)
{
    uint64_t            start;
    ngx_int_t           rc;
    mcp_era_decision_t  d;

    start = ngx_http_mcp_clock();

    ctx->exchange.conditions = ngx_http_mcp_conditions(r, ctx->mlcf);

    if (r->method == NGX_HTTP_POST) {

        if (ctx->rescan && ngx_http_mcp_rescan_body(r, ctx) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        rc = ngx_http_mcp_judge_body(r, ctx);

        if (rc == NGX_OK && ctx->verdict.action == MCP_V_ALLOW) {
            rc = ngx_http_mcp_make_question(r, ctx,
                                     mcp_inspector_message(ctx->inspector));
        }

        ngx_http_mcp_inspector_put(ctx->inspector);
        ctx->inspector = NULL;

        if (rc != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

    } else if (mcp_era_decide_bodiless(ngx_http_mcp_str(&ctx->headers.version),
                                       ctx->mlcf->policy.eras, &d)
               != MCP_OK)
    {
        ctx->verdict.reason = d.reason;
        ctx->verdict.action = MCP_V_INVALID;
        ctx->verdict.detail = d.detail;
        ctx->exchange.era = d.era;
        ctx->supported = d.supported;

        if (ngx_http_mcp_set_str(r->pool, &ctx->requested, d.requested)
            != NGX_OK)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

    } else {
        ctx->exchange.era = d.era;
        ctx->exchange.batch = (d.version.len == 0
                               || ngx_http_mcp_batch_version(d.version));
        ctx->version.data = (u_char *) d.version.data;
        ctx->version.len = d.version.len;
    }

    ctx->inspect_time += ngx_http_mcp_clock() - start;

    if (ctx->question) {

        rc = ngx_http_mcp_ask(r, ctx);

        if (rc == NGX_AGAIN) {
            return NGX_AGAIN;
        }

        if (rc != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        ngx_http_mcp_answered(ctx);
    }

    return ngx_http_mcp_conclude(r, ctx);
}


/* All is known: refuses the request, or lets it go on. */

static ngx_int_t
ngx_http_mcp_conclude(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx)
{
    mcp_reason_t  reason;

    ctx->decided = 1;

    reason = ctx->verdict.reason;

    if (ctx->verdict.action != MCP_V_ALLOW) {
        ctx->detail = ctx->verdict.detail;

        if (ngx_http_mcp_refused(r, ctx, reason)) {

            if (ctx->one_way && ctx->verdict.action != MCP_V_INVALID) {
                /* nobody reads an error to a notification or a response */
                return ngx_http_mcp_send_accepted(r, ctx);
            }

            return ngx_http_mcp_send_reply(r, ctx, reason);
        }

    } else {
        ngx_http_mcp_passed(r, ctx);
    }

    ngx_http_mcp_identity_encoding(r);

    return NGX_DECLINED;
}


/* Fills ctx->verdict, the exchange and the variables from the body. */

static ngx_int_t
ngx_http_mcp_judge_body(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx)
{
    mcp_mirror_t         mirror;
    mcp_era_decision_t   d;
    const mcp_message_t *m;

    if (mcp_inspector_finish(ctx->inspector, &ctx->verdict) != MCP_OK) {
        return NGX_OK;
    }

    m = mcp_inspector_message(ctx->inspector);

    if (ngx_http_mcp_save_exchange(r, ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    mirror.version = ngx_http_mcp_str(&ctx->headers.version);
    mirror.method = ngx_http_mcp_str(&ctx->headers.method);
    mirror.name = ngx_http_mcp_str(&ctx->headers.name);

    if (mcp_era_decide(m, &mirror, ctx->mlcf->policy.eras, &d) == MCP_OK
        && d.era == MCP_ERA_MODERN && ctx->headers.bad_param)
    {
        d.reason = MCP_R_MISMATCH;
        d.detail = "invalid Mcp-Param header";
    }

    ctx->exchange.era = d.era;

    if (d.reason != MCP_R_NONE) {
        ctx->verdict.action = MCP_V_INVALID;
        ctx->verdict.reason = d.reason;
        ctx->verdict.detail = d.detail;
        ctx->supported = d.supported;

        return ngx_http_mcp_set_str(r->pool, &ctx->requested, d.requested);
    }

    ctx->version.data = (u_char *) d.version.data;
    ctx->version.len = d.version.len;

    ctx->exchange.batch = (d.era == MCP_ERA_LEGACY
                           && (ctx->headers.version.data == NULL
                               || ngx_http_mcp_batch_version(d.version)));

    mcp_inspector_judge(ctx->inspector, d.era, ctx->exchange.conditions,
                        &ctx->verdict);

    ngx_http_mcp_note_hits(ctx, ctx->inspector, MCP_CLIENT);

    return NGX_OK;
}


/* What the answer will be judged by; the body may be gone by then. */

static ngx_int_t
ngx_http_mcp_save_exchange(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx)
{
    size_t                 i, n, len;
    mcp_str_t              s;
    mcp_exchange_t        *ex;
    const mcp_message_t   *m;
    const unsigned char   *text;
    const mcp_envelope_t  *e;

    ex = &ctx->exchange;
    m = mcp_inspector_message(ctx->inspector);
    n = mcp_message_envelopes(m, &e);
    text = mcp_message_text(m, &len);

    ctx->one_way = 1;
    ctx->pair = ngx_http_mcp_is_pair(r, ctx);

    for (i = 0; i < n; i++) {
        if (e[i].kind == MCP_REQUEST) {
            ctx->one_way = 0;
        }
    }

    if (mcp_message_batch(m)) {
        ctx->batched = 1;
        return NGX_OK;
    }

    ex->method = e->method_id;

    s.data = text + e->method.off;
    s.len = e->method.len;

    if (ngx_http_mcp_set_str(r->pool, &ctx->method, s) != NGX_OK) {
        return NGX_ERROR;
    }

    if (e->kind == MCP_REQUEST) {
        s.data = mcp_message_ids(m) + e->id.off;
        s.len = e->id.len;

        if (ngx_http_mcp_set_str(r->pool, &ctx->id, s) != NGX_OK) {
            return NGX_ERROR;
        }

        ex->id = ngx_http_mcp_str(&ctx->id);
    }

    if (e->method_id == MCP_M_TOOLS_CALL) {
        s.data = text + e->name.off;
        s.len = e->name.len;

        if (ngx_http_mcp_set_str(r->pool, &ctx->tool, s) != NGX_OK) {
            return NGX_ERROR;
        }

        ex->tool = ngx_http_mcp_str(&ctx->tool);
    }

    return NGX_OK;
}


/*
 * The POST of the HTTP+SSE transport of 2024-11-05 as the SDKs send it: the
 * session is in the query, and no event stream is accepted as an answer.
 */

static ngx_uint_t
ngx_http_mcp_is_pair(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx)
{
    ngx_str_t         value;
    ngx_table_elt_t  *accept;

    if (ctx->headers.session.data) {
        return 0;
    }

    if (ngx_http_arg(r, (u_char *) "sessionId", 9, &value) != NGX_OK
        && ngx_http_arg(r, (u_char *) "session_id", 10, &value) != NGX_OK)
    {
        return 0;
    }

    accept = ngx_http_mcp_find_header(&r->headers_in.headers, "accept");

    return accept == NULL
           || ngx_strcasestrn(accept->value.data, "text/event-stream",
                              sizeof("text/event-stream") - 2)
              == NULL;
}


/* A bit for each if= of mcp_tool that holds for this request. */

static uint64_t
ngx_http_mcp_conditions(ngx_http_request_t *r, ngx_http_mcp_loc_conf_t *mlcf)
{
    uint64_t                    bits;
    ngx_str_t                   value;
    ngx_uint_t                  i;
    ngx_http_complex_value_t  **cv;

    if (mlcf->conditions == NULL) {
        return 0;
    }

    bits = 0;
    cv = mlcf->conditions->elts;

    for (i = 0; i < mlcf->conditions->nelts; i++) {

        if (ngx_http_complex_value(r, cv[i], &value) != NGX_OK) {
            /* the rule of an unknown condition may be a "deny" */
            bits |= (uint64_t) 1 << i;
            continue;
        }

        if (value.len && (value.len != 1 || value.data[0] != '0')) {
            bits |= (uint64_t) 1 << i;
        }
    }

    return bits;
}


/*
 * The server must answer in clear.  Whether the client takes gzip is asked
 * first, so that our own compression goes on working.
 */

static void
ngx_http_mcp_identity_encoding(ngx_http_request_t *r)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

#if (NGX_HTTP_GZIP)
    if (r->headers_in.accept_encoding && !r->gzip_tested) {
        (void) ngx_http_gzip_ok(r);
    }
#endif

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (h[i].key.len == sizeof("Accept-Encoding") - 1
                && ngx_strncasecmp(h[i].key.data,
                                   (u_char *) "Accept-Encoding",
                                   h[i].key.len)
                   == 0)
            {
                ngx_str_set(&h[i].value, "identity");
            }
        }
    }
}


static ngx_int_t
ngx_http_mcp_set_str(ngx_pool_t *pool, ngx_str_t *dst, mcp_str_t src)
{
    if (src.len == 0) {
        ngx_str_null(dst);
        return NGX_OK;
    }

    dst->data = ngx_pnalloc(pool, src.len);
    if (dst->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(dst->data, src.data, src.len);
    dst->len = src.len;

    return NGX_OK;
}
