/*
 * Rate limits: how rates are read, what passes when, and that a counter is
 * the same as a bucket with a hole, which is simpler but must be stored with
 * its time.
 */

#include "mcp_gcra.h"

#include "tap.h"


#define SECOND  UINT64_C(1000000)
#define START   (UINT64_C(1800000000) * SECOND)


static const struct {
    const char  *text;
    uint64_t     emission;    /* 0: no rate                                  */
} rates[] = {
    { "10r/m", 6 * SECOND },
    { "1r/s", SECOND },
    { "1r/h", 3600 * SECOND },
    { "1r/d", 86400 * SECOND },
    { "3r/s", 333334 },                  /* rounded up: never more           */
    { "1000000r/s", 1 },
    { "007r/m", 8571429 },
    { "1000000000r/d", 87 },
    { "1000001r/s", 0 },
    { "1000000001r/d", 0 },
    { "99999999999999999999999r/d", 0 },
    { "0r/s", 0 },
    { "r/s", 0 },
    { "", 0 },
    { "10", 0 },
    { "10r", 0 },
    { "10r/", 0 },
    { "10r/x", 0 },
    { "10r/ms", 0 },
    { "10R/s", 0 },
    { "-1r/s", 0 },
    { "+1r/s", 0 },
    { "1.5r/s", 0 },
    { "1 r/s", 0 },
    { " 1r/s", 0 },
    { "1r/s ", 0 }
};


static void
test_rates(void)
{
    size_t    i;
    mcp_rc_t  rc;
    uint64_t  emission;

    for (i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        emission = 0;

        rc = mcp_gcra_rate((const unsigned char *) rates[i].text,
                           strlen(rates[i].text), &emission);

        ok(rc == (rates[i].emission ? MCP_OK : MCP_ERROR)
           && emission == rates[i].emission,
           "rate \"%s\"", rates[i].text);
    }
}


/* Passes or not; charges. */
static int
pass(const mcp_gcra_t *g, uint64_t *tat, uint64_t now, uint64_t cost,
    mcp_gcra_result_t *r)
{
    int  rc;

    rc = mcp_gcra_check(g, *tat, now, cost, r);

    if (rc || r->tat < *tat) {
        *tat = r->tat;
    }

    return rc;
}


/* What the issue of rate limits promises, word by word. */
static void
test_promise(void)
{
    int                i, n;
    uint64_t           tat = 0;
    mcp_gcra_t         g = { 6 * SECOND, 5 };
    mcp_gcra_result_t  r;

    n = 0;

    for (i = 0; i < 6; i++) {
        n += pass(&g, &tat, START, 1, &r);
        is_int(r.remaining, 5 - i, "call %d leaves %d", i + 1, 5 - i);
    }

    is_int(n, 6, "six calls pass at once");

    ok(!pass(&g, &tat, START, 1, &r), "the seventh does not");
    is_int(r.wait, 6 * SECOND, "it may after six seconds");
    is_int(r.remaining, 0, "nothing remains");

    ok(!pass(&g, &tat, START + 6 * SECOND - 1, 1, &r), "not a moment earlier");
    is_int(r.wait, 1, "one microsecond is missing");
    ok(pass(&g, &tat, START + 6 * SECOND, 1, &r), "then it passes");
    ok(!pass(&g, &tat, START + 6 * SECOND, 1, &r), "and just one");

    ok(mcp_gcra_check(&g, tat, START + 42 * SECOND, 1, &r)
       && r.remaining == 5, "an idle counter is as a new one");
}


static void
test_cost(void)
{
    uint64_t           tat = 0;
    mcp_gcra_t         g = { SECOND, 4 };
    mcp_gcra_result_t  r;

    ok(!pass(&g, &tat, START, 6, &r), "more than the burst never passes");
    is_int(r.wait, 0, "so there is nothing to wait for");
    ok(pass(&g, &tat, START, 3, &r) && r.remaining == 2, "three of five");
    ok(!pass(&g, &tat, START, 3, &r) && r.wait == SECOND
       && r.remaining == 2, "the next three have to wait for one");
    ok(pass(&g, &tat, START, 2, &r) && r.remaining == 0,
       "what was refused was not charged");
    ok(pass(&g, &tat, START + 5 * SECOND, 5, &r), "all at once");
}


/* Row S10 of the fault catalogue: a clock that jumps. */
static void
test_clock(void)
{
    int                i;
    uint64_t           tat = 0;
    mcp_gcra_t         g = { SECOND, 9 };
    mcp_gcra_result_t  r;

    for (i = 0; i < 10; i++) {
        (void) pass(&g, &tat, START, 1, &r);
    }

    ok(!pass(&g, &tat, START - 3600 * SECOND, 1, &r) && r.wait == SECOND,
       "an hour back: the limit is full, not frozen");
    ok(pass(&g, &tat, START - 3599 * SECOND, 1, &r)
       && !pass(&g, &tat, START - 3599 * SECOND, 1, &r),
       "and goes on at its rate");

    tat = 0;
    (void) pass(&g, &tat, START, 10, &r);

    ok(pass(&g, &tat, START + 3600 * SECOND, 10, &r)
       && !pass(&g, &tat, START + 3600 * SECOND, 1, &r),
       "an hour ahead: one burst more, not open");

    /* a reload gives the limit another size */

    g.burst = 0;
    ok(!pass(&g, &tat, START + 3600 * SECOND, 1, &r) && r.wait == SECOND,
       "a smaller burst: at most one interval to wait");
}


static uint64_t
random_below(uint64_t *state, uint64_t n)
{
    *state = *state * UINT64_C(6364136223846793005)
             + UINT64_C(1442695040888963407);

    return (*state >> 33) % n;
}


/*
 * A bucket with a hole: what flows in at cost, flows out with the time, and
 * must not run over.
 */
static void
test_model(void)
{
    int                passed, expected, bad, n[2];
    uint64_t           level, last, now, tat, window, cost, state, trial, i;
    mcp_gcra_t         g;
    mcp_gcra_result_t  r;

    bad = n[0] = n[1] = 0;
    state = 20260728;

    for (trial = 0; trial < 200; trial++) {
        g.emission = 1 + random_below(&state, trial % 2 ? 1000 : 3 * SECOND);
        g.burst = random_below(&state, 12);
        window = g.emission * (g.burst + 1);
        tat = 0;
        level = 0;
        now = last = START;

        for (i = 0; i < 2000; i++) {
            now += random_below(&state, 2 * g.emission + 1);
            cost = 1 + random_below(&state, 4) / 3 * random_below(&state, 3);

            level = level > now - last ? level - (now - last) : 0;
            last = now;

            expected = (level + cost * g.emission <= window);

            if (expected) {
                level += cost * g.emission;
            }

            passed = pass(&g, &tat, now, cost, &r);

            n[passed]++;

            if (passed != expected
                || r.remaining != (window - level) / g.emission
                || (!passed && r.wait != (cost > g.burst + 1 ? 0 :
                                    level + cost * g.emission - window)))
            {
                bad++;
            }
        }
    }

    is_int(bad, 0, "the same as a bucket, in %d steps", n[0] + n[1]);
    ok(n[0] > 40000 && n[1] > 40000, "of which many passed, many did not");
}


/* A script with doubles must count the same: nothing may reach 2^53. */
static void
test_size(void)
{
    uint64_t           tat = 0, far = UINT64_C(4102444800) * SECOND;
    mcp_gcra_t         g = { MCP_GCRA_MAX_WINDOW, 0 };
    mcp_gcra_result_t  r;

    ok(pass(&g, &tat, far, 1, &r) && tat < UINT64_C(1) << 53,
       "the largest window in the year 2100");
    ok(!pass(&g, &tat, far, 1, &r) && r.wait == MCP_GCRA_MAX_WINDOW,
       "is kept");
}


int
main(void)
{
    test_rates();
    test_promise();
    test_cost();
    test_clock();
    test_model();
    test_size();

    return done();
}
