/*
 * Judges in the scan: which of them look at a segment.
 */

#include "mcp_scan_int.h"

#include <string.h>


#define MAX_PATH_VALUE  (4 * MCP_PATH_MAX)
#define MAX_SQL_VALUE   8192


/*
 * Ordinary prose has no operator, no quote that opens a literal, no comment
 * and no SELECT; what has none of these cannot change a statement.
 */
static int
worth_sql(const unsigned char *p, size_t len)
{
    size_t         i;
    unsigned char  c;

    /* bit for each byte below 0x80 that has a meaning in SQL */
    static const uint32_t  marks[4] = {
        0, 0x780007ec, 0x00000001, 0x50000001
    };

    /* "or true", "order by 9": a name has no more than a few bytes */

    if (len <= 16 && memchr(p, ' ', len) != NULL) {
        return 1;
    }

    for (i = 0; i < len; i++) {
        c = p[i];

        if (c >= 0x80 || (marks[c >> 5] >> (c & 31) & 1)) {
            return 1;
        }

        if (c == '-' && i + 1 < len && p[i + 1] == '-') {
            return 1;
        }

        /* "select" and "union" */

        if (((c | 0x20) == 'l' && i >= 2 && (p[i - 1] | 0x20) == 'e'
             && (p[i - 2] | 0x20) == 's')
            || ((c | 0x20) == 'i' && i >= 2 && (p[i - 1] | 0x20) == 'n'
                && (p[i - 2] | 0x20) == 'u'))
        {
            return 1;
        }
    }

    return 0;
}


/* Has the value anything that the judge could object to? */
static int
worth(mcp_judge_t judge, const unsigned char *p, size_t len)
{
    size_t       i;
    const char  *set;

    switch (judge) {

    case MCP_JUDGE_PATH:
    case MCP_JUDGE_PATH_TRAVERSAL:
    case MCP_JUDGE_PATH_SENSITIVE:
    case MCP_JUDGE_PATH_SYSTEM:

        if (len > 255 || memchr(p, '\0', len) != NULL) {
            return len <= MAX_PATH_VALUE;
        }

        set = "/\\.%_~:";
        break;

    case MCP_JUDGE_SQL:
        return len <= MAX_SQL_VALUE && worth_sql(p, len);

    case MCP_JUDGE_SHELL:
        set = ";|&$`{<>%\\\n\r\"'-(";
        break;

    case MCP_JUDGE_SHELL_TEXT:
        set = ";|&$";
        break;

    default:
        return 1;
    }

    for (i = 0; i < len; i++) {
        if (p[i] >= 0x80 || (p[i] != '\0' && strchr(set, p[i]) != NULL)) {
            return 1;
        }
    }

    return 0;
}


void
mcp_scan_judges(mcp_scan_t *s, size_t n, unsigned bits)
{
    int                   whole, path_read;
    size_t                i, len;
    uint8_t               surfaces;
    uint32_t              id;
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

        } else if (!worth(rule->judge, p, len)) {
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
