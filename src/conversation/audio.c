/* audio.c: whom an act is for, its event, and what the members' legs tell of it. */
#include "conversation/audio_private.h"
#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>

static void destroy(void *obj)
{
    struct audio *audio = obj;

    retention_stop(audio->retention);
    acts_free(audio);
    records_free(audio);
    mem_unref(audio->recordings);
    mem_unref(audio->origin);
}

int audio_origin(struct bridge *bridge, const char *origin)
{
    char *copy = mem_strdup(origin);

    if (!copy)
        return ENOMEM;
    mem_unref(bridge->audio->origin);
    bridge->audio->origin = copy;
    return 0;
}

const char *audio_origin_of(const struct bridge *bridge)
{
    return bridge->audio && bridge->audio->origin ? bridge->audio->origin : "";
}

int bridge_audio(struct bridge *bridge, const struct audio_plane *plane)
{
    struct audio *audio = mem_alloc(sizeof *audio, destroy);
    int err;

    if (!audio)
        return ENOMEM;
    audio->plane = *plane;
    audio->bridge = bridge;
    list_init(&audio->records);
    list_init(&audio->waited);
    audio->recordings = mem_strdup(plane->recordings);
    if (!audio->plane.kept)
        audio->plane.kept = RECORDINGS_KEPT;
    err = audio->recordings
              ? retention_start(&audio->retention, audio->recordings, audio->plane.kept)
              : ENOMEM;
    if (!err && plane->recorder)
        err = records_recover(audio);
    if (err)
        mem_unref(audio);
    else
        bridge->audio = audio;
    return err;
}

bool audio_has(const struct member *member)
{
    return member->leg && member->state == MEMBER_JOINED && leg_answered(member->leg) &&
           !leg_ending(member->leg);
}

struct picking {
    struct member **members;
    unsigned count;
};

static bool pick(struct member *member, void *arg)
{
    struct picking *picking = arg;

    if (audio_has(member))
        picking->members[picking->count++] = member;
    return false;
}

struct member **audio_members(const struct audio_target *target, int *err)
{
    unsigned room = target->to ? 1 : conversation_members(target->conversation);
    struct picking picking = {mem_alloc((room + 1) * sizeof(struct member *), NULL), 0};

    *err = ENOMEM;
    if (!picking.members)
        return NULL;
    if (target->to)
        pick(target->to, &picking);
    else
        conversation_each(target->conversation, pick, &picking);
    if (!picking.count) {
        *err = ENODEV;
        return mem_unref(picking.members);
    }
    *err = 0;
    return picking.members;
}

int64_t audio_event(const struct audio_target *target, const char *type, json_t *body)
{
    return conversation_event(target->conversation, type, target->from ? target->from : target->to,
                              target->to, body, clock_wall_ms());
}

struct member *audio_member(const struct conversation *conversation, const char *id)
{
    list_each (node, &conversation->members) {
        struct member *member = list_entry(node, struct member, node);

        if (!strcmp(member->id, id))
            return member;
    }
    return NULL;
}

void audio_left(const struct member *member)
{
    struct audio *audio = member->conversation->bridge->audio;

    if (!audio || !member->leg)
        return;
    act_left(audio, member->leg);
    record_left(audio, member);
}

bool audio_played(const struct member *member, uint32_t play)
{
    struct audio *audio = member->conversation->bridge->audio;

    return audio && act_played(audio, member->leg, play);
}
