/*
 * The words of rule packs, and back.
 */

#include "mcp_rules_int.h"

#include <string.h>


typedef struct {
    const char  *word;
    int          value;
} word_t;


static const word_t  actions[] = {
    { "off", MCP_ACTION_OFF },
    { "log", MCP_ACTION_LOG },
    { "redact", MCP_ACTION_REDACT },
    { "block", MCP_ACTION_BLOCK },
    { NULL, 0 }
};

static const word_t  categories[] = {
    { "secret", MCP_CAT_SECRET },
    { "injection", MCP_CAT_INJECTION },
    { "poisoning", MCP_CAT_POISONING },
    { "command", MCP_CAT_COMMAND },
    { "path", MCP_CAT_PATH },
    { "network", MCP_CAT_NETWORK },
    { "sql", MCP_CAT_SQL },
    { "code", MCP_CAT_CODE },
    { "obfuscation", MCP_CAT_OBFUSCATION },
    { "abuse", MCP_CAT_ABUSE },
    { NULL, 0 }
};

static const word_t  severities[] = {
    { "low", MCP_SEV_LOW },
    { "medium", MCP_SEV_MEDIUM },
    { "high", MCP_SEV_HIGH },
    { "critical", MCP_SEV_CRITICAL },
    { NULL, 0 }
};

static const word_t  surfaces[] = {
    { "arguments", MCP_SURFACE_ARGUMENTS },
    { "result", MCP_SURFACE_RESULT },
    { "description", MCP_SURFACE_DESCRIPTION },
    { "resource", MCP_SURFACE_RESOURCE },
    { "prompt", MCP_SURFACE_PROMPT },
    { "log", MCP_SURFACE_LOG },
    { "error", MCP_SURFACE_ERROR },
    { "elicitation", MCP_SURFACE_ELICITATION },
    { NULL, 0 }
};

static const word_t  kinds[] = {
    { "command", MCP_KIND_COMMAND },
    { "path", MCP_KIND_PATH },
    { "url", MCP_KIND_URL },
    { "host", MCP_KIND_HOST },
    { "sql", MCP_KIND_SQL },
    { "content", MCP_KIND_CONTENT },
    { "identifier", MCP_KIND_IDENTIFIER },
    { "text", MCP_KIND_TEXT },
    { NULL, 0 }
};

static const word_t  judges[] = {
    { "path", MCP_JUDGE_PATH },
    { "path-traversal", MCP_JUDGE_PATH_TRAVERSAL },
    { "path-sensitive", MCP_JUDGE_PATH_SENSITIVE },
    { "path-system", MCP_JUDGE_PATH_SYSTEM },
    { "url", MCP_JUDGE_URL },
    { "address", MCP_JUDGE_ADDRESS },
    { "scheme", MCP_JUDGE_SCHEME },
    { "hidden", MCP_JUDGE_HIDDEN },
    { "sql", MCP_JUDGE_SQL },
    { "shell", MCP_JUDGE_SHELL },
    { "shell-text", MCP_JUDGE_SHELL_TEXT },
    { NULL, 0 }
};


static int
find(const word_t *words, const char *word, size_t len)
{
    for ( /* void */ ; words->word != NULL; words++) {
        if (strlen(words->word) == len && memcmp(words->word, word, len) == 0) {
            return words->value;
        }
    }

    return -1;
}


static const char *
name(const word_t *words, int value)
{
    for ( /* void */ ; words->word != NULL; words++) {
        if (words->value == value) {
            return words->word;
        }
    }

    return "none";
}


int
mcp_action_find(const char *word, size_t len)
{
    return find(actions, word, len);
}


int
mcp_category_find(const char *word, size_t len)
{
    return find(categories, word, len);
}


int
mcp_severity_find(const char *word, size_t len)
{
    return find(severities, word, len);
}


int
mcp_surface_find(const char *word, size_t len)
{
    return find(surfaces, word, len);
}


int
mcp_kind_find(const char *word, size_t len)
{
    return find(kinds, word, len);
}


int
mcp_judge_find(const char *word, size_t len)
{
    return find(judges, word, len);
}


const char *
mcp_action_name(mcp_action_t action)
{
    return name(actions, (int) action);
}


const char *
mcp_category_name(mcp_category_t category)
{
    return name(categories, (int) category);
}


const char *
mcp_severity_name(mcp_severity_t severity)
{
    return name(severities, (int) severity);
}


const char *
mcp_surface_name(uint8_t bit)
{
    return name(surfaces, bit);
}


const char *
mcp_kind_name(uint8_t bit)
{
    return name(kinds, bit);
}


const char *
mcp_judge_name(mcp_judge_t judge)
{
    return name(judges, (int) judge);
}
