
/*
 * A client of Redis: standalone, behind Sentinel, or Cluster.
 *
 * hiredis formats commands and parses replies; socket, TLS, timers and name
 * resolution are nginx' own, so nothing here blocks a worker.
 *
 * ngx_mcp_redis_conf.c      the URI, files and addresses of a configuration
 * ngx_mcp_redis_op.c        commands: where to, deadline, end
 * ngx_mcp_redis_node.c      servers: when to connect, and to which address
 * ngx_mcp_redis_conn.c      connections: bytes, TLS, handshake
 * ngx_mcp_redis_reply.c     the parser's bounds, words of errors, log lines
 * ngx_mcp_redis_sentinel.c  who is the master
 * ngx_mcp_redis_cluster.c   who has a slot
 */


#ifndef _NGX_MCP_REDIS_H_INCLUDED_
#define _NGX_MCP_REDIS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include <hiredis/hiredis.h>


#define NGX_MCP_REDIS_ARGS      72           /* keys and arguments of one     */
#define NGX_MCP_REDIS_TEXT      6144         /* bytes of them                 */


typedef struct ngx_mcp_redis_s       ngx_mcp_redis_t;
typedef struct ngx_mcp_redis_conf_s  ngx_mcp_redis_conf_t;
typedef struct ngx_mcp_redis_op_s    ngx_mcp_redis_op_t;


/* A script of redis-schemas/, as tools/embed-lua.sh writes it. */

typedef struct {
    const char                   *name;
    const u_char                 *text;
    size_t                        len;
    const char                   *sha1;          /* hexadecimal               */
} ngx_mcp_redis_script_t;

extern const ngx_mcp_redis_script_t  ngx_mcp_redis_ask_script;


/*
 * What became of a command.  Only after REPLY and ERROR did the server answer;
 * after LATE and LOST nobody knows whether it was executed, so it is not sent
 * again.
 */

typedef enum {
    NGX_MCP_REDIS_REPLY = 0,
    NGX_MCP_REDIS_ERROR,                         /* an error of the server    */
    NGX_MCP_REDIS_LATE,                          /* no reply in time          */
    NGX_MCP_REDIS_LOST,                          /* the connection went away  */
    NGX_MCP_REDIS_ABSENT                         /* no server: nothing sent   */
} ngx_mcp_redis_rc_t;


/*
 * Called once, from the event loop.  reply is NULL unless rc is REPLY, and
 * belongs to the caller of this function.
 */

typedef void (*ngx_mcp_redis_done_pt)(void *data, ngx_mcp_redis_rc_t rc,
    redisReply *reply);


typedef struct {
    ngx_str_t                     uri;           /* may hold a password       */
    ngx_str_t                     password_file; /* empty: none               */
    ngx_str_t                     ca;            /* empty: the system's       */
    ngx_msec_t                    timeout;
} ngx_mcp_redis_options_t;


/*
 * Reads and checks everything at configuration; NULL after it has logged what
 * is wrong.  Names that have no address yet are a warning.
 */
ngx_mcp_redis_conf_t *ngx_mcp_redis_create_conf(ngx_conf_t *cf,
    ngx_mcp_redis_options_t *options);

/* A resolver for names of servers, once the configuration is merged. */
void ngx_mcp_redis_set_resolver(ngx_mcp_redis_conf_t *conf,
    ngx_resolver_t *resolver, ngx_msec_t timeout);


/* Starts to connect; NULL when memory is short.  For workers only. */
ngx_mcp_redis_t *ngx_mcp_redis_open(ngx_mcp_redis_conf_t *conf);

/* Closes all; commands that are under way are forgotten, done is not called. */
void ngx_mcp_redis_close(ngx_mcp_redis_t *redis);

/* From now on connections in place of lost ones are counted there. */
void ngx_mcp_redis_count(ngx_mcp_redis_t *redis, ngx_atomic_t *reconnects);


/*
 * A command that calls a script; NULL when memory is short or too many are
 * under way.  Keys come first, then arguments; both are copied.  What does
 * not fit makes ngx_mcp_redis_run() fail.
 */
ngx_mcp_redis_op_t *ngx_mcp_redis_op(ngx_mcp_redis_t *redis,
    const ngx_mcp_redis_script_t *script);
void ngx_mcp_redis_key(ngx_mcp_redis_op_t *op, u_char *data, size_t len);
void ngx_mcp_redis_arg(ngx_mcp_redis_op_t *op, u_char *data, size_t len);

/*
 * NGX_AGAIN: done will be called once, from the event loop, never from here;
 * until then ngx_mcp_redis_cancel() is legal and sees to it that it is not.
 * NGX_DECLINED: there is no server now, or the command is too large; op is
 * gone and done will not be called.
 */
ngx_int_t ngx_mcp_redis_run(ngx_mcp_redis_op_t *op, ngx_mcp_redis_done_pt done,
    void *data);
void ngx_mcp_redis_cancel(ngx_mcp_redis_op_t *op);


#endif /* _NGX_MCP_REDIS_H_INCLUDED_ */
