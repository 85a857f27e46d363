/*
 * Event streams (WHATWG HTML, "Server-sent events"; mcp-wire.md 10.4).
 *
 * The splitter takes bytes in any slicing and hands out one whole event at a
 * time.  A line ends at CR, LF or CRLF; a CR at the very end of a slice ends
 * its line at once (the next byte decides whether an LF belongs to it), so
 * the last event of a CR-only stream does not wait for a byte that may never
 * come.
 *
 * Memory: one growing buffer per stream with the bytes of the current event,
 * bounded by limit and given back when the event was large.  A stream that
 * idles between events holds no buffer at all.
 */

#ifndef MCP_SSE_H
#define MCP_SSE_H

#include "mcp_buf.h"


typedef enum {
    MCP_SSE_EVENT,            /* has a data field                            */
    MCP_SSE_OTHER             /* comments, retry, id alone, unknown fields:
                                 a block without a data field; also each
                                 comment line outside an event, at once      */
} mcp_sse_type_t;


/* All spans are offsets in the raw bytes of the event. */
typedef struct {
    mcp_sse_type_t        type;
    const unsigned char  *raw;        /* the event as sent, with its blank
                                         line; valid until the next call     */
    size_t                raw_len;
    mcp_str_t             event;      /* last "event" field, or empty        */
    mcp_str_t             id;         /* last "id" field without NUL         */
    mcp_str_t             data;       /* decoded: lines joined by LF         */
    mcp_str_t             retry;      /* digits only, else empty             */
    unsigned              has_id:1;
    unsigned              has_event:1;
    unsigned              canonical:1; /* in the form that mcp_sse_write()
                                         would write it in: LF only, one data
                                         line, "name: value", known fields,
                                         each at most once; may be forwarded
                                         as it is                            */
} mcp_sse_event_t;


typedef struct {
    mcp_buf_t  raw;           /* bytes of the current event                  */
    mcp_buf_t  data;          /* joined data of an event with several lines  */
    size_t     limit;         /* bytes of one event                          */
    size_t     line;          /* where the current line starts in raw        */
    unsigned   state;
    unsigned   error:1;       /* past the limit, or memory; sticky           */
    unsigned   started:1;     /* past the place of a byte order mark         */
    unsigned   dispatched:1;  /* raw belongs to the event handed out         */
    unsigned   skip_lf:1;     /* an LF here belongs to a CR before it        */
    unsigned   has_data:1;
    unsigned   blank:1;       /* nothing of the current event came yet       */
} mcp_sse_t;


/* limit: bytes of one event, framing included. */
void mcp_sse_init(mcp_sse_t *s, size_t limit);
void mcp_sse_free(mcp_sse_t *s);

/*
 * Takes bytes from *data .. end and advances *data.  MCP_FOUND: *ev is the
 * next event, call again with the rest; MCP_AGAIN: all taken; MCP_ERROR: the
 * event is larger than the limit or memory is short.  A byte order mark at
 * the very start is dropped.
 */
mcp_rc_t mcp_sse_feed(mcp_sse_t *s, const unsigned char **data,
    const unsigned char *end, mcp_sse_event_t *ev);

/* Bytes of an event that has no blank line yet; at the end they are lost. */
size_t mcp_sse_pending(const mcp_sse_t *s);

/*
 * Appends one event in normal form: "event: E\n" (when event is not empty),
 * "id: I\n" (when has_id), "retry: N\n", "data: D\n", "\n".  data is JSON
 * text: line breaks between its tokens become spaces, U+0085, U+2028 and
 * U+2029 in its strings are written as \u escapes.  data.data == NULL writes
 * no data line.
 */
mcp_rc_t mcp_sse_write(mcp_buf_t *out, const mcp_sse_event_t *ev,
    mcp_str_t data);

#endif /* MCP_SSE_H */
