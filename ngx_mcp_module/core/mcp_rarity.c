/*
 * How rare bytes, pairs of letters and words are in ordinary text.  Counted
 * over documentation, manual pages, source code and data of a Debian system;
 * rounded, because nothing here has to be exact: it decides where to look,
 * never what is found.
 */

#include "mcp_rarity.h"

#include <math.h>
#include <string.h>


#define CLASS_SPACE  26
#define CLASS_OTHER  27
#define CLASS_WIDE   255


/*
 * -log2 of the frequency of a letter behind another one, in quarters of a
 * bit; rows are the letter before.  a .. z without case, then white space,
 * then all else.
 */
static const uint8_t  pairs[28][28] = {
    { 41, 21, 17, 19, 34, 28, 20, 45, 22, 43, 29, 13, 15, 13,
      47, 20, 47, 12, 13, 11, 25, 27, 35, 30, 26, 45, 19, 19 },
    { 14, 31, 22, 32, 12, 32, 33, 43, 11, 16, 32, 12, 32, 35,
      16, 29, 45, 20, 20, 26, 14, 41, 46, 30, 17, 45, 25, 14 },
    { 16, 30, 27, 32, 14, 38, 40, 13, 22, 49, 15, 16, 20, 29,
      10, 29, 48, 18, 20, 12, 23, 37, 44, 35, 27, 53, 22, 15 },
    { 18, 31, 32, 22, 6, 34, 27, 34, 15, 40, 35, 27, 34, 34,
      20, 33, 47, 25, 24, 28, 24, 35, 35, 26, 32, 52, 10, 10 },
    { 22, 30, 17, 17, 24, 16, 27, 40, 31, 39, 41, 21, 23, 13,
      35, 26, 28, 12, 16, 16, 39, 26, 29, 20, 26, 49, 10, 12 },
    { 21, 41, 31, 29, 20, 19, 38, 52, 8, 62, 47, 20, 37, 23,
      12, 31, 42, 17, 26, 21, 16, 43, 35, 45, 24, 67, 11, 12 },
    { 24, 33, 23, 37, 9, 39, 31, 18, 17, 58, 44, 17, 28, 14,
      22, 23, 58, 19, 18, 23, 25, 31, 39, 35, 38, 46, 12, 10 },
    { 10, 43, 39, 34, 6, 39, 44, 46, 14, 58, 42, 24, 30, 35,
      16, 31, 51, 19, 28, 16, 28, 43, 41, 47, 34, 53, 15, 14 },
    { 24, 22, 16, 16, 21, 18, 19, 51, 40, 55, 37, 19, 21, 7,
      14, 24, 42, 24, 15, 14, 45, 25, 53, 31, 56, 24, 29, 19 },
    { 19, 46, 25, 39, 5, 39, 40, 48, 24, 38, 32, 41, 41, 36,
      17, 25, 45, 37, 8, 34, 17, 30, 37, 46, 48, 52, 20, 17 },
    { 26, 38, 18, 33, 11, 39, 37, 40, 19, 57, 44, 29, 30, 28,
      32, 35, 49, 38, 24, 31, 21, 39, 32, 52, 43, 54, 18, 3 },
    { 14, 31, 33, 22, 11, 24, 26, 29, 12, 29, 40, 15, 37, 37,
      15, 30, 59, 36, 21, 21, 17, 25, 38, 50, 22, 44, 16, 9 },
    { 11, 21, 29, 22, 8, 23, 36, 41, 17, 46, 43, 20, 22, 35,
      17, 12, 46, 38, 15, 32, 24, 35, 48, 48, 38, 58, 16, 13 },
    { 17, 35, 17, 15, 12, 22, 15, 40, 22, 50, 32, 28, 37, 30,
      19, 32, 50, 38, 11, 12, 21, 29, 43, 42, 29, 54, 13, 13 },
    { 29, 23, 18, 17, 34, 17, 27, 46, 20, 38, 26, 21, 19, 9,
      23, 14, 55, 11, 16, 20, 19, 26, 24, 39, 41, 47, 17, 18 },
    { 13, 36, 26, 29, 9, 28, 29, 27, 19, 57, 21, 16, 34, 31,
      16, 21, 35, 14, 24, 14, 20, 36, 34, 43, 20, 65, 22, 12 },
    { 29, 31, 37, 37, 36, 36, 39, 45, 27, 51, 38, 15, 34, 30,
      33, 29, 41, 30, 29, 32, 3, 33, 39, 45, 48, 51, 18, 8 },
    { 15, 37, 24, 25, 9, 30, 24, 37, 14, 55, 31, 25, 20, 19,
      16, 25, 51, 20, 19, 17, 21, 26, 33, 43, 22, 54, 13, 13 },
    { 23, 42, 25, 40, 13, 34, 28, 22, 17, 55, 15, 15, 32, 20,
      22, 20, 37, 29, 13, 11, 23, 39, 36, 40, 29, 35, 13, 12 },
    { 17, 38, 26, 27, 12, 29, 42, 12, 14, 57, 36, 27, 29, 28,
      17, 26, 52, 14, 22, 23, 21, 40, 30, 25, 17, 50, 11, 12 },
    { 23, 19, 17, 21, 15, 24, 27, 44, 18, 52, 43, 15, 17, 11,
      34, 17, 64, 13, 13, 13, 48, 36, 46, 29, 53, 40, 22, 21 },
    { 10, 34, 33, 33, 6, 32, 31, 36, 16, 62, 23, 35, 19, 35,
      12, 24, 46, 35, 36, 27, 46, 48, 47, 39, 40, 58, 25, 10 },
    { 11, 38, 25, 23, 15, 33, 33, 14, 8, 55, 43, 31, 32, 20,
      16, 30, 47, 17, 24, 35, 34, 37, 22, 46, 47, 59, 18, 11 },
    { 25, 38, 21, 31, 20, 24, 49, 42, 24, 58, 31, 34, 22, 29,
      35, 17, 51, 37, 21, 11, 37, 33, 43, 26, 34, 55, 16, 3 },
    { 29, 33, 29, 35, 29, 26, 32, 44, 25, 63, 42, 25, 24, 24,
      20, 6, 32, 19, 19, 21, 36, 41, 28, 45, 45, 44, 9, 9 },
    { 16, 28, 38, 43, 3, 34, 46, 34, 20, 51, 43, 25, 26, 38,
      20, 41, 51, 36, 31, 32, 33, 45, 43, 42, 32, 23, 23, 11 },
    { 20, 25, 19, 25, 26, 24, 29, 30, 19, 43, 37, 26, 27, 26,
      21, 24, 46, 25, 20, 18, 26, 27, 27, 29, 37, 45, 5, 10 },
    { 22, 26, 18, 20, 24, 24, 27, 27, 22, 42, 35, 25, 25, 25,
      21, 22, 44, 25, 17, 21, 27, 27, 32, 24, 44, 40, 8, 6 }
};

/* The same for what stands alone. */
static const uint8_t  singles[28] = {
    19, 27, 20, 21, 15, 23, 25, 24, 18, 38, 27, 20, 24, 18,
    19, 21, 40, 19, 17, 16, 23, 29, 31, 28, 27, 39, 10, 10
};


/* The share of a byte in its class, as -log2. */
static double
byte_extra(unsigned c)
{
    static const char  often[] = "_*)(/,-.01#;\"<>2:=";

    const char  *p;

    if ((c >= 'a' && c <= 'z') || c == ' ') {
        return 0;
    }

    if (c >= 'A' && c <= 'Z') {
        return 3;
    }

    if (c == '\n') {
        return 2;
    }

    if (c == '\t' || c == '\r') {
        return 4;
    }

    if (c >= 0x80) {
        return 4;
    }

    p = (c != 0) ? strchr(often, (int) c) : NULL;

    return (p != NULL) ? 3.5 + 0.15 * (double) (p - often) : 7;
}


static unsigned
byte_class(unsigned c)
{
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') {
        return (c | 0x20) - 'a';
    }

    return (c == ' ' || (c >= '\t' && c <= '\r')) ? CLASS_SPACE : CLASS_OTHER;
}


void
mcp_symbol_describe(mcp_symbol_t *sy)
{
    double    p, extra;
    unsigned  c, n, class, byte;

    p = 0;
    extra = 0;
    n = 0;
    byte = 0;
    class = CLASS_WIDE;

    for (c = 0; c < 256; c++) {

        if (!mcp_re_has(&sy->set, c)) {
            continue;
        }

        n++;
        byte = c;
        p += exp2(-(double) singles[byte_class(c)] / 4 - byte_extra(c));
        extra += exp2(-byte_extra(c));
        class = (n == 1 || class == byte_class(c)) ? byte_class(c)
                                                   : CLASS_WIDE;
    }

    sy->bits = (p < 1) ? -log2(p) : 0;
    sy->extra = (extra < 1) ? -log2(extra) : 0;
    sy->class = (uint8_t) class;
    sy->word = 1;

    for (c = 0; c < 256 && sy->word; c++) {
        sy->word = !mcp_re_has(&sy->set, c)
                   || (c >= '0' && c <= '9') || c == '_'
                   || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
    }

    /* white space is one byte where Vectorscan looks (mcp_scan.c) */

    sy->literal = (n == 1 || (n == 2 && class < CLASS_SPACE)
                   || class == CLASS_SPACE);
    sy->folded = (uint8_t) ((class == CLASS_SPACE) ? ' ' : byte | 0x20);

    /* "other" is one row of the table, but not one thing */

    if (class == CLASS_OTHER && n > 4) {
        sy->class = CLASS_WIDE;
    }
}


static unsigned
digit64(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return (unsigned) (c - 'A');
    }

    if (c >= 'a' && c <= 'z') {
        return (unsigned) (c - 'a') + 26;
    }

    if (c >= '0' && c <= '9') {
        return (unsigned) (c - '0') + 52;
    }

    return (c == '+') ? 62 : 63;
}


float
mcp_rarity_group(const uint8_t group[4])
{
    uint32_t  v;
    unsigned  h, two;

    v = (uint32_t) group[0] | (uint32_t) group[1] << 8
        | (uint32_t) group[2] << 16 | (uint32_t) group[3] << 24;

    h = (v * 0x9E3779B1u) >> 17;
    two = digit64(mcp_group_table[h / 2]);

    return (float) (7 + 2 * ((h & 1) ? two & 7 : two >> 3));
}


void
mcp_rarity(const mcp_symbol_t *const *row, unsigned n, float *first,
    float *next)
{
    unsigned             i;
    const mcp_symbol_t  *sy, *prev;

    for (i = 0; i < n; i++) {

        sy = row[i];
        prev = (i > 0) ? row[i - 1] : NULL;

        first[i] = (float) sy->bits;

        if (prev == NULL || prev->class == CLASS_WIDE
            || sy->class == CLASS_WIDE)
        {
            next[i] = (float) sy->bits;

        } else if (prev == sy && sy->class == CLASS_OTHER) {
            next[i] = 1;              /* "-----", "****"                     */

        } else {
            next[i] = (float) (pairs[prev->class][sy->class] / 4.0
                               + sy->extra);
        }
    }
}
