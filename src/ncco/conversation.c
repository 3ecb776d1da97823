/* conversation.c: the `conversation` action: the leg joins a named conversation and
 * stays until it leaves. */
#include "ncco/private.h"

static const struct option options[] = {
    {"name", OPTION_TEXT, true, .low = 1, .high = 100,
     .help = "of the conversation, in the application"},
    {"musicOnHoldUrl", OPTION_SOUND, false, .help = "what is heard until it starts"},
    {"startOnEnter", OPTION_BOOL, false, "true",
     .help = "false: waits until somebody comes for whom it is true"},
    {"endOnExit", OPTION_BOOL, false, "false", .help = "it ends for all when this one leaves"},
    {"record", OPTION_BOOL, false, "false", .help = "is recorded from its start"},
    {"canSpeak", OPTION_IDS, false, .high = 1000,
     .help = "leg ids that hear this one; absent: all"},
    {"canHear", OPTION_IDS, false, .high = 1000, .help = "leg ids this one hears; absent: all"},
    {"mute", OPTION_BOOL, false, "false", .without = "canSpeak", .help = "starts muted"},
    {"eventUrl", OPTION_URL, false, .help = "who is told of the recording"},
    {"eventMethod", OPTION_ENUM, false, "POST", .values = "GET|POST", .help = "how it is told"},
    {"transcription", OPTION_OBJECT, false, .inside = transcription_options, .with = "record",
     .help = "has the recording written down"},
    {0},
};

static void start(struct call *call, json_t *action)
{
    struct bridge *bridge = call->calls->bridge;
    struct conversation *conversation;
    struct member_rules rules = {
        .can_hear = option_value(action, "canHear"),
        .can_speak = option_value(action, "canSpeak"),
        .mute = option_bool(options, action, "mute"),
    };
    int err = conversation_open(bridge, call->application, option_text(options, action, "name"),
                                false, &conversation);

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
    .help = "The leg joins a named conversation.",
    .options = options,
    .answers = true,
    .start = start,
};
