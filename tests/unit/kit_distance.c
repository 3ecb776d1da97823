/* kit_distance.c: the measure of sound tells a good line from a bad one. */
#include "tests/kit/distance.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { RATE = 8000, LENGTH = 6 * RATE, DELAY = 57 * RATE / 1000 };

static int16_t said[LENGTH], heard[LENGTH + RATE];
static uint32_t seed = 1;

static double noise(void)
{
    seed = seed * 1664525 + 1013904223;
    return (double)(int32_t)seed / 2147483648.0;
}

/* Syllables of changing pitch and vowel, with pauses; like a voice in what matters here. */
static void speak(void)
{
    double phase = 0;

    for (size_t i = 0; i < LENGTH; i++) {
        double t = (double)i / RATE, beat = fmod(t * 3.7, 1), pitch = 110 + 40 * sin(t * 2.1);
        double loud = fmod(t, 2.3) > 2 ? 0 : sin(M_PI * beat) * sin(M_PI * beat);
        double sound = 0;

        phase += 2 * M_PI * pitch / RATE;
        for (int k = 1; k < 25; k++)
            sound += sin(k * phase) / (1 + fabs(k * pitch - 700 - 500 * sin(t * 5)) / 300);
        said[i] = (int16_t)(2500 * loud * sound);
    }
}

static void pass_on(double gain, double hiss)
{
    memset(heard, 0, sizeof heard);
    for (size_t i = 0; i < LENGTH; i++)
        heard[i + DELAY] = (int16_t)(gain * said[i] + hiss * noise());
}

static struct distance measure(void)
{
    struct distance distance;

    assert_int_equal(distance_measure(&distance, said, LENGTH, heard, LENGTH + RATE, RATE, 200), 0);
    return distance;
}

static void the_same_sound_later_is_no_distance(void **state)
{
    struct distance distance;

    (void)state;
    pass_on(1, 0);
    distance = measure();
    assert_true(distance.decibels < 0.01 && distance.gap < 0.1);
    assert_true(fabs(distance.delay_least - 57) < 0.1 && fabs(distance.delay_most - 57) < 0.1);
}

static void worse_is_further(void **state)
{
    double last = -1;

    (void)state;
    for (double hiss = 0; hiss <= 3000; hiss = hiss * 4 + 30) {
        double now;

        pass_on(1, hiss);
        now = measure().decibels;
        assert_true(now > last);
        last = now;
    }
    assert_true(last > 8);
}

static void holes_are_found_and_measured(void **state)
{
    (void)state;
    for (size_t ms = 20; ms <= 120; ms += 50) {
        size_t length = ms * RATE / 1000, at = (size_t)(2.5 / 3.7 * RATE) - length / 2;
        struct distance distance;

        pass_on(1, 0);
        memset(heard + DELAY + at, 0, length * sizeof *heard);
        distance = measure();
        if (fabs(distance.gap - (double)ms) > 6)
            fail_msg("a hole of %zu ms is %g", ms, distance.gap);
        assert_true(distance.decibels > 0.01);
    }
}

static void a_delay_that_changes_is_told_and_costs_little(void **state)
{
    struct distance distance;

    (void)state;
    pass_on(1, 0);
    memmove(heard + LENGTH / 2 + 320, heard + LENGTH / 2, (LENGTH / 2 + DELAY) * sizeof *heard);
    distance = measure();
    assert_true(fabs(distance.delay_least - 57) < 1.1 && fabs(distance.delay_most - 97) < 1.1);
    assert_true(distance.decibels < 1);
}

static void what_cannot_be_measured_is_refused(void **state)
{
    struct distance distance;

    (void)state;
    pass_on(1, 0);
    assert_int_equal(distance_measure(&distance, said, 100, heard, LENGTH, RATE, 200), EINVAL);
    assert_int_equal(distance_measure(&distance, said, LENGTH, heard, LENGTH, 44100, 200), EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_sound_later_is_no_distance),
        cmocka_unit_test(worse_is_further),
        cmocka_unit_test(holes_are_found_and_measured),
        cmocka_unit_test(a_delay_that_changes_is_told_and_costs_little),
        cmocka_unit_test(what_cannot_be_measured_is_refused),
    };

    speak();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
