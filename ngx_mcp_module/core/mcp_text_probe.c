/*
 * The probe: what of a text asks for views.
 */

#include "mcp_chars.h"
#include "mcp_text_int.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif


#define BLOCK  64                     /* bytes of one step                   */
#define SHORT  16                     /* too short for an encoded run        */


/* A bit for each byte of a block. */
typedef struct {
    uint64_t  wide;                   /* beyond ASCII                        */
    uint64_t  low;                    /* below 0x20, or DEL                  */
    uint64_t  mark;                   /* % & \ =                             */
    uint64_t  letter;
    uint64_t  white;
    uint64_t  run;                    /* letters, digits, + / - _            */
} masks_t;


#if defined(__x86_64__)

static void
classify(const unsigned char *p, masks_t *m)
{
    unsigned       i;
    __m128i        v, x, letter, digit, mark, low, run, white;
    const __m128i  space = _mm_set1_epi8(0x20);

    memset(m, 0, sizeof(masks_t));

    for (i = 0; i < BLOCK; i += 16) {

        v = _mm_loadu_si128((const __m128i *) (const void *) (p + i));

        x = _mm_sub_epi8(_mm_or_si128(v, space), _mm_set1_epi8('a'));
        letter = _mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(25)), x);

        x = _mm_sub_epi8(v, _mm_set1_epi8('0'));
        digit = _mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(9)), x);

        mark = _mm_or_si128(
                   _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('%')),
                                _mm_cmpeq_epi8(v, _mm_set1_epi8('&'))),
                   _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('\\')),
                                _mm_cmpeq_epi8(v, _mm_set1_epi8('='))));

        run = _mm_or_si128(
                  _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('+')),
                               _mm_cmpeq_epi8(v, _mm_set1_epi8('/'))),
                  _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('-')),
                               _mm_cmpeq_epi8(v, _mm_set1_epi8('_'))));
        run = _mm_or_si128(run, _mm_or_si128(letter, digit));

        x = _mm_sub_epi8(v, _mm_set1_epi8('\t'));
        white = _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(4)),
                                            x),
                             _mm_cmpeq_epi8(v, space));

        /* signed: bytes beyond ASCII are below 0x20 as well */

        low = _mm_or_si128(_mm_cmplt_epi8(v, space),
                           _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f)));

        m->wide |= (uint64_t) (unsigned) _mm_movemask_epi8(v) << i;
        m->low |= (uint64_t) (unsigned) _mm_movemask_epi8(low) << i;
        m->mark |= (uint64_t) (unsigned) _mm_movemask_epi8(mark) << i;
        m->letter |= (uint64_t) (unsigned) _mm_movemask_epi8(letter) << i;
        m->white |= (uint64_t) (unsigned) _mm_movemask_epi8(white) << i;
        m->run |= (uint64_t) (unsigned) _mm_movemask_epi8(run) << i;
    }

    m->low &= ~m->wide;
}


/* The same with bytes twice as many. */
__attribute__((target("avx2")))
static void
classify_avx2(const unsigned char *p, masks_t *m)
{
    unsigned       i;
    __m256i        v, x, letter, digit, mark, low, run, white;
    const __m256i  space = _mm256_set1_epi8(0x20);

    memset(m, 0, sizeof(masks_t));

    for (i = 0; i < BLOCK; i += 32) {

        v = _mm256_loadu_si256((const __m256i *) (const void *) (p + i));

        x = _mm256_sub_epi8(_mm256_or_si256(v, space), _mm256_set1_epi8('a'));
        letter = _mm256_cmpeq_epi8(_mm256_min_epu8(x, _mm256_set1_epi8(25)),
                                   x);

        x = _mm256_sub_epi8(v, _mm256_set1_epi8('0'));
        digit = _mm256_cmpeq_epi8(_mm256_min_epu8(x, _mm256_set1_epi8(9)), x);

        mark = _mm256_or_si256(
                   _mm256_or_si256(
                       _mm256_cmpeq_epi8(v, _mm256_set1_epi8('%')),
                       _mm256_cmpeq_epi8(v, _mm256_set1_epi8('&'))),
                   _mm256_or_si256(
                       _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\\')),
                       _mm256_cmpeq_epi8(v, _mm256_set1_epi8('='))));

        run = _mm256_or_si256(
                  _mm256_or_si256(
                      _mm256_cmpeq_epi8(v, _mm256_set1_epi8('+')),
                      _mm256_cmpeq_epi8(v, _mm256_set1_epi8('/'))),
                  _mm256_or_si256(
                      _mm256_cmpeq_epi8(v, _mm256_set1_epi8('-')),
                      _mm256_cmpeq_epi8(v, _mm256_set1_epi8('_'))));
        run = _mm256_or_si256(run, _mm256_or_si256(letter, digit));

        x = _mm256_sub_epi8(v, _mm256_set1_epi8('\t'));
        white = _mm256_or_si256(
                    _mm256_cmpeq_epi8(
                        _mm256_min_epu8(x, _mm256_set1_epi8(4)), x),
                    _mm256_cmpeq_epi8(v, space));

        low = _mm256_or_si256(_mm256_cmpgt_epi8(space, v),
                              _mm256_cmpeq_epi8(v, _mm256_set1_epi8(0x7f)));

        m->wide |= (uint64_t) (unsigned) _mm256_movemask_epi8(v) << i;
        m->low |= (uint64_t) (unsigned) _mm256_movemask_epi8(low) << i;
        m->mark |= (uint64_t) (unsigned) _mm256_movemask_epi8(mark) << i;
        m->letter |= (uint64_t) (unsigned) _mm256_movemask_epi8(letter) << i;
        m->white |= (uint64_t) (unsigned) _mm256_movemask_epi8(white) << i;
        m->run |= (uint64_t) (unsigned) _mm256_movemask_epi8(run) << i;
    }

    m->low &= ~m->wide;
}

#elif defined(__aarch64__)

static uint64_t
gather(const uint8x16_t v[4])
{
    uint8x16_t        a, b;
    const uint8x16_t  bit = { 1, 2, 4, 8, 16, 32, 64, 128,
                              1, 2, 4, 8, 16, 32, 64, 128 };

    a = vpaddq_u8(vandq_u8(v[0], bit), vandq_u8(v[1], bit));
    b = vpaddq_u8(vandq_u8(v[2], bit), vandq_u8(v[3], bit));
    a = vpaddq_u8(a, b);
    a = vpaddq_u8(a, a);

    return vgetq_lane_u64(vreinterpretq_u64_u8(a), 0);
}


static void
classify(const unsigned char *p, masks_t *m)
{
    unsigned    i;
    uint8x16_t  v, wide[4], low[4], mark[4], letter[4], white[4], run[4];

    for (i = 0; i < 4; i++) {

        v = vld1q_u8(p + i * 16);

        wide[i] = vcgeq_u8(v, vdupq_n_u8(0x80));
        low[i] = vorrq_u8(vcltq_u8(v, vdupq_n_u8(0x20)),
                          vceqq_u8(v, vdupq_n_u8(0x7f)));
        letter[i] = vcleq_u8(vsubq_u8(vorrq_u8(v, vdupq_n_u8(0x20)),
                                      vdupq_n_u8('a')),
                             vdupq_n_u8(25));
        white[i] = vorrq_u8(vcleq_u8(vsubq_u8(v, vdupq_n_u8('\t')),
                                     vdupq_n_u8(4)),
                            vceqq_u8(v, vdupq_n_u8(' ')));
        mark[i] = vorrq_u8(vorrq_u8(vceqq_u8(v, vdupq_n_u8('%')),
                                    vceqq_u8(v, vdupq_n_u8('&'))),
                           vorrq_u8(vceqq_u8(v, vdupq_n_u8('\\')),
                                    vceqq_u8(v, vdupq_n_u8('='))));
        run[i] = vorrq_u8(vorrq_u8(vceqq_u8(v, vdupq_n_u8('+')),
                                   vceqq_u8(v, vdupq_n_u8('/'))),
                          vorrq_u8(vceqq_u8(v, vdupq_n_u8('-')),
                                   vceqq_u8(v, vdupq_n_u8('_'))));
        run[i] = vorrq_u8(run[i],
                          vorrq_u8(letter[i],
                                   vcleq_u8(vsubq_u8(v, vdupq_n_u8('0')),
                                            vdupq_n_u8(9))));
    }

    m->wide = gather(wide);
    m->low = gather(low);
    m->mark = gather(mark);
    m->letter = gather(letter);
    m->white = gather(white);
    m->run = gather(run);
}

#else

static void
classify(const unsigned char *p, masks_t *m)
{
    unsigned       i;
    uint64_t       bit;
    unsigned char  c;

    memset(m, 0, sizeof(masks_t));

    for (i = 0, bit = 1; i < BLOCK; i++, bit <<= 1) {
        c = p[i];

        if (c == ' ' || (c >= '\t' && c <= '\r')) {
            m->white |= bit;
        }

        if (c >= 0x80) {
            m->wide |= bit;

        } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') {
            m->letter |= bit;
            m->run |= bit;

        } else if ((c >= '0' && c <= '9') || c == '+' || c == '/' || c == '-'
                   || c == '_')
        {
            m->run |= bit;

        } else if (c < 0x20 || c == 0x7f) {
            m->low |= bit;

        } else if (c == '%' || c == '&' || c == '\\' || c == '=') {
            m->mark |= bit;
        }
    }
}

#endif


/* Looks closer at one of % & \ =, with what follows it. */
static unsigned
look(const unsigned char *p, size_t left)
{
    unsigned char  c;

    if (left < 3) {
        return 0;
    }

    c = p[1];

    switch (p[0]) {

    case '%':
        if ((mcp_hex_value(c) >= 0 && mcp_hex_value(p[2]) >= 0)
            || (c | 0x20) == 'u')
        {
            return MCP_TEXT_PERCENT;
        }

        return 0;

    case '&':
        return (c == '#' || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
               ? MCP_TEXT_ENTITY : 0;

    case '\\':
        return ((c | 0x20) == 'u' || c == 'x' || (c >= '0' && c <= '3'))
               ? MCP_TEXT_BACKSLASH : 0;

    default: /* = */
        if (c == '\n' || c == '\r'
            || (mcp_hex_value(c) >= 0 && mcp_hex_value(p[2]) >= 0
                && c < 'a' && p[2] < 'a'))
        {
            return MCP_TEXT_QUOTED;
        }

        return 0;
    }
}


/* Four letters with one other byte between them, somewhere in the block. */
static int
spaced(uint64_t lone)
{
    lone &= lone >> 2;

    return (lone & (lone >> 4)) != 0;
}


__attribute__((always_inline))
static inline unsigned
probe(const unsigned char *text, size_t len,
    void (*classify_block)(const unsigned char *p, masks_t *m))
{
    size_t                i, n, k;
    masks_t               m;
    uint64_t              x, lone, last_lone, last_letter, last_white;
    unsigned              bits, tail;
    unsigned char         buf[BLOCK];
    const unsigned char  *p;

    bits = 0;
    tail = 0;                         /* bytes of a run at the last end      */
    last_lone = 0;
    last_letter = 0;
    last_white = 0;

    for (i = 0; i < len; i += BLOCK) {

        p = text + i;
        n = len - i;

        if (n < BLOCK) {
            memset(buf, ' ', sizeof(buf));
            memcpy(buf, p, n);
            p = buf;
        }

        classify_block(p, &m);

        if (m.wide) {
            bits |= MCP_TEXT_WIDE;
        }

        for (x = m.low; x != 0; x &= x - 1) {
            k = (size_t) __builtin_ctzll(x);

            if (p[k] != '\n' && p[k] != '\t' && p[k] != '\r') {
                bits |= MCP_TEXT_CONTROL;
            }
        }

        for (x = m.mark; x != 0; x &= x - 1) {
            k = (size_t) __builtin_ctzll(x);
            bits |= look(text + i + k, len - i - k);
        }

        /* 16 in a row, also across the border of two blocks */

        x = m.run & (m.run >> 1);
        x &= x >> 2;
        x &= x >> 4;
        x &= x >> 8;

        if (x != 0) {
            bits |= MCP_TEXT_RUN;
        }

        if (m.run == UINT64_MAX) {
            tail = BLOCK;

        } else {

            if (tail + (unsigned) __builtin_ctzll(~m.run) >= 16) {
                bits |= MCP_TEXT_RUN;
            }

            tail = (unsigned) __builtin_clzll(~m.run);
        }

        /* letters that stand alone; at the end of a block we do not know */

        lone = m.letter & ~(m.letter << 1) & ~(m.letter >> 1);

        if (last_letter >> 63) {
            lone &= ~UINT64_C(1);
        }

        if (spaced(lone) || spaced((last_lone >> 32) | (lone << 32))) {
            bits |= MCP_TEXT_SPACED;
        }

        /* a letter and two blanks; a short last block is full of blanks */

        x = (m.letter << 2 | last_letter >> 62)
            & (m.white << 1 | last_white >> 63) & m.white;

        if (n < BLOCK) {
            x &= (UINT64_C(1) << n) - 1;
        }

        if (x != 0) {
            bits |= MCP_TEXT_GAP;
        }

        last_lone = lone;
        last_letter = m.letter;
        last_white = m.white;
    }

    return bits;
}


#if defined(__x86_64__)

__attribute__((target("avx2")))
static unsigned
probe_avx2(const unsigned char *text, size_t len)
{
    return probe(text, len, classify_avx2);
}

#endif


/*
 * Is it a name, a number or the like, in which nothing can be?  Too short for
 * an encoded run, no mark, no two blanks, fewer than four letters alone.
 */
static int
is_simple(const unsigned char *text, size_t len)
{
    size_t    i;
    unsigned  now, last, lone;

    enum { OTHER = 1, LETTER, LONE };

    last = OTHER;
    lone = 0;

    for (i = 0; i < len; i++) {

        if (mcp_is_alpha(text[i])) {
            now = (last == OTHER) ? LONE : LETTER;
            lone += (now == LONE);
            lone -= (now == LETTER && last == LONE);

        } else if (text[i] >= '-' && text[i] <= ':') {
            now = OTHER;

        } else if (text[i] == '_' || (text[i] == ' ' && i + 1 < len
                                      && text[i + 1] > ' '))
        {
            now = OTHER;

        } else {
            return 0;
        }

        last = now;
    }

    return lone < 4;
}


unsigned
mcp_text_probe(const unsigned char *text, size_t len)
{
    if (len < SHORT && is_simple(text, len)) {
        return 0;
    }

#if defined(__x86_64__)

    if (len >= BLOCK && __builtin_cpu_supports("avx2")) {
        return probe_avx2(text, len);
    }

#endif

    return probe(text, len, classify);
}
