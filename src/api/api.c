/* api.c: the door itself: its start, its stop, and what it watches in between. */
#include "api/events.h"
#include "api/private.h"
#include "base/log.h"
#include "base/mem.h"
#include "http/jwt_pair.h"
#include "json/text.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BODY_LIMIT = 1 << 20 };

static void destroy(void *obj)
{
    struct api *api = obj;

    assert(!api->rest && list_empty(&api->open));
    mem_unref(api->log);
    mem_unref(api->pairs);
    mem_unref(api->access);
    mem_unref(api->tokens);
    mem_unref(api->routes);
    mem_unref(api->cache);
    mem_unref(api->idempotency);
    mem_unref(api->openapi);
    mem_unref(api->recordings);
    pthread_mutex_destroy(&api->lock);
    api->magic = 0;
}

static char *on_refuse(int status, const char *path, void *arg)
{
    struct api *api = arg;
    json_t *body;
    char *text, *copy;

    body =
        api_error_body(api_family_of(path), api_error_of(status),
                       status == 400 ? "The path of the request cannot be decoded." : NULL, NULL);
    text = json_text(body);
    copy = mem_strdup(text);
    free(text);
    json_decref(body);
    if (status / 100 < API_CLASSES)
        atomic_fetch_add_explicit(&api->answered[status / 100], 1, memory_order_relaxed);
    return copy;
}

/* What the door watches of the bridge. Control. */

static void on_event(const struct bridge_event *event, void *arg)
{
    struct api *api = arg;

    api_log_event(api->log, event);
    event_saw(api, event);
}

static void on_changed(const char *conversation_id, void *arg)
{
    struct api *api = arg;

    api_cache_changed(api->cache, conversation_id);
}

static void on_application(const char *application_id, void *arg)
{
    struct api *api = arg;

    if (api_access_update(api->access, api->conf.bridge, application_id))
        log_error("api", "out of memory: tokens of an application are refused id=%s",
                  application_id);
    api_log_application(api->log, application_id);
}

static int watch(struct api *api)
{
    const struct bridge_watch watch = {on_event, on_changed, on_application, api};

    return bridge_watch(api->conf.bridge, &watch);
}

/* Start and stop. */

static int serve(struct api *api)
{
    const struct conf *conf = api->conf.conf;
    const struct rest_handlers handlers = {api_on_request, on_refuse, api};
    const struct rest_conf rest = {
        .host = conf->http.listen.host,
        .port = conf->http.listen.port,
        .certificate = conf->http.tls.certificate,
        .key = conf->http.tls.key,
        .body_limit = BODY_LIMIT,
    };

    return rest_start(&api->rest, &rest, &handlers);
}

static int make_parts(struct api *api)
{
    int err = api_access_alloc(&api->access, api->conf.bridge, api->conf.conf);

    if (!err)
        err = jwt_cache_alloc(&api->tokens, 0);
    if (!err)
        err = jwt_pairs_alloc(&api->pairs, api->conf.control);
    if (!err)
        err = routes_alloc(&api->routes, api_tables);
    if (!err)
        err = api_cache_alloc(&api->cache, CACHE_REPLIES);
    if (!err)
        err = idempotency_alloc(&api->idempotency);
    if (!err)
        err = api_log_alloc(&api->log, api);
    if (!err)
        api->recordings = mem_strdup(api->conf.conf->media.recordings);
    api->kept = api->conf.conf->media.retention * INT64_C(86400);
    if (!err)
        api->openapi = openapi_text(api_tables);
    return err || api->openapi ? err : ENOMEM;
}

int api_start(struct api **apip, const struct api_conf *conf)
{
    struct api *api = mem_alloc(sizeof *api, destroy);
    int err;

    if (!api)
        return ENOMEM;
    api->magic = API_MAGIC;
    api->conf = *conf;
    list_init(&api->open);
    pthread_mutex_init(&api->lock, NULL);
    err = make_parts(api);
    if (!err)
        err = watch(api);
    if (!err)
        err = serve(api);
    if (err) {
        bridge_unwatch(conf->bridge, api);
        mem_unref(api);
        return err;
    }
    *apip = api;
    return 0;
}

unsigned api_port(const struct api *api)
{
    MAGIC_CHECK(api, API_MAGIC);
    return rest_port(api->rest);
}

int api_configure(struct api *api, const struct conf *conf)
{
    int err;

    MAGIC_CHECK(api, API_MAGIC);
    err = api_access_configure(api->access, conf);
    if (!err)
        api->conf.conf = conf;
    return err;
}

void api_drain(struct api *api, bool on)
{
    MAGIC_CHECK(api, API_MAGIC);
    api->draining = on;
}

/* The one open request that was taken away, or NULL. */
static struct rest_request *take_open(struct api *api, enum api_family *family)
{
    struct rest_request *rest = NULL;
    struct list *node;

    pthread_mutex_lock(&api->lock);
    api->stopping = true;
    node = list_first(&api->open);
    if (node) {
        struct api_request *request = list_entry(node, struct api_request, node);

        list_remove(node);
        rest = request->rest;
        *family = request->family;
        request->rest = NULL;
    }
    pthread_mutex_unlock(&api->lock);
    return rest;
}

void api_stop(struct api *api)
{
    struct rest_request *rest;
    enum api_family family;

    MAGIC_CHECK(api, API_MAGIC);
    bridge_unwatch(api->conf.bridge, api);
    api_log_stop(api->log);
    while ((rest = take_open(api, &family))) {
        json_t *body = api_error_body(family, API_UNAVAILABLE, NULL, NULL);
        char *text = json_text(body);

        api_send(api, rest, api_error_status(API_UNAVAILABLE), "application/json", text, NULL);
        free(text);
        json_decref(body);
    }
    api->pairs = mem_unref(api->pairs); /* what waits for one was answered */
    rest_stop(api->rest);
    api->rest = mem_unref(api->rest);
    mem_unref(api);
}
