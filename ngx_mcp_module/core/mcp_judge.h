/*
 * Judges: rules whose test is code (detection.md section 3).  Each looks at
 * one decoded value and says whether it holds, and where.
 *
 *   path-traversal   leaves its root, in any encoding; or is built to confuse
 *                    whoever checks it (NUL, "....//", longer than any path)
 *   path-sensitive   keys, credentials, /proc, password files, histories
 *   path-system      the system's own directories: /etc, /var/log, C:\Windows
 *   address          a URL or host that leads to a special-purpose address,
 *                    a metadata service or a name of the local network
 *   scheme           a URL with a scheme that reads files, runs code or
 *                    speaks another protocol
 *   hidden           characters that hide text from people: tags, variation
 *                    selectors, zero width inside words, bidi overrides,
 *                    terminal sequences that conceal
 *   sql              a value that ends its literal and goes on as SQL
 *   shell            a name that leads a shell on to another command
 *   shell-text       the same in running text: the plainest attacks only
 */

#ifndef MCP_JUDGE_H
#define MCP_JUDGE_H

#include "mcp_rules.h"


/* Bytes of a value. */
typedef struct {
    size_t  from;
    size_t  to;
} mcp_place_t;


/*
 * 1 when the judge holds for the value; place, if not NULL, then tells where.
 * whole: the value is one path, URL or host; else it is text or a command and
 * is searched for URLs (other judges take whole values only and say 0).
 */
int mcp_judge(mcp_judge_t judge, const unsigned char *value, size_t len,
    int whole, mcp_place_t *place);


/* Paths. */

#define MCP_PATH_MAX  4096

typedef struct {
    char      text[MCP_PATH_MAX + 2]; /* decoded, '/' between components, "."
                                         and ".." resolved, zero ended; with
                                         a '/' in front when absolute        */
    size_t    len;
    unsigned  absolute:1;
    unsigned  drive:1;                /* "c:" stands in front of the '/'     */
    unsigned  network:1;              /* //host/share                        */
    unsigned  escapes:1;              /* ".." led above the start            */
    unsigned  nul:1;
    unsigned  strange:1;              /* no honest program writes it so      */
    unsigned  encoded:1;              /* something had to be decoded         */
    unsigned  trimmed:1;              /* blanks or quotes stood around it    */
} mcp_path_t;

/*
 * Reads a path as the most lenient consumer would.  Longer input than
 * MCP_PATH_MAX is cut and strange.
 */
void mcp_path_read(mcp_path_t *path, const unsigned char *value, size_t len);

/* A judge of paths, for a path that was read already. */
int mcp_judge_path(mcp_judge_t judge, const mcp_path_t *path);

int mcp_path_sensitive(const mcp_path_t *path);
int mcp_path_system(const mcp_path_t *path);

/* 1: path is dir or below it; dir is absolute, normalised, zero ended. */
int mcp_path_under(const mcp_path_t *path, const char *dir);


/* URLs and hosts. */

#define MCP_HOST_MAX  253

typedef enum {
    MCP_HOST_NONE = 0,
    MCP_HOST_NAME,
    MCP_HOST_IPV4,
    MCP_HOST_IPV6,
    MCP_HOST_BAD                      /* no parser would take it             */
} mcp_host_type_t;

typedef struct {
    char             scheme[32];      /* lower case, "" when there is none   */
    char             host[MCP_HOST_MAX + 1];  /* lower case, ASCII or UTF-8,
                                         without a trailing dot              */
    mcp_host_type_t  type;
    unsigned char    address[16];     /* IPv4 in the first four              */
    unsigned         userinfo:1;
    size_t           end;             /* of the authority, in the value      */
} mcp_url_t;

/*
 * Reads a URL as WHATWG's parser does, or a bare host, host:port or //host
 * when it has no scheme.  1 when there is a host or a scheme.
 */
int mcp_url_read(mcp_url_t *url, const unsigned char *value, size_t len);

/*
 * 1: the host is, or by its name leads to, a loopback, private, link-local,
 * metadata or other special-purpose address (IANA); documentation ranges and
 * names are not special.
 */
int mcp_url_special(const mcp_url_t *url);

int mcp_url_scheme_allowed(const mcp_url_t *url);

/* The same for addresses: 4 or 16 bytes, network order. */
int mcp_ipv4_special(const unsigned char *address);
int mcp_ipv6_special(const unsigned char *address);


/* The parts that have files of their own. */
int mcp_judge_hidden(const unsigned char *value, size_t len,
    mcp_place_t *place);
int mcp_judge_sql(const unsigned char *value, size_t len);

/* text: running text, in which only the plainest attacks count. */
int mcp_judge_shell(const unsigned char *value, size_t len, int text);

#endif /* MCP_JUDGE_H */
