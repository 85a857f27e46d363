/*
 * Byte sets: spans are the same as byte by byte, for any set, length and place.
 */

#include "../../ngx_mcp_module/core/mcp_byteset.h"
#include "tap.h"

#include <string.h>


int
main(void)
{
    size_t         i, n, from, want;
    uint32_t       seed;
    unsigned       round, c, wrong, whole;
    mcp_byteset_t     bs;
    mcp_re_set_t   set;
    unsigned char  text[300];

    seed = 3;
    wrong = 0;
    whole = 0;

    for (round = 0; round < 4000; round++) {

        memset(&set, 0, sizeof(set));

        for (c = 0; c < 256; c++) {
            seed = seed * 1664525 + 1013904223;

            if ((seed >> 16) % 64 < 1 + round % 63) {
                mcp_re_put(&set, c);
            }
        }

        mcp_byteset_init(&bs, &set);
        bs.avx2 = bs.avx2 && (round & 1);

        /* mostly bytes of the set, so that runs are long */

        for (i = 0; i < sizeof(text); i++) {
            do {
                seed = seed * 1664525 + 1013904223;
                c = (seed >> 12) & 255;
            } while (!mcp_re_has(&set, c) && (seed >> 20) % 200 != 0);

            text[i] = (unsigned char) c;
        }

        from = (seed >> 8) % 40;
        n = (seed >> 16) % (sizeof(text) - from);

        for (want = 0; want < n && mcp_re_has(&set, text[from + want]);
             want++)
        {
            /* void */
        }

        wrong += (mcp_byteset_span(&bs, text + from, n) != want);
        whole += (want == n && n > 64);
    }

    is_int(wrong, 0, "4000 spans");
    ok(whole > 100, "whole texts among them (%u)", whole);
    is_int(mcp_byteset_span(&bs, text, 0), 0, "nothing has none");

    return done();
}
