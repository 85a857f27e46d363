
/*
 * Servers: where they are, and when to connect to them.
 *
 * A worker connects when it starts, and again when a connection is gone,
 * whether anybody asks or not.  After a failure it waits, longer each time and
 * never the same; meanwhile there is no server, and that is the answer to
 * whoever asks.  Only a connection that is being made for the first time, or
 * anew after one that worked, is worth waiting for.
 *
 * All attempts start from an event, so that a report of a connection never
 * meets another one on the stack.
 */


#include "ngx_mcp_redis_int.h"


static void ngx_mcp_redis_schedule(ngx_mcp_redis_node_t *node);
static ngx_mcp_redis_conn_t *ngx_mcp_redis_idle_conn(
    ngx_mcp_redis_node_t *node);
static void ngx_mcp_redis_node_handler(ngx_event_t *ev);
static void ngx_mcp_redis_attempt(ngx_mcp_redis_node_t *node);
static ngx_int_t ngx_mcp_redis_resolve(ngx_mcp_redis_node_t *node);
static void ngx_mcp_redis_resolved(ngx_resolver_ctx_t *ctx);
static void ngx_mcp_redis_failed(ngx_mcp_redis_node_t *node);


ngx_mcp_redis_t *
ngx_mcp_redis_open(ngx_mcp_redis_conf_t *conf)
{
    ngx_int_t              rc;
    ngx_mcp_redis_t       *redis;
    ngx_mcp_redis_peer_t  *peer;

    redis = ngx_calloc(sizeof(ngx_mcp_redis_t), ngx_cycle->log);

    if (redis == NULL) {
        return NULL;
    }

    redis->conf = conf;
    ngx_queue_init(&redis->nodes);

    switch (conf->mode) {

    case NGX_MCP_REDIS_SENTINEL:
        rc = ngx_mcp_redis_sentinel_open(redis);
        break;

    case NGX_MCP_REDIS_CLUSTER:
        rc = ngx_mcp_redis_cluster_open(redis);
        break;

    default:
        peer = conf->peers.elts;
        redis->master = ngx_mcp_redis_add_peer(redis, peer);

        if (redis->master == NULL) {
            rc = NGX_ERROR;
            break;
        }

        ngx_mcp_redis_connect_node(redis->master);
        rc = NGX_OK;
    }

    if (rc != NGX_OK) {
        ngx_mcp_redis_close(redis);
        return NULL;
    }

    return redis;
}


void
ngx_mcp_redis_close(ngx_mcp_redis_t *redis)
{
    ngx_queue_t           *q, *next;
    ngx_mcp_redis_op_t    *op;
    ngx_mcp_redis_node_t  *node;

    redis->closing = 1;

    if (redis->conf->mode == NGX_MCP_REDIS_SENTINEL) {
        ngx_mcp_redis_sentinel_close(redis);

    } else if (redis->conf->mode == NGX_MCP_REDIS_CLUSTER) {
        ngx_mcp_redis_cluster_close(redis);
    }

    for (q = ngx_queue_head(&redis->nodes);
         q != ngx_queue_sentinel(&redis->nodes);
         q = next)
    {
        next = ngx_queue_next(q);
        node = ngx_queue_data(q, ngx_mcp_redis_node_t, queue);
        ngx_mcp_redis_free_node(node);
    }

    while (redis->free) {
        op = redis->free;
        redis->free = op->next;
        ngx_free(op);
    }

    ngx_free(redis);
}


ngx_mcp_redis_node_t *
ngx_mcp_redis_create_node(ngx_mcp_redis_t *redis)
{
    ngx_uint_t             i;
    ngx_mcp_redis_node_t  *node;

    if (redis->nnodes == NGX_MCP_REDIS_NODES) {
        return NULL;
    }

    node = ngx_calloc(sizeof(ngx_mcp_redis_node_t), ngx_cycle->log);

    if (node == NULL) {
        return NULL;
    }

    node->redis = redis;
    node->nconns = NGX_MCP_REDIS_CONNS;
    node->name.data = node->text;
    ngx_queue_init(&node->waiting);

    for (i = 0; i < NGX_MCP_REDIS_CONNS; i++) {
        ngx_mcp_redis_init_conn(&node->conns[i], node);
    }

    node->timer.handler = ngx_mcp_redis_node_handler;
    node->timer.data = node;
    node->timer.log = ngx_cycle->log;
    node->timer.cancelable = 1;

    ngx_queue_insert_tail(&redis->nodes, &node->queue);
    redis->nnodes++;

    return node;
}


ngx_mcp_redis_node_t *
ngx_mcp_redis_add_node(ngx_mcp_redis_t *redis, u_char *host, size_t len,
    in_port_t port)
{
    ngx_mcp_redis_node_t  *node;

    node = ngx_mcp_redis_create_node(redis);

    if (node && ngx_mcp_redis_set_host(node, host, len, port) != NGX_OK) {
        ngx_mcp_redis_free_node(node);
        return NULL;
    }

    return node;
}


ngx_int_t
ngx_mcp_redis_set_host(ngx_mcp_redis_node_t *node, u_char *host, size_t len,
    in_port_t port)
{
    u_char               *p;
    size_t                i;
    in_addr_t             addr;
    struct sockaddr_in   *sin;
#if (NGX_HAVE_INET6)
    struct sockaddr_in6  *sin6;
#endif

    if (len == 0 || len > NGX_MCP_REDIS_HOST) {
        return NGX_ERROR;
    }

    /* it comes from a server, and goes to logs and to the resolver */

    for (i = 0; i < len; i++) {

        if (!((host[i] >= '0' && host[i] <= '9')
              || ((host[i] | 0x20) >= 'a' && (host[i] | 0x20) <= 'z')
              || host[i] == '.' || host[i] == ':' || host[i] == '-'
              || host[i] == '_'))
        {
            return NGX_ERROR;
        }
    }

    p = ngx_cpymem(node->host, host, len);
    *p = '\0';

    node->host_len = len;
    node->port = port;
    node->ip = 0;
    node->addr = 0;
    node->naddrs = 0;

    ngx_memzero(&node->addrs[0], sizeof(ngx_sockaddr_t));

    addr = ngx_inet_addr(node->host, len);

    if (addr != INADDR_NONE) {
        sin = &node->addrs[0].sockaddr_in;
        sin->sin_family = AF_INET;
        sin->sin_addr.s_addr = addr;
        sin->sin_port = htons(port);

        node->socklens[0] = sizeof(struct sockaddr_in);
        node->naddrs = 1;
        node->ip = 1;
    }

#if (NGX_HAVE_INET6)

    sin6 = &node->addrs[0].sockaddr_in6;

    if (!node->ip
        && ngx_inet6_addr(node->host, len, sin6->sin6_addr.s6_addr) == NGX_OK)
    {
        sin6->sin6_family = AF_INET6;
        sin6->sin6_port = htons(port);

        node->socklens[0] = sizeof(struct sockaddr_in6);
        node->naddrs = 1;
        node->ip = 1;
    }

#endif

    node->name.len = ngx_snprintf(node->text, sizeof(node->text),
                                  ngx_strlchr(node->host, p, ':')
                                  ? "[%*s]:%d" : "%*s:%d",
                                  len, node->host, (int) port)
                     - node->text;

    return NGX_OK;
}


ngx_mcp_redis_node_t *
ngx_mcp_redis_find_node(ngx_mcp_redis_t *redis, u_char *host, size_t len,
    in_port_t port)
{
    ngx_queue_t           *q;
    ngx_mcp_redis_node_t  *node;

    for (q = ngx_queue_head(&redis->nodes);
         q != ngx_queue_sentinel(&redis->nodes);
         q = ngx_queue_next(q))
    {
        node = ngx_queue_data(q, ngx_mcp_redis_node_t, queue);

        if (node->port == port && node->host_len == len
            && ngx_strncasecmp(node->host, host, len) == 0)
        {
            return node;
        }
    }

    return NULL;
}


/* A server of the URI, with the addresses that were found for it. */

ngx_mcp_redis_node_t *
ngx_mcp_redis_add_peer(ngx_mcp_redis_t *redis, ngx_mcp_redis_peer_t *peer)
{
    ngx_uint_t             i;
    ngx_mcp_redis_node_t  *node;

    node = ngx_mcp_redis_create_node(redis);

    if (node == NULL) {
        return NULL;
    }

    node->seed = 1;

    if (peer->port == 0) {
        node->unix_path = 1;
        node->name.len = ngx_snprintf(node->text, sizeof(node->text), "%V",
                                      &peer->host)
                         - node->text;

    } else if (ngx_mcp_redis_set_host(node, peer->host.data, peer->host.len,
                                      peer->port)
               != NGX_OK)
    {
        ngx_mcp_redis_free_node(node);
        return NULL;
    }

    if (!node->ip) {

        for (i = 0; i < peer->naddrs && i < NGX_MCP_REDIS_ADDRS; i++) {
            ngx_memcpy(&node->addrs[i], peer->addrs[i].sockaddr,
                       peer->addrs[i].socklen);
            node->socklens[i] = peer->addrs[i].socklen;
        }

        node->naddrs = i;
    }

    return node;
}


void
ngx_mcp_redis_free_node(ngx_mcp_redis_node_t *node)
{
    ngx_mcp_redis_reset_node(node);

    ngx_queue_remove(&node->queue);
    node->redis->nnodes--;

    ngx_free(node);
}


void
ngx_mcp_redis_reset_node(ngx_mcp_redis_node_t *node)
{
    ngx_uint_t  i;

    if (node->resolving) {
        ngx_resolve_name_done(node->resolving);
        node->resolving = NULL;
    }

    if (node->timer.timer_set) {
        ngx_del_timer(&node->timer);
    }

    if (node->timer.posted) {
        ngx_delete_posted_event(&node->timer);
    }

    for (i = 0; i < NGX_MCP_REDIS_CONNS; i++) {
        ngx_mcp_redis_close_conn(&node->conns[i]);
        ngx_mcp_redis_settle_all(&node->conns[i].sent, NGX_MCP_REDIS_LOST);
        node->conns[i].nsent = 0;
    }

    ngx_mcp_redis_settle_all(&node->waiting, NGX_MCP_REDIS_ABSENT);
    node->failures = 0;
}


void
ngx_mcp_redis_connect_node(ngx_mcp_redis_node_t *node)
{
    ngx_mcp_redis_schedule(node);
}


static void
ngx_mcp_redis_schedule(ngx_mcp_redis_node_t *node)
{
    ngx_msec_t      backoff;
    ngx_msec_int_t  wait;

    if (node->redis->closing || node->resolving || node->timer.timer_set
        || node->timer.posted
        || (node->naddrs == 0 && node->host_len == 0)
        || ngx_mcp_redis_idle_conn(node) == NULL)
    {
        return;
    }

    if (node->failures == 0) {
        ngx_post_event(&node->timer, &ngx_posted_events);
        return;
    }

    backoff = NGX_MCP_REDIS_BACKOFF
              << ngx_min(node->failures - 1, NGX_MCP_REDIS_BACKOFFS);
    backoff += ngx_random() % (backoff / 8 + 1);

    wait = (ngx_msec_int_t) (node->tried + backoff - ngx_current_msec);

    ngx_add_timer(&node->timer, wait > 1 ? (ngx_msec_t) wait : 1);
}


/* One at a time: the next one when this is READY. */

static ngx_mcp_redis_conn_t *
ngx_mcp_redis_idle_conn(ngx_mcp_redis_node_t *node)
{
    ngx_uint_t             i;
    ngx_mcp_redis_conn_t  *conn;

    conn = NULL;

    for (i = 0; i < node->nconns; i++) {

        switch (node->conns[i].state) {

        case NGX_MCP_REDIS_CLOSED:

            if (conn == NULL) {
                conn = &node->conns[i];
            }

            break;

        case NGX_MCP_REDIS_READY:
            break;

        default:
            return NULL;
        }
    }

    return conn;
}


static void
ngx_mcp_redis_node_handler(ngx_event_t *ev)
{
    ngx_mcp_redis_node_t *node = ev->data;

    ngx_msec_int_t  wait;

    ev->timedout = 0;

    if (node->failures) {

        /* of all servers that fail, one at a time */

        wait = (ngx_msec_int_t) (node->redis->tried + NGX_MCP_REDIS_BACKOFF
                                 - ngx_current_msec);

        if (wait > 0 && wait <= NGX_MCP_REDIS_BACKOFF) {
            ngx_add_timer(&node->timer, wait);
            return;
        }
    }

    node->tried = ngx_current_msec;
    node->redis->tried = ngx_current_msec;

    /* a name may mean another address by now */

    if (!node->ip && !node->unix_path && (node->failures || node->naddrs == 0))
    {
        if (ngx_mcp_redis_resolve(node) == NGX_OK) {
            return;
        }
    }

    ngx_mcp_redis_attempt(node);
}


static void
ngx_mcp_redis_attempt(ngx_mcp_redis_node_t *node)
{
    ngx_uint_t             n;
    ngx_mcp_redis_conn_t  *conn;

    conn = ngx_mcp_redis_idle_conn(node);

    if (conn == NULL) {
        return;
    }

    if (node->naddrs == 0) {
        ngx_mcp_redis_log(node, NGX_MCP_REDIS_L_RESOLVE,
                          "no address is known for this name", NULL);
        ngx_mcp_redis_failed(node);
        return;
    }

    n = node->addr % node->naddrs;

    ngx_mcp_redis_connect(conn, &node->addrs[n].sockaddr, node->socklens[n]);
}


/* NGX_OK: ngx_mcp_redis_resolved() will go on, or has. */

static ngx_int_t
ngx_mcp_redis_resolve(ngx_mcp_redis_node_t *node)
{
    ngx_resolver_ctx_t    *ctx;
    ngx_mcp_redis_conf_t  *conf;

    conf = node->redis->conf;

    if (conf->resolver == NULL) {
        return NGX_DECLINED;
    }

    ctx = ngx_resolve_start(conf->resolver, NULL);

    if (ctx == NULL || ctx == NGX_NO_RESOLVER) {
        return NGX_DECLINED;
    }

    ctx->name.data = node->host;
    ctx->name.len = node->host_len;
    ctx->handler = ngx_mcp_redis_resolved;
    ctx->data = node;
    ctx->timeout = conf->resolver_timeout;
    ctx->cancelable = 1;

    node->resolving = ctx;

    if (ngx_resolve_name(ctx) != NGX_OK) {

        /* it has freed ctx */

        node->resolving = NULL;
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static void
ngx_mcp_redis_resolved(ngx_resolver_ctx_t *ctx)
{
    ngx_mcp_redis_node_t *node = ctx->data;

    ngx_uint_t  i;

    node->resolving = NULL;

    if (ctx->state) {
        ngx_mcp_redis_log(node, NGX_MCP_REDIS_L_RESOLVE,
                          "its name could not be resolved", NULL);

    } else {

        for (i = 0; i < ctx->naddrs && i < NGX_MCP_REDIS_ADDRS; i++) {
            ngx_memcpy(&node->addrs[i], ctx->addrs[i].sockaddr,
                       ctx->addrs[i].socklen);
            ngx_inet_set_port(&node->addrs[i].sockaddr, node->port);
            node->socklens[i] = ctx->addrs[i].socklen;
        }

        node->naddrs = i;
    }

    ngx_resolve_name_done(ctx);

    ngx_mcp_redis_attempt(node);
}


ngx_mcp_redis_conn_t *
ngx_mcp_redis_ready(ngx_mcp_redis_node_t *node)
{
    ngx_uint_t             i;
    ngx_mcp_redis_conn_t  *conn, *best;

    best = NULL;

    for (i = 0; i < node->nconns; i++) {
        conn = &node->conns[i];

        if (conn->state != NGX_MCP_REDIS_READY || conn->bad) {
            continue;
        }

        /* few commands of one turn go out together on one connection */

        if (conn->nsent < NGX_MCP_REDIS_DEEP) {
            return conn;
        }

        if (best == NULL || conn->nsent < best->nsent) {
            best = conn;
        }
    }

    return best;
}


ngx_uint_t
ngx_mcp_redis_promising(ngx_mcp_redis_node_t *node)
{
    ngx_uint_t  i;

    if (node->failures || node->redis->closing) {
        return 0;
    }

    if (node->host_len == 0 && node->naddrs == 0) {
        return ngx_mcp_redis_sentinel_promising(node->redis);
    }

    if (node->timer.posted || node->resolving) {
        return 1;
    }

    for (i = 0; i < node->nconns; i++) {

        if (node->conns[i].state != NGX_MCP_REDIS_CLOSED
            && node->conns[i].state != NGX_MCP_REDIS_READY)
        {
            return 1;
        }
    }

    return 0;
}


void
ngx_mcp_redis_count(ngx_mcp_redis_t *redis, ngx_atomic_t *reconnects)
{
    redis->reconnects = reconnects;
}


void
ngx_mcp_redis_conn_ready(ngx_mcp_redis_conn_t *conn)
{
    ngx_mcp_redis_node_t  *node;

    node = conn->node;

    conn->state = NGX_MCP_REDIS_READY;
    conn->since = ngx_current_msec;

    if (conn->timer.timer_set) {
        ngx_del_timer(&conn->timer);
    }

    if (node->redis->lost) {
        node->redis->lost--;

        if (node->redis->reconnects) {
            (void) ngx_atomic_fetch_add(node->redis->reconnects, 1);
        }
    }

    if (node->failures) {
        node->failures = 0;

        ngx_mcp_redis_log(node, NGX_MCP_REDIS_L_BACK, "it is back", NULL);
    }

    ngx_mcp_redis_send_waiting(node);
    ngx_mcp_redis_schedule(node);

    if (node->sentinel) {
        ngx_mcp_redis_sentinel_ready(node->redis);

    } else if (node->redis->conf->mode == NGX_MCP_REDIS_CLUSTER) {
        ngx_mcp_redis_cluster_ready(node->redis);
    }
}


void
ngx_mcp_redis_conn_lost(ngx_mcp_redis_conn_t *conn, ngx_uint_t was_ready)
{
    ngx_mcp_redis_node_t  *node;

    node = conn->node;

    if (was_ready) {
        node->redis->lost++;
    }

    if (was_ready && !conn->bad
        && ngx_current_msec - conn->since >= NGX_MCP_REDIS_SILENCE)
    {
        /* it worked; maybe it was only idle for too long */

        ngx_mcp_redis_schedule(node);

    } else {
        ngx_mcp_redis_failed(node);
    }
}


static void
ngx_mcp_redis_failed(ngx_mcp_redis_node_t *node)
{
    node->failures++;
    node->addr++;

    ngx_mcp_redis_schedule(node);

    if (ngx_mcp_redis_ready(node) == NULL) {
        ngx_mcp_redis_settle_all(&node->waiting, NGX_MCP_REDIS_ABSENT);
    }

    if (node->sentinel) {
        ngx_mcp_redis_sentinel_failed(node->redis);

    } else if (node->redis->conf->mode == NGX_MCP_REDIS_SENTINEL) {
        ngx_mcp_redis_sentinel_lost(node->redis);

    } else if (node->redis->conf->mode == NGX_MCP_REDIS_CLUSTER) {
        ngx_mcp_redis_cluster_refresh(node->redis);
    }
}
