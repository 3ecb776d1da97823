/* Tones: those that are beeps, those that are none, and what the others say. */
#include "detect_rig.h"

static void no_beep(const char *what)
{
    quiet(8000);
    if (count != 1)
        fail_msg("%s was taken for a beep", what);
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

static void a_beep_may_have_overtones(void **state)
{
    (void)state;
    for (double hz = 510; hz < 1100; hz += 90) {
        for (int times = 2; times <= 3; times++) {
            greet();
            quiet(500);
            sound(hz, hz * times, 300, -18);
            quiet(1000);
            assert_int_equal(count, 2);
            was_told(1, DETECT_BEEP_START, DETECT_BY_TONE);
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

static void a_tone_that_goes_on_is_a_machine(void **state)
{
    static const double tones[][2] = {{1000, 0}, {330, 0}, {2500, 0}, {3300, 0}, {941, 1336}};

    (void)state;
    for (size_t i = 0; i < sizeof tones / sizeof *tones; i++) {
        for (int words = 0; words <= 500; words += 500) {
            begin(DETECT_BEEP);
            speak(words);
            quiet(300);
            sound(tones[i][0], tones[i][1], 20000, -15);
            was_told(0, DETECT_MACHINE, DETECT_BY_TONE);
            assert_in_range(told[0].at, 1000, 5000);
        }
    }
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

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, end)
    const struct CMUnitTest tests[] = {
        TEST(beeps_of_all_kinds_are_found),
        TEST(a_beep_may_have_overtones),
        TEST(noise_hides_no_beep),
        TEST(keys_and_blips_are_no_beep),
        TEST(tones_of_fax_and_network_are_no_beep),
        TEST(ringing_and_busy_are_no_beep),
        TEST(a_tune_is_no_beep),
        TEST(a_tone_before_speech_is_no_beep),
        TEST(faxes_are_machines),
        TEST(the_networks_announcements_are_machines),
        TEST(busy_is_a_machine),
        TEST(a_tone_that_goes_on_is_a_machine),
        TEST(ringing_is_nobody_until_somebody_speaks),
        TEST(ringing_ends_some_day),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
