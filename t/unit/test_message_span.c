/*
 * The envelope: spans, paths, segments, and JSONTestSuite in an argument.
 */

#include "mcp_message.h"

#include "tap.h"

#include <dirent.h>
#include <stdlib.h>


#define SUITE  "../shared/json-test-suite/test_parsing"

#define C  MCP_CLIENT
#define S  MCP_SERVER

#define V  "\"jsonrpc\":\"2.0\","
#define R  V "\"id\":1,"


static mcp_message_t  *message;


static void
put(mcp_buf_t *b, const char *s)
{
    (void) mcp_buf_append_str(b, s);
}


/* slice 0: whole; else in slices of that many bytes */
static mcp_rc_t
read_message(mcp_dir_t dir, const char *body, size_t len, size_t slice)
{
    size_t             n;
    mcp_rc_t           rc;
    mcp_json_limits_t  limits = { 64, 4096, 1024, 1024 * 1024 };

    mcp_message_start(message, dir, &limits, 4096);
    rc = MCP_AGAIN;

    while (len != 0 && rc == MCP_AGAIN) {
        n = slice == 0 || slice > len ? len : slice;

        rc = mcp_message_feed(message, (const unsigned char *) body, n);
        body += n;
        len -= n;
    }

    return rc == MCP_AGAIN ? mcp_message_finish(message) : rc;
}


/* Raw spans: what the caller cuts out of the message. */
static void
test_spans(void)
{
    size_t                 n;
    const mcp_item_t      *items;
    const mcp_envelope_t  *e;

    static const char  body[] =
        "[ {" R "\"result\" : { \"tools\" : [ {\"name\":\"a\"} , "
        "{ \"description\":\"d\", \"name\":\"b\" }, 7, \"s\", [ ], {},"
        "{\"name\":[]}] , \"cacheScope\" : \"public\" , "
        "\"instructions\" : \"x\\n\" } }, {" V "\"id\":2,\"result\":"
        "{\"tools\":{\"name\":\"c\"},\"cacheScope\":[1],"
        "\"instructions\":{}}} ]";

#define is_span(s, want)                                                      \
    is_mem(body + (s).off, (s).len, want, sizeof(want) - 1, "%s", #s)

    is_int(read_message(S, body, sizeof(body) - 1, 0), MCP_OK, "a result");
    (void) mcp_message_envelopes(message, &e);

    is_span(e[0].cache_scope, "\"public\"");
    is_span(e[0].instructions, "\"x\\n\"");
    is_span(e[1].cache_scope, "[1]");
    is_span(e[1].instructions, "{}");
    is_int(e[1].tools.len, 0, "an object is not a list of tools");
    is_span(e[1].result, "{\"tools\":{\"name\":\"c\"},\"cacheScope\":[1],"
            "\"instructions\":{}}");
    is_mem(body + e[0].raw.off, 12, "{\"jsonrpc\":\"", 12, "raw");
    is_int(body[e[0].raw.off + e[0].raw.len - 1], '}', "raw to its end");
    is_int(body[e[0].tools.off], '[', "tools");
    is_int(body[e[0].tools.off + e[0].tools.len - 1], ']', "to their end");

    n = mcp_message_items(message, &items);
    is_int(n, 7, "items");

    is_span(items[0].raw, "{\"name\":\"a\"}");
    is_span(items[1].raw, "{ \"description\":\"d\", \"name\":\"b\" }");
    is_span(items[2].raw, "7");
    is_span(items[3].raw, "\"s\"");
    is_span(items[4].raw, "[ ]");
    is_span(items[5].raw, "{}");
    is_span(items[6].raw, "{\"name\":[]}");

    is_mem(mcp_message_text(message, &n) + items[0].name.off,
           items[0].name.len, "a", 1, "name");
    is_mem(mcp_message_text(message, &n) + items[1].name.off,
           items[1].name.len, "b", 1, "name behind another member");
    is_int(items[2].name.len + items[3].name.len + items[4].name.len
           + items[5].name.len + items[6].name.len, 0, "no name");
}


static mcp_segment_t *
find_value(const char *value)
{
    size_t                i, n, len;
    mcp_segment_t        *s;
    const unsigned char  *text;

    n = mcp_message_segments(message, &s);
    text = mcp_message_text(message, &len);

    for (i = 0; i < n; i++) {
        if (!s[i].key && s[i].len == strlen(value)
            && memcmp(text + s[i].text, value, s[i].len) == 0)
        {
            return &s[i];
        }
    }

    return NULL;
}


static void
is_path(const char *value, const char *path, const char *argument)
{
    char                  buf[128];
    size_t                len;
    mcp_span_t            a;
    mcp_segment_t        *s;
    const unsigned char  *text;

    s = find_value(value);

    if (!ok(s != NULL, "%s is there", value)) {
        return;
    }

    len = mcp_message_path(message, s, buf, sizeof(buf));
    is_str(buf, path, "path of %s", value);
    is_int(len, strlen(path), "its length");

    a = mcp_message_argument(message, s);
    text = mcp_message_text(message, &len);
    is_mem(text + a.off, a.len, argument, strlen(argument),
           "argument of %s", value);
}


static void
test_paths(void)
{
    char            buf[32];
    size_t          i;
    mcp_segment_t  *s;

    static const char  body[] =
        "{" R "\"params\":{\"arguments\":{\"a\":\"v1\",\"b\":{\"c\":[1,\"v2\","
        "{\"d/e~f\":\"v3\"}]},\"\\u00e4\\n\":\"v4\",\"\":{\"\":\"v5\"},"
        "\"l\":[\"v6\",[[\"v7\"]]]},\"name\":\"v8\","
        "\"_meta\":{\"x\":\"v9\"}},\"method\":\"tools/call\"}";

    static const char  batch[] =
        "[{" R "\"method\":\"ping\"},{" V "\"id\":2,\"method\":\"tools/call\","
        "\"params\":{\"arguments\":{\"a\":{\"b\":\"w1\"}}}}]";

    static const char  list[] =
        "{" R "\"method\":\"tools/call\",\"params\":{\"arguments\":[\"x1\","
        "{\"a\":\"x2\"}]}}";

    static const char  text[] =
        "{" R "\"method\":\"tools/call\",\"params\":{\"arguments\":\"x3\"}}";

    is_int(read_message(C, body, sizeof(body) - 1, 0), MCP_OK, "a message");

    is_path("2.0", "/jsonrpc", "");
    is_path("v1", "/params/arguments/a", "a");
    is_path("v2", "/params/arguments/b/c/1", "b");
    is_path("v3", "/params/arguments/b/c/2/d~1e~0f", "b");
    is_path("v4", "/params/arguments/\?\?\?", "\xc3\xa4\n");
    is_path("v5", "/params/arguments//", "");
    is_path("v6", "/params/arguments/l/0", "l");
    is_path("v7", "/params/arguments/l/1/0/0", "l");
    is_path("v8", "/params/name", "");
    is_path("v9", "/params/_meta/x", "");

    /* cut to any size, always ended */

    s = find_value("v3");

    for (i = 0; i < sizeof(buf); i++) {
        memset(buf, 'x', sizeof(buf));

        is_int(mcp_message_path(message, s, buf, i), i ? i - 1 : 0,
               "cut to %zu bytes", i);
        ok(i == 0 ? buf[0] == 'x'
                  : buf[i - 1] == '\0'
                    && strncmp(buf, "/params/arguments/b/c/2/d~1e~0f",
                               i - 1) == 0,
           "cut to %zu bytes: text", i);
    }

    is_int(read_message(C, batch, sizeof(batch) - 1, 0), MCP_OK, "a batch");
    is_path("w1", "/1/params/arguments/a/b", "a");
    is_int(find_value("w1")->envelope, 1, "in the second message");

    is_int(read_message(C, list, sizeof(list) - 1, 0), MCP_OK, "a list");
    is_path("x1", "/params/arguments/0", "");
    is_path("x2", "/params/arguments/1/a", "");

    is_int(read_message(C, text, sizeof(text) - 1, 0), MCP_OK, "a text");
    is_path("x3", "/params/arguments", "");
}


/* The deepest path there is. */
static void
test_depth(void)
{
    char               *path;
    size_t              i, len;
    mcp_buf_t           b;
    mcp_segment_t      *s;
    mcp_json_limits_t   limits = { MCP_JSON_MAX_DEPTH, 4096, 1024, 1 << 20 };

    memset(&b, 0, sizeof(b));
    put(&b, "{" R "\"method\":\"tools/call\",\"params\":{\"arguments\":");

    for (i = 0; i < MCP_JSON_MAX_DEPTH - 2; i++) {
        put(&b, "[");
    }

    put(&b, "\"deep\"");

    for (i = 0; i < MCP_JSON_MAX_DEPTH - 2; i++) {
        put(&b, "]");
    }

    put(&b, "}}");

    mcp_message_start(message, C, &limits, 4096);
    (void) mcp_message_feed(message, b.data, b.len);
    is_int(mcp_message_finish(message), MCP_OK, "%d levels",
           MCP_JSON_MAX_DEPTH);

    s = find_value("deep");

    if (ok(s != NULL, "the deepest string")) {
        path = malloc(8192);
        len = mcp_message_path(message, s, path, 8192);
        is_int(len, strlen("/params/arguments")
               + 2 * (MCP_JSON_MAX_DEPTH - 2), "its path");
        is_mem(path, 19, "/params/arguments/0", 19, "from the top");
        is_int(mcp_message_argument(message, s).len, 0, "no argument name");
        free(path);
    }

    mcp_buf_free(&b);
}


/* Each string that is not empty is a segment, in the order of the text. */
static void
test_segments(void)
{
    size_t                i, n, len;
    mcp_segment_t        *s;
    const unsigned char  *text;

    static const char  body[] =
        "{" R "\"method\":\"tools/call\",\"params\":{\"name\":\"n\","
        "\"arguments\":{\"e\":\"\",\"\":\"x\",\"\\u0061\":\"\\u00e4\"}}}";

    static const struct {
        const char  *text;
        const char  *flags;       /* k key, e escaped, a ascii */
    } want[] = {
        { "jsonrpc", "ka" }, { "2.0", "a" }, { "id", "ka" },
        { "method", "ka" }, { "tools/call", "a" }, { "params", "ka" },
        { "name", "ka" }, { "n", "a" }, { "arguments", "ka" }, { "e", "ka" },
        { "x", "a" }, { "a", "kea" }, { "\xc3\xa4", "e" },
    };

    is_int(read_message(C, body, sizeof(body) - 1, 0), MCP_OK, "a message");
    n = mcp_message_segments(message, &s);
    text = mcp_message_text(message, &len);

    is_int(n, sizeof(want) / sizeof(want[0]), "segments");

    for (i = 0; i < n && i < sizeof(want) / sizeof(want[0]); i++) {
        is_mem(text + s[i].text, s[i].len, want[i].text,
               strlen(want[i].text), "segment %zu", i);
        is_int(s[i].key, strchr(want[i].flags, 'k') != NULL, "key");
        is_int(s[i].escaped, strchr(want[i].flags, 'e') != NULL, "escaped");
        is_int(s[i].ascii, strchr(want[i].flags, 'a') != NULL, "ascii");
        is_int(body[s[i].raw], '"', "raw from its quote");
        is_int(body[s[i].raw + s[i].raw_len - 1], '"', "raw to its quote");

        if (!s[i].escaped) {
            is_mem(body + s[i].raw + 1, s[i].raw_len - 2, text + s[i].text,
                   s[i].len, "raw is the text");
        }
    }
}


/*
 * JSONTestSuite: what must be accepted is accepted as the value of an
 * argument, what must be refused is refused there.
 */
static void
test_suite(const char *dir)
{
    DIR            *d;
    FILE           *f;
    char            path[1024];
    size_t          n;
    unsigned        slice, yes, no;
    mcp_buf_t       b;
    struct dirent  *entry;

    static char  file[65536];

    d = opendir(dir);

    if (d == NULL) {
        skip("%s is not there", dir);
        return;
    }

    memset(&b, 0, sizeof(b));
    yes = 0;
    no = 0;

    while ((entry = readdir(d)) != NULL) {

        if (entry->d_name[0] != 'y' && entry->d_name[0] != 'n') {
            continue;
        }

        (void) snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
        f = fopen(path, "rb");

        if (f == NULL) {
            continue;
        }

        n = fread(file, 1, sizeof(file), f);
        fclose(f);

        b.len = 0;
        put(&b, "{" R "\"method\":\"tools/call\",\"params\":{\"name\":\"t\","
                "\"arguments\":{\"v\":");
        (void) mcp_buf_append(&b, file, n);
        put(&b, "}}}");

        for (slice = 0; slice < 3; slice++) {

            if (entry->d_name[0] == 'n') {
                is_int(read_message(C, (char *) b.data, b.len, slice),
                       MCP_ERROR, "%s is refused", entry->d_name);
                no++;
                continue;
            }

            /* RFC 8259 leaves repeated members open, we do not */

            if (strstr(entry->d_name, "duplicated_key") != NULL
                || strstr(entry->d_name, "escaped_null_in_key") != NULL)
            {
                is_int(read_message(C, (char *) b.data, b.len, slice),
                       MCP_ERROR, "%s is refused by us", entry->d_name);

            } else {
                is_int(read_message(C, (char *) b.data, b.len, slice),
                       MCP_OK, "%s is accepted", entry->d_name);
            }

            yes++;
        }
    }

    closedir(d);
    mcp_buf_free(&b);

    ok(yes >= 3 * 95, "files that must be accepted: %u", yes / 3);
    ok(no >= 3 * 180, "files that must be refused: %u", no / 3);
}


int
main(void)
{
    message = mcp_message_create();

    test_spans();
    test_paths();
    test_depth();
    test_segments();
    test_suite(SUITE);

    mcp_message_destroy(message);

    return done();
}
