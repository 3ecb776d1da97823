/* Rates: running streams and whole recordings keep their tones, lose what does not
 * fit, and overflow nowhere. */
#include "audio/convert.h"
#include "audio/frame.h"
#include "audio/goertzel.h"
#include "audio/resample.h"
#include "audio/tone.h"
#include "base/mem.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { RATE_MAX = 48000 };

static int16_t in[2 * RATE_MAX], out[2 * RATE_MAX];

/* Two seconds of a tone through the filter, frame by frame; the amplitude found
 * in the second one. The rest of what is there goes to *rest. */
static double through(unsigned from, unsigned to, double hz, double *rest)
{
    struct resample *resample;
    struct tone tone;
    size_t made = 0, frame = from / 50;
    assert_int_equal(resample_alloc(&resample, from, to), 0);
    tone_start(&tone, from, hz, 10000);
    tone_fill(&tone, in, 2 * from);
    for (size_t i = 0; i < 2 * from; i += frame)
        made += resample_run(resample, out + made, in + i, frame);
    assert_int_equal(made, 2 * to);
    mem_unref(resample);
    double power = frame_power(out + to, to);
    *rest = sqrt(2 * fmax(0, power - goertzel_power(out + to, to, to, hz)));
    return goertzel_amplitude(out + to, to, to, hz);
}

static const unsigned pairs[][2] = {{8000, 16000},  {16000, 8000},  {8000, 48000},  {48000, 8000},
                                    {16000, 48000}, {48000, 16000}, {24000, 48000}, {48000, 48000}};

static void telephone_band_stays(void **state)
{
    static const double tones[] = {100, 300, 1000, 2000, 3000, 3300};
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        for (size_t k = 0; k < sizeof tones / sizeof *tones; k++) {
            double rest, got = through(pairs[i][0], pairs[i][1], tones[k], &rest);
            if (fabs(20 * log10(got / 10000)) > 0.3 || rest > 25)
                fail_msg("%u to %u: %.0f Hz is %.1f, rest %.1f", pairs[i][0], pairs[i][1], tones[k],
                         got, rest);
        }
}

static void nothing_folds_back(void **state)
{
    static const double tones[] = {4500, 5000, 6500, 7900};
    (void)state;
    for (size_t k = 0; k < sizeof tones / sizeof *tones; k++) {
        double rest;
        through(16000, 8000, tones[k], &rest);
        double low = sqrt(2 * frame_power(out + 8000, 8000));
        through(48000, 8000, tones[k], &rest);
        double high = sqrt(2 * frame_power(out + 8000, 8000));
        if (low > 25 || high > 25)
            fail_msg("%.0f Hz leaves %.1f and %.1f", tones[k], low, high);
    }
}

/* Noise of full scale, every sample at one end of the range. */
static void loudest_sound_is_clipped(void **state)
{
    (void)state;
    srand(1);
    for (size_t i = 0; i < RATE_MAX; i++)
        in[i] = rand() & 4096 ? INT16_MAX : INT16_MIN;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct resample *resample;
        assert_int_equal(resample_alloc(&resample, pairs[i][0], pairs[i][1]), 0);
        size_t made = resample_run(resample, out, in, 4800);
        assert_int_equal(made, (size_t)4800 * pairs[i][1] / pairs[i][0]);
        assert_true(frame_peak(out, made) > 30000);
        mem_unref(resample);
    }
}

static void whole_ratios_only(void **state)
{
    struct resample *resample;
    (void)state;
    assert_int_equal(resample_alloc(&resample, 8000, 44100), EINVAL);
    assert_int_equal(resample_alloc(&resample, 8000, 56000), EINVAL);
    assert_int_equal(resample_alloc(&resample, 0, 8000), EINVAL);
    assert_int_equal(resample_alloc(&resample, 8000, 0), EINVAL);
}

struct taken {
    size_t count;
};

static int take(const int16_t *samples, size_t n, void *arg)
{
    struct taken *taken = arg;
    assert_true(taken->count + n <= 2 * RATE_MAX);
    memcpy(out + taken->count, samples, n * sizeof *samples);
    taken->count += n;
    return 0;
}

/* A second of a tone from one rate to the other, in pieces of odd sizes. */
static size_t convert_tone(unsigned from, unsigned to, double hz)
{
    struct taken taken = {0};
    struct convert *convert;
    static float piece[1777];
    assert_int_equal(convert_alloc(&convert, from, to, take, &taken), 0);
    for (size_t done = 0; done < from;) {
        size_t n = from - done < 1777 ? from - done : 1 + done % 1777;
        for (size_t i = 0; i < n; i++)
            piece[i] = (float)(10000 * sin(2 * M_PI * hz * (double)(done + i) / from));
        assert_int_equal(convert_run(convert, piece, n), 0);
        done += n;
    }
    assert_int_equal(convert_end(convert), 0);
    mem_unref(convert);
    return taken.count;
}

static void recordings_keep_length_and_time(void **state)
{
    static const unsigned rates[][2] = {{44100, 8000}, {22050, 8000},  {11025, 8000},
                                        {48000, 8000}, {192000, 8000}, {8000, 48000},
                                        {4000, 16000}, {16001, 8000},  {8000, 8000}};
    (void)state;
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        unsigned to = rates[i][1];
        assert_int_equal(convert_tone(rates[i][0], to, 1000), to);
        for (size_t k = to / 10; k < to - to / 10; k++) {
            double want = 10000 * sin(2 * M_PI * 1000 * (double)k / to);
            if (fabs(out[k] - want) > 12)
                fail_msg("%u to %u: sample %zu is %d, not %.1f", rates[i][0], to, k, out[k], want);
        }
    }
}

static void recordings_do_not_fold_back(void **state)
{
    (void)state;
    convert_tone(44100, 8000, 4500);
    assert_true(frame_peak(out + 800, 6400) < 8);
    convert_tone(44100, 8000, 20000);
    assert_true(frame_peak(out + 800, 6400) < 8);
}

static int refuse(const int16_t *samples, size_t n, void *arg)
{
    (void)samples;
    (void)n;
    (void)arg;
    return EFBIG;
}

static void conversion_ends_on_refusal(void **state)
{
    struct convert *convert;
    static const float some[4096];
    (void)state;
    assert_int_equal(convert_alloc(&convert, 44100, 8000, refuse, NULL), 0);
    assert_int_equal(convert_run(convert, some, 4096), EFBIG);
    mem_unref(convert);
    assert_int_equal(convert_alloc(&convert, 3999, 8000, refuse, NULL), EINVAL);
    assert_int_equal(convert_alloc(&convert, 8000, 192001, refuse, NULL), EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(telephone_band_stays),
        cmocka_unit_test(nothing_folds_back),
        cmocka_unit_test(loudest_sound_is_clipped),
        cmocka_unit_test(whole_ratios_only),
        cmocka_unit_test(recordings_keep_length_and_time),
        cmocka_unit_test(recordings_do_not_fold_back),
        cmocka_unit_test(conversion_ends_on_refusal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
