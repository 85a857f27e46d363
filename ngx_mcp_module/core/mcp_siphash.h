/*
 * SipHash-2-4: a keyed hash of short texts.  Whoever does not know the key
 * cannot test guesses against a digest.
 */

#ifndef MCP_SIPHASH_H
#define MCP_SIPHASH_H

#include "mcp_types.h"

uint64_t mcp_siphash(const uint64_t key[2], const unsigned char *p,
    size_t len);

/*
 * Fills key from the kernel; MCP_ERROR when it has none to give.  Blocks
 * only before the kernel's generator is seeded, early at boot.
 */
mcp_rc_t mcp_siphash_key(uint64_t key[2]);

#endif /* MCP_SIPHASH_H */
