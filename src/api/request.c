/* request.c: the way of a request through the door: route, method, token, content type,
 * JSON, shapes, what shapes cannot say; then over to control. */
#include "api/private.h"
#include "base/mem.h"

#include <assert.h>
#include <string.h>

static void destroy_request(void *obj)
{
    struct api_request *request = obj;

    mem_unref(request->path);
    mem_unref(request->origin);
    mem_unref(request->version);
    for (size_t i = 0; i < API_IDS; i++)
        mem_unref(request->ids[i]);
    mem_unref(request->application);
    mem_unref(request->sub);
    json_decref(request->query);
    json_decref(request->body);
    json_decref(request->faults);
    json_decref(request->reply);
    mem_unref(request->input);
    idempotency_release(request->api->idempotency, request->key);
    mem_unref(request->key);
    mem_unref(request->ticket);
    mem_unref(request->api);
    request->magic = 0;
}

bool api_still_open(struct api_request *request)
{
    bool open;

    MAGIC_CHECK(request, API_REQUEST_MAGIC);
    pthread_mutex_lock(&request->api->lock);
    open = request->rest != NULL; /* we have stopped since: the rooms below may be gone */
    pthread_mutex_unlock(&request->api->lock);
    if (!open)
        mem_unref(request);
    return open;
}

static void on_control(void *arg)
{
    struct api_request *request = arg;

    if (api_still_open(request))
        api_key_run(request);
}

/* Hands it to control. From here on api_stop() may answer it. */
static void hand_over(struct api_request *request)
{
    struct api *api = request->api;
    bool stopping;
    int err;

    pthread_mutex_lock(&api->lock);
    stopping = api->stopping;
    if (!stopping)
        list_append(&api->open, &request->node);
    pthread_mutex_unlock(&api->lock);
    if (stopping) {
        api_refuse(request, API_UNAVAILABLE, NULL);
        return;
    }
    err = loop_post(api->conf.control, on_control, request);
    if (err)
        api_refuse_errno(request, err, NULL);
}

static void refuse_route(struct api_request *request, char *allow)
{
    const char *headers[] = {"Allow", allow, NULL};

    if (allow)
        api_refuse_with(request, API_METHOD, NULL, headers);
    else
        api_refuse(request, API_NO_ROUTE, NULL);
    mem_unref(allow);
}

static bool find_route(struct api_request *request)
{
    char *allow = NULL;

    request->route = routes_find(request->api->routes, rest_method(request->rest), request->path,
                                 request->ids, &allow);
    if (!request->route) {
        refuse_route(request, allow);
        return false;
    }
    request->family = request->route->family;
    if (!request->ids[0] && strchr(request->route->pattern, '{')) {
        api_refuse(request, API_INTERNAL, NULL);
        return false;
    }
    return true;
}

/* False: it was refused. */
static bool accept_request(struct api_request *request)
{
    const struct api_route *route = request->route;

    if (!api_read_query(request))
        return false;
    if (route->body && !api_read_body(request))
        return false;
    if (!api_check_shapes(request))
        return false;
    if (route->check && !route->check(request))
        return false;
    if (api_refuse_faults(request))
        return false;
    return api_key_read(request);
}

/* A reply that is ready: nothing of the request is looked at any more. True: it was sent. */
static bool answer_at_once(struct api_request *request)
{
    const char *text;

    if (!(request->route->flags & API_CACHED))
        return false;
    text = api_cache_find(request->api->cache, request->application, request->ids[0],
                          request->origin, request->path);
    if (!text)
        return false;
    api_answer_text(request, request->route->success, "application/json", text, NULL);
    mem_unref((void *)(uintptr_t)text);
    return true;
}

void api_cache_reply(struct api_request *request)
{
    request->ticket = api_cache_ticket(request->api->cache, request->application, request->ids[0],
                                       request->origin, request->path);
}

static char *first_segment(const char *path)
{
    size_t length = strcspn(path + (*path == '/'), "/");

    return mem_printf("%.*s", (int)length, path + (*path == '/'));
}

static bool fill_in(struct api_request *request, struct rest_request *rest)
{
    request->path = mem_strdup(rest_path(rest));
    request->origin = api_origin(request->api, rest);
    request->version = first_segment(rest_path(rest));
    return request->path && request->origin && request->version;
}

void api_on_request(struct rest_request *rest, void *arg)
{
    struct api *api = arg;
    struct api_request *request = mem_alloc(sizeof *request, destroy_request);

    if (!request) {
        rest_reply(rest, 500, "application/json", "{}", 2, NULL);
        return;
    }
    request->magic = API_REQUEST_MAGIC;
    request->api = mem_ref(api);
    request->rest = rest;
    request->family = api_family_of(rest_path(rest));
    if (!fill_in(request, rest))
        api_refuse(request, API_INTERNAL, NULL);
    else if (find_route(request) && api_authenticate(request) && !answer_at_once(request) &&
             accept_request(request))
        hand_over(request);
}
