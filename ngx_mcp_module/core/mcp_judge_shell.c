/*
 * The shell judge: does a value that is a name, a path or a host lead a shell
 * on to a command of its own?
 *
 * The value is decoded first (percent, entities, full width).  Then each
 * place where a shell would begin a command is looked at: behind ; | & and
 * newlines, inside $( ) and backticks.  What stands there counts when it is a
 * command with what belongs to one: a path, an option, an address; or one
 * that says all by itself (whoami).  Words of prose and lists of words
 * ("R&D; costs | benefits", "name|id|type") are none of that.  A few things
 * count wherever they stand, because no name has them: ${IFS}, {cat,/x}, a
 * function definition for the environment, SSI.
 *
 * In running text only the plainest attacks count.
 */

#include "mcp_chars.h"
#include "mcp_judge.h"
#include "mcp_shell.h"
#include "mcp_text_int.h"

#include <string.h>


#define MAX_TEXT   400            /* bytes of text; longer is discussion     */


static int
is_separator(unsigned char c)
{
    return c == ';' || c == '|' || c == '&' || c == '\n' || c == '\r';
}


/* Percent (twice), entities, full width forms; what is not seen is gone. */
static void
prepare(mcp_shell_t *v, const unsigned char *p, size_t len)
{
    int       byte;
    size_t    i, n, step;
    uint32_t  c;
    unsigned  round, decoded;

    if (len > MCP_SHELL_VALUE) {
        len = MCP_SHELL_VALUE;
    }

    memcpy(v->b, p, len);

    for (round = 0; round < 3; round++) {

        decoded = 0;

        for (i = 0, n = 0; i < len; i += step) {

            step = 0;

            if (v->b[i] == '%' || v->b[i] == '&'
                || (v->b[i] == '\\' && i + 1 < len
                    && (v->b[i + 1] == 'x' || v->b[i + 1] == 'u')))
            {
                step = mcp_escape(v->b + i, len - i, &c, &byte, 0);
            }

            if (step > 0) {
                decoded = 1;

            } else if (v->b[i] < 0x80) {
                v->b[n++] = v->b[i];
                step = 1;
                continue;

            } else {
                step = mcp_utf8_next(v->b + i, len - i, &c);
            }

            if (c >= 0xFF01 && c <= 0xFF5E) {
                c -= 0xFEE0;
            }

            if (c == 0xA0 || c == 0x3000) {
                c = ' ';
            }

            if (c < 0x80) {
                v->b[n++] = (unsigned char) c;

            } else if (!mcp_is_hidden(c)) {
                v->b[n++] = 0x80;     /* a letter of some kind               */
            }
        }

        len = n;

        if (!decoded) {
            break;
        }
    }

    v->n = len;
    v->b[len] = '\0';
}


/*
 * 1: words of one kind, parted by one kind of separator; there is no telling
 * a command from a column in them.
 */
static int
is_list(const mcp_shell_t *v)
{
    size_t         i, words;
    unsigned char  sep, c;

    sep = 0;
    words = 1;

    for (i = 0; i < v->n; i++) {

        c = v->b[i];

        if (c == ';' || c == '|' || c == '\n') {

            if (sep != 0 && c != sep) {
                return 0;
            }

            if (i == 0 || i + 1 == v->n || v->b[i - 1] == c) {
                return 0;
            }

            sep = c;
            words++;
            continue;
        }

        /* what patterns of names have */

        if (!(mcp_is_word(c) || c == '-' || c == ' '
              || c == '*' || c == '.' || c == '+' || c == '?' || c == '^'
              || c == '(' || c == ')' || c == '[' || c == ']' || c >= 0x80))
        {
            return 0;
        }
    }

    return words > 2;
}


/* "{cat,/etc/passwd}" */
static int
is_braced(const mcp_shell_t *v, size_t i)
{
    char      word[MCP_SHELL_WORD];
    size_t    end;
    unsigned  splits;

    end = mcp_shell_word(v, i + 1, word, &splits);

    return end < v->n && v->b[end] == ',' && end > i + 1
           && mcp_shell_is_command(word)
           && memchr(v->b + end, '}', v->n - end) != NULL;
}


/* What no name has, at i. */
static int
is_foreign(const mcp_shell_t *v, size_t i)
{
    size_t  k;

    static const char *const  variables[] = {
        "$ifs", "${ifs", "${path:", "${home:", "${#", "$'\\x", "$'\\0"
    };

    static const char *const  includes[] = {
        "<!--#exec", "<!--#include", "<!--#echo"
    };

    switch (v->b[i]) {

    case '$':
        for (k = 0; k < sizeof(variables) / sizeof(variables[0]); k++) {
            if (mcp_shell_begins(v, i, variables[k])) {
                return 1;
            }
        }

        return 0;

    case '{':
        return is_braced(v, i);

    case '(':
        /* "() { :;}; command" */

        for (k = i + 1; k < v->n && (v->b[k] == ')' || mcp_is_blank(v->b[k]));
             k++)
        {
            /* void */
        }

        if (k == i + 1 || k >= v->n || v->b[k] != '{' || v->b[i + 1] != ')') {
            return 0;
        }

        for (k++; k < v->n && mcp_is_blank(v->b[k]); k++) { /* void */ }

        return k < v->n && (v->b[k] == ':' || v->b[k] == '_');

    case '<':
        for (k = 0; k < sizeof(includes) / sizeof(includes[0]); k++) {
            if (mcp_shell_begins(v, i, includes[k])) {
                return 1;
            }
        }

        /* fall through */

    case '>':
        if (v->text) {
            return 0;
        }

        for (k = i + 1; k < v->n && (v->b[k] == '>' || v->b[k] == '&'
                                     || mcp_is_blank(v->b[k])); k++)
        {
            /* void */
        }

        return mcp_shell_is_place(v, k);
    }

    return 0;
}


/* The decision about what stands behind a separator. */
static int
counts(const mcp_shell_t *v, size_t sep, int rc)
{
    if (v->text) {
        return rc == MCP_SHELL_STRONG;
    }

    if (rc == MCP_SHELL_STRONG) {
        return 1;
    }

    /* "(ls|cd)": of a pattern, when the group closes again */

    if (rc != MCP_SHELL_FAIR || (v->depth > 0 && sep < v->close)) {
        return 0;
    }

    /* in a URL ';' and '&' part parameters */

    if (v->url && v->b[sep] != '|' && v->b[sep] != '\n') {
        return sep + 1 < v->n && mcp_is_blank(v->b[sep + 1]);
    }

    return 1;
}


/* The opening '`' at i is in a sentence: it sets off what is talked of. */
static int
is_in_sentence(const mcp_shell_t *v, size_t i)
{
    size_t    k;
    unsigned  blanks;

    if (i == 0 || !mcp_is_blank(v->b[i - 1])) {
        return 0;
    }

    for (k = 0, blanks = 0; k < i; k++) {

        if (is_separator(v->b[k])) {
            return 0;
        }

        blanks += mcp_is_blank(v->b[k]);
    }

    return blanks > 2;
}


/* $( ... ) or ` ... ` with the opening at i. */
static int
is_substitution(const mcp_shell_t *v, size_t i)
{
    int     rc;
    size_t  from, next, end;

    from = i + (v->b[i] == '$' ? 2 : 1);

    if (v->b[i] == '`') {

        for (end = from; end < v->n && v->b[end] != '`'; end++) {
            /* void */
        }

        if (end == v->n || end == from) {
            return 0;
        }
    }

    rc = mcp_shell_command(v, from, &next);

    if (v->text) {
        return rc == MCP_SHELL_STRONG && v->b[i] == '$';
    }

    if (v->b[i] == '`' && rc != MCP_SHELL_STRONG && is_in_sentence(v, i)) {
        return 0;
    }

    if (rc >= MCP_SHELL_FAIR || v->b[from] == '<') {
        return 1;
    }

    /* any command word is enough where it is meant to be run */

    return rc == MCP_SHELL_WEAK && v->b[i] == '$';
}


/*
 * The whole value is a command: an option and a place, or what Windows has.
 * Fragments that were glued to a name count, too: "a.pngls -la /etc/".
 */
static int
is_command_line(const mcp_shell_t *v)
{
    static const char *const  windows[] = {
        "dir ", "type ", "copy ", "del ", "reg add", "reg query", "net user",
        "net localgroup", "cmd /c", "cmd.exe", "powershell -", NULL
    };

    size_t    i, k;
    unsigned  w;

    for (i = 1; i + 3 < v->n; i++) {

        /* "ls -la /etc", "perl -e '...'", "nc -lvp 4444 -e /bin/sh" */

        if (v->b[i] == '-' && mcp_is_blank(v->b[i - 1]) && i > 2
            && (mcp_is_alpha(v->b[i - 2]) || mcp_is_digit(v->b[i - 2]))
            && mcp_is_alpha(v->b[i + 1]))
        {
            for (k = i + 1; k < v->n && (mcp_is_alpha(v->b[k])
                                         || mcp_is_digit(v->b[k])); k++)
            {
                /* void */
            }

            while (k < v->n && mcp_is_blank(v->b[k])) {
                k++;
            }

            if (k < v->n && k - i < 12
                && (mcp_shell_is_place(v, k)
                    || (k > 1 && mcp_is_blank(v->b[k - 1]) && v->b[k] == '\''
                        && (v->b[i + 1] | 0x20) == 'e')))
            {
                return 1;
            }
        }
    }

    for (i = 0; i < v->n; i++) {

        for (w = 0; windows[w] != NULL; w++) {

            if (!mcp_shell_begins(v, i, windows[w])) {
                continue;
            }

            k = i + strlen(windows[w]);

            while (k < v->n && (mcp_is_blank(v->b[k]) || v->b[k] == '"')) {
                k++;
            }

            if (windows[w][0] == 'c' && windows[w][1] == 'm') {
                return 1;
            }

            if (w >= 6 || mcp_shell_begins(v, k, "hk")
                || mcp_shell_begins(v, k, "%")
                || (k + 2 < v->n && mcp_is_alpha(v->b[k]) && v->b[k + 1] == ':'
                    && v->b[k + 2] == '\\'))
            {
                return 1;
            }
        }
    }

    return 0;
}


/* "data:image/png;base64,...", which is full of what commands are made of. */
static int
is_data(const unsigned char *p, size_t len)
{
    size_t                i;
    const unsigned char  *comma;

    static const char  mark[] = ";base64";

    if (len < 5 || memcmp(p, "data:", 5) != 0) {
        return 0;
    }

    comma = memchr(p, ',', len);
    i = comma ? (size_t) (comma - p) : 0;

    if (i < 5 + sizeof(mark) - 1
        || memcmp(comma - (sizeof(mark) - 1), mark, sizeof(mark) - 1) != 0)
    {
        return 0;
    }

    for (i++; i < len; i++) {
        if (!mcp_is_word(p[i]) && p[i] != '+' && p[i] != '/' && p[i] != '-'
            && p[i] != '=')
        {
            return 0;
        }
    }

    return 1;
}


int
mcp_judge_shell(const unsigned char *p, size_t len, int text)
{
    size_t       i, at;
    mcp_shell_t  v;

    if ((text && len > MAX_TEXT) || is_data(p, len)) {
        return 0;
    }

    prepare(&v, p, len);

    v.text = (text != 0);

    for (i = 0; i < v.n && (mcp_is_alpha(v.b[i]) || v.b[i] == '+'); i++) {
        /* void */
    }

    v.url = (i > 1 && mcp_shell_begins(&v, i, "://"));
    v.list = is_list(&v) ? 1 : 0;
    v.depth = 0;

    for (v.close = v.n; v.close > 0 && v.b[v.close - 1] != ')'; v.close--) {
        /* void */
    }

    for (i = 0; i < v.n; i++) {

        switch (v.b[i]) {

        case ';':
        case '|':
        case '&':
        case '\n':
        case '\r':
            if (text && (v.b[i] == '\n' || v.b[i] == '\r')) {
                break;
            }

            for (at = i + 1; at < v.n && is_separator(v.b[at]); at++) {
                /* void */
            }

            if (counts(&v, i, mcp_shell_command(&v, at, NULL))) {
                return 1;
            }

            i = at - 1;
            break;

        case '\\':
            if (!text && i + 2 < v.n && (v.b[i + 1] == 'n'
                                         || v.b[i + 1] == 'r')
                && counts(&v, i, mcp_shell_command(&v, i + 2, NULL)))
            {
                return 1;
            }

            break;

        case '`':
            if (is_substitution(&v, i)) {
                return 1;
            }

            break;

        case '$':
            if (i + 1 < v.n && v.b[i + 1] == '('
                && is_substitution(&v, i))
            {
                return 1;
            }

            /* fall through */

        case '{':
        case '<':
        case '>':
            if (is_foreign(&v, i)) {
                return 1;
            }

            break;

        case '(':
            if (is_foreign(&v, i)) {
                return 1;
            }

            v.depth += (i == 0 || v.b[i - 1] != '$');
            break;

        case ')':
            v.depth -= (v.depth > 0);
            break;
        }
    }

    return !text && is_command_line(&v);
}
