/* connect.c: the `connect` action: a leg is dialled into the caller's conversation.
 *
 *   dialling ──not connected──> next action
 *      └──answered──┬─ next action is a connect too ──> it runs at once
 *                   └─ else: wait until the dialled leg leaves ──> next action, or end
 *
 * With eventType synchronous it always waits. Who came by an earlier connect keeps the
 * caller waiting too: the flow goes on when the last of them has left. The caller, if not answered
 * yet, hears early media and is answered when the callee answers. A caller that leaves while the
 * callee rings takes the call back (CANCEL). */
#include "ncco/private.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { RING_SECONDS = 60, LENGTH_SECONDS = 7200 };

static bool check(const json_t *action, const char **reason);

static const struct option options[] = {
    {"endpoint", OPTION_ARRAY, true, 1, 1, "whom to dial: one phone or sip endpoint"},
    {"from", OPTION_STRING, false, 0, 0, "caller id: a number of the application"},
    {"timeout", OPTION_NUMBER, false, 1, 7200, "ringing time [s]"},
    {"limit", OPTION_NUMBER, false, 1, 7200, "longest call [s]"},
    {"eventUrl", OPTION_URL, false, 0, 0, "where status events of the new leg go"},
    {"eventMethod", OPTION_STRING, false, 0, 0, "GET or POST"},
    {"eventType", OPTION_STRING, false, 0, 0, "synchronous: wait for the end of the leg"},
    {0},
};

static bool is_method(const char *method)
{
    return !method || strcasecmp(method, "GET") == 0 || strcasecmp(method, "POST") == 0;
}

static bool check(const json_t *action, const char **reason)
{
    const char *type = json_string_value(json_object_get(action, "eventType"));

    if (!is_method(json_string_value(json_object_get(action, "eventMethod"))))
        *reason = "\"eventMethod\" must be one of [GET, POST]";
    else if (type && strcmp(type, "synchronous") != 0)
        *reason = "\"eventType\" must be synchronous";
    else
        return dial_check(json_array_get(json_object_get(action, "endpoint"), 0), reason);
    return false;
}

static void take_event_url(struct call *child, const struct call *parent, const json_t *action)
{
    const char *text = option_url(action, "eventUrl");
    const char *method = json_string_value(json_object_get(action, "eventMethod"));

    if (!text) {
        text = parent->event_url;
        method = parent->event_method;
    }
    child->event_url = mem_strdup(text);
    child->event_method = mem_strdup(text ? (method ? method : "POST") : NULL);
}

static bool next_is_connect(const struct call *call)
{
    json_t *next = json_array_get(call->ncco, call->next);
    const char *name = json_string_value(json_object_get(next, "action"));

    return name && strcmp(name, "connect") == 0;
}

/* The running connect is over, unless somebody whom an earlier one dialled is still
 * there and nobody else is to be dialled. */
static void proceed(struct call *call)
{
    call->dialling = NULL;
    if (list_empty(&call->children) || next_is_connect(call))
        call_next(call);
}

static int invite(struct call *call, const json_t *action, struct leg *leg, unsigned ring,
                  unsigned limit)
{
    struct member_invitation invitation = {ring * 1000, limit * 1000};
    struct call *child;
    int err = call_alloc(call->calls, call->application, leg, &child);

    if (err)
        return err;
    notice_keep_headers(child, json_array_get(json_object_get(action, "endpoint"), 0));
    err = member_invite(member_conversation(call->member), leg, &invitation, &child->member);
    if (err) {
        mem_unref(child);
        return err;
    }
    member_keep(child->member, child);
    take_event_url(child, call, action);
    child->parent = call;
    list_append(&call->children, &child->sibling);
    call->dialling = child;
    return 0;
}

static void start(struct call *call, json_t *action)
{
    unsigned ring = (unsigned)option_number(action, "timeout", RING_SECONDS);
    unsigned limit = (unsigned)option_number(action, "limit", LENGTH_SECONDS);
    struct dial_reason reason = {""};
    char text[NCCO_REASON];
    struct leg *leg = NULL;
    int err = call_dial(
        call->calls, call->application, json_array_get(json_object_get(action, "endpoint"), 0),
        json_string_value(json_object_get(action, "from")), ring, limit, &leg, &reason);

    call->dialling = NULL;
    call->synchronous = json_object_get(action, "eventType") != NULL;
    if (!err) {
        err = invite(call, action, leg, ring, limit);
        if (err) {
            leg_own(leg, NULL, NULL);
            mem_unref(leg);
        }
    }
    if (err) {
        snprintf(text, sizeof text, "connect: %s",
                 *reason.text ? reason.text : "no leg could be made");
        notice_error(call, text);
        call->cause = leg_cause_sip(err == ENOENT ? 404 : 503);
        proceed(call);
    }
}

static void detach(struct call *child)
{
    list_remove(&child->sibling);
    child->parent = NULL;
}

/* The caller's flow ended: who still rings is called back; an answered one is seen to by
 * whoever is alone then. */
void connect_release(struct call *call)
{
    call->dialling = NULL;
    list_each (node, &call->children) {
        struct call *child = list_entry(node, struct call, sibling);

        detach(child);
        if (leg_status_of(child->leg) < LEG_ANSWERED)
            leg_hangup(child->leg, NULL);
    }
}

static void let_hear(struct call *call)
{
    if (!call->member || leg_ending(call->leg) || leg_status_of(call->leg) >= LEG_ANSWERED)
        return;
    leg_early(call->leg);
    member_listen(call->member);
}

/* That it rings is told before the caller hears it. */
void connect_child_early(struct call *child)
{
    struct call *parent = child->parent;

    if (parent && leg_status_of(parent->leg) < LEG_ANSWERED)
        call_after_commit(parent, let_hear);
}

/* The child left the conversation by its end or by a move; it may be the only one. */
static void child_left(struct call *child)
{
    struct call *parent = child->parent;
    bool was_dialled = parent->dialling == child;

    detach(child);
    if (was_dialled)
        proceed(parent);
    else if (!parent->dialling && list_empty(&parent->children))
        call_next(parent);
}

void connect_child_moved(struct call *child)
{
    if (child->parent)
        child_left(child);
}

void connect_child_status(struct call *child, const struct leg_news *news)
{
    struct call *parent = child->parent;

    if (!parent)
        return;
    if (news->status == LEG_ANSWERED) {
        leg_answer(parent->leg);
        if (parent->dialling == child && !parent->synchronous && next_is_connect(parent))
            proceed(parent);
    } else if (leg_status_final(news->status)) {
        if (!leg_answered(child->leg))
            parent->cause = news->cause;
        child_left(child);
    }
}

const struct action action_connect = {
    .name = "connect",
    .options = options,
    .start = start,
    .check = check,
};
