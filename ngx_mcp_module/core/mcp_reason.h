/*
 * Why a message is not passed as it is.  One table maps a reason to its word
 * (logs, $mcp_reason, audit, _meta), HTTP status and JSON-RPC code
 * (design.md 2.2), so that all of them tell the same.
 */

#ifndef MCP_REASON_H
#define MCP_REASON_H

#include "mcp_types.h"


typedef enum {
    MCP_R_NONE = 0,

    /* the request is not what this gateway reads */
    MCP_R_PARSE,              /* not strict JSON:             400, -32700    */
    MCP_R_INVALID,            /* not a valid message:         400, -32600    */
    MCP_R_BATCH,              /* batch where there is none:   400, -32600    */
    MCP_R_HEADER,             /* doubled or bad header:       400, -32600    */
    MCP_R_CONTENT_TYPE,       /*                              415, -32600    */
    MCP_R_CONTENT_ENCODING,   /*                              415, -32600    */
    MCP_R_TOO_LARGE,          /*                              413, -32600    */
    MCP_R_MISMATCH,           /* header against body:         400, -32020    */
    MCP_R_NO_CLAIM,           /* modern header, no _meta:     400, -32602    */
    MCP_R_VERSION,            /* unknown revision:            400, -32022    */
    MCP_R_ORIGIN,             /*                              403, -32600    */
    MCP_R_CLIENT,             /* no client identity:          401, -32600    */
    MCP_R_HTTP_METHOD,        /*                              405, -32600    */

    /* policy */
    MCP_R_METHOD,             /* method not allowed: legacy 200, modern 404;
                                 -32601                                      */
    MCP_R_TOOL,               /* denied tool:                 200, -32602    */
    MCP_R_RULE,               /* a rule blocks:               200, -31001    */
    MCP_R_ARGUMENT,           /* violates a constraint:       200, -31001    */
    MCP_R_CONSENT,            /* consent needed:              200, -31002    */
    MCP_R_LIMIT,              /* rate limit:                  429, -31003    */
    MCP_R_STORE,              /* store unreachable:           200, -31004    */

    /* the response is not what this gateway passes */
    MCP_R_UPSTREAM_INVALID,   /* not a valid message:         502, -31005    */
    MCP_R_UPSTREAM_TYPE,      /* neither JSON nor SSE:        502, -31005    */
    MCP_R_UPSTREAM_ENCODING,  /* still encoded:               502, -31005    */
    MCP_R_UPSTREAM_STATUS,    /* 206, 101:                    502, -31005    */
    MCP_R_UPSTREAM_TOO_LARGE, /*                              502, -31005    */
    MCP_R_UPSTREAM_CLOSED,    /* died before the end:         502, -31005    */

    MCP_R_INTERNAL,           /* memory, scanner:             500, -32603    */

    MCP_R_MAX
} mcp_reason_t;


typedef struct {
    const char  *word;        /* "rule", "parse", ...; stable                */
    const char  *message;     /* static text of a JSON-RPC error             */
    int          status;      /* HTTP                                        */
    int          code;        /* JSON-RPC                                    */
    unsigned     null_id:1;   /* the error carries "id":null                 */
} mcp_reason_info_t;


const mcp_reason_info_t *mcp_reason_info(mcp_reason_t reason);

#endif /* MCP_REASON_H */
