/* Concealment: what was lost is filled with more of the same, without a click, and fades to
 * silence, at every rate. */
#include "audio/conceal.h"
#include "audio/frame.h"
#include "audio/goertzel.h"
#include "audio/tone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FRAMES = 50, PEAK = 10000, FRAME_MAX = 960 };

static const unsigned rates[] = {8000, 16000, 48000};
enum { RATES = sizeof rates / sizeof *rates };

static int16_t sound[FRAMES * FRAME_MAX];
static _Alignas(struct conceal) char memory[8192];
static struct conceal *conceal = (struct conceal *)memory;

/* A sine of `hz` with the frames first … last lost. */
static void play(unsigned rate, double hz, int first, int last)
{
    struct tone tone;
    size_t n = rate / 50;

    assert_true(conceal_size(rate) <= sizeof memory);
    conceal_init(conceal, rate);
    tone_start(&tone, rate, hz, PEAK);
    for (int i = 0; i < FRAMES; i++) {
        int16_t *frame = sound + (size_t)i * n;
        tone_fill(&tone, frame, n);
        if (i >= first && i <= last)
            conceal_lost(conceal, frame, n);
        else
            conceal_good(conceal, frame, n);
    }
}

static int largest_step(const int16_t *samples, size_t n)
{
    int largest = 0;

    for (size_t i = 1; i < n; i++) {
        int step = abs(samples[i] - samples[i - 1]);
        largest = step > largest ? step : largest;
    }
    return largest;
}

static void goes_on_with_the_same_pitch(void **state)
{
    static const double tones[] = {80, 110, 143, 200};

    (void)state;
    for (size_t i = 0; i < RATES; i++)
        for (size_t k = 0; k < sizeof tones / sizeof *tones; k++) {
            size_t n = rates[i] / 50;
            play(rates[i], tones[k], 20, 20);
            assert_true(goertzel_share(sound + 20 * n, n, rates[i], tones[k]) > 0.75);
            assert_true(frame_peak(sound + 20 * n, n / 2) > PEAK * 9 / 10);
        }
}

/* Even where the period is unknown to it, no step is larger than twice the sine's. */
static void does_not_click(void **state)
{
    static const double tones[] = {61, 100, 150, 203, 304, 440, 700};

    (void)state;
    for (size_t i = 0; i < RATES; i++)
        for (size_t k = 0; k < sizeof tones / sizeof *tones; k++)
            for (int lost = 1; lost < 8; lost++) {
                int found, steepest = (int)(2 * 3.1416 * tones[k] / rates[i] * PEAK) + 1;
                play(rates[i], tones[k], 20, 19 + lost);
                found = largest_step(sound, FRAMES * rates[i] / 50);
                if (found > 2 * steepest + PEAK / 20)
                    fail_msg("%.0f Hz at %u, %d lost: a step of %d, the sine's is %d", tones[k],
                             rates[i], lost, found, steepest);
            }
}

static void fades_to_silence(void **state)
{
    (void)state;
    for (size_t i = 0; i < RATES; i++) {
        size_t n = rates[i] / 50;
        double power[5];
        play(rates[i], 150, 20, FRAMES - 1);
        for (size_t k = 0; k < 5; k++)
            power[k] = frame_power(sound + (19 + k) * n, n);
        assert_true(power[1] > power[0] / 2 && power[1] < power[0] * 1.2);
        assert_true(power[2] < power[1] / 1.5 && power[3] < power[2] / 3 && power[3] > 0);
        assert_int_equal(frame_peak(sound + 23 * n, 27 * n), 0);
    }
}

/* Up to the loss, and from 5 ms behind it. */
static void good_frames_pass_unchanged(void **state)
{
    static int16_t want[FRAMES * FRAME_MAX];

    (void)state;
    for (size_t i = 0; i < RATES; i++) {
        size_t n = rates[i] / 50, blended = 22 * n + n / 4;
        play(rates[i], 333, FRAMES, FRAMES);
        memcpy(want, sound, sizeof want);
        play(rates[i], 333, 20, 21);
        assert_memory_equal(sound, want, 20 * n * sizeof *want);
        assert_memory_equal(sound + blended, want + blended, (FRAMES * n - blended) * sizeof *want);
    }
}

/* In two halves it is the same as in one piece. */
static void pieces_of_any_length_are_the_same(void **state)
{
    static int16_t want[2 * FRAME_MAX];

    (void)state;
    for (size_t i = 0; i < RATES; i++) {
        size_t n = rates[i] / 50, at = 0;
        play(rates[i], 120, FRAMES, FRAMES);
        conceal_lost(conceal, want, 2 * n);
        play(rates[i], 120, FRAMES, FRAMES);
        for (size_t part = 10; at < 2 * n; at += part, part += 30) {
            part = part < 2 * n - at ? part : 2 * n - at;
            conceal_lost(conceal, sound + at, part);
        }
        assert_memory_equal(sound, want, 2 * n * sizeof *want);
    }
}

static void loss_before_any_sound_is_silence(void **state)
{
    (void)state;
    for (size_t i = 0; i < RATES; i++) {
        conceal_init(conceal, rates[i]);
        memset(sound, 1, sizeof sound);
        conceal_lost(conceal, sound, rates[i] / 50);
        assert_int_equal(frame_peak(sound, rates[i] / 50), 0);
    }
}

/* Full scale noise, frames of any size: nothing overflows (the sanitisers look). */
static void survives_anything(void **state)
{
    (void)state;
    srand(2);
    for (size_t i = 0; i < RATES; i++) {
        conceal_init(conceal, rates[i]);
        for (int turn = 0; turn < 2000; turn++) {
            size_t n = (size_t)(rand() % 961);
            for (size_t k = 0; k < n; k++)
                sound[k] = (int16_t)(rand() & 64 ? INT16_MIN : INT16_MAX);
            if (rand() & 1)
                conceal_lost(conceal, sound, n);
            else
                conceal_good(conceal, sound, n);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_on_with_the_same_pitch),
        cmocka_unit_test(does_not_click),
        cmocka_unit_test(fades_to_silence),
        cmocka_unit_test(good_frames_pass_unchanged),
        cmocka_unit_test(pieces_of_any_length_are_the_same),
        cmocka_unit_test(loss_before_any_sound_is_silence),
        cmocka_unit_test(survives_anything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
