/*
 * mcpctl inspect: what nginx would do with messages from a file.
 */

#include "cli_source.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>


typedef struct {
    cli_engine_t  engine;
    int           json;
    int           colour;
    size_t        messages;
    size_t        invalid;
    size_t        found;
} inspect_t;


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


static int
inspect_message(void *data, const cli_message_t *m)
{
    size_t            n;
    inspect_t        *in = data;
    mcp_verdict_t     v;
    const mcp_hit_t  *hits;

    n = 0;
    hits = NULL;

    in->messages++;

    if (cli_judge(&in->engine, m->dir, &m->exchange, m->data, m->len, &v)
        != MCP_OK)
    {
        in->invalid++;

    } else {
        n = mcp_inspector_hits(in->engine.inspector, &hits);

        if (v.action != MCP_V_ALLOW || v.flagged) {
            in->found++;
        }
    }

    if (in->json) {
        report_json(in, m->where, &v, hits, n);

    } else if (v.action != MCP_V_ALLOW || n != 0) {
        report_text(in, m->where, &v, hits, n);
    }

    return EXIT_CLEAN;
}


int
cmd_inspect(int argc, char **argv)
{
    int          rc, from;
    char        *arg, *packs[64];
    size_t       n;
    inspect_t    in;
    cli_args_t   args = { argc, argv, 0, 0 };
    const char  *opt, *file;

    static const char *const  values[] = { "rules", "format", "from", NULL };

    memset(&in, 0, sizeof(inspect_t));
    in.colour = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL;

    file = NULL;
    from = -1;
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
            from = arg[0] == 'c' ? MCP_CLIENT : MCP_SERVER;

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

    rc = cli_messages(&in.engine, file, from, 0, inspect_message, &in);

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
