/* range.h: which part of a file is asked for (RFC 9110 14). */
#ifndef OFFHOOK_API_RANGE_H
#define OFFHOOK_API_RANGE_H

#include <stdint.h>

/* `Range` of a request for size [bytes]: 206 with the part; 200: all of it, because there is
 * none, it is not understood, or asks for several parts; 416: it lies outside. */
int range_parse(const char *header, uint64_t size, uint64_t *offset, uint64_t *length);

#endif
