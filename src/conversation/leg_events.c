/* leg_events.c: what happens to a leg, told as events of its member's conversation,
 * then handed to the floor above. */
#include "conversation/private.h"
#include "base/clock.h"
#include "base/mem.h"

#include <stdio.h>

static void on_ringing(struct member *member, const struct leg_news *news)
{
    json_t *body = json_pack("{s:O}", "channel", member->channel);

    if (member->legs_told)
        json_object_set_new(body, "direction", json_string("outbound"));
    history_event(member, news);
    conversation_event(member->conversation, "sip:ringing", member, NULL, body, news->at);
}

/* The caller is a member before there is sound and joins once more with it; a dialled
 * leg joins now. sip:answered of the outbound leg comes first, as recorded. */
static void on_answered(struct member *member, const struct leg_news *news)
{
    struct leg *leg = member->leg;

    if (member->state == MEMBER_LEFT)
        return;
    member->joined = clock_wall_ms();
    member->state = MEMBER_JOINED;
    conversation_event(member->conversation, "sip:answered", member, NULL,
                       json_pack("{s:O,s:s}", "channel", member->channel, "direction",
                                 leg_direction_text(leg_direction_of(leg))),
                       news->at);
    history_event(member, news);
    member_joined_event(member, clock_wall_ms());
    member_media_event(member, clock_wall_ms());
    member_save(member);
    member_join_room(member);
}

static void hangup_event(struct member *member, const struct leg_news *news, const char *code)
{
    static const struct stream_stats none;
    const struct stream_stats *stats = news->stats ? news->stats : &none;

    conversation_event(member->conversation, "sip:hangup", member, NULL,
                       json_pack("{s:s,s:{s:s,s:s,s:i},s:o,s:{s:I,s:I},s:O}", "direction",
                                 leg_direction_text(leg_direction_of(member->leg)), "reason",
                                 "text", news->phrase ? news->phrase : "", "code", code, "sip_code",
                                 news->sip_code, "quality", quality_json(stats), "bandwidth",
                                 "bytes_in", (json_int_t)stats->bytes_in, "bytes_out",
                                 (json_int_t)stats->bytes_out, "channel", member->channel),
                       news->at);
}

/* What it left with: the reason REST gave, else the leg's. */
static void leave(struct member *member, const struct leg_news *news, const char *code)
{
    bool asked = member->state == MEMBER_LEFT;
    const char *text = news->phrase ? news->phrase : "";

    member->state = MEMBER_LEFT;
    if (!member->left)
        member->left = news->at;
    if (asked && (member->reason_code || member->reason_text))
        member_left_event(member, member->left, member->reason_code, member->reason_text);
    else
        member_left_event(member, news->at, code, text);
}

static void on_final(struct member *member, const struct leg_news *news)
{
    struct conversation *conversation = mem_ref(member->conversation);
    struct bridge *bridge = conversation->bridge;
    char code[16];

    snprintf(code, sizeof code, "%d", news->sip_code);
    bridge->counts.ended[news->status]++;
    store_together(bridge->store);
    hangup_event(member, news, code);
    history_event(member, news);
    leave(member, news, code);
    history_charge(member, news);
    member_save(member);
    if (bridge->hooks.status)
        bridge->hooks.status(member, news, bridge->hooks.arg);
    store_together_end(bridge->store);
    member_detach(member);
    if (conversation->listed && conversation->count && bridge->hooks.left)
        bridge->hooks.left(conversation, bridge->hooks.arg);
    mem_unref(conversation);
}

/* Events, the rows they change and what the hook writes of it become durable together. */
static void on_status(struct leg *leg, const struct leg_news *news, void *arg)
{
    struct member *member = arg;
    struct bridge *bridge;

    MAGIC_CHECK(member, MEMBER_MAGIC);
    bridge = member->conversation->bridge;
    if (leg_status_final(news->status)) {
        on_final(member, news);
        return;
    }
    store_together(bridge->store);
    if (news->status == LEG_RINGING && leg_direction_of(leg) == LEG_OUTBOUND)
        on_ringing(member, news);
    else if (news->status == LEG_ANSWERED)
        on_answered(member, news);
    if (bridge->hooks.status)
        bridge->hooks.status(member, news, bridge->hooks.arg);
    store_together_end(bridge->store);
}

static void on_early(struct leg *leg, void *arg)
{
    struct member *member = arg;
    const struct bridge_hooks *hooks = &member->conversation->bridge->hooks;

    (void)leg;
    member_join_room(member);
    if (hooks->early)
        hooks->early(member, hooks->arg);
}

/* The WebSocket servers among the others are told, too: a key is not in the sound they get. */
static void tell_others(const struct member *member, char digit, unsigned duration_ms)
{
    list_each (node, &member->conversation->members) {
        const struct member *other = list_entry(node, struct member, node);

        if (other != member && other->leg && other->state == MEMBER_JOINED)
            leg_hear_digit(other->leg, digit, duration_ms);
    }
}

int64_t member_digit(struct member *member, char digit, unsigned duration_ms)
{
    const struct bridge_hooks *hooks = &member->conversation->bridge->hooks;
    char text[2] = {digit, '\0'};
    int64_t event;

    event = conversation_event(member->conversation, "audio:dtmf", member, NULL,
                               json_pack("{s:s,s:s,s:i,s:s,s:i,s:O}", "digit", text, "digits", text,
                                         "dtmf_seq", (int)++member->digits, "method", "in",
                                         "duration", (int)duration_ms, "channel", member->channel),
                               clock_wall_ms());
    tell_others(member, digit, duration_ms);
    if (hooks->digit)
        hooks->digit(member, digit, duration_ms, hooks->arg);
    return event;
}

static void on_digit(struct leg *leg, char digit, unsigned duration_ms, void *arg)
{
    (void)leg;
    member_digit(arg, digit, duration_ms);
}

static void on_played(struct leg *leg, uint32_t play, bool completed, void *arg)
{
    struct member *member = arg;
    const struct bridge_hooks *hooks = &member->conversation->bridge->hooks;

    (void)leg;
    if (!audio_played(member, play) && hooks->played)
        hooks->played(member, play, completed, hooks->arg);
}

static void on_silent(struct leg *leg, void *arg)
{
    struct member *member = arg;
    const struct bridge_hooks *hooks = &member->conversation->bridge->hooks;

    (void)leg;
    if (hooks->silent)
        hooks->silent(member, hooks->arg);
}

static void on_speaking(struct leg *leg, bool on, void *arg)
{
    struct member *member = arg;
    const struct bridge_hooks *hooks = &member->conversation->bridge->hooks;

    (void)leg;
    if (hooks->speaking)
        hooks->speaking(member, on, hooks->arg);
    if (member->state != MEMBER_JOINED || member->conversation->transient)
        return;
    conversation_event(member->conversation, on ? "audio:speaking:on" : "audio:speaking:off",
                       member, NULL, json_pack("{s:O}", "channel", member->channel),
                       clock_wall_ms());
}

/* media:problem, beside the catalogue of the API: why a member is not heard. */
static void on_problem(struct leg *leg, const struct leg_trouble *trouble, void *arg)
{
    struct member *member = arg;
    json_t *body;

    (void)leg;
    if (member->state != MEMBER_JOINED)
        return;
    body = trouble_json(trouble);
    json_object_set_new(body, "leg_id", json_string(member->leg_id));
    json_object_set(body, "channel", member->channel);
    conversation_event(member->conversation, "media:problem", member, NULL, body, clock_wall_ms());
}

/* media:hold, likewise: a member wants to hear nothing for a while. */
static void on_held(struct leg *leg, bool on, void *arg)
{
    struct member *member = arg;

    (void)leg;
    if (member->state != MEMBER_JOINED)
        return;
    conversation_event(member->conversation, "media:hold", member, NULL,
                       json_pack("{s:s,s:s,s:O}", "state", on ? "began" : "ended", "leg_id",
                                 member->leg_id, "channel", member->channel),
                       clock_wall_ms());
}

/* leg:refer, likewise: what the peer that was sent elsewhere tells of it; then it is let go. */
static void on_referred(struct leg *leg, int status, void *arg)
{
    struct member *member = arg;

    if (member->state == MEMBER_JOINED)
        conversation_event(member->conversation, "leg:refer", member, NULL,
                           json_pack("{s:s,s:i,s:s,s:O}", "leg_id", member->leg_id, "sip_code",
                                     status, "state",
                                     status < 200   ? "started"
                                     : status < 300 ? "completed"
                                                    : "failed",
                                     "channel", member->channel),
                           clock_wall_ms());
    if (status >= 200 && status < 300)
        leg_hangup(leg, NULL);
}

static int on_refer(struct leg *leg, const struct leg_refer *refer, void *arg)
{
    struct member *member = arg;
    const struct bridge_hooks *hooks = &member->conversation->bridge->hooks;

    (void)leg;
    return hooks->refer ? hooks->refer(member, refer, hooks->arg) : 403;
}

static void on_detected(struct leg *leg, enum detect_verdict verdict, void *arg)
{
    struct member *member = arg;
    const struct bridge_hooks *hooks = &member->conversation->bridge->hooks;

    (void)leg;
    if (hooks->detected)
        hooks->detected(member, verdict, hooks->arg);
}

void member_own_leg(struct member *member)
{
    static const struct leg_handlers handlers = {
        .status = on_status,
        .early = on_early,
        .digit = on_digit,
        .played = on_played,
        .silent = on_silent,
        .speaking = on_speaking,
        .held = on_held,
        .refer = on_refer,
        .referred = on_referred,
        .problem = on_problem,
        .detected = on_detected,
    };

    leg_own(member->leg, &handlers, member);
}
