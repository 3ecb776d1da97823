/* conversation.c: the `conversation` action: the leg joins a named conversation and stays until
 * it leaves, or the conversation ends.
 *
 *   startOnEnter false ──> waits, apart, with music ──one comes who does not wait──┐
 *   startOnEnter true  ──> joins, and so the conversation begins ──────────────────┴──> together
 *
 * It has begun while anybody is in its sound: when the moderator leaves, the others go on, and
 * who comes then does not wait. With endOnExit it ends for all when that one leaves: each goes
 * on with its next action, in a conversation of its own; who has none is hung up on. */
#include "ncco/private.h"
#include "conversation/audio.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct option options[] = {
    {"name", OPTION_TEXT, true, .low = 1, .high = 100,
     .help = "of the conversation, in the application"},
    {"musicOnHoldUrl", OPTION_SOUND, false, .help = "what is heard until it starts"},
    {"startOnEnter", OPTION_BOOL, false, "true",
     .help = "false: waits until somebody comes for whom it is true"},
    {"endOnExit", OPTION_BOOL, false, "false", .help = "it ends for all when this one leaves"},
    {"record", OPTION_BOOL, false, "false", .help = "is recorded from its start"},
    {"canSpeak", OPTION_IDS, false, .high = 1000,
     .help = "leg ids that hear this one; absent: all"},
    {"canHear", OPTION_IDS, false, .high = 1000, .help = "leg ids this one hears; absent: all"},
    {"mute", OPTION_BOOL, false, "false", .without = "canSpeak", .help = "starts muted"},
    {"eventUrl", OPTION_URL, false, .help = "who is told of the recording"},
    {"eventMethod", OPTION_ENUM, false, "POST", .values = "GET|POST", .help = "how it is told"},
    {"transcription", OPTION_OBJECT, false, .inside = transcription_options, .with = "record",
     .help = "has the recording written down"},
    {0},
};

/* Of the running action; borrowed. */
static json_t *object_of(const struct call *call)
{
    return call->action == &action_conversation ? json_array_get(call->ncco, call->next - 1) : NULL;
}

static void tell(struct call *call, const char *what, const char *why)
{
    char text[NCCO_REASON];

    snprintf(text, sizeof text, "conversation: %s%s", what, why);
    notice_error(call, text);
}

static void record(struct call *call, const json_t *action)
{
    const char *reason;
    int err = 0;

    if (option_bool(options, action, "record"))
        err = record_conversation(call, member_conversation(call->member), action, &reason);
    if (err)
        tell(call, "it is not recorded: ", reason ? reason : strerror(err));
}

/* Holds a reference of the call. */
static void music_loaded(const char *reason, void *arg)
{
    struct call *call = arg;

    if (reason && call->member)
        tell(call, "musicOnHoldUrl: ", reason);
    mem_unref(call);
}

static void play_music(struct call *call, const json_t *action)
{
    const char *url = option_text(options, action, "musicOnHoldUrl");
    int err = url ? audio_music(call->member, url, music_loaded, mem_ref(call)) : 0;

    if (err)
        music_loaded(err == EINVAL ? "no sound has such a name" : strerror(err), call);
}

static void joined(struct call *call, const json_t *action)
{
    call->ends_all = option_bool(options, action, "endOnExit");
    if (member_apart_of(call->member) == MEMBER_WAITS)
        play_music(call, action);
    else
        record(call, action);
}

void conversation_begun(struct call *call)
{
    const json_t *action = object_of(call);

    if (action && !leg_ending(call->leg))
        record(call, action);
}

static void start(struct call *call, json_t *action)
{
    struct bridge *bridge = call->calls->bridge;
    struct conversation *conversation;
    struct member_rules rules = {
        .can_hear = option_value(action, "canHear"),
        .can_speak = option_value(action, "canSpeak"),
        .mute = option_bool(options, action, "mute"),
        .apart = option_bool(options, action, "startOnEnter") ? MEMBER_TOGETHER : MEMBER_WAITS,
    };
    int err = conversation_open(bridge, call->application, option_text(options, action, "name"),
                                false, &conversation);

    if (!err && !conversation_active(conversation)) {
        notice_error(call, "conversation: it is inactive, and takes nobody");
        leg_hangup(call->leg, leg_cause_sip(503));
        return;
    }
    if (!err)
        err = member_move(call->member, conversation, &rules, NULL);
    if (err) {
        tell(call, "it could not be entered: ", strerror(err));
        leg_hangup(call->leg, leg_cause_sip(500));
    } else {
        joined(call, action);
    }
}

/* The conversation has ended for somebody. */

struct leaving {
    struct call *call; /* our reference */
    unsigned turn;
};

static int move_out(struct call *call)
{
    struct conversation *own;
    int err = conversation_open(call->calls->bridge, call->application, NULL, true, &own);

    return err ? err : member_move(call->member, own, NULL, NULL);
}

static void leave(void *arg)
{
    struct leaving *leaving = arg;
    struct call *call = leaving->call;

    if (call->member && call->turn == leaving->turn && !leg_ending(call->leg)) {
        call->ends_all = false; /* it has ended already */
        if (call->next < json_array_size(call->ncco) && move_out(call))
            leg_hangup(call->leg, leg_cause_sip(500));
        else
            call_next(call);
    }
    mem_unref(call);
    mem_unref(leaving);
}

/* Not within what is written together. */
static int leave_soon(struct call *call)
{
    struct leaving *leaving = mem_alloc(sizeof *leaving, NULL);
    int err = leaving ? 0 : ENOMEM;

    if (err)
        return err;
    leaving->call = mem_ref(call);
    leaving->turn = call->turn;
    err = loop_post(bridge_loop(call->calls->bridge), leave, leaving);
    if (err) {
        mem_unref(leaving->call);
        mem_unref(leaving);
    }
    return err;
}

static bool send_away(struct member *member, void *arg)
{
    struct call *call = member_kept(member);

    if (!member_leg(member) || call == arg)
        return false;
    if (!call || !object_of(call) || leave_soon(call))
        leg_hangup(member_leg(member), NULL);
    return false;
}

void conversation_left(struct call *call, struct conversation *conversation)
{
    bool ends = call->ends_all;

    call->ends_all = false;
    if (ends)
        conversation_each(conversation, send_away, call);
}

const struct action action_conversation = {
    .name = "conversation",
    .help = "The leg joins a named conversation.",
    .options = options,
    .answers = true,
    .start = start,
};
