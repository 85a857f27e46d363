/*
 * The two loops of the tokenizer that see most bytes, 16 bytes at a time:
 * copying the plain part of a string, and skipping white space.
 *
 * A plain byte is ASCII, not a control character, not '"' and not '\': what
 * may be copied without a look.  Every form gives the same counts; define
 * MCP_NO_SIMD to test the portable one.
 */

#ifndef MCP_JSON_SIMD_H
#define MCP_JSON_SIMD_H

#include <stdint.h>
#include <string.h>

#if !defined(MCP_NO_SIMD) && defined(__SSE2__)

#include <emmintrin.h>

/*
 * Copies 16 bytes from p to out and returns how many of them, from the first
 * on, are plain.
 */
static inline unsigned
copy_plain16(unsigned char *out, const unsigned char *p)
{
    int      mask;
    __m128i  v, bad;

    v = _mm_loadu_si128((const __m128i *) (const void *) p);
    _mm_storeu_si128((__m128i *) (void *) out, v);

    /* a signed comparison finds control characters and bytes >= 0x80 */

    bad = _mm_cmplt_epi8(v, _mm_set1_epi8(0x20));
    bad = _mm_or_si128(bad, _mm_cmpeq_epi8(v, _mm_set1_epi8('"')));
    bad = _mm_or_si128(bad, _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));

    mask = _mm_movemask_epi8(bad);

    return (mask != 0) ? (unsigned) __builtin_ctz((unsigned) mask) : 16;
}


/* Returns how many of the 16 bytes at p, from the first on, are white. */
static inline unsigned
count_space16(const unsigned char *p)
{
    unsigned  mask;
    __m128i   v, white;

    v = _mm_loadu_si128((const __m128i *) (const void *) p);

    white = _mm_cmpeq_epi8(v, _mm_set1_epi8(' '));
    white = _mm_or_si128(white, _mm_cmpeq_epi8(v, _mm_set1_epi8('\n')));
    white = _mm_or_si128(white, _mm_cmpeq_epi8(v, _mm_set1_epi8('\r')));
    white = _mm_or_si128(white, _mm_cmpeq_epi8(v, _mm_set1_epi8('\t')));

    mask = (unsigned) _mm_movemask_epi8(white) ^ 0xffff;

    return (mask != 0) ? (unsigned) __builtin_ctz(mask) : 16;
}


#elif !defined(MCP_NO_SIMD) && defined(__ARM_NEON) && defined(__aarch64__)    \
    && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__

#include <arm_neon.h>

/* Number of zero bytes, from the first on, in a vector of 0x00 and 0xff. */
static inline unsigned
leading_zeros(uint8x16_t v)
{
    uint64_t  mask;

    /* NEON has no movemask: narrow each byte to four bits */

    mask = vget_lane_u64(vreinterpret_u64_u8(
                             vshrn_n_u16(vreinterpretq_u16_u8(v), 4)), 0);

    return (mask != 0) ? (unsigned) __builtin_ctzll(mask) >> 2 : 16;
}


static inline unsigned
copy_plain16(unsigned char *out, const unsigned char *p)
{
    uint8x16_t  v, bad;

    v = vld1q_u8(p);
    vst1q_u8(out, v);

    bad = vcltq_s8(vreinterpretq_s8_u8(v), vdupq_n_s8(0x20));
    bad = vorrq_u8(bad, vceqq_u8(v, vdupq_n_u8('"')));
    bad = vorrq_u8(bad, vceqq_u8(v, vdupq_n_u8('\\')));

    return leading_zeros(bad);
}


static inline unsigned
count_space16(const unsigned char *p)
{
    uint8x16_t  v, white;

    v = vld1q_u8(p);

    white = vceqq_u8(v, vdupq_n_u8(' '));
    white = vorrq_u8(white, vceqq_u8(v, vdupq_n_u8('\n')));
    white = vorrq_u8(white, vceqq_u8(v, vdupq_n_u8('\r')));
    white = vorrq_u8(white, vceqq_u8(v, vdupq_n_u8('\t')));

    return leading_zeros(vmvnq_u8(white));
}


#else

#define MCP_JSON_ONES    0x0101010101010101u
#define MCP_JSON_HIGHS   0x8080808080808080u

/*
 * Eight bytes in a word: whether one of them is not plain.  Which one may be
 * wrong by a borrow, whether there is one is exact.
 */
static inline int
any_special8(uint64_t w)
{
    uint64_t  quote, slash;

    quote = w ^ (MCP_JSON_ONES * '"');
    slash = w ^ (MCP_JSON_ONES * '\\');

    return ((w | (w - MCP_JSON_ONES * 0x20)
             | ((quote - MCP_JSON_ONES) & ~quote)
             | ((slash - MCP_JSON_ONES) & ~slash))
            & MCP_JSON_HIGHS) != 0;
}


static inline unsigned
copy_plain16(unsigned char *out, const unsigned char *p)
{
    unsigned  i;
    uint64_t  w[2];

    memcpy(w, p, 16);
    memcpy(out, w, 16);

    if (!any_special8(w[0])) {

        if (!any_special8(w[1])) {
            return 16;
        }

        i = 8;

    } else {
        i = 0;
    }

    while (p[i] >= 0x20 && p[i] < 0x80 && p[i] != '"' && p[i] != '\\') {
        i++;
    }

    return i;
}


static inline unsigned
count_space16(const unsigned char *p)
{
    unsigned  i;

    for (i = 0; i < 16; i++) {
        if (p[i] != ' ' && p[i] != '\n' && p[i] != '\r' && p[i] != '\t') {
            break;
        }
    }

    return i;
}

#endif

#endif /* MCP_JSON_SIMD_H */
