/* mixer_rate.c: a mixer that changes its rate, leaves out noise, and mixes for a long time. */
#include "audio/frame.h"
#include "audio/goertzel.h"
#include "audio/tone.h"
#include "base/mem.h"
#include "mixer/mixer.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LOUD = 12000, MOST = 960 };

static struct mixer *mixer;
static struct mixer_member *speaker, *listener;

static int start(void **state)
{
    (void)state;
    assert_int_equal(mixer_alloc(&mixer, 8000), 0);
    assert_int_equal(mixer_add(mixer, &speaker), 0);
    assert_int_equal(mixer_add(mixer, &listener), 0);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    mixer_remove(speaker);
    mixer_remove(listener);
    mixer = mem_unref(mixer);
    assert_int_equal(mem_alive(), 0);
    return 0;
}

/* A tick in which `speaker` says a frame (NULL: nothing). */
static size_t tick(const int16_t *said, int16_t *heard)
{
    if (said)
        mixer_put(speaker, said);
    mixer_sum(mixer);
    mixer_get(speaker, heard);
    mixer_get(listener, heard);
    return mixer_frame(mixer);
}

/* As if sound came from elsewhere at each rate: 400 Hz, at another phase after each change. */
static size_t hum(unsigned frame, int16_t *heard)
{
    int16_t said[MOST];
    size_t n;

    mixer_begin(mixer);
    n = mixer_frame(mixer);
    for (size_t i = 0; i < n; i++)
        said[i] = (int16_t)lrint(
            LOUD * sin(2 * M_PI * 400 * ((double)i / n / 50 + frame / 50.0) + mixer_rate(mixer)));
    return tick(said, heard);
}

/* Seen at 8 kHz, so that the steps of all rates are alike. */
static int steepest(const int16_t *heard, size_t n, int *last)
{
    int found = 0;

    for (size_t i = 0; i < n; i += n / 160) {
        int step = abs(heard[i] - *last);

        found = step > found ? step : found;
        *last = heard[i];
    }
    return found;
}

static void another_rate_does_not_click(void **state)
{
    static const unsigned rates[] = {16000, 48000, 8000, 48000, 16000, 8000};
    int limit = (int)(LOUD * 2 * sin(M_PI * 400 / 8000)) + LOUD / 160 + 16, last = 0;
    int16_t heard[MOST];
    unsigned frame = 0;

    (void)state;
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        mixer_set_rate(mixer, rates[i]);
        for (int k = 0; k < 10; k++) {
            size_t n = hum(frame++, heard);

            assert_true(steepest(heard, n, &last) <= limit);
            assert_int_equal(n == rates[i] / 50, k > 0);
        }
        assert_int_equal(mixer_rate(mixer), rates[i]);
        assert_true(fabs(goertzel_amplitude(heard, rates[i] / 50, rates[i], 400) - LOUD) < 50);
    }
}

/* Another rate, and before it comes the old one again. */
static void a_rate_that_is_taken_back_does_not_click(void **state)
{
    int limit = (int)(LOUD * 2 * sin(M_PI * 400 / 8000)) + LOUD / 160 + 16, last = 0;
    int16_t heard[MOST];

    (void)state;
    for (unsigned i = 0; i < 60; i++) {
        if (i % 3 == 0)
            mixer_set_rate(mixer, i % 2 ? 16000 : 8000);
        if (i % 7 == 0)
            mixer_set_rate(mixer, i % 4 ? 48000 : 8000);
        assert_true(steepest(heard, hum(i, heard), &last) <= limit);
    }
}

static void an_empty_mixer_changes_at_once(void **state)
{
    struct mixer *empty;

    (void)state;
    assert_int_equal(mixer_alloc(&empty, 8000), 0);
    mixer_set_rate(empty, 48000);
    mixer_begin(empty);
    assert_int_equal(mixer_rate(empty), 48000);
    mem_unref(empty);
}

static void silence_is_not_in_the_sum(void **state)
{
    int16_t frame[160], heard[160];

    (void)state;
    for (int i = 0; i < 160; i++)
        frame[i] = (int16_t)(i % 2 ? MIXER_SILENCE : -MIXER_SILENCE);
    tick(frame, heard);
    tick(frame, heard);
    assert_null(mixer_voice(speaker));
    assert_null(mixer_all(mixer));
    assert_true(mixer_plain(speaker) && mixer_plain(listener));
    frame[80] = MIXER_SILENCE + 1;
    tick(frame, heard); /* it has come in by now: no fade */
    assert_memory_equal(heard, frame, sizeof frame);
    assert_memory_equal(mixer_all(mixer), frame, sizeof frame);
    assert_true(!mixer_plain(speaker) && mixer_plain(listener));
}

static void who_hears_something_of_its_own_is_not_plain(void **state)
{
    int16_t frame[160] = {1000}, heard[160];

    (void)state;
    tick(frame, heard);
    assert_true(mixer_plain(listener));
    mixer_earmuff(listener, true);
    assert_false(mixer_plain(listener));
    tick(frame, heard);
    assert_false(mixer_plain(listener));
    mixer_earmuff(listener, false);
    tick(frame, heard);
    assert_true(mixer_plain(listener));
    mixer_audible(listener, speaker, false);
    assert_false(mixer_plain(listener));
    mixer_audible(listener, speaker, true);
    tick(frame, heard);
    assert_true(mixer_plain(listener));
}

static void noise(int16_t *frame, int loudness)
{
    for (int i = 0; i < 160; i++)
        frame[i] = (int16_t)(rand() % (2 * loudness + 1) - loudness);
}

/* Noise of a line goes out of the sum, the first frame of a word is whole, and without a gate
 * all is heard. */
static void a_gate_leaves_out_noise_and_no_beginning(void **state)
{
    int16_t frame[160], heard[160];

    (void)state;
    srand(7);
    for (int i = 0; i < 5; i++) {
        noise(frame, 150);
        tick(frame, heard);
    }
    assert_memory_equal(heard, frame, sizeof frame);
    mixer_gate(mixer, true);
    for (int i = 0; i < 150; i++) {
        noise(frame, 150);
        tick(frame, heard);
    }
    assert_null(mixer_voice(speaker));
    assert_int_equal(frame_peak(heard, 160), 0);
    noise(frame, 6000);
    tick(frame, heard);
    assert_memory_equal(heard, frame, sizeof frame);
    for (int i = 0; i < 10; i++) { /* a pause between words */
        noise(frame, 150);
        tick(frame, heard);
    }
    noise(frame, 6000);
    tick(frame, heard);
    assert_memory_equal(heard, frame, sizeof frame);
    mixer_gate(mixer, false);
    for (int i = 0; i < 100; i++) {
        noise(frame, 150);
        tick(frame, heard);
        assert_memory_equal(heard, frame, sizeof frame);
    }
}

/* Ten minutes of a tone between two who hum it at each other: each frame as it was said. */
static void ten_minutes_change_nothing(void **state)
{
    static const unsigned rates[] = {8000, 16000, 48000};
    int16_t said[MOST], answer[MOST], heard[MOST];
    struct tone tone, other;

    (void)state;
    for (int i = 0; i < 3; i++) {
        mixer_set_rate(mixer, rates[i]);
        for (int k = 0; k < 3; k++) {
            mixer_begin(mixer);
            tick(NULL, heard);
        }
        tone_start(&tone, rates[i], 1000, 8000);
        tone_start(&other, rates[i], 700, 8000);
        for (int frame = 0; frame < 10 * 60 * 50; frame++) {
            size_t size = mixer_frame(mixer) * sizeof *said;

            mixer_begin(mixer);
            tone_fill(&tone, said, mixer_frame(mixer));
            tone_fill(&other, answer, mixer_frame(mixer));
            mixer_put(listener, answer);
            tick(said, heard);
            if (frame > 0)
                assert_memory_equal(heard, said, size);
        }
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(another_rate_does_not_click),
        TEST(a_rate_that_is_taken_back_does_not_click),
        TEST(an_empty_mixer_changes_at_once),
        TEST(silence_is_not_in_the_sum),
        TEST(who_hears_something_of_its_own_is_not_plain),
        TEST(a_gate_leaves_out_noise_and_no_beginning),
        TEST(ten_minutes_change_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
