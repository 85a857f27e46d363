/*
 * Kinds of arguments (detection.md section 3): what a string under
 * params.arguments is for.  Each kind is judged by rules of its own, so that
 * source code written to a file, a shell command for a shell tool and a
 * statement for a query tool are not mistaken for attacks, while a branch name
 * with a semicolon is.
 */

#ifndef MCP_KIND_H
#define MCP_KIND_H

#include "mcp_types.h"


/*
 * Derives the MCP_KIND_* bits of an argument from the name of the tool, the
 * name of the member that holds the value, and the value itself.  All are
 * decoded UTF-8; lengths are bytes and may be 0 when something is not known.
 *
 * At least one bit is set.  Several are set when the value may be used in
 * several ways: an identifier that looks like a path is judged as both.  Only
 * the first 256 bytes of value are looked at, so the cost does not depend on
 * its length.
 */
uint8_t mcp_kind_of(const unsigned char *tool, size_t tool_len,
    const unsigned char *member, size_t member_len,
    const unsigned char *value, size_t len);

/*
 * The same for a value inside of another: outer is the member under
 * params.arguments, member the nearest one.  The nearest tells what the value
 * is; where it tells nothing, or no more than "name" does, so does the outer.
 */
uint8_t mcp_kind_nested(const unsigned char *tool, size_t tool_len,
    const unsigned char *outer, size_t outer_len,
    const unsigned char *member, size_t member_len,
    const unsigned char *value, size_t len);

#endif /* MCP_KIND_H */
