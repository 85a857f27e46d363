/*
 * The address judge: where does a URL or a host lead?
 *
 * Read as WHATWG's URL parser does, because that is what fetch tools use:
 * tabs and newlines vanish, '\' is '/', the host is percent-decoded and
 * normalised, and "0x7f.1" is an IPv4 address.  Names are judged by what they
 * say; we resolve nothing.
 */

#include "mcp_chars.h"
#include "mcp_judge.h"
#include "mcp_text_int.h"

#include <string.h>
#include <utf8proc.h>


#define MAX_AUTHORITY  1024
#define MAX_IPV6       64         /* as text, with a zone                    */


/* One part of an IPv4 address: decimal, octal, hexadecimal.  0: it is none. */
static int
number(const char *p, size_t len, uint64_t *v)
{
    int       d;
    size_t    i;
    unsigned  base;

    base = 10;

    if (len >= 2 && p[0] == '0' && (p[1] | 0x20) == 'x') {
        base = 16;
        p += 2;
        len -= 2;

    } else if (len >= 2 && p[0] == '0') {
        base = 8;
        p++;
        len--;
    }

    for (i = 0, *v = 0; i < len; i++) {
        d = mcp_hex_value((unsigned char) p[i]);

        if (d < 0 || (unsigned) d >= base) {
            return 0;
        }

        *v = *v * base + (unsigned) d;

        if (*v > UINT32_MAX) {
            *v = (uint64_t) UINT32_MAX + 1;   /* stays too large             */
        }
    }

    return len > 0 || base == 16;
}


/*
 * WHATWG's IPv4 parser.  MCP_HOST_NAME: the last part is no number, so it is
 * none; MCP_HOST_BAD: it is one, and wrong.
 */
static mcp_host_type_t
read_ipv4(const char *p, size_t len, unsigned char *address)
{
    int       bad;
    size_t    i, from;
    uint64_t  v[4], all;
    unsigned  n, k;

    n = 0;
    bad = 0;

    for (i = 0, from = 0; i <= len; i++) {

        if (i < len && p[i] != '.') {
            continue;
        }

        if (n == 4) {
            return (from < len && mcp_is_digit((unsigned char) p[from]))
                   ? MCP_HOST_BAD : MCP_HOST_NAME;
        }

        v[n] = 0;

        if (i == from || !number(p + from, i - from, &v[n])) {

            if (i == len) {

                for (k = 0; from + k < len
                            && mcp_is_digit((unsigned char) p[from + k]); k++)
                {
                    /* void */
                }

                return (from + k == len && k > 0) ? MCP_HOST_BAD
                                                  : MCP_HOST_NAME;
            }

            bad = 1;
        }

        n++;
        from = i + 1;
    }

    if (bad) {
        return MCP_HOST_BAD;
    }

    for (k = 0, all = 0; k + 1 < n; k++) {

        if (v[k] > 255) {
            return MCP_HOST_BAD;
        }

        all |= v[k] << (8 * (3 - k));
    }

    if (v[n - 1] >= (UINT64_C(1) << (8 * (5 - n)))) {
        return MCP_HOST_BAD;
    }

    all |= v[n - 1];

    for (k = 0; k < 4; k++) {
        address[k] = (unsigned char) (all >> (8 * (3 - k)));
    }

    return MCP_HOST_IPV4;
}


/* RFC 4291 text form, without brackets and zone. */
static int
read_ipv6(const char *p, size_t len, unsigned char *address)
{
    int       gap, d;
    size_t    i, from;
    uint32_t  v;
    unsigned  n, k;
    uint16_t  w[8];

    n = 0;
    gap = -1;
    i = 0;

    if (len >= 2 && p[0] == ':' && p[1] == ':') {
        gap = 0;
        i = 2;
    }

    while (i < len) {

        if (n == 8) {
            return 0;
        }

        from = i;

        for (v = 0; i < len && i - from < 5
                    && (d = mcp_hex_value((unsigned char) p[i])) >= 0; i++)
        {
            v = v * 16 + (uint32_t) d;
        }

        if (i < len && p[i] == '.') {

            if (n > 6 || read_ipv4(p + from, len - from, address)
                         != MCP_HOST_IPV4)
            {
                return 0;
            }

            w[n++] = (uint16_t) ((address[0] << 8) | address[1]);
            w[n++] = (uint16_t) ((address[2] << 8) | address[3]);
            break;
        }

        if (i == from || i - from > 4) {
            return 0;
        }

        w[n++] = (uint16_t) v;

        if (i == len) {
            break;
        }

        if (p[i++] != ':' || i == len) {
            return 0;
        }

        if (p[i] == ':') {

            if (gap >= 0) {
                return 0;
            }

            gap = (int) n;
            i++;
        }
    }

    if (gap < 0 ? n != 8 : n > 7) {
        return 0;
    }

    memset(address, 0, 16);

    for (k = 0; k < n; k++) {
        i = (gap >= 0 && k >= (unsigned) gap) ? 8 - n + k : k;
        address[2 * i] = (unsigned char) (w[k] >> 8);
        address[2 * i + 1] = (unsigned char) w[k];
    }

    return 1;
}


/*
 * Percent-decodes and normalises a host into url->host: NFKC, lower case, all
 * forms of the dot are '.', what is not seen is gone.  0: too long.
 */
static int
normalise(mcp_url_t *url, const unsigned char *p, size_t len)
{
    int                boundary;
    char              *out;
    size_t             i, n, k, step;
    uint32_t           c;
    unsigned char      buf[MAX_AUTHORITY], b[4];
    utf8proc_int32_t   dst[20];
    utf8proc_ssize_t   m;

    for (i = 0, n = 0; i < len && n < sizeof(buf); i++) {

        if (p[i] == '%' && i + 2 < len && mcp_hex_value(p[i + 1]) >= 0
            && mcp_hex_value(p[i + 2]) >= 0)
        {
            buf[n++] = (unsigned char) (mcp_hex_value(p[i + 1]) * 16
                                        + mcp_hex_value(p[i + 2]));
            i += 2;
            continue;
        }

        buf[n++] = p[i];
    }

    len = n;
    out = url->host;
    n = 0;

    for (i = 0; i < len; i += step) {

        step = mcp_utf8_next(buf + i, len - i, &c);

        if (mcp_is_hidden(c)) {
            continue;
        }

        if (c < 0x80) {
            dst[0] = (utf8proc_int32_t) c;
            m = 1;

        } else {
            m = utf8proc_decompose_char((utf8proc_int32_t) c, dst, 20,
                                        UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT
                                        | UTF8PROC_CASEFOLD,
                                        &boundary);

            if (m < 0 || m > 20) {
                m = 0;
            }
        }

        for (k = 0; k < (size_t) m; k++) {

            c = (uint32_t) dst[k];

            if (c == 0x3002 || c == 0xFF61) {
                c = '.';
            }

            if (c >= 'A' && c <= 'Z') {
                c |= 0x20;
            }

            boundary = (int) utf8proc_encode_char((utf8proc_int32_t) c, b);

            if (n + (size_t) boundary > MCP_HOST_MAX) {
                return 0;
            }

            memcpy(out + n, b, (size_t) boundary);
            n += (size_t) boundary;
        }
    }

    while (n > 0 && out[n - 1] == '.') {
        n--;
    }

    out[n] = '\0';

    return 1;
}


static void
read_host(mcp_url_t *url, const unsigned char *p, size_t len)
{
    char    *zone;
    size_t   n;

    if (len > 1 && p[0] == '[') {

        n = 0;

        while (n < len && p[n] != ']') {
            n++;
        }

        if (!normalise(url, p + 1, n - 1)) {
            url->type = MCP_HOST_BAD;
            return;
        }

        zone = strchr(url->host, '%');

        if (zone != NULL) {
            *zone = '\0';
        }

        url->type = read_ipv6(url->host, strlen(url->host), url->address)
                    ? MCP_HOST_IPV6 : MCP_HOST_BAD;
        return;
    }

    if (!normalise(url, p, len)) {
        url->type = MCP_HOST_BAD;
        return;
    }

    n = strlen(url->host);

    if (n == 0) {
        url->type = MCP_HOST_NONE;
        return;
    }

    url->type = read_ipv4(url->host, n, url->address);
}


/*
 * A whole value that is an IPv6 address without brackets, perhaps with a
 * zone: "fe80::1" has no scheme.
 */
static int
read_bare_ipv6(mcp_url_t *url, const unsigned char *p, size_t len)
{
    size_t                i, n;
    const unsigned char  *zone;

    if (len > MAX_IPV6 || memchr(p, ':', len) == NULL) {
        return 0;
    }

    zone = memchr(p, '%', len);
    n = zone ? (size_t) (zone - p) : len;

    for (i = n + 1; i < len; i++) {
        if (!mcp_is_alpha(p[i]) && !mcp_is_digit(p[i])) {
            return 0;
        }
    }

    for (i = 0; i < n; i++) {
        if (mcp_hex_value(p[i]) < 0 && p[i] != ':' && p[i] != '.') {
            return 0;
        }
    }

    if (!read_ipv6((const char *) p, n, url->address)) {
        return 0;
    }

    memcpy(url->host, p, n);
    url->host[n] = '\0';
    url->type = MCP_HOST_IPV6;

    return 1;
}


/* Schemes whose authority is a host even when the slashes are sloppy. */
static int
is_special(const char *scheme)
{
    return strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0
           || strcmp(scheme, "ws") == 0 || strcmp(scheme, "wss") == 0
           || strcmp(scheme, "ftp") == 0;
}


int
mcp_url_read(mcp_url_t *url, const unsigned char *value, size_t len)
{
    int             special, slashes;
    size_t          i, n, from, end, map[MAX_AUTHORITY];
    unsigned char   buf[MAX_AUTHORITY];

    memset(url, 0, sizeof(mcp_url_t));

    /* what the parser drops: space and controls at the front, tab, newline */

    for (i = 0; i < len && value[i] <= 0x20; i++) { /* void */ }

    for (n = len; n > i && value[n - 1] <= 0x20; n--) { /* void */ }

    if (read_bare_ipv6(url, value + i, n - i)) {
        url->end = n;
        return 1;
    }

    for (n = 0; i < len && n < sizeof(buf); i++) {

        if (value[i] == '\t' || value[i] == '\n' || value[i] == '\r') {
            continue;
        }

        map[n] = i;
        buf[n++] = value[i];
    }

    while (n > 0 && buf[n - 1] <= 0x20) {
        n--;
    }

    if (n == 0) {
        return 0;
    }

    from = 0;
    special = 1;

    for (i = 0; i < n && (mcp_is_alpha(buf[i])
                          || (i > 0 && (mcp_is_digit(buf[i]) || buf[i] == '+'
                                        || buf[i] == '-' || buf[i] == '.')));
         i++)
    {
        /* void */
    }

    if (i > 0 && i < n && buf[i] == ':' && i < sizeof(url->scheme)) {

        for (from = 0; from < i; from++) {
            url->scheme[from] = (char) (buf[from] | (mcp_is_alpha(buf[from])
                                                     ? 0x20 : 0));
        }

        url->scheme[i] = '\0';
        from = i + 1;
        special = is_special(url->scheme);

        /* "host:80" has no scheme, "http:127.1" has one */

        if (!special
            && ((from < n && mcp_is_digit(buf[from]))
                || (from == n && memchr(buf, '.', i) != NULL)))
        {
            url->scheme[0] = '\0';
            from = 0;
            special = 1;
        }
    }

    slashes = 0;

    while (from < n && (buf[from] == '/' || (special && buf[from] == '\\'))
           && (special || slashes < 2))
    {
        from++;
        slashes++;
    }

    if (url->scheme[0] != '\0' && !special && slashes < 2) {
        url->end = map[from > 0 ? from - 1 : 0] + 1;
        return 1;                     /* data:, mailto:, urn:                */
    }

    if (url->scheme[0] == '\0' && slashes == 1) {
        return 0;                     /* a path                              */
    }

    for (end = from; end < n; end++) {
        if (buf[end] == '/' || buf[end] == '?' || buf[end] == '#'
            || (special && buf[end] == '\\')
            || buf[end] == ' ' || buf[end] == '"' || buf[end] == '<'
            || buf[end] == '>' || buf[end] == '`')
        {
            break;
        }
    }

    url->end = (end > 0) ? map[end - 1] + 1 : 0;

    for (i = end; i > from; i--) {
        if (buf[i - 1] == '@') {
            url->userinfo = 1;
            from = i;
            break;
        }
    }

    if (from < end && buf[from] == '[') {
        i = end;

    } else {

        for (i = from; i < end && buf[i] != ':'; i++) { /* void */ }
    }

    read_host(url, buf + from, i - from);

    return url->type != MCP_HOST_NONE || url->scheme[0] != '\0';
}


int
mcp_ipv4_special(const unsigned char *a)
{
    switch (a[0]) {

    case 0:
    case 10:
    case 127:
        return 1;

    case 100:
        return (a[1] & 0xc0) == 64;

    case 168:
        return a[1] == 63 && a[2] == 129 && a[3] == 16;   /* Azure's host    */

    case 169:
        return a[1] == 254;

    case 172:
        return (a[1] & 0xf0) == 16;

    case 192:
        return (a[1] == 168) || (a[1] == 0 && a[2] == 0)
               || (a[1] == 88 && a[2] == 99);

    case 198:
        return (a[1] & 0xfe) == 18;
    }

    return a[0] >= 224;
}


int
mcp_ipv6_special(const unsigned char *a)
{
    static const unsigned char  zero[16];

    unsigned char  v4[4];
    unsigned       i;

    /* ::, ::1, and IPv4 in the last four bytes */

    if (memcmp(a, zero, 10) == 0) {

        if (a[10] == 0xff && a[11] == 0xff) {
            return mcp_ipv4_special(a + 12);
        }

        if (a[10] == 0 && a[11] == 0) {
            return mcp_ipv4_special(a + 12);   /* ::1 is 0.0.0.1             */
        }
    }

    /* ::ffff:0:a.b.c.d */

    if (memcmp(a, zero, 8) == 0 && a[8] == 0xff && a[9] == 0xff) {
        return mcp_ipv4_special(a + 12);
    }

    /* ISATAP: [0200:]5efe:a.b.c.d in the interface part */

    if ((a[8] & 0xfd) == 0 && a[9] == 0 && a[10] == 0x5e && a[11] == 0xfe
        && mcp_ipv4_special(a + 12))
    {
        return 1;
    }

    if (a[0] == 0x00 && a[1] == 0x64 && a[2] == 0xff && a[3] == 0x9b) {

        if (a[4] == 0 && a[5] == 1) {
            return 1;                          /* 64:ff9b:1::/48             */
        }

        return mcp_ipv4_special(a + 12);       /* NAT64                      */
    }

    if (a[0] == 0x01 && a[1] == 0 && memcmp(a + 2, zero, 6) == 0) {
        return 1;                              /* discard only               */
    }

    if (a[0] == 0x20 && a[1] == 0x01) {

        if (a[2] == 0x0d && a[3] == 0xb8) {
            return 0;                          /* documentation              */
        }

        if (a[2] == 0 && a[3] == 0) {          /* Teredo: client, inverted   */

            for (i = 0; i < 4; i++) {
                v4[i] = (unsigned char) (a[12 + i] ^ 0xff);
            }

            return mcp_ipv4_special(v4) || mcp_ipv4_special(a + 4);
        }

        return a[2] < 2;                       /* 2001::/23                  */
    }

    if (a[0] == 0x20 && a[1] == 0x02) {
        return mcp_ipv4_special(a + 2);        /* 6to4                       */
    }

    if (a[0] == 0x3f && a[1] == 0xff && (a[2] & 0xf0) == 0) {
        return 0;                              /* documentation              */
    }

    return (a[0] & 0xfe) == 0xfc || a[0] == 0xff
           || (a[0] == 0xfe && a[1] >= 0x80) || (a[0] == 0x5f && a[1] == 0);
}


/*
 * Names that are one of these, or ('.' in front) end in it: this machine, the
 * metadata services of clouds, and public names that resolve to the loopback
 * or to whatever their owner says at the moment.
 */
static const char *const  local_names[] = {
    "localhost", ".localhost", "localhost.localdomain", "localhost6",
    "ip6-localhost", "ip6-loopback", "loopback", "broadcasthost",
    "metadata", "metadata.google.internal", "metadata.goog",
    "instance-data", "instance-data.ec2.internal", "metadata.azure.internal",
    "metadata.packet.net", "metadata.platformequinix.com",
    "metadata.tencentyun.com", "rancher-metadata",
    "kubernetes.default", ".svc.cluster.local", "kubernetes.default.svc",
    "host.docker.internal", "gateway.docker.internal",
    "kubernetes.docker.internal",
    "localtest.me", ".localtest.me", "lvh.me", ".lvh.me", "vcap.me",
    ".vcap.me", "lacolhost.com", ".lacolhost.com", "yoogle.com", "fuf.me",
    ".fuf.me", "local.gd", ".local.gd", ".lndo.site", ".ddev.site",
    "localho.st", ".localho.st", "spoofed.burpcollaborator.net",
    ".rbndr.us", ".1u.ms"
};

/* The same for names that exist in private networks only: in URLs. */
static const char *const  private_names[] = {
    ".internal", ".local", ".localdomain", ".lan", ".intranet", ".corp",
    ".home.arpa", ".private", ".svc", ".consul"
};


static int
in_names(const char *host, const char *const *names, size_t count)
{
    size_t  i, n, len;

    len = strlen(host);

    for (i = 0; i < count; i++) {
        n = strlen(names[i]);

        if (names[i][0] == '.') {

            if (len > n && strcmp(host + len - n, names[i]) == 0) {
                return 1;
            }

        } else if (strcmp(host, names[i]) == 0) {
            return 1;
        }
    }

    return 0;
}


/*
 * A name that carries an address: 10.0.0.1.nip.io, a-10-0-0-1.sslip.io,
 * 7f000001.nip.io, --1.sslip.io.  Four decimal labels or parts parted by '-'
 * count whatever the name ends in; the other forms only below the names that
 * are known to resolve them.
 */
static int
carries_address(const char *host)
{
    char           label[64], sep;
    size_t         i, k, len, from;
    unsigned       n, v;
    unsigned char  a[4], six[16];

    len = strlen(host);

    for (i = 0; i < len; i++) {

        if (!mcp_is_digit((unsigned char) host[i])
            || (i > 0 && mcp_is_digit((unsigned char) host[i - 1])))
        {
            continue;
        }

        for (k = i, n = 0, sep = 0; n < 4; n++) {

            for (v = 0, from = k; k < len && k - from < 3
                                  && mcp_is_digit((unsigned char) host[k]); k++)
            {
                v = v * 10 + (unsigned) (host[k] - '0');
            }

            if (k == from || v > 255) {
                break;
            }

            a[n] = (unsigned char) v;

            if (n < 3) {

                if (k == len || (host[k] != '.' && host[k] != '-')
                    || (n > 0 && host[k] != sep))
                {
                    break;
                }

                sep = host[k++];
            }
        }

        if (n == 4 && (k == len || host[k] == '.' || host[k] == '-')
            && mcp_ipv4_special(a))
        {
            return 1;
        }
    }

    /* labels under a resolver of addresses */

    if (strstr(host, ".nip.io") == NULL && strstr(host, ".sslip.io") == NULL
        && strstr(host, ".xip.io") == NULL
        && strstr(host, ".traefik.me") == NULL)
    {
        return 0;
    }

    for (i = 0; i < len; i = from + k + 1) {

        from = i;

        for (k = 0; from + k < len && host[from + k] != '.'; k++) {
            /* void */
        }

        if (k < 2 || k >= sizeof(label)) {
            continue;
        }

        memcpy(label, host + from, k);
        label[k] = '\0';

        if (k >= 8) {

            for (n = 0, v = 0; n < 8; n++) {
                int  d = mcp_hex_value((unsigned char) label[k - 8 + n]);

                if (d < 0) {
                    break;
                }

                v = v * 16 + (unsigned) d;
            }

            if (n == 8 && (k == 8 || label[k - 9] == '-')) {
                a[0] = (unsigned char) (v >> 24);
                a[1] = (unsigned char) (v >> 16);
                a[2] = (unsigned char) (v >> 8);
                a[3] = (unsigned char) v;

                if (mcp_ipv4_special(a)) {
                    return 1;
                }
            }
        }

        for (n = 0; n < k; n++) {
            if (label[n] == '-') {
                label[n] = ':';
            }
        }

        if (read_ipv6(label, k, six) && mcp_ipv6_special(six)) {
            return 1;
        }
    }

    return 0;
}


int
mcp_url_special(const mcp_url_t *url)
{
    switch (url->type) {

    case MCP_HOST_IPV4:
        return mcp_ipv4_special(url->address);

    case MCP_HOST_IPV6:
        return mcp_ipv6_special(url->address);

    case MCP_HOST_NAME:
        break;

    case MCP_HOST_BAD:

        /* what one parser refuses, another reads as it likes */

        return is_special(url->scheme);

    default:
        return 0;
    }

    if (in_names(url->host, local_names,
                 sizeof(local_names) / sizeof(local_names[0]))
        || carries_address(url->host))
    {
        return 1;
    }

    /* in a URL a name without a dot is one of the local network, too */

    return is_special(url->scheme)
           && (strchr(url->host, '.') == NULL
               || in_names(url->host, private_names,
                           sizeof(private_names) / sizeof(private_names[0])));
}


int
mcp_url_scheme_allowed(const mcp_url_t *url)
{
    /*
     * Schemes that make a program read files, run code, or speak another
     * protocol to a host of the caller's choice.  A list of these and not of
     * the good ones: servers name their own resources by schemes of their
     * own, and those lead nowhere.
     */
    static const char *const  refused[] = {
        "file", "gopher", "gophers", "dict", "ldap", "ldaps", "ldapi", "tftp",
        "telnet", "smb", "smbs", "cifs", "nfs", "afp", "netdoc", "jar",
        "zip", "phar", "php", "expect", "glob", "compress.zlib",
        "compress.bzip2", "rar", "ogg", "ssh2", "ssh2.exec", "ssh2.sftp",
        "imap", "imaps", "pop3", "pop3s", "smtp", "smtps", "rtmp", "scp",
        "finger", "memcached", "memcache", "fastcgi", "uwsgi", "rmi", "iiop",
        "corba", "jndi", "dns", "nis", "jmx", "unix", "http+unix",
        "javascript", "vbscript", "livescript", "view-source", "ms-msdt",
        "search-ms", "ms-officecmd", "chrome", "mhtml", "local_file", "mk",
        "its", "ms-its", "wmi", "fd", "pipe", "npipe"
    };

    size_t  i;

    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        if (strcmp(url->scheme, refused[i]) == 0) {
            return 0;
        }
    }

    return 1;
}
