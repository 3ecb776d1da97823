/* stream_reports.c: RTCP out and in, and the round trip it tells. */
#include "stream_rig.h"

#include <stdlib.h>

static struct rig rig;

static int open_rig(void **state)
{
    (void)state;
    rig_open(&rig);
    rig_connect(&rig, &rig.peer_at);
    return 0;
}

static int close_rig(void **state)
{
    (void)state;
    rig_close(&rig);
    return 0;
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void put32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

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

/* A receiver report of ours about the stream: `lsr` and a delay of `dlsr`. */
static size_t build_report(uint8_t bytes[32], uint32_t about, uint32_t lsr, uint32_t dlsr)
{
    memset(bytes, 0, 32);
    bytes[0] = 0x81;
    bytes[1] = 201;
    bytes[3] = 7;
    put32(bytes + 4, RIG_SSRC);
    put32(bytes + 8, about);
    put32(bytes + 24, lsr);
    put32(bytes + 28, dlsr);
    return 32;
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

static void the_end_is_told(void **state)
{
    struct rig_packet report;
    bool bye = false;

    (void)state;
    rig_send_sound(&rig, rig.peer, 1, RIG_SSRC, 100);
    stream_put(rig.stream, 8000, NULL, 1);
    stream_bye(rig.stream);
    report = rig_receive(rig.peer_rtcp, 5000);
    for (size_t at = 0; at + 4 <= report.size;
         at += 4 + 4 * (size_t)(report.bytes[at + 2] << 8 | report.bytes[at + 3]))
        bye = bye || report.bytes[at + 1] == 203;
    assert_true(bye);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_rig, close_rig)
    const struct CMUnitTest tests[] = {
        TEST(reports_go_out_and_tell_the_round_trip),
        TEST(reports_of_strangers_and_noise_are_dropped),
        TEST(the_end_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
