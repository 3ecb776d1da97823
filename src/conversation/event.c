/* event.c: the log of a conversation, and who is told of what is written there. */
#include "conversation/private.h"
#include "base/clock.h"
#include "base/log.h"
#include "json/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_used(const struct bridge_watch *watch)
{
    return watch->event || watch->changed || watch->application;
}

int bridge_watch(struct bridge *bridge, const struct bridge_watch *watch)
{
    unsigned place = 0;

    while (place < bridge->watch_count && is_used(&bridge->watches[place]))
        place++;
    if (place == WATCHES)
        return ENOSPC;
    bridge->watches[place] = *watch;
    if (place == bridge->watch_count)
        bridge->watch_count++;
    return 0;
}

void bridge_unwatch(struct bridge *bridge, const void *arg)
{
    for (unsigned i = 0; i < bridge->watch_count; i++) {
        if (bridge->watches[i].arg == arg)
            bridge->watches[i] = (struct bridge_watch){0};
    }
}

static void tell(const struct bridge *bridge, const struct bridge_event *event)
{
    for (unsigned i = 0; i < bridge->watch_count; i++) {
        if (bridge->watches[i].event)
            bridge->watches[i].event(event, bridge->watches[i].arg);
    }
}

void conversation_touch(const struct conversation *conversation)
{
    const struct bridge *bridge = conversation->bridge;

    for (unsigned i = 0; i < bridge->watch_count; i++) {
        if (bridge->watches[i].changed)
            bridge->watches[i].changed(conversation->id, bridge->watches[i].arg);
    }
}

void application_touch(const struct application *application)
{
    const struct bridge *bridge = application->bridge;

    for (unsigned i = 0; i < bridge->watch_count; i++) {
        if (bridge->watches[i].application)
            bridge->watches[i].application(application->id, bridge->watches[i].arg);
    }
}

static int put(struct conversation *conversation, const struct bridge_event *event)
{
    char *text = json_text(event->body);
    struct store_event row = {
        .application = conversation->application->id,
        .conversation = conversation->id,
        .id = event->id,
        .type = event->type,
        .from = event->from,
        .to = event->to,
        .body = text,
        .timestamp = event->at,
    };
    int err = text ? store_event_put(conversation->bridge->store, &row) : ENOMEM;

    free(text);
    return err;
}

static struct bridge_event event_of(struct conversation *conversation, const char *type,
                                    const struct member *from, const struct member *to,
                                    json_t *body)
{
    return (struct bridge_event){
        .application = conversation->application,
        .conversation = conversation,
        .conversation_id = conversation->id,
        .type = type,
        .from = from ? from->id : "",
        .to = to ? to->id : "",
        .member = from,
        .body = body ? body : json_object(),
        .at = clock_wall_ms(),
    };
}

int64_t conversation_event(struct conversation *conversation, const char *type,
                           const struct member *from, const struct member *to, json_t *body,
                           int64_t at)
{
    struct bridge *bridge = conversation->bridge;
    struct bridge_event event = event_of(conversation, type, from, to, body);
    int err;

    MAGIC_CHECK(conversation, CONVERSATION_MAGIC);
    event.id = conversation->sequence + 1;
    event.at = at;
    conversation_touch(conversation); /* also when the store refuses: what it tells of is so */
    store_together(bridge->store);
    err = put(conversation, &event);
    if (err) {
        log_error("conversation", "event lost id=%s type=%s: %s", conversation->id, type,
                  strerror(err));
    } else {
        conversation->sequence = event.id;
        bridge->counts.events_total++;
        tell(bridge, &event);
    }
    store_together_end(bridge->store);
    json_decref(event.body);
    return err ? 0 : event.id;
}

void conversation_tell(struct conversation *conversation, const char *type,
                       const struct member *from, const struct member *to, json_t *body)
{
    struct bridge_event event = event_of(conversation, type, from, to, body);

    tell(conversation->bridge, &event);
    json_decref(event.body);
}

void application_tell(struct bridge *bridge, struct application *application, const char *type,
                      const char *from, json_t *body)
{
    struct bridge_event event = {
        .application = application,
        .conversation_id = "",
        .type = type,
        .from = from ? from : "",
        .to = "",
        .body = body ? body : json_object(),
        .at = clock_wall_ms(),
    };

    tell(bridge, &event);
    json_decref(event.body);
}
