/* webhook_kit.h: a store, a fetcher and a webhook on one loop, and application servers
 * that answer as they are told and remember what they were asked. */
#ifndef OFFHOOK_TESTS_WEBHOOK_KIT_H
#define OFFHOOK_TESTS_WEBHOOK_KIT_H

#include "base/clock.h"
#include "base/mem.h"
#include "http/rest.h"
#include "webhook/webhook.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { KIT_ASKED = 8192, KIT_WAIT = 30000 /* [ms] */ };

struct asked {
    char method[8], path[128], *query, *body, *authorization, *content_type;
};

struct canned {
    int status;
    const char *type, *body;
};

struct server {
    struct rest *rest;
    unsigned port;
    pthread_mutex_t lock;         /* over all below */
    const struct canned *replies; /* the last one is given for ever */
    unsigned reply_count, used;
    const char *bad_path; /* answered 500 */
    bool hold;            /* requests wait */
    struct rest_request *held[256];
    unsigned held_count;
    struct asked asked[KIT_ASKED];
    unsigned count;
};

static const struct canned kit_fine[] = {{204, NULL, NULL}};

static inline char *kit_dup(const char *text)
{
    return strdup(text ? text : "");
}

static inline void server_answer(struct server *server, struct rest_request *request)
{
    const struct canned *reply = &server->replies[server->used];
    static const struct canned bad = {500, "text/plain", "no"};

    if (server->bad_path && strcmp(rest_path(request), server->bad_path) == 0)
        reply = &bad;
    else if (server->used + 1 < server->reply_count)
        server->used++;
    rest_reply(request, reply->status, reply->type, reply->body,
               reply->body ? strlen(reply->body) : 0, NULL);
}

static inline void server_request(struct rest_request *request, void *arg)
{
    struct server *server = arg;
    struct asked *asked = &server->asked[server->count];
    size_t size;

    pthread_mutex_lock(&server->lock);
    if (server->count < KIT_ASKED) {
        snprintf(asked->method, sizeof asked->method, "%s", rest_method(request));
        snprintf(asked->path, sizeof asked->path, "%s", rest_path(request));
        asked->query = kit_dup(rest_query_text(request));
        asked->body = kit_dup(rest_body(request, &size));
        asked->authorization = kit_dup(rest_header(request, "Authorization"));
        asked->content_type = kit_dup(rest_header(request, "Content-Type"));
        server->count++;
    }
    if (server->hold && server->held_count < 256)
        server->held[server->held_count++] = request;
    else
        server_answer(server, request);
    pthread_mutex_unlock(&server->lock);
}

static inline char *server_refuse(int status, const char *path, void *arg)
{
    (void)arg;
    return mem_printf("%d %s", status, path);
}

/* Listens, on the port it had before if any. */
static inline void server_listen(struct server *server)
{
    struct rest_conf conf = {
        .host = "127.0.0.1", .port = server->port, .body_limit = 1 << 20, .timeout = 30};
    struct rest_handlers handlers = {server_request, server_refuse, server};
    int err = -1;

    for (int i = 0; i < 200 && err; i++) {
        err = rest_start(&server->rest, &conf, &handlers);
        if (err)
            usleep(20000);
    }
    assert_int_equal(err, 0);
    server->port = rest_port(server->rest);
}

static inline struct server *server_start(const struct canned *replies, unsigned count)
{
    struct server *server = calloc(1, sizeof *server);

    assert_non_null(server);
    pthread_mutex_init(&server->lock, NULL);
    server->replies = replies;
    server->reply_count = count;
    server_listen(server);
    return server;
}

/* Answers what waits, and all that comes. */
static inline void server_release(struct server *server)
{
    pthread_mutex_lock(&server->lock);
    server->hold = false;
    while (server->held_count)
        server_answer(server, server->held[--server->held_count]);
    pthread_mutex_unlock(&server->lock);
}

static inline void server_close(struct server *server)
{
    server_release(server);
    rest_stop(server->rest);
    server->rest = mem_unref(server->rest);
}

static inline unsigned server_count(struct server *server)
{
    unsigned count;

    pthread_mutex_lock(&server->lock);
    count = server->count;
    pthread_mutex_unlock(&server->lock);
    return count;
}

static inline void server_free(struct server *server)
{
    if (server->rest)
        server_close(server);
    for (unsigned i = 0; i < server->count; i++) {
        free(server->asked[i].query);
        free(server->asked[i].body);
        free(server->asked[i].authorization);
        free(server->asked[i].content_type);
    }
    pthread_mutex_destroy(&server->lock);
    free(server);
}

struct kit {
    char folder[40], store_url[64];
    struct loop *control;
    struct store *store;
    struct fetch *fetch;
    struct webhook *webhook;
    struct webhook_conf conf; /* what a test changes of it */
};

static inline bool kit_allow(const struct sockaddr_storage *address, void *arg)
{
    (void)address;
    (void)arg;
    return false;
}

static inline void kit_start(struct kit *kit)
{
    struct fetch_conf fetch = {.allowed = kit_allow, .user_agent = "offhook-test"};
    const char *reason = "";

    if (store_open(&kit->store, kit->store_url, kit->control, &reason))
        fail_msg("%s", reason);
    assert_int_equal(fetch_start(&kit->fetch, &fetch), 0);
    kit->conf.store = kit->store;
    kit->conf.fetch = kit->fetch;
    kit->conf.control = kit->control;
    kit->conf.connect_timeout = kit->conf.event_timeout = 20000;
    assert_int_equal(webhook_start(&kit->webhook, &kit->conf), 0);
}

static inline void kit_stop(struct kit *kit)
{
    if (kit->webhook)
        webhook_stop(kit->webhook);
    if (kit->fetch)
        fetch_stop(kit->fetch);
    loop_run(kit->control);
    store_close(kit->store);
    loop_run(kit->control);
    kit->webhook = NULL;
    kit->fetch = NULL;
    kit->store = NULL;
}

static inline int kit_setup(void **state)
{
    struct kit *kit = calloc(1, sizeof *kit);

    strcpy(kit->folder, "/tmp/offhook-webhook-XXXXXX");
    if (!mkdtemp(kit->folder) || loop_alloc(&kit->control))
        return -1;
    snprintf(kit->store_url, sizeof kit->store_url, "sqlite:%s/s.db", kit->folder);
    *state = kit;
    return 0;
}

static inline int kit_teardown(void **state)
{
    struct kit *kit = *state;
    char command[64];

    kit_stop(kit);
    mem_unref(kit->control);
    snprintf(command, sizeof command, "rm -r %s", kit->folder);
    if (system(command) != 0)
        return -1;
    free(kit);
    return mem_alive() == 0 ? 0 : -1;
}

/* Runs the loop while the condition does not hold. */
#define KIT_UNTIL(kit, condition)                       \
    do {                                                \
        int64_t until = clock_mono_ms() + KIT_WAIT;     \
        while (!(condition) && clock_mono_ms() < until) \
            loop_wait((kit)->control, 20);              \
        assert_true(condition);                         \
    } while (0)

static inline struct webhook_counts kit_counts(struct kit *kit)
{
    struct webhook_counts counts;

    webhook_counts(kit->webhook, &counts);
    return counts;
}

static inline void kit_set(void *arg)
{
    *(bool *)arg = true;
}

/* Emits {"n": n, "lane": lane} for lane to a path of server. */
static inline int kit_emit(struct kit *kit, const struct server *server, const char *path,
                           const char *lane, int n)
{
    char url[128];
    struct webhook_event event = {.application = "app", .lane = lane, .url = url, .trusted = true};
    int err;

    snprintf(url, sizeof url, "http://127.0.0.1:%u%s", server->port, path);
    event.fields = json_pack("{s:i, s:s}", "n", n, "lane", lane);
    err = webhook_emit(kit->webhook, &event);
    json_decref(event.fields);
    return err;
}

#endif
