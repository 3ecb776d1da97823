/* log_stream.c: readers of the log that stay. Those of an application are a group, so that
 * an event wakes its own readers only. */
#include "api/log_stream.h"
#include "api/json_text.h"
#include "base/clock.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

enum { STREAM_MAGIC = 0x73736531, PAGE = 100 };

struct group {
    struct UT_hash_handle hh;
    struct api_log *log; /* borrowed */
    char *application;
    struct list streams;
    bool awake; /* an event came since its readers looked */
};

struct api_log {
    struct api *api; /* borrowed; NULL: stopped */
    struct group *groups;
    unsigned streams;
    bool waking; /* a fence is on its way */
};

/* Two hold it: the group, until it is over, and the HTTP room, until it calls closed(). */
struct stream {
    unsigned magic;
    struct list node;            /* of its group */
    struct group *group;         /* NULL: over */
    struct api_request *request; /* answered; what events are written by */
    struct rest_stream *out;
    struct timer timer;
    int64_t after;
    bool now, asking, again;
};

static void destroy_log(void *obj)
{
    struct api_log *log = obj;

    assert(!log->groups);
    (void)log;
}

int api_log_alloc(struct api_log **log, struct api *api)
{
    *log = mem_alloc(sizeof **log, destroy_log);
    if (!*log)
        return ENOMEM;
    (*log)->api = api;
    return 0;
}

unsigned api_log_streams(const struct api_log *log)
{
    return log->streams;
}

static struct group *group_of(struct api_log *log, const char *application)
{
    struct group *group;

    HASH_FIND_STR(log->groups, application, group);
    return group;
}

static void drop_group(struct api_log *log, struct group *group)
{
    HASH_DELETE(hh, log->groups, group);
    mem_unref(group->application);
    mem_unref(group);
}

static struct group *make_group(struct api_log *log, const char *application)
{
    struct group *group = group_of(log, application);

    if (group)
        return group;
    group = mem_alloc(sizeof *group, NULL);
    if (!group)
        return NULL;
    group->application = mem_strdup(application);
    if (!group->application)
        return mem_unref(group);
    group->log = log;
    list_init(&group->streams);
    HASH_ADD_KEYPTR(hh, log->groups, group->application, strlen(group->application), group);
    return group;
}

static void destroy_stream(void *obj)
{
    struct stream *stream = obj;

    assert(!stream->group);
    mem_unref(stream->out);
    mem_unref(stream->request);
    stream->magic = 0;
}

/* The group's hold ends; the group goes with its last. */
static void end(struct stream *stream)
{
    struct group *group = stream->group;
    struct api_log *log;

    if (!group)
        return;
    log = group->log;
    stream->group = NULL;
    list_remove(&stream->node);
    log->streams--;
    if (list_empty(&group->streams))
        drop_group(log, group);
    loop_cancel(stream->request->api->conf.control, &stream->timer);
    rest_stream_end(stream->out);
    mem_unref(stream);
}

/* Sending. */

static void write_event(FILE *out, const struct api_request *request, const json_t *row)
{
    json_t *event = log_event_json(request, row);
    const char *type = json_string_value(json_object_get(row, "type"));
    char *text = json_text(event);

    fprintf(out, "id: %s\nevent: %s\ndata: %s\n\n",
            json_string_value(json_object_get(event, "cursor")), type ? type : "",
            text ? text : "{}");
    free(text);
    json_decref(event);
}

/* 0, or what rest_stream_send() says. */
static int send_rows(struct stream *stream, const json_t *rows)
{
    char *text = NULL;
    size_t size = 0, i;
    FILE *out = open_memstream(&text, &size);
    json_t *row;
    int err = ENOMEM;

    if (!out)
        return ENOMEM;
    json_array_foreach (rows, i, row)
        write_event(out, stream->request, row);
    if (!fclose(out))
        err = rest_stream_send(stream->out, text, size);
    free(text);
    return err;
}

/* What a reader comes back with if it was cut off before the first event. */
static int send_place(struct stream *stream)
{
    char *cursor = log_cursor(stream->after);
    char *text = cursor ? mem_printf("id: %s\n\n", cursor) : NULL;
    int err = text ? rest_stream_send(stream->out, text, strlen(text)) : ENOMEM;

    mem_unref(cursor);
    mem_unref(text);
    return err;
}

static void ask(struct stream *stream);

static int take_rows(struct stream *stream, json_t *rows, int64_t count)
{
    bool whole = json_array_size(rows) < PAGE;

    if (stream->now) {
        stream->now = false;
        stream->after = count;
        stream->again = true;
        return send_place(stream);
    }
    stream->after = log_behind(rows, stream->after, count, whole);
    stream->again = stream->again || !whole;
    return json_array_size(rows) ? send_rows(stream, rows) : 0;
}

/* Holds a reference. The store may fail for a time: the heartbeat asks again. */
static void on_rows(int err, json_t *rows, int64_t count, void *arg)
{
    struct stream *stream = arg;

    MAGIC_CHECK(stream, STREAM_MAGIC);
    stream->asking = false;
    if (!err && stream->group) {
        if (take_rows(stream, rows, count))
            end(stream); /* the peer is gone, or memory is out: it will come back */
        else if (stream->again)
            ask(stream);
    }
    json_decref(rows);
    mem_unref(stream);
}

/* The next page, unless the last one is not taken yet: then drained() asks. */
static void ask(struct stream *stream)
{
    struct store_log_query query = {
        .application = stream->request->application,
        .after = stream->after,
        .limit = stream->now ? 0 : PAGE,
    };

    if (!stream->group)
        return;
    stream->again = true;
    if (stream->asking || rest_stream_queued(stream->out))
        return;
    stream->again = false;
    stream->asking = true;
    if (store_ask_log(stream->request->api->conf.store, &query, on_rows, mem_ref(stream))) {
        stream->asking = false;
        mem_unref(stream);
    }
}

/* From the HTTP thread. */

static void drained_here(void *arg)
{
    struct stream *stream = arg;

    MAGIC_CHECK(stream, STREAM_MAGIC);
    if (stream->again)
        ask(stream);
    mem_unref(stream);
}

static void closed_here(void *arg)
{
    struct stream *stream = arg;

    MAGIC_CHECK(stream, STREAM_MAGIC);
    end(stream);
    mem_unref(stream);
}

/* Without memory nothing is told: the heartbeat asks, and finds that the peer is gone. */
static void on_drained(void *arg)
{
    struct stream *stream = arg;

    if (loop_post(stream->request->api->conf.control, drained_here, mem_ref(stream)))
        mem_unref(stream);
}

static void on_closed(void *arg)
{
    struct stream *stream = arg;

    if (loop_post(stream->request->api->conf.control, closed_here, stream))
        mem_unref(stream);
}

/* Heartbeat. */

static void on_timer(void *arg);

static void start_timer(struct stream *stream)
{
    int64_t left = stream->request->expires * 1000 - clock_wall_ms();

    loop_start(stream->request->api->conf.control, &stream->timer,
               left < LOG_HEARTBEAT_MS ? (left > 0 ? left : 0) : LOG_HEARTBEAT_MS, on_timer,
               stream);
}

static void on_timer(void *arg)
{
    struct stream *stream = arg;
    int err = 0;

    MAGIC_CHECK(stream, STREAM_MAGIC);
    if (clock_wall_ms() >= stream->request->expires * 1000) {
        end(stream);
        return;
    }
    if (!rest_stream_queued(stream->out))
        err = rest_stream_send(stream->out, ":\n\n", 3);
    if (err) {
        end(stream);
        return;
    }
    start_timer(stream);
    ask(stream);
}

/* Opening. */

static const char *const headers[] = {"Cache-Control", "no-cache", "X-Accel-Buffering", "no", NULL};

static bool begin(struct stream *stream, struct rest_request *rest)
{
    char text[32];

    mem_ref(stream); /* on_closed()'s */
    stream->out = rest_stream(rest, 200, "text/event-stream", headers, on_closed, stream);
    if (!stream->out) {
        mem_unref(stream);
        return false;
    }
    rest_stream_on_drained(stream->out, on_drained);
    snprintf(text, sizeof text, "retry: %d\n\n", LOG_RETRY_MS);
    rest_stream_send(stream->out, text, strlen(text));
    return true;
}

static struct stream *make_stream(struct api_request *request, const struct log_place *place)
{
    struct stream *stream = mem_alloc(sizeof *stream, destroy_stream);

    if (!stream)
        return NULL;
    stream->magic = STREAM_MAGIC;
    stream->request = request;
    stream->after = place->after;
    stream->now = place->now;
    return stream;
}

void log_stream_open(struct api_request *request, const struct log_place *place)
{
    struct api_log *log = request->api->log;
    struct rest_request *rest;
    struct stream *stream;
    struct group *group;

    if (log->streams >= LOG_STREAMS) {
        api_refuse(request, API_UNAVAILABLE, "There are too many streams already.");
        return;
    }
    rest = api_take_rest(request);
    stream = rest ? make_stream(request, place) : NULL;
    if (!stream) {
        if (rest)
            api_send(request->api, rest, 500, "application/json", "{}", NULL);
        mem_unref(request);
        return;
    }
    group = make_group(log, request->application);
    if (!group || !begin(stream, rest)) {
        api_send(request->api, rest, 500, "application/json", "{}", NULL);
        if (group && list_empty(&group->streams))
            drop_group(log, group);
        mem_unref(stream);
        return;
    }
    stream->group = group;
    list_append(&group->streams, &stream->node);
    log->streams++;
    start_timer(stream);
    ask(stream);
}

/* Waking. */

static void on_fence(void *arg)
{
    struct api_log *log = arg;
    struct group *group, *next;

    log->waking = false;
    HASH_ITER (hh, log->groups, group, next) {
        if (!group->awake)
            continue;
        group->awake = false;
        list_each (node, &group->streams)
            ask(list_entry(node, struct stream, node));
    }
    mem_unref(log);
}

/* Not within store_together() any more. */
static void wake(void *arg)
{
    struct api_log *log = arg;

    if (log->api && !store_fence(log->api->conf.store, on_fence, log))
        return;
    log->waking = false;
    mem_unref(log);
}

void api_log_event(struct api_log *log, const struct bridge_event *event)
{
    struct group *group;

    if (!event->id || !log->groups)
        return;
    group = group_of(log, application_id(event->application));
    if (!group)
        return;
    group->awake = true;
    if (log->waking)
        return;
    log->waking = true;
    if (loop_post(log->api->conf.control, wake, mem_ref(log))) {
        log->waking = false;
        mem_unref(log);
    }
}

static void end_group(struct group *group)
{
    unsigned left = 0;

    list_each (node, &group->streams)
        left++;
    while (left--) /* the group goes with its last */
        end(list_entry(list_first(&group->streams), struct stream, node));
}

void api_log_application(struct api_log *log, const char *application_id)
{
    struct group *group = group_of(log, application_id);

    if (group)
        end_group(group);
}

void api_log_stop(struct api_log *log)
{
    struct group *group, *next;

    log->api = NULL;
    HASH_ITER (hh, log->groups, group, next)
        end_group(group);
}
