/*
 * Fuzzer of the tokenizer.  What must hold for any input:
 *
 *   - every slicing gives the same events, texts, error and offset, with wide
 *     limits and with narrow ones, and when the handler stops it;
 *   - what is accepted here jansson reads to an equal tree, and what jansson
 *     accepts is refused here only for a reason of ours (json_tree.h);
 *   - a range of a string, mapped back and cut out of the message, leaves a
 *     message that is accepted and has just that text less.
 */

#include <stdlib.h>
#include <string.h>

#include "../t/unit/json_trace.h"
#include "../t/unit/json_tree.h"


#define MAX_STRINGS  32

#define must(cond)   if (!(cond)) { abort(); }


typedef struct {
    mcp_json_event_t  strings[MAX_STRINGS];
    size_t            n;
} found_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static mcp_json_t  *tokenizer;
static trace_t      whole, cut;

static const mcp_json_limits_t  wide = { 512, 100000, 65536, 1 << 30 };


static uint64_t
hash(const uint8_t *p, size_t len)
{
    uint64_t  h;

    for (h = 14695981039346656037u; len > 0; len--) {
        h = (h ^ *p++) * 1099511628211u;
    }

    return h;
}


static void
slices(const mcp_json_limits_t *limits, const uint8_t *data, size_t size,
    uint64_t seed, uint32_t stop)
{
    int  i;

    whole.stop = stop;
    cut.stop = stop;

    trace_run(&whole, tokenizer, limits, data, size, SLICE_WHOLE, 0);

    must(whole.broken == NULL);
    must(whole.offset <= size);
    must((whole.rc == MCP_OK) == (whole.err == MCP_JSON_E_NONE));

    if (size <= 2048) {
        trace_run(&cut, tokenizer, limits, data, size, SLICE_BYTES, 0);
        must(trace_same(&whole, &cut));
    }

    for (i = 0; i < 2; i++) {
        trace_run(&cut, tokenizer, limits, data, size, SLICE_RANDOM,
                  seed + (uint64_t) i * 977);
        must(trace_same(&whole, &cut));
    }

    trace_run(&cut, tokenizer, limits, data, size, SLICE_AT,
              size > 0 ? seed % size : 0);
    must(trace_same(&whole, &cut));
}


static mcp_rc_t
collect(void *arg, mcp_json_t *j, const mcp_json_event_t *ev)
{
    found_t  *found = arg;

    (void) j;

    if (ev->type == MCP_JSON_STRING && ev->len > 0 && found->n < MAX_STRINGS) {
        found->strings[found->n++] = *ev;
    }

    return MCP_OK;
}


static mcp_rc_t
read_pair(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len,
    found_t *found)
{
    mcp_rc_t  rc;

    mcp_json_start(tokenizer, &wide, found ? collect : NULL, found, 65536);

    rc = mcp_json_feed(tokenizer, a, a_len);

    if (rc == MCP_AGAIN) {
        rc = mcp_json_feed(tokenizer, b, b_len);
    }

    return (rc == MCP_AGAIN) ? mcp_json_finish(tokenizer) : rc;
}


static void
ranges(const uint8_t *data, size_t size, uint64_t seed)
{
    size_t                   i, from, to, raw_from, raw_to, n_from, n_to;
    size_t                   before, after, head, start;
    found_t                  found;
    mcp_buf_t                text;
    mcp_json_place_t         place;
    const uint8_t           *raw;
    const unsigned char     *arena;
    const mcp_json_event_t  *ev;

    memset(&text, 0, sizeof(text));
    found.n = 0;

    must(read_pair(data, size, data, 0, &found) == MCP_OK);

    arena = mcp_json_text(tokenizer, &before);
    trace_append(&text, arena, before);

    for (i = 0; i < found.n; i++) {

        ev = &found.strings[i];
        raw = data + ev->raw;

        from = trace_random(&seed) % ev->len;
        to = from + 1 + trace_random(&seed) % (ev->len - from);

        mcp_json_raw_span(raw, ev->raw_len, from, to, &raw_from, &raw_to);

        must(raw_from >= 1 && raw_from < raw_to && raw_to < ev->raw_len);

        /* the walk that goes on gives the same, forwards and backwards */

        memset(&place, 0, sizeof(place));
        mcp_json_raw_next(raw, ev->raw_len, &place, from / 2, from / 2 + 1,
                          &n_from, &n_to);
        mcp_json_raw_next(raw, ev->raw_len, &place, from, to, &n_from, &n_to);
        must(n_from == raw_from && n_to == raw_to);
        mcp_json_raw_next(raw, ev->raw_len, &place, 0, ev->len, &n_from,
                          &n_to);
        must(n_from == 1 && n_to == ev->raw_len - 1u);

        must(read_pair(data, ev->raw + raw_from, raw + raw_to,
                       size - ev->raw - raw_to, NULL)
             == MCP_OK);

        /*
         * What is gone is the range, and what stood in one escape or in one
         * character with its ends: at most three bytes on each side.
         */

        arena = mcp_json_text(tokenizer, &after);

        must(before - after >= to - from && before - after <= to - from + 6);

        for (start = from; start > 0 && from - start < 3
             && memcmp(arena, text.data, ev->text + start) != 0; start--)
        {
            /* void */
        }

        head = ev->text + start;

        must(memcmp(arena, text.data, head) == 0);
        must(memcmp(arena + head, text.data + head + (before - after),
                    after - head)
             == 0);
    }

    mcp_buf_free(&text);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t           seed;
    const char        *differs;
    mcp_json_limits_t  narrow;

    if (tokenizer == NULL) {
        tokenizer = mcp_json_create();
        must(tokenizer != NULL);
    }

    seed = hash(data, size);

    slices(&wide, data, size, seed, 0);

    if (whole.err == MCP_JSON_E_NONE) {
        ranges(data, size, seed);
    }

    differs = json_tree_compare(tokenizer, &wide, data, size);
    must(differs == NULL);

    narrow.depth = seed & 7;
    narrow.members = seed >> 3 & 15;
    narrow.key = seed >> 7 & 15;
    narrow.size = (seed >> 11 & 1) ? size : seed >> 12 & 127;

    slices(&narrow, data, size, seed, 0);
    slices(&wide, data, size, seed, 1 + (seed >> 20 & 15));

    return 0;
}
