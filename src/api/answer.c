/* answer.c: how a request is answered, once, and how its handler is run. */
#include "json/text.h"
#include "api/private.h"
#include "base/log.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct rest_request *api_take_rest(struct api_request *request)
{
    struct rest_request *rest;

    MAGIC_CHECK(request, API_REQUEST_MAGIC);
    pthread_mutex_lock(&request->api->lock);
    rest = request->rest;
    request->rest = NULL;
    list_remove(&request->node);
    pthread_mutex_unlock(&request->api->lock);
    /* before the reply leaves: who has it may send the key again at once */
    idempotency_release(request->api->idempotency, request->key);
    return rest;
}

static void count(struct api *api, int status)
{
    if (status / 100 < API_CLASSES)
        atomic_fetch_add_explicit(&api->answered[status / 100], 1, memory_order_relaxed);
}

void api_send(struct api *api, struct rest_request *rest, int status, const char *type,
              const char *text, const char *const *headers)
{
    static const char *const challenge[] = {"WWW-Authenticate", "Bearer", NULL};

    count(api, status);
    rest_reply(rest, status, text ? type : NULL, text, text ? strlen(text) : 0,
               status == 401 && !headers ? challenge : headers);
}

void api_answer_text(struct api_request *request, int status, const char *type, const char *text,
                     const char *const *headers)
{
    struct rest_request *rest = api_take_rest(request);

    if (rest)
        api_send(request->api, rest, status, type, text, headers);
    mem_unref(request);
}

void api_answer_file(struct api_request *request, int status, const char *type, int fd,
                     size_t offset, size_t size, const char *const *headers)
{
    struct rest_request *rest = api_take_rest(request);

    if (rest) {
        count(request->api, status);
        rest_reply_file(rest, status, type, fd, offset, size, headers);
    } else {
        close(fd);
    }
    mem_unref(request);
}

static void answer_json(struct api_request *request, int status, json_t *body,
                        const char *const *headers)
{
    char *text = body ? json_text(body) : NULL;

    if (!text && status != 204) { /* the body could not be made */
        api_answer_text(request, 500, "application/json", "{}", NULL);
    } else {
        if (text && request->ticket && status == 200)
            api_cache_fill(request->api->cache, request->ticket, text);
        api_answer_text(request, status, "application/json", text, headers);
    }
    free(text);
    json_decref(body);
}

void api_answer(struct api_request *request, int status, json_t *body)
{
    answer_json(request, status, body, NULL);
}

void api_refuse_with(struct api_request *request, enum api_error error, const char *detail,
                     const char *const *headers)
{
    answer_json(request, api_error_status(error),
                api_error_body(request->family, error, detail, request->faults), headers);
}

static void on_fence(void *arg)
{
    struct api_request *request = arg;
    json_t *reply = request->reply;

    request->reply = NULL;
    api_answer(request, request->status, reply);
}

static void ask_fence(struct api_request *request)
{
    int err = store_fence(request->api->conf.store, on_fence, request);

    if (err)
        api_refuse_errno(request, err, NULL);
}

void api_answer_committed(struct api_request *request, int status, json_t *body)
{
    request->status = status;
    request->reply = body;
    if (request->together) {
        request->waits = true; /* run_together() goes on */
        return;
    }
    api_key_keep(request);
    ask_fence(request);
}

void api_answer_done(struct api_request *request, json_t *body)
{
    api_answer_committed(request, request->route->success, body);
}

static void run_together(struct api_request *request)
{
    struct store *store = request->api->conf.store;

    mem_ref(request); /* a refusal lets it go */
    store_together(store);
    request->together = true;
    request->route->run(request);
    request->together = false;
    if (request->waits)
        api_key_keep(request);
    store_together_end(store);
    if (request->waits)
        ask_fence(request);
    mem_unref(request);
}

void api_run(struct api_request *request)
{
    MAGIC_CHECK(request, API_REQUEST_MAGIC);
    if (request->route->flags & API_CREATES)
        run_together(request);
    else
        request->route->run(request);
}
