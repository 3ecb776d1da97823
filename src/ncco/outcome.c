/* outcome.c: how the attempt to connect ends with eventType synchronous, and that a WebSocket
 * server went away, is not only told. The reply may be an NCCO, which takes the place of the
 * caller's flow; without one that goes on. When the caller has gone or is elsewhere by then,
 * there is no question, but it is told all the same. */
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
    struct call *parent, *child; /* our references */
    unsigned turn;
    json_t *fields;
};

static void destroy(void *obj)
{
    struct outcome *outcome = obj;

    json_decref(outcome->fields);
    mem_unref(outcome->child);
    mem_unref(outcome->parent);
}

/* In place of a question; and it is settled. */
static void tell(struct call *child, json_t *fields)
{
    struct store *store = bridge_store(child->calls->bridge);

    store_together(store);
    notice_told(child, fields);
    if (!child->member)
        store_leg_settle(store, leg_id(child->leg));
    store_together_end(store);
}

static void ask(void *arg)
{
    struct outcome *outcome = arg;
    struct call *parent = outcome->parent;
    struct webhook_event event = {
        .url = outcome->child->event_url,
        .method = outcome->child->event_method,
        .fields = json_incref(outcome->fields),
    };

    if (parent->member && parent->turn == outcome->turn && !leg_ending(parent->leg))
        call_question_about(parent, &event, connect_unanswered, outcome->child);
    else
        tell(outcome->child, event.fields);
    mem_unref(outcome);
}

void outcome_ask(struct call *child, json_t *fields)
{
    struct call *parent = child->parent;
    struct outcome *outcome = mem_alloc(sizeof *outcome, destroy);
    struct webhook *webhook = parent->calls->webhook;

    parent->asking++;
    if (!outcome) {
        notice_told(child, fields);
        connect_unanswered(parent);
        return;
    }
    outcome->parent = mem_ref(parent);
    outcome->turn = parent->turn;
    outcome->child = mem_ref(child);
    outcome->fields = fields;
    if (webhook_when_told(webhook, leg_id(child->leg), TOLD_MS, ask, outcome))
        ask(outcome);
}
