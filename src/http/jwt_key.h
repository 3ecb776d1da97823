/* jwt_key.h: what a key is inside the room, and the two acts it can do. */
#ifndef OFFHOOK_HTTP_JWT_KEY_H
#define OFFHOOK_HTTP_JWT_KEY_H

#include "http/jwt.h"

enum jwt_algorithm { JWT_RS256, JWT_HS256 };

enum { JWT_SIGNATURE_MAX = 2048, JWT_DIGEST = 32 }; /* [bytes]: RSA of 16384 bits; SHA-256 */

/* "RS256" or "HS256": the only one the key takes. */
const char *jwt_key_algorithm(const struct jwt_key *key);

/* Which key it is: the same for two keys made of the same bytes for the same algorithm. */
const unsigned char *jwt_key_digest(const struct jwt_key *key);

/* Is `signature` this key's over `text`? */
bool jwt_key_verify(const struct jwt_key *key, const char *text, size_t length,
                    const unsigned char *signature, size_t size);

/* Into out of JWT_SIGNATURE_MAX. 0, EINVAL (a public key), EIO. */
int jwt_key_sign(const struct jwt_key *key, const char *text, size_t length, unsigned char *out,
                 size_t *size);

#endif
