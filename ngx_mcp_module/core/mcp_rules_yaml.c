/*
 * Reader of rule packs (design.md 2.3): events, values, the head of a pack.
 *
 * It works on libyaml's events, not on documents: aliases, which make bombs,
 * are refused when they show up, and what nests deeper than a pack may is
 * refused at its first event.  Every value is checked where it stands, so
 * that an error knows its line.
 */

#include "mcp_rules_yaml_int.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define MAX_COMBINE   1000


/*
 * Writes the error; text of the pack goes into it only where it is known to
 * be short and harmless (ids and names are checked before).
 */
mcp_rc_t
mcp_yaml_fail(mcp_yaml_loader_t *ld, unsigned line, const char *fmt, ...)
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


mcp_rc_t
mcp_yaml_no_memory(mcp_yaml_loader_t *ld)
{
    return mcp_yaml_fail(ld, line_of(ld), "out of memory");
}


static void
drop(mcp_yaml_loader_t *ld)
{
    if (ld->have_event) {
        yaml_event_delete(&ld->event);
        ld->have_event = 0;
    }
}


/* The reader of libyaml works ahead and does not know the line it fails in. */
static unsigned
line_of_byte(const mcp_yaml_loader_t *ld)
{
    size_t                i;
    unsigned              line;
    const unsigned char  *p, *end;

    p = ld->parser.input.string.start;
    end = ld->parser.input.string.end;
    line = 1;

    for (i = 0; i < ld->parser.problem_offset && p + i < end; i++) {
        line += p[i] == '\n';
    }

    return line;
}


/* The next event in ld->event; what a pack must not have is refused here. */
mcp_rc_t
mcp_yaml_next(mcp_yaml_loader_t *ld)
{
    yaml_char_t  *anchor, *tag;

    drop(ld);

    if (!yaml_parser_parse(&ld->parser, &ld->event)) {

        memset(&ld->event, 0, sizeof(yaml_event_t));

        if (ld->parser.error == YAML_MEMORY_ERROR) {
            return mcp_yaml_fail(ld, 1, "out of memory");
        }

        if (ld->parser.error == YAML_READER_ERROR) {
            return mcp_yaml_fail(ld, line_of_byte(ld),
                                 "not valid UTF-8 text (byte %zu): %s",
                                 ld->parser.problem_offset,
                                 ld->parser.problem ? ld->parser.problem : "");
        }

        return mcp_yaml_fail(ld, (unsigned) ld->parser.problem_mark.line + 1,
                             "not valid YAML: %s",
                             ld->parser.problem ? ld->parser.problem : "");
    }

    ld->have_event = 1;
    anchor = NULL;
    tag = NULL;

    switch (ld->event.type) {

    case YAML_ALIAS_EVENT:
        return mcp_yaml_fail(ld, line_of(ld), "aliases are not supported");

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
        return mcp_yaml_fail(ld, line_of(ld), "anchors are not supported");
    }

    if (tag != NULL) {
        return mcp_yaml_fail(ld, line_of(ld), "tags are not supported");
    }

    return MCP_OK;
}


/* The current event must be a scalar; gives its text. */
mcp_rc_t
mcp_yaml_scalar(mcp_yaml_loader_t *ld, const char *what, const char **text,
    size_t *len)
{
    *text = "";
    *len = 0;

    if (ld->event.type != YAML_SCALAR_EVENT) {
        return mcp_yaml_fail(ld, line_of(ld), "\"%s\" must be a string", what);
    }

    *text = (const char *) ld->event.data.scalar.value;
    *len = ld->event.data.scalar.length;

    return MCP_OK;
}


/* The same, copied; empty text and NUL bytes are refused. */
mcp_rc_t
mcp_yaml_string(mcp_yaml_loader_t *ld, const char *what, const char **out)
{
    size_t       len;
    mcp_rc_t     rc;
    const char  *text;

    rc = mcp_yaml_next(ld);

    if (rc != MCP_OK) {
        return rc;
    }

    rc = mcp_yaml_scalar(ld, what, &text, &len);

    if (rc != MCP_OK) {
        return rc;
    }

    if (len == 0) {
        return mcp_yaml_fail(ld, line_of(ld), "\"%s\" is empty", what);
    }

    if (memchr(text, '\0', len) != NULL) {
        return mcp_yaml_fail(ld, line_of(ld), "\"%s\" holds a NUL", what);
    }

    *out = mcp_rules_strdup(ld->rs, text, len);

    return (*out != NULL) ? MCP_OK : mcp_yaml_no_memory(ld);
}


mcp_rc_t
mcp_yaml_number(mcp_yaml_loader_t *ld, const char *what, unsigned max,
    unsigned *out)
{
    size_t       i, len;
    mcp_rc_t     rc;
    unsigned     n;
    const char  *text;

    rc = mcp_yaml_next(ld);

    if (rc != MCP_OK) {
        return rc;
    }

    rc = mcp_yaml_scalar(ld, what, &text, &len);

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
        return mcp_yaml_fail(ld, line_of(ld),
                             "\"%s\" must be a number from 0 to %u", what,
                             max);
    }

    *out = n;

    return MCP_OK;
}


/* Text of the pack as an error may show it: printable ASCII, cut. */
const char *
mcp_yaml_shown(const char *text, size_t len, char *buf, size_t size)
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
mcp_rc_t
mcp_yaml_member(mcp_yaml_loader_t *ld, const mcp_yaml_member_t *members,
    unsigned *seen, unsigned *bit)
{
    char         buf[48];
    size_t       len;
    mcp_rc_t     rc;
    const char  *text;

    rc = mcp_yaml_next(ld);

    if (rc != MCP_OK) {
        return rc;
    }

    if (ld->event.type == YAML_MAPPING_END_EVENT) {
        return MCP_OK;
    }

    rc = mcp_yaml_scalar(ld, "key", &text, &len);

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
            return mcp_yaml_fail(ld, line_of(ld), "\"%s\" is duplicate",
                                 members->name);
        }

        *seen |= members->bit;
        *bit = members->bit;

        return MCP_FOUND;
    }

    return mcp_yaml_fail(ld, line_of(ld), "unknown key \"%s\"",
                         mcp_yaml_shown(text, len, buf, sizeof(buf)));
}


/* A word of a closed list. */
mcp_rc_t
mcp_yaml_word(mcp_yaml_loader_t *ld, const char *what,
    int (*find)(const char *, size_t), int *out)
{
    char         buf[48];
    size_t       len;
    mcp_rc_t     rc;
    const char  *text;

    rc = mcp_yaml_scalar(ld, what, &text, &len);

    if (rc != MCP_OK) {
        return rc;
    }

    *out = find(text, len);

    if (*out < 0) {
        return mcp_yaml_fail(ld, line_of(ld), "unknown %s \"%s\"", what,
                             mcp_yaml_shown(text, len, buf, sizeof(buf)));
    }

    return MCP_OK;
}


mcp_rc_t
mcp_yaml_mapping(mcp_yaml_loader_t *ld, const char *what)
{
    if (ld->event.type != YAML_MAPPING_START_EVENT) {
        return mcp_yaml_fail(ld, line_of(ld), "\"%s\" must be a mapping", what);
    }

    return MCP_OK;
}


static mcp_rc_t
read_combine(mcp_yaml_loader_t *ld)
{
    static const mcp_yaml_member_t  members[] = {
        { "flag", 1 },
        { "block", 2 },
        { NULL, 0 }
    };

    int            category;
    mcp_rc_t       rc;
    unsigned       seen, bit, *value, line;
    mcp_combine_t  c;

    rc = mcp_yaml_next(ld);

    if (rc == MCP_OK) {
        rc = mcp_yaml_mapping(ld, "combine");
    }

    if (rc != MCP_OK) {
        return rc;
    }

    for ( ;; ) {
        rc = mcp_yaml_next(ld);

        if (rc != MCP_OK || ld->event.type == YAML_MAPPING_END_EVENT) {
            return rc;
        }

        line = line_of(ld);
        rc = mcp_yaml_word(ld, "category", mcp_category_find, &category);

        if (rc == MCP_OK) {
            rc = mcp_yaml_next(ld);
        }

        if (rc == MCP_OK) {
            rc = mcp_yaml_mapping(ld, "combine");
        }

        if (rc != MCP_OK) {
            return rc;
        }

        memset(&c, 0, sizeof(c));
        seen = 0;

        while ((rc = mcp_yaml_member(ld, members, &seen, &bit)) == MCP_FOUND) {
            value = (bit == 1) ? &c.flag : &c.block;
            rc = mcp_yaml_number(ld, bit == 1 ? "flag" : "block", MAX_COMBINE,
                                 value);

            if (rc != MCP_OK) {
                return rc;
            }
        }

        if (rc != MCP_OK) {
            return rc;
        }

        if (c.flag != 0 && c.block != 0 && c.block < c.flag) {
            return mcp_yaml_fail(ld, line, "\"combine\": \"block\" is less than"
                                 " \"flag\"");
        }

        if (ld->rs->combine_pack[category] != NULL) {
            return mcp_yaml_fail(ld, line, "\"combine\" for \"%s\" is set by"
                                 " pack \"%s\" already",
                                 mcp_category_name((mcp_category_t) category),
                                 ld->rs->combine_pack[category]);
        }

        ld->rs->combine[category] = c;
        ld->rs->combine_pack[category] = ld->pack;
    }
}


static mcp_rc_t
read_pack(mcp_yaml_loader_t *ld)
{
    static const mcp_yaml_member_t  members[] = {
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
        return mcp_yaml_fail(ld, line_of(ld), "a pack must be a mapping with"
                             " \"rules\"");
    }

    seen = 0;

    for ( ;; ) {
        ld->id = NULL;
        rc = mcp_yaml_member(ld, members, &seen, &bit);

        if (rc != MCP_FOUND) {
            break;
        }

        switch (bit) {

        case 1:
            if (seen & (4 | 8)) {
                return mcp_yaml_fail(ld, line_of(ld),
                                     "\"pack\" must stand before"
                                     " \"combine\" and \"rules\"");
            }

            rc = mcp_yaml_string(ld, "pack", &ld->pack);
            break;

        case 2:
            rc = mcp_yaml_number(ld, "version", 1000000, &n);
            break;

        case 4:
            rc = read_combine(ld);
            break;

        case 8:
            rc = mcp_yaml_rules(ld);
            break;

        default:
            rc = mcp_yaml_string(ld, "description", &text);
        }

        if (rc != MCP_OK) {
            return rc;
        }
    }

    if (rc == MCP_OK && !(seen & 8)) {
        return mcp_yaml_fail(ld, line_of(ld), "\"rules\" is missing");
    }

    return rc;
}


static mcp_rc_t
read_stream(mcp_yaml_loader_t *ld)
{
    mcp_rc_t  rc;

    rc = mcp_yaml_next(ld);                     /* start of the stream       */

    if (rc == MCP_OK) {
        rc = mcp_yaml_next(ld);
    }

    if (rc == MCP_OK && ld->event.type != YAML_DOCUMENT_START_EVENT) {
        return mcp_yaml_fail(ld, line_of(ld), "pack is empty");
    }

    if (rc == MCP_OK) {
        rc = mcp_yaml_next(ld);
    }

    if (rc == MCP_OK) {
        rc = read_pack(ld);
    }

    if (rc == MCP_OK) {
        rc = mcp_yaml_next(ld);                 /* end of the document       */
    }

    if (rc == MCP_OK) {
        rc = mcp_yaml_next(ld);
    }

    if (rc == MCP_OK && ld->event.type != YAML_STREAM_END_EVENT) {
        return mcp_yaml_fail(ld, line_of(ld), "more than one document");
    }

    return rc;
}


mcp_rc_t
mcp_rules_load(mcp_rules_t *rs, const mcp_pack_source_t *pack,
    mcp_rules_error_t *err)
{
    mcp_rc_t   rc;
    mcp_yaml_loader_t   ld;

    memset(&ld, 0, sizeof(ld));

    ld.rs = rs;
    ld.err = err;
    ld.file = pack->name;

    err->text[0] = '\0';

    if (rs->failed || rs->compiled) {
        return mcp_yaml_fail(&ld, 1, "rules are %s already",
                             rs->failed ? "unusable" : "compiled");
    }

    rs->failed = 1;

    if (pack->len > MCP_RULES_FILE_MAX) {
        return mcp_yaml_fail(&ld, 1, "pack is larger than %u bytes",
                             MCP_RULES_FILE_MAX);
    }

    ld.file = mcp_rules_strdup(rs, pack->name, strlen(pack->name));

    if (ld.file == NULL) {
        ld.file = pack->name;
        return mcp_yaml_fail(&ld, 1, "out of memory");
    }

    ld.pack = ld.file;

    if (!yaml_parser_initialize(&ld.parser)) {
        return mcp_yaml_fail(&ld, 1, "out of memory");
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
