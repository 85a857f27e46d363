/*
 * A rate limit as one number.
 */

#include "mcp_gcra.h"


/* More per unit than this is no limit; it also keeps the reading exact. */
#define MAX_COUNT  UINT64_C(1000000000)


mcp_rc_t
mcp_gcra_rate(const unsigned char *p, size_t len, uint64_t *emission)
{
    size_t    i;
    uint64_t  n, unit;

    if (len < 4 || p[len - 3] != 'r' || p[len - 2] != '/') {
        return MCP_ERROR;
    }

    switch (p[len - 1]) {

    case 's':
        unit = 1;
        break;

    case 'm':
        unit = 60;
        break;

    case 'h':
        unit = 3600;
        break;

    case 'd':
        unit = 86400;
        break;

    default:
        return MCP_ERROR;
    }

    unit *= 1000000;
    n = 0;

    for (i = 0; i < len - 3; i++) {

        if (p[i] < '0' || p[i] > '9') {
            return MCP_ERROR;
        }

        n = n * 10 + (p[i] - '0');

        if (n > MAX_COUNT) {
            return MCP_ERROR;
        }
    }

    /* none at all is what mcp_tool is for, and more than one a microsecond
       cannot be counted */

    if (n == 0 || n > unit) {
        return MCP_ERROR;
    }

    *emission = (unit + n - 1) / n;

    return MCP_OK;
}


int
mcp_gcra_check(const mcp_gcra_t *g, uint64_t tat, uint64_t now, uint64_t cost,
    mcp_gcra_result_t *r)
{
    uint64_t  window, end;

    window = g->emission * (g->burst + 1);
    end = now + window;

    if (tat < now) {
        tat = now;

    } else if (tat > end) {
        tat = end;
    }

    if (cost > g->burst + 1) {
        r->tat = tat;
        r->remaining = (end - tat) / g->emission;
        r->wait = 0;

        return 0;
    }

    if (g->emission * cost > end - tat) {
        r->tat = tat;
        r->remaining = (end - tat) / g->emission;
        r->wait = g->emission * cost - (end - tat);

        return 0;
    }

    r->tat = tat + g->emission * cost;
    r->remaining = (end - r->tat) / g->emission;
    r->wait = 0;

    return 1;
}
