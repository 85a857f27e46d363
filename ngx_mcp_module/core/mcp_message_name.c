/*
 * Names of protocol members.
 *
 * Parsers differ in what they take for a name: some fold case, some fold the
 * two characters outside ASCII that fold to ASCII letters, some cut at a NUL
 * (reliability.md 2.2; a NUL is refused by the tokenizer already).  A member
 * that one peer reads as "name" and another as "Name" is two messages in one,
 * so such variants are refused wherever the protocol names members.
 */

#include "mcp_message_int.h"

#include <string.h>


#define MAX_NAME    48

/* U+212A is 3 bytes for one letter */
#define MAX_VARIANT (MAX_NAME * 3)


typedef struct {
    const char  *name;
    int          member;
} name_t;

/* Does not compile when the name is not of that length. */
#define N(length, name, member)                                               \
    { name, member + 0 * (int) sizeof(char[sizeof(name) - 1 == length ? 1     \
                                                                      : -1]) }

#define END  { NULL, 0 }

#define META  "io.modelcontextprotocol/"


static const name_t  names2[] = { N(2, "id", K_ID), END };

static const name_t  names3[] = {
    N(3, "ref", K_REF), N(3, "uri", K_URI), N(3, "url", K_URL), END
};

static const name_t  names4[] = {
    N(4, "name", K_NAME), N(4, "text", K_TEXT), N(4, "type", K_TYPE),
    N(4, "task", K_TASK), N(4, "role", K_ROLE), N(4, "data", K_DATA),
    N(4, "blob", K_BLOB), N(4, "code", K_CODE), N(4, "mode", K_MODE), END
};

static const name_t  names5[] = {
    N(5, "_meta", K_META), N(5, "tools", K_TOOLS), N(5, "error", K_ERROR),
    N(5, "title", K_TITLE), N(5, "roots", K_ROOTS), END
};

static const name_t  names6[] = {
    N(6, "method", K_METHOD), N(6, "params", K_PARAMS),
    N(6, "result", K_RESULT), N(6, "cursor", K_CURSOR),
    N(6, "taskId", K_TASK_ID), N(6, "action", K_ACTION), END
};

static const name_t  names7[] = {
    N(7, "jsonrpc", K_JSONRPC), N(7, "content", K_CONTENT),
    N(7, "isError", K_IS_ERROR), N(7, "message", K_MESSAGE),
    N(7, "prompts", K_PROMPTS), N(7, "context", K_CONTEXT), END
};

static const name_t  names8[] = {
    N(8, "contents", K_CONTENTS), N(8, "messages", K_MESSAGES),
    N(8, "resource", K_RESOURCE), N(8, "mimeType", K_MIME_TYPE),
    N(8, "argument", K_ARGUMENT), END
};

static const name_t  names9[] = {
    N(9, "arguments", K_ARGUMENTS), N(9, "resources", K_RESOURCES), END
};

static const name_t  names10[] = {
    N(10, "nextCursor", K_NEXT_CURSOR), N(10, "resultType", K_RESULT_TYPE),
    N(10, "cacheScope", K_CACHE_SCOPE), N(10, "serverInfo", K_SERVER_INFO),
    N(10, "completion", K_COMPLETION), END
};

static const name_t  names11[] = {
    N(11, "description", K_DESCRIPTION), N(11, "inputSchema", K_INPUT_SCHEMA),
    N(11, "elicitation", K_ELICITATION), END
};

static const name_t  names12[] = {
    N(12, "instructions", K_INSTRUCTIONS),
    N(12, "capabilities", K_CAPABILITIES),
    N(12, "requestState", K_REQUEST_STATE),
    N(12, "outputSchema", K_OUTPUT_SCHEMA),
    N(12, "elicitations", K_ELICITATIONS),
    N(12, "systemPrompt", K_SYSTEM_PROMPT), END
};

static const name_t  names13[] = {
    N(13, "inputRequests", K_INPUT_REQUESTS),
    N(13, "progressToken", K_PROGRESS_TOKEN), END
};

static const name_t  names14[] = {
    N(14, "inputResponses", K_INPUT_RESPONSES), END
};

static const name_t  names15[] = {
    N(15, "protocolVersion", K_PROTOCOL_VERSION),
    N(15, "requestedSchema", K_REQUESTED_SCHEMA), END
};

static const name_t  names17[] = {
    N(17, "structuredContent", K_STRUCTURED_CONTENT),
    N(17, "resourceTemplates", K_RESOURCE_TEMPLATES), END
};

static const name_t  names32[] = {
    N(32, META "logLevel", K_META_OTHER), END
};

static const name_t  names34[] = {
    N(34, META "clientInfo", K_META_OTHER),
    N(34, META "serverInfo", K_META_SERVER_INFO), END
};

static const name_t  names36[] = {
    N(36, META "related-task", K_META_OTHER), END
};

static const name_t  names38[] = {
    N(38, META "subscriptionId", K_META_OTHER), END
};

static const name_t  names39[] = {
    N(39, META "protocolVersion", K_META_CLAIM), END
};

static const name_t  names42[] = {
    N(42, META "clientCapabilities", K_META_CLIENT_CAPABILITIES), END
};

static const name_t  names48[] = {
    N(48, META "model-immediate-response", K_META_OTHER), END
};


static const name_t * const  names[MAX_NAME + 1] = {
    [2] = names2, [3] = names3, [4] = names4, [5] = names5, [6] = names6,
    [7] = names7, [8] = names8, [9] = names9, [10] = names10,
    [11] = names11, [12] = names12, [13] = names13, [14] = names14,
    [15] = names15, [17] = names17, [32] = names32, [34] = names34,
    [36] = names36, [38] = names38, [39] = names39, [42] = names42,
    [48] = names48
};


static inline unsigned char
lower(unsigned char ch)
{
    return (ch >= 'A' && ch <= 'Z') ? (unsigned char) (ch | 0x20) : ch;
}


static int
is_blank(unsigned char ch)
{
    return ch <= 0x20 || ch == 0x7f;
}


/* Writes the folded form to buf; 0: it is longer than any name. */
static size_t
fold(const unsigned char *p, size_t len, unsigned char *buf)
{
    size_t                n;
    const unsigned char  *end;

    while (len > 0 && is_blank(p[0])) {
        p++;
        len--;
    }

    while (len > 0 && is_blank(p[len - 1])) {
        len--;
    }

    if (len > MAX_VARIANT) {
        return 0;
    }

    end = p + len;
    n = 0;

    while (p < end) {

        if (n == MAX_NAME) {
            return 0;
        }

        if (*p == 0xc5 && end - p >= 2 && p[1] == 0xbf) {
            buf[n++] = 's';                                  /* U+017F */
            p += 2;

        } else if (*p == 0xe2 && end - p >= 3 && p[1] == 0x84
                   && p[2] == 0xaa)
        {
            buf[n++] = 'k';                                  /* U+212A */
            p += 3;

        } else {
            buf[n++] = lower(*p++);
        }
    }

    return n;
}


static int
is_variant(const unsigned char *name, size_t len)
{
    size_t         i, n;
    const name_t  *list;
    unsigned char  buf[MAX_NAME];

    n = fold(name, len, buf);
    list = names[n];

    if (list == NULL) {
        return 0;
    }

    for ( /* void */ ; list->name != NULL; list++) {

        for (i = 0; i < n; i++) {
            if (lower((unsigned char) list->name[i]) != buf[i]) {
                break;
            }
        }

        if (i == n) {
            return 1;
        }
    }

    return 0;
}


mcp_member_t
mcp_member_find(const unsigned char *name, size_t len, int *variant)
{
    const name_t  *list;

    if (len <= MAX_NAME && names[len] != NULL) {

        for (list = names[len]; list->name != NULL; list++) {

            if (list->name[0] == (char) name[0]
                && memcmp(list->name, name, len) == 0)
            {
                *variant = 0;
                return (mcp_member_t) list->member;
            }
        }
    }

    *variant = is_variant(name, len);

    return K_NONE;
}
