/*
 * Messages that the gateway writes itself (design.md 2.2, mcp-wire.md 9.2).
 * All wording is static: these texts reach models, so no byte of an attacker
 * goes into them.  The only foreign bytes are a validated id, as raw JSON.
 */

#ifndef MCP_REPLY_H
#define MCP_REPLY_H

#include "mcp_buf.h"
#include "mcp_policy.h"


typedef struct {
    mcp_reason_t       reason;
    mcp_era_t          era;
    mcp_method_t       method;         /* tools/call may get an isError form */
    mcp_blocked_response_t  form;
    mcp_str_t          id;             /* raw JSON; len 0: null              */
    const char        *rule;           /* id of the rule, or NULL            */
    mcp_str_t          request_id;     /* $request_id, or empty              */
    mcp_dir_t          dir;            /* what was blocked: request, result  */
    unsigned           eras;           /* for -32022: eras served            */
    mcp_str_t          requested;      /* for -32022: revision asked for,
                                          decoded, escaped on writing        */
    unsigned           retry_after;    /* seconds, rate limit; 0: none       */
} mcp_reply_t;


/* Appends the JSON body. */
mcp_rc_t mcp_reply_write(mcp_buf_t *out, const mcp_reply_t *r);

/* The HTTP status that goes with it (legacy and modern differ for methods). */
int mcp_reply_status(const mcp_reply_t *r);

#endif /* MCP_REPLY_H */
