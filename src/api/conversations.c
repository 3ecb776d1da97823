/* conversations.c: GET /beta/conversations/{id}. */
#include "api/private.h"
#include "base/clock.h"
#include "base/mem.h"

static void set_time(json_t *object, const char *name, int64_t at)
{
    char text[CLOCK_ISO];

    if (!at)
        return;
    clock_iso(text, at);
    json_object_set_new(object, name, json_string(text));
}

static bool add_member(struct member *member, void *arg)
{
    json_t *timestamp = json_object(), *object;
    bool invited = member_invited_by_us(member);

    set_time(timestamp, "invited", member_invited(member));
    set_time(timestamp, "joined", member_joined(member));
    object = json_pack("{s:s,s:s,s:s,s:s,s:o}", "member_id", member_id(member), "user_id",
                       member_user_id(member), "name", member_user_name(member), "state",
                       member_state_text(member_state_of(member)), "timestamp", timestamp);
    if (invited)
        json_object_set_new(object, "invited_by", json_string(member_user_id(member)));
    /* a copy: the text is made later, and what is live may go on */
    json_object_set_new(object, "channel", json_deep_copy(member_channel(member)));
    json_object_set_new(object, "initiator",
                        json_pack("{s:{s:b}}", invited ? "invited" : "joined", "isSystem", 1));
    json_array_append_new(arg, object);
    return false;
}

void conversation_get(struct api_request *request)
{
    struct application *application = api_application(request);
    struct conversation *conversation =
        application ? conversation_find(request->api->conf.bridge, application, request->id) : NULL;
    json_t *members, *timestamp, *body;
    char *href;

    if (!conversation) {
        api_refuse(request, API_NO_CONVERSATION, NULL);
        return;
    }
    members = json_array();
    conversation_each(conversation, add_member, members);
    timestamp = json_object();
    set_time(timestamp, "created", conversation_created(conversation));
    href = mem_printf("%s%s", request->origin, request->path);
    body = json_pack("{s:s,s:s,s:o,s:I,s:{},s:o,s:o,s:{s:{s:s}}}", "uuid",
                     conversation_id(conversation), "name", conversation_name(conversation),
                     "timestamp", timestamp, "sequence_number",
                     (json_int_t)conversation_sequence(conversation), "numbers", "properties",
                     json_deep_copy(conversation_properties(conversation)), "members", members,
                     "_links", "self", "href", href ? href : "");
    mem_unref(href);
    api_answer_committed(request, 200, body);
}
