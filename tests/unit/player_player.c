/* Playing: every sample once, as often as asked, as loud as asked, and an end
 * without a click. */
#include "audio/frame.h"
#include "base/mem.h"
#include "player/player.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FRAME = 160 };

static void sound_free(void *obj)
{
    free(((struct sound *)obj)->samples);
}

/* Samples 1, 2, 3 … or, with a level, all the same. */
static struct sound *sound_make(size_t length, int level)
{
    struct sound *sound = mem_alloc(sizeof *sound, sound_free);
    *sound = (struct sound){.rate = 8000, .length = length};
    sound->samples = malloc(length * sizeof *sound->samples + 1);
    for (size_t i = 0; i < length; i++)
        sound->samples[i] = (int16_t)(level ? level : (int)i + 1);
    return sound;
}

/* Plays on in frames of n; the number of samples that were heard before the end.
 * Fails when it does not end by itself. */
static size_t play_out(struct player *player, int16_t *heard, size_t room, size_t n)
{
    size_t at = 0;
    memset(heard, 0, room * sizeof *heard);
    while (player_mix(player, heard + at, n)) {
        at += n;
        assert_true(at + n <= room);
    }
    at += n;
    while (at > 0 && heard[at - 1] == 0)
        at--;
    return at;
}

static void plays_every_sample_once(void **state)
{
    static const size_t frames[] = {1, 7, 160, 500, 960, 1000};
    int16_t heard[3000];
    struct player player;
    (void)state;
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        struct sound *sound = sound_make(500, 0);
        player_start(&player, sound, 1, 0);
        mem_unref(sound);
        assert_int_equal(play_out(&player, heard, 3000, frames[i]), 500);
        for (int k = 0; k < 500; k++)
            assert_int_equal(heard[k], k + 1);
        assert_false(player_mix(&player, heard, FRAME));
        assert_int_equal(heard[0], 1);
        player_reset(&player);
        assert_null(player.sound);
    }
    assert_int_equal(mem_alive(), 0);
}

static void loops_as_often_as_asked(void **state)
{
    int16_t heard[4000];
    struct player player;
    struct sound *sound = sound_make(333, 0);
    (void)state;
    player_start(&player, sound, 3, 0);
    assert_int_equal(play_out(&player, heard, 4000, FRAME), 999);
    for (int k = 0; k < 999; k++)
        assert_int_equal(heard[k], k % 333 + 1);
    player_reset(&player);
    player_start(&player, sound, 0, 0);
    for (int i = 0; i < 1000; i++) {
        memset(heard, 0, sizeof heard);
        assert_true(player_mix(&player, heard, FRAME));
        assert_int_equal(heard[FRAME - 1], (i * FRAME + FRAME - 1) % 333 + 1);
    }
    player_reset(&player);
    mem_unref(sound);
    assert_int_equal(mem_alive(), 0);
}

static void level_is_decibels(void **state)
{
    static const struct {
        double level, decibels;
    } rows[] = {{0, 0}, {1, 12}, {0.5, 6}, {-1, -24}, {-0.5, -12}, {7, 12}, {-7, -24}, {NAN, 0}};
    struct sound *sound = sound_make(FRAME, 4000);
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int16_t heard[FRAME] = {0};
        struct player player;
        player_start(&player, sound, 1, rows[i].level);
        assert_false(player_mix(&player, heard, FRAME));
        double want = 4000 * pow(10, rows[i].decibels / 20);
        if (fabs(heard[9] - want) > want / 500 + 1)
            fail_msg("level %.1f: %d, not %.1f", rows[i].level, heard[9], want);
        player_reset(&player);
    }
    mem_unref(sound);
}

static void adds_and_clips(void **state)
{
    struct sound *sound = sound_make(FRAME, 30000);
    int16_t frame[FRAME];
    struct player player;
    (void)state;
    for (int i = 0; i < FRAME; i++)
        frame[i] = i % 2 ? 5000 : -5000;
    player_start(&player, sound, 1, 0);
    player_mix(&player, frame, FRAME);
    assert_int_equal(frame[0], 25000);
    assert_int_equal(frame[1], INT16_MAX);
    player_reset(&player);
    mem_unref(sound);
}

static void stops_without_a_click(void **state)
{
    static const size_t lengths[] = {100000, 41};
    (void)state;
    for (size_t i = 0; i < 2; i++)
        for (size_t n = FRAME; n <= 1920; n *= 2) {
            struct sound *sound = sound_make(lengths[i], 10000);
            int16_t heard[1920] = {0};
            struct player player;
            player_start(&player, sound, 0, 0);
            assert_true(player_mix(&player, heard, n));
            memset(heard, 0, sizeof heard);
            player_stop(&player);
            assert_false(player_mix(&player, heard, n));
            assert_true(heard[0] > 9000);
            for (size_t k = 1; k < n; k++)
                assert_true(abs(heard[k] - heard[k - 1]) <= 10000 / (int)n + 8);
            assert_true(heard[n - 1] < 10000 / (int)n + 8);
            memset(heard, 0, sizeof heard);
            assert_false(player_mix(&player, heard, n));
            assert_int_equal(frame_peak(heard, n), 0);
            player_reset(&player);
            mem_unref(sound);
        }
}

/* A tone of whole periods goes on over the seam, whatever the rate it was recorded at. */
static void a_seam_is_not_heard(void **state)
{
    static const unsigned rates[] = {8000, 16000, 22050, 44100};
    static int16_t recorded[44100], heard[4 * 8000];

    (void)state;
    for (size_t r = 0; r < sizeof rates / sizeof *rates; r++) {
        const char *reason;
        struct player player;
        struct sound *sound;
        int most = 0, seam = 0;

        for (unsigned i = 0; i < rates[r]; i++)
            recorded[i] = (int16_t)lrint(10000 * sin(2 * M_PI * 500 * i / rates[r]));
        assert_int_equal(sound_from_samples(&sound, recorded, rates[r], rates[r], 8000, &reason),
                         0);
        assert_int_equal(sound->length, 8000);
        player_start(&player, sound, 4, 0);
        assert_true(play_out(&player, heard, 4 * 8000, FRAME) > 4 * 8000 - 10);
        for (int i = 1; i < 4 * 8000; i++) {
            int step = abs(heard[i] - heard[i - 1]);
            bool is_seam = i % 8000 < 20 || i % 8000 > 7980;

            if (is_seam)
                seam = step > seam ? step : seam;
            else
                most = step > most ? step : most;
        }
        if (seam > most + most / 10)
            fail_msg("%u Hz: a step of %d at the seam, %d elsewhere", rates[r], seam, most);
        player_reset(&player);
        mem_unref(sound);
    }
}

static void empty_and_unstarted_play_nothing(void **state)
{
    struct sound *sound = sound_make(0, 0);
    struct player player = {0};
    int16_t frame[FRAME] = {0};
    (void)state;
    assert_false(player_mix(&player, frame, FRAME));
    player_stop(&player);
    assert_false(player_mix(&player, frame, FRAME));
    player_start(&player, sound, 0, 0);
    assert_false(player_mix(&player, frame, FRAME));
    player_reset(&player);
    player_reset(&player);
    mem_unref(sound);
    assert_int_equal(mem_alive(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plays_every_sample_once),
        cmocka_unit_test(loops_as_often_as_asked),
        cmocka_unit_test(level_is_decibels),
        cmocka_unit_test(adds_and_clips),
        cmocka_unit_test(stops_without_a_click),
        cmocka_unit_test(a_seam_is_not_heard),
        cmocka_unit_test(empty_and_unstarted_play_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
