/* stream_problem.c: why nothing is heard, told once when it begins and once when it ends, and
 * what is no problem at all; delays and runs of losses. A tick is a call, so minutes are short. */
#include "stream_rig.h"

enum { LOUD = 3000, SECOND = 50 };

static struct rig rig;
static unsigned number; /* of the last sound */

static int open_rig(void **state)
{
    (void)state;
    rig_open(&rig);
    number = 0;
    return 0;
}

static int close_rig(void **state)
{
    (void)state;
    rig_close(&rig);
    return 0;
}

static void connect_way(bool send, bool receive)
{
    struct stream_params params = {.remote = rig.peer_at,
                                   .remote_rtcp = rig.peer_rtcp_at,
                                   .format = {CODEC_PCMU},
                                   .event_payload_type = RIG_EVENTS,
                                   .send = send,
                                   .receive = receive};
    struct stream_coding *coding;

    assert_int_equal(stream_coding_alloc(&coding, &params), 0);
    mem_unref(stream_connect(rig.stream, &params, coding));
}

static void tick(void)
{
    int16_t frame[STREAM_FRAME];

    stream_read(rig.stream, rig_now());
    stream_get(rig.stream, 8000, frame);
    stream_look(rig.stream);
}

static void nothing(unsigned frames)
{
    while (frames--)
        tick();
}

static void sound(unsigned frames, int level)
{
    while (frames--) {
        number++;
        rig_send_sound(&rig, rig.peer, number, RIG_SSRC, level);
        tick();
    }
}

/* A packet of another payload type, or from another socket. */
static void packet(int fd, uint8_t type, size_t size)
{
    uint8_t payload[STREAM_FRAME] = {1, 2, 3};

    number++;
    rig_send(&rig, fd, type, (uint16_t)number, number * STREAM_FRAME, RIG_SSRC, payload, size);
    tick();
}

/* The next thing told is this. */
static void told(unsigned which, enum stream_problem problem, bool on)
{
    assert_int_equal(rig.trouble_count, which + 1);
    assert_int_equal(rig.troubles[which].problem, problem);
    assert_int_equal(rig.troubles[which].on, on);
}

static void a_call_that_goes_well_tells_nothing(void **state)
{
    (void)state;
    nothing(20 * SECOND); /* not connected yet */
    connect_way(true, true);
    for (int i = 0; i < 10; i++) {
        sound(2 * SECOND, LOUD);
        sound(5 * SECOND, 0);
        nothing(2 * SECOND);
    }
    assert_int_equal(rig.trouble_count, 0);
}

static void nothing_from_the_start_is_told_after_two_seconds(void **state)
{
    (void)state;
    connect_way(true, true);
    nothing(2 * SECOND - 1);
    assert_int_equal(rig.trouble_count, 0);
    nothing(SECOND + 1);
    told(0, STREAM_NO_PACKETS, true);
    nothing(60 * SECOND);
    assert_int_equal(rig.trouble_count, 1); /* once */
    sound(SECOND, LOUD);
    told(1, STREAM_NO_PACKETS, false);
    sound(5 * SECOND, LOUD);
    assert_int_equal(rig.trouble_count, 2);
}

static void a_stream_that_stops_is_told_after_three_seconds(void **state)
{
    (void)state;
    connect_way(true, true);
    sound(4 * SECOND, LOUD);
    nothing(3 * SECOND - 1);
    assert_int_equal(rig.trouble_count, 0);
    nothing(SECOND + 1);
    told(0, STREAM_NO_PACKETS, true);
    sound(SECOND, LOUD);
    told(1, STREAM_NO_PACKETS, false);
}

/* Neither who is held nor who holds need send, and what went on is over with it. */
static void hold_is_no_problem(void **state)
{
    static const bool ways[][2] = {{false, true}, {true, false}, {false, false}};

    (void)state;
    for (int i = 0; i < 3; i++) {
        connect_way(ways[i][0], ways[i][1]);
        nothing(30 * SECOND);
        assert_int_equal(rig.trouble_count, 0);
    }
    connect_way(true, true);
    nothing(4 * SECOND);
    told(0, STREAM_NO_PACKETS, true);
    connect_way(true, false);
    nothing(2 * SECOND);
    told(1, STREAM_NO_PACKETS, false);
}

/* A re-INVITE that changes nothing does not end what goes on, to begin it again. */
static void a_problem_goes_on_over_a_reinvite(void **state)
{
    (void)state;
    connect_way(true, true);
    nothing(4 * SECOND);
    told(0, STREAM_NO_PACKETS, true);
    connect_way(true, true);
    nothing(10 * SECOND);
    assert_int_equal(rig.trouble_count, 1);
}

static void comfort_noise_announces_a_pause(void **state)
{
    (void)state;
    connect_way(true, true);
    sound(SECOND, LOUD);
    packet(rig.peer, 13, 1);
    nothing(120 * SECOND);
    assert_int_equal(rig.trouble_count, 0);
    number += 120 * SECOND;
    sound(SECOND, LOUD);
    nothing(4 * SECOND); /* this time it was not announced */
    told(0, STREAM_NO_PACKETS, true);
}

static void digital_silence_is_told_after_eight_seconds_at_first(void **state)
{
    (void)state;
    connect_way(true, true);
    sound(8 * SECOND - 1, 0);
    assert_int_equal(rig.trouble_count, 0);
    sound(SECOND + 1, 0);
    told(0, STREAM_SILENCE, true);
    sound(SECOND, LOUD);
    told(1, STREAM_SILENCE, false);
}

static void later_it_takes_twenty(void **state)
{
    (void)state;
    connect_way(true, true);
    sound(SECOND, LOUD);
    sound(19 * SECOND, 0);
    assert_int_equal(rig.trouble_count, 0);
    sound(2 * SECOND, 0);
    told(0, STREAM_SILENCE, true);
}

/* The quietest noise is sound. */
static void faint_sound_is_no_silence(void **state)
{
    (void)state;
    connect_way(true, true);
    sound(60 * SECOND, 24);
    assert_int_equal(rig.trouble_count, 0);
}

static void payload_types_that_were_not_agreed_are_named(void **state)
{
    (void)state;
    connect_way(true, true);
    for (unsigned i = 0; i < 3 * SECOND; i++)
        packet(rig.peer, i % 2 ? 97 : 18, STREAM_FRAME);
    told(0, STREAM_WRONG_PAYLOAD, true);
    assert_int_equal(rig.troubles[0].type_count, 2);
    assert_int_equal(rig.troubles[0].types[0], 18);
    assert_int_equal(rig.troubles[0].types[1], 97);
    assert_true(addr_same(&rig.troubles[0].from, &rig.peer_at));
    sound(3 * SECOND, LOUD);
    told(1, STREAM_WRONG_PAYLOAD, false);
}

/* Video, or a codec in between, beside sound that is understood. */
static void unknown_types_beside_good_ones_are_no_problem(void **state)
{
    (void)state;
    connect_way(true, true);
    for (unsigned i = 0; i < 10 * SECOND; i++) {
        packet(rig.peer, 97, STREAM_FRAME);
        sound(1, LOUD);
    }
    assert_int_equal(rig.trouble_count, 0);
}

/* A frame of sound from a stranger, whether or not the kernel lets it through. */
static void stranger(int fd, unsigned frames)
{
    uint8_t bytes[12 + STREAM_FRAME], payload[STREAM_FRAME] = {1};

    while (frames--) {
        number++;
        rig_send_raw(&rig, fd, bytes,
                     rig_build(bytes, 0, (uint16_t)number, number * STREAM_FRAME, 77, payload,
                               sizeof payload));
        assert_int_equal(stream_get(rig.stream, 8000, (int16_t[STREAM_FRAME]){0}), false);
        tick();
    }
}

/* The peer's NAT gave it another port, say. What comes from there is told of, and never heard. */
static void a_peer_that_speaks_from_elsewhere_is_named(void **state)
{
    struct sockaddr_storage at;
    int fd = rig_socket(&at);

    (void)state;
    connect_way(true, true);
    sound(2 * SECOND, LOUD);
    nothing(5); /* what is concealed has faded */
    stranger(fd, 5 * SECOND);
    told(0, STREAM_NAT_MISMATCH, true);
    assert_true(addr_same(&rig.troubles[0].from, &at));
    while (rig_receive(rig.peer, 0).size)
        ;
    stream_put(rig.stream, 8000, NULL, 1); /* goes to the peer as before */
    assert_true(rig_receive(rig.peer, 5000).size > 0);
    assert_int_equal(rig_receive(fd, 0).size, 0);
    number += 100; /* its own numbers go on */
    sound(2 * SECOND, LOUD);
    told(1, STREAM_NAT_MISMATCH, false);
    close(fd);
}

/* Two at once, and none of them where SDP says: nobody is believed. */
static void strangers_in_the_place_of_the_peer_are_named(void **state)
{
    struct sockaddr_storage at[2];
    int fd[2] = {rig_socket(&at[0]), rig_socket(&at[1])};

    (void)state;
    connect_way(true, true);
    for (unsigned i = 0; i < 4 * SECOND - 1; i++)
        stranger(fd[i % 2], 1);
    assert_int_equal(rig.trouble_count, 0); /* one of them might still be the peer */
    for (unsigned i = 0; i < 2 * SECOND; i++)
        stranger(fd[i % 2], 1);
    told(0, STREAM_NAT_MISMATCH, true);
    assert_true(addr_same(&rig.troubles[0].from, &at[0]) ||
                addr_same(&rig.troubles[0].from, &at[1]));
    close(fd[0]);
    close(fd[1]);
}

/* While the peer is heard the kernel keeps strangers out, and again once it is back. */
static void strangers_beside_a_peer_are_no_problem(void **state)
{
    struct sockaddr_storage at;
    struct stream_stats now;
    uint64_t strange;
    int fd = rig_socket(&at);

    (void)state;
    connect_way(true, true);
    sound(SECOND, LOUD);
    nothing(3 * SECOND);
    sound(SECOND, LOUD);
    stream_stats(rig.stream, &now);
    strange = now.strange;
    for (int i = 0; i < 5 * SECOND; i++) {
        rig_send_raw(&rig, fd, "nobody wants to hear this", 25);
        sound(1, LOUD);
    }
    stream_stats(rig.stream, &now);
    assert_int_equal(now.strange, strange);
    assert_int_equal(now.invalid, 0);
    close(fd);
}

static void one_problem_follows_the_other(void **state)
{
    (void)state;
    connect_way(true, true);
    for (unsigned i = 0; i < 3 * SECOND; i++)
        packet(rig.peer, 97, STREAM_FRAME);
    nothing(4 * SECOND);
    assert_int_equal(rig.trouble_count, 3);
    assert_int_equal(rig.troubles[1].problem, STREAM_WRONG_PAYLOAD);
    assert_false(rig.troubles[1].on);
    assert_int_equal(rig.troubles[2].problem, STREAM_NO_PACKETS);
    assert_true(rig.troubles[2].on);
    assert_int_equal(rig.troubles[2].type_count, 0);
}

static struct stream_stats stats(void)
{
    struct stream_stats now;

    stream_stats(rig.stream, &now);
    return now;
}

static void delays_are_counted_by_class(void **state)
{
    static const int64_t after[] = {500000, 9000000, 14000000, 14500000, 500000000};
    int16_t frame[STREAM_FRAME];
    struct stream_stats now;

    (void)state;
    connect_way(true, true);
    assert_int_equal(stream_heard(rig.stream, rig_now()), 0); /* nothing came */
    for (int i = 0; i < 5; i++) {
        int64_t sent = rig_now();

        number++;
        rig_send_sound(&rig, rig.peer, number, RIG_SSRC, LOUD);
        assert_true(stream_get(rig.stream, 8000, frame));
        assert_in_range(stream_heard(rig.stream, sent + 2000000000), 1, 2000000000);
        assert_int_equal(stream_heard(rig.stream, sent), 0); /* once a frame */
    }
    now = stats();
    assert_int_equal(now.delay[STREAM_DELAYS - 1], 5);
    for (int i = 0; i < 5; i++)
        assert_true(stream_delay_class(after[i]) < STREAM_DELAYS);
    assert_int_equal(stream_delay_class(after[0]), 0);
    assert_int_equal(stream_delay_class(1000000), 0);
    assert_int_equal(stream_delay_class(1000001), 1);
    assert_int_equal(stream_delay_class(after[1]), 3);
    assert_int_equal(stream_delay_class(after[2]), stream_delay_class(after[3]));
    assert_int_equal(stream_delay_class(after[4]), STREAM_DELAYS - 1);
}

/* The score falls with loss, with loss in bursts more, and is none while nothing came. */
static void the_score_is_of_what_was_heard(void **state)
{
    double clean, scattered;

    (void)state;
    connect_way(true, true);
    assert_true(stats().mos == 0 && stats().r_factor == 0);
    sound(10 * SECOND, LOUD);
    clean = stats().mos;
    assert_true(clean > 4.3 && clean <= 4.41);
    assert_true(stats().jitter_min >= 0);
    for (int i = 0; i < 20; i++) {
        number++; /* never sent */
        nothing(1);
        sound(24, LOUD);
    }
    assert_int_equal(stats().lost, 20);
    assert_int_equal(stats().frames_concealed, 20);
    assert_int_equal(stats().bursts, 0);
    scattered = stats().mos;
    assert_true(scattered < clean - 0.1);
    for (int i = 0; i < 10; i++) {
        number += 2;
        nothing(2);
        sound(48, LOUD);
    }
    assert_int_equal(stats().lost, 40);
    assert_int_equal(stats().bursts, 10);
    assert_true(stats().mos < scattered);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_rig, close_rig)
    const struct CMUnitTest tests[] = {
        TEST(a_call_that_goes_well_tells_nothing),
        TEST(nothing_from_the_start_is_told_after_two_seconds),
        TEST(a_stream_that_stops_is_told_after_three_seconds),
        TEST(hold_is_no_problem),
        TEST(a_problem_goes_on_over_a_reinvite),
        TEST(comfort_noise_announces_a_pause),
        TEST(digital_silence_is_told_after_eight_seconds_at_first),
        TEST(later_it_takes_twenty),
        TEST(faint_sound_is_no_silence),
        TEST(payload_types_that_were_not_agreed_are_named),
        TEST(unknown_types_beside_good_ones_are_no_problem),
        TEST(a_peer_that_speaks_from_elsewhere_is_named),
        TEST(strangers_in_the_place_of_the_peer_are_named),
        TEST(strangers_beside_a_peer_are_no_problem),
        TEST(one_problem_follows_the_other),
        TEST(delays_are_counted_by_class),
        TEST(the_score_is_of_what_was_heard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
