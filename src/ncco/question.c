/* question.c: an event whose reply may bring another flow. */
#include "ncco/private.h"
#include "base/clock.h"

#include <errno.h>

struct question {
    struct call *call, *about; /* our references; about: may be NULL */
    unsigned turn;
    void (*none)(struct call *call);
};

static void on_reply(json_t *ncco, const char *reason, void *arg)
{
    struct question *question = arg;
    struct call *call = question->call;
    struct call *about = question->about;
    bool waits = call->member && call->turn == question->turn && !leg_ending(call->leg);

    if (waits && reason) /* the fallback says no, or the reply is no NCCO though it should be */
        call_refuse(call, reason);
    else if (waits && json_array_size(ncco) > 0)
        call_follow(call, ncco);
    else if (waits)
        question->none(call);
    if (about && !about->member)
        store_leg_settle(bridge_store(call->calls->bridge), leg_id(about->leg));
    json_decref(ncco);
    mem_unref(about);
    mem_unref(call);
    mem_unref(question);
}

/* Where the event goes, and how, when the action does not say. */
static void choose_url(const struct call *call, struct webhook_event *event)
{
    const struct conf_application *app = application_conf(call->application);

    if (!event->url) {
        event->url = call->event_url;
        event->method = call->event_method;
    }
    if (!event->url && app) {
        event->url = app->voice.event_url;
        event->method = app->voice.event_method;
        event->trusted = application_is_configured(call->application);
    }
    if (!event->method)
        event->method = "POST";
}

static int ask(struct call *call, const struct webhook_event *event, struct question *question)
{
    struct webhook_question asked = {
        .type = "event",
        .url = event->url,
        .method = event->method,
        .trusted = event->trusted,
        .fields = event->fields,
    };

    call_prepare_question(call, &asked);
    return webhook_ask(call->calls->webhook, &asked, on_reply, question);
}

static void nobody(void *arg)
{
    on_reply(NULL, NULL, arg);
}

void call_question_about(struct call *call, struct webhook_event *event,
                         void (*none)(struct call *call), struct call *about)
{
    struct question *question;
    int err = ENOMEM;

    if (leg_ending(call->leg)) { /* keys come and timers fire until its BYE is answered */
        json_decref(event->fields);
        return;
    }
    question = mem_alloc(sizeof *question, NULL);
    choose_url(call, event);
    if (question) {
        question->call = mem_ref(call);
        question->about = mem_ref(about);
        question->turn = call->turn;
        question->none = none;
        if (event->url && *event->url)
            err = ask(call, event, question);
        else
            err = loop_post(bridge_loop(call->calls->bridge), nobody, question);
    }
    json_decref(event->fields);
    if (err && question)
        nobody(question);
    else if (err)
        none(call);
}

void call_question(struct call *call, struct webhook_event *event, void (*none)(struct call *call))
{
    call_question_about(call, event, none, NULL);
}

void fields_of_call(struct call *call, json_t *fields)
{
    json_object_set_new(fields, "from", json_string(notice_name(leg_from(call->leg))));
    json_object_set_new(fields, "to", json_string(notice_name(leg_to(call->leg))));
    json_object_set_new(fields, "uuid", json_string(leg_id(call->leg)));
    json_object_set_new(fields, "conversation_uuid",
                        json_string(conversation_id(member_conversation(call->member))));
    fields_time(fields, "timestamp", clock_wall_ms());
}
