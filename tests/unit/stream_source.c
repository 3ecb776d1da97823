/* stream_source.c: a stream as a source: how it ends, and what it does when it meets itself
 * (RFC 3550, 6.3.7 and 8.2). */
#include "stream_rtcp.h"

static void who_never_said_anything_says_no_goodbye(void **state)
{
    (void)state;
    stream_bye(rig.stream);
    assert_false(rig_readable(rig.peer_rtcp, 50));
}

static void goodbye_is_the_end_of_a_whole_report(void **state)
{
    struct rig_packet report;

    (void)state;
    stream_put(rig.stream, 8000, NULL, 1);
    stream_bye(rig.stream);
    report = rig_receive(rig.peer_rtcp, 5000);
    assert_int_equal(report.bytes[1], 200);
    assert_non_null(part_of(&report, 202));
    assert_ptr_equal(part_of(&report, 203), report.bytes + report.size - 8);
    assert_int_equal(get32(report.bytes + report.size - 4), rig_receive(rig.peer, 5000).ssrc);
}

/* RFC 3550, 8.2. */
static void a_source_like_ours_makes_us_another(void **state)
{
    struct rig_packet before, after, report;

    (void)state;
    stream_put(rig.stream, 8000, NULL, 1);
    before = rig_receive(rig.peer, 5000);
    rig_send_sound(&rig, rig.peer, 1, before.ssrc, 5000);
    assert_int_equal(rig_hear(&rig), 0);
    report = rig_receive(rig.peer_rtcp, 5000);
    assert_non_null(part_of(&report, 203));
    assert_int_equal(get32(report.bytes + report.size - 4), before.ssrc);
    stream_put(rig.stream, 8000, NULL, 1);
    after = rig_receive(rig.peer, 5000);
    assert_true(after.ssrc != before.ssrc);
    rig_send_sound(&rig, rig.peer, 2, before.ssrc, 5000); /* its own now */
    assert_in_range(rig_hear(&rig), 4800, 5200);
    assert_int_equal(rig.latched_count, 1);
}

/* Sends a packet of ours back; returns what is heard in the next frame. */
static int send_back(const struct rig_packet *packet)
{
    rig_send_raw(&rig, rig.peer, packet->bytes, packet->size);
    assert_true(rig_readable(rig.rtp, 5000));
    rig_swallow(&rig);
    return rig_hear(&rig);
}

static struct rig_packet send_level(int level)
{
    int16_t frame[STREAM_FRAME];

    for (int i = 0; i < STREAM_FRAME; i++)
        frame[i] = (int16_t)level;
    assert_true(stream_put(rig.stream, 8000, frame, 1));
    return rig_receive(rig.peer, 5000);
}

/* Our own sound, beside that of the peer: that is a loop. */
static void what_comes_back_beside_a_voice_is_not_heard(void **state)
{
    struct rig_packet packet;
    uint32_t ssrc = 0;

    (void)state;
    for (unsigned i = 0; i < 1500; i++) {
        packet = send_level(9000);
        if (i > 1)
            assert_int_equal(packet.ssrc, ssrc); /* it is not changed again and again */
        ssrc = packet.ssrc;
        rig_send_sound(&rig, rig.peer, i, RIG_SSRC, 2000);
        assert_in_range(send_back(&packet), 1800, 2200);
    }
    assert_int_equal(stats().packets_in, 1500);
    assert_int_equal(stats().strange, 1500);
    assert_int_equal(rig.latched_count, 1);
}

/* A peer that does nothing but send back what it gets: who calls it wants to hear that. */
static void an_echo_is_heard(void **state)
{
    uint32_t first = 0, ssrc = 0;
    unsigned heard = 0;

    (void)state;
    for (unsigned i = 0; i < 1500; i++) {
        struct rig_packet packet = send_level(5000);

        first = i ? first : packet.ssrc;
        if (i > 1)
            assert_int_equal(packet.ssrc, ssrc);
        ssrc = packet.ssrc;
        heard += send_back(&packet) > 4700;
    }
    assert_true(ssrc != first);
    assert_true(heard > 1490);
}

static void a_report_of_a_source_like_ours_is_seen_too(void **state)
{
    uint8_t bytes[28];
    uint32_t ssrc;

    (void)state;
    stream_put(rig.stream, 8000, NULL, 1);
    ssrc = rig_receive(rig.peer, 5000).ssrc;
    send_report(bytes, build_sender(bytes, ssrc));
    stream_put(rig.stream, 8000, NULL, 1);
    assert_true(rig_receive(rig.peer, 5000).ssrc != ssrc);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_rig, close_rig)
    const struct CMUnitTest tests[] = {
        TEST(who_never_said_anything_says_no_goodbye),
        TEST(goodbye_is_the_end_of_a_whole_report),
        TEST(a_source_like_ours_makes_us_another),
        TEST(what_comes_back_beside_a_voice_is_not_heard),
        TEST(an_echo_is_heard),
        TEST(a_report_of_a_source_like_ours_is_seen_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
