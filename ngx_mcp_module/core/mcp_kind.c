/*
 * Kinds of arguments.
 *
 * Names are split into words ("page_url", "pageUrl", "page-url": page, url);
 * the last word says most ("file_id" is an id, "image_file" a file).  What the
 * name leaves open is told by the tool, and what both leave open by the value.
 */

#include "mcp_chars.h"
#include "mcp_kind.h"

#include <string.h>


#define MAX_WORDS  8
#define MAX_WORD   24
#define MAX_VALUE  256            /* bytes of the value that are looked at   */
#define MAX_URL    64             /* of those, for a URL's beginning         */
#define MAX_SCHEME 20
#define MAX_LABEL  64             /* bytes of an identifier without a name   */


#define COMMAND  MCP_KIND_COMMAND
#define PATH     MCP_KIND_PATH
#define URL      MCP_KIND_URL
#define HOST     MCP_KIND_HOST
#define SQL      MCP_KIND_SQL
#define CONTENT  MCP_KIND_CONTENT
#define IDENT    MCP_KIND_IDENTIFIER
#define TEXT     MCP_KIND_TEXT

/* What decides when the name alone does not. */
#define BY_VALUE   0x100          /* the shape of the value may say more     */
#define BY_SQL     0x200          /* SQL, for a tool of a database           */
#define BY_SHELL   0x400          /* a command, for a tool that runs some    */
#define BY_WRITE   0x800          /* content, for a tool that writes         */
#define BY_CODE    0x1000         /* content, when it is a function's text   */


typedef struct {
    const char  *word;
    unsigned     is;
} word_t;

typedef struct {
    char      word[MAX_WORDS][MAX_WORD];
    unsigned  n;
} words_t;


/* Member names; sorted, words in the singular. */
static const word_t  members[] = {
    { "about", TEXT }, { "account", IDENT }, { "addr", HOST },
    { "address", HOST | TEXT }, { "arg", COMMAND | BY_SHELL },
    { "argument", COMMAND | BY_SHELL }, { "attachment", PATH | IDENT },
    { "author", IDENT }, { "avatar", URL }, { "base", IDENT | BY_VALUE },
    { "bash", COMMAND }, { "bio", TEXT }, { "blob", CONTENT },
    { "body", CONTENT }, { "branch", IDENT }, { "bucket", IDENT },
    { "callback", URL }, { "caption", TEXT }, { "category", IDENT },
    { "cell", CONTENT }, { "channel", IDENT }, { "chunk", CONTENT },
    { "city", IDENT }, { "class", IDENT }, { "cluster", IDENT },
    { "cmd", COMMAND }, { "cmdline", COMMAND },
    { "code", CONTENT | BY_SHELL }, { "collection", IDENT },
    { "column", IDENT }, { "command", COMMAND },
    { "comment", TEXT | BY_WRITE }, { "commit", IDENT },
    { "condition", IDENT | BY_SQL }, { "config", CONTENT | PATH | BY_VALUE },
    { "container", IDENT }, { "content", CONTENT }, { "context", TEXT },
    { "country", IDENT }, { "cql", SQL }, { "currency", IDENT },
    { "customer", IDENT }, { "cwd", PATH }, { "cypher", SQL },
    { "data", CONTENT }, { "database", IDENT }, { "date", IDENT },
    { "db", IDENT }, { "department", IDENT }, { "description", TEXT },
    { "dest", PATH | BY_VALUE }, { "destination", PATH | BY_VALUE },
    { "detail", TEXT }, { "device", IDENT }, { "diff", CONTENT },
    { "dir", PATH }, { "directory", PATH }, { "dirname", PATH },
    { "dns", HOST }, { "doc", PATH | IDENT | BY_VALUE },
    { "document", PATH | IDENT | BY_VALUE }, { "domain", HOST },
    { "edit", CONTENT }, { "email", IDENT }, { "encoding", IDENT },
    { "endpoint", URL | HOST }, { "env", IDENT }, { "environment", IDENT },
    { "esql", SQL }, { "exec", COMMAND }, { "executable", COMMAND | PATH },
    { "expr", IDENT | TEXT }, { "expression", IDENT | TEXT },
    { "extension", IDENT }, { "feed", URL }, { "feedback", TEXT },
    { "field", IDENT }, { "file", PATH }, { "filename", PATH },
    { "filepath", PATH }, { "filter", IDENT | TEXT | BY_SQL },
    { "flag", IDENT | BY_SHELL }, { "folder", PATH }, { "font", IDENT },
    { "format", IDENT }, { "formula", IDENT | TEXT },
    { "from", IDENT | BY_VALUE }, { "function", IDENT | BY_CODE },
    { "glob", PATH | IDENT }, { "goal", TEXT }, { "gql", SQL },
    { "graphql", SQL }, { "group", IDENT }, { "hash", IDENT },
    { "head", IDENT }, { "header", TEXT }, { "host", HOST },
    { "hostname", HOST }, { "href", URL }, { "html", CONTENT },
    { "id", IDENT }, { "identifier", IDENT }, { "image", IDENT | BY_VALUE },
    { "index", IDENT }, { "input", TEXT | BY_SHELL | BY_VALUE },
    { "instance", IDENT }, { "instruction", TEXT }, { "interface", IDENT },
    { "ip", HOST }, { "item", IDENT }, { "jmespath", SQL }, { "job", IDENT },
    { "jql", SQL }, { "js", CONTENT }, { "json", CONTENT },
    { "jsonpath", SQL }, { "key", IDENT },
    { "keyword", IDENT | TEXT | BY_VALUE }, { "kql", SQL },
    { "label", IDENT }, { "lang", IDENT }, { "language", IDENT },
    { "level", IDENT }, { "license", IDENT }, { "line", CONTENT },
    { "link", URL }, { "locale", IDENT }, { "location", TEXT | BY_VALUE },
    { "login", IDENT }, { "logql", SQL }, { "mail", IDENT },
    { "manifest", CONTENT }, { "markdown", CONTENT }, { "md", CONTENT },
    { "message", TEXT | BY_WRITE }, { "method", IDENT },
    { "milestone", IDENT }, { "mode", IDENT }, { "model", IDENT },
    { "module", IDENT }, { "name", IDENT }, { "namespace", IDENT },
    { "network", IDENT }, { "new", CONTENT }, { "node", IDENT },
    { "note", TEXT | BY_WRITE }, { "number", IDENT }, { "objective", TEXT },
    { "observation", TEXT }, { "old", CONTENT }, { "op", IDENT },
    { "operation", IDENT }, { "option", IDENT | BY_SHELL },
    { "order", IDENT }, { "org", IDENT }, { "organization", IDENT },
    { "origin", IDENT | URL }, { "output", PATH | BY_VALUE },
    { "owner", IDENT }, { "package", IDENT }, { "page", IDENT | BY_VALUE },
    { "param", TEXT | BY_VALUE }, { "parameter", TEXT | BY_VALUE },
    { "parent", IDENT }, { "password", IDENT }, { "patch", CONTENT },
    { "path", PATH }, { "pathname", PATH }, { "pattern", IDENT | TEXT },
    { "payload", CONTENT }, { "phone", IDENT }, { "plugin", IDENT },
    { "pod", IDENT }, { "port", IDENT }, { "process", IDENT },
    { "product", IDENT }, { "profile", IDENT }, { "program", COMMAND | PATH },
    { "project", IDENT }, { "prompt", TEXT | BY_VALUE }, { "promql", SQL },
    { "property", IDENT }, { "protocol", IDENT }, { "proxy", URL | HOST },
    { "q", TEXT | IDENT | BY_SQL | BY_VALUE },
    { "query", TEXT | BY_SQL | BY_VALUE }, { "question", TEXT | BY_VALUE },
    { "quote", TEXT }, { "rationale", TEXT }, { "reason", TEXT },
    { "reasoning", TEXT }, { "recipient", IDENT }, { "redirect", URL },
    { "ref", IDENT }, { "regex", IDENT | TEXT }, { "region", IDENT },
    { "release", IDENT }, { "remote", IDENT | BY_VALUE },
    { "repo", IDENT | BY_VALUE }, { "repository", IDENT | BY_VALUE },
    { "resource", IDENT | BY_VALUE }, { "review", TEXT },
    { "revision", IDENT }, { "role", IDENT }, { "root", PATH },
    { "route", IDENT | BY_VALUE }, { "row", CONTENT },
    { "schema", IDENT | BY_SQL }, { "scope", IDENT },
    { "script", COMMAND | BY_WRITE }, { "search", TEXT | IDENT | BY_VALUE },
    { "section", IDENT }, { "selector", IDENT }, { "server", HOST },
    { "service", IDENT }, { "session", IDENT }, { "sha", IDENT },
    { "shell", COMMAND }, { "site", URL | HOST }, { "slug", IDENT },
    { "snippet", CONTENT }, { "soql", SQL }, { "sort", IDENT },
    { "sosl", SQL }, { "source", CONTENT | PATH | BY_VALUE },
    { "sparql", SQL }, { "sql", SQL }, { "src", PATH | URL | BY_VALUE },
    { "state", IDENT }, { "statement", SQL }, { "status", IDENT },
    { "str", CONTENT }, { "string", CONTENT }, { "subject", TEXT },
    { "summary", TEXT }, { "table", IDENT }, { "tag", IDENT },
    { "target", IDENT | BY_VALUE }, { "task", TEXT }, { "team", IDENT },
    { "template", TEXT | CONTENT | BY_VALUE }, { "tenant", IDENT },
    { "term", TEXT | IDENT | BY_VALUE }, { "text", TEXT | BY_WRITE },
    { "theme", IDENT }, { "thinking", TEXT }, { "thought", TEXT },
    { "thread", IDENT }, { "time", IDENT }, { "timezone", IDENT },
    { "title", TEXT }, { "to", IDENT | BY_VALUE }, { "token", IDENT },
    { "tool", IDENT }, { "topic", IDENT | TEXT }, { "type", IDENT },
    { "unit", IDENT }, { "uri", URL }, { "url", URL }, { "user", IDENT },
    { "username", IDENT }, { "value", TEXT | BY_WRITE | BY_VALUE },
    { "variable", IDENT }, { "version", IDENT },
    { "volume", IDENT | BY_VALUE }, { "webhook", URL }, { "website", URL },
    { "where", SQL | IDENT }, { "workdir", PATH }, { "workflow", IDENT },
    { "workspace", PATH | IDENT | BY_VALUE }, { "xml", CONTENT },
    { "yaml", CONTENT }, { "zip", IDENT }, { "zone", IDENT }
};

/* Words of tool names. */
static const word_t  tools[] = {
    { "add", BY_WRITE }, { "aggregate", BY_SQL }, { "append", BY_WRITE },
    { "apply", BY_WRITE }, { "arangodb", BY_SQL }, { "athena", BY_SQL },
    { "bash", BY_SHELL }, { "bigquery", BY_SQL }, { "clickhouse", BY_SQL },
    { "cmd", BY_SHELL }, { "cockroachdb", BY_SQL }, { "collection", BY_SQL },
    { "command", BY_SHELL }, { "comment", BY_WRITE }, { "console", BY_SHELL },
    { "cosmosdb", BY_SQL }, { "couchbase", BY_SQL }, { "create", BY_WRITE },
    { "cypher", BY_SQL }, { "database", BY_SQL }, { "databricks", BY_SQL },
    { "db", BY_SQL }, { "document", BY_SQL }, { "documents", BY_SQL },
    { "draft", BY_WRITE }, { "duckdb", BY_SQL }, { "dynamodb", BY_SQL },
    { "edit", BY_WRITE }, { "elasticsearch", BY_SQL }, { "exec", BY_SHELL },
    { "execute", BY_SHELL }, { "fill", BY_WRITE }, { "firestore", BY_SQL },
    { "graphql", BY_SQL }, { "hive", BY_SQL }, { "influxdb", BY_SQL },
    { "insert", BY_WRITE }, { "mariadb", BY_SQL }, { "mongo", BY_SQL },
    { "mongodb", BY_SQL }, { "mssql", BY_SQL }, { "mysql", BY_SQL },
    { "neo4j", BY_SQL }, { "opensearch", BY_SQL }, { "oracle", BY_SQL },
    { "patch", BY_WRITE }, { "pg", BY_SQL }, { "post", BY_WRITE },
    { "postgres", BY_SQL }, { "postgresql", BY_SQL },
    { "powershell", BY_SHELL }, { "presto", BY_SQL }, { "process", BY_SHELL },
    { "psql", BY_SQL }, { "publish", BY_WRITE }, { "put", BY_WRITE },
    { "query", BY_SQL }, { "redshift", BY_SQL }, { "remember", BY_WRITE },
    { "replace", BY_WRITE }, { "reply", BY_WRITE }, { "run", BY_SHELL },
    { "save", BY_WRITE }, { "send", BY_WRITE }, { "set", BY_WRITE },
    { "shell", BY_SHELL }, { "snowflake", BY_SQL }, { "spanner", BY_SQL },
    { "sql", BY_SQL }, { "sqlite", BY_SQL }, { "ssh", BY_SHELL },
    { "store", BY_WRITE }, { "supabase", BY_SQL }, { "terminal", BY_SHELL },
    { "trino", BY_SQL }, { "type", BY_WRITE }, { "update", BY_WRITE },
    { "upload", BY_WRITE }, { "write", BY_WRITE }
};


static const word_t *
find(const word_t *table, size_t n, const char *word)
{
    int     rc;
    size_t  lo, hi, mid;

    lo = 0;
    hi = n;

    while (lo < hi) {
        mid = (lo + hi) / 2;
        rc = strcmp(table[mid].word, word);

        if (rc == 0) {
            return &table[mid];
        }

        if (rc < 0) {
            lo = mid + 1;

        } else {
            hi = mid;
        }
    }

    return NULL;
}


static unsigned
member_is(const char *word)
{
    size_t         len;
    char           buf[MAX_WORD];
    const word_t  *w;

    w = find(members, sizeof(members) / sizeof(members[0]), word);
    len = strlen(word);

    if (w == NULL && len > 2 && word[len - 1] == 's') {

        memcpy(buf, word, len - 1);
        buf[len - 1] = '\0';

        w = find(members, sizeof(members) / sizeof(members[0]), buf);

        if (w == NULL && len > 4 && word[len - 2] == 'e') {

            /* addresses; directories */

            buf[len - 2] = '\0';

            if (word[len - 3] == 'i') {
                buf[len - 3] = 'y';
            }

            w = find(members, sizeof(members) / sizeof(members[0]), buf);
        }
    }

    return w ? w->is : 0;
}


/* Words of a name, lower case; what does not fit is left out. */
static void
split(const unsigned char *name, size_t len, words_t *ws)
{
    size_t         i, k;
    unsigned char  c, last;

    ws->n = 0;
    k = 0;
    last = 0;

    for (i = 0; i < len && ws->n < MAX_WORDS; i++) {
        c = name[i];

        if (!((c >= '0' && c <= '9')
              || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')))
        {
            if (k > 0) {
                ws->word[ws->n++][k] = '\0';
                k = 0;
            }

            last = 0;
            continue;
        }

        /* "pageUrl", "HTTPServer" is not worth the trouble */

        if (k > 0 && c >= 'A' && c <= 'Z' && last >= 'a') {
            ws->word[ws->n++][k] = '\0';
            k = 0;

            if (ws->n == MAX_WORDS) {
                break;
            }
        }

        if (k < MAX_WORD - 1) {
            ws->word[ws->n][k++] = (char) ((c >= 'A' && c <= 'Z') ? c | 0x20
                                                                  : c);
        }

        last = c;
    }

    if (k > 0 && ws->n < MAX_WORDS) {
        ws->word[ws->n++][k] = '\0';
    }
}


static unsigned
name_is(const unsigned char *name, size_t len)
{
    char      all[MAX_WORD];
    size_t    k, n;
    words_t   ws;
    unsigned  i, is, before;

    split(name, len, &ws);

    if (ws.n == 0) {
        return 0;
    }

    /* "file_name" and "base_url" as one word, where there is one */

    if (ws.n > 1) {

        for (i = 0, k = 0; i < ws.n; i++) {
            n = strlen(ws.word[i]);

            if (k + n >= sizeof(all)) {
                k = 0;
                break;
            }

            memcpy(all + k, ws.word[i], n);
            k += n;
        }

        all[k] = '\0';
        is = member_is(all);

        if (is != 0) {
            return is;
        }
    }

    is = member_is(ws.word[ws.n - 1]);

    if (is == 0) {

        /* "path1", "url_to_fetch": any word that says something */

        for (i = 0; i < ws.n && is == 0; i++) {
            n = strlen(ws.word[i]);

            while (n > 1 && ws.word[i][n - 1] >= '0'
                   && ws.word[i][n - 1] <= '9')
            {
                ws.word[i][--n] = '\0';
            }

            is = member_is(ws.word[i]);
        }

        return is;
    }

    /* "new_text", "old_string": content, whoever takes it */

    if (ws.n > 1 && (is & (TEXT | CONTENT))) {
        before = member_is(ws.word[0]);

        if (before == CONTENT) {
            return CONTENT;
        }
    }

    return is;
}


static unsigned
tool_is(const unsigned char *name, size_t len)
{
    words_t        ws;
    unsigned       i, is;
    const word_t  *w;

    split(name, len, &ws);

    for (i = 0, is = 0; i < ws.n; i++) {
        w = find(tools, sizeof(tools) / sizeof(tools[0]), ws.word[i]);

        if (w != NULL) {
            is |= w->is;
        }
    }

    return is;
}


static int
is_host_char(unsigned char c)
{
    return mcp_is_alpha(c) || (c >= '0' && c <= '9') || c == '[' || c >= 0x80;
}


static int
starts_with(const unsigned char *p, size_t len, const char *word)
{
    size_t  i;

    for (i = 0; word[i] != '\0'; i++) {
        if (i == len || (p[i] | 0x20) != (unsigned char) word[i]) {
            return 0;
        }
    }

    return i == len || !mcp_is_alpha(p[i]);
}


/*
 * "scheme://", a scheme that needs no slashes, "//host", or one of these
 * behind another scheme ("view-source:").  As parsers do, without blanks in
 * front and line breaks anywhere.
 */
static int
is_url(const unsigned char *value, size_t len)
{
    size_t                i, n, rest;
    unsigned char         buf[MAX_URL];
    const unsigned char  *p;

    while (len > 0 && *value <= 0x20) {
        value++;
        len--;
    }

    for (i = 0, n = 0; i < len && n < MAX_URL; i++) {
        if (value[i] != '\t' && value[i] != '\n' && value[i] != '\r') {
            buf[n++] = value[i];
        }
    }

    for (p = buf, rest = n; rest > 2; p += i + 1, rest -= i + 1) {

        if (p[0] == '/' && p[1] == '/') {
            return is_host_char(p[2]);
        }

        for (i = 0; i < rest && i < MAX_SCHEME
                    && (mcp_is_alpha(p[i]) || p[i] == '+' || p[i] == '.'
                        || p[i] == '-' || (p[i] >= '0' && p[i] <= '9')); i++)
        {
            /* void */
        }

        if (i < 2 || i == rest || p[i] != ':') {
            return 0;
        }

        if ((i + 2 < rest && p[i + 1] == '/' && p[i + 2] == '/')
            || (i + 1 < rest && p[i + 1] > 0x20 && p[i + 1] != ':'
                && (starts_with(p, i, "file")
                    || starts_with(p, i, "javascript")
                    || starts_with(p, i, "data") || starts_with(p, i, "jar")
                    || starts_with(p, i, "http")
                    || starts_with(p, i, "https"))))
        {
            return 1;
        }
    }

    return 0;
}


/* The text of a function, as browser tools evaluate it. */
static int
is_function(const unsigned char *p, size_t len)
{
    size_t  i;

    if (len == 0 || !(p[0] == '(' || starts_with(p, len, "async")
                      || starts_with(p, len, "function")))
    {
        return 0;
    }

    for (i = 1; i < len; i++) {
        if (p[i] == '{' || (p[i] == '>' && p[i - 1] == '=')) {
            return 1;
        }
    }

    return 0;
}


static int
is_path(const unsigned char *p, size_t len)
{
    size_t  i;

    if (len > 1 && (p[0] == '/' || p[0] == '\\')) {
        return 1;
    }

    if (len > 1 && (p[0] == '~' || p[0] == '.')
        && (p[1] == '/' || p[1] == '\\' || p[1] == '.'))
    {
        return 1;
    }

    if (len > 2 && mcp_is_alpha(p[0]) && p[1] == ':'
        && (p[2] == '\\' || p[2] == '/'))
    {
        return 1;
    }

    /* "..", a separator, or what could be one, encoded */

    for (i = 0; i + 1 < len; i++) {

        if ((p[i] == '.' && p[i + 1] == '.') || p[i] == '/' || p[i] == '\\'
            || (p[i] == '%' && i + 2 < len
                && ((p[i + 1] >= '0' && p[i + 1] <= '9')
                    || (p[i + 1] | 0x20) == 'c'
                    || (p[i + 1] | 0x20) == 'u')))
        {
            return 1;
        }
    }

    return 0;
}


/* Four numbers or "localhost", and perhaps a port: a host by itself. */
static int
is_address(const unsigned char *p, size_t len)
{
    size_t    i;
    unsigned  dots;

    if (starts_with(p, len, "localhost")) {
        i = sizeof("localhost") - 1;

    } else {

        for (i = 0, dots = 0; i < len && ((p[i] >= '0' && p[i] <= '9')
                                          || p[i] == '.'); i++)
        {
            dots += (p[i] == '.');
        }

        if (dots != 3) {
            return 0;
        }
    }

    if (i < len && p[i] == ':') {
        for (i++; i < len && p[i] >= '0' && p[i] <= '9'; i++) { /* void */ }
    }

    return i == len;
}


static int
is_sql(const unsigned char *p, size_t len)
{
    static const char *const  verbs[] = {
        "select", "insert", "update", "delete", "with", "create", "alter",
        "drop", "explain", "show", "describe", "truncate", "merge", "pragma",
        "begin", "grant", "call", "query", "mutation", "subscription",
        "match"
    };

    size_t  i;

    while (len > 0 && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'
                       || *p == '('))
    {
        p++;
        len--;
    }

    /* what a database of documents is asked with */

    if (len > 1 && (*p == '{' || *p == '[')) {
        return 1;
    }

    for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (starts_with(p, len, verbs[i])) {
            return 1;
        }
    }

    return 0;
}


static int
has_blank(const unsigned char *p, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        if (p[i] == ' ' || p[i] == '\n' || p[i] == '\t' || p[i] == '\r') {
            return 1;
        }
    }

    return 0;
}


/* A path that has spaces begins as no sentence does. */
static int
starts_path(const unsigned char *p, size_t len)
{
    if (len > 2 && mcp_is_alpha(p[0]) && p[1] == ':') {
        p += 2;
        len -= 2;

    } else if (len > 2 && (p[0] == '.' || p[0] == '~')) {
        len--;
        p++;

        if (p[0] == '.') {
            len--;
            p++;
        }
    }

    return len > 1 && (p[0] == '/' || p[0] == '\\')
           && (is_host_char(p[1]) || p[1] == '.' || p[1] == '%');
}


/* A space between other characters; one URL has none, even in lines. */
static int
has_words(const unsigned char *p, size_t len)
{
    while (len > 0 && *p <= 0x20) {
        p++;
        len--;
    }

    while (len > 0 && p[len - 1] <= 0x20) {
        len--;
    }

    return memchr(p, ' ', len) != NULL;
}


uint8_t
mcp_kind_nested(const unsigned char *tool, size_t tool_len,
    const unsigned char *outer, size_t outer_len,
    const unsigned char *member, size_t member_len,
    const unsigned char *value, size_t len)
{
    uint8_t   kinds;
    unsigned  is;

    is = name_is(member, member_len) & 0xff;
    kinds = 0;

    if (is != 0) {
        kinds = mcp_kind_of(tool, tool_len, member, member_len, value, len);
    }

    if (is == 0 || is == IDENT) {
        kinds |= mcp_kind_of(tool, tool_len, outer, outer_len, value, len);
    }

    return kinds;
}


uint8_t
mcp_kind_of(const unsigned char *tool, size_t tool_len,
    const unsigned char *member, size_t member_len,
    const unsigned char *value, size_t len)
{
    size_t    seen;
    unsigned  is, by;

    is = name_is(member, member_len);
    by = tool_is(tool, tool_len);
    seen = (len < MAX_VALUE) ? len : MAX_VALUE;

    if ((is & BY_SHELL) && (by & BY_SHELL)) {
        is = (is & CONTENT) ? CONTENT : COMMAND;

    } else if ((is & BY_SQL) && ((by & BY_SQL) || !(is & 0xff))
               && is_sql(value, seen))
    {
        is = SQL;

    } else if ((is & BY_WRITE) && (by & BY_WRITE)) {
        is = CONTENT;
    }

    /* a statement is a statement, whatever runs it */

    if ((is & BY_SQL) && is_sql(value, seen) && has_blank(value, seen)) {
        is |= SQL;
    }

    /* "source", "config": a path has no spaces, or begins as one */

    if ((is & CONTENT) && (is & PATH) && has_words(value, seen)
        && !starts_path(value, seen))
    {
        is = CONTENT;
    }

    if ((is & BY_CODE) && is_function(value, seen)) {
        is = CONTENT;
    }

    if ((is & 0xff) == 0 || (is & BY_VALUE)
        || (is & (IDENT | PATH | HOST | URL)))
    {
        if (((is & TEXT) || (is & 0xff) == 0) && has_words(value, seen)) {

            /* URLs and paths in a sentence are talked of */

            if ((is & 0xff) == 0 && starts_path(value, seen)) {
                is |= PATH | IDENT;
            }

        } else if (is_url(value, seen)) {
            is |= URL;

        } else if ((is & BY_VALUE) && is_address(value, seen)) {
            is |= HOST;

        } else if (is_path(value, seen)) {

            /* "<a/b>" under a name that tells nothing may be either */

            if ((is & 0xff) == 0 && !starts_path(value, seen)) {
                is |= IDENT;
            }

            is |= PATH;
        }
    }

    if ((is & 0xff) == 0) {

        /* a few words may be a name or a sentence */

        is = (len > MAX_LABEL) ? TEXT
             : has_blank(value, seen) ? IDENT | TEXT : IDENT;
    }

    if ((is & URL) && starts_with(value, seen, "file")) {
        is |= PATH;
    }

    return (uint8_t) (is & 0xff);
}
