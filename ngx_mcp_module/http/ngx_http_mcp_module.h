
/*
 * The glue between nginx and the engine in ../core.
 *
 * ngx_http_mcp_module.c     module, configuration, contexts, process hooks
 * ngx_http_mcp_conf.c       handlers of the directives
 * ngx_http_mcp_ruleset.c    rule packs and overrides
 * ngx_http_mcp_variables.c  variables
 * ngx_http_mcp_audit.c      the audit log
 * ngx_http_mcp_headers.c, ngx_http_mcp_request.c
 *                           request: headers, body, decision
 * ngx_http_mcp_limit.c      rate limits, and the store that is asked
 * ngx_http_mcp_reply.c      answers of our own
 * ngx_http_mcp_filter_module.c, ngx_http_mcp_body.c, ngx_http_mcp_stream.c
 *                           response filters
 * ngx_http_mcp_count.c, ngx_http_mcp_status.c
 *                           counters, and the page that shows them
 * ngx_http_mcp_util.c       small helpers
 */


#ifndef _NGX_HTTP_MCP_MODULE_H_INCLUDED_
#define _NGX_HTTP_MCP_MODULE_H_INCLUDED_


#include "ngx_http_mcp_compat.h"

#include "mcp_era.h"
#include "mcp_inspect.h"
#include "mcp_reply.h"
#include "mcp_sse.h"

#include "ngx_mcp_store.h"


#define NGX_HTTP_MCP_MAX_NAME      128       /* of methods and tools in logs */
#define NGX_HTTP_MCP_MAX_FINDINGS  16        /* of a message in an audit line */
#define NGX_HTTP_MCP_MAX_PATH      128       /* of a JSON Pointer there       */


/*
 * A set of rule packs: one for each distinct list of mcp_rules, compiled in
 * the master.  scan is of the process; it is NULL in the master and in
 * "nginx -t".
 */

typedef struct {
    ngx_array_t                   packs;         /* ngx_str_t: paths, zero
                                                    ended; empty: built in    */
    mcp_rules_t                  *rules;
    mcp_scan_t                   *scan;
} ngx_http_mcp_ruleset_t;


/* One mcp_audit_log; inherited by pointer. */

typedef struct {
    ngx_open_file_t              *file;          /* or                        */
    ngx_syslog_peer_t            *syslog_peer;

    time_t                        warned;        /* of this process           */
    ngx_uint_t                    lost;          /* lines since then          */

    unsigned                      all:1;
    unsigned                      torn:1;        /* the last line has no end  */
} ngx_http_mcp_audit_log_t;


/* What a location was told to load, and where; for errors found at merge. */

typedef struct {
    ngx_str_t                     file;
    ngx_uint_t                    line;
} ngx_http_mcp_place_t;

typedef struct {
    ngx_array_t                   packs;         /* as in the ruleset         */
    ngx_http_mcp_place_t          place;
} ngx_http_mcp_rules_conf_t;

typedef struct {
    ngx_array_t                  *list;          /* mcp_override_t: where and */
    ngx_uint_t                    n;             /* which it is               */
    ngx_http_mcp_place_t          place;
    unsigned                      used:1;        /* some rules were asked for
                                                    its id,                   */
    unsigned                      known:1;       /* and some have it          */
} ngx_http_mcp_override_conf_t;


/* One mcp_rate_limit. */

typedef struct {
    mcp_gcra_t                    gcra;
    ngx_str_t                     id;            /* of ngx_mcp_limit_t        */
    ngx_str_t                     tool;          /* glob; len 0: all requests */
    ngx_http_complex_value_t     *key;           /* NULL: the client          */
} ngx_http_mcp_limit_t;


typedef struct {
    ngx_array_t                   rulesets;      /* ngx_http_mcp_ruleset_t *  */
    ngx_array_t                   stores;        /* ngx_mcp_store_t *         */
    ngx_mcp_store_t              *default_store; /* NULL: nobody needs it     */
    ngx_array_t                   servers;       /* ngx_str_t: their names    */
    u_char                       *slots;         /* of counters, in a zone    */
    unsigned                      status:1;      /* some location shows them  */
    ngx_array_t                   overrides;     /* those that name a rule:
                                                    ngx_http_mcp_override_conf_t
                                                                              */
    ngx_http_complex_value_t     *client;        /* default of mcp_client     */
    ngx_int_t                     request_id;    /* index of $request_id      */
} ngx_http_mcp_main_conf_t;


typedef struct {
    ngx_flag_t                    enable;

    mcp_policy_t                  policy;        /* filled at merge           */

    ngx_str_t                     server_name;
    ngx_uint_t                    server_number; /* of all names              */
    ngx_http_complex_value_t     *client;

    ngx_array_t                  *origins;       /* ngx_str_t: scheme://host
                                                    [:port], or NULL          */
    ngx_array_t                  *names;         /* ngx_http_server_name_t, of
                                                    the server; core's own list
                                                    lives during configuration
                                                    only                      */
    ngx_array_t                  *conditions;    /* ngx_http_complex_value_t
                                                    *, bit n of the conditions
                                                    of mcp_tool; or NULL      */
    ngx_http_mcp_ruleset_t       *ruleset;       /* NULL when not enabled     */
    ngx_mcp_store_t              *store;         /* not NULL where there are
                                                    limits                    */
    ngx_array_t                  *limits;        /* ngx_http_mcp_limit_t      */
    ngx_http_mcp_audit_log_t     *audit;         /* NULL: off                 */

    unsigned                      origin_any:1;
    unsigned                      origin_self:1;
    unsigned                      limits_keyed:1; /* some have a key=         */

    /* as configured; what inherits */

    ngx_str_t                     name;          /* mcp_server_name           */
    ngx_uint_t                    mode;
    ngx_uint_t                    blocked_response;
    ngx_uint_t                    eras;
    size_t                        max_request_size;
    size_t                        max_response_size;
    ngx_int_t                     max_depth;
    ngx_array_t                  *methods;       /* mcp_method_rule_t         */
    ngx_array_t                  *tools;         /* mcp_tool_rule_t           */
    ngx_array_t                  *overrides;     /* mcp_override_t            */
    ngx_uint_t                    network;       /* mcp_network_mode_t        */
    ngx_array_t                  *hosts;         /* mcp_host_t, or NULL       */
    ngx_array_t                  *arguments;     /* mcp_argument_t *          */
    ngx_http_mcp_rules_conf_t    *rules;
    ngx_flag_t                    origin_set;
} ngx_http_mcp_loc_conf_t;


/* A finding as the audit log shows it. */

typedef struct {
    const mcp_rule_t             *rule;
    mcp_action_t                  action;
    uint8_t                       surfaces;
    uint16_t                      digest;
    u_char                        path_len;
    u_char                        path[NGX_HTTP_MCP_MAX_PATH];
} ngx_http_mcp_finding_t;


/* Request headers that matter; data NULL: absent (ngx_http_mcp_headers.c). */

typedef struct {
    ngx_str_t                     content_type;
    ngx_str_t                     content_encoding;
    ngx_str_t                     origin;
    ngx_str_t                     authorization;
    ngx_str_t                     last_event_id;
    ngx_str_t                     version;
    ngx_str_t                     method;
    ngx_str_t                     name;
    ngx_str_t                     session;
    ngx_str_t                     consent_token;
    unsigned                      bad_param:1;
} ngx_http_mcp_headers_t;


typedef struct ngx_http_mcp_ctx_s  ngx_http_mcp_ctx_t;

struct ngx_http_mcp_ctx_s {
    ngx_http_request_t           *request;       /* the main request          */
    ngx_http_mcp_loc_conf_t      *mlcf;          /* of the decision           */

    /* who and what; era, tool and id once more in exchange, for the engine */

    ngx_http_mcp_headers_t        headers;
    mcp_exchange_t                exchange;
    ngx_str_t                     client;
    ngx_str_t                     session;       /* of the response, when it
                                                    gives one                 */
    ngx_str_t                     version;
    ngx_str_t                     requested;     /* refused revision          */
    ngx_uint_t                    supported;     /* and what is offered: bits
                                                    1 << MCP_ERA_*            */
    ngx_str_t                     method;
    ngx_str_t                     tool;
    ngx_str_t                     id;            /* JSON text                 */
    ngx_str_t                     request_id;    /* ngx_http_mcp_request_id() */

    /* the verdict on the request; then the gravest of all messages, for
       variables and log: ngx_http_mcp_set_verdict() */

    mcp_verdict_t                 verdict;
    const char                   *detail;        /* static text               */
    ngx_str_t                     verdict_word;
    ngx_str_t                     reason_word;
    ngx_str_t                     rule_id;
    ngx_str_t                     path;
    ngx_uint_t                    rank;          /* of verdict_word           */

    ngx_uint_t                    status;        /* HTTP, 0: not known yet    */
    uint64_t                      inspect_time;  /* ns, all messages so far   */
    off_t                         request_size;  /* bytes of the request body */
    off_t                         message_size;  /* of the server's message
                                                    that is being judged      */

    /* findings of the current message: ngx_http_mcp_note_hits() */

    ngx_http_mcp_finding_t       *findings;      /* NULL until there are any  */
    ngx_uint_t                    nfindings;     /* of these                  */
    ngx_uint_t                    hits;          /* of the message            */
    const char                   *server_method; /* of the server's message,
                                                    static, or NULL           */

    mcp_inspector_t              *inspector;     /* given back by the cleanup */

    ngx_mcp_question_t           *question;      /* for the store, or NULL    */
    uint64_t                      asked;         /* when                      */
    ngx_uint_t                    limit_remaining;
    ngx_msec_t                    retry_after;   /* seconds, 0: none          */

    /*
     * Called once, before the ctx is reset or its request is freed: gives
     * back what the state below holds.  May be NULL.
     */
    void                        (*release)(ngx_http_mcp_ctx_t *ctx);

    unsigned                      scanned:1;     /* method, tool and id of the
                                                    request were looked at,   */
    unsigned                      id_found:1;    /* and a rule matched in
                                                    method or id,             */
    unsigned                      name_found:1;  /* in the tool's name,       */
    unsigned                      key_found:1;   /* in a member name of the
                                                    current message           */

    /*
     * Request and response state (ngx_http_mcp_request.c,
     * ngx_http_mcp_filter_module.c).
     */

    unsigned                      reading:1;     /* our body filter takes     */
    unsigned                      rescan:1;      /* the body was read before  */
    unsigned                      body_done:1;   /* and the phases run again  */
    unsigned                      asking:1;      /* waits for the store       */
    unsigned                      ask_cleanup:1; /* and would be taken back   */
    unsigned                      charged:1;     /* by its limits, once       */
    unsigned                      limit_known:1; /* limit_remaining is        */
    unsigned                      decided:1;     /* the request is judged     */
    unsigned                      refused:1;
    unsigned                      replied:1;     /* the answer is our own     */
    unsigned                      one_way:1;     /* nothing in it wants an
                                                    answer                    */

    unsigned                      pair:1;        /* a POST whose answer goes to
                                                    a stream (2024-11-05)     */
    unsigned                      batched:1;     /* the request was an array  */
    unsigned                      head_held:1;   /* not sent before a verdict */
    unsigned                      text_judged:1; /* an error that is no
                                                    message                   */
    unsigned                      stream_done:1; /* nothing more is to come   */
    unsigned                      stream_ended:1; /* last_buf went out        */
    unsigned                      stream_counted:1;

    void                        (*upstream_ends)(ngx_http_request_t *r,
                                                 ngx_int_t rc);
                                                 /* finalize_request of nginx */
    ngx_uint_t                    response;      /* NGX_HTTP_MCP_PASS, ...    */
    ngx_str_t                     body;          /* our own                   */
    ngx_buf_t                    *last;          /* that ended the response   */
    mcp_buf_t                     hold;          /* of the server, held       */
    mcp_buf_t                     out;           /* what goes out instead     */

    mcp_sse_t                     sse;
    mcp_tail_t                   *tail;          /* of the events passed on   */
    ngx_chain_t                  *in;            /* waits for a slow client   */
    ngx_chain_t                  *free;          /* of our tag; start is from
                                                    malloc() while in use     */
    ngx_chain_t                  *busy;
};


/* What a response filter does with a body. */

#define NGX_HTTP_MCP_PASS       0     /* nothing                              */
#define NGX_HTTP_MCP_JSON       1     /* holds and judges a message           */
#define NGX_HTTP_MCP_TEXT       2     /* the same for an error, JSON or not   */
#define NGX_HTTP_MCP_STREAM     3     /* judges event by event                */
#define NGX_HTTP_MCP_EMPTY      4     /* lets an empty body pass, no other    */
#define NGX_HTTP_MCP_DROP_BODY  5     /* sends the head with an empty body    */
#define NGX_HTTP_MCP_OWN_BODY   6     /* puts ctx->body in its place          */
#define NGX_HTTP_MCP_DONE       7     /* all is sent: swallows the rest       */


/* ngx_http_mcp_module.c */

/*
 * The context of a request, also after an internal redirect, which forgets
 * those of all modules; NULL when there is none.  Takes the main request.
 */
ngx_http_mcp_ctx_t *ngx_http_mcp_get_ctx(ngx_http_request_t *r);

/* Makes it; NULL when memory is short. */
ngx_http_mcp_ctx_t *ngx_http_mcp_create_ctx(ngx_http_request_t *r,
    ngx_http_mcp_loc_conf_t *mlcf);

/*
 * Forgets all but the request, its time and that it was charged: the request
 * goes to another location, whose policy judges it anew.
 */
void ngx_http_mcp_reset_ctx(ngx_http_mcp_ctx_t *ctx,
    ngx_http_mcp_loc_conf_t *mlcf);

/*
 * An inspector of the process, NULL when memory is short; to be given back.
 * A request may as well leave it in ctx->inspector.
 */
mcp_inspector_t *ngx_http_mcp_inspector_get(void);
void ngx_http_mcp_inspector_put(mcp_inspector_t *in);

/* The scanner of the process for a location's rules; NULL: no memory. */
mcp_scan_t *ngx_http_mcp_scan(ngx_http_mcp_loc_conf_t *mlcf);

/* Nanoseconds of the monotonic clock. */
uint64_t ngx_http_mcp_clock(void);

/* $request_id, the one that access log and answers show. */
mcp_str_t ngx_http_mcp_request_id(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx);

static ngx_inline mcp_str_t
ngx_http_mcp_str(ngx_str_t *s)
{
    mcp_str_t  str;

    str.data = s->data;
    str.len = s->len;

    return str;
}


/* ngx_http_mcp_conf.c */

char *ngx_http_mcp_server_name(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_mcp_client(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_mcp_era(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_mcp_origin(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_mcp_method(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_mcp_tool(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_mcp_argument(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_mcp_network(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_mcp_audit_log(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_mcp_check_size(ngx_conf_t *cf, void *post, void *data);

/* A name or glob of a directive: NGX_ERROR, and logged, when it cannot be. */
ngx_int_t ngx_http_mcp_check_pattern(ngx_conf_t *cf, ngx_str_t *value);


/* ngx_http_mcp_ruleset.c */

char *ngx_http_mcp_rules(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_mcp_rule(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/*
 * The compiled rules of a list of packs, shared by all locations with the
 * same list.  NULL: an error was logged.
 */
ngx_http_mcp_ruleset_t *ngx_http_mcp_get_ruleset(ngx_conf_t *cf,
    ngx_http_mcp_rules_conf_t *rules);

/* Looks up the rule ids of a location's overrides in its rules. */
void ngx_http_mcp_mark_overrides(ngx_http_mcp_main_conf_t *mmcf,
    ngx_http_mcp_loc_conf_t *mlcf);

/* NGX_ERROR: an mcp_rule names a rule that no set of rules has; logged. */
ngx_int_t ngx_http_mcp_check_overrides(ngx_conf_t *cf,
    ngx_http_mcp_main_conf_t *mmcf);


/* ngx_http_mcp_variables.c */

ngx_int_t ngx_http_mcp_add_variables(ngx_conf_t *cf);

/*
 * Notes the verdict on a message for variables and logs; of several messages
 * the gravest stays.  Call ngx_http_mcp_note_hits() before, where there is an
 * inspector: it knows what must not be shown.
 */
void ngx_http_mcp_set_verdict(ngx_http_mcp_ctx_t *ctx, mcp_verdict_t *v);

/* The word of a verdict: $mcp_verdict. */
void ngx_http_mcp_verdict_word(mcp_verdict_t *v, ngx_str_t *word);

/*
 * Method, tool and id of the request as logs and variables may show them:
 * what no rule has looked at, or where one matched, is not shown; method and
 * tool are attacker text that must still be escaped or made printable.
 */
ngx_str_t ngx_http_mcp_shown_method(ngx_http_mcp_ctx_t *ctx);
ngx_str_t ngx_http_mcp_shown_tool(ngx_http_mcp_ctx_t *ctx);
ngx_str_t ngx_http_mcp_shown_id(ngx_http_mcp_ctx_t *ctx);

/*
 * How many bytes of a path of the current message may be shown: it is made of
 * member names, and where a rule matched in one of them only its beginning,
 * which the protocol gives.
 */
size_t ngx_http_mcp_shown_path(ngx_http_mcp_ctx_t *ctx, const char *path);


/*
 * How grave a verdict is, 0 to 8, and the word of such a rank; the first two
 * are one word.
 */
ngx_uint_t ngx_http_mcp_verdict_rank(mcp_verdict_t *v);
const char *ngx_http_mcp_rank_word(ngx_uint_t rank);


/* ngx_http_mcp_count.c */

/* Gives the server of a location its number. */
ngx_int_t ngx_http_mcp_count_server(ngx_conf_t *cf,
    ngx_http_mcp_main_conf_t *mmcf, ngx_http_mcp_loc_conf_t *mlcf);

/* Makes the zone, where some location shows it; when all servers are known. */
ngx_int_t ngx_http_mcp_count_init(ngx_conf_t *cf,
    ngx_http_mcp_main_conf_t *mmcf);

/* A process takes a slot, and gives it back. */
void ngx_http_mcp_count_start(ngx_http_mcp_main_conf_t *mmcf);
void ngx_http_mcp_count_stop(void);

/*
 * What happened: a message was judged; the store answered; all messages of a
 * request took so long to inspect; a stream was opened (1) or closed (-1).
 */
void ngx_http_mcp_count_message(ngx_http_mcp_ctx_t *ctx, mcp_dir_t dir,
    mcp_verdict_t *v);
void ngx_http_mcp_count_answer(ngx_http_mcp_ctx_t *ctx,
    ngx_mcp_answer_t *answer, uint64_t ns);
void ngx_http_mcp_count_inspection(uint64_t ns);
void ngx_http_mcp_count_stream(ngx_int_t n);


/* ngx_http_mcp_status.c */

char *ngx_http_mcp_status_page(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


/* ngx_http_mcp_audit.c */

/* Takes the findings of a judged message to the ctx, until the audit line. */
void ngx_http_mcp_note_hits(ngx_http_mcp_ctx_t *ctx, mcp_inspector_t *in,
    mcp_dir_t dir);

/*
 * Writes the line of one judged message and forgets its findings.  Nothing is
 * written when the message passed unflagged and the level is not "all".
 */
void ngx_http_mcp_audit(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx,
    mcp_dir_t dir, mcp_verdict_t *v);

/*
 * Appends at most max bytes of s, with what is not printable ASCII and '"' and
 * '\' as "?"; for error log lines.  Returns the new end.
 */
u_char *ngx_http_mcp_printable(u_char *p, u_char *last, ngx_str_t *s,
    size_t max);


/* ngx_http_mcp_headers.c */

mcp_reason_t ngx_http_mcp_check_headers(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx);


/* ngx_http_mcp_request.c */

ngx_int_t ngx_http_mcp_request_init(ngx_conf_t *cf);


/* ngx_http_mcp_limit.c */

char *ngx_http_mcp_store(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_mcp_rate_limit(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* The store of these arguments, NULL: the default one; as a handler does. */
char *ngx_http_mcp_get_store(ngx_conf_t *cf, ngx_array_t *args,
    ngx_mcp_store_t **store);

/*
 * Makes ctx->question of a message that passed all other checks; it stays
 * NULL where no limit counts the message.
 */
ngx_int_t ngx_http_mcp_make_question(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx, const mcp_message_t *m);

/*
 * Asks it.  NGX_OK: there is an answer.  NGX_AGAIN: the request waits, and its
 * phases run again when ctx->asking is 0.
 */
ngx_int_t ngx_http_mcp_ask(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx);

/* Takes the answer into ctx->verdict, and closes the question. */
void ngx_http_mcp_answered(ngx_http_mcp_ctx_t *ctx);


/* ngx_http_mcp_reply.c */

ngx_uint_t ngx_http_mcp_refused(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx,
    mcp_reason_t reason);
void ngx_http_mcp_passed(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx);
void ngx_http_mcp_judged(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx,
    mcp_verdict_t *v);
void ngx_http_mcp_unfit(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx,
    mcp_reason_t reason, const char *detail);
void ngx_http_mcp_set_json(ngx_http_request_t *r);
ngx_int_t ngx_http_mcp_reply_body(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx, mcp_reason_t reason, ngx_str_t *body);
ngx_int_t ngx_http_mcp_send_reply(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx, mcp_reason_t reason);
ngx_int_t ngx_http_mcp_send_accepted(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx);


/* ngx_http_mcp_filter_module.c: the filters below ours */

ngx_int_t ngx_http_mcp_next_header(ngx_http_request_t *r);
ngx_int_t ngx_http_mcp_next_body(ngx_http_request_t *r, ngx_chain_t *in);


/* ngx_http_mcp_body.c */

ngx_int_t ngx_http_mcp_hold_body(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx, ngx_chain_t *in);
ngx_int_t ngx_http_mcp_watch_body(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx, ngx_chain_t *in);
ngx_int_t ngx_http_mcp_refuse_response(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx, mcp_reason_t reason, const char *detail);


/* ngx_http_mcp_stream.c */

ngx_int_t ngx_http_mcp_stream_head(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx);
ngx_int_t ngx_http_mcp_stream_body(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx, ngx_chain_t *in);
void ngx_http_mcp_stream_free(ngx_http_mcp_ctx_t *ctx);


/* ngx_http_mcp_util.c */

/*
 * Judges a message of the server that was fed; *v is filled either way.
 * MCP_ERROR: it is no message.
 */
mcp_rc_t ngx_http_mcp_judge(ngx_http_mcp_ctx_t *ctx, mcp_inspector_t *in,
    mcp_verdict_t *v);

/* Marks a buffer as read: what is not passed on must be consumed. */
void ngx_http_mcp_consume(ngx_buf_t *b);
void ngx_http_mcp_consume_chain(ngx_chain_t *in);

/* What of a chain behind the end of our response goes on, or NULL. */
ngx_chain_t *ngx_http_mcp_owed_end(ngx_http_mcp_ctx_t *ctx, ngx_chain_t *in);

/* 1 for the one revision that has batches. */
ngx_uint_t ngx_http_mcp_batch_version(mcp_str_t version);

/* The first header of that name (lower case), or NULL. */
ngx_table_elt_t *ngx_http_mcp_find_header(ngx_list_t *list, const char *name);

/* Appends to the held body of a response. */
ngx_int_t ngx_http_mcp_hold_bytes(ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx, u_char *data, size_t size);
void ngx_http_mcp_hold_free(ngx_http_mcp_ctx_t *ctx);

/* At the end of a process. */
void ngx_http_mcp_spare_free(void);


extern ngx_module_t  ngx_http_mcp_module;
extern ngx_module_t  ngx_http_mcp_filter_module;


#endif /* _NGX_HTTP_MCP_MODULE_H_INCLUDED_ */
