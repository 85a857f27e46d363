/*
 * Reader of rule packs (design.md 2.3).
 *
 * It works on libyaml's events, not on documents: aliases, which make bombs,
 * are refused when they show up, and what nests deeper than a pack may is
 * refused at its first event.  Every value is checked where it stands, so
 * that an error knows its line.
 */

#include "mcp_rules_int.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>


#define MAX_EXAMPLES  256             /* of one rule                         */
#define MAX_ID        64
#define MAX_COMBINE   1000


typedef struct {
    yaml_parser_t         parser;
    yaml_event_t          event;
    mcp_rules_t          *rs;
    mcp_rules_error_t    *err;
    const char           *file;       /* lives as long as the rules          */
    const char           *pack;
    const char           *id;         /* of the rule being read, or NULL     */
    unsigned              have_event:1;
} loader_t;

/* A member name of a mapping and the value that it was seen. */
typedef struct {
    const char           *name;
    unsigned              bit;
} member_t;


static unsigned
line_of(const loader_t *ld)
{
    return (unsigned) ld->event.start_mark.line + 1;
}


/*
 * Writes the error; text of the pack goes into it only where it is known to
 * be short and harmless (ids and names are checked before).
 */
static mcp_rc_t
fail(loader_t *ld, unsigned line, const char *fmt, ...)
{
    int      n;
    va_list  args;

    n = snprintf(ld->err->text, sizeof(ld->err->text), "%s:%u: ", ld->file,
                 line);

    if (ld->id != NULL && n > 0 && (size_t) n < sizeof(ld->err->text)) {
        n += snprintf(ld->err->text + n, sizeof(ld->err->text) - (size_t) n,
                      "rule \"%s\": ", ld->id);
    }

    if (n > 0 && (size_t) n < sizeof(ld->err->text)) {
        va_start(args, fmt);
        vsnprintf(ld->err->text + n, sizeof(ld->err->text) - (size_t) n, fmt,
                  args);
        va_end(args);
    }

    return MCP_ERROR;
}


static mcp_rc_t
no_memory(loader_t *ld)
{
    return fail(ld, line_of(ld), "out of memory");
}


static void
drop(loader_t *ld)
{
    if (ld->have_event) {
        yaml_event_delete(&ld->event);
        ld->have_event = 0;
    }
}


/* The next event in ld->event; what a pack must not have is refused here. */
static mcp_rc_t
next(loader_t *ld)
{
    yaml_char_t  *anchor, *tag;

    drop(ld);

    if (!yaml_parser_parse(&ld->parser, &ld->event)) {

        memset(&ld->event, 0, sizeof(yaml_event_t));

        if (ld->parser.error == YAML_MEMORY_ERROR) {
            return fail(ld, 1, "out of memory");
        }

        if (ld->parser.error == YAML_READER_ERROR) {
            return fail(ld, (unsigned) ld->parser.mark.line + 1,
                        "not valid UTF-8 text (byte %zu): %s",
                        ld->parser.problem_offset,
                        ld->parser.problem ? ld->parser.problem : "");
        }

        return fail(ld, (unsigned) ld->parser.problem_mark.line + 1,
                    "not valid YAML: %s",
                    ld->parser.problem ? ld->parser.problem : "");
    }

    ld->have_event = 1;
    anchor = NULL;
    tag = NULL;

    switch (ld->event.type) {

    case YAML_ALIAS_EVENT:
        return fail(ld, line_of(ld), "aliases are not supported");

    case YAML_SCALAR_EVENT:
        anchor = ld->event.data.scalar.anchor;
        tag = ld->event.data.scalar.tag;
        break;

    case YAML_SEQUENCE_START_EVENT:
        anchor = ld->event.data.sequence_start.anchor;
        tag = ld->event.data.sequence_start.tag;
        break;

    case YAML_MAPPING_START_EVENT:
        anchor = ld->event.data.mapping_start.anchor;
        tag = ld->event.data.mapping_start.tag;
        break;

    default:
        break;
    }

    if (anchor != NULL) {
        return fail(ld, line_of(ld), "anchors are not supported");
    }

    if (tag != NULL) {
        return fail(ld, line_of(ld), "tags are not supported");
    }

    return MCP_OK;
}


/* The current event must be a scalar; gives its text. */
static mcp_rc_t
scalar(loader_t *ld, const char *what, const char **text, size_t *len)
{
    *text = "";
    *len = 0;

    if (ld->event.type != YAML_SCALAR_EVENT) {
        return fail(ld, line_of(ld), "\"%s\" must be a string", what);
    }

    *text = (const char *) ld->event.data.scalar.value;
    *len = ld->event.data.scalar.length;

    return MCP_OK;
}


/* The same, copied; empty text and NUL bytes are refused. */
static mcp_rc_t
string(loader_t *ld, const char *what, const char **out)
{
    size_t       len;
    mcp_rc_t     rc;
    const char  *text;

    rc = next(ld);

    if (rc != MCP_OK) {
        return rc;
    }

    rc = scalar(ld, what, &text, &len);

    if (rc != MCP_OK) {
        return rc;
    }

    if (len == 0) {
        return fail(ld, line_of(ld), "\"%s\" is empty", what);
    }

    if (memchr(text, '\0', len) != NULL) {
        return fail(ld, line_of(ld), "\"%s\" holds a NUL", what);
    }

    *out = mcp_rules_strdup(ld->rs, text, len);

    return (*out != NULL) ? MCP_OK : no_memory(ld);
}


static mcp_rc_t
number(loader_t *ld, const char *what, unsigned max, unsigned *out)
{
    size_t       i, len;
    mcp_rc_t     rc;
    unsigned     n;
    const char  *text;

    rc = next(ld);

    if (rc != MCP_OK) {
        return rc;
    }

    rc = scalar(ld, what, &text, &len);

    if (rc != MCP_OK) {
        return rc;
    }

    for (i = 0, n = 0; i < len && len < 10; i++) {

        if (text[i] < '0' || text[i] > '9') {
            break;
        }

        n = n * 10 + (unsigned) (text[i] - '0');
    }

    if (len == 0 || i < len || n > max
        || ld->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
    {
        return fail(ld, line_of(ld), "\"%s\" must be a number from 0 to %u",
                    what, max);
    }

    *out = n;

    return MCP_OK;
}


/* Text of the pack as an error may show it: printable ASCII, cut. */
static const char *
shown(const char *text, size_t len, char *buf, size_t size)
{
    size_t  i;

    for (i = 0; i < len && i + 1 < size; i++) {
        buf[i] = (text[i] >= 0x20 && text[i] < 0x7f && text[i] != '"')
                 ? text[i] : '?';
    }

    buf[i] = '\0';

    return buf;
}


/*
 * The next member name of a mapping: MCP_FOUND with its bit, MCP_OK at the
 * end of the mapping.
 */
static mcp_rc_t
member(loader_t *ld, const member_t *members, unsigned *seen, unsigned *bit)
{
    char         buf[48];
    size_t       len;
    mcp_rc_t     rc;
    const char  *text;

    rc = next(ld);

    if (rc != MCP_OK) {
        return rc;
    }

    if (ld->event.type == YAML_MAPPING_END_EVENT) {
        return MCP_OK;
    }

    rc = scalar(ld, "key", &text, &len);

    if (rc != MCP_OK) {
        return rc;
    }

    for ( /* void */ ; members->name != NULL; members++) {

        if (strlen(members->name) != len
            || memcmp(members->name, text, len) != 0)
        {
            continue;
        }

        if (*seen & members->bit) {
            return fail(ld, line_of(ld), "\"%s\" is duplicate",
                        members->name);
        }

        *seen |= members->bit;
        *bit = members->bit;

        return MCP_FOUND;
    }

    return fail(ld, line_of(ld), "unknown key \"%s\"",
                shown(text, len, buf, sizeof(buf)));
}


/* A word of a closed list. */
static mcp_rc_t
word(loader_t *ld, const char *what, int (*find)(const char *, size_t),
    int *out)
{
    char         buf[48];
    size_t       len;
    mcp_rc_t     rc;
    const char  *text;

    rc = scalar(ld, what, &text, &len);

    if (rc != MCP_OK) {
        return rc;
    }

    *out = find(text, len);

    if (*out < 0) {
        return fail(ld, line_of(ld), "unknown %s \"%s\"", what,
                    shown(text, len, buf, sizeof(buf)));
    }

    return MCP_OK;
}


static mcp_rc_t
next_word(loader_t *ld, const char *what, int (*find)(const char *, size_t),
    int *out)
{
    mcp_rc_t  rc;

    rc = next(ld);

    return (rc == MCP_OK) ? word(ld, what, find, out) : rc;
}


/* Opens a sequence: the next event must start one. */
static mcp_rc_t
sequence(loader_t *ld, const char *what)
{
    mcp_rc_t  rc;

    rc = next(ld);

    if (rc == MCP_OK && ld->event.type != YAML_SEQUENCE_START_EVENT) {
        return fail(ld, line_of(ld), "\"%s\" must be a list", what);
    }

    return rc;
}


static mcp_rc_t
mapping(loader_t *ld, const char *what)
{
    if (ld->event.type != YAML_MAPPING_START_EVENT) {
        return fail(ld, line_of(ld), "\"%s\" must be a mapping", what);
    }

    return MCP_OK;
}


/* A list of words that are bits. */
static mcp_rc_t
bits(loader_t *ld, const char *what, const char *one,
    int (*find)(const char *, size_t), uint8_t *out)
{
    int       bit;
    mcp_rc_t  rc;

    *out = 0;
    rc = sequence(ld, what);

    if (rc != MCP_OK) {
        return rc;
    }

    for ( ;; ) {
        rc = next(ld);

        if (rc != MCP_OK) {
            return rc;
        }

        if (ld->event.type == YAML_SEQUENCE_END_EVENT) {
            break;
        }

        rc = word(ld, one, find, &bit);

        if (rc != MCP_OK) {
            return rc;
        }

        if (*out & bit) {
            return fail(ld, line_of(ld), "\"%s\" names the same twice", what);
        }

        *out |= (uint8_t) bit;
    }

    if (*out == 0) {
        return fail(ld, line_of(ld), "\"%s\" is empty", what);
    }

    return MCP_OK;
}


static mcp_rc_t
tags(loader_t *ld, const char **out)
{
    size_t       len;
    mcp_rc_t     rc;
    mcp_buf_t    buf;
    const char  *text;

    memset(&buf, 0, sizeof(buf));
    rc = sequence(ld, "tags");

    while (rc == MCP_OK) {
        rc = next(ld);

        if (rc != MCP_OK || ld->event.type == YAML_SEQUENCE_END_EVENT) {
            break;
        }

        rc = scalar(ld, "tags", &text, &len);

        if (rc == MCP_OK && (len == 0 || memchr(text, '\0', len) != NULL
                             || memchr(text, ',', len) != NULL))
        {
            rc = fail(ld, line_of(ld), "bad tag");
        }

        if (rc == MCP_OK && buf.len > 0
            && mcp_buf_append_byte(&buf, ',') != MCP_OK)
        {
            rc = no_memory(ld);
        }

        if (rc == MCP_OK && mcp_buf_append(&buf, text, len) != MCP_OK) {
            rc = no_memory(ld);
        }
    }

    if (rc == MCP_OK && buf.len > 0) {
        *out = mcp_rules_strdup(ld->rs, (char *) buf.data, buf.len);

        if (*out == NULL) {
            rc = no_memory(ld);
        }
    }

    mcp_buf_free(&buf);

    return rc;
}


static mcp_rc_t
example(loader_t *ld, mcp_rule_int_t *ri, int match)
{
    char           *copy;
    size_t          len;
    mcp_rc_t        rc;
    const char     *text;
    mcp_example_t  *e;

    rc = scalar(ld, "examples", &text, &len);

    if (rc != MCP_OK) {
        return rc;
    }

    if (len == 0) {
        return fail(ld, line_of(ld), "example is empty");
    }

    if (ri->examples_n == MAX_EXAMPLES) {
        return fail(ld, line_of(ld), "too many examples");
    }

    copy = mcp_rules_strdup(ld->rs, text, len);
    e = realloc(ri->examples, (ri->examples_n + 1) * sizeof(mcp_example_t));

    if (e != NULL) {
        ri->examples = e;
    }

    if (copy == NULL || e == NULL) {
        return no_memory(ld);
    }

    e = &ri->examples[ri->examples_n++];
    e->text.data = (unsigned char *) copy;
    e->text.len = len;
    e->match = match ? 1 : 0;

    return MCP_OK;
}


static mcp_rc_t
examples(loader_t *ld, mcp_rule_int_t *ri)
{
    static const member_t  members[] = {
        { "match", 1 },
        { "no_match", 2 },
        { NULL, 0 }
    };

    mcp_rc_t  rc;
    unsigned  seen, bit;

    rc = next(ld);

    if (rc == MCP_OK) {
        rc = mapping(ld, "examples");
    }

    if (rc != MCP_OK) {
        return rc;
    }

    seen = 0;

    for ( ;; ) {
        rc = member(ld, members, &seen, &bit);

        if (rc != MCP_FOUND) {
            return rc;
        }

        rc = sequence(ld, bit == 1 ? "match" : "no_match");

        while (rc == MCP_OK) {
            rc = next(ld);

            if (rc != MCP_OK || ld->event.type == YAML_SEQUENCE_END_EVENT) {
                break;
            }

            rc = example(ld, ri, bit == 1);
        }

        if (rc != MCP_OK) {
            return rc;
        }
    }
}


static mcp_rc_t
rule_id(loader_t *ld, mcp_rule_t *rule)
{
    size_t             i, len;
    mcp_rc_t           rc;
    const char        *text, *id;
    const mcp_rule_t  *other;

    rc = next(ld);

    if (rc == MCP_OK) {
        rc = scalar(ld, "id", &text, &len);
    }

    if (rc != MCP_OK) {
        return rc;
    }

    for (i = 0; i < len; i++) {

        if (!((text[i] >= 'a' && text[i] <= 'z')
              || (text[i] >= '0' && text[i] <= '9')
              || (i > 0 && (text[i] == '-' || text[i] == '_'
                            || text[i] == '.'))))
        {
            break;
        }
    }

    if (len == 0 || i < len || len > MAX_ID) {
        return fail(ld, line_of(ld), "bad id: 1 to %d of a-z 0-9 - _ ."
                    " are allowed", MAX_ID);
    }

    id = mcp_rules_strdup(ld->rs, text, len);

    if (id == NULL) {
        return no_memory(ld);
    }

    ld->id = id;
    rule->id = id;

    other = mcp_rules_find(ld->rs, id, len);

    if (other != NULL) {
        return fail(ld, line_of(ld), "duplicate id, first used in %s:%u",
                    other->file, other->line);
    }

    return MCP_OK;
}


static mcp_rc_t
validators(loader_t *ld, mcp_rule_int_t *ri)
{
    char         buf[48];
    size_t       len, at_len;
    mcp_rc_t     rc;
    const char  *text, *at, *error;

    rc = next(ld);

    if (rc == MCP_OK) {
        rc = scalar(ld, "validate", &text, &len);
    }

    if (rc != MCP_OK) {
        return rc;
    }

    if (mcp_validators_parse(&ri->validators, text, len, &error, &at, &at_len)
        != MCP_OK)
    {
        return fail(ld, line_of(ld), "\"validate\": %s \"%s\"", error,
                    shown(at, at_len, buf, sizeof(buf)));
    }

    return MCP_OK;
}


enum {
    K_ID = 1,
    K_CATEGORY = 2,
    K_SEVERITY = 4,
    K_SURFACES = 8,
    K_KINDS = 16,
    K_ACTION = 32,
    K_SIGNAL = 64,
    K_PATTERN = 128,
    K_JUDGE = 256,
    K_VALIDATE = 512,
    K_DESCRIPTION = 1024,
    K_TAGS = 2048,
    K_EXAMPLES = 4096,
    K_UNLESS = 8192
};


/* The rule is complete: what belongs together is there. */
static mcp_rc_t
check_rule(loader_t *ld, const mcp_rule_t *rule, unsigned seen)
{
    unsigned  line = rule->line;

    if (!(seen & K_ID)) {
        return fail(ld, line, "rule without \"id\"");
    }

    if (!(seen & K_CATEGORY)) {
        return fail(ld, line, "\"category\" is missing");
    }

    if (!(seen & K_SURFACES)) {
        return fail(ld, line, "\"surfaces\" is missing");
    }

    if (!(seen & (K_PATTERN | K_JUDGE))) {
        return fail(ld, line, "\"pattern\" is missing");
    }

    if ((seen & K_PATTERN) && (seen & K_JUDGE)) {
        return fail(ld, line, "both \"pattern\" and \"judge\"");
    }

    if (!(seen & (K_ACTION | K_SIGNAL))) {
        return fail(ld, line, "\"action\" is missing");
    }

    if ((seen & K_ACTION) && (seen & K_SIGNAL)) {
        return fail(ld, line, "both \"action\" and \"signal\"");
    }

    if ((seen & K_VALIDATE) && !(seen & K_PATTERN)) {
        return fail(ld, line, "\"validate\" without \"pattern\"");
    }

    if ((seen & K_UNLESS) && !(seen & K_PATTERN)) {
        return fail(ld, line, "\"unless\" without \"pattern\"");
    }

    if ((seen & K_KINDS) && !(rule->surfaces & MCP_SURFACE_ARGUMENTS)) {
        return fail(ld, line, "\"kinds\" without the surface \"arguments\"");
    }

    return MCP_OK;
}


static mcp_rc_t
rule_member(loader_t *ld, mcp_rule_t *rule, mcp_rule_int_t *ri, unsigned key,
    const char **unless, unsigned *pattern_line)
{
    int       value;
    mcp_rc_t  rc;

    switch (key) {

    case K_ID:
        return rule_id(ld, rule);

    case K_CATEGORY:
        rc = next_word(ld, "category", mcp_category_find, &value);

        if (rc == MCP_OK) {
            rule->category = (mcp_category_t) value;
        }

        return rc;

    case K_SEVERITY:
        rc = next_word(ld, "severity", mcp_severity_find, &value);

        if (rc == MCP_OK) {
            rule->severity = (mcp_severity_t) value;
        }

        return rc;

    case K_ACTION:
        rc = next_word(ld, "action", mcp_action_find, &value);

        if (rc == MCP_OK) {
            rule->action = (mcp_action_t) value;
        }

        return rc;

    case K_JUDGE:
        rc = next_word(ld, "judge", mcp_judge_find, &value);

        if (rc == MCP_OK) {
            rule->judge = (mcp_judge_t) value;
        }

        return rc;

    case K_SURFACES:
        return bits(ld, "surfaces", "surface", mcp_surface_find,
                    &rule->surfaces);

    case K_KINDS:
        return bits(ld, "kinds", "kind", mcp_kind_find, &rule->kinds);

    case K_SIGNAL:
        rc = number(ld, "signal", MCP_MAX_SIGNAL, &rule->signal);

        if (rc == MCP_OK && rule->signal == 0) {
            return fail(ld, line_of(ld), "\"signal\" must not be 0");
        }

        return rc;

    case K_PATTERN:
        rc = string(ld, "pattern", &rule->pattern);
        *pattern_line = line_of(ld);
        return rc;

    case K_UNLESS:
        return string(ld, "unless", unless);

    case K_VALIDATE:
        return validators(ld, ri);

    case K_DESCRIPTION:
        return string(ld, "description", &rule->description);

    case K_TAGS:
        return tags(ld, &rule->tags);

    default: /* K_EXAMPLES */
        return examples(ld, ri);
    }
}


static mcp_rc_t
read_rule(loader_t *ld, mcp_rule_t *rule, mcp_rule_int_t *ri)
{
    static const member_t  members[] = {
        { "id", K_ID },
        { "category", K_CATEGORY },
        { "severity", K_SEVERITY },
        { "surfaces", K_SURFACES },
        { "kinds", K_KINDS },
        { "action", K_ACTION },
        { "signal", K_SIGNAL },
        { "pattern", K_PATTERN },
        { "unless", K_UNLESS },
        { "judge", K_JUDGE },
        { "validate", K_VALIDATE },
        { "description", K_DESCRIPTION },
        { "tags", K_TAGS },
        { "examples", K_EXAMPLES },
        { NULL, 0 }
    };

    size_t       at;
    mcp_rc_t     rc;
    unsigned     seen, key, pattern_line;
    const char  *why, *unless;

    seen = 0;
    pattern_line = 0;
    unless = NULL;

    rule->file = ld->file;
    rule->pack = ld->pack;
    rule->line = line_of(ld);
    rule->kinds = MCP_KIND_ALL;

    for ( ;; ) {
        rc = member(ld, members, &seen, &key);

        if (rc == MCP_FOUND) {
            rc = rule_member(ld, rule, ri, key, &unless, &pattern_line);
        } else {
            break;
        }

        if (rc != MCP_OK) {
            return rc;
        }
    }

    if (rc == MCP_OK) {
        rc = check_rule(ld, rule, seen);
    }

    if (rc != MCP_OK) {
        return rc;
    }

    if (!(seen & K_SEVERITY)) {
        rule->severity = (rule->action >= MCP_ACTION_REDACT) ? MCP_SEV_HIGH
                         : rule->signal ? MCP_SEV_LOW : MCP_SEV_MEDIUM;
    }

    if (mcp_rules_add(ld->rs, rule, unless, ri, &why, &at) != MCP_OK) {

        if (at != SIZE_MAX) {
            return fail(ld, pattern_line, "%s (at %zu in the pattern)", why,
                        at);
        }

        return fail(ld, pattern_line ? pattern_line : rule->line, "%s%s",
                    (unless != NULL && ri->code != NULL) ? "\"unless\": " : "",
                    why);
    }

    return MCP_OK;
}


static mcp_rc_t
read_rules(loader_t *ld)
{
    mcp_rc_t        rc;
    mcp_rule_t      rule;
    mcp_rule_int_t  ri;

    rc = sequence(ld, "rules");

    if (rc != MCP_OK) {
        return rc;
    }

    for ( ;; ) {
        ld->id = NULL;
        rc = next(ld);

        if (rc != MCP_OK) {
            return rc;
        }

        if (ld->event.type == YAML_SEQUENCE_END_EVENT) {
            return MCP_OK;
        }

        rc = mapping(ld, "rules");

        if (rc != MCP_OK) {
            return rc;
        }

        memset(&rule, 0, sizeof(rule));
        memset(&ri, 0, sizeof(ri));

        rc = read_rule(ld, &rule, &ri);

        if (rc != MCP_OK) {
            mcp_rule_int_free(&ri);
            return rc;
        }
    }
}


static mcp_rc_t
read_combine(loader_t *ld)
{
    static const member_t  members[] = {
        { "flag", 1 },
        { "block", 2 },
        { NULL, 0 }
    };

    int            category;
    mcp_rc_t       rc;
    unsigned       seen, bit, *value, line;
    mcp_combine_t  c;

    rc = next(ld);

    if (rc == MCP_OK) {
        rc = mapping(ld, "combine");
    }

    if (rc != MCP_OK) {
        return rc;
    }

    for ( ;; ) {
        rc = next(ld);

        if (rc != MCP_OK || ld->event.type == YAML_MAPPING_END_EVENT) {
            return rc;
        }

        line = line_of(ld);
        rc = word(ld, "category", mcp_category_find, &category);

        if (rc == MCP_OK) {
            rc = next(ld);
        }

        if (rc == MCP_OK) {
            rc = mapping(ld, "combine");
        }

        if (rc != MCP_OK) {
            return rc;
        }

        memset(&c, 0, sizeof(c));
        seen = 0;

        while ((rc = member(ld, members, &seen, &bit)) == MCP_FOUND) {
            value = (bit == 1) ? &c.flag : &c.block;
            rc = number(ld, bit == 1 ? "flag" : "block", MAX_COMBINE, value);

            if (rc != MCP_OK) {
                return rc;
            }
        }

        if (rc != MCP_OK) {
            return rc;
        }

        if (c.flag != 0 && c.block != 0 && c.block < c.flag) {
            return fail(ld, line, "\"combine\": \"block\" is less than"
                        " \"flag\"");
        }

        if (ld->rs->combine_pack[category] != NULL) {
            return fail(ld, line, "\"combine\" for \"%s\" is set by pack"
                        " \"%s\" already",
                        mcp_category_name((mcp_category_t) category),
                        ld->rs->combine_pack[category]);
        }

        ld->rs->combine[category] = c;
        ld->rs->combine_pack[category] = ld->pack;
    }
}


static mcp_rc_t
read_pack(loader_t *ld)
{
    static const member_t  members[] = {
        { "pack", 1 },
        { "version", 2 },
        { "combine", 4 },
        { "rules", 8 },
        { "description", 16 },
        { NULL, 0 }
    };

    mcp_rc_t     rc;
    unsigned     seen, bit, n;
    const char  *text;

    if (ld->event.type != YAML_MAPPING_START_EVENT) {
        return fail(ld, line_of(ld), "a pack must be a mapping with"
                    " \"rules\"");
    }

    seen = 0;

    for ( ;; ) {
        ld->id = NULL;
        rc = member(ld, members, &seen, &bit);

        if (rc != MCP_FOUND) {
            break;
        }

        switch (bit) {

        case 1:
            if (seen & (4 | 8)) {
                return fail(ld, line_of(ld), "\"pack\" must stand before"
                            " \"combine\" and \"rules\"");
            }

            rc = string(ld, "pack", &ld->pack);
            break;

        case 2:
            rc = number(ld, "version", 1000000, &n);
            break;

        case 4:
            rc = read_combine(ld);
            break;

        case 8:
            rc = read_rules(ld);
            break;

        default:
            rc = string(ld, "description", &text);
        }

        if (rc != MCP_OK) {
            return rc;
        }
    }

    if (rc == MCP_OK && !(seen & 8)) {
        return fail(ld, line_of(ld), "\"rules\" is missing");
    }

    return rc;
}


static mcp_rc_t
read_stream(loader_t *ld)
{
    mcp_rc_t  rc;

    rc = next(ld);                              /* start of the stream       */

    if (rc == MCP_OK) {
        rc = next(ld);
    }

    if (rc == MCP_OK && ld->event.type != YAML_DOCUMENT_START_EVENT) {
        return fail(ld, line_of(ld), "pack is empty");
    }

    if (rc == MCP_OK) {
        rc = next(ld);
    }

    if (rc == MCP_OK) {
        rc = read_pack(ld);
    }

    if (rc == MCP_OK) {
        rc = next(ld);                          /* end of the document       */
    }

    if (rc == MCP_OK) {
        rc = next(ld);
    }

    if (rc == MCP_OK && ld->event.type != YAML_STREAM_END_EVENT) {
        return fail(ld, line_of(ld), "more than one document");
    }

    return rc;
}


mcp_rc_t
mcp_rules_load(mcp_rules_t *rs, const mcp_pack_source_t *pack,
    mcp_rules_error_t *err)
{
    mcp_rc_t   rc;
    loader_t   ld;

    memset(&ld, 0, sizeof(ld));

    ld.rs = rs;
    ld.err = err;
    ld.file = pack->name;

    err->text[0] = '\0';

    if (rs->failed || rs->compiled) {
        return fail(&ld, 1, "rules are %s already",
                    rs->failed ? "unusable" : "compiled");
    }

    rs->failed = 1;

    if (pack->len > MCP_RULES_FILE_MAX) {
        return fail(&ld, 1, "pack is larger than %u bytes",
                    MCP_RULES_FILE_MAX);
    }

    ld.file = mcp_rules_strdup(rs, pack->name, strlen(pack->name));

    if (ld.file == NULL) {
        ld.file = pack->name;
        return fail(&ld, 1, "out of memory");
    }

    ld.pack = ld.file;

    if (!yaml_parser_initialize(&ld.parser)) {
        return fail(&ld, 1, "out of memory");
    }

    yaml_parser_set_encoding(&ld.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&ld.parser, pack->data, pack->len);

    rc = read_stream(&ld);

    drop(&ld);
    yaml_parser_delete(&ld.parser);

    if (rc == MCP_OK) {
        rs->failed = 0;
    }

    return rc;
}


mcp_rc_t
mcp_rules_load_file(mcp_rules_t *rs, const char *path, mcp_rules_error_t *err)
{
    FILE               *f;
    size_t              n;
    mcp_rc_t            rc;
    unsigned char      *data;
    mcp_pack_source_t   pack;

    f = fopen(path, "rb");

    if (f == NULL) {
        snprintf(err->text, sizeof(err->text), "%s: cannot be opened: %s",
                 path, strerror(errno));
        rs->failed = 1;
        return MCP_ERROR;
    }

    data = malloc(MCP_RULES_FILE_MAX + 1);

    if (data == NULL) {
        fclose(f);
        snprintf(err->text, sizeof(err->text), "%s: out of memory", path);
        rs->failed = 1;
        return MCP_ERROR;
    }

    n = fread(data, 1, MCP_RULES_FILE_MAX + 1, f);

    if (ferror(f)) {
        snprintf(err->text, sizeof(err->text), "%s: cannot be read: %s",
                 path, strerror(errno));
        rs->failed = 1;
        rc = MCP_ERROR;

    } else {
        pack.name = path;
        pack.data = data;
        pack.len = n;

        rc = mcp_rules_load(rs, &pack, err);
    }

    fclose(f);
    free(data);

    return rc;
}


mcp_rc_t
mcp_rules_load_builtin(mcp_rules_t *rs, mcp_rules_error_t *err)
{
    size_t    i;
    mcp_rc_t  rc;

    for (i = 0; i < mcp_builtin_packs_n; i++) {
        rc = mcp_rules_load(rs, &mcp_builtin_packs[i], err);

        if (rc != MCP_OK) {
            return rc;
        }
    }

    return MCP_OK;
}
