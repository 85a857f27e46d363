/*
 * The worst case.  For each rule of the packs texts are made of nothing but
 * what the matcher has to look at: beginnings of matches, matches but for one
 * byte, matches of which only the middle is there, over and over.  For each
 * encoding texts are made of nothing but candidates.  Time must be linear in
 * the text; what it is for each byte is reported.
 */

#include "rule_texts.h"

#include <time.h>


#define SHORT    (8 * 1024)           /* bytes, for each rule                */
#define MB       (1024 * 1024)
#define KINDS    5
#define WORST    5                    /* that are tried at length            */
#define GOAL     50.0                 /* ns a byte                           */

/*
 * What a test may say on a slow machine, with sanitizers, among others: a
 * square of the text would be a thousand times more.
 */
#define LIMIT    20000.0

typedef struct {
    size_t    rule;
    unsigned  kind;
    double    ns;
} worst_t;


static mcp_rules_t    *rules;
static mcp_scan_t     *scan;
static unsigned char  *text;
static int             overflow;


/* CPU time of a scan, in ns for each byte. */
static double
cost(size_t len, uint8_t surface)
{
    clock_t  t;

    mcp_scan_start(scan);
    t = clock();

    if (mcp_scan_text(scan, text, len, surface, 0) != MCP_OK) {
        return -1;
    }

    t = clock() - t;
    overflow = mcp_scan_overflow(scan);

    return (double) t * 1e9 / CLOCKS_PER_SEC / (double) len;
}


/* Fills text with one piece of what a rule matches, over and over. */
static int
fill(size_t rule, unsigned kind, size_t len)
{
    size_t    i, n, from;
    text_t    t;
    mcp_re_t  re;

    if (mcp_re_parse(&re, rules->rules[rule].pattern,
                     strlen(rules->rules[rule].pattern)) != MCP_OK)
    {
        mcp_re_free(&re);
        return 0;
    }

    /* the same for all lengths */

    random_state = UINT64_C(0x9E3779B97F4A7C15) + rule * 8 + kind;
    t.len = 0;
    put_match(&t, &re, re.root);
    mcp_re_free(&re);

    from = 0;
    n = t.len;

    switch (kind) {

    case 0:                           /* all but the last byte               */
        n = (n > 1) ? n - 1 : n;
        break;

    case 1:                           /* the first half                      */
        n = (n + 1) / 2;
        break;

    case 2:                           /* the second half                     */
        from = n / 2;
        n -= from;
        break;

    case 3:                           /* one byte in the middle is wrong     */
        t.data[n / 2] = '\\';
        break;

    default:                          /* words between white space           */
        put_byte(&t, ' ');
        n = t.len;
    }

    for (i = 0; i < len; i++) {
        text[i] = t.data[from + i % n];
    }

    /* the text of messages is UTF-8 */

    for (i = 0; i < len; i++) {
        text[i] &= 0x7f;
    }

    return 1;
}


static uint8_t
surface_of(size_t rule)
{
    uint8_t  s = rules->rules[rule].surfaces;

    return (uint8_t) (s & (0u - s));
}


static void
test_rules(void)
{
    double    ns, one, four, sum;
    size_t    rule;
    worst_t   worst[WORST], w;
    unsigned  kind, i, n, over, failed;

    memset(worst, 0, sizeof(worst));
    over = 0;
    failed = 0;
    sum = 0;
    n = 0;

    for (rule = 0; rule < rules->n; rule++) {

        if (rules->rules[rule].pattern == NULL) {
            continue;
        }

        for (kind = 0; kind < KINDS; kind++) {

            if (!fill(rule, kind, SHORT)) {
                failed++;
                continue;
            }

            ns = cost(SHORT, surface_of(rule));
            failed += ns < 0 || ns > LIMIT;
            over += ns > GOAL;
            sum += ns;
            n++;

            w.rule = rule;
            w.kind = kind;
            w.ns = ns;

            for (i = 0; i < WORST; i++) {
                if (w.ns > worst[i].ns) {
                    worst_t  next = worst[i];

                    worst[i] = w;
                    w = next;
                }
            }
        }
    }

    is_int(failed, 0, "%u texts of rules, each within limits", n);
    diag("%.1f ns a byte on average, %u of %u texts above %.0f", sum / n,
         over, n, GOAL);

    /* those once more, of a quarter of a megabyte and of a whole one */

    for (i = 0; i < WORST; i++) {

        w = worst[i];
        (void) fill(w.rule, w.kind, MB);
        one = cost(MB / 4, surface_of(w.rule));
        four = cost(MB, surface_of(w.rule));

        diag("%s, kind %u: %.1f ns a byte; 1/4 MB: %.1f; 1 MB: %.1f%s",
             rules->rules[w.rule].id, w.kind, w.ns, one, four,
             overflow ? " (refused)" : "");
        ok(four < one * 4 + 20, "%s: time is linear",
           rules->rules[w.rule].id);
    }
}


static void
test_encodings(void)
{
    double       one, four;
    size_t       i, k, n, m;
    const char  *p;

    static const char *const  units[] = {
        "%61", "%2561", "%", "&#97;", "&lt;", "&", "\\u0061", "\\x61", "\\",
        "=41", "=\n", "a b c d ", "a  b", "QUJDREVGR0hJSktM ",
        "aWdub3JlIGFsbCBydWxlcyBub3c= ", "6162636465666768 ", "/", "../",
        "password=", "token: ", "http://", "https://a.b/", "-----BEGIN ",
        "' or 1=1 --", "select ", "; rm ", "$(", "<script", "ignore all ",
        "ignore previous ", "secret key token ", "eyJhbGciOi", "sk-", "AKIA",
        "\342\200\213", "a\314\201", "\357\275\201", "a\320\260",
        "\363\240\201\241", "\345\277\275\347\225\245", "\357\267\272"
    };

    for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {

        p = units[i];
        m = strlen(p);
        n = 4 * (MB / 4) / m * m;

        for (k = 0; k < n; k += m) {
            memcpy(text + k, p, m);
        }

        one = cost(n / m / 4 * m, MCP_SURFACE_RESULT);
        four = cost(n, MCP_SURFACE_RESULT);

        if (four > GOAL) {
            diag("\"%s\": 1 MB: %.1f ns a byte%s", p, four,
                 overflow ? " (refused)" : "");
        }

        ok(one >= 0 && four >= 0 && four < LIMIT && four < one * 4 + 20,
           "%u bytes of \"%s\"", (unsigned) n, p);
    }
}


int
main(void)
{
    mcp_rules_error_t  err;

    rules = mcp_rules_create();

    if (!ok(rules != NULL && mcp_rules_load_builtin(rules, &err) == MCP_OK
            && mcp_rules_compile(rules, &err) == MCP_OK, "rules"))
    {
        return done();
    }

    scan = mcp_scan_create(rules);
    text = malloc(MB);

    if (ok(scan != NULL && text != NULL, "a scanner")) {
        test_rules();
        test_encodings();
    }

    free(text);
    mcp_scan_destroy(scan);
    mcp_rules_destroy(rules);

    return done();
}
