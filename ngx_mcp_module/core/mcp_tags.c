/*
 * What characters that are not seen spell.
 */

#include "mcp_blocks.h"
#include "mcp_text_int.h"


static int
is_tag(uint32_t c)
{
    return (c >= 0xFE00 && c <= 0xFE0F) || (c >= 0xE0000 && c <= 0xE01EF);
}


/*
 * Where the next tag or selector may be: they begin with ef b8 and f3 a0.
 * len: there is none.
 */
static size_t
next_tag(const unsigned char *text, size_t len, size_t i)
{
    uint64_t     bits;
    mcp_bytes_t  v, w;

    for ( /* void */ ; i + 17 <= len; i += 16) {

        v = mcp_bytes_load(text + i);
        w = mcp_bytes_load(text + i + 1);

        bits = mcp_bytes_bits(
                   (mcp_bytes_are(v, 0xef) & mcp_bytes_are(w, 0xb8))
                   | (mcp_bytes_are(v, 0xf3) & mcp_bytes_are(w, 0xa0)));

        if (bits != 0) {
            return i + (size_t) __builtin_ctzll(bits);
        }
    }

    for ( /* void */ ; i < len; i++) {
        if (text[i] == 0xef || text[i] == 0xf3) {
            return i;
        }
    }

    return len;
}


/*
 * What hidden characters spell: tag characters U+E0020 .. U+E007E as ASCII,
 * and variation selectors as the bytes that they number.  A flag (waving
 * black flag and up to seven tags) and a lone selector spell nothing.
 */
mcp_made_t
mcp_make_tags(mcp_view_t *out, const unsigned char *text, size_t len)
{
    size_t    i, n, from, end, count;
    uint32_t  c;

    for (i = next_tag(text, len, 0); i < len; i = next_tag(text, len, end)) {

        /* the whole run of them */

        from = i;
        count = 0;

        for (end = i; end < len; end += n) {
            n = mcp_utf8_next(text + end, len - end, &c);

            if (!is_tag(c)) {
                break;
            }

            count++;
        }

        if (count == 0) {
            end = i + 1;
            continue;
        }

        if (count < 2
            || (count <= 8 && i >= 4
                && memcmp(text + i - 4, "\360\237\217\264", 4) == 0))
        {
            continue;
        }

        for ( /* void */ ; i < end; i += n) {
            n = mcp_utf8_next(text + i, end - i, &c);

            if (c >= 0xE0020 && c <= 0xE007E) {
                c -= 0xE0000;

            } else if (c >= 0xFE00 && c <= 0xFE0F) {
                c -= 0xFE00;

            } else if (c >= 0xE0100 && c <= 0xE01EF) {
                c = c - 0xE0100 + 16;

            } else {
                continue;
            }

            if (!mcp_view_put_char(out, c, i, i + n)) {
                return MCP_MADE_CUT;
            }
        }

        if (out->text.len > 0
            && !mcp_view_put(out, "\n", 1, from, end, 0))
        {
            return MCP_MADE_CUT;
        }
    }

    return (out->text.len > 0) ? MCP_MADE_VIEW : MCP_MADE_NOTHING;
}
