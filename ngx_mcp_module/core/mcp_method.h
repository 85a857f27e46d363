/*
 * The JSON-RPC methods of all known MCP revisions (mcp-wire.md 6.1).
 */

#ifndef MCP_METHOD_H
#define MCP_METHOD_H

#include "mcp_types.h"


typedef enum {
    MCP_M_NONE = 0,                /* no method: a response                  */
    MCP_M_OTHER,                   /* a method that no revision knows        */

    MCP_M_INITIALIZE,
    MCP_M_PING,
    MCP_M_SERVER_DISCOVER,
    MCP_M_TOOLS_LIST,
    MCP_M_TOOLS_CALL,
    MCP_M_RESOURCES_LIST,
    MCP_M_RESOURCES_TEMPLATES_LIST,
    MCP_M_RESOURCES_READ,
    MCP_M_RESOURCES_SUBSCRIBE,
    MCP_M_RESOURCES_UNSUBSCRIBE,
    MCP_M_PROMPTS_LIST,
    MCP_M_PROMPTS_GET,
    MCP_M_COMPLETION_COMPLETE,
    MCP_M_LOGGING_SET_LEVEL,
    MCP_M_SUBSCRIPTIONS_LISTEN,
    MCP_M_TASKS_GET,
    MCP_M_TASKS_RESULT,
    MCP_M_TASKS_CANCEL,
    MCP_M_TASKS_LIST,
    MCP_M_TASKS_UPDATE,
    MCP_M_SAMPLING_CREATE_MESSAGE,
    MCP_M_ROOTS_LIST,
    MCP_M_ELICITATION_CREATE,

    MCP_M_N_INITIALIZED,
    MCP_M_N_CANCELLED,
    MCP_M_N_PROGRESS,
    MCP_M_N_MESSAGE,
    MCP_M_N_TOOLS_LIST_CHANGED,
    MCP_M_N_PROMPTS_LIST_CHANGED,
    MCP_M_N_RESOURCES_LIST_CHANGED,
    MCP_M_N_RESOURCES_UPDATED,
    MCP_M_N_ROOTS_LIST_CHANGED,
    MCP_M_N_TASKS,
    MCP_M_N_TASKS_STATUS,
    MCP_M_N_ELICITATION_COMPLETE,
    MCP_M_N_SUBSCRIPTIONS_ACKNOWLEDGED,

    MCP_M_MAX
} mcp_method_t;


/* Exact match, case-sensitive; MCP_M_OTHER when unknown. */
mcp_method_t mcp_method_find(const unsigned char *name, size_t len);

/* Its name on the wire, NULL for MCP_M_NONE and MCP_M_OTHER. */
const char *mcp_method_name(mcp_method_t m);

/*
 * 1 when some revision of the era (MCP_ERA_NONE: of any era) knows the method
 * in that direction.  Requests of the server exist on the legacy wire only.
 */
int mcp_method_known(mcp_method_t m, mcp_dir_t dir, mcp_era_t era);

/*
 * The class for metrics and limits: 1 for methods that must never be rate
 * limited (mcp-wire.md 9.3): initialize, server/discover, ping and
 * notifications.
 */
int mcp_method_exempt(mcp_method_t m);


/* Revisions. */
#define MCP_VERSION_MODERN  "2026-07-28"
#define MCP_VERSION_BATCH   "2025-03-26"

/*
 * The era of a revision name, MCP_ERA_NONE when nobody here knows it.
 * "2024-10-07" counts as legacy (mcp-wire.md 2).
 */
mcp_era_t mcp_version_era(const unsigned char *version, size_t len);

/* The same name in static memory, zero ended; NULL when it is not known. */
const char *mcp_version_name(const unsigned char *version, size_t len);

/*
 * Zero ended names of the released revisions of an era, newest first, NULL
 * ended; of MCP_ERA_NONE an empty list.
 */
const char * const *mcp_versions(mcp_era_t era);

#endif /* MCP_METHOD_H */
