/*
 * mcpctl corpus, mcpctl score: labelled text through the whole engine, each
 * text in the message that would carry it on the wire.
 */

#include "cli_source.h"

#include <stdlib.h>
#include <string.h>


#define MAX_NAMES  64           /* categories or surfaces of a corpus        */


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
    cli_row_t                 row;
    json_t               *out;
    unsigned              number;
    mcp_buf_t             in = { NULL, 0, 0 }, b = { NULL, 0, 0 };
    cli_args_t            args = { argc, argv, 0, 0 };
    const char           *opt;
    cli_engine_t          e;
    cli_message_t         m;
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

        if (cli_row_parse(&row, line, len) != EXIT_CLEAN) {
            cli_error("line %u: not an object with id, surface and text",
                      number);
            rc = EXIT_BAD;
            break;
        }

        if (cli_row_message(&row, &b, &m) != EXIT_CLEAN) {
            cli_error("line %u: unknown surface, or no memory", number);
            rc = EXIT_BAD;

        } else {
            (void) cli_judge(&e, m.dir, &m.exchange, m.data, m.len, &v);

            out = json_pack("{s:s, s:s, s:o}", "id", row.id, "verdict",
                            cli_row_verdict(&e, &v), "rules", rules_of(&e, &v));

            if (out == NULL || json_dumpf(out, stdout, JSON_COMPACT) != 0) {
                cli_error("cannot write");
                rc = EXIT_BAD;
            }

            putchar('\n');
            json_decref(out);
        }

        cli_row_free(&row);
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
    cli_row_t                 row;
    size_t                pos, len;
    unsigned              number;
    mcp_buf_t             in = { NULL, 0, 0 }, b = { NULL, 0, 0 };
    const char           *verdict;
    cli_message_t         m;
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

        if (cli_row_parse(&row, line, len) != EXIT_CLEAN) {
            cli_error("%s:%u: not a row of a corpus", file, number);
            rc = EXIT_BAD;
            break;
        }

        if (row.label == NULL || row.category == NULL
            || cli_row_message(&row, &b, &m) != EXIT_CLEAN)
        {
            cli_error("%s:%u: not a labelled row", file, number);
            rc = EXIT_BAD;

        } else {
            (void) cli_judge(e, m.dir, &m.exchange, m.data, m.len, &v);

            verdict = cli_row_verdict(e, &v);
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

        cli_row_free(&row);
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
