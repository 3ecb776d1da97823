/* auth.c: whose request it is: of an application, by a Bearer token (JWT, RS256) that is
 * checked with its public key, or of the account, by its secret. HTTP thread. No token and
 * no secret is ever logged. */
#include "api/private.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/mem.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { SECRET = 256 };

static const char *bearer(struct rest_request *rest)
{
    const char *header = rest_header(rest, "Authorization");

    if (!header || strncasecmp(header, "Bearer ", 7) != 0)
        return NULL;
    header += 7;
    return header + strspn(header, " ");
}

static bool refuse_token(struct api_request *request, const char *why)
{
    char *detail = mem_printf("You did not provide a valid token. %s", why);

    api_refuse(request, API_UNAUTHORIZED, detail);
    mem_unref(detail);
    return false;
}

/* The key that is looked at; the cache borrows it until the next call. */
struct finding {
    struct api_access *access;
    struct jwt_key *key;
    char id[ID_MAX];
};

static const struct jwt_key *find_key(const char *application, void *arg)
{
    struct finding *finding = arg;

    mem_unref(finding->key);
    finding->key = api_access_key(finding->access, application, finding->id);
    return finding->key;
}

static bool refuse_jwt(struct api_request *request, enum jwt_error error)
{
    if (error == JWT_EXPIRED)
        api_refuse(request, API_EXPIRED, NULL);
    else if (error == JWT_MEMORY)
        api_refuse(request, API_INTERNAL, NULL);
    else
        return refuse_token(request, jwt_error_text(error));
    return false;
}

/* Takes over the grant. */
static bool take_grant(struct api_request *request, struct jwt_grant *grant, const char *id)
{
    bool allowed = jwt_grant_allows(grant, request->route->method, request->path);
    bool copied;

    request->application = mem_strdup(id);
    request->sub = mem_strdup(grant->sub);
    request->is_client = grant->is_client;
    request->expires = grant->expires;
    copied = request->application && (request->sub || !grant->sub);
    mem_unref(grant);
    if (allowed && copied)
        return true;
    api_refuse(request, allowed ? API_INTERNAL : API_FORBIDDEN, NULL);
    return false;
}

static bool check_token(struct api_request *request)
{
    struct finding finding = {.access = request->api->access};
    const char *token = bearer(request->rest);
    struct jwt_grant *grant = NULL;
    enum jwt_error error;

    if (!token || !*token)
        return refuse_token(request, "The Authorization header must be Bearer and a token.");
    error = jwt_cache_verify(request->api->tokens, token, clock_wall_ms() / 1000, find_key,
                             &finding, &grant);
    mem_unref(finding.key);
    atomic_store_explicit(&request->api->token_count, jwt_cache_count(request->api->tokens),
                          memory_order_relaxed);
    return error ? refuse_jwt(request, error) : take_grant(request, grant, finding.id);
}

/* Basic, else api_key and api_secret of the query or the form. */
static bool read_secret(struct rest_request *rest, char key[SECRET], char secret[SECRET])
{
    const char *texts[2];

    if (rest_basic(rest, key, SECRET, secret, SECRET))
        return true;
    texts[0] = rest_query(rest, "api_key");
    texts[1] = rest_query(rest, "api_secret");
    if (!texts[0] || !texts[1]) {
        texts[0] = rest_form(rest, "api_key");
        texts[1] = rest_form(rest, "api_secret");
    }
    if (!texts[0] || !texts[1] || strlen(texts[0]) >= SECRET || strlen(texts[1]) >= SECRET)
        return false;
    snprintf(key, SECRET, "%s", texts[0]);
    snprintf(secret, SECRET, "%s", texts[1]);
    return true;
}

static bool check_secret(struct api_request *request)
{
    static const char *const challenge[] = {"WWW-Authenticate", "Basic realm=\"offhook\"", NULL};
    static const char *const details[] = {
        [SECRET_WRONG] = "You did not provide correct credentials.",
        [SECRET_NOT_SET] = "Nobody may ask this: http.api_key is not set in the configuration.",
    };
    char key[SECRET] = "", secret[SECRET] = "";
    enum api_secret result;

    read_secret(request->rest, key, secret); /* none: wrong ones */
    result = api_access_secret(request->api->access, key, secret);
    OPENSSL_cleanse(secret, sizeof secret);
    if (result == SECRET_RIGHT)
        return true;
    api_refuse_with(request, API_UNAUTHORIZED, details[result], challenge);
    return false;
}

bool api_authenticate(struct api_request *request)
{
    switch (request->route->auth) {
    case AUTH_TOKEN:
        return check_token(request);
    case AUTH_SECRET:
        return check_secret(request);
    case AUTH_NONE:
        break;
    }
    return true;
}

char *api_origin(struct api *api, struct rest_request *rest)
{
    return api_access_origin(api->access, rest_header(rest, "Host"));
}
