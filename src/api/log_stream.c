/* log_stream.c: a reader of the log that stays. */
#include "api/log_stream.h"
#include "json/text.h"
#include "base/clock.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STREAM_MAGIC = 0x73736531, PAGE = 100 };

struct log_stream {
    unsigned magic;
    struct list node;            /* of its group */
    struct log_group *group;     /* NULL: over */
    struct api_request *request; /* answered; what events are written by */
    struct rest_stream *out;
    struct timer timer;
    int64_t after;
    bool now, asking, again;
};

static void destroy_stream(void *obj)
{
    struct log_stream *stream = obj;

    assert(!stream->group);
    mem_unref(stream->out);
    mem_unref(stream->request);
    stream->magic = 0;
}

struct log_stream *log_stream_of(struct list *node)
{
    return list_entry(node, struct log_stream, node);
}

struct log_stream *log_stream_first(const struct log_group *group)
{
    return log_stream_of(list_first(&group->streams));
}

void log_stream_end(struct log_stream *stream)
{
    struct log_group *group = stream->group;
    struct api_log *log;

    if (!group)
        return;
    log = group->log;
    stream->group = NULL;
    list_remove(&stream->node);
    log->streams--;
    if (list_empty(&group->streams))
        log_group_drop(group);
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
static int send_rows(struct log_stream *stream, const json_t *rows)
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
static int send_place(struct log_stream *stream)
{
    char *cursor = log_cursor(stream->after);
    char *text = cursor ? mem_printf("id: %s\n\n", cursor) : NULL;
    int err = text ? rest_stream_send(stream->out, text, strlen(text)) : ENOMEM;

    mem_unref(cursor);
    mem_unref(text);
    return err;
}

static int take_rows(struct log_stream *stream, json_t *rows, int64_t count)
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
    struct log_stream *stream = arg;

    MAGIC_CHECK(stream, STREAM_MAGIC);
    stream->asking = false;
    if (!err && stream->group) {
        if (take_rows(stream, rows, count))
            log_stream_end(stream); /* the peer is gone, or memory is out: it will come back */
        else if (stream->again)
            log_stream_look(stream);
    }
    json_decref(rows);
    mem_unref(stream);
}

/* What is not taken yet: then on_drained() looks. Where "now" is, is asked at once. */
void log_stream_look(struct log_stream *stream)
{
    struct store_log_query query = {
        .application = stream->request->application,
        .after = stream->after,
        .limit = stream->now ? 0 : PAGE,
    };

    if (!stream->group)
        return;
    stream->again = true;
    if (stream->asking || (!stream->now && rest_stream_queued(stream->out)))
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
    struct log_stream *stream = arg;

    MAGIC_CHECK(stream, STREAM_MAGIC);
    if (stream->again)
        log_stream_look(stream);
    mem_unref(stream);
}

static void closed_here(void *arg)
{
    struct log_stream *stream = arg;

    MAGIC_CHECK(stream, STREAM_MAGIC);
    log_stream_end(stream);
    mem_unref(stream);
}

/* Without memory nothing is told: the heartbeat asks, and finds that the peer is gone. */
static void on_drained(void *arg)
{
    struct log_stream *stream = arg;

    if (loop_post(stream->request->api->conf.control, drained_here, mem_ref(stream)))
        mem_unref(stream);
}

static void on_closed(void *arg)
{
    struct log_stream *stream = arg;

    if (loop_post(stream->request->api->conf.control, closed_here, stream))
        mem_unref(stream);
}

/* Heartbeat. */

static void on_timer(void *arg);

static void start_timer(struct log_stream *stream)
{
    int64_t left = stream->request->expires * 1000 - clock_wall_ms();

    loop_start(stream->request->api->conf.control, &stream->timer,
               left < LOG_HEARTBEAT_MS ? (left > 0 ? left : 0) : LOG_HEARTBEAT_MS, on_timer,
               stream);
}

static void on_timer(void *arg)
{
    struct log_stream *stream = arg;
    int err = 0;

    MAGIC_CHECK(stream, STREAM_MAGIC);
    if (clock_wall_ms() >= stream->request->expires * 1000) {
        log_stream_end(stream);
        return;
    }
    if (!rest_stream_queued(stream->out))
        err = rest_stream_send(stream->out, ":\n\n", 3);
    if (err) {
        log_stream_end(stream);
        return;
    }
    start_timer(stream);
    log_stream_look(stream);
}

/* Opening. */

static const char *const headers[] = {"Cache-Control", "no-cache", "X-Accel-Buffering", "no", NULL};

static bool begin(struct log_stream *stream, struct rest_request *rest)
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

static struct log_stream *make_stream(struct api_request *request, const struct log_place *place)
{
    struct log_stream *stream = mem_alloc(sizeof *stream, destroy_stream);

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
    struct log_stream *stream;
    struct log_group *group;

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
    group = log_group_make(log, request->application);
    if (!group || !begin(stream, rest)) {
        api_send(request->api, rest, 500, "application/json", "{}", NULL);
        if (group && list_empty(&group->streams))
            log_group_drop(group);
        mem_unref(stream);
        return;
    }
    stream->group = group;
    list_append(&group->streams, &stream->node);
    log->streams++;
    start_timer(stream);
    log_stream_look(stream);
}
