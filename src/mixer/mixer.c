/* mixer.c: the tick. One total of all who speak; each listener gets the total
 * without its own frame and without those it may not hear, clipped once. So a
 * tick costs the same for each member however many there are. */
#include "mixer/mixer.h"

#include "audio/frame.h"
#include "base/mem.h"
#include "mixer/member.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void mixer_destroy(void *obj)
{
    struct mixer *mixer = obj;
    assert(mixer->count == 0);
    list_each (node, &mixer->spare)
        mem_unref(list_entry(node, struct rule, by_listener));
    free(mixer->work);
    free(mixer->scaled);
}

int mixer_alloc(struct mixer **mixer, unsigned rate)
{
    size_t frame = rate / 50;
    assert(rate == 8000 || rate == 16000 || rate == 48000);
    struct mixer *new = mem_alloc(sizeof *new + frame * sizeof *new->total, mixer_destroy);
    if (!new)
        return ENOMEM;
    list_init(&new->members);
    list_init(&new->spare);
    new->frame = frame;
    new->work = calloc(frame, sizeof *new->work);
    new->scaled = calloc(frame, sizeof *new->scaled);
    if (!new->work || !new->scaled) {
        mem_unref(new);
        return ENOMEM;
    }
    *mixer = new;
    return 0;
}

size_t mixer_count(const struct mixer *mixer)
{
    return mixer->count;
}

size_t mixer_frame(const struct mixer *mixer)
{
    return mixer->frame;
}

int mixer_add(struct mixer *mixer, struct mixer_member **member)
{
    struct mixer_member *new = mem_alloc(sizeof *new + mixer->frame * sizeof *new->own, NULL);
    if (!new)
        return ENOMEM;
    new->mixer = mixer;
    new->voice.to = FRAME_GAIN_ONE;
    new->ear.to = FRAME_GAIN_ONE;
    list_init(&new->rules);
    list_init(&new->heard_by);
    list_append(&mixer->members, &new->node);
    mixer->count++;
    *member = new;
    return 0;
}

/* Who has yet to get this tick's frame must not hear it where a rule, gone by
 * then, denied it; so it leaves the total as well. */
void mixer_remove(struct mixer_member *member)
{
    struct mixer *mixer = member->mixer;
    if (member->summed)
        frame_subtract(mixer->total, member->own, mixer->frame);
    rules_forget(member);
    list_remove(&member->node);
    mixer->count--;
    mem_unref(member);
}

void mixer_mute(struct mixer_member *member, bool on)
{
    member->voice.to = on ? 0 : FRAME_GAIN_ONE;
}

void mixer_earmuff(struct mixer_member *member, bool on)
{
    member->ear.to = on ? 0 : FRAME_GAIN_ONE;
}

void mixer_put(struct mixer_member *member, const int16_t *frame)
{
    memcpy(member->own, frame, member->mixer->frame * sizeof *frame);
    member->put = true;
}

/* Without a frame a voice cannot open yet: it fades in with its next one. */
static void speak(struct mixer_member *member, struct mixer *mixer)
{
    struct fade *voice = &member->voice;
    member->summed = member->put && (voice->now > 0 || voice->to > 0);
    if (member->summed) {
        frame_gain(member->own, mixer->frame, voice->now, voice->to);
        frame_add(mixer->total, member->own, mixer->frame);
    }
    if (member->put || voice->to == 0)
        voice->now = voice->to;
    member->put = false;
}

void mixer_sum(struct mixer *mixer)
{
    memset(mixer->total, 0, mixer->frame * sizeof *mixer->total);
    list_each (node, &mixer->members)
        speak(list_entry(node, struct mixer_member, node), mixer);
}

static void listen(struct mixer_member *member, int16_t *frame)
{
    struct mixer *mixer = member->mixer;
    memcpy(mixer->work, mixer->total, mixer->frame * sizeof *mixer->work);
    if (member->summed)
        frame_subtract(mixer->work, member->own, mixer->frame);
    rules_apply(member, mixer->work);
    frame_clip(frame, mixer->work, mixer->frame);
}

void mixer_get(struct mixer_member *member, int16_t *frame)
{
    struct mixer *mixer = member->mixer;
    struct fade *ear = &member->ear;
    if (!list_empty(&member->rules))
        listen(member, frame);
    else if (ear->now == 0 && ear->to == 0)
        memset(frame, 0, mixer->frame * sizeof *frame);
    else if (member->summed)
        frame_minus(frame, mixer->total, member->own, mixer->frame);
    else
        frame_clip(frame, mixer->total, mixer->frame);
    frame_gain(frame, mixer->frame, ear->now, ear->to);
    ear->now = ear->to;
}

bool mixer_all(const struct mixer *mixer, int16_t *frame)
{
    bool sound = false;

    list_each (node, &mixer->members)
        sound = sound || list_entry(node, struct mixer_member, node)->summed;
    if (sound)
        frame_clip(frame, mixer->total, mixer->frame);
    return sound;
}

const int16_t *mixer_voice(const struct mixer_member *member)
{
    return member->summed ? member->own : NULL;
}
