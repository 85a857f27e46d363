/*
 * The judges by name, and URLs inside text.
 */

#include "mcp_judge.h"
#include "mcp_text_int.h"

#include <string.h>


#define MAX_URLS   64             /* looked at in one value                  */
#define MAX_VALUE  65536          /* bytes of it                             */
#define MAX_DECODE 3              /* percent encoded how often               */
#define WINDOW     2048           /* bytes that are decoded at a time        */
#define OVERLAP    512            /* of windows: a host and more             */


static int
is_scheme_char(unsigned char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
           || c == '+' || c == '-' || c == '.';
}


static int
url_holds(mcp_judge_t judge, const mcp_url_t *url)
{
    switch (judge) {

    case MCP_JUDGE_ADDRESS:
        return mcp_url_special(url);

    case MCP_JUDGE_SCHEME:
        return !mcp_url_scheme_allowed(url);

    default:
        return mcp_url_special(url) || !mcp_url_scheme_allowed(url);
    }
}


/*
 * A value without a scheme: is it one host, and not the number of a house, a
 * time, or the beginning of a sentence?
 */
static int
is_host(const mcp_url_t *url, const unsigned char *p, size_t len)
{
    size_t  i;

    /* "12", "10:30:00"; but "0" is this machine */

    if (url->type == MCP_HOST_IPV4 && url->address[0] == 0
        && strpbrk(url->host, ".x") == NULL && strcmp(url->host, "0") != 0)
    {
        return 0;
    }

    for (i = url->end; i < len && p[i] <= 0x20; i++) { /* void */ }

    if (i == len || i == url->end) {
        return 1;
    }

    /* options behind it are for a command; words make it prose */

    return strchr("-;|&", p[i]) != NULL
           || (url->type == MCP_HOST_IPV4 && strchr(url->host, '.') != NULL);
}


/* "localhost:http": a host and a service, which reads as a scheme. */
static int
is_service(const mcp_url_t *url)
{
    mcp_url_t  host;

    return url->type == MCP_HOST_NONE && url->scheme[0] != '\0'
           && mcp_url_read(&host, (const unsigned char *) url->scheme,
                           strlen(url->scheme))
           && mcp_url_special(&host);
}


static int
whole_holds(mcp_judge_t judge, const unsigned char *p, size_t len)
{
    mcp_url_t  url;

    if (!mcp_url_read(&url, p, len)) {
        return 0;
    }

    if (url_holds(judge, &url)) {
        return url.scheme[0] != '\0' || is_host(&url, p, len);
    }

    return judge != MCP_JUDGE_SCHEME && is_service(&url);
}


/* Looks for "scheme://" in a value; place gets the URL that holds. */
static int
search_urls(mcp_judge_t judge, const unsigned char *p, size_t len,
    mcp_place_t *place)
{
    size_t     i, from;
    unsigned   n;
    mcp_url_t  url;

    for (i = 0, n = 0; i + 3 < len && n < MAX_URLS; i++) {

        if (p[i] != ':' || (p[i + 1] != '/' && p[i + 1] != '\\')
            || (p[i + 2] != '/' && p[i + 2] != '\\'))
        {
            continue;
        }

        for (from = i; from > 0 && i - from < 24
                       && is_scheme_char(p[from - 1]); from--)
        {
            /* void */
        }

        while (from < i && !((p[from] | 0x20) >= 'a'
                             && (p[from] | 0x20) <= 'z'))
        {
            from++;
        }

        if (from == i) {
            continue;
        }

        n++;

        if (mcp_url_read(&url, p + from, len - from)
            && url_holds(judge, &url))
        {
            place->from = from;
            place->to = from + url.end;
            return 1;
        }
    }

    return 0;
}


/* Percent decoding in place; the new length. */
static size_t
decode(unsigned char *p, size_t len)
{
    int       byte;
    size_t    i, n, step;
    uint32_t  c;

    for (i = 0, n = 0; i < len; i += step) {

        step = (p[i] == '%') ? mcp_escape(p + i, len - i, &c, &byte, 0) : 0;

        if (step == 0 || c > 0xff) {
            step = 1;
            c = p[i];
        }

        p[n++] = (unsigned char) c;
    }

    return n;
}


/* URLs that are percent encoded, perhaps more than once. */
static int
search_encoded(mcp_judge_t judge, const unsigned char *p, size_t len)
{
    size_t         i, n, k;
    unsigned       round;
    mcp_place_t    place;
    unsigned char  buf[WINDOW];

    for (i = 0; i < len; i += WINDOW - OVERLAP) {

        n = (len - i < WINDOW) ? len - i : WINDOW;
        memcpy(buf, p + i, n);

        for (round = 0; round < MAX_DECODE; round++) {

            k = decode(buf, n);

            if (k == n) {
                break;
            }

            n = k;

            if (search_urls(judge, buf, n, &place)) {
                return 1;
            }
        }
    }

    return 0;
}


/* The URL itself, and those inside it (redirectors). */
static int
judge_url(mcp_judge_t judge, const unsigned char *p, size_t len, int whole,
    mcp_place_t *place)
{
    if (len > MAX_VALUE) {
        len = MAX_VALUE;
    }

    if (whole && whole_holds(judge, p, len)) {
        place->from = 0;
        place->to = len;
        return 1;
    }

    if (search_urls(judge, p, len, place)) {
        return 1;
    }

    if (!whole || memchr(p, '%', len) == NULL
        || !search_encoded(judge, p, len))
    {
        return 0;
    }

    place->from = 0;
    place->to = len;

    return 1;
}


int
mcp_judge_path(mcp_judge_t judge, const mcp_path_t *path)
{
    switch (judge) {

    case MCP_JUDGE_PATH_SENSITIVE:
        return mcp_path_sensitive(path);

    case MCP_JUDGE_PATH_SYSTEM:
        return mcp_path_system(path);

    default:
        break;
    }

    if (path->escapes || path->nul || path->strange || path->network) {
        return 1;
    }

    return judge == MCP_JUDGE_PATH && mcp_path_sensitive(path);
}


int
mcp_judge(mcp_judge_t judge, const unsigned char *value, size_t len, int whole,
    mcp_place_t *place)
{
    mcp_path_t   path;
    mcp_place_t  none;

    if (place == NULL) {
        place = &none;
    }

    place->from = 0;
    place->to = len;

    if (len == 0) {
        return 0;
    }

    switch (judge) {

    case MCP_JUDGE_PATH:
    case MCP_JUDGE_PATH_TRAVERSAL:
    case MCP_JUDGE_PATH_SENSITIVE:
    case MCP_JUDGE_PATH_SYSTEM:

        if (!whole) {
            return 0;
        }

        mcp_path_read(&path, value, len);

        return mcp_judge_path(judge, &path);

    case MCP_JUDGE_URL:
    case MCP_JUDGE_ADDRESS:
    case MCP_JUDGE_SCHEME:
        return judge_url(judge, value, len, whole, place);

    case MCP_JUDGE_HIDDEN:
        return mcp_judge_hidden(value, len, place);

    case MCP_JUDGE_SQL:
        return whole && mcp_judge_sql(value, len);

    case MCP_JUDGE_SHELL:
        return mcp_judge_shell(value, len, 0);

    case MCP_JUDGE_SHELL_TEXT:
        return mcp_judge_shell(value, len, 1);

    default:
        return 0;
    }
}
