/* LDFLAGS: -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free */

/*
 * The views of a text: what each disguise is read as, where it stood in the
 * text that was sent, limits, and hostile input in bounded time.
 */

#define _GNU_SOURCE                   /* memmem() */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mcp_text.h"
#include "fail_alloc.h"
#include "tap.h"


#define MB  (1024 * 1024)

/* What is looked for in views, and what was found. */
typedef struct {
    const char       *needle;
    unsigned          views;
    unsigned          hits;
    mcp_view_kind_t   kind;           /* of the first hit                    */
    unsigned          layer;
    size_t            from;
    size_t            to;
    size_t            len;            /* of the text                         */
    unsigned          wrong;          /* bytes that map to no place          */
    int               map;            /* look at each byte                   */
    mcp_rc_t          rc;             /* to be returned                      */
} search_t;


static mcp_views_t  *views;


static mcp_rc_t
on_view(void *data, const mcp_view_t *view)
{
    size_t                i, from, to;
    search_t             *s = data;
    const unsigned char  *p;

    s->views++;

    if (s->map) {
        for (i = 0; i < view->text.len; i++) {
            mcp_view_span(view, i, i + 1, &from, &to);
            s->wrong += from >= to || to > s->len;
        }
    }

    p = (s->needle == NULL) ? NULL
        : memmem(view->text.data, view->text.len, s->needle,
                 strlen(s->needle));

    if (p != NULL && s->hits++ == 0) {
        i = (size_t) (p - view->text.data);
        mcp_view_span(view, i, i + strlen(s->needle), &s->from, &s->to);
        s->kind = view->kind;
        s->layer = view->layer;
    }

    return s->rc;
}


static mcp_rc_t
look(search_t *s, const void *text, size_t len, const char *needle)
{
    unsigned  bits;

    memset(s, 0, sizeof(search_t));
    s->needle = needle;
    s->len = len;
    views->overflow = 0;

    bits = mcp_text_probe(text, len);

    if (bits == 0) {
        return MCP_OK;
    }

    return mcp_views_make(views, text, len, bits, on_view, s);
}


/* Each disguise of "attack here"; no is how the text goes on as sent. */
static void
test_disguises(void)
{
    size_t    i;
    search_t  s;

    static const struct {
        const char       *name;
        const char       *text;
        const char       *needle;
        mcp_view_kind_t   kind;
        const char       *span;
    } cases[] = {
        { "percent", "x %61ttack%20here y", "attack here", MCP_VIEW_ESCAPES,
          "%61ttack%20here" },
        { "percent twice", "x %2561ttack here", "attack here",
          MCP_VIEW_ESCAPES, "%2561ttack here" },
        { "percent u", "%u0061ttack here", "attack here", MCP_VIEW_ESCAPES,
          "%u0061ttack here" },
        { "overlong", "%c1%a1ttack here", "attack here", MCP_VIEW_ESCAPES,
          "%c1%a1ttack here" },
        { "UTF-8 in percent", "caf%C3%A9!", "caf\303\251!", MCP_VIEW_ESCAPES,
          "caf%C3%A9!" },
        { "Latin-1 in percent", "caf%E9!", "caf\303\251!", MCP_VIEW_ESCAPES,
          "caf%E9!" },
        { "decimal entity", "&#97;ttack here", "attack here",
          MCP_VIEW_ESCAPES, "&#97;ttack here" },
        { "long entity", "&#0000000097;ttack here", "attack here",
          MCP_VIEW_ESCAPES, "&#0000000097;ttack here" },
        { "hex entity", "&#x61;ttack here", "attack here", MCP_VIEW_ESCAPES,
          "&#x61;ttack here" },
        { "named entity", "a &lt;b&gt; c", "<b>", MCP_VIEW_ESCAPES,
          "&lt;b&gt;" },
        { "hex escape", "\\x61ttack here", "attack here", MCP_VIEW_ESCAPES,
          "\\x61ttack here" },
        { "u escape", "\\u0061ttack here", "attack here", MCP_VIEW_ESCAPES,
          "\\u0061ttack here" },
        { "surrogates", "a \\ud83d\\ude00 b", "\360\237\230\200",
          MCP_VIEW_ESCAPES, "\\ud83d\\ude00" },
        { "octal", "\\141ttack here", "attack here", MCP_VIEW_ESCAPES,
          "\\141ttack here" },
        { "quoted-printable", "Subject=3A =61ttack=20here, att=\nack",
          "attack here", MCP_VIEW_ESCAPES, "=61ttack=20here" },
        { "zero width", "at\342\200\213ta\342\200\215ck here", "attack here",
          MCP_VIEW_FOLDED, "at\342\200\213ta\342\200\215ck here" },
        { "soft hyphen", "at\302\255tack here", "attack here",
          MCP_VIEW_FOLDED, "at\302\255tack here" },
        { "bidi", "\342\200\256attack here\342\200\254", "attack here",
          MCP_VIEW_FOLDED, "attack here" },
        { "full width", "\357\275\201ttack here", "attack here",
          MCP_VIEW_FOLDED, "\357\275\201ttack here" },
        { "mathematical", "\360\235\220\232ttack here", "attack here",
          MCP_VIEW_FOLDED, "\360\235\220\232ttack here" },
        { "Cyrillic in Latin", "att\320\260ck here", "attack here",
          MCP_VIEW_FOLDED, "att\320\260ck here" },
        { "accents", "a\314\201t\314\202t\314\203a\314\204ck here",
          "attack here", MCP_VIEW_FOLDED,
          "a\314\201t\314\202t\314\203a\314\204ck here" },
        { "wide space", "attack\342\200\203here", "attack here",
          MCP_VIEW_FOLDED, "attack\342\200\203here" },
        { "spaced out", "now a t t a c k them", "attack", MCP_VIEW_FOLDED,
          "a t t a c k" },
        { "control", "att\001ack here", "attack here", MCP_VIEW_FOLDED,
          "att\001ack here" },
        { "ANSI", "att\033[31mack here", "attack here", MCP_VIEW_FOLDED,
          "att\033[31mack here" },
        { "tags", "hi \363\240\201\241\363\240\201\264\363\240\201\264"
          "\363\240\201\241\363\240\201\243\363\240\201\253 there", "attack",
          MCP_VIEW_TAGS, "\363\240\201\241\363\240\201\264\363\240\201\264"
          "\363\240\201\241\363\240\201\243\363\240\201\253" },
        { "base64", "see YXR0YWNrIGhlcmUgYW5kIG5vdw== there", "attack here",
          MCP_VIEW_RUNS, "YXR0YWNrIGhlcmUgYW5kIG5vdw" },
        { "base64 without padding", "YXR0YWNrIGhlcmUgYW5kIG5vdw",
          "attack here", MCP_VIEW_RUNS, "YXR0YWNrIGhlcmUgYW5kIG5vdw" },
        { "hexadecimal", "61747461636b206865726520616e64206e6f77",
          "attack here", MCP_VIEW_RUNS,
          "61747461636b206865726520616e64206e6f77" },
        { "base32", "MF2HIYLDNMQGQZLSMUQGC3TEEBXG65Y=", "attack here",
          MCP_VIEW_RUNS, "MF2HIYLDNMQGQZLSMUQGC3TEEBXG65Y" },
        { "gaps", "attack \n\t here", "attack here", MCP_VIEW_JOINED,
          "attack \n\t here" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        is_int(look(&s, cases[i].text, strlen(cases[i].text),
                    cases[i].needle),
               MCP_OK, "%s", cases[i].name);

        if (!ok(s.hits > 0, "%s: a view shows it", cases[i].name)) {
            continue;
        }

        is_int(s.kind, cases[i].kind, "%s: of that kind", cases[i].name);
        is_mem(cases[i].text + s.from, s.to - s.from, cases[i].span,
               strlen(cases[i].span), "%s: and its place", cases[i].name);
        ok(!views->overflow, "%s: within limits", cases[i].name);
    }
}


/* What is no disguise: no view, or one that changes nothing that counts. */
static void
test_ordinary(void)
{
    size_t    i;
    search_t  s;

    static const char *const  plain[] = {
        "", "a", "Plain text, of one line.", "50% of it & more = a lot",
        "C:\\new\\table", "a\tb\nc", "x = y + z", "if (a && b) { c(); }",
        "https://x.test/a?b=c&d=e", "A B testing", "100%", "%", "%4", "&", "&#",
        "\\", "\\x", "=", "=3", "line.\n\nline.\n\n", "short0123456789"
    };

    static const char *const  encoded[] = {
        "\377\376", "%ff%fe%00%80", "\\ud83d alone \\udc00", "&#x110000;",
        "&#xd800;", "&#99999999999999999999;", "&#;", "&#x;", "&bogus;",
        "%u00", "%uzzzz", "\\u12", "\\x1", "\\400", "=ZZ", "=\r", "%%%%%41",
        "////////////////", "________________", "AAAAAAAAAAAAAAAAAAAAA",
        "gICAgICAgICAgICAgICAgICA", "\360\237\360\237\360\237\360\237",
        "\355\240\200\355\260\200", "\300\200\300\200"
    };

    for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        is_int(look(&s, plain[i], strlen(plain[i]), NULL), MCP_OK, "\"%s\"",
               plain[i]);
        is_int(s.views, 0, "has no view");
    }

    for (i = 0; i < sizeof(encoded) / sizeof(encoded[0]); i++) {
        is_int(look(&s, encoded[i], strlen(encoded[i]), NULL), MCP_OK,
               "invalid encoding %u", (unsigned) i);
        ok(!views->overflow, "within limits");
    }
}


static void
to_base64(unsigned char *out, size_t *out_len, const unsigned char *p,
    size_t len)
{
    size_t    i, n;
    uint32_t  v;

    static const char  set[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (i = 0, n = 0; i + 2 < len; i += 3) {
        v = (uint32_t) p[i] << 16 | (uint32_t) p[i + 1] << 8 | p[i + 2];
        out[n++] = (unsigned char) set[v >> 18];
        out[n++] = (unsigned char) set[v >> 12 & 63];
        out[n++] = (unsigned char) set[v >> 6 & 63];
        out[n++] = (unsigned char) set[v & 63];
    }

    *out_len = n;
}


/* Encodings inside each other: as deep as it goes, and one more. */
static void
test_layers(void)
{
    size_t          i, k, n, len;
    search_t        s;
    unsigned char   a[4096], b[4096];

    for (i = 1; i <= 6; i++) {

        len = 0;
        memcpy(a, "attack here, and now!", 21);
        len = 21;

        for (k = 0; k < i; k++) {
            to_base64(b, &n, a, len);
            memcpy(a, b, n);
            len = n - n % 3;
        }

        is_int(look(&s, a, n, "attack here"), MCP_OK, "base64 %u times",
               (unsigned) i);

        if (i <= MCP_VIEW_LAYERS) {
            ok(s.hits == 1 && s.from == 0 && !views->overflow, "is undone");

        } else {
            ok(s.hits == 0 && views->overflow, "is past a limit");
        }
    }

    for (i = 1; i <= 6; i++) {

        /* %61, %2561, %252561 ... */

        len = 0;
        a[len++] = '%';

        for (k = 1; k < i; k++) {
            a[len++] = '2';
            a[len++] = '5';
        }

        memcpy(a + len, "61ttack here", 12);
        len += 12;

        is_int(look(&s, a, len, "attack here"), MCP_OK, "percent %u times",
               (unsigned) i);

        if (i <= MCP_VIEW_LAYERS) {
            ok(s.hits == 1 && s.from == 0 && s.to == len && !views->overflow,
               "is undone");

        } else {
            ok(s.hits == 0 && views->overflow, "is past a limit");
        }
    }
}


/*
 * The probe, byte by byte: what is there may not be missed, at any offset.
 */
static unsigned
probe_slowly(const unsigned char *p, size_t len)
{
    size_t    i, k, run;
    unsigned  bits;

#define IS_LETTER(c)  (((c) | 0x20) >= 'a' && ((c) | 0x20) <= 'z')
#define IS_DIGIT(c)   ((c) >= '0' && (c) <= '9')
#define IS_HEX(c)                                                             \
    (IS_DIGIT(c) || (((c) | 0x20) >= 'a' && ((c) | 0x20) <= 'f'))
#define IS_WHITE(c)   ((c) == ' ' || ((c) >= '\t' && (c) <= '\r'))

    bits = 0;
    run = 0;

    for (i = 0; i < len; i++) {

        if (p[i] >= 0x80) {
            bits |= MCP_TEXT_WIDE;
        }

        if ((p[i] < 0x20 && p[i] != '\t' && p[i] != '\r' && p[i] != '\n')
            || p[i] == 0x7f)
        {
            bits |= MCP_TEXT_CONTROL;
        }

        run = (IS_LETTER(p[i]) || IS_DIGIT(p[i])
               || memchr("+/-_", p[i], 4) != NULL) ? run + 1 : 0;
        bits |= (run >= 16) ? MCP_TEXT_RUN : 0;

        if (i + 2 < len) {

            if (p[i] == '%' && IS_HEX(p[i + 1]) && IS_HEX(p[i + 2])) {
                bits |= MCP_TEXT_PERCENT;
            }

            if (p[i] == '&' && (p[i + 1] == '#' || IS_LETTER(p[i + 1]))) {
                bits |= MCP_TEXT_ENTITY;
            }

            if (p[i] == '\\' && (p[i + 1] == 'x' || p[i + 1] == 'u')) {
                bits |= MCP_TEXT_BACKSLASH;
            }

            if (p[i] == '=' && p[i + 1] == '3' && p[i + 2] == 'D') {
                bits |= MCP_TEXT_QUOTED;
            }

            if (IS_LETTER(p[i]) && IS_WHITE(p[i + 1]) && IS_WHITE(p[i + 2])) {
                bits |= MCP_TEXT_GAP;
            }
        }

        for (k = 0; k < 4 && i + 2 * k < len; k++) {
            if (!IS_LETTER(p[i + 2 * k])
                || (i + 2 * k > 0 && IS_LETTER(p[i + 2 * k - 1]))
                || (i + 2 * k + 1 < len && IS_LETTER(p[i + 2 * k + 1])))
            {
                break;
            }
        }

        bits |= (k == 4) ? MCP_TEXT_SPACED : 0;
    }

    return bits;
}


static uint32_t  seed = 12345;


static unsigned
below(unsigned n)
{
    seed = seed * 1664525 + 1013904223;

    return (seed >> 12) % n;
}


static void
test_probe(void)
{
    size_t          i, at, len;
    unsigned        k, missed, extra, fast, slow;
    unsigned char  *text;

    static const char *const  marks[] = {
        "%41", "&a;", "&#1", "\\x4", "\\u0", "=3D", "0123456789abcdef",
        "a b c d", "a  b", "a\n\nb", "\303\251", "\001", "\177"
    };

    missed = 0;
    extra = 0;

    for (k = 0; k < sizeof(marks) / sizeof(marks[0]); k++) {
        for (len = 20; len < 200; len += 9) {
            for (at = 0; at + strlen(marks[k]) <= len; at++) {

                /* its own block of memory: no byte beyond it is read */

                text = malloc(len);

                if (text == NULL) {
                    continue;
                }

                for (i = 0; i < len; i++) {
                    text[i] = (unsigned char) ".,;!?()"[i % 7];
                }

                memcpy(text + at, marks[k], strlen(marks[k]));
                fast = mcp_text_probe(text, len);
                slow = probe_slowly(text, len);
                missed += (slow & ~fast) != 0;
                extra += slow == 0 && fast != 0;
                free(text);
            }
        }
    }

    is_int(missed, 0, "the probe misses no mark at any offset");
    is_int(extra, 0, "and sees none that is not there");

    for (k = 0, missed = 0; k < 20000; k++) {

        len = below(300);
        text = malloc(len + 1);

        if (text == NULL) {
            continue;
        }

        for (i = 0; i < len; i++) {
            text[i] = (unsigned char) "ab  \n%4&\\x=3D1."[below(15)];

            if (below(40) == 0) {
                text[i] = (unsigned char) below(256);
            }
        }

        slow = probe_slowly(text, len);
        missed += (slow & ~mcp_text_probe(text, len)) != 0;
        free(text);
    }

    is_int(missed, 0, "nor in random text");
}


/* Each byte of each view was made of some bytes of the text. */
static void
test_spans(void)
{
    size_t          len, n;
    unsigned        k, wrong, failed, seen;
    search_t        s;
    unsigned char   text[6000], tmp[2000];
    const char     *p;

    static const char *const  parts[] = {
        "some words ", "%41%42", "%2541", "&lt;", "&#97;", "\\u0061", "\\x41",
        "=3D", "\342\200\213", "\303\251", "\357\275\201", "\320\260",
        "a b c d e ", "\360\237\230\200", "\363\240\201\241", "  ", "\n\n",
        "\001", "\033[1m", "\341\204\200\341\205\241", "\357\267\272",
        "61747461636b206865726520616e64206e6f77 ", "\314\201", "\302\240"
    };

    wrong = 0;
    failed = 0;
    seen = 0;

    for (k = 0; k < 2000; k++) {

        for (len = 0, n = below(60); n > 0 && len < 4000; n--) {

            p = parts[below(sizeof(parts) / sizeof(parts[0]))];
            memcpy(text + len, p, strlen(p));
            len += strlen(p);

            if (below(12) == 0 && len > 30 && len < 1000) {
                size_t  m;

                to_base64(tmp, &m, text, len);
                memcpy(text + len, tmp, m);
                len += m;
            }
        }

        memset(&s, 0, sizeof(s));
        s.map = 1;
        s.len = len;
        failed += mcp_views_make(views, text, len, mcp_text_probe(text, len),
                                 on_view, &s) != MCP_OK;
        wrong += s.wrong;
        seen += s.views;
    }

    is_int(failed, 0, "random texts have their views: %u", seen);
    is_int(wrong, 0, "each byte of which has a place in the text");
}


/* Two runs, the first UTF-16: the second keeps its place. */
static void
test_wide_run(void)
{
    size_t          i, n, m;
    search_t        s;
    unsigned char   text[8000], wide[3000];

    for (i = 0; i < 1500; i++) {
        wide[2 * i] = (unsigned char) "these are some words of text, "[i % 30];
        wide[2 * i + 1] = 0;
    }

    to_base64(text, &n, wide, sizeof(wide));
    memcpy(text + n, " then ", 6);
    to_base64(text + n + 6, &m, (const unsigned char *)
                                "and here is the attack text", 27);

    is_int(look(&s, text, n + 6 + m, "here is the attack"), MCP_OK,
           "UTF-16 in base64, then a plain run");
    ok(s.hits == 1 && s.from == n + 6 && s.to == n + 6 + m,
       "the second has its own place");

    (void) look(&s, text, n + 6 + m, "some words of text");
    ok(s.hits == 1 && s.from == 0 && s.to == n, "and the first one, too");
}


/* A long text is worked on in pieces: nothing is lost where they meet. */
static void
test_pieces(void)
{
    size_t          at, n, k, len, lost;
    search_t        s;
    unsigned char  *text;

    static const char *const  planted[] = {
        "%61ttack here", "at\342\200\213tack here", "&#97;ttack here",
        "YXR0YWNrIGhlcmUgYW5kIG5vdw==", "attack  here"
    };

    len = 3 * MCP_VIEW_PIECE;
    text = malloc(len);

    if (!ok(text != NULL, "a long text")) {
        return;
    }

    for (k = 0; k < sizeof(planted) / sizeof(planted[0]); k++) {

        n = strlen(planted[k]);
        lost = 0;

        for (at = MCP_VIEW_PIECE - n - 20; at < MCP_VIEW_PIECE + 20; at += 3) {

            memset(text, '.', len);
            memcpy(text + at, planted[k], n);
            (void) look(&s, text, len, "attack here");

            lost += s.hits == 0 || s.from != at
                    || (s.to != at + n && k != 3) || views->overflow;
        }

        is_int(lost, 0, "across two pieces: %s", planted[k]);
    }

    /* one run over all pieces */

    to_base64(text, &n, (const unsigned char *) "", 0);

    for (k = 0, at = 0; at + 40 < len; k++) {
        to_base64(text + at, &n, (const unsigned char *)
                  (k % 4096 == 4095 ? "attack here now and then, ok. "
                                    : "these are words of some text. "), 30);
        at += n;
    }

    is_int(look(&s, text, at, "attack here"), MCP_OK, "a run of %u bytes",
           (unsigned) at);
    ok(s.hits >= k / 4096 - 1 && s.hits > 0, "is decoded all the way");

    free(text);
}


/* CPU time of the views of a text, in ns for each byte. */
static double
cost(const unsigned char *text, size_t len, const char *what, int *overflow)
{
    clock_t   t;
    double    ns;
    search_t  s;
    mcp_rc_t  rc;

    t = clock();
    rc = look(&s, text, len, NULL);
    ns = (double) (clock() - t) * 1e9 / CLOCKS_PER_SEC / (double) len;

    is_int(rc, MCP_OK, "%s: %u views", what, s.views);
    diag("%s: %.1f ns a byte%s", what, ns, views->overflow ? ", cut" : "");
    *overflow = views->overflow;

    return ns;
}


/* All candidates: time stays linear, memory bounded, cuts are told. */
static void
test_hostile(void)
{
    int             cut;
    size_t          i, k, n, m;
    double          worst, ns;
    unsigned char  *a, *b;

    a = malloc(4 * MB);
    b = malloc(4 * MB);

    if (!ok(a != NULL && b != NULL, "memory")) {
        return;
    }

    worst = 0;

    static const struct {
        const char  *name;
        const char  *unit;
    } cases[] = {
        { "zero width joiners", "\342\200\215" },
        { "right-to-left nests", "\342\200\256\342\200\253\342\200\247" },
        { "percent signs", "%" },
        { "percent percent", "%25" },
        { "half an escape", "%2%" },
        { "ampersands", "&" },
        { "entities without end", "&#00" },
        { "entities", "&lt;" },
        { "backslashes", "\\" },
        { "u escapes", "\\u0041" },
        { "equals", "=" },
        { "soft breaks", "=\n" },
        { "letters spaced out", "a " },
        { "combining", "a\314\201\314\201\314\201" },
        { "ligatures", "\357\267\272" },
        { "mixed scripts", "a\320\260" },
        { "tags", "\363\240\201\241" },
        { "variation selectors", "\357\270\200\363\240\204\200" },
        { "flags", "\360\237\207\246" },
        { "runs of sixteen", "QUJDREVGR0hJSktM " },
        { "hexadecimal", "41" },
        { "zeros", "0" },
        { "slashes", "/" },
        { "gaps", "a  " },
        { "ANSI", "\033[" },
        { "controls", "\001" },
        { "Hangul", "\341\204\200\341\205\241" },
        { "invalid", "\377" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        m = strlen(cases[i].unit);

        for (n = 0; n + m <= MB; n += m) {
            memcpy(a + n, cases[i].unit, m);
        }

        ns = cost(a, n, cases[i].name, &cut);
        worst = (ns > worst) ? ns : worst;
    }

    /* a megabyte of base64 of base64 of ... text */

    for (n = 0; n < MB / 4; n++) {
        a[n] = (unsigned char) "some words of text, attack here. "[n % 33];
    }

    for (k = 0; k < 5; k++) {
        to_base64(b, &m, a, n);
        memcpy(a, b, m);
        n = (m < MB) ? m : MB;
        n -= n % 12;
        ns = cost(a, n, "base64 of base64", &cut);
        worst = (ns > worst) ? ns : worst;
    }

    ok(cut, "too deep an encoding is told");

    /* ligatures of 18 letters: a view may grow so far only */

    for (n = 0; n + 3 <= MB; n += 3) {
        memcpy(a + n, "\357\267\272", 3);
    }

    (void) cost(a, n, "text that grows", &cut);
    ok(cut, "and too large a view as well");

    /* twice the text, about twice the time */

    for (n = 0; n < 4 * MB; n++) {
        a[n] = (unsigned char) "%25&#x41;\\u0042=3D a b c d QUJDREVGR0hJSktM"
                               [n % 43];
    }

    worst = cost(a, MB, "all at once", &cut) + 1;
    ns = cost(a, 4 * MB, "all at once, four times", &cut);
    ok(ns < worst * 8, "time is linear");

    free(a);
    free(b);
}


static void
test_memory(void)
{
    int             told;
    unsigned        n;
    mcp_rc_t        rc;
    search_t        s;
    mcp_views_t    *fresh, *old;

    static const char  text[] =
        "caf\303\251 %41%42 see YXR0YWNrIGhlcmUgYW5kIG5vdw== a\342\200\213b";

    told = 1;
    old = views;

    for (n = 1; n < 1000; n++) {

        fresh = mcp_views_create();

        if (fresh == NULL) {
            break;
        }

        views = fresh;
        calls = 0;
        fail_at = n;
        rc = look(&s, text, sizeof(text) - 1, "attack here");
        fail_at = 0;

        if (calls < n) {
            mcp_views_destroy(fresh);
            break;
        }

        told &= rc == MCP_ERROR || fresh->overflow;

        rc = look(&s, text, sizeof(text) - 1, "attack here");
        told &= rc == MCP_OK && s.hits == 1;
        mcp_views_destroy(fresh);
    }

    views = old;
    ok(told && n > 4, "short memory is told, %u places", n - 1);

    /* what the handler returns ends the making */

    memset(&s, 0, sizeof(s));
    s.rc = MCP_ERROR;
    is_int(mcp_views_make(views, (const unsigned char *) text,
                          sizeof(text) - 1,
                          mcp_text_probe((const unsigned char *) text,
                                         sizeof(text) - 1), on_view, &s),
           MCP_ERROR, "the handler has the last word");
    is_int(s.views, 1, "after one view");
}


int
main(void)
{
    long  before = live;

    views = mcp_views_create();

    if (!ok(views != NULL, "views")) {
        return done();
    }

    test_disguises();
    test_ordinary();
    test_layers();
    test_probe();
    test_spans();
    test_wide_run();
    test_pieces();
    test_hostile();
    test_memory();

    mcp_views_destroy(views);
    mcp_views_destroy(NULL);
    is_int(live, before, "all memory is given back");

    return done();
}
