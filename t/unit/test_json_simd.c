/*
 * The 16 byte steps of the tokenizer: the form of this machine and the
 * portable one, against a loop over bytes.
 */

#include <stdint.h>
#include <string.h>

#include "mcp_json_simd.h"

/* the same header once more, as a machine without vectors reads it */

#undef MCP_JSON_SIMD_H

#ifndef MCP_NO_SIMD
#define MCP_NO_SIMD
#endif

#define copy_plain16   portable_plain16
#define count_space16  portable_space16

#include "mcp_json_simd.h"

#undef copy_plain16
#undef count_space16

#include "tap.h"


static unsigned
slow_plain(const unsigned char *p)
{
    unsigned  i;

    for (i = 0; i < 16; i++) {
        if (p[i] < 0x20 || p[i] > 0x7f || p[i] == '"' || p[i] == '\\') {
            break;
        }
    }

    return i;
}


static unsigned
slow_space(const unsigned char *p)
{
    unsigned  i;

    for (i = 0; i < 16 && p[i] != 0 && strchr(" \t\r\n", p[i]) != NULL; i++) {
        /* void */
    }

    return i;
}


/* Counts what is wrong with one block, at an address that is not aligned. */
static unsigned
check(const unsigned char *block)
{
    unsigned       wrong, plain, space;
    unsigned char  in[17], a[18], b[18];

    memcpy(in + 1, block, 16);
    memset(a, 'x', sizeof(a));
    memset(b, 'x', sizeof(b));

    plain = slow_plain(block);
    space = slow_space(block);

    wrong = (copy_plain16(a + 1, in + 1) != plain);
    wrong += (portable_plain16(b + 1, in + 1) != plain);
    wrong += (count_space16(in + 1) != space);
    wrong += (portable_space16(in + 1) != space);

    wrong += (memcmp(a + 1, block, 16) != 0 || memcmp(b + 1, block, 16) != 0);
    wrong += (a[0] != 'x' || a[17] != 'x' || b[0] != 'x' || b[17] != 'x');

    return wrong;
}


int
main(void)
{
    unsigned       at, ch, other, i, wrong;
    uint32_t       seed;
    unsigned char  block[16];

    static const unsigned char  around[] = "a \x7f\"\\\n\x1f\x80\xff\x21\x5b";

    /* each byte at each place, with the same bytes around it */

    for (i = 0; i < sizeof(around); i++) {

        wrong = 0;

        for (at = 0; at < 16; at++) {
            for (ch = 0; ch < 256; ch++) {
                memset(block, around[i], 16);
                block[at] = (unsigned char) ch;
                wrong += check(block);
            }
        }

        is_int(wrong, 0, "each byte at each place among 0x%02x", around[i]);
    }

    /* two bytes side by side: a borrow must not reach the next one */

    wrong = 0;

    for (at = 0; at < 15; at++) {
        for (ch = 0; ch < 256; ch++) {
            for (other = 0; other < 256; other++) {
                memset(block, 'a', 16);
                block[at] = (unsigned char) ch;
                block[at + 1] = (unsigned char) other;
                wrong += check(block);
            }
        }
    }

    is_int(wrong, 0, "each pair of bytes at each place");

    wrong = 0;
    seed = 1;

    for (i = 0; i < 200000; i++) {

        for (at = 0; at < 16; at++) {
            seed = seed * 1103515245 + 12345;
            block[at] = (unsigned char) (seed >> 16);

            /* mostly plain, or mostly white */

            if (seed >> 24 & 7) {
                block[at] = (i & 1) ? " \t\r\n"[block[at] & 3]
                                    : (unsigned char) (block[at] & 0x3f) + 0x23;
            }
        }

        wrong += check(block);
    }

    is_int(wrong, 0, "200000 blocks at random");

    return done();
}
