/* events.c: events are posted. The reply tells of the event that was written. One that is
 * not stored (typing, ephemeral), or an act that found everything as it should be (a mute of
 * who is muted), has no place in the log: its reply has neither id nor link. */
#include "api/events.h"
#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <string.h>

/* Seeing what is written. */

void event_watch(struct api *api, struct event_seen *seen)
{
    api->seen = seen;
}

void event_unwatch(struct api *api)
{
    api->seen = NULL;
}

/* As the store's row. */
static json_t *row_of(int64_t id, const char *type, const struct member *from, const char *from_id,
                      const char *to, json_t *body, int64_t at)
{
    json_t *row = json_pack("{s:I,s:s,s:s,s:s,s:O,s:I}", "id", (json_int_t)id, "type", type, "from",
                            from_id, "to", to, "body", body, "timestamp", (json_int_t)at);

    if (from)
        json_object_set_new(row, "from_user", user_row(member_user(from)));
    return row;
}

void event_saw(struct api *api, const struct bridge_event *event)
{
    struct event_seen *seen = api->seen;

    if (seen && !seen->row && event->conversation == seen->conversation &&
        !strcmp(event->type, seen->type))
        seen->row = row_of(event->id, event->type, event->member, event->from, event->to,
                           event->body, event->at);
}

/* What may be posted. HTTP thread. */

static void on_fault(const char *name, const char *reason, void *arg)
{
    char *path = mem_printf("body.%s", name);

    api_fault(arg, path ? path : "body", "%s", reason);
    mem_unref(path);
}

static void check_body(struct api_request *request, const struct event_type *type)
{
    json_t *sent = api_member(request, "body");
    json_t *body = sent ? json_incref(sent) : json_object();

    if (type->body)
        shape_check(type->body, true, body, on_fault, request);
    if (type->check && !request->faults)
        type->check(request, body);
    json_decref(body);
}

/* Without `to` it is for the sender. */
static bool is_own(const struct api_request *request, const struct event_type *type)
{
    const char *method = json_string_value(json_object_get(api_member(request, "body"), "method"));

    return type->flags & EVENT_SELF ||
           (type->flags & EVENT_KEYS && method && !strcmp(method, "in"));
}

bool events_post_check(struct api_request *request)
{
    const struct event_type *type = event_type_find(api_text(request, "type"));
    bool from = api_text(request, "from"), to = api_text(request, "to");

    if (!type || type->flags & EVENT_SYSTEM) {
        api_refuse(request, type ? API_INVALID_EVENT : API_UNKNOWN_EVENT, NULL);
        return false;
    }
    if (!from && (request->is_client || !(type->flags & EVENT_SOUND)))
        api_fault(request, "from", "is required");
    else if (!from && !to && is_own(request, type))
        api_fault(request, "to", "is required");
    check_body(request, type);
    return true;
}

/* Posting. */

/* Who posts it, and to whom. False: it refused. */
static bool find_members(struct api_request *request, const struct event_type *type,
                         struct audio_target *target)
{
    const char *from = api_text(request, "from"), *to = api_text(request, "to");
    struct member *sender = from ? member_find(target->conversation, from) : NULL;

    if (from && (!sender || member_state_of(sender) != MEMBER_JOINED)) {
        api_refuse(request, API_EVENT_NOT_JOINED, NULL);
        return false;
    }
    if (sender && !api_may_act(request, sender, API_EVENT_DENIED))
        return false;
    target->from = sender;
    if (to)
        target->to = api_member_of(request, target->conversation, to);
    else if (is_own(request, type))
        target->to = sender;
    if (to && !target->to)
        return false;
    if (type->flags & EVENT_SOUND && target->to && !audio_has(target->to)) {
        api_refuse(request, API_NO_AUDIO, NULL);
        return false;
    }
    return true;
}

/* Written, told, or done. */
static int post(struct api_request *request, const struct event_type *type,
                const struct audio_target *target, json_t *body, const char **reason)
{
    const char *name = api_text(request, "type");

    if (type->act)
        return type->act(request, target, body, reason);
    if (type->flags & EVENT_TOLD) {
        conversation_tell(target->conversation, name, target->from, target->to, json_incref(body));
        return 0;
    }
    return conversation_event(target->conversation, name, target->from, target->to,
                              json_incref(body), clock_wall_ms())
               ? 0
               : ENOSPC;
}

static json_t *reply_of(struct api_request *request, json_t *row)
{
    json_t *event = event_json(request, request->ids[0], row), *reply = json_object();

    if (request->family != API_BETA) {
        json_decref(reply);
        return event;
    }
    for (size_t i = 0; i < 3; i++) {
        const char *name = ((const char *const[]){"id", "timestamp", "href"})[i];

        if (json_object_get(event, name))
            json_object_set(reply, name, json_object_get(event, name));
    }
    json_decref(event);
    return reply;
}

void events_post(struct api_request *request)
{
    const char *name = api_text(request, "type"), *reason = NULL;
    const struct event_type *type = event_type_find(name);
    struct audio_target target = {.conversation = api_conversation(request)};
    struct event_seen seen = {.conversation = target.conversation, .type = name};
    json_t *body;
    int err;

    if (!target.conversation || !find_members(request, type, &target))
        return;
    body = api_member(request, "body") ? json_incref(api_member(request, "body")) : json_object();
    mem_ref(target.conversation); /* an act may end a transient one */
    event_watch(request->api, &seen);
    err = post(request, type, &target, body, &reason);
    event_unwatch(request->api);
    if (!err && !seen.row)
        seen.row =
            row_of(0, name, target.from, api_text(request, "from") ? member_id(target.from) : "",
                   target.to ? member_id(target.to) : "", body, clock_wall_ms());
    json_decref(body);
    mem_unref(target.conversation);
    if (err)
        media_refuse(request, err, reason);
    else
        api_answer_done(request, reply_of(request, seen.row));
    json_decref(seen.row);
}
