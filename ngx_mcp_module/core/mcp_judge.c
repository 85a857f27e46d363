/*
 * The judges by name, and URLs inside text.
 */

#include "mcp_judge.h"
#include "mcp_text_int.h"

#include <string.h>


#define MAX_URLS   64             /* looked at in one value                  */
#define MAX_VALUE  65536          /* bytes of it                             */


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


/*
 * The URL itself, those inside it (redirectors), and those that are percent
 * encoded in it.
 */
static int
judge_url(mcp_judge_t judge, const unsigned char *p, size_t len, int whole,
    mcp_place_t *place)
{
    int             byte;
    size_t          i, n, step;
    uint32_t        c;
    mcp_url_t       url;
    unsigned char   buf[2048];

    if (len > MAX_VALUE) {
        len = MAX_VALUE;
    }

    if (whole && mcp_url_read(&url, p, len) && url_holds(judge, &url)) {
        place->from = 0;
        place->to = len;
        return 1;
    }

    if (search_urls(judge, p, len, place)) {
        return 1;
    }

    if (!whole || memchr(p, '%', len) == NULL) {
        return 0;
    }

    for (i = 0, n = 0; i < len && n < sizeof(buf); i += step) {

        step = mcp_escape(p + i, len - i, &c, &byte, 0);

        if (step == 0 || p[i] != '%' || c > 0xff) {
            step = 1;
            c = p[i];
        }

        buf[n++] = (unsigned char) c;
    }

    if (search_urls(judge, buf, n, place)) {
        place->from = 0;
        place->to = len;
        return 1;
    }

    return 0;
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
