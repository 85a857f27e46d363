/*
 * The one table that maps a reason to what callers, logs and auditors see.
 *
 * A denied tool or method has the words of a server that does not have it.
 */

#include "mcp_reason.h"


#define OWN_ID    0
#define NULL_ID    1


static const mcp_reason_info_t  reasons[MCP_R_MAX] = {

    [MCP_R_NONE] =
        { "none", "", 200, 0, OWN_ID },

    [MCP_R_PARSE] =
        { "parse", "Parse error", 400, -32700, NULL_ID },

    [MCP_R_INVALID] =
        { "invalid", "Invalid request", 400, -32600, NULL_ID },

    [MCP_R_BATCH] =
        { "batch", "Batches are not supported by this protocol version",
          400, -32600, NULL_ID },

    [MCP_R_HEADER] =
        { "header", "Invalid or repeated header", 400, -32600, NULL_ID },

    [MCP_R_CONTENT_TYPE] =
        { "content_type", "Content-Type must be application/json in UTF-8",
          415, -32600, NULL_ID },

    [MCP_R_CONTENT_ENCODING] =
        { "content_encoding", "Content-Encoding is not supported",
          415, -32600, NULL_ID },

    [MCP_R_TOO_LARGE] =
        { "too_large", "Message is too large", 413, -32600, NULL_ID },

    [MCP_R_MISMATCH] =
        { "mismatch", "Header mismatch: the headers disagree with the body",
          400, -32020, OWN_ID },

    [MCP_R_NO_CLAIM] =
        { "no_claim", "Invalid params: _meta has no protocol version",
          400, -32602, OWN_ID },

    [MCP_R_VERSION] =
        { "version", "Unsupported protocol version", 400, -32022, OWN_ID },

    [MCP_R_ORIGIN] =
        { "origin", "Origin is not allowed", 403, -32600, NULL_ID },

    [MCP_R_CLIENT] =
        { "client", "Client is not identified", 401, -32600, NULL_ID },

    [MCP_R_HTTP_METHOD] =
        { "http_method", "Method not allowed", 405, -32600, NULL_ID },

    [MCP_R_METHOD] =
        { "method", "Method not found", 200, -32601, OWN_ID },

    [MCP_R_TOOL] =
        { "tool", "Unknown tool", 200, -32602, OWN_ID },

    [MCP_R_RULE] =
        { "rule", "Blocked by gateway policy", 200, -31001, OWN_ID },

    [MCP_R_ARGUMENT] =
        { "argument", "Argument is not allowed by gateway policy",
          200, -31001, OWN_ID },

    [MCP_R_CONSENT] =
        { "consent", "Consent is required", 200, -31002, OWN_ID },

    [MCP_R_LIMIT] =
        { "limit", "Rate limit reached", 429, -31003, OWN_ID },

    [MCP_R_STORE] =
        { "store", "The gateway cannot decide right now",
          200, -31004, OWN_ID },

    [MCP_R_UPSTREAM_INVALID] =
        { "upstream_invalid", "Invalid response from the server",
          502, -31005, OWN_ID },

    [MCP_R_UPSTREAM_TYPE] =
        { "upstream_type", "The server's response is neither JSON nor events",
          502, -31005, OWN_ID },

    [MCP_R_UPSTREAM_ENCODING] =
        { "upstream_encoding", "The server's response is encoded",
          502, -31005, OWN_ID },

    [MCP_R_UPSTREAM_STATUS] =
        { "upstream_status", "Unexpected status of the server's response",
          502, -31005, OWN_ID },

    [MCP_R_UPSTREAM_TOO_LARGE] =
        { "upstream_too_large", "The server's response is too large",
          502, -31005, OWN_ID },

    [MCP_R_UPSTREAM_CLOSED] =
        { "upstream_closed", "The server closed the connection early",
          502, -31005, OWN_ID },

    [MCP_R_INTERNAL] =
        { "internal", "Internal error", 500, -32603, OWN_ID },
};


const mcp_reason_info_t *
mcp_reason_info(mcp_reason_t reason)
{
    /* a value that is none of them must not pass as "nothing is wrong" */

    if ((unsigned) reason >= MCP_R_MAX) {
        return &reasons[MCP_R_INTERNAL];
    }

    return &reasons[reason];
}
