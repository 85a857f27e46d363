/*
 * The search itself; mcp_needle_make.c makes what it needs.
 *
 * A window of four bytes and the one behind them: the hash of the four is the
 * index of a word, the low five bits of the fifth tell which of its bits
 * counts.  Where that bit is set, at one byte in a hundred or less, the
 * entries of the window are compared as words of eight bytes.
 */

#include "mcp_needle_int.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif


static uint32_t
load4(const unsigned char *p)
{
    uint32_t  v;

    memcpy(&v, p, sizeof(v));

    return v;
}


static uint64_t
load8(const unsigned char *p)
{
    uint64_t  v;

    memcpy(&v, p, sizeof(v));

    return v;
}


/* Something is at offset i: what?  Returns what the handler does. */
static int
look(const mcp_needles_t *ns, const unsigned char *text, size_t i,
    mcp_needle_pt handler, void *data)
{
    uint32_t                    h;
    uint64_t                    v;
    const mcp_needle_entry_t   *e, *end;

    h = mcp_needle_hash(load4(text + i)) >> MCP_NEEDLE_SHARED;
    e = &ns->entries[ns->bucket[h]];
    end = &ns->entries[ns->bucket[h + 1]];

    for ( /* void */ ; e < end; e++) {

        v = load8(text + i + e->shift) | UINT64_C(0x2020202020202020);

        if ((v & e->mask) == e->value
            && handler(data, e->number, (ptrdiff_t) i + e->end) != 0)
        {
            return 1;
        }
    }

    return 0;
}


static void
scan_plain(const mcp_needles_t *ns, const unsigned char *text, size_t len,
    mcp_needle_pt handler, void *data)
{
    size_t    i;
    uint32_t  h;

    for (i = 0; i < len; i += 2) {

        h = mcp_needle_hash(load4(text + i));

        if ((ns->next[h] >> (text[i + 4] & 31)) & 1
            && look(ns, text, i, handler, data))
        {
            return;
        }
    }
}


#if defined(__x86_64__)

/* Eight windows at a time. */
__attribute__((target("avx2")))
static void
scan_avx2(const mcp_needles_t *ns, const unsigned char *text, size_t len,
    mcp_needle_pt handler, void *data)
{
    unsigned       mask;
    size_t         i, k;
    __m256i        t, v, word, bit;
    const __m256i  four = _mm256_setr_epi8(0, 1, 2, 3, 2, 3, 4, 5,
                                           4, 5, 6, 7, 6, 7, 8, 9,
                                           0, 1, 2, 3, 2, 3, 4, 5,
                                           4, 5, 6, 7, 6, 7, 8, 9);
    const __m256i  fifth = _mm256_setr_epi8(4, -1, -1, -1, 6, -1, -1, -1,
                                            8, -1, -1, -1, 10, -1, -1, -1,
                                            4, -1, -1, -1, 6, -1, -1, -1,
                                            8, -1, -1, -1, 10, -1, -1, -1);
    const __m256i  fold = _mm256_set1_epi32((int) MCP_NEEDLE_FOLD);
    const __m256i  factor = _mm256_set1_epi32((int) MCP_NEEDLE_FACTOR);
    const __m256i  low = _mm256_set1_epi32(31);

    for (i = 0; i < len; i += 16) {

        t = _mm256_inserti128_si256(
                _mm256_castsi128_si256(_mm_loadu_si128(
                    (const __m128i *) (const void *) (text + i))),
                _mm_loadu_si128((const __m128i *) (const void *)
                                (text + i + 8)), 1);

        v = _mm256_or_si256(_mm256_shuffle_epi8(t, four), fold);
        v = _mm256_srli_epi32(_mm256_mullo_epi32(v, factor),
                              32 - MCP_NEEDLE_BITS);

        word = _mm256_i32gather_epi32((const int *) (const void *) ns->next,
                                      v, 4);

        /* the bit that counts goes to the top */

        bit = _mm256_andnot_si256(_mm256_shuffle_epi8(t, fifth), low);
        word = _mm256_sllv_epi32(word, bit);
        mask = (unsigned) _mm256_movemask_ps(_mm256_castsi256_ps(word));

        if (i + 16 > len) {
            mask &= (1u << ((len - i + 1) / 2)) - 1;
        }

        for ( /* void */ ; mask != 0; mask &= mask - 1) {

            k = i + 2 * (size_t) __builtin_ctz(mask);

            if (look(ns, text, k, handler, data)) {
                return;
            }
        }
    }
}

#endif


void
mcp_needles_scan(const mcp_needles_t *ns, const unsigned char *text,
    size_t len, mcp_needle_pt handler, void *data)
{
#if defined(__x86_64__)

    if (ns->avx2) {
        scan_avx2(ns, text, len, handler, data);
        return;
    }

#endif

    scan_plain(ns, text, len, handler, data);
}
