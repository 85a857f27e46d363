/*
 * Folding: what a reader sees in a text, whatever characters draw it.
 *
 * Most characters stand for themselves, whatever the script.  Those are not
 * copied one by one: ASCII is looked at 64 bytes at a time for what must not
 * stay, other characters are looked up in a table, and stretches of the text
 * in which nothing changes go to the view, and to its map, as one.
 */

#include "mcp_blocks.h"
#include "mcp_chars.h"
#include "mcp_fold_int.h"


#define MAX_WORD   128            /* characters that are looked at together  */


typedef struct {
    mcp_view_t           *out;
    mcp_folds_t          *folds;
    const unsigned char  *text;
    size_t                len;

    /* of the text, as it is, behind what is in the view */
    size_t                from;
    size_t                to;

    /* the word: letters, by what they are, and where it begins in the view */
    unsigned              n;
    unsigned              latin;
    unsigned              twins;
    unsigned              other;
    size_t                word;

    uint32_t              last;       /* character that was read             */
    int                   mostly_latin;      /* -1: not counted yet          */
    unsigned              after_letter:1;
    unsigned              changed:1;  /* something that is worth a scan      */
    unsigned              blank:1;    /* the last that came out was a space  */
    unsigned              cut:1;
    unsigned              failed:1;   /* no memory                           */
} folder_t;


static void
flush(folder_t *f)
{
    if (f->to > f->from && !f->cut
        && !mcp_view_put(f->out, f->text + f->from, f->to - f->from, f->from,
                         f->from + 1, 1))
    {
        f->cut = 1;
    }

    f->from = f->to;
}


/* Bytes of the text go on as they are. */
static inline void
keep(folder_t *f, size_t from, size_t to)
{
    if (from != f->to) {
        flush(f);
        f->from = from;
    }

    f->to = to;
}


static void
emit(folder_t *f, uint32_t c, size_t from, size_t to)
{
    flush(f);

    if (!f->cut && !mcp_view_put_char(f->out, c, from, to)) {
        f->cut = 1;
    }
}


/* Do ASCII letters prevail?  Other characters count by their first byte. */
static int
mostly_latin(const unsigned char *text, size_t len)
{
    size_t       i, k, n, latin, other;
    mcp_bytes_t  v, letters, firsts;

    latin = 0;
    other = 0;

    for (i = 0; i + 16 <= len; /* void */ ) {

        memset(&letters, 0, sizeof(letters));
        memset(&firsts, 0, sizeof(firsts));

        /* a byte counts to 255 */

        for (n = 0; n < 255 && i + 16 <= len; n++, i += 16) {
            v = mcp_bytes_load(text + i);
            letters -= mcp_bytes_letters(v);
            firsts -= (mcp_bytes_t) (v >= 0xc0);
        }

        for (k = 0; k < 16; k++) {
            latin += letters[k];
            other += firsts[k];
        }
    }

    for ( /* void */ ; i < len; i++) {
        latin += mcp_is_alpha(text[i]);
        other += text[i] >= 0xc0;
    }

    return latin > other * 2;
}


static int
is_to_be_latin(folder_t *f)
{
    if (f->twins == 0 || f->latin > 0 || f->other > 0) {
        return f->twins > 0 && f->latin > 0;
    }

    if (f->mostly_latin < 0) {
        f->mostly_latin = mostly_latin(f->text, f->len);
    }

    return f->mostly_latin;
}


/*
 * Takes the word out of the view and puts it there again, with Latin letters
 * for those that look like them.
 */
static void
make_latin(folder_t *f)
{
    size_t          i, k, n, len, first, from, to;
    uint32_t        c;
    mcp_piece_t     pieces[MAX_WORD + 1], *pc;
    unsigned char   as, word[MAX_WORD * 4];
    mcp_view_t     *out = f->out;

    flush(f);

    if (f->cut) {
        return;
    }

    len = out->text.len - f->word;
    memcpy(word, out->text.data + f->word, len);

    pc = (mcp_piece_t *) (void *) out->map.data;
    first = out->map.len / sizeof(mcp_piece_t);

    for (n = 0; n == 0 || pieces[MAX_WORD + 1 - n].at > f->word; /* void */ ) {
        pieces[MAX_WORD + 1 - ++n] = pc[--first];
    }

    pc = &pieces[MAX_WORD + 1 - n];

    out->text.len = f->word;
    out->map.len = (first + (pc->at < f->word)) * sizeof(mcp_piece_t);

    for (i = 0; i < len && !f->cut; i += k) {

        while (pc < &pieces[MAX_WORD] && pc[1].at <= f->word + i) {
            pc++;
        }

        k = mcp_utf8_next(word + i, len - i, &c);
        from = pc->from;
        to = pc->to;

        if (pc->step > 0) {
            from += (f->word + i - pc->at) * pc->step;
            to = from + k * pc->step;
        }

        as = (c >= 0x80) ? mcp_fold_twin(c) : 0;

        if (as != 0) {
            f->changed = 1;
            c = as;
        }

        emit(f, c, from, to);
    }
}


/* A word is complete: its look-alikes become Latin, if it is to be read so. */
static inline void
flush_word(folder_t *f)
{
    if (f->n == 0) {
        return;
    }

    if (f->twins > 0 && is_to_be_latin(f)) {
        make_latin(f);
    }

    f->n = 0;
    f->latin = 0;
    f->twins = 0;
    f->other = 0;
    f->blank = 0;
}


/*
 * Puts a character; flags are of MCP_FOLD_LETTER and MCP_FOLD_TWIN, same: it
 * is what stands in the text.
 */
static inline void
put(folder_t *f, uint32_t c, uint32_t flags, size_t from, size_t to, int same)
{
    if (flags & MCP_FOLD_LETTER) {

        if (f->n == MAX_WORD) {
            flush_word(f);
        }

        if (f->n++ == 0) {
            f->word = f->out->text.len + (f->to - f->from);
        }

        if (c < 0x80) {
            f->latin++;

        } else if (flags & MCP_FOLD_TWIN) {
            f->twins++;

        } else {
            f->other++;
        }

    } else {
        flush_word(f);

        if (c == ' ' || c == '\t') {

            if (f->blank) {
                return;
            }

            f->blank = 1;
            same &= (c == ' ');
            c = ' ';

        } else {
            f->blank = 0;
        }
    }

    if (same) {
        keep(f, from, to);

    } else {
        emit(f, c, from, to);
    }
}


static void
put_ascii(folder_t *f, unsigned char c, size_t at)
{
    put(f, c, mcp_is_alpha(c) ? MCP_FOLD_LETTER : 0, at, at + 1, 1);
}


/* A character beyond ASCII that is not hidden, without the table. */
static void
put_slowly(folder_t *f, uint32_t c, size_t from, size_t to)
{
    int       changed;
    size_t    i, n;
    uint32_t  out[MCP_FOLD_MAX];

    n = mcp_fold_char(c, out, &changed);
    f->changed |= changed ? 1 : 0;

    for (i = 0; i < n; i++) {
        put(f, out[i], mcp_fold_flags(out[i]), from, to, 0);
    }
}


static uint32_t
look_up(folder_t *f, uint32_t c)
{
    const uint32_t  *page;

    if (c >= MCP_FOLD_PAGES * 256) {
        return MCP_FOLD_SLOW | (mcp_fold_flags(c) & MCP_FOLD_LETTER
                                ? MCP_FOLD_FROM_LETTER : 0);
    }

    page = f->folds->page[c >> 8];

    if (page == NULL) {
        page = mcp_fold_make_page(f->folds, c >> 8);

        if (page == NULL) {
            f->failed = 1;
            return MCP_FOLD_SLOW;
        }
    }

    return page[c & 0xff];
}


/* Puts the characters of a stretch together again. */
static void
put_stretch(folder_t *f, size_t from, size_t len)
{
    int                   gap;
    size_t                at, size;
    uint32_t              c;
    mcp_spaced_t          sp;
    const unsigned char  *p;

    p = f->text + from;

    sp.p = p;
    sp.len = len;
    sp.i = 0;
    sp.sep = p[1];

    while (mcp_spaced_next(&sp, &at, &size, &gap)) {

        if (p[at] < 0x80) {
            put_ascii(f, p[at], from + at);

        } else {
            (void) mcp_utf8_next(p + at, len - at, &c);
            put_slowly(f, c, from + at, from + at + size);
        }

        if (gap && sp.i < len) {
            put(f, ' ', 0, from + at + size, from + sp.i, 0);
        }
    }

    f->changed = 1;
    f->after_letter = 1;
    f->last = 'a';
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

    return mcp_is_regional(c) ? n : 0;
}


/* One ASCII character, or more that belong together; returns their length. */
static size_t
fold_ascii(folder_t *f, size_t i)
{
    size_t                n;
    unsigned char         c;
    const unsigned char  *p = f->text + i;

    c = p[0];

    if (!f->after_letter && c > ' ') {

        n = mcp_spaced_stretch(p, f->len - i);

        if (n > 0) {
            put_stretch(f, i, n);
            return n;
        }
    }

    f->after_letter = mcp_is_alpha(c) ? 1 : 0;

    if (mcp_is_hidden(c)) {
        f->changed = 1;
        return (c == 0x1b) ? 1 + ansi(p + 1, f->len - i - 1) : 1;
    }

    put_ascii(f, c, i);
    f->last = c;
    n = 1;

    if (c == ' ' || c == '\t') {

        while (i + n < f->len && mcp_is_blank(p[n])) {
            n++;                      /* one is enough                       */
        }
    }

    return n;
}


/*
 * Letters beyond ASCII that stay as they are, to the end of the word; returns
 * how many bytes.
 */
static size_t
pass_wide(folder_t *f, size_t i)
{
    size_t           start, n;
    uint32_t         c, e, number, last;
    unsigned         twins, other, left;
    const uint32_t  *page;

    start = i;
    twins = 0;
    other = 0;
    left = MAX_WORD - f->n;
    page = NULL;
    number = UINT32_MAX;
    last = 0;

    while (i < f->len && twins + other < left) {

        n = mcp_utf8_next(f->text + i, f->len - i, &c);

        if (c >> 8 != number) {
            number = c >> 8;
            page = (number < MCP_FOLD_PAGES) ? f->folds->page[number] : NULL;
        }

        if (page == NULL) {
            break;
        }

        e = page[c & 0xff];

        if (c < 0x80
            || (e & (MCP_FOLD_LETTER | MCP_FOLD_CHANGED | MCP_FOLD_SLOW))
               != MCP_FOLD_LETTER)
        {
            break;
        }

        if (e & MCP_FOLD_TWIN) {
            twins++;

        } else {
            other++;
        }

        last = c;
        i += n;
    }

    if (i == start) {
        return 0;
    }

    keep(f, start, i);

    if (f->n == 0) {
        f->word = f->out->text.len + (f->to - f->from) - (i - start);
    }

    f->n += twins + other;
    f->twins += twins;
    f->other += other;
    f->last = last;
    f->after_letter = 1;

    return i - start;
}


/* One character beyond ASCII, or letters; returns their length. */
static size_t
fold_wide(folder_t *f, size_t i)
{
    size_t                n;
    uint32_t              c, e;
    const unsigned char  *p = f->text + i;

    n = pass_wide(f, i);

    if (n > 0) {
        return n;
    }

    n = mcp_utf8_next(p, f->len - i, &c);
    e = look_up(f, c);

    if (!(e & MCP_FOLD_SLOW)) {
        f->after_letter = (e & MCP_FOLD_FROM_LETTER) ? 1 : 0;
        f->changed |= (e & MCP_FOLD_CHANGED) ? 1 : 0;
        f->last = c;

        /* what is no UTF-8 counts as U+FFFD, but is not that */

        put(f, e & MCP_FOLD_CHAR, e, i, i + n,
            (e & MCP_FOLD_CHAR) == c && n > 1);

        return n;
    }

    if (mcp_is_hidden(c)) {

        /* one selector behind a symbol is how emoji are written */

        if (!((c == 0xFE0F || c == 0xFE0E || c == 0x200D)
              && f->last >= 0x80
              && !(look_up(f, f->last) & MCP_FOLD_FROM_LETTER)))
        {
            f->changed = 1;
        }

        f->last = (c == 0x200D) ? f->last : 0;

        return n;
    }

    f->after_letter = (e & MCP_FOLD_FROM_LETTER) ? 1 : 0;
    f->last = c;
    put_slowly(f, c, i, i + n);

    return mcp_is_regional(c) ? n + regional_gap(p + n, f->len - i - n) : n;
}


/*
 * What in a block is not plain ASCII that goes on as it is: a bit for each
 * byte.  *maybe: those that may begin a stretch of characters that are spaced
 * out.  Reads MCP_BLOCK + 16 bytes.
 */
static inline uint64_t
find(const unsigned char *p, unsigned after_letter, unsigned after_blank,
    uint64_t *maybe)
{
    unsigned     i;
    uint64_t     odd, letter, digit, blank, tab, more, sep, x;
    mcp_bytes_t  v, low;

    odd = 0;
    letter = 0;
    digit = 0;
    blank = 0;
    tab = 0;
    more = 0;
    sep = 0;

    for (i = 0; i < MCP_BLOCK; i += 16) {

        v = mcp_bytes_load(p + i);

        low = (mcp_bytes_t) (v < 0x20);
        more |= mcp_bytes_bits((mcp_bytes_t) (v > 0x20)) << i;
        odd |= mcp_bytes_bits((low & ~mcp_bytes_are(v, '\n')
                               & ~mcp_bytes_are(v, '\r'))
                              | (mcp_bytes_t) (v >= 0x7f)) << i;
        letter |= mcp_bytes_bits(mcp_bytes_letters(v)) << i;
        digit |= mcp_bytes_bits(mcp_bytes_in(v, '0', '9')) << i;
        blank |= mcp_bytes_bits(mcp_bytes_are(v, ' ')) << i;
        tab |= mcp_bytes_bits(mcp_bytes_are(v, '\t')) << i;

        v = mcp_bytes_load(p + i + 1);
        sep |= mcp_bytes_bits(mcp_bytes_in(v, '+', '/')
                              | mcp_bytes_are(v, ' ') | mcp_bytes_are(v, '_')
                              | mcp_bytes_are(v, '*') | mcp_bytes_are(v, '|')
                              | mcp_bytes_are(v, '~')) << i;
    }

    /* not in "a word", where what comes next does not stand alone */

    x = letter | digit;
    *maybe = more & ~odd & sep & ~(letter << 1 | after_letter)
             & ~(x >> 2 & x >> 3);

    return odd | (blank & ((blank | tab) << 1 | after_blank)) | *maybe;
}


/*
 * Passes plain ASCII, between words, from i on.  Returns where something is to
 * be done.
 */
static size_t
pass(folder_t *f, size_t i)
{
    size_t                n, k, start, letters;
    uint64_t              found, maybe;
    unsigned              after_letter, after_blank;
    unsigned char         buf[MCP_BLOCK + 16];
    const unsigned char  *p;

    start = i;
    after_letter = f->after_letter;
    after_blank = f->blank;
    found = 0;

    while (i < f->len && found == 0) {

        p = f->text + i;
        n = f->len - i;

        if (n < MCP_BLOCK + 16) {
            n = (n < MCP_BLOCK) ? n : MCP_BLOCK;
            memset(buf + n, 'x', sizeof(buf) - n);
            memcpy(buf, p, (f->len - i < sizeof(buf)) ? f->len - i
                                                      : sizeof(buf));
            p = buf;

        } else {
            n = MCP_BLOCK;
        }

        found = find(p, after_letter, after_blank, &maybe);

        if (n < MCP_BLOCK) {
            found &= (UINT64_C(1) << n) - 1;
        }

        for ( /* void */ ; found != 0; found &= found - 1) {
            k = (size_t) __builtin_ctzll(found);

            if (!(maybe >> k & 1)
                || mcp_spaced_stretch(f->text + i + k, f->len - i - k) > 0)
            {
                n = k;
                break;
            }
        }

        i += n;

        if (n > 0) {
            after_letter = mcp_is_alpha(f->text[i - 1]) ? 1 : 0;
            after_blank = (f->text[i - 1] == ' ');
        }
    }

    if (i == start) {
        return i;
    }

    keep(f, start, i);
    f->after_letter = after_letter & 1;
    f->blank = after_blank & 1;
    f->last = f->text[i - 1];

    /* a word may go on beyond ASCII */

    for (letters = 0; i - letters > start && mcp_is_alpha(f->text[i - 1
                                                          - letters]);
         letters++)
    {
        /* void */
    }

    if (letters > 0) {
        f->n = (unsigned) ((letters - 1) % MAX_WORD + 1);
        f->latin = f->n;
        f->word = f->out->text.len + (f->to - f->from) - f->n;
    }

    return i;
}


/* Is the next of them beyond ASCII as well?  Then one is not worth a block. */
static int
is_lone(const unsigned char *p, size_t left)
{
    size_t  i;

    for (i = 1; i < left && i < 8; i++) {
        if (p[i] >= 0x80) {
            return 1;
        }
    }

    return 0;
}


mcp_made_t
mcp_make_folded(mcp_view_t *out, mcp_folds_t *folds, const unsigned char *text,
    size_t len)
{
    size_t    i, to;
    folder_t  f;

    memset(&f, 0, sizeof(f));
    f.out = out;
    f.folds = folds;
    f.text = text;
    f.len = len;
    f.mostly_latin = -1;

    for (i = 0; i < len && !f.cut && !f.failed; /* void */ ) {

        if (text[i] >= 0x80) {
            i += fold_wide(&f, i);
            continue;
        }

        if (f.n == 0 && !is_lone(text + i, len - i)) {
            to = pass(&f, i);

            if (to > i) {
                i = to;
                continue;
            }
        }

        i += fold_ascii(&f, i);
    }

    flush_word(&f);

    if (f.failed) {
        return MCP_MADE_ERROR;
    }

    if (!f.changed) {
        return MCP_MADE_NOTHING;
    }

    flush(&f);

    return f.cut ? MCP_MADE_CUT : MCP_MADE_VIEW;
}
