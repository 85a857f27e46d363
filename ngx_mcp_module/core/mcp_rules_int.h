/*
 * What rules look like inside: shared by the loader, the compiler and the
 * scanner, not by anybody else.
 */

#ifndef MCP_RULES_INT_H
#define MCP_RULES_INT_H

#define PCRE2_CODE_UNIT_WIDTH  8

#include "mcp_regex.h"
#include "mcp_rules.h"
#include "mcp_validate.h"

#include <hs/hs.h>
#include <pcre2.h>


#define MCP_RULES_MAX        4096         /* of one configuration            */
#define MCP_MAX_SIGNAL       100
#define MCP_RULES_FILE_MAX   (4u << 20)   /* bytes of a pack                 */
#define MCP_RULES_REACH      8192         /* bytes that a match may take where
                                             its pattern has no bound        */
#define MCP_RULES_REACH_MAX  65536        /* and where it has one            */


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
    unsigned          anchored:1;         /* ^ or $ that a ':' before or
                                             behind does not replace         */
    uint8_t           alphabet[256];      /* 1: can be part of a match, its
                                             boundaries left aside           */

    mcp_prefilter_t   prefilters[MCP_PREFILTER_MAX];
    size_t            prefilters_n;
} mcp_rule_int_t;


/* One rule behind one expression of the database. */
typedef struct {
    uint32_t          rule;
    uint32_t          back_min;
    uint32_t          back_max;
} mcp_probe_t;

/* An expression of the database: its probes, [first .. first + n). */
typedef struct {
    uint32_t          first;
    uint16_t          n;
    uint8_t           surfaces;           /* of its rules together           */
} mcp_expression_t;

typedef struct mcp_chunk_s  mcp_chunk_t;

struct mcp_rules_s {
    mcp_rule_t        *rules;
    mcp_rule_int_t    *ints;              /* same numbers                    */
    size_t             n;
    size_t             cap;

    mcp_combine_t      combine[MCP_CAT_MAX];
    const char        *combine_pack[MCP_CAT_MAX];

    mcp_probe_t       *probes;
    size_t             probes_n;
    mcp_expression_t  *expressions;
    size_t             expressions_n;
    hs_database_t     *database;          /* NULL: no rule has a pattern     */
    size_t             database_size;

    uint32_t          *judges;            /* rules that name one             */
    size_t             judges_n;
    uint8_t            judge_surfaces;    /* of those together               */
    uint8_t            hidden_surfaces;   /* of those that judge all text    */
    uint64_t           key[2];            /* of digests: the same in all
                                             processes of a configuration    */
    mcp_chunk_t       *chunks;            /* strings                         */
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
