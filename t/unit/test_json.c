/*
 * The tokenizer: what it accepts and says, what it refuses and where.
 *
 * Each input is read whole, byte by byte, cut in two at every place and in
 * random slices; all must give the same events, texts, error and offset.
 */

#include "json_trace.h"
#include "tap.h"


#define bytes(s)  s, sizeof(s) - 1

#define TEN       "1234567890"
#define ZEROS     "00000000000000000000"


static mcp_json_t  *tokenizer;

static const mcp_json_limits_t  defaults = { 64, 4096, 1024, 1 << 20 };


/* Notation: { } [ ] as they are, kNAME sTEXT #NUMBER t f n. */
static const struct {
    const char  *input;
    size_t       len;
    const char  *notation;

} accepted[] = {

    { bytes("{}"), "{}" },
    { bytes("[]"), "[]" },
    { bytes(" \t\r\n{ \n} \r\n"), "{}" },
    { bytes("[[],{},[[]]]"), "[[]{}[[]]]" },
    { bytes("null"), "n" },
    { bytes("true "), "t" },
    { bytes(" false"), "f" },
    { bytes("\"\""), "s " },
    { bytes("0"), "#0 " },
    { bytes("-0"), "#-0 " },
    { bytes("12\n"), "#12 " },
    { bytes("{\"a\":1}"), "{ka #1 }" },
    { bytes("{\"\":\"\"}"), "{k s }" },
    { bytes("{\"a\" : {\"a\" : {\"a\" : null}}}"), "{ka {ka {ka n}}}" },
    { bytes("[{\"a\":1},{\"a\":2}]"), "[{ka #1 }{ka #2 }]" },
    { bytes("[true,false,null]"), "[tfn]" },
    { bytes("[ true , false , null ]"), "[tfn]" },

    /* numbers stay as they are */

    { bytes("[9007199254740993,1e400,-0,1.0,-0.0e-0]"),
      "[#9007199254740993 #1e400 #-0 #1.0 #-0.0e-0 ]" },
    { bytes("[0,1,10,-1,-10,0.5,-0.5,1e1,1E1,1e+1,1e-1,0e0,1.5e10]"),
      "[#0 #1 #10 #-1 #-10 #0.5 #-0.5 #1e1 #1E1 #1e+1 #1e-1 #0e0 #1.5e10 ]" },
    { bytes("{\"a\":1}"), "{ka #1 }" },
    { bytes("[1\t,2 ,3\r\n]"), "[#1 #2 #3 ]" },
    { bytes("1234567890" TEN TEN TEN TEN TEN "1234"),
      "#1234567890" TEN TEN TEN TEN TEN "1234 " },
    { bytes("[-0." ZEROS ZEROS ZEROS ZEROS ZEROS ZEROS "0012]"),
      "[#-0." ZEROS ZEROS ZEROS ZEROS ZEROS ZEROS "0012 ]" },
    { bytes("-0.000" TEN TEN TEN TEN TEN TEN "1234"),
      "#-0.000" TEN TEN TEN TEN TEN TEN "1234 " },

    /* escapes */

    { bytes("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), "s\"\\/\b\f\n\r\t " },
    { bytes("\"\\u0041\\u00e9\\u20ac\\ud83d\\ude00\""),
      "sA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 " },
    { bytes("\"\\uD800\\uDC00\\uDBFF\\uDFFF\""),
      "s\xf0\x90\x80\x80\xf4\x8f\xbf\xbf " },
    { bytes("\"\\u007f\\u0080\\u07ff\\u0800\\ud7ff\\ue000\\uffff\""),
      "s\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf "
    },
    { bytes("{\"m\\u0065thod\":\"tools\\/call\"}"), "{kmethod stools/call }" },
    { bytes("\"\\u00410\""), "sA0 " },
    { bytes("\"abcdefghijklmnop\\nabcdefghijklmnopq\\u0041\""),
      "sabcdefghijklmnop\nabcdefghijklmnopqA " },

    /* characters at the borders of what RFC 3629 allows */

    { bytes("\"\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xec\xbf\xbf\xed\x80\x80"
            "\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf0\x90\x80\x80"
            "\xf3\xbf\xbf\xbf\xf4\x80\x80\x80\xf4\x8f\xbf\xbf\""),
      "s\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xec\xbf\xbf\xed\x80\x80"
      "\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf0\x90\x80\x80"
      "\xf3\xbf\xbf\xbf\xf4\x80\x80\x80\xf4\x8f\xbf\xbf " },
    { bytes("{\"\xd0\xba\xd0\xbb\xd1\x8e\xd1\x87\":"
            "\"\xe4\xbd\xa0\xe5\xa5\xbd, \xf0\x9f\x8c\x8d and ASCII again\"}"),
      "{k\xd0\xba\xd0\xbb\xd1\x8e\xd1\x87 "
      "s\xe4\xbd\xa0\xe5\xa5\xbd, \xf0\x9f\x8c\x8d and ASCII again }" },
    { bytes("[\"\xef\xbb\xbf\"]"), "[s\xef\xbb\xbf ]" },

    /* names that are nearly the same */

    { bytes("{\"a\":1,\"A\":2,\"a \":3,\"aa\":4,\"\":5,\"\xc3\xa1\":6,"
            "\"a\xcc\x81\":7}"),
      "{ka #1 kA #2 ka  #3 kaa #4 k #5 k\xc3\xa1 #6 ka\xcc\x81 #7 }" },
    { bytes("{\"__proto__\":{\"__proto__\":1}}"),
      "{k__proto__ {k__proto__ #1 }}" },
    { bytes("{\"a\":{\"b\":1,\"c\":2},\"b\":{\"a\":1},\"c\":3}"),
      "{ka {kb #1 kc #2 }kb {ka #1 }kc #3 }" },

    { bytes("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\","
            "\"params\":{\"name\":\"echo\",\"arguments\":{\"n\":[\"a\","
            "{\"b\":null}]}}}"),
      "{kjsonrpc s2.0 kid #1 kmethod stools/call kparams "
      "{kname secho karguments {kn [sa {kb n}]}}}" }
};


static const struct {
    const char      *input;
    size_t           len;
    mcp_json_err_t   err;
    size_t           offset;

} refused[] = {

    { bytes(""), MCP_JSON_E_EMPTY, 0 },
    { bytes(" \r\n\t "), MCP_JSON_E_EMPTY, 5 },

    { bytes("{"), MCP_JSON_E_TRUNCATED, 1 },
    { bytes("["), MCP_JSON_E_TRUNCATED, 1 },
    { bytes("[1"), MCP_JSON_E_TRUNCATED, 2 },
    { bytes("[1,"), MCP_JSON_E_TRUNCATED, 3 },
    { bytes("{\"a\""), MCP_JSON_E_TRUNCATED, 4 },
    { bytes("{\"a\":"), MCP_JSON_E_TRUNCATED, 5 },
    { bytes("{\"a\":1"), MCP_JSON_E_TRUNCATED, 6 },
    { bytes("{\"a\":1,"), MCP_JSON_E_TRUNCATED, 7 },
    { bytes("{\"a"), MCP_JSON_E_TRUNCATED, 3 },
    { bytes("\"abc"), MCP_JSON_E_TRUNCATED, 4 },
    { bytes("\"abc\\"), MCP_JSON_E_TRUNCATED, 5 },
    { bytes("\"\\u12"), MCP_JSON_E_TRUNCATED, 5 },
    { bytes("\"\\ud800"), MCP_JSON_E_TRUNCATED, 7 },
    { bytes("\"\\ud800\\u"), MCP_JSON_E_TRUNCATED, 9 },
    { bytes("\"\xe2\x82"), MCP_JSON_E_TRUNCATED, 3 },
    { bytes("tru"), MCP_JSON_E_TRUNCATED, 3 },
    { bytes("-"), MCP_JSON_E_TRUNCATED, 1 },
    { bytes("1."), MCP_JSON_E_TRUNCATED, 2 },
    { bytes("1e"), MCP_JSON_E_TRUNCATED, 2 },
    { bytes("1e+"), MCP_JSON_E_TRUNCATED, 3 },
    { bytes("\xef\xbb"), MCP_JSON_E_TRUNCATED, 2 },

    { bytes("{} {}"), MCP_JSON_E_TRAILING, 3 },
    { bytes("{}x"), MCP_JSON_E_TRAILING, 2 },
    { bytes("[]]"), MCP_JSON_E_TRAILING, 2 },
    { bytes("1 2"), MCP_JSON_E_TRAILING, 2 },
    { bytes("1,"), MCP_JSON_E_TRAILING, 1 },
    { bytes("null,"), MCP_JSON_E_TRAILING, 4 },
    { bytes("truee"), MCP_JSON_E_TRAILING, 4 },
    { bytes("\"a\"\"b\""), MCP_JSON_E_TRAILING, 3 },
    { bytes("{}\0"), MCP_JSON_E_NUL, 2 },

    { bytes("\xef\xbb\xbf{}"), MCP_JSON_E_BOM, 0 },
    { bytes("\xef\xbb\xbf"), MCP_JSON_E_BOM, 0 },
    { bytes(" \xef\xbb\xbf{}"), MCP_JSON_E_SYNTAX, 1 },
    { bytes("\xef\xbb{}"), MCP_JSON_E_SYNTAX, 0 },
    { bytes("\xff\xfe{\0}\0"), MCP_JSON_E_SYNTAX, 0 },
    { bytes("\xfe\xff\0{\0}"), MCP_JSON_E_SYNTAX, 0 },
    { bytes("{\0}\0"), MCP_JSON_E_NUL, 1 },
    { bytes("\0{\0}"), MCP_JSON_E_NUL, 0 },

    /* raw NUL wherever it may stand */

    { bytes("\0"), MCP_JSON_E_NUL, 0 },
    { bytes("[1\0]"), MCP_JSON_E_NUL, 2 },
    { bytes("{\"a\":1\0}"), MCP_JSON_E_NUL, 6 },
    { bytes("123\0"), MCP_JSON_E_NUL, 3 },
    { bytes("[1,\0]"), MCP_JSON_E_NUL, 3 },
    { bytes("[\0]"), MCP_JSON_E_NUL, 1 },
    { bytes("{\0"), MCP_JSON_E_NUL, 1 },
    { bytes("{\"a\"\0:1}"), MCP_JSON_E_NUL, 4 },
    { bytes("{\"a\":\0"), MCP_JSON_E_NUL, 5 },
    { bytes("{\"a\":1,\0"), MCP_JSON_E_NUL, 7 },
    { bytes("\"a\0b\""), MCP_JSON_E_NUL, 2 },
    { bytes("{\"a\0\":1}"), MCP_JSON_E_NUL, 3 },
    { bytes("\"a\\\0\""), MCP_JSON_E_NUL, 3 },
    { bytes("\"\\u00\0"), MCP_JSON_E_NUL, 5 },
    { bytes("tr\0e"), MCP_JSON_E_NUL, 2 },
    { bytes("-\0"), MCP_JSON_E_NUL, 1 },
    { bytes("\"0123456789abcdef0123\0\""), MCP_JSON_E_NUL, 21 },

    /* and as an escape in a name */

    { bytes("{\"a\\u0000\":1}"), MCP_JSON_E_NUL, 3 },
    { bytes("{\"\\u0000\":1}"), MCP_JSON_E_NUL, 2 },
    { bytes("{\"method\\u0000x\":1}"), MCP_JSON_E_NUL, 8 },

    { bytes("{\"a\":1,\"a\":2}"), MCP_JSON_E_DUPLICATE, 7 },
    { bytes("{\"a\":1,\"\\u0061\":2}"), MCP_JSON_E_DUPLICATE, 7 },
    { bytes("{\"/\":1,\"\\/\":2}"), MCP_JSON_E_DUPLICATE, 7 },
    { bytes("{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":2}"),
      MCP_JSON_E_DUPLICATE, 18 },
    { bytes("{\"\":1,\"\":1}"), MCP_JSON_E_DUPLICATE, 6 },
    { bytes("{\"method\":\"a\",\"id\":1,\"m\\u0065thod\":\"b\"}"),
      MCP_JSON_E_DUPLICATE, 21 },
    { bytes("[[[{\"x\":[{\"y\":{},\"z\":[],\"y\":{}}]}]]]"),
      MCP_JSON_E_DUPLICATE, 24 },
    { bytes("{\"a\":{\"a\":1},\"b\":{\"b\":{}},\"a\":3}"),
      MCP_JSON_E_DUPLICATE, 26 },

    { bytes("\"\x80\""), MCP_JSON_E_UTF8, 1 },
    { bytes("\"a\xbf\""), MCP_JSON_E_UTF8, 2 },
    { bytes("\"\xc0\x80\""), MCP_JSON_E_UTF8, 1 },
    { bytes("\"\xc1\xbf\""), MCP_JSON_E_UTF8, 1 },
    { bytes("\"\xc2\""), MCP_JSON_E_UTF8, 1 },
    { bytes("\"\xc2\x7f\""), MCP_JSON_E_UTF8, 1 },
    { bytes("\"\xc2\xc0\""), MCP_JSON_E_UTF8, 1 },
    { bytes("\"\xe0\x80\x80\""), MCP_JSON_E_UTF8, 1 },
    { bytes("\"\xe0\x9f\xbf\""), MCP_JSON_E_UTF8, 1 },
    { bytes("\"\xe2\x82\""), MCP_JSON_E_UTF8, 1 },
    { bytes("\"\xe2\x28\xa1\""), MCP_JSON_E_UTF8, 1 },
    { bytes("\"\xed\xa0\x80\""), MCP_JSON_E_UTF8, 1 },
    { bytes("\"\xed\xbf\xbf\""), MCP_JSON_E_UTF8, 1 },
    { bytes("\"\xf0\x80\x80\x80\""), MCP_JSON_E_UTF8, 1 },
    { bytes("\"\xf0\x8f\xbf\xbf\""), MCP_JSON_E_UTF8, 1 },
    { bytes("\"\xf0\x9f\x98\""), MCP_JSON_E_UTF8, 1 },
    { bytes("\"\xf0\x9f\x98\x7f\""), MCP_JSON_E_UTF8, 1 },
    { bytes("\"\xf4\x90\x80\x80\""), MCP_JSON_E_UTF8, 1 },
    { bytes("\"\xf5\x80\x80\x80\""), MCP_JSON_E_UTF8, 1 },
    { bytes("\"\xf8\x88\x80\x80\x80\""), MCP_JSON_E_UTF8, 1 },
    { bytes("\"\xfe\""), MCP_JSON_E_UTF8, 1 },
    { bytes("\"\xff\""), MCP_JSON_E_UTF8, 1 },
    { bytes("\"\xc3\xa9\xc3\xa9\xc3\x28 and some more text\""),
      MCP_JSON_E_UTF8, 5 },
    { bytes("{\"\xc3\x28\":1}"), MCP_JSON_E_UTF8, 2 },
    { bytes("\"0123456789abcde\xe2\x82z\""), MCP_JSON_E_UTF8, 16 },

    { bytes("\"\\ud800\""), MCP_JSON_E_SURROGATE, 1 },
    { bytes("\"\\udc00\""), MCP_JSON_E_SURROGATE, 1 },
    { bytes("\"ab\\udfff\\ud800\""), MCP_JSON_E_SURROGATE, 3 },
    { bytes("\"\\ud800a\""), MCP_JSON_E_SURROGATE, 1 },
    { bytes("\"\\ud800\\n\""), MCP_JSON_E_SURROGATE, 1 },
    { bytes("\"\\ud800\\u0041\""), MCP_JSON_E_SURROGATE, 1 },
    { bytes("\"\\ud800\\ud800\""), MCP_JSON_E_SURROGATE, 1 },
    { bytes("\"\\ud83d\\ude00\\ud83d\""), MCP_JSON_E_SURROGATE, 13 },
    { bytes("{\"\\ud800\":1}"), MCP_JSON_E_SURROGATE, 2 },
    { bytes("\"\\udc00\\udc00\""), MCP_JSON_E_SURROGATE, 1 },
    { bytes("\"\\udfff\\udfff\""), MCP_JSON_E_SURROGATE, 1 },
    { bytes("\"\\udbff\\udbff\""), MCP_JSON_E_SURROGATE, 1 },
    { bytes("\"\\ud800\\ue000\""), MCP_JSON_E_SURROGATE, 1 },
    { bytes("\"\\ud7ff\\udc00\""), MCP_JSON_E_SURROGATE, 7 },
    { bytes("\"\\ue000\\udc00\""), MCP_JSON_E_SURROGATE, 7 },

    /* the grammar */

    { bytes("}"), MCP_JSON_E_SYNTAX, 0 },
    { bytes("]"), MCP_JSON_E_SYNTAX, 0 },
    { bytes(","), MCP_JSON_E_SYNTAX, 0 },
    { bytes("[1}"), MCP_JSON_E_SYNTAX, 2 },
    { bytes("{\"a\":1]"), MCP_JSON_E_SYNTAX, 6 },
    { bytes("[}"), MCP_JSON_E_SYNTAX, 1 },
    { bytes("{]"), MCP_JSON_E_SYNTAX, 1 },
    { bytes("[1,]"), MCP_JSON_E_SYNTAX, 3 },
    { bytes("[,1]"), MCP_JSON_E_SYNTAX, 1 },
    { bytes("[1,,2]"), MCP_JSON_E_SYNTAX, 3 },
    { bytes("[1 2]"), MCP_JSON_E_SYNTAX, 3 },
    { bytes("[\"a\" \"b\"]"), MCP_JSON_E_SYNTAX, 5 },
    { bytes("{,}"), MCP_JSON_E_SYNTAX, 1 },
    { bytes("{\"a\":1,}"), MCP_JSON_E_SYNTAX, 7 },
    { bytes("{\"a\":1,,\"b\":2}"), MCP_JSON_E_SYNTAX, 7 },
    { bytes("{\"a\" 1}"), MCP_JSON_E_SYNTAX, 5 },
    { bytes("{\"a\"::1}"), MCP_JSON_E_SYNTAX, 5 },
    { bytes("{\"a\",1}"), MCP_JSON_E_SYNTAX, 4 },
    { bytes("{\"a\":}"), MCP_JSON_E_SYNTAX, 5 },
    { bytes("{a:1}"), MCP_JSON_E_SYNTAX, 1 },
    { bytes("{'a':1}"), MCP_JSON_E_SYNTAX, 1 },
    { bytes("{1:1}"), MCP_JSON_E_SYNTAX, 1 },
    { bytes("{null:1}"), MCP_JSON_E_SYNTAX, 1 },
    { bytes("{\"a\":1 \"b\":2}"), MCP_JSON_E_SYNTAX, 7 },
    { bytes("['a']"), MCP_JSON_E_SYNTAX, 1 },
    { bytes("[\"a\",\n4\n,1,"), MCP_JSON_E_TRUNCATED, 11 },
    { bytes("/* a */ {}"), MCP_JSON_E_SYNTAX, 0 },
    { bytes("{}//"), MCP_JSON_E_TRAILING, 2 },
    { bytes("[NaN]"), MCP_JSON_E_SYNTAX, 1 },
    { bytes("[Infinity]"), MCP_JSON_E_SYNTAX, 1 },
    { bytes("[-Infinity]"), MCP_JSON_E_SYNTAX, 2 },
    { bytes("[nan]"), MCP_JSON_E_SYNTAX, 2 },
    { bytes("[True]"), MCP_JSON_E_SYNTAX, 1 },
    { bytes("[nul]"), MCP_JSON_E_SYNTAX, 4 },
    { bytes("[truth]"), MCP_JSON_E_SYNTAX, 4 },
    { bytes("[fals,1]"), MCP_JSON_E_SYNTAX, 5 },
    { bytes("[undefined]"), MCP_JSON_E_SYNTAX, 1 },
    { bytes("[01]"), MCP_JSON_E_SYNTAX, 2 },
    { bytes("[-01]"), MCP_JSON_E_SYNTAX, 3 },
    { bytes("[00]"), MCP_JSON_E_SYNTAX, 2 },
    { bytes("[+1]"), MCP_JSON_E_SYNTAX, 1 },
    { bytes("[.5]"), MCP_JSON_E_SYNTAX, 1 },
    { bytes("[5.]"), MCP_JSON_E_SYNTAX, 3 },
    { bytes("[-]"), MCP_JSON_E_SYNTAX, 2 },
    { bytes("[--1]"), MCP_JSON_E_SYNTAX, 2 },
    { bytes("[1e]"), MCP_JSON_E_SYNTAX, 3 },
    { bytes("[1e+]"), MCP_JSON_E_SYNTAX, 4 },
    { bytes("[1e1.5]"), MCP_JSON_E_SYNTAX, 4 },
    { bytes("[1.5.5]"), MCP_JSON_E_SYNTAX, 4 },
    { bytes("[0x10]"), MCP_JSON_E_SYNTAX, 2 },
    { bytes("[1_000]"), MCP_JSON_E_SYNTAX, 2 },
    { bytes("[1a]"), MCP_JSON_E_SYNTAX, 2 },
    { bytes("1x"), MCP_JSON_E_SYNTAX, 1 },
    { bytes("[1\"a\"]"), MCP_JSON_E_SYNTAX, 2 },
    { bytes("[1[]]"), MCP_JSON_E_SYNTAX, 2 },
    { bytes("[\xef\xbc\x91]"), MCP_JSON_E_SYNTAX, 1 },
    { bytes("[\xc2\xa0]"), MCP_JSON_E_SYNTAX, 1 },
    { bytes("[\x0b]"), MCP_JSON_E_SYNTAX, 1 },
    { bytes("[\x0c]"), MCP_JSON_E_SYNTAX, 1 },
    { bytes("[1\x0c]"), MCP_JSON_E_SYNTAX, 2 },

    { bytes("\"a\nb\""), MCP_JSON_E_SYNTAX, 2 },
    { bytes("\"a\tb\""), MCP_JSON_E_SYNTAX, 2 },
    { bytes("\"\x1f\""), MCP_JSON_E_SYNTAX, 1 },
    { bytes("\"\x01\""), MCP_JSON_E_SYNTAX, 1 },
    { bytes("{\"a\n\":1}"), MCP_JSON_E_SYNTAX, 3 },
    { bytes("\"\\x41\""), MCP_JSON_E_SYNTAX, 2 },
    { bytes("\"\\'\""), MCP_JSON_E_SYNTAX, 2 },
    { bytes("\"\\a\""), MCP_JSON_E_SYNTAX, 2 },
    { bytes("\"\\0\""), MCP_JSON_E_SYNTAX, 2 },
    { bytes("\"\\N\""), MCP_JSON_E_SYNTAX, 2 },
    { bytes("\"\\ \""), MCP_JSON_E_SYNTAX, 2 },
    { bytes("\"\\\x80\""), MCP_JSON_E_SYNTAX, 2 },
    { bytes("\"\\U0041\""), MCP_JSON_E_SYNTAX, 2 },
    { bytes("\"\\u004\""), MCP_JSON_E_SYNTAX, 6 },
    { bytes("\"\\u00g0\""), MCP_JSON_E_SYNTAX, 5 },
    { bytes("\"\\u+041\""), MCP_JSON_E_SYNTAX, 3 },
    { bytes("\"\\u 041\""), MCP_JSON_E_SYNTAX, 3 },
    { bytes("\"\\u{41}\""), MCP_JSON_E_SYNTAX, 3 },
    { bytes("\"\\ud83d\\ude0\""), MCP_JSON_E_SYNTAX, 12 },
    { bytes("\"\\ud83d\\udg00\""), MCP_JSON_E_SYNTAX, 10 },
    { bytes("\"0123456789abcdef0123456789abcdef\x1f\""),
      MCP_JSON_E_SYNTAX, 33 },

    { bytes("[1234567890" TEN TEN TEN TEN TEN "12345]"),
      MCP_JSON_E_NUMBER, 65 },
    { bytes("-1234567890" TEN TEN TEN TEN "1234567890.12345"),
      MCP_JSON_E_NUMBER, 66 },
    { bytes("[0.0001234567890" TEN TEN TEN TEN TEN "12345]"),
      MCP_JSON_E_NUMBER, 70 },
    { bytes("[1234567890" TEN TEN TEN TEN TEN "e00001]"),
      MCP_JSON_E_NUMBER, 66 },
    { bytes("[0." ZEROS ZEROS ZEROS ZEROS ZEROS ZEROS "0000000]"),
      MCP_JSON_E_NUMBER, 129 },
    { bytes("[1234567890" TEN TEN TEN TEN TEN "1234x]"),
      MCP_JSON_E_SYNTAX, 65 }
};


static void
test_accepted(void)
{
    size_t       i;
    trace_t      t;
    const char  *what;

    memset(&t, 0, sizeof(t));
    t.notate = 1;

    for (i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++) {

        what = trace_all(&t, tokenizer, &defaults, accepted[i].input,
                         accepted[i].len);

        ok(what == NULL, "accepted %zu: slices agree (%s)", i,
           what ? what : "all");

        is_int(t.err, MCP_JSON_E_NONE, "accepted %zu: no error", i);

        is_mem(t.notation.data, t.notation.len, accepted[i].notation,
               strlen(accepted[i].notation), "accepted %zu: its events", i);
    }

    trace_free(&t);
}


static void
test_refused(void)
{
    size_t       i;
    trace_t      t;
    const char  *what;

    memset(&t, 0, sizeof(t));

    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {

        what = trace_all(&t, tokenizer, &defaults, refused[i].input,
                         refused[i].len);

        ok(what == NULL, "refused %zu: slices agree (%s)", i,
           what ? what : "all");

        is_str(mcp_json_strerror(t.err), mcp_json_strerror(refused[i].err),
               "refused %zu: the error", i);

        is_int(t.offset, refused[i].offset, "refused %zu: its offset", i);
    }

    trace_free(&t);
}


/* Nothing that is refused becomes right inside something else, or shifted. */
static void
test_refused_inside(void)
{
    size_t       i, n, pad, bad;
    trace_t      t;
    const char  *what;
    char         input[512];

    memset(&t, 0, sizeof(t));

    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {

        /* a bracket alone would close the array around it */

        if (refused[i].input[0] == ']'
            || refused[i].err == MCP_JSON_E_EMPTY
            || refused[i].err == MCP_JSON_E_TRUNCATED
            || refused[i].err == MCP_JSON_E_TRAILING
            || refused[i].err == MCP_JSON_E_BOM
            || memchr(refused[i].input, 0xef, refused[i].len) != NULL)
        {
            continue;
        }

        bad = 0;

        for (pad = 0; pad < 33; pad++) {

            n = (size_t) snprintf(input, sizeof(input),
                                  "{\"pad\":\"%.*s\",\"it\":[", (int) pad,
                                  "abcdefghijklmnopqrstuvwxyz0123456789");

            memcpy(input + n, refused[i].input, refused[i].len);
            memcpy(input + n + refused[i].len, "]}", 2);

            what = trace_all(&t, tokenizer, &defaults, input,
                             n + refused[i].len + 2);

            bad += (what != NULL || t.err != refused[i].err
                    || t.offset != n + refused[i].offset);
        }

        is_int(bad, 0, "refused %zu inside of a message", i);
    }

    trace_free(&t);
}


static void
check_limit(const mcp_json_limits_t *limits, const char *input,
    mcp_json_err_t err, size_t offset, const char *name)
{
    trace_t      t;
    const char  *what;

    memset(&t, 0, sizeof(t));

    what = trace_all(&t, tokenizer, limits, input, strlen(input));

    ok(what == NULL, "%s: slices agree (%s)", name, what ? what : "all");
    is_str(mcp_json_strerror(t.err), mcp_json_strerror(err), "%s: error", name);
    is_int(t.offset, offset, "%s: offset", name);

    trace_free(&t);
}


static void
test_limits(void)
{
    size_t             i;
    char               deep[2 * 600 + 1], key[64 + 1];
    mcp_json_limits_t  l;

    l = defaults;
    l.depth = 3;

    check_limit(&l, "[[[]]]", MCP_JSON_E_NONE, 0, "depth at its limit");
    check_limit(&l, "[[[[]]]]", MCP_JSON_E_DEPTH, 3, "depth above");
    check_limit(&l, "{\"a\":{\"b\":[{}]}}", MCP_JSON_E_DEPTH, 11,
                "depth above, objects");
    check_limit(&l, "[[[]],[[1]]]", MCP_JSON_E_NONE, 0, "depth twice");

    l.depth = 0;
    check_limit(&l, "1", MCP_JSON_E_NONE, 0, "no container, a number");
    check_limit(&l, "[]", MCP_JSON_E_DEPTH, 0, "no container");

    l.depth = 100000;

    for (i = 0; i < 600; i++) {
        deep[i] = '[';
        deep[600 + i] = ']';
    }

    deep[2 * 600] = '\0';

    check_limit(&l, deep, MCP_JSON_E_DEPTH, MCP_JSON_MAX_DEPTH,
                "depth above the wall");

    /* 600 - 512 = 88 taken from both ends */

    deep[600 + MCP_JSON_MAX_DEPTH] = '\0';
    check_limit(&l, deep + 600 - MCP_JSON_MAX_DEPTH, MCP_JSON_E_NONE, 0,
                "depth at the wall");

    l = defaults;
    l.members = 2;

    check_limit(&l, "{\"a\":1,\"b\":{\"a\":1,\"b\":2}}", MCP_JSON_E_NONE, 0,
                "members at the limit");
    check_limit(&l, "{\"a\":1,\"b\":2,\"c\":3}", MCP_JSON_E_MEMBERS, 13,
                "members above");
    check_limit(&l, "[1,2,3,4]", MCP_JSON_E_NONE, 0, "elements are free");
    check_limit(&l, "{\"a\":1,\"b\":{\"a\":1,\"b\":2},\"c\":0}",
                MCP_JSON_E_MEMBERS, 25, "members above, behind an object");

    l.members = 0;
    check_limit(&l, "{}", MCP_JSON_E_NONE, 0, "no members");
    check_limit(&l, "{\"a\":1}", MCP_JSON_E_MEMBERS, 1, "one member too many");

    l = defaults;
    l.key = 4;

    check_limit(&l, "{\"abcd\":\"abcdefgh\"}", MCP_JSON_E_NONE, 0,
                "name at the limit");
    check_limit(&l, "{\"a\":1,\"abcde\":1}", MCP_JSON_E_KEY, 7, "name above");
    check_limit(&l, "{\"\\u0061\\n\\t\\/\":1}", MCP_JSON_E_NONE, 0,
                "name at the limit, escaped");
    check_limit(&l, "{\"abc\\u00e9\":1}", MCP_JSON_E_KEY, 1,
                "name above by an escape");
    check_limit(&l, "{\"abc\xc3\xa9\":1}", MCP_JSON_E_KEY, 1,
                "name above by a character");
    check_limit(&l, "{\"\xf0\x9f\x98\x80\":1}", MCP_JSON_E_NONE, 0,
                "name of one character at the limit");

    /* which of two errors comes first */

    check_limit(&l, "{\"abcdef\xff\":1}", MCP_JSON_E_KEY, 1,
                "name above, then bad UTF-8");
    check_limit(&l, "{\"abcd\xff\":1}", MCP_JSON_E_UTF8, 6,
                "bad UTF-8 at the limit of a name");
    check_limit(&l, "{\"abc\xf0\x9f\x98\x28zzzzzzzzzzzzzzzzzzz\":1}",
                MCP_JSON_E_UTF8, 5, "bad UTF-8 across the limit of a name");
    check_limit(&l, "{\"abcde\\q\":1}", MCP_JSON_E_KEY, 1,
                "name above, then a bad escape");
    check_limit(&l, "{\"abcd\\q\":1}", MCP_JSON_E_SYNTAX, 7,
                "bad escape at the limit of a name");
    check_limit(&l, "{\"abcdefghijklmnopqrstuvwxyz", MCP_JSON_E_KEY, 1,
                "name above, cut");
    check_limit(&l, "{\"abcd", MCP_JSON_E_TRUNCATED, 6, "name cut");

    l.key = 0;
    check_limit(&l, "{\"\":1}", MCP_JSON_E_NONE, 0, "empty name only");
    check_limit(&l, "{\"a\":1}", MCP_JSON_E_KEY, 1, "any name is too long");

    l = defaults;
    l.key = 32;
    memset(key, 'k', sizeof(key) - 1);
    memcpy(key, "{\"", 2);
    memcpy(key + 34, "\":1}", 5);
    check_limit(&l, key, MCP_JSON_E_NONE, 0, "name of 32 at the limit");
    l.key = 31;
    check_limit(&l, key, MCP_JSON_E_KEY, 1, "name of 32 above");

    l = defaults;
    l.size = 8;

    check_limit(&l, "[1,2,30]", MCP_JSON_E_NONE, 0, "size at the limit");
    check_limit(&l, "[1,2,300]", MCP_JSON_E_SIZE, 8, "size above");
    check_limit(&l, "[1,2,3] \n", MCP_JSON_E_SIZE, 8, "size above by a space");
    check_limit(&l, "[1,2,x,3,4]", MCP_JSON_E_SYNTAX, 5, "error before size");
    check_limit(&l, "[1,2,30]x", MCP_JSON_E_SIZE, 8, "size before trailing");
    check_limit(&l, "\"abcdefghijklmnopqrstuvwxyz\"", MCP_JSON_E_SIZE, 8,
                "size inside a string");

    l.size = SIZE_MAX;
    check_limit(&l, "[1,2,3]", MCP_JSON_E_NONE, 0, "size as large as can be");

    l.size = 0;
    check_limit(&l, "1", MCP_JSON_E_SIZE, 0, "no byte allowed");
    check_limit(&l, "", MCP_JSON_E_EMPTY, 0, "no byte, none allowed");
}


/* Objects become indexed at 17 members; duplicates on both sides of that. */
static void
test_members(void)
{
    int          n, twin, bad;
    size_t       len;
    trace_t      t;
    mcp_buf_t    b;
    const char  *what;
    char         name[64];

    memset(&t, 0, sizeof(t));
    memset(&b, 0, sizeof(b));

    for (n = 1; n <= 80; n += (n < 20) ? 1 : 15) {

        bad = 0;

        /* the last name is a twin of number twin; -1: of none */

        for (twin = -1; twin < n - 1; twin += (n < 20) ? 1 : 7) {

            int  i;

            b.len = 0;
            len = 0;
            (void) mcp_buf_append_byte(&b, '{');

            for (i = 0; i < n; i++) {

                len = b.len;

                (void) snprintf(name, sizeof(name),
                                "%s\"name number %d\":{\"name number %d\":0}",
                                i > 0 ? "," : "",
                                (i == n - 1 && twin >= 0) ? twin : i, i);
                (void) mcp_buf_append_str(&b, name);
            }

            (void) mcp_buf_append_byte(&b, '}');

            what = trace_all(&t, tokenizer, &defaults, b.data, b.len);

            if (twin < 0) {
                bad += (what != NULL || t.err != MCP_JSON_E_NONE);

            } else {
                bad += (what != NULL || t.err != MCP_JSON_E_DUPLICATE
                        || t.offset != len + (n > 1));
            }
        }

        is_int(bad, 0, "%d members, each possible twin", n);
    }

    mcp_buf_free(&b);
    trace_free(&t);
}


/* What a slice of 64 KB and its borders do to tokens of all kinds. */
static void
test_pieces(void)
{
    size_t       i, pad, n, bad;
    trace_t      t, u;
    mcp_buf_t    b;
    const char  *text;

    static const char *const  texts[] = {
        "\",\"a\\\"b\\u00e9\\ud83d\\ude00\xf0\x9f\x98\x80\xe2\x82\xac\"]",
        "\",-12.5e+10,true,false,null,{\"a\\n\":{}},[ [ ] ] ]",
        "\",{\"key one\":\"value one\",\"key two\":\"value two\"}]  \n",
        "\",{\"key\":1,\"k\\u0065y\":2}]",
        "\xf0\x9f\x98\x28\"]",
        "\\ud83d\\u0041\"]"
    };

    memset(&t, 0, sizeof(t));
    memset(&u, 0, sizeof(u));
    memset(&b, 0, sizeof(b));

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {

        text = texts[i];
        n = strlen(text);
        bad = 0;

        for (pad = 65536 - n - 2; pad < 65536 + 2; pad++) {

            b.len = 0;
            (void) mcp_buf_append_str(&b, "[\"");

            while (b.len < pad) {
                (void) mcp_buf_append_byte(&b, "abcdefghijklmnopq"[b.len % 17]);
            }

            (void) mcp_buf_append_str(&b, text);

            trace_run(&t, tokenizer, &defaults, b.data, b.len, SLICE_WHOLE, 0);
            trace_run(&u, tokenizer, &defaults, b.data, b.len, SLICE_AT, 65000);
            bad += !trace_same(&t, &u);
            trace_run(&u, tokenizer, &defaults, b.data, b.len, SLICE_AT, pad);
            bad += !trace_same(&t, &u);
        }

        is_int(bad, 0, "text %zu across the border of a piece", i);
    }

    mcp_buf_free(&b);
    trace_free(&t);
    trace_free(&u);
}


static void
test_arena(void)
{
    size_t                len;
    const unsigned char  *text;
    static const char     input[] =
        "{\"password\":\"x\",\"n\":[\"a\",1,{\"b\":true}],\"e\":\"\"}";

    mcp_json_start(tokenizer, &defaults, NULL, NULL, 65536);

    (void) mcp_json_text(tokenizer, &len);
    is_int(len, 0, "the arena is empty at the start");

    is_int(mcp_json_feed(tokenizer, (const unsigned char *) input,
                         sizeof(input) - 1),
           MCP_AGAIN, "fed without a handler");
    is_int(mcp_json_finish(tokenizer), MCP_OK, "finished without a handler");

    text = mcp_json_text(tokenizer, &len);
    is_mem(text, len, "password:x\nn:a\nb:e:\n", 20,
           "names end with a colon, values with a line feed");

    is_int(mcp_json_depth(tokenizer), 0, "nothing is open at the end");
}


/* A handler may stop at any event, and the offset is that of the item. */
static void
test_handler(void)
{
    uint32_t              i, n;
    trace_t               t;
    const char           *what;
    static const char     input[] =
        "{\"a\":[1,\"b\",true,false,null],\"c\":{  }}";

    memset(&t, 0, sizeof(t));

    what = trace_all(&t, tokenizer, &defaults, input, sizeof(input) - 1);
    ok(what == NULL && t.err == MCP_JSON_E_NONE, "a message with all types");

    n = t.events;
    is_int(n, 13, "number of its events");

    for (i = 1; i <= n; i++) {

        t.stop = i;
        what = trace_all(&t, tokenizer, &defaults, input, sizeof(input) - 1);

        ok(what == NULL, "stopped at event %u: slices agree", i);
        is_str(mcp_json_strerror(t.err), "message refused",
               "stopped at event %u: error", i);
        is_int(t.events, i, "stopped at event %u: no event follows", i);
        is_int(t.offset, t.last, "stopped at event %u: the offset is its", i);
    }

    /* a number at the top level ends with the input */

    t.stop = 1;
    what = trace_all(&t, tokenizer, &defaults, " 12", 3);
    ok(what == NULL && t.err == MCP_JSON_E_HANDLER && t.offset == 1,
       "stopped by the end of the input");

    trace_free(&t);
}


static void
test_sticky(void)
{
    mcp_json_t           *j = tokenizer;
    const unsigned char  *good = (const unsigned char *) "[1]";

    mcp_json_start(j, &defaults, NULL, NULL, 65536);

    is_int(mcp_json_feed(j, (const unsigned char *) "[x", 2), MCP_ERROR,
           "an error");
    is_int(mcp_json_feed(j, good, 3), MCP_ERROR, "sticks to feed");
    is_int(mcp_json_finish(j), MCP_ERROR, "and to finish");
    is_int(mcp_json_err(j), MCP_JSON_E_SYNTAX, "with its reason");
    is_int(mcp_json_err_offset(j), 1, "and its offset");

    mcp_json_start(j, &defaults, NULL, NULL, 65536);

    is_int(mcp_json_err(j), MCP_JSON_E_NONE, "a new start forgets it");
    is_int(mcp_json_err_offset(j), 0, "and the offset");
    is_int(mcp_json_feed(j, good, 3), MCP_AGAIN, "the next message is read");
    is_int(mcp_json_finish(j), MCP_OK, "and is whole");
    is_int(mcp_json_finish(j), MCP_OK, "finish may be asked again");

    mcp_json_start(j, &defaults, NULL, NULL, 0);
    is_int(mcp_json_finish(j), MCP_ERROR, "no byte at all");
    is_int(mcp_json_err(j), MCP_JSON_E_EMPTY, "is an empty message");

    mcp_json_destroy(NULL);
}


/* A message that ends anywhere leaves nothing behind for the next one. */
static void
test_reuse(void)
{
    size_t       i, n, bad;
    trace_t      t, u;
    mcp_buf_t    b;
    mcp_json_t  *fresh;
    char         name[32];

    memset(&t, 0, sizeof(t));
    memset(&u, 0, sizeof(u));
    memset(&b, 0, sizeof(b));

    /* an indexed object inside of an indexed object */

    (void) mcp_buf_append_byte(&b, '{');

    for (i = 0; i < 60; i++) {
        (void) snprintf(name, sizeof(name), "%s\"%zu\":%s",
                        (i > 0 && i != 30) ? "," : "", i,
                        i == 29 ? "[{" : "\"\\u0041\"");
        (void) mcp_buf_append_str(&b, name);
    }

    (void) mcp_buf_append_str(&b, "}],\"x\":{}}");

    trace_run(&t, tokenizer, &defaults, b.data, b.len, SLICE_WHOLE, 0);
    is_int(t.err, MCP_JSON_E_NONE, "the message for this is right");

    bad = 0;

    for (n = 0; n < b.len; n++) {

        trace_run(&u, tokenizer, &defaults, b.data, n, SLICE_WHOLE, 0);
        bad += (u.err == MCP_JSON_E_NONE);

        trace_run(&u, tokenizer, &defaults, b.data, b.len, SLICE_WHOLE, 0);
        bad += !trace_same(&t, &u);
    }

    is_int(bad, 0, "after each part of it, the whole is read the same");

    fresh = mcp_json_create();

    if (fresh != NULL) {
        trace_run(&u, fresh, &defaults, b.data, b.len, SLICE_WHOLE, 0);
        ok(trace_same(&t, &u), "and by a new tokenizer");
    }

    /* kept memory may be anything, results are the same */

    bad = 0;

    for (n = 0; n < 4000; n += 100) {
        mcp_json_start(fresh, &defaults, NULL, NULL, n);
        bad += (mcp_json_feed(fresh, b.data, b.len) != MCP_AGAIN
                || mcp_json_finish(fresh) != MCP_OK);
    }

    is_int(bad, 0, "whatever memory is kept");

    mcp_json_destroy(fresh);
    mcp_buf_free(&b);
    trace_free(&t);
    trace_free(&u);
}


static void
test_strerror(void)
{
    int                     err;
    static const char       allowed[] = "abcdefghijklmnopqrstuvwxyz "
                                        "JSONUTF-8L";

    for (err = MCP_JSON_E_NONE; err <= MCP_JSON_E_NOMEM; err++) {

        const char  *text = mcp_json_strerror((mcp_json_err_t) err);

        ok(strlen(text) > 4 && strspn(text, allowed) == strlen(text),
           "text of error %d", err);
    }

    is_str(mcp_json_strerror((mcp_json_err_t) 1000), "unknown error",
           "text of what is none");
}


int
main(void)
{
    tokenizer = mcp_json_create();

    if (!ok(tokenizer != NULL, "a tokenizer")) {
        return done();
    }

    test_accepted();
    test_refused();
    test_refused_inside();
    test_limits();
    test_members();
    test_pieces();
    test_arena();
    test_handler();
    test_sticky();
    test_reuse();
    test_strerror();

    mcp_json_destroy(tokenizer);

    return done();
}
