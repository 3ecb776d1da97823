/* create.c: a call made by REST: dialled at once, its flow runs when it answers. */
#include "ncco/private.h"
#include "base/mem.h"

#include <errno.h>
#include <string.h>

static int dial_created(struct calls *calls, const struct call_request *request,
                        struct call **callp, struct dial_reason *why)
{
    struct member_invitation invitation = {request->ringing_timer * 1000,
                                           request->length_timer * 1000};
    struct conversation *conversation = request->conversation;
    struct call *call = NULL;
    struct leg *leg;
    struct dial_request dial = {
        .application = request->application,
        .endpoint = request->endpoint,
        .from = request->from,
        .random_from = request->random_from,
        .ring_timeout = request->ringing_timer,
        .length = request->length_timer,
        .refuse = true,
    };
    int err = call_dial(calls, &dial, &leg, why);

    if (err)
        return err;
    err = call_alloc(calls, request->application, leg, &call);
    if (!err && !conversation)
        err = conversation_open(calls->bridge, request->application, NULL, true, &conversation);
    if (!err)
        err = member_invite(conversation, leg, &invitation, &call->member);
    if (err) {
        leg_own(leg, NULL, NULL);
        mem_unref(leg);
        mem_unref(call);
        return err;
    }
    member_keep(call->member, call);
    *callp = call;
    return 0;
}

/* A copy of text, or of `otherwise` when there is none. False: out of memory. */
static bool copy(char **out, const char *text, const char *otherwise)
{
    text = text ? text : otherwise;
    *out = mem_strdup(text);
    return *out || !text;
}

static bool take_request(struct call *call, const struct call_request *request)
{
    call->answer_ncco = json_incref(request->ncco);
    call->detection = request->detection;
    return keys_keep(call, request->endpoint) == 0 &&
           copy(&call->event_url, request->event_url, NULL) &&
           copy(&call->event_method, request->event_method, request->event_url ? "POST" : NULL) &&
           copy(&call->answer_url, request->answer_url, NULL) &&
           copy(&call->answer_method, request->answer_method, "GET");
}

int call_create(struct calls *calls, const struct call_request *request, struct call **callp,
                const char **reason)
{
    static struct dial_reason why; /* the caller copies it before the next call */
    static char text[NCCO_REASON];
    struct call *call;
    int err;

    why.text[0] = '\0';
    if (request->ncco && !ncco_check(request->ncco, text)) {
        *reason = text;
        return EINVAL;
    }
    err = dial_created(calls, request, &call, &why);
    if (err) {
        *reason = *why.text ? why.text : strerror(err);
        return err;
    }
    if (!take_request(call, request)) {
        leg_hangup(call->leg, leg_cause_sip(500));
        *reason = strerror(ENOMEM);
        return ENOMEM;
    }
    notice_started(call, leg_created(call->leg));
    *callp = call;
    return 0;
}
