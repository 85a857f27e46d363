/*
 * Judges in the scan: which of them look at a segment.
 */

#include "mcp_scan_int.h"

#include <string.h>


#define MAX_PATH_VALUE  (4 * MCP_PATH_MAX)
#define MAX_TYPE        64        /* of a data URL                           */
#define MAX_SQL_VALUE   8192
#define MAX_SQL_TEXT    256       /* of running text                         */


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


/* Base64, perhaps in a data URL: no path, however many '/' it has. */
static int
is_base64(const unsigned char *p, size_t len)
{
    size_t                i;
    const unsigned char  *comma;

    if (len > 5 && memcmp(p, "data:", 5) == 0) {
        comma = memchr(p, ',', len < MAX_TYPE ? len : MAX_TYPE);

        if (comma != NULL) {
            len -= (size_t) (comma + 1 - p);
            p = comma + 1;
        }
    }

    for (i = 0; i < len; i++) {
        if (!((p[i] >= '0' && p[i] <= '9')
              || ((p[i] | 0x20) >= 'a' && (p[i] | 0x20) <= 'z')
              || p[i] == '+' || p[i] == '/' || p[i] == '=' || p[i] == '-'
              || p[i] == '_' || p[i] == '\n' || p[i] == '\r'))
        {
            return 0;
        }
    }

    return 1;
}


/* What is too long for a path is one only when it climbs, or may. */
static int
may_climb(const unsigned char *p, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        if (p[i] == '%' || p[i] == '\\' || p[i] == '\0'
            || (p[i] == '.' && i > 0 && p[i - 1] == '.'))
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
            return len <= MAX_PATH_VALUE && !is_base64(p, len)
                   && (len <= MCP_PATH_MAX || may_climb(p, len));
        }

        return (*sum & PATH) != 0;
    }
}


/* What is known of the value that is being judged. */
typedef struct {
    const unsigned char  *data;
    size_t                len;
    unsigned              bits;         /* of the probe                      */
    unsigned              sum;          /* of marks, 0: not made yet         */
    unsigned              whole:1;      /* may be an address by itself       */
    unsigned              path_read:1;
} value_t;


static int
is_path_judge(mcp_judge_t judge)
{
    return judge == MCP_JUDGE_PATH || judge == MCP_JUDGE_PATH_TRAVERSAL
           || judge == MCP_JUDGE_PATH_SENSITIVE
           || judge == MCP_JUDGE_PATH_SYSTEM;
}


/* 1: the judge objects to what stands at *place. */
static int
ask(mcp_scan_t *s, mcp_judge_t judge, value_t *v, mcp_place_t *place)
{
    if (judge == MCP_JUDGE_HIDDEN) {
        return (v->bits & (MCP_TEXT_WIDE | MCP_TEXT_CONTROL))
               && mcp_judge_hidden(v->data, v->len, place);
    }

    if (!worth(judge, v->data, v->len, &v->sum)) {
        return 0;
    }

    if (is_path_judge(judge)) {

        if (!v->path_read) {
            mcp_path_read(&s->path, v->data, v->len);
            v->path_read = 1;
        }

        place->from = 0;
        place->to = v->len;

        return mcp_judge_path(judge, &s->path);
    }

    return mcp_judge(judge, v->data, v->len,
                     v->whole || judge == MCP_JUDGE_SQL, place);
}


void
mcp_scan_judges(mcp_scan_t *s, size_t n, unsigned bits)
{
    int                   found;
    size_t                i;
    uint8_t               surfaces;
    value_t               v;
    uint32_t              id;
    uint64_t              began;
    mcp_place_t           place;
    const mcp_rule_t     *rule;
    const mcp_segment_t  *seg = &s->segs[n];

    if (seg->len == 0) {
        return;
    }

    surfaces = seg->surfaces | s->surfaces;

    v.data = s->text + seg->text;
    v.len = seg->len;
    v.bits = bits;
    v.sum = 0;
    v.path_read = 0;

    /* kinds that nobody has told yet may be any: the caller will sort out */

    v.whole = seg->kinds == 0
              || (seg->kinds & (MCP_KIND_URL | MCP_KIND_HOST)) != 0;

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

        /* a long text talks of many things */

        if (rule->judge == MCP_JUDGE_SQL && rule->kinds == MCP_KIND_TEXT
            && seg->len > MAX_SQL_TEXT)
        {
            continue;
        }

        began = (s->costs != NULL) ? s->now() : 0;

        found = ask(s, rule->judge, &v, &place);

        if (s->costs != NULL) {
            s->costs[id].runs++;
            s->costs[id].time += s->now() - began;
        }

        if (found) {
            mcp_scan_add(s, id, (uint32_t) n, seg->text + place.from,
                         seg->text + place.to);
        }
    }
}
