/*
 * The tokenizer against others: JSONTestSuite, and jansson on documents that
 * are made up and then damaged.
 */

#define _POSIX_C_SOURCE  200809L    /* opendir() */

#include <dirent.h>

#include "json_trace.h"
#include "json_tree.h"
#include "tap.h"


#define SUITE         "../shared/json-test-suite/test_parsing"
#define SUITE_Y       95
#define SUITE_N       188
#define SUITE_I       35
#define DOCUMENTS     4000
#define DAMAGED       60000


static mcp_json_t  *tokenizer;

static const mcp_json_limits_t  defaults = { 64, 4096, 1024, 1 << 20 };


/*
 * Files that a parser must accept and that we refuse, because two parsers
 * behind us may read them differently.
 */
static const struct {
    const char      *name;
    mcp_json_err_t   err;

} stricter[] = {
    { "y_object_duplicated_key.json", MCP_JSON_E_DUPLICATE },
    { "y_object_duplicated_key_and_value.json", MCP_JSON_E_DUPLICATE },
    { "y_object_escaped_null_in_key.json", MCP_JSON_E_NUL }
};


/*
 * Files that a parser may accept or refuse: what we do is frozen here.
 * Numbers are text for us, so their size is no reason.
 */
static const struct {
    const char      *name;
    mcp_json_err_t   err;

} frozen[] = {
    { "i_number_double_huge_neg_exp.json", MCP_JSON_E_NONE },
    { "i_number_huge_exp.json", MCP_JSON_E_NUMBER },
    { "i_number_neg_int_huge_exp.json", MCP_JSON_E_NONE },
    { "i_number_pos_double_huge_exp.json", MCP_JSON_E_NONE },
    { "i_number_real_neg_overflow.json", MCP_JSON_E_NONE },
    { "i_number_real_pos_overflow.json", MCP_JSON_E_NONE },
    { "i_number_real_underflow.json", MCP_JSON_E_NONE },
    { "i_number_too_big_neg_int.json", MCP_JSON_E_NONE },
    { "i_number_too_big_pos_int.json", MCP_JSON_E_NONE },
    { "i_number_very_big_negative_int.json", MCP_JSON_E_NONE },
    { "i_object_key_lone_2nd_surrogate.json", MCP_JSON_E_SURROGATE },
    { "i_string_1st_surrogate_but_2nd_missing.json", MCP_JSON_E_SURROGATE },
    { "i_string_1st_valid_surrogate_2nd_invalid.json", MCP_JSON_E_SURROGATE },
    { "i_string_UTF-16LE_with_BOM.json", MCP_JSON_E_SYNTAX },
    { "i_string_UTF-8_invalid_sequence.json", MCP_JSON_E_UTF8 },
    { "i_string_UTF8_surrogate_U+D800.json", MCP_JSON_E_UTF8 },
    { "i_string_incomplete_surrogate_and_escape_valid.json",
      MCP_JSON_E_SURROGATE },
    { "i_string_incomplete_surrogate_pair.json", MCP_JSON_E_SURROGATE },
    { "i_string_incomplete_surrogates_escape_valid.json",
      MCP_JSON_E_SURROGATE },
    { "i_string_invalid_lonely_surrogate.json", MCP_JSON_E_SURROGATE },
    { "i_string_invalid_surrogate.json", MCP_JSON_E_SURROGATE },
    { "i_string_invalid_utf-8.json", MCP_JSON_E_UTF8 },
    { "i_string_inverted_surrogates_U+1D11E.json", MCP_JSON_E_SURROGATE },
    { "i_string_iso_latin_1.json", MCP_JSON_E_UTF8 },
    { "i_string_lone_second_surrogate.json", MCP_JSON_E_SURROGATE },
    { "i_string_lone_utf8_continuation_byte.json", MCP_JSON_E_UTF8 },
    { "i_string_not_in_unicode_range.json", MCP_JSON_E_UTF8 },
    { "i_string_overlong_sequence_2_bytes.json", MCP_JSON_E_UTF8 },
    { "i_string_overlong_sequence_6_bytes.json", MCP_JSON_E_UTF8 },
    { "i_string_overlong_sequence_6_bytes_null.json", MCP_JSON_E_UTF8 },
    { "i_string_truncated-utf-8.json", MCP_JSON_E_UTF8 },
    { "i_string_utf16BE_no_BOM.json", MCP_JSON_E_NUL },
    { "i_string_utf16LE_no_BOM.json", MCP_JSON_E_NUL },
    { "i_structure_500_nested_arrays.json", MCP_JSON_E_DEPTH },
    { "i_structure_UTF-8_BOM_empty_object.json", MCP_JSON_E_BOM }
};


static int
read_file(const char *dir, const char *name, mcp_buf_t *b)
{
    char           path[512];
    FILE          *f;
    size_t         n;
    unsigned char  chunk[4096];

    (void) snprintf(path, sizeof(path), "%s/%s", dir, name);

    b->len = 0;
    f = fopen(path, "rb");

    if (f == NULL) {
        return 0;
    }

    while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0) {
        (void) mcp_buf_append(b, chunk, n);
    }

    (void) fclose(f);

    return 1;
}


static mcp_json_err_t
expected(const char *name, int *known)
{
    size_t  i;

    *known = 1;

    for (i = 0; i < sizeof(stricter) / sizeof(stricter[0]); i++) {
        if (strcmp(name, stricter[i].name) == 0) {
            return stricter[i].err;
        }
    }

    for (i = 0; i < sizeof(frozen) / sizeof(frozen[0]); i++) {
        if (strcmp(name, frozen[i].name) == 0) {
            return frozen[i].err;
        }
    }

    *known = (name[0] == 'y');

    return MCP_JSON_E_NONE;
}


static void
test_suite(void)
{
    DIR               *dir;
    int                known, n[128];
    trace_t            t;
    mcp_buf_t          b;
    const char        *what, *name;
    struct dirent     *entry;
    mcp_json_err_t     want;
    mcp_json_limits_t  limits;

    dir = opendir(SUITE);

    if (dir == NULL) {
        skip("JSONTestSuite is not at %s", SUITE);
        return;
    }

    memset(n, 0, sizeof(n));
    memset(&t, 0, sizeof(t));
    memset(&b, 0, sizeof(b));

    /* some of the deep ones are meant to be accepted by depth */

    limits = defaults;
    limits.depth = 400;

    while ((entry = readdir(dir)) != NULL) {

        name = entry->d_name;

        if (strlen(name) < 3 || name[1] != '_' || strchr("yni", name[0]) == NULL
            || !read_file(SUITE, name, &b))
        {
            continue;
        }

        n[(int) name[0]]++;

        what = trace_all(&t, tokenizer, &limits, b.data, b.len);
        ok(what == NULL, "%s: slices agree (%s)", name, what ? what : "all");

        want = expected(name, &known);

        if (name[0] == 'n') {
            ok(t.err != MCP_JSON_E_NONE && t.err != MCP_JSON_E_HANDLER
               && t.err != MCP_JSON_E_NOMEM,
               "%s: refused (%s)", name, mcp_json_strerror(t.err));

        } else {
            ok(known, "%s: known to this test", name);
            is_str(mcp_json_strerror(t.err), mcp_json_strerror(want),
                   "%s: as expected", name);
        }

        what = json_tree_compare(tokenizer, &limits, b.data, b.len);

        if (strcmp(name, "y_object_duplicated_key.json") == 0) {
            /* the flags make jansson refuse it too */
            ok(what == NULL, "%s: jansson agrees", name);

        } else {
            ok(what == NULL, "%s: jansson agrees (%s)", name,
               what ? what : "or differs rightly");
        }
    }

    (void) closedir(dir);

    is_int(n['y'], SUITE_Y, "number of files to accept");
    is_int(n['n'], SUITE_N, "number of files to refuse");
    is_int(n['i'], SUITE_I, "number of free files");

    mcp_buf_free(&b);
    trace_free(&t);
}


/* Documents at random: all kinds of tokens in all kinds of spelling. */

static void
add(mcp_buf_t *b, const char *text)
{
    if (mcp_buf_append_str(b, text) != MCP_OK) {
        abort();
    }
}


static void
make_space(mcp_buf_t *b, uint64_t *seed)
{
    static const char *const  spaces[] = {
        "", "", "", "", " ", "\n", "\t", "\r\n", "\n        ",
        "                                   "
    };

    add(b, spaces[trace_random(seed) % 10]);
}


static void
make_string(mcp_buf_t *b, uint64_t *seed, int key)
{
    char      text[32];
    uint32_t  i, n, r;

    static const char *const  parts[] = {
        "a", "b", "z", "0", " ", ":", "{", "[", ",", "abcdefgh", "password",
        "a longer piece of plain text", "\\n", "\\t", "\\\\", "\\\"", "\\/",
        "\\b", "\\f", "\\r", "\\u00e9", "\\u20AC", "\\ud83d\\ude00",
        "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xd0\xb6\xd0\xb6",
        "\xe4\xbd\xa0\xe5\xa5\xbd", "\x7f", "\xef\xbf\xbd"
    };

    add(b, "\"");

    n = trace_random(seed) % (key ? 4 : 12);

    for (i = 0; i < n; i++) {

        r = trace_random(seed) % 34;

        if (r < sizeof(parts) / sizeof(parts[0])) {
            add(b, parts[r]);

        } else {
            (void) snprintf(text, sizeof(text), "\\u%04x",
                            1 + trace_random(seed) % 0xd7ff);
            add(b, text);
        }
    }

    if (key) {
        /* mostly different names */
        (void) snprintf(text, sizeof(text), "%u", trace_random(seed) % 500);
        add(b, text);
    }

    add(b, "\"");
}


static void
make_number(mcp_buf_t *b, uint64_t *seed)
{
    char  text[64];

    static const char *const  forms[] = {
        "0", "-0", "1e5", "1E-5", "0.1", "-1.5e+3", "9223372036854775807",
        "-9223372036854775808", "1e-400", "123456789.123456789",
        "0.30000000000000004", "9007199254740993"
    };

    if (trace_random(seed) % 3 == 0) {
        add(b, forms[trace_random(seed) % (sizeof(forms) / sizeof(forms[0]))]);
        return;
    }

    (void) snprintf(text, sizeof(text), "%s%u",
                    trace_random(seed) % 4 == 0 ? "-" : "",
                    trace_random(seed) >> trace_random(seed) % 31);
    add(b, text);
}


static void
make_value(mcp_buf_t *b, uint64_t *seed, unsigned depth)
{
    uint32_t  i, n, kind;

    make_space(b, seed);

    kind = trace_random(seed) % (depth > 0 ? 9 : 5);

    switch (kind) {

    case 0:
        add(b, "true");
        break;

    case 1:
        add(b, "false");
        break;

    case 2:
        add(b, "null");
        break;

    case 3:
        make_number(b, seed);
        break;

    case 4:
        make_string(b, seed, 0);
        break;

    default:
        n = trace_random(seed) % (trace_random(seed) % 8 == 0 ? 40 : 6);
        add(b, (kind & 1) ? "{" : "[");

        for (i = 0; i < n; i++) {

            if (i > 0) {
                add(b, ",");
            }

            if (kind & 1) {
                make_space(b, seed);
                make_string(b, seed, 1);
                make_space(b, seed);
                add(b, ":");
            }

            make_value(b, seed, (n > 6) ? 0 : depth - 1);
        }

        make_space(b, seed);
        add(b, (kind & 1) ? "}" : "]");
        break;
    }

    make_space(b, seed);
}


static void
damage(mcp_buf_t *b, uint64_t *seed)
{
    size_t    at;
    uint32_t  n;

    static const unsigned char  nasty[] =
        "\"\\{}[]:,0123456789-+.eEutfn \n"
        "\x00\x1f\x7f\x80\xc2\xe0\xed\xf4\xff";

    for (n = 1 + trace_random(seed) % 3; n > 0 && b->len > 0; n--) {

        at = trace_random(seed) % b->len;

        switch (trace_random(seed) % 5) {

        case 0:
            b->data[at] = (unsigned char) trace_random(seed);
            break;

        case 1:
            b->data[at] = nasty[trace_random(seed) % (sizeof(nasty) - 1)];
            break;

        case 2:
            memmove(b->data + at, b->data + at + 1, b->len - at - 1);
            b->len--;
            break;

        case 3:
            b->data[at] ^= (unsigned char) (1u << trace_random(seed) % 8);
            break;

        default:
            (void) mcp_buf_append_byte(b, 0);
            memmove(b->data + at + 1, b->data + at, b->len - at - 1);
            b->data[at] = nasty[trace_random(seed) % (sizeof(nasty) - 1)];
            break;
        }
    }
}


static void
test_documents(void)
{
    int          shown;
    size_t       i, accepted, duplicates, differ, slices, uneven;
    trace_t      t, u;
    uint64_t     seed;
    mcp_buf_t    b, copy;
    const char  *what;

    memset(&t, 0, sizeof(t));
    memset(&u, 0, sizeof(u));
    memset(&b, 0, sizeof(b));
    memset(&copy, 0, sizeof(copy));

    seed = 20260728;
    accepted = 0;
    duplicates = 0;
    differ = 0;
    slices = 0;
    shown = 0;

    for (i = 0; i < DOCUMENTS; i++) {

        b.len = 0;
        make_value(&b, &seed, 1 + i % 6);

        if (i % 10 == 0) {
            what = trace_all(&t, tokenizer, &defaults, b.data, b.len);

        } else {
            trace_run(&t, tokenizer, &defaults, b.data, b.len, SLICE_WHOLE, 0);
            trace_run(&u, tokenizer, &defaults, b.data, b.len, SLICE_RANDOM,
                      i);
            what = trace_same(&t, &u) ? NULL : "random slices";
        }

        slices += (what != NULL);
        accepted += (t.err == MCP_JSON_E_NONE);
        duplicates += (t.err == MCP_JSON_E_DUPLICATE);

        what = json_tree_compare(tokenizer, &defaults, b.data, b.len);

        if (what != NULL && shown++ < 5) {
            diag("document %zu: %s", i, what);
        }

        differ += (what != NULL);
    }

    is_int(slices, 0, "%d documents: the same for any slicing", DOCUMENTS);
    is_int(differ, 0, "%d documents: the same tree as jansson", DOCUMENTS);
    is_int(accepted + duplicates, DOCUMENTS,
           "all are right but for duplicates");
    ok(accepted > DOCUMENTS * 8 / 10, "most of them are right (%zu)", accepted);
    ok(duplicates > 0, "some have duplicates (%zu)", duplicates);

    accepted = 0;
    differ = 0;
    slices = 0;
    uneven = 0;

    for (i = 0; i < DAMAGED; i++) {

        if (i % 12 == 0) {
            copy.len = 0;
            make_value(&copy, &seed, 1 + i % 4);
        }

        b.len = 0;
        (void) mcp_buf_append(&b, copy.data, copy.len);
        damage(&b, &seed);

        trace_run(&t, tokenizer, &defaults, b.data, b.len, SLICE_WHOLE, 0);
        trace_run(&u, tokenizer, &defaults, b.data, b.len,
                  (i & 1) ? SLICE_RANDOM : SLICE_BYTES, i);

        slices += !trace_same(&t, &u);
        accepted += (t.err == MCP_JSON_E_NONE);
        uneven += (t.offset > b.len);

        what = json_tree_compare(tokenizer, &defaults, b.data, b.len);

        if (what != NULL && shown++ < 5) {
            diag("damaged %zu: %s", i, what);
        }

        differ += (what != NULL);
    }

    is_int(slices, 0, "%d damaged ones: the same for any slicing", DAMAGED);
    is_int(differ, 0, "%d damaged ones: jansson agrees", DAMAGED);
    is_int(uneven, 0, "no error is behind the end of its input");
    ok(accepted > DAMAGED / 20 && accepted < DAMAGED * 19 / 20,
       "damage is neither always seen nor never (%zu)", accepted);

    mcp_buf_free(&b);
    mcp_buf_free(&copy);
    trace_free(&t);
    trace_free(&u);
}


/* In how many of two ways of slicing input is not read as text. */
static size_t
wrong_character(trace_t *t, const char *input, size_t n, const char *text,
    size_t len)
{
    int     i;
    size_t  wrong;

    wrong = 0;

    for (i = 0; i < 2; i++) {

        trace_run(t, tokenizer, &defaults, (const unsigned char *) input, n,
                  i ? SLICE_BYTES : SLICE_WHOLE, 0);

        wrong += (t->err != MCP_JSON_E_NONE || t->broken != NULL
                  || t->notation.len != len + 2
                  || memcmp(t->notation.data + 1, text, len) != 0);
    }

    return wrong;
}


/* All characters: as they are and escaped, whole and cut. */
static void
test_characters(void)
{
    int            n;
    size_t         wrong, len;
    trace_t        t;
    uint32_t       code;
    char           input[64], text[5];

    memset(&t, 0, sizeof(t));
    t.notate = 1;
    wrong = 0;

    for (code = 1; code < 0x110000; code += (code < 0x11000) ? 1 : 0x101) {

        if (code >= 0xd800 && code < 0xe000) {
            continue;
        }

        if (code < 0x80) {
            len = (size_t) snprintf(text, sizeof(text), "%c", (int) code);

        } else if (code < 0x800) {
            len = (size_t) snprintf(text, sizeof(text), "%c%c",
                                    (int) (0xc0 | code >> 6),
                                    (int) (0x80 | (code & 0x3f)));

        } else if (code < 0x10000) {
            len = (size_t) snprintf(text, sizeof(text), "%c%c%c",
                                    (int) (0xe0 | code >> 12),
                                    (int) (0x80 | (code >> 6 & 0x3f)),
                                    (int) (0x80 | (code & 0x3f)));

        } else {
            len = (size_t) snprintf(text, sizeof(text), "%c%c%c%c",
                                    (int) (0xf0 | code >> 18),
                                    (int) (0x80 | (code >> 12 & 0x3f)),
                                    (int) (0x80 | (code >> 6 & 0x3f)),
                                    (int) (0x80 | (code & 0x3f)));
        }

        if (code < 0x10000) {
            n = snprintf(input, sizeof(input), "\"\\u%04x\"", code);

        } else {
            n = snprintf(input, sizeof(input), "\"\\u%04x\\u%04X\"",
                         0xd7c0 + (code >> 10), 0xdc00 + (code & 0x3ff));
        }

        wrong += wrong_character(&t, input, (size_t) n, text, len);

        if (code < 0x20 || code == '"' || code == '\\') {
            continue;
        }

        n = snprintf(input, sizeof(input), "\"%s\"", text);

        wrong += wrong_character(&t, input, (size_t) n, text, len);
    }

    is_int(wrong, 0, "every character, escaped and as it is");

    trace_free(&t);
}


/*
 * Whether n bytes are one character of UTF-8, by the table of RFC 3629,
 * section 4, written down once more and in another way than the tokenizer's.
 */
static int
one_character(const unsigned char *p, unsigned n)
{
    uint32_t  code;
    unsigned  i;

    static const uint32_t  least[] = { 0, 0, 0x80, 0x800, 0x10000 };

    code = p[0] & (0xffu >> (n + 1));

    if ((p[0] & (0xff00u >> n & 0xff)) != (0xff00u >> n & 0xff)
        || (p[0] & (0x80u >> n)) != 0)
    {
        return 0;
    }

    for (i = 1; i < n; i++) {
        if (p[i] >> 6 != 2) {
            return 0;
        }

        code = code << 6 | (p[i] & 0x3f);
    }

    return code >= least[n] && code < 0x110000
           && (code < 0xd800 || code > 0xdfff);
}


/* All pairs of bytes, and all leads with bytes at the borders. */
static void
test_bytes(void)
{
    size_t         wrong;
    trace_t        t;
    unsigned       lead, n, a, b, c, i;
    unsigned char  input[16];

    static const unsigned char  edge[] = { 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0,
                                           0xbf, 0xc0, 0xff, 0x41 };

    memset(&t, 0, sizeof(t));
    wrong = 0;

    for (lead = 0x80; lead < 0x100; lead++) {

        n = (lead < 0xe0) ? 2 : (lead < 0xf0) ? 3 : 4;

        for (i = 0; i < 10 * 10 * 10; i++) {

            a = i / 100;
            b = i / 10 % 10;
            c = i % 10;

            input[0] = '"';
            input[1] = (unsigned char) lead;
            input[2] = edge[a];
            input[3] = edge[b];
            input[4] = edge[c];
            input[1 + n] = '"';
            memcpy(input + 2 + n, "  ", 2);

            trace_run(&t, tokenizer, &defaults, input, 4 + n,
                      (i & 1) ? SLICE_BYTES : SLICE_WHOLE, 0);

            wrong += ((t.err == MCP_JSON_E_NONE)
                      != one_character(input + 1, n));
            wrong += (t.err != MCP_JSON_E_NONE
                      && (t.err != MCP_JSON_E_UTF8 || t.offset != 1));
        }
    }

    is_int(wrong, 0, "every lead byte with bytes at the borders");

    trace_free(&t);
}


int
main(void)
{
    tokenizer = mcp_json_create();

    if (!ok(tokenizer != NULL, "a tokenizer")) {
        return done();
    }

    test_suite();
    test_documents();
    test_characters();
    test_bytes();

    mcp_json_destroy(tokenizer);

    return done();
}
