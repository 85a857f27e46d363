/*
 * What a tokenizer said about an input, as bytes that can be compared: each
 * event with its text, the path that the frames give, then the end.  With it
 * the promise "the same for every slicing" is one memcmp().
 *
 * While it records it checks what must hold for any event.
 */

#ifndef JSON_TRACE_H
#define JSON_TRACE_H

#include <stdlib.h>
#include <string.h>

#include "mcp_json.h"

#if defined(__GNUC__)
#define TRACE_UNUSED  __attribute__((unused))
#else
#define TRACE_UNUSED
#endif


typedef struct {
    const unsigned char  *input;
    size_t                len;
    mcp_buf_t             log;         /* fixed fields and text of events    */
    mcp_buf_t             notation;    /* the same for people                */
    int                   notate;
    uint32_t              events;
    uint32_t              last;        /* raw of the last event              */
    uint32_t              stop;        /* refuse event number stop; 0: none  */
    mcp_rc_t              rc;
    mcp_json_err_t        err;
    size_t                offset;
    const char           *broken;      /* an invariant that does not hold    */

    /* our own idea of where we are: items so far, in each open container */

    uint32_t              depth;
    uint32_t              items[MCP_JSON_MAX_DEPTH + 1];
    unsigned char         object[MCP_JSON_MAX_DEPTH + 1];
} trace_t;


static const char  trace_letters[] = "{}[]ks#tfn";


static void
trace_append(mcp_buf_t *b, const void *data, size_t len)
{
    if (mcp_buf_append(b, data, len) != MCP_OK) {
        abort();
    }
}


/* Whether depth and index of an event are what counting gives. */
static int
trace_place(trace_t *t, const mcp_json_event_t *ev)
{
    uint32_t  index;

    if (ev->type == MCP_JSON_OBJECT_END || ev->type == MCP_JSON_ARRAY_END) {
        t->depth--;
        index = t->items[t->depth] - 1;

    } else if (t->object[t->depth] && ev->type != MCP_JSON_KEY) {
        index = t->items[t->depth] - 1;

    } else {
        index = t->items[t->depth]++;
    }

    if (ev->depth != t->depth || ev->index != index) {
        return 0;
    }

    if (ev->type == MCP_JSON_OBJECT || ev->type == MCP_JSON_ARRAY) {
        t->depth++;
        t->items[t->depth] = 0;
        t->object[t->depth] = (ev->type == MCP_JSON_OBJECT);
    }

    return 1;
}


static void
trace_check(trace_t *t, mcp_json_t *j, const mcp_json_event_t *ev)
{
    size_t                len;
    uint32_t              depth;
    mcp_json_frame_t     *f;
    const unsigned char  *raw, *text;

    raw = t->input + ev->raw;
    text = mcp_json_text(j, &len);
    depth = mcp_json_depth(j);

#define holds(cond)  if (!(cond)) { t->broken = #cond; }

    holds(ev->raw_len > 0);
    holds(trace_place(t, ev));
    holds(ev->raw + (size_t) ev->raw_len <= t->len);

    switch (ev->type) {

    case MCP_JSON_OBJECT:
    case MCP_JSON_ARRAY:
        f = mcp_json_frame(j, depth - 1);
        holds(ev->depth == depth - 1);
        holds(f->raw == ev->raw);
        holds(f->array == (ev->type == MCP_JSON_ARRAY));
        holds(f->index == 0 && f->key_len == 0 && f->user == 0);
        holds(*raw == (f->array ? '[' : '{'));
        f->user = ev->raw + 1;
        break;

    case MCP_JSON_OBJECT_END:
    case MCP_JSON_ARRAY_END:
        f = mcp_json_frame(j, depth - 1);
        holds(ev->depth == depth - 1);
        holds(f->array == (ev->type == MCP_JSON_ARRAY_END));
        holds(f->user == f->raw + 1);
        holds(*raw == (f->array ? ']' : '}'));
        break;

    case MCP_JSON_KEY:
        f = mcp_json_frame(j, depth - 1);
        holds(!f->array && f->key == ev->text && f->key_len == ev->len);

        /* fall through */

    case MCP_JSON_STRING:
        holds(ev->depth == depth);
        holds(raw[0] == '"' && raw[ev->raw_len - 1] == '"');
        holds((size_t) ev->text + ev->len + 1 == len);
        holds(text[len - 1] == (ev->type == MCP_JSON_KEY ? ':' : '\n'));
        holds(ev->escaped == (memchr(raw, '\\', ev->raw_len) != NULL));
        holds(ev->escaped
              || (ev->len + 2 == ev->raw_len
                  && memcmp(raw + 1, text + ev->text, ev->len) == 0));

        for (len = 0; len < ev->len && text[ev->text + len] < 0x80; len++) {
            /* void */
        }

        holds(ev->ascii == (len == ev->len));
        break;

    case MCP_JSON_NUMBER:
        holds(ev->depth == depth);
        holds(ev->len == ev->raw_len && strlen(ev->number) == ev->len);
        holds(memcmp(ev->number, raw, ev->len) == 0);
        break;

    case MCP_JSON_TRUE:
        holds(ev->raw_len == 4 && memcmp(raw, "true", 4) == 0);
        break;

    case MCP_JSON_FALSE:
        holds(ev->raw_len == 5 && memcmp(raw, "false", 5) == 0);
        break;

    case MCP_JSON_NULL:
        holds(ev->raw_len == 4 && memcmp(raw, "null", 4) == 0);
        break;
    }

    if (ev->depth > 0) {
        holds(ev->index == mcp_json_frame(j, ev->depth - 1)->index);

    } else {
        holds(ev->index == 0);
    }

#undef holds
}


static mcp_rc_t
trace_event(void *data, mcp_json_t *j, const mcp_json_event_t *ev)
{
    size_t                len;
    trace_t              *t = data;
    uint32_t              v[12], d;
    const unsigned char  *text;
    mcp_json_frame_t     *f;

    trace_check(t, j, ev);

    memset(v, 0, sizeof(v));

    v[0] = (uint32_t) ev->type;
    v[1] = ev->depth;
    v[2] = ev->index;
    v[3] = ev->raw;
    v[4] = ev->raw_len;
    v[5] = ev->text;
    v[6] = ev->len;
    v[7] = ev->escaped;
    v[8] = ev->ascii;

    d = mcp_json_depth(j);

    if (d > 0) {
        f = mcp_json_frame(j, d - 1);
        v[9] = f->key;
        v[10] = f->key_len;
        v[11] = f->index;
    }

    trace_append(&t->log, v, sizeof(v));

    text = mcp_json_text(j, &len);

    if (ev->type == MCP_JSON_KEY || ev->type == MCP_JSON_STRING) {
        trace_append(&t->log, text + ev->text, ev->len);
    }

    if (t->notate) {

        trace_append(&t->notation, &trace_letters[ev->type], 1);

        if (ev->type == MCP_JSON_KEY || ev->type == MCP_JSON_STRING) {
            trace_append(&t->notation, text + ev->text, ev->len);
            trace_append(&t->notation, " ", 1);

        } else if (ev->type == MCP_JSON_NUMBER) {
            trace_append(&t->notation, ev->number, ev->len);
            trace_append(&t->notation, " ", 1);
        }
    }

    t->last = ev->raw;
    t->events++;

    return (t->events == t->stop) ? MCP_ERROR : MCP_OK;
}


static uint32_t
trace_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;

    return (uint32_t) (*seed >> 33);
}


/* How an input is cut. */
typedef enum {
    SLICE_WHOLE,
    SLICE_BYTES,                   /* one byte at a time                    */
    SLICE_AT,                      /* in two, arg is where                  */
    SLICE_RANDOM                   /* up to a few bytes each, arg is a seed */
} slice_t;


static void
trace_start(trace_t *t, const unsigned char *input, size_t len)
{
    t->input = input;
    t->len = len;
    t->log.len = 0;
    t->notation.len = 0;
    t->events = 0;
    t->broken = NULL;
    t->depth = 0;
    t->items[0] = 0;
    t->object[0] = 0;
}


/*
 * Runs one message.  Each slice is a block of memory of its own, so that a
 * read behind its end shows under sanitizers.
 */
static void
trace_run(trace_t *t, mcp_json_t *j, const mcp_json_limits_t *limits,
    const unsigned char *input, size_t len, slice_t how, uint64_t arg)
{
    size_t          n, at, text_len, largest;
    unsigned char  *copy;

    trace_start(t, input, len);

    mcp_json_start(j, limits, trace_event, t, 65536);

    t->rc = MCP_AGAIN;
    largest = (how == SLICE_RANDOM) ? 1 + arg % 40 : 1;

    for (at = 0; at < len && t->rc == MCP_AGAIN; at += n) {

        switch (how) {

        case SLICE_WHOLE:
            n = len;
            break;

        case SLICE_BYTES:
            n = 1;
            break;

        case SLICE_AT:
            n = (at == 0 && arg > 0 && arg < len) ? (size_t) arg : len - at;
            break;

        default:
            /* a slice of nothing must change nothing */
            n = trace_random(&arg) % (largest + 1);
            break;
        }

        if (n > len - at) {
            n = len - at;
        }

        copy = malloc(n > 0 ? n : 1);

        if (copy == NULL) {
            abort();
        }

        memcpy(copy, input + at, n);
        t->rc = mcp_json_feed(j, copy, n);
        free(copy);
    }

    if (t->rc == MCP_AGAIN) {
        t->rc = mcp_json_finish(j);
    }

    t->err = mcp_json_err(j);
    t->offset = mcp_json_err_offset(j);

    /* what the arena holds at the end is part of the result */

    if (t->rc == MCP_OK) {
        input = mcp_json_text(j, &text_len);
        trace_append(&t->log, input, text_len);
    }
}


static int
trace_same(const trace_t *a, const trace_t *b)
{
    return a->rc == b->rc && a->err == b->err && a->offset == b->offset
           && a->events == b->events && a->log.len == b->log.len
           && (a->log.len == 0
               || memcmp(a->log.data, b->log.data, a->log.len) == 0)
           && a->broken == NULL && b->broken == NULL;
}


static void
trace_free(trace_t *t)
{
    mcp_buf_free(&t->log);
    mcp_buf_free(&t->notation);
}


/*
 * Runs an input whole, then in bytes, in all or some cuts in two and in
 * random slices.  t is left with the result of the whole; returns NULL when
 * all agree with it, or what does not.
 */
TRACE_UNUSED
static const char *
trace_all(trace_t *t, mcp_json_t *j, const mcp_json_limits_t *limits,
    const void *data, size_t len)
{
    size_t                i, step;
    trace_t               other;
    const char           *what;
    const unsigned char  *input = data;

    memset(&other, 0, sizeof(other));
    other.stop = t->stop;
    what = NULL;

    trace_run(t, j, limits, input, len, SLICE_WHOLE, 0);

    if (t->broken != NULL) {
        return t->broken;
    }

    trace_run(&other, j, limits, input, len, SLICE_BYTES, 0);

    if (!trace_same(t, &other)) {
        what = "byte by byte";
    }

    step = (len <= 200) ? 1 : len / 50;

    for (i = 1; i < len && what == NULL; i += step) {
        trace_run(&other, j, limits, input, len, SLICE_AT, i);

        if (!trace_same(t, &other)) {
            what = "cut in two";
        }
    }

    for (i = 0; i < 12 && what == NULL; i++) {
        trace_run(&other, j, limits, input, len, SLICE_RANDOM, i * 7919 + len);

        if (!trace_same(t, &other)) {
            what = "random slices";
        }
    }

    if (other.broken != NULL) {
        what = other.broken;
    }

    trace_free(&other);

    return what;
}

#endif /* JSON_TRACE_H */
