/*
 * mcpctl inspect: what nginx would do with messages from a file.
 */

#include "cli.h"
#include "mcp_sse.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>


typedef struct {
    cli_engine_t  engine;
    int           json;
    int           colour;
    int           from;         /* mcp_dir_t, -1: seen from the message      */
    size_t        messages;
    size_t        invalid;
    size_t        found;
} inspect_t;


/*
 * Which way a message goes when nobody says so: answers and what only servers
 * send come from the server.
 */
static mcp_dir_t
direction(inspect_t *in, const unsigned char *data, size_t len)
{
    size_t                 n;
    mcp_verdict_t          v;
    const mcp_envelope_t  *env;

    if (in->from != -1) {
        return (mcp_dir_t) in->from;
    }

    if (cli_judge(&in->engine, MCP_CLIENT, NULL, data, len, &v) != MCP_OK) {
        return MCP_SERVER;
    }

    n = mcp_message_envelopes(mcp_inspector_message(in->engine.inspector),
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


static void
put_json(const char *name, const char *value)
{
    mcp_buf_t  b = { NULL, 0, 0 };

    if (mcp_buf_append_json(&b, (const unsigned char *) value, strlen(value))
        == MCP_OK)
    {
        printf("\"%s\":%.*s", name, (int) b.len, (char *) b.data);
    }

    mcp_buf_free(&b);
}


/* The text around a finding; of a secret only its first characters. */
static void
excerpt(inspect_t *in, const mcp_hit_t *hit)
{
    size_t                i, from, to, start, end, len;
    mcp_segment_t        *segs;
    mcp_message_t        *m;
    const unsigned char  *text;

    m = (mcp_message_t *) mcp_inspector_message(in->engine.inspector);
    (void) mcp_message_segments(m, &segs);
    segs += hit->finding.segment;

    text = mcp_message_text(m, &len) + segs->text;
    from = hit->finding.from;
    to = hit->finding.to;
    start = from > 24 ? from - 24 : 0;
    end = to + 24 < segs->len ? to + 24 : segs->len;

    if (end - start > 160) {
        end = start + 160;
    }

    fputs("      ", stdout);

    for (i = start; i < end; i++) {

        if (i == from && in->colour) {
            fputs("\033[31m", stdout);
        }

        if (hit->rule->category == MCP_CAT_SECRET && i >= from + 4 && i < to) {
            putchar('*');

        } else if (text[i] < 0x20 || text[i] >= 0x7f) {
            putchar('.');

        } else {
            putchar(text[i]);
        }

        if (in->colour && (i + 1 == to || i + 1 == end)) {
            fputs("\033[0m", stdout);
        }
    }

    putchar('\n');
}


static const char *
action_word(const mcp_hit_t *hit)
{
    return hit->action == MCP_ACTION_NONE ? "signal"
                                          : mcp_action_name(hit->action);
}


static void
report_text(inspect_t *in, const char *where, const mcp_verdict_t *v,
    const mcp_hit_t *hits, size_t n)
{
    char    path[256];
    size_t  i;

    printf("%s: %s%s%s\n", where, cli_verdict_word(v),
           v->detail ? ": " : "", v->detail ? v->detail : "");

    for (i = 0; i < n; i++) {
        (void) mcp_inspector_path(in->engine.inspector, &hits[i].finding,
                                  path, sizeof(path));

        printf("  %-7s %s at %s%s\n", action_word(&hits[i]),
               hits[i].rule->id, path,
               hits[i].finding.layer ? " (hidden or encoded)" : "");

        excerpt(in, &hits[i]);
    }
}


static void
report_json(inspect_t *in, const char *where, const mcp_verdict_t *v,
    const mcp_hit_t *hits, size_t n)
{
    char    path[256];
    size_t  i;

    putchar('{');
    put_json("message", where);
    putchar(',');
    put_json("verdict", cli_verdict_word(v));

    if (v->detail != NULL) {
        putchar(',');
        put_json("detail", v->detail);
    }

    fputs(",\"findings\":[", stdout);

    for (i = 0; i < n; i++) {
        (void) mcp_inspector_path(in->engine.inspector, &hits[i].finding,
                                  path, sizeof(path));

        fputs(i ? ",{" : "{", stdout);
        put_json("rule", hits[i].rule->id);
        putchar(',');
        put_json("category", mcp_category_name(hits[i].rule->category));
        putchar(',');
        put_json("severity", mcp_severity_name(hits[i].rule->severity));
        putchar(',');
        put_json("action", action_word(&hits[i]));
        putchar(',');
        put_json("path", path);
        printf(",\"from\":%u,\"to\":%u,\"layer\":%u,\"digest\":\"%04x\"}",
               hits[i].finding.from, hits[i].finding.to,
               hits[i].finding.layer, hits[i].finding.digest);
    }

    fputs("]}\n", stdout);
}


static void
inspect_message(inspect_t *in, const char *where, const unsigned char *data,
    size_t len)
{
    size_t            n;
    mcp_dir_t         dir;
    mcp_verdict_t     v;
    mcp_exchange_t    ex;
    const mcp_hit_t  *hits;

    memset(&ex, 0, sizeof(mcp_exchange_t));
    ex.batch = 1;

    dir = direction(in, data, len);
    n = 0;
    hits = NULL;

    in->messages++;

    if (cli_judge(&in->engine, dir, &ex, data, len, &v) != MCP_OK) {
        in->invalid++;

    } else {
        n = mcp_inspector_hits(in->engine.inspector, &hits);

        if (v.action != MCP_V_ALLOW || v.flagged) {
            in->found++;
        }
    }

    if (in->json) {
        report_json(in, where, &v, hits, n);

    } else if (v.action != MCP_V_ALLOW || n != 0) {
        report_text(in, where, &v, hits, n);
    }
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
inspect_stream(inspect_t *in, const char *file, const mcp_buf_t *b)
{
    char                  where[512];
    unsigned              n;
    mcp_rc_t              rc;
    mcp_sse_t             sse;
    mcp_sse_event_t       ev;
    const unsigned char  *p;

    mcp_sse_init(&sse, in->engine.policy.max_response_size);

    p = b->data;
    n = 0;

    if (in->from == -1) {
        in->from = MCP_SERVER;
    }

    while ((rc = mcp_sse_feed(&sse, &p, b->data + b->len, &ev)) == MCP_FOUND) {

        n++;

        if (ev.type == MCP_SSE_EVENT && ev.data.len != 0) {
            (void) snprintf(where, sizeof(where), "%s: event %u", file, n);
            inspect_message(in, where, ev.data.data, ev.data.len);
        }

        cli_progress("inspecting", (size_t) (p - b->data), b->len);
    }

    mcp_sse_free(&sse);

    if (rc == MCP_ERROR) {
        cli_error("%s: event %u is too large", file, n + 1);
        return EXIT_BAD;
    }

    return EXIT_CLEAN;
}


/* One JSON text, or one on each line. */
static int
one_document(inspect_t *in, const mcp_buf_t *b)
{
    size_t                pos, len;
    mcp_verdict_t         v;
    const unsigned char  *line;

    pos = 0;

    if (!cli_line(b, &pos, &line, &len) || pos >= b->len) {
        return 1;
    }

    /* several lines: lines of JSON if the first one is a whole message */

    return cli_judge(&in->engine, MCP_CLIENT, NULL, line, len, &v) != MCP_OK
           && cli_judge(&in->engine, MCP_SERVER, NULL, line, len, &v)
              != MCP_OK;
}


static void
inspect_lines(inspect_t *in, const char *file, const mcp_buf_t *b)
{
    char                  where[512];
    size_t                pos, len;
    unsigned              n;
    const unsigned char  *line;

    for (pos = 0, n = 1; cli_line(b, &pos, &line, &len); n++) {

        if (len != 0) {
            (void) snprintf(where, sizeof(where), "%s:%u", file, n);
            inspect_message(in, where, line, len);
        }

        cli_progress("inspecting", pos, b->len);
    }
}


int
cmd_inspect(int argc, char **argv)
{
    int          rc;
    char        *arg, *packs[64];
    size_t       n;
    inspect_t    in;
    mcp_buf_t    b = { NULL, 0, 0 };
    cli_args_t   args = { argc, argv, 0, 0 };
    const char  *opt, *file;

    static const char *const  values[] = { "rules", "format", "from", NULL };

    memset(&in, 0, sizeof(inspect_t));
    in.from = -1;
    in.colour = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL;

    file = NULL;
    n = 0;

    while ((opt = cli_next(&args, values, NULL, &arg)) != NULL) {

        if (strcmp(opt, "rules") == 0 && n < sizeof(packs) / sizeof(*packs)) {
            packs[n++] = arg;

        } else if (strcmp(opt, "format") == 0
                   && (strcmp(arg, "text") == 0 || strcmp(arg, "json") == 0))
        {
            in.json = arg[0] == 'j';

        } else if (strcmp(opt, "from") == 0
                   && (strcmp(arg, "client") == 0
                       || strcmp(arg, "server") == 0))
        {
            in.from = arg[0] == 'c' ? MCP_CLIENT : MCP_SERVER;

        } else if (opt[0] == '\0' && file == NULL) {
            file = arg;

        } else {
            return cli_usage();
        }
    }

    file = file != NULL ? file : "-";

    if (cli_engine_open(&in.engine, packs, n) != EXIT_CLEAN) {
        return EXIT_BAD;
    }

    rc = cli_read_file(file, &b);

    if (rc == EXIT_CLEAN && b.len == 0) {
        cli_error("%s: empty", file);
        rc = EXIT_BAD;
    }

    if (rc == EXIT_CLEAN) {

        if (looks_like_stream(&b)) {
            rc = inspect_stream(&in, file, &b);

        } else if (one_document(&in, &b)) {
            inspect_message(&in, file, b.data, b.len);

        } else {
            inspect_lines(&in, file, &b);
        }
    }

    mcp_buf_free(&b);
    cli_engine_close(&in.engine);

    if (rc != EXIT_CLEAN) {
        return rc;
    }

    if (!in.json) {
        printf("%zu message%s, %zu with findings, %zu invalid\n",
               in.messages, in.messages == 1 ? "" : "s", in.found,
               in.invalid);
    }

    if (in.invalid != 0) {
        return EXIT_BAD;
    }

    return in.found != 0 ? EXIT_FINDINGS : EXIT_CLEAN;
}
