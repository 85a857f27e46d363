
/*
 * What outlives a request: counters of rate limits.  They stand in a store,
 * shared memory or Redis, and all stores keep the contract of this header;
 * t/lib/MCPTest/Store.pm has the tests that every one must pass.
 *
 * A message asks one question, which holds everything that must be known
 * about it, and a store answers it in one step: one lock on shared memory,
 * one round trip to Redis.  Whatever else is to be asked about a message
 * becomes a further member of question and answer.
 *
 * A store only answers.  What a caller is told, and whether a message passes
 * when there is no answer (fail=), is up to who asked.
 */


#ifndef _NGX_MCP_STORE_H_INCLUDED_
#define _NGX_MCP_STORE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "mcp_gcra.h"


typedef struct ngx_mcp_store_s     ngx_mcp_store_t;
typedef struct ngx_mcp_question_s  ngx_mcp_question_t;

typedef void (*ngx_mcp_done_pt)(ngx_mcp_question_t *q);


/*
 * One counter, and what it is charged.  A counter is named by the server, by
 * who, and by id; cost is more than 1 for a batch.
 */

typedef struct {
    mcp_gcra_t                    gcra;          /* emission, burst (us)      */
    ngx_uint_t                    cost;
    ngx_str_t                     id;            /* of the limit: plain text
                                                    from the configuration,
                                                    printable, without spaces;
                                                    equal where two machines
                                                    have the same limit       */
    ngx_str_t                     who;           /* any bytes, may be secret:
                                                    never stored in clear     */
} ngx_mcp_limit_t;


typedef enum {
    NGX_MCP_STORE_PASS = 0,                      /* all limits are charged    */
    NGX_MCP_STORE_LIMITED,                       /* none is                   */
    NGX_MCP_STORE_ERROR                          /* not known; "error" tells  */
} ngx_mcp_answer_e;


typedef struct {
    ngx_mcp_answer_e              result;
    ngx_uint_t                    remaining;     /* the least of all limits:
                                                    what could pass at once   */
    ngx_msec_t                    retry_after;   /* LIMITED: the longest wait,
                                                    at least 1; 0: the cost is
                                                    more than can ever pass   */
    const char                   *error;         /* ERROR: static text        */
} ngx_mcp_answer_t;


/*
 * Made by the caller, in its own memory, with all that it points to; it must
 * live until the answer or cancel().  Zero what is not used.
 */

struct ngx_mcp_question_s {
    ngx_str_t                     server;        /* mcp_server_name           */
    ngx_str_t                     client;        /* as limits[].who           */
    ngx_mcp_limit_t              *limits;        /* one to NGX_MCP_MAX_LIMITS,
                                                    each counter once         */
    ngx_uint_t                    nlimits;

    /*
     * Keys of one message must be of one slot of a cluster.  0: every counter
     * of such messages belongs to the client, the slot is that of server and
     * client.  1: some limit has another key, the slot is that of the server.
     * It comes from the configuration alone, so that a counter never moves.
     */
    unsigned                      server_slot:1;

    ngx_log_t                    *log;           /* of the connection: for
                                                    what happens inside ask() */

    ngx_mcp_done_pt               done;
    void                         *data;          /* of the caller             */

    ngx_mcp_answer_t              answer;        /* of the store              */
    void                         *op;            /* of the store, while it
                                                    works on the question     */
};


#define NGX_MCP_MAX_LIMITS  16


/* A kind of store: all that the rest of the module knows about it. */

typedef struct {
    ngx_str_t                     name;          /* "shm", "redis"; in logs   */
    const char *const            *schemes;       /* "redis:", NULL ended      */
    unsigned                      network:1;     /* takes password_file= and
                                                    ca=                       */

    /*
     * Reads st->uri and sets st->data.  NGX_CONF_OK, a text that follows the
     * name of the directive ("has ..."), or NGX_CONF_ERROR when it logged
     * itself.  Opens nothing: it also runs in "nginx -t".
     */
    char                       *(*parse)(ngx_conf_t *cf, ngx_mcp_store_t *st);

    /*
     * Of a worker; either may be NULL.  init_process() may fail only for
     * want of memory: a store that is not there is no reason not to start.
     * With "master_process off" a reload does not call it for the new stores,
     * so that ask() must be able to do without.  exit_process() frees what
     * the process has; questions may be open, and are forgotten.
     */
    ngx_int_t                   (*init_process)(ngx_cycle_t *cycle,
                                                ngx_mcp_store_t *st);
    void                        (*exit_process)(ngx_cycle_t *cycle,
                                                ngx_mcp_store_t *st);

    /*
     * NGX_OK: q->answer is filled, done is not and will not be called.
     * NGX_AGAIN: done will be called exactly once, later, from the event loop
     * and never from inside this call, with q->answer filled, at the latest
     * when st->timeout has passed.  There is no third way out: what fails is
     * an answer with NGX_MCP_STORE_ERROR.  done may ask and cancel other
     * questions, so whoever calls it is ready for that.
     */
    ngx_int_t                   (*ask)(ngx_mcp_store_t *st,
                                       ngx_mcp_question_t *q);

    /*
     * After NGX_AGAIN and before done: done will not be called, and the store
     * does not touch q again.  Whether something is charged is open.  NULL
     * for a store that never returns NGX_AGAIN.
     */
    void                        (*cancel)(ngx_mcp_store_t *st,
                                          ngx_mcp_question_t *q);
} ngx_mcp_store_type_t;


/* One mcp_store, of a configuration; the same in all workers. */

struct ngx_mcp_store_s {
    const ngx_mcp_store_type_t   *type;
    ngx_str_t                     uri;           /* zero ended; may hold a
                                                    user name: not for logs   */
    ngx_msec_t                    timeout;
    ngx_str_t                     password_file; /* full, zero ended, or len 0*/
    ngx_str_t                     ca;            /* the same                  */
    unsigned                      fail_open:1;
    unsigned                      fail_set:1;

    ngx_atomic_t                 *reconnects;    /* of the process: counts
                                                    connections made anew, or
                                                    NULL                      */
    void                         *data;          /* of the type               */
};


/*
 * The store of a directive "mcp_store URI [timeout=] ...", with all its
 * words in args; args NULL: the default.  *st is set and NGX_CONF_OK returned,
 * or an error as handlers of directives do.
 */
char *ngx_mcp_store_read(ngx_conf_t *cf, ngx_array_t *args,
    ngx_mcp_store_t **st);


/* ngx_mcp_store.c has the table of them: a new type is a new line there. */

extern const ngx_mcp_store_type_t  ngx_mcp_store_shm;
extern const ngx_mcp_store_type_t  ngx_mcp_store_redis;


#endif /* _NGX_MCP_STORE_H_INCLUDED_ */
