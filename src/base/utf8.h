/* utf8.h: characters of UTF-8 (RFC 3629 §4). */
#ifndef OFFHOOK_BASE_UTF8_H
#define OFFHOOK_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of the character at text, of which `left` are there (SIZE_MAX: it ends with a NUL); 0:
 * none begins here. */
size_t utf8_character(const uint8_t *text, size_t left);

#endif
