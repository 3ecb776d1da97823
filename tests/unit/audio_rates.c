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

/* Flat within 0.1 dB to 3.4 kHz where 8000 Hz is the lower rate, else to 7 kHz; and besides the
 * tone there is nothing above -60 dB of it: no image, no hum, no rounding. */
static void the_band_stays(void **state)
{
    static const double tones[] = {100, 300, 1000, 2000, 3000, 3400, 4500, 6000, 7000};

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        for (size_t k = 0; k < sizeof tones / sizeof *tones; k++) {
            unsigned lower = pairs[i][0] < pairs[i][1] ? pairs[i][0] : pairs[i][1];
            double rest, got;
            if (tones[k] > 0.4375 * lower)
                continue;
            got = through(pairs[i][0], pairs[i][1], tones[k], &rest);
            if (fabs(20 * log10(got / 10000)) > 0.1 || rest > 10)
                fail_msg("%u to %u: %.0f Hz is %.1f, rest %.1f", pairs[i][0], pairs[i][1], tones[k],
                         got, rest);
        }
}

/* From 0.5625 of the lower rate on, -60 dB, up to the end of what the higher one holds. */
static void nothing_folds_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        unsigned from = pairs[i][0], to = pairs[i][1];
        for (double hz = 0.5625 * to; hz < from / 2.0; hz += 0.0475 * to) {
            double rest, left;
            through(from, to, hz, &rest);
            left = sqrt(2 * frame_power(out + to, to));
            if (left > 10)
                fail_msg("%u to %u: %.0f Hz leaves %.1f", from, to, hz, left);
        }
    }
}

/* All frequencies take the same time: a step of noise comes out as it was, later. */
static void all_of_it_is_delayed_alike(void **state)
{
    static const double tones[] = {250, 700, 1300, 2400, 3100};
    static int16_t want[2 * RATE_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        unsigned from = pairs[i][0], to = pairs[i][1], lower = from < to ? from : to;
        struct resample resample;
        double late = RESAMPLE_DELAY / (double)lower, worst = 0;

        if (from == to)
            late = 0;
        else if (from > to)
            late -= 0.5 / from + (double)(from / to - 1) / from;
        for (size_t k = 0; k < from; k++) {
            double sum = 0;
            for (size_t t = 0; t < 5; t++)
                sum += 5000 * sin(2 * M_PI * tones[t] * (double)k / from);
            in[k] = (int16_t)lrint(sum);
        }
        for (size_t k = 0; k < to; k++) {
            double sum = 0;
            for (size_t t = 0; t < 5; t++)
                sum += 5000 * sin(2 * M_PI * tones[t] * ((double)k / to - late));
            want[k] = (int16_t)lrint(sum);
        }
        assert_int_equal(resample_init(&resample, from, to), 0);
        assert_int_equal(resample_run(&resample, out, in, from), to);
        for (size_t k = to / 10; k < to; k++)
            worst = fmax(worst, abs(out[k] - want[k]));
        if (worst > 40)
            fail_msg("%u to %u: off by %.0f", from, to, worst);
    }
}

/* Twice as loud comes out twice as loud, two sounds together as their sum. */
static void it_is_linear(void **state)
{
    static int16_t first[RATE_MAX], second[RATE_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct resample resample;
        size_t n = pairs[i][0] / 50, made;

        srand(3);
        for (int turn = 0; turn < 3; turn++) {
            int16_t *to = turn == 0 ? first : turn == 1 ? second : out;
            for (size_t k = 0; k < n; k++) {
                int a = (int)((k * 7919) % 8000) - 4000, b = (int)((k * 104729) % 6000) - 3000;
                in[k] = (int16_t)(turn == 0 ? a : turn == 1 ? b : 2 * a + b);
            }
            assert_int_equal(resample_init(&resample, pairs[i][0], pairs[i][1]), 0);
            made = resample_run(&resample, to, in, n);
        }
        for (size_t k = 0; k < made; k++)
            assert_true(abs(out[k] - 2 * first[k] - second[k]) <= 3);
    }
}

/* Frames of any size make the same as all at once; and init forgets what was before. */
static void frames_have_no_seam(void **state)
{
    static int16_t whole[RATE_MAX];

    (void)state;
    srand(4);
    for (size_t k = 0; k < RATE_MAX / 10; k++)
        in[k] = (int16_t)(rand() % 20000 - 10000);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct resample resample;
        size_t n = 4320, made = 0, count;
        assert_int_equal(resample_init(&resample, pairs[i][0], pairs[i][1]), 0);
        count = resample_run(&resample, whole, in, n);
        assert_int_equal(resample_init(&resample, pairs[i][0], pairs[i][1]), 0);
        for (size_t at = 0, part = 6; at < n; at += part, part += 6) {
            part = part < n - at ? part : n - at;
            made += resample_run(&resample, out + made, in + at, part);
        }
        assert_int_equal(made, count);
        assert_memory_equal(out, whole, count * sizeof *out);
    }
}

static void a_leg_pays_little(void **state)
{
    (void)state;
    assert_true(sizeof(struct resample) < 400);
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
        cmocka_unit_test(the_band_stays),
        cmocka_unit_test(nothing_folds_back),
        cmocka_unit_test(all_of_it_is_delayed_alike),
        cmocka_unit_test(it_is_linear),
        cmocka_unit_test(frames_have_no_seam),
        cmocka_unit_test(a_leg_pays_little),
        cmocka_unit_test(loudest_sound_is_clipped),
        cmocka_unit_test(whole_ratios_only),
        cmocka_unit_test(recordings_keep_length_and_time),
        cmocka_unit_test(recordings_do_not_fold_back),
        cmocka_unit_test(conversion_ends_on_refusal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
