/*
 * A byte is looked up by its nibbles: two tables of sixteen bytes tell for the
 * low one which high ones are in the set.
 */

#include "mcp_byteset.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif


void
mcp_byteset_init(mcp_byteset_t *bs, const mcp_re_set_t *set)
{
    unsigned  c, bit;

    memset(bs, 0, sizeof(mcp_byteset_t));

#if defined(__x86_64__)
    bs->avx2 = __builtin_cpu_supports("avx2") != 0;
#endif

    for (c = 0; c < 256; c++) {

        if (!mcp_re_has(set, c)) {
            continue;
        }

        bs->in[c] = 1;
        bit = 1u << ((c >> 4) & 7);

        if (c < 128) {
            bs->low[c & 15] |= (uint8_t) bit;

        } else {
            bs->high[c & 15] |= (uint8_t) bit;
        }
    }
}


#if defined(__x86_64__)

/* Whole blocks; returns where one ends early, or where the last one ended. */
__attribute__((target("avx2")))
static size_t
span_avx2(const mcp_byteset_t *bs, const unsigned char *text, size_t n)
{
    size_t    i;
    __m256i   v, lo, hi, row, in;
    unsigned  mask;

    const __m256i  nibble = _mm256_set1_epi8(15);
    const __m256i  low = _mm256_broadcastsi128_si256(
        _mm_loadu_si128((const __m128i *) (const void *) bs->low));
    const __m256i  high = _mm256_broadcastsi128_si256(
        _mm_loadu_si128((const __m128i *) (const void *) bs->high));
    const __m256i  bits = _mm256_setr_epi8(1, 2, 4, 8, 16, 32, 64, -128,
                                           1, 2, 4, 8, 16, 32, 64, -128,
                                           1, 2, 4, 8, 16, 32, 64, -128,
                                           1, 2, 4, 8, 16, 32, 64, -128);

    for (i = 0; i + 32 <= n; i += 32) {

        v = _mm256_loadu_si256((const __m256i *) (const void *) (text + i));

        lo = _mm256_and_si256(v, nibble);
        hi = _mm256_and_si256(_mm256_srli_epi16(v, 4), nibble);

        row = _mm256_blendv_epi8(_mm256_shuffle_epi8(low, lo),
                                 _mm256_shuffle_epi8(high, lo), v);
        in = _mm256_and_si256(row, _mm256_shuffle_epi8(bits, hi));

        mask = (unsigned) _mm256_movemask_epi8(
                   _mm256_cmpeq_epi8(in, _mm256_setzero_si256()));

        if (mask != 0) {
            return i + (size_t) __builtin_ctz(mask);
        }
    }

    return i;
}

#endif


size_t
mcp_byteset_span(const mcp_byteset_t *bs, const unsigned char *text, size_t n)
{
    size_t  i;

    i = 0;

#if defined(__x86_64__)

    if (bs->avx2 && n >= 32) {
        i = span_avx2(bs, text, n);
    }

#endif

    while (i < n && bs->in[text[i]]) {
        i++;
    }

    return i;
}
