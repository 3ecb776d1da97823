/* stream_keys.c: telephone-events, in and out (RFC 4733). */
#include "stream_rig.h"

static struct rig rig;
static unsigned sequence;

static int open_rig(void **state)
{
    (void)state;
    rig_open(&rig);
    rig_connect(&rig, &rig.peer_at);
    sequence = 100;
    rig_send_sound(&rig, rig.peer, sequence++, RIG_SSRC, 0);
    return 0;
}

static int close_rig(void **state)
{
    (void)state;
    rig_close(&rig);
    return 0;
}

static void event(uint8_t code, uint32_t timestamp, unsigned duration, bool end)
{
    uint8_t payload[4] = {code, end ? 0x8a : 0x0a, (uint8_t)(duration >> 8), (uint8_t)duration};

    rig_send(&rig, rig.peer, RIG_EVENTS, (uint16_t)sequence++, timestamp, RIG_SSRC, payload, 4);
}

/* A key of 100 ms in eight packets, of which those set in `lost` do not arrive. */
static void key(uint8_t code, uint32_t timestamp, unsigned lost)
{
    for (unsigned i = 0; i < 8; i++) {
        if (lost >> i & 1)
            sequence++;
        else
            event(code, timestamp, i < 5 ? (i + 1) * 160 : 800, i >= 5);
    }
}

static void wait_quiet(void)
{
    for (int i = 0; i < 20; i++)
        rig_swallow(&rig);
}

static void every_pattern_of_loss_gives_one_digit(void **state)
{
    uint32_t timestamp = 100000;

    (void)state;
    for (unsigned lost = 0; lost < 255; lost++) {
        rig.digit_count = 0;
        key((uint8_t)(lost % 16), timestamp, lost);
        wait_quiet();
        assert_int_equal(rig.digit_count, 1);
        assert_int_equal(rig.digits[0], "0123456789*#ABCD"[lost % 16]);
        if ((lost & 0xe0) != 0xe0) /* an end came, so the duration is known */
            assert_int_equal(rig.durations[0], 100);
        timestamp += 1600;
    }
}

static void copies_and_stragglers_are_not_heard_twice(void **state)
{
    (void)state;
    key(5, 8000, 0);
    key(5, 8000, 0);
    assert_int_equal(rig.digit_count, 1);
    key(6, 16000, 0);
    event(5, 8000, 800, true);
    wait_quiet();
    assert_int_equal(rig.digit_count, 2);
    assert_memory_equal(rig.digits, "56", 2);
}

static void the_next_key_ends_one_whose_end_was_lost(void **state)
{
    (void)state;
    key(1, 8000, 0xe0);
    assert_int_equal(rig.digit_count, 0);
    key(1, 16000, 0);
    assert_int_equal(rig.digit_count, 2);
    assert_memory_equal(rig.digits, "11", 2);
}

static void a_key_held_long_is_one_key(void **state)
{
    (void)state;
    event(9, 8000, 0xffff, false);
    event(9, 8000 + 0xffff, 160, false);
    event(9, 8000 + 0xffff, 320, true);
    assert_int_equal(rig.digit_count, 1);
    assert_int_equal(rig.durations[0], (0xffff + 320) / 8);
}

static void a_segment_whose_seam_is_lost_is_the_same_key(void **state)
{
    (void)state;
    event(9, 8000, 0xffff - 800, false);
    event(9, 8000 + 0xffff, 480, true);
    assert_int_equal(rig.digit_count, 1);
    assert_int_equal(rig.durations[0], (0xffff + 480) / 8);
    event(9, 200000, 0xffff, true); /* it ended: what follows is another one */
    event(9, 200000 + 0xffff, 160, true);
    assert_int_equal(rig.digit_count, 3);
}

static void another_source_may_be_behind_in_time(void **state)
{
    uint8_t payload[4] = {1, 0x8a, 3, 0x20};

    (void)state;
    key(4, 0x60000000, 0);
    for (unsigned i = 0; i < 3; i++)
        rig_send(&rig, rig.peer, RIG_EVENTS, (uint16_t)(7 + i), 5000, 77, payload, 4);
    assert_int_equal(rig.digit_count, 2);
    assert_memory_equal(rig.digits, "41", 2);
}

static void a_key_held_while_the_source_changes_is_told(void **state)
{
    uint8_t payload[4] = {1, 0x0a, 3, 0x20};

    (void)state;
    event(4, 0x60000000, 160, false);
    for (unsigned i = 0; i < 3; i++)
        rig_send(&rig, rig.peer, RIG_EVENTS, (uint16_t)(7 + i), 5000, 77, payload, 4);
    wait_quiet();
    assert_int_equal(rig.digit_count, 2);
    assert_memory_equal(rig.digits, "41", 2);
}

static void a_source_whose_time_jumps_back_is_heard_later(void **state)
{
    (void)state;
    key(4, 0x60000000, 0);
    key(5, 8000, 0); /* may be a straggler of long ago */
    assert_int_equal(rig.digit_count, 1);
    for (int i = 0; i < 100; i++)
        stream_read(rig.stream, rig_now());
    key(5, 8000, 0);
    sequence += 5000; /* it began anew */
    key(6, 4000, 0);
    key(6, 4000, 0);
    assert_int_equal(rig.digit_count, 3);
    assert_memory_equal(rig.digits, "456", 3);
}

static void what_is_no_key_is_ignored(void **state)
{
    struct stream_stats stats;
    uint8_t stub[3] = {1, 0, 0};

    (void)state;
    event(16, 8000, 800, true); /* flash */
    event(200, 9000, 800, true);
    rig_send(&rig, rig.peer, RIG_EVENTS, (uint16_t)sequence++, 10000, RIG_SSRC, stub, sizeof stub);
    wait_quiet();
    assert_int_equal(rig.digit_count, 0);
    stream_stats(rig.stream, &stats);
    assert_int_equal(stats.invalid, 1);
}

static void a_digit_goes_out_as_it_should(void **state)
{
    struct rig_packet packet;
    uint32_t timestamp = 0;
    uint16_t last;

    (void)state;
    stream_put(rig.stream, 8000, NULL, 1);
    packet = rig_receive(rig.peer, 5000);
    assert_int_equal(packet.type, 0);
    last = packet.sequence;
    stream_dial(rig.stream, "7");
    for (unsigned i = 0; i < 8; i++) {
        unsigned duration;

        assert_true(stream_put(rig.stream, 8000, NULL, 1));
        packet = rig_receive(rig.peer, 5000);
        assert_int_equal(packet.type, RIG_EVENTS);
        assert_int_equal(packet.marker, i == 0);
        assert_int_equal(packet.sequence, (uint16_t)(last + 1));
        last = packet.sequence;
        if (!i)
            timestamp = packet.timestamp;
        assert_int_equal(packet.timestamp, timestamp);
        assert_int_equal(packet.payload_size, 4);
        assert_int_equal(packet.bytes[12], 7);
        assert_int_equal(packet.bytes[13] >> 7, i >= 5);
        duration = (unsigned)(packet.bytes[14] << 8 | packet.bytes[15]);
        assert_int_equal(duration, i < 5 ? (i + 1) * 160 : 800);
    }
    stream_put(rig.stream, 8000, NULL, 1);
    packet = rig_receive(rig.peer, 5000);
    assert_int_equal(packet.type, 0);
    assert_int_equal(packet.sequence, (uint16_t)(last + 1));
    assert_int_equal(packet.timestamp, timestamp + 8 * 160); /* time went on */
}

static void what_one_stream_dials_another_hears(void **state)
{
    struct rig other;
    unsigned ticks = 0;

    (void)state;
    rig_open(&other);
    rig_connect(&other, &rig.at);
    rig_connect(&rig, &other.at);
    stream_dial(rig.stream, "159D*0#pA");
    while (!rig.dialled_count && ticks++ < 1000) {
        assert_true(stream_put(rig.stream, 8000, NULL, 1));
        assert_true(rig_readable(other.rtp, 5000));
        rig_swallow(&other);
    }
    assert_int_equal(rig.dialled_count, 1);
    assert_int_equal(other.digit_count, 8);
    assert_memory_equal(other.digits, "159D*0#A", 8);
    for (int i = 0; i < 8; i++)
        assert_int_equal(other.durations[i], 100);
    assert_in_range(ticks, 8 * 12 + 25, 8 * 12 + 25 + 10); /* the pause is 500 ms */
    rig_close(&other);
}

static void digits_wait_on_hold_and_end_with_the_events(void **state)
{
    struct stream_params params = {.remote = rig.peer_at, .send = false, .receive = true};

    (void)state;
    params.event_payload_type = RIG_EVENTS;
    stream_dial(rig.stream, "12");
    mem_unref(stream_connect(rig.stream, &params, NULL));
    for (int i = 0; i < 50; i++)
        assert_false(stream_put(rig.stream, 8000, NULL, 1));
    params.send = true;
    mem_unref(stream_connect(rig.stream, &params, NULL));
    assert_true(stream_put(rig.stream, 8000, NULL, 1));
    assert_int_equal(rig_receive(rig.peer, 5000).type, RIG_EVENTS);
    params.event_payload_type = 0; /* a new answer takes none */
    mem_unref(stream_connect(rig.stream, &params, NULL));
    assert_true(stream_put(rig.stream, 8000, NULL, 1));
    assert_int_equal(rig_receive(rig.peer, 5000).type, 0);
    assert_int_equal(rig.dialled_count, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_rig, close_rig)
    const struct CMUnitTest tests[] = {
        TEST(every_pattern_of_loss_gives_one_digit),
        TEST(copies_and_stragglers_are_not_heard_twice),
        TEST(the_next_key_ends_one_whose_end_was_lost),
        TEST(a_key_held_long_is_one_key),
        TEST(a_segment_whose_seam_is_lost_is_the_same_key),
        TEST(another_source_may_be_behind_in_time),
        TEST(a_key_held_while_the_source_changes_is_told),
        TEST(a_source_whose_time_jumps_back_is_heard_later),
        TEST(what_is_no_key_is_ignored),
        TEST(a_digit_goes_out_as_it_should),
        TEST(what_one_stream_dials_another_hears),
        TEST(digits_wait_on_hold_and_end_with_the_events),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
