
/*
 * The store in shared memory: one machine, all its workers.
 *
 * The zone is one block: a head, a table of chains, and the counters, which
 * name each other by number.  Nothing is allocated in it later, so a worker
 * that is killed inside the lock can leave wrong links, but never a counter
 * that is lost or torn: who comes next finds the head still busy and makes
 * the links anew.
 *
 * A counter whose time has passed is as good as none.  It stays until its
 * place is needed; then the one that was not charged for the longest time
 * goes first.  They stand in classes, by the length of their window, as one
 * that is charged once a day would hide those of every second behind it.
 * Where no counter is idle the zone is full: forgetting one that counts
 * would open the limit for its client.
 *
 * Counters are found by a keyed hash of 128 bits and keep nothing else of
 * their name: no client can be read from the zone, and none can choose its
 * name so that chains become long, or that it shares another's counter.
 */


#include "ngx_mcp_store.h"
#include "mcp_siphash.h"


#define NGX_MCP_SHM_DEFAULT    (8 * 1024 * 1024)
#define NGX_MCP_SHM_MIN_PAGES  8
#define NGX_MCP_SHM_CLASSES    46       /* log2 of MCP_GCRA_MAX_WINDOW, and 1 */
#define NGX_MCP_SHM_WARN       60000000             /* us between lines       */


/* A clock that nobody sets; on Linux one that does not sleep either. */

#ifdef CLOCK_BOOTTIME
#define NGX_MCP_SHM_CLOCK      CLOCK_BOOTTIME
#else
#define NGX_MCP_SHM_CLOCK      CLOCK_MONOTONIC
#endif


/* Numbers of counters; 0: none. */
typedef uint32_t  ngx_mcp_shm_ref_t;

typedef struct {
    uint64_t                      id[2];
    uint64_t                      tat;
    ngx_mcp_shm_ref_t             chain;         /* the next of the chain, or
                                                    of those free             */
    ngx_mcp_shm_ref_t             newer;         /* in the ring of the class  */
    ngx_mcp_shm_ref_t             older;
    uint8_t                       class;
    uint8_t                       used;
    uint8_t                       held;          /* by the current question   */
} ngx_mcp_shm_counter_t;

typedef struct {
    ngx_atomic_t                  busy;          /* somebody changes links    */
    uint64_t                      keys[2][2];
    uint64_t                      now;           /* the latest that was seen  */
    uint64_t                      warned;        /* that the zone is full     */
    ngx_uint_t                    full;          /* questions since then      */
    ngx_uint_t                    nchains;       /* a power of two            */
    ngx_uint_t                    ncounters;     /* with number 0, not used   */
    ngx_uint_t                    nfresh;        /* the rest was never used   */
    ngx_uint_t                    nused;
    ngx_mcp_shm_ref_t             free;
    ngx_mcp_shm_ref_t             newest[NGX_MCP_SHM_CLASSES];
    ngx_mcp_shm_ref_t             oldest[NGX_MCP_SHM_CLASSES];
} ngx_mcp_shm_head_t;

typedef struct {
    ngx_mcp_shm_head_t           *head;
    ngx_mcp_shm_ref_t            *chains;
    ngx_mcp_shm_counter_t        *counters;
    ngx_slab_pool_t              *shpool;
} ngx_mcp_shm_ctx_t;


static char *ngx_mcp_shm_parse(ngx_conf_t *cf, ngx_mcp_store_t *st);
static ngx_int_t ngx_mcp_shm_init_zone(ngx_shm_zone_t *zone, void *data);
static void ngx_mcp_shm_resized(ngx_shm_zone_t *zone);
static void ngx_mcp_shm_map(ngx_mcp_shm_ctx_t *ctx);
static ngx_int_t ngx_mcp_shm_ask(ngx_mcp_store_t *st, ngx_mcp_question_t *q);
static void ngx_mcp_shm_answer(ngx_mcp_shm_ctx_t *ctx, ngx_mcp_question_t *q,
    uint64_t (*ids)[2], ngx_mcp_shm_ref_t *refs);
static void ngx_mcp_shm_id(ngx_mcp_shm_head_t *head, ngx_mcp_question_t *q,
    ngx_mcp_limit_t *limit, uint64_t id[2]);
static uint64_t ngx_mcp_shm_now(ngx_mcp_shm_head_t *head);
static ngx_mcp_shm_ref_t ngx_mcp_shm_find(ngx_mcp_shm_ctx_t *ctx,
    uint64_t id[2]);
static ngx_mcp_shm_ref_t ngx_mcp_shm_add(ngx_mcp_shm_ctx_t *ctx,
    uint64_t id[2], ngx_uint_t class);
static ngx_mcp_shm_ref_t ngx_mcp_shm_evict(ngx_mcp_shm_ctx_t *ctx);
static void ngx_mcp_shm_unchain(ngx_mcp_shm_ctx_t *ctx, ngx_mcp_shm_ref_t ref);
static void ngx_mcp_shm_push(ngx_mcp_shm_ctx_t *ctx, ngx_mcp_shm_ref_t ref);
static void ngx_mcp_shm_take(ngx_mcp_shm_ctx_t *ctx, ngx_mcp_shm_ref_t ref);
static void ngx_mcp_shm_rebuild(ngx_mcp_shm_ctx_t *ctx);
static ngx_uint_t ngx_mcp_shm_class(mcp_gcra_t *g);


static const char *const  ngx_mcp_shm_schemes[] = { "shm:", NULL };


const ngx_mcp_store_type_t  ngx_mcp_store_shm = {
    ngx_string("shm"),
    ngx_mcp_shm_schemes,
    0,                                     /* network */
    ngx_mcp_shm_parse,
    NULL,                                  /* init process */
    NULL,                                  /* exit process */
    ngx_mcp_shm_ask,
    NULL                                   /* cancel */
};


/* One zone for a whole configuration; the default takes what there is. */

static char *
ngx_mcp_shm_parse(ngx_conf_t *cf, ngx_mcp_store_t *st)
{
    ssize_t          size;
    ngx_str_t        s;
    ngx_shm_zone_t  *zone;

    static ngx_str_t  name = ngx_string("mcp_store");

    size = 0;

    s.data = st->uri.data + sizeof("shm:") - 1;
    s.len = st->uri.len - (sizeof("shm:") - 1);

    if (s.len) {
        size = ngx_parse_size(&s);

        if (size == NGX_ERROR) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid size of \"%V\" in \"mcp_store\" "
                               "directive", &st->uri);
            return NGX_CONF_ERROR;
        }

        if (size < (ssize_t) (NGX_MCP_SHM_MIN_PAGES * ngx_pagesize)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" in \"mcp_store\" directive is too "
                               "small, it must be at least %uzk", &st->uri,
                               NGX_MCP_SHM_MIN_PAGES * ngx_pagesize / 1024);
            return NGX_CONF_ERROR;
        }
    }

    zone = ngx_shared_memory_add(cf, &name, size,
                                 (void *) &ngx_mcp_store_shm);
    if (zone == NULL) {
        return NGX_CONF_ERROR;
    }

    if (zone->shm.size == 0) {
        zone->shm.size = NGX_MCP_SHM_DEFAULT;
    }

    if (zone->data == NULL) {
        zone->data = ngx_pcalloc(cf->pool, sizeof(ngx_mcp_shm_ctx_t));
        if (zone->data == NULL) {
            return NGX_CONF_ERROR;
        }

        zone->init = ngx_mcp_shm_init_zone;
    }

    st->data = zone->data;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_mcp_shm_init_zone(ngx_shm_zone_t *zone, void *data)
{
    ngx_mcp_shm_ctx_t  *octx = data;

    size_t               size, left;
    ngx_uint_t           n;
    ngx_mcp_shm_ctx_t   *ctx;
    ngx_mcp_shm_head_t  *head;

    ctx = zone->data;

    if (octx) {
        *ctx = *octx;
        return NGX_OK;
    }

    ngx_mcp_shm_resized(zone);

    ctx->shpool = (ngx_slab_pool_t *) zone->shm.addr;
    ctx->shpool->log_nomem = 0;

    /* all of it; never written memory is zero, and need not be touched */

    size = ctx->shpool->pfree * ngx_pagesize;

    head = ngx_slab_alloc(ctx->shpool, size);
    if (head == NULL) {
        return NGX_ERROR;
    }

    ctx->head = head;
    ctx->shpool->data = head;

    ngx_memzero(head, sizeof(ngx_mcp_shm_head_t));

    if (mcp_siphash_key(head->keys[0]) != MCP_OK
        || mcp_siphash_key(head->keys[1]) != MCP_OK)
    {
        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                      "mcp: the system has no random numbers for the store");
        return NGX_ERROR;
    }

    /* as many counters as fit with the largest table that is not sparse */

    left = size - sizeof(ngx_mcp_shm_head_t);

    for (n = 16; n * 2 * (sizeof(ngx_mcp_shm_ref_t)
                          + sizeof(ngx_mcp_shm_counter_t)) <= left;
         n *= 2)
    { /* void */ }

    head->nchains = n;
    head->ncounters = (left - n * sizeof(ngx_mcp_shm_ref_t))
                      / sizeof(ngx_mcp_shm_counter_t);
    head->nfresh = 1;

    ngx_mcp_shm_map(ctx);

    return NGX_OK;
}


/* nginx drops a zone whose size has changed: what it counted is gone. */

static void
ngx_mcp_shm_resized(ngx_shm_zone_t *zone)
{
    ngx_uint_t        i;
    ngx_shm_zone_t   *old;
    ngx_list_part_t  *part;

    /* ngx_cycle is the old one until the new one works */

    part = (ngx_list_part_t *) &ngx_cycle->shared_memory.part;
    old = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return;
            }

            part = part->next;
            old = part->elts;
            i = 0;
        }

        if (old[i].shm.name.len == zone->shm.name.len
            && ngx_strncmp(old[i].shm.name.data, zone->shm.name.data,
                           zone->shm.name.len) == 0
            && old[i].shm.size != zone->shm.size)
        {
            ngx_log_error(NGX_LOG_NOTICE, zone->shm.log, 0,
                          "mcp: the size of \"mcp_store\" was changed from "
                          "%uz to %uz bytes, counters start anew",
                          old[i].shm.size, zone->shm.size);
            return;
        }
    }
}


static void
ngx_mcp_shm_map(ngx_mcp_shm_ctx_t *ctx)
{
    u_char  *p;

    p = (u_char *) ctx->head + sizeof(ngx_mcp_shm_head_t);

    ctx->chains = (ngx_mcp_shm_ref_t *) p;

    p += ctx->head->nchains * sizeof(ngx_mcp_shm_ref_t);

    ctx->counters = (ngx_mcp_shm_counter_t *) p;
}


static ngx_int_t
ngx_mcp_shm_ask(ngx_mcp_store_t *st, ngx_mcp_question_t *q)
{
    uint64_t             ids[NGX_MCP_MAX_LIMITS][2];
    ngx_uint_t           i, full, used, rebuilt;
    ngx_mcp_shm_ctx_t   *ctx;
    ngx_mcp_shm_ref_t    refs[NGX_MCP_MAX_LIMITS];
    ngx_mcp_shm_head_t  *head;

    ctx = st->data;
    head = ctx->head;
    full = 0;
    rebuilt = 0;

    for (i = 0; i < q->nlimits; i++) {
        ngx_mcp_shm_id(head, q, &q->limits[i], ids[i]);
    }

    ngx_shmtx_lock(&ctx->shpool->mutex);

    if (head->busy) {
        ngx_mcp_shm_rebuild(ctx);
        rebuilt = 1;
    }

    head->busy = 1;
    ngx_memory_barrier();

    ngx_mcp_shm_answer(ctx, q, ids, refs);

    if (q->answer.result == NGX_MCP_STORE_ERROR) {
        head->full++;

        if (head->warned == 0 || head->now - head->warned >= NGX_MCP_SHM_WARN)
        {
            full = head->full;
            head->full = 0;
            head->warned = head->now;
        }
    }

    used = head->nused;

    ngx_memory_barrier();
    head->busy = 0;

    ngx_shmtx_unlock(&ctx->shpool->mutex);

    if (rebuilt) {
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "mcp: a worker died inside the store, its %ui counters "
                      "were put in order", used);
    }

    if (full) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "mcp: the store is full: none of %ui counters is idle, "
                      "%ui questions had no answer", used, full);
    }

    return NGX_OK;
}


/* Inside the lock. */

static void
ngx_mcp_shm_answer(ngx_mcp_shm_ctx_t *ctx, ngx_mcp_question_t *q,
    uint64_t (*ids)[2], ngx_mcp_shm_ref_t *refs)
{
    uint64_t                tat, now, wait, remaining;
    ngx_uint_t              i, never;
    ngx_mcp_limit_t        *limit;
    mcp_gcra_result_t       r[NGX_MCP_MAX_LIMITS];
    ngx_mcp_shm_counter_t  *c;

    now = ngx_mcp_shm_now(ctx->head);

    q->answer.result = NGX_MCP_STORE_PASS;
    q->answer.retry_after = 0;
    q->answer.error = NULL;

    remaining = (uint64_t) -1;
    never = 0;
    wait = 0;

    for (i = 0; i < q->nlimits; i++) {
        limit = &q->limits[i];

        refs[i] = ngx_mcp_shm_find(ctx, ids[i]);
        tat = ctx->counters[refs[i]].tat;

        if (!mcp_gcra_check(&limit->gcra, tat, now, limit->cost, &r[i])) {
            q->answer.result = NGX_MCP_STORE_LIMITED;

            if (r[i].wait == 0) {
                never = 1;
            }

            wait = ngx_max(wait, r[i].wait);

            if (r[i].tat < tat) {
                ctx->counters[refs[i]].tat = r[i].tat;
            }
        }

        remaining = ngx_min(remaining, r[i].remaining);
    }

    q->answer.remaining = (ngx_uint_t) remaining;

    if (q->answer.result == NGX_MCP_STORE_LIMITED) {
        q->answer.retry_after = never ? 0 : (ngx_msec_t) ((wait + 999) / 1000);
        return;
    }

    for (i = 0; i < q->nlimits; i++) {
        ctx->counters[refs[i]].held = 1;
    }

    for (i = 0; i < q->nlimits; i++) {

        if (refs[i] == 0) {
            refs[i] = ngx_mcp_shm_add(ctx, ids[i],
                                      ngx_mcp_shm_class(&q->limits[i].gcra));

            if (refs[i] == 0) {
                q->answer.result = NGX_MCP_STORE_ERROR;
                q->answer.error = "store is full";
                break;
            }

            ctx->counters[refs[i]].held = 1;
        }
    }

    for (i = 0; i < q->nlimits; i++) {
        c = &ctx->counters[refs[i]];
        c->held = 0;

        if (refs[i] && q->answer.result == NGX_MCP_STORE_PASS) {
            c->tat = r[i].tat;

            ngx_mcp_shm_take(ctx, refs[i]);
            ngx_mcp_shm_push(ctx, refs[i]);
        }
    }
}


/* Parts are hashed one by one, so that no two names run into each other. */

static void
ngx_mcp_shm_id(ngx_mcp_shm_head_t *head, ngx_mcp_question_t *q,
    ngx_mcp_limit_t *limit, uint64_t id[2])
{
    uint64_t    parts[3];
    ngx_uint_t  i;

    for (i = 0; i < 2; i++) {
        parts[0] = mcp_siphash(head->keys[i], q->server.data, q->server.len);
        parts[1] = mcp_siphash(head->keys[i], limit->id.data, limit->id.len);
        parts[2] = mcp_siphash(head->keys[i], limit->who.data,
                               limit->who.len);

        id[i] = mcp_siphash(head->keys[i], (u_char *) parts, sizeof(parts));
    }
}


/*
 * Microseconds; inside the lock, so that no question is older than one that
 * was answered before it.
 */

static uint64_t
ngx_mcp_shm_now(ngx_mcp_shm_head_t *head)
{
    uint64_t         now;
    struct timespec  ts;

    (void) clock_gettime(NGX_MCP_SHM_CLOCK, &ts);

    now = (uint64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;

    if (now < head->now) {
        return head->now;
    }

    head->now = now;

    return now;
}


static ngx_mcp_shm_ref_t
ngx_mcp_shm_find(ngx_mcp_shm_ctx_t *ctx, uint64_t id[2])
{
    ngx_mcp_shm_ref_t       ref;
    ngx_mcp_shm_counter_t  *c;

    ref = ctx->chains[id[0] & (ctx->head->nchains - 1)];

    while (ref) {
        c = &ctx->counters[ref];

        if (c->id[0] == id[0] && c->id[1] == id[1]) {
            return ref;
        }

        ref = c->chain;
    }

    return 0;
}


static ngx_mcp_shm_ref_t
ngx_mcp_shm_add(ngx_mcp_shm_ctx_t *ctx, uint64_t id[2], ngx_uint_t class)
{
    ngx_mcp_shm_ref_t       ref, *chain;
    ngx_mcp_shm_head_t     *head;
    ngx_mcp_shm_counter_t  *c;

    head = ctx->head;

    if (head->free) {
        ref = head->free;
        head->free = ctx->counters[ref].chain;

    } else if (head->nfresh < head->ncounters) {
        ref = (ngx_mcp_shm_ref_t) head->nfresh++;

    } else {
        ref = ngx_mcp_shm_evict(ctx);

        if (ref == 0) {
            return 0;
        }
    }

    c = &ctx->counters[ref];

    c->tat = 0;
    c->id[0] = id[0];
    c->id[1] = id[1];
    c->class = (uint8_t) class;

    /* what is marked as used must be whole, whenever a rebuild sees it */

    ngx_memory_barrier();
    c->used = 1;

    chain = &ctx->chains[id[0] & (head->nchains - 1)];
    c->chain = *chain;
    *chain = ref;

    ngx_mcp_shm_push(ctx, ref);

    head->nused++;

    return ref;
}


/* The place of a counter that is as good as none, or 0. */

static ngx_mcp_shm_ref_t
ngx_mcp_shm_evict(ngx_mcp_shm_ctx_t *ctx)
{
    ngx_uint_t              i;
    ngx_mcp_shm_ref_t       ref;
    ngx_mcp_shm_head_t     *head;
    ngx_mcp_shm_counter_t  *c;

    head = ctx->head;

    for (i = 0; i < NGX_MCP_SHM_CLASSES; i++) {
        ref = head->oldest[i];

        /* at most all of this question are held */

        while (ref && ctx->counters[ref].held) {
            ref = ctx->counters[ref].newer;
        }

        if (ref == 0) {
            continue;
        }

        c = &ctx->counters[ref];

        if (c->tat <= head->now) {
            c->used = 0;
            ngx_memory_barrier();

            ngx_mcp_shm_unchain(ctx, ref);
            ngx_mcp_shm_take(ctx, ref);

            head->nused--;

            return ref;
        }
    }

    return 0;
}


static void
ngx_mcp_shm_unchain(ngx_mcp_shm_ctx_t *ctx, ngx_mcp_shm_ref_t ref)
{
    ngx_mcp_shm_ref_t      *link;
    ngx_mcp_shm_counter_t  *c;

    c = &ctx->counters[ref];
    link = &ctx->chains[c->id[0] & (ctx->head->nchains - 1)];

    while (*link != ref) {
        link = &ctx->counters[*link].chain;
    }

    *link = c->chain;
}


static void
ngx_mcp_shm_push(ngx_mcp_shm_ctx_t *ctx, ngx_mcp_shm_ref_t ref)
{
    ngx_mcp_shm_ref_t       newest;
    ngx_mcp_shm_counter_t  *c;

    c = &ctx->counters[ref];
    newest = ctx->head->newest[c->class];

    c->newer = 0;
    c->older = newest;

    if (newest) {
        ctx->counters[newest].newer = ref;

    } else {
        ctx->head->oldest[c->class] = ref;
    }

    ctx->head->newest[c->class] = ref;
}


static void
ngx_mcp_shm_take(ngx_mcp_shm_ctx_t *ctx, ngx_mcp_shm_ref_t ref)
{
    ngx_mcp_shm_counter_t  *c;

    c = &ctx->counters[ref];

    if (c->newer) {
        ctx->counters[c->newer].older = c->older;

    } else {
        ctx->head->newest[c->class] = c->older;
    }

    if (c->older) {
        ctx->counters[c->older].newer = c->newer;

    } else {
        ctx->head->oldest[c->class] = c->newer;
    }
}


/*
 * After a worker was killed inside the lock: links are made anew from the
 * counters, which are whole.  Their order by age is lost, and grows again.
 */

static void
ngx_mcp_shm_rebuild(ngx_mcp_shm_ctx_t *ctx)
{
    ngx_uint_t              i;
    ngx_mcp_shm_ref_t      *chain;
    ngx_mcp_shm_head_t     *head;
    ngx_mcp_shm_counter_t  *c;

    head = ctx->head;

    ngx_memzero(ctx->chains, head->nchains * sizeof(ngx_mcp_shm_ref_t));
    ngx_memzero(head->newest, sizeof(head->newest));
    ngx_memzero(head->oldest, sizeof(head->oldest));

    head->free = 0;
    head->nused = 0;
    ctx->counters[0].tat = 0;
    ctx->counters[0].held = 0;

    for (i = 1; i < head->nfresh; i++) {
        c = &ctx->counters[i];
        c->held = 0;

        if (!c->used) {
            c->chain = head->free;
            head->free = (ngx_mcp_shm_ref_t) i;
            continue;
        }

        chain = &ctx->chains[c->id[0] & (head->nchains - 1)];
        c->chain = *chain;
        *chain = (ngx_mcp_shm_ref_t) i;

        ngx_mcp_shm_push(ctx, (ngx_mcp_shm_ref_t) i);

        head->nused++;
    }
}


/* The number of bits of the window. */

static ngx_uint_t
ngx_mcp_shm_class(mcp_gcra_t *g)
{
    uint64_t    window;
    ngx_uint_t  n;

    window = g->emission * (g->burst + 1);

    for (n = 0; window > 1; n++) {
        window >>= 1;
    }

    return n;
}
