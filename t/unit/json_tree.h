/*
 * A jansson tree from the events of the tokenizer, and what may rightly
 * differ between the two parsers.  The unit tests and the fuzzer share it.
 *
 * Numbers get the same treatment that jansson gives them: what has a point or
 * an exponent is a double, the rest is 64 bits; what does not fit is refused
 * there and only text for us.
 */

#ifndef JSON_TREE_H
#define JSON_TREE_H

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "mcp_json.h"


#define JSON_TREE_FLAGS                                                       \
    (JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY)


typedef struct {
    json_t     *root;
    json_t     *open[MCP_JSON_MAX_DEPTH];   /* borrowed                     */
    uint32_t    depth;
    mcp_buf_t   key[MCP_JSON_MAX_DEPTH];    /* zero ended                   */
    int         too_big;                    /* a number jansson refuses     */
} json_tree_t;


static json_t *
json_tree_number(json_tree_t *t, const char *text)
{
    double     real;
    long long  integer;

    errno = 0;

    if (strpbrk(text, ".eE") == NULL) {

        integer = strtoll(text, NULL, 10);
        t->too_big |= (errno == ERANGE);

        return json_integer(integer);
    }

    real = strtod(text, NULL);

    if (isinf(real)) {
        t->too_big = 1;
        real = 0;
    }

    return json_real(real);
}


static mcp_rc_t
json_tree_event(void *data, mcp_json_t *j, const mcp_json_event_t *ev)
{
    json_t               *v, *top;
    size_t                len;
    mcp_buf_t            *key;
    json_tree_t          *t = data;
    const unsigned char  *text;

    text = mcp_json_text(j, &len);

    switch (ev->type) {

    case MCP_JSON_OBJECT_END:
    case MCP_JSON_ARRAY_END:
        t->depth--;
        return MCP_OK;

    case MCP_JSON_KEY:
        key = &t->key[t->depth - 1];
        key->len = 0;

        if (mcp_buf_append(key, text + ev->text, ev->len) != MCP_OK
            || mcp_buf_append_byte(key, 0) != MCP_OK)
        {
            abort();
        }

        return MCP_OK;

    case MCP_JSON_OBJECT:
        v = json_object();
        break;

    case MCP_JSON_ARRAY:
        v = json_array();
        break;

    case MCP_JSON_STRING:
        v = json_stringn((const char *) text + ev->text, ev->len);
        break;

    case MCP_JSON_NUMBER:
        v = json_tree_number(t, ev->number);
        break;

    case MCP_JSON_TRUE:
        v = json_true();
        break;

    case MCP_JSON_FALSE:
        v = json_false();
        break;

    default:
        v = json_null();
        break;
    }

    if (v == NULL) {
        abort();
    }

    if (t->depth == 0) {

        if (t->root != NULL) {
            abort();
        }

        t->root = v;

    } else {
        top = t->open[t->depth - 1];

        if (json_is_array(top)
            ? json_array_append_new(top, v) != 0
            : json_object_set_new(top,
                                  (char *) t->key[t->depth - 1].data, v) != 0)
        {
            abort();
        }
    }

    if (ev->type == MCP_JSON_OBJECT || ev->type == MCP_JSON_ARRAY) {
        t->open[t->depth++] = v;
    }

    return MCP_OK;
}


static void
json_tree_free(json_tree_t *t)
{
    size_t  i;

    json_decref(t->root);

    for (i = 0; i < MCP_JSON_MAX_DEPTH; i++) {
        mcp_buf_free(&t->key[i]);
    }
}


/*
 * Reads an input with both parsers.  Returns NULL when they agree, or differ
 * for one of these reasons, else what is wrong:
 *
 *   - jansson refuses numbers that do not fit in 64 bits or in a double, and
 *     nesting above 2048, which is above our wall;
 *   - jansson takes a raw NUL behind a number or a literal (version 2.14);
 *   - we refuse what exceeds our limits.
 */
static const char *
json_tree_compare(mcp_json_t *j, const mcp_json_limits_t *limits,
    const unsigned char *input, size_t len)
{
    size_t        offset;
    json_t       *theirs;
    mcp_rc_t      rc;
    const char   *what;
    json_tree_t  *t;
    json_error_t  error;

    t = calloc(1, sizeof(json_tree_t));

    if (t == NULL) {
        abort();
    }

    mcp_json_start(j, limits, json_tree_event, t, 1 << 20);

    rc = mcp_json_feed(j, input, len);

    if (rc == MCP_AGAIN) {
        rc = mcp_json_finish(j);
    }

    theirs = json_loadb((const char *) input, len, JSON_TREE_FLAGS, &error);

    what = NULL;

    if (rc == MCP_OK) {

        if (theirs == NULL) {
            if (!t->too_big
                || json_error_code(&error) != json_error_numeric_overflow)
            {
                what = "accepted here, refused by jansson";
            }

        } else if (!json_equal(theirs, t->root)) {
            what = "another tree than that of jansson";
        }

    } else if (theirs != NULL) {

        offset = mcp_json_err_offset(j);

        switch (mcp_json_err(j)) {

        case MCP_JSON_E_DEPTH:
        case MCP_JSON_E_MEMBERS:
        case MCP_JSON_E_NUMBER:
        case MCP_JSON_E_KEY:
        case MCP_JSON_E_SIZE:
            break;

        case MCP_JSON_E_NUL:
            if (offset == 0 || input[offset] != 0
                || strchr("0123456789el", input[offset - 1]) == NULL)
            {
                what = "NUL refused here, accepted by jansson";
            }

            break;

        default:
            what = mcp_json_strerror(mcp_json_err(j));
        }
    }

    json_decref(theirs);
    json_tree_free(t);
    free(t);

    return what;
}

#endif /* JSON_TREE_H */
