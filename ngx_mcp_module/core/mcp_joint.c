/*
 * Joints.
 *
 * Texts that follow each other make a run: of a long one its beginning ends
 * a run, and its end begins the next.  Where letters meet, nobody knows
 * whether there was a blank, so the run is looked at with and without it.
 *
 * A pattern that holds in a run has something that is looked for in one of
 * the texts, where the scan of that has seen it, or right at a joint.  So of
 * most runs only a few bytes around each joint are matched, of many runs at
 * a time; the whole run is scanned where either has shown something, or where
 * a joint may be part of an encoding.
 */

#include "mcp_chars.h"
#include "mcp_joint.h"
#include "mcp_scan_int.h"

#include <stdlib.h>
#include <string.h>


#define SIDE         MCP_JOINT_SIDE
#define RUN_TEXT     2048            /* bytes of a run                       */
#define RUN_PIECES   128
#define KEEP_PIECES  64              /* that may go on in the next run       */
#define NARROW       32              /* bytes on each side of a joint: what
                                        the prefilter looks at, and more     */
#define TEXT         16384           /* of runs that are scanned together    */
#define RUNS         64
#define PIECES       1024
#define SECRET_PARTS 4               /* a credential in more is a list       */
#define SEEN         64              /* texts in which something was seen    */

#define SEEN_HEAD    1
#define SEEN_END     2

#define NOWHERE      UINT32_MAX      /* segment of an earlier message        */


/* A part of a run: len bytes of a segment from an offset in it. */
typedef struct {
    uint32_t  at;                    /* in the text of the joints            */
    uint32_t  len;
    uint32_t  segment;
    uint32_t  from;
} piece_t;

/* Where the scan of a text saw something that a rule looks for. */
typedef struct {
    uint32_t  segment;
    unsigned  where;                 /* near its beginning, its end: bits    */
} seen_t;

struct mcp_joints_s {
    size_t          len;
    size_t          runs_n;
    size_t          pieces_n;

    /* the run that is growing, behind the others */
    size_t          start;
    size_t          start_piece;
    uint8_t         surfaces;        /* 0: there is none                     */
    uint8_t         growing_hot;

    size_t          narrow_len;
    size_t          places_n;
    size_t          found_n;
    size_t          seen_n;          /* SEEN: there may be more              */
    seen_t          seen[SEEN];

    unsigned char   text[TEXT];
    mcp_segment_t   runs[RUNS];
    uint32_t        first[RUNS];     /* piece of each                        */
    uint8_t         hot[RUNS];       /* 1: worth the whole scan              */
    piece_t         pieces[PIECES];

    /* what is around the joints of all runs; item: number of the run */
    unsigned char   narrow[TEXT + PIECES];
    mcp_segment_t   places[PIECES];

    mcp_finding_t   found[MCP_MAX_FINDINGS];
};


mcp_joints_t *
mcp_joints_create(void)
{
    return calloc(1, sizeof(mcp_joints_t));
}


void
mcp_joints_start(mcp_joints_t *j)
{
    j->seen_n = 0;
}


static int
is_joined(mcp_category_t category)
{
    return category == MCP_CAT_SECRET || category == MCP_CAT_INJECTION
           || category == MCP_CAT_POISONING;
}


unsigned
mcp_joints_seen(const mcp_joints_t *j, size_t segment)
{
    size_t  i;

    if (j->seen_n == SEEN) {
        return SEEN_HEAD | SEEN_END;
    }

    for (i = 0; i < j->seen_n; i++) {
        if (j->seen[i].segment == segment) {
            return j->seen[i].where;
        }
    }

    return 0;
}


static uint8_t
was_seen(const mcp_joints_t *j, size_t segment, unsigned where)
{
    return (mcp_joints_seen(j, segment) & where) != 0;
}


void
mcp_joints_saw(mcp_joints_t *j, size_t segment, unsigned seen)
{
    size_t  i;

    if (seen == 0 || j->seen_n == SEEN) {
        return;
    }

    for (i = j->seen_n; i > 0 && j->seen[i - 1].segment != segment; i--) {
        /* void */
    }

    if (i == 0) {
        i = ++j->seen_n;
        memset(&j->seen[i - 1], 0, sizeof(seen_t));
        j->seen[i - 1].segment = (uint32_t) segment;
    }

    j->seen[i - 1].where |= seen;
}


int
mcp_joints_hit(mcp_scan_t *s, uint32_t rule, size_t segment, size_t pos)
{
    unsigned              where;
    mcp_joints_t         *j = s->joints;
    const mcp_segment_t  *seg;

    if (s->joint == MCP_JOINT_NARROW) {

        if (is_joined(s->rules->rules[rule].category)) {
            j->hot[s->segs[segment].item] = 1;
        }

        return 1;
    }

    seg = (s->view != NULL) ? NULL : &s->segs[segment];

    if (s->joint || (seg != NULL && !seg->block) || j->seen_n == SEEN
        || !is_joined(s->rules->rules[rule].category))
    {
        return 0;
    }

    if (seg == NULL) {
        segment = s->target;          /* where in it is hard to tell         */
    }

    where = 0;

    if (seg == NULL || pos <= (size_t) seg->text + SIDE) {
        where |= SEEN_HEAD;
    }

    if (seg == NULL || pos + SIDE >= (size_t) seg->text + seg->len) {
        where |= SEEN_END;
    }

    mcp_joints_saw(j, segment, where);

    return 0;
}


void
mcp_tail_reset(mcp_tail_t *tail)
{
    memset(tail->len, 0, sizeof(tail->len));
    memset(tail->hot, 0, sizeof(tail->hot));
    memset(tail->own, 0, sizeof(tail->own));
}


void
mcp_tail_copy(mcp_tail_t *to, const mcp_tail_t *from)
{
    size_t  i;

    mcp_tail_reset(to);

    for (i = 0; i < MCP_JOINT_SURFACES; i++) {
        to->len[i] = from->len[i];
        to->hot[i] = from->hot[i];
        memcpy(to->text[i], from->text[i], from->len[i]);
    }
}


static unsigned
surface_number(uint8_t surfaces)
{
    unsigned  n;

    /* params that come before their method may be all that servers send */

    if (surfaces & MCP_SURFACE_LOG) {
        surfaces = MCP_SURFACE_LOG;
    }

    for (n = 0; n < MCP_JOINT_SURFACES - 1 && !(surfaces >> n & 1); n++) {
        /* void */
    }

    return n;
}


static int
is_letter(unsigned char c)
{
    return mcp_is_word(c) || c >= 0x80;
}


/* Where to cut at or before n, between characters. */
static size_t
cut_before(const unsigned char *p, size_t len, size_t n)
{
    if (n >= len) {
        return len;
    }

    while (n > 0 && (p[n] & 0xc0) == 0x80) {
        n--;
    }

    return n;
}


/* Where the last n bytes begin, between characters. */
static size_t
cut_behind(const unsigned char *p, size_t len, size_t n)
{
    n = (n < len) ? len - n : 0;

    while (n > 0 && n < len && (p[n] & 0xc0) == 0x80) {
        n++;
    }

    return n;
}


static void
add(mcp_joints_t *j, const unsigned char *data, size_t len, uint32_t segment,
    size_t from)
{
    piece_t  *p;

    if (len == 0) {
        return;
    }

    p = &j->pieces[j->pieces_n++];
    p->at = (uint32_t) j->len;
    p->len = (uint32_t) len;
    p->segment = segment;
    p->from = (uint32_t) from;

    memcpy(j->text + j->len, data, len);
    j->len += len;
}


/* Makes what stands behind the runs one of them. */
static void
end_run(mcp_joints_t *j, size_t start, size_t start_piece)
{
    mcp_segment_t  *run;

    run = &j->runs[j->runs_n];
    memset(run, 0, sizeof(mcp_segment_t));

    run->text = (uint32_t) start;
    run->len = (uint32_t) (j->len - start);
    run->surfaces = j->surfaces;

    j->hot[j->runs_n] = j->growing_hot;
    j->first[j->runs_n++] = (uint32_t) start_piece;

    j->text[j->len++] = '\n';
}


/* The same run once more, with blanks where letters meet. */
static void
space_out(mcp_joints_t *j, size_t start_piece, size_t n)
{
    int       apart;
    size_t    i, start, first;
    piece_t  *p;

    for (i = 1, apart = 0; i < n && !apart; i++) {
        p = &j->pieces[start_piece + i];
        apart = is_letter(j->text[p->at - 1]) && is_letter(j->text[p->at]);
    }

    if (!apart) {
        return;
    }

    start = j->len;
    first = j->pieces_n;

    for (i = 0; i < n; i++) {
        p = &j->pieces[start_piece + i];

        if (i > 0 && is_letter(j->text[p->at - 1])
            && is_letter(j->text[p->at]))
        {
            j->text[j->len++] = ' ';
        }

        add(j, j->text + p->at, p->len, p->segment, p->from);
    }

    end_run(j, start, first);
}


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

        if (at > to + NARROW) {

            if (to > from) {
                look_at(j, run, from, to);
            }

            from = at - NARROW;
        }

        to = (at + NARROW < end) ? at + NARROW : end;
    }

    if (!j->hot[run]) {
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


/* Scans the runs that were gathered. */
static mcp_rc_t
scan_runs(mcp_scan_t *s, const unsigned char *text, const mcp_segment_t *segs)
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


/*
 * Ends the run that is growing.  With one piece there is no joint in it; with
 * more it is kept for the scan, which happens when there may be no room for
 * another run.
 */
static mcp_rc_t
close_run(mcp_scan_t *s, const unsigned char *text, const mcp_segment_t *segs)
{
    size_t         n;
    mcp_joints_t  *j = s->joints;

    n = j->pieces_n - j->start_piece;

    if (n < 2) {
        j->len = j->start;
        j->pieces_n = j->start_piece;

    } else {
        end_run(j, j->start, j->start_piece);
        space_out(j, j->start_piece, n);
    }

    j->surfaces = 0;

    if (j->len + 2 * (RUN_TEXT + RUN_PIECES) > TEXT || j->runs_n + 2 > RUNS
        || j->pieces_n + 2 * RUN_PIECES > PIECES)
    {
        return scan_runs(s, text, segs);
    }

    return MCP_OK;
}


static void
open_run(mcp_joints_t *j, uint8_t surfaces)
{
    j->start = j->len;
    j->start_piece = j->pieces_n;
    j->surfaces = surfaces;
    j->growing_hot = 0;
}


/* How the run that is growing ends becomes the tail of its surface. */
static void
keep_tail(const mcp_joints_t *j, mcp_tail_t *tail)
{
    size_t          from, len;
    unsigned        n;
    const piece_t  *p;

    n = surface_number(j->surfaces);
    len = j->len - j->start;
    from = cut_behind(j->text + j->start, len, SIDE);

    tail->len[n] = (uint16_t) (len - from);
    memcpy(tail->text[n], j->text + j->start + from, len - from);

    p = &j->pieces[j->pieces_n - 1];
    tail->hot[n] = j->growing_hot;
    tail->own[n] = 0;

    if (p->segment != NOWHERE) {
        tail->own[n] = (uint16_t) ((p->len < len - from) ? p->len
                                                         : len - from);
        tail->segment[n] = p->segment;
        tail->from[n] = p->from + p->len - tail->own[n];
    }
}


/* Begins a run with how the texts of a surface ended. */
static void
take_up(mcp_joints_t *j, const mcp_tail_t *tail, uint8_t surfaces)
{
    size_t    other;
    unsigned  n;

    open_run(j, surfaces);

    n = surface_number(surfaces);
    j->growing_hot = tail->hot[n];
    other = tail->len[n] - tail->own[n];

    add(j, tail->text[n], other, NOWHERE, 0);
    add(j, tail->text[n] + other, tail->own[n], tail->segment[n],
        tail->from[n]);
}


/* The run has become long: it ends, and its last pieces begin another. */
static mcp_rc_t
slide(mcp_scan_t *s, const unsigned char *text, const mcp_segment_t *segs)
{
    size_t          i, n, skip;
    uint8_t         surfaces, hot;
    mcp_rc_t        rc;
    piece_t         pieces[KEEP_PIECES];
    unsigned char   last[SIDE];
    mcp_joints_t   *j = s->joints;
    const piece_t  *p;

    surfaces = j->surfaces;
    skip = (j->len - j->start > SIDE) ? j->len - SIDE : j->start;

    for (n = 0; n < KEEP_PIECES && n < j->pieces_n - j->start_piece; n++) {

        p = &j->pieces[j->pieces_n - 1 - n];

        if (p->at + p->len <= skip) {
            break;
        }

        pieces[n] = *p;

        if (p->at < skip) {
            i = cut_behind(j->text + p->at, p->len, p->at + p->len - skip);

            pieces[n].at += (uint32_t) i;
            pieces[n].from += (uint32_t) i;
            pieces[n].len -= (uint32_t) i;
        }
    }

    memcpy(last, j->text + skip, j->len - skip);

    hot = j->growing_hot;
    rc = close_run(s, text, segs);

    open_run(j, surfaces);
    j->growing_hot = hot;

    while (n-- > 0) {
        add(j, last + (pieces[n].at - skip), pieces[n].len,
            pieces[n].segment, pieces[n].from);
    }

    return rc;
}


static mcp_rc_t
join(mcp_scan_t *s, const unsigned char *text, const mcp_segment_t *segs,
    size_t n, mcp_tail_t *tail)
{
    size_t                len, head;
    uint8_t               surfaces;
    mcp_rc_t              rc;
    mcp_joints_t         *j = s->joints;
    const unsigned char  *p;

    p = text + segs[n].text;
    len = segs[n].len;
    surfaces = segs[n].surfaces;
    rc = MCP_OK;

    if (j->surfaces != surfaces) {

        if (j->surfaces != 0) {
            keep_tail(j, tail);
            rc = close_run(s, text, segs);
        }

        take_up(j, tail, surfaces);
    }

    if (j->len - j->start > RUN_TEXT - 2 * SIDE
        || j->pieces_n - j->start_piece == RUN_PIECES)
    {
        if (slide(s, text, segs) != MCP_OK) {
            rc = MCP_ERROR;
        }
    }

    if (len <= 2 * SIDE) {
        j->growing_hot |= was_seen(j, n, SEEN_HEAD | SEEN_END);
        add(j, p, len, (uint32_t) n, 0);
        return rc;
    }

    j->growing_hot |= was_seen(j, n, SEEN_HEAD);
    add(j, p, cut_before(p, len, SIDE), (uint32_t) n, 0);

    if (close_run(s, text, segs) != MCP_OK) {
        rc = MCP_ERROR;
    }

    open_run(j, surfaces);
    j->growing_hot = was_seen(j, n, SEEN_END);
    head = cut_behind(p, len, SIDE);
    add(j, p + head, len - head, (uint32_t) n, head);

    return rc;
}


static int
is_text(const mcp_segment_t *seg)
{
    return seg->block && !seg->key && seg->surfaces != 0;
}


/* The usual message: one text, and none before it.  0: it is not that. */
static int
only_text(const mcp_joints_t *j, const unsigned char *text,
    const mcp_segment_t *segs, size_t first, size_t last, mcp_tail_t *tail)
{
    size_t                i, only, from;
    unsigned              n;
    const mcp_segment_t  *seg;

    only = last;

    for (i = first; i < last; i++) {

        if (!is_text(&segs[i])) {
            continue;
        }

        if (only != last) {
            return 0;
        }

        only = i;
    }

    if (only == last) {
        return 1;
    }

    seg = &segs[only];
    n = surface_number(seg->surfaces);

    if (tail->len[n] != 0) {
        return 0;
    }

    from = cut_behind(text + seg->text, seg->len, SIDE);

    tail->len[n] = (uint16_t) (seg->len - from);
    tail->own[n] = tail->len[n];
    tail->hot[n] = was_seen(j, only, seg->len <= 2 * SIDE ? SEEN_HEAD | SEEN_END
                                                      : SEEN_END);
    tail->segment[n] = (uint32_t) only;
    tail->from[n] = (uint32_t) from;
    memcpy(tail->text[n], text + seg->text + from, seg->len - from);

    return 1;
}


mcp_rc_t
mcp_scan_joints(mcp_scan_t *s, const unsigned char *text,
    const mcp_segment_t *segs, size_t first, size_t last, mcp_tail_t *tail)
{
    size_t         i;
    mcp_rc_t       rc;
    mcp_joints_t  *j = s->joints;

    if (only_text(j, text, segs, first, last, tail)) {
        s->findings_n = 0;
        return MCP_OK;
    }

    j->len = 0;
    j->runs_n = 0;
    j->pieces_n = 0;
    j->found_n = 0;
    j->surfaces = 0;

    for (i = first; i < last; i++) {
        if (is_text(&segs[i])
            && join(s, text, segs, i, tail) != MCP_OK)
        {
            return MCP_ERROR;
        }
    }

    keep_tail(j, tail);

    rc = close_run(s, text, segs);

    if (rc == MCP_OK) {
        rc = scan_runs(s, text, segs);
    }

    memcpy(s->findings, j->found, j->found_n * sizeof(mcp_finding_t));
    s->findings_n = j->found_n;

    return rc;
}
