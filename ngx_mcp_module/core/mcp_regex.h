/*
 * Reading of rule patterns.
 *
 * A pattern is parsed once, into a small tree over bytes, and everything else
 * is made from the tree: the prefilter for Vectorscan, the whole expression
 * for PCRE2, widths, the set of bytes that can take part, and the checks for
 * patterns that would be slow.  So both matchers get the same meaning, and
 * what one of them would read differently is refused here, with the reason.
 *
 * The language is the common subset: literals, classes, '.', groups,
 * alternation, quantifiers (lazy and possessive ones too), \d \w \s and their
 * reverse, \b \B \A \z \Z ^ $, \xHH and \x{H...}, (?i) (?s) (?m) and groups
 * with these flags, atomic groups.  \d, \w, \s and \b know ASCII only.
 *
 * A space outside a class stands for any one white space character: where
 * lines are broken must not matter.  Longer white space between words is made
 * one before it is matched (mcp_text.h).  "[ ]" is a space.
 *
 * Characters beyond ASCII are turned into the bytes of their UTF-8, classes
 * and case included, so no matcher runs in a UTF mode: text that is not valid
 * UTF-8 can never reach code that relies on it.
 */

#ifndef MCP_REGEX_H
#define MCP_REGEX_H

#include "mcp_buf.h"


#define MCP_RE_INF        UINT32_MAX      /* no upper bound                  */
#define MCP_RE_MAX_NODES  20000
#define MCP_RE_MAX_DEPTH  32              /* groups inside each other        */
#define MCP_RE_MAX_COUNT  65535           /* of a quantifier                 */


typedef enum {
    MCP_RE_EMPTY = 0,
    MCP_RE_SET,               /* one byte of a set                           */
    MCP_RE_CAT,               /* children one after another                  */
    MCP_RE_ALT,               /* one of the children                         */
    MCP_RE_REPEAT,            /* the child, min to max times                 */
    MCP_RE_GROUP,             /* the child; capture > 0: remembered          */
    MCP_RE_ASSERT
} mcp_re_type_t;

/* What an assertion asks for, in how. */
typedef enum {
    MCP_RE_BEGIN = 0,         /* ^ and \A                                    */
    MCP_RE_BEGIN_LINE,        /* ^ under (?m)                                */
    MCP_RE_END,               /* $ and \Z                                    */
    MCP_RE_END_ABSOLUTE,      /* \z                                          */
    MCP_RE_END_LINE,          /* $ under (?m)                                */
    MCP_RE_WORD,              /* \b                                          */
    MCP_RE_NOT_WORD           /* \B                                          */
} mcp_re_assert_t;

/* How a quantifier tries (REPEAT), or what a group keeps (GROUP). */
typedef enum {
    MCP_RE_GREEDY = 0,
    MCP_RE_LAZY,
    MCP_RE_POSSESSIVE,        /* of a group: atomic                          */
} mcp_re_how_t;

typedef struct {
    uint8_t  bits[32];        /* a bit for each byte value                   */
} mcp_re_set_t;

typedef struct {
    uint8_t       type;       /* mcp_re_type_t                               */
    uint8_t       how;
    uint16_t      capture;
    uint32_t      min;
    uint32_t      max;
    uint32_t      child;      /* first child, 0: none                        */
    uint32_t      next;       /* next sibling, 0: none                       */
    mcp_re_set_t  set;
} mcp_re_node_t;

typedef struct {
    mcp_re_node_t  *nodes;    /* nodes[0] is not used                        */
    uint32_t        n;
    uint32_t        cap;
    uint32_t        root;
    unsigned        captures;
    const char     *error;    /* static text                                 */
    size_t          error_at; /* offset in the pattern                       */
} mcp_re_t;


#define mcp_re_has(s, c)                                                      \
    (((s)->bits[(unsigned char) (c) >> 3] >> ((unsigned char) (c) & 7)) & 1)
#define mcp_re_put(s, c)                                                      \
    ((s)->bits[(unsigned char) (c) >> 3]                                      \
     |= (uint8_t) (1 << ((unsigned char) (c) & 7)))


/*
 * Parses a pattern (UTF-8, len bytes).  MCP_ERROR: re->error and error_at
 * tell why and where.  Call mcp_re_free() in either case.
 */
mcp_rc_t mcp_re_parse(mcp_re_t *re, const char *pattern, size_t len);
void mcp_re_free(mcp_re_t *re);

/* Bytes that a match of the node takes; *max may be MCP_RE_INF. */
void mcp_re_width(const mcp_re_t *re, uint32_t node, uint32_t *min,
    uint32_t *max);

/*
 * The bytes that a match of the node takes at most but for what repeats
 * without bound; the bytes of that are added to open.
 */
uint32_t mcp_re_finite(const mcp_re_t *re, uint32_t node, mcp_re_set_t *open);

/* Adds the bytes that can take part in a match of the node to set. */
void mcp_re_alphabet(const mcp_re_t *re, uint32_t node, mcp_re_set_t *set);

/*
 * The longest run of bytes of one set, weighed by how narrow the set is, that
 * every match of the node has in it: at least *n bytes.  *n is 0 when there is
 * none.
 */
void mcp_re_run(const mcp_re_t *re, uint32_t node, mcp_re_set_t *set,
    uint32_t *n);

/*
 * Adds the bytes that a match of the node can start (end: last != 0) with;
 * returns 1 when it can be empty.
 */
int mcp_re_edge(const mcp_re_t *re, uint32_t node, int last,
    mcp_re_set_t *set);

/*
 * 1: the node is a boundary, "(?:^|[...])" or "(?:[...]|$)"; set, if not
 * NULL, gets the bytes of its class.
 */
int mcp_re_boundary(const mcp_re_t *re, uint32_t node, mcp_re_set_t *set);

/* 1: an assertion of the end ($, \z) is below the node. */
int mcp_re_asserts_end(const mcp_re_t *re, uint32_t node);

/*
 * 1: somewhere below the node is a ^, $, \A, \z or \Z other than in a
 * boundary whose class has ':', as it stands between a name and its value.
 */
int mcp_re_anchored(const mcp_re_t *re, uint32_t node);

/*
 * Checks for what makes a rule useless or slow: it can match nothing, \b
 * beside a byte that is no word byte, quantifiers inside each other that can
 * share out the same text in many ways.  NULL, or static text.
 */
const char *mcp_re_lint(const mcp_re_t *re);

/* Appends the node as an expression for PCRE2 (bytes, no UTF mode). */
mcp_rc_t mcp_re_emit(const mcp_re_t *re, uint32_t node, mcp_buf_t *out);

/* Appends a set; count bytes of it when count > 1. */
mcp_rc_t mcp_re_emit_set(const mcp_re_set_t *set, mcp_buf_t *out);

unsigned mcp_re_set_count(const mcp_re_set_t *set);
int mcp_re_sets_meet(const mcp_re_set_t *a, const mcp_re_set_t *b);


/*
 * Prefilters: what is looked for, in the text with all white space made ' ',
 * and what must stand around it.  Every match of the pattern contains such a
 * place, and starts not more than back_max and not less than back_min bytes
 * before the end of what is found.
 */
#define MCP_PREFILTER_BACK  1024     /* bytes; see mcp_prefilter()           */
#define MCP_PREFILTER_CORE  16       /* of an expression, at most            */

#define MCP_LITERAL_MIN     4        /* bytes                                */
#define MCP_LITERAL_MAX     8

/* Bytes after "| 0x20", white space as ' '. */
typedef struct {
    unsigned char  text[MCP_LITERAL_MAX];
    uint8_t        len;
} mcp_literal_t;

typedef struct {
    char             *expression; /* for Vectorscan, zero ended, or NULL:    */
    mcp_literal_t     literal;    /* this is looked for, or, where it is of
                                     no bytes, what sets tell                */
    uint32_t          back_min;
    uint32_t          back_max;
    unsigned char     sample[MCP_PREFILTER_CORE];    /* of the expression    */
    uint8_t           core;       /* bytes that what is found takes          */
    uint8_t           before;     /* bytes before it that are checked,       */
    uint8_t           after;      /* and behind it                           */
    unsigned          word:1;     /* no word byte stands before all that,    */
    unsigned          begin:1;    /* or nothing of the text                  */
    mcp_re_set_t     *sets;       /* of all these places, in their order; of
                                     an expression NULL                      */
    unsigned          bits;       /* how rare: one in 2^bits bytes, about    */
} mcp_prefilter_t;

typedef struct {
    mcp_prefilter_t  *list;
    size_t            n;
    const char       *error;      /* static text                             */
} mcp_prefilters_t;

/*
 * Derives the prefilters of a parsed pattern.  least: how rare they must be
 * together, one hit in 2^least bytes of ordinary text.  MCP_ERROR: pfs->error
 * tells why, for example that nothing in the pattern is rare.  What elements
 * without bound before the place that is looked for could span is cut to
 * MCP_PREFILTER_BACK bytes: a match that begins further away is not found.
 */
mcp_rc_t mcp_prefilter(const mcp_re_t *re, double least,
    mcp_prefilters_t *pfs);
void mcp_prefilter_free(mcp_prefilters_t *pfs);

/*
 * Adds to a set what can stand before the first place of a prefilter, white
 * space as ' ', the begin of a text as 0.  0: anything can.
 */
int mcp_prefilter_lead(const mcp_prefilter_t *pf, mcp_re_set_t *set);

#endif /* MCP_REGEX_H */
