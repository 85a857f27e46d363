/*
 * Strict, incremental JSON tokenizer (RFC 8259, UTF-8 only).
 *
 * Bytes come in any slicing; the events, the decoded text and the offset of
 * an error are the same for every slicing.  There is no recursion, no tree
 * and no allocation per value: the decoded text of all strings of a message
 * goes to one arena, open containers to a stack of fixed depth, and the
 * member names of open objects to a table that lives as long as their object.
 *
 * Refused beside what the grammar refuses: a byte order mark, invalid or
 * overlong UTF-8, surrogates in UTF-8, lone surrogates in \u escapes, NUL in
 * a member name, duplicate members (compared after unescaping, at any depth),
 * bytes other than white space after the value, and what exceeds the limits.
 *
 * In the arena a member name is followed by ':' and a string value by '\n',
 * so that rules see "name:value" as they would in YAML.
 */

#ifndef MCP_JSON_H
#define MCP_JSON_H

#include "mcp_buf.h"


#define MCP_JSON_MAX_DEPTH    512     /* hard wall, whatever the limits say  */
#define MCP_JSON_MAX_NUMBER   64      /* bytes of a number                   */

typedef enum {
    MCP_JSON_OBJECT,
    MCP_JSON_OBJECT_END,
    MCP_JSON_ARRAY,
    MCP_JSON_ARRAY_END,
    MCP_JSON_KEY,
    MCP_JSON_STRING,
    MCP_JSON_NUMBER,
    MCP_JSON_TRUE,
    MCP_JSON_FALSE,
    MCP_JSON_NULL
} mcp_json_type_t;


typedef enum {
    MCP_JSON_E_NONE = 0,
    MCP_JSON_E_SYNTAX,        /* what the grammar refuses                   */
    MCP_JSON_E_EMPTY,         /* no value at all                            */
    MCP_JSON_E_TRUNCATED,     /* the input ended inside a value             */
    MCP_JSON_E_TRAILING,      /* bytes after the value                      */
    MCP_JSON_E_BOM,
    MCP_JSON_E_UTF8,
    MCP_JSON_E_SURROGATE,
    MCP_JSON_E_NUL,           /* NUL in a member name, or raw anywhere      */
    MCP_JSON_E_DUPLICATE,
    MCP_JSON_E_DEPTH,
    MCP_JSON_E_MEMBERS,
    MCP_JSON_E_NUMBER,        /* longer than MCP_JSON_MAX_NUMBER            */
    MCP_JSON_E_KEY,           /* member name longer than limits.key         */
    MCP_JSON_E_SIZE,          /* more input than limits.size                */
    MCP_JSON_E_HANDLER,       /* the handler stopped the parse              */
    MCP_JSON_E_NOMEM
} mcp_json_err_t;


typedef struct {
    uint32_t  depth;          /* containers inside each other; 64           */
    uint32_t  members;        /* of one object; 4096                        */
    uint32_t  key;            /* bytes of a decoded member name; 1024       */
    size_t    size;           /* bytes of the message; < 2 GiB              */
} mcp_json_limits_t;


typedef struct {
    mcp_json_type_t  type;
    uint32_t         depth;      /* open containers around this item: 0 for
                                    the top level value and its end          */
    uint32_t         index;      /* number of this element or member in its
                                    container, from 0                        */
    uint32_t         raw;        /* first byte in the message; of an END its
                                    bracket                                  */
    uint32_t         raw_len;    /* with the quotes; containers: 1           */
    uint32_t         text;       /* KEY, STRING: offset in the arena         */
    uint32_t         len;        /* KEY, STRING: decoded bytes; NUMBER: bytes
                                    in number                                */
    const char      *number;     /* NUMBER: its bytes as sent, zero ended    */
    unsigned         escaped:1;  /* has a backslash: raw differs from text   */
    unsigned         ascii:1;    /* text holds no byte >= 0x80               */
} mcp_json_event_t;


/* One open container, innermost last; for handlers that need the path. */
typedef struct {
    uint32_t  raw;            /* offset of its bracket                      */
    uint32_t  key;            /* member name that leads to the *current*
                                 item of an object: offset in the arena     */
    uint32_t  key_len;
    uint32_t  index;          /* number of the current item                 */
    uint32_t  user;           /* the handler's own                          */
    unsigned  array:1;
} mcp_json_frame_t;


typedef struct mcp_json_s  mcp_json_t;

/*
 * Called for each item, in order.  For OBJECT and ARRAY the frame is already
 * pushed (j->frames[j->depth - 1]); for an END it is still there.  MCP_OK
 * goes on, anything else ends the parse with MCP_JSON_E_HANDLER.
 */
typedef mcp_rc_t (*mcp_json_handler_pt)(void *data, mcp_json_t *j,
    const mcp_json_event_t *ev);


/*
 * Makes a tokenizer.  limits are copied.  NULL when memory is short.  One
 * tokenizer serves any number of messages, one after another.
 */
mcp_json_t *mcp_json_create(void);
void mcp_json_destroy(mcp_json_t *j);

/*
 * Starts a new message: forgets the state and the arena; gives memory above
 * keep bytes back.
 */
void mcp_json_start(mcp_json_t *j, const mcp_json_limits_t *limits,
    mcp_json_handler_pt handler, void *data, size_t keep);

/*
 * Takes the next len bytes.  MCP_AGAIN: taken, go on (also behind a complete
 * value, where only white space may follow).  MCP_ERROR: see mcp_json_err(),
 * sticky.
 */
mcp_rc_t mcp_json_feed(mcp_json_t *j, const unsigned char *data, size_t len);

/* The input is at its end.  MCP_OK: it was one whole value. */
mcp_rc_t mcp_json_finish(mcp_json_t *j);

mcp_json_err_t mcp_json_err(const mcp_json_t *j);
size_t mcp_json_err_offset(const mcp_json_t *j);     /* in the message */
const char *mcp_json_strerror(mcp_json_err_t err);   /* "duplicate member" */

/* The arena.  Valid until the next mcp_json_feed(); offsets stay. */
const unsigned char *mcp_json_text(const mcp_json_t *j, size_t *len);

uint32_t mcp_json_depth(const mcp_json_t *j);
mcp_json_frame_t *mcp_json_frame(mcp_json_t *j, uint32_t n);  /* 0 outermost */

/*
 * Maps a range of the decoded text of one string back to its raw bytes: raw
 * is the string as sent, with its quotes; from and to are offsets in its
 * decoded text, from < to.  The raw range covers whole escapes.
 */
void mcp_json_raw_span(const unsigned char *raw, size_t raw_len, size_t from,
    size_t to, size_t *raw_from, size_t *raw_to);

#endif /* MCP_JSON_H */
