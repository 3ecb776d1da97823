/* call.c: a call's life, from INVITE or REST to its last webhook. The member keeps the
 * call (its only lasting reference) and gives it up with the final status; whoever
 * waits for a reply holds one more and sees `member` NULL when it came too late. */
#include "ncco/private.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>

static void destroy(void *obj)
{
    struct call *call = obj;

    mem_unref(call->event_url);
    mem_unref(call->event_method);
    mem_unref(call->answer_url);
    mem_unref(call->answer_method);
    digits_free(call);
    mem_unref(call->keys);
    json_decref(call->connect);
    json_decref(call->answer_ncco);
    json_decref(call->headers);
    json_decref(call->forwarding);
    json_decref(call->ncco);
    mem_unref(call->leg);
    mem_unref(call->application);
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
    call->application = mem_ref(application);
    call->leg = mem_ref(leg);
    list_init(&call->children);
    list_init(&call->tasks);
    list_init(&call->watchers);
    *callp = call;
    return 0;
}

/* Effects that wait until the news of them is durable. */

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

static void confirm(struct call *call)
{
    leg_confirm(call->leg);
    keys_send(call);
}

/* Hooks of the bridge. */

static void on_answered(struct call *call, const struct leg_news *news)
{
    notice_answered(call, news->at);
    call_after_commit(call, confirm);
    machine_start(call);
    connect_child_status(call, news);
    refer_status(call, news);
    /* a call made by REST takes up its flow */
    if (leg_direction_of(call->leg) == LEG_OUTBOUND && (call->answer_ncco || call->answer_url))
        call_ask(call);
}

static void on_ringing(struct call *call, const struct leg_news *news)
{
    notice_ringing(call, news->at);
    connect_child_status(call, news);
    refer_status(call, news);
}

static void on_final(struct call *call, const struct leg_news *news)
{
    notice_final(call, news);
    conversation_left(call, member_conversation(call->member));
    call_stop(call, TASK_ENDED);
    connect_child_status(call, news);
    refer_status(call, news);
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
        on_ringing(call, news);
}

static void on_early(struct member *member, void *arg)
{
    struct call *call = member_kept(member);

    (void)arg;
    if (call)
        connect_child_early(call);
}

static void on_digit(struct member *member, char digit, unsigned duration_ms, void *arg)
{
    struct call *call = member_kept(member);

    (void)arg;
    if (!call)
        return;
    digits_told(call, digit);
    if (!tasks_digit(call, digit, duration_ms))
        input_ahead(call, digit);
}

static void on_played(struct member *member, uint32_t play, bool completed, void *arg)
{
    struct call *call = member_kept(member);

    (void)arg;
    if (call)
        tasks_played(call, play, completed);
}

static void on_speaking(struct member *member, bool on, void *arg)
{
    struct call *call = member_kept(member);

    (void)arg;
    if (call)
        tasks_speaking(call, on);
}

static void on_detected(struct member *member, enum detect_verdict verdict, void *arg)
{
    struct call *call = member_kept(member);

    (void)arg;
    if (call)
        machine_detected(call, verdict);
}

static void on_begun(struct member *member, void *arg)
{
    struct call *call = member_kept(member);

    (void)arg;
    if (call)
        conversation_begun(call);
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
    conversation_left(call, from);
    if (!call->entering)
        connect_child_moved(call);
}

static bool find_lone(struct member *member, void *arg)
{
    struct member **lone = arg;

    if (!member_leg(member))
        return false;
    *lone = member;
    return true;
}

/* The last of two parties is not left hanging, unless its own flow goes on. */
static void on_left(struct conversation *conversation, void *arg)
{
    struct member *lone = NULL;
    struct call *call;

    (void)arg;
    if (!conversation_transient(conversation) || conversation_legs(conversation) != 1)
        return;
    conversation_each(conversation, find_lone, &lone);
    call = member_kept(lone);
    if (!call || !call->ncco)
        leg_hangup(member_leg(lone), NULL);
}

/* Nobody can let in any more who knocks at an application that has gone. */
static void on_application(const char *application_id, void *arg)
{
    struct calls *calls = arg;

    if (!application_find(calls->bridge, application_id))
        knock_refuse_all(calls, application_id);
}

static void calls_destroy(void *obj)
{
    struct calls *calls = obj;

    bridge_unwatch(calls->bridge, calls);
    mem_unref(calls->outgoing);
    fraud_free(calls);
    mem_unref(calls->recordings);
}

int calls_alloc(struct calls **callsp, const struct calls_conf *conf)
{
    struct calls *calls = mem_alloc(sizeof *calls, calls_destroy);
    struct bridge_hooks hooks = {
        .status = on_status,
        .early = on_early,
        .digit = on_digit,
        .played = on_played,
        .speaking = on_speaking,
        .silent = on_silent,
        .detected = on_detected,
        .refer = refer_taken,
        .begun = on_begun,
        .moved = on_moved,
        .left = on_left,
        .arg = calls,
    };
    struct bridge_watch watch = {.application = on_application, .arg = calls};
    int err;

    if (!calls)
        return ENOMEM;
    calls->bridge = conf->bridge;
    calls->webhook = conf->webhook;
    calls->loader = conf->loader;
    calls->speech = conf->speech;
    calls->recorder = conf->recorder;
    calls->recogniser = conf->recogniser;
    calls->registrar = conf->registrar;
    calls->recordings = mem_strdup(conf->recordings);
    list_init(&calls->knocks);
    list_init(&calls->transcriptions);
    err = bridge_watch(conf->bridge, &watch);
    if (err) {
        mem_unref(calls);
        return err;
    }
    bridge_hook(conf->bridge, &hooks);
    *callsp = calls;
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
