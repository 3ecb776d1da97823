/* transfer.c: a call leaves its flow for another, in a conversation of its own. */
#include "ncco/private.h"

/* The flow stops, and the leg goes; it ends if it cannot. */
static int leave(struct call *call)
{
    struct conversation *own;
    int err = conversation_open(call->calls->bridge, call->application, NULL, true, &own);

    if (err)
        return err;
    call_stop(call);
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
