/* stream_relay.c: two streams that hear each other, by turns through the play-out, as a mixer
 * would have it, and straight across. What each says is numbered sample by sample, so a listener
 * knows whether one is missing, doubled or changed. */
#include "stream_rig.h"

#include "stream/private.h"

#include <stdlib.h>

enum { FRAME = STREAM_FRAME, CODES = 1 << 20 };

static struct rig a, b;
static unsigned a_frame, b_frame; /* the next frame each peer says */

/* Sample n of what is said in this test: never silence, and no frame is like another. */
static uint8_t said(unsigned n)
{
    uint32_t x = n * 2654435761u;

    x ^= x >> 15;
    x *= 2246822519u;
    x ^= x >> 13;
    return (uint8_t)(0x90 + x % 0x40); /* small enough that two of them do not clip */
}

static void speak_at(struct rig *rig, unsigned frame, uint16_t sequence, uint32_t timestamp,
                     uint32_t ssrc)
{
    uint8_t bytes[12 + FRAME], payload[FRAME];

    for (unsigned i = 0; i < FRAME; i++)
        payload[i] = said(frame * FRAME + i);
    rig_send_raw(rig, rig->peer, bytes,
                 rig_build(bytes, 0, sequence, timestamp, ssrc, payload, FRAME));
    assert_true(rig_readable(rig->rtp, 5000));
}

static void speak(struct rig *rig, unsigned *frame)
{
    unsigned n = (*frame)++;

    speak_at(rig, n, (uint16_t)n, n * FRAME, RIG_SSRC);
}

static void hear_into(struct rig *from, struct rig *to)
{
    int16_t frame[FRAME];
    bool sound = stream_get(from->stream, 8000, frame);

    assert_true(stream_put(to->stream, 8000, sound ? frame : NULL, 1));
}

static void read_both(void)
{
    stream_read(a.stream, rig_now());
    stream_read(b.stream, rig_now());
}

/* A frame as a room of two has it. */
static void mix(void)
{
    speak(&a, &a_frame);
    speak(&b, &b_frame);
    read_both();
    hear_into(&a, &b);
    hear_into(&b, &a);
}

static unsigned relay(struct rig *from, struct rig *to)
{
    unsigned sent;

    assert_int_equal(stream_relay(from->stream, to->stream, rig_now(), &sent), 1);
    return sent;
}

static void cross(void)
{
    speak(&a, &a_frame);
    assert_int_equal(relay(&a, &b), 1);
    speak(&b, &b_frame);
    assert_int_equal(relay(&b, &a), 1);
    stream_relay_tick(a.stream, b.stream, rig_now());
    stream_relay_tick(b.stream, a.stream, rig_now());
}

static void begin(void)
{
    assert_true(stream_can_relay(a.stream, b.stream));
    assert_true(stream_relay_begin(a.stream, b.stream, rig_now()));
}

/* `before`: as of a moment before the last packets came, so that a slow machine is not taken
 * for a peer that pauses. */
static void end(int64_t before)
{
    unsigned frames = stream_relay_end(a.stream, b.stream, before);

    assert_in_range(frames, 1, 3);
    while (--frames) {
        speak(&a, &a_frame);
        speak(&b, &b_frame);
        read_both();
    }
}

static int start(void **state)
{
    (void)state;
    rig_open(&a);
    rig_open(&b);
    rig_connect(&a, &a.peer_at);
    rig_connect(&b, &b.peer_at);
    a_frame = 1000;
    b_frame = 70000; /* another number, another time */
    mix();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    rig_close(&a);
    rig_close(&b);
    assert_int_equal(mem_alive(), 0);
    return 0;
}

/* What a peer has heard. */
struct heard {
    unsigned packets, lost, silent; /* silent: packets */
    uint16_t sequence;
    uint32_t timestamp, ssrc; /* of what is due */
    unsigned place;           /* in what was said, of what is due */
    unsigned jumps;           /* in timestamps, forward */
};

static bool is_silence(const struct rig_packet *packet)
{
    for (size_t i = 0; i < packet->payload_size; i++)
        if ((packet->payload[i] | 0x80) != 0xff)
            return false;
    return true;
}

static bool is_said(const struct rig_packet *packet, unsigned place)
{
    for (size_t i = 0; i < packet->payload_size; i++)
        if (packet->payload[i] != said(place + (unsigned)i))
            return false;
    return true;
}

static unsigned find(const struct rig_packet *packet)
{
    for (unsigned place = 0; place < CODES * 16; place++)
        if (is_said(packet, place))
            return place;
    fail_msg("this was never said");
    return 0;
}

static void check_line(struct heard *heard, const struct rig_packet *packet)
{
    if (!heard->packets) {
        heard->ssrc = packet->ssrc;
    } else {
        assert_int_equal(packet->ssrc, heard->ssrc);
        heard->lost += (uint16_t)(packet->sequence - heard->sequence);
        assert_true((int32_t)(packet->timestamp - heard->timestamp) >= 0);
        heard->jumps += packet->timestamp != heard->timestamp;
    }
    heard->sequence = (uint16_t)(packet->sequence + 1);
    heard->timestamp = packet->timestamp + (uint32_t)packet->payload_size;
    heard->packets++;
}

/* All that has come to a peer so far; each sample once, in order and unchanged. */
static void check_heard(const struct rig *rig, struct heard *heard)
{
    struct rig_packet packet;

    while ((packet = rig_receive(rig->peer, 0)).size) {
        packet.payload = packet.bytes + 12;
        check_line(heard, &packet);
        if (is_silence(&packet)) {
            heard->silent++;
            continue;
        }
        if (!heard->place)
            heard->place = find(&packet);
        assert_true(is_said(&packet, heard->place));
        heard->place += (unsigned)packet.payload_size;
    }
}

static void nothing_is_lost_over_many_changes(void **state)
{
    struct heard by_a = {0}, by_b = {0};
    int64_t before;

    (void)state;
    for (int round = 0; round < 40; round++) {
        for (int i = 0; i < 1 + round % 4; i++)
            mix();
        begin();
        before = rig_now();
        for (int i = 0; i < 2 + round % 5; i++)
            cross();
        end(before);
        check_heard(&a, &by_a);
        check_heard(&b, &by_b);
    }
    assert_int_equal(by_a.lost + by_b.lost, 0);
    assert_int_equal(by_a.silent + by_b.silent, 0);
    assert_int_equal(by_a.jumps + by_b.jumps, 0);
    assert_true(by_a.packets > 200 && by_b.packets > 200);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(nothing_is_lost_over_many_changes, start, stop),
};

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
