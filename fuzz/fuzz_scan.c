/*
 * The scan: any text in any segments, with the built-in rules and with a few
 * of our own.
 *
 * Oracles: windows of segments, one or many, give the same findings; these
 * come in order and lie in their segments; what PCRE2 finds of a pattern in
 * the whole text, the engine finds, and what the engine finds begins where
 * PCRE2 says and ends where PCRE2 says.
 */

#include "mcp_scan_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>


#define CHECK(cond)                                                          \
    if (!(cond)) {                                                           \
        fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);           \
        abort();                                                             \
    }


#define TEXT_MAX      4096
#define SEGMENTS_MAX  64

static const char  yaml[] =
    "rules:\n"
    "  - {id: a, category: abuse, action: log, surfaces: [result],\n"
    "     pattern: 'tok_[a-z0-9]{6,20}'}\n"
    "  - {id: b, category: abuse, action: log, surfaces: [result],\n"
    "     pattern: '(?i)\\b(?:ignore|disregard) (?:all |my )?(?:ru|wo)[a-z]'}\n"
    "  - {id: c, category: abuse, action: log, surfaces: [result],\n"
    "     pattern: '(?:[0-9a-f]{2}:){5}[0-9a-f]{2}'}\n"
    "  - {id: d, category: abuse, action: log, surfaces: [result],\n"
    "     pattern: 'key[\"'' ]?[:=][\"'' ]?([a-z0-9]{6,40})(?:[^a-z0-9]|$)'}\n"
    "  - {id: e, category: abuse, action: log, surfaces: [result],\n"
    "     pattern: '(?s)<[a-z]{2,8}>.{0,40}</q|^zq[0-9]|zq[a-z]$'}\n"
    "  - {id: f, category: abuse, action: log, surfaces: [result],\n"
    "     pattern: '(?i)\\x{439}\\x{442}[\\x{430}-\\x{44f}]{1,4} q'}\n"
    "  - {id: g, category: abuse, action: log, surfaces: [result],\n"
    "     pattern: '(?:^|[\\s,;])[A-Z]{2}[0-9]{4}(?:[\\s,;]|$)'}\n"
    "  - {id: h, category: abuse, action: log, surfaces: [result],\n"
    "     pattern: '(?:x[a-c]{1,3}){2,4}yz|yz(?:ab|abc)cx'}\n";

typedef struct {
    unsigned char  text[TEXT_MAX];
    size_t         len;
    mcp_segment_t  seg[SEGMENTS_MAX];
    size_t         n;
} message_t;


static mcp_rules_t       *builtin;
static mcp_rules_t       *rules;
static mcp_scan_t        *builtin_scan;
static mcp_scan_t        *scan;
static pcre2_match_data  *match;


int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    mcp_rules_error_t  err;
    mcp_pack_source_t  pack;

    (void) argc;
    (void) argv;

    builtin = mcp_rules_create();
    rules = mcp_rules_create();
    match = pcre2_match_data_create(2, NULL);

    CHECK(builtin != NULL && rules != NULL && match != NULL);
    CHECK(mcp_rules_load_builtin(builtin, &err) == MCP_OK);
    CHECK(mcp_rules_compile(builtin, &err) == MCP_OK);

    pack.name = "fuzz.yaml";
    pack.data = (const unsigned char *) yaml;
    pack.len = sizeof(yaml) - 1;

    CHECK(mcp_rules_load(rules, &pack, &err) == MCP_OK);
    CHECK(mcp_rules_compile(rules, &err) == MCP_OK);

    builtin_scan = mcp_scan_create(builtin);
    scan = mcp_scan_create(rules);

    CHECK(builtin_scan != NULL && scan != NULL);

    return 0;
}


/* The text of messages is valid UTF-8; other bytes become '?'. */
static void
repair(unsigned char *p, size_t len)
{
    size_t              i;
    utf8proc_int32_t    c;
    utf8proc_ssize_t    n;

    for (i = 0; i < len; i += (size_t) n) {
        n = utf8proc_iterate(p + i, (utf8proc_ssize_t) (len - i), &c);

        if (n <= 0) {
            p[i] = '?';
            n = 1;
        }
    }
}


/*
 * Segments end at a byte of 0x1c .. 0x1f, whose bits say whether they are a
 * name or a value, and of which surface.
 */
static void
read_message(message_t *m, const uint8_t *data, size_t size)
{
    int             key;
    size_t          i, from;
    mcp_segment_t  *seg;

    m->len = 0;
    m->n = 0;

    for (i = 0, from = 0; i <= size && m->n + 2 < SEGMENTS_MAX; i++) {

        if (i < size && (data[i] < 0x1c || data[i] > 0x1f)) {
            continue;
        }

        key = i < size && (data[i] & 1);

        if (m->len + (i - from) + 1 > TEXT_MAX) {
            break;
        }

        seg = &m->seg[m->n++];
        memset(seg, 0, sizeof(mcp_segment_t));
        seg->text = (uint32_t) m->len;
        seg->len = (uint32_t) (i - from);
        seg->key = key ? 1 : 0;
        seg->surfaces = (i < size && (data[i] & 2)) ? MCP_SURFACE_ARGUMENTS
                                                    : MCP_SURFACE_RESULT;

        memcpy(m->text + m->len, data + from, i - from);
        repair(m->text + m->len, i - from);
        m->len += i - from;
        m->text[m->len++] = key ? ':' : '\n';
        from = i + 1;
    }

    /* a name is never the last */

    while (m->n > 0 && m->seg[m->n - 1].key) {
        m->n--;
    }
}


/* One window, then one for each value: the same findings. */
static void
check_windows(const message_t *m)
{
    int                   overflow;
    size_t                i, n, first;
    mcp_finding_t         want[MCP_MAX_FINDINGS];
    const mcp_finding_t  *f;

    mcp_scan_start(builtin_scan);
    CHECK(mcp_scan_segments(builtin_scan, m->text, m->seg, 0, m->n, 0)
          == MCP_OK);

    n = mcp_scan_findings(builtin_scan, &f);
    overflow = mcp_scan_overflow(builtin_scan);
    CHECK(n <= MCP_MAX_FINDINGS);
    memcpy(want, f, n * sizeof(mcp_finding_t));

    for (i = 0; i < n; i++) {
        CHECK(f[i].segment < m->n);
        CHECK(f[i].from < f[i].to);
        CHECK(f[i].to <= m->seg[f[i].segment].len);
        CHECK(f[i].rule < mcp_rules_count(builtin));
        CHECK(i == 0 || mcp_finding_order(&f[i - 1], &f[i]) <= 0);
    }

    mcp_scan_start(builtin_scan);

    for (i = 0, first = 0; i < m->n; i++) {

        if (m->seg[i].key) {
            continue;
        }

        CHECK(mcp_scan_segments(builtin_scan, m->text, m->seg, first, i + 1,
                                0) == MCP_OK);
        first = i + 1;
    }

    if (overflow || mcp_scan_overflow(builtin_scan)) {
        return;
    }

    CHECK(mcp_scan_findings(builtin_scan, &f) == n);
    CHECK(memcmp(f, want, n * sizeof(mcp_finding_t)) == 0);
}


/* Matches text from start; the span is that of the first group, if any. */
static int
find(const pcre2_code *code, const message_t *m, size_t start,
    uint32_t options, size_t *whole, size_t *from, size_t *to)
{
    int          rc;
    PCRE2_SIZE  *ov;

    rc = pcre2_match(code, m->text, m->seg[0].len, start, options, match,
                     NULL);

    if (rc < 0) {
        return 0;
    }

    ov = pcre2_get_ovector_pointer(match);
    *whole = ov[0];
    *from = (rc != 1 && ov[2] != PCRE2_UNSET) ? ov[2] : ov[0];
    *to = (rc != 1 && ov[2] != PCRE2_UNSET) ? ov[3] : ov[1];

    return 1;
}


/* The first segment by itself, against PCRE2. */
static void
check_patterns(const message_t *m)
{
    int                   begins, ends;
    size_t                n, i, rule, at, whole, from, to;
    mcp_segment_t         seg;
    const pcre2_code     *code;
    const mcp_finding_t  *f;

    seg = m->seg[0];
    mcp_scan_start(scan);

    scan->any = MCP_SURFACE_RESULT;
    scan->surfaces = MCP_SURFACE_RESULT;
    scan->text = m->text;
    scan->segs = &seg;
    scan->view = NULL;
    scan->window_n = 0;
    scan->work += MCP_SCAN_WORK_BYTE * (uint64_t) seg.len;

    CHECK(mcp_scan_block(scan, 0, 1) == MCP_OK);

    if (mcp_scan_overflow(scan)) {
        return;
    }

    n = mcp_scan_findings(scan, &f);

    for (rule = 0; rule < rules->n; rule++) {

        code = rules->ints[rule].code;

        for (at = 0; find(code, m, at, 0, &whole, &from, &to); /* void */ ) {

            for (i = 0; i < n; i++) {
                if (f[i].rule == rule && f[i].from <= from && f[i].to >= to) {
                    break;
                }
            }

            CHECK(i < n);
            at = (to > whole) ? to : whole + 1;
        }
    }

    for (i = 0; i < n; i++) {

        code = rules->ints[f[i].rule].code;
        begins = 0;
        ends = 0;

        for (at = 0; at < f[i].to; at++) {
            if (find(code, m, at, PCRE2_ANCHORED, &whole, &from, &to)) {
                begins |= from == f[i].from;
                ends |= to == f[i].to;
            }
        }

        CHECK(begins && ends);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    message_t  m;

    read_message(&m, data, size);

    if (m.n == 0) {
        return 0;
    }

    check_windows(&m);

    if (!m.seg[0].key && m.seg[0].len > 0) {
        check_patterns(&m);
    }

    return 0;
}
