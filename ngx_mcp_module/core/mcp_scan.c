/*
 * The matcher.
 *
 * Vectorscan tells where to look; the whole pattern runs there, and only
 * there: PCRE2 may start a match at lo .. hi, as the prefilter knows, and may
 * not look further than the pattern reaches.  Hits of a rule that lie close
 * together are confirmed in one go, and no start is tried twice, so the cost
 * is bounded by the text for all but nasty input; what is left of that is
 * bounded by a budget of steps for each message.  Past it the message counts
 * as one that cannot be inspected.
 *
 * The text of a hit is the value that it is in, together with the member name
 * before it, so that "password:..." is seen as in YAML.
 */

#include "mcp_scan_int.h"
#include "mcp_siphash.h"

#include <stdlib.h>
#include <string.h>


#define MATCH_LIMIT   200000          /* backtracks of one confirmation      */
#define STACK_SIZE    (256 * 1024)    /* of the JIT                          */
#define NEAR          48              /* hits so close are confirmed together */


mcp_scan_t *
mcp_scan_create(const mcp_rules_t *rules)
{
    mcp_scan_t  *s;

    if (!rules->compiled) {
        return NULL;
    }

    s = calloc(1, sizeof(mcp_scan_t));

    if (s == NULL) {
        return NULL;
    }

    s->rules = rules;
    s->pending = calloc(rules->n + 1, sizeof(mcp_pending_t));
    s->active = calloc(rules->n + 1, sizeof(uint32_t));
    s->match = pcre2_match_data_create(2, NULL);
    s->context = pcre2_match_context_create(NULL);
    s->stack = pcre2_jit_stack_create(32 * 1024, STACK_SIZE, NULL);
    s->views = mcp_views_create();

    if (s->pending == NULL || s->active == NULL || s->match == NULL
        || s->context == NULL || s->stack == NULL || s->views == NULL)
    {
        mcp_scan_destroy(s);
        return NULL;
    }

    pcre2_jit_stack_assign(s->context, NULL, s->stack);
    (void) pcre2_set_match_limit(s->context, MATCH_LIMIT);
    (void) pcre2_set_depth_limit(s->context, MATCH_LIMIT);

    if (rules->database != NULL
        && hs_alloc_scratch(rules->database, &s->scratch) != HS_SUCCESS)
    {
        s->scratch = NULL;
        mcp_scan_destroy(s);
        return NULL;
    }

    mcp_scan_start(s);

    return s;
}


void
mcp_scan_destroy(mcp_scan_t *s)
{
    if (s == NULL) {
        return;
    }

    hs_free_scratch(s->scratch);
    pcre2_jit_stack_free(s->stack);
    pcre2_match_context_free(s->context);
    pcre2_match_data_free(s->match);
    mcp_views_destroy(s->views);
    free(s->pending);
    free(s->active);
    free(s);
}


void
mcp_scan_start(mcp_scan_t *s)
{
    s->findings_n = 0;
    s->work = MCP_SCAN_WORK;
    s->overflow = 0;
    s->failed = 0;
    s->views->overflow = 0;
}


void
mcp_scan_add(mcp_scan_t *s, uint32_t rule, uint32_t segment, size_t from,
    size_t to)
{
    size_t                i;
    uint16_t              digest;
    mcp_finding_t        *f;
    const mcp_segment_t  *seg = &s->segs[segment];

    digest = (uint16_t) mcp_siphash(s->rules->key, s->text + from, to - from);

    from -= seg->text;
    to -= seg->text;

    if (s->view != NULL) {
        mcp_view_span(s->view, from, to, &from, &to);
        segment = s->target;
    }

    /* the same again: mostly a view that shows what the text shows */

    for (i = s->findings_n; i > s->window_n && i + 16 > s->findings_n; i--) {
        f = &s->findings[i - 1];

        if (f->rule == rule && f->segment == segment && f->from < to
            && from < f->to)
        {
            f->from = (from < f->from) ? (uint32_t) from : f->from;
            f->to = (to > f->to) ? (uint32_t) to : f->to;
            return;
        }
    }

    if (s->findings_n == MCP_MAX_FINDINGS) {
        s->overflow = 1;
        return;
    }

    f = &s->findings[s->findings_n++];
    f->rule = rule;
    f->segment = segment;
    f->from = (uint32_t) from;
    f->to = (uint32_t) to;
    f->digest = digest;
    f->layer = s->view ? s->view->layer : 0;
}


static int
spend(mcp_scan_t *s, size_t steps)
{
    if (s->work < steps) {
        s->work = 0;
        s->overflow = 1;
        return 0;
    }

    s->work -= steps;

    return 1;
}


/* Takes what the pattern matched; 0: the validators refuse it. */
static int
accept(mcp_scan_t *s, uint32_t rule, size_t segment, size_t from, size_t to)
{
    const mcp_segment_t   *seg;
    const mcp_rule_int_t  *ri = &s->rules->ints[rule];

    /* the segment in which it lies: the value, if it reaches into that */

    seg = &s->segs[segment];

    if (seg->key && to > seg->text + seg->len + 1 && segment + 1 < s->last) {
        segment++;
        seg++;
    }

    if (!seg->key && to <= seg->text && segment > s->first) {
        segment--;
        seg--;
    }

    if (from < seg->text) {
        from = seg->text;
    }

    if (to > seg->text + seg->len) {
        to = seg->text + seg->len;
    }

    if (from >= to || !spend(s, to - from)) {
        return 0;
    }

    if (ri->validators.n > 0
        && !mcp_validate(&ri->validators, s->text + from, to - from))
    {
        return 0;
    }

    mcp_scan_add(s, rule, (uint32_t) segment, from, to);

    return 1;
}


/* What matched is what "unless" names. */
static int
excepted(mcp_scan_t *s, const mcp_rule_int_t *ri, size_t from, size_t len)
{
    int  rc;

    if (!spend(s, len)) {
        return 1;
    }

    (void) pcre2_set_offset_limit(s->context, PCRE2_UNSET);
    rc = pcre2_match(ri->unless, s->text + from, len, 0, 0, s->match,
                     s->context);

    if (rc < 0 && rc != PCRE2_ERROR_NOMATCH) {
        s->overflow = 1;
    }

    return rc >= 0;
}


/*
 * Looks for matches that start at lo .. hi in the bytes from .. to, which are
 * a segment or a name and its value.  Returns the number of findings.
 */
static unsigned
confirm(mcp_scan_t *s, uint32_t rule, mcp_pending_t *p, size_t segment,
    size_t from, size_t to, size_t lo, size_t hi)
{
    int                    rc;
    size_t                 end, start, whole, last, a, b;
    unsigned               found;
    PCRE2_SIZE            *ov;
    const mcp_rule_int_t  *ri = &s->rules->ints[rule];

    if (lo < from) {
        lo = from;
    }

    if (hi < from || lo >= to) {
        return 0;
    }

    end = (to - hi > ri->reach + 1) ? hi + ri->reach + 1 : to;

    /*
     * A match ends where the alphabet of the rule does; one byte more is a
     * boundary, one more what that boundary may look at.
     */

    if (p->run_end + 2 < end) {
        end = p->run_end + 2;
    }

    found = 0;
    start = lo - from;

    while (start <= hi - from) {

        (void) pcre2_set_offset_limit(s->context, hi - from);

        rc = pcre2_match(ri->code, s->text + from, end - from, start, 0,
                         s->match, s->context);

        if (rc == PCRE2_ERROR_NOMATCH) {
            break;
        }

        if (rc < 0) {
            /* a limit: we do not know, so the message cannot be judged */
            s->overflow = 1;
            break;
        }

        ov = pcre2_get_ovector_pointer(s->match);
        whole = ov[0];
        a = ov[0];
        b = ov[1];

        if (ri->captures > 0 && (rc > 1 || rc == 0)
            && ov[2] != PCRE2_UNSET)
        {
            a = ov[2];
            b = ov[3];
        }

        last = ov[1];

        if (ri->unless != NULL
            && excepted(s, ri, from + whole, last - whole))
        {
            /* a shorter match within it is the same words */

            start = (last > whole) ? last : whole + 1;

        } else if (accept(s, rule, segment, from + a, from + b)) {
            found++;
            start = (b > whole) ? b : whole + 1;

        } else {
            start = whole + 1;
        }

        if (s->overflow) {
            break;
        }
    }

    if (start > hi - from + 1 && start + from > p->done_hi + 1) {
        p->done_hi = start + from - 1;
    }

    return found;
}


/* 1: a is a member name and b, next in the text, is its value. */
static int
is_pair(const mcp_segment_t *a, const mcp_segment_t *b)
{
    return a->key && !b->key && a->text + a->len + 1 == b->text;
}


/* Confirms what is pending of a rule. */
static void
flush(mcp_scan_t *s, uint32_t rule)
{
    size_t                 lo, hi, from, to, k;
    unsigned               found;
    mcp_pending_t         *p = &s->pending[rule];
    const mcp_segment_t   *seg;
    const mcp_rule_int_t  *ri = &s->rules->ints[rule];

    p->active = 0;

    if (s->overflow) {
        return;
    }

    lo = p->lo;
    hi = p->hi;

    if (p->tried && lo >= p->done_lo) {

        if (hi <= p->done_hi) {
            return;
        }

        if (lo <= p->done_hi) {
            lo = p->done_hi + 1;
        }

    } else {
        p->done_lo = lo;
    }

    p->tried = 1;
    p->done_hi = hi;

    k = p->segment;
    seg = &s->segs[k];
    from = seg->text;
    to = from + seg->len;
    found = 0;

    if (ri->anchored) {
        found = confirm(s, rule, p, k, from, to, lo, hi);
    }

    if (seg->key) {

        if (k + 1 < s->last && is_pair(seg, seg + 1)) {
            to = seg[1].text + seg[1].len;

        } else if (ri->anchored) {
            return;
        }

    } else {

        if (k > s->first && is_pair(seg - 1, seg)) {
            from = seg[-1].text;

        } else if (ri->anchored) {
            return;
        }
    }

    if (found == 0) {
        (void) confirm(s, rule, p, k, from, to, lo, hi);
    }
}


/*
 * Pays for a hit: the bytes that a match from there may read, as far as the
 * alphabet of the rule goes.  The end of that run is remembered, so that hits
 * in one long run do not each walk over it.
 */
static int
pay(mcp_scan_t *s, mcp_pending_t *p, const mcp_rule_int_t *ri, size_t lo,
    size_t hi)
{
    size_t  a, end;

    end = (s->end - hi > ri->reach + 1) ? hi + ri->reach + 1 : s->end;
    a = (p->run_end > hi + 1) ? p->run_end : hi + 1;

    while (a < end && ri->alphabet[s->text[a]]) {
        a++;
    }

    p->run_end = a;

    if (a > end) {
        a = end;
    }

    return spend(s, 16 + (a - hi) * (1 + (hi - lo) / 8));
}


static void
add_hit(mcp_scan_t *s, const mcp_probe_t *probe, size_t pos, size_t segment)
{
    size_t          lo, hi, floor;
    mcp_pending_t  *p = &s->pending[probe->rule];

    floor = s->segs[segment].text;

    if (segment > s->first && !s->segs[segment].key
        && is_pair(&s->segs[segment - 1], &s->segs[segment]))
    {
        floor = s->segs[segment - 1].text;
    }

    if (pos < floor + probe->back_min) {
        return;                       /* begins in some other value          */
    }

    hi = pos - probe->back_min;
    lo = (pos >= floor + probe->back_max) ? pos - probe->back_max : floor;

    if (p->scan != s->scan) {
        p->scan = s->scan;
        p->active = 0;
        p->tried = 0;
        p->run_end = 0;
    }

    if (p->tried && lo >= p->done_lo && hi <= p->done_hi) {
        return;
    }

    if (!pay(s, p, &s->rules->ints[probe->rule], lo, hi)) {
        return;
    }

    if (p->active) {

        if (p->segment == segment && lo <= p->hi + NEAR) {
            p->lo = (lo < p->lo) ? lo : p->lo;
            p->hi = (hi > p->hi) ? hi : p->hi;
            return;
        }

        flush(s, probe->rule);

    } else {
        s->active[s->active_n++] = probe->rule;
    }

    if (p->segment != segment) {
        p->tried = 0;
    }

    p->active = 1;
    p->segment = (uint32_t) segment;
    p->lo = lo;
    p->hi = hi;
}


/* Vectorscan's callback; hits come in the order of their ends. */
static int
on_match(unsigned id, unsigned long long from, unsigned long long to,
    unsigned flags, void *data)
{
    size_t                   pos, k;
    uint8_t                  surfaces;
    mcp_scan_t              *s = data;
    const mcp_rules_t       *rs = s->rules;
    const mcp_probe_t       *probe, *end;
    const mcp_expression_t  *e = &rs->expressions[id];

    (void) from;
    (void) flags;

    if (!(e->surfaces & s->any)) {
        return 0;
    }

    pos = s->base + (size_t) to;
    k = s->cursor;

    while (k > s->first && pos <= s->segs[k].text) {
        k--;
    }

    while (k + 1 < s->last && pos > s->segs[k + 1].text) {
        k++;
    }

    s->cursor = k;
    surfaces = s->segs[k].surfaces | s->surfaces;

    if (!(e->surfaces & surfaces)) {
        return 0;
    }

    probe = &rs->probes[e->first];

    for (end = probe + e->n; probe < end; probe++) {
        if (rs->rules[probe->rule].surfaces & surfaces) {
            add_hit(s, probe, pos, k);
        }
    }

    return s->overflow;
}


mcp_rc_t
mcp_scan_block(mcp_scan_t *s, size_t first, size_t last)
{
    size_t      i, len;
    hs_error_t  rc;

    if (s->rules->database == NULL || s->overflow) {
        return MCP_OK;
    }

    s->first = first;
    s->last = last;
    s->base = s->segs[first].text;
    s->cursor = first;
    s->active_n = 0;
    s->scan++;

    len = s->segs[last - 1].text + s->segs[last - 1].len - s->base;
    s->end = s->base + len;

    rc = hs_scan(s->rules->database, (const char *) s->text + s->base,
                 (unsigned) len, 0, s->scratch, on_match, s);

    if (rc != HS_SUCCESS && rc != HS_SCAN_TERMINATED) {
        s->failed = 1;
        return MCP_ERROR;
    }

    for (i = 0; i < s->active_n; i++) {
        if (s->pending[s->active[i]].active) {
            flush(s, s->active[i]);
        }
    }

    return MCP_OK;
}
