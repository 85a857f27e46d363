/*
 * Lists of hosts, and what leads elsewhere.
 *
 * URLs are read by the address judge.  Where its reading depends on WHATWG's
 * rules alone, as with '\' for '/', a tool with another parser would go
 * somewhere else, so such a URL is in no list.
 */

#include "mcp_chars.h"
#include "mcp_network.h"
#include "mcp_text_int.h"

#include <string.h>


#define MAX_SCHEME   24
#define MAX_REST     1024         /* bytes that are looked at behind a URL    */
#define MAX_DECODE   3            /* percent encoded how often               */


typedef enum {
    REACH_NOTHING = 0,            /* it has no host                          */
    REACH_LISTED,
    REACH_ELSEWHERE
} reach_t;


static int
is_one_of(const char *set, unsigned char c)
{
    return c != '\0' && strchr(set, c) != NULL;
}


/*
 * A name that resolvers take.  A host may decode to anything, and "x/.a.b"
 * is not below a.b.
 */
static int
name_ok(const char *name)
{
    size_t         i;
    unsigned char  c, last;

    for (i = 0, last = '.'; (c = (unsigned char) name[i]) != '\0'; i++) {

        if (c == '.' ? last == '.' : !(mcp_is_word(c) || c == '-' || c >= 0x80))
        {
            return 0;
        }

        last = c;
    }

    return last != '.';
}


/* The IPv4 address that an IPv6 address stands for, or NULL. */
static const unsigned char *
mapped(const unsigned char *address)
{
    static const unsigned char  prefix[12] = {
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff
    };

    return memcmp(address, prefix, sizeof(prefix)) == 0 ? address + 12 : NULL;
}


static int
same_network(const unsigned char *a, const unsigned char *b, unsigned bits)
{
    unsigned  n, mask;

    n = bits / 8;

    if (memcmp(a, b, n) != 0) {
        return 0;
    }

    mask = 0xff00u >> bits % 8 & 0xff;

    return mask == 0 || ((a[n] ^ b[n]) & mask) == 0;
}


/* Four numbers without zeros in front: nothing that readers differ about. */
static int
plain_ipv4(const unsigned char *p, size_t len)
{
    size_t    i, from;
    unsigned  dots;

    for (i = 0, from = 0, dots = 0; i <= len; i++) {

        if (i < len && p[i] != '.') {

            if (!mcp_is_digit(p[i])) {
                return 0;
            }

            continue;
        }

        if (i == from || (p[from] == '0' && i - from > 1)) {
            return 0;
        }

        dots += (i < len);
        from = i + 1;
    }

    return dots == 3;
}


/* What an IPv6 address is written with. */
static int
is_ipv6_text(const unsigned char *p, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        if (mcp_hex_value(p[i]) < 0 && p[i] != ':' && p[i] != '.') {
            return 0;
        }
    }

    /* URLs may end a host with dots, an address does not */

    return len > 0 && p[len - 1] != '.';
}


/* An address as text, without brackets. */
static int
read_address(mcp_host_t *host, const unsigned char *p, size_t len)
{
    char       buf[64];
    mcp_url_t  url;

    if (len + 2 > sizeof(buf)) {
        return 0;
    }

    if (memchr(p, ':', len) == NULL) {

        if (!plain_ipv4(p, len) || !mcp_url_read(&url, p, len)) {
            return 0;
        }

    } else {
        buf[0] = '[';
        memcpy(buf + 1, p, len);
        buf[len + 1] = ']';

        if (!is_ipv6_text(p, len)
            || !mcp_url_read(&url, (unsigned char *) buf, len + 2))
        {
            return 0;
        }
    }

    if (url.type != MCP_HOST_IPV4 && url.type != MCP_HOST_IPV6) {
        return 0;
    }

    host->type = url.type;
    memcpy(host->address, url.address, sizeof(host->address));

    return 1;
}


/* The number behind the '/', and no bit of the address behind it. */
static int
read_prefix(mcp_host_t *host, const unsigned char *p, size_t len)
{
    size_t                 i;
    unsigned               bits, max;
    unsigned char          rest[16];

    static const unsigned char  zero[16];

    max = host->type == MCP_HOST_IPV4 ? 32 : 128;

    if (len == 0 || len > 3 || (p[0] == '0' && len > 1)) {
        return 0;
    }

    for (i = 0, bits = 0; i < len; i++) {

        if (!mcp_is_digit(p[i])) {
            return 0;
        }

        bits = bits * 10 + (unsigned) (p[i] - '0');
    }

    if (bits > max) {
        return 0;
    }

    memcpy(rest, host->address, sizeof(rest));

    for (i = 0; i < bits / 8; i++) {
        rest[i] = 0;
    }

    if (bits % 8 != 0) {
        rest[i] &= (unsigned char) (0xff >> bits % 8);
    }

    host->prefix = bits;

    return memcmp(rest, zero, max / 8) == 0;
}


mcp_rc_t
mcp_host_read(mcp_host_t *host, const unsigned char *text, size_t len)
{
    mcp_url_t             url;
    const unsigned char  *slash, *v4;

    memset(host, 0, sizeof(mcp_host_t));

    slash = memchr(text, '/', len);

    if (slash != NULL) {

        if (!read_address(host, text, (size_t) (slash - text))
            || !read_prefix(host, slash + 1,
                            len - 1 - (size_t) (slash - text)))
        {
            return MCP_ERROR;
        }

    } else {

        if (len > 2 && text[0] == '[' && text[len - 1] == ']'
            && memchr(text, ':', len) != NULL)
        {
            text++;
            len -= 2;
        }

        if (read_address(host, text, len)) {
            host->prefix = host->type == MCP_HOST_IPV4 ? 32 : 128;
        }
    }

    if (host->type == MCP_HOST_IPV6) {

        /* both forms of one address must match */

        v4 = mapped(host->address);

        if (v4 != NULL && host->prefix >= 96) {
            memmove(host->address, v4, 4);
            host->type = MCP_HOST_IPV4;
            host->prefix -= 96;
        }
    }

    if (host->type != MCP_HOST_NONE) {
        return MCP_OK;
    }

    if (len > 2 && text[0] == '*' && text[1] == '.') {
        host->below = 1;
        text += 2;
        len -= 2;
    }

    if (len == 0 || len > MCP_HOST_MAX || memchr(text, ':', len) != NULL
        || memchr(text, '%', len) != NULL || text[0] <= 0x20
        || text[len - 1] <= 0x20
        || !mcp_url_read(&url, text, len) || url.type != MCP_HOST_NAME
        || url.userinfo || url.end != len || !name_ok(url.host))
    {
        return MCP_ERROR;
    }

    host->type = MCP_HOST_NAME;
    memcpy(host->name, url.host, sizeof(host->name));

    return MCP_OK;
}


static int
name_matches(const mcp_host_t *host, const char *name, size_t len)
{
    size_t  n;

    n = strlen(host->name);

    if (!host->below) {
        return len == n && memcmp(name, host->name, n) == 0;
    }

    return len > n + 1 && name[len - n - 1] == '.'
           && memcmp(name + len - n, host->name, n) == 0;
}


int
mcp_host_listed(const mcp_host_t *hosts, size_t n, const mcp_url_t *url)
{
    size_t                i, len;
    mcp_host_type_t       type;
    const unsigned char  *address, *v4;

    type = url->type;
    address = url->address;
    len = strlen(url->host);

    switch (type) {

    case MCP_HOST_NAME:
        if (!name_ok(url->host)) {
            return 0;
        }

        break;

    case MCP_HOST_IPV4:
        break;

    case MCP_HOST_IPV6:
        v4 = mapped(address);

        if (v4 != NULL) {
            address = v4;
            type = MCP_HOST_IPV4;
        }

        break;

    default:
        return 0;
    }

    for (i = 0; i < n; i++) {

        if (hosts[i].type != type) {
            continue;
        }

        if (type == MCP_HOST_NAME
            ? name_matches(&hosts[i], url->host, len)
            : same_network(hosts[i].address, address, hosts[i].prefix))
        {
            return 1;
        }
    }

    return 0;
}


/*
 * Is there a port of digits behind the host, or nothing?  The judge ignores
 * what else there is, as in "[::1].a.example" and "a.example:b".  The value
 * begins at p[i].
 */
static int
plain_port(const mcp_url_t *url, const unsigned char *p, size_t i)
{
    size_t  k, end;

    end = url->end;

    if (url->scheme[0] != '\0') {
        i += strlen(url->scheme) + 1;
    }

    while (i < end && p[i] == '/') {
        i++;
    }

    for (k = i; k < end; k++) {
        if (p[k] == '@') {
            i = k + 1;
        }
    }

    if (i < end && p[i] == '[') {

        while (i < end && p[i] != ']') {
            i++;
        }

        if (i == end) {
            return 0;
        }

        i++;

    } else if (url->type == MCP_HOST_IPV6) {
        return 1;                     /* without brackets nor port           */

    } else {

        while (i < end && p[i] != ':') {
            i++;
        }
    }

    if (i < end && p[i] != ':') {
        return 0;
    }

    if (url->userinfo && url->scheme[0] == '\0') {
        return 1;                     /* git@a.example:path                  */
    }

    for (i++; i < end; i++) {
        if (!mcp_is_digit(p[i])) {
            return 0;
        }
    }

    return 1;
}


/*
 * Does the authority end where every parser ends it?  WHATWG's takes '\\' for
 * '/', others for a part of the user's name; it drops line breaks, others end
 * there; what stands behind a blank or a quote may be the host when an '@'
 * follows.
 */
static int
plain_end(const mcp_url_t *url, const unsigned char *p, size_t len)
{
    size_t  i, start;

    for (start = 0; start < url->end && p[start] <= 0x20; start++) {
        /* void */
    }

    for (i = start; i < url->end; i++) {
        if (p[i] <= 0x20 || p[i] == '\\') {
            return 0;
        }
    }

    if (!plain_port(url, p, start)) {
        return 0;
    }

    if (i < len && (p[i] == '/' || p[i] == '?' || p[i] == '#')) {
        return 1;
    }

    while (i < len && p[i] <= 0x20) {
        i++;
    }

    return i == len;
}


/*
 * "a.example:http" and "a.example:path" are a host and a service, or a path,
 * as well as a scheme; not so what is known to be a scheme, and a drive.
 */
static reach_t
reach_scheme(const mcp_host_t *hosts, size_t n, const char *scheme,
    const unsigned char *p, size_t len)
{
    size_t                i;
    mcp_url_t             url;
    const unsigned char  *colon;

    static const char *const  schemes[] = {
        "about", "blob", "cid", "data", "doi", "file", "geo", "javascript",
        "magnet", "mailto", "mid", "news", "sip", "sips", "sms", "tel", "urn",
        "vbscript", "xmpp"
    };

    if (scheme[1] == '\0') {
        return REACH_NOTHING;
    }

    for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (strcmp(scheme, schemes[i]) == 0) {
            return REACH_NOTHING;
        }
    }

    colon = memchr(p, ':', len);

    if (colon != NULL && p + len - colon > 2 && colon[1] == '/'
        && colon[2] == '/')
    {
        return REACH_NOTHING;
    }

    return mcp_url_read(&url, (const unsigned char *) scheme, strlen(scheme))
           && mcp_host_listed(hosts, n, &url) ? REACH_LISTED
                                              : REACH_ELSEWHERE;
}


static reach_t
reach(const mcp_host_t *hosts, size_t n, const unsigned char *p, size_t len)
{
    mcp_url_t  url;

    if (!mcp_url_read(&url, p, len)) {
        return REACH_NOTHING;
    }

    if (url.type == MCP_HOST_NONE) {

        if (url.scheme[0] == '\0') {
            return REACH_NOTHING;
        }

        return reach_scheme(hosts, n, url.scheme, p, len);
    }

    return mcp_host_listed(hosts, n, &url) && plain_end(&url, p, len)
           ? REACH_LISTED : REACH_ELSEWHERE;
}


int
mcp_host_reached(const mcp_host_t *hosts, size_t n,
    const unsigned char *value, size_t len)
{
    return reach(hosts, n, value, len) == REACH_LISTED;
}


/* The scheme in front of "://" at p[colon], or colon when there is none. */
static size_t
scheme_of(const unsigned char *p, size_t colon)
{
    size_t  from;

    for (from = colon; from > 0 && colon - from < MAX_SCHEME
                       && (mcp_is_alpha(p[from - 1])
                           || mcp_is_digit(p[from - 1]) || p[from - 1] == '+'
                           || p[from - 1] == '-' || p[from - 1] == '.');
         from--)
    {
        /* void */
    }

    while (from < colon && !mcp_is_alpha(p[from])) {
        from++;
    }

    return from;
}


/* Where a URL in text or in a command ends at the latest. */
static size_t
url_end(const unsigned char *p, size_t from, size_t len)
{
    size_t  i;

    for (i = from; i < len; i++) {
        if (p[i] <= 0x20 || is_one_of("\"'`<>|;&()", p[i])) {
            break;
        }
    }

    return i;
}


static int
is_quote(unsigned char c)
{
    return c == '"' || c == '\'' || c == '`';
}


/*
 * A URL of a command was cut off at p[i], inside its authority.  1: what
 * follows could be more of it, as a shell joins what stands side by side, and
 * what looks like a host is a user's name when an '@' follows.
 */
static int
goes_on(const unsigned char *p, size_t from, size_t i, size_t len)
{
    size_t         k, last;
    unsigned char  quote;

    if (i == len) {
        return 0;
    }

    quote = from > 0 && is_quote(p[from - 1]) ? p[from - 1] : 0;
    last = len - i > MAX_REST ? i + MAX_REST : len;

    if (p[i] <= 0x20) {

        /* a blank is part of it only inside of quotes */

        for (k = i; quote != 0 && p[k] != quote; k++) {
            if (k + 1 == last || p[k] == '@') {
                return k + 1 != len || p[k] == '@';
            }
        }

        return 0;
    }

    for (k = i; k < last && p[k] > 0x20 && p[k] != '/' && p[k] != '?'
                && p[k] != '#'; k++)
    {
        if (p[k] == '@') {
            return 1;
        }
    }

    if (k == last && last != len) {
        return 1;
    }

    if (!is_quote(p[i]) || ++i == len) {
        return 0;
    }

    return mcp_is_alpha(p[i]) || mcp_is_digit(p[i]) || is_quote(p[i])
           || p[i] >= 0x80
           || is_one_of(".-_:%\\${[*", p[i]);
}


static int
search(const mcp_host_t *hosts, size_t n, const unsigned char *p, size_t len,
    unsigned *left, mcp_place_t *place)
{
    size_t                i, from, end, authority;
    const unsigned char  *colon;

    for (i = 0; i + 3 < len; i++) {

        colon = memchr(p + i, ':', len - 3 - i);

        if (colon == NULL) {
            return 0;
        }

        i = (size_t) (colon - p);

        if ((p[i + 1] != '/' && p[i + 1] != '\\')
            || (p[i + 2] != '/' && p[i + 2] != '\\'))
        {
            continue;
        }

        from = scheme_of(p, i);

        if (from == i) {
            continue;
        }

        end = url_end(p, i + 3, len);

        for (authority = i + 3; authority < end && p[authority] != '/'
                                && p[authority] != '?'
                                && p[authority] != '#'; authority++)
        {
            /* void */
        }

        place->from = from;
        place->to = end;

        if (*left == 0) {
            return 1;
        }

        *left -= 1;

        switch (reach(hosts, n, p + from, end - from)) {

        case REACH_ELSEWHERE:
            return 1;

        case REACH_LISTED:
            if (authority == end && goes_on(p, from, end, len)) {
                return 1;
            }

            break;

        default:
            break;
        }
    }

    return 0;
}


/* Percent decoding in place; the new length. */
static size_t
decode(unsigned char *p, size_t len)
{
    int     hi, lo;
    size_t  i, n;

    for (i = 0, n = 0; i < len; i++, n++) {

        if (p[i] == '%' && i + 2 < len
            && (hi = mcp_hex_value(p[i + 1])) >= 0
            && (lo = mcp_hex_value(p[i + 2])) >= 0)
        {
            p[n] = (unsigned char) (hi * 16 + lo);
            i += 2;

        } else {
            p[n] = p[i];
        }
    }

    return n;
}


int
mcp_network_elsewhere(const mcp_host_t *hosts, size_t n,
    const unsigned char *value, size_t len, int whole, unsigned *left,
    mcp_place_t *place)
{
    int        found;
    size_t     k;
    unsigned   i;
    mcp_buf_t  buf = { NULL, 0, 0 };

    if (whole && reach(hosts, n, value, len) == REACH_ELSEWHERE) {
        place->from = 0;
        place->to = len;
        return 1;
    }

    if (search(hosts, n, value, len, left, place)) {
        return 1;
    }

    if (!whole || memchr(value, '%', len) == NULL) {
        return 0;
    }

    place->from = 0;
    place->to = len;

    if (mcp_buf_append(&buf, value, len) != MCP_OK) {
        return 1;
    }

    found = 0;

    for (i = 0; i < MAX_DECODE && !found; i++) {
        mcp_place_t  inside;

        k = decode(buf.data, buf.len);

        if (k == buf.len) {
            break;
        }

        buf.len = k;
        found = search(hosts, n, buf.data, buf.len, left, &inside);
    }

    mcp_buf_free(&buf);

    return found;
}
