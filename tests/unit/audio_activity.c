/* Voice activity: what begins speech, what ends it, and what is none. */
#include "audio/activity.h"
#include "audio/g711.h"
#include "audio/tone.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { RATE = 8000, FRAME = 160, SECOND = 50 /* frames */ };

static struct activity activity;
static unsigned changes; /* of what activity_run() returned */

static int start(void **state)
{
    (void)state;
    memset(&activity, 0, sizeof activity);
    changes = 0;
    srand(7);
    return 0;
}

/* Root mean square of a level [dBm0]. */
static double rms_of(double dbm0)
{
    return 32124 / sqrt(2) * pow(10, (dbm0 - 3.17) / 20);
}

static bool take(const int16_t *frame)
{
    bool before = activity.on, on = activity_run(&activity, frame, FRAME);

    changes += on != before;
    return on;
}

/* Adds Gaussian noise of `rms`. */
static void add_noise(int16_t *frame, double rms)
{
    for (int i = 0; i < FRAME; i++) {
        double sum = -6;

        for (int k = 0; k < 12; k++)
            sum += rand() / (double)RAND_MAX;
        frame[i] = (int16_t)(frame[i] + lrint(sum * rms));
    }
}

/* Frames of a tone over noise ([dBm0]; -99: none) through A-law; whether it speaks after
 * the last of them, and in `first` the frame (from 1) in which that changed, 0: none. */
static bool hear(unsigned frames, double tone_dbm0, double noise_dbm0, unsigned *first)
{
    bool on = activity.on;
    unsigned changed = 0;
    struct tone tone;

    tone_start(&tone, RATE, 430, tone_dbm0 > -99 ? rms_of(tone_dbm0) * sqrt(2) : 0);
    for (unsigned i = 1; i <= frames; i++) {
        int16_t frame[FRAME];
        uint8_t bytes[FRAME];
        bool before = on;

        tone_fill(&tone, frame, FRAME);
        if (noise_dbm0 > -99)
            add_noise(frame, rms_of(noise_dbm0));
        g711_alaw_encode(bytes, frame, FRAME);
        g711_alaw_decode(frame, bytes, FRAME);
        on = take(frame);
        if (on != before && !changed)
            changed = i;
    }
    if (first)
        *first = changed;
    return on;
}

/* Syllables: 160 ms of sound, 80 ms without. */
static bool speak(unsigned syllables, double dbm0, double noise_dbm0)
{
    bool on = activity.on;

    for (unsigned i = 0; i < syllables; i++) {
        hear(8, dbm0, noise_dbm0, NULL);
        on = hear(4, -99, noise_dbm0, NULL);
    }
    return on;
}

static void silence_is_no_speech(void **state)
{
    int16_t dither[FRAME];

    (void)state;
    assert_false(hear(10 * SECOND, -99, -99, NULL));
    for (int i = 0; i < FRAME; i++)
        dither[i] = i % 2 ? 8 : -8;
    for (int i = 0; i < 100; i++)
        assert_false(take(dither));
    for (int i = 0; i < FRAME; i++)
        dither[i] = 3000; /* a line with an offset */
    for (int i = 0; i < 100; i++)
        assert_false(take(dither));
    assert_false(hear(10 * SECOND, -99, -60, NULL));
    assert_int_equal(changes, 0);
}

static void a_burst_begins_after_60_ms_and_ends_after_600(void **state)
{
    unsigned first;

    (void)state;
    hear(SECOND, -99, -99, NULL);
    for (int i = 1; i <= 5; i++) {
        assert_true(hear(SECOND, -20, -99, &first));
        assert_int_equal(first, ACTIVITY_BEGINS);
        assert_false(hear(SECOND, -99, -99, &first));
        assert_int_equal(first, ACTIVITY_ENDS);
        assert_int_equal(changes, 2 * i);
    }
}

static void a_click_is_none_and_a_pause_no_end(void **state)
{
    (void)state;
    hear(SECOND, -99, -99, NULL);
    for (int i = 0; i < 20; i++) {
        hear(ACTIVITY_BEGINS - 1, -10, -99, NULL);
        assert_false(hear(1, -99, -99, NULL));
    }
    assert_true(hear(SECOND, -20, -99, NULL));
    for (int i = 0; i < 20; i++) {
        assert_true(hear(ACTIVITY_ENDS - 1, -99, -99, NULL));
        assert_true(hear(1, -20, -99, NULL));
    }
    assert_int_equal(changes, 1);
}

/* Whatever the line hums, it is no speech once it is known, and speech above it is. */
static void noise_is_learned_and_spoken_over(void **state)
{
    static const double floors[] = {-70, -60, -50, -45, -40, -35, -30};

    (void)state;
    for (size_t i = 0; i < sizeof floors / sizeof *floors; i++) {
        start(NULL);
        hear(2 * SECOND, -99, floors[i], NULL);
        assert_false(activity.on);
        changes = 0;
        assert_false(hear(20 * SECOND, -99, floors[i], NULL));
        assert_int_equal(changes, 0);
        assert_true(speak(20, fmax(floors[i] + 14, -45), floors[i]));
        assert_int_equal(changes, 1);
        assert_false(hear(SECOND, -99, floors[i], NULL));
        assert_int_equal(changes, 2);
    }
}

static void noise_that_rises_is_learned_again(void **state)
{
    (void)state;
    hear(5 * SECOND, -99, -65, NULL);
    assert_true(hear(SECOND, -99, -38, NULL)); /* might be somebody */
    assert_false(hear(4 * SECOND, -99, -38, NULL));
    changes = 0;
    assert_true(speak(10, -24, -38));
    assert_false(hear(2 * SECOND, -99, -65, NULL)); /* and falls */
    assert_true(speak(4, -45, -65));
    assert_int_equal(changes, 3);
}

static void faint_speech_is_heard_down_to_the_bound(void **state)
{
    (void)state;
    hear(3 * SECOND, -99, -66, NULL);
    assert_true(speak(10, -47, -66));
    assert_false(hear(SECOND, -99, -66, NULL));
    assert_int_equal(changes, 2);
    assert_false(speak(20, -53, -99)); /* below -50 dBm0, though well above nothing */
    assert_int_equal(changes, 2);
}

/* Nobody waits for a pause to be heard: the first word of a call counts. */
static void speech_from_the_first_frame_counts(void **state)
{
    unsigned first;

    (void)state;
    hear(8, -20, -60, &first);
    assert_int_equal(first, ACTIVITY_BEGINS);
    assert_true(speak(40, -20, -60));
    assert_int_equal(changes, 1);
}

static void what_is_loud_stays_speech(void **state)
{
    (void)state;
    assert_true(hear(60 * SECOND, -18, -99, NULL));
    assert_int_equal(changes, 1);
}

/* The two sines of a key, in-band. */
static void press(unsigned frames)
{
    struct tone low, high;

    tone_start(&low, RATE, 770, rms_of(-9) * sqrt(2));
    tone_start(&high, RATE, 1336, rms_of(-7) * sqrt(2));
    for (unsigned i = 0; i < frames; i++) {
        int16_t frame[FRAME];

        tone_fill(&low, frame, FRAME);
        tone_mix(&high, frame, FRAME);
        take(frame);
    }
}

static void a_short_key_is_none_a_held_one_is_sound(void **state)
{
    (void)state;
    hear(SECOND, -99, -99, NULL);
    for (int i = 0; i < 10; i++) {
        press(2); /* 40 ms, the shortest there is */
        hear(2, -99, -99, NULL);
    }
    assert_int_equal(changes, 0);
    press(10);
    assert_true(activity.on);
}

static void frames_that_never_came_end_speech(void **state)
{
    unsigned missing = 0;

    (void)state;
    hear(3 * SECOND, -99, -40, NULL);
    assert_true(speak(10, -20, -40));
    while (missing < 1000 && take(NULL))
        missing++;
    assert_in_range(missing, ACTIVITY_ENDS - 6, ACTIVITY_ENDS);
    for (int i = 0; i < 10 * SECOND; i++)
        take(NULL);
    changes = 0;
    assert_false(hear(10 * SECOND, -99, -40, NULL)); /* the noise was not forgotten */
    assert_int_equal(changes, 0);
}

static void the_loudest_does_not_overflow(void **state)
{
    int16_t frame[960];

    (void)state;
    for (int i = 0; i < 960; i++)
        frame[i] = i % 2 ? INT16_MAX : INT16_MIN;
    for (int i = 0; i < 200; i++)
        activity_run(&activity, frame, 960);
    assert_true(activity.on);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, start)
    const struct CMUnitTest tests[] = {
        TEST(silence_is_no_speech),
        TEST(a_burst_begins_after_60_ms_and_ends_after_600),
        TEST(a_click_is_none_and_a_pause_no_end),
        TEST(noise_is_learned_and_spoken_over),
        TEST(noise_that_rises_is_learned_again),
        TEST(faint_speech_is_heard_down_to_the_bound),
        TEST(speech_from_the_first_frame_counts),
        TEST(what_is_loud_stays_speech),
        TEST(a_short_key_is_none_a_held_one_is_sound),
        TEST(frames_that_never_came_end_speech),
        TEST(the_loudest_does_not_overflow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
