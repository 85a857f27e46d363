/*
 * Needles: what is in a text is found, once, wherever it begins, with either
 * of both searches and in pieces as well.
 */

#include "../../ngx_mcp_module/core/mcp_needle_int.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>


#define NEEDLES  400
#define TEXT     6000
#define PLACES   24

static mcp_re_set_t   sets[NEEDLES][PLACES];
static mcp_needle_t   needles[NEEDLES];
static unsigned       needles_n;
static unsigned char  room[TEXT + 2 * MCP_NEEDLE_MARGIN];
static unsigned char  piece[TEXT + 2 * MCP_NEEDLE_MARGIN];
static unsigned char  found[NEEDLES][TEXT + 2 * MCP_NEEDLE_MARGIN];
static size_t         base;
static uint32_t       seed = 7;


static unsigned
dice(unsigned n)
{
    seed = seed * 1664525u + 1013904223u;

    return (seed >> 10) % n;
}


static void
put(mcp_re_set_t *set, const char *bytes)
{
    for ( /* void */ ; *bytes; bytes++) {
        mcp_re_put(set, (unsigned char) *bytes);
    }
}


/* A needle of words and classes as rules have them. */
static void
make(unsigned number)
{
    unsigned       i, core;
    char           both[3];
    mcp_needle_t  *nd = &needles[number];

    static const char  letters[] = "etaoin shrdlu";
    static const char *const  classes[] = {
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
        " \t\n\r", "-_", "0123456789", "opsu", "abcdefgh"
    };

    memset(nd, 0, sizeof(mcp_needle_t));
    memset(sets[number], 0, sizeof(sets[number]));
    memset(both, 0, sizeof(both));

    core = 3 + dice(6);
    nd->end = (uint8_t) (dice(5) + core);
    nd->n = (uint8_t) (nd->end + dice(6));
    nd->core = (uint8_t) (dice(3) ? core : 0);

    for (i = 0; i < nd->n; i++) {

        nd->place[i] = &sets[number][i];

        if (i + core >= nd->end && i < nd->end) {
            both[0] = letters[dice(13)];
            both[1] = (char) (both[0] == ' ' ? '\n' : both[0] - 32);
            put(&sets[number][i], both);

        } else {
            put(&sets[number][i], classes[dice(6)]);
        }
    }
}


/* A string that the needle matches. */
static void
write_match(const mcp_needle_t *nd, unsigned char *p)
{
    unsigned  i, c;

    for (i = 0; i < nd->n; i++) {
        do {
            c = dice(128);
        } while (!mcp_re_has(nd->place[i], c));

        p[i] = (unsigned char) ((c >= '\t' && c <= '\r') ? ' ' : c);
    }
}


static int
matches(const mcp_needle_t *nd, const unsigned char *p)
{
    unsigned  i;

    for (i = 0; i < nd->n; i++) {
        if (!mcp_re_has(nd->place[i], p[i])) {
            return 0;
        }
    }

    return 1;
}


static int
on_needle(void *data, unsigned number, ptrdiff_t end)
{
    (void) data;

    found[number][(size_t) ((ptrdiff_t) (base + MCP_NEEDLE_MARGIN) + end)]++;

    return 0;
}


/* Every match must be told once, nothing twice. */
static void
check(const char *what, size_t len)
{
    size_t               at, missed, twice, seen;
    unsigned             i;
    const unsigned char  *text = room + MCP_NEEDLE_MARGIN;

    missed = 0;
    twice = 0;
    seen = 0;

    for (i = 0; i < needles_n; i++) {

        for (at = 0; at + needles[i].n <= len; at++) {
            if (matches(&needles[i], text + at)) {
                seen++;
                missed += found[i][at + needles[i].end + MCP_NEEDLE_MARGIN]
                          != 1;
            }
        }

        for (at = 0; at < sizeof(found[i]); at++) {
            twice += (found[i][at] > 1);
        }
    }

    ok(seen > 200, "%s: there is something to find (%zu)", what, seen);
    is_int(missed, 0, "%s: all found", what);
    is_int(twice, 0, "%s: nothing twice", what);
}


static void
scan(mcp_needles_t *ns, size_t len, size_t step)
{
    size_t  n;

    memset(found, 0, sizeof(found));

    for (base = 0; base < len; base += step) {

        n = (len - base < step) ? len - base : step;

        memcpy(piece, room + base, n + 2 * MCP_NEEDLE_MARGIN);
        mcp_needles_scan(ns, piece + MCP_NEEDLE_MARGIN, n, on_needle, NULL);
    }
}


static int
stop(void *data, unsigned number, ptrdiff_t end)
{
    (void) number;
    (void) end;

    ++*(unsigned *) data;

    return 1;
}


int
main(void)
{
    int             avx2;
    size_t          i, at;
    unsigned        n, calls;
    mcp_needle_t   *nd;
    mcp_needles_t  *ns;

    while (needles_n < NEEDLES && dice(100000) > 0) {

        make(needles_n);

        if (mcp_needle_fit(&needles[needles_n])) {
            needles_n++;
        }
    }

    ok(needles_n > 100, "needles that fit (%u)", needles_n);

    ns = mcp_needles_create(needles, needles_n);
    ok(ns != NULL, "set of needles");

    if (ns == NULL) {
        return done();
    }

    /* words of the same letters, and a match every few bytes */

    for (i = 0; i < TEXT; i++) {
        room[MCP_NEEDLE_MARGIN + i] =
            (unsigned char) "etaoin shrdlu-_0 pE"[dice(19)];
    }

    for (at = 0; at + PLACES <= TEXT; at += 5 + dice(20)) {
        nd = &needles[dice(needles_n)];
        write_match(nd, room + MCP_NEEDLE_MARGIN + at);
        at += nd->n;
    }

    avx2 = ns->avx2;

    for (n = 0; n < 2; n++) {

        ns->avx2 = n ? avx2 : 0;

        scan(ns, TEXT, TEXT);
        check(n ? "wide" : "plain", TEXT);

        scan(ns, TEXT, 64);
        check(n ? "wide, pieces" : "plain, pieces", TEXT);

        scan(ns, TEXT - 3, 18);
        check(n ? "wide, odd pieces" : "plain, odd pieces", TEXT - 3);

        calls = 0;
        base = 0;
        mcp_needles_scan(ns, room + MCP_NEEDLE_MARGIN, TEXT, stop, &calls);
        is_int(calls, 1, "ends when it is told to");
    }

    ok(mcp_needles_size(ns) > sizeof(mcp_needles_t), "its size");
    mcp_needles_destroy(ns);

    ns = mcp_needles_create(needles, 0);
    ok(ns != NULL, "an empty set");
    calls = 0;
    mcp_needles_scan(ns, room + MCP_NEEDLE_MARGIN, TEXT, stop, &calls);
    is_int(calls, 0, "finds nothing");
    mcp_needles_destroy(ns);
    mcp_needles_destroy(NULL);

    /* four letters alone have one parity only */

    memset(&needles[0], 0, sizeof(mcp_needle_t));
    memset(sets[0], 0, sizeof(sets[0]));

    for (i = 0; i < 4; i++) {
        mcp_re_put(&sets[0][i], (unsigned char) "akia"[i]);
        needles[0].place[i] = &sets[0][i];
    }

    needles[0].n = 4;
    needles[0].end = 4;
    needles[0].core = 4;
    is_int(mcp_needle_fit(&needles[0]), 1, "four bytes: a narrow window");

    mcp_re_put(&sets[0][4], '-');
    needles[0].place[4] = &sets[0][4];
    needles[0].n = 5;
    is_int(mcp_needle_fit(&needles[0]), 2, "five: two wide ones");

    needles[0].n = 2;
    is_int(mcp_needle_fit(&needles[0]), 0, "two do not fit");

    return done();
}
