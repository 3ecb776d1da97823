/* calls_read.c: GET /v1/calls and GET /v1/calls/{uuid}, out of the store, where every
 * call that is up or has ended has its row. */
#include "api/calls.h"
#include "base/clock.h"
#include "base/mem.h"

#include <stdio.h>
#include <string.h>

static const struct shape end_shape[] = {
    {"type", SHAPE_STRING},
    {"number", SHAPE_STRING, SHAPE_EMPTY},
    {"uri", SHAPE_STRING, SHAPE_EMPTY},
    {"user", SHAPE_STRING, SHAPE_EMPTY},
    {"extension", SHAPE_STRING, SHAPE_EMPTY},
    {.name = NULL},
};
static const struct shape href_shape[] = {
    {"href", SHAPE_STRING, SHAPE_REQUIRED},
    {.name = NULL},
};
static const struct shape self_shape[] = {
    {"self", SHAPE_OBJECT, SHAPE_REQUIRED, .members = href_shape},
    {.name = NULL},
};
const struct shape calls_get_reply[] = {
    {"_links", SHAPE_OBJECT, SHAPE_REQUIRED, .members = self_shape},
    {"uuid", SHAPE_STRING, SHAPE_REQUIRED},
    {"conversation_uuid", SHAPE_STRING, SHAPE_REQUIRED | SHAPE_EMPTY},
    {"to", SHAPE_OBJECT, SHAPE_REQUIRED | SHAPE_OPEN, .members = end_shape},
    {"from", SHAPE_OBJECT, SHAPE_REQUIRED | SHAPE_OPEN, .members = end_shape},
    {"status", SHAPE_STRING, SHAPE_REQUIRED},
    {"direction", SHAPE_STRING, SHAPE_REQUIRED},
    {"rate", SHAPE_STRING},
    {"price", SHAPE_STRING},
    {"duration", SHAPE_STRING, .help = "Seconds."},
    {"start_time", SHAPE_STRING, .format = FORMAT_TIME},
    {"end_time", SHAPE_STRING, .format = FORMAT_TIME},
    {"network", SHAPE_STRING, SHAPE_EMPTY},
    {.name = NULL},
};
static const struct shape call_shape[] = {
    {"", SHAPE_OBJECT, .members = calls_get_reply},
    {.name = NULL},
};
static const struct shape embedded_shape[] = {
    {"calls", SHAPE_ARRAY, SHAPE_REQUIRED, .members = call_shape},
    {.name = NULL},
};
const struct shape calls_list_reply[] = {
    {"count", SHAPE_INTEGER, SHAPE_REQUIRED},
    {"page_size", SHAPE_INTEGER, SHAPE_REQUIRED},
    {"record_index", SHAPE_INTEGER, SHAPE_REQUIRED},
    {"_links", SHAPE_OBJECT, SHAPE_REQUIRED | SHAPE_OPEN},
    {"_embedded", SHAPE_OBJECT, SHAPE_REQUIRED, .members = embedded_shape},
    {.name = NULL},
};
const struct shape calls_list_query[] = {
    PAGE_NUMBERED_ROWS,
    PAGE_DATE_ROWS,
    {"status", SHAPE_STRING, .help = "Only calls with this status."},
    {"conversation_uuid", SHAPE_STRING, .help = "Only calls of this conversation."},
    {.name = NULL},
};

struct calls_query {
    struct api_page page;
    int64_t from, to;
};

static void destroy(void *obj)
{
    struct calls_query *query = obj;

    api_page_clear(&query->page);
}

bool calls_list_check(struct api_request *request)
{
    struct calls_query *query = mem_alloc(sizeof *query, destroy);
    const char *status = api_query(request, "status");

    if (!query) {
        api_refuse(request, API_INTERNAL, NULL);
        return false;
    }
    request->input = query;
    api_page_read(request, &query->page);
    if (status && leg_status_parse(status) < 0)
        api_fault(request, "status", "must be the status of a call");
    query->from = api_query_time(request, "date_start", false);
    query->to = api_query_time(request, "date_end", true);
    return true;
}

static void copy_text(json_t *call, const json_t *row, const char *name)
{
    json_t *value = json_object_get(row, name);

    if (json_is_string(value))
        json_object_set(call, name, value);
}

/* Whole seconds. */
static void copy_time(json_t *call, const char *name, const json_t *row, const char *column)
{
    int64_t at = json_integer_value(json_object_get(row, column));
    char text[CLOCK_ISO];

    if (!at)
        return;
    clock_iso(text, at / 1000 * 1000);
    json_object_set_new(call, name, json_string(text));
}

/* Prices, times and network are known once the call has ended. */
static void add_outcome(json_t *call, const json_t *row)
{
    json_int_t duration = json_integer_value(json_object_get(row, "duration"));
    char text[24];

    copy_text(call, row, "rate");
    copy_text(call, row, "price");
    if (duration >= 0) {
        snprintf(text, sizeof text, "%lld", (long long)duration);
        json_object_set_new(call, "duration", json_string(text));
    }
    copy_time(call, "start_time", row, "start");
    copy_time(call, "end_time", row, "end");
    copy_text(call, row, "network");
}

/* Its own link has no origin, as in the reference; those of the list have. */
static json_t *call_json(const json_t *row)
{
    json_t *to = json_object_get(row, "to"), *from = json_object_get(row, "from"), *call;
    char *href = mem_printf("/v1/calls/%s", api_row_text(row, "id"));

    call = json_pack("{s:{s:{s:s}},s:s,s:s,s:o,s:o,s:s,s:s}", "_links", "self", "href",
                     href ? href : "", "uuid", api_row_text(row, "id"), "conversation_uuid",
                     api_row_text(row, "conversation"), "to", to ? json_incref(to) : json_object(),
                     "from", from ? json_incref(from) : json_object(), "status",
                     api_row_text(row, "status"), "direction", api_row_text(row, "direction"));
    mem_unref(href);
    if (!json_is_true(json_object_get(row, "live")))
        add_outcome(call, row);
    return call;
}

static void on_list(int err, json_t *rows, int64_t count, void *arg)
{
    struct api_request *request = arg;
    const struct calls_query *query = request->input;
    json_t *calls, *row;
    size_t i;

    if (err) {
        json_decref(rows);
        api_refuse(request, API_INTERNAL, NULL);
        return;
    }
    calls = json_array();
    json_array_foreach (rows, i, row)
        json_array_append_new(calls, call_json(row));
    json_decref(rows);
    api_answer(
        request, 200,
        api_page_reply(request, &query->page, LIST_NUMBERED, "calls", calls, NULL, NULL, count));
}

void calls_list(struct api_request *request)
{
    const struct calls_query *query = request->input;
    struct store_legs_query legs = {
        .application = request->application,
        .conversation = api_query(request, "conversation_uuid"),
        .status = api_query(request, "status"),
        .created_from = query->from,
        .created_to = query->to,
        .page = query->page.store,
    };
    int err = store_ask_legs(request->api->conf.store, &legs, on_list, request);

    if (err)
        api_refuse_errno(request, err, NULL);
}

static void on_one(int err, json_t *rows, int64_t count, void *arg)
{
    struct api_request *request = arg;
    const json_t *row = api_one_row(request, err, rows, API_NO_CALL);

    (void)count;
    if (row)
        api_answer(request, 200, call_json(row));
    json_decref(rows);
}

void calls_get(struct api_request *request)
{
    struct store_legs_query legs = {
        .application = request->application, .id = request->ids[0], .page.limit = 1};
    int err = store_ask_legs(request->api->conf.store, &legs, on_one, request);

    if (err)
        api_refuse_errno(request, err, NULL);
}
