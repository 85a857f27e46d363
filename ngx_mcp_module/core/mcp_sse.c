/*
 * Event streams: the splitter and the writer.
 *
 * Two passes.  The first looks for the end of the event alone and keeps its
 * state over slices; the second reads the fields of the whole event, so what
 * it sees cannot depend on the slicing.  An event that lies in one slice is
 * never copied.
 *
 * A reader that splits lines where the standard does not (Python's
 * splitlines() did, mcp-wire.md 10.4) would find lines of its own inside of
 * ours.  So U+0085, U+2028, U+2029 and control characters make an event not
 * canonical, wherever they stand, and mcp_sse_write() writes none of them.
 */

#include "mcp_sse.h"

#include <string.h>


#define ONES   0x0101010101010101u
#define HIGHS  0x8080808080808080u

/* a bit in each byte of word that is zero; above such a byte also others */
#define zero_bytes(word)   (((word) - ONES) & ~(word) & HIGHS)


static const unsigned char  bom[] = { 0xef, 0xbb, 0xbf };


void
mcp_sse_init(mcp_sse_t *s, size_t limit)
{
    memset(s, 0, sizeof(mcp_sse_t));
    s->limit = limit;
}


void
mcp_sse_free(mcp_sse_t *s)
{
    mcp_buf_free(&s->raw);
    mcp_buf_free(&s->data);
}


size_t
mcp_sse_pending(const mcp_sse_t *s)
{
    return (s->dispatched ? 0 : s->raw.len) + s->bom;
}


static mcp_rc_t
fail(mcp_sse_t *s)
{
    s->error = 1;
    mcp_sse_free(s);

    return MCP_ERROR;
}


/*
 * The first CR or LF.  Both at once: with two calls of memchr() a stream that
 * has only one of them would be searched to its end for each line.
 */
static const unsigned char *
line_end(const unsigned char *p, const unsigned char *end)
{
    uint64_t  word;

    while (end - p >= 8) {
        memcpy(&word, p, 8);

        if (zero_bytes(word ^ ONES * '\n') | zero_bytes(word ^ ONES * '\r')) {
            break;
        }

        p += 8;
    }

    while (p < end && *p != '\n' && *p != '\r') {
        p++;
    }

    return p;
}


/*
 * The length at p of a character that is not plain: one that a reader may
 * take for a line end, or a control character; 0: plain.  A tab is plain.
 */
static size_t
odd_at(const unsigned char *p, const unsigned char *end)
{
    if (*p < 0x20 || *p == 0x7f) {
        return *p == '\t' ? 0 : 1;
    }

    if (*p == 0xc2 && end - p >= 2 && p[1] == 0x85) {
        return 2;
    }

    if (*p == 0xe2 && end - p >= 3 && p[1] == 0x80
        && (p[2] == 0xa8 || p[2] == 0xa9))
    {
        return 3;
    }

    return 0;
}


/* The first character that is not plain, or end. */
static const unsigned char *
find_odd(const unsigned char *p, const unsigned char *end)
{
    uint64_t  word;

    for ( ;; ) {

        /* runs of 0x20 .. 0x7e, the most common by far */

        while (end - p >= 8) {
            memcpy(&word, p, 8);

            if ((word | (word - ONES * 0x20) | (word + ONES)) & HIGHS) {
                break;
            }

            p += 8;
        }

        if (p == end || odd_at(p, end) != 0) {
            return p;
        }

        p++;
    }
}


static int
is_plain(mcp_str_t s)
{
    return s.len == 0 || find_odd(s.data, s.data + s.len) == s.data + s.len;
}


static int
is_printable(mcp_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        if (s.data[i] < 0x20 || s.data[i] >= 0x7f) {
            return 0;
        }
    }

    return 1;
}


static int
is_retry(mcp_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        if (s.data[i] < '0' || s.data[i] > '9') {
            return 0;
        }
    }

    return s.len > 0 && s.len <= MCP_SSE_MAX_RETRY;
}


/* A value that every reader trims to the same text. */
static int
is_tight(mcp_str_t s)
{
    return s.len == 0
           || (s.data[0] != ' ' && s.data[0] != '\t'
               && s.data[s.len - 1] != ' ' && s.data[s.len - 1] != '\t');
}


/* Order of the fields in normal form. */
typedef enum {
    FIELD_NONE = 0,
    FIELD_EVENT,
    FIELD_ID,
    FIELD_RETRY,
    FIELD_DATA,
    FIELD_UNKNOWN
} field_t;


static field_t
field_of(const unsigned char *name, size_t len)
{
    switch (len) {

    case 2:
        return memcmp(name, "id", 2) == 0 ? FIELD_ID : FIELD_UNKNOWN;

    case 4:
        return memcmp(name, "data", 4) == 0 ? FIELD_DATA : FIELD_UNKNOWN;

    case 5:
        return memcmp(name, "event", 5) == 0 ? FIELD_EVENT
               : memcmp(name, "retry", 5) == 0 ? FIELD_RETRY : FIELD_UNKNOWN;

    default:
        return FIELD_UNKNOWN;
    }
}


static mcp_rc_t
add_data(mcp_sse_t *s, mcp_sse_event_t *ev, mcp_str_t value)
{
    if (ev->type != MCP_SSE_EVENT) {
        ev->type = MCP_SSE_EVENT;
        ev->data = value;
        return MCP_OK;
    }

    /* the second line: from here on the joined text is in a buffer */

    ev->canonical = 0;

    if (s->data.len == 0
        && mcp_buf_append(&s->data, ev->data.data, ev->data.len) != MCP_OK)
    {
        return MCP_ERROR;
    }

    if (mcp_buf_append_byte(&s->data, '\n') != MCP_OK
        || mcp_buf_append(&s->data, value.data, value.len) != MCP_OK)
    {
        return MCP_ERROR;
    }

    ev->data.data = s->data.data;
    ev->data.len = s->data.len;

    return MCP_OK;
}


/* One line that is neither empty nor a comment. */
static mcp_rc_t
add_field(mcp_sse_t *s, mcp_sse_event_t *ev, field_t *last,
    const unsigned char *p, const unsigned char *end)
{
    field_t               field;
    mcp_str_t             value;
    const unsigned char  *colon;

    colon = memchr(p, ':', (size_t) (end - p));

    if (colon == NULL) {
        colon = end;
        ev->canonical = 0;
    }

    value.data = (colon == end) ? end : colon + 1;

    if (value.data < end && *value.data == ' ') {
        value.data++;

    } else {
        ev->canonical = 0;
    }

    value.len = (size_t) (end - value.data);
    field = field_of(p, (size_t) (colon - p));

    if (field == FIELD_UNKNOWN || field <= *last || !is_tight(value)
        || !is_plain(value))
    {
        ev->canonical = 0;
    }

    *last = field;

    switch (field) {

    case FIELD_EVENT:
        ev->event = value;
        ev->has_event = 1;

        if (value.len == 0 || !is_printable(value)) {
            ev->canonical = 0;
        }

        return MCP_OK;

    case FIELD_ID:
        if (memchr(value.data, '\0', value.len) != NULL) {
            ev->canonical = 0;
            return MCP_OK;
        }

        ev->id = value;
        ev->has_id = 1;

        if (!is_printable(value)) {
            ev->canonical = 0;
        }

        return MCP_OK;

    case FIELD_RETRY:
        if (is_retry(value)) {
            ev->retry = value;

        } else {
            ev->canonical = 0;
        }

        return MCP_OK;

    case FIELD_DATA:
        return add_data(s, ev, value);

    default:
        return MCP_OK;
    }
}


/* Reads the fields of the whole event in ev->raw. */
static mcp_rc_t
read_event(mcp_sse_t *s, mcp_sse_event_t *ev)
{
    field_t               last;
    mcp_str_t             comment;
    const unsigned char  *p, *q, *end;

    p = ev->raw;
    end = p + ev->raw_len;
    last = FIELD_NONE;

    ev->canonical = 1;

    while (p < end) {
        q = line_end(p, end);

        /* an event ends in a line end, so q < end */

        if (*q == '\r') {
            ev->canonical = 0;
        }

        if (q > p && *p == ':') {
            comment.data = p;
            comment.len = (size_t) (q - p);

            /* alone a comment may pass, inside of an event not */

            if (p != ev->raw || q + 1 != end || !is_printable(comment)) {
                ev->canonical = 0;
            }

        } else if (q > p && add_field(s, ev, &last, p, q) != MCP_OK) {
            return MCP_ERROR;
        }

        p = q + 1;

        if (*q == '\r' && p < end && *p == '\n') {
            p++;
        }
    }

    return MCP_OK;
}


/* MCP_OK: no byte order mark can come any more. */
static mcp_rc_t
skip_bom(mcp_sse_t *s, const unsigned char **p, const unsigned char *end)
{
    while (*p < end) {

        if (**p != bom[s->bom]) {

            /* bytes of something else, and the first line has begun */

            if (s->bom > 0) {
                if (s->bom > s->limit
                    || mcp_buf_append(&s->raw, bom, s->bom) != MCP_OK)
                {
                    return fail(s);
                }

                s->in_line = 1;
                s->bom = 0;
            }

            s->started = 1;
            return MCP_OK;
        }

        (*p)++;

        if (++s->bom == sizeof(bom)) {
            s->bom = 0;
            s->started = 1;
            return MCP_OK;
        }
    }

    return MCP_AGAIN;
}


/*
 * Looks for the end of the event from p on.  Returns the byte behind it, or
 * NULL when it is not in this slice.
 */
static const unsigned char *
event_end(mcp_sse_t *s, const unsigned char *p, const unsigned char *end)
{
    int                   empty;
    const unsigned char  *q;

    if (p < end && s->raw.len == 0 && *p == ':') {
        s->comment = 1;
    }

    while (p < end) {

        if (s->skip_lf) {
            s->skip_lf = 0;

            if (*p == '\n') {
                p++;
                continue;
            }
        }

        q = line_end(p, end);

        if (q == end) {
            s->in_line = 1;
            return NULL;
        }

        empty = (q == p && !s->in_line);

        s->skip_lf = (*q == '\r');
        s->in_line = 0;
        p = q + 1;

        if (empty || s->comment) {
            s->comment = 0;
            return p;
        }
    }

    return NULL;
}


mcp_rc_t
mcp_sse_feed(mcp_sse_t *s, const unsigned char **data,
    const unsigned char *end, mcp_sse_event_t *ev)
{
    size_t                len;
    mcp_rc_t              rc;
    const unsigned char  *last;

    if (s->error) {
        return MCP_ERROR;
    }

    if (s->dispatched) {
        mcp_sse_free(s);
        s->dispatched = 0;
    }

    if (!s->started) {
        rc = skip_bom(s, data, end);

        if (rc != MCP_OK) {
            return rc;
        }
    }

    /* the LF behind a CR that ended the event before */

    if (s->skip_lf && s->raw.len == 0 && *data < end) {
        s->skip_lf = 0;

        if (**data == '\n') {
            (*data)++;
        }
    }

    last = event_end(s, *data, end);
    len = (size_t) ((last != NULL ? last : end) - *data);

    if (len > s->limit - s->raw.len) {
        return fail(s);
    }

    if (last != NULL && s->raw.len == 0) {
        memset(ev, 0, sizeof(mcp_sse_event_t));
        ev->raw = *data;
        ev->raw_len = len;

    } else {

        if (mcp_buf_append(&s->raw, *data, len) != MCP_OK) {
            return fail(s);
        }

        if (last == NULL) {
            *data = end;
            return MCP_AGAIN;
        }

        memset(ev, 0, sizeof(mcp_sse_event_t));
        ev->raw = s->raw.data;
        ev->raw_len = s->raw.len;
    }

    *data = last;
    ev->type = MCP_SSE_OTHER;
    s->dispatched = 1;

    return read_event(s, ev) == MCP_OK ? MCP_FOUND : fail(s);
}


/*
 * Appends data as one line of JSON text.  White space at its ends, and what
 * would become some, goes: some readers trim it and some do not.
 */
static mcp_rc_t
write_data(mcp_buf_t *out, mcp_str_t data)
{
    size_t                n;
    const char           *text;
    const unsigned char  *p, *q, *end;

    p = data.data;
    end = p + data.len;

    while (p < end && *p <= ' ') {
        p++;
    }

    while (p < end && end[-1] <= ' ') {
        end--;
    }

    while (p < end) {
        q = find_odd(p, end);

        if (mcp_buf_append(out, p, (size_t) (q - p)) != MCP_OK) {
            return MCP_ERROR;
        }

        if (q == end) {
            break;
        }

        /*
         * In JSON text control characters are white space between tokens,
         * DEL and the others are in strings.
         */

        n = odd_at(q, end);

        if (n == 1) {
            text = (*q == 0x7f) ? "\\u007f" : " ";

        } else if (n == 2) {
            text = "\\u0085";

        } else {
            text = (q[2] == 0xa8) ? "\\u2028" : "\\u2029";
        }

        if (mcp_buf_append_str(out, text) != MCP_OK) {
            return MCP_ERROR;
        }

        p = q + n;
    }

    return MCP_OK;
}


static mcp_rc_t
write_name(mcp_buf_t *out, mcp_str_t name)
{
    size_t         i;
    unsigned char  ch;

    if (mcp_buf_append_str(out, "event: ") != MCP_OK) {
        return MCP_ERROR;
    }

    for (i = 0; i < name.len; i++) {
        ch = name.data[i];

        if (ch < 0x20 || ch >= 0x7f
            || (ch == ' ' && (i == 0 || i == name.len - 1)))
        {
            ch = '?';
        }

        if (mcp_buf_append_byte(out, ch) != MCP_OK) {
            return MCP_ERROR;
        }
    }

    return mcp_buf_append_byte(out, '\n');
}


static mcp_rc_t
write_line(mcp_buf_t *out, const char *name, mcp_str_t value)
{
    if (mcp_buf_append_str(out, name) != MCP_OK
        || mcp_buf_append(out, value.data, value.len) != MCP_OK)
    {
        return MCP_ERROR;
    }

    return mcp_buf_append_byte(out, '\n');
}


static mcp_rc_t
write_comment(mcp_buf_t *out, const mcp_sse_event_t *ev)
{
    mcp_str_t  text;

    if (ev->raw_len == 0 || ev->raw[0] != ':') {
        return MCP_OK;
    }

    text.data = ev->raw;
    text.len = (size_t) (line_end(ev->raw, ev->raw + ev->raw_len) - ev->raw);

    if (!is_printable(text)) {
        text.len = 1;
    }

    return write_line(out, "", text);
}


static mcp_rc_t
write_fields(mcp_buf_t *out, const mcp_sse_event_t *ev, mcp_str_t data)
{
    size_t  before;

    before = out->len;

    if (ev->event.len != 0 && write_name(out, ev->event) != MCP_OK) {
        return MCP_ERROR;
    }

    if (ev->has_id && is_tight(ev->id)
        && is_printable(ev->id)
        && write_line(out, "id: ", ev->id) != MCP_OK)
    {
        return MCP_ERROR;
    }

    if (is_retry(ev->retry)
        && write_line(out, "retry: ", ev->retry) != MCP_OK)
    {
        return MCP_ERROR;
    }

    if (data.data != NULL
        && (mcp_buf_append_str(out, "data: ") != MCP_OK
            || write_data(out, data) != MCP_OK
            || mcp_buf_append_byte(out, '\n') != MCP_OK))
    {
        return MCP_ERROR;
    }

    if (out->len == before && write_comment(out, ev) != MCP_OK) {
        return MCP_ERROR;
    }

    return mcp_buf_append_byte(out, '\n');
}


mcp_rc_t
mcp_sse_write(mcp_buf_t *out, const mcp_sse_event_t *ev, mcp_str_t data)
{
    size_t  before;

    before = out->len;

    if (write_fields(out, ev, data) != MCP_OK) {
        out->len = before;
        return MCP_ERROR;
    }

    return MCP_OK;
}
