/*
 * The inside of a JSON string.
 *
 * Plain bytes are copied to the arena 16 at a time; only escapes and bytes
 * above 0x7f are looked at one by one.  The machine may be cut at any byte:
 * hex digits and the bytes of a character gather in the tokenizer, and the
 * arena gets whole characters only, so it is valid UTF-8 at any time.
 *
 * A member name longer than the limit is found when its valid part exceeds
 * it.  Before any other error is reported that check is made too, so that a
 * long run copied in one step fails as the same bytes one by one would.
 */

#include <string.h>

#include "mcp_json_int.h"
#include "mcp_json_simd.h"


enum {
    sw_body = 0,              /* as mcp_json_string_start() sets it         */
    sw_escape,                /* behind a backslash                         */
    sw_hex1,                  /* behind \u                                  */
    sw_hex2,
    sw_hex3,
    sw_hex4,
    sw_low_backslash,         /* behind the first half of a pair            */
    sw_low_u,
    sw_character              /* inside a character of several bytes        */
};


/* What a backslash and this byte mean; 0: nothing.  \u is handled apart. */
static const unsigned char  unescaped[256] = {
    ['"'] = '"', ['\\'] = '\\', ['/'] = '/', ['b'] = '\b', ['f'] = '\f',
    ['n'] = '\n', ['r'] = '\r', ['t'] = '\t'
};


static inline int
is_plain(unsigned char ch)
{
    return ch >= 0x20 && ch < 0x80 && ch != '"' && ch != '\\';
}


/* Values of hex digits, plus one; 0: none. */
static const signed char  hex_digits[256] = {
    ['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4, ['4'] = 5,
    ['5'] = 6, ['6'] = 7, ['7'] = 8, ['8'] = 9, ['9'] = 10,
    ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16
};


/* Value of a hex digit, or -1. */
static inline int
hex_value(unsigned char ch)
{
    return hex_digits[ch] - 1;
}


/* Bytes of the character that starts with ch; 0: none may. */
static inline unsigned
utf8_need(unsigned char ch)
{
    if (ch < 0xc2 || ch > 0xf4) {
        return 0;
    }

    return (ch < 0xe0) ? 2 : (ch < 0xf0) ? 3 : 4;
}


/*
 * Whether ch may follow as the second byte: this is where overlong forms,
 * surrogates and what is above U+10FFFF are refused (RFC 3629, section 4).
 */
static inline int
utf8_second(unsigned char lead, unsigned char ch)
{
    switch (lead) {

    case 0xe0:
        return ch >= 0xa0 && ch <= 0xbf;

    case 0xed:
        return ch >= 0x80 && ch <= 0x9f;

    case 0xf0:
        return ch >= 0x90 && ch <= 0xbf;

    case 0xf4:
        return ch >= 0x80 && ch <= 0x8f;

    default:
        return (ch & 0xc0) == 0x80;
    }
}


/* Length of the whole character at p, 4 bytes are readable; 0: invalid. */
static inline unsigned
utf8_whole(const unsigned char *p)
{
    if (p[0] < 0xe0) {
        return (p[0] >= 0xc2 && (p[1] & 0xc0) == 0x80) ? 2 : 0;
    }

    if (p[0] > 0xf4 || !utf8_second(p[0], p[1]) || (p[2] & 0xc0) != 0x80) {
        return 0;
    }

    if (p[0] < 0xf0) {
        return 3;
    }

    return ((p[3] & 0xc0) == 0x80) ? 4 : 0;
}


static unsigned char *
utf8_encode(unsigned char *out, uint32_t code)
{
    if (code < 0x80) {
        *out++ = (unsigned char) code;
        return out;
    }

    if (code < 0x800) {
        *out++ = (unsigned char) (0xc0 | code >> 6);
        *out++ = (unsigned char) (0x80 | (code & 0x3f));
        return out;
    }

    if (code < 0x10000) {
        *out++ = (unsigned char) (0xe0 | code >> 12);
        *out++ = (unsigned char) (0x80 | (code >> 6 & 0x3f));
        *out++ = (unsigned char) (0x80 | (code & 0x3f));
        return out;
    }

    *out++ = (unsigned char) (0xf0 | code >> 18);
    *out++ = (unsigned char) (0x80 | (code >> 12 & 0x3f));
    *out++ = (unsigned char) (0x80 | (code >> 6 & 0x3f));
    *out++ = (unsigned char) (0x80 | (code & 0x3f));

    return out;
}


/*
 * All four hex digits of an escape are in j->code.  Sets *err, or appends the
 * character unless it is the first half of a pair; returns the new end of
 * the text and the next state.
 */
static unsigned char *
take_code(mcp_json_t *j, unsigned char *out, unsigned *sub,
    mcp_json_err_t *err)
{
    uint32_t  code = j->code;

    *sub = sw_body;

    if (j->high != 0) {

        if (code < 0xdc00 || code > 0xdfff) {
            *err = MCP_JSON_E_SURROGATE;
            return out;
        }

        code = 0x10000 + ((j->high - 0xd800) << 10) + (code - 0xdc00);
        j->high = 0;

    } else if (code >= 0xd800 && code <= 0xdbff) {
        j->high = code;
        *sub = sw_low_backslash;
        return out;

    } else if (code >= 0xdc00 && code <= 0xdfff) {
        *err = MCP_JSON_E_SURROGATE;
        return out;

    } else if (code == 0 && j->key) {
        *err = MCP_JSON_E_NUL;
        return out;
    }

    if (code >= 0x80) {
        j->ascii = 0;
    }

    return utf8_encode(out, code);
}


/*
 * Takes a run of escapes that are whole and stand for a character on their
 * own.  Returns the first byte of what is something else, or needs a closer
 * look: NUL, halves of pairs, errors and what the slice cuts.
 */
static inline const unsigned char *
easy_escapes(mcp_json_t *j, const unsigned char *p, const unsigned char *end,
    unsigned char **outp)
{
    int             a, b, c, d;
    uint32_t        code;
    unsigned char  *out;

    out = *outp;

    while (end - p >= 2 && p[0] == '\\') {

        if (unescaped[p[1]] != 0) {
            *out++ = unescaped[p[1]];
            p += 2;
            continue;
        }

        if (p[1] != 'u' || end - p < 6) {
            break;
        }

        a = hex_value(p[2]);
        b = hex_value(p[3]);
        c = hex_value(p[4]);
        d = hex_value(p[5]);

        if ((a | b | c | d) < 0) {
            break;
        }

        code = (uint32_t) (a << 12 | b << 8 | c << 4 | d);

        if (code == 0 || (code & 0xf800) == 0xd800) {
            break;
        }

        if (code >= 0x80) {
            j->ascii = 0;
        }

        out = utf8_encode(out, code);
        p += 6;
    }

    *outp = out;

    return p;
}


mcp_rc_t
mcp_json_string(mcp_json_t *j, const unsigned char **pp,
    const unsigned char *end)
{
    int                   digit;
    size_t                max, where;
    mcp_rc_t              rc;
    unsigned              n, sub;
    unsigned char         ch, *out, *start;
    mcp_json_err_t        err;
    const unsigned char  *p;

    p = *pp;
    sub = j->sub;
    start = j->arena.data + j->text;
    out = j->arena.data + j->arena.len;
    max = j->key ? j->limits.key : SIZE_MAX;
    err = MCP_JSON_E_NONE;
    where = 0;
    rc = MCP_AGAIN;

    while (p < end) {

        switch (sub) {

        case sw_body:

            while (end - p >= 16) {
                n = copy_plain16(out, p);
                out += n;
                p += n;

                if (n < 16) {
                    break;
                }
            }

            while (p < end && is_plain(*p)) {
                *out++ = *p++;
            }

            if (p == end || (size_t) (out - start) > max) {
                goto done;
            }

            ch = *p;

            if (ch == '"') {
                p++;
                rc = MCP_OK;
                goto done;
            }

            if (ch == '\\') {

                j->escaped = 1;
                p = easy_escapes(j, p, end, &out);

                if (p < end && *p == '\\') {
                    j->escape = mcp_json_offset(j, p);
                    sub = sw_escape;
                    p++;
                }

                break;
            }

            if (ch < 0x80) {
                err = (ch == 0) ? MCP_JSON_E_NUL : MCP_JSON_E_SYNTAX;
                where = mcp_json_offset(j, p);
                goto done;
            }

            j->ascii = 0;

            while (end - p >= 4 && *p >= 0x80) {

                n = utf8_whole(p);

                if (n == 0) {
                    err = MCP_JSON_E_UTF8;
                    where = mcp_json_offset(j, p);
                    goto done;
                }

                memcpy(out, p, 4);
                out += n;
                p += n;
            }

            if (end - p >= 4) {
                break;
            }

            if (p < end && *p >= 0x80) {
                j->lead = mcp_json_offset(j, p);
                j->have = 0;
                sub = sw_character;
            }

            break;

        case sw_character:

            /* near the end of a slice only, so byte by byte is good enough */

            ch = *p;

            if (j->have == 0) {
                j->need = (unsigned char) utf8_need(ch);

            } else if (j->have == 1 ? !utf8_second(j->part[0], ch)
                                    : (ch & 0xc0) != 0x80)
            {
                j->need = 0;
            }

            if (j->need == 0) {
                err = MCP_JSON_E_UTF8;
                where = j->lead;
                goto done;
            }

            j->part[j->have++] = ch;
            p++;

            if (j->have == j->need) {
                memcpy(out, j->part, 4);
                out += j->need;
                sub = sw_body;
            }

            break;

        case sw_escape:

            ch = *p;

            if (unescaped[ch] != 0) {
                *out++ = unescaped[ch];
                sub = sw_body;
                p++;
                break;
            }

            if (ch == 'u') {
                j->code = 0;
                sub = sw_hex1;
                p++;
                break;
            }

            err = (ch == 0) ? MCP_JSON_E_NUL : MCP_JSON_E_SYNTAX;
            where = mcp_json_offset(j, p);
            goto done;

        case sw_hex1:
        case sw_hex2:
        case sw_hex3:
        case sw_hex4:

            digit = hex_value(*p);

            if (digit < 0) {
                err = (*p == 0) ? MCP_JSON_E_NUL : MCP_JSON_E_SYNTAX;
                where = mcp_json_offset(j, p);
                goto done;
            }

            j->code = j->code << 4 | (uint32_t) digit;
            p++;

            if (sub < sw_hex4) {
                sub++;
                break;
            }

            out = take_code(j, out, &sub, &err);

            if (err != MCP_JSON_E_NONE) {
                where = j->escape;
                goto done;
            }

            break;

        case sw_low_backslash:
        case sw_low_u:

            if (*p != (sub == sw_low_u ? 'u' : '\\')) {
                err = MCP_JSON_E_SURROGATE;
                where = j->escape;
                goto done;
            }

            j->code = 0;
            sub = (sub == sw_low_u) ? sw_hex1 : sw_low_u;
            p++;
            break;
        }
    }

done:

    j->sub = sub;
    j->arena.len = (size_t) (out - j->arena.data);
    *pp = p;

    if ((size_t) (out - start) > max) {
        return mcp_json_fail(j, MCP_JSON_E_KEY, j->raw);
    }

    if (err != MCP_JSON_E_NONE) {
        return mcp_json_fail(j, err, where);
    }

    return rc;
}


/*
 * Length of the unit at p of a raw string: a plain byte or a whole escape, a
 * pair of surrogates being one.  *text is set to the bytes it stands for.
 */
static size_t
unit_at(const unsigned char *p, const unsigned char *end, size_t *text)
{
    int       digit;
    unsigned  i, code;

    *text = 1;

    if (*p != '\\') {
        return 1;
    }

    if (end - p < 6 || p[1] != 'u') {
        return (end - p < 2) ? 1 : 2;
    }

    code = 0;

    for (i = 2; i < 6; i++) {
        digit = hex_value(p[i]);
        code = code << 4 | (digit < 0 ? 0u : (unsigned) digit);
    }

    if (code >= 0xd800 && code <= 0xdbff && end - p >= 12) {
        *text = 4;
        return 12;
    }

    *text = (code < 0x80) ? 1 : (code < 0x800) ? 2 : 3;

    return 6;
}


void
mcp_json_raw_next(const unsigned char *raw, size_t raw_len,
    mcp_json_place_t *place, size_t from, size_t to, size_t *raw_from,
    size_t *raw_to)
{
    size_t                n, at, text;
    const unsigned char  *p, *q, *end, *first, *last;

    if (place->raw == 0 || from < place->text) {
        place->raw = 1;
        place->text = 0;
    }

    p = raw + place->raw;
    end = raw + raw_len - 1;
    at = place->text;
    first = NULL;
    last = end;

    while (p < end) {

        /* a run without an escape is as long as its text */

        q = memchr(p, '\\', (size_t) (end - p));
        n = (size_t) ((q != NULL ? q : end) - p);

        if (first == NULL && from < at + n) {
            first = p + (from - at);
            place->raw = (size_t) (first - raw);
            place->text = from;
        }

        if (to <= at + n) {
            last = p + (to - at);
            break;
        }

        at += n;
        p += n;

        if (p == end) {
            break;
        }

        n = unit_at(p, end, &text);

        if (first == NULL && from < at + text) {
            first = p;
            place->raw = (size_t) (p - raw);
            place->text = at;
        }

        at += text;
        p += n;

        if (to <= at) {
            last = p;
            break;
        }
    }

    if (first == NULL) {
        first = end;
    }

    /* never cut a character: what is left must be UTF-8 again */

    while (first > raw + 1 && (*first & 0xc0) == 0x80) {
        first--;
    }

    while (last < end && (*last & 0xc0) == 0x80) {
        last++;
    }

    *raw_from = (size_t) (first - raw);
    *raw_to = (size_t) (last - raw);
}


void
mcp_json_raw_span(const unsigned char *raw, size_t raw_len, size_t from,
    size_t to, size_t *raw_from, size_t *raw_to)
{
    mcp_json_place_t  place = { 0, 0 };

    mcp_json_raw_next(raw, raw_len, &place, from, to, raw_from, raw_to);
}
