/* member.c: a member of a conversation and its leg, if it has one.
 *
 *   invited ──answer, join──> joined ──┬──> left      inbound: joined at once
 *      └──refused, timeout, leave──────┘
 *
 * The conversation's list holds a member's only reference; `left` is final, and the
 * member is gone after its last event. Who is made to leave is LEFT at once for everybody
 * who looks, and gone when its leg is over. */
#include "conversation/private.h"
#include "base/clock.h"
#include "base/log.h"
#include "json/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void destroy(void *obj)
{
    struct member *member = obj;

    list_remove(&member->user_node);
    json_decref(member->channel);
    json_decref(member->initiator);
    json_decref(member->history);
    json_decref(member->can_hear);
    json_decref(member->can_speak);
    mem_unref(member->invited_by);
    mem_unref(member->knocking_id);
    mem_unref(member->reason_code);
    mem_unref(member->reason_text);
    mem_unref(member->leg);
    mem_unref(member->user);
    mem_unref(member->conversation);
    member->magic = 0;
}

const char *member_state_text(enum member_state state)
{
    static const char *const words[] = {"INVITED", "JOINED", "LEFT"};

    return words[state];
}

int member_alloc(struct conversation *conversation, struct user *user, struct leg *leg,
                 struct member **memberp)
{
    struct member *member = mem_alloc(sizeof *member, destroy);

    if (!member) {
        conversation_check(conversation); /* it may have been opened for this one */
        return ENOMEM;
    }
    member->magic = MEMBER_MAGIC;
    id_prefixed(member->id, "MEM");
    member->conversation = mem_ref(conversation);
    member->user = mem_ref(user);
    member->audio = leg != NULL;
    if (leg) {
        member->leg = mem_ref(leg);
        snprintf(member->leg_id, sizeof member->leg_id, "%s", leg_id(leg));
    }
    *memberp = member;
    return 0;
}

void member_attach(struct member *member)
{
    struct conversation *conversation = member->conversation;
    struct bridge *bridge = conversation->bridge;

    loop_cancel(bridge->loop, &conversation->ttl);
    list_append(&conversation->members, &member->node);
    list_append(&member->user->members, &member->user_node);
    conversation->count++;
    HASH_ADD(hh_id, bridge->by_id, id, strlen(member->id), member);
    if (member->leg) {
        conversation->legs++;
        HASH_ADD_STR(bridge->by_leg, leg_id, member);
        member_own_leg(member);
    }
    conversation_touch(conversation);
}

void member_forget_leg(struct member *member)
{
    if (member->hh.tbl)
        HASH_DELETE(hh, member->conversation->bridge->by_leg, member);
    member->hh.tbl = NULL;
}

void member_unlist(struct member *member)
{
    struct conversation *conversation = member->conversation;

    if (!member->node.next)
        return;
    audio_left(member);
    list_remove(&member->node);
    list_remove(&member->user_node);
    conversation->count--;
    if (member->leg)
        conversation->legs--;
    if (member->hh_id.tbl)
        HASH_DELETE(hh_id, conversation->bridge->by_id, member);
    member->hh_id.tbl = NULL;
    conversation_touch(conversation);
}

/* Takes the member off every list and releases it; its leg lives on if another refs it. */
void member_detach(struct member *member)
{
    struct conversation *conversation = mem_ref(member->conversation);

    if (member->node.next) {
        member_unlist(member);
        member_forget_leg(member);
    }
    mem_unref(member);
    conversation_check(conversation);
    mem_unref(conversation);
}

/* The members of a plain call go with it, but those of users that REST made; all of a
 * persistent conversation are kept. */
void member_save(const struct member *member)
{
    const struct conversation *conversation = member->conversation;
    struct store_member row = {
        .id = member->id,
        .conversation = conversation->id,
        .application = conversation->application->id,
        .user = member->user->id,
        .state = member_state_text(member->state),
        .created = member->invited ? member->invited : member->joined,
    };
    json_t *data;
    char *text;

    conversation_touch(conversation);
    if (!conversation->listed || (conversation->transient && member->user->system))
        return;
    data = member_data(member);
    text = json_text(data);
    row.data = text;
    store_member_put(conversation->bridge->store, &row);
    free(text);
    json_decref(data);
}

unsigned application_dialled(const struct application *application)
{
    const struct bridge *bridge = application->bridge;
    unsigned count = 0;
    struct member *member, *next;

    HASH_ITER (hh, bridge->by_leg, member, next) {
        const struct leg *leg = member->leg;
        enum endpoint_type type = leg ? leg_to(leg)->type : ENDPOINT_APP;

        count += member->conversation->application == application && type != ENDPOINT_APP &&
                 type != ENDPOINT_WEBSOCKET && leg_direction_of(leg) == LEG_OUTBOUND &&
                 !leg_ending(leg);
    }
    return count;
}

struct member *member_of_leg(struct bridge *bridge, const char *leg)
{
    struct member *member = NULL;

    HASH_FIND_STR(bridge->by_leg, leg, member);
    return member;
}

struct member *member_find(struct conversation *conversation, const char *id)
{
    struct member *member = NULL;

    HASH_FIND(hh_id, conversation->bridge->by_id, id, strlen(id), member);
    return member && member->conversation == conversation ? member : NULL;
}

struct member *member_of_user(struct conversation *conversation, const struct user *user)
{
    struct member *found = NULL;

    list_each (node, &user->members) {
        struct member *member = list_entry(node, struct member, user_node);

        if (member->conversation != conversation || member->state == MEMBER_LEFT)
            continue;
        if (!found || (member->state == MEMBER_JOINED && found->state != MEMBER_JOINED))
            found = member;
    }
    return found;
}

void member_debug(const struct member *member, char *out, size_t size)
{
    snprintf(out, size, "member id=%s %s user=%s leg=%s conversation=%s%s%s", member->id,
             member_state_text(member->state), member->user->id,
             *member->leg_id ? member->leg_id : "none", member->conversation->id,
             member->muted ? " muted" : "", member->earmuffed ? " earmuffed" : "");
}

const char *member_id(const struct member *member)
{
    return member->id;
}

struct user *member_user(const struct member *member)
{
    return member->user;
}

const char *member_user_id(const struct member *member)
{
    return member->user->id;
}

const char *member_user_name(const struct member *member)
{
    return member->user->name;
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
