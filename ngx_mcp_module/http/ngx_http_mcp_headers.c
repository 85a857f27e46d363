
/*
 * What the headers of a request must be before its body is read: the HTTP
 * method, no doubled header that a server may read differently, Origin,
 * media type (mcp-wire.md 10.3, 10.5).  Nothing is *allowed* here: the body
 * decides.
 */


#include "ngx_http_mcp_module.h"


typedef struct {
    ngx_str_t   name;           /* lower case */
    ngx_uint_t  offset;         /* of the ngx_str_t in ngx_http_mcp_headers_t */
} ngx_http_mcp_header_t;


static ngx_int_t ngx_http_mcp_collect_headers(ngx_http_request_t *r,
    ngx_http_mcp_headers_t *h);
static void ngx_http_mcp_hide_header(ngx_table_elt_t *h);
static ngx_uint_t ngx_http_mcp_doubled_param(ngx_list_part_t *part,
    ngx_uint_t i, ngx_table_elt_t *elt);
static ngx_uint_t ngx_http_mcp_json_type(ngx_str_t *type);
static ngx_int_t ngx_http_mcp_check_origin(ngx_http_request_t *r,
    ngx_http_mcp_loc_conf_t *mlcf, ngx_str_t *origin);
static ngx_uint_t ngx_http_mcp_origin_self(ngx_http_request_t *r,
    ngx_http_mcp_loc_conf_t *mlcf, ngx_str_t *origin);
static ngx_uint_t ngx_http_mcp_own_name(ngx_http_request_t *r,
    ngx_http_mcp_loc_conf_t *mlcf, ngx_str_t *host);


static ngx_http_mcp_header_t  ngx_http_mcp_known_headers[] = {

    { ngx_string("content-type"),
      offsetof(ngx_http_mcp_headers_t, content_type) },

    { ngx_string("content-encoding"),
      offsetof(ngx_http_mcp_headers_t, content_encoding) },

    { ngx_string("origin"),
      offsetof(ngx_http_mcp_headers_t, origin) },

    { ngx_string("authorization"),
      offsetof(ngx_http_mcp_headers_t, authorization) },

    { ngx_string("last-event-id"),
      offsetof(ngx_http_mcp_headers_t, last_event_id) },

    { ngx_string("mcp-protocol-version"),
      offsetof(ngx_http_mcp_headers_t, version) },

    { ngx_string("mcp-method"),
      offsetof(ngx_http_mcp_headers_t, method) },

    { ngx_string("mcp-name"),
      offsetof(ngx_http_mcp_headers_t, name) },

    { ngx_string("mcp-session-id"),
      offsetof(ngx_http_mcp_headers_t, session) },

    { ngx_string("mcp-consent-token"),
      offsetof(ngx_http_mcp_headers_t, consent_token) },

    { ngx_null_string, 0 }
};


mcp_reason_t
ngx_http_mcp_check_headers(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx)
{
    ngx_int_t                 rc;
    ngx_http_mcp_headers_t   *h;
    ngx_http_mcp_loc_conf_t  *mlcf;

    mlcf = ctx->mlcf;
    h = &ctx->headers;

    ngx_memzero(h, sizeof(ngx_http_mcp_headers_t));

    rc = ngx_http_mcp_collect_headers(r, h);

    if (rc != NGX_OK) {
        ctx->detail = "doubled header";
        return MCP_R_HEADER;
    }

    if (r->method == NGX_HTTP_OPTIONS) {
        ctx->detail = "unexpected request body";
        return MCP_R_INVALID;
    }

    if (r->method != NGX_HTTP_POST
        && ((r->method != NGX_HTTP_GET && r->method != NGX_HTTP_DELETE)
            || !(mlcf->policy.eras & (1 << MCP_ERA_LEGACY))))
    {
        ctx->detail = "HTTP method not allowed";
        return MCP_R_HTTP_METHOD;
    }

    if (h->origin.data
        && ngx_http_mcp_check_origin(r, mlcf, &h->origin) != NGX_OK)
    {
        ctx->detail = "origin not allowed";
        return MCP_R_ORIGIN;
    }

    if (ngx_http_complex_value(r, mlcf->client, &ctx->client) != NGX_OK) {
        return MCP_R_INTERNAL;
    }

    if (ctx->client.len == 0) {
        ctx->detail = "no client identity";
        return MCP_R_CLIENT;
    }

    if (r->method != NGX_HTTP_POST) {

        if (r->headers_in.content_length_n > 0 || r->headers_in.chunked) {
            ctx->detail = "unexpected request body";
            return MCP_R_INVALID;
        }

        return MCP_R_NONE;
    }

    if (h->content_encoding.data
        && (h->content_encoding.len != 8
            || ngx_strncasecmp(h->content_encoding.data,
                               (u_char *) "identity", 8)
               != 0))
    {
        ctx->detail = "encoded request body";
        return MCP_R_CONTENT_ENCODING;
    }

    if (!ngx_http_mcp_json_type(&h->content_type)) {
        ctx->detail = "content type is not application/json in UTF-8";
        return MCP_R_CONTENT_TYPE;
    }

    if (r->headers_in.content_length_n
        > (off_t) mlcf->policy.max_request_size)
    {
        ctx->detail = "message too large";
        return MCP_R_TOO_LARGE;
    }

    return MCP_R_NONE;
}


/* NGX_DECLINED: a header is there twice. */

static ngx_int_t
ngx_http_mcp_collect_headers(ngx_http_request_t *r, ngx_http_mcp_headers_t *h)
{
    ngx_str_t              *value;
    ngx_uint_t              i;
    ngx_list_part_t        *part;
    ngx_table_elt_t        *elt;
    ngx_http_mcp_header_t  *known;

    part = &r->headers_in.headers.part;
    elt = part->elts;

    for (i = 0; /* void */; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                break;
            }

            part = part->next;
            elt = part->elts;
            i = 0;
        }

        if (elt[i].hash == 0) {
            continue;
        }

        if (elt[i].key.len > 10
            && ngx_strncasecmp(elt[i].key.data, (u_char *) "mcp-param-", 10)
               == 0)
        {
            if (ngx_http_mcp_doubled_param(part, i, &elt[i])) {
                return NGX_DECLINED;
            }

            if (!mcp_era_mirror_valid(ngx_http_mcp_str(&elt[i].value))) {
                h->bad_param = 1;
            }

            continue;
        }

        for (known = ngx_http_mcp_known_headers; known->name.len; known++) {

            if (elt[i].key.len != known->name.len
                || ngx_strncasecmp(elt[i].key.data, known->name.data,
                                   known->name.len)
                   != 0)
            {
                continue;
            }

            value = (ngx_str_t *) ((u_char *) h + known->offset);

            if (value->data) {
                return NGX_DECLINED;
            }

            *value = elt[i].value;

            if (known->offset
                == offsetof(ngx_http_mcp_headers_t, consent_token))
            {
                ngx_http_mcp_hide_header(&elt[i]);
            }

            break;
        }
    }

    return NGX_OK;
}


/*
 * A credential of the gateway is not for the server.  Others point into the
 * list of headers, so that none can be taken out, and the modules that talk
 * to servers send each element but those of connection management: it
 * becomes one of these.
 */

static void
ngx_http_mcp_hide_header(ngx_table_elt_t *h)
{
    ngx_str_set(&h->key, "Keep-Alive");
    h->lowcase_key = (u_char *) "keep-alive";
    h->hash = ngx_hash_key(h->lowcase_key, h->key.len);
    ngx_str_null(&h->value);
}


/* The same Mcp-Param-* header further on in the list. */

static ngx_uint_t
ngx_http_mcp_doubled_param(ngx_list_part_t *part, ngx_uint_t i,
    ngx_table_elt_t *elt)
{
    ngx_table_elt_t  *other;

    other = part->elts;
    i++;

    for ( ;; ) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return 0;
            }

            part = part->next;
            other = part->elts;
            i = 0;
            continue;
        }

        if (other[i].key.len == elt->key.len
            && ngx_strncasecmp(other[i].key.data, elt->key.data,
                               elt->key.len)
               == 0)
        {
            return 1;
        }

        i++;
    }
}


/*
 * Exactly application/json, with no parameter but charset=utf-8: servers
 * decode a body by its declared charset (mcp-wire.md 1.9).
 */

static ngx_uint_t
ngx_http_mcp_json_type(ngx_str_t *type)
{
    u_char  *p, *last;
    size_t   len;

    static ngx_str_t  json = ngx_string("application/json");

    if (type->len < json.len
        || ngx_strncasecmp(type->data, json.data, json.len) != 0)
    {
        return 0;
    }

    p = type->data + json.len;
    last = type->data + type->len;

    while (p < last && (*p == ' ' || *p == '\t')) {
        p++;
    }

    if (p == last) {
        return 1;
    }

    if (*p++ != ';') {
        return 0;
    }

    while (p < last && (*p == ' ' || *p == '\t')) {
        p++;
    }

    while (last > p && (last[-1] == ' ' || last[-1] == '\t')) {
        last--;
    }

    if (p == last) {
        return 1;
    }

    if (last - p < 8 || ngx_strncasecmp(p, (u_char *) "charset=", 8) != 0) {
        return 0;
    }

    p += 8;
    len = last - p;

    if (len == 7 && p[0] == '"' && p[6] == '"') {
        p++;
        len = 5;
    }

    return len == 5 && ngx_strncasecmp(p, (u_char *) "utf-8", 5) == 0;
}


/*
 * "self" must hold against DNS rebinding, where Origin and Host agree on a
 * name of the attacker: so the host must also be one that this server knows,
 * or an address, which nobody can rebind.
 */

static ngx_uint_t
ngx_http_mcp_origin_self(ngx_http_request_t *r, ngx_http_mcp_loc_conf_t *mlcf,
    ngx_str_t *origin)
{
    size_t      len;
    u_char     *p, *last, *colon;
    ngx_str_t   host, own;

    last = origin->data + origin->len;

    if (origin->len > 7
        && ngx_strncasecmp(origin->data, (u_char *) "http://", 7) == 0)
    {
        p = origin->data + 7;
        len = sizeof(":80") - 1;

        if (last - p > (ssize_t) len
            && ngx_strncmp(last - len, ":80", len) == 0)
        {
            last -= len;
        }

    } else if (origin->len > 8
               && ngx_strncasecmp(origin->data, (u_char *) "https://", 8) == 0)
    {
        p = origin->data + 8;
        len = sizeof(":443") - 1;

        if (last - p > (ssize_t) len
            && ngx_strncmp(last - len, ":443", len) == 0)
        {
            last -= len;
        }

    } else {
        return 0;
    }

    if (r->headers_in.host == NULL) {
        return 0;
    }

    host = r->headers_in.host->value;

    if (host.len > 3 && ngx_strncmp(host.data + host.len - 3, ":80", 3) == 0) {
        host.len -= 3;

    } else if (host.len > 4
               && ngx_strncmp(host.data + host.len - 4, ":443", 4) == 0)
    {
        host.len -= 4;
    }

    if ((size_t) (last - p) != host.len
        || ngx_strncasecmp(p, host.data, host.len) != 0)
    {
        return 0;
    }

    own = host;

    if (own.len && own.data[0] == '[') {
        return 1;
    }

    colon = ngx_strlchr(own.data, own.data + own.len, ':');

    if (colon) {
        own.len = colon - own.data;
    }

    if (own.len == 9
        && ngx_strncasecmp(own.data, (u_char *) "localhost", 9) == 0)
    {
        return 1;
    }

    return ngx_inet_addr(own.data, own.len) != INADDR_NONE
           || ngx_http_mcp_own_name(r, mlcf, &own);
}


static ngx_uint_t
ngx_http_mcp_own_name(ngx_http_request_t *r, ngx_http_mcp_loc_conf_t *mlcf,
    ngx_str_t *host)
{
    ngx_str_t                name;
    ngx_uint_t               i;
    ngx_http_server_name_t  *sn;

    sn = mlcf->names->elts;

    for (i = 0; i < mlcf->names->nelts; i++) {

#if (NGX_PCRE)
        if (sn[i].regex) {
            if (ngx_http_regex_exec(r, sn[i].regex, host) == NGX_OK) {
                return 1;
            }

            continue;
        }
#endif

        name = sn[i].name;

        if (name.len == 0) {
            continue;
        }

        if (name.data[0] == '.') {

            if (host->len == name.len - 1
                && ngx_strncasecmp(host->data, name.data + 1, host->len) == 0)
            {
                return 1;
            }

        } else if (name.len > 1 && name.data[0] == '*') {
            name.data++;
            name.len--;

        } else if (name.len > 1 && name.data[name.len - 1] == '*') {

            name.len--;

            if (host->len > name.len
                && ngx_strncasecmp(host->data, name.data, name.len) == 0)
            {
                return 1;
            }

            continue;

        } else {

            if (host->len == name.len
                && ngx_strncasecmp(host->data, name.data, name.len) == 0)
            {
                return 1;
            }

            continue;
        }

        /* ".example.com": a name below it */

        if (host->len > name.len
            && ngx_strncasecmp(host->data + host->len - name.len, name.data,
                               name.len)
               == 0)
        {
            return 1;
        }
    }

    return 0;
}


static ngx_int_t
ngx_http_mcp_check_origin(ngx_http_request_t *r, ngx_http_mcp_loc_conf_t *mlcf,
    ngx_str_t *origin)
{
    ngx_str_t   *value;
    ngx_uint_t   i;

    if (mlcf->origin_any) {
        return NGX_OK;
    }

    if (mlcf->origin_self && ngx_http_mcp_origin_self(r, mlcf, origin)) {
        return NGX_OK;
    }

    if (mlcf->origins == NULL) {
        return NGX_DECLINED;
    }

    value = mlcf->origins->elts;

    for (i = 0; i < mlcf->origins->nelts; i++) {

        if (value[i].len == origin->len
            && ngx_strncasecmp(value[i].data, origin->data, origin->len) == 0)
        {
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}
