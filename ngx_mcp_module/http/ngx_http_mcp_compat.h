
/*
 * Differences between nginx 1.18 and 1.31: every test of nginx_version is in
 * this file.
 */


#ifndef _NGX_HTTP_MCP_COMPAT_H_INCLUDED_
#define _NGX_HTTP_MCP_COMPAT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


#if (nginx_version < 1018000)
#error the MCP module needs nginx 1.18.0 or newer
#endif


/* Since 1.23.0 headers of one name are linked. */

#if (nginx_version >= 1023000)

#define ngx_http_mcp_init_next(h)    ((h)->next = NULL)

#else

#define ngx_http_mcp_init_next(h)

#endif


/*
 * Makes the upstream module believe that the response is over, so that it
 * ends the request at once and cleanly; the connection to the server is
 * closed.  For a response that ends before the server ends it.
 */

static ngx_inline void
ngx_http_mcp_stop_upstream(ngx_http_request_t *r)
{
    ngx_http_upstream_t  *u;

    u = r->upstream;

    if (u == NULL) {
        return;
    }

    u->keepalive = 0;
    u->length = 0;

    /* what came is not the whole */
    u->cacheable = 0;

    if (u->buffering && u->pipe) {
        u->pipe->upstream_done = 1;
    }
}


/*
 * 1 while an upstream is at work, or the cache in its place; 0 when it was
 * finalized, so that what comes now is made by nginx itself.
 */

static ngx_inline ngx_uint_t
ngx_http_mcp_upstream_live(ngx_http_request_t *r)
{
#if (NGX_HTTP_CACHE)
    if (r->cached) {
        return 1;
    }
#endif

    return r->upstream && r->upstream->cleanup;
}


/*
 * Puts back the version of the request, which the proxy module overwrites
 * where a server sends no status line.
 */

static ngx_inline void
ngx_http_mcp_restore_version(ngx_http_request_t *r)
{
    r->http_version = NGX_HTTP_VERSION_10;

    if (r->http_protocol.len == sizeof("HTTP/1.1") - 1
        && r->http_protocol.data[7] == '1')
    {
        r->http_version = NGX_HTTP_VERSION_11;
    }

#if (NGX_HTTP_V2)
    if (r->stream) {
        r->http_version = NGX_HTTP_VERSION_20;
    }
#endif
}


/* A switch of protocols would go on behind the back of body filters. */

static ngx_inline void
ngx_http_mcp_no_upgrade(ngx_http_request_t *r)
{
    if (r->upstream) {
        r->upstream->upgrade = 0;
    }
}


/* Trailers do not pass a body filter, so they are not sent (1.27.2). */

static ngx_inline void
ngx_http_mcp_drop_trailers(ngx_http_request_t *r)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    for (part = &r->headers_out.trailers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            h[i].hash = 0;
        }
    }
}


#endif /* _NGX_HTTP_MCP_COMPAT_H_INCLUDED_ */
