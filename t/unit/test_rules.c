/* LDFLAGS: -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free */

/*
 * The loader of rule packs and the compiler: what a pack may hold, what is
 * refused and how that is told, packs beside each other, short memory.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mcp_scan_int.h"
#include "fail_alloc.h"
#include "tap.h"


/* The beginning of a rule that lacks nothing but a pattern: lines 1 .. 5. */
#define HEAD                                                                  \
    "rules:\n  - id: a\n    category: abuse\n    surfaces: [arguments]\n"     \
    "    action: log\n"

#define PATTERN(p)  HEAD "    pattern: '" p "'\n"
#define GOOD        PATTERN("abcdefgh")


/* Packs that are refused, and what is said. */
static const struct {
    const char  *yaml;
    const char  *error;
} bad[] = {

    /* the pack */
    { "", "p.yaml:1: pack is empty" },
    { "# nothing\n", "p.yaml:2: pack is empty" },
    { "- a\n", "p.yaml:1: a pack must be a mapping with \"rules\"" },
    { "just text\n", "p.yaml:1: a pack must be a mapping with \"rules\"" },
    { "pack: x\n", "p.yaml:2: \"rules\" is missing" },
    { "rules: 3\n", "p.yaml:1: \"rules\" must be a list" },
    { "rules: {a: b}\n", "p.yaml:1: \"rules\" must be a list" },
    { "rules:\n  - x\n", "p.yaml:2: \"rules\" must be a mapping" },
    { "rulez: []\n", "p.yaml:1: unknown key \"rulez\"" },
    { "\"ru\\x1bles\": []\n", "p.yaml:1: unknown key \"ru?les\"" },
    { "[a]: b\n", "p.yaml:1: \"key\" must be a string" },
    { "rules: []\nrules: []\n", "p.yaml:2: \"rules\" is duplicate" },
    { "pack: [a]\n", "p.yaml:1: \"pack\" must be a string" },
    { "pack: ''\n", "p.yaml:1: \"pack\" is empty" },
    { "pack: \"a\\0b\"\n", "p.yaml:1: \"pack\" holds a NUL" },
    { "rules: []\npack: x\n",
      "p.yaml:2: \"pack\" must stand before \"combine\" and \"rules\"" },
    { "version: x\n", "p.yaml:1: \"version\" must be a number from 0 to"
                      " 1000000" },
    { "version: 1000001\n", "p.yaml:1: \"version\" must be a number from 0"
                            " to 1000000" },
    { "version: '1'\n", "p.yaml:1: \"version\" must be a number from 0 to"
                        " 1000000" },
    { "version: -1\n", "p.yaml:1: \"version\" must be a number from 0 to"
                       " 1000000" },
    { "version: 99999999999\n", "p.yaml:1: \"version\" must be a number from"
                                " 0 to 1000000" },
    { "rules: []\n---\nrules: []\n", "p.yaml:2: more than one document" },
    { "rules: [\n", "p.yaml:2: not valid YAML: " },
    { "pack: b: c\n", "p.yaml:1: not valid YAML: " },
    { "rules: []\n# \xff\n", "p.yaml:2: not valid UTF-8 text (byte 12): " },
    { "rules: &x []\n", "p.yaml:1: anchors are not supported" },
    { "pack: *x\n", "p.yaml:1: aliases are not supported" },
    { "pack: !!str x\n", "p.yaml:1: tags are not supported" },

    /* combine */
    { "combine: 3\n", "p.yaml:1: \"combine\" must be a mapping" },
    { "combine: {abuse: 3}\n", "p.yaml:1: \"combine\" must be a mapping" },
    { "combine: {abuses: {flag: 1}}\n",
      "p.yaml:1: unknown category \"abuses\"" },
    { "combine: {abuse: {flags: 1}}\n", "p.yaml:1: unknown key \"flags\"" },
    { "combine: {abuse: {flag: 1, flag: 2}}\n",
      "p.yaml:1: \"flag\" is duplicate" },
    { "combine: {abuse: {flag: 1001}}\n",
      "p.yaml:1: \"flag\" must be a number from 0 to 1000" },
    { "combine:\n  abuse: {flag: 5, block: 3}\n",
      "p.yaml:2: \"combine\": \"block\" is less than \"flag\"" },
    { "pack: q\ncombine:\n  abuse: {flag: 1}\n  abuse: {flag: 1}\n",
      "p.yaml:4: \"combine\" for \"abuse\" is set by pack \"q\" already" },

    /* members of a rule */
    { "rules:\n  - category: abuse\n", "p.yaml:2: rule without \"id\"" },
    { "rules:\n  - id: A\n", "p.yaml:2: bad id: 1 to 64 of a-z 0-9 - _ . are"
                             " allowed" },
    { "rules:\n  - id: ''\n", "p.yaml:2: bad id: 1 to 64 of" },
    { "rules:\n  - id: -a\n", "p.yaml:2: bad id: 1 to 64 of" },
    { "rules:\n  - id: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      "aaaaaaaaaa\n", "p.yaml:2: bad id: 1 to 64 of" },
    { "rules:\n  - id: [a]\n", "p.yaml:2: \"id\" must be a string" },
    { GOOD "  - id: a\n", "p.yaml:7: rule \"a\": duplicate id, first used in"
                          " p.yaml:2" },
    { "rules:\n  - id: a\n    id: b\n",
      "p.yaml:3: rule \"a\": \"id\" is duplicate" },
    { "rules:\n  - id: a\n    colour: b\n",
      "p.yaml:3: rule \"a\": unknown key \"colour\"" },
    { "rules:\n  - id: a\n    surfaces: [result]\n",
      "p.yaml:2: rule \"a\": \"category\" is missing" },
    { "rules:\n  - id: a\n    category: x\n",
      "p.yaml:3: rule \"a\": unknown category \"x\"" },
    { "rules:\n  - id: a\n    category: sql\n",
      "p.yaml:2: rule \"a\": \"surfaces\" is missing" },
    { "rules:\n  - id: a\n    surfaces: result\n",
      "p.yaml:3: rule \"a\": \"surfaces\" must be a list" },
    { "rules:\n  - id: a\n    surfaces: []\n",
      "p.yaml:3: rule \"a\": \"surfaces\" is empty" },
    { "rules:\n  - id: a\n    surfaces: [result, results]\n",
      "p.yaml:3: rule \"a\": unknown surface \"results\"" },
    { "rules:\n  - id: a\n    surfaces: [log, log]\n",
      "p.yaml:3: rule \"a\": \"surfaces\" names the same twice" },
    { "rules:\n  - id: a\n    surfaces: [[log]]\n",
      "p.yaml:3: rule \"a\": \"surface\" must be a string" },
    { "rules:\n  - id: a\n    kinds: [text, files]\n",
      "p.yaml:3: rule \"a\": unknown kind \"files\"" },
    { HEAD, "p.yaml:2: rule \"a\": \"pattern\" is missing" },
    { GOOD "    judge: sql\n",
      "p.yaml:2: rule \"a\": both \"pattern\" and \"judge\"" },
    { HEAD "    judge: jury\n",
      "p.yaml:6: rule \"a\": unknown judge \"jury\"" },
    { "rules:\n  - id: a\n    category: sql\n    surfaces: [log]\n"
      "    pattern: abcdefgh\n",
      "p.yaml:2: rule \"a\": \"action\" is missing" },
    { GOOD "    signal: 2\n",
      "p.yaml:2: rule \"a\": both \"action\" and \"signal\"" },
    { HEAD "    signal: 0\n",
      "p.yaml:6: rule \"a\": \"signal\" must not be 0" },
    { HEAD "    signal: 101\n",
      "p.yaml:6: rule \"a\": \"signal\" must be a number from 0 to 100" },
    { "rules:\n  - id: a\n    action: stop\n",
      "p.yaml:3: rule \"a\": unknown action \"stop\"" },
    { "rules:\n  - id: a\n    severity: dire\n",
      "p.yaml:3: rule \"a\": unknown severity \"dire\"" },
    { HEAD "    judge: sql\n    validate: luhn\n",
      "p.yaml:2: rule \"a\": \"validate\" without \"pattern\"" },
    { HEAD "    judge: sql\n    unless: abc\n",
      "p.yaml:2: rule \"a\": \"unless\" without \"pattern\"" },
    { "rules:\n  - id: a\n    category: sql\n    surfaces: [log]\n"
      "    action: log\n    kinds: [sql]\n    pattern: abcdefgh\n",
      "p.yaml:2: rule \"a\": \"kinds\" without the surface \"arguments\"" },
    { GOOD "    validate: lunh\n",
      "p.yaml:7: rule \"a\": \"validate\": unknown validator \"lunh\"" },
    { GOOD "    validate: luhn entropy\n",
      "p.yaml:7: rule \"a\": \"validate\": needs \">=N\": \"entropy\"" },
    { GOOD "    validate: [luhn]\n",
      "p.yaml:7: rule \"a\": \"validate\" must be a string" },
    { GOOD "    description: ''\n",
      "p.yaml:7: rule \"a\": \"description\" is empty" },
    { GOOD "    tags: x\n", "p.yaml:7: rule \"a\": \"tags\" must be a list" },
    { GOOD "    tags: ['a,b']\n", "p.yaml:7: rule \"a\": bad tag" },
    { GOOD "    tags: ['']\n", "p.yaml:7: rule \"a\": bad tag" },
    { GOOD "    examples: []\n",
      "p.yaml:7: rule \"a\": \"examples\" must be a mapping" },
    { GOOD "    examples: {match: x}\n",
      "p.yaml:7: rule \"a\": \"match\" must be a list" },
    { GOOD "    examples: {matches: [x]}\n",
      "p.yaml:7: rule \"a\": unknown key \"matches\"" },
    { GOOD "    examples:\n      match:\n        - ''\n",
      "p.yaml:9: rule \"a\": example is empty" },
    { GOOD "    examples: {match: [{a: b}]}\n",
      "p.yaml:7: rule \"a\": \"examples\" must be a string" },

    /* patterns: what cannot be read */
    { PATTERN(""), "p.yaml:6: rule \"a\": \"pattern\" is empty" },
    { PATTERN("abcd(efgh"),
      "p.yaml:6: rule \"a\": missing ) (at 9 in the pattern)" },
    { PATTERN("abcd)efgh"),
      "p.yaml:6: rule \"a\": unmatched ) (at 4 in the pattern)" },
    { PATTERN("abcd[efgh"),
      "p.yaml:6: rule \"a\": missing ] (at 9 in the pattern)" },
    { PATTERN("abcd[z-a]"),
      "p.yaml:6: rule \"a\": range out of order (at 8 in the pattern)" },
    { PATTERN("abcd*+?"), "p.yaml:6: rule \"a\": nothing to repeat" },
    { PATTERN("*abcd"),
      "p.yaml:6: rule \"a\": nothing to repeat (at 0 in the pattern)" },
    { PATTERN("abcd{5,2}"), "p.yaml:6: rule \"a\": quantifier out of order" },
    { PATTERN("abcd{65536}"), "p.yaml:6: rule \"a\": quantifier is too large" },
    { PATTERN("(?=abcd)e"), "p.yaml:6: rule \"a\": look-around is not"
                            " supported (at 2 in the pattern)" },
    { PATTERN("(?<!abcd)e"), "p.yaml:6: rule \"a\": look-around is not" },
    { PATTERN("(?<n>abcd)e"), "p.yaml:6: rule \"a\": named groups are not" },
    { PATTERN("(abcd)\\1"), "p.yaml:6: rule \"a\": back-references are not"
                            " supported" },
    { PATTERN("(*ACCEPT)abcd"), "p.yaml:6: rule \"a\": verbs are not"
                                " supported" },
    { PATTERN("[[:alpha:]]bcd"), "p.yaml:6: rule \"a\": POSIX classes are" },
    { PATTERN("abcd\\y"), "p.yaml:6: rule \"a\": unknown escape" },
    { PATTERN("abcd\\"), "p.yaml:6: rule \"a\": \\ at the end" },
    { PATTERN("abcd\\xg1"), "p.yaml:6: rule \"a\": \\x needs two hexadecimal"
                            " digits" },
    { PATTERN("abcd\\xe9"), "p.yaml:6: rule \"a\": \\x80 and above: write"
                            " \\x{...} for a character" },
    { PATTERN("abcd\\x{110000}"), "p.yaml:6: rule \"a\": bad \\x{...}" },
    { PATTERN("abcd\\x{d800}"), "p.yaml:6: rule \"a\": bad \\x{...}" },
    { PATTERN("(((((((((((((((((((((((((((((((((abcd)))))))))))))))))))))))))))"
              "))))))"), "p.yaml:6: rule \"a\": groups are nested too deeply" },

    /* and what would be slow, useless or everywhere */
    { PATTERN("(?:[a-z]+)+-end"), "p.yaml:6: rule \"a\": quantifiers inside"
                                  " each other can match the same text in"
                                  " many ways" },
    { PATTERN("key(?:a*)*b"), "p.yaml:6: rule \"a\": quantifiers inside" },
    { PATTERN("key(?:a|a?b?)+c"), "p.yaml:6: rule \"a\": quantifiers inside" },
    { PATTERN("key(?:[0-9]+-?)+end"),
      "p.yaml:6: rule \"a\": quantifiers inside" },
    { PATTERN("a*"), "p.yaml:6: rule \"a\": pattern can match nothing" },
    { PATTERN("^$"), "p.yaml:6: rule \"a\": pattern can match nothing" },
    { PATTERN("(?:abcd|)"), "p.yaml:6: rule \"a\": pattern can match nothing" },
    { PATTERN("\\b-----BEGIN"), "p.yaml:6: rule \"a\": \\b beside a character"
                                " that is no word character" },
    { PATTERN("abcdef==\\b"), "p.yaml:6: rule \"a\": \\b beside a character" },
    { PATTERN("[a-z]+"), "p.yaml:6: rule \"a\": pattern is too wide: it needs"
                         " a literal, or a class that is rare in text" },
    { PATTERN(".{3,}"), "p.yaml:6: rule \"a\": pattern is too wide" },
    { PATTERN("abcd.{65530}x{10000}"),
      "p.yaml:6: rule \"a\": pattern is too long to be matched" },
    { GOOD "    unless: 'ab('\n",
      "p.yaml:6: rule \"a\": \"unless\": missing )" },
    { GOOD "    unless: '(?:a+)+'\n",
      "p.yaml:6: rule \"a\": \"unless\": quantifiers inside each other" }
};


static mcp_rc_t
load(mcp_rules_t *rs, const char *name, const char *yaml, size_t len,
    mcp_rules_error_t *err)
{
    mcp_pack_source_t  pack;

    pack.name = name;
    pack.data = (const unsigned char *) yaml;
    pack.len = len;

    return mcp_rules_load(rs, &pack, err);
}


static void
test_bad(void)
{
    long                before;
    size_t              i;
    mcp_rules_t        *rs;
    mcp_rules_error_t   err;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {

        before = live;
        rs = mcp_rules_create();

        if (!ok(rs != NULL, "rules")) {
            return;
        }

        memset(&err, 0, sizeof(err));
        ok(load(rs, "p.yaml", bad[i].yaml, strlen(bad[i].yaml), &err)
           == MCP_ERROR, "refused: %s", bad[i].error);

        /* where the reason is another library's, its words are not ours */

        if (strncmp(err.text, bad[i].error, strlen(bad[i].error)) != 0) {
            is_str(err.text, bad[i].error, "and this is said");
        }

        ok(load(rs, "q.yaml", GOOD, sizeof(GOOD) - 1, &err) == MCP_ERROR
           && strcmp(err.text, "q.yaml:1: rules are unusable already") == 0
           && mcp_rules_compile(rs, &err) == MCP_ERROR,
           "nothing can be done with the rules after that");

        mcp_rules_destroy(rs);
        ok(live == before, "nothing is left");
    }
}


/* Text of a pack goes into errors as printable ASCII, cut. */
static void
test_error_text(void)
{
    size_t              i;
    char                yaml[3000];
    mcp_rules_t        *rs;
    mcp_rules_error_t   err;

    rs = mcp_rules_create();

    if (!ok(rs != NULL, "rules")) {
        return;
    }

    memset(yaml, 'k', sizeof(yaml));
    memcpy(yaml, "\"\\x1b[31m\\n\\u202e", 16);
    memcpy(yaml + sizeof(yaml) - 7, "\": []\n", 7);

    ok(load(rs, "p.yaml", yaml, sizeof(yaml) - 1, &err) == MCP_ERROR,
       "a long key with controls");
    ok(strlen(err.text) < 100, "is cut");

    for (i = 0; err.text[i] != '\0'; i++) {
        if (err.text[i] < 0x20 || err.text[i] > 0x7e) {
            break;
        }
    }

    ok(err.text[i] == '\0', "and harmless to print");
    mcp_rules_destroy(rs);
}


static const char  first[] =
    "pack: one\n"
    "version: 3\n"
    "description: The first\n"
    "combine:\n"
    "  abuse: {flag: 3, block: 5}\n"
    "  sql: {block: 4}\n"
    "rules:\n"
    "  - id: a.first\n"
    "    category: secret\n"
    "    severity: critical\n"
    "    surfaces: [arguments, result]\n"
    "    kinds: [command, sql]\n"
    "    action: redact\n"
    "    pattern: 'tok_[a-z]{8}'\n"
    "    unless: 'tok_examples'\n"
    "    validate: distinct>=7 lower>=8\n"
    "    description: A token\n"
    "    tags: [x, y-z]\n"
    "    examples:\n"
    "      match: ['tok_abcdefgh', 'a tok_hgfedcba']\n"
    "      no_match: ['tok_aaaaaaaa', 'tok_examples']\n"
    "  - {id: b, category: abuse, surfaces: [log], signal: 2,\n"
    "     pattern: weight}\n";

static const char  second[] =
    "rules:\n"
    "- id: c\n"
    "  category: path\n"
    "  surfaces: [arguments]\n"
    "  action: block\n"
    "  judge: path-traversal\n"
    "- {action: log, id: d, surfaces: [error], category: sql, pattern: dddd}\n";


static void
test_good(void)
{
    size_t                n;
    unsigned              examples_n;
    mcp_scan_t           *s;
    mcp_rules_t          *rs;
    const mcp_rule_t     *r;
    mcp_rules_error_t     err;
    const mcp_combine_t  *c;

    rs = mcp_rules_create();

    if (!ok(rs != NULL
            && load(rs, "one.yaml", first, sizeof(first) - 1, &err) == MCP_OK
            && load(rs, "two.yaml", second, sizeof(second) - 1, &err)
               == MCP_OK, "two packs"))
    {
        mcp_rules_destroy(rs);
        return;
    }

    is_str(err.text, "", "nothing is said");
    is_int(mcp_rules_count(rs), 4, "four rules");
    ok(mcp_rules_get(rs, 4) == NULL, "no fifth");
    ok(mcp_rules_find(rs, "a.first", 7) == mcp_rules_get(rs, 0), "by its id");
    ok(mcp_rules_find(rs, "a.firs", 6) == NULL
       && mcp_rules_find(rs, "", 0) == NULL, "not by the half of it");

    r = mcp_rules_get(rs, 0);
    is_str(r->pack, "one", "pack");
    is_str(r->file, "one.yaml", "file");
    is_int(r->line, 8, "line");
    is_str(r->pattern, "tok_[a-z]{8}", "pattern");
    is_str(r->description, "A token", "description");
    is_str(r->tags, "x,y-z", "tags");
    is_int(r->category, MCP_CAT_SECRET, "category");
    is_int(r->severity, MCP_SEV_CRITICAL, "severity");
    is_int(r->action, MCP_ACTION_REDACT, "action");
    is_int(r->judge, MCP_JUDGE_NONE, "no judge");
    is_int(r->surfaces, MCP_SURFACE_ARGUMENTS | MCP_SURFACE_RESULT,
           "surfaces");
    is_int(r->kinds, MCP_KIND_COMMAND | MCP_KIND_SQL, "kinds");

    r = mcp_rules_get(rs, 1);
    is_int(r->signal, 2, "the weight of a signal");
    is_int(r->action, MCP_ACTION_NONE, "which has no action");
    is_int(r->severity, MCP_SEV_LOW, "severity of a signal");
    is_int(r->kinds, MCP_KIND_ALL, "all kinds");
    ok(r->tags == NULL && r->description == NULL, "no tags, no description");

    r = mcp_rules_get(rs, 2);
    is_str(r->pack, "two.yaml", "a pack without name is called as its file");
    is_int(r->judge, MCP_JUDGE_PATH_TRAVERSAL, "a judge");
    ok(r->pattern == NULL, "has no pattern");
    is_int(r->severity, MCP_SEV_HIGH, "severity of what blocks");
    is_int(mcp_rules_get(rs, 3)->severity, MCP_SEV_MEDIUM,
           "severity of what logs");

    c = mcp_rules_combine(rs, MCP_CAT_ABUSE);
    ok(c->flag == 3 && c->block == 5, "sums of one category");
    c = mcp_rules_combine(rs, MCP_CAT_SQL);
    ok(c->flag == 0 && c->block == 4, "of another");
    c = mcp_rules_combine(rs, MCP_CAT_PATH);
    ok(c->flag == 0 && c->block == 0, "of none");

    s = mcp_scan_create(rs);
    ok(s == NULL, "no scanner before they are compiled");

    is_int(mcp_rules_compile(rs, &err), MCP_OK, "they compile");
    ok(mcp_rules_database_size(rs) > 0, "to something");
    is_int(mcp_rules_compile(rs, &err), MCP_ERROR, "once");
    is_str(err.text, "rules are compiled already", "as is said");
    is_int(load(rs, "x.yaml", GOOD, sizeof(GOOD) - 1, &err), MCP_ERROR,
           "nothing is loaded later");
    is_str(err.text, "x.yaml:1: rules are compiled already", "as is said");

    /* the examples hold: validators and "unless" are in force */

    is_int(mcp_rules_check(rs, SIZE_MAX, NULL, NULL, &n), 0, "examples hold");
    examples_n = (unsigned) n;
    is_int(examples_n, 4, "all four");
    is_int(mcp_rules_check(rs, 0, NULL, NULL, &n), 0, "of the first rule");
    is_int(n, 4, "all four");
    is_int(mcp_rules_check(rs, 9, NULL, NULL, &n), 0, "of no rule");
    is_int(n, 0, "none");

    mcp_rules_destroy(rs);
    mcp_rules_destroy(NULL);
}


static void
on_wrong(void *data, const mcp_rule_t *rule, const char *what, unsigned number)
{
    char  *p = data;

    (void) sprintf(p + strlen(p), "%s %s %u;", rule->id, what, number);
}


/* Examples that do not hold are told; ids in two packs; sums in two packs. */
static void
test_wrong(void)
{
    char                told[200] = "";
    size_t              n;
    mcp_rules_t        *rs;
    mcp_rules_error_t   err;

    static const char  yaml[] =
        GOOD "    examples:\n      match: [abcdefgh, abcdefg, abcdefghi, x]\n"
             "      no_match: [abc, xabcdefgh]\n";
    static const char  combine[] =
        "combine: {abuse: {flag: 1}}\nrules: []\n";

    rs = mcp_rules_create();

    if (!ok(rs != NULL && load(rs, "p", yaml, sizeof(yaml) - 1, &err) == MCP_OK
            && mcp_rules_compile(rs, &err) == MCP_OK, "wrong examples load"))
    {
        mcp_rules_destroy(rs);
        return;
    }

    is_int(mcp_rules_check(rs, SIZE_MAX, on_wrong, told, &n), 3, "wrong ones");
    is_str(told, "a match 2;a match 4;a no_match 2;", "are told");
    is_int(n, 6, "of six");
    mcp_rules_destroy(rs);

    rs = mcp_rules_create();
    ok(rs != NULL && load(rs, "p.yaml", GOOD, sizeof(GOOD) - 1, &err) == MCP_OK
       && load(rs, "q.yaml", GOOD, sizeof(GOOD) - 1, &err) == MCP_ERROR,
       "one id in two packs");
    is_str(err.text, "q.yaml:2: rule \"a\": duplicate id, first used in"
                     " p.yaml:2", "is told with both places");
    mcp_rules_destroy(rs);

    rs = mcp_rules_create();
    ok(rs != NULL
       && load(rs, "p.yaml", combine, sizeof(combine) - 1, &err) == MCP_OK
       && load(rs, "q.yaml", combine, sizeof(combine) - 1, &err) == MCP_ERROR,
       "sums of one category in two packs");
    is_str(err.text, "q.yaml:1: \"combine\" for \"abuse\" is set by pack"
                     " \"p.yaml\" already", "are told");
    mcp_rules_destroy(rs);
}


static void
test_limits(void)
{
    size_t              i;
    char               *big;
    mcp_buf_t           yaml;
    mcp_rules_t        *rs;
    mcp_rules_error_t   err;

    /* no rule at all is a configuration, too */

    rs = mcp_rules_create();
    ok(rs != NULL && load(rs, "p", "rules: []\n", 10, &err) == MCP_OK
       && mcp_rules_compile(rs, &err) == MCP_OK
       && mcp_rules_database_size(rs) == 0, "a pack of no rules");
    mcp_rules_destroy(rs);

    /* one rule too many */

    memset(&yaml, 0, sizeof(yaml));
    (void) mcp_buf_append_str(&yaml, "rules:\n");

    for (i = 0; i <= MCP_RULES_MAX; i++) {
        (void) mcp_buf_append_str(&yaml, "- {id: r");
        (void) mcp_buf_append_uint(&yaml, i);
        (void) mcp_buf_append_str(&yaml, ", category: sql, surfaces: [log],"
                                         " action: log, judge: sql}\n");
    }

    rs = mcp_rules_create();
    ok(rs != NULL && load(rs, "p.yaml", (char *) yaml.data, yaml.len, &err)
       == MCP_ERROR, "one rule too many");
    is_str(err.text, "p.yaml:4098: rule \"r4096\": too many rules", "is told");
    mcp_rules_destroy(rs);
    mcp_buf_free(&yaml);

    /* one byte too many */

    big = malloc(MCP_RULES_FILE_MAX + 1);

    if (ok(big != NULL, "a large pack")) {
        memset(big, '\n', MCP_RULES_FILE_MAX + 1);
        memcpy(big, "rules: []", 9);

        rs = mcp_rules_create();
        ok(rs != NULL && load(rs, "p", big, MCP_RULES_FILE_MAX, &err)
           == MCP_OK, "as large as may be");
        ok(rs != NULL && load(rs, "p", big, MCP_RULES_FILE_MAX + 1, &err)
           == MCP_ERROR, "a byte more");
        is_str(err.text, "p:1: pack is larger than 4194304 bytes", "is told");
        mcp_rules_destroy(rs);
    }

    free(big);

    /* files */

    rs = mcp_rules_create();
    ok(rs != NULL && mcp_rules_load_file(rs, "/nowhere/p.yaml", &err)
       == MCP_ERROR, "a file that is not there");
    is_str(err.text, "/nowhere/p.yaml: cannot be opened: No such file or"
                     " directory", "is told");
    ok(rs != NULL && load(rs, "p", GOOD, sizeof(GOOD) - 1, &err) == MCP_ERROR,
       "and makes the rules unusable");
    mcp_rules_destroy(rs);

    rs = mcp_rules_create();
    ok(rs != NULL && mcp_rules_load_file(rs, "/", &err) == MCP_ERROR,
       "a directory");
    is_str(err.text, "/: cannot be read: Is a directory", "is told");
    mcp_rules_destroy(rs);
}


/* Memory is short at each place in turn, in the loader and the compiler. */
static void
test_memory(void)
{
    int                 said, freed;
    long                before;
    unsigned            n;
    mcp_rc_t            rc;
    mcp_rules_t        *rs;
    mcp_rules_error_t   err;

    said = 1;
    freed = 1;

    for (n = 1; n < 20000; n++) {

        before = live;
        calls = 0;
        fail_at = n;
        rc = MCP_ERROR;
        (void) strcpy(err.text, "out of memory");

        rs = mcp_rules_create();

        if (rs != NULL) {
            rc = load(rs, "one.yaml", first, sizeof(first) - 1, &err);
        }

        if (rc == MCP_OK) {
            rc = load(rs, "two.yaml", second, sizeof(second) - 1, &err);
        }

        if (rc == MCP_OK) {
            rc = mcp_rules_compile(rs, &err);
        }

        fail_at = 0;
        mcp_rules_destroy(rs);
        freed &= live == before;

        if (rc == MCP_OK && calls < n) {
            break;
        }

        said &= rc == MCP_ERROR && strstr(err.text, "out of memory") != NULL;

        if (!said || !freed) {
            diag("allocation %u: %d, %s", n, (int) rc, err.text);
            break;
        }
    }

    ok(n > 30 && said, "short memory is told, %u places", n - 1);
    ok(freed, "and nothing is left");
}


static void
test_builtin(void)
{
    size_t              i, n;
    mcp_rules_t        *rs;
    mcp_rules_error_t   err;

    rs = mcp_rules_create();

    if (!ok(rs != NULL && mcp_rules_load_builtin(rs, &err) == MCP_OK,
            "the built-in packs"))
    {
        mcp_rules_destroy(rs);
        return;
    }

    n = mcp_rules_count(rs);
    ok(n > 300, "%u rules", (unsigned) n);

    for (i = 0; i < n; i++) {
        if (mcp_rules_find(rs, mcp_rules_get(rs, i)->id,
                           strlen(mcp_rules_get(rs, i)->id))
            != mcp_rules_get(rs, i))
        {
            break;
        }
    }

    is_int(i, n, "each is found by its id");
    mcp_rules_destroy(rs);
}


/* Words, and back. */
static void
test_words(void)
{
    int       all;
    unsigned  i;

    for (i = MCP_ACTION_OFF, all = 1; i <= MCP_ACTION_BLOCK; i++) {
        const char  *w = mcp_action_name((mcp_action_t) i);

        all &= mcp_action_find(w, strlen(w)) == (int) i;
    }

    ok(all, "actions");

    for (i = 0, all = 1; i < MCP_CAT_MAX; i++) {
        const char  *w = mcp_category_name((mcp_category_t) i);

        all &= mcp_category_find(w, strlen(w)) == (int) i;
    }

    ok(all, "categories");

    for (i = 1, all = 1; i < 256; i <<= 1) {
        const char  *w = mcp_surface_name((uint8_t) i);

        all &= mcp_surface_find(w, strlen(w)) == (int) i;
    }

    ok(all, "surfaces");
    is_int(mcp_kind_find("identifier", 10), MCP_KIND_IDENTIFIER, "a kind");
    is_int(mcp_kind_find("identifiers", 11), -1, "no kind");
    is_int(mcp_action_find("block", 4), -1, "half a word");
    is_str(mcp_action_name(MCP_ACTION_NONE), "none", "no action");
    is_str(mcp_severity_name(MCP_SEV_CRITICAL), "critical", "a severity");
}


int
main(void)
{
    long  before = live;

    test_words();
    test_bad();
    test_error_text();
    test_good();
    test_wrong();
    test_limits();
    test_memory();
    test_builtin();

    is_int(live, before, "all memory is given back");

    return done();
}
