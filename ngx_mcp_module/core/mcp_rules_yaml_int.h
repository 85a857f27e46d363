/*
 * Inside the reader of rule packs: how its two halves, the pack with its head
 * (mcp_rules_yaml.c) and the rules in it (mcp_rules_yaml_rule.c), read values
 * and say what is wrong with them.
 *
 * All functions: MCP_ERROR has written the error, with file and line.
 */

#ifndef MCP_RULES_YAML_INT_H
#define MCP_RULES_YAML_INT_H

#include "mcp_rules_int.h"

#include <yaml.h>


typedef struct {
    yaml_parser_t         parser;
    yaml_event_t          event;
    mcp_rules_t          *rs;
    mcp_rules_error_t    *err;
    const char           *file;       /* lives as long as the rules          */
    const char           *pack;
    const char           *id;         /* of the rule being read, or NULL     */
    unsigned              have_event:1;
} mcp_yaml_loader_t;

/* A member name of a mapping and the bit that says it was seen. */
typedef struct {
    const char           *name;
    unsigned              bit;
} mcp_yaml_member_t;


static inline unsigned
line_of(const mcp_yaml_loader_t *ld)
{
    return (unsigned) ld->event.start_mark.line + 1;
}


/*
 * Writes the error and returns MCP_ERROR; text of the pack goes into it only
 * where it is known to be short and harmless (ids and names are checked
 * before, other text goes through mcp_yaml_shown()).
 */
mcp_rc_t mcp_yaml_fail(mcp_yaml_loader_t *ld, unsigned line, const char *fmt,
    ...);
mcp_rc_t mcp_yaml_no_memory(mcp_yaml_loader_t *ld);

/* Text of the pack as an error may show it: printable ASCII, cut to size. */
const char *mcp_yaml_shown(const char *text, size_t len, char *buf,
    size_t size);

/* The next event in ld->event; what a pack must not have is refused here. */
mcp_rc_t mcp_yaml_next(mcp_yaml_loader_t *ld);

/*
 * The current event must be a scalar, a word of a closed list or the start of
 * a mapping; what: the name that the error gives it.  The text lives until
 * the next event and may hold NUL; find returns a number or -1.
 */
mcp_rc_t mcp_yaml_scalar(mcp_yaml_loader_t *ld, const char *what,
    const char **text, size_t *len);
mcp_rc_t mcp_yaml_word(mcp_yaml_loader_t *ld, const char *what,
    int (*find)(const char *, size_t), int *out);
mcp_rc_t mcp_yaml_mapping(mcp_yaml_loader_t *ld, const char *what);

/*
 * The next event must be a string, neither empty nor with NUL (it is copied
 * and lives as long as the rules), or a number from 0 to max.
 */
mcp_rc_t mcp_yaml_string(mcp_yaml_loader_t *ld, const char *what,
    const char **out);
mcp_rc_t mcp_yaml_number(mcp_yaml_loader_t *ld, const char *what,
    unsigned max, unsigned *out);

/*
 * The next member name of a mapping, one of members (up to a NULL name) and
 * none that *seen has: MCP_FOUND with its bit, MCP_OK at the end of the
 * mapping.
 */
mcp_rc_t mcp_yaml_member(mcp_yaml_loader_t *ld,
    const mcp_yaml_member_t *members, unsigned *seen, unsigned *bit);

/* The value of "rules": reads them all and adds them to ld->rs. */
mcp_rc_t mcp_yaml_rules(mcp_yaml_loader_t *ld);

#endif /* MCP_RULES_YAML_INT_H */
