/* Frames: sums, clipping, gain; tones and what measures them. */
#include "audio/frame.h"
#include "audio/goertzel.h"
#include "audio/tone.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { RATE = 8000, FRAME = 160, SECOND = RATE };

static void sums_and_clips_once(void **state)
{
    int32_t total[FRAME] = {0};
    int16_t high[FRAME], low[FRAME], out[FRAME];
    (void)state;
    for (int i = 0; i < FRAME; i++) {
        high[i] = INT16_MAX;
        low[i] = INT16_MIN;
    }
    for (int i = 0; i < 1000; i++)
        frame_add(total, high, FRAME);
    assert_int_equal(total[0], 1000 * INT16_MAX);
    frame_clip(out, total, FRAME);
    assert_int_equal(out[FRAME - 1], INT16_MAX);
    for (int i = 0; i < 1000; i++)
        frame_add(total, low, FRAME);
    frame_minus(out, total, low, FRAME);
    assert_int_equal(out[FRAME - 1], -1000 - INT16_MIN);
    for (int i = 0; i < 1000; i++)
        frame_subtract(total, high, FRAME);
    assert_int_equal(total[5], 1000 * INT16_MIN);
    frame_clip(out, total, FRAME);
    assert_int_equal(out[5], INT16_MIN);
}

static void mixes_with_clipping(void **state)
{
    int16_t a[] = {30000, -30000, 5, -32768, 32767}, b[] = {10000, -10000, -7, 32767, 1};
    const int16_t want[] = {32767, -32768, -2, -1, 32767};
    (void)state;
    frame_mix(a, b, 5);
    assert_memory_equal(a, want, sizeof want);
}

static void ramp_is_a_straight_line(void **state)
{
    int16_t frame[FRAME];
    (void)state;
    for (int up = 0; up < 2; up++) {
        for (int i = 0; i < FRAME; i++)
            frame[i] = 16000;
        frame_gain(frame, FRAME, up ? 0 : FRAME_GAIN_ONE, up ? FRAME_GAIN_ONE : 0);
        for (int i = 0; i < FRAME; i++) {
            int line = 16000 * (up ? i + 1 : FRAME - i - 1) / FRAME;
            assert_true(abs(frame[i] - line) <= 8);
        }
        assert_int_equal(frame[FRAME - 1], up ? 16000 : 0);
    }
}

static void gain_by_decibels(void **state)
{
    int16_t frame[] = {1000, -1000, 32767, -32768};
    (void)state;
    assert_int_equal(frame_gain_of(0), FRAME_GAIN_ONE);
    assert_int_equal(frame_gain_of(100), FRAME_GAIN_MAX);
    assert_int_equal(frame_gain_of(-200), 0);
    int twice = frame_gain_of(20 * log10(2));
    assert_int_equal(twice, 2 * FRAME_GAIN_ONE);
    frame_gain(frame, 4, twice, twice);
    assert_int_equal(frame[0], 2000);
    assert_int_equal(frame[1], -2000);
    assert_int_equal(frame[2], INT16_MAX);
    assert_int_equal(frame[3], INT16_MIN);
    frame_gain(frame, 4, FRAME_GAIN_MAX, FRAME_GAIN_MAX);
    assert_int_equal(frame[3], INT16_MIN);
}

static void measures_level_and_peak(void **state)
{
    static int16_t sound[SECOND];
    struct tone tone;
    (void)state;
    assert_true(frame_level(sound, SECOND) == -100);
    assert_true(frame_silent(sound, SECOND, 0));
    tone_start(&tone, RATE, 400, 32767);
    tone_fill(&tone, sound, SECOND);
    assert_true(fabs(frame_level(sound, SECOND) + 3.01) < 0.01);
    assert_int_equal(frame_peak(sound, SECOND), 32767);
    assert_false(frame_silent(sound, SECOND, 32766));
    sound[9] = INT16_MIN;
    assert_int_equal(frame_peak(sound, SECOND), 32768);
}

static void finds_tones_apart(void **state)
{
    static int16_t sound[SECOND];
    struct tone a, b;
    (void)state;
    tone_start(&a, RATE, 440, 8000);
    tone_start(&b, RATE, 480, 4000);
    for (int i = 0; i < SECOND; i += FRAME) {
        tone_fill(&a, sound + i, FRAME);
        tone_mix(&b, sound + i, FRAME);
    }
    assert_true(fabs(goertzel_amplitude(sound, SECOND, RATE, 440) - 8000) < 2);
    assert_true(fabs(goertzel_amplitude(sound, SECOND, RATE, 480) - 4000) < 2);
    assert_true(goertzel_amplitude(sound, SECOND, RATE, 441) < 2);
    assert_true(fabs(goertzel_share(sound, SECOND, RATE, 440) - 0.8) < 0.001);
    memset(sound, 0, sizeof sound);
    assert_true(goertzel_share(sound, SECOND, RATE, 440) == 0);
}

/* Ten minutes later the tone is still where it should be, and as loud. */
static void tone_keeps_its_phase(void **state)
{
    static int16_t sound[SECOND], first[SECOND];
    struct tone tone;
    (void)state;
    tone_start(&tone, RATE, 1001, 10000);
    tone_fill(&tone, first, SECOND);
    for (int second = 1; second < 600; second++)
        tone_fill(&tone, sound, SECOND);
    for (int i = 0; i < SECOND; i++)
        assert_true(abs(sound[i] - first[i]) <= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_and_clips_once),     cmocka_unit_test(mixes_with_clipping),
        cmocka_unit_test(ramp_is_a_straight_line), cmocka_unit_test(gain_by_decibels),
        cmocka_unit_test(measures_level_and_peak), cmocka_unit_test(finds_tones_apart),
        cmocka_unit_test(tone_keeps_its_phase),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
