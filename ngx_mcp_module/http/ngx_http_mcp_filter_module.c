
/*
 * Response filters.  They run after gunzip and before everything that may
 * change or compress a body (nginx-pitfalls.md 5).
 *
 * JSON: the head is held back until the whole body is judged, so that a
 * blocked result is a clean answer and not one byte of it has left.
 * Event streams: ngx_http_mcp_stream.c.
 */


#include "ngx_http_mcp_module.h"


static ngx_int_t ngx_http_mcp_header_filter(ngx_http_request_t *r);
static ngx_int_t ngx_http_mcp_upstream_head(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx);
static ngx_int_t ngx_http_mcp_error_page(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx);
static ngx_int_t ngx_http_mcp_hold(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx, ngx_uint_t state);
static void ngx_http_mcp_upstream_ends(ngx_http_request_t *r, ngx_int_t rc);
static ngx_int_t ngx_http_mcp_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static void ngx_http_mcp_check_session(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx);
static ngx_uint_t ngx_http_mcp_leads_away(ngx_http_request_t *r);
static ngx_uint_t ngx_http_mcp_same_origin(ngx_http_request_t *r,
    u_char *p, u_char *last);
static ngx_str_t ngx_http_mcp_authority(u_char *p, u_char *last,
    ngx_str_t *port);
static void ngx_http_mcp_release(ngx_http_mcp_ctx_t *ctx);
static ngx_uint_t ngx_http_mcp_content_type(ngx_http_request_t *r,
    const char *type);
static ngx_uint_t ngx_http_mcp_is_json(ngx_http_request_t *r);
static ngx_uint_t ngx_http_mcp_charset(ngx_http_request_t *r,
    const char *charset);
static ngx_int_t ngx_http_mcp_filter_init(ngx_conf_t *cf);


static ngx_http_module_t  ngx_http_mcp_filter_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_http_mcp_filter_init,              /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    NULL,                                  /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  ngx_http_mcp_filter_module = {
    NGX_MODULE_V1,
    &ngx_http_mcp_filter_module_ctx,       /* module context */
    NULL,                                  /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


static ngx_int_t
ngx_http_mcp_filter_init(ngx_conf_t *cf)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_mcp_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_http_mcp_body_filter;

    return NGX_OK;
}


static ngx_int_t
ngx_http_mcp_header_filter(ngx_http_request_t *r)
{
    ngx_http_mcp_ctx_t       *ctx;
    ngx_http_mcp_loc_conf_t  *mlcf;

    if (r != r->main || r->method == NGX_HTTP_OPTIONS) {
        return ngx_http_next_header_filter(r);
    }

    ctx = ngx_http_mcp_get_ctx(r);

    if (ctx == NULL) {
        mlcf = ngx_http_get_module_loc_conf(r, ngx_http_mcp_module);

        if (!mlcf->enable || r->err_status == 0) {
            /* not ours, or the "return" of a rewrite */
            return ngx_http_next_header_filter(r);
        }

        /* an answer of nginx before our phase was reached */

        ctx = ngx_http_mcp_create_ctx(r, mlcf);
        if (ctx == NULL) {
            return NGX_ERROR;
        }
    }

    if (ctx->replied) {
        return ngx_http_next_header_filter(r);
    }

    if (r->err_status && !ngx_http_mcp_upstream_live(r)) {
        return ngx_http_mcp_error_page(r, ctx);
    }

    return ngx_http_mcp_upstream_head(r, ctx);
}


/*
 * An answer that nginx made: an error page becomes a JSON-RPC error, unless
 * the administrator has error pages of his own.
 */

static ngx_int_t
ngx_http_mcp_error_page(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx)
{
    mcp_reason_t  reason;

    reason = ctx->verdict.reason;

    if (!ctx->refused) {

        switch (r->headers_out.status) {

        case NGX_HTTP_REQUEST_ENTITY_TOO_LARGE:
            ctx->detail = "message too large";
            (void) ngx_http_mcp_refused(r, ctx, MCP_R_TOO_LARGE);
            reason = MCP_R_TOO_LARGE;
            break;

        case NGX_HTTP_BAD_GATEWAY:
        case NGX_HTTP_GATEWAY_TIME_OUT:
        case NGX_HTTP_SERVICE_UNAVAILABLE:
            reason = MCP_R_UPSTREAM_CLOSED;
            break;

        default:
            return ngx_http_next_header_filter(r);
        }
    }

    if (r->error_page || r->header_only
        || ctx->mlcf->policy.mode == MCP_MONITOR)
    {
        return ngx_http_next_header_filter(r);
    }

    if (!ctx->refused) {
        ctx->status = r->headers_out.status;

        ngx_http_mcp_unfit(r, ctx, reason, "no answer from the server");
    }

    if (ngx_http_mcp_reply_body(r, ctx, reason, &ctx->body) != NGX_OK) {
        return NGX_ERROR;
    }

    ctx->release = ngx_http_mcp_release;

    ngx_http_clear_content_length(r);
    r->headers_out.content_length_n = ctx->body.len;
    ngx_http_mcp_set_json(r);

    ctx->response = NGX_HTTP_MCP_OWN_BODY;

    return ngx_http_next_header_filter(r);
}


static ngx_int_t
ngx_http_mcp_upstream_head(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx)
{
    ngx_uint_t  status;

    status = r->headers_out.status;

    ctx->release = ngx_http_mcp_release;

    if (r->http_version == NGX_HTTP_VERSION_9) {
        /* what is no head at all, passed on by the proxy as HTTP/0.9 */

        if (ctx->mlcf->policy.mode == MCP_ENFORCE) {
            ngx_http_mcp_restore_version(r);
        }

        return ngx_http_mcp_refuse_response(r, ctx, MCP_R_UPSTREAM_INVALID,
                                            "no head in the response");
    }

    ngx_http_mcp_check_session(r, ctx);

    /*
     * With 1xx a client waits for another head: it would take what comes
     * next, body or answer, for that of this request.
     */

    if (status < NGX_HTTP_OK || status == NGX_HTTP_PARTIAL_CONTENT) {
        return ngx_http_mcp_refuse_response(r, ctx, MCP_R_UPSTREAM_STATUS,
                                            "status 1xx or 206");
    }

    if (status >= NGX_HTTP_SPECIAL_RESPONSE && status < NGX_HTTP_BAD_REQUEST
        && status != NGX_HTTP_NOT_MODIFIED && ngx_http_mcp_leads_away(r))
    {
        return ngx_http_mcp_refuse_response(r, ctx, MCP_R_UPSTREAM_INVALID,
                                            "redirect to another origin");
    }

    if (r->header_only || status == NGX_HTTP_NO_CONTENT
        || status == NGX_HTTP_NOT_MODIFIED
        || r->headers_out.content_length_n == 0)
    {
        return ngx_http_next_header_filter(r);
    }

    if (r->headers_out.content_encoding
        && r->headers_out.content_encoding->value.len
        && r->headers_out.content_encoding->hash)
    {
        return ngx_http_mcp_refuse_response(r, ctx, MCP_R_UPSTREAM_ENCODING,
                                            "encoded response");
    }

    r->filter_need_in_memory = 1;

    if (status < NGX_HTTP_SPECIAL_RESPONSE) {

        if (ngx_http_mcp_content_type(r, "text/event-stream")) {

            /* some clients decode by the charset, whatever the standard says */

            if (!ngx_http_mcp_charset(r, "utf-8")) {
                return ngx_http_mcp_refuse_response(r, ctx,
                                                    MCP_R_UPSTREAM_TYPE,
                                                    "charset is not UTF-8");
            }

            return ngx_http_mcp_stream_head(r, ctx);
        }

        if (status == NGX_HTTP_ACCEPTED && !ngx_http_mcp_is_json(r)) {
            /* "Accepted" in words: the status says it all */
            return ngx_http_mcp_hold(r, ctx, NGX_HTTP_MCP_DROP_BODY);
        }

        return ngx_http_mcp_hold(r, ctx,
                                 ngx_http_mcp_is_json(r)
                                 ? NGX_HTTP_MCP_JSON : NGX_HTTP_MCP_EMPTY);
    }

    /*
     * What is left are errors and redirects, in JSON or in plain text.  In
     * another charset the text is not what it seems: the status is enough.
     */

    if (!ngx_http_mcp_charset(r, "utf-8")
        && !ngx_http_mcp_charset(r, "us-ascii")
        && !ngx_http_mcp_charset(r, "iso-8859-1"))
    {
        return ngx_http_mcp_hold(r, ctx, NGX_HTTP_MCP_DROP_BODY);
    }

    return ngx_http_mcp_hold(r, ctx, NGX_HTTP_MCP_TEXT);
}


static ngx_int_t
ngx_http_mcp_hold(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx,
    ngx_uint_t state)
{
    ctx->response = state;

    if (state == NGX_HTTP_MCP_JSON || state == NGX_HTTP_MCP_TEXT) {

        ctx->inspector = ngx_http_mcp_inspector_get();
        if (ctx->inspector == NULL) {
            return NGX_ERROR;
        }

        mcp_inspector_start(ctx->inspector, &ctx->mlcf->policy,
                            ngx_http_mcp_scan(ctx->mlcf), MCP_SERVER,
                            &ctx->exchange);
    }

    if (ctx->mlcf->policy.mode == MCP_MONITOR) {
        return ngx_http_next_header_filter(r);
    }

    ctx->head_held = 1;

    if (r->upstream
        && r->upstream->finalize_request != ngx_http_mcp_upstream_ends)
    {
        ctx->upstream_ends = r->upstream->finalize_request;
        r->upstream->finalize_request = ngx_http_mcp_upstream_ends;
    }

    return NGX_OK;
}


/*
 * What cannot be read any further, as after a broken chunk, nginx ends without
 * a call of any filter: it believes that the head was sent, and closes the
 * connection.
 */

static void
ngx_http_mcp_upstream_ends(ngx_http_request_t *r, ngx_int_t rc)
{
    ngx_http_mcp_ctx_t  *ctx;

    ctx = ngx_http_mcp_get_ctx(r);

    if (ctx == NULL || ctx->upstream_ends == NULL) {
        return;
    }

    ctx->upstream_ends(r, rc);

    if (rc == NGX_ERROR && ctx->head_held && !r->connection->error) {
        r->keepalive = 0;

        (void) ngx_http_mcp_refuse_response(r, ctx, MCP_R_UPSTREAM_INVALID,
                                            "response that cannot be read");
    }
}


static ngx_int_t
ngx_http_mcp_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_chain_t         *cl;
    ngx_http_mcp_ctx_t  *ctx;

    if (r != r->main) {
        return ngx_http_next_body_filter(r, in);
    }

    ctx = ngx_http_get_module_ctx(r, ngx_http_mcp_module);

    if (ctx == NULL || ctx->response == NGX_HTTP_MCP_PASS) {
        return ngx_http_next_body_filter(r, in);
    }

    if (ctx->response == NGX_HTTP_MCP_STREAM) {
        return ngx_http_mcp_stream_body(r, ctx, in);
    }

    if (in == NULL) {
        return ctx->head_held ? NGX_OK : ngx_http_next_body_filter(r, NULL);
    }

    if (ctx->response == NGX_HTTP_MCP_DONE) {

        /* the answer went out: swallow what still comes */

        for (cl = in; cl; cl = cl->next) {
            ngx_http_mcp_consume(cl->buf);
        }

        return ngx_http_next_body_filter(r, ngx_http_mcp_owed_end(ctx, in));
    }

    if (ctx->mlcf->policy.mode == MCP_MONITOR) {
        return ngx_http_mcp_watch_body(r, ctx, in);
    }

    return ngx_http_mcp_hold_body(r, ctx, in);
}


/*
 * Clients adopt a session id from any answer, but a server sets one only on
 * initialize: elsewhere it would move the client into a session of the
 * attacker's choice (mcp-wire.md 3.3).
 */

static void
ngx_http_mcp_check_session(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx)
{
    ngx_str_t        *session;
    ngx_uint_t        hash;
    ngx_table_elt_t  *h, *other;

    if (ctx->mlcf->policy.mode == MCP_MONITOR) {
        return;
    }

    h = ngx_http_mcp_find_header(&r->headers_out.headers, "mcp-session-id");

    if (h == NULL) {
        return;
    }

    /* of several only the first, or clients differ in which they take */

    hash = h->hash;
    h->hash = 0;

    while ((other = ngx_http_mcp_find_header(&r->headers_out.headers,
                                             "mcp-session-id")))
    {
        other->hash = 0;
    }

    if (ctx->exchange.method == MCP_M_INITIALIZE || ctx->batched) {
        h->hash = hash;
        ctx->session = h->value;
        return;
    }

    session = &ctx->headers.session;

    if (ctx->exchange.era != MCP_ERA_MODERN
        && session->len == h->value.len
        && ngx_memcmp(session->data, h->value.data, session->len) == 0)
    {
        h->hash = hash;
    }
}


/*
 * A client that follows a redirect repeats its message there, with its
 * credentials and past the gateway: 1 unless the target is of the origin that
 * it asked (after proxy_redirect).
 */

static ngx_uint_t
ngx_http_mcp_leads_away(ngx_http_request_t *r)
{
    u_char           *p, *last;
    ngx_uint_t        i, found;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    found = 0;
    part = &r->headers_out.headers.part;
    h = part->elts;

    for (i = 0; /* void */; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                break;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].hash == 0 || h[i].key.len != 8
            || ngx_strncasecmp(h[i].key.data, (u_char *) "location", 8) != 0)
        {
            continue;
        }

        /* clients differ in which of two they take */

        if (found++) {
            return 1;
        }

        p = h[i].value.data;
        last = p + h[i].value.len;

        if (!ngx_http_mcp_same_origin(r, p, last)) {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_http_mcp_same_origin(ngx_http_request_t *r, u_char *p, u_char *last)
{
    u_char     *c, *scheme;
    size_t      len;
    ngx_str_t   host, own, port;

    /* what parsers drop, or take for '/' */

    for (c = p; c < last; c++) {
        if (*c <= ' ' || *c == 0x7f || *c == '\\') {
            return 0;
        }
    }

    scheme = (u_char *) "http";
    ngx_str_set(&port, "80");

#if (NGX_HTTP_SSL)
    if (r->connection->ssl) {
        scheme = (u_char *) "https";
        ngx_str_set(&port, "443");
    }
#endif

    for (c = p; c < last && *c != ':' && *c != '/' && *c != '?' && *c != '#';
         c++)
    {
        /* void */
    }

    if (c < last && *c == ':') {

        len = ngx_strlen(scheme);

        if ((size_t) (c - p) != len || ngx_strncasecmp(p, scheme, len) != 0
            || last - c < 3 || c[1] != '/' || c[2] != '/')
        {
            return 0;
        }

        p = c + 3;

    } else if (last - p > 1 && p[0] == '/' && p[1] == '/') {
        p += 2;

    } else {
        return 1;
    }

    if (r->headers_in.host == NULL) {
        return 0;
    }

    for (c = p; c < last && *c != '/' && *c != '?' && *c != '#'; c++) {
        /* void */
    }

    host = ngx_http_mcp_authority(p, c, &port);

    p = r->headers_in.host->value.data;
    own = ngx_http_mcp_authority(p, p + r->headers_in.host->value.len, &port);

    return host.len != 0 && host.len == own.len
           && ngx_strncasecmp(host.data, own.data, own.len) == 0;
}


/* "host:port" without the port that it has anyway. */

static ngx_str_t
ngx_http_mcp_authority(u_char *p, u_char *last, ngx_str_t *port)
{
    ngx_str_t  s;

    s.data = p;
    s.len = last - p;

    if (s.len > port->len && last[-1 - (ssize_t) port->len] == ':'
        && ngx_memcmp(last - port->len, port->data, port->len) == 0)
    {
        s.len -= port->len + 1;
    }

    return s;
}


/* The memory of a response that is not the pool's. */

static void
ngx_http_mcp_release(ngx_http_mcp_ctx_t *ctx)
{
    ngx_http_mcp_stream_free(ctx);
    ngx_http_mcp_hold_free(ctx);
}


/* The media type without parameters, as clients compare it. */

static ngx_uint_t
ngx_http_mcp_content_type(ngx_http_request_t *r, const char *type)
{
    size_t  len;

    len = ngx_strlen(type);

    return r->headers_out.content_type_len == len
           && ngx_strncasecmp(r->headers_out.content_type.data,
                              (u_char *) type, len)
              == 0;
}


static ngx_uint_t
ngx_http_mcp_is_json(ngx_http_request_t *r)
{
    return ngx_http_mcp_content_type(r, "application/json")
           && ngx_http_mcp_charset(r, "utf-8");
}


/* 1: the response is in this charset, or says nothing of it. */

static ngx_uint_t
ngx_http_mcp_charset(ngx_http_request_t *r, const char *charset)
{
    size_t  len;

    len = ngx_strlen(charset);

    return r->headers_out.charset.len == 0
           || (r->headers_out.charset.len == len
               && ngx_strncasecmp(r->headers_out.charset.data,
                                  (u_char *) charset, len)
                  == 0);
}


ngx_int_t
ngx_http_mcp_next_header(ngx_http_request_t *r)
{
    return ngx_http_next_header_filter(r);
}


ngx_int_t
ngx_http_mcp_next_body(ngx_http_request_t *r, ngx_chain_t *in)
{
    return ngx_http_next_body_filter(r, in);
}
