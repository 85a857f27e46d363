/*
 * Search for many short literals at once.
 *
 * Vectorscan is quick with a few hundred literals and slow with two thousand
 * short ones (measured: 1.7 GB/s, and 0.35 GB/s).  The words of prose rules and
 * the names of credentials are such; for them a bitmap over the hash of each
 * four bytes of the text says where to look, at 2 GB/s, and a small table says
 * what is there.
 *
 * All is without regard to case, and coarser than that: bytes are compared
 * after "| 0x20".  Whoever asks checks what is found.
 */

#ifndef MCP_LITERAL_H
#define MCP_LITERAL_H

#include "mcp_types.h"


#define MCP_LITERAL_MIN  4            /* bytes                               */
#define MCP_LITERAL_MAX  8

typedef struct {
    unsigned char  text[MCP_LITERAL_MAX];
    uint8_t        len;
} mcp_literal_t;

typedef struct mcp_literals_s  mcp_literals_t;

/* Called for each literal found, by its number; end is an offset in text. */
typedef int (*mcp_literal_pt)(void *data, unsigned number, size_t end);


/*
 * Makes a set of n literals, fewer than 65536.  NULL when memory is short.
 */
mcp_literals_t *mcp_literals_create(const mcp_literal_t *list, size_t n);
void mcp_literals_destroy(mcp_literals_t *ls);

size_t mcp_literals_size(const mcp_literals_t *ls);        /* bytes */

/*
 * Finds all literals in text; MCP_LITERAL_MAX bytes before and behind it must
 * be readable, what they hold does not matter.  Ends early when the handler
 * returns other than 0.
 */
void mcp_literals_scan(const mcp_literals_t *ls, const unsigned char *text,
    size_t len, mcp_literal_pt handler, void *data);

#endif /* MCP_LITERAL_H */
