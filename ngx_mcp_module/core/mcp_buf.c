/*
 * A growable run of bytes.
 *
 * Memory doubles, so that appending n bytes costs O(n) whatever the sizes of
 * the pieces are.  Every function that fails leaves the buffer as it was: a
 * caller may report the failure with what it has.
 */

#include <stdlib.h>
#include <string.h>

#include "mcp_buf.h"


#define MIN_CAPACITY    64
#define MAX_CAPACITY    (SIZE_MAX / 2)
#define UINT64_DIGITS   20


mcp_rc_t
mcp_buf_reserve(mcp_buf_t *b, size_t extra)
{
    size_t          cap;
    unsigned char  *data;

    if (extra <= b->cap - b->len) {
        return MCP_OK;
    }

    if (extra > MAX_CAPACITY - b->len) {
        return MCP_ERROR;
    }

    cap = (b->cap < MIN_CAPACITY) ? MIN_CAPACITY : b->cap;

    while (cap < b->len + extra) {
        cap = (cap > MAX_CAPACITY / 2) ? MAX_CAPACITY : cap * 2;
    }

    data = realloc(b->data, cap);

    if (data == NULL) {
        return MCP_ERROR;
    }

    b->data = data;
    b->cap = cap;

    return MCP_OK;
}


mcp_rc_t
mcp_buf_append(mcp_buf_t *b, const void *data, size_t len)
{
    if (len == 0) {
        return MCP_OK;
    }

    if (mcp_buf_reserve(b, len) != MCP_OK) {
        return MCP_ERROR;
    }

    memcpy(b->data + b->len, data, len);
    b->len += len;

    return MCP_OK;
}


mcp_rc_t
mcp_buf_append_byte(mcp_buf_t *b, unsigned char ch)
{
    if (mcp_buf_reserve(b, 1) != MCP_OK) {
        return MCP_ERROR;
    }

    b->data[b->len++] = ch;

    return MCP_OK;
}


mcp_rc_t
mcp_buf_append_str(mcp_buf_t *b, const char *zero_terminated)
{
    return mcp_buf_append(b, zero_terminated, strlen(zero_terminated));
}


mcp_rc_t
mcp_buf_append_uint(mcp_buf_t *b, uint64_t n)
{
    size_t         i;
    unsigned char  digits[UINT64_DIGITS];

    i = UINT64_DIGITS;

    do {
        digits[--i] = (unsigned char) ('0' + n % 10);
        n /= 10;
    } while (n > 0);

    return mcp_buf_append(b, digits + i, UINT64_DIGITS - i);
}


/*
 * How many bytes at p stand for one character that must be escaped, 0 when
 * the character may stay.  *code is its code point.
 *
 * U+0085, U+2028 and U+2029 end a line for some readers of event streams; a
 * DEL may not be shown by any.
 */
static size_t
must_escape(const unsigned char *p, const unsigned char *end, unsigned *code)
{
    if (*p < 0x20 || *p == '"' || *p == '\\' || *p == 0x7f) {
        *code = *p;
        return 1;
    }

    if (*p == 0xc2 && end - p >= 2 && p[1] == 0x85) {
        *code = 0x85;
        return 2;
    }

    if (*p == 0xe2 && end - p >= 3 && p[1] == 0x80
        && (p[2] == 0xa8 || p[2] == 0xa9))
    {
        *code = 0x2000 + (p[2] - 0x80u);
        return 3;
    }

    return 0;
}


static mcp_rc_t
append_escape(mcp_buf_t *b, unsigned code)
{
    char         text[6];
    const char  *found;

    static const char  hex[] = "0123456789abcdef";
    static const char  plain[] = "\"\\\b\f\n\r\t";
    static const char  letter[] = "\"\\bfnrt";

    text[0] = '\\';

    found = (code > 0 && code < 0x7f) ? strchr(plain, (int) code) : NULL;

    if (found != NULL) {
        text[1] = letter[found - plain];
        return mcp_buf_append(b, text, 2);
    }

    text[1] = 'u';
    text[2] = hex[code >> 12 & 0xf];
    text[3] = hex[code >> 8 & 0xf];
    text[4] = hex[code >> 4 & 0xf];
    text[5] = hex[code & 0xf];

    return mcp_buf_append(b, text, 6);
}


static mcp_rc_t
append_json_body(mcp_buf_t *b, const unsigned char *p,
    const unsigned char *end)
{
    size_t                n;
    unsigned              code;
    const unsigned char  *from;

    from = p;

    while (p < end) {

        n = must_escape(p, end, &code);

        if (n == 0) {
            p++;
            continue;
        }

        if (mcp_buf_append(b, from, (size_t) (p - from)) != MCP_OK
            || append_escape(b, code) != MCP_OK)
        {
            return MCP_ERROR;
        }

        p += n;
        from = p;
    }

    return mcp_buf_append(b, from, (size_t) (p - from));
}


mcp_rc_t
mcp_buf_append_json(mcp_buf_t *b, const unsigned char *text, size_t len)
{
    size_t                before;
    const unsigned char  *end;

    before = b->len;
    end = (len > 0) ? text + len : text;

    if (mcp_buf_append_byte(b, '"') != MCP_OK
        || append_json_body(b, text, end) != MCP_OK
        || mcp_buf_append_byte(b, '"') != MCP_OK)
    {
        b->len = before;
        return MCP_ERROR;
    }

    return MCP_OK;
}


void
mcp_buf_reset(mcp_buf_t *b, size_t keep)
{
    b->len = 0;

    if (b->cap > keep) {
        mcp_buf_free(b);
    }
}


void
mcp_buf_free(mcp_buf_t *b)
{
    free(b->data);

    b->data = NULL;
    b->len = 0;
    b->cap = 0;
}
