/*
 * A growable run of bytes: the only kind of memory in the engine whose size
 * depends on the input.  Whoever fills one checks a limit first.
 */

#ifndef MCP_BUF_H
#define MCP_BUF_H

#include "mcp_types.h"


typedef struct {
    unsigned char  *data;
    size_t          len;
    size_t          cap;
} mcp_buf_t;


/*
 * Makes room for at least extra bytes behind len.  MCP_ERROR when memory is
 * short or the size would overflow; the buffer then is as it was.
 */
mcp_rc_t mcp_buf_reserve(mcp_buf_t *b, size_t extra);

/* Appends; MCP_ERROR as above, nothing is appended then. */
mcp_rc_t mcp_buf_append(mcp_buf_t *b, const void *data, size_t len);
mcp_rc_t mcp_buf_append_byte(mcp_buf_t *b, unsigned char ch);
mcp_rc_t mcp_buf_append_str(mcp_buf_t *b, const char *zero_terminated);
mcp_rc_t mcp_buf_append_uint(mcp_buf_t *b, uint64_t n);

/*
 * Appends text as a JSON string with its quotes.  Control characters, DEL,
 * U+0085, U+2028 and U+2029 are escaped (mcp-wire.md 10.4); text must be
 * valid UTF-8.
 */
mcp_rc_t mcp_buf_append_json(mcp_buf_t *b, const unsigned char *text,
    size_t len);

/*
 * Forgets the content.  Memory above keep bytes is given back, so that one
 * large message does not stay with a worker for ever.
 */
void mcp_buf_reset(mcp_buf_t *b, size_t keep);

void mcp_buf_free(mcp_buf_t *b);

#endif /* MCP_BUF_H */
