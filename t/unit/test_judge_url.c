/*
 * The address judge: hosts and URLs that lead to special-purpose addresses, in
 * every notation, and public ones that resemble them; then schemes.
 */

#include "mcp_judge.h"

#include "tap.h"

#include <stdlib.h>


#define COUNT(t)  (sizeof(t) / sizeof((t)[0]))


static const char *const  inside[] = {

    /* as everybody writes them */
    "http://127.0.0.1", "http://127.0.0.1:8080/admin", "https://10.1.2.3/x",
    "http://172.16.0.1/", "http://172.31.255.254/", "http://192.168.1.1/",
    "http://169.254.169.254/latest/meta-data/", "ws://127.0.0.1:9222/devtools",
    "http://0.0.0.0:8000/", "HTTP://LOCALHOST/", "https://localhost:6443/api",
    "ftp://127.0.0.1/pub", "127.0.0.1", "127.0.0.1:6379", "localhost",
    "localhost:5432", "10.0.0.5", "192.168.0.1:80", "169.254.169.254",
    "::1", "[::1]", "[::1]:8080", "//127.0.0.1/x", "//localhost:8080/",
    "localhost.", "foo.localhost", "a.b.localhost:3000",

    /* decimal, octal, hexadecimal, short, mixed */
    "http://2130706433/", "http://017700000001/", "http://0x7f000001/",
    "http://0x7F.1/", "http://127.1/", "http://127.0.1/", "http://0177.0.0.1/",
    "http://0177.0x0.0.1/", "http://0x7f.0x0.0x0.0x1/", "http://0/",
    "http://0x0/", "http://00000177.0.0.1/", "http://0x000000007f.1/",
    "http://2852039166/latest", "http://0xa9fea9fe/", "http://0xa9.0xfe.43518/",
    "http://169.254.43518/", "http://0251.0376.0251.0376/",
    "http://3232235777/",
    "http://0xC0.0xA8.0x1.0x1/", "http://167772161/", "http://10.1/",
    "2130706433", "0x7f000001", "0x7f.1", "017700000001", "127.1", "0",
    "0177.0.0.1", "3232235777:8080",

    /* IPv6, and IPv4 in it */
    "http://[::1]/", "http://[0:0:0:0:0:0:0:1]:80/", "http://[::]/",
    "http://[0000:0000:0000:0000:0000:0000:0000:0001]/",
    "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/",
    "http://[0:0:0:0:0:ffff:7f00:0001]/", "http://[::FFFF:A9FE:A9FE]/",
    "http://[::127.0.0.1]/", "http://[::ffff:0:127.0.0.1]/",
    "http://[64:ff9b::127.0.0.1]/", "http://[64:ff9b::a9fe:a9fe]/",
    "http://[64:ff9b:1::1]/", "http://[2002:7f00:1::]/",
    "http://[2002:a9fe:a9fe::1]/", "http://[2001:0:7f00:1::]/",
    "http://[2001:0:5db8:d822:0:0:80ff:fffe]/",
    "http://[fe80::1]/", "http://[fe80::1%25eth0]/", "http://[fe80::1%eth0]/",
    "http://[fc00::1]/", "http://[fd12:3456:789a::1]:8080/",
    "http://[fd00:ec2::254]/latest/", "http://[fd20:ce::254]/",
    "http://[ff02::1]/", "http://[fec0::1]/", "http://[100::1]/",
    "http://[2001:2::1]/", "http://[2001:10::1]/", "http://[5f00::1]/",
    "http://[fe80::5efe:10.0.0.1]/", "http://[2001:470::200:5efe:127.0.0.1]/",
    "fe80::1", "fd00::1", "fe80::1%eth0", "fc00:1:2:3:4:5:6:7", "ff02::fb",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "fd00:ec2::254", "[fe80::1]:80",

    /* IANA special-purpose, the rest of it */
    "http://100.64.0.1/", "http://100.127.255.254/", "http://192.0.0.8/",
    "http://192.88.99.1/", "http://198.18.0.1/", "http://198.19.255.255/",
    "http://224.0.0.1/", "http://239.255.255.250:1900/", "http://240.0.0.1/",
    "http://255.255.255.255/", "http://0.1.2.3/", "http://127.255.255.254/",

    /* metadata of clouds */
    "http://metadata.google.internal/computeMetadata/v1/",
    "http://metadata/computeMetadata/v1/", "http://metadata.goog/",
    "http://instance-data/latest/meta-data", "metadata.google.internal",
    "http://168.63.129.16/machine?comp=goalstate", "http://100.100.100.200/",
    "http://metadata.tencentyun.com/latest/", "http://192.0.0.192/latest/",
    "http://169.254.170.2/v2/credentials", "http://169.254.169.123/",
    "http://METADATA.google.INTERNAL./", "http://metadata.packet.net/",
    "http://rancher-metadata/latest", "metadata.google.internal:80",
    "http://100.88.222.5/", "http://metadata.platformequinix.com/metadata",

    /* names of private networks */
    "http://kubernetes.default.svc/api", "http://vault.service.consul:8200/",
    "https://kubernetes.default.svc.cluster.local:443/version",
    "http://wiki.corp/", "http://printer.local/", "http://nas.lan/",
    "http://intranet/", "http://jenkins:8080/script", "http://redis:6379/",
    "http://router.home.arpa/", "http://db-1.internal/", "http://x.intranet/",
    "http://host.docker.internal:2375/containers/json",
    "http://gitlab.localdomain/",
    "host.docker.internal", "kubernetes.default.svc.cluster.local",
    "gateway.docker.internal:8080",

    /* public names that lead there */
    "http://127.0.0.1.nip.io/", "http://10-0-0-1.sslip.io/", "127-0-0-1.nip.io",
    "http://app.192.168.1.7.nip.io:8080/", "http://7f000001.nip.io/",
    "http://app-7f000001.nip.io/", "http://--1.sslip.io/",
    "http://fe80--1.sslip.io/", "http://magic-127-0-0-1.nip.io",
    "http://localtest.me/", "http://x.localtest.me/", "http://lvh.me:3000/",
    "http://a.vcap.me/", "http://169.254.169.254.xip.io/",
    "http://7f000001.c0a80001.rbndr.us/",
    "http://make-1.2.3.4-rebind-127.0.0.1-rr.1u.ms/",
    "http://169-254-169-254.traefik.me/", "http://www.10.0.0.1.xip.io",
    "http://localho.st/", "http://127.0.0.1.sslip.io",
    "http://a.localhost.b.127.0.0.1.nip.io",

    /* characters */
    "http://\342\221\240\342\221\241\342\221\246.0.0.\342\221\240/",
    "http://\357\274\221\357\274\222\357\274\227.0.0.1/",
    "http://127\343\200\2020\343\200\2020\343\200\2021/",
    "http://127\357\275\2410.0.1/",
    "http://127\357\274\2160\357\274\2160\357\274\2161/",
    "http://\342\223\233\342\223\236\342\223\222\342\223\220lhost/",
    "http://loc\302\255alhost/", "http://local\342\200\213host/",
    "http://\357\275\214ocalhost/", "http://LOCALHO\305\277T/",
    "http://\360\235\237\217\360\235\237\220\360\235\237\225.0.0.1/",
    "http://%6c%6f%63%61%6c%68%6f%73%74/", "http://127%2e0%2e0%2e1/",
    "http://%31%32%37.0.0.1/", "http://0%78%37f000001/",
    "http://127.0.0.1%00.example.org/", "http://%31%36%39.254.169.254/",

    /* user info, ports, trailing dots */
    "http://example.org@127.0.0.1/", "http://example.org:80@127.0.0.1:8080/",
    "http://a@b@127.0.0.1/", "http://user:pw@localhost/", "http://127.0.0.1./",
    "http://localhost../", "http://localhost.:8080/",
    "http://169.254.169.254.:80/",
    "http://127.0.0.1:80\\@example.org/", "http://127.0.0.1\\.example.org/",
    "http://127.0.0.1#@example.org/", "http://127.0.0.1?@example.org/",
    "http://127.0.0.1:/x", "http://example.org%40127.0.0.1/",
    "http://127.0.0.1:80:80/", "https://:x@10.0.0.1/",

    /* what WHATWG's parser forgives */
    "http:127.0.0.1", "http:/127.0.0.1/", "http:///127.0.0.1/",
    "http://///localhost/", "https:\\\\127.0.0.1\\x", "http:\\\\localhost",
    "http:/\\127.0.0.1", "\\\\127.0.0.1\\share", "/\\127.0.0.1/x",
    "ht\ntp://127.0.0.1/", "http://127.0.\t0.1/", "http://local\nhost/",
    "  http://localhost/", "\001http://localhost/", "\nhttp://10.0.0.1/\n",
    "h\rttp:/\n/169.254.169.254/", "http:localhost:8080", "hTtPs:10.0.0.1",

    /* a service or nothing behind the colon */
    "localhost:http", "localhost:", "localhost:https/x", "127.0.0.1:http",
    "metadata.google.internal:http", "LocalHost:ssh", "metadata:http",

    /* URLs in URLs */
    "https://example.org/redirect?url=http://127.0.0.1/",
    "https://example.org/r?u=http%3A%2F%2F169.254.169.254%2F",
    "https://example.org/r?u=http%253A%252F%252F169.254.169.254%252F",
    "https://r.example.org/http://localhost:8080/",
    "url:http://127.0.0.1/", "feed:http://10.0.0.1/",
    "view-source:http://localhost/", "blob:http://127.0.0.1/1-2"
};

static const char *const  outside[] = {

    "https://example.org/", "http://192.0.2.7/", "http://198.51.100.4/x",
    "http://203.0.113.9:8080/", "https://www.debian.org/releases/127.0.0.1",
    "https://8.8.8.8/", "8.8.8.8", "1.1.1.1:53", "9.9.9.9",
    "http://172.32.0.1/",
    "http://172.15.0.1/", "http://192.169.0.1/", "http://11.0.0.1/",
    "http://100.128.0.1/", "http://100.63.0.1/", "http://169.253.1.1/",
    "http://198.20.0.1/", "http://223.255.255.1/", "http://193.0.0.1/",
    "http://128.0.0.1/", "http://126.255.255.255/", "http://134744072/",
    "http://0x08080808/", "http://8.8.2056/",
    "http://[2001:4860:4860::8888]/", "2606:4700::1111", "2001:db8::1",
    "http://[2a00:1450:4001:80b::200e]/", "http://[64:ff9b::808:808]/",
    "http://[2002:808:808::1]/", "http://[::ffff:8.8.8.8]/",
    "[2606:4700::1]:443",

    /* names that resemble private ones */
    "localhost.example.org", "https://localhost.run/", "mylocalhost.com",
    "https://metadata.example.org/", "https://internal.example.org/",
    "https://docs.internal-tools.io/", "https://local.example.com/",
    "https://corp.com/", "https://lan.com/", "https://private.org/",
    "https://consul.io/docs", "https://www.home-assistant.io/",
    "http://loopback.example.org/", "broadcasthost.example.org",
    "https://svc.example.org/", "https://nip.io/", "https://sslip.io/",
    "http://8-8-8-8.sslip.io/", "http://08080808.nip.io/",
    "https://build-10-2-17.example.org/", "https://v1-2-3-4.example.org/",
    "https://release-2024-01-15-1.example.org/", "https://1.2.3.example.org/",
    "mirror-172-32-0-1.example.org", "https://lo.calhost.example.org/",

    /* a path, a port, a query, a user that resembles an address */
    "https://example.org/127.0.0.1", "https://example.org:127/",
    "https://example.org/?ip=127.0.0.1", "https://example.org/?host=localhost",
    "https://localhost@example.org/", "https://example.org/#localhost",
    "https://example.org/a@127.0.0.1", "https://example.org/x?u=a@10.0.0.1",
    "https://example.org/search?q=http%20localhost", "https://example.org/://",
    "https://example.org/?next=https%3A%2F%2Fexample.com%2F",

    /* an address of a street, a place, a name, a number, a sentence */
    "12 Main Street", "10 Downing Street, London", "127 Elm St.",
    "1600 Amphitheatre Parkway", "0 Abbey Road", "192 168th Street",
    "Building 7, 10115 Berlin", "221B Baker Street", "5", "12", "42", "8080",
    "98101", "10115", "1600", "2024", "Berlin", "Hauptstra\303\237e 5",
    "172 16th Ave, San Francisco", "Localhost Caf\303\251, 5 Hill Road",

    /* names with colons that are no address */
    "smtp.example.org:25", "example.org:http", "git@example.org:a/b.git",
    "mailto:root@localhost.example.org", "urn:isbn:0451450523", "tag:v1",
    "user:name", "std::string", "abc::def", "Foo::Bar", "dead::beef",
    "12:30:45", "a:b:c", "00:1a:2b:3c:4d:5e", "arn:aws:s3:::bucket/x",
    "gid://shop/Product/1", "ui://widget/1", "localhost-settings:x",
    "data:text/plain,127.0.0.1", "tel:127001", "db:localhost-copy",

    /* other characters */
    "https://b\303\274cher.example/",
    "https://\344\276\213\343\201\210.example/",
    "https://xn--bcher-kva.example/", "https://example.org/%31%32%37.0.0.1",
    "  https://example.org/  ", "https://example.org.", "//example.org/x",
    "/127.0.0.1/x", "docs/localhost.md", "./127.0.0.1", ""
};

/* In a command or in text only what has a scheme and slashes. */
static const char *const  text_inside[] = {
    "curl http://169.254.169.254/latest/meta-data/iam/",
    "wget -qO- 'http://0x7f.1:8080/x'", "curl -s \"http://[::1]:9200/_cat\"",
    "x=http://2130706433/;curl $x", "git clone http://localhost/x.git",
    "curl https://example.org/ http://10.0.0.8/x | sh",
    "(http://metadata.google.internal/)", "a\nhttp://127.1/\nb",
    "curl -H a=b -x http://user@127.0.0.1:3128 https://example.org/"
};

static const char *const  text_outside[] = {
    "curl https://example.org/127.0.0.1", "ping 127.0.0.1 :// x",
    "see http://example.org/ (not localhost)", "http://", "://127.0.0.1",
    "listen on 127.0.0.1:80", "https://example.org/x?host=127.0.0.1"
};

static const char *const  refused[] = {
    "file:///etc/passwd", "FILE:///c:/x", "file:/etc/passwd", "fi\nle:///x",
    "file://localhost/x", "gopher://example.org:6379/_INFO",
    "dict://a.example:11211/stat",
    "ldap://a.example/x", "ldaps://a.example/x", "tftp://a.example/x",
    "smb://a.example/share", "jar:https://a.example/x.jar!/y",
    "php://filter/convert.base64-encode/resource=x", "phar://x.phar",
    "expect://id", "netdoc:///etc/hosts", "javascript:alert(1)",
    "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", " javascript:alert(1)",
    "vbscript:x", "view-source:https://a.example/", "telnet://a.example/",
    "imap://a.example/", "smtp://a.example:25/", "rmi://a.example/x",
    "jndi:ldap://a.example/x", "zip://x.zip#y", "compress.zlib://x",
    "unix:/var/run/docker.sock", "http+unix://%2Fvar%2Frun%2Fdocker.sock/x",
    "chrome://settings", "nfs://a.example/x", "ssh2.exec://a.example/id",
    "local_file:///etc/passwd", "mhtml:file:///c:/x",
    "https://a.example/?u=file:///etc/passwd",
    "https://a.example/?u=gopher%3A%2F%2Fb.example%2F"
};

static const char *const  allowed[] = {
    "https://a.example/", "http://a.example/", "ftp://a.example/x",
    "sftp://a.example/x", "wss://a.example/", "mailto:a@a.example", "tel:+1",
    "git://a.example/x", "ssh://git@a.example/x", "s3://bucket/key",
    "gs://bucket/key", "redis://a.example/0", "postgres://a.example/db",
    "ui://widget", "note://1", "data:text/plain,x", "urn:isbn:1", "file.txt",
    "profile:x", "files://x", "a.example:80", "dictionary:x", "phone:12",
    "https://a.example/file:x", "about:blank", "localfile", "dns.example"
};


static int
judge(mcp_judge_t which, const char *value, int whole)
{
    int             rc;
    size_t          len;
    unsigned char  *exact;

    /* the sanitizer sees who reads beyond the end */

    len = strlen(value);
    exact = malloc(len + (len == 0));

    if (exact == NULL) {
        return -1;
    }

    memcpy(exact, value, len);
    rc = mcp_judge(which, exact, len, whole, NULL);
    free(exact);

    return rc;
}


#define EACH(which, table, whole, want)                                       \
    for (i = 0; i < COUNT(table); i++) {                                      \
        is_int(judge(which, table[i], whole), want, "%s: %s", #table,         \
               table[i]);                                                     \
    }


/* Every address of a block, and the neighbours that are outside of it. */
static void
test_ranges(void)
{
    size_t  i;

    static const struct {
        unsigned char  a[4];
        int            special;
    } t[] = {
        { { 0, 0, 0, 0 }, 1 }, { { 0, 255, 255, 255 }, 1 },
        { { 1, 0, 0, 0 }, 0 },
        { { 9, 255, 255, 255 }, 0 }, { { 10, 0, 0, 0 }, 1 },
        { { 10, 255, 255, 255 }, 1 }, { { 11, 0, 0, 0 }, 0 },
        { { 100, 63, 255, 255 }, 0 }, { { 100, 64, 0, 0 }, 1 },
        { { 100, 127, 255, 255 }, 1 }, { { 100, 128, 0, 0 }, 0 },
        { { 126, 255, 255, 255 }, 0 }, { { 127, 0, 0, 0 }, 1 },
        { { 127, 255, 255, 255 }, 1 }, { { 128, 0, 0, 0 }, 0 },
        { { 168, 63, 129, 16 }, 1 }, { { 168, 63, 129, 15 }, 0 },
        { { 169, 253, 255, 255 }, 0 }, { { 169, 254, 0, 0 }, 1 },
        { { 169, 254, 255, 255 }, 1 }, { { 169, 255, 0, 0 }, 0 },
        { { 172, 15, 255, 255 }, 0 }, { { 172, 16, 0, 0 }, 1 },
        { { 172, 31, 255, 255 }, 1 }, { { 172, 32, 0, 0 }, 0 },
        { { 192, 0, 0, 0 }, 1 }, { { 192, 0, 0, 255 }, 1 },
        { { 192, 0, 1, 0 }, 0 },
        { { 192, 0, 2, 0 }, 0 }, { { 192, 0, 2, 255 }, 0 },
        { { 192, 88, 98, 255 }, 0 }, { { 192, 88, 99, 0 }, 1 },
        { { 192, 88, 100, 0 }, 0 },
        { { 192, 167, 255, 255 }, 0 }, { { 192, 168, 0, 0 }, 1 },
        { { 192, 168, 255, 255 }, 1 }, { { 192, 169, 0, 0 }, 0 },
        { { 198, 17, 255, 255 }, 0 }, { { 198, 18, 0, 0 }, 1 },
        { { 198, 19, 255, 255 }, 1 }, { { 198, 20, 0, 0 }, 0 },
        { { 198, 51, 100, 7 }, 0 }, { { 203, 0, 113, 7 }, 0 },
        { { 223, 255, 255, 255 }, 0 }, { { 224, 0, 0, 0 }, 1 },
        { { 239, 255, 255, 255 }, 1 }, { { 255, 255, 255, 255 }, 1 }
    };

    for (i = 0; i < COUNT(t); i++) {
        is_int(mcp_ipv4_special(t[i].a), t[i].special, "%u.%u.%u.%u",
               t[i].a[0], t[i].a[1], t[i].a[2], t[i].a[3]);
    }
}


/* What is reported is the URL, not what stands around it. */
static void
test_place(void)
{
    mcp_place_t  place;
    const char  *p = "curl -s http://127.0.0.1:80/x | sh";

    is_int(mcp_judge(MCP_JUDGE_ADDRESS, (const unsigned char *) p, strlen(p),
                     0, &place),
           1, "a URL in a command");
    is_int(place.from, 8, "where it begins");
    is_int(place.to, 27, "where its host ends");
}


/* Any prefix is read within its bounds, and answers. */
static void
test_bounds(void)
{
    char    big[8192];
    size_t  i, n, k;

    for (i = 0, n = 0; i < COUNT(inside); i++) {
        for (k = 0; k <= strlen(inside[i]); k++) {
            n += mcp_judge(MCP_JUDGE_ADDRESS, (const unsigned char *) inside[i],
                           k, 1, NULL) == 1;
        }
    }

    ok(n >= COUNT(inside), "prefixes of what leads inside");

    memset(big, 'a', sizeof(big));
    memcpy(big, "http://", 7);
    memcpy(big + sizeof(big) - 11, "@127.0.0.1/", 11);

    is_int(mcp_judge(MCP_JUDGE_ADDRESS, (unsigned char *) big, sizeof(big), 1,
                     NULL),
           1, "a user's name of 8000 bytes hides no host");

    memset(big + 7, '.', sizeof(big) - 7);

    is_int(mcp_judge(MCP_JUDGE_ADDRESS, (unsigned char *) big, sizeof(big), 1,
                     NULL),
           1, "a host of 8000 bytes is none");
}


int
main(void)
{
    size_t  i;

    EACH(MCP_JUDGE_ADDRESS, inside, 1, 1);
    EACH(MCP_JUDGE_ADDRESS, outside, 1, 0);
    EACH(MCP_JUDGE_ADDRESS, text_inside, 0, 1);
    EACH(MCP_JUDGE_ADDRESS, text_outside, 0, 0);
    EACH(MCP_JUDGE_SCHEME, refused, 1, 1);
    EACH(MCP_JUDGE_SCHEME, allowed, 1, 0);

    is_int(judge(MCP_JUDGE_ADDRESS, "10..9.0:00.", 1), 0, "a last dot");

    test_ranges();
    test_place();
    test_bounds();

    return done();
}
