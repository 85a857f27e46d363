/*
 * Event streams (WHATWG HTML, "Server-sent events"; mcp-wire.md 10.4).
 *
 * The splitter takes bytes in any slicing and hands out one whole event at a
 * time.  A line ends at CR, LF or CRLF; a CR at the very end of a slice ends
 * its line at once (the next byte decides whether an LF belongs to it), so
 * the last event of a CR-only stream does not wait for a byte that may never
 * come.
 *
 * Memory: one growing buffer per stream with the bytes of an event that a
 * slice cut, bounded by limit; it is gone when the event was handed out.  A
 * stream that idles between events holds no buffer at all.
 */

#ifndef MCP_SSE_H
#define MCP_SSE_H

#include "mcp_buf.h"


#define MCP_SSE_MAX_RETRY  9          /* digits: 11 days in milliseconds     */


typedef enum {
    MCP_SSE_EVENT,            /* has a data field, maybe an empty one        */
    MCP_SSE_OTHER             /* comments, retry, id alone, unknown fields:
                                 a block without a data field; also each
                                 comment line outside an event, at once, and
                                 a blank line that ends no event             */
} mcp_sse_type_t;


/*
 * Strings point into raw or into a buffer of the splitter; raw points into
 * the slice where the whole event is in it.  All are valid until the next
 * call, as long as the slice is.
 */
typedef struct {
    mcp_sse_type_t        type;
    const unsigned char  *raw;        /* the event as sent, with its blank
                                         line; the LF of a CRLF that ends it
                                         may not have come and is left out   */
    size_t                raw_len;
    mcp_str_t             event;      /* last "event" field, or empty        */
    mcp_str_t             id;         /* last "id" field without NUL         */
    mcp_str_t             data;       /* decoded: lines joined by LF; data is
                                         not NULL in an MCP_SSE_EVENT        */
    mcp_str_t             retry;      /* digits only, at most
                                         MCP_SSE_MAX_RETRY, else empty       */
    unsigned              has_id:1;
    unsigned              has_event:1;
    unsigned              canonical:1; /* in the form that mcp_sse_write()
                                         would write it in: LF only, known
                                         fields in its order, each at most
                                         once, "name: value", no byte that
                                         some reader takes for a line end;
                                         may be forwarded as it is           */
} mcp_sse_event_t;


typedef struct {
    mcp_buf_t  raw;           /* bytes of an event that a slice cut          */
    mcp_buf_t  data;          /* joined data of an event with several lines  */
    size_t     limit;         /* bytes of one event                          */
    unsigned   bom:2;         /* bytes of a byte order mark so far           */
    unsigned   error:1;       /* past the limit, or memory; sticky           */
    unsigned   started:1;     /* past the place of a byte order mark         */
    unsigned   dispatched:1;  /* the buffers belong to an event handed out   */
    unsigned   skip_lf:1;     /* an LF here belongs to a CR before it        */
    unsigned   in_line:1;     /* the current line has bytes already          */
    unsigned   comment:1;     /* it is a comment, and the first line         */
} mcp_sse_t;


/* limit: bytes of one event, framing included. */
void mcp_sse_init(mcp_sse_t *s, size_t limit);
void mcp_sse_free(mcp_sse_t *s);

/*
 * Takes bytes from *data .. end and advances *data.  MCP_FOUND: *ev is the
 * next event, call again with the rest (also when none is left: that gives
 * the event's memory back); MCP_AGAIN: all taken; MCP_ERROR: the event is
 * larger than the limit or memory is short.  A byte order mark at the very
 * start is dropped.
 */
mcp_rc_t mcp_sse_feed(mcp_sse_t *s, const unsigned char **data,
    const unsigned char *end, mcp_sse_event_t *ev);

/* Bytes of an event that has no blank line yet; at the end they are lost. */
size_t mcp_sse_pending(const mcp_sse_t *s);

/*
 * Appends one event in normal form: "event: E\n" (when event is not empty),
 * "id: I\n" (when has_id), "retry: N\n", "data: D\n", "\n".  data is JSON
 * text: line breaks between its tokens become spaces, white space at its ends
 * goes, U+0085, U+2028 and U+2029 in its strings are written as \u escapes.
 * data.data == NULL writes no data line.
 *
 * Bytes that some reader takes for a line end are not written elsewhere
 * either: in the event's name they become '?'; an id that is more than
 * printable ASCII, as it must be to come back in Last-Event-ID, is left out (a
 * client that resumes then asks for a bit more than it needs).  A comment
 * (ev->raw, where there is no field at all) keeps its text when that is
 * printable ASCII.
 *
 * MCP_ERROR: memory is short; out is as it was.
 */
mcp_rc_t mcp_sse_write(mcp_buf_t *out, const mcp_sse_event_t *ev,
    mcp_str_t data);

#endif /* MCP_SSE_H */
