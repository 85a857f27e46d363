/*
 * Rule packs (design.md 2.3): loading, checking, compiling.
 *
 * The patterns of all packs of a configuration become one Vectorscan
 * database, compiled once in the master and shared by the workers.  What runs
 * on every byte is a narrow prefilter of each pattern; the whole pattern and
 * the validators run only on the bounded slice around a hit (detection.md 1).
 */

#ifndef MCP_RULES_H
#define MCP_RULES_H

#include "mcp_buf.h"


typedef enum {
    MCP_ACTION_NONE = 0,      /* a signal: it counts, it does not decide     */
    MCP_ACTION_OFF,
    MCP_ACTION_LOG,
    MCP_ACTION_REDACT,
    MCP_ACTION_BLOCK
} mcp_action_t;


typedef enum {
    MCP_CAT_SECRET = 0,
    MCP_CAT_INJECTION,
    MCP_CAT_POISONING,
    MCP_CAT_COMMAND,
    MCP_CAT_PATH,
    MCP_CAT_NETWORK,
    MCP_CAT_SQL,
    MCP_CAT_CODE,
    MCP_CAT_OBFUSCATION,
    MCP_CAT_ABUSE,
    MCP_CAT_MAX
} mcp_category_t;


typedef enum {
    MCP_SEV_LOW = 0,
    MCP_SEV_MEDIUM,
    MCP_SEV_HIGH,
    MCP_SEV_CRITICAL
} mcp_severity_t;


/* Rules whose test is code, not a pattern (mcp_judge.h). */
typedef enum {
    MCP_JUDGE_NONE = 0,
    MCP_JUDGE_PATH,           /* either of the next two                      */
    MCP_JUDGE_PATH_TRAVERSAL,
    MCP_JUDGE_PATH_SENSITIVE,
    MCP_JUDGE_PATH_SYSTEM,    /* the system's own directories                */
    MCP_JUDGE_URL,            /* either of the next two                      */
    MCP_JUDGE_ADDRESS,
    MCP_JUDGE_SCHEME,
    MCP_JUDGE_HIDDEN,
    MCP_JUDGE_SQL,
    MCP_JUDGE_SHELL,          /* a command behind a name                     */
    MCP_JUDGE_SHELL_TEXT,     /* the same in running text                    */
    MCP_JUDGE_MAX
} mcp_judge_t;


/* One rule as users and verdicts see it; strings live as long as the rules. */
typedef struct {
    const char        *id;
    const char        *pack;
    const char        *file;
    unsigned           line;
    const char        *pattern;        /* NULL for a judge                   */
    const char        *description;    /* may be NULL                        */
    const char        *tags;           /* comma separated, may be NULL       */
    mcp_category_t     category;
    mcp_severity_t     severity;
    mcp_action_t       action;         /* NONE when signal > 0               */
    mcp_judge_t        judge;
    unsigned           signal;
    uint8_t            surfaces;
    uint8_t            kinds;          /* MCP_KIND_ALL when not limited      */
} mcp_rule_t;


/* Sums of signals, per category, that flag and that block; 0: never. */
typedef struct {
    unsigned  flag;
    unsigned  block;
} mcp_combine_t;


typedef struct {
    char  text[512];          /* "secrets.yaml:12: rule "x": ..." zero ended */
} mcp_rules_error_t;


typedef struct mcp_rules_s  mcp_rules_t;

/* A pack as text; name is what errors call it. */
typedef struct {
    const char           *name;
    const unsigned char  *data;
    size_t                len;
} mcp_pack_source_t;

/* The packs of conf/rules/, generated at build time. */
extern const mcp_pack_source_t  mcp_builtin_packs[];
extern const size_t             mcp_builtin_packs_n;


mcp_rules_t *mcp_rules_create(void);
void mcp_rules_destroy(mcp_rules_t *rs);

/*
 * Adds a pack from memory or from a file.  MCP_ERROR: err tells file, line,
 * rule and reason; the rules are unusable then and may only be destroyed.
 */
mcp_rc_t mcp_rules_load(mcp_rules_t *rs, const mcp_pack_source_t *pack,
    mcp_rules_error_t *err);
mcp_rc_t mcp_rules_load_file(mcp_rules_t *rs, const char *path,
    mcp_rules_error_t *err);
mcp_rc_t mcp_rules_load_builtin(mcp_rules_t *rs, mcp_rules_error_t *err);

/* Compiles the database; nothing can be loaded afterwards. */
mcp_rc_t mcp_rules_compile(mcp_rules_t *rs, mcp_rules_error_t *err);

size_t mcp_rules_count(const mcp_rules_t *rs);
const mcp_rule_t *mcp_rules_get(const mcp_rules_t *rs, size_t n);
const mcp_rule_t *mcp_rules_find(const mcp_rules_t *rs, const char *id,
    size_t len);
const mcp_combine_t *mcp_rules_combine(const mcp_rules_t *rs,
    mcp_category_t category);
size_t mcp_rules_database_size(const mcp_rules_t *rs);     /* bytes */

/*
 * A clock, given before anything is loaded, tells how long each rule took to
 * be made (its prefilters and its code, not its share of the database).
 */
void mcp_rules_clock(mcp_rules_t *rs, uint64_t (*now)(void));
uint64_t mcp_rules_made(const mcp_rules_t *rs, size_t n);

/*
 * Runs the examples of one rule (of all rules: n == SIZE_MAX) through the
 * compiled database.  Returns the number of examples that came out wrong;
 * report is called for each of them, what is "match" or "no_match", number
 * counts from 1.
 */
size_t mcp_rules_check(const mcp_rules_t *rs, size_t n,
    void (*report)(void *data, const mcp_rule_t *rule, const char *what,
                   unsigned number),
    void *data, size_t *examples);

/* Number of a rule's examples that must match, or that must not. */
size_t mcp_rules_examples(const mcp_rules_t *rs, size_t n, int match);

/* Words of the pack format; -1 when unknown.  *_name() are the reverse. */
int mcp_action_find(const char *word, size_t len);       /* block, redact ... */
int mcp_category_find(const char *word, size_t len);
int mcp_surface_find(const char *word, size_t len);      /* MCP_SURFACE_* bit */
int mcp_kind_find(const char *word, size_t len);         /* MCP_KIND_* bit    */
const char *mcp_action_name(mcp_action_t action);
const char *mcp_category_name(mcp_category_t category);
const char *mcp_severity_name(mcp_severity_t severity);
const char *mcp_surface_name(uint8_t bit);
const char *mcp_kind_name(uint8_t bit);
const char *mcp_judge_name(mcp_judge_t judge);

#endif /* MCP_RULES_H */
