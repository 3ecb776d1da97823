/* transfer.c: a call leaves its flow: for another, in a conversation of its own; or, by the
 * action of that name, for a conversation that is there. */
#include "ncco/private.h"

#include <errno.h>
#include <stdio.h>

static const struct option options[] = {
    {"conversationId", OPTION_TEXT, true, .low = 1, .high = 100, .help = "of one that is there"},
    {"canSpeak", OPTION_IDS, false, .high = 1000,
     .help = "leg ids that hear this one; absent: all"},
    {"canHear", OPTION_IDS, false, .high = 1000, .help = "leg ids this one hears; absent: all"},
    {"mute", OPTION_BOOL, false, "false", .help = "starts muted"},
    {0},
};

static void refuse(struct call *call, const char *id, const char *why)
{
    char text[NCCO_REASON];

    snprintf(text, sizeof text, "transfer: the conversation %.100s %s", id, why);
    notice_error(call, text);
    leg_hangup(call->leg, leg_cause_sip(503));
}

static void start(struct call *call, json_t *object)
{
    const char *id = option_text(options, object, "conversationId");
    struct conversation *conversation =
        conversation_find(call->calls->bridge, call->application, id);
    struct member_rules rules = {
        .can_hear = option_value(object, "canHear"),
        .can_speak = option_value(object, "canSpeak"),
        .mute = option_bool(options, object, "mute"),
    };
    int err;

    if (!conversation) {
        refuse(call, id, "does not exist");
        return;
    }
    err = call_enter(call->member, conversation, &rules, NULL);
    if (err == EPERM)
        refuse(call, id, "is inactive, and takes nobody");
    else if (err)
        refuse(call, id, "could not be entered");
}

const struct action action_transfer = {
    .name = "transfer",
    .help = "The leg goes to a conversation that is there, and the flow ends.",
    .options = options,
    .answers = true,
    .start = start,
};

/* The flow stops, and the leg goes; it ends if it cannot. */
static int leave(struct call *call)
{
    struct conversation *own;
    int err = conversation_open(call->calls->bridge, call->application, NULL, true, &own);

    if (err)
        return err;
    call_stop(call, TASK_MOVED);
    err = member_move(call->member, own, NULL, NULL);
    if (err)
        leg_hangup(call->leg, leg_cause_sip(500)); /* it has no flow any more */
    return err;
}

int call_transfer(struct call *call, json_t *ncco)
{
    int err = leave(call);

    if (!err)
        call_run(call, ncco);
    return err;
}

int call_transfer_url(struct call *call, const char *url)
{
    int err = leave(call);

    if (!err)
        call_ask_url(call, url, "GET", false);
    return err;
}
