/* phone_wav.c: see phone_wav.h. */
#include "phone_wav.h"

#include "cli/phone_tone.h"

#include <errno.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>

enum { JUMP = 10 * PHONE_RATE };

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

static bool is_audio(const struct phone_packet *packet)
{
    return packet->payload_type == PHONE_PCMU || packet->payload_type == PHONE_PCMA;
}

/* Gives each packet its place; returns how long the whole is. */
static size_t lay(const struct phone_packet *packets, size_t count, size_t *places)
{
    size_t end = 0, at = 0;
    uint32_t before = 0;
    bool any = false;

    for (size_t i = 0; i < count; i++) {
        int32_t ahead = (int32_t)(packets[i].timestamp - before);

        if (!is_audio(&packets[i]))
            continue;
        if (any && ahead > -JUMP && ahead < JUMP && (int64_t)at + ahead >= 0)
            at = (size_t)((int64_t)at + ahead);
        else if (any)
            at = end;
        before = packets[i].timestamp;
        any = true;
        places[i] = at;
        if (at + packets[i].size > end)
            end = at + packets[i].size;
    }
    return end;
}

int wav_write(const char *path, const struct phone_packet *packets, size_t count)
{
    SF_INFO info = {
        .samplerate = PHONE_RATE, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
    size_t *places = calloc(count + 1, sizeof *places), size;
    int16_t *samples = NULL;
    SNDFILE *file = NULL;
    int err = ENOMEM;

    if (!places)
        return ENOMEM;
    size = lay(packets, count, places);
    samples = calloc(size + 1, sizeof *samples);
    for (size_t i = 0; samples && i < count; i++) {
        if (is_audio(&packets[i]))
            phone_tone_decode(packets[i].payload_type, samples + places[i], packets[i].payload,
                              packets[i].size);
    }
    if (samples)
        file = sf_open(path, SFM_WRITE, &info);
    if (file)
        err = sf_writef_short(file, samples, (sf_count_t)size) == (sf_count_t)size ? 0 : EIO;
    else if (samples)
        err = EIO;
    if (file)
        sf_close(file);
    free(samples);
    free(places);
    return err;
}
