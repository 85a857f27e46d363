/*
 * Needles from inside: what makes the table and the search share.
 */

#ifndef MCP_NEEDLE_INT_H
#define MCP_NEEDLE_INT_H

#include "mcp_needle.h"


#define MCP_NEEDLE_BITS    15             /* 128 KB                          */
#define MCP_NEEDLE_SLOTS   (1u << MCP_NEEDLE_BITS)
#define MCP_NEEDLE_SHARED  2              /* bits: slots that share a bucket */
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

struct mcp_needles_s {
    uint32_t             next[MCP_NEEDLE_SLOTS];   /* bits of fifth bytes    */
    uint32_t             bucket[MCP_NEEDLE_BUCKETS + 1];
    size_t               n;
    int                  avx2;        /* the processor has it                */
    mcp_needle_entry_t  *entries;
};


static inline uint32_t
mcp_needle_hash(uint32_t group)
{
    return ((group | MCP_NEEDLE_FOLD) * MCP_NEEDLE_FACTOR)
           >> (32 - MCP_NEEDLE_BITS);
}

#endif /* MCP_NEEDLE_INT_H */
