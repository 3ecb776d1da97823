/* hear.c: the next frame heard, at the rate that is asked for. */
#include "stream/private.h"

#include <string.h>

static struct resample *resampler(const struct stream_coding *coding, unsigned rate)
{
    return coding->to[rate == 8000 ? 0 : rate == 16000 ? 1 : 2];
}

/* Another rate than last time: its filter gets what was heard before this frame. */
static void warm_up(struct stream_coding *coding, struct resample *to)
{
    const struct playout *playout = &coding->playout;
    size_t frame = playout->rate / 50, n = playout->rate / 100;
    int16_t unheard[STREAM_FRAME_MAX];

    resample_run(to, unheard, playout->samples + playout->head - frame - n, n);
}

/* At the rate of the format, or from there to another one. A last frame of silence empties the
 * filter. */
static enum playout_sound get(struct stream *stream, unsigned rate, int16_t *frame)
{
    struct stream_coding *coding = stream->coding;
    struct resample *to = resampler(coding, rate);
    uint32_t now = (uint32_t)(stream->now / 1000);
    bool changed = rate != coding->heard_rate, sounded = coding->sounding;
    int16_t own[STREAM_FRAME_MAX] = {0};
    enum playout_sound sound;

    coding->heard_rate = rate;
    if (!to)
        return playout_get(&coding->playout, now, frame);
    sound = playout_get(&coding->playout, now, own);
    coding->sounding = sound != PLAYOUT_SILENT;
    if (!coding->sounding && !sounded)
        return sound;
    if (changed && coding->sounding)
        warm_up(coding, to);
    resample_run(to, frame, own, coding->playout.rate / 50);
    return coding->sounding ? sound : PLAYOUT_COMFORT;
}

bool stream_get(struct stream *stream, unsigned rate, int16_t *frame)
{
    struct playout *playout;
    enum playout_sound sound;

    stream->heard_at = 0;
    if (!stream->coding)
        return false;
    playout = &stream->coding->playout;
    sound = get(stream, rate, frame);
    if (sound == PLAYOUT_SOUND || sound == PLAYOUT_RECOVERED)
        stream->heard_at =
            stream->now - (int64_t)((uint32_t)(stream->now / 1000) - playout->heard) * 1000;
    if (sound == PLAYOUT_LOST && stream->keys_in.down) {
        playout->concealed = 0; /* nothing was lost: there is a key in its place */
        return false;
    }
    return sound != PLAYOUT_SILENT;
}
