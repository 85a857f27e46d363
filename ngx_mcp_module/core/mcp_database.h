/*
 * Vectorscan, watched.
 *
 * Some of its releases lose matches, 5.4.9 of Debian 12 for one: in the last
 * bytes of a text, and with AVX-512, for some sets of expressions, in all that
 * lies behind the last whole block of 64 bytes.  Intel's Hyperscan does not.
 * So there is always something behind the end of a text, and each database is
 * tried when it was made: one that loses something gets its texts in blocks
 * of less than 64 bytes, in which nothing was seen to be lost.
 */

#ifndef MCP_DATABASE_H
#define MCP_DATABASE_H

#include "mcp_regex.h"

#include <hs/hs.h>


#define MCP_DATABASE_MARGIN  16       /* bytes behind a text                 */
#define MCP_DATABASE_ALIGN   64       /* where a text begins                 */

#define mcp_database_align(p)                                                 \
    ((p) + (MCP_DATABASE_ALIGN - (uintptr_t) (p) % MCP_DATABASE_ALIGN)        \
           % MCP_DATABASE_ALIGN)

/* Called for each match, by the number of its expression; not 0: enough. */
typedef int (*mcp_database_pt)(void *data, unsigned id, size_t end);


/*
 * Finds the expressions of a database that end in the first len bytes of text,
 * which is aligned (mcp_database_align()); MCP_DATABASE_MARGIN bytes behind
 * them must be readable.  narrow: what mcp_database_try() told.  MCP_ERROR:
 * Vectorscan failed.
 */
mcp_rc_t mcp_database_scan(const hs_database_t *db, int narrow,
    const unsigned char *text, size_t len, hs_scratch_t *scratch,
    mcp_database_pt handler, void *data);

/*
 * Tries a database of n expressions, made of those in list: *narrow is set
 * when it loses matches in long texts.  MCP_ERROR: memory is short.
 */
mcp_rc_t mcp_database_try(const hs_database_t *db,
    const mcp_prefilter_t *const *list, size_t n, int *narrow);

#endif /* MCP_DATABASE_H */
