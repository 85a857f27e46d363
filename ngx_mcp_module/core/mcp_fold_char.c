/*
 * What one character is folded to.
 *
 * utf8proc knows most of it, but takes its time; so what a character becomes
 * is kept, for a page of 256 at a time, once a text has one of them.
 */

#include "mcp_fold_int.h"

#include <stdlib.h>
#include <utf8proc.h>


int
mcp_is_hidden(uint32_t c)
{
    if (c < 0x300) {
        return c == 0xAD || (c >= 0x80 && c < 0xA0 && c != 0x85)
               || (c < 0x20 && c != '\t' && c != '\n' && c != '\r')
               || c == 0x7F;
    }

    if (c < 0x2000) {
        return c == 0x34F || c == 0x61C || c == 0x115F || c == 0x1160
               || c == 0x17B4 || c == 0x17B5 || (c >= 0x180B && c <= 0x180F);
    }

    if (c < 0x3000) {
        return (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E)
               || (c >= 0x2060 && c <= 0x206F);
    }

    return c == 0x3164 || (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFEFF
           || c == 0xFFA0 || (c >= 0xFFF9 && c <= 0xFFFB)
           || (c >= 0x1BCA0 && c <= 0x1BCA3) || (c >= 0x1D173 && c <= 0x1D17A)
           || (c >= 0xE0000 && c <= 0xE0FFF);
}


/*
 * Letters of other scripts that look like Latin ones: the Cyrillic, Greek,
 * Armenian and Cherokee ones of Unicode's confusables that appear in
 * attacks.  Sorted by code point.
 */
typedef struct {
    uint16_t       c;
    unsigned char  as;
} twin_t;

static const twin_t  twins[] = {
    { 0x0391, 'A' }, { 0x0392, 'B' }, { 0x0395, 'E' }, { 0x0396, 'Z' },
    { 0x0397, 'H' }, { 0x0399, 'I' }, { 0x039A, 'K' }, { 0x039C, 'M' },
    { 0x039D, 'N' }, { 0x039F, 'O' }, { 0x03A1, 'P' }, { 0x03A4, 'T' },
    { 0x03A5, 'Y' }, { 0x03A7, 'X' }, { 0x03B1, 'a' }, { 0x03B5, 'e' },
    { 0x03B9, 'i' }, { 0x03BA, 'k' }, { 0x03BD, 'v' }, { 0x03BF, 'o' },
    { 0x03C1, 'p' }, { 0x03C3, 'o' }, { 0x03C4, 't' }, { 0x03C5, 'u' },
    { 0x03C7, 'x' }, { 0x03F2, 'c' }, { 0x03F3, 'j' }, { 0x0405, 'S' },
    { 0x0406, 'I' }, { 0x0408, 'J' }, { 0x0410, 'A' }, { 0x0412, 'B' },
    { 0x0415, 'E' }, { 0x041A, 'K' }, { 0x041C, 'M' }, { 0x041D, 'H' },
    { 0x041E, 'O' }, { 0x0420, 'P' }, { 0x0421, 'C' }, { 0x0422, 'T' },
    { 0x0423, 'Y' }, { 0x0425, 'X' }, { 0x0430, 'a' }, { 0x0432, 'b' },
    { 0x0433, 'r' }, { 0x0435, 'e' }, { 0x043A, 'k' }, { 0x043C, 'm' },
    { 0x043D, 'h' }, { 0x043E, 'o' }, { 0x043F, 'n' }, { 0x0440, 'p' },
    { 0x0441, 'c' }, { 0x0442, 't' }, { 0x0443, 'y' }, { 0x0445, 'x' },
    { 0x0455, 's' }, { 0x0456, 'i' }, { 0x0458, 'j' }, { 0x04AE, 'Y' },
    { 0x04AF, 'y' }, { 0x04BB, 'h' }, { 0x04C0, 'I' }, { 0x04CF, 'l' },
    { 0x0501, 'd' }, { 0x050D, 'g' }, { 0x051B, 'q' }, { 0x051D, 'w' },
    { 0x0561, 'w' }, { 0x0563, 'q' }, { 0x0566, 'q' }, { 0x0570, 'h' },
    { 0x0578, 'n' }, { 0x057D, 'u' }, { 0x0581, 'g' }, { 0x0584, 'f' },
    { 0x0585, 'o' }, { 0x13A0, 'D' }, { 0x13A1, 'R' }, { 0x13A2, 'T' },
    { 0x13AA, 'A' }, { 0x13AB, 'J' }, { 0x13AC, 'E' }, { 0x13B3, 'W' },
    { 0x13B7, 'M' }, { 0x13BB, 'H' }, { 0x13C0, 'G' }, { 0x13C2, 'h' },
    { 0x13C3, 'Z' }, { 0x13CF, 'b' }, { 0x13D2, 'R' }, { 0x13DA, 'S' },
    { 0x13DE, 'L' }, { 0x13DF, 'C' }, { 0x13E2, 'P' }, { 0x13E6, 'K' }
};

/*
 * Letters of the Latin script with a stroke or a hook, small capitals and
 * what phoneticians use: read as the letter they are made of.
 */
static const twin_t  variants[] = {
    { 0x00D8, 'O' }, { 0x00F8, 'o' }, { 0x0110, 'D' }, { 0x0111, 'd' },
    { 0x0126, 'H' }, { 0x0127, 'h' }, { 0x0131, 'i' }, { 0x0141, 'L' },
    { 0x0142, 'l' }, { 0x014A, 'N' }, { 0x014B, 'n' }, { 0x0166, 'T' },
    { 0x0167, 't' }, { 0x0180, 'b' }, { 0x0181, 'B' }, { 0x0188, 'c' },
    { 0x018A, 'D' }, { 0x0192, 'f' }, { 0x0193, 'G' }, { 0x0197, 'I' },
    { 0x0198, 'K' }, { 0x0199, 'k' }, { 0x019A, 'l' }, { 0x019D, 'N' },
    { 0x019E, 'n' }, { 0x01A5, 'p' }, { 0x01AB, 't' }, { 0x01AD, 't' },
    { 0x01B4, 'y' }, { 0x01B5, 'Z' }, { 0x01B6, 'z' }, { 0x023A, 'A' },
    { 0x023C, 'c' }, { 0x023E, 'T' }, { 0x0247, 'e' }, { 0x0249, 'j' },
    { 0x024D, 'r' }, { 0x024F, 'y' }, { 0x0251, 'a' }, { 0x0253, 'b' },
    { 0x0255, 'c' }, { 0x0256, 'd' }, { 0x0257, 'd' }, { 0x025B, 'e' },
    { 0x0260, 'g' }, { 0x0261, 'g' }, { 0x0262, 'G' }, { 0x0266, 'h' },
    { 0x0268, 'i' }, { 0x0269, 'i' }, { 0x026A, 'I' }, { 0x026B, 'l' },
    { 0x026D, 'l' }, { 0x0271, 'm' }, { 0x0272, 'n' }, { 0x0273, 'n' },
    { 0x0274, 'N' }, { 0x0275, 'o' }, { 0x0280, 'R' }, { 0x0282, 's' },
    { 0x0288, 't' }, { 0x0289, 'u' }, { 0x028B, 'v' }, { 0x028F, 'Y' },
    { 0x0290, 'z' }, { 0x0299, 'B' }, { 0x029B, 'G' }, { 0x029C, 'H' },
    { 0x029F, 'L' }, { 0x1D00, 'A' }, { 0x1D04, 'C' }, { 0x1D05, 'D' },
    { 0x1D07, 'E' }, { 0x1D0A, 'J' }, { 0x1D0B, 'K' }, { 0x1D0D, 'M' },
    { 0x1D0F, 'O' }, { 0x1D18, 'P' }, { 0x1D1B, 'T' }, { 0x1D1C, 'U' },
    { 0x1D20, 'V' }, { 0x1D21, 'W' }, { 0x1D22, 'Z' }, { 0xA730, 'F' },
    { 0xA731, 'S' }
};


static unsigned char
look_up(const twin_t *table, size_t n, uint32_t c)
{
    size_t  lo, hi, mid;

    lo = 0;
    hi = n;

    while (lo < hi) {
        mid = (lo + hi) / 2;

        if (table[mid].c == c) {
            return table[mid].as;
        }

        if (table[mid].c < c) {
            lo = mid + 1;

        } else {
            hi = mid;
        }
    }

    return 0;
}


unsigned char
mcp_fold_twin(uint32_t c)
{
    return look_up(twins, sizeof(twins) / sizeof(twins[0]), c);
}


int
mcp_is_regional(uint32_t c)
{
    return c >= 0x1F1E6 && c <= 0x1F1FF;
}


/*
 * What c is read as wherever it stands: a letter of the Latin script, a
 * regional indicator, a cell of Braille (grade 1).  0: as itself.
 */
static unsigned char
variant(uint32_t c)
{
    /* dots 1-6 of U+2800 on, as most languages read them */
    static const char  braille[] =
        " a,b'k;l cif/msp e:h o!r djg ntq    -u?v     x    .  z    w  y  ";

    if (c < 0x2000 || (c >= 0xA730 && c <= 0xA731)) {
        return look_up(variants, sizeof(variants) / sizeof(variants[0]), c);
    }

    if (c >= 0x2801 && c <= 0x283F) {
        return (unsigned char) braille[c - 0x2800];
    }

    if (mcp_is_regional(c)) {
        return (unsigned char) ('a' + (c - 0x1F1E6));
    }

    return 0;
}


static int
is_letter(uint32_t c)
{
    if (c < 0x80) {
        return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
    }

    switch (utf8proc_category((utf8proc_int32_t) c)) {

    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
        return 1;

    default:
        return 0;
    }
}


/* Plain forms of punctuation that NFKC leaves alone; 0: none. */
static uint32_t
plain(uint32_t c)
{
    if (c >= 0x2010 && c <= 0x2015) {
        return '-';
    }

    switch (c) {

    case 0x85:
    case 0x2028:
    case 0x2029:
        return '\n';

    case 0x2018:
    case 0x2019:
    case 0x201A:
    case 0x201B:
    case 0x2032:
    case 0x02BC:
        return '\'';

    case 0x201C:
    case 0x201D:
    case 0x201E:
    case 0x201F:
    case 0x2033:
    case 0x00AB:
    case 0x00BB:
        return '"';

    case 0x2039:
    case 0x3008:
    case 0x27E8:
        return '<';

    case 0x203A:
    case 0x3009:
    case 0x27E9:
        return '>';

    case 0x2044:
    case 0x2215:
        return '/';

    case 0x2212:
        return '-';

    case 0x2236:
    case 0xA789:
        return ':';

    case 0x1680:
    case 0x2800:
        return ' ';
    }

    return 0;
}


unsigned
mcp_fold_flags(uint32_t c)
{
    if (!is_letter(c)) {
        return 0;
    }

    return MCP_FOLD_LETTER | (mcp_fold_twin(c) != 0 ? MCP_FOLD_TWIN : 0);
}


size_t
mcp_fold_char(uint32_t c, uint32_t *out, int *changed)
{
    int               i, n, boundary;
    size_t            k;
    uint32_t          p;
    utf8proc_int32_t  dst[MCP_FOLD_MAX];

    *changed = 1;

    p = plain(c);

    if (p == 0) {
        p = variant(c);
    }

    /* enclosed letters that NFKC leaves alone */

    if (p == 0 && c >= 0x1F150 && c <= 0x1F169) {
        p = 'A' + (c - 0x1F150);

    } else if (p == 0 && c >= 0x1F170 && c <= 0x1F189) {
        p = 'A' + (c - 0x1F170);

    } else if (c == 0x24F4) {
        p = '0';
    }

    if (p != 0) {
        out[0] = p;
        return 1;
    }

    boundary = 0;
    n = (int) utf8proc_decompose_char((utf8proc_int32_t) c, dst, MCP_FOLD_MAX,
                                      UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT,
                                      &boundary);

    if (n == 1 && dst[0] == (utf8proc_int32_t) c && c < 0x370
        && utf8proc_category((utf8proc_int32_t) c) == UTF8PROC_CATEGORY_MN)
    {
        return 0;                 /* a mark that draws over its letter       */
    }

    /*
     * Hangul and other letters fall apart here as well; only what has a Latin
     * letter, digit or sign in it is taken apart, the rest stays composed.
     */

    if (n <= 0 || n > MCP_FOLD_MAX
        || (n == 1 && dst[0] == (utf8proc_int32_t) c)
        || (dst[0] >= 0x80 && mcp_fold_twin((uint32_t) dst[0]) == 0
            && utf8proc_get_property((utf8proc_int32_t) c)->decomp_type == 0))
    {
        *changed = 0;
        out[0] = c;
        return 1;
    }

    for (i = 0, k = 0; i < n; i++) {

        if (dst[i] >= 0x300 && dst[i] < 0x370) {
            continue;
        }

        p = plain((uint32_t) dst[i]);
        out[k++] = p ? p : (uint32_t) dst[i];
    }

    return k;
}


static uint32_t
make_entry(uint32_t c)
{
    int       changed;
    uint32_t  e, out[MCP_FOLD_MAX];

    e = is_letter(c) ? MCP_FOLD_FROM_LETTER : 0;

    if (mcp_is_hidden(c) || mcp_is_regional(c)
        || mcp_fold_char(c, out, &changed) != 1)
    {
        return e | MCP_FOLD_SLOW;
    }

    return e | out[0] | mcp_fold_flags(out[0])
           | (changed ? MCP_FOLD_CHANGED : 0);
}


const uint32_t *
mcp_fold_make_page(mcp_folds_t *folds, uint32_t number)
{
    uint32_t  i, *page;

    page = malloc(256 * sizeof(uint32_t));

    if (page == NULL) {
        return NULL;
    }

    for (i = 0; i < 256; i++) {
        page[i] = make_entry(number * 256 + i);
    }

    folds->page[number] = page;

    return page;
}


void
mcp_folds_free(mcp_folds_t *folds)
{
    uint32_t  i;

    for (i = 0; i < MCP_FOLD_PAGES; i++) {
        free(folds->page[i]);
    }
}
