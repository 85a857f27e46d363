/*
 * What rules look like inside: shared by the loader, the compiler and the
 * scanner, not by anybody else.
 */

#ifndef MCP_RULES_INT_H
#define MCP_RULES_INT_H

#define PCRE2_CODE_UNIT_WIDTH  8

#include "mcp_database.h"
#include "mcp_needle.h"
#include "mcp_regex.h"
#include "mcp_rules.h"
#include "mcp_byteset.h"
#include "mcp_validate.h"

#include <pcre2.h>


#define MCP_RULES_MAX        4096         /* of one configuration            */
#define MCP_MAX_SIGNAL       100
#define MCP_RULES_FILE_MAX   (4u << 20)   /* bytes of a pack                 */
#define MCP_RULES_REACH      8192         /* bytes that a match may take where
                                             its pattern has no bound        */
#define MCP_RULES_REACH_MAX  65536        /* and where it has one            */
#define MCP_RULES_RUN        6            /* bytes in a row that are worth
                                             looking for                     */


typedef struct {
    mcp_str_t         text;
    unsigned          match:1;
} mcp_example_t;

typedef struct {
    mcp_validators_t  validators;
    mcp_example_t    *examples;
    size_t            examples_n;

    pcre2_code       *code;               /* NULL for a judge                */
    pcre2_code       *unless;             /* NULL: takes all that code does  */
    uint32_t          reach;              /* bytes of the longest match      */
    uint32_t          captures;
    unsigned          code_jit:1;         /* they are machine code           */
    unsigned          unless_jit:1;
    unsigned          anchored:1;         /* ^ or $ that a ':' before or
                                             behind does not replace         */
    mcp_byteset_t     alphabet;           /* what can be part of a match, its
                                             boundaries left aside           */
    uint32_t          finite;             /* bytes of a match that are not ...*/
    mcp_re_set_t      open;               /* ... of what has no bound; or INF */
    mcp_re_set_t      run;                /* each match has a run of these   */
    uint32_t          run_n;              /* bytes, so long; 0: unknown      */

    uint8_t           start[256];         /* 1: can be the first of a match  */

    mcp_prefilters_t  prefilters;
    uint64_t          made;               /* time that all this took         */
} mcp_rule_int_t;


/*
 * How rare, in bits, what is looked for must be in ordinary text.  Arguments
 * are short, and rules for them alone may ask for more looks.
 */
#define MCP_RULES_RARE             8.0
#define MCP_RULES_RARE_ARGUMENTS   6.0


/*
 * One rule behind something that is looked for, and what must stand around
 * it: row, numbers of sets, before (nearest first), then after.
 */
typedef struct {
    uint32_t          rule;
    uint32_t          back_min;
    uint32_t          back_max;
    uint32_t          row;                /* in mcp_rules_s.row              */
    uint8_t           core;
    uint8_t           before;
    uint8_t           after;
    unsigned          word:1;             /* no word byte before all that    */
} mcp_probe_t;

/* What is looked for, and its probes, [first .. first + n). */
typedef struct {
    uint32_t          first;
    uint16_t          n;
    uint8_t           surfaces;           /* of its rules together           */
} mcp_target_t;

/*
 * What runs on every byte: expressions for Vectorscan, needles.  Targets
 * [0 .. expressions_n) are those of the database, the others the needles.
 */
typedef struct {
    hs_database_t    *database;           /* NULL: there is no expression    */
    mcp_needles_t    *needles;            /* NULL: there is none             */
    mcp_target_t     *targets;
    size_t            targets_n;
    size_t            expressions_n;
    mcp_probe_t      *probes;
    size_t            size;               /* bytes                           */
    int               narrow;             /* mcp_database_try()              */
} mcp_matcher_t;


/* Each of the texts of a message goes through one of them. */
enum {
    MCP_MATCHER_ARGUMENTS = 0,
    MCP_MATCHER_TEXT,                 /* all else, without descriptions      */
    MCP_MATCHER_DESCRIPTION,          /* all else                            */
    MCP_MATCHERS
};

typedef struct mcp_chunk_s  mcp_chunk_t;

struct mcp_rules_s {
    mcp_rule_t        *rules;
    mcp_rule_int_t    *ints;              /* same numbers                    */
    size_t             n;
    size_t             cap;

    mcp_combine_t      combine[MCP_CAT_MAX];
    const char        *combine_pack[MCP_CAT_MAX];

    mcp_matcher_t      matcher[MCP_MATCHERS];
    mcp_re_set_t      *sets;              /* of all rows, each once          */
    size_t             sets_n;
    uint16_t          *row;
    size_t             row_n;
    uint32_t          *judges;            /* rules that name one             */
    size_t             judges_n;
    uint8_t            judge_surfaces;    /* of those together               */
    uint8_t            hidden_surfaces;   /* of those that judge all text    */
    uint64_t           key[2];            /* of digests: the same in all
                                             processes of a configuration    */
    mcp_chunk_t       *chunks;            /* strings                         */
    uint64_t         (*now)(void);        /* NULL: nobody asks for times     */
    unsigned           compiled:1;
    unsigned           failed:1;
};


/* Copies a string for as long as the rules live; NULL when memory is short. */
char *mcp_rules_strdup(mcp_rules_t *rs, const char *s, size_t len);

/*
 * Takes a rule that the loader has filled (strings from mcp_rules_strdup(),
 * ri->examples by malloc()); makes its matcher.  unless: pattern of what is
 * no finding, or NULL.  MCP_ERROR: *why is set; ri still belongs to the
 * caller then.
 */
mcp_rc_t mcp_rules_add(mcp_rules_t *rs, const mcp_rule_t *rule,
    const char *unless, mcp_rule_int_t *ri, const char **why, size_t *at);

/* Frees what a rule holds. */
void mcp_rule_int_free(mcp_rule_int_t *ri);

int mcp_severity_find(const char *word, size_t len);
int mcp_judge_find(const char *word, size_t len);

#endif /* MCP_RULES_INT_H */
