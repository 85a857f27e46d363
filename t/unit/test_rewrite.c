/*
 * Splicing: tables of edits, and random edits against a slow model.
 */

#include "mcp_rewrite.h"

#include "tap.h"

#include <jansson.h>
#include <stdlib.h>


typedef struct {
    int          from;
    int          to;
    const char  *text;
} edit_t;

typedef struct {
    const char  *name;
    edit_t       edits[5];    /* ended by text NULL                          */
    const char  *want;        /* of "0123456789"                             */
} case_t;


static const case_t  cases[] = {
    { "nothing", { { 0, 0, NULL } }, "0123456789" },
    { "one", { { 2, 4, "ab" } }, "01ab456789" },
    { "shorter", { { 2, 8, "x" } }, "01x89" },
    { "longer", { { 2, 3, "abcdef" } }, "01abcdef3456789" },
    { "taken out", { { 2, 4, "" } }, "01456789" },
    { "all", { { 0, 10, "x" } }, "x" },
    { "first and last byte", { { 0, 1, "a" }, { 9, 10, "z" } },
      "a12345678z" },
    { "in any order", { { 8, 9, "c" }, { 0, 1, "a" }, { 4, 5, "b" } },
      "a123b567c9" },
    { "side by side", { { 2, 4, "a" }, { 4, 6, "b" } }, "01ab6789" },
    { "overlap: the widest, the first", { { 2, 5, "a" }, { 4, 7, "b" } },
      "01a789" },
    { "overlap, added the other way", { { 4, 7, "b" }, { 2, 5, "a" } },
      "01a789" },
    { "inside", { { 2, 8, "a" }, { 4, 5, "b" } }, "01a89" },
    { "start together: the longer", { { 2, 4, "a" }, { 2, 6, "b" } },
      "01b6789" },
    { "equal: the one added first", { { 2, 4, "a" }, { 2, 4, "b" } },
      "01a456789" },
    { "equal: the one added first, empty", { { 2, 4, "" }, { 2, 4, "b" } },
      "01456789" },
    { "a chain of overlaps",
      { { 6, 8, "c" }, { 4, 7, "b" }, { 2, 5, "a" }, { 9, 10, "d" } },
      "01a8d" },
    { "insertion", { { 5, 5, "x" } }, "01234x56789" },
    { "insertion at the ends", { { 0, 0, "<" }, { 10, 10, ">" } },
      "<0123456789>" },
    { "two insertions at one place", { { 5, 5, "x" }, { 5, 5, "y" } },
      "01234xy56789" },
    { "insertion before a range", { { 5, 7, "b" }, { 5, 5, "a" } },
      "01234ab789" },
    { "insertion behind a range", { { 5, 7, "a" }, { 7, 7, "b" } },
      "01234ab789" },
    { "insertion inside of a range", { { 5, 8, "a" }, { 6, 6, "b" } },
      "01234a89" },
};


static void
test_cases(void)
{
    size_t               i, k;
    mcp_buf_t            out;
    mcp_rewrite_t        rw;
    const case_t        *c;
    const unsigned char  *raw = (const unsigned char *) "0123456789";

    memset(&out, 0, sizeof(out));
    mcp_rewrite_init(&rw);

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        c = &cases[i];
        mcp_rewrite_reset(&rw);
        out.len = 0;

        for (k = 0; c->edits[k].text != NULL; k++) {
            (void) mcp_rewrite_add(&rw, (size_t) c->edits[k].from,
                                   (size_t) c->edits[k].to, c->edits[k].text,
                                   strlen(c->edits[k].text));
        }

        is_int(mcp_rewrite_count(&rw), k, "%s: count", c->name);
        (void) mcp_buf_append_str(&out, "before ");

        is_int(mcp_rewrite_apply(&rw, raw, 10, &out), MCP_OK, "%s", c->name);
        is_mem(out.data + 7, out.len - 7, c->want, strlen(c->want),
               "%s: text", c->name);

        /* applying changes nothing that another apply would see */

        out.len = 0;
        (void) mcp_rewrite_apply(&rw, raw, 10, &out);
        is_mem(out.data, out.len, c->want, strlen(c->want), "%s: twice",
               c->name);
    }

    mcp_rewrite_reset(&rw);
    is_int(mcp_rewrite_count(&rw), 0, "reset");
    is_int(mcp_rewrite_add(&rw, 3, 2, "", 0), MCP_ERROR, "from > to");
    is_int(mcp_rewrite_add(&rw, 0, (size_t) UINT32_MAX + 1, "", 0), MCP_ERROR,
           "past 4 GiB");
    is_int(mcp_rewrite_count(&rw), 0, "nothing added then");

    out.len = 3;
    (void) mcp_rewrite_add(&rw, 0, 1, "x", 1);
    (void) mcp_rewrite_add(&rw, 4, 11, "y", 1);
    is_int(mcp_rewrite_apply(&rw, raw, 10, &out), MCP_ERROR,
           "a range past the end");
    is_int(out.len, 3, "nothing appended then");

    mcp_rewrite_reset(&rw);
    (void) mcp_rewrite_add(&rw, 4, 6, "x", 1);
    (void) mcp_rewrite_add(&rw, 5, 11, "y", 1);
    is_int(mcp_rewrite_apply(&rw, raw, 10, &out), MCP_ERROR,
           "an overlapped range past the end");

    mcp_rewrite_reset(&rw);
    out.len = 0;
    is_int(mcp_rewrite_apply(&rw, NULL, 0, &out), MCP_OK, "empty text");
    is_int(out.len, 0, "stays empty");

    mcp_rewrite_free(&rw);
    mcp_buf_free(&out);
}


/*
 * The model: each byte knows the range that owns it.  Ranges are taken in the
 * order of the rule; whoever meets a range that overlaps one already there
 * becomes part of it.
 */
static size_t
model(const edit_t *e, size_t n, size_t len, char *out)
{
    int     lead[16], from[16], to[16], used[16];
    size_t  i, k, at, best, groups, size;

    memset(used, 0, sizeof(used));
    groups = 0;

    for (i = 0; i < n; i++) {

        best = n;

        for (k = 0; k < n; k++) {
            if (!used[k]
                && (best == n || e[k].from < e[best].from
                    || (e[k].from == e[best].from && e[k].to > e[best].to)))
            {
                best = k;
            }
        }

        used[best] = 1;

        if (groups > 0 && e[best].from < to[groups - 1]) {
            if (e[best].to > to[groups - 1]) {
                to[groups - 1] = e[best].to;
            }

            continue;
        }

        lead[groups] = (int) best;
        from[groups] = e[best].from;
        to[groups++] = e[best].to;
    }

    size = 0;
    at = 0;

    for (i = 0; i < groups; i++) {
        while (at < (size_t) from[i]) {
            out[size++] = (char) ('a' + at++);
        }

        memcpy(out + size, e[lead[i]].text, strlen(e[lead[i]].text));
        size += strlen(e[lead[i]].text);
        at = (size_t) to[i];
    }

    while (at < len) {
        out[size++] = (char) ('a' + at++);
    }

    return size;
}


static void
test_random(void)
{
    int            bad;
    char           want[512];
    size_t         i, k, n, len, size;
    edit_t         e[16];
    mcp_buf_t      out;
    mcp_rewrite_t  rw;

    static const char *const  texts[] = { "", "1", "23", "456" };

    unsigned char  raw[26];

    memset(&out, 0, sizeof(out));
    mcp_rewrite_init(&rw);
    srand(7);
    bad = 0;

    for (i = 0; i < sizeof(raw); i++) {
        raw[i] = (unsigned char) ('a' + i);
    }

    for (i = 0; i < 50000; i++) {
        mcp_rewrite_reset(&rw);
        out.len = 0;
        len = 1 + (size_t) rand() % sizeof(raw);
        n = (size_t) rand() % 16;

        /* ranges that are not empty: insertions are in the table */

        for (k = 0; k < n; k++) {
            e[k].from = rand() % (int) len;
            e[k].to = e[k].from + 1 + rand() % ((int) len - e[k].from);
            e[k].text = texts[rand() % 4];

            (void) mcp_rewrite_add(&rw, (size_t) e[k].from, (size_t) e[k].to,
                                   e[k].text, strlen(e[k].text));
        }

        if (mcp_rewrite_apply(&rw, raw, len, &out) != MCP_OK) {
            bad++;
            continue;
        }

        size = model(e, n, len, want);

        if (size != out.len
            || (size != 0 && memcmp(want, out.data, size) != 0))
        {
            bad++;
        }
    }

    is_int(bad, 0, "50000 random edits agree with the model");

    mcp_rewrite_free(&rw);
    mcp_buf_free(&out);
}


/* Removes the elements whose bit is set in gone. */
static mcp_rc_t
remove_elements(mcp_rewrite_t *rw, const char *doc, unsigned gone,
    mcp_buf_t *out)
{
    size_t        n, k, depth, from, array_from, array_to;
    mcp_rc_t      rc;
    mcp_splice_t  items[8];

    array_from = (size_t) (strchr(doc, '[') - doc);
    array_to = (size_t) (strrchr(doc, ']') - doc) + 1;

    /* elements are numbers or objects here */

    memset(items, 0, sizeof(items));

    for (n = 0, k = array_from + 1, from = 0; from < array_to - 1; k++) {

        while (strchr(" \t\n\r,", doc[k]) != NULL) {
            k++;
        }

        if (k == array_to - 1) {
            break;
        }

        from = k;
        depth = 0;

        while (depth != 0 || strchr(" \t\n\r,]", doc[k]) == NULL) {
            depth += (doc[k] == '{') - (size_t) (doc[k] == '}');
            k++;
        }

        if (gone & 1u) {
            items[n].from = (uint32_t) from;
            items[n++].to = (uint32_t) k;
        }

        gone >>= 1;
        k--;
    }

    mcp_rewrite_reset(rw);
    rc = mcp_rewrite_remove(rw, (const unsigned char *) doc, array_from,
                            array_to, items, n);
    out->len = 0;

    if (rc == MCP_OK) {
        rc = mcp_rewrite_apply(rw, (const unsigned char *) doc, strlen(doc),
                               out);
    }

    return rc;
}


static void
test_remove(void)
{
    size_t         i, k, n;
    json_t        *got, *want, *list;
    unsigned       gone;
    mcp_buf_t      out;
    mcp_rewrite_t  rw;

    static const char *const  docs[] = {
        "{\"tools\":[0]}",
        "{\"tools\":[0,1,2,3]}",
        "{\"tools\": [ 0 , 1 , 2 , 3 ] }",
        "{\"tools\":[\n    {\"a\": [1, 2]},\n    {\"b\": 1}\n]}",
        "{\"tools\":[\n\t0,\r\n\t1\r\n],\"next\":\",\"}",
        "{\"tools\":[0 ,1,\t2, 3,4 , 5]}",
    };

    memset(&out, 0, sizeof(out));
    mcp_rewrite_init(&rw);

    for (i = 0; i < sizeof(docs) / sizeof(docs[0]); i++) {

        want = json_loads(docs[i], 0, NULL);
        n = json_array_size(json_object_get(want, "tools"));
        json_decref(want);

        for (gone = 0; gone < 1u << n; gone++) {

            want = json_loads(docs[i], 0, NULL);
            list = json_object_get(want, "tools");

            for (k = n; k-- > 0; /* void */ ) {
                if (gone >> k & 1u) {
                    (void) json_array_remove(list, k);
                }
            }

            is_int(remove_elements(&rw, docs[i], gone, &out), MCP_OK,
                   "document %zu, without %#x", i, gone);

            got = json_loadb((char *) out.data, out.len, 0, NULL);

            if (!ok(got != NULL && json_equal(got, want),
                    "document %zu, without %#x: what is left", i, gone))
            {
                diag("%.*s", (int) out.len, (char *) out.data);
            }

            json_decref(got);
            json_decref(want);
        }
    }

    /* layout: no line is left that held a removed element */

    (void) remove_elements(&rw, docs[3], 1, &out);
    is_mem(out.data, out.len, "{\"tools\":[\n    {\"b\": 1}\n]}", 26,
           "the first one");
    (void) remove_elements(&rw, docs[3], 2, &out);
    is_mem(out.data, out.len, "{\"tools\":[\n    {\"a\": [1, 2]}\n]}", 31,
           "the last one");

    {
        mcp_splice_t          item;
        const unsigned char  *p = (const unsigned char *) "[1 2]";

        memset(&item, 0, sizeof(item));

        item.from = 1;
        item.to = 2;
        is_int(mcp_rewrite_remove(&rw, p, 0, 5, &item, 1), MCP_ERROR,
               "no comma");

        item.to = 5;
        is_int(mcp_rewrite_remove(&rw, p, 0, 5, &item, 1), MCP_ERROR,
               "with the bracket");

        item.from = 0;
        item.to = 2;
        is_int(mcp_rewrite_remove(&rw, p, 0, 5, &item, 1), MCP_ERROR,
               "with the other bracket");

        item.from = 3;
        is_int(mcp_rewrite_remove(&rw, p, 0, 5, &item, 1), MCP_ERROR,
               "upside down");

        is_int(mcp_rewrite_remove(&rw, p, 0, 1, &item, 1), MCP_ERROR,
               "no array");
    }

    mcp_rewrite_free(&rw);
    mcp_buf_free(&out);
}


int
main(void)
{
    test_cases();
    test_random();
    test_remove();

    return done();
}
