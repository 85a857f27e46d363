
/*
 * Replies: what the parser may take, what errors mean, what is logged.
 *
 * A reply comes from a server that may be broken or hostile: bytes and
 * elements are bounded here, nesting by hiredis itself.  No text of a reply
 * is ever logged but the first word of an error, and that only when it is one
 * that we know or at least looks like one.
 */


#include "ngx_mcp_redis_int.h"


/* hiredis 1.0 changed this type. */

#if (HIREDIS_MAJOR >= 1)
typedef size_t  ngx_mcp_redis_count_t;
#else
typedef int  ngx_mcp_redis_count_t;
#endif


static void *ngx_mcp_redis_create_array(const redisReadTask *task,
    ngx_mcp_redis_count_t n);
static void *ngx_mcp_redis_create_string(const redisReadTask *task, char *str,
    size_t len);


/* The words of ngx_mcp_redis_word_t, and what to say of them. */

static struct {
    const char  *word;
    const char  *what;
}  ngx_mcp_redis_words[NGX_MCP_REDIS_W_N] = {
    { "",            "an error that is not known here" },
    { "NOSCRIPT",    "the script is unknown, even after EVAL" },
    { "MOVED",       "this is a cluster, which needs \"redis-cluster://\"" },
    { "ASK",         "slots of the cluster are moving" },
    { "TRYAGAIN",    "slots of the cluster are moving" },
    { "CLUSTERDOWN", "the cluster is down" },
    { "CROSSSLOT",   "keys of one message in several slots of the cluster" },
    { "READONLY",    "this is a replica" },
    { "MASTERDOWN",  "this is a replica without its master" },
    { "LOADING",     "it loads its data" },
    { "BUSY",        "it runs a script that does not end" },
    { "OOM",         "it is out of memory (maxmemory)" },
    { "MISCONF",     "it cannot save and takes no writes" },
    { "NOREPLICAS",  "it has too few replicas and takes no writes" },
    { "NOAUTH",      "it asks for a password" },
    { "WRONGPASS",   "user or password are wrong" },
    { "NOPERM",      "the user may not run this" }
};


/* hiredis' own functions, and ours in front of two of them. */

static redisReplyObjectFunctions   ngx_mcp_redis_functions;
static redisReplyObjectFunctions  *ngx_mcp_redis_originals;


redisReader *
ngx_mcp_redis_create_reader(ngx_mcp_redis_conn_t *conn)
{
    redisReader  *reader;

    reader = redisReaderCreate();
    if (reader == NULL) {
        return NULL;
    }

    if (ngx_mcp_redis_originals == NULL) {
        ngx_mcp_redis_originals = reader->fn;
        ngx_mcp_redis_functions = *reader->fn;
        ngx_mcp_redis_functions.createArray = ngx_mcp_redis_create_array;
        ngx_mcp_redis_functions.createString = ngx_mcp_redis_create_string;
    }

    reader->fn = &ngx_mcp_redis_functions;
    reader->privdata = conn;

    return reader;
}


/* NULL makes the parser give up. */

static void *
ngx_mcp_redis_create_array(const redisReadTask *task, ngx_mcp_redis_count_t n)
{
    ngx_mcp_redis_conn_t  *conn;

    conn = task->privdata;

    if ((size_t) n > NGX_MCP_REDIS_ELEMENTS - conn->elements) {
        return NULL;
    }

    conn->elements += n;

    return ngx_mcp_redis_originals->createArray(task, n);
}


static void *
ngx_mcp_redis_create_string(const redisReadTask *task, char *str, size_t len)
{
    if (task->type != REDIS_REPLY_STRING && task->type != REDIS_REPLY_STATUS
        && task->type != REDIS_REPLY_ERROR)
    {
        return NULL;
    }

    return ngx_mcp_redis_originals->createString(task, str, len);
}


ngx_mcp_redis_word_t
ngx_mcp_redis_error_word(redisReply *reply)
{
    u_char      *p, *last;
    size_t       len;
    ngx_uint_t   i;

    static u_char  in_script[] = "ERR Error running script";

    p = (u_char *) reply->str;
    last = p + reply->len;

    if (reply->len > sizeof(in_script) - 1
        && ngx_strncmp(p, in_script, sizeof(in_script) - 1) == 0)
    {
        /* before 7.0 the error stood at the end: "... 12: -OOM command" */

        for (p += sizeof(in_script) - 1; last - p > 3; p++) {

            if (p[0] == ' ' && p[1] == '-' && p[2] >= 'A' && p[2] <= 'Z') {
                p += 2;
                break;
            }
        }
    }

    for (i = 1; i < NGX_MCP_REDIS_W_N; i++) {

        len = ngx_strlen(ngx_mcp_redis_words[i].word);

        if ((size_t) (last - p) >= len
            && ngx_strncmp(p, ngx_mcp_redis_words[i].word, len) == 0
            && ((size_t) (last - p) == len || p[len] == ' '))
        {
            return i;
        }
    }

    return NGX_MCP_REDIS_W_OTHER;
}


/* "MOVED 3999 127.0.0.1:6381"; the host may be empty: the same one. */

ngx_int_t
ngx_mcp_redis_redirect(redisReply *reply, ngx_uint_t *slot, ngx_str_t *host,
    in_port_t *port)
{
    u_char     *p, *colon, *last;
    ngx_int_t   n;

    p = (u_char *) reply->str;
    last = p + reply->len;

    p = ngx_strlchr(p, last, ' ');
    if (p == NULL) {
        return NGX_ERROR;
    }

    host->data = ngx_strlchr(++p, last, ' ');
    if (host->data == NULL) {
        return NGX_ERROR;
    }

    n = ngx_atoi(p, host->data - p);

    if (n == NGX_ERROR || n >= NGX_MCP_REDIS_SLOTS) {
        return NGX_ERROR;
    }

    *slot = n;
    host->data++;

    /* the last colon: the address may be one of IPv6 */

    for (colon = last - 1; colon > host->data && *colon != ':'; colon--) {
        /* void */
    }

    if (colon < host->data || *colon != ':') {
        return NGX_ERROR;
    }

    host->len = colon - host->data;
    n = ngx_atoi(colon + 1, last - colon - 1);

    if (n < 1 || n > 65535 || host->len > NGX_MCP_REDIS_HOST) {
        return NGX_ERROR;
    }

    *port = (in_port_t) n;

    return NGX_OK;
}


ngx_uint_t
ngx_mcp_redis_may_log(ngx_mcp_redis_t *redis, ngx_mcp_redis_cause_t cause,
    ngx_uint_t *more)
{
    time_t  now;

    now = ngx_time();

    if (redis->logged[cause] && now - redis->logged[cause] < 60
        && now >= redis->logged[cause])
    {
        redis->unlogged[cause]++;
        return 0;
    }

    *more = redis->unlogged[cause];

    redis->logged[cause] = now;
    redis->unlogged[cause] = 0;

    return 1;
}


void
ngx_mcp_redis_log(ngx_mcp_redis_node_t *node, ngx_mcp_redis_cause_t cause,
    const char *what, ngx_str_t *detail)
{
    u_char            *p;
    u_char             times[64], text[512];
    ngx_uint_t         more, level;

    if (!ngx_mcp_redis_may_log(node->redis, cause, &more)) {
        return;
    }

    level = (cause == NGX_MCP_REDIS_L_BACK) ? NGX_LOG_NOTICE : NGX_LOG_ERR;

    p = ngx_slprintf(text, text + sizeof(text), "mcp: store \"%V\": %s",
                     &node->name, what);

    if (detail) {
        p = ngx_slprintf(p, text + sizeof(text), ": %V", detail);
    }

    *times = '\0';

    if (more) {
        (void) ngx_snprintf(times, sizeof(times),
                            " (%ui more since the last such line)%Z", more);
    }

    ngx_log_error(level, ngx_cycle->log, 0, "%*s%s", (size_t) (p - text), text,
                  times);
}


void
ngx_mcp_redis_log_error(ngx_mcp_redis_node_t *node, ngx_mcp_redis_word_t word,
    redisReply *reply)
{
    u_char     *p, *last;
    ngx_str_t   detail;

    detail.data = (u_char *) ngx_mcp_redis_words[word].word;
    detail.len = ngx_strlen(detail.data);

    if (word == NGX_MCP_REDIS_W_OTHER) {

        /* the word, if it is one */

        detail.data = (u_char *) reply->str;
        last = detail.data + ngx_min(reply->len, 16);

        for (p = detail.data; p < last && *p >= 'A' && *p <= 'Z'; p++) {
            /* void */
        }

        detail.len = p - detail.data;
    }

    ngx_mcp_redis_log(node, NGX_MCP_REDIS_L_ERROR + word,
                      ngx_mcp_redis_words[word].what, &detail);
}
