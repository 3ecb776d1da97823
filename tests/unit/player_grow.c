/* player_grow.c: sounds that are played while they are made: what is there is heard once and in
 * order, what is not there yet is silence and counted, and the end is found by whoever plays. */
#include "audio/frame.h"
#include "base/mem.h"
#include "player/player.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { FRAME = 160, LONG = 2000000 };

static struct sound *grown(size_t limit)
{
    struct sound *sound;

    assert_int_equal(sound_grow(&sound, 8000, limit), 0);
    return sound;
}

/* The n samples behind those that are there: 1, 2, 3 … by their place. */
static void add(struct sound *sound, size_t n)
{
    int16_t samples[4096];
    size_t at = sound_length(sound);

    for (size_t i = 0; i < n; i++)
        samples[i] = (int16_t)((at + i) % 30000 + 1);
    assert_int_equal(sound_add(sound, samples, n), 0);
}

static void what_is_there_is_played_and_the_rest_is_silence(void **state)
{
    struct sound *sound = grown(1000);
    size_t before = player_starved();
    int16_t heard[FRAME] = {0};
    struct player player;

    (void)state;
    player_start(&player, sound, 1, 0);
    add(sound, 100);
    assert_true(player_mix(&player, heard, FRAME));
    assert_int_equal(heard[99], 100);
    assert_int_equal(heard[100], 0);
    assert_int_equal(player.starved, 60);
    memset(heard, 0, sizeof heard);
    assert_true(player_mix(&player, heard, FRAME));
    assert_int_equal(frame_peak(heard, FRAME), 0);
    assert_int_equal(player.starved, 60 + FRAME);
    add(sound, 200);
    assert_true(player_mix(&player, heard, FRAME));
    assert_int_equal(heard[0], 101);
    assert_int_equal(heard[FRAME - 1], 260);
    sound_end(sound, true);
    memset(heard, 0, sizeof heard);
    assert_false(player_mix(&player, heard, FRAME));
    assert_int_equal(heard[39], 300);
    assert_int_equal(heard[40], 0);
    assert_int_equal(player_starved() - before, 60 + FRAME);
    player_reset(&player);
    mem_unref(sound);
    assert_int_equal(mem_alive(), 0);
}

static void only_a_whole_sound_is_played_again(void **state)
{
    (void)state;
    for (int whole = 0; whole < 2; whole++) {
        struct sound *sound = grown(1000);
        int16_t heard[FRAME];
        struct player player;

        add(sound, FRAME);
        player_start(&player, sound, 0, 0);
        for (int i = 0; i < 3; i++)
            assert_true(player_mix(&player, heard, FRAME));
        assert_int_equal(player.starved, 2 * FRAME);
        sound_end(sound, whole);
        memset(heard, 0, sizeof heard);
        assert_int_equal(player_mix(&player, heard, FRAME), whole);
        assert_int_equal(heard[0], whole);
        assert_int_equal(player.starved, 2 * FRAME);
        player_reset(&player);
        mem_unref(sound);
    }
}

static void a_stop_is_heeded_where_nothing_is_yet(void **state)
{
    struct sound *sound = grown(1000);
    int16_t heard[FRAME] = {0};
    struct player player;

    (void)state;
    player_start(&player, sound, 1, 0);
    assert_true(player_mix(&player, heard, FRAME));
    player_stop(&player);
    assert_false(player_mix(&player, heard, FRAME));
    add(sound, 10);
    assert_false(player_mix(&player, heard, FRAME));
    assert_int_equal(frame_peak(heard, FRAME), 0);
    player_reset(&player);
    mem_unref(sound);
}

static void its_limit_is_kept(void **state)
{
    static const int16_t samples[1001];
    struct sound *sound = grown(1000);

    (void)state;
    assert_int_equal(sound_add(sound, samples, 1001), EFBIG);
    assert_int_equal(sound_add(sound, samples, 600), 0);
    assert_int_equal(sound_add(sound, samples, 401), EFBIG);
    assert_int_equal(sound_add(sound, samples, 400), 0);
    assert_int_equal(sound_add(sound, samples, 1), EFBIG);
    assert_int_equal(sound_length(sound), 1000);
    sound_end(sound, false);
    assert_int_equal(sound_state(sound), SOUND_CUT);
    sound_end(sound, true); /* it has ended */
    assert_int_equal(sound_state(sound), SOUND_CUT);
    mem_unref(sound);
    sound = grown(0);
    assert_int_equal(sound_add(sound, samples, 1), EFBIG);
    sound_end(sound, true);
    mem_unref(sound);
    assert_int_equal(sound_grow(&sound, 8000, SIZE_MAX / 4), ENOMEM);
    assert_int_equal(mem_alive(), 0);
}

static void *write_all(void *arg)
{
    struct sound *sound = arg;

    for (size_t i = 1; sound_length(sound) < LONG; i = i % 4000 + 7)
        add(sound, i < LONG - sound_length(sound) ? i : LONG - sound_length(sound));
    sound_end(sound, true);
    mem_unref(sound);
    return NULL;
}

/* Every sample once and in order, whatever the silence between. */
static void *read_all(void *arg)
{
    struct player player;
    size_t at = 0, silence = 0;
    bool more = true;

    player_start(&player, arg, 1, 0);
    mem_unref(arg);
    while (more) {
        int16_t heard[FRAME] = {0};

        more = player_mix(&player, heard, FRAME);
        for (size_t i = 0; i < FRAME; i++) {
            if (heard[i] == 0)
                silence++;
            else if (heard[i] != (int16_t)(at++ % 30000 + 1))
                return NULL;
        }
    }
    more = at == LONG && silence - player.starved <= FRAME;
    player_reset(&player);
    return more ? arg : NULL;
}

static void one_writes_and_others_read(void **state)
{
    struct sound *sound = grown(LONG);
    pthread_t writer, readers[3];

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_all, mem_ref(sound)), 0);
    assert_int_equal(pthread_create(&writer, NULL, write_all, mem_ref(sound)), 0);
    pthread_join(writer, NULL);
    for (int i = 0; i < 3; i++) {
        void *result;

        pthread_join(readers[i], &result);
        assert_ptr_equal(result, sound);
    }
    assert_int_equal(mem_count(sound), 1);
    mem_unref(sound);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_there_is_played_and_the_rest_is_silence),
        cmocka_unit_test(only_a_whole_sound_is_played_again),
        cmocka_unit_test(a_stop_is_heeded_where_nothing_is_yet),
        cmocka_unit_test(its_limit_is_kept),
        cmocka_unit_test(one_writes_and_others_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
