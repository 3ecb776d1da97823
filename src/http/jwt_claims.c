/* jwt_claims.c: the claims every token must have (RFC 7519 section 4.1) and the rules of
 * the Vonage API for them: exp is 15 minutes after iat unless it says so itself. */
#include "http/jwt_claims.h"

#include <stdlib.h>
#include <string.h>

enum {
    SKEW = 60,              /* [s] a clock may be ahead of ours */
    LIFE_DEFAULT = 15 * 60, /* [s] */
    LIFE_MIN = 30,          /* [s] */
    LIFE_MAX = 24 * 3600    /* [s] */
};

/* A time claim [s]. False: it is there and of the wrong type or size. */
static bool read_time(const json_t *claims, const char *name, bool text_too, int64_t *value)
{
    const json_t *claim = json_object_get(claims, name);
    const char *text = json_string_value(claim);
    double number;

    if (!claim)
        return true;
    if (json_is_number(claim)) {
        number = json_number_value(claim);
    } else if (text && text_too && text[0] && strspn(text, "0123456789") == strlen(text) &&
               strlen(text) <= 15) {
        number = strtod(text, NULL);
    } else {
        return false;
    }
    if (!(number >= 0 && number < 1e15))
        return false;
    *value = (int64_t)number;
    return true;
}

/* Text that is not empty. */
static bool is_text(const json_t *claim)
{
    return json_string_length(claim) > 0;
}

enum jwt_error jwt_claims_read(const json_t *claims, struct jwt_claims *times)
{
    const json_t *sub = json_object_get(claims, "sub");
    int64_t iat = -1, exp = -1, nbf = -1;

    if (!is_text(json_object_get(claims, "jti")) || (sub && !is_text(sub)) ||
        !read_time(claims, "iat", false, &iat) || iat < 0 ||
        !read_time(claims, "exp", true, &exp) || !read_time(claims, "nbf", false, &nbf))
        return JWT_CLAIMS;
    times->issued = iat;
    times->expires = exp < 0 ? iat + LIFE_DEFAULT : exp;
    times->not_before = (nbf > iat ? nbf : iat) - SKEW;
    return JWT_OK;
}

enum jwt_error jwt_claims_check(int64_t not_before, int64_t expires, int64_t now)
{
    if (now < not_before)
        return JWT_NOT_YET;
    return now >= expires ? JWT_EXPIRED : JWT_OK;
}

enum jwt_error jwt_claims_verify(const json_t *claims, int64_t now)
{
    struct jwt_claims times;
    enum jwt_error error = jwt_claims_read(claims, &times);
    int64_t life;

    if (error)
        return error;
    life = times.expires - times.issued;
    if (life > LIFE_MAX + SKEW) /* makers that read their clock twice */
        return JWT_CLAIMS;
    error = jwt_claims_check(times.not_before, times.expires, now);
    if (error)
        return error;
    return life < LIFE_MIN ? JWT_CLAIMS : JWT_OK;
}
