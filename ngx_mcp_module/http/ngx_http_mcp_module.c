
/*
 * The module: directives, configuration, contexts of requests, and what a
 * worker holds for all of them.
 */


#include "ngx_http_mcp_module.h"


#define NGX_HTTP_MCP_INSPECTORS  32          /* idle ones that a worker keeps */
#define NGX_HTTP_MCP_KEEP        65536       /* bytes that an idle one keeps  */


static ngx_int_t ngx_http_mcp_preconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_http_mcp_postconfiguration(ngx_conf_t *cf);
static void *ngx_http_mcp_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_mcp_init_main_conf(ngx_conf_t *cf, void *conf);
static void *ngx_http_mcp_create_loc_conf(ngx_conf_t *cf);
static ngx_array_t *ngx_http_mcp_copy_names(ngx_conf_t *cf);
static char *ngx_http_mcp_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static ngx_int_t ngx_http_mcp_init_limits(ngx_conf_t *cf,
    ngx_http_mcp_main_conf_t *mmcf, ngx_http_mcp_loc_conf_t *conf);
static void ngx_http_mcp_merge_lists(ngx_http_mcp_loc_conf_t *prev,
    ngx_http_mcp_loc_conf_t *conf);
static void ngx_http_mcp_fill_policy(ngx_http_mcp_loc_conf_t *conf);
static ngx_int_t ngx_http_mcp_init_process(ngx_cycle_t *cycle);
static void ngx_http_mcp_exit_process(ngx_cycle_t *cycle);
static void ngx_http_mcp_cleanup(void *data);
static void ngx_http_mcp_release_ctx(ngx_http_mcp_ctx_t *ctx);


static ngx_conf_enum_t  ngx_http_mcp_modes[] = {
    { ngx_string("enforce"), MCP_ENFORCE },
    { ngx_string("monitor"), MCP_MONITOR },
    { ngx_null_string, 0 }
};


static ngx_conf_enum_t  ngx_http_mcp_blocked_responses[] = {
    { ngx_string("tool_error"), MCP_BLOCKED_TOOL_ERROR },
    { ngx_string("rpc_error"), MCP_BLOCKED_RPC_ERROR },
    { ngx_null_string, 0 }
};


static ngx_conf_num_bounds_t  ngx_http_mcp_depth_bounds = {
    ngx_conf_check_num_bounds, 1, MCP_JSON_MAX_DEPTH
};


static ngx_conf_post_t  ngx_http_mcp_size_post = { ngx_http_mcp_check_size };


static ngx_command_t  ngx_http_mcp_commands[] = {

    { ngx_string("mcp"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_mcp_loc_conf_t, enable),
      NULL },

    { ngx_string("mcp_mode"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_mcp_loc_conf_t, mode),
      &ngx_http_mcp_modes },

    { ngx_string("mcp_server_name"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_mcp_server_name,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("mcp_client"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_mcp_client,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_mcp_loc_conf_t, client),
      NULL },

    { ngx_string("mcp_era"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_mcp_era,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("mcp_origin"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_mcp_origin,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("mcp_method"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_2MORE,
      ngx_http_mcp_method,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("mcp_tool"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_2MORE,
      ngx_http_mcp_tool,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("mcp_argument"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_2MORE,
      ngx_http_mcp_argument,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("mcp_rules"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_mcp_rules,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("mcp_rule"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE23,
      ngx_http_mcp_rule,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("mcp_network"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_mcp_network,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("mcp_max_request_size"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_mcp_loc_conf_t, max_request_size),
      &ngx_http_mcp_size_post },

    { ngx_string("mcp_max_response_size"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_mcp_loc_conf_t, max_response_size),
      &ngx_http_mcp_size_post },

    { ngx_string("mcp_max_depth"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_mcp_loc_conf_t, max_depth),
      &ngx_http_mcp_depth_bounds },

    { ngx_string("mcp_blocked_response"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_mcp_loc_conf_t, blocked_response),
      &ngx_http_mcp_blocked_responses },

    { ngx_string("mcp_store"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_CONF_1MORE,
      ngx_http_mcp_store,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("mcp_rate_limit"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_mcp_rate_limit,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("mcp_status"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_mcp_status_page,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("mcp_audit_log"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      ngx_http_mcp_audit_log,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_mcp_module_ctx = {
    ngx_http_mcp_preconfiguration,         /* preconfiguration */
    ngx_http_mcp_postconfiguration,        /* postconfiguration */

    ngx_http_mcp_create_main_conf,         /* create main configuration */
    ngx_http_mcp_init_main_conf,           /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_mcp_create_loc_conf,          /* create location configuration */
    ngx_http_mcp_merge_loc_conf            /* merge location configuration */
};


ngx_module_t  ngx_http_mcp_module = {
    NGX_MODULE_V1,
    &ngx_http_mcp_module_ctx,              /* module context */
    ngx_http_mcp_commands,                 /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    ngx_http_mcp_init_process,             /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_mcp_exit_process,             /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


/* Idle inspectors of this process; they belong to no configuration. */

static mcp_inspector_t  *ngx_http_mcp_inspectors[NGX_HTTP_MCP_INSPECTORS];
static ngx_uint_t        ngx_http_mcp_ninspectors;


static ngx_int_t
ngx_http_mcp_preconfiguration(ngx_conf_t *cf)
{
    ngx_str_t                  name;
    ngx_http_mcp_main_conf_t  *mmcf;

    mmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_mcp_module);

    ngx_str_set(&name, "request_id");

    mmcf->request_id = ngx_http_get_variable_index(cf, &name);

    if (mmcf->request_id == NGX_ERROR) {
        return NGX_ERROR;
    }

    return ngx_http_mcp_add_variables(cf);
}


static ngx_int_t
ngx_http_mcp_postconfiguration(ngx_conf_t *cf)
{
    ngx_http_mcp_main_conf_t  *mmcf;

    mmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_mcp_module);

    if (ngx_http_mcp_check_overrides(cf, mmcf) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_http_mcp_count_init(cf, mmcf) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_mcp_request_init(cf);
}


static void *
ngx_http_mcp_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_mcp_main_conf_t  *mmcf;

    mmcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_mcp_main_conf_t));
    if (mmcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     mmcf->client = NULL;
     *     mmcf->request_id = 0;
     *     mmcf->default_store = NULL;
     *     mmcf->slots = NULL;
     *     mmcf->status = 0;
     */

    if (ngx_array_init(&mmcf->rulesets, cf->pool, 2,
                       sizeof(ngx_http_mcp_ruleset_t *))
        != NGX_OK)
    {
        return NULL;
    }

    if (ngx_array_init(&mmcf->stores, cf->pool, 2, sizeof(ngx_mcp_store_t *))
        != NGX_OK)
    {
        return NULL;
    }

    if (ngx_array_init(&mmcf->servers, cf->pool, 4, sizeof(ngx_str_t))
        != NGX_OK)
    {
        return NULL;
    }

    if (ngx_array_init(&mmcf->overrides, cf->pool, 4,
                       sizeof(ngx_http_mcp_override_conf_t))
        != NGX_OK)
    {
        return NULL;
    }

    return mmcf;
}


static char *
ngx_http_mcp_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_http_mcp_main_conf_t *mmcf = conf;

    ngx_str_t                         value;
    ngx_http_compile_complex_value_t  ccv;

    mmcf->client = ngx_palloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (mmcf->client == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_str_set(&value, "$remote_addr");

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &value;
    ccv.complex_value = mmcf->client;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static void *
ngx_http_mcp_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_mcp_loc_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_mcp_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     conf->policy = { 0 };
     *     conf->server_name = { 0, NULL };
     *     conf->name = { 0, NULL };
     *     conf->client = NULL;
     *     conf->origins = NULL;
     *     conf->origin_any = 0;
     *     conf->origin_self = 0;
     *     conf->limits_keyed = 0;
     *     conf->conditions = NULL;
     *     conf->hosts = NULL;
     *     conf->ruleset = NULL;
     *     conf->rules = NULL;
     */

    conf->enable = NGX_CONF_UNSET;
    conf->mode = NGX_CONF_UNSET_UINT;
    conf->blocked_response = NGX_CONF_UNSET_UINT;
    conf->eras = NGX_CONF_UNSET_UINT;
    conf->max_request_size = NGX_CONF_UNSET_SIZE;
    conf->max_response_size = NGX_CONF_UNSET_SIZE;
    conf->max_depth = NGX_CONF_UNSET;
    conf->origin_set = NGX_CONF_UNSET;
    conf->methods = NGX_CONF_UNSET_PTR;
    conf->tools = NGX_CONF_UNSET_PTR;
    conf->overrides = NGX_CONF_UNSET_PTR;
    conf->network = NGX_CONF_UNSET_UINT;
    conf->arguments = NGX_CONF_UNSET_PTR;
    conf->store = NGX_CONF_UNSET_PTR;
    conf->limits = NGX_CONF_UNSET_PTR;
    conf->audit = NGX_CONF_UNSET_PTR;

    return conf;
}


/* The names of the server; core's own list is of the temporary pool. */

static ngx_array_t *
ngx_http_mcp_copy_names(ngx_conf_t *cf)
{
    ngx_array_t               *names;
    ngx_uint_t                 i;
    ngx_http_server_name_t    *from, *to;
    ngx_http_core_srv_conf_t  *cscf;

    cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);
    from = cscf->server_names.elts;

    names = ngx_array_create(cf->pool, cscf->server_names.nelts + 1,
                             sizeof(ngx_http_server_name_t));
    if (names == NULL) {
        return NULL;
    }

    for (i = 0; i < cscf->server_names.nelts; i++) {

        to = ngx_array_push(names);
        if (to == NULL) {
            return NULL;
        }

        *to = from[i];

        to->name.data = ngx_pstrdup(cf->pool, &from[i].name);
        if (to->name.data == NULL) {
            return NULL;
        }
    }

    return names;
}


static char *
ngx_http_mcp_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_mcp_loc_conf_t *prev = parent;
    ngx_http_mcp_loc_conf_t *conf = child;

    ngx_http_core_loc_conf_t  *clcf;
    ngx_http_mcp_main_conf_t  *mmcf;

    mmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_mcp_module);
    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    ngx_conf_merge_value(conf->enable, prev->enable, 0);
    ngx_conf_merge_uint_value(conf->mode, prev->mode, MCP_ENFORCE);
    ngx_conf_merge_uint_value(conf->blocked_response, prev->blocked_response,
                              MCP_BLOCKED_TOOL_ERROR);
    ngx_conf_merge_uint_value(conf->eras, prev->eras,
                              (1 << MCP_ERA_LEGACY) | (1 << MCP_ERA_MODERN));
    ngx_conf_merge_size_value(conf->max_request_size, prev->max_request_size,
                              1024 * 1024);
    ngx_conf_merge_size_value(conf->max_response_size,
                              prev->max_response_size, 8 * 1024 * 1024);
    ngx_conf_merge_value(conf->max_depth, prev->max_depth, 64);
    ngx_conf_merge_str_value(conf->name, prev->name, "");
    ngx_conf_merge_ptr_value(conf->audit, prev->audit, NULL);
    ngx_conf_merge_ptr_value(conf->store, prev->store, NULL);

    ngx_http_mcp_merge_lists(prev, conf);

    if (conf->client == NULL) {
        conf->client = prev->client ? prev->client : mmcf->client;
    }

    if (conf->rules == NULL) {
        conf->rules = prev->rules;
    }

    /* the name of a location is its own; that of a server{} is none */

    conf->server_name = conf->name;

    if (conf->server_name.len == 0) {
        conf->server_name = clcf->name;
    }

    if (conf->server_name.len == 0) {
        ngx_str_set(&conf->server_name, "/");
    }

    if (!conf->enable) {
        return NGX_CONF_OK;
    }

    conf->ruleset = ngx_http_mcp_get_ruleset(cf, conf->rules);
    if (conf->ruleset == NULL) {
        return NGX_CONF_ERROR;
    }

    conf->names = ngx_http_mcp_copy_names(cf);
    if (conf->names == NULL) {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_mcp_count_server(cf, mmcf, conf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (conf->limits && ngx_http_mcp_init_limits(cf, mmcf, conf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    ngx_http_mcp_mark_overrides(mmcf, conf);
    ngx_http_mcp_fill_policy(conf);

    if (clcf->client_max_body_size
        && clcf->client_max_body_size < (off_t) conf->max_request_size)
    {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "\"client_max_body_size\" %O is less than "
                      "\"mcp_max_request_size\" %uz in \"%V\": larger "
                      "requests are refused by the former",
                      clcf->client_max_body_size, conf->max_request_size,
                      &clcf->name);
    }

    return NGX_CONF_OK;
}


/* Limits need a store, and to know whether all of them are the client's. */

static ngx_int_t
ngx_http_mcp_init_limits(ngx_conf_t *cf, ngx_http_mcp_main_conf_t *mmcf,
    ngx_http_mcp_loc_conf_t *conf)
{
    ngx_uint_t             i;
    ngx_http_mcp_limit_t  *limit;

    limit = conf->limits->elts;

    for (i = 0; i < conf->limits->nelts; i++) {
        if (limit[i].key) {
            conf->limits_keyed = 1;
        }
    }

    if (conf->store) {
        return NGX_OK;
    }

    if (mmcf->default_store == NULL
        && ngx_http_mcp_get_store(cf, NULL, &mmcf->default_store)
           != NGX_CONF_OK)
    {
        return NGX_ERROR;
    }

    conf->store = mmcf->default_store;

    return NGX_OK;
}


/* A list is inherited only where the level defines none of the directive. */

static void
ngx_http_mcp_merge_lists(ngx_http_mcp_loc_conf_t *prev,
    ngx_http_mcp_loc_conf_t *conf)
{
    if (conf->tools == NGX_CONF_UNSET_PTR) {
        conf->conditions = prev->conditions;
    }

    ngx_conf_merge_ptr_value(conf->tools, prev->tools, NULL);
    ngx_conf_merge_ptr_value(conf->methods, prev->methods, NULL);
    ngx_conf_merge_ptr_value(conf->overrides, prev->overrides, NULL);
    ngx_conf_merge_ptr_value(conf->arguments, prev->arguments, NULL);
    ngx_conf_merge_ptr_value(conf->limits, prev->limits, NULL);

    if (conf->network == NGX_CONF_UNSET_UINT) {
        conf->hosts = prev->hosts;
    }

    ngx_conf_merge_uint_value(conf->network, prev->network,
                              MCP_NETWORK_PUBLIC);

    if (conf->origin_set == NGX_CONF_UNSET) {

        if (prev->origin_set == NGX_CONF_UNSET) {
            prev->origin_set = 0;
            prev->origin_self = 1;
        }

        conf->origin_set = prev->origin_set;
        conf->origins = prev->origins;
        conf->origin_any = prev->origin_any;
        conf->origin_self = prev->origin_self;
    }
}


static void
ngx_http_mcp_fill_policy(ngx_http_mcp_loc_conf_t *conf)
{
    mcp_policy_t  *policy;

    policy = &conf->policy;

    mcp_policy_init(policy);

    policy->rules = conf->ruleset->rules;
    policy->mode = (mcp_mode_t) conf->mode;
    policy->blocked_response = (mcp_blocked_response_t) conf->blocked_response;
    policy->eras = (unsigned) conf->eras;
    policy->max_request_size = conf->max_request_size;
    policy->max_response_size = conf->max_response_size;
    policy->max_depth = (uint32_t) conf->max_depth;

    if (conf->tools) {
        policy->tools = conf->tools->elts;
        policy->tools_n = conf->tools->nelts;
    }

    if (conf->methods) {
        policy->methods = conf->methods->elts;
        policy->methods_n = conf->methods->nelts;
    }

    if (conf->overrides) {
        policy->overrides = conf->overrides->elts;
        policy->overrides_n = conf->overrides->nelts;
    }

    if (conf->arguments) {
        policy->arguments = conf->arguments->elts;
        policy->arguments_n = conf->arguments->nelts;
    }

    policy->network = (mcp_network_mode_t) conf->network;

    if (conf->hosts) {
        policy->hosts = conf->hosts->elts;
        policy->hosts_n = conf->hosts->nelts;
    }
}


static ngx_int_t
ngx_http_mcp_init_process(ngx_cycle_t *cycle)
{
    ngx_uint_t                 i;
    ngx_mcp_store_t          **st;
    ngx_http_mcp_ruleset_t   **ruleset;
    ngx_http_mcp_main_conf_t  *mmcf;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    mmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_mcp_module);

    if (mmcf == NULL) {
        return NGX_OK;
    }

    ruleset = mmcf->rulesets.elts;

    for (i = 0; i < mmcf->rulesets.nelts; i++) {

        ruleset[i]->scan = mcp_scan_create(ruleset[i]->rules);

        if (ruleset[i]->scan == NULL) {
            ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                          "mcp: could not allocate a scanner");
            return NGX_ERROR;
        }

        mcp_scan_remember(ruleset[i]->scan);
    }

    ngx_http_mcp_count_start(mmcf);

    st = mmcf->stores.elts;

    for (i = 0; i < mmcf->stores.nelts; i++) {

        if (st[i]->type->init_process
            && st[i]->type->init_process(cycle, st[i]) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static void
ngx_http_mcp_exit_process(ngx_cycle_t *cycle)
{
    ngx_uint_t                 i;
    ngx_mcp_store_t          **st;
    ngx_http_mcp_ruleset_t   **ruleset;
    ngx_http_mcp_main_conf_t  *mmcf;

    ngx_http_mcp_spare_free();

    while (ngx_http_mcp_ninspectors) {
        ngx_http_mcp_ninspectors--;
        mcp_inspector_destroy(
                            ngx_http_mcp_inspectors[ngx_http_mcp_ninspectors]);
    }

    mmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_mcp_module);

    if (mmcf == NULL) {
        return;
    }

    st = mmcf->stores.elts;

    for (i = 0; i < mmcf->stores.nelts; i++) {
        if (st[i]->type->exit_process) {
            st[i]->type->exit_process(cycle, st[i]);
        }
    }

    ngx_http_mcp_count_stop();

    ruleset = mmcf->rulesets.elts;

    for (i = 0; i < mmcf->rulesets.nelts; i++) {

        if (ruleset[i]->scan) {
            mcp_scan_destroy(ruleset[i]->scan);
            ruleset[i]->scan = NULL;
        }
    }
}


mcp_scan_t *
ngx_http_mcp_scan(ngx_http_mcp_loc_conf_t *mlcf)
{
    ngx_http_mcp_ruleset_t  *ruleset;

    ruleset = mlcf->ruleset;

    if (ruleset->scan == NULL) {

        /* with "master_process off" a reload does not initialize anew */

        ruleset->scan = mcp_scan_create(ruleset->rules);
    }

    return ruleset->scan;
}


mcp_inspector_t *
ngx_http_mcp_inspector_get(void)
{
    if (ngx_http_mcp_ninspectors) {
        return ngx_http_mcp_inspectors[--ngx_http_mcp_ninspectors];
    }

    return mcp_inspector_create();
}


void
ngx_http_mcp_inspector_put(mcp_inspector_t *in)
{
    size_t               len;
    static mcp_policy_t  none;

    if (in == NULL) {
        return;
    }

    if (ngx_http_mcp_ninspectors == NGX_HTTP_MCP_INSPECTORS) {
        mcp_inspector_destroy(in);
        return;
    }

    (void) mcp_message_text(mcp_inspector_message(in), &len);

    if (len > NGX_HTTP_MCP_KEEP) {

        /* starting gives back the memory of a large message */

        mcp_inspector_start(in, &none, NULL, MCP_CLIENT, NULL);
    }

    ngx_http_mcp_inspectors[ngx_http_mcp_ninspectors++] = in;
}


ngx_http_mcp_ctx_t *
ngx_http_mcp_get_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t  *cln;
    ngx_http_mcp_ctx_t  *ctx;

    r = r->main;

    ctx = ngx_http_get_module_ctx(r, ngx_http_mcp_module);

    if (ctx == NULL && (r->internal || r->filter_finalize)) {

        /* an internal redirect has cleared the contexts of all modules */

        for (cln = r->pool->cleanup; cln; cln = cln->next) {

            if (cln->handler == ngx_http_mcp_cleanup) {
                ctx = cln->data;
                ngx_http_set_ctx(r, ctx, ngx_http_mcp_module);
                break;
            }
        }
    }

    return ctx;
}


ngx_http_mcp_ctx_t *
ngx_http_mcp_create_ctx(ngx_http_request_t *r, ngx_http_mcp_loc_conf_t *mlcf)
{
    ngx_pool_cleanup_t  *cln;
    ngx_http_mcp_ctx_t  *ctx;

    r = r->main;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_mcp_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;

    ngx_memzero(ctx, sizeof(ngx_http_mcp_ctx_t));

    ctx->request = r;
    ctx->mlcf = mlcf;

    cln->handler = ngx_http_mcp_cleanup;

    ngx_http_set_ctx(r, ctx, ngx_http_mcp_module);

    return ctx;
}


void
ngx_http_mcp_reset_ctx(ngx_http_mcp_ctx_t *ctx, ngx_http_mcp_loc_conf_t *mlcf)
{
    uint64_t             inspect_time;
    ngx_str_t            request_id;
    ngx_uint_t           charged, ask_cleanup;
    ngx_http_request_t  *r;

    ngx_http_mcp_release_ctx(ctx);

    r = ctx->request;
    request_id = ctx->request_id;
    inspect_time = ctx->inspect_time;
    charged = ctx->charged;
    ask_cleanup = ctx->ask_cleanup;

    ngx_memzero(ctx, sizeof(ngx_http_mcp_ctx_t));

    ctx->request = r;
    ctx->mlcf = mlcf;
    ctx->request_id = request_id;
    ctx->inspect_time = inspect_time;
    ctx->charged = charged;
    ctx->ask_cleanup = ask_cleanup;
}


static void
ngx_http_mcp_cleanup(void *data)
{
    ngx_http_mcp_ctx_t *ctx = data;

    ngx_http_mcp_release_ctx(ctx);

    if (ctx->inspect_time) {
        ngx_http_mcp_count_inspection(ctx->inspect_time);
    }
}


static void
ngx_http_mcp_release_ctx(ngx_http_mcp_ctx_t *ctx)
{
    if (ctx->stream_counted) {
        ctx->stream_counted = 0;
        ngx_http_mcp_count_stream(-1);
    }

    if (ctx->release) {
        ctx->release(ctx);
        ctx->release = NULL;
    }

    if (ctx->inspector) {
        ngx_http_mcp_inspector_put(ctx->inspector);
        ctx->inspector = NULL;
    }
}


uint64_t
ngx_http_mcp_clock(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
}


mcp_str_t
ngx_http_mcp_request_id(ngx_http_request_t *r, ngx_http_mcp_ctx_t *ctx)
{
    ngx_http_variable_value_t  *vv;
    ngx_http_mcp_main_conf_t   *mmcf;

    if (ctx->request_id.len == 0) {
        mmcf = ngx_http_get_module_main_conf(r, ngx_http_mcp_module);

        vv = ngx_http_get_indexed_variable(r, mmcf->request_id);

        if (vv && !vv->not_found) {
            ctx->request_id.data = vv->data;
            ctx->request_id.len = vv->len;
        }
    }

    return ngx_http_mcp_str(&ctx->request_id);
}
