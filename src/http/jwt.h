/* jwt.h: JSON Web Tokens (RFC 7519) with RS256 and HS256, on OpenSSL EVP. The
 * algorithm belongs to the key, never to the token. Thread-safe: a key is read-only
 * once made. No token, key or secret is ever logged. */
#ifndef OFFHOOK_HTTP_JWT_H
#define OFFHOOK_HTTP_JWT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jwt_key;

/* A PEM key: public to verify, private to sign; RSA of 2048 bits or more. EINVAL. */
int jwt_key_public(struct jwt_key **key, const char *pem);
int jwt_key_private(struct jwt_key **key, const char *pem);
/* A secret for HS256. */
int jwt_key_secret(struct jwt_key **key, const void *secret, size_t size);

enum jwt_error {
    JWT_OK,
    JWT_MALFORMED, /* not three base64url parts of JSON */
    JWT_ALGORITHM, /* none, or not the key's */
    JWT_SIGNATURE,
    JWT_EXPIRED,
    JWT_NOT_YET,     /* nbf or iat in the future beyond 60 s */
    JWT_CLAIMS,      /* iat or jti missing, a claim of the wrong type, exp less than 30 s or more
                      * than 24 h (and a minute of grace) after iat */
    JWT_APPLICATION, /* no application_id, or not known here (jwt_cache.h) */
    JWT_MEMORY
};
const char *jwt_error_text(enum jwt_error error);

/* The unverified application_id of a token, to find the key by. False: none. */
bool jwt_application_id(const char *token, char *out, size_t size);

/* Verifies signature, then exp (default iat + 15 min; number or numeric string), nbf,
 * iat at `now` [s]; a sub must be text. The claims belong to the caller (json_decref). */
enum jwt_error jwt_verify(const struct jwt_key *key, const char *token, int64_t now,
                          json_t **claims);

/* Signs. mem_alloc()ed text; NULL when it fails. */
char *jwt_sign(const struct jwt_key *key, json_t *claims);

/* May a token with this `acl` claim (NULL: all) call method on path? See jwt_acl.h, which
 * reads the claim only once. */
bool jwt_allows(const json_t *acl, const char *method, const char *path);

#endif
