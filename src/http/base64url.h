/* base64url.h: base64url without padding (RFC 4648 section 5), strict: no padding, no
 * white space, no spare bits. Private to the room. */
#ifndef OFFHOOK_HTTP_BASE64URL_H
#define OFFHOOK_HTTP_BASE64URL_H

#include <stddef.h>

/* Bytes decoded from `length` characters, at most; and characters for `size` bytes. */
#define BASE64URL_DECODED(length) ((length) / 4 * 3 + 2)
#define BASE64URL_ENCODED(size) (((size)*4 + 2) / 3)

/* Into out, which has room for BASE64URL_DECODED(length). 0 or EINVAL. */
int base64url_decode(unsigned char *out, size_t *size, const char *text, size_t length);

/* Into out, which has room for BASE64URL_ENCODED(size) + 1. Returns the length. */
size_t base64url_encode(char *out, const void *bytes, size_t size);

#endif
