/* ssml.h: the part of SSML that may be spoken: speak, break, emphasis, lang, p, phoneme,
 * prosody, s, say-as and sub, in a document that is well-formed XML. Pure text: any thread. */
#ifndef OFFHOOK_SPEECH_SSML_H
#define OFFHOOK_SPEECH_SSML_H

#include "speech/piece.h"

enum { SSML_DEPTH_MAX = 16 }; /* tags within tags; the engine's own stack holds 20 */

/* True when a text, white space aside, begins with a <speak tag. */
bool ssml_is(const char *text);
/* 0, or EINVAL and why in `reason` [size bytes]. */
int ssml_check(const char *text, char *reason, size_t size);
/* Characters of what is not a tag or a comment; an entity is one. */
size_t ssml_length(const char *text);
/* The silence of a break [ms]; false when it says none that we know. */
bool ssml_pause(const struct piece *piece, unsigned *ms);

#endif
