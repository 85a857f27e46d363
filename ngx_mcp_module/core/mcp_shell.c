/*
 * Commands as a shell reads them.
 *
 * A word is a command when it is known as one, or when it is a path into a
 * directory of programs.  Many commands are words of prose, too ("find",
 * "cat", "type"); those need an argument that no prose has at once behind
 * them.  Others say all by themselves (whoami), but a list of words may have
 * them ("id", "env").
 */

#include "mcp_chars.h"
#include "mcp_shell.h"

#include <string.h>


#define MAX_ARGS   6              /* words behind a command that are read    */
#define MAX_READ   256            /* bytes that one word may take            */

/* What is known of a command. */
#define SURE       0x01           /* needs no argument to be one             */
#define LIST       0x02           /* the same, but for a list of words       */
#define WORD       0x04           /* a word of prose, too: argument at once  */
#define ANY        0x08           /* any argument will do                    */
#define NUMBER     0x10           /* a number will do                        */
#define WINDOWS    0x20           /* options begin with '/', case is nothing */
#define BEFORE     0x40           /* another command stands behind it        */


typedef struct {
    const char     *word;
    unsigned        is;
} command_t;

/* Sorted. */
static const command_t  commands[] = {
    { "adduser", ANY }, { "apk", 0 }, { "apt", 0 }, { "apt-get", 0 },
    { "arp", 0 }, { "at", WORD }, { "attrib", WINDOWS }, { "awk", 0 },
    { "aws", 0 }, { "base32", 0 }, { "base64", 0 }, { "bash", 0 },
    { "bitsadmin", SURE }, { "brew", 0 }, { "builtin", BEFORE },
    { "busybox", BEFORE }, { "bzip2", 0 },
    { "call", WINDOWS | WORD | BEFORE }, { "cat", WORD },
    { "cd", WINDOWS | WORD }, { "certutil", SURE | WINDOWS },
    { "chattr", ANY }, { "chgrp", ANY }, { "chmod", ANY }, { "chown", ANY },
    { "chpasswd", SURE }, { "chroot", ANY },
    { "cmd", WINDOWS | WORD | BEFORE }, { "command", WORD | BEFORE },
    { "conda", 0 }, { "copy", WINDOWS | WORD }, { "cp", 0 }, { "crontab", 0 },
    { "cscript", WINDOWS }, { "csh", 0 }, { "curl", 0 }, { "cut", WORD },
    { "dash", WORD }, { "date", WORD }, { "dd", 0 },
    { "del", WINDOWS | WORD }, { "df", 0 }, { "dig", WORD },
    { "dir", LIST | WINDOWS }, { "dmesg", LIST }, { "dnf", 0 },
    { "doas", BEFORE }, { "docker", 0 }, { "dpkg", 0 }, { "du", 0 },
    { "echo", ANY }, { "egrep", 0 }, { "env", LIST | BEFORE },
    { "erase", WINDOWS | WORD }, { "eval", BEFORE | ANY },
    { "exec", BEFORE | ANY }, { "exit", WORD | NUMBER }, { "expect", WORD },
    { "export", WORD }, { "fgrep", 0 }, { "file", WORD }, { "find", WORD },
    { "findstr", WINDOWS }, { "free", WORD }, { "ftp", 0 }, { "gcc", 0 },
    { "gcloud", 0 }, { "gdb", 0 }, { "gem", 0 },
    { "get-content", WINDOWS | ANY }, { "getent", ANY }, { "git", 0 },
    { "grep", 0 }, { "gunzip", 0 }, { "gzip", 0 }, { "halt", WORD },
    { "head", WORD }, { "helm", 0 }, { "hexdump", 0 }, { "history", WORD },
    { "host", WORD }, { "hostname", WORD }, { "icacls", WINDOWS | ANY },
    { "id", LIST }, { "iex", 0 }, { "ifconfig", SURE },
    { "invoke-expression", WINDOWS | ANY },
    { "invoke-restmethod", WINDOWS | ANY },
    { "invoke-webrequest", WINDOWS | ANY }, { "ip", 0 },
    { "ipconfig", SURE | WINDOWS }, { "iptables", 0 }, { "irm", 0 },
    { "iwr", 0 }, { "java", WORD }, { "journalctl", 0 },
    { "kill", WORD | NUMBER }, { "killall", ANY }, { "ksh", 0 },
    { "kubectl", 0 }, { "last", WORD }, { "less", WORD }, { "ln", 0 },
    { "ls", LIST }, { "lsb_release", SURE }, { "lsblk", SURE },
    { "lsof", SURE }, { "lua", WORD }, { "lwp-download", ANY }, { "lynx", 0 },
    { "mail", WORD }, { "make", WORD }, { "md5sum", 0 }, { "mkdir", ANY },
    { "mkfifo", ANY }, { "mknod", ANY }, { "mongo", 0 }, { "more", WORD },
    { "mount", WORD }, { "move", WINDOWS | WORD }, { "mshta", WINDOWS | ANY },
    { "msiexec", 0 }, { "mv", 0 }, { "mysql", 0 }, { "mysqldump", 0 },
    { "nano", WORD }, { "nc", 0 }, { "ncat", 0 }, { "net", WINDOWS | WORD },
    { "netcat", 0 }, { "netsh", WINDOWS | ANY }, { "netstat", SURE },
    { "nice", WORD | BEFORE }, { "nl", 0 }, { "nmap", 0 }, { "node", WORD },
    { "nohup", BEFORE }, { "npm", 0 }, { "nslookup", ANY }, { "od", 0 },
    { "openssl", 0 }, { "passwd", WORD }, { "paste", WORD }, { "perl", 0 },
    { "php", 0 }, { "ping", NUMBER }, { "ping6", 0 }, { "pip", 0 },
    { "pip3", 0 }, { "pkill", ANY }, { "poweroff", SURE },
    { "powershell", WINDOWS }, { "printenv", SURE }, { "printf", 0 },
    { "ps", LIST }, { "psql", 0 }, { "pwd", LIST }, { "pwsh", WINDOWS },
    { "python", 0 }, { "python2", 0 }, { "python3", 0 }, { "reboot", SURE },
    { "reg", WINDOWS | WORD }, { "regsvr32", WINDOWS },
    { "remove-item", WINDOWS | ANY }, { "rev", 0 }, { "rm", ANY },
    { "rmdir", ANY }, { "route", WORD }, { "rsync", 0 }, { "ruby", WORD },
    { "rundll32", WINDOWS | ANY }, { "sc", WINDOWS },
    { "schtasks", SURE | WINDOWS }, { "scp", 0 }, { "screen", WORD },
    { "script", WORD }, { "sed", 0 }, { "service", WORD }, { "set", WORD },
    { "setsid", BEFORE }, { "sftp", 0 }, { "sh", 0 }, { "shred", 0 },
    { "shutdown", WINDOWS | WORD }, { "sleep", WORD | NUMBER },
    { "socat", ANY }, { "sort", WORD }, { "source", WORD }, { "split", WORD },
    { "ss", 0 }, { "ssh", 0 }, { "start", WINDOWS | WORD },
    { "start-process", WINDOWS | ANY }, { "stat", WORD }, { "strings", WORD },
    { "su", 0 }, { "sudo", BEFORE | ANY }, { "sysinfo", SURE },
    { "systemctl", ANY }, { "systeminfo", SURE | WINDOWS }, { "tac", 0 },
    { "tail", WORD }, { "tar", 0 }, { "taskkill", WINDOWS | ANY },
    { "tasklist", SURE | WINDOWS }, { "tcpdump", 0 }, { "tcsh", 0 },
    { "tee", WORD }, { "telnet", 0 }, { "terraform", 0 }, { "test", WORD },
    { "tftp", 0 }, { "time", WORD | BEFORE },
    { "timeout", WORD | NUMBER | BEFORE }, { "top", WORD }, { "touch", WORD },
    { "tr", 0 }, { "traceroute", 0 }, { "tracert", 0 }, { "tree", WORD },
    { "truncate", WORD }, { "type", WINDOWS | WORD }, { "umount", 0 },
    { "uname", SURE }, { "unzip", 0 }, { "uptime", LIST }, { "useradd", ANY },
    { "usermod", ANY }, { "ver", WINDOWS | WORD }, { "vi", WORD },
    { "vim", 0 }, { "w", WORD }, { "watch", WORD | BEFORE }, { "wc", 0 },
    { "wget", 0 }, { "whereis", ANY }, { "which", WORD }, { "who", WORD },
    { "whoami", SURE | WINDOWS }, { "wmic", WINDOWS | ANY },
    { "wscript", WINDOWS }, { "xargs", BEFORE }, { "xcopy", WINDOWS | ANY },
    { "xterm", 0 }, { "xxd", 0 }, { "yum", 0 }, { "zcat", 0 }, { "zip", 0 },
    { "zsh", 0 }
};

/* Words that follow those commands and nothing else in prose. */
static const char *const  pairs[] = {
    "apk add", "aws iam", "aws s3", "apt install", "apt-get install",
    "docker exec", "docker ps", "docker run", "gcloud auth", "gem install",
    "git clone", "git config", "git push", "ip a", "ip addr", "ip route",
    "kubectl apply", "kubectl delete", "kubectl exec", "kubectl get",
    "make install", "net accounts", "net group", "net localgroup",
    "net share", "net start", "net stop", "net use", "net user", "net view",
    "npm install", "npm run", "pip install", "pip3 install", "ps aux",
    "ps ef", "reg add", "reg delete", "reg export", "reg query", "reg save",
    "sc config", "sc create", "sc delete", "sc query", "sc start", "sc stop",
    "su root", "yum install", NULL
};

/* Places that a command of an attack reads, writes or runs. */
static const char *const  places[] = {
    "/bin/", "/boot/", "/dev/", "/etc/", "/home/", "/opt/", "/proc/",
    "/root/", "/sbin/", "/sys/", "/tmp/", "/usr/", "/var/", NULL
};


static int
is_separator(unsigned char c)
{
    return c == ';' || c == '|' || c == '&' || c == '\n' || c == '\r';
}


int
mcp_shell_begins(const mcp_shell_t *v, size_t i, const char *word)
{
    unsigned char  c;

    for ( /* void */ ; *word != '\0'; word++, i++) {

        c = (i < v->n) ? v->b[i] : 0;

        if (c >= 'A' && c <= 'Z') {
            c |= 0x20;
        }

        if (c != (unsigned char) *word) {
            return 0;
        }
    }

    return 1;
}


static const command_t *
find_command(const char *word)
{
    int     rc;
    size_t  lo, hi, mid;

    lo = 0;
    hi = sizeof(commands) / sizeof(commands[0]);

    while (lo < hi) {
        mid = (lo + hi) / 2;
        rc = strcmp(commands[mid].word, word);

        if (rc == 0) {
            return &commands[mid];
        }

        if (rc < 0) {
            lo = mid + 1;

        } else {
            hi = mid;
        }
    }

    return NULL;
}


size_t
mcp_shell_word(const mcp_shell_t *v, size_t i, char *word, unsigned *splits)
{
    size_t         n, from;
    unsigned       quotes, slashes;
    unsigned char  c;

    from = i;
    quotes = 0;
    slashes = 0;

    for (n = 0; i < v->n && i - from < MAX_READ; i++) {

        c = v->b[i];

        if (mcp_is_blank(c) || is_separator(c) || c == '(' || c == ')'
            || c == '<' || c == '>' || c == '`' || c == ',' || c == '{'
            || c == '}' || c == '$')
        {
            /* "$@", "$1", "$u": nothing, when nobody has set them */

            if (c == '$' && i + 1 < v->n && n > 0
                && (v->b[i + 1] == '@' || v->b[i + 1] == '*'
                    || mcp_is_digit(v->b[i + 1])))
            {
                slashes++;
                i++;
                continue;
            }

            break;
        }

        if (c == '"' || c == '\'') {

            /* a quote at the end is of what stands around the word */

            if (i > from && i + 1 < v->n && mcp_is_alpha(v->b[i + 1])) {
                quotes++;

            } else if (i > from && quotes % 2 == 1) {
                quotes++;

            } else if (i > from && i + 1 < v->n && v->b[i + 1] == c) {
                quotes++;

            } else if (i > from) {
                break;
            }

            continue;
        }

        /* "id\n" as text, with nothing behind it */

        if (c == '\\' && i + 1 < v->n
            && (v->b[i + 1] == 'n' || v->b[i + 1] == 'r' || v->b[i + 1] == '`')
            && (i + 2 >= v->n || !mcp_is_alpha(v->b[i + 2])))
        {
            break;
        }

        if ((c == '\\' || c == '^') && i + 1 < v->n && mcp_is_alpha(v->b[i + 1])
            && i > from && mcp_is_alpha(v->b[i - 1]))
        {
            slashes++;
            continue;
        }

        if (n + 1 < MCP_SHELL_WORD) {
            word[n++] = (char) ((c >= 'A' && c <= 'Z') ? c | 0x20 : c);
        }
    }

    word[n] = '\0';
    *splits = slashes + ((quotes % 2 == 0) ? quotes : 0);

    return i;
}


int
mcp_shell_is_place(const mcp_shell_t *v, size_t i)
{
    unsigned  k;

    if (v->b[i] == '~' && i + 1 < v->n && v->b[i + 1] == '/') {
        return 1;
    }

    for (k = 0; places[k] != NULL; k++) {

        if (mcp_shell_begins(v, i, places[k])) {
            return 1;
        }

        /* the place itself: "ls /etc" */

        if (strlen(places[k]) == v->n - i + 1 && v->n > i
            && memcmp(v->b + i, places[k], v->n - i) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* What the word at i, the argument of a command, says. */
static mcp_shell_sure_t
argument(const mcp_shell_t *v, size_t i, size_t end, unsigned is)
{
    size_t         k;
    unsigned char  c;

    c = v->b[i];

    /* "w \\end{x}" */

    if (c == '\\' && i + 1 < end && mcp_is_alpha(v->b[i + 1])) {
        return MCP_SHELL_NONE;
    }

    if (c == '-' && i + 1 < end
        && (mcp_is_alpha(v->b[i + 1]) || mcp_is_digit(v->b[i + 1])
            || v->b[i + 1] == '-'))
    {
        return MCP_SHELL_FAIR;
    }

    if (mcp_shell_is_place(v, i)) {
        return MCP_SHELL_STRONG;
    }

    if (mcp_is_alpha(c) && i + 2 < end && v->b[i + 1] == ':'
        && v->b[i + 2] == '\\')
    {
        return MCP_SHELL_STRONG;
    }

    if (c == '%' && i + 2 < end && mcp_is_alpha(v->b[i + 1])
        && memchr(v->b + i + 1, '%', end - i - 1) != NULL)
    {
        return MCP_SHELL_STRONG;
    }

    if (c == '/' || c == '.' || c == '~' || c == '*' || c == '$' || c == '\''
        || c == '"' || c == '<' || c == '>' || c == '`' || c == '@'
        || c == '?')
    {
        return (c == '.' && i + 1 == end) ? MCP_SHELL_NONE : MCP_SHELL_FAIR;
    }

    if (mcp_is_digit(c) && (is & NUMBER)) {
        return MCP_SHELL_FAIR;
    }

    /* a host, a file, a URL, an address */

    for (k = i; k < end; k++) {

        if (v->b[k] == ':' && k + 2 < end && v->b[k + 1] == '/'
            && v->b[k + 2] == '/')
        {
            return MCP_SHELL_STRONG;
        }

        if ((v->b[k] == '.' && k > i && k + 1 < end
             && (mcp_is_alpha(v->b[k + 1]) || mcp_is_digit(v->b[k + 1])))
            || v->b[k] == '/' || v->b[k] == '\\' || v->b[k] == '@'
            || v->b[k] == '*' || (v->b[k] == '=' && k > i))
        {
            return MCP_SHELL_FAIR;
        }
    }

    return (is & ANY) ? MCP_SHELL_FAIR : MCP_SHELL_NONE;
}


/* The arguments of a command, from i on; how much they speak for one. */
static mcp_shell_sure_t
arguments(const mcp_shell_t *v, size_t i, const char *word, unsigned is)
{
    int        best, rc;
    char       pair[2 * MCP_SHELL_WORD + 2], next[MCP_SHELL_WORD];
    size_t     end;
    unsigned   n, k, splits;

    best = MCP_SHELL_NONE;

    for (n = 0; n < MAX_ARGS && i < v->n; n++) {

        while (i < v->n && mcp_is_blank(v->b[i])) {
            i++;
        }

        if (i == v->n || is_separator(v->b[i]) || v->b[i] == ')'
            || v->b[i] == '}')
        {
            break;
        }

        for (end = i; end < v->n && !mcp_is_blank(v->b[end])
                      && !is_separator(v->b[end]); end++)
        {
            /* void */
        }

        rc = argument(v, i, end, is);

        if (rc == MCP_SHELL_NONE && (is & WINDOWS) && v->b[i] == '/') {
            rc = MCP_SHELL_FAIR;
        }

        if (n == 0 && rc == MCP_SHELL_NONE) {

            (void) mcp_shell_word(v, i, next, &splits);

            memcpy(pair, word, strlen(word));
            pair[strlen(word)] = ' ';
            memcpy(pair + strlen(word) + 1, next, strlen(next) + 1);

            for (k = 0; pairs[k] != NULL; k++) {
                if (strcmp(pairs[k], pair) == 0) {
                    rc = MCP_SHELL_FAIR;
                }
            }

            /* prose goes on with words */

            if (rc == MCP_SHELL_NONE && (is & WORD)) {
                return MCP_SHELL_NONE;
            }
        }

        if (rc > best) {
            best = rc;
        }

        if (best == MCP_SHELL_STRONG) {
            break;
        }

        i = end;
    }

    return best;
}


/* Does a sentence go on at i? */
static int
is_prose(const mcp_shell_t *v, size_t i)
{
    static const char *const  words[] = {
        "and ", "or ", "the ", "for ", "with ", "to ", "in ", "of ", "is ",
        "are ", "on ", "by ", "from ", "as ", "at ", "not "
    };

    unsigned  k;

    while (i < v->n && mcp_is_blank(v->b[i])) {
        i++;
    }

    for (k = 0; k < sizeof(words) / sizeof(words[0]); k++) {
        if (mcp_shell_begins(v, i, words[k])) {
            return 1;
        }
    }

    return 0;
}


/* May a command end here? */
static int
ends(const mcp_shell_t *v, size_t i)
{
    while (i < v->n && (mcp_is_blank(v->b[i]) || v->b[i] == '"'
                        || v->b[i] == '\''))
    {
        i++;
    }

    return i >= v->n || is_separator(v->b[i]) || v->b[i] == '#'
           || v->b[i] == ')' || v->b[i] == '`' || v->b[i] == '}'
           || (v->b[i] == '\\' && i + 1 < v->n
               && (v->b[i + 1] == 'n' || v->b[i + 1] == 'r'
                   || v->b[i + 1] == '`'));
}


/*
 * A directory of an absolute path that is spelled with question marks where a
 * name would do: "bin" or "usr" and nothing else known.
 */
static int
is_wild(const char *word)
{
    size_t       i, marks;
    const char  *p;

    if (word[0] != '/') {
        return 0;
    }

    for (p = word + 1; strchr(p, '/') != NULL; p = strchr(p, '/') + 1) {

        for (i = 0, marks = 0; p[i] != '/'; i++) {

            if (p[i] == '?') {
                marks++;

            } else if (i > 2 || (p[i] != "bin"[i] && p[i] != "usr"[i]
                                 && p[i] != "etc"[i]))
            {
                break;
            }
        }

        if (p[i] == '/' && i == 3 && marks > 0) {
            return 1;
        }
    }

    return 0;
}


/* "/bin/x", "/usr/bin/x", "usr/sbin/x"; with wild cards, too. */
static int
is_program(const char *word)
{
    size_t       n;
    const char  *p;

    p = strrchr(word, '/');

    if (p == NULL || p[1] == '\0') {
        return 0;
    }

    n = (size_t) (p - word);

    if (n >= 3 && (memcmp(p - 3, "bin", 3) == 0)
        && (n == 3 || p[-4] == '/' || p[-4] == 's'))
    {
        return 1;
    }

    return is_wild(word);
}


int
mcp_shell_is_command(const char *word)
{
    return find_command(word) != NULL || is_program(word);
}


/*
 * Nothing but a plain name and one separator stands before what begins at i:
 * neither words of prose nor a list of paths.
 */
static int
is_compact(const mcp_shell_t *v, size_t i)
{
    size_t  k, sep;

    for (sep = 0; sep < i && !is_separator(v->b[sep]); sep++) {
        if (v->b[sep] == '/' || v->b[sep] == '.' || v->b[sep] == '\\'
            || v->b[sep] == '<' || v->b[sep] == '"'
            || (sep > 0 && mcp_is_blank(v->b[sep - 1])
                && !mcp_is_blank(v->b[sep])))
        {
            return 0;
        }
    }

    if (sep == 0 || sep == i) {
        return 0;
    }

    for (k = sep; k < i; k++) {
        if (!is_separator(v->b[k]) && !mcp_is_blank(v->b[k])) {
            return 0;
        }
    }

    return 1;
}


mcp_shell_sure_t
mcp_shell_command(const mcp_shell_t *v, size_t i, size_t *next)
{
    int               rc, before;
    char              word[MCP_SHELL_WORD];
    size_t            end, n;
    unsigned          k, splits;
    const command_t  *c;

    before = 0;

    for (k = 0; k < 6; k++) {

        while (i < v->n && (mcp_is_blank(v->b[i]) || v->b[i] == '('
                            || v->b[i] == '{' || v->b[i] == '@'
                            || v->b[i] == '!' || v->b[i] == '"'
                            || v->b[i] == '\''))
        {
            i++;
        }

        if (mcp_shell_begins(v, i, "${ifs}")) {
            i += 6;
            continue;
        }

        end = mcp_shell_word(v, i, word, &splits);

        if (next != NULL) {
            *next = end;
        }

        n = strlen(word);

        if (n == 0) {
            return before ? MCP_SHELL_WEAK : MCP_SHELL_NONE;
        }

        /* "A=b command" */

        if (mcp_is_alpha(v->b[i]) && strchr(word, '=') != NULL && end < v->n
            && mcp_is_blank(v->b[end]) && word[n - 1] != '=')
        {
            i = end;
            continue;
        }

        if (is_program(word)) {
            return MCP_SHELL_STRONG;
        }

        if (n > 4 && (strcmp(word + n - 4, ".exe") == 0
                      || strcmp(word + n - 4, ".bat") == 0
                      || strcmp(word + n - 4, ".ps1") == 0))
        {
            return MCP_SHELL_FAIR;
        }

        if (n > 5 && strcmp(word + n - 3, ".sh") == 0
            && (word[0] == '/' || (word[0] == '.' && word[1] == '/')))
        {
            return MCP_SHELL_FAIR;
        }

        /* what an attacker has put there: "x;/tmp/a", "x; . /tmp/a" */

        if (mcp_shell_begins(v, i, "/tmp/")
            || mcp_shell_begins(v, i, "/dev/shm/")
            || mcp_shell_begins(v, i, "/var/tmp/"))
        {
            return is_compact(v, i) ? MCP_SHELL_FAIR : MCP_SHELL_NONE;
        }

        if (word[0] == '.' && n == 1 && end < v->n && mcp_is_blank(v->b[end])
            && end + 1 < v->n && mcp_shell_is_place(v, end + 1))
        {
            return MCP_SHELL_FAIR;
        }

        c = find_command(word);

        if (c == NULL) {
            return before ? MCP_SHELL_WEAK : MCP_SHELL_NONE;
        }

        /* names of Unix commands are written small */

        if (!(c->is & (WINDOWS | SURE)) && v->b[i] >= 'A'
            && v->b[i] <= 'Z')
        {
            return MCP_SHELL_NONE;
        }

        if (splits > 0 && n > 1) {
            return MCP_SHELL_STRONG;
        }

        rc = arguments(v, end, word, c->is);

        if (rc != MCP_SHELL_NONE) {
            return rc;
        }

        if (c->is & BEFORE) {
            before = 1;

            if (ends(v, end)) {
                return (c->is & (SURE | LIST)) && !v->list
                       ? MCP_SHELL_FAIR : MCP_SHELL_WEAK;
            }

            i = end;
            continue;
        }

        if ((c->is & SURE) && ends(v, end)) {
            return MCP_SHELL_FAIR;
        }

        if ((c->is & LIST) && ends(v, end) && !v->list) {
            return MCP_SHELL_FAIR;
        }

        /* "x; ps aux": behind a name that is no sentence */

        return !(c->is & WORD) && !ends(v, end) && !is_prose(v, end)
               && is_compact(v, i) ? MCP_SHELL_FAIR : MCP_SHELL_WEAK;
    }

    return MCP_SHELL_NONE;
}
