/* Who answered: people, machines, tones that are neither, and beeps. How well it does on
 * speech is measured in tests/amd; here is what it promises whatever is said. */
#include "audio/tone.h"
#include "base/mem.h"
#include "detect/detect.h"
#include "voice.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { RATE = 8000, FRAME = DETECT_FRAME, TOLD = 8, MINUTE = 60000 };

static struct detect *detect;
static struct voice voice;
static int now;      /* [ms] heard */
static double noise; /* rms */
static struct {
    enum detect_verdict verdict;
    enum detect_reason reason;
    int at;
} told[TOLD];
static unsigned count; /* of them */

static void begin_with(struct detect_conf conf)
{
    mem_unref(detect);
    assert_int_equal(detect_alloc(&detect, &conf), 0);
    memset(told, 0, sizeof told);
    memset(&voice, 0, sizeof voice);
    count = 0;
    now = 0;
    noise = 0;
    srand(5);
}

static void begin(enum detect_mode mode)
{
    begin_with((struct detect_conf){.mode = mode});
}

static int end(void **state)
{
    (void)state;
    detect = mem_unref(detect);
    return mem_alive() != 0;
}

static void take(const int16_t *frame)
{
    bool over = detect_over(detect);
    enum detect_verdict verdict = detect_run(detect, frame);

    now += 20;
    if (!verdict)
        return;
    assert_false(over);
    assert_true(count < TOLD);
    told[count].verdict = verdict;
    told[count].reason = detect_reason(detect);
    told[count++].at = now;
}

static void take_noisy(int16_t *frame)
{
    for (int i = 0; noise > 0 && i < FRAME; i++) {
        double sum = -6;

        for (int k = 0; k < 12; k++)
            sum += rand() / (double)RAND_MAX;
        frame[i] = (int16_t)(frame[i] + lrint(sum * noise));
    }
    take(frame);
}

static void quiet(int ms)
{
    for (int i = 0; i < ms; i += 20) {
        int16_t frame[FRAME] = {0};

        take_noisy(frame);
    }
}

static void lost(int ms)
{
    for (int i = 0; i < ms; i += 20)
        take(NULL);
}

static void speak(int ms)
{
    for (int i = 0; i < ms; i += 20) {
        int16_t frame[FRAME];

        voice_fill(&voice, frame, FRAME);
        take_noisy(frame);
    }
}

static double peak_of(double dbm0)
{
    return 32124 * pow(10, (dbm0 - 3.17) / 20);
}

/* One or two sines (0: none), each of that level, for any number of ms. */
static void sound(double hz, double second, int ms, double dbm0)
{
    static int16_t samples[RATE * 70];
    int length = (ms * RATE / 1000 + FRAME - 1) / FRAME * FRAME;
    struct tone tone;

    assert_in_range(length, 0, sizeof samples / sizeof *samples);
    memset(samples, 0, (size_t)length * sizeof *samples);
    tone_start(&tone, RATE, hz, peak_of(dbm0));
    tone_fill(&tone, samples, (size_t)(ms * RATE / 1000));
    tone_start(&tone, RATE, second, second > 0 ? peak_of(dbm0) : 0);
    tone_mix(&tone, samples, (size_t)(ms * RATE / 1000));
    for (int at = 0; at < length; at += FRAME)
        take_noisy(samples + at);
}

static void was_told(unsigned number, enum detect_verdict verdict, enum detect_reason reason)
{
    assert_true(count > number);
    assert_string_equal(detect_verdict_text(told[number].verdict), detect_verdict_text(verdict));
    assert_string_equal(detect_reason_text(told[number].reason), detect_reason_text(reason));
}

/* A machine in DETECT_BEEP that has read out its text. */
static void greet(void)
{
    begin(DETECT_BEEP);
    quiet(500);
    speak(6000);
    was_told(0, DETECT_MACHINE, DETECT_BY_LENGTH);
}

static void silence_is_a_person_when_the_window_ends(void **state)
{
    (void)state;
    begin(DETECT_DEFAULT);
    quiet(MINUTE);
    was_told(0, DETECT_HUMAN, DETECT_BY_SILENCE);
    assert_int_equal(told[0].at, 5000);
    assert_int_equal(count, 1);
    begin_with((struct detect_conf){.window_ms = 12000});
    lost(MINUTE);
    was_told(0, DETECT_HUMAN, DETECT_BY_SILENCE);
    assert_int_equal(told[0].at, 12000);
    assert_int_equal(count, 1);
}

static void noise_is_silence(void **state)
{
    static const double rms[] = {5, 50, 200, 800};

    (void)state;
    for (size_t i = 0; i < sizeof rms / sizeof *rms; i++) {
        begin(DETECT_BEEP);
        noise = rms[i];
        quiet(10000);
        was_told(0, DETECT_HUMAN, DETECT_BY_SILENCE);
        assert_int_equal(told[0].at, 5000);
    }
}

static void a_line_with_an_offset_is_silent(void **state)
{
    int16_t frame[FRAME];

    (void)state;
    for (int i = 0; i < FRAME; i++)
        frame[i] = 3000;
    begin(DETECT_BEEP);
    for (int i = 0; i < 300; i++)
        take(frame);
    was_told(0, DETECT_HUMAN, DETECT_BY_SILENCE);
}

static void a_word_and_quiet_is_a_person(void **state)
{
    static const double rms[] = {0, 20, 100};

    (void)state;
    for (size_t i = 0; i < sizeof rms / sizeof *rms; i++) {
        for (int lead = 0; lead <= 2000; lead += 400) {
            begin(DETECT_BEEP);
            noise = rms[i];
            quiet(lead);
            speak(600);
            quiet(MINUTE);
            was_told(0, DETECT_HUMAN, DETECT_BY_GREETING);
            assert_in_range(told[0].at, lead + 600 + 700, lead + 600 + 1100);
            assert_int_equal(count, 1);
            assert_true(detect_over(detect));
        }
    }
}

static void who_speaks_on_is_a_machine(void **state)
{
    (void)state;
    for (int lead = 0; lead <= 2000; lead += 400) {
        begin(DETECT_DETECT);
        quiet(lead);
        speak(20000);
        sound(1000, 0, 500, -15);
        quiet(MINUTE);
        was_told(0, DETECT_MACHINE, DETECT_BY_LENGTH);
        assert_in_range(told[0].at, 3000, 5000);
        assert_int_equal(count, 1); /* nobody asked for its beep */
    }
}

static void in_doubt_it_is_a_person(void **state)
{
    (void)state;
    begin(DETECT_BEEP);
    quiet(4000);
    speak(3000); /* begins too late for anything to be known */
    was_told(0, DETECT_HUMAN, DETECT_BY_WINDOW);
    assert_int_equal(told[0].at, 5000);
    begin_with((struct detect_conf){.window_ms = 10000}); /* with more time it is */
    quiet(4000);
    speak(8000);
    was_told(0, DETECT_MACHINE, DETECT_BY_LENGTH);
}

static void a_beep_in_the_window_tells_the_machine_first(void **state)
{
    (void)state;
    begin(DETECT_BEEP);
    quiet(300);
    speak(1500);
    quiet(400);
    sound(1400, 0, 300, -15);
    quiet(MINUTE);
    was_told(0, DETECT_MACHINE, DETECT_BY_TONE);
    was_told(1, DETECT_BEEP_START, DETECT_BY_TONE);
    assert_int_equal(count, 2);
    assert_in_range(told[0].at, 2500, 2800);
    assert_in_range(told[1].at, told[0].at + 1, told[0].at + 40);
}

static void beeps_of_all_kinds_are_found(void **state)
{
    static const double pitches[] = {350,  400,  425,  440,  500,  620,  750,  800,  950, 1000,
                                     1209, 1300, 1400, 1500, 1633, 1800, 2000, 2050, 2200};
    static const int lengths[] = {150, 200, 333, 500, 700, 1000, 2000};
    static const double levels[] = {-5, -20, -34};

    (void)state;
    for (size_t i = 0; i < sizeof pitches / sizeof *pitches; i++) {
        for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
            int from;

            greet();
            quiet(500);
            from = now;
            sound(pitches[i], 0, lengths[k], levels[(i + k) % 3]);
            quiet(7000);
            if (count != 2)
                fail_msg("%.0f Hz, %d ms: not found", pitches[i], lengths[k]);
            was_told(1, DETECT_BEEP_START, DETECT_BY_TONE);
            assert_in_range(told[1].at, from + 150, from + lengths[k] + 5600);
            if (pitches[i] < 385 || pitches[i] > 490)
                assert_in_range(told[1].at, from + 150, from + lengths[k] + 320);
        }
    }
}

static void noise_hides_no_beep(void **state)
{
    (void)state;
    for (double hz = 520; hz < 2050; hz += 97) {
        if (hz > 1050 && hz < 1150)
            continue;
        greet();
        noise = 300; /* -37 dBm0 */
        quiet(700);
        sound(hz, 0, 300, -22);
        quiet(1000);
        assert_int_equal(count, 2);
        was_told(1, DETECT_BEEP_START, DETECT_BY_TONE);
    }
}

static void no_beep(const char *what)
{
    quiet(8000);
    if (count != 1)
        fail_msg("%s was taken for a beep", what);
}

static void keys_and_blips_are_no_beep(void **state)
{
    static const double low[] = {697, 770, 852, 941}, high[] = {1209, 1336, 1477, 1633};

    (void)state;
    for (int i = 0; i < 16; i++) {
        greet();
        quiet(500);
        sound(low[i / 4], high[i % 4], i % 2 ? 80 : 400, -12);
        no_beep("a key");
    }
    for (double hz = 400; hz < 2200; hz += 150) {
        greet();
        quiet(500);
        sound(hz, 0, 90, -15);
        no_beep("a blip");
    }
}

static void tones_of_fax_and_network_are_no_beep(void **state)
{
    (void)state;
    greet();
    quiet(500);
    sound(1100, 0, 500, -15);
    quiet(3000);
    sound(1100, 0, 500, -15);
    no_beep("CNG");
    greet();
    quiet(500);
    sound(2100, 0, 3000, -15);
    no_beep("CED");
    greet();
    for (int i = 0; i < 2; i++) {
        quiet(500);
        sound(950, 0, 330, -15);
        sound(1400, 0, 330, -15);
        sound(1800, 0, 330, -15);
        speak(3000);
    }
    no_beep("SIT");
}

static void ringing_and_busy_are_no_beep(void **state)
{
    static const struct {
        double hz, second;
        int on, off;
    } tones[] = {{440, 480, 2000, 4000}, {400, 450, 400, 200}, {425, 0, 1000, 4000},
                 {440, 0, 1500, 3500},   {425, 0, 500, 500},   {425, 0, 250, 250},
                 {400, 0, 375, 375},     {480, 620, 500, 500}, {480, 620, 250, 250},
                 {350, 440, 4000, 100},  {425, 0, 10000, 100}};

    (void)state;
    for (size_t i = 0; i < sizeof tones / sizeof *tones; i++) {
        greet();
        quiet(500);
        for (int k = 0; k < 4; k++) {
            sound(tones[i].hz, tones[i].second, tones[i].on, -15);
            quiet(tones[i].off);
        }
        if (count != 1)
            fail_msg("%.0f Hz for %d ms was taken for a beep", tones[i].hz, tones[i].on);
    }
}

static void a_tune_is_no_beep(void **state)
{
    static const double notes[] = {523, 659, 784, 1046, 784, 659, 523, 880, 988};

    (void)state;
    greet();
    quiet(500);
    for (int i = 0; i < 27; i++)
        sound(notes[i % 9], 0, 200 + i * 20, -15);
    assert_int_equal(count, 1);
}

static void a_tone_before_speech_is_no_beep(void **state)
{
    (void)state;
    begin(DETECT_BEEP);
    quiet(200);
    sound(1000, 0, 300, -15);
    quiet(500);
    speak(600);
    quiet(2000);
    was_told(0, DETECT_HUMAN, DETECT_BY_GREETING);
    assert_int_equal(count, 1);
}

static void a_beep_after_40_s_is_found(void **state)
{
    (void)state;
    begin_with((struct detect_conf){.mode = DETECT_BEEP, .beep_timeout_s = 60});
    quiet(500);
    speak(30000);
    quiet(1000);
    speak(8000);
    quiet(700);
    assert_int_equal(count, 1);
    sound(1000, 0, 400, -15);
    quiet(MINUTE);
    assert_int_equal(count, 2);
    was_told(1, DETECT_BEEP_START, DETECT_BY_TONE);
    assert_in_range(told[1].at, 40200, 41000);
}

static void a_beep_that_does_not_come(void **state)
{
    static const unsigned seconds[] = {0, 45, 60, 120};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        int timeout = seconds[i] ? (int)seconds[i] : 45;

        begin_with((struct detect_conf){.mode = DETECT_BEEP, .beep_timeout_s = seconds[i]});
        speak(20000);
        quiet(130000);
        sound(1000, 0, 400, -15); /* too late */
        quiet(1000);
        assert_int_equal(count, 2);
        was_told(0, DETECT_MACHINE, DETECT_BY_LENGTH);
        was_told(1, DETECT_BEEP_TIMEOUT, DETECT_BY_TIME);
        assert_int_equal(told[1].at - told[0].at, timeout * 1000);
    }
}

static void faxes_are_machines(void **state)
{
    (void)state;
    for (double hz = 2090; hz <= 2110; hz += 10) {
        begin(DETECT_DETECT);
        quiet(900);
        sound(hz, 0, 3000, -25);
        was_told(0, DETECT_MACHINE, DETECT_BY_FAX);
        assert_in_range(told[0].at, 1200, 1500);
    }
    begin(DETECT_DETECT);
    sound(1100, 0, 500, -15);
    was_told(0, DETECT_MACHINE, DETECT_BY_FAX);
}

static void the_networks_announcements_are_machines(void **state)
{
    (void)state;
    begin(DETECT_DETECT);
    quiet(100);
    sound(985.2, 0, 380, -15);
    sound(1428.5, 0, 380, -15);
    sound(1776.7, 0, 380, -15);
    speak(3000);
    was_told(0, DETECT_MACHINE, DETECT_BY_SIT);
    assert_in_range(told[0].at, 700, 1200);
}

static void busy_is_a_machine(void **state)
{
    (void)state;
    begin(DETECT_DETECT);
    for (int i = 0; i < 5; i++) {
        sound(425, 0, 500, -15);
        quiet(500);
    }
    was_told(0, DETECT_MACHINE, DETECT_BY_BUSY);
    begin(DETECT_DETECT);
    sound(350, 440, 5000, -15);
    was_told(0, DETECT_MACHINE, DETECT_BY_BUSY);
}

static void ringing_is_nobody_until_somebody_speaks(void **state)
{
    (void)state;
    begin(DETECT_BEEP);
    for (int i = 0; i < 6; i++) {
        sound(425, 0, 1000, -15);
        quiet(4000);
    }
    sound(425, 0, 1000, -15);
    assert_int_equal(count, 0);
    quiet(1500);
    speak(600);
    quiet(2000);
    was_told(0, DETECT_HUMAN, DETECT_BY_GREETING);
}

static void ringing_ends_some_day(void **state)
{
    (void)state;
    begin(DETECT_BEEP);
    for (int i = 0; i < 30 && !count; i++) {
        sound(440, 480, 2000, -15);
        quiet(4000);
    }
    was_told(0, DETECT_MACHINE, DETECT_BY_RINGING);
    assert_in_range(told[0].at, MINUTE, MINUTE + 8000);
    begin(DETECT_BEEP); /* it stops, and nobody says a word */
    sound(440, 480, 2000, -15);
    quiet(20000);
    was_told(0, DETECT_HUMAN, DETECT_BY_SILENCE);
    assert_in_range(told[0].at, 11900, 12100);
}

static void frames_that_never_came(void **state)
{
    int16_t frame[FRAME];

    (void)state;
    begin(DETECT_BEEP);
    for (int i = 0; i < 250; i++) { /* one in ten */
        voice_fill(&voice, frame, FRAME);
        take(i % 10 == 7 ? NULL : frame);
    }
    was_told(0, DETECT_MACHINE, DETECT_BY_LENGTH);
    begin(DETECT_BEEP);
    speak(600);
    lost(3000);
    was_told(0, DETECT_HUMAN, DETECT_BY_GREETING);
    greet();
    lost(60000);
    was_told(1, DETECT_BEEP_TIMEOUT, DETECT_BY_TIME);
}

static void one_detection_knows_nothing_of_another(void **state)
{
    struct detect_conf conf = {.mode = DETECT_BEEP};
    struct detect *other;
    int16_t frame[FRAME];

    (void)state;
    begin(DETECT_BEEP);
    assert_int_equal(detect_alloc(&other, &conf), 0);
    for (int i = 0; i < 260; i++) {
        static const int16_t silence[FRAME];
        enum detect_verdict verdict = detect_run(other, silence);

        assert_int_equal(verdict, i == 249 ? DETECT_HUMAN : DETECT_NONE);
        voice_fill(&voice, frame, FRAME);
        take(frame);
    }
    was_told(0, DETECT_MACHINE, DETECT_BY_LENGTH);
    mem_unref(other);
    begin(DETECT_BEEP); /* and again from the beginning */
    speak(600);
    quiet(1500);
    was_told(0, DETECT_HUMAN, DETECT_BY_GREETING);
}

static void the_loudest_does_no_harm(void **state)
{
    int16_t frame[FRAME];

    (void)state;
    begin(DETECT_BEEP);
    for (int k = 0; k < 500; k++) {
        for (int i = 0; i < FRAME; i++)
            frame[i] = rand() % 2 ? INT16_MAX : INT16_MIN;
        take(frame);
    }
    assert_int_equal(count, 1);
}

static void refused(struct detect_conf conf)
{
    struct detect *none = NULL;

    assert_int_equal(detect_alloc(&none, &conf), EINVAL);
    assert_null(none);
}

static void values_out_of_range_are_refused(void **state)
{
    (void)state;
    refused((struct detect_conf){.window_ms = 999});
    refused((struct detect_conf){.window_ms = 600001});
    refused((struct detect_conf){.beep_timeout_s = 44});
    refused((struct detect_conf){.beep_timeout_s = 121});
    begin_with((struct detect_conf){.window_ms = 600000, .beep_timeout_s = 120});
    quiet(2000);
    assert_int_equal(count, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, end)
    const struct CMUnitTest tests[] = {
        TEST(silence_is_a_person_when_the_window_ends),
        TEST(noise_is_silence),
        TEST(a_line_with_an_offset_is_silent),
        TEST(a_word_and_quiet_is_a_person),
        TEST(who_speaks_on_is_a_machine),
        TEST(in_doubt_it_is_a_person),
        TEST(a_beep_in_the_window_tells_the_machine_first),
        TEST(beeps_of_all_kinds_are_found),
        TEST(noise_hides_no_beep),
        TEST(keys_and_blips_are_no_beep),
        TEST(tones_of_fax_and_network_are_no_beep),
        TEST(ringing_and_busy_are_no_beep),
        TEST(a_tune_is_no_beep),
        TEST(a_tone_before_speech_is_no_beep),
        TEST(a_beep_after_40_s_is_found),
        TEST(a_beep_that_does_not_come),
        TEST(faxes_are_machines),
        TEST(the_networks_announcements_are_machines),
        TEST(busy_is_a_machine),
        TEST(ringing_is_nobody_until_somebody_speaks),
        TEST(ringing_ends_some_day),
        TEST(frames_that_never_came),
        TEST(one_detection_knows_nothing_of_another),
        TEST(the_loudest_does_no_harm),
        TEST(values_out_of_range_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
