/*
 * Member names of open objects, and the search for duplicates.
 *
 * The names live on a stack that shrinks when an object ends.  An object of
 * up to SMALL members is searched from end to end, comparing a cheap
 * fingerprint first.  A larger one is indexed: its names are chained in one
 * table of buckets that all indexed objects share.  Names leave in the
 * reverse order in which they came, so each is the head of its chain when it
 * leaves, and nothing has to be searched or cleared.
 *
 * The hash is a polynomial over the integers modulo 2^61 - 1, at a secret
 * point, then multiply-shift with a secret odd factor.  Two names that differ
 * meet in one of m buckets with probability below 2 / m + 2^-50, whoever
 * chose them; there is nothing an attacker could compute in advance.  The
 * depth is hashed too: open objects do not fill each other's chains.
 */

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "mcp_json_int.h"


#define SMALL          16
#define MIN_MEMBERS    64
#define MIN_BITS       6
#define MAX_BITS       31

#define PRIME61        0x1fffffffffffffffu    /* 2^61 - 1 */
#define BLOCK          4                      /* bytes at a time */


#if defined(__SIZEOF_INT128__)
__extension__ typedef unsigned __int128  uint128;
#endif


/* a * b modulo 2^61 - 1 for a, b < 2^61; the result is below 2^61. */
static inline uint64_t
multiply61(uint64_t a, uint64_t b)
{
    uint64_t  low, high;

#if defined(__SIZEOF_INT128__)

    uint128  product;

    product = (uint128) a * b;
    low = (uint64_t) product & PRIME61;
    high = (uint64_t) (product >> 61);

#else

    uint64_t  a0, a1, b0, b1, mid;

    a0 = a & 0xffffffff;
    a1 = a >> 32;
    b0 = b & 0xffffffff;
    b1 = b >> 32;

    /* both high halves are below 2^29: no sum here overflows */

    mid = a1 * b0 + a0 * b1 + (a0 * b0 >> 32);
    low = mid << 32 | (a0 * b0 & 0xffffffff);
    high = (a1 * b1 + (mid >> 32)) << 3 | low >> 61;
    low &= PRIME61;

#endif

    low += high;

    return (low >= PRIME61) ? low - PRIME61 : low;
}


static inline uint64_t
mix(const mcp_json_t *j, uint64_t sum, uint64_t block)
{
    sum += block;

    if (sum >= PRIME61) {
        sum -= PRIME61;
    }

    return multiply61(sum, j->seed[0]);
}


static uint32_t
keyed_hash(const mcp_json_t *j, const unsigned char *p, uint32_t len,
    uint32_t depth)
{
    uint32_t  rest, block;
    uint64_t  sum;

    /* the length makes names of zero padded blocks different */

    sum = mix(j, 0, (uint64_t) depth << 32 | len);

    for (rest = len; rest > 0; rest -= (rest < BLOCK) ? rest : BLOCK) {
        block = 0;
        memcpy(&block, p, (rest < BLOCK) ? rest : BLOCK);
        sum = mix(j, sum, block);
        p += BLOCK;
    }

    return (uint32_t) (sum * j->seed[1] >> 32);
}


/*
 * For small objects: no secret is needed where at most SMALL names are
 * compared.
 */
static inline uint32_t
fingerprint(const unsigned char *p, uint32_t len)
{
    uint32_t  tail;

    if (len >= 4) {
        memcpy(&tail, p + len - 4, 4);
        return tail ^ (len << 24) ^ p[0];
    }

    if (len == 0) {
        return 0;
    }

    return len << 24 | (uint32_t) p[0] << 16 | (uint32_t) p[len / 2] << 8
           | p[len - 1];
}


void
mcp_json_keys_seed(mcp_json_t *j)
{
    if (getrandom(j->seed, sizeof(j->seed), GRND_NONBLOCK)
        != (ssize_t) sizeof(j->seed))
    {
        /* a kernel just started, or none that knows: better than a constant */

        j->seed[0] = (uint64_t) time(NULL) * 0x9e3779b97f4a7c15u
                     ^ (uint64_t) (uintptr_t) j;
        j->seed[1] = (uint64_t) clock() * 0xbf58476d1ce4e5b9u
                     ^ (uint64_t) (uintptr_t) &j;
    }

    j->seed[0] = j->seed[0] % (PRIME61 - 2) + 2;
    j->seed[1] |= 1;
}


/* Chains members[i] in its bucket. */
static inline void
link_member(mcp_json_t *j, uint32_t i)
{
    uint32_t  *bucket;

    bucket = &j->buckets[j->members[i].hash >> j->shift];

    j->members[i].next = *bucket;
    *bucket = i + 1;
}


/*
 * Makes the table larger when it would hold more names than buckets, extra
 * ones counted.  The chains are built anew in the order of the stack, which
 * keeps the innermost names at their heads.
 */
static mcp_rc_t
grow_buckets(mcp_json_t *j, uint32_t extra)
{
    uint32_t  i, d, last, *buckets;
    unsigned  bits;

    bits = (j->buckets != NULL) ? 32 - j->shift : 0;

    if (bits != 0
        && (j->nindexed + extra <= (uint32_t) 1 << bits || bits == MAX_BITS))
    {
        return MCP_OK;
    }

    /* extra is SMALL + 1 at most, so one step is enough */

    bits = (bits == 0) ? MIN_BITS : bits + 1;

    buckets = calloc((size_t) 1 << bits, sizeof(uint32_t));

    if (buckets == NULL) {
        return mcp_json_fail(j, MCP_JSON_E_NOMEM, j->raw);
    }

    free(j->buckets);

    j->buckets = buckets;
    j->shift = 32 - bits;

    for (d = 0; d < j->depth; d++) {

        if (!j->levels[d].indexed) {
            continue;
        }

        last = (d + 1 < j->depth) ? j->levels[d + 1].first : j->nmembers;

        for (i = j->levels[d].first; i < last; i++) {
            link_member(j, i);
        }
    }

    return MCP_OK;
}


/* A small object has become a large one. */
static mcp_rc_t
index_level(mcp_json_t *j, mcp_json_level_t *level)
{
    uint32_t            i, n;
    mcp_json_member_t  *m;

    n = j->nmembers - level->first;

    if (grow_buckets(j, n) != MCP_OK) {
        return MCP_ERROR;
    }

    for (i = level->first; i < j->nmembers; i++) {
        m = &j->members[i];
        m->hash = keyed_hash(j, j->arena.data + m->text, m->len, j->depth);
        link_member(j, i);
    }

    level->indexed = 1;
    j->nindexed += n;

    return MCP_OK;
}


static mcp_rc_t
grow_members(mcp_json_t *j)
{
    size_t              size;
    mcp_json_member_t  *members;

    size = (j->members_size == 0) ? MIN_MEMBERS : (size_t) j->members_size * 2;

    if (size > UINT32_MAX - 1
        || size > SIZE_MAX / sizeof(mcp_json_member_t))
    {
        return mcp_json_fail(j, MCP_JSON_E_NOMEM, j->raw);
    }

    members = realloc(j->members, size * sizeof(mcp_json_member_t));

    if (members == NULL) {
        return mcp_json_fail(j, MCP_JSON_E_NOMEM, j->raw);
    }

    j->members = members;
    j->members_size = (uint32_t) size;

    return MCP_OK;
}


static inline int
same_name(const mcp_json_t *j, const mcp_json_member_t *a,
    const mcp_json_member_t *b)
{
    return a->hash == b->hash && a->len == b->len
           && memcmp(j->arena.data + a->text, j->arena.data + b->text, a->len)
              == 0;
}


mcp_rc_t
mcp_json_keys_add(mcp_json_t *j, uint32_t len)
{
    uint32_t              i;
    mcp_json_level_t     *level;
    mcp_json_member_t    *m;
    const unsigned char  *name;

    if (j->nmembers == j->members_size && grow_members(j) != MCP_OK) {
        return MCP_ERROR;
    }

    level = &j->levels[j->depth - 1];
    name = j->arena.data + j->text;

    m = &j->members[j->nmembers];
    m->text = j->text;
    m->len = len;
    m->next = 0;

    if (!level->indexed) {

        m->hash = fingerprint(name, len);

        for (i = level->first; i < j->nmembers; i++) {
            if (same_name(j, &j->members[i], m)) {
                return mcp_json_fail(j, MCP_JSON_E_DUPLICATE, j->raw);
            }
        }

        j->nmembers++;

        if (j->nmembers - level->first > SMALL) {
            return index_level(j, level);
        }

        return MCP_OK;
    }

    m->hash = keyed_hash(j, name, len, j->depth);

    for (i = j->buckets[m->hash >> j->shift]; i != 0;
         i = j->members[i - 1].next)
    {
        if (same_name(j, &j->members[i - 1], m)) {
            return mcp_json_fail(j, MCP_JSON_E_DUPLICATE, j->raw);
        }
    }

    if (grow_buckets(j, 1) != MCP_OK) {
        return MCP_ERROR;
    }

    link_member(j, j->nmembers++);
    j->nindexed++;

    return MCP_OK;
}


void
mcp_json_keys_pop(mcp_json_t *j)
{
    uint32_t           i;
    mcp_json_level_t  *level;

    level = &j->levels[j->depth - 1];

    if (level->indexed) {

        for (i = j->nmembers; i > level->first; i--) {
            j->buckets[j->members[i - 1].hash >> j->shift]
                = j->members[i - 1].next;
        }

        j->nindexed -= j->nmembers - level->first;
    }

    j->nmembers = level->first;
}


void
mcp_json_keys_trim(mcp_json_t *j, size_t keep)
{
    if (j->members_size * sizeof(mcp_json_member_t) > keep) {
        free(j->members);
        j->members = NULL;
        j->members_size = 0;
    }

    if (j->buckets != NULL
        && ((size_t) 1 << (32 - j->shift)) * sizeof(uint32_t) > keep)
    {
        free(j->buckets);
        j->buckets = NULL;
    }
}
