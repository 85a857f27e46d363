/*
 * mcpctl: entry, help, and what the commands share.
 */

#include "cli.h"

#include <errno.h>
#include <glob.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>


#define MAX_FILE  ((size_t) 1 << 30)


static const cli_command_t  commands[] = {

    { "inspect", cmd_inspect,
      "mcpctl inspect [-r PACK]... [--from client|server] "
      "[--format text|json] [FILE|-]",
      "judges JSON, JSON lines or a captured event stream" },

    { "corpus", cmd_corpus,
      "mcpctl corpus [-r PACK]... < IN.jsonl > OUT.jsonl",
      "judges labelled or unlabelled texts, a verdict a line" },

    { "score", cmd_score,
      "mcpctl score [-r PACK]... [--format text|json] [--misses] "
      "LABELLED.jsonl...",
      "recall per category, false positives per surface" },

    { "rules", cmd_rules,
      "mcpctl rules check|list|bench|diff ...",
      "checks, lists, measures and compares rule packs" },

    { "bench", cmd_bench,
      "mcpctl bench [-r PACK]... [--seconds N] [--text FILE] [--only NAME]",
      "speed of the engine on this machine" },

    { NULL, NULL, NULL, NULL }
};


static const cli_command_t  *current;


static void
help(FILE *out, const cli_command_t *c)
{
    for ( /* void */ ; c->name != NULL; c++) {
        fprintf(out, "  %-8s  %s\n            %s\n", c->name, c->help,
                c->usage);
    }

    fprintf(out, "\n  PACK is a rule pack (YAML), a directory of packs, or "
                 "\"default\", the packs\n  built in.\n"
                 "  Exit status: 0 clean, 1 findings or failed checks, "
                 "2 bad input or usage.\n");
}


static int
is_help(const char *s)
{
    return strcmp(s, "--help") == 0 || strcmp(s, "-h") == 0;
}


int
cli_run(const char *name, const cli_command_t *list, int argc, char **argv)
{
    const cli_command_t  *c;

    if (argc < 1 || is_help(argv[0]) || strcmp(argv[0], "help") == 0) {
        fprintf(argc < 1 ? stderr : stdout, "usage: %s COMMAND ...\n\n",
                name);
        help(argc < 1 ? stderr : stdout, list);
        return argc < 1 ? EXIT_BAD : EXIT_CLEAN;
    }

    for (c = list; c->name != NULL; c++) {

        if (strcmp(argv[0], c->name) != 0) {
            continue;
        }

        current = c;

        if (c->run != cmd_rules && argc == 2 && is_help(argv[1])) {
            printf("usage: %s\n%s\n", c->usage, c->help);
            return EXIT_CLEAN;
        }

        return c->run(argc - 1, argv + 1);
    }

    cli_error("unknown command \"%s\"; see %s --help", argv[0], name);

    return EXIT_BAD;
}


int
main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        printf("mcpctl " MCPCTL_VERSION "\n");
        return EXIT_CLEAN;
    }

    return cli_run("mcpctl", commands, argc - 1, argv + 1);
}


int
cli_usage(void)
{
    fprintf(stderr, "usage: %s\n", current->usage);

    return EXIT_BAD;
}


void
cli_error(const char *fmt, ...)
{
    va_list  args;

    fputs("mcpctl: ", stderr);

    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);

    fputc('\n', stderr);
}


static int
listed(const char *const *list, const char *name)
{
    for ( /* void */ ; list != NULL && *list != NULL; list++) {
        if (strcmp(*list, name) == 0) {
            return 1;
        }
    }

    return 0;
}


const char *
cli_next(cli_args_t *a, const char *const *with_value,
    const char *const *flags, char **arg)
{
    char        *s, *value;
    const char  *name;

    if (a->pos >= a->argc) {
        return NULL;
    }

    s = a->argv[a->pos++];
    *arg = s;

    if (a->only_operands || s[0] != '-' || s[1] == '\0') {
        return "";
    }

    if (strcmp(s, "--") == 0) {
        a->only_operands = 1;
        return cli_next(a, with_value, flags, arg);
    }

    value = NULL;
    name = s + 2;

    if (s[1] != '-') {

        if (s[1] != 'r' || !listed(with_value, "rules")) {
            cli_error("unknown option \"%s\"", s);
            return "?";
        }

        name = "rules";
        value = s[2] != '\0' ? s + 2 : NULL;

    } else if ((value = strchr(s, '=')) != NULL) {
        *value++ = '\0';
    }

    if (value == NULL && listed(flags, name)) {
        return name;
    }

    if (!listed(with_value, name)) {
        cli_error("unknown option \"--%s\"", name);
        return "?";
    }

    if (value == NULL) {

        if (a->pos >= a->argc) {
            cli_error("option \"--%s\" needs a value", name);
            return "?";
        }

        value = a->argv[a->pos++];
    }

    *arg = value;

    return name;
}


/* Loads the packs of a directory, in the order of their names. */
static mcp_rc_t
load_directory(mcp_rules_t *rs, const char *path, mcp_rules_error_t *err)
{
    char       mask[4096];
    glob_t     found;
    size_t     i;
    mcp_rc_t   rc;

    (void) snprintf(err->text, sizeof(err->text), "%s: no packs in it", path);

    if (snprintf(mask, sizeof(mask), "%s/*.yaml", path)
        >= (int) sizeof(mask)
        || glob(mask, 0, NULL, &found) != 0)
    {
        return MCP_ERROR;
    }

    rc = MCP_OK;

    for (i = 0; i < found.gl_pathc && rc == MCP_OK; i++) {
        rc = mcp_rules_load_file(rs, found.gl_pathv[i], err);
    }

    globfree(&found);

    return rc;
}


static mcp_rc_t
load(mcp_rules_t *rs, const char *pack, mcp_rules_error_t *err)
{
    struct stat  st;

    if (strcmp(pack, "default") == 0) {
        return mcp_rules_load_builtin(rs, err);
    }

    if (stat(pack, &st) == 0 && S_ISDIR(st.st_mode)) {
        return load_directory(rs, pack, err);
    }

    return mcp_rules_load_file(rs, pack, err);
}


int
cli_engine_open(cli_engine_t *e, char **packs, size_t n)
{
    size_t             i;
    mcp_rc_t           rc;
    mcp_rules_error_t  err;

    memset(e, 0, sizeof(cli_engine_t));

    e->rules = mcp_rules_create();
    if (e->rules == NULL) {
        cli_error("no memory");
        return EXIT_BAD;
    }

    mcp_rules_clock(e->rules, cli_clock);

    rc = n == 0 ? mcp_rules_load_builtin(e->rules, &err) : MCP_OK;

    for (i = 0; i < n && rc == MCP_OK; i++) {
        rc = load(e->rules, packs[i], &err);
    }

    if (rc == MCP_OK) {
        rc = mcp_rules_compile(e->rules, &err);
    }

    if (rc != MCP_OK) {
        cli_error("%s", err.text);
        cli_engine_close(e);
        return EXIT_BAD;
    }

    e->scan = mcp_scan_create(e->rules);
    e->inspector = mcp_inspector_create();

    if (e->scan == NULL || e->inspector == NULL) {
        cli_error("no memory");
        cli_engine_close(e);
        return EXIT_BAD;
    }

    mcp_policy_init(&e->policy);
    e->policy.rules = e->rules;

    return EXIT_CLEAN;
}


void
cli_engine_close(cli_engine_t *e)
{
    mcp_inspector_destroy(e->inspector);

    if (e->scan != NULL) {
        mcp_scan_destroy(e->scan);
    }

    mcp_rules_destroy(e->rules);
    memset(e, 0, sizeof(cli_engine_t));
}


mcp_rc_t
cli_judge(cli_engine_t *e, mcp_dir_t dir, const mcp_exchange_t *exchange,
    const unsigned char *data, size_t len, mcp_verdict_t *v)
{
    mcp_era_t  era;

    era = exchange != NULL ? exchange->era : MCP_ERA_NONE;

    mcp_inspector_start(e->inspector, &e->policy, e->scan, dir, exchange);

    if (e->on_stream) {
        mcp_inspector_follow(e->inspector, &e->tail);
    }

    (void) mcp_inspector_feed(e->inspector, data, len);

    if (mcp_inspector_finish(e->inspector, v) != MCP_OK) {
        return MCP_ERROR;
    }

    mcp_inspector_judge(e->inspector, era, 0, v);

    if (e->on_stream
        && (v->action == MCP_V_ALLOW || v->action == MCP_V_REDACT))
    {
        mcp_inspector_passed(e->inspector, &e->tail);
    }

    return MCP_OK;
}


const char *
cli_verdict_word(const mcp_verdict_t *v)
{
    switch (v->action) {

    case MCP_V_ALLOW:
        return v->flagged ? "flag" : "allow";

    case MCP_V_REDACT:
        return "redact";

    case MCP_V_BLOCK:
        return "block";

    case MCP_V_DENY:
        return "deny";

    default:
        return "invalid";
    }
}


int
cli_read_file(const char *path, mcp_buf_t *out)
{
    FILE           *f;
    size_t          n;
    unsigned char   chunk[65536];

    f = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");

    if (f == NULL) {
        cli_error("%s: %s", path, strerror(errno));
        return EXIT_BAD;
    }

    while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0) {

        if (out->len + n > MAX_FILE
            || mcp_buf_append(out, chunk, n) != MCP_OK)
        {
            cli_error("%s: too large", path);
            break;
        }
    }

    if (n == 0 && ferror(f)) {
        cli_error("%s: %s", path, strerror(errno));
        n = 1;
    }

    if (f != stdin) {
        (void) fclose(f);
    }

    return n == 0 ? EXIT_CLEAN : EXIT_BAD;
}


int
cli_line(const mcp_buf_t *buf, size_t *pos, const unsigned char **line,
    size_t *len)
{
    const unsigned char  *p, *end;

    if (*pos >= buf->len) {
        return 0;
    }

    p = buf->data + *pos;
    end = memchr(p, '\n', buf->len - *pos);

    *line = p;
    *len = end != NULL ? (size_t) (end - p) : buf->len - *pos;
    *pos += *len + (end != NULL);

    if (*len > 0 && p[*len - 1] == '\r') {
        (*len)--;
    }

    return 1;
}


uint64_t
cli_clock(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000000 + (uint64_t) ts.tv_nsec;
}


void
cli_progress(const char *what, size_t done, size_t total)
{
    static int  terminal = -1;
    static int  shown = -1;
    int         percent;

    if (terminal == -1) {
        terminal = isatty(STDERR_FILENO);
    }

    if (!terminal || total < 1024 * 1024) {
        return;
    }

    percent = (int) (done * 100 / total);

    if (percent == shown) {
        return;
    }

    shown = percent;

    fprintf(stderr, "\r%s %3d %%", what, percent);

    if (done >= total) {
        fprintf(stderr, "\r\033[K");
        shown = -1;
    }
}
