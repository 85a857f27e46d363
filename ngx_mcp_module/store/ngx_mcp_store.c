
/*
 * The kinds of store, and how a directive names one of them.
 */


#include "ngx_mcp_store.h"


#define NGX_MCP_STORE_TIMEOUT  100                  /* milliseconds */


static const ngx_mcp_store_type_t *ngx_mcp_store_find(ngx_str_t *uri);
static char *ngx_mcp_store_option(ngx_conf_t *cf, ngx_mcp_store_t *st,
    ngx_str_t *value);
static char *ngx_mcp_store_file(ngx_conf_t *cf, ngx_mcp_store_t *st,
    ngx_str_t *option, size_t name_len, ngx_str_t *file);


static const ngx_mcp_store_type_t  *ngx_mcp_store_types[] = {
    &ngx_mcp_store_shm,
    &ngx_mcp_store_redis,
    NULL
};


char *
ngx_mcp_store_read(ngx_conf_t *cf, ngx_array_t *args, ngx_mcp_store_t **st)
{
    char             *rv;
    u_char           *p;
    ngx_str_t        *value;
    ngx_uint_t        i;
    ngx_mcp_store_t  *store;

    static ngx_str_t  def = ngx_string("shm:");

    store = ngx_pcalloc(cf->pool, sizeof(ngx_mcp_store_t));
    if (store == NULL) {
        return NGX_CONF_ERROR;
    }

    store->timeout = NGX_CONF_UNSET_MSEC;

    value = args ? args->elts : NULL;
    store->uri = value ? value[1] : def;
    store->type = ngx_mcp_store_find(&store->uri);

    if (store->type == NULL) {

        /* only the scheme is shown: a name or more may follow it */

        p = ngx_strlchr(store->uri.data, store->uri.data + store->uri.len,
                        ':');

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown store \"%*s\" in \"mcp_store\" directive",
                           p ? (size_t) (p - store->uri.data + 1)
                             : store->uri.len, store->uri.data);

        return NGX_CONF_ERROR;
    }

    for (i = 2; value && i < args->nelts; i++) {

        rv = ngx_mcp_store_option(cf, store, &value[i]);

        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    if (store->timeout == NGX_CONF_UNSET_MSEC) {
        store->timeout = NGX_MCP_STORE_TIMEOUT;
    }

    rv = store->type->parse(cf, store);

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    *st = store;

    return NGX_CONF_OK;
}


static const ngx_mcp_store_type_t *
ngx_mcp_store_find(ngx_str_t *uri)
{
    size_t                         len;
    const char *const             *scheme;
    const ngx_mcp_store_type_t   **type;

    for (type = ngx_mcp_store_types; *type; type++) {

        for (scheme = (*type)->schemes; *scheme; scheme++) {
            len = ngx_strlen(*scheme);

            if (uri->len >= len
                && ngx_strncmp(uri->data, *scheme, len) == 0)
            {
                return *type;
            }
        }
    }

    return NULL;
}


static char *
ngx_mcp_store_option(ngx_conf_t *cf, ngx_mcp_store_t *st, ngx_str_t *value)
{
    ngx_int_t  n;
    ngx_str_t  s;

    if (ngx_strncmp(value->data, "timeout=", 8) == 0) {

        if (st->timeout != NGX_CONF_UNSET_MSEC) {
            goto duplicate;
        }

        s.data = value->data + 8;
        s.len = value->len - 8;

        n = ngx_parse_time(&s, 0);

        if (n == NGX_ERROR || n == 0) {
            goto invalid;
        }

        st->timeout = n;

        return NGX_CONF_OK;
    }

    if (ngx_strncmp(value->data, "fail=", 5) == 0) {

        if (st->fail_set) {
            goto duplicate;
        }

        st->fail_set = 1;

        if (ngx_strcmp(value->data + 5, "open") == 0) {
            st->fail_open = 1;
            return NGX_CONF_OK;
        }

        if (ngx_strcmp(value->data + 5, "closed") == 0) {
            return NGX_CONF_OK;
        }

        goto invalid;
    }

    if (ngx_strncmp(value->data, "password_file=", 14) == 0) {
        return ngx_mcp_store_file(cf, st, value, 14, &st->password_file);
    }

    if (ngx_strncmp(value->data, "ca=", 3) == 0) {
        return ngx_mcp_store_file(cf, st, value, 3, &st->ca);
    }

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\" in \"mcp_store\" directive",
                       value);

    return NGX_CONF_ERROR;

duplicate:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "duplicate parameter \"%V\" in \"mcp_store\" directive",
                       value);

    return NGX_CONF_ERROR;
}


static char *
ngx_mcp_store_file(ngx_conf_t *cf, ngx_mcp_store_t *st, ngx_str_t *option,
    size_t name_len, ngx_str_t *file)
{
    if (!st->type->network) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%*s\" makes no sense for a \"%V\" store",
                           name_len, option->data, &st->type->name);
        return NGX_CONF_ERROR;
    }

    if (file->len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate parameter \"%V\" in \"mcp_store\" "
                           "directive", option);
        return NGX_CONF_ERROR;
    }

    file->data = option->data + name_len;
    file->len = option->len - name_len;

    if (file->len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\" in \"mcp_store\" "
                           "directive", option);
        return NGX_CONF_ERROR;
    }

    if (ngx_conf_full_name(cf->cycle, file, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}
