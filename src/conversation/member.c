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

int member_alloc(struct conversation *conversation, struct leg *leg, struct member **memberp)
{
    struct member *member = mem_alloc(sizeof *member, destroy);

    if (!member)
        return ENOMEM;
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

/* Takes the member off every list and releases it; its leg lives on if another refs it. */
void member_detach(struct member *member)
{
    struct conversation *conversation = mem_ref(member->conversation);
    struct member_rules none = {0};

    audibility_set(member, &none);
    list_remove(&member->node);
    conversation->count--;
    HASH_DELETE(hh, conversation->bridge->by_leg, member);
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

static void take_rules(struct member *member, const struct member_rules *rules)
{
    audibility_set(member, rules);
    if (rules && rules->mute && !member->muted) {
        member->muted = true;
        leg_mute(member->leg, true);
    }
}

static void leave_for(struct member *member, struct member *next)
{
    struct bridge *bridge = member->conversation->bridge;
    struct conversation *from = mem_ref(member->conversation);
    int64_t now = clock_wall_ms();

    member->state = MEMBER_LEFT;
    conversation_event(from, "member:left", member, NULL,
                       json_pack("{s:{s:s},s:O,s:{s:o,s:o},s:{s:s,s:s}}", "user", "id",
                                 member->user_id, "channel", member->channel, "timestamp", "joined",
                                 iso_time(member->joined), "left", iso_time(now), "reason", "code",
                                 "", "text", "transferred"),
                       now);
    member_save(member);
    if (bridge->hooks.moved)
        bridge->hooks.moved(next, from, bridge->hooks.arg);
    if (from->count && bridge->hooks.left)
        bridge->hooks.left(from, bridge->hooks.arg);
    mem_unref(from);
}

int member_move(struct member *member, struct conversation *to, const struct member_rules *rules,
                struct member **movedp)
{
    struct member *next;
    struct conversation *from = member->conversation;
    bool up = leg_status_of(member->leg) == LEG_ANSWERED;
    int err;

    MAGIC_CHECK(member, MEMBER_MAGIC);
    if (to == from) {
        take_rules(member, rules);
        audibility_apply(member);
        if (movedp)
            *movedp = member;
        return 0;
    }
    err = member_alloc(to, member->leg, &next);
    if (err)
        return err;
    memcpy(next->user_id, member->user_id, sizeof next->user_id);
    memcpy(next->user_name, member->user_name, sizeof next->user_name);
    next->channel = json_incref(member->channel);
    next->by_us = member->by_us;
    next->state = MEMBER_JOINED;
    next->joined = clock_wall_ms();
    next->call = member->call;
    /* mute and earmuff are lost on leaving */
    if (member->muted)
        leg_mute(member->leg, false);
    if (member->earmuffed)
        leg_earmuff(member->leg, false);
    HASH_DELETE(hh, from->bridge->by_leg, member);
    member_attach(next);
    take_rules(next, rules);
    member_joined_event(next, clock_wall_ms());
    if (up) {
        member_media_event(next, clock_wall_ms());
        member_join_room(next);
    }
    save_user(next);
    member_save(next);
    /* the old member is off the leg hash already: put a place there for detach */
    member->leg_id[0] = '\0';
    list_remove(&member->node);
    from->count--;
    audibility_set(member, NULL);
    leave_for(member, next);
    mem_ref(from);
    mem_unref(member);
    conversation_check(from);
    mem_unref(from);
    if (movedp)
        *movedp = next;
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
