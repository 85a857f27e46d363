/*
 * From decoded text back to the bytes as they were sent.
 *
 * Every range of every string here is checked against a slow map that is made
 * byte by byte, and what is left when the range is cut out must be JSON.
 */

#include <time.h>

#include "json_trace.h"
#include "tap.h"


static mcp_json_t  *tokenizer;

static const mcp_json_limits_t  defaults = { 64, 4096, 1024, 1 << 24 };


static const char *const  strings[] = {
    "\"a\"",
    "\"abc\"",
    "\"\\n\"",
    "\"a\\nb\\tc\"",
    "\"\\\"quoted\\\" \\\\ \\/ \"",
    "\"m\\u0065thod\"",
    "\"\\u0041\\u00e9\\u20ac\"",
    "\"\\ud83d\\ude00\"",
    "\"x\\ud83d\\ude00y\\ud83d\\ude01\"",
    "\"\\ud800\\udc00-\\udbff\\udfff-\\ud7ff-\\ue000-\\uDBFF\\uDC00\"",
    "\"\xc3\xa9t\xc3\xa9\"",
    "\"\xe2\x82\xac 5, \xf0\x9f\x98\x80!\"",
    "\"\\u00e9\xc3\xa9\\u00e9\"",
    "\"plain text in front of \\u0070assword=\\u0022x\\u0022 and behind\"",
    "\"\\\\u0041\\\\\\u0041\"",
    "\"\\u0000\\u0001\\u007f\\u0080\\u07ff\\u0800\\uffff\"",
    "\"ghp_\\u0041\\u0042C\\/D\\ud83d\\ude00\xf0\x9f\x98\x80\\\\\""
};


typedef struct {
    uint32_t  from;           /* raw bytes that a byte of text came from    */
    uint32_t  to;
} origin_t;


static unsigned
hex4(const unsigned char *p)
{
    char  digits[5];

    memcpy(digits, p, 4);
    digits[4] = '\0';

    return (unsigned) strtoul(digits, NULL, 16);
}


/* Fills the origin of each byte of text; returns how many there are. */
static size_t
slow_map(const unsigned char *raw, size_t len, origin_t *map)
{
    size_t    i, n, size, text;
    unsigned  code;

    n = 0;

    for (i = 1; i < len - 1; i += size) {

        size = 1;
        text = 1;

        if (raw[i] == '\\') {

            size = 2;

            if (raw[i + 1] == 'u') {
                code = hex4(raw + i + 2);
                size = 6;
                text = (code < 0x80) ? 1 : (code < 0x800) ? 2 : 3;

                if (code >= 0xd800 && code < 0xdc00) {
                    size = 12;
                    text = 4;
                }
            }

        } else if (raw[i] >= 0xc0) {
            size = (raw[i] < 0xe0) ? 2 : (raw[i] < 0xf0) ? 3 : 4;
            text = size;
        }

        while (text-- > 0) {
            map[n].from = (uint32_t) i;
            map[n].to = (uint32_t) (i + size);
            n++;
        }
    }

    return n;
}


/* What is left of a string without a range must be a string. */
static int
still_json(const unsigned char *raw, size_t len, size_t from, size_t to)
{
    mcp_rc_t  rc;

    mcp_json_start(tokenizer, &defaults, NULL, NULL, 65536);

    rc = mcp_json_feed(tokenizer, raw, from);

    if (rc == MCP_AGAIN) {
        rc = mcp_json_feed(tokenizer, raw + to, len - to);
    }

    return rc == MCP_AGAIN && mcp_json_finish(tokenizer) == MCP_OK;
}


static void
test_all_ranges(void)
{
    size_t                i, from, to, n, len, raw_from, raw_to, bad, broken;
    size_t                next_from, next_to, unlike;
    origin_t              map[256];
    mcp_json_place_t      place, jump;
    const unsigned char  *raw;

    for (i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {

        raw = (const unsigned char *) strings[i];
        len = strlen(strings[i]);

        ok(still_json(raw, len, 0, 0), "string %zu: is JSON", i);

        n = slow_map(raw, len, map);
        bad = 0;
        broken = 0;
        unlike = 0;
        memset(&place, 0, sizeof(place));
        memset(&jump, 0, sizeof(jump));

        for (from = 0; from < n; from++) {
            for (to = from + 1; to <= n; to++) {

                mcp_json_raw_span(raw, len, from, to, &raw_from, &raw_to);

                bad += (raw_from != map[from].from
                        || raw_to != map[to - 1].to);

                broken += !still_json(raw, len, raw_from, raw_to);

                mcp_json_raw_next(raw, len, &place, from, to, &next_from,
                                  &next_to);
                unlike += (next_from != raw_from || next_to != raw_to);

                /* and in an order that goes to and fro */

                mcp_json_raw_next(raw, len, &jump, (from * 7 + to) % n, n,
                                  &next_from, &next_to);
                unlike += (next_from != map[(from * 7 + to) % n].from
                           || next_to != len - 1);
            }
        }

        is_int(bad, 0, "string %zu: all ranges", i);
        is_int(broken, 0, "string %zu: JSON without any of them", i);
        is_int(unlike, 0, "string %zu: the same one after another", i);
    }
}


static void
test_known(void)
{
    size_t                from, to;
    static const char     raw[] = "\"to\\u006ben: g\\u0068p_abc\\n\"";

    /* decoded: token: ghp_abc + LF */

    mcp_json_raw_span((const unsigned char *) raw, sizeof(raw) - 1, 7, 14,
                      &from, &to);

    is_mem(raw + from, to - from, "g\\u0068p_abc", 12,
           "a secret behind an escaped letter");

    mcp_json_raw_span((const unsigned char *) raw, sizeof(raw) - 1, 0, 5,
                      &from, &to);

    is_mem(raw + from, to - from, "to\\u006ben", 10, "a word with an escape");

    mcp_json_raw_span((const unsigned char *) raw, sizeof(raw) - 1, 0, 15,
                      &from, &to);

    is_int(from, 1, "all of it: behind the first quote");
    is_int(to, sizeof(raw) - 2, "all of it: before the last");

    /* ranges that are not in the text end at its end, never behind it */

    mcp_json_raw_span((const unsigned char *) raw, sizeof(raw) - 1, 10, 1000,
                      &from, &to);
    is_int(to, sizeof(raw) - 2, "a range that is too long ends in time");

    mcp_json_raw_span((const unsigned char *) raw, sizeof(raw) - 1, 900, 1000,
                      &from, &to);
    ok(from == sizeof(raw) - 2 && to == from, "a range behind is empty");

    mcp_json_raw_span((const unsigned char *) "\"\"", 2, 0, 1, &from, &to);
    ok(from == 1 && to == 1, "an empty string has an empty range");

    mcp_json_raw_span((const unsigned char *) "\"abc\"", 5, 1, 9, &from, &to);
    ok(from == 2 && to == 4, "a range that is too long, no escape");

    mcp_json_raw_span((const unsigned char *) "\"abc\"", 5, 4, 9, &from, &to);
    ok(from == 4 && to == 4, "a range behind, no escape");

    /* broken escapes do not lead out of the string */

    mcp_json_raw_span((const unsigned char *) "\"\\\"", 3, 0, 9, &from, &to);
    ok(from == 1 && to == 2, "a backslash at the end");

    mcp_json_raw_span((const unsigned char *) "\"\\u00\"", 6, 0, 9, &from,
                      &to);
    ok(from == 1 && to == 5, "an escape that is cut");

    mcp_json_raw_span((const unsigned char *) "\"\\u00zz\"", 8, 0, 1, &from,
                      &to);
    ok(from == 1 && to == 7, "an escape without a value");

    mcp_json_raw_span((const unsigned char *) "\"\\ud83d\"", 8, 0, 9, &from,
                      &to);
    ok(to <= 7, "half a pair at the end");
}


/* Many ranges of a long string cost one walk. */
static void
test_linear(void)
{
    size_t            i, n, bad, from, to;
    clock_t           start;
    double            seconds;
    mcp_buf_t         b;
    mcp_json_place_t  place;

    n = 1000000;

    memset(&b, 0, sizeof(b));
    memset(&place, 0, sizeof(place));
    (void) mcp_buf_append_byte(&b, '"');

    for (i = 0; i < n; i++) {
        (void) mcp_buf_append_str(&b, "\\u0041b");
    }

    (void) mcp_buf_append_byte(&b, '"');

    bad = 0;
    start = clock();

    for (i = 0; i < n; i += 4) {
        mcp_json_raw_next(b.data, b.len, &place, 2 * i, 2 * i + 2, &from, &to);
        bad += (from != 1 + 7 * i || to != from + 7);
    }

    seconds = (double) (clock() - start) / CLOCKS_PER_SEC;

    is_int(bad, 0, "250000 ranges of one string");
    ok(seconds < 2, "in %.3f s", seconds);

    mcp_buf_free(&b);
}


int
main(void)
{
    tokenizer = mcp_json_create();

    if (!ok(tokenizer != NULL, "a tokenizer")) {
        return done();
    }

    test_all_ranges();
    test_known();
    test_linear();

    mcp_json_destroy(tokenizer);

    return done();
}
