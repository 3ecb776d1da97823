/* stream_playout.c: what comes when is heard when. A sample's value tells its place. */
#include "stream/playout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

enum { FRAME = PLAYOUT_FRAME };

static struct playout playout;
static bool check; /* no frame may be blended */
static uint32_t base;

/* Packet number n of `size` samples; sample k of the stream has the value k. */
static bool put(int n, size_t size)
{
    int16_t samples[1024];

    for (size_t i = 0; i < size; i++)
        samples[i] = (int16_t)((size_t)n * size + i);
    return playout_put(&playout, base + (uint32_t)((size_t)n * size), samples, size);
}

static enum playout_sound get(int *first)
{
    int16_t frame[FRAME];
    enum playout_sound sound = playout_get(&playout, frame);

    *first = sound == PLAYOUT_SOUND ? frame[0] : -1;
    for (int i = 1; check && sound == PLAYOUT_SOUND && i < FRAME; i++)
        assert_int_equal(frame[i], (int16_t)(frame[0] + i));
    return sound;
}

static void expect(int first)
{
    int got;

    assert_int_equal(get(&got), first < 0 ? PLAYOUT_LOST : PLAYOUT_SOUND);
    assert_int_equal(got, first);
}

static int start(void **state)
{
    (void)state;
    playout_reset(&playout);
    playout.late_packets = 0;
    check = true;
    base = 0xffffff01u; /* wraps early, and is no multiple of anything */
    return 0;
}

static void what_came_is_heard_at_the_next_tick(void **state)
{
    (void)state;
    for (int n = 0; n < 200; n++) {
        assert_true(put(n, FRAME));
        expect(n * FRAME);
        assert_int_equal(playout_depth(&playout), 0);
    }
}

static void order_is_restored(void **state)
{
    (void)state;
    put(0, FRAME);
    expect(0);
    put(2, FRAME);
    put(1, FRAME);
    expect(FRAME);
    expect(2 * FRAME);
}

static void a_lost_packet_costs_one_frame(void **state)
{
    (void)state;
    put(0, FRAME);
    expect(0);
    expect(-1); /* 1 is lost */
    put(2, FRAME);
    expect(2 * FRAME);
    put(3, FRAME);
    expect(3 * FRAME);
}

static void a_hole_before_newer_sound_is_concealed(void **state)
{
    (void)state;
    put(0, FRAME);
    put(2, FRAME);
    expect(0);
    expect(-1);
    expect(2 * FRAME);
}

static void a_packet_that_just_missed_its_tick_is_heard(void **state)
{
    (void)state;
    put(0, FRAME);
    expect(0);
    expect(-1);
    put(1, FRAME); /* late, and from now on a frame is in hand */
    put(2, FRAME);
    for (int n = 1; n < 50; n++) {
        expect(n * FRAME);
        put(n + 2, FRAME);
    }
    assert_int_equal(playout.late_packets, 0);
}

static void arrivals_on_the_edge_of_the_tick_lose_nothing(void **state)
{
    int next = 0, heard = 0, concealed = 0;

    (void)state;
    for (int tick = 0; tick < 1000; tick++) {
        int upto = tick + 1 - tick % 2, first; /* every other packet misses its tick */

        while (next < upto)
            put(next++, FRAME);
        if (get(&first) != PLAYOUT_SOUND)
            concealed++;
        else
            assert_int_equal(first, (int16_t)(heard++ * FRAME));
    }
    assert_in_range(concealed, 0, 2);
    assert_int_equal(playout.late_packets, 0);
}

static void a_frame_never_needed_is_given_back(void **state)
{
    (void)state;
    put(0, FRAME);
    put(1, FRAME);
    put(2, FRAME); /* three at once: two are in hand */
    for (int n = 3; n < 1300; n++) {
        int16_t samples[FRAME] = {0}, frame[FRAME];

        playout_get(&playout, frame);
        playout_put(&playout, base + (uint32_t)n * FRAME, samples, FRAME);
    }
    assert_int_equal(playout_depth(&playout), 1 * FRAME);
}

static void a_copy_of_old_sound_is_too_late(void **state)
{
    (void)state;
    put(0, FRAME);
    expect(0);
    put(1, FRAME);
    expect(FRAME);
    assert_false(put(0, FRAME));
    assert_int_equal(playout.late_packets, 1);
    put(2, FRAME);
    expect(2 * FRAME);
}

static void packets_of_any_length(void **state)
{
    static const size_t sizes[] = {80, 160, 240, 320, 480};

    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        size_t size = sizes[s];
        int next = 0, heard = 0, missed = 0;

        start(NULL);
        for (int tick = 0; tick < 100; tick++) {
            int first;

            while ((size_t)next * size <= (size_t)tick * FRAME)
                put(next++, size);
            if (get(&first) == PLAYOUT_SOUND)
                assert_int_equal(first, FRAME * heard++);
            else
                missed++;
        }
        assert_in_range(missed, 0, 2);
    }
}

static void time_that_jumps_begins_anew(void **state)
{
    (void)state;
    put(0, FRAME);
    expect(0);
    base += 1000000;
    put(0, FRAME);
    expect(0);
    base -= 480000000;
    put(0, FRAME);
    expect(0);
    put(1, FRAME);
    expect(FRAME);
}

static void a_stall_adds_no_lasting_delay(void **state)
{
    int first;

    (void)state;
    for (int n = 0; n < 10; n++) {
        put(n, FRAME);
        get(&first);
    }
    for (int n = 0; n < 15; n++)
        get(&first); /* nothing comes for 300 ms */
    for (int n = 10; n < 26; n++)
        put(n, FRAME); /* then all of it */
    assert_in_range(playout_depth(&playout), 1, 3 * FRAME);
}

static void time_that_goes_back_a_little_begins_anew(void **state)
{
    int heard = 0, first;

    (void)state;
    for (int n = 0; n < 20; n++) {
        put(n, FRAME);
        get(&first);
    }
    for (int n = 0; n < 12; n++) {
        put(n, FRAME); /* 400 ms back */
        heard += get(&first) == PLAYOUT_SOUND;
    }
    assert_true(heard >= 5);
    expect(-1);
}

static void a_deep_ring_empties_soon(void **state)
{
    int first;

    (void)state;
    check = false;
    for (int n = 0; n < 7; n++)
        put(n, FRAME);
    for (int n = 7; n < 300; n++) {
        get(&first);
        put(n, FRAME);
    }
    assert_in_range(playout_depth(&playout), FRAME, 5 * FRAME);
}

static void a_stopped_stream_is_silent_and_may_start_again(void **state)
{
    int first;

    (void)state;
    put(0, FRAME);
    expect(0);
    for (int n = 0; n < 3; n++)
        assert_int_equal(get(&first), PLAYOUT_LOST);
    for (int n = 0; n < 200; n++)
        assert_int_equal(get(&first), PLAYOUT_SILENT);
    put(1, FRAME);
    expect(FRAME);
}

static void any_input_keeps_it_whole(void **state)
{
    int16_t samples[1024] = {0}, frame[FRAME];
    uint32_t at = base;

    (void)state;
    srand(7);
    for (int i = 0; i < 200000; i++) {
        at += (uint32_t)(rand() % 700 - 300);
        if (rand() % 500 == 0)
            at = (uint32_t)rand();
        playout_put(&playout, at, samples, (size_t)(1 + rand() % 960));
        if (rand() % 2)
            playout_get(&playout, frame);
        assert_in_range(playout_depth(&playout), 0, PLAYOUT_RING);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_came_is_heard_at_the_next_tick, start),
        cmocka_unit_test_setup(order_is_restored, start),
        cmocka_unit_test_setup(a_lost_packet_costs_one_frame, start),
        cmocka_unit_test_setup(a_hole_before_newer_sound_is_concealed, start),
        cmocka_unit_test_setup(a_packet_that_just_missed_its_tick_is_heard, start),
        cmocka_unit_test_setup(arrivals_on_the_edge_of_the_tick_lose_nothing, start),
        cmocka_unit_test_setup(a_frame_never_needed_is_given_back, start),
        cmocka_unit_test_setup(a_copy_of_old_sound_is_too_late, start),
        cmocka_unit_test_setup(packets_of_any_length, start),
        cmocka_unit_test_setup(time_that_jumps_begins_anew, start),
        cmocka_unit_test_setup(a_stall_adds_no_lasting_delay, start),
        cmocka_unit_test_setup(time_that_goes_back_a_little_begins_anew, start),
        cmocka_unit_test_setup(a_deep_ring_empties_soon, start),
        cmocka_unit_test_setup(a_stopped_stream_is_silent_and_may_start_again, start),
        cmocka_unit_test_setup(any_input_keeps_it_whole, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
