/*
 * Validators: each with what it takes, what it refuses and what lies between.
 * Checksums are made here, bit by bit, by the rules of the formats.
 */

#include "mcp_validate.h"

#include "tap.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <time.h>


static const char  base64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char  base58[] =
    "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
static const char  base62[] =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";


/* 1: the text passes; 0: it does not; -1: the list is not taken. */
static int
passes(const char *list, const void *text, size_t len)
{
    size_t             at_len;
    const char        *error, *at;
    mcp_validators_t   vs;

    if (mcp_validators_parse(&vs, list, strlen(list), &error, &at, &at_len)
        != MCP_OK)
    {
        return -1;
    }

    return mcp_validate(&vs, text, len);
}


static void
check(const char *list, const char *text, int want)
{
    is_int(passes(list, text, strlen(text)), want, "%s: \"%.60s\"", list,
           text);
}


static uint32_t
crc32_by_bits(const char *p, size_t len)
{
    size_t    i;
    uint32_t  crc = 0xffffffff;
    unsigned  k;

    for (i = 0; i < len; i++) {

        crc ^= (unsigned char) p[i];

        for (k = 0; k < 8; k++) {
            crc = (crc & 1) ? (crc >> 1) ^ 0xedb88320 : crc >> 1;
        }
    }

    return ~crc;
}


/* Writes value behind out, in a base, with n digits. */
static void
put_number(char *out, uint32_t value, unsigned base, const char *digits,
    size_t n)
{
    out += strlen(out);
    out[n] = '\0';

    while (n-- > 0) {
        out[n] = digits[value % base];
        value /= base;
    }
}


static void
to_base64(char *out, const void *data, size_t len, int pad)
{
    size_t                i;
    uint32_t              v;
    const unsigned char  *p = data;

    for (i = 0; i < len; i += 3) {

        v = (uint32_t) p[i] << 16;
        v |= (i + 1 < len) ? (uint32_t) p[i + 1] << 8 : 0;
        v |= (i + 2 < len) ? (uint32_t) p[i + 2] : 0;

        *out++ = base64[v >> 18];
        *out++ = base64[v >> 12 & 63];

        if (i + 1 < len) {
            *out++ = base64[v >> 6 & 63];

        } else if (pad) {
            *out++ = '=';
        }

        if (i + 2 < len) {
            *out++ = base64[v & 63];

        } else if (pad) {
            *out++ = '=';
        }
    }

    *out = '\0';
}


/* base58 of a payload and the first four bytes of its double SHA-256. */
static void
to_base58check(char *out, const unsigned char *payload, size_t len)
{
    size_t         i, k, n, zeros;
    unsigned       carry;
    unsigned char  h[32], b[128], digits[200];

    memcpy(b, payload, len);
    (void) EVP_Digest(b, len, h, NULL, EVP_sha256(), NULL);
    (void) EVP_Digest(h, 32, h, NULL, EVP_sha256(), NULL);
    memcpy(b + len, h, 4);
    len += 4;

    for (zeros = 0; zeros < len && b[zeros] == 0; zeros++) {
        *out++ = '1';
    }

    for (i = zeros, n = 0; i < len; i++) {

        carry = b[i];

        for (k = 0; k < n; k++) {
            carry += digits[k] * 256u;
            digits[k] = (unsigned char) (carry % 58);
            carry /= 58;
        }

        while (carry > 0) {
            digits[n++] = (unsigned char) (carry % 58);
            carry /= 58;
        }
    }

    while (n-- > 0) {
        *out++ = base58[digits[n]];
    }

    *out = '\0';
}


static void
test_crc(void)
{
    char      token[100];
    size_t    i;
    unsigned  wrong;

    static const char  hex[] = "0123456789ABCDEF";
    static const char  base36[] = "0123456789abcdefghijklmnopqrstuvwxyz";

    is_int(mcp_crc32((const unsigned char *) "123456789", 9), 0xcbf43926,
           "CRC-32 of the digits");
    is_int(mcp_crc32(NULL, 0), 0, "CRC-32 of nothing");

    for (i = 0, wrong = 0; i < 90; i++) {
        token[i] = (char) (i * 37);
        wrong += mcp_crc32((unsigned char *) token, i)
                 != crc32_by_bits(token, i);
    }

    is_int(wrong, 0, "CRC-32 by bits");

    (void) strcpy(token, "ghp_aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0");
    put_number(token, crc32_by_bits(token + 4, 30), 62, base62, 6);
    check("github_crc32", token, 1);
    check("npm_crc32", token, 1);
    token[10] ^= 1;
    check("github_crc32", token, 0);
    token[10] ^= 1;
    token[39] = (token[39] == 'a') ? 'b' : 'a';
    check("github_crc32", token, 0);

    check("github_crc32", "ghp_", 0);
    check("github_crc32", "ghp_123456", 0);
    check("github_crc32", "no underscore", 0);
    check("github_crc32", "", 0);

    (void) strcpy(token, "ATATT3xFfGF0abcdefghijklmnop=");
    put_number(token, crc32_by_bits(token, strlen(token)), 16, hex, 8);
    check("atlassian_crc32", token, 1);
    token[20] ^= 1;
    check("atlassian_crc32", token, 0);
    check("atlassian_crc32", "12345678", 0);
    check("atlassian_crc32", "", 0);

    (void) strcpy(token, "glpat-bzoxCmE6MTpnMQpvOjQKcDpvNzEK.01.0w");
    put_number(token, crc32_by_bits(token, strlen(token)), 36, base36, 7);
    check("gitlab_crc32", token, 1);
    token[9] ^= 1;
    check("gitlab_crc32", token, 0);
    check("gitlab_crc32", "1234567", 0);
    check("gitlab_crc32", "", 0);
}


static void
test_formats(void)
{
    char           text[600], part[300];
    size_t         i;
    unsigned char  der[120], key[40];

    static const char  head[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
    static const char  body[] = "{\"sub\":\"1\"}";

    /* JWT: two parts of JSON, a signature */

    to_base64(text, head, strlen(head), 0);
    (void) strcat(text, ".");
    to_base64(part, body, strlen(body), 0);
    (void) strcat(text, part);
    (void) strcat(text, ".c2lnbmF0dXJl");
    check("jwt", text, 1);
    check("jwt", "eyJhIjoiYiJ9.eyJhIjoiYiJ9.abc", 0);
    check("jwt", "not.a.token", 0);
    check("jwt", "eyJhbGciOiJIUzI1NiJ9", 0);
    check("jwt", "eyJhbGciOiJIUzI1NiJ9.", 0);
    check("jwt", "eyJhbGciOiJIUzI1NiJ9.AAAA.", 0);
    check("jwt", ".", 0);
    check("jwt", "", 0);

    to_base64(text, "{\"alg\":\"RSA\",\"enc\":\"A128\"}", 26, 0);
    (void) strcat(text, ".AAAA.BBBB");
    check("jwt", text, 1);

    /* PEM: DER begins with a sequence */

    memset(der, 0x5a, sizeof(der));
    der[0] = 0x30;
    to_base64(part, der, sizeof(der), 1);
    (void) sprintf(text, "-----BEGIN PRIVATE KEY-----\n%s\n"
                         "-----END PRIVATE KEY-----", part);
    check("pem", text, 1);
    (void) sprintf(text, "-----BEGIN PRIVATE KEY-----\\n%.40s\\n%s", part,
                   part + 40);
    check("pem", text, 1);
    check("pem", part, 1);

    der[0] = 0x31;
    to_base64(part, der, sizeof(der), 1);
    (void) sprintf(text, "-----BEGIN PRIVATE KEY-----\n%s", part);
    check("pem", text, 0);

    memcpy(der, "openssh-key-v1", 15);
    to_base64(part, der, sizeof(der), 1);
    (void) sprintf(text, "-----BEGIN OPENSSH PRIVATE KEY-----\n%s", part);
    check("pem", text, 1);
    check("pem", "-----BEGIN PRIVATE KEY-----\nMIIEow...\n-----END", 0);
    check("pem", "-----BEGIN PRIVATE KEY-----", 0);
    check("pem", "-----", 0);
    check("pem", "", 0);

    /* base58check: a key of 32 bytes behind its version */

    memset(key, 0x11, sizeof(key));
    key[0] = 0x80;
    to_base58check(text, key, 33);
    check("base58check", text, 1);
    text[20] = (text[20] == 'z') ? 'y' : 'z';
    check("base58check", text, 0);

    memset(key, 0, 4);
    to_base58check(text, key, 21);
    ok(strncmp(text, "1111", 4) == 0, "leading zeros");
    check("base58check", text, 1);
    check("base58check", text + 1, 0);
    check("base58check", "11111", 0);
    check("base58check", "0OIl0OIl", 0);
    check("base58check", "", 0);
    is_int(passes("base58check", "12\0" "45678", 8), 0, "base58check: NUL");

    for (i = 0; i < sizeof(text) - 1; i++) {
        text[i] = '1';
    }

    text[i] = '\0';
    check("base58check", text, 0);
    text[256] = '\0';
    check("base58check", text, 0);
    memset(text, 'z', 256);
    check("base58check", text, 0);

    /* bech32: from BIP 173 and BIP 350 */

    check("bech32", "A12UEL5L", 1);
    check("bech32", "a12uel5l", 1);
    check("bech32", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", 1);
    check("bech32", "split1checkupstagehandshakeupstreamerranterredcaperred2y"
                    "9e3w", 1);
    check("bech32", "A1LQFN3A", 1);
    check("bech32", "abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx", 1);
    check("bech32", "A12uEL5L", 0);
    check("bech32", "a12uel5m", 0);
    check("bech32", "a1b2uel5l", 0);
    check("bech32", "12uel5l", 0);
    check("bech32", "a1uel5l", 0);
    check("bech32", "pzry9x0s0muk", 0);
    check("bech32", "", 0);
    is_int(passes("bech32", "a12uel\0l", 8), 0, "bech32: NUL");
}


static void
test_digits(void)
{
    char      text[40];
    unsigned  k, good;

    check("luhn", "4111111111111111", 1);
    check("luhn", "4111 1111 1111 1111", 1);
    check("luhn", "4111-1111-1111-1111", 1);
    check("luhn", "4111111111111112", 0);
    check("luhn", "4111.1111.1111.1111", 0);
    check("luhn", "0000000000000000", 0);
    check("luhn", "18", 0);
    check("luhn", "", 0);

    /* of the ten last digits just one is right */

    for (k = 0, good = 0; k < 10; k++) {
        (void) sprintf(text, "550000555555555%u", k);
        good += (unsigned) passes("luhn", text, strlen(text));
    }

    is_int(good, 1, "luhn: one last digit");

    check("luhn", "00000000000000000018", 0);       /* twenty */
    check("luhn", "0000000000000000018", 1);        /* nineteen */
    check("luhn", "000000000018", 1);               /* twelve */
    check("luhn", "00000000018", 0);

    check("iban", "GB82WEST12345698765432", 1);
    check("iban", "GB82 WEST 1234 5698 7654 32", 1);
    check("iban", "gb82west12345698765432", 1);
    check("iban", "DE89370400440532013000", 1);
    check("iban", "DE89370400440532013001", 0);
    check("iban", "DE98370400440532013000", 0);
    check("iban", "8989370400440532013000", 0);
    check("iban", "DEDE370400440532013000", 0);
    check("iban", "DE89_370400440532013000", 0);
    check("iban", "DE89", 0);
    check("iban", "GB82WEST12345698765432GB82WEST12345698765432", 0);
    check("iban", "", 0);
}


static void
test_base64(void)
{
    check("base64", "QUJD", 1);
    check("base64", "QUI=", 1);
    check("base64", "QQ==", 1);
    check("base64", "QQ", 1);
    check("base64", "QUI", 1);
    check("base64", "-_-_", 1);
    check("base64", "Q", 0);
    check("base64", "QUJDQ", 0);
    check("base64", "QUI==", 0);
    check("base64", "QQ=", 0);
    check("base64", "QQ===", 0);
    check("base64", "=", 0);
    check("base64", "QU D", 0);
    check("base64", "QU=D", 0);
    check("base64", "", 0);

    check("basic_auth", "dXNlcjpwYXNzd29yZA==", 1);     /* user:password */
    check("basic_auth", "dTpwd2Q=", 1);                 /* u:pwd */
    check("basic_auth", "dTpwdw==", 0);                 /* u:pw */
    check("basic_auth", "OnBhc3N3b3Jk", 0);             /* :password */
    check("basic_auth", "cGFzc3dvcmQ=", 0);             /* password */
    check("basic_auth", "dXM6cMOkc3M=", 1);             /* us:p\xc3\xa4ss */
    check("basic_auth", "dXM6cORzcw==", 0);             /* us:p\xe4ss */
    check("basic_auth", "dXM6cAFzcw==", 0);             /* us:p\x01ss */
    check("basic_auth", "", 0);
}


static void
test_counts(void)
{
    double         h;
    size_t         i;
    unsigned char  all[256];

    for (i = 0; i < 256; i++) {
        all[i] = (unsigned char) i;
    }

    ok(mcp_entropy(all, 0) == 0, "entropy of nothing");
    ok(mcp_entropy((const unsigned char *) "aaaa", 4) == 0, "of one letter");
    h = mcp_entropy((const unsigned char *) "abab", 4);
    ok(h > 0.999999 && h < 1.000001, "of two: one bit");
    h = mcp_entropy((const unsigned char *) "aaab", 4);
    ok(h > 0.811277 && h < 0.811279, "of two, three to one");
    h = mcp_entropy(all, 256);
    ok(h > 7.999999 && h < 8.000001, "of all bytes: eight bits");

    check("entropy>=2", "abcd", 1);
    check("entropy>=2.001", "abcd", 0);
    check("entropy>=0", "", 1);
    check("entropy>=0.1", "", 0);

    check("digits>=3", "a1b2c3", 1);
    check("digits>=4", "a1b2c3", 0);
    check("upper>=1", "aBc", 1);
    check("upper>=2", "aBc", 0);
    check("lower>=2", "aBc", 1);
    check("lower>=3", "aBc", 0);
    check("letters>=3", "a-B-c", 1);
    check("letters>=4", "a-B-c", 0);
    check("symbols>=2", "a-B_1", 1);
    check("symbols>=3", "a-B_1", 0);
    check("mixed>=4", "aB1-", 1);
    check("mixed>=4", "aB1", 0);
    check("mixed>=1", "", 0);
    check("length>=3", "a\303\251b", 1);
    check("length>=4", "a\303\251b", 0);
    check("length>=0", "", 1);
    check("length>=1", "", 0);
    check("distinct>=3", "aabbcc", 1);
    check("distinct>=4", "aabbcc", 0);

    /* all must hold */

    check("digits>=1 upper>=1", "a1", 0);
    check("digits>=1,upper>=1", "A1", 1);
}


static void
test_not(void)
{
    size_t  i;

    static const char *const  placeholders[] = {
        "", "<token>", "$TOKEN", "${TOKEN}", "{{ token }}", "%TOKEN%",
        "your-api-key", "YOUR_API_KEY_HERE", "EXAMPLE0123456789", "changeme",
        "xxxxxxxxxxxxxxxx", "********", "abcd...wxyz", "12345678",
        "abcdefghij", "aaaaaaaaaaaaa", "00000000-1111", "sk-fake-9d8f7a6s5d",
        "process.env.TOKEN", "os.environ['X']", "dummyvalue9", "%(token)s",
        "abababababaaaaaaaa", "redacted", "replaceThis1", "p\342\200\246w",
        "sampleKey12"
    };

    static const char *const  real[] = {
        "q9Xv2LkT7mBz4RwN", "7f3d9c1e5b8a2046", "hunter2!", "Tr0ub4dor&3",
        "wJalrXUtnFEMIK7MDENG", "3fZ9-kQ2x-8Lmw", "s3cr3tP4ss", "a.b.c.d9",
        "p4$$w0rd!", "x7Kq", "87654321a"
    };

    for (i = 0; i < sizeof(placeholders) / sizeof(placeholders[0]); i++) {
        check("not_placeholder", placeholders[i], 0);
    }

    for (i = 0; i < sizeof(real) / sizeof(real[0]); i++) {
        check("not_placeholder", real[i], 1);
    }

    check("not_uuid", "123e4567-e89b-12d3-a456-426614174000", 0);
    check("not_uuid", "123E4567-E89B-12D3-A456-426614174000", 0);
    check("not_uuid", "123e4567-e89b-12d3-a456-42661417400g", 1);
    check("not_uuid", "123e4567-e89b-12d3-a456-4266141740001", 1);
    check("not_uuid", "123e4567e-89b-12d3-a456-426614174000", 1);
    check("not_uuid", "", 1);

    check("not_hex", "0123456789abcdefABCDEF", 0);
    check("not_hex", "0123456789abcdefg", 1);
    check("not_hex", "", 0);

    check("not_word", "password", 0);
    check("not_word", "getElementById", 0);
    check("not_word", "some_longer_name", 0);
    check("not_word", "internationalisation", 0);
    check("not_word", "kX9vQz3LpT7w", 1);
    check("not_word", "zkvqxjwpth", 1);
    check("not_word", "9f8b2c71", 1);
    check("not_word", "----", 1);
    check("not_word", "", 1);

    check("not_path", "/etc/hosts", 0);
    check("not_path", "~/x", 0);
    check("not_path", "./x", 0);
    check("not_path", "../x", 0);
    check("not_path", "C:\\x", 0);
    check("not_path", "c:/x", 0);
    check("not_path", "a/b", 1);
    check("not_path", "/", 1);
    check("not_path", "C:", 1);
    check("not_path", "", 1);

    check("not_url", "https://x.test", 0);
    check("not_url", "a://b", 0);
    check("not_url", "www.x.test", 0);
    check("not_url", "www.", 1);
    check("not_url", "x:/y", 1);
    check("not_url", "", 1);

    check("not_date", "2024-05-06", 0);
    check("not_date", "2024-05-06T07:08:09Z", 0);
    check("not_date", "06.05.2024", 0);
    check("not_date", "20240506", 1);
    check("not_date", "2024-05", 1);
    check("not_date", "2024-05-06a", 1);
    check("not_date", "", 1);
}


static void
test_list(void)
{
    size_t             i, at_len;
    char               text[64];
    const char        *error, *at;
    mcp_validators_t   vs;

    static const struct {
        const char  *list;
        const char  *error;
        const char  *at;
    } bad[] = {
        { "", "names no validator:", "" },
        { " , ", "names no validator:", " , " },
        { "luhn lunh", "unknown validator", "lunh" },
        { "luhns", "unknown validator", "luhns" },
        { "LUHN", "unknown validator", "LUHN" },
        { "luhn>=1", "takes no number:", "luhn>=1" },
        { "luhn>", "takes no number:", "luhn>" },
        { "digits", "needs \">=N\":", "digits" },
        { "digits>3", "needs \">=N\":", "digits>3" },
        { "digits>=", "needs \">=N\":", "digits>=" },
        { "digits>=x", "bad number in", "digits>=x" },
        { "digits>=-1", "bad number in", "digits>=-1" },
        { "digits>=1.2.3", "bad number in", "digits>=1.2.3" },
        { "digits>=.5", "bad number in", "digits>=.5" },
        { "digits>=5.", "bad number in", "digits>=5." },
        { "digits>=123456789", "bad number in", "digits>=123456789" },
        { "digits>=1e3", "bad number in", "digits>=1e3" },
        { "luhn luhn luhn luhn luhn luhn luhn luhn iban",
          "too many validators at", "iban" }
    };

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {

        if (!is_int(mcp_validators_parse(&vs, bad[i].list,
                                         strlen(bad[i].list), &error, &at,
                                         &at_len),
                    MCP_ERROR, "refused: \"%s\"", bad[i].list))
        {
            continue;
        }

        is_str(error, bad[i].error, "and this is said");
        (void) snprintf(text, sizeof(text), "%.*s", (int) at_len, at);
        is_str(text, bad[i].at, "about this");
    }

    ok(mcp_validators_parse(&vs, " luhn,,iban  jwt ", 17, &error, &at,
                            &at_len) == MCP_OK && vs.n == 3,
       "spaces and commas");
    ok(mcp_validators_parse(&vs, "entropy>=3.25", 13, &error, &at, &at_len)
       == MCP_OK && vs.arg[0] > 3.249999 && vs.arg[0] < 3.250001,
       "a number with a point");
}


/* A megabyte of one byte, for each of them: linear, no read beyond the end. */
static void
test_cost(void)
{
    char            *p;
    size_t           i, k, n;
    clock_t          t;

    static const char *const  lists[] = {
        "github_crc32", "atlassian_crc32", "gitlab_crc32", "jwt", "pem",
        "luhn", "iban", "base58check", "bech32", "base64", "basic_auth",
        "entropy>=1", "digits>=1", "mixed>=1", "length>=1", "distinct>=1",
        "not_placeholder", "not_uuid", "not_hex", "not_word", "not_path",
        "not_url", "not_date"
    };

    n = 1024 * 1024;
    t = clock();

    for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        for (k = 0; k < 4; k++) {

            p = malloc(n);

            if (p == NULL) {
                ok(0, "a megabyte");
                return;
            }

            memset(p, "1-_a"[k], n);
            (void) passes(lists[i], p, n);
            free(p);
        }
    }

    t = clock() - t;
    diag("%.1f ns a byte and validator",
         (double) t * 1e9 / CLOCKS_PER_SEC / (double) (n * i * 4));

    /* some 10 ns with sanitizers; a square of a megabyte were days */

    ok((double) t / CLOCKS_PER_SEC < 60, "a megabyte is read in no time");
}


int
main(void)
{
    test_crc();
    test_formats();
    test_digits();
    test_base64();
    test_counts();
    test_not();
    test_list();
    test_cost();

    return done();
}
