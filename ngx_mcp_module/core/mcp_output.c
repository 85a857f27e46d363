/*
 * The inspector: what goes to the client in place of a server's message.
 */

#include "mcp_inspect_int.h"
#include "mcp_reply.h"

#include <string.h>


#define MAX_ROUNDS  8           /* of redaction, then the message is blocked  */


static const char  notice[] =
    "\"[instructions withheld by gateway policy]\"";


/* place: how far the segment was mapped for the hits before this one. */
static mcp_rc_t
redact_hit(mcp_inspector_t *in, const unsigned char *raw,
    const mcp_segment_t *seg, const mcp_hit_t *hit, mcp_json_place_t *place)
{
    char         *p, marker[128];
    size_t        from, to, n;
    unsigned      digest;
    static const char  hex[] = "0123456789abcdef";

    mcp_json_raw_next(raw + seg->raw, seg->raw_len, place, hit->finding.from,
                      hit->finding.to, &from, &to);

    n = strlen(hit->rule->id);
    if (n > sizeof(marker) - sizeof("[redacted::xxxx]")) {
        n = sizeof(marker) - sizeof("[redacted::xxxx]");
    }

    p = marker;
    memcpy(p, "[redacted:", 10);
    p += 10;
    memcpy(p, hit->rule->id, n);
    p += n;
    *p++ = ':';

    digest = hit->finding.digest;

    *p++ = hex[digest >> 12 & 15];
    *p++ = hex[digest >> 8 & 15];
    *p++ = hex[digest >> 4 & 15];
    *p++ = hex[digest & 15];
    *p++ = ']';

    return mcp_rewrite_add(&in->rewrite, seg->raw + from, seg->raw + to,
                           marker, (size_t) (p - marker));
}


/* Takes withheld tools out of the list of one envelope. */
static mcp_rc_t
withhold_tools(mcp_inspector_t *in, const unsigned char *raw,
    const mcp_envelope_t *e, size_t envelope)
{
    size_t             i, n;
    mcp_rc_t           rc;
    mcp_buf_t          gone;
    mcp_splice_t       s;
    const mcp_item_t  *items;

    static const char  scope[] = "\"cacheScope\":\"private\",";

    if (e->tools.len == 0) {
        return MCP_OK;
    }

    memset(&gone, 0, sizeof(mcp_buf_t));
    memset(&s, 0, sizeof(mcp_splice_t));

    n = mcp_message_items(in->message, &items);

    for (i = 0; i < n; i++) {

        if (items[i].envelope != envelope || !in->withheld.data[i]) {
            continue;
        }

        s.from = items[i].raw.off;
        s.to = items[i].raw.off + items[i].raw.len;

        if (mcp_buf_append(&gone, &s, sizeof(mcp_splice_t)) != MCP_OK) {
            mcp_buf_free(&gone);
            return MCP_ERROR;
        }
    }

    if (gone.len == 0) {
        return MCP_OK;
    }

    rc = mcp_rewrite_remove(&in->rewrite, raw, e->tools.off,
                            e->tools.off + e->tools.len,
                            (mcp_splice_t *) (void *) gone.data,
                            gone.len / sizeof(mcp_splice_t));
    mcp_buf_free(&gone);

    if (rc != MCP_OK) {
        return rc;
    }

    /* what one client may see is not for a shared cache (mcp-wire.md 4.6) */

    if (e->cache_scope.len != 0) {
        return mcp_rewrite_add(&in->rewrite, e->cache_scope.off,
                               e->cache_scope.off + e->cache_scope.len,
                               "\"private\"", 9);
    }

    if (in->era == MCP_ERA_MODERN) {
        return mcp_rewrite_add(&in->rewrite, e->result.off + 1,
                               e->result.off + 1, scope, sizeof(scope) - 1);
    }

    return MCP_OK;
}


static mcp_rc_t
rewrite_message(mcp_inspector_t *in, const unsigned char *raw, size_t len,
    mcp_buf_t *out)
{
    size_t                 i, n;
    mcp_hit_t             *hit;
    mcp_span_t             span;
    mcp_segment_t         *segs, *seg;
    mcp_json_place_t       place;
    const mcp_envelope_t  *envs;

    mcp_rewrite_reset(&in->rewrite);

    n = mcp_message_envelopes(in->message, &envs);

    for (i = 0; i < n; i++) {
        if (withhold_tools(in, raw, &envs[i], i) != MCP_OK) {
            return MCP_ERROR;
        }
    }

    (void) mcp_message_segments(in->message, &segs);

    n = in->hits.len / sizeof(mcp_hit_t);
    hit = (mcp_hit_t *) (void *) in->hits.data;

    memset(&place, 0, sizeof(mcp_json_place_t));

    for (i = 0; i < n; i++, hit++) {
        seg = &segs[hit->finding.segment];

        if (i > 0 && hit->finding.segment != hit[-1].finding.segment) {
            memset(&place, 0, sizeof(mcp_json_place_t));
        }

        if (seg->item < in->withheld.len && in->withheld.data[seg->item]) {
            continue;
        }

        if (hit->action == MCP_ACTION_BLOCK) {

            /* of what is blocked only instructions are left in the message */
            span = envs[seg->envelope].instructions;

            if (mcp_rewrite_add(&in->rewrite, span.off, span.off + span.len,
                                notice, sizeof(notice) - 1)
                != MCP_OK)
            {
                return MCP_ERROR;
            }

        } else if (hit->action == MCP_ACTION_REDACT
                   && redact_hit(in, raw, seg, hit, &place) != MCP_OK)
        {
            return MCP_ERROR;
        }
    }

    return mcp_rewrite_apply(&in->rewrite, raw, len, out);
}


/* 1: a rule took offence at the id, which then must not go out again. */
static int
bad_id(mcp_inspector_t *in, size_t envelope)
{
    char              path[32];
    size_t            i, n, len;
    mcp_segment_t    *segs, *seg;
    const mcp_hit_t  *hit;

    (void) mcp_message_segments(in->message, &segs);

    n = in->hits.len / sizeof(mcp_hit_t);
    hit = (const mcp_hit_t *) (void *) in->hits.data;

    for (i = 0; i < n; i++, hit++) {
        seg = &segs[hit->finding.segment];

        if (seg->role != MCP_ROLE_ENVELOPE || seg->envelope != envelope
            || (hit->action != MCP_ACTION_BLOCK
                && hit->action != MCP_ACTION_REDACT))
        {
            continue;
        }

        len = mcp_message_path(in->message, seg, path, sizeof(path));

        if (len >= 3 && memcmp(path + len - 3, "/id", 3) == 0) {
            return 1;
        }
    }

    return 0;
}


/*
 * The answer in place of one envelope; nothing for a notification, nor for a
 * request whose id cannot be repeated.
 */
static mcp_rc_t
replace_envelope(mcp_inspector_t *in, const mcp_envelope_t *e,
    size_t envelope, mcp_str_t request_id, mcp_buf_t *out)
{
    int          bad;
    mcp_str_t    id;
    mcp_reply_t  r;

    id.data = mcp_message_ids(in->message) + e->id.off;
    id.len = e->id.len;

    bad = bad_id(in, envelope);

    if (e->kind == MCP_NOTIFICATION || (e->kind == MCP_REQUEST && bad)) {
        return MCP_OK;
    }

    if (e->kind == MCP_REQUEST) {

        /* modern clients answer no requests */
        if (in->era == MCP_ERA_MODERN) {
            return MCP_OK;
        }

        /*
         * The server waits for an answer: clients reply -32601 to a method
         * that they do not know (mcp-wire.md 9.2).
         */

        if (mcp_buf_append_str(out, "{\"jsonrpc\":\"2.0\",\"id\":") != MCP_OK
            || mcp_buf_append(out, id.data, id.len) != MCP_OK)
        {
            return MCP_ERROR;
        }

        return mcp_buf_append_str(out,
                             ",\"method\":\"gateway/blocked\",\"params\":{}}");
    }

    memset(&r, 0, sizeof(mcp_reply_t));

    r.reason = in->reason;
    r.era = in->era;
    r.form = in->policy->blocked_response;

    if (!bad) {
        r.id = id;
    }

    /* what stands in the place of the one answer carries the id asked for */
    if (in->exchange->id.len != 0 && !mcp_message_batch(in->message)) {
        r.id = in->exchange->id;
    }

    r.rule = in->rule ? in->rule->id : NULL;
    r.request_id = request_id;
    r.dir = MCP_SERVER;
    r.method = in->exchange->method;

    return mcp_reply_write(out, &r);
}


/* The message in place of one that is blocked; nothing for a notification. */
static mcp_rc_t
replace_message(mcp_inspector_t *in, mcp_str_t request_id, mcp_buf_t *out)
{
    size_t                 i, n, start, before;
    const mcp_envelope_t  *envs;

    if (in->foreign) {
        return MCP_OK;
    }

    n = mcp_message_envelopes(in->message, &envs);

    if (!mcp_message_batch(in->message)) {
        return replace_envelope(in, &envs[0], 0, request_id, out);
    }

    start = out->len;

    for (i = 0; i < n; i++) {
        before = out->len;

        if (mcp_buf_append_byte(out, before == start ? '[' : ',') != MCP_OK
            || replace_envelope(in, &envs[i], i, request_id, out) != MCP_OK)
        {
            return MCP_ERROR;
        }

        if (out->len == before + 1) {
            out->len = before;
        }
    }

    return out->len == start ? MCP_OK : mcp_buf_append_byte(out, ']');
}


/*
 * What a cut leaves beside it may be another secret to a rule that looks at
 * the neighbours, so the result is judged as the message was, until there is
 * nothing left to change.
 */
static mcp_rc_t
redact_message(mcp_inspector_t *in, const unsigned char *raw, size_t len,
    mcp_str_t request_id, mcp_buf_t *out)
{
    size_t         start;
    unsigned       round;
    mcp_rc_t       rc;
    mcp_era_t      era;
    mcp_buf_t      last;
    mcp_verdict_t  v;

    const mcp_tail_t  *follows;

    memset(&last, 0, sizeof(mcp_buf_t));

    era = in->era;
    follows = in->follows;
    start = out->len;
    rc = rewrite_message(in, raw, len, out);

    for (round = 0; rc == MCP_OK; round++) {

        mcp_buf_reset(&last, SIZE_MAX);

        rc = mcp_buf_append(&last, out->data + start, out->len - start);

        if (rc != MCP_OK) {
            break;
        }

        mcp_inspector_start(in, in->policy, in->scan, in->dir, in->exchange);

        if (follows != NULL) {
            mcp_inspector_follow(in, follows);
        }

        (void) mcp_inspector_feed(in, last.data, last.len);

        rc = mcp_inspector_finish(in, &v);

        if (rc != MCP_OK) {
            break;
        }

        mcp_inspector_judge(in, era, in->conditions, &v);

        if (v.action == MCP_V_ALLOW) {
            break;
        }

        out->len = start;

        if (v.action != MCP_V_REDACT || round == MAX_ROUNDS) {
            in->reason = v.reason;
            rc = replace_message(in, request_id, out);
            break;
        }

        rc = rewrite_message(in, last.data, last.len, out);
    }

    mcp_buf_free(&last);

    return rc;
}


mcp_rc_t
mcp_inspector_output(mcp_inspector_t *in, const unsigned char *raw,
    size_t len, mcp_str_t request_id, mcp_buf_t *out)
{
    switch (in->action) {

    case MCP_V_ALLOW:
        return mcp_buf_append(out, raw, len);

    case MCP_V_REDACT:
        return redact_message(in, raw, len, request_id, out);

    case MCP_V_INVALID:
        return MCP_ERROR;

    default:
        return replace_message(in, request_id, out);
    }
}
