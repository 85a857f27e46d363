/*
 * What the files of the tokenizer share; nobody else includes this.
 *
 *     mcp_json.c          the public calls
 *     mcp_json_value.c    the machine of values
 *     mcp_json_string.c   the machine inside a string, escapes, UTF-8
 *     mcp_json_number.c   the machine inside a number
 *     mcp_json_keys.c     member names of open objects, duplicates
 *     mcp_json_simd.h     16 bytes at a time
 */

#ifndef MCP_JSON_INT_H
#define MCP_JSON_INT_H

#include "mcp_json.h"


/*
 * A slice is taken in pieces of this size, and before each piece the arena
 * gets room for all that the piece may decode to.  So the inner loops need no
 * check for room, and memory is bound to what was decoded, not to the slice.
 */
#define MCP_JSON_PIECE    65536

/*
 * Decoded text is never longer than its raw bytes, a closing quote pays for
 * the terminator.  What a piece may add beyond its length: a character whose
 * first bytes came earlier, and the tail of a 16 byte store.
 */
#define MCP_JSON_SLACK    32


/* A member name of an open object. */
typedef struct {
    uint32_t  text;           /* offset in the arena                        */
    uint32_t  len;
    uint32_t  hash;           /* the keyed hash when the object is indexed,
                                 else a fingerprint                         */
    uint32_t  next;           /* next in the bucket, number + 1; 0: none    */
} mcp_json_member_t;


typedef struct {
    mcp_json_frame_t  pub;
    uint32_t          first;  /* its first member in members[]              */
    unsigned          indexed:1;
} mcp_json_level_t;


struct mcp_json_s {
    unsigned              state;        /* of the machine of values         */
    unsigned              sub;          /* of the one inside a token        */

    mcp_json_err_t        err;
    size_t                err_offset;

    mcp_json_limits_t     limits;
    mcp_json_handler_pt   handler;
    void                 *data;

    const unsigned char  *piece;        /* bytes that are worked on         */
    size_t                offset;       /* of its first byte                */

    mcp_buf_t             arena;

    mcp_json_level_t     *levels;
    uint32_t              depth;
    uint32_t              nlevels;      /* allocated                        */

    /* the token that is being read */

    uint32_t              raw;          /* its first byte                   */
    uint32_t              text;         /* string: its start in the arena   */
    unsigned              key:1;        /* string: it is a member name      */
    unsigned              escaped:1;
    unsigned              ascii:1;

    uint32_t              escape;       /* offset of the first backslash of
                                           an escape or of a pair           */
    uint32_t              code;         /* hex digits so far                */
    uint32_t              high;         /* first half of a pair, or 0       */

    uint32_t              lead;         /* offset of a character's 1st byte */
    unsigned char         part[4];      /* character cut by a slice         */
    unsigned char         have;
    unsigned char         need;

    unsigned char         digits;       /* of a number, zeros in front aside */
    unsigned char         number_len;
    char                  number[MCP_JSON_MAX_NUMBER + 1];

    const char           *literal;      /* bytes that must follow           */

    /* names of the members of all open objects, innermost last */

    mcp_json_member_t    *members;
    uint32_t              nmembers;
    uint32_t              members_size; /* allocated                        */

    uint32_t             *buckets;      /* a power of two of them, or none  */
    uint32_t              nindexed;
    unsigned              shift;        /* 32 - log2 of their number        */

    uint64_t              seed[2];
};


/* Offset in the message of a byte of the piece. */
static inline uint32_t
mcp_json_offset(const mcp_json_t *j, const unsigned char *p)
{
    return (uint32_t) (j->offset + (size_t) (p - j->piece));
}


/* Notes the first error; always MCP_ERROR. */
mcp_rc_t mcp_json_fail(mcp_json_t *j, mcp_json_err_t err, size_t offset);

/* The byte at p cannot be right: err, or MCP_JSON_E_NUL when it is one. */
mcp_rc_t mcp_json_fail_byte(mcp_json_t *j, mcp_json_err_t err,
    const unsigned char *p);

/*
 * The machine of values: start of a message, next bytes (MCP_AGAIN or
 * MCP_ERROR), end of the input (MCP_OK or MCP_ERROR).
 */
void mcp_json_value_start(mcp_json_t *j);
mcp_rc_t mcp_json_value(mcp_json_t *j, const unsigned char *p,
    const unsigned char *end);
mcp_rc_t mcp_json_value_finish(mcp_json_t *j);

/* Prepares the string that starts with the quote at p. */
static inline void
mcp_json_string_start(mcp_json_t *j, const unsigned char *p, int key)
{
    j->raw = mcp_json_offset(j, p);
    j->text = (uint32_t) j->arena.len;
    j->key = (key != 0);
    j->escaped = 0;
    j->ascii = 1;
    j->high = 0;
    j->sub = 0;
}


/*
 * Goes on inside a string at *p.  MCP_OK: it ended, *p is behind its closing
 * quote, its text is in the arena from j->text on, without a terminator.
 * MCP_AGAIN: all bytes are taken.  MCP_ERROR.
 */
mcp_rc_t mcp_json_string(mcp_json_t *j, const unsigned char **p,
    const unsigned char *end);

/*
 * A number starts with the digit or minus at p.  Go on inside it: MCP_OK, *p
 * is the byte behind it; MCP_AGAIN, all bytes are taken; MCP_ERROR.  Whether
 * it may end where it is.
 */
void mcp_json_number_start(mcp_json_t *j, const unsigned char *p);
mcp_rc_t mcp_json_number(mcp_json_t *j, const unsigned char **p,
    const unsigned char *end);
int mcp_json_number_whole(const mcp_json_t *j);

/* Draws the secret of the hash. */
void mcp_json_keys_seed(mcp_json_t *j);

/*
 * Adds the name at j->text of len bytes to the innermost object.  MCP_ERROR:
 * it is there already, or memory is short.
 */
mcp_rc_t mcp_json_keys_add(mcp_json_t *j, uint32_t len);

/* Forgets the names of the innermost object, which is about to end. */
void mcp_json_keys_pop(mcp_json_t *j);

/* All objects are gone: gives back memory above keep bytes. */
void mcp_json_keys_trim(mcp_json_t *j, size_t keep);

#endif /* MCP_JSON_INT_H */
