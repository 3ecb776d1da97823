/* jwt_claims.h: what the claims of a token say of time; inside the room. */
#ifndef OFFHOOK_HTTP_JWT_CLAIMS_H
#define OFFHOOK_HTTP_JWT_CLAIMS_H

#include "http/jwt.h"

struct jwt_claims {
    int64_t issued, not_before, expires; /* [s] not_before: our clock may be behind by 60 */
};

/* Reads and checks them one by one. JWT_OK or JWT_CLAIMS. */
enum jwt_error jwt_claims_read(const json_t *claims, struct jwt_claims *times);

/* JWT_OK, JWT_NOT_YET, JWT_EXPIRED. */
enum jwt_error jwt_claims_check(int64_t not_before, int64_t expires, int64_t now);

/* All of it, and how long the token lives. */
enum jwt_error jwt_claims_verify(const json_t *claims, int64_t now);

#endif
