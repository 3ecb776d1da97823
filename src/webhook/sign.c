/* sign.c: the token of a signed webhook: with the secret of its application, or that of all. */
#include "webhook/inside.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/mem.h"

#include <errno.h>
#include <string.h>

/* A reference; NULL and 0: there is no secret. */
static int key_of(const struct webhook *webhook, const char *application, struct jwt_key **key)
{
    const char *secret = webhook->conf.secret_of && application && *application
                             ? webhook->conf.secret_of(application, webhook->conf.arg)
                             : NULL;

    *key = NULL;
    if (secret && *secret)
        return jwt_key_secret(key, secret, strlen(secret));
    if (webhook->key)
        *key = mem_ref(webhook->key);
    return 0;
}

int sign_request(const struct webhook *webhook, const char *application, const char *body,
                 char **bearer)
{
    char id[ID_UUID], *token;
    struct jwt_key *key;
    int err = key_of(webhook, application, &key);

    *bearer = NULL;
    if (err || !key)
        return err;
    id_uuid(id);
    token = request_token(key, webhook->api_key, application, body, clock_wall_ms() / 1000, id);
    *bearer = token ? mem_printf("Bearer %s", token) : NULL;
    mem_unref(token);
    mem_unref(key);
    return *bearer ? 0 : ENOMEM;
}

int webhook_bearer(const struct webhook *webhook, const char *application, char **bearer)
{
    return sign_request(webhook, application, NULL, bearer);
}
