
/*
 * Small helpers of the glue.
 */


#include "ngx_http_mcp_module.h"


#define NGX_HTTP_MCP_SPARE  (2 * 1024 * 1024)  /* bytes kept for next time */


/*
 * One buffer for held bodies is kept by each process: large allocations go
 * back to the system when freed, and page faults for a fresh megabyte cost
 * more than its inspection.
 */

static mcp_buf_t  ngx_http_mcp_spare;


mcp_rc_t
ngx_http_mcp_judge(ngx_http_mcp_ctx_t *ctx, mcp_inspector_t *in,
    mcp_verdict_t *v)
{
    if (mcp_inspector_finish(in, v) != MCP_OK) {
        return MCP_ERROR;
    }

    mcp_inspector_judge(in, ctx->exchange.era, ctx->exchange.conditions, v);
    ngx_http_mcp_note_hits(ctx, in, MCP_SERVER);

    return MCP_OK;
}


void
ngx_http_mcp_consume(ngx_buf_t *b)
{
    b->pos = b->last;

    if (b->in_file) {
        b->file_pos = b->file_last;
    }
}


void
ngx_http_mcp_consume_chain(ngx_chain_t *in)
{
    for ( /* void */ ; in; in = in->next) {
        ngx_http_mcp_consume(in->buf);
    }
}


/*
 * The addition module takes the end off our last buffer, leaves it a sync
 * buffer, and sends an end of its own through all filters.  Any other end
 * behind ours is the upstream's, and would be a second one.
 */

ngx_chain_t *
ngx_http_mcp_owed_end(ngx_http_mcp_ctx_t *ctx, ngx_chain_t *in)
{
    if (ctx->last == NULL || ctx->last->last_buf || !ctx->last->sync) {
        return NULL;
    }

    for ( /* void */ ; in; in = in->next) {

        if (in->buf->last_buf) {
            ctx->last = NULL;
            return in;
        }
    }

    return NULL;
}


ngx_uint_t
ngx_http_mcp_batch_version(mcp_str_t version)
{
    return version.len == sizeof(MCP_VERSION_BATCH) - 1
           && ngx_memcmp(version.data, MCP_VERSION_BATCH, version.len) == 0;
}


ngx_table_elt_t *
ngx_http_mcp_find_header(ngx_list_t *list, const char *name)
{
    size_t            len;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    len = ngx_strlen(name);
    part = &list->part;
    h = part->elts;

    for (i = 0; /* void */; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return NULL;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].hash && h[i].key.len == len
            && ngx_strncasecmp(h[i].key.data, (u_char *) name, len) == 0)
        {
            return &h[i];
        }
    }
}


/* Appends to the held body; the first call makes room for all of it. */

ngx_int_t
ngx_http_mcp_hold_bytes(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx,
    u_char *data, size_t size)
{
    off_t  expected;

    if (ctx->hold.data == NULL) {

        if (ngx_http_mcp_spare.data) {
            ctx->hold = ngx_http_mcp_spare;
            ngx_memzero(&ngx_http_mcp_spare, sizeof(mcp_buf_t));
        }

        expected = r->headers_out.content_length_n;

        if (expected > (off_t) size
            && expected <= (off_t) ctx->mlcf->policy.max_response_size
            && mcp_buf_reserve(&ctx->hold, expected) != MCP_OK)
        {
            return NGX_ERROR;
        }
    }

    return mcp_buf_append(&ctx->hold, data, size) == MCP_OK ? NGX_OK
                                                            : NGX_ERROR;
}


void
ngx_http_mcp_hold_free(ngx_http_mcp_ctx_t *ctx)
{
    if (ctx->hold.cap > ngx_http_mcp_spare.cap
        && ctx->hold.cap <= NGX_HTTP_MCP_SPARE)
    {
        mcp_buf_free(&ngx_http_mcp_spare);

        ngx_http_mcp_spare = ctx->hold;
        ngx_http_mcp_spare.len = 0;
        ngx_memzero(&ctx->hold, sizeof(mcp_buf_t));
    }

    mcp_buf_free(&ctx->hold);
    mcp_buf_free(&ctx->out);
}


void
ngx_http_mcp_spare_free(void)
{
    mcp_buf_free(&ngx_http_mcp_spare);
}
