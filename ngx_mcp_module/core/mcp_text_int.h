/*
 * The makers of views.  Each appends to out->text and out->map what it makes
 * of the text, in one pass, and tells whether that is worth scanning.
 */

#ifndef MCP_TEXT_INT_H
#define MCP_TEXT_INT_H

#include "mcp_text.h"


/* What a maker did. */
typedef enum {
    MCP_MADE_NOTHING = 0,         /* the text has nothing of that kind       */
    MCP_MADE_VIEW,
    MCP_MADE_CUT,                 /* a view, but a limit cut it off          */
    MCP_MADE_ERROR                /* out of memory                           */
} mcp_made_t;


/*
 * Escapes: bits says which kinds the probe has seen.
 */
mcp_made_t mcp_make_escapes(mcp_view_t *out, const unsigned char *text,
    size_t len, unsigned bits);

/* What tag characters and variation selectors spell. */
mcp_made_t mcp_make_tags(mcp_view_t *out, const unsigned char *text,
    size_t len);

mcp_made_t mcp_make_folded(mcp_view_t *out, mcp_folds_t *folds,
    const unsigned char *text, size_t len);

void mcp_folds_free(mcp_folds_t *folds);

/* What stands around wide gaps between words, with one space in them. */
mcp_made_t mcp_make_joined(mcp_view_t *out, const unsigned char *text,
    size_t len);

/*
 * Encoded runs.  phase: text begins inside a run, so many digits behind the
 * beginning of a group of four.
 */
mcp_made_t mcp_make_runs(mcp_view_t *out, const unsigned char *text,
    size_t len, unsigned phase);

/* The phase at text[to], when it was phase at text[from]. */
unsigned mcp_run_phase(const unsigned char *text, size_t from, size_t to,
    unsigned phase);


/*
 * Appends n bytes that were made of the source bytes from .. to: one for one
 * when step > 0.  0 when memory is short or the view is full.
 */
int mcp_view_put(mcp_view_t *out, const void *data, size_t n, size_t from,
    size_t to, unsigned step);

/* Appends a code point as UTF-8, made of the source bytes from .. to. */
int mcp_view_put_char(mcp_view_t *out, uint32_t c, size_t from, size_t to);

static inline int
mcp_utf8_goes_on(unsigned char c)
{
    return (c & 0xc0) == 0x80;
}


/*
 * Reads the character at p, where at least one byte is; always goes forward:
 * a byte that is no UTF-8 counts as U+FFFD.
 */
static inline size_t
mcp_utf8_next(const unsigned char *p, size_t len, uint32_t *c)
{
    uint32_t  v;

    if (p[0] < 0x80) {
        *c = p[0];
        return 1;
    }

    if (p[0] < 0xe0) {

        if (p[0] >= 0xc2 && len > 1 && mcp_utf8_goes_on(p[1])) {
            *c = (uint32_t) (p[0] & 0x1f) << 6 | (p[1] & 0x3f);
            return 2;
        }

    } else if (p[0] < 0xf0) {

        if (len > 2 && mcp_utf8_goes_on(p[1]) && mcp_utf8_goes_on(p[2])) {
            v = (uint32_t) (p[0] & 0x0f) << 12 | (uint32_t) (p[1] & 0x3f) << 6
                | (p[2] & 0x3f);

            if (v >= 0x800 && (v < 0xD800 || v > 0xDFFF)) {
                *c = v;
                return 3;
            }
        }

    } else if (len > 3 && p[0] < 0xf8 && mcp_utf8_goes_on(p[1])
               && mcp_utf8_goes_on(p[2]) && mcp_utf8_goes_on(p[3]))
    {
        v = (uint32_t) (p[0] & 0x07) << 18 | (uint32_t) (p[1] & 0x3f) << 12
            | (uint32_t) (p[2] & 0x3f) << 6 | (p[3] & 0x3f);

        if (v >= 0x10000 && v <= 0x10FFFF) {
            *c = v;
            return 4;
        }
    }

    *c = 0xFFFD;

    return 1;
}


/*
 * One escape at p (%XX, %uXXXX, an HTML entity, \xXX, \uXXXX, octal; quoted:
 * =XX of quoted-printable as well).  Returns its length, 0: there is none.
 * *c is what it stands for: with *byte a byte, else a character; UINT32_MAX:
 * nothing, a soft line break.
 */
size_t mcp_escape(const unsigned char *p, size_t left, uint32_t *c, int *byte,
    int quoted);

/* 1: a character that is not seen and has no place inside ordinary words. */
int mcp_is_hidden(uint32_t c);

/* Value of a hexadecimal digit, -1 for anything else. */
int mcp_hex_value(unsigned char c);

#endif /* MCP_TEXT_INT_H */
