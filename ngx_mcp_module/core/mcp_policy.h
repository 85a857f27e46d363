/*
 * What one location allows: the directives of design.md 2.1 in plain data.
 * Built by the configuration code of nginx or by mcpctl; read only
 * afterwards.  Arrays and strings belong to whoever built it.
 */

#ifndef MCP_POLICY_H
#define MCP_POLICY_H

#include "mcp_argument.h"
#include "mcp_network.h"
#include "mcp_rules.h"


typedef enum {
    MCP_ENFORCE = 0,
    MCP_MONITOR
} mcp_mode_t;

typedef enum {
    MCP_BLOCKED_TOOL_ERROR = 0,
    MCP_BLOCKED_RPC_ERROR
} mcp_blocked_response_t;

typedef enum {
    MCP_TOOL_ALLOW = 0,
    MCP_TOOL_DENY,
    MCP_TOOL_CONSENT
} mcp_tool_action_t;


#define MCP_MAX_CONDITIONS  64

/* mcp_tool: one pattern.  condition: bit number of its if=, or -1. */
typedef struct {
    mcp_str_t          pattern;
    mcp_tool_action_t  action;
    int                condition;
} mcp_tool_rule_t;

/* mcp_method: one pattern. */
typedef struct {
    mcp_str_t  pattern;
    unsigned   deny:1;
} mcp_method_rule_t;

/* mcp_rule: an override.  Exactly one of id, category, any selects. */
typedef struct {
    mcp_str_t       id;            /* len 0: not by id                       */
    int             category;      /* mcp_category_t, -1: not by category    */
    unsigned        any:1;
    mcp_action_t    action;
    mcp_str_t       tool;          /* glob, len 0: every tool                */
} mcp_override_t;


typedef struct {
    const mcp_rules_t         *rules;          /* compiled                   */

    mcp_mode_t                 mode;
    mcp_blocked_response_t     blocked_response;
    unsigned                   eras;           /* 1 << MCP_ERA_*             */

    size_t                     max_request_size;
    size_t                     max_response_size;
    uint32_t                   max_depth;

    const mcp_tool_rule_t     *tools;
    size_t                     tools_n;
    const mcp_method_rule_t   *methods;
    size_t                     methods_n;
    const mcp_override_t      *overrides;
    size_t                     overrides_n;

    mcp_network_mode_t         network;
    const mcp_host_t          *hosts;          /* MCP_NETWORK_LIST           */
    size_t                     hosts_n;

    mcp_argument_t *const     *arguments;
    size_t                     arguments_n;
} mcp_policy_t;


/* Defaults of design.md 2.1, no rules. */
void mcp_policy_init(mcp_policy_t *p);

/* Glob with '*' and '?', on bytes; linear in practice, O(n*m) at worst. */
int mcp_glob(const unsigned char *pattern, size_t pattern_len,
    const unsigned char *text, size_t len);

/*
 * The action for a tool; conditions has a bit set for each if= that holds.
 */
mcp_tool_action_t mcp_policy_tool(const mcp_policy_t *p,
    const unsigned char *name, size_t len, uint64_t conditions);

/*
 * 1 when the method may pass in that direction: the rules of mcp_method
 * first, then the built-in list of the era.
 */
int mcp_policy_method(const mcp_policy_t *p, mcp_method_t m,
    const unsigned char *name, size_t len, mcp_dir_t dir, mcp_era_t era);

/*
 * The action of a rule for a tool (tool.len 0: no tool): the first override
 * that selects it, else the rule's own.
 */
mcp_action_t mcp_policy_rule(const mcp_policy_t *p, const mcp_rule_t *rule,
    mcp_str_t tool);

#endif /* MCP_POLICY_H */
