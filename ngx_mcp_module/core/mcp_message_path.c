/*
 * Where in a message something stands: paths for people, names and values of
 * arguments for the inspector.
 *
 * A path is a chain of nodes, from the value up to the message.  Names are
 * not copied: a node has their place in the arena.
 */

#include "mcp_message_int.h"

#include <string.h>


static const mcp_node_t *
node_at(const mcp_message_t *m, uint32_t number)
{
    return (const mcp_node_t *) (const void *) m->nodes.data + number;
}


/* Nodes from a segment up to the message, without that; their number. */
static size_t
climb(const mcp_message_t *m, uint32_t node, uint32_t *nodes)
{
    size_t  n;

    for (n = 0; node != 0 && n < MCP_JSON_MAX_DEPTH; n++) {
        nodes[n] = node;
        node = node_at(m, node)->parent;
    }

    return n;
}


/* A cut text: counts what it holds. */
typedef struct {
    char    *p;
    size_t   len;
    size_t   size;
} cut_t;


static void
put(cut_t *c, char ch)
{
    if (c->len < c->size) {
        c->p[c->len++] = ch;
    }
}


static void
put_name(cut_t *c, const unsigned char *p, size_t len)
{
    size_t  i;

    for (i = 0; i < len && c->len < c->size; i++) {

        if (p[i] == '~' || p[i] == '/') {
            put(c, '~');
            put(c, p[i] == '~' ? '0' : '1');

        } else {
            put(c, p[i] >= 0x20 && p[i] < 0x7f ? (char) p[i] : '?');
        }
    }
}


static void
put_number(cut_t *c, uint32_t n)
{
    char    digits[10];
    size_t  i;

    i = 0;

    do {
        digits[i++] = (char) ('0' + n % 10);
        n /= 10;
    } while (n != 0);

    while (i != 0) {
        put(c, digits[--i]);
    }
}


static size_t
write_path(const mcp_message_t *m, uint32_t number, char *buf, size_t size)
{
    cut_t              c;
    size_t             n;
    uint32_t           nodes[MCP_JSON_MAX_DEPTH];
    const mcp_node_t  *node;

    if (size == 0) {
        return 0;
    }

    c.p = buf;
    c.len = 0;
    c.size = size - 1;

    for (n = climb(m, number, nodes); n-- > 0; /* void */ ) {
        node = node_at(m, nodes[n]);
        put(&c, '/');

        if (node->key == NO_KEY) {
            put_number(&c, node->len);

        } else {
            put_name(&c, mcp_message_at(m, node->key), node->len);
        }
    }

    buf[c.len] = '\0';

    return c.len;
}


size_t
mcp_message_path(const mcp_message_t *m, const mcp_segment_t *seg, char *buf,
    size_t size)
{
    return write_path(m, seg->node, buf, size);
}


size_t
mcp_message_value_path(const mcp_message_t *m, const mcp_value_t *v, char *buf,
    size_t size)
{
    return write_path(m, v->node, buf, size);
}


mcp_span_t
mcp_message_argument(const mcp_message_t *m, const mcp_segment_t *seg)
{
    size_t             n, up;
    uint32_t           nodes[MCP_JSON_MAX_DEPTH];
    const mcp_node_t  *node;

    if (seg->role != MCP_ROLE_ARGUMENT) {
        return make_span(0, 0);
    }

    /* [batch element] params arguments MEMBER */

    up = m->batch ? 4 : 3;
    n = climb(m, seg->node, nodes);

    if (n < up) {
        return make_span(0, 0);
    }

    node = node_at(m, nodes[n - up]);

    return node->key == NO_KEY ? make_span(0, 0)
                               : make_span(node->key, node->len);
}


mcp_span_t
mcp_message_member(const mcp_message_t *m, const mcp_segment_t *seg)
{
    uint32_t           n;
    const mcp_node_t  *node;

    for (n = seg->node; n != 0; n = node->parent) {
        node = node_at(m, n);

        if (node->key != NO_KEY) {
            return make_span(node->key, node->len);
        }
    }

    return make_span(0, 0);
}


size_t
mcp_message_values(const mcp_message_t *m, const mcp_value_t **values)
{
    *values = (const mcp_value_t *) (const void *) m->values.data;

    return m->values.len / sizeof(mcp_value_t);
}


mcp_str_t
mcp_message_value_text(const mcp_message_t *m, const mcp_value_t *v)
{
    mcp_str_t  s = mcp_null_string;

    static const mcp_str_t  yes = mcp_string("true");
    static const mcp_str_t  no = mcp_string("false");

    switch (v->type) {

    case MCP_JSON_STRING:
        s.data = mcp_message_at(m, v->text);
        s.len = v->len;
        return s;

    case MCP_JSON_NUMBER:
        s.data = m->numbers.data + v->text;
        s.len = v->len;
        return s;

    case MCP_JSON_TRUE:
        return yes;

    case MCP_JSON_FALSE:
        return no;

    default:
        return s;
    }
}


/* The number of an element as a pointer has it: no zeros in front. */
static int
is_number(mcp_str_t name, uint32_t number)
{
    size_t    i;
    uint64_t  n;

    if (name.len == 0 || name.len > 10
        || (name.data[0] == '0' && name.len > 1))
    {
        return 0;
    }

    for (i = 0, n = 0; i < name.len; i++) {

        if (name.data[i] < '0' || name.data[i] > '9') {
            return 0;
        }

        n = n * 10 + (unsigned) (name.data[i] - '0');
    }

    return n == number;
}


int
mcp_message_value_at(const mcp_message_t *m, const mcp_value_t *v,
    const mcp_step_t *steps, size_t n)
{
    uint32_t           number;
    const mcp_node_t  *node;

    if (v->steps != n) {
        return 0;
    }

    /* from the end, where paths differ most */

    for (number = v->node; n-- > 0; number = node->parent) {
        node = node_at(m, number);

        if (steps[n].any) {
            continue;
        }

        if (node->key == NO_KEY) {

            if (!is_number(steps[n].name, node->len)) {
                return 0;
            }

        } else if (node->len != steps[n].name.len
                   || memcmp(mcp_message_at(m, node->key), steps[n].name.data,
                             node->len) != 0)
        {
            return 0;
        }
    }

    return 1;
}
