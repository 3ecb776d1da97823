/* audibility.c: who hears whom, beyond mute and earmuff: A is heard by B unless A's
 * canSpeak leaves B out or B's canHear leaves A out. Ids are leg ids; an absent list is
 * everybody, an empty one nobody. */
#include "conversation/private.h"

#include <string.h>

static bool lists(const json_t *ids, const struct member *member)
{
    size_t i;
    json_t *id;

    json_array_foreach (ids, i, id) {
        const char *text = json_string_value(id);

        if (text && (strcmp(text, member->leg_id) == 0 || strcmp(text, member->id) == 0))
            return true;
    }
    return false;
}

static bool audible(const struct member *listener, const struct member *speaker)
{
    return (!speaker->can_speak || lists(speaker->can_speak, listener)) &&
           (!listener->can_hear || lists(listener->can_hear, speaker));
}

static bool ruled(const struct member *member)
{
    return member->can_hear || member->can_speak;
}

void audibility_set(struct member *member, const struct member_rules *rules)
{
    bool before = ruled(member);

    json_decref(member->can_hear);
    json_decref(member->can_speak);
    member->can_hear = rules && rules->can_hear ? json_deep_copy(rules->can_hear) : NULL;
    member->can_speak = rules && rules->can_speak ? json_deep_copy(rules->can_speak) : NULL;
    if (before && !ruled(member))
        member->conversation->ruled--;
    else if (!before && ruled(member))
        member->conversation->ruled++;
}

void audibility_apply(struct member *member)
{
    struct conversation *conversation = member->conversation;

    if (!conversation->ruled)
        return;
    list_each (node, &conversation->members) {
        struct member *other = list_entry(node, struct member, node);

        if (other == member || other->state != MEMBER_JOINED)
            continue;
        if (ruled(member) || ruled(other)) {
            leg_audible(member->leg, other->leg, audible(member, other));
            leg_audible(other->leg, member->leg, audible(other, member));
        }
    }
}
