/*
 * Inside of the inspector, shared by mcp_inspect.c (reading, judging),
 * mcp_inspect_args.c (what policy says of arguments) and mcp_output.c (what
 * goes to the client instead).
 */

#ifndef MCP_INSPECT_INT_H
#define MCP_INSPECT_INT_H

#include "mcp_inspect.h"
#include "mcp_joint.h"
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
    uint64_t               conditions;   /* of the judgement                 */

    const mcp_tail_t      *follows;      /* NULL: nothing                    */
    mcp_tail_t             tail;         /* of what was scanned              */

    size_t                 scanned;      /* segments                         */
    size_t                 scanned_text; /* bytes of the arena               */

    mcp_verdict_action_t   action;       /* what mcp_inspector_judge() said  */
    mcp_reason_t           reason;
    const mcp_rule_t      *rule;
    unsigned               urls_left;    /* for mcp_network_elsewhere()      */
    unsigned               work_left;    /* for mcp_argument_check()         */

    unsigned               error:1;      /* the message ended in an error    */
    unsigned               failed:1;     /* the scanner or memory failed     */
    unsigned               overflow:1;
    unsigned               foreign:1;    /* a response to another request    */
};


extern const mcp_exchange_t  mcp_no_exchange;      /* a GET stream */


static inline mcp_str_t
mcp_inspector_text(const mcp_inspector_t *in, mcp_span_t span)
{
    size_t     len;
    mcp_str_t  s;

    s.data = mcp_message_text(in->message, &len) + span.off;
    s.len = span.len;

    return s;
}


/* The tool that a segment belongs to; len 0: none. */
mcp_str_t mcp_inspector_tool(const mcp_inspector_t *in,
    const mcp_envelope_t *envs, const mcp_segment_t *seg);

/* Kinds of a client's string, from the names around it and its value. */
uint8_t mcp_inspector_kinds(const mcp_inspector_t *in,
    const mcp_envelope_t *envs, const mcp_segment_t *seg);

/*
 * 1: what a rule has found does not count, because mcp_network says something
 * else about it.
 */
int mcp_inspector_exempt(mcp_inspector_t *in, const mcp_envelope_t *envs,
    const mcp_rule_t *rule, const mcp_segment_t *seg);

/* Appends hits for what leads elsewhere than to the hosts of mcp_network. */
mcp_rc_t mcp_inspector_network(mcp_inspector_t *in,
    const mcp_envelope_t *envs, mcp_verdict_t *v);

/*
 * Checks mcp_argument on all calls: NULL, or what is violated, static text;
 * the verdict then has the path.
 */
const char *mcp_inspector_arguments(mcp_inspector_t *in,
    const mcp_envelope_t *envs, size_t n, mcp_verdict_t *v);

#endif /* MCP_INSPECT_INT_H */
