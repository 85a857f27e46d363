/*
 * Giant, deep and nasty inputs: bounded time, bounded memory, no stack.
 *
 * The bound is 20 ns a byte of processor time, on a stack of 64 KB; under a
 * sanitizer, or without optimisation, both are larger.
 */

#define _POSIX_C_SOURCE  200809L    /* pthread_attr_setstack() */

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "mcp_json.h"
#include "tap.h"


#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED  1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED  1
#endif
#endif

#if defined(SANITIZED) || !defined(__OPTIMIZE__)
#define NS_PER_BYTE  200
#define STACK        (1024 * 1024)
#else
#define NS_PER_BYTE  20
#define STACK        (64 * 1024)
#endif


static mcp_json_t  *tokenizer;
static size_t       events;

static const mcp_json_limits_t  wide = { 512, 1 << 30, 1 << 20, 1u << 30 };
static const mcp_json_limits_t  usual = { 64, 4096, 1024, 1u << 30 };


static mcp_rc_t
count(void *data, mcp_json_t *j, const mcp_json_event_t *ev)
{
    (void) data;
    (void) j;
    (void) ev;

    events++;

    return MCP_OK;
}


static void
add(mcp_buf_t *b, const char *text)
{
    if (mcp_buf_append_str(b, text) != MCP_OK) {
        abort();
    }
}


static void
repeat(mcp_buf_t *b, const char *text, size_t n)
{
    while (n-- > 0) {
        add(b, text);
    }
}


static void
check(const char *name, const mcp_buf_t *b, const mcp_json_limits_t *limits,
    size_t slice, mcp_json_err_t err, size_t want_events)
{
    size_t    at, n;
    double    ns;
    clock_t   start;
    mcp_rc_t  rc;

    events = 0;
    start = clock();

    mcp_json_start(tokenizer, limits, count, NULL, 65536);

    rc = MCP_AGAIN;

    for (at = 0; at < b->len && rc == MCP_AGAIN; at += n) {
        n = (slice < b->len - at) ? slice : b->len - at;
        rc = mcp_json_feed(tokenizer, b->data + at, n);
    }

    if (rc == MCP_AGAIN) {
        (void) mcp_json_finish(tokenizer);
    }

    ns = (double) (clock() - start) / CLOCKS_PER_SEC * 1e9 / (double) b->len;

    is_str(mcp_json_strerror(mcp_json_err(tokenizer)), mcp_json_strerror(err),
           "%s in slices of %zu", name, slice);

    if (want_events > 0) {
        is_int(events, want_events, "%s: events", name);
    }

    /* a refused message costs no more than what was read of it */

    ok(ns < NS_PER_BYTE, "%s: %zu bytes, %.2f ns a byte", name, b->len, ns);
}


static void
twice(const char *name, const mcp_buf_t *b, const mcp_json_limits_t *limits,
    mcp_json_err_t err, size_t want_events)
{
    check(name, b, limits, b->len, err, want_events);
    check(name, b, limits, 4096, err, want_events);
}


static void
test_elements(mcp_buf_t *b)
{
    b->len = 0;
    add(b, "[");
    repeat(b, "1,", 1000000 - 1);
    add(b, "1]");
    twice("a million ones", b, &usual, MCP_JSON_E_NONE, 1000002);

    b->len = 0;
    add(b, "[");
    repeat(b, "{},", 1000000 - 1);
    add(b, "{}]");
    twice("a million empty objects", b, &usual, MCP_JSON_E_NONE, 2000002);

    b->len = 0;
    add(b, "[");
    repeat(b, "\"\",", 1000000 - 1);
    add(b, "\"\"]");
    twice("a million empty strings", b, &usual, MCP_JSON_E_NONE, 1000002);

    b->len = 0;
    add(b, "[");
    repeat(b, "{\"a\":[{\"b\":null}]},", 200000 - 1);
    add(b, "{}]");
    twice("200000 small objects", b, &usual, MCP_JSON_E_NONE, 0);

    b->len = 0;
    repeat(b, " \n\t\r", 2500000);
    add(b, "1");
    twice("10 MB of white space", b, &usual, MCP_JSON_E_NONE, 1);
}


static void
test_strings(mcp_buf_t *b)
{
    size_t  len;

    b->len = 0;
    add(b, "\"");
    repeat(b, "0123456789abcdef", 655360);
    add(b, "\"");
    twice("a string of 10 MB", b, &usual, MCP_JSON_E_NONE, 1);
    check("a string of 10 MB", b, &usual, 1, MCP_JSON_E_NONE, 1);

    (void) mcp_json_text(tokenizer, &len);
    is_int(len, 10485760 + 1, "all of its text is there");

    b->len = 0;
    add(b, "\"");
    repeat(b, "\\n", 1000000);
    add(b, "\"");
    twice("a million escapes", b, &usual, MCP_JSON_E_NONE, 1);

    b->len = 0;
    add(b, "\"");
    repeat(b, "\\u0041\\ud83d\\ude00", 500000);
    add(b, "\"");
    twice("a million escaped characters", b, &usual, MCP_JSON_E_NONE, 1);

    b->len = 0;
    add(b, "\"");
    repeat(b, "\xe4\xbd\xa0" "a\xc3\xa9\xf0\x9f\x98\x80\\t", 500000);
    add(b, "\"");
    twice("5 MB of mixed characters", b, &usual, MCP_JSON_E_NONE, 1);

    b->len = 0;
    add(b, "\"");
    repeat(b, "0123456789abcdef", 65536);
    add(b, "\xff\"");
    twice("bad UTF-8 at the end of 1 MB", b, &usual, MCP_JSON_E_UTF8, 0);

    b->len = 0;
    add(b, "{\"");
    repeat(b, "k", 1 << 20);
    add(b, "\":1}");
    twice("a name of 1 MB", b, &wide, MCP_JSON_E_NONE, 4);
    twice("a name of 1 MB, too long", b, &usual, MCP_JSON_E_KEY, 1);
}


static void
test_depth(mcp_buf_t *b)
{
    b->len = 0;
    repeat(b, "[", 100000);
    twice("100000 brackets", b, &usual, MCP_JSON_E_DEPTH, 64);
    twice("100000 brackets, at the wall", b, &wide, MCP_JSON_E_DEPTH, 512);

    b->len = 0;
    repeat(b, "{\"a\":", 100000);
    twice("100000 braces", b, &wide, MCP_JSON_E_DEPTH, 1024);

    /* up and down for ever */

    b->len = 0;
    add(b, "[");
    repeat(b, "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]],",
           20000);
    add(b, "1]");
    twice("20000 towers", b, &usual, MCP_JSON_E_NONE, 20000 * 60 + 3);
}


static void
numbered(mcp_buf_t *b, const char *before, size_t i, const char *after)
{
    char  text[128];

    (void) snprintf(text, sizeof(text), "%s\"%s%zu%s\":1", i > 0 ? "," : "",
                    before, i, after);
    add(b, text);
}


/* Names that end alike defeat the fingerprint of small objects. */
static void
test_members(mcp_buf_t *b)
{
    size_t  i, k;

    b->len = 0;
    add(b, "{");

    for (i = 0; i < 100000; i++) {
        numbered(b, "", i, "");
    }

    add(b, "}");
    twice("100000 members", b, &wide, MCP_JSON_E_NONE, 200002);
    twice("100000 members, too many", b, &usual, MCP_JSON_E_MEMBERS, 0);

    b->len--;
    add(b, ",\"0\":2}");
    twice("100000 members and a twin", b, &wide, MCP_JSON_E_DUPLICATE, 0);

    b->len = 0;
    add(b, "{");

    for (i = 100000; i < 200000; i++) {
        numbered(b, "the same in front ", i, " and the same behind");
    }

    /* the first one had a comma */
    b->data[1] = ' ';
    add(b, "}");
    twice("100000 members that look alike", b, &wide, MCP_JSON_E_NONE, 200002);

    b->len = 0;
    add(b, "{\"a\":1");
    repeat(b, ",\"a\":1", 100000);
    add(b, "}");
    twice("100000 duplicates", b, &wide, MCP_JSON_E_DUPLICATE, 3);

    /* objects as large as they may be without an index, all names alike */

    b->len = 0;
    add(b, "[");

    for (k = 0; k < 2000; k++) {

        add(b, "{");

        for (i = 0; i < 16; i++) {
            numbered(b, "a name with a long beginning, no. ", i + 10, "tail");
        }

        /* numbered() gave the first a comma */
        add(b, k < 1999 ? "}," : "}");
    }

    add(b, "]");

    for (i = 0; i + 1 < b->len; i++) {
        if (b->data[i] == '{' && b->data[i + 1] == ',') {
            b->data[i + 1] = ' ';
        }
    }

    twice("2000 objects of 16 names alike", b, &usual, MCP_JSON_E_NONE,
          2000 * 34 + 2);

    /* large objects in each other, with the same names at each depth */

    b->len = 0;

    for (k = 0; k < 500; k++) {

        add(b, "{");

        for (i = 0; i < 100; i++) {
            numbered(b, "n", i, "");
        }

        add(b, ",\"next\":");
    }

    add(b, "0");
    repeat(b, "}", 500);
    twice("500 objects of 101 members in each other", b, &wide,
          MCP_JSON_E_NONE, 500 * 203 + 1);

    /* and one after another: leaving an object costs what entering did */

    b->len = 0;
    add(b, "{");

    for (i = 0; i < 20000; i++) {
        numbered(b, "outer ", i, "");
    }

    add(b, ",\"inner\":[");

    for (k = 0; k < 2000; k++) {

        add(b, k > 0 ? ",{" : "{");

        for (i = 0; i < 20; i++) {
            numbered(b, "outer ", i, "");
        }

        add(b, "}");
    }

    add(b, "]}");
    twice("2000 objects inside of a large one", b, &wide, MCP_JSON_E_NONE,
          40000 + 2000 * 42 + 5);
}


static void
test_numbers(mcp_buf_t *b)
{
    b->len = 0;
    add(b, "[");
    repeat(b, "-1234567890.0123456789e+10,", 100000);
    add(b, "0]");
    twice("100000 long numbers", b, &usual, MCP_JSON_E_NONE, 100003);

    b->len = 0;
    repeat(b, "9", 1000000);
    check("a number of a million digits", b, &usual, b->len,
          MCP_JSON_E_NUMBER, 0);
    is_int(mcp_json_err_offset(tokenizer), MCP_JSON_MAX_DIGITS,
           "is refused at once");
}


/* Small messages: what a start costs must not depend on what was before. */
static void
test_small(void)
{
    size_t    i, n, bad;
    double    ns;
    clock_t   start;

    static const char  message[] =
        "{\"jsonrpc\":\"2.0\",\"id\":17,\"method\":\"tools/call\",\"params\":{"
        "\"name\":\"read_file\",\"arguments\":{\"path\":\"/home/user/src/main.c"
        "\",\"encoding\":\"utf-8\",\"limit\":200,\"follow\":false},\"_meta\":{"
        "\"progressToken\":\"tok-17\",\"clientInfo\":{\"name\":\"demo-client\","
        "\"version\":\"1.4.2\"},\"trace\":\"00-0af7651916cd43dd-01\"}}}";

    n = 100000;
    bad = 0;
    start = clock();

    for (i = 0; i < n; i++) {
        mcp_json_start(tokenizer, &usual, count, NULL, 1 << 26);
        bad += (mcp_json_feed(tokenizer, (const unsigned char *) message,
                              sizeof(message) - 1)
                != MCP_AGAIN
                || mcp_json_finish(tokenizer) != MCP_OK);
    }

    ns = (double) (clock() - start) / CLOCKS_PER_SEC * 1e9 / (double) n;

    is_int(bad, 0, "messages of %zu bytes", sizeof(message) - 1);
    ok(ns < 1500.0 * NS_PER_BYTE / 20, "%.0f ns each", ns);
}


static void *
all(void *data)
{
    mcp_buf_t  b;

    (void) data;

    memset(&b, 0, sizeof(b));

    test_elements(&b);
    test_strings(&b);
    test_depth(&b);
    test_members(&b);
    test_numbers(&b);
    test_small();

    mcp_buf_free(&b);

    return NULL;
}


int
main(void)
{
    void            *stack;
    pthread_t        thread;
    pthread_attr_t   attr;

    tokenizer = mcp_json_create();
    stack = NULL;

    if (!ok(tokenizer != NULL, "a tokenizer")
        || !ok(posix_memalign(&stack, 4096, STACK) == 0, "a stack")
        || !ok(pthread_attr_init(&attr) == 0
               && pthread_attr_setstack(&attr, stack, STACK) == 0
               && pthread_create(&thread, &attr, all, NULL) == 0,
               "a thread on a stack of %d KB", STACK / 1024))
    {
        return done();
    }

    ok(pthread_join(thread, NULL) == 0, "it ends");

    (void) pthread_attr_destroy(&attr);
    free(stack);
    mcp_json_destroy(tokenizer);

    return done();
}
