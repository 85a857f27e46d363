/* LDFLAGS: -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free */

/*
 * What happens when memory is short: each allocation fails in turn, alone or
 * with all that follow.  Envelope, event streams and splicing must say so,
 * must not leak, and must work again afterwards.
 */

#include <stdlib.h>
#include <string.h>

#include "mcp_argument.h"
#include "mcp_rewrite.h"
#include "mcp_sse.h"
#include "fail_alloc.h"
#include "tap.h"


static char    body[16384];
static size_t  body_len;


/* A batch with tools, long ids, depth and more strings than fit at first. */
static void
make_body(void)
{
    int     i;
    size_t  n;

    n = (size_t) sprintf(body, "[{\"jsonrpc\":\"2.0\",\"id\":\"%0200d\","
                         "\"result\":{\"tools\":[", 7);

    for (i = 0; i < 60; i++) {
        n += (size_t) sprintf(body + n, "%s{\"name\":\"t%d\",\"x\":[\"a\"]}",
                              i ? "," : "", i);
    }

    n += (size_t) sprintf(body + n, "],\"deep\":%.*s\"x\"%.*s}}", 40,
                          "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", 40,
                          "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");

    for (i = 0; i < 20; i++) {
        n += (size_t) sprintf(body + n, ",{\"jsonrpc\":\"2.0\",\"id\":%d,"
                              "\"result\":{}}", i);
    }

    n += (size_t) sprintf(body + n, "]");
    body_len = n;
}


/* 1: it was read, 0: memory was short, -1: something else is wrong */
static int
run_message(void)
{
    int                result;
    mcp_rc_t           rc;
    mcp_message_t     *m;
    mcp_json_limits_t  limits = { 64, 4096, 1024, 1024 * 1024 };

    m = mcp_message_create();

    if (m == NULL) {
        return 0;
    }

    mcp_message_start(m, MCP_SERVER, &limits, 0);
    rc = mcp_message_feed(m, (unsigned char *) body, body_len);

    if (rc == MCP_AGAIN) {
        rc = mcp_message_finish(m);
    }

    if (rc == MCP_OK) {
        result = 1;

    } else {
        result = (mcp_message_reason(m) == MCP_R_INTERNAL
                  && strcmp(mcp_message_error(m), "out of memory") == 0)
                 ? 0 : -1;

        /* memory is back: the next message is read */

        fail_at = 0;
        mcp_message_start(m, MCP_SERVER, &limits, 0);
        (void) mcp_message_feed(m, (unsigned char *) body, body_len);

        if (mcp_message_finish(m) != MCP_OK) {
            result = -1;
        }
    }

    mcp_message_destroy(m);

    return result;
}


static int
run_sse(void)
{
    int                   result;
    mcp_rc_t              rc;
    mcp_buf_t             out;
    mcp_sse_t             s;
    mcp_sse_event_t       ev;
    const unsigned char  *p, *end;

    static const char  text[] =
        "event: message\rdata: [\ndata: 1\ndata: ]\r\n\r\ndata: 2\n\n";

    memset(&out, 0, sizeof(out));
    mcp_sse_init(&s, 4096);
    result = 1;

    /* one byte at a time: all of it goes through the buffers */

    for (p = (const unsigned char *) text, end = p + sizeof(text) - 1;
         p < end && result == 1; /* void */ )
    {
        rc = mcp_sse_feed(&s, &p, p + 1, &ev);

        if (rc == MCP_ERROR
            || (rc == MCP_FOUND && mcp_sse_write(&out, &ev, ev.data)
                                   != MCP_OK))
        {
            result = 0;
        }
    }

    if (result == 1 && out.len != 37) {
        result = -1;
    }

    if (s.error && mcp_sse_feed(&s, &p, end, &ev) != MCP_ERROR) {
        result = -1;
    }

    mcp_sse_free(&s);
    mcp_buf_free(&out);

    return result;
}


static int
run_rewrite(void)
{
    int            result;
    size_t         i, count;
    mcp_buf_t      out;
    mcp_rewrite_t  rw;

    memset(&out, 0, sizeof(out));
    mcp_rewrite_init(&rw);
    result = 1;

    for (i = 0; i < 40 && result == 1; i++) {
        count = mcp_rewrite_count(&rw);

        if (mcp_rewrite_add(&rw, i * 4, i * 4 + 2, "text", 4) != MCP_OK) {
            result = mcp_rewrite_count(&rw) == count ? 0 : -1;
        }
    }

    if (result == 1
        && mcp_rewrite_apply(&rw, (unsigned char *) body, 160, &out)
           != MCP_OK)
    {
        result = out.len == 0 ? 0 : -1;
    }

    if (result == 1 && out.len != 240) {
        result = -1;
    }

    mcp_rewrite_free(&rw);
    mcp_buf_free(&out);

    return result;
}


/* A constraint, and the values that it is about. */
static int
run_argument(void)
{
    int                    i, result;
    char                   call[1024], path[64];
    size_t                 n, len;
    unsigned               work;
    const char            *violated;
    mcp_message_t         *m;
    mcp_argument_t        *a;
    const mcp_value_t     *values;
    mcp_argument_error_t   err;
    mcp_json_limits_t      limits = { 64, 4096, 1024, 1024 * 1024 };

    static const mcp_str_t  words[] = {
        mcp_string("t"), mcp_string("/a/*"), mcp_string("match=^[0-9]$"),
        mcp_string("one_of=1,2"), mcp_string("path_under=/srv"),
        mcp_string("host_in=a.example,b.example")
    };

    a = mcp_argument_create(words, 4, &err);

    if (a == NULL) {
        return strcmp(err.text, "out of memory") == 0 ? 0 : -1;
    }

    mcp_argument_destroy(a);
    a = mcp_argument_create(words, 6, &err);
    m = mcp_message_create();

    if (a == NULL || m == NULL) {
        mcp_argument_destroy(a);
        mcp_message_destroy(m);
        return 0;
    }

    len = (size_t) sprintf(call, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
                           "\"tools/call\",\"params\":{\"name\":\"t\","
                           "\"arguments\":{\"a\":[");

    for (i = 0; i < 100; i++) {
        len += (size_t) sprintf(call + len, "%d,", i % 2);
    }

    len += (size_t) sprintf(call + len, "2]}}}");

    mcp_message_start(m, MCP_CLIENT, &limits, 0);
    mcp_message_keep_values(m);

    (void) mcp_message_feed(m, (unsigned char *) call, len);

    if (mcp_message_finish(m) == MCP_OK) {
        n = mcp_message_values(m, &values);
        work = MCP_MATCH_WORK;

        violated = mcp_argument_check(a, m, values, n, 0, &work, path,
                                      sizeof(path));

        result = n == 103 && violated != NULL
                 && strcmp(path, "/params/arguments/a/0") == 0 ? 1 : -1;

    } else {
        result = mcp_message_reason(m) == MCP_R_INTERNAL ? 0 : -1;
    }

    mcp_message_destroy(m);
    mcp_argument_destroy(a);

    return result;
}


static void
test(const char *name, int (*run)(void))
{
    int       after, result, wrong, leaks;
    unsigned  n, total;

    fail_at = 0;
    calls = 0;

    is_int(run(), 1, "%s: with enough memory", name);

    total = calls;
    ok(total > 2, "%s: %u allocations", name, total);
    is_int(live, 0, "%s: all freed", name);

    for (after = 0; after < 2; after++) {
        wrong = 0;
        leaks = 0;

        for (n = 1; n <= total; n++) {
            live = 0;
            calls = 0;
            fail_at = n;
            fail_after = after;

            result = run();
            fail_at = 0;

            wrong += (result != 0);
            leaks += (live != 0);
        }

        is_int(wrong, 0, "%s: each failure is reported, %s", name,
               after ? "all that follow fail" : "one alone");
        is_int(leaks, 0, "%s: nothing leaks", name);
    }
}


int
main(void)
{
    make_body();

    test("envelope", run_message);
    test("event stream", run_sse);
    test("splicing", run_rewrite);
    test("constraint", run_argument);

    return done();
}
