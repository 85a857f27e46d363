/*
 * Constraints on the arguments of tools (mcp_argument): what a team demands
 * that knows its tools.
 *
 * An argument is named by a JSON Pointer (RFC 6901) from params.arguments, in
 * which a segment "*" stands for every member or element.  Constraints are
 * about text: of a string its value, of a number or boolean its JSON text; a
 * value of another type holds none of them.
 */

#ifndef MCP_ARGUMENT_H
#define MCP_ARGUMENT_H

#include "mcp_message.h"


/* Steps of regular expressions in one message; more is a violation. */
#define MCP_MATCH_WORK  4000000


typedef struct mcp_argument_s  mcp_argument_t;

typedef struct {
    char  text[256];              /* lower case, without place; zero ended   */
} mcp_argument_error_t;


/*
 * Reads the words of one mcp_argument: TOOL POINTER CONSTRAINT ...  Keeps no
 * reference to them.  NULL: err tells what is wrong, or that memory is short.
 */
mcp_argument_t *mcp_argument_create(const mcp_str_t *words, size_t n,
    mcp_argument_error_t *err);
void mcp_argument_destroy(mcp_argument_t *a);          /* NULL is fine */

/* 1: it is about this tool. */
int mcp_argument_of(const mcp_argument_t *a, const unsigned char *tool,
    size_t len);

/*
 * Judges a call by its values, n of them, all of one envelope.  NULL: the
 * constraints hold; else static text for logs, which names the constraint
 * that does not, and path, cut to size bytes and zero ended, tells where.
 * *work is what is left of MCP_MATCH_WORK.
 */
const char *mcp_argument_check(const mcp_argument_t *a,
    const mcp_message_t *m, const mcp_value_t *values, size_t n,
    uint16_t envelope, unsigned *work, char *path, size_t size);

#endif /* MCP_ARGUMENT_H */
