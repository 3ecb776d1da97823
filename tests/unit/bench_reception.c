/* What the bench's load counts as lost, short and wrongly heard. */
#include "audio/g711.h"
#include "bench/load/histogram.h"
#include "bench/load/reception.h"
#include "bench/load/song.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const int64_t MS = 1000000;

/* Ten seconds from time 0, one leg. */
struct stage {
    struct window window;
    struct reception reception;
    struct histogram gaps;
};

static int set_up(void **state)
{
    static struct stage stage;

    memset(&stage, 0, sizeof stage);
    stage.window.to = 10000 * MS;
    *state = &stage;
    return 0;
}

static void arrive(struct stage *stage, uint16_t sequence, int64_t at)
{
    reception_add(&stage->reception, &stage->window, 7, sequence, at, &stage->gaps);
}

static void perfect_stream_misses_nothing(void **state)
{
    struct stage *stage = *state;

    for (unsigned i = 0; i < 500; i++) /* across the wrap of the sequence numbers */
        arrive(stage, (uint16_t)(65400 + i), 5 * MS + i * 20 * MS);
    assert_int_equal(stage->reception.packets, 500);
    assert_int_equal(reception_lost(&stage->reception), 0);
    assert_int_equal(reception_short(&stage->reception, &stage->window), 0);
    assert_true(histogram_ms(&stage->gaps, 0.5) >= 20 && histogram_ms(&stage->gaps, 0.5) < 20.3);
}

static void late_packets_are_not_missing(void **state)
{
    struct stage *stage = *state;

    for (unsigned i = 0; i < 497; i++)
        arrive(stage, (uint16_t)i, i * 20 * MS + (i % 7) * 9 * MS);
    assert_int_equal(reception_lost(&stage->reception), 0);
    assert_int_equal(reception_short(&stage->reception, &stage->window), 0);
}

static void a_hole_is_lost(void **state)
{
    struct stage *stage = *state;

    for (unsigned i = 0; i < 500; i++)
        if (i != 200 && i != 300 && i != 301)
            arrive(stage, (uint16_t)i, i * 20 * MS);
    assert_int_equal(reception_lost(&stage->reception), 3);
    assert_int_equal(reception_short(&stage->reception, &stage->window), 0);
}

static void a_frame_left_out_is_short(void **state)
{
    struct stage *stage = *state;

    for (unsigned i = 0; i < 498; i++) /* two ticks were not made after the 250th */
        arrive(stage, (uint16_t)i, (i + (i >= 250 ? 2 : 0)) * 20 * MS);
    assert_int_equal(reception_lost(&stage->reception), 0);
    assert_int_equal(reception_short(&stage->reception, &stage->window), 2);
}

static void a_dead_stream_is_short(void **state)
{
    struct stage *stage = *state;

    assert_int_equal(reception_short(&stage->reception, &stage->window), 500);
    for (unsigned i = 0; i < 100; i++)
        arrive(stage, (uint16_t)i, i * 20 * MS);
    assert_int_equal(reception_short(&stage->reception, &stage->window), 400);
}

static void a_room_is_heard_apart(void **state)
{
    static struct song song;
    int16_t samples[SONG_FRAME];
    uint64_t clear, faint;
    (void)state;

    song_compose(&song, 2);
    g711_ulaw_decode(samples, song.frames[song_tone(&song, 3, 1, 0)], SONG_FRAME);
    song_listen(&song, samples, &clear, &faint);
    assert_int_equal(clear, 1ull << song_tone(&song, 3, 1, 0));
    assert_int_equal(faint, clear);
}

static void rooms_differ_in_one_verse_at_least(void **state)
{
    static struct song song;
    (void)state;

    song_compose(&song, 2);
    for (unsigned one = 0; one < 784; one++)
        for (unsigned other = 0; other < one; other++)
            assert_true(song_tone(&song, one, 0, 0) != song_tone(&song, other, 0, 0) ||
                        song_tone(&song, one, 0, 1) != song_tone(&song, other, 0, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(perfect_stream_misses_nothing, set_up),
        cmocka_unit_test_setup(late_packets_are_not_missing, set_up),
        cmocka_unit_test_setup(a_hole_is_lost, set_up),
        cmocka_unit_test_setup(a_frame_left_out_is_short, set_up),
        cmocka_unit_test_setup(a_dead_stream_is_short, set_up),
        cmocka_unit_test(a_room_is_heard_apart),
        cmocka_unit_test(rooms_differ_in_one_verse_at_least),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
