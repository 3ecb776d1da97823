/* stream_types.c: payload types when both sides have numbers of their own, and telephone-events
 * that count by another clock than 8000 Hz. */
#include "stream_rig.h"
#include "stream/private.h"

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

static void connect_as(struct stream_params params)
{
    struct stream_coding *coding;

    params.remote = rig.peer_at;
    params.remote_rtcp = rig.peer_rtcp_at;
    params.send = params.receive = true;
    assert_int_equal(stream_coding_alloc(&coding, &params), 0);
    mem_unref(stream_connect(rig.stream, &params, coding));
}

static void our_numbers_go_before_theirs(void **state)
{
    static const struct {
        struct stream_params params;
        uint8_t type;
        enum packet_kind kind;
    } rows[] = {
        {{.payload_type = 111, .event_payload_type = 101}, 111, PACKET_SOUND},
        {{.payload_type = 111, .event_payload_type = 101}, 101, PACKET_EVENT},
        {{.payload_type = 111, .event_payload_type = 101}, 0, PACKET_PCMU},
        {{.payload_type = 111, .event_payload_type = 101}, 8, PACKET_PCMA},
        {{.payload_type = 111, .event_payload_type = 101}, 13, PACKET_NOISE},
        {{.payload_type = 111, .event_payload_type = 101}, 96, PACKET_FOREIGN},
        {{.payload_type = 111}, 101, PACKET_FOREIGN},
        {{.payload_type = 111, .receive_payload_type = 96}, 96, PACKET_SOUND},
        {{.payload_type = 111, .receive_payload_type = 96}, 111, PACKET_SOUND},
        /* they call events as we call the sound, and the other way round */
        {{.payload_type = 101,
          .event_payload_type = 96,
          .receive_payload_type = 96,
          .receive_event_type = 101},
         96,
         PACKET_SOUND},
        {{.payload_type = 101,
          .event_payload_type = 96,
          .receive_payload_type = 96,
          .receive_event_type = 101},
         101,
         PACKET_EVENT},
        {{.payload_type = 0, .event_payload_type = 100, .receive_event_type = 101},
         100,
         PACKET_EVENT},
        {{.payload_type = 110}, 0, PACKET_PCMU},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(stream_kind(&rows[i].params, rows[i].type), rows[i].kind);
}

static void hears_one_number_and_sends_another(void **state)
{
    uint8_t payload[STREAM_FRAME];
    struct rig_packet packet;
    struct stream_stats stats;

    (void)state;
    memset(payload, 0x10, sizeof payload);
    connect_as((struct stream_params){
        .format = {CODEC_PCMA}, .payload_type = 110, .receive_payload_type = 97});
    rig_send(&rig, rig.peer, 97, 1, 0, RIG_SSRC, payload, sizeof payload);
    rig_send(&rig, rig.peer, 110, 2, 160, RIG_SSRC, payload, sizeof payload);
    rig_send(&rig, rig.peer, 98, 3, 320, RIG_SSRC, payload, sizeof payload);
    stream_stats(rig.stream, &stats);
    assert_int_equal(stats.invalid, 1);
    assert_int_equal(stats.bytes_in, 320);
    assert_int_not_equal(rig_hear(&rig), 0);
    assert_true(stream_put(rig.stream, 8000, NULL, 1));
    packet = rig_receive(rig.peer, 5000);
    assert_int_equal(packet.type, 110);
}

/* Durations of 48000 Hz, in and out. */
static void events_count_by_their_clock(void **state)
{
    uint8_t payload[STREAM_FRAME] = {0};
    struct rig_packet packet;
    unsigned longest = 0;

    (void)state;
    connect_as((struct stream_params){
        .format = {CODEC_PCMU}, .event_payload_type = 110, .event_clock = 48000});
    rig_send(&rig, rig.peer, 0, 1, 0, RIG_SSRC, payload, sizeof payload);
    rig_send(&rig, rig.peer, 110, 2, 160, RIG_SSRC, (uint8_t[]){5, 0x8a, 0x12, 0xc0}, 4); /* 4800 */
    assert_int_equal(rig.digit_count, 1);
    assert_int_equal(rig.digits[0], '5');
    assert_int_equal(rig.durations[0], 100);

    stream_dial(rig.stream, "7");
    for (int i = 0; i < 9; i++) {
        assert_true(stream_put(rig.stream, 8000, NULL, 1));
        packet = rig_receive(rig.peer, 5000);
        if (packet.type == 110)
            longest = (unsigned)(packet.bytes[14] << 8 | packet.bytes[15]);
    }
    assert_int_equal(longest, 4800);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(our_numbers_go_before_theirs),
        cmocka_unit_test_setup_teardown(hears_one_number_and_sends_another, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(events_count_by_their_clock, open_rig, close_rig),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
