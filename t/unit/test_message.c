/*
 * The envelope: normal form (mcp-wire.md 10.2, 10.5) and what is known of a
 * message.  Each text is read whole, byte by byte and in random slices, and
 * everything that can be asked must be the same.  Places, roles and surfaces
 * have a test of their own: test_place.c; spans and paths: test_message_span.c.
 */

#include "mcp_message.h"

#include "tap.h"

#include <stdlib.h>


#define C  MCP_CLIENT
#define S  MCP_SERVER

#define V  "\"jsonrpc\":\"2.0\","
#define R  V "\"id\":1,"

#define K8    "kkkkkkkk"
#define K64   K8 K8 K8 K8 K8 K8 K8 K8
#define K256  K64 K64 K64 K64


typedef struct {
    mcp_dir_t     dir;
    const char   *body;
    mcp_reason_t  reason;     /* MCP_R_NONE: it is a message                 */
    const char   *want;       /* describe() of its envelopes, or the error   */
} case_t;


/*
 * An envelope is described as
 *     kind method id name claim version resultType code flags
 * with '-' for what is not there.  Flags: n name_present, a has_arguments,
 * u elicit_url, c has_claim, b bad_claim, s id_string, 0 id_null.
 */
static const case_t  cases[] = {

    /* what is a message */

    { C, "{" R "\"method\":\"ping\"}", 0, "req ping 1 - - - - - -" },
    { C, " \t\r\n{" R "\"method\":\"ping\"} \n", 0,
      "req ping 1 - - - - - -" },
    { C, "{\"method\":\"ping\",\"id\":1,\"jsonrpc\":\"2.0\"}", 0,
      "req ping 1 - - - - - -" },
    { C, "{" R "\"method\":\"ping\",\"params\":{}}", 0,
      "req ping 1 - - - - - -" },
    { C, "{\"json\\u0072pc\":\"2\\u002e0\",\"\\u0069d\":1,"
      "\"m\\u0065thod\":\"p\\u0069ng\"}", 0, "req ping 1 - - - - - -" },
    { C, "{" V "\"method\":\"notifications/initialized\"}", 0,
      "note notifications/initialized - - - - - - -" },
    { C, "{" R "\"method\":\"x/y\"}", 0, "req x/y 1 - - - - - -" },
    { C, "{" V "\"method\":\"x/y\"}", 0, "note x/y - - - - - - -" },
    { C, "{" R "\"result\":{}}", 0, "res - 1 - - - - - -" },
    { C, "{" R "\"error\":{\"code\":-1,\"message\":\"no\"}}", 0,
      "err - 1 - - - - -1 -" },
    { S, "{" R "\"result\":{}}", 0, "res - 1 - - - - - -" },
    { S, "{" R "\"error\":{\"message\":\"\",\"code\":-32601,"
      "\"data\":[1],\"more\":1}}", 0, "err - 1 - - - - -32601 -" },
    { S, "{" R "\"method\":\"roots/list\"}", 0,
      "req roots/list 1 - - - - - -" },
    { S, "{" V "\"method\":\"notifications/message\",\"params\":{}}", 0,
      "note notifications/message - - - - - - -" },

    /* ids */

    { C, "{" V "\"id\":0,\"method\":\"ping\"}", 0, "req ping 0 - - - - - -" },
    { C, "{" V "\"id\":-1,\"method\":\"ping\"}", 0,
      "req ping -1 - - - - - -" },
    { C, "{" V "\"id\":9007199254740991,\"method\":\"ping\"}", 0,
      "req ping 9007199254740991 - - - - - -" },
    { C, "{" V "\"id\":-9007199254740991,\"method\":\"ping\"}", 0,
      "req ping -9007199254740991 - - - - - -" },
    { C, "{" V "\"id\":9007199254740992,\"method\":\"ping\"}", MCP_R_INVALID,
      "id is not a plain integer" },
    { C, "{" V "\"id\":-9007199254740992,\"method\":\"ping\"}",
      MCP_R_INVALID, "id is not a plain integer" },
    { C, "{" V "\"id\":123456789012345678901234567890,"
      "\"method\":\"ping\"}", MCP_R_INVALID, "id is not a plain integer" },
    { C, "{" V "\"id\":-0,\"method\":\"ping\"}", MCP_R_INVALID,
      "id is not a plain integer" },
    { C, "{" V "\"id\":1.0,\"method\":\"ping\"}", MCP_R_INVALID,
      "id is not a plain integer" },
    { C, "{" V "\"id\":1e3,\"method\":\"ping\"}", MCP_R_INVALID,
      "id is not a plain integer" },
    { C, "{" V "\"id\":1E0,\"method\":\"ping\"}", MCP_R_INVALID,
      "id is not a plain integer" },
    { S, "{" V "\"id\":1.0,\"result\":{}}", MCP_R_INVALID,
      "id is not a plain integer" },
    { C, "{" V "\"id\":null,\"method\":\"ping\"}", MCP_R_INVALID,
      "id is null" },
    { C, "{" V "\"id\":null,\"method\":\"notifications/initialized\"}",
      MCP_R_INVALID, "id is null" },
    { C, "{" V "\"id\":true,\"method\":\"ping\"}", MCP_R_INVALID,
      "id is neither string nor integer" },
    { C, "{" V "\"id\":{},\"method\":\"ping\"}", MCP_R_INVALID,
      "id is neither string nor integer" },
    { C, "{" V "\"id\":[1],\"method\":\"ping\"}", MCP_R_INVALID,
      "id is neither string nor integer" },
    { C, "{" V "\"id\":\"\",\"method\":\"ping\"}", 0,
      "req ping \"\" - - - - - s" },
    { C, "{" V "\"id\":\"a b\",\"method\":\"ping\"}", 0,
      "req ping \"a b\" - - - - - s" },
    { C, "{" V "\"id\":\"\\u0061\\/\\\"\\u00e4\",\"method\":\"ping\"}", 0,
      "req ping \"a/\\\"\xc3\xa4\" - - - - - s" },
    { C, "{" V "\"id\":\"1\",\"method\":\"ping\"}", 0,
      "req ping \"1\" - - - - - s" },
    { C, "{" V "\"id\":\"" K256 "\",\"method\":\"ping\"}", 0,
      "req ping \"" K256 "\" - - - - - s" },
    { C, "{" V "\"id\":\"" K256 "k\",\"method\":\"ping\"}", MCP_R_INVALID,
      "id is too long" },
    { C, "{" V "\"id\":\"a\\n\",\"method\":\"ping\"}", MCP_R_INVALID,
      "id has control characters" },
    { C, "{" V "\"id\":\"\\u0000\",\"method\":\"ping\"}", MCP_R_INVALID,
      "id has control characters" },
    { C, "{" V "\"id\":\"\x7f\",\"method\":\"ping\"}", MCP_R_INVALID,
      "id has control characters" },
    { C, "{" V "\"id\":\"\\u0085\",\"method\":\"ping\"}", MCP_R_INVALID,
      "id has control characters" },
    { C, "{" V "\"id\":\"\\u009f\",\"method\":\"ping\"}", MCP_R_INVALID,
      "id has control characters" },
    { C, "{" V "\"id\":\"\\u00a0\",\"method\":\"ping\"}", 0,
      "req ping \"\xc2\xa0\" - - - - - s" },
    { S, "{" V "\"id\":\"\\u2028\",\"result\":{}}", MCP_R_INVALID,
      "id has control characters" },
    { S, "{" V "\"id\":\"\xe2\x80\xa9\",\"result\":{}}", MCP_R_INVALID,
      "id has control characters" },
    { S, "{" V "\"id\":\"\xe2\x80\xa7\",\"result\":{}}", 0,
      "res - \"\xe2\x80\xa7\" - - - - - s" },

    /* an error may answer what could not be read, but only a server's */

    { S, "{" V "\"id\":null,\"error\":{\"code\":-32700,\"message\":\"x\"}}",
      0, "err - - - - - - -32700 0" },
    { S, "{" V "\"error\":{\"code\":-32700,\"message\":\"x\"}}", 0,
      "err - - - - - - -32700 -" },
    { C, "{" V "\"id\":null,\"error\":{\"code\":-32700,\"message\":\"x\"}}",
      MCP_R_INVALID, "id is null" },
    { C, "{" V "\"error\":{\"code\":-32700,\"message\":\"x\"}}",
      MCP_R_INVALID, "response without an id" },
    { S, "{" V "\"id\":null,\"result\":{}}", MCP_R_INVALID, "id is null" },
    { S, "{" V "\"result\":{}}", MCP_R_INVALID, "response without an id" },

    /* one and only one kind */

    { C, "{" R "\"method\":\"ping\",\"result\":{}}", MCP_R_INVALID,
      "method beside result or error" },
    { C, "{" R "\"error\":{\"code\":1,\"message\":\"\"},"
      "\"method\":\"ping\"}", MCP_R_INVALID,
      "method beside result or error" },
    { S, "{" R "\"result\":{},\"error\":{\"code\":1,\"message\":\"\"}}",
      MCP_R_INVALID, "result beside error" },
    { C, "{" R "\"params\":{}}", MCP_R_INVALID, "params without a method" },
    { S, "{" R "\"params\":{},\"result\":{}}", MCP_R_INVALID,
      "params without a method" },
    { C, "{\"jsonrpc\":\"2.0\",\"id\":1}", MCP_R_INVALID,
      "neither method nor result nor error" },
    { C, "{\"jsonrpc\":\"2.0\"}", MCP_R_INVALID,
      "neither method nor result nor error" },
    { C, "{}", MCP_R_INVALID, "no jsonrpc member" },
    { C, "{" V "\"method\":\"tools/call\"}", MCP_R_INVALID,
      "request without an id" },
    { C, "{" R "\"method\":\"notifications/initialized\"}", MCP_R_INVALID,
      "notification with an id" },
    { S, "{" V "\"method\":\"sampling/createMessage\"}", MCP_R_INVALID,
      "request without an id" },

    /* jsonrpc */

    { C, "{\"id\":1,\"method\":\"ping\"}", MCP_R_INVALID,
      "no jsonrpc member" },
    { C, "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}",
      MCP_R_INVALID, "jsonrpc is not \"2.0\"" },
    { C, "{\"jsonrpc\":\"2.00\",\"id\":1,\"method\":\"ping\"}",
      MCP_R_INVALID, "jsonrpc is not \"2.0\"" },
    { C, "{\"jsonrpc\":2.0,\"id\":1,\"method\":\"ping\"}", MCP_R_INVALID,
      "jsonrpc is not \"2.0\"" },
    { C, "{\"jsonrpc\":null,\"id\":1,\"method\":\"ping\"}", MCP_R_INVALID,
      "jsonrpc is not \"2.0\"" },
    { C, "{\"jsonrpc\":[\"2.0\"],\"id\":1,\"method\":\"ping\"}",
      MCP_R_INVALID, "jsonrpc is not \"2.0\"" },
    { S, "{\"id\":1,\"result\":{}}", MCP_R_INVALID, "no jsonrpc member" },

    /* types of the other members */

    { C, "{" R "\"method\":1}", MCP_R_INVALID, "method is not a string" },
    { C, "{" R "\"method\":null}", MCP_R_INVALID, "method is not a string" },
    { C, "{" R "\"method\":[\"ping\"]}", MCP_R_INVALID,
      "method is not a string" },
    { C, "{" R "\"method\":\"\"}", MCP_R_INVALID,
      "method name is empty or too long" },
    { C, "{" R "\"method\":\"" K64 K64 "\"}", 0,
      "req " K64 K64 " 1 - - - - - -" },
    { C, "{" R "\"method\":\"" K64 K64 "k\"}", MCP_R_INVALID,
      "method name is empty or too long" },
    { C, "{" R "\"method\":\"ping\",\"params\":[]}", MCP_R_INVALID,
      "params is not an object" },
    { C, "{" R "\"method\":\"ping\",\"params\":null}", MCP_R_INVALID,
      "params is not an object" },
    { C, "{" R "\"method\":\"ping\",\"params\":\"x\"}", MCP_R_INVALID,
      "params is not an object" },
    { S, "{" R "\"result\":[]}", MCP_R_INVALID, "result is not an object" },
    { S, "{" R "\"result\":null}", MCP_R_INVALID,
      "result is not an object" },
    { S, "{" R "\"result\":\"x\"}", MCP_R_INVALID,
      "result is not an object" },
    { S, "{" R "\"error\":\"x\"}", MCP_R_INVALID, "error is not an object" },
    { S, "{" R "\"error\":null}", MCP_R_INVALID, "error is not an object" },
    { S, "{" R "\"error\":{}}", MCP_R_INVALID,
      "error without code or message" },
    { S, "{" R "\"error\":{\"code\":1}}", MCP_R_INVALID,
      "error without code or message" },
    { S, "{" R "\"error\":{\"message\":\"x\"}}", MCP_R_INVALID,
      "error without code or message" },
    { S, "{" R "\"error\":{\"code\":\"1\",\"message\":\"x\"}}",
      MCP_R_INVALID, "error code is not an integer" },
    { S, "{" R "\"error\":{\"code\":1.5,\"message\":\"x\"}}",
      MCP_R_INVALID, "error code is not an integer" },
    { S, "{" R "\"error\":{\"code\":1,\"message\":null}}",
      MCP_R_INVALID, "error message is not a string" },
    { S, "{" R "\"error\":{\"code\":2147483647,\"message\":\"\"}}", 0,
      "err - 1 - - - - 2147483647 -" },
    { S, "{" R "\"error\":{\"code\":-2147483648,\"message\":\"\"}}", 0,
      "err - 1 - - - - -2147483648 -" },
    { S, "{" R "\"error\":{\"code\":2147483648,\"message\":\"\"}}", 0,
      "err - 1 - - - - - -" },
    { S, "{" R "\"error\":{\"code\":1,\"message\":\"\",\"data\":"
      "{\"code\":\"x\",\"message\":1}}}", 0, "err - 1 - - - - 1 -" },

    /* members that are not the envelope's */

    { C, "{" R "\"method\":\"ping\",\"x\":1}", MCP_R_INVALID,
      "unknown envelope member" },
    { C, "{" R "\"method\":\"ping\",\"name\":\"x\"}", MCP_R_INVALID,
      "unknown envelope member" },
    { C, "{" R "\"method\":\"ping\",\"_meta\":{}}", MCP_R_INVALID,
      "unknown envelope member" },
    { C, "{" R "\"method\":\"ping\",\"__proto__\":{}}", MCP_R_INVALID,
      "unknown envelope member" },
    { C, "{" R "\"method\":\"ping\",\"\":1}", MCP_R_INVALID,
      "unknown envelope member" },
    { S, "{" R "\"result\":{},\"x\":1}", MCP_R_INVALID,
      "unknown envelope member" },

    /* what JSON refuses: by the book, or by our limits */

    { C, "", MCP_R_PARSE, NULL },
    { C, "{", MCP_R_PARSE, NULL },
    { C, "{" R "\"method\":\"ping\"}x", MCP_R_PARSE, NULL },
    { C, "{" R "\"method\":\"ping\"}{}", MCP_R_PARSE, NULL },
    { C, "{" R "\"method\":\"ping\",}", MCP_R_PARSE, NULL },
    { C, "\xef\xbb\xbf{" R "\"method\":\"ping\"}", MCP_R_PARSE, NULL },
    { C, "{" R "\"method\":\"p\xff\"}", MCP_R_PARSE, NULL },
    { C, "{" R "\"method\":\"\\ud800\"}", MCP_R_PARSE, NULL },
    { C, "{" R "\"method\":\"ping\",\"params\":{\"x\\u0000\":1}}",
      MCP_R_PARSE, NULL },
    { C, "{" R "\"method\":\"ping\",\"params\":{\"x\":NaN}}", MCP_R_PARSE,
      NULL },
    { C, "{" R "\"method\":\"ping\",\"method\":\"ping\"}", MCP_R_INVALID,
      "duplicate member" },
    { C, "{" R "\"method\":\"ping\",\"m\\u0065thod\":\"ping\"}",
      MCP_R_INVALID, "duplicate member" },
    { C, "{" R "\"method\":\"ping\",\"params\":{\"a\":{\"b\":1,\"b\":1}}}",
      MCP_R_INVALID, "duplicate member" },
    { C, "{" R "\"method\":\"ping\",\"params\":{\"a\":[[[[[[[[]]]]]]]]}}", 0,
      "req ping 1 - - - - - -" },
    { C, "{" R "\"method\":\"ping\",\"params\":{\"a\":[[[[[[[[[]]]]]]]]]}}",
      MCP_R_INVALID, "nested too deeply" },

    /* not an object */

    { C, "1", MCP_R_INVALID, "message is not an object" },
    { C, "null", MCP_R_INVALID, "message is not an object" },
    { C, "\"x\"", MCP_R_INVALID, "message is not an object" },
    { C, "true", MCP_R_INVALID, "message is not an object" },

    /* batches */

    { C, "[]", MCP_R_INVALID, "empty batch" },
    { C, "[1]", MCP_R_INVALID, "batch element is not an object" },
    { C, "[[{" R "\"method\":\"ping\"}]]", MCP_R_INVALID,
      "batch element is not an object" },
    { C, "[{" R "\"method\":\"ping\"},null]", MCP_R_INVALID,
      "batch element is not an object" },
    { C, "[{" R "\"method\":\"ping\"},\"x\"]", MCP_R_INVALID,
      "batch element is not an object" },
    { C, "[{" R "\"method\":\"ping\"},{}]", MCP_R_INVALID,
      "no jsonrpc member" },
    { C, "[{" R "\"method\":\"ping\"}]", 0, "req ping 1 - - - - - -" },
    { C, "[{" R "\"method\":\"tools/call\",\"params\":{\"name\":\"a\"}},"
      "{" V "\"method\":\"x\"} , {" V "\"id\":\"2\",\"result\":{}}]", 0,
      "req tools/call 1 a - - - - n|note x - - - - - - -|"
      "res - \"2\" - - - - - s" },
    { S, "[{" R "\"result\":{}},{" V "\"id\":2,\"result\":{}}]", 0,
      "res - 1 - - - - - -|res - 2 - - - - - -" },

    /* names: which member it is depends on the method, order is free */

    { C, "{" R "\"method\":\"tools/call\",\"params\":{\"name\":\"t\","
      "\"uri\":\"u\",\"taskId\":\"k\",\"arguments\":{}}}", 0,
      "req tools/call 1 t - - - - na" },
    { C, "{\"params\":{\"arguments\":{},\"name\":\"t\"},"
      "\"method\":\"tools/call\"," R "\"params2\":1}", MCP_R_INVALID,
      "unknown envelope member" },
    { C, "{\"params\":{\"arguments\":{\"name\":\"no\"},\"name\":\"t\"},"
      "\"method\":\"tools/call\",\"id\":1,\"jsonrpc\":\"2.0\"}", 0,
      "req tools/call 1 t - - - - na" },
    { C, "{" R "\"method\":\"prompts/get\",\"params\":{\"name\":\"p\"}}", 0,
      "req prompts/get 1 p - - - - n" },
    { C, "{" R "\"method\":\"resources/read\",\"params\":{\"uri\":\"u:\","
      "\"name\":\"x\"}}", 0, "req resources/read 1 u: - - - - n" },
    { C, "{" R "\"method\":\"resources/subscribe\",\"params\":{"
      "\"uri\":\"u:\"}}", 0, "req resources/subscribe 1 u: - - - - n" },
    { C, "{" R "\"method\":\"resources/unsubscribe\",\"params\":{"
      "\"uri\":\"u:\"}}", 0, "req resources/unsubscribe 1 u: - - - - n" },
    { C, "{" R "\"method\":\"tasks/get\",\"params\":{\"taskId\":\"k\"}}", 0,
      "req tasks/get 1 k - - - - n" },
    { C, "{" R "\"method\":\"tasks/update\",\"params\":{"
      "\"taskId\":\"k\"}}", 0, "req tasks/update 1 k - - - - n" },
    { C, "{" R "\"method\":\"tasks/cancel\",\"params\":{"
      "\"taskId\":\"k\"}}", 0, "req tasks/cancel 1 k - - - - n" },
    { C, "{" R "\"method\":\"tasks/result\",\"params\":{"
      "\"taskId\":\"k\"}}", 0, "req tasks/result 1 k - - - - n" },
    { C, "{" R "\"method\":\"completion/complete\",\"params\":{\"ref\":{"
      "\"type\":\"ref/prompt\",\"name\":\"p\"}}}", 0,
      "req completion/complete 1 - - - - - -" },
    { C, "{" R "\"method\":\"tools/call\",\"params\":{\"name\":\"\"}}", 0,
      "req tools/call 1 - - - - - n" },
    { C, "{" R "\"method\":\"tools/call\",\"params\":{}}", 0,
      "req tools/call 1 - - - - - -" },
    { C, "{" R "\"method\":\"tools/call\",\"params\":{\"name\":1}}",
      MCP_R_INVALID, "name is not a string" },
    { C, "{" R "\"method\":\"tools/call\",\"params\":{\"name\":[\"a\"]}}",
      MCP_R_INVALID, "name is not a string" },
    { C, "{" R "\"method\":\"resources/read\",\"params\":{\"uri\":null}}",
      MCP_R_INVALID, "name is not a string" },
    { C, "{" R "\"method\":\"tasks/get\",\"params\":{\"taskId\":7}}",
      MCP_R_INVALID, "name is not a string" },
    { C, "{" R "\"method\":\"tools/call\",\"params\":{\"name\":\"t\","
      "\"uri\":1,\"taskId\":null,\"arguments\":null}}", 0,
      "req tools/call 1 t - - - - na" },
    { C, "{" R "\"method\":\"tools/call\",\"params\":{\"arguments\":"
      "{\"params\":{\"name\":\"x\"}}}}", 0, "req tools/call 1 - - - - - a" },

    /* revisions and capabilities */

    { C, "{" R "\"method\":\"initialize\",\"params\":{\"protocolVersion\":"
      "\"2025-11-25\",\"capabilities\":{\"elicitation\":{\"url\":{}}}}}", 0,
      "req initialize 1 - - 2025-11-25 - - u" },
    { C, "{" R "\"params\":{\"capabilities\":{\"elicitation\":{\"form\":{},"
      "\"url\":{}}}},\"method\":\"initialize\"}", 0,
      "req initialize 1 - - - - - u" },
    { C, "{" R "\"method\":\"initialize\",\"params\":{\"capabilities\":"
      "{\"elicitation\":{}}}}", 0, "req initialize 1 - - - - - -" },
    { C, "{" R "\"method\":\"initialize\",\"params\":{\"capabilities\":"
      "{\"elicitation\":{\"url\":null},\"url\":{},\"x\":{\"url\":{}}}}}", 0,
      "req initialize 1 - - - - - -" },
    { C, "{" R "\"method\":\"tools/call\",\"params\":{\"name\":\"t\","
      "\"protocolVersion\":\"x\",\"capabilities\":{\"elicitation\":"
      "{\"url\":{}}}}}", 0, "req tools/call 1 t - - - - n" },
    { C, "{" R "\"method\":\"tools/call\",\"params\":{\"name\":\"t\","
      "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":"
      "\"2026-07-28\",\"io.modelcontextprotocol/clientCapabilities\":"
      "{\"elicitation\":{\"url\":{}}}}}}", 0,
      "req tools/call 1 t 2026-07-28 - - - nuc" },
    { C, "{" R "\"method\":\"ping\",\"params\":{\"_meta\":{"
      "\"io.modelcontextprotocol/protocolVersion\":7}}}", 0,
      "req ping 1 - - - - - b" },
    { C, "{" R "\"method\":\"ping\",\"params\":{\"x\":{\"_meta\":{"
      "\"io.modelcontextprotocol/protocolVersion\":\"y\"}}}}", 0,
      "req ping 1 - - - - - -" },
    { C, "{" R "\"method\":\"tools/call\",\"params\":{\"name\":\"t\","
      "\"arguments\":{\"_meta\":{"
      "\"io.modelcontextprotocol/protocolVersion\":\"y\"}}}}", 0,
      "req tools/call 1 t - - - - na" },
    { C, "{" R "\"method\":\"tools/call\",\"params\":{\"name\":\"t\","
      "\"inputResponses\":{\"a\":{\"_meta\":{"
      "\"io.modelcontextprotocol/protocolVersion\":\"y\"}}}}}", 0,
      "req tools/call 1 t - - - - n" },
    { S, "{" R "\"result\":{\"resultType\":\"input_required\"}}", 0,
      "res - 1 - - - input_required - -" },
    { S, "{" R "\"result\":{\"error\":{\"code\":\"x\",\"message\":1},"
      "\"result\":{\"error\":{}}}}", 0, "res - 1 - - - - - -" },
    { S, "{" R "\"result\":{\"resultType\":1,\"x\":{"
      "\"resultType\":\"y\"}}}", 0, "res - 1 - - - - - -" },
};


static mcp_message_t  *message;


static void
put(mcp_buf_t *b, const char *s)
{
    (void) mcp_buf_append_str(b, s);
}


static void
put_span(mcp_buf_t *b, const unsigned char *text, mcp_span_t s)
{
    put(b, " ");

    if (s.len == 0) {
        put(b, "-");
        return;
    }

    (void) mcp_buf_append(b, text + s.off, s.len);
}


static void
describe(mcp_message_t *m, mcp_buf_t *b)
{
    size_t                 i, n, len;
    char                   code[16];
    const unsigned char   *text;
    const mcp_envelope_t  *e;

    static const char *const  kinds[] = { "bad", "req", "note", "res", "err" };

    n = mcp_message_envelopes(m, &e);
    text = mcp_message_text(m, &len);

    for (i = 0; i < n; i++, e++) {
        put(b, i ? "|" : "");
        put(b, kinds[e->kind]);
        put_span(b, text, e->method);
        put_span(b, mcp_message_ids(m), e->id);
        put_span(b, text, e->name);
        put_span(b, text, e->claim);
        put_span(b, text, e->version);
        put_span(b, text, e->result_type);

        (void) snprintf(code, sizeof(code), " %d ", e->error_code);
        put(b, e->has_error_code ? code : " - ");

        len = b->len;
        put(b, e->name_present ? "n" : "");
        put(b, e->has_arguments ? "a" : "");
        put(b, e->elicit_url ? "u" : "");
        put(b, e->has_claim ? "c" : "");
        put(b, e->bad_claim ? "b" : "");
        put(b, e->id_string ? "s" : "");
        put(b, e->id_null ? "0" : "");
        put(b, b->len == len ? "-" : "");
    }
}


/* Everything that can be asked, for comparing slicings. */
static void
dump(mcp_message_t *m, mcp_buf_t *b)
{
    size_t                 i, n, len;
    char                   line[256];
    mcp_segment_t         *s;
    const mcp_item_t      *item;
    const mcp_envelope_t  *e;

    describe(m, b);
    n = mcp_message_envelopes(m, &e);

    for (i = 0; i < n; i++, e++) {
        (void) snprintf(line, sizeof(line),
                        "\n%u+%u %u+%u %u+%u %u+%u %u+%u", e->raw.off,
                        e->raw.len, e->result.off, e->result.len,
                        e->tools.off, e->tools.len, e->cache_scope.off,
                        e->cache_scope.len, e->instructions.off,
                        e->instructions.len);
        put(b, line);
    }

    n = mcp_message_items(m, &item);

    for (i = 0; i < n; i++, item++) {
        (void) snprintf(line, sizeof(line), "\nitem %u+%u %u+%u %u",
                        item->raw.off, item->raw.len, item->name.off,
                        item->name.len, item->envelope);
        put(b, line);
    }

    n = mcp_message_segments(m, &s);

    for (i = 0; i < n; i++, s++) {
        (void) snprintf(line, sizeof(line),
                        "\n%u+%u %u+%u %u %u %u %u %u %u %u%u%u%u ", s->text,
                        s->len, s->raw, s->raw_len, s->node, s->item,
                        s->envelope, s->role, s->surfaces, s->kinds, s->key,
                        s->escaped, s->ascii, s->block);
        put(b, line);
        (void) mcp_message_path(m, s, line, sizeof(line));
        put(b, line);
        put_span(b, mcp_message_text(m, &len),
                 mcp_message_argument(m, s));
    }
}


static mcp_rc_t
feed(mcp_message_t *m, const char *body, size_t len)
{
    mcp_rc_t        rc;
    unsigned char  *copy;

    /* memory of its own, and gone afterwards */

    copy = malloc(len ? len : 1);
    memcpy(copy, body, len);
    rc = mcp_message_feed(m, copy, len);
    memset(copy, 'X', len);
    free(copy);

    return rc;
}


/* slice 0: whole; 1: byte by byte; else random slices from that seed */
static mcp_rc_t
read_message(mcp_dir_t dir, const char *body, size_t len, unsigned slice)
{
    size_t             n;
    mcp_rc_t           rc;
    mcp_json_limits_t  limits = { 10, 4096, 1024, 1024 * 1024 };

    srand(slice);
    mcp_message_start(message, dir, &limits, 4096);
    rc = MCP_AGAIN;

    while (len != 0 && rc == MCP_AGAIN) {
        n = slice == 0 ? len : slice == 1 ? 1 : 1 + (size_t) rand() % 9;

        if (n > len) {
            n = len;
        }

        rc = feed(message, body, n);
        body += n;
        len -= n;
    }

    return rc == MCP_AGAIN ? mcp_message_finish(message) : rc;
}


static void
test_cases(void)
{
    size_t         i;
    unsigned       slice;
    mcp_rc_t       rc;
    mcp_buf_t      whole, got;
    const case_t  *c;

    memset(&whole, 0, sizeof(whole));
    memset(&got, 0, sizeof(got));

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        c = &cases[i];

        for (slice = 0; slice < 5; slice++) {
            rc = read_message(c->dir, c->body, strlen(c->body), slice);

            is_int(rc, c->reason == MCP_R_NONE ? MCP_OK : MCP_ERROR,
                   "%zu, slicing %u: result of %.60s", i, slice, c->body);
            is_int(mcp_message_reason(message), c->reason,
                   "%zu, slicing %u: reason", i, slice);

            if (c->reason != MCP_R_NONE) {

                if (c->want != NULL) {
                    is_str(mcp_message_error(message), c->want,
                           "%zu, slicing %u: error", i, slice);
                }

                is_int(mcp_message_feed(message, (unsigned char *) "{}", 2),
                       MCP_ERROR, "%zu, slicing %u: sticky", i, slice);
                is_int(mcp_message_finish(message), MCP_ERROR,
                       "%zu, slicing %u: to the end", i, slice);
                is_int(mcp_message_reason(message), c->reason,
                       "%zu, slicing %u: reason stays", i, slice);
                continue;
            }

            got.len = 0;
            describe(message, &got);
            is_mem(got.data, got.len, c->want, strlen(c->want),
                   "%zu, slicing %u: envelopes", i, slice);
            is_int(mcp_message_batch(message),
                   c->body[strspn(c->body, " \t\r\n")] == '[',
                   "%zu, slicing %u: batch", i, slice);

            got.len = 0;
            dump(message, slice ? &got : &whole);

            if (slice != 0) {
                is_mem(got.data, got.len, whole.data, whole.len,
                       "%zu, slicing %u: all tables", i, slice);
            }
        }

        whole.len = 0;
    }

    mcp_buf_free(&whole);
    mcp_buf_free(&got);
}


static void
test_batch_limit(void)
{
    size_t                 i, n;
    mcp_buf_t              b;
    const mcp_envelope_t  *e;

    memset(&b, 0, sizeof(b));

    for (n = MCP_MAX_BATCH; n <= MCP_MAX_BATCH + 1; n++) {
        b.len = 0;
        put(&b, "[");

        for (i = 0; i < n; i++) {
            put(&b, i ? ",{" V "\"id\":" : "{" V "\"id\":");
            (void) mcp_buf_append_uint(&b, i);
            put(&b, ",\"method\":\"ping\"}");
        }

        put(&b, "]");

        if (n == MCP_MAX_BATCH) {
            is_int(read_message(C, (char *) b.data, b.len, 0), MCP_OK,
                   "a full batch");
            is_int(mcp_message_envelopes(message, &e), n, "its messages");

            for (i = 0; i < n; i++) {
                is_int(e[i].raw.len,
                       (i < 10 ? 1 : 2) + strlen("{" V "\"id\":,"
                                                 "\"method\":\"ping\"}"),
                       "message %zu: raw span", i);
            }

        } else {
            is_int(read_message(C, (char *) b.data, b.len, 0), MCP_ERROR,
                   "one more");
            is_str(mcp_message_error(message),
                   "too many messages in a batch", "is too many");
            is_int(mcp_message_reason(message), MCP_R_INVALID, "reason");
        }
    }

    mcp_buf_free(&b);
}


static void
test_size_limit(void)
{
    mcp_json_limits_t  limits = { 10, 4096, 1024, 40 };

    static const char  body[] = "{" R "\"method\":\"ping\"}      ";

    mcp_message_start(message, C, &limits, 4096);

    is_int(feed(message, body, 40), MCP_AGAIN, "just the limit");
    is_int(feed(message, body + 40, 1), MCP_ERROR, "a byte more");
    is_int(mcp_message_reason(message), MCP_R_TOO_LARGE, "is too large");
}


int
main(void)
{
    message = mcp_message_create();

    test_cases();
    test_batch_limit();
    test_size_limit();


    mcp_message_destroy(message);

    return done();
}
