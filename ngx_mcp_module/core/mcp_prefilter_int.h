/*
 * Inside the search for prefilters: shared by mcp_prefilter.c, which chooses,
 * and mcp_prefilter_write.c, which writes down what was chosen.
 */

#ifndef MCP_PREFILTER_INT_H
#define MCP_PREFILTER_INT_H

#include "mcp_expand.h"
#include "mcp_needle.h"


#define MCP_WORK_MAX_ELEMENTS  256
#define MCP_WORK_MAX_DEPTH     2  /* of alternations that are taken apart    */


typedef struct {
    uint32_t   node;
    uint32_t   min;               /* widths                                  */
    uint32_t   max;
} mcp_element_t;

/* What is taken of a row. */
typedef struct {
    mcp_row_t  row;               /* without places of no width, unless it is
                                     an expression as a whole                */
    uint8_t    core;              /* what is looked for begins in it         */
    uint8_t    core_n;
    uint8_t    literal;
    unsigned   end_min;           /* its end, from the start of the window   */
    unsigned   end_max;
    uint8_t    word;              /* \b stands before it, or ...             */
    uint8_t    begin;             /* ... ^                                   */
    double     bits;              /* of the whole                            */
    double     find;              /* cost of looking for it                  */
    double     cost;              /* and of what comes behind                */
} mcp_piece_t;

typedef struct {
    mcp_expander_t  x;
    mcp_element_t   elements[MCP_WORK_MAX_ELEMENTS];
    unsigned        elements_n;
    mcp_piece_t     pieces[MCP_ROWS_MAX];       /* of the best window        */
    unsigned        pieces_n;
    unsigned        window;                     /* its first element         */
    double          cost;
    double          hits;                       /* expected, per byte        */
    double          least;                      /* bits that are asked for   */
    double          confirm;                    /* cost, of this window      */

    /* alternations of which one branch is looked at */
    struct {
        uint32_t    of;
        uint32_t    node;
    } instead[MCP_WORK_MAX_DEPTH];

    unsigned        instead_n;
    unsigned        tries;
    unsigned        budget;                     /* rows that may be rated    */
    unsigned        left;                       /* of them for this window   */
    mcp_piece_t     trial[MCP_ROWS_MAX];
} mcp_work_t;


/* a + b, or MCP_PREFILTER_BACK when that is less. */
static inline uint32_t
mcp_add_capped(uint32_t a, uint32_t b)
{
    if (b >= MCP_PREFILTER_BACK || a + b >= MCP_PREFILTER_BACK) {
        return MCP_PREFILTER_BACK;
    }

    return a + b;
}


/*
 * Appends what the best window found (pieces, of the window at w->window) to
 * the list.  MCP_ERROR: memory is short; what the list holds is still to be
 * freed.
 */
mcp_rc_t mcp_pieces_collect(const mcp_work_t *w, mcp_prefilters_t *pfs);

#endif /* MCP_PREFILTER_INT_H */
