/*
 * Constraints on arguments: what can be configured, and what holds; calls
 * whole, byte by byte and in slices.
 */

#include "mcp_inspect.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>


#define U(s)  ((const unsigned char *) (s))

static mcp_inspector_t  *inspector;


/* Words are parted by '|' here. */
static mcp_argument_t *
make(const char *line, mcp_argument_error_t *err)
{
    char             *copy;
    size_t            n, len;
    mcp_str_t         words[16];
    mcp_argument_t   *a;

    copy = malloc(strlen(line) + 1);
    strcpy(copy, line);

    for (n = 0, len = 0; n < 16; n++) {
        words[n].data = U(copy + len);
        words[n].len = strcspn(copy + len, "|");
        len += words[n].len;

        if (copy[len++] == '\0') {
            n++;
            break;
        }
    }

    a = mcp_argument_create(words, n, err);

    /* nothing may point there afterwards */
    memset(copy, 'x', strlen(line));
    free(copy);

    return a;
}


static void
test_config(void)
{
    size_t                 i;
    mcp_argument_t        *a;
    mcp_argument_error_t   err;

    static const char *const  good[] = {
        "t|/a|present", "*|/a/0/*/b~0c~1d|absent", "t|/|present",
        "t|//|present", "t|/a|max_length=0", "t|/a|max_length=4294967295",
        "t|/a|one_of=a", "t|/a|one_of=a,b c,d", "t|/a|path_under=/",
        "t|/a|path_under=/srv/data/", "t|/a|host_in=a.example,*.b.example",
        "t|/a|host_in=10.0.0.0/8", "t|/a|match=^[a-z]{1,8}$",
        "t|/a|match=a=b,c", "t|/a|match=\303\244+",
        "t|/a|present|match=x|one_of=x,y|max_length=3|path_under=/a"
    };

    static const struct {
        const char  *line;
        const char  *error;
    } bad[] = {
        { "t|/a", "a tool, a pointer and a constraint are needed" },
        { "|/a|present", "a tool, a pointer and a constraint are needed" },
        { "t||present", "no \"/\" at the start of pointer \"\"" },
        { "t|a|present", "no \"/\" at the start of pointer \"a\"" },
        { "t|/a~2|present", "\"~\" without 0 or 1 in pointer \"/a~2\"" },
        { "t|/a~|present", "\"~\" without 0 or 1 in pointer \"/a~\"" },
        { "t|/~/b|present", "\"~\" without 0 or 1 in pointer \"/~/b\"" },
        { "t|/a|", "unknown constraint \"\"" },
        { "t|/a|presents", "unknown constraint \"presents\"" },
        { "t|/a|present=1", "unknown constraint \"present=1\"" },
        { "t|/a|match", "unknown constraint \"match\"" },
        { "t|/a|pattern=x", "unknown constraint \"pattern=x\"" },
        { "t|/a|match=", "no value in \"match=\"" },
        { "t|/a|match=x|match=y", "duplicate constraint \"match=y\"" },
        { "t|/a|present|present", "duplicate constraint \"present\"" },
        { "t|/a|present|absent",
          "\"absent\" beside other constraints on \"/a\"" },
        { "t|/a|match=(a", "missing closing parenthesis at 2 in \"(a\"" },
        { "t|/a|match=\\C", NULL },
        { "t|/a|match=\377", NULL },
        { "t|/a|max_length=x", "invalid number \"x\"" },
        { "t|/a|max_length=-1", "invalid number \"-1\"" },
        { "t|/a|max_length=4294967296", "invalid number \"4294967296\"" },
        { "t|/a|one_of=a,,b", "empty value in \"one_of\": \"a,,b\"" },
        { "t|/a|one_of=a,", "empty value in \"one_of\": \"a,\"" },
        { "t|/a|host_in=a.example,", "invalid host \"\"" },
        { "t|/a|host_in=https://a.example",
          "invalid host \"https://a.example\"" },
        { "t|/a|path_under=srv", "no plain absolute directory: \"srv\"" },
        { "t|/a|path_under=/srv/../x",
          "no plain absolute directory: \"/srv/../x\"" },
        { "t|/a|path_under=/srv//x",
          "no plain absolute directory: \"/srv//x\"" },
        { "t|/a|path_under=//host/x", NULL },
        { "t|/a|path_under=/a%2fb", NULL },
        { "t|/a|path_under=C:/x", NULL },
        { "t|/a|path_under=/a\\b", NULL },
    };

    for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
        err.text[0] = '\0';
        a = make(good[i], &err);
        ok(a != NULL, "good: %s %s", good[i], err.text);
        mcp_argument_destroy(a);
    }

    for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        err.text[0] = '\0';
        a = make(bad[i].line, &err);

        if (ok(a == NULL, "bad: %s", bad[i].line) && bad[i].error) {
            is_str(err.text, bad[i].error, "bad: %s: error", bad[i].line);
        }

        ok(a != NULL || err.text[0] != '\0', "bad: %s: it says why",
           bad[i].line);
        mcp_argument_destroy(a);
    }
}


/* slice 0: whole */
static void
judge(mcp_argument_t *const *list, size_t n, const char *message, size_t slice,
    mcp_verdict_t *v)
{
    size_t        i, k, len;
    mcp_policy_t  p;

    mcp_policy_init(&p);
    p.arguments = list;
    p.arguments_n = n;

    len = strlen(message);

    mcp_inspector_start(inspector, &p, NULL, MCP_CLIENT, NULL);

    for (i = 0; i < len; i += k) {
        k = slice == 0 || slice > len - i ? len - i : slice;
        (void) mcp_inspector_feed(inspector, U(message + i), k);
    }

    memset(v, 0, sizeof(mcp_verdict_t));

    if (mcp_inspector_finish(inspector, v) == MCP_OK) {
        mcp_inspector_judge(inspector, MCP_ERA_LEGACY, 0, v);
    }
}


#define CALL_HEAD                                                            \
    "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":"    \
    "{\"name\":\"tool\""

#define NO_ARGUMENTS  "-"


static const struct {
    const char  *line;
    const char  *arguments;
    const char  *violated;       /* the constraint; NULL: it holds           */
    const char  *path;           /* from params.arguments                    */
} t[] = {

    /* present, absent, missing */

    { "tool|/a|present", "{\"a\":1}", NULL, NULL },
    { "tool|/a|present", "{\"a\":\"\"}", NULL, NULL },
    { "tool|/a|present", "{\"a\":{}}", NULL, NULL },
    { "tool|/a|present", "{\"a\":false}", NULL, NULL },
    { "tool|/a|present", "{\"a\":null}", "present", "/a" },
    { "tool|/a|present", "{}", "present", "/a" },
    { "tool|/a|present", "{\"A\":1,\"b\":{\"a\":1}}", "present", "/a" },
    { "tool|/a|present", NO_ARGUMENTS, "present", "/a" },
    { "tool|/a|present", "[1]", "present", "/a" },
    { "tool|/a|present", "\"a\"", "present", "/a" },
    { "tool|/a|absent", "{\"b\":1}", NULL, NULL },
    { "tool|/a|absent", NO_ARGUMENTS, NULL, NULL },
    { "tool|/a|absent", "{\"a\":1}", "absent", "/a" },
    { "tool|/a|absent", "{\"\\u0061\":1}", "absent", "/a" },
    { "tool|/a|absent", "{\"a\":null}", "absent", "/a" },
    { "tool|/a|absent", "{\"a\":[]}", "absent", "/a" },
    { "tool|/a|match=x", "{\"b\":1}", NULL, NULL },
    { "tool|/a|match=x", NO_ARGUMENTS, NULL, NULL },
    { "tool|/a|match=x|present", "{}", "present", "/a" },

    /* types */

    { "tool|/a|match=.", "{\"a\":\"x\"}", NULL, NULL },
    { "tool|/a|match=.", "{\"a\":1}", NULL, NULL },
    { "tool|/a|match=.", "{\"a\":null}", "match", "/a" },
    { "tool|/a|match=.", "{\"a\":{}}", "match", "/a" },
    { "tool|/a|match=.", "{\"a\":[\"x\"]}", "match", "/a" },
    { "tool|/a|max_length=9", "{\"a\":{}}", "max_length", "/a" },
    { "tool|/a|one_of=null", "{\"a\":null}", "one_of", "/a" },
    { "tool|/a|one_of=true", "{\"a\":true}", NULL, NULL },
    { "tool|/a|one_of=true", "{\"a\":\"true\"}", NULL, NULL },
    { "tool|/a|one_of=true", "{\"a\":false}", "one_of", "/a" },
    { "tool|/a|one_of=1,-2.50,3e1", "{\"a\":-2.50}", NULL, NULL },
    { "tool|/a|one_of=1,-2.50,3e1", "{\"a\":-2.5}", "one_of", "/a" },
    { "tool|/a|match=^[0-9]+$", "{\"a\":100}", NULL, NULL },
    { "tool|/a|match=^[0-9]+$", "{\"a\":1e2}", "match", "/a" },

    /* where: names, numbers, wildcards, escapes */

    { "tool|/a/b/c|one_of=x", "{\"a\":{\"b\":{\"c\":\"y\"}}}", "one_of",
      "/a/b/c" },
    { "tool|/a/b/c|one_of=x", "{\"a\":{\"c\":{\"b\":\"y\"}}}", NULL, NULL },
    { "tool|/a|one_of=x", "{\"b\":{\"a\":\"y\"}}", NULL, NULL },
    { "tool|/a/1|one_of=x", "{\"a\":[\"y\",\"x\",\"y\"]}", NULL, NULL },
    { "tool|/a/1|one_of=x", "{\"a\":[\"x\",\"y\"]}", "one_of", "/a/1" },
    { "tool|/a/1|one_of=x", "{\"a\":{\"1\":\"y\"}}", "one_of", "/a/1" },
    { "tool|/a/01|one_of=x", "{\"a\":[\"x\",\"y\"]}", NULL, NULL },
    { "tool|/a/1|one_of=1", "{\"a\":[0,1]}", NULL, NULL },
    { "tool|/a/1|one_of=1", "{\"a\":[1,0]}", "one_of", "/a/1" },
    { "tool|/a/1|one_of=1", "{\"a\":[1,[]]}", "one_of", "/a/1" },
    { "tool|/a/1|one_of=x", "{\"a\":[\"x\",\"\"]}", "one_of", "/a/1" },
    { "tool|/a/10|one_of=x",
      "{\"a\":[1,1,1,1,1,1,1,1,1,1,\"y\"]}", "one_of", "/a/10" },
    { "tool|/a/*|one_of=x", "{\"a\":[\"x\",\"x\"]}", NULL, NULL },
    { "tool|/a/*|one_of=x", "{\"a\":[\"x\",\"y\"]}", "one_of", "/a/1" },
    { "tool|/a/*|one_of=x", "{\"a\":{\"k\":\"x\",\"l\":\"y\"}}", "one_of",
      "/a/l" },
    { "tool|/a/*|one_of=x", "{\"a\":\"y\"}", NULL, NULL },
    { "tool|/*|max_length=3", "{\"a\":\"abc\",\"b\":\"abcd\"}",
      "max_length", "/b" },
    { "tool|/*/p/*|one_of=x", "{\"a\":{\"p\":[\"x\",\"y\"]}}", "one_of",
      "/a/p/1" },
    { "tool|/f/*/p|present", "{\"f\":[{\"p\":1},{\"p\":2}]}", NULL, NULL },
    { "tool|/f/*/p|present", "{\"f\":[{\"p\":1},{\"q\":2}]}", "present",
      "/f/*/p" },
    { "tool|/f/*/p|present", "{\"f\":[{\"p\":1},7]}", "present", "/f/*/p" },
    { "tool|/f/*/p|present", "{\"f\":[]}", "present", "/f/*/p" },
    { "tool|/f/*/p|present", "{}", "present", "/f/*/p" },
    { "tool|/f/*|present", "{\"f\":[1,null]}", "present", "/f/*" },
    { "tool|/a~1b|one_of=x", "{\"a/b\":\"y\"}", "one_of", "/a~1b" },
    { "tool|/a~0b|one_of=x", "{\"a~b\":\"y\"}", "one_of", "/a~0b" },
    { "tool|/a~01|one_of=x", "{\"a~1\":\"y\"}", "one_of", "/a~01" },
    { "tool|/a~1b|one_of=x", "{\"a\":{\"b\":\"y\"}}", NULL, NULL },
    { "tool|/|one_of=x", "{\"\":\"y\"}", "one_of", "/" },
    { "tool|/a|one_of=x", "{\"a\":\"x\",\"b\":\"y\"}", NULL, NULL },
    { "tool|/gr\303\266\303\237e|one_of=x",
      "{\"gr\\u00f6\\u00dfe\":\"y\"}", "one_of", "/gr????e" },

    /* tools */

    { "t*|/a|absent", "{\"a\":1}", "absent", "/a" },
    { "*|/a|absent", "{\"a\":1}", "absent", "/a" },
    { "too|/a|absent", "{\"a\":1}", NULL, NULL },
    { "Tool|/a|absent", "{\"a\":1}", NULL, NULL },

    /* path_under */

    { "tool|/p|path_under=/srv", "{\"p\":\"/srv/a\"}", NULL, NULL },
    { "tool|/p|path_under=/srv/", "{\"p\":\"/srv\"}", NULL, NULL },
    { "tool|/p|path_under=/srv", "{\"p\":\"/srv/a/../b\"}", NULL, NULL },
    { "tool|/p|path_under=/srv", "{\"p\":\"\\/srv\\/a\"}", NULL, NULL },
    { "tool|/p|path_under=/", "{\"p\":\"/etc/x\"}", NULL, NULL },
    { "tool|/p|path_under=/srv", "{\"p\":\"/srvx\"}", "path_under", "/p" },
    { "tool|/p|path_under=/srv", "{\"p\":\"/srv/../etc\"}", "path_under",
      "/p" },
    { "tool|/p|path_under=/srv", "{\"p\":\"/srv/%2e%2e/etc\"}",
      "path_under", "/p" },
    { "tool|/p|path_under=/srv", "{\"p\":\"/srv/..\\\\..\\\\etc\"}",
      "path_under", "/p" },
    { "tool|/p|path_under=/srv", "{\"p\":\"a\"}", "path_under", "/p" },
    { "tool|/p|path_under=/srv", "{\"p\":\"\"}", "path_under", "/p" },
    { "tool|/p|path_under=/srv", "{\"p\":\"/srv/a\\u0000b\"}", "path_under",
      "/p" },
    { "tool|/p|path_under=/srv", "{\"p\":7}", "path_under", "/p" },

    /* host_in */

    { "tool|/u|host_in=a.example,*.b.example",
      "{\"u\":\"https://a.example/x?u=https://c.example\"}", NULL, NULL },
    { "tool|/u|host_in=a.example,*.b.example", "{\"u\":\"x.b.example:80\"}",
      NULL, NULL },
    { "tool|/u|host_in=a.example,*.b.example", "{\"u\":\"b.example\"}",
      "host_in", "/u" },
    { "tool|/u|host_in=a.example", "{\"u\":\"https://a.example@c.example\"}",
      "host_in", "/u" },
    { "tool|/u|host_in=a.example", "{\"u\":\"/path\"}", "host_in", "/u" },
    { "tool|/u|host_in=a.example", "{\"u\":\"\"}", "host_in", "/u" },
    { "tool|/u|host_in=10.0.0.0/8", "{\"u\":\"http://0xa.1/\"}", NULL,
      NULL },
    { "tool|/u|host_in=10.0.0.0/8", "{\"u\":\"http://11.1.1.1/\"}",
      "host_in", "/u" },

    /* match */

    { "tool|/a|match=b+", "{\"a\":\"abbc\"}", NULL, NULL },
    { "tool|/a|match=^b", "{\"a\":\"abbc\"}", "match", "/a" },
    { "tool|/a|match=^[a-z]+$", "{\"a\":\"abc\\n\"}", "match", "/a" },
    { "tool|/a|match=^.$", "{\"a\":\"\\u00e4\"}", NULL, NULL },
    { "tool|/a|match=^.$", "{\"a\":\"\\ud83d\\ude00\"}", NULL, NULL },
    { "tool|/a|match=(?i)^\303\204$", "{\"a\":\"\\u00e4\"}", NULL, NULL },
    { "tool|/a|match=^$", "{\"a\":\"\"}", NULL, NULL },
    { "tool|/a|match=^a.b$", "{\"a\":\"a\\u0000b\"}", NULL, NULL },
    { "tool|/a|match=^(?!.*secret)", "{\"a\":\"a secret\"}", "match",
      "/a" },

    /* one_of, max_length */

    { "tool|/a|one_of=a,b c", "{\"a\":\"b c\"}", NULL, NULL },
    { "tool|/a|one_of=a,b c", "{\"a\":\"b\"}", "one_of", "/a" },
    { "tool|/a|one_of=a,b c", "{\"a\":\"\"}", "one_of", "/a" },
    { "tool|/a|one_of=a,b c", "{\"a\":\"A\"}", "one_of", "/a" },
    { "tool|/a|max_length=3", "{\"a\":\"abc\"}", NULL, NULL },
    { "tool|/a|max_length=3", "{\"a\":\"abcd\"}", "max_length", "/a" },
    { "tool|/a|max_length=3", "{\"a\":\"\\u00e4\\u4e2d\\ud83d\\ude00\"}",
      NULL, NULL },
    { "tool|/a|max_length=3", "{\"a\":1234}", "max_length", "/a" },
    { "tool|/a|max_length=0", "{\"a\":\"\"}", NULL, NULL },

    /* several: the first in the order of the list of constraints */

    { "tool|/a|max_length=9|match=^a|one_of=ab,ac", "{\"a\":\"ac\"}", NULL,
      NULL },
    { "tool|/a|max_length=9|match=^a|one_of=ab,ac", "{\"a\":\"ad\"}",
      "one_of", "/a" },
    { "tool|/a|max_length=9|match=^a|one_of=ab,ac", "{\"a\":\"b\"}",
      "match", "/a" },
};


static void
test_calls(void)
{
    char                   message[1024], detail[64], path[300];
    size_t                 i, k;
    mcp_verdict_t          v;
    mcp_argument_t        *a;
    mcp_argument_error_t   err;

    static const size_t  slices[] = { 0, 1, 2, 5, 64 };

    for (i = 0; i < sizeof(t) / sizeof(*t); i++) {

        a = make(t[i].line, &err);

        if (!ok(a != NULL, "%s", t[i].line)) {
            continue;
        }

        if (strcmp(t[i].arguments, NO_ARGUMENTS) == 0) {
            strcpy(message, CALL_HEAD "}}");

        } else {
            (void) snprintf(message, sizeof(message),
                            CALL_HEAD ",\"arguments\":%s}}", t[i].arguments);
        }

        detail[0] = '\0';
        path[0] = '\0';

        if (t[i].violated) {
            (void) snprintf(detail, sizeof(detail), "argument violates %s",
                            t[i].violated);
            (void) snprintf(path, sizeof(path), "/params/arguments%s",
                            t[i].path);
        }

        for (k = 0; k < sizeof(slices) / sizeof(*slices); k++) {

            judge(&a, 1, message, slices[k], &v);

            is_int(v.action, t[i].violated ? MCP_V_BLOCK : MCP_V_ALLOW,
                   "%s on %s", t[i].line, t[i].arguments);
            is_int(v.reason, t[i].violated ? MCP_R_ARGUMENT : MCP_R_NONE,
                   "reason");
            is_str(v.detail ? v.detail : "", detail, "constraint");
            is_str(v.path, path, "path");
        }

        mcp_argument_destroy(a);
    }
}


/* Several lines, other methods, arguments before the name, batches. */
static void
test_messages(void)
{
    size_t                i;
    mcp_verdict_t         v;
    mcp_argument_t       *list[2];
    mcp_argument_error_t  err;

    static const struct {
        const char  *message;
        const char  *path;           /* NULL: passes */
    } m[] = {
        { "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\","
          "\"params\":{\"arguments\":{\"b\":\"y\"},\"name\":\"tool\"}}",
          "/params/arguments/b" },
        { "{\"params\":{\"arguments\":{\"a\":\"y\"},\"name\":\"tool\"},"
          "\"method\":\"tools/call\",\"id\":1,\"jsonrpc\":\"2.0\"}",
          "/params/arguments/a" },
        { "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"prompts/get\","
          "\"params\":{\"arguments\":{\"a\":\"y\"},\"name\":\"tool\"}}",
          NULL },
        { "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\","
          "\"params\":{\"_meta\":{\"a\":\"y\"},\"name\":\"tool\"}}",
          "/params/arguments/a" },
        { "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"arguments\":"
          "{\"a\":\"y\"}}}", NULL },
        { "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"},"
          "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\","
          "\"params\":{\"name\":\"other\",\"arguments\":{\"a\":\"y\"}}},"
          "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/call\","
          "\"params\":{\"name\":\"tool\",\"arguments\":{\"a\":\"y\"}}}]",
          "/2/params/arguments/a" },
        { "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\","
          "\"params\":{\"name\":\"tool\",\"arguments\":{\"a\":\"x\"}}},"
          "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\","
          "\"params\":{\"name\":\"tool\"}}]",
          "/1/params/arguments/a" },
        { "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\","
          "\"params\":{\"name\":\"tool\",\"arguments\":{\"a\":\"x\"}}}]",
          NULL },
    };

    list[0] = make("tool|/b|one_of=x", &err);
    list[1] = make("t*|/a|one_of=x|present", &err);

    for (i = 0; i < sizeof(m) / sizeof(*m); i++) {
        judge(list, 2, m[i].message, 0, &v);

        is_int(v.action, m[i].path ? MCP_V_BLOCK : MCP_V_ALLOW,
               "message %u", (unsigned) i);
        is_str(v.path, m[i].path ? m[i].path : "", "message %u: path",
               (unsigned) i);
    }

    mcp_argument_destroy(list[0]);
    mcp_argument_destroy(list[1]);
}


static char *
repeat(const char *head, const char *what, size_t n, const char *tail)
{
    size_t     i;
    mcp_buf_t  b = { NULL, 0, 0 };

    (void) mcp_buf_append_str(&b, CALL_HEAD ",\"arguments\":");
    (void) mcp_buf_append_str(&b, head);

    for (i = 0; i < n; i++) {
        (void) mcp_buf_append_str(&b, what);
    }

    (void) mcp_buf_append_str(&b, tail);
    (void) mcp_buf_append_str(&b, "}}");
    (void) mcp_buf_append_byte(&b, '\0');

    return (char *) b.data;
}


/* What is nasty ends, and is not passed unread; what is long passes. */
static void
test_limits(void)
{
    char                  *message;
    size_t                 i;
    mcp_verdict_t          v;
    mcp_argument_t        *a;
    mcp_argument_error_t   err;

    static const struct {
        const char  *line;
        const char  *head;
        const char  *what;
        size_t       n;
        const char  *tail;
        int          blocked;
    } l[] = {
        { "tool|/a|match=^[a-z]+$", "{\"a\":\"", "a", 900000, "\"}", 0 },
        { "tool|/a|match=z$", "{\"a\":\"", "a", 900000, "z\"}", 0 },
        { "tool|/a/*|match=^x$", "{\"a\":[", "\"x\",", 200000, "\"x\"]}", 0 },
        { "tool|/a/*|one_of=1", "{\"a\":[", "1,", 400000, "1]}", 0 },
        { "tool|/a/*|one_of=1", "{\"a\":[", "1,", 400000, "2]}", 1 },
        { "tool|/a|match=(a+)+$", "{\"a\":\"", "a", 60, "!\"}", 1 },
        { "tool|/a|match=(a+)+$", "{\"a\":\"", "a", 100000, "!\"}", 1 },
        { "tool|/a|match=a+b", "{\"a\":\"", "a", 100000, "c\"}", 1 },
        { "tool|/a|match=[a-z]+[0-9]", "{\"a\":\"", "a", 100000, "c\"}", 1 },
        { "tool|/a|match=^(?:a?a)*$", "{\"a\":\"", "a", 900000, "!\"}", 1 },
        { "tool|/a/*|match=(a+)+$", "{\"a\":[",
          "\"aaaaaaaaaaaaaaaa!a\",", 40000, "\"a\"]}", 1 },
    };

    for (i = 0; i < sizeof(l) / sizeof(*l); i++) {
        a = make(l[i].line, &err);
        message = repeat(l[i].head, l[i].what, l[i].n, l[i].tail);

        judge(&a, 1, message, 0, &v);
        is_int(v.action, l[i].blocked ? MCP_V_BLOCK : MCP_V_ALLOW,
               "%s on %u times %.8s", l[i].line, (unsigned) l[i].n,
               l[i].what);

        free(message);
        mcp_argument_destroy(a);
    }
}


int
main(void)
{
    inspector = mcp_inspector_create();

    test_config();
    test_calls();
    test_messages();
    test_limits();

    mcp_inspector_destroy(inspector);

    return done();
}
