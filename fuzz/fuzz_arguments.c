/*
 * What policy says of arguments: lists of hosts and constraints, on any
 * message of a client and on any text.
 *
 * Oracles: every slicing gives one verdict; a place lies inside of what was
 * looked at; a URL that reaches a listed host does not lead elsewhere, but for
 * URLs inside of it; a host that was read is in a list of itself.
 */

#include "mcp_inspect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define CHECK(cond)                                                          \
    if (!(cond)) {                                                           \
        fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);           \
        abort();                                                             \
    }


#define HOSTS      3
#define ARGUMENTS  4

static mcp_inspector_t  *inspector;
static mcp_policy_t      policy;
static mcp_host_t        hosts[HOSTS];
static mcp_argument_t   *arguments[ARGUMENTS];


int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    size_t                i;
    mcp_argument_error_t  err;

    static const mcp_str_t  names[HOSTS] = {
        mcp_string("a.b"), mcp_string("*.c"), mcp_string("10.0.0.0/8")
    };

    static const mcp_str_t  lines[ARGUMENTS][3] = {
        { mcp_string("*"), mcp_string("/a"), mcp_string("path_under=/d") },
        { mcp_string("*"), mcp_string("/*/u"), mcp_string("host_in=a.b") },
        { mcp_string("t*"), mcp_string("/m/0"), mcp_string("match=^(a+)+$") },
        { mcp_string("t*"), mcp_string("/n/*/x~1"), mcp_string("present") }
    };

    (void) argc;
    (void) argv;

    for (i = 0; i < HOSTS; i++) {
        CHECK(mcp_host_read(&hosts[i], names[i].data, names[i].len)
              == MCP_OK);
    }

    for (i = 0; i < ARGUMENTS; i++) {
        arguments[i] = mcp_argument_create(lines[i], 3, &err);
        CHECK(arguments[i] != NULL);
    }

    inspector = mcp_inspector_create();
    CHECK(inspector != NULL);

    mcp_policy_init(&policy);
    policy.network = MCP_NETWORK_LIST;
    policy.hosts = hosts;
    policy.hosts_n = HOSTS;
    policy.arguments = arguments;
    policy.arguments_n = ARGUMENTS;

    return 0;
}


/* Judges data fed in slices of at most max bytes. */
static mcp_verdict_t
judge(const uint8_t *data, size_t size, size_t max)
{
    size_t         n, pos;
    mcp_verdict_t  v;

    mcp_inspector_start(inspector, &policy, NULL, MCP_CLIENT, NULL);

    for (pos = 0; pos < size; pos += n) {
        n = size - pos < max ? size - pos : max;
        (void) mcp_inspector_feed(inspector, data + pos, n);
    }

    if (mcp_inspector_finish(inspector, &v) == MCP_OK) {
        mcp_inspector_judge(inspector, MCP_ERA_LEGACY, 0, &v);
    }

    return v;
}


static void
check_text(const uint8_t *data, size_t size)
{
    int                    whole;
    unsigned               left;
    mcp_url_t              url;
    mcp_str_t              words[3];
    mcp_host_t             host;
    mcp_place_t            place;
    mcp_argument_error_t   err;

    for (whole = 0; whole < 2; whole++) {
        left = 4;

        if (mcp_network_elsewhere(hosts, HOSTS, data, size, whole, &left,
                                  &place))
        {
            CHECK(place.from < place.to && place.to <= size);

            if (memchr(data, ':', size) == NULL
                && memchr(data, '%', size) == NULL)
            {
                CHECK(!mcp_host_reached(hosts, HOSTS, data, size));
            }
        }
    }

    if (mcp_host_read(&host, data, size) == MCP_OK && !host.below
        && memchr(data, '/', size) == NULL && mcp_url_read(&url, data, size)
        && url.type != MCP_HOST_NONE)
    {
        CHECK(mcp_host_listed(&host, 1, &url));
    }

    words[0].data = (const unsigned char *) "t";
    words[0].len = 1;
    words[1].data = data;
    words[1].len = size / 2;
    words[2].data = data + size / 2;
    words[2].len = size - size / 2;

    mcp_argument_destroy(mcp_argument_create(words, 3, &err));
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mcp_verdict_t  v, w;

    if (size == 0) {
        return 0;
    }

    v = judge(data, size, size);
    w = judge(data, size, 1 + data[size - 1] % 16);

    CHECK(v.action == w.action);
    CHECK(v.reason == w.reason);
    CHECK(v.findings == w.findings);
    CHECK(v.detail == w.detail);
    CHECK(strcmp(v.path, w.path) == 0);

    check_text(data, size);

    return 0;
}
