
/*
 * Handlers of the directives whose value is not one of nginx' own types.
 * docs/directives.md is what users read about them.
 */


#include "ngx_http_mcp_module.h"


#define NGX_HTTP_MCP_MAX_PATTERN  256


static char *ngx_http_mcp_add_origin(ngx_conf_t *cf, ngx_str_t *value,
    ngx_str_t *origin);
static void ngx_http_mcp_argument_cleanup(void *data);
static ngx_int_t ngx_http_mcp_condition(ngx_conf_t *cf,
    ngx_http_mcp_loc_conf_t *mlcf, ngx_str_t *value);


char *
ngx_http_mcp_server_name(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_mcp_loc_conf_t *mlcf = conf;

    ngx_str_t  *value;

    if (mlcf->name.data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_http_mcp_check_pattern(cf, &value[1]) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (ngx_strlchr(value[1].data, value[1].data + value[1].len, '$')) {
        return "takes no variables";
    }

    mlcf->name = value[1];

    return NGX_CONF_OK;
}


char *
ngx_http_mcp_client(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    if (value[1].len == 0) {
        return "has an empty value, which would refuse every request";
    }

    return ngx_http_set_complex_value_slot(cf, cmd, conf);
}


char *
ngx_http_mcp_era(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_mcp_loc_conf_t *mlcf = conf;

    ngx_str_t   *value;
    ngx_uint_t   i, era;

    if (mlcf->eras != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;
    mlcf->eras = 0;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strcmp(value[i].data, "legacy") == 0) {
            era = 1 << MCP_ERA_LEGACY;

        } else if (ngx_strcmp(value[i].data, "modern") == 0) {
            era = 1 << MCP_ERA_MODERN;

        } else {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid value \"%V\" in \"%V\" directive, "
                               "it must be \"legacy\" or \"modern\"",
                               &value[i], &cmd->name);
            return NGX_CONF_ERROR;
        }

        if (mlcf->eras & era) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate value \"%V\"", &value[i]);
            return NGX_CONF_ERROR;
        }

        mlcf->eras |= era;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_mcp_origin(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_mcp_loc_conf_t *mlcf = conf;

    char        *rv;
    ngx_str_t   *value, *origin;
    ngx_uint_t   i;

    value = cf->args->elts;

    mlcf->origin_set = 1;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strcmp(value[i].data, "any") == 0) {
            mlcf->origin_any = 1;
            continue;
        }

        if (ngx_strcmp(value[i].data, "self") == 0) {
            mlcf->origin_self = 1;
            continue;
        }

        if (mlcf->origins == NULL) {
            mlcf->origins = ngx_array_create(cf->pool, 4, sizeof(ngx_str_t));
            if (mlcf->origins == NULL) {
                return NGX_CONF_ERROR;
            }
        }

        origin = ngx_array_push(mlcf->origins);
        if (origin == NULL) {
            return NGX_CONF_ERROR;
        }

        rv = ngx_http_mcp_add_origin(cf, &value[i], origin);

        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    if (mlcf->origin_any && (mlcf->origin_self || mlcf->origins)) {
        return "allows \"any\" origin and cannot name others as well";
    }

    return NGX_CONF_OK;
}


/*
 * An origin is compared as a whole, so what no browser would ever send is an
 * error here: a path, a missing scheme, upper case is not (RFC 6454, 6.2).
 */

static char *
ngx_http_mcp_add_origin(ngx_conf_t *cf, ngx_str_t *value, ngx_str_t *origin)
{
    u_char  *p, *last, *host;

    *origin = *value;

    if (ngx_strcmp(value->data, "null") == 0) {
        return NGX_CONF_OK;
    }

    last = value->data + value->len;
    host = (u_char *) ngx_strstr(value->data, "://");

    if (host == NULL || host == value->data || host + 3 == last) {
        goto invalid;
    }

    host += 3;

    for (p = value->data; p < last; p++) {

        if (*p <= 0x20 || *p >= 0x7f || *p == '*' || *p == '@' || *p == '?'
            || *p == '#' || *p == ',' || (*p == '/' && p >= host))
        {
            goto invalid;
        }
    }

    /* a browser leaves out the default port */

    if (value->len > 3 + sizeof("http://") - 1
        && ngx_strncasecmp(value->data, (u_char *) "http://", 7) == 0
        && ngx_strncmp(last - 3, ":80", 3) == 0)
    {
        origin->len -= 3;

    } else if (value->len > 4 + sizeof("https://") - 1
               && ngx_strncasecmp(value->data, (u_char *) "https://", 8) == 0
               && ngx_strncmp(last - 4, ":443", 4) == 0)
    {
        origin->len -= 4;
    }

    return NGX_CONF_OK;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid origin \"%V\", it must be \"any\", \"self\", "
                       "\"null\" or \"scheme://host[:port]\"", value);

    return NGX_CONF_ERROR;
}


char *
ngx_http_mcp_method(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_mcp_loc_conf_t *mlcf = conf;

    ngx_str_t          *value;
    ngx_uint_t          i, deny;
    mcp_method_rule_t  *rule;

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "allow") == 0) {
        deny = 0;

    } else if (ngx_strcmp(value[1].data, "deny") == 0) {
        deny = 1;

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in \"%V\" directive, "
                           "it must be \"allow\" or \"deny\"",
                           &value[1], &cmd->name);
        return NGX_CONF_ERROR;
    }

    if (mlcf->methods == NGX_CONF_UNSET_PTR) {
        mlcf->methods = ngx_array_create(cf->pool, 4,
                                         sizeof(mcp_method_rule_t));
        if (mlcf->methods == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_http_mcp_check_pattern(cf, &value[i]) != NGX_OK) {
            return NGX_CONF_ERROR;
        }

        rule = ngx_array_push(mlcf->methods);
        if (rule == NULL) {
            return NGX_CONF_ERROR;
        }

        rule->pattern = ngx_http_mcp_str(&value[i]);
        rule->deny = deny;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_mcp_tool(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_mcp_loc_conf_t *mlcf = conf;

    ngx_int_t           condition;
    ngx_str_t          *value, s;
    ngx_uint_t          i, n;
    mcp_tool_rule_t    *rule;
    mcp_tool_action_t   action;

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "allow") == 0) {
        action = MCP_TOOL_ALLOW;

    } else if (ngx_strcmp(value[1].data, "deny") == 0) {
        action = MCP_TOOL_DENY;

    } else if (ngx_strcmp(value[1].data, "consent") == 0) {
        return "\"consent\" is not available in this version of the module";

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in \"%V\" directive, "
                           "it must be \"allow\" or \"deny\"",
                           &value[1], &cmd->name);
        return NGX_CONF_ERROR;
    }

    if (mlcf->tools == NGX_CONF_UNSET_PTR) {
        mlcf->tools = ngx_array_create(cf->pool, 4, sizeof(mcp_tool_rule_t));
        if (mlcf->tools == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    n = cf->args->nelts;
    condition = -1;

    if (ngx_strncmp(value[n - 1].data, "if=", 3) == 0) {
        n--;

        s.data = value[n].data + 3;
        s.len = value[n].len - 3;

        if (n == 2) {
            return "has no pattern before \"if=\"";
        }

        condition = ngx_http_mcp_condition(cf, mlcf, &s);

        if (condition == NGX_ERROR) {
            return NGX_CONF_ERROR;
        }
    }

    for (i = 2; i < n; i++) {

        if (ngx_strncmp(value[i].data, "if=", 3) == 0) {
            return "takes one \"if=\", which must come last";
        }

        if (ngx_http_mcp_check_pattern(cf, &value[i]) != NGX_OK) {
            return NGX_CONF_ERROR;
        }

        rule = ngx_array_push(mlcf->tools);
        if (rule == NULL) {
            return NGX_CONF_ERROR;
        }

        rule->pattern = ngx_http_mcp_str(&value[i]);
        rule->action = action;
        rule->condition = (int) condition;
    }

    return NGX_CONF_OK;
}


/* The number of a condition, or NGX_ERROR. */

static ngx_int_t
ngx_http_mcp_condition(ngx_conf_t *cf, ngx_http_mcp_loc_conf_t *mlcf,
    ngx_str_t *value)
{
    ngx_http_complex_value_t         **cv;
    ngx_http_compile_complex_value_t   ccv;

    if (value->len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "empty \"if=\"");
        return NGX_ERROR;
    }

    if (mlcf->conditions == NULL) {
        mlcf->conditions = ngx_array_create(cf->pool, 2,
                                          sizeof(ngx_http_complex_value_t *));
        if (mlcf->conditions == NULL) {
            return NGX_ERROR;
        }
    }

    if (mlcf->conditions->nelts == MCP_MAX_CONDITIONS) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "too many \"if=\", there can be %d on one level",
                           MCP_MAX_CONDITIONS);
        return NGX_ERROR;
    }

    cv = ngx_array_push(mlcf->conditions);
    if (cv == NULL) {
        return NGX_ERROR;
    }

    *cv = ngx_palloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (*cv == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = value;
    ccv.complex_value = *cv;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NGX_ERROR;
    }

    return mlcf->conditions->nelts - 1;
}


ngx_int_t
ngx_http_mcp_check_pattern(ngx_conf_t *cf, ngx_str_t *value)
{
    size_t  i;

    if (value->len == 0 || value->len > NGX_HTTP_MCP_MAX_PATTERN) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid length of \"%V\", it must have between "
                           "1 and %d bytes",
                           value, NGX_HTTP_MCP_MAX_PATTERN);
        return NGX_ERROR;
    }

    for (i = 0; i < value->len; i++) {

        if (value->data[i] < 0x20 || value->data[i] == 0x7f) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "control character in \"%V\"", value);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


char *
ngx_http_mcp_argument(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_mcp_loc_conf_t *mlcf = conf;

    ngx_str_t              *value;
    mcp_str_t              *words;
    ngx_uint_t              i;
    mcp_argument_t        **argument;
    ngx_pool_cleanup_t     *cln;
    mcp_argument_error_t    err;

    value = cf->args->elts;

    if (ngx_http_mcp_check_pattern(cf, &value[1]) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts < 4) {
        return "has no constraint";
    }

    if (mlcf->arguments == NGX_CONF_UNSET_PTR) {
        mlcf->arguments = ngx_array_create(cf->pool, 4,
                                           sizeof(mcp_argument_t *));
        if (mlcf->arguments == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    words = ngx_palloc(cf->temp_pool, cf->args->nelts * sizeof(mcp_str_t));
    if (words == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 1; i < cf->args->nelts; i++) {
        words[i - 1] = ngx_http_mcp_str(&value[i]);
    }

    argument = ngx_array_push(mlcf->arguments);
    if (argument == NULL) {
        return NGX_CONF_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_CONF_ERROR;
    }

    *argument = mcp_argument_create(words, cf->args->nelts - 1, &err);

    if (*argument == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s in \"%V\" directive",
                           err.text, &cmd->name);
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_http_mcp_argument_cleanup;
    cln->data = *argument;

    return NGX_CONF_OK;
}


static void
ngx_http_mcp_argument_cleanup(void *data)
{
    mcp_argument_destroy(data);
}


char *
ngx_http_mcp_network(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_mcp_loc_conf_t *mlcf = conf;

    ngx_str_t   *value;
    mcp_host_t  *host;
    ngx_uint_t   i, mode;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strcmp(value[i].data, "any") == 0) {
            mode = MCP_NETWORK_ANY;

        } else if (ngx_strcmp(value[i].data, "public") == 0) {
            mode = MCP_NETWORK_PUBLIC;

        } else {
            mode = MCP_NETWORK_LIST;
        }

        /* hosts may come in several lines, a word stands alone */

        if (mlcf->network != NGX_CONF_UNSET_UINT
            && (mode != MCP_NETWORK_LIST || mlcf->network != mode))
        {
            return "takes \"any\", \"public\" or hosts, and only one of them";
        }

        mlcf->network = mode;

        if (mode != MCP_NETWORK_LIST) {
            continue;
        }

        if (mlcf->hosts == NULL) {
            mlcf->hosts = ngx_array_create(cf->pool, 4, sizeof(mcp_host_t));
            if (mlcf->hosts == NULL) {
                return NGX_CONF_ERROR;
            }
        }

        host = ngx_array_push(mlcf->hosts);
        if (host == NULL) {
            return NGX_CONF_ERROR;
        }

        if (mcp_host_read(host, value[i].data, value[i].len) != MCP_OK) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid host \"%V\" in \"%V\" directive, it "
                               "must be a name, \"*.name\", an address or a "
                               "network", &value[i], &cmd->name);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


char *
ngx_http_mcp_audit_log(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_mcp_loc_conf_t *mlcf = conf;

    ngx_str_t                 *value;
    ngx_http_mcp_audit_log_t  *log;

    if (mlcf->audit != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {

        if (cf->args->nelts != 2) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\"", &value[2]);
            return NGX_CONF_ERROR;
        }

        mlcf->audit = NULL;

        return NGX_CONF_OK;
    }

    if (value[1].len == 0) {
        return "has an empty path";
    }

    log = ngx_pcalloc(cf->pool, sizeof(ngx_http_mcp_audit_log_t));
    if (log == NULL) {
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts == 3) {

        if (ngx_strcmp(value[2].data, "level=all") != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\", it must be "
                               "\"level=all\"", &value[2]);
            return NGX_CONF_ERROR;
        }

        log->all = 1;
    }

    if (ngx_strncmp(value[1].data, "syslog:", 7) == 0) {

        log->syslog_peer = ngx_pcalloc(cf->pool, sizeof(ngx_syslog_peer_t));
        if (log->syslog_peer == NULL) {
            return NGX_CONF_ERROR;
        }

        if (ngx_syslog_process_conf(cf, log->syslog_peer) != NGX_CONF_OK) {
            return NGX_CONF_ERROR;
        }

    } else {

        if (ngx_strlchr(value[1].data, value[1].data + value[1].len, '$')) {
            return "takes no variables in its path";
        }

        log->file = ngx_conf_open_file(cf->cycle, &value[1]);
        if (log->file == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    mlcf->audit = log;

    return NGX_CONF_OK;
}


/* Sizes are offsets of 32 bits with a spare bit in the engine. */

char *
ngx_http_mcp_check_size(ngx_conf_t *cf, void *post, void *data)
{
    size_t  *sp = data;

    if (*sp == 0 || *sp >= (size_t) 0x80000000) {
        return "has an invalid value, it must be more than 0 "
               "and less than 2048m";
    }

    return NGX_CONF_OK;
}
