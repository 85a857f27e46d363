/*
 * Folding from inside: characters, and characters that are spaced out.
 */

#ifndef MCP_FOLD_INT_H
#define MCP_FOLD_INT_H

#include "mcp_text_int.h"


#define MCP_FOLD_MAX          32          /* characters that one becomes     */

/* What is known of a character: what it becomes, and flags. */
#define MCP_FOLD_CHAR         0x1fffff
#define MCP_FOLD_LETTER       0x01000000  /* that is a letter ...            */
#define MCP_FOLD_TWIN         0x02000000  /* ... and looks like a Latin one  */
#define MCP_FOLD_CHANGED      0x04000000  /* which is worth a scan           */
#define MCP_FOLD_FROM_LETTER  0x08000000  /* the character itself is one     */
#define MCP_FOLD_SLOW         0x10000000  /* it takes a closer look          */


/*
 * What a character beyond ASCII, which is not hidden, becomes: NFKC, accents
 * off, plain punctuation.  Returns how many of out, 0: nothing.  *changed:
 * that is worth a scan.
 */
size_t mcp_fold_char(uint32_t c, uint32_t *out, int *changed);

/* MCP_FOLD_LETTER and MCP_FOLD_TWIN of what comes out. */
unsigned mcp_fold_flags(uint32_t c);

/* The Latin letter that c looks like, 0: none. */
unsigned char mcp_fold_twin(uint32_t c);

/* 1: a letter of those that flags are made of. */
int mcp_is_regional(uint32_t c);

/* Entries of the characters number * 256 on; NULL: no memory. */
const uint32_t *mcp_fold_make_page(mcp_folds_t *folds, uint32_t number);


/*
 * Characters that are spaced out: "i g n o r e   a l l", "i.g.n.o.r.e".  Each
 * stands alone and is parted from the next by the same byte; more than one of
 * those, a space, or a lone sign between them parts words.
 */
typedef struct {
    const unsigned char  *p;
    size_t                len;
    size_t                i;          /* of the next character               */
    unsigned char         sep;
} mcp_spaced_t;

/* How long is the stretch of spaced out characters at p?  0: it is none. */
size_t mcp_spaced_stretch(const unsigned char *p, size_t len);

/*
 * The next character: *at, *size bytes of it; *gap: a word ends behind it.
 * 0: the stretch is over.
 */
int mcp_spaced_next(mcp_spaced_t *sp, size_t *at, size_t *size, int *gap);

#endif /* MCP_FOLD_INT_H */
