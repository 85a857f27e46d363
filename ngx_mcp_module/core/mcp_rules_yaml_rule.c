/*
 * Reader of rule packs: the rules.
 *
 * A rule is filled member by member, in any order; what must or must not
 * stand together is checked when all of it was read, then the rule is added.
 */

#include "mcp_rules_yaml_int.h"

#include <stdlib.h>
#include <string.h>


#define MAX_EXAMPLES  256             /* of one rule                         */
#define MAX_ID        64


static mcp_rc_t
next_word(mcp_yaml_loader_t *ld, const char *what,
    int (*find)(const char *, size_t), int *out)
{
    mcp_rc_t  rc;

    rc = mcp_yaml_next(ld);

    return (rc == MCP_OK) ? mcp_yaml_word(ld, what, find, out) : rc;
}


/* Opens a sequence: the next event must start one. */
static mcp_rc_t
sequence(mcp_yaml_loader_t *ld, const char *what)
{
    mcp_rc_t  rc;

    rc = mcp_yaml_next(ld);

    if (rc == MCP_OK && ld->event.type != YAML_SEQUENCE_START_EVENT) {
        return mcp_yaml_fail(ld, line_of(ld), "\"%s\" must be a list", what);
    }

    return rc;
}


/* A list of words that are bits. */
static mcp_rc_t
bits(mcp_yaml_loader_t *ld, const char *what, const char *one,
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
        rc = mcp_yaml_next(ld);

        if (rc != MCP_OK) {
            return rc;
        }

        if (ld->event.type == YAML_SEQUENCE_END_EVENT) {
            break;
        }

        rc = mcp_yaml_word(ld, one, find, &bit);

        if (rc != MCP_OK) {
            return rc;
        }

        if (*out & bit) {
            return mcp_yaml_fail(ld, line_of(ld),
                                 "\"%s\" names the same twice", what);
        }

        *out |= (uint8_t) bit;
    }

    if (*out == 0) {
        return mcp_yaml_fail(ld, line_of(ld), "\"%s\" is empty", what);
    }

    return MCP_OK;
}


static mcp_rc_t
tags(mcp_yaml_loader_t *ld, const char **out)
{
    size_t       len;
    mcp_rc_t     rc;
    mcp_buf_t    buf;
    const char  *text;

    memset(&buf, 0, sizeof(buf));
    rc = sequence(ld, "tags");

    while (rc == MCP_OK) {
        rc = mcp_yaml_next(ld);

        if (rc != MCP_OK || ld->event.type == YAML_SEQUENCE_END_EVENT) {
            break;
        }

        rc = mcp_yaml_scalar(ld, "tags", &text, &len);

        if (rc == MCP_OK && (len == 0 || memchr(text, '\0', len) != NULL
                             || memchr(text, ',', len) != NULL))
        {
            rc = mcp_yaml_fail(ld, line_of(ld), "bad tag");
        }

        if (rc == MCP_OK && buf.len > 0
            && mcp_buf_append_byte(&buf, ',') != MCP_OK)
        {
            rc = mcp_yaml_no_memory(ld);
        }

        if (rc == MCP_OK && mcp_buf_append(&buf, text, len) != MCP_OK) {
            rc = mcp_yaml_no_memory(ld);
        }
    }

    if (rc == MCP_OK && buf.len > 0) {
        *out = mcp_rules_strdup(ld->rs, (char *) buf.data, buf.len);

        if (*out == NULL) {
            rc = mcp_yaml_no_memory(ld);
        }
    }

    mcp_buf_free(&buf);

    return rc;
}


static mcp_rc_t
example(mcp_yaml_loader_t *ld, mcp_rule_int_t *ri, int match)
{
    char           *copy;
    size_t          len;
    mcp_rc_t        rc;
    const char     *text;
    mcp_example_t  *e;

    rc = mcp_yaml_scalar(ld, "examples", &text, &len);

    if (rc != MCP_OK) {
        return rc;
    }

    if (len == 0) {
        return mcp_yaml_fail(ld, line_of(ld), "example is empty");
    }

    if (ri->examples_n == MAX_EXAMPLES) {
        return mcp_yaml_fail(ld, line_of(ld), "too many examples");
    }

    copy = mcp_rules_strdup(ld->rs, text, len);
    e = realloc(ri->examples, (ri->examples_n + 1) * sizeof(mcp_example_t));

    if (e != NULL) {
        ri->examples = e;
    }

    if (copy == NULL || e == NULL) {
        return mcp_yaml_no_memory(ld);
    }

    e = &ri->examples[ri->examples_n++];
    e->text.data = (unsigned char *) copy;
    e->text.len = len;
    e->match = match ? 1 : 0;

    return MCP_OK;
}


static mcp_rc_t
examples(mcp_yaml_loader_t *ld, mcp_rule_int_t *ri)
{
    static const mcp_yaml_member_t  members[] = {
        { "match", 1 },
        { "no_match", 2 },
        { NULL, 0 }
    };

    mcp_rc_t  rc;
    unsigned  seen, bit;

    rc = mcp_yaml_next(ld);

    if (rc == MCP_OK) {
        rc = mcp_yaml_mapping(ld, "examples");
    }

    if (rc != MCP_OK) {
        return rc;
    }

    seen = 0;

    for ( ;; ) {
        rc = mcp_yaml_member(ld, members, &seen, &bit);

        if (rc != MCP_FOUND) {
            return rc;
        }

        rc = sequence(ld, bit == 1 ? "match" : "no_match");

        while (rc == MCP_OK) {
            rc = mcp_yaml_next(ld);

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
rule_id(mcp_yaml_loader_t *ld, mcp_rule_t *rule)
{
    size_t             i, len;
    mcp_rc_t           rc;
    const char        *text, *id;
    const mcp_rule_t  *other;

    rc = mcp_yaml_next(ld);

    if (rc == MCP_OK) {
        rc = mcp_yaml_scalar(ld, "id", &text, &len);
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
        return mcp_yaml_fail(ld, line_of(ld), "bad id: 1 to %d of a-z 0-9 - _ ."
                             " are allowed", MAX_ID);
    }

    id = mcp_rules_strdup(ld->rs, text, len);

    if (id == NULL) {
        return mcp_yaml_no_memory(ld);
    }

    ld->id = id;
    rule->id = id;

    other = mcp_rules_find(ld->rs, id, len);

    if (other != NULL) {
        return mcp_yaml_fail(ld, line_of(ld),
                             "duplicate id, first used in %s:%u", other->file,
                             other->line);
    }

    return MCP_OK;
}


static mcp_rc_t
validators(mcp_yaml_loader_t *ld, mcp_rule_int_t *ri)
{
    char         buf[48];
    size_t       len, at_len;
    mcp_rc_t     rc;
    const char  *text, *at, *error;

    rc = mcp_yaml_next(ld);

    if (rc == MCP_OK) {
        rc = mcp_yaml_scalar(ld, "validate", &text, &len);
    }

    if (rc != MCP_OK) {
        return rc;
    }

    if (mcp_validators_parse(&ri->validators, text, len, &error, &at, &at_len)
        != MCP_OK)
    {
        return mcp_yaml_fail(ld, line_of(ld), "\"validate\": %s \"%s\"", error,
                             mcp_yaml_shown(at, at_len, buf, sizeof(buf)));
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
check_rule(mcp_yaml_loader_t *ld, const mcp_rule_t *rule, unsigned seen)
{
    unsigned  line = rule->line;

    if (!(seen & K_ID)) {
        return mcp_yaml_fail(ld, line, "rule without \"id\"");
    }

    if (!(seen & K_CATEGORY)) {
        return mcp_yaml_fail(ld, line, "\"category\" is missing");
    }

    if (!(seen & K_SURFACES)) {
        return mcp_yaml_fail(ld, line, "\"surfaces\" is missing");
    }

    if (!(seen & (K_PATTERN | K_JUDGE))) {
        return mcp_yaml_fail(ld, line, "\"pattern\" is missing");
    }

    if ((seen & K_PATTERN) && (seen & K_JUDGE)) {
        return mcp_yaml_fail(ld, line, "both \"pattern\" and \"judge\"");
    }

    if (!(seen & (K_ACTION | K_SIGNAL))) {
        return mcp_yaml_fail(ld, line, "\"action\" is missing");
    }

    if ((seen & K_ACTION) && (seen & K_SIGNAL)) {
        return mcp_yaml_fail(ld, line, "both \"action\" and \"signal\"");
    }

    if ((seen & K_VALIDATE) && !(seen & K_PATTERN)) {
        return mcp_yaml_fail(ld, line, "\"validate\" without \"pattern\"");
    }

    if ((seen & K_UNLESS) && !(seen & K_PATTERN)) {
        return mcp_yaml_fail(ld, line, "\"unless\" without \"pattern\"");
    }

    if ((seen & K_KINDS) && !(rule->surfaces & MCP_SURFACE_ARGUMENTS)) {
        return mcp_yaml_fail(ld, line, "\"kinds\" without the surface"
                             " \"arguments\"");
    }

    return MCP_OK;
}


static mcp_rc_t
rule_member(mcp_yaml_loader_t *ld, mcp_rule_t *rule, mcp_rule_int_t *ri,
    unsigned key, const char **unless, unsigned *pattern_line)
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
        rc = mcp_yaml_number(ld, "signal", MCP_MAX_SIGNAL, &rule->signal);

        if (rc == MCP_OK && rule->signal == 0) {
            return mcp_yaml_fail(ld, line_of(ld), "\"signal\" must not be 0");
        }

        return rc;

    case K_PATTERN:
        rc = mcp_yaml_string(ld, "pattern", &rule->pattern);
        *pattern_line = line_of(ld);
        return rc;

    case K_UNLESS:
        return mcp_yaml_string(ld, "unless", unless);

    case K_VALIDATE:
        return validators(ld, ri);

    case K_DESCRIPTION:
        return mcp_yaml_string(ld, "description", &rule->description);

    case K_TAGS:
        return tags(ld, &rule->tags);

    default: /* K_EXAMPLES */
        return examples(ld, ri);
    }
}


static mcp_rc_t
read_rule(mcp_yaml_loader_t *ld, mcp_rule_t *rule, mcp_rule_int_t *ri)
{
    static const mcp_yaml_member_t  members[] = {
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
        rc = mcp_yaml_member(ld, members, &seen, &key);

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
            return mcp_yaml_fail(ld, pattern_line,
                                 "%s (at %zu in the pattern)", why, at);
        }

        return mcp_yaml_fail(ld, pattern_line ? pattern_line : rule->line,
                             "%s%s", (unless != NULL && ri->code != NULL)
                                     ? "\"unless\": " : "", why);
    }

    return MCP_OK;
}


mcp_rc_t
mcp_yaml_rules(mcp_yaml_loader_t *ld)
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
        rc = mcp_yaml_next(ld);

        if (rc != MCP_OK) {
            return rc;
        }

        if (ld->event.type == YAML_SEQUENCE_END_EVENT) {
            return MCP_OK;
        }

        rc = mcp_yaml_mapping(ld, "rules");

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
