/*
 * Views of a text: what a model would read in it, in every disguise
 * (detection.md section 2).
 *
 * A text is probed once, with SIMD; plain ASCII without anything that could
 * be an encoding has no views.  Otherwise views are made one after another,
 * each handed to the caller for scanning:
 *
 *   escapes   percent, HTML entities, \xNN and \uNNNN as text, octal,
 *             quoted-printable decoded; once more while escapes are left
 *   tags      what tag characters and variation selectors spell
 *   folded    hidden characters taken out, NFKC, accents dropped, look-alikes
 *             of other scripts turned to Latin in words that mix scripts,
 *             typographic quotes and dashes made plain, letters that are
 *             spaced out joined; case stays, patterns have (?i) for that
 *   joined    where more than one white space stands between two words and
 *             nothing else asks for the folded view: the text around, with
 *             one space there; such a hit counts as one in the text itself
 *   runs      base64, base64url, base32 and hexadecimal runs of 16 and more
 *             that decode to text
 *
 * A decoded run is a text itself and is looked at in the same way, up to
 * MCP_VIEW_LAYERS deep.  Each view knows what each of its bytes was made of,
 * so a finding can be mapped back to the text that was sent.
 *
 * Text longer than MCP_VIEW_PIECE is worked on in pieces that overlap by
 * MCP_VIEW_OVERLAP bytes, so memory is bounded whatever the input.
 */

#ifndef MCP_TEXT_H
#define MCP_TEXT_H

#include "mcp_buf.h"


#define MCP_VIEW_OVERLAP   1024
#define MCP_VIEW_LAYERS    4              /* encodings inside each other     */
#define MCP_VIEW_MAX       8              /* views alive at a time           */
#define MCP_VIEW_BYTES     (256 * 1024)   /* of one view                     */
#define MCP_VIEW_PIECE     (128 * 1024)   /* of a text, worked on at a time  */


/* What the probe finds. */
#define MCP_TEXT_WIDE      0x01           /* a byte beyond ASCII             */
#define MCP_TEXT_CONTROL   0x02           /* a control character but \t \r \n */
#define MCP_TEXT_PERCENT   0x04           /* %XX                             */
#define MCP_TEXT_ENTITY    0x08           /* & followed by # or a letter     */
#define MCP_TEXT_BACKSLASH 0x10           /* \ followed by x, u, U or digit  */
#define MCP_TEXT_QUOTED    0x20           /* =XX                             */
#define MCP_TEXT_RUN       0x40           /* 16 characters of base64         */
#define MCP_TEXT_SPACED    0x80           /* single letters, parted          */
#define MCP_TEXT_GAP       0x100          /* more white space behind a word  */

#define MCP_TEXT_ESCAPES   (MCP_TEXT_PERCENT | MCP_TEXT_ENTITY                \
                            | MCP_TEXT_BACKSLASH | MCP_TEXT_QUOTED)


/* What a view is. */
typedef enum {
    MCP_VIEW_ESCAPES = 0,
    MCP_VIEW_TAGS,
    MCP_VIEW_FOLDED,
    MCP_VIEW_JOINED,
    MCP_VIEW_RUNS
} mcp_view_kind_t;

/*
 * A stretch of a view, until the next one begins.  step > 0: byte n of it was
 * made of the step bytes at from + n * step of the source; step 0: all of it
 * was made of the bytes from .. to, which cannot be told apart.
 */
typedef struct {
    uint32_t  at;                         /* offset in the view              */
    uint32_t  from;
    uint32_t  to;
    uint32_t  step;
} mcp_piece_t;

typedef struct mcp_view_s  mcp_view_t;

struct mcp_view_s {
    mcp_buf_t          text;
    mcp_buf_t          map;               /* mcp_piece_t[]                   */
    const mcp_view_t  *parent;            /* NULL: made of the text itself   */
    size_t             origin;            /* where the piece of the text
                                             begins that it was made of      */
    mcp_view_kind_t    kind;
    uint8_t            layer;             /* encodings that were undone      */
};

/*
 * What characters are folded to, in pages of 256 that are made when a text
 * has one of theirs.
 */
#define MCP_FOLD_PAGES  512

typedef struct {
    uint32_t          *page[MCP_FOLD_PAGES];
} mcp_folds_t;

typedef struct {
    mcp_folds_t        folds;
    mcp_view_t         view[MCP_VIEW_MAX];
    unsigned           n;
    unsigned           overflow:1;        /* a limit cut something off       */
} mcp_views_t;

/* Called for each view; what it returns other than MCP_OK ends the making. */
typedef mcp_rc_t (*mcp_view_pt)(void *data, const mcp_view_t *view);


/*
 * Tells what could be in a text, MCP_TEXT_* bits; never misses a candidate.
 * Reads no byte beyond len.
 */
unsigned mcp_text_probe(const unsigned char *text, size_t len);

mcp_views_t *mcp_views_create(void);
void mcp_views_destroy(mcp_views_t *vs);

/*
 * Makes the views of a text of valid UTF-8 for which the probe gave bits.
 * Buffers are kept between calls.  MCP_ERROR: out of memory, or what the
 * handler returned.  vs->overflow is set, never cleared.
 */
mcp_rc_t mcp_views_make(mcp_views_t *vs, const unsigned char *text, size_t len,
    unsigned bits, mcp_view_pt handler, void *data);

/* Maps the range from .. to of a view to the text that it was made of. */
void mcp_view_span(const mcp_view_t *view, size_t from, size_t to,
    size_t *text_from, size_t *text_to);

#endif /* MCP_TEXT_H */
