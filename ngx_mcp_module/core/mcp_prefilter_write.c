/*
 * From a pattern to what is looked for on every byte: what was chosen of the
 * best window becomes prefilters.
 */

#include "mcp_chars.h"
#include "mcp_prefilter_int.h"

#include <stdlib.h>
#include <string.h>


/*
 * Writes symbols as an expression over the text in which all white space is
 * ' ' (mcp_scan.c).
 */
static mcp_rc_t
write_expression(const mcp_work_t *w, const uint16_t *sym, unsigned count,
    mcp_buf_t *out)
{
    mcp_rc_t      rc;
    unsigned      i, c, n;
    mcp_re_set_t  set;

    rc = MCP_OK;

    for (i = 0; i < count && rc == MCP_OK; i += n) {

        n = 1;

        if (sym[i] < MCP_SYM_FIRST) {
            rc = mcp_buf_append_str(out, sym[i] == MCP_SYM_BEGIN ? "^"
                                                                 : "\\b");
            continue;
        }

        while (i + n < count && sym[i + n] == sym[i]) {
            n++;
        }

        set = w->x.symbols[sym[i]].set;

        for (c = '\t'; c <= '\r'; c++) {

            if (mcp_re_has(&set, c)) {
                mcp_re_put(&set, ' ');
                set.bits[c >> 3] &= (uint8_t) ~(1 << (c & 7));
            }
        }

        rc = mcp_re_emit_set(&set, out);

        if (rc == MCP_OK && n > 1) {
            rc = mcp_buf_append_byte(out, '{');

            if (rc == MCP_OK) {
                rc = mcp_buf_append_uint(out, n);
            }

            if (rc == MCP_OK) {
                rc = mcp_buf_append_byte(out, '}');
            }
        }
    }

    return (rc == MCP_OK) ? mcp_buf_append_byte(out, '\0') : rc;
}


/* Bytes that the expression takes: of each set some member. */
static void
write_sample(const mcp_work_t *w, const uint16_t *sym, unsigned count,
    mcp_prefilter_t *pf)
{
    unsigned             i, c, n;
    const mcp_re_set_t  *set;

    for (i = 0, n = 0; i < count && n < MCP_PREFILTER_CORE; i++) {

        if (sym[i] < MCP_SYM_FIRST) {
            continue;
        }

        set = &w->x.symbols[sym[i]].set;

        for (c = 'A' + 7 * i; !mcp_re_has(set, c & 0xff); c++) { /* void */ }

        c &= 0xff;
        pf->sample[n++] = (unsigned char) ((c >= '\t' && c <= '\r') ? ' ' : c);
    }
}


/* 1: a repeat that may be left out and that no capture remembers. */
static int
is_optional(const mcp_re_t *re, uint32_t node)
{
    uint32_t              child;
    const mcp_re_node_t  *n = &re->nodes[node];

    if (n->type != MCP_RE_REPEAT || n->min > 0) {
        return 0;
    }

    for (child = re->nodes[re->root].child; child != 0 && child != node;
         child = re->nodes[child].next)
    {
        /* void */
    }

    return child == node;
}


static void
write_literal(const mcp_work_t *w, const uint16_t *sym, unsigned count,
    mcp_literal_t *l)
{
    unsigned             i, c;
    const mcp_re_set_t  *set;

    l->len = (uint8_t) count;

    for (i = 0; i < count; i++) {

        set = &w->x.symbols[sym[i]].set;

        for (c = 0; c < 256 && !mcp_re_has(set, c); c++) { /* void */ }

        l->text[i] = (unsigned char) ((c >= '\t' && c <= '\r') ? ' '
                                                                : c | 0x20);
    }
}


/* Bytes that the expression of a piece takes. */
static unsigned
width_of(const mcp_piece_t *pc)
{
    unsigned  i, n;

    for (i = 0, n = 0; i < pc->core_n; i++) {
        n += (pc->row.sym[pc->core + i] >= MCP_SYM_FIRST);
    }

    return n;
}


int
mcp_prefilter_lead(const mcp_prefilter_t *pf, mcp_re_set_t *set)
{
    unsigned  c;

    if (pf->begin) {
        mcp_re_put(set, 0);
        mcp_re_put(set, ':');         /* between a name and its value        */
        mcp_re_put(set, ' ');         /* between texts: a newline            */
    }

    for (c = 0; c < 256 && pf->word; c++) {
        if (!mcp_is_word((unsigned char) c)) {
            mcp_re_put(set, c);
        }
    }

    return pf->word || pf->begin;
}


/* With its lead, which decides nothing but where it can be looked for. */
static int
fits(const mcp_prefilter_t *pf, const mcp_needle_t *nd)
{
    unsigned      i;
    mcp_needle_t  led;
    mcp_re_set_t  lead;

    memset(&lead, 0, sizeof(lead));

    if (!mcp_prefilter_lead(pf, &lead)) {
        return mcp_needle_fit(nd);
    }

    led = *nd;
    led.n++;
    led.end++;
    led.place[0] = &lead;

    for (i = 0; i < nd->n; i++) {
        led.place[i + 1] = nd->place[i];
    }

    return mcp_needle_fit(&led);
}


/* As a needle, if it can be one; MCP_AGAIN: not so. */
static mcp_rc_t
write_needle(const mcp_work_t *w, const mcp_piece_t *pc, mcp_prefilter_t *pf)
{
    unsigned      i;
    mcp_needle_t  nd;

    nd.n = pc->row.n;
    nd.end = (uint8_t) (pc->core + pc->core_n);
    nd.core = pc->literal ? pc->core_n : 0;

    for (i = 0; i < nd.n; i++) {

        if (pc->row.sym[i] < MCP_SYM_FIRST) {
            return MCP_AGAIN;
        }

        nd.place[i] = &w->x.symbols[pc->row.sym[i]].set;
    }

    pf->word = pc->word;
    pf->begin = pc->begin;

    if (nd.n == 0 || !fits(pf, &nd)) {
        return MCP_AGAIN;
    }

    pf->sets = malloc(nd.n * sizeof(mcp_re_set_t));

    if (pf->sets == NULL) {
        return MCP_ERROR;
    }

    for (i = 0; i < nd.n; i++) {
        pf->sets[i] = *nd.place[i];
    }

    pf->core = nd.core;
    pf->before = (uint8_t) (nd.end - nd.core);
    pf->after = (uint8_t) (nd.n - nd.end);

    if (pc->literal) {
        write_literal(w, pc->row.sym + pc->core, pc->core_n, &pf->literal);
    }

    return MCP_OK;
}


/* One piece as a prefilter; min and max are the widths before the window. */
static mcp_rc_t
write_piece(const mcp_work_t *w, const mcp_piece_t *pc, uint32_t min,
    uint32_t max, mcp_prefilter_t *pf)
{
    mcp_rc_t   rc;
    mcp_buf_t  out;

    memset(&out, 0, sizeof(out));
    memset(pf, 0, sizeof(mcp_prefilter_t));

    rc = write_needle(w, pc, pf);

    if (rc == MCP_AGAIN) {
        pf->core = (uint8_t) width_of(pc);
        write_sample(w, pc->row.sym + pc->core, pc->core_n, pf);
        rc = write_expression(w, pc->row.sym + pc->core, pc->core_n, &out);
        pf->expression = (char *) out.data;
    }

    pf->bits = (unsigned) pc->bits;
    pf->back_min = min + pc->end_min;
    pf->back_max = mcp_add_capped(max, pc->end_max);

    if (pf->back_max < pf->back_min) {
        pf->back_max = pf->back_min;
    }

    if (rc != MCP_OK) {
        mcp_buf_free(&out);
        pf->expression = NULL;
    }

    return rc;
}


/* Appends what the best window found to the list. */
mcp_rc_t
mcp_pieces_collect(const mcp_work_t *w, mcp_prefilters_t *pfs)
{
    unsigned          i, k;
    uint32_t          min, max;
    mcp_prefilter_t  *pf;

    /*
     * What may be empty at the very start need not be there: a match without
     * it begins behind it.
     */

    for (k = 0; k < w->window && w->elements[k].min == 0
                && is_optional(w->x.re, w->elements[k].node); k++)
    {
        /* void */
    }

    min = 0;
    max = 0;

    for ( /* void */ ; k < w->window; k++) {
        min += w->elements[k].min;
        max = mcp_add_capped(max, w->elements[k].max);
    }

    pf = realloc(pfs->list, (pfs->n + w->pieces_n) * sizeof(mcp_prefilter_t));

    if (pf == NULL) {
        return MCP_ERROR;
    }

    pfs->list = pf;

    for (i = 0; i < w->pieces_n; i++) {

        if (write_piece(w, &w->pieces[i], min, max, &pfs->list[pfs->n])
            != MCP_OK)
        {
            return MCP_ERROR;
        }

        pfs->n++;
    }

    return MCP_OK;
}
