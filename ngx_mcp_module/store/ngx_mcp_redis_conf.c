
/*
 * Configuration: the URI, the password, the CA, addresses.
 *
 *     redis://[USER[:PASSWORD]@]HOST[:PORT][/DB]
 *     rediss://...                                    the same over TLS
 *     redis+unix:[//[USER[:PASSWORD]@]]/PATH[?db=DB]
 *     redis-sentinel://[USER[:PASSWORD]@]HOST[:PORT],.../MASTER[/DB]
 *     redis-cluster://[USER[:PASSWORD]@]HOST[:PORT],...
 *
 * A URI may hold a password, so no error quotes it.
 */


#include "ngx_mcp_redis_int.h"


#define NGX_MCP_REDIS_PEERS     16           /* in one URI                    */
#define NGX_MCP_REDIS_PASSWORD  1024         /* bytes                         */
#define NGX_MCP_REDIS_VERIFY    9            /* certificates in a chain       */


typedef struct {
    ngx_str_t                     prefix;
    ngx_mcp_redis_mode_t          mode;
    in_port_t                     port;          /* default; 0: a path        */
    unsigned                      tls:1;
} ngx_mcp_redis_scheme_t;


static char *ngx_mcp_redis_parse_uri(ngx_conf_t *cf,
    ngx_mcp_redis_conf_t *conf, ngx_str_t *uri);
static char *ngx_mcp_redis_parse_unix(ngx_conf_t *cf,
    ngx_mcp_redis_conf_t *conf, ngx_str_t *rest);
static char *ngx_mcp_redis_parse_path(ngx_mcp_redis_conf_t *conf, u_char *p,
    u_char *last);
static char *ngx_mcp_redis_parse_user(ngx_conf_t *cf,
    ngx_mcp_redis_conf_t *conf, ngx_str_t *rest);
static ngx_int_t ngx_mcp_redis_decode(ngx_conf_t *cf, ngx_str_t *to, u_char *p,
    size_t len);
static char *ngx_mcp_redis_parse_db(ngx_mcp_redis_conf_t *conf, u_char *p,
    u_char *last);
static char *ngx_mcp_redis_parse_peer(ngx_conf_t *cf,
    ngx_mcp_redis_conf_t *conf, ngx_str_t *text, in_port_t port);
static ngx_int_t ngx_mcp_redis_find_addresses(ngx_conf_t *cf,
    ngx_mcp_redis_peer_t *peer);
static ngx_int_t ngx_mcp_redis_read_password(ngx_conf_t *cf,
    ngx_mcp_redis_conf_t *conf, ngx_str_t *file);
static ngx_int_t ngx_mcp_redis_init_tls(ngx_conf_t *cf,
    ngx_mcp_redis_conf_t *conf, ngx_str_t *ca);


static ngx_mcp_redis_scheme_t  ngx_mcp_redis_schemes[] = {
    { ngx_string("redis://"), NGX_MCP_REDIS_SINGLE, 6379, 0 },
    { ngx_string("rediss://"), NGX_MCP_REDIS_SINGLE, 6379, 1 },
    { ngx_string("redis+unix:"), NGX_MCP_REDIS_SINGLE, 0, 0 },
    { ngx_string("redis-sentinel://"), NGX_MCP_REDIS_SENTINEL, 26379, 0 },
    { ngx_string("redis-cluster://"), NGX_MCP_REDIS_CLUSTER, 6379, 0 },
    { ngx_null_string, NGX_MCP_REDIS_SINGLE, 0, 0 }
};


ngx_mcp_redis_conf_t *
ngx_mcp_redis_create_conf(ngx_conf_t *cf, ngx_mcp_redis_options_t *options)
{
    char                  *error;
    ngx_mcp_redis_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_mcp_redis_conf_t));

    if (conf == NULL
        || ngx_array_init(&conf->peers, cf->pool, 1,
                          sizeof(ngx_mcp_redis_peer_t))
           != NGX_OK)
    {
        return NULL;
    }

    conf->timeout = options->timeout;

    error = ngx_mcp_redis_parse_uri(cf, conf, &options->uri);

    if (error) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "mcp_store: the URI %s", error);
        return NULL;
    }

    if (options->password_file.len) {

        if (conf->password.len) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "mcp_store: a password in the URI and "
                               "\"password_file\"");
            return NULL;
        }

        if (ngx_mcp_redis_read_password(cf, conf, &options->password_file)
            != NGX_OK)
        {
            return NULL;
        }
    }

    if (conf->user.len && conf->password.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "mcp_store: a user without a password: "
                           "\"password_file\" is missing");
        return NULL;
    }

    if (ngx_mcp_redis_init_tls(cf, conf, &options->ca) != NGX_OK) {
        return NULL;
    }

    return conf;
}


void
ngx_mcp_redis_set_resolver(ngx_mcp_redis_conf_t *conf,
    ngx_resolver_t *resolver, ngx_msec_t timeout)
{
    conf->resolver = resolver;
    conf->resolver_timeout = timeout;
}


/* NULL, or a text that follows "the URI". */

static char *
ngx_mcp_redis_parse_uri(ngx_conf_t *cf, ngx_mcp_redis_conf_t *conf,
    ngx_str_t *uri)
{
    char                    *error;
    u_char                  *p, *last, *end, *comma;
    ngx_str_t                rest, text;
    ngx_mcp_redis_scheme_t  *scheme;

    for (scheme = ngx_mcp_redis_schemes; scheme->prefix.len; scheme++) {

        if (uri->len > scheme->prefix.len
            && ngx_strncmp(uri->data, scheme->prefix.data, scheme->prefix.len)
               == 0)
        {
            break;
        }
    }

    if (scheme->prefix.len == 0) {
        return "has no scheme that is known, or nothing follows it";
    }

    conf->mode = scheme->mode;
    conf->tls = scheme->tls;

    rest.data = uri->data + scheme->prefix.len;
    rest.len = uri->len - scheme->prefix.len;

    if (scheme->port == 0) {
        return ngx_mcp_redis_parse_unix(cf, conf, &rest);
    }

    error = ngx_mcp_redis_parse_user(cf, conf, &rest);

    if (error) {
        return error;
    }

    p = rest.data;
    last = rest.data + rest.len;

    end = ngx_strlchr(p, last, '/');

    if (end == NULL) {
        end = last;
    }

    conf->name.len = scheme->prefix.len + (end - p);
    conf->name.data = ngx_pnalloc(cf->pool, conf->name.len);

    if (conf->name.data == NULL) {
        return "needs more memory";
    }

    ngx_memcpy(ngx_cpymem(conf->name.data, scheme->prefix.data,
                          scheme->prefix.len),
               p, end - p);

    for ( ;; ) {
        comma = ngx_strlchr(p, end, ',');

        text.data = p;
        text.len = (comma ? comma : end) - p;

        error = ngx_mcp_redis_parse_peer(cf, conf, &text, scheme->port);

        if (error) {
            return error;
        }

        if (comma == NULL) {
            break;
        }

        p = comma + 1;
    }

    if (conf->peers.nelts > 1 && conf->mode == NGX_MCP_REDIS_SINGLE) {
        return "names several servers";
    }

    return ngx_mcp_redis_parse_path(conf, end, last);
}


/* What follows the servers. */

static char *
ngx_mcp_redis_parse_path(ngx_mcp_redis_conf_t *conf, u_char *p, u_char *last)
{
    u_char  *end;

    if (p < last) {
        p++;
    }

    if (conf->mode == NGX_MCP_REDIS_SENTINEL) {

        end = ngx_strlchr(p, last, '/');

        conf->master.data = p;
        conf->master.len = (end ? end : last) - p;

        if (conf->master.len == 0 || conf->master.len > NGX_MCP_REDIS_HOST) {
            return "has no name of a master";
        }

        p = end ? end + 1 : last;
    }

    if (p < last && conf->mode == NGX_MCP_REDIS_CLUSTER) {
        return "has a database, and clusters have none";
    }

    return ngx_mcp_redis_parse_db(conf, p, last);
}


static char *
ngx_mcp_redis_parse_unix(ngx_conf_t *cf, ngx_mcp_redis_conf_t *conf,
    ngx_str_t *rest)
{
    char                  *error;
    u_char                *p, *last;
    ngx_url_t              u;
    ngx_mcp_redis_peer_t  *peer;

    if (rest->len > 2 && rest->data[0] == '/' && rest->data[1] == '/') {
        rest->data += 2;
        rest->len -= 2;

        error = ngx_mcp_redis_parse_user(cf, conf, rest);

        if (error) {
            return error;
        }
    }

    last = rest->data + rest->len;
    p = ngx_strlchr(rest->data, last, '?');

    if (p) {
        rest->len = p - rest->data;

        if (last - p < 4 || ngx_strncmp(p, "?db=", 4) != 0) {
            return "has something other than \"?db=\" after the path";
        }

        error = ngx_mcp_redis_parse_db(conf, p + 4, last);

        if (error) {
            return error;
        }
    }

    if (rest->len < 2 || rest->data[0] != '/') {
        return "has no absolute path";
    }

    ngx_memzero(&u, sizeof(ngx_url_t));

    u.url.len = sizeof("unix:") - 1 + rest->len;
    u.url.data = ngx_pnalloc(cf->pool, u.url.len + 1);

    if (u.url.data == NULL) {
        return "needs more memory";
    }

    p = ngx_cpymem(u.url.data, "unix:", sizeof("unix:") - 1);
    p = ngx_cpymem(p, rest->data, rest->len);
    *p = '\0';

    if (ngx_parse_url(cf->pool, &u) != NGX_OK) {
        return "has a path that is too long";
    }

    peer = ngx_array_push(&conf->peers);

    if (peer == NULL) {
        return "needs more memory";
    }

    conf->name = u.url;

    peer->host = u.url;
    peer->port = 0;
    peer->naddrs = u.naddrs;
    peer->addrs = u.addrs;

    return NULL;
}


static char *
ngx_mcp_redis_parse_user(ngx_conf_t *cf, ngx_mcp_redis_conf_t *conf,
    ngx_str_t *rest)
{
    u_char  *p, *last, *at, *colon, *slash;

    p = rest->data;
    last = rest->data + rest->len;

    slash = ngx_strlchr(p, last, '/');
    at = ngx_strlchr(p, slash ? slash : last, '@');

    if (at == NULL) {
        return NULL;
    }

    colon = ngx_strlchr(p, at, ':');

    if (ngx_mcp_redis_decode(cf, &conf->user, p, (colon ? colon : at) - p)
        != NGX_OK)
    {
        return "needs more memory";
    }

    if (colon) {
        colon++;

        if (ngx_mcp_redis_decode(cf, &conf->password, colon, at - colon)
            != NGX_OK)
        {
            return "needs more memory";
        }

        if (conf->password.len == 0) {
            return "has an empty password";
        }

    } else if (conf->user.len == 0) {
        return "has an empty user";
    }

    rest->data = at + 1;
    rest->len = last - rest->data;

    return NULL;
}


static ngx_int_t
ngx_mcp_redis_decode(ngx_conf_t *cf, ngx_str_t *to, u_char *p, size_t len)
{
    u_char  *dst, *src;

    to->data = ngx_pnalloc(cf->pool, len + 1);

    if (to->data == NULL) {
        return NGX_ERROR;
    }

    src = p;
    dst = to->data;

    ngx_unescape_uri(&dst, &src, len, 0);

    to->len = dst - to->data;

    return NGX_OK;
}


static char *
ngx_mcp_redis_parse_db(ngx_mcp_redis_conf_t *conf, u_char *p, u_char *last)
{
    ngx_int_t  n;

    if (p == last) {
        return NULL;
    }

    n = ngx_atoi(p, last - p);

    if (n == NGX_ERROR || n > 65535) {
        return "has a database that is no number";
    }

    if (n) {
        conf->db.data = p;
        conf->db.len = last - p;
    }

    return NULL;
}


static char *
ngx_mcp_redis_parse_peer(ngx_conf_t *cf, ngx_mcp_redis_conf_t *conf,
    ngx_str_t *text, in_port_t port)
{
    ngx_url_t              u;
    ngx_mcp_redis_peer_t  *peer;

    if (conf->peers.nelts == NGX_MCP_REDIS_PEERS) {
        return "names too many servers";
    }

    ngx_memzero(&u, sizeof(ngx_url_t));

    u.url = *text;
    u.default_port = port;
    u.no_resolve = 1;

    if (ngx_parse_url(cf->pool, &u) != NGX_OK || u.host.len == 0
        || u.family == AF_UNIX || u.uri.len
        || u.host.len > NGX_MCP_REDIS_HOST)
    {
        return "has no host and port where one should be";
    }

    peer = ngx_array_push(&conf->peers);

    if (peer == NULL) {
        return "needs more memory";
    }

    ngx_memzero(peer, sizeof(ngx_mcp_redis_peer_t));

    peer->host = u.host;
    peer->port = u.port;

    /* the brackets of IPv6 */

    if (peer->host.data[0] == '[' && peer->host.len > 2) {
        peer->host.data++;
        peer->host.len -= 2;
    }

    if (u.naddrs) {
        peer->naddrs = u.naddrs;
        peer->addrs = u.addrs;
        return NULL;
    }

    if (ngx_mcp_redis_find_addresses(cf, peer) != NGX_OK) {
        return "needs more memory";
    }

    return NULL;
}


/* As for "proxy_pass", but nothing that is not there keeps nginx from it. */

static ngx_int_t
ngx_mcp_redis_find_addresses(ngx_conf_t *cf, ngx_mcp_redis_peer_t *peer)
{
    ngx_url_t  u;

    ngx_memzero(&u, sizeof(ngx_url_t));

    u.host = peer->host;
    u.port = peer->port;

    if (ngx_inet_resolve_host(cf->pool, &u) == NGX_OK) {
        peer->naddrs = u.naddrs;
        peer->addrs = u.addrs;
        return NGX_OK;
    }

    if (u.err == NULL) {
        return NGX_ERROR;
    }

    ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                       "mcp_store: no address of \"%V\" is known now; it "
                       "will be found when there is a \"resolver\"",
                       &peer->host);

    return NGX_OK;
}


/* The first line of a file. */

static ngx_int_t
ngx_mcp_redis_read_password(ngx_conf_t *cf, ngx_mcp_redis_conf_t *conf,
    ngx_str_t *file)
{
    size_t    len;
    ssize_t   n;
    ngx_fd_t  fd;
    u_char    buf[NGX_MCP_REDIS_PASSWORD + 1];

    fd = ngx_open_file(file->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "mcp_store: " ngx_open_file_n " \"%V\" failed",
                           file);
        return NGX_ERROR;
    }

    n = ngx_read_fd(fd, buf, sizeof(buf));

    if (n == -1) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "mcp_store: " ngx_read_fd_n " \"%V\" failed", file);
    }

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_ALERT, cf, ngx_errno,
                           ngx_close_file_n " \"%V\" failed", file);
    }

    if (n == -1) {
        return NGX_ERROR;
    }

    for (len = 0; len < (size_t) n; len++) {

        if (buf[len] == LF || buf[len] == CR || buf[len] == '\0') {
            break;
        }
    }

    if (len == 0 || len > NGX_MCP_REDIS_PASSWORD) {
        ngx_explicit_memzero(buf, sizeof(buf));
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "mcp_store: no password in the first line of "
                           "\"%V\"", file);
        return NGX_ERROR;
    }

    conf->password.data = ngx_pnalloc(cf->pool, len);

    if (conf->password.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(conf->password.data, buf, len);
    conf->password.len = len;

    ngx_explicit_memzero(buf, sizeof(buf));

    return NGX_OK;
}


static ngx_int_t
ngx_mcp_redis_init_tls(ngx_conf_t *cf, ngx_mcp_redis_conf_t *conf,
    ngx_str_t *ca)
{
#if (NGX_SSL)
    ngx_pool_cleanup_t  *cln;
#endif

    if (!conf->tls) {

        if (ca->len) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "mcp_store: \"ca\" without \"rediss://\"");
            return NGX_ERROR;
        }

        return NGX_OK;
    }

#if (NGX_SSL)

    conf->ssl = ngx_pcalloc(cf->pool, sizeof(ngx_ssl_t));

    if (conf->ssl == NULL) {
        return NGX_ERROR;
    }

    conf->ssl->log = cf->log;

    if (ngx_ssl_create(conf->ssl, NGX_SSL_TLSv1_2|NGX_SSL_TLSv1_3, NULL)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);

    if (cln == NULL) {
        ngx_ssl_cleanup_ctx(conf->ssl);
        return NGX_ERROR;
    }

    cln->handler = ngx_ssl_cleanup_ctx;
    cln->data = conf->ssl;

    if (ngx_ssl_trusted_certificate(cf, conf->ssl, ca, NGX_MCP_REDIS_VERIFY)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ca->len == 0 && SSL_CTX_set_default_verify_paths(conf->ssl->ctx) == 0)
    {
        ngx_ssl_error(NGX_LOG_EMERG, cf->log, 0,
                      "SSL_CTX_set_default_verify_paths() failed");
        return NGX_ERROR;
    }

    return NGX_OK;

#else

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "mcp_store: \"rediss://\" needs an nginx with SSL");
    return NGX_ERROR;

#endif
}
