/* conversations.c: GET /beta/conversations/{id}. */
#include "api/private.h"
#include "base/mem.h"

static bool add_member(struct member *member, void *arg)
{
    json_t *timestamp = json_object(), *object;
    bool invited = member_invited_by_us(member);

    json_set_time(timestamp, "invited", member_invited(member));
    json_set_time(timestamp, "joined", member_joined(member));
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

static void conversation_get(struct api_request *request)
{
    struct conversation *conversation;
    json_t *members, *timestamp, *body;
    char *href;

    api_cache_reply(request);
    conversation = api_conversation(request);
    if (!conversation)
        return;
    members = json_array();
    conversation_each(conversation, add_member, members);
    timestamp = json_object();
    json_set_time(timestamp, "created", conversation_created(conversation));
    href = mem_printf("%s%s", request->origin, request->path);
    body = json_pack("{s:s,s:s,s:o,s:I,s:{},s:o,s:o,s:{s:{s:s}}}", "uuid",
                     conversation_id(conversation), "name", conversation_name(conversation),
                     "timestamp", timestamp, "sequence_number",
                     (json_int_t)conversation_sequence(conversation), "numbers", "properties",
                     json_deep_copy(conversation_properties(conversation)), "members", members,
                     "_links", "self", "href", href ? href : "");
    mem_unref(href);
    api_answer_done(request, body);
}

static const enum api_error of_one[] = {API_NO_CONVERSATION, API_ERRORS};

const struct api_route routes_conversations[] = {
    {"GET", "/beta|v0.1/conversations/{conversation_id}", "getConversation",
     "Shows a conversation.", API_BETA, AUTH_TOKEN, 200, API_CACHED, .errors = of_one,
     .run = conversation_get},
    {.method = NULL},
};
