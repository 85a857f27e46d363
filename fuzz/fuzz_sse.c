/*
 * Fuzzer of event streams.  The first byte chooses limit and slicing, the
 * rest is the stream.  What must hold for any input:
 *
 *   - every slicing gives the same events, bytes, errors and rest;
 *   - raw bytes of events are the stream, but for a byte order mark, line
 *     feeds behind the CR that ended an event, and the rest;
 *   - a plain reading of the standard, line by line, finds the same events;
 *   - what mcp_sse_write() writes is one event, canonical, and says the same;
 *     a canonical event is written as it came.
 */

#include "mcp_sse.h"

#include <stdlib.h>
#include <string.h>


#define must(cond)   if (!(cond)) { abort(); }


typedef struct {
    mcp_buf_t  text;          /* all fields of all events                    */
    mcp_buf_t  said;          /* those that the standard tells               */
    mcp_buf_t  raw;
    size_t     pending;
    mcp_rc_t   rc;
} result_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static uint64_t  seed;


static uint64_t
next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;

    return seed;
}


static void
put(mcp_buf_t *b, const void *p, size_t len)
{
    must(mcp_buf_append(b, p, len) == MCP_OK);
}


/* Length and bytes, so that no field can look like two. */
static void
put_str(mcp_buf_t *b, mcp_str_t s)
{
    put(b, &s.len, sizeof(s.len));
    put(b, s.data, s.len);
}


static void
check_write(const mcp_sse_event_t *ev)
{
    mcp_rc_t              rc;
    mcp_buf_t             out;
    mcp_str_t             data;
    mcp_sse_t             s;
    mcp_sse_event_t       again;
    const unsigned char  *p;

    memset(&out, 0, sizeof(out));

    data = ev->data;
    if (ev->type != MCP_SSE_EVENT) {
        must(data.data == NULL);
    }

    must(mcp_sse_write(&out, ev, data) == MCP_OK);

    if (ev->canonical && ev->raw[0] != ':') {
        must(out.len == ev->raw_len
             && memcmp(out.data, ev->raw, out.len) == 0);
    }

    mcp_sse_init(&s, out.len);
    p = out.data;

    rc = mcp_sse_feed(&s, &p, out.data + out.len, &again);

    must(rc == MCP_FOUND && again.canonical);
    must(again.type == ev->type);

    if (ev->type == MCP_SSE_EVENT) {
        must(p == out.data + out.len);
        must(again.retry.len == ev->retry.len);
        must(again.event.len == ev->event.len);
    }

    mcp_sse_free(&s);
    mcp_buf_free(&out);
}


/* slice 0: whole, 1: bytes, else random */
static void
run(const uint8_t *data, size_t size, size_t limit, int slice, result_t *r)
{
    size_t                n;
    mcp_sse_t             s;
    unsigned char        *copy;
    mcp_sse_event_t       ev;
    const unsigned char  *p;

    memset(r, 0, sizeof(result_t));
    mcp_sse_init(&s, limit);

    do {
        n = slice == 0 ? size : slice == 1 ? 1 : 1 + next_random() % 17;

        if (n > size) {
            n = size;
        }

        copy = malloc(n + 1);
        must(copy != NULL);
        memcpy(copy, data, n);
        p = copy;

        while ((r->rc = mcp_sse_feed(&s, &p, copy + n, &ev)) == MCP_FOUND) {
            must(p <= copy + n && ev.raw_len > 0 && ev.raw_len <= limit);

            put(&r->text, &ev.type, sizeof(ev.type));
            put_str(&r->text, ev.event);
            put_str(&r->text, ev.id);
            put_str(&r->text, ev.data);
            put_str(&r->text, ev.retry);
            put(&r->text, ev.has_id ? "i" : "-", 1);
            put(&r->text, ev.has_event ? "e" : "-", 1);
            put(&r->text, ev.canonical ? "c" : "-", 1);
            put(&r->raw, ev.raw, ev.raw_len);

            if (ev.type == MCP_SSE_EVENT) {
                must(ev.data.data != NULL);
                put_str(&r->said, ev.event);
                put_str(&r->said, ev.data);
                put_str(&r->said, ev.id);
            }

            if (slice == 0) {
                check_write(&ev);
            }
        }

        must(r->rc == MCP_ERROR || p == copy + n);

        free(copy);
        data += n;
        size -= n;

    } while (size > 0 && r->rc == MCP_AGAIN);

    r->pending = mcp_sse_pending(&s);
    mcp_sse_free(&s);
}


static void
forget(result_t *r)
{
    mcp_buf_free(&r->text);
    mcp_buf_free(&r->said);
    mcp_buf_free(&r->raw);
}


static int
same(const mcp_buf_t *a, const mcp_buf_t *b)
{
    return a->len == b->len
           && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}


static int
is(const uint8_t *p, size_t len, const char *name)
{
    return len == strlen(name) && memcmp(p, name, len) == 0;
}


/* The standard, read line by line: what it says of each event with data. */
static void
model(const uint8_t *p, const uint8_t *end, mcp_buf_t *said)
{
    int             has_data;
    mcp_buf_t       data;
    mcp_str_t       event, id, text;
    const uint8_t  *line, *colon, *value;

    memset(&data, 0, sizeof(data));
    memset(&event, 0, sizeof(event));
    memset(&id, 0, sizeof(id));
    has_data = 0;

    if (end - p >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
        p += 3;
    }

    for ( ;; ) {
        line = p;

        while (p < end && *p != '\r' && *p != '\n') {
            p++;
        }

        if (p == end) {
            break;
        }

        if (p == line) {

            if (has_data) {
                text.data = data.data;
                text.len = data.len - 1;
                put_str(said, event);
                put_str(said, text);
                put_str(said, id);
            }

            data.len = 0;
            has_data = 0;
            memset(&event, 0, sizeof(event));
            memset(&id, 0, sizeof(id));

        } else if (*line != ':') {
            colon = memchr(line, ':', (size_t) (p - line));
            value = colon ? colon + 1 : p;
            colon = colon ? colon : p;

            if (value < p && *value == ' ') {
                value++;
            }

            text.data = value;
            text.len = (size_t) (p - value);

            if (is(line, (size_t) (colon - line), "data")) {
                has_data = 1;
                put(&data, text.data, text.len);
                put(&data, "\n", 1);

            } else if (is(line, (size_t) (colon - line), "event")) {
                event = text;

            } else if (is(line, (size_t) (colon - line), "id")
                       && memchr(text.data, 0, text.len) == NULL)
            {
                id = text;
            }
        }

        p += (*p == '\r' && end - p >= 2 && p[1] == '\n') ? 2 : 1;
    }

    mcp_buf_free(&data);
}


/* raw must be data without a byte order mark and some line feeds. */
static void
check_raw(const uint8_t *data, size_t size, const mcp_buf_t *raw)
{
    size_t  i, k, cr, gone;

    i = (size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0) ? 3 : 0;
    cr = 0;
    gone = 0;

    for (k = 0; k < raw->len; i++) {
        must(i < size);
        cr += data[i] == '\r';

        if (data[i] == raw->data[k]) {
            k++;
            continue;
        }

        gone++;
        must(data[i] == '\n' && gone <= cr);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int        i;
    size_t     limit;
    result_t   whole, cut;
    mcp_buf_t  said;

    static const size_t  limits[] = { 1 << 20, 3, 16, 64 };

    if (size == 0) {
        return 0;
    }

    limit = limits[*data & 3];
    seed = (uint64_t) *data * 0x9e3779b97f4a7c15u + size;
    data++;
    size--;

    run(data, size, limit, 0, &whole);
    check_raw(data, size, &whole.raw);

    for (i = 1; i < 4; i++) {
        run(data, size, limit, i, &cut);

        must(cut.rc == whole.rc);
        must(cut.pending == whole.pending);
        must(same(&cut.text, &whole.text));
        must(same(&cut.raw, &whole.raw));

        forget(&cut);
    }

    if (whole.rc != MCP_ERROR) {
        memset(&said, 0, sizeof(said));
        model(data, data + size, &said);
        must(same(&said, &whole.said));
        mcp_buf_free(&said);
    }

    forget(&whole);

    return 0;
}
