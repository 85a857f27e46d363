/*
 * Parser of rule patterns; mcp_regex.h tells the language.
 *
 * Recursive descent, its depth bounded by MCP_RE_MAX_DEPTH.  Case folding
 * and UTF-8 are resolved while parsing, so that the tree knows bytes only.
 */

#include "mcp_regex.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>


#define MAX_RANGES  512       /* of code points in one class                 */
#define MAX_CASE    4096      /* code points beyond ASCII that are folded    */

#define FLAG_CASE   1
#define FLAG_DOT    2
#define FLAG_LINE   4


typedef struct {
    mcp_re_t             *re;
    const unsigned char  *start;
    const unsigned char  *p;
    const unsigned char  *end;
    unsigned              flags;
    unsigned              depth;
    unsigned              wide:1;     /* characters beyond ASCII: '.' and
                                         reverse classes match whole ones    */
} parser_t;

typedef struct {
    uint32_t  lo;
    uint32_t  hi;
} range_t;

typedef struct {
    range_t   r[MAX_RANGES];
    unsigned  n;
} ranges_t;


static uint32_t parse_alt(parser_t *ps);


/* Errors are remembered once, the first one; 0 is "no node" everywhere. */
static uint32_t
fail(parser_t *ps, const char *why)
{
    if (ps->re->error == NULL) {
        ps->re->error = why;
        ps->re->error_at = (size_t) (ps->p - ps->start);
    }

    return 0;
}


static uint32_t
new_node(parser_t *ps, mcp_re_type_t type)
{
    uint32_t        cap;
    mcp_re_t       *re = ps->re;
    mcp_re_node_t  *nodes;

    if (re->n == re->cap) {

        if (re->cap >= MCP_RE_MAX_NODES) {
            return fail(ps, "pattern is too large");
        }

        cap = re->cap ? re->cap * 2 : 64;
        nodes = realloc(re->nodes, cap * sizeof(mcp_re_node_t));

        if (nodes == NULL) {
            return fail(ps, "out of memory");
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


static uint32_t
set_node(parser_t *ps, unsigned lo, unsigned hi)
{
    uint32_t  n;
    unsigned  c;

    n = new_node(ps, MCP_RE_SET);

    if (n != 0) {
        for (c = lo; c <= hi; c++) {
            mcp_re_put(&ps->re->nodes[n].set, c);
        }
    }

    return n;
}


/* Appends child to the list that starts at *first and ends at *last. */
static void
link_node(parser_t *ps, uint32_t *first, uint32_t *last, uint32_t child)
{
    if (*first == 0) {
        *first = child;

    } else {
        ps->re->nodes[*last].next = child;
    }

    *last = child;
}


static uint32_t
list_node(parser_t *ps, mcp_re_type_t type, uint32_t first)
{
    uint32_t  n;

    if (first != 0 && ps->re->nodes[first].next == 0) {
        return first;
    }

    n = new_node(ps, first ? type : MCP_RE_EMPTY);

    if (n != 0) {
        ps->re->nodes[n].child = first;
    }

    return n;
}


static unsigned
utf8_encode(uint32_t c, unsigned char *b)
{
    return (unsigned) utf8proc_encode_char((utf8proc_int32_t) c, b);
}


/*
 * Adds the byte sequences of the code points lo .. hi, which all have the
 * same number of bytes, as alternatives (the split is that of RE2: until
 * both ends differ in whole trailing bytes only).
 */
static int
add_sequences(parser_t *ps, uint32_t lo, uint32_t hi, uint32_t *first,
    uint32_t *last)
{
    uint32_t       m, seq, head, tail;
    unsigned       i, n;
    unsigned char  a[4], b[4];

    n = utf8_encode(lo, a);

    for (i = 1; i < n; i++) {
        m = (1u << (6 * i)) - 1;

        if ((lo & ~m) == (hi & ~m)) {
            continue;
        }

        if ((lo & m) != 0) {
            return add_sequences(ps, lo, lo | m, first, last)
                   && add_sequences(ps, (lo | m) + 1, hi, first, last);
        }

        if ((hi & m) != m) {
            return add_sequences(ps, lo, (hi & ~m) - 1, first, last)
                   && add_sequences(ps, hi & ~m, hi, first, last);
        }
    }

    (void) utf8_encode(hi, b);

    head = 0;
    tail = 0;

    for (i = 0; i < n; i++) {
        seq = set_node(ps, a[i], b[i]);

        if (seq == 0) {
            return 0;
        }

        link_node(ps, &head, &tail, seq);
    }

    seq = list_node(ps, MCP_RE_CAT, head);

    if (seq == 0) {
        return 0;
    }

    link_node(ps, first, last, seq);

    return 1;
}


static int
range_order(const void *a, const void *b)
{
    const range_t  *x = a, *y = b;

    return (x->lo > y->lo) - (x->lo < y->lo);
}


static int
add_range(parser_t *ps, ranges_t *rs, uint32_t lo, uint32_t hi)
{
    if (rs->n == MAX_RANGES) {
        (void) fail(ps, "class is too large");
        return 0;
    }

    rs->r[rs->n].lo = lo;
    rs->r[rs->n].hi = hi;
    rs->n++;

    return 1;
}


/* Sorts, joins what touches. */
static void
normalise(ranges_t *rs)
{
    unsigned  i, n;

    if (rs->n == 0) {
        return;
    }

    qsort(rs->r, rs->n, sizeof(range_t), range_order);

    n = 0;

    for (i = 1; i < rs->n; i++) {

        if (rs->r[i].lo <= rs->r[n].hi + 1) {

            if (rs->r[i].hi > rs->r[n].hi) {
                rs->r[n].hi = rs->r[i].hi;
            }

            continue;
        }

        rs->r[++n] = rs->r[i];
    }

    rs->n = n + 1;
}


static int
fold(parser_t *ps, ranges_t *rs)
{
    uint32_t           c, hi;
    unsigned           i, n, budget;
    utf8proc_int32_t   other;

    n = rs->n;
    budget = MAX_CASE;

    for (i = 0; i < n; i++) {
        hi = rs->r[i].hi;

        for (c = rs->r[i].lo; c <= hi; c++) {

            if (c < 0x80) {
                if ((c | 0x20) < 'a' || (c | 0x20) > 'z') {
                    continue;
                }

                if (!add_range(ps, rs, c ^ 0x20, c ^ 0x20)) {
                    return 0;
                }

                continue;
            }

            if (!ps->wide || budget-- == 0) {
                break;            /* bytes have no case                      */
            }

            other = utf8proc_tolower((utf8proc_int32_t) c);

            if (other == (utf8proc_int32_t) c) {
                other = utf8proc_toupper((utf8proc_int32_t) c);
            }

            if (other != (utf8proc_int32_t) c
                && !add_range(ps, rs, (uint32_t) other, (uint32_t) other))
            {
                return 0;
            }

            if (rs->n > MAX_RANGES / 2) {
                normalise(rs);
                return fail(ps, "class is too large to fold case") != 0;
            }
        }
    }

    return 1;
}


/* All code points that are not in rs; surrogates are in neither. */
static int
invert(parser_t *ps, ranges_t *rs)
{
    ranges_t  out;
    uint32_t  next, hi;
    unsigned  i;

    out.n = 0;
    next = 0;
    hi = ps->wide ? 0x10FFFF : 0xFF;

    for (i = 0; i < rs->n && rs->r[i].lo <= hi; i++) {

        if (rs->r[i].lo > next
            && !add_range(ps, &out, next, rs->r[i].lo - 1))
        {
            return 0;
        }

        next = rs->r[i].hi + 1;
    }

    if (next <= hi && !add_range(ps, &out, next, hi)) {
        return 0;
    }

    *rs = out;

    return 1;
}


/* The node for a set of code points (of bytes: pattern is not wide). */
static uint32_t
ranges_node(parser_t *ps, ranges_t *rs, int negated)
{
    static const uint32_t  limits[] = { 0x7F, 0x7FF, 0xD7FF, 0xFFFF, 0x10FFFF };

    uint32_t  first, last, ascii, lo, hi, n, c;
    unsigned  i, k;

    if ((ps->flags & FLAG_CASE) && !fold(ps, rs)) {
        return 0;
    }

    normalise(rs);

    if (negated && !invert(ps, rs)) {
        return 0;
    }

    if (rs->n == 0) {
        return fail(ps, "class is empty");
    }

    first = 0;
    last = 0;
    ascii = 0;

    for (i = 0; i < rs->n; i++) {
        lo = rs->r[i].lo;

        while (lo <= rs->r[i].hi) {

            if (!ps->wide || lo <= 0x7F) {
                hi = ps->wide ? 0x7F : 0xFF;
                hi = (rs->r[i].hi < hi) ? rs->r[i].hi : hi;

                if (ascii == 0) {
                    ascii = new_node(ps, MCP_RE_SET);

                    if (ascii == 0) {
                        return 0;
                    }

                    link_node(ps, &first, &last, ascii);
                }

                for (c = lo; c <= hi; c++) {
                    mcp_re_put(&ps->re->nodes[ascii].set, c);
                }

                lo = hi + 1;
                continue;
            }

            if (lo >= 0xD800 && lo <= 0xDFFF) {
                lo = 0xE000;
                continue;
            }

            for (k = 1; lo > limits[k]; k++) { /* void */ }

            hi = (rs->r[i].hi < limits[k]) ? rs->r[i].hi : limits[k];

            if (!add_sequences(ps, lo, hi, &first, &last)) {
                return 0;
            }

            lo = hi + 1;
        }
    }

    if (first == 0) {
        return fail(ps, "class is empty");
    }

    if (ps->re->nodes[first].next == 0) {
        return first;
    }

    n = new_node(ps, MCP_RE_GROUP);

    if (n == 0) {
        return 0;
    }

    lo = list_node(ps, MCP_RE_ALT, first);
    ps->re->nodes[n].child = lo;

    return lo ? n : 0;
}


static int
add_escape_class(parser_t *ps, ranges_t *rs, unsigned char ch)
{
    ranges_t  in;
    unsigned  i;

    in.n = 0;

    switch (ch | 0x20) {

    case 'd':
        (void) add_range(ps, &in, '0', '9');
        break;

    case 's':
        (void) add_range(ps, &in, '\t', '\r');
        (void) add_range(ps, &in, ' ', ' ');
        break;

    default: /* w */
        (void) add_range(ps, &in, '0', '9');
        (void) add_range(ps, &in, 'A', 'Z');
        (void) add_range(ps, &in, '_', '_');
        (void) add_range(ps, &in, 'a', 'z');
    }

    if (ch < 'a' && !invert(ps, &in)) {
        return 0;
    }

    for (i = 0; i < in.n; i++) {
        if (!add_range(ps, rs, in.r[i].lo, in.r[i].hi)) {
            return 0;
        }
    }

    return 1;
}


/* One character as it stands; the pattern is known to be valid UTF-8. */
static uint32_t
next_char(parser_t *ps)
{
    utf8proc_int32_t    c;
    utf8proc_ssize_t    n;

    n = utf8proc_iterate(ps->p, ps->end - ps->p, &c);

    if (n <= 0) {
        (void) fail(ps, "pattern is not valid UTF-8");
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
hex_char(parser_t *ps)
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
            (void) fail(ps, "bad \\x{...}");
            return UINT32_MAX;
        }

        ps->p++;

        return c;
    }

    for (n = 0; n < 2; n++) {

        if (ps->p == ps->end || (d = hex_digit(*ps->p)) < 0) {
            (void) fail(ps, "\\x needs two hexadecimal digits");
            return UINT32_MAX;
        }

        c = c * 16 + (uint32_t) d;
        ps->p++;
    }

    if (c > 0x7F) {
        (void) fail(ps, "\\x80 and above: write \\x{...} for a character");
        return UINT32_MAX;
    }

    return c;
}


/*
 * Behind a backslash: the character that is meant, or UINT32_MAX after an
 * error.  Classes and assertions were taken out by the caller.
 */
static uint32_t
escape_char(parser_t *ps)
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
        (void) fail(ps, "back-references are not supported");
        return UINT32_MAX;
    }

    if (ch >= 0x80 || hex_digit(ch) >= 0 || (ch | 0x20) >= 'a') {

        if (ch != '_' && ((ch | 0x20) <= 'z' || ch >= 0x80)) {
            (void) fail(ps, "unknown escape");
            return UINT32_MAX;
        }
    }

    return ch;
}


/* Behind '['. */
static uint32_t
parse_class(parser_t *ps)
{
    int            negated, first;
    uint32_t       lo, hi;
    ranges_t       rs;
    unsigned char  ch;

    rs.n = 0;
    negated = 0;

    if (ps->p < ps->end && *ps->p == '^') {
        negated = 1;
        ps->p++;
    }

    for (first = 1; /* void */ ; first = 0) {

        if (ps->p == ps->end) {
            return fail(ps, "missing ]");
        }

        ch = *ps->p;

        if (ch == ']' && !first) {
            ps->p++;
            break;
        }

        if (ch == '[' && ps->p + 1 < ps->end
            && (ps->p[1] == ':' || ps->p[1] == '.' || ps->p[1] == '='))
        {
            return fail(ps, "POSIX classes are not supported");
        }

        if (ch == '\\') {

            if (++ps->p == ps->end) {
                return fail(ps, "\\ at the end");
            }

            if (strchr("dDsSwW", *ps->p) != NULL) {
                if (!add_escape_class(ps, &rs, *ps->p++)) {
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
                    return fail(ps, "\\ at the end");
                }

                if (strchr("dDsSwW", ps->p[2]) != NULL) {
                    return fail(ps, "class escape at the end of a range");
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
                return fail(ps, "range out of order");
            }
        }

        if (!add_range(ps, &rs, lo, hi)) {
            return 0;
        }
    }

    return ranges_node(ps, &rs, negated);
}


static uint32_t
char_node(parser_t *ps, uint32_t c)
{
    ranges_t  rs;

    rs.n = 0;
    (void) add_range(ps, &rs, c, c);

    return ranges_node(ps, &rs, 0);
}


static uint32_t
assert_node(parser_t *ps, mcp_re_assert_t how)
{
    uint32_t  n;

    n = new_node(ps, MCP_RE_ASSERT);

    if (n != 0) {
        ps->re->nodes[n].how = (uint8_t) how;
    }

    return n;
}


/* Behind '\\', outside a class. */
static uint32_t
parse_escape(parser_t *ps)
{
    uint32_t  c;
    ranges_t  rs;

    if (ps->p == ps->end) {
        return fail(ps, "\\ at the end");
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

        if (!add_escape_class(ps, &rs, *ps->p)) {
            return 0;
        }

        ps->p++;
        return ranges_node(ps, &rs, 0);
    }

    c = escape_char(ps);

    return (c == UINT32_MAX) ? 0 : char_node(ps, c);
}


/* Flags of "(?imsx-imsx"; *p is behind the '?'. */
static int
parse_flags(parser_t *ps)
{
    int       off;
    unsigned  bit;

    for (off = 0; ps->p < ps->end; ps->p++) {

        switch (*ps->p) {

        case 'i':
            bit = FLAG_CASE;
            break;

        case 's':
            bit = FLAG_DOT;
            break;

        case 'm':
            bit = FLAG_LINE;
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
parse_group(parser_t *ps)
{
    uint32_t  n, child;
    unsigned  flags, capture, how;

    flags = ps->flags;
    capture = 0;
    how = MCP_RE_GREEDY;

    if (ps->p < ps->end && *ps->p == '*') {
        return fail(ps, "verbs are not supported");
    }

    if (ps->p < ps->end && *ps->p == '?') {

        if (++ps->p == ps->end) {
            return fail(ps, "missing )");
        }

        switch (*ps->p) {

        case '=':
        case '!':
            return fail(ps, "look-around is not supported");

        case '<':
            return fail(ps, (ps->p + 1 < ps->end
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
                return fail(ps, "missing )");
            }

            if (*ps->p == ')') {
                ps->p++;
                return new_node(ps, MCP_RE_EMPTY);
            }

            if (*ps->p != ':') {
                return fail(ps, "unknown group syntax");
            }

            ps->p++;
        }

    } else {
        capture = ++ps->re->captures;
    }

    if (++ps->depth > MCP_RE_MAX_DEPTH) {
        return fail(ps, "groups are nested too deeply");
    }

    child = parse_alt(ps);
    ps->depth--;
    ps->flags = flags;

    if (child == 0) {
        return 0;
    }

    if (ps->p == ps->end) {
        return fail(ps, "missing )");
    }

    ps->p++;

    n = new_node(ps, MCP_RE_GROUP);

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
parse_count(parser_t *ps, uint32_t *min, uint32_t *max)
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
                (void) fail(ps, "quantifier is too large");
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
parse_quantifier(parser_t *ps, uint32_t atom)
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
        return fail(ps, "quantifier out of order");
    }

    type = ps->re->nodes[atom].type;

    if (type == MCP_RE_ASSERT || type == MCP_RE_EMPTY) {
        return fail(ps, "nothing to repeat");
    }

    n = new_node(ps, MCP_RE_REPEAT);

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
        return fail(ps, "nothing to repeat");
    }

    return n;
}


static uint32_t
parse_atom(parser_t *ps)
{
    uint32_t       c;
    ranges_t       rs;
    unsigned char  ch;

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
        return assert_node(ps, (ps->flags & FLAG_LINE) ? MCP_RE_BEGIN_LINE
                                                       : MCP_RE_BEGIN);

    case '$':
        ps->p++;
        return assert_node(ps, (ps->flags & FLAG_LINE) ? MCP_RE_END_LINE
                                                       : MCP_RE_END);

    case '.':
        ps->p++;
        rs.n = 0;

        if (!(ps->flags & FLAG_DOT)) {
            (void) add_range(ps, &rs, '\n', '\n');
        }

        return ranges_node(ps, &rs, 1);

    case ' ':
        ps->p++;
        rs.n = 0;
        (void) add_range(ps, &rs, '\t', '\n');
        (void) add_range(ps, &rs, '\r', '\r');
        (void) add_range(ps, &rs, ' ', ' ');
        return ranges_node(ps, &rs, 0);

    case '*':
    case '+':
    case '?':
        return fail(ps, "nothing to repeat");
    }

    c = next_char(ps);

    return (c == UINT32_MAX) ? 0 : char_node(ps, c);
}


static uint32_t
parse_cat(parser_t *ps)
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
            link_node(ps, &first, &last, n);
        }
    }

    return list_node(ps, MCP_RE_CAT, first);
}


static uint32_t
parse_alt(parser_t *ps)
{
    uint32_t  first, last, n;

    first = 0;
    last = 0;

    for ( ;; ) {
        n = parse_cat(ps);

        if (n == 0) {
            return 0;
        }

        link_node(ps, &first, &last, n);

        if (ps->p == ps->end || *ps->p != '|') {
            return list_node(ps, MCP_RE_ALT, first);
        }

        ps->p++;
    }
}


mcp_rc_t
mcp_re_parse(mcp_re_t *re, const char *pattern, size_t len)
{
    size_t    i;
    parser_t  ps;

    memset(re, 0, sizeof(mcp_re_t));
    memset(&ps, 0, sizeof(parser_t));

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
        re->root = fail(&ps, "unmatched )");
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
