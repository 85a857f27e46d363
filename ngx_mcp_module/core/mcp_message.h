/*
 * The JSON-RPC envelope of MCP messages, both eras and both directions.
 *
 * A message is read while it arrives; what is kept is the decoded text (the
 * arena of the tokenizer) and three flat tables: envelopes (one, or one for
 * each element of a batch), segments (one for each string that is not empty,
 * member names too) and items (the elements of result.tools).  No tree is
 * built.
 *
 * The normal form of mcp-wire.md 10.5 is enforced here: what two parsers may
 * read differently is an error.
 */

#ifndef MCP_MESSAGE_H
#define MCP_MESSAGE_H

#include "mcp_json.h"
#include "mcp_method.h"
#include "mcp_reason.h"


#define MCP_MAX_ID        256        /* decoded bytes of an id               */
#define MCP_MAX_BATCH     64         /* elements of a batch                  */
#define MCP_MAX_METHOD    128        /* decoded bytes of a method name       */


typedef enum {
    MCP_MALFORMED = 0,
    MCP_REQUEST,
    MCP_NOTIFICATION,
    MCP_RESPONSE,                    /* has "result"                         */
    MCP_ERROR_RESPONSE               /* has "error"                          */
} mcp_kind_t;


/* A range of the arena (decoded) or of the message (raw). */
typedef struct {
    uint32_t  off;
    uint32_t  len;
} mcp_span_t;


/*
 * What a segment is, by its place; the surfaces follow from it.  The order
 * has no meaning.
 */
typedef enum {
    MCP_ROLE_OTHER = 0,
    MCP_ROLE_ENVELOPE,        /* jsonrpc, method, id, their names            */
    MCP_ROLE_NAME,            /* params.name, params.uri, params.taskId      */
    MCP_ROLE_ARGUMENT,        /* params.arguments.**                         */
    MCP_ROLE_PARAMS,          /* any other string of params                  */
    MCP_ROLE_ANSWER,          /* client's result/error, inputResponses       */
    MCP_ROLE_META,            /* _meta of the message                        */
    MCP_ROLE_INSTRUCTIONS,    /* result.instructions (initialize, discover)  */
    MCP_ROLE_SERVER_INFO,     /* result.serverInfo, _meta serverInfo         */
    MCP_ROLE_TOOL,            /* result.tools[*].**                          */
    MCP_ROLE_LISTED,          /* result.resources|resourceTemplates|prompts  */
    MCP_ROLE_CONTENT,         /* result.content.**, structuredContent, ...   */
    MCP_ROLE_CONTENTS,        /* result.contents.** (resources/read)         */
    MCP_ROLE_MESSAGES,        /* result.messages.** (prompts/get)            */
    MCP_ROLE_INPUT_REQUEST,   /* result.inputRequests.**                     */
    MCP_ROLE_ERROR,           /* error.**                                    */
    MCP_ROLE_STATE            /* requestState, cursor, nextCursor: opaque,
                                 must come back byte for byte                */
} mcp_role_t;


typedef struct {
    uint32_t  text;           /* decoded: offset in the arena                */
    uint32_t  len;
    uint32_t  raw;            /* as sent, with quotes: offset in the message */
    uint32_t  raw_len;
    uint32_t  node;           /* path: mcp_message_path()                    */
    uint32_t  item;           /* MCP_ROLE_TOOL: number in items, else ~0     */
    uint16_t  envelope;
    uint8_t   role;           /* mcp_role_t                                  */
    uint8_t   surfaces;       /* MCP_SURFACE_*                               */
    uint8_t   kinds;          /* MCP_KIND_*: filled by the inspector         */
    unsigned  key:1;          /* a member name                               */
    unsigned  escaped:1;
    unsigned  ascii:1;
    unsigned  block:1;        /* text or blob of a content item, text of a
                                 log or of progress: may go on in the next   */
} mcp_segment_t;


/*
 * An element of result.tools: raw covers the whole element, so that it can be
 * taken out of the list; name is decoded text, len 0 when missing.
 */
typedef struct {
    mcp_span_t  raw;
    mcp_span_t  name;
    uint16_t    envelope;
} mcp_item_t;


typedef struct {
    mcp_kind_t    kind;
    mcp_method_t  method_id;
    mcp_span_t    raw;             /* the object itself                      */
    mcp_span_t    id;              /* JSON text of the id, in
                                      mcp_message_ids(): a number as sent, a
                                      string escaped anew; len 0: none       */
    mcp_span_t    method;          /* decoded                                */
    mcp_span_t    name;            /* decoded params.name, uri or taskId,
                                      whichever the method uses; len 0: none */
    mcp_span_t    claim;           /* decoded revision in params._meta of a
                                      client                                 */
    mcp_span_t    version;         /* decoded params.protocolVersion
                                      (initialize)                           */
    mcp_span_t    result_type;     /* decoded result.resultType              */
    mcp_span_t    cache_scope;     /* RAW value of result.cacheScope         */
    mcp_span_t    tools;           /* RAW span of the array result.tools     */
    mcp_span_t    result;          /* RAW span of the result's value         */
    mcp_span_t    instructions;    /* RAW span of result.instructions        */
    unsigned      id_null:1;
    unsigned      id_string:1;
    unsigned      name_present:1;  /* the member exists and is a string      */
    unsigned      has_claim:1;     /* the member exists and is a string      */
    unsigned      bad_claim:1;     /* it exists, but is something else       */
    unsigned      has_arguments:1;
    unsigned      has_error_code:1; /* it fits into error_code               */
    unsigned      elicit_url:1;    /* declared capability elicitation.url    */
    int           error_code;
} mcp_envelope_t;


/*
 * Any value under params.arguments, with containers and the arguments
 * themselves; kept where mcp_message_keep_values() asks for it.
 */
typedef struct {
    uint32_t  node;           /* path: mcp_message_value_path()              */
    uint32_t  text;           /* mcp_message_value_text()                    */
    uint32_t  len;
    uint16_t  envelope;
    uint16_t  steps;          /* from the arguments: 0 they themselves       */
    uint8_t   type;           /* mcp_json_type_t, of its start               */
} mcp_value_t;

/* A step of a path: a member name, decoded, or the number of an element. */
typedef struct {
    mcp_str_t  name;
    unsigned   any:1;         /* any member or element                       */
} mcp_step_t;


typedef struct mcp_message_s  mcp_message_t;


mcp_message_t *mcp_message_create(void);
void mcp_message_destroy(mcp_message_t *m);

/*
 * Starts a new message.  Memory above keep bytes is given back.  mcp_json
 * limits as in mcp_json.h.
 */
void mcp_message_start(mcp_message_t *m, mcp_dir_t dir,
    const mcp_json_limits_t *limits, size_t keep);

/* Keeps the values of arguments of the message that was just started. */
void mcp_message_keep_values(mcp_message_t *m);

/*
 * Takes bytes in any slicing.  MCP_AGAIN, or MCP_ERROR (sticky) with the
 * reason in mcp_message_reason(): MCP_R_PARSE (not JSON), MCP_R_INVALID (JSON,
 * but repeated members, past a limit, or what the envelope refuses),
 * MCP_R_TOO_LARGE, MCP_R_INTERNAL (memory).
 */
mcp_rc_t mcp_message_feed(mcp_message_t *m, const unsigned char *data,
    size_t len);

/* End of input: MCP_OK, or MCP_ERROR as above. */
mcp_rc_t mcp_message_finish(mcp_message_t *m);

mcp_reason_t mcp_message_reason(const mcp_message_t *m);

/*
 * What exactly was wrong, static lower case text for logs, without any byte
 * of the message: "duplicate member", "unknown envelope member".
 */
const char *mcp_message_error(const mcp_message_t *m);

int mcp_message_batch(const mcp_message_t *m);
size_t mcp_message_envelopes(const mcp_message_t *m,
    const mcp_envelope_t **envelopes);

/* Segments so far; grows while feeding, so the pointer is short-lived. */
size_t mcp_message_segments(mcp_message_t *m, mcp_segment_t **segments);
size_t mcp_message_items(const mcp_message_t *m, const mcp_item_t **items);

/*
 * Where mcp_envelope_t.id points: the message itself may be gone (a body in a
 * temporary file) when an answer must carry its id.
 */
const unsigned char *mcp_message_ids(const mcp_message_t *m);

const unsigned char *mcp_message_text(const mcp_message_t *m, size_t *len);

/*
 * Writes the path of a segment as a JSON Pointer (RFC 6901), cut to size
 * bytes and zero ended; returns its length.  Member names are attacker text:
 * bytes outside 0x20..0x7e are written as '?'.
 */
size_t mcp_message_path(const mcp_message_t *m, const mcp_segment_t *seg,
    char *buf, size_t size);

/*
 * For an argument segment: the member name directly under params.arguments
 * (decoded, in the arena); len 0 elsewhere.
 */
mcp_span_t mcp_message_argument(const mcp_message_t *m,
    const mcp_segment_t *seg);

/*
 * The nearest member name: that of the value itself, or of the array that it
 * is an element of (decoded, in the arena); len 0: there is none.
 */
mcp_span_t mcp_message_member(const mcp_message_t *m,
    const mcp_segment_t *seg);

/* Values of arguments, in the order of the message. */
size_t mcp_message_values(const mcp_message_t *m,
    const mcp_value_t **values);

/*
 * The decoded text of a string, the JSON text of a number or boolean; len 0
 * for other types.  Valid until the next message.
 */
mcp_str_t mcp_message_value_text(const mcp_message_t *m,
    const mcp_value_t *v);

/* 1: the first n steps from the arguments, v->steps of them, lead to v. */
int mcp_message_value_at(const mcp_message_t *m, const mcp_value_t *v,
    const mcp_step_t *steps, size_t n);

/* As mcp_message_path(). */
size_t mcp_message_value_path(const mcp_message_t *m, const mcp_value_t *v,
    char *buf, size_t size);

#endif /* MCP_MESSAGE_H */
