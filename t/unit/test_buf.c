/* LDFLAGS: -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free */

/*
 * Growing buffers: what they hold, how they grow, what they write as JSON,
 * and that a failure leaves them as they were.
 */

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "mcp_buf.h"
#include "tap.h"


void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void __real_free(void *p);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void __wrap_free(void *p);


static unsigned  calls;
static unsigned  fail_at;           /* the allocation that fails; 0: none    */
static size_t    largest;           /* asked for                             */


static int
fails(size_t size)
{
    calls++;

    if (size > largest) {
        largest = size;
    }

    return calls == fail_at;
}


void *
__wrap_malloc(size_t size)
{
    return fails(size) ? NULL : __real_malloc(size);
}


void *
__wrap_calloc(size_t n, size_t size)
{
    return fails(n * size) ? NULL : __real_calloc(n, size);
}


void *
__wrap_realloc(void *p, size_t size)
{
    return fails(size) ? NULL : __real_realloc(p, size);
}


void
__wrap_free(void *p)
{
    __real_free(p);
}


static void
test_append(void)
{
    size_t      i, bad;
    mcp_buf_t   b;
    const char  hello[] = "hello";

    memset(&b, 0, sizeof(b));

    is_int(mcp_buf_append(&b, NULL, 0), MCP_OK, "nothing may be appended");
    ok(b.data == NULL && b.cap == 0, "and takes no memory");
    is_int(mcp_buf_append_str(&b, ""), MCP_OK, "an empty string");
    is_int(b.len, 0, "is nothing too");

    is_int(mcp_buf_append(&b, hello, 5), MCP_OK, "bytes");
    is_int(mcp_buf_append_byte(&b, 0), MCP_OK, "a zero byte");
    is_int(mcp_buf_append_str(&b, " world"), MCP_OK, "a string");
    is_mem(b.data, b.len, "hello\0 world", 12, "all of it");

    /* as many as many pieces */

    b.len = 0;
    calls = 0;

    for (i = 0; i < 1000000; i++) {
        (void) mcp_buf_append_byte(&b, (unsigned char) (i % 251));
    }

    bad = 0;

    for (i = 0; i < 1000000; i++) {
        bad += (b.data[i] != i % 251);
    }

    is_int(b.len, 1000000, "a million bytes, one by one");
    is_int(bad, 0, "are right");
    ok(calls < 20, "and take few allocations (%u)", calls);
    ok(b.cap >= b.len && b.cap < 2 * b.len + 64, "and less than twice");

    mcp_buf_free(&b);
    ok(b.data == NULL && b.len == 0 && b.cap == 0, "freed is empty");
    mcp_buf_free(&b);
    ok(b.data == NULL, "and may be freed again");
}


static void
test_uint(void)
{
    size_t     i;
    mcp_buf_t  b;

    static const struct {
        uint64_t     n;
        const char  *text;
    } numbers[] = {
        { 0, "0" }, { 7, "7" }, { 10, "10" }, { 65535, "65535" },
        { 4294967296u, "4294967296" },
        { 9223372036854775808u, "9223372036854775808" },
        { 18446744073709551615u, "18446744073709551615" }
    };

    memset(&b, 0, sizeof(b));

    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        b.len = 0;
        is_int(mcp_buf_append_uint(&b, numbers[i].n), MCP_OK, "a number");
        is_mem(b.data, b.len, numbers[i].text, strlen(numbers[i].text),
               "is %s", numbers[i].text);
    }

    mcp_buf_free(&b);
}


static void
test_reserve(void)
{
    size_t          cap;
    mcp_buf_t       b;
    unsigned char  *data;

    memset(&b, 0, sizeof(b));

    is_int(mcp_buf_reserve(&b, 0), MCP_OK, "room for nothing");
    is_int(mcp_buf_reserve(&b, 1000), MCP_OK, "room for 1000");
    ok(b.cap >= 1000 && b.len == 0, "is there, and empty");

    memset(b.data, 'x', 1000);
    b.len = 1000;
    data = b.data;
    cap = b.cap;
    calls = 0;
    largest = 0;

    is_int(mcp_buf_reserve(&b, cap - 1000), MCP_OK, "the rest of the room");
    is_int(calls, 0, "is there already");

    /* sizes that no machine has, or that overflow */

    is_int(mcp_buf_reserve(&b, SIZE_MAX), MCP_ERROR, "all of memory");
    is_int(mcp_buf_reserve(&b, SIZE_MAX - 999), MCP_ERROR, "nearly all");
    is_int(mcp_buf_reserve(&b, SIZE_MAX / 2 + 1), MCP_ERROR, "half of it");
    is_int(mcp_buf_reserve(&b, SIZE_MAX / 2 - 999), MCP_ERROR,
           "half of it, counting what is there");
    is_int(largest, 0, "nobody was asked for them");

    fail_at = calls + 1;
    is_int(mcp_buf_reserve(&b, SIZE_MAX / 2 - 1000), MCP_ERROR,
           "just below half: memory is short");
    is_int(largest, SIZE_MAX / 2, "and the size was right");
    fail_at = 0;

    ok(b.data == data && b.cap == cap && b.len == 1000 && b.data[999] == 'x',
       "the buffer is as it was");

    mcp_buf_free(&b);
}


static void
test_reset(void)
{
    mcp_buf_t       b;
    unsigned char  *data;

    memset(&b, 0, sizeof(b));

    mcp_buf_reset(&b, 100);
    ok(b.data == NULL, "nothing may be reset");

    (void) mcp_buf_reserve(&b, 1000);
    b.len = 500;
    data = b.data;

    mcp_buf_reset(&b, b.cap);
    ok(b.len == 0 && b.data == data, "what is small enough is kept");

    mcp_buf_reset(&b, b.cap - 1);
    ok(b.len == 0 && b.data == NULL && b.cap == 0, "what is not is given back");
}


static void
test_json(void)
{
    size_t     i;
    mcp_buf_t  b;

    static const struct {
        const char  *text;
        size_t       len;
        const char  *json;
    } texts[] = {
        { "", 0, "\"\"" },
        { "plain text, 'quoted' /slashed/", 30,
          "\"plain text, 'quoted' /slashed/\"" },
        { "\"\\", 2, "\"\\\"\\\\\"" },
        { "\b\f\n\r\t", 5, "\"\\b\\f\\n\\r\\t\"" },
        { "\0\x01\x0b\x1f", 4, "\"\\u0000\\u0001\\u000b\\u001f\"" },
        { " ~\x7f", 3, "\" ~\\u007f\"" },
        { "\xc2\x84\xc2\x85\xc2\x86", 6, "\"\xc2\x84\\u0085\xc2\x86\"" },
        { "\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa", 12,
          "\"\xe2\x80\xa7\\u2028\\u2029\xe2\x80\xaa\"" },
        { "\xe2\x81\xa8\xe1\x80\xa8\xc3\x85", 8,
          "\"\xe2\x81\xa8\xe1\x80\xa8\xc3\x85\"" },
        { "a\nb\xc3\xa9\"\xf0\x9f\x98\x80", 10,
          "\"a\\nb\xc3\xa9\\\"\xf0\x9f\x98\x80\"" },

        /* text that is cut in a character is not read behind its end */
        { "\xc2", 1, "\"\xc2\"" },
        { "\xe2\x80", 2, "\"\xe2\x80\"" }
    };

    memset(&b, 0, sizeof(b));

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {

        /* a block of its own shows a read behind the end */

        unsigned char  *copy = malloc(texts[i].len > 0 ? texts[i].len : 1);

        memcpy(copy, texts[i].text, texts[i].len);

        b.len = 0;
        is_int(mcp_buf_append_json(&b, copy, texts[i].len), MCP_OK,
               "text %zu", i);
        is_mem(b.data, b.len, texts[i].json, strlen(texts[i].json),
               "text %zu as JSON", i);

        free(copy);
    }

    b.len = 0;
    is_int(mcp_buf_append_json(&b, NULL, 0), MCP_OK, "no text");
    is_mem(b.data, b.len, "\"\"", 2, "is an empty string");

    mcp_buf_free(&b);
}


/* Whatever the text, jansson reads it back, and no line end is left. */
static void
test_round_trip(void)
{
    size_t       bad, n, i;
    json_t      *v;
    uint32_t     code, seed;
    mcp_buf_t    text, b;
    const char  *found;

    memset(&text, 0, sizeof(text));
    memset(&b, 0, sizeof(b));
    bad = 0;
    seed = 1;

    for (n = 0; n < 3000; n++) {

        text.len = 0;

        for (i = 0; i < n % 40; i++) {

            seed = seed * 1103515245 + 12345;
            code = seed >> 16;

            /* half of it below U+0100, the rest in the first plane */

            code = (code & 1) ? code >> 1 & 0xff : 0x1f80 + (code >> 1 & 0xff);

            if (code < 0x80) {
                (void) mcp_buf_append_byte(&text, (unsigned char) code);

            } else if (code < 0x800) {
                (void) mcp_buf_append_byte(&text,
                                           (unsigned char) (0xc0 | code >> 6));
                (void) mcp_buf_append_byte(&text, (unsigned char)
                                                  (0x80 | (code & 0x3f)));

            } else {
                (void) mcp_buf_append_byte(&text,
                                           (unsigned char) (0xe0 | code >> 12));
                (void) mcp_buf_append_byte(&text, (unsigned char)
                                                  (0x80 | (code >> 6 & 0x3f)));
                (void) mcp_buf_append_byte(&text, (unsigned char)
                                                  (0x80 | (code & 0x3f)));
            }
        }

        b.len = 0;
        bad += (mcp_buf_append_json(&b, text.data, text.len) != MCP_OK);

        v = json_loadb((char *) b.data, b.len,
                       JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);

        bad += (v == NULL || json_string_length(v) != text.len
                || (text.len > 0
                    && memcmp(json_string_value(v), text.data, text.len) != 0));

        json_decref(v);

        for (i = 0; i < b.len; i++) {
            bad += (b.data[i] < 0x20 || b.data[i] == 0x7f);
        }

        (void) mcp_buf_append_byte(&b, 0);
        found = (char *) b.data;

        bad += (strstr(found, "\xc2\x85") != NULL
                || strstr(found, "\xe2\x80\xa8") != NULL
                || strstr(found, "\xe2\x80\xa9") != NULL);
    }

    is_int(bad, 0, "3000 texts are read back, none has a line end");

    mcp_buf_free(&text);
    mcp_buf_free(&b);
}


/* Each allocation fails in turn: the content stays what it was. */
static void
test_failures(void)
{
    unsigned       n, bad;
    mcp_buf_t      b;
    unsigned char  text[300];

    memset(text, '\n', sizeof(text));
    bad = 0;

    for (n = 1; n < 100; n++) {

        memset(&b, 0, sizeof(b));
        (void) mcp_buf_append_str(&b, "before");

        calls = 0;
        fail_at = n;

        if (mcp_buf_append_json(&b, text, sizeof(text)) == MCP_OK) {
            fail_at = 0;
            bad += (b.len != 6 + 2 + 2 * sizeof(text));
            mcp_buf_free(&b);
            break;
        }

        fail_at = 0;
        bad += (b.len != 6 || memcmp(b.data, "before", 6) != 0);

        mcp_buf_free(&b);
    }

    is_int(bad, 0, "a text that does not fit is not begun");
    ok(n > 2, "%u allocations failed", n - 1);

    memset(&b, 0, sizeof(b));

    calls = 0;
    fail_at = 1;
    is_int(mcp_buf_append_byte(&b, 'x'), MCP_ERROR, "a byte fails");
    calls = 0;
    is_int(mcp_buf_append_str(&b, "x"), MCP_ERROR, "a string fails");
    calls = 0;
    is_int(mcp_buf_append_uint(&b, 1), MCP_ERROR, "a number fails");
    calls = 0;
    is_int(mcp_buf_append_json(&b, text, 1), MCP_ERROR, "JSON fails");
    fail_at = 0;

    ok(b.len == 0 && b.data == NULL, "and nothing is there");
}


int
main(void)
{
    test_append();
    test_uint();
    test_reserve();
    test_reset();
    test_json();
    test_round_trip();
    test_failures();

    return done();
}
