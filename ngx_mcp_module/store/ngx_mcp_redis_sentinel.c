
/*
 * Who is the master.
 *
 * A connection to each Sentinel of the URI is kept; one of them is asked when
 * it becomes ready, and then again and again: often while there is no master,
 * once a second otherwise, so that a failover is seen even when the old master
 * is still there.  Whom Sentinel names must say itself that it is a master
 * (ROLE, in the handshake of its connections).
 */


#include "ngx_mcp_redis_int.h"


#define NGX_MCP_REDIS_POLL       1000        /* ms                            */
#define NGX_MCP_REDIS_POLL_FAST  200         /* without a master              */


typedef struct {
    ngx_event_t                   timer;
    ngx_mcp_redis_op_t           *op;            /* the question              */
    ngx_mcp_redis_node_t         *asked;         /* of this one               */
    ngx_uint_t                    skip;          /* Sentinels that were of no
                                                    use                       */
    unsigned                      hopeless:1;    /* all of them               */
} ngx_mcp_redis_sentinel_t;


static void ngx_mcp_redis_sentinel_poll(ngx_mcp_redis_t *redis);
static void ngx_mcp_redis_sentinel_handler(ngx_event_t *ev);
static ngx_mcp_redis_node_t *ngx_mcp_redis_sentinel_choose(
    ngx_mcp_redis_t *redis);
static void ngx_mcp_redis_sentinel_done(void *data, ngx_mcp_redis_rc_t rc,
    redisReply *reply);
static ngx_int_t ngx_mcp_redis_sentinel_master(ngx_mcp_redis_t *redis,
    redisReply *reply);
static void ngx_mcp_redis_sentinel_give_up(ngx_mcp_redis_t *redis);


ngx_int_t
ngx_mcp_redis_sentinel_open(ngx_mcp_redis_t *redis)
{
    ngx_uint_t                 i;
    ngx_mcp_redis_node_t      *node;
    ngx_mcp_redis_peer_t      *peer;
    ngx_mcp_redis_sentinel_t  *st;

    st = ngx_calloc(sizeof(ngx_mcp_redis_sentinel_t), ngx_cycle->log);

    if (st == NULL) {
        return NGX_ERROR;
    }

    redis->topology = st;

    st->timer.handler = ngx_mcp_redis_sentinel_handler;
    st->timer.data = redis;
    st->timer.log = ngx_cycle->log;
    st->timer.cancelable = 1;

    redis->master = ngx_mcp_redis_create_node(redis);

    if (redis->master == NULL) {
        return NGX_ERROR;
    }

    redis->master->name.len = ngx_snprintf(redis->master->text,
                                           sizeof(redis->master->text),
                                           "master %V", &redis->conf->master)
                              - redis->master->text;

    peer = redis->conf->peers.elts;

    for (i = 0; i < redis->conf->peers.nelts; i++) {

        node = ngx_mcp_redis_add_peer(redis, &peer[i]);

        if (node == NULL) {
            return NGX_ERROR;
        }

        node->sentinel = 1;
        node->nconns = 1;

        ngx_mcp_redis_connect_node(node);
    }

    return NGX_OK;
}


void
ngx_mcp_redis_sentinel_close(ngx_mcp_redis_t *redis)
{
    ngx_mcp_redis_sentinel_t *st = redis->topology;

    if (st == NULL) {
        return;
    }

    if (st->timer.timer_set) {
        ngx_del_timer(&st->timer);
    }

    ngx_free(st);
    redis->topology = NULL;
}


void
ngx_mcp_redis_sentinel_ready(ngx_mcp_redis_t *redis)
{
    if (ngx_mcp_redis_ready(redis->master) == NULL) {
        ngx_mcp_redis_sentinel_poll(redis);
    }
}


void
ngx_mcp_redis_sentinel_lost(ngx_mcp_redis_t *redis)
{
    ngx_mcp_redis_sentinel_t *st = redis->topology;

    if (!redis->closing) {
        ngx_add_timer(&st->timer, 1);
    }
}


static void
ngx_mcp_redis_sentinel_handler(ngx_event_t *ev)
{
    ngx_mcp_redis_sentinel_poll(ev->data);
}


static void
ngx_mcp_redis_sentinel_poll(ngx_mcp_redis_t *redis)
{
    ngx_mcp_redis_sentinel_t *st = redis->topology;

    ngx_mcp_redis_op_t    *op;
    ngx_mcp_redis_node_t  *node;

    if (st->op) {
        return;
    }

    if (!st->timer.timer_set) {
        ngx_add_timer(&st->timer, ngx_mcp_redis_ready(redis->master)
                                  ? NGX_MCP_REDIS_POLL
                                  : NGX_MCP_REDIS_POLL_FAST);
    }

    node = ngx_mcp_redis_sentinel_choose(redis);

    if (node == NULL) {
        return;
    }

    op = ngx_mcp_redis_command(redis);

    if (op == NULL) {
        return;
    }

    ngx_mcp_redis_arg(op, (u_char *) "SENTINEL", sizeof("SENTINEL") - 1);
    ngx_mcp_redis_arg(op, (u_char *) "GET-MASTER-ADDR-BY-NAME",
                      sizeof("GET-MASTER-ADDR-BY-NAME") - 1);
    ngx_mcp_redis_arg(op, redis->conf->master.data, redis->conf->master.len);

    if (ngx_mcp_redis_run_on(op, node, ngx_mcp_redis_sentinel_done, redis)
        == NGX_AGAIN)
    {
        st->op = op;
        st->asked = node;
    }
}


/* One that is connected, and another one when the last was of no use. */

static ngx_mcp_redis_node_t *
ngx_mcp_redis_sentinel_choose(ngx_mcp_redis_t *redis)
{
    ngx_mcp_redis_sentinel_t *st = redis->topology;

    ngx_uint_t             n, skip;
    ngx_queue_t           *q;
    ngx_mcp_redis_node_t  *node, *found[64];

    n = 0;

    for (q = ngx_queue_head(&redis->nodes);
         q != ngx_queue_sentinel(&redis->nodes);
         q = ngx_queue_next(q))
    {
        node = ngx_queue_data(q, ngx_mcp_redis_node_t, queue);

        if (node->sentinel && ngx_mcp_redis_ready(node)
            && n < sizeof(found) / sizeof(found[0]))
        {
            found[n++] = node;
        }
    }

    if (n == 0) {
        return NULL;
    }

    skip = st->skip % n;

    return found[skip];
}


static void
ngx_mcp_redis_sentinel_done(void *data, ngx_mcp_redis_rc_t rc,
    redisReply *reply)
{
    ngx_mcp_redis_t *redis = data;

    ngx_mcp_redis_sentinel_t  *st;

    st = redis->topology;
    st->op = NULL;

    if (rc != NGX_MCP_REDIS_REPLY
        || ngx_mcp_redis_sentinel_master(redis, reply) != NGX_OK)
    {
        st->skip++;
        ngx_mcp_redis_sentinel_give_up(redis);
    }

    if (reply) {
        freeReplyObject(reply);
    }
}


static ngx_int_t
ngx_mcp_redis_sentinel_master(ngx_mcp_redis_t *redis, redisReply *reply)
{
    ngx_int_t                  port;
    redisReply                *host;
    ngx_mcp_redis_node_t      *master;
    ngx_mcp_redis_sentinel_t  *st;

    st = redis->topology;
    master = redis->master;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2
        || reply->element[0]->type != REDIS_REPLY_STRING
        || reply->element[1]->type != REDIS_REPLY_STRING)
    {
        ngx_mcp_redis_log(st->asked, NGX_MCP_REDIS_L_SENTINEL,
                          "this Sentinel knows no such master",
                          &redis->conf->master);
        return NGX_ERROR;
    }

    host = reply->element[0];
    port = ngx_atoi((u_char *) reply->element[1]->str,
                    reply->element[1]->len);

    if (port < 1 || port > 65535) {
        return NGX_ERROR;
    }

    if (master->host_len == host->len && master->port == (in_port_t) port
        && ngx_strncmp(master->host, host->str, host->len) == 0)
    {
        return NGX_OK;
    }

    if (master->host_len) {
        ngx_mcp_redis_reset_node(master);
    }

    if (ngx_mcp_redis_set_host(master, (u_char *) host->str, host->len,
                               (in_port_t) port)
        != NGX_OK)
    {
        ngx_mcp_redis_log(st->asked, NGX_MCP_REDIS_L_SENTINEL,
                          "this Sentinel names no address", NULL);
        return NGX_ERROR;
    }

    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                  "mcp: store \"%V\": the master is %V", &redis->conf->name,
                  &master->name);

    ngx_mcp_redis_connect_node(master);

    return NGX_OK;
}


void
ngx_mcp_redis_sentinel_failed(ngx_mcp_redis_t *redis)
{
    ngx_queue_t           *q;
    ngx_mcp_redis_node_t  *node;

    for (q = ngx_queue_head(&redis->nodes);
         q != ngx_queue_sentinel(&redis->nodes);
         q = ngx_queue_next(q))
    {
        node = ngx_queue_data(q, ngx_mcp_redis_node_t, queue);

        if (node->sentinel
            && (node->failures == 0 || ngx_mcp_redis_ready(node)))
        {
            return;
        }
    }

    ngx_mcp_redis_sentinel_give_up(redis);
}


/* There is no master that anybody knows of; an old one may still work. */

static void
ngx_mcp_redis_sentinel_give_up(ngx_mcp_redis_t *redis)
{
    ngx_mcp_redis_sentinel_t *st = redis->topology;

    if (redis->master->host_len == 0) {
        st->hopeless = 1;
        ngx_mcp_redis_settle_all(&redis->master->waiting,
                                 NGX_MCP_REDIS_ABSENT);
    }
}


ngx_uint_t
ngx_mcp_redis_sentinel_promising(ngx_mcp_redis_t *redis)
{
    ngx_mcp_redis_sentinel_t *st = redis->topology;

    return !st->hopeless;
}
