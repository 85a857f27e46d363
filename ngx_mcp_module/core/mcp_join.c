/*
 * Words that are far apart: "ignore \n\n  all" reads as "ignore all".
 *
 * A space in a pattern is one white space character, so wider gaps between
 * two words would hide any phrase.  They are common in code and lists, and a
 * view of the whole text would double its cost; what counts is near a gap.
 */

#include "mcp_chars.h"
#include "mcp_text_int.h"


#define NEAR  160                     /* bytes around a gap                  */


/* The next gap at or behind at: *from and *to; 0: there is none. */
static int
next_gap(const unsigned char *text, size_t len, size_t at, size_t *from,
    size_t *to)
{
    size_t  i, end;

    for (i = at > 0 ? at : 1; i + 2 < len; i = end + 1) {

        /* the second of two blanks: others can be jumped over */

        if (!mcp_is_white(text[i + 1])) {
            end = i + 1;
            continue;
        }

        if (!mcp_is_white(text[i])) {
            end = i;
            continue;
        }

        for (end = i + 2; end < len && mcp_is_white(text[end]); end++) {
            /* void */
        }

        if (end < len && mcp_is_alpha(text[i - 1]) && mcp_is_alpha(text[end])) {
            *from = i;
            *to = end;
            return 1;
        }
    }

    return 0;
}


static int
copy(mcp_view_t *out, const unsigned char *text, size_t from, size_t to)
{
    return mcp_view_put(out, text + from, to - from, from, from + 1, 1);
}


mcp_made_t
mcp_make_joined(mcp_view_t *out, const unsigned char *text, size_t len)
{
    size_t  from, to, done, begin, end;

    done = 0;                         /* of the text, and what of it ...     */
    end = 0;                          /* ... a gap still asks for            */

    for (to = 0; next_gap(text, len, to, &from, &to); /* void */ ) {

        begin = (from > NEAR) ? from - NEAR : 0;

        if (begin > end) {

            /* a break between what does not belong together */

            if (!copy(out, text, done, end)
                || (end > 0 && !mcp_view_put(out, "\n\n", 2, end, begin, 0)))
            {
                return MCP_MADE_CUT;
            }

            done = begin;
        }

        if (!copy(out, text, done, from)
            || !mcp_view_put(out, " ", 1, from, to, 0))
        {
            return MCP_MADE_CUT;
        }

        done = to;
        end = (len - to > NEAR) ? to + NEAR : len;
    }

    if (end == 0) {
        return MCP_MADE_NOTHING;
    }

    return copy(out, text, done, end) ? MCP_MADE_VIEW : MCP_MADE_CUT;
}
