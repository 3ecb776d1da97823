/* stream_latch.c: whom a stream listens and talks to. */
#include "stream_rig.h"

static struct rig rig;

static int open_rig(void **state)
{
    (void)state;
    rig_open(&rig);
    return 0;
}

static int close_rig(void **state)
{
    (void)state;
    rig_close(&rig);
    return 0;
}

static struct stream_stats stats(void)
{
    struct stream_stats now;

    stream_stats(rig.stream, &now);
    return now;
}

static void the_signalled_address_is_taken_at_once(void **state)
{
    (void)state;
    rig_connect(&rig, &rig.peer_at);
    rig_send_sound(&rig, rig.peer, 1, RIG_SSRC, 8000);
    assert_int_equal(rig.latched_count, 1);
    assert_true(addr_same(&rig.latched_to, &rig.peer_at));
    assert_in_range(rig_hear(&rig), 7500, 8500);
    assert_true(stream_put(rig.stream, 8000, NULL, 1));
    assert_int_equal(rig_receive(rig.peer, 5000).payload_size, STREAM_FRAME);
}

static void spray(int fd, unsigned *n, unsigned count)
{
    uint8_t bytes[1500], loud[STREAM_FRAME] = {0};

    for (unsigned i = 0; i < count; i++, ++*n)
        rig_send_raw(&rig, fd, bytes,
                     rig_build(bytes, 0, (uint16_t)*n, *n * STREAM_FRAME, 77, loud, sizeof loud));
}

/* Frames n … n + count - 1 of a phone's, 20 ms apart. */
static void talk(int fd, unsigned n, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        rig_pass(&rig, 20);
        rig_send_sound(&rig, fd, n + i, RIG_SSRC, 8000);
    }
}

static void another_address_is_learned_when_nothing_else_comes(void **state)
{
    struct sockaddr_storage nat_at;
    int nat = rig_socket(&nat_at);

    (void)state;
    rig_connect(&rig, &rig.peer_at);
    stream_put(rig.stream, 8000, NULL, 1);
    assert_true(rig_receive(rig.peer, 5000).size > 0); /* as signalled, until latched */
    rig_pass(&rig, 1);
    talk(nat, 1, 98);
    assert_int_equal(rig_hear(&rig), 0);
    assert_int_equal(rig.latched_count, 0);
    assert_int_equal(stats().strange, 98);
    talk(nat, 99, 4);
    assert_int_equal(rig.latched_count, 1);
    assert_true(addr_same(&rig.latched_to, &nat_at));
    assert_in_range(rig_hear(&rig), 7500, 8500);
    stream_put(rig.stream, 8000, NULL, 1);
    assert_true(rig_receive(nat, 5000).size > 0);
    assert_false(rig_readable(rig.peer, 0));
    rig_send_sound(&rig, rig.peer, 700, 99, 3000); /* but whom SDP names is believed at any time */
    assert_int_equal(rig.latched_count, 2);
    assert_in_range(rig_hear(&rig), 2800, 3200);
    for (unsigned n = 103; n < 300; n++) { /* the kernel drops it */
        spray(nat, &n, 1);
        rig_pass(&rig, 20);
    }
    assert_int_equal(rig.latched_count, 2);
    stream_put(rig.stream, 8000, NULL, 1);
    assert_true(rig_receive(rig.peer, 5000).size > 0);
    assert_false(rig_readable(nat, 0));
    close(nat);
}

static void nobody_else_is_learned_where_that_is_switched_off(void **state)
{
    struct sockaddr_storage nat_at;
    int nat = rig_socket(&nat_at);

    (void)state;
    rig_connect_as(&rig, &rig.peer_at,
                   (struct stream_params){.format = {CODEC_PCMU}, .latch_strict = true});
    talk(nat, 1, 500);
    assert_int_equal(rig.latched_count, 0);
    assert_int_equal(stats().strange, 500);
    close(nat);
}

/* SDP names the host a phone has at home, its packets come from where its signalling does. */
static void a_phone_behind_a_nat_is_known_by_its_signalling(void **state)
{
    struct stream_params params = {.format = {CODEC_PCMU}};
    struct sockaddr_storage at, home;
    int nat = rig_socket(&at), stranger = socket(AF_INET, SOCK_DGRAM, 0);

    (void)state;
    assert_int_equal(addr_parse(&home, "127.0.0.9", 0), 0);
    assert_int_equal(bind(stranger, (struct sockaddr *)&home, addr_size(&home)), 0);
    assert_int_equal(addr_parse(&home, "10.1.2.3", 4000), 0);
    params.signalling = at;
    rig_connect_as(&rig, &home, params);
    talk(stranger, 1000, 60);
    talk(nat, 1, 4);
    assert_int_equal(rig.latched_count, 0);
    talk(stranger, 1060, 1);
    talk(nat, 5, 1);
    assert_int_equal(rig.latched_count, 1);
    assert_in_range(rig_hear(&rig), 7500, 8500);
    stream_put(rig.stream, 8000, NULL, 1);
    assert_true(rig_receive(nat, 5000).size > 0);
    assert_false(rig_readable(stranger, 0));
    close(nat);
    close(stranger);
}

/* An offer gives ten seconds to learn; another offer, ten more. */
static void there_is_a_time_to_learn(void **state)
{
    struct sockaddr_storage nat_at;
    int nat = rig_socket(&nat_at);

    (void)state;
    rig_connect(&rig, &rig.peer_at);
    rig_pass(&rig, 20);
    rig_pass(&rig, 10000);
    talk(nat, 1, 300);
    assert_int_equal(rig.latched_count, 0);
    rig_connect(&rig, &rig.peer_at);
    talk(nat, 301, 110);
    assert_int_equal(rig.latched_count, 1);
    close(nat);
}

/* Two who send at the same time: one of them is a stranger, and nobody knows which. */
static void of_two_strangers_neither_is_learned(void **state)
{
    struct sockaddr_storage at;
    int one = rig_socket(&at), other = rig_socket(&at);

    (void)state;
    rig_connect(&rig, &rig.peer_at);
    for (unsigned n = 0; n < 200; n++) {
        rig_pass(&rig, 20);
        rig_send_sound(&rig, one, n, RIG_SSRC, 8000);
        rig_send_sound(&rig, other, n, RIG_SSRC + 1, 8000);
    }
    assert_int_equal(rig.latched_count, 0);
    talk(one, 200, 110); /* the other one went away */
    assert_int_equal(rig.latched_count, 1);
    close(one);
    close(other);
}

/* A tick in which a stranger sends, and the peer when it talks; neither hears what it must not. */
static void besieged(int stranger, unsigned *n, unsigned tick, unsigned rate, bool talks)
{
    if (rate >= 50 || tick % 50 == 0)
        spray(stranger, n, rate >= 50 ? rate / 50 : 1);
    rig_pass(&rig, 20);
    if (talks)
        rig_send_sound(&rig, rig.peer, tick, RIG_SSRC, 1000);
    assert_in_range(rig_hear(&rig), talks ? 900 : 0, talks ? 1100 : 0);
    stream_put(rig.stream, 8000, NULL, 1);
    assert_true(rig_receive(rig.peer, 5000).size > 0);
}

/* Before the peer's first packet, beside its sound, and while it is silent again. Who sends at a
 * phone's pace is not taken for one as long as the peer may still be about to begin. */
static void strangers_of_any_pace_get_and_say_nothing(void **state)
{
    static const unsigned rates[] = {1, 50, 500};

    for (int i = 0; i < 3; i++) {
        struct sockaddr_storage at;
        int stranger = rig_socket(&at);
        unsigned n = 30000, before = rates[i] == 50 ? 95 : 400;

        close_rig(state);
        open_rig(state);
        rig_connect(&rig, &rig.peer_at);
        for (unsigned tick = 0; tick < before; tick++)
            besieged(stranger, &n, tick, rates[i], false);
        assert_int_equal(rig.latched_count, 0);
        for (unsigned tick = before; tick < before + 200; tick++)
            besieged(stranger, &n, tick, rates[i], true);
        for (unsigned tick = 0; tick < 10; tick++) { /* what was said last fades */
            rig_pass(&rig, 20);
            rig_hear(&rig);
        }
        for (unsigned tick = 0; tick < 400; tick++)
            besieged(stranger, &n, tick, rates[i], false);
        assert_false(rig_readable(stranger, 0));
        assert_int_equal(rig.latched_count, 1);
        close(stranger);
    }
}

/* Reports: who does not know the peer's SSRC neither sends one nor is sent any. */
static void a_stranger_gets_no_reports(void **state)
{
    uint8_t report[8] = {0x80, 201, 0, 1, 9, 9, 9, 9};
    struct sockaddr_storage at;
    int stranger = rig_socket(&at), moved = rig_socket(&at);

    (void)state;
    rig_connect(&rig, &rig.peer_at);
    for (int locked = 0; locked < 2; locked++) {
        assert_int_equal(sendto(stranger, report, 8, 0, (struct sockaddr *)&rig.rtcp_at,
                                addr_size(&rig.rtcp_at)),
                         8);
        assert_true(rig_readable(rig.rtcp, 5000));
        stream_read_reports(rig.stream);
        assert_int_equal(stats().strange, locked + 1);
        rig_send_sound(&rig, rig.peer, (unsigned)locked, RIG_SSRC, 1000);
    }
    stream_put(rig.stream, 8000, NULL, 1);
    stream_bye(rig.stream);
    assert_false(rig_readable(stranger, 0));
    assert_true(rig_receive(rig.peer_rtcp, 5000).size > 0);
    for (int i = 0; i < 4; i++) /* the peer's own, from where a NAT has put it */
        report[4 + i] = (uint8_t)(RIG_SSRC >> (24 - 8 * i));
    assert_int_equal(
        sendto(moved, report, 8, 0, (struct sockaddr *)&rig.rtcp_at, addr_size(&rig.rtcp_at)), 8);
    assert_true(rig_readable(rig.rtcp, 5000));
    stream_read_reports(rig.stream);
    stream_bye(rig.stream);
    assert_true(rig_receive(moved, 5000).size > 0);
    close(stranger);
    close(moved);
}

static void packets_out_of_step_never_pass_probation(void **state)
{
    struct sockaddr_storage at;
    int nat = rig_socket(&at), other = rig_socket(&at);

    (void)state;
    rig_connect(&rig, &rig.peer_at);
    for (unsigned n = 0; n < 40; n++)
        rig_send_sound(&rig, nat, n * 7, RIG_SSRC, 8000); /* guessed numbers */
    for (unsigned n = 0; n < 40; n++)
        rig_send_sound(&rig, nat, n, n, 8000); /* a new SSRC each */
    for (unsigned n = 0; n < 40; n++)
        rig_send_sound(&rig, n % 2 ? nat : other, n, RIG_SSRC, 8000); /* two in turn */
    assert_int_equal(rig.latched_count, 0);
    assert_int_equal(rig_hear(&rig), 0);
    close(nat);
    close(other);
}

static void a_stranger_is_never_heard_nor_answered(void **state)
{
    struct sockaddr_storage at;
    int stranger = rig_socket(&at);
    uint8_t bytes[1500], loud[STREAM_FRAME] = {0};

    (void)state;
    rig_connect(&rig, &rig.peer_at);
    rig_send_sound(&rig, rig.peer, 1, RIG_SSRC, 1000);
    assert_in_range(rig_hear(&rig), 900, 1100);
    for (unsigned n = 2; n < 50; n++) {
        size_t size =
            rig_build(bytes, 0, (uint16_t)n, n * STREAM_FRAME, RIG_SSRC, loud, sizeof loud);

        rig_send_raw(&rig, stranger, bytes, size);
        rig_send_sound(&rig, rig.peer, n, RIG_SSRC, 1000);
        assert_in_range(rig_hear(&rig), 900, 1100);
        stream_put(rig.stream, 8000, NULL, 1);
        assert_true(rig_receive(rig.peer, 5000).size > 0);
    }
    assert_false(rig_readable(stranger, 0));
    assert_int_equal(rig.latched_count, 1);
    close(stranger);
}

static void what_was_queued_before_the_lock_is_strange(void **state)
{
    struct sockaddr_storage at;
    int stranger = rig_socket(&at);
    uint8_t bytes[1500], loud[STREAM_FRAME] = {0};
    size_t size;

    (void)state;
    rig_connect(&rig, &rig.peer_at);
    size = rig_build(bytes, 0, 1, 160, RIG_SSRC, loud, sizeof loud);
    rig_send_raw(&rig, rig.peer, bytes, size);
    rig_send_raw(&rig, stranger, bytes, size);
    assert_true(rig_readable(rig.rtp, 5000));
    for (int i = 0; i < 500 && stats().strange < 1; i++) {
        rig_swallow(&rig);
        usleep(1000);
    }
    assert_int_equal(stats().strange, 1);
    assert_int_equal(stats().packets_in, 1);
    close(stranger);
}

static void a_new_answer_unlocks_and_the_same_one_does_not(void **state)
{
    struct sockaddr_storage new_at;
    int new_peer = rig_socket(&new_at);

    (void)state;
    rig_connect(&rig, &rig.peer_at);
    rig_send_sound(&rig, rig.peer, 1, RIG_SSRC, 8000);
    rig_connect(&rig, &rig.peer_at);
    rig_send_sound(&rig, rig.peer, 2, RIG_SSRC, 8000);
    assert_int_equal(rig.latched_count, 1);
    rig_connect(&rig, &new_at);
    stream_put(rig.stream, 8000, NULL, 1);
    assert_true(rig_receive(new_peer, 5000).size > 0);
    rig_send_sound(&rig, new_peer, 77, 99, 4000);
    assert_int_equal(rig.latched_count, 2);
    assert_true(addr_same(&rig.latched_to, &new_at));
    assert_in_range(rig_hear(&rig), 3800, 4200);
    close(new_peer);
}

static void what_came_before_the_answer_is_dropped(void **state)
{
    uint8_t bytes[1500], loud[STREAM_FRAME] = {0};

    (void)state;
    for (unsigned n = 1; n < 20; n++)
        rig_send_raw(&rig, rig.peer, bytes,
                     rig_build(bytes, 0, (uint16_t)n, n * 160, RIG_SSRC, loud, sizeof loud));
    assert_true(rig_readable(rig.rtp, 5000));
    usleep(20000);
    rig_connect(&rig, &rig.peer_at);
    rig_swallow(&rig);
    assert_int_equal(rig_hear(&rig), 0);
    assert_int_equal(stats().packets_in, 0);
}

static void a_port_that_is_shut_does_no_harm(void **state)
{
    (void)state;
    rig_connect(&rig, &rig.peer_at);
    rig_send_sound(&rig, rig.peer, 1, RIG_SSRC, 8000);
    close(rig.peer);
    for (int i = 0; i < 20; i++) {
        stream_put(rig.stream, 8000, NULL, 1); /* ICMP: port unreachable */
        rig_swallow(&rig);
    }
    assert_int_equal(stats().packets_out, 20);
    rig.peer = rig_socket(&rig.peer_at);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_rig, close_rig)
    const struct CMUnitTest tests[] = {
        TEST(the_signalled_address_is_taken_at_once),
        TEST(another_address_is_learned_when_nothing_else_comes),
        TEST(nobody_else_is_learned_where_that_is_switched_off),
        TEST(a_phone_behind_a_nat_is_known_by_its_signalling),
        TEST(there_is_a_time_to_learn),
        TEST(of_two_strangers_neither_is_learned),
        TEST(strangers_of_any_pace_get_and_say_nothing),
        TEST(a_stranger_gets_no_reports),
        TEST(packets_out_of_step_never_pass_probation),
        TEST(a_stranger_is_never_heard_nor_answered),
        TEST(what_was_queued_before_the_lock_is_strange),
        TEST(a_new_answer_unlocks_and_the_same_one_does_not),
        TEST(what_came_before_the_answer_is_dropped),
        TEST(a_port_that_is_shut_does_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
