/*
 * The inspector: one message in, one verdict out.  It ties tokenizer,
 * envelope, rules and policy together; nginx, mcpctl and the fuzzers all
 * call this and nothing below it.
 */

#ifndef MCP_INSPECT_H
#define MCP_INSPECT_H

#include "mcp_joint.h"
#include "mcp_policy.h"
#include "mcp_scan.h"


typedef enum {
    MCP_V_ALLOW = 0,          /* passes byte for byte                        */
    MCP_V_REDACT,             /* server only: passes, changed                */
    MCP_V_BLOCK,              /* a rule, consent, limit                      */
    MCP_V_DENY,               /* tool or method not allowed                  */
    MCP_V_INVALID             /* not a message that can be judged            */
} mcp_verdict_action_t;


/*
 * What the request said, for judging the answer to it.  Strings must live as
 * long as the inspection.  For a stream that answers no request (GET) all
 * fields but era are empty.
 */
typedef struct {
    mcp_method_t  method;          /* MCP_M_NONE: unknown, or several        */
    mcp_str_t     id;              /* raw bytes of the request's id          */
    mcp_str_t     tool;            /* decoded name of the called tool        */
    mcp_era_t     era;
    unsigned      batch:1;         /* an array is acceptable                 */
    uint64_t      conditions;      /* of mcp_tool if=                        */
} mcp_exchange_t;


typedef struct {
    mcp_verdict_action_t  action;
    mcp_reason_t          reason;
    const mcp_rule_t     *rule;        /* the rule that decided, or NULL     */
    const char           *detail;      /* static text for logs, or NULL:
                                          "duplicate member"                 */
    char                  path[256];   /* JSON Pointer of the place, or ""   */
    size_t                findings;    /* all, logged ones included          */
    unsigned              flagged:1;   /* something was found that does not
                                          change the message (action log)    */
} mcp_verdict_t;


typedef struct mcp_inspector_s  mcp_inspector_t;


/*
 * An inspector for messages, one at a time.  scan is shared by all
 * inspectors of a process (scans do not nest).  NULL when memory is short.
 */
mcp_inspector_t *mcp_inspector_create(void);
void mcp_inspector_destroy(mcp_inspector_t *in);

/*
 * Starts a message.  policy, scan and exchange must outlive the inspection;
 * exchange may be NULL for client messages.
 */
void mcp_inspector_start(mcp_inspector_t *in, const mcp_policy_t *policy,
    mcp_scan_t *scan, mcp_dir_t dir, const mcp_exchange_t *exchange);

/*
 * The message that was just started follows others on a stream, which ended
 * with tail; that must outlive the inspection.
 */
void mcp_inspector_follow(mcp_inspector_t *in, const mcp_tail_t *tail);

/*
 * A judged message has been passed on as mcp_inspector_output() has it, or
 * unchanged: tail is made to be what its texts end with.
 */
void mcp_inspector_passed(const mcp_inspector_t *in, mcp_tail_t *tail);

/*
 * Takes bytes in any slicing; scans what is complete, so that the work is
 * spread over the arrival of the message.  MCP_AGAIN, or MCP_ERROR when the
 * verdict is certain already (call mcp_inspector_finish() for it; further
 * bytes are ignored).
 */
mcp_rc_t mcp_inspector_feed(mcp_inspector_t *in, const unsigned char *data,
    size_t len);

/*
 * End of the message: parses and scans the rest.  MCP_OK: well-formed, the
 * envelope is there.  MCP_ERROR: verdict->reason tells why.  Does not yet
 * judge; the caller first decides about headers and era.
 */
mcp_rc_t mcp_inspector_finish(mcp_inspector_t *in, mcp_verdict_t *v);

/*
 * Judges a finished message by methods, tools, rules.  era: of the request.
 * conditions: of mcp_tool if=, as in the exchange.
 */
void mcp_inspector_judge(mcp_inspector_t *in, mcp_era_t era,
    uint64_t conditions, mcp_verdict_t *v);

const mcp_message_t *mcp_inspector_message(const mcp_inspector_t *in);

/*
 * Findings with the action that the policy gives them, for audit and mcpctl.
 * action MCP_ACTION_NONE is a signal that alone decides nothing.
 */
typedef struct {
    const mcp_rule_t  *rule;
    mcp_action_t       action;
    mcp_finding_t      finding;
} mcp_hit_t;

size_t mcp_inspector_hits(mcp_inspector_t *in, const mcp_hit_t **hits);

/* Path of a finding's segment, mcp_message_path(). */
size_t mcp_inspector_path(mcp_inspector_t *in, const mcp_finding_t *f,
    char *buf, size_t size);

/*
 * Server direction, after a verdict other than MCP_V_INVALID: appends the
 * message that goes to the client.  raw is the message as it was fed.
 *   ALLOW   raw
 *   REDACT  raw with secrets replaced, tools withheld, notices put in
 *   BLOCK, DENY  the answer of design.md 2.2 in place of the message: for a
 *           response the error with its id, for a server's request the
 *           request rewritten to "gateway/blocked"; for a notification
 *           nothing is appended (the event keeps its id:, without data)
 * For a batch the whole array.  request_id: nginx' $request_id for the text.
 */
mcp_rc_t mcp_inspector_output(mcp_inspector_t *in, const unsigned char *raw,
    size_t len, mcp_str_t request_id, mcp_buf_t *out);

#endif /* MCP_INSPECT_H */
