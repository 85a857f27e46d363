/*
 * What the files of the envelope share; nobody else includes this.
 *
 *     mcp_message.c          events, tables, and the public calls
 *     mcp_message_envelope.c what an envelope must know and hold
 *     mcp_message_place.c    which place of the protocol a member is
 *     mcp_message_name.c     names of protocol members and their variants
 *     mcp_message_path.c     paths of segments, values of arguments
 */

#ifndef MCP_MESSAGE_INT_H
#define MCP_MESSAGE_INT_H

#include "mcp_message.h"


#define NO_ITEM   UINT32_MAX
#define NO_KEY    UINT32_MAX


/* Members that the protocol names.  K_NONE: some other name. */
typedef enum {
    K_NONE = 0,

    K_JSONRPC, K_ID, K_METHOD, K_PARAMS, K_RESULT, K_ERROR,

    K_ACTION, K_ARGUMENT, K_ARGUMENTS, K_BLOB, K_CACHE_SCOPE, K_CAPABILITIES,
    K_CODE, K_COMPLETION, K_CONTENT, K_CONTENTS, K_CONTEXT, K_CURSOR, K_DATA,
    K_DESCRIPTION, K_ELICITATION, K_ELICITATIONS, K_INPUT_REQUESTS,
    K_INPUT_RESPONSES, K_INPUT_SCHEMA, K_INSTRUCTIONS, K_IS_ERROR, K_MESSAGE,
    K_MESSAGES, K_META, K_MIME_TYPE, K_MODE, K_NAME, K_NEXT_CURSOR,
    K_OUTPUT_SCHEMA, K_PROGRESS_TOKEN, K_PROMPTS, K_PROTOCOL_VERSION, K_REF,
    K_REQUESTED_SCHEMA, K_REQUEST_STATE, K_RESOURCE, K_RESOURCES,
    K_RESOURCE_TEMPLATES, K_RESULT_TYPE, K_ROLE, K_ROOTS, K_SERVER_INFO,
    K_STRUCTURED_CONTENT, K_SYSTEM_PROMPT, K_TASK, K_TASK_ID, K_TEXT, K_TITLE,
    K_TOOLS, K_TYPE, K_URI, K_URL,

    /* of _meta, with the prefix of the protocol */
    K_META_CLAIM, K_META_CLIENT_CAPABILITIES, K_META_SERVER_INFO, K_META_OTHER
} mcp_member_t;


/* Kinds of containers, by what their members mean. */
typedef enum {
    P_LAX = 0,                /* nothing in here is the protocol's           */
    P_STRICT,                 /* a protocol object with no more to know      */

    P_BATCH,
    P_ENVELOPE,
    P_PARAMS,
    P_PARAMS_META,            /* _meta of a client's params                  */
    P_META,                   /* any other _meta of a message                */
    P_RESULT,                 /* of a server                                 */
    P_ERROR,
    P_ERROR_DATA,

    P_CAPABILITIES,           /* of a client                                 */
    P_ELICITATION,            /* its capability                              */
    P_CONTEXT,                /* of completion/complete                      */
    P_INPUT_RESPONSES,
    P_ANSWER,                 /* a client's result, or one of those          */
    P_ROOTS,

    P_CONTENT,                /* a content block, or an array of them        */
    P_RESOURCE,               /* text or blob with a URI, or an array        */
    P_MESSAGES,               /* a message with role and content, or array   */
    P_TOOLS,                  /* the array result.tools                      */
    P_TOOL,
    P_LISTED,                 /* a listed thing, or an array of them         */
    P_INPUT_REQUESTS,
    P_INPUT_REQUEST,
    P_INPUT_PARAMS,           /* of a request inside of a result             */
    P_TASK_RESULT             /* a tool result inside of a result            */
} mcp_place_t;


/* Which span of the envelope a value fills. */
typedef enum {
    SPAN_NONE = 0,
    SPAN_RESULT,
    SPAN_ERROR,               /* none is filled, but it is the envelope's    */
    SPAN_TOOLS,
    SPAN_CACHE_SCOPE,
    SPAN_INSTRUCTIONS
} mcp_capture_t;


/* What is known of a value before it comes. */
typedef struct {
    uint8_t  place;           /* mcp_place_t, when it is a container         */
    uint8_t  role;            /* mcp_role_t                                  */
    uint8_t  surfaces;
    uint8_t  capture;         /* mcp_capture_t                               */
    uint8_t  block;           /* a string here is text or blob of a block    */
} mcp_slot_t;


/* An open container. */
typedef struct {
    mcp_slot_t  self;
    mcp_slot_t  next;         /* its current member, or every element        */
    uint32_t    raw;          /* its bracket                                 */
    uint32_t    node;
    uint32_t    next_node;    /* objects: node of the current member         */
    uint32_t    item;
    uint8_t     member;       /* objects: mcp_member_t of the current one    */
    uint8_t     array;
} mcp_level_t;


/*
 * A step of a path.  key NO_KEY: element number len of an array; else a
 * member name in the arena.  Node 0 is the message itself.
 */
typedef struct {
    uint32_t  parent;
    uint32_t  key;
    uint32_t  len;
} mcp_node_t;


/* Of the envelope that is being read, until its end tells what it is. */
typedef struct {
    mcp_span_t  name;
    mcp_span_t  uri;
    mcp_span_t  task_id;
    unsigned    jsonrpc:1;
    unsigned    id:1;
    unsigned    method:1;
    unsigned    params:1;
    unsigned    result:1;
    unsigned    error:1;
    unsigned    error_code:1;
    unsigned    error_message:1;
    unsigned    name_present:1;
    unsigned    name_odd:1;          /* it is there, but not a string        */
    unsigned    uri_present:1;
    unsigned    uri_odd:1;
    unsigned    task_id_present:1;
    unsigned    task_id_odd:1;
    unsigned    meta_url:1;          /* elicitation.url in _meta             */
    unsigned    params_url:1;        /* elicitation.url in params            */
    unsigned    lists:1;             /* result: tools, prompts, ...          */
    unsigned    contents:1;          /* result: content, messages, ...       */
} mcp_pending_t;


struct mcp_message_s {
    mcp_json_t     *json;
    mcp_dir_t       dir;

    mcp_reason_t    reason;
    const char     *error;

    mcp_buf_t       envelopes;       /* mcp_envelope_t[]                     */
    mcp_buf_t       segments;        /* mcp_segment_t[]                      */
    mcp_buf_t       items;           /* mcp_item_t[]                         */
    mcp_buf_t       nodes;           /* mcp_node_t[]                         */
    mcp_buf_t       ids;
    mcp_buf_t       values;          /* mcp_value_t[]                        */
    mcp_buf_t       numbers;         /* their JSON text                      */

    mcp_envelope_t *envelope;        /* the last one                         */
    uint16_t        number;          /* its number                           */
    unsigned        batch:1;
    unsigned        keep_values:1;

    mcp_pending_t   pending;
    mcp_buf_t       stack;           /* mcp_level_t[], of open containers    */
    mcp_level_t    *levels;          /* its data                             */
};


static inline mcp_span_t
make_span(size_t off, size_t len)
{
    mcp_span_t  s;

    s.off = (uint32_t) off;
    s.len = (uint32_t) len;

    return s;
}


static inline const unsigned char *
mcp_message_at(const mcp_message_t *m, uint32_t offset)
{
    size_t  len;

    return mcp_json_text(m->json, &len) + offset;
}


static inline mcp_item_t *
mcp_message_item(const mcp_message_t *m, uint32_t number)
{
    return (mcp_item_t *) (void *) m->items.data + number;
}


/* Note why the message is refused; always MCP_ERROR. */
mcp_rc_t mcp_message_fail(mcp_message_t *m, const char *error);
mcp_rc_t mcp_message_no_memory(mcp_message_t *m);

/* The object of ev begins or ends an envelope. */
mcp_rc_t mcp_envelope_begin(mcp_message_t *m, const mcp_json_event_t *ev);
mcp_rc_t mcp_envelope_end(mcp_message_t *m, const mcp_json_event_t *ev);

/* Looks at the start of a value in l for what the envelope must know. */
mcp_rc_t mcp_envelope_take(mcp_message_t *m, mcp_level_t *l,
    const mcp_json_event_t *ev);

/* A value that fills a span (mcp_capture_t) is complete. */
void mcp_envelope_capture(mcp_message_t *m, unsigned what, mcp_span_t raw);


/*
 * The member of that name.  *variant: it is none, but some parser could take
 * it for one: it differs in case, in Unicode characters that fold to ASCII,
 * or in white space at its ends.
 */
mcp_member_t mcp_member_find(const unsigned char *name, size_t len,
    int *variant);

/* 1: in such an object a variant of a member name is an error. */
int mcp_place_strict(mcp_place_t place);

/* Prepares l->next for the value of member k in the object l. */
void mcp_place_member(mcp_message_t *m, mcp_level_t *l, mcp_member_t k);

/* Prepares l->next for the elements of the array l. */
void mcp_place_elements(mcp_level_t *l);

/* The place of an object where slot says what is expected. */
mcp_place_t mcp_place_object(const mcp_slot_t *slot);

#endif /* MCP_MESSAGE_INT_H */
