/* band.c: sound from one rate to another: between a room and what knows only telephone band (who
 * listens, records, a wire), and of sounds that are played. */
#include "audio/resample.h"
#include "base/mem.h"
#include "worker/private.h"

enum { FRAMES_A_SECOND = 50 };

void band_end(struct band *band)
{
    mem_unref(band->resample);
    *band = (struct band){0};
}

void band_clear(struct band *band)
{
    if (band->resample)
        resample_init(band->resample, band->from, band->to);
    band->tail = false;
}

static bool set(struct band *band, unsigned from, unsigned to)
{
    if (band->from == from && band->to == to)
        return true;
    band_end(band);
    if (resample_alloc(&band->resample, from, to))
        return false;
    band->from = from;
    band->to = to;
    return true;
}

/* What is left in the filter is heard behind the last frame. */
const int16_t *band_run(struct band *band, unsigned from, const int16_t *in, unsigned to,
                        int16_t *out)
{
    static const int16_t silence[STREAM_FRAME_MAX];

    if (from == to)
        return in;
    if ((!in && !band->tail) || !set(band, from, to))
        return NULL;
    resample_run(band->resample, out, in ? in : silence, from / FRAMES_A_SECOND);
    band->tail = in != NULL;
    return out;
}
