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
    free(mixer->total);
    free(mixer->work);
    free(mixer->scaled);
    free(mixer->common);
}

static bool make_frames(struct mixer *mixer)
{
    mixer->total = calloc(mixer->frame, sizeof *mixer->total);
    mixer->work = calloc(mixer->frame, sizeof *mixer->work);
    mixer->scaled = calloc(mixer->frame, sizeof *mixer->scaled);
    mixer->common = calloc(mixer->frame, sizeof *mixer->common);
    return mixer->total && mixer->work && mixer->scaled && mixer->common;
}

int mixer_alloc(struct mixer **mixer, unsigned rate)
{
    struct mixer *new = mem_alloc(sizeof *new, mixer_destroy);
    assert(rate == 8000 || rate == 16000 || rate == 48000);
    if (!new)
        return ENOMEM;
    list_init(&new->members);
    list_init(&new->spare);
    new->frame = rate / 50;
    new->next = rate;
    new->dip = (struct fade){FRAME_GAIN_ONE, FRAME_GAIN_ONE};
    new->dipped = FRAME_GAIN_ONE;
    if (!make_frames(new)) {
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

static void member_destroy(void *obj)
{
    struct mixer_member *member = obj;
    free(member->own);
}

int mixer_add(struct mixer *mixer, struct mixer_member **member)
{
    struct mixer_member *new = mem_alloc(sizeof *new, member_destroy);
    if (!new)
        return ENOMEM;
    new->own = calloc(mixer->frame, sizeof *new->own);
    if (!new->own) {
        mem_unref(new);
        return ENOMEM;
    }
    new->mixer = mixer;
    new->voice.to = FRAME_GAIN_ONE;
    new->ear.to = FRAME_GAIN_ONE;
    new->gate = (struct fade){FRAME_GAIN_ONE, FRAME_GAIN_ONE};
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
    mixer->clipped = false;
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
    struct mixer *mixer = member->mixer;
    member->put = true;
    member->sound = !frame_silent(frame, mixer->frame, MIXER_SILENCE) && gate_pass(member, frame);
    if (member->sound)
        memcpy(member->own, frame, mixer->frame * sizeof *frame);
}

/* Without a frame a voice cannot open yet: it fades in with its next one. */
static void speak(struct mixer_member *member, struct mixer *mixer)
{
    struct fade *voice = &member->voice;
    if (!member->put)
        gate_pass(member, NULL);
    member->summed = member->sound && (voice->now > 0 || voice->to > 0);
    if (member->summed) {
        frame_gain(member->own, mixer->frame, member->gate.now, member->gate.to);
        frame_gain(member->own, mixer->frame, voice->now, voice->to);
        frame_gain(member->own, mixer->frame, mixer->dip.now, mixer->dip.to);
        frame_add(mixer->total, member->own, mixer->frame);
    }
    if (member->put || voice->to == 0)
        voice->now = voice->to;
    member->put = member->sound = false;
}

void mixer_sum(struct mixer *mixer)
{
    memset(mixer->total, 0, mixer->frame * sizeof *mixer->total);
    mixer->clipped = mixer->distant = false;
    mixer->dipped = mixer->dip.to;
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

const int16_t *mixer_all(struct mixer *mixer)
{
    bool sound = mixer->distant;

    if (mixer->clipped)
        return mixer->common;
    list_each (node, &mixer->members)
        sound = sound || list_entry(node, struct mixer_member, node)->summed;
    if (!sound)
        return NULL;
    frame_clip(mixer->common, mixer->total, mixer->frame);
    mixer->clipped = true;
    return mixer->common;
}

const int16_t *mixer_voice(const struct mixer_member *member)
{
    return member->summed ? member->own : NULL;
}

bool mixer_plain(const struct mixer_member *member)
{
    return !member->summed && list_empty(&member->rules) && member->ear.now == FRAME_GAIN_ONE &&
           member->ear.to == FRAME_GAIN_ONE;
}
