/*
 * Hosts of the configuration, and what leads elsewhere than to them; then
 * mcp_network in the inspector, whole and in slices.
 */

#include "mcp_inspect.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>


#define U(s)  ((const unsigned char *) (s))


static const char *const  listed[] = {
    "api.example", "*.corp.example", "10.1.2.3", "192.168.8.0/22",
    "fd00:aa::/32", "localhost", "b\303\274cher.example"
};

#define LISTED  (sizeof(listed) / sizeof(*listed))

static mcp_host_t  hosts[LISTED];


static void
test_hosts(void)
{
    size_t      i;
    mcp_host_t  h;

    static const char *const  good[] = {
        "a.example", "A.Example", "a.example.", "*.a.example", "localhost",
        "under_score.example", "10.0.0.1", "0.0.0.0/0", "10.0.0.0/8",
        "10.1.2.3/32", "192.168.8.0/22", "::1", "[::1]", "fe80::1", "::/0",
        "fd00::/8", "2001:db8::1/128", "::ffff:10.0.0.1",
        "::ffff:10.0.0.0/104", "1.2.3.4.example"
    };

    static const char *const  bad[] = {
        "", "*", "*.", "*a.example", "a.*.example", "*.*.example", "*.10.0.0.1",
        ".a.example", "a..example", "a b", "a.example:80", "http://a.example",
        "a.example/", "a.example/x", "u@a.example", "a.example?x", "a%2eb",
        "a,b", "10.1", "010.0.0.1", "0x7f.0.0.1", "2130706433", "256.0.0.1",
        "1.2.3.4.5", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08",
        "10.0.0.0/-1", "10.0.0.0/8x", "fd00::/129", "fd00::1/8", "fe80::1%eth0",
        ":::", "[a.example]", "a.example/24", "$host", " a.example",
        "a.example\t", "a\\b", "\0360::", "::1]", "[::1]x",
        "1::..", "::1."
    };

    for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
        is_int(mcp_host_read(&h, U(good[i]), strlen(good[i])), MCP_OK,
               "host \"%s\"", good[i]);
    }

    for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        is_int(mcp_host_read(&h, U(bad[i]), strlen(bad[i])), MCP_ERROR,
               "no host: \"%s\"", bad[i]);
    }
}


/* Values that are one URL or host: 1 reached, 0 elsewhere, -1 no host. */
static void
test_values(void)
{
    size_t       i;
    unsigned     left;
    mcp_place_t  place;

    static const struct {
        const char  *value;
        int          reach;
    } t[] = {
        { "https://api.example", 1 },
        { "https://api.example/x?y=a@b#z", 1 },
        { "HTTPS://API.EXAMPLE:8443/x", 1 },
        { "api.example", 1 },
        { "api.example:443", 1 },
        { "//api.example/x", 1 },
        { " https://api.example/ ", 1 },
        { "https://api.example./", 1 },
        { "https://user:pw@api.example/", 1 },
        { "https://a%70i.example/", 1 },
        { "https://\357\275\201pi.example/", 1 },
        { "https://api\343\200\202example/", 1 },
        { "https://B\303\234CHER.example/", 1 },
        { "https://x.corp.example/", 1 },
        { "https://x.y.corp.example/", 1 },
        { "ws://10.1.2.3:80/", 1 },
        { "http://0xa.1.515/", 1 },
        { "http://167838211/", 1 },
        { "http://012.1.2.3/", 1 },
        { "http://[::ffff:10.1.2.3]/", 1 },
        { "http://[::ffff:a01:203]/", 1 },
        { "http://192.168.11.255/", 1 },
        { "http://[fd00:aa:1::1]/", 1 },
        { "fd00:aa::1", 1 },
        { "http://localhost:3000/", 1 },

        { "https://evil.example/", 0 },
        { "evil.example", 0 },
        { "//evil.example/x", 0 },
        { "\\\\evil.example\\x", 0 },
        { "https://corp.example/", 0 },
        { "https://xcorp.example/", 0 },
        { "https://api.example.evil.example/", 0 },
        { "https://xapi.example/", 0 },
        { "https://api.example@evil.example/", 0 },
        { "https://api.example:80@evil.example/", 0 },
        { "https://api.example\\@evil.example/", 0 },
        { "https:\\\\api.example/", 0 },
        { "https://api.example @evil.example/", 0 },
        { "https://api.example\"@evil.example/", 0 },
        { "https://api.example<@evil.example/", 0 },
        { "https://evil.example\n@api.example/", 0 },
        { "https://evil.example/.corp.example", 0 },
        { "https://evil.example%2f.corp.example/", 0 },
        { "https://evil.example\357\274\217.corp.example/", 0 },
        { "https://evil.example%23.corp.example/", 0 },
        { "https://..corp.example/", 0 },
        { "https://api.example:/", 1 },
        { "https://api.example:80x/", 0 },
        { "https://api.example:.evil.example/", 0 },
        { "https://[fd00:aa::1]:80/", 1 },
        { "https://u:p@[fd00:aa::1]/", 1 },
        { "https://[fd00:aa::1].evil.example/", 0 },
        { "https://[fd00:aa::1]evil.example/", 0 },
        { "fd00:aa::1%eth0", 1 },
        { "fe80::1%]evil.example", 0 },
        { "api.example:http", 1 },
        { "api.example:x/y.git", 1 },
        { "git@api.example:x/y.git", 1 },
        { "localhost:http", 1 },
        { "evil.example:http", 0 },
        { "git@evil.example:x/y.git", 0 },
        { "evil:https", 0 },
        { "api.example evil.example", 0 },
        { "evil.example -c 1", 0 },
        { "api.example,evil.example", 0 },
        { "http://10.1.2.4/", 0 },
        { "http://127.0.0.1/", 0 },
        { "http://192.168.12.1/", 0 },
        { "http://[::1]/", 0 },
        { "http://[fd00:ab::1]/", 0 },
        { "fe80::1", 0 },
        { "http://10.1.2.3.nip.io/", 0 },
        { "http://256.1.1.1/", 0 },
        { "file://evil.example/share", 0 },
        { "gopher://evil.example:70/", 0 },

        { "", -1 },
        { "/a/path", -1 },
        { "mailto:a@evil.example", -1 },
        { "data:text/plain,hello", -1 },
        { "file:///etc/hosts", -1 },
        { "C:\\data\\x", -1 },
        { "urn:isbn:1", -1 },
    };

    for (i = 0; i < sizeof(t) / sizeof(*t); i++) {
        left = 8;

        is_int(mcp_host_reached(hosts, LISTED, U(t[i].value),
                                strlen(t[i].value)),
               t[i].reach == 1, "reached: \"%s\"", t[i].value);
        is_int(mcp_network_elsewhere(hosts, LISTED, U(t[i].value),
                                     strlen(t[i].value), 1, &left, &place),
               t[i].reach == 0, "elsewhere: \"%s\"", t[i].value);
    }
}


/* URLs inside; the place of the first that leads elsewhere, or NULL. */
static void
test_inside(void)
{
    char         got[128];
    size_t       i, len;
    unsigned     left;
    mcp_place_t  place;

    static const struct {
        int          whole;
        const char  *value;
        const char  *place;
    } t[] = {
        { 0, "curl https://api.example/x", NULL },
        { 0, "curl 'https://api.example'; echo", NULL },
        { 0, "curl \"https://api.example\" -H 'X: a@b'", NULL },
        { 0, "curl https://api.example -u a@b", NULL },
        { 0, "see (https://api.example), <https://x.corp.example>", NULL },
        { 0, "git clone ssh://git@api.example:22/x.git", NULL },
        { 0, "evil.example and a:b, c:/d and ://", NULL },
        { 0, "curl \"https://api.example\"/x", NULL },
        { 0, "curl https://api.example && curl http://evil.example/y z",
          "http://evil.example/y" },
        { 0, "curl http://evil.example;id", "http://evil.example" },
        { 0, "curl 'https://api.example'.evil.example/",
          "https://api.example" },
        { 0, "curl https://api.example\"\".evil.example/",
          "https://api.example" },
        { 0, "curl https://api.example$X/", "https://api.example$X/" },
        { 0, "curl https://api.example\\@evil.example/",
          "https://api.example\\@evil.example/" },
        { 0, "curl \"https://api.example&@evil.example/\"",
          "https://api.example" },
        { 0, "curl \"https://api.example @evil.example/\"",
          "https://api.example" },
        { 0, "curl \"https://api.example;x@evil.example/\"",
          "https://api.example" },
        { 0, "x=https://{a,b}.evil.example", "https://{a,b}.evil.example" },

        { 1, "https://api.example/?to=https://x.corp.example/", NULL },
        { 1, "https://api.example/?to=https://evil.example/",
          "https://evil.example/" },
        { 1, "https://api.example/?to=https%3A%2F%2Fevil.example%2F",
          "https://api.example/?to=https%3A%2F%2Fevil.example%2F" },
        { 1, "https://api.example/?to=https%253A%252F%252Fevil.example",
          "https://api.example/?to=https%253A%252F%252Fevil.example" },
        { 1, "https://api.example/?to=https%3A%2F%2Fapi.example%2F", NULL },
        { 1, "https://api.example/100%/x%2", NULL },
    };

    for (i = 0; i < sizeof(t) / sizeof(*t); i++) {
        left = 8;

        if (mcp_network_elsewhere(hosts, LISTED, U(t[i].value),
                                  strlen(t[i].value), t[i].whole, &left,
                                  &place))
        {
            len = place.to - place.from;
            memcpy(got, t[i].value + place.from, len);
            got[len] = '\0';

        } else {
            strcpy(got, "none");
        }

        is_str(got, t[i].place ? t[i].place : "none", "inside: %s",
               t[i].value);
    }
}


/* More than the limit is not passed unread; and it ends in time. */
static void
test_limits(void)
{
    size_t       i;
    unsigned     left;
    mcp_buf_t    b = { NULL, 0, 0 };
    mcp_place_t  place;

    for (i = 0; i < MCP_MAX_URLS; i++) {
        (void) mcp_buf_append_str(&b, "http://api.example/ ");
    }

    left = MCP_MAX_URLS;
    is_int(mcp_network_elsewhere(hosts, LISTED, b.data, b.len, 0, &left,
                                 &place), 0, "as many URLs as may be");
    is_int(left, 0, "all were counted");

    is_int(mcp_network_elsewhere(hosts, LISTED, U("http://api.example/"), 19,
                                 0, &left, &place), 1, "one more");

    mcp_buf_reset(&b, SIZE_MAX);

    for (i = 0; i < 100000; i++) {
        (void) mcp_buf_append_str(&b, "a://\"@%25");
    }

    left = MCP_MAX_URLS;
    ok(mcp_network_elsewhere(hosts, LISTED, b.data, b.len, 1, &left, &place),
       "a million bytes of candidates");

    mcp_buf_free(&b);
}


/* The inspector. */

static const char  pack[] =
    "pack: test\n"
    "version: 1\n"
    "rules:\n"
    "  - id: where\n"
    "    category: network\n"
    "    surfaces: [arguments]\n"
    "    kinds: [url, host]\n"
    "    action: block\n"
    "    judge: address\n"
    "  - id: how\n"
    "    category: network\n"
    "    surfaces: [arguments]\n"
    "    kinds: [url]\n"
    "    action: block\n"
    "    judge: scheme\n";

static const char  bare_pack[] =
    "pack: test\n"
    "version: 1\n"
    "rules:\n"
    "  - id: other\n"
    "    category: abuse\n"
    "    surfaces: [arguments]\n"
    "    action: log\n"
    "    pattern: 'odd words'\n";

static mcp_inspector_t  *inspector;


static mcp_rules_t *
compile(const char *text)
{
    mcp_rules_t        *rs;
    mcp_pack_source_t   source;
    mcp_rules_error_t   err;

    source.name = "test.yaml";
    source.data = U(text);
    source.len = strlen(text);

    rs = mcp_rules_create();

    if (mcp_rules_load(rs, &source, &err) != MCP_OK
        || mcp_rules_compile(rs, &err) != MCP_OK)
    {
        ok(0, "pack: %s", err.text);
        exit(done());
    }

    return rs;
}


/* slice 0: whole */
static void
judge(const mcp_policy_t *p, mcp_scan_t *scan, const char *message,
    size_t slice, mcp_verdict_t *v)
{
    size_t  i, n, len;

    len = strlen(message);

    mcp_inspector_start(inspector, p, scan, MCP_CLIENT, NULL);

    for (i = 0; i < len; i += n) {
        n = slice == 0 || slice > len - i ? len - i : slice;
        (void) mcp_inspector_feed(inspector, U(message + i), n);
    }

    if (mcp_inspector_finish(inspector, v) == MCP_OK) {
        mcp_inspector_judge(inspector, MCP_ERA_LEGACY, 0, v);
    }
}


#define CALL(args)                                                           \
    "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":"    \
    "{\"name\":\"fetch\",\"arguments\":" args "}}"

#define READ(uri)                                                            \
    "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"resources/read\","           \
    "\"params\":{\"uri\":\"" uri "\"}}"

static const struct {
    const char  *message;
    const char  *in_public;      /* what decides: rule, or "" */
    const char  *in_any;
    const char  *in_list;
    const char  *path;           /* of the list's verdict     */
} calls[] = {
    { CALL("{\"url\":\"http://10.1.2.3/\"}"), "where", "", "", "" },
    { CALL("{\"url\":\"http://127.0.0.1/\"}"), "where", "", "where",
      "/params/arguments/url" },
    { CALL("{\"url\":\"https://api.example/\"}"), "", "", "", "" },
    { CALL("{\"url\":\"https://evil.example/\"}"), "", "", "where",
      "/params/arguments/url" },
    { CALL("{\"url\":\"https:\\/\\/evil\\u002eexample\"}"), "", "", "where",
      "/params/arguments/url" },
    { CALL("{\"url\":\"gopher://api.example/\"}"), "how", "how", "how",
      "/params/arguments/url" },
    { CALL("{\"host\":\"evil.example\"}"), "", "", "where",
      "/params/arguments/host" },
    { CALL("{\"host\":\"api.example\"}"), "", "", "", "" },
    { CALL("{\"urls\":[\"https://api.example\",\"https://evil.example\"]}"),
      "", "", "where", "/params/arguments/urls/1" },
    { CALL("{\"options\":{\"host\":\"evil.example\"}}"), "", "", "where",
      "/params/arguments/options/host" },
    { CALL("{\"command\":\"curl https://evil.example/x\"}"), "", "", "where",
      "/params/arguments/command" },
    { CALL("{\"command\":\"curl https://api.example/x\"}"), "", "", "", "" },
    { CALL("{\"text\":\"read https://evil.example/x, please\"}"), "", "", "",
      "" },
    { CALL("{\"address\":\"Main Street 12\"}"), "", "", "", "" },
    { CALL("{\"url\":{\"https://evil.example\":1}}"), "", "", "where",
      "/params/arguments/url/https:~1~1evil.example" },
    { READ("https://api.example/x"), "", "", "", "" },
    { READ("https://evil.example/x"), "", "", "where", "/params/uri" },
};


static void
test_inspector(void)
{
    size_t         i, k;
    mcp_scan_t    *scan, *bare_scan;
    mcp_rules_t   *rules, *bare;
    mcp_policy_t   p;
    mcp_override_t o;
    mcp_verdict_t  v;

    static const size_t  slices[] = { 0, 1, 7 };

    rules = compile(pack);
    scan = mcp_scan_create(rules);
    bare = compile(bare_pack);
    bare_scan = mcp_scan_create(bare);
    inspector = mcp_inspector_create();

    mcp_policy_init(&p);
    p.rules = rules;
    p.hosts = hosts;
    p.hosts_n = LISTED;

    for (i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
        for (k = 0; k < 3; k++) {

            p.network = MCP_NETWORK_PUBLIC;
            judge(&p, scan, calls[i].message, slices[k], &v);
            is_str(v.rule ? v.rule->id : "", calls[i].in_public,
                   "public: %s", calls[i].message);

            p.network = MCP_NETWORK_ANY;
            judge(&p, scan, calls[i].message, slices[k], &v);
            is_str(v.rule ? v.rule->id : "", calls[i].in_any, "any: %s",
                   calls[i].message);

            p.network = MCP_NETWORK_LIST;
            judge(&p, scan, calls[i].message, slices[k], &v);
            is_str(v.rule ? v.rule->id : "", calls[i].in_list, "list: %s",
                   calls[i].message);
            is_str(v.path, calls[i].path, "list: path");
            is_int(v.action, calls[i].in_list[0] ? MCP_V_BLOCK : MCP_V_ALLOW,
                   "list: action");
        }
    }

    /* a scheme of the server's own is not an address */

    judge(&p, NULL, READ("ui://widget/main"), 0, &v);
    is_int(v.action, MCP_V_ALLOW, "list: a resource of an own scheme");

    /* packs without an address rule */

    p.rules = bare;
    judge(&p, bare_scan, CALL("{\"url\":\"https://evil.example/\"}"), 0, &v);
    is_int(v.action, MCP_V_BLOCK, "no address rule: blocked");
    is_str(v.rule ? v.rule->id : "", "network-address",
           "no address rule: its name");
    is_int(v.findings, 1, "no address rule: one finding");

    /* an override of the rule counts for the list */

    memset(&o, 0, sizeof(mcp_override_t));
    o.category = MCP_CAT_NETWORK;
    o.action = MCP_ACTION_LOG;
    p.rules = rules;
    p.overrides = &o;
    p.overrides_n = 1;

    judge(&p, scan, CALL("{\"url\":\"https://evil.example/\"}"), 0, &v);
    is_int(v.action, MCP_V_ALLOW, "override: passes");
    ok(v.flagged, "override: flagged");

    o.action = MCP_ACTION_OFF;
    judge(&p, scan, CALL("{\"url\":\"https://evil.example/\"}"), 0, &v);
    ok(v.action == MCP_V_ALLOW && !v.flagged, "override: off");

    mcp_inspector_destroy(inspector);
    mcp_scan_destroy(scan);
    mcp_scan_destroy(bare_scan);
    mcp_rules_destroy(rules);
    mcp_rules_destroy(bare);
}


int
main(void)
{
    size_t  i;

    for (i = 0; i < LISTED; i++) {
        is_int(mcp_host_read(&hosts[i], U(listed[i]), strlen(listed[i])),
               MCP_OK, "list: %s", listed[i]);
    }

    test_hosts();
    test_values();
    test_inside();
    test_limits();
    test_inspector();

    return done();
}
