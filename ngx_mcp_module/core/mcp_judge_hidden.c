/*
 * The judge of hidden text.
 *
 * What legitimate text has is let pass: emoji sequences with their joiners and
 * selectors, flags of countries and regions, joiners in scripts that need
 * them, direction marks beside right-to-left letters, a soft hyphen or a lone
 * zero width space, colours of terminals.
 */

#include "mcp_blocks.h"
#include "mcp_judge.h"
#include "mcp_text_int.h"

#include <string.h>
#include <utf8proc.h>


#define MIN_TAGS       3          /* letters that tags spell                 */
#define MIN_SELECTORS  4          /* variation selectors in a row            */
#define MIN_INSIDE     2          /* zero width characters inside words      */
#define MIN_ROW        6          /* zero width characters in a row          */
#define MAX_FLAG       8          /* tags of a flag, its end among them      */


static int
is_zero_width(uint32_t c)
{
    return c == 0xAD || c == 0x34F || c == 0x180E
           || (c >= 0x200B && c <= 0x200D) || (c >= 0x2060 && c <= 0x2064)
           || c == 0xFEFF || c == 0x115F || c == 0x1160 || c == 0x3164
           || c == 0xFFA0 || c == 0x17B4 || c == 0x17B5;
}


static int
is_selector(uint32_t c)
{
    return (c >= 0xFE00 && c <= 0xFE0F) || (c >= 0xE0100 && c <= 0xE01EF);
}


/* Latin, Greek, Cyrillic: scripts whose words hold nothing of zero width. */
static int
is_plain_letter(uint32_t c)
{
    if (c < 0x80) {
        return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
               || (c >= '0' && c <= '9');
    }

    return c >= 0xC0 && c < 0x530 && c != 0xD7 && c != 0xF7;
}


static int
is_right_to_left(uint32_t c)
{
    return (c >= 0x590 && c < 0x900) || (c >= 0xFB1D && c < 0xFE00)
           || (c >= 0xFE70 && c < 0xFF00) || (c >= 0x10800 && c < 0x11000)
           || (c >= 0x1E800 && c < 0x1F000);
}


/*
 * A terminal sequence that conceals or rewrites what was shown: conceal,
 * erase, cursor movement, clipboard, hyperlink.  p is behind ESC.
 */
static int
is_concealing(const unsigned char *p, size_t len)
{
    size_t  i, from;

    if (len < 2) {
        return 0;
    }

    if (p[0] == ']') {
        return (len > 2 && p[1] == '5' && p[2] == '2')
               || (p[1] == '8' && len > 2 && p[2] == ';');
    }

    if (p[0] != '[') {
        return 0;
    }

    for (i = 1; i < len && i < 32 && p[i] < 0x40; i++) { /* void */ }

    if (i == len || i == 32) {
        return 0;
    }

    switch (p[i]) {

    case 'm':

        /* 8: conceal */

        for (from = 1; from < i; from++) {

            if (p[from] == '8' && (from == 1 || p[from - 1] == ';')
                && (from + 1 == i || p[from + 1] == ';'))
            {
                return 1;
            }

            /* 38;5;8 is a colour */

            if ((p[from] == '3' || p[from] == '4') && p[from + 1] == '8') {
                return 0;
            }
        }

        return 0;

    case 'A':
    case 'F':
    case 'J':
        return 1;

    case 'K':
        return p[1] == '1' || p[1] == '2';
    }

    return 0;
}


/* Is there a letter that is written from right to left? */
static int
has_right_to_left(const unsigned char *p, size_t len)
{
    size_t    i;
    uint32_t  c;

    for (i = 0; i < len; /* void */ ) {

        if (p[i] < 0xd6) {
            i++;
            continue;
        }

        i += mcp_utf8_next(p + i, len - i, &c);

        if (is_right_to_left(c)) {
            return 1;
        }
    }

    return 0;
}


static int
found(mcp_place_t *place, size_t from, size_t to)
{
    place->from = from;
    place->to = to;

    return 1;
}


/* One pass; what was seen so far. */
typedef struct {
    uint32_t  last;               /* the last character that is seen         */
    unsigned  tags;               /* letters in this run of tags             */
    unsigned  tag_row;
    unsigned  selectors;          /* in a row                                */
    unsigned  row;                /* zero width in a row                     */
    unsigned  between;            /* zero width since a plain letter         */
    unsigned  inside;             /* zero width inside words                 */
    unsigned  letters;            /* plain letters since the last of them    */
    size_t    first;              /* where the first of them stands          */
    size_t    run;                /* where the row began                     */
    int       rtl;                /* -1: not looked for yet                  */
} seen_t;


/* A direction character: overrides always, others without need for them. */
static int
is_misdirecting(seen_t *s, uint32_t c, const unsigned char *p, size_t len)
{
    if (c == 0x202D || c == 0x202E) {
        return 1;
    }

    if (!((c >= 0x202A && c <= 0x202C) || (c >= 0x2066 && c <= 0x2069))) {
        return 0;
    }

    /* embeddings and isolates around Latin only: reordered source code */

    if (s->rtl < 0) {
        s->rtl = has_right_to_left(p, len);
    }

    return !s->rtl && (c == 0x202B || c == 0x2067);
}


/* 1: a character that is looked at here, or one of its neighbours, is at p. */
static int
is_odd(const unsigned char *p, size_t left)
{
    if (p[0] == 0x1b) {
        return 1;
    }

    if (p[0] < 0xc2 || left < 2) {
        return 0;
    }

    switch (p[0]) {

    case 0xc2:
        return p[1] == 0xad;

    case 0xcd:
        return p[1] == 0x8f;

    case 0xe1:
        return p[1] == 0x85 || p[1] == 0x9e || p[1] == 0xa0;

    case 0xe2:
        /* most of these are dashes and quotes */
        return left > 2
               && ((p[1] == 0x80 && ((p[2] >= 0x8b && p[2] <= 0x8f)
                                     || (p[2] >= 0xaa && p[2] <= 0xae)))
                   || (p[1] == 0x81 && p[2] >= 0xa0));

    case 0xe3:
        return p[1] == 0x85;

    case 0xef:
        return p[1] == 0xb8 || p[1] == 0xbb || p[1] == 0xbe;

    default:
        return p[0] == 0xf3;
    }
}


/* The next of those at or behind i; len: there is none. */
static size_t
next_odd(const unsigned char *p, size_t len, size_t i)
{
    size_t       k;
    uint64_t     bits;
    mcp_bytes_t  v;

    for ( /* void */ ; i + 16 <= len; i += 16) {

        v = mcp_bytes_load(p + i);

        bits = mcp_bytes_bits(mcp_bytes_are(v, 0x1b) | mcp_bytes_are(v, 0xc2)
                              | mcp_bytes_are(v, 0xcd)
                              | mcp_bytes_in(v, 0xe1, 0xe3)
                              | mcp_bytes_are(v, 0xef)
                              | mcp_bytes_are(v, 0xf3));

        for ( /* void */ ; bits != 0; bits &= bits - 1) {
            k = i + (size_t) __builtin_ctzll(bits);

            if (is_odd(p + k, len - k)) {
                return k;
            }
        }
    }

    for ( /* void */ ; i < len; i++) {
        if (is_odd(p + i, len - i)) {
            return i;
        }
    }

    return len;
}


/*
 * Passes from .. to, where nothing is odd: what is before to is all that
 * counts, two letters at most.
 */
static void
pass(seen_t *s, const unsigned char *p, size_t from, size_t to)
{
    size_t    i, end;
    uint32_t  c;
    unsigned  n;

    for (end = to, n = 0; end > from && n < 2; end = i, n++) {

        for (i = end - 1; i > from && mcp_utf8_goes_on(p[i]); i--) {
            /* void */
        }

        (void) mcp_utf8_next(p + i, end - i, &c);

        if (end == to) {
            s->last = c;
        }

        if (!is_plain_letter(c)) {
            s->letters = 0;
            break;
        }
    }

    s->letters += n;
}


int
mcp_judge_hidden(const unsigned char *p, size_t len, mcp_place_t *place)
{
    size_t    i, n;
    seen_t    s;
    uint32_t  c;

    memset(&s, 0, sizeof(s));
    s.rtl = -1;

    for (i = 0; i < len; i += n) {

        if (s.row == 0 && s.between == 0 && s.tag_row == 0
            && s.selectors == 0)
        {
            n = next_odd(p, len, i);

            if (n == len) {
                break;
            }

            pass(&s, p, i, n);
            i = n;
        }

        if (p[i] < 0x80) {

            n = 1;
            c = p[i];

            if (c == 0x1b && is_concealing(p + i + 1, len - i - 1)) {
                return found(place, i, i + 1);
            }

        } else {
            n = mcp_utf8_next(p + i, len - i, &c);
        }

        if (c >= 0xE0000 && c < 0xE0080) {

            if (s.tag_row++ == 0) {
                s.run = i;
            }

            if ((c | 0x20) >= 0xE0061 && (c | 0x20) <= 0xE007A) {
                s.tags++;
            }

            if (s.tags >= MIN_TAGS
                && (s.last != 0x1F3F4 || s.tag_row > MAX_FLAG))
            {
                while (i + 3 < len && p[i] == 0xf3 && p[i + 1] == 0xa0
                       && p[i + 2] < 0x82)
                {
                    i += 4;
                }

                return found(place, s.run, i);
            }

            continue;
        }

        s.tag_row = 0;
        s.tags = 0;

        if (is_selector(c)) {

            if (s.selectors++ == 0) {
                s.run = i;
            }

            if (s.selectors >= MIN_SELECTORS) {
                return found(place, s.run, i + n);
            }

            continue;
        }

        s.selectors = 0;

        if (is_zero_width(c)) {

            if (s.row++ == 0) {
                s.run = i;
            }

            if (s.row >= MIN_ROW) {
                return found(place, s.run, i + n);
            }

            /* soft hyphens part syllables; one behind each letter hides */

            if (is_plain_letter(s.last) && (c != 0xAD || s.letters <= 1)) {
                s.between++;
            }

            s.letters = 0;

            continue;
        }

        if (s.between > 0 && is_plain_letter(c)) {

            if (s.inside == 0) {
                s.first = s.run;
            }

            s.inside += s.between;

            if (s.inside >= MIN_INSIDE) {
                return found(place, s.first, i);
            }
        }

        s.between = 0;
        s.row = 0;
        s.letters = is_plain_letter(c) ? s.letters + 1 : 0;

        if (c >= 0x202A && c <= 0x2069 && is_misdirecting(&s, c, p, len)) {
            return found(place, i, i + n);
        }

        s.last = c;
    }

    return 0;
}
