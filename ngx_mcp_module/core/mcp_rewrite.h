/*
 * Splicing: replaces byte ranges of a text and keeps all other bytes as they
 * are, so that numbers, member order and escapes survive (design.md 3).
 */

#ifndef MCP_REWRITE_H
#define MCP_REWRITE_H

#include "mcp_buf.h"


typedef struct {
    uint32_t  from;           /* raw offsets, from <= to                     */
    uint32_t  to;
    uint32_t  text;           /* offset of the replacement in texts          */
    uint32_t  len;
} mcp_splice_t;

typedef struct {
    mcp_buf_t  splices;       /* mcp_splice_t[]                              */
    mcp_buf_t  texts;
} mcp_rewrite_t;


void mcp_rewrite_init(mcp_rewrite_t *rw);
void mcp_rewrite_reset(mcp_rewrite_t *rw);
void mcp_rewrite_free(mcp_rewrite_t *rw);

/*
 * Replaces raw[from..to) by text (copied); from == to inserts.  In any order.
 * MCP_ERROR: memory is short, or from > to, or past 4 GiB.
 */
mcp_rc_t mcp_rewrite_add(mcp_rewrite_t *rw, size_t from, size_t to,
    const void *text, size_t len);

size_t mcp_rewrite_count(const mcp_rewrite_t *rw);

/*
 * Appends raw with all replacements to out.  Ranges that overlap become one:
 * the widest range with the replacement of the one that starts first (of two
 * that start together, of the longer one; of two that are equal, of the one
 * added first).  Insertions at one place come in the order of their adding,
 * before a range that starts there; one inside of a range goes with it.
 * MCP_ERROR: memory is short, or a range reaches past len; out is as it was.
 */
mcp_rc_t mcp_rewrite_apply(mcp_rewrite_t *rw, const unsigned char *raw,
    size_t len, mcp_buf_t *out);

/*
 * Takes elements out of a JSON array: raw is the document, array the range
 * of the array with its brackets, items the n ranges of elements to take out,
 * ascending; commas and white space go with them, so that what is left is a
 * valid array.  Adds the splices to rw.  MCP_ERROR: memory is short, or the
 * ranges are not elements of an array.
 */
mcp_rc_t mcp_rewrite_remove(mcp_rewrite_t *rw, const unsigned char *raw,
    size_t array_from, size_t array_to, const mcp_splice_t *items, size_t n);

#endif /* MCP_REWRITE_H */
