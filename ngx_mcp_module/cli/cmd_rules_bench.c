/*
 * mcpctl rules bench: what each rule costs on given text.
 *
 * Passes with and without counting take turns, and the quickest of each kind
 * is taken: of the one the time of a whole inspection, of the other how often
 * each rule looked and how long that took.
 */

#include "cli_source.h"

#include <stdlib.h>
#include <string.h>


#define TOP         40              /* rules shown, unless --top tells       */
#define SLOWEST     8               /* rules of which compiling is shown     */
#define LEAST       3               /* passes of each kind                   */
#define OWN_TEXTS   16              /* harmless results, and ...             */
#define OWN_TEXT    (64 * 1024)     /* ... bytes of each                     */


typedef struct {
    mcp_dir_t       dir;
    mcp_exchange_t  exchange;
    size_t          off;
    size_t          len;
} kept_t;

typedef struct {
    cli_engine_t    engine;
    mcp_buf_t       data;           /* of all messages                       */
    mcp_buf_t       kept;           /* kept_t[]                              */
    uint64_t        text;           /* bytes that the rules see in a pass    */
    uint64_t        wire;           /* bytes of the messages                 */
    size_t          touched;        /* messages with a verdict but allow     */
    mcp_cost_t     *costs;          /* of the pass that is counted           */
    mcp_cost_t     *least;          /* of all passes                         */
    uint32_t       *order;
    double          best;           /* seconds of the quickest pass          */
    double          reading;        /* ... of one that asks no rule          */
} bench_t;


static int
keep(void *data, const cli_message_t *m)
{
    kept_t    k;
    bench_t  *b = data;

    k.dir = m->dir;
    k.exchange = m->exchange;
    k.off = b->data.len;
    k.len = m->len;

    if (mcp_buf_append(&b->data, m->data, m->len) != MCP_OK
        || mcp_buf_append(&b->kept, &k, sizeof(kept_t)) != MCP_OK)
    {
        cli_error("no memory");
        return EXIT_BAD;
    }

    return EXIT_CLEAN;
}


static int
keep_own_text(bench_t *b)
{
    int            rc;
    unsigned       i;
    uint32_t       seed;
    mcp_buf_t      text = { NULL, 0, 0 }, message = { NULL, 0, 0 };
    cli_message_t  m;

    seed = 1;
    rc = EXIT_CLEAN;

    for (i = 0; i < OWN_TEXTS && rc == EXIT_CLEAN; i++) {

        mcp_buf_reset(&text, SIZE_MAX);

        if (cli_words(&text, OWN_TEXT, 0, &seed) != MCP_OK) {
            cli_error("no memory");
            rc = EXIT_BAD;
            break;
        }

        rc = cli_text_message(text.data, text.len, &message, &m);

        if (rc == EXIT_CLEAN) {
            rc = keep(b, &m);
        }
    }

    mcp_buf_free(&text);
    mcp_buf_free(&message);

    return rc;
}


/* Judges everything once; seconds. */
static double
pass(bench_t *b)
{
    double          start;
    size_t          i, n, len;
    const kept_t   *k;
    mcp_verdict_t   v;

    n = b->kept.len / sizeof(kept_t);
    k = (const kept_t *) (void *) b->kept.data;

    b->text = 0;
    b->wire = 0;
    b->touched = 0;
    start = cli_cpu_time();

    for (i = 0; i < n; i++, k++) {

        (void) cli_judge(&b->engine, k->dir, &k->exchange,
                         b->data.data + k->off, k->len, &v);

        (void) mcp_message_text(mcp_inspector_message(b->engine.inspector),
                                &len);
        b->text += len;
        b->wire += k->len;
        b->touched += v.action != MCP_V_ALLOW || v.flagged;
    }

    return cli_cpu_time() - start;
}


/* Time between two looks at the clock: it is no rule's fault. */
static double
clock_cost(void)
{
    unsigned  i;
    uint64_t  start, end;

    start = cli_clock();
    end = start;

    for (i = 0; i < 10000; i++) {
        end = cli_clock();
    }

    return (double) (end - start) / i;
}


/* Runs the passes. */
static void
measure(bench_t *b, double seconds)
{
    double       spent, all;
    size_t       i, n;
    unsigned     runs;
    mcp_scan_t  *scan;

    n = mcp_rules_count(b->engine.rules);
    scan = b->engine.scan;
    all = 0;

    for (runs = 0; runs < LEAST || all < seconds; runs++) {

        mcp_scan_costs(scan, NULL, NULL);
        spent = pass(b);
        all += spent;

        if (runs == 0 || spent < b->best) {
            b->best = spent;
        }

        b->engine.scan = NULL;
        spent = pass(b);
        b->engine.scan = scan;
        all += spent;

        if (runs == 0 || spent < b->reading) {
            b->reading = spent;
        }

        memset(b->costs, 0, n * sizeof(mcp_cost_t));
        mcp_scan_costs(scan, b->costs, cli_clock);
        all += pass(b);

        for (i = 0; i < n; i++) {
            if (runs == 0 || b->costs[i].time < b->least[i].time) {
                b->least[i] = b->costs[i];
            }
        }
    }
}


static const mcp_cost_t  *sort_costs;
static const mcp_rules_t  *sort_rules;


static int
by_cost(const void *a, const void *b)
{
    const mcp_cost_t  *x = &sort_costs[*(const uint32_t *) a];
    const mcp_cost_t  *y = &sort_costs[*(const uint32_t *) b];

    if (x->time != y->time) {
        return x->time < y->time ? 1 : -1;
    }

    return (x->seen < y->seen) - (x->seen > y->seen);
}


static int
by_making(const void *a, const void *b)
{
    uint64_t  x = mcp_rules_made(sort_rules, *(const uint32_t *) a);
    uint64_t  y = mcp_rules_made(sort_rules, *(const uint32_t *) b);

    return (x < y) - (x > y);
}


static void
sort(bench_t *b, int (*order)(const void *, const void *))
{
    size_t  i, n;

    n = mcp_rules_count(b->engine.rules);

    for (i = 0; i < n; i++) {
        b->order[i] = (uint32_t) i;
    }

    sort_costs = b->least;
    sort_rules = b->engine.rules;

    qsort(b->order, n, sizeof(uint32_t), order);
}


static void
report(bench_t *b, size_t top)
{
    double              ns, clock, spent;
    size_t              i, n, idle;
    mcp_cost_t          all;
    const mcp_cost_t   *c;
    const mcp_rule_t   *r;

    n = mcp_rules_count(b->engine.rules);
    clock = clock_cost();
    memset(&all, 0, sizeof(mcp_cost_t));
    spent = 0;
    idle = 0;

    sort(b, by_cost);

    printf("%-36s %9s %8s %8s %8s %7s %6s %6s\n", "rule", "seen", "fits",
           "runs", "per 4 KB", "ns/run", "share", "found");

    for (i = 0; i < n; i++) {
        c = &b->least[b->order[i]];
        r = mcp_rules_get(b->engine.rules, b->order[i]);

        ns = (double) c->time - clock * (double) c->runs;
        ns = ns > 0 ? ns : 0;

        all.seen += c->seen;
        all.fits += c->fits;
        all.runs += c->runs;
        all.found += c->found;
        spent += ns;

        if (c->seen == 0 && c->runs == 0) {
            idle++;
            continue;
        }

        if (i < top) {
            printf("%-36s %9llu %8llu %8llu %8.3f %7.0f %5.1f%% %6llu\n",
                   r->id, (unsigned long long) c->seen,
                   (unsigned long long) c->fits,
                   (unsigned long long) c->runs,
                   c->runs * 4096.0 / b->text,
                   c->runs ? ns / c->runs : 0.0, ns / b->best / 1e7,
                   (unsigned long long) c->found);
        }
    }

    printf("%-36s %9llu %8llu %8llu %8.3f %7.0f %5.1f%% %6llu\n\n",
           "all rules", (unsigned long long) all.seen,
           (unsigned long long) all.fits, (unsigned long long) all.runs,
           all.runs * 4096.0 / b->text, all.runs ? spent / all.runs : 0.0,
           spent / b->best / 1e7, (unsigned long long) all.found);

    printf("of the time %.0f%% reads JSON, %.0f%% runs rules, %.0f%% looks "
           "for what to run and decodes\n", b->reading / b->best * 100,
           spent / b->best / 1e7,
           100 - b->reading / b->best * 100 - spent / b->best / 1e7);
    printf("%zu of %zu rules had nothing to look at\n", idle, n);
    printf("%zu messages, %zu with a verdict; %.2f MB of text, "
           "%.0f MB/s, %.2f us for 4 KB\n",
           b->kept.len / sizeof(kept_t), b->touched, b->text / 1e6,
           b->text / b->best / 1e6, b->best * 4096 / b->text * 1e6);
}


static void
report_making(bench_t *b, double ms)
{
    size_t    i, n;
    uint64_t  all;

    n = mcp_rules_count(b->engine.rules);

    for (i = 0, all = 0; i < n; i++) {
        all += mcp_rules_made(b->engine.rules, i);
    }

    printf("compiled in %.0f ms, of which rules %.0f ms; the slowest:\n", ms,
           all / 1e6);

    sort(b, by_making);

    for (i = 0; i < n && i < SLOWEST; i++) {
        printf("  %-36s %8.2f ms\n",
               mcp_rules_get(b->engine.rules, b->order[i])->id,
               mcp_rules_made(b->engine.rules, b->order[i]) / 1e6);
    }
}


static int
run(bench_t *b, char **files, size_t n, double seconds, size_t top, double ms)
{
    int     rc;
    size_t  i, rules;

    rules = mcp_rules_count(b->engine.rules);
    b->costs = calloc(rules + 1, sizeof(mcp_cost_t));
    b->least = calloc(rules + 1, sizeof(mcp_cost_t));
    b->order = calloc(rules + 1, sizeof(uint32_t));

    if (b->costs == NULL || b->least == NULL || b->order == NULL) {
        cli_error("no memory");
        return EXIT_BAD;
    }

    rc = n == 0 ? keep_own_text(b) : EXIT_CLEAN;

    for (i = 0; i < n && rc == EXIT_CLEAN; i++) {
        rc = cli_messages(&b->engine, files[i], -1, CLI_ROWS | CLI_TEXT, keep,
                          b);
    }

    if (rc == EXIT_CLEAN) {
        measure(b, seconds);
        report(b, top);
        report_making(b, ms);
    }

    return rc;
}


int
cmd_rules_bench(int argc, char **argv)
{
    int          rc;
    char        *arg, *end, *packs[64], *files[256];
    double       seconds;
    size_t       n, nfiles, top;
    bench_t      b;
    uint64_t     start;
    cli_args_t   args = { argc, argv, 0, 0 };
    const char  *opt;

    static const char *const  values[] = { "rules", "seconds", "top", NULL };

    memset(&b, 0, sizeof(bench_t));

    n = 0;
    nfiles = 0;
    seconds = 1;
    top = TOP;

    while ((opt = cli_next(&args, values, NULL, &arg)) != NULL) {

        if (strcmp(opt, "rules") == 0 && n < sizeof(packs) / sizeof(*packs)) {
            packs[n++] = arg;

        } else if (strcmp(opt, "seconds") == 0 && atof(arg) > 0) {
            seconds = atof(arg);

        } else if (strcmp(opt, "top") == 0 && *arg >= '0' && *arg <= '9') {
            top = (size_t) strtoul(arg, &end, 10);

            if (*end != '\0') {
                return cli_usage();
            }

        } else if (opt[0] == '\0'
                   && nfiles < sizeof(files) / sizeof(*files))
        {
            files[nfiles++] = arg;

        } else {
            return cli_usage();
        }
    }

    start = cli_clock();

    if (cli_engine_open(&b.engine, packs, n) != EXIT_CLEAN) {
        return EXIT_BAD;
    }

    rc = run(&b, files, nfiles, seconds, top, (cli_clock() - start) / 1e6);

    mcp_buf_free(&b.data);
    mcp_buf_free(&b.kept);
    free(b.costs);
    free(b.least);
    free(b.order);
    cli_engine_close(&b.engine);

    return rc;
}
