/*
 * Search for many short needles at once.
 *
 * Vectorscan is quick with a few hundred literals and slow with two thousand
 * short ones (measured: 1.7 GB/s, and 0.35 GB/s).  The words of prose rules and
 * the names of credentials are such; for them a table over the hash of four
 * bytes of the text, and a bit for the fifth, says where to look, at 4 GB/s,
 * and a small table says what is there.
 *
 * A needle is a row of byte sets.  At every other byte of the text five places
 * of it are looked for, its windows: one for needles that begin at an even
 * offset, one for the odd ones.  Of short needles four places are looked for,
 * in another table, at every byte.
 *
 * All is without regard to case, and coarser than that: bytes are compared
 * after "| 0x20", classes not at all.  Whoever asks checks what is found.
 */

#ifndef MCP_NEEDLE_H
#define MCP_NEEDLE_H

#include "mcp_regex.h"


#define MCP_NEEDLE_PLACES  33
#define MCP_NEEDLE_MARGIN  64         /* bytes around a text, see below      */

typedef struct {
    const mcp_re_set_t  *place[MCP_NEEDLE_PLACES];
    uint8_t              n;
    uint8_t              end;         /* places before the reported end ...  */
    uint8_t              core;        /* ... of which so many are literal,
                                         and compared: 8 at most             */
} mcp_needle_t;

typedef struct mcp_needles_s  mcp_needles_t;

/*
 * Called for each needle found, by its number; end is an offset in text, and
 * may lie in a margin.
 */
typedef int (*mcp_needle_pt)(void *data, unsigned number, ptrdiff_t end);


/*
 * Can it be looked for?  2: with windows of five places, 1: with one of four.
 * 0: no four places are of few enough values; that is a matter for Vectorscan.
 */
int mcp_needle_fit(const mcp_needle_t *needle);

/*
 * Makes a set of n needles that fit, fewer than 65536.  NULL when memory is
 * short.
 */
mcp_needles_t *mcp_needles_create(const mcp_needle_t *list, size_t n);
void mcp_needles_destroy(mcp_needles_t *ns);

size_t mcp_needles_size(const mcp_needles_t *ns);          /* bytes */

/*
 * Finds all needles of which the window begins in text, each once, in which
 * white space must be ' '.  MCP_NEEDLE_MARGIN bytes before and behind are
 * read: where a text is searched in pieces of an even number of bytes, what
 * comes before and after the piece, else 0.  Ends early when the handler
 * returns other than 0.
 */
void mcp_needles_scan(const mcp_needles_t *ns, const unsigned char *text,
    size_t len, mcp_needle_pt handler, void *data);

#endif /* MCP_NEEDLE_H */
