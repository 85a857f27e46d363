/* LDFLAGS: -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free */
/*
 * Texts that are known: what makes two of them the same, what is forgotten,
 * and that a scanner that remembers says what one says that does not.
 */

#include "fail_alloc.h"
#include "mcp_inspect.h"
#include "mcp_known.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>


#define TEXT  300


static const char  pack[] =
    "pack: test\n"
    "version: 1\n"
    "rules:\n"
    "  - id: test-word\n"
    "    category: injection\n"
    "    surfaces: [arguments, result]\n"
    "    action: block\n"
    "    pattern: '\\bxyzzy plugh\\b'\n"
    "  - id: test-pair\n"
    "    category: secret\n"
    "    surfaces: [result]\n"
    "    action: redact\n"
    "    pattern: '\\bplover:([a-z]{300})'\n"
    "  - id: test-description\n"
    "    category: poisoning\n"
    "    surfaces: [description]\n"
    "    action: block\n"
    "    pattern: '\\bfee fie foe\\b'\n";


static mcp_known_print_t
print_of(mcp_known_t *k, const mcp_known_context_t *context, const char *text,
    size_t len)
{
    mcp_known_print_t  print;

    memset(&print, 0, sizeof(print));
    ok(mcp_known_print(k, context, (const unsigned char *) text, len, &print)
       == MCP_OK, "a text has a fingerprint");

    return print;
}


static int
same(const mcp_known_print_t *a, const mcp_known_print_t *b)
{
    return a->word[0] == b->word[0] && a->word[1] == b->word[1];
}


static void
test_prints(void)
{
    char                  text[TEXT];
    size_t                i, differ;
    mcp_known_t          *k, *other;
    mcp_known_print_t     a, b;
    mcp_known_context_t   c, d;

    k = mcp_known_create();
    other = mcp_known_create();
    ok(k != NULL && other != NULL, "tables");

    memset(text, 'x', sizeof(text));
    memset(&c, 0, sizeof(c));
    c.surfaces = 2;
    c.kinds = 1;

    a = print_of(k, &c, text, TEXT);
    b = print_of(k, &c, text, TEXT);
    ok(same(&a, &b), "the same text has the same fingerprint");

    b = print_of(other, &c, text, TEXT);
    ok(!same(&a, &b), "but not under the key of another process");

    for (i = 0, differ = 0; i < TEXT; i++) {
        text[i] ^= 1;
        (void) mcp_known_print(k, &c, (unsigned char *) text, TEXT, &b);
        differ += !same(&a, &b);
        text[i] ^= 1;
    }

    ok(differ == TEXT, "each byte counts");

    b = print_of(k, &c, text, TEXT - 1);
    ok(!same(&a, &b), "the length counts");

    d = c;
    d.surfaces = 3;
    b = print_of(k, &d, text, TEXT);
    ok(!same(&a, &b), "surfaces count");

    d = c;
    d.kinds = 2;
    b = print_of(k, &d, text, TEXT);
    ok(!same(&a, &b), "kinds count");

    d = c;
    d.block = 1;
    b = print_of(k, &d, text, TEXT);
    ok(!same(&a, &b), "it counts whether the text may go on");

    d = c;
    d.name = (const unsigned char *) "";
    b = print_of(k, &d, text, TEXT);
    ok(!same(&a, &b), "no name and an empty one differ");

    d.name = (const unsigned char *) "xx";
    d.name_len = 2;
    a = print_of(k, &d, text, TEXT - 2);
    d.name_len = 1;
    b = print_of(k, &d, text, TEXT - 1);
    ok(!same(&a, &b), "it counts where the name ends");

    mcp_known_destroy(k);
    mcp_known_destroy(other);
}


static void
test_table(void)
{
    size_t                i, kept;
    unsigned              mark, wrong;
    mcp_known_t          *k;
    mcp_known_print_t     p;

    k = mcp_known_create();

    /* one set: the low bits of the first word are the same */

    for (i = 1; i <= 4; i++) {
        p.word[0] = i << 32;
        p.word[1] = i << 8;
        ok(!mcp_known_find(k, &p, &mark), "%u is not known yet",
           (unsigned) i);
        mcp_known_add(k, &p, (unsigned) i);
    }

    p.word[0] = UINT64_C(1) << 32;
    p.word[1] = 1 << 8;
    ok(mcp_known_find(k, &p, &mark) && mark == 1, "known, with its mark");

    p.word[1] = 2 << 8;
    ok(!mcp_known_find(k, &p, &mark), "half a fingerprint is none");

    p.word[0] = UINT64_C(5) << 32;
    p.word[1] = 5 << 8;
    mcp_known_add(k, &p, 5);

    for (i = 1, kept = 0; i <= 5; i++) {
        p.word[0] = (uint64_t) i << 32;
        p.word[1] = i << 8;
        kept |= (size_t) mcp_known_find(k, &p, &mark) << i;
    }

    ok(kept == (1u << 1 | 1u << 3 | 1u << 4 | 1u << 5),
       "what was not asked for the longest is forgotten");

    p.word[0] = UINT64_C(3) << 32;
    p.word[1] = 3 << 8;
    mcp_known_add(k, &p, 7);
    ok(mcp_known_find(k, &p, &mark) && mark == 7, "the mark is the last");

    for (i = 0, wrong = 0; i < 100000; i++) {
        p.word[0] = i * UINT64_C(0x9E3779B97F4A7C15) + 1;
        p.word[1] = i << 8;
        wrong += (unsigned) mcp_known_find(k, &p, &mark);
        mcp_known_add(k, &p, (unsigned) i & 0xff);
        wrong += !mcp_known_find(k, &p, &mark) || mark != (i & 0xff);
    }

    ok(wrong == 0, "many more than there is room for");

    mcp_known_destroy(k);
    mcp_known_destroy(NULL);
}


static mcp_rules_t      *rules;
static mcp_scan_t       *plain, *remembers;
static mcp_inspector_t  *inspector;
static mcp_policy_t      policy;
static mcp_exchange_t    exchange;


static mcp_verdict_action_t
judge(mcp_scan_t *scan, const char *message)
{
    mcp_verdict_t  v;

    mcp_inspector_start(inspector, &policy, scan, MCP_SERVER, &exchange);
    (void) mcp_inspector_feed(inspector, (const unsigned char *) message,
                              strlen(message));

    if (mcp_inspector_finish(inspector, &v) == MCP_OK) {
        mcp_inspector_judge(inspector, MCP_ERA_LEGACY, 0, &v);
    }

    return v.action;
}


/* A result with a text of 600 bytes in which what stands at an offset. */
static const char *
result(const char *form, const char *what, size_t at)
{
    char         text[601];
    static char  message[1024];

    memset(text, '-', 600);
    text[600] = '\0';
    memcpy(text + at, what, strlen(what));
    snprintf(message, sizeof(message), form, text);

    return message;
}


#define CONTENT  "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[" \
                 "{\"type\":\"text\",\"text\":\"%s\"}]}}"
#define TOOL     "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[" \
                 "{\"name\":\"a\",\"description\":\"%s\"}]}}"


static void
test_scanner(void)
{
    char                   pair[400];
    size_t                 at, i;
    unsigned               wrong;
    const char            *m;
    mcp_verdict_action_t   want;

    for (at = 0, wrong = 0; at <= 580; at++) {
        for (i = 0; i < 3; i++) {

            m = result(CONTENT, (at & 1) ? "xyzzy plugh" : "xyzzy plugs", at);
            want = judge(plain, m);

            wrong += want != ((at & 1) ? MCP_V_BLOCK : MCP_V_ALLOW);
            wrong += judge(remembers, m) != want;
        }
    }

    ok(wrong == 0, "clean or not, the second time it is the same");

    m = result(CONTENT, "fee fie foe", 100);
    ok(judge(remembers, m) == MCP_V_ALLOW
       && judge(remembers, m) == MCP_V_ALLOW, "clean in a result");
    m = result(TOOL, "fee fie foe", 100);
    exchange.method = MCP_M_TOOLS_LIST;
    ok(judge(plain, m) == MCP_V_REDACT && judge(remembers, m) == MCP_V_REDACT,
       "is not clean in a description");
    exchange.method = MCP_M_TOOLS_CALL;

    memset(pair, 'q', 300);
    pair[300] = '\0';

    for (i = 0, wrong = 0; i < 3; i++) {
        m = result("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[],"
                   "\"structuredContent\":{\"clover\":\"%.300s\"}}}", pair, 0);
        wrong += judge(remembers, m) != MCP_V_ALLOW;

        m = result("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[],"
                   "\"structuredContent\":{\"plover\":\"%.300s\"}}}", pair, 0);
        wrong += judge(remembers, m) != MCP_V_REDACT;
    }

    ok(wrong == 0, "the name before a text counts");

    for (i = 0, wrong = 0; i < 6; i++) {
        wrong += judge(remembers, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":"
                       "{\"content\":[{\"type\":\"text\",\"text\":\"xyzzy "
                       "plugh\"}]}}") != MCP_V_BLOCK;
        wrong += judge(remembers, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":"
                       "{\"content\":[{\"type\":\"text\",\"text\":\"xyzzy\"},"
                       "{\"type\":\"text\",\"text\":\" plugs\"}]}}")
                 != MCP_V_ALLOW;
        wrong += judge(remembers, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":"
                       "{\"content\":[{\"type\":\"text\",\"text\":\"xyzzy\"},"
                       "{\"type\":\"text\",\"text\":\" plugh\"}]}}")
                 != MCP_V_BLOCK;
        wrong += judge(remembers, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":"
                       "{\"tools\":[{\"name\":\"a\",\"description\":\"fee fie "
                       "fob\"}]}}") != MCP_V_ALLOW;
        wrong += judge(remembers, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":"
                       "{\"tools\":[{\"name\":\"a\",\"description\":\"fee fie "
                       "foe\"}]}}") != MCP_V_REDACT;
    }

    ok(wrong == 0, "small strings, alone and in pieces");
}


static void
test_memory(void)
{
    unsigned      n;
    mcp_known_t  *k;

    for (n = 1; n < 3; n++) {
        fail_at = calls + n;
        k = mcp_known_create();
        fail_at = 0;

        ok(n > 1 || k == NULL, "no memory at call %u", n);
        mcp_known_destroy(k);
    }

    fail_at = calls + 1;
    mcp_scan_remember(plain);
    fail_at = 0;
    ok(judge(plain, result(CONTENT, "xyzzy plugh", 3)) == MCP_V_BLOCK
       && judge(plain, result(CONTENT, "xyzzy plugs", 3)) == MCP_V_ALLOW,
       "a scanner without memory scans");
}


int
main(void)
{
    mcp_pack_source_t   source;
    mcp_rules_error_t   err;

    test_prints();
    test_table();

    source.name = "test.yaml";
    source.data = (const unsigned char *) pack;
    source.len = sizeof(pack) - 1;

    rules = mcp_rules_create();

    if (mcp_rules_load(rules, &source, &err) != MCP_OK
        || mcp_rules_compile(rules, &err) != MCP_OK)
    {
        ok(0, "pack: %s", err.text);
        return done();
    }

    plain = mcp_scan_create(rules);
    remembers = mcp_scan_create(rules);
    inspector = mcp_inspector_create();
    mcp_scan_remember(remembers);

    mcp_policy_init(&policy);
    policy.rules = rules;
    exchange.method = MCP_M_TOOLS_CALL;
    exchange.era = MCP_ERA_LEGACY;

    test_scanner();
    test_memory();

    mcp_inspector_destroy(inspector);
    mcp_scan_destroy(plain);
    mcp_scan_destroy(remembers);
    mcp_rules_destroy(rules);

    return done();
}
