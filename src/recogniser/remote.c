/* remote.c: the engine that is a server over HTTP (doc/engines.md): the WAV file is posted, the
 * rest of the request stands in the query. Nothing of headers or URL is ever logged: they hold
 * secrets. */
#include "base/log.h"
#include "base/mem.h"
#include "recogniser/private.h"
#include "recogniser/reply.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { REPLY_MAX = 64 << 10 /* [bytes] */ };

struct remote {
    struct recogniser_conf conf;
};

/* The URL while it is written. */
struct query {
    char *text;
    size_t length, room;
};

static void add(struct query *query, const char *text)
{
    size_t length = strlen(text);

    assert(query->length + length < query->room);
    memcpy(query->text + query->length, text, length + 1);
    query->length += length;
}

static int add_parameter(struct query *query, const char *name, const char *value)
{
    char *escaped;

    if (!*value)
        return 0;
    escaped = fetch_escape(value);
    if (!escaped)
        return ENOMEM;
    add(query, strchr(query->text, '?') ? "&" : "?");
    add(query, name);
    add(query, "=");
    add(query, escaped);
    mem_unref(escaped);
    return 0;
}

/* Hints, as long as there is room for the next. */
static int add_context(struct query *query, const struct ask *ask)
{
    size_t end = query->length + RECOGNISER_CONTEXT_BYTES;
    int err = 0;

    for (unsigned i = 0; !err && i < ask->context_count; i++) {
        size_t before = query->length;

        if (3 * strlen(ask->context[i]) > RECOGNISER_CONTEXT_BYTES)
            continue;
        err = add_parameter(query, "context", ask->context[i]);
        if (query->length > end) {
            query->length = before;
            query->text[before] = '\0';
            break;
        }
    }
    return err;
}

static int write_query(struct query *query, const struct ask *ask)
{
    char number[16] = "";
    int err;

    if (ask->sensitivity)
        snprintf(number, sizeof number, "%u", ask->sensitivity);
    err = add_parameter(query, "language", ask->language);
    if (!err)
        err = add_parameter(query, "sensitivity", number);
    if (!err)
        err = add_parameter(query, "leg", ask->leg);
    if (!err)
        err = add_parameter(query, "application", ask->application);
    if (!err)
        err = add_context(query, ask);
    return err;
}

/* mem_alloc()ed; NULL when out of memory. */
static char *url_of(const char *base, const struct ask *ask)
{
    size_t own = strcspn(base, "#");
    struct query query = {0};

    query.room = own + 3 * (strlen(ask->language) + strlen(ask->leg) + strlen(ask->application)) +
                 2 * RECOGNISER_CONTEXT_BYTES + 256;
    query.text = mem_alloc(query.room, NULL);
    if (!query.text)
        return NULL;
    memcpy(query.text, base, own);
    query.length = own;
    if (!write_query(&query, ask))
        return query.text;
    return mem_unref(query.text);
}

/* Why there was no reply. */
static void tell_failure(struct ask *ask, const struct fetch_reply *reply)
{
    char error[RECOGNISER_ERROR];

    log_warning("recogniser", "the server failed leg=%s: %s", ask->leg, reply->error);
    switch (reply->err) {
    case ECONNREFUSED:
    case EHOSTUNREACH:
        ask_tell(ask, NULL, 0, RECOGNISER_AWAY);
        break;
    case ETIMEDOUT:
        ask_tell(ask, NULL, 0, RECOGNISER_SLOW);
        break;
    case EBADF:
        ask_tell(ask, NULL, 0, RECOGNISER_UNREADABLE);
        break;
    case ECANCELED:
        ask_tell(ask, NULL, 0, RECOGNISER_ENDED);
        break;
    default:
        snprintf(error, sizeof error, RECOGNISER_FAILED ": %s", reply->error);
        ask_tell(ask, NULL, 0, error);
    }
}

static void tell_reply(struct ask *ask, const struct fetch_reply *http)
{
    struct reply reply;

    reply_read(&reply, http->status, http->body, http->size);
    if (reply.failed)
        log_warning("recogniser", "the server did not recognise leg=%s status=%d", ask->leg,
                    http->status);
    ask_tell(ask, reply.results, reply.count, reply.failed ? reply.error : NULL);
    reply_free(&reply);
}

static void on_reply(const struct fetch_reply *reply, void *arg)
{
    struct ask *ask = arg;

    MAGIC_CHECK(ask, ASK_MAGIC);
    if (ask->told)
        log_debug("recogniser", "a reply nobody waits for leg=%s", ask->leg);
    else if (reply->err)
        tell_failure(ask, reply);
    else
        tell_reply(ask, reply);
    ask_end(ask);
}

static int begin(void *self, struct ask *ask)
{
    const struct remote *remote = self;
    const struct conf_recogniser *conf = remote->conf.conf;
    struct fetch_request request = {
        .method = "POST",
        .trusted = true,
        .content_type = "audio/wav",
        .file = ask->path,
        .headers = conf->headers,
        .connect_timeout = conf->connect_timeout,
        .timeout = ask_left(ask),
        .limit = REPLY_MAX,
    };
    char *url = url_of(conf->url, ask);
    int err;

    if (!url)
        return ENOMEM;
    request.url = url;
    err = fetch_ask(remote->conf.fetch, &request, remote->conf.loop, on_reply, ask);
    mem_unref(url);
    return err;
}

static int start(void **self, const struct recogniser_conf *conf)
{
    struct remote *remote = mem_alloc(sizeof *remote, NULL);

    if (!remote)
        return ENOMEM;
    remote->conf = *conf;
    *self = remote;
    return 0;
}

/* What is under way ends by itself, at its deadline at the latest. */
static void stop(void *self)
{
    mem_unref(self);
}

const struct engine engine_remote = {.start = start, .stop = stop, .begin = begin};
