/*
 * Where URLs and hosts may point: the list of mcp_network and of host_in.
 *
 * A list is stricter than the address judge.  That one asks whether any
 * reader would reach a private address; here every reader must reach a listed
 * host, so what parsers take differently leads elsewhere.
 */

#ifndef MCP_NETWORK_H
#define MCP_NETWORK_H

#include "mcp_judge.h"


typedef enum {
    MCP_NETWORK_PUBLIC = 0,       /* what rules with judge address say       */
    MCP_NETWORK_ANY,
    MCP_NETWORK_LIST
} mcp_network_mode_t;


/* A name, all names below one, an address, or all addresses of a network. */
typedef struct {
    mcp_host_type_t  type;        /* NAME, IPV4 or IPV6                      */
    unsigned         below:1;     /* "*.name": not the name itself           */
    unsigned         prefix;      /* bits of address that count              */
    unsigned char    address[16]; /* IPv4 in the first four                  */
    char             name[MCP_HOST_MAX + 1];
} mcp_host_t;


#define MCP_MAX_URLS  4096        /* looked at in one message                */


/*
 * Reads a host of the configuration: "a.example", "*.a.example", "10.0.0.7",
 * "10.0.0.0/8", "::1", "[::1]", "fd00::/8".  MCP_ERROR: it is none; an
 * address must be written as usual, a network with zeros behind its prefix.
 */
mcp_rc_t mcp_host_read(mcp_host_t *host, const unsigned char *text,
    size_t len);

/* 1: the host of url is one of n hosts. */
int mcp_host_listed(const mcp_host_t *hosts, size_t n, const mcp_url_t *url);

/*
 * 1: value is one URL or host, and whoever reads it reaches one of n hosts.
 * What has no host (a path, "mailto:") does not.
 */
int mcp_host_reached(const mcp_host_t *hosts, size_t n,
    const unsigned char *value, size_t len);

/*
 * Looks for a URL in value that leads elsewhere than to n hosts; 1: place
 * tells where.  whole: value is one URL or host, and URLs inside it count as
 * well, also percent encoded ones; else it is text or a command, in which
 * only URLs count.  *left is how many URLs may still be looked at, at first
 * MCP_MAX_URLS; when there are more, that counts as leading elsewhere.
 */
int mcp_network_elsewhere(const mcp_host_t *hosts, size_t n,
    const unsigned char *value, size_t len, int whole, unsigned *left,
    mcp_place_t *place);

#endif /* MCP_NETWORK_H */
