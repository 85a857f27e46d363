/*
 * The path judge: what leaves its root or confuses whoever checks it, in every
 * encoding; sensitive places of several systems; and paths of daily work.
 */

#include "mcp_judge.h"

#include "tap.h"

#include <stdlib.h>
#include <time.h>


#define COUNT(t)  (sizeof(t) / sizeof((t)[0]))


/* Leave the root, or are built to confuse. */
static const char *const  traversal[] = {

    "..", "../", "..\\", "../..", "../x", "a/../../b", "./../../x",
    "a/b/../../../c", "docs/../../secrets.txt", "images/../../.env",
    "~/../x", "~nora/../../x", "/srv/../../x", "/var/www/../../etc/hosts",
    "C:\\a\\..\\..\\b",
    "..\\..\\Windows\\System32\\drivers\\etc\\hosts", "..\\../x", "a\\..\\..",

    /* percent, twice and more, and what is left of it */
    "%2e%2e%2fx", "%2E%2E/x", "..%2fx", "..%5cx", "%2e%2e", "%2e%2e%5c",
    ".%2e/x", "%2e./x", "%252e%252e%252fx", "%25252e%25252e%25252fx",
    "..%252fx", "%25%32%65%25%32%65%2fx", "%%32%65%%32%65/x", "..%u2215x",
    "%uff0e%uff0e%u2215x", "%u002e%u002e/x", "..2f..2fx", "..0x2f..0x2fx",
    "&#46;&#46;/x", "\\u002e\\u002e/x", "\\x2e\\x2e/x",

    /* overlong UTF-8 */
    "..%c0%afx", "%c0%ae%c0%ae/x", "..%c1%9cx", "%e0%80%ae%e0%80%ae/x",
    "..%e0%80%afx", "..%f0%80%80%afx", "..\300\257x", "\300\256\300\256/x",
    "..%c0%2fx", "..%c0%5cx",

    /* other characters */
    "\357\274\216\357\274\216/x", "..\342\210\225x", "..\342\201\204x",
    "\342\200\245/x", "..\357\274\217x", "..\357\274\274x",
    ".\342\200\213./x", "..\342\200\213/x",

    /* for filters that take "../" out once, and for servers */
    "....//x", "....\\/x", "..../..../x", "..././..././x", "..;/x",
    "/..;/manager", ".. /x", "..\001/x", "..%0d/x", "/./././././x",

    /* NUL */
    "a%00.png", "../x%00.jpg", "x%2500.png",

    /* other machines, devices */
    "\\\\host\\share\\x", "\\\\203.0.113.4\\c$\\x", "%5c%5chost%5cshare",
    "\\\\?\\UNC\\host\\share\\x", "\\\\.\\PhysicalDrive0", "\\\\.\\pipe\\x"
};

/* Stay where they are. */
static const char *const  inside[] = {

    "src/index.ts", "./README.md", "docs/../README.md", "a/b/../../c",
    "src/../test/x_test.go", "/srv/data/x.csv", "/home/nora/a/../notes.txt",
    "C:\\Users\\ana\\Desktop\\report.docx", "D:/projects/game/main.unity",
    "\\\\?\\C:\\very\\long\\path.txt", "~/projects/app/package.json",
    "my file (1).pdf", "file with spaces & ampersand.txt", "R&D/plan;v2.txt",
    "public/50% off.png", "50%25 off.png", "a%20b.txt", "%APPDATA%\\x.json",
    "$HOME/x.txt", "v1.0...v2.0.diff", "reports/Q1..Q4.md", "a..b/c", "...",
    "foo/..bar/baz", "bar../x", "tmp/...rest.txt", "[slug]/page.tsx",
    "app/(auth)/login/page.tsx", "\303\251tude/r\303\251sum\303\251.txt",
    "\346\226\207\346\233\270/\345\240\261\345\221\212.docx", "x.tar.gz",
    "**/*.ts", "*.{js,jsx}", "!(*.test).js", "./packages/*/src",
    "assets/logo@2x.png", "a~b.txt", ".gitignore", ".", "./", "/", "~", "~/",
    "HEAD~1..HEAD", "main...feature/x", "1.2.3", "12:34", "a/./b", ".hidden/x",
    "lib/node_modules/.bin/eslint", "b\303\274cher/\342\202\254.txt",
    ".. note:: a path", ".. data:: x", "https://example.com/a/../b",
    "s3://bucket/a/b.csv", "x2f.txt", "0x2f.bin"
};

/* Keys, accounts, credentials. */
static const char *const  sensitive[] = {

    /* Linux */
    "/etc/passwd", "/etc/shadow", "/etc/sudoers", "/etc/sudoers.d/x",
    "/etc/ssh/ssh_host_rsa_key", "/etc/ssl/private/server.key",
    "/etc/kubernetes/admin.conf", "/proc/self/environ", "/proc/1/cmdline",
    "/proc/self/fd/3", "/proc/self/root/etc/hosts", "/dev/sda", "/dev/mem",
    "/var/run/secrets/kubernetes.io/serviceaccount/token", "/run/secrets/db",
    "/var/run/docker.sock", "/var/lib/kubelet/pki/x.pem", "//etc//passwd",
    "/etc/./passwd", "/etc/../etc/passwd", "/ETC/PASSWD", "/etc/passwd/",
    "../../../etc/passwd", "..%2f..%2fetc%2fshadow", "/etc/passwd%00.png",
    "file:///etc/passwd", "file:/etc/shadow", "FILE://localhost/etc/passwd",
    "\"/etc/passwd\"", "  /etc/passwd", "/etc\\passwd", "/%65tc/p%61sswd",

    /* homes */
    "~/.ssh/id_ed25519", "/home/nora/.ssh/authorized_keys", ".ssh/id_rsa",
    "$HOME/.ssh/id_rsa", "%USERPROFILE%\\.ssh\\id_rsa", "~root/.ssh/id_rsa",
    "/root/.bash_history", "~/.zsh_history", "~/.python_history",
    "~/.netrc", "~/.pgpass", "~/.npmrc", "~/.pypirc", "~/.git-credentials",
    "~/.gnupg/private-keys-v1.d/x.key", "~/.password-store/a.gpg",
    "~/.local/share/keyrings/login.keyring", "~/.bitcoin/wallet.dat",
    "~/.electrum/wallets/default_wallet", "~/.ethereum/keystore/UTC--x",
    "keys/id_rsa", "backup/wallet.dat", "app/.git/config", ".htpasswd",

    /* clouds and agents */
    "~/.aws/credentials", "C:\\Users\\ana\\.aws\\credentials",
    "~/.kube/config",
    "~/.docker/config.json", "~/.azure/accessTokens.json",
    "~/.config/gh/hosts.yml",
    "~/.config/gcloud/application_default_credentials.json", "~/.vault-token",
    "~/.terraform.d/credentials.tfrc.json", "~/.config/rclone/rclone.conf",
    "~/.ssh", "/home/nora/.aws/", "~/.ssh/", "~/.gnupg", "~/.config/hub",
    "~/.mylogin.cnf", "C:\\Users\\a\\Roaming\\gcloud\\credentials.db",
    "~/.cursor/mcp.json", "~/.claude.json", "~/.config/op/config",

    /* browsers */
    "~/.config/google-chrome/Default/Login Data",
    "~/.mozilla/firefox/x.default/logins.json", "p/key4.db",
    "p/cookies.sqlite",
    "/Users/ana/Library/Application Support/Google/Chrome/Default/Cookies",
    "C:\\Users\\a\\AppData\\Local\\Chrome\\User Data\\Default\\Login Data",

    /* macOS, Windows */
    "/Users/ana/Library/Keychains/login.keychain-db", "~/Library/Keychains",
    "/private/etc/master.passwd", "C:\\Windows\\System32\\config\\SAM",
    "c:/windows/system32/config/system", "C:\\Windows\\win.ini",
    "C:\\boot.ini",
    "C:\\Windows\\NTDS\\ntds.dit", "C:\\Windows\\Panther\\Unattend.xml",
    "C:\\Users\\a\\AppData\\Roaming\\Microsoft\\Credentials\\x",
    "C:\\x\\NTUSER.DAT",
    "%SystemRoot%\\..\\winnt\\repair\\SAM", "\\\\.\\PhysicalDrive0",

    /* web servers */
    "WEB-INF/web.xml", "html/wp-config.php", "public/.htaccess"
};

static const char *const  ordinary[] = {
    "src/passwd.c", "tests/fixtures/passwd", "src/etc/passwd_test.go",
    "proc/self_test.c", "data/proc/x", "lib/sam.py",
    "src/shadow/Shadow.tsx", "app/sudoers_parser.py", "ssh/README.md",
    "~/.ssh/id_ed25519.pub", "keys/id_rsa.pub", "notes/.ssh config.md",
    "src/credentials/index.ts", "aws/credentials.md", "docs/kube/config.md",
    "docs/.sshx", "a/.awsome", "~/a/../b", "history/1.txt", "bash_history.md",
    "docs/netrc.md", ".npmignore",
    ".dockerignore", "docker/config.json", ".vscode/settings.json",
    "win.ini.md", "boot.initrd", "samples/x", "Cookies/recipe.txt",
    "default/cookies.txt", "logins.json.ts", "wallet.dat.md", "https://a/etc",
    "/srv/etc/passwd.txt", "/home/nora/proc/x", "keychains.swift",
    ".git/HEAD", ".github/workflows/ci.yml", "web-info/x", "cursor/mcp.json"
};

/* What belongs to the system. */
static const char *const  of_system[] = {
    "/etc/hosts", "/etc/nginx/nginx.conf", "/var/log/auth.log", "/root/x",
    "/sys/class/net/eth0/address", "/boot/grub/grub.cfg", "/usr/bin/env",
    "/var/lib/mysql/x", "/var/spool/cron/crontabs/root", "/opt/x/app.conf",
    "C:\\Windows\\System32\\drivers\\etc\\hosts", "C:\\ProgramData\\x",
    "C:\\inetpub\\wwwroot\\web.config", "/usr/local/etc/php.ini",
    "/Library/Preferences/x.plist", "C:\\Program Files\\x\\y.exe",
    "file:///etc/hosts", "/private/var/db/x"
};

static const char *const  of_users[] = {
    "/srv/app/etc/app.conf", "etc/hosts", "/home/nora/etc/hosts", "/tmp/x",
    "/workspace/x", "/Users/ana/x.txt", "C:\\Users\\ana\\x.txt", "D:\\x\\y",
    "/data/log/x.log", "var/log/x.log", "/usr/share/doc/nginx/README",
    "/var/www/html/index.html", "/mnt/c/x", "/opt/app/src/main.c", "sbin/x"
};


static int
judge(mcp_judge_t which, const char *value)
{
    return mcp_judge(which, (const unsigned char *) value, strlen(value), 1,
                     NULL);
}


#define EACH(which, table, want)                                              \
    for (i = 0; i < COUNT(table); i++) {                                      \
        is_int(judge(which, table[i]), want, "%s: %s", #table, table[i]);     \
    }


/* How a path reads. */
static void
test_read(void)
{
    size_t      i;
    mcp_path_t  p;

    static const struct {
        const char  *value;
        const char  *text;
        unsigned     absolute;
        unsigned     drive;
    } t[] = {
        { "a/b", "a/b", 0, 0 }, { "/a//b/", "/a/b", 1, 0 },
        { "a/./b/../c", "a/c", 0, 0 }, { "/", "/", 1, 0 }, { "", "", 0, 0 },
        { "C:\\a\\b", "/a/b", 1, 1 }, { "c:a", "a", 1, 1 },
        { "/c:/a", "/a", 1, 1 }, { "\\\\?\\C:\\a", "/a", 1, 1 },
        { "file:///a/b", "/a/b", 1, 0 }, { "file://host/a", "/a", 1, 0 },
        { "file:///C:/a", "/a", 1, 1 }, { "%2fa%2fb", "/a/b", 1, 0 },
        { "../a", "a", 0, 0 }, { " \"/a", "/a", 1, 0 }
    };

    for (i = 0; i < COUNT(t); i++) {

        mcp_path_read(&p, (const unsigned char *) t[i].value,
                      strlen(t[i].value));

        if (t[i].drive && t[i].text[0] != '/') {
            is_str(p.text + (p.text[0] == '/'), t[i].text, "read: %s",
                   t[i].value);

        } else {
            is_str(p.text, t[i].text, "read: %s", t[i].value);
        }

        is_int(p.len, strlen(p.text), "its length");
        is_int(p.absolute, t[i].absolute, "absolute");
        is_int(p.drive, t[i].drive, "a drive");
    }
}


static int
under(const char *value, const char *dir)
{
    mcp_path_t  p;

    mcp_path_read(&p, (const unsigned char *) value, strlen(value));

    return mcp_path_under(&p, dir);
}


/* A URL may be long, and what is too long for a path may climb unseen. */
static void
test_long(void)
{
    char  p[MCP_PATH_MAX + 100];

    memset(p, 'a', sizeof(p));
    memcpy(p, "https://x.test/?q=", 18);

    is_int(mcp_judge(MCP_JUDGE_PATH_TRAVERSAL, (unsigned char *) p, 1000, 1,
                     NULL),
           0, "a URL of 1000 bytes");

    memcpy(p + 900, "/../../../y", 11);

    is_int(mcp_judge(MCP_JUDGE_PATH_TRAVERSAL, (unsigned char *) p + 18, 900,
                     1, NULL),
           1, "a long component in front of what climbs");

    is_int(mcp_judge(MCP_JUDGE_PATH_TRAVERSAL, (unsigned char *) p, sizeof(p),
                     1, NULL),
           1, "more than a path may have");
}


static void
test_under(void)
{
    size_t  i;

    static const char *const  good[] = {
        "/srv/a", "/srv/a/", "/srv/a/b", "/srv/a/b/../c", "/srv/./a/b",
        "//srv//a/b", "/srv/x/../a/b", "file:///srv/a/b", "/srv/%61/b"
    };

    static const char *const  bad[] = {
        "/srv", "/srv/ab", "/srv/a/../b", "/srv/a/../../srv", "/", "", "a",
        "srv/a/b", "./srv/a", "../srv/a", "/srv/a/%2e%2e/b", "/SRV/A/b",
        "/srv/a/b%00", "C:/srv/a/b", "\\\\srv\\a\\b", "/srv/a/....//b/....//",
        "~/srv/a", "/srv/a/..;/x", "/srv/../../srv/a",
        " /srv/a/b", "\"/srv/a/b", "/srv/a'", "/srv/a "
    };

    for (i = 0; i < COUNT(good); i++) {
        is_int(under(good[i], "/srv/a"), 1, "under /srv/a: %s", good[i]);
    }

    for (i = 0; i < COUNT(bad); i++) {
        is_int(under(bad[i], "/srv/a"), 0, "not under /srv/a: %s", bad[i]);
    }

    is_int(under("/x/y", "/"), 1, "all is under /");
    is_int(under("/srv/a/b", "/srv/a/"), 1, "a directory with a slash");
}


/* Any value takes bounded time, and is read within its bounds. */
static void
test_cost(void)
{
    size_t          i, k, n;
    clock_t         t;
    unsigned char  *p;

    static const char *const  units[] = {
        "/", "../", "a/", "./", "....//", "%2e", "%252e", "%25", "\\", "%c0%ae",
        "\300\256", "&#46;", "..;/", "a", "\342\200\245", "\342\200\213", "%00"
    };

    n = 64 * 1024;
    p = malloc(n);

    if (p == NULL) {
        ok(0, "memory");
        return;
    }

    for (i = 0; i < COUNT(units); i++) {

        for (k = 0; k < n; k++) {
            p[k] = (unsigned char) units[i][k % strlen(units[i])];
        }

        t = clock();

        for (k = 0; k < 20; k++) {
            (void) mcp_judge(MCP_JUDGE_PATH, p, n - k, 1, NULL);
        }

        /* sanitizers are slow */

        ok(clock() - t < CLOCKS_PER_SEC, "20 values of \"%s\"", units[i]);
    }

    free(p);

    for (i = 0; i < COUNT(traversal); i++) {
        for (k = 0; k < strlen(traversal[i]); k++) {
            (void) mcp_judge(MCP_JUDGE_PATH,
                             (const unsigned char *) traversal[i], k, 1, NULL);
        }
    }

    is_int(mcp_judge(MCP_JUDGE_PATH_TRAVERSAL, (const unsigned char *) "../x",
                     1, 1, NULL),
           0, "the first byte only");
}


int
main(void)
{
    size_t  i;

    EACH(MCP_JUDGE_PATH_TRAVERSAL, traversal, 1);
    EACH(MCP_JUDGE_PATH_TRAVERSAL, inside, 0);
    EACH(MCP_JUDGE_PATH_SENSITIVE, sensitive, 1);
    EACH(MCP_JUDGE_PATH_SENSITIVE, ordinary, 0);
    EACH(MCP_JUDGE_PATH_SENSITIVE, inside, 0);
    EACH(MCP_JUDGE_PATH_SYSTEM, of_system, 1);
    EACH(MCP_JUDGE_PATH_SYSTEM, of_users, 0);

    test_read();
    test_long();
    test_under();
    test_cost();

    is_int(mcp_judge(MCP_JUDGE_PATH, (const unsigned char *) "../x", 4, 0,
                     NULL),
           0, "text is no path");

    return done();
}
