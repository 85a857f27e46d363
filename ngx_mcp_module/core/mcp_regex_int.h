/*
 * Inside the parser of rule patterns: shared by mcp_regex.c and
 * mcp_regex_class.c, not by anybody else.
 */

#ifndef MCP_REGEX_INT_H
#define MCP_REGEX_INT_H

#include "mcp_regex.h"


#define MCP_RE_MAX_RANGES  512        /* of code points in one class         */

#define MCP_RE_FLAG_CASE   1
#define MCP_RE_FLAG_DOT    2
#define MCP_RE_FLAG_LINE   4


typedef struct {
    mcp_re_t             *re;
    const unsigned char  *start;
    const unsigned char  *p;
    const unsigned char  *end;
    unsigned              flags;
    unsigned              depth;
    unsigned              wide:1;     /* characters beyond ASCII: '.' and
                                         reverse classes match whole ones    */
} mcp_re_parser_t;

typedef struct {
    uint32_t        lo;
    uint32_t        hi;
} mcp_re_range_t;

typedef struct {
    mcp_re_range_t  r[MCP_RE_MAX_RANGES];
    unsigned        n;
} mcp_re_ranges_t;


/*
 * Errors are remembered once, the first one, with the place; 0, which this
 * returns, is "no node" everywhere.
 */
uint32_t mcp_re_fail(mcp_re_parser_t *ps, const char *why);

/* An empty node, or 0; it moves all nodes. */
uint32_t mcp_re_node(mcp_re_parser_t *ps, mcp_re_type_t type);

/* Appends child to the list that starts at *first and ends at *last. */
void mcp_re_link(mcp_re_parser_t *ps, uint32_t *first, uint32_t *last,
    uint32_t child);

/* The node for a list: its only element, or one of that type, or 0. */
uint32_t mcp_re_list(mcp_re_parser_t *ps, mcp_re_type_t type, uint32_t first);

/* Adds lo .. hi to a class; 0 after an error. */
int mcp_re_add_range(mcp_re_parser_t *ps, mcp_re_ranges_t *rs, uint32_t lo,
    uint32_t hi);

/* The same for \d, \s, \w (ch is the letter) and their reverse. */
int mcp_re_add_escape(mcp_re_parser_t *ps, mcp_re_ranges_t *rs,
    unsigned char ch);

/*
 * The node for a class, or 0.  Code points, or bytes when the pattern is not
 * wide; rs is changed.
 */
uint32_t mcp_re_ranges(mcp_re_parser_t *ps, mcp_re_ranges_t *rs, int negated);

#endif /* MCP_REGEX_INT_H */
