/*
 * mcpctl rules diff: what a change of rules changes on recorded traffic.
 *
 * Both engines judge each message.  A finding is the same in both when rule,
 * text and place are; one that only moved counts as lost and gained.
 */

#include "cli_source.h"

#include <stdlib.h>
#include <string.h>


#define MAX_PACKS  64           /* of one side                               */


/* One rule on both sides. */
typedef struct {
    const char  *id;
    size_t       old;           /* findings                                  */
    size_t       new;
    size_t       gained;
    size_t       lost;
    size_t       acts;          /* found by both, does something else        */
} tally_t;

/* One set of rules, and what it says of the message that is compared. */
typedef struct {
    cli_engine_t      engine;
    uint32_t         *tally;    /* of each of its rules                      */
    const char       *verdict;
    const mcp_hit_t  *hits;
    size_t            n;
} side_t;

typedef struct {
    side_t    old;
    side_t    new;
    tally_t  *tallies;
    size_t    tallies_n;
    int       json;
    size_t    messages;
    size_t    changed;
    size_t    stricter;
    size_t    milder;
} diff_t;


static void
judge(side_t *s, const cli_message_t *m)
{
    mcp_verdict_t  v;

    s->n = 0;
    s->verdict = "invalid";

    if (cli_judge_message(&s->engine, m, &v) == MCP_OK) {
        s->n = mcp_inspector_hits(s->engine.inspector, &s->hits);
        s->verdict = cli_row_verdict(&s->engine, &v);
    }
}


static const mcp_hit_t *
same(const side_t *a, const mcp_hit_t *hit, const side_t *b)
{
    size_t  i;

    for (i = 0; i < b->n; i++) {
        if (b->hits[i].finding.segment == hit->finding.segment
            && b->hits[i].finding.from == hit->finding.from
            && b->tally[b->hits[i].finding.rule]
               == a->tally[hit->finding.rule])
        {
            return &b->hits[i];
        }
    }

    return NULL;
}


static const char *
action_of(const mcp_hit_t *hit)
{
    return hit->action == MCP_ACTION_NONE ? "signal"
                                          : mcp_action_name(hit->action);
}


static json_t *
hit_json(side_t *s, const mcp_hit_t *hit)
{
    char  path[256];

    (void) mcp_inspector_path(s->engine.inspector, &hit->finding, path,
                              sizeof(path));

    return json_pack("{s:s, s:s, s:s, s:i, s:i}", "rule", hit->rule->id,
                     "action", action_of(hit), "path", path,
                     "from", (int) hit->finding.from,
                     "to", (int) hit->finding.to);
}


/* Takes down the findings of a that b has not got; their number. */
static size_t
missing(diff_t *d, side_t *a, side_t *b, json_t *out)
{
    size_t    i, count;
    tally_t  *t;

    for (i = 0, count = 0; i < a->n; i++) {

        t = &d->tallies[a->tally[a->hits[i].finding.rule]];

        if (a == &d->old) {
            t->old++;

        } else {
            t->new++;
        }

        if (same(a, &a->hits[i], b) != NULL) {
            continue;
        }

        count++;

        if (a == &d->old) {
            t->lost++;

        } else {
            t->gained++;
        }

        (void) json_array_append_new(out, hit_json(a, &a->hits[i]));
    }

    return count;
}


/* Takes down what both have found but act upon differently; its number. */
static size_t
changed(diff_t *d, json_t *out)
{
    size_t            i, count;
    json_t           *o;
    const mcp_hit_t  *hit, *was;

    for (i = 0, count = 0; i < d->new.n; i++) {

        hit = &d->new.hits[i];
        was = same(&d->new, hit, &d->old);

        if (was == NULL || was->action == hit->action) {
            continue;
        }

        count++;
        d->tallies[d->new.tally[hit->finding.rule]].acts++;

        o = hit_json(&d->new, hit);
        (void) json_object_set_new(o, "was", json_string(action_of(was)));
        (void) json_array_append_new(out, o);
    }

    return count;
}


static void
put_findings(char sign, json_t *list)
{
    size_t       i;
    json_t      *o;
    const char  *was;

    json_array_foreach (list, i, o) {
        was = json_string_value(json_object_get(o, "was"));

        printf("  %c %s%s%s %s at %s\n", sign, was != NULL ? was : "",
               was != NULL ? " -> " : "",
               json_string_value(json_object_get(o, "action")),
               json_string_value(json_object_get(o, "rule")),
               json_string_value(json_object_get(o, "path")));
    }
}


static void
put_text(const char *where, json_t *o)
{
    printf("%s: %s -> %s\n", where,
           json_string_value(json_object_get(o, "old")),
           json_string_value(json_object_get(o, "new")));

    put_findings('-', json_object_get(o, "lost"));
    put_findings('+', json_object_get(o, "gained"));
    put_findings('~', json_object_get(o, "changed"));
}


static int
rank(const char *verdict)
{
    size_t                    i;
    static const char *const  words[] = {
        "allow", "flag", "redact", "block", "invalid"
    };

    for (i = 0; i < 4 && strcmp(words[i], verdict) != 0; i++) {
        /* void */
    }

    return (int) i;
}


static int
put_line(json_t *o)
{
    if (o == NULL || json_dumpf(o, stdout, JSON_COMPACT) != 0
        || putchar('\n') == EOF)
    {
        cli_error("cannot write");
        return EXIT_BAD;
    }

    return EXIT_CLEAN;
}


static int
diff_message(void *data, const cli_message_t *m)
{
    int      rc, change;
    size_t   differs;
    diff_t  *d = data;
    json_t  *o, *lost, *gained, *acts;

    judge(&d->old, m);
    judge(&d->new, m);

    lost = json_array();
    gained = json_array();
    acts = json_array();

    differs = missing(d, &d->old, &d->new, lost);
    differs += missing(d, &d->new, &d->old, gained);
    differs += changed(d, acts);
    change = rank(d->new.verdict) - rank(d->old.verdict);

    d->messages++;
    d->stricter += change > 0;
    d->milder += change < 0;

    o = json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "message", m->where,
                  "old", d->old.verdict, "new", d->new.verdict,
                  "lost", lost, "gained", gained, "changed", acts);

    if (o == NULL) {
        cli_error("no memory");
        return EXIT_BAD;
    }

    rc = EXIT_CLEAN;

    if (differs != 0 || change != 0) {
        d->changed++;

        if (d->json) {
            rc = put_line(o);

        } else {
            put_text(m->where, o);
        }
    }

    json_decref(o);

    return rc;
}


/* Numbers the rules of both sides by their ids. */
static int
make_tallies(diff_t *d)
{
    size_t             i, n, old;
    const mcp_rule_t  *r, *first;

    old = mcp_rules_count(d->old.engine.rules);
    n = mcp_rules_count(d->new.engine.rules);

    d->tallies = calloc(old + n + 1, sizeof(tally_t));
    d->old.tally = calloc(old + 1, sizeof(uint32_t));
    d->new.tally = calloc(n + 1, sizeof(uint32_t));

    if (d->tallies == NULL || d->old.tally == NULL || d->new.tally == NULL) {
        cli_error("no memory");
        return EXIT_BAD;
    }

    first = mcp_rules_get(d->old.engine.rules, 0);

    for (i = 0; i < old; i++) {
        d->tallies[i].id = first[i].id;
        d->old.tally[i] = (uint32_t) i;
    }

    d->tallies_n = old;

    for (i = 0; i < n; i++) {
        r = mcp_rules_get(d->new.engine.rules, i);
        d->new.tally[i] = (uint32_t) d->tallies_n;

        r = mcp_rules_find(d->old.engine.rules, r->id, strlen(r->id));

        if (r != NULL) {
            d->new.tally[i] = (uint32_t) (r - first);

        } else {
            d->tallies[d->tallies_n++].id =
                mcp_rules_get(d->new.engine.rules, i)->id;
        }
    }

    return EXIT_CLEAN;
}


static int
summary_json(diff_t *d)
{
    int             rc;
    size_t          i;
    json_t         *o, *rules;
    const tally_t  *t;

    rules = json_array();

    for (i = 0; i < d->tallies_n; i++) {
        t = &d->tallies[i];

        if (t->gained + t->lost + t->acts == 0) {
            continue;
        }

        (void) json_array_append_new(rules,
                   json_pack("{s:s, s:I, s:I, s:I, s:I, s:I}", "rule", t->id,
                             "old", (json_int_t) t->old,
                             "new", (json_int_t) t->new,
                             "lost", (json_int_t) t->lost,
                             "gained", (json_int_t) t->gained,
                             "action_changed", (json_int_t) t->acts));
    }

    o = json_pack("{s:I, s:I, s:I, s:I, s:o}",
                  "messages", (json_int_t) d->messages,
                  "changed", (json_int_t) d->changed,
                  "stricter", (json_int_t) d->stricter,
                  "milder", (json_int_t) d->milder, "rules", rules);

    rc = put_line(o);
    json_decref(o);

    return rc;
}


static void
summary_text(diff_t *d)
{
    size_t          i;
    unsigned        head;
    const tally_t  *t;

    for (i = 0, head = 0; i < d->tallies_n; i++) {
        t = &d->tallies[i];

        if (t->gained + t->lost + t->acts == 0) {
            continue;
        }

        if (!head) {
            printf("\n%-36s %7s %7s %7s %7s %14s\n", "rule", "old", "new",
                   "lost", "gained", "action changed");
            head = 1;
        }

        printf("%-36s %7zu %7zu %7zu %7zu %14zu\n", t->id, t->old, t->new,
               t->lost, t->gained, t->acts);
    }

    printf("%s%zu message%s, %zu changed; verdicts: %zu stricter, "
           "%zu milder\n", head ? "\n" : "", d->messages,
           d->messages == 1 ? "" : "s", d->changed, d->stricter, d->milder);
}


/* Packs of one side: names with commas between. */
static int
open_side(side_t *s, char *names)
{
    char    *p, *packs[MAX_PACKS];
    size_t   n;

    for (n = 0, p = names; p != NULL && n < MAX_PACKS; n++) {
        packs[n] = p;
        p = strchr(p, ',');

        if (p != NULL) {
            *p++ = '\0';
        }
    }

    if (p != NULL) {
        cli_error("too many packs");
        return EXIT_BAD;
    }

    return cli_engine_open(&s->engine, packs, n);
}


static int
run(diff_t *d, char **words, size_t n)
{
    int     rc;
    size_t  i;

    rc = open_side(&d->old, words[0]);

    if (rc == EXIT_CLEAN) {
        rc = open_side(&d->new, words[1]);
    }

    if (rc == EXIT_CLEAN) {
        rc = make_tallies(d);
    }

    for (i = 2; i < n && rc == EXIT_CLEAN; i++) {
        rc = cli_messages(&d->old.engine, words[i], -1, CLI_ROWS,
                          diff_message, d);
    }

    if (rc == EXIT_CLEAN) {

        if (d->json) {
            rc = summary_json(d);

        } else {
            summary_text(d);
        }
    }

    if (rc == EXIT_CLEAN && d->changed != 0) {
        rc = EXIT_FINDINGS;
    }

    return rc;
}


int
cmd_rules_diff(int argc, char **argv)
{
    int          rc;
    char        *arg, *words[256];
    size_t       n;
    diff_t       d;
    cli_args_t   args = { argc, argv, 0, 0 };
    const char  *opt;

    static const char *const  values[] = { "format", NULL };

    memset(&d, 0, sizeof(diff_t));
    n = 0;

    while ((opt = cli_next(&args, values, NULL, &arg)) != NULL) {

        if (strcmp(opt, "format") == 0
            && (strcmp(arg, "text") == 0 || strcmp(arg, "json") == 0))
        {
            d.json = arg[0] == 'j';

        } else if (opt[0] == '\0' && n < sizeof(words) / sizeof(*words)) {
            words[n++] = arg;

        } else {
            return cli_usage();
        }
    }

    if (n < 3) {
        return cli_usage();
    }

    rc = run(&d, words, n);

    free(d.tallies);
    free(d.old.tally);
    free(d.new.tally);
    cli_engine_close(&d.old.engine);
    cli_engine_close(&d.new.engine);

    return rc;
}
