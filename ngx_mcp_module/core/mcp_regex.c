/*
 * Parser of rule patterns; mcp_regex.h tells the language.
 *
 * Recursive descent, its depth bounded by MCP_RE_MAX_DEPTH.  Case folding
 * and UTF-8 are resolved while parsing (mcp_regex_class.c), so that the tree
 * knows bytes only.
 */

#include "mcp_regex_int.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>


static uint32_t parse_alt(mcp_re_parser_t *ps);


/* Errors are remembered once, the first one; 0 is "no node" everywhere. */
uint32_t
mcp_re_fail(mcp_re_parser_t *ps, const char *why)
{
    if (ps->re->error == NULL) {
        ps->re->error = why;
        ps->re->error_at = (size_t) (ps->p - ps->start);
    }

    return 0;
}


uint32_t
mcp_re_node(mcp_re_parser_t *ps, mcp_re_type_t type)
{
    uint32_t        cap;
    mcp_re_t       *re = ps->re;
    mcp_re_node_t  *nodes;

    if (re->n == re->cap) {

        if (re->cap >= MCP_RE_MAX_NODES) {
            return mcp_re_fail(ps, "pattern is too large");
        }

        cap = re->cap ? re->cap * 2 : 64;
        nodes = realloc(re->nodes, cap * sizeof(mcp_re_node_t));

        if (nodes == NULL) {
            return mcp_re_fail(ps, "out of memory");
        }

        re->nodes = nodes;
        re->cap = cap;
    }

    if (re->n == 0) {
        memset(&re->nodes[0], 0, sizeof(mcp_re_node_t));
        re->n = 1;
    }

    memset(&re->nodes[re->n], 0, sizeof(mcp_re_node_t));
    re->nodes[re->n].type = (uint8_t) type;

    return re->n++;
}


/* Appends child to the list that starts at *first and ends at *last. */
void
mcp_re_link(mcp_re_parser_t *ps, uint32_t *first, uint32_t *last,
    uint32_t child)
{
    if (*first == 0) {
        *first = child;

    } else {
        ps->re->nodes[*last].next = child;
    }

    *last = child;
}


uint32_t
mcp_re_list(mcp_re_parser_t *ps, mcp_re_type_t type, uint32_t first)
{
    uint32_t  n;

    if (first != 0 && ps->re->nodes[first].next == 0) {
        return first;
    }

    n = mcp_re_node(ps, first ? type : MCP_RE_EMPTY);

    if (n != 0) {
        ps->re->nodes[n].child = first;
    }

    return n;
}


/* One character as it stands; the pattern is known to be valid UTF-8. */
static uint32_t
next_char(mcp_re_parser_t *ps)
{
    utf8proc_int32_t    c;
    utf8proc_ssize_t    n;

    n = utf8proc_iterate(ps->p, ps->end - ps->p, &c);

    if (n <= 0) {
        (void) mcp_re_fail(ps, "pattern is not valid UTF-8");
        return UINT32_MAX;
    }

    ps->p += n;

    return (uint32_t) c;
}


static int
hex_digit(unsigned char ch)
{
    if (ch >= '0' && ch <= '9') {
        return ch - '0';
    }

    ch |= 0x20;

    return (ch >= 'a' && ch <= 'f') ? ch - 'a' + 10 : -1;
}


/* Behind "\x". */
static uint32_t
hex_char(mcp_re_parser_t *ps)
{
    int       d;
    uint32_t  c;
    unsigned  n;

    c = 0;

    if (ps->p < ps->end && *ps->p == '{') {
        ps->p++;

        for (n = 0; ps->p < ps->end && (d = hex_digit(*ps->p)) >= 0; n++) {
            c = c * 16 + (uint32_t) d;
            ps->p++;

            if (n == 6) {
                break;
            }
        }

        if (n == 0 || ps->p == ps->end || *ps->p != '}' || c > 0x10FFFF
            || (c >= 0xD800 && c <= 0xDFFF))
        {
            (void) mcp_re_fail(ps, "bad \\x{...}");
            return UINT32_MAX;
        }

        ps->p++;

        return c;
    }

    for (n = 0; n < 2; n++) {

        if (ps->p == ps->end || (d = hex_digit(*ps->p)) < 0) {
            (void) mcp_re_fail(ps, "\\x needs two hexadecimal digits");
            return UINT32_MAX;
        }

        c = c * 16 + (uint32_t) d;
        ps->p++;
    }

    if (c > 0x7F) {
        (void) mcp_re_fail(ps, "\\x80 and above: write \\x{...} for a"
                               " character");
        return UINT32_MAX;
    }

    return c;
}


/*
 * Behind a backslash: the character that is meant, or UINT32_MAX after an
 * error.  Classes and assertions were taken out by the caller.
 */
static uint32_t
escape_char(mcp_re_parser_t *ps)
{
    unsigned char  ch;

    ch = *ps->p++;

    switch (ch) {
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'f':
        return '\f';
    case 'a':
        return '\a';
    case 'e':
        return 0x1B;
    case 'x':
        return hex_char(ps);
    }

    if (ch >= '1' && ch <= '9') {
        (void) mcp_re_fail(ps, "back-references are not supported");
        return UINT32_MAX;
    }

    if (ch >= 0x80 || hex_digit(ch) >= 0 || (ch | 0x20) >= 'a') {

        if (ch != '_' && ((ch | 0x20) <= 'z' || ch >= 0x80)) {
            (void) mcp_re_fail(ps, "unknown escape");
            return UINT32_MAX;
        }
    }

    return ch;
}


/* Behind '['. */
static uint32_t
parse_class(mcp_re_parser_t *ps)
{
    int              negated, first;
    uint32_t         lo, hi;
    unsigned char    ch;
    mcp_re_ranges_t  rs;

    rs.n = 0;
    negated = 0;

    if (ps->p < ps->end && *ps->p == '^') {
        negated = 1;
        ps->p++;
    }

    for (first = 1; /* void */ ; first = 0) {

        if (ps->p == ps->end) {
            return mcp_re_fail(ps, "missing ]");
        }

        ch = *ps->p;

        if (ch == ']' && !first) {
            ps->p++;
            break;
        }

        if (ch == '[' && ps->p + 1 < ps->end
            && (ps->p[1] == ':' || ps->p[1] == '.' || ps->p[1] == '='))
        {
            return mcp_re_fail(ps, "POSIX classes are not supported");
        }

        if (ch == '\\') {

            if (++ps->p == ps->end) {
                return mcp_re_fail(ps, "\\ at the end");
            }

            if (strchr("dDsSwW", *ps->p) != NULL) {
                if (!mcp_re_add_escape(ps, &rs, *ps->p++)) {
                    return 0;
                }

                continue;
            }

            if (*ps->p == 'b') {
                ps->p++;
                lo = '\b';

            } else {
                lo = escape_char(ps);
            }

        } else {
            lo = next_char(ps);
        }

        if (lo == UINT32_MAX) {
            return 0;
        }

        hi = lo;

        if (ps->p + 1 < ps->end && ps->p[0] == '-' && ps->p[1] != ']') {

            if (ps->p[1] == '\\') {

                if (ps->p + 2 == ps->end) {
                    return mcp_re_fail(ps, "\\ at the end");
                }

                if (strchr("dDsSwW", ps->p[2]) != NULL) {
                    return mcp_re_fail(ps, "class escape at the end of a"
                                           " range");
                }

                ps->p += 2;
                hi = escape_char(ps);

            } else {
                ps->p++;
                hi = next_char(ps);
            }

            if (hi == UINT32_MAX) {
                return 0;
            }

            if (hi < lo) {
                return mcp_re_fail(ps, "range out of order");
            }
        }

        if (!mcp_re_add_range(ps, &rs, lo, hi)) {
            return 0;
        }
    }

    return mcp_re_ranges(ps, &rs, negated);
}


static uint32_t
char_node(mcp_re_parser_t *ps, uint32_t c)
{
    mcp_re_ranges_t  rs;

    rs.n = 0;
    (void) mcp_re_add_range(ps, &rs, c, c);

    return mcp_re_ranges(ps, &rs, 0);
}


static uint32_t
assert_node(mcp_re_parser_t *ps, mcp_re_assert_t how)
{
    uint32_t  n;

    n = mcp_re_node(ps, MCP_RE_ASSERT);

    if (n != 0) {
        ps->re->nodes[n].how = (uint8_t) how;
    }

    return n;
}


/* Behind '\\', outside a class. */
static uint32_t
parse_escape(mcp_re_parser_t *ps)
{
    uint32_t         c;
    mcp_re_ranges_t  rs;

    if (ps->p == ps->end) {
        return mcp_re_fail(ps, "\\ at the end");
    }

    switch (*ps->p) {

    case 'b':
        ps->p++;
        return assert_node(ps, MCP_RE_WORD);

    case 'B':
        ps->p++;
        return assert_node(ps, MCP_RE_NOT_WORD);

    case 'A':
        ps->p++;
        return assert_node(ps, MCP_RE_BEGIN);

    case 'Z':
        ps->p++;
        return assert_node(ps, MCP_RE_END);

    case 'z':
        ps->p++;
        return assert_node(ps, MCP_RE_END_ABSOLUTE);

    case 'd':
    case 'D':
    case 's':
    case 'S':
    case 'w':
    case 'W':
        rs.n = 0;

        if (!mcp_re_add_escape(ps, &rs, *ps->p)) {
            return 0;
        }

        ps->p++;
        return mcp_re_ranges(ps, &rs, 0);
    }

    c = escape_char(ps);

    return (c == UINT32_MAX) ? 0 : char_node(ps, c);
}


/* Flags of "(?imsx-imsx"; *p is behind the '?'. */
static int
parse_flags(mcp_re_parser_t *ps)
{
    int       off;
    unsigned  bit;

    for (off = 0; ps->p < ps->end; ps->p++) {

        switch (*ps->p) {

        case 'i':
            bit = MCP_RE_FLAG_CASE;
            break;

        case 's':
            bit = MCP_RE_FLAG_DOT;
            break;

        case 'm':
            bit = MCP_RE_FLAG_LINE;
            break;

        case '-':
            off = 1;
            continue;

        default:
            return 1;
        }

        if (off) {
            ps->flags &= ~bit;

        } else {
            ps->flags |= bit;
        }
    }

    return 1;
}


/* Behind '('.  A bare "(?i)" gives an empty node. */
static uint32_t
parse_group(mcp_re_parser_t *ps)
{
    uint32_t  n, child;
    unsigned  flags, capture, how;

    flags = ps->flags;
    capture = 0;
    how = MCP_RE_GREEDY;

    if (ps->p < ps->end && *ps->p == '*') {
        return mcp_re_fail(ps, "verbs are not supported");
    }

    if (ps->p < ps->end && *ps->p == '?') {

        if (++ps->p == ps->end) {
            return mcp_re_fail(ps, "missing )");
        }

        switch (*ps->p) {

        case '=':
        case '!':
            return mcp_re_fail(ps, "look-around is not supported");

        case '<':
            return mcp_re_fail(ps, (ps->p + 1 < ps->end
                                    && (ps->p[1] == '=' || ps->p[1] == '!'))
                                   ? "look-around is not supported"
                                   : "named groups are not supported");

        case '>':
            ps->p++;
            how = MCP_RE_POSSESSIVE;
            break;

        default:
            (void) parse_flags(ps);

            if (ps->p == ps->end) {
                return mcp_re_fail(ps, "missing )");
            }

            if (*ps->p == ')') {
                ps->p++;
                return mcp_re_node(ps, MCP_RE_EMPTY);
            }

            if (*ps->p != ':') {
                return mcp_re_fail(ps, "unknown group syntax");
            }

            ps->p++;
        }

    } else {
        capture = ++ps->re->captures;
    }

    if (++ps->depth > MCP_RE_MAX_DEPTH) {
        return mcp_re_fail(ps, "groups are nested too deeply");
    }

    child = parse_alt(ps);
    ps->depth--;
    ps->flags = flags;

    if (child == 0) {
        return 0;
    }

    if (ps->p == ps->end) {
        return mcp_re_fail(ps, "missing )");
    }

    ps->p++;

    n = mcp_re_node(ps, MCP_RE_GROUP);

    if (n != 0) {
        ps->re->nodes[n].capture = (uint16_t) capture;
        ps->re->nodes[n].how = (uint8_t) how;
        ps->re->nodes[n].child = child;
    }

    return n;
}


/*
 * Reads "{n}", "{n,}", "{n,m}" at p.  0: it is none of these, and '{' is a
 * literal.
 */
static int
parse_count(mcp_re_parser_t *ps, uint32_t *min, uint32_t *max)
{
    uint32_t              v[2];
    unsigned              i, digits;
    const unsigned char  *p;

    p = ps->p + 1;
    v[0] = 0;
    v[1] = MCP_RE_INF;

    for (i = 0; i < 2; i++) {

        for (digits = 0; p < ps->end && *p >= '0' && *p <= '9'; digits++) {

            if (digits == 0) {
                v[i] = 0;
            }

            v[i] = v[i] * 10 + (uint32_t) (*p++ - '0');

            if (v[i] > MCP_RE_MAX_COUNT) {
                (void) mcp_re_fail(ps, "quantifier is too large");
                return 0;
            }
        }

        if (p == ps->end || (digits == 0 && i == 0)) {
            return 0;
        }

        if (*p == '}') {
            *min = v[0];
            *max = (i == 0) ? v[0] : v[1];
            ps->p = p + 1;
            return 1;
        }

        if (*p++ != ',') {
            return 0;
        }
    }

    return 0;
}


static uint32_t
parse_quantifier(mcp_re_parser_t *ps, uint32_t atom)
{
    uint32_t  min, max, n, type;

    if (ps->p == ps->end) {
        return atom;
    }

    switch (*ps->p) {

    case '*':
        min = 0;
        max = MCP_RE_INF;
        ps->p++;
        break;

    case '+':
        min = 1;
        max = MCP_RE_INF;
        ps->p++;
        break;

    case '?':
        min = 0;
        max = 1;
        ps->p++;
        break;

    case '{':
        if (!parse_count(ps, &min, &max)) {
            return ps->re->error ? 0 : atom;
        }

        break;

    default:
        return atom;
    }

    if (max < min) {
        return mcp_re_fail(ps, "quantifier out of order");
    }

    type = ps->re->nodes[atom].type;

    if (type == MCP_RE_ASSERT || type == MCP_RE_EMPTY) {
        return mcp_re_fail(ps, "nothing to repeat");
    }

    n = mcp_re_node(ps, MCP_RE_REPEAT);

    if (n == 0) {
        return 0;
    }

    ps->re->nodes[n].min = min;
    ps->re->nodes[n].max = max;
    ps->re->nodes[n].child = atom;

    if (ps->p < ps->end && *ps->p == '?') {
        ps->p++;
        ps->re->nodes[n].how = MCP_RE_LAZY;

    } else if (ps->p < ps->end && *ps->p == '+') {
        ps->p++;
        ps->re->nodes[n].how = MCP_RE_POSSESSIVE;
    }

    if (ps->p < ps->end
        && (*ps->p == '*' || *ps->p == '+' || *ps->p == '?'))
    {
        return mcp_re_fail(ps, "nothing to repeat");
    }

    return n;
}


static uint32_t
parse_atom(mcp_re_parser_t *ps)
{
    uint32_t         c;
    unsigned char    ch;
    mcp_re_ranges_t  rs;

    ch = *ps->p;

    switch (ch) {

    case '(':
        ps->p++;
        return parse_group(ps);

    case '[':
        ps->p++;
        return parse_class(ps);

    case '\\':
        ps->p++;
        return parse_escape(ps);

    case '^':
        ps->p++;
        return assert_node(ps, (ps->flags & MCP_RE_FLAG_LINE)
                               ? MCP_RE_BEGIN_LINE : MCP_RE_BEGIN);

    case '$':
        ps->p++;
        return assert_node(ps, (ps->flags & MCP_RE_FLAG_LINE)
                               ? MCP_RE_END_LINE : MCP_RE_END);

    case '.':
        ps->p++;
        rs.n = 0;

        if (!(ps->flags & MCP_RE_FLAG_DOT)) {
            (void) mcp_re_add_range(ps, &rs, '\n', '\n');
        }

        return mcp_re_ranges(ps, &rs, 1);

    case ' ':
        ps->p++;
        rs.n = 0;
        (void) mcp_re_add_range(ps, &rs, '\t', '\n');
        (void) mcp_re_add_range(ps, &rs, '\r', '\r');
        (void) mcp_re_add_range(ps, &rs, ' ', ' ');
        return mcp_re_ranges(ps, &rs, 0);

    case '*':
    case '+':
    case '?':
        return mcp_re_fail(ps, "nothing to repeat");
    }

    c = next_char(ps);

    return (c == UINT32_MAX) ? 0 : char_node(ps, c);
}


static uint32_t
parse_cat(mcp_re_parser_t *ps)
{
    uint32_t  first, last, n;

    first = 0;
    last = 0;

    while (ps->p < ps->end && *ps->p != '|' && *ps->p != ')') {

        n = parse_atom(ps);

        if (n != 0) {
            n = parse_quantifier(ps, n);
        }

        if (n == 0) {
            return 0;
        }

        if (ps->re->nodes[n].type != MCP_RE_EMPTY) {
            mcp_re_link(ps, &first, &last, n);
        }
    }

    return mcp_re_list(ps, MCP_RE_CAT, first);
}


static uint32_t
parse_alt(mcp_re_parser_t *ps)
{
    uint32_t  first, last, n;

    first = 0;
    last = 0;

    for ( ;; ) {
        n = parse_cat(ps);

        if (n == 0) {
            return 0;
        }

        mcp_re_link(ps, &first, &last, n);

        if (ps->p == ps->end || *ps->p != '|') {
            return mcp_re_list(ps, MCP_RE_ALT, first);
        }

        ps->p++;
    }
}


mcp_rc_t
mcp_re_parse(mcp_re_t *re, const char *pattern, size_t len)
{
    size_t           i;
    mcp_re_parser_t  ps;

    memset(re, 0, sizeof(mcp_re_t));
    memset(&ps, 0, sizeof(mcp_re_parser_t));

    ps.re = re;
    ps.start = (const unsigned char *) pattern;
    ps.p = ps.start;
    ps.end = ps.start + len;

    for (i = 0; i < len; i++) {

        if (ps.start[i] >= 0x80
            || (ps.start[i] == '\\' && i + 2 < len && ps.start[i + 1] == 'x'
                && ps.start[i + 2] == '{'))
        {
            ps.wide = 1;
        }
    }

    re->root = parse_alt(&ps);

    if (re->root != 0 && ps.p < ps.end) {
        re->root = mcp_re_fail(&ps, "unmatched )");
    }

    return (re->root != 0) ? MCP_OK : MCP_ERROR;
}


void
mcp_re_free(mcp_re_t *re)
{
    free(re->nodes);
    re->nodes = NULL;
    re->n = 0;
    re->cap = 0;
}
