/* legs.c: legs, out of the store, where every one that is up or has ended has its row. */
#include "api/legs.h"
#include "base/mem.h"

#include <string.h>

struct legs_input {
    struct api_page page;
    char *status, *conversation; /* or NULL */
    int64_t from, to;            /* wall [ms] */
};

static void destroy(void *obj)
{
    struct legs_input *input = obj;

    api_page_clear(&input->page);
    mem_unref(input->status);
    mem_unref(input->conversation);
}

bool legs_list_check(struct api_request *request)
{
    struct legs_input *input = mem_alloc(sizeof *input, destroy);
    const char *conversation = api_query(request, "conversation_uuid");

    if (!input) {
        api_refuse(request, API_INTERNAL, NULL);
        return false;
    }
    request->input = input;
    api_page_read(request, &input->page);
    if (!conversation)
        conversation = api_query(request, "conversation_id");
    input->conversation = mem_strdup(conversation);
    input->status = mem_strdup(api_query(request, "status"));
    input->from = api_query_time(request, "date_start", false);
    input->to = api_query_time(request, "date_end", true);
    return true;
}

static void on_list(int err, json_t *rows, int64_t count, void *arg)
{
    struct api_request *request = arg;
    const struct legs_input *input = request->input;
    json_t *legs = json_array(), *row;
    size_t i;

    json_array_foreach (rows, i, row)
        json_array_append_new(legs, leg_json(request, row));
    json_decref(rows);
    api_answer_page(request, &input->page, LIST_NUMBERED, "legs", err, legs, NULL, NULL, count);
}

void legs_list(struct api_request *request)
{
    const struct legs_input *input = request->input;
    struct store_legs_query query = {
        .application = request->application,
        .conversation = input->conversation,
        .status = input->status,
        .created_from = input->from,
        .created_to = input->to,
        .page = input->page.store,
    };
    int err = store_ask_legs(request->api->conf.store, &query, on_list, request);

    if (err)
        api_refuse_errno(request, err, NULL);
}

/* The row of the leg that the path names. */
static void ask_row(struct api_request *request, store_answer_h *answer)
{
    struct store_legs_query query = {
        .application = request->application,
        .id = request->ids[0],
        .page = {.limit = 1},
    };
    int err = store_ask_legs(request->api->conf.store, &query, answer, request);

    if (err)
        api_refuse_errno(request, err, NULL);
}

static void on_one(int err, json_t *rows, int64_t count, void *arg)
{
    struct api_request *request = arg;
    const json_t *row = api_one_row(request, err, rows, API_NO_LEG);

    (void)count;
    if (row)
        api_answer(request, 200, leg_json(request, row));
    json_decref(rows);
}

void legs_get(struct api_request *request)
{
    ask_row(request, on_one);
}

/* None that can be steered: did one of that name end, or does it knock? */
static void on_ended(int err, json_t *rows, int64_t count, void *arg)
{
    struct api_request *request = arg;
    struct application *application = api_application(request);

    (void)count;
    if (err)
        api_refuse(request, API_INTERNAL, NULL);
    else if (application && knock_find(request->api->conf.calls, application, request->ids[0]))
        api_refuse(request, API_LEG_NOT_ANSWERED, NULL);
    else if (json_array_size(rows))
        api_refuse(request, API_LEG_COMPLETE, NULL);
    else
        api_refuse(request, request->family == API_VOICE ? API_NO_CALL : API_NO_LEG, NULL);
    json_decref(rows);
}

struct member *legs_find(struct api_request *request)
{
    struct application *application = api_application(request);
    struct member *member = member_of_leg(request->api->conf.bridge, request->ids[0]);

    if (member && conversation_application(member_conversation(member)) == application &&
        member_state_of(member) != MEMBER_LEFT && !leg_ending(member_leg(member)))
        return member;
    ask_row(request, on_ended);
    return NULL;
}

void legs_delete(struct api_request *request)
{
    struct member *member = legs_find(request);

    if (!member)
        return;
    leg_hangup(member_leg(member), NULL);
    api_answer_done(request, request->route->success == 204 ? NULL : json_object());
}
