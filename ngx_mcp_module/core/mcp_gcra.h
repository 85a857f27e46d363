/*
 * A rate limit as one number: the generic cell rate algorithm.
 *
 * A counter is the "theoretical arrival time": when all that was charged so
 * far would have passed at the even pace of the rate.  All is whole
 * microseconds and below 2^53, so that a script with doubles, which is all
 * that Redis has, counts exactly the same.
 *
 *     tat    = clamp(tat, now, now + emission * (burst + 1))
 *     passes = tat + emission * cost <= now + emission * (burst + 1)
 *
 * The clamp to what can be true at all is what makes clocks that jump
 * harmless: back, and a limit is at worst as full as one that was just used
 * up; ahead, and it is empty.  So a counter that was clamped is stored, even
 * when nothing is charged: or it would stay full until the clock is back.
 */

#ifndef MCP_GCRA_H
#define MCP_GCRA_H

#include "mcp_types.h"


/* emission * (burst + 1) may not be more: a year and a day. */
#define MCP_GCRA_MAX_WINDOW  (UINT64_C(366) * 86400 * 1000000)

typedef struct {
    uint64_t  emission;       /* microseconds between two, at least 1        */
    uint64_t  burst;          /* how many more at once                       */
} mcp_gcra_t;

typedef struct {
    uint64_t  tat;            /* what the counter becomes when charged; when
                                 it does not pass, the old one after the
                                 clamp, to be stored where it is less        */
    uint64_t  remaining;      /* what could still pass at once: after the
                                 charge when it passes, now when it does not */
    uint64_t  wait;           /* microseconds until it would pass; 0: never,
                                 or it passes                                */
} mcp_gcra_result_t;


/*
 * Reads "10r/m": r/s, r/m, r/h or r/d.  The emission is rounded up, so that
 * never more passes than was said.  MCP_ERROR: not a rate.
 */
mcp_rc_t mcp_gcra_rate(const unsigned char *p, size_t len, uint64_t *emission);

/*
 * 1 when cost passes at the time now, with the counter at tat (0: a new one).
 * Storing r->tat is up to the caller: of several limits all are charged, or
 * none.
 */
int mcp_gcra_check(const mcp_gcra_t *g, uint64_t tat, uint64_t now,
    uint64_t cost, mcp_gcra_result_t *r);

#endif /* MCP_GCRA_H */
