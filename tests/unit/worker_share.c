/* worker_share.c: listeners of one format get what is encoded once, and nobody hears when one
 * goes from that to an encoder of its own. */
#include "worker_rig.h"

#include <math.h>

enum { LISTENERS = 4, LOOK = 8 };

static struct media_room *room;
static struct peer *talker, *listeners[LISTENERS], *mute;

static int start(void **state)
{
    struct workers_conf conf = rig_conf(2);

    (void)state;
    rig_start(&conf);
    assert_int_equal(media_room_alloc(rig_workers, &room), 0);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    mem_unref(room);
    rig_stop();
    assert_int_equal(mem_alive(), 0);
    return 0;
}

/* One who talks, and listeners who come one after the other, so that encoders of their own are
 * none like the other. */
static void gather(enum codec codec)
{
    talker = rig_peer(CODEC_PCMU, 400);
    mute = rig_peer(CODEC_PCMA, 0);
    media_port_join(talker->port, room);
    media_port_join(mute->port, room);
    for (int i = 0; i < LISTENERS; i++) {
        listeners[i] = rig_peer(codec, 0);
        media_port_join(listeners[i]->port, room);
        rig_until(rig_hears(listeners[i], talker));
    }
}

/* What `one` got last is among the last that `other` got. */
static bool same(const struct peer *one, const struct peer *other)
{
    uint32_t last = one->payloads[(one->packets - 1) % RIG_KEPT];

    for (unsigned i = 1; i <= LOOK; i++)
        if (other->payloads[(other->packets - i) % RIG_KEPT] == last)
            return true;
    return false;
}

static bool all_same(void)
{
    for (int i = 1; i < LISTENERS; i++)
        if (!same(listeners[0], listeners[i]))
            return false;
    return true;
}

/* Rules about one who says nothing: what is heard stays the same. */
static void set_apart(struct peer *peer, bool on)
{
    media_port_audible(peer->port, mute->port, !on);
}

static void listeners_get_the_same_bytes(void **state)
{
    (void)state;
    gather(CODEC_OPUS);
    rig_until(all_same());
    set_apart(listeners[1], true);
    rig_until(!same(listeners[1], listeners[0]));
    rig_packets(listeners[0], 2 * LOOK); /* nothing of before is looked at */
    assert_false(same(listeners[1], listeners[0]));
    assert_true(same(listeners[2], listeners[0]) ||
                (rig_packets(listeners[0], 1), same(listeners[2], listeners[0])));
    set_apart(listeners[1], false);
    rig_until(all_same());
    for (int i = 0; i < LISTENERS; i++)
        assert_int_equal(listeners[i]->gaps, 0);
}

static void who_speaks_does_not_hear_itself(void **state)
{
    (void)state;
    gather(CODEC_PCMA);
    rig_until(all_same());
    talker->talks = true;
    listeners[0]->hz = 1000;
    tone_start(&listeners[0]->tone, 8000, 1000, 2500);
    listeners[0]->talks = true;
    rig_until(rig_hears(listeners[1], listeners[0]) && rig_hears(talker, listeners[0]));
    for (int i = 0; i < 30; i++) {
        rig_packets(listeners[0], 1);
        assert_true(rig_deaf_to(listeners[0], listeners[0]));
        assert_true(rig_hears(listeners[0], talker));
    }
    listeners[0]->talks = false;
    rig_until(all_same());
}

static void what_plays_to_one_is_for_that_one(void **state)
{
    int16_t samples[8000];
    struct tone tone;
    struct sound *sound;
    struct peer other = {.hz = 2000};
    const char *reason;

    (void)state;
    gather(CODEC_OPUS);
    rig_until(all_same());
    tone_start(&tone, 8000, 2000, 8000);
    tone_fill(&tone, samples, 8000);
    assert_int_equal(sound_from_samples(&sound, samples, 8000, 8000, 8000, &reason), 0);
    media_port_play(listeners[2]->port, sound, 1, 0);
    mem_unref(sound);
    rig_until(rig_hears(listeners[2], &other));
    for (int i = 0; i < LISTENERS; i++)
        assert_true(i == 2 || rig_deaf_to(listeners[i], &other));
    assert_true(rig_hears(listeners[2], talker));
    rig_until(listeners[2]->completed == 1 && all_same());
}

/* The sharpest bend in what a peer heard in a frame and at its start. */
static int bend(const struct peer *peer, unsigned packet, const int16_t *before)
{
    const int16_t *frame = peer->frames[packet % RIG_KEPT];
    int a = before[0], b = before[1], found = 0;

    for (int i = 0; i < RIG_FRAME; i++) {
        int sharp = abs(frame[i] - 2 * b + a);

        found = sharp > found ? sharp : found;
        a = b;
        b = frame[i];
    }
    return found;
}

/* The sharpest bend in what came since the last look. */
struct look {
    const struct peer *peer;
    unsigned seen; /* packets */
    int sharpest;
};

static struct look look_at(const struct peer *peer)
{
    return (struct look){peer, peer->packets - 1, 0};
}

static void look(struct look *look)
{
    for (; look->seen + 1 < look->peer->packets; look->seen++) {
        const int16_t *last = look->peer->frames[look->seen % RIG_KEPT] + RIG_FRAME - 2;
        int sharp = bend(look->peer, look->seen + 1, last);

        look->sharpest = sharp > look->sharpest ? sharp : look->sharpest;
    }
}

/* While `count` packets come. */
static void look_on(struct look *one, struct look *other, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        rig_packets(one->peer, 1);
        look(one);
        if (other)
            look(other);
    }
}

/* Sets one apart or lets it come back; it bends no more than what another hears meanwhile. */
static void change(bool apart, unsigned packets, int turn)
{
    struct look plain = look_at(listeners[0]), changed;

    look_on(&plain, NULL, 15);
    changed = look_at(listeners[1]);
    set_apart(listeners[1], apart);
    look_on(&plain, &changed, packets);
    look_on(&plain, NULL, 15);
    if (changed.sharpest > 3 * plain.sharpest / 2)
        fail_msg("%d: bends by %d, where the others hear %d", turn, changed.sharpest,
                 plain.sharpest);
}

/* Each time the sound has become another since the encoder of the one that goes ran last. A tone
 * bends by its own; what a decoder makes of another encoder's state bends by some times as much.
 * When our talker stutters on a busy machine all hear that. */
static void to_and_from_the_shared_sound_is_not_heard(void **state)
{
    (void)state;
    gather(CODEC_OPUS);
    for (int turn = 0; turn < 6; turn++) {
        rig_until(all_same());
        tone_start(&talker->tone, 8000, turn % 2 ? 300 : 700 + 100 * turn, 2500);
        rig_packets(listeners[1], 20);
        change(true, 10, turn);
        change(false, 40, turn);
    }
}

/* Five syllables a second of a voice of 150 Hz: what says nothing is not worth telling twice. */
static void babble(struct peer *peer, int16_t *frame)
{
    for (unsigned i = 0; i < RIG_FRAME; i++) {
        double t = (peer->sung * RIG_FRAME + i) / 8000.0, sum = 0;

        for (int k = 1; k < 12; k++)
            sum += sin(2 * M_PI * 150 * k * t) / k;
        frame[i] = (int16_t)lrint(6000 * sum * fabs(sin(M_PI * 5 * t)));
    }
}

static int reports; /* the socket that all of them report from */

static void open_reports(struct sockaddr_storage *at)
{
    socklen_t size = sizeof *at;

    reports = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(addr_parse(at, "127.0.0.1", 0), 0);
    assert_int_equal(bind(reports, (struct sockaddr *)at, addr_size(at)), 0);
    assert_int_equal(getsockname(reports, (struct sockaddr *)at, &size), 0);
}

/* The peers take FEC. */
static void gather_takers(void)
{
    struct sockaddr_storage at;

    open_reports(&at);
    gather(CODEC_OPUS);
    for (int i = 0; i < LISTENERS; i++) {
        struct stream_params params = rig_params(listeners[i]);

        params.format.fec = true;
        params.remote_rtcp = at;
        media_port_connect(listeners[i]->port, &params);
    }
    talker->sing = babble;
    rig_packets(listeners[0], 2 * LOOK);
    rig_until(all_same());
}

/* A receiver's report (RFC 3550, 6.4.2) of a loss, in 256ths. */
static void report_loss(const struct peer *peer, uint8_t loss)
{
    uint8_t report[32] = {0x81, 201, 0, 7, 0, 0, 0, 9, [12] = loss};
    struct sockaddr_storage at;

    for (int i = 0; i < 4; i++)
        report[8 + i] = (uint8_t)(peer->source >> (24 - 8 * i));
    assert_int_equal(addr_parse(&at, "127.0.0.1", media_port_number(peer->port) + 1), 0);
    assert_int_equal(
        sendto(reports, report, sizeof report, 0, (struct sockaddr *)&at, addr_size(&at)),
        sizeof report);
}

static unsigned repeating_in(const struct peer *peer, unsigned packets)
{
    unsigned before = peer->repeating;

    rig_packets(peer, packets);
    return peer->repeating - before;
}

/* What one of them loses is told twice to all, by one encoder, for as long as it loses any. */
static void who_loses_most_decides_what_is_told_twice(void **state)
{
    (void)state;
    gather_takers();
    assert_int_equal(repeating_in(listeners[0], 50), 0);
    report_loss(listeners[1], 51);
    report_loss(listeners[2], 5);
    rig_until(repeating_in(listeners[0], 1));
    assert_in_range(repeating_in(listeners[0], 50), 10, 60);
    rig_until(all_same());
    for (int i = 0; i < 20; i++) {
        report_loss(listeners[1], 0);
        rig_packets(listeners[0], 1);
    }
    assert_in_range(repeating_in(listeners[0], 50), 1, 60);
    rig_until(all_same());
    for (int i = 0; i < 20; i++) {
        report_loss(listeners[2], 0);
        rig_packets(listeners[0], 1);
    }
    rig_packets(listeners[0], LOOK);
    assert_int_equal(repeating_in(listeners[0], 50), 0);
    rig_until(all_same());
    for (int i = 0; i < LISTENERS; i++)
        assert_int_equal(listeners[i]->gaps, 0);
    close(reports);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(listeners_get_the_same_bytes),
        TEST(who_speaks_does_not_hear_itself),
        TEST(what_plays_to_one_is_for_that_one),
        TEST(to_and_from_the_shared_sound_is_not_heard),
        TEST(who_loses_most_decides_what_is_told_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
