/*
 * Needles from inside: what makes the table and the search share.
 */

#ifndef MCP_NEEDLE_INT_H
#define MCP_NEEDLE_INT_H

#include "mcp_needle.h"


#define MCP_NEEDLE_BITS    15             /* 128 KB                          */
#define MCP_NEEDLE_SLOTS   (1u << MCP_NEEDLE_BITS)
#define MCP_NEEDLE_SHARED  1              /* bits: slots that share a bucket */
#define MCP_NEEDLE_BUCKETS (MCP_NEEDLE_SLOTS >> MCP_NEEDLE_SHARED)
#define MCP_NEEDLE_FOLD    0x20202020u
#define MCP_NEEDLE_FACTOR  0x9E3779B1u    /* the golden ratio                */


typedef struct {
    uint64_t  value;              /* folded                                  */
    uint64_t  mask;
    uint16_t  number;
    int8_t    shift;              /* from the window to what is compared     */
    int8_t    end;                /* and to the reported end                 */
} mcp_needle_entry_t;

/* The needles with windows of one width. */
typedef struct {
    uint32_t             next[MCP_NEEDLE_SLOTS];   /* bits of last bytes     */
    uint32_t             bucket[MCP_NEEDLE_BUCKETS + 1];
    size_t               n;
    mcp_needle_entry_t  *entries;
    unsigned             hashed;      /* bytes: 4, or 3 of each byte's window */
} mcp_needle_table_t;

struct mcp_needles_s {
    mcp_needle_table_t   wide;
    mcp_needle_table_t   narrow;
    int                  avx2;        /* the processor has it                */
    uint8_t              lanes[256][8];   /* numbers of the bits of a byte   */
};


/* Of the folded bytes of a group; where only three count the last is 0. */
static inline uint32_t
mcp_needle_hash(uint32_t group)
{
    return (group * MCP_NEEDLE_FACTOR) >> (32 - MCP_NEEDLE_BITS);
}

#endif /* MCP_NEEDLE_INT_H */
