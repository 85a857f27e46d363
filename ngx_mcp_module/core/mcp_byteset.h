/*
 * Sets of bytes, and how far a text goes on with them, as strspn() tells of a
 * string.
 */

#ifndef MCP_BYTESET_H
#define MCP_BYTESET_H

#include "mcp_regex.h"


typedef struct {
    uint8_t  in[256];             /* 1: in the set                           */
    uint8_t  low[16];             /* by the low nibble: a bit for each high
                                     one of 0 .. 7, ...                      */
    uint8_t  high[16];            /* ... and of 8 .. 15                      */
    int      avx2;                /* the processor has it                    */
} mcp_byteset_t;


void mcp_byteset_init(mcp_byteset_t *bs, const mcp_re_set_t *set);

/* Bytes at the beginning of text that are in the set; n at most. */
size_t mcp_byteset_span(const mcp_byteset_t *bs, const unsigned char *text,
    size_t n);

#endif /* MCP_BYTESET_H */
