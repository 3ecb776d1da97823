/* stream_reports.c: RTCP out and in, and the round trip it tells. */
#include "stream_rtcp.h"

#include <stdlib.h>

/* Lets sound flow both ways, in real time, until a report comes. */
static struct rig_packet wait_report(unsigned *number)
{
    struct rig_packet report = {.size = 0};

    for (int i = 0; i < 1000 && !report.size; i++) {
        rig_send_sound(&rig, rig.peer, (*number)++, RIG_SSRC, 100);
        rig_hear(&rig);
        stream_put(rig.stream, 8000, NULL, 1);
        report = rig_receive(rig.peer_rtcp, 20);
    }
    return report;
}

static void reports_go_out_and_tell_the_round_trip(void **state)
{
    struct stream_stats stats;
    struct rig_packet report;
    uint8_t bytes[32];
    unsigned number = 1;
    size_t size;

    (void)state;
    report = wait_report(&number);
    assert_true(report.size >= 28 + 24);
    assert_int_equal(report.bytes[0] >> 6, 2);
    assert_int_equal(report.bytes[0] & 31, 1); /* one block, about us */
    assert_int_equal(report.bytes[1], 200);
    assert_int_equal(get32(report.bytes + 28), RIG_SSRC);
    assert_int_equal(report.bytes[32], 0);                         /* nothing was lost */
    assert_in_range(get32(report.bytes + 36) & 0xffff, 1, number); /* highest number */
    assert_int_equal(report.bytes[52 + 1], 202);                   /* and who we are */
    stream_stats(rig.stream, &stats);
    assert_true(stats.round_trip == 0);
    usleep(30000);
    /* the peer says it kept the report for 10 ms: the rest was spent on the way */
    size = build_report(bytes, get32(report.bytes + 4), get32(report.bytes + 10), 655);
    assert_int_equal(
        sendto(rig.peer_rtcp, bytes, size, 0, (struct sockaddr *)&rig.rtcp_at, sizeof rig.rtcp_at),
        size);
    assert_true(rig_readable(rig.rtcp, 5000));
    stream_read_reports(rig.stream);
    stream_stats(rig.stream, &stats);
    assert_true(stats.round_trip >= 19);
    assert_true(stats.round_trip < 5000);
}

static void reports_of_strangers_and_noise_are_dropped(void **state)
{
    struct stream_stats stats;
    struct sockaddr_storage at;
    int stranger = socket(AF_INET, SOCK_DGRAM, 0);
    uint8_t bytes[1400];

    (void)state;
    assert_int_equal(addr_parse(&at, "127.0.0.2", 0), 0);
    assert_int_equal(bind(stranger, (struct sockaddr *)&at, addr_size(&at)), 0);
    build_report(bytes, 1, 2, 3);
    sendto(stranger, bytes, 32, 0, (struct sockaddr *)&rig.rtcp_at, addr_size(&rig.rtcp_at));
    assert_true(rig_readable(rig.rtcp, 5000));
    stream_read_reports(rig.stream);
    stream_stats(rig.stream, &stats);
    assert_int_equal(stats.strange, 1);
    srand(5);
    for (int i = 0; i < 20000; i++) {
        size_t size = (size_t)(rand() % (i % 10 ? 120 : 1400));

        for (size_t k = 0; k < size; k++)
            bytes[k] = (uint8_t)rand();
        bytes[0] = (uint8_t)(0x80 | (rand() & 0x3f));
        bytes[1] = (uint8_t)(200 + rand() % 8);
        bytes[2] = 0;
        bytes[3] = (uint8_t)(rand() % 3 ? size / 4 - 1 : (size_t)rand());
        sendto(rig.peer_rtcp, bytes, size, 0, (struct sockaddr *)&rig.rtcp_at,
               addr_size(&rig.rtcp_at));
        stream_read_reports(rig.stream);
    }
    close(stranger);
}

static void reports_come_every_five_seconds_and_not_in_step(void **state)
{
    unsigned ticks, early = 0, late = 0, sum = 0;
    enum { COUNT = 300 };

    (void)state;
    next_report(&ticks, NULL);
    assert_in_range(ticks, 62, 188); /* the first after half the time */
    for (int i = 0; i < COUNT; i++) {
        next_report(&ticks, NULL);
        assert_in_range(ticks, 125, 375);
        early += ticks < 187;
        late += ticks > 313;
        sum += ticks;
    }
    assert_in_range(sum / COUNT, 225, 275);
    assert_in_range(early, COUNT / 8, COUNT / 2);
    assert_in_range(late, COUNT / 8, COUNT / 2);
}

static void a_report_counts_what_was_sent_and_when(void **state)
{
    struct rig_packet report, packet;
    unsigned ticks, all = 0;
    time_t now;

    (void)state;
    for (int i = 0; i < 3; i++) {
        report = next_report(&ticks, NULL);
        packet = rig_receive(rig.peer, 0);
        all += ticks;
        now = time(NULL);
        assert_int_equal(report.bytes[0], 0x80); /* nobody is heard */
        assert_int_equal(report.bytes[1], 200);
        assert_int_equal(get32(report.bytes + 4), packet.ssrc);
        assert_in_range(get32(report.bytes + 8), now + 2208988800 - 2, now + 2208988800);
        assert_int_equal(get32(report.bytes + 16), packet.timestamp);
        assert_int_equal(get32(report.bytes + 20), all - 1); /* this tick's goes behind it */
        assert_int_equal(get32(report.bytes + 24), (all - 1) * 160);
        assert_non_null(part_of(&report, 202));
    }
}

static void who_sends_nothing_for_long_only_receives(void **state)
{
    struct stream_params hold = {.remote = rig.peer_at, .remote_rtcp = rig.peer_rtcp_at};
    unsigned ticks;

    (void)state;
    assert_int_equal(next_report(&ticks, NULL).bytes[1], 200);
    mem_unref(stream_connect(rig.stream, &hold, NULL));
    assert_int_equal(next_report(&ticks, NULL).bytes[1], 200);
    assert_int_equal(next_report(&ticks, NULL).bytes[1], 200);
    assert_int_equal(next_report(&ticks, NULL).bytes[1], 201);
    hold.send = true;
    mem_unref(stream_connect(rig.stream, &hold, NULL));
    assert_int_equal(next_report(&ticks, NULL).bytes[1], 200);
}

static void the_peers_report_is_told_back(void **state)
{
    struct rig_packet report;
    unsigned ticks, number = 1;
    uint8_t bytes[28];

    (void)state;
    report = next_report(&ticks, &number);
    assert_int_equal(get32(report.bytes + 44), 0); /* none came yet */
    assert_int_equal(get32(report.bytes + 48), 0);
    send_report(bytes, build_sender(bytes, RIG_SSRC));
    usleep(30000);
    report = next_report(&ticks, &number);
    assert_int_equal(get32(report.bytes + 44), 0xaaaabbbb);
    assert_in_range(get32(report.bytes + 48), 65536 * 30 / 1000, 65536 * 60);
    send_report(bytes, build_sender(bytes, RIG_SSRC + 1)); /* of another source */
    report = next_report(&ticks, &number);
    assert_int_equal(get32(report.bytes + 44), 0);
}

static void loss_of_the_peers_packets_is_told(void **state)
{
    unsigned ticks, number = 1, from;
    struct rig_packet report;

    (void)state;
    next_report(&ticks, &number);
    from = number;
    number += 50; /* these never come */
    report = next_report(&ticks, &number);
    assert_in_range(report.bytes[32], 256 * 50 / (50 + ticks) - 1, 256 * 50 / (50 + ticks) + 1);
    assert_int_equal(get32(report.bytes + 32) & 0xffffff, 50);
    assert_int_equal(get32(report.bytes + 36), from + 50 + ticks - 1);
    report = next_report(&ticks, &number);
    assert_int_equal(report.bytes[32], 0);
    assert_int_equal(get32(report.bytes + 32) & 0xffffff, 50);
}

static void who_is_not_heard_is_not_reported(void **state)
{
    static const uint8_t bye[8] = {0x81, 203, 0, 1, 0x01, 0x23, 0x45, 0x67}; /* RIG_SSRC */
    unsigned ticks, number = 1;

    (void)state;
    assert_int_equal(next_report(&ticks, &number).bytes[0], 0x81);
    assert_int_equal(next_report(&ticks, NULL).bytes[0], 0x80);
    rig_send_sound(&rig, rig.peer, number++, RIG_SSRC, 100);
    send_report(bye, sizeof bye);
    assert_int_equal(next_report(&ticks, NULL).bytes[0], 0x80);
    assert_int_equal(next_report(&ticks, &number).bytes[0], 0x81); /* it is back */
}

/* What the peer says about our packets. */
static void tell_quality(uint32_t about, unsigned fraction, uint32_t lost, uint32_t jitter)
{
    uint8_t bytes[32];
    size_t size = build_report(bytes, about, 0, 0);

    put32(bytes + 12, fraction << 24 | (lost & 0xffffff));
    put32(bytes + 20, jitter);
    send_report(bytes, size);
}

static void how_we_are_heard_is_known(void **state)
{
    uint32_t ssrc;

    (void)state;
    for (int i = 0; i < 200; i++)
        stream_put(rig.stream, 8000, NULL, 1);
    ssrc = rig_receive(rig.peer, 5000).ssrc;
    tell_quality(ssrc + 1, 128, 100, 800); /* of somebody else */
    assert_true(stats().peer_loss == 0 && stats().peer_jitter == 0);
    tell_quality(ssrc, 64, 10, 160);
    assert_true(stats().peer_loss == 5);
    assert_true(stats().peer_jitter == 20);
    assert_true(stats().round_trip == 0); /* it has seen no report of ours */
    tell_quality(ssrc, 0, 0xffffffff, 8); /* one more than we sent: a copy */
    assert_true(stats().peer_loss == 0);
    assert_true(stats().peer_jitter == 1);
    tell_quality(ssrc, 255, 0x7fffff, 8);
    assert_true(stats().peer_loss == 100);
}

static void nonsense_is_no_round_trip(void **state)
{
    static const struct {
        int32_t lsr, dlsr; /* [1/65536 s] after our report */
    } nonsense[] = {{655360, 0}, {-61 * 65536, 0}, {0, 30 * 65536}, {0, -1}};
    struct rig_packet report;
    unsigned ticks;
    uint8_t bytes[32];

    (void)state;
    report = next_report(&ticks, NULL);
    for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++) {
        uint32_t lsr = get32(report.bytes + 10) + (uint32_t)nonsense[i].lsr;

        send_report(bytes,
                    build_report(bytes, get32(report.bytes + 4), lsr, (uint32_t)nonsense[i].dlsr));
        assert_true(stats().round_trip == 0);
    }
    send_report(bytes, build_report(bytes, get32(report.bytes + 4), get32(report.bytes + 10), 0));
    assert_true(stats().round_trip > 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_rig, close_rig)
    const struct CMUnitTest tests[] = {
        TEST(reports_go_out_and_tell_the_round_trip),
        TEST(reports_of_strangers_and_noise_are_dropped),
        TEST(reports_come_every_five_seconds_and_not_in_step),
        TEST(a_report_counts_what_was_sent_and_when),
        TEST(who_sends_nothing_for_long_only_receives),
        TEST(the_peers_report_is_told_back),
        TEST(loss_of_the_peers_packets_is_told),
        TEST(who_is_not_heard_is_not_reported),
        TEST(how_we_are_heard_is_known),
        TEST(nonsense_is_no_round_trip),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
