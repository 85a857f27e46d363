/*
 * Sixteen bytes at a time, in the vectors of GCC and Clang, and what was found
 * in 64 of them as the bits of a number.
 */

#ifndef MCP_BLOCKS_H
#define MCP_BLOCKS_H

#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif


#define MCP_BLOCK  64

typedef uint8_t  mcp_bytes_t __attribute__((vector_size(16)));


static inline mcp_bytes_t
mcp_bytes_load(const unsigned char *p)
{
    mcp_bytes_t  v;

    memcpy(&v, p, sizeof(v));

    return v;
}


static inline mcp_bytes_t
mcp_bytes_are(mcp_bytes_t v, uint8_t c)
{
    return (mcp_bytes_t) (v == c);
}


/* from .. to, both included. */
static inline mcp_bytes_t
mcp_bytes_in(mcp_bytes_t v, uint8_t from, uint8_t to)
{
    return (mcp_bytes_t) ((mcp_bytes_t) (v - from) <= (uint8_t) (to - from));
}


static inline mcp_bytes_t
mcp_bytes_letters(mcp_bytes_t v)
{
    return mcp_bytes_in(v | 0x20, 'a', 'z');
}


/* A bit for each byte of 0x00 or 0xff. */
static inline uint64_t
mcp_bytes_bits(mcp_bytes_t v)
{
#if defined(__SSE2__)

    return (uint64_t) (unsigned) _mm_movemask_epi8((__m128i) v);

#elif defined(__aarch64__)

    uint8x16_t        x;
    const uint8x16_t  bit = { 1, 2, 4, 8, 16, 32, 64, 128,
                              1, 2, 4, 8, 16, 32, 64, 128 };

    x = vandq_u8((uint8x16_t) v, bit);

    return (uint64_t) vaddv_u8(vget_low_u8(x))
           | (uint64_t) vaddv_u8(vget_high_u8(x)) << 8;

#else

    unsigned  i;
    uint64_t  bits;

    for (i = 0, bits = 0; i < 16; i++) {
        bits |= (uint64_t) (v[i] & 1) << i;
    }

    return bits;

#endif
}

#endif /* MCP_BLOCKS_H */
