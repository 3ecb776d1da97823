/* Concealment: a lost frame is filled with more of the same, without a click, and
 * fades to silence. */
#include "audio/frame.h"
#include "audio/goertzel.h"
#include "audio/plc.h"
#include "audio/tone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { RATE = 8000, FRAME = 160, PEAK = 10000 };

static int16_t sound[50 * FRAME];

/* A sine of `hz` with the frames first … last lost. */
static void play(struct plc *plc, double hz, int first, int last)
{
    struct tone tone;
    memset(plc, 0, sizeof *plc);
    tone_start(&tone, RATE, hz, PEAK);
    for (int i = 0; i < 50; i++) {
        tone_fill(&tone, sound + i * FRAME, FRAME);
        if (i >= first && i <= last)
            plc_lost(plc, sound + i * FRAME, FRAME);
        else
            plc_good(plc, sound + i * FRAME, FRAME);
    }
}

static int largest_step(const int16_t *samples, int n)
{
    int largest = 0;
    for (int i = 1; i < n; i++)
        largest =
            abs(samples[i] - samples[i - 1]) > largest ? abs(samples[i] - samples[i - 1]) : largest;
    return largest;
}

static void goes_on_with_the_same_pitch(void **state)
{
    static const double tones[] = {80, 110, 143, 200};
    struct plc plc;
    (void)state;
    for (size_t i = 0; i < sizeof tones / sizeof *tones; i++) {
        play(&plc, tones[i], 20, 20);
        assert_true(goertzel_share(sound + 20 * FRAME, FRAME, RATE, tones[i]) > 0.75);
        assert_true(frame_peak(sound + 20 * FRAME, 80) > PEAK * 9 / 10);
    }
}

/* Even where the period is unknown to it, no step is larger than twice the sine's. */
static void does_not_click(void **state)
{
    static const double tones[] = {61, 100, 150, 203, 304, 440, 700};
    struct plc plc;
    (void)state;
    for (size_t i = 0; i < sizeof tones / sizeof *tones; i++)
        for (int lost = 1; lost < 8; lost++) {
            play(&plc, tones[i], 20, 19 + lost);
            int steepest = (int)(2 * 3.1416 * tones[i] / RATE * PEAK) + 1;
            int found = largest_step(sound, 50 * FRAME);
            if (found > 2 * steepest + PEAK / 20)
                fail_msg("%.0f Hz, %d lost: a step of %d, the sine's is %d", tones[i], lost, found,
                         steepest);
        }
}

static void fades_to_silence(void **state)
{
    struct plc plc;
    (void)state;
    play(&plc, 150, 20, 49);
    double before = frame_power(sound + 19 * FRAME, FRAME);
    double first = frame_power(sound + 20 * FRAME, FRAME);
    double second = frame_power(sound + 21 * FRAME, FRAME);
    double third = frame_power(sound + 22 * FRAME, FRAME);
    assert_true(first > before / 2 && first < before * 1.2);
    assert_true(second < first / 1.5 && third < second / 3 && third > 0);
    assert_int_equal(frame_peak(sound + 23 * FRAME, 27 * FRAME), 0);
}

static void good_frames_pass_unchanged(void **state)
{
    static int16_t want[50 * FRAME];
    struct plc plc;
    (void)state;
    play(&plc, 333, 50, 50);
    memcpy(want, sound, sizeof want);
    play(&plc, 333, 20, 21);
    assert_memory_equal(sound, want, 20 * FRAME * sizeof *want);
    int blended = 22 * FRAME + 40; /* 5 ms */
    assert_memory_equal(sound + blended, want + blended, sizeof want - blended * sizeof *want);
}

static void loss_before_any_sound_is_silence(void **state)
{
    struct plc plc = {0};
    int16_t frame[FRAME];
    (void)state;
    memset(frame, 1, sizeof frame);
    plc_lost(&plc, frame, FRAME);
    assert_int_equal(frame_peak(frame, FRAME), 0);
}

/* Full scale noise, frames of any size: nothing overflows (the sanitisers look). */
static void survives_anything(void **state)
{
    struct plc plc = {0};
    static int16_t frame[960];
    (void)state;
    srand(2);
    for (int i = 0; i < 2000; i++) {
        size_t n = (size_t)(rand() % 961);
        for (size_t k = 0; k < n; k++)
            frame[k] = (int16_t)(rand() & 64 ? INT16_MIN : INT16_MAX);
        if (rand() & 1)
            plc_lost(&plc, frame, n);
        else
            plc_good(&plc, frame, n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_on_with_the_same_pitch),
        cmocka_unit_test(does_not_click),
        cmocka_unit_test(fades_to_silence),
        cmocka_unit_test(good_frames_pass_unchanged),
        cmocka_unit_test(loss_before_any_sound_is_silence),
        cmocka_unit_test(survives_anything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
