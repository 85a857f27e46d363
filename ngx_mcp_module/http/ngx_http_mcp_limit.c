
/*
 * Rate limits: the directives mcp_store and mcp_rate_limit, and the question
 * that the request phase asks when all else has been checked.
 */


#include "ngx_http_mcp_module.h"


static char *ngx_http_mcp_limit_option(ngx_conf_t *cf, ngx_str_t *value,
    ngx_http_mcp_limit_t *limit, ngx_str_t *opts);
static ngx_int_t ngx_http_mcp_limit_id(ngx_conf_t *cf, ngx_str_t *opts,
    ngx_str_t *id);
static u_char *ngx_http_mcp_limit_escape(u_char *p, ngx_str_t *s);
static ngx_uint_t ngx_http_mcp_limit_cost(ngx_http_mcp_limit_t *limit,
    const mcp_message_t *m);
static void ngx_http_mcp_asked(ngx_mcp_question_t *q);
static void ngx_http_mcp_ask_cleanup(void *data);


/* What mcp_rate_limit takes, in the order of the id. */

#define NGX_HTTP_MCP_RATE   0
#define NGX_HTTP_MCP_BURST  1
#define NGX_HTTP_MCP_TOOL   2
#define NGX_HTTP_MCP_KEY    3
#define NGX_HTTP_MCP_OPTS   4

static ngx_str_t  ngx_http_mcp_limit_opts[NGX_HTTP_MCP_OPTS] = {
    ngx_string("rate="),
    ngx_string("burst="),
    ngx_string("tool="),
    ngx_string("key=")
};


char *
ngx_http_mcp_store(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_mcp_loc_conf_t *mlcf = conf;

    if (mlcf->store != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    return ngx_http_mcp_get_store(cf, cf->args, &mlcf->store);
}


char *
ngx_http_mcp_get_store(ngx_conf_t *cf, ngx_array_t *args,
    ngx_mcp_store_t **store)
{
    char                       *rv;
    ngx_mcp_store_t           **st;
    ngx_http_mcp_main_conf_t   *mmcf;

    mmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_mcp_module);

    rv = ngx_mcp_store_read(cf, args, store);

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    st = ngx_array_push(&mmcf->stores);
    if (st == NULL) {
        return NGX_CONF_ERROR;
    }

    *st = *store;

    return NGX_CONF_OK;
}


char *
ngx_http_mcp_rate_limit(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_mcp_loc_conf_t *mlcf = conf;

    char                  *rv;
    ngx_str_t             *value, opts[NGX_HTTP_MCP_OPTS];
    ngx_uint_t             i;
    ngx_http_mcp_limit_t  *limit, *other;

    if (mlcf->limits == NGX_CONF_UNSET_PTR) {
        mlcf->limits = ngx_array_create(cf->pool, 4,
                                        sizeof(ngx_http_mcp_limit_t));
        if (mlcf->limits == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    if (mlcf->limits->nelts == NGX_MCP_MAX_LIMITS) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "too many \"%V\" directives, there can be %d on "
                           "one level", &cmd->name, NGX_MCP_MAX_LIMITS);
        return NGX_CONF_ERROR;
    }

    limit = ngx_array_push(mlcf->limits);
    if (limit == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(limit, sizeof(ngx_http_mcp_limit_t));
    ngx_memzero(opts, sizeof(opts));

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        rv = ngx_http_mcp_limit_option(cf, &value[i], limit, opts);

        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    if (opts[NGX_HTTP_MCP_RATE].data == NULL) {
        return "has no \"rate=\"";
    }

    if (limit->gcra.burst >= MCP_GCRA_MAX_WINDOW / limit->gcra.emission) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"burst=%V\" is more than \"rate=%V\" allows in "
                           "a year", &opts[NGX_HTTP_MCP_BURST],
                           &opts[NGX_HTTP_MCP_RATE]);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_mcp_limit_id(cf, opts, &limit->id) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    /* two of a kind would be charged twice as one */

    other = mlcf->limits->elts;

    for (i = 0; i < mlcf->limits->nelts - 1; i++) {

        if (other[i].id.len == limit->id.len
            && ngx_strncmp(other[i].id.data, limit->id.data, limit->id.len)
               == 0)
        {
            return "is duplicate";
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_mcp_limit_option(ngx_conf_t *cf, ngx_str_t *value,
    ngx_http_mcp_limit_t *limit, ngx_str_t *opts)
{
    ngx_int_t                          n;
    ngx_str_t                         *opt;
    ngx_uint_t                         i;
    ngx_http_compile_complex_value_t   ccv;

    for (i = 0; i < NGX_HTTP_MCP_OPTS; i++) {
        opt = &ngx_http_mcp_limit_opts[i];

        if (value->len > opt->len
            && ngx_strncmp(value->data, opt->data, opt->len) == 0)
        {
            break;
        }
    }

    if (i == NGX_HTTP_MCP_OPTS) {
        goto invalid;
    }

    if (opts[i].data) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate parameter \"%V\" in \"mcp_rate_limit\" "
                           "directive", value);
        return NGX_CONF_ERROR;
    }

    opts[i].data = value->data + opt->len;
    opts[i].len = value->len - opt->len;

    switch (i) {

    case NGX_HTTP_MCP_RATE:

        if (mcp_gcra_rate(opts[i].data, opts[i].len, &limit->gcra.emission)
            != MCP_OK)
        {
            goto invalid;
        }

        return NGX_CONF_OK;

    case NGX_HTTP_MCP_BURST:

        n = ngx_atoi(opts[i].data, opts[i].len);

        if (n == NGX_ERROR) {
            goto invalid;
        }

        limit->gcra.burst = n;

        return NGX_CONF_OK;

    case NGX_HTTP_MCP_TOOL:

        limit->tool = opts[i];

        return ngx_http_mcp_check_pattern(cf, &opts[i]) == NGX_OK
               ? NGX_CONF_OK : NGX_CONF_ERROR;

    default: /* NGX_HTTP_MCP_KEY */
        break;
    }

    limit->key = ngx_palloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (limit->key == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &opts[i];
    ccv.complex_value = limit->key;

    return ngx_http_compile_complex_value(&ccv) == NGX_OK ? NGX_CONF_OK
                                                          : NGX_CONF_ERROR;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\" in \"mcp_rate_limit\" "
                       "directive", value);

    return NGX_CONF_ERROR;
}


/*
 * The name of a limit in the store, which is the same on all machines with
 * this configuration and another one when the limit is changed:
 * "rate=10r/m,burst=5,tool=search_*".
 */

static ngx_int_t
ngx_http_mcp_limit_id(ngx_conf_t *cf, ngx_str_t *opts, ngx_str_t *id)
{
    size_t      len;
    u_char     *p;
    ngx_uint_t  i;

    len = 0;

    for (i = 0; i < NGX_HTTP_MCP_OPTS; i++) {
        len += 1 + ngx_http_mcp_limit_opts[i].len + 3 * opts[i].len;
    }

    p = ngx_pnalloc(cf->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    id->data = p;

    for (i = 0; i < NGX_HTTP_MCP_OPTS; i++) {

        if (opts[i].data == NULL) {
            continue;
        }

        if (p != id->data) {
            *p++ = ',';
        }

        p = ngx_cpymem(p, ngx_http_mcp_limit_opts[i].data,
                       ngx_http_mcp_limit_opts[i].len);
        p = ngx_http_mcp_limit_escape(p, &opts[i]);
    }

    id->len = p - id->data;

    return NGX_OK;
}


static u_char *
ngx_http_mcp_limit_escape(u_char *p, ngx_str_t *s)
{
    size_t  i;

    for (i = 0; i < s->len; i++) {

        if (s->data[i] > 0x20 && s->data[i] < 0x7f && s->data[i] != '%'
            && s->data[i] != ',')
        {
            *p++ = s->data[i];
            continue;
        }

        p = ngx_sprintf(p, "%%%02Xd", (int) s->data[i]);
    }

    return p;
}


ngx_int_t
ngx_http_mcp_make_question(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx,
    const mcp_message_t *m)
{
    ngx_str_t              who;
    ngx_uint_t             i, cost;
    ngx_mcp_limit_t       *l;
    ngx_mcp_question_t    *q;
    ngx_http_mcp_limit_t  *limit;

    if (ctx->mlcf->limits == NULL || ctx->charged) {
        return NGX_OK;
    }

    q = NULL;
    limit = ctx->mlcf->limits->elts;

    for (i = 0; i < ctx->mlcf->limits->nelts; i++) {

        cost = ngx_http_mcp_limit_cost(&limit[i], m);

        if (cost == 0) {
            continue;
        }

        who = ctx->client;

        if (limit[i].key) {

            if (ngx_http_complex_value(r, limit[i].key, &who) != NGX_OK) {
                return NGX_ERROR;
            }

            if (who.len == 0) {
                continue;
            }
        }

        if (q == NULL) {
            q = ngx_pcalloc(r->pool, sizeof(ngx_mcp_question_t)
                                     + ctx->mlcf->limits->nelts
                                       * sizeof(ngx_mcp_limit_t));
            if (q == NULL) {
                return NGX_ERROR;
            }

            q->limits = (ngx_mcp_limit_t *) (q + 1);
        }

        l = &q->limits[q->nlimits++];

        l->gcra = limit[i].gcra;
        l->cost = cost;
        l->id = limit[i].id;
        l->who = who;
    }

    if (q) {
        q->server = ctx->mlcf->server_name;
        q->client = ctx->client;
        q->server_slot = ctx->mlcf->limits_keyed;
        q->log = r->connection->log;
        q->done = ngx_http_mcp_asked;
        q->data = ctx;
    }

    ctx->question = q;

    return NGX_OK;
}


/* How many messages, of a batch or one, the limit counts. */

static ngx_uint_t
ngx_http_mcp_limit_cost(ngx_http_mcp_limit_t *limit, const mcp_message_t *m)
{
    size_t                 i, n, len;
    ngx_uint_t             cost;
    const unsigned char   *text;
    const mcp_envelope_t  *e;

    cost = 0;
    n = mcp_message_envelopes(m, &e);
    text = mcp_message_text(m, &len);

    for (i = 0; i < n; i++) {

        if (e[i].kind != MCP_REQUEST || mcp_method_exempt(e[i].method_id)) {
            continue;
        }

        if (limit->tool.len
            && (e[i].method_id != MCP_M_TOOLS_CALL
                || !mcp_glob(limit->tool.data, limit->tool.len,
                             text + e[i].name.off, e[i].name.len)))
        {
            continue;
        }

        cost++;
    }

    return cost;
}


ngx_int_t
ngx_http_mcp_ask(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx)
{
    ngx_int_t            rc;
    ngx_event_t         *rev;
    ngx_mcp_store_t     *st;
    ngx_http_cleanup_t  *cln;

    st = ctx->mlcf->store;

    if (st->type->cancel && !ctx->ask_cleanup) {

        /* of the main request: runs at once when the client goes */

        cln = ngx_http_cleanup_add(r, 0);
        if (cln == NULL) {
            ctx->question = NULL;
            return NGX_ERROR;
        }

        cln->handler = ngx_http_mcp_ask_cleanup;
        cln->data = ctx;
        ctx->ask_cleanup = 1;
    }

    ctx->asked = ngx_http_mcp_clock();

    rc = st->type->ask(st, ctx->question);

    if (rc != NGX_AGAIN) {
        return NGX_OK;
    }

    ctx->asking = 1;
    rev = r->connection->read;

    if (rev->ready) {
        ngx_post_event(rev, &ngx_posted_events);

    } else if (ngx_handle_read_event(rev, 0) != NGX_OK) {
        ngx_http_mcp_ask_cleanup(ctx);
        ctx->question = NULL;

        return NGX_ERROR;
    }

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    return NGX_AGAIN;
}


static void
ngx_http_mcp_asked(ngx_mcp_question_t *q)
{
    ngx_http_mcp_ctx_t *ctx = q->data;

    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    ctx->asking = 0;

    r = ctx->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, c->log, 0,
                   "mcp store answered: %d", (int) q->answer.result);

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_core_run_phases;

    ngx_http_core_run_phases(r);
    ngx_http_run_posted_requests(c);
}


static void
ngx_http_mcp_ask_cleanup(void *data)
{
    ngx_http_mcp_ctx_t *ctx = data;

    ngx_mcp_store_t  *st;

    if (ctx->asking) {
        ctx->asking = 0;

        st = ctx->mlcf->store;
        st->type->cancel(st, ctx->question);
    }
}


void
ngx_http_mcp_answered(ngx_http_mcp_ctx_t *ctx)
{
    ngx_mcp_answer_t  *answer;

    answer = &ctx->question->answer;

    ngx_http_mcp_count_answer(ctx, answer, ngx_http_mcp_clock() - ctx->asked);

    switch (answer->result) {

    case NGX_MCP_STORE_PASS:
        ctx->charged = 1;
        ctx->limit_known = 1;
        ctx->limit_remaining = answer->remaining;
        break;

    case NGX_MCP_STORE_LIMITED:
        ctx->limit_known = 1;
        ctx->limit_remaining = answer->remaining;
        ctx->retry_after = (answer->retry_after + 999) / 1000;

        ctx->verdict.action = MCP_V_BLOCK;
        ctx->verdict.reason = MCP_R_LIMIT;
        ctx->verdict.detail = "rate limit";
        break;

    default: /* NGX_MCP_STORE_ERROR */
        ctx->verdict.reason = MCP_R_STORE;
        ctx->verdict.detail = answer->error;

        if (ctx->mlcf->store->fail_open) {

            /* passes, and leaves a line in the audit log */

            ctx->charged = 1;
            ctx->verdict.flagged = 1;
            break;
        }

        ctx->verdict.action = MCP_V_BLOCK;
    }

    ctx->question = NULL;
}
