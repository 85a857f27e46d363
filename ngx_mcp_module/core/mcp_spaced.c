/*
 * Characters that are spaced out.
 */

#include "mcp_chars.h"
#include "mcp_fold_int.h"

#include <string.h>


#define MIN_SPACED   4            /* letters that are spaced out             */
#define SPACED_SEEN  16           /* characters that decide about the rest   */
#define MAX_GAP      16           /* separators between spaced out words     */


static int
is_word_sign(unsigned char c, unsigned char sep)
{
    return c != sep && (c == '_' || c == '|' || c == '/' || c == '-');
}


int
mcp_spaced_next(mcp_spaced_t *sp, size_t *at, size_t *size, int *gap)
{
    size_t                i, n;
    uint32_t              c;
    const unsigned char  *p = sp->p;

    i = sp->i;

    if (i >= sp->len || p[i] <= ' ' || p[i] == sp->sep) {
        return 0;
    }

    n = (p[i] < 0x80) ? 1 : mcp_utf8_next(p + i, sp->len - i, &c);

    if (i + n < sp->len && p[i + n] != sp->sep && p[i + n] > ' ') {
        return 0;                     /* part of a word                      */
    }

    *at = i;
    *size = n;
    *gap = 0;

    for (i += n, n = 0; i < sp->len && n < MAX_GAP; i++, n++) {

        if (p[i] == sp->sep) {
            *gap |= (n > 0);

        } else if (p[i] == ' '
                   || (sp->sep != ' ' && is_word_sign(p[i], sp->sep)
                       && i + 1 < sp->len && p[i + 1] == sp->sep))
        {
            *gap = 1;

        } else {
            break;
        }
    }

    sp->i = i;

    return 1;
}


size_t
mcp_spaced_stretch(const unsigned char *p, size_t len)
{
    int       gap;
    size_t    at, size, end;
    unsigned  all, letters;
    mcp_spaced_t  sp;

    if (len < 2 * MIN_SPACED - 1 || p[1] >= 0x80 || p[1] == '\0'
        || strchr(" .-_*|~,/+", p[1]) == NULL)
    {
        return 0;
    }

    sp.p = p;
    sp.len = len;
    sp.i = 0;
    sp.sep = p[1];

    all = 0;
    letters = 0;
    end = 0;

    while (mcp_spaced_next(&sp, &at, &size, &gap)) {

        letters += p[at] >= 0x80 || mcp_is_alpha(p[at]);
        end = at + size;

        if (++all == SPACED_SEEN && letters * 2 < all) {
            return 0;
        }
    }

    return (letters >= MIN_SPACED && (all > SPACED_SEEN || letters * 2 >= all))
           ? end : 0;
}
