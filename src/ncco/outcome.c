/* outcome.c: how the attempt to connect ends with eventType synchronous, and that a WebSocket
 * server went away, is not only told. The reply
 * may be an NCCO, which takes the place of the caller's flow; without one that goes on. */
#include "ncco/private.h"

#include <string.h>

enum { TOLD_MS = 250 }; /* how long it waits for the webhooks of the leg before it */

bool outcome_is_asked(const struct call *child, enum leg_status status)
{
    const struct call *parent = child->parent;

    if (parent && status == LEG_DISCONNECTED)
        return true;
    return parent && parent->dialling == child && parent->synchronous &&
           (status == LEG_MACHINE || (leg_status_final(status) && status != LEG_COMPLETED));
}

struct outcome {
    struct call *parent; /* our reference */
    unsigned turn;
    char *url, *method; /* of the child; NULL: the application's */
    json_t *fields;
};

static void destroy(void *obj)
{
    struct outcome *outcome = obj;

    mem_unref(outcome->url);
    mem_unref(outcome->method);
    json_decref(outcome->fields);
    mem_unref(outcome->parent);
}

static void ask(void *arg)
{
    struct outcome *outcome = arg;
    struct call *parent = outcome->parent;
    struct webhook_event event = {
        .url = outcome->url,
        .method = outcome->method,
        .fields = json_incref(outcome->fields),
    };

    if (parent->member && parent->turn == outcome->turn && !leg_ending(parent->leg))
        call_question(parent, &event, connect_unanswered);
    else
        json_decref(event.fields);
    mem_unref(outcome);
}

void outcome_ask(struct call *child, json_t *fields)
{
    struct call *parent = child->parent;
    struct outcome *outcome = mem_alloc(sizeof *outcome, destroy);
    struct webhook *webhook = parent->calls->webhook;

    parent->asking++;
    if (!outcome) {
        json_decref(fields);
        connect_unanswered(parent);
        return;
    }
    outcome->parent = mem_ref(parent);
    outcome->turn = parent->turn;
    outcome->url = mem_strdup(child->event_url);
    outcome->method = mem_strdup(child->event_method);
    outcome->fields = fields;
    if (webhook_when_told(webhook, leg_id(child->leg), TOLD_MS, ask, outcome))
        ask(outcome);
}
