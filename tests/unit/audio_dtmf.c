/* audio_dtmf.c: keys heard at the limits of ITU-T Q.24, through both laws of G.711, from
 * every place in a frame; what is no key; and keys made. */
#include "audio/dtmf.h"
#include "audio/frame.h"
#include "audio/g711.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { RATE = 8000, LENGTH = 64000, MS = RATE / 1000 };

static const unsigned low_hz[] = {697, 770, 852, 941}, high_hz[] = {1209, 1336, 1477, 1633};
static const char digits[] = "123A456B789C*0#D";

/* What is on the line, and what was heard of it. */
static int16_t line[LENGTH];
static char heard[256];
static unsigned durations[256], heard_count;
static uint32_t seed;

static uint32_t next_random(void)
{
    seed = seed * 1664525 + 1013904223;
    return seed >> 8;
}

static int silence(void **state)
{
    (void)state;
    memset(line, 0, sizeof line);
    seed = 1;
    return 0;
}

static double amplitude(double dbm0)
{
    return 22360 * pow(10, dbm0 / 20);
}

static void sine(size_t from, size_t count, double hz, double dbm0, double phase)
{
    for (size_t i = 0; i < count; i++) {
        double sum =
            line[from + i] + amplitude(dbm0) * sin(phase + 2 * M_PI * hz * (double)i / RATE);

        line[from + i] = (int16_t)lrint(fmax(-32768, fmin(32767, sum)));
    }
}

struct press {
    char digit;
    size_t from, count; /* [samples] */
    double low, high;   /* [dBm0] */
    double low_off, high_off;
};

static void press(const struct press *p)
{
    size_t place = (size_t)(strchr(digits, p->digit) - digits);
    double turn = next_random() % 628 / 100.0;

    sine(p->from, p->count, low_hz[place / 4] * (1 + p->low_off), p->low, turn);
    sine(p->from, p->count, high_hz[place % 4] * (1 + p->high_off), p->high, turn * 2);
}

/* Gaussian, near enough: twelve even ones. */
static void noise(double dbm0)
{
    double deviation = amplitude(dbm0) / sqrt(2);

    for (size_t i = 0; i < LENGTH; i++) {
        double sum = -6;

        for (int k = 0; k < 12; k++)
            sum += next_random() % 4096 / 4096.0;
        line[i] = (int16_t)lrint(fmax(-32768, fmin(32767, line[i] + deviation * sum)));
    }
}

/* As a leg hears it: in frames of 20 ms that were G.711. */
static void listen_to(size_t count, bool alaw)
{
    struct dtmf_detector detector;

    dtmf_start(&detector);
    heard_count = 0;
    for (size_t at = 0; at + DTMF_FRAME <= count; at += DTMF_FRAME) {
        uint8_t bytes[DTMF_FRAME];
        int16_t frame[DTMF_FRAME];
        struct dtmf_key key;

        if (alaw) {
            g711_alaw_encode(bytes, line + at, DTMF_FRAME);
            g711_alaw_decode(frame, bytes, DTMF_FRAME);
        } else {
            g711_ulaw_encode(bytes, line + at, DTMF_FRAME);
            g711_ulaw_decode(frame, bytes, DTMF_FRAME);
        }
        if (dtmf_run(&detector, frame, DTMF_FRAME, &key) && heard_count < 255) {
            durations[heard_count] = key.duration_ms;
            heard[heard_count++] = key.digit;
        }
    }
    heard[heard_count] = '\0';
}

/* One key alone, from four places in a frame and a block: heard as often as it should be. */
static void check(struct press p, unsigned times)
{
    static const size_t places[] = {1600, 1613, 1711, 1759};

    for (size_t i = 0; i < 4; i++) {
        silence(NULL);
        seed = (uint32_t)i + 1;
        p.from = places[i];
        press(&p);
        for (int alaw = 0; alaw < 2; alaw++) {
            listen_to(8000, alaw);
            if (heard_count != times)
                fail_msg(
                    "%c, %zu ms, %.1f and %.1f dBm0, %.4f and %.4f off, from %zu: heard \"%s\"",
                    p.digit, p.count / MS, p.low, p.high, p.low_off, p.high_off, p.from, heard);
            if (times)
                assert_int_equal(heard[0], p.digit);
        }
    }
}

static void every_key_of_40_ms_is_heard_at_every_level(void **state)
{
    (void)state;
    for (const char *d = digits; *d; d++)
        for (double level = -3; level >= -33; level -= 6)
            check((struct press){*d, 0, 40 * MS, level, level, 0, 0}, 1);
}

static void a_tone_of_23_ms_is_no_key(void **state)
{
    (void)state;
    for (const char *d = digits; *d; d++)
        for (unsigned ms = 5; ms <= 23; ms += 3)
            check((struct press){*d, 0, ms * MS, -6, -6, 0, 0}, 0);
}

static void a_faint_tone_is_no_key(void **state)
{
    (void)state;
    for (const char *d = digits; *d; d++)
        check((struct press){*d, 0, 100 * MS, -45, -45, 0, 0}, 0);
}

/* Q.24: 1.5 % and 2 Hz. */
static double tolerated(double hz)
{
    return 0.015 + 2 / hz;
}

static void tones_out_of_tune_are_taken_to_the_limit(void **state)
{
    (void)state;
    for (size_t i = 0; i < 16; i++)
        for (int low = -1; low <= 1; low++)
            for (int high = -1; high <= 1; high++)
                for (unsigned ms = 40; ms <= 100; ms += 60)
                    check((struct press){digits[i], 0, ms * MS, -10, -10,
                                         low * tolerated(low_hz[i / 4]),
                                         high * tolerated(high_hz[i % 4])},
                          1);
}

static void tones_further_out_are_not(void **state)
{
    static const double off[] = {0.035, 0.04, 0.05, 0.06};

    (void)state;
    for (size_t i = 0; i < 16; i++)
        for (size_t k = 0; k < 4; k++)
            for (int sign = -1; sign <= 1; sign += 2)
                for (unsigned ms = 40; ms <= 200; ms += 160) {
                    /* 6 % up or down may be nearly the next key's */
                    check((struct press){digits[i], 0, ms * MS, -10, -10, sign * off[k], 0}, 0);
                    check((struct press){digits[i], 0, ms * MS, -10, -10, 0, sign * off[k]}, 0);
                    check((struct press){digits[i], 0, ms * MS, -10, -10, sign * off[k],
                                         -sign * off[k]},
                          0);
                }
}

static void twist_is_taken_to_the_limit(void **state)
{
    (void)state;
    for (size_t i = 0; i < 16; i++)
        for (double level = -6; level >= -20; level -= 7) {
            check((struct press){digits[i], 0, 40 * MS, level, level - 8, 0, 0}, 1);
            check((struct press){digits[i], 0, 40 * MS, level - 4, level, 0, 0}, 1);
            check((struct press){digits[i], 0, 60 * MS, level, level - 12, 0, 0}, 0);
            check((struct press){digits[i], 0, 60 * MS, level - 8, level, 0, 0}, 0);
        }
}

static void all_limits_at_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < 16; i++)
        for (int sign = -1; sign <= 1; sign += 2) {
            double low = sign * tolerated(low_hz[i / 4]), high = -sign * tolerated(high_hz[i % 4]);

            check((struct press){digits[i], 0, 40 * MS, -17, -25, low, high}, 1);
            check((struct press){digits[i], 0, 40 * MS, -25, -21, low, high}, 1);
            check((struct press){digits[i], 0, 40 * MS, 0, -4, low, high}, 1);
        }
}

static void a_pause_of_40_ms_parts_two_keys_and_a_break_of_10_does_not(void **state)
{
    static const struct {
        unsigned pause;
        unsigned keys;
    } cases[] = {{40, 2}, {45, 2}, {60, 2}, {5, 1}, {10, 1}};

    (void)state;
    for (size_t i = 0; i < 5; i++)
        for (size_t shift = 0; shift < 160; shift += 13) {
            struct press p = {'7', 800 + shift, 40 * MS, -10, -10, 0, 0};

            silence(NULL);
            press(&p);
            p.from += p.count + cases[i].pause * MS;
            press(&p);
            listen_to(4000, false);
            if (heard_count != cases[i].keys)
                fail_msg("a pause of %u ms at %zu: heard \"%s\"", cases[i].pause, shift, heard);
        }
}

static void a_key_may_follow_another_at_once(void **state)
{
    struct press p = {'1', 800, 50 * MS, -10, -10, 0, 0};

    (void)state;
    press(&p);
    p = (struct press){'8', 800 + 50 * MS, 50 * MS, -10, -10, 0, 0};
    press(&p);
    listen_to(4000, true);
    assert_string_equal(heard, "18");
}

static void durations_are_told(void **state)
{
    (void)state;
    for (unsigned ms = 40; ms <= 1200; ms = ms * 4 / 3) {
        struct press p = {'5', 1234, ms * MS, -12, -10, 0, 0};

        silence(NULL);
        press(&p);
        listen_to(24000, false);
        assert_int_equal(heard_count, 1);
        assert_in_range(durations[0], ms - 10, ms + 10);
    }
}

static void a_key_is_told_soon_after_its_end(void **state)
{
    struct press p = {'0', 800, 80 * MS, -10, -10, 0, 0};
    struct dtmf_detector detector;
    struct dtmf_key key;
    size_t at = 0;

    (void)state;
    press(&p);
    dtmf_start(&detector);
    while (!dtmf_run(&detector, line + at, 8, &key) && at < 8000)
        at += 8;
    assert_in_range(at, p.from + p.count, p.from + p.count + (DTMF_RELEASE + 15) * MS);
}

static void keys_are_heard_through_noise(void **state)
{
    (void)state;
    for (unsigned run = 0; run < 20; run++) {
        silence(NULL);
        seed = run;
        for (size_t i = 0; i < 64; i++) {
            struct press p = {digits[i % 16], 400 + i * 100 * MS, 50 * MS, -10, -10, 0, 0};

            press(&p);
        }
        noise(-10 - 12); /* 15 dB below both */
        listen_to(LENGTH, run % 2);
        assert_int_equal(heard_count, 64);
        for (size_t i = 0; i < 64; i++)
            assert_int_equal(heard[i], digits[i % 16]);
    }
}

static void noise_is_no_key(void **state)
{
    (void)state;
    for (unsigned run = 0; run < 40; run++) {
        silence(NULL);
        seed = run * 77;
        noise(-5.0 - run % 8 * 5);
        listen_to(LENGTH, run % 2);
        assert_string_equal(heard, "");
    }
}

static void tones_of_the_network_are_no_keys(void **state)
{
    static const double pairs[][2] = {
        {350, 440},   {440, 480},   {480, 620},  {425, 0},    {400, 450}, {1100, 0},   {2100, 0},
        {950, 0},     {1400, 0},    {1800, 0},   {697, 0},    {1209, 0},  {697, 770},  {852, 941},
        {1209, 1336}, {1477, 1633}, {1000, 0},   {941, 1000}, {700, 900}, {900, 1100}, {1100, 1300},
        {1300, 1500}, {1500, 1700}, {700, 1100}, {700, 1700}, {2600, 0},  {1380, 1500}};

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        silence(NULL);
        sine(800, 8000, pairs[i][0], -13, 0);
        if (pairs[i][1] > 0)
            sine(800, 8000, pairs[i][1], -13, 1);
        listen_to(12000, false);
        if (heard_count)
            fail_msg("%.0f and %.0f Hz: heard \"%s\"", pairs[i][0], pairs[i][1], heard);
    }
}

/* A sweep passes through every tone, and stands nowhere: 3,000 Hz a second and more. */
static void a_sweep_is_no_key(void **state)
{
    (void)state;
    for (unsigned speed = 48; speed <= 96; speed += 4) {
        double one = 0, two = 0;

        for (size_t i = 0; i < LENGTH; i++) {
            double at = fmod((double)i * speed / LENGTH, 1);

            one += 2 * M_PI * (600 + 500 * at) / RATE;
            two += 2 * M_PI * (1100 + 700 * at) / RATE;
            line[i] = (int16_t)lrint(5000 * sin(one) + 5000 * sin(two));
        }
        listen_to(LENGTH, false);
        assert_string_equal(heard, "");
    }
}

static void what_is_sent_is_heard(void **state)
{
    struct dtmf_sender sender;
    size_t at = 0;

    (void)state;
    for (const char *d = digits; *d; d++) {
        assert_true(dtmf_send(&sender, *d));
        for (int i = 0; i < 3; i++, at += DTMF_FRAME)
            dtmf_fill(&sender, line + at, DTMF_FRAME);
        assert_in_range(frame_peak(line + at - DTMF_FRAME, DTMF_FRAME), 12000, 18000);
        at += (size_t)3 * DTMF_FRAME;
    }
    listen_to(at, true);
    assert_string_equal(heard, digits);
    for (int i = 0; i < 16; i++)
        assert_in_range(durations[i], 50, 70);
    assert_true(dtmf_send(&sender, 'a'));
    assert_false(dtmf_send(&sender, 'p'));
    assert_false(dtmf_send(&sender, '\0'));
}

static void silence_and_a_start_anew_end_a_key(void **state)
{
    struct press p = {'9', 0, 800, -10, -10, 0, 0};
    struct dtmf_detector detector;
    struct dtmf_key key;

    (void)state;
    press(&p);
    dtmf_start(&detector);
    for (size_t at = 0; at < 800; at += DTMF_FRAME)
        assert_false(dtmf_run(&detector, line + at, DTMF_FRAME, &key));
    assert_false(dtmf_run(&detector, NULL, DTMF_FRAME, &key));
    assert_true(dtmf_run(&detector, NULL, DTMF_FRAME, &key));
    assert_int_equal(key.digit, '9');
    assert_false(dtmf_run(&detector, NULL, DTMF_FRAME, &key));
    for (size_t at = 0; at < 800; at += DTMF_FRAME)
        assert_false(dtmf_run(&detector, line + at, DTMF_FRAME, &key));
    dtmf_start(&detector);
    for (int i = 0; i < 10; i++)
        assert_false(dtmf_run(&detector, NULL, DTMF_FRAME, &key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_key_of_40_ms_is_heard_at_every_level, silence),
        cmocka_unit_test_setup(a_tone_of_23_ms_is_no_key, silence),
        cmocka_unit_test_setup(a_faint_tone_is_no_key, silence),
        cmocka_unit_test_setup(tones_out_of_tune_are_taken_to_the_limit, silence),
        cmocka_unit_test_setup(tones_further_out_are_not, silence),
        cmocka_unit_test_setup(twist_is_taken_to_the_limit, silence),
        cmocka_unit_test_setup(all_limits_at_once, silence),
        cmocka_unit_test_setup(a_pause_of_40_ms_parts_two_keys_and_a_break_of_10_does_not, silence),
        cmocka_unit_test_setup(a_key_may_follow_another_at_once, silence),
        cmocka_unit_test_setup(durations_are_told, silence),
        cmocka_unit_test_setup(a_key_is_told_soon_after_its_end, silence),
        cmocka_unit_test_setup(keys_are_heard_through_noise, silence),
        cmocka_unit_test_setup(noise_is_no_key, silence),
        cmocka_unit_test_setup(tones_of_the_network_are_no_keys, silence),
        cmocka_unit_test_setup(a_sweep_is_no_key, silence),
        cmocka_unit_test_setup(what_is_sent_is_heard, silence),
        cmocka_unit_test_setup(silence_and_a_start_anew_end_a_key, silence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
