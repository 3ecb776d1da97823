/* events.c: GET /beta/conversations/{id}/events: a bare array, as stored. */
#include "api/private.h"
#include "base/clock.h"
#include "base/mem.h"

struct range {
    int64_t start, end; /* event ids, inclusive; 0: open */
};

bool events_list_check(struct api_request *request)
{
    struct range *range = mem_alloc(sizeof *range, NULL);

    if (!range) {
        api_refuse(request, API_INTERNAL, NULL);
        return false;
    }
    request->input = range;
    range->start = api_query_number(request, "start_id", 0, INT64_MAX, 0);
    range->end = api_query_number(request, "end_id", 0, INT64_MAX, 0);
    return true;
}

static json_t *event_json(const struct api_request *request, const json_t *row)
{
    char timestamp[CLOCK_ISO];
    json_int_t id = json_integer_value(json_object_get(row, "id"));
    json_t *body = json_object_get(row, "body"), *event;
    const char *from = json_string_value(json_object_get(row, "from"));
    const char *to = json_string_value(json_object_get(row, "to"));
    char *href = mem_printf("%s%s/%lld", request->origin, request->path, (long long)id);

    clock_iso(timestamp, json_integer_value(json_object_get(row, "timestamp")));
    event = json_pack("{s:I,s:s,s:s,s:s,s:o,s:s,s:s,s:s}", "id", id, "type",
                      json_string_value(json_object_get(row, "type")), "from", from ? from : "",
                      "to", to ? to : "", "body", body ? json_incref(body) : json_object(), "state",
                      "", "timestamp", timestamp, "href", href ? href : "");
    mem_unref(href);
    return event;
}

static void on_rows(int err, json_t *rows, int64_t count, void *arg)
{
    struct api_request *request = arg;
    json_t *list, *row;
    size_t i;

    (void)count;
    if (err) {
        json_decref(rows);
        api_refuse(request, API_INTERNAL, NULL);
        return;
    }
    list = json_array();
    json_array_foreach (rows, i, row)
        json_array_append_new(list, event_json(request, row));
    json_decref(rows);
    api_answer(request, 200, list);
}

void events_list(struct api_request *request)
{
    const struct range *range = request->input;
    struct application *application = api_application(request);
    struct store_events_query query = {
        .application = request->application,
        .conversation = request->id,
        .start_id = range->start,
        .end_id = range->end,
    };

    if (!application || !conversation_find(request->api->conf.bridge, application, request->id))
        api_refuse(request, API_NO_CONVERSATION, NULL);
    else if (store_ask_events(request->api->conf.store, &query, on_rows, request))
        api_refuse(request, API_INTERNAL, NULL);
}
