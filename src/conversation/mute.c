/* mute.c: mute, earmuff and whether a member takes part in the sound. One act behind every
 * door: one audio event, one member:media, one change of sound. */
#include "conversation/private.h"
#include "base/clock.h"

#include <stdio.h>

static void switch_audio(struct member *member, bool *flag, bool on, const char *what,
                         const struct member *by)
{
    struct store *store = member->conversation->bridge->store;
    char type[32];
    int64_t now = clock_wall_ms();

    *flag = on;
    snprintf(type, sizeof type, "audio:%s:%s", what, on ? "on" : "off");
    store_together(store);
    conversation_event(member->conversation, type, by ? by : member, member, NULL, now);
    member_media_event(member, now);
    member_save(member);
    store_together_end(store);
}

void member_mute(struct member *member, bool on, const struct member *by)
{
    MAGIC_CHECK(member, MEMBER_MAGIC);
    if (!member->leg || member->state == MEMBER_LEFT)
        return;
    leg_mute(member->leg, on);
    if (member->muted != on)
        switch_audio(member, &member->muted, on, "mute", by);
}

void member_earmuff(struct member *member, bool on, const struct member *by)
{
    MAGIC_CHECK(member, MEMBER_MAGIC);
    if (!member->leg || member->state == MEMBER_LEFT)
        return;
    leg_earmuff(member->leg, on);
    if (member->earmuffed != on)
        switch_audio(member, &member->earmuffed, on, "earmuff", by);
}

static void enable(struct member *member, bool on)
{
    struct store *store = member->conversation->bridge->store;

    if (!member->leg || member->audio == on || member->state == MEMBER_LEFT)
        return;
    member->audio = on;
    if (!on)
        leg_leave(member->leg);
    else if (leg_answered(member->leg))
        member_join_room(member);
    store_together(store);
    member_media_event(member, clock_wall_ms());
    member_save(member);
    store_together_end(store);
}

void member_set_audio(struct member *member, const json_t *settings)
{
    const json_t *enabled = json_object_get(settings, "enabled");
    const json_t *muted = json_object_get(settings, "muted");
    const json_t *earmuffed = json_object_get(settings, "earmuffed");

    if (enabled)
        enable(member, json_is_true(enabled));
    if (muted)
        member_mute(member, json_is_true(muted), NULL);
    if (earmuffed)
        member_earmuff(member, json_is_true(earmuffed), NULL);
}
