/* begin.c: a conversation begins when somebody is in its sound who did not have to wait for
 * that, and goes on until the last of them has left. It is a state of the people in it: a
 * conversation that persists begins anew with the next ones. */
#include "conversation/private.h"
#include "conversation/audio.h"

static bool is_heard(const struct member *member)
{
    return member->leg && member->audio && member->apart == MEMBER_TOGETHER &&
           member->state == MEMBER_JOINED && leg_answered(member->leg) && !leg_ending(member->leg);
}

bool conversation_has_begun(const struct conversation *conversation)
{
    list_each (node, &conversation->members) {
        if (is_heard(list_entry(node, struct member, node)))
            return true;
    }
    return false;
}

enum member_apart member_apart_of(const struct member *member)
{
    return member->apart;
}

void member_set_apart(struct member *member, enum member_apart apart)
{
    const struct bridge_hooks *hooks;
    enum member_apart before;

    MAGIC_CHECK(member, MEMBER_MAGIC);
    hooks = &member->conversation->bridge->hooks;
    before = member->apart;
    if (apart == before)
        return;
    member->apart = apart;
    if (before == MEMBER_WAITS)
        audio_music_stop(member);
    if (!leg_answered(member->leg))
        return;
    member_join_room(member);
    if (before == MEMBER_WAITS && !apart && hooks->begun)
        hooks->begun(member, hooks->arg);
}

void conversation_begin(struct conversation *conversation)
{
    if (conversation->beginning)
        return;
    conversation->beginning = true;
    list_each (node, &conversation->members) {
        struct member *member = list_entry(node, struct member, node);

        if (member->apart == MEMBER_WAITS)
            member_set_apart(member, MEMBER_TOGETHER);
    }
    conversation->beginning = false;
}
