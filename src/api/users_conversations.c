/* users_conversations.c: the conversations of a user: its memberships, out of the store. */
#include "api/users.h"
#include "base/mem.h"

#include <strings.h>

/* What is alive knows better than its row how far its events have come. */
static void set_sequence(const struct api_request *request, json_t *conversation, const char *name)
{
    struct application *application = api_application(request);
    struct conversation *alive = application
                                     ? conversation_find(request->api->conf.bridge, application,
                                                         row_text(conversation, "id"))
                                     : NULL;

    if (alive)
        json_object_set_new(conversation, name,
                            json_integer((json_int_t)conversation_sequence(alive)));
}

static json_t *old_item(const struct api_request *request, const json_t *row)
{
    static const char *const names[] = {"id", "name", "display_name", "image_url", NULL};
    static const char *const state[] = {"state", NULL};
    const json_t *conversation = json_object_get(row, "conversation_row");
    json_t *item = json_object(), *timestamp = json_object();
    char *href = api_href(request, "conversations/%s", row_text(row, "conversation"));

    json_copy_members(item, conversation, names);
    json_copy_members(item, row, state);
    json_object_set(item, "member_id", json_object_get(row, "id"));
    json_object_set(item, "sequence_number", json_object_get(conversation, "sequence"));
    set_sequence(request, item, "sequence_number");
    json_object_set_new(item, "href", json_string(href ? href : ""));
    json_set_time(timestamp, "created",
                  json_integer_value(json_object_get(conversation, "created")));
    json_object_set_new(item, "timestamp", timestamp);
    mem_unref(href);
    return item;
}

static json_t *new_item(const struct api_request *request, const json_t *row)
{
    const char *custom = api_query(request, "include_custom_data");
    json_t *item = conversation_json(request, json_object_get(row, "conversation_row"), NULL);

    set_sequence(request, item, "sequence_number");
    if (!custom || strcasecmp(custom, "true") != 0)
        json_object_del(json_object_get(item, "properties"), "custom_data");
    json_object_set_new(item, "_embedded",
                        json_pack("{s:O,s:O}", "id", json_object_get(row, "id"), "state",
                                  json_object_get(row, "state")));
    return item;
}

static void on_rows(int err, json_t *rows, int64_t count, void *arg)
{
    struct api_request *request = arg;
    bool is_old = api_is_old(request);

    if (err) {
        json_decref(rows);
        api_refuse(request, API_INTERNAL, NULL);
        return;
    }
    for (size_t i = json_array_size(rows); i-- > 0;)
        if (!json_object_get(json_array_get(rows, i), "conversation_row"))
            json_array_remove(rows, i);
    people_answer_list(request, is_old ? LIST_BARE : LIST_CURSOR, "conversations", rows, count,
                       is_old ? old_item : new_item);
}

void users_conversations(struct api_request *request)
{
    const struct people_query *query = request->input;
    struct store_members_query ask = {
        .application = request->application,
        .user = request->ids[0],
        .state = api_query(request, "state"),
        .created_from = query->from,
        .with_conversation = true,
        .page = query->page.store,
    };
    int err;

    if (!api_user(request, request->ids[0]))
        return;
    err = store_ask_members(request->api->conf.store, &ask, on_rows, request);
    if (err)
        api_refuse_errno(request, err, NULL);
}
