/*
 * Encodings inside text: escapes and encoded runs.
 */

#include "mcp_blocks.h"
#include "mcp_chars.h"
#include "mcp_text_int.h"

#include <string.h>


#define MIN_RUN      16           /* characters of an encoded run            */
#define MIN_DECODED  8            /* bytes that a run must give              */


/*
 * Bytes that escapes gave, on their way to becoming characters: those beyond
 * ASCII wait until their UTF-8 is complete.  What is none is taken for
 * Latin-1, and an overlong pair (%c0%ae) for the ASCII character it stands
 * for, as lenient decoders do.
 */
typedef struct {
    mcp_view_t     *out;
    unsigned char   b[4];
    unsigned        n;
    unsigned        want;
    size_t          from;
    size_t          to;
} collector_t;


static int
flush_bytes(collector_t *c)
{
    unsigned  i, n;

    n = c->n;
    c->n = 0;

    for (i = 0; i < n; i++) {
        if (!mcp_view_put_char(c->out, c->b[i], c->from, c->to)) {
            return 0;
        }
    }

    return 1;
}


static int
put_byte(collector_t *c, unsigned char ch, size_t from, size_t to)
{
    uint32_t  cp;

    if (c->n > 0) {

        if (c->to != from || (ch & 0xc0) != 0x80) {

            if (!flush_bytes(c)) {
                return 0;
            }

        } else {
            c->b[c->n++] = ch;
            c->to = to;

            if (c->n < c->want) {
                return 1;
            }

            if (c->b[0] == 0xc0 || c->b[0] == 0xc1) {
                cp = ((uint32_t) (c->b[0] & 3) << 6) | (ch & 0x3f);

            } else if (mcp_utf8_next(c->b, c->n, &cp) != c->n) {
                return flush_bytes(c);
            }

            c->n = 0;

            return mcp_view_put_char(c->out, cp, c->from, c->to);
        }
    }

    if (ch < 0xc0 || ch >= 0xf5) {
        return mcp_view_put_char(c->out, ch, from, to);
    }

    c->b[0] = ch;
    c->n = 1;
    c->want = (ch < 0xe0) ? 2 : (ch < 0xf0) ? 3 : 4;
    c->from = from;
    c->to = to;

    return 1;
}


static int
put_code(collector_t *c, uint32_t cp, size_t from, size_t to)
{
    if (cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF)) {
        cp = 0xFFFD;
    }

    return flush_bytes(c) && mcp_view_put_char(c->out, cp, from, to);
}


/* Up to max hexadecimal digits at p; returns how many. */
static unsigned
hex_number(const unsigned char *p, size_t left, unsigned max, uint32_t *v)
{
    int       d;
    unsigned  n;

    for (n = 0, *v = 0; n < max && n < left; n++) {
        d = mcp_hex_value(p[n]);

        if (d < 0) {
            break;
        }

        *v = *v * 16 + (uint32_t) d;
    }

    return n;
}


typedef struct {
    const char  *name;
    uint32_t     c;
} entity_t;

/* Those that can stand for a character of a command, path or instruction. */
static const entity_t  entities[] = {
    { "Tab", '\t' }, { "NewLine", '\n' }, { "nbsp", ' ' }, { "ensp", ' ' },
    { "emsp", ' ' }, { "thinsp", ' ' }, { "excl", '!' }, { "quot", '"' },
    { "QUOT", '"' }, { "num", '#' }, { "dollar", '$' }, { "percnt", '%' },
    { "amp", '&' }, { "AMP", '&' }, { "apos", '\'' }, { "lpar", '(' },
    { "rpar", ')' }, { "ast", '*' }, { "midast", '*' }, { "plus", '+' },
    { "comma", ',' }, { "period", '.' }, { "sol", '/' }, { "colon", ':' },
    { "semi", ';' }, { "lt", '<' }, { "LT", '<' }, { "equals", '=' },
    { "gt", '>' }, { "GT", '>' }, { "quest", '?' }, { "commat", '@' },
    { "lsqb", '[' }, { "lbrack", '[' }, { "bsol", '\\' }, { "rsqb", ']' },
    { "rbrack", ']' }, { "Hat", '^' }, { "lowbar", '_' }, { "grave", '`' },
    { "lcub", '{' }, { "lbrace", '{' }, { "verbar", '|' }, { "vert", '|' },
    { "rcub", '}' }, { "rbrace", '}' }, { "tilde", '~' }, { "hyphen", '-' },
    { "dash", '-' }, { "ndash", '-' }, { "mdash", '-' }, { "rsquo", '\'' },
    { "lsquo", '\'' }, { "ldquo", '"' }, { "rdquo", '"' }, { "shy", 0xAD },
    { "zwnj", 0x200C }, { "zwj", 0x200D }, { "ZeroWidthSpace", 0x200B }
};


/* Behind '&'.  Returns the length of what was read, 0: no entity. */
static size_t
entity(const unsigned char *p, size_t left, uint32_t *c)
{
    size_t    i, k, n;
    uint32_t  v;

    if (left > 2 && p[0] == '#') {

        i = ((p[1] | 0x20) == 'x') ? 2 : 1;

        /* zeros before a number, as many as you like */

        for (k = i; k + 1 < left && p[k] == '0'
                    && mcp_hex_value(p[k + 1]) >= 0; k++)
        {
            /* void */
        }

        if (i == 2) {
            n = hex_number(p + k, left - k, 8, &v);

        } else {

            for (n = 0, v = 0; n < 9 && k + n < left && p[k + n] >= '0'
                               && p[k + n] <= '9'; n++)
            {
                v = v * 10 + (uint32_t) (p[k + n] - '0');
            }
        }

        i = k + n;

        if (n == 0) {
            return 0;
        }

        *c = v;

        return (i < left && p[i] == ';') ? i + 1 : i;
    }

    for (n = 0; n < left && n < 16; n++) {
        if ((p[n] | 0x20) < 'a' || (p[n] | 0x20) > 'z') {
            break;
        }
    }

    if (n < 2 || n == left || p[n] != ';') {
        return 0;
    }

    for (k = 0; k < sizeof(entities) / sizeof(entities[0]); k++) {
        if (strlen(entities[k].name) == n
            && memcmp(entities[k].name, p, n) == 0)
        {
            *c = entities[k].c;
            return n + 1;
        }
    }

    return 0;
}


size_t
mcp_escape(const unsigned char *p, size_t left, uint32_t *c, int *byte,
    int quoted)
{
    size_t    n;
    uint32_t  low;

    *byte = 0;

    switch (p[0]) {

    case '%':
        *byte = 1;

        if (left > 2 && hex_number(p + 1, 2, 2, c) == 2) {
            return 3;
        }

        *byte = 0;

        if (left > 5 && (p[1] | 0x20) == 'u'
            && hex_number(p + 2, 4, 4, c) == 4)
        {
            return 6;
        }

        return 0;

    case '&':
        n = entity(p + 1, left - 1, c);
        return n ? n + 1 : 0;

    case '=':
        if (!quoted) {
            return 0;
        }

        if (left > 2 && p[1] == '\r' && p[2] == '\n') {
            *c = UINT32_MAX;
            return 3;
        }

        if (left > 1 && p[1] == '\n') {
            *c = UINT32_MAX;
            return 2;
        }

        *byte = 1;

        return (left > 2 && p[1] < 'a' && p[2] < 'a'
                && hex_number(p + 1, 2, 2, c) == 2) ? 3 : 0;

    case '\\':
        break;

    default:
        return 0;
    }

    if (left < 4) {
        return 0;
    }

    switch (p[1]) {

    case 'x':
        if (p[2] == '{') {
            n = hex_number(p + 3, left - 3, 6, c);
            return (n > 0 && 3 + n < left && p[3 + n] == '}') ? n + 4 : 0;
        }

        *byte = 1;
        return (hex_number(p + 2, left - 2, 2, c) == 2) ? 4 : 0;

    case 'u':
        if (p[2] == '{') {
            n = hex_number(p + 3, left - 3, 6, c);
            return (n > 0 && 3 + n < left && p[3 + n] == '}') ? n + 4 : 0;
        }

        if (hex_number(p + 2, left - 2, 4, c) != 4) {
            return 0;
        }

        if (*c >= 0xD800 && *c < 0xDC00 && left >= 12 && p[6] == '\\'
            && p[7] == 'u' && hex_number(p + 8, 4, 4, &low) == 4
            && low >= 0xDC00 && low < 0xE000)
        {
            *c = 0x10000 + ((*c - 0xD800) << 10) + (low - 0xDC00);
            return 12;
        }

        return 6;

    case 'U':
        return (left >= 10 && hex_number(p + 2, 8, 8, c) == 8) ? 10 : 0;

    default:
        if (p[1] < '0' || p[1] > '3' || p[2] < '0' || p[2] > '7'
            || p[3] < '0' || p[3] > '7')
        {
            return 0;
        }

        *byte = 1;
        *c = (uint32_t) ((p[1] - '0') * 64 + (p[2] - '0') * 8 + p[3] - '0');
        return 4;
    }
}


/* Quoted-printable: nearly all '=' are followed by what may follow there. */
static int
is_quoted(const unsigned char *text, size_t len)
{
    int                   byte;
    size_t                all, good;
    uint32_t              c;
    const unsigned char  *p, *end;

    all = 0;
    good = 0;
    end = text + len;

    for (p = text; p < end; p++) {

        p = memchr(p, '=', (size_t) (end - p));

        if (p == NULL) {
            break;
        }

        all++;
        good += mcp_escape(p, (size_t) (end - p), &c, &byte, 1) != 0;
    }

    return good >= 3 && good * 10 >= all * 9;
}


/* Where the next of % & \\ = is, at or behind i; len: there is none. */
static size_t
next_mark(const unsigned char *text, size_t len, size_t i)
{
    uint64_t     bits;
    mcp_bytes_t  v;

    for ( /* void */ ; i + 16 <= len; i += 16) {

        v = mcp_bytes_load(text + i);

        bits = mcp_bytes_bits(mcp_bytes_in(v, '%', '&')
                              | mcp_bytes_are(v, '\\')
                              | mcp_bytes_are(v, '='));

        if (bits != 0) {
            return i + (size_t) __builtin_ctzll(bits);
        }
    }

    for ( /* void */ ; i < len; i++) {
        if (text[i] == '%' || text[i] == '&' || text[i] == '\\'
            || text[i] == '=')
        {
            return i;
        }
    }

    return len;
}


mcp_made_t
mcp_make_escapes(mcp_view_t *out, const unsigned char *text, size_t len,
    unsigned bits)
{
    int          byte, quoted;
    size_t       i, n, from, found;
    uint32_t     c;
    collector_t  co;

    quoted = (bits & MCP_TEXT_QUOTED) ? is_quoted(text, len) : 0;

    if (!quoted && !(bits & MCP_TEXT_ESCAPES & ~(unsigned) MCP_TEXT_QUOTED)) {
        return MCP_MADE_NOTHING;
    }

    memset(&co, 0, sizeof(co));
    co.out = out;
    found = 0;

    for (i = 0, from = 0; i < len; /* void */ ) {

        i = next_mark(text, len, i);

        if (i == len) {
            break;
        }

        n = mcp_escape(text + i, len - i, &c, &byte, quoted);

        if (n == 0) {
            i++;
            continue;
        }

        found++;

        if (i > from
            && !(flush_bytes(&co)
                 && mcp_view_put(out, text + from, i - from, from, i, 1)))
        {
            return MCP_MADE_CUT;
        }

        if (c != UINT32_MAX
            && !(byte ? put_byte(&co, (unsigned char) c, i, i + n)
                      : put_code(&co, c, i, i + n)))
        {
            return MCP_MADE_CUT;
        }

        i += n;
        from = i;
    }

    if (found == 0) {
        return MCP_MADE_NOTHING;
    }

    if (!flush_bytes(&co)
        || !mcp_view_put(out, text + from, len - from, from, len, 1))
    {
        return MCP_MADE_CUT;
    }

    return MCP_MADE_VIEW;
}


/* Encoded runs. */

enum {
    SET_HEX = 1,
    SET_BASE32 = 2,
    SET_BASE64 = 4,               /* + and /                                 */
    SET_URL = 8,                  /* - and _                                 */
    SET_ALL = 15
};


/* The sets that an ASCII character is in. */
static const uint8_t  sets_of[256] = {
     0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,
     0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,
     0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  4,  0,  8,  0,  4,
    13, 13, 15, 15, 15, 15, 15, 15, 13, 13,  0,  0,  0,  0,  0,  0,
     0, 15, 15, 15, 15, 15, 15, 14, 14, 14, 14, 14, 14, 14, 14, 14,
    14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14,  0,  0,  0,  0,  8,
     0, 13, 13, 13, 13, 13, 13, 12, 12, 12, 12, 12, 12, 12, 12, 12,
    12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12,  0,  0,  0,  0,  0
};


static unsigned
set_of(unsigned char c)
{
    return sets_of[c];
}


/* What a digit of each set is worth. */
typedef struct {
    unsigned char  hex[256];
    unsigned char  base32[256];
    unsigned char  base64[256];       /* and the set of URLs                 */
} digits_t;

#define D4(c, v)   [c] = (v), [(c) + 1] = (v) + 1, [(c) + 2] = (v) + 2,       \
                   [(c) + 3] = (v) + 3
#define D6(c, v)   D4(c, v), [(c) + 4] = (v) + 4, [(c) + 5] = (v) + 5
#define D10(c, v)  D4(c, v), D6((c) + 4, (v) + 4)
#define D26(c, v)  D10(c, v), D10((c) + 10, (v) + 10), D6((c) + 20, (v) + 20)

static const digits_t  digits_of = {
    { D10('0', 0), D6('A', 10), D6('a', 10) },
    { D26('A', 0), D6('2', 26) },
    { D26('A', 0), D26('a', 26), D10('0', 52), ['+'] = 62, ['-'] = 62,
      ['/'] = 63, ['_'] = 63 }
};


/*
 * Does a run decode to text?  At least nine of ten characters printable, and
 * something other than punctuation among them.  Keeps count while bytes come
 * out, so that most runs are given up after a few.
 */
typedef struct {
    unsigned        pending;      /* bytes of UTF-8 still to come            */
    size_t          chars;
    size_t          bad;
    size_t          words;        /* letters, digits, spaces, beyond ASCII   */
    size_t          zeros;        /* at odd offsets: UTF-16                  */
    size_t          n;
} judge_t;


static void
judge_byte(judge_t *j, unsigned char c)
{
    j->n++;

    if (j->pending > 0) {

        if ((c & 0xc0) == 0x80) {
            j->pending--;
            return;
        }

        j->pending = 0;
        j->bad++;
    }

    j->chars++;

    if (c == ' ' || mcp_is_alpha(c) || mcp_is_digit(c)) {
        j->words++;

    } else if (c >= 0x80) {
        j->pending = (c < 0xc2) ? 0 : (c < 0xe0) ? 1 : (c < 0xf0) ? 2
                     : (c < 0xf5) ? 3 : 0;

        if (j->pending == 0) {
            j->bad++;

        } else {
            j->words++;
        }

    } else if (c == 0 && (j->n & 1) == 0) {
        j->zeros++;
        j->bad++;

    } else if (c < 0x20 && c != '\n' && c != '\r' && c != '\t') {
        j->bad++;

    } else if (c == 0x7f) {
        j->bad++;
    }
}


static int
is_text(const judge_t *j)
{
    return j->bad * 10 <= j->chars && j->words * 10 >= j->chars * 4;
}


static int
is_wide_text(const judge_t *j)
{
    return j->n >= 16 && j->zeros * 2 + 2 >= j->n
           && (j->bad - j->zeros) * 10 <= j->n && j->words * 4 >= j->n;
}


/*
 * Decodes the digits of text[from .. to) (others are skipped, as the newlines
 * of MIME) and appends what they give to the view.  skip: digits that belong
 * to a group before.  MCP_MADE_NOTHING: it is no text.
 */
static mcp_made_t
decode_run(mcp_view_t *out, const unsigned char *text, size_t from, size_t to,
    unsigned set, unsigned skip)
{
    size_t          i, n, mark_text, mark_map;
    judge_t         j;
    uint32_t        bits;
    unsigned        have, per;
    unsigned char   buf[512];

    const unsigned char *const  digits = (set == SET_HEX) ? digits_of.hex
                                         : (set == SET_BASE32)
                                           ? digits_of.base32
                                           : digits_of.base64;

    memset(&j, 0, sizeof(j));
    mark_text = out->text.len;
    mark_map = out->map.len;
    per = (set == SET_HEX) ? 4 : (set == SET_BASE32) ? 5 : 6;
    bits = 0;
    have = 0;
    n = 0;

    for (i = from; i < to; i++) {

        if (!(set_of(text[i]) & set)) {
            continue;
        }

        if (skip > 0) {
            skip--;
            continue;
        }

        bits = (bits << per) | digits[text[i]];
        have += per;

        if (have < 8) {
            continue;
        }

        have -= 8;
        buf[n] = (unsigned char) (bits >> have);
        bits &= (1u << have) - 1;

        judge_byte(&j, buf[n++]);

        if (j.n == 12 || n == sizeof(buf)) {

            /* mostly decided by now */

            if (j.bad * 4 > j.chars && j.zeros * 3 < j.n) {
                goto none;
            }
        }

        if (n == sizeof(buf)) {

            if (!mcp_view_put(out, buf, n, from, to, 0)) {
                return MCP_MADE_CUT;
            }

            n = 0;
        }
    }

    if (j.n < MIN_DECODED || !(is_text(&j) || is_wide_text(&j))) {
        goto none;
    }

    buf[n++] = '\n';

    if (!mcp_view_put(out, buf, n, from, to, 0)) {
        return MCP_MADE_CUT;
    }

    if (!is_text(&j)) {

        /* UTF-16: every other byte */

        for (i = mark_text, n = mark_text; i < out->text.len; i++) {
            if (out->text.data[i] != 0) {
                out->text.data[n++] = out->text.data[i];
            }
        }

        out->text.len = n;

        /* the pieces told of both bytes; one for all of them will do */

        out->map.len = mark_map + sizeof(mcp_piece_t);
    }

    return MCP_MADE_VIEW;

none:

    out->text.len = mark_text;
    out->map.len = mark_map;

    return MCP_MADE_NOTHING;
}


/* Makes what was decoded valid UTF-8: other bytes become '?'. */
static void
repair(mcp_view_t *out)
{
    size_t    i, n;
    uint32_t  c;

    for (i = 0; i < out->text.len; i += n) {
        n = mcp_utf8_next(out->text.data + i, out->text.len - i, &c);

        if (n == 1 && c >= 0x80) {
            out->text.data[i] = '?';
        }
    }
}


/*
 * The end of a run that begins at i: characters of one set, and line ends
 * between long lines of them.
 */
static size_t
run_end(const unsigned char *text, size_t len, size_t i, unsigned *sets,
    size_t *digits)
{
    size_t    k, line;
    unsigned  s, all;

    all = SET_ALL;
    *digits = 0;
    line = 0;

    for (k = i; k < len; k++) {

        s = set_of(text[k]) & all;

        if (s != 0) {
            all = s;
            (*digits)++;
            line++;
            continue;
        }

        if (line < 60 || (text[k] != '\n' && text[k] != '\r')) {
            break;
        }

        if (text[k] == '\r' && k + 1 < len && text[k + 1] == '\n') {
            k++;
        }

        if (k + 1 >= len || !(set_of(text[k + 1]) & all)) {
            break;
        }

        line = 0;
    }

    *sets = all;

    return k;
}


/*
 * Where the next run may begin: so many characters in a row, found by looking
 * at each MIN_RUN-th byte, and back from it.  len: there is none.
 */
static size_t
next_run(const unsigned char *text, size_t len, size_t i)
{
    size_t  k;

    for ( /* void */ ; len - i >= MIN_RUN; i = k + 1) {

        for (k = i + MIN_RUN - 1; set_of(text[k]) != 0; k--) {
            if (k == i) {
                return i;
            }
        }
    }

    return len;
}


unsigned
mcp_run_phase(const unsigned char *text, size_t from, size_t to,
    unsigned phase)
{
    size_t    i;
    unsigned  n;

    for (i = to, n = 0; i > from; i--) {

        if (set_of(text[i - 1]) != 0) {
            n++;

        } else if (text[i - 1] != '\n' && text[i - 1] != '\r') {
            return n % 4;
        }
    }

    return (n + phase) % 4;
}


mcp_made_t
mcp_make_runs(mcp_view_t *out, const unsigned char *text, size_t len,
    unsigned phase)
{
    size_t      i, end, digits;
    unsigned    sets, skip;
    mcp_made_t  made, any;

    any = MCP_MADE_NOTHING;

    for (i = 0; i < len; /* void */ ) {

        i = next_run(text, len, i);

        if (i == len) {
            break;
        }

        end = run_end(text, len, i, &sets, &digits);

        if (digits < MIN_RUN) {
            i = (end > i) ? end : i + 1;
            continue;
        }

        skip = (i == 0) ? (4 - phase) % 4 : 0;
        made = MCP_MADE_NOTHING;

        if ((sets & SET_HEX) && digits % 2 == 0) {
            made = decode_run(out, text, i, end, SET_HEX, skip & 1);
        }

        if (made == MCP_MADE_NOTHING && (sets & SET_BASE32)) {
            made = decode_run(out, text, i, end, SET_BASE32, 0);
        }

        if (made == MCP_MADE_NOTHING && (sets & (SET_BASE64 | SET_URL))) {
            made = decode_run(out, text, i, end,
                              sets & SET_BASE64 ? SET_BASE64 : SET_URL, skip);
        }

        if (made == MCP_MADE_CUT) {
            repair(out);
            return made;
        }

        if (made == MCP_MADE_VIEW) {
            any = made;
        }

        i = end;
    }

    if (any == MCP_MADE_VIEW) {
        repair(out);
    }

    return any;
}
