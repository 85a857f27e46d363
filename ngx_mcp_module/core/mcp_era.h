/*
 * Era and revision of a client's message, decided from header and body
 * together (mcp-wire.md 2.1, 4.2, 5.2; design.md 2.2, 2.6).
 *
 * Peers look at either the header or the body first, so bytes on which the
 * two disagree would be one thing here and another behind us: they are
 * refused.  H is the header MCP-Protocol-Version, B the claim in
 * params._meta["io.modelcontextprotocol/protocolVersion"]:
 *
 *   H modern, B = H            modern; Mcp-Method and Mcp-Name must agree
 *   H legacy or absent, no B   legacy
 *   H modern, no B             MCP_R_NO_CLAIM; but a notification carries no
 *                              claim in this era: modern; a posted response,
 *                              which this era does not have: MCP_R_INVALID;
 *                              initialize, the legacy handshake:
 *                              MCP_R_MISMATCH
 *   H = B, unknown             MCP_R_VERSION
 *   everything else            MCP_R_MISMATCH
 *
 * "Everything else" includes an unknown H without B: the header names a
 * revision that the body does not know of.  No client acts on the code there:
 * legacy clients see a 400 either way, and a client that probes for a newer
 * revision always sends both and gets MCP_R_VERSION with what is served.
 *
 * An array is legacy and belongs to 2025-03-26 alone: H absent or that;
 * anything else is MCP_R_BATCH; a claim in an element MCP_R_MISMATCH;
 * initialize in it, or two requests with one id, MCP_R_INVALID.
 *
 * What is consistent but of an era that mcp_era excludes is MCP_R_VERSION,
 * with the revisions of the other era as data.supported.  A message in the
 * modern form that names an unknown revision is told the modern ones alone
 * where these are served: no other can be put into that form, and a server
 * lists the same in server/discover (mcp-wire.md 4.3).
 *
 * The legacy era does not know the mirrored headers; they are not looked at.
 */

#ifndef MCP_ERA_H
#define MCP_ERA_H

#include "mcp_message.h"


/*
 * Values of the headers; blanks around them count for nothing (RFC 9110 5.5).
 * data NULL: absent (an empty value has data and len 0).  That none comes
 * twice is checked by the caller.
 */
typedef struct {
    mcp_str_t  version;       /* MCP-Protocol-Version                        */
    mcp_str_t  method;        /* Mcp-Method                                  */
    mcp_str_t  name;          /* Mcp-Name                                    */
} mcp_mirror_t;


typedef struct {
    mcp_reason_t  reason;     /* MCP_R_NONE: accepted                        */
    mcp_era_t     era;        /* accepted: the era; refused: the era that the
                                 header speaks for, for the form of answers  */
    mcp_str_t     version;    /* accepted: the revision (static); of an
                                 initialize the one it asks for, empty when
                                 nobody knows it                             */
    mcp_str_t     requested;  /* MCP_R_VERSION: the revision asked for;
                                 points into header or arena, or static; not
                                 yet judged: UTF-8, to be escaped when
                                 written                                     */
    unsigned      supported;  /* MCP_R_VERSION: eras for data.supported, bits
                                 1 << MCP_ERA_*, for mcp_reply_t.eras        */
    const char   *detail;     /* refused: static text for logs               */
} mcp_era_decision_t;


/*
 * Decides about a finished message of the client direction.  eras: bits
 * 1 << MCP_ERA_* of those served (mcp_policy_t.eras).  MCP_OK: accepted.
 * MCP_ERROR: d->reason is one of MCP_R_NO_CLAIM, MCP_R_MISMATCH, MCP_R_VERSION,
 * MCP_R_BATCH, MCP_R_INVALID.  *d is filled either way.
 */
mcp_rc_t mcp_era_decide(const mcp_message_t *m, const mcp_mirror_t *h,
    unsigned eras, mcp_era_decision_t *d);

/*
 * The same for requests without a body (GET, DELETE), which only the legacy
 * era has: H legacy or absent is legacy; H modern, or legacy not served, is
 * MCP_R_HTTP_METHOD (405); H unknown is MCP_R_VERSION.
 */
mcp_rc_t mcp_era_decide_bodiless(mcp_str_t version, unsigned eras,
    mcp_era_decision_t *d);

/*
 * 1 when a value of Mcp-Name or Mcp-Param-* has a form that the protocol
 * knows: visible ASCII, space and tab, or "=?base64?...?="
 * around padded Base64 of valid UTF-8.  A modern request
 * whose Mcp-Param-* fails this is MCP_R_MISMATCH.  Values are not compared
 * with arguments: only the server knows the schema that binds them.
 */
int mcp_era_mirror_valid(mcp_str_t value);

/*
 * 1 when the value of a mirrored header, its Base64 form decoded, is exactly
 * the text.
 */
int mcp_era_mirror_equal(mcp_str_t value, mcp_str_t text);

#endif /* MCP_ERA_H */
