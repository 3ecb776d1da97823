/* auth.c: whose request it is: a Bearer token (JWT, RS256) of an application, checked
 * with the public key the configuration gives it. */
#include "api/private.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

static void destroy(void *obj)
{
    struct api_access *access = obj;

    for (size_t i = 0; i < access->count; i++) {
        mem_unref(access->keys[i].application);
        mem_unref(access->keys[i].key);
    }
    mem_unref(access->public_url);
}

int api_access_alloc(struct api_access **accessp, const struct conf *conf)
{
    struct api_access *access =
        mem_alloc(sizeof *access + conf->application_count * sizeof *access->keys, destroy);
    const char *url = conf->http.public_url ? conf->http.public_url : "";

    if (!access)
        return ENOMEM;
    access->tls = conf->http.tls.certificate && *conf->http.tls.certificate;
    access->public_url = mem_strdup(url);
    for (size_t n = strlen(url); access->public_url && n && url[n - 1] == '/'; n--)
        access->public_url[n - 1] = '\0';
    for (size_t i = 0; i < conf->application_count; i++) {
        const struct conf_application *application = &conf->applications[i];
        struct api_key *key = &access->keys[access->count++];

        key->application = mem_strdup(application->id);
        if (jwt_key_public(&key->key, application->public_key) && application->public_key &&
            *application->public_key)
            log_warning("api", "public_key is not an RSA key of 2048 bits or more application=%s",
                        application->id);
        if (!key->application)
            break;
    }
    if (!access->public_url || (access->count && !access->keys[access->count - 1].application)) {
        mem_unref(access);
        return ENOMEM;
    }
    *accessp = access;
    return 0;
}

static const char *bearer(struct rest_request *rest)
{
    const char *header = rest_header(rest, "Authorization");

    if (!header || strncasecmp(header, "Bearer ", 7) != 0)
        return NULL;
    header += 7;
    return header + strspn(header, " ");
}

static const struct jwt_key *key_of(const struct api_access *access, const char *application)
{
    for (size_t i = 0; i < access->count; i++)
        if (!strcasecmp(access->keys[i].application, application))
            return access->keys[i].key;
    return NULL;
}

static bool refuse_token(struct api_request *request, const char *why)
{
    char *detail = mem_printf("You did not provide a valid token. %s", why);

    api_refuse(request, API_UNAUTHORIZED, detail);
    mem_unref(detail);
    return false;
}

bool api_authenticate(struct api_request *request, const struct api_access *access)
{
    const char *token = bearer(request->rest);
    const struct jwt_key *key;
    enum jwt_error error;
    char id[64];
    json_t *claims;
    bool allowed;

    if (!token || !*token)
        return refuse_token(request, "The Authorization header must be Bearer and a token.");
    if (!jwt_application_id(token, id, sizeof id))
        return refuse_token(request, "It has no application_id.");
    key = key_of(access, id);
    if (!key)
        return refuse_token(request, "Its application is not known here.");
    error = jwt_verify(key, token, clock_wall_ms() / 1000, &claims);
    if (error == JWT_EXPIRED) {
        api_refuse(request, API_EXPIRED, NULL);
        return false;
    }
    if (error)
        return refuse_token(request, jwt_error_text(error));
    allowed = jwt_allows(json_object_get(claims, "acl"), request->route->method, request->path);
    json_decref(claims);
    if (!allowed) {
        api_refuse(request, API_FORBIDDEN, NULL);
        return false;
    }
    for (size_t i = 0; i < access->count; i++)
        if (!strcasecmp(access->keys[i].application, id))
            request->application = mem_strdup(access->keys[i].application);
    return true;
}

/* A Host header that can be put into a URL. */
static bool is_host(const char *text)
{
    size_t length = text ? strlen(text) : 0;

    if (!length || length > 255)
        return false;
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && !strchr(".-_:[]", *text))
            return false;
    return true;
}

char *api_origin(struct rest_request *rest, const struct api_access *access)
{
    const char *host = rest_header(rest, "Host");

    if (*access->public_url)
        return mem_strdup(access->public_url);
    return mem_printf("http%s://%s", access->tls ? "s" : "", is_host(host) ? host : "localhost");
}
