/*
 * The envelope: the few values that it needs, and at its end the normal form
 * (mcp-wire.md 10.5).
 *
 * Members come in any order, so what depends on the method waits in
 * m->pending for the end of the envelope.
 */

#include "mcp_message_int.h"

#include <string.h>


#define MAX_SAFE  9007199254740991u       /* 2^53 - 1 */


mcp_rc_t
mcp_message_fail(mcp_message_t *m, const char *error)
{
    m->reason = MCP_R_INVALID;
    m->error = error;

    return MCP_ERROR;
}


mcp_rc_t
mcp_message_no_memory(mcp_message_t *m)
{
    m->reason = MCP_R_INTERNAL;
    m->error = "out of memory";

    return MCP_ERROR;
}


/* Value of a number in text that is an integer within +-(2^53 - 1). */
static int
safe_integer(const char *number, long long *value)
{
    int       negative;
    uint64_t  n;

    negative = (*number == '-');
    number += negative;

    for (n = 0; *number >= '0' && *number <= '9'; number++) {
        n = n * 10 + (uint64_t) (*number - '0');

        if (n > MAX_SAFE) {
            return 0;
        }
    }

    if (*number != '\0' || (negative && n == 0)) {
        return 0;
    }

    *value = negative ? -(long long) n : (long long) n;

    return 1;
}


void
mcp_envelope_capture(mcp_message_t *m, unsigned what, mcp_span_t raw)
{
    mcp_envelope_t  *e = m->envelope;

    switch (what) {

    case SPAN_RESULT:
        e->result = raw;
        break;

    case SPAN_TOOLS:
        e->tools = raw;
        break;

    case SPAN_CACHE_SCOPE:
        e->cache_scope = raw;
        break;

    case SPAN_INSTRUCTIONS:
        e->instructions = raw;
        break;

    default:
        break;
    }
}


mcp_rc_t
mcp_envelope_begin(mcp_message_t *m, const mcp_json_event_t *ev)
{
    size_t          n;
    mcp_envelope_t  e;

    n = m->envelopes.len / sizeof(mcp_envelope_t);

    if (n == MCP_MAX_BATCH) {
        return mcp_message_fail(m, "too many messages in a batch");
    }

    memset(&e, 0, sizeof(mcp_envelope_t));
    memset(&m->pending, 0, sizeof(mcp_pending_t));

    e.raw.off = ev->raw;

    if (mcp_buf_append(&m->envelopes, &e, sizeof(mcp_envelope_t)) != MCP_OK) {
        return mcp_message_no_memory(m);
    }

    m->envelope = (mcp_envelope_t *) (void *) m->envelopes.data + n;
    m->number = (uint16_t) n;

    return MCP_OK;
}


/* name, uri or taskId: which one a method calls its name. */
static mcp_rc_t
choose_name(mcp_message_t *m)
{
    unsigned              odd;
    mcp_envelope_t       *e = m->envelope;
    const mcp_pending_t  *p = &m->pending;

    switch (e->method_id) {

    case MCP_M_TOOLS_CALL:
    case MCP_M_PROMPTS_GET:
        e->name = p->name;
        e->name_present = p->name_present;
        odd = p->name_odd;
        break;

    case MCP_M_RESOURCES_READ:
    case MCP_M_RESOURCES_SUBSCRIBE:
    case MCP_M_RESOURCES_UNSUBSCRIBE:
        e->name = p->uri;
        e->name_present = p->uri_present;
        odd = p->uri_odd;
        break;

    case MCP_M_TASKS_GET:
    case MCP_M_TASKS_RESULT:
    case MCP_M_TASKS_CANCEL:
    case MCP_M_TASKS_UPDATE:
        e->name = p->task_id;
        e->name_present = p->task_id_present;
        odd = p->task_id_odd;
        break;

    default:
        return MCP_OK;
    }

    return odd ? mcp_message_fail(m, "name is not a string") : MCP_OK;
}


static int
is_notification(mcp_method_t method)
{
    return method >= MCP_M_N_INITIALIZED;
}


static mcp_rc_t
end_call(mcp_message_t *m)
{
    mcp_envelope_t       *e = m->envelope;
    const mcp_pending_t  *p = &m->pending;

    if (p->result || p->error) {
        return mcp_message_fail(m, "method beside result or error");
    }

    if (e->id_null) {
        return mcp_message_fail(m, "id is null");
    }

    e->kind = p->id ? MCP_REQUEST : MCP_NOTIFICATION;

    /*
     * Whether a server acts on a request without an id differs from one to
     * the next (mcp-wire.md 10.2), and what counts and limits requests would
     * not see it.
     */

    if (e->method_id != MCP_M_OTHER) {

        if (is_notification(e->method_id) && p->id) {
            return mcp_message_fail(m, "notification with an id");
        }

        if (!is_notification(e->method_id) && !p->id) {
            return mcp_message_fail(m, "request without an id");
        }
    }

    e->elicit_url = p->meta_url
                    || (p->params_url && e->method_id == MCP_M_INITIALIZE);

    if (e->method_id != MCP_M_INITIALIZE) {
        e->version = make_span(0, 0);
    }

    return choose_name(m);
}


static mcp_rc_t
end_answer(mcp_message_t *m)
{
    mcp_envelope_t       *e = m->envelope;
    const mcp_pending_t  *p = &m->pending;

    if (p->params) {
        return mcp_message_fail(m, "params without a method");
    }

    if (p->result && p->error) {
        return mcp_message_fail(m, "result beside error");
    }

    if (!p->result && !p->error) {
        return mcp_message_fail(m, "neither method nor result nor error");
    }

    e->kind = p->result ? MCP_RESPONSE : MCP_ERROR_RESPONSE;

    /* servers answer so what they could not read */

    if (m->dir == MCP_SERVER && p->error && (!p->id || e->id_null)) {
        return MCP_OK;
    }

    if (e->id_null) {
        return mcp_message_fail(m, "id is null");
    }

    return p->id ? MCP_OK : mcp_message_fail(m, "response without an id");
}


mcp_rc_t
mcp_envelope_end(mcp_message_t *m, const mcp_json_event_t *ev)
{
    m->envelope->raw.len = ev->raw + 1 - m->envelope->raw.off;

    if (!m->pending.jsonrpc) {
        return mcp_message_fail(m, "no jsonrpc member");
    }

    return m->pending.method ? end_call(m) : end_answer(m);
}


/* C0, DEL and C1 controls, and what some readers take for a line end. */
static int
has_control(const unsigned char *p, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {

        if (p[i] < 0x20 || p[i] == 0x7f) {
            return 1;
        }

        /* the text is valid UTF-8: what follows a lead byte is there */

        if (p[i] == 0xc2 && p[i + 1] < 0xa0) {
            return 1;
        }

        if (p[i] == 0xe2 && p[i + 1] == 0x80
            && (p[i + 2] == 0xa8 || p[i + 2] == 0xa9))
        {
            return 1;
        }
    }

    return 0;
}


static mcp_rc_t
take_id(mcp_message_t *m, const mcp_json_event_t *ev)
{
    size_t                before;
    mcp_rc_t              rc;
    long long             value;
    mcp_envelope_t       *e = m->envelope;
    const unsigned char  *text;

    before = m->ids.len;

    switch (ev->type) {

    case MCP_JSON_NULL:
        m->pending.id = 1;
        e->id_null = 1;
        return MCP_OK;

    case MCP_JSON_NUMBER:
        if (!safe_integer(ev->number, &value)) {
            return mcp_message_fail(m, "id is not a plain integer");
        }

        rc = mcp_buf_append(&m->ids, ev->number, ev->len);
        break;

    case MCP_JSON_STRING:
        text = mcp_message_at(m, ev->text);

        if (ev->len > MCP_MAX_ID) {
            return mcp_message_fail(m, "id is too long");
        }

        if (has_control(text, ev->len)) {
            return mcp_message_fail(m, "id has control characters");
        }

        e->id_string = 1;
        rc = mcp_buf_append_json(&m->ids, text, ev->len);
        break;

    default:
        return mcp_message_fail(m, "id is neither string nor integer");
    }

    if (rc != MCP_OK) {
        return mcp_message_no_memory(m);
    }

    m->pending.id = 1;
    e->id = make_span(before, m->ids.len - before);

    return MCP_OK;
}


static mcp_rc_t
take_method(mcp_message_t *m, mcp_level_t *l, const mcp_json_event_t *ev)
{
    mcp_envelope_t  *e = m->envelope;

    if (ev->type != MCP_JSON_STRING) {
        return mcp_message_fail(m, "method is not a string");
    }

    if (ev->len == 0 || ev->len > MCP_MAX_METHOD) {
        return mcp_message_fail(m, "method name is empty or too long");
    }

    m->pending.method = 1;
    e->method = make_span(ev->text, ev->len);
    e->method_id = mcp_method_find(mcp_message_at(m, ev->text), ev->len);

    if (e->method_id != MCP_M_OTHER) {
        l->next.surfaces = 0;                 /* a fixed word */
    }

    return MCP_OK;
}


static mcp_rc_t
take_envelope(mcp_message_t *m, mcp_level_t *l, const mcp_json_event_t *ev)
{
    mcp_pending_t  *p = &m->pending;

    switch (l->member) {

    case K_JSONRPC:
        if (ev->type != MCP_JSON_STRING || ev->len != 3
            || memcmp(mcp_message_at(m, ev->text), "2.0", 3) != 0)
        {
            return mcp_message_fail(m, "jsonrpc is not \"2.0\"");
        }

        p->jsonrpc = 1;
        return MCP_OK;

    case K_ID:
        return take_id(m, ev);

    case K_METHOD:
        return take_method(m, l, ev);

    case K_PARAMS:
        p->params = 1;
        return ev->type == MCP_JSON_OBJECT
               ? MCP_OK : mcp_message_fail(m, "params is not an object");

    case K_RESULT:
        p->result = 1;
        return ev->type == MCP_JSON_OBJECT
               ? MCP_OK : mcp_message_fail(m, "result is not an object");

    default:
        p->error = 1;
        return ev->type == MCP_JSON_OBJECT
               ? MCP_OK : mcp_message_fail(m, "error is not an object");
    }
}


static void
take_params(mcp_message_t *m, const mcp_level_t *l,
    const mcp_json_event_t *ev)
{
    unsigned        string;
    mcp_span_t      s;
    mcp_pending_t  *p = &m->pending;

    string = (ev->type == MCP_JSON_STRING);
    s = string ? make_span(ev->text, ev->len) : make_span(0, 0);

    switch (l->member) {

    case K_NAME:
        p->name = s;
        p->name_present = string;
        p->name_odd = !string;
        break;

    case K_URI:
        p->uri = s;
        p->uri_present = string;
        p->uri_odd = !string;
        break;

    case K_TASK_ID:
        p->task_id = s;
        p->task_id_present = string;
        p->task_id_odd = !string;
        break;

    case K_PROTOCOL_VERSION:
        m->envelope->version = s;
        break;

    case K_ARGUMENTS:
        m->envelope->has_arguments = 1;
        break;

    default:
        break;
    }
}


static mcp_rc_t
take_error(mcp_message_t *m, const mcp_level_t *l, const mcp_json_event_t *ev)
{
    long long        code;
    mcp_envelope_t  *e = m->envelope;

    if (l->member == K_CODE) {

        if (ev->type != MCP_JSON_NUMBER || !safe_integer(ev->number, &code)) {
            return mcp_message_fail(m, "error code is not an integer");
        }

        m->pending.error_code = 1;

        if (code >= INT32_MIN && code <= INT32_MAX) {
            e->error_code = (int) code;
            e->has_error_code = 1;
        }

    } else if (l->member == K_MESSAGE) {

        if (ev->type != MCP_JSON_STRING) {
            return mcp_message_fail(m, "error message is not a string");
        }

        m->pending.error_message = 1;
    }

    return MCP_OK;
}


mcp_rc_t
mcp_envelope_take(mcp_message_t *m, mcp_level_t *l,
    const mcp_json_event_t *ev)
{
    mcp_envelope_t  *e = m->envelope;

    if (l->array) {
        return MCP_OK;
    }

    switch (l->self.place) {

    case P_ENVELOPE:
        return take_envelope(m, l, ev);

    case P_PARAMS:
        take_params(m, l, ev);
        break;

    case P_PARAMS_META:
        if (l->member == K_META_CLAIM) {

            if (ev->type == MCP_JSON_STRING) {
                e->claim = make_span(ev->text, ev->len);
                e->has_claim = 1;

            } else {
                e->bad_claim = 1;
            }
        }

        break;

    case P_ELICITATION:
        if (l->member == K_URL && ev->type == MCP_JSON_OBJECT) {

            if (l->self.role == MCP_ROLE_META) {
                m->pending.meta_url = 1;

            } else {
                m->pending.params_url = 1;
            }
        }

        break;

    case P_RESULT:
        if (l->member == K_RESULT_TYPE && ev->type == MCP_JSON_STRING) {
            e->result_type = make_span(ev->text, ev->len);
        }

        break;

    case P_ERROR:
        if (l->self.capture == SPAN_ERROR) {
            return take_error(m, l, ev);
        }

        break;

    case P_TOOL:
        if (l->member == K_NAME && ev->type == MCP_JSON_STRING) {
            mcp_message_item(m, l->item)->name = make_span(ev->text, ev->len);
        }

        break;

    default:
        break;
    }

    return MCP_OK;
}
