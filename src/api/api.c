/* api.c: the door itself: its start and stop, and the way of a request through it. */
#include "api/private.h"
#include "base/log.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BODY_LIMIT = 1 << 20 };

static void destroy(void *obj)
{
    struct api *api = obj;

    assert(!api->rest && list_empty(&api->open));
    mem_unref(api->access);
    pthread_mutex_destroy(&api->lock);
    api->magic = 0;
}

static void destroy_request(void *obj)
{
    struct api_request *request = obj;

    mem_unref(request->path);
    mem_unref(request->origin);
    mem_unref(request->id);
    mem_unref(request->application);
    json_decref(request->body);
    json_decref(request->faults);
    json_decref(request->reply);
    mem_unref(request->input);
    mem_unref(request->api);
    request->magic = 0;
}

/* Answering. */

static struct rest_request *take_rest(struct api_request *request)
{
    struct rest_request *rest;

    MAGIC_CHECK(request, API_REQUEST_MAGIC);
    pthread_mutex_lock(&request->api->lock);
    rest = request->rest;
    request->rest = NULL;
    list_remove(&request->node);
    pthread_mutex_unlock(&request->api->lock);
    return rest;
}

static void send_reply(struct api *api, struct rest_request *rest, int status, const char *type,
                       const char *text, const char *const *headers)
{
    static const char *const challenge[] = {"WWW-Authenticate", "Bearer", NULL};

    if (status / 100 < API_CLASSES)
        atomic_fetch_add_explicit(&api->answered[status / 100], 1, memory_order_relaxed);
    rest_reply(rest, status, text ? type : NULL, text, text ? strlen(text) : 0,
               status == 401 && !headers ? challenge : headers);
}

void api_answer_text(struct api_request *request, int status, const char *type, const char *text,
                     const char *const *headers)
{
    struct rest_request *rest = take_rest(request);

    if (rest)
        send_reply(request->api, rest, status, type, text, headers);
    mem_unref(request);
}

static void answer_json(struct api_request *request, int status, json_t *body,
                        const char *const *headers)
{
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;

    if (body && !text)
        api_answer_text(request, 500, "application/json", "{}", NULL);
    else
        api_answer_text(request, status, "application/json", text, headers);
    free(text);
    json_decref(body);
}

void api_answer(struct api_request *request, int status, json_t *body)
{
    answer_json(request, status, body, NULL);
}

static void on_fence(void *arg)
{
    struct api_request *request = arg;
    json_t *reply = request->reply;

    request->reply = NULL;
    api_answer(request, request->status, reply);
}

void api_answer_committed(struct api_request *request, int status, json_t *body)
{
    request->status = status;
    request->reply = body;
    if (store_fence(request->api->conf.store, on_fence, request))
        api_refuse(request, API_INTERNAL, NULL);
}

/* The way in. */

struct application *api_application(const struct api_request *request)
{
    return application_find(request->api->conf.bridge, request->application);
}

static void run(void *arg)
{
    struct api_request *request = arg;
    bool answered;

    MAGIC_CHECK(request, API_REQUEST_MAGIC);
    pthread_mutex_lock(&request->api->lock);
    answered = !request->rest; /* we have stopped since: the rooms below may be gone */
    pthread_mutex_unlock(&request->api->lock);
    if (answered)
        mem_unref(request);
    else
        request->route->run(request);
}

/* Hands it to control. From here on api_stop() may answer it. */
static void hand_over(struct api_request *request)
{
    struct api *api = request->api;
    bool stopping;

    pthread_mutex_lock(&api->lock);
    stopping = api->stopping;
    if (!stopping)
        list_append(&api->open, &request->node);
    pthread_mutex_unlock(&api->lock);
    if (stopping)
        api_refuse(request, API_UNAVAILABLE, NULL);
    else if (loop_post(api->conf.control, run, request))
        api_refuse(request, API_INTERNAL, NULL);
}

static void refuse_method(struct api_request *request, char *allow)
{
    const char *headers[] = {"Allow", allow, NULL};

    answer_json(request, api_error_status(API_METHOD),
                api_error_body(request->family, API_METHOD, NULL, NULL), headers);
}

/* Route, method, token, body, schema: in this order. False: it was refused. */
static bool accept_request(struct api_request *request, const struct api_access *access)
{
    char *allow;

    request->route =
        api_route_find(rest_method(request->rest), request->path, &request->id, &allow);
    if (!request->route) {
        if (allow)
            refuse_method(request, allow);
        else
            api_refuse(request, API_NO_ROUTE, NULL);
        mem_unref(allow);
        return false;
    }
    request->family = request->route->family;
    if (!request->route->open && !api_authenticate(request, access))
        return false;
    if (request->route->body && !api_read_body(request))
        return false;
    if (request->route->check && !request->route->check(request))
        return false;
    return !api_refuse_faults(request);
}

static void on_request(struct rest_request *rest, void *arg)
{
    struct api *api = arg;
    struct api_request *request = mem_alloc(sizeof *request, destroy_request);
    struct api_access *access;

    if (!request) {
        rest_reply(rest, 500, "application/json", "{}", 2, NULL);
        return;
    }
    pthread_mutex_lock(&api->lock);
    access = mem_ref(api->access);
    pthread_mutex_unlock(&api->lock);
    request->magic = API_REQUEST_MAGIC;
    request->api = mem_ref(api);
    request->rest = rest;
    request->path = mem_strdup(rest_path(rest));
    request->origin = api_origin(rest, access);
    request->family = api_family_of(rest_path(rest));
    if (!request->path || !request->origin)
        api_refuse(request, API_INTERNAL, NULL);
    else if (accept_request(request, access))
        hand_over(request);
    mem_unref(access);
}

static char *on_refuse(int status, const char *path, void *arg)
{
    struct api *api = arg;
    json_t *body;
    char *text, *copy;

    body =
        api_error_body(api_family_of(path), api_error_of(status),
                       status == 400 ? "The path of the request cannot be decoded." : NULL, NULL);
    text = json_dumps(body, JSON_COMPACT);
    copy = mem_strdup(text);
    free(text);
    json_decref(body);
    if (status / 100 < API_CLASSES)
        atomic_fetch_add_explicit(&api->answered[status / 100], 1, memory_order_relaxed);
    return copy;
}

/* Start and stop. */

int api_start(struct api **apip, const struct api_conf *conf)
{
    struct api *api = mem_alloc(sizeof *api, destroy);
    struct rest_handlers handlers = {on_request, on_refuse, api};
    struct rest_conf rest = {
        .host = conf->conf->http.listen.host,
        .port = conf->conf->http.listen.port,
        .certificate = conf->conf->http.tls.certificate,
        .key = conf->conf->http.tls.key,
        .body_limit = BODY_LIMIT,
    };
    int err;

    if (!api)
        return ENOMEM;
    api->magic = API_MAGIC;
    api->conf = *conf;
    list_init(&api->open);
    pthread_mutex_init(&api->lock, NULL);
    err = api_access_alloc(&api->access, conf->conf);
    if (!err)
        err = rest_start(&api->rest, &rest, &handlers);
    if (err)
        mem_unref(api);
    else
        *apip = api;
    return err;
}

unsigned api_port(const struct api *api)
{
    MAGIC_CHECK(api, API_MAGIC);
    return rest_port(api->rest);
}

int api_configure(struct api *api, const struct conf *conf)
{
    struct api_access *access, *old;
    int err = api_access_alloc(&access, conf);

    MAGIC_CHECK(api, API_MAGIC);
    if (err)
        return err;
    api->conf.conf = conf;
    pthread_mutex_lock(&api->lock);
    old = api->access;
    api->access = access;
    pthread_mutex_unlock(&api->lock);
    mem_unref(old);
    return 0;
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
    while ((rest = take_open(api, &family))) {
        json_t *body = api_error_body(family, API_UNAVAILABLE, NULL, NULL);
        char *text = json_dumps(body, JSON_COMPACT);

        send_reply(api, rest, api_error_status(API_UNAVAILABLE), "application/json", text, NULL);
        free(text);
        json_decref(body);
    }
    rest_stop(api->rest);
    api->rest = mem_unref(api->rest);
    mem_unref(api);
}
