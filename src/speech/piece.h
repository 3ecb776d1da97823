/* piece.h: XML cut into its pieces, one after the other. */
#ifndef OFFHOOK_SPEECH_PIECE_H
#define OFFHOOK_SPEECH_PIECE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum piece_kind {
    PIECE_END,
    PIECE_TEXT,
    PIECE_ENTITY,
    PIECE_COMMENT,
    PIECE_OPEN,  /* <p> */
    PIECE_CLOSE, /* </p> */
    PIECE_EMPTY, /* <break/> */
};

enum { PIECE_TAG_MAX = 400 }; /* [bytes]; the engine's own buffers hold about 500 */

struct piece {
    enum piece_kind kind;
    const char *text; /* all of it, as it stands */
    size_t size;
    uint32_t character; /* of an entity */
    const char *name;   /* of a tag */
    size_t name_size;
};

/* Takes the piece at *at, moving *at behind it. NULL, or what is wrong with it. */
const char *piece_read(const char **at, struct piece *piece);
bool piece_is(const struct piece *piece, const char *name);

/* The value of a tag's attribute as it stands, or NULL; *size [bytes] of it. */
const char *piece_attribute(const struct piece *piece, const char *name, size_t *size);

#endif
