
/*
 * The store in Redis: a question becomes one call of redis-schemas/ask.lua.
 *
 * redis-schemas/README.md has the names of keys.  The client, and who a limit
 * is kept for, may be a header with a secret in it: only a digest of them
 * leaves this process.
 */


#include <ngx_http.h>
#include <openssl/sha.h>

#include "ngx_mcp_redis.h"
#include "ngx_mcp_store.h"


#define NGX_MCP_REDIS_DIGEST      16         /* bytes of a SHA-256            */
#define NGX_MCP_REDIS_MAX_SERVER  64         /* bytes of a name in a key,     */
#define NGX_MCP_REDIS_MAX_ID      96         /* longer ones are a digest      */
#define NGX_MCP_REDIS_MAX_KEY     384


typedef struct {
    ngx_mcp_redis_conf_t         *conf;
    ngx_mcp_redis_t              *redis;         /* of this process           */
    ngx_http_core_loc_conf_t     *clcf;          /* has the resolver          */
} ngx_mcp_store_redis_t;


static char *ngx_mcp_store_redis_parse(ngx_conf_t *cf, ngx_mcp_store_t *st);
static ngx_int_t ngx_mcp_store_redis_init(ngx_cycle_t *cycle,
    ngx_mcp_store_t *st);
static void ngx_mcp_store_redis_exit(ngx_cycle_t *cycle, ngx_mcp_store_t *st);
static ngx_int_t ngx_mcp_store_redis_ask(ngx_mcp_store_t *st,
    ngx_mcp_question_t *q);
static void ngx_mcp_store_redis_cancel(ngx_mcp_store_t *st,
    ngx_mcp_question_t *q);
static void ngx_mcp_store_redis_fill(ngx_mcp_redis_op_t *op,
    ngx_mcp_question_t *q);
static u_char *ngx_mcp_store_redis_server(u_char *p, ngx_str_t *server);
static u_char *ngx_mcp_store_redis_digest(u_char *p, ngx_str_t *s);
static void ngx_mcp_store_redis_done(void *data, ngx_mcp_redis_rc_t rc,
    redisReply *reply);
static void ngx_mcp_store_redis_answer(ngx_mcp_answer_t *answer,
    ngx_mcp_redis_rc_t rc, redisReply *reply);
static ngx_int_t ngx_mcp_store_redis_error(ngx_mcp_question_t *q,
    const char *error);


static const char *const  ngx_mcp_store_redis_schemes[] = {
    "redis:",
    "rediss:",
    "redis+unix:",
    "redis-sentinel:",
    "redis-cluster:",
    NULL
};


const ngx_mcp_store_type_t  ngx_mcp_store_redis = {
    ngx_string("redis"),
    ngx_mcp_store_redis_schemes,
    1,
    ngx_mcp_store_redis_parse,
    ngx_mcp_store_redis_init,
    ngx_mcp_store_redis_exit,
    ngx_mcp_store_redis_ask,
    ngx_mcp_store_redis_cancel
};


static char *
ngx_mcp_store_redis_parse(ngx_conf_t *cf, ngx_mcp_store_t *st)
{
    ngx_mcp_store_redis_t    *rs;
    ngx_mcp_redis_options_t   options;

    rs = ngx_pcalloc(cf->pool, sizeof(ngx_mcp_store_redis_t));

    if (rs == NULL) {
        return NGX_CONF_ERROR;
    }

    options.uri = st->uri;
    options.password_file = st->password_file;
    options.ca = st->ca;
    options.timeout = st->timeout;

    rs->conf = ngx_mcp_redis_create_conf(cf, &options);

    if (rs->conf == NULL) {
        return NGX_CONF_ERROR;
    }

    rs->clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    st->data = rs;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_mcp_store_redis_init(ngx_cycle_t *cycle, ngx_mcp_store_t *st)
{
    ngx_msec_t              timeout;
    ngx_mcp_store_redis_t  *rs;

    rs = st->data;

    /* http{} itself is merged with nothing */

    timeout = rs->clcf->resolver_timeout;

    if (timeout == NGX_CONF_UNSET_MSEC) {
        timeout = 30000;
    }

    ngx_mcp_redis_set_resolver(rs->conf, rs->clcf->resolver, timeout);

    rs->redis = ngx_mcp_redis_open(rs->conf);

    if (rs->redis == NULL) {
        return NGX_ERROR;
    }

    ngx_mcp_redis_count(rs->redis, st->reconnects);

    return NGX_OK;
}


static void
ngx_mcp_store_redis_exit(ngx_cycle_t *cycle, ngx_mcp_store_t *st)
{
    ngx_mcp_store_redis_t  *rs;

    rs = st->data;

    if (rs->redis) {
        ngx_mcp_redis_close(rs->redis);
        rs->redis = NULL;
    }
}


static ngx_int_t
ngx_mcp_store_redis_ask(ngx_mcp_store_t *st, ngx_mcp_question_t *q)
{
    ngx_mcp_redis_op_t     *op;
    ngx_mcp_store_redis_t  *rs;

    rs = st->data;

    if (rs->redis == NULL
        && ngx_mcp_store_redis_init((ngx_cycle_t *) ngx_cycle, st) != NGX_OK)
    {
        return ngx_mcp_store_redis_error(q, "no memory");
    }

    op = ngx_mcp_redis_op(rs->redis, &ngx_mcp_redis_ask_script);

    if (op == NULL) {
        return ngx_mcp_store_redis_error(q, "too many questions wait for "
                                            "Redis");
    }

    ngx_mcp_store_redis_fill(op, q);

    if (ngx_mcp_redis_run(op, ngx_mcp_store_redis_done, q) != NGX_AGAIN) {
        return ngx_mcp_store_redis_error(q, "Redis cannot be reached");
    }

    q->op = op;

    return NGX_AGAIN;
}


static void
ngx_mcp_store_redis_cancel(ngx_mcp_store_t *st, ngx_mcp_question_t *q)
{
    ngx_mcp_redis_cancel(q->op);
    q->op = NULL;
}


static void
ngx_mcp_store_redis_fill(ngx_mcp_redis_op_t *op, ngx_mcp_question_t *q)
{
    u_char           *p, *tag;
    u_char            key[NGX_MCP_REDIS_MAX_KEY], number[NGX_INT64_LEN];
    ngx_uint_t        i;
    ngx_mcp_limit_t  *limit;

    p = ngx_cpymem(key, "mcp:{", sizeof("mcp:{") - 1);
    p = ngx_mcp_store_redis_server(p, &q->server);

    if (!q->server_slot) {
        *p++ = '/';
        p = ngx_mcp_store_redis_digest(p, &q->client);
    }

    tag = ngx_cpymem(p, "}:limit:", sizeof("}:limit:") - 1);

    for (i = 0; i < q->nlimits; i++) {
        limit = &q->limits[i];

        if (limit->id.len <= NGX_MCP_REDIS_MAX_ID) {
            p = ngx_cpymem(tag, limit->id.data, limit->id.len);

        } else {
            p = tag;
            *p++ = '=';
            p = ngx_mcp_store_redis_digest(p, &limit->id);
        }

        if (q->server_slot) {
            *p++ = ':';
            p = ngx_mcp_store_redis_digest(p, &limit->who);
        }

        ngx_mcp_redis_key(op, key, p - key);
    }

    for (i = 0; i < q->nlimits; i++) {
        limit = &q->limits[i];

        p = ngx_sprintf(number, "%uL", limit->gcra.emission);
        ngx_mcp_redis_arg(op, number, p - number);

        p = ngx_sprintf(number, "%uL", limit->gcra.burst);
        ngx_mcp_redis_arg(op, number, p - number);

        p = ngx_sprintf(number, "%ui", limit->cost);
        ngx_mcp_redis_arg(op, number, p - number);
    }
}


/* Braces would end the hash tag, the rest would be awkward in redis-cli. */

static u_char *
ngx_mcp_store_redis_server(u_char *p, ngx_str_t *server)
{
    u_char   ch, *start;
    size_t   i;

    start = p;

    for (i = 0; i < server->len; i++) {

        if (p - start > NGX_MCP_REDIS_MAX_SERVER - 3) {
            p = start;
            *p++ = '=';
            return ngx_mcp_store_redis_digest(p, server);
        }

        ch = server->data[i];

        if ((ch >= '0' && ch <= '9') || (ch >= 'A' && ch <= 'Z')
            || (ch >= 'a' && ch <= 'z') || ch == '/' || ch == '-' || ch == '_'
            || ch == '.' || ch == '~' || ch == ':')
        {
            *p++ = ch;

        } else {
            p = ngx_sprintf(p, "%%%02Xd", (int) ch);
        }
    }

    return p;
}


static u_char *
ngx_mcp_store_redis_digest(u_char *p, ngx_str_t *s)
{
    u_char  hash[SHA256_DIGEST_LENGTH];

    (void) SHA256(s->data, s->len, hash);

    return ngx_hex_dump(p, hash, NGX_MCP_REDIS_DIGEST);
}


static void
ngx_mcp_store_redis_done(void *data, ngx_mcp_redis_rc_t rc, redisReply *reply)
{
    ngx_mcp_question_t *q = data;

    ngx_mcp_store_redis_answer(&q->answer, rc, reply);

    if (reply) {
        freeReplyObject(reply);
    }

    q->op = NULL;
    q->done(q);
}


static void
ngx_mcp_store_redis_answer(ngx_mcp_answer_t *answer, ngx_mcp_redis_rc_t rc,
    redisReply *reply)
{
    redisReply  **e;

    static const char  *errors[] = {
        NULL,
        "Redis reports an error",
        "Redis did not answer in time",
        "the connection to Redis was lost",
        "Redis cannot be reached"
    };

    ngx_memzero(answer, sizeof(ngx_mcp_answer_t));

    answer->result = NGX_MCP_STORE_ERROR;
    answer->error = errors[rc];

    if (rc != NGX_MCP_REDIS_REPLY) {
        return;
    }

    answer->error = "Redis gave an answer that makes no sense";

    e = reply->element;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3
        || e[0]->type != REDIS_REPLY_INTEGER
        || e[1]->type != REDIS_REPLY_INTEGER
        || e[2]->type != REDIS_REPLY_INTEGER
        || e[0]->integer < -1 || e[0]->integer > 1
        || e[1]->integer < 0 || e[2]->integer < 0)
    {
        return;
    }

    answer->error = NULL;
    answer->remaining = (ngx_uint_t) e[1]->integer;

    if (e[0]->integer == 1) {
        answer->result = NGX_MCP_STORE_PASS;
        return;
    }

    answer->result = NGX_MCP_STORE_LIMITED;

    if (e[0]->integer == 0) {
        answer->retry_after = (ngx_msec_t) ((e[2]->integer + 999) / 1000);

        if (answer->retry_after == 0) {
            answer->retry_after = 1;
        }
    }
}


static ngx_int_t
ngx_mcp_store_redis_error(ngx_mcp_question_t *q, const char *error)
{
    ngx_memzero(&q->answer, sizeof(ngx_mcp_answer_t));

    q->answer.result = NGX_MCP_STORE_ERROR;
    q->answer.error = error;

    return NGX_OK;
}
