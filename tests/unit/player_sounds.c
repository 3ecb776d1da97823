/* The sounds we bring along: rate, length, level, edges, and what is in them. */
#include "audio/frame.h"
#include "audio/goertzel.h"
#include "base/mem.h"
#include "player/sound.h"

#include <math.h>
#include <setjmp.h>
#include <sndfile.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct row {
    const char *name;
    double shortest, longest; /* [s] */
    double sounding;          /* share of the time it is not silent; tones only */
    double hz[2];
};

static const struct row rows[] = {
    {"ringback", 6, 6, 2.0 / 6, {440, 480}},
    {"ringback-eu", 5, 5, 1.0 / 5, {425, 0}},
    {"busy", 1, 1, 0.5, {480, 620}},
    {"beep", 0.25, 0.25, 0.8, {1000, 0}},
    {"tone", 1, 1, 1, {1000, 0}},
    {"milliwatt", 1, 1, 1, {1004, 0}},
    {"hold", 10, 30, 1, {0, 0}},
    {"welcome", 0.8, 4, 1, {0, 0}},
    {"first", 0.8, 4, 1, {0, 0}},
    {"please-hold", 0.8, 4, 1, {0, 0}},
    {"unavailable", 0.8, 4, 1, {0, 0}},
    {"goodbye", 0.5, 4, 1, {0, 0}},
};

static void check_format(const char *path, int rate)
{
    SF_INFO info = {0};
    SNDFILE *file = sf_open(path, SFM_READ, &info);
    if (!file)
        fail_msg("%s cannot be read", path);
    sf_close(file);
    assert_int_equal(info.samplerate, rate);
    assert_int_equal(info.channels, 1);
    assert_int_equal(info.format, SF_FORMAT_WAV | SF_FORMAT_PCM_16);
}

/* For tests, without a pause: a period is whole only with the first sample of the next turn. */
static bool is_endless(const struct row *row)
{
    return row->hz[0] > 0 && row->sounding >= 1;
}

/* 0 dBm0 is 6.2 dB below full scale (mu-law is full with a sine of 3.17 dBm0). */
static double level_of(const struct row *row)
{
    return strcmp(row->name, "milliwatt") ? -20 : -6.22;
}

static void check_level(const struct row *row, const struct sound *sound, const char *path)
{
    double sum = 0, length = (double)sound->length / sound->rate;
    for (size_t i = 0; i < sound->length; i++)
        sum += sound->samples[i];
    double mean = sum / (double)sound->length;
    double level = frame_level(sound->samples, sound->length) - 10 * log10(row->sounding);
    if (fabs(level - level_of(row)) > (is_endless(row) ? 0.02 : 1) || fabs(mean) > 33)
        fail_msg("%s: level %.1f dB, mean %.1f", path, level, mean);
    if (frame_peak(sound->samples, sound->length) > 32000)
        fail_msg("%s is clipped", path);
    if (abs(sound->samples[0]) > 16 ||
        (!is_endless(row) && abs(sound->samples[sound->length - 1]) > 16))
        fail_msg("%s does not begin and end at zero", path);
    if (length < row->shortest - 0.001 || length > row->longest + 0.001)
        fail_msg("%s lasts %.3f s", path, length);
}

/* All of the power is at its frequencies, half at each of two. */
static void check_tones(const struct row *row, const struct sound *sound, const char *path)
{
    size_t n = sound->rate / 20 * (row->hz[1] > 0 ? 8 : 3); /* 0.4 s or 0.15 s */
    const int16_t *middle = sound->samples + sound->rate / 50;
    double a = goertzel_share(middle, n, sound->rate, row->hz[0]);
    double b = row->hz[1] > 0 ? goertzel_share(middle, n, sound->rate, row->hz[1]) : a;
    double want = row->hz[1] > 0 ? 0.5 : 1;
    if (fabs(a - want) > 0.05 || fabs(b - want) > 0.05)
        fail_msg("%s: %.2f of it is %.0f Hz, %.2f is %.0f Hz", path, a, row->hz[0], b, row->hz[1]);
    if (is_endless(row))
        return;
    size_t silent = (size_t)(row->sounding * (double)sound->length) + sound->rate / 500;
    assert_int_equal(frame_peak(sound->samples + silent, sound->length - silent), 0);
}

static void sounds_are_as_described(void **state)
{
    static const int rates[] = {8000, 16000, 48000};
    (void)state;
    for (size_t r = 0; r < 3; r++)
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            char path[4096];
            struct sound *sound;
            const char *reason;
            snprintf(path, sizeof path, "%s/%d/%s.wav", SOUNDS, rates[r], rows[i].name);
            check_format(path, rates[r]);
            assert_int_equal(sound_read_file(&sound, path, (unsigned)rates[r], &reason), 0);
            check_level(&rows[i], sound, path);
            if (rows[i].hz[0] > 0)
                check_tones(&rows[i], sound, path);
            mem_unref(sound);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sounds_are_as_described)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
