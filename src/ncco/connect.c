/* connect.c: the `connect` action: a leg is dialled into the caller's conversation.
 *
 *   dialling ──not connected──> next action
 *      └──answered──┬─ next action is a connect too ──> it runs at once
 *                   └─ else: wait until the dialled leg leaves ──> next action, or end
 *
 * With eventType synchronous it always waits; and how the attempt ends is asked about (outcome.c).
 * onAnswer lets the callee have a flow of its own first (greet.c). Who came by an earlier connect
 * keeps the caller waiting too: the flow goes on when the last of them has left. The caller, if not
 * answered yet, hears early media and is answered when the callee answers. A caller that leaves
 * while the callee rings takes the call back (CANCEL). */
#include "ncco/private.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct option options[] = {
    {"endpoint", OPTION_ENDPOINT, true, .help = "whom to dial"},
    {"from", OPTION_TEXT, false, .high = 100, .without = "randomFromNumber",
     .help = "caller id: a number of the application; else Unknown is shown"},
    {"randomFromNumber", OPTION_BOOL, false, "false", .without = "from",
     .help = "caller id: any number of the application"},
    {"eventType", OPTION_ENUM, false, .values = "synchronous",
     .help = "always waits for the end of the leg, and takes an NCCO for an answer to its failure"},
    {"timeout", OPTION_INTEGER, false, "60", 1, 7200, .help = "ringing time [s]"},
    {"limit", OPTION_INTEGER, false, "7200", 1, 7200, .help = "longest call [s]"},
    {"machineDetection", OPTION_ENUM, false, .values = "continue|hangup",
     .without = "advancedMachineDetection", .help = "finds out whether a machine answers"},
    {"advancedMachineDetection", OPTION_OBJECT, false, .inside = machine_options,
     .without = "machineDetection", .help = "the same, with more to say"},
    {"eventUrl", OPTION_URL, false, .help = "where status events of the new leg go"},
    {"eventMethod", OPTION_ENUM, false, "POST", .values = "GET|POST", .help = "how they go there"},
    {"ringbackTone", OPTION_SOUND, false, .help = "what the caller hears while it rings"},
    {0},
};

static void take_event_url(struct call *child, const struct call *parent, const json_t *action)
{
    const char *text = option_text(options, action, "eventUrl");
    const char *method = option_text(options, action, "eventMethod");

    if (!text) {
        text = parent->event_url;
        method = parent->event_method;
    }
    child->event_url = mem_strdup(text);
    child->event_method = mem_strdup(text ? method : NULL);
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
    ringback_stop(call);
    if (list_empty(&call->children) || next_is_connect(call))
        call_next(call);
}

void connect_unanswered(struct call *parent)
{
    if (parent->asking)
        parent->asking--;
    if (!parent->asking && !parent->dialling)
        proceed(parent);
}

const char *connect_option(const struct call *child, const char *name)
{
    return option_text(options, child->connect, name);
}

/* What becomes of it once it has answered. */
static int take_wishes(struct call *child, json_t *action)
{
    child->connect = json_incref(action);
    child->detection = call_detection_of(option_text(options, action, "machineDetection"),
                                         option_value(action, "advancedMachineDetection"));
    return keys_keep(child, json_array_get(option_value(action, "endpoint"), 0));
}

static int invite(struct call *call, json_t *action, struct leg *leg, unsigned ring, unsigned limit)
{
    struct member_invitation invitation = {ring * 1000, limit * 1000};
    struct call *child;
    int err = call_alloc(call->calls, call->application, leg, &child);

    if (err)
        return err;
    notice_keep_headers(child, json_array_get(json_object_get(action, "endpoint"), 0));
    err = take_wishes(child, action);
    if (!err)
        err = member_invite(member_conversation(call->member), leg, &invitation, &child->member);
    if (err) {
        mem_unref(child);
        return err;
    }
    member_keep(child->member, child);
    if (greet_wanted(child))
        member_set_apart(child->member, MEMBER_ALONE);
    take_event_url(child, call, action);
    child->parent = call;
    list_append(&call->children, &child->sibling);
    call->dialling = child;
    return 0;
}

/* Of a caller, the number he called. */
static const char *first_called(const struct call *call)
{
    const struct endpoint *to = leg_to(call->leg);

    return leg_direction_of(call->leg) == LEG_INBOUND && to->type == ENDPOINT_PHONE &&
                   strcmp(to->address, "Unknown") != 0
               ? to->address
               : NULL;
}

static void start(struct call *call, json_t *action)
{
    unsigned ring = (unsigned)option_number(options, action, "timeout");
    unsigned limit = (unsigned)option_number(options, action, "limit");
    struct dial_reason reason = {""};
    char text[NCCO_REASON];
    struct leg *leg = NULL;
    struct dial_request request = {
        .application = call->application,
        .endpoint = json_array_get(option_value(action, "endpoint"), 0),
        .from = option_text(options, action, "from"),
        .random_from = option_bool(options, action, "randomFromNumber"),
        .diverted = first_called(call),
        .caller = call->ncco == call->forwarding ? leg_from(call->leg) : NULL,
        .ring_timeout = ring,
        .length = limit,
    };
    int err = call_dial(call->calls, &request, &leg, &reason);

    call->dialling = NULL;
    call->synchronous = option_value(action, "eventType") != NULL;
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

/* The caller's flow ended: who still rings, or is not connected yet, is called back; another one
 * is seen to by whoever is alone then. */
void connect_release(struct call *call)
{
    call->dialling = NULL;
    call->asking = 0;
    ringback_stop(call);
    list_each (node, &call->children) {
        struct call *child = list_entry(node, struct call, sibling);

        detach(child);
        if (leg_status_of(child->leg) < LEG_ANSWERED || child->greeted)
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

/* That it rings is told before the caller hears it; what the callee's network says goes before
 * our own tone. */
void connect_child_early(struct call *child)
{
    struct call *parent = child->parent;

    if (!parent)
        return;
    child->early = true;
    ringback_stop(parent);
    if (leg_status_of(parent->leg) < LEG_ANSWERED)
        call_after_commit(parent, let_hear);
}

static void ring_back(struct call *call)
{
    const struct call *child = call->dialling;
    const char *tone = child ? connect_option(child, "ringbackTone") : NULL;

    if (tone && !child->early && !call->hums && leg_status_of(child->leg) < LEG_ANSWERED)
        ringback_start(call, tone);
}

static void on_ringing(struct call *child)
{
    if (child->parent->dialling == child && connect_option(child, "ringbackTone"))
        call_after_commit(child->parent, ring_back);
}

/* The child left the conversation by its end or by a move; it may be the only one. */
static void child_left(struct call *child)
{
    struct call *parent = child->parent;
    bool was_dialled = parent->dialling == child;

    detach(child);
    if (was_dialled)
        parent->dialling = NULL;
    if (parent->asking)
        return; /* the reply comes first */
    if (was_dialled)
        proceed(parent);
    else if (!parent->dialling && list_empty(&parent->children))
        call_next(parent);
}

void connect_child_moved(struct call *child)
{
    child->greeted = false; /* where it goes it is with the others */
    if (child->parent)
        child_left(child);
}

/* Caller and callee are together. */
static void connected(struct call *child)
{
    struct call *parent = child->parent;

    ringback_stop(parent);
    leg_answer(parent->leg);
    if (parent->dialling == child && !parent->synchronous && next_is_connect(parent))
        proceed(parent);
}

void connect_child_greeted(struct call *child)
{
    child->greeted = false;
    member_set_apart(child->member, MEMBER_TOGETHER);
    if (child->parent)
        connected(child);
}

void connect_child_status(struct call *child, const struct leg_news *news)
{
    struct call *parent = child->parent;

    if (!parent)
        return;
    if (news->status == LEG_RINGING) {
        on_ringing(child);
    } else if (news->status == LEG_ANSWERED) {
        if (greet_wanted(child))
            greet_start(child);
        else
            connected(child);
    } else if (leg_status_final(news->status)) {
        if (!leg_answered(child->leg))
            parent->cause = news->cause;
        child_left(child);
    }
}

const struct action action_connect = {
    .name = "connect",
    .help = "Dials somebody, who is connected with the caller.",
    .options = options,
    .start = start,
};
