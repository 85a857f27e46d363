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
#include "mcp_joint_int.h"

#include <stdlib.h>
#include <string.h>


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


static int
is_only(const mcp_byteset_t *set, const unsigned char *text, size_t from,
    size_t to)
{
    return from >= to
           || mcp_byteset_span(set, text + from, to - from) == to - from;
}


/*
 * Which ends of its text a match may cross that has something which ends at
 * pos: it goes as far as its reach, and as bytes of its alphabet do.
 */
static unsigned
may_cross(const mcp_scan_t *s, uint32_t rule, const mcp_segment_t *seg,
    size_t pos)
{
    size_t                 far, end;
    unsigned               where;
    const mcp_rule_int_t  *ri = &s->rules->ints[rule];

    where = 0;
    end = (size_t) seg->text + seg->len;

    /* a short text is joined as a whole, of others only the ends count */

    far = (seg->len <= 2 * SIDE) ? seg->len : SIDE;
    far = (ri->reach + NARROW < far) ? ri->reach + NARROW : far;

    if (pos <= seg->text + far
        && (pos <= (size_t) seg->text + NARROW
            || is_only(&ri->alphabet, s->text, seg->text, pos - NARROW)))
    {
        where |= SEEN_HEAD;
    }

    if (pos + far >= end && is_only(&ri->alphabet, s->text, pos + 1, end)) {
        where |= SEEN_END;
    }

    return where;
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

    where = (seg == NULL) ? SEEN_HEAD | SEEN_END : may_cross(s, rule, seg, pos);

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

    j->again[j->runs_n] = 0;
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
    j->again[j->runs_n - 1] = 1;
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
        return mcp_joints_scan(s, text, segs);
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
    j->growing_end = 0;
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
    tail->hot[n] = j->growing_end;
    tail->own[n] = 0;

    if (p->len < len - from) {
        tail->hot[n] |= j->growing_hot;
    }

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
    j->growing_end = tail->hot[n];
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
    uint8_t         surfaces, hot, end;
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
    end = j->growing_end;
    rc = close_run(s, text, segs);

    open_run(j, surfaces);
    j->growing_hot = hot;
    j->growing_end = end;

    while (n-- > 0) {
        add(j, last + (pieces[n].at - skip), pieces[n].len,
            pieces[n].segment, pieces[n].from);
    }

    return rc;
}


/*
 * Another text comes next, of which the scan has seen something, or not: what
 * may go on in it, or begin before it, makes the run worth a scan.
 */
static void
note(mcp_joints_t *j, unsigned seen)
{
    if (j->pieces_n > j->start_piece) {
        j->growing_hot |= j->growing_end | ((seen & SEEN_HEAD) != 0);
    }

    j->growing_end = (seen & SEEN_END) != 0;
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
        note(j, mcp_joints_seen(j, n));
        add(j, p, len, (uint32_t) n, 0);
        return rc;
    }

    note(j, mcp_joints_seen(j, n));
    add(j, p, cut_before(p, len, SIDE), (uint32_t) n, 0);

    if (close_run(s, text, segs) != MCP_OK) {
        rc = MCP_ERROR;
    }

    open_run(j, surfaces);
    j->growing_end = was_seen(j, n, SEEN_END);
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
    tail->hot[n] = was_seen(j, only, SEEN_END);
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
        rc = mcp_joints_scan(s, text, segs);
    }

    memcpy(s->findings, j->found, j->found_n * sizeof(mcp_finding_t));
    s->findings_n = j->found_n;

    return rc;
}
