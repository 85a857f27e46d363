/*
 * Folding: what a reader sees in a text, whatever characters draw it.
 */

#include "mcp_text_int.h"

#include <string.h>
#include <utf8proc.h>


#define MAX_WORD   128            /* characters that are looked at together  */
#define MIN_SPACED 4              /* letters that are spaced out             */
#define SPACED_SEEN 16            /* characters that decide about the rest   */
#define MAX_GAP    16             /* separators between spaced out words     */


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


static unsigned char
twin(uint32_t c)
{
    return look_up(twins, sizeof(twins) / sizeof(twins[0]), c);
}


static int
is_regional(uint32_t c)
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

    if (is_regional(c)) {
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


/* One character of the text on its way through. */
typedef struct {
    uint32_t  c;                  /* folded                                  */
    uint32_t  from;
    uint32_t  to;
} item_t;

typedef struct {
    mcp_view_t  *out;
    item_t       word[MAX_WORD];
    unsigned     n;
    unsigned     latin;           /* letters of the word, by what they are   */
    unsigned     twins;
    unsigned     other;
    unsigned     mostly_latin:1;  /* the text                                */
    unsigned     changed:1;       /* something that is worth a scan          */
    unsigned     blank:1;         /* the last that came out was a space      */
    unsigned     cut:1;
} folder_t;


static void
emit(folder_t *f, uint32_t c, size_t from, size_t to)
{
    if (!f->cut && !mcp_view_put_char(f->out, c, from, to)) {
        f->cut = 1;
    }
}


/* A word is complete: its look-alikes become Latin, if it is to be read so. */
static void
flush_word(folder_t *f)
{
    unsigned       i;
    uint32_t       c;
    unsigned char  as;
    int            map;

    if (f->n == 0) {
        return;
    }

    map = f->twins > 0
          && (f->latin > 0 || (f->other == 0 && f->mostly_latin));

    for (i = 0; i < f->n; i++) {
        c = f->word[i].c;

        if (map && c >= 0x80) {
            as = twin(c);

            if (as != 0) {
                c = as;
                f->changed = 1;
            }
        }

        emit(f, c, f->word[i].from, f->word[i].to);
    }

    f->n = 0;
    f->latin = 0;
    f->twins = 0;
    f->other = 0;
    f->blank = 0;
}


static void
put(folder_t *f, uint32_t c, size_t from, size_t to)
{
    item_t  *it;

    if (!is_letter(c)) {
        flush_word(f);

        if (c == ' ' || c == '\t') {

            if (f->blank) {
                return;
            }

            f->blank = 1;
            c = ' ';

        } else {
            f->blank = 0;
        }

        emit(f, c, from, to);
        return;
    }

    if (f->n == MAX_WORD) {
        flush_word(f);
    }

    it = &f->word[f->n++];
    it->c = c;
    it->from = (uint32_t) from;
    it->to = (uint32_t) to;

    if (c < 0x80) {
        f->latin++;

    } else if (twin(c) != 0) {
        f->twins++;

    } else {
        f->other++;
    }
}


/* A character beyond ASCII: NFKC, accents off, plain punctuation. */
static void
put_wide(folder_t *f, uint32_t c, size_t from, size_t to)
{
    int                i, n, boundary;
    uint32_t           p;
    utf8proc_int32_t   dst[32];

    p = plain(c);

    if (p == 0) {
        p = variant(c);
    }

    if (p != 0) {
        f->changed = 1;
        put(f, p, from, to);
        return;
    }

    /* enclosed letters that NFKC leaves alone */

    if (c >= 0x1F150 && c <= 0x1F169) {
        p = 'A' + (c - 0x1F150);

    } else if (c >= 0x1F170 && c <= 0x1F189) {
        p = 'A' + (c - 0x1F170);

    } else if (c >= 0x24EB && c <= 0x24F4) {
        p = (c == 0x24F4) ? '0' : 0;
    }

    if (p != 0) {
        f->changed = 1;
        put(f, p, from, to);
        return;
    }

    boundary = 0;
    n = (int) utf8proc_decompose_char((utf8proc_int32_t) c, dst, 32,
                                      UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT,
                                      &boundary);

    if (n <= 0 || n > 32) {
        put(f, c, from, to);
        return;
    }

    if (n == 1 && dst[0] == (utf8proc_int32_t) c) {

        if (utf8proc_category((utf8proc_int32_t) c) == UTF8PROC_CATEGORY_MN
            && c < 0x370)
        {
            f->changed = 1;       /* a mark that draws over its letter       */
            return;
        }

        put(f, c, from, to);
        return;
    }

    /*
     * Hangul and other letters fall apart here as well; only what has a Latin
     * letter, digit or sign in it is taken apart, the rest stays composed.
     */

    if (dst[0] >= 0x80 && twin((uint32_t) dst[0]) == 0) {

        if (utf8proc_get_property((utf8proc_int32_t) c)->decomp_type == 0) {
            put(f, c, from, to);
            return;
        }
    }

    f->changed = 1;

    for (i = 0; i < n; i++) {

        if (dst[i] >= 0x300 && dst[i] < 0x370) {
            continue;
        }

        p = plain((uint32_t) dst[i]);
        put(f, p ? p : (uint32_t) dst[i], from, to);
    }
}


/*
 * Characters that are spaced out: "i g n o r e   a l l", "i.g.n.o.r.e".  Each
 * stands alone and is parted from the next by the same byte; more than one of
 * those, a space, or a lone sign between them parts words.
 */
typedef struct {
    const unsigned char  *p;
    size_t                len;
    size_t                i;          /* of the next character               */
    unsigned char         sep;
} spaced_t;


static int
is_word_sign(unsigned char c, unsigned char sep)
{
    return c != sep && (c == '_' || c == '|' || c == '/' || c == '-');
}


/*
 * The next character: *at, *size bytes of it; *gap: a word ends behind it.
 * 0: the stretch is over.
 */
static int
next_spaced(spaced_t *sp, size_t *at, size_t *size, int *gap)
{
    size_t                i, n;
    uint32_t              c;
    const unsigned char  *p = sp->p;

    i = sp->i;

    if (i >= sp->len || p[i] <= ' ' || p[i] == sp->sep) {
        return 0;
    }

    n = (p[i] < 0x80) ? 1 : mcp_utf8_next(p + i, sp->len - i, &c);

    if (i + n < sp->len && p[i + n] != sp->sep && p[i + n] > ' ') {
        return 0;                     /* part of a word                      */
    }

    *at = i;
    *size = n;
    *gap = 0;

    for (i += n, n = 0; i < sp->len && n < MAX_GAP; i++, n++) {

        if (p[i] == sp->sep) {
            *gap |= (n > 0);

        } else if (p[i] == ' '
                   || (sp->sep != ' ' && is_word_sign(p[i], sp->sep)
                       && i + 1 < sp->len && p[i + 1] == sp->sep))
        {
            *gap = 1;

        } else {
            break;
        }
    }

    sp->i = i;

    return 1;
}


/* How long is the stretch of spaced out characters at p?  0: it is none. */
static size_t
spaced_stretch(const unsigned char *p, size_t len)
{
    int       gap;
    size_t    at, size, end;
    unsigned  all, letters;
    spaced_t  sp;

    if (len < 2 * MIN_SPACED - 1 || p[1] >= 0x80 || p[1] == '\0'
        || strchr(" .-_*|~,/+", p[1]) == NULL)
    {
        return 0;
    }

    sp.p = p;
    sp.len = len;
    sp.i = 0;
    sp.sep = p[1];

    all = 0;
    letters = 0;
    end = 0;

    while (next_spaced(&sp, &at, &size, &gap)) {

        letters += p[at] >= 0x80 || is_letter(p[at]);
        end = at + size;

        if (++all == SPACED_SEEN && letters * 2 < all) {
            return 0;
        }
    }

    return (letters >= MIN_SPACED && (all > SPACED_SEEN || letters * 2 >= all))
           ? end : 0;
}


/* Puts the characters of a stretch together again. */
static void
put_stretch(folder_t *f, const unsigned char *p, size_t len, size_t from)
{
    int       gap;
    size_t    at, size;
    uint32_t  c;
    spaced_t  sp;

    sp.p = p;
    sp.len = len;
    sp.i = 0;
    sp.sep = p[1];

    while (next_spaced(&sp, &at, &size, &gap)) {

        if (p[at] < 0x80) {
            put(f, p[at], from + at, from + at + size);

        } else {
            (void) mcp_utf8_next(p + at, len - at, &c);
            put_wide(f, c, from + at, from + at + size);
        }

        if (gap && sp.i < len) {
            put(f, ' ', from + at + size, from + sp.i);
        }
    }

    f->changed = 1;
}


/* Skips an ANSI control sequence behind ESC; returns its length. */
static size_t
ansi(const unsigned char *p, size_t len)
{
    size_t  i;

    if (len == 0) {
        return 0;
    }

    if (p[0] == '[') {

        for (i = 1; i < len && i < 64; i++) {
            if (p[i] >= 0x40 && p[i] <= 0x7e) {
                return i + 1;
            }
        }

        return 1;
    }

    if (p[0] == ']') {

        for (i = 1; i < len && i < 4096; i++) {
            if (p[i] == 0x07) {
                return i + 1;
            }

            if (p[i] == 0x1b && i + 1 < len && p[i + 1] == '\\') {
                return i + 2;
            }
        }

        return 1;
    }

    return 0;
}


/*
 * The space between two regional indicators that spell a word: without one
 * they would be shown as a flag.
 */
static size_t
regional_gap(const unsigned char *p, size_t len)
{
    size_t    n;
    uint32_t  c;

    if (len < 5) {
        return 0;
    }

    n = mcp_utf8_next(p, len, &c);

    if (c != ' ' && c != 0xA0 && !(c >= 0x2000 && c <= 0x200D) && c != 0x2060)
    {
        return 0;
    }

    if (len - n < 4) {
        return 0;
    }

    (void) mcp_utf8_next(p + n, len - n, &c);

    return is_regional(c) ? n : 0;
}


/* Do ASCII letters prevail? */
static int
mostly_latin(const unsigned char *text, size_t len)
{
    size_t  i, latin, other;

    for (i = 0, latin = 0, other = 0; i < len; i++) {

        if (text[i] >= 0xc0) {
            other++;

        } else if ((text[i] | 0x20) >= 'a' && (text[i] | 0x20) <= 'z') {
            latin++;
        }
    }

    return latin > other * 2;
}


mcp_made_t
mcp_make_folded(mcp_view_t *out, const unsigned char *text, size_t len)
{
    int        after_letter;
    size_t     i, n;
    uint32_t   c, last;
    folder_t   f;

    memset(&f, 0, sizeof(f));
    f.out = out;
    f.mostly_latin = mostly_latin(text, len) ? 1 : 0;

    after_letter = 0;
    last = 0;

    for (i = 0; i < len && !f.cut; i += n) {

        if (text[i] < 0x80) {

            n = 1;
            c = text[i];

            if (!after_letter && c > ' ' && i + 1 < len) {

                n = spaced_stretch(text + i, len - i);

                if (n > 0) {
                    put_stretch(&f, text + i, n, i);
                    after_letter = 1;
                    last = 'a';
                    continue;
                }

                n = 1;
            }

            if (is_letter(c)) {
                put(&f, c, i, i + 1);
                after_letter = 1;
                last = c;
                continue;
            }

            after_letter = 0;

            if (mcp_is_hidden(c)) {

                if (c == 0x1b) {
                    n += ansi(text + i + 1, len - i - 1);
                }

                f.changed = 1;
                continue;
            }

            put(&f, c, i, i + 1);
            last = c;
            continue;
        }

        n = mcp_utf8_next(text + i, len - i, &c);

        if (mcp_is_hidden(c)) {

            /* one selector behind a symbol is how emoji are written */

            if (!((c == 0xFE0F || c == 0xFE0E || c == 0x200D)
                  && last >= 0x80 && !is_letter(last)))
            {
                f.changed = 1;
            }

            last = (c == 0x200D) ? last : 0;
            continue;
        }

        after_letter = is_letter(c);
        last = c;
        put_wide(&f, c, i, i + n);

        if (is_regional(c)) {
            n += regional_gap(text + i + n, len - i - n);
        }
    }

    flush_word(&f);

    if (!f.changed) {
        return MCP_MADE_NOTHING;
    }

    return f.cut ? MCP_MADE_CUT : MCP_MADE_VIEW;
}


/*
 * What hidden characters spell: tag characters U+E0020 .. U+E007E as ASCII,
 * and variation selectors as the bytes that they number.  A flag (waving
 * black flag and up to seven tags) and a lone selector spell nothing.
 */
mcp_made_t
mcp_make_tags(mcp_view_t *out, const unsigned char *text, size_t len)
{
    size_t    i, n, end, count, from;
    uint32_t  c, last;

    last = 0;

    for (i = 0; i < len; i += n) {

        /* E0001..E007F are f3 a0 80/81 xx, selectors ef b8 8x and f3 a0 84+ */

        if (text[i] != 0xf3 && text[i] != 0xef) {
            n = 1;

            if ((text[i] & 0xc0) != 0x80) {
                n = mcp_utf8_next(text + i, len - i, &last);
            }

            continue;
        }

        n = mcp_utf8_next(text + i, len - i, &c);

        if (!((c >= 0xFE00 && c <= 0xFE0F) || (c >= 0xE0000 && c <= 0xE01EF)))
        {
            last = c;
            continue;
        }

        /* the whole run of them */

        from = i;
        count = 0;

        for (end = i; end < len; end += n) {
            n = mcp_utf8_next(text + end, len - end, &c);

            if (!((c >= 0xFE00 && c <= 0xFE0F)
                  || (c >= 0xE0000 && c <= 0xE01EF)))
            {
                break;
            }

            count++;
        }

        n = end - from;

        if (count < 2 || (last == 0x1F3F4 && count <= 8)) {
            last = 0;
            continue;
        }

        for (i = from; i < end; i += n) {
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

        i = from;
        n = end - from;
        last = 0;

        if (out->text.len > 0
            && !mcp_view_put(out, "\n", 1, from, end, 0))
        {
            return MCP_MADE_CUT;
        }
    }

    return (out->text.len > 0) ? MCP_MADE_VIEW : MCP_MADE_NOTHING;
}
