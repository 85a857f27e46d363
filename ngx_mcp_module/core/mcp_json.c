/*
 * The public side of the tokenizer: one message after another, one slice
 * after another, errors and text.
 */

#include <stdlib.h>

#include "mcp_json_int.h"


#define MAX_SIZE       0x7fffffff


static const char *const  messages[] = {
    [MCP_JSON_E_NONE] = "no error",
    [MCP_JSON_E_SYNTAX] = "invalid JSON",
    [MCP_JSON_E_EMPTY] = "no JSON value",
    [MCP_JSON_E_TRUNCATED] = "truncated JSON",
    [MCP_JSON_E_TRAILING] = "bytes after the JSON value",
    [MCP_JSON_E_BOM] = "byte order mark",
    [MCP_JSON_E_UTF8] = "invalid UTF-8",
    [MCP_JSON_E_SURROGATE] = "lone surrogate",
    [MCP_JSON_E_NUL] = "NUL character",
    [MCP_JSON_E_DUPLICATE] = "duplicate member",
    [MCP_JSON_E_DEPTH] = "nested too deeply",
    [MCP_JSON_E_MEMBERS] = "too many members",
    [MCP_JSON_E_NUMBER] = "number too long",
    [MCP_JSON_E_KEY] = "member name too long",
    [MCP_JSON_E_SIZE] = "message too large",
    [MCP_JSON_E_HANDLER] = "message refused",
    [MCP_JSON_E_NOMEM] = "out of memory"
};


mcp_rc_t
mcp_json_fail(mcp_json_t *j, mcp_json_err_t err, size_t offset)
{
    if (j->err == MCP_JSON_E_NONE) {
        j->err = err;
        j->err_offset = offset;
    }

    return MCP_ERROR;
}


mcp_rc_t
mcp_json_fail_byte(mcp_json_t *j, mcp_json_err_t err, const unsigned char *p)
{
    if (*p == 0) {
        err = MCP_JSON_E_NUL;
    }

    return mcp_json_fail(j, err, mcp_json_offset(j, p));
}


mcp_json_t *
mcp_json_create(void)
{
    mcp_json_t  *j;

    static const mcp_json_limits_t  limits = { 64, 4096, 1024, MAX_SIZE };

    j = calloc(1, sizeof(mcp_json_t));

    if (j == NULL) {
        return NULL;
    }

    mcp_json_keys_seed(j);
    mcp_json_start(j, &limits, NULL, NULL, 0);

    return j;
}


void
mcp_json_destroy(mcp_json_t *j)
{
    if (j == NULL) {
        return;
    }

    mcp_json_keys_trim(j, 0);
    mcp_buf_free(&j->arena);
    free(j->levels);
    free(j);
}


void
mcp_json_start(mcp_json_t *j, const mcp_json_limits_t *limits,
    mcp_json_handler_pt handler, void *data, size_t keep)
{
    /* a message that failed has left its open objects behind */

    while (j->depth > 0) {
        mcp_json_keys_pop(j);
        j->depth--;
    }

    mcp_json_keys_trim(j, keep);
    mcp_buf_reset(&j->arena, keep);

    if (j->nlevels * sizeof(mcp_json_level_t) > keep) {
        free(j->levels);
        j->levels = NULL;
        j->nlevels = 0;
    }

    j->limits = *limits;

    if (j->limits.depth > MCP_JSON_MAX_DEPTH) {
        j->limits.depth = MCP_JSON_MAX_DEPTH;
    }

    if (j->limits.size > MAX_SIZE) {
        j->limits.size = MAX_SIZE;
    }

    j->handler = handler;
    j->data = data;
    mcp_json_value_start(j);
    j->err = MCP_JSON_E_NONE;
    j->err_offset = 0;
    j->piece = NULL;
    j->offset = 0;
}


mcp_rc_t
mcp_json_feed(mcp_json_t *j, const unsigned char *data, size_t len)
{
    int     too_large;
    size_t  n;

    if (j->err != MCP_JSON_E_NONE) {
        return MCP_ERROR;
    }

    too_large = (len > j->limits.size - j->offset);

    if (too_large) {
        len = j->limits.size - j->offset;
    }

    while (len > 0) {

        n = (len < MCP_JSON_PIECE) ? len : MCP_JSON_PIECE;

        if (mcp_buf_reserve(&j->arena, n + MCP_JSON_SLACK) != MCP_OK) {
            return mcp_json_fail(j, MCP_JSON_E_NOMEM, j->offset);
        }

        j->piece = data;

        if (mcp_json_value(j, data, data + n) == MCP_ERROR) {
            return MCP_ERROR;
        }

        j->offset += n;
        data += n;
        len -= n;
    }

    if (too_large) {
        return mcp_json_fail(j, MCP_JSON_E_SIZE, j->limits.size);
    }

    return MCP_AGAIN;
}


mcp_rc_t
mcp_json_finish(mcp_json_t *j)
{
    if (j->err != MCP_JSON_E_NONE) {
        return MCP_ERROR;
    }

    return mcp_json_value_finish(j);
}


mcp_json_err_t
mcp_json_err(const mcp_json_t *j)
{
    return j->err;
}


size_t
mcp_json_err_offset(const mcp_json_t *j)
{
    return j->err_offset;
}


const char *
mcp_json_strerror(mcp_json_err_t err)
{
    if ((size_t) err >= sizeof(messages) / sizeof(messages[0])) {
        return "unknown error";
    }

    return messages[err];
}


const unsigned char *
mcp_json_text(const mcp_json_t *j, size_t *len)
{
    *len = j->arena.len;

    return j->arena.data;
}


uint32_t
mcp_json_depth(const mcp_json_t *j)
{
    return j->depth;
}


mcp_json_frame_t *
mcp_json_frame(mcp_json_t *j, uint32_t n)
{
    return &j->levels[n].pub;
}
