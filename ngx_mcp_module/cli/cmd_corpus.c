/*
 * mcpctl corpus, mcpctl score: labelled text through the whole engine, each
 * text in the message that would carry it on the wire.
 */

#include "cli.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>


#define MAX_NAMES  64           /* categories or surfaces of a corpus        */


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


/* A row of a corpus; strings belong to the JSON object. */
typedef struct {
    json_t      *json;
    const char  *id;
    const char  *surface;
    const char  *label;
    const char  *category;
    const char  *text;
    size_t       len;
} row_t;


static const char *
member(json_t *json, const char *name)
{
    return json_string_value(json_object_get(json, name));
}


static int
parse_row(row_t *row, const unsigned char *line, size_t len)
{
    json_t        *text;
    json_error_t   err;

    memset(row, 0, sizeof(row_t));

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


/* Builds the message around a text and judges it. */
static int
judge_row(cli_engine_t *e, const row_t *row, mcp_buf_t *b, mcp_verdict_t *v)
{
    mcp_rc_t          rc;
    mcp_dir_t         dir;
    mcp_exchange_t    ex;
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

    dir = c->method == MCP_M_NONE ? MCP_CLIENT : MCP_SERVER;

    mcp_buf_reset(b, 1024 * 1024);

    rc = mcp_buf_append_str(b, c->head);

    if (rc == MCP_OK) {
        rc = dir == MCP_CLIENT
             ? mcp_buf_append(b, row->text, row->len)
             : mcp_buf_append_json(b, (const unsigned char *) row->text,
                                   row->len);
    }

    if (rc != MCP_OK || mcp_buf_append_str(b, c->tail) != MCP_OK) {
        return EXIT_BAD;
    }

    memset(&ex, 0, sizeof(mcp_exchange_t));
    ex.method = c->method;
    ex.id.data = id;
    ex.id.len = 1;
    ex.era = MCP_ERA_LEGACY;

    (void) cli_judge(e, dir, &ex, b->data, b->len, v);

    return EXIT_CLEAN;
}


/* block for what is refused or withheld, as a reader of verdicts sees it. */
static const char *
row_verdict(cli_engine_t *e, const mcp_verdict_t *v)
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


static json_t *
rules_of(cli_engine_t *e, const mcp_verdict_t *v)
{
    size_t            i, k, n;
    json_t           *list;
    const mcp_hit_t  *hits;

    list = json_array();

    if (v->action == MCP_V_INVALID) {
        return list;
    }

    n = mcp_inspector_hits(e->inspector, &hits);

    for (i = 0; i < n; i++) {

        for (k = 0; k < i; k++) {
            if (hits[k].rule == hits[i].rule) {
                break;
            }
        }

        if (k == i) {
            (void) json_array_append_new(list, json_string(hits[i].rule->id));
        }
    }

    return list;
}


int
cmd_corpus(int argc, char **argv)
{
    int                   rc;
    char                 *arg, *packs[64];
    size_t                n, pos, len;
    row_t                 row;
    json_t               *out;
    unsigned              number;
    mcp_buf_t             in = { NULL, 0, 0 }, b = { NULL, 0, 0 };
    cli_args_t            args = { argc, argv, 0, 0 };
    const char           *opt;
    cli_engine_t          e;
    mcp_verdict_t         v;
    const unsigned char  *line;

    static const char *const  values[] = { "rules", NULL };

    n = 0;

    while ((opt = cli_next(&args, values, NULL, &arg)) != NULL) {

        if (strcmp(opt, "rules") != 0 || n == sizeof(packs) / sizeof(*packs)) {
            return cli_usage();
        }

        packs[n++] = arg;
    }

    if (cli_engine_open(&e, packs, n) != EXIT_CLEAN) {
        return EXIT_BAD;
    }

    rc = cli_read_file("-", &in);

    for (pos = 0, number = 1;
         rc == EXIT_CLEAN && cli_line(&in, &pos, &line, &len);
         number++)
    {
        if (len == 0) {
            continue;
        }

        if (parse_row(&row, line, len) != EXIT_CLEAN) {
            cli_error("line %u: not an object with id, surface and text",
                      number);
            rc = EXIT_BAD;
            break;
        }

        if (judge_row(&e, &row, &b, &v) != EXIT_CLEAN) {
            cli_error("line %u: unknown surface, or no memory", number);
            rc = EXIT_BAD;

        } else {
            out = json_pack("{s:s, s:s, s:o}", "id", row.id, "verdict",
                            row_verdict(&e, &v), "rules", rules_of(&e, &v));

            if (out == NULL || json_dumpf(out, stdout, JSON_COMPACT) != 0) {
                cli_error("cannot write");
                rc = EXIT_BAD;
            }

            putchar('\n');
            json_decref(out);
        }

        json_decref(row.json);
        cli_progress("judging", pos, in.len);
    }

    mcp_buf_free(&in);
    mcp_buf_free(&b);
    cli_engine_close(&e);

    return rc;
}


/* Counts of one category or surface. */
typedef struct {
    char      name[48];
    unsigned  rows;
    unsigned  block;
    unsigned  redact;
    unsigned  flag;
} tally_t;


typedef struct {
    tally_t  malicious[MAX_NAMES];      /* by category                      */
    tally_t  benign[MAX_NAMES];         /* by category                      */
    tally_t  surfaces[MAX_NAMES];       /* benign, by surface               */
} score_t;


static void
count(tally_t *t, const char *name, const char *verdict)
{
    size_t  i;

    for (i = 0; i < MAX_NAMES - 1 && t[i].rows != 0; i++) {
        if (strncmp(t[i].name, name, sizeof(t[i].name) - 1) == 0) {
            break;
        }
    }

    t += i;

    (void) snprintf(t->name, sizeof(t->name), "%s", name);
    t->rows++;
    t->block += verdict[0] == 'b';
    t->redact += verdict[0] == 'r';
    t->flag += verdict[0] == 'f';
}


static double
percent(unsigned n, unsigned of)
{
    return of != 0 ? 100.0 * n / of : 0.0;
}


static void
table(const char *title, const char *rate, const tally_t *t)
{
    unsigned  hit;
    tally_t   all;

    memset(&all, 0, sizeof(tally_t));

    printf("%-34s %6s %6s %6s %6s %9s %9s\n", title, "rows", "block",
           "redact", "flag", rate, "blocked");

    for ( /* void */ ; t->rows != 0; t++) {
        hit = t->block + t->redact + t->flag;

        printf("%-34s %6u %6u %6u %6u %8.2f%% %8.2f%%\n", t->name, t->rows,
               t->block, t->redact, t->flag, percent(hit, t->rows),
               percent(t->block, t->rows));

        all.rows += t->rows;
        all.block += t->block;
        all.redact += t->redact;
        all.flag += t->flag;
    }

    hit = all.block + all.redact + all.flag;

    printf("%-34s %6u %6u %6u %6u %8.2f%% %8.2f%%\n\n", "all", all.rows,
           all.block, all.redact, all.flag, percent(hit, all.rows),
           percent(all.block, all.rows));
}


static json_t *
tally_json(const tally_t *t)
{
    json_t  *all;

    all = json_object();

    for ( /* void */ ; t->rows != 0; t++) {
        (void) json_object_set_new(all, t->name,
                   json_pack("{s:i, s:i, s:i, s:i, s:f}", "rows", t->rows,
                             "block", t->block, "redact", t->redact, "flag",
                             t->flag, "rate",
                             percent(t->block + t->redact + t->flag, t->rows)
                             / 100));
    }

    return all;
}


static int
score_file(cli_engine_t *e, const char *file, int misses, score_t *s)
{
    int                   rc, malicious;
    row_t                 row;
    size_t                pos, len;
    unsigned              number;
    mcp_buf_t             in = { NULL, 0, 0 }, b = { NULL, 0, 0 };
    const char           *verdict;
    mcp_verdict_t         v;
    const unsigned char  *line;

    rc = cli_read_file(file, &in);

    for (pos = 0, number = 1;
         rc == EXIT_CLEAN && cli_line(&in, &pos, &line, &len);
         number++)
    {
        if (len == 0) {
            continue;
        }

        if (parse_row(&row, line, len) != EXIT_CLEAN) {
            cli_error("%s:%u: not a row of a corpus", file, number);
            rc = EXIT_BAD;
            break;
        }

        if (row.label == NULL || row.category == NULL
            || judge_row(e, &row, &b, &v) != EXIT_CLEAN)
        {
            cli_error("%s:%u: not a labelled row", file, number);
            rc = EXIT_BAD;

        } else {
            verdict = row_verdict(e, &v);
            malicious = strcmp(row.label, "malicious") == 0;

            if (malicious) {
                count(s->malicious, row.category, verdict);

            } else {
                count(s->benign, row.category, verdict);
                count(s->surfaces, row.surface, verdict);
            }

            if (misses && malicious == (verdict[0] == 'a')) {
                printf("%s\t%s\t%s\t%s\n", malicious ? "missed" : "touched",
                       row.category, row.id,
                       v.rule != NULL ? v.rule->id : verdict);
            }
        }

        json_decref(row.json);
        cli_progress(file, pos, in.len);
    }

    mcp_buf_free(&in);
    mcp_buf_free(&b);

    return rc;
}


int
cmd_score(int argc, char **argv)
{
    int           rc, json, misses;
    char         *arg, *packs[64], *files[256];
    size_t        i, n, nfiles;
    score_t       s;
    json_t       *out;
    cli_args_t    args = { argc, argv, 0, 0 };
    const char   *opt;
    cli_engine_t  e;

    static const char *const  values[] = { "rules", "format", NULL };
    static const char *const  flags[] = { "misses", NULL };

    memset(&s, 0, sizeof(score_t));

    n = 0;
    nfiles = 0;
    json = 0;
    misses = 0;

    while ((opt = cli_next(&args, values, flags, &arg)) != NULL) {

        if (strcmp(opt, "rules") == 0 && n < sizeof(packs) / sizeof(*packs)) {
            packs[n++] = arg;

        } else if (strcmp(opt, "misses") == 0) {
            misses = 1;

        } else if (strcmp(opt, "format") == 0
                   && (strcmp(arg, "text") == 0 || strcmp(arg, "json") == 0))
        {
            json = arg[0] == 'j';

        } else if (opt[0] == '\0'
                   && nfiles < sizeof(files) / sizeof(*files))
        {
            files[nfiles++] = arg;

        } else {
            return cli_usage();
        }
    }

    if (nfiles == 0) {
        return cli_usage();
    }

    rc = cli_engine_open(&e, packs, n);

    if (rc != EXIT_CLEAN) {
        return rc;
    }

    for (i = 0; i < nfiles && rc == EXIT_CLEAN; i++) {
        rc = score_file(&e, files[i], misses, &s);
    }

    cli_engine_close(&e);

    if (rc != EXIT_CLEAN) {
        return rc;
    }

    if (!json) {
        table("malicious, by category", "recall", s.malicious);
        table("benign, by category", "touched", s.benign);
        table("benign, by surface", "touched", s.surfaces);

        return EXIT_CLEAN;
    }

    out = json_pack("{s:o, s:o, s:o}", "recall", tally_json(s.malicious),
                    "benign", tally_json(s.benign), "surfaces",
                    tally_json(s.surfaces));

    if (out == NULL || json_dumpf(out, stdout, JSON_INDENT(2)) != 0) {
        cli_error("cannot write");
        rc = EXIT_BAD;
    }

    putchar('\n');
    json_decref(out);

    return rc;
}
