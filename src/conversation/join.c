/* join.c: coming in, going over, leaving. */
#include "conversation/private.h"
#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <string.h>

void member_join_room(struct member *member)
{
    if (!member->leg || !member->audio || member->state == MEMBER_LEFT)
        return;
    if (member->apart && leg_answered(member->leg)) {
        leg_leave(member->leg); /* it may come from another conversation */
        return;
    }
    if (conversation_room(member->conversation)) {
        log_error("conversation", "no room id=%s", member->conversation->id);
        leg_leave(member->leg); /* rather no sound than that of another conversation */
        return;
    }
    leg_join(member->leg, member->conversation->room);
    /* who speaks is told where people meet by name; a plain call has no such events */
    leg_watch(member->leg, LEG_WATCH_EVENTS, !member->conversation->transient);
    audibility_apply(member);
    if (leg_answered(member->leg))
        conversation_begin(member->conversation);
}

/* A member of a known user's, or (NULL) of a call's own. */
static int alloc_for_leg(struct conversation *conversation, struct user *known, const char *prefix,
                         struct leg *leg, struct member **memberp)
{
    struct user *user = known;
    int err = known ? 0 : user_make_system(conversation->application, prefix, &user);

    if (err) {
        conversation_check(conversation);
        return err;
    }
    err = member_alloc(conversation, user, leg, memberp);
    if (!known)
        mem_unref(user);
    if (!err)
        mem_unref(leg); /* ours now */
    return err;
}

static void save(const struct member *member)
{
    if (member->user->system && !member->conversation->transient)
        user_save(member->user);
    member_save(member);
}

int member_enter(struct conversation *conversation, struct leg *leg, struct member **member)
{
    return member_enter_as(conversation, leg, NULL, member);
}

int member_enter_as(struct conversation *conversation, struct leg *leg, struct user *user,
                    struct member **memberp)
{
    struct member *member;
    int err = alloc_for_leg(conversation, user, NULL, leg, &member);

    if (err)
        return err;
    member->channel = channel_inbound(leg);
    member->state = MEMBER_JOINED;
    member->joined = clock_wall_ms();
    member->initiator = json_pack("{s:{s:b}}", "joined", "isSystem", 1);
    member_attach(member);
    store_together(conversation->bridge->store);
    member_joined_event(member, clock_wall_ms());
    save(member);
    store_together_end(conversation->bridge->store);
    conversation->bridge->counts.legs_total++;
    *memberp = member;
    return 0;
}

int member_invite(struct conversation *conversation, struct leg *leg,
                  const struct member_invitation *invitation, struct member **memberp)
{
    struct member *member;
    int err = alloc_for_leg(conversation, NULL, "vapi-user-", leg, &member);

    if (err)
        return err;
    member->channel = channel_outbound(leg, invitation);
    member->state = MEMBER_INVITED;
    member->invited = clock_wall_ms();
    member->by_us = true;
    member->initiator = json_pack("{s:{s:b}}", "invited", "isSystem", 1);
    member_attach(member);
    save(member);
    conversation->bridge->counts.legs_total++;
    *memberp = member;
    return 0;
}

/* As the members API asks. */

static unsigned text_members(const struct conversation *conversation)
{
    return conversation->count - conversation->legs;
}

static int may_add(const struct conversation *conversation, const struct member_asked *asked)
{
    if (conversation->inactive || !conversation->listed)
        return EPERM;
    if (asked->leg)
        return 0;
    if (text_members(conversation) >= TEXT_MEMBERS)
        return EUSERS;
    list_each (node, &asked->user->members) {
        const struct member *member = list_entry(node, struct member, user_node);

        if (member->conversation == conversation && !member->leg && member->state != MEMBER_LEFT)
            return EEXIST;
    }
    return 0;
}

/* enabled, or audio itself, says whether the leg is to take part. */
static bool wants_audio(const json_t *media)
{
    const json_t *enabled = json_object_get(json_object_get(media, "audio_settings"), "enabled");

    return !json_is_false(json_object_get(media, "audio")) && !json_is_false(enabled);
}

static void take_asked(struct member *member, const struct member_asked *asked)
{
    const char *act = asked->join ? "joined" : "invited";

    member->channel = channel_asked(asked->channel, asked->leg, &asked->invitation);
    member->legs_told = asked->leg && asked->legs_told;
    member->by_us = asked->leg && leg_direction_of(asked->leg) == LEG_OUTBOUND;
    member->audio = asked->leg && wants_audio(asked->media);
    member->initiator = json_pack("{s:o}", act, initiator_json(&asked->initiator));
    if (asked->inviting)
        member->invited_by = mem_strdup(asked->inviting->id);
    if (asked->knocking_id)
        member->knocking_id = mem_strdup(asked->knocking_id);
    if (asked->join) {
        member->state = MEMBER_JOINED;
        member->joined = clock_wall_ms();
    } else {
        member->invited = clock_wall_ms();
    }
}

int member_add(struct conversation *conversation, const struct member_asked *asked,
               struct member **memberp)
{
    struct member *member;
    int err;

    MAGIC_CHECK(conversation, CONVERSATION_MAGIC);
    err = may_add(conversation, asked);
    if (!err)
        err = member_alloc(conversation, asked->user, asked->leg, &member);
    if (err)
        return err;
    mem_unref(asked->leg); /* ours now */
    take_asked(member, asked);
    member_attach(member);
    if (member->leg) {
        conversation->bridge->counts.legs_total++;
        history_note(member, LEG_STARTED, leg_created(member->leg));
    }
    store_together(conversation->bridge->store);
    if (asked->join)
        member_joined_event(member, clock_wall_ms());
    else
        member_invited_event(member, asked->inviting, clock_wall_ms());
    save(member);
    if (member->leg && leg_answered(member->leg)) {
        member_media_event(member, clock_wall_ms());
        member_join_room(member);
    }
    member_set_audio(member, json_object_get(asked->media, "audio_settings"));
    store_together_end(conversation->bridge->store);
    *memberp = member;
    return 0;
}

int member_join(struct member *member, const struct initiator *initiator)
{
    struct store *store = member->conversation->bridge->store;

    MAGIC_CHECK(member, MEMBER_MAGIC);
    if (member->state != MEMBER_INVITED)
        return EALREADY;
    if (member->conversation->inactive)
        return EPERM;
    member->state = MEMBER_JOINED;
    member->joined = clock_wall_ms();
    json_object_set_new(member->initiator, "joined", initiator_json(initiator));
    store_together(store);
    member_joined_event(member, clock_wall_ms());
    member_save(member);
    store_together_end(store);
    return 0;
}

/* Nobody is alone with it: it had no sound. */
static void leave_now(struct member *member)
{
    struct store *store = member->conversation->bridge->store;

    store_together(store);
    member_left_event(member, member->left, member->reason_code, member->reason_text);
    member_save(member);
    store_together_end(store);
    member_detach(member);
}

void member_leave(struct member *member, const struct initiator *initiator, const char *code,
                  const char *text)
{
    MAGIC_CHECK(member, MEMBER_MAGIC);
    if (member->state == MEMBER_LEFT)
        return;
    member->state = MEMBER_LEFT;
    member->left = clock_wall_ms();
    if (code)
        member->reason_code = mem_strdup(code);
    if (text)
        member->reason_text = mem_strdup(text);
    if (!member->initiator)
        member->initiator = json_object();
    json_object_set_new(member->initiator, "left", initiator_json(initiator));
    if (!member->leg) {
        leave_now(member);
        return;
    }
    member_save(member);
    audio_left(member);
    leg_leave(member->leg);
    leg_hangup(member->leg, NULL); /* its last status brings the event */
}

/* Going over. */

/* New rules where the leg is already; its mute stays unless the rules mute it. */
static int stay(struct member *member, const struct member_rules *rules)
{
    int err = audibility_set(member, rules);

    if (err)
        return err;
    audibility_apply(member);
    if (rules && rules->mute)
        member_mute(member, true, NULL);
    if (!rules || !rules->apart)
        member_set_apart(member, MEMBER_TOGETHER);
    return 0;
}

/* The same user on the same leg as a member of another conversation, unmuted: mute and
 * earmuff are lost on leaving. */
static int follow(struct member *member, struct conversation *to, const struct member_rules *rules,
                  struct member **nextp)
{
    struct member *next;
    int err =
        member_alloc(to, rules && rules->user ? rules->user : member->user, member->leg, &next);

    if (err)
        return err;
    next->channel = json_incref(member->channel);
    next->initiator = json_deep_copy(member->initiator);
    next->by_us = member->by_us;
    next->legs_told = member->legs_told;
    next->history = json_incref(member->history);
    next->invited = leg_answered(member->leg) ? 0 : member->invited;
    next->state = leg_answered(member->leg) || !member->invited ? MEMBER_JOINED : MEMBER_INVITED;
    next->joined = next->state == MEMBER_JOINED ? clock_wall_ms() : 0;
    next->call = member->call;
    next->digits = member->digits;
    if (rules && !(rules->apart == MEMBER_WAITS && conversation_has_begun(to)))
        next->apart = rules->apart;
    err = audibility_set(next, rules);
    if (err) {
        mem_unref(next);
        conversation_check(to);
        return err;
    }
    if (rules && rules->mute)
        leg_mute(member->leg, true); /* before anybody hears it; told once it is there */
    else if (member->muted)
        leg_mute(member->leg, false);
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

    member_unlist(member);
    member->state = MEMBER_LEFT;
    member->left = clock_wall_ms();
    member_left_event(member, member->left, "", "transferred");
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
    assert(member->leg);
    if (to == member->conversation) {
        if (movedp)
            *movedp = member;
        return stay(member, rules);
    }
    err = follow(member, to, rules, &next);
    if (err)
        return err;
    mem_ref(next); /* it may be gone when the hooks return */
    store_together(to->bridge->store);
    member_forget_leg(member);
    member_attach(next);
    if (next->state == MEMBER_JOINED)
        member_joined_event(next, clock_wall_ms());
    if (leg_answered(next->leg)) {
        member_media_event(next, clock_wall_ms());
        member_join_room(next);
    } else {
        leg_leave(next->leg); /* early media stays behind */
    }
    if (rules && rules->mute)
        member_mute(next, true, NULL);
    save(next);
    leave_for(member, next);
    store_together_end(next->conversation->bridge->store);
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
