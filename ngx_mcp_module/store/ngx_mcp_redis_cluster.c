
/*
 * Who has a slot.
 *
 * The map comes from CLUSTER SLOTS of any server that is connected: at the
 * start, after MOVED, and whenever a server fails, until every slot has one
 * that works.  Until there is a map, whoever answers is asked, and says MOVED.
 */


#include "ngx_mcp_redis_int.h"


#define NGX_MCP_REDIS_REFRESH  200           /* ms between two                */


typedef struct {
    ngx_event_t                   timer;
    ngx_mcp_redis_op_t           *op;            /* CLUSTER SLOTS             */
    ngx_mcp_redis_node_t         *asked;         /* of this one               */
    ngx_msec_t                    last;
    unsigned                      loaded:1;      /* there is a map            */

    ngx_mcp_redis_node_t         *slots[NGX_MCP_REDIS_SLOTS];
    ngx_mcp_redis_node_t         *fresh[NGX_MCP_REDIS_SLOTS];  /* being read  */
} ngx_mcp_redis_cluster_t;


static void ngx_mcp_redis_cluster_handler(ngx_event_t *ev);
static ngx_mcp_redis_node_t *ngx_mcp_redis_cluster_choose(
    ngx_mcp_redis_t *redis);
static void ngx_mcp_redis_cluster_done(void *data, ngx_mcp_redis_rc_t rc,
    redisReply *reply);
static ngx_int_t ngx_mcp_redis_cluster_load(ngx_mcp_redis_t *redis,
    redisReply *reply);
static ngx_int_t ngx_mcp_redis_cluster_range(ngx_mcp_redis_t *redis,
    redisReply *range);
static void ngx_mcp_redis_cluster_clean(ngx_mcp_redis_t *redis);


ngx_int_t
ngx_mcp_redis_cluster_open(ngx_mcp_redis_t *redis)
{
    ngx_uint_t                i;
    ngx_mcp_redis_node_t     *node;
    ngx_mcp_redis_peer_t     *peer;
    ngx_mcp_redis_cluster_t  *cl;

    cl = ngx_calloc(sizeof(ngx_mcp_redis_cluster_t), ngx_cycle->log);

    if (cl == NULL) {
        return NGX_ERROR;
    }

    redis->topology = cl;

    cl->timer.handler = ngx_mcp_redis_cluster_handler;
    cl->timer.data = redis;
    cl->timer.log = ngx_cycle->log;
    cl->timer.cancelable = 1;

    peer = redis->conf->peers.elts;

    for (i = 0; i < redis->conf->peers.nelts; i++) {

        node = ngx_mcp_redis_add_peer(redis, &peer[i]);

        if (node == NULL) {
            return NGX_ERROR;
        }

        node->nconns = 1;

        ngx_mcp_redis_connect_node(node);
    }

    return NGX_OK;
}


void
ngx_mcp_redis_cluster_close(ngx_mcp_redis_t *redis)
{
    ngx_mcp_redis_cluster_t *cl = redis->topology;

    if (cl == NULL) {
        return;
    }

    if (cl->timer.timer_set) {
        ngx_del_timer(&cl->timer);
    }

    ngx_free(cl);
    redis->topology = NULL;
}


ngx_mcp_redis_node_t *
ngx_mcp_redis_cluster_node(ngx_mcp_redis_t *redis, ngx_int_t slot)
{
    ngx_mcp_redis_cluster_t *cl = redis->topology;

    ngx_queue_t           *q;
    ngx_mcp_redis_node_t  *node, *promising;

    if (slot >= 0 && cl->slots[slot]) {
        return cl->slots[slot];
    }

    promising = NULL;

    for (q = ngx_queue_head(&redis->nodes);
         q != ngx_queue_sentinel(&redis->nodes);
         q = ngx_queue_next(q))
    {
        node = ngx_queue_data(q, ngx_mcp_redis_node_t, queue);

        if (ngx_mcp_redis_ready(node)) {
            return node;
        }

        if (promising == NULL && ngx_mcp_redis_promising(node)) {
            promising = node;
        }
    }

    return promising;
}


void
ngx_mcp_redis_cluster_moved(ngx_mcp_redis_t *redis, ngx_uint_t slot,
    ngx_mcp_redis_node_t *node)
{
    ngx_mcp_redis_cluster_t *cl = redis->topology;

    cl->slots[slot] = node;

    ngx_mcp_redis_cluster_refresh(redis);
}


void
ngx_mcp_redis_cluster_ready(ngx_mcp_redis_t *redis)
{
    ngx_mcp_redis_cluster_t *cl = redis->topology;

    if (!cl->loaded) {
        ngx_mcp_redis_cluster_refresh(redis);
    }
}


void
ngx_mcp_redis_cluster_refresh(ngx_mcp_redis_t *redis)
{
    ngx_mcp_redis_cluster_t *cl = redis->topology;

    ngx_msec_int_t  wait;

    if (redis->closing || cl->op || cl->timer.timer_set) {
        return;
    }

    wait = (ngx_msec_int_t) (cl->last + NGX_MCP_REDIS_REFRESH
                             - ngx_current_msec);

    if (!cl->loaded || wait < 1 || wait > NGX_MCP_REDIS_REFRESH) {
        wait = 1;
    }

    ngx_add_timer(&cl->timer, (ngx_msec_t) wait);
}


static void
ngx_mcp_redis_cluster_handler(ngx_event_t *ev)
{
    ngx_mcp_redis_t *redis = ev->data;

    ngx_mcp_redis_op_t       *op;
    ngx_mcp_redis_node_t     *node;
    ngx_mcp_redis_cluster_t  *cl;

    cl = redis->topology;
    cl->last = ngx_current_msec;

    node = ngx_mcp_redis_cluster_choose(redis);

    if (node == NULL) {

        /* the next one that is ready will be asked */

        cl->loaded = 0;
        return;
    }

    op = ngx_mcp_redis_command(redis);

    if (op == NULL) {
        return;
    }

    ngx_mcp_redis_arg(op, (u_char *) "CLUSTER", sizeof("CLUSTER") - 1);
    ngx_mcp_redis_arg(op, (u_char *) "SLOTS", sizeof("SLOTS") - 1);

    if (ngx_mcp_redis_run_on(op, node, ngx_mcp_redis_cluster_done, redis)
        == NGX_AGAIN)
    {
        cl->op = op;
        cl->asked = node;
        return;
    }

    ngx_mcp_redis_cluster_refresh(redis);
}


/* Each time another one, since one alone may be cut off from the rest. */

static ngx_mcp_redis_node_t *
ngx_mcp_redis_cluster_choose(ngx_mcp_redis_t *redis)
{
    ngx_queue_t           *q;
    ngx_mcp_redis_node_t  *node;

    for (q = ngx_queue_head(&redis->nodes);
         q != ngx_queue_sentinel(&redis->nodes);
         q = ngx_queue_next(q))
    {
        node = ngx_queue_data(q, ngx_mcp_redis_node_t, queue);

        if (ngx_mcp_redis_ready(node)) {
            ngx_queue_remove(q);
            ngx_queue_insert_tail(&redis->nodes, q);
            return node;
        }
    }

    return NULL;
}


static void
ngx_mcp_redis_cluster_done(void *data, ngx_mcp_redis_rc_t rc,
    redisReply *reply)
{
    ngx_mcp_redis_t *redis = data;

    ngx_mcp_redis_cluster_t  *cl;

    cl = redis->topology;
    cl->op = NULL;

    if (rc == NGX_MCP_REDIS_REPLY
        && ngx_mcp_redis_cluster_load(redis, reply) == NGX_OK)
    {
        cl->loaded = 1;

    } else {
        ngx_mcp_redis_cluster_refresh(redis);
    }

    ngx_mcp_redis_cluster_clean(redis);

    if (reply) {
        freeReplyObject(reply);
    }
}


/* All of it makes sense, or none of it counts. */

static ngx_int_t
ngx_mcp_redis_cluster_load(ngx_mcp_redis_t *redis, redisReply *reply)
{
    size_t                    i;
    ngx_mcp_redis_cluster_t  *cl;

    cl = redis->topology;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0) {
        ngx_mcp_redis_log(cl->asked, NGX_MCP_REDIS_L_CLUSTER,
                          "it knows no slots of a cluster", NULL);
        return NGX_ERROR;
    }

    ngx_memzero(cl->fresh, sizeof(cl->fresh));

    for (i = 0; i < reply->elements; i++) {

        if (ngx_mcp_redis_cluster_range(redis, reply->element[i]) != NGX_OK) {
            ngx_mcp_redis_log(cl->asked, NGX_MCP_REDIS_L_CLUSTER,
                              "its map of slots makes no sense, or it has too "
                              "many servers", NULL);
            return NGX_ERROR;
        }
    }

    ngx_memcpy(cl->slots, cl->fresh, sizeof(cl->slots));

    return NGX_OK;
}


/* [ first, last, [ host, port, ... ], replicas... ] */

static ngx_int_t
ngx_mcp_redis_cluster_range(ngx_mcp_redis_t *redis, redisReply *range)
{
    size_t                    len;
    u_char                   *host;
    in_port_t                 port;
    long long                 slot, last;
    redisReply              **e, *master;
    ngx_mcp_redis_node_t     *node;
    ngx_mcp_redis_cluster_t  *cl;

    cl = redis->topology;
    e = range->element;

    if (range->type != REDIS_REPLY_ARRAY || range->elements < 3
        || e[0]->type != REDIS_REPLY_INTEGER
        || e[1]->type != REDIS_REPLY_INTEGER
        || e[2]->type != REDIS_REPLY_ARRAY || e[2]->elements < 2)
    {
        return NGX_ERROR;
    }

    slot = e[0]->integer;
    last = e[1]->integer;
    master = e[2];

    if (slot < 0 || slot > last || last >= NGX_MCP_REDIS_SLOTS
        || master->element[1]->type != REDIS_REPLY_INTEGER
        || master->element[1]->integer < 1
        || master->element[1]->integer > 65535)
    {
        return NGX_ERROR;
    }

    port = (in_port_t) master->element[1]->integer;

    /* one that does not know its own name has that by which we know it */

    host = cl->asked->host;
    len = cl->asked->host_len;

    if (master->element[0]->type == REDIS_REPLY_STRING
        && master->element[0]->len)
    {
        host = (u_char *) master->element[0]->str;
        len = master->element[0]->len;
    }

    node = ngx_mcp_redis_find_node(redis, host, len, port);

    if (node == NULL) {
        node = ngx_mcp_redis_add_node(redis, host, len, port);

        if (node == NULL) {
            return NGX_ERROR;
        }

        node->nconns = 1;
    }

    for ( /* void */ ; slot <= last; slot++) {
        cl->fresh[slot] = node;
    }

    return NGX_OK;
}


/* Connects to who has slots; forgets who has none, and nothing to do. */

static void
ngx_mcp_redis_cluster_clean(ngx_mcp_redis_t *redis)
{
    ngx_uint_t                i;
    ngx_queue_t              *q, *next;
    ngx_mcp_redis_node_t     *node;
    ngx_mcp_redis_cluster_t  *cl;

    cl = redis->topology;

    for (q = ngx_queue_head(&redis->nodes);
         q != ngx_queue_sentinel(&redis->nodes);
         q = ngx_queue_next(q))
    {
        node = ngx_queue_data(q, ngx_mcp_redis_node_t, queue);
        node->seen = 0;
    }

    for (i = 0; i < NGX_MCP_REDIS_SLOTS; i++) {

        if (cl->slots[i]) {
            cl->slots[i]->seen = 1;
        }
    }

    for (q = ngx_queue_head(&redis->nodes);
         q != ngx_queue_sentinel(&redis->nodes);
         q = next)
    {
        next = ngx_queue_next(q);
        node = ngx_queue_data(q, ngx_mcp_redis_node_t, queue);

        if (node->seen) {
            ngx_mcp_redis_connect_node(node);
            continue;
        }

        if (!node->seed && node->conns[0].nsent == 0
            && ngx_queue_empty(&node->waiting))
        {
            ngx_mcp_redis_free_node(node);
        }
    }
}
