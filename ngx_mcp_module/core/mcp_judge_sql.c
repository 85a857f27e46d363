/*
 * The SQL judge: does a value that belongs into a literal end that literal and
 * go on as SQL?
 *
 * The value is cut into tokens, a letter each, as it would be read in three
 * places: outside a literal, inside '...', inside "...".  In a literal what
 * counts is how the text goes on behind the first quote: natural text has
 * letters there ("O'Brien", "the 'best' and"), an injection an operator, a
 * comment, a semicolon or a clause.  Then the string of letters is compared
 * with a few shapes.  Words next to each other are prose and end a shape.
 *
 *   n number     s literal    u literal that is not closed   b word
 *   N null,true  v @variable  f word before (   F the same, dangerous
 *   O or and     o comparison U union   S select   V other verbs of statements
 *   z delete     q declare
 *   W where, having   h when   g y group by   k p into outfile
 *   w d waitfor delay   R from
 *   c comment    ; ( ) , * + - / % . as they are     x anything else
 */

#include "mcp_chars.h"
#include "mcp_judge.h"
#include "mcp_text_int.h"

#include <string.h>


#define MAX_TOKENS  96
#define MAX_VALUE   2048          /* bytes that are read                     */
#define MAX_WORD    32


typedef struct {
    char      t[MAX_TOKENS + 1];
    unsigned  n;
} tokens_t;

typedef struct {
    const char  *word;
    char         t;
} word_t;

/* Sorted. */
static const word_t  words[] = {
    { "all", 'a' }, { "alter", 'V' }, { "analyse", 'b' }, { "and", 'O' },
    { "attach", 'V' },
    { "between", 'o' }, { "by", 'y' }, { "call", 'V' }, { "create", 'V' },
    { "declare", 'q' }, { "delay", 'd' }, { "delete", 'z' },
    { "distinct", 'a' }, { "div", 'O' }, { "drop", 'V' },
    { "dumpfile", 'p' }, { "exec", 'V' }, { "execute", 'V' },
    { "exists", 'f' }, { "false", 'N' }, { "from", 'R' }, { "grant", 'V' },
    { "group", 'g' }, { "having", 'W' }, { "ilike", 'o' }, { "in", 'i' },
    { "insert", 'V' }, { "into", 'k' }, { "is", 'o' }, { "like", 'o' },
    { "limit", 'l' }, { "merge", 'V' }, { "mod", 'O' }, { "not", '!' },
    { "null", 'N' }, { "or", 'O' }, { "order", 'g' }, { "outfile", 'p' },
    { "pragma", 'V' },
    { "procedure", 'P' }, { "regexp", 'o' }, { "rlike", 'o' },
    { "select", 'S' }, { "set", 't' }, { "shutdown", 'V' },
    { "similar", 'o' }, { "sounds", 'o' }, { "table", 'T' },
    { "time", 'd' }, { "true", 'N' }, { "truncate", 'V' }, { "union", 'U' },
    { "update", 'V' }, { "vacuum", 'V' }, { "values", 'b' }, { "waitfor", 'w' },
    { "when", 'h' }, { "where", 'W' }, { "xor", 'O' }
};

/*
 * Functions that wait, read files, run programs or leak through errors; with
 * '_' at the end all that begin so.
 */
static const char *const  functions[] = {
    "benchmark", "ctxsys", "dbms_", "extractvalue", "load_extension",
    "load_file", "lo_import", "pg_ls_dir", "pg_read_", "pg_sleep",
    "randomblob", "sleep", "updatexml", "utl_", "xp_"
};


/* "master..xp_cmdshell", "sys.dbms_pipe": each part counts. */
static int
is_dangerous(const char *word)
{
    size_t       i, k;
    const char  *p, *f;

    for (p = word; p != NULL; p = strchr(p, '.')) {

        p += (*p == '.');

        for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
            f = functions[i];

            for (k = 0; f[k] != '\0' && p[k] == f[k]; k++) { /* void */ }

            if (f[k] == '\0'
                && (p[k] == '\0' || p[k] == '.' || f[k - 1] == '_'))
            {
                return 1;
            }
        }
    }

    return 0;
}


static char
word_token(const char *word)
{
    int     rc;
    size_t  lo, hi, mid;

    lo = 0;
    hi = sizeof(words) / sizeof(words[0]);

    while (lo < hi) {
        mid = (lo + hi) / 2;
        rc = strcmp(words[mid].word, word);

        if (rc == 0) {
            return words[mid].t;
        }

        if (rc < 0) {
            lo = mid + 1;

        } else {
            hi = mid;
        }
    }

    return 'b';
}


static void
add(tokens_t *ts, char t)
{
    if (ts->n < MAX_TOKENS) {
        ts->t[ts->n++] = t;
        ts->t[ts->n] = '\0';
    }
}


/* A word at p; returns its length. */
static size_t
read_word(tokens_t *ts, const unsigned char *p, size_t len)
{
    char    word[MAX_WORD], t;
    size_t  i, k, n;

    for (i = 0, n = 0; i < len
                       && (mcp_is_word(p[i]) || p[i] == '$' || p[i] >= 0x80
                           || (p[i] == '.' && i > 0)); i++)
    {
        if (n + 1 < MAX_WORD) {
            word[n++] = (char) ((p[i] >= 'A' && p[i] <= 'Z') ? p[i] | 0x20
                                                             : p[i]);
        }
    }

    word[n] = '\0';

    for (k = i; k < len && (p[k] == ' ' || p[k] == '\t'); k++) { /* void */ }

    t = word_token(word);

    if (t == 'b' && k < len && p[k] == '(') {
        t = is_dangerous(word) ? 'F' : 'f';

    } else if (t == 'b' && strstr(word, "xp_cmdshell") != NULL) {
        t = 'F';

    } else if (t == 'i') {

        /* "in" is a comparison before a parenthesis only */

        t = (k < len && p[k] == '(') ? 'o' : 'b';
    }

    add(ts, t);

    return i;
}


static size_t
read_number(tokens_t *ts, const unsigned char *p, size_t len)
{
    size_t  i;

    for (i = 0; i < len && (mcp_is_digit(p[i]) || mcp_is_alpha(p[i])
                            || (p[i] == '.' && i + 1 < len
                                && mcp_is_digit(p[i + 1]))); i++)
    {
        /* void */
    }

    /* "1st", "4x4" are words; "0x41", "1e3" are numbers */

    if (i > 1 && mcp_is_alpha(p[i - 1])
        && !(p[0] == '0' && (p[1] | 0x20) == 'x')
        && (p[i - 1] | 0x20) != 'e')
    {
        add(ts, 'b');

    } else {
        add(ts, 'n');
    }

    return i;
}


/* A literal behind its opening quote; returns the length with the closing. */
static size_t
read_literal(tokens_t *ts, const unsigned char *p, size_t len,
    unsigned char quote)
{
    size_t  i;

    for (i = 0; i < len; i++) {

        if (p[i] == '\\' && i + 1 < len) {
            i++;
            continue;
        }

        if (p[i] == quote) {

            if (i + 1 < len && p[i + 1] == quote && i > 0) {
                i++;
                continue;
            }

            add(ts, 's');
            return i + 1;
        }
    }

    add(ts, 'u');

    return len;
}


/* "--", "#", block comments.  Returns the length, 0: none. */
static size_t
read_comment(tokens_t *ts, const unsigned char *p, size_t len)
{
    size_t  i;

    if (p[0] == '#') {

        /* "#tag" */

        if (len > 1 && mcp_is_alpha(p[1])) {
            add(ts, 'x');
            return 1;
        }

        add(ts, 'c');
        return len;
    }

    if (p[0] == '-' && len > 1 && p[1] == '-') {

        /* "--" of prose has letters behind it at once */

        if (len > 2 && (mcp_is_alpha(p[2]) || mcp_is_digit(p[2]))) {
            add(ts, 'x');
            return 2;
        }

        add(ts, 'c');
        return len;
    }

    if (p[0] != '/' || len < 2 || p[1] != '*') {
        return 0;
    }

    if (len > 2 && p[2] == '!') {

        /* MySQL runs what is inside */

        for (i = 3; i < len && mcp_is_digit(p[i]); i++) { /* void */ }

        return i;
    }

    for (i = 2; i + 1 < len; i++) {
        if (p[i] == '*' && p[i + 1] == '/') {
            return i + 2;
        }
    }

    add(ts, 'c');

    return len;
}


static void
tokenise(tokens_t *ts, const unsigned char *p, size_t len)
{
    size_t         i, n;
    unsigned char  c;

    memset(ts, 0, sizeof(tokens_t));

    for (i = 0; i < len && ts->n < MAX_TOKENS; i += n) {

        c = p[i];
        n = 1;

        if (c == ' ' || (c >= '\t' && c <= '\r') || c == 0 || c == 0xA0) {
            continue;
        }

        if (mcp_is_alpha(c) || c == '_' || c >= 0x80) {
            n = read_word(ts, p + i, len - i);
            continue;
        }

        if (mcp_is_digit(c)) {
            n = read_number(ts, p + i, len - i);
            continue;
        }

        n = read_comment(ts, p + i, len - i);

        if (n > 0) {
            continue;
        }

        n = 1;

        switch (c) {

        case '\'':
        case '"':
            n += read_literal(ts, p + i + 1, len - i - 1, c);
            break;

        case '@':
            while (i + n < len && (p[i + n] == '@' || mcp_is_word(p[i + n])))
            {
                n++;
            }

            add(ts, n > 1 ? 'v' : 'x');
            break;

        case '=':
        case '<':
        case '>':
        case '!':
        case '~':
            while (i + n < len && strchr("=<>!~", p[i + n]) != NULL
                   && p[i + n] != '\0')
            {
                n++;
            }

            add(ts, (c == '!' && n == 1) ? '!' : 'o');
            break;

        case '|':
        case '&':
            if (i + 1 < len && p[i + 1] == c) {
                n = 2;
                add(ts, 'O');

            } else {
                add(ts, '+');
            }

            break;

        case '^':
            add(ts, '+');
            break;

        case '*':
            if (i + 1 < len && p[i + 1] == '/') {
                n = 2;                /* the end of a MySQL comment          */
                break;
            }

            add(ts, '*');
            break;

        case '(':
        case ')':
        case ',':
        case ';':
        case '+':
        case '-':
        case '/':
        case '%':
            add(ts, (char) c);
            break;

        default:
            add(ts, 'x');
        }
    }
}


/* Skips what may stand between the end of a literal and what comes next. */
static const char *
skip(const char *t, const char *what)
{
    while (*t != '\0' && strchr(what, *t) != NULL) {
        t++;
    }

    return t;
}


/*
 * An expression with a comparison at t: no two words in a row, a comparison
 * within it.  literal: both sides must be literals, as in "1=1".
 */
static int
compares(const char *t, int literal)
{
    unsigned  i;
    char      last, before;

    t = skip(t, "(!");
    last = 0;

    for (i = 0; i < 24 && t[i] != '\0'; i++) {

        if (t[i] == 'o' && i > 0) {
            before = t[i - 1];

            /* what stands on the right */

            t = skip(t + i + 1, "(!-+");

            if (*t == '\0') {
                return !literal;
            }

            if (literal) {
                return strchr("nsuN", before) != NULL
                       && strchr("nsuN", *t) != NULL;
            }

            return strchr("nsuNvfFSbO", *t) != NULL;
        }

        if (strchr("nsuNvfFbS(),*+-/%Ra.", t[i]) == NULL) {
            return 0;
        }

        /* "''-''": any operator makes a number of it */

        if (!literal && i > 0 && strchr("+-*/%", t[i]) != NULL && last == 's'
            && (t[i + 1] == 's' || t[i + 1] == 'u'))
        {
            return 1;
        }

        if (t[i] == 'b' && last == 'b') {
            return 0;
        }

        last = t[i];
    }

    return 0;
}


/* A verb and what must follow it to be a statement. */
static int
is_statement(const char *t)
{
    switch (*t) {

    case 'S':
        /* select list: something, then ',' or from or the end */

        t = skip(t + 1, "a(");

        if (*t == '\0' || strchr("n*sufFvNbS", *t) == NULL) {
            return 0;
        }

        if (strchr("n*vsuNF", *t) != NULL) {
            return 1;
        }

        if (*t == 'f') {
            return strchr(t, ')') != NULL;
        }

        return t[1] == ',' || t[1] == '(' || (t[1] == ';' && t[2] == '\0')
               || (t[1] == 'R' && t[2] == 'b' && (t[3] == '\0'
                   || strchr("W;cgluO)", t[3]) != NULL));

    case 'V':
        return t[1] == 'T' || t[1] == 'a' || t[1] == 'k' || t[1] == 'R'
               || t[1] == 'v' || t[1] == 'F' || t[1] == 'f' || t[1] == 'c'
               || t[1] == '('
               || (t[1] == 'b' && (t[2] == 't' || t[2] == 'b' || t[2] == 's'
                                   || t[2] == 'u' || t[2] == ';'
                                   || t[2] == 'c'))
               || t[1] == '\0' || t[1] == ';';

    case 'q':
        return t[1] == 'v';

    case 'z':
        return t[1] == 'R' || (t[1] == 'b' && t[2] == 'W');

    case 'w':
        return t[1] == 'd';

    case 'U':
        return 1;
    }

    return 0;
}


/* union [all] select, as a query has it. */
static int
is_union(const char *t)
{
    t = skip(t + 1, "a(");

    if (*t != 'S') {
        return 0;
    }

    t = skip(t + 1, "a(");

    return *t == '\0' || strchr("n*sufFvNcS", *t) != NULL || t[1] == ','
           || t[1] == 'R' || t[1] == '(' || t[1] == 'c' || t[1] == '\0';
}


/* What may follow the end of a literal or number in an injection. */
static int
goes_on(const char *t, int literal)
{
    const char  *e;

    t = skip(t, ")%");

    switch (*t) {

    case 'O':
        e = skip(t + 1, "(!");

        if (compares(t + 1, 0)) {
            return 1;
        }

        /* "or 1 --", "or true", "' or 'x", "or exists (select" */

        if (*e == 'F' || *e == 'S' || (*e == 'f' && strchr(e, 'S') != NULL)) {
            return 1;
        }

        if (strchr("nNvsf", *e) != NULL && *e != '\0') {

            if (*e == 'N' && e[1] == '\0') {
                return 1;
            }

            e = skip(e + 1, "()nsfNv,");

            return *e == 'c' || *e == ';' || (*e == '\0' && literal)
                   || (*e == 'O' && literal && e[1] == 'u');
        }

        if (*e == 'b') {
            return e[1] == 'c';
        }

        return *e == 'u' && literal;

    case 'V':
    case 'q':
    case 'z':
        return literal && is_statement(t);

    case 'U':
        return is_union(t);

    case ';':
        return is_statement(t + 1) || (literal && t[1] == 'c');

    case 'g':
        return t[1] == 'y' && (t[2] == 'n' || (t[2] == 'b'
                               && (t[3] == 'c' || t[3] == 'W')));

    case 'W':
        return compares(t + 1, 0);

    case 'P':
        return t[1] == 'f' || t[1] == 'b';

    case 'k':
        return t[1] == 'p';

    case 'l':
        return t[1] == 'n' && (t[2] == 'c' || t[2] == ',' || t[2] == 'U'
                               || t[2] == 'k');

    case 'w':
        return t[1] == 'd';

    case 'c':
        return literal;

    case 'o':
        if (!literal) {
            return 0;
        }

        e = skip(t + 1, "(-+!");
        return *e != '\0' && strchr("suSfF", *e) != NULL;

    case '+':
    case '-':
    case '*':
    case '/':
    case ',':
        if (!literal) {
            return 0;
        }

        e = skip(t + 1, "(");

        if (*e == 'F' || *e == 'S' || (*e == 'N' && *t == ',')) {
            return 1;
        }

        /* "'-'", "'+'x'" and other ways around a password */

        return *t != ',' && (*e == 'u' || *e == 's')
               && (e[1] == '\0' || e[1] == 'c' || e[1] == 'O');
    }

    return 0;
}


/* Numbers and operators only, and a comparison in front. */
static int
is_arithmetic(const char *t)
{
    const char  *e;

    e = skip(t, "(!-");

    return *e == 'n' && e[1] == 'o' && *skip(t, "nNoO!()+-*/%") == '\0';
}


/* A semicolon that ends a statement, and not a part of a sentence. */
static int
ends_statement(const char *t)
{
    for (t = strchr(t, ';'); t != NULL; t = strchr(t + 1, ';')) {
        if (t[1] == '\0' || t[1] == 'c' || is_statement(t + 1)) {
            return 1;
        }
    }

    return 0;
}


/* What is SQL wherever it stands. */
static int
is_plain(const tokens_t *ts)
{
    char         before;
    const char  *t;

    for (t = ts->t; *t != '\0'; t++) {

        before = (t > ts->t) ? t[-1] : 0;

        switch (*t) {

        case 'U':

            /* "Union Select Committee": a name, when nothing else is there */

            if (is_union(t) && !(before == 0 && t[1] == 'S' && t[2] == 'b'
                                 && t[3] == '\0'))
            {
                return 1;
            }

            break;

        case 'F':
            if (before == 0 || strchr("Oo,(;S)us*+-/cVan", before) != NULL) {
                return 1;
            }

            break;

        case 'w':
            if (t[1] == 'd' && (t[2] == 's' || t[2] == 'u' || t[2] == 'n')) {
                return 1;
            }

            break;

        case 'O':

            /* "5 > 3 and 2 < 4" is a sum to do, it ends nothing */

            if (compares(t + 1, 1) && !is_arithmetic(ts->t)) {
                return 1;
            }

            break;

        case 'W':
        case 'h':
            if (compares(t + 1, 1)) {
                return 1;
            }

            break;

        case 'k':
            if (t[1] == 'p') {
                return 1;
            }

            break;

        case ';':
            if (is_statement(t + 1) && t[1] != 'U') {
                return 1;
            }

            break;

        case '(':
            if (t[1] == 'S' && is_statement(t + 1)) {
                return 1;
            }

            break;
        }
    }

    return 0;
}


/* Percent-decoding (twice), and quotes that databases fold to ASCII ones. */
static size_t
prepare(const unsigned char *value, size_t len, unsigned char *buf)
{
    int       byte;
    size_t    i, n, step;
    uint32_t  c;
    unsigned  round, decoded;

    if (len > MAX_VALUE) {
        len = MAX_VALUE;
    }

    memcpy(buf, value, len);

    for (round = 0; round < 2; round++) {

        decoded = 0;

        for (i = 0, n = 0; i < len; i += step) {

            step = 0;

            if (buf[i] == '%') {
                step = mcp_escape(buf + i, len - i, &c, &byte, 0);
            }

            if (step > 0 && c < 0x100) {
                buf[n++] = (unsigned char) c;
                decoded++;
                continue;
            }

            step = mcp_utf8_next(buf + i, len - i, &c);

            if (c == 0x2018 || c == 0x2019 || c == 0x02BC || c == 0xFF07
                || c == 0x2032)
            {
                buf[n++] = '\'';
                continue;
            }

            if (c == 0xFF02 || c == 0x201C || c == 0x201D) {
                buf[n++] = '"';
                continue;
            }

            if (c == 0xA0 || c == 0x3000) {
                buf[n++] = ' ';
                continue;
            }

            memmove(buf + n, buf + i, step);
            n += step;
        }

        len = n;

        if (decoded == 0) {
            break;
        }

        for (i = 0; i < len; i++) {
            if (buf[i] == '+' && i + 1 < len && buf[i + 1] != '\'') {
                buf[i] = ' ';
            }
        }
    }

    /* "1+union+select+1", as a query string has it */

    if (memchr(buf, ' ', len) == NULL) {
        for (i = 1; i + 1 < len; i++) {
            if (buf[i] == '+'
                && (mcp_is_alpha(buf[i - 1]) || mcp_is_alpha(buf[i + 1])))
            {
                buf[i] = ' ';
            }
        }
    }

    return len;
}


int
mcp_judge_sql(const unsigned char *value, size_t len)
{
    int                   glued;
    size_t                i;
    tokens_t              ts;
    const char           *t;
    unsigned char         buf[MAX_VALUE], quote;
    const unsigned char  *p;

    len = prepare(value, len, buf);

    tokenise(&ts, buf, len);

    if (is_plain(&ts)) {
        return 1;
    }

    /* a statement where a name was asked for */

    if (ts.n > 0 && strchr("SVqz", ts.t[0]) != NULL) {
        if (ts.n > 2 && is_statement(ts.t)
            && (strchr(ts.t, 'R') != NULL || ends_statement(ts.t)
                || strchr(ts.t, 'F') != NULL
                || (ts.t[1] == 'T' && strchr(ts.t, ';') == NULL)))
        {
            return 1;
        }

        if (ts.t[0] == 'S' && ts.t[1] == 'v') {
            return 1;
        }
    }

    /* behind a number, or at the start of a clause */

    t = skip(ts.t, "()");

    if (*t == '-') {
        t++;
    }

    if (*t == 'n' || *t == 'N') {

        if (goes_on(t + 1, 0) && !is_arithmetic(ts.t)) {
            return 1;
        }

    } else if (*t == 'g' || *t == 'W' || *t == 'l'
               || (*t == 'P' && t[1] == 'f')
               || (*t == 'O' && t == ts.t))
    {
        if (goes_on(t, 0)) {
            return 1;
        }
    }

    for (quote = '"'; quote != 0; quote = (quote == '"') ? '\'' : 0) {

        p = memchr(buf, quote, len);

        if (p == NULL) {
            continue;
        }

        i = (size_t) (p - buf) + 1;

        glued = (i < len && (mcp_is_alpha(buf[i]) || mcp_is_digit(buf[i]))
                 && !(i > 1 && buf[i - 2] == '\\'));

        tokenise(&ts, buf + i, len - i);

        if (glued) {

            /* an apostrophe, or a quoted word, unless it can be neither */

            if (ts.t[0] == 'O' ? compares(ts.t + 1, 0)
                : ts.t[0] == 'U' ? is_union(ts.t)
                : ts.t[0] == 'z' ? ts.t[1] == 'R'
                : (ts.t[0] == 'V' && ts.t[1] != '\0'
                   && strchr("TkRFv(", ts.t[1]) != NULL))
            {
                return 1;
            }

            continue;
        }

        if (is_plain(&ts)) {
            return 1;
        }

        /* "path += '/'": it opens a literal, and this is what it holds */

        t = skip(ts.t, ")%");

        if (i > 1 && strchr(" \t\n([{=,:+", buf[i - 2]) != NULL
            && *t != '\0' && strchr("o+-*/,", *t) != NULL)
        {
            continue;
        }

        if (goes_on(ts.t, 1)) {
            return 1;
        }
    }

    return 0;
}
