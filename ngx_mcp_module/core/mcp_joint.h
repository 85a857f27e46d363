/*
 * Texts that follow each other, looked at as one.
 *
 * An instruction may be cut in two: by two content items, by two events of a
 * stream.  So the ends of texts are joined with the beginnings of those that
 * follow, and the pattern rules of injection, poisoning and secrets are run
 * on the joints; a short text is joined as a whole, so that it may be cut
 * into many.  What reaches over a joint is a finding of the later text.
 *
 * Memory is fixed: a tail for each surface between messages, one table in
 * the scanner.
 */

#ifndef MCP_JOINT_H
#define MCP_JOINT_H

#include "mcp_scan.h"


#define MCP_JOINT_SIDE      256      /* bytes of a text on each side         */
#define MCP_JOINT_SURFACES  8


/*
 * How the texts of each surface ended so far.  own tells how many bytes at
 * the end are of the segment, and where they begin in it; that is of use for
 * the segments of the same message only.
 */
typedef struct {
    uint16_t       len[MCP_JOINT_SURFACES];
    uint16_t       own[MCP_JOINT_SURFACES];
    uint8_t        hot[MCP_JOINT_SURFACES];      /* a rule saw something     */
    uint32_t       segment[MCP_JOINT_SURFACES];
    uint32_t       from[MCP_JOINT_SURFACES];
    unsigned char  text[MCP_JOINT_SURFACES][MCP_JOINT_SIDE];
} mcp_tail_t;


/* Nothing was before. */
void mcp_tail_reset(mcp_tail_t *tail);

/* to: what from has, as the end of another message. */
void mcp_tail_copy(mcp_tail_t *to, const mcp_tail_t *from);

/*
 * Scans the joints of the texts (mcp_segment_t.block) among the segments
 * first .. last - 1 and of the tail before them, which then becomes theirs.
 * Adds to mcp_scan_findings(): in the later text, and for a credential also
 * in the earlier ones of the same message; in no order.  MCP_ERROR as
 * mcp_scan_segments().
 */
mcp_rc_t mcp_scan_joints(mcp_scan_t *s, const unsigned char *text,
    const mcp_segment_t *segs, size_t first, size_t last, mcp_tail_t *tail);

#endif /* MCP_JOINT_H */
