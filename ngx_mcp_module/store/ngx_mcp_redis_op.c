
/*
 * Commands, from the question to the end.
 *
 * A command has two holders: whoever waits for it, until it is settled, and
 * the connection that it was sent to, until its reply comes, since replies
 * match by their order.  The later of the two frees it; so a command that came
 * too late, or that nobody waits for any more, does no harm.
 *
 * Whoever waits hears of it from a timer or a posted event, never from inside
 * ngx_mcp_redis_run() or from the handler of a connection.
 */


#include "ngx_mcp_redis_int.h"


#define NGX_MCP_REDIS_IDLE_OPS  64           /* that a worker keeps           */


static ngx_mcp_redis_op_t *ngx_mcp_redis_get_op(ngx_mcp_redis_t *redis);
static void ngx_mcp_redis_add(ngx_mcp_redis_op_t *op, u_char *data,
    size_t len);
static ngx_int_t ngx_mcp_redis_slot(u_char *key, size_t len);
static ngx_int_t ngx_mcp_redis_send(ngx_mcp_redis_op_t *op,
    ngx_mcp_redis_conn_t *conn);
static ngx_int_t ngx_mcp_redis_dispatch(ngx_mcp_redis_op_t *op,
    ngx_mcp_redis_node_t *node);
static void ngx_mcp_redis_settle(ngx_mcp_redis_op_t *op,
    ngx_mcp_redis_rc_t rc, redisReply *reply);
static void ngx_mcp_redis_event_handler(ngx_event_t *ev);
static ngx_int_t ngx_mcp_redis_again(ngx_mcp_redis_op_t *op,
    ngx_mcp_redis_conn_t *conn, ngx_mcp_redis_word_t word, redisReply *reply);
static ngx_int_t ngx_mcp_redis_send_asking(ngx_mcp_redis_conn_t *conn);
static void ngx_mcp_redis_consequences(ngx_mcp_redis_conn_t *conn,
    ngx_mcp_redis_word_t word, ngx_uint_t *drop);


static ngx_mcp_redis_op_t *
ngx_mcp_redis_get_op(ngx_mcp_redis_t *redis)
{
    ngx_mcp_redis_op_t  *op;

    if (redis->free) {
        op = redis->free;
        redis->free = op->next;
        redis->nfree--;

    } else {
        op = ngx_alloc(sizeof(ngx_mcp_redis_op_t), ngx_cycle->log);

        if (op == NULL) {
            return NULL;
        }
    }

    ngx_memzero(op, offsetof(ngx_mcp_redis_op_t, text));

    op->redis = redis;
    op->slot = -1;
    op->event.handler = ngx_mcp_redis_event_handler;
    op->event.data = op;
    op->event.log = ngx_cycle->log;

    redis->nops++;

    return op;
}


void
ngx_mcp_redis_free_op(ngx_mcp_redis_op_t *op)
{
    ngx_mcp_redis_t  *redis;

    redis = op->redis;

    if (op->event.timer_set) {
        ngx_del_timer(&op->event);
    }

    if (op->event.posted) {
        ngx_delete_posted_event(&op->event);
    }

    if (op->reply) {
        freeReplyObject(op->reply);
    }

    redis->nops--;

    if (redis->nfree == NGX_MCP_REDIS_IDLE_OPS || redis->closing) {
        ngx_free(op);
        return;
    }

    op->next = redis->free;
    redis->free = op;
    redis->nfree++;
}


ngx_mcp_redis_op_t *
ngx_mcp_redis_op(ngx_mcp_redis_t *redis, const ngx_mcp_redis_script_t *script)
{
    ngx_mcp_redis_op_t    *op;
    ngx_mcp_redis_node_t  *node;

    if (redis->nops >= NGX_MCP_REDIS_QUEUE) {
        node = ngx_queue_data(ngx_queue_head(&redis->nodes),
                              ngx_mcp_redis_node_t, queue);

        ngx_mcp_redis_log(node, NGX_MCP_REDIS_L_FULL,
                          "too many commands wait for it", NULL);
        return NULL;
    }

    op = ngx_mcp_redis_get_op(redis);

    if (op) {
        op->script = script;
    }

    return op;
}


ngx_mcp_redis_op_t *
ngx_mcp_redis_command(ngx_mcp_redis_t *redis)
{
    ngx_mcp_redis_op_t  *op;

    op = ngx_mcp_redis_get_op(redis);

    if (op) {

        /* of our own accord: no reason to keep an old worker */
        op->event.cancelable = 1;
    }

    return op;
}


void
ngx_mcp_redis_key(ngx_mcp_redis_op_t *op, u_char *data, size_t len)
{
    op->nkeys++;

    if (op->slot == -1) {
        op->slot = ngx_mcp_redis_slot(data, len);
    }

    ngx_mcp_redis_add(op, data, len);
}


void
ngx_mcp_redis_arg(ngx_mcp_redis_op_t *op, u_char *data, size_t len)
{
    ngx_mcp_redis_add(op, data, len);
}


static void
ngx_mcp_redis_add(ngx_mcp_redis_op_t *op, u_char *data, size_t len)
{
    if (op->nargs == NGX_MCP_REDIS_ARGS
        || len > NGX_MCP_REDIS_TEXT - op->len)
    {
        op->broken = 1;
        return;
    }

    op->args[op->nargs].data = op->text + op->len;
    op->args[op->nargs].len = len;
    op->nargs++;

    ngx_memcpy(op->text + op->len, data, len);
    op->len += len;
}


/* CRC16 (XMODEM) of the hash tag. */

static ngx_int_t
ngx_mcp_redis_slot(u_char *key, size_t len)
{
    u_char      *open, *close, *p, *last;
    ngx_uint_t   i, crc;

    p = key;
    last = key + len;

    open = ngx_strlchr(key, last, '{');

    if (open) {
        close = ngx_strlchr(open + 1, last, '}');

        if (close && close > open + 1) {
            p = open + 1;
            last = close;
        }
    }

    crc = 0;

    for ( /* void */ ; p < last; p++) {
        crc ^= (ngx_uint_t) *p << 8;

        for (i = 0; i < 8; i++) {
            crc = (crc & 0x8000) ? (crc << 1) ^ 0x1021 : crc << 1;
        }

        crc &= 0xffff;
    }

    return crc % NGX_MCP_REDIS_SLOTS;
}


ngx_int_t
ngx_mcp_redis_run(ngx_mcp_redis_op_t *op, ngx_mcp_redis_done_pt done,
    void *data)
{
    ngx_mcp_redis_t       *redis;
    ngx_mcp_redis_node_t  *node;

    redis = op->redis;

    node = redis->conf->mode == NGX_MCP_REDIS_CLUSTER
           ? ngx_mcp_redis_cluster_node(redis, op->slot) : redis->master;

    if (node == NULL) {
        ngx_mcp_redis_free_op(op);
        return NGX_DECLINED;
    }

    return ngx_mcp_redis_run_on(op, node, done, data);
}


ngx_int_t
ngx_mcp_redis_run_on(ngx_mcp_redis_op_t *op, ngx_mcp_redis_node_t *node,
    ngx_mcp_redis_done_pt done, void *data)
{
    op->done = done;
    op->data = data;

    if (op->broken || ngx_mcp_redis_dispatch(op, node) != NGX_OK) {
        ngx_mcp_redis_free_op(op);
        return NGX_DECLINED;
    }

    ngx_add_timer(&op->event, op->redis->conf->timeout);

    return NGX_AGAIN;
}


/* To a connection, or to the queue for one that is being made. */

static ngx_int_t
ngx_mcp_redis_dispatch(ngx_mcp_redis_op_t *op, ngx_mcp_redis_node_t *node)
{
    ngx_mcp_redis_conn_t  *conn;

    op->node = NULL;
    op->conn = NULL;

    conn = ngx_mcp_redis_ready(node);

    if (conn) {
        return ngx_mcp_redis_send(op, conn);
    }

    if (!ngx_mcp_redis_promising(node)) {
        return NGX_DECLINED;
    }

    op->node = node;
    ngx_queue_insert_tail(&node->waiting, &op->queue);

    return NGX_OK;
}


static ngx_int_t
ngx_mcp_redis_send(ngx_mcp_redis_op_t *op, ngx_mcp_redis_conn_t *conn)
{
    u_char       nkeys[NGX_INT_T_LEN];
    size_t       len[NGX_MCP_REDIS_ARGS + 3];
    ngx_uint_t   i, n;
    const char  *argv[NGX_MCP_REDIS_ARGS + 3];

    n = 0;

    if (op->script) {

        if (op->eval) {
            argv[n] = "EVAL";
            len[n++] = sizeof("EVAL") - 1;
            argv[n] = (const char *) op->script->text;
            len[n++] = op->script->len;

        } else {
            argv[n] = "EVALSHA";
            len[n++] = sizeof("EVALSHA") - 1;
            argv[n] = op->script->sha1;
            len[n++] = ngx_strlen(op->script->sha1);
        }

        argv[n] = (char *) nkeys;
        len[n++] = ngx_sprintf(nkeys, "%ui", op->nkeys) - nkeys;
    }

    for (i = 0; i < op->nargs; i++) {
        argv[n] = (char *) op->args[i].data;
        len[n++] = op->args[i].len;
    }

    if (ngx_mcp_redis_write(conn, n, argv, len) != NGX_OK) {
        return NGX_DECLINED;
    }

    if (conn->nsent == 0) {
        conn->active = ngx_current_msec;
    }

    op->conn = conn;
    ngx_queue_insert_tail(&conn->sent, &op->queue);
    conn->nsent++;

    return NGX_OK;
}


void
ngx_mcp_redis_send_waiting(ngx_mcp_redis_node_t *node)
{
    ngx_queue_t         *q, waiting;
    ngx_mcp_redis_op_t  *op;

    if (ngx_queue_empty(&node->waiting)) {
        return;
    }

    ngx_queue_init(&waiting);
    ngx_queue_add(&waiting, &node->waiting);
    ngx_queue_init(&node->waiting);

    while (!ngx_queue_empty(&waiting)) {
        q = ngx_queue_head(&waiting);
        ngx_queue_remove(q);

        op = ngx_queue_data(q, ngx_mcp_redis_op_t, queue);

        if (ngx_mcp_redis_dispatch(op, node) != NGX_OK) {
            op->node = NULL;
            ngx_mcp_redis_settle(op, NGX_MCP_REDIS_ABSENT, NULL);
        }
    }
}


/* Not in any queue.  Whoever waits hears of it after this turn. */

static void
ngx_mcp_redis_settle(ngx_mcp_redis_op_t *op, ngx_mcp_redis_rc_t rc,
    redisReply *reply)
{
    if (op->settled || op->forgotten || op->redis->closing) {

        if (reply) {
            freeReplyObject(reply);
        }

        ngx_mcp_redis_free_op(op);
        return;
    }

    op->settled = 1;
    op->rc = rc;
    op->reply = reply;

    if (op->event.timer_set) {
        ngx_del_timer(&op->event);
    }

    ngx_post_event(&op->event, &ngx_posted_events);
}


void
ngx_mcp_redis_settle_all(ngx_queue_t *queue, ngx_mcp_redis_rc_t rc)
{
    ngx_queue_t         *q;
    ngx_mcp_redis_op_t  *op;

    while (!ngx_queue_empty(queue)) {
        q = ngx_queue_head(queue);
        ngx_queue_remove(q);

        op = ngx_queue_data(q, ngx_mcp_redis_op_t, queue);
        op->conn = NULL;
        op->node = NULL;

        ngx_mcp_redis_settle(op, rc, NULL);
    }
}


/* The deadline, or the turn after the reply. */

static void
ngx_mcp_redis_event_handler(ngx_event_t *ev)
{
    ngx_mcp_redis_op_t *op = ev->data;

    void                   *data;
    ngx_uint_t              drop;
    redisReply             *reply;
    ngx_mcp_redis_rc_t      rc;
    ngx_mcp_redis_conn_t   *conn;
    ngx_mcp_redis_done_pt   done;

    drop = 0;
    conn = op->conn;

    if (!op->settled) {

        op->settled = 1;
        op->rc = NGX_MCP_REDIS_LATE;

        if (op->node) {
            ngx_queue_remove(&op->queue);
            op->node = NULL;
        }

        if (conn) {
            drop = (ngx_msec_int_t) (ngx_current_msec - conn->active)
                   >= NGX_MCP_REDIS_SILENCE;

            ngx_mcp_redis_log(conn->node, NGX_MCP_REDIS_L_LATE,
                              drop ? "it does not answer any more"
                                   : "no answer in time", NULL);
        }
    }

    done = op->done;
    data = op->data;
    rc = op->rc;
    reply = op->reply;

    op->reply = NULL;
    op->forgotten = 1;

    if (conn == NULL) {
        ngx_mcp_redis_free_op(op);

    } else if (drop) {

        /* frees this one with the others */
        ngx_mcp_redis_fail_conn(conn);
    }

    done(data, rc, reply);
}


void
ngx_mcp_redis_cancel(ngx_mcp_redis_op_t *op)
{
    op->forgotten = 1;

    if (op->event.timer_set) {
        ngx_del_timer(&op->event);
    }

    if (op->event.posted) {
        ngx_delete_posted_event(&op->event);
    }

    if (op->node) {
        ngx_queue_remove(&op->queue);
        op->node = NULL;
    }

    if (op->conn == NULL) {
        ngx_mcp_redis_free_op(op);
    }
}


void
ngx_mcp_redis_answered(ngx_mcp_redis_conn_t *conn, redisReply *reply)
{
    ngx_uint_t             drop;
    ngx_queue_t           *q;
    ngx_mcp_redis_op_t    *op;
    ngx_mcp_redis_word_t   word;

    q = ngx_queue_head(&conn->sent);
    ngx_queue_remove(q);
    conn->nsent--;

    op = ngx_queue_data(q, ngx_mcp_redis_op_t, queue);
    op->conn = NULL;

    if (reply->type != REDIS_REPLY_ERROR) {
        ngx_mcp_redis_settle(op, NGX_MCP_REDIS_REPLY, reply);
        return;
    }

    word = ngx_mcp_redis_error_word(reply);
    drop = 0;

    if (!op->settled && !op->forgotten
        && ngx_mcp_redis_again(op, conn, word, reply) == NGX_OK)
    {
        freeReplyObject(reply);
        return;
    }

    /* a script that nobody waits for any more is not sent once more */

    if (word != NGX_MCP_REDIS_W_NOSCRIPT || op->eval) {
        ngx_mcp_redis_log_error(conn->node, word, reply);
    }

    ngx_mcp_redis_consequences(conn, word, &drop);

    freeReplyObject(reply);

    ngx_mcp_redis_settle(op, NGX_MCP_REDIS_ERROR, NULL);

    if (drop) {

        /* not here, the parser is at work: after this turn */

        conn->bad = 1;
        ngx_post_event(conn->connection->read, &ngx_posted_events);
    }
}


/*
 * Errors that say that the command was not executed and what to do instead:
 * NGX_OK when that was done.
 */

static ngx_int_t
ngx_mcp_redis_again(ngx_mcp_redis_op_t *op, ngx_mcp_redis_conn_t *conn,
    ngx_mcp_redis_word_t word, redisReply *reply)
{
    ngx_str_t              host;
    in_port_t              port;
    ngx_uint_t             slot;
    ngx_mcp_redis_t       *redis;
    ngx_mcp_redis_node_t  *node;
    ngx_mcp_redis_conn_t  *to;

    redis = op->redis;

    if (word == NGX_MCP_REDIS_W_NOSCRIPT && op->script && !op->eval) {
        op->eval = 1;

        return ngx_mcp_redis_send(op, conn);
    }

    if ((word != NGX_MCP_REDIS_W_MOVED && word != NGX_MCP_REDIS_W_ASK)
        || redis->conf->mode != NGX_MCP_REDIS_CLUSTER
        || op->redirects == NGX_MCP_REDIS_REDIRECTS
        || ngx_mcp_redis_redirect(reply, &slot, &host, &port) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    if (host.len == 0) {
        host.data = conn->node->host;
        host.len = conn->node->host_len;
    }

    node = ngx_mcp_redis_find_node(redis, host.data, host.len, port);

    if (node == NULL) {
        node = ngx_mcp_redis_add_node(redis, host.data, host.len, port);

        if (node == NULL) {
            return NGX_DECLINED;
        }
    }

    op->redirects++;
    op->eval = 0;

    if (word == NGX_MCP_REDIS_W_MOVED) {
        ngx_mcp_redis_cluster_moved(redis, slot, node);
        ngx_mcp_redis_connect_node(node);

        return ngx_mcp_redis_dispatch(op, node);
    }

    ngx_mcp_redis_connect_node(node);

    to = ngx_mcp_redis_ready(node);

    if (to == NULL) {

        /*
         * Whoever asks next finds it connected; to wait here would part
         * ASKING from its command.
         */

        return NGX_DECLINED;
    }

    if (ngx_mcp_redis_send_asking(to) != NGX_OK) {
        return NGX_DECLINED;
    }

    return ngx_mcp_redis_send(op, to);
}


static ngx_int_t
ngx_mcp_redis_send_asking(ngx_mcp_redis_conn_t *conn)
{
    ngx_mcp_redis_op_t  *op;

    op = ngx_mcp_redis_command(conn->node->redis);

    if (op == NULL) {
        return NGX_ERROR;
    }

    op->forgotten = 1;
    ngx_mcp_redis_arg(op, (u_char *) "ASKING", sizeof("ASKING") - 1);

    if (ngx_mcp_redis_send(op, conn) != NGX_OK) {
        ngx_mcp_redis_free_op(op);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* What an error tells about the server, beyond this command. */

static void
ngx_mcp_redis_consequences(ngx_mcp_redis_conn_t *conn,
    ngx_mcp_redis_word_t word, ngx_uint_t *drop)
{
    ngx_mcp_redis_t  *redis;

    redis = conn->node->redis;

    switch (word) {

    case NGX_MCP_REDIS_W_READONLY:
    case NGX_MCP_REDIS_W_MASTERDOWN:

        /* Sentinel, or the name, may lead to another server by now */

        if (redis->conf->mode != NGX_MCP_REDIS_CLUSTER) {
            *drop = 1;
            return;
        }

        /* fall through */

    case NGX_MCP_REDIS_W_CLUSTERDOWN:
    case NGX_MCP_REDIS_W_MOVED:

        if (redis->conf->mode == NGX_MCP_REDIS_CLUSTER) {
            ngx_mcp_redis_cluster_refresh(redis);
        }

        return;

    case NGX_MCP_REDIS_W_NOAUTH:
        *drop = 1;
        return;

    default:
        return;
    }
}
