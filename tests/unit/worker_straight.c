/* worker_straight.c: two in a room who are not mixed, and are when they must be. To a listener
 * the numbers, the times and the tone go on over every change. */
#include "worker_rig.h"

#include <math.h>

enum { EXPECTED = 2500 /* the tone, in samples' units */ };

static struct media_room *room;
static struct peer *a, *b;

static unsigned straight_ports(void)
{
    struct workers_load load;

    workers_load(rig_workers, &load);
    return load.straight;
}

static void wait_straight(void)
{
    rig_until(straight_ports() == 2);
    rig_packets(a, 5);
    rig_packets(b, 5);
    assert_int_equal(straight_ports(), 2);
}

static void wait_mixed(void)
{
    rig_until(straight_ports() == 0);
    rig_packets(a, 2);
    rig_packets(b, 2);
}

static int start(void **state)
{
    struct workers_conf conf = rig_conf(2);

    (void)state;
    conf.straight = true;
    rig_start(&conf);
    assert_int_equal(media_room_alloc(rig_workers, &room), 0);
    a = rig_peer(CODEC_PCMU, 400);
    b = rig_peer(CODEC_PCMU, 1000);
    a->any_length = b->any_length = true;
    media_port_join(a->port, room);
    media_port_join(b->port, room);
    wait_straight();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    room = mem_unref(room);
    rig_stop();
    assert_int_equal(mem_alive(), 0);
    return 0;
}

/* How one listener's line went on since the last look. */
struct line {
    unsigned packets;   /* looked at */
    unsigned faint;     /* in which the tone is not as it was */
    unsigned backwards; /* a packet's time before the end of the one before */
    unsigned odd;       /* a jump forward by no whole frames */
    uint32_t due;
};

static struct line line_of(const struct peer *peer)
{
    unsigned length = peer->lengths[(peer->packets - 1) % RIG_KEPT];

    return (struct line){.packets = peer->packets, .due = peer->last_timestamp + length};
}

/* All packets that came since, at most RIG_KEPT. */
static void look(struct line *line, const struct peer *peer, const struct peer *other)
{
    assert_true(peer->packets - line->packets < RIG_KEPT);
    for (; line->packets < peer->packets; line->packets++) {
        unsigned place = line->packets % RIG_KEPT;
        int32_t jump = (int32_t)(peer->times[place] - line->due);
        double heard = goertzel_amplitude(peer->frames[place], RIG_FRAME, 8000, other->hz);

        if (peer->lengths[place] == RIG_FRAME) /* a rest of one tells nothing */
            line->faint += fabs(heard - EXPECTED) > EXPECTED * 0.1;
        line->backwards += jump < 0;
        line->odd += jump > 0 && jump % RIG_FRAME;
        line->due = peer->times[place] + peer->lengths[place];
    }
}

static struct line by_a, by_b;

static void listen_from_here(void)
{
    by_a = line_of(a);
    by_b = line_of(b);
}

static void listen_for(unsigned packets)
{
    for (unsigned i = 0; i < packets; i++) {
        rig_packets(a, 1);
        look(&by_a, a, b);
        look(&by_b, b, a);
    }
}

static void listen_until_straight(bool on)
{
    int64_t end = clock_mono_ms() + RIG_PATIENCE;

    while (straight_ports() != (on ? 2 : 0)) {
        assert_true(clock_mono_ms() < end);
        listen_for(1);
    }
    listen_for(5);
}

/* Frames that came too late for the mixer, on a busy machine, are told by the ports. */
static void check_lines(void)
{
    media_port_close(a->port);
    media_port_close(b->port);
    rig_until(a->closed && b->closed);
    assert_int_equal(a->gaps + b->gaps, 0);
    assert_int_equal(by_a.backwards + by_b.backwards, 0);
    assert_int_equal(by_a.odd + by_b.odd, 0);
    assert_true(by_b.faint <= 2 * a->stats.frames_concealed);
    assert_true(by_a.faint <= 2 * b->stats.frames_concealed);
    assert_int_equal(a->stats.lost + b->stats.lost, 0);
}

static void a_listener_for_keys_comes_and_goes_unheard(void **state)
{
    (void)state;
    listen_from_here();
    for (int i = 0; i < 2; i++) {
        media_port_inband(a->port, true);
        listen_until_straight(false);
        media_port_inband(a->port, false);
        listen_until_straight(true);
    }
    check_lines();
}

static void speak_up(struct peer *peer, int16_t *frame)
{
    tone_fill(&peer->tone, frame, RIG_FRAME);
}

static void hush(struct peer *peer, int16_t *frame)
{
    (void)peer;
    memset(frame, 0, RIG_FRAME * sizeof *frame);
}

static void who_speaks_is_told_on_the_way(void **state)
{
    (void)state;
    a->sing = hush;
    media_port_watch(a->port, true);
    rig_packets(b, 50);
    wait_straight();
    assert_int_equal(a->spoke, 0);
    a->sing = speak_up;
    rig_until(a->spoke == 1);
    assert_int_equal(straight_ports(), 2);
    a->sing = hush;
    rig_until(a->hushed == 1);
    assert_int_equal(straight_ports(), 2);
}

static void a_third_one_is_mixed_and_leaves_again(void **state)
{
    struct peer *c = rig_peer(CODEC_PCMA, 1600);

    (void)state;
    listen_from_here();
    media_port_join(c->port, room);
    listen_until_straight(false);
    rig_until(rig_hears(a, c) && rig_hears(b, c) && rig_hears(c, a) && rig_hears(c, b));
    media_port_leave(c->port);
    rig_until(rig_deaf_to(a, c) && rig_deaf_to(b, c));
    look(&by_a, a, b);
    look(&by_b, b, a);
    listen_until_straight(true);
    assert_true(rig_hears(a, b) && rig_hears(b, a));
    media_port_close(c->port);
    check_lines();
}

static void a_mute_holds(void **state)
{
    (void)state;
    media_port_mute(a->port, true);
    rig_until(rig_deaf_to(b, a));
    for (int i = 0; i < 80; i++) {
        rig_packets(b, 1);
        assert_true(rig_deaf_to(b, a));
    }
    assert_int_equal(straight_ports(), 0);
    assert_true(rig_hears(a, b));
    media_port_mute(a->port, false);
    wait_straight();
    assert_true(rig_hears(b, a));
    assert_int_equal(a->gaps + b->gaps, 0);
}

static void keys_are_told_and_digits_go_out(void **state)
{
    static const uint8_t key[] = {0x80, RIG_EVENT_TYPE, 0, 0,   0, 0, 0, 0, 0, 0, 0, 0,
                                  5,    0x8a,           3, 0x20};
    uint8_t bytes[sizeof key];

    (void)state;
    memcpy(bytes, key, sizeof bytes);
    bytes[2] = (uint8_t)(a->sequence >> 8);
    bytes[3] = (uint8_t)a->sequence++;
    for (int i = 0; i < 4; i++) {
        bytes[4 + i] = (uint8_t)(a->timestamp >> (24 - 8 * i));
        bytes[8 + i] = (uint8_t)(a->ssrc >> (24 - 8 * i));
    }
    assert_int_equal(send(a->fd, bytes, sizeof bytes, 0), sizeof bytes);
    rig_until(a->digit_count == 1);
    assert_int_equal(a->digits[0], '5');
    wait_mixed();
    wait_straight();
    assert_int_equal(b->events, 0);
    assert_int_equal(media_port_dial(b->port, "42"), 0);
    rig_until(b->dialled);
    assert_true(b->events > 10);
    wait_straight();
    assert_int_equal(a->gaps + b->gaps, 0);
}

static void one_that_closes_leaves_the_other_with_silence(void **state)
{
    (void)state;
    media_port_close(a->port);
    rig_until(a->closed);
    rig_until(rig_deaf_to(b, a));
    assert_int_equal(straight_ports(), 0);
    rig_packets(b, 20);
    assert_int_equal(b->gaps, 0);
}

static void one_that_falls_silent_is_mixed(void **state)
{
    (void)state;
    a->talks = false;
    wait_mixed();
    rig_packets(b, 20);
    assert_true(rig_hears(a, b));
    a->talks = true;
    wait_straight();
    assert_true(rig_hears(b, a));
    assert_int_equal(a->gaps + b->gaps, 0);
}

static void a_room_that_moves_its_people(void **state)
{
    struct media_room *other;

    (void)state;
    assert_int_equal(media_room_alloc(rig_workers, &other), 0);
    media_port_join(a->port, other);
    media_port_join(b->port, other);
    wait_mixed();
    wait_straight();
    media_port_join(a->port, room);
    media_port_join(b->port, room);
    wait_mixed();
    wait_straight();
    assert_int_equal(a->gaps + b->gaps, 0);
    mem_unref(other);
}

static void a_flood_is_for_the_mixer(void **state)
{
    uint8_t bytes[12 + RIG_FRAME] = {0x80};
    unsigned heard = b->packets;

    (void)state;
    rig_until(straight_ports() == 2);
    for (unsigned n = 0; n < 2000; n++) {
        bytes[2] = (uint8_t)(a->sequence >> 8);
        bytes[3] = (uint8_t)a->sequence++;
        for (int i = 0; i < 4; i++)
            bytes[8 + i] = (uint8_t)(a->ssrc >> (24 - 8 * i));
        send(a->fd, bytes, sizeof bytes, 0);
        if (n % 200 == 0)
            rig_turn();
    }
    wait_mixed();
    assert_true(b->packets - heard < 1000);
    wait_straight();
    assert_true(rig_hears(b, a));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(a_listener_for_keys_comes_and_goes_unheard),
        TEST(who_speaks_is_told_on_the_way),
        TEST(a_third_one_is_mixed_and_leaves_again),
        TEST(a_mute_holds),
        TEST(keys_are_told_and_digits_go_out),
        TEST(one_that_closes_leaves_the_other_with_silence),
        TEST(one_that_falls_silent_is_mixed),
        TEST(a_room_that_moves_its_people),
        TEST(a_flood_is_for_the_mixer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
