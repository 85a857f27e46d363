/*
 * Folding: the same as a model that goes character by character, for every
 * character, in every neighbourhood that is likely to matter, and for texts
 * made at random out of what is special; with the place of each byte.
 */

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "fold_model.h"
#include "tap.h"


#define MAX_TEXT  4096


static mcp_folds_t  folds;
static mcp_view_t   a, b;
static uint32_t     state = 1;


static uint32_t
any(uint32_t n)
{
    state = state * 1664525 + 1013904223;

    return (uint32_t) (((uint64_t) state * n) >> 32);
}


/* Every byte of the two views was made of the same bytes. */
static int
same_places(void)
{
    size_t  i, a_from, a_to, b_from, b_to;

    for (i = 0; i < a.text.len; i++) {
        mcp_view_span(&a, i, i + 1, &a_from, &a_to);
        mcp_view_span(&b, i, i + 1, &b_from, &b_to);

        if (a_from != b_from || a_to != b_to) {
            diag("byte %lu: %lu .. %lu, model %lu .. %lu", (unsigned long) i,
                 (unsigned long) a_from, (unsigned long) a_to,
                 (unsigned long) b_from, (unsigned long) b_to);
            return 0;
        }
    }

    return 1;
}


/* 1: both come to the same. */
static int
agree(const unsigned char *text, size_t len)
{
    int             same;
    mcp_made_t      made, wanted;
    unsigned char  *copy;

    a.text.len = 0;
    a.map.len = 0;
    b.text.len = 0;
    b.map.len = 0;

    /* a block of its own, so that reading behind it is seen */

    copy = malloc(len + 1);
    memcpy(copy, text, len);
    made = mcp_make_folded(&a, &folds, len ? copy : copy + 1, len);
    wanted = model_folded(&b, text, len);
    free(copy);

    if (made != wanted) {
        same = 0;

    } else if (made == MCP_MADE_NOTHING) {
        return 1;

    } else {
        same = a.text.len == b.text.len
               && (a.text.len == 0
                   || memcmp(a.text.data, b.text.data, a.text.len) == 0)
               && same_places();
    }

    if (!same) {
        tap_show("text", text, len);
        tap_show("view", a.text.data, a.text.len);
        tap_show("model", b.text.data, b.text.len);
    }

    return same;
}


static size_t
append(unsigned char *text, size_t len, uint32_t c)
{
    return len + (size_t) utf8proc_encode_char((utf8proc_int32_t) c,
                                               text + len);
}


static size_t
append_str(unsigned char *text, size_t len, const char *s)
{
    memcpy(text + len, s, strlen(s));

    return len + strlen(s);
}


static void
test_characters(void)
{
    size_t         i, len, bad;
    uint32_t       c;
    unsigned char  text[64];

    static const char *const  around[][2] = {
        { "", "" }, { "a", "b" }, { "a ", " b" }, { " \t", "\t x" },
        { "\320\276\320\277", "\320\260" },             /* Cyrillic          */
        { "\344\270\255", "\346\226\207" }, { "i g ", " o r" },
        { "\360\237\230\200", "\357\270\217" }
    };

    for (i = 0; i < sizeof(around) / sizeof(around[0]); i++) {

        bad = 0;

        for (c = 0; c <= 0x10FFFF && bad < 3; c++) {

            if (c >= 0xD800 && c <= 0xDFFF) {
                continue;
            }

            len = append_str(text, 0, around[i][0]);
            len = append(text, len, c);
            len = append_str(text, len, around[i][1]);

            bad += !agree(text, len);
        }

        is_int(bad, 0, "every character, neighbours %lu", (unsigned long) i);
    }
}


/* Something to put into a text; mostly what is special to somebody. */
static size_t
add_any(unsigned char *text, size_t len, uint32_t kind)
{
    uint32_t  i, n;

    static const char *const  words[] = {
        "ignore ", "i g n o r e", "a.b.c.d.", "1 2 3 4 a ", " ", "  ", "\t",
        "\n", ". ", "the report of this week ", "x", "I ", "\33[8m", "\33",
        "\1", "\177", "a b c", " - ", "_a_b_", "x | y | z | w | v ", "0 1 2 "
    };

    static const uint32_t  chars[] = {
        0xDF, 0xE9, 0xFC, 0xF8, 0x131, 0x301, 0x3BF, 0x430, 0x43E, 0x441,
        0x448, 0x456, 0x4E2D, 0x6587, 0x3002, 0xFF0C, 0xFF21, 0xFB01, 0x200B,
        0x200D, 0x200E, 0xFE0F, 0x2019, 0x201C, 0x2014, 0x2026, 0xAD, 0x85,
        0xA0, 0xBD, 0x1F600, 0x1F1E9, 0x1F1EA, 0x1D400, 0x2801, 0xAC00,
        0x20000, 0xE0041, 0x13A0, 0x24D0, 0x3164, 0xFDFA
    };

    n = 1 + any(4);

    switch (kind) {

    case 0:
        return append_str(text, len,
                          words[any(sizeof(words) / sizeof(words[0]))]);

    case 1:
        return append(text, len,
                      chars[any(sizeof(chars) / sizeof(chars[0]))]);

    case 2:                           /* a word of one script                */
        for (i = 0; i < 2 * n; i++) {
            len = append(text, len, 0x430 + any(32));
        }

        return len;

    case 3:
        for (i = 0; i < 4 * n; i++) {
            len = append(text, len, 'a' + any(26));
        }

        return append(text, len, ' ');

    case 4:                           /* no UTF-8                            */
        text[len] = (unsigned char) (0x80 + any(128));
        return len + 1;

    case 5:                           /* look-alikes only                    */
        for (i = 0; i < n; i++) {
            len = append(text, len, "\x30\x35\x3e\x40\x41\x43"[any(6)]
                                    + 0x400u);
        }

        return len;

    case 6:                           /* longer than a word can be           */
        for (i = 0; i < 40 * n; i++) {
            len = append(text, len, any(30) ? 'a' + any(26) : 0x43E);
        }

        return len;

    default:
        return append(text, len, 0x4E00 + any(0x5000));
    }
}


static void
test_random(void)
{
    size_t         i, len, bad, parts;
    uint32_t       kinds;
    unsigned       seen;
    unsigned char  text[MAX_TEXT];

    bad = 0;
    seen = 0;

    for (i = 0; i < 60000 && bad < 3; i++) {

        kinds = any(256);

        for (len = 0, parts = any(60); parts > 0 && len < MAX_TEXT - 1024; ) {

            state ^= (uint32_t) i;

            if (kinds >> any(8) & 1) {
                len = add_any(text, len, any(8));
            }

            parts--;
        }

        bad += !agree(text, len);
        seen += a.text.len > 0;
    }

    is_int(bad, 0, "texts at random");
    ok(seen > 10000, "%u of them have a view", seen);
}


/* ASCII of any length, with one thing in it at any place. */
static void
test_blocks(void)
{
    size_t         i, k, n, len, bad;
    unsigned char  text[512];

    static const char *const  things[] = {
        "\303\274", "\t", "  ", "\1", "i g n o r e", " \320\276\320\275 ",
        "5 6 ", "\357\274\241"
    };

    for (k = 0, bad = 0; k < sizeof(things) / sizeof(things[0]); k++) {

        for (n = 0; n < 200; n++) {

            for (i = 0; i <= n && bad < 3; i++) {
                memset(text, 'a', sizeof(text));
                len = append_str(text, i, things[k]) + n - i;
                text[n / 2] = (n & 1) ? ' ' : text[n / 2];
                bad += !agree(text, len);
            }
        }
    }

    is_int(bad, 0, "one thing in plain text of each length");
}


static void
test_utf8(void)
{
    size_t             i, n, bad;
    uint32_t           c, wanted;
    utf8proc_int32_t   cp;
    utf8proc_ssize_t   size;
    unsigned char      b4[4];

    static const unsigned char  firsts[] = { 0x80, 0xc0, 0xc1, 0xc2, 0xdf,
        0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xf8, 0xff, 0x41 };

    for (i = 0, bad = 0; i < 2000000; i++) {

        b4[0] = any(2) ? firsts[any(sizeof(firsts))]
                       : (unsigned char) any(256);
        b4[1] = (unsigned char) (any(8) ? 0x80 + any(64) : any(256));
        b4[2] = (unsigned char) (any(8) ? 0x80 + any(64) : any(256));
        b4[3] = (unsigned char) (any(8) ? 0x80 + any(64) : any(256));
        n = 1 + any(4);

        size = utf8proc_iterate(b4, (utf8proc_ssize_t) n, &cp);
        wanted = (size > 0) ? (uint32_t) cp : 0xFFFD;
        size = (size > 0) ? size : 1;

        bad += mcp_utf8_next(b4, n, &c) != (size_t) size || c != wanted;
    }

    is_int(bad, 0, "characters are read as utf8proc reads them");
}


int
main(void)
{
    test_utf8();
    test_characters();
    test_blocks();
    test_random();

    mcp_folds_free(&folds);
    mcp_buf_free(&a.text);
    mcp_buf_free(&a.map);
    mcp_buf_free(&b.text);
    mcp_buf_free(&b.map);

    return done();
}
