
/*
 * Counters of what happens, in shared memory, for mcp_status.
 *
 * A slot belongs to one process at a time.  The next process that takes it
 * goes on counting where the last one stopped, so that sums never fall; only
 * what is open now is its own.  With more processes than slots, which takes
 * many reloads with old streams, the rest shares the first slot: that is why
 * counting is atomic, and costs a few nanoseconds since nobody else writes.
 */


#include "ngx_http_mcp_count.h"


static ngx_int_t ngx_http_mcp_count_init_zone(ngx_shm_zone_t *zone,
    void *data);
static ngx_http_mcp_slot_t *ngx_http_mcp_slot(ngx_http_mcp_main_conf_t *mmcf,
    ngx_uint_t n);
static ngx_uint_t ngx_http_mcp_alive(ngx_atomic_uint_t pid);
static ngx_uint_t ngx_http_mcp_class(ngx_http_mcp_ctx_t *ctx);
static void ngx_http_mcp_observe(ngx_http_mcp_histogram_t *h, uint64_t ns);


#define ngx_http_mcp_add(p, n)  (void) ngx_atomic_fetch_add(p, n)


const uint64_t  ngx_http_mcp_bounds[NGX_HTTP_MCP_BUCKETS - 1] = {
    10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 5000000,
    10000000, 25000000, 50000000, 100000000, 1000000000
};


const char *const  ngx_http_mcp_classes[NGX_HTTP_MCP_CLASSES] = {
    "none", "batch", "initialize", "ping", "tools/list", "tools/call",
    "resources", "prompts", "tasks", "notification", "subscribe", "other"
};


/* The slot of this process, NULL: nothing is counted. */

static ngx_http_mcp_slot_t  *ngx_http_mcp_own;


ngx_int_t
ngx_http_mcp_count_server(ngx_conf_t *cf, ngx_http_mcp_main_conf_t *mmcf,
    ngx_http_mcp_loc_conf_t *mlcf)
{
    ngx_str_t   *name;
    ngx_uint_t   i;

    name = mmcf->servers.elts;

    for (i = 0; i < mmcf->servers.nelts; i++) {

        if (name[i].len == mlcf->server_name.len
            && ngx_strncmp(name[i].data, mlcf->server_name.data, name[i].len)
               == 0)
        {
            mlcf->server_number = i;
            return NGX_OK;
        }
    }

    name = ngx_array_push(&mmcf->servers);
    if (name == NULL) {
        return NGX_ERROR;
    }

    *name = mlcf->server_name;
    mlcf->server_number = i;

    return NGX_OK;
}


/* A zone has its servers in its name: with others it is a new one. */

ngx_int_t
ngx_http_mcp_count_init(ngx_conf_t *cf, ngx_http_mcp_main_conf_t *mmcf)
{
    size_t           size;
    uint32_t         crc;
    ngx_str_t        name, *server;
    ngx_uint_t       i;
    ngx_shm_zone_t  *zone;

    if (!mmcf->status) {
        return NGX_OK;
    }

    server = mmcf->servers.elts;

    ngx_crc32_init(crc);

    for (i = 0; i < mmcf->servers.nelts; i++) {
        ngx_crc32_update(&crc, server[i].data, server[i].len);
        ngx_crc32_update(&crc, (u_char *) "", 1);
    }

    ngx_crc32_final(crc);

    name.data = ngx_pnalloc(cf->pool, sizeof("mcp_status_") - 1 + 8);
    if (name.data == NULL) {
        return NGX_ERROR;
    }

    name.len = ngx_sprintf(name.data, "mcp_status_%08xD", crc) - name.data;

    size = NGX_HTTP_MCP_SLOTS * ngx_http_mcp_slot_size(mmcf);
    size = ngx_align(size, ngx_pagesize) + 8 * ngx_pagesize;

    zone = ngx_shared_memory_add(cf, &name, size, &ngx_http_mcp_module);
    if (zone == NULL) {
        return NGX_ERROR;
    }

    zone->init = ngx_http_mcp_count_init_zone;
    zone->data = mmcf;

    return NGX_OK;
}


static ngx_int_t
ngx_http_mcp_count_init_zone(ngx_shm_zone_t *zone, void *data)
{
    ngx_http_mcp_main_conf_t *old = data;

    ngx_slab_pool_t           *shpool;
    ngx_http_mcp_main_conf_t  *mmcf;

    mmcf = zone->data;

    if (old) {
        mmcf->slots = old->slots;
        return NGX_OK;
    }

    shpool = (ngx_slab_pool_t *) zone->shm.addr;

    mmcf->slots = ngx_slab_calloc(shpool, NGX_HTTP_MCP_SLOTS
                                          * ngx_http_mcp_slot_size(mmcf));

    return mmcf->slots ? NGX_OK : NGX_ERROR;
}


size_t
ngx_http_mcp_slot_size(ngx_http_mcp_main_conf_t *mmcf)
{
    size_t  size;

    size = sizeof(ngx_http_mcp_slot_t)
           + mmcf->servers.nelts * sizeof(ngx_http_mcp_server_count_t);

    return ngx_align(size, ngx_cacheline_size ? ngx_cacheline_size : 64);
}


static ngx_http_mcp_slot_t *
ngx_http_mcp_slot(ngx_http_mcp_main_conf_t *mmcf, ngx_uint_t n)
{
    return (ngx_http_mcp_slot_t *)
               (mmcf->slots + n * ngx_http_mcp_slot_size(mmcf));
}


void
ngx_http_mcp_count_start(ngx_http_mcp_main_conf_t *mmcf)
{
    ngx_uint_t            i;
    ngx_mcp_store_t     **st;
    ngx_atomic_uint_t     pid;
    ngx_http_mcp_slot_t  *slot;

    ngx_http_mcp_own = NULL;

    if (mmcf->slots == NULL) {
        return;
    }

    ngx_http_mcp_own = ngx_http_mcp_slot(mmcf, 0);

    for (i = 0; i < NGX_HTTP_MCP_SLOTS; i++) {
        slot = ngx_http_mcp_slot(mmcf, i);
        pid = slot->pid;

        if (pid != 0 && ngx_http_mcp_alive(pid)) {
            continue;
        }

        if (ngx_atomic_cmp_set(&slot->pid, pid,
                               (ngx_atomic_uint_t) ngx_pid))
        {
            slot->streams = 0;
            ngx_http_mcp_own = slot;
            break;
        }
    }

    st = mmcf->stores.elts;

    for (i = 0; i < mmcf->stores.nelts; i++) {
        st[i]->reconnects = &ngx_http_mcp_own->reconnects;
    }
}


void
ngx_http_mcp_count_stop(void)
{
    if (ngx_http_mcp_own) {
        (void) ngx_atomic_cmp_set(&ngx_http_mcp_own->pid,
                                  (ngx_atomic_uint_t) ngx_pid, 0);
        ngx_http_mcp_own = NULL;
    }
}


static ngx_uint_t
ngx_http_mcp_alive(ngx_atomic_uint_t pid)
{
    return kill((pid_t) pid, 0) == 0 || ngx_errno == NGX_EPERM;
}


void
ngx_http_mcp_count_message(ngx_http_mcp_ctx_t *ctx, mcp_dir_t dir,
    mcp_verdict_t *v)
{
    off_t                         size;
    ngx_uint_t                    rank;
    ngx_http_mcp_server_count_t  *server;

    if (ngx_http_mcp_own == NULL) {
        return;
    }

    server = &ngx_http_mcp_own->servers[ctx->mlcf->server_number];
    rank = ngx_http_mcp_verdict_rank(v);
    size = dir == MCP_CLIENT ? ctx->request_size : ctx->message_size;

    ngx_http_mcp_add(&server->messages[dir][ngx_http_mcp_class(ctx)][rank], 1);
    ngx_http_mcp_add(&server->bytes[dir], size);

    if (v->rule) {
        ngx_http_mcp_add(&server->categories[v->rule->category], 1);
    }
}


/* Notifications are the methods from the first of them on. */

static ngx_uint_t
ngx_http_mcp_class(ngx_http_mcp_ctx_t *ctx)
{
    if (ctx->batched) {
        return 1;
    }

    switch (ctx->exchange.method) {

    case MCP_M_NONE:
        return 0;

    case MCP_M_INITIALIZE:
    case MCP_M_SERVER_DISCOVER:
        return 2;

    case MCP_M_PING:
        return 3;

    case MCP_M_TOOLS_LIST:
        return 4;

    case MCP_M_TOOLS_CALL:
        return 5;

    case MCP_M_RESOURCES_LIST:
    case MCP_M_RESOURCES_TEMPLATES_LIST:
    case MCP_M_RESOURCES_READ:
        return 6;

    case MCP_M_PROMPTS_LIST:
    case MCP_M_PROMPTS_GET:
        return 7;

    case MCP_M_TASKS_GET:
    case MCP_M_TASKS_RESULT:
    case MCP_M_TASKS_CANCEL:
    case MCP_M_TASKS_LIST:
    case MCP_M_TASKS_UPDATE:
        return 8;

    case MCP_M_RESOURCES_SUBSCRIBE:
    case MCP_M_RESOURCES_UNSUBSCRIBE:
    case MCP_M_SUBSCRIPTIONS_LISTEN:
        return 10;

    default:
        return ctx->exchange.method >= MCP_M_N_INITIALIZED ? 9 : 11;
    }
}


void
ngx_http_mcp_count_answer(ngx_http_mcp_ctx_t *ctx, ngx_mcp_answer_t *answer,
    uint64_t ns)
{
    ngx_http_mcp_server_count_t  *server;

    if (ngx_http_mcp_own == NULL) {
        return;
    }

    server = &ngx_http_mcp_own->servers[ctx->mlcf->server_number];

    ngx_http_mcp_add(&server->limits[answer->result], 1);
    ngx_http_mcp_observe(&ngx_http_mcp_own->store, ns);

    if (answer->result == NGX_MCP_STORE_ERROR && ctx->mlcf->store->fail_open) {
        ngx_http_mcp_add(&ngx_http_mcp_own->fallbacks, 1);
    }
}


void
ngx_http_mcp_count_inspection(uint64_t ns)
{
    if (ngx_http_mcp_own) {
        ngx_http_mcp_observe(&ngx_http_mcp_own->inspection, ns);
    }
}


void
ngx_http_mcp_count_stream(ngx_int_t n)
{
    if (ngx_http_mcp_own) {
        ngx_http_mcp_add(&ngx_http_mcp_own->streams, n);
    }
}


static void
ngx_http_mcp_observe(ngx_http_mcp_histogram_t *h, uint64_t ns)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_MCP_BUCKETS - 1; i++) {
        if (ns <= ngx_http_mcp_bounds[i]) {
            break;
        }
    }

    ngx_http_mcp_add(&h->buckets[i], 1);
    ngx_http_mcp_add(&h->sum, ns);
}


void
ngx_http_mcp_count_sum(ngx_http_mcp_main_conf_t *mmcf,
    ngx_http_mcp_slot_t *sum)
{
    size_t                k, words;
    ngx_uint_t            i;
    ngx_atomic_t         *from, *to;
    ngx_atomic_uint_t     streams;
    ngx_http_mcp_slot_t  *slot;

    /* a slot is nothing but numbers */

    words = ngx_http_mcp_slot_size(mmcf) / sizeof(ngx_atomic_t);
    to = (ngx_atomic_t *) sum;
    streams = 0;

    for (i = 0; i < NGX_HTTP_MCP_SLOTS; i++) {
        slot = ngx_http_mcp_slot(mmcf, i);
        from = (ngx_atomic_t *) slot;

        for (k = 0; k < words; k++) {
            to[k] += from[k];
        }

        if (slot->pid != 0 && ngx_http_mcp_alive(slot->pid)) {
            streams += slot->streams;
        }
    }

    sum->streams = streams;
}
