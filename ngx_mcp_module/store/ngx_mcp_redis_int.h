
/*
 * What the parts of the Redis client share; see ngx_mcp_redis.h.
 */


#ifndef _NGX_MCP_REDIS_INT_H_INCLUDED_
#define _NGX_MCP_REDIS_INT_H_INCLUDED_


#include <ngx_event.h>
#include <ngx_event_connect.h>

#include "ngx_mcp_redis.h"


#define NGX_MCP_REDIS_CONNS      2           /* of a worker to one server     */
#define NGX_MCP_REDIS_DEEP       32          /* commands before the second
                                                connection takes some         */
#define NGX_MCP_REDIS_QUEUE      1024        /* commands under way            */
#define NGX_MCP_REDIS_NODES      128         /* servers known to a worker     */
#define NGX_MCP_REDIS_ADDRS      4           /* of one server                 */
#define NGX_MCP_REDIS_HOST       255         /* bytes of a name               */

#define NGX_MCP_REDIS_CONNECT    1000        /* ms until a connection works   */
#define NGX_MCP_REDIS_SILENCE    1000        /* ms without a byte: it is dead */
#define NGX_MCP_REDIS_BACKOFF    200         /* ms, the least                 */
#define NGX_MCP_REDIS_BACKOFFS   2           /* times that it doubles         */

#define NGX_MCP_REDIS_BUFFER     1048576     /* bytes of a reply              */
#define NGX_MCP_REDIS_ELEMENTS   32768       /* elements of a reply           */
#define NGX_MCP_REDIS_REDIRECTS  4           /* of one command                */
#define NGX_MCP_REDIS_SLOTS      16384


typedef struct ngx_mcp_redis_node_s  ngx_mcp_redis_node_t;


typedef enum {
    NGX_MCP_REDIS_SINGLE = 0,
    NGX_MCP_REDIS_SENTINEL,
    NGX_MCP_REDIS_CLUSTER
} ngx_mcp_redis_mode_t;


/* A server that the URI names. */

typedef struct {
    ngx_str_t                     host;          /* or a path: "unix:..."     */
    in_port_t                     port;
    ngx_uint_t                    naddrs;
    ngx_addr_t                   *addrs;         /* found at configuration    */
} ngx_mcp_redis_peer_t;


struct ngx_mcp_redis_conf_s {
    ngx_mcp_redis_mode_t          mode;
    ngx_str_t                     name;
    ngx_str_t                     user;
    ngx_str_t                     password;
    ngx_uint_t                    tls;
    ngx_str_t                     db;            /* empty: 0                  */
    ngx_str_t                     master;        /* of Sentinel               */
    ngx_array_t                   peers;         /* ngx_mcp_redis_peer_t      */
    ngx_msec_t                    timeout;

    ngx_resolver_t               *resolver;
    ngx_msec_t                    resolver_timeout;

#if (NGX_SSL)
    ngx_ssl_t                    *ssl;           /* NULL: no TLS              */
#endif
};


/* Causes of log lines: one a minute of each. */

typedef enum {
    NGX_MCP_REDIS_L_CONNECT = 0,
    NGX_MCP_REDIS_L_LOST,
    NGX_MCP_REDIS_L_TLS,
    NGX_MCP_REDIS_L_AUTH,
    NGX_MCP_REDIS_L_HANDSHAKE,
    NGX_MCP_REDIS_L_RESOLVE,
    NGX_MCP_REDIS_L_PROTOCOL,
    NGX_MCP_REDIS_L_LATE,
    NGX_MCP_REDIS_L_FULL,
    NGX_MCP_REDIS_L_SENTINEL,
    NGX_MCP_REDIS_L_CLUSTER,
    NGX_MCP_REDIS_L_MEMORY,
    NGX_MCP_REDIS_L_BACK,
    NGX_MCP_REDIS_L_ERROR,                       /* + ngx_mcp_redis_word_t    */
    NGX_MCP_REDIS_L_N = NGX_MCP_REDIS_L_ERROR + 32
} ngx_mcp_redis_cause_t;


/* First words of errors. */

typedef enum {
    NGX_MCP_REDIS_W_OTHER = 0,
    NGX_MCP_REDIS_W_NOSCRIPT,
    NGX_MCP_REDIS_W_MOVED,
    NGX_MCP_REDIS_W_ASK,
    NGX_MCP_REDIS_W_TRYAGAIN,
    NGX_MCP_REDIS_W_CLUSTERDOWN,
    NGX_MCP_REDIS_W_CROSSSLOT,
    NGX_MCP_REDIS_W_READONLY,
    NGX_MCP_REDIS_W_MASTERDOWN,
    NGX_MCP_REDIS_W_LOADING,
    NGX_MCP_REDIS_W_BUSY,
    NGX_MCP_REDIS_W_OOM,
    NGX_MCP_REDIS_W_MISCONF,
    NGX_MCP_REDIS_W_NOREPLICAS,
    NGX_MCP_REDIS_W_NOAUTH,
    NGX_MCP_REDIS_W_WRONGPASS,
    NGX_MCP_REDIS_W_NOPERM,
    NGX_MCP_REDIS_W_N
} ngx_mcp_redis_word_t;


/*
 * A connection goes from CLOSED over CONNECTING, TLS and HANDSHAKE to READY,
 * and from each of these back to CLOSED.
 */

typedef enum {
    NGX_MCP_REDIS_CLOSED = 0,
    NGX_MCP_REDIS_CONNECTING,
    NGX_MCP_REDIS_TLS,
    NGX_MCP_REDIS_HANDSHAKE,
    NGX_MCP_REDIS_READY
} ngx_mcp_redis_state_t;


/* Commands of the handshake, sent in this order, answered in this order. */

typedef enum {
    NGX_MCP_REDIS_S_AUTH = 0,
    NGX_MCP_REDIS_S_SETNAME,
    NGX_MCP_REDIS_S_SELECT,
    NGX_MCP_REDIS_S_ROLE,
    NGX_MCP_REDIS_S_N
} ngx_mcp_redis_step_t;


typedef struct {
    ngx_mcp_redis_node_t         *node;
    ngx_connection_t             *connection;
    ngx_mcp_redis_state_t         state;

    ngx_event_t                   timer;         /* until it is READY         */
    ngx_log_t                     log;           /* what nginx says of it     */
    u_char                        said[160];
    size_t                        said_len;

    redisReader                  *reader;
    size_t                        taken;         /* bytes since a reply       */
    ngx_uint_t                    elements;      /* and elements              */

    ngx_mcp_redis_step_t          steps[NGX_MCP_REDIS_S_N];
    ngx_uint_t                    nsteps;
    ngx_uint_t                    step;          /* answered                  */

    ngx_msec_t                    since;         /* it is READY               */
    ngx_queue_t                   sent;          /* commands without a reply  */
    ngx_uint_t                    nsent;
    ngx_msec_t                    active;        /* last byte, or first sent  */

    u_char                       *start;         /* what is to be sent        */
    u_char                       *pos;
    u_char                       *last;
    u_char                       *end;

    unsigned                      bad:1;         /* to be closed              */
} ngx_mcp_redis_conn_t;


/* A server: addresses, connections, and commands that wait for the first. */

struct ngx_mcp_redis_node_s {
    ngx_queue_t                   queue;         /* of redis->nodes           */
    ngx_mcp_redis_t              *redis;

    u_char                        host[NGX_MCP_REDIS_HOST + 1];
    size_t                        host_len;
    in_port_t                     port;
    u_char                        text[NGX_MCP_REDIS_HOST
                                       + sizeof("[]:65535")];
    ngx_str_t                     name;          /* host and port, for logs   */

    ngx_uint_t                    naddrs;
    ngx_uint_t                    addr;          /* the one to try next       */
    ngx_sockaddr_t                addrs[NGX_MCP_REDIS_ADDRS];
    socklen_t                     socklens[NGX_MCP_REDIS_ADDRS];
    ngx_resolver_ctx_t           *resolving;

    ngx_mcp_redis_conn_t          conns[NGX_MCP_REDIS_CONNS];
    ngx_uint_t                    nconns;        /* that it may have          */

    ngx_queue_t                   waiting;
    ngx_event_t                   timer;         /* next attempt to connect   */
    ngx_msec_t                    tried;         /* the last one              */
    ngx_uint_t                    failures;      /* since one was READY       */

    unsigned                      ip:1;          /* host is an address        */
    unsigned                      unix_path:1;
    unsigned                      sentinel:1;    /* is one: no handshake      */
    unsigned                      seed:1;        /* the URI names it          */
    unsigned                      seen:1;        /* has slots                 */
};


struct ngx_mcp_redis_op_s {
    ngx_queue_t                   queue;         /* of a node or a connection */
    ngx_mcp_redis_op_t           *next;          /* while idle                */
    ngx_event_t                   event;         /* deadline, or completion   */
    ngx_mcp_redis_t              *redis;
    ngx_mcp_redis_node_t         *node;          /* it waits for, or          */
    ngx_mcp_redis_conn_t         *conn;          /* it was sent to            */

    const ngx_mcp_redis_script_t *script;        /* NULL: args are a command  */
    ngx_uint_t                    nkeys;
    ngx_uint_t                    nargs;         /* all, keys too             */
    ngx_str_t                     args[NGX_MCP_REDIS_ARGS];
    ngx_int_t                     slot;          /* -1: of any server         */

    ngx_mcp_redis_done_pt         done;
    void                         *data;
    ngx_mcp_redis_rc_t            rc;
    redisReply                   *reply;

    ngx_uint_t                    redirects;
    unsigned                      eval:1;        /* the script was unknown    */
    unsigned                      asking:1;      /* this is ASKING itself     */
    unsigned                      settled:1;     /* rc is known               */
    unsigned                      forgotten:1;   /* nobody waits for it       */
    unsigned                      broken:1;      /* arguments did not fit     */

    size_t                        len;
    u_char                        text[NGX_MCP_REDIS_TEXT];
};


struct ngx_mcp_redis_s {
    ngx_mcp_redis_conf_t         *conf;
    ngx_uint_t                    lost;          /* that were READY, and have
                                                    no successor              */
    ngx_atomic_t                 *reconnects;    /* or NULL                   */

    ngx_queue_t                   nodes;
    ngx_uint_t                    nnodes;
    ngx_mcp_redis_node_t         *master;        /* NULL: a cluster           */

    ngx_uint_t                    nops;          /* under way                 */
    ngx_mcp_redis_op_t           *free;          /* idle ones                 */
    ngx_uint_t                    nfree;

    ngx_msec_t                    tried;         /* last attempt to connect   */
    unsigned                      closing:1;

    time_t                        logged[NGX_MCP_REDIS_L_N];
    ngx_uint_t                    unlogged[NGX_MCP_REDIS_L_N];

    void                         *topology;      /* of Sentinel or Cluster    */
};


/* ngx_mcp_redis_op.c */

/* A plain command in args, not a script; finished by ngx_mcp_redis_run_on(). */
ngx_mcp_redis_op_t *ngx_mcp_redis_command(ngx_mcp_redis_t *redis);

/* As ngx_mcp_redis_run(), but to this server. */
ngx_int_t ngx_mcp_redis_run_on(ngx_mcp_redis_op_t *op,
    ngx_mcp_redis_node_t *node, ngx_mcp_redis_done_pt done, void *data);

/* The reply to the first command of conn->sent; takes the reply. */
void ngx_mcp_redis_answered(ngx_mcp_redis_conn_t *conn, redisReply *reply);

/* Settles all of a queue; those that nobody waits for are freed. */
void ngx_mcp_redis_settle_all(ngx_queue_t *queue, ngx_mcp_redis_rc_t rc);

/* Sends what waits for this server. */
void ngx_mcp_redis_send_waiting(ngx_mcp_redis_node_t *node);

void ngx_mcp_redis_free_op(ngx_mcp_redis_op_t *op);


/* ngx_mcp_redis_node.c */

/* NULL when memory is short or there are too many; host may be a name. */
ngx_mcp_redis_node_t *ngx_mcp_redis_add_node(ngx_mcp_redis_t *redis,
    u_char *host, size_t len, in_port_t port);
ngx_mcp_redis_node_t *ngx_mcp_redis_find_node(ngx_mcp_redis_t *redis,
    u_char *host, size_t len, in_port_t port);
ngx_mcp_redis_node_t *ngx_mcp_redis_add_peer(ngx_mcp_redis_t *redis,
    ngx_mcp_redis_peer_t *peer);
void ngx_mcp_redis_free_node(ngx_mcp_redis_node_t *node);

/* One without a place, and a place for it: NGX_ERROR when it is none. */
ngx_mcp_redis_node_t *ngx_mcp_redis_create_node(ngx_mcp_redis_t *redis);
ngx_int_t ngx_mcp_redis_set_host(ngx_mcp_redis_node_t *node, u_char *host,
    size_t len, in_port_t port);

/* Closes its connections, settles its commands, forgets its failures. */
void ngx_mcp_redis_reset_node(ngx_mcp_redis_node_t *node);

/* Lets it have its connections, as soon as the back-off allows. */
void ngx_mcp_redis_connect_node(ngx_mcp_redis_node_t *node);

/* The best of its READY connections, or NULL. */
ngx_mcp_redis_conn_t *ngx_mcp_redis_ready(ngx_mcp_redis_node_t *node);

/* 1 when a command should wait for the connection that is being made. */
ngx_uint_t ngx_mcp_redis_promising(ngx_mcp_redis_node_t *node);

/* Reports of the connection. */
void ngx_mcp_redis_conn_ready(ngx_mcp_redis_conn_t *conn);
void ngx_mcp_redis_conn_lost(ngx_mcp_redis_conn_t *conn, ngx_uint_t was_ready);


/* ngx_mcp_redis_conn.c */

void ngx_mcp_redis_init_conn(ngx_mcp_redis_conn_t *conn,
    ngx_mcp_redis_node_t *node);

/* Starts; ngx_mcp_redis_conn_ready() or _lost() follow, maybe at once. */
void ngx_mcp_redis_connect(ngx_mcp_redis_conn_t *conn, struct sockaddr *sa,
    socklen_t socklen);

/* Puts a command behind those that wait to be sent. */
ngx_int_t ngx_mcp_redis_write(ngx_mcp_redis_conn_t *conn, ngx_uint_t argc,
    const char **argv, const size_t *argvlen);

/* Closes without a report; commands in conn->sent are not touched. */
void ngx_mcp_redis_close_conn(ngx_mcp_redis_conn_t *conn);

/* Closes, settles what was sent, reports. */
void ngx_mcp_redis_fail_conn(ngx_mcp_redis_conn_t *conn);


/* ngx_mcp_redis_reply.c */

/* NULL when memory is short. */
redisReader *ngx_mcp_redis_create_reader(ngx_mcp_redis_conn_t *conn);

ngx_mcp_redis_word_t ngx_mcp_redis_error_word(redisReply *reply);

/* Where MOVED and ASK point to; NGX_ERROR when they do not. */
ngx_int_t ngx_mcp_redis_redirect(redisReply *reply, ngx_uint_t *slot,
    ngx_str_t *host, in_port_t *port);

/*
 * 1 when a line of this cause is due; *more is the number of those that were
 * not, since the last one.
 */
ngx_uint_t ngx_mcp_redis_may_log(ngx_mcp_redis_t *redis,
    ngx_mcp_redis_cause_t cause, ngx_uint_t *more);

/* A line of a cause: "what" is static, detail is printable or NULL. */
void ngx_mcp_redis_log(ngx_mcp_redis_node_t *node, ngx_mcp_redis_cause_t cause,
    const char *what, ngx_str_t *detail);
void ngx_mcp_redis_log_error(ngx_mcp_redis_node_t *node,
    ngx_mcp_redis_word_t word, redisReply *reply);


/* ngx_mcp_redis_sentinel.c, ngx_mcp_redis_cluster.c */

ngx_int_t ngx_mcp_redis_sentinel_open(ngx_mcp_redis_t *redis);
void ngx_mcp_redis_sentinel_close(ngx_mcp_redis_t *redis);

/* Reports: a Sentinel is ready, a Sentinel failed, the master did. */
void ngx_mcp_redis_sentinel_ready(ngx_mcp_redis_t *redis);
void ngx_mcp_redis_sentinel_failed(ngx_mcp_redis_t *redis);
void ngx_mcp_redis_sentinel_lost(ngx_mcp_redis_t *redis);

/* 1 while a Sentinel may still tell who the master is. */
ngx_uint_t ngx_mcp_redis_sentinel_promising(ngx_mcp_redis_t *redis);

ngx_int_t ngx_mcp_redis_cluster_open(ngx_mcp_redis_t *redis);
void ngx_mcp_redis_cluster_close(ngx_mcp_redis_t *redis);

/* Whom to ask about a slot; NULL: nobody. */
ngx_mcp_redis_node_t *ngx_mcp_redis_cluster_node(ngx_mcp_redis_t *redis,
    ngx_int_t slot);
void ngx_mcp_redis_cluster_moved(ngx_mcp_redis_t *redis, ngx_uint_t slot,
    ngx_mcp_redis_node_t *node);

/* Reports: some server is ready; the map may be wrong. */
void ngx_mcp_redis_cluster_ready(ngx_mcp_redis_t *redis);
void ngx_mcp_redis_cluster_refresh(ngx_mcp_redis_t *redis);


#endif /* _NGX_MCP_REDIS_INT_H_INCLUDED_ */
