/* Who answered: people, machines, silence, and a beep in its time. How well it does on
 * speech is measured in tests/amd; here is what it promises whatever is said. */
#include "detect_rig.h"

#include <errno.h>

static void refused(struct detect_conf conf)
{
    struct detect *none = NULL;

    assert_int_equal(detect_alloc(&none, &conf), EINVAL);
    assert_null(none);
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

static void values_out_of_range_are_refused(void **state)
{
    (void)state;
    refused((struct detect_conf){.window_ms = 19});
    refused((struct detect_conf){.window_ms = 600001});
    refused((struct detect_conf){.beep_timeout_s = 44});
    refused((struct detect_conf){.beep_timeout_s = 121});
    begin_with((struct detect_conf){.window_ms = 20});
    quiet(20);
    was_told(0, DETECT_HUMAN, DETECT_BY_SILENCE);
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
        TEST(a_beep_after_40_s_is_found),
        TEST(a_beep_that_does_not_come),
        TEST(frames_that_never_came),
        TEST(one_detection_knows_nothing_of_another),
        TEST(the_loudest_does_no_harm),
        TEST(values_out_of_range_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
