/* events.c: GET /beta/conversations/{id}/events: a bare array, as stored. */
#include "api/private.h"
#include "base/clock.h"
#include "base/mem.h"

json_t *event_json(const struct api_request *request, const char *conversation, const json_t *row)
{
    char timestamp[CLOCK_ISO];
    json_int_t id = json_integer_value(json_object_get(row, "id"));
    json_t *body = json_object_get(row, "body"), *event;
    const char *from = json_string_value(json_object_get(row, "from"));
    const char *to = json_string_value(json_object_get(row, "to"));
    char *href = api_href(request, "conversations/%s/events/%lld", conversation, (long long)id);

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
        json_array_append_new(list, event_json(request, request->ids[0], row));
    json_decref(rows);
    api_answer(request, 200, list);
}

static void events_list(struct api_request *request)
{
    struct store_events_query query = {
        .application = request->application,
        .conversation = request->ids[0],
        .start_id = api_query_number(request, "start_id", 0),
        .end_id = api_query_number(request, "end_id", 0),
    };
    int err;

    if (!api_conversation(request))
        return;
    err = store_ask_events(request->api->conf.store, &query, on_rows, request);
    if (err)
        api_refuse_errno(request, err, NULL);
}

static const enum api_error of_conversation[] = {API_NO_CONVERSATION, API_ERRORS};
static const struct shape range_shape[] = {
    {"start_id", SHAPE_INTEGER, .help = "The first id."},
    {"end_id", SHAPE_INTEGER, .help = "The last id."},
    {.name = NULL},
};

const struct api_route routes_events[] = {
    {"GET", "/beta|v0.1/conversations/{conversation_id}/events", "listEvents",
     "Lists events of a conversation.", API_BETA, AUTH_TOKEN, 200, .query = range_shape,
     .reply_array = true, .errors = of_conversation, .run = events_list},
    {.method = NULL},
};
