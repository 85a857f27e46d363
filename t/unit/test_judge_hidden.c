/*
 * The judge of hidden text: what people do not see and programs read, and what
 * legitimate text has of the same characters.
 */

#include "mcp_judge.h"

#include "tap.h"

#include <stdlib.h>
#include <time.h>


#define COUNT(t)  (sizeof(t) / sizeof((t)[0]))

#define TAG(c)   "\363\240\201" c       /* U+E0040 and above                 */
#define ZWSP     "\342\200\213"
#define ZWNJ     "\342\200\214"
#define ZWJ      "\342\200\215"
#define WJ       "\342\201\240"
#define SHY      "\302\255"
#define BOM      "\357\273\277"
#define FILLER   "\343\205\244"
#define RLO      "\342\200\256"
#define LRO      "\342\200\255"
#define PDF      "\342\200\254"
#define RLE      "\342\200\253"
#define RLI      "\342\201\247"
#define PDI      "\342\201\251"
#define RLM      "\342\200\217"
#define VS1      "\357\270\200"
#define VS16     "\357\270\217"
#define VS17     "\363\240\204\200"
#define FLAG     "\360\237\217\264"
#define MAN      "\360\237\221\250"
#define WOMAN    "\360\237\221\251"
#define GIRL     "\360\237\221\247"
#define FAMILY   MAN ZWJ WOMAN ZWJ GIRL
#define ALEF     "\327\220"


static const char *const  hiding[] = {

    /* tags that spell a word */
    "x" TAG("\251") TAG("\247") TAG("\256"),
    "Sum" TAG("\201") TAG("\202") TAG("\203") TAG("\204"),
    TAG("\241") TAG("\242") TAG("\243"),
    FLAG TAG("\241") TAG("\242") TAG("\243") TAG("\244") TAG("\245")
         TAG("\246") TAG("\247") TAG("\250") TAG("\251"),

    /* selectors that carry bytes */
    "\360\237\230\200" VS17 VS17 VS17 VS17,
    "a" VS1 VS16 VS1 VS16 VS1,

    /* zero width inside words, or a message of its own */
    "ig" ZWSP "no" ZWSP "re", "p" ZWJ "a" ZWJ "ssword", "dele" WJ WJ "te",
    "s" SHY "y" SHY "s" SHY "tem", "pass" BOM "wo" BOM "rd",
    "x" ZWSP ZWNJ ZWSP ZWSP ZWNJ ZWSP "y",
    "x " FILLER FILLER FILLER FILLER FILLER FILLER,
    "\320\277" ZWSP "\320\260" ZWSP "\321\200",

    /* the order of what is read */
    "file" RLO "gpj.exe", LRO "abc" PDF, "if (a) { " RLI "} x" PDI " y",
    "a" RLE "b" PDF,

    /* terminals */
    "\033[8mhidden\033[0m", "\033[1;8mhidden", "\033[2K\rnew", "\033[1A\033[2K",
    "\033[2J", "\033]52;c;AAAA\007", "\033]8;;http://x.test\007y\033]8;;\007",
    "\033[38;5;8;8F"
};

static const char *const  plain[] = {

    "", "plain ASCII", "na\303\257ve caf\303\251", "\344\275\240\345\245\275",

    /* emoji */
    FAMILY, "\342\235\244" VS16, "ok \342\234\224" VS16 " done " FAMILY,
    "\360\237\217\263" VS16 ZWJ "\360\237\214\210",
    "1" VS16 "\342\203\243 2" VS16 "\342\203\243 3" VS16 "\342\203\243",
    "\360\237\221\215\360\237\217\275",

    /* flags: England, and letters */
    FLAG TAG("\247") TAG("\242") TAG("\245") TAG("\256") TAG("\247")
         TAG("\277"),
    "\360\237\207\251\360\237\207\252",

    /* joiners where scripts need them; marks beside such letters */
    "\331\205\333\214" ZWNJ "\330\256\331\210\330\247\331\207\331\205",
    "\340\244\225\340\245\215" ZWJ "\340\244\267",
    ALEF RLM " (1)", RLE ALEF ALEF PDF " x", RLI ALEF PDI " x",
    "a " RLM "b",

    /* one that a web page left, a hyphen between syllables */
    "zero" ZWSP "width", BOM "first", "x" BOM, "Donau" SHY "dampf" SHY "schiff",
    "Kraft" SHY "fahr" SHY "zeug", "end" ZWSP, ZWSP "begin", "a " ZWSP " b",

    /* ideographs with a selector each */
    "\350\221\233" VS17 "\345\237\216" VS17 "\345\270\202",
    "\344\272\230" VS1,

    /* colours, progress */
    "\033[31mred\033[0m", "\033[1;32mok\033[0m", "\033[38;5;8mgrey\033[0m",
    "\033[38;2;8;8;8mgrey\033[0m", "\033[48;5;8m x", "\033[K", "\033[0K",
    "\033[?25l", "50 %\r100 %", "\033[4munder\033[24m", "\033", "\033["
};


static int
judge(const char *value, size_t len, mcp_place_t *place)
{
    mcp_place_t  none;

    return mcp_judge_hidden((const unsigned char *) value, len,
                            place ? place : &none);
}


/* The place covers what is hidden and no letter beside it. */
static void
test_place(void)
{
    mcp_place_t  place;
    const char  *p;

    p = "Sum" TAG("\201") TAG("\202") TAG("\203") TAG("\204") "mary";

    is_int(judge(p, strlen(p), &place), 1, "tags inside of a word");
    is_int(place.from, 3, "where they begin");
    is_int(place.to, 19, "where they end");

    p = "a " RLO "b";

    is_int(judge(p, strlen(p), &place), 1, "an override");
    is_int(place.from, 2, "where it stands");
    is_int(place.to, 5, "and ends");
}


/* Cut anywhere: no byte behind the end is read, and it ends in time. */
static void
test_cost(void)
{
    size_t          i, k, n;
    clock_t         t;
    unsigned char  *p;
    mcp_place_t     place;

    static const char *const  units[] = {
        RLE, RLI, "a" RLE, ZWSP " ", "\033[", "\033[1;", TAG("\277"),
        FAMILY, "\342\202", "\363\240"
    };

    for (i = 0; i < COUNT(hiding); i++) {

        n = strlen(hiding[i]);
        p = malloc(n);

        if (p == NULL) {
            ok(0, "memory");
            return;
        }

        memcpy(p, hiding[i], n);

        for (k = 0; k < n; k++) {
            (void) mcp_judge_hidden(p + n - k, k, &place);
            (void) mcp_judge_hidden(p, k, &place);
        }

        free(p);
    }

    n = 1024 * 1024;
    p = malloc(n);

    if (p == NULL) {
        ok(0, "memory");
        return;
    }

    for (i = 0; i < COUNT(units); i++) {

        for (k = 0; k < n; k++) {
            p[k] = (unsigned char) units[i][k % strlen(units[i])];
        }

        /* so that embeddings are no fault, but are looked at each */

        memcpy(p + n - 2, ALEF, 2);

        t = clock();
        (void) mcp_judge_hidden(p, n, &place);

        /* sanitizers are slow */

        ok(clock() - t < CLOCKS_PER_SEC, "a megabyte of unit %u",
           (unsigned) i);
    }

    free(p);
}


int
main(void)
{
    size_t  i;

    for (i = 0; i < COUNT(hiding); i++) {
        is_int(judge(hiding[i], strlen(hiding[i]), NULL), 1, "hiding %u",
               (unsigned) i);
    }

    for (i = 0; i < COUNT(plain); i++) {
        is_int(judge(plain[i], strlen(plain[i]), NULL), 0, "plain %u",
               (unsigned) i);
    }

    test_place();
    test_cost();

    return done();
}
