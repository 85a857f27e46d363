/*
 * The catalogue of methods and revisions (mcp-wire.md 6.1, 2), and the table
 * of reasons (design.md 2.2).
 */

#include "mcp_method.h"
#include "mcp_reason.h"

#include "tap.h"


/*
 * Who may send what: C client, S server; l legacy, m modern.  A second
 * writing of the catalogue, from its table and not from the code.
 */
typedef struct {
    mcp_method_t  method;
    const char   *name;
    const char   *who;
} known_t;


static const known_t  known[] = {
    { MCP_M_INITIALIZE, "initialize", "Cl" },
    { MCP_M_PING, "ping", "Cl Sl" },
    { MCP_M_SERVER_DISCOVER, "server/discover", "Cm" },
    { MCP_M_TOOLS_LIST, "tools/list", "Cl Cm" },
    { MCP_M_TOOLS_CALL, "tools/call", "Cl Cm" },
    { MCP_M_RESOURCES_LIST, "resources/list", "Cl Cm" },
    { MCP_M_RESOURCES_TEMPLATES_LIST, "resources/templates/list", "Cl Cm" },
    { MCP_M_RESOURCES_READ, "resources/read", "Cl Cm" },
    { MCP_M_RESOURCES_SUBSCRIBE, "resources/subscribe", "Cl" },
    { MCP_M_RESOURCES_UNSUBSCRIBE, "resources/unsubscribe", "Cl" },
    { MCP_M_PROMPTS_LIST, "prompts/list", "Cl Cm" },
    { MCP_M_PROMPTS_GET, "prompts/get", "Cl Cm" },
    { MCP_M_COMPLETION_COMPLETE, "completion/complete", "Cl Cm" },
    { MCP_M_LOGGING_SET_LEVEL, "logging/setLevel", "Cl" },
    { MCP_M_SUBSCRIPTIONS_LISTEN, "subscriptions/listen", "Cm" },
    { MCP_M_TASKS_GET, "tasks/get", "Cl Sl Cm" },
    { MCP_M_TASKS_RESULT, "tasks/result", "Cl Sl" },
    { MCP_M_TASKS_CANCEL, "tasks/cancel", "Cl Sl Cm" },
    { MCP_M_TASKS_LIST, "tasks/list", "Cl Sl" },
    { MCP_M_TASKS_UPDATE, "tasks/update", "Cm" },
    { MCP_M_SAMPLING_CREATE_MESSAGE, "sampling/createMessage", "Sl" },
    { MCP_M_ROOTS_LIST, "roots/list", "Sl" },
    { MCP_M_ELICITATION_CREATE, "elicitation/create", "Sl" },
    { MCP_M_N_INITIALIZED, "notifications/initialized", "Cl" },
    { MCP_M_N_CANCELLED, "notifications/cancelled", "Cl Sl Cm Sm" },
    { MCP_M_N_PROGRESS, "notifications/progress", "Cl Sl Sm" },
    { MCP_M_N_MESSAGE, "notifications/message", "Sl Sm" },
    { MCP_M_N_TOOLS_LIST_CHANGED, "notifications/tools/list_changed",
      "Sl Sm" },
    { MCP_M_N_PROMPTS_LIST_CHANGED, "notifications/prompts/list_changed",
      "Sl Sm" },
    { MCP_M_N_RESOURCES_LIST_CHANGED, "notifications/resources/list_changed",
      "Sl Sm" },
    { MCP_M_N_RESOURCES_UPDATED, "notifications/resources/updated", "Sl Sm" },
    { MCP_M_N_ROOTS_LIST_CHANGED, "notifications/roots/list_changed", "Cl" },
    { MCP_M_N_TASKS, "notifications/tasks", "Sm" },
    { MCP_M_N_TASKS_STATUS, "notifications/tasks/status", "Cl Sl" },
    { MCP_M_N_ELICITATION_COMPLETE, "notifications/elicitation/complete",
      "Sl" },
    { MCP_M_N_SUBSCRIPTIONS_ACKNOWLEDGED,
      "notifications/subscriptions/acknowledged", "Sm" },
};


static const unsigned char *
bytes(const char *s)
{
    return (const unsigned char *) s;
}


static int
says(const char *who, const char *one)
{
    return strstr(who, one) != NULL;
}


static void
test_methods(void)
{
    size_t          i, n;
    char            text[64];
    const known_t  *k;

    n = sizeof(known) / sizeof(known[0]);
    is_int(n, MCP_M_MAX - MCP_M_OTHER - 1, "each method is in the table");

    for (i = 0; i < n; i++) {
        k = &known[i];

        is_int(mcp_method_find(bytes(k->name), strlen(k->name)), k->method,
               "%s: found", k->name);
        is_str(mcp_method_name(k->method), k->name, "%s: its name", k->name);

        is_int(mcp_method_known(k->method, MCP_CLIENT, MCP_ERA_LEGACY),
               says(k->who, "Cl"), "%s: client, legacy", k->name);
        is_int(mcp_method_known(k->method, MCP_CLIENT, MCP_ERA_MODERN),
               says(k->who, "Cm"), "%s: client, modern", k->name);
        is_int(mcp_method_known(k->method, MCP_SERVER, MCP_ERA_LEGACY),
               says(k->who, "Sl"), "%s: server, legacy", k->name);
        is_int(mcp_method_known(k->method, MCP_SERVER, MCP_ERA_MODERN),
               says(k->who, "Sm"), "%s: server, modern", k->name);
        is_int(mcp_method_known(k->method, MCP_CLIENT, MCP_ERA_NONE),
               says(k->who, "C"), "%s: client", k->name);
        is_int(mcp_method_known(k->method, MCP_SERVER, MCP_ERA_NONE),
               says(k->who, "S"), "%s: server", k->name);

        is_int(mcp_method_exempt(k->method),
               strncmp(k->name, "notifications/", 14) == 0
               || strcmp(k->name, "initialize") == 0
               || strcmp(k->name, "server/discover") == 0
               || strcmp(k->name, "ping") == 0, "%s: exempt", k->name);

        /* one byte more, one less, one other */

        memcpy(text, k->name, strlen(k->name));
        text[strlen(k->name)] = 's';

        is_int(mcp_method_find(bytes(text), strlen(k->name) + 1),
               MCP_M_OTHER, "%s: one byte more", k->name);
        is_int(mcp_method_find(bytes(text), strlen(k->name) - 1),
               MCP_M_OTHER, "%s: one byte less", k->name);

        text[0] ^= 0x20;
        is_int(mcp_method_find(bytes(text), strlen(k->name)), MCP_M_OTHER,
               "%s: a capital", k->name);
    }

    is_int(mcp_method_find(bytes(""), 0), MCP_M_OTHER, "no name");
    is_str(mcp_method_name(MCP_M_NONE), NULL, "none has no name");
    is_str(mcp_method_name(MCP_M_OTHER), NULL, "another has no name");
    is_str(mcp_method_name(MCP_M_MAX), NULL, "nor has what is none");
    is_int(mcp_method_known(MCP_M_OTHER, MCP_CLIENT, MCP_ERA_NONE), 0,
           "another is not known");
    is_int(mcp_method_known(MCP_M_NONE, MCP_SERVER, MCP_ERA_LEGACY), 0,
           "none is not known");
}


static void
test_versions(void)
{
    int                  n;
    size_t               i;
    const char * const  *v;

    static const struct {
        const char  *name;
        mcp_era_t    era;
    } versions[] = {
        { "2024-10-07", MCP_ERA_LEGACY }, { "2024-11-05", MCP_ERA_LEGACY },
        { "2025-03-26", MCP_ERA_LEGACY }, { "2025-06-18", MCP_ERA_LEGACY },
        { "2025-11-25", MCP_ERA_LEGACY }, { "2026-07-28", MCP_ERA_MODERN },
        { "2026-07-29", MCP_ERA_NONE }, { "2026-07-2", MCP_ERA_NONE },
        { "2026-07-280", MCP_ERA_NONE }, { "draft", MCP_ERA_NONE },
        { "DRAFT-2026-v1", MCP_ERA_NONE }, { "", MCP_ERA_NONE },
        { "2025-12-11", MCP_ERA_NONE }, { "9999-99-99", MCP_ERA_NONE },
    };

    for (i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        is_int(mcp_version_era(bytes(versions[i].name),
                               strlen(versions[i].name)),
               versions[i].era, "era of \"%s\"", versions[i].name);
        is_str(mcp_version_name(bytes(versions[i].name),
                                strlen(versions[i].name)),
               versions[i].era ? versions[i].name : NULL, "name of \"%s\"",
               versions[i].name);
    }

    for (n = 0, v = mcp_versions(MCP_ERA_LEGACY); *v != NULL; v++, n++) {
        is_int(mcp_version_era(bytes(*v), strlen(*v)), MCP_ERA_LEGACY,
               "%s is legacy", *v);
        ok(n == 0 || strcmp(v[-1], *v) > 0, "%s: newest first", *v);
    }

    is_int(n, 4, "four legacy revisions");

    v = mcp_versions(MCP_ERA_MODERN);
    is_str(v[0], MCP_VERSION_MODERN, "the modern revision");
    is_str(v[1], NULL, "is the only one");
    is_str(mcp_versions(MCP_ERA_NONE)[0], NULL, "no era, no revision");
}


static void
test_reasons(void)
{
    int                       i, k;
    const mcp_reason_info_t  *r, *other;

    /* status and code as the comments of mcp_reason.h promise them */

    static const struct {
        mcp_reason_t  reason;
        const char   *word;
        int           status;
        int           code;
        unsigned      null_id;
    } want[] = {
        { MCP_R_PARSE, "parse", 400, -32700, 1 },
        { MCP_R_INVALID, "invalid", 400, -32600, 1 },
        { MCP_R_BATCH, "batch", 400, -32600, 1 },
        { MCP_R_HEADER, "header", 400, -32600, 1 },
        { MCP_R_CONTENT_TYPE, "content_type", 415, -32600, 1 },
        { MCP_R_CONTENT_ENCODING, "content_encoding", 415, -32600, 1 },
        { MCP_R_TOO_LARGE, "too_large", 413, -32600, 1 },
        { MCP_R_MISMATCH, "mismatch", 400, -32020, 0 },
        { MCP_R_NO_CLAIM, "no_claim", 400, -32602, 0 },
        { MCP_R_VERSION, "version", 400, -32022, 0 },
        { MCP_R_ORIGIN, "origin", 403, -32600, 1 },
        { MCP_R_CLIENT, "client", 401, -32600, 1 },
        { MCP_R_HTTP_METHOD, "http_method", 405, -32600, 1 },
        { MCP_R_METHOD, "method", 200, -32601, 0 },
        { MCP_R_TOOL, "tool", 200, -32602, 0 },
        { MCP_R_RULE, "rule", 200, -31001, 0 },
        { MCP_R_CONSENT, "consent", 200, -31002, 0 },
        { MCP_R_LIMIT, "limit", 429, -31003, 0 },
        { MCP_R_STORE, "store", 200, -31004, 0 },
        { MCP_R_UPSTREAM_INVALID, "upstream_invalid", 502, -31005, 0 },
        { MCP_R_UPSTREAM_TYPE, "upstream_type", 502, -31005, 0 },
        { MCP_R_UPSTREAM_ENCODING, "upstream_encoding", 502, -31005, 0 },
        { MCP_R_UPSTREAM_STATUS, "upstream_status", 502, -31005, 0 },
        { MCP_R_UPSTREAM_TOO_LARGE, "upstream_too_large", 502, -31005, 0 },
        { MCP_R_UPSTREAM_CLOSED, "upstream_closed", 502, -31005, 0 },
        { MCP_R_INTERNAL, "internal", 500, -32603, 0 },
        { MCP_R_ARGUMENT, "argument", 200, -31001, 0 },
    };

    is_int(sizeof(want) / sizeof(want[0]), MCP_R_MAX - 1,
           "each reason is in the table");

    for (i = 0; i < (int) (sizeof(want) / sizeof(want[0])); i++) {
        r = mcp_reason_info(want[i].reason);

        is_str(r->word, want[i].word, "%s: word", want[i].word);
        is_int(r->status, want[i].status, "%s: status", r->word);
        is_int(r->code, want[i].code, "%s: code", r->word);
        is_int(r->null_id, want[i].null_id, "%s: id", r->word);
        ok(r->message != NULL && r->message[0] != '\0', "%s: message",
           r->word);

        for (k = 0; k < i; k++) {
            other = mcp_reason_info(want[k].reason);
            ok(strcmp(other->word, r->word) != 0, "%s is not %s", r->word,
               other->word);
        }
    }

    is_str(mcp_reason_info((mcp_reason_t) 4711)->word, "internal",
           "what is no reason is an error of ours");
    is_str(mcp_reason_info(MCP_R_NONE)->word, "none", "no reason");
}


int
main(void)
{
    test_methods();
    test_versions();
    test_reasons();

    return done();
}
