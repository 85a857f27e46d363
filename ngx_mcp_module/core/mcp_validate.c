/*
 * Validators.  Each is a function of the text and one number; all of them
 * read the text a constant number of times.  Here are those that look at
 * characters and words, the table of all and the reader of lists; what knows
 * a format is in mcp_validate_format.c.
 */

#include "mcp_validate_int.h"

#include <math.h>
#include <string.h>


#define LONG_TOKEN   64               /* short words in it may be chance     */

typedef int (*check_pt)(const unsigned char *p, size_t len, double arg);

typedef struct {
    const char  *name;
    check_pt     check;
    unsigned     arg:1;               /* wants ">=N"                         */
} check_t;


double
mcp_entropy(const unsigned char *p, size_t len)
{
    double    h, q;
    size_t    i;
    unsigned  c, n[256];

    if (len == 0) {
        return 0;
    }

    memset(n, 0, sizeof(n));

    for (i = 0; i < len; i++) {
        n[p[i]]++;
    }

    for (c = 0, h = 0; c < 256; c++) {
        if (n[c]) {
            q = (double) n[c] / (double) len;
            h -= q * log2(q);
        }
    }

    return h;
}


int
mcp_contains(const unsigned char *p, size_t len, const char *word)
{
    size_t  i, n = strlen(word);

    for (i = 0; i + n <= len; i++) {
        if (p[i] == (unsigned char) word[0] && memcmp(p + i, word, n) == 0) {
            return 1;
        }
    }

    return 0;
}


/* the same for a lower case word, whatever the case of the text */
static int
contains_nocase(const unsigned char *p, size_t len, const char *word)
{
    size_t  i, k, n = strlen(word);

    for (i = 0; i + n <= len; i++) {

        for (k = 0; k < n; k++) {
            if ((is_upper(p[i + k]) ? (p[i + k] | 0x20) : p[i + k])
                != (unsigned char) word[k])
            {
                break;
            }
        }

        if (k == n) {
            return 1;
        }
    }

    return 0;
}


static int
check_entropy(const unsigned char *p, size_t len, double arg)
{
    return mcp_entropy(p, len) >= arg;
}


static int
check_digits(const unsigned char *p, size_t len, double arg)
{
    size_t  i, n;

    for (i = 0, n = 0; i < len; i++) {
        n += (size_t) is_digit(p[i]);
    }

    return (double) n >= arg;
}


static int
check_upper(const unsigned char *p, size_t len, double arg)
{
    size_t  i, n;

    for (i = 0, n = 0; i < len; i++) {
        n += (size_t) is_upper(p[i]);
    }

    return (double) n >= arg;
}


static int
check_lower(const unsigned char *p, size_t len, double arg)
{
    size_t  i, n;

    for (i = 0, n = 0; i < len; i++) {
        n += (size_t) is_lower(p[i]);
    }

    return (double) n >= arg;
}


static int
check_letters(const unsigned char *p, size_t len, double arg)
{
    size_t  i, n;

    for (i = 0, n = 0; i < len; i++) {
        n += (size_t) is_letter(p[i]);
    }

    return (double) n >= arg;
}


static int
check_symbols(const unsigned char *p, size_t len, double arg)
{
    size_t  i, n;

    for (i = 0, n = 0; i < len; i++) {
        n += (size_t) (!is_letter(p[i]) && !is_digit(p[i]));
    }

    return (double) n >= arg;
}


static int
check_mixed(const unsigned char *p, size_t len, double arg)
{
    return check_upper(p, len, 1) + check_lower(p, len, 1)
           + check_digits(p, len, 1) + check_symbols(p, len, 1) >= arg;
}


static int
check_length(const unsigned char *p, size_t len, double arg)
{
    size_t  i, n;

    for (i = 0, n = 0; i < len; i++) {
        n += (p[i] & 0xc0) != 0x80;
    }

    return (double) n >= arg;
}


static int
check_distinct(const unsigned char *p, size_t len, double arg)
{
    size_t         i;
    unsigned       c, n;
    unsigned char  seen[256];

    memset(seen, 0, sizeof(seen));

    for (i = 0; i < len; i++) {
        seen[p[i]] = 1;
    }

    for (c = 0, n = 0; c < 256; c++) {
        n += seen[c];
    }

    return n >= arg;
}


/* "%s" that stands alone: as a part of a word it is one of a password. */
static int
has_format(const unsigned char *p, size_t len)
{
    size_t  i;

    for (i = 0; i + 1 < len; i++) {
        if (p[i] == '%' && p[i + 1] == 's'
            && (i == 0 || !(is_letter(p[i - 1]) || is_digit(p[i - 1])))
            && (i + 2 == len
                || !(is_letter(p[i + 2]) || is_digit(p[i + 2]))))
        {
            return 1;
        }
    }

    return 0;
}


/*
 * Words of examples and masks.  A random token of 40 characters holds one of
 * the four-letter ones by chance less than once in ten thousand; in long
 * tokens they are too likely and not looked for.
 */
static int
check_not_placeholder(const unsigned char *p, size_t len, double arg)
{
    static const char *const  words[] = {
        "example", "placeholder", "changeme", "change_me", "change-me",
        "change_this", "changethis", "redacted", "notreal", "process.env",
        "os.environ", "getenv("
    };

    static const char *const  short_words[] = {
        "dummy", "sample", "your", "fake", "todo", "insert", "replace",
        "foobar", "undefined", "xxxx", "environ", "getenv", "secrets.",
        "config.", "settings."
    };

    static const char *const  marks[] = {
        "****", "....", "${", "{{", "%(", "$(", "<%", "xxxxxx", "XXXXXX",
        "\xe2\x80\xa2\xe2\x80\xa2", "\xe2\x80\xa6"
    };

    static const char *const  short_marks[] = {
        "00000", "..."
    };

    size_t    i, n[256], most, up, same;

    (void) arg;

    if (len == 0 || p[0] == '<' || p[0] == '$' || p[0] == '{'
        || (p[0] == '%' && p[len - 1] == '%'))
    {
        return 0;
    }

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (contains_nocase(p, len, words[i])) {
            return 0;
        }
    }

    for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (mcp_contains(p, len, marks[i])) {
            return 0;
        }
    }

    if (len < LONG_TOKEN) {

        for (i = 0; i < sizeof(short_words) / sizeof(short_words[0]); i++) {
            if (contains_nocase(p, len, short_words[i])) {
                return 0;
            }
        }

        for (i = 0; i < sizeof(short_marks) / sizeof(short_marks[0]); i++) {
            if (mcp_contains(p, len, short_marks[i])) {
                return 0;
            }
        }

        if (has_format(p, len)) {
            return 0;
        }
    }

    memset(n, 0, sizeof(n));

    for (i = 0, most = 0, up = 0, same = 0; i < len; i++) {

        if (++n[p[i]] > most) {
            most = n[p[i]];
        }

        if (i == 0) {
            continue;
        }

        /* 12345678, abcdefgh; aaaaaa */

        up = (p[i] == p[i - 1] + 1
              || (p[i] == '0' && p[i - 1] == '9')) ? up + 1 : 0;
        same = (p[i] == p[i - 1]) ? same + 1 : 0;

        if (up >= 7 || (same >= 7 && len < LONG_TOKEN) || same >= 24) {
            return 0;
        }
    }

    return most * 2 <= len || len < 4;
}


static int
check_not_uuid(const unsigned char *p, size_t len, double arg)
{
    size_t  i;

    (void) arg;

    if (len != 36) {
        return 1;
    }

    for (i = 0; i < len; i++) {

        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (p[i] != '-') {
                return 1;
            }

        } else if (!is_hex(p[i])) {
            return 1;
        }
    }

    return 0;
}


static int
check_not_hex(const unsigned char *p, size_t len, double arg)
{
    size_t  i;

    (void) arg;

    for (i = 0; i < len; i++) {
        if (!is_hex(p[i])) {
            return 1;
        }
    }

    return 0;
}


/*
 * Could the letters p[0 .. len) be a word?  Vowels in a natural share and no
 * long run without one; checked on English, German, French and Spanish word
 * lists: above 97 %, random letters below 20 % from five letters on.
 */
static int
wordlike(const unsigned char *p, size_t len)
{
    size_t  i, vowels, run;

    for (i = 0, vowels = 0, run = 0; i < len; i++) {

        if (strchr("aeiouy", p[i] | 0x20) != NULL) {
            vowels++;
            run = 0;

        } else if (++run > 4) {
            return 0;
        }

        if (i > 1 && (p[i] | 0x20) == (p[i - 1] | 0x20)
            && (p[i] | 0x20) == (p[i - 2] | 0x20))
        {
            return 0;
        }

        if ((p[i] | 0x20) == 'q' && i + 1 < len && (p[i + 1] | 0x20) != 'u') {
            return 0;
        }
    }

    return vowels * 5 >= len && vowels * 4 <= len * 3;
}


static int
check_not_word(const unsigned char *p, size_t len, double arg)
{
    size_t  i, from, letters, words;

    (void) arg;

    letters = 0;
    words = 0;

    for (i = 0; i < len; /* void */ ) {

        if (!is_letter(p[i])) {
            letters += (size_t) is_digit(p[i]);
            i++;
            continue;
        }

        /* Capital and lower case letters, or one case only */

        from = i++;

        if (is_upper(p[from]) && i < len && is_upper(p[i])) {
            while (i < len && is_upper(p[i])) {
                i++;
            }

        } else {
            while (i < len && is_lower(p[i])) {
                i++;
            }
        }

        letters += i - from;

        if (i - from >= 3 && wordlike(p + from, i - from)) {
            words += i - from;
        }
    }

    return letters == 0 || words * 10 < letters * 7;
}


static int
check_not_path(const unsigned char *p, size_t len, double arg)
{
    (void) arg;

    if (len > 1 && (p[0] == '/' || (p[0] == '~' && p[1] == '/')
                    || (p[0] == '.' && (p[1] == '/' || p[1] == '.'))))
    {
        return 0;
    }

    return !(len > 2 && is_letter(p[0]) && p[1] == ':'
             && (p[2] == '\\' || p[2] == '/'));
}


static int
check_not_url(const unsigned char *p, size_t len, double arg)
{
    (void) arg;

    return !mcp_contains(p, len, "://")
           && !(len > 4 && memcmp(p, "www.", 4) == 0);
}


static int
check_not_date(const unsigned char *p, size_t len, double arg)
{
    size_t  i, digits;

    (void) arg;

    for (i = 0, digits = 0; i < len; i++) {

        digits += (size_t) is_digit(p[i]);

        if (!is_digit(p[i]) && strchr("-:/.+ TZ", p[i]) == NULL) {
            return 1;
        }
    }

    return !(len >= 8 && digits >= 6 && is_digit(p[0]) && is_digit(p[1])
             && digits < len);
}


static const check_t  checks[] = {
    { "github_crc32", mcp_check_github_crc32, 0 },
    { "npm_crc32", mcp_check_github_crc32, 0 },
    { "atlassian_crc32", mcp_check_atlassian_crc32, 0 },
    { "gitlab_crc32", mcp_check_gitlab_crc32, 0 },
    { "jwt", mcp_check_jwt, 0 },
    { "pem", mcp_check_pem, 0 },
    { "luhn", mcp_check_luhn, 0 },
    { "iban", mcp_check_iban, 0 },
    { "base58check", mcp_check_base58check, 0 },
    { "bech32", mcp_check_bech32, 0 },
    { "base64", mcp_check_base64, 0 },
    { "basic_auth", mcp_check_basic_auth, 0 },
    { "entropy", check_entropy, 1 },
    { "digits", check_digits, 1 },
    { "upper", check_upper, 1 },
    { "lower", check_lower, 1 },
    { "letters", check_letters, 1 },
    { "symbols", check_symbols, 1 },
    { "mixed", check_mixed, 1 },
    { "length", check_length, 1 },
    { "distinct", check_distinct, 1 },
    { "not_placeholder", check_not_placeholder, 0 },
    { "not_uuid", check_not_uuid, 0 },
    { "not_hex", check_not_hex, 0 },
    { "not_word", check_not_word, 0 },
    { "not_path", check_not_path, 0 },
    { "not_url", check_not_url, 0 },
    { "not_date", check_not_date, 0 }
};

#define CHECKS_N  (sizeof(checks) / sizeof(checks[0]))


/* "3.5": digits with at most one point.  -1 for anything else. */
static double
parse_arg(const char *p, size_t len)
{
    double    v, scale;
    size_t    i;

    v = 0;
    scale = 0;

    if (len == 0 || len > 8 || p[0] == '.' || p[len - 1] == '.') {
        return -1;
    }

    for (i = 0; i < len; i++) {

        if (p[i] == '.' && scale == 0) {
            scale = 1;
            continue;
        }

        if (p[i] < '0' || p[i] > '9') {
            return -1;
        }

        if (scale != 0) {
            scale /= 10;
            v += scale * (p[i] - '0');

        } else {
            v = v * 10 + (p[i] - '0');
        }
    }

    return v;
}


static const char *
parse_one(mcp_validators_t *vs, const char *word, size_t len)
{
    size_t  i, n;
    double  arg;

    if (vs->n == MCP_VALIDATORS_MAX) {
        return "too many validators at";
    }

    for (i = 0; i < CHECKS_N; i++) {
        n = strlen(checks[i].name);

        if (len < n || memcmp(word, checks[i].name, n) != 0
            || (len > n && word[n] != '>'))
        {
            continue;
        }

        arg = 0;

        if (checks[i].arg) {

            if (len < n + 3 || word[n] != '>' || word[n + 1] != '=') {
                return "needs \">=N\":";
            }

            arg = parse_arg(word + n + 2, len - n - 2);

            if (arg < 0) {
                return "bad number in";
            }

        } else if (len > n) {
            return "takes no number:";
        }

        vs->check[vs->n] = (uint8_t) i;
        vs->arg[vs->n] = arg;
        vs->n++;

        return NULL;
    }

    return "unknown validator";
}


mcp_rc_t
mcp_validators_parse(mcp_validators_t *vs, const char *list, size_t len,
    const char **error, const char **at, size_t *at_len)
{
    size_t  i, from;

    memset(vs, 0, sizeof(mcp_validators_t));

    for (i = 0; i < len; /* void */ ) {

        if (list[i] == ' ' || list[i] == ',') {
            i++;
            continue;
        }

        for (from = i; i < len && list[i] != ' ' && list[i] != ','; i++) {
            /* void */
        }

        *at = list + from;
        *at_len = i - from;
        *error = parse_one(vs, *at, *at_len);

        if (*error != NULL) {
            return MCP_ERROR;
        }
    }

    if (vs->n == 0) {
        *error = "names no validator:";
        *at = list;
        *at_len = len;
        return MCP_ERROR;
    }

    return MCP_OK;
}


int
mcp_validate(const mcp_validators_t *vs, const unsigned char *text, size_t len)
{
    unsigned  i;

    for (i = 0; i < vs->n; i++) {
        if (!checks[vs->check[i]].check(text, len, vs->arg[i])) {
            return 0;
        }
    }

    return 1;
}
