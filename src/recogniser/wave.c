/* wave.c: WAV files by libsndfile. A frame is loud when it has more than a thousandth of the
 * power of the loudest (30 dB below), and more than the noise of a line. */
#include "recogniser/wave.h"

#include <errno.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>

enum { BELOW = 1000, NOISE = 40 /* rms of 16-bit samples */ };

static bool is_ours(const SF_INFO *info)
{
    return info->channels == 1 && info->samplerate == WAVE_RATE &&
           (info->format & SF_FORMAT_SUBMASK) == SF_FORMAT_PCM_16 && info->frames >= 0 &&
           info->frames <= (sf_count_t)WAVE_SECONDS_MAX * WAVE_RATE;
}

static double power_of(const int16_t *samples)
{
    double sum = 0;

    for (size_t i = 0; i < WAVE_FRAME; i++)
        sum += (double)samples[i] * samples[i];
    return sum / WAVE_FRAME;
}

static int measure(struct wave *wave)
{
    double most = 0, least;

    wave->frames = wave->length / WAVE_FRAME;
    wave->loud = calloc(wave->frames + 1, sizeof *wave->loud);
    if (!wave->loud)
        return ENOMEM;
    for (size_t i = 0; i < wave->frames; i++) {
        double power = power_of(wave->samples + i * WAVE_FRAME);

        most = power > most ? power : most;
    }
    least = most / BELOW > NOISE * NOISE ? most / BELOW : NOISE * NOISE;
    for (size_t i = 0; i < wave->frames; i++) {
        wave->loud[i] = power_of(wave->samples + i * WAVE_FRAME) > least;
        wave->loud_count += wave->loud[i];
    }
    return 0;
}

int wave_read(struct wave *wave, const char *path)
{
    SF_INFO info = {0};
    SNDFILE *file;
    sf_count_t n;

    memset(wave, 0, sizeof *wave);
    file = sf_open(path, SFM_READ, &info);
    if (!file)
        return ENOENT;
    if (!is_ours(&info)) {
        sf_close(file);
        return EINVAL;
    }
    wave->samples = calloc((size_t)info.frames + 1, sizeof *wave->samples);
    n = wave->samples ? sf_readf_short(file, wave->samples, info.frames) : 0;
    sf_close(file);
    if (!wave->samples)
        return ENOMEM;
    wave->length = n > 0 ? (size_t)n : 0;
    return measure(wave);
}

void wave_free(struct wave *wave)
{
    free(wave->samples);
    free(wave->loud);
    memset(wave, 0, sizeof *wave);
}

size_t wave_loud_in(const struct wave *wave, size_t from, size_t to)
{
    size_t n = 0;

    for (size_t i = from; i < to && i < wave->frames; i++)
        n += wave->loud[i];
    return n;
}
