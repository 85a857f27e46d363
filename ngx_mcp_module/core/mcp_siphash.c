/*
 * SipHash-2-4, after the paper of Aumasson and Bernstein (2012).
 */

#include "mcp_siphash.h"

#include <errno.h>
#include <sys/random.h>


#define ROTL(x, b)  (((x) << (b)) | ((x) >> (64 - (b))))

#define ROUND                                                                 \
    do {                                                                      \
        v0 += v1; v1 = ROTL(v1, 13); v1 ^= v0; v0 = ROTL(v0, 32);             \
        v2 += v3; v3 = ROTL(v3, 16); v3 ^= v2;                                \
        v0 += v3; v3 = ROTL(v3, 21); v3 ^= v0;                                \
        v2 += v1; v1 = ROTL(v1, 17); v1 ^= v2; v2 = ROTL(v2, 32);             \
    } while (0)


static uint64_t
load(const unsigned char *p, size_t n)
{
    uint64_t  v = 0;

    while (n-- > 0) {
        v = (v << 8) | p[n];
    }

    return v;
}


uint64_t
mcp_siphash(const uint64_t key[2], const unsigned char *p, size_t len)
{
    size_t    left;
    uint64_t  m, v0, v1, v2, v3;

    v0 = key[0] ^ UINT64_C(0x736f6d6570736575);
    v1 = key[1] ^ UINT64_C(0x646f72616e646f6d);
    v2 = key[0] ^ UINT64_C(0x6c7967656e657261);
    v3 = key[1] ^ UINT64_C(0x7465646279746573);

    for (left = len; left >= 8; left -= 8, p += 8) {
        m = load(p, 8);
        v3 ^= m;
        ROUND;
        ROUND;
        v0 ^= m;
    }

    m = ((uint64_t) len << 56) | load(p, left);

    v3 ^= m;
    ROUND;
    ROUND;
    v0 ^= m;
    v2 ^= 0xff;
    ROUND;
    ROUND;
    ROUND;
    ROUND;

    return v0 ^ v1 ^ v2 ^ v3;
}


mcp_rc_t
mcp_siphash_key(uint64_t key[2])
{
    ssize_t  n;

    do {
        n = getrandom(key, 2 * sizeof(uint64_t), 0);
    } while (n == -1 && errno == EINTR);

    return (n == (ssize_t) (2 * sizeof(uint64_t))) ? MCP_OK : MCP_ERROR;
}
