/* transfer.c: a call leaves its flow: for another, in a conversation of its own; or, by the
 * action of that name, for a conversation that is there. */
#include "ncco/private.h"

static const struct option options[] = {
    {"conversationId", OPTION_TEXT, true, .low = 1, .high = 100, .help = "of one that is there"},
    {"canSpeak", OPTION_IDS, false, .high = 1000,
     .help = "leg ids that hear this one; absent: all"},
    {"canHear", OPTION_IDS, false, .high = 1000, .help = "leg ids this one hears; absent: all"},
    {"mute", OPTION_BOOL, false, "false", .help = "starts muted"},
    {0},
};

static void start(struct call *call, json_t *object)
{
    (void)object;
    call_next(call);
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
