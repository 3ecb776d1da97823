/* stream_packets.c: what is RTP, what is counted, what is heard. */
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

static struct stream_stats stats(void)
{
    struct stream_stats now;

    stream_stats(rig.stream, &now);
    return now;
}

static void send_bytes(const void *bytes, size_t size)
{
    rig_send_raw(&rig, rig.peer, bytes, size);
    assert_true(rig_readable(rig.rtp, 5000));
    rig_swallow(&rig);
}

static void what_is_no_rtp_is_counted_and_dropped(void **state)
{
    uint8_t good[172], bytes[172];
    uint8_t payload[160] = {0};

    (void)state;
    rig_build(good, 0, 1, 160, RIG_SSRC, payload, sizeof payload);
    send_bytes(good, 11); /* too short */
    send_bytes(good, 12); /* no payload */
    memcpy(bytes, good, sizeof bytes);
    bytes[0] = 0x40; /* version 1 */
    send_bytes(bytes, sizeof bytes);
    bytes[0] = 0x8f; /* 15 sources in 16 bytes */
    send_bytes(bytes, 28);
    bytes[0] = 0x90; /* an extension longer than the packet */
    bytes[14] = 0xff;
    send_bytes(bytes, sizeof bytes);
    bytes[0] = 0xa0; /* more padding than packet */
    bytes[171] = 161;
    send_bytes(bytes, sizeof bytes);
    bytes[171] = 0;
    send_bytes(bytes, sizeof bytes);
    bytes[0] = 0x80; /* a payload type nobody agreed on */
    bytes[1] = 97;
    send_bytes(bytes, sizeof bytes);
    send_bytes(bytes, 0);
    assert_int_equal(stats().invalid, 9);
    assert_int_equal(stats().packets_in, 0);
    assert_int_equal(rig.latched_count, 0);
    send_bytes(good, sizeof good);
    assert_int_equal(stats().packets_in, 1);
}

static void sources_extension_and_padding_are_stepped_over(void **state)
{
    uint8_t bytes[12 + 8 + 8 + 160 + 4] = {0xb2, 0, 0, 1, 0, 0, 0, 160, 1, 2, 3, 4};
    int16_t samples[160], frame[STREAM_FRAME];

    (void)state;
    bytes[23] = 1; /* one word of extension */
    for (int i = 0; i < 160; i++)
        samples[i] = 4000;
    g711_ulaw_encode(bytes + 28, samples, 160);
    bytes[sizeof bytes - 1] = 4;
    send_bytes(bytes, sizeof bytes);
    assert_int_equal(stats().invalid, 0);
    assert_int_equal(stats().bytes_in, 160);
    assert_true(stream_get(rig.stream, 8000, frame));
    for (int i = 0; i < STREAM_FRAME; i++)
        assert_in_range(frame[i], 3800, 4200);
}

static void both_laws_are_heard(void **state)
{
    int16_t samples[STREAM_FRAME];
    uint8_t payload[STREAM_FRAME];

    (void)state;
    for (int i = 0; i < STREAM_FRAME; i++)
        samples[i] = -3000;
    rig_send_sound(&rig, rig.peer, 1, RIG_SSRC, -3000);
    assert_in_range(-rig_hear(&rig), 2850, 3150);
    g711_alaw_encode(payload, samples, STREAM_FRAME);
    rig_send(&rig, rig.peer, 8, 2, 2 * STREAM_FRAME, RIG_SSRC, payload, sizeof payload);
    assert_in_range(-rig_hear(&rig), 2850, 3150);
}

static void loss_order_and_copies_are_counted(void **state)
{
    static const unsigned order[] = {1, 2, 4, 3, 5, 5, 6, 9, 10};

    (void)state;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        rig_send_sound(&rig, rig.peer, order[i], RIG_SSRC, 100);
    assert_int_equal(stats().packets_in, 8);
    assert_int_equal(stats().lost, 2);
    assert_int_equal(stats().reordered, 1);
    assert_int_equal(stats().duplicate, 1);
    assert_int_equal(stats().bytes_in, 8 * 160);
}

static void a_lost_frame_is_concealed(void **state)
{
    int16_t samples[STREAM_FRAME], frame[STREAM_FRAME];
    uint8_t payload[STREAM_FRAME];
    int peak = 0;

    (void)state;
    for (int i = 0; i < STREAM_FRAME; i++)
        samples[i] = i % 40 < 20 ? 8000 : -8000; /* 200 Hz */
    g711_ulaw_encode(payload, samples, STREAM_FRAME);
    for (unsigned n = 1; n < 6; n++) {
        rig_send(&rig, rig.peer, 0, (uint16_t)n, n * STREAM_FRAME, RIG_SSRC, payload, 160);
        assert_true(stream_get(rig.stream, 8000, frame));
    }
    assert_true(stream_get(rig.stream, 8000, frame));
    for (int i = 0; i < STREAM_FRAME; i++)
        peak = frame[i] > peak ? frame[i] : peak;
    assert_true(peak > 4000);
    assert_int_equal(stats().frames_in, 5);
    assert_int_equal(stats().frames_concealed, 1);
}

static void numbers_that_start_anew_are_followed(void **state)
{
    (void)state;
    rig_send_sound(&rig, rig.peer, 100, RIG_SSRC, 5000);
    assert_in_range(rig_hear(&rig), 4800, 5200);
    rig_send_sound(&rig, rig.peer, 30000, RIG_SSRC, 6000); /* number and time jump */
    assert_in_range(rig_hear(&rig), 5700, 6300);
    rig_send_sound(&rig, rig.peer, 7, RIG_SSRC, 7000); /* back */
    assert_in_range(rig_hear(&rig), 6700, 7300);
    assert_int_equal(stats().lost, 0);
    rig_send_sound(&rig, rig.peer, 40, 99, 3000); /* another SSRC: once is no proof */
    rig_send_sound(&rig, rig.peer, 41, 99, 3000);
    assert_in_range(rig_hear(&rig), 2800, 3200);
    rig_send_sound(&rig, rig.peer, 42, 99, 3000);
    assert_in_range(rig_hear(&rig), 2800, 3200);
    assert_int_equal(rig.latched_count, 1);
}

static void hold_sends_nothing_and_hears_nothing(void **state)
{
    struct stream_params params = {.remote = rig.peer_at,
                                   .remote_rtcp = rig.peer_rtcp_at,
                                   .event_payload_type = RIG_EVENTS,
                                   .send = true,
                                   .receive = true};

    (void)state;
    rig_send_sound(&rig, rig.peer, 1, RIG_SSRC, 5000);
    assert_in_range(rig_hear(&rig), 4800, 5200);
    params.send = params.receive = false;
    mem_unref(stream_connect(rig.stream, &params, NULL));
    rig_send_sound(&rig, rig.peer, 2, RIG_SSRC, 5000);
    assert_int_equal(rig_hear(&rig), 0);
    rig_send_sound(&rig, rig.peer, 3, RIG_SSRC, 5000);
    assert_int_equal(rig_hear(&rig), 0);
    assert_false(stream_put(rig.stream, 8000, NULL, 1));
    assert_false(rig_readable(rig.peer, 0));
    params.send = params.receive = true;
    mem_unref(stream_connect(rig.stream, &params, NULL));
    rig_send_sound(&rig, rig.peer, 4, RIG_SSRC, 5000);
    assert_in_range(rig_hear(&rig), 4500, 5200);
    assert_true(stream_put(rig.stream, 8000, NULL, 1));
    assert_true(rig_receive(rig.peer, 5000).size > 0);
    assert_int_equal(rig.latched_count, 1);
}

static void what_goes_out_is_numbered_and_timed(void **state)
{
    struct rig_packet first, packet;
    int16_t frame[STREAM_FRAME];

    (void)state;
    for (int i = 0; i < STREAM_FRAME; i++)
        frame[i] = 2000;
    stream_put(rig.stream, 8000, frame, 1);
    first = rig_receive(rig.peer, 5000);
    assert_true(first.marker);
    assert_int_equal(first.payload_size, STREAM_FRAME);
    for (unsigned n = 1; n < 10; n++) {
        int16_t heard[STREAM_FRAME];

        stream_put(rig.stream, 8000, frame, 1);
        packet = rig_receive(rig.peer, 5000);
        assert_false(packet.marker);
        assert_int_equal(packet.sequence, (uint16_t)(first.sequence + n));
        assert_int_equal(packet.timestamp, first.timestamp + n * STREAM_FRAME);
        assert_int_equal(packet.ssrc, first.ssrc);
        g711_ulaw_decode(heard, packet.bytes + 12, STREAM_FRAME);
        assert_in_range(heard[80], 1900, 2100);
    }
    stream_put(rig.stream, 8000, frame, 3); /* two ticks were skipped */
    packet = rig_receive(rig.peer, 5000);
    assert_int_equal(packet.sequence, (uint16_t)(first.sequence + 10));
    assert_int_equal(packet.timestamp, first.timestamp + 12 * STREAM_FRAME);
    assert_int_equal(stats().packets_out, 11);
    assert_int_equal(stats().bytes_out, 11 * 160);
}

static void noise_of_all_kinds_does_no_harm(void **state)
{
    uint8_t bytes[1400];

    (void)state;
    rig_send_sound(&rig, rig.peer, 1, RIG_SSRC, 0);
    srand(11);
    for (int i = 0; i < 20000; i++) {
        size_t size = (size_t)(rand() % (i % 10 ? 200 : 1400));

        for (size_t k = 0; k < size; k++)
            bytes[k] = (uint8_t)rand();
        if (i % 2) {
            bytes[0] = (uint8_t)(0x80 | (rand() & 0x3f));
            bytes[1] = (uint8_t)(i % 3 ? 0 : RIG_EVENTS);
            memset(bytes + 8, 1, 4);
        }
        rig_send_raw(&rig, rig.peer, bytes, size);
        rig_swallow(&rig);
        rig_hear(&rig);
    }
    assert_true(stats().invalid > 1000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_rig, close_rig)
    const struct CMUnitTest tests[] = {
        TEST(what_is_no_rtp_is_counted_and_dropped),
        TEST(sources_extension_and_padding_are_stepped_over),
        TEST(both_laws_are_heard),
        TEST(loss_order_and_copies_are_counted),
        TEST(a_lost_frame_is_concealed),
        TEST(numbers_that_start_anew_are_followed),
        TEST(hold_sends_nothing_and_hears_nothing),
        TEST(what_goes_out_is_numbered_and_timed),
        TEST(noise_of_all_kinds_does_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
