/*
 * Types that every part of the engine shares.
 *
 * The engine knows nothing of nginx: it takes bytes, returns verdicts, and
 * allocates with malloc() only, so the same code runs in nginx workers, in
 * mcpctl, in unit tests and in fuzzers.
 */

#ifndef MCP_TYPES_H
#define MCP_TYPES_H

#include <stddef.h>
#include <stdint.h>


/* A piece of somebody else's memory; not terminated by a zero byte. */
typedef struct {
    const unsigned char  *data;
    size_t                len;
} mcp_str_t;

#define mcp_string(s)     { (const unsigned char *) (s), sizeof(s) - 1 }
#define mcp_null_string   { NULL, 0 }


/*
 * What engine calls return.  An error is sticky: once a scanner has failed,
 * every later call fails with the same reason.
 */
typedef enum {
    MCP_OK = 0,          /* consumed everything, nothing to say             */
    MCP_AGAIN = -1,      /* consumed everything, message not complete       */
    MCP_FOUND = 1,       /* stopped at an item, call again with the rest    */
    MCP_ERROR = -2       /* input or limit error, the reason is in ->err    */
} mcp_rc_t;


/* Which way a message goes. */
typedef enum {
    MCP_CLIENT = 0,      /* from the client to the server                   */
    MCP_SERVER = 1       /* from the server to the client                   */
} mcp_dir_t;


/* Protocol eras and revisions, mcp-wire.md section 2. */
typedef enum {
    MCP_ERA_NONE = 0,    /* nothing is known yet                            */
    MCP_ERA_LEGACY = 1,  /* 2024-11-05 .. 2025-11-25                        */
    MCP_ERA_MODERN = 2   /* 2026-07-28                                      */
} mcp_era_t;


/* Where a string stands on the wire; a bit each (design.md 2.3). */
#define MCP_SURFACE_ARGUMENTS    0x01
#define MCP_SURFACE_RESULT       0x02
#define MCP_SURFACE_DESCRIPTION  0x04
#define MCP_SURFACE_RESOURCE     0x08
#define MCP_SURFACE_PROMPT       0x10
#define MCP_SURFACE_LOG          0x20
#define MCP_SURFACE_ERROR        0x40
#define MCP_SURFACE_ELICITATION  0x80
#define MCP_SURFACE_ALL          0xff


/* Kinds of argument, a bit each; only on MCP_SURFACE_ARGUMENTS. */
#define MCP_KIND_COMMAND         0x01
#define MCP_KIND_PATH            0x02
#define MCP_KIND_URL             0x04
#define MCP_KIND_HOST            0x08
#define MCP_KIND_SQL             0x10
#define MCP_KIND_CONTENT         0x20
#define MCP_KIND_IDENTIFIER      0x40
#define MCP_KIND_TEXT            0x80
#define MCP_KIND_ALL             0xff

#endif /* MCP_TYPES_H */
