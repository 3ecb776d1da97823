/* worker_beat.c: rooms that tick where the packets of those who speak come. */
#include "worker/beat.h"
#include "worker_rig.h"

enum { ANY = (1 << BEAT_STEPS) - 1, TICK = 20000 };

/* Of a network that has no jitter. */
static struct slack at(int32_t mean)
{
    return (struct slack){true, mean, 200, TICK + 1200};
}

static int choose(int32_t one, int32_t other, unsigned allowed)
{
    struct slack slacks[] = {at(one), at(other)};

    return beat_choose(slacks, 2, allowed);
}

static void ticks_come_right_behind_the_packets(void **state)
{
    (void)state;
    assert_int_equal(choose(18000, 17500, ANY), -3);
    assert_int_equal(choose(19000, 13000, ANY), -2);
    assert_int_equal(choose(12000, 12000, ANY), -2);
    assert_int_equal(choose(7000, 16000, ANY), -1);
    assert_int_equal(choose(5000, 6000, ANY), 0);
    assert_int_equal(choose(2000, 6000, ANY), 0);
}

/* 2 and 19 ms: a sub-tick later it is 7, and 24, which gives a tick back. */
static void ticks_come_later_where_that_saves_one_a_tick(void **state)
{
    (void)state;
    assert_int_equal(choose(2000, 19000, ANY), 1);
    assert_int_equal(choose(3000, 12000, ANY), 0);
    assert_int_equal(choose(400, 3000, ANY), 1); /* is late now and then */
}

static void a_network_with_jitter_keeps_its_room(void **state)
{
    struct slack slacks[] = {{true, 12000, 8000, TICK + 12000}, at(16000)};

    (void)state;
    assert_int_equal(beat_choose(slacks, 2, ANY), 0);
    slacks[0].mean = 3000;
    assert_int_equal(beat_choose(slacks, 2, ANY), 0);
    slacks[0].mean = 15000;
    assert_int_equal(beat_choose(slacks, 2, ANY), -1);
}

static void only_what_is_allowed_is_chosen(void **state)
{
    (void)state;
    assert_int_equal(choose(18000, 17500, 0), 0);
    assert_int_equal(choose(18000, 17500, 1 << (BEAT_MOST - 2)), -2);
    assert_int_equal(choose(12000, 12000, 1 << (BEAT_MOST - 3) | 1 << (BEAT_MOST + 1)), 0);
}

static struct workers_load load_now(void)
{
    struct workers_load load;

    workers_load(rig_workers, &load);
    return load;
}

/* Both send 6 ms sooner each time, which leaves more in hand at each tick, until the room has
 * moved, if it has not by itself. */
static void wait_for_beat(struct peer *a, struct peer *b)
{
    for (int tries = 0; !load_now().beats && tries < 20; tries++) {
        int64_t end = clock_mono_ms() + 3000;

        a->due -= 6;
        b->due -= 6;
        rig_until(load_now().beats || clock_mono_ms() > end);
    }
    assert_true(load_now().beats > 0);
}

static void start(unsigned workers, struct media_room **room, struct peer **a, struct peer **b)
{
    struct workers_conf conf = rig_conf(workers);

    conf.part_limit = 2;
    rig_start(&conf);
    *a = rig_peer(CODEC_PCMU, 500);
    *b = rig_peer(CODEC_PCMA, 900);
    assert_int_equal(media_room_alloc(rig_workers, room), 0);
    media_port_join((*a)->port, *room);
    media_port_join((*b)->port, *room);
    rig_until(rig_hears(*a, *b) && rig_hears(*b, *a));
}

static void stop(struct media_room *room, struct peer *a, struct peer *b)
{
    media_port_close(a->port);
    media_port_close(b->port);
    rig_until(a->closed && b->closed);
    mem_unref(room);
    rig_stop();
}

/* The line of what goes out has no hole and no time twice, whatever the room does. */
static void a_change_is_not_heard(void **state)
{
    struct media_room *room;
    struct peer *a, *b;
    uint16_t sequence;
    uint32_t timestamp;

    (void)state;
    start(1, &room, &a, &b);
    sequence = a->last_sequence;
    timestamp = a->last_timestamp;
    wait_for_beat(a, b);
    rig_packets(a, 50);
    rig_until(rig_hears(a, b) && rig_hears(b, a));
    assert_int_equal(a->gaps, 0);
    assert_int_equal(b->gaps, 0);
    if (!load_now().skipped_ticks)
        assert_int_equal((uint16_t)(a->last_sequence - sequence) * RIG_FRAME,
                         a->last_timestamp - timestamp);
    stop(room, a, b);
}

/* Those who leave a room that has moved, and come again, are heard; and so is who comes new. */
static void who_leaves_and_comes_is_heard(void **state)
{
    struct media_room *room;
    struct peer *a, *b, *c;

    (void)state;
    start(1, &room, &a, &b);
    wait_for_beat(a, b);
    media_port_leave(a->port);
    rig_until(rig_deaf_to(b, a));
    media_port_join(a->port, room);
    rig_until(rig_hears(b, a) && rig_hears(a, b));
    c = rig_peer(CODEC_PCMU, 1300);
    media_port_join(c->port, room);
    rig_until(rig_hears(c, a) && rig_hears(c, b) && rig_hears(a, c));
    media_port_close(c->port);
    rig_until(c->closed);
    stop(room, a, b);
}

/* All parts of a conversation tick in one phase, so a room that gets one more comes back to it. */
static void a_room_that_gets_parts_comes_back(void **state)
{
    struct media_room *room;
    struct peer *a, *b, *c;
    struct workers_load then;

    (void)state;
    start(2, &room, &a, &b);
    wait_for_beat(a, b);
    c = rig_peer(CODEC_PCMU, 1300);
    media_port_join(c->port, room);
    rig_until(rig_hears(c, a) && rig_hears(c, b) && rig_hears(a, c) && rig_hears(b, c));
    assert_int_equal(a->gaps + b->gaps + c->gaps, 0);
    then = load_now();
    rig_packets(c, 150);
    assert_int_equal(load_now().beats, then.beats);
    rig_until(rig_hears(c, a) && rig_hears(c, b) && rig_hears(a, c) && rig_hears(b, c));
    media_port_close(c->port);
    rig_until(c->closed);
    stop(room, a, b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ticks_come_right_behind_the_packets),
        cmocka_unit_test(ticks_come_later_where_that_saves_one_a_tick),
        cmocka_unit_test(a_network_with_jitter_keeps_its_room),
        cmocka_unit_test(only_what_is_allowed_is_chosen),
        cmocka_unit_test(a_change_is_not_heard),
        cmocka_unit_test(who_leaves_and_comes_is_heard),
        cmocka_unit_test(a_room_that_gets_parts_comes_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
