/*
 * mcpctl: the engine on the command line (design.md 2.4).
 */

#ifndef MCP_CLI_H
#define MCP_CLI_H

#define _POSIX_C_SOURCE  200809L         /* clock_gettime(), isatty()        */

#include "mcp_inspect.h"

#include <stdio.h>


#define MCPCTL_VERSION  "0.1.0"

/* Exit codes of all commands. */
#define EXIT_CLEAN      0        /* nothing found, all as it should be       */
#define EXIT_FINDINGS   1        /* something found, a check failed          */
#define EXIT_BAD        2        /* bad input, bad usage, no memory          */


/* An engine with rules, ready to judge. */
typedef struct {
    mcp_rules_t      *rules;
    mcp_scan_t       *scan;
    mcp_inspector_t  *inspector;
    mcp_policy_t      policy;
    mcp_tail_t        tail;          /* of a stream                          */
    int               on_stream;     /* messages follow each other           */
} cli_engine_t;


/*
 * Loads packs ("default" or none: the built-in ones; else files, directories)
 * and compiles them.  Errors go to stderr.  0, or EXIT_BAD.
 */
int cli_engine_open(cli_engine_t *e, char **packs, size_t n);
void cli_engine_close(cli_engine_t *e);

/*
 * Judges one message.  exchange may be NULL.  *v is always filled; MCP_ERROR:
 * not a valid message.
 */
mcp_rc_t cli_judge(cli_engine_t *e, mcp_dir_t dir,
    const mcp_exchange_t *exchange, const unsigned char *data, size_t len,
    mcp_verdict_t *v);

/* Word of a verdict: block, redact, flag, allow, deny, invalid. */
const char *cli_verdict_word(const mcp_verdict_t *v);

/* Reads a file ("-": stdin) whole; 0 or EXIT_BAD with a message. */
int cli_read_file(const char *path, mcp_buf_t *out);

/* The next line of buf from *pos, without its end; 0: no more. */
int cli_line(const mcp_buf_t *buf, size_t *pos, const unsigned char **line,
    size_t *len);

void cli_error(const char *fmt, ...);

/* Shows how far a long input is, on a terminal only; done == total ends it. */
void cli_progress(const char *what, size_t done, size_t total);


typedef struct {
    const char  *name;
    int        (*run)(int argc, char **argv);
    const char  *usage;
    const char  *help;
} cli_command_t;

/* Appends len bytes and more of harmless text, not ASCII if unicode. */
mcp_rc_t cli_words(mcp_buf_t *b, size_t len, int unicode, uint32_t *seed);

/* Seconds of this process on a core: what else the machine does is left out. */
double cli_cpu_time(void);

/* Nanoseconds of a clock that is read at little cost. */
uint64_t cli_clock(void);

int cmd_inspect(int argc, char **argv);
int cmd_corpus(int argc, char **argv);
int cmd_score(int argc, char **argv);
int cmd_rules(int argc, char **argv);
int cmd_bench(int argc, char **argv);

int cmd_rules_bench(int argc, char **argv);
int cmd_rules_diff(int argc, char **argv);

/*
 * Runs the command of the list that argv[0] names, or shows the list; name is
 * what stands before it.
 */
int cli_run(const char *name, const cli_command_t *list, int argc,
    char **argv);

/* Prints the usage of the command that is running; returns EXIT_BAD. */
int cli_usage(void);

/*
 * Walks options.  *arg is set to the value of an option that has one.
 * Returns the long name, "" for an operand (in *arg), NULL at the end.
 * -r and --rules are the same; unknown options end with a message: "?".
 */
typedef struct {
    int     argc;
    char  **argv;
    int     pos;
    int     only_operands;
} cli_args_t;

const char *cli_next(cli_args_t *a, const char *const *with_value,
    const char *const *flags, char **arg);

#endif /* MCP_CLI_H */
