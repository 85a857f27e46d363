/*
 * Folding as plain as it can be: one character after another, each asked for
 * what it becomes, each with its place.  The engine takes shortcuts and must
 * come to the same.
 */

#ifndef FOLD_MODEL_H
#define FOLD_MODEL_H

#include <string.h>

#include "mcp_fold_int.h"


#define MAX_WORD  128


static int
model_is_letter(uint32_t c)
{
    return (mcp_fold_flags(c) & MCP_FOLD_LETTER) != 0;
}


/* One character of the text on its way through. */
typedef struct {
    uint32_t  c;                  /* folded                                  */
    uint32_t  from;
    uint32_t  to;
} model_item_t;

typedef struct {
    mcp_view_t    *out;
    model_item_t   word[MAX_WORD];
    unsigned       n;
    unsigned       latin;         /* letters of the word, by what they are   */
    unsigned       twins;
    unsigned       other;
    unsigned       mostly_latin:1;   /* the text                             */
    unsigned       changed:1;     /* something that is worth a scan          */
    unsigned       blank:1;       /* the last that came out was a space      */
    unsigned       cut:1;
} model_folder_t;


static void
model_emit(model_folder_t *f, uint32_t c, size_t from, size_t to)
{
    if (!f->cut && !mcp_view_put_char(f->out, c, from, to)) {
        f->cut = 1;
    }
}


/* A word is complete: its look-alikes become Latin, if it is to be read so. */
static void
model_flush_word(model_folder_t *f)
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
            as = mcp_fold_twin(c);

            if (as != 0) {
                c = as;
                f->changed = 1;
            }
        }

        model_emit(f, c, f->word[i].from, f->word[i].to);
    }

    f->n = 0;
    f->latin = 0;
    f->twins = 0;
    f->other = 0;
    f->blank = 0;
}


static void
model_put(model_folder_t *f, uint32_t c, size_t from, size_t to)
{
    model_item_t  *it;

    if (!(mcp_fold_flags(c) & MCP_FOLD_LETTER)) {
        model_flush_word(f);

        if (c == ' ' || c == '\t') {

            if (f->blank) {
                return;
            }

            f->blank = 1;
            c = ' ';

        } else {
            f->blank = 0;
        }

        model_emit(f, c, from, to);
        return;
    }

    if (f->n == MAX_WORD) {
        model_flush_word(f);
    }

    it = &f->word[f->n++];
    it->c = c;
    it->from = (uint32_t) from;
    it->to = (uint32_t) to;

    if (c < 0x80) {
        f->latin++;

    } else if (mcp_fold_twin(c) != 0) {
        f->twins++;

    } else {
        f->other++;
    }
}


static void
model_put_wide(model_folder_t *f, uint32_t c, size_t from, size_t to)
{
    int       changed;
    size_t    i, n;
    uint32_t  out[MCP_FOLD_MAX];

    n = mcp_fold_char(c, out, &changed);

    if (changed) {
        f->changed = 1;
    }

    for (i = 0; i < n; i++) {
        model_put(f, out[i], from, to);
    }
}


/* Puts the characters of a stretch together again. */
static void
model_put_stretch(model_folder_t *f, const unsigned char *p, size_t len,
    size_t from)
{
    int           gap;
    size_t        at, size;
    uint32_t      c;
    mcp_spaced_t  sp;

    sp.p = p;
    sp.len = len;
    sp.i = 0;
    sp.sep = p[1];

    while (mcp_spaced_next(&sp, &at, &size, &gap)) {

        if (p[at] < 0x80) {
            model_put(f, p[at], from + at, from + at + size);

        } else {
            (void) mcp_utf8_next(p + at, len - at, &c);
            model_put_wide(f, c, from + at, from + at + size);
        }

        if (gap && sp.i < len) {
            model_put(f, ' ', from + at + size, from + sp.i);
        }
    }

    f->changed = 1;
}


/* Skips an ANSI control sequence behind ESC; returns its length. */
static size_t
model_ansi(const unsigned char *p, size_t len)
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
model_regional_gap(const unsigned char *p, size_t len)
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


/* Do ASCII letters prevail? */
static int
model_mostly_latin(const unsigned char *text, size_t len)
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


static mcp_made_t
model_folded(mcp_view_t *out, const unsigned char *text, size_t len)
{
    int        after_letter;
    size_t     i, n;
    uint32_t   c, last;
    model_folder_t   f;

    memset(&f, 0, sizeof(f));
    f.out = out;
    f.mostly_latin = model_mostly_latin(text, len) ? 1 : 0;

    after_letter = 0;
    last = 0;

    for (i = 0; i < len && !f.cut; i += n) {

        if (text[i] < 0x80) {

            n = 1;
            c = text[i];

            if (!after_letter && c > ' ' && i + 1 < len) {

                n = mcp_spaced_stretch(text + i, len - i);

                if (n > 0) {
                    model_put_stretch(&f, text + i, n, i);
                    after_letter = 1;
                    last = 'a';
                    continue;
                }

                n = 1;
            }

            if (model_is_letter(c)) {
                model_put(&f, c, i, i + 1);
                after_letter = 1;
                last = c;
                continue;
            }

            after_letter = 0;

            if (mcp_is_hidden(c)) {

                if (c == 0x1b) {
                    n += model_ansi(text + i + 1, len - i - 1);
                }

                f.changed = 1;
                continue;
            }

            model_put(&f, c, i, i + 1);
            last = c;
            continue;
        }

        n = mcp_utf8_next(text + i, len - i, &c);

        if (mcp_is_hidden(c)) {

            /* one selector behind a symbol is how emoji are written */

            if (!((c == 0xFE0F || c == 0xFE0E || c == 0x200D)
                  && last >= 0x80 && !model_is_letter(last)))
            {
                f.changed = 1;
            }

            last = (c == 0x200D) ? last : 0;
            continue;
        }

        after_letter = model_is_letter(c);
        last = c;
        model_put_wide(&f, c, i, i + n);

        if (mcp_is_regional(c)) {
            n += model_regional_gap(text + i + n, len - i - n);
        }
    }

    model_flush_word(&f);

    if (!f.changed) {
        return MCP_MADE_NOTHING;
    }

    return f.cut ? MCP_MADE_CUT : MCP_MADE_VIEW;
}

#endif /* FOLD_MODEL_H */
