/*
 * The machine of JSON values.
 *
 * One state says what may come next, one sub-state where in a token we are;
 * both live in the tokenizer, so a slice may end at any byte.  A slice is cut
 * into pieces (mcp_json_int.h), which is just another slicing and therefore
 * changes nothing.
 *
 * The offset of an error is that of the first byte that cannot be right, or
 * of the first byte of the thing that is wrong: the opening quote of a
 * duplicate or too long name, the backslash of a lone surrogate, the lead
 * byte of an invalid character, the item that the handler did not want.  None
 * of them depends on where slices ended.
 */

#include <stdlib.h>

#include "mcp_json_int.h"
#include "mcp_json_simd.h"


#define MIN_LEVELS     32


enum {
    sw_start = 0,             /* before the value of the top level          */
    sw_value,
    sw_value_or_end,          /* behind '['                                 */
    sw_key_or_end,            /* behind '{'                                 */
    sw_key,                   /* behind ',' in an object                    */
    sw_colon,
    sw_array_next,            /* behind an element                          */
    sw_object_next,           /* behind a member                            */
    sw_string,
    sw_number,
    sw_literal,
    sw_bom,
    sw_done                   /* behind the value of the top level          */
};


static inline int
is_space(unsigned char ch)
{
    return ch == ' ' || ch == '\n' || ch == '\r' || ch == '\t';
}


/* *p is white; returns the first byte that is not. */
static inline const unsigned char *
skip_space(const unsigned char *p, const unsigned char *end)
{
    unsigned  n;

    p++;

    if (p < end && !is_space(*p)) {
        return p;
    }

    while (end - p >= 16) {

        n = count_space16(p);
        p += n;

        if (n < 16) {
            return p;
        }
    }

    while (p < end && is_space(*p)) {
        p++;
    }

    return p;
}


/*
 * Hands an item to the handler.  depth counts the containers around it: for
 * containers themselves it is one less than j->depth.
 */
static inline mcp_rc_t
emit(mcp_json_t *j, mcp_json_type_t type, uint32_t depth, uint32_t raw,
    uint32_t raw_len, uint32_t text, uint32_t len)
{
    mcp_json_event_t  ev;

    if (j->handler == NULL) {
        return MCP_OK;
    }

    ev.type = type;
    ev.depth = depth;
    ev.index = (depth > 0) ? j->levels[depth - 1].pub.index : 0;
    ev.raw = raw;
    ev.raw_len = raw_len;
    ev.text = text;
    ev.len = len;
    ev.number = NULL;
    ev.escaped = 0;
    ev.ascii = 1;

    if (type == MCP_JSON_NUMBER) {
        ev.number = j->number;

    } else if (type == MCP_JSON_STRING || type == MCP_JSON_KEY) {
        ev.escaped = j->escaped;
        ev.ascii = j->ascii;
    }

    if (j->handler(j->data, j, &ev) != MCP_OK) {
        return mcp_json_fail(j, MCP_JSON_E_HANDLER, raw);
    }

    return MCP_OK;
}


static mcp_rc_t
grow_levels(mcp_json_t *j, const unsigned char *p)
{
    uint32_t           n;
    mcp_json_level_t  *levels;

    n = (j->nlevels == 0) ? MIN_LEVELS : j->nlevels * 2;

    levels = realloc(j->levels, n * sizeof(mcp_json_level_t));

    if (levels == NULL) {
        return mcp_json_fail(j, MCP_JSON_E_NOMEM, mcp_json_offset(j, p));
    }

    j->levels = levels;
    j->nlevels = n;

    return MCP_OK;
}


/* The container whose bracket is at p begins. */
static mcp_rc_t
push(mcp_json_t *j, const unsigned char *p)
{
    uint32_t           raw;
    mcp_json_level_t  *level;

    raw = mcp_json_offset(j, p);

    if (j->depth >= j->limits.depth) {
        return mcp_json_fail(j, MCP_JSON_E_DEPTH, raw);
    }

    if (j->depth == j->nlevels && grow_levels(j, p) != MCP_OK) {
        return MCP_ERROR;
    }

    level = &j->levels[j->depth++];

    level->pub.raw = raw;
    level->pub.key = 0;
    level->pub.key_len = 0;
    level->pub.index = 0;
    level->pub.user = 0;
    level->pub.array = (*p == '[');
    level->first = j->nmembers;
    level->indexed = 0;

    return emit(j, (*p == '[') ? MCP_JSON_ARRAY : MCP_JSON_OBJECT,
                j->depth - 1, raw, 1, 0, 0);
}


/* The innermost container ends with the bracket at p. */
static mcp_rc_t
pop(mcp_json_t *j, const unsigned char *p)
{
    if (emit(j, (*p == ']') ? MCP_JSON_ARRAY_END : MCP_JSON_OBJECT_END,
             j->depth - 1, mcp_json_offset(j, p), 1, 0, 0)
        != MCP_OK)
    {
        return MCP_ERROR;
    }

    mcp_json_keys_pop(j);
    j->depth--;

    return MCP_OK;
}


/* A value has ended: what may come now. */
static inline unsigned
next_state(const mcp_json_t *j)
{
    if (j->depth == 0) {
        return sw_done;
    }

    return j->levels[j->depth - 1].pub.array ? sw_array_next : sw_object_next;
}


/* A member name begins with the quote at p. */
static inline mcp_rc_t
start_key(mcp_json_t *j, const unsigned char *p)
{
    if (j->nmembers - j->levels[j->depth - 1].first >= j->limits.members) {
        return mcp_json_fail(j, MCP_JSON_E_MEMBERS, mcp_json_offset(j, p));
    }

    mcp_json_string_start(j, p, 1);

    return MCP_OK;
}


/*
 * Most strings are short, plain and not cut: true when the one that starts at
 * *pp, behind its quote, is, and then *pp is behind its end.
 */
static inline int
short_string(mcp_json_t *j, const unsigned char **pp,
    const unsigned char *end)
{
    unsigned              n;
    const unsigned char  *p;

    p = *pp;

    if (end - p <= 16) {
        return 0;
    }

    n = copy_plain16(j->arena.data + j->arena.len, p);

    if (p[n] != '"' || (j->key && n > j->limits.key)) {
        return 0;
    }

    j->arena.len += n;
    *pp = p + n + 1;

    return 1;
}


/* A string has ended; p is behind its closing quote. */
static mcp_rc_t
end_string(mcp_json_t *j, const unsigned char *p)
{
    uint32_t           len, raw_len;
    mcp_json_frame_t  *frame;

    len = (uint32_t) j->arena.len - j->text;
    raw_len = mcp_json_offset(j, p) - j->raw;

    if (!j->key) {
        j->arena.data[j->arena.len++] = '\n';

        return emit(j, MCP_JSON_STRING, j->depth, j->raw, raw_len, j->text,
                    len);
    }

    if (mcp_json_keys_add(j, len) != MCP_OK) {
        return MCP_ERROR;
    }

    j->arena.data[j->arena.len++] = ':';

    frame = &j->levels[j->depth - 1].pub;
    frame->key = j->text;
    frame->key_len = len;

    return emit(j, MCP_JSON_KEY, j->depth, j->raw, raw_len, j->text, len);
}


static mcp_rc_t
end_number(mcp_json_t *j)
{
    j->number[j->number_len] = '\0';

    return emit(j, MCP_JSON_NUMBER, j->depth, j->raw, j->number_len, 0,
                j->number_len);
}


/* As mcp_json_number(), for true, false and null. */
static inline mcp_rc_t
literal(mcp_json_t *j, const unsigned char **pp, const unsigned char *end)
{
    const unsigned char  *p;

    for (p = *pp; *j->literal != '\0'; p++, j->literal++) {

        if (p == end) {
            *pp = p;
            return MCP_AGAIN;
        }

        if (*p != (unsigned char) *j->literal) {
            return mcp_json_fail_byte(j, MCP_JSON_E_SYNTAX, p);
        }
    }

    *pp = p;

    return MCP_OK;
}


static mcp_rc_t
end_literal(mcp_json_t *j)
{
    /* the last letter is gone, the first was kept in sub */

    switch (j->sub) {

    case 't':
        return emit(j, MCP_JSON_TRUE, j->depth, j->raw, 4, 0, 0);

    case 'f':
        return emit(j, MCP_JSON_FALSE, j->depth, j->raw, 5, 0, 0);

    default:
        return emit(j, MCP_JSON_NULL, j->depth, j->raw, 4, 0, 0);
    }
}


/*
 * A value that is no string begins with the byte at p.  Sets *state and
 * returns MCP_OK; the byte is taken then.
 */
static inline mcp_rc_t
start_value(mcp_json_t *j, const unsigned char *p, unsigned *state)
{
    switch (*p) {

    case '{':
        *state = sw_key_or_end;
        return push(j, p);

    case '[':
        *state = sw_value_or_end;
        return push(j, p);

    case 't':
        j->literal = "rue";
        break;

    case 'f':
        j->literal = "alse";
        break;

    case 'n':
        j->literal = "ull";
        break;

    case '-':
    case '0': case '1': case '2': case '3': case '4':
    case '5': case '6': case '7': case '8': case '9':

        mcp_json_number_start(j, p);
        *state = sw_number;
        return MCP_OK;

    default:
        return mcp_json_fail_byte(j, MCP_JSON_E_SYNTAX, p);
    }

    j->raw = mcp_json_offset(j, p);
    j->sub = *p;
    *state = sw_literal;

    return MCP_OK;
}


/* The first byte of the message may begin a byte order mark. */
static mcp_rc_t
byte_order_mark(mcp_json_t *j, const unsigned char *p)
{
    static const unsigned char  mark[3] = { 0xef, 0xbb, 0xbf };

    if (*p != mark[j->sub]) {
        return mcp_json_fail(j, MCP_JSON_E_SYNTAX, 0);
    }

    if (++j->sub == sizeof(mark)) {
        return mcp_json_fail(j, MCP_JSON_E_BOM, 0);
    }

    return MCP_OK;
}


mcp_rc_t
mcp_json_value(mcp_json_t *j, const unsigned char *p, const unsigned char *end)
{
    mcp_rc_t  rc;
    unsigned  state;

    state = j->state;

    while (p < end) {

        if (*p <= ' ' && state < sw_string && is_space(*p)) {
            p = skip_space(p, end);
            continue;
        }

        switch (state) {

        case sw_start:

            if (*p == 0xef && mcp_json_offset(j, p) == 0) {
                j->sub = 0;
                state = sw_bom;
                break;
            }

            /* fall through */

        case sw_value:

            if (*p == '"') {
                mcp_json_string_start(j, p, 0);
                goto string;
            }

            if (start_value(j, p, &state) != MCP_OK) {
                return MCP_ERROR;
            }

            p++;
            break;

        case sw_value_or_end:

            if (*p != ']') {
                state = sw_value;
                break;
            }

            /* fall through */

        case sw_array_next:

            if (*p == ',' && state == sw_array_next) {
                j->levels[j->depth - 1].pub.index++;
                state = sw_value;
                p++;
                break;
            }

            if (*p != ']') {
                return mcp_json_fail_byte(j, MCP_JSON_E_SYNTAX, p);
            }

            if (pop(j, p) != MCP_OK) {
                return MCP_ERROR;
            }

            state = next_state(j);
            p++;
            break;

        case sw_object_next:

            if (*p == ',') {
                j->levels[j->depth - 1].pub.index++;
                state = sw_key;
                p++;
                break;
            }

            /* fall through */

        case sw_key_or_end:

            if (*p == '}') {

                if (pop(j, p) != MCP_OK) {
                    return MCP_ERROR;
                }

                state = next_state(j);
                p++;
                break;
            }

            if (state == sw_object_next) {
                return mcp_json_fail_byte(j, MCP_JSON_E_SYNTAX, p);
            }

            /* fall through */

        case sw_key:

            if (*p != '"') {
                return mcp_json_fail_byte(j, MCP_JSON_E_SYNTAX, p);
            }

            if (start_key(j, p) != MCP_OK) {
                return MCP_ERROR;
            }

        string:

            state = sw_string;
            p++;

            if (!short_string(j, &p, end)) {
                break;
            }

            rc = end_string(j, p);

            if (rc != MCP_OK) {
                return MCP_ERROR;
            }

            state = j->key ? (unsigned) sw_colon : next_state(j);
            break;

        case sw_colon:

            if (*p != ':') {
                return mcp_json_fail_byte(j, MCP_JSON_E_SYNTAX, p);
            }

            state = sw_value;
            p++;
            break;

        case sw_string:

            rc = mcp_json_string(j, &p, end);

            if (rc == MCP_OK) {
                rc = end_string(j, p);
                state = j->key ? (unsigned) sw_colon : next_state(j);
            }

            if (rc == MCP_ERROR) {
                return MCP_ERROR;
            }

            break;

        case sw_number:

            rc = mcp_json_number(j, &p, end);

            if (rc == MCP_OK) {
                rc = end_number(j);
                state = next_state(j);
            }

            if (rc == MCP_ERROR) {
                return MCP_ERROR;
            }

            break;

        case sw_literal:

            rc = literal(j, &p, end);

            if (rc == MCP_OK) {
                rc = end_literal(j);
                state = next_state(j);
            }

            if (rc == MCP_ERROR) {
                return MCP_ERROR;
            }

            break;

        case sw_bom:

            if (byte_order_mark(j, p) != MCP_OK) {
                return MCP_ERROR;
            }

            p++;
            break;

        case sw_done:

            if (!is_space(*p)) {
                return mcp_json_fail_byte(j, MCP_JSON_E_TRAILING, p);
            }

            p = skip_space(p, end);
            break;
        }
    }

    j->state = state;

    return MCP_AGAIN;
}


void
mcp_json_value_start(mcp_json_t *j)
{
    j->state = sw_start;
    j->sub = 0;
}


mcp_rc_t
mcp_json_value_finish(mcp_json_t *j)
{
    /* only the end of the input tells that a number has ended */

    if (j->state == sw_number && j->depth == 0 && mcp_json_number_whole(j)) {

        if (end_number(j) != MCP_OK) {
            return MCP_ERROR;
        }

        j->state = sw_done;
    }

    switch (j->state) {

    case sw_done:
        return MCP_OK;

    case sw_start:
        return mcp_json_fail(j, MCP_JSON_E_EMPTY, j->offset);

    default:
        return mcp_json_fail(j, MCP_JSON_E_TRUNCATED, j->offset);
    }
}
