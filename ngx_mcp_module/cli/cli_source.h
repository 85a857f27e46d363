/*
 * Where messages come from: files of messages, captured event streams, rows
 * of a corpus, plain text.
 */

#ifndef MCP_CLI_SOURCE_H
#define MCP_CLI_SOURCE_H

#include "cli.h"

#include <jansson.h>


/* Forms of files that are taken beside messages and event streams. */
#define CLI_ROWS  0x01          /* of a corpus, one a line                   */
#define CLI_TEXT  0x02          /* anything else, as the text of results;
                                   an event stream is text then              */


/* One message to judge. */
typedef struct {
    const char           *where;       /* "file:12"                          */
    mcp_dir_t             dir;
    mcp_exchange_t        exchange;
    const unsigned char  *data;
    size_t                len;
    unsigned              event;       /* number on a stream, else 0         */
} cli_message_t;


/* A row of a corpus; strings belong to the JSON object. */
typedef struct {
    json_t               *json;
    const char           *id;
    const char           *surface;
    const char           *label;
    const char           *category;
    const char           *text;
    size_t                len;
} cli_row_t;


/* Gets each message; anything but EXIT_CLEAN ends the reading with that. */
typedef int (*cli_handler_pt)(void *data, const cli_message_t *m);

/*
 * Reads a file ("-": stdin) and hands over its messages, whatever form they
 * have: one JSON text, one on each line, an event stream, and forms.  from is
 * the direction, or -1: seen from each message.  Messages that are not valid
 * are handed over too.  EXIT_CLEAN, EXIT_BAD with a message, or what handler
 * returned.
 */
int cli_messages(cli_engine_t *e, const char *file, int from, unsigned forms,
    cli_handler_pt handler, void *data);

/* cli_judge() of a message that may be an event of a stream. */
mcp_rc_t cli_judge_message(cli_engine_t *e, const cli_message_t *m,
    mcp_verdict_t *v);

/*
 * Makes in b the result of a tool that carries a text, in strings of 4 KB;
 * m->where is left to the caller.
 */
int cli_text_message(const unsigned char *text, size_t len, mcp_buf_t *b,
    cli_message_t *m);

/* EXIT_BAD: not an object with id, surface and text. */
int cli_row_parse(cli_row_t *row, const unsigned char *line, size_t len);
void cli_row_free(cli_row_t *row);

/* Makes the message around a row's text in b; EXIT_BAD: unknown surface. */
int cli_row_message(const cli_row_t *row, mcp_buf_t *b, cli_message_t *m);

/*
 * Word of a verdict as a reader of verdicts sees it: block for whatever is
 * refused or withheld, else redact, flag, allow.
 */
const char *cli_row_verdict(cli_engine_t *e, const mcp_verdict_t *v);

#endif /* MCP_CLI_SOURCE_H */
