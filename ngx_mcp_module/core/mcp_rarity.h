/*
 * How rare is a row of bytes in ordinary text?  Prefilters are chosen by it.
 */

#ifndef MCP_RARITY_H
#define MCP_RARITY_H

#include "mcp_regex.h"


/* A set of bytes, as one place of a row. */
typedef struct {
    mcp_re_set_t  set;
    double        bits;           /* -log2 of its share of all bytes         */
    double        extra;          /* -log2 of its share of its class         */
    uint8_t       class;          /* letter, white space, other, or several  */
    uint8_t       literal;        /* a byte, a letter in both cases, or one
                                     kind of white space                     */
    uint8_t       word;           /* nothing but letters, digits and '_'     */
    uint8_t       folded;         /* of a literal place: | 0x20              */
} mcp_symbol_t;


/* The table of mcp_groups.c. */
extern const char  mcp_group_table[16384 + 1];


/* Fills all but set. */
void mcp_symbol_describe(mcp_symbol_t *symbol);

/*
 * For each place of a row of n: first, its bits when a row begins there, and
 * next, when it follows what stands before it.  The sum of first and the next
 * ones is the rarity of a part of the row.
 */
void mcp_rarity(const mcp_symbol_t *const *row, unsigned n, float *first,
    float *next);

/* The rarity of four bytes, each | 0x20, as it was counted. */
float mcp_rarity_group(const uint8_t group[4]);

#endif /* MCP_RARITY_H */
