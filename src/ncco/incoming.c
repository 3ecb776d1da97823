/* incoming.c: a call that comes in: told, rung, then asked what is to become of it. */
#include "ncco/private.h"
#include "base/log.h"
#include "base/mem.h"

enum { TOLD_MS = 250 }; /* how long the answer webhook waits for the ones before it */

static void ring(struct call *call)
{
    leg_ring(call->leg);
}

/* Whose phone calls: he proved it, whatever his From says. NULL: a trunk, or nobody's. */
static struct user *calling_user(struct calls *calls, const struct dialog_invite *invite)
{
    const char *password;

    if (!invite->user ||
        conf_trunk_of_caller(bridge_config(calls->bridge), &invite->source, invite->user))
        return NULL;
    return user_of_login(calls->bridge, invite->user, &password);
}

/* NULL: it was refused, or knocks. A user's phone calls its own application, whatever it dials. */
static struct application *called_application(struct calls *calls, struct dialog *dialog,
                                              struct user *user)
{
    char digits[64], number[256];
    struct application *application = user ? user_application(user) : NULL;
    const struct dialog_invite *invite = dialog_invite_of(dialog);
    const struct conf_application *conf;
    const struct trunk *trunk;

    trunk = trunk_of_caller(bridge_plane(calls->bridge)->trunks, &invite->source, invite->user);
    trunk_read_number(trunk, trunk_called(trunk, invite->to_user, invite->to_header), number,
                      sizeof number);
    if (!user && conf_digits(number, digits, sizeof digits))
        application = application_of_number(calls->bridge, digits);
    if (!application || !application_conf(application)) {
        log_info("ncco", "no application has the number to=%.40s", number);
        dialog_reject(dialog, 404, "Not Found", 0, NULL);
        return NULL;
    }
    conf = application_conf(application);
    if (*conf->voice.ncco || *conf->voice.answer_url || conf_forward_of(conf, digits))
        return application;
    if (conf->rtc.event_url && *conf->rtc.event_url) {
        knock_incoming(calls, application, dialog);
        return NULL;
    }
    log_info("ncco", "application without answer_url or ncco id=%s", application_id(application));
    dialog_reject(dialog, 480, "Temporarily Unavailable", 0, NULL);
    return NULL;
}

static void ask_when_told(void *arg)
{
    struct call *call = arg;

    if (call->member)
        call_ask(call);
    mem_unref(call);
}

/* It takes the place of a leg that is up: no call of its own. */
static void replace(struct dialog *dialog)
{
    struct leg *leg = leg_of_dialog(dialog_invite_of(dialog)->replaces);

    if (leg)
        leg_replace(leg, dialog);
    else
        dialog_reject(dialog, 481, NULL, 0, NULL);
}

void call_incoming(struct calls *calls, struct dialog *dialog)
{
    struct application *application;
    struct endpoint from = {ENDPOINT_APP, NULL};
    struct user *user;
    struct conversation *conversation;
    struct call *call;
    struct leg *leg;

    if (dialog_invite_of(dialog)->replaces) {
        replace(dialog);
        return;
    }
    user = calling_user(calls, dialog_invite_of(dialog));
    application = called_application(calls, dialog, user);
    from.address = user ? user_name(user) : NULL;
    if (!application ||
        leg_incoming_from(bridge_plane(calls->bridge), dialog, user ? &from : NULL, &leg))
        return;
    if (call_alloc(calls, application, leg, &call)) {
        leg_hangup(leg, leg_cause_sip(500));
        mem_unref(leg);
        return;
    }
    if (conversation_open(calls->bridge, application, NULL, true, &conversation) ||
        member_enter_as(conversation, leg, user, &call->member)) {
        leg_hangup(leg, leg_cause_sip(500));
        mem_unref(leg);
        mem_unref(call);
        return;
    }
    member_keep(call->member, call);
    notice_started(call, leg_created(leg));
    notice_ringing(call, leg_created(leg));
    call_after_commit(call, ring);
    /* the application hears of the call before anything is done with it; a question waits for
     * that by itself */
    if (!*application_conf(application)->voice.ncco)
        call_ask(call);
    else if (webhook_when_told(calls->webhook, leg_id(leg), TOLD_MS, ask_when_told, mem_ref(call)))
        ask_when_told(call);
}
