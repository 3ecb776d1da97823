/* audibility.c: who hears whom, beyond mute and earmuff: A is heard by B unless A's
 * canSpeak leaves B out or B's canHear leaves A out. Ids are leg ids; an absent list is
 * everybody, an empty one nobody. */
#include "conversation/private.h"

#include <errno.h>
#include <string.h>

static bool lists(const json_t *ids, const struct member *member)
{
    size_t i;
    json_t *id;

    json_array_foreach (ids, i, id) {
        const char *text = json_string_value(id);

        if (text && ((*member->leg_id && strcmp(text, member->leg_id) == 0) ||
                     strcmp(text, member->id) == 0))
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

/* A rule that cannot be copied is no rule less: then nothing changes. */
int audibility_set(struct member *member, const struct member_rules *rules)
{
    json_t *hear = rules && rules->can_hear ? json_deep_copy(rules->can_hear) : NULL;
    json_t *speak = rules && rules->can_speak ? json_deep_copy(rules->can_speak) : NULL;

    if (rules && ((rules->can_hear && !hear) || (rules->can_speak && !speak))) {
        json_decref(hear);
        json_decref(speak);
        return ENOMEM;
    }
    member->lifted = ruled(member) && !hear && !speak;
    json_decref(member->can_hear);
    json_decref(member->can_speak);
    member->can_hear = hear;
    member->can_speak = speak;
    return 0;
}

void audibility_apply(struct member *member)
{
    bool all = ruled(member) || member->lifted;

    list_each (node, &member->conversation->members) {
        struct member *other = list_entry(node, struct member, node);

        if (other == member || !other->leg || other->state != MEMBER_JOINED)
            continue; /* one who joins later brings the rules along */
        if (all || ruled(other)) {
            leg_audible(member->leg, other->leg, audible(member, other));
            leg_audible(other->leg, member->leg, audible(other, member));
        }
    }
    member->lifted = false;
}
