/*
 * Scanning of decoded text with compiled rules.
 *
 * Text is looked at in every disguise (design.md 3, rule 4): as it is; with
 * hidden characters taken out and folded, when it is not plain ASCII; with
 * nested encodings decoded to a bounded depth, when there are candidates.
 * Plain ASCII without candidates pays for one pass only.
 */

#ifndef MCP_SCAN_H
#define MCP_SCAN_H

#include "mcp_message.h"
#include "mcp_rules.h"
#include "mcp_text.h"            /* MCP_VIEW_*: limits of views            */


#define MCP_MAX_FINDINGS   512       /* of one message; above: ->overflow    */


/*
 * A rule holds at a place.  from and to are offsets in the decoded text of
 * the segment (of a view: of the encoded run, or of the whole segment), so
 * that redaction covers what was sent.
 */
typedef struct {
    uint32_t  rule;           /* mcp_rules_get()                             */
    uint32_t  segment;        /* index in the segments of the message        */
    uint32_t  from;
    uint32_t  to;
    uint16_t  digest;         /* keyed, of the matched text: two findings can
                                 be compared without knowing what they hold  */
    uint8_t   layer;          /* 0: the text itself, else the view's depth   */
} mcp_finding_t;


typedef struct mcp_scan_s  mcp_scan_t;


/* What one rule costs, added up over messages (mcpctl rules bench). */
typedef struct {
    uint64_t  seen;           /* what is looked for was found                */
    uint64_t  fits;           /* ... and what stands around it fitted        */
    uint64_t  runs;           /* times that its pattern or judge ran         */
    uint64_t  time;           /* of these, as the clock counts               */
    uint64_t  found;          /* findings, again in a view included          */
} mcp_cost_t;


/*
 * A scanner: Vectorscan scratch, PCRE2 match data and view buffers.  One per
 * process, not reentrant.  rules outlive it.  NULL when memory is short.
 */
mcp_scan_t *mcp_scan_create(const mcp_rules_t *rules);
void mcp_scan_destroy(mcp_scan_t *s);

/*
 * From now on texts that were clean are not matched again (mcp_known.h).
 * Where that cannot be had, all texts are.
 */
void mcp_scan_remember(mcp_scan_t *s);

/* Starts a message: no finding, no signal tail. */
void mcp_scan_start(mcp_scan_t *s);

/*
 * Scans the segments first .. last - 1, whose texts follow each other in
 * text.  A finding is kept when the surfaces of its rule and of its segment
 * (plus extra_surfaces) meet; kinds are not looked at here.  Call it with
 * windows of whole segments, 32 KB and more where there is as much, each
 * window after a string value, never between a name and its value.
 * MCP_ERROR: the matcher failed (memory); treat as "cannot be inspected".
 */
mcp_rc_t mcp_scan_segments(mcp_scan_t *s, const unsigned char *text,
    const mcp_segment_t *segs, size_t first, size_t last,
    uint8_t extra_surfaces);

/* What was found since mcp_scan_start(), in the order of the text. */
size_t mcp_scan_findings(const mcp_scan_t *s, const mcp_finding_t **findings);

/* Order of the text, for qsort() of mcp_finding_t. */
int mcp_finding_order(const void *a, const void *b);

/*
 * 1 when there were more than MCP_MAX_FINDINGS, or a view limit was reached:
 * the message cannot be fully inspected or redacted and must be refused.
 */
int mcp_scan_overflow(const mcp_scan_t *s);

/*
 * Counts from now on in costs[0 .. mcp_rules_count()), which outlive the
 * scanner; NULL: not any more.  Scanning pays nothing while nobody counts.
 */
void mcp_scan_costs(mcp_scan_t *s, mcp_cost_t *costs, uint64_t (*now)(void));

/*
 * Runs the judges (rules without a pattern) and the pattern rules on one text
 * that is in no message, as mcpctl corpus and rule examples need it.
 */
mcp_rc_t mcp_scan_text(mcp_scan_t *s, const unsigned char *text, size_t len,
    uint8_t surfaces, uint8_t kinds);

#endif /* MCP_SCAN_H */
