/* phone_wav.c: see phone_wav.h. */
#include "phone_wav.h"

#include "cli/phone_tone.h"

#include <errno.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>

enum { JUMP_SECONDS = 10 };

/* The mean of what lies around a place: good enough against aliases for a test's voice. */
static int16_t around(const float *in, size_t frames, unsigned channels, double at, double width)
{
    double sum = 0;
    size_t from = at > width / 2 ? (size_t)(at - width / 2) : 0, count = 0;

    for (size_t i = from; i < frames && (double)i <= at + width / 2; i++, count++)
        sum += in[i * channels];
    sum = count ? sum / (double)count * INT16_MAX : 0;
    return (int16_t)(sum > INT16_MAX ? INT16_MAX : sum < INT16_MIN ? INT16_MIN : sum);
}

static int convert(const float *in, const SF_INFO *info, int16_t **samples, size_t *count)
{
    double step = (double)info->samplerate / PHONE_RATE;
    size_t frames = (size_t)info->frames;

    *count = (size_t)((double)frames / step);
    *samples = malloc((*count + 1) * sizeof **samples);
    if (!*samples)
        return ENOMEM;
    for (size_t i = 0; i < *count; i++)
        (*samples)[i] =
            around(in, frames, (unsigned)info->channels, (double)i * step, step > 1 ? step : 0);
    return 0;
}

int wav_read(const char *path, int16_t **samples, size_t *count)
{
    SF_INFO info = {0};
    SNDFILE *file = sf_open(path, SFM_READ, &info);
    float *all;
    int err = ENOMEM;

    if (!file)
        return EINVAL;
    all = calloc((size_t)info.frames * (size_t)info.channels + 1, sizeof *all);
    if (all && sf_readf_float(file, all, info.frames) == info.frames)
        err = convert(all, &info, samples, count);
    else if (all)
        err = EINVAL;
    sf_close(file);
    free(all);
    return err;
}

/* A line of samples that grows. */
struct tape {
    int16_t *samples;
    size_t size, room;
};

static int put(struct tape *tape, size_t at, const int16_t *samples, size_t count)
{
    size_t room = at + count > tape->room ? 2 * (at + count) : tape->room;

    if (room > tape->room) {
        int16_t *grown = realloc(tape->samples, room * sizeof *grown);

        if (!grown)
            return ENOMEM;
        memset(grown + tape->room, 0, (room - tape->room) * sizeof *grown);
        tape->samples = grown;
        tape->room = room;
    }
    memcpy(tape->samples + at, samples, count * sizeof *samples);
    if (at + count > tape->size)
        tape->size = at + count;
    return 0;
}

/* Each packet at its place. */
static int lay(struct tape *tape, struct phone_ear *ear, const struct phone_packet *packets,
               size_t count)
{
    int jump = JUMP_SECONDS * (int)phone_ear_rate(ear), err = 0;
    int16_t samples[PHONE_SAMPLES];
    uint32_t before = 0;
    size_t at = 0;
    bool any = false;

    for (size_t i = 0; i < count && !err; i++) {
        size_t size = phone_ear_hear(ear, &packets[i], samples);
        int ahead = phone_ear_span(ear, before, packets[i].timestamp);

        if (!size)
            continue;
        if (any && ahead > -jump && ahead < jump && (int64_t)at + ahead >= 0)
            at = (size_t)((int64_t)at + ahead);
        else if (any)
            at = tape->size;
        before = packets[i].timestamp;
        any = true;
        err = put(tape, at, samples, size);
    }
    return err;
}

int wav_write(const char *path, struct phone_ear *ear, const struct phone_packet *packets,
              size_t count)
{
    SF_INFO info = {.samplerate = (int)phone_ear_rate(ear),
                    .channels = 1,
                    .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
    struct tape tape = {NULL, 0, 0};
    SNDFILE *file = NULL;
    int err = lay(&tape, ear, packets, count);

    if (!err) {
        file = sf_open(path, SFM_WRITE, &info);
        err = file ? 0 : EIO;
    }
    if (!err && tape.size &&
        sf_writef_short(file, tape.samples, (sf_count_t)tape.size) != (sf_count_t)tape.size)
        err = EIO;
    if (file)
        sf_close(file);
    free(tape.samples);
    return err;
}
