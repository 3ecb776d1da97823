/* jwt.c: compact JSON Web Tokens (RFC 7515, RFC 7519). The header is looked at only
 * to refuse: the key says how the signature is checked. Nothing of the payload is
 * believed before that. */
#include "http/jwt.h"
#include "base/mem.h"
#include "http/base64url.h"
#include "http/jwt_claims.h"
#include "http/jwt_key.h"
#include "json/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOKEN_MAX = 8192 /* [bytes] */ };

struct parts {
    const char *header, *payload, *signature;
    size_t header_size, payload_size, signature_size;
};

const char *jwt_error_text(enum jwt_error error)
{
    switch (error) {
    case JWT_OK:
        return "The token is valid.";
    case JWT_MALFORMED:
        return "The token is malformed.";
    case JWT_ALGORITHM:
        return "The token is signed with an algorithm that is not accepted.";
    case JWT_SIGNATURE:
        return "The signature of the token is wrong.";
    case JWT_EXPIRED:
        return "The token has expired.";
    case JWT_NOT_YET:
        return "The token is not valid yet.";
    case JWT_CLAIMS:
        return "A claim of the token is missing or wrong.";
    case JWT_APPLICATION:
        return "Its application is not known here.";
    case JWT_MEMORY:
        return "There is no memory to check the token.";
    }
    return "The token is not valid.";
}

static bool split(const char *token, struct parts *parts)
{
    size_t length = strnlen(token, TOKEN_MAX + 1);
    const char *first, *second;

    if (length > TOKEN_MAX)
        return false;
    first = strchr(token, '.');
    second = first ? strchr(first + 1, '.') : NULL;
    if (!second || strchr(second + 1, '.'))
        return false;
    parts->header = token;
    parts->header_size = (size_t)(first - token);
    parts->payload = first + 1;
    parts->payload_size = (size_t)(second - first) - 1;
    parts->signature = second + 1;
    parts->signature_size = length - (size_t)(second + 1 - token);
    return parts->header_size && parts->payload_size;
}

/* A JSON object out of a part; NULL: it is none. */
static json_t *decode(const char *text, size_t length)
{
    unsigned char bytes[BASE64URL_DECODED(TOKEN_MAX)];
    size_t size;
    json_t *object;

    if (base64url_decode(bytes, &size, text, length))
        return NULL;
    object = json_loadb((const char *)bytes, size, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(object))
        return object;
    json_decref(object);
    return NULL;
}

bool jwt_application_id(const char *token, char *out, size_t size)
{
    struct parts parts;
    json_t *claims =
        token && split(token, &parts) ? decode(parts.payload, parts.payload_size) : NULL;
    const char *id = json_string_value(json_object_get(claims, "application_id"));
    size_t length = id ? strlen(id) : 0;
    bool fits = length && length < size;

    if (fits)
        memcpy(out, id, length + 1);
    json_decref(claims);
    return fits;
}

static enum jwt_error check_header(const struct jwt_key *key, const struct parts *parts)
{
    json_t *header = decode(parts->header, parts->header_size);
    const char *algorithm = json_string_value(json_object_get(header, "alg"));
    enum jwt_error error = JWT_OK;

    if (!algorithm || json_object_get(header, "crit"))
        error = JWT_MALFORMED; /* we understand no critical extension */
    else if (strcmp(algorithm, jwt_key_algorithm(key)) != 0)
        error = JWT_ALGORITHM;
    json_decref(header);
    return error;
}

static bool check_signature(const struct jwt_key *key, const struct parts *parts, bool *decoded)
{
    unsigned char bytes[BASE64URL_DECODED(TOKEN_MAX)];
    size_t size;

    *decoded = !base64url_decode(bytes, &size, parts->signature, parts->signature_size);
    return *decoded && jwt_key_verify(key, parts->header,
                                      parts->header_size + 1 + parts->payload_size, bytes, size);
}

enum jwt_error jwt_verify(const struct jwt_key *key, const char *token, int64_t now,
                          json_t **claimsp)
{
    struct parts parts;
    enum jwt_error error;
    json_t *claims;
    bool decoded;

    if (!token || !split(token, &parts))
        return JWT_MALFORMED;
    error = check_header(key, &parts);
    if (error)
        return error;
    if (!check_signature(key, &parts, &decoded))
        return decoded ? JWT_SIGNATURE : JWT_MALFORMED;
    claims = decode(parts.payload, parts.payload_size);
    if (!claims)
        return JWT_MALFORMED;
    error = jwt_claims_verify(claims, now);
    if (error)
        json_decref(claims);
    else
        *claimsp = claims;
    return error;
}

char *jwt_sign(const struct jwt_key *key, json_t *claims)
{
    char *payload = json_text(claims), *token = NULL;
    unsigned char signature[JWT_SIGNATURE_MAX];
    char header[64];
    int header_length;
    size_t size, n;

    if (!payload)
        return NULL;
    header_length =
        snprintf(header, sizeof header, "{\"alg\":\"%s\",\"typ\":\"JWT\"}", jwt_key_algorithm(key));
    token =
        mem_alloc(BASE64URL_ENCODED((size_t)header_length) + BASE64URL_ENCODED(strlen(payload)) +
                      BASE64URL_ENCODED(JWT_SIGNATURE_MAX) + 4,
                  NULL);
    if (!token)
        goto out;
    n = base64url_encode(token, header, (size_t)header_length);
    token[n++] = '.';
    n += base64url_encode(token + n, payload, strlen(payload));
    if (jwt_key_sign(key, token, n, signature, &size)) {
        token = mem_unref(token);
        goto out;
    }
    token[n++] = '.';
    base64url_encode(token + n, signature, size);
out:
    free(payload);
    return token;
}
