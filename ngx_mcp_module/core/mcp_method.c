/*
 * Methods and revisions (mcp-wire.md 6.1, 2).
 */

#include "mcp_method.h"

#include <string.h>


/* Who may send it where. */
#define CL  0x01              /* client, legacy                             */
#define SL  0x02              /* server, legacy                             */
#define CM  0x04              /* client, modern, tasks extension included   */
#define SM  0x08              /* server, modern: notifications only         */

#define EXEMPT  0x10          /* never rate limited                         */


typedef struct {
    const char     *name;
    unsigned char   len;
    unsigned char   flags;
} method_t;

#define METHOD(s, flags)  { s, sizeof(s) - 1, flags }


static const method_t  methods[MCP_M_MAX] = {
    [MCP_M_NONE]  = { NULL, 0, 0 },
    [MCP_M_OTHER] = { NULL, 0, 0 },

    [MCP_M_INITIALIZE] = METHOD("initialize", CL|EXEMPT),
    [MCP_M_PING] = METHOD("ping", CL|SL|EXEMPT),
    [MCP_M_SERVER_DISCOVER] = METHOD("server/discover", CM|EXEMPT),
    [MCP_M_TOOLS_LIST] = METHOD("tools/list", CL|CM),
    [MCP_M_TOOLS_CALL] = METHOD("tools/call", CL|CM),
    [MCP_M_RESOURCES_LIST] = METHOD("resources/list", CL|CM),
    [MCP_M_RESOURCES_TEMPLATES_LIST] =
        METHOD("resources/templates/list", CL|CM),
    [MCP_M_RESOURCES_READ] = METHOD("resources/read", CL|CM),
    [MCP_M_RESOURCES_SUBSCRIBE] = METHOD("resources/subscribe", CL),
    [MCP_M_RESOURCES_UNSUBSCRIBE] = METHOD("resources/unsubscribe", CL),
    [MCP_M_PROMPTS_LIST] = METHOD("prompts/list", CL|CM),
    [MCP_M_PROMPTS_GET] = METHOD("prompts/get", CL|CM),
    [MCP_M_COMPLETION_COMPLETE] = METHOD("completion/complete", CL|CM),
    [MCP_M_LOGGING_SET_LEVEL] = METHOD("logging/setLevel", CL),
    [MCP_M_SUBSCRIPTIONS_LISTEN] = METHOD("subscriptions/listen", CM),
    [MCP_M_TASKS_GET] = METHOD("tasks/get", CL|SL|CM),
    [MCP_M_TASKS_RESULT] = METHOD("tasks/result", CL|SL),
    [MCP_M_TASKS_CANCEL] = METHOD("tasks/cancel", CL|SL|CM),
    [MCP_M_TASKS_LIST] = METHOD("tasks/list", CL|SL),
    [MCP_M_TASKS_UPDATE] = METHOD("tasks/update", CM),
    [MCP_M_SAMPLING_CREATE_MESSAGE] = METHOD("sampling/createMessage", SL),
    [MCP_M_ROOTS_LIST] = METHOD("roots/list", SL),
    [MCP_M_ELICITATION_CREATE] = METHOD("elicitation/create", SL),

    [MCP_M_N_INITIALIZED] = METHOD("notifications/initialized", CL|EXEMPT),
    [MCP_M_N_CANCELLED] =
        METHOD("notifications/cancelled", CL|SL|CM|SM|EXEMPT),
    [MCP_M_N_PROGRESS] = METHOD("notifications/progress", CL|SL|SM|EXEMPT),
    [MCP_M_N_MESSAGE] = METHOD("notifications/message", SL|SM|EXEMPT),
    [MCP_M_N_TOOLS_LIST_CHANGED] =
        METHOD("notifications/tools/list_changed", SL|SM|EXEMPT),
    [MCP_M_N_PROMPTS_LIST_CHANGED] =
        METHOD("notifications/prompts/list_changed", SL|SM|EXEMPT),
    [MCP_M_N_RESOURCES_LIST_CHANGED] =
        METHOD("notifications/resources/list_changed", SL|SM|EXEMPT),
    [MCP_M_N_RESOURCES_UPDATED] =
        METHOD("notifications/resources/updated", SL|SM|EXEMPT),
    [MCP_M_N_ROOTS_LIST_CHANGED] =
        METHOD("notifications/roots/list_changed", CL|EXEMPT),
    [MCP_M_N_TASKS] = METHOD("notifications/tasks", SM|EXEMPT),
    [MCP_M_N_TASKS_STATUS] =
        METHOD("notifications/tasks/status", CL|SL|EXEMPT),
    [MCP_M_N_ELICITATION_COMPLETE] =
        METHOD("notifications/elicitation/complete", SL|EXEMPT),
    [MCP_M_N_SUBSCRIPTIONS_ACKNOWLEDGED] =
        METHOD("notifications/subscriptions/acknowledged", SM|EXEMPT),
};


/* Newest first, as an answer to "which ones then" should read. */
static const char * const  modern[] = { MCP_VERSION_MODERN, NULL };

static const char * const  legacy[] = {
    "2025-11-25", "2025-06-18", MCP_VERSION_BATCH, "2024-11-05", NULL
};

static const char * const  none[] = { NULL };

/* Spoken by the first SDKs, never released: understood, not offered. */
static const char  prerelease[] = "2024-10-07";


mcp_method_t
mcp_method_find(const unsigned char *name, size_t len)
{
    int  m;

    for (m = MCP_M_OTHER + 1; m < MCP_M_MAX; m++) {

        if (methods[m].len == len && memcmp(methods[m].name, name, len) == 0) {
            return (mcp_method_t) m;
        }
    }

    return MCP_M_OTHER;
}


static const method_t *
method(mcp_method_t m)
{
    return &methods[(unsigned) m < MCP_M_MAX ? m : MCP_M_NONE];
}


const char *
mcp_method_name(mcp_method_t m)
{
    return method(m)->name;
}


int
mcp_method_known(mcp_method_t m, mcp_dir_t dir, mcp_era_t era)
{
    unsigned  mask;

    mask = (dir == MCP_CLIENT) ? CL|CM : SL|SM;

    if (era == MCP_ERA_LEGACY) {
        mask &= CL|SL;

    } else if (era == MCP_ERA_MODERN) {
        mask &= CM|SM;
    }

    return (method(m)->flags & mask) != 0;
}


int
mcp_method_exempt(mcp_method_t m)
{
    return (method(m)->flags & EXEMPT) != 0;
}


static const char *
find_version(const char * const *list, const unsigned char *version,
    size_t len)
{
    for ( /* void */ ; *list != NULL; list++) {

        if (strlen(*list) == len && memcmp(*list, version, len) == 0) {
            return *list;
        }
    }

    return NULL;
}


const char *
mcp_version_name(const unsigned char *version, size_t len)
{
    const char  *name;

    if (len == 0) {
        return NULL;
    }

    name = find_version(modern, version, len);

    if (name == NULL) {
        name = find_version(legacy, version, len);
    }

    if (name == NULL && len == sizeof(prerelease) - 1
        && memcmp(prerelease, version, len) == 0)
    {
        name = prerelease;
    }

    return name;
}


mcp_era_t
mcp_version_era(const unsigned char *version, size_t len)
{
    const char  *name;

    name = mcp_version_name(version, len);

    if (name == NULL) {
        return MCP_ERA_NONE;
    }

    return (name == modern[0]) ? MCP_ERA_MODERN : MCP_ERA_LEGACY;
}


const char * const *
mcp_versions(mcp_era_t era)
{
    switch (era) {

    case MCP_ERA_MODERN:
        return modern;

    case MCP_ERA_LEGACY:
        return legacy;

    default:
        return none;
    }
}
