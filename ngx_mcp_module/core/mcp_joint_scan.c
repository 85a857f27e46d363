/*
 * The scan of texts that were put together, and what of it is told.
 */

#include "mcp_joint_int.h"

#include <string.h>


/* The other way to write the run has not shown the same. */
static int
is_new(const mcp_joints_t *j, const mcp_finding_t *f)
{
    size_t                i;
    const mcp_finding_t  *g;

    for (i = j->found_n; i > 0; i--) {
        g = &j->found[i - 1];

        if (g->rule == f->rule && g->segment == f->segment && g->from < f->to
            && f->from < g->to)
        {
            return 0;
        }
    }

    return 1;
}


/*
 * The part of a finding that lies in a piece.  Of a credential that goes on
 * where the piece was cut, all goes.
 */
static void
put(mcp_scan_t *s, const mcp_finding_t *f, const piece_t *p,
    const unsigned char *text, const mcp_segment_t *segs)
{
    size_t                from, to, len;
    mcp_joints_t         *j = s->joints;
    mcp_finding_t         part;
    const unsigned char  *t;

    from = (f->from > p->at) ? f->from - p->at : 0;
    to = (f->to < p->at + p->len) ? f->to - p->at : p->len;

    t = text + segs[p->segment].text;
    len = segs[p->segment].len;

    part = *f;
    part.segment = p->segment;
    part.from = (uint32_t) (p->from + from);
    to += p->from;

    if (to == p->from + p->len
        && s->rules->rules[f->rule].category == MCP_CAT_SECRET)
    {
        while (to < len && t[to] > ' ') {
            to++;
        }
    }

    part.to = (uint32_t) to;

    if (!is_new(j, &part)) {
        return;
    }

    if (j->found_n == MCP_MAX_FINDINGS) {
        s->overflow = 1;
        return;
    }

    j->found[j->found_n++] = part;
}


/* Takes what reaches over a joint; f: in a run. */
static void
take(mcp_scan_t *s, const mcp_finding_t *found, const unsigned char *text,
    const mcp_segment_t *segs)
{
    size_t          i, end, a, b;
    mcp_joints_t   *j = s->joints;
    mcp_finding_t   f;

    if (!is_joined(s->rules->rules[found->rule].category)) {
        return;
    }

    f = *found;
    i = f.segment;
    f.from += j->runs[i].text;
    f.to += j->runs[i].text;

    a = j->first[i];
    end = (i + 1 < j->runs_n) ? j->first[i + 1] : j->pieces_n;

    while (a + 1 < end && j->pieces[a].at + j->pieces[a].len <= f.from) {
        a++;
    }

    for (b = a; b + 1 < end && j->pieces[b + 1].at < f.to; b++) {
        /* void */
    }

    if (a == b || j->pieces[b].segment == NOWHERE) {
        return;
    }

    if (s->rules->rules[f.rule].category == MCP_CAT_SECRET
        && b - a >= SECRET_PARTS)
    {
        return;
    }

    put(s, &f, &j->pieces[b], text, segs);

    if (s->rules->rules[f.rule].category != MCP_CAT_SECRET) {
        return;
    }

    for (i = a; i < b; i++) {
        if (j->pieces[i].segment != NOWHERE) {
            put(s, &f, &j->pieces[i], text, segs);
        }
    }
}


/*
 * Signals add up in one text.  Where something reached over a joint, those of
 * the same run count in the text that it reached, so that a cut does not part
 * them.
 */
static void
lend_signals(mcp_scan_t *s, size_t first)
{
    size_t         i, k;
    mcp_joints_t  *j = s->joints;
    mcp_finding_t  f;

    for (i = 0; i < s->findings_n && j->found_n < MCP_MAX_FINDINGS; i++) {

        if (s->rules->rules[s->findings[i].rule].signal == 0
            || !is_joined(s->rules->rules[s->findings[i].rule].category))
        {
            continue;
        }

        f = j->found[first];

        for (k = 0; k < j->found_n; k++) {
            if (j->found[k].rule == s->findings[i].rule
                && j->found[k].segment == f.segment)
            {
                break;
            }
        }

        if (k == j->found_n) {
            f.rule = s->findings[i].rule;
            f.digest = s->findings[i].digest;
            f.layer = s->findings[i].layer;
            j->found[j->found_n++] = f;
        }
    }
}


/* Adds bytes of a run to those that are matched first. */
static void
look_at(mcp_joints_t *j, size_t run, size_t from, size_t to)
{
    mcp_segment_t  *place;

    if (mcp_text_probe(j->text + from, to - from) != 0) {
        j->hot[run] = 1;
        return;
    }

    place = &j->places[j->places_n++];
    memset(place, 0, sizeof(mcp_segment_t));

    place->text = (uint32_t) j->narrow_len;
    place->len = (uint32_t) (to - from);
    place->surfaces = j->runs[run].surfaces;
    place->item = (uint32_t) run;

    memcpy(j->narrow + j->narrow_len, j->text + from, to - from);
    j->narrow_len += to - from;
    j->narrow[j->narrow_len++] = '\n';
}


static void
look_at_joints(mcp_joints_t *j, size_t run)
{
    size_t  i, from, to, at, start, end, last;

    start = j->runs[run].text;
    end = start + j->runs[run].len;
    last = (run + 1 < j->runs_n) ? j->first[run + 1] : j->pieces_n;

    /* places that overlap are one */

    from = start;
    to = start;

    for (i = j->first[run] + 1; i < last && !j->hot[run]; i++) {

        at = j->pieces[i].at;

        /* of a run that is there again, only what differs */

        if (j->again[run] && at == j->pieces[i - 1].at + j->pieces[i - 1].len)
        {
            continue;
        }

        if (at > to + NARROW) {

            if (to > from) {
                look_at(j, run, from, to);
            }

            from = at - NARROW;
        }

        to = (at + NARROW < end) ? at + NARROW : end;
    }

    if (!j->hot[run] && to > from) {
        look_at(j, run, from, to);
    }
}


/*
 * Was the run clean before, with joints at the same places and as hot?  print
 * is of use when not, and all 0 where there can be none.
 */
static int
is_known(mcp_scan_t *s, size_t run, mcp_known_print_t *print)
{
    size_t                i, n, first, last;
    unsigned              mark;
    uint32_t              at[2 * RUN_PIECES];
    const mcp_joints_t   *j = s->joints;
    mcp_known_context_t   context;

    memset(print, 0, sizeof(mcp_known_print_t));

    first = j->first[run];
    last = (run + 1 < j->runs_n) ? j->first[run + 1] : j->pieces_n;

    if (s->known == NULL || s->costs != NULL || last - first > 2 * RUN_PIECES
        || j->runs[run].len < MCP_KNOWN_LEAST)
    {
        return 0;
    }

    at[0] = j->hot[run];

    for (i = first + 1, n = 1; i < last; i++) {
        at[n++] = j->pieces[i].at - j->runs[run].text;
    }

    memset(&context, 0, sizeof(context));
    context.surfaces = j->runs[run].surfaces;
    context.block = MCP_KNOWN_RUN;
    context.name = (const unsigned char *) at;
    context.name_len = n * sizeof(uint32_t);

    return mcp_known_print(s->known, &context, j->text + j->runs[run].text,
                           j->runs[run].len, print) == MCP_OK
           && mcp_known_find(s->known, print, &mark);
}


/* Nothing was found in a run. */
static void
remember(mcp_scan_t *s, const mcp_known_print_t *print)
{
    if ((print->word[0] | print->word[1]) != 0 && !mcp_scan_overflow(s)) {
        mcp_known_add(s->known, print, 0);
    }
}


mcp_rc_t
mcp_joints_scan(mcp_scan_t *s, const unsigned char *text,
    const mcp_segment_t *segs)
{
    size_t              i, k, found;
    uint8_t             known[RUNS];
    mcp_rc_t            rc;
    mcp_joints_t       *j = s->joints;
    mcp_known_print_t   print[RUNS];

    rc = MCP_OK;
    j->narrow_len = 0;
    j->places_n = 0;
    memset(known, 0, sizeof(known));

    for (i = 0; i < j->runs_n; i++) {

        known[i] = (uint8_t) is_known(s, i, &print[i]);

        if (!known[i] && !j->hot[i]) {
            look_at_joints(j, i);
        }
    }

    if (j->places_n != 0) {
        s->joint = MCP_JOINT_NARROW;
        rc = mcp_scan_segments(s, j->narrow, j->places, 0, j->places_n, 0);
    }

    s->joint = MCP_JOINT_WHOLE;

    for (i = 0; i < j->runs_n && rc == MCP_OK; i++) {

        if (known[i]) {
            continue;
        }

        if (j->again[i] && j->hot[i - 1]) {
            j->hot[i] = 1;
        }

        if (!j->hot[i]) {
            remember(s, &print[i]);
            continue;
        }

        s->findings_n = 0;
        rc = mcp_scan_segments(s, j->text, j->runs, i, i + 1, 0);

        found = j->found_n;

        for (k = 0; k < s->findings_n; k++) {
            take(s, &s->findings[k], text, segs);
        }

        if (j->found_n != found) {
            lend_signals(s, found);
        }

        if (s->findings_n == 0) {
            remember(s, &print[i]);
        }
    }

    s->joint = 0;

    j->len = 0;
    j->runs_n = 0;
    j->pieces_n = 0;

    return rc;
}
