/*
 * From the tree back to an expression.
 */

#include "mcp_regex.h"

#include <string.h>


#define MAX_FOLLOW   8            /* elements that may be empty, in a row    */
#define MIN_GUARDED  6            /* branches that are worth a look before   */
#define MAX_GUARD    128          /* bytes that one of them may begin with   */


static mcp_rc_t
put(mcp_buf_t *out, const char *s)
{
    return mcp_buf_append(out, s, strlen(s));
}


static mcp_rc_t
put_byte(mcp_buf_t *out, unsigned c)
{
    static const char  hex[] = "0123456789abcdef";

    char  b[4];

    if ((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
        || c == '_')
    {
        return mcp_buf_append_byte(out, (unsigned char) c);
    }

    b[0] = '\\';
    b[1] = 'x';
    b[2] = hex[c >> 4];
    b[3] = hex[c & 15];

    return mcp_buf_append(out, b, 4);
}


mcp_rc_t
mcp_re_emit_set(const mcp_re_set_t *set, mcp_buf_t *out)
{
    mcp_rc_t  rc;
    unsigned  c, from, n;

    n = mcp_re_set_count(set);

    if (n == 1) {
        for (c = 0; !mcp_re_has(set, c); c++) { /* void */ }

        return put_byte(out, c);
    }

    rc = mcp_buf_append_byte(out, '[');

    for (c = 0; c < 256 && rc == MCP_OK; c++) {

        if (!mcp_re_has(set, c)) {
            continue;
        }

        from = c;

        while (c < 255 && mcp_re_has(set, c + 1)) {
            c++;
        }

        rc = put_byte(out, from);

        if (rc == MCP_OK && c > from) {

            if (c > from + 1) {
                rc = mcp_buf_append_byte(out, '-');
            }

            if (rc == MCP_OK) {
                rc = put_byte(out, c);
            }
        }
    }

    return (rc == MCP_OK) ? mcp_buf_append_byte(out, ']') : rc;
}


/* A letter in both cases; 0: the set is something else. */
static unsigned
case_pair(const mcp_re_set_t *set)
{
    unsigned  c;

    if (mcp_re_set_count(set) != 2) {
        return 0;
    }

    for (c = 'a'; c <= 'z'; c++) {
        if (mcp_re_has(set, c)) {
            return mcp_re_has(set, c & ~0x20u) ? c : 0;
        }
    }

    return 0;
}


/* Bytes of a set that \b knows as one kind: 1 word, 2 others, 3 both. */
static unsigned
kinds_of(const mcp_re_set_t *set)
{
    unsigned  c, kinds;

    for (c = 0, kinds = 0; c < 256; c++) {
        if (mcp_re_has(set, c)) {
            kinds |= ((c >= '0' && c <= '9') || c == '_'
                      || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')) ? 1 : 2;
        }
    }

    return kinds;
}


/*
 * What may come behind a node: the bytes that it can begin with, and the
 * assertions that stand before them.
 */
typedef struct {
    mcp_re_set_t  set;
    unsigned      word:1;         /* \b                                      */
    unsigned      not_word:1;     /* \B                                      */
} follow_t;


static void
follow_asserts(const mcp_re_t *re, uint32_t node, follow_t *f)
{
    uint32_t              child;
    const mcp_re_node_t  *n = &re->nodes[node];

    if (n->type == MCP_RE_ASSERT) {
        f->word |= (n->how == MCP_RE_WORD);
        f->not_word |= (n->how == MCP_RE_NOT_WORD);
        return;
    }

    for (child = n->child; child; child = re->nodes[child].next) {
        follow_asserts(re, child, f);
    }
}


/* Puts a node before what follows. */
static void
follow_add(const mcp_re_t *re, uint32_t node, follow_t *f)
{
    unsigned  i;
    follow_t  own;

    memset(&own, 0, sizeof(own));
    follow_asserts(re, node, &own);

    if (mcp_re_edge(re, node, 0, &own.set)) {

        for (i = 0; i < sizeof(own.set.bits); i++) {
            own.set.bits[i] |= f->set.bits[i];
        }

        own.word |= f->word;
        own.not_word |= f->not_word;
    }

    *f = own;
}


/*
 * A repeat of a set whose bytes cannot begin what follows never gains by
 * giving some back: it may be possessive.  PCRE2 finds that for simple cases,
 * but not at the end of a repeated group, where it matters most.
 */
static int
is_possessive(const mcp_re_t *re, const mcp_re_node_t *n, const follow_t *f)
{
    const mcp_re_node_t  *child = &re->nodes[n->child];

    while (child->type == MCP_RE_GROUP && child->capture == 0) {
        child = &re->nodes[child->child];
    }

    if (n->how != MCP_RE_GREEDY || n->min == n->max
        || child->type != MCP_RE_SET || f->not_word
        || (f->word && kinds_of(&child->set) == 3))
    {
        return 0;
    }

    return !mcp_re_sets_meet(&child->set, &f->set);
}


static mcp_rc_t
emit_quantifier(const mcp_re_node_t *n, int possessive, mcp_buf_t *out)
{
    mcp_rc_t  rc;

    rc = mcp_buf_append_byte(out, '{');

    if (rc == MCP_OK) {
        rc = mcp_buf_append_uint(out, n->min);
    }

    if (rc == MCP_OK && n->max != n->min) {
        rc = mcp_buf_append_byte(out, ',');

        if (rc == MCP_OK && n->max != MCP_RE_INF) {
            rc = mcp_buf_append_uint(out, n->max);
        }
    }

    if (rc == MCP_OK) {
        rc = mcp_buf_append_byte(out, '}');
    }

    if (rc == MCP_OK && (possessive || n->how != MCP_RE_GREEDY)) {
        rc = mcp_buf_append_byte(out, n->how == MCP_RE_LAZY ? '?' : '+');
    }

    return rc;
}


static mcp_rc_t emit(const mcp_re_t *re, uint32_t node, const follow_t *f,
    mcp_buf_t *out);


/* Children one after another; each is followed by the next ones. */
static mcp_rc_t
emit_cat(const mcp_re_t *re, uint32_t child, const follow_t *f, mcp_buf_t *out)
{
    int           folded;
    mcp_rc_t      rc;
    uint32_t      next, rest[MAX_FOLLOW];
    unsigned      i, n, letter;
    follow_t      own;
    mcp_re_set_t  none;

    rc = MCP_OK;
    folded = 0;

    for ( /* void */ ; child && rc == MCP_OK; child = re->nodes[child].next) {

        /*
         * A class takes 33 bytes of PCRE2's code, a letter without case two;
         * patterns of many words would be too large for it.
         */

        letter = (re->nodes[child].type == MCP_RE_SET)
                 ? case_pair(&re->nodes[child].set) : 0;

        if ((letter != 0) != folded) {
            folded = !folded;
            rc = put(out, folded ? "(?i)" : "(?-i)");

            if (rc != MCP_OK) {
                break;
            }
        }

        if (letter != 0) {
            rc = put_byte(out, letter);
            continue;
        }

        /* what follows: the next few, until one cannot be empty */

        own = *f;
        n = 0;

        for (next = re->nodes[child].next; next; next = re->nodes[next].next) {

            memset(&none, 0, sizeof(none));

            if (n == MAX_FOLLOW) {
                memset(&own, 0xff, sizeof(own));
                break;
            }

            rest[n++] = next;

            if (!mcp_re_edge(re, next, 0, &none)) {
                memset(&own, 0, sizeof(own));
                break;
            }
        }

        for (i = n; i > 0 && own.not_word == 0; i--) {
            follow_add(re, rest[i - 1], &own);
        }

        if (re->nodes[child].type == MCP_RE_ALT) {
            rc = put(out, "(?:");
        }

        if (rc == MCP_OK) {
            rc = emit(re, child, &own, out);
        }

        if (rc == MCP_OK && re->nodes[child].type == MCP_RE_ALT) {
            rc = put(out, ")");
        }
    }

    return (rc == MCP_OK && folded) ? put(out, "(?-i)") : rc;
}


static mcp_rc_t
emit_group(const mcp_re_t *re, const mcp_re_node_t *n, const follow_t *f,
    mcp_buf_t *out)
{
    mcp_rc_t     rc;
    unsigned     i;
    follow_t     own, again;
    const char  *open;

    open = "(?:";
    own = *f;

    if (n->type == MCP_RE_GROUP) {
        open = n->capture ? "("
                          : (n->how == MCP_RE_POSSESSIVE) ? "(?>" : "(?:";

    } else {

        if (re->nodes[n->child].type == MCP_RE_SET
            || re->nodes[n->child].type == MCP_RE_GROUP)
        {
            open = "";
        }

        if (n->max > 1) {

            /* the end of the body is followed by its beginning, too */

            again = *f;
            follow_add(re, n->child, &again);

            for (i = 0; i < sizeof(own.set.bits); i++) {
                own.set.bits[i] |= again.set.bits[i];
            }

            own.word |= again.word;
            own.not_word |= again.not_word;
        }
    }

    rc = put(out, open);

    if (rc == MCP_OK) {
        rc = emit(re, n->child, &own, out);
    }

    if (rc == MCP_OK && *open != '\0') {
        rc = put(out, ")");
    }

    if (rc == MCP_OK && n->type == MCP_RE_REPEAT) {
        rc = emit_quantifier(n, is_possessive(re, n, f), out);
    }

    return rc;
}


/*
 * PCRE2 tries the branches of an alternation one by one, and does so at each
 * place of a gap before it.  Where they are many, one look at the next byte
 * tells mostly that none of them is there.
 */
static mcp_rc_t
emit_alt(const mcp_re_t *re, uint32_t node, const follow_t *f, mcp_buf_t *out)
{
    int           guarded;
    mcp_rc_t      rc;
    uint32_t      child;
    unsigned      branches;
    mcp_re_set_t  first;

    memset(&first, 0, sizeof(first));
    branches = 0;

    for (child = re->nodes[node].child; child; child = re->nodes[child].next) {
        branches++;
    }

    guarded = branches >= MIN_GUARDED && !mcp_re_edge(re, node, 0, &first)
              && mcp_re_set_count(&first) <= MAX_GUARD;

    rc = MCP_OK;

    if (guarded) {
        rc = put(out, "(?=");

        if (rc == MCP_OK) {
            rc = mcp_re_emit_set(&first, out);
        }

        if (rc == MCP_OK) {
            rc = put(out, ")(?:");
        }
    }

    for (child = re->nodes[node].child; child && rc == MCP_OK;
         child = re->nodes[child].next)
    {
        if (child != re->nodes[node].child) {
            rc = put(out, "|");
        }

        if (rc == MCP_OK) {
            rc = emit(re, child, f, out);
        }
    }

    return (rc == MCP_OK && guarded) ? put(out, ")") : rc;
}


static mcp_rc_t
emit(const mcp_re_t *re, uint32_t node, const follow_t *f, mcp_buf_t *out)
{
    static const char *const  asserts[] = {
        "\\A", "(?m:^)", "\\Z", "\\z", "(?m:$)", "\\b", "\\B"
    };

    mcp_rc_t              rc;
    unsigned              letter;
    const mcp_re_node_t  *n = &re->nodes[node];

    switch (n->type) {

    case MCP_RE_SET:
        letter = case_pair(&n->set);

        if (letter == 0) {
            return mcp_re_emit_set(&n->set, out);
        }

        rc = put(out, "(?i:");

        if (rc == MCP_OK) {
            rc = put_byte(out, letter);
        }

        return (rc == MCP_OK) ? put(out, ")") : rc;

    case MCP_RE_ASSERT:
        return put(out, asserts[n->how]);

    case MCP_RE_CAT:
        return emit_cat(re, n->child, f, out);

    case MCP_RE_ALT:
        return emit_alt(re, node, f, out);

    case MCP_RE_GROUP:
    case MCP_RE_REPEAT:
        return emit_group(re, n, f, out);

    default:
        return MCP_OK;
    }
}


mcp_rc_t
mcp_re_emit(const mcp_re_t *re, uint32_t node, mcp_buf_t *out)
{
    follow_t  end;

    memset(&end, 0, sizeof(end));

    return emit(re, node, &end, out);
}
