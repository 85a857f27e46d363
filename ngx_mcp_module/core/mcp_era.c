/*
 * Which era a message belongs to.  The table is in mcp_era.h.
 */

#include "mcp_era.h"

#include <string.h>


#define SENTINEL      "=?base64?"
#define SENTINEL_END  "?="

#define BAD  0xff


static const char  no_body[] = "request without a body in the modern era";


/* Value of a letter of the Base64 alphabet, or BAD. */
static unsigned char
base64_value(unsigned char ch)
{
    if (ch >= 'A' && ch <= 'Z') {
        return (unsigned char) (ch - 'A');
    }

    if (ch >= 'a' && ch <= 'z') {
        return (unsigned char) (ch - 'a' + 26);
    }

    if (ch >= '0' && ch <= '9') {
        return (unsigned char) (ch - '0' + 52);
    }

    return ch == '+' ? 62 : ch == '/' ? 63 : BAD;
}


/*
 * Decodes 4 letters at p to out; returns the number of bytes, or -1.  Padding
 * is for the last group alone; bits that it leaves over must be zero, so that
 * there is one form for each text.
 */
static int
base64_group(const unsigned char *p, int last, unsigned char *out)
{
    int            i, n;
    uint32_t       bits;
    unsigned char  v;

    n = 3;

    if (last && p[3] == '=') {
        n = (p[2] == '=') ? 1 : 2;
    }

    bits = 0;

    for (i = 0; i < 4; i++) {
        v = (i <= n) ? base64_value(p[i]) : 0;

        if (v == BAD) {
            return -1;
        }

        bits = bits << 6 | v;
    }

    out[0] = (unsigned char) (bits >> 16);
    out[1] = (unsigned char) (bits >> 8);
    out[2] = (unsigned char) bits;

    for (i = n; i < 3; i++) {
        if (out[i] != 0) {
            return -1;
        }
    }

    return n;
}


static mcp_str_t
trim(mcp_str_t s)
{
    while (s.len > 0 && (s.data[0] == ' ' || s.data[0] == '\t')) {
        s.data++;
        s.len--;
    }

    while (s.len > 0
           && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t'))
    {
        s.len--;
    }

    return s;
}


/* 1: value is in the Base64 form, *body is what stands between its marks. */
static int
is_sentinel(mcp_str_t value, mcp_str_t *body)
{
    size_t  head, tail;

    head = sizeof(SENTINEL) - 1;
    tail = sizeof(SENTINEL_END) - 1;

    if (value.len < head + tail
        || memcmp(value.data, SENTINEL, head) != 0
        || memcmp(value.data + value.len - tail, SENTINEL_END, tail) != 0)
    {
        return 0;
    }

    body->data = value.data + head;
    body->len = value.len - head - tail;

    return 1;
}


static int
is_plain(mcp_str_t value)
{
    size_t  i;

    for (i = 0; i < value.len; i++) {
        if ((value.data[i] < 0x20 && value.data[i] != '\t')
            || value.data[i] >= 0x7f)
        {
            return 0;
        }
    }

    return 1;
}


/*
 * Feeds a byte to a check of UTF-8.  state is 0 between characters, else the
 * number of bytes that must follow, with the range of the next one above it.
 * Returns 0 when the byte cannot be there.
 */
static int
utf8_step(uint32_t *state, unsigned char ch)
{
    unsigned  need, low, high;

    need = *state & 0xff;

    if (need != 0) {
        low = *state >> 8 & 0xff;
        high = *state >> 16 & 0xff;

        if (ch < low || ch > high) {
            return 0;
        }

        need--;
        *state = need ? need | 0x80u << 8 | 0xbfu << 16 : 0;
        return 1;
    }

    if (ch < 0x80) {
        return 1;
    }

    if (ch < 0xc2 || ch > 0xf4) {
        return 0;
    }

    need = (ch < 0xe0) ? 1 : (ch < 0xf0) ? 2 : 3;
    low = (ch == 0xe0) ? 0xa0 : (ch == 0xf0) ? 0x90 : 0x80;
    high = (ch == 0xed) ? 0x9f : (ch == 0xf4) ? 0x8f : 0xbf;

    *state = need | low << 8 | high << 16;

    return 1;
}


int
mcp_era_mirror_valid(mcp_str_t value)
{
    int            k, n;
    size_t         i;
    uint32_t       utf8;
    mcp_str_t      body;
    unsigned char  out[3];

    value = trim(value);

    if (!is_sentinel(value, &body)) {
        return is_plain(value);
    }

    if (body.len % 4 != 0) {
        return 0;
    }

    utf8 = 0;

    for (i = 0; i < body.len; i += 4) {
        n = base64_group(body.data + i, i + 4 == body.len, out);

        for (k = 0; k < n; k++) {
            if (!utf8_step(&utf8, out[k])) {
                return 0;
            }
        }

        if (n < 0) {
            return 0;
        }
    }

    return utf8 == 0;
}


int
mcp_era_mirror_equal(mcp_str_t value, mcp_str_t text)
{
    int            n;
    size_t         i, at;
    mcp_str_t      body;
    unsigned char  out[3];

    value = trim(value);

    if (!is_sentinel(value, &body)) {
        return is_plain(value) && value.len == text.len
               && (text.len == 0
                   || memcmp(value.data, text.data, text.len) == 0);
    }

    if (body.len % 4 != 0) {
        return 0;
    }

    at = 0;

    for (i = 0; i < body.len; i += 4) {
        n = base64_group(body.data + i, i + 4 == body.len, out);

        if (n < 0 || (size_t) n > text.len - at
            || memcmp(text.data + at, out, (size_t) n) != 0)
        {
            return 0;
        }

        at += (size_t) n;
    }

    return at == text.len;
}


static mcp_str_t
static_str(const char *s)
{
    mcp_str_t  v;

    v.data = (const unsigned char *) s;
    v.len = (s != NULL) ? strlen(s) : 0;

    return v;
}


static mcp_rc_t
refuse(mcp_era_decision_t *d, mcp_reason_t reason, const char *detail)
{
    d->reason = reason;
    d->detail = detail;

    return MCP_ERROR;
}


static mcp_rc_t
refuse_version(mcp_era_decision_t *d, mcp_str_t requested, unsigned supported,
    const char *detail)
{
    d->requested = requested;
    d->supported = supported;

    return refuse(d, MCP_R_VERSION, detail);
}


/* Everything agrees; what is left to ask is whether the era is served. */
static mcp_rc_t
accept(mcp_era_decision_t *d, mcp_era_t era, mcp_str_t version,
    mcp_str_t requested, unsigned eras)
{
    d->era = era;

    if (!(eras & 1u << era)) {
        return refuse_version(d, requested, eras, "era is not served");
    }

    d->version = version;

    return MCP_OK;
}


static mcp_str_t
text_of(const mcp_message_t *m, mcp_span_t span)
{
    size_t     len;
    mcp_str_t  s;

    s.data = mcp_message_text(m, &len) + span.off;
    s.len = span.len;

    return s;
}


static int
equal(mcp_str_t a, mcp_str_t b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}


/*
 * The mirrored headers of a modern message (mcp-wire.md 4.2).  The protocol
 * asks for them on requests; on a notification only what is there must agree.
 */
static mcp_rc_t
check_mirror(const mcp_message_t *m, const mcp_envelope_t *e,
    const mcp_mirror_t *h, mcp_era_decision_t *d)
{
    if (h->method.data == NULL) {

        if (e->kind == MCP_REQUEST) {
            return refuse(d, MCP_R_MISMATCH, "no Mcp-Method header");
        }

    } else if (!equal(trim(h->method), text_of(m, e->method))) {
        return refuse(d, MCP_R_MISMATCH, "Mcp-Method is not the method");
    }

    if (!mcp_method_known(e->method_id, MCP_CLIENT, MCP_ERA_MODERN)) {
        /* which member it names nobody knows; the method list decides */
        return MCP_OK;
    }

    if (h->name.data == NULL) {

        if (e->name_present) {
            return refuse(d, MCP_R_MISMATCH, "no Mcp-Name header");
        }

        return MCP_OK;
    }

    /*
     * A name where the body has none is refused too: whoever routes or
     * decides by the header would take it for real.
     */

    if (!e->name_present
        || !mcp_era_mirror_equal(h->name, text_of(m, e->name)))
    {
        return refuse(d, MCP_R_MISMATCH, "Mcp-Name is not the name");
    }

    return MCP_OK;
}


static mcp_rc_t
decide_modern(const mcp_message_t *m, const mcp_envelope_t *e,
    const mcp_mirror_t *h, unsigned eras, mcp_era_decision_t *d)
{
    mcp_str_t  version;

    version = static_str(MCP_VERSION_MODERN);

    if (e->has_claim) {

        if (!equal(version, text_of(m, e->claim))) {
            return refuse(d, MCP_R_MISMATCH, "claim is not the header's");
        }

    } else if (e->kind == MCP_RESPONSE || e->kind == MCP_ERROR_RESPONSE) {
        return refuse(d, MCP_R_INVALID, "response in the modern era");

    } else if (e->method_id == MCP_M_INITIALIZE) {
        return refuse(d, MCP_R_MISMATCH, "initialize with a modern header");

    } else if (e->kind == MCP_REQUEST || e->bad_claim) {
        return refuse(d, MCP_R_NO_CLAIM, "modern header without a claim");
    }

    if (check_mirror(m, e, h, d) != MCP_OK) {
        return MCP_ERROR;
    }

    return accept(d, MCP_ERA_MODERN, version, version, eras);
}


static mcp_rc_t
decide_legacy(const mcp_message_t *m, const mcp_envelope_t *e,
    mcp_str_t version, unsigned eras, mcp_era_decision_t *d)
{
    mcp_str_t  known, requested;

    if (e->has_claim || e->bad_claim) {
        return refuse(d, MCP_R_MISMATCH, "claim without a modern header");
    }

    if (version.data != NULL) {
        known = static_str(mcp_version_name(version.data, version.len));
        return accept(d, MCP_ERA_LEGACY, known, known, eras);
    }

    if (e->method_id == MCP_M_INITIALIZE) {

        /* the server answers with a revision of its own choice */

        requested = text_of(m, e->version);
        known = static_str(mcp_version_name(requested.data, requested.len));

        return accept(d, MCP_ERA_LEGACY, known, requested, eras);
    }

    known = static_str(MCP_VERSION_BATCH);

    return accept(d, MCP_ERA_LEGACY, known, known, eras);
}


static int
same_id(const mcp_message_t *m, const mcp_envelope_t *a,
    const mcp_envelope_t *b)
{
    const unsigned char  *ids = mcp_message_ids(m);

    return a->kind == MCP_REQUEST && b->kind == MCP_REQUEST
           && a->id.len == b->id.len
           && memcmp(ids + a->id.off, ids + b->id.off, a->id.len) == 0;
}


static mcp_rc_t
decide_batch(const mcp_message_t *m, const mcp_envelope_t *e, size_t n,
    mcp_str_t version, unsigned eras, mcp_era_decision_t *d)
{
    size_t     i, k;
    mcp_str_t  batch;

    batch = static_str(MCP_VERSION_BATCH);

    if (version.data != NULL && !equal(version, batch)) {
        return refuse(d, MCP_R_BATCH, "batch where there is none");
    }

    for (i = 0; i < n; i++) {

        if (e[i].has_claim || e[i].bad_claim) {
            return refuse(d, MCP_R_MISMATCH, "claim in a batch");
        }

        if (e[i].method_id == MCP_M_INITIALIZE) {
            return refuse(d, MCP_R_INVALID, "initialize in a batch");
        }

        for (k = 0; k < i; k++) {
            if (same_id(m, &e[k], &e[i])) {
                return refuse(d, MCP_R_INVALID, "repeated id in a batch");
            }
        }
    }

    return accept(d, MCP_ERA_LEGACY, batch, batch, eras);
}


static void
start(mcp_era_decision_t *d, mcp_era_t era)
{
    memset(d, 0, sizeof(mcp_era_decision_t));
    d->era = era;
}


mcp_rc_t
mcp_era_decide(const mcp_message_t *m, const mcp_mirror_t *h, unsigned eras,
    mcp_era_decision_t *d)
{
    size_t                 n;
    unsigned               supported;
    mcp_era_t              era;
    mcp_str_t              version;
    const mcp_envelope_t  *e;

    version = trim(h->version);
    n = mcp_message_envelopes(m, &e);

    era = (version.data == NULL) ? MCP_ERA_LEGACY
                                 : mcp_version_era(version.data, version.len);
    start(d, era);

    if (mcp_message_batch(m)) {
        return decide_batch(m, e, n, version, eras, d);
    }

    switch (era) {

    case MCP_ERA_MODERN:
        return decide_modern(m, e, h, eras, d);

    case MCP_ERA_LEGACY:
        return decide_legacy(m, e, version, eras, d);

    default:
        break;
    }

    if (!e->has_claim || !equal(version, text_of(m, e->claim))) {
        return refuse(d, MCP_R_MISMATCH, "header of an unknown revision");
    }

    /* the form is the modern one, whatever the revision */

    supported = eras & 1u << MCP_ERA_MODERN;
    d->era = MCP_ERA_MODERN;

    return refuse_version(d, version, supported ? supported : eras,
                          "unknown revision");
}


mcp_rc_t
mcp_era_decide_bodiless(mcp_str_t version, unsigned eras,
    mcp_era_decision_t *d)
{
    mcp_str_t  known;
    mcp_era_t  era;

    version = trim(version);

    if (version.data == NULL) {
        version = static_str(MCP_VERSION_BATCH);
    }

    era = mcp_version_era(version.data, version.len);
    start(d, era);

    if (era == MCP_ERA_NONE) {

        /* no body that says the same: the bytes may be anything */

        if (!is_plain(version)) {
            version.len = 0;
        }

        return refuse_version(d, version, eras, "unknown revision");
    }

    if (era == MCP_ERA_MODERN || !(eras & 1u << MCP_ERA_LEGACY)) {
        d->era = MCP_ERA_MODERN;
        return refuse(d, MCP_R_HTTP_METHOD, no_body);
    }

    known = static_str(mcp_version_name(version.data, version.len));

    return accept(d, MCP_ERA_LEGACY, known, known, eras);
}
