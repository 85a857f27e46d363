
/*
 * The audit log: one line of JSON for each message that was refused, changed
 * or flagged, or for each message.
 *
 * A line is plain ASCII and bounded, whatever the message holds: names are
 * cut and escaped, the session is a digest, and matched text is never in it.
 * Arguments and results are not either, and of a place in them there is only
 * the path.  A line goes out with one write(), so that lines of workers do not
 * mix.
 */


#include "ngx_http_mcp_module.h"

#include <openssl/sha.h>


/*
 * The longest line: 16 findings of less than 400 bytes; names, client, server
 * and id of 128 bytes, each of which may become six; and 1k for the rest.  In
 * front of it the header of syslog.
 */

#define NGX_HTTP_MCP_AUDIT_HEAD  512
#define NGX_HTTP_MCP_AUDIT_LINE  (16 * 1024)


static u_char *ngx_http_mcp_audit_line(u_char *p, u_char *last,
    ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx, mcp_dir_t dir,
    mcp_verdict_t *v);
static u_char *ngx_http_mcp_audit_time(u_char *p, u_char *last);
static u_char *ngx_http_mcp_audit_who(u_char *p, u_char *last,
    ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx);
static u_char *ngx_http_mcp_audit_session(u_char *p, u_char *last,
    ngx_http_mcp_ctx_t *ctx);
static u_char *ngx_http_mcp_audit_what(u_char *p, u_char *last,
    ngx_http_mcp_ctx_t *ctx, mcp_dir_t dir);
static u_char *ngx_http_mcp_audit_id(u_char *p, u_char *last,
    ngx_http_mcp_ctx_t *ctx);
static u_char *ngx_http_mcp_audit_verdict(u_char *p, u_char *last,
    ngx_http_mcp_ctx_t *ctx, mcp_verdict_t *v);
static u_char *ngx_http_mcp_audit_findings(u_char *p, u_char *last,
    ngx_http_mcp_ctx_t *ctx);
static u_char *ngx_http_mcp_audit_surface(u_char *p, u_char *last,
    uint8_t surfaces);
static u_char *ngx_http_mcp_audit_word(u_char *p, u_char *last,
    const char *name, const char *word);
static u_char *ngx_http_mcp_audit_str(u_char *p, u_char *last,
    const char *name, u_char *data, size_t len);
static u_char *ngx_http_mcp_audit_text(u_char *p, u_char *last, u_char *data,
    size_t len, ngx_uint_t escaped);
static void ngx_http_mcp_audit_write(ngx_http_request_t *r,
    ngx_http_mcp_audit_log_t *log, u_char *line, size_t len);
static void ngx_http_mcp_note_hit(ngx_http_mcp_ctx_t *ctx, mcp_inspector_t *in,
    const mcp_hit_t *hit, mcp_segment_t *seg);


void
ngx_http_mcp_note_hits(ngx_http_mcp_ctx_t *ctx, mcp_inspector_t *in,
    mcp_dir_t dir)
{
    size_t                 i, n;
    mcp_message_t         *m;
    mcp_segment_t         *segs, *seg;
    const mcp_hit_t       *hit;
    const mcp_envelope_t  *e;

    ctx->nfindings = 0;
    ctx->hits = 0;
    ctx->key_found = 0;
    ctx->server_method = NULL;

    /* the table of segments is only read */

    m = (mcp_message_t *) mcp_inspector_message(in);

    (void) mcp_message_segments(m, &segs);

    if (dir == MCP_CLIENT) {
        ctx->scanned = 1;

    } else if (!mcp_message_batch(m) && mcp_message_envelopes(m, &e)
               && e->method_id != MCP_M_NONE)
    {
        ctx->server_method = mcp_method_name(e->method_id);

        if (ctx->server_method == NULL) {
            ctx->server_method = "other";
        }
    }

    n = mcp_inspector_hits(in, &hit);

    /* what must not be shown, signals included, before anything is */

    for (i = 0; i < n; i++) {
        seg = &segs[hit[i].finding.segment];

        if (seg->key) {
            ctx->key_found = 1;
        }

        if (dir == MCP_CLIENT) {

            if (seg->role == MCP_ROLE_ENVELOPE) {
                ctx->id_found = 1;

            } else if (seg->role == MCP_ROLE_NAME) {
                ctx->name_found = 1;
            }
        }
    }

    for (i = 0; i < n; i++) {

        if (hit[i].action == MCP_ACTION_NONE) {
            continue;
        }

        ctx->hits++;

        if (ctx->mlcf->audit && ctx->nfindings < NGX_HTTP_MCP_MAX_FINDINGS) {
            ngx_http_mcp_note_hit(ctx, in, &hit[i],
                                  &segs[hit[i].finding.segment]);
        }
    }
}


static void
ngx_http_mcp_note_hit(ngx_http_mcp_ctx_t *ctx, mcp_inspector_t *in,
    const mcp_hit_t *hit, mcp_segment_t *seg)
{
    char                     path[NGX_HTTP_MCP_MAX_PATH + 1];
    ngx_http_mcp_finding_t  *f;

    if (ctx->findings == NULL) {

        /* once for all messages of the request */

        ctx->findings = ngx_palloc(ctx->request->pool,
                                   NGX_HTTP_MCP_MAX_FINDINGS
                                   * sizeof(ngx_http_mcp_finding_t));

        if (ctx->findings == NULL) {
            return;
        }
    }

    f = &ctx->findings[ctx->nfindings++];

    f->rule = hit->rule;
    f->action = hit->action;
    f->surfaces = seg->surfaces & hit->rule->surfaces;
    f->digest = hit->finding.digest;

    (void) mcp_inspector_path(in, &hit->finding, path, sizeof(path));

    f->path_len = (u_char) ngx_http_mcp_shown_path(ctx, path);
    ngx_memcpy(f->path, path, f->path_len);
}


void
ngx_http_mcp_audit(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx,
    mcp_dir_t dir, mcp_verdict_t *v)
{
    u_char                    *p, *start, *end;
    u_char                     buf[NGX_HTTP_MCP_AUDIT_HEAD
                                   + NGX_HTTP_MCP_AUDIT_LINE];
    ngx_http_mcp_audit_log_t  *log;

    ngx_http_mcp_count_message(ctx, dir, v);

    log = ctx->mlcf->audit;

    if (log && (log->all || v->action != MCP_V_ALLOW || v->flagged)) {

        start = buf;
        p = buf;
        end = buf + sizeof(buf) - 1;

        if (log->syslog_peer) {
            p = ngx_syslog_add_header(log->syslog_peer, p);
        }

        if (log->torn) {
            *p++ = '\n';
        }

        p = ngx_http_mcp_audit_line(p, end, r, ctx, dir, v);

        if (log->syslog_peer == NULL) {
            *p++ = '\n';
        }

        ngx_http_mcp_audit_write(r, log, start, p - start);
    }

    ctx->nfindings = 0;
    ctx->hits = 0;
    ctx->key_found = 0;
    ctx->server_method = NULL;
    ctx->message_size = 0;
}


static u_char *
ngx_http_mcp_audit_line(u_char *p, u_char *last, ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx, mcp_dir_t dir, mcp_verdict_t *v)
{
    off_t     size;
    uint64_t  us;

    p = ngx_http_mcp_audit_time(p, last);
    p = ngx_http_mcp_audit_who(p, last, r, ctx);
    p = ngx_http_mcp_audit_word(p, last, "direction",
                                dir == MCP_CLIENT ? "request" : "response");

    if (ctx->status) {
        p = ngx_slprintf(p, last, ",\"status\":%ui", ctx->status);
    }

    p = ngx_http_mcp_audit_what(p, last, ctx, dir);
    p = ngx_http_mcp_audit_verdict(p, last, ctx, v);
    p = ngx_http_mcp_audit_findings(p, last, ctx);

    us = ctx->inspect_time / 1000;
    size = dir == MCP_CLIENT ? ctx->request_size : ctx->message_size;

    p = ngx_slprintf(p, last, ",\"size\":%O,\"inspect_time\":%uL.%06uL}",
                     size, us / 1000000, us % 1000000);

    return p;
}


/* ISO 8601 in UTC, with the milliseconds that nginx' own format lacks. */

static u_char *
ngx_http_mcp_audit_time(u_char *p, u_char *last)
{
    ngx_tm_t     tm;
    ngx_time_t  *tp;

    tp = ngx_timeofday();

    ngx_gmtime(tp->sec, &tm);

    return ngx_slprintf(p, last,
                        "{\"time\":\"%4d-%02d-%02dT%02d:%02d:%02d.%03MZ\"",
                        tm.ngx_tm_year, tm.ngx_tm_mon, tm.ngx_tm_mday,
                        tm.ngx_tm_hour, tm.ngx_tm_min, tm.ngx_tm_sec,
                        (ngx_msec_t) tp->msec);
}


static u_char *
ngx_http_mcp_audit_who(u_char *p, u_char *last, ngx_http_request_t *r,
    ngx_http_mcp_ctx_t *ctx)
{
    mcp_str_t  id;

    id = ngx_http_mcp_request_id(r, ctx);

    if (ctx->client.len == 0) {

        /* refused before anybody asked */

        (void) ngx_http_complex_value(r, ctx->mlcf->client, &ctx->client);
    }

    p = ngx_http_mcp_audit_str(p, last, "request", (u_char *) id.data, id.len);
    p = ngx_http_mcp_audit_str(p, last, "client", ctx->client.data,
                               ctx->client.len);
    p = ngx_http_mcp_audit_str(p, last, "server", ctx->mlcf->server_name.data,
                               ctx->mlcf->server_name.len);
    p = ngx_http_mcp_audit_session(p, last, ctx);

    if (ctx->exchange.era != MCP_ERA_NONE) {
        p = ngx_http_mcp_audit_word(p, last, "era",
                                    ctx->exchange.era == MCP_ERA_MODERN
                                    ? "modern" : "legacy");
    }

    return ngx_http_mcp_audit_str(p, last, "version", ctx->version.data,
                                  ctx->version.len);
}


/* Whoever knows a session may use it, so the log has a digest of it. */

static u_char *
ngx_http_mcp_audit_session(u_char *p, u_char *last, ngx_http_mcp_ctx_t *ctx)
{
    u_char      hash[SHA256_DIGEST_LENGTH], hex[16];
    ngx_str_t  *session;

    session = ctx->session.len ? &ctx->session : &ctx->headers.session;

    if (session->len == 0) {
        return p;
    }

    (void) SHA256(session->data, session->len, hash);
    (void) ngx_hex_dump(hex, hash, sizeof(hex) / 2);

    return ngx_http_mcp_audit_str(p, last, "session", hex, sizeof(hex));
}


static u_char *
ngx_http_mcp_audit_what(u_char *p, u_char *last, ngx_http_mcp_ctx_t *ctx,
    mcp_dir_t dir)
{
    ngx_str_t  s;

    s = ngx_http_mcp_shown_method(ctx);
    p = ngx_http_mcp_audit_str(p, last, "method", s.data, s.len);

    s = ngx_http_mcp_shown_tool(ctx);
    p = ngx_http_mcp_audit_str(p, last, "tool", s.data, s.len);

    p = ngx_http_mcp_audit_id(p, last, ctx);

    if (dir == MCP_SERVER && ctx->server_method) {
        p = ngx_http_mcp_audit_word(p, last, "server_method",
                                    ctx->server_method);
    }

    return p;
}


/*
 * An id is JSON already; a long one, which can only be a string, is not cut
 * but left out.
 */

static u_char *
ngx_http_mcp_audit_id(u_char *p, u_char *last, ngx_http_mcp_ctx_t *ctx)
{
    ngx_str_t   id;
    ngx_uint_t  string;

    if (ctx->id.len == 0) {
        return p;
    }

    string = (ctx->id.data[0] == '"');

    p = ngx_http_mcp_audit_word(p, last, "id_kind",
                                string ? "string" : "number");

    id = ngx_http_mcp_shown_id(ctx);

    if (id.data != ctx->id.data || id.len > NGX_HTTP_MCP_MAX_NAME) {
        return p;
    }

    p = ngx_slprintf(p, last, ",\"id\":");

    return ngx_http_mcp_audit_text(p, last, id.data, id.len, 1);
}


static u_char *
ngx_http_mcp_audit_verdict(u_char *p, u_char *last, ngx_http_mcp_ctx_t *ctx,
    mcp_verdict_t *v)
{
    ngx_str_t  word;

    ngx_http_mcp_verdict_word(v, &word);

    p = ngx_http_mcp_audit_str(p, last, "verdict", word.data, word.len);
    p = ngx_http_mcp_audit_word(p, last, "mode",
                                ctx->mlcf->policy.mode == MCP_MONITOR
                                ? "monitor" : "enforce");

    if (v->reason != MCP_R_NONE) {
        p = ngx_http_mcp_audit_word(p, last, "reason",
                                    mcp_reason_info(v->reason)->word);
    }

    if (v->rule) {
        p = ngx_http_mcp_audit_word(p, last, "rule", v->rule->id);
    }

    if (v->path[0]) {
        p = ngx_http_mcp_audit_str(p, last, "path", (u_char *) v->path,
                                   ngx_http_mcp_shown_path(ctx, v->path));
    }

    if (v->detail) {
        p = ngx_http_mcp_audit_word(p, last, "detail", v->detail);
    }

    return p;
}


static u_char *
ngx_http_mcp_audit_findings(u_char *p, u_char *last, ngx_http_mcp_ctx_t *ctx)
{
    ngx_uint_t               i;
    ngx_http_mcp_finding_t  *f;

    if (ctx->hits == 0) {
        return p;
    }

    p = ngx_slprintf(p, last, ",\"findings_total\":%ui,\"findings\":[",
                     ctx->hits);

    for (i = 0; i < ctx->nfindings; i++) {
        f = &ctx->findings[i];

        p = ngx_slprintf(p, last, "%s{\"digest\":\"%04xd\"", i ? "," : "",
                         (int) f->digest);
        p = ngx_http_mcp_audit_word(p, last, "rule", f->rule->id);
        p = ngx_http_mcp_audit_word(p, last, "action",
                                    mcp_action_name(f->action));
        p = ngx_http_mcp_audit_surface(p, last, f->surfaces);
        p = ngx_http_mcp_audit_str(p, last, "path", f->path, f->path_len);
        p = ngx_slprintf(p, last, "}");
    }

    return ngx_slprintf(p, last, "]");
}


/* The first of the surfaces, of which a string mostly has one. */

static u_char *
ngx_http_mcp_audit_surface(u_char *p, u_char *last, uint8_t surfaces)
{
    ngx_uint_t  bit;

    for (bit = 1; bit <= MCP_SURFACE_ALL; bit <<= 1) {

        if (surfaces & bit) {
            return ngx_http_mcp_audit_word(p, last, "surface",
                                           mcp_surface_name((uint8_t) bit));
        }
    }

    return p;
}


/* A member with a text of our own, or of the configuration. */

static u_char *
ngx_http_mcp_audit_word(u_char *p, u_char *last, const char *name,
    const char *word)
{
    return ngx_http_mcp_audit_str(p, last, name, (u_char *) word,
                                  ngx_strlen(word));
}


static u_char *
ngx_http_mcp_audit_str(u_char *p, u_char *last, const char *name, u_char *data,
    size_t len)
{
    ngx_uint_t  cut;

    if (len == 0) {
        return p;
    }

    cut = (len > NGX_HTTP_MCP_MAX_NAME);

    p = ngx_slprintf(p, last, ",\"%s\":\"", name);
    p = ngx_http_mcp_audit_text(p, last, data,
                                cut ? NGX_HTTP_MCP_MAX_NAME : len, 0);

    return ngx_slprintf(p, last, "%s\"", cut ? "..." : "");
}


/*
 * Text in ASCII: what is outside is escaped, so that no terminal or viewer is
 * led astray by invisible or reordering characters.  escaped: the text is
 * JSON and only what is not ASCII is touched.
 */

static u_char *
ngx_http_mcp_audit_text(u_char *p, u_char *last, u_char *data, size_t len,
    ngx_uint_t escaped)
{
    u_char    *end;
    uint32_t   ch;

    end = data + len;

    while (data < end) {
        ch = *data;

        if (ch >= 0x80) {
            ch = ngx_utf8_decode(&data, end - data);

            if (ch == 0xfffffffe) {

                /* a character without its end; nothing was taken */
                data++;
            }

            if (ch > 0x10ffff || (ch >= 0xd800 && ch <= 0xdfff)) {
                ch = 0xfffd;
            }

            if (ch > 0xffff) {
                ch -= 0x10000;
                p = ngx_slprintf(p, last, "\\u%04xD\\u%04xD",
                                 0xd800 + (ch >> 10), 0xdc00 + (ch & 0x3ff));
                continue;
            }

            p = ngx_slprintf(p, last, "\\u%04xD", ch);
            continue;
        }

        data++;

        if (ch < 0x20 || ch == 0x7f) {
            p = ngx_slprintf(p, last, "\\u%04xD", ch);
            continue;
        }

        if (!escaped && (ch == '"' || ch == '\\')) {
            p = ngx_slprintf(p, last, "\\");
        }

        if (p < last) {
            *p++ = (u_char) ch;
        }
    }

    return p;
}


static void
ngx_http_mcp_audit_write(ngx_http_request_t *r, ngx_http_mcp_audit_log_t *log,
    u_char *line, size_t len)
{
    time_t      now;
    ssize_t     n;
    ngx_err_t   err;

    if (log->syslog_peer) {
        n = ngx_syslog_send(log->syslog_peer, line, len);

    } else {
        n = ngx_write_fd(log->file->fd, line, len);
    }

    if (n == (ssize_t) len) {
        log->torn = 0;
        return;
    }

    if (n > 0 && log->syslog_peer == NULL) {
        log->torn = 1;
    }

    err = n < 0 ? ngx_errno : 0;

    log->lost++;

    now = ngx_time();

    if (log->warned && now - log->warned < 60) {
        return;
    }

    if (log->syslog_peer) {
        ngx_log_error(NGX_LOG_CRIT, r->connection->log, err,
                      "mcp: send() of an audit line to syslog failed, "
                      "%ui lost", log->lost);

    } else {
        ngx_log_error(NGX_LOG_CRIT, r->connection->log, err,
                      "mcp: " ngx_write_fd_n " of an audit line to \"%s\" "
                      "failed, %ui lost", log->file->name.data, log->lost);
    }

    log->warned = now;
    log->lost = 0;
}


u_char *
ngx_http_mcp_printable(u_char *p, u_char *last, ngx_str_t *s, size_t max)
{
    u_char   ch;
    size_t   i, len;

    len = ngx_min(s->len, max);

    for (i = 0; i < len && p < last; i++) {
        ch = s->data[i];

        if (ch < 0x20 || ch > 0x7e || ch == '"' || ch == '\\') {
            ch = '?';
        }

        *p++ = ch;
    }

    return p;
}
