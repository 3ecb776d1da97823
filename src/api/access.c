/* access.c: who may ask: the keys of applications, the secret of the account and the
 * origin of links, in a table that control changes one by one and the HTTP thread reads,
 * under a lock. */
#include "api/private.h"
#include "base/id.h"
#include "base/log.h"
#include "base/mem.h"
#include "http/secret.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct entry {
    struct UT_hash_handle hh;
    char lower[ID_MAX]; /* what it is found by */
    char id[ID_MAX];
    struct jwt_key *key;
};

struct api_access {
    pthread_mutex_t lock; /* of all below */
    struct entry *entries;
    char *public_url; /* without a slash at its end; "": by the Host header */
    char *api_key, *api_secret;
    bool tls;
};

static void drop(struct api_access *access, struct entry *entry)
{
    HASH_DELETE(hh, access->entries, entry);
    mem_unref(entry->key);
    mem_unref(entry);
}

static void destroy(void *obj)
{
    struct api_access *access = obj;
    struct entry *entry, *next;

    HASH_ITER (hh, access->entries, entry, next)
        drop(access, entry);
    mem_unref(access->public_url);
    mem_unref(access->api_key);
    mem_unref(access->api_secret);
    pthread_mutex_destroy(&access->lock);
}

static bool lower(char out[ID_MAX], const char *id)
{
    size_t length = strlen(id);

    if (length >= ID_MAX)
        return false;
    for (size_t i = 0; i <= length; i++)
        out[i] = (char)tolower((unsigned char)id[i]);
    return true;
}

/* NULL: there is none, or what there is is no key. */
static struct jwt_key *read_key(struct bridge *bridge, const char *application)
{
    const struct application *found = application_find(bridge, application);
    const struct conf_application *conf = found ? application_conf(found) : NULL;
    struct jwt_key *key = NULL;

    if (!conf || !conf->public_key || !*conf->public_key)
        return NULL;
    if (jwt_key_public(&key, conf->public_key)) {
        log_warning("api", "public_key is not an RSA key of 2048 bits or more application=%s",
                    application);
        return NULL;
    }
    return key;
}

static int put(struct api_access *access, const char *application, const char *text,
               struct jwt_key *key)
{
    struct entry *entry;

    HASH_FIND_STR(access->entries, text, entry);
    if (entry && !key) {
        drop(access, entry);
    } else if (entry) {
        mem_unref(entry->key);
        entry->key = key;
    } else if (key) {
        entry = mem_alloc(sizeof *entry, NULL);
        if (!entry) {
            mem_unref(key);
            return ENOMEM;
        }
        snprintf(entry->lower, sizeof entry->lower, "%s", text);
        snprintf(entry->id, sizeof entry->id, "%s", application);
        entry->key = key;
        HASH_ADD_STR(access->entries, lower, entry);
        if (!entry->hh.tbl) {
            mem_unref(key);
            mem_unref(entry);
            return ENOMEM;
        }
    }
    return 0;
}

int api_access_update(struct api_access *access, struct bridge *bridge, const char *application)
{
    struct jwt_key *key;
    char text[ID_MAX] = "";
    int err;

    if (!lower(text, application))
        return EINVAL;
    key = read_key(bridge, application);
    pthread_mutex_lock(&access->lock);
    err = put(access, application, text, key);
    pthread_mutex_unlock(&access->lock);
    return err;
}

/* All that there are at the start. */

struct update {
    struct api_access *access;
    struct bridge *bridge;
    int err;
};

static bool update_one(struct application *application, void *arg)
{
    struct update *update = arg;

    update->err = api_access_update(update->access, update->bridge, application_id(application));
    return update->err != 0;
}

static void set(char **place, char *text)
{
    mem_unref(*place);
    *place = text;
}

int api_access_configure(struct api_access *access, const struct conf *conf)
{
    char *url = mem_strdup(conf->http.public_url ? conf->http.public_url : "");
    char *key = mem_strdup(conf->http.api_key ? conf->http.api_key : "");
    char *secret = mem_strdup(conf->http.api_secret ? conf->http.api_secret : "");

    if (!url || !key || !secret) {
        mem_unref(url);
        mem_unref(key);
        mem_unref(secret);
        return ENOMEM;
    }
    for (size_t n = strlen(url); n && url[n - 1] == '/'; n--)
        url[n - 1] = '\0';
    pthread_mutex_lock(&access->lock);
    access->tls = conf->http.tls.certificate && *conf->http.tls.certificate;
    set(&access->public_url, url);
    set(&access->api_key, key);
    set(&access->api_secret, secret);
    pthread_mutex_unlock(&access->lock);
    return 0;
}

int api_access_alloc(struct api_access **accessp, struct bridge *bridge, const struct conf *conf)
{
    struct api_access *access = mem_alloc(sizeof *access, destroy);
    struct update update = {access, bridge, 0};

    if (!access)
        return ENOMEM;
    pthread_mutex_init(&access->lock, NULL);
    update.err = api_access_configure(access, conf);
    if (!update.err)
        application_each(bridge, update_one, &update);
    if (update.err)
        mem_unref(access);
    else
        *accessp = access;
    return update.err;
}

struct jwt_key *api_access_key(struct api_access *access, const char *application, char *id)
{
    struct jwt_key *key = NULL;
    struct entry *entry;
    char text[ID_MAX] = "";

    if (!lower(text, application))
        return NULL;
    pthread_mutex_lock(&access->lock);
    HASH_FIND_STR(access->entries, text, entry);
    if (entry) {
        key = mem_ref(entry->key);
        memcpy(id, entry->id, sizeof entry->id);
    }
    pthread_mutex_unlock(&access->lock);
    return key;
}

enum api_secret api_access_secret(struct api_access *access, const char *key, const char *secret)
{
    enum api_secret result;
    bool right;

    pthread_mutex_lock(&access->lock);
    /* both are compared, whatever the first one gives */
    right = secret_equal(access->api_key, key) & secret_equal(access->api_secret, secret);
    if (!*access->api_key)
        result = SECRET_NOT_SET;
    else
        result = right ? SECRET_RIGHT : SECRET_WRONG;
    pthread_mutex_unlock(&access->lock);
    return result;
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

char *api_access_origin(struct api_access *access, const char *host)
{
    char *origin;

    pthread_mutex_lock(&access->lock);
    if (*access->public_url)
        origin = mem_strdup(access->public_url);
    else
        origin =
            mem_printf("http%s://%s", access->tls ? "s" : "", is_host(host) ? host : "localhost");
    pthread_mutex_unlock(&access->lock);
    return origin;
}
