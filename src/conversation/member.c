/* member.c: a member of a conversation and its leg.
 *
 *   invited ──answer──> joined ──┬──> left      inbound: joined at once
 *      └──refused, timeout, …────┘
 *
 * The conversation's list holds a member's only reference; `left` is final, and the
 * member is gone after its last event. */
#include "conversation/private.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void destroy(void *obj)
{
    struct member *member = obj;

    json_decref(member->channel);
    json_decref(member->can_hear);
    json_decref(member->can_speak);
    mem_unref(member->leg);
    mem_unref(member->conversation);
    member->magic = 0;
}

const char *member_state_text(enum member_state state)
{
    static const char *const words[] = {"INVITED", "JOINED", "LEFT"};

    return words[state];
}

static int member_alloc(struct conversation *conversation, struct leg *leg, struct member **memberp)
{
    struct member *member = mem_alloc(sizeof *member, destroy);

    if (!member) {
        conversation_check(conversation); /* it may have been opened for this one */
        return ENOMEM;
    }
    member->magic = MEMBER_MAGIC;
    id_prefixed(member->id, "MEM");
    member->conversation = mem_ref(conversation);
    member->leg = mem_ref(leg);
    snprintf(member->leg_id, sizeof member->leg_id, "%s", leg_id(leg));
    *memberp = member;
    return 0;
}

void member_attach(struct member *member)
{
    struct conversation *conversation = member->conversation;
    struct bridge *bridge = conversation->bridge;

    loop_cancel(bridge->loop, &conversation->ttl);
    list_append(&conversation->members, &member->node);
    conversation->count++;
    HASH_ADD_STR(bridge->by_leg, leg_id, member);
    member_own_leg(member);
}

static void forget_leg(struct member *member)
{
    if (member->hh.tbl)
        HASH_DELETE(hh, member->conversation->bridge->by_leg, member);
    member->hh.tbl = NULL;
}

/* Takes the member off every list and releases it; its leg lives on if another refs it. */
void member_detach(struct member *member)
{
    struct conversation *conversation = mem_ref(member->conversation);

    if (member->node.next) {
        list_remove(&member->node);
        conversation->count--;
        forget_leg(member);
    }
    mem_unref(member);
    conversation_check(conversation);
    mem_unref(conversation);
}

static void save_user(const struct member *member)
{
    struct store_user row = {
        .id = member->user_id,
        .application = member->conversation->application->id,
        .name = member->user_name,
        .data = "{}",
        .created = clock_wall_ms(),
    };

    if (!member->conversation->transient)
        store_user_put(member->conversation->bridge->store, &row);
}

/* The members of a plain call go with it; those of a persistent conversation are kept. */
void member_save(const struct member *member)
{
    const struct conversation *conversation = member->conversation;
    struct store_member row = {
        .id = member->id,
        .conversation = conversation->id,
        .application = conversation->application->id,
        .user = member->user_id,
        .state = member_state_text(member->state),
        .created = member->invited ? member->invited : member->joined,
    };
    json_t *data;
    char *text;

    if (conversation->transient)
        return;
    data = json_pack("{s:s,s:O,s:I,s:I,s:b,s:b}", "name", member->user_name, "channel",
                     member->channel, "invited", (json_int_t)member->invited, "joined",
                     (json_int_t)member->joined, "muted", member->muted, "earmuffed",
                     member->earmuffed);
    text = json_dumps(data, JSON_COMPACT);
    row.data = text;
    store_member_put(conversation->bridge->store, &row);
    free(text);
    json_decref(data);
}

void member_joined_event(struct member *member, int64_t at)
{
    json_t *timestamp = json_object();

    if (member->invited)
        json_object_set_new(timestamp, "invited", iso_time(member->invited));
    json_object_set_new(timestamp, "joined", iso_time(member->joined));
    conversation_event(member->conversation, "member:joined", member, NULL,
                       json_pack("{s:{s:s},s:O,s:o}", "user", "id", member->user_id, "channel",
                                 member->channel, "timestamp", timestamp),
                       at);
}

void member_left_event(struct member *member, int64_t at, const char *code, const char *text)
{
    json_t *timestamp = json_object();
    json_t *body = json_pack("{s:{s:s}}", "user", "id", member->user_id);

    if (member->channel)
        json_object_set(body, "channel", member->channel);
    if (member->joined)
        json_object_set_new(timestamp, "joined", iso_time(member->joined));
    json_object_set_new(timestamp, "left", iso_time(at));
    json_object_set_new(body, "timestamp", timestamp);
    json_object_set_new(body, "reason", json_pack("{s:s,s:s}", "code", code, "text", text));
    conversation_event(member->conversation, "member:left", member, NULL, body, at);
}

void member_media_event(struct member *member, int64_t at)
{
    conversation_event(member->conversation, "member:media", member, NULL,
                       json_pack("{s:b,s:{s:b,s:{s:b,s:b,s:b}},s:O}", "audio", 1, "media", "audio",
                                 1, "audio_settings", "enabled", 1, "earmuffed", member->earmuffed,
                                 "muted", member->muted, "channel", member->channel),
                       at);
}

void member_join_room(struct member *member)
{
    if (conversation_room(member->conversation)) {
        log_error("conversation", "no room id=%s", member->conversation->id);
        leg_leave(member->leg); /* rather no sound than that of another conversation */
        return;
    }
    leg_join(member->leg, member->conversation->room);
    audibility_apply(member);
}

int member_enter(struct conversation *conversation, struct leg *leg, struct member **memberp)
{
    struct member *member;
    int err = member_alloc(conversation, leg, &member);

    if (err)
        return err;
    mem_unref(leg); /* ours now */
    id_prefixed(member->user_id, "USR");
    memcpy(member->user_name, member->user_id, sizeof member->user_id);
    member->channel = channel_inbound(leg);
    member->state = MEMBER_JOINED;
    member->joined = clock_wall_ms();
    member_attach(member);
    member_joined_event(member, clock_wall_ms());
    save_user(member);
    member_save(member);
    conversation->bridge->counts.legs_total++;
    *memberp = member;
    return 0;
}

int member_invite(struct conversation *conversation, struct leg *leg,
                  const struct member_invitation *invitation, struct member **memberp)
{
    struct member *member;
    char hex[ID_HEX32];
    int err = member_alloc(conversation, leg, &member);

    if (err)
        return err;
    mem_unref(leg);
    id_prefixed(member->user_id, "USR");
    id_hex32(hex);
    snprintf(member->user_name, sizeof member->user_name, "vapi-user-%s", hex);
    member->channel = channel_outbound(leg, invitation);
    member->state = MEMBER_INVITED;
    member->invited = clock_wall_ms();
    member->by_us = true;
    member_attach(member);
    save_user(member);
    member_save(member);
    conversation->bridge->counts.legs_total++;
    *memberp = member;
    return 0;
}

/* New rules where the leg is already; its mute stays unless the rules mute it. */
static int stay(struct member *member, const struct member_rules *rules)
{
    int err = audibility_set(member, rules);

    if (err)
        return err;
    audibility_apply(member);
    if (rules && rules->mute)
        member_mute(member, true);
    return 0;
}

/* The same user on the same leg as a member of another conversation, unmuted: mute and
 * earmuff are lost on leaving. */
static int follow(struct member *member, struct conversation *to, const struct member_rules *rules,
                  struct member **nextp)
{
    struct member *next;
    int err = member_alloc(to, member->leg, &next);

    if (err)
        return err;
    memcpy(next->user_id, member->user_id, sizeof next->user_id);
    memcpy(next->user_name, member->user_name, sizeof next->user_name);
    next->channel = json_incref(member->channel);
    next->by_us = member->by_us;
    next->invited = leg_answered(member->leg) ? 0 : member->invited;
    next->state = leg_answered(member->leg) || !member->invited ? MEMBER_JOINED : MEMBER_INVITED;
    next->joined = next->state == MEMBER_JOINED ? clock_wall_ms() : 0;
    next->call = member->call;
    next->digits = member->digits;
    err = audibility_set(next, rules);
    if (err) {
        mem_unref(next);
        conversation_check(to);
        return err;
    }
    next->muted = rules && rules->mute;
    if (member->muted != next->muted)
        leg_mute(member->leg, next->muted);
    if (member->earmuffed)
        leg_earmuff(member->leg, false);
    *nextp = next;
    return 0;
}

/* Off every list of the old conversation; what the others are told of it. */
static void leave_for(struct member *member, struct member *next)
{
    struct bridge *bridge = member->conversation->bridge;
    struct conversation *from = member->conversation;

    list_remove(&member->node);
    from->count--;
    member->state = MEMBER_LEFT;
    member_left_event(member, clock_wall_ms(), "", "transferred");
    member_save(member);
    /* either hook may make somebody else move, and empty the conversation */
    if (bridge->hooks.moved)
        bridge->hooks.moved(next, from, bridge->hooks.arg);
    if (from->count && bridge->hooks.left)
        bridge->hooks.left(from, bridge->hooks.arg);
}

int member_move(struct member *member, struct conversation *to, const struct member_rules *rules,
                struct member **movedp)
{
    struct member *next = NULL;
    int err;

    MAGIC_CHECK(member, MEMBER_MAGIC);
    if (to == member->conversation) {
        if (movedp)
            *movedp = member;
        return stay(member, rules);
    }
    err = follow(member, to, rules, &next);
    if (err)
        return err;
    mem_ref(next); /* it may be gone when the hooks return */
    forget_leg(member);
    member_attach(next);
    if (next->state == MEMBER_JOINED)
        member_joined_event(next, clock_wall_ms());
    if (leg_answered(next->leg)) {
        member_media_event(next, clock_wall_ms());
        member_join_room(next);
    } else {
        leg_leave(next->leg); /* early media stays behind */
    }
    save_user(next);
    member_save(next);
    leave_for(member, next);
    member_detach(member);
    if (movedp)
        *movedp = next;
    mem_unref(next);
    return 0;
}

void member_listen(struct member *member)
{
    member_join_room(member);
}

struct member *member_of_leg(struct bridge *bridge, const char *leg)
{
    struct member *member = NULL;

    HASH_FIND_STR(bridge->by_leg, leg, member);
    return member;
}

void member_debug(const struct member *member, char *out, size_t size)
{
    snprintf(out, size, "member id=%s %s user=%s leg=%s conversation=%s%s%s", member->id,
             member_state_text(member->state), member->user_id, member->leg_id,
             member->conversation->id, member->muted ? " muted" : "",
             member->earmuffed ? " earmuffed" : "");
}

/* One act behind every door: one audio event, one member:media, one change of sound. */
static void switch_audio(struct member *member, bool *flag, bool on, const char *what)
{
    char type[32];
    int64_t now = clock_wall_ms();

    MAGIC_CHECK(member, MEMBER_MAGIC);
    if (*flag == on)
        return;
    *flag = on;
    snprintf(type, sizeof type, "audio:%s:%s", what, on ? "on" : "off");
    conversation_event(member->conversation, type, member, member, json_object(), now);
    member_media_event(member, now);
    member_save(member);
}

void member_mute(struct member *member, bool on)
{
    leg_mute(member->leg, on);
    switch_audio(member, &member->muted, on, "mute");
}

void member_earmuff(struct member *member, bool on)
{
    leg_earmuff(member->leg, on);
    switch_audio(member, &member->earmuffed, on, "earmuff");
}

const char *member_id(const struct member *member)
{
    return member->id;
}

const char *member_user_id(const struct member *member)
{
    return member->user_id;
}

const char *member_user_name(const struct member *member)
{
    return member->user_name;
}

enum member_state member_state_of(const struct member *member)
{
    return member->state;
}

struct conversation *member_conversation(const struct member *member)
{
    return member->conversation;
}

struct leg *member_leg(const struct member *member)
{
    return member->leg;
}

json_t *member_channel(const struct member *member)
{
    return member->channel;
}

bool member_invited_by_us(const struct member *member)
{
    return member->by_us;
}

int64_t member_invited(const struct member *member)
{
    return member->invited;
}

int64_t member_joined(const struct member *member)
{
    return member->joined;
}

bool member_muted(const struct member *member)
{
    return member->muted;
}

bool member_earmuffed(const struct member *member)
{
    return member->earmuffed;
}

void member_keep(struct member *member, void *call)
{
    member->call = call;
}

void *member_kept(const struct member *member)
{
    return member->call;
}
