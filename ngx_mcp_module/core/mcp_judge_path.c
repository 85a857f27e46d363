/*
 * The path judge.
 *
 * A path is decoded until nothing changes, because nobody knows how often the
 * program behind decodes; then both separators are one, components are
 * resolved, and what is left is compared.  "a/../b" is fine, "../b" leaves
 * the root.
 */

#include "mcp_chars.h"
#include "mcp_judge.h"
#include "mcp_text_int.h"

#include <string.h>


#define MAX_ROUNDS      6         /* of decoding                             */
#define MAX_COMPONENTS  512


/* What characters that look like '.', '/' and '\' become. */
static const char *
look_alike(uint32_t c)
{
    switch (c) {

    case 0xFF0E:
    case 0x2024:
    case 0x3002:
    case 0xFF61:
    case 0xFE52:
        return ".";

    case 0x2025:
    case 0xFE30:
        return "..";

    case 0x2026:
        return "...";

    case 0xFF0F:
    case 0x2044:
    case 0x2215:
    case 0x29F8:
        return "/";

    case 0xFF3C:
    case 0x2216:
    case 0x29F5:
    case 0xFE68:
        return "\\";

    case 0xFF1A:
    case 0x2236:
        return ":";

    case 0xFF05:
        return "%";
    }

    return NULL;
}


/*
 * One round: in -> out, both of MCP_PATH_MAX bytes; returns the length and
 * sets *changed.
 */
static size_t
decode(const unsigned char *in, size_t len, unsigned char *out, int *changed)
{
    int          byte;
    size_t       i, k, n, step;
    uint32_t     c, cp;
    const char  *as;

    *changed = 0;

    for (i = 0, n = 0; i < len && n + 4 < MCP_PATH_MAX; i += step) {

        step = mcp_escape(in + i, len - i, &c, &byte, 0);

        if (step > 0) {

            /* "\056" is rarer in a path than a file called "056" */

            if (in[i] == '\\' && i + 1 < len && in[i + 1] != 'x'
                && in[i + 1] != 'u')
            {
                out[n++] = in[i];
                step = 1;
                continue;
            }

            *changed = 1;

            if (byte || c < 0x80) {
                out[n++] = (unsigned char) c;

            } else {
                as = look_alike(c);

                for (k = 0; as != NULL && as[k] != '\0'; k++) {
                    out[n++] = (unsigned char) as[k];
                }

                /* "..%uEFC8": meant as a separator, whatever it is */

                if (as == NULL) {
                    out[n] = (n >= 2 && out[n - 1] == '.' && out[n - 2] == '.')
                             ? '/' : '?';
                    n++;
                }
            }

            continue;
        }

        /* "..2f..2f", "0x2e0x2e0x2f": what filters leave of "%2f" */

        if (n >= 2 && out[n - 1] == '.' && out[n - 2] == '.' && i + 1 < len
            && ((in[i] == '2' && (in[i + 1] | 0x20) == 'f')
                || (in[i] == '5' && (in[i + 1] | 0x20) == 'c')))
        {
            out[n++] = '/';
            step = 2;
            *changed = 1;
            continue;
        }

        if (in[i] == '0' && i + 3 < len && (in[i + 1] | 0x20) == 'x'
            && ((in[i + 2] == '2' && ((in[i + 3] | 0x20) == 'e'
                                      || (in[i + 3] | 0x20) == 'f'))
                || (in[i + 2] == '5' && (in[i + 3] | 0x20) == 'c')))
        {
            out[n++] = ((in[i + 3] | 0x20) == 'e') ? '.' : '/';
            step = 4;
            *changed = 1;
            continue;
        }

        if (in[i] < 0x80) {
            out[n++] = in[i];
            step = 1;
            continue;
        }

        /* overlong forms of ASCII: c0 ae, e0 80 ae, f0 80 80 ae */

        if ((in[i] == 0xc0 || in[i] == 0xc1) && i + 1 < len) {

            /* "%c0%5c": some drop the first byte, some do not check it */

            out[n++] = (in[i + 1] < 0x80)
                       ? in[i + 1]
                       : (unsigned char) (((in[i] & 1) << 6)
                                          | (in[i + 1] & 0x3f));
            step = 2;
            *changed = 1;
            continue;
        }

        if ((in[i] == 0xe0 || in[i] == 0xf0) && i + 1 < len
            && in[i + 1] < (in[i] == 0xe0 ? 0xa0 : 0x90)
            && in[i + 1] >= 0x80)
        {
            step = (in[i] == 0xe0) ? 3 : 4;

            if (i + step <= len) {
                out[n++] = (unsigned char)
                               (((in[i + step - 2] & 1) << 6)
                                | (in[i + step - 1] & 0x3f));
                *changed = 1;
                continue;
            }
        }

        step = mcp_utf8_next(in + i, len - i, &cp);
        as = look_alike(cp);

        if (as != NULL) {

            for (k = 0; as[k] != '\0'; k++) {
                out[n++] = (unsigned char) as[k];
            }

            *changed = 1;
            continue;
        }

        if (mcp_is_hidden(cp) && step > 1) {
            *changed = 1;             /* "..<zero width>/"                   */
            continue;
        }

        memcpy(out + n, in + i, step);
        n += step;
    }

    return n;
}


typedef struct {
    const unsigned char  *p;
    size_t                len;
} component_t;


static int
only_dots(const unsigned char *p, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        if (p[i] != '.') {
            return 0;
        }
    }

    return len > 0;
}


/* Some systems drop what is at the end of a name. */
static int
only_blanks(const unsigned char *p, size_t len)
{
    size_t  i;

    for (i = 0; i < len && p[i] <= ' '; i++) { /* void */ }

    return i == len;
}


/* Puts the components that are left into path->text. */
static void
join(mcp_path_t *path, const component_t *c, size_t n)
{
    size_t  i, len;

    len = 0;

    if (path->absolute) {
        path->text[len++] = '/';
    }

    for (i = 0; i < n && len + c[i].len + 1 < MCP_PATH_MAX; i++) {

        if (i > 0) {
            path->text[len++] = '/';
        }

        memcpy(path->text + len, c[i].p, c[i].len);
        len += c[i].len;
    }

    path->text[len] = '\0';
    path->len = len;
}


/* Splits into components and resolves "." and "..". */
static void
resolve(mcp_path_t *path, const unsigned char *p, size_t len)
{
    size_t       i, from, n, k, dots, here, lowest, named;
    component_t  c[MAX_COMPONENTS];

    n = 0;
    here = 0;
    dots = 0;
    named = 0;
    lowest = SIZE_MAX;

    for (i = 0; i <= len; i = from + k + 1) {

        from = i;

        for (k = 0; from + k < len && p[from + k] != '/'; k++) { /* void */ }

        if (k == 0) {
            continue;
        }

        /* "..;" is ".." to some servers, "name;v=1" is "name" */

        if (k > 2 && p[from] == '.' && p[from + 1] == '.'
            && p[from + 2] == ';')
        {
            path->strange = 1;
        }

        if (k == 1 && p[from] == '.') {
            here++;
            continue;
        }

        if (k >= 2 && p[from] == '.' && p[from + 1] == '.'
            && (k == 2 || p[from + 2] == ';'
                || only_blanks(p + from + 2, k - 2)))
        {
            if (n > 0) {
                n--;
                lowest = (n < lowest) ? n : lowest;

                if (n == 0 && c[0].p[0] == '~') {
                    path->escapes = 1;     /* out of a home                  */
                }

            } else {
                path->escapes = 1;
            }

            continue;
        }

        if (k > 2 && only_dots(p + from, k)) {
            dots++;                   /* "....//" after a filter: "../"      */

            if (k > 3 && from + k < len) {
                path->strange = 1;
            }

            continue;
        }

        named++;

        if (n < MAX_COMPONENTS) {
            c[n].p = p + from;
            c[n].len = k;
            n++;

        } else {
            path->strange = 1;
        }
    }

    if (dots > 1 || here > 3) {
        path->strange = 1;
    }

    /* an absolute path of which all was taken back */

    if (path->absolute && lowest == 0 && named > 0) {
        path->escapes = 1;
    }

    join(path, c, n);
}


/* What a careless program takes off a value. */
static int
is_trim(unsigned char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == '"' || c == '\'';
}


void
mcp_path_read(mcp_path_t *path, const unsigned char *value, size_t len)
{
    int             changed;
    size_t          i;
    unsigned        round;
    unsigned char   a[MCP_PATH_MAX], b[MCP_PATH_MAX], *in, *out, *t;

    path->text[0] = '\0';
    path->len = 0;
    path->absolute = 0;
    path->drive = 0;
    path->network = 0;
    path->escapes = 0;
    path->nul = 0;
    path->strange = 0;
    path->encoded = 0;
    path->trimmed = 0;

    while (len > 0 && is_trim(*value)) {
        value++;
        len--;
        path->trimmed = 1;
    }

    while (len > 0 && is_trim(value[len - 1])) {
        len--;
        path->trimmed = 1;
    }

    if (len > MCP_PATH_MAX) {
        len = MCP_PATH_MAX;
        path->strange = 1;
    }

    memcpy(a, value, len);
    in = a;
    out = b;

    for (round = 0; round < MAX_ROUNDS; round++) {

        len = decode(in, len, out, &changed);

        t = in;
        in = out;
        out = t;

        if (!changed) {
            break;
        }

        path->encoded = 1;
    }

    for (i = 0; i < len && in[i] != '\0'; i++) { /* void */ }

    path->nul = (i < len);
    len = i;

    if (len > 3 && memcmp(in, "\\\\.\\", 4) == 0) {
        path->strange = 1;            /* a device                            */
    }

    path->network = (len > 2 && in[0] == '\\' && in[1] == '\\'
                     && in[2] != '.' && in[2] != '?' && in[2] != '\\');

    for (i = 0; i < len; i++) {
        if (in[i] == '\\') {
            in[i] = '/';
        }
    }

    /* file:///x, file://host/x, file:x */

    if (len >= 5 && (in[0] | 0x20) == 'f' && (in[1] | 0x20) == 'i'
        && (in[2] | 0x20) == 'l' && (in[3] | 0x20) == 'e' && in[4] == ':')
    {
        in += 5;
        len -= 5;

        if (len >= 2 && in[0] == '/' && in[1] == '/') {
            in += 2;
            len -= 2;

            while (len > 0 && in[0] != '/') {
                in++;
                len--;
            }
        }
    }

    /* \\?\c:\x, \\.\pipe, \\?\UNC\host\share */

    if (len > 3 && in[0] == '/' && in[1] == '/'
        && (in[2] == '?' || in[2] == '.') && in[3] == '/')
    {
        in += 4;
        len -= 4;
        path->absolute = 1;

        if (len > 4 && (in[0] | 0x20) == 'u' && (in[1] | 0x20) == 'n'
            && (in[2] | 0x20) == 'c' && in[3] == '/')
        {
            path->network = 1;
        }
    }

    if (len > 2 && in[0] == '/' && mcp_is_alpha(in[1]) && in[2] == ':') {
        in++;
        len--;
    }

    if (len > 1 && mcp_is_alpha(in[0]) && in[1] == ':') {
        path->drive = 1;
        path->absolute = 1;
        in += 2;
        len -= 2;
    }

    if (len > 0 && in[0] == '/') {
        path->absolute = 1;
    }

    resolve(path, in, len);
}


/*
 * Places that are compared as the end of a path ("*" in front), as its
 * beginning ("*" behind), as any whole components in it (both), or whole.
 * Lower case; '/' separates.
 */
static const char *const  sensitive[] = {
    "/etc/passwd", "/etc/shadow", "/etc/gshadow", "/etc/master.passwd",
    "/etc/sudoers", "/etc/sudoers.d/*", "/etc/security/*", "/etc/ssh/*",
    "/etc/ssl/private/*", "/etc/krb5.keytab", "/etc/kubernetes/*",
    "/etc/rancher/*", "/etc/wireguard/*", "/etc/openvpn/*",
    "/private/etc/master.passwd", "/private/etc/passwd",
    "*/etc/passwd", "*/etc/shadow",

    "/proc/*", "/dev/mem", "/dev/kmem", "/dev/sd*", "/dev/nvme*",
    "/var/run/secrets/*", "/run/secrets/*", "/var/run/docker.sock",
    "/run/docker.sock", "*/containerd.sock", "/var/lib/kubelet/*",
    "/var/lib/docker/*", "*/proc/self/*",

    "*/.ssh/*", "*/.aws/*", "*/.azure/*", "*/.config/gcloud/*",
    "*/.kube/*", "*/.docker/config.json", "*/.gnupg/*",
    "*/.password-store/*", "*/.config/gh/*", "*/.oci/*", "*/.vault-token",
    "*/.terraform.d/*", "*/.netrc", "*/_netrc", "*/.pgpass", "*/.my.cnf",
    "*/.git-credentials", "*/.npmrc", "*/.pypirc", "*/.cargo/credentials",
    "*/.cargo/credentials.toml", "*/.gem/credentials", "*/.htpasswd",
    "*/.dockercfg", "*/.s3cfg", "*/.boto", "*/.rclone.conf",
    "*/rclone/rclone.conf", "*/.databrickscfg", "*/.snowsql/*",

    "*/id_rsa", "*/id_dsa", "*/id_ecdsa", "*/id_ed25519", "*/wallet.dat",
    "*/authorized_keys", "*/shadow.bak", "*/passwd.bak",

    "*/.bash_history", "*/.zsh_history", "*/.sh_history", "*/.history",
    "*/.mysql_history", "*/.psql_history", "*/.python_history",
    "*/.node_repl_history", "*/.rediscli_history", "*/.sqlite_history",
    "*/.cursor/mcp.json", "*/claude_desktop_config.json", "*/.claude.json",
    "*/.claude/.credentials.json", "*/.codex/auth.json",
    "*/.config/op/*", "*/keyrings/*", "*/.subversion/auth/*",
    "*/credentials.db", "*/.config/git/credentials", "*/.mylogin.cnf",
    "*/.msmtprc", "*/.config/hub", "*/.config/doctl/*", "*/.config/heroku/*",
    "*/.config/stripe/*", "*/.config/ngrok/*", "*/.ngrok2/*", "*/.fly/*",
    "*/.wrangler/*", "*/.ansible/vault_pass", "*/microsoft/vault/*",
    "*/.electrum/*", "*/.bitcoin/*", "*/.ethereum/keystore/*",
    "*/.config/google-chrome/*", "*/.config/chromium/*",

    "*/fish_history", "*/consolehost_history.txt", "*/.lesshst",
    "*/.viminfo", "*/.htaccess",

    "*/login data", "*/cookies.sqlite", "*/key4.db", "*/logins.json",
    "*/keychains/*", "*/library/keychains", "*/default/cookies",
    "*/network/cookies", "*/cookies.binarycookies", "/physicaldrive*",
    "*/login.keychain-db", "*/local state",

    "*/windows/system32/config/*", "*/winnt/system32/config/*",
    "*/windows/repair/*", "*/winnt/repair/*", "*/windows/win.ini",
    "*/winnt/win.ini", "*/boot.ini", "*/windows/system.ini", "*/ntuser.dat",
    "*/unattend.xml", "*/sysprep.inf", "*/sysprep.xml", "*/ntds.dit",
    "*/windows/panther/*", "*/sam", "*/microsoft/credentials/*",
    "*/microsoft/protect/*", "*/web-inf/*", "*/meta-inf/context.xml",
    "*/wp-config.php", "*/.git/config",

    NULL
};

/* What belongs to the system and its services, not to a user's work. */
static const char *const  directories[] = {
    "/etc/*", "/private/etc/*", "/usr/local/etc/*", "/opt/etc/*",
    "/usr/pkg/etc/*", "/root/*", "/sys/*", "/dev/*", "/boot/*", "/run/*",
    "/var/run/*", "/var/log/*", "/var/lib/*", "/var/spool/*", "/var/mail/*",
    "/var/adm/*", "/var/cache/*", "/var/backups/*", "/private/var/*",
    "/bin/*", "/sbin/*", "/usr/bin/*", "/usr/sbin/*", "/usr/lib/systemd/*",
    "/lib/systemd/*", "/library/launchdaemons/*", "*/library/launchagents/*",
    "*/.config/autostart/*",
    "/library/preferences/*", "/library/webserver/*", "/system/library/*",
    "/usr/local/apache*", "/usr/local/php*", "/usr/local/httpd*",
    "/usr/local/nginx/*", "/usr/local/mysql/*", "/usr/local/pgsql/*",
    "/usr/local/psa/*", "/usr/local/cpanel/*", "/usr/share/tomcat*",
    "/opt/lampp/*", "/opt/xampp/*", "/opt/apache*", "/opt/tomcat*",
    "/opt/nginx/*", "/xampp/*", "/wamp*", "/inetpub/*", "/windows/*",
    "/winnt/*", "/programdata/*", "/recycler/*", "/program files*",
    "*/access_log", "*/error_log", "*/httpd.conf", "*/php.ini",
    NULL
};


static unsigned char
lower(char c)
{
    return (unsigned char) ((c >= 'A' && c <= 'Z') ? c | 0x20 : c);
}


/* Does text, from i on, begin with the n bytes at pattern? */
static int
begins(const char *text, size_t len, size_t i, const char *pattern, size_t n)
{
    size_t  k;

    if (len - i < n) {
        return 0;
    }

    for (k = 0; k < n; k++) {
        if (lower(text[i + k]) != (unsigned char) pattern[k]) {
            return 0;
        }
    }

    return 1;
}


static int
matches(const char *text, size_t len, const char *pattern)
{
    int     open;
    size_t  i, n;

    n = strlen(pattern);
    open = (pattern[n - 1] == '*');

    if (open) {
        n--;
    }

    if (pattern[0] != '*') {
        return begins(text, len, 0, pattern, n) && (open || len == n);
    }

    pattern++;
    n--;

    for (i = 0; i + n <= len; i++) {

        if (text[i] == '/' && begins(text, len, i, pattern, n)
            && (open || i + n == len))
        {
            return 1;
        }
    }

    /* the directory itself: "~/.ssh" */

    n--;

    return open && pattern[n] == '/' && len >= n && text[len - n] == '/'
           && begins(text, len, len - n, pattern, n);
}


/*
 * A relative path is compared as if it stood in the root, and in a home
 * directory: ".ssh/id_rsa", "~/.ssh/id_rsa", "etc/passwd" after "../..".
 */
static int
in_list(const mcp_path_t *path, const char *const *list)
{
    char           buf[MCP_PATH_MAX + 2];
    size_t         i, len;
    const char    *text, *entry;
    unsigned char  begun[256];

    text = path->text;
    len = path->len;

    if (len == 0) {
        return 0;
    }

    if (text[0] != '/') {
        buf[0] = '/';
        memcpy(buf + 1, text, len);
        text = buf;
        len++;
    }

    /* what components begin with: most entries need not be compared */

    memset(begun, 0, sizeof(begun));

    for (i = 0; i + 1 < len; i++) {
        if (text[i] == '/') {
            begun[lower(text[i + 1])] = 1;
        }
    }

    for (i = 0; list[i] != NULL; i++) {

        entry = list[i] + (list[i][0] == '*');

        if (!begun[(unsigned char) entry[1]]) {
            continue;
        }

        /* a relative path that stays inside is in none of the fixed places */

        if (list[i][0] == '/' && !path->absolute && !path->escapes
            && !path->strange)
        {
            continue;
        }

        if (matches(text, len, list[i])) {
            return 1;
        }
    }

    return 0;
}


int
mcp_path_sensitive(const mcp_path_t *path)
{
    size_t  n = path->len;

    /* public keys are made to be read */

    if (n > 4 && memcmp(path->text + n - 4, ".pub", 4) == 0) {
        return 0;
    }

    return in_list(path, sensitive);
}


int
mcp_path_system(const mcp_path_t *path)
{
    static const char *const  roots[] = {
        "/usr/*", "/opt/*", "/var/*", "/library/*", "/volumes/*",
        "/applications/*"
    };

    static const char *const  ends[] = {
        ".conf", ".ini", ".cnf", ".cfg", ".log", ".conf.default"
    };

    size_t  i, k, n;

    if (in_list(path, directories)) {
        return 1;
    }

    /* configuration and logs of what was installed by itself */

    for (i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {

        if (!path->absolute || !matches(path->text, path->len, roots[i])) {
            continue;
        }

        for (k = 0; k < sizeof(ends) / sizeof(ends[0]); k++) {
            n = strlen(ends[k]);

            if (path->len > n
                && begins(path->text, path->len, path->len - n, ends[k], n))
            {
                return 1;
            }
        }
    }

    return 0;
}


int
mcp_path_under(const mcp_path_t *path, const char *dir)
{
    size_t  n;

    if (!path->absolute || path->drive || path->network || path->escapes
        || path->nul || path->strange || path->trimmed)
    {
        return 0;
    }

    n = strlen(dir);

    while (n > 1 && dir[n - 1] == '/') {
        n--;
    }

    if (n == 1) {
        return 1;
    }

    return path->len >= n && memcmp(path->text, dir, n) == 0
           && (path->len == n || path->text[n] == '/');
}
