/*
 * Judges in the scan: which of them look at a segment.
 */

#include "mcp_scan_int.h"

#include <string.h>


#define MAX_PATH_VALUE  (4 * MCP_PATH_MAX)
#define MAX_SQL_VALUE   8192


/* What the bytes of a value mean to a judge. */
#define PATH        0x01
#define SQL         0x02
#define SHELL       0x04
#define SHELL_TEXT  0x08
#define BLANK       0x10
#define NUL         0x20
#define SEEN        0x80            /* of the sum: it was made               */

static const uint8_t  marks[128] = {
    [0] = NUL, [' '] = BLANK, ['\n'] = SHELL, ['\r'] = SHELL,
    ['/'] = PATH, ['.'] = PATH, ['_'] = PATH, [':'] = PATH,
    ['\\'] = PATH | SHELL, ['%'] = PATH | SQL | SHELL, ['~'] = PATH | SQL,
    ['\''] = SQL | SHELL, ['"'] = SQL | SHELL, ['('] = SQL | SHELL,
    [')'] = SQL, ['#'] = SQL, ['='] = SQL, ['*'] = SQL, ['@'] = SQL,
    ['`'] = SQL | SHELL, ['<'] = SQL | SHELL, ['>'] = SQL | SHELL,
    ['|'] = SQL | SHELL | SHELL_TEXT, ['&'] = SQL | SHELL | SHELL_TEXT,
    [';'] = SQL | SHELL | SHELL_TEXT, ['$'] = SHELL | SHELL_TEXT,
    ['{'] = SHELL, ['-'] = SHELL
};


static unsigned
sum_marks(const unsigned char *p, size_t len)
{
    size_t    i;
    unsigned  sum;

    sum = SEEN;

    for (i = 0; i < len; i++) {
        sum |= p[i] < 0x80 ? marks[p[i]] : PATH | SQL | SHELL | SHELL_TEXT;
    }

    return sum;
}


/*
 * Ordinary prose has no operator, no quote that opens a literal, no comment
 * and no SELECT; what has none of these cannot change a statement.
 */
static int
worth_sql(const unsigned char *p, size_t len, unsigned sum)
{
    size_t  i;

    if (sum & SQL) {
        return 1;
    }

    /* "or true", "order by 9": a name has no more than a few bytes */

    if (len <= 16 && (sum & BLANK)) {
        return 1;
    }

    for (i = 2; i < len; i++) {

        if (p[i] == '-' && p[i - 1] == '-') {
            return 1;
        }

        /* "select" and "union" */

        if (((p[i] | 0x20) == 'l' && (p[i - 1] | 0x20) == 'e'
             && (p[i - 2] | 0x20) == 's')
            || ((p[i] | 0x20) == 'i' && (p[i - 1] | 0x20) == 'n'
                && (p[i - 2] | 0x20) == 'u'))
        {
            return 1;
        }
    }

    return 0;
}


/* Has the value anything that the judge could object to? */
static int
worth(mcp_judge_t judge, const unsigned char *p, size_t len, unsigned *sum)
{
    switch (judge) {

    case MCP_JUDGE_PATH:
    case MCP_JUDGE_PATH_TRAVERSAL:
    case MCP_JUDGE_PATH_SENSITIVE:
    case MCP_JUDGE_PATH_SYSTEM:
    case MCP_JUDGE_SQL:
    case MCP_JUDGE_SHELL:
    case MCP_JUDGE_SHELL_TEXT:
        break;

    default:
        return 1;
    }

    if (*sum == 0) {
        *sum = sum_marks(p, len);
    }

    switch (judge) {

    case MCP_JUDGE_SQL:
        return len <= MAX_SQL_VALUE && worth_sql(p, len, *sum);

    case MCP_JUDGE_SHELL:
        return (*sum & SHELL) != 0;

    case MCP_JUDGE_SHELL_TEXT:
        return (*sum & SHELL_TEXT) != 0;

    default:

        if (len > 255 || (*sum & NUL)) {
            return len <= MAX_PATH_VALUE;
        }

        return (*sum & PATH) != 0;
    }
}


void
mcp_scan_judges(mcp_scan_t *s, size_t n, unsigned bits)
{
    int                   whole, path_read;
    size_t                i, len;
    uint8_t               surfaces;
    uint32_t              id;
    unsigned              sum;
    mcp_place_t           place;
    const mcp_rule_t     *rule;
    const mcp_segment_t  *seg = &s->segs[n];
    const unsigned char  *p;

    surfaces = seg->surfaces | s->surfaces;
    p = s->text + seg->text;
    len = seg->len;

    if (len == 0) {
        return;
    }

    /* kinds that nobody has told yet may be any: the caller will sort out */

    whole = seg->kinds == 0
            || (seg->kinds & (MCP_KIND_URL | MCP_KIND_HOST)) != 0;
    path_read = 0;
    sum = 0;

    for (i = 0; i < s->rules->judges_n; i++) {

        id = s->rules->judges[i];
        rule = &s->rules->rules[id];

        if (!(rule->surfaces & surfaces)) {
            continue;
        }

        if ((surfaces & MCP_SURFACE_ARGUMENTS) && seg->kinds != 0
            && !(seg->kinds & rule->kinds))
        {
            continue;
        }

        if (rule->judge == MCP_JUDGE_HIDDEN) {

            if (!(bits & (MCP_TEXT_WIDE | MCP_TEXT_CONTROL))
                || !mcp_judge_hidden(p, len, &place))
            {
                continue;
            }

        } else if (!worth(rule->judge, p, len, &sum)) {
            continue;

        } else if (rule->judge == MCP_JUDGE_PATH
                   || rule->judge == MCP_JUDGE_PATH_TRAVERSAL
                   || rule->judge == MCP_JUDGE_PATH_SENSITIVE
                   || rule->judge == MCP_JUDGE_PATH_SYSTEM)
        {
            if (!path_read) {
                mcp_path_read(&s->path, p, len);
                path_read = 1;
            }

            if (!mcp_judge_path(rule->judge, &s->path)) {
                continue;
            }

            place.from = 0;
            place.to = len;

        } else if (!mcp_judge(rule->judge, p, len,
                              whole || rule->judge == MCP_JUDGE_SQL, &place))
        {
            continue;
        }

        mcp_scan_add(s, id, (uint32_t) n, seg->text + place.from,
                     seg->text + place.to);
    }
}
