/*
 * The matcher finds what PCRE2 finds.
 *
 * The engine looks for a few bytes of each pattern and runs PCRE2 only near
 * them, so a prefilter that is too narrow is a hole that no example shows.
 * Here every pattern of all packs, nasty ones made by hand and random ones
 * are held against PCRE2 over the whole text: on strings made from the tree
 * of the pattern, in surroundings of many kinds and at every alignment, on
 * examples with changes, and on ordinary text.
 */

#include "rule_texts.h"
#include "tap.h"

#include <stdio.h>
#include <time.h>


#define STRINGS      16               /* for each pattern                    */
#define TRIES        400              /* for each string                     */
#define ALIGNMENTS   64
#define PATTERNS     400              /* random ones                         */
#define MIXED        250              /* texts that all rules look at        */


static unsigned  shown;               /* differences that were described     */
static unsigned  costly;              /* texts that are past the budget      */


static const char *const  nasty[] = {

    /* alternatives, one of them empty or the beginning of another */
    "(?:curl|wget|)[ ]-[a-zA-Z]{2,4}exec", "(?:foo|foobar|foobarbaz)-qux",
    "x-(?:alpha|beta|gamma|delta|epsilon|)-y-zed", "(?:a|ab|abc)(?:c|bc|d)zzq",
    "(?:(?:one|two) (?:three|four)|five six) seven (?:eight|nine|ten)",
    "(?:|prefix-)marker[0-9]{3}(?:|-suffix)", "(?:q|qq|qqq){2}xyzzy",
    "(?:\\d{4}|[A-F]{4})-(?:\\d{4}|[A-F]{4})-kzq",
    "(?i)(?:(?:disregard|overlook|skip)|throw (?:out|away)) th(?:is|at|ese)",

    /* optional parts, at the start, in the middle, at the end */
    "(?:https?://)?(?:www\\.)?evil-[a-z]+\\.example", "colou?r[- ]?picker!?",
    "x?y?z?wvu-[0-9]?[0-9]?end", "(?:ab)?(?:cd)?(?:ef)?ghij(?:kl)?(?:mn)?",
    "\"?api_key\"?\\s?[:=]\\s?\"?[a-f0-9]{8}\"?", "-?-?-?begin-?block",

    /* classes */
    "[a-z][0-9][a-z][0-9][a-z][0-9]#", "[^a-z ]{3}magic[^0-9]{3}",
    "[\\x00-\\x1f]{2}ctl!", "[-\\]^]{2}brk]",
    "[\\w.+-]+@zq[\\w-]+\\.[a-z]{2,3}",
    "\\Dnum\\d{2}\\D", "zz\\S\\s\\W\\wzz",

    /* counted repeats */
    "a{3}b{2,4}c{0,3}d{1,}xq", "(?:ab){3,5}-(?:cd){2}-zq", "z{40}q",
    "(?:[0-9a-f]{2}:){5}[0-9a-f]{2}", "k_[A-Za-z0-9]{10,400}_k",
    "[0-9]{3}(?:-[0-9]{2}){1,3}-qx", "(?:x[0-9]{1,3}){2,6}yq",
    "tok(?:[a-z]{2}[0-9]){2,3}(?:==|=)?", "w{1,3}?vq{2,5}+r",

    /* case */
    "(?i)ignore (?:all |any )?(?:previous|prior) (?:instructions|rules)",
    "(?i:Bearer) [a-z0-9]{8}", "pre(?i)MiDdLe(?-i)POST",
    "(?i)\\bsk-live-[a-z]{4}", "(?i)[k-m]els[iu]us",

    /* beyond ASCII */
    "\320\270\320\263\320\275\320\276\321\200\320\270\321\200\321\203\320\271",
    "(?i)\320\261\320\260\320\275\320\272 [\320\260-\321\217]{3}",
    "\345\277\275\347\225\245(?:\346\211\200|\344\271\213)?\346\214\207",
    "caf[e\303\251] ?del? mar", "[\\x{4e00}-\\x{9fff}]{2}key",
    "na\303\257ve.token", "\\x{1f600}+smile", "[^\\x{e9}x]\\x{e9}zq",
    "(?i)stra\303\237e[0-9]", "stop\342\200\246?now!", "a.\303\261.b",

    /* words */
    "\\bcat\\b.\\bdogfish\\b", "\\Bend\\Bpoint\\b", "\\b[A-Z]{2}[0-9]{6}\\b",
    "\\b(?:rm|mv) -rf\\b", "key\\b.{0,3}\\bvalq", "\\bx\\b-\\by\\b-zqj",
    "[a-z]+\\b:\\bqz[a-z]+\\b", "(?:^|\\b)token_q\\b",

    /* the ends of a text and of a line */
    "^start-here", "finish-here$", "^whole text only$", "(?m)^line starts q",
    "(?m)line ends q$", "\\Aabsolute", "absolute\\z", "nearly-end\\Z",
    "(?:^|[\\s\"':])quoted-[a-z]{3}(?:$|[\\s\"',])",
    "(?:^|,)cell_[0-9]{2}(?:,|$)",
    "(?:^|[^a-z])lead[0-9]{2}(?:[^a-z]|$)",
    "(?:[^0-9]|^)[0-9]{4}-zq(?:$|[^0-9])",
    "(?:^|[ ;:\\n])[0-9]{12}\\b", "(?s)^.{0,30}deep-[0-9]",
    "tail-[a-z]+(?:;|$)",

    /* groups: what is remembered is the span */
    "(?:password|pass)[ ]?[=:][ ]?([a-z0-9]{6,20})", "<([a-z]{2,9})>zq</",
    "(?:id (qx[0-9]{3})|no (zz[0-9]{3}))", "(?:user=)?([a-z]+)@internal-zq",
    "q(x*)z-(?:[0-9]+)-w", "(?:header: )((?:[a-z]+,?){2})-zq",

    /* what gives back, and what does not */
    "a*?b+?c??dexq", "[a-z]*+[0-9]++zq", "(?>abc|ab)cdzq", "x.*?y.*?zq!",
    "(?s)open.{0,60}close-q", "\\s*zq\\s*=\\s*[0-9]+", "[a-z0-9]+[0-9]{3}-zq",
    "(?:[a-z]+,)*last-zq", "(?:\\w+\\s+){2}fin-zq",

    /* spaces and breaks */
    "do not tell the user", "a  b  zq", "new[ ]line\\nzq", "tab\\tzq\\r?\\n",
    "one\\s+two\\s*three-q", " lead space q ", "\\x0bvt-zq|\\fff-zq",

    /* short and near the edge of what is rare enough */
    "qzx", "zq[0-9]", "~~[a-z]~~", "\\$\\{[a-z]{2}", "[{]{2}[%#]",
    "<\\|[a-z]+\\|>",
    "\\.\\./\\.\\./", "%2e%2e[/\\\\]", "AKIA[A-Z2-7]{16}", "xox[abp]-[0-9]{2}"
};

#define NASTY  (sizeof(nasty) / sizeof(nasty[0]))


static mcp_rules_t *
rules_of(const char *yaml, size_t len)
{
    mcp_rules_t        *rs;
    mcp_pack_source_t   pack;
    mcp_rules_error_t   err;

    rs = mcp_rules_create();

    if (rs == NULL) {
        return NULL;
    }

    pack.name = "test.yaml";
    pack.data = (const unsigned char *) yaml;
    pack.len = len;

    if (mcp_rules_load(rs, &pack, &err) == MCP_OK
        && mcp_rules_compile(rs, &err) == MCP_OK)
    {
        strip_rules(rs);
        return rs;
    }

    diag("%s", err.text);
    mcp_rules_destroy(rs);

    return NULL;
}


/* Appends a rule to the YAML of a pack. */
static void
add_rule(mcp_buf_t *yaml, unsigned number, const char *pattern)
{
    char         head[160];
    const char  *p;

    (void) snprintf(head, sizeof(head),
                    "%s  - {id: r%u, category: abuse, action: log,\n"
                    "     surfaces: [arguments],\n     pattern: '",
                    yaml->len ? "" : "rules:\n", number);

    (void) mcp_buf_append_str(yaml, head);

    for (p = pattern; *p != '\0'; p++) {

        if (*p == '\'') {
            (void) mcp_buf_append_byte(yaml, '\'');
        }

        (void) mcp_buf_append_byte(yaml, (unsigned char) *p);
    }

    (void) mcp_buf_append_str(yaml, "'}\n");
}


static void
describe(const mcp_rules_t *rs, size_t rule, const text_t *t,
    const spans_t *want, const spans_t *got)
{
    unsigned  i;

    if (shown++ >= 20) {
        return;
    }

    diag("rule %s: %s", rs->rules[rule].id, rs->rules[rule].pattern);
    tap_show("text", t->data, t->len);

    for (i = 0; i < want->n; i++) {
        diag("  expected %u .. %u", (unsigned) want->span[i].from,
             (unsigned) want->span[i].to);
    }

    for (i = 0; i < got->n; i++) {
        diag("  got %u .. %u", (unsigned) got->span[i].from,
             (unsigned) got->span[i].to);
    }
}


/*
 * One text, one rule: 1 when the engine finds what PCRE2 finds; *hits counts
 * the texts in which there is something.
 */
static int
agree(mcp_scan_t *s, const mcp_rules_t *rs, size_t rule, const plain_t *pl,
    const text_t *t, unsigned *hits)
{
    spans_t        want, got;
    mcp_segment_t  seg;

    if (t->len == 0 || !plain_find(pl, t->data, t->len, &want)) {
        return 1;
    }

    memset(&seg, 0, sizeof(seg));
    seg.len = (uint32_t) t->len;
    seg.surfaces = rs->rules[rule].surfaces;

    if (!engine_run(s, &seg, t->data, seg.surfaces)) {
        costly++;                     /* refused: nothing is lost            */
        return 1;
    }

    engine_spans(s, rule, &got);
    *hits += want.n > 0;

    if (same_spans(&want, &got, pl->lead)
        || explained(pl, t->data, t->len, &want, &got))
    {
        return 1;
    }

    describe(rs, rule, t, &want, &got);

    return 0;
}


/*
 * Strings of one pattern in all surroundings.  Returns the number of texts
 * in which the engine was wrong.
 */
static unsigned
try_pattern(mcp_scan_t *s, const mcp_rules_t *rs, size_t rule,
    const plain_t *pl, unsigned *hits)
{
    text_t    t, match;
    spans_t   alone;
    unsigned  i, k, wrong;
    mcp_re_t  re;

    wrong = 0;
    *hits = 0;

    if (mcp_re_parse(&re, rs->rules[rule].pattern,
                     strlen(rs->rules[rule].pattern)) != MCP_OK)
    {
        mcp_re_free(&re);
        return 1;
    }

    for (i = 0; i < STRINGS; i++) {

        /* assertions inside of it may not hold; with luck they do */

        for (k = 0; k < TRIES; k++) {

            match.len = 0;
            put_match(&match, &re, re.root);

            if (plain_find(pl, match.data, match.len, &alone) && alone.n > 0) {
                break;
            }
        }

        /* by itself, between words, inside of a word, among all the rest */

        for (k = 0; k < 2 + AROUND; k++) {

            t.len = 0;

            if (k > 0) {
                put_around(&t, k - 1 < AROUND ? k - 1 : 0, below(90));
                put_gap(&t);
            }

            put(&t, match.data, match.len);

            if (k > 0) {
                put_gap(&t);

                if (k > AROUND) {     /* twice, and a half */
                    put(&t, match.data, match.len);
                    put(&t, match.data, match.len / 2);
                    put_gap(&t);
                    put_match(&t, &re, re.root);
                }

                put_around(&t, k - 1 < AROUND ? k - 1 : 0, below(90));
            }

            wrong += !agree(s, rs, rule, pl, &t, hits);
        }

        /* glued to what stands around it */

        t.len = 0;
        put_around(&t, i % AROUND, 1 + below(40));
        put(&t, match.data, match.len);
        put_around(&t, (i / 2) % AROUND, 1 + below(40));
        wrong += !agree(s, rs, rule, pl, &t, hits);

        if (i > 1) {
            continue;
        }

        for (k = 0; k < ALIGNMENTS; k++) {
            t.len = 0;
            put_around(&t, i ? 1 : 0, ALIGNMENTS);
            t.len = k;

            if (k > 0) {
                t.data[k - 1] = ' ';
            }

            put(&t, match.data, match.len);
            put_gap(&t);
            wrong += !agree(s, rs, rule, pl, &t, hits);
        }
    }

    mcp_re_free(&re);

    return wrong;
}


/* Changes a few places of a text. */
static void
mutate(text_t *t)
{
    size_t    at, n;
    unsigned  i;

    for (i = 1 + below(4); i > 0 && t->len > 1; i--) {

        at = below((unsigned) t->len);

        switch (below(6)) {

        case 0:                       /* a byte less                         */
            memmove(t->data + at, t->data + at + 1, t->len - at - 1);
            t->len--;
            break;

        case 1:                       /* a byte more                         */
            if (t->len < TEXT_MAX) {
                memmove(t->data + at + 1, t->data + at, t->len - at);
                t->data[at] = (unsigned char) (' ' + below(95));
                t->len++;
            }

            break;

        case 2:
            t->data[at] = (unsigned char) (' ' + below(95));
            break;

        case 3:                       /* white space of another kind         */
            for ( /* void */ ; at < t->len; at++) {
                if (t->data[at] == ' ') {
                    t->data[at] = (unsigned char) "\n\t\r\v\f:"[below(6)];
                    break;
                }
            }

            break;

        case 4:                       /* the other case                      */
            if (((t->data[at] | 0x20) >= 'a' && (t->data[at] | 0x20) <= 'z')) {
                t->data[at] ^= 0x20;
            }

            break;

        default:                      /* the end again                       */
            n = t->len - at;
            put(t, t->data + at, n);
        }
    }
}


/* A text of examples of rules, with changes, in between other text. */
static void
put_mixed(text_t *t, const mcp_rules_t *rs)
{
    text_t                 part;
    unsigned               i;
    const mcp_rule_int_t  *ri;

    for (i = 1 + below(5); i > 0; i--) {

        put_around(t, below(8) ? 0 : below(AROUND), below(120));
        part.len = 0;
        ri = &rs->ints[below((unsigned) rs->n)];

        if (ri->examples_n > 0) {
            const mcp_str_t  *e;

            e = &ri->examples[below((unsigned) ri->examples_n)].text;
            put(&part, e->data, e->len < 600 ? e->len : 600);
        }

        if (below(3) != 0) {
            mutate(&part);
        }

        put(t, part.data, part.len);
        put_byte(t, " \n:"[below(3)]);
    }
}



/*
 * The whole scan, views and judges included, must not lose what the matcher
 * found.
 */
static unsigned
lost_in_scan(mcp_scan_t *s, const mcp_rules_t *rs, const text_t *t,
    uint8_t surface)
{
    size_t                i, n, k, found;
    unsigned              lost;
    mcp_segment_t         seg;
    mcp_finding_t        *before;
    const mcp_finding_t  *f;

    memset(&seg, 0, sizeof(seg));
    seg.len = (uint32_t) t->len;
    seg.surfaces = surface;

    if (!engine_run(s, &seg, t->data, surface)) {
        return 1;
    }

    n = mcp_scan_findings(s, &f);
    before = malloc((n + 1) * sizeof(mcp_finding_t));

    if (before == NULL) {
        return 1;
    }

    memcpy(before, f, n * sizeof(mcp_finding_t));
    lost = 0;
    mcp_scan_start(s);

    if (mcp_scan_text(s, t->data, t->len, surface, 0) != MCP_OK
        || mcp_scan_overflow(s))
    {
        free(before);
        return 1;
    }

    found = mcp_scan_findings(s, &f);

    for (i = 0; i < n; i++) {

        for (k = 0; k < found; k++) {
            if (f[k].rule == before[i].rule && f[k].layer == 0
                && f[k].from <= before[i].from && f[k].to >= before[i].to)
            {
                break;
            }
        }

        if (k == found) {
            diag("rule %s is lost", rs->rules[before[i].rule].id);
            lost++;
        }
    }

    free(before);

    return lost;
}


/* All patterns of the packs that are built in. */
static void
test_packs(void)
{
    size_t              i;
    text_t              t;
    plain_t            *pl;
    spans_t             want, got;
    clock_t             began;
    unsigned            k, wrong, hits, texts, found, lost, all;
    mcp_scan_t         *s;
    mcp_rules_t        *rs;
    mcp_segment_t       seg;
    mcp_rules_error_t   err;

    static const uint8_t  surfaces[] = {
        MCP_SURFACE_ARGUMENTS, MCP_SURFACE_RESULT, MCP_SURFACE_DESCRIPTION
    };

    rs = mcp_rules_create();

    if (!ok(rs != NULL && mcp_rules_load_builtin(rs, &err) == MCP_OK
            && mcp_rules_compile(rs, &err) == MCP_OK, "the built-in packs"))
    {
        mcp_rules_destroy(rs);
        return;
    }

    strip_rules(rs);
    s = mcp_scan_create(rs);
    pl = calloc(rs->n, sizeof(plain_t));

    if (!ok(s != NULL && pl != NULL, "a scanner")) {
        return;
    }

    began = clock();
    costly = 0;

    for (i = 0; i < rs->n; i++) {

        if (rs->rules[i].pattern == NULL) {
            continue;
        }

        if (!ok(plain_compile(&pl[i], rs->rules[i].pattern),
                "%s: PCRE2 reads the pattern", rs->rules[i].id))
        {
            continue;
        }

        wrong = try_pattern(s, rs, i, &pl[i], &hits);
        ok(wrong == 0 && hits >= STRINGS,
           "%s: found wherever it is (%u texts)", rs->rules[i].id, hits);
    }

    diag("one by one: %.1f s",
         (double) (clock() - began) / CLOCKS_PER_SEC);
    began = clock();

    texts = 0;
    found = 0;
    lost = 0;
    all = 0;

    for (k = 0; k < MIXED; k++) {

        t.len = 0;

        if (k % 4 == 0) {
            put_around(&t, 0, 700);

        } else {
            put_mixed(&t, rs);
        }

        memset(&seg, 0, sizeof(seg));
        seg.len = (uint32_t) t.len;
        seg.surfaces = surfaces[k % 3];

        if (!engine_run(s, &seg, t.data, seg.surfaces)) {
            diag("text %u costs too much", k);
            all++;
            continue;
        }

        for (i = 0; i < rs->n; i++) {

            if (pl[i].code == NULL
                || !(rs->rules[i].surfaces & seg.surfaces)
                || !plain_find(&pl[i], t.data, t.len, &want))
            {
                continue;
            }

            engine_spans(s, i, &got);
            found += want.n;

            if (!same_spans(&want, &got, pl[i].lead)
                && !explained(&pl[i], t.data, t.len, &want, &got))
            {
                describe(rs, i, &t, &want, &got);
                all++;
            }
        }

        texts++;
        lost += lost_in_scan(s, rs, &t, seg.surfaces);
    }

    is_int(all, 0, "all rules over %u mixed texts: %u findings", texts, found);
    ok(found > MIXED / 2, "there was something to find");
    is_int(lost, 0, "views and judges lose no finding");
    is_int(costly, 0, "no text of one match is past the budget");
    diag("all at once: %.1f s", (double) (clock() - began) / CLOCKS_PER_SEC);

    for (i = 0; i < rs->n; i++) {
        plain_free(&pl[i]);
    }

    free(pl);
    mcp_scan_destroy(s);
    mcp_rules_destroy(rs);
}


/* Patterns made by hand, all in one database and each in its own. */
static void
test_nasty(void)
{
    size_t        i;
    plain_t       pl;
    unsigned      wrong, hits, more;
    mcp_buf_t     yaml;
    mcp_scan_t   *s, *one;
    mcp_rules_t  *rs, *alone;

    memset(&yaml, 0, sizeof(yaml));

    for (i = 0; i < NASTY; i++) {
        add_rule(&yaml, (unsigned) i, nasty[i]);
    }

    rs = rules_of((const char *) yaml.data, yaml.len);
    s = (rs != NULL) ? mcp_scan_create(rs) : NULL;

    if (!ok(s != NULL, "patterns made by hand")) {
        mcp_buf_free(&yaml);
        return;
    }

    for (i = 0; i < NASTY; i++) {

        if (!ok(plain_compile(&pl, nasty[i]), "PCRE2 reads %s", nasty[i])) {
            plain_free(&pl);
            continue;
        }

        wrong = try_pattern(s, rs, i, &pl, &hits);

        yaml.len = 0;
        add_rule(&yaml, 0, nasty[i]);
        alone = rules_of((const char *) yaml.data, yaml.len);
        one = (alone != NULL) ? mcp_scan_create(alone) : NULL;

        if (one != NULL) {
            wrong += try_pattern(one, alone, 0, &pl, &more);

        } else {
            wrong++;
        }

        ok(wrong == 0 && hits > 0, "%s (%u texts)", nasty[i], hits);

        mcp_scan_destroy(one);
        mcp_rules_destroy(alone);
        plain_free(&pl);
    }

    mcp_scan_destroy(s);
    mcp_rules_destroy(rs);
    mcp_buf_free(&yaml);
}


/* A random pattern of some elements, groups inside each other. */
static void
put_pattern(text_t *t, unsigned depth)
{
    unsigned     n, kind;
    const char  *p;

    static const char *const  atoms[] = {
        "zq", "key", "-", "ab", "tok", "x", "Pass", "[a-z]", "[0-9]", "\\w",
        "\\s", "[^a-z]", ".", "[A-F0-9]", "_", "=", " ", "\\bq", "e\\b",
        "\303\251", "[\\x{430}-\\x{44f}]", "\\d", "k", "QZ", "j"
    };

    static const char *const  counts[] = {
        "?", "*", "+", "{2}", "{1,3}", "{0,2}", "{3,}", "??", "*?", "{4,20}"
    };

    for (n = 1 + below(5); n > 0; n--) {

        kind = below(depth > 2 ? 6 : 10);

        if (kind < 6) {
            p = atoms[below(sizeof(atoms) / sizeof(atoms[0]))];
            put(t, p, strlen(p));

        } else {
            put(t, kind == 9 ? "(" : kind == 8 ? "(?i:" : "(?:",
                kind == 9 ? 1 : kind == 8 ? 4 : 3);
            put_pattern(t, depth + 1);

            for (kind = below(3); kind > 0; kind--) {
                put_byte(t, '|');

                if (below(5) != 0) {
                    put_pattern(t, depth + 1);
                }
            }

            put_byte(t, ')');
        }

        if (below(3) == 0 && t->data[t->len - 1] != 'b') {
            p = counts[below(sizeof(counts) / sizeof(counts[0]))];
            put(t, p, strlen(p));
        }
    }
}


/* Random patterns: what the loader takes, the matcher must do right. */
static void
test_random(void)
{
    text_t              p;
    plain_t             pl;
    unsigned            i, taken, wrong, bad, hits, sum;
    mcp_buf_t           yaml;
    mcp_scan_t         *s;
    mcp_rules_t        *rs;
    mcp_pack_source_t   pack;
    mcp_rules_error_t   err;

    memset(&yaml, 0, sizeof(yaml));
    taken = 0;
    wrong = 0;
    sum = 0;

    for (i = 0; i < PATTERNS; i++) {

        p.len = 0;
        put_pattern(&p, 0);
        p.data[p.len < TEXT_MAX ? p.len : TEXT_MAX - 1] = '\0';

        yaml.len = 0;
        add_rule(&yaml, i, (const char *) p.data);

        pack.name = "random.yaml";
        pack.data = yaml.data;
        pack.len = yaml.len;

        rs = mcp_rules_create();

        if (rs == NULL || mcp_rules_load(rs, &pack, &err) != MCP_OK
            || mcp_rules_compile(rs, &err) != MCP_OK
            || !plain_compile(&pl, (const char *) p.data))
        {
            mcp_rules_destroy(rs);
            continue;
        }

        s = mcp_scan_create(rs);

        if (s != NULL) {
            taken++;
            bad = try_pattern(s, rs, 0, &pl, &hits);
            sum += hits;
            wrong += bad != 0;
        }

        mcp_scan_destroy(s);
        mcp_rules_destroy(rs);
        plain_free(&pl);
    }

    is_int(wrong, 0, "random patterns: %u, found in %u texts", taken, sum);
    ok(taken > PATTERNS / 10, "the loader takes some of them");
    mcp_buf_free(&yaml);
}


int
main(void)
{
    test_nasty();
    test_random();
    test_packs();

    return done();
}
