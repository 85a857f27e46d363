/*
 * Era decision: header against body (mcp-wire.md 2.1, 4.2, 5.2; design.md
 * 2.2, 2.6).
 */

#include "mcp_era.h"

#include "tap.h"

#include <stdlib.h>


#define L     (1u << MCP_ERA_LEGACY)
#define M     (1u << MCP_ERA_MODERN)
#define BOTH  (L|M)

#define META(v)  "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":" v  \
                 ",\"io.modelcontextprotocol/clientCapabilities\":{}}"
#define MODERN   META("\"2026-07-28\"")
#define UNKNOWN  META("\"2031-01-01\"")

#define HEAD  "{\"jsonrpc\":\"2.0\",\"id\":1,"
#define NOTE  "{\"jsonrpc\":\"2.0\","
#define LIST  HEAD "\"method\":\"tools/list\"}"
#define LIST_MODERN  HEAD "\"method\":\"tools/list\",\"params\":{" MODERN "}}"


typedef struct {
    const char    *name;
    const char    *body;
    const char    *version;   /* headers; NULL: absent                       */
    const char    *method;
    const char    *tool;
    unsigned       eras;
    mcp_reason_t   reason;
    mcp_era_t      era;       /* where accepted                              */
    const char    *revision;  /* where accepted; MCP_R_VERSION: requested    */
    unsigned       supported;
} case_t;

#define OK        MCP_R_NONE
#define MISMATCH  MCP_R_MISMATCH, MCP_ERA_NONE, NULL, 0
#define NO_CLAIM  MCP_R_NO_CLAIM, MCP_ERA_NONE, NULL, 0
#define INVALID   MCP_R_INVALID, MCP_ERA_NONE, NULL, 0
#define BATCH     MCP_R_BATCH, MCP_ERA_NONE, NULL, 0
#define IS_LEGACY(v)  OK, MCP_ERA_LEGACY, v, 0
#define IS_MODERN     OK, MCP_ERA_MODERN, "2026-07-28", 0
#define UNSERVED(v, s)  MCP_R_VERSION, MCP_ERA_NONE, v, s


static const case_t  cases[] = {

    /* H against B */

    { "H modern, B = H", LIST_MODERN, "2026-07-28", "tools/list", NULL, BOTH,
      IS_MODERN },
    { "H legacy, no B", LIST, "2025-11-25", NULL, NULL, BOTH,
      IS_LEGACY("2025-11-25") },
    { "H 2025-06-18, no B", LIST, "2025-06-18", NULL, NULL, BOTH,
      IS_LEGACY("2025-06-18") },
    { "H 2024-11-05, no B", LIST, "2024-11-05", NULL, NULL, BOTH,
      IS_LEGACY("2024-11-05") },
    { "H 2024-10-07, no B", LIST, "2024-10-07", NULL, NULL, BOTH,
      IS_LEGACY("2024-10-07") },
    { "no H, no B", LIST, NULL, NULL, NULL, BOTH, IS_LEGACY("2025-03-26") },
    { "H modern, no B", LIST, "2026-07-28", "tools/list", NULL, BOTH,
      NO_CLAIM },
    { "H modern, no B, empty params",
      HEAD "\"method\":\"tools/list\",\"params\":{}}", "2026-07-28",
      "tools/list", NULL, BOTH, NO_CLAIM },
    { "H modern, _meta without B",
      HEAD "\"method\":\"tools/list\",\"params\":{\"_meta\":{}}}",
      "2026-07-28", "tools/list", NULL, BOTH, NO_CLAIM },
    { "H modern, B is no string",
      HEAD "\"method\":\"tools/list\",\"params\":{" META("20260728") "}}",
      "2026-07-28", "tools/list", NULL, BOTH, NO_CLAIM },
    { "H legacy, B is no string",
      HEAD "\"method\":\"tools/list\",\"params\":{" META("null") "}}",
      "2025-11-25", NULL, NULL, BOTH, MISMATCH },
    { "H modern, B legacy", HEAD "\"method\":\"tools/list\",\"params\":{"
      META("\"2025-11-25\"") "}}", "2026-07-28", "tools/list", NULL, BOTH,
      MISMATCH },
    { "H legacy, B modern", LIST_MODERN, "2025-11-25", "tools/list", NULL,
      BOTH, MISMATCH },
    { "H legacy, B = H", HEAD "\"method\":\"tools/list\",\"params\":{"
      META("\"2025-11-25\"") "}}", "2025-11-25", "tools/list", NULL, BOTH,
      MISMATCH },
    { "no H, B modern", LIST_MODERN, NULL, "tools/list", NULL, BOTH,
      MISMATCH },
    { "H empty, no B", LIST, "", NULL, NULL, BOTH, MISMATCH },
    { "H unknown, no B", LIST, "2031-01-01", NULL, NULL, BOTH, MISMATCH },
    { "H unknown, B modern", LIST_MODERN, "2031-01-01", "tools/list", NULL,
      BOTH, MISMATCH },
    { "H modern, B unknown", HEAD "\"method\":\"tools/list\",\"params\":{"
      UNKNOWN "}}", "2026-07-28", "tools/list", NULL, BOTH, MISMATCH },
    { "H = B unknown", HEAD "\"method\":\"tools/list\",\"params\":{" UNKNOWN
      "}}", "2031-01-01", "tools/list", NULL, BOTH,
      UNSERVED("2031-01-01", M) },
    { "H = B unknown, legacy alone served",
      HEAD "\"method\":\"tools/list\",\"params\":{" UNKNOWN "}}",
      "2031-01-01", "tools/list", NULL, L, UNSERVED("2031-01-01", L) },
    { "H = B unknown, no mirrored headers",
      HEAD "\"method\":\"tools/list\",\"params\":{" UNKNOWN "}}",
      "2031-01-01", NULL, NULL, BOTH, UNSERVED("2031-01-01", M) },
    { "H = B empty", HEAD "\"method\":\"tools/list\",\"params\":{"
      META("\"\"") "}}", "", NULL, NULL, BOTH, UNSERVED("", M) },
    { "H in blanks", LIST_MODERN, " \t2026-07-28 ", "\ttools/list", NULL,
      BOTH, IS_MODERN },
    { "H in other letters", LIST_MODERN, "2026-07-28x", "tools/list", NULL,
      BOTH, MISMATCH },
    { "B behind an escape", HEAD "\"method\":\"tools/list\",\"params\":{"
      META("\"2026\\u002d07-28\"") "}}", "2026-07-28", "tools/list", NULL,
      BOTH, IS_MODERN },

    /* eras that are not served */

    { "modern not served", LIST_MODERN, "2026-07-28", "tools/list", NULL, L,
      UNSERVED("2026-07-28", L) },
    { "legacy not served", LIST, "2025-06-18", NULL, NULL, M,
      UNSERVED("2025-06-18", M) },
    { "legacy not served, no H", LIST, NULL, NULL, NULL, M,
      UNSERVED("2025-03-26", M) },
    { "legacy not served, initialize", HEAD "\"method\":\"initialize\","
      "\"params\":{\"protocolVersion\":\"2025-11-25\"}}", NULL, NULL, NULL,
      M, UNSERVED("2025-11-25", M) },
    { "legacy alone", LIST, "2025-06-18", NULL, NULL, L,
      IS_LEGACY("2025-06-18") },
    { "modern alone", LIST_MODERN, "2026-07-28", "tools/list", NULL, M,
      IS_MODERN },

    /* initialize */

    { "initialize", HEAD "\"method\":\"initialize\",\"params\":{"
      "\"protocolVersion\":\"2025-06-18\"}}", NULL, NULL, NULL, BOTH,
      IS_LEGACY("2025-06-18") },
    { "initialize asks for what nobody knows",
      HEAD "\"method\":\"initialize\",\"params\":{"
      "\"protocolVersion\":\"2031-01-01\"}}", NULL, NULL, NULL, BOTH,
      IS_LEGACY("") },
    { "initialize asks for a modern revision",
      HEAD "\"method\":\"initialize\",\"params\":{"
      "\"protocolVersion\":\"2026-07-28\"}}", NULL, NULL, NULL, BOTH,
      IS_LEGACY("2026-07-28") },
    { "initialize with a legacy header",
      HEAD "\"method\":\"initialize\",\"params\":{"
      "\"protocolVersion\":\"2025-11-25\"}}", "2025-06-18", NULL, NULL, BOTH,
      IS_LEGACY("2025-06-18") },
    { "initialize with a modern header",
      HEAD "\"method\":\"initialize\",\"params\":{"
      "\"protocolVersion\":\"2025-11-25\"}}", "2026-07-28", "initialize",
      NULL, BOTH, MISMATCH },
    { "initialize with a modern claim", HEAD "\"method\":\"initialize\","
      "\"params\":{" MODERN "}}", NULL, NULL, NULL, BOTH, MISMATCH },
    { "initialize with both: a modern method that does not exist",
      HEAD "\"method\":\"initialize\",\"params\":{" MODERN "}}",
      "2026-07-28", "initialize", NULL, BOTH, IS_MODERN },

    /* notifications and responses */

    { "legacy notification", NOTE "\"method\":\"notifications/initialized\"}",
      "2025-06-18", NULL, NULL, BOTH, IS_LEGACY("2025-06-18") },
    { "modern notification without a claim",
      NOTE "\"method\":\"notifications/cancelled\"}", "2026-07-28", NULL,
      NULL, BOTH, IS_MODERN },
    { "modern notification with a claim",
      NOTE "\"method\":\"notifications/cancelled\",\"params\":{" MODERN "}}",
      "2026-07-28", NULL, NULL, BOTH, IS_MODERN },
    { "modern notification, claim and no header",
      NOTE "\"method\":\"notifications/cancelled\",\"params\":{" MODERN "}}",
      NULL, NULL, NULL, BOTH, MISMATCH },
    { "modern notification, another claim",
      NOTE "\"method\":\"notifications/cancelled\",\"params\":{" UNKNOWN "}}",
      "2026-07-28", NULL, NULL, BOTH, MISMATCH },
    { "modern notification, bad claim",
      NOTE "\"method\":\"notifications/cancelled\",\"params\":{" META("1")
      "}}", "2026-07-28", NULL, NULL, BOTH, NO_CLAIM },
    { "modern notification, Mcp-Method agrees",
      NOTE "\"method\":\"notifications/cancelled\"}", "2026-07-28",
      "notifications/cancelled", NULL, BOTH, IS_MODERN },
    { "modern notification, Mcp-Method lies",
      NOTE "\"method\":\"notifications/cancelled\"}", "2026-07-28",
      "notifications/progress", NULL, BOTH, MISMATCH },
    { "modern notification, Mcp-Name from nowhere",
      NOTE "\"method\":\"notifications/cancelled\"}", "2026-07-28", NULL,
      "x", BOTH, MISMATCH },
    { "legacy response", HEAD "\"result\":{}}", "2025-11-25", NULL, NULL,
      BOTH, IS_LEGACY("2025-11-25") },
    { "legacy response, no H", HEAD "\"result\":{}}", NULL, NULL, NULL, BOTH,
      IS_LEGACY("2025-03-26") },
    { "modern response", HEAD "\"result\":{}}", "2026-07-28", NULL, NULL,
      BOTH, INVALID },
    { "modern error response",
      HEAD "\"error\":{\"code\":-1,\"message\":\"\"}}", "2026-07-28", NULL,
      NULL, BOTH, INVALID },

    /* batches */

    { "batch, no H", "[" LIST "]", NULL, NULL, NULL, BOTH,
      IS_LEGACY("2025-03-26") },
    { "batch, 2025-03-26", "[" LIST ","
      NOTE "\"method\":\"notifications/initialized\"}]", "2025-03-26", NULL,
      NULL, BOTH, IS_LEGACY("2025-03-26") },
    { "batch of responses", "[" HEAD "\"result\":{}},{\"jsonrpc\":\"2.0\","
      "\"id\":2,\"result\":{}}]", NULL, NULL, NULL, BOTH,
      IS_LEGACY("2025-03-26") },
    { "batch, 2024-11-05", "[" LIST "]", "2024-11-05", NULL, NULL, BOTH,
      BATCH },
    { "batch, 2025-06-18", "[" LIST "]", "2025-06-18", NULL, NULL, BOTH,
      BATCH },
    { "batch, 2025-11-25", "[" LIST "]", "2025-11-25", NULL, NULL, BOTH,
      BATCH },
    { "batch, modern", "[" LIST_MODERN "]", "2026-07-28", "tools/list", NULL,
      BOTH, BATCH },
    { "batch, unknown", "[" LIST "]", "2031-01-01", NULL, NULL, BOTH, BATCH },
    { "batch, empty H", "[" LIST "]", "", NULL, NULL, BOTH, BATCH },
    { "batch with a claim", "[" LIST_MODERN "]", NULL, NULL, NULL, BOTH,
      MISMATCH },
    { "batch with a bad claim", "[" HEAD "\"method\":\"ping\",\"params\":{"
      META("1") "}}]", NULL, NULL, NULL, BOTH, MISMATCH },
    { "batch with initialize", "[" HEAD "\"method\":\"initialize\"}]", NULL,
      NULL, NULL, BOTH, INVALID },
    { "batch, legacy not served", "[" LIST "]", NULL, NULL, NULL, M,
      UNSERVED("2025-03-26", M) },
    { "batch, one id twice", "[" LIST "," LIST "]", NULL, NULL, NULL, BOTH,
      INVALID },
    { "batch, ids 1 and \"1\"", "[" LIST ",{\"jsonrpc\":\"2.0\",\"id\":\"1\","
      "\"method\":\"ping\"}]", NULL, NULL, NULL, BOTH,
      IS_LEGACY("2025-03-26") },
    { "batch, one id spelled twice",
      "[{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"ping\"},"
      "{\"jsonrpc\":\"2.0\",\"id\":\"\\u0061\",\"method\":\"ping\"}]", NULL,
      NULL, NULL, BOTH, INVALID },
    { "batch, a request and a response of one id",
      "[" LIST "," HEAD "\"result\":{}}]", NULL, NULL, NULL, BOTH,
      IS_LEGACY("2025-03-26") },

    /* the legacy era does not know mirrored headers */

    { "legacy, lying Mcp-Name", HEAD "\"method\":\"tools/call\",\"params\":{"
      "\"name\":\"rm\"}}", "2025-06-18", "tools/list", "harmless", BOTH,
      IS_LEGACY("2025-06-18") },
};


typedef struct {
    const char   *name;
    const char   *method;
    const char   *params;     /* members before _meta                        */
    const char   *h_method;
    const char   *h_name;
    mcp_reason_t  reason;
} mirror_t;


/* Modern requests; the headers alone decide. */
static const mirror_t  mirrors[] = {
    { "no name needed", "tools/list", "", "tools/list", NULL, OK },
    { "no Mcp-Method", "tools/list", "", NULL, NULL, MCP_R_MISMATCH },
    { "empty Mcp-Method", "tools/list", "", "", NULL, MCP_R_MISMATCH },
    { "other Mcp-Method", "tools/list", "", "prompts/list", NULL,
      MCP_R_MISMATCH },
    { "Mcp-Method in capitals", "tools/list", "", "TOOLS/LIST", NULL,
      MCP_R_MISMATCH },
    { "Mcp-Method is not encoded", "tools/list", "",
      "=?base64?dG9vbHMvbGlzdA==?=", NULL, MCP_R_MISMATCH },
    { "comma-joined Mcp-Method", "tools/list", "", "tools/list, tools/list",
      NULL, MCP_R_MISMATCH },
    { "Mcp-Name without a source", "tools/list", "", "tools/list", "x",
      MCP_R_MISMATCH },
    { "Mcp-Name without a source, though params has a name", "tools/list",
      "\"name\":\"x\",", "tools/list", "x", MCP_R_MISMATCH },

    { "tool", "tools/call", "\"name\":\"a_b\",", "tools/call", "a_b", OK },
    { "tool, blanks around", "tools/call", "\"name\":\"a_b\",", "tools/call",
      "  a_b \t", OK },
    { "tool, other", "tools/call", "\"name\":\"a_b\",", "tools/call", "a_c",
      MCP_R_MISMATCH },
    { "tool, other case", "tools/call", "\"name\":\"a_b\",", "tools/call",
      "A_b", MCP_R_MISMATCH },
    { "tool, prefix", "tools/call", "\"name\":\"a_b\",", "tools/call", "a_",
      MCP_R_MISMATCH },
    { "tool, longer", "tools/call", "\"name\":\"a_b\",", "tools/call",
      "a_bc", MCP_R_MISMATCH },
    { "tool, twice", "tools/call", "\"name\":\"a_b\",", "tools/call",
      "a_b, a_b", MCP_R_MISMATCH },
    { "tool, no header", "tools/call", "\"name\":\"a_b\",", "tools/call",
      NULL, MCP_R_MISMATCH },
    { "tool, no name at all", "tools/call", "", "tools/call", NULL, OK },
    { "tool, header but no name", "tools/call", "", "tools/call", "a_b",
      MCP_R_MISMATCH },
    { "tool, empty header but no name", "tools/call", "", "tools/call", "",
      MCP_R_MISMATCH },
    { "tool, uri is not its name", "tools/call", "\"uri\":\"a_b\",",
      "tools/call", "a_b", MCP_R_MISMATCH },
    { "prompt", "prompts/get", "\"name\":\"p\",", "prompts/get", "p", OK },
    { "prompt, no header", "prompts/get", "\"name\":\"p\",", "prompts/get",
      NULL, MCP_R_MISMATCH },
    { "resource", "resources/read", "\"uri\":\"file:///a b\",",
      "resources/read", "file:///a b", OK },
    { "resource, no header", "resources/read", "\"uri\":\"x:y\",",
      "resources/read", NULL, MCP_R_MISMATCH },
    { "task", "tasks/get", "\"taskId\":\"t1\",", "tasks/get", "t1", OK },
    { "task, other", "tasks/cancel", "\"taskId\":\"t1\",", "tasks/cancel",
      "t2", MCP_R_MISMATCH },
    { "task, no header", "tasks/update", "\"taskId\":\"t1\",",
      "tasks/update", NULL, MCP_R_MISMATCH },

    /* the Base64 form */

    { "encoded", "tools/call", "\"name\":\"\xc3\xa4\",", "tools/call",
      "=?base64?w6Q=?=", OK },
    { "encoded, other text", "tools/call", "\"name\":\"\xc3\xb6\",",
      "tools/call", "=?base64?w6Q=?=", MCP_R_MISMATCH },
    { "encoded without need", "tools/call", "\"name\":\"abc\",",
      "tools/call", "=?base64?YWJj?=", OK },
    { "encoded, shorter", "tools/call", "\"name\":\"abcd\",", "tools/call",
      "=?base64?YWJj?=", MCP_R_MISMATCH },
    { "encoded, longer", "tools/call", "\"name\":\"ab\",", "tools/call",
      "=?base64?YWJj?=", MCP_R_MISMATCH },
    { "not encoded", "tools/call", "\"name\":\"\xc3\xa4\",", "tools/call",
      "\xc3\xa4", MCP_R_MISMATCH },
    { "no padding", "tools/call", "\"name\":\"\xc3\xa4\",", "tools/call",
      "=?base64?w6Q?=", MCP_R_MISMATCH },
    { "padding inside", "tools/call", "\"name\":\"aa\",", "tools/call",
      "=?base64?YQ==YQ==?=", MCP_R_MISMATCH },
    { "padding alone", "tools/call", "\"name\":\"\",", "tools/call",
      "=?base64?====?=", MCP_R_MISMATCH },
    { "bits left over", "tools/call", "\"name\":\"\xc3\xa4\",", "tools/call",
      "=?base64?w6R=?=", MCP_R_MISMATCH },
    { "base64url letters", "tools/call", "\"name\":\"?\xc3\xbf>\",",
      "tools/call", "=?base64?P8O_Pg==?=", MCP_R_MISMATCH },
    { "all letters", "tools/call", "\"name\":\"?\xc3\xbf>\",", "tools/call",
      "=?base64?P8O/Pg==?=", OK },
    { "blank inside", "tools/call", "\"name\":\"abc\",", "tools/call",
      "=?base64?YW Jj?=", MCP_R_MISMATCH },
    { "text that looks encoded must be encoded", "tools/call",
      "\"name\":\"=?base64?YWJj?=\",", "tools/call", "=?base64?YWJj?=",
      MCP_R_MISMATCH },
    { "encoded text that looks encoded", "tools/call",
      "\"name\":\"=?base64?YWJj?=\",", "tools/call",
      "=?base64?PT9iYXNlNjQ/WVdKaj89?=", OK },
    { "look-alike: capitals", "tools/call", "\"name\":\"=?BASE64?YWJj?=\",",
      "tools/call", "=?BASE64?YWJj?=", OK },
    { "look-alike is not decoded", "tools/call", "\"name\":\"abc\",",
      "tools/call", "=?Base64?YWJj?=", MCP_R_MISMATCH },
    { "look-alike: no end", "tools/call", "\"name\":\"=?base64?YWJj\",",
      "tools/call", "=?base64?YWJj", OK },
    { "look-alike: ends overlap", "tools/call", "\"name\":\"=?base64?=\",",
      "tools/call", "=?base64?=", OK },
    { "blanks at the ends are encoded", "tools/call", "\"name\":\" a \",",
      "tools/call", "=?base64?IGEg?=", OK },
    { "and are lost otherwise", "tools/call", "\"name\":\" a \",",
      "tools/call", " a ", MCP_R_MISMATCH },

    /* the empty name: SEP-2243 and Go, TypeScript */

    { "empty name, empty header", "tools/call", "\"name\":\"\",",
      "tools/call", "", OK },
    { "empty name, encoded", "tools/call", "\"name\":\"\",", "tools/call",
      "=?base64?" "?=", OK },
    { "empty name, blanks", "tools/call", "\"name\":\"\",", "tools/call",
      "  ", OK },
    { "empty name, no header", "tools/call", "\"name\":\"\",", "tools/call",
      NULL, MCP_R_MISMATCH },
    { "a name, empty header", "tools/call", "\"name\":\"a\",", "tools/call",
      "", MCP_R_MISMATCH },
};


static const struct {
    const char  *value;
    int          valid;
} values[] = {
    { "", 1 }, { "us-east1", 1 }, { "a b\tc", 1 }, { "42", 1 },
    { " padded ", 1 }, { "\xc3\xa4", 0 }, { "a\x01" "b", 0 },
    { "a\x7f", 0 }, { "=?base64?" "?=", 1 }, { "=?base64?w6Q=?=", 1 },
    { "=?base64?w6Q?=", 0 }, { "=?base64?!!!!?=", 0 },
    { "=?base64?/w==?=", 0 }, { "=?base64?w6Q=?= ", 1 },
    { "=?base64?4oA=?=", 0 },          /* U+2028 without its last byte */
    { "=?base64?4oCo?=", 1 },          /* U+2028 */
    { "=?base64?7aCA?=", 0 },          /* a surrogate */
    { "=?base64?wIA=?=", 0 },          /* an overlong NUL */
    { "=?base64?4ICA?=", 0 },          /* the same, longer */
    { "=?base64?8ICAgA==?=", 0 },      /* and longer */
    { "=?base64?8J+YgA==?=", 1 },      /* U+1F600 */
    { "=?base64?9JCAgA==?=", 0 },      /* above U+10FFFF */
    { "=?base64?9I+/vw==?=", 1 },      /* U+10FFFF */
    { "=?BASE64?!?=", 1 },             /* not the sentinel: plain text */
    { "=?base64?w6Q==?=", 0 }, { "=?base64?w===?=", 0 },
};


static mcp_message_t  *message;


static mcp_str_t
str(const char *s)
{
    mcp_str_t  v;

    v.data = (const unsigned char *) s;
    v.len = (s != NULL) ? strlen(s) : 0;

    return v;
}


static int
read_message(const char *body)
{
    mcp_json_limits_t  limits = { 64, 4096, 1024, 1024 * 1024 };

    mcp_message_start(message, MCP_CLIENT, &limits, 65536);

    (void) mcp_message_feed(message, (const unsigned char *) body,
                            strlen(body));

    return mcp_message_finish(message) == MCP_OK;
}


static void
test_cases(void)
{
    size_t              i;
    mcp_mirror_t        h;
    const case_t       *c;
    mcp_era_decision_t  d;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        c = &cases[i];

        if (!ok(read_message(c->body), "%s: a message", c->name)) {
            diag("%s", mcp_message_error(message));
            continue;
        }

        h.version = str(c->version);
        h.method = str(c->method);
        h.name = str(c->tool);

        memset(&d, 0xa5, sizeof(d));

        is_int(mcp_era_decide(message, &h, c->eras, &d),
               c->reason == OK ? MCP_OK : MCP_ERROR, "%s: result", c->name);

        if (!is_int(d.reason, c->reason, "%s: reason", c->name)) {
            diag("%s", d.detail ? d.detail : "none");
        }

        if (c->reason == OK) {
            is_int(d.era, c->era, "%s: era", c->name);
            is_mem(d.version.data, d.version.len, c->revision,
                   strlen(c->revision), "%s: revision", c->name);
            ok(d.detail == NULL, "%s: no detail", c->name);
            continue;
        }

        ok(d.detail != NULL, "%s: detail", c->name);
        is_int(d.version.len, 0, "%s: no revision", c->name);

        if (c->reason == MCP_R_VERSION) {
            is_mem(d.requested.data, d.requested.len, c->revision,
                   strlen(c->revision), "%s: requested", c->name);
            is_int(d.supported, c->supported, "%s: supported", c->name);
        }
    }
}


static void
test_mirrors(void)
{
    char                body[512];
    size_t              i;
    mcp_mirror_t        h;
    const mirror_t     *c;
    mcp_era_decision_t  d;

    for (i = 0; i < sizeof(mirrors) / sizeof(mirrors[0]); i++) {
        c = &mirrors[i];

        (void) snprintf(body, sizeof(body), HEAD "\"params\":{%s" MODERN
                        "},\"method\":\"%s\"}", c->params, c->method);

        if (!ok(read_message(body), "%s: a message", c->name)) {
            diag("%s", mcp_message_error(message));
            continue;
        }

        h.version = str("2026-07-28");
        h.method = str(c->h_method);
        h.name = str(c->h_name);

        (void) mcp_era_decide(message, &h, BOTH, &d);

        is_int(d.reason, c->reason, "%s", c->name);
        is_int(d.era, MCP_ERA_MODERN, "%s: era, for the answer", c->name);
    }
}


static void
test_values(void)
{
    size_t  i;

    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        is_int(mcp_era_mirror_valid(str(values[i].value)), values[i].valid,
               "form of \"%s\"", values[i].value);
    }

    ok(mcp_era_mirror_equal(str("=?base64?YQBi?="),
                            (mcp_str_t) mcp_string("a\0b")),
       "a NUL may be encoded");
    ok(!mcp_era_mirror_equal(str("a"), (mcp_str_t) mcp_string("a\0b")),
       "and does not end a text");
}


static void
test_bodiless(void)
{
    size_t              i;
    mcp_era_decision_t  d;

    static const struct {
        const char   *version;
        unsigned      eras;
        mcp_reason_t  reason;
        const char   *revision;       /* or the one that was asked for */
    } want[] = {
        { NULL, BOTH, OK, "2025-03-26" },
        { "2025-11-25", BOTH, OK, "2025-11-25" },
        { " 2025-06-18", L, OK, "2025-06-18" },
        { "2026-07-28", BOTH, MCP_R_HTTP_METHOD, "" },
        { "2025-11-25", M, MCP_R_HTTP_METHOD, "" },
        { NULL, M, MCP_R_HTTP_METHOD, "" },
        { "2031-01-01", BOTH, MCP_R_VERSION, "2031-01-01" },
        { "", BOTH, MCP_R_VERSION, "" },
        { "2025\xff", BOTH, MCP_R_VERSION, "" },
    };

    for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        memset(&d, 0xa5, sizeof(d));

        is_int(mcp_era_decide_bodiless(str(want[i].version), want[i].eras,
                                       &d),
               want[i].reason == OK ? MCP_OK : MCP_ERROR,
               "no body, %zu: result", i);
        is_int(d.reason, want[i].reason, "no body, %zu: reason", i);

        if (d.reason == OK) {
            is_int(d.era, MCP_ERA_LEGACY, "no body, %zu: era", i);
            is_mem(d.version.data, d.version.len, want[i].revision,
                   strlen(want[i].revision), "no body, %zu: revision", i);

        } else {
            is_mem(d.requested.data, d.requested.len, want[i].revision,
                   strlen(want[i].revision), "no body, %zu: requested", i);
        }
    }
}


int
main(void)
{
    message = mcp_message_create();

    test_cases();
    test_mirrors();
    test_values();
    test_bodiless();

    mcp_message_destroy(message);

    return done();
}
