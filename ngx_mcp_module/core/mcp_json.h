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
#define MCP_JSON_MAX_NUMBER   128     /* bytes of a number                   */
#define MCP_JSON_MAX_DIGITS   64      /* its digits, zeros in front aside    */

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
    MCP_JSON_E_NUL,           /* NUL in a member name, or a raw one where
                                 a byte of JSON should be                   */
    MCP_JSON_E_DUPLICATE,
    MCP_JSON_E_DEPTH,
    MCP_JSON_E_MEMBERS,
    MCP_JSON_E_NUMBER,        /* above MCP_JSON_MAX_NUMBER or _MAX_DIGITS   */
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
 * pushed (mcp_json_frame(j, mcp_json_depth(j) - 1)); for an END it is still
 * there.  For a KEY the frame of its object already leads to it.  ev is gone
 * after the call.  MCP_OK goes on, anything else ends the parse with
 * MCP_JSON_E_HANDLER at the first byte of the item.
 */
typedef mcp_rc_t (*mcp_json_handler_pt)(void *data, mcp_json_t *j,
    const mcp_json_event_t *ev);


/*
 * Makes a tokenizer.  NULL when memory is short.  One tokenizer serves any
 * number of messages, one after another; each begins with mcp_json_start().
 */
mcp_json_t *mcp_json_create(void);
void mcp_json_destroy(mcp_json_t *j);          /* NULL is fine */

/*
 * Starts a new message: forgets the state and the arena, clears no table.
 * limits are copied; values above the hard walls mean the walls.  handler may
 * be NULL: the message is only checked.  Each of the buffers (arena, frames,
 * member names) that has grown above keep bytes is given back.
 */
void mcp_json_start(mcp_json_t *j, const mcp_json_limits_t *limits,
    mcp_json_handler_pt handler, void *data, size_t keep);

/*
 * Takes the next len bytes; data is not needed afterwards.  MCP_AGAIN: taken,
 * go on (also behind a complete value, where only white space may follow).
 * MCP_ERROR: see mcp_json_err(), sticky.  Memory: at most twice the decoded
 * text, and 40 bytes for each name in an open object.
 */
mcp_rc_t mcp_json_feed(mcp_json_t *j, const unsigned char *data, size_t len);

/* The input is at its end.  MCP_OK: it was one whole value. */
mcp_rc_t mcp_json_finish(mcp_json_t *j);

mcp_json_err_t mcp_json_err(const mcp_json_t *j);

/*
 * Offset in the message of what is wrong: the first byte that cannot be
 * right; the opening quote of a duplicate or too long name; the backslash of
 * a lone surrogate or NUL; the first byte of an invalid character; the
 * byte that makes a number too long; the length of what ended too early; the
 * size limit.  The same for every slicing, but
 * for MCP_JSON_E_NOMEM.
 */
size_t mcp_json_err_offset(const mcp_json_t *j);

const char *mcp_json_strerror(mcp_json_err_t err);   /* "duplicate member" */

/*
 * The arena.  Valid until the next mcp_json_feed(), NULL and 0 before the
 * first; offsets stay.  Between calls of feed the text of a string that is
 * not complete may stand at its end: whole characters, no event yet.
 */
const unsigned char *mcp_json_text(const mcp_json_t *j, size_t *len);

/* Number of open containers, and one of them, n < depth; 0 is outermost. */
uint32_t mcp_json_depth(const mcp_json_t *j);

/* The pointer is good until the handler returns, its content stays. */
mcp_json_frame_t *mcp_json_frame(mcp_json_t *j, uint32_t n);

/*
 * Maps a range of the decoded text of one string back to its raw bytes: raw
 * is the string as sent, with its quotes, and was accepted by the tokenizer;
 * from and to are offsets in its decoded text, from < to.  The raw range
 * covers whole escapes and whole characters, so that what is left of the
 * string when it is cut out is valid again.
 */
void mcp_json_raw_span(const unsigned char *raw, size_t raw_len, size_t from,
    size_t to, size_t *raw_from, size_t *raw_to);

/* How far a string was mapped; all zero before its first range. */
typedef struct {
    size_t  raw;
    size_t  text;
} mcp_json_place_t;

/*
 * The same for many ranges of one string: the walk goes on where the last
 * range began, so ranges in ascending order of from cost one walk in all.
 * Any order is right.
 */
void mcp_json_raw_next(const unsigned char *raw, size_t raw_len,
    mcp_json_place_t *place, size_t from, size_t to, size_t *raw_from,
    size_t *raw_to);

#endif /* MCP_JSON_H */
