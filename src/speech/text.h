/* text.h: UTF-8, character by character (RFC 3629). */
#ifndef OFFHOOK_SPEECH_TEXT_H
#define OFFHOOK_SPEECH_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of the character at text; 0: none begins here, or the text ends. */
size_t text_character(const char *text);
bool text_is_valid(const char *text);
/* True when there is more than white space and control characters. */
bool text_has_words(const char *text);
/* Characters in size [bytes]. */
size_t text_count(const char *text, size_t size);
/* May a text hold the character of this number? The control characters but tab and the ends
 * of lines may not. */
bool text_may_hold(uint32_t character);
/* Writes a character; its bytes, up to 4. */
size_t text_put(char *out, uint32_t character);

#endif
