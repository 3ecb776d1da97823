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

static void what_comes_back_is_not_heard(void **state)
{
    struct rig_packet packet;
    uint32_t ssrc = 0;

    (void)state;
    for (int i = 0; i < 1500; i++) {
        stream_put(rig.stream, 8000, NULL, 1);
        packet = rig_receive(rig.peer, 5000);
        if (i > 1)
            assert_int_equal(packet.ssrc, ssrc); /* it is not changed again and again */
        ssrc = packet.ssrc;
        rig_send_raw(&rig, rig.peer, packet.bytes, packet.size);
        assert_true(rig_readable(rig.rtp, 5000));
        rig_swallow(&rig);
        assert_int_equal(rig_hear(&rig), 0);
    }
    assert_int_equal(rig.latched_count, 0);
    assert_int_equal(stats().strange, 1500);
    assert_int_equal(stats().packets_in, 0);
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
        TEST(what_comes_back_is_not_heard),
        TEST(a_report_of_a_source_like_ours_is_seen_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
