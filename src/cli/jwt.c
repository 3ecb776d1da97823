/* jwt.c: offhook jwt. */
#include "cli/command.h"
#include "cli/file.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/mem.h"
#include "http/jwt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIFE = 900, LIFE_LEAST = 30, LIFE_MOST = 24 * 3600 };

struct wish {
    const char *app, *key, *exp, *sub, *acl;
    long life;
    json_t *paths;
};

static int check(struct wish *wish)
{
    char *end;
    json_error_t where;

    if (!wish->app || !wish->key)
        return command_fail(COMMAND_USAGE, "jwt needs --app and --key (or OFFHOOK_APP and "
                                           "OFFHOOK_KEY)");
    if (!id_is_uuid(wish->app))
        return command_fail(COMMAND_USAGE, "--app %s: not the id of an application (a uuid)",
                            wish->app);
    wish->life = LIFE;
    if (wish->exp) {
        wish->life = strtol(wish->exp, &end, 10);
        if (end == wish->exp || *end || wish->life < LIFE_LEAST || wish->life > LIFE_MOST)
            return command_fail(COMMAND_USAGE, "--exp %s: seconds from %d to %d", wish->exp,
                                LIFE_LEAST, LIFE_MOST);
    }
    if (wish->acl && !(wish->paths = json_loads(wish->acl, JSON_REJECT_DUPLICATES, &where)))
        return command_fail(COMMAND_USAGE, "--acl: not JSON: %s at column %d", where.text,
                            where.column);
    if (wish->paths && !json_is_object(wish->paths))
        return command_fail(COMMAND_USAGE, "--acl: not a JSON object");
    return 0;
}

static json_t *claims_of(const struct wish *wish)
{
    int64_t now = clock_wall_ms() / 1000;
    json_t *claims;
    char jti[ID_UUID];

    id_uuid(jti);
    claims = json_pack("{ss sI sI ss}", "application_id", wish->app, "iat", (json_int_t)now, "exp",
                       (json_int_t)now + wish->life, "jti", jti);
    if (wish->sub)
        json_object_set_new(claims, "sub", json_string(wish->sub));
    if (wish->paths)
        json_object_set(claims, "acl", wish->paths);
    return claims;
}

static int print(const struct wish *wish)
{
    struct jwt_key *key = NULL;
    char *pem = NULL, *token = NULL;
    json_t *claims = NULL;
    int status = COMMAND_REFUSED, err = file_read(&pem, wish->key);

    if (err) {
        command_fail(0, "%s: %s", wish->key, strerror(err));
        goto out;
    }
    if (jwt_key_private(&key, pem)) {
        command_fail(0, "%s: not an RSA private key of 2048 bits or more", wish->key);
        goto out;
    }
    claims = claims_of(wish);
    token = claims ? jwt_sign(key, claims) : NULL;
    if (!token) {
        command_fail(0, "cannot sign");
        goto out;
    }
    puts(token);
    status = COMMAND_DONE;
out:
    mem_unref(token);
    json_decref(claims);
    mem_unref(key);
    mem_unref(pem);
    return status;
}

int command_jwt(int argc, char **argv)
{
    struct wish wish = {.app = command_option(&argc, argv, "--app"),
                        .key = command_option(&argc, argv, "--key"),
                        .exp = command_option(&argc, argv, "--exp"),
                        .sub = command_option(&argc, argv, "--sub"),
                        .acl = command_option(&argc, argv, "--acl")};
    int status;

    if (argc < 0)
        return COMMAND_USAGE;
    if (argc > 1)
        return command_fail(COMMAND_USAGE, "jwt takes no `%s`", argv[1]);
    if (!wish.app)
        wish.app = getenv("OFFHOOK_APP");
    if (!wish.key)
        wish.key = getenv("OFFHOOK_KEY");
    status = check(&wish);
    if (status == 0)
        status = print(&wish);
    json_decref(wish.paths);
    return status;
}
