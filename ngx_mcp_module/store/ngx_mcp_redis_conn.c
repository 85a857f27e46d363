
/*
 * One connection: bytes out, bytes in, TLS, handshake.
 *
 * nginx' functions for connections log at levels that fit a listening server,
 * up to crit and alert.  A store that is down is no reason for that, so these
 * connections have a log of their own that keeps the last text, which becomes
 * a part of our one line a minute.
 *
 * Commands that are written in one turn of the event loop go out together:
 * the write event is posted, and runs after all that the turn had to do.
 */


#include "ngx_mcp_redis_int.h"


static void ngx_mcp_redis_log_writer(ngx_log_t *log, ngx_uint_t level,
    u_char *buf, size_t len);
static void ngx_mcp_redis_connect_handler(ngx_event_t *ev);
static void ngx_mcp_redis_connected(ngx_mcp_redis_conn_t *conn);
#if (NGX_SSL)
static void ngx_mcp_redis_ssl_init(ngx_mcp_redis_conn_t *conn);
static void ngx_mcp_redis_ssl_handler(ngx_connection_t *c);
static ngx_int_t ngx_mcp_redis_ssl_check_name(ngx_mcp_redis_conn_t *conn);
#endif
static void ngx_mcp_redis_handshake(ngx_mcp_redis_conn_t *conn);
static ngx_int_t ngx_mcp_redis_add_step(ngx_mcp_redis_conn_t *conn,
    ngx_mcp_redis_step_t step, ngx_uint_t argc, const char **argv,
    const size_t *argvlen);
static ngx_int_t ngx_mcp_redis_stepped(ngx_mcp_redis_conn_t *conn,
    redisReply *reply);
static void ngx_mcp_redis_read_handler(ngx_event_t *ev);
static ngx_int_t ngx_mcp_redis_replies(ngx_mcp_redis_conn_t *conn);
static void ngx_mcp_redis_write_handler(ngx_event_t *ev);
static void ngx_mcp_redis_timer_handler(ngx_event_t *ev);
static void ngx_mcp_redis_complain(ngx_mcp_redis_conn_t *conn,
    ngx_mcp_redis_cause_t cause, const char *what);


void
ngx_mcp_redis_init_conn(ngx_mcp_redis_conn_t *conn, ngx_mcp_redis_node_t *node)
{
    ngx_memzero(conn, sizeof(ngx_mcp_redis_conn_t));

    conn->node = node;
    ngx_queue_init(&conn->sent);

    conn->timer.handler = ngx_mcp_redis_timer_handler;
    conn->timer.data = conn;
    conn->timer.log = ngx_cycle->log;
    conn->timer.cancelable = 1;

    conn->log.log_level = NGX_LOG_ERR;
    conn->log.writer = ngx_mcp_redis_log_writer;
    conn->log.wdata = conn;
}


/* Keeps the text after "time [level] pid#tid: ". */

static void
ngx_mcp_redis_log_writer(ngx_log_t *log, ngx_uint_t level, u_char *buf,
    size_t len)
{
    ngx_mcp_redis_conn_t *conn = log->wdata;

    u_char  *p, *last;

    last = buf + len;

    for (p = buf; p < last - 1; p++) {

        if (p[0] == ':' && p[1] == ' ') {
            p += 2;
            break;
        }
    }

    conn->said_len = 0;

    for ( /* void */ ;
         p < last && *p != LF && conn->said_len < sizeof(conn->said);
         p++)
    {
        conn->said[conn->said_len++] = (*p < 0x20 || *p > 0x7e) ? '?' : *p;
    }
}


void
ngx_mcp_redis_connect(ngx_mcp_redis_conn_t *conn, struct sockaddr *sa,
    socklen_t socklen)
{
    ngx_int_t              rc;
    ngx_connection_t      *c;
    ngx_peer_connection_t  peer;

    conn->said_len = 0;
    conn->state = NGX_MCP_REDIS_CONNECTING;
    conn->bad = 0;
    conn->nsteps = 0;
    conn->step = 0;
    conn->taken = 0;
    conn->elements = 0;
    conn->pos = conn->start;
    conn->last = conn->start;

    conn->reader = ngx_mcp_redis_create_reader(conn);

    if (conn->reader == NULL) {
        ngx_mcp_redis_complain(conn, NGX_MCP_REDIS_L_MEMORY, "no memory");
        ngx_mcp_redis_fail_conn(conn);
        return;
    }

    ngx_memzero(&peer, sizeof(ngx_peer_connection_t));

    peer.sockaddr = sa;
    peer.socklen = socklen;
    peer.name = &conn->node->name;
    peer.get = ngx_event_get_peer;
    peer.log = &conn->log;
    peer.log_error = NGX_ERROR_ERR;
    peer.so_keepalive = (sa->sa_family != AF_UNIX);

    rc = ngx_event_connect_peer(&peer);

    conn->connection = peer.connection;

    if (rc != NGX_OK && rc != NGX_AGAIN) {
        ngx_mcp_redis_complain(conn, NGX_MCP_REDIS_L_CONNECT,
                               "could not connect");
        ngx_mcp_redis_fail_conn(conn);
        return;
    }

    c = conn->connection;
    c->data = conn;
    c->log = &conn->log;
    c->read->log = &conn->log;
    c->write->log = &conn->log;

    c->read->handler = ngx_mcp_redis_connect_handler;
    c->write->handler = ngx_mcp_redis_connect_handler;

    /* TLS keeps its state there */

    c->pool = ngx_create_pool(512, &conn->log);

    if (c->pool == NULL) {
        ngx_mcp_redis_complain(conn, NGX_MCP_REDIS_L_MEMORY, "no memory");
        ngx_mcp_redis_fail_conn(conn);
        return;
    }

    ngx_add_timer(&conn->timer, NGX_MCP_REDIS_CONNECT);

    if (rc == NGX_OK) {
        ngx_mcp_redis_connected(conn);
    }
}


static void
ngx_mcp_redis_connect_handler(ngx_event_t *ev)
{
    int                    err;
    socklen_t              len;
    ngx_connection_t      *c;
    ngx_mcp_redis_conn_t  *conn;

    c = ev->data;
    conn = c->data;

    if (c->close) {
        ngx_mcp_redis_fail_conn(conn);
        return;
    }

    err = 0;
    len = sizeof(int);

    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, (void *) &err, &len) == -1) {
        err = ngx_socket_errno;
    }

    if (err) {
        ngx_log_error(NGX_LOG_ERR, c->log, err, "connect() failed");
        ngx_mcp_redis_complain(conn, NGX_MCP_REDIS_L_CONNECT,
                               "could not connect");
        ngx_mcp_redis_fail_conn(conn);
        return;
    }

    ngx_mcp_redis_connected(conn);
}


static void
ngx_mcp_redis_connected(ngx_mcp_redis_conn_t *conn)
{
    ngx_connection_t  *c;

    c = conn->connection;

    if (!conn->node->unix_path) {

        /* a small command shall not wait for the answer to the one before */
        (void) ngx_tcp_nodelay(c);
    }

    c->read->handler = ngx_mcp_redis_read_handler;
    c->write->handler = ngx_mcp_redis_write_handler;

#if (NGX_SSL)

    if (conn->node->redis->conf->ssl) {
        ngx_mcp_redis_ssl_init(conn);
        return;
    }

#endif

    ngx_mcp_redis_handshake(conn);
}


#if (NGX_SSL)

static void
ngx_mcp_redis_ssl_init(ngx_mcp_redis_conn_t *conn)
{
    ngx_int_t              rc;
    ngx_connection_t      *c;
    ngx_mcp_redis_node_t  *node;

    c = conn->connection;
    node = conn->node;

    conn->state = NGX_MCP_REDIS_TLS;

    if (ngx_ssl_create_connection(node->redis->conf->ssl, c,
                                  NGX_SSL_BUFFER|NGX_SSL_CLIENT)
        != NGX_OK)
    {
        ngx_mcp_redis_complain(conn, NGX_MCP_REDIS_L_TLS, "TLS failed");
        ngx_mcp_redis_fail_conn(conn);
        return;
    }

    /* an address is no name that may be sent (RFC 6066) */

    if (!node->ip
        && SSL_set_tlsext_host_name(c->ssl->connection, (char *) node->host)
           == 0)
    {
        ngx_ssl_error(NGX_LOG_ERR, c->log, 0,
                      "SSL_set_tlsext_host_name() failed");
        ngx_mcp_redis_complain(conn, NGX_MCP_REDIS_L_TLS, "TLS failed");
        ngx_mcp_redis_fail_conn(conn);
        return;
    }

    rc = ngx_ssl_handshake(c);

    if (rc == NGX_AGAIN) {
        c->ssl->handler = ngx_mcp_redis_ssl_handler;
        return;
    }

    ngx_mcp_redis_ssl_handler(c);
}


/* Nothing is sent, the password least of all, before the name is checked. */

static void
ngx_mcp_redis_ssl_handler(ngx_connection_t *c)
{
    long                   rc;
    ngx_mcp_redis_conn_t  *conn;

    conn = c->data;

    if (!c->ssl->handshaked) {
        ngx_mcp_redis_complain(conn, NGX_MCP_REDIS_L_TLS,
                               "the TLS handshake failed");
        ngx_mcp_redis_fail_conn(conn);
        return;
    }

    rc = SSL_get_verify_result(c->ssl->connection);

    if (rc != X509_V_OK) {
        ngx_log_error(NGX_LOG_ERR, c->log, 0, "%s",
                      X509_verify_cert_error_string(rc));
        ngx_mcp_redis_complain(conn, NGX_MCP_REDIS_L_TLS,
                               "its certificate is not valid");
        ngx_mcp_redis_fail_conn(conn);
        return;
    }

    if (ngx_mcp_redis_ssl_check_name(conn) != NGX_OK) {
        conn->said_len = 0;
        ngx_mcp_redis_complain(conn, NGX_MCP_REDIS_L_TLS,
                               "its certificate is of another host");
        ngx_mcp_redis_fail_conn(conn);
        return;
    }

    c->read->handler = ngx_mcp_redis_read_handler;
    c->write->handler = ngx_mcp_redis_write_handler;

    ngx_mcp_redis_handshake(conn);
}


static ngx_int_t
ngx_mcp_redis_ssl_check_name(ngx_mcp_redis_conn_t *conn)
{
    int                    rc;
    X509                  *cert;
    ngx_str_t              name;
    ngx_mcp_redis_node_t  *node;

    node = conn->node;

    if (node->ip) {
        cert = SSL_get_peer_certificate(conn->connection->ssl->connection);

        if (cert == NULL) {
            return NGX_ERROR;
        }

        rc = X509_check_ip_asc(cert, (char *) node->host, 0);
        X509_free(cert);

        return rc == 1 ? NGX_OK : NGX_ERROR;
    }

    name.data = node->host;
    name.len = node->host_len;

    return ngx_ssl_check_host(conn->connection, &name);
}

#endif


/* All of it in one packet; a command may follow only when it is answered. */

static void
ngx_mcp_redis_handshake(ngx_mcp_redis_conn_t *conn)
{
    ngx_int_t              rc;
    ngx_uint_t             n;
    const char            *argv[3];
    size_t                 len[3];
    ngx_mcp_redis_conf_t  *conf;

    conf = conn->node->redis->conf;
    conn->state = NGX_MCP_REDIS_HANDSHAKE;
    conn->active = ngx_current_msec;
    rc = NGX_OK;

    if (conn->node->sentinel) {

        /*
         * A Sentinel that wants a password has one of its own; the one of the
         * data servers is none of its business.
         */

        ngx_mcp_redis_conn_ready(conn);
        goto read;
    }

    if (conf->password.len) {
        n = 0;
        argv[n] = "AUTH";
        len[n++] = sizeof("AUTH") - 1;

        if (conf->user.len) {
            argv[n] = (char *) conf->user.data;
            len[n++] = conf->user.len;
        }

        argv[n] = (char *) conf->password.data;
        len[n++] = conf->password.len;

        rc |= ngx_mcp_redis_add_step(conn, NGX_MCP_REDIS_S_AUTH, n, argv, len);
    }

    argv[0] = "CLIENT";
    len[0] = sizeof("CLIENT") - 1;
    argv[1] = "SETNAME";
    len[1] = sizeof("SETNAME") - 1;
    argv[2] = "ngx-mcp-module";
    len[2] = sizeof("ngx-mcp-module") - 1;

    rc |= ngx_mcp_redis_add_step(conn, NGX_MCP_REDIS_S_SETNAME, 3, argv, len);

    if (conf->db.len) {
        argv[0] = "SELECT";
        len[0] = sizeof("SELECT") - 1;
        argv[1] = (char *) conf->db.data;
        len[1] = conf->db.len;

        rc |= ngx_mcp_redis_add_step(conn, NGX_MCP_REDIS_S_SELECT, 2, argv,
                                     len);
    }

    if (conf->mode == NGX_MCP_REDIS_SENTINEL) {
        argv[0] = "ROLE";
        len[0] = sizeof("ROLE") - 1;

        rc |= ngx_mcp_redis_add_step(conn, NGX_MCP_REDIS_S_ROLE, 1, argv, len);
    }

    if (rc != NGX_OK) {
        ngx_mcp_redis_complain(conn, NGX_MCP_REDIS_L_MEMORY, "no memory");
        ngx_mcp_redis_fail_conn(conn);
        return;
    }

read:

    /* with TLS, bytes may be there already */

    ngx_post_event(conn->connection->read, &ngx_posted_events);
}


static ngx_int_t
ngx_mcp_redis_add_step(ngx_mcp_redis_conn_t *conn, ngx_mcp_redis_step_t step,
    ngx_uint_t argc, const char **argv, const size_t *argvlen)
{
    conn->steps[conn->nsteps++] = step;

    return ngx_mcp_redis_write(conn, argc, argv, argvlen);
}


/* A reply of the handshake: NGX_ERROR closes the connection. */

static ngx_int_t
ngx_mcp_redis_stepped(ngx_mcp_redis_conn_t *conn, redisReply *reply)
{
    redisReply            *role;
    ngx_mcp_redis_step_t   step;
    ngx_mcp_redis_word_t   word;
    ngx_mcp_redis_cause_t  cause;

    step = conn->steps[conn->step++];

    if (reply->type == REDIS_REPLY_ERROR && step != NGX_MCP_REDIS_S_SETNAME) {

        word = ngx_mcp_redis_error_word(reply);

        if (word != NGX_MCP_REDIS_W_OTHER) {
            ngx_mcp_redis_log_error(conn->node, word, reply);
            return NGX_ERROR;
        }

        cause = (step == NGX_MCP_REDIS_S_AUTH) ? NGX_MCP_REDIS_L_AUTH
                                               : NGX_MCP_REDIS_L_HANDSHAKE;
        conn->said_len = 0;

        ngx_mcp_redis_complain(conn, cause,
                               step == NGX_MCP_REDIS_S_AUTH
                               ? "it refuses AUTH"
                               : step == NGX_MCP_REDIS_S_SELECT
                                 ? "it refuses SELECT"
                                 : "it refuses ROLE");
        return NGX_ERROR;
    }

    if (step == NGX_MCP_REDIS_S_ROLE) {

        role = (reply->type == REDIS_REPLY_ARRAY && reply->elements)
               ? reply->element[0] : NULL;

        if (role == NULL || role->type != REDIS_REPLY_STRING
            || role->len != sizeof("master") - 1
            || ngx_strncmp(role->str, "master", sizeof("master") - 1) != 0)
        {
            conn->said_len = 0;
            ngx_mcp_redis_complain(conn, NGX_MCP_REDIS_L_SENTINEL,
                                   "Sentinel names it, but it is no master");
            return NGX_ERROR;
        }
    }

    if (conn->step == conn->nsteps) {
        ngx_mcp_redis_conn_ready(conn);
    }

    return NGX_OK;
}


static void
ngx_mcp_redis_read_handler(ngx_event_t *ev)
{
    ssize_t                n;
    ngx_connection_t      *c;
    ngx_mcp_redis_conn_t  *conn;
    u_char                 buf[16384];

    c = ev->data;
    conn = c->data;

    if (c->close || conn->bad) {

        /* worker_shutdown_timeout, or a server that is of no use */

        ngx_mcp_redis_fail_conn(conn);
        return;
    }

    for ( ;; ) {

        n = c->recv(c, buf, sizeof(buf));

        if (n == NGX_AGAIN) {
            break;
        }

        if (n == NGX_ERROR || n == 0) {

            if (n == 0) {
                conn->said_len = 0;
            }

            /* an idle connection may be closed, it will be opened again */

            if (conn->nsent || conn->state != NGX_MCP_REDIS_READY) {
                ngx_mcp_redis_complain(conn, NGX_MCP_REDIS_L_LOST,
                                       n == 0 ? "it closed the connection"
                                              : "the connection was lost");
            }

            ngx_mcp_redis_fail_conn(conn);
            return;
        }

        conn->active = ngx_current_msec;
        conn->taken += n;

        if (redisReaderFeed(conn->reader, (char *) buf, n) != REDIS_OK
            || ngx_mcp_redis_replies(conn) != NGX_OK)
        {
            ngx_mcp_redis_fail_conn(conn);
            return;
        }
    }

    if (ngx_handle_read_event(c->read, 0) != NGX_OK) {
        ngx_mcp_redis_fail_conn(conn);
    }
}


static ngx_int_t
ngx_mcp_redis_replies(ngx_mcp_redis_conn_t *conn)
{
    void        *object;
    ngx_int_t    rc;
    redisReply  *reply;

    for ( ;; ) {

        if (redisReaderGetReply(conn->reader, &object) != REDIS_OK) {
            conn->said_len = 0;
            ngx_mcp_redis_complain(conn, NGX_MCP_REDIS_L_PROTOCOL,
                                   "what it sends is not Redis' protocol, or "
                                   "too large");
            return NGX_ERROR;
        }

        if (object == NULL) {

            if (conn->taken > NGX_MCP_REDIS_BUFFER) {
                conn->said_len = 0;
                ngx_mcp_redis_complain(conn, NGX_MCP_REDIS_L_PROTOCOL,
                                       "its reply is too large");
                return NGX_ERROR;
            }

            return NGX_OK;
        }

        reply = object;

        conn->taken = conn->reader->len - conn->reader->pos;
        conn->elements = 0;

        if (conn->state == NGX_MCP_REDIS_HANDSHAKE
            && conn->step < conn->nsteps)
        {
            rc = ngx_mcp_redis_stepped(conn, reply);
            freeReplyObject(reply);

            if (rc != NGX_OK) {
                return NGX_ERROR;
            }

            continue;
        }

        if (conn->nsent == 0) {
            freeReplyObject(reply);
            conn->said_len = 0;
            ngx_mcp_redis_complain(conn, NGX_MCP_REDIS_L_PROTOCOL,
                                   "it sends what nobody asked for");
            return NGX_ERROR;
        }

        ngx_mcp_redis_answered(conn, reply);
    }
}


ngx_int_t
ngx_mcp_redis_write(ngx_mcp_redis_conn_t *conn, ngx_uint_t argc,
    const char **argv, const size_t *argvlen)
{
    char    *cmd;
    int      len;
    size_t   used, size;
    u_char  *p;

    len = (int) redisFormatCommandArgv(&cmd, (int) argc, argv, argvlen);

    if (len < 0) {
        return NGX_ERROR;
    }

    if (conn->end - conn->last < len) {

        used = conn->last - conn->pos;
        size = ngx_max(2 * (used + len), 4096);

        p = ngx_alloc(size, ngx_cycle->log);

        if (p == NULL) {
            redisFreeCommand(cmd);
            return NGX_ERROR;
        }

        if (used) {
            ngx_memcpy(p, conn->pos, used);
        }

        ngx_free(conn->start);

        conn->start = p;
        conn->pos = p;
        conn->last = p + used;
        conn->end = p + size;
    }

    conn->last = ngx_cpymem(conn->last, cmd, len);
    redisFreeCommand(cmd);

    ngx_post_event(conn->connection->write, &ngx_posted_events);

    return NGX_OK;
}


static void
ngx_mcp_redis_write_handler(ngx_event_t *ev)
{
    ssize_t                n;
    ngx_connection_t      *c;
    ngx_mcp_redis_conn_t  *conn;

    c = ev->data;
    conn = c->data;

    if (c->close) {
        ngx_mcp_redis_fail_conn(conn);
        return;
    }

    while (conn->pos < conn->last) {

        n = c->send(c, conn->pos, conn->last - conn->pos);

        if (n == NGX_AGAIN) {
            break;
        }

        if (n == NGX_ERROR || n == 0) {
            ngx_mcp_redis_complain(conn, NGX_MCP_REDIS_L_LOST,
                                   "the connection was lost");
            ngx_mcp_redis_fail_conn(conn);
            return;
        }

        conn->pos += n;
    }

    if (conn->pos == conn->last) {
        conn->pos = conn->start;
        conn->last = conn->start;
    }

    if (ngx_handle_write_event(c->write, 0) != NGX_OK) {
        ngx_mcp_redis_fail_conn(conn);
    }
}


static void
ngx_mcp_redis_timer_handler(ngx_event_t *ev)
{
    ngx_mcp_redis_conn_t *conn = ev->data;

    conn->said_len = 0;

    ngx_mcp_redis_complain(conn, NGX_MCP_REDIS_L_CONNECT,
                           conn->state == NGX_MCP_REDIS_CONNECTING
                           ? "could not connect in time"
                           : "it does not answer in time to a new connection");
    ngx_mcp_redis_fail_conn(conn);
}


static void
ngx_mcp_redis_complain(ngx_mcp_redis_conn_t *conn, ngx_mcp_redis_cause_t cause,
    const char *what)
{
    ngx_str_t  detail;

    detail.data = conn->said;
    detail.len = conn->said_len;

    ngx_mcp_redis_log(conn->node, cause, what, detail.len ? &detail : NULL);
}


void
ngx_mcp_redis_close_conn(ngx_mcp_redis_conn_t *conn)
{
    ngx_pool_t        *pool;
    ngx_connection_t  *c;

    conn->state = NGX_MCP_REDIS_CLOSED;

    if (conn->timer.timer_set) {
        ngx_del_timer(&conn->timer);
    }

    if (conn->reader) {
        redisReaderFree(conn->reader);
        conn->reader = NULL;
    }

    c = conn->connection;

    if (c) {
        conn->connection = NULL;
        pool = c->pool;

#if (NGX_SSL)

        if (c->ssl) {
            c->ssl->no_wait_shutdown = 1;
            c->ssl->no_send_shutdown = !c->ssl->handshaked;

            (void) ngx_ssl_shutdown(c);
        }

#endif

        ngx_close_connection(c);

        if (pool) {
            ngx_destroy_pool(pool);
        }
    }

    ngx_free(conn->start);

    conn->start = NULL;
    conn->pos = NULL;
    conn->last = NULL;
    conn->end = NULL;
}


void
ngx_mcp_redis_fail_conn(ngx_mcp_redis_conn_t *conn)
{
    ngx_uint_t  was_ready;

    was_ready = (conn->state == NGX_MCP_REDIS_READY);

    ngx_mcp_redis_close_conn(conn);

    ngx_mcp_redis_settle_all(&conn->sent, NGX_MCP_REDIS_LOST);
    conn->nsent = 0;

    ngx_mcp_redis_conn_lost(conn, was_ready);
}
