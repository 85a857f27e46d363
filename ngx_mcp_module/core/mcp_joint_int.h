/*
 * Joints from inside: the runs that are gathered, shared by mcp_joint.c, which
 * puts them together, and mcp_joint_scan.c.
 */

#ifndef MCP_JOINT_INT_H
#define MCP_JOINT_INT_H

#include "mcp_joint.h"
#include "mcp_scan_int.h"


#define SIDE         MCP_JOINT_SIDE
#define RUN_TEXT     2048            /* bytes of a run                       */
#define RUN_PIECES   128
#define KEEP_PIECES  64              /* that may go on in the next run       */
#define NARROW       32              /* bytes on each side of a joint: what
                                        the prefilter looks at, and more     */
#define TEXT         16384           /* of runs that are scanned together    */
#define RUNS         64
#define PIECES       1024
#define SECRET_PARTS 4               /* a credential in more is a list       */
#define SEEN         64              /* texts in which something was seen    */

#define SEEN_HEAD    1
#define SEEN_END     2

#define NOWHERE      UINT32_MAX      /* segment of an earlier message        */


/* A part of a run: len bytes of a segment from an offset in it. */
typedef struct {
    uint32_t  at;                    /* in the text of the joints            */
    uint32_t  len;
    uint32_t  segment;
    uint32_t  from;
} piece_t;

/* Where the scan of a text saw something that a rule looks for. */
typedef struct {
    uint32_t  segment;
    unsigned  where;                 /* near its beginning, its end: bits    */
} seen_t;

struct mcp_joints_s {
    size_t          len;
    size_t          runs_n;
    size_t          pieces_n;

    /* the run that is growing, behind the others */
    size_t          start;
    size_t          start_piece;
    uint8_t         surfaces;        /* 0: there is none                     */
    uint8_t         growing_hot;
    uint8_t         growing_end;     /* something may go on behind it        */

    size_t          narrow_len;
    size_t          places_n;
    size_t          found_n;
    size_t          seen_n;          /* SEEN: there may be more              */
    seen_t          seen[SEEN];

    unsigned char   text[TEXT];
    mcp_segment_t   runs[RUNS];
    uint32_t        first[RUNS];     /* piece of each                        */
    uint8_t         hot[RUNS];       /* 1: worth the whole scan              */
    uint8_t         again[RUNS];     /* the run before, with blanks          */
    piece_t         pieces[PIECES];

    /* what is around the joints of all runs; item: number of the run */
    unsigned char   narrow[TEXT + PIECES];
    mcp_segment_t   places[PIECES];

    mcp_finding_t   found[MCP_MAX_FINDINGS];
};


/* Rules of these are looked for in what was put together. */
static inline int
is_joined(mcp_category_t category)
{
    return category == MCP_CAT_SECRET || category == MCP_CAT_INJECTION
           || category == MCP_CAT_POISONING;
}


/*
 * Scans the runs that were gathered, and adds what was found over joints to
 * s->joints->found.  Then there are none.
 */
mcp_rc_t mcp_joints_scan(mcp_scan_t *s, const unsigned char *text,
    const mcp_segment_t *segs);

#endif /* MCP_JOINT_INT_H */
