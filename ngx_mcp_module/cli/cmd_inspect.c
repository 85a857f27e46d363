/*
 * mcpctl inspect: what nginx would do with messages from a file.
 */

#include "cli_source.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <utf8proc.h>


#define KEEP     4              /* characters of a credential that are shown */
#define AROUND   24             /* bytes around a finding                    */
#define LONGEST  240            /* of all that                               */


typedef struct {
    cli_engine_t  engine;
    int           json;
    int           colour;
    int           utf8;         /* the terminal shows it                     */
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


static const char *
action_word(const mcp_hit_t *hit)
{
    return hit->action == MCP_ACTION_NONE ? "signal"
                                          : mcp_action_name(hit->action);
}


/* How a terminal shows what has this action. */
static const char *
colour(const inspect_t *in, mcp_action_t action)
{
    if (!in->colour) {
        return "";
    }

    switch (action) {

    case MCP_ACTION_BLOCK:
        return "\033[1;31m";

    case MCP_ACTION_REDACT:
        return "\033[1;33m";

    case MCP_ACTION_LOG:
        return "\033[1;36m";

    default:
        return "\033[1;35m";
    }
}


static const char *
plain(const inspect_t *in)
{
    return in->colour ? "\033[0m" : "";
}


/* 1: the byte belongs to a credential, past its first characters. */
static int
is_secret(const mcp_hit_t *hits, size_t n, uint32_t segment, size_t pos)
{
    size_t                i;
    const mcp_finding_t  *f;

    for (i = 0; i < n; i++) {
        f = &hits[i].finding;

        if (f->segment == segment
            && hits[i].rule->category == MCP_CAT_SECRET
            && pos >= (size_t) f->from + KEEP && pos < f->to)
        {
            return 1;
        }
    }

    return 0;
}


/*
 * Shows a character.  What a terminal would act upon, or not show at all, is
 * spelled out.
 */
static void
put_character(const inspect_t *in, const unsigned char *p, int len,
    utf8proc_int32_t c)
{
    switch (utf8proc_category(c)) {

    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
        break;

    default:

        if (c < 0x80 || in->utf8) {
            (void) fwrite(p, 1, (size_t) len, stdout);
            return;
        }
    }

    if (c == '\n' || c == '\t') {
        putchar(' ');
        return;
    }

    printf("%s<U+%04X>%s", in->colour ? "\033[7m" : "", (unsigned) c,
           in->colour ? "\033[27m" : "");
}


/* The text around a finding; of credentials only the first characters. */
static void
excerpt(inspect_t *in, const mcp_hit_t *hits, size_t n, const mcp_hit_t *hit)
{
    int                   on;
    size_t                from, to, pos, end, len;
    mcp_message_t        *m;
    mcp_segment_t        *segs;
    utf8proc_int32_t      c;
    utf8proc_ssize_t      size;
    const unsigned char  *text;

    m = (mcp_message_t *) mcp_inspector_message(in->engine.inspector);
    (void) mcp_message_segments(m, &segs);
    segs += hit->finding.segment;

    text = mcp_message_text(m, &len) + segs->text;
    len = segs->len;
    from = hit->finding.from;
    to = hit->finding.to;

    pos = from > AROUND ? from - AROUND : 0;
    end = to + AROUND < len ? to + AROUND : len;
    end = end - pos > LONGEST ? pos + LONGEST : end;

    while (pos < from && pos > 0 && (text[pos] & 0xc0) == 0x80) {
        pos++;
    }

    on = 0;
    printf("      %s", pos > 0 ? "..." : "");

    for ( /* void */ ; pos < end; pos += (size_t) size) {

        if (!on && pos >= from && pos < to) {
            fputs(colour(in, hit->action), stdout);
            on = 1;
        }

        size = utf8proc_iterate(text + pos, (utf8proc_ssize_t) (len - pos),
                                &c);

        if (size < 1) {
            size = 1;                 /* cannot be: strings were checked     */
            c = 0xfffd;
        }

        if (is_secret(hits, n, hit->finding.segment, pos)) {
            putchar('*');

        } else {
            put_character(in, text + pos, (int) size, c);
        }

        if (on && pos + (size_t) size >= to) {
            fputs(plain(in), stdout);
            on = 0;
        }
    }

    printf("%s%s\n", on ? plain(in) : "", end < len ? "..." : "");
}


static mcp_action_t
verdict_action(const mcp_verdict_t *v)
{
    switch (v->action) {

    case MCP_V_ALLOW:
        return v->flagged ? MCP_ACTION_LOG : MCP_ACTION_NONE;

    case MCP_V_REDACT:
        return MCP_ACTION_REDACT;

    default:
        return MCP_ACTION_BLOCK;
    }
}


static void
report_text(inspect_t *in, const char *where, const mcp_verdict_t *v,
    const mcp_hit_t *hits, size_t n)
{
    char    path[256];
    size_t  i;

    printf("%s: %s%s%s%s%s\n", where, colour(in, verdict_action(v)),
           cli_verdict_word(v), plain(in), v->detail ? ": " : "",
           v->detail ? v->detail : "");

    for (i = 0; i < n; i++) {
        (void) mcp_inspector_path(in->engine.inspector, &hits[i].finding,
                                  path, sizeof(path));

        printf("  %s%-7s%s %s at %s%s\n", colour(in, hits[i].action),
               action_word(&hits[i]), plain(in), hits[i].rule->id, path,
               hits[i].finding.layer ? " (hidden or encoded)" : "");

        excerpt(in, hits, n, &hits[i]);
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

    if (cli_judge_message(&in->engine, m, &v) != MCP_OK) {
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
    (void) setlocale(LC_CTYPE, "");
    in.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;

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
