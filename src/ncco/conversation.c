/* conversation.c: the `conversation` action: the leg joins a named conversation and
 * stays until it leaves. */
#include "ncco/private.h"

static const struct option options[] = {
    {"name", OPTION_STRING, true, 0, 0, "name of the conversation, in the application"},
    {"mute", OPTION_BOOL, false, 0, 0, "starts muted"},
    {"canHear", OPTION_ARRAY, false, 0, 1000, "leg ids this one hears; absent: all"},
    {"canSpeak", OPTION_ARRAY, false, 0, 1000, "leg ids that hear this one; absent: all"},
    {0},
};

static bool strings_only(const json_t *ids)
{
    size_t i;
    json_t *id;

    json_array_foreach (ids, i, id) {
        if (!json_is_string(id))
            return false;
    }
    return true;
}

/* Characters of a text, which is UTF-8. */
static size_t characters(const char *text)
{
    size_t count = 0;

    for (; text && *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

static bool check(const json_t *action, const char **reason)
{
    size_t length = characters(json_string_value(json_object_get(action, "name")));

    if (length == 0 || length > 100)
        *reason = "\"name\" must have from 1 to 100 characters";
    else if (!strings_only(json_object_get(action, "canHear")))
        *reason = "\"canHear\" must hold leg ids";
    else if (!strings_only(json_object_get(action, "canSpeak")))
        *reason = "\"canSpeak\" must hold leg ids";
    else if (json_is_true(json_object_get(action, "mute")) && json_object_get(action, "canSpeak"))
        *reason = "\"mute\" is not allowed together with \"canSpeak\"";
    else
        return true;
    return false;
}

static void start(struct call *call, json_t *action)
{
    struct bridge *bridge = call->calls->bridge;
    struct conversation *conversation;
    struct member_rules rules = {
        .can_hear = json_object_get(action, "canHear"),
        .can_speak = json_object_get(action, "canSpeak"),
        .mute = json_is_true(json_object_get(action, "mute")),
    };
    int err =
        conversation_open(bridge, call->application,
                          json_string_value(json_object_get(action, "name")), false, &conversation);

    if (!err && !conversation_active(conversation)) {
        notice_error(call, "conversation: it is inactive, and takes nobody");
        leg_hangup(call->leg, leg_cause_sip(503));
        return;
    }
    if (!err)
        err = member_move(call->member, conversation, &rules, NULL);
    if (err)
        leg_hangup(call->leg, leg_cause_sip(500));
}

const struct action action_conversation = {
    .name = "conversation",
    .options = options,
    .answers = true,
    .start = start,
    .check = check,
};
