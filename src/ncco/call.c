/* call.c: a call's life, from INVITE or REST to its last webhook. The member keeps the
 * call (its only lasting reference) and gives it up with the final status; whoever
 * waits for a reply holds one more and sees `member` NULL when it came too late. */
#include "ncco/private.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void destroy(void *obj)
{
    struct call *call = obj;

    mem_unref(call->event_url);
    mem_unref(call->event_method);
    mem_unref(call->answer_url);
    mem_unref(call->answer_method);
    json_decref(call->answer_ncco);
    json_decref(call->ncco);
    mem_unref(call->leg);
    call->magic = 0;
}

int call_alloc(struct calls *calls, struct application *application, struct leg *leg,
               struct call **callp)
{
    struct call *call = mem_alloc(sizeof *call, destroy);

    if (!call)
        return ENOMEM;
    call->magic = CALL_MAGIC;
    call->calls = calls;
    call->application = application;
    call->leg = mem_ref(leg);
    list_init(&call->children);
    *callp = call;
    return 0;
}

/* ---- effects that wait until the news of them is durable ---- */

enum { TOLD_MS = 250 }; /* how long the answer webhook waits for the ones before it */

struct effect {
    struct call *call; /* our reference */
    void (*act)(struct call *call);
};

static void take_effect(void *arg)
{
    struct effect *effect = arg;

    effect->act(effect->call);
    mem_unref(effect->call);
    mem_unref(effect);
}

void call_after_commit(struct call *call, void (*act)(struct call *call))
{
    struct effect *effect = mem_alloc(sizeof *effect, NULL);

    if (!effect) {
        act(call); /* a call that goes on is worth more than the wait */
        return;
    }
    effect->call = mem_ref(call);
    effect->act = act;
    if (store_fence(bridge_store(call->calls->bridge), take_effect, effect))
        take_effect(effect);
}

static void ring(struct call *call)
{
    leg_ring(call->leg);
}

static void confirm(struct call *call)
{
    leg_confirm(call->leg);
}

/* ---- hooks of the bridge ---- */

static void on_answered(struct call *call, const struct leg_news *news)
{
    notice_answered(call, news->at);
    call_after_commit(call, confirm);
    connect_child_status(call, news);
    /* a call made by REST takes up its flow */
    if (leg_direction_of(call->leg) == LEG_OUTBOUND && (call->answer_ncco || call->answer_url))
        call_ask(call);
}

static void on_final(struct call *call, const struct leg_news *news)
{
    notice_final(call, news);
    call_stop(call);
    connect_child_status(call, news);
    member_keep(call->member, NULL);
    call->member = NULL;
    mem_unref(call);
}

static void on_status(struct member *member, const struct leg_news *news, void *arg)
{
    struct call *call = member_kept(member);

    (void)arg;
    if (!call)
        return;
    MAGIC_CHECK(call, CALL_MAGIC);
    if (leg_status_final(news->status))
        on_final(call, news);
    else if (news->status == LEG_ANSWERED)
        on_answered(call, news);
    else if (news->status == LEG_RINGING && leg_direction_of(call->leg) == LEG_OUTBOUND)
        notice_ringing(call, news->at);
}

static void on_early(struct member *member, void *arg)
{
    struct call *call = member_kept(member);

    (void)arg;
    if (call)
        connect_child_early(call);
}

static void on_played(struct member *member, uint32_t play, bool completed, void *arg)
{
    struct call *call = member_kept(member);

    (void)arg;
    if (call && call->action && call->action->played)
        call->action->played(call, play, completed);
}

static void on_silent(struct member *member, void *arg)
{
    (void)arg;
    log_info("ncco", "silence timeout id=%s", leg_id(member_leg(member)));
    leg_hangup(member_leg(member), NULL);
}

static void on_moved(struct member *member, struct conversation *from, void *arg)
{
    struct call *call = member_kept(member);

    (void)arg;
    if (!call)
        return;
    call->member = member;
    notice_moved(call, from);
    connect_child_moved(call);
}

static bool find_lone(struct member *member, void *arg)
{
    struct member **lone = arg;

    *lone = member;
    return true;
}

/* The last of two parties is not left hanging, unless its own flow goes on. */
static void on_left(struct conversation *conversation, void *arg)
{
    struct member *lone = NULL;
    struct call *call;

    (void)arg;
    if (!conversation_transient(conversation) || conversation_members(conversation) != 1)
        return;
    conversation_each(conversation, find_lone, &lone);
    call = member_kept(lone);
    if (!call || !call->ncco)
        leg_hangup(member_leg(lone), NULL);
}

int calls_alloc(struct calls **callsp, const struct calls_conf *conf)
{
    struct calls *calls = mem_alloc(sizeof *calls, NULL);
    struct bridge_hooks hooks = {
        .status = on_status,
        .early = on_early,
        .played = on_played,
        .silent = on_silent,
        .moved = on_moved,
        .left = on_left,
        .arg = calls,
    };

    if (!calls)
        return ENOMEM;
    calls->bridge = conf->bridge;
    calls->webhook = conf->webhook;
    calls->loader = conf->loader;
    bridge_hook(conf->bridge, &hooks);
    *callsp = calls;
    return 0;
}

/* ---- inbound ---- */

static struct application *called_application(struct calls *calls, struct dialog *dialog)
{
    char digits[64];
    struct application *application;
    const struct dialog_invite *invite = dialog_invite_of(dialog);
    const struct conf_application *conf;

    if (!conf_digits(invite->to_user, digits, sizeof digits) ||
        !(application = application_of_number(calls->bridge, digits))) {
        log_info("ncco", "no application has the number to=%.40s", invite->to_user);
        dialog_reject(dialog, 404, "Not Found", 0, NULL);
        return NULL;
    }
    conf = application_conf(application);
    if (!*conf->voice.ncco && !*conf->voice.answer_url) {
        log_info("ncco", "application without answer_url or ncco id=%s",
                 application_id(application));
        dialog_reject(dialog, 480, "Temporarily Unavailable", 0, NULL);
        return NULL;
    }
    return application;
}

static void ask_when_told(void *arg)
{
    struct call *call = arg;

    if (call->member)
        call_ask(call);
    mem_unref(call);
}

void call_incoming(struct calls *calls, struct dialog *dialog)
{
    struct application *application = called_application(calls, dialog);
    struct conversation *conversation;
    struct call *call;
    struct leg *leg;

    if (!application || leg_incoming(bridge_plane(calls->bridge), dialog, &leg))
        return;
    if (call_alloc(calls, application, leg, &call)) {
        leg_hangup(leg, leg_cause_sip(500));
        mem_unref(leg);
        return;
    }
    if (conversation_open(calls->bridge, application, NULL, true, &conversation) ||
        member_enter(conversation, leg, &call->member)) {
        leg_hangup(leg, leg_cause_sip(500));
        mem_unref(leg);
        mem_unref(call);
        return;
    }
    member_keep(call->member, call);
    notice_started(call, leg_created(leg));
    notice_ringing(call, leg_created(leg));
    call_after_commit(call, ring);
    /* the application hears of the call before it is asked what to do with it */
    if (webhook_when_told(calls->webhook, leg_id(leg), TOLD_MS, ask_when_told, mem_ref(call)))
        ask_when_told(call);
}

/* ---- from REST ---- */

static int dial_created(struct calls *calls, const struct call_request *request,
                        struct call **callp, struct dial_reason *why)
{
    struct member_invitation invitation = {request->ringing_timer * 1000,
                                           request->length_timer * 1000};
    struct conversation *conversation;
    struct call *call = NULL;
    struct leg *leg;
    int err = call_dial(calls, request->application, request->endpoint, request->from,
                        request->ringing_timer, request->length_timer, &leg, why);

    if (err)
        return err;
    err = call_alloc(calls, request->application, leg, &call);
    if (!err)
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
    return copy(&call->event_url, request->event_url, NULL) &&
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

struct call *call_find(struct calls *calls, const struct application *application,
                       const char *leg_id)
{
    struct member *member = member_of_leg(calls->bridge, leg_id);
    struct call *call = member ? member_kept(member) : NULL;

    return call && call->application == application && !leg_ending(call->leg) ? call : NULL;
}

struct member *call_member(const struct call *call)
{
    return call->member;
}

void call_debug(const struct call *call, char *out, size_t size)
{
    char leg[200];

    leg_debug(call->leg, leg, sizeof leg);
    snprintf(out, size, "call action=%s next=%zu of=%zu children=%s %s",
             call->action ? call->action->name : "none", call->next, json_array_size(call->ncco),
             list_empty(&call->children) ? "no" : "yes", leg);
}

void call_hangup(struct call *call)
{
    leg_hangup(call->leg, NULL);
}

int call_leave(struct call *call, struct conversation *own)
{
    int err;

    call_stop(call);
    err = member_move(call->member, own, NULL, NULL);
    if (err)
        leg_hangup(call->leg, leg_cause_sip(500)); /* it has no flow any more */
    return err;
}

int call_transfer(struct call *call, json_t *ncco)
{
    struct conversation *own;
    int err = conversation_open(call->calls->bridge, call->application, NULL, true, &own);

    if (err)
        return err;
    err = call_leave(call, own);
    if (!err)
        call_run(call, ncco);
    return err;
}
