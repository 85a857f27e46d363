/*
 * The search itself; mcp_needle_make.c makes what it needs.
 *
 * A window of four bytes and the one behind them, at every other byte, or of
 * three and one at every byte: the hash of the first is the index of a word,
 * the low five bits of the last tell which of its bits counts.  Where that bit
 * is set, at one byte in fifteen of English prose, the entries of the window
 * are compared as words of eight bytes.
 */

#include "mcp_needle_int.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif


#define CHUNK  2048                   /* bytes whose windows are noted       */


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


/* The hash of the window at p. */
static uint32_t
window(const mcp_needle_table_t *t, const unsigned char *p)
{
    uint32_t       v;
    unsigned char  b[4];

    if (t->hashed == 4) {
        return mcp_needle_hash(load4(p) | MCP_NEEDLE_FOLD);
    }

    b[0] = p[0] | 0x20;
    b[1] = p[1] | 0x20;
    b[2] = p[2] | 0x20;
    b[3] = 0;

    memcpy(&v, b, sizeof(v));

    return mcp_needle_hash(v);
}


/* Something is at offset i: what?  Returns what the handler does. */
static int
look(const mcp_needle_table_t *t, const unsigned char *text, size_t i,
    mcp_needle_pt handler, void *data)
{
    uint32_t                    h;
    uint64_t                    v;
    const mcp_needle_entry_t   *e, *end;

    h = window(t, text + i) >> MCP_NEEDLE_SHARED;
    e = &t->entries[t->bucket[h]];
    end = &t->entries[t->bucket[h + 1]];

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


static int
scan_plain(const mcp_needle_table_t *t, const unsigned char *text, size_t len,
    mcp_needle_pt handler, void *data)
{
    size_t  i, step;

    step = (t->hashed == 4) ? 2 : 1;

    for (i = 0; i < len; i += step) {
        if ((t->next[window(t, text + i)] >> (text[i + t->hashed] & 31)) & 1
            && look(t, text, i, handler, data))
        {
            return 1;
        }
    }

    return 0;
}


#if defined(__x86_64__)

/*
 * Writes the offsets of windows in from .. to where something may be to found,
 * returns how many.  Eight windows at a time, and no branch on what is there:
 * one in three of these would be taken, and each wrong guess would wait for
 * the table once more.
 */
__attribute__((target("avx2,popcnt"), always_inline))
static inline size_t
find_avx2(const mcp_needles_t *ns, const mcp_needle_table_t *t,
    const unsigned char *text, size_t from, size_t to, uint16_t *found,
    size_t step, __m256i first, __m256i last, uint32_t folded)
{
    size_t    i, n;
    __m128i   lane;
    __m256i   s, v, word, bit;
    unsigned  mask;

    const __m256i  fold = _mm256_set1_epi32((int) folded);
    const __m256i  factor = _mm256_set1_epi32((int) MCP_NEEDLE_FACTOR);
    const __m256i  low = _mm256_set1_epi32(31);

    for (i = from, n = 0; i < to; i += 8 * step) {

        s = _mm256_inserti128_si256(
                _mm256_castsi128_si256(_mm_loadu_si128(
                    (const __m128i *) (const void *) (text + i))),
                _mm_loadu_si128((const __m128i *) (const void *)
                                (text + i + 4 * step)), 1);

        v = _mm256_or_si256(_mm256_shuffle_epi8(s, first), fold);
        v = _mm256_srli_epi32(_mm256_mullo_epi32(v, factor),
                              32 - MCP_NEEDLE_BITS);

        word = _mm256_i32gather_epi32((const int *) (const void *) t->next,
                                      v, 4);

        /* the bit that counts goes to the top */

        bit = _mm256_andnot_si256(_mm256_shuffle_epi8(s, last), low);
        word = _mm256_sllv_epi32(word, bit);
        mask = (unsigned) _mm256_movemask_ps(_mm256_castsi256_ps(word));

        lane = _mm_cvtepu8_epi16(_mm_loadl_epi64(
                   (const __m128i *) (const void *) ns->lanes[mask]));
        lane = _mm_mullo_epi16(lane, _mm_set1_epi16((short) step));
        lane = _mm_add_epi16(lane, _mm_set1_epi16((short) (i - from)));

        _mm_storeu_si128((__m128i *) (void *) (found + n), lane);
        n += (size_t) __builtin_popcount(mask);
    }

    while (n > 0 && from + found[n - 1] >= to) {
        n--;
    }

    return n;
}


__attribute__((target("avx2,popcnt")))
static int
scan_avx2(const mcp_needles_t *ns, const mcp_needle_table_t *t,
    const unsigned char *text, size_t len, mcp_needle_pt handler, void *data)
{
    size_t    i, k, n, to;
    uint16_t  found[CHUNK + 8];

    for (i = 0; i < len; i = to) {

        to = (len - i > CHUNK) ? i + CHUNK : len;

        if (t->hashed == 4) {
            n = find_avx2(ns, t, text, i, to, found, 2,
                          _mm256_setr_epi8(0, 1, 2, 3, 2, 3, 4, 5,
                                           4, 5, 6, 7, 6, 7, 8, 9,
                                           0, 1, 2, 3, 2, 3, 4, 5,
                                           4, 5, 6, 7, 6, 7, 8, 9),
                          _mm256_setr_epi8(4, -1, -1, -1, 6, -1, -1, -1,
                                           8, -1, -1, -1, 10, -1, -1, -1,
                                           4, -1, -1, -1, 6, -1, -1, -1,
                                           8, -1, -1, -1, 10, -1, -1, -1),
                          MCP_NEEDLE_FOLD);

        } else {
            n = find_avx2(ns, t, text, i, to, found, 1,
                          _mm256_setr_epi8(0, 1, 2, -1, 1, 2, 3, -1,
                                           2, 3, 4, -1, 3, 4, 5, -1,
                                           0, 1, 2, -1, 1, 2, 3, -1,
                                           2, 3, 4, -1, 3, 4, 5, -1),
                          _mm256_setr_epi8(3, -1, -1, -1, 4, -1, -1, -1,
                                           5, -1, -1, -1, 6, -1, -1, -1,
                                           3, -1, -1, -1, 4, -1, -1, -1,
                                           5, -1, -1, -1, 6, -1, -1, -1),
                          MCP_NEEDLE_FOLD >> 8);
        }

        for (k = 0; k < n; k++) {
            if (look(t, text, i + found[k], handler, data)) {
                return 1;
            }
        }
    }

    return 0;
}

#endif


static int
scan(const mcp_needles_t *ns, const mcp_needle_table_t *t,
    const unsigned char *text, size_t len, mcp_needle_pt handler, void *data)
{
    if (t->n == 0) {
        return 0;
    }

#if defined(__x86_64__)

    if (ns->avx2) {
        return scan_avx2(ns, t, text, len, handler, data);
    }

#endif

    (void) ns;

    return scan_plain(t, text, len, handler, data);
}


void
mcp_needles_scan(const mcp_needles_t *ns, const unsigned char *text,
    size_t len, mcp_needle_pt handler, void *data)
{
    if (!scan(ns, &ns->wide, text, len, handler, data)) {
        (void) scan(ns, &ns->narrow, text, len, handler, data);
    }
}
