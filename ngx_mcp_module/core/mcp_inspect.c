/*
 * The inspector: reading and judging.
 *
 * Scanning follows the arrival of the message in windows of whole segments,
 * so that no single call holds the event loop for a large body.  Windows end
 * behind a value: rules may look at a member name and its value together.
 */

#include "mcp_inspect_int.h"
#include "mcp_kind.h"

#include <stdlib.h>
#include <string.h>


#define WINDOW  (32 * 1024)     /* bytes of decoded text                     */
#define SIGNALS_NEAR  1200      /* bytes of text in which signals add up     */
#define KEEP    (2048 * 1024)   /* bytes kept between messages, each table   */


const mcp_exchange_t  mcp_no_exchange;


mcp_inspector_t *
mcp_inspector_create(void)
{
    mcp_inspector_t  *in;

    in = calloc(1, sizeof(mcp_inspector_t));
    if (in == NULL) {
        return NULL;
    }

    in->message = mcp_message_create();
    if (in->message == NULL) {
        free(in);
        return NULL;
    }

    mcp_rewrite_init(&in->rewrite);

    return in;
}


void
mcp_inspector_destroy(mcp_inspector_t *in)
{
    if (in == NULL) {
        return;
    }

    mcp_message_destroy(in->message);
    mcp_rewrite_free(&in->rewrite);
    mcp_buf_free(&in->findings);
    mcp_buf_free(&in->hits);
    mcp_buf_free(&in->withheld);
    free(in);
}


void
mcp_inspector_start(mcp_inspector_t *in, const mcp_policy_t *policy,
    mcp_scan_t *scan, mcp_dir_t dir, const mcp_exchange_t *exchange)
{
    mcp_json_limits_t  limits;

    in->policy = policy;
    in->scan = scan;
    in->dir = dir;
    in->exchange = exchange ? exchange : &mcp_no_exchange;
    in->era = in->exchange->era;

    in->follows = NULL;
    mcp_tail_reset(&in->tail);

    in->scanned = 0;
    in->scanned_text = 0;
    in->action = MCP_V_INVALID;
    in->reason = MCP_R_NONE;
    in->rule = NULL;
    in->error = 0;
    in->failed = 0;
    in->overflow = 0;
    in->foreign = 0;
    in->urls_left = MCP_MAX_URLS;
    in->work_left = MCP_MATCH_WORK;

    mcp_rewrite_reset(&in->rewrite);
    mcp_buf_reset(&in->findings, KEEP);
    mcp_buf_reset(&in->hits, KEEP);
    mcp_buf_reset(&in->withheld, KEEP);

    limits.depth = policy->max_depth;
    limits.members = 4096;
    limits.key = 1024;
    limits.size = dir == MCP_CLIENT ? policy->max_request_size
                                    : policy->max_response_size;

    mcp_message_start(in->message, dir, &limits, KEEP);

    if (dir == MCP_CLIENT && policy->arguments_n != 0) {
        mcp_message_keep_values(in->message);
    }
}


void
mcp_inspector_follow(mcp_inspector_t *in, const mcp_tail_t *tail)
{
    in->follows = tail;
    mcp_tail_copy(&in->tail, tail);
}


void
mcp_inspector_passed(const mcp_inspector_t *in, mcp_tail_t *tail)
{
    mcp_tail_copy(tail, &in->tail);
}


mcp_str_t
mcp_inspector_tool(const mcp_inspector_t *in, const mcp_envelope_t *envs,
    const mcp_segment_t *seg)
{
    const mcp_item_t      *items;
    const mcp_envelope_t  *e;

    e = &envs[seg->envelope];

    if (in->dir == MCP_CLIENT) {
        if (e->method_id == MCP_M_TOOLS_CALL) {
            return mcp_inspector_text(in, e->name);
        }

        return mcp_no_exchange.tool;
    }

    if (seg->item < mcp_message_items(in->message, &items)) {
        return mcp_inspector_text(in, items[seg->item].name);
    }

    return in->exchange->tool;
}


uint8_t
mcp_inspector_kinds(const mcp_inspector_t *in, const mcp_envelope_t *envs,
    const mcp_segment_t *seg)
{
    size_t                len;
    mcp_str_t             tool, outer, member;
    const unsigned char  *text;

    text = mcp_message_text(in->message, &len);
    tool = mcp_inspector_tool(in, envs, seg);

    switch (seg->role) {

    case MCP_ROLE_ARGUMENT:
        outer = mcp_inspector_text(in,
                                   mcp_message_argument(in->message, seg));
        member = mcp_inspector_text(in, mcp_message_member(in->message, seg));

        if (member.data != outer.data) {
            return mcp_kind_nested(tool.data, tool.len, outer.data, outer.len,
                                   member.data, member.len, text + seg->text,
                                   seg->len);
        }

        break;

    case MCP_ROLE_NAME:
        /* of a tool or prompt an identifier, of a resource a URI */
        if (envs[seg->envelope].method_id == MCP_M_TOOLS_CALL
            || envs[seg->envelope].method_id == MCP_M_PROMPTS_GET)
        {
            return MCP_KIND_IDENTIFIER;
        }

        member.data = (const unsigned char *) "uri";
        member.len = 3;
        break;

    default:
        return MCP_KIND_TEXT;
    }

    return mcp_kind_of(tool.data, tool.len, member.data, member.len,
                       text + seg->text, seg->len);
}


/* Keeps what the scanner has found. */
static mcp_rc_t
keep_findings(mcp_inspector_t *in)
{
    size_t                n;
    const mcp_finding_t  *f;

    if (mcp_scan_overflow(in->scan)) {
        in->overflow = 1;
    }

    n = mcp_scan_findings(in->scan, &f);

    if (n == 0) {
        return MCP_OK;
    }

    if (n > MCP_MAX_FINDINGS - in->findings.len / sizeof(mcp_finding_t)) {
        in->overflow = 1;
        return MCP_OK;
    }

    return mcp_buf_append(&in->findings, f, n * sizeof(mcp_finding_t));
}


/*
 * Puts what the joints have shown, from first on, where it belongs; what the
 * text showed by itself stands there already.
 */
static void
merge_joints(mcp_inspector_t *in, size_t first)
{
    size_t          i, k, n, kept;
    mcp_finding_t  *f;

    n = in->findings.len / sizeof(mcp_finding_t);
    f = (mcp_finding_t *) (void *) in->findings.data;

    for (i = first, kept = first; i < n; i++) {

        for (k = 0; k < first; k++) {
            if (f[k].rule == f[i].rule && f[k].segment == f[i].segment
                && f[k].from < f[i].to && f[i].from < f[k].to)
            {
                break;
            }
        }

        if (k == first) {
            f[kept++] = f[i];
        }
    }

    in->findings.len = kept * sizeof(mcp_finding_t);

    if (kept != first) {
        qsort(f, kept, sizeof(mcp_finding_t), mcp_finding_order);
    }
}


/* Scans the segments up to last and keeps what was found. */
static mcp_rc_t
scan_window(mcp_inspector_t *in, mcp_segment_t *segs, size_t last)
{
    size_t                n, len;
    mcp_rc_t              rc;
    const unsigned char  *text;

    text = mcp_message_text(in->message, &len);

    mcp_scan_start(in->scan);

    rc = mcp_scan_segments(in->scan, text, segs, in->scanned, last, 0);

    if (rc == MCP_OK) {
        rc = keep_findings(in);
    }

    if (rc == MCP_OK && in->dir == MCP_SERVER) {

        rc = mcp_scan_joints(in->scan, text, segs, in->scanned, last,
                             &in->tail);
        n = in->findings.len / sizeof(mcp_finding_t);

        if (rc == MCP_OK) {
            rc = keep_findings(in);
        }

        if (rc == MCP_OK && n != in->findings.len / sizeof(mcp_finding_t)) {
            merge_joints(in, n);
        }
    }

    if (rc != MCP_OK) {
        in->failed = 1;
        return MCP_ERROR;
    }

    in->scanned = last;
    in->scanned_text = segs[last - 1].text + segs[last - 1].len;

    return MCP_OK;
}


static mcp_rc_t
scan_ready(mcp_inspector_t *in, size_t enough)
{
    size_t                 i, n;
    mcp_segment_t         *segs;
    const mcp_envelope_t  *envs;

    if (in->scan == NULL) {
        return MCP_OK;
    }

    n = mcp_message_segments(in->message, &segs);

    /* a name waits for its value */
    while (n > in->scanned && enough != 0 && segs[n - 1].key) {
        n--;
    }

    if (n == in->scanned
        || segs[n - 1].text + segs[n - 1].len - in->scanned_text < enough)
    {
        return MCP_OK;
    }

    if (in->dir == MCP_CLIENT && enough == 0) {

        /*
         * The message is whole, so all names are known: judges need not look
         * at what is not of their kind.
         */

        (void) mcp_message_envelopes(in->message, &envs);

        for (i = in->scanned; i < n; i++) {
            segs[i].kinds = mcp_inspector_kinds(in, envs, &segs[i]);
        }
    }

    return scan_window(in, segs, n);
}


mcp_rc_t
mcp_inspector_feed(mcp_inspector_t *in, const unsigned char *data, size_t len)
{
    size_t  n;

    /* a large slice is taken in parts, so that text is scanned while warm */

    while (len != 0 && !in->error && !in->failed) {
        n = len > WINDOW * 2 ? WINDOW * 2 : len;

        if (mcp_message_feed(in->message, data, n) == MCP_ERROR) {
            in->error = 1;
            break;
        }

        data += n;
        len -= n;

        if (scan_ready(in, WINDOW) != MCP_OK) {
            break;
        }
    }

    return in->error || in->failed ? MCP_ERROR : MCP_AGAIN;
}


static void
set_verdict(mcp_inspector_t *in, mcp_verdict_t *v, mcp_verdict_action_t action,
    mcp_reason_t reason, const char *detail)
{
    v->action = action;
    v->reason = reason;
    v->detail = detail;

    in->action = action;
    in->reason = reason;
}


mcp_rc_t
mcp_inspector_finish(mcp_inspector_t *in, mcp_verdict_t *v)
{
    mcp_reason_t  reason;

    memset(v, 0, sizeof(mcp_verdict_t));

    if (!in->error && !in->failed) {

        if (mcp_message_finish(in->message) == MCP_ERROR) {
            in->error = 1;

        } else {
            (void) scan_ready(in, 0);
        }
    }

    if (in->failed) {
        set_verdict(in, v, MCP_V_INVALID, MCP_R_INTERNAL,
                    "inspection failed");
        return MCP_ERROR;
    }

    if (in->error) {
        reason = mcp_message_reason(in->message);

        if (in->dir == MCP_SERVER && reason != MCP_R_INTERNAL) {
            reason = reason == MCP_R_TOO_LARGE ? MCP_R_UPSTREAM_TOO_LARGE
                                               : MCP_R_UPSTREAM_INVALID;
        }

        set_verdict(in, v, MCP_V_INVALID, reason,
                    mcp_message_error(in->message));
        return MCP_ERROR;
    }

    if (in->dir == MCP_SERVER && mcp_message_batch(in->message)
        && !in->exchange->batch)
    {
        set_verdict(in, v, MCP_V_INVALID, MCP_R_UPSTREAM_INVALID,
                    "batch where there is none");
        return MCP_ERROR;
    }

    return MCP_OK;
}


/* Turns findings into hits: drops what kinds and overrides exclude. */
static mcp_rc_t
make_hits(mcp_inspector_t *in, const mcp_envelope_t *envs)
{
    size_t                i, n;
    mcp_hit_t             hit;
    mcp_segment_t        *segs, *seg;
    const mcp_finding_t  *f;

    n = in->findings.len / sizeof(mcp_finding_t);
    f = (const mcp_finding_t *) (void *) in->findings.data;

    (void) mcp_message_segments(in->message, &segs);

    for (i = 0; i < n; i++, f++) {
        seg = &segs[f->segment];
        hit.rule = mcp_rules_get(in->policy->rules, f->rule);
        hit.finding = *f;

        if (in->dir == MCP_CLIENT && hit.rule->kinds != MCP_KIND_ALL) {

            if (seg->kinds == 0) {
                seg->kinds = mcp_inspector_kinds(in, envs, seg);
            }

            if (!(seg->kinds & hit.rule->kinds)) {
                continue;
            }
        }

        if (mcp_inspector_exempt(in, envs, hit.rule, seg)) {
            continue;
        }

        hit.action = mcp_policy_rule(in->policy, hit.rule,
                                     mcp_inspector_tool(in, envs, seg));

        if (hit.action == MCP_ACTION_OFF) {
            continue;
        }

        if (seg->role == MCP_ROLE_STATE && hit.action == MCP_ACTION_REDACT) {
            /*
             * Opaque to all but the server, which wants it back byte for
             * byte, and often in the form of a token.
             */
            hit.action = MCP_ACTION_LOG;
        }

        if (mcp_buf_append(&in->hits, &hit, sizeof(mcp_hit_t)) != MCP_OK) {
            return MCP_ERROR;
        }
    }

    return MCP_OK;
}


/*
 * What the signals near hits[first] add up to, for its category; last is one
 * behind the hits of the text.  Each rule counts once, with double weight when
 * only a decoded view shows it (design.md 2.3).
 */
static unsigned
signals_near(const mcp_hit_t *hits, size_t first, size_t last)
{
    size_t           i, k;
    unsigned         sum;
    mcp_category_t   category;

    category = hits[first].rule->category;
    sum = 0;

    for (i = first; i < last; i++) {

        if (hits[i].finding.from - hits[first].finding.from > SIGNALS_NEAR) {
            break;
        }

        if (hits[i].action != MCP_ACTION_NONE
            || hits[i].rule->category != category)
        {
            continue;
        }

        for (k = first; k < i; k++) {
            if (hits[k].rule == hits[i].rule) {
                break;
            }
        }

        if (k == i) {
            sum += hits[i].rule->signal * (hits[i].finding.layer ? 2 : 1);
        }
    }

    return sum;
}


/*
 * Adds up the signals of one text, hits first .. last - 1.  Those of one
 * category count together when they stand close to each other: a long document
 * has one of most things somewhere.  The first signal of the best place carries
 * the action of its category.
 */
static void
combine_signals(mcp_inspector_t *in, mcp_hit_t *hits, size_t first,
    size_t last)
{
    size_t                i, k;
    unsigned              sum, best[MCP_CAT_MAX];
    mcp_hit_t            *lead[MCP_CAT_MAX];
    const mcp_combine_t  *c;

    memset(best, 0, sizeof(best));
    memset(lead, 0, sizeof(lead));

    for (i = first; i < last; i++) {

        if (hits[i].action != MCP_ACTION_NONE) {
            continue;
        }

        k = hits[i].rule->category;
        c = mcp_rules_combine(in->policy->rules, (mcp_category_t) k);

        if (c->block && best[k] >= c->block) {
            continue;                 /* it cannot get worse                 */
        }

        sum = signals_near(hits, i, last);

        if (sum > best[k]) {
            best[k] = sum;
            lead[k] = &hits[i];
        }
    }

    for (k = 0; k < MCP_CAT_MAX; k++) {

        if (lead[k] == NULL) {
            continue;
        }

        c = mcp_rules_combine(in->policy->rules, (mcp_category_t) k);

        if (c->block && best[k] >= c->block) {
            lead[k]->action = MCP_ACTION_BLOCK;

        } else if (c->flag && best[k] >= c->flag) {
            lead[k]->action = MCP_ACTION_LOG;
        }
    }
}


static void
combine(mcp_inspector_t *in)
{
    size_t      i, n, first;
    mcp_hit_t  *hits;

    n = in->hits.len / sizeof(mcp_hit_t);
    hits = (mcp_hit_t *) (void *) in->hits.data;

    for (first = 0, i = 1; i <= n; i++) {

        if (i == n || hits[i].finding.segment != hits[first].finding.segment) {
            combine_signals(in, hits, first, i);
            first = i;
        }
    }
}


static void
set_rule(mcp_inspector_t *in, mcp_verdict_t *v, const mcp_hit_t *hit)
{
    mcp_segment_t  *segs;

    (void) mcp_message_segments(in->message, &segs);

    v->rule = hit->rule;
    in->rule = hit->rule;

    (void) mcp_message_path(in->message, &segs[hit->finding.segment],
                            v->path, sizeof(v->path));
}


/* Methods and tools of the envelopes; 0: something is denied. */
static int
check_envelopes(mcp_inspector_t *in, const mcp_envelope_t *envs, size_t n,
    uint64_t conditions, mcp_verdict_t *v)
{
    size_t                 i;
    mcp_str_t              s;
    const unsigned char   *ids;
    const mcp_envelope_t  *e;

    for (i = 0; i < n; i++) {
        e = &envs[i];

        if (e->kind == MCP_REQUEST || e->kind == MCP_NOTIFICATION) {
            s = mcp_inspector_text(in, e->method);

            if (!mcp_policy_method(in->policy, e->method_id, s.data, s.len,
                                   in->dir, in->era))
            {
                set_verdict(in, v, MCP_V_DENY, MCP_R_METHOD,
                            "method not allowed");
                return 0;
            }

            s = mcp_inspector_text(in, e->name);

            if (in->dir == MCP_CLIENT && e->method_id == MCP_M_TOOLS_CALL
                && mcp_policy_tool(in->policy, s.data, s.len, conditions)
                   == MCP_TOOL_DENY)
            {
                set_verdict(in, v, MCP_V_DENY, MCP_R_TOOL, "tool denied");
                return 0;
            }

            continue;
        }

        /*
         * A modern stream answers one request: another id would be taken by
         * clients as the answer to a request that is under way elsewhere.
         */

        if (in->dir == MCP_SERVER && in->era == MCP_ERA_MODERN
            && in->exchange->id.len != 0 && e->id.len != 0)
        {
            ids = mcp_message_ids(in->message);

            in->foreign |= e->id.len != in->exchange->id.len
                           || memcmp(ids + e->id.off, in->exchange->id.data,
                                     e->id.len) != 0;
        }
    }

    return 1;
}


static void
judge_request(mcp_inspector_t *in, mcp_verdict_t *v)
{
    size_t            i, n;
    const mcp_hit_t  *hit;

    n = in->hits.len / sizeof(mcp_hit_t);
    hit = (const mcp_hit_t *) (void *) in->hits.data;

    for (i = 0; i < n; i++, hit++) {

        if (hit->action == MCP_ACTION_LOG && !v->flagged) {
            v->flagged = 1;
            set_rule(in, v, hit);
        }

        /* a request is forwarded byte for byte or not at all */

        if (hit->action == MCP_ACTION_BLOCK
            || hit->action == MCP_ACTION_REDACT)
        {
            set_rule(in, v, hit);
            set_verdict(in, v, MCP_V_BLOCK, MCP_R_RULE, NULL);
            return;
        }
    }
}


/* Tools that policy denies go from lists; *denied: there is one. */
static mcp_rc_t
withhold_denied(mcp_inspector_t *in, uint64_t conditions, int *denied)
{
    size_t             i, n;
    mcp_str_t          name;
    unsigned char      flag;
    const mcp_item_t  *items;

    n = mcp_message_items(in->message, &items);
    *denied = 0;

    for (i = 0; i < n; i++) {
        name = mcp_inspector_text(in, items[i].name);

        flag = mcp_policy_tool(in->policy, name.data, name.len, conditions)
               == MCP_TOOL_DENY;
        *denied |= flag;

        if (mcp_buf_append_byte(&in->withheld, flag) != MCP_OK) {
            return MCP_ERROR;
        }
    }

    return MCP_OK;
}


static void
judge_response(mcp_inspector_t *in, uint64_t conditions, mcp_verdict_t *v)
{
    int               denied;
    size_t            i, n;
    mcp_hit_t        *hit;
    mcp_segment_t    *segs, *seg;

    if (withhold_denied(in, conditions, &denied) != MCP_OK) {
        set_verdict(in, v, MCP_V_INVALID, MCP_R_INTERNAL, "no memory");
        return;
    }

    if (denied) {
        set_verdict(in, v, MCP_V_REDACT, MCP_R_TOOL, "denied tool in a list");
    }

    (void) mcp_message_segments(in->message, &segs);

    n = in->hits.len / sizeof(mcp_hit_t);
    hit = (mcp_hit_t *) (void *) in->hits.data;

    for (i = 0; i < n; i++, hit++) {
        seg = &segs[hit->finding.segment];

        if (hit->action == MCP_ACTION_LOG) {

            if (v->rule == NULL) {
                set_rule(in, v, hit);
            }

            v->flagged = 1;
            continue;
        }

        if (hit->action == MCP_ACTION_NONE) {
            continue;
        }

        if (seg->role == MCP_ROLE_ENVELOPE) {
            /* an id or a method cannot be changed without breaking it */
            hit->action = MCP_ACTION_BLOCK;
        }

        if (hit->action == MCP_ACTION_BLOCK) {

            if (seg->item < in->withheld.len) {
                in->withheld.data[seg->item] = 1;

            } else if (seg->role != MCP_ROLE_INSTRUCTIONS) {
                set_rule(in, v, hit);
                set_verdict(in, v, MCP_V_BLOCK, MCP_R_RULE, NULL);
                return;
            }
        }

        if (v->action != MCP_V_REDACT || v->reason != MCP_R_RULE) {
            set_rule(in, v, hit);
            set_verdict(in, v, MCP_V_REDACT, MCP_R_RULE, NULL);
        }
    }
}


void
mcp_inspector_judge(mcp_inspector_t *in, mcp_era_t era, uint64_t conditions,
    mcp_verdict_t *v)
{
    size_t                 n;
    const char            *violated;
    const mcp_envelope_t  *envs;

    memset(v, 0, sizeof(mcp_verdict_t));

    in->era = era;
    in->conditions = conditions;
    n = mcp_message_envelopes(in->message, &envs);
    v->findings = in->findings.len / sizeof(mcp_finding_t);

    set_verdict(in, v, MCP_V_ALLOW, MCP_R_NONE, NULL);

    if (make_hits(in, envs) != MCP_OK
        || mcp_inspector_network(in, envs, v) != MCP_OK)
    {
        set_verdict(in, v, MCP_V_INVALID, MCP_R_INTERNAL, "no memory");
        return;
    }

    combine(in);

    if (!check_envelopes(in, envs, n, conditions, v)) {
        return;
    }

    if (in->foreign) {
        set_verdict(in, v, MCP_V_BLOCK, MCP_R_UPSTREAM_INVALID,
                    "response to another request");
        return;
    }

    if (in->overflow) {
        set_verdict(in, v, MCP_V_BLOCK, MCP_R_RULE,
                    "too much to inspect");
        return;
    }

    if (in->dir == MCP_CLIENT) {
        violated = mcp_inspector_arguments(in, envs, n, v);

        if (violated != NULL) {
            set_verdict(in, v, MCP_V_BLOCK, MCP_R_ARGUMENT, violated);
            return;
        }

        judge_request(in, v);

    } else {
        judge_response(in, conditions, v);
    }
}


const mcp_message_t *
mcp_inspector_message(const mcp_inspector_t *in)
{
    return in->message;
}


size_t
mcp_inspector_hits(mcp_inspector_t *in, const mcp_hit_t **hits)
{
    *hits = (const mcp_hit_t *) (void *) in->hits.data;

    return in->hits.len / sizeof(mcp_hit_t);
}


size_t
mcp_inspector_path(mcp_inspector_t *in, const mcp_finding_t *f, char *buf,
    size_t size)
{
    mcp_segment_t  *segs;

    (void) mcp_message_segments(in->message, &segs);

    return mcp_message_path(in->message, &segs[f->segment], buf, size);
}
