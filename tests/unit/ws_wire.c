/* ws_wire.c: the two rings between a media worker and the thread of the sockets: order, limits,
 * clear and marks; alone, and with a thread at each end. */
#include "base/mem.h"
#include "ws/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <poll.h>

enum { EACH = 20000 };

static struct bell *bell;
static struct wire *wire;

static int set_up(void **state)
{
    (void)state;
    assert_int_equal(bell_alloc(&bell), 0);
    assert_int_equal(wire_alloc(&wire, bell), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mem_unref(wire);
    mem_unref(bell);
    return mem_alive() != 0;
}

static void fill(int16_t *frame, unsigned number)
{
    for (int i = 0; i < WIRE_FRAME; i++)
        frame[i] = (int16_t)(number + (unsigned)i);
}

static bool send(unsigned number)
{
    int16_t frame[WIRE_FRAME];

    fill(frame, number);
    return wire_send(wire, frame);
}

/* The next frame is this one, whole. */
static void expect(unsigned number)
{
    int16_t frame[WIRE_FRAME], wanted[WIRE_FRAME];

    fill(wanted, number);
    assert_true(wire_get(wire, frame));
    assert_memory_equal(frame, wanted, sizeof frame);
}

static bool rings(void)
{
    struct pollfd ready = {.fd = bell_fd(bell), .events = POLLIN};

    return poll(&ready, 1, 0) == 1;
}

static void a_shut_wire_keeps_what_comes_and_gives_nothing(void **state)
{
    int16_t frame[WIRE_FRAME] = {0};

    (void)state;
    assert_true(send(1));
    assert_false(wire_get(wire, frame));
    assert_false(wire_put(wire, frame));
    assert_false(wire_take(wire, frame));
    wire_open(wire);
    expect(1);
    assert_false(wire_get(wire, frame));
    assert_true(wire_put(wire, NULL));
    assert_true(rings());
    bell_heard(bell);
    assert_false(rings());
    assert_true(wire_take(wire, frame));
    for (int i = 0; i < WIRE_FRAME; i++)
        assert_int_equal(frame[i], 0);
}

static void it_holds_3072_frames_and_counts_the_rest(void **state)
{
    struct wire_stats stats;

    (void)state;
    wire_open(wire);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < WIRE_IN; i++)
            assert_true(send(round + i));
        assert_false(send(9));
        for (unsigned i = 0; i < WIRE_IN; i++)
            expect(round + i);
    }
    wire_stats(wire, &stats);
    assert_int_equal(stats.frames_in, 3 * WIRE_IN);
    assert_int_equal(stats.dropped_in, 3);
}

static void clear_drops_what_waits_and_makes_room_at_once(void **state)
{
    int16_t frame[WIRE_FRAME];
    uint32_t mark;

    (void)state;
    wire_open(wire);
    for (unsigned i = 0; i < WIRE_IN; i++)
        assert_true(send(i));
    wire_clear(wire);
    assert_true(send(77));
    mark = wire_mark(wire);
    assert_false(wire_reached(wire, mark));
    expect(77);
    assert_true(wire_reached(wire, mark));
    assert_false(wire_get(wire, frame));
    wire_clear(wire);
    assert_false(wire_get(wire, frame));
}

static void a_mark_is_reached_with_the_frame_before_it(void **state)
{
    uint32_t mark;

    (void)state;
    wire_open(wire);
    assert_true(wire_reached(wire, wire_mark(wire)));
    assert_true(send(1) && send(2));
    mark = wire_mark(wire);
    assert_true(send(3));
    expect(1);
    assert_false(wire_reached(wire, mark));
    expect(2);
    assert_true(wire_reached(wire, mark));
    expect(3);
    assert_true(wire_reached(wire, mark));
}

/* The media worker: says and hears until all has come. */
static void *work(void *arg)
{
    unsigned *heard = arg, said = 0;
    int16_t frame[WIRE_FRAME], wanted[WIRE_FRAME];

    while (*heard < EACH || said < EACH) {
        bool some = *heard < EACH && wire_get(wire, frame);

        if (some) {
            fill(wanted, (*heard)++);
            assert_memory_equal(frame, wanted, sizeof frame);
        }
        if (said < EACH) {
            fill(frame, said);
            some = wire_put(wire, frame);
            said += some;
        }
        if (!some)
            sched_yield();
    }
    return NULL;
}

static void a_thread_at_each_end(void **state)
{
    unsigned heard = 0, sent = 0, taken = 0;
    int16_t frame[WIRE_FRAME], wanted[WIRE_FRAME];
    pthread_t worker;

    (void)state;
    wire_open(wire);
    assert_int_equal(pthread_create(&worker, NULL, work, &heard), 0);
    while (sent < EACH || taken < EACH) {
        bell_heard(bell);
        if (sent < EACH && send(sent))
            sent++;
        while (wire_take(wire, frame)) {
            fill(wanted, taken++);
            assert_memory_equal(frame, wanted, sizeof frame);
        }
        sched_yield();
    }
    pthread_join(worker, NULL);
    assert_int_equal(heard, EACH);
}

/* Whatever is heard after a clear was told was sent after it. */
static void *listen_on(void *arg)
{
    int16_t frame[WIRE_FRAME];
    int last = -1;

    while (last < EACH - 1) {
        if (wire_get(wire, frame)) {
            assert_true(frame[0] > last);
            for (int i = 0; i < WIRE_FRAME; i++)
                assert_int_equal((uint16_t)frame[i], (uint16_t)(frame[0] + i));
            last = frame[0];
        } else {
            sched_yield();
        }
    }
    *(int *)arg = last;
    return NULL;
}

static void clears_while_the_other_end_plays(void **state)
{
    pthread_t worker;
    int last = 0;

    (void)state;
    wire_open(wire);
    assert_int_equal(pthread_create(&worker, NULL, listen_on, &last), 0);
    for (unsigned i = 0; i < EACH; i++) {
        while (!send(i))
            sched_yield();
        if (i % 37 == 5 && i < EACH - 100)
            wire_clear(wire);
    }
    pthread_join(worker, NULL);
    assert_int_equal(last, EACH - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_shut_wire_keeps_what_comes_and_gives_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(it_holds_3072_frames_and_counts_the_rest, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(clear_drops_what_waits_and_makes_room_at_once, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_mark_is_reached_with_the_frame_before_it, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_thread_at_each_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(clears_while_the_other_end_plays, set_up, tear_down),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
