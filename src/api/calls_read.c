/* calls_read.c: GET /v1/calls and GET /v1/calls/{uuid}, out of the store, where every
 * call that is up or has ended has its row. */
#include "api/private.h"
#include "base/clock.h"
#include "base/mem.h"

#include <stdio.h>
#include <string.h>

struct calls_query {
    struct api_page page;
    char *status, *conversation; /* or NULL */
    int64_t from, to;
    char *filters; /* of the links */
};

static void destroy(void *obj)
{
    struct calls_query *query = obj;

    mem_unref(query->status);
    mem_unref(query->conversation);
    mem_unref(query->filters);
}

/* "status=completed&order=desc&" of what was asked for. */
static char *filters_of(struct api_request *request)
{
    static const char *const names[] = {"status", "date_start", "date_end", "conversation_uuid",
                                        "order"};
    char *text = mem_strdup("");

    for (size_t i = 0; text && i < sizeof names / sizeof *names; i++) {
        const char *value = rest_query(request->rest, names[i]);
        char *escaped, *more;

        if (!value)
            continue;
        escaped = fetch_escape(value);
        more = escaped ? mem_printf("%s%s=%s&", text, names[i], escaped) : NULL;
        mem_unref(escaped);
        mem_unref(text);
        text = more;
    }
    return text;
}

bool calls_list_check(struct api_request *request)
{
    struct calls_query *query = mem_alloc(sizeof *query, destroy);

    if (!query) {
        api_refuse(request, API_INTERNAL, NULL);
        return false;
    }
    request->input = query;
    api_page_read(request, &query->page);
    query->status = mem_strdup(rest_query(request->rest, "status"));
    if (query->status && leg_status_parse(query->status) < 0)
        api_fault(request, "status", "must be the status of a call");
    query->conversation = mem_strdup(rest_query(request->rest, "conversation_uuid"));
    query->from = api_query_time(request, "date_start", false);
    query->to = api_query_time(request, "date_end", true);
    query->filters = filters_of(request);
    if (!query->filters) {
        api_refuse(request, API_INTERNAL, NULL);
        return false;
    }
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

static const char *text_of(const json_t *row, const char *name)
{
    const char *text = json_string_value(json_object_get(row, name));

    return text ? text : "";
}

/* Its own link has no origin, as in the reference; those of the list have. */
static json_t *call_json(const json_t *row)
{
    json_t *to = json_object_get(row, "to"), *from = json_object_get(row, "from"), *call;
    char *href = mem_printf("/v1/calls/%s", text_of(row, "id"));

    call = json_pack("{s:{s:{s:s}},s:s,s:s,s:o,s:o,s:s,s:s}", "_links", "self", "href",
                     href ? href : "", "uuid", text_of(row, "id"), "conversation_uuid",
                     text_of(row, "conversation"), "to", to ? json_incref(to) : json_object(),
                     "from", from ? json_incref(from) : json_object(), "status",
                     text_of(row, "status"), "direction", text_of(row, "direction"));
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
    api_answer(request, 200,
               json_pack("{s:I,s:i,s:I,s:o,s:{s:o}}", "count", (json_int_t)count, "page_size",
                         (int)query->page.size, "record_index", (json_int_t)query->page.index,
                         "_links", api_page_links(request, &query->page, count, query->filters),
                         "_embedded", "calls", calls));
}

void calls_list(struct api_request *request)
{
    const struct calls_query *query = request->input;
    struct store_legs_query legs = {
        .application = request->application,
        .conversation = query->conversation,
        .status = query->status,
        .created_from = query->from,
        .created_to = query->to,
        .page = {.descending = query->page.descending,
                 .offset = query->page.index * query->page.size,
                 .limit = query->page.size},
    };

    if (store_ask_legs(request->api->conf.store, &legs, on_list, request))
        api_refuse(request, API_INTERNAL, NULL);
}

static void on_one(int err, json_t *rows, int64_t count, void *arg)
{
    struct api_request *request = arg;
    const json_t *row = json_array_get(rows, 0);

    (void)count;
    if (err)
        api_refuse(request, API_INTERNAL, NULL);
    else if (!row)
        api_refuse(request, API_NO_CALL, NULL);
    else
        api_answer(request, 200, call_json(row));
    json_decref(rows);
}

void calls_get(struct api_request *request)
{
    struct store_legs_query legs = {
        .application = request->application, .id = request->id, .page = {.limit = 1}};

    if (store_ask_legs(request->api->conf.store, &legs, on_one, request))
        api_refuse(request, API_INTERNAL, NULL);
}
