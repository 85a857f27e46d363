/*
 * Commands as a shell reads them: what the shell judge is made of.
 */

#ifndef MCP_SHELL_H
#define MCP_SHELL_H

#include <stddef.h>


#define MCP_SHELL_VALUE  2048     /* bytes of a value that are read          */
#define MCP_SHELL_WORD   48       /* bytes of a word, zero ended             */


/* How sure it is that a command stands somewhere. */
typedef enum {
    MCP_SHELL_NONE = 0,
    MCP_SHELL_WEAK,               /* a command word, nothing more            */
    MCP_SHELL_FAIR,               /* with what belongs to a command          */
    MCP_SHELL_STRONG              /* with what belongs to an attack          */
} mcp_shell_sure_t;


typedef struct {
    unsigned char  b[MCP_SHELL_VALUE + 1];    /* decoded, zero ended         */
    size_t         n;
    size_t         close;             /* behind the last ')'                 */
    unsigned       depth;             /* groups that are open                */
    unsigned       url:1;             /* begins with a scheme                */
    unsigned       list:1;            /* words and one kind of separator     */
    unsigned       text:1;            /* running text                        */
} mcp_shell_t;


/*
 * Does the value, from i on, begin with word?  Lower case in word matches
 * both cases.
 */
int mcp_shell_begins(const mcp_shell_t *v, size_t i, const char *word);

/*
 * A word of the shell at i, in lower case; letters that quotes, backslashes
 * and carets part are joined, *splits counts those.  Returns where it ends.
 */
size_t mcp_shell_word(const mcp_shell_t *v, size_t i, char *word,
    unsigned *splits);

/* 1: a command that is known, or a program by its path. */
int mcp_shell_is_command(const char *word);

/* 1: a place that the commands of attacks read, write or run begins at i. */
int mcp_shell_is_place(const mcp_shell_t *v, size_t i);

/*
 * Is there a command at i?  *next, if not NULL, becomes where its word ends.
 */
mcp_shell_sure_t mcp_shell_command(const mcp_shell_t *v, size_t i,
    size_t *next);

#endif /* MCP_SHELL_H */
