/* audio_music.c: what a leg hears while no act sounds at it: music on hold, a ring-back tone of
 * the application's own. It has one such sound at a time, which loops; an act takes its place
 * for as long as that lasts. */
#include "conversation/audio_private.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>

struct music {
    struct ear *ear;     /* NULL: it has ended */
    struct sound *sound; /* our reference; NULL: not there yet */
    uint32_t play;       /* 0: it does not sound now */
    bool confirming;     /* waits for the 200 of its leg */
    audio_over_h *loaded;
    void *arg;
};

static void destroy(void *obj)
{
    struct music *music = obj;

    mem_unref(music->sound);
}

static void on_confirmed(void *arg)
{
    struct music *music = arg;

    music->confirming = false;
    if (music->ear)
        music_go(music->ear);
    mem_unref(music);
}

/* As acts do: who is just being answered hears it from its beginning. Early media flows at once. */
static bool waits(struct music *music)
{
    const struct leg *leg = music->ear->leg;

    if (music->confirming)
        return true;
    if (!leg_answered(leg) || leg_confirmed(leg))
        return false;
    if (store_fence(music->ear->audio->bridge->store, on_confirmed, music))
        return false;
    music->confirming = true;
    mem_ref(music);
    return true;
}

void music_go(struct ear *ear)
{
    struct music *music = ear->music;
    const struct part *part = ear_first(ear);

    if (!music || !music->sound || music->play || (part && part->play) || waits(music))
        return;
    music->play = leg_play(ear->leg, music->sound, 0, 0);
}

void music_pause(struct ear *ear)
{
    if (ear->music)
        ear->music->play = 0; /* the act's sound has taken its place */
}

bool music_played(struct ear *ear, uint32_t play)
{
    bool ours = ear->music && ear->music->play == play;

    if (ours)
        ear->music->play = 0; /* something else sounds, whose end brings it back */
    else
        music_go(ear);
    return ours;
}

void music_end(struct ear *ear)
{
    struct music *music = ear->music;

    if (!music)
        return;
    ear->music = NULL;
    music->ear = NULL;
    if (music->play)
        leg_stop(ear->leg);
    mem_unref(music);
}

static void on_sound(struct sound *sound, const char *reason, void *arg)
{
    struct music *music = arg;
    struct ear *ear = music->ear;

    if (ear && sound) {
        music->sound = mem_ref(sound);
        music_go(ear);
    } else if (ear) {
        log_info("audio", "no music id=%s: %s", leg_id(ear->leg), reason);
        music_end(ear);
        ear_check(ear);
    }
    if (music->loaded)
        music->loaded(ear && !sound ? reason : NULL, music->arg);
    mem_unref(music);
}

int audio_music(struct member *member, const char *url, audio_over_h *loaded, void *arg)
{
    struct audio *audio = member->conversation->bridge->audio;
    struct music *music;
    struct ear *ear;
    int err;

    if (!audio || !member->leg || member->state == MEMBER_LEFT || leg_ending(member->leg))
        return ENODEV;
    music = mem_alloc(sizeof *music, destroy);
    ear = music ? ear_get(audio, member->leg) : NULL;
    if (!ear) {
        mem_unref(music);
        return ENOMEM;
    }
    music->loaded = loaded;
    music->arg = arg;
    err = loader_load(audio->plane.loader, url, on_sound, music);
    if (err) {
        mem_unref(music);
        ear_check(ear);
        return err;
    }
    music_end(ear);
    music->ear = ear;
    ear->music = mem_ref(music);
    return 0;
}

void audio_music_stop(const struct member *member)
{
    struct audio *audio = member->conversation->bridge->audio;
    struct ear *ear = audio && member->leg ? ear_find(audio, member->leg) : NULL;

    if (!ear)
        return;
    music_end(ear);
    ear_check(ear);
}
