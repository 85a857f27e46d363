/*
 * The scanner from inside: what the matcher, the views and the judges share.
 */

#ifndef MCP_SCAN_INT_H
#define MCP_SCAN_INT_H

#include "mcp_judge.h"
#include "mcp_known.h"
#include "mcp_rules_int.h"
#include "mcp_scan.h"
#include "mcp_text.h"


#define MCP_SCAN_WORK       (1024 * 1024)   /* steps of confirming that a
                                               message may cost, and ...     */
#define MCP_SCAN_WORK_BYTE  128             /* ... more for each of its bytes */


/*
 * Hits of one rule that lie close together, not yet confirmed: a match may
 * start at lo .. hi.  All numbers are offsets in the text of the scan.
 */
typedef struct {
    uint64_t             scan;        /* the scan that they belong to        */
    size_t               lo;
    size_t               hi;
    size_t               done_lo;     /* starts that were tried already      */
    size_t               done_hi;
    size_t               run_from;    /* bytes from here on are of the
                                         rule's alphabet, ...                */
    size_t               run_end;     /* ... until here, as far as known     */
    uint32_t             segment;     /* of the hit's last byte              */
    unsigned             active:1;
    unsigned             tried:1;
} mcp_pending_t;

/* A text that is being scanned and will be known, if nothing is found. */
typedef struct {
    uint32_t             segment;
    mcp_known_print_t    print;
} mcp_unknown_t;

#define MCP_SCAN_UNKNOWN    64       /* of a window: more are not remembered */

typedef struct mcp_joints_s  mcp_joints_t;

#define MCP_JOINT_NARROW  1          /* around joints: only what is seen     */
#define MCP_JOINT_WHOLE   2          /* texts that were put together         */

struct mcp_scan_s {
    const mcp_rules_t       *rules;
    hs_scratch_t            *scratch;
    pcre2_match_data        *match;
    pcre2_match_context     *context;
    pcre2_jit_stack         *stack;

    mcp_pending_t           *pending;    /* one for each rule                */
    uint32_t                *active;     /* rules with something pending     */
    size_t                   active_n;
    uint64_t                 scan;       /* number of this scan              */

    /* what is being scanned */
    const unsigned char     *text;
    const mcp_segment_t     *segs;
    size_t                   first;
    size_t                   last;
    size_t                   base;       /* of the block in text             */
    size_t                   end;
    size_t                   cursor;     /* segment of the last hit          */
    uint8_t                  surfaces;   /* added to those of segments       */
    uint8_t                  any;        /* of all segments together         */
    size_t                   piece;      /* of the block, being matched      */
    size_t                   margin;     /* bytes before it in plain         */
    unsigned char           *plain;      /* its text, white space made ' '   */
    const mcp_matcher_t     *matcher;
    const mcp_view_t        *view;       /* NULL: the text itself            */
    uint32_t                 target;     /* segment that the view is of      */

    mcp_finding_t            findings[MCP_MAX_FINDINGS];
    size_t                   findings_n;
    size_t                   window_n;   /* of them before this window       */
    uint64_t                 work;       /* steps left                       */
    unsigned                 overflow:1;
    unsigned                 failed:1;
    unsigned                 joint:2;    /* 0, or MCP_JOINT_*                */

    mcp_cost_t              *costs;      /* NULL: nobody counts              */
    uint64_t               (*now)(void);

    mcp_known_t             *known;      /* NULL: nothing is remembered      */
    mcp_unknown_t            unknown[MCP_SCAN_UNKNOWN];
    size_t                   unknown_n;

    mcp_joints_t            *joints;
    mcp_views_t             *views;
    mcp_path_t               path;       /* of the judges                    */
};


/* 1: a is a member name and b, next in the text, is its value. */
static inline int
mcp_segment_is_pair(const mcp_segment_t *a, const mcp_segment_t *b)
{
    return a->key && !b->key && a->text + a->len + 1 == b->text;
}


/*
 * Adds a finding: bytes from .. to of segment (absolute offsets in s->text;
 * of a view they are mapped to what it was made of).
 */
void mcp_scan_add(mcp_scan_t *s, uint32_t rule, uint32_t segment, size_t from,
    size_t to);

/*
 * Runs the judges on segment n of s->segs; bits are what the probe saw in it.
 */
void mcp_scan_judges(mcp_scan_t *s, size_t n, unsigned bits);

/* What mcp_scan_joints() works with; NULL when memory is short. */
mcp_joints_t *mcp_joints_create(void);

/* Nothing was seen yet. */
void mcp_joints_start(mcp_joints_t *j);

/*
 * What a rule looks for ends at pos of a segment, and what stands around it
 * fits.  1: that is all that is asked.
 */
int mcp_joints_hit(mcp_scan_t *s, uint32_t rule, size_t segment, size_t pos);

/*
 * What the joints have to know of a segment when it is not scanned again:
 * bits that mcp_joints_seen() gave when it was.
 */
unsigned mcp_joints_seen(const mcp_joints_t *j, size_t segment);
void mcp_joints_saw(mcp_joints_t *j, size_t segment, unsigned seen);

/*
 * Matches the block of segments first .. last - 1 against the patterns; the
 * caller has set text, segs, surfaces, view, target.
 */
mcp_rc_t mcp_scan_block(mcp_scan_t *s, size_t first, size_t last);

#endif /* MCP_SCAN_INT_H */
