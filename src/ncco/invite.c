/* invite.c: legs of the members API: a member that is dialled, and a leg that is up and goes
 * to a conversation. Neither has a flow; their statuses are told as those of any call. */
#include "ncco/private.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { RING_MS = 60000, LENGTH_MS = 7200000 };

static unsigned number_of(const json_t *channel, const char *name, unsigned otherwise)
{
    const json_t *value = json_object_get(channel, name);

    return json_is_integer(value) ? (unsigned)json_integer_value(value) : otherwise;
}

static unsigned seconds(unsigned ms)
{
    return (ms + 999) / 1000;
}

/* What is dialled: `to`, with what the channel says where it has none. */
static json_t *endpoint_of(const json_t *channel)
{
    static const char *const shared[] = {"headers", "content-type", "authorization"};
    json_t *endpoint = json_deep_copy(json_object_get(channel, "to"));

    if (!endpoint)
        endpoint = json_object();
    if (!json_object_get(endpoint, "type"))
        json_object_set(endpoint, "type", json_object_get(channel, "type"));
    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++) {
        json_t *value = json_object_get(channel, shared[i]);

        if (value && !json_object_get(endpoint, shared[i]))
            json_object_set(endpoint, shared[i], value);
    }
    return endpoint;
}

static int dial(struct calls *calls, const struct call_invitation *invitation,
                struct member_invitation *limits, struct leg **leg, struct dial_reason *why)
{
    const json_t *channel = invitation->asked.channel;
    const char *from =
        json_string_value(json_object_get(json_object_get(channel, "from"), "number"));
    json_t *endpoint = endpoint_of(channel);
    struct dial_request request = {
        .application = conversation_application(invitation->conversation),
        .from = from,
        .replaces = invitation->replaces,
        .refuse = true,
    };
    int err;

    limits->ring_timeout = number_of(channel, "ring_timeout", RING_MS);
    limits->max_length = number_of(channel, "max_length", LENGTH_MS);
    request.endpoint = endpoint;
    request.ring_timeout = seconds(limits->ring_timeout);
    request.length = seconds(limits->max_length);
    err = call_dial(calls, &request, leg, why);
    json_decref(endpoint);
    return err;
}

/* The leg becomes a member with a call; it is ours when that fails. */
static int add(struct calls *calls, const struct call_invitation *invitation,
               const struct member_invitation *limits, struct leg *leg, struct call **callp)
{
    struct member_asked asked = invitation->asked;
    struct call *call;
    int err = call_alloc(calls, conversation_application(invitation->conversation), leg, &call);

    if (err)
        return err;
    notice_keep_headers(call, json_object_get(asked.channel, "to"));
    notice_keep_headers(call, asked.channel);
    asked.leg = leg;
    asked.invitation = *limits;
    asked.legs_told = true;
    if (asked.user)
        err = member_add(invitation->conversation, &asked, &call->member);
    else
        err = member_invite(invitation->conversation, leg, limits, &call->member);
    if (err) {
        mem_unref(call);
        return err;
    }
    member_keep(call->member, call);
    *callp = call;
    return 0;
}

int call_invite(struct calls *calls, const struct call_invitation *invitation,
                struct member **member, const char **reason)
{
    static struct dial_reason why; /* the caller copies it before the next call */
    struct member_invitation limits;
    struct call *call;
    struct leg *leg;
    int err;

    *reason = NULL;
    why.text[0] = '\0';
    if (!conversation_active(invitation->conversation))
        return EPERM;
    err = dial(calls, invitation, &limits, &leg, &why);
    if (err) {
        *reason = *why.text ? why.text : strerror(err);
        return err;
    }
    err = add(calls, invitation, &limits, leg, &call);
    if (err) {
        leg_own(leg, NULL, NULL);
        mem_unref(leg);
        return err;
    }
    notice_started(call, leg_created(call->leg));
    *member = call->member;
    return 0;
}

static void answer(void *arg)
{
    struct call *call = arg;

    if (call->member && !leg_ending(call->leg))
        leg_answer(call->leg);
    mem_unref(call);
}

void call_answer_soon(struct call *call)
{
    mem_ref(call);
    if (!loop_post(bridge_loop(call->calls->bridge), answer, call))
        return;
    log_error("ncco", "no memory to answer id=%s", leg_id(call->leg));
    leg_hangup(call->leg, leg_cause_sip(500));
    mem_unref(call);
}

static void leave_parent(void *arg)
{
    struct call *call = arg;

    connect_child_moved(call);
    mem_unref(call);
}

/* What the parent does next may need a fence: not within what is written together. Without
 * memory for it the parent goes on when the leg ends. */
static void leave_parent_soon(struct call *call)
{
    if (call->parent && loop_post(bridge_loop(call->calls->bridge), leave_parent, mem_ref(call)))
        mem_unref(call);
}

int call_enter(struct member *member, struct conversation *conversation,
               const struct member_rules *rules, struct member **moved)
{
    struct call *call = member_kept(member);
    struct leg *leg = member_leg(member);
    int err;

    if (!leg || leg_ending(leg) || member_state_of(member) == MEMBER_LEFT)
        return ENOENT;
    if (!conversation_active(conversation))
        return EPERM;
    if (!call)
        return member_move(member, conversation, rules, moved);
    call_stop(call, TASK_MOVED);
    call->entering = true;
    err = member_move(member, conversation, rules, moved);
    call->entering = false;
    if (err) {
        leg_hangup(leg, leg_cause_sip(500)); /* it has no flow any more */
        return err;
    }
    leave_parent_soon(call);
    if (leg_direction_of(leg) == LEG_INBOUND && !leg_answered(leg))
        call_answer_soon(call);
    return 0;
}
