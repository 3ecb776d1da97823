/* voice.h: which of the engine's voices speaks. Constant tables: any thread. */
#ifndef OFFHOOK_SPEECH_VOICE_H
#define OFFHOOK_SPEECH_VOICE_H

#include <stdbool.h>
#include <stddef.h>

enum { VOICE_NAME_MAX = 48 }; /* [bytes] */

/* The engine's file for a BCP-47 tag ("gmw/en-US" for "en-us"); NULL when there is none. */
const char *voice_of_language(const char *tag);
/* The nth language, and the engine's file of it; then the nth old name, what it means. false:
 * there are no more. For lists of them (doc/languages.md). */
bool voice_language_at(size_t n, const char **tag, const char **file);
bool voice_name_at(size_t n, const char **name, const char **language, unsigned *style);

/* The language and style that are meant: an old name says both when there is no language. */
void voice_meant(const char **language, unsigned *style, const char *voice_name);
/* Writes the engine's name of a voice, "gmw/en-US+f2". 0, or EINVAL: no such language. */
int voice_choose(char voice[VOICE_NAME_MAX], const char *language, unsigned style,
                 const char *voice_name);

#endif
