/* worker_link.c: one conversation on several workers: who hears whom, rules, recordings, and
 * coming and going, with real threads and sockets. */
#include "record_kit.h"
#include "worker_rig.h"

enum {
    PARTS = 3, /* each of LIMIT ports */
    LIMIT = 2,
    PEERS = PARTS * LIMIT,
    LEVEL = 2500 /* of a peer's tone */
};

static struct media_room *room;
static struct peer *peers[PEERS];
static struct heard heard;

static int start(void **state)
{
    struct workers_conf conf = rig_conf(PARTS);

    (void)state;
    conf.part_limit = LIMIT;
    rig_start(&conf);
    kit_start(rig_loop);
    assert_int_equal(media_room_alloc(rig_workers, &room), 0);
    return 0;
}

static int stop(void **state)
{
    struct loop *loop = mem_ref(rig_loop);

    (void)state;
    mem_unref(room);
    rig_stop();
    kit_stop(loop);
    mem_unref(loop);
    assert_int_equal(mem_alive(), 0);
    return 0;
}

/* Peers 0 and 1 are in the first part, 2 and 3 in the second, 4 and 5 in the third. */
static void gather(void)
{
    for (int i = 0; i < PEERS; i++) {
        peers[i] = rig_peer(i % 2 ? CODEC_PCMA : CODEC_PCMU, 400 + 450 * i);
        media_port_join(peers[i]->port, room);
    }
}

static bool all_hear_all(void)
{
    for (int i = 0; i < PEERS; i++)
        for (int k = 0; k < PEERS; k++)
            if (i == k ? !rig_deaf_to(peers[i], peers[k]) : !rig_hears(peers[i], peers[k]))
                return false;
    return true;
}

static struct workers_load load_now(void)
{
    struct workers_load load;

    workers_load(rig_workers, &load);
    return load;
}

static void all_hear_all_others_in_all_parts(void **state)
{
    unsigned good = 0;

    (void)state;
    gather();
    rig_until(all_hear_all());
    for (int i = 0; i < 20; i++) { /* a late part is silent: then not all do */
        rig_packets(peers[0], 1);
        good += all_hear_all();
    }
    assert_true(good > 0);
    assert_int_equal(load_now().rooms, 1);
    assert_int_equal(load_now().ports, PEERS);
    for (int i = 0; i < PEERS; i++)
        assert_int_equal(peers[i]->gaps, 0);
}

/* For a while: what was on its way has come. */
static void stays_deaf(struct peer *listener, const struct peer *speaker)
{
    rig_until(rig_deaf_to(listener, speaker));
    rig_packets(listener, 2);
    for (int i = 0; i < 15; i++) {
        rig_packets(listener, 1);
        assert_true(rig_deaf_to(listener, speaker));
    }
}

static void mute_and_earmuff_hold_in_all_parts(void **state)
{
    (void)state;
    gather();
    rig_until(all_hear_all());
    media_port_mute(peers[0]->port, true);
    media_port_earmuff(peers[5]->port, true);
    stays_deaf(peers[2], peers[0]);
    stays_deaf(peers[4], peers[0]);
    stays_deaf(peers[5], peers[1]);
    rig_until(rig_hears(peers[0], peers[5]) && rig_hears(peers[2], peers[5]));
    media_port_mute(peers[0]->port, false);
    media_port_earmuff(peers[5]->port, false);
    rig_until(all_hear_all());
}

static void a_pair_rule_holds_between_parts(void **state)
{
    (void)state;
    gather();
    rig_until(all_hear_all());
    media_port_audible(peers[0]->port, peers[2]->port, false);
    media_port_audible(peers[4]->port, peers[2]->port, false);
    media_port_audible(peers[3]->port, peers[1]->port, false);
    stays_deaf(peers[0], peers[2]);
    stays_deaf(peers[4], peers[2]);
    stays_deaf(peers[3], peers[1]);
    for (int i = 0; i < PEERS; i++)
        for (int k = 0; k < PEERS; k++)
            if (i != k && !(k == 2 && (i == 0 || i == 4)) && !(i == 3 && k == 1))
                rig_until(rig_hears(peers[i], peers[k]));
    media_port_audible(peers[0]->port, peers[2]->port, true);
    media_port_audible(peers[4]->port, peers[2]->port, true);
    media_port_audible(peers[3]->port, peers[1]->port, true);
    rig_until(all_hear_all());
}

/* From its first sound on nothing of it is heard. */
static void a_rule_of_before_holds_from_the_first_frame(void **state)
{
    unsigned seen;

    (void)state;
    gather();
    rig_until(all_hear_all());
    media_port_leave(peers[5]->port);
    rig_until(rig_deaf_to(peers[0], peers[5]));
    media_port_audible(peers[0]->port, peers[5]->port, false);
    seen = peers[0]->packets;
    media_port_join(peers[5]->port, room);
    rig_until(rig_hears(peers[1], peers[5]) && rig_hears(peers[3], peers[5]));
    rig_packets(peers[0], 10);
    for (unsigned i = seen; i < peers[0]->packets; i++)
        assert_true(goertzel_amplitude(peers[0]->frames[i % RIG_KEPT], RIG_FRAME, 8000,
                                       peers[5]->hz) < 150);
}

static void a_rule_is_forgotten_when_one_leaves(void **state)
{
    struct media_room *other;

    (void)state;
    assert_int_equal(media_room_alloc(rig_workers, &other), 0);
    gather();
    media_port_audible(peers[0]->port, peers[3]->port, false);
    rig_until(rig_hears(peers[1], peers[3]) && rig_hears(peers[0], peers[4]));
    stays_deaf(peers[0], peers[3]);
    media_port_join(peers[3]->port, other);
    media_port_join(peers[3]->port, room);
    rig_until(all_hear_all());
    media_port_audible(peers[0]->port, peers[3]->port, false);
    stays_deaf(peers[0], peers[3]);
    media_port_join(peers[0]->port, other);
    media_port_join(peers[0]->port, room);
    rig_until(all_hear_all());
    mem_unref(other);
}

static void wait_ms(int64_t ms)
{
    int64_t end = clock_mono_ms() + ms;

    rig_until(clock_mono_ms() >= end);
}

static void record(struct take *take, struct peer *peer, unsigned channels)
{
    kit_open_as(take, &(struct recording_conf){
                          .format = RECORDING_WAV, .split = channels > 1, .channels = channels});
    if (peer)
        assert_int_equal(media_port_record(peer->port, take->recording), 0);
    else
        assert_int_equal(media_room_record(room, take->recording), 0);
}

static void finished(struct take *take, int channels)
{
    rig_until(take->done);
    take->recording = mem_unref(take->recording);
    kit_check(&heard, take, channels);
}

/* The frames of a channel that have the peer's tone, in per cent. */
static unsigned share(unsigned channel, const struct peer *peer)
{
    unsigned with = 0, all = 0;

    for (int64_t ms = 200; ms + 20 <= (int64_t)heard.count * 1000 / RECORDING_RATE; ms += 20, all++)
        with += kit_amplitude(&heard, channel, ms, peer->hz) > LEVEL / 2.0;
    return all ? with * 100 / all : 0;
}

/* The mix of all; of one, what it says and hears; and a channel for each voice, of the room and of
 * a port in another part. */
static void recordings_have_all_parts(void **state)
{
    struct take mix, pair, voices, met;

    (void)state;
    gather();
    rig_until(all_hear_all());
    record(&mix, NULL, 1);
    record(&voices, NULL, PEERS);
    record(&pair, peers[4], 2);
    record(&met, peers[5], PEERS);
    wait_ms(900);
    media_room_record_stop(room);
    media_port_record_stop(peers[4]->port);
    media_port_record_stop(peers[5]->port);
    finished(&mix, 1);
    for (int i = 0; i < PEERS; i++)
        assert_true(share(0, peers[i]) > 40);
    finished(&pair, 2);
    assert_true(share(0, peers[4]) > 40);
    for (int i = 0; i < PEERS; i++)
        assert_true(share(1, peers[i]) > 40 || i == 4);
    for (int turn = 0; turn < 2; turn++) {
        unsigned found = 0;

        finished(turn ? &met : &voices, PEERS);
        for (int i = 0; i < PEERS; i++)
            for (unsigned channel = 0; channel < PEERS; channel++)
                found += share(channel, peers[i]) > 40;
        assert_int_equal(found, PEERS); /* each in one channel */
    }
}

/* A recording of a room goes on while the room's own part is empty. */
static void the_first_part_may_be_empty(void **state)
{
    struct take mix;

    (void)state;
    gather();
    rig_until(all_hear_all());
    media_port_close(peers[0]->port);
    media_port_leave(peers[1]->port);
    rig_until(rig_deaf_to(peers[2], peers[1]) && peers[0]->closed);
    record(&mix, NULL, 1);
    rig_until(rig_hears(peers[2], peers[5]) && rig_hears(peers[4], peers[3]));
    wait_ms(700);
    media_room_record_stop(room);
    finished(&mix, 1);
    for (int i = 2; i < PEERS; i++)
        assert_true(share(0, peers[i]) > 40);
    media_port_join(peers[1]->port, room);
    rig_until(rig_hears(peers[1], peers[5]) && rig_hears(peers[4], peers[1]));
}

/* Parts end, one is enough again, and there is a room for as long as somebody is in it. */
static void parts_end_with_their_last_port(void **state)
{
    (void)state;
    gather();
    rig_until(all_hear_all());
    for (int i = 0; i < 4; i++)
        media_port_leave(peers[i]->port);
    rig_until(rig_deaf_to(peers[4], peers[0]) && rig_deaf_to(peers[4], peers[3]));
    rig_until(rig_hears(peers[4], peers[5]) && rig_hears(peers[5], peers[4]));
    mem_unref(room);
    wait_ms(50);
    assert_int_equal(load_now().rooms, 1);
    media_port_leave(peers[4]->port);
    media_port_leave(peers[5]->port);
    rig_until(load_now().rooms == 0);
    assert_int_equal(media_room_alloc(rig_workers, &room), 0);
}

static void a_storm_in_all_parts_ends_well(void **state)
{
    struct media_room *other;
    struct take takes[2];

    (void)state;
    assert_int_equal(media_room_alloc(rig_workers, &other), 0);
    gather();
    record(&takes[0], NULL, PEERS);
    record(&takes[1], peers[3], PEERS);
    srand(11);
    for (int i = 0; i < 900; i++) {
        struct peer *peer = peers[rand() % PEERS], *another = peers[rand() % PEERS];

        switch (rand() % 7) {
        case 0:
            media_port_leave(peer->port);
            break;
        case 1:
        case 2:
            media_port_audible(peer->port, another->port, rand() % 2);
            break;
        case 3:
            media_port_mute(peer->port, rand() % 2);
            break;
        case 4:
            media_port_join(peer->port, other);
            break;
        default:
            media_port_join(peer->port, room);
            break;
        }
        if (i % 5 == 0)
            rig_turn();
    }
    for (int i = 0; i < PEERS; i++) {
        media_port_leave(peers[i]->port);
        media_port_mute(peers[i]->port, false);
    }
    for (int i = 0; i < PEERS; i++)
        media_port_join(peers[i]->port, room);
    rig_until(all_hear_all());
    media_room_record_stop(room);
    media_port_record_stop(peers[3]->port);
    finished(&takes[0], PEERS);
    finished(&takes[1], PEERS);
    assert_int_equal(load_now().ring_full, 0);
    mem_unref(other);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(all_hear_all_others_in_all_parts),
        TEST(mute_and_earmuff_hold_in_all_parts),
        TEST(a_pair_rule_holds_between_parts),
        TEST(a_rule_of_before_holds_from_the_first_frame),
        TEST(a_rule_is_forgotten_when_one_leaves),
        TEST(recordings_have_all_parts),
        TEST(the_first_part_may_be_empty),
        TEST(parts_end_with_their_last_port),
        TEST(a_storm_in_all_parts_ends_well),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
