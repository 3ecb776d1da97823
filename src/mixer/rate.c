/* rate.c: a mixer changes its rate. Whatever stands before and behind it (decoders, resamplers)
 * delays by another time at another rate, so sound does not go on where it was; at the change
 * there is none. */
#include "audio/frame.h"
#include "mixer/member.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FRAMES_A_SECOND = 50 };

unsigned mixer_rate(const struct mixer *mixer)
{
    return (unsigned)mixer->frame * FRAMES_A_SECOND;
}

void mixer_set_rate(struct mixer *mixer, unsigned rate)
{
    assert(rate == 8000 || rate == 16000 || rate == 48000);
    mixer->next = rate;
    mixer->dip.to = rate == mixer_rate(mixer) ? FRAME_GAIN_ONE : 0;
    if (!mixer->count)
        mixer->dipped = mixer->dip.to;
}

static bool resize(void *framep, size_t samples, size_t size)
{
    void **at = framep, *frame = realloc(*at, samples * size);

    if (!frame)
        return false;
    *at = frame;
    memset(frame, 0, samples * size);
    return true;
}

/* Frames that are larger than the rate needs do no harm, where memory ends half-way. */
static bool make_room(struct mixer *mixer, size_t samples)
{
    bool done = resize(&mixer->total, samples, sizeof *mixer->total) &&
                resize(&mixer->work, samples, sizeof *mixer->work) &&
                resize(&mixer->scaled, samples, sizeof *mixer->scaled) &&
                resize(&mixer->common, samples, sizeof *mixer->common);

    list_each (node, &mixer->members) {
        struct mixer_member *member = list_entry(node, struct mixer_member, node);

        done = done && resize(&member->own, samples, sizeof *member->own);
    }
    return done;
}

static void take_over(struct mixer *mixer)
{
    mixer->frame = mixer->next / FRAMES_A_SECOND;
    mixer->clipped = mixer->distant = false;
    list_each (node, &mixer->members)
        list_entry(node, struct mixer_member, node)->summed = false;
}

/* Of two sizes the larger is there while both are needed. */
void mixer_begin(struct mixer *mixer)
{
    size_t next = mixer->next / FRAMES_A_SECOND;

    mixer->dip.now = mixer->dipped;
    if (next == mixer->frame || mixer->dip.now > 0)
        return;
    if (next < mixer->frame)
        take_over(mixer);
    if (make_room(mixer, next) && next > mixer->frame)
        take_over(mixer);
    mixer->next = mixer_rate(mixer);
    mixer->dip.to = FRAME_GAIN_ONE;
}

void mixer_dip(const struct mixer *mixer, int16_t *frame)
{
    frame_gain(frame, mixer->frame, mixer->dip.now, mixer->dip.to);
}
