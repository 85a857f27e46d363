/*
 * Places: which role and surfaces each string of a message has (mcp-wire.md
 * 7.1, 7.2), and where variants of member names are refused (10.5 point 3;
 * design.md 2.6).
 */

#include "mcp_message.h"

#include "tap.h"

#include <jansson.h>
#include <stdlib.h>


#define AR  MCP_SURFACE_ARGUMENTS
#define RE  MCP_SURFACE_RESULT
#define DE  MCP_SURFACE_DESCRIPTION
#define RS  MCP_SURFACE_RESOURCE
#define PR  MCP_SURFACE_PROMPT
#define LO  MCP_SURFACE_LOG
#define ER  MCP_SURFACE_ERROR
#define EL  MCP_SURFACE_ELICITATION

#define ANY  (LO|RE|PR|EL)    /* params of a method not known yet */

#define OTHER      MCP_ROLE_OTHER
#define ENVELOPE   MCP_ROLE_ENVELOPE
#define NAME       MCP_ROLE_NAME
#define ARGUMENT   MCP_ROLE_ARGUMENT
#define PARAMS     MCP_ROLE_PARAMS
#define ANSWER     MCP_ROLE_ANSWER
#define META       MCP_ROLE_META
#define INSTR      MCP_ROLE_INSTRUCTIONS
#define SINFO      MCP_ROLE_SERVER_INFO
#define TOOL       MCP_ROLE_TOOL
#define LISTED     MCP_ROLE_LISTED
#define CONTENT    MCP_ROLE_CONTENT
#define CONTENTS   MCP_ROLE_CONTENTS
#define MESSAGES   MCP_ROLE_MESSAGES
#define INPUT      MCP_ROLE_INPUT_REQUEST
#define ERROR      MCP_ROLE_ERROR
#define STATE      MCP_ROLE_STATE

#define V  "\"jsonrpc\":\"2.0\","
#define R  V "\"id\":\"i\","
#define P  "io.modelcontextprotocol/"

#define REQUEST(method, params)                                               \
    "{" R "\"method\":\"" method "\",\"params\":{" params "}}"
#define NOTE(method, params)                                                  \
    "{" V "\"method\":\"" method "\",\"params\":{" params "}}"
#define RESULT(members)   "{" R "\"result\":{" members "}}"


/*
 * A value of a message, by its JSON Pointer: value "v" everywhere, so that
 * tables are short.  A path that ends in " key" means the member name.
 */
typedef struct {
    const char  *path;
    mcp_role_t   role;
    unsigned     surfaces;
    int          block;
    int          item;        /* number + 1                                  */
} want_t;

#define MAX_WANT  40

typedef struct {
    mcp_dir_t    dir;
    const char  *body;
    want_t       want[MAX_WANT];
} case_t;


static const case_t  cases[] = {

    /* 7.2: what a client says */

    { MCP_CLIENT, REQUEST("tools/call", "\"name\":\"v\",\"x\":\"v\","
        "\"arguments\":{\"k\":\"v\",\"l\":[\"v\",{\"m\":\"v\"}],"
        "\"name\":\"v\",\"_meta\":{\"k\":\"v\"}},"
        "\"_meta\":{\"progressToken\":\"v\",\"traceparent\":\"v\","
        "\"baggage\":\"v\",\"x.y/z\":{\"k\":[\"v\"]},"
        "\"" P "clientInfo\":{\"name\":\"v\"}},\"task\":{\"k\":\"v\"},"
        "\"requestState\":\"v\",\"inputResponses\":{\"k1\":{"
        "\"action\":\"v\",\"content\":{\"Name\":\"v\"}},\"k2\":{"
        "\"role\":\"v\",\"content\":[{\"type\":\"v\",\"text\":\"v\"}],"
        "\"model\":\"v\"},\"k3\":{\"roots\":[{\"uri\":\"v\"}]}}"),
      { { "/jsonrpc", ENVELOPE, 0, 0, 0 },
        { "/jsonrpc key", ENVELOPE, 0, 0, 0 },
        { "/id", ENVELOPE, AR, 0, 0 },
        { "/id key", ENVELOPE, 0, 0, 0 },
        { "/method", ENVELOPE, 0, 0, 0 },
        { "/params key", ENVELOPE, 0, 0, 0 },
        { "/params/name", NAME, AR, 0, 0 },
        { "/params/name key", PARAMS, AR, 0, 0 },
        { "/params/x", PARAMS, AR, 0, 0 },
        { "/params/arguments key", PARAMS, AR, 0, 0 },
        { "/params/arguments/k", ARGUMENT, AR, 0, 0 },
        { "/params/arguments/k key", ARGUMENT, AR, 0, 0 },
        { "/params/arguments/l/0", ARGUMENT, AR, 0, 0 },
        { "/params/arguments/l/1/m", ARGUMENT, AR, 0, 0 },
        { "/params/arguments/l/1/m key", ARGUMENT, AR, 0, 0 },
        { "/params/arguments/name", ARGUMENT, AR, 0, 0 },
        { "/params/arguments/_meta/k", ARGUMENT, AR, 0, 0 },
        { "/params/_meta/progressToken", META, AR, 0, 0 },
        { "/params/_meta/traceparent", META, AR, 0, 0 },
        { "/params/_meta/baggage", META, AR, 0, 0 },
        { "/params/_meta/baggage key", META, AR, 0, 0 },
        { "/params/_meta/x.y~1z/k/0", META, AR, 0, 0 },
        { "/params/_meta/io.modelcontextprotocol~1clientInfo/name", META, AR,
          0, 0 },
        { "/params/task/k", PARAMS, AR, 0, 0 },
        { "/params/requestState", STATE, AR, 0, 0 },
        { "/params/inputResponses/k1 key", ANSWER, AR, 0, 0 },
        { "/params/inputResponses/k1/action", ANSWER, AR, 0, 0 },
        { "/params/inputResponses/k1/content/Name", ANSWER, AR, 0, 0 },
        { "/params/inputResponses/k1/content/Name key", ANSWER, AR, 0, 0 },
        { "/params/inputResponses/k2/role", ANSWER, AR, 0, 0 },
        { "/params/inputResponses/k2/content/0/text", ANSWER, AR, 0, 0 },
        { "/params/inputResponses/k2/model", ANSWER, AR, 0, 0 },
        { "/params/inputResponses/k3/roots/0/uri", ANSWER, AR, 0, 0 },
        { "/params/inputResponses/k3/roots/0/uri key", ANSWER, AR, 0, 0 },
        { NULL, 0, 0, 0, 0 } } },

    { MCP_CLIENT, REQUEST("completion/complete", "\"ref\":{\"type\":\"v\","
        "\"name\":\"v\",\"uri\":\"v\"},\"argument\":{\"name\":\"v\","
        "\"value\":\"v\"},\"context\":{\"arguments\":{\"Name\":\"v\"}},"
        "\"cursor\":\"v\""),
      { { "/params/ref/type", PARAMS, AR, 0, 0 },
        { "/params/ref/name", PARAMS, AR, 0, 0 },
        { "/params/ref/uri", PARAMS, AR, 0, 0 },
        { "/params/argument/name", PARAMS, AR, 0, 0 },
        { "/params/argument/value", PARAMS, AR, 0, 0 },
        { "/params/context/arguments/Name", PARAMS, AR, 0, 0 },
        { "/params/cursor", STATE, AR, 0, 0 },
        { NULL, 0, 0, 0, 0 } } },

    { MCP_CLIENT, REQUEST("resources/read", "\"uri\":\"v\",\"taskId\":\"v\""),
      { { "/params/uri", NAME, AR, 0, 0 },
        { "/params/taskId", NAME, AR, 0, 0 },
        { NULL, 0, 0, 0, 0 } } },

    { MCP_CLIENT, REQUEST("initialize", "\"protocolVersion\":\"v\","
        "\"clientInfo\":{\"name\":\"v\",\"title\":\"v\"},"
        "\"capabilities\":{\"experimental\":{\"Name\":\"v\"},"
        "\"elicitation\":{\"url\":\"v\"}}"),
      { { "/params/protocolVersion", PARAMS, AR, 0, 0 },
        { "/params/clientInfo/title", PARAMS, AR, 0, 0 },
        { "/params/capabilities/experimental/Name", PARAMS, AR, 0, 0 },
        { "/params/capabilities/elicitation/url", PARAMS, AR, 0, 0 },
        { NULL, 0, 0, 0, 0 } } },

    { MCP_CLIENT, NOTE("notifications/cancelled",
                       "\"requestId\":\"v\",\"reason\":\"v\""),
      { { "/params/requestId", PARAMS, AR, 0, 0 },
        { "/params/reason", PARAMS, AR, 0, 0 },
        { NULL, 0, 0, 0, 0 } } },

    { MCP_CLIENT, REQUEST("subscriptions/listen", "\"notifications\":{"
        "\"resourceSubscriptions\":[\"v\"]}"),
      { { "/params/notifications/resourceSubscriptions/0", PARAMS, AR, 0, 0 },
        { NULL, 0, 0, 0, 0 } } },

    { MCP_CLIENT, RESULT("\"role\":\"v\",\"content\":{\"type\":\"v\","
        "\"text\":\"v\"},\"model\":\"v\",\"roots\":[{\"uri\":\"v\","
        "\"name\":\"v\"}],\"action\":\"v\",\"tools\":[{\"name\":\"v\"}],"
        "\"_meta\":{\"k\":\"v\"}"),
      { { "/result key", ENVELOPE, 0, 0, 0 },
        { "/result/role", ANSWER, AR, 0, 0 },
        { "/result/content/text", ANSWER, AR, 0, 0 },
        { "/result/content/text key", ANSWER, AR, 0, 0 },
        { "/result/model", ANSWER, AR, 0, 0 },
        { "/result/roots/0/uri", ANSWER, AR, 0, 0 },
        { "/result/action", ANSWER, AR, 0, 0 },
        { "/result/tools/0/name", ANSWER, AR, 0, 0 },
        { "/result/_meta/k", META, AR, 0, 0 },
        { NULL, 0, 0, 0, 0 } } },

    { MCP_CLIENT, "{" R "\"error\":{\"code\":1,\"message\":\"v\","
        "\"data\":{\"k\":[\"v\"]}}}",
      { { "/error/message", ANSWER, AR, 0, 0 },
        { "/error/data/k/0", ANSWER, AR, 0, 0 },
        { "/error/data/k key", ANSWER, AR, 0, 0 },
        { NULL, 0, 0, 0, 0 } } },

    { MCP_CLIENT, REQUEST("x/v", "\"k\":{\"l\":\"v\"}"),
      { { "/method", ENVELOPE, AR, 0, 0 },
        { "/params/k/l", PARAMS, AR, 0, 0 },
        { NULL, 0, 0, 0, 0 } } },

    /* 7.1: what a server says; 1-4, 28: handshake, discover, _meta */

    { MCP_SERVER, RESULT("\"protocolVersion\":\"v\",\"instructions\":\"v\","
        "\"serverInfo\":{\"name\":\"v\",\"icons\":[{\"src\":\"v\"}]},"
        "\"capabilities\":{\"experimental\":{\"k\":\"v\"}},"
        "\"supportedVersions\":[\"v\"],\"resultType\":\"v\","
        "\"cacheScope\":\"v\",\"_meta\":{\"" P "serverInfo\":{"
        "\"name\":\"v\",\"description\":\"v\"},"
        "\"" P "model-immediate-response\":\"v\",\"ui\":{\"k\":\"v\"}}"),
      { { "/id", ENVELOPE, RE, 0, 0 },
        { "/result/instructions", INSTR, DE, 0, 0 },
        { "/result/instructions key", OTHER, RE, 0, 0 },
        { "/result/serverInfo/name", SINFO, DE, 0, 0 },
        { "/result/serverInfo/icons/0/src", SINFO, DE, 0, 0 },
        { "/result/capabilities/experimental/k", OTHER, RE|DE, 0, 0 },
        { "/result/capabilities/experimental/k key", OTHER, RE|DE, 0, 0 },
        { "/result/supportedVersions/0", OTHER, RE|DE, 0, 0 },
        { "/result/resultType", OTHER, RE, 0, 0 },
        { "/result/cacheScope", OTHER, RE, 0, 0 },
        { "/result/_meta/io.modelcontextprotocol~1serverInfo/name", SINFO,
          RE|DE, 0, 0 },
        { "/result/_meta/io.modelcontextprotocol~1serverInfo/description",
          SINFO, RE|DE, 0, 0 },
        { "/result/_meta/io.modelcontextprotocol~1model-immediate-response",
          META, RE, 0, 0 },
        { "/result/_meta/ui/k", META, RE, 0, 0 },
        { NULL, 0, 0, 0, 0 } } },

    /* 5-10, 29: tools/list */

    { MCP_SERVER, RESULT("\"tools\":[{\"name\":\"v\",\"title\":\"v\","
        "\"description\":\"v\",\"annotations\":{\"title\":\"v\"},"
        "\"inputSchema\":{\"properties\":{\"Name\":{\"description\":\"v\","
        "\"enum\":[\"v\"],\"x-mcp-header\":\"v\"}},\"$ref\":\"v\"},"
        "\"icons\":[{\"src\":\"v\"}],\"_meta\":{\"Name\":\"v\"}},"
        "{\"name\":\"v\",\"x\":[\"v\"]},\"v\",[\"v\"]],"
        "\"nextCursor\":\"v\",\"y\":\"v\""),
      { { "/result/tools key", OTHER, RE, 0, 0 },
        { "/result/tools/0/name", TOOL, DE, 0, 1 },
        { "/result/tools/0/name key", TOOL, DE, 0, 1 },
        { "/result/tools/0/title", TOOL, DE, 0, 1 },
        { "/result/tools/0/description", TOOL, DE, 0, 1 },
        { "/result/tools/0/annotations/title", TOOL, DE, 0, 1 },
        { "/result/tools/0/inputSchema/properties/Name key", TOOL, DE, 0, 1 },
        { "/result/tools/0/inputSchema/properties/Name/description", TOOL,
          DE, 0, 1 },
        { "/result/tools/0/inputSchema/properties/Name/enum/0", TOOL, DE, 0,
          1 },
        { "/result/tools/0/inputSchema/properties/Name/x-mcp-header", TOOL,
          DE, 0, 1 },
        { "/result/tools/0/inputSchema/$ref", TOOL, DE, 0, 1 },
        { "/result/tools/0/icons/0/src", TOOL, DE, 0, 1 },
        { "/result/tools/0/_meta/Name", TOOL, DE, 0, 1 },
        { "/result/tools/1/name", TOOL, DE, 0, 2 },
        { "/result/tools/1/x/0", TOOL, DE, 0, 2 },
        { "/result/tools/2", TOOL, DE, 0, 3 },
        { "/result/tools/3/0", TOOL, DE, 0, 4 },
        { "/result/nextCursor", STATE, RE, 0, 0 },
        { "/result/y", OTHER, RE|DE, 0, 0 },
        { "/result/y key", OTHER, RE|DE, 0, 0 },
        { NULL, 0, 0, 0, 0 } } },

    { MCP_SERVER, RESULT("\"tools\":{\"name\":\"v\"}"),
      { { "/result/tools/name", TOOL, DE, 0, 0 },
        { NULL, 0, 0, 0, 0 } } },

    /* 11-13: tools/call */

    { MCP_SERVER, RESULT("\"content\":[{\"type\":\"v\",\"text\":\"v\","
        "\"annotations\":{\"k\":\"v\"},\"_meta\":{\"k\":\"v\"}},"
        "{\"type\":\"v\",\"resource\":{\"uri\":\"v\",\"text\":\"v\","
        "\"mimeType\":\"v\",\"_meta\":{\"k\":\"v\"}}},"
        "{\"resource\":{\"blob\":\"v\"}},{\"data\":\"v\"},"
        "{\"uri\":\"v\",\"description\":\"v\",\"z\":{\"text\":\"v\"}},"
        "{\"text\":{\"k\":\"v\"},\"blob\":[\"v\"]}],"
        "\"structuredContent\":{\"Text\":\"v\",\"l\":[\"v\"]},"
        "\"isError\":true"),
      { { "/result/content/0/type", CONTENT, RE, 0, 0 },
        { "/result/content/0/text", CONTENT, RE, 1, 0 },
        { "/result/content/0/text key", CONTENT, RE, 0, 0 },
        { "/result/content/0/annotations/k", CONTENT, RE, 0, 0 },
        { "/result/content/0/_meta/k", CONTENT, RE, 0, 0 },
        { "/result/content/1/resource/uri", CONTENT, RE|RS, 0, 0 },
        { "/result/content/1/resource/text", CONTENT, RE|RS, 1, 0 },
        { "/result/content/1/resource/mimeType", CONTENT, RE|RS, 0, 0 },
        { "/result/content/1/resource/_meta/k", CONTENT, RE|RS, 0, 0 },
        { "/result/content/2/resource/blob", CONTENT, RE|RS, 1, 0 },
        { "/result/content/3/data", CONTENT, RE, 0, 0 },
        { "/result/content/4/description", CONTENT, RE, 0, 0 },
        { "/result/content/4/z/text", CONTENT, RE, 0, 0 },
        { "/result/content/5/text/k", CONTENT, RE, 0, 0 },
        { "/result/content/5/text/k key", CONTENT, RE, 0, 0 },
        { "/result/content/5/blob/0", CONTENT, RE, 0, 0 },
        { "/result/structuredContent/Text", CONTENT, RE, 0, 0 },
        { "/result/structuredContent/Text key", CONTENT, RE, 0, 0 },
        { "/result/structuredContent/l/0", CONTENT, RE, 0, 0 },
        { NULL, 0, 0, 0, 0 } } },

    { MCP_SERVER, RESULT("\"content\":{\"text\":\"v\"}"),
      { { "/result/content/text", CONTENT, RE, 1, 0 },
        { NULL, 0, 0, 0, 0 } } },

    { MCP_SERVER, RESULT("\"content\":\"v\",\"structuredContent\":[\"v\"]"),
      { { "/result/content", CONTENT, RE, 0, 0 },
        { "/result/structuredContent/0", CONTENT, RE, 0, 0 },
        { NULL, 0, 0, 0, 0 } } },

    /* lists and contents in one result: each counts as both */

    { MCP_SERVER, RESULT("\"content\":[{\"text\":\"v\"}],"
                         "\"tools\":[{\"description\":\"v\"}]"),
      { { "/result/content/0/text", CONTENT, RE, 1, 0 },
        { "/result/tools/0/description", TOOL, RE|DE, 0, 1 },
        { NULL, 0, 0, 0, 0 } } },

    { MCP_SERVER, RESULT("\"tools\":[{\"description\":\"v\"}],"
                         "\"content\":[{\"text\":\"v\"}],"
                         "\"contents\":[{\"text\":\"v\"}]"),
      { { "/result/tools/0/description", TOOL, DE, 0, 1 },
        { "/result/content/0/text", CONTENT, RE|DE, 1, 0 },
        { "/result/contents/0/text", CONTENTS, RS|DE, 1, 0 },
        { NULL, 0, 0, 0, 0 } } },

    /* 14, 15: errors */

    { MCP_SERVER, "{" R "\"error\":{\"code\":-32042,\"message\":\"v\","
        "\"data\":{\"k\":\"v\",\"elicitations\":[{\"url\":\"v\"}]}}}",
      { { "/error key", ENVELOPE, 0, 0, 0 },
        { "/error/message", ERROR, ER, 0, 0 },
        { "/error/message key", ERROR, ER, 0, 0 },
        { "/error/data/k", ERROR, ER, 0, 0 },
        { "/error/data/elicitations/0/url", ERROR, ER|EL, 0, 0 },
        { NULL, 0, 0, 0, 0 } } },

    /* 16-18: resources, prompts */

    { MCP_SERVER, RESULT("\"resources\":[{\"uri\":\"v\",\"name\":\"v\","
        "\"description\":\"v\"}],\"resourceTemplates\":[{"
        "\"uriTemplate\":\"v\"}]"),
      { { "/result/resources/0/uri", LISTED, DE, 0, 0 },
        { "/result/resources/0/description", LISTED, DE, 0, 0 },
        { "/result/resources/0/description key", LISTED, DE, 0, 0 },
        { "/result/resourceTemplates/0/uriTemplate", LISTED, DE, 0, 0 },
        { NULL, 0, 0, 0, 0 } } },

    { MCP_SERVER, RESULT("\"prompts\":[{\"name\":\"v\",\"arguments\":[{"
        "\"name\":\"v\",\"description\":\"v\"}]}]"),
      { { "/result/prompts/0/name", LISTED, DE, 0, 0 },
        { "/result/prompts/0/arguments/0/description", LISTED, DE, 0, 0 },
        { NULL, 0, 0, 0, 0 } } },

    { MCP_SERVER, RESULT("\"contents\":[{\"uri\":\"v\",\"text\":\"v\"},"
                         "{\"blob\":\"v\",\"_meta\":{\"k\":\"v\"}}]"),
      { { "/result/contents/0/uri", CONTENTS, RS, 0, 0 },
        { "/result/contents/0/text", CONTENTS, RS, 1, 0 },
        { "/result/contents/1/blob", CONTENTS, RS, 1, 0 },
        { "/result/contents/1/_meta/k", CONTENTS, RS, 0, 0 },
        { NULL, 0, 0, 0, 0 } } },

    { MCP_SERVER, RESULT("\"description\":\"v\",\"messages\":[{"
        "\"role\":\"v\",\"content\":{\"text\":\"v\"}},{\"content\":[{"
        "\"resource\":{\"text\":\"v\"}},{\"type\":\"tool_result\","
        "\"content\":[{\"text\":\"v\"}],\"toolUseId\":\"v\"}]}]"),
      { { "/result/description", OTHER, PR|DE, 0, 0 },
        { "/result/messages/0/role", MESSAGES, PR, 0, 0 },
        { "/result/messages/0/content/text", MESSAGES, PR, 1, 0 },
        { "/result/messages/1/content/0/resource/text", MESSAGES, PR|RS, 1,
          0 },
        { "/result/messages/1/content/1/content/0/text", MESSAGES, PR, 1, 0 },
        { "/result/messages/1/content/1/toolUseId", MESSAGES, PR, 0, 0 },
        { NULL, 0, 0, 0, 0 } } },

    /* 19: completion */

    { MCP_SERVER, RESULT("\"completion\":{\"values\":[\"v\"]}"),
      { { "/result/completion/values/0", CONTENT, RE, 0, 0 },
        { NULL, 0, 0, 0, 0 } } },

    /* 20-23: sampling and elicitation, on the wire and inside of results */

    { MCP_SERVER, REQUEST("sampling/createMessage", "\"messages\":[{"
        "\"role\":\"v\",\"content\":{\"text\":\"v\"}}],"
        "\"systemPrompt\":\"v\",\"tools\":[{\"description\":\"v\"}],"
        "\"stopSequences\":[\"v\"],\"modelPreferences\":{\"hints\":[{"
        "\"name\":\"v\"}]},\"includeContext\":\"v\",\"_meta\":{\"k\":\"v\"}"),
      { { "/id", ENVELOPE, RE, 0, 0 },
        { "/method", ENVELOPE, 0, 0, 0 },
        { "/params/messages/0/role", PARAMS, PR, 0, 0 },
        { "/params/messages/0/content/text", PARAMS, PR, 1, 0 },
        { "/params/systemPrompt", PARAMS, PR, 0, 0 },
        { "/params/tools/0/description", PARAMS, PR|DE, 0, 0 },
        { "/params/stopSequences/0", PARAMS, PR, 0, 0 },
        { "/params/modelPreferences/hints/0/name", PARAMS, PR, 0, 0 },
        { "/params/includeContext", PARAMS, PR, 0, 0 },
        { "/params/_meta/k", META, PR, 0, 0 },
        { NULL, 0, 0, 0, 0 } } },

    { MCP_SERVER, REQUEST("elicitation/create", "\"message\":\"v\","
        "\"url\":\"v\",\"requestedSchema\":{\"properties\":{\"Url\":{"
        "\"title\":\"v\"}}}"),
      { { "/params/message", PARAMS, EL, 0, 0 },
        { "/params/url", PARAMS, EL, 0, 0 },
        { "/params/requestedSchema/properties/Url key", PARAMS, EL, 0, 0 },
        { "/params/requestedSchema/properties/Url/title", PARAMS, EL, 0, 0 },
        { NULL, 0, 0, 0, 0 } } },

    { MCP_SERVER, RESULT("\"resultType\":\"input_required\","
        "\"inputRequests\":{\"Name\":{\"method\":\"v\",\"params\":{"
        "\"message\":\"v\",\"requestedSchema\":{\"Name\":\"v\"}}},"
        "\"k2\":{\"params\":{\"messages\":[{\"content\":{\"text\":\"v\"}}],"
        "\"systemPrompt\":\"v\"}}},\"requestState\":\"v\""),
      { { "/result/inputRequests/Name key", INPUT, EL|PR, 0, 0 },
        { "/result/inputRequests/Name/method", INPUT, EL|PR, 0, 0 },
        { "/result/inputRequests/Name/params/message", INPUT, EL|PR, 0, 0 },
        { "/result/inputRequests/Name/params/requestedSchema/Name", INPUT,
          EL|PR, 0, 0 },
        { "/result/inputRequests/k2/params/messages/0/content/text", INPUT,
          EL|PR, 1, 0 },
        { "/result/inputRequests/k2/params/systemPrompt", INPUT, EL|PR, 0,
          0 },
        { "/result/requestState", STATE, RE, 0, 0 },
        { NULL, 0, 0, 0, 0 } } },

    /* 24-26: notifications */

    { MCP_SERVER, NOTE("notifications/message", "\"level\":\"v\","
                       "\"logger\":\"v\",\"data\":{\"k\":[\"v\"]}"),
      { { "/params/level", PARAMS, LO, 0, 0 },
        { "/params/logger", PARAMS, LO, 0, 0 },
        { "/params/data/k/0", PARAMS, LO, 0, 0 },
        { "/params/data/k key", PARAMS, LO, 0, 0 },
        { NULL, 0, 0, 0, 0 } } },

    { MCP_SERVER, NOTE("notifications/message", "\"data\":\"v\""),
      { { "/params/data", PARAMS, LO, 1, 0 }, { NULL, 0, 0, 0, 0 } } },

    { MCP_SERVER, NOTE("notifications/progress", "\"progressToken\":\"v\","
                       "\"message\":\"v\""),
      { { "/params/progressToken", PARAMS, LO, 0, 0 },
        { "/params/message", PARAMS, LO, 1, 0 },
        { NULL, 0, 0, 0, 0 } } },

    { MCP_SERVER, NOTE("notifications/resources/updated", "\"uri\":\"v\""),
      { { "/params/uri", PARAMS, LO, 0, 0 }, { NULL, 0, 0, 0, 0 } } },

    /* params before the method, and a method that nobody knows */

    { MCP_SERVER, "{\"params\":{\"message\":\"v\",\"_meta\":{\"k\":\"v\"}},"
        V "\"method\":\"notifications/progress\"}",
      { { "/params/message", PARAMS, ANY, 1, 0 },
        { "/params/message key", PARAMS, ANY, 0, 0 },
        { "/params/_meta/k", META, ANY, 0, 0 },
        { NULL, 0, 0, 0, 0 } } },

    { MCP_SERVER, NOTE("x/y", "\"k\":\"v\""),
      { { "/method", ENVELOPE, RE, 0, 0 },
        { "/params/k", PARAMS, ANY, 0, 0 },
        { NULL, 0, 0, 0, 0 } } },

    /* 27: tasks */

    { MCP_SERVER, RESULT("\"taskId\":\"v\",\"statusMessage\":\"v\","
        "\"result\":{\"content\":[{\"text\":\"v\"}],"
        "\"structuredContent\":{\"Name\":\"v\"}},\"error\":{"
        "\"message\":\"v\"},\"inputRequests\":{\"k\":{\"params\":{"
        "\"message\":\"v\"}}}"),
      { { "/result/taskId", OTHER, RE|DE, 0, 0 },
        { "/result/statusMessage", OTHER, RE|DE, 0, 0 },
        { "/result/result/content/0/text", CONTENT, RE, 1, 0 },
        { "/result/result/structuredContent/Name", CONTENT, RE, 0, 0 },
        { "/result/error/message", ERROR, RE|ER, 0, 0 },
        { "/result/inputRequests/k/params/message", INPUT, EL|PR, 0, 0 },
        { NULL, 0, 0, 0, 0 } } },

    { MCP_SERVER, RESULT("\"task\":{\"taskId\":\"v\","
                         "\"statusMessage\":\"v\"}"),
      { { "/result/task/statusMessage", OTHER, RE, 0, 0 },
        { NULL, 0, 0, 0, 0 } } },

    { MCP_SERVER, NOTE("notifications/tasks", "\"statusMessage\":\"v\","
        "\"result\":{\"content\":[{\"text\":\"v\"}]},\"error\":{"
        "\"message\":\"v\"},\"inputRequests\":{\"k\":{\"params\":{"
        "\"message\":\"v\"}}}"),
      { { "/params/statusMessage", PARAMS, LO|RE, 0, 0 },
        { "/params/result/content/0/text", CONTENT, LO|RE, 1, 0 },
        { "/params/error/message", ERROR, LO|RE|ER, 0, 0 },
        { "/params/inputRequests/k/params/message", INPUT, LO|RE|EL|PR, 1,
          0 },
        { NULL, 0, 0, 0, 0 } } },
};


static mcp_message_t  *message;


static mcp_rc_t
read_message(mcp_dir_t dir, const char *body)
{
    mcp_json_limits_t  limits = { 64, 4096, 1024, 1024 * 1024 };

    mcp_message_start(message, dir, &limits, 4096);

    if (mcp_message_feed(message, (const unsigned char *) body, strlen(body))
        == MCP_ERROR)
    {
        return MCP_ERROR;
    }

    return mcp_message_finish(message);
}


static const mcp_segment_t *
find(const char *path, int key)
{
    char            buf[256];
    size_t          i, n;
    mcp_segment_t  *s;

    n = mcp_message_segments(message, &s);

    for (i = 0; i < n; i++) {
        (void) mcp_message_path(message, &s[i], buf, sizeof(buf));

        if (s[i].key == (unsigned) key && strcmp(buf, path) == 0) {
            return &s[i];
        }
    }

    return NULL;
}


static void
test_cases(void)
{
    int                   key;
    char                  path[128];
    size_t                i, k;
    const want_t         *w;
    const mcp_segment_t  *s;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        if (!is_int(read_message(cases[i].dir, cases[i].body), MCP_OK,
                    "message %zu", i))
        {
            diag("%s", mcp_message_error(message));
            continue;
        }

        for (k = 0; cases[i].want[k].path != NULL; k++) {
            w = &cases[i].want[k];

            (void) snprintf(path, sizeof(path), "%s", w->path);
            key = strstr(path, " key") != NULL;

            if (key) {
                path[strlen(path) - 4] = '\0';
            }

            s = find(path, key);

            if (!ok(s != NULL, "message %zu: %s", i, w->path)) {
                continue;
            }

            is_int(s->role, w->role, "message %zu: %s: role", i, w->path);
            is_int(s->surfaces, w->surfaces, "message %zu: %s: surfaces", i,
                   w->path);
            is_int(s->block, w->block, "message %zu: %s: block", i, w->path);
            is_int((int) (s->item + 1), w->item, "message %zu: %s: item", i,
                   w->path);
        }
    }
}


/* Only fixed words of the envelope are without a surface. */
static void
test_no_gap(void)
{
    size_t                i, k, n, len, bad;
    mcp_segment_t        *s;
    const unsigned char  *text;

    static const char *const  words[] = {
        "jsonrpc", "2.0", "id", "method", "params", "result", "error"
    };

    bad = 0;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        (void) read_message(cases[i].dir, cases[i].body);

        n = mcp_message_segments(message, &s);
        text = mcp_message_text(message, &len);

        for ( /* void */ ; n > 0; n--, s++) {

            if (s->surfaces != 0
                || (s->role == MCP_ROLE_ENVELOPE
                    && mcp_method_find(text + s->text, s->len)
                       != MCP_M_OTHER))
            {
                continue;
            }

            for (k = 0; k < sizeof(words) / sizeof(words[0]); k++) {
                if (strlen(words[k]) == s->len
                    && memcmp(words[k], text + s->text, s->len) == 0)
                {
                    break;
                }
            }

            bad += (k == sizeof(words) / sizeof(words[0])
                    || s->role != MCP_ROLE_ENVELOPE);
        }
    }

    is_int(bad, 0, "no string without a surface");
}


/* Strings of a tree that are not empty, member names too. */
static size_t
count_strings(const json_t *v)
{
    size_t       i, n;
    json_t      *item;
    const char  *key;

    n = json_is_string(v) && json_string_length(v) != 0;

    json_array_foreach(v, i, item) {
        n += count_strings(item);
    }

    json_object_foreach((json_t *) v, key, item) {
        n += (key[0] != '\0') + count_strings(item);
    }

    return n;
}


static void
test_all_strings(void)
{
    size_t          i;
    json_t         *tree;
    mcp_segment_t  *s;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        (void) read_message(cases[i].dir, cases[i].body);

        tree = json_loads(cases[i].body, 0, NULL);
        is_int(mcp_message_segments(message, &s), count_strings(tree),
               "message %zu: each string is a segment", i);
        json_decref(tree);
    }
}


/*
 * %s is replaced by the name of a protocol member, once as it is and once for
 * each variant; 1: variants are refused there, 0: names are free.
 */
static const struct {
    mcp_dir_t    dir;
    int          strict;
    const char  *body;
    const char  *name;
} places[] = {
    { MCP_CLIENT, 1, "{" R "\"%s\":\"ping\"}", "method" },
    { MCP_CLIENT, 1, "{" R "\"method\":\"tools/call\",\"%s\":{}}",
      "params" },
    { MCP_CLIENT, 1, "{\"%s\":\"2.0\",\"id\":1,\"method\":\"ping\"}",
      "jsonrpc" },
    { MCP_CLIENT, 1, "{" V "\"%s\":1,\"method\":\"ping\"}", "id" },
    { MCP_CLIENT, 1, "{" R "\"%s\":{}}", "result" },
    { MCP_CLIENT, 1, REQUEST("tools/call", "\"%s\":\"x\""), "name" },
    { MCP_CLIENT, 1, REQUEST("tools/call", "\"%s\":{}"), "arguments" },
    { MCP_CLIENT, 1, REQUEST("tools/call", "\"%s\":{}"), "_meta" },
    { MCP_CLIENT, 1, REQUEST("tools/call", "\"%s\":{}"), "inputResponses" },
    { MCP_CLIENT, 1, REQUEST("tools/call", "\"%s\":\"x\""),
      "requestState" },
    { MCP_CLIENT, 1, REQUEST("tools/call", "\"%s\":{}"), "task" },
    { MCP_CLIENT, 1, REQUEST("resources/read", "\"%s\":\"x\""), "uri" },
    { MCP_CLIENT, 1, REQUEST("tools/list", "\"%s\":\"x\""), "cursor" },
    { MCP_CLIENT, 1, REQUEST("tasks/get", "\"%s\":\"x\""), "taskId" },
    { MCP_CLIENT, 1, REQUEST("completion/complete", "\"%s\":{}"), "ref" },
    { MCP_CLIENT, 1, REQUEST("completion/complete", "\"%s\":{}"),
      "argument" },
    { MCP_CLIENT, 1, REQUEST("completion/complete",
                             "\"ref\":{\"%s\":\"x\"}"), "name" },
    { MCP_CLIENT, 1, REQUEST("x/y", "\"%s\":1"), "name" },
    { MCP_CLIENT, 1, REQUEST("tools/list", "\"_meta\":{\"%s\":\"x\"}"),
      P "protocolVersion" },
    { MCP_CLIENT, 1, REQUEST("tools/list", "\"_meta\":{\"%s\":\"x\"}"),
      "progressToken" },
    { MCP_CLIENT, 1, REQUEST("tools/call", "\"inputResponses\":{\"k\":{"
                             "\"%s\":\"accept\"}}"), "action" },
    { MCP_CLIENT, 1, REQUEST("tools/call", "\"inputResponses\":{\"k\":{"
                             "\"%s\":{}}}"), "content" },
    { MCP_CLIENT, 1, REQUEST("tools/call", "\"inputResponses\":{\"k\":{"
                             "\"roots\":[{\"%s\":\"x\"}]}}"), "uri" },
    { MCP_CLIENT, 1, RESULT("\"%s\":\"user\""), "role" },
    { MCP_CLIENT, 1, RESULT("\"%s\":[]"), "roots" },
    { MCP_CLIENT, 1, "{" R "\"error\":{\"%s\":1,\"code\":1,"
                     "\"message\":\"\"}}", "data" },

    { MCP_CLIENT, 0, REQUEST("tools/call", "\"arguments\":{\"%s\":1}"),
      "name" },
    { MCP_CLIENT, 0, REQUEST("tools/call", "\"arguments\":{\"a\":{\"%s\":1}}"),
      "arguments" },
    { MCP_CLIENT, 0, REQUEST("tools/call", "\"inputResponses\":{\"%s\":{}}"),
      "name" },
    { MCP_CLIENT, 0, REQUEST("tools/call", "\"inputResponses\":{\"k\":{"
                             "\"content\":{\"%s\":1}}}"), "name" },
    { MCP_CLIENT, 0, REQUEST("tools/call", "\"x\":{\"%s\":1}"), "name" },
    { MCP_CLIENT, 0, REQUEST("initialize", "\"capabilities\":{\"%s\":{}}"),
      "roots" },
    { MCP_CLIENT, 0, REQUEST("initialize", "\"capabilities\":{"
                             "\"elicitation\":{\"%s\":{}}}"), "url" },
    { MCP_CLIENT, 0, REQUEST("tools/call", "\"_meta\":{\"x\":{\"%s\":1}}"),
      "name" },
    { MCP_CLIENT, 0, REQUEST("completion/complete", "\"context\":{"
                             "\"arguments\":{\"%s\":1}}"), "name" },
    { MCP_CLIENT, 0, "{" R "\"error\":{\"data\":{\"%s\":1},\"code\":1,"
                     "\"message\":\"\"}}", "code" },

    { MCP_SERVER, 1, "{" R "\"%s\":{}}", "result" },
    { MCP_SERVER, 1, RESULT("\"%s\":[]"), "tools" },
    { MCP_SERVER, 1, RESULT("\"%s\":[]"), "content" },
    { MCP_SERVER, 1, RESULT("\"%s\":{}"), "structuredContent" },
    { MCP_SERVER, 1, RESULT("\"%s\":[]"), "contents" },
    { MCP_SERVER, 1, RESULT("\"%s\":[]"), "messages" },
    { MCP_SERVER, 1, RESULT("\"%s\":[]"), "prompts" },
    { MCP_SERVER, 1, RESULT("\"%s\":[]"), "resources" },
    { MCP_SERVER, 1, RESULT("\"%s\":[]"), "resourceTemplates" },
    { MCP_SERVER, 1, RESULT("\"%s\":{}"), "inputRequests" },
    { MCP_SERVER, 1, RESULT("\"%s\":\"x\""), "instructions" },
    { MCP_SERVER, 1, RESULT("\"%s\":\"x\""), "resultType" },
    { MCP_SERVER, 1, RESULT("\"%s\":\"x\""), "cacheScope" },
    { MCP_SERVER, 1, RESULT("\"tools\":[{\"%s\":\"x\"}]"), "name" },
    { MCP_SERVER, 1, RESULT("\"tools\":[{\"%s\":\"x\"}]"), "description" },
    { MCP_SERVER, 1, RESULT("\"tools\":[{\"%s\":{}}]"), "inputSchema" },
    { MCP_SERVER, 1, RESULT("\"content\":[{\"%s\":\"x\"}]"), "text" },
    { MCP_SERVER, 1, RESULT("\"content\":[{\"%s\":\"x\"}]"), "type" },
    { MCP_SERVER, 1, RESULT("\"content\":[{\"%s\":{}}]"), "resource" },
    { MCP_SERVER, 1, RESULT("\"content\":[{\"resource\":{\"%s\":\"x\"}}]"),
      "blob" },
    { MCP_SERVER, 1, RESULT("\"contents\":[{\"%s\":\"x\"}]"), "text" },
    { MCP_SERVER, 1, RESULT("\"messages\":[{\"%s\":\"x\"}]"), "role" },
    { MCP_SERVER, 1, RESULT("\"messages\":[{\"content\":{\"%s\":\"x\"}}]"),
      "text" },
    { MCP_SERVER, 1, RESULT("\"prompts\":[{\"%s\":\"x\"}]"), "name" },
    { MCP_SERVER, 1, RESULT("\"prompts\":[{\"arguments\":[{"
                            "\"%s\":\"x\"}]}]"), "description" },
    { MCP_SERVER, 1, RESULT("\"inputRequests\":{\"k\":{\"%s\":\"x\"}}"),
      "method" },
    { MCP_SERVER, 1, RESULT("\"inputRequests\":{\"k\":{\"params\":{"
                            "\"%s\":\"x\"}}}"), "message" },
    { MCP_SERVER, 1, RESULT("\"serverInfo\":{\"%s\":\"x\"}"), "name" },
    { MCP_SERVER, 1, RESULT("\"_meta\":{\"%s\":{}}"), P "serverInfo" },
    { MCP_SERVER, 1, RESULT("\"result\":{\"%s\":[]}"), "content" },
    { MCP_SERVER, 1, REQUEST("sampling/createMessage", "\"%s\":\"x\""),
      "systemPrompt" },
    { MCP_SERVER, 1, "{" R "\"error\":{\"%s\":\"\",\"code\":1}}",
      "message" },

    { MCP_SERVER, 0, RESULT("\"structuredContent\":{\"%s\":1}"), "name" },
    { MCP_SERVER, 0, RESULT("\"x\":{\"%s\":1}"), "name" },
    { MCP_SERVER, 0, RESULT("\"tools\":[{\"inputSchema\":{\"properties\":{"
                            "\"%s\":{}}}}]"), "name" },
    { MCP_SERVER, 0, RESULT("\"tools\":[{\"outputSchema\":{\"%s\":{}}}]"),
      "type" },
    { MCP_SERVER, 0, RESULT("\"tools\":[{\"_meta\":{\"%s\":1}}]"), "name" },
    { MCP_SERVER, 0, RESULT("\"content\":[{\"_meta\":{\"%s\":1}}]"),
      "name" },
    { MCP_SERVER, 0, RESULT("\"inputRequests\":{\"%s\":{}}"), "name" },
    { MCP_SERVER, 0, RESULT("\"inputRequests\":{\"k\":{\"params\":{"
                            "\"requestedSchema\":{\"%s\":1}}}}"), "name" },
    { MCP_SERVER, 0, RESULT("\"capabilities\":{\"%s\":{}}"), "tools" },
    { MCP_SERVER, 0, NOTE("notifications/message", "\"data\":{\"%s\":1}"),
      "name" },
    { MCP_SERVER, 0, "{" R "\"error\":{\"data\":{\"%s\":1},\"code\":1,"
                     "\"message\":\"\"}}", "message" },
};


typedef enum {
    FIRST_CAPITAL, LAST_CAPITAL, CAPITALS, SPACE, TAB, SPACES_BEFORE, LONG_S,
    KELVIN, ESCAPED_CAPITAL, MANY_SPACES, VARIANTS
} variant_t;


static void
put_upper(char *out, const char *name)
{
    for ( /* void */ ; *name != '\0'; name++) {
        *out++ = (char) (*name >= 'a' && *name <= 'z' ? *name - 32 : *name);
    }

    *out = '\0';
}


/* Replaces the first letter from (either case) in text by to. */
static int
put_fold(char *out, const char *name, char from, const char *to)
{
    const char  *at;

    for (at = name; *at != '\0' && (*at | 0x20) != from; at++) {
        /* void */
    }

    if (*at == '\0') {
        return 0;
    }

    (void) sprintf(out, "%.*s%s%s", (int) (at - name), name, to, at + 1);

    return 1;
}


/* 0: there is no such variant of the name. */
static int
vary(char *out, const char *name, variant_t variant)
{
    size_t  n;

    n = strlen(name);
    (void) strcpy(out, name);

    switch (variant) {

    case FIRST_CAPITAL:
        n = strspn(name, "_");
        out[n] = (char) (out[n] ^ 0x20);
        return 1;

    case LAST_CAPITAL:
        out[n - 1] = (char) (out[n - 1] ^ 0x20);
        return 1;

    case CAPITALS:
        put_upper(out, name);
        return 1;

    case SPACE:
        (void) strcat(out, " ");
        return 1;

    case TAB:
        (void) strcat(out, "\\t");
        return 1;

    case SPACES_BEFORE:
        (void) sprintf(out, "  %s", name);
        return 1;

    case LONG_S:
        return put_fold(out, name, 's', "\xc5\xbf");

    case KELVIN:
        return put_fold(out, name, 'k', "\\u212a");

    case ESCAPED_CAPITAL:
        n = strspn(name, "_");
        (void) sprintf(out, "%.*s\\u%04x%s", (int) n, name,
                       (unsigned) (name[n] ^ 0x20), name + n + 1);
        return 1;

    default:
        (void) sprintf(out, "%s%200s", name, "");
        return 1;
    }
}


static void
test_variants(void)
{
    int     v;
    char    name[512], body[1024];
    size_t  i;

    for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {

        (void) snprintf(body, sizeof(body), places[i].body, places[i].name);

        if (!is_int(read_message(places[i].dir, body), MCP_OK,
                    "%s: the name itself", body))
        {
            diag("%s", mcp_message_error(message));
            continue;
        }

        for (v = 0; v < VARIANTS; v++) {

            if (!vary(name, places[i].name, (variant_t) v)) {
                continue;
            }

            (void) snprintf(body, sizeof(body), places[i].body, name);

            is_int(read_message(places[i].dir, body),
                   places[i].strict ? MCP_ERROR : MCP_OK, "%s", body);

            if (places[i].strict) {
                is_str(mcp_message_error(message),
                       "variant of a protocol member", "%s: why", name);
                is_int(mcp_message_reason(message), MCP_R_INVALID,
                       "%s: reason", name);
            }
        }
    }

    /* names that only look alike are free */

    is_int(read_message(MCP_CLIENT, REQUEST("tools/list", "\"names\":1,"
           "\"nam\":1,\"n\":1,\"\":1,\"\xc3\xa4name\":1,\"na me\":1,"
           "\"Names\":1,\"u\xc5\x9fi\":1")), MCP_OK, "other names");

    /* and so are long ones */

    for (i = 40; i < 200; i++) {
        (void) snprintf(body, sizeof(body), REQUEST("tools/list",
                        "\"%0*d\":1"), (int) i, 0);
        is_int(read_message(MCP_CLIENT, body), MCP_OK,
               "another name of %zu bytes", i);
    }
}


int
main(void)
{
    message = mcp_message_create();

    test_cases();
    test_no_gap();
    test_all_strings();
    test_variants();

    mcp_message_destroy(message);

    return done();
}
