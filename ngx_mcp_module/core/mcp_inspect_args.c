/*
 * The inspector: what policy says about arguments, beside the rules.
 *
 * mcp_network puts a list of hosts in the place of what the address judge
 * says.  What leads elsewhere is reported as the rule that has this judge, so
 * that mcp_rule, logs and answers know one name for both.  mcp_argument is
 * checked on calls of tools, whatever rules say of their text.
 */

#include "mcp_inspect_int.h"
#include "mcp_rules_int.h"
#include "mcp_siphash.h"

#include <string.h>


/* For packs that have no such rule. */
static const mcp_rule_t  network_rule = {
    .id = "network-address",
    .pack = "mcp_network",
    .file = "",
    .category = MCP_CAT_NETWORK,
    .severity = MCP_SEV_HIGH,
    .action = MCP_ACTION_BLOCK,
    .judge = MCP_JUDGE_ADDRESS,
    .surfaces = MCP_SURFACE_ARGUMENTS,
    .kinds = MCP_KIND_ALL
};


/* How a segment is looked at for URLs and hosts. */
typedef enum {
    LOOK_NOT = 0,
    LOOK_TEXT,                    /* for URLs in it                          */
    LOOK_WHOLE                    /* it is one                               */
} look_t;


static int
has_blank(mcp_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        if (s.data[i] == ' ' || s.data[i] == '\n') {
            return 1;
        }
    }

    return 0;
}


/*
 * A resource's scheme may be the server's own invention; then what follows it
 * names no host.
 */
static look_t
look_at_uri(mcp_str_t s)
{
    size_t     i;
    mcp_url_t  url;

    static const char *const  schemes[] = {
        "http", "https", "ws", "wss", "ftp", "ftps", "sftp", "ssh", "git"
    };

    if (!mcp_url_read(&url, s.data, s.len)) {
        return LOOK_NOT;
    }

    for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (strcmp(url.scheme, schemes[i]) == 0) {
            return LOOK_WHOLE;
        }
    }

    return LOOK_NOT;
}


static look_t
look_at(const mcp_inspector_t *in, const mcp_envelope_t *envs,
    const mcp_segment_t *seg)
{
    uint8_t     kinds;
    mcp_str_t   value;
    mcp_span_t  span;

    span.off = seg->text;
    span.len = seg->len;
    value = mcp_inspector_text(in, span);

    switch (seg->role) {

    case MCP_ROLE_NAME:

        switch (envs[seg->envelope].method_id) {

        case MCP_M_RESOURCES_READ:
        case MCP_M_RESOURCES_SUBSCRIBE:
        case MCP_M_RESOURCES_UNSUBSCRIBE:
            return seg->key ? LOOK_NOT : look_at_uri(value);

        default:
            return LOOK_NOT;
        }

    case MCP_ROLE_ARGUMENT:
        break;

    default:
        return LOOK_NOT;
    }

    if (seg->key) {
        return LOOK_TEXT;
    }

    kinds = seg->kinds ? seg->kinds : mcp_inspector_kinds(in, envs, seg);

    if (kinds & (MCP_KIND_URL | MCP_KIND_HOST)) {

        /* "address" may be one of a street */

        return (kinds & MCP_KIND_TEXT) && has_blank(value) ? LOOK_TEXT
                                                           : LOOK_WHOLE;
    }

    return (kinds & MCP_KIND_COMMAND) ? LOOK_TEXT : LOOK_NOT;
}


static int
elsewhere(mcp_inspector_t *in, const mcp_segment_t *seg, look_t look,
    mcp_place_t *place)
{
    mcp_str_t   value;
    mcp_span_t  span;

    span.off = seg->text;
    span.len = seg->len;
    value = mcp_inspector_text(in, span);

    return mcp_network_elsewhere(in->policy->hosts, in->policy->hosts_n,
                                 value.data, value.len, look == LOOK_WHOLE,
                                 &in->urls_left, place);
}


int
mcp_inspector_exempt(mcp_inspector_t *in, const mcp_envelope_t *envs,
    const mcp_rule_t *rule, const mcp_segment_t *seg)
{
    size_t       len;
    mcp_place_t  place;

    if (in->dir != MCP_CLIENT || in->policy->network == MCP_NETWORK_PUBLIC
        || (rule->judge != MCP_JUDGE_ADDRESS && rule->judge != MCP_JUDGE_URL))
    {
        return 0;
    }

    if (rule->judge == MCP_JUDGE_URL
        && mcp_judge(MCP_JUDGE_SCHEME,
                     mcp_message_text(in->message, &len) + seg->text,
                     seg->len, 1, &place))
    {
        return 0;
    }

    /* where the list is not asked, a rule still is, but for listed hosts */

    return in->policy->network == MCP_NETWORK_ANY
           || look_at(in, envs, seg) != LOOK_NOT
           || !elsewhere(in, seg, LOOK_TEXT, &place);
}


static const mcp_rule_t *
address_rule(const mcp_rules_t *rules)
{
    size_t             i, n;
    const mcp_rule_t  *rule;

    n = rules ? mcp_rules_count(rules) : 0;

    for (i = 0; i < n; i++) {
        rule = mcp_rules_get(rules, i);

        if (rule->judge == MCP_JUDGE_ADDRESS) {
            return rule;
        }
    }

    return &network_rule;
}


mcp_rc_t
mcp_inspector_network(mcp_inspector_t *in, const mcp_envelope_t *envs,
    mcp_verdict_t *v)
{
    size_t                i, n, len, found;
    look_t                look;
    mcp_hit_t             hit;
    mcp_place_t           place;
    mcp_segment_t        *segs;
    const mcp_rules_t    *rules;
    const unsigned char  *text;

    if (in->dir != MCP_CLIENT || in->policy->network != MCP_NETWORK_LIST) {
        return MCP_OK;
    }

    memset(&hit, 0, sizeof(mcp_hit_t));

    rules = in->policy->rules;
    hit.rule = address_rule(rules);
    hit.finding.rule = UINT32_MAX;

    text = mcp_message_text(in->message, &len);
    n = mcp_message_segments(in->message, &segs);

    for (i = 0, found = 0; i < n; i++) {

        look = look_at(in, envs, &segs[i]);

        if (look == LOOK_NOT || !elsewhere(in, &segs[i], look, &place)) {
            continue;
        }

        hit.action = mcp_policy_rule(in->policy, hit.rule,
                                     mcp_inspector_tool(in, envs, &segs[i]));

        if (hit.action == MCP_ACTION_OFF) {
            continue;
        }

        if (found++ == MCP_MAX_FINDINGS) {
            in->overflow = 1;
            break;
        }

        if (hit.action == MCP_ACTION_NONE) {

            /* a list is no signal */
            hit.action = MCP_ACTION_BLOCK;
        }

        hit.finding.segment = (uint32_t) i;
        hit.finding.from = (uint32_t) place.from;
        hit.finding.to = (uint32_t) place.to;

        if (rules != NULL) {
            hit.finding.digest = (uint16_t)
                mcp_siphash(rules->key, text + segs[i].text + place.from,
                            place.to - place.from);
        }

        if (mcp_buf_append(&in->hits, &hit, sizeof(mcp_hit_t)) != MCP_OK) {
            return MCP_ERROR;
        }

        v->findings++;
    }

    return MCP_OK;
}


const char *
mcp_inspector_arguments(mcp_inspector_t *in, const mcp_envelope_t *envs,
    size_t n, mcp_verdict_t *v)
{
    size_t                 i, k, first, last, count;
    mcp_str_t              tool;
    const char            *violated;
    const mcp_value_t     *values, *own;
    const mcp_policy_t    *p = in->policy;

    if (p->arguments_n == 0) {
        return NULL;
    }

    count = mcp_message_values(in->message, &values);

    for (i = 0, first = 0; i < n; i++, first = last) {

        for (last = first; last < count && values[last].envelope == i;
             last++)
        {
            /* void */
        }

        if (envs[i].method_id != MCP_M_TOOLS_CALL) {
            continue;
        }

        tool = mcp_inspector_text(in, envs[i].name);
        own = last > first ? values + first : NULL;

        for (k = 0; k < p->arguments_n; k++) {

            if (!mcp_argument_of(p->arguments[k], tool.data, tool.len)) {
                continue;
            }

            violated = mcp_argument_check(p->arguments[k], in->message,
                                          own, last - first, (uint16_t) i,
                                          &in->work_left, v->path,
                                          sizeof(v->path));

            if (violated != NULL) {
                return violated;
            }
        }
    }

    return NULL;
}
