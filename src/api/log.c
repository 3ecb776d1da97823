/* log.c: GET /v1/events: a page of the log. A cursor is the place of an event in the order
 * of commit; one whose event was pruned goes on with the oldest that is kept. */
#include "api/log.h"
#include "api/log_stream.h"
#include "api/page_cursor.h"
#include "base/mem.h"

#include <stdio.h>
#include <string.h>

enum { SIZE_DEFAULT = 100, SIZE_MAX_EVENTS = 1000 };

struct log_query {
    struct log_place place;
    int64_t limit;
    bool stream;
};

char *log_cursor(int64_t seq)
{
    char text[24];

    snprintf(text, sizeof text, "%lld", (long long)seq);
    return page_cursor(false, text);
}

static bool read_cursor(const char *text, struct log_place *place)
{
    bool back = false, good;
    char *key;

    if (!strcmp(text, "now")) {
        place->now = true;
        return true;
    }
    key = page_cursor_key(text, &back);
    good = key && !back && shape_integer(key, &place->after) && place->after >= 0;
    mem_unref(key);
    return good;
}

static bool wants_stream(struct rest_request *rest)
{
    const char *accept = rest_header(rest, "Accept");

    return accept && strcasestr(accept, "text/event-stream");
}

/* A reader that comes back tells by a header what it saw last, and by the query where it
 * began: the header counts. */
static bool log_check(struct api_request *request)
{
    struct log_query *query = mem_alloc(sizeof *query, NULL);
    const char *after = api_query(request, "after");
    const char *last = rest_header(request->rest, "Last-Event-ID");

    if (!query) {
        api_refuse(request, API_INTERNAL, NULL);
        return false;
    }
    request->input = query;
    query->limit = api_query_number(request, "page_size", SIZE_DEFAULT);
    query->stream = wants_stream(request->rest);
    if (query->stream && !rest_may_stream(request->rest)) {
        api_refuse(request, API_UNAVAILABLE, "There is no file descriptor left for a stream.");
        return false;
    }
    if (query->stream && last && *last) {
        if (!read_cursor(last, &query->place))
            api_fault(request, "Last-Event-ID", "is not one of ours");
    } else if (after && !read_cursor(after, &query->place)) {
        api_fault(request, "after", "is not one of ours");
    }
    return true;
}

static int64_t seq_of(const json_t *row)
{
    return json_integer_value(json_object_get(row, "seq"));
}

int64_t log_behind(const json_t *rows, int64_t after, int64_t count, bool whole)
{
    size_t size = json_array_size(rows);
    int64_t behind = size ? seq_of(json_array_get(rows, size - 1)) : after;

    return whole && count > behind ? count : behind;
}

json_t *log_event_json(const struct api_request *request, const json_t *row)
{
    const char *conversation = json_string_value(json_object_get(row, "conversation"));
    json_t *event = event_json(request, conversation ? conversation : "", row);
    char *cursor = log_cursor(seq_of(row));

    if (!event)
        event = json_object();
    json_object_set_new(event, "conversation_id", json_string(conversation ? conversation : ""));
    json_object_set_new(event, "cursor", json_string(cursor ? cursor : ""));
    mem_unref(cursor);
    return event;
}

static json_t *links_of(const struct api_request *request, const char *cursor, bool more)
{
    const struct log_query *query = request->input;
    const char *after = api_query(request, "after");
    json_t *links = json_object();
    char *href = mem_printf("%s%s?page_size=%lld%s%s", request->origin, request->path,
                            (long long)query->limit, after ? "&after=" : "", after ? after : "");

    json_object_set_new(links, "self", json_pack("{s:s}", "href", href ? href : ""));
    mem_unref(href);
    if (!more)
        return links;
    href = mem_printf("%s%s?page_size=%lld&after=%s", request->origin, request->path,
                      (long long)query->limit, cursor);
    json_object_set_new(links, "next", json_pack("{s:s}", "href", href ? href : ""));
    mem_unref(href);
    return links;
}

/* HTTP thread. */
static void write_rows(int err, json_t *rows, int64_t count, void *arg)
{
    struct api_request *request = arg;
    const struct log_query *query = request->input;
    bool more;
    char *cursor;
    json_t *list, *row;
    size_t i;

    if (err) {
        json_decref(rows);
        api_refuse_errno(request, err, NULL);
        return;
    }
    more = !query->place.now && json_array_size(rows) > (size_t)query->limit;
    if (more)
        json_array_remove(rows, json_array_size(rows) - 1);
    cursor = log_cursor(log_behind(rows, query->place.after, count, !more));
    list = json_array();
    json_array_foreach (rows, i, row)
        json_array_append_new(list, log_event_json(request, row));
    json_decref(rows);
    api_answer(request, 200,
               json_pack("{s:I,s:s,s:o,s:o}", "page_size", (json_int_t)query->limit, "cursor",
                         cursor ? cursor : "", "_embedded", list, "_links",
                         links_of(request, cursor ? cursor : "", more)));
    mem_unref(cursor);
}

static void on_rows(int err, json_t *rows, int64_t count, void *arg)
{
    api_write_rows(arg, err, rows, count, write_rows);
}

static void log_list(struct api_request *request)
{
    const struct log_query *query = request->input;
    const struct store_log_query log = {
        .application = request->application,
        .after = query->place.after,
        .limit = query->place.now ? 0 : query->limit + 1, /* one more tells whether there are */
    };
    int err;

    if (request->sub) { /* a user does not see all of the application */
        api_refuse(request, API_FORBIDDEN, NULL);
        return;
    }
    if (query->stream) {
        log_stream_open(request, &query->place);
        return;
    }
    err = store_ask_log(request->api->conf.store, &log, on_rows, request);
    if (err)
        api_refuse_errno(request, err, NULL);
}

static const struct shape log_query_shape[] = {
    {"after", SHAPE_STRING, .high = 100,
     .help = "A cursor: what came later; now: nothing yet. Else all that is kept."},
    {"page_size", SHAPE_INTEGER, .low = 1, .high = SIZE_MAX_EVENTS,
     .help = "Events of a page; default 100."},
    {.name = NULL},
};
static const struct shape event_shape[] = {
    {"id", SHAPE_INTEGER, SHAPE_REQUIRED},
    {"type", SHAPE_STRING, SHAPE_REQUIRED},
    {"conversation_id", SHAPE_STRING, SHAPE_REQUIRED},
    {"cursor", SHAPE_STRING, SHAPE_REQUIRED},
    {.name = NULL},
};
static const struct shape item_shape[] = {
    {"", SHAPE_OBJECT, SHAPE_OPEN, .members = event_shape},
    {.name = NULL},
};
static const struct shape log_reply_shape[] = {
    {"page_size", SHAPE_INTEGER, SHAPE_REQUIRED},
    {"cursor", SHAPE_STRING, SHAPE_REQUIRED, .help = "Behind this page: for the next `after`."},
    {"_embedded", SHAPE_ARRAY, SHAPE_REQUIRED, .members = item_shape},
    {"_links", SHAPE_OBJECT, SHAPE_REQUIRED | SHAPE_OPEN},
    {.name = NULL},
};

const struct api_route routes_log[] = {
    {"GET", "/v1/events", "listApplicationEvents",
     "All events of the application in the order of their commit; a live stream with Accept: "
     "text/event-stream.",
     API_V1, AUTH_TOKEN, 200, .query = log_query_shape, .reply = log_reply_shape,
     .check = log_check, .run = log_list},
    {.method = NULL},
};
