/* audio_sound.c: play, say and ring-back: the sound comes from the loader or the speech,
 * and then it is the same act. */
#include "conversation/audio_private.h"
#include "base/mem.h"
#include "speech/speech.h"

#include <errno.h>

static void on_sound(struct sound *sound, const char *reason, void *arg)
{
    struct act *act = arg;

    act_sound(act, sound, reason);
    mem_unref(act);
}

/* How an act takes its place, and who waits for its end. */
struct manner {
    bool queue, ends_endless;
    audio_over_h *over;
    void *arg;
};

/* The act is written down, and takes its place; its sound is on its way. */
static int begin(struct act *act, const struct audio_target *target, const struct manner *manner,
                 json_t *body, int64_t *event)
{
    int err = manner->over ? act_await(act, manner->over, manner->arg) : 0;

    *event = 0;
    if (err)
        json_decref(body);
    else if (!(*event = audio_event(target, act->kind->type, body)))
        err = ENOSPC;
    if (err) {
        act_forget(act);
        act_drop(act);
        return err;
    }
    act_place(act, manner->queue, manner->ends_endless);
    return 0;
}

/* What could not be asked for leaves nothing behind. */
static int give_up(struct act *act, int err)
{
    act_drop(act);
    mem_unref(act);
    return err;
}

static json_t *play_body(const struct audio_play *play, const char *id)
{
    return json_pack("{s:b,s:f,s:I,s:[s],s:s}", "queue", play->queue, "level", play->level, "loop",
                     (json_int_t)play->loop, "stream_url", play->url, "play_id", id);
}

int audio_play(const struct audio_target *target, const struct audio_play *play, char id[ID_UUID],
               int64_t *event, const char **reason)
{
    const struct manner manner = {play->queue, play->ends_endless, play->over, play->arg};
    struct act *act;
    int err = act_make(&act_play, target, &act);

    *event = 0;
    *reason = NULL;
    if (err)
        return err;
    act->loops = play->loop;
    act->level = play->level;
    err = loader_load(act->audio->plane.loader, play->url, on_sound, act);
    if (err) {
        *reason = err == EINVAL ? "no sound has such a name" : NULL;
        return give_up(act, err);
    }
    memcpy(id, act->id, sizeof act->id);
    return begin(act, target, &manner, play_body(play, act->id), event);
}

static json_t *say_body(const struct audio_say *say, const char *id)
{
    json_t *body =
        json_pack("{s:s,s:s,s:I,s:b,s:b,s:f,s:I,s:b,s:s}", "text", say->text, "language",
                  say->language ? say->language : "en-US", "style", (json_int_t)say->style,
                  "premium", say->premium, "ssml", say->ssml, "level", say->level, "loop",
                  (json_int_t)say->loop, "queue", say->queue, "say_id", id);

    if (say->voice_name)
        json_object_set_new(body, "voice_name", json_string(say->voice_name));
    return body;
}

int audio_say(const struct audio_target *target, const struct audio_say *say, char id[ID_UUID],
              int64_t *event, const char **reason)
{
    struct speech_request request = {
        .text = say->text,
        .language = say->language,
        .style = say->style,
        .voice_name = say->voice_name,
        .ssml = say->ssml,
    };
    const struct manner manner = {say->queue, say->ends_endless, say->over, say->arg};
    struct act *act;
    int err = act_make(&act_say, target, &act);

    *event = 0;
    *reason = NULL;
    if (err)
        return err;
    act->loops = say->loop;
    act->level = say->level;
    err = speech_say(act->audio->plane.speech, &request, on_sound, act);
    if (err) {
        *reason = err == EINVAL ? "the text or its language cannot be spoken" : NULL;
        return give_up(act, err);
    }
    memcpy(id, act->id, sizeof act->id);
    return begin(act, target, &manner, say_body(say, act->id), event);
}

int audio_play_stop(const struct audio_target *target, const char *id, int64_t *event)
{
    return act_stop(&act_play, target, id, event);
}

int audio_say_stop(const struct audio_target *target, const char *id, int64_t *event)
{
    return act_stop(&act_say, target, id, event);
}

static int ring(const struct audio_target *target, int64_t *event)
{
    const struct manner manner = {.queue = false};
    struct act *act;
    int err = act_make(&act_ring, target, &act);

    if (err)
        return err;
    act->loops = 0;
    err = loader_load(act->audio->plane.loader, "sound:ringback", on_sound, act);
    if (err)
        return give_up(act, err);
    return begin(act, target, &manner, json_object(), event);
}

int audio_ringing(const struct audio_target *target, bool on, int64_t *event)
{
    struct member **members;
    int err;

    *event = 0;
    members = audio_members(target, &err);
    mem_unref(members);
    if (err || on == act_runs(&act_ring, target))
        return err;
    return on ? ring(target, event) : act_stop(&act_ring, target, NULL, event);
}

void audio_beep(const struct audio_target *target)
{
    struct act *act;

    if (act_make(&act_beep, target, &act))
        return;
    if (loader_load(act->audio->plane.loader, "sound:beep", on_sound, act))
        give_up(act, 0);
    else
        act_place(act, true, false);
}
