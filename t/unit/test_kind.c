/*
 * Kinds of arguments: from the names of tools and members of well-known
 * servers, and from values; then in whole calls, where values are nested.
 */

#include "mcp_inspect.h"
#include "mcp_kind.h"

#include "tap.h"

#include <stdlib.h>


#define U(s)      ((const unsigned char *) (s))
#define COUNT(t)  (sizeof(t) / sizeof((t)[0]))

#define COMMAND  MCP_KIND_COMMAND
#define PATH     MCP_KIND_PATH
#define URL      MCP_KIND_URL
#define HOST     MCP_KIND_HOST
#define SQL      MCP_KIND_SQL
#define CONTENT  MCP_KIND_CONTENT
#define IDENT    MCP_KIND_IDENTIFIER
#define TEXT     MCP_KIND_TEXT


static const struct {
    const char  *tool;
    const char  *member;
    const char  *value;
    uint8_t      kinds;           /* exactly these                           */
} t[] = {

    /* files */
    { "read_file", "path", "src/a.ts", PATH },
    { "read_file", "file_path", "x", PATH },
    { "read_file", "filePath", "x", PATH },
    { "read_file", "FILEPATH", "x", PATH },
    { "read_multiple_files", "paths", "x", PATH },
    { "write_file", "content", "; rm -rf / ../..", CONTENT },
    { "edit_file", "oldText", "a; b", CONTENT },
    { "edit_file", "new_string", "../x", CONTENT },
    { "list_directory", "dir", "x", PATH },
    { "list_allowed", "directories", "x", PATH },
    { "move_file", "source", "a.txt", CONTENT | PATH },
    { "format_code", "source", "echo `date`; sort", CONTENT },
    { "move_file", "destination", "b.txt", PATH },
    { "search_files", "pattern", "needle", IDENT | TEXT },
    { "upload", "filename", "a b.png", PATH },

    /* git, forges */
    { "git_checkout", "branch_name", "main; id", IDENT },
    { "git_commit", "message", "fix; then test", TEXT },
    { "create_issue", "body", "x; y", CONTENT },
    { "create_issue", "title", "a; b", TEXT },
    { "get_commit", "sha", "abc", IDENT },
    { "git_clone", "repo", "https://x.test/a.git", IDENT | URL },

    /* addresses */
    { "fetch", "url", "https://x.test/", URL },
    { "fetch", "page_url", "x", URL },
    { "fetch", "urls", "x", URL },
    { "fetch", "url", "file:///x", URL | PATH },
    { "fetch", "input", "http://x.test/", TEXT | URL },
    { "fetch", "input", "ht\ntp://x.test/", TEXT | URL },
    { "fetch", "input", "\thttp://x.test/\n", TEXT | URL },
    { "fetch", "input", "view-source:http://x.test/", TEXT | URL },
    { "fetch", "input", "//x.test/a", TEXT | URL },
    { "crawl", "query", "http://x.test/", TEXT | URL },
    { "crawl", "query", "http://x.test/ is down", TEXT },
    { "ping", "host", "x.test", HOST },
    { "ping", "ip_address", "10.0.0.1", HOST | TEXT },
    { "maps", "address", "12 Main Street", HOST | TEXT },
    { "db", "hostname", "x", HOST },
    { "hook", "callback_url", "x", URL },
    { "proxy", "endpoint", "x", URL | HOST },
    { "scan", "target", "10.0.0.1", IDENT | HOST },
    { "scan", "target", "10.0.0.1:80", IDENT | HOST },
    { "scan", "target", "localhost:80", IDENT | HOST },
    { "scan", "target", "localhosted", IDENT },
    { "scan", "target", "1.2.3", IDENT },
    { "scan", "target", "staging", IDENT },
    { "vpc", "network", "10.0.0.0/16", IDENT | PATH },
    { "app", "version", "10.0.0.1", IDENT },

    /* databases */
    { "query", "sql", "select 1", SQL },
    { "read_query", "query", "SELECT * FROM t", SQL },
    { "execute_query", "query", "show tables", SQL },
    { "postgres_query", "query", "what is new?", TEXT },
    { "mongodb_find", "filter", "{\"a\": {\"$gt\": 1}}", SQL },
    { "find_documents", "filter", "{\"a\": 1}", SQL },
    { "jira_search", "jql", "project = A", SQL },
    { "search", "query", "O'Brien", TEXT },
    { "search", "query", "select a from b", TEXT | SQL },
    { "graphql", "query", "mutation($in: X!) { a }", SQL },
    { "list_customers", "where", "a = 1", SQL | IDENT },

    /* commands and code */
    { "bash", "command", "ls; id", COMMAND },
    { "run_command", "cmd", "ls", COMMAND },
    { "run", "args", "-la", COMMAND },
    { "execute_shell", "script", "ls", COMMAND },
    { "execute_python", "code", "import os", CONTENT },
    { "ssh_exec", "input", "ls", COMMAND },
    { "browser_evaluate", "function", "() => document.title", CONTENT },
    { "browser_evaluate", "function", "async () => { x(); }", CONTENT },
    { "call", "function", "x; id", IDENT },

    /* chat, mail, notes */
    { "slack_post_message", "text", "a; b", CONTENT },
    { "send_email", "body", "a", CONTENT },
    { "send_email", "subject", "a; b", TEXT },
    { "browser_type", "text", "a; b", CONTENT },
    { "set_variable", "value", "http://localhost:3000", CONTENT },
    { "think", "thought", "I run `ls -la`", TEXT },
    { "translate", "text", "where is the union", TEXT },

    /* values decide */
    { "x", "unknown", "v1", IDENT },
    { "x", "unknown", "two words", IDENT | TEXT },
    { "x", "unknown", "../x", PATH },
    { "x", "unknown", "a%2e%2e", PATH | IDENT },
    { "x", "unknown", "<script/x>", PATH | IDENT },
    { "x", "unknown", "/srv/x", PATH },
    { "x", "unknown", "https://x.test/", URL },
    { "x", "unknown", "a sentence of which nobody would say that it is a name "
      "of anything at all", TEXT },
    { "x", "id", "../x", IDENT | PATH },
    { "x", "id", "http://x.test", IDENT | URL },
    { "x", "unknown", "a longer text that nobody would take for a path, though "
      "it talks of this/that and of /etc/hosts", TEXT },
    { "x", "unknown", "/Users/ana/My Documents/x", PATH | IDENT },
    { "x", "unknown", "~/My Documents/x", PATH | IDENT },
    { "x", "unknown", "../../My Documents/x", PATH | IDENT },
    { "x", "unknown", "C:\\My Documents\\x", PATH | IDENT },
    { "x", "unknown", "// a comment", IDENT | TEXT },
    { "x", "unknown", "file: string;", IDENT | TEXT },
    { "x", "", "", IDENT },
    { "", "", "http://x.test/", URL },
    { "x", "___", "v", IDENT },
    { "x", "path1", "v", PATH },
    { "x", "url_to_fetch", "v", URL }
};


static void
test_names(void)
{
    size_t  i;

    for (i = 0; i < COUNT(t); i++) {
        is_int(mcp_kind_of(U(t[i].tool), strlen(t[i].tool), U(t[i].member),
                           strlen(t[i].member), U(t[i].value),
                           strlen(t[i].value)),
               t[i].kinds, "%s, %s: %s", t[i].tool, t[i].member, t[i].value);
    }
}


static void
test_nested(void)
{
    size_t  i;

    static const struct {
        const char  *tool;
        const char  *outer;
        const char  *member;
        const char  *value;
        uint8_t      kinds;
    } n[] = {
        { "connect", "options", "host", "x", HOST },
        { "write", "files", "content", "a; b", CONTENT },
        { "write", "files", "path", "a", PATH },
        { "write", "files", "name", "a", PATH | IDENT },
        { "write", "files", "0", "a", PATH },
        { "write", "files", "", "a", PATH },
        { "page", "data", "id", "a", CONTENT | IDENT },
        { "deploy", "env", "MODE", "a", IDENT },
        { "http", "headers", "Accept", "a;q=1", TEXT },
        { "run", "steps", "command", "ls", COMMAND },
        { "x", "unknown", "other", "two words", IDENT | TEXT }
    };

    for (i = 0; i < COUNT(n); i++) {
        is_int(mcp_kind_nested(U(n[i].tool), strlen(n[i].tool), U(n[i].outer),
                               strlen(n[i].outer), U(n[i].member),
                               strlen(n[i].member), U(n[i].value),
                               strlen(n[i].value)),
               n[i].kinds, "%s.%s: %s", n[i].outer, n[i].member, n[i].value);
    }
}


/* Names and values of any length and bytes; the answer is never empty. */
static void
test_limits(void)
{
    size_t         i;
    unsigned char  big[4096];

    for (i = 0; i < 256; i++) {
        memset(big, (int) i, sizeof(big));

        ok(mcp_kind_of(big, sizeof(big), big, sizeof(big), big, sizeof(big))
           != 0, "4096 bytes of 0x%02x", (unsigned) i);
    }

    for (i = 0; i < sizeof(big); i++) {
        big[i] = (unsigned char) ("aB_c-"[i % 5]);
    }

    ok(mcp_kind_of(big, sizeof(big), big, sizeof(big), U(""), 0) != 0,
       "a name of many words");
}


/* 320 characters of base64 with what separates paths. */
#define B64_40   "iVBORw0KGgoAAA/8AAAB7/nid/catAAXNSR0IArs"
#define B64_160  B64_40 B64_40 B64_40 B64_40
#define B64_320  B64_160 B64_160

/* Whole calls, with packs that are built in. */

static mcp_rules_t *
compile(void)
{
    size_t              i, k;
    mcp_rules_t        *rules;
    mcp_rules_error_t   err;

    static const char *const  packs[] = {
        "command.yaml", "network.yaml", "path.yaml", "sql.yaml"
    };

    rules = mcp_rules_create();

    for (i = 0; i < mcp_builtin_packs_n; i++) {
        for (k = 0; k < COUNT(packs); k++) {

            if (strstr(mcp_builtin_packs[i].name, packs[k]) != NULL
                && mcp_rules_load(rules, &mcp_builtin_packs[i], &err)
                   != MCP_OK)
            {
                ok(0, "%s: %s", packs[k], err.text);
            }
        }
    }

    if (mcp_rules_compile(rules, &err) != MCP_OK) {
        ok(0, "%s", err.text);
    }

    return rules;
}


static void
test_calls(void)
{
    size_t             i, len;
    char               message[1024];
    mcp_scan_t        *scan;
    mcp_rules_t       *rules;
    mcp_policy_t       p;
    mcp_verdict_t      v;
    mcp_inspector_t   *in;

    static const struct {
        const char  *params;
        const char  *rule;        /* "": passes                              */
    } c[] = {
        { "\"connect\",\"arguments\":{\"options\":{\"host\":\"127.0.0.1\"}}",
          "network-address" },
        { "\"connect\",\"arguments\":{\"a\":{\"b\":{\"c\":{\"url\":"
          "\"http://10.0.0.1/\"}}}}", "network-address" },
        { "\"connect\",\"arguments\":{\"hosts\":[\"x.test\",\"::1\"]}",
          "network-address" },
        { "\"connect\",\"arguments\":{\"host\":\"localhost:http\"}",
          "network-address" },
        { "\"connect\",\"arguments\":{\"host\":\"fe80::1\"}",
          "network-address" },
        { "\"geocode\",\"arguments\":{\"address\":\"12 Main Street\"}", "" },
        { "\"geocode\",\"arguments\":{\"address\":\"10115 Berlin\"}", "" },
        { "\"bash\",\"arguments\":{\"command\":\"curl -s "
          "http://192.168.1.1/x\"}", "network-address" },
        { "\"bash\",\"arguments\":{\"command\":\"curl -s "
          "https://www.example.com/x\"}", "" },
        { "\"create_issue\",\"arguments\":{\"body\":\"see "
          "http://localhost:3000/\"}", "" },
        { "\"read\",\"arguments\":{\"files\":[{\"path\":\"../../x\"}]}",
          "path-traversal" },
        { "\"write\",\"arguments\":{\"files\":[{\"path\":\"a.sh\","
          "\"content\":\"cd ../..; cat /etc/passwd\"}]}", "" },
        { "\"deploy\",\"arguments\":{\"git\":{\"branch\":\"a;id\"}}",
          "command-injection" },
        { "\"look\",\"arguments\":{\"image\":\"" B64_320 "\"}", "" },
        { "\"look\",\"arguments\":{\"image_url\":\"data:image/png;base64,"
          B64_320 "\"}", "" },
        { "\"fetch\",\"arguments\":{\"url\":\"https://x.test/?a=b_c."
          B64_320 "\"}", "" },
        { "\"get\",\"arguments\":{\"ids\":\"a.1," B64_320 "\"}", "" },
        { "\"look\",\"arguments\":{\"image\":\"../" B64_320 "\"}",
          "path-traversal" },
        { "\"find\",\"arguments\":{\"match\":{\"name\":\"' OR '1'='1\"}}",
          "sql-injection" }
    };

    rules = compile();
    scan = mcp_scan_create(rules);
    in = mcp_inspector_create();

    if (scan == NULL || in == NULL) {
        ok(0, "memory");
        return;
    }

    mcp_policy_init(&p);
    p.rules = rules;

    for (i = 0; i < COUNT(c); i++) {

        len = (size_t) snprintf(message, sizeof(message),
                                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
                                "\"tools/call\",\"params\":{\"name\":%s}}",
                                c[i].params);

        mcp_inspector_start(in, &p, scan, MCP_CLIENT, NULL);
        (void) mcp_inspector_feed(in, U(message), len);

        if (mcp_inspector_finish(in, &v) == MCP_OK) {
            mcp_inspector_judge(in, MCP_ERA_LEGACY, 0, &v);
        }

        is_str(v.rule ? v.rule->id : "", c[i].rule, "%s", c[i].params);
    }

    mcp_inspector_destroy(in);
    mcp_scan_destroy(scan);
    mcp_rules_destroy(rules);
}


int
main(void)
{
    test_names();
    test_nested();
    test_limits();
    test_calls();

    return done();
}
