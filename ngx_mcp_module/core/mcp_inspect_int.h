/*
 * Inside of the inspector, shared by mcp_inspect.c (reading, judging) and
 * mcp_output.c (what goes to the client instead).
 */

#ifndef MCP_INSPECT_INT_H
#define MCP_INSPECT_INT_H

#include "mcp_inspect.h"
#include "mcp_rewrite.h"


struct mcp_inspector_s {
    mcp_message_t         *message;
    mcp_rewrite_t          rewrite;
    mcp_buf_t              findings;     /* mcp_finding_t[]                  */
    mcp_buf_t              hits;         /* mcp_hit_t[]                      */
    mcp_buf_t              withheld;     /* a byte for each item: 1 goes     */

    const mcp_policy_t    *policy;
    mcp_scan_t            *scan;
    const mcp_exchange_t  *exchange;
    mcp_dir_t              dir;
    mcp_era_t              era;

    size_t                 scanned;      /* segments                         */
    size_t                 scanned_text; /* bytes of the arena               */

    mcp_verdict_action_t   action;       /* what mcp_inspector_judge() said  */
    mcp_reason_t           reason;
    const mcp_rule_t      *rule;

    unsigned               error:1;      /* the message ended in an error    */
    unsigned               failed:1;     /* the scanner or memory failed     */
    unsigned               overflow:1;
    unsigned               foreign:1;    /* a response to another request    */
};


extern const mcp_exchange_t  mcp_no_exchange;      /* a GET stream */

#endif /* MCP_INSPECT_INT_H */
