/* Comfort noise: as loud and as dark as it was told, and told as it is. */
#include "audio/frame.h"
#include "audio/goertzel.h"
#include "audio/noise.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { RATE = 8000, FRAME = 160, SAMPLES = 4 * RATE };

static int16_t made[SAMPLES];

/* Noise of a payload, frame by frame. */
static void make(const uint8_t *payload, size_t size)
{
    struct noise noise = {0};

    assert_true(noise_set(&noise, payload, size));
    for (size_t at = 0; at < SAMPLES; at += FRAME)
        noise_fill(&noise, made + at, FRAME);
}

static void level_is_as_told(void **state)
{
    (void)state;
    for (uint8_t level = 20; level <= 75; level = (uint8_t)(level + 5)) {
        double got;
        make(&level, 1);
        got = frame_level(made + RATE, SAMPLES - RATE);
        if (fabs(got + level) > 0.7)
            fail_msg("-%u dBov is %.1f", level, got);
    }
}

static void level_is_as_told_whatever_the_colour(void **state)
{
    static const uint8_t colours[][5] = {
        {40, 20}, {40, 230}, {40, 60, 200, 90}, {40, 0, 254, 0, 254}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        make(colours[i], i < 2 ? 2 : 4);
        double got = frame_level(made + RATE, SAMPLES - RATE);
        if (fabs(got + 40) > 1)
            fail_msg("colour %zu: %.1f", i, got);
    }
    make(colours[3], 5); /* at the bounds: it may ring, but not run away */
    assert_true(frame_level(made + RATE, SAMPLES - RATE) < -25);
}

/* The share of power below half of the band. */
static double low_share(const int16_t *samples, size_t n)
{
    double low = 0, high = 0;

    for (double hz = 100; hz < 3950; hz += 50) {
        double sum = 0;
        for (size_t at = 0; at + 400 <= n; at += 400)
            sum += goertzel_power(samples + at, 400, RATE, hz);
        *(hz < 2000 ? &low : &high) += sum;
    }
    return low / (low + high);
}

static void colour_is_as_told(void **state)
{
    static const uint8_t white[] = {40}, low[] = {40, 127 - 100}, high[] = {40, 127 + 100};

    (void)state;
    make(white, sizeof white);
    assert_true(fabs(low_share(made, SAMPLES) - 0.5) < 0.05);
    make(low, sizeof low);
    assert_true(low_share(made, SAMPLES) > 0.85);
    make(high, sizeof high);
    assert_true(low_share(made, SAMPLES) < 0.15);
}

/* What is described sounds like what was there: the level and each part of the spectrum. */
static void described_and_made_again_it_is_the_same(void **state)
{
    static int16_t there[SAMPLES];
    uint8_t payload[NOISE_BYTES];
    double before[8], after[8];

    (void)state;
    srand(7);
    for (size_t i = 2; i < SAMPLES; i++) /* a resonance at 1 kHz over some white */
        there[i] = (int16_t)(1.2 * there[i - 1] - 0.72 * there[i - 2] + rand() % 401 - 200);
    assert_int_equal(noise_describe(payload, there + RATE, RATE, NOISE_ORDER_OURS), NOISE_BYTES);
    make(payload, sizeof payload);
    assert_true(fabs(frame_level(made + RATE, RATE) - frame_level(there + RATE, RATE)) < 1);
    for (int band = 0; band < 8; band++) {
        before[band] = after[band] = 0;
        for (double hz = band * 480 + 60; hz < band * 480 + 540; hz += 20)
            for (size_t at = RATE; at + 400 <= SAMPLES; at += 400) {
                before[band] += goertzel_power(there + at, 400, RATE, hz);
                after[band] += goertzel_power(made + at, 400, RATE, hz);
            }
        if (fabs(10 * log10(after[band] / before[band])) > 2)
            fail_msg("band %d: off by %.1f dB", band, 10 * log10(after[band] / before[band]));
    }
}

static void silence_is_described_as_silence(void **state)
{
    int16_t frame[FRAME] = {0};
    uint8_t payload[NOISE_BYTES];

    (void)state;
    assert_int_equal(noise_describe(payload, frame, FRAME, 4), 5);
    assert_int_equal(payload[0], NOISE_SILENCE);
    for (int i = 1; i < 5; i++)
        assert_int_equal(payload[i], 127);
    make(payload, 5);
    assert_int_equal(frame_peak(made, SAMPLES), 0);
    for (int i = 0; i < FRAME; i++)
        frame[i] = INT16_MIN;
    noise_describe(payload, frame, FRAME, 10);
    assert_int_equal(payload[0], 0);
}

/* A new level comes without a jump. */
static void levels_change_smoothly(void **state)
{
    static const uint8_t loud[] = {30}, soft[] = {60};
    struct noise noise = {0};
    int16_t frame[FRAME];

    (void)state;
    noise_set(&noise, loud, 1);
    for (int i = 0; i < 50; i++)
        noise_fill(&noise, frame, FRAME);
    noise_set(&noise, soft, 1);
    noise_fill(&noise, frame, 16);
    assert_true(frame_level(frame, 16) > -36);
    for (int i = 0; i < 20; i++)
        noise_fill(&noise, frame, FRAME);
    assert_true(frame_level(frame, FRAME) < -58);
}

/* Any payload of any size: no sample is lost, nothing runs away for good. */
static void any_payload_will_do(void **state)
{
    struct noise noise = {0};
    uint8_t payload[64];
    int16_t frame[FRAME];
    static const uint8_t quiet[] = {80};

    (void)state;
    srand(9);
    assert_false(noise_set(&noise, payload, 0));
    for (int i = 0; i < 20000; i++) {
        size_t size = 1 + (size_t)rand() % sizeof payload;
        for (size_t k = 0; k < size; k++)
            payload[k] = (uint8_t)rand();
        assert_true(noise_set(&noise, payload, size));
        noise_fill(&noise, frame, 1 + (size_t)rand() % FRAME);
    }
    assert_true(noise_set(&noise, quiet, 1));
    for (int i = 0; i < 200; i++)
        noise_fill(&noise, frame, FRAME);
    assert_true(frame_level(frame, FRAME) < -75);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(level_is_as_told),
        cmocka_unit_test(level_is_as_told_whatever_the_colour),
        cmocka_unit_test(colour_is_as_told),
        cmocka_unit_test(described_and_made_again_it_is_the_same),
        cmocka_unit_test(silence_is_described_as_silence),
        cmocka_unit_test(levels_change_smoothly),
        cmocka_unit_test(any_payload_will_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
