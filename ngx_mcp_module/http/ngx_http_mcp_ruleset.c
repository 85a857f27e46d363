
/*
 * Rule packs and overrides of rules.  A list of packs is compiled once, in the
 * master, for all locations that have the same list; workers inherit it.
 */


#include "ngx_http_mcp_module.h"


static ngx_int_t ngx_http_mcp_add_packs(ngx_conf_t *cf, ngx_array_t *packs,
    ngx_str_t *value);
static ngx_int_t ngx_http_mcp_add_pack(ngx_conf_t *cf, ngx_array_t *packs,
    ngx_str_t *value);
static ngx_int_t ngx_http_mcp_same_packs(ngx_array_t *one, ngx_array_t *two);
static ngx_int_t ngx_http_mcp_load_packs(ngx_conf_t *cf,
    ngx_http_mcp_ruleset_t *ruleset, ngx_http_mcp_place_t *place);
static void ngx_http_mcp_ruleset_cleanup(void *data);
static ngx_int_t ngx_http_mcp_selector(ngx_conf_t *cf, ngx_str_t *value,
    mcp_override_t *o);
static void ngx_http_mcp_place(ngx_conf_t *cf, ngx_http_mcp_place_t *place);


/* The name of the built-in packs in a list: "default", or no mcp_rules. */

static ngx_str_t  ngx_http_mcp_builtin = ngx_string("");


char *
ngx_http_mcp_rules(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_mcp_loc_conf_t *mlcf = conf;

    ngx_str_t                  *value;
    ngx_uint_t                  i;
    ngx_http_mcp_rules_conf_t  *rules;

    if (mlcf->rules) {
        return "is duplicate";
    }

    rules = ngx_pcalloc(cf->pool, sizeof(ngx_http_mcp_rules_conf_t));
    if (rules == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_http_mcp_place(cf, &rules->place);

    if (ngx_array_init(&rules->packs, cf->pool, 4, sizeof(ngx_str_t))
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_http_mcp_add_packs(cf, &rules->packs, &value[i]) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    mlcf->rules = rules;

    return NGX_CONF_OK;
}


/* The packs of one word of mcp_rules: "default", a file or a mask. */

static ngx_int_t
ngx_http_mcp_add_packs(ngx_conf_t *cf, ngx_array_t *packs, ngx_str_t *value)
{
    ngx_int_t   rc;
    ngx_str_t   name;
    ngx_glob_t  gl;
    ngx_uint_t  n;

    if (value->len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "empty name of a rule pack");
        return NGX_ERROR;
    }

    if (ngx_strcmp(value->data, "default") == 0) {
        return ngx_http_mcp_add_pack(cf, packs, &ngx_http_mcp_builtin);
    }

    if (ngx_conf_full_name(cf->cycle, value, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    if (strpbrk((char *) value->data, "*?[") == NULL) {
        return ngx_http_mcp_add_pack(cf, packs, value);
    }

    ngx_memzero(&gl, sizeof(ngx_glob_t));

    gl.pattern = value->data;
    gl.log = cf->log;
    gl.test = 1;

    if (ngx_open_glob(&gl) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_glob_n " \"%V\" failed", value);
        return NGX_ERROR;
    }

    rc = NGX_OK;

    for (n = 0; rc == NGX_OK; n++) {

        if (ngx_read_glob(&gl, &name) != NGX_OK) {
            break;
        }

        rc = ngx_http_mcp_add_pack(cf, packs, &name);
    }

    ngx_close_glob(&gl);

    if (n == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "no rule pack matches \"%V\"", value);
        return NGX_ERROR;
    }

    return rc;
}


static ngx_int_t
ngx_http_mcp_add_pack(ngx_conf_t *cf, ngx_array_t *packs, ngx_str_t *value)
{
    ngx_fd_t    fd;
    ngx_str_t  *pack;
    ngx_uint_t  i;

    pack = packs->elts;

    for (i = 0; i < packs->nelts; i++) {

        if (pack[i].len == value->len
            && ngx_strncmp(pack[i].data, value->data, value->len) == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate rule pack \"%s\"",
                               value->len ? pack[i].data
                                          : (u_char *) "default");
            return NGX_ERROR;
        }
    }

    pack = ngx_array_push(packs);
    if (pack == NULL) {
        return NGX_ERROR;
    }

    if (value->len == 0) {
        *pack = *value;
        return NGX_OK;
    }

    /* with a terminating zero */

    pack->len = value->len;
    pack->data = ngx_pnalloc(cf->pool, value->len + 1);
    if (pack->data == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_cpystrn(pack->data, value->data, value->len + 1);

    /* compiled only where it is used, but wrong everywhere */

    fd = ngx_open_file(pack->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_file_n " \"%V\" failed", pack);
        return NGX_ERROR;
    }

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_ALERT, cf->log, ngx_errno,
                      ngx_close_file_n " \"%V\" failed", pack);
    }

    return NGX_OK;
}


ngx_http_mcp_ruleset_t *
ngx_http_mcp_get_ruleset(ngx_conf_t *cf, ngx_http_mcp_rules_conf_t *rules)
{
    ngx_str_t                  *pack;
    ngx_uint_t                  i;
    ngx_array_t                 packs;
    ngx_pool_cleanup_t         *cln;
    ngx_http_mcp_place_t       *place;
    ngx_http_mcp_ruleset_t     *ruleset, **rs;
    ngx_http_mcp_main_conf_t   *mmcf;

    if (rules) {
        packs = rules->packs;
        place = &rules->place;

    } else {

        if (ngx_array_init(&packs, cf->pool, 1, sizeof(ngx_str_t)) != NGX_OK) {
            return NULL;
        }

        pack = ngx_array_push(&packs);
        if (pack == NULL) {
            return NULL;
        }

        *pack = ngx_http_mcp_builtin;
        place = NULL;
    }

    mmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_mcp_module);

    rs = mmcf->rulesets.elts;

    for (i = 0; i < mmcf->rulesets.nelts; i++) {

        if (ngx_http_mcp_same_packs(&rs[i]->packs, &packs) == NGX_OK) {
            return rs[i];
        }
    }

    cln = ngx_pool_cleanup_add(cf->pool, sizeof(ngx_http_mcp_ruleset_t));
    if (cln == NULL) {
        return NULL;
    }

    ruleset = cln->data;

    ngx_memzero(ruleset, sizeof(ngx_http_mcp_ruleset_t));

    cln->handler = ngx_http_mcp_ruleset_cleanup;

    ruleset->packs = packs;
    ruleset->rules = mcp_rules_create();

    if (ruleset->rules == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "mcp_rules: could not allocate rules");
        return NULL;
    }

    if (ngx_http_mcp_load_packs(cf, ruleset, place) != NGX_OK) {
        return NULL;
    }

    rs = ngx_array_push(&mmcf->rulesets);
    if (rs == NULL) {
        return NULL;
    }

    *rs = ruleset;

    return ruleset;
}


static ngx_int_t
ngx_http_mcp_same_packs(ngx_array_t *one, ngx_array_t *two)
{
    ngx_str_t   *a, *b;
    ngx_uint_t   i;

    if (one->nelts != two->nelts) {
        return NGX_DECLINED;
    }

    a = one->elts;
    b = two->elts;

    for (i = 0; i < one->nelts; i++) {

        if (a[i].len != b[i].len
            || ngx_strncmp(a[i].data, b[i].data, a[i].len) != 0)
        {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_mcp_load_packs(ngx_conf_t *cf, ngx_http_mcp_ruleset_t *ruleset,
    ngx_http_mcp_place_t *place)
{
    mcp_rc_t            rc;
    ngx_str_t          *pack;
    ngx_uint_t          i;
    mcp_rules_error_t   err;

    ngx_memzero(&err, sizeof(mcp_rules_error_t));

    rc = MCP_OK;
    pack = ruleset->packs.elts;

    for (i = 0; rc == MCP_OK && i < ruleset->packs.nelts; i++) {

        if (pack[i].len == 0) {
            rc = mcp_rules_load_builtin(ruleset->rules, &err);

        } else {
            rc = mcp_rules_load_file(ruleset->rules, (char *) pack[i].data,
                                     &err);
        }
    }

    if (rc == MCP_OK) {
        rc = mcp_rules_compile(ruleset->rules, &err);
    }

    if (rc == MCP_OK) {
        return NGX_OK;
    }

    if (place) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "mcp_rules: %s in %V:%ui",
                      err.text, &place->file, place->line);

    } else {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "mcp_rules: %s", err.text);
    }

    return NGX_ERROR;
}


static void
ngx_http_mcp_ruleset_cleanup(void *data)
{
    ngx_http_mcp_ruleset_t *ruleset = data;

    if (ruleset->scan) {
        mcp_scan_destroy(ruleset->scan);
    }

    if (ruleset->rules) {
        mcp_rules_destroy(ruleset->rules);
    }
}


char *
ngx_http_mcp_rule(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_mcp_loc_conf_t *mlcf = conf;

    int                            action;
    ngx_str_t                     *value, s;
    mcp_override_t                *o;
    ngx_http_mcp_main_conf_t      *mmcf;
    ngx_http_mcp_override_conf_t  *oc;

    value = cf->args->elts;

    if (mlcf->overrides == NGX_CONF_UNSET_PTR) {
        mlcf->overrides = ngx_array_create(cf->pool, 4,
                                           sizeof(mcp_override_t));
        if (mlcf->overrides == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    o = ngx_array_push(mlcf->overrides);
    if (o == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(o, sizeof(mcp_override_t));

    if (ngx_http_mcp_selector(cf, &value[1], o) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    action = mcp_action_find((char *) value[2].data, value[2].len);

    if (action < 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in \"%V\" directive, it must "
                           "be \"block\", \"redact\", \"log\" or \"off\"",
                           &value[2], &cmd->name);
        return NGX_CONF_ERROR;
    }

    o->action = (mcp_action_t) action;

    if (cf->args->nelts == 4) {

        if (ngx_strncmp(value[3].data, "tool=", 5) != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\"", &value[3]);
            return NGX_CONF_ERROR;
        }

        s.data = value[3].data + 5;
        s.len = value[3].len - 5;

        if (ngx_http_mcp_check_pattern(cf, &s) != NGX_OK) {
            return NGX_CONF_ERROR;
        }

        o->tool = ngx_http_mcp_str(&s);
    }

    if (o->id.len == 0) {
        return NGX_CONF_OK;
    }

    /* which ids there are is known when all locations have their rules */

    mmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_mcp_module);

    oc = ngx_array_push(&mmcf->overrides);
    if (oc == NULL) {
        return NGX_CONF_ERROR;
    }

    oc->list = mlcf->overrides;
    oc->n = mlcf->overrides->nelts - 1;
    oc->used = 0;
    oc->known = 0;

    ngx_http_mcp_place(cf, &oc->place);

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_mcp_selector(ngx_conf_t *cf, ngx_str_t *value, mcp_override_t *o)
{
    o->category = -1;

    if (value->len == 1 && value->data[0] == '*') {
        o->any = 1;
        return NGX_OK;
    }

    if (value->len && value->data[0] == '@') {
        o->category = mcp_category_find((char *) value->data + 1,
                                        value->len - 1);

        if (o->category < 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "unknown category of rules \"%V\"", value);
            return NGX_ERROR;
        }

        return NGX_OK;
    }

    if (ngx_http_mcp_check_pattern(cf, value) != NGX_OK) {
        return NGX_ERROR;
    }

    o->id = ngx_http_mcp_str(value);

    return NGX_OK;
}


void
ngx_http_mcp_mark_overrides(ngx_http_mcp_main_conf_t *mmcf,
    ngx_http_mcp_loc_conf_t *mlcf)
{
    ngx_uint_t                     i;
    mcp_override_t                *o;
    ngx_http_mcp_override_conf_t  *oc;

    if (mlcf->overrides == NULL) {
        return;
    }

    o = mlcf->overrides->elts;
    oc = mmcf->overrides.elts;

    for (i = 0; i < mmcf->overrides.nelts; i++) {

        if (oc[i].list != mlcf->overrides || oc[i].known) {
            continue;
        }

        oc[i].used = 1;

        if (mcp_rules_find(mlcf->ruleset->rules,
                           (const char *) o[oc[i].n].id.data,
                           o[oc[i].n].id.len))
        {
            oc[i].known = 1;
        }
    }
}


/*
 * An override may reach locations with different rules, so it is wrong only
 * when none of them has its rule.  Where nothing is switched on there are no
 * rules to ask.
 */

ngx_int_t
ngx_http_mcp_check_overrides(ngx_conf_t *cf, ngx_http_mcp_main_conf_t *mmcf)
{
    ngx_str_t                      id;
    ngx_int_t                      rc;
    ngx_uint_t                     i;
    mcp_override_t                *o;
    ngx_http_mcp_override_conf_t  *oc;

    rc = NGX_OK;
    oc = mmcf->overrides.elts;

    for (i = 0; i < mmcf->overrides.nelts; i++) {

        if (oc[i].known || !oc[i].used) {
            continue;
        }

        o = oc[i].list->elts;

        id.data = (u_char *) o[oc[i].n].id.data;
        id.len = o[oc[i].n].id.len;

        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "unknown rule \"%V\" in \"mcp_rule\" directive "
                      "in %V:%ui",
                      &id, &oc[i].place.file, oc[i].place.line);

        rc = NGX_ERROR;
    }

    return rc;
}


static void
ngx_http_mcp_place(ngx_conf_t *cf, ngx_http_mcp_place_t *place)
{
    place->file = cf->conf_file->file.name;
    place->line = cf->conf_file->line;
}
