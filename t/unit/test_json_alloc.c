/* LDFLAGS: -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free */

/*
 * What happens when memory is short: each allocation of a run fails in turn.
 * The tokenizer must say so, must not leak, and must work again afterwards.
 */

#include <stdlib.h>
#include <string.h>

#include "mcp_json.h"
#include "fail_alloc.h"
#include "tap.h"


static const mcp_json_limits_t  limits = { 512, 1 << 20, 1024, 1 << 24 };


/* A message that needs all kinds of memory, each of it several times. */
static void
make_message(mcp_buf_t *b)
{
    int   i, k;
    char  text[32];

    (void) mcp_buf_append_byte(b, '{');

    for (i = 0; i < 300; i++) {
        (void) snprintf(text, sizeof(text), "\"name %d\":\"value %d\",", i, i);
        (void) mcp_buf_append_str(b, text);
    }

    (void) mcp_buf_append_str(b, "\"deep\":");

    for (i = 0; i < 200; i++) {
        (void) mcp_buf_append_str(b, "[{\"a\":");
    }

    (void) mcp_buf_append_str(b, "\"");

    for (i = 0; i < 10000; i++) {
        (void) mcp_buf_append_str(b, "some text to make the arena grow ");
    }

    (void) mcp_buf_append_str(b, "\"");

    for (i = 0; i < 200; i++) {
        (void) mcp_buf_append_str(b, "}]");
    }

    for (k = 0; k < 3; k++) {
        (void) snprintf(text, sizeof(text), ",\"more %d\":{", k);
        (void) mcp_buf_append_str(b, text);

        for (i = 0; i < 100; i++) {
            (void) snprintf(text, sizeof(text), "%s\"%d\":%d", i ? "," : "", i,
                            i);
            (void) mcp_buf_append_str(b, text);
        }

        (void) mcp_buf_append_byte(b, '}');
    }

    (void) mcp_buf_append_byte(b, '}');
}


static mcp_rc_t
run(mcp_json_t *j, const mcp_buf_t *b, size_t slice)
{
    size_t    at, n;
    mcp_rc_t  rc;

    rc = MCP_AGAIN;

    for (at = 0; at < b->len && rc == MCP_AGAIN; at += n) {
        n = (slice < b->len - at) ? slice : b->len - at;
        rc = mcp_json_feed(j, b->data + at, n);
    }

    return (rc == MCP_AGAIN) ? mcp_json_finish(j) : rc;
}


static void
test_failures(const mcp_buf_t *b, size_t slice, int after)
{
    long         before;
    unsigned     n, failed, wrong, dead;
    mcp_json_t  *j;

    failed = 0;
    wrong = 0;
    dead = 0;
    before = live;

    for (n = 1; n < 1000; n++) {

        calls = 0;
        fail_at = n;
        fail_after = after;

        j = mcp_json_create();

        if (j == NULL) {
            fail_at = 0;
            failed++;
            continue;
        }

        mcp_json_start(j, &limits, NULL, NULL, 0);

        if (run(j, b, slice) == MCP_OK) {

            fail_at = 0;
            wrong += (calls >= n);
            mcp_json_destroy(j);
            break;
        }

        failed++;
        wrong += (mcp_json_err(j) != MCP_JSON_E_NOMEM
                  || mcp_json_err_offset(j) > b->len);

        fail_at = 0;

        /* half of them with what is left, half with nothing kept */

        mcp_json_start(j, &limits, NULL, NULL, (n & 1) ? 1 << 30 : 0);
        dead += (run(j, b, slice) != MCP_OK);

        mcp_json_destroy(j);
    }

    is_int(wrong, 0, "slices of %zu%s: each failure is reported", slice,
           after ? ", all later fail too" : "");
    is_int(dead, 0, "slices of %zu: the tokenizer works again", slice);
    ok(failed >= 12, "slices of %zu: %u allocations failed", slice, failed);
    is_int(live, before, "slices of %zu: nothing is lost", slice);
}


/* Kept memory: none above keep, and no allocation when all is kept. */
static void
test_keep(const mcp_buf_t *b)
{
    long         before;
    mcp_json_t  *j;

    before = live;
    j = mcp_json_create();
    is_int(live - before, 1, "a new tokenizer is one block");

    mcp_json_start(j, &limits, NULL, NULL, 1 << 30);
    is_int(run(j, b, 4096), MCP_OK, "a message");

    mcp_json_start(j, &limits, NULL, NULL, 1 << 30);
    calls = 0;
    is_int(run(j, b, 4096), MCP_OK, "the same again");
    is_int(calls, 0, "takes no memory");

    mcp_json_start(j, &limits, NULL, NULL, 0);
    is_int(live - before, 1, "all is given back when nothing is kept");

    is_int(run(j, b, 4096), MCP_OK, "and again");
    mcp_json_destroy(j);
    is_int(live, before, "a destroyed one leaves nothing");
}


int
main(void)
{
    mcp_buf_t  b;

    memset(&b, 0, sizeof(b));
    make_message(&b);

    ok(calls > 0 && live == 1, "allocations are seen");

    test_failures(&b, b.len, 0);
    test_failures(&b, b.len, 1);
    test_failures(&b, 1000, 0);
    test_failures(&b, 1, 0);
    test_keep(&b);

    mcp_buf_free(&b);
    is_int(live, 0, "nothing is left");

    return done();
}
