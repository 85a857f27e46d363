
/*
 * What mcp_status shows.  Each process counts in a slot of its own, so nobody
 * waits for anybody; who asks for the page adds the slots up.
 */


#ifndef _NGX_HTTP_MCP_COUNT_H_INCLUDED_
#define _NGX_HTTP_MCP_COUNT_H_INCLUDED_


#include "ngx_http_mcp_module.h"


#define NGX_HTTP_MCP_SLOTS      32
#define NGX_HTTP_MCP_CLASSES    12       /* of methods                        */
#define NGX_HTTP_MCP_VERDICTS   9        /* ngx_http_mcp_verdict_rank()       */
#define NGX_HTTP_MCP_BUCKETS    15       /* the last one has no bound         */


typedef struct {
    ngx_atomic_t          messages[2][NGX_HTTP_MCP_CLASSES]
                                  [NGX_HTTP_MCP_VERDICTS];
    ngx_atomic_t          categories[MCP_CAT_MAX];
    ngx_atomic_t          bytes[2];
    ngx_atomic_t          limits[3];             /* ngx_mcp_answer_e          */
} ngx_http_mcp_server_count_t;

typedef struct {
    ngx_atomic_t          buckets[NGX_HTTP_MCP_BUCKETS];
    ngx_atomic_t          sum;                   /* ns                        */
} ngx_http_mcp_histogram_t;

typedef struct {
    ngx_atomic_t          pid;                   /* 0: free                   */
    ngx_atomic_t          streams;               /* open now                  */
    ngx_atomic_t          fallbacks;
    ngx_atomic_t          reconnects;
    ngx_http_mcp_histogram_t  inspection;
    ngx_http_mcp_histogram_t  store;
    ngx_http_mcp_server_count_t  servers[1];     /* as many as there are      */
} ngx_http_mcp_slot_t;


/* Upper bounds of the buckets but the last, in ns. */

extern const uint64_t  ngx_http_mcp_bounds[NGX_HTTP_MCP_BUCKETS - 1];

/* Names of the classes of methods. */

extern const char *const  ngx_http_mcp_classes[NGX_HTTP_MCP_CLASSES];

/*
 * Adds up the slots of all processes, dead ones too, into sum, which has room
 * for all servers; of streams only those of processes that live.
 */
void ngx_http_mcp_count_sum(ngx_http_mcp_main_conf_t *mmcf,
    ngx_http_mcp_slot_t *sum);

/* Bytes of a slot. */
size_t ngx_http_mcp_slot_size(ngx_http_mcp_main_conf_t *mmcf);


#endif /* _NGX_HTTP_MCP_COUNT_H_INCLUDED_ */
