/*
 * Validators.  Each is a function of the text and one number; all of them
 * read the text a constant number of times.
 */

#include "mcp_validate.h"

#include <math.h>
#include <openssl/sha.h>
#include <string.h>


#define MAX_DECODED  256              /* bytes that a checksum is taken over */
#define LONG_TOKEN   64               /* short words in it may be chance     */

typedef int (*check_pt)(const unsigned char *p, size_t len, double arg);

typedef struct {
    const char  *name;
    check_pt     check;
    unsigned     arg:1;               /* wants ">=N"                         */
} check_t;


static int
is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}


static int
is_upper(unsigned char c)
{
    return c >= 'A' && c <= 'Z';
}


static int
is_lower(unsigned char c)
{
    return c >= 'a' && c <= 'z';
}


static int
is_letter(unsigned char c)
{
    return is_upper(c) || is_lower(c);
}


static int
is_hex(unsigned char c)
{
    return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}


uint32_t
mcp_crc32(const unsigned char *p, size_t len)
{
    /* of the four low bits: 64 bytes, and quick enough behind a prefix */
    static const uint32_t  table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
        0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c
    };

    size_t    i;
    uint32_t  crc = 0xffffffff;

    for (i = 0; i < len; i++) {
        crc ^= p[i];
        crc = (crc >> 4) ^ table[crc & 15];
        crc = (crc >> 4) ^ table[crc & 15];
    }

    return ~crc;
}


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


/* value in that base, most significant first, padded to n characters */
static int
is_number(const unsigned char *p, size_t n, uint32_t value, unsigned base)
{
    static const char  set[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "abcdefghijklmnopqrstuvwxyz";
    unsigned char      c;

    while (n-- > 0) {
        c = (unsigned char) set[value % base];

        if (base == 36) {
            c |= 0x20;                /* base36 is written in lower case;
                                         digits have the bit set already     */
        }

        if (p[n] != c) {
            return 0;
        }

        value /= base;
    }

    return value == 0;
}


static int
check_github_crc32(const unsigned char *p, size_t len, double arg)
{
    const unsigned char  *start;

    (void) arg;

    start = memchr(p, '_', len);

    if (start == NULL || len - (size_t) (++start - p) <= 6) {
        return 0;
    }

    len -= (size_t) (start - p);

    return is_number(start + len - 6, 6, mcp_crc32(start, len - 6), 62);
}


static int
check_atlassian_crc32(const unsigned char *p, size_t len, double arg)
{
    (void) arg;

    return len > 8 && is_number(p + len - 8, 8, mcp_crc32(p, len - 8), 16);
}


static int
check_gitlab_crc32(const unsigned char *p, size_t len, double arg)
{
    (void) arg;

    return len > 7 && is_number(p + len - 7, 7, mcp_crc32(p, len - 7), 36);
}


/*
 * One base64 digit of either alphabet, -1 for what is none.
 */
static int
base64_digit(unsigned char c)
{
    if (is_upper(c)) {
        return c - 'A';
    }

    if (is_lower(c)) {
        return c - 'a' + 26;
    }

    if (is_digit(c)) {
        return c - '0' + 52;
    }

    if (c == '+' || c == '-') {
        return 62;
    }

    return (c == '/' || c == '_') ? 63 : -1;
}


/* Decodes up to size bytes, until something is no digit; returns them. */
static size_t
base64_decode(const unsigned char *p, size_t len, unsigned char *out,
    size_t size)
{
    int       d;
    size_t    i, n;
    uint32_t  bits;
    unsigned  have;

    for (i = 0, n = 0, bits = 0, have = 0; i < len && n < size; i++) {
        d = base64_digit(p[i]);

        if (d < 0) {
            break;
        }

        bits = (bits << 6) | (uint32_t) d;
        have += 6;

        if (have >= 8) {
            have -= 8;
            out[n++] = (unsigned char) (bits >> have);
        }
    }

    return n;
}


static int
contains(const unsigned char *p, size_t len, const char *word)
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
check_jwt(const unsigned char *p, size_t len, double arg)
{
    size_t                n, head;
    unsigned char         out[MAX_DECODED];
    const unsigned char  *dot;

    (void) arg;

    dot = memchr(p, '.', len);

    if (dot == NULL) {
        return 0;
    }

    head = (size_t) (dot - p);
    n = base64_decode(p, head, out, sizeof(out));

    if (n < 10 || out[0] != '{' || !contains(out, n, "\"alg\"")) {
        return 0;
    }

    if (contains(out, n, "\"enc\"")) {
        return 1;                     /* encrypted: nothing more to be seen  */
    }

    n = base64_decode(dot + 1, len - head - 1, out, sizeof(out));

    return n > 1 && (out[0] == '{' || out[0] == '[' || out[0] == '"');
}


static int
check_pem(const unsigned char *p, size_t len, double arg)
{
    size_t         i, n, digits;
    unsigned char  body[64], out[48];

    (void) arg;

    /* behind "-----BEGIN ...-----", if the text has it */

    for (i = 0; i + 5 <= len; i++) {
        if (memcmp(p + i, "-----", 5) == 0) {

            for (i += 5; i + 5 <= len && memcmp(p + i, "-----", 5); i++) {
                /* void */
            }

            i += 5;
            break;
        }
    }

    if (i + 5 > len) {
        i = 0;
    }

    if (contains(p + i, len - i, "ENCRYPTED")
        && contains(p + i, len - i, "Proc-Type"))
    {
        return len - i > 100;
    }

    for (digits = 0, n = 0; i < len; i++) {

        if (p[i] == '\\' && i + 1 < len
            && (p[i + 1] == 'n' || p[i + 1] == 'r'))
        {
            i++;
            continue;
        }

        if (p[i] == ' ' || (p[i] >= '\t' && p[i] <= '\r') || p[i] == '"'
            || p[i] == ',' || p[i] == '\'' || p[i] == '\\')
        {
            continue;
        }

        if (base64_digit(p[i]) < 0) {
            break;
        }

        digits++;

        if (n < sizeof(body)) {
            body[n++] = p[i];
        }
    }

    if (digits < 40) {
        return 0;
    }

    n = base64_decode(body, n, out, sizeof(out));

    return out[0] == 0x30 || (n >= 14 && memcmp(out, "openssh-key-v1", 14) == 0)
           || (out[0] & 0xfc) == 0x94 || out[0] == 0xc5;
}


static int
check_luhn(const unsigned char *p, size_t len, double arg)
{
    size_t    n;
    unsigned  sum, d;

    (void) arg;

    for (n = 0, sum = 0; len > 0; len--) {

        if (p[len - 1] == ' ' || p[len - 1] == '-') {
            continue;
        }

        if (!is_digit(p[len - 1])) {
            return 0;
        }

        d = (unsigned) (p[len - 1] - '0');

        if (n++ & 1) {
            d = (d < 5) ? d * 2 : d * 2 - 9;
        }

        sum += d;
    }

    return n >= 12 && n <= 19 && sum % 10 == 0 && sum > 0;
}


static int
check_iban(const unsigned char *p, size_t len, double arg)
{
    size_t         i, n;
    unsigned       mod;
    unsigned char  b[40];

    (void) arg;

    for (i = 0, n = 0; i < len; i++) {

        if (p[i] == ' ' || p[i] == '-') {
            continue;
        }

        if (n == 34 || !(is_digit(p[i]) || is_letter(p[i]))) {
            return 0;
        }

        b[n++] = p[i];
    }

    if (n < 15 || !is_letter(b[0]) || !is_letter(b[1]) || !is_digit(b[2])
        || !is_digit(b[3]))
    {
        return 0;
    }

    for (i = 0, mod = 0; i < n; i++) {
        unsigned char  c = b[(i + 4) % n];

        mod = is_digit(c) ? mod * 10 + (unsigned) (c - '0')
                          : mod * 100 + (unsigned) ((c | 0x20) - 'a') + 10;
        mod %= 97;
    }

    return mod == 1;
}


static int
check_base58check(const unsigned char *p, size_t len, double arg)
{
    static const char  set[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
                               "abcdefghijkmnopqrstuvwxyz";

    size_t          i, k, n;
    uint32_t        carry;
    const char     *d;
    unsigned char   b[MAX_DECODED], h[SHA256_DIGEST_LENGTH];

    (void) arg;

    if (len < 6 || len > MAX_DECODED) {
        return 0;
    }

    /* b holds the number, least significant byte first */

    for (i = 0, n = 0; i < len; i++) {

        d = (p[i] != '\0') ? strchr(set, p[i]) : NULL;

        if (d == NULL) {
            return 0;
        }

        carry = (uint32_t) (d - set);

        for (k = 0; k < n; k++) {
            carry += (uint32_t) b[k] * 58;
            b[k] = (unsigned char) carry;
            carry >>= 8;
        }

        while (carry > 0) {
            b[n++] = (unsigned char) carry;
            carry >>= 8;
        }
    }

    for (i = 0; i < len && p[i] == '1'; i++) {
        b[n++] = 0;
    }

    if (n < 5) {
        return 0;
    }

    for (i = 0; i < n / 2; i++) {
        unsigned char  t = b[i];

        b[i] = b[n - 1 - i];
        b[n - 1 - i] = t;
    }

    (void) SHA256(b, n - 4, h);
    (void) SHA256(h, sizeof(h), h);

    return memcmp(h, b + n - 4, 4) == 0;
}


static int
check_bech32(const unsigned char *p, size_t len, double arg)
{
    static const char  set[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

    size_t          i, one, upper, lower;
    uint32_t        chk, top;
    unsigned        k, pass;
    const char     *d;
    unsigned char   c;

    static const uint32_t  gen[5] = {
        0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3
    };

    (void) arg;

    for (i = 0, one = 0, upper = 0, lower = 0; i < len; i++) {

        if (p[i] == '1') {
            one = i;
        }

        upper += (size_t) is_upper(p[i]);
        lower += (size_t) is_lower(p[i]);
    }

    if (one == 0 || len - one < 7 || (upper && lower)) {
        return 0;
    }

    chk = 1;

    /* high bits of the prefix, a zero, its low bits, then the data */

    for (pass = 0; pass < 3; pass++) {

        for (i = (pass < 2) ? 0 : one + 1; i < (pass < 2 ? one : len); i++) {
            uint32_t  v;

            c = is_upper(p[i]) ? (unsigned char) (p[i] | 0x20) : p[i];

            if (pass == 0) {
                v = c >> 5;

            } else if (pass == 1) {
                v = c & 31;

            } else {
                d = (c != '\0') ? strchr(set, c) : NULL;

                if (d == NULL) {
                    return 0;
                }

                v = (uint32_t) (d - set);
            }

            top = chk >> 25;
            chk = ((chk & 0x1ffffff) << 5) ^ v;

            for (k = 0; k < 5; k++) {
                chk ^= ((top >> k) & 1) ? gen[k] : 0;
            }
        }

        if (pass == 0) {
            top = chk >> 25;
            chk = (chk & 0x1ffffff) << 5;

            for (k = 0; k < 5; k++) {
                chk ^= ((top >> k) & 1) ? gen[k] : 0;
            }
        }
    }

    return chk == 1 || chk == 0x2bc830a3;
}


static int
check_base64(const unsigned char *p, size_t len, double arg)
{
    size_t  n, pad;

    (void) arg;

    for (n = 0; n < len && base64_digit(p[n]) >= 0; n++) { /* void */ }

    for (pad = 0; n + pad < len && p[n + pad] == '='; pad++) { /* void */ }

    if (n == 0 || n + pad != len || pad > 2 || n % 4 == 1) {
        return 0;
    }

    return pad == 0 || (n + pad) % 4 == 0;
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


/*
 * "user:password" in base64, as HTTP's Basic scheme, docker and npm have it.
 */
static int
check_basic_auth(const unsigned char *p, size_t len, double arg)
{
    size_t         i, n, colon;
    unsigned char  out[MAX_DECODED];

    if (!check_base64(p, len, arg)) {
        return 0;
    }

    n = base64_decode(p, len, out, sizeof(out));

    for (i = 0, colon = 0; i < n; i++) {

        if (out[i] < 0x20 || out[i] == 0x7f) {
            return 0;
        }

        if (out[i] == ':' && colon == 0) {
            colon = i;
        }
    }

    if (colon == 0 || n - colon - 1 < 3) {
        return 0;
    }

    /* beyond ASCII only as UTF-8: chance gives that hardly ever */

    for (i = 0; i < n; i++) {

        if (out[i] < 0x80) {
            continue;
        }

        if (out[i] < 0xc2 || i + 1 == n || (out[i + 1] & 0xc0) != 0x80) {
            return 0;
        }

        while (i + 1 < n && (out[i + 1] & 0xc0) == 0x80) {
            i++;
        }
    }

    return 1;
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
        "00000", "...", "%s"
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
        if (contains(p, len, marks[i])) {
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
            if (contains(p, len, short_marks[i])) {
                return 0;
            }
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

    return !contains(p, len, "://")
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
    { "github_crc32", check_github_crc32, 0 },
    { "npm_crc32", check_github_crc32, 0 },
    { "atlassian_crc32", check_atlassian_crc32, 0 },
    { "gitlab_crc32", check_gitlab_crc32, 0 },
    { "jwt", check_jwt, 0 },
    { "pem", check_pem, 0 },
    { "luhn", check_luhn, 0 },
    { "iban", check_iban, 0 },
    { "base58check", check_base58check, 0 },
    { "bech32", check_bech32, 0 },
    { "base64", check_base64, 0 },
    { "basic_auth", check_basic_auth, 0 },
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
