
/*
 * The location of mcp_status: the counters as Prometheus reads them, or as
 * JSON.
 */


#include "ngx_http_mcp_count.h"


/* What the page is made of; the first of json is no comma. */

typedef struct {
    mcp_buf_t             out;
    unsigned              json:1;
    unsigned              first:1;
    unsigned              failed:1;
} ngx_http_mcp_page_t;


static ngx_int_t ngx_http_mcp_status_handler(ngx_http_request_t *r);
static ngx_uint_t ngx_http_mcp_wants_json(ngx_http_request_t *r);
static void ngx_http_mcp_page(ngx_http_mcp_page_t *page,
    ngx_http_mcp_main_conf_t *mmcf, ngx_http_mcp_slot_t *sum);
static void ngx_http_mcp_page_servers(ngx_http_mcp_page_t *page,
    ngx_http_mcp_main_conf_t *mmcf, ngx_http_mcp_slot_t *sum);
static void ngx_http_mcp_page_head(ngx_http_mcp_page_t *page,
    const char *name, const char *type, const char *help);
static void ngx_http_mcp_page_series(ngx_http_mcp_page_t *page,
    const char *name, ngx_str_t *server, const char *const *labels,
    uint64_t value);
static void ngx_http_mcp_page_number(ngx_http_mcp_page_t *page,
    const char *name, const char *type, const char *help, uint64_t value);
static void ngx_http_mcp_page_histogram(ngx_http_mcp_page_t *page,
    const char *name, const char *help, ngx_http_mcp_histogram_t *h);
static void ngx_http_mcp_page_str(ngx_http_mcp_page_t *page, const char *s);
static void ngx_http_mcp_page_text(ngx_http_mcp_page_t *page, ngx_str_t *s);
static void ngx_http_mcp_page_uint(ngx_http_mcp_page_t *page, uint64_t n);
static void ngx_http_mcp_page_seconds(ngx_http_mcp_page_t *page, uint64_t ns);


char *
ngx_http_mcp_status_page(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t  *clcf;
    ngx_http_mcp_main_conf_t  *mmcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    mmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_mcp_module);

    if (clcf->handler == ngx_http_mcp_status_handler) {
        return "is duplicate";
    }

    clcf->handler = ngx_http_mcp_status_handler;
    mmcf->status = 1;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_mcp_status_handler(ngx_http_request_t *r)
{
    ngx_int_t                  rc;
    ngx_buf_t                 *b;
    ngx_chain_t                out;
    ngx_http_mcp_page_t        page;
    ngx_http_mcp_slot_t       *sum;
    ngx_http_mcp_main_conf_t  *mmcf;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    mmcf = ngx_http_get_module_main_conf(r, ngx_http_mcp_module);

    sum = ngx_pcalloc(r->pool, ngx_http_mcp_slot_size(mmcf));
    if (sum == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_mcp_count_sum(mmcf, sum);

    ngx_memzero(&page, sizeof(ngx_http_mcp_page_t));

    page.json = ngx_http_mcp_wants_json(r);

    ngx_http_mcp_page(&page, mmcf, sum);

    b = page.failed ? NULL : ngx_create_temp_buf(r->pool, page.out.len);

    if (b) {
        b->last = ngx_cpymem(b->pos, page.out.data, page.out.len);
    }

    mcp_buf_free(&page.out);

    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (page.json) {
        ngx_http_mcp_set_json(r);

    } else {
        ngx_str_set(&r->headers_out.content_type,
                    "text/plain; version=0.0.4; charset=utf-8");
        r->headers_out.content_type_len = sizeof("text/plain") - 1;
        r->headers_out.content_type_lowcase = NULL;
    }

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = b->last - b->pos;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b->last_buf = (r == r->main);
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


static ngx_uint_t
ngx_http_mcp_wants_json(ngx_http_request_t *r)
{
    ngx_table_elt_t  *accept;

    accept = ngx_http_mcp_find_header(&r->headers_in.headers, "accept");

    return accept
           && ngx_strcasestrn(accept->value.data, "application/json",
                              sizeof("application/json") - 2)
              != NULL;
}


static void
ngx_http_mcp_page(ngx_http_mcp_page_t *page, ngx_http_mcp_main_conf_t *mmcf,
    ngx_http_mcp_slot_t *sum)
{
    ngx_uint_t  i;
    uint64_t    errors;

    if (page->json) {
        ngx_http_mcp_page_str(page, "{");
        page->first = 1;
    }

    ngx_http_mcp_page_servers(page, mmcf, sum);

    ngx_http_mcp_page_histogram(page, "mcp_inspection_seconds",
            "Time spent on inspection of a request and its responses.",
            &sum->inspection);
    ngx_http_mcp_page_histogram(page, "mcp_store_seconds",
            "Time until the store answered a question.", &sum->store);

    errors = 0;

    for (i = 0; i < mmcf->servers.nelts; i++) {
        errors += sum->servers[i].limits[NGX_MCP_STORE_ERROR];
    }

    ngx_http_mcp_page_number(page, "mcp_store_errors_total", "counter",
            "Questions without an answer of the store.", errors);
    ngx_http_mcp_page_number(page, "mcp_store_fallbacks_total", "counter",
            "Messages that passed all the same, by fail=open.",
            sum->fallbacks);
    ngx_http_mcp_page_number(page, "mcp_store_reconnects_total", "counter",
            "Connections to the store that were made anew.", sum->reconnects);
    ngx_http_mcp_page_number(page, "mcp_open_streams", "gauge",
            "Event streams that are open now.", sum->streams);

    ngx_http_mcp_page_str(page, page->json ? "\n}\n" : "");
}


static void
ngx_http_mcp_page_servers(ngx_http_mcp_page_t *page,
    ngx_http_mcp_main_conf_t *mmcf, ngx_http_mcp_slot_t *sum)
{
    ngx_str_t    *name;
    ngx_uint_t    i, k, dir, rank;
    const char   *labels[7];

    static const char *const  directions[] = { "request", "response" };
    static const char *const  results[] = { "pass", "limited", "error" };

    name = mmcf->servers.elts;
    labels[6] = NULL;

    ngx_http_mcp_page_head(page, "mcp_messages_total", "counter",
                           "Messages that were judged.");

    labels[0] = "direction";
    labels[2] = "method";
    labels[4] = "verdict";

    for (i = 0; i < mmcf->servers.nelts; i++) {
        for (dir = 0; dir < 2; dir++) {
            for (k = 0; k < NGX_HTTP_MCP_CLASSES; k++) {

                ngx_atomic_t  *n = sum->servers[i].messages[dir][k];

                labels[1] = directions[dir];
                labels[3] = ngx_http_mcp_classes[k];

                /* the first two are one word */

                n[1] += n[0];

                for (rank = 1; rank < NGX_HTTP_MCP_VERDICTS; rank++) {
                    labels[5] = ngx_http_mcp_rank_word(rank);
                    ngx_http_mcp_page_series(page, "mcp_messages_total",
                                             &name[i], labels, n[rank]);
                }
            }
        }
    }

    ngx_http_mcp_page_head(page, "mcp_rule_messages_total", "counter",
            "Messages that a rule decided about, or flagged.");

    labels[0] = "category";
    labels[2] = NULL;

    for (i = 0; i < mmcf->servers.nelts; i++) {
        for (k = 0; k < MCP_CAT_MAX; k++) {
            labels[1] = mcp_category_name((mcp_category_t) k);
            ngx_http_mcp_page_series(page, "mcp_rule_messages_total", &name[i],
                                     labels, sum->servers[i].categories[k]);
        }
    }

    ngx_http_mcp_page_head(page, "mcp_message_bytes_total", "counter",
                           "Bytes of messages that were inspected.");

    labels[0] = "direction";

    for (i = 0; i < mmcf->servers.nelts; i++) {
        for (dir = 0; dir < 2; dir++) {
            labels[1] = directions[dir];
            ngx_http_mcp_page_series(page, "mcp_message_bytes_total", &name[i],
                                     labels, sum->servers[i].bytes[dir]);
        }
    }

    ngx_http_mcp_page_head(page, "mcp_limit_decisions_total", "counter",
            "Messages that rate limits were asked about.");

    labels[0] = "result";

    for (i = 0; i < mmcf->servers.nelts; i++) {
        for (k = 0; k < 3; k++) {
            labels[1] = results[k];
            ngx_http_mcp_page_series(page, "mcp_limit_decisions_total",
                                     &name[i], labels,
                                     sum->servers[i].limits[k]);
        }
    }

    ngx_http_mcp_page_str(page, page->json ? "]" : "");
}


/* The start of a metric with labels; of JSON also the end of the one before. */

static void
ngx_http_mcp_page_head(ngx_http_mcp_page_t *page, const char *name,
    const char *type, const char *help)
{
    if (page->json) {
        ngx_http_mcp_page_str(page, page->out.len > 1 ? "],\n\"" : "\n\"");
        ngx_http_mcp_page_str(page, name);
        ngx_http_mcp_page_str(page, "\":[");
        page->first = 1;
        return;
    }

    ngx_http_mcp_page_str(page, "# HELP ");
    ngx_http_mcp_page_str(page, name);
    ngx_http_mcp_page_str(page, " ");
    ngx_http_mcp_page_str(page, help);
    ngx_http_mcp_page_str(page, "\n# TYPE ");
    ngx_http_mcp_page_str(page, name);
    ngx_http_mcp_page_str(page, " ");
    ngx_http_mcp_page_str(page, type);
    ngx_http_mcp_page_str(page, "\n");
}


/* labels: names and values, NULL ended.  What never happened is left out. */

static void
ngx_http_mcp_page_series(ngx_http_mcp_page_t *page, const char *name,
    ngx_str_t *server, const char *const *labels, uint64_t value)
{
    if (value == 0) {
        return;
    }

    if (page->json) {
        ngx_http_mcp_page_str(page, page->first ? "\n{\"server\":"
                                                : ",\n{\"server\":");
        page->first = 0;

    } else {
        ngx_http_mcp_page_str(page, name);
        ngx_http_mcp_page_str(page, "{server=");
    }

    ngx_http_mcp_page_text(page, server);

    for ( /* void */ ; labels[0]; labels += 2) {
        ngx_http_mcp_page_str(page, page->json ? ",\"" : ",");
        ngx_http_mcp_page_str(page, labels[0]);
        ngx_http_mcp_page_str(page, page->json ? "\":\"" : "=\"");
        ngx_http_mcp_page_str(page, labels[1]);
        ngx_http_mcp_page_str(page, "\"");
    }

    ngx_http_mcp_page_str(page, page->json ? ",\"count\":" : "} ");
    ngx_http_mcp_page_uint(page, value);
    ngx_http_mcp_page_str(page, page->json ? "}" : "\n");
}


static void
ngx_http_mcp_page_number(ngx_http_mcp_page_t *page, const char *name,
    const char *type, const char *help, uint64_t value)
{
    if (page->json) {
        ngx_http_mcp_page_str(page, ",\n\"");
        ngx_http_mcp_page_str(page, name);
        ngx_http_mcp_page_str(page, "\":");
        ngx_http_mcp_page_uint(page, value);
        return;
    }

    ngx_http_mcp_page_head(page, name, type, help);
    ngx_http_mcp_page_str(page, name);
    ngx_http_mcp_page_str(page, " ");
    ngx_http_mcp_page_uint(page, value);
    ngx_http_mcp_page_str(page, "\n");
}


/* Buckets hold all that is not above their bound. */

static void
ngx_http_mcp_page_histogram(ngx_http_mcp_page_t *page, const char *name,
    const char *help, ngx_http_mcp_histogram_t *h)
{
    uint64_t    n;
    ngx_uint_t  i;

    if (page->json) {
        ngx_http_mcp_page_str(page, ",\n\"");
        ngx_http_mcp_page_str(page, name);
        ngx_http_mcp_page_str(page, "\":{\"buckets\":[");

    } else {
        ngx_http_mcp_page_head(page, name, "histogram", help);
    }

    n = 0;

    for (i = 0; i < NGX_HTTP_MCP_BUCKETS; i++) {
        n += h->buckets[i];

        if (!page->json) {
            ngx_http_mcp_page_str(page, name);
        }

        ngx_http_mcp_page_str(page, page->json ? (i ? ",\n{\"le\":\""
                                                    : "\n{\"le\":\"")
                                               : "_bucket{le=\"");

        if (i < NGX_HTTP_MCP_BUCKETS - 1) {
            ngx_http_mcp_page_seconds(page, ngx_http_mcp_bounds[i]);

        } else {
            ngx_http_mcp_page_str(page, "+Inf");
        }

        ngx_http_mcp_page_str(page, page->json ? "\",\"count\":" : "\"} ");
        ngx_http_mcp_page_uint(page, n);
        ngx_http_mcp_page_str(page, page->json ? "}" : "\n");
    }

    ngx_http_mcp_page_str(page, page->json ? "],\"sum\":" : name);
    ngx_http_mcp_page_str(page, page->json ? "" : "_sum ");
    ngx_http_mcp_page_seconds(page, h->sum);
    ngx_http_mcp_page_str(page, page->json ? ",\"count\":" : "\n");
    ngx_http_mcp_page_str(page, page->json ? "" : name);
    ngx_http_mcp_page_str(page, page->json ? "" : "_count ");
    ngx_http_mcp_page_uint(page, n);
    ngx_http_mcp_page_str(page, page->json ? "}" : "\n");
}


static void
ngx_http_mcp_page_str(ngx_http_mcp_page_t *page, const char *s)
{
    if (mcp_buf_append_str(&page->out, s) != MCP_OK) {
        page->failed = 1;
    }
}


/* A text in quotes; both formats escape '"' and '\' in the same way. */

static void
ngx_http_mcp_page_text(ngx_http_mcp_page_t *page, ngx_str_t *s)
{
    if (mcp_buf_append_json(&page->out, s->data, s->len) != MCP_OK) {
        page->failed = 1;
    }
}


static void
ngx_http_mcp_page_uint(ngx_http_mcp_page_t *page, uint64_t n)
{
    if (mcp_buf_append_uint(&page->out, n) != MCP_OK) {
        page->failed = 1;
    }
}


static void
ngx_http_mcp_page_seconds(ngx_http_mcp_page_t *page, uint64_t ns)
{
    u_char  text[NGX_INT64_LEN + sizeof(".000000000")];

    *ngx_sprintf(text, "%uL.%09uL", ns / 1000000000, ns % 1000000000) = '\0';

    ngx_http_mcp_page_str(page, (char *) text);
}
