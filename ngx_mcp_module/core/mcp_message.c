/*
 * Messages, read from the events of the tokenizer.
 *
 * For each open container there is a level that knows what the protocol calls
 * it (mcp_message_place.c) and what its next value will be.  Nothing is
 * looked up twice, and nothing is kept of values that are not strings but for
 * the few that an envelope needs (mcp_message_envelope.c).
 */

#include "mcp_message_int.h"

#include <stdlib.h>
#include <string.h>


/* Room for one more row of a table; NULL: memory is short. */
static inline void *
add_row(mcp_message_t *m, mcp_buf_t *table, size_t size)
{
    void  *row;

    if (size > table->cap - table->len
        && mcp_buf_reserve(table, size) != MCP_OK)
    {
        (void) mcp_message_no_memory(m);
        return NULL;
    }

    row = table->data + table->len;
    table->len += size;

    return row;
}


static mcp_rc_t
add_node(mcp_message_t *m, uint32_t parent, uint32_t key, uint32_t len,
    uint32_t *number)
{
    mcp_node_t  *node;

    *number = (uint32_t) (m->nodes.len / sizeof(mcp_node_t));
    node = add_row(m, &m->nodes, sizeof(mcp_node_t));

    if (node == NULL) {
        return MCP_ERROR;
    }

    node->parent = parent;
    node->key = key;
    node->len = len;

    return MCP_OK;
}


static mcp_rc_t
add_segment(mcp_message_t *m, const mcp_json_event_t *ev,
    const mcp_slot_t *slot, uint32_t node, uint32_t item)
{
    mcp_segment_t  *seg;

    if (ev->len == 0) {
        return MCP_OK;
    }

    seg = add_row(m, &m->segments, sizeof(mcp_segment_t));

    if (seg == NULL) {
        return MCP_ERROR;
    }

    seg->text = ev->text;
    seg->len = ev->len;
    seg->raw = ev->raw;
    seg->raw_len = ev->raw_len;
    seg->node = node;
    seg->item = item;
    seg->envelope = m->number;
    seg->role = slot->role;
    seg->surfaces = slot->surfaces;
    seg->kinds = 0;
    seg->key = (ev->type == MCP_JSON_KEY);
    seg->escaped = ev->escaped;
    seg->ascii = ev->ascii;
    seg->block = slot->block;

    return MCP_OK;
}


static mcp_rc_t
add_item(mcp_message_t *m, const mcp_json_event_t *ev, uint32_t *number)
{
    mcp_item_t  *item;

    *number = (uint32_t) (m->items.len / sizeof(mcp_item_t));
    item = add_row(m, &m->items, sizeof(mcp_item_t));

    if (item == NULL) {
        return MCP_ERROR;
    }

    memset(item, 0, sizeof(mcp_item_t));

    item->raw.off = ev->raw;
    item->raw.len = ev->raw_len;          /* a container's comes at its end */
    item->envelope = m->number;

    return MCP_OK;
}


static mcp_rc_t
add_value(mcp_message_t *m, const mcp_json_event_t *ev, uint32_t node)
{
    mcp_value_t  *v;

    v = add_row(m, &m->values, sizeof(mcp_value_t));

    if (v == NULL) {
        return MCP_ERROR;
    }

    v->node = node;
    v->text = ev->text;
    v->len = 0;
    v->envelope = m->number;
    v->type = (uint8_t) ev->type;

    /* [batch element] params arguments ... */

    v->steps = (uint16_t) (ev->depth - (m->batch ? 3 : 2));

    if (ev->type == MCP_JSON_STRING) {
        v->len = ev->len;

    } else if (ev->type == MCP_JSON_NUMBER) {
        v->text = (uint32_t) m->numbers.len;
        v->len = ev->len;

        if (mcp_buf_append(&m->numbers, ev->number, ev->len) != MCP_OK) {
            return mcp_message_no_memory(m);
        }
    }

    return MCP_OK;
}


static inline int
is_kept(const mcp_message_t *m, const mcp_slot_t *slot)
{
    return m->keep_values && slot->role == MCP_ROLE_ARGUMENT;
}


static mcp_rc_t
on_key(mcp_message_t *m, const mcp_json_event_t *ev)
{
    int                variant;
    mcp_level_t       *l;
    mcp_member_t       member;
    const mcp_slot_t  *slot;

    l = &m->levels[ev->depth - 1];
    slot = &l->self;

    if (l->self.place != P_LAX) {

        member = mcp_member_find(mcp_message_at(m, ev->text), ev->len,
                                 &variant);

        if (variant && mcp_place_strict((mcp_place_t) l->self.place)) {
            return mcp_message_fail(m, "variant of a protocol member");
        }

        if (l->self.place == P_ENVELOPE
            && (member < K_JSONRPC || member > K_ERROR))
        {
            return mcp_message_fail(m, "unknown envelope member");
        }

        l->member = (uint8_t) member;
        mcp_place_member(m, l, member);

        if (member == K_NONE) {
            slot = &l->next;
        }
    }

    if (add_node(m, l->node, ev->text, ev->len, &l->next_node) != MCP_OK) {
        return MCP_ERROR;
    }

    return add_segment(m, ev, slot, l->next_node, l->item);
}


/* Prepares a level for the elements or members of a container. */
static void
start_level(mcp_level_t *l, const mcp_json_event_t *ev)
{
    l->raw = ev->raw;
    l->array = (ev->type == MCP_JSON_ARRAY);
    l->member = K_NONE;
    l->next_node = l->node;
    l->self.block = 0;

    if (l->array) {
        mcp_place_elements(l);
        return;
    }

    l->self.place = (uint8_t) mcp_place_object(&l->self);

    l->next = l->self;
    l->next.capture = SPAN_NONE;
}


static mcp_rc_t
on_open(mcp_message_t *m, const mcp_json_event_t *ev)
{
    size_t        n;
    mcp_level_t  *l, *p;

    n = (ev->depth + 1) * sizeof(mcp_level_t);

    if (n > m->stack.cap) {

        if (mcp_buf_reserve(&m->stack, n - m->stack.len) != MCP_OK) {
            return mcp_message_no_memory(m);
        }

        m->levels = (mcp_level_t *) (void *) m->stack.data;
    }

    m->stack.len = n;
    l = &m->levels[ev->depth];

    if (ev->depth == 0) {
        memset(l, 0, sizeof(mcp_level_t));

        l->item = NO_ITEM;
        l->self.role = MCP_ROLE_ENVELOPE;
        l->self.place = (ev->type == MCP_JSON_ARRAY) ? P_BATCH : P_ENVELOPE;

        m->batch = (ev->type == MCP_JSON_ARRAY);
        start_level(l, ev);

        if (add_node(m, 0, NO_KEY, 0, &l->node) != MCP_OK) {
            return MCP_ERROR;
        }

        return m->batch ? MCP_OK : mcp_envelope_begin(m, ev);
    }

    p = &m->levels[ev->depth - 1];

    if (p->self.place == P_BATCH) {

        if (ev->type != MCP_JSON_OBJECT) {
            return mcp_message_fail(m, "batch element is not an object");
        }

        if (mcp_envelope_begin(m, ev) != MCP_OK) {
            return MCP_ERROR;
        }

    } else if (mcp_envelope_take(m, p, ev) != MCP_OK) {
        return MCP_ERROR;
    }

    l->self = p->next;
    l->item = p->item;
    l->node = p->next_node;

    if (p->array) {

        if (add_node(m, p->node, NO_KEY, ev->index, &l->node) != MCP_OK) {
            return MCP_ERROR;
        }

        if (p->self.place == P_TOOLS
            && add_item(m, ev, &l->item) != MCP_OK)
        {
            return MCP_ERROR;
        }
    }

    start_level(l, ev);

    return is_kept(m, &p->next) ? add_value(m, ev, l->node) : MCP_OK;
}


static mcp_rc_t
on_close(mcp_message_t *m, const mcp_json_event_t *ev)
{
    mcp_span_t    raw;
    mcp_level_t  *l, *p;

    l = &m->levels[ev->depth];
    raw = make_span(l->raw, ev->raw + 1 - l->raw);

    switch (l->self.place) {

    case P_ENVELOPE:
        return mcp_envelope_end(m, ev);

    case P_BATCH:
        return m->envelopes.len != 0 ? MCP_OK
                                     : mcp_message_fail(m, "empty batch");

    case P_ERROR:
        if (l->self.capture == SPAN_ERROR
            && !(m->pending.error_code && m->pending.error_message))
        {
            return mcp_message_fail(m, "error without code or message");
        }

        break;

    default:
        break;
    }

    p = &m->levels[ev->depth - 1];

    if (p->self.place == P_TOOLS) {
        mcp_message_item(m, l->item)->raw = raw;
    }

    /* what is not an array has no elements that could be taken out */

    if (l->self.capture != SPAN_NONE
        && (l->self.capture != SPAN_TOOLS || l->array))
    {
        mcp_envelope_capture(m, l->self.capture, raw);
    }

    return MCP_OK;
}


static mcp_rc_t
on_scalar(mcp_message_t *m, const mcp_json_event_t *ev)
{
    int           text, kept;
    uint32_t      node, item;
    mcp_level_t  *l;

    if (ev->depth == 0) {
        return mcp_message_fail(m, "message is not an object");
    }

    l = &m->levels[ev->depth - 1];
    item = l->item;

    if (l->self.place == P_BATCH) {
        return mcp_message_fail(m, "batch element is not an object");
    }

    if (mcp_envelope_take(m, l, ev) != MCP_OK) {
        return MCP_ERROR;
    }

    if (l->self.place == P_TOOLS && add_item(m, ev, &item) != MCP_OK) {
        return MCP_ERROR;
    }

    if (l->next.capture != SPAN_NONE && l->next.capture != SPAN_TOOLS) {
        mcp_envelope_capture(m, l->next.capture,
                             make_span(ev->raw, ev->raw_len));
    }

    text = (ev->type == MCP_JSON_STRING && ev->len != 0);
    kept = is_kept(m, &l->next);

    if (!text && !kept) {
        return MCP_OK;
    }

    node = l->next_node;

    if (l->array
        && add_node(m, l->node, NO_KEY, ev->index, &node) != MCP_OK)
    {
        return MCP_ERROR;
    }

    if (kept && add_value(m, ev, node) != MCP_OK) {
        return MCP_ERROR;
    }

    return text ? add_segment(m, ev, &l->next, node, item) : MCP_OK;
}


static mcp_rc_t
on_event(void *data, mcp_json_t *j, const mcp_json_event_t *ev)
{
    (void) j;

    switch (ev->type) {

    case MCP_JSON_KEY:
        return on_key(data, ev);

    case MCP_JSON_OBJECT:
    case MCP_JSON_ARRAY:
        return on_open(data, ev);

    case MCP_JSON_OBJECT_END:
    case MCP_JSON_ARRAY_END:
        return on_close(data, ev);

    default:
        return on_scalar(data, ev);
    }
}


mcp_message_t *
mcp_message_create(void)
{
    mcp_message_t  *m;

    m = calloc(1, sizeof(mcp_message_t));
    if (m == NULL) {
        return NULL;
    }

    m->json = mcp_json_create();
    if (m->json == NULL) {
        free(m);
        return NULL;
    }

    return m;
}


void
mcp_message_destroy(mcp_message_t *m)
{
    if (m == NULL) {
        return;
    }

    mcp_json_destroy(m->json);
    mcp_buf_free(&m->envelopes);
    mcp_buf_free(&m->segments);
    mcp_buf_free(&m->items);
    mcp_buf_free(&m->nodes);
    mcp_buf_free(&m->ids);
    mcp_buf_free(&m->values);
    mcp_buf_free(&m->numbers);
    mcp_buf_free(&m->stack);
    free(m);
}


void
mcp_message_start(mcp_message_t *m, mcp_dir_t dir,
    const mcp_json_limits_t *limits, size_t keep)
{
    m->dir = dir;
    m->reason = MCP_R_NONE;
    m->error = NULL;
    m->envelope = NULL;
    m->number = 0;
    m->batch = 0;
    m->keep_values = 0;

    mcp_buf_reset(&m->envelopes, keep);
    mcp_buf_reset(&m->segments, keep);
    mcp_buf_reset(&m->items, keep);
    mcp_buf_reset(&m->nodes, keep);
    mcp_buf_reset(&m->ids, keep);
    mcp_buf_reset(&m->values, keep);
    mcp_buf_reset(&m->numbers, keep);
    mcp_buf_reset(&m->stack, keep);
    m->levels = (mcp_level_t *) (void *) m->stack.data;

    mcp_json_start(m->json, limits, on_event, m, keep);
}


void
mcp_message_keep_values(mcp_message_t *m)
{
    m->keep_values = 1;
}


/* Notes what the tokenizer refused. */
static mcp_rc_t
json_failed(mcp_message_t *m)
{
    mcp_json_err_t  err;

    if (m->reason != MCP_R_NONE) {
        return MCP_ERROR;
    }

    err = mcp_json_err(m->json);
    m->error = mcp_json_strerror(err);

    switch (err) {

    case MCP_JSON_E_SIZE:
        m->reason = MCP_R_TOO_LARGE;
        break;

    case MCP_JSON_E_NOMEM:
        m->reason = MCP_R_INTERNAL;
        break;

    /* JSON by the book, but not what this gateway reads */

    case MCP_JSON_E_DUPLICATE:
    case MCP_JSON_E_DEPTH:
    case MCP_JSON_E_MEMBERS:
    case MCP_JSON_E_NUMBER:
    case MCP_JSON_E_KEY:
        m->reason = MCP_R_INVALID;
        break;

    default:
        m->reason = MCP_R_PARSE;
        break;
    }

    return MCP_ERROR;
}


mcp_rc_t
mcp_message_feed(mcp_message_t *m, const unsigned char *data, size_t len)
{
    mcp_rc_t  rc;

    rc = mcp_json_feed(m->json, data, len);

    return rc == MCP_ERROR ? json_failed(m) : rc;
}


mcp_rc_t
mcp_message_finish(mcp_message_t *m)
{
    mcp_rc_t  rc;

    rc = mcp_json_finish(m->json);

    return rc == MCP_ERROR ? json_failed(m) : rc;
}


mcp_reason_t
mcp_message_reason(const mcp_message_t *m)
{
    return m->reason;
}


const char *
mcp_message_error(const mcp_message_t *m)
{
    return m->error;
}


int
mcp_message_batch(const mcp_message_t *m)
{
    return m->batch;
}


size_t
mcp_message_envelopes(const mcp_message_t *m,
    const mcp_envelope_t **envelopes)
{
    *envelopes = (const mcp_envelope_t *) (const void *) m->envelopes.data;

    return m->envelopes.len / sizeof(mcp_envelope_t);
}


size_t
mcp_message_segments(mcp_message_t *m, mcp_segment_t **segments)
{
    *segments = (mcp_segment_t *) (void *) m->segments.data;

    return m->segments.len / sizeof(mcp_segment_t);
}


size_t
mcp_message_items(const mcp_message_t *m, const mcp_item_t **items)
{
    *items = (const mcp_item_t *) (const void *) m->items.data;

    return m->items.len / sizeof(mcp_item_t);
}


const unsigned char *
mcp_message_ids(const mcp_message_t *m)
{
    return m->ids.data;
}


const unsigned char *
mcp_message_text(const mcp_message_t *m, size_t *len)
{
    return mcp_json_text(m->json, len);
}
