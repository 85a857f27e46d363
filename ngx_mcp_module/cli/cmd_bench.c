/*
 * mcpctl bench: how fast the engine is here, with all rules, whole messages
 * through tokenizer, envelope, matcher and judgement.
 */

#include "cli.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>


enum { RESULT = 0, CALL, EVENT };

typedef struct {
    const char  *name;
    size_t       text;          /* bytes of text in the message              */
    size_t       string;        /* bytes of each string                      */
    int          form;
    int          unicode;
    int          again;         /* texts that were clean are remembered,
                                   here and in all that follow               */
} load_t;


static const load_t  loads[] = {
    { "call, 300 bytes",                      150,   150, CALL, 0, 0 },
    { "event, 500 bytes",                     370,   370, EVENT, 0, 0 },
    { "result, 1 KB",                        1024,  1024, RESULT, 0, 0 },
    { "result, 10 KB",                      10240, 10240, RESULT, 0, 0 },
    { "result, 64 KB in 4 KB strings",      65536,  4096, RESULT, 0, 0 },
    { "result, 1 MB in 4 KB strings",     1048576,  4096, RESULT, 0, 0 },
    { "result, 1 MB in 100-byte strings", 1048576,   100, RESULT, 0, 0 },
    { "result, 64 KB, not ASCII",           65536,  4096, RESULT, 1, 0 },
    { "again: event, 500 bytes",              370,   370, EVENT, 0, 1 },
    { "again: result, 1 KB",                 1024,  1024, RESULT, 0, 1 },
    { "again: result, 10 KB",               10240, 10240, RESULT, 0, 1 },
    { "again: result, 64 KB",               65536,  4096, RESULT, 0, 1 },
    { NULL, 0, 0, RESULT, 0, 0 }
};


/* Plain words of everyday English, in a fixed order that does not repeat. */
static const char  *const words[] = {
    "the", "report", "of", "this", "week", "shows", "that", "most", "people",
    "in", "our", "town", "walk", "to", "work", "when", "weather", "is",
    "good", "and", "take", "a", "bus", "if", "it", "rains", "library",
    "opens", "at", "nine", "every", "morning", "except", "on", "Sunday",
    "she", "wrote", "long", "letter", "about", "garden", "behind", "house",
    "prices", "for", "bread", "milk", "rose", "slightly", "during", "winter",
    "engineers", "tested", "bridge", "before", "first", "train", "crossed",
    "children", "played", "near", "river", "until", "evening", "came",
    "please", "find", "minutes", "from", "yesterday", "meeting", "attached",
    "results", "were", "better", "than", "expected", "by", "everyone"
};

static const char  *const foreign[] = {
    "caf\xc3\xa9", "na\xc3\xafve", "Z\xc3\xbcrich", "\xe5\xa4\xa9\xe6\xb0\x94",
    "\xd0\xbf\xd0\xbe\xd0\xb3\xd0\xbe\xd0\xb4\xd0\xb0"
};


/* Texts of a message, from a file over and over or out of our words. */
typedef struct {
    mcp_buf_t  file;
    size_t     at;
    uint32_t   seed;
} source_t;


/*
 * So much of the file, over and over, as JSON; a character that is cut at the
 * end comes whole.
 */
static mcp_rc_t
copy(mcp_buf_t *b, size_t len, source_t *src)
{
    mcp_rc_t              rc;
    size_t                n, left;
    const unsigned char  *p;

    for (rc = MCP_OK; len > 0 && rc == MCP_OK; len -= (n < len) ? n : len) {

        p = src->file.data + src->at;
        left = src->file.len - src->at;

        for (n = (left < len) ? left : len;
             n < left && (p[n] & 0xc0) == 0x80; n++)
        {
            /* void */
        }

        src->at = (src->at + n < src->file.len) ? src->at + n : 0;

        b->len--;                     /* the quotes come with the text       */
        rc = mcp_buf_append_json(b, p, n);
        b->len--;
    }

    return rc;
}


mcp_rc_t
cli_words(mcp_buf_t *b, size_t len, int unicode, uint32_t *seed)
{
    size_t       end;
    const char  *word;

    end = b->len + len;

    while (b->len < end) {
        *seed = *seed * 1664525 + 1013904223;

        word = unicode && (*seed >> 29) == 0
               ? foreign[(*seed >> 8) % (sizeof(foreign) / sizeof(*foreign))]
               : words[(*seed >> 8) % (sizeof(words) / sizeof(*words))];

        if (mcp_buf_append_str(b, word) != MCP_OK
            || mcp_buf_append_byte(b, (*seed >> 20) % 14 ? ' ' : '.')
               != MCP_OK)
        {
            return MCP_ERROR;
        }
    }

    return MCP_OK;
}


static mcp_rc_t
fill(mcp_buf_t *b, size_t len, int unicode, source_t *src)
{
    return src->file.len > 0 ? copy(b, len, src)
                             : cli_words(b, len, unicode, &src->seed);
}


static mcp_rc_t
build(mcp_buf_t *b, const load_t *l, source_t *src)
{
    size_t    done;
    mcp_rc_t  rc;

    src->at = 0;
    src->seed = 1;
    mcp_buf_reset(b, SIZE_MAX);

    if (l->form == EVENT) {
        rc = mcp_buf_append_str(b, "{\"jsonrpc\":\"2.0\",\"method\":"
                 "\"notifications/progress\",\"params\":{\"progressToken\":"
                 "\"p1\",\"progress\":7,\"message\":\"");

        if (rc == MCP_OK) {
            rc = fill(b, l->text, l->unicode, src);
        }

        return rc == MCP_OK ? mcp_buf_append_str(b, "\"}}") : rc;
    }

    if (l->form == CALL) {
        rc = mcp_buf_append_str(b, "{\"jsonrpc\":\"2.0\",\"id\":17,"
                 "\"method\":\"tools/call\",\"params\":{\"name\":\"echo\","
                 "\"arguments\":{\"message\":\"");

        if (rc == MCP_OK) {
            rc = fill(b, l->text, l->unicode, src);
        }

        return rc == MCP_OK ? mcp_buf_append_str(b, "\"}}}") : rc;
    }

    rc = mcp_buf_append_str(b, "{\"jsonrpc\":\"2.0\",\"id\":17,\"result\":"
                               "{\"content\":[");

    for (done = 0; done < l->text && rc == MCP_OK; done += l->string) {

        rc = mcp_buf_append_str(b, done ? ",{\"type\":\"text\",\"text\":\""
                                        : "{\"type\":\"text\",\"text\":\"");

        if (rc == MCP_OK) {
            rc = fill(b, l->string, l->unicode, src);
        }

        if (rc == MCP_OK) {
            rc = mcp_buf_append_str(b, "\"}");
        }
    }

    return rc == MCP_OK ? mcp_buf_append_str(b, "]}}") : rc;
}


double
cli_cpu_time(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);

    return ts.tv_sec + ts.tv_nsec / 1e9;
}


static int
measure(cli_engine_t *e, const mcp_buf_t *b, const load_t *l, double seconds)
{
    double          start, spent;
    size_t          i, n, runs;
    mcp_exchange_t  ex;
    mcp_verdict_t   v;

    memset(&ex, 0, sizeof(mcp_exchange_t));
    ex.era = MCP_ERA_LEGACY;
    ex.method = MCP_M_TOOLS_CALL;

    n = 1;
    runs = 0;
    start = cli_cpu_time();

    do {
        for (i = 0; i < n; i++) {
            (void) cli_judge(e, l->form == CALL ? MCP_CLIENT : MCP_SERVER, &ex,
                             b->data, b->len, &v);
        }

        runs += n;
        n = n < 1024 ? n * 2 : n;
        spent = cli_cpu_time() - start;

    } while (spent < seconds);

    if (v.action != MCP_V_ALLOW) {
        cli_error("%s: verdict %s on harmless text", l->name,
                  cli_verdict_word(&v));
        return EXIT_FINDINGS;
    }

    printf("%-36s %9zu bytes %10.2f us %9.0f MB/s\n", l->name, b->len,
           spent / runs * 1e6, b->len * (double) runs / spent / 1e6);

    return EXIT_CLEAN;
}


int
cmd_bench(int argc, char **argv)
{
    int            rc;
    char          *arg, *packs[64];
    double         seconds;
    size_t         n;
    source_t       src;
    mcp_buf_t      b = { NULL, 0, 0 };
    cli_args_t     args = { argc, argv, 0, 0 };
    const char    *opt, *only;
    cli_engine_t   e;
    const load_t  *l;

    static const char *const  values[] = { "only", "rules", "seconds", "text",
                                           NULL };

    memset(&src, 0, sizeof(source_t));
    only = "";
    seconds = 1;
    n = 0;

    while ((opt = cli_next(&args, values, NULL, &arg)) != NULL) {

        if (strcmp(opt, "rules") == 0 && n < sizeof(packs) / sizeof(*packs)) {
            packs[n++] = arg;

        } else if (strcmp(opt, "only") == 0) {
            only = arg;

        } else if (strcmp(opt, "text") == 0 && src.file.len == 0) {

            if (cli_read_file(arg, &src.file) != EXIT_CLEAN) {
                return EXIT_BAD;
            }

        } else if (strcmp(opt, "seconds") == 0 && atof(arg) > 0) {
            seconds = atof(arg);

        } else {
            return cli_usage();
        }
    }

    rc = cli_engine_open(&e, packs, n);

    for (l = loads; l->name != NULL && rc == EXIT_CLEAN; l++) {

        if (strstr(l->name, only) == NULL) {
            continue;
        }

        if (build(&b, l, &src) != MCP_OK) {
            cli_error("no memory");
            rc = EXIT_BAD;
            break;
        }

        if (l->again) {
            mcp_scan_remember(e.scan);
        }

        rc = measure(&e, &b, l, seconds);
    }

    mcp_buf_free(&src.file);
    mcp_buf_free(&b);
    cli_engine_close(&e);

    return rc;
}
