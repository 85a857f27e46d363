/*
 * Expansion of a piece of a pattern into the strings that a match of it can
 * begin with; see mcp_prefilter().
 */

#ifndef MCP_EXPAND_H
#define MCP_EXPAND_H

#include "mcp_rarity.h"


#define MCP_ROWS_MAX      640     /* of one expansion                        */
#define MCP_ROW_MAX       40      /* places of a row                         */
#define MCP_SYMBOLS_MAX   1024    /* different sets in one pattern           */

/* Numbers of symbols; the first two are of no width. */
#define MCP_SYM_BEGIN     0       /* ^                                       */
#define MCP_SYM_WORD      1       /* \b                                      */
#define MCP_SYM_FIRST     2


typedef struct {
    uint8_t   n;
    uint8_t   cut;                /* the pattern goes on, the row does not   */
    uint16_t  sym[MCP_ROW_MAX];
} mcp_row_t;

typedef struct {
    mcp_row_t  *row;
    unsigned    n;
} mcp_rows_t;

typedef struct {
    const mcp_re_t  *re;
    mcp_symbol_t     symbols[MCP_SYMBOLS_MAX];
    unsigned         symbols_n;   /* starts at MCP_SYM_FIRST                 */
    unsigned         failed:1;    /* out of memory                           */
} mcp_expander_t;


/* An empty list of MCP_ROWS_MAX places; 0: no memory.  free() rows->row. */
int mcp_rows_init(mcp_expander_t *x, mcp_rows_t *rows);

/* Adds a row of no places; 0: the list is full. */
int mcp_rows_add_empty(mcp_rows_t *rows, int cut);

/* 1: every row is cut. */
int mcp_rows_cut(const mcp_rows_t *rows);

/*
 * Appends each of b to each complete row of a.  0: too many; a is as before
 * then.
 */
int mcp_rows_multiply(mcp_expander_t *x, mcp_rows_t *a, const mcp_rows_t *b);

/*
 * Adds the rows that a match of the node begins with to an empty list: whole
 * ones, or cut ones.  0: too many, or no memory (x->failed).
 */
int mcp_expand(mcp_expander_t *x, uint32_t node, mcp_rows_t *out);

#endif /* MCP_EXPAND_H */
