/*
 * Literals by the hash of four of their bytes.
 *
 * Each literal is entered under one of its groups of four, the one that is
 * rarest in text.  Where a group of the text hits the bitmap, which for two
 * thousand literals happens at one byte in fifty, the entries of its bucket
 * are compared as words of eight bytes.
 */

#include "mcp_literal.h"
#include "mcp_rarity.h"

#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif


#define HASH_BITS    17               /* 16 KB of bitmap                     */
#define BUCKET_BITS  12
#define FOLD         0x20202020u
#define FACTOR       0x9E3779B1u      /* the golden ratio                    */

typedef struct {
    uint64_t  value;              /* of all bytes of the literal, folded     */
    uint64_t  mask;
    uint16_t  number;
    uint8_t   at;                 /* offset of the group in the literal      */
    uint8_t   len;
} entry_t;

struct mcp_literals_s {
    uint32_t  bitmap[1 << (HASH_BITS - 5)];
    uint16_t  bucket[(1 << BUCKET_BITS) + 1];
    size_t    n;
    int       avx2;                   /* the processor has it                */
    entry_t   entries[];
};


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


static uint32_t
hash(uint32_t group)
{
    return ((group | FOLD) * FACTOR) >> (32 - HASH_BITS);
}


/* The group of four that is rarest; of such the first. */
static unsigned
rarest(const mcp_literal_t *l)
{
    float                bits, best;
    unsigned             i, at;
    mcp_symbol_t         sy[MCP_LITERAL_MAX];
    const mcp_symbol_t  *row[MCP_LITERAL_MAX];

    for (i = 0; i < l->len; i++) {

        memset(&sy[i], 0, sizeof(mcp_symbol_t));
        mcp_re_put(&sy[i].set, l->text[i]);
        mcp_symbol_describe(&sy[i]);
        row[i] = &sy[i];
    }

    best = -1;
    at = 0;

    for (i = 0; i + 4 <= l->len; i++) {

        bits = mcp_rarity_group(row + i);

        if (bits > best) {
            best = bits;
            at = i;
        }
    }

    return at;
}


static int
entry_order(const void *a, const void *b)
{
    uint32_t        x, y;
    const entry_t  *e = a, *f = b;

    x = hash((uint32_t) (e->value >> (8 * e->at)));
    y = hash((uint32_t) (f->value >> (8 * f->at)));

    if (x != y) {
        return (x > y) - (x < y);
    }

    return (e->number > f->number) - (e->number < f->number);
}


mcp_literals_t *
mcp_literals_create(const mcp_literal_t *list, size_t n)
{
    size_t           i;
    entry_t         *e;
    uint32_t         h;
    unsigned         k;
    unsigned char    b[8];
    mcp_literals_t  *ls;

    ls = calloc(1, sizeof(mcp_literals_t) + n * sizeof(entry_t));

    if (ls == NULL) {
        return NULL;
    }

    ls->n = n;

#if defined(__x86_64__)
    ls->avx2 = __builtin_cpu_supports("avx2") != 0;
#endif

    for (i = 0; i < n; i++) {

        e = &ls->entries[i];
        e->number = (uint16_t) i;
        e->len = list[i].len;
        e->at = (uint8_t) rarest(&list[i]);

        memset(b, 0, sizeof(b));

        for (k = 0; k < list[i].len; k++) {
            b[k] = list[i].text[k] | 0x20;
        }

        e->value = load8(b);

        memset(b, 0, sizeof(b));
        memset(b, 0xff, list[i].len);

        e->mask = load8(b);
    }

    /* the machine is little-endian, or groups would be taken from the top */

    qsort(ls->entries, n, sizeof(entry_t), entry_order);

    for (i = 0, k = 0; i < n; i++) {

        e = &ls->entries[i];
        h = hash((uint32_t) (e->value >> (8 * e->at)));
        ls->bitmap[h >> 5] |= (uint32_t) 1 << (h & 31);

        while (k <= h >> (HASH_BITS - BUCKET_BITS)) {
            ls->bucket[k++] = (uint16_t) i;
        }
    }

    while (k <= 1 << BUCKET_BITS) {
        ls->bucket[k++] = (uint16_t) n;
    }

    return ls;
}


void
mcp_literals_destroy(mcp_literals_t *ls)
{
    free(ls);
}


size_t
mcp_literals_size(const mcp_literals_t *ls)
{
    return sizeof(mcp_literals_t) + ls->n * sizeof(entry_t);
}


/* Something is at p: what?  Returns what the handler does. */
static int
look(const mcp_literals_t *ls, const unsigned char *text, size_t len,
    size_t at, uint32_t h, mcp_literal_pt handler, void *data)
{
    uint64_t        v;
    const entry_t  *e, *end;

    h >>= HASH_BITS - BUCKET_BITS;
    e = &ls->entries[ls->bucket[h]];
    end = &ls->entries[ls->bucket[h + 1]];

    for ( /* void */ ; e < end; e++) {

        v = load8(text + at - e->at) | UINT64_C(0x2020202020202020);

        if ((v & e->mask) != e->value || at < e->at
            || at - e->at + e->len > len)
        {
            continue;
        }

        if (handler(data, e->number, at - e->at + e->len) != 0) {
            return 1;
        }
    }

    return 0;
}


/*
 * Groups from text[i] on, one by one.  Where there is AVX2 it takes eight at
 * a time and leaves the end; the rest of the world goes through here.
 */
static void
scan_plain(const mcp_literals_t *ls, const unsigned char *text, size_t i,
    size_t groups, mcp_literal_pt handler, void *data)
{
    uint32_t         h0, h1, hit;
    const uint32_t  *bm = ls->bitmap;

    for ( /* void */ ; i + 2 <= groups; i += 2) {

        h0 = hash(load4(text + i));
        h1 = hash(load4(text + i + 1));

        hit = ((bm[h0 >> 5] >> (h0 & 31)) & 1)
              | (((bm[h1 >> 5] >> (h1 & 31)) & 1) << 1);

        if (hit == 0) {
            continue;
        }

        if (((hit & 1) && look(ls, text, groups + 3, i, h0, handler, data))
            || ((hit & 2)
                && look(ls, text, groups + 3, i + 1, h1, handler, data)))
        {
            return;
        }
    }

    if (i < groups) {
        h0 = hash(load4(text + i));

        if ((bm[h0 >> 5] >> (h0 & 31)) & 1) {
            (void) look(ls, text, groups + 3, i, h0, handler, data);
        }
    }
}


#if defined(__x86_64__)

__attribute__((target("avx2")))
static void
scan_avx2(const mcp_literals_t *ls, const unsigned char *text, size_t groups,
    mcp_literal_pt handler, void *data)
{
    int            mask;
    size_t         i, k;
    __m256i        v, word;
    const __m256i  spread = _mm256_setr_epi8(0, 1, 2, 3, 1, 2, 3, 4,
                                             2, 3, 4, 5, 3, 4, 5, 6,
                                             4, 5, 6, 7, 5, 6, 7, 8,
                                             6, 7, 8, 9, 7, 8, 9, 10);
    const __m256i  fold = _mm256_set1_epi32((int) FOLD);
    const __m256i  factor = _mm256_set1_epi32((int) FACTOR);
    const __m256i  low = _mm256_set1_epi32(31);

    /* reads 16 bytes: the last groups are left for the loop behind */

    for (i = 0; i + 16 <= groups; i += 8) {

        v = _mm256_broadcastsi128_si256(
                _mm_loadu_si128((const __m128i *) (const void *) (text + i)));
        v = _mm256_or_si256(_mm256_shuffle_epi8(v, spread), fold);
        v = _mm256_srli_epi32(_mm256_mullo_epi32(v, factor), 32 - HASH_BITS);

        word = _mm256_i32gather_epi32((const int *) (const void *) ls->bitmap,
                                      _mm256_srli_epi32(v, 5), 4);

        /* the bit that counts goes to the top */

        word = _mm256_sllv_epi32(word, _mm256_andnot_si256(v, low));
        mask = _mm256_movemask_ps(_mm256_castsi256_ps(word));

        for ( /* void */ ; mask != 0; mask &= mask - 1) {

            k = i + (size_t) __builtin_ctz((unsigned) mask);

            if (look(ls, text, groups + 3, k, hash(load4(text + k)), handler,
                     data))
            {
                return;
            }
        }
    }

    scan_plain(ls, text, i, groups, handler, data);
}

#endif


void
mcp_literals_scan(const mcp_literals_t *ls, const unsigned char *text,
    size_t len, mcp_literal_pt handler, void *data)
{
    if (len < MCP_LITERAL_MIN) {
        return;
    }

#if defined(__x86_64__)

    if (ls->avx2) {
        scan_avx2(ls, text, len - 3, handler, data);
        return;
    }

#endif

    scan_plain(ls, text, 0, len - 3, handler, data);
}
