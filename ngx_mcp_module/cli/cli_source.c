/*
 * Where messages come from: files of messages, event streams, rows of a
 * corpus, plain text.  Each text gets the message that would carry it on the
 * wire.
 */

#include "cli_source.h"
#include "mcp_sse.h"

#include <string.h>


#define MAX_WHERE    512
#define STRING       4096       /* bytes of text in a string of a result     */
#define RESULT       65536      /* ... and in a result                       */


/* Messages of one file on their way to who asked for them. */
typedef struct {
    cli_engine_t    *engine;
    const char      *file;
    int              from;
    cli_handler_pt   handler;
    void            *data;
} source_t;


typedef struct {
    const char    *surface;
    const char    *head;        /* of the message around the text            */
    const char    *tail;
    mcp_method_t   method;      /* MCP_M_NONE: a request of the client       */
} carrier_t;


/* tool_arguments is JSON already, the others are strings. */
static const carrier_t  carriers[] = {

    { "tool_arguments",
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":",
      "}", MCP_M_NONE },

    { "tool_result",
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[{\"type\":"
      "\"text\",\"text\":", "}]}}", MCP_M_TOOLS_CALL },

    { "tool_description",
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[{\"name\":"
      "\"tool\",\"inputSchema\":{\"type\":\"object\"},\"description\":",
      "}]}}", MCP_M_TOOLS_LIST },

    { "resource",
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"contents\":[{\"uri\":"
      "\"file:///text\",\"text\":", "}]}}", MCP_M_RESOURCES_READ },

    { "prompt",
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"messages\":[{\"role\":"
      "\"user\",\"content\":{\"type\":\"text\",\"text\":", "}}]}}",
      MCP_M_PROMPTS_GET },

    { NULL, NULL, NULL, MCP_M_NONE }
};


static const char *
member(json_t *json, const char *name)
{
    return json_string_value(json_object_get(json, name));
}


int
cli_row_parse(cli_row_t *row, const unsigned char *line, size_t len)
{
    json_t        *text;
    json_error_t   err;

    memset(row, 0, sizeof(cli_row_t));

    row->json = json_loadb((const char *) line, len, JSON_ALLOW_NUL, &err);

    if (!json_is_object(row->json)) {
        json_decref(row->json);
        return EXIT_BAD;
    }

    text = json_object_get(row->json, "text");

    row->id = member(row->json, "id");
    row->surface = member(row->json, "surface");
    row->label = member(row->json, "label");
    row->category = member(row->json, "category");
    row->text = json_string_value(text);
    row->len = json_string_length(text);

    if (row->id == NULL || row->surface == NULL || row->text == NULL) {
        json_decref(row->json);
        return EXIT_BAD;
    }

    return EXIT_CLEAN;
}


/* Builds the message around a text. */
int
cli_row_message(const cli_row_t *row, mcp_buf_t *b, cli_message_t *m)
{
    mcp_rc_t          rc;
    const carrier_t  *c;

    static const unsigned char  id[] = "1";

    for (c = carriers; c->surface != NULL; c++) {
        if (strcmp(c->surface, row->surface) == 0) {
            break;
        }
    }

    if (c->surface == NULL) {
        return EXIT_BAD;
    }

    memset(m, 0, sizeof(cli_message_t));

    m->dir = c->method == MCP_M_NONE ? MCP_CLIENT : MCP_SERVER;
    m->where = row->id;
    m->exchange.method = c->method;
    m->exchange.id.data = id;
    m->exchange.id.len = 1;
    m->exchange.era = MCP_ERA_LEGACY;

    mcp_buf_reset(b, 1024 * 1024);

    rc = mcp_buf_append_str(b, c->head);

    if (rc == MCP_OK) {
        rc = m->dir == MCP_CLIENT
             ? mcp_buf_append(b, row->text, row->len)
             : mcp_buf_append_json(b, (const unsigned char *) row->text,
                                   row->len);
    }

    if (rc != MCP_OK || mcp_buf_append_str(b, c->tail) != MCP_OK) {
        return EXIT_BAD;
    }

    m->data = b->data;
    m->len = b->len;

    return EXIT_CLEAN;
}


void
cli_row_free(cli_row_t *row)
{
    json_decref(row->json);
    row->json = NULL;
}


const char *
cli_row_verdict(cli_engine_t *e, const mcp_verdict_t *v)
{
    size_t            i, n;
    const mcp_hit_t  *hits;

    switch (v->action) {

    case MCP_V_ALLOW:
        return v->flagged ? "flag" : "allow";

    case MCP_V_REDACT:
        break;

    default:
        return "block";
    }

    n = mcp_inspector_hits(e->inspector, &hits);

    for (i = 0; i < n; i++) {
        if (hits[i].action == MCP_ACTION_BLOCK) {
            return "block";
        }
    }

    return "redact";
}


/* Is it a message at all?  The rules are not asked. */
static int
is_message(cli_engine_t *e, mcp_dir_t dir, const unsigned char *data,
    size_t len)
{
    mcp_rc_t        rc;
    mcp_scan_t     *scan;
    mcp_verdict_t   v;
    mcp_exchange_t  ex;

    memset(&ex, 0, sizeof(mcp_exchange_t));
    ex.batch = 1;

    scan = e->scan;
    e->scan = NULL;
    rc = cli_judge(e, dir, &ex, data, len, &v);
    e->scan = scan;

    return rc == MCP_OK;
}


/*
 * Which way a message goes when nobody says so: answers and what only servers
 * send come from the server.
 */
static mcp_dir_t
direction(const source_t *src, const unsigned char *data, size_t len)
{
    size_t                 n;
    const mcp_envelope_t  *env;

    if (src->from != -1) {
        return (mcp_dir_t) src->from;
    }

    if (!is_message(src->engine, MCP_CLIENT, data, len)) {
        return MCP_SERVER;
    }

    n = mcp_message_envelopes(mcp_inspector_message(src->engine->inspector),
                              &env);

    if (n == 0 || env->kind == MCP_RESPONSE
        || env->kind == MCP_ERROR_RESPONSE)
    {
        return MCP_SERVER;
    }

    if (mcp_method_known(env->method_id, MCP_CLIENT, MCP_ERA_NONE)) {
        return MCP_CLIENT;
    }

    return mcp_method_known(env->method_id, MCP_SERVER, MCP_ERA_NONE)
           ? MCP_SERVER : MCP_CLIENT;
}


mcp_rc_t
cli_judge_message(cli_engine_t *e, const cli_message_t *m, mcp_verdict_t *v)
{
    mcp_rc_t  rc;

    if (m->event == 1) {
        mcp_tail_reset(&e->tail);
    }

    e->on_stream = m->event != 0;
    rc = cli_judge(e, m->dir, &m->exchange, m->data, m->len, v);
    e->on_stream = 0;

    return rc;
}


static int
hand_over(source_t *src, const char *where, unsigned event,
    const unsigned char *data, size_t len)
{
    cli_message_t  m;

    memset(&m, 0, sizeof(cli_message_t));

    m.where = where;
    m.event = event;
    m.dir = direction(src, data, len);
    m.exchange.batch = 1;
    m.data = data;
    m.len = len;

    return src->handler(src->data, &m);
}


static int
looks_like_stream(const mcp_buf_t *b)
{
    size_t              i;
    static const char  *const fields[] = {
        "data:", "event:", "id:", "retry:", ":", NULL
    };

    for (i = 0; fields[i] != NULL; i++) {
        if (b->len >= strlen(fields[i])
            && memcmp(b->data, fields[i], strlen(fields[i])) == 0)
        {
            return 1;
        }
    }

    return 0;
}


static int
each_event(source_t *src, const mcp_buf_t *b)
{
    int                   result;
    char                  where[MAX_WHERE];
    unsigned              n;
    mcp_rc_t              rc;
    mcp_sse_t             sse;
    mcp_sse_event_t       ev;
    const unsigned char  *p;

    mcp_sse_init(&sse, src->engine->policy.max_response_size);

    p = b->data;
    n = 0;
    result = EXIT_CLEAN;

    if (src->from == -1) {
        src->from = MCP_SERVER;
    }

    while ((rc = mcp_sse_feed(&sse, &p, b->data + b->len, &ev)) == MCP_FOUND
           && result == EXIT_CLEAN)
    {
        if (ev.type == MCP_SSE_EVENT && ev.data.len != 0) {
            (void) snprintf(where, sizeof(where), "%s: event %u", src->file,
                            ++n);
            result = hand_over(src, where, n, ev.data.data, ev.data.len);
        }

        cli_progress(src->file, (size_t) (p - b->data), b->len);
    }

    mcp_sse_free(&sse);

    if (rc == MCP_ERROR) {
        cli_error("%s: event %u is too large", src->file, n + 1);
        result = EXIT_BAD;
    }

    return result;
}


static int
each_row(source_t *src, const mcp_buf_t *b)
{
    int                   rc;
    char                  where[MAX_WHERE];
    size_t                pos, len;
    unsigned              n;
    cli_row_t             row;
    mcp_buf_t             text = { NULL, 0, 0 };
    cli_message_t         m;
    const unsigned char  *line;

    rc = EXIT_CLEAN;

    for (pos = 0, n = 1;
         rc == EXIT_CLEAN && cli_line(b, &pos, &line, &len);
         n++)
    {
        if (len == 0) {
            continue;
        }

        if (cli_row_parse(&row, line, len) != EXIT_CLEAN) {
            cli_error("%s:%u: not an object with id, surface and text",
                      src->file, n);
            rc = EXIT_BAD;
            break;
        }

        if (cli_row_message(&row, &text, &m) != EXIT_CLEAN) {
            cli_error("%s:%u: unknown surface, or no memory", src->file, n);
            rc = EXIT_BAD;

        } else {
            (void) snprintf(where, sizeof(where), "%s:%u", src->file, n);
            m.where = where;
            rc = src->handler(src->data, &m);
        }

        cli_row_free(&row);
        cli_progress(src->file, pos, b->len);
    }

    mcp_buf_free(&text);

    return rc;
}


static int
each_line(source_t *src, const mcp_buf_t *b)
{
    int                   rc;
    char                  where[MAX_WHERE];
    size_t                pos, len;
    unsigned              n;
    const unsigned char  *line;

    rc = EXIT_CLEAN;

    for (pos = 0, n = 1;
         rc == EXIT_CLEAN && cli_line(b, &pos, &line, &len);
         n++)
    {
        if (len != 0) {
            (void) snprintf(where, sizeof(where), "%s:%u", src->file, n);
            rc = hand_over(src, where, 0, line, len);
        }

        cli_progress(src->file, pos, b->len);
    }

    return rc;
}


/* Where to cut a long text: behind a blank, at least between characters. */
static size_t
cut(const unsigned char *p, size_t len)
{
    size_t  n;

    if (len <= STRING) {
        return len;
    }

    for (n = STRING; n > STRING / 2; n--) {
        if (p[n - 1] == ' ' || p[n - 1] == '\n') {
            return n;
        }
    }

    for (n = STRING; n > STRING - 4 && (p[n] & 0xc0) == 0x80; n--) {
        /* void */
    }

    return n;
}


int
cli_text_message(const unsigned char *text, size_t len, mcp_buf_t *b,
    cli_message_t *m)
{
    size_t    done, n;
    mcp_rc_t  rc;

    memset(m, 0, sizeof(cli_message_t));

    m->dir = MCP_SERVER;
    m->exchange.method = MCP_M_TOOLS_CALL;
    m->exchange.era = MCP_ERA_LEGACY;

    mcp_buf_reset(b, 1024 * 1024);

    rc = mcp_buf_append_str(b, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":"
                               "{\"content\":[");

    for (done = 0; done < len && rc == MCP_OK; done += n) {

        n = cut(text + done, len - done);

        rc = mcp_buf_append_str(b, done ? ",{\"type\":\"text\",\"text\":"
                                        : "{\"type\":\"text\",\"text\":");

        if (rc == MCP_OK) {
            rc = mcp_buf_append_json(b, text + done, n);
        }

        if (rc == MCP_OK) {
            rc = mcp_buf_append_byte(b, '}');
        }
    }

    if (rc != MCP_OK || mcp_buf_append_str(b, "]}}") != MCP_OK) {
        cli_error("no memory");
        return EXIT_BAD;
    }

    m->data = b->data;
    m->len = b->len;

    return EXIT_CLEAN;
}


static int
each_text(source_t *src, const mcp_buf_t *b)
{
    int            rc;
    char           where[MAX_WHERE];
    size_t         pos, n;
    mcp_buf_t      text = { NULL, 0, 0 };
    cli_message_t  m;

    rc = EXIT_CLEAN;

    for (pos = 0; pos < b->len && rc == EXIT_CLEAN; pos += n) {

        for (n = 0; pos + n < b->len && n < RESULT; /* void */ ) {
            n += cut(b->data + pos + n, b->len - pos - n);
        }

        rc = cli_text_message(b->data + pos, n, &text, &m);

        if (rc == EXIT_CLEAN) {
            (void) snprintf(where, sizeof(where), "%s: byte %zu", src->file,
                            pos);
            m.where = where;
            rc = src->handler(src->data, &m);
        }
    }

    mcp_buf_free(&text);

    return rc;
}


static int
is_row(const unsigned char *line, size_t len)
{
    cli_row_t  row;

    if (cli_row_parse(&row, line, len) != EXIT_CLEAN) {
        return 0;
    }

    cli_row_free(&row);

    return 1;
}


static int
is_either(cli_engine_t *e, const unsigned char *data, size_t len)
{
    return is_message(e, MCP_CLIENT, data, len)
           || is_message(e, MCP_SERVER, data, len);
}


int
cli_messages(cli_engine_t *e, const char *file, int from, unsigned forms,
    cli_handler_pt handler, void *data)
{
    int                   rc, more;
    size_t                pos, len;
    source_t              src = { e, file, from, handler, data };
    mcp_buf_t             b = { NULL, 0, 0 };
    const unsigned char  *line;

    rc = cli_read_file(file, &b);

    if (rc == EXIT_CLEAN && b.len == 0) {
        cli_error("%s: empty", file);
        rc = EXIT_BAD;
    }

    if (rc != EXIT_CLEAN) {
        mcp_buf_free(&b);
        return rc;
    }

    pos = 0;
    (void) cli_line(&b, &pos, &line, &len);
    more = pos < b.len;

    if ((forms & CLI_ROWS) && is_row(line, len)) {
        rc = each_row(&src, &b);

    } else if (!(forms & CLI_TEXT) && looks_like_stream(&b)) {
        rc = each_event(&src, &b);

    } else if (more && is_either(e, line, len)) {
        rc = each_line(&src, &b);

    } else if (is_either(e, b.data, b.len)) {
        rc = hand_over(&src, file, 0, b.data, b.len);

    } else if (forms & CLI_TEXT) {
        rc = each_text(&src, &b);

    } else {
        rc = hand_over(&src, file, 0, b.data, b.len);
    }

    mcp_buf_free(&b);

    return rc;
}
