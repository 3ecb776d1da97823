/* ssml.h: the part of SSML that may be spoken: speak, break, emphasis, lang, p, phoneme,
 * prosody, s, say-as and sub, in a document that is well-formed XML. Pure text: any thread. */
#ifndef OFFHOOK_SPEECH_SSML_H
#define OFFHOOK_SPEECH_SSML_H

#include <stdbool.h>
#include <stddef.h>

/* True when a text, white space aside, begins with a <speak tag. */
bool ssml_is(const char *text);
/* 0, or EINVAL and why in `reason` [size bytes]. */
int ssml_check(const char *text, char *reason, size_t size);
/* Characters of what is not a tag or a comment; an entity is one. */
size_t ssml_length(const char *text);
/* A checked document as the engine is to read it: comments, namespaces and what the engine
 * does not know are gone, <lang> is its <voice>. To be freed; NULL when out of memory. */
char *ssml_render(const char *text);

#endif
