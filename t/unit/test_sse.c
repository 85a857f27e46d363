/*
 * Event streams.  Each case is read whole, byte by byte and in random slices;
 * what comes out must be the same text.
 */

#include "mcp_sse.h"

#include "tap.h"

#include <stdlib.h>


#define LIMIT  4096

#define lit(s)  s, sizeof(s) - 1

#define is_text(b, want, ...)                                                 \
    is_mem((b).data, (b).len, want, sizeof(want) - 1, __VA_ARGS__)


typedef struct {
    const char  *name;
    const char  *in;
    size_t       len;
    const char  *want;        /* of what describe() writes                   */
} case_t;


/*
 * An event is described as one line:
 *     E or O (type), + or - (canonical), then event=, id=, retry=, data= of
 *     the fields that are there, in angle brackets
 */
static const case_t  cases[] = {

    /* line ends: reliability.md 3.3, first two rows */

    { "LF", lit("data: a\n\n"), "E+ data=<a>\n" },
    { "CRLF", lit("data: a\r\n\r\n"), "E- data=<a>\n" },
    { "CR", lit("data: a\r\r"), "E- data=<a>\n" },
    { "mixed line ends", lit("event: x\rid: 1\ndata: a\r\n\n"),
      "E- event=<x> id=<1> data=<a>\n" },
    { "CR, then an event that starts with LF", lit("data: a\r\r\ndata: b\n\n"),
      "E- data=<a>\nE+ data=<b>\n" },
    { "LF CR is two line ends", lit("data: a\n\rdata: b\n\n"),
      "E- data=<a>\nE+ data=<b>\n" },
    { "CR CR LF LF: a blank line too many", lit("data: a\r\r\n\ndata: b\n\n"),
      "E- data=<a>\nO+\nE+ data=<b>\n" },
    { "CR-only stream", lit("data: a\rdata: b\r\rdata: c\r\r"),
      "E- data=<a|b>\nE- data=<c>\n" },

    /* byte order mark */

    { "BOM at the start", lit("\xef\xbb\xbf" "data: a\n\n"), "E+ data=<a>\n" },
    { "BOM twice", lit("\xef\xbb\xbf\xef\xbb\xbf" "data: a\n\n"), "O-\n" },
    { "BOM later", lit("data: a\n\n\xef\xbb\xbf" "data: b\n\n"),
      "E+ data=<a>\nO-\n" },
    { "BOM in data", lit("data: \xef\xbb\xbf\n\n"),
      "E+ data=<\xef\xbb\xbf>\n" },
    { "begin of a BOM, then something else", lit("\xef\xbb" "data: a\n\n"),
      "O-\n" },
    { "first byte of a BOM alone", lit("\xef\n\ndata: a\n\n"),
      "O-\nE+ data=<a>\n" },
    { "BOM, then a comment", lit("\xef\xbb\xbf: x\n"), "O+\n" },

    /* data */

    { "several data lines", lit("data: a\ndata: b\ndata: c\n\n"),
      "E- data=<a|b|c>\n" },
    { "empty data", lit("data: \n\n"), "E+ data=<>\n" },
    { "data without a colon", lit("data\n\n"), "E- data=<>\n" },
    { "two empty data lines", lit("data: \ndata: \n\n"), "E- data=<|>\n" },
    { "empty first line", lit("data: \ndata: a\ndata: \n\n"),
      "E- data=<|a|>\n" },
    { "no space behind the colon", lit("data:a\n\n"), "E- data=<a>\n" },
    { "two spaces behind the colon", lit("data:  a\n\n"), "E- data=< a>\n" },
    { "space at the end", lit("data: a \n\n"), "E- data=<a >\n" },
    { "a tab is not the space", lit("data:\ta\n\n"), "E- data=<\ta>\n" },
    { "colons in the value", lit("data: a:b: c\n\n"), "E+ data=<a:b: c>\n" },
    { "secret over two data lines",
      lit("data: {\"a\":\ndata: \"b\"}\n\n"), "E- data=<{\"a\":|\"b\"}>\n" },
    { "U+2028 in data", lit("data: \"\xe2\x80\xa8\"\n\n"),
      "E- data=<\"\xe2\x80\xa8\">\n" },
    { "U+2029 in data", lit("data: \"\xe2\x80\xa9\"\n\n"),
      "E- data=<\"\xe2\x80\xa9\">\n" },
    { "U+0085 in data", lit("data: \"\xc2\x85\"\n\n"),
      "E- data=<\"\xc2\x85\">\n" },
    { "U+2027 and U+0086 in data", lit("data: \"\xe2\x80\xa7\xc2\x86\"\n\n"),
      "E+ data=<\"\xe2\x80\xa7\xc2\x86\">\n" },
    { "a tab in data", lit("data: [1,\t2]\n\n"), "E+ data=<[1,\t2]>\n" },
    { "form feed in data", lit("data: 1\f2\n\n"), "E- data=<1\f2>\n" },
    { "DEL in a run", lit("data: abcdefgh\x7f" "abcdefgh\n\n"),
      "E- data=<abcdefgh\x7f" "abcdefgh>\n" },
    { "a control character in a run",
      lit("data: abcdefgh\x1f" "abcdefgh\n\n"),
      "E- data=<abcdefgh\x1f" "abcdefgh>\n" },
    { "file separator in data", lit("data: 12345678\x1c\n\n"),
      "E- data=<12345678\x1c>\n" },

    /* what is not data */

    { "comment", lit(": ping\n\n"), "O+\nO+\n" },
    { "comment, CRLF", lit(": ping\r\n\r\n"), "O-\nO-\n" },
    { "empty comment", lit(":\n\n"), "O+\nO+\n" },
    { "comment with a line separator", lit(": \xe2\x80\xa8 x\n"), "O-\n" },
    { "comment before an event", lit(": x\ndata: a\n\n"),
      "O+\nE+ data=<a>\n" },
    { "comment inside of an event", lit("data: a\n: x\ndata: b\n\n"),
      "E- data=<a|b>\n" },
    { "comment behind data", lit("data: a\n: x\n\n"), "E- data=<a>\n" },
    { "comment behind an id", lit("id: 1\n: x\n\n"), "O- id=<1>\n" },
    { "comment, unknown field", lit(": x\nfoo: bar\n\n"), "O+\nO-\n" },
    { "unknown field", lit("foo: bar\n\n"), "O-\n" },
    { "unknown field beside data", lit("foo: bar\ndata: a\n\n"),
      "E- data=<a>\n" },
    { "field names in capitals", lit("Data: a\nDATA: b\nID: 1\n\n"), "O-\n" },
    { "space before the field", lit(" data: a\n\n"), "O-\n" },
    { "space behind the field", lit("data : a\n\n"), "O-\n" },
    { "line without a colon", lit("foo\ndata: a\n\n"), "E- data=<a>\n" },
    { "retry alone", lit("retry: 1000\n\n"), "O+ retry=<1000>\n" },
    { "retry with a sign", lit("retry: -1\n\n"), "O-\n" },
    { "retry with a fraction", lit("retry: 1.5\n\n"), "O-\n" },
    { "empty retry", lit("retry: \n\n"), "O-\n" },
    { "the longest retry", lit("retry: 999999999\n\n"),
      "O+ retry=<999999999>\n" },
    { "a longer retry", lit("retry: 1000000000\n\n"), "O-\n" },
    { "a wrong retry keeps the right one", lit("retry: 5\nretry: x\n\n"),
      "O- retry=<5>\n" },
    { "id alone", lit("id: 7\n\n"), "O+ id=<7>\n" },
    { "empty id", lit("id: \ndata: a\n\n"), "E+ id=<> data=<a>\n" },
    { "id without a colon", lit("id\ndata: a\n\n"), "E- id=<> data=<a>\n" },
    { "id with NUL", lit("id: a\0b\ndata: a\n\n"), "E- data=<a>\n" },
    { "id with NUL behind an id", lit("id: 1\nid: a\0b\ndata: a\n\n"),
      "E- id=<1> data=<a>\n" },
    { "the last id counts", lit("id: 1\nid: 2\ndata: a\n\n"),
      "E- id=<2> data=<a>\n" },
    { "id beyond ASCII", lit("id: \xc3\xa4\ndata: a\n\n"),
      "E- id=<\xc3\xa4> data=<a>\n" },
    { "the last event name counts", lit("event: a\nevent: b\ndata: x\n\n"),
      "E- event=<b> data=<x>\n" },
    { "empty event name", lit("event: \ndata: x\n\n"),
      "E- event=<> data=<x>\n" },
    { "event name beyond ASCII", lit("event: \xc3\xa4\ndata: x\n\n"),
      "E- event=<\xc3\xa4> data=<x>\n" },
    { "other event name", lit("event: endpoint\ndata: /x?y=1\n\n"),
      "E+ event=<endpoint> data=</x?y=1>\n" },
    { "fields in another order", lit("data: x\nevent: a\n\n"),
      "E- event=<a> data=<x>\n" },
    { "NUL in data", lit("data: a\0b\n\n"), "E- data=<a\\0b>\n" },

    /* ends */

    { "nothing", lit(""), "" },
    { "end without a blank line", lit("data: a\n\ndata: b\n"),
      "E+ data=<a>\n" },
    { "end inside of a line", lit("data: a\n\ndata: b"), "E+ data=<a>\n" },
    { "blank lines only", lit("\n\r\n\r"), "O+\nO-\nO-\n" },

    /* framings of the official SDKs (mcp-wire.md 3.2) */

    { "TypeScript", lit("event: message\nid: s_1\ndata: {\"jsonrpc\":\"2.0\","
                        "\"id\":1,\"result\":{}}\n\n"),
      "E+ event=<message> id=<s_1> data=<{\"jsonrpc\":\"2.0\",\"id\":1,"
      "\"result\":{}}>\n" },
    { "TypeScript, no id", lit("event: message\ndata: {}\n\n"),
      "E+ event=<message> data=<{}>\n" },
    { "TypeScript, priming", lit("id: s_0\nretry: 5000\ndata: \n\n"),
      "E+ id=<s_0> retry=<5000> data=<>\n" },
    { "TypeScript, priming without retry", lit("id: s_0\ndata: \n\n"),
      "E+ id=<s_0> data=<>\n" },
    { "Python", lit("event: message\r\ndata: {}\r\n\r\n: ping\r\n\r\n"),
      "E- event=<message> data=<{}>\nO-\nO-\n" },
    { "Go", lit("event: message\nid: X\ndata: {}\n\n"),
      "E+ event=<message> id=<X> data=<{}>\n" },
};


typedef struct {
    mcp_buf_t  text;          /* events, described                           */
    mcp_buf_t  raw;           /* their raw bytes                             */
    mcp_rc_t   rc;
    size_t     pending;
} result_t;


static void
put(mcp_buf_t *b, const char *name, mcp_str_t s)
{
    size_t  i;

    (void) mcp_buf_append_str(b, name);
    (void) mcp_buf_append_str(b, "=<");

    for (i = 0; i < s.len; i++) {
        if (s.data[i] == '\n') {
            (void) mcp_buf_append_byte(b, '|');

        } else if (s.data[i] == '\0') {
            (void) mcp_buf_append_str(b, "\\0");

        } else {
            (void) mcp_buf_append_byte(b, s.data[i]);
        }
    }

    (void) mcp_buf_append_str(b, ">");
}


static void
describe(mcp_buf_t *b, const mcp_sse_event_t *ev)
{
    (void) mcp_buf_append_str(b, ev->type == MCP_SSE_EVENT ? "E" : "O");
    (void) mcp_buf_append_str(b, ev->canonical ? "+" : "-");

    if (ev->has_event) {
        put(b, " event", ev->event);
    }

    if (ev->has_id) {
        put(b, " id", ev->id);
    }

    if (ev->retry.len != 0) {
        put(b, " retry", ev->retry);
    }

    if (ev->type == MCP_SSE_EVENT) {
        put(b, " data", ev->data);
    }

    (void) mcp_buf_append_byte(b, '\n');
}


/* Each slice is memory of its own, so that reading past it is noticed. */
static void
take(mcp_sse_t *s, const char *in, size_t len, result_t *r)
{
    unsigned char        *copy;
    mcp_sse_event_t       ev;
    const unsigned char  *p;

    copy = malloc(len + 1);
    memcpy(copy, in, len);
    copy = realloc(copy, len ? len : 1);
    p = copy;

    while ((r->rc = mcp_sse_feed(s, &p, copy + len, &ev)) == MCP_FOUND) {
        describe(&r->text, &ev);
        (void) mcp_buf_append(&r->raw, ev.raw, ev.raw_len);
    }

    if (r->rc == MCP_AGAIN) {
        ok(p == copy + len, "all bytes of a slice are taken");
    }

    free(copy);
}


/* slice 0: whole; 1: byte by byte; else random slices from that seed */
static void
run(const char *in, size_t len, size_t limit, unsigned slice, result_t *r)
{
    size_t     n;
    mcp_sse_t  s;

    memset(r, 0, sizeof(result_t));
    mcp_sse_init(&s, limit);
    srand(slice);
    r->rc = MCP_AGAIN;

    do {
        n = slice == 0 ? len : slice == 1 ? 1 : 1 + (size_t) rand() % 7;

        if (n > len) {
            n = len;
        }

        take(&s, in, n, r);
        in += n;
        len -= n;

    } while (len != 0 && r->rc == MCP_AGAIN);

    r->pending = mcp_sse_pending(&s);
    mcp_sse_free(&s);
}


static void
forget(result_t *r)
{
    mcp_buf_free(&r->text);
    mcp_buf_free(&r->raw);
}


static void
test_cases(void)
{
    size_t         i;
    unsigned       slice;
    result_t       r, whole;
    const case_t  *c;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        c = &cases[i];

        run(c->in, c->len, LIMIT, 0, &whole);

        is_mem(whole.text.data, whole.text.len, c->want, strlen(c->want),
               "%s", c->name);

        for (slice = 1; slice < 6; slice++) {
            run(c->in, c->len, LIMIT, slice, &r);

            is_mem(r.text.data, r.text.len, c->want, strlen(c->want),
                   "%s, slicing %u", c->name, slice);
            is_mem(r.raw.data, r.raw.len, whole.raw.data, whole.raw.len,
                   "%s, slicing %u: raw bytes", c->name, slice);
            is_int(r.pending, whole.pending, "%s, slicing %u: pending",
                   c->name, slice);
            forget(&r);
        }

        forget(&whole);
    }
}


/* An event leaves with its last byte, not with one that comes later. */
static void
test_promptness(void)
{
    size_t           i;
    mcp_sse_t        s;
    mcp_sse_event_t  ev;

    static const char *const  texts[] = {
        "data: a\n\n", "data: a\r\n\r", "data: a\r\r", ": ping\n", ": ping\r"
    };

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const unsigned char  *p = (const unsigned char *) texts[i];
        const unsigned char  *end = p + strlen(texts[i]);

        mcp_sse_init(&s, LIMIT);

        is_int(mcp_sse_feed(&s, &p, end - 1, &ev), MCP_AGAIN,
               "text %zu: not before its last byte", i);
        is_int(mcp_sse_feed(&s, &p, end, &ev), MCP_FOUND,
               "text %zu: at its last byte", i);
        is_int(mcp_sse_pending(&s), 0, "text %zu: nothing pending", i);
        is_int(mcp_sse_feed(&s, &p, end, &ev), MCP_AGAIN,
               "text %zu: then nothing", i);
        ok(s.raw.data == NULL && s.data.data == NULL,
           "text %zu: an idle stream holds no memory", i);

        mcp_sse_free(&s);
    }
}


static void
test_limit(void)
{
    unsigned  slice;
    char      text[64];
    result_t  r;

    memcpy(text, "data: 1\n\ndata: 23\n\n", 20);

    for (slice = 0; slice < 4; slice++) {
        run(text, 19, 10, slice, &r);
        is_text(r.text, "E+ data=<1>\nE+ data=<23>\n",
                "an event of just the limit passes, slicing %u", slice);
        is_int(r.rc, MCP_AGAIN, "no error, slicing %u", slice);
        forget(&r);

        run(text, 19, 9, slice, &r);
        is_text(r.text, "E+ data=<1>\n",
                "one byte more does not, slicing %u", slice);
        is_int(r.rc, MCP_ERROR, "an error, slicing %u", slice);
        forget(&r);

        run("data: 123456", 12, 9, slice, &r);
        is_int(r.rc, MCP_ERROR, "no end within the limit, slicing %u", slice);
        forget(&r);
    }

    {
        mcp_sse_t             s;
        mcp_sse_event_t       ev;
        const unsigned char  *p = (const unsigned char *) "data: 123456\n\n";
        const unsigned char  *end = p + 14;

        mcp_sse_init(&s, 5);
        is_int(mcp_sse_feed(&s, &p, end, &ev), MCP_ERROR, "past the limit");

        p = (const unsigned char *) "\n\n";
        is_int(mcp_sse_feed(&s, &p, p + 2, &ev), MCP_ERROR,
               "the error is sticky");
        mcp_sse_free(&s);
    }
}


/* 1e6 tiny events: flat memory, and time that grows with the bytes alone. */
static void
test_many(void)
{
    size_t                i, n, count;
    mcp_sse_t             s;
    unsigned char        *text;
    mcp_sse_event_t       ev;
    const unsigned char  *p;

    static const char *const  units[] = { "data: x\n\n", "\r", "\n", ":\r" };

    for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        n = strlen(units[i]);
        count = 1000000;
        text = malloc(n * count);

        for (p = text; (size_t) (p - text) < n * count; p += n) {
            memcpy(text + (p - text), units[i], n);
        }

        mcp_sse_init(&s, LIMIT);
        p = text;

        for (count = 0; mcp_sse_feed(&s, &p, text + n * 1000000, &ev)
             == MCP_FOUND; count++)
        {
            if (s.raw.data != NULL) {
                break;
            }
        }

        is_int(count, 1000000, "1000000 events of %zu bytes, none copied", n);

        mcp_sse_free(&s);
        free(text);
    }
}


typedef struct {
    const char  *name;
    const char  *in;          /* one event                                   */
    size_t       len;
    const char  *want;        /* what mcp_sse_write() makes of it            */
    size_t       want_len;
} write_case_t;


static const write_case_t  writes[] = {
    { "plain", lit("data: {}\n\n"), lit("data: {}\n\n") },
    { "all fields", lit("event: message\nid: 1\nretry: 5\ndata: {}\n\n"),
      lit("event: message\nid: 1\nretry: 5\ndata: {}\n\n") },
    { "order", lit("data: {}\nretry: 5\nid: 1\nevent: message\n\n"),
      lit("event: message\nid: 1\nretry: 5\ndata: {}\n\n") },
    { "CRLF", lit("event: message\r\ndata: {}\r\n\r"),
      lit("event: message\ndata: {}\n\n") },
    { "line breaks between tokens", lit("data: {\ndata: \"a\":1\ndata: }\n\n"),
      lit("data: { \"a\":1 }\n\n") },
    { "line separators in strings",
      lit("data: [\"\xc2\x85\xe2\x80\xa8\xe2\x80\xa9\x7f\"]\n\n"),
      lit("data: [\"\\u0085\\u2028\\u2029\\u007f\"]\n\n") },
    { "their neighbours stay",
      lit("data: [\"\xc2\x84\xe2\x80\xa7\xe2\x80\xaa\xe2\x81\xa8\"]\r\r"),
      lit("data: [\"\xc2\x84\xe2\x80\xa7\xe2\x80\xaa\xe2\x81\xa8\"]\n\n") },
    { "control characters", lit("data: 1\x0b,\f2\x1c\x1d\x1e\0\t3\n\n"),
      lit("data: 1 , 2    \t3\n\n") },
    { "white space around goes", lit("data:  \t{}\ndata:  \n\n"),
      lit("data: {}\n\n") },
    { "white space alone", lit("data:   \n\n"), lit("data: \n\n") },
    { "unknown fields go", lit("foo: 1\ndata: 1\nbar\n: x\n\n"),
      lit("data: 1\n\n") },
    { "empty event name goes", lit("event: \ndata: 1\n\n"),
      lit("data: 1\n\n") },
    { "event name", lit("event:  a\xe2\x80\xa8" "data: b\x7f\ndata: 1\n\n"),
      lit("event: ?a???data: b?\ndata: 1\n\n") },
    { "space in an event name", lit("event: a b\ndata:1\n\n"),
      lit("event: a b\ndata: 1\n\n") },
    { "line separator in an id",
      lit("id: 1\xe2\x80\xa8" "data: {}\xe2\x80\xa8\ndata: 1\n\n"),
      lit("data: 1\n\n") },
    { "id with blanks", lit("id:  1 \ndata: 1\n\n"), lit("data: 1\n\n") },
    { "empty id", lit("id\ndata: 1\n\n"), lit("id: \ndata: 1\n\n") },
    { "wrong retry goes", lit("retry: 1e9\ndata: 1\n\n"),
      lit("data: 1\n\n") },
    { "empty data", lit("id: 1\ndata\n\n"), lit("id: 1\ndata: \n\n") },
    { "comment", lit(": ping\n"), lit(": ping\n\n") },
    { "comment, CR", lit(": ping\r"), lit(": ping\n\n") },
    { "comment beyond ASCII", lit(": \xe2\x80\xa8" "data: 1\n"),
      lit(":\n\n") },
    { "blank line", lit("\r"), lit("\n") },
    { "unknown fields alone", lit("foo: bar\n\n"), lit("\n") },
    { "retry alone", lit("retry: 7\r\r"), lit("retry: 7\n\n") },
};


static void
test_write(void)
{
    size_t                i, before;
    mcp_rc_t              rc;
    mcp_buf_t             out;
    mcp_sse_t             s, again;
    mcp_sse_event_t       ev, ev2;
    const write_case_t   *c;
    const unsigned char  *p;

    memset(&out, 0, sizeof(out));

    for (i = 0; i < sizeof(writes) / sizeof(writes[0]); i++) {
        c = &writes[i];
        out.len = 0;
        (void) mcp_buf_append_str(&out, "before");
        before = out.len;

        mcp_sse_init(&s, LIMIT);
        p = (const unsigned char *) c->in;
        is_int(mcp_sse_feed(&s, &p, p + c->len, &ev), MCP_FOUND,
               "%s: is an event", c->name);

        is_int(mcp_sse_write(&out, &ev, ev.data), MCP_OK, "%s: written",
               c->name);
        is_mem(out.data + before, out.len - before, c->want, c->want_len,
               "%s: in normal form", c->name);

        /* what is canonical is that very form; what is written is canonical */

        if (ev.canonical && ev.raw[0] != ':') {
            is_mem(ev.raw, ev.raw_len, c->want, c->want_len,
                   "%s: canonical means written like that", c->name);
        }

        mcp_sse_init(&again, LIMIT);
        p = out.data + before;

        do {
            rc = mcp_sse_feed(&again, &p, out.data + out.len, &ev2);

            if (rc == MCP_FOUND) {
                ok(ev2.canonical, "%s: then canonical", c->name);
            }
        } while (rc == MCP_FOUND);

        is_int(mcp_sse_pending(&again), 0, "%s: then complete", c->name);

        mcp_sse_free(&again);
        mcp_sse_free(&s);
    }

    /* an event of our own */

    memset(&ev, 0, sizeof(ev));
    ev.event = (mcp_str_t) mcp_string("message");
    ev.id = (mcp_str_t) mcp_string("s_1");
    ev.has_id = 1;
    out.len = 0;

    (void) mcp_sse_write(&out, &ev, (mcp_str_t) mcp_null_string);
    is_text(out, "event: message\nid: s_1\n\n",
            "no data: no data line");

    mcp_buf_free(&out);
}


int
main(void)
{
    test_cases();
    test_promptness();
    test_limit();
    test_many();
    test_write();

    return done();
}
