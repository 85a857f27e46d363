/*
 * The order in which views are made, and how they are mapped back.
 */

#include "mcp_text_int.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>


#define KEEP       (64 * 1024)        /* of a buffer, between texts          */
#define MAX_PIECES (512 * 1024)       /* of one view                         */


int
mcp_hex_value(unsigned char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return (c >= 'a' && c <= 'f') ? c - 'a' + 10 : -1;
}


static int
add_piece(mcp_view_t *out, size_t at, size_t from, size_t to, unsigned step)
{
    size_t        n;
    mcp_piece_t  *pc;

    n = out->map.len / sizeof(mcp_piece_t);

    if (n > 0) {
        pc = (mcp_piece_t *) (void *) out->map.data + n - 1;

        if (step > 0 && pc->step == step
            && pc->from + (at - pc->at) * step == from)
        {
            return 1;                 /* goes on as before                   */
        }
    }

    if (n >= MAX_PIECES) {
        return 0;
    }

    if (mcp_buf_reserve(&out->map, sizeof(mcp_piece_t)) != MCP_OK) {
        return 0;
    }

    pc = (mcp_piece_t *) (void *) (out->map.data + out->map.len);
    pc->at = (uint32_t) at;
    pc->from = (uint32_t) from;
    pc->to = (uint32_t) to;
    pc->step = step;
    out->map.len += sizeof(mcp_piece_t);

    return 1;
}


int
mcp_view_put(mcp_view_t *out, const void *data, size_t n, size_t from,
    size_t to, unsigned step)
{
    if (n == 0) {
        return 1;
    }

    if (out->text.len + n > MCP_VIEW_BYTES) {
        return 0;
    }

    if (!add_piece(out, out->text.len, from, to, step)) {
        return 0;
    }

    if (n == 1 && out->text.len < out->text.cap) {
        out->text.data[out->text.len++] = *(const unsigned char *) data;
        return 1;
    }

    return mcp_buf_append(&out->text, data, n) == MCP_OK;
}


int
mcp_view_put_char(mcp_view_t *out, uint32_t c, size_t from, size_t to)
{
    size_t         n;
    unsigned char  b[4];

    if (c < 0x80) {
        b[0] = (unsigned char) c;
        return mcp_view_put(out, b, 1, from, to, (unsigned) (to - from));
    }

    n = (size_t) utf8proc_encode_char((utf8proc_int32_t) c, b);

    return mcp_view_put(out, b, n, from, to, n == to - from ? 1 : 0);
}


/* The piece in which a byte of the view lies. */
static const mcp_piece_t *
piece_at(const mcp_view_t *view, size_t at)
{
    size_t              lo, hi, mid;
    const mcp_piece_t  *pieces;

    pieces = (const mcp_piece_t *) (const void *) view->map.data;
    lo = 0;
    hi = view->map.len / sizeof(mcp_piece_t);

    while (hi - lo > 1) {
        mid = lo + (hi - lo) / 2;

        if (pieces[mid].at <= at) {
            lo = mid;

        } else {
            hi = mid;
        }
    }

    return &pieces[lo];
}


void
mcp_view_span(const mcp_view_t *view, size_t from, size_t to,
    size_t *text_from, size_t *text_to)
{
    size_t              a, b;
    const mcp_piece_t  *pc;

    for ( ;; ) {
        pc = piece_at(view, from);
        a = pc->step ? pc->from + (from - pc->at) * pc->step : pc->from;

        pc = piece_at(view, to - 1);
        b = pc->step ? pc->from + (to - pc->at) * pc->step : pc->to;

        from = a + view->origin;
        to = b + view->origin;

        if (view->parent == NULL) {
            break;
        }

        view = view->parent;
    }

    *text_from = from;
    *text_to = to;
}


mcp_views_t *
mcp_views_create(void)
{
    return calloc(1, sizeof(mcp_views_t));
}


void
mcp_views_destroy(mcp_views_t *vs)
{
    unsigned  i;

    if (vs == NULL) {
        return;
    }

    for (i = 0; i < MCP_VIEW_MAX; i++) {
        mcp_buf_free(&vs->view[i].text);
        mcp_buf_free(&vs->view[i].map);
    }

    mcp_folds_free(&vs->folds);
    free(vs);
}


/* What a text is, on the way through its views. */
typedef struct {
    const unsigned char  *text;
    size_t                len;
    unsigned              phase;      /* where in a run text begins          */
    unsigned              bits;
    const mcp_view_t     *view;       /* of which it is; NULL: what was sent */
    size_t                origin;
    unsigned              layer;
    unsigned              depth;      /* encodings undone                    */
} stage_t;

typedef struct {
    mcp_views_t          *vs;
    mcp_view_pt           handler;
    void                 *data;
} maker_t;


static mcp_view_t *
open_view(maker_t *mk, const stage_t *st, mcp_view_kind_t kind)
{
    mcp_view_t  *v;

    if (mk->vs->n == MCP_VIEW_MAX) {
        mk->vs->overflow = 1;
        return NULL;
    }

    v = &mk->vs->view[mk->vs->n++];
    v->text.len = 0;
    v->map.len = 0;
    v->parent = st->view;
    v->origin = st->origin;
    v->kind = kind;
    v->layer = (uint8_t) (st->layer + 1);

    return v;
}


static void
close_views(maker_t *mk, unsigned n)
{
    while (mk->vs->n > n) {
        mk->vs->n--;
        mcp_buf_reset(&mk->vs->view[mk->vs->n].text, KEEP);
        mcp_buf_reset(&mk->vs->view[mk->vs->n].map, KEEP);
    }
}


/*
 * Hands a view on.  MCP_FOUND: it is there and st now is about it; MCP_OK:
 * nothing was made.
 */
static mcp_rc_t
take(maker_t *mk, stage_t *st, mcp_view_t *v, mcp_made_t made, int decoded)
{
    mcp_rc_t  rc;

    if (made == MCP_MADE_ERROR) {
        return MCP_ERROR;
    }

    if (made == MCP_MADE_CUT) {
        mk->vs->overflow = 1;
    }

    if (made == MCP_MADE_NOTHING || v->text.len == 0) {
        close_views(mk, mk->vs->n - 1);
        return MCP_OK;
    }

    rc = mk->handler(mk->data, v);

    if (rc != MCP_OK) {
        return MCP_ERROR;
    }

    st->text = v->text.data;
    st->len = v->text.len;
    st->phase = 0;
    st->bits = mcp_text_probe(st->text, st->len);
    st->view = v;
    st->origin = 0;
    st->layer++;
    st->depth += decoded ? 1 : 0;

    return MCP_FOUND;
}


/* Undoes escapes until none are left. */
static mcp_rc_t
undo_escapes(maker_t *mk, stage_t *st)
{
    mcp_rc_t     rc;
    mcp_made_t   made;
    mcp_view_t  *v;

    while (st->bits & MCP_TEXT_ESCAPES) {

        v = open_view(mk, st, MCP_VIEW_ESCAPES);

        if (v == NULL) {
            return MCP_OK;
        }

        made = mcp_make_escapes(v, st->text, st->len, st->bits);

        if (made == MCP_MADE_VIEW && st->depth >= MCP_VIEW_LAYERS) {
            mk->vs->overflow = 1;
            made = MCP_MADE_NOTHING;
        }

        rc = take(mk, st, v, made, 1);

        if (rc != MCP_FOUND) {
            return rc;
        }
    }

    return MCP_OK;
}


/* A view aside: what comes after it is made of the text as it was. */
static mcp_rc_t
join_words(maker_t *mk, const stage_t *st)
{
    mcp_rc_t     rc;
    stage_t      joined;
    unsigned     n;
    mcp_view_t  *v;

    if (!(st->bits & MCP_TEXT_GAP)
        || (st->bits & (MCP_TEXT_WIDE | MCP_TEXT_CONTROL | MCP_TEXT_SPACED)))
    {
        return MCP_OK;                /* the folded view has done it         */
    }

    n = mk->vs->n;
    v = open_view(mk, st, MCP_VIEW_JOINED);

    if (v == NULL) {
        return MCP_OK;
    }

    v->layer = (uint8_t) st->layer;
    joined = *st;
    rc = take(mk, &joined, v, mcp_make_joined(v, st->text, st->len), 0);
    close_views(mk, n);

    return (rc == MCP_ERROR) ? rc : MCP_OK;
}


static mcp_rc_t
make_views(maker_t *mk, stage_t *st)
{
    mcp_rc_t     rc;
    stage_t      spelled;
    unsigned     n;
    mcp_made_t   made;
    mcp_view_t  *v;

    for ( ;; ) {
        rc = undo_escapes(mk, st);

        if (rc != MCP_OK) {
            return rc;
        }

        if (st->bits & MCP_TEXT_WIDE) {

            v = open_view(mk, st, MCP_VIEW_TAGS);

            if (v == NULL) {
                return MCP_OK;
            }

            n = mk->vs->n;
            spelled = *st;
            rc = take(mk, &spelled, v, mcp_make_tags(v, st->text, st->len), 1);

            if (rc == MCP_ERROR) {
                return rc;
            }

            if (rc == MCP_FOUND) {
                close_views(mk, n - 1);
            }
        }

        if (st->bits & (MCP_TEXT_WIDE | MCP_TEXT_CONTROL | MCP_TEXT_SPACED)) {

            v = open_view(mk, st, MCP_VIEW_FOLDED);

            if (v == NULL) {
                return MCP_OK;
            }

            made = mcp_make_folded(v, &mk->vs->folds, st->text, st->len);
            rc = take(mk, st, v, made, 0);

            /* wide letters that were spaced out are plain ones now */

            if (rc == MCP_FOUND && (st->bits & MCP_TEXT_SPACED)) {

                v = open_view(mk, st, MCP_VIEW_FOLDED);

                if (v == NULL) {
                    return MCP_OK;
                }

                made = mcp_make_folded(v, &mk->vs->folds, st->text, st->len);
                rc = (take(mk, st, v, made, 0) == MCP_ERROR) ? MCP_ERROR
                                                             : MCP_FOUND;
            }

            if (rc == MCP_ERROR) {
                return rc;
            }

            /* full width "%41" has become an escape */

            if (rc == MCP_FOUND) {
                rc = undo_escapes(mk, st);

                if (rc != MCP_OK) {
                    return rc;
                }
            }
        }

        rc = join_words(mk, st);

        if (rc != MCP_OK || !(st->bits & MCP_TEXT_RUN)) {
            return rc;
        }

        v = open_view(mk, st, MCP_VIEW_RUNS);

        if (v == NULL) {
            return MCP_OK;
        }

        made = mcp_make_runs(v, st->text, st->len, st->phase);

        if (made == MCP_MADE_VIEW && st->depth >= MCP_VIEW_LAYERS) {
            mk->vs->overflow = 1;
            made = MCP_MADE_NOTHING;
        }

        rc = take(mk, st, v, made, 1);

        if (rc != MCP_FOUND) {
            return rc;
        }
    }
}


/* Where a piece of a long text ends: not inside a character. */
static size_t
cut(const unsigned char *text, size_t len, size_t at)
{
    if (at >= len) {
        return len;
    }

    while (at > 0 && (text[at] & 0xc0) == 0x80) {
        at--;
    }

    return at;
}


mcp_rc_t
mcp_views_make(mcp_views_t *vs, const unsigned char *text, size_t len,
    unsigned bits, mcp_view_pt handler, void *data)
{
    size_t    off, end, last;
    stage_t   st;
    maker_t   mk;
    mcp_rc_t  rc;
    unsigned  phase;

    mk.vs = vs;
    mk.handler = handler;
    mk.data = data;

    rc = MCP_OK;
    phase = 0;

    for (off = 0; off < len && rc == MCP_OK; /* void */ ) {

        end = cut(text, len, off + MCP_VIEW_PIECE);

        memset(&st, 0, sizeof(st));
        st.text = text + off;
        st.len = end - off;
        st.origin = off;
        st.phase = phase;
        st.bits = (off == 0 && end == len)
                  ? bits : mcp_text_probe(st.text, st.len);

        rc = make_views(&mk, &st);
        close_views(&mk, 0);

        if (end == len) {
            break;
        }

        last = off;
        off = cut(text, len, end - MCP_VIEW_OVERLAP);
        phase = mcp_run_phase(text, last, off, phase);
    }

    return rc == MCP_ERROR ? MCP_ERROR : MCP_OK;
}
