/* worker_room.c: who hears whom in rooms, with real threads and sockets. */
#include "worker_rig.h"

static int start(void **state)
{
    struct workers_conf conf = rig_conf(2);

    (void)state;
    rig_start(&conf);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    rig_stop();
    assert_int_equal(mem_alive(), 0);
    return 0;
}

static struct media_room *room_alloc(void)
{
    struct media_room *room;

    assert_int_equal(media_room_alloc(rig_workers, &room), 0);
    return room;
}

static void two_of_different_laws_hear_each_other(void **state)
{
    struct media_room *room = room_alloc();
    struct peer *a = rig_peer(CODEC_PCMU, 400), *b = rig_peer(CODEC_PCMA, 1000);

    (void)state;
    media_port_join(a->port, room);
    media_port_join(b->port, room);
    rig_until(rig_hears(a, b) && rig_hears(b, a));
    for (int i = 0; i < 20; i++) {
        rig_packets(a, 1);
        assert_true(rig_deaf_to(a, a));
        assert_true(rig_deaf_to(b, b));
    }
    assert_int_equal(a->latched, 1);
    mem_unref(room);
}

/* Each of the ten hears just the nine others. */
static bool all_hear_all(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        for (unsigned k = 0; k < count; k++)
            if (i == k ? !rig_deaf_to(rig_peers[i], rig_peers[k])
                       : !rig_hears(rig_peers[i], rig_peers[k]))
                return false;
    return true;
}

static void ten_in_a_room_hear_the_nine_others(void **state)
{
    struct media_room *room = room_alloc();
    struct peer *outside;

    (void)state;
    for (unsigned i = 0; i < 10; i++)
        media_port_join(rig_peer(i % 2 ? CODEC_PCMA : CODEC_PCMU, 400 + 250 * i)->port, room);
    outside = rig_peer(CODEC_PCMU, 3300);
    rig_until(outside->packets > 5 && all_hear_all(10));
    for (unsigned i = 0; i < 10; i++) {
        assert_true(rig_deaf_to(rig_peers[i], outside));
        assert_true(rig_deaf_to(outside, rig_peers[i]));
    }
    mem_unref(room);
}

/* Frames heard from now on until `hz` is gone (or is there). */
static unsigned frames_until(struct peer *peer, const struct peer *other, bool heard)
{
    unsigned from = peer->packets;

    rig_until(peer->packets > from && (heard ? rig_hears(peer, other) : rig_deaf_to(peer, other)));
    return peer->packets - from;
}

static void a_mute_is_heard_within_two_frames(void **state)
{
    struct media_room *room = room_alloc();
    struct peer *a = rig_peer(CODEC_PCMU, 400), *b = rig_peer(CODEC_PCMU, 1000);

    (void)state;
    media_port_join(a->port, room);
    media_port_join(b->port, room);
    rig_until(rig_hears(a, b) && rig_hears(b, a));
    media_port_mute(a->port, true);
    assert_in_range(frames_until(b, a, false), 1, 3); /* one may have been on its way */
    for (int i = 0; i < 10; i++) {
        rig_packets(b, 1);
        assert_true(rig_deaf_to(b, a));
    }
    assert_true(rig_hears(a, b));
    media_port_mute(a->port, false);
    frames_until(b, a, true);
    mem_unref(room);
}

static void an_earmuff_keeps_the_others_out(void **state)
{
    struct media_room *room = room_alloc();
    struct peer *a = rig_peer(CODEC_PCMU, 400), *b = rig_peer(CODEC_PCMU, 1000);

    (void)state;
    media_port_earmuff(a->port, true); /* before it joins */
    media_port_join(a->port, room);
    media_port_join(b->port, room);
    rig_until(rig_hears(b, a));
    rig_packets(a, 5);
    assert_true(rig_deaf_to(a, b));
    media_port_earmuff(a->port, false);
    frames_until(a, b, true);
    media_port_earmuff(a->port, true);
    assert_in_range(frames_until(a, b, false), 1, 3);
    assert_true(rig_hears(b, a));
    mem_unref(room);
}

static void a_pair_rule_holds_for_that_pair(void **state)
{
    struct media_room *room = room_alloc();
    struct peer *a = rig_peer(CODEC_PCMU, 400), *b = rig_peer(CODEC_PCMU, 1000),
                *c = rig_peer(CODEC_PCMU, 1600);

    (void)state;
    media_port_join(a->port, room);
    media_port_join(c->port, room);
    media_port_audible(a->port, b->port, false); /* b is not here yet */
    media_port_join(b->port, room);
    rig_until(rig_hears(b, a) && rig_hears(c, b) && rig_hears(c, a) && rig_hears(a, c));
    for (int i = 0; i < 10; i++) {
        rig_packets(a, 1);
        assert_true(rig_deaf_to(a, b));
    }
    media_port_audible(a->port, b->port, true);
    frames_until(a, b, true);
    mem_unref(room);
}

static void the_last_rule_told_of_an_absent_speaker_holds(void **state)
{
    struct media_room *room = room_alloc();
    struct peer *a = rig_peer(CODEC_PCMU, 400), *b = rig_peer(CODEC_PCMU, 1000),
                *c = rig_peer(CODEC_PCMU, 1600);

    (void)state;
    media_port_join(a->port, room);
    media_port_join(c->port, room);
    rig_until(rig_hears(a, c) && rig_hears(c, a));
    media_port_audible(a->port, b->port, true);
    media_port_audible(a->port, b->port, false);
    media_port_audible(c->port, b->port, false);
    media_port_audible(c->port, b->port, true);
    rig_packets(a, 3); /* the rules lie with the ports by now */
    media_port_join(b->port, room);
    rig_until(rig_hears(b, a) && rig_hears(c, b));
    for (int i = 0; i < 10; i++) {
        rig_packets(a, 1);
        assert_true(rig_deaf_to(a, b));
    }
    mem_unref(room);
}

static void a_rule_is_forgotten_when_one_leaves(void **state)
{
    struct media_room *room = room_alloc(), *other = room_alloc();
    struct peer *a = rig_peer(CODEC_PCMU, 400), *b = rig_peer(CODEC_PCMU, 1000);

    (void)state;
    media_port_join(a->port, room);
    media_port_join(b->port, room);
    media_port_audible(a->port, b->port, false);
    rig_until(rig_hears(b, a));
    assert_true(rig_deaf_to(a, b));
    media_port_join(b->port, other);
    media_port_join(b->port, room);
    frames_until(a, b, true);
    mem_unref(room);
    mem_unref(other);
}

static void ports_move_between_rooms_and_workers(void **state)
{
    struct media_room *rooms[4];
    struct peer *peers[4];

    (void)state;
    for (int i = 0; i < 4; i++) {
        rooms[i] = room_alloc();
        peers[i] = rig_peer(i % 2 ? CODEC_PCMA : CODEC_PCMU, 400 + 600 * i);
    }
    for (int turn = 0; turn < 12; turn++) {
        struct media_room *one = rooms[turn % 4], *two = rooms[(turn + 1) % 4];

        for (int i = 0; i < 4; i++)
            media_port_join(peers[i]->port, (i + turn / 2) % 2 ? one : two);
        for (int i = 0; i < 4; i++)
            for (int k = 0; k < 4; k++)
                rig_until((i == k || (i - k) % 2) ? rig_deaf_to(peers[i], peers[k])
                                                  : rig_hears(peers[i], peers[k]));
    }
    media_port_leave(peers[0]->port);
    frames_until(peers[2], peers[0], false);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(peers[i]->gaps, 0);
        mem_unref(rooms[i]);
    }
}

/* Joins and leaves without waiting for anything: the threads must sort it out. */
static void a_storm_of_commands_ends_well(void **state)
{
    struct media_room *rooms[3];
    struct peer *peers[6];

    (void)state;
    for (int i = 0; i < 3; i++)
        rooms[i] = room_alloc();
    for (int i = 0; i < 6; i++)
        peers[i] = rig_peer(CODEC_PCMU, 400 + 400 * i);
    srand(3);
    for (int i = 0; i < 600; i++) {
        struct peer *peer = peers[rand() % 6], *other = peers[rand() % 6];

        switch (rand() % 6) {
        case 0:
            media_port_leave(peer->port);
            break;
        case 1:
            media_port_audible(peer->port, other->port, rand() % 2);
            break;
        case 2:
            media_port_mute(peer->port, rand() % 2);
            break;
        default:
            media_port_join(peer->port, rooms[rand() % 3]);
            break;
        }
        if (i % 10 == 0)
            rig_turn();
    }
    for (int i = 0; i < 6; i++) {
        media_port_leave(peers[i]->port); /* forgets the pair rules */
        media_port_mute(peers[i]->port, false);
        media_port_join(peers[i]->port, rooms[2]);
    }
    rig_until(all_hear_all(6));
    for (int i = 0; i < 3; i++)
        mem_unref(rooms[i]);
}

static void a_room_ends_with_its_last_port(void **state)
{
    struct media_room *room = room_alloc();
    struct peer *a = rig_peer(CODEC_PCMU, 400), *b = rig_peer(CODEC_PCMU, 1000);
    struct workers_load load;

    (void)state;
    media_port_join(a->port, room);
    media_port_join(b->port, room);
    mem_unref(room);
    rig_until(rig_hears(a, b) && rig_hears(b, a));
    workers_load(rig_workers, &load);
    assert_int_equal(load.rooms, 1);
    media_port_close(a->port);
    rig_until(a->closed);
    workers_load(rig_workers, &load);
    assert_int_equal(load.rooms, 1);
    media_port_leave(b->port);
    rig_until((workers_load(rig_workers, &load), load.rooms == 0));
    assert_int_equal(load.ports, 1);
    assert_int_equal(load.workers, 2);
    assert_int_equal(load.ring_full, 0);
    assert_true(load.packets_in > 0 && load.packets_out > 0 && load.ticks > 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(two_of_different_laws_hear_each_other),
        TEST(ten_in_a_room_hear_the_nine_others),
        TEST(a_mute_is_heard_within_two_frames),
        TEST(an_earmuff_keeps_the_others_out),
        TEST(a_pair_rule_holds_for_that_pair),
        TEST(the_last_rule_told_of_an_absent_speaker_holds),
        TEST(a_rule_is_forgotten_when_one_leaves),
        TEST(ports_move_between_rooms_and_workers),
        TEST(a_storm_of_commands_ends_well),
        TEST(a_room_ends_with_its_last_port),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
