/*
 * The scan of a message: its segments as they are, then their views, then the
 * judges.
 */

#include "mcp_scan_int.h"

#include <stdlib.h>
#include <string.h>


#define REST_SEGMENTS  64             /* of small strings that are ...       */
#define REST_TEXT      2048           /* ... known as one; their bytes       */


int
mcp_finding_order(const void *a, const void *b)
{
    const mcp_finding_t  *x = a, *y = b;

    if (x->segment != y->segment) {
        return (x->segment > y->segment) - (x->segment < y->segment);
    }

    if (x->from != y->from) {
        return (x->from > y->from) - (x->from < y->from);
    }

    if (x->to != y->to) {
        return (x->to > y->to) - (x->to < y->to);
    }

    return (x->rule > y->rule) - (x->rule < y->rule);
}


static int
rule_order(const void *a, const void *b)
{
    const mcp_finding_t  *x = a, *y = b;

    if (x->segment != y->segment) {
        return (x->segment > y->segment) - (x->segment < y->segment);
    }

    if (x->rule != y->rule) {
        return (x->rule > y->rule) - (x->rule < y->rule);
    }

    return mcp_finding_order(a, b);
}


/*
 * Findings of one rule that overlap become one; what the text itself shows
 * counts before what a view shows.
 */
static void
settle(mcp_scan_t *s)
{
    size_t          i, n;
    mcp_finding_t  *f, *last;

    n = s->findings_n - s->window_n;

    if (n < 2) {
        return;
    }

    f = s->findings + s->window_n;
    qsort(f, n, sizeof(mcp_finding_t), rule_order);

    last = f;

    for (i = 1; i < n; i++) {

        if (f[i].rule == last->rule && f[i].segment == last->segment
            && f[i].from < last->to)
        {
            if (f[i].to > last->to) {
                last->to = f[i].to;
            }

            if (f[i].layer < last->layer) {
                last->layer = f[i].layer;
                last->digest = f[i].digest;
            }

            continue;
        }

        *++last = f[i];
    }

    n = (size_t) (last - f) + 1;
    qsort(f, n, sizeof(mcp_finding_t), mcp_finding_order);

    s->findings_n = s->window_n + n;
}


/* A view of the segment s->target. */
static mcp_rc_t
on_view(void *data, const mcp_view_t *view)
{
    mcp_rc_t              rc;
    mcp_scan_t           *s = data;
    mcp_segment_t         seg;
    const mcp_segment_t  *segs;
    const unsigned char  *text;
    uint8_t               any;

    if (view->text.len == 0) {
        return MCP_OK;
    }

    text = s->text;
    segs = s->segs;
    any = s->any;

    memset(&seg, 0, sizeof(seg));
    seg.len = (uint32_t) view->text.len;
    seg.surfaces = segs[s->target].surfaces;
    seg.kinds = segs[s->target].kinds;

    s->text = view->text.data;
    s->segs = &seg;
    s->view = view;
    s->any = seg.surfaces | s->surfaces;
    s->work += MCP_SCAN_WORK_BYTE * (uint64_t) view->text.len;

    rc = mcp_scan_block(s, 0, 1);

    s->text = text;
    s->segs = segs;
    s->any = any;
    s->view = NULL;

    return rc;
}


/* Views and judges of one segment; bits are what the probe saw in it. */
static mcp_rc_t
scan_segment(mcp_scan_t *s, size_t n, unsigned bits)
{
    mcp_rc_t              rc;
    const mcp_segment_t  *seg = &s->segs[n];

    if (bits != 0) {
        s->target = (uint32_t) n;
        rc = mcp_views_make(s->views, s->text + seg->text, seg->len, bits,
                            on_view, s);

        if (rc != MCP_OK) {
            s->failed = 1;
            return rc;
        }
    }

    if (!seg->key && !s->joint) {
        mcp_scan_judges(s, n, bits);
    }

    return MCP_OK;
}


/* What is looked at segment by segment. */
static mcp_rc_t
scan_each(mcp_scan_t *s, size_t first, size_t last)
{
    int                   judged;
    size_t                i;
    mcp_rc_t              rc;
    unsigned              bits;
    const mcp_segment_t  *seg;

    judged = !s->joint && (s->any & s->rules->judge_surfaces) != 0;

    for (i = first; i < last && !s->overflow; i++) {

        seg = &s->segs[i];

        if ((seg->surfaces | s->surfaces) == 0) {
            continue;                 /* no rule asks for it                 */
        }

        bits = mcp_text_probe(s->text + seg->text, seg->len);

        if (bits == 0 && !judged) {
            continue;
        }

        rc = scan_segment(s, i, bits);

        if (rc != MCP_OK) {
            return rc;
        }
    }

    return MCP_OK;
}


/* Is the value that follows a name, or stands alone, known to be clean? */
static int
is_known(mcp_scan_t *s, size_t n)
{
    unsigned              mark;
    mcp_unknown_t        *u;
    mcp_known_context_t   context;
    const mcp_segment_t  *seg = &s->segs[n];

    if (seg->key || seg->len < MCP_KNOWN_LEAST
        || s->unknown_n == MCP_SCAN_UNKNOWN)
    {
        return 0;
    }

    memset(&context, 0, sizeof(context));
    context.surfaces = seg->surfaces | s->surfaces;
    context.kinds = seg->kinds;
    context.block = seg->block;

    if (n > s->first && mcp_segment_is_pair(seg - 1, seg)) {
        context.name = s->text + seg[-1].text;
        context.name_len = seg[-1].len;
    }

    u = &s->unknown[s->unknown_n];

    if (mcp_known_print(s->known, &context, s->text + seg->text, seg->len,
                        &u->print) != MCP_OK)
    {
        return 0;
    }

    if (mcp_known_find(s->known, &u->print, &mark)) {
        mcp_joints_saw(s->joints, n, mark);
        return 1;
    }

    u->segment = (uint32_t) n;
    s->unknown_n++;

    return 0;
}


/* Remembers the texts of this window in which nothing was found. */
static void
remember(mcp_scan_t *s)
{
    size_t                i, k;
    const mcp_unknown_t  *u;
    const mcp_finding_t  *f;

    if (s->overflow || s->views->overflow) {
        return;
    }

    for (i = 0; i < s->unknown_n; i++) {

        u = &s->unknown[i];

        for (k = s->window_n; k < s->findings_n; k++) {

            f = &s->findings[k];

            /* what reaches into the text may be a finding of its name */

            if (f->segment == u->segment || f->segment + 1 == u->segment) {
                break;
            }
        }

        if (k == s->findings_n) {
            mcp_known_add(s->known, &u->print,
                          mcp_joints_seen(s->joints, u->segment));
        }
    }
}


static mcp_rc_t
scan_run(mcp_scan_t *s, size_t first, size_t last)
{
    mcp_rc_t  rc;

    if (first == last) {
        return MCP_OK;
    }

    rc = mcp_scan_block(s, first, last);

    /* around joints there is nothing that asks for views */

    if (rc == MCP_OK && s->joint != MCP_JOINT_NARROW) {
        rc = scan_each(s, first, last);
    }

    return rc;
}


/*
 * The small strings around a text, member names mostly, as one: they are the
 * same in all messages of a kind.  MCP_ERROR: that is not worth it.
 */
static mcp_rc_t
print_rest(mcp_scan_t *s, size_t first, size_t last, mcp_known_print_t *print)
{
    size_t                i, len;
    uint64_t              form[REST_SEGMENTS];
    mcp_known_context_t   context;
    const mcp_segment_t  *seg = &s->segs[first];

    len = s->segs[last - 1].text + s->segs[last - 1].len - seg->text;

    if (last - first > REST_SEGMENTS || len > REST_TEXT
        || (s->any & MCP_SURFACE_ARGUMENTS))
    {
        return MCP_ERROR;
    }

    for (i = 0; i < last - first; i++, seg++) {
        form[i] = (uint64_t) seg->len << 32 | (uint64_t) seg->surfaces << 16
                  | (uint64_t) seg->kinds << 8 | (unsigned) seg->key << 1
                  | seg->block;
    }

    memset(&context, 0, sizeof(context));
    context.surfaces = s->surfaces;
    context.block = MCP_KNOWN_REST;
    context.name = (const unsigned char *) form;
    context.name_len = (last - first) * sizeof(uint64_t);

    return mcp_known_print(s->known, &context, s->text + s->segs[first].text,
                           len, print);
}


/* Scans what stands before, between and behind texts that are known. */
static mcp_rc_t
scan_rest(mcp_scan_t *s, size_t first, size_t last)
{
    size_t             i, found;
    unsigned           mark;
    mcp_rc_t           rc;
    mcp_known_print_t  print;

    if (first == last) {
        return MCP_OK;
    }

    if (print_rest(s, first, last, &print) != MCP_OK) {
        return scan_run(s, first, last);
    }

    if (mcp_known_find(s->known, &print, &mark)) {
        return MCP_OK;
    }

    found = s->findings_n;
    rc = scan_run(s, first, last);

    if (rc != MCP_OK || s->findings_n != found || mcp_scan_overflow(s)) {
        return rc;
    }

    /* a short text of which the joints have to know is no small string */

    for (i = first; i < last; i++) {
        if (mcp_joints_seen(s->joints, i) != 0) {
            return MCP_OK;
        }
    }

    mcp_known_add(s->known, &print, 0);

    return MCP_OK;
}


/* Scans what is not known. */
static mcp_rc_t
scan_unknown(mcp_scan_t *s, size_t first, size_t last)
{
    size_t    i, from;
    mcp_rc_t  rc;

    rc = MCP_OK;
    s->unknown_n = 0;
    s->first = first;

    for (i = first, from = first; i < last && rc == MCP_OK; i++) {
        if (is_known(s, i)) {
            rc = scan_rest(s, from, i);
            from = i + 1;
        }
    }

    if (rc == MCP_OK) {
        rc = scan_rest(s, from, last);
    }

    if (rc == MCP_OK) {
        remember(s);
    }

    return rc;
}


mcp_rc_t
mcp_scan_segments(mcp_scan_t *s, const unsigned char *text,
    const mcp_segment_t *segs, size_t first, size_t last,
    uint8_t extra_surfaces)
{
    size_t    i;
    uint8_t   any;
    mcp_rc_t  rc;

    if (first >= last) {
        return MCP_OK;
    }

    if (s->failed) {
        return MCP_ERROR;
    }

    any = extra_surfaces;

    for (i = first; i < last; i++) {
        any |= segs[i].surfaces;
    }

    s->any = any;
    s->text = text;
    s->segs = segs;
    s->surfaces = extra_surfaces;
    s->view = NULL;
    s->window_n = s->findings_n;
    s->work += MCP_SCAN_WORK_BYTE
               * (uint64_t) (segs[last - 1].text + segs[last - 1].len
                             - segs[first].text);

    if (s->known != NULL && !s->joint && s->costs == NULL) {
        rc = scan_unknown(s, first, last);

    } else {
        rc = scan_run(s, first, last);
    }

    settle(s);

    return rc;
}


mcp_rc_t
mcp_scan_text(mcp_scan_t *s, const unsigned char *text, size_t len,
    uint8_t surfaces, uint8_t kinds)
{
    mcp_segment_t  seg;

    if (len == 0) {
        return MCP_OK;
    }

    memset(&seg, 0, sizeof(seg));
    seg.len = (uint32_t) len;
    seg.surfaces = surfaces;
    seg.kinds = kinds;

    return mcp_scan_segments(s, text, &seg, 0, 1, 0);
}


size_t
mcp_scan_findings(const mcp_scan_t *s, const mcp_finding_t **findings)
{
    *findings = s->findings;

    return s->findings_n;
}


int
mcp_scan_overflow(const mcp_scan_t *s)
{
    return s->overflow || s->views->overflow;
}
