/*
 * Fuzzer of the envelope.  The lowest bit of the first byte chooses the
 * direction, the rest of it the slicing, and then comes the message.  What
 * must hold for any input:
 *
 *   - every slicing gives the same tables, reason and error;
 *   - every span lies inside the message or the text, and what is raw is what
 *     it says;
 *   - what is accepted here jansson accepts, and reads kind, id, method and
 *     name alike;
 *   - each string that jansson finds is a segment, and the path of a segment
 *     leads to it;
 *   - no string but the envelope's fixed words is without a surface;
 *   - the era decision ends, and what it accepts has a known revision.
 */

#include "mcp_era.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define must(cond)   if (!(cond)) { abort(); }

#define MAX_PATHS  64


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static mcp_message_t  *one, *two;
static uint64_t        seed;


static uint64_t
next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;

    return seed;
}


/* slice 0: whole, 1: bytes, else random */
static mcp_rc_t
run(mcp_message_t *m, mcp_dir_t dir, const uint8_t *data, size_t size,
    int slice)
{
    size_t          n;
    mcp_rc_t        rc;
    unsigned char  *copy;

    static const mcp_json_limits_t  limits = { 64, 4096, 1024, 1 << 20 };

    mcp_message_start(m, dir, &limits, slice == 1 ? 0 : 65536);
    rc = MCP_AGAIN;

    while (size > 0 && rc == MCP_AGAIN) {
        n = slice == 0 ? size : slice == 1 ? 1 : 1 + next_random() % 33;

        if (n > size) {
            n = size;
        }

        copy = malloc(n);
        must(copy != NULL);
        memcpy(copy, data, n);
        rc = mcp_message_feed(m, copy, n);
        free(copy);

        data += n;
        size -= n;
    }

    return rc == MCP_AGAIN ? mcp_message_finish(m) : rc;
}


static void
same_tables(mcp_message_t *a, mcp_message_t *b)
{
    size_t                 i, n, a_len, b_len;
    mcp_segment_t         *s, *t;
    const mcp_item_t      *k, *l;
    const mcp_envelope_t  *e, *f;

    n = mcp_message_segments(a, &s);
    must(n == mcp_message_segments(b, &t));

    for (i = 0; i < n; i++) {
        must(s[i].text == t[i].text && s[i].len == t[i].len
             && s[i].raw == t[i].raw && s[i].raw_len == t[i].raw_len
             && s[i].node == t[i].node && s[i].item == t[i].item
             && s[i].envelope == t[i].envelope && s[i].role == t[i].role
             && s[i].surfaces == t[i].surfaces && s[i].key == t[i].key
             && s[i].escaped == t[i].escaped && s[i].ascii == t[i].ascii
             && s[i].block == t[i].block);
    }

    n = mcp_message_items(a, &k);
    must(n == mcp_message_items(b, &l));
    must(n == 0 || memcmp(k, l, n * sizeof(mcp_item_t)) == 0);

    n = mcp_message_envelopes(a, &e);
    must(n == mcp_message_envelopes(b, &f));
    must(n == 0 || memcmp(e, f, n * sizeof(mcp_envelope_t)) == 0);

    must(mcp_message_batch(a) == mcp_message_batch(b));

    (void) mcp_message_text(a, &a_len);
    (void) mcp_message_text(b, &b_len);

    for (i = 0; i < n; i++) {
        must(e[i].id.len == 0
             || memcmp(mcp_message_ids(a) + e[i].id.off,
                       mcp_message_ids(b) + e[i].id.off, e[i].id.len) == 0);
    }
}


static void
inside(mcp_span_t s, size_t size)
{
    must(s.off <= size && s.len <= size - s.off);
}


static void
check_spans(mcp_message_t *m, const uint8_t *data, size_t size)
{
    size_t                 i, n, len, items;
    uint32_t               end;
    mcp_segment_t         *s;
    const mcp_item_t      *k;
    const unsigned char   *text;
    const mcp_envelope_t  *e;

    text = mcp_message_text(m, &len);
    n = mcp_message_segments(m, &s);
    items = mcp_message_items(m, &k);
    end = 0;

    for (i = 0; i < n; i++) {
        must(s[i].len > 0 && s[i].text <= len && s[i].len < len - s[i].text);
        must(s[i].raw_len >= 2 && s[i].raw >= end && s[i].raw <= size
             && s[i].raw_len <= size - s[i].raw);
        must(data[s[i].raw] == '"'
             && data[s[i].raw + s[i].raw_len - 1] == '"');
        must(s[i].item == UINT32_MAX || s[i].item < items);
        must(text[s[i].text + s[i].len] == (s[i].key ? ':' : '\n'));
        must(s[i].surfaces != 0 || s[i].role == MCP_ROLE_ENVELOPE);

        if (!s[i].escaped) {
            must(s[i].len + 2 == s[i].raw_len
                 && memcmp(data + s[i].raw + 1, text + s[i].text, s[i].len)
                    == 0);
        }

        end = s[i].raw + s[i].raw_len;
    }

    for (i = 0; i < items; i++) {
        inside(k[i].raw, size);
        inside(k[i].name, len);
        must(k[i].raw.len > 0);
    }

    n = mcp_message_envelopes(m, &e);
    must(n > 0 && n <= MCP_MAX_BATCH);

    for (i = 0; i < n; i++) {
        inside(e[i].raw, size);
        inside(e[i].method, len);
        inside(e[i].name, len);
        inside(e[i].claim, len);
        inside(e[i].version, len);
        inside(e[i].result_type, len);
        inside(e[i].cache_scope, size);
        inside(e[i].tools, size);
        inside(e[i].result, size);
        inside(e[i].instructions, size);

        must(data[e[i].raw.off] == '{'
             && data[e[i].raw.off + e[i].raw.len - 1] == '}');
        must(e[i].tools.len == 0
             || (data[e[i].tools.off] == '['
                 && data[e[i].tools.off + e[i].tools.len - 1] == ']'));
        must(e[i].kind != MCP_MALFORMED);
    }
}


static int
is_text(const json_t *v, const unsigned char *text, mcp_span_t s)
{
    return json_is_string(v) && json_string_length(v) == s.len
           && memcmp(json_string_value(v), text + s.off, s.len) == 0;
}


static const char *
name_member(mcp_method_t method)
{
    switch (method) {

    case MCP_M_TOOLS_CALL:
    case MCP_M_PROMPTS_GET:
        return "name";

    case MCP_M_RESOURCES_READ:
    case MCP_M_RESOURCES_SUBSCRIBE:
    case MCP_M_RESOURCES_UNSUBSCRIBE:
        return "uri";

    case MCP_M_TASKS_GET:
    case MCP_M_TASKS_RESULT:
    case MCP_M_TASKS_CANCEL:
    case MCP_M_TASKS_UPDATE:
        return "taskId";

    default:
        return NULL;
    }
}


static void
check_envelope(mcp_message_t *m, mcp_dir_t dir, const mcp_envelope_t *e,
    const json_t *v)
{
    size_t                len;
    json_t               *id, *method, *params, *claim, *read;
    const char           *name;
    const unsigned char  *text;

    text = mcp_message_text(m, &len);

    must(json_is_object(v));
    must(strcmp(json_string_value(json_object_get(v, "jsonrpc")), "2.0")
         == 0);

    id = json_object_get(v, "id");
    method = json_object_get(v, "method");
    params = json_object_get(v, "params");

    switch (e->kind) {

    case MCP_REQUEST:
        must(method != NULL && id != NULL);
        break;

    case MCP_NOTIFICATION:
        must(method != NULL && id == NULL);
        break;

    case MCP_RESPONSE:
        must(method == NULL && json_is_object(json_object_get(v, "result")));
        break;

    default:
        must(json_is_object(json_object_get(v, "error")));
    }

    must(e->id_null == (json_is_null(id) ? 1 : 0));
    must((e->id.len != 0) == (id != NULL && !json_is_null(id)));

    if (e->id.len != 0) {
        read = json_loadb((const char *) mcp_message_ids(m) + e->id.off,
                          e->id.len, JSON_DECODE_ANY, NULL);
        must(read != NULL && json_equal(read, id));
        json_decref(read);
    }

    if (method != NULL) {
        must(is_text(method, text, e->method));
        must(e->method_id == mcp_method_find(text + e->method.off,
                                             e->method.len));

        name = name_member(e->method_id);

        if (name != NULL) {
            read = json_object_get(params, name);
            must(e->name_present == (read != NULL));
            must(read == NULL || is_text(read, text, e->name));
        }

        /* only a client's request makes a claim */

        claim = json_object_get(json_object_get(params, "_meta"),
                                "io.modelcontextprotocol/protocolVersion");
        claim = (dir == MCP_CLIENT) ? claim : NULL;

        must(e->has_claim == (json_is_string(claim) ? 1 : 0));
        must(!e->has_claim || is_text(claim, text, e->claim));
        must(e->has_arguments
             == (json_object_get(params, "arguments") != NULL));
    }
}


static size_t
count_strings(const json_t *v)
{
    size_t       i, n;
    json_t      *item;
    const char  *key;

    n = json_is_string(v) && json_string_length(v) != 0;

    json_array_foreach(v, i, item) {
        n += count_strings(item);
    }

    json_object_foreach((json_t *) v, key, item) {
        n += (key[0] != '\0') + count_strings(item);
    }

    return n;
}


/* What an RFC 6901 pointer leads to. */
static const json_t *
resolve(const json_t *v, char *path)
{
    char  *step, *end, *p, *q;

    for (step = path; *step == '/'; step = end) {
        step++;
        end = step + strcspn(step, "/");

        if (json_is_array(v)) {
            v = json_array_get(v, strtoul(step, NULL, 10));
            continue;
        }

        /* unescape in place; what comes behind is still there */

        char  key[4096];

        for (p = step, q = key; p < end; p++) {
            if (*p == '~') {
                *q++ = *++p == '1' ? '/' : '~';

            } else {
                *q++ = *p;
            }
        }

        *q = '\0';
        v = json_object_get(v, key);
    }

    return v;
}


static void
check_paths(mcp_message_t *m, const json_t *tree)
{
    char                  path[4096];
    size_t                i, n, len, from, done;
    mcp_span_t            s;
    const json_t         *v;
    mcp_segment_t        *seg;
    const unsigned char  *text;

    n = mcp_message_segments(m, &seg);
    text = mcp_message_text(m, &len);
    from = n > MAX_PATHS ? next_random() % (n - MAX_PATHS) : 0;

    for (i = from, done = 0; i < n && done < MAX_PATHS; i++, done++) {
        len = mcp_message_path(m, &seg[i], path, sizeof(path));
        must(len == strlen(path));

        /* cut, or with bytes that cannot be shown */

        if (len == sizeof(path) - 1 || strchr(path, '?') != NULL) {
            continue;
        }

        v = resolve(tree, path);
        must(v != NULL);

        s.off = seg[i].text;
        s.len = seg[i].len;
        must(seg[i].key || is_text(v, text, s));
    }
}


static void
check_tree(mcp_message_t *m, mcp_dir_t dir, const uint8_t *data, size_t size)
{
    size_t                 i, n;
    json_t                *tree;
    json_error_t           error;
    mcp_segment_t         *s;
    const mcp_envelope_t  *e;

    tree = json_loadb((const char *) data, size,
                      JSON_REJECT_DUPLICATES|JSON_ALLOW_NUL, &error);

    if (tree == NULL) {
        /* numbers stay text here, jansson must make something of them */
        must(json_error_code(&error) == json_error_numeric_overflow);
        return;
    }

    must(json_is_array(tree) == mcp_message_batch(m));

    n = mcp_message_envelopes(m, &e);

    if (mcp_message_batch(m)) {
        must(json_array_size(tree) == n);

        for (i = 0; i < n; i++) {
            check_envelope(m, dir, &e[i], json_array_get(tree, i));
        }

    } else {
        must(n == 1);
        check_envelope(m, dir, e, tree);
    }

    must(mcp_message_segments(m, &s) == count_strings(tree));
    check_paths(m, tree);

    json_decref(tree);
}


/* Headers that agree with the message, and some that may not. */
static void
check_era(mcp_message_t *m)
{
    size_t                 i, len;
    mcp_mirror_t           h;
    const unsigned char   *text;
    mcp_era_decision_t     d;
    const mcp_envelope_t  *e;

    static const char *const  versions[] = {
        NULL, "2026-07-28", "2025-11-25", "2025-03-26", "", "2031-01-01"
    };

    text = mcp_message_text(m, &len);
    (void) mcp_message_envelopes(m, &e);

    for (i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        memset(&h, 0, sizeof(h));
        h.version.data = (const unsigned char *) versions[i];
        h.version.len = versions[i] ? strlen(versions[i]) : 0;

        h.method.data = text + e->method.off;
        h.method.len = e->method.len;

        if (e->name_present) {
            h.name.data = text + e->name.off;
            h.name.len = e->name.len;
        }

        if (mcp_era_decide(m, &h, 1u << MCP_ERA_LEGACY | 1u << MCP_ERA_MODERN,
                           &d)
            == MCP_OK)
        {
            must(d.reason == MCP_R_NONE && d.era != MCP_ERA_NONE);
            must(d.era == MCP_ERA_LEGACY || e->kind == MCP_NOTIFICATION
                 || e->has_claim);
            must(!mcp_message_batch(m) || d.era == MCP_ERA_LEGACY);
            must(d.version.len == 0
                 || mcp_version_name(d.version.data, d.version.len) != NULL);

        } else {
            must(d.reason != MCP_R_NONE && d.detail != NULL);
        }
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int        i;
    mcp_rc_t   rc;
    mcp_dir_t  dir;

    if (one == NULL) {
        one = mcp_message_create();
        two = mcp_message_create();
        must(one != NULL && two != NULL);
    }

    if (size == 0) {
        return 0;
    }

    dir = (*data & 1) ? MCP_SERVER : MCP_CLIENT;
    seed = (uint64_t) *data * 0x9e3779b97f4a7c15u + size;
    data++;
    size--;

    rc = run(one, dir, data, size, 0);

    must(rc == MCP_OK || rc == MCP_ERROR);
    must((rc == MCP_OK) == (mcp_message_reason(one) == MCP_R_NONE));
    must((rc == MCP_OK) == (mcp_message_error(one) == NULL));

    for (i = 1; i < 4; i++) {

        if (i == 1 && size > 2048) {
            continue;
        }

        must(run(two, dir, data, size, i) == rc);
        must(mcp_message_reason(one) == mcp_message_reason(two));
        must(rc == MCP_OK
             || strcmp(mcp_message_error(one), mcp_message_error(two)) == 0);

        same_tables(one, two);
    }

    if (rc == MCP_OK) {
        check_spans(one, data, size);
        check_tree(one, dir, data, size);

        if (dir == MCP_CLIENT) {
            check_era(one);
        }
    }

    return 0;
}
