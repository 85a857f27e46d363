/*
 * Splicing.
 *
 * Ranges are collected in any order, sorted once and applied from left to
 * right, so the cost is that of one copy.
 */

#include "mcp_rewrite.h"

#include <stdlib.h>
#include <string.h>


void
mcp_rewrite_init(mcp_rewrite_t *rw)
{
    memset(rw, 0, sizeof(mcp_rewrite_t));
}


void
mcp_rewrite_reset(mcp_rewrite_t *rw)
{
    rw->splices.len = 0;
    rw->texts.len = 0;
}


void
mcp_rewrite_free(mcp_rewrite_t *rw)
{
    mcp_buf_free(&rw->splices);
    mcp_buf_free(&rw->texts);
}


size_t
mcp_rewrite_count(const mcp_rewrite_t *rw)
{
    return rw->splices.len / sizeof(mcp_splice_t);
}


mcp_rc_t
mcp_rewrite_add(mcp_rewrite_t *rw, size_t from, size_t to, const void *text,
    size_t len)
{
    mcp_splice_t  s;

    if (from > to || to > UINT32_MAX || len > UINT32_MAX - rw->texts.len) {
        return MCP_ERROR;
    }

    s.from = (uint32_t) from;
    s.to = (uint32_t) to;
    s.text = (uint32_t) rw->texts.len;
    s.len = (uint32_t) len;

    if (mcp_buf_append(&rw->texts, text, len) != MCP_OK) {
        return MCP_ERROR;
    }

    if (mcp_buf_append(&rw->splices, &s, sizeof(mcp_splice_t)) != MCP_OK) {
        rw->texts.len = s.text;
        return MCP_ERROR;
    }

    return MCP_OK;
}


/*
 * By start; of those that start together first insertions, which take nothing
 * away, then the longer range; of equal ranges the one that was added first,
 * whose text stands first (two that share an offset are told apart by length).
 */
static int
compare(const void *one, const void *two)
{
    const mcp_splice_t  *a = one, *b = two;

    if (a->from != b->from) {
        return a->from < b->from ? -1 : 1;
    }

    if ((a->to == a->from) != (b->to == b->from)) {
        return a->to == a->from ? -1 : 1;
    }

    if (a->to != b->to) {
        return a->to > b->to ? -1 : 1;
    }

    if (a->text != b->text) {
        return a->text < b->text ? -1 : 1;
    }

    return (a->len > b->len) - (a->len < b->len);
}


static void
sort(mcp_splice_t *s, size_t n)
{
    size_t  i;

    for (i = 1; i < n; i++) {
        if (compare(&s[i - 1], &s[i]) > 0) {
            qsort(s, n, sizeof(mcp_splice_t), compare);
            return;
        }
    }
}


static mcp_rc_t
append(mcp_buf_t *out, const unsigned char *data, size_t from, size_t len)
{
    return len == 0 ? MCP_OK : mcp_buf_append(out, data + from, len);
}


static mcp_rc_t
apply(const mcp_rewrite_t *rw, const unsigned char *raw, size_t len,
    mcp_buf_t *out)
{
    size_t               i, n, at, to;
    const mcp_splice_t  *s;

    n = mcp_rewrite_count(rw);
    s = (const mcp_splice_t *) (const void *) rw->splices.data;
    at = 0;

    for (i = 0; i < n; /* void */ ) {

        if (s[i].to > len
            || append(out, raw, at, s[i].from - at) != MCP_OK
            || append(out, rw->texts.data, s[i].text, s[i].len) != MCP_OK)
        {
            return MCP_ERROR;
        }

        to = s[i].to;

        /* what begins inside goes with it, and may reach further */

        for (i++; i < n && s[i].from < to; i++) {
            if (s[i].to > to) {
                to = s[i].to;
            }
        }

        if (to > len) {
            return MCP_ERROR;
        }

        at = to;
    }

    return append(out, raw, at, len - at);
}


mcp_rc_t
mcp_rewrite_apply(mcp_rewrite_t *rw, const unsigned char *raw, size_t len,
    mcp_buf_t *out)
{
    size_t  before;

    if (mcp_rewrite_count(rw) != 0) {
        sort((mcp_splice_t *) (void *) rw->splices.data,
             mcp_rewrite_count(rw));
    }

    before = out->len;

    if (apply(rw, raw, len, out) != MCP_OK) {
        out->len = before;
        return MCP_ERROR;
    }

    return MCP_OK;
}


static int
is_space(unsigned char ch)
{
    return ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r';
}


/* The first byte at or behind at that is not white space; to: none. */
static size_t
skip_space(const unsigned char *raw, size_t at, size_t to)
{
    while (at < to && is_space(raw[at])) {
        at++;
    }

    return at;
}


mcp_rc_t
mcp_rewrite_remove(mcp_rewrite_t *rw, const unsigned char *raw,
    size_t array_from, size_t array_to, const mcp_splice_t *items, size_t n)
{
    size_t  i, from, to, next, last, first;

    if (array_to < array_from + 2) {
        return MCP_ERROR;
    }

    last = array_to - 1;      /* the closing bracket */

    for (i = 0; i < n; /* void */ ) {
        first = items[i].from;
        from = first;
        to = items[i].to;

        /* a run: elements with nothing but a comma between them */

        for ( ;; ) {

            if (items[i].from <= array_from || to < items[i].from
                || to > last)
            {
                return MCP_ERROR;
            }

            next = skip_space(raw, to, last);
            i++;

            if (next == last) {
                break;
            }

            if (raw[next] != ',') {
                return MCP_ERROR;
            }

            next = skip_space(raw, next + 1, last);

            if (i == n || items[i].from != next) {
                break;
            }

            to = items[i].to;
        }

        if (next != last) {

            /* the next element takes the place of the first of the run */

            to = next;

        } else {

            /* the run is the tail: the comma before it goes, if any */

            while (from > array_from + 1 && is_space(raw[from - 1])) {
                from--;
            }

            if (raw[from - 1] == ',') {
                from--;

            } else {
                from = first;
            }
        }

        if (mcp_rewrite_add(rw, from, to, NULL, 0) != MCP_OK) {
            return MCP_ERROR;
        }
    }

    return MCP_OK;
}
