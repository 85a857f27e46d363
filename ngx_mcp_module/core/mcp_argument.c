/*
 * Constraints on arguments.
 *
 * Patterns are run with a callout at each of their items, which counts the
 * characters that went by: match limits of PCRE2 count for each place where a
 * match may begin, so they bound no time.
 */

#include "mcp_argument.h"
#include "mcp_policy.h"

#define PCRE2_CODE_UNIT_WIDTH  8

#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define MATCH_HEAP     (16 * 1024)        /* KiB                             */
#define MAX_LENGTH     UINT32_MAX
#define MAX_STEPS      MCP_JSON_MAX_DEPTH
#define SHOWN          100                /* bytes of a word in an error     */


typedef enum {
    C_PATH_UNDER = 0,
    C_HOST_IN,
    C_MATCH,
    C_ONE_OF,
    C_MAX_LENGTH,
    C_PRESENT,
    C_ABSENT,
    C_MAX
} constraint_t;


static const struct {
    const char  *name;            /* with '=' when a value follows           */
    const char  *violated;
} constraints[C_MAX] = {
    [C_PATH_UNDER] = { "path_under=", "argument violates path_under" },
    [C_HOST_IN] = { "host_in=", "argument violates host_in" },
    [C_MATCH] = { "match=", "argument violates match" },
    [C_ONE_OF] = { "one_of=", "argument violates one_of" },
    [C_MAX_LENGTH] = { "max_length=", "argument violates max_length" },
    [C_PRESENT] = { "present", "argument violates present" },
    [C_ABSENT] = { "absent", "argument violates absent" }
};


struct mcp_argument_s {
    unsigned              set;           /* 1 << constraint_t                */

    mcp_str_t             tool;          /* glob                             */
    mcp_str_t             pointer;       /* as written                       */
    mcp_step_t           *steps;
    size_t                steps_n;
    size_t                wild;          /* steps up to the last '*'         */

    char                 *dir;
    mcp_host_t           *hosts;
    size_t                hosts_n;
    mcp_str_t            *words;
    size_t                words_n;
    size_t                max_length;
    pcre2_code           *code;
    pcre2_match_context  *context;

    unsigned char        *text;          /* of all strings above             */
    size_t                text_len;
};


static int
fail(mcp_argument_error_t *err, const char *what, mcp_str_t word)
{
    (void) snprintf(err->text, sizeof(err->text), "%s \"%.*s\"", what,
                    (int) (word.len < SHOWN ? word.len : SHOWN),
                    (const char *) word.data);

    return 0;
}


static int
no_memory(mcp_argument_error_t *err)
{
    (void) snprintf(err->text, sizeof(err->text), "out of memory");

    return 0;
}


/* A copy that lives as long as the argument; there is room for all. */
static mcp_str_t
keep(mcp_argument_t *a, const unsigned char *data, size_t len)
{
    mcp_str_t  s;

    if (len != 0) {
        memcpy(a->text + a->text_len, data, len);
    }

    s.data = a->text + a->text_len;
    s.len = len;
    a->text_len += len;

    return s;
}


/* ~0 and ~1; 0: another one. */
static int
unescape(mcp_argument_t *a, const unsigned char *p, size_t len,
    mcp_step_t *step)
{
    size_t          i, n;
    unsigned char  *text;

    text = a->text + a->text_len;
    n = 0;

    for (i = 0; i < len; i++) {

        if (p[i] != '~') {
            text[n++] = p[i];
            continue;
        }

        if (++i == len || (p[i] != '0' && p[i] != '1')) {
            return 0;
        }

        text[n++] = p[i] == '0' ? '~' : '/';
    }

    step->any = (len == 1 && p[0] == '*');
    step->name.data = text;
    step->name.len = n;
    a->text_len += n;

    return 1;
}


static int
read_pointer(mcp_argument_t *a, mcp_str_t word, mcp_argument_error_t *err)
{
    size_t  i, n, from;

    if (word.len == 0 || word.data[0] != '/') {
        return fail(err, "no \"/\" at the start of pointer", word);
    }

    for (i = 0, n = 0; i < word.len; i++) {
        n += (word.data[i] == '/');
    }

    if (n > MAX_STEPS) {
        return fail(err, "too many segments in pointer", word);
    }

    a->steps = calloc(n, sizeof(mcp_step_t));
    if (a->steps == NULL) {
        return no_memory(err);
    }

    a->pointer = keep(a, word.data, word.len);

    for (i = 1, from = 1; i <= word.len; i++) {

        if (i < word.len && word.data[i] != '/') {
            continue;
        }

        if (!unescape(a, word.data + from, i - from, &a->steps[a->steps_n])) {
            return fail(err, "\"~\" without 0 or 1 in pointer", word);
        }

        a->steps_n++;

        if (a->steps[a->steps_n - 1].any) {
            a->wild = a->steps_n;
        }

        from = i + 1;
    }

    return 1;
}


/* The next of the values between commas; 0: there is no more. */
static int
next_word(mcp_str_t *rest, mcp_str_t *word)
{
    const unsigned char  *comma;

    if (rest->data == NULL) {
        return 0;
    }

    *word = *rest;
    comma = memchr(rest->data, ',', rest->len);

    if (comma == NULL) {
        rest->data = NULL;
        return 1;
    }

    word->len = (size_t) (comma - rest->data);
    rest->len -= word->len + 1;
    rest->data = comma + 1;

    return 1;
}


static size_t
count_words(mcp_str_t value)
{
    size_t  i, n;

    for (i = 0, n = 1; i < value.len; i++) {
        n += (value.data[i] == ',');
    }

    return n;
}


static int
read_dir(mcp_argument_t *a, mcp_str_t value, mcp_argument_error_t *err)
{
    size_t       len;
    mcp_path_t  *path;

    len = value.len;

    while (len > 1 && value.data[len - 1] == '/') {
        len--;
    }

    path = malloc(sizeof(mcp_path_t));
    if (path == NULL) {
        return no_memory(err);
    }

    mcp_path_read(path, value.data, len);

    /* what reads as something else was not meant, or protects nothing */

    if (!path->absolute || path->drive || path->network || path->escapes
        || path->nul || path->strange || path->encoded || path->len != len
        || memcmp(path->text, value.data, len) != 0)
    {
        free(path);
        return fail(err, "no plain absolute directory:", value);
    }

    free(path);

    a->dir = calloc(1, len + 1);
    if (a->dir == NULL) {
        return no_memory(err);
    }

    memcpy(a->dir, value.data, len);

    return 1;
}


static int
read_hosts(mcp_argument_t *a, mcp_str_t value, mcp_argument_error_t *err)
{
    mcp_str_t  word;

    a->hosts = calloc(count_words(value), sizeof(mcp_host_t));
    if (a->hosts == NULL) {
        return no_memory(err);
    }

    while (next_word(&value, &word)) {

        if (mcp_host_read(&a->hosts[a->hosts_n++], word.data, word.len)
            != MCP_OK)
        {
            return fail(err, "invalid host", word);
        }
    }

    return 1;
}


static int
read_words(mcp_argument_t *a, mcp_str_t value, mcp_argument_error_t *err)
{
    mcp_str_t  word, all;

    all = value;

    a->words = calloc(count_words(value), sizeof(mcp_str_t));
    if (a->words == NULL) {
        return no_memory(err);
    }

    while (next_word(&value, &word)) {

        if (word.len == 0) {
            return fail(err, "empty value in \"one_of\":", all);
        }

        a->words[a->words_n++] = keep(a, word.data, word.len);
    }

    return 1;
}


static int
read_length(mcp_argument_t *a, mcp_str_t value, mcp_argument_error_t *err)
{
    size_t    i;
    uint64_t  n;

    for (i = 0, n = 0; i < value.len; i++) {

        if (value.data[i] < '0' || value.data[i] > '9') {
            return fail(err, "invalid number", value);
        }

        n = n * 10 + (unsigned) (value.data[i] - '0');

        if (n > MAX_LENGTH) {
            return fail(err, "invalid number", value);
        }
    }

    a->max_length = (size_t) n;

    return 1;
}


static int
read_regex(mcp_argument_t *a, mcp_str_t value, mcp_argument_error_t *err)
{
    int            code;
    size_t         offset;
    unsigned char  text[128];

    /*
     * "$" is the very end: with PCRE's default, "^[a-z]+$" would let a line
     * break through.  Text is UTF-8, checked when it was read.
     */

    a->code = pcre2_compile(value.data, value.len,
                            PCRE2_UTF | PCRE2_DOLLAR_ENDONLY
                            | PCRE2_NEVER_BACKSLASH_C | PCRE2_AUTO_CALLOUT,
                            &code, &offset, NULL);

    if (a->code == NULL) {

        if (pcre2_get_error_message(code, text, sizeof(text)) < 0) {
            text[sizeof(text) - 1] = '\0';
        }

        (void) snprintf(err->text, sizeof(err->text),
                        "%s at %u in \"%.*s\"", (const char *) text,
                        (unsigned) offset,
                        (int) (value.len < SHOWN ? value.len : SHOWN),
                        (const char *) value.data);
        return 0;
    }

    a->context = pcre2_match_context_create(NULL);
    if (a->context == NULL) {
        return no_memory(err);
    }

    (void) pcre2_set_match_limit(a->context, MCP_MATCH_WORK);
    (void) pcre2_set_heap_limit(a->context, MATCH_HEAP);

    return 1;
}


static int
read_constraint(mcp_argument_t *a, mcp_str_t word, mcp_argument_error_t *err)
{
    int        valued;
    size_t     len;
    unsigned   k;
    mcp_str_t  value;

    for (k = 0; k < C_MAX; k++) {

        len = strlen(constraints[k].name);
        valued = constraints[k].name[len - 1] == '=';

        if ((valued ? word.len >= len : word.len == len)
            && memcmp(word.data, constraints[k].name, len) == 0)
        {
            break;
        }
    }

    if (k == C_MAX) {
        return fail(err, "unknown constraint", word);
    }

    if (a->set & (1u << k)) {
        return fail(err, "duplicate constraint", word);
    }

    a->set |= 1u << k;

    if (!valued) {
        return 1;
    }

    value.data = word.data + len;
    value.len = word.len - len;

    if (value.len == 0) {
        return fail(err, "no value in", word);
    }

    switch (k) {

    case C_PATH_UNDER:
        return read_dir(a, value, err);

    case C_HOST_IN:
        return read_hosts(a, value, err);

    case C_MATCH:
        return read_regex(a, value, err);

    case C_ONE_OF:
        return read_words(a, value, err);

    default:
        return read_length(a, value, err);
    }
}


static int
read_all(mcp_argument_t *a, const mcp_str_t *words, size_t n,
    mcp_argument_error_t *err)
{
    size_t  i, len;

    if (n < 3 || words[0].len == 0) {
        (void) snprintf(err->text, sizeof(err->text),
                        "a tool, a pointer and a constraint are needed");
        return 0;
    }

    /* the pointer is kept as written and in steps */

    for (i = 0, len = words[1].len + 1; i < n; i++) {
        len += words[i].len;
    }

    a->text = malloc(len);
    if (a->text == NULL) {
        return no_memory(err);
    }

    a->tool = keep(a, words[0].data, words[0].len);

    if (!read_pointer(a, words[1], err)) {
        return 0;
    }

    for (i = 2; i < n; i++) {
        if (!read_constraint(a, words[i], err)) {
            return 0;
        }
    }

    if ((a->set & (1u << C_ABSENT)) && a->set != 1u << C_ABSENT) {
        return fail(err, "\"absent\" beside other constraints on", words[1]);
    }

    return 1;
}


mcp_argument_t *
mcp_argument_create(const mcp_str_t *words, size_t n,
    mcp_argument_error_t *err)
{
    mcp_argument_t  *a;

    a = calloc(1, sizeof(mcp_argument_t));
    if (a == NULL) {
        (void) no_memory(err);
        return NULL;
    }

    if (!read_all(a, words, n, err)) {
        mcp_argument_destroy(a);
        return NULL;
    }

    return a;
}


void
mcp_argument_destroy(mcp_argument_t *a)
{
    if (a == NULL) {
        return;
    }

    pcre2_match_context_free(a->context);
    pcre2_code_free(a->code);
    free(a->steps);
    free(a->dir);
    free(a->hosts);
    free(a->words);
    free(a->text);
    free(a);
}


int
mcp_argument_of(const mcp_argument_t *a, const unsigned char *tool,
    size_t len)
{
    return mcp_glob(a->tool.data, a->tool.len, tool, len);
}


/* What a match may still cost, and where it was when it was last asked. */
typedef struct {
    unsigned  *left;
    size_t     place;
} work_t;


static int
count(pcre2_callout_block *block, void *data)
{
    size_t   cost;
    work_t  *w = data;

    cost = block->current_position > w->place
           ? block->current_position - w->place
           : w->place - block->current_position;
    w->place = block->current_position;

    if (cost >= *w->left) {
        *w->left = 0;
        return PCRE2_ERROR_CALLOUT;
    }

    *w->left -= (unsigned) cost + 1;

    return 0;
}


static int
matches(const mcp_argument_t *a, mcp_str_t text, unsigned *work)
{
    int                rc;
    work_t             w;
    pcre2_match_data  *data;

    data = pcre2_match_data_create(1, NULL);
    if (data == NULL) {
        return 0;
    }

    w.left = work;
    w.place = 0;

    (void) pcre2_set_callout(a->context, count, &w);

    rc = pcre2_match(a->code, text.data, text.len, 0, PCRE2_NO_UTF_CHECK,
                     data, a->context);

    pcre2_match_data_free(data);

    return rc >= 0;
}


/* Code points. */
static size_t
length(mcp_str_t text)
{
    size_t  i, n;

    for (i = 0, n = 0; i < text.len; i++) {
        n += (text.data[i] & 0xc0) != 0x80;
    }

    return n;
}


static int
is_word(const mcp_argument_t *a, mcp_str_t text)
{
    size_t  i;

    for (i = 0; i < a->words_n; i++) {
        if (a->words[i].len == text.len
            && memcmp(a->words[i].data, text.data, text.len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


static int
is_under(const mcp_argument_t *a, mcp_str_t text)
{
    mcp_path_t  path;

    mcp_path_read(&path, text.data, text.len);

    return mcp_path_under(&path, a->dir);
}


static int
holds(const mcp_argument_t *a, unsigned constraint, mcp_str_t text,
    unsigned *work)
{
    switch (constraint) {

    case C_PATH_UNDER:
        return is_under(a, text);

    case C_HOST_IN:
        return mcp_host_reached(a->hosts, a->hosts_n, text.data, text.len);

    case C_MATCH:
        return matches(a, text, work);

    case C_ONE_OF:
        return is_word(a, text);

    case C_MAX_LENGTH:
        return length(text) <= a->max_length;

    default:
        return 1;
    }
}


/* The first constraint that a value does not hold, or C_MAX. */
static unsigned
check_value(const mcp_argument_t *a, const mcp_message_t *m,
    const mcp_value_t *v, unsigned *work)
{
    int        typed;
    unsigned   k;
    mcp_str_t  text;

    if (a->set & (1u << C_ABSENT)) {
        return C_ABSENT;
    }

    typed = v->type == MCP_JSON_STRING || v->type == MCP_JSON_NUMBER
            || v->type == MCP_JSON_TRUE || v->type == MCP_JSON_FALSE;
    text = mcp_message_value_text(m, v);

    for (k = 0; k < C_PRESENT; k++) {

        if ((a->set & (1u << k)) && (!typed || !holds(a, k, text, work))) {
            return k;
        }
    }

    return C_MAX;
}


/* Of an argument that is not there: as it was configured. */
static void
missing_path(const mcp_argument_t *a, const mcp_message_t *m,
    uint16_t envelope, char *path, size_t size)
{
    char  batch[8];

    batch[0] = '\0';

    if (mcp_message_batch(m)) {
        (void) snprintf(batch, sizeof(batch), "/%u", (unsigned) envelope);
    }

    (void) snprintf(path, size, "%s/params/arguments%.*s", batch,
                    (int) (a->pointer.len < size ? a->pointer.len : size),
                    (const char *) a->pointer.data);
}


const char *
mcp_argument_check(const mcp_argument_t *a, const mcp_message_t *m,
    const mcp_value_t *values, size_t n, uint16_t envelope, unsigned *work,
    char *path, size_t size)
{
    size_t              i, present, wanted;
    unsigned            k;
    const mcp_value_t  *v;

    /* with a "*" the rest of the pointer must be there for each of them */

    present = 0;
    wanted = 0;

    for (i = 0; i < n; i++) {
        v = &values[i];

        if (a->wild != 0 && v->steps == a->wild
            && mcp_message_value_at(m, v, a->steps, a->wild))
        {
            wanted++;
        }

        if (v->steps != a->steps_n
            || !mcp_message_value_at(m, v, a->steps, a->steps_n))
        {
            continue;
        }

        present += v->type != MCP_JSON_NULL;
        k = check_value(a, m, v, work);

        if (k != C_MAX) {
            (void) mcp_message_value_path(m, v, path, size);
            return constraints[k].violated;
        }
    }

    if ((a->set & (1u << C_PRESENT)) && (present == 0 || present < wanted)) {
        missing_path(a, m, envelope, path, size);
        return constraints[C_PRESENT].violated;
    }

    return NULL;
}
