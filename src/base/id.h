/* id.h: identifiers in the forms of the Conversation API. Thread-safe.
 *
 * Each begins with the time it was made at (RFC 9562 version 7), so that a store keyed
 * by them grows at its end instead of everywhere; 74 bits and more are random. */
#ifndef OFFHOOK_BASE_ID_H
#define OFFHOOK_BASE_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ID_UUID = 37,     /* bytes of a dashed uuid with its NUL */
    ID_HEX32 = 33,    /* bytes of 32 hex digits with their NUL */
    ID_PREFIXED = 41, /* bytes of "CON-<uuid>" with its NUL */
    ID_MAX = 64       /* no identifier is longer, NUL included */
};

/* A uuid in lower case with dashes. */
void id_uuid(char out[ID_UUID]);

/* 32 lower-case hex digits. */
void id_hex32(char out[ID_HEX32]);

/* PREFIX-<uuid> with a prefix of three letters: CON, NAM, USR, MEM. */
void id_prefixed(char out[ID_PREFIXED], const char *prefix);

/* Fills size [bytes] of out with random bytes fit for tags and SSRCs. */
void id_random(void *out, size_t size);

/* True for 8-4-4-4-12 hex digits. */
bool id_is_uuid(const char *text);

#endif
