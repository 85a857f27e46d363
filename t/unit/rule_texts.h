/*
 * Texts for tests of the matcher: strings that a pattern matches, made by
 * walking its tree, and surroundings to hide them in; and what PCRE2 finds by
 * itself, everywhere in a text, which is what the engine has to find.
 */

#ifndef RULE_TEXTS_H
#define RULE_TEXTS_H

#include <stdlib.h>
#include <string.h>

#include "mcp_scan_int.h"
#include "tap.h"


#define TEXT_MAX   8192
#define SPANS_MAX  256

typedef struct {
    unsigned char  data[TEXT_MAX];
    size_t         len;
} text_t;

typedef struct {
    size_t  from;
    size_t  to;
} span_t;

typedef struct {
    span_t    span[SPANS_MAX];
    unsigned  n;
} spans_t;

/* Patterns as PCRE2 itself reads them. */
typedef struct {
    pcre2_code        *code;
    pcre2_match_data  *match;
    int                wide;          /* it knows of characters              */
    size_t             lead;          /* optional_lead()                     */
} plain_t;


static uint64_t  random_state = UINT64_C(0x9E3779B97F4A7C15);


/* A number below n. */
TAP_UNUSED
static unsigned
below(unsigned n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;

    return (unsigned) ((random_state >> 16) % n);
}


TAP_UNUSED
static void
put(text_t *t, const void *data, size_t len)
{
    if (len > TEXT_MAX - t->len) {
        len = TEXT_MAX - t->len;
    }

    memcpy(t->data + t->len, data, len);
    t->len += len;
}


TAP_UNUSED
static void
put_byte(text_t *t, unsigned c)
{
    unsigned char  b = (unsigned char) c;

    put(t, &b, 1);
}


/*
 * A byte of a set: mostly a visible one, if there is such, and often one that
 * is no part of a word.
 */
TAP_UNUSED
static void
put_of_set(text_t *t, const mcp_re_set_t *set)
{
    unsigned  c, i, n, lo, hi;

    lo = 0;
    hi = 256;

    if (below(16) != 0) {

        for (c = ' ', n = 0; c < 0x7f; c++) {
            n += mcp_re_has(set, c);
        }

        if (n > 0) {
            lo = ' ';
            hi = 0x7f;
        }

        for (c = ' ', i = 0; c <= '/'; c++) {
            i += mcp_re_has(set, c);
        }

        hi = (i > 0 && below(3) == 0) ? '0' : hi;
    }

    for (c = lo, n = 0; c < hi; c++) {
        n += mcp_re_has(set, c);
    }

    /* white space of all kinds is worth more looks than one in sixteen */

    if (mcp_re_has(set, '\n') && mcp_re_has(set, ' ') && below(3) == 0) {
        put_byte(t, "\t\n\r "[below(4)]);
        return;
    }

    for (c = lo, i = below(n); c < hi; c++) {

        if (mcp_re_has(set, c) && i-- == 0) {
            put_byte(t, c);
            return;
        }
    }
}


/*
 * Appends a string that matches the node, but for its assertions: whether
 * they hold, the surroundings decide.
 */
TAP_UNUSED
static void
put_match(text_t *t, const mcp_re_t *re, uint32_t node)
{
    uint32_t              child, i, n;
    const mcp_re_node_t  *nd = &re->nodes[node];

    switch (nd->type) {

    case MCP_RE_SET:
        put_of_set(t, &nd->set);
        break;

    case MCP_RE_CAT:
        for (child = nd->child; child; child = re->nodes[child].next) {
            put_match(t, re, child);
        }

        break;

    case MCP_RE_ALT:
        for (child = nd->child, n = 0; child; child = re->nodes[child].next) {
            n++;
        }

        child = nd->child;

        for (i = below(n); i > 0; i--) {
            child = re->nodes[child].next;
        }

        put_match(t, re, child);
        break;

    case MCP_RE_GROUP:
        put_match(t, re, nd->child);
        break;

    case MCP_RE_REPEAT:
        n = nd->max - nd->min;

        if (n > 0) {
            n = below(4) ? below(n < 4 ? n + 1 : 5)
                         : below(n < 40 ? n + 1 : 41);
        }

        if (t->len > TEXT_MAX / 4) {
            n = 0;
        }

        for (n += nd->min; n > 0; n--) {
            put_match(t, re, nd->child);
        }

        break;

    default:
        break;
    }
}


TAP_UNUSED
static const char *const  words[] = {
    "the", "a", "of", "request", "value", "is", "not", "system", "and", "user",
    "please", "token", "key", "for", "to", "with", "file", "read", "list",
    "ignore", "previous", "all", "server", "data", "run", "name", "password",
    "in", "that", "you", "are", "it", "as", "from", "instructions", "secret",
    "must", "send", "before", "tool", "api", "id", "sk", "AKIA", "ghp", "BEGIN"
};

#define WORDS  (sizeof(words) / sizeof(words[0]))


/* Appends about n bytes of one kind of text; all of it is valid UTF-8. */
TAP_UNUSED
static void
put_around(text_t *t, unsigned kind, size_t n)
{
    size_t       end;
    const char  *w;

    static const char *const  wide[] = {
        "\303\251", "\342\200\213", "\344\275\240", "\360\237\230\200",
        "\320\260", "\302\240", "e\314\201"
    };

    end = t->len + n;

    while (t->len < end) {

        switch (kind) {

        case 0:                       /* prose                               */
            w = words[below(WORDS)];
            put(t, w, strlen(w));
            put_byte(t, " ,.\n"[below(8) ? 0 : below(4)]);
            break;

        case 1:                       /* letters and digits                  */
            put_byte(t, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789_"[below(63)]);
            break;

        case 2:                       /* anything printable                  */
            put_byte(t, ' ' + below(95));
            break;

        case 3:                       /* white space and separators          */
            put_byte(t, " \t\n\r\v\f:,;\"'=|"[below(13)]);
            break;

        case 4:                       /* beyond ASCII                        */
            w = wide[below(7)];
            put(t, w, strlen(w));
            break;

        case 5:                       /* control characters                  */
            put_byte(t, below(0x20));
            break;

        default:                      /* one byte, repeated                  */
            w = words[below(WORDS)];

            for (n = 1 + below(20); n > 0; n--) {
                put_byte(t, (unsigned char) *w);
            }
        }
    }
}

#define AROUND  7


/* Where a word ends, some byte that lets \b hold there. */
TAP_UNUSED
static void
put_gap(text_t *t)
{
    put_byte(t, " \n\t\"':=,;(<>)[].-/"[below(18)]);
}


/*
 * The bytes by which the engine may begin behind PCRE2: what may be left out
 * at the very start of a pattern is not looked for.
 */
TAP_UNUSED
static size_t
optional_lead(const mcp_re_t *re)
{
    size_t                lead;
    uint32_t              child, min, max;
    const mcp_re_node_t  *n = &re->nodes[re->root];

    lead = 0;

    if (n->type != MCP_RE_CAT) {
        return 0;
    }

    for (child = n->child; child; child = re->nodes[child].next) {

        if (re->nodes[child].type != MCP_RE_REPEAT
            || re->nodes[child].min > 0)
        {
            break;
        }

        mcp_re_width(re, child, &min, &max);
        lead = (max > TEXT_MAX - lead) ? TEXT_MAX : lead + max;
    }

    return lead;
}


/*
 * The pattern for PCRE2: a space outside of a class is any white space.  The
 * rest of the language is the same (mcp_regex.h).
 */
TAP_UNUSED
static int
plain_compile(plain_t *pl, const char *pattern)
{
    int                     code, class;
    size_t                  i, n;
    text_t                  t;
    mcp_re_t                re;
    PCRE2_SIZE              at;
    pcre2_compile_context  *cc;

    t.len = 0;
    class = 0;
    memset(pl, 0, sizeof(plain_t));
    pl->match = pcre2_match_data_create(2, NULL);
    n = strlen(pattern);

    if (mcp_re_parse(&re, pattern, n) == MCP_OK) {
        pl->lead = optional_lead(&re);
    }

    mcp_re_free(&re);

    for (i = 0; i < n; i++) {

        pl->wide |= (unsigned char) pattern[i] >= 0x80
                    || strncmp(pattern + i, "\\x{", 3) == 0;

        if (pattern[i] == '\\' && i + 1 < n) {
            put(&t, pattern + i++, 2);
            continue;
        }

        if (pattern[i] == ' ' && !class) {
            put(&t, "[\\t\\n\\r ]", 9);
            continue;
        }

        put_byte(&t, (unsigned char) pattern[i]);

        if (class) {
            class = pattern[i] != ']';

        } else if (pattern[i] == '[') {
            class = 1;

            if (pattern[i + 1] == '^') {
                put_byte(&t, (unsigned char) pattern[++i]);
            }

            if (pattern[i + 1] == ']') {
                put_byte(&t, (unsigned char) pattern[++i]);
            }
        }
    }

    cc = pcre2_compile_context_create(NULL);

    if (cc == NULL || pl->match == NULL) {
        return 0;
    }

    (void) pcre2_set_newline(cc, PCRE2_NEWLINE_LF);
    pl->code = pcre2_compile(t.data, t.len,
                             pl->wide ? PCRE2_UTF | PCRE2_MATCH_INVALID_UTF
                                      : 0,
                             &code, &at, cc);
    pcre2_compile_context_free(cc);

    if (pl->code != NULL) {
        (void) pcre2_jit_compile(pl->code, PCRE2_JIT_COMPLETE);
    }

    return pl->code != NULL;
}


TAP_UNUSED
static void
plain_free(plain_t *pl)
{
    pcre2_code_free(pl->code);
    pcre2_match_data_free(pl->match);
}


TAP_UNUSED
static int
span_order(const void *a, const void *b)
{
    const span_t  *x = a, *y = b;

    if (x->from != y->from) {
        return (x->from > y->from) - (x->from < y->from);
    }

    return (x->to > y->to) - (x->to < y->to);
}


/* Sorts; those that overlap become one. */
TAP_UNUSED
static void
join(spans_t *s)
{
    unsigned  i, n;

    qsort(s->span, s->n, sizeof(span_t), span_order);

    for (i = 1, n = 0; i < s->n; i++) {

        if (s->span[i].from < s->span[n].to) {

            if (s->span[i].to > s->span[n].to) {
                s->span[n].to = s->span[i].to;
            }

            continue;
        }

        s->span[++n] = s->span[i];
    }

    s->n = (s->n > 0) ? n + 1 : 0;
}


TAP_UNUSED
static void
add_span(spans_t *s, size_t from, size_t to)
{
    if (s->n < SPANS_MAX) {
        s->span[s->n].from = from;
        s->span[s->n++].to = to;
    }
}


/*
 * What PCRE2 finds: matches one behind the other, of each the first group
 * where there is one.  0: it gave up.
 */
TAP_UNUSED
static int
plain_find(const plain_t *pl, const unsigned char *text, size_t len,
    spans_t *out)
{
    int          rc;
    size_t       start, a, b, whole;
    PCRE2_SIZE  *ov;

    out->n = 0;

    for (start = 0; start <= len; /* void */ ) {

        rc = pcre2_match(pl->code, text, len, start, 0, pl->match, NULL);

        if (rc < 0) {
            join(out);
            return rc == PCRE2_ERROR_NOMATCH;
        }

        ov = pcre2_get_ovector_pointer(pl->match);
        whole = ov[0];
        a = ov[0];
        b = ov[1];

        if (rc != 1 && ov[2] != PCRE2_UNSET) {
            a = ov[2];
            b = ov[3];
        }

        if (a < b) {
            add_span(out, a, b);
        }

        start = (a < b && b > whole) ? b : whole + 1;

        while (pl->wide && start < len && (text[start] & 0xc0) == 0x80) {
            start++;
        }
    }

    join(out);

    return 1;
}


/* What the matcher finds in the text itself; the views are left aside. */
TAP_UNUSED
static int
engine_run(mcp_scan_t *s, const mcp_segment_t *seg, const unsigned char *text,
    uint8_t surface)
{
    mcp_scan_start(s);

    s->any = surface;
    s->text = text;
    s->segs = seg;
    s->surfaces = surface;
    s->view = NULL;
    s->window_n = 0;
    s->work += MCP_SCAN_WORK_BYTE * (uint64_t) seg->len;

    return mcp_scan_block(s, 0, 1) == MCP_OK && !mcp_scan_overflow(s);
}


TAP_UNUSED
static void
engine_spans(const mcp_scan_t *s, size_t rule, spans_t *out)
{
    size_t                i, n;
    const mcp_finding_t  *f;

    out->n = 0;
    n = mcp_scan_findings(s, &f);

    for (i = 0; i < n; i++) {
        if (f[i].rule == rule) {
            add_span(out, f[i].from, f[i].to);
        }
    }

    join(out);
}


TAP_UNUSED
static int
same_spans(const spans_t *want, const spans_t *got, size_t lead)
{
    unsigned  i;

    for (i = 0; i < want->n && i < got->n; i++) {

        if (got->span[i].from < want->span[i].from
            || got->span[i].from > want->span[i].from + lead
            || got->span[i].to != want->span[i].to)
        {
            return 0;
        }
    }

    return want->n == got->n;
}


/*
 * Where matches overlap, the engine may begin with the later one and find the
 * earlier one as well, which PCRE2 alone would not look at again.  1: all that
 * PCRE2 finds is in what the engine found, and that begins and ends where
 * some match does.
 */
TAP_UNUSED
static int
explained(const plain_t *pl, const unsigned char *text, size_t len,
    const spans_t *want, const spans_t *got)
{
    int          rc, begins, ends;
    size_t       at, a, b;
    unsigned     i, k;
    PCRE2_SIZE  *ov;

    for (i = 0; i < want->n; i++) {

        for (k = 0; k < got->n; k++) {
            if (got->span[k].from <= want->span[i].from + pl->lead
                && got->span[k].to >= want->span[i].to)
            {
                break;
            }
        }

        if (k == got->n) {
            return 0;
        }
    }

    for (k = 0; k < got->n; k++) {

        begins = 0;
        ends = 0;

        for (at = 0; at < got->span[k].to; at++) {

            rc = pcre2_match(pl->code, text, len, at, PCRE2_ANCHORED,
                             pl->match, NULL);

            if (rc < 0) {
                continue;
            }

            ov = pcre2_get_ovector_pointer(pl->match);
            a = (rc != 1 && ov[2] != PCRE2_UNSET) ? ov[2] : ov[0];
            b = (rc != 1 && ov[2] != PCRE2_UNSET) ? ov[3] : ov[1];

            begins |= (a == got->span[k].from);
            ends |= (b == got->span[k].to);
        }

        if (!begins || !ends) {
            return 0;
        }
    }

    return 1;
}


/* Rules without what refuses a match behind the pattern. */
TAP_UNUSED
static void
strip_rules(mcp_rules_t *rs)
{
    size_t  i;

    for (i = 0; i < rs->n; i++) {
        rs->ints[i].validators.n = 0;
        pcre2_code_free(rs->ints[i].unless);
        rs->ints[i].unless = NULL;
    }
}

#endif /* RULE_TEXTS_H */

