/* conversations_run.c: what is done with conversations. One is read from memory, lists come
 * from the store. */
#include "api/conversations.h"

#include <errno.h>

static void on_list(int err, json_t *rows, int64_t count, void *arg)
{
    struct api_request *request = arg;
    bool numbered = request->family == API_BETA;

    if (err) {
        json_decref(rows);
        api_refuse(request, API_INTERNAL, NULL);
        return;
    }
    people_answer_list(request, numbered ? LIST_NUMBERED : LIST_CURSOR, "conversations", rows,
                       count, conversation_item);
}

void conversations_list(struct api_request *request)
{
    const struct people_query *query = request->input;
    struct store_conversations_query ask = {
        .application = request->application,
        .name = request->family == API_BETA ? api_query(request, "name") : NULL,
        .created_from = query->from,
        .created_to = query->to,
        .page = query->page.store,
    };
    int err = store_ask_conversations(request->api->conf.store, &ask, on_list, request);

    if (err)
        api_refuse_errno(request, err, NULL);
}

static bool add_member(struct member *member, void *arg)
{
    json_t *row;

    if (member_state_of(member) == MEMBER_LEFT)
        return false; /* its leg is about to go */
    row = member_row(member);
    json_array_append_new(arg, member_nested(row));
    json_decref(row);
    return false;
}

static json_t *as_written(const struct api_request *request, struct conversation *conversation)
{
    json_t *row = conversation_row(conversation), *members = NULL, *object;

    if (api_is_old(request)) {
        members = json_array();
        conversation_each(conversation, add_member, members);
    }
    object = conversation_json(request, row, members);
    json_decref(row);
    return object;
}

void conversations_get(struct api_request *request)
{
    struct conversation *conversation;

    api_cache_reply(request);
    conversation = api_conversation(request);
    if (conversation)
        api_answer_done(request, as_written(request, conversation));
}

static struct conversation_facts facts_of(const struct api_request *request)
{
    return (struct conversation_facts){
        .name = api_member(request, "name"),
        .display_name = api_member(request, "display_name"),
        .image_url = api_member(request, "image_url"),
        .properties = api_member(request, "properties"),
        .numbers = api_member(request, "numbers"),
        .callback = api_member(request, "callback"),
        .state = api_member(request, "state"),
    };
}

/* What changed is answered: {id, href}, or all of it. */
static void answer_changed(struct api_request *request, struct conversation *conversation)
{
    api_answer_done(request, api_is_old(request) ? json_id_href(request, "conversations",
                                                                conversation_id(conversation))
                                                 : as_written(request, conversation));
}

static void refuse(struct api_request *request, int err)
{
    if (err == EEXIST)
        api_refuse(request, API_DUPLICATE_CONVERSATION, NULL);
    else if (err == EPERM)
        api_refuse(request, API_INVALID_ACTION, "The conversation of a call keeps its name.");
    else
        api_refuse_errno(request, err, NULL);
}

void conversations_create(struct api_request *request)
{
    struct conversation_facts facts = facts_of(request);
    struct application *application = api_application(request);
    struct conversation *conversation;
    int err;

    if (!application) {
        api_refuse(request, API_UNAUTHORIZED, NULL);
        return;
    }
    err = conversation_make(request->api->conf.bridge, application, &facts, &conversation);
    if (err)
        refuse(request, err);
    else
        answer_changed(request, conversation);
}

void conversations_update(struct api_request *request)
{
    struct conversation_facts facts = facts_of(request);
    struct conversation *conversation = api_conversation(request);
    int err;

    if (!conversation)
        return;
    err = conversation_update(conversation, &facts);
    if (err)
        refuse(request, err);
    else
        answer_changed(request, conversation);
}

void conversations_delete(struct api_request *request)
{
    struct conversation *conversation = api_conversation(request);

    if (!conversation)
        return;
    conversation_delete(conversation);
    api_answer_done(request, api_is_old(request) ? json_object() : NULL);
}
