/*
 * The matcher.
 *
 * Vectorscan tells where to look, in a copy of the text in which all white
 * space is ' ', so that words are literals however lines are broken.  A few
 * bytes around a hit decide most hits; for the others the whole pattern runs
 * there, and only there: PCRE2 may start a match at lo .. hi, as the prefilter
 * knows, and may not look further than the pattern reaches.  Hits of a rule
 * that lie close together are confirmed in one go, and no start is tried
 * twice, so the cost is bounded by the text for all but nasty input; what is
 * left of that is bounded by a budget of steps for each message.  Past it the
 * message counts as one that cannot be inspected.
 *
 * The text of a hit is the value that it is in, together with the member name
 * before it, so that "password:..." is seen as in YAML.
 */

#include "mcp_chars.h"
#include "mcp_scan_int.h"
#include "mcp_siphash.h"

#include <stdlib.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif


#define MATCH_LIMIT   200000          /* backtracks of one confirmation      */
#define STACK_SIZE    (256 * 1024)    /* of the JIT                          */
#define NEAR          48              /* hits so close are confirmed together */
#define PIECE         (32 * 1024)     /* bytes that are matched at a time    */
#define LEAD          2               /* before a text: where a needle begins
                                         with what comes before it           */


mcp_scan_t *
mcp_scan_create(const mcp_rules_t *rules)
{
    unsigned     i;
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
    s->joints = mcp_joints_create();
    s->plain = malloc(PIECE + 2 * MCP_NEEDLE_MARGIN + MCP_DATABASE_ALIGN);

    if (s->plain == NULL || s->pending == NULL || s->active == NULL
        || s->match == NULL || s->context == NULL || s->stack == NULL
        || s->views == NULL || s->joints == NULL)
    {
        mcp_scan_destroy(s);
        return NULL;
    }

    pcre2_jit_stack_assign(s->context, NULL, s->stack);
    (void) pcre2_set_match_limit(s->context, MATCH_LIMIT);
    (void) pcre2_set_depth_limit(s->context, MATCH_LIMIT);

    /* one scratch that is large enough for each */

    for (i = 0; i < MCP_MATCHERS; i++) {

        if (rules->matcher[i].database != NULL
            && hs_alloc_scratch(rules->matcher[i].database, &s->scratch)
               != HS_SUCCESS)
        {
            mcp_scan_destroy(s);
            return NULL;
        }
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
    mcp_known_destroy(s->known);
    free(s->joints);
    free(s->plain);
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
    mcp_joints_start(s->joints);
}


void
mcp_scan_remember(mcp_scan_t *s)
{
    if (s->known == NULL) {
        s->known = mcp_known_create();
    }
}


void
mcp_scan_costs(mcp_scan_t *s, mcp_cost_t *costs, uint64_t (*now)(void))
{
    s->costs = costs;
    s->now = now;
}


void
mcp_scan_add(mcp_scan_t *s, uint32_t rule, uint32_t segment, size_t from,
    size_t to)
{
    size_t                i;
    uint16_t              digest;
    mcp_finding_t        *f;
    const mcp_segment_t  *seg = &s->segs[segment];

    if (s->costs != NULL) {
        s->costs[rule].found++;
    }

    digest = (uint16_t) mcp_siphash(s->rules->key, s->text + from, to - from);

    from -= seg->text;
    to -= seg->text;

    if (s->view != NULL) {
        mcp_view_span(s->view, from, to, &from, &to);
        segment = s->target;
    }

    /* the same again: mostly a view that shows what the text shows */

    for (i = s->findings_n;
         i > s->window_n && (s->view != NULL || i + 16 > s->findings_n); i--)
    {
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


/* Most patterns are machine code, without what pcre2_match() does first. */
static int
match(mcp_scan_t *s, const pcre2_code *code, int jit,
    const unsigned char *text, size_t len, size_t start)
{
    if (jit) {
        return pcre2_jit_match(code, text, len, start, 0, s->match,
                               s->context);
    }

    return pcre2_match(code, text, len, start, 0, s->match, s->context);
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
    rc = match(s, ri->unless, ri->unless_jit, s->text + from, len, 0);

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
    uint64_t               began;
    unsigned               found;
    PCRE2_SIZE            *ov;
    const mcp_rule_int_t  *ri = &s->rules->ints[rule];

    if (lo < from) {
        lo = from;
    }

    if (hi < from || lo >= to) {
        return 0;
    }

    /* two bytes more, or a line break behind the match were the end to $ */

    end = (to - hi > ri->reach + 2) ? hi + ri->reach + 2 : to;

    /*
     * A match ends where the alphabet of the rule does; one byte more is a
     * boundary, one more what that boundary may look at.  A run may have been
     * left before its end, by a hit whose reach ended earlier.
     */

    if (p->run_from <= hi + 1 && hi + 1 <= p->run_end
        && p->run_end + 2 < end && !ri->alphabet.in[s->text[p->run_end]])
    {
        end = p->run_end + 2;
    }

    found = 0;
    start = lo - from;
    began = (s->costs != NULL) ? s->now() : 0;

    while (start <= hi - from) {

        (void) pcre2_set_offset_limit(s->context, hi - from);

        if (s->costs != NULL) {
            s->costs[rule].runs++;
        }

        rc = match(s, ri->code, ri->code_jit, s->text + from, end - from,
                   start);

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

    if (s->costs != NULL) {
        s->costs[rule].time += s->now() - began;
    }

    if (start > hi - from + 1 && start + from > p->done_hi + 1) {
        p->done_hi = start + from - 1;
    }

    return found;
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

    /* what lies between two hits was not tried */

    if (p->tried && lo >= p->done_lo && lo <= p->done_hi + 1) {

        if (hi <= p->done_hi) {
            return;
        }

        lo = p->done_hi + 1;

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

        if (k + 1 < s->last && mcp_segment_is_pair(seg, seg + 1)) {
            to = seg[1].text + seg[1].len;

        } else if (ri->anchored) {
            return;
        }

    } else {

        if (k > s->first && mcp_segment_is_pair(seg - 1, seg)) {
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
 * Is there a run of n bytes of a set in from .. to?  Looks at each n-th byte,
 * and back from it as far as the set goes.
 */
static int
has_run(mcp_scan_t *s, const mcp_re_set_t *set, size_t n, size_t from,
    size_t to)
{
    size_t  i, k, steps;

    steps = 1;

    for (i = from; to - i >= n; i = k + 1) {

        for (k = i + n - 1; mcp_re_has(set, s->text[k]); k--) {
            if (k == i) {
                return 1;             /* who comes next pays                 */
            }
        }

        steps += i + n - k;
    }

    (void) spend(s, steps);

    return 0;
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
    size_t    a, end;
    uint32_t  left;

    end = (s->end - hi > ri->reach + 1) ? hi + ri->reach + 1 : s->end;
    a = hi + 1;

    /*
     * "[^.]{0,40}(?:[0-9]+|all)" has no bound, but goes no further than 43
     * bytes and the digits that are there.
     */

    if (ri->finite != MCP_RE_INF) {

        for (left = ri->finite; a < end && ri->alphabet.in[s->text[a]]; a++) {
            if (!mcp_re_has(&ri->open, s->text[a]) && left-- == 0) {
                break;
            }
        }

        end = a;
        a = hi + 1;
    }

    if (p->run_from <= a && a < p->run_end) {
        a = p->run_end;

    } else {
        p->run_from = a;
    }

    if (a < end) {
        a += mcp_byteset_span(&ri->alphabet, s->text + a, end - a);
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
    size_t                 lo, hi, floor, end;
    mcp_pending_t         *p = &s->pending[probe->rule];
    const mcp_rule_int_t  *ri;

    if (mcp_joints_hit(s, probe->rule, segment, pos)) {
        return;
    }

    floor = s->segs[segment].text;

    if (segment > s->first && !s->segs[segment].key
        && mcp_segment_is_pair(&s->segs[segment - 1], &s->segs[segment]))
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
        p->run_from = 0;
        p->run_end = 0;
    }

    if (p->tried && lo >= p->done_lo && hi <= p->done_hi) {
        return;
    }

    ri = &s->rules->ints[probe->rule];

    /* mostly there are few places, or none, where a match could begin */

    while (lo <= hi && !ri->start[s->text[lo]]) {
        lo++;
    }

    if (lo > hi) {
        return;
    }

    while (!ri->start[s->text[hi]]) {
        hi--;
    }

    if (ri->run_n > 0) {

        end = (s->end - hi > ri->reach) ? hi + ri->reach : s->end;

        if (!has_run(s, &ri->run, ri->run_n, lo, end)) {
            return;
        }
    }

    if (!pay(s, p, ri, lo, hi)) {
        return;
    }

    if (p->active) {

        if (p->segment == segment && lo <= p->hi + NEAR
            && p->lo <= hi + NEAR)
        {
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


/* Do the bytes around a hit fit?  pos is its end in s->text. */
static int
fits(const mcp_scan_t *s, const mcp_probe_t *probe, size_t pos)
{
    unsigned              i, n;
    const uint16_t       *row;
    const mcp_re_set_t   *sets = s->rules->sets;
    const unsigned char  *p;

    row = &s->rules->row[probe->row];
    n = probe->after;

    if (n > s->end - pos
        || (size_t) probe->before + probe->core > pos - s->base)
    {
        return 0;
    }

    p = s->text + pos;
    row += probe->before;

    for (i = 0; i < n; i++) {
        if (!mcp_re_has(&sets[row[i]], p[i])) {
            return 0;
        }
    }

    p -= probe->core + 1;
    row -= probe->before;

    for (i = 0; i < probe->before; i++) {
        if (!mcp_re_has(&sets[row[i]], p[-(ptrdiff_t) i])) {
            return 0;
        }
    }

    if (probe->word) {
        p -= probe->before;

        return p < s->text + s->base || !mcp_is_word(*p);
    }

    return 1;
}


/* Something was found that ends at pos.  1: enough. */
static int
on_target(mcp_scan_t *s, const mcp_target_t *t, size_t pos)
{
    size_t              k;
    uint8_t             surfaces;
    const mcp_rules_t  *rs = s->rules;
    const mcp_probe_t  *probe, *end;

    k = s->cursor;

    while (k > s->first && pos <= s->segs[k].text) {
        k--;
    }

    while (k + 1 < s->last && pos > s->segs[k + 1].text) {
        k++;
    }

    s->cursor = k;
    surfaces = s->segs[k].surfaces | s->surfaces;

    if (!(t->surfaces & surfaces)) {
        return 0;
    }

    probe = &s->matcher->probes[t->first];

    for (end = probe + t->n; probe < end; probe++) {

        if (!(rs->rules[probe->rule].surfaces & surfaces)) {
            continue;
        }

        if (s->costs != NULL) {
            s->costs[probe->rule].seen++;
            s->costs[probe->rule].fits += fits(s, probe, pos);
        }

        if (fits(s, probe, pos)) {
            add_hit(s, probe, pos, k);
        }
    }

    return s->overflow;
}


/* Of Vectorscan, which gets the margin before a piece as well. */
static int
on_expression(void *data, unsigned id, size_t end)
{
    mcp_scan_t  *s = data;

    if (end <= s->margin) {
        return 0;                     /* was in the piece before             */
    }

    return on_target(s, &s->matcher->targets[id], s->piece - s->margin + end);
}


static int
on_needle(void *data, unsigned number, ptrdiff_t end)
{
    mcp_scan_t  *s = data;

    end += (ptrdiff_t) s->piece - (s->margin ? 0 : LEAD);

    if (end <= (ptrdiff_t) s->base || end > (ptrdiff_t) s->end) {
        return 0;                     /* outside of the text                 */
    }

    return on_target(s, &s->matcher->targets[s->matcher->expressions_n
                                             + number], (size_t) end);
}


/* All white space becomes ' '. */
static void
make_plain(unsigned char *out, const unsigned char *p, size_t n)
{
    size_t  i = 0;

#if defined(__SSE2__)

    __m128i  v, x, white;

    for ( /* void */ ; i + 16 <= n; i += 16) {

        v = _mm_loadu_si128((const __m128i *) (const void *) (p + i));

        /* 9 .. 13: unsigned v - 9 <= 4 */

        x = _mm_sub_epi8(v, _mm_set1_epi8(9));
        white = _mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(4)), x);
        v = _mm_or_si128(_mm_andnot_si128(white, v),
                         _mm_and_si128(white, _mm_set1_epi8(' ')));

        _mm_storeu_si128((__m128i *) (void *) (out + i), v);
    }

#endif

    for ( /* void */ ; i < n; i++) {
        out[i] = (p[i] >= '\t' && p[i] <= '\r') ? ' ' : p[i];
    }
}


/*
 * Runs a matcher over the block, piece by piece; what comes before and behind
 * a piece stands in its margins.
 */
static mcp_rc_t
run_matcher(mcp_scan_t *s, const mcp_matcher_t *m)
{
    size_t          n, lead, after;
    mcp_rc_t        rc;
    unsigned char  *plain;

    plain = mcp_database_align(s->plain) + MCP_NEEDLE_MARGIN;

    s->matcher = m;
    s->cursor = s->first;
    s->margin = 0;
    memset(plain - MCP_NEEDLE_MARGIN, 0, MCP_NEEDLE_MARGIN);

    for (s->piece = s->base; s->piece < s->end; s->piece += n) {

        n = s->end - s->piece;
        n = (n < PIECE) ? n : PIECE;
        after = s->end - s->piece - n;
        after = (after < MCP_NEEDLE_MARGIN) ? after : MCP_NEEDLE_MARGIN;

        make_plain(plain - s->margin, s->text + s->piece - s->margin,
                   s->margin + n + after);
        memset(plain + n + after, 0, MCP_NEEDLE_MARGIN - after);

        if (m->database != NULL) {

            rc = mcp_database_scan(m->database, m->narrow, plain - s->margin,
                                   s->margin + n, s->scratch, on_expression,
                                   s);

            if (rc != MCP_OK) {
                s->failed = 1;
                return rc;
            }
        }

        if (m->needles != NULL) {
            lead = s->margin ? 0 : LEAD;
            mcp_needles_scan(m->needles, plain - lead, lead + n, on_needle,
                             s);
        }

        if (s->overflow) {
            break;
        }

        s->margin = MCP_NEEDLE_MARGIN;
    }

    return MCP_OK;
}


mcp_rc_t
mcp_scan_block(mcp_scan_t *s, size_t first, size_t last)
{
    size_t    i;
    mcp_rc_t  rc;

    if (s->overflow) {
        return MCP_OK;
    }

    s->first = first;
    s->last = last;
    s->base = s->segs[first].text;
    s->end = s->segs[last - 1].text + s->segs[last - 1].len;
    s->active_n = 0;
    s->scan++;

    rc = MCP_OK;

    if (s->any & MCP_SURFACE_ARGUMENTS) {
        rc = run_matcher(s, &s->rules->matcher[MCP_MATCHER_ARGUMENTS]);
    }

    if (rc == MCP_OK && (s->any & ~MCP_SURFACE_ARGUMENTS)) {

        /* what only descriptions are asked for costs results nothing */

        i = (s->any & MCP_SURFACE_DESCRIPTION) ? MCP_MATCHER_DESCRIPTION
                                               : MCP_MATCHER_TEXT;
        rc = run_matcher(s, &s->rules->matcher[i]);
    }

    for (i = 0; i < s->active_n && rc == MCP_OK; i++) {
        if (s->pending[s->active[i]].active) {
            flush(s, s->active[i]);
        }
    }

    return rc;
}
