/*
 * Validators of formats: checksums, check digits and encodings that tokens,
 * keys and account numbers carry.
 */

#include "mcp_validate_int.h"

#include <openssl/sha.h>
#include <string.h>


#define MAX_DECODED  256              /* bytes that a checksum is taken over */


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


int
mcp_check_github_crc32(const unsigned char *p, size_t len, double arg)
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


int
mcp_check_atlassian_crc32(const unsigned char *p, size_t len, double arg)
{
    (void) arg;

    return len > 8 && is_number(p + len - 8, 8, mcp_crc32(p, len - 8), 16);
}


int
mcp_check_gitlab_crc32(const unsigned char *p, size_t len, double arg)
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


int
mcp_check_jwt(const unsigned char *p, size_t len, double arg)
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

    if (n < 10 || out[0] != '{' || !mcp_contains(out, n, "\"alg\"")) {
        return 0;
    }

    if (mcp_contains(out, n, "\"enc\"")) {
        return 1;                     /* encrypted: nothing more to be seen  */
    }

    n = base64_decode(dot + 1, len - head - 1, out, sizeof(out));

    return n > 1 && (out[0] == '{' || out[0] == '[' || out[0] == '"');
}


int
mcp_check_pem(const unsigned char *p, size_t len, double arg)
{
    size_t         i, n, digits;
    unsigned char  body[64], out[48];

    (void) arg;

    /* behind "-----BEGIN ...-----", if the text has it */

    for (i = 0; i + 5 <= len; i++) {
        if (memcmp(p + i, "-----", 5) == 0) {

            for (i += 5; i + 5 <= len && memcmp(p + i, "-----", 5) != 0; i++) {
                /* void */
            }

            i += 5;
            break;
        }
    }

    if (i + 5 > len) {
        i = 0;
    }

    if (mcp_contains(p + i, len - i, "ENCRYPTED")
        && mcp_contains(p + i, len - i, "Proc-Type"))
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


int
mcp_check_luhn(const unsigned char *p, size_t len, double arg)
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


int
mcp_check_iban(const unsigned char *p, size_t len, double arg)
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


int
mcp_check_base58check(const unsigned char *p, size_t len, double arg)
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


int
mcp_check_bech32(const unsigned char *p, size_t len, double arg)
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


int
mcp_check_base64(const unsigned char *p, size_t len, double arg)
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


/*
 * "user:password" in base64, as HTTP's Basic scheme, docker and npm have it.
 */
int
mcp_check_basic_auth(const unsigned char *p, size_t len, double arg)
{
    size_t         i, n, colon;
    unsigned char  out[MAX_DECODED];

    if (!mcp_check_base64(p, len, arg)) {
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
