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

    assert_in_range(frames, 1, 6);
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
    int64_t before = 0;

    (void)state;
    for (int round = 0; round < 40; round++) {
        for (int i = 0; i < 1 + round % 4; i++)
            mix();
        begin();
        for (int i = 0; i < 2 + round % 5; i++) {
            before = rig_now();
            cross();
        }
        end(before);
        check_heard(&a, &by_a);
        check_heard(&b, &by_b);
    }
    assert_int_equal(by_a.lost + by_b.lost, 0);
    assert_int_equal(by_a.silent + by_b.silent, 0);
    assert_int_equal(by_a.jumps + by_b.jumps, 0);
    assert_true(by_a.packets > 200 && by_b.packets > 200);
}

/* Straight, `count` frames of a, without what `except` says of them (a bit a frame). */
static void cross_without(unsigned count, unsigned except)
{
    for (unsigned i = 0; i < count; i++) {
        if (except >> i & 1) {
            a_frame++;
        } else {
            speak(&a, &a_frame);
            assert_int_equal(relay(&a, &b), 1);
        }
        stream_relay_tick(a.stream, b.stream, rig_now());
    }
}

static struct rig_packet next_heard(const struct rig *rig)
{
    struct rig_packet packet = rig_receive(rig->peer, 5000);

    assert_true(packet.size > 12);
    packet.payload = packet.bytes + 12;
    return packet;
}

/* Begins with what b has heard so far. */
static struct heard begin_and_listen(void)
{
    struct heard heard = {0};

    mix();
    begin();
    check_heard(&b, &heard);
    return heard;
}

static void what_is_lost_is_a_hole_in_numbers_and_time(void **state)
{
    struct heard heard = begin_and_listen();
    struct rig_packet packet;
    struct stream_stats stats;

    (void)state;
    cross_without(4, 6);
    packet = next_heard(&b);
    assert_int_equal(packet.sequence, heard.sequence);
    packet = next_heard(&b);
    assert_int_equal(packet.sequence, (uint16_t)(heard.sequence + 3));
    assert_int_equal(packet.timestamp, heard.timestamp + 3 * FRAME);
    assert_true(is_said(&packet, heard.place + 3 * FRAME));
    assert_int_equal(rig_receive(b.peer, 0).size, 0);
    stream_stats(a.stream, &stats);
    assert_int_equal(stats.lost, 2);
    assert_int_equal(stats.frames_concealed, 2); /* by who hears it */
    assert_int_equal(stats.bursts, 1);
    assert_int_equal(stats.frames_in, 4);
}

static void order_is_passed_on_and_copies_are_not(void **state)
{
    static const unsigned order[] = {0, 2, 1, 2, 3};
    static const unsigned comes[] = {0, 2, 1, 3};
    struct heard heard = begin_and_listen();
    unsigned base = a_frame, sent;

    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        unsigned n = base + order[i];

        speak_at(&a, n, (uint16_t)n, n * FRAME, RIG_SSRC);
        assert_int_equal(stream_relay(a.stream, b.stream, rig_now(), &sent), 1);
        assert_int_equal(sent, i != 3);
    }
    for (unsigned i = 0; i < 4; i++) {
        struct rig_packet packet = next_heard(&b);

        assert_int_equal(packet.sequence, (uint16_t)(heard.sequence + comes[i]));
        assert_int_equal(packet.timestamp, heard.timestamp + comes[i] * FRAME);
        assert_true(is_said(&packet, heard.place + comes[i] * FRAME));
    }
}

/* The mixer had made something up for it already. */
static void what_comes_too_late_for_the_mixer_is_not_heard_after_it(void **state)
{
    struct heard heard = {0};
    unsigned missed, sent;

    (void)state;
    mix();
    missed = a_frame++;
    speak(&b, &b_frame);
    read_both();
    hear_into(&a, &b);
    hear_into(&b, &a);
    mix();
    begin();
    while (rig_receive(b.peer, 0).size)
        ;
    speak_at(&a, missed, (uint16_t)missed, missed * FRAME, RIG_SSRC);
    assert_int_equal(stream_relay(a.stream, b.stream, rig_now(), &sent), 1);
    assert_int_equal(sent, 0);
    cross_without(3, 0);
    check_heard(&b, &heard);
    assert_int_equal(heard.packets, 3);
    assert_int_equal(heard.lost + heard.jumps, 0);
}

static void another_source_goes_on_where_the_listener_is(void **state)
{
    struct heard heard = begin_and_listen();

    (void)state;
    cross_without(3, 0);
    check_heard(&b, &heard);
    heard.place = 0;
    for (unsigned i = 0; i < 3; i++) {
        unsigned sent;

        speak_at(&a, 300 + i, (uint16_t)(9 + i), 77777 + i * FRAME, 0x999);
        assert_int_equal(stream_relay(a.stream, b.stream, rig_now(), &sent), 1);
        assert_int_equal(sent, i > 0); /* one alone may be a stray */
    }
    check_heard(&b, &heard);
    assert_int_equal(heard.lost, 0);
    assert_int_equal(heard.packets, 2 + 3 + 2);
}

static void times_and_numbers_that_jump_are_tied_anew(void **state)
{
    struct heard heard = begin_and_listen();
    unsigned sent;

    (void)state;
    cross_without(2, 0);
    check_heard(&b, &heard);
    heard.place = 0;
    for (unsigned i = 0; i < 3; i++) {
        speak_at(&a, 500 + i, (uint16_t)(a_frame + 5000 + i), 0x80000000u + i * FRAME, RIG_SSRC);
        assert_int_equal(stream_relay(a.stream, b.stream, rig_now(), &sent), 1);
        assert_int_equal(sent, 1);
    }
    check_heard(&b, &heard);
    assert_int_equal(heard.lost, 0);
    assert_int_equal(heard.packets, 2 + 2 + 3);
}

static void a_key_is_told_and_ends_it(void **state)
{
    static const uint8_t event[] = {5, 0x8a, 3, 0x20};
    struct heard heard = begin_and_listen();
    uint8_t bytes[64];
    unsigned n = a_frame++, sent;

    (void)state;
    rig_send_raw(&a, a.peer, bytes,
                 rig_build(bytes, RIG_EVENTS, (uint16_t)n, n * FRAME, RIG_SSRC, event, 4));
    assert_true(rig_readable(a.rtp, 5000));
    assert_int_equal(stream_relay(a.stream, b.stream, rig_now(), &sent), 1);
    assert_int_equal(sent, 0);
    assert_int_equal(a.digit_count, 1);
    assert_int_equal(a.digits[0], '5');
    assert_false(stream_can_relay(a.stream, b.stream));
    speak(&a, &a_frame);
    assert_int_equal(stream_relay(a.stream, b.stream, rig_now(), &sent), 1);
    assert_int_equal(sent, 0);
    stream_relay_end(a.stream, b.stream, rig_now());
    assert_true(stream_can_relay(a.stream, b.stream));
    check_heard(&b, &heard);
    hear_into(&a, &b);
    hear_into(&a, &b);
    check_line(&heard, &(struct rig_packet){.sequence = next_heard(&b).sequence,
                                            .timestamp = heard.timestamp,
                                            .ssrc = heard.ssrc,
                                            .payload_size = FRAME});
    assert_int_equal(heard.lost, 0);
}

/* A-law where mu-law was agreed: understood by the bridge, not by the listener. */
static void another_law_is_for_the_mixer(void **state)
{
    struct heard heard = begin_and_listen();
    uint8_t bytes[12 + FRAME], alaw[FRAME];
    int16_t samples[FRAME];
    unsigned n = a_frame++, sent;
    struct rig_packet packet;

    (void)state;
    for (int i = 0; i < FRAME; i++)
        samples[i] = 8000;
    g711_alaw_encode(alaw, samples, FRAME);
    rig_send_raw(&a, a.peer, bytes,
                 rig_build(bytes, 8, (uint16_t)n, n * FRAME, RIG_SSRC, alaw, FRAME));
    assert_true(rig_readable(a.rtp, 5000));
    assert_int_equal(stream_relay(a.stream, b.stream, rig_now(), &sent), 1);
    assert_int_equal(sent, 0);
    assert_false(stream_can_relay(a.stream, b.stream));
    stream_relay_end(a.stream, b.stream, rig_now());
    hear_into(&a, &b);
    packet = next_heard(&b);
    assert_int_equal(packet.sequence, heard.sequence);
    assert_int_equal(packet.type, 0);
    g711_ulaw_decode(samples, packet.payload, FRAME);
    assert_in_range(samples[FRAME / 2], 7500, 8500);
}

static void comfort_noise_passes(void **state)
{
    static const uint8_t level = 60;
    struct heard heard = begin_and_listen();
    uint8_t bytes[64];
    unsigned n = a_frame++, sent;
    struct rig_packet packet;

    (void)state;
    rig_send_raw(&a, a.peer, bytes,
                 rig_build(bytes, 13, (uint16_t)n, n * FRAME, RIG_SSRC, &level, 1));
    assert_true(rig_readable(a.rtp, 5000));
    assert_int_equal(stream_relay(a.stream, b.stream, rig_now(), &sent), 1);
    assert_int_equal(sent, 1);
    packet = next_heard(&b);
    assert_int_equal(packet.type, 13);
    assert_int_equal(packet.payload_size, 1);
    assert_int_equal(packet.payload[0], level);
    assert_int_equal(packet.timestamp, heard.timestamp);
    assert_true(stream_can_relay(a.stream, b.stream));
}

static void strangers_do_not_pass(void **state)
{
    struct heard heard = begin_and_listen();
    uint8_t bytes[12 + FRAME], payload[FRAME] = {0};
    unsigned sent;
    int stranger;
    struct sockaddr_storage at;

    (void)state;
    stranger = rig_socket(&at);
    rig_send_raw(&a, stranger, bytes,
                 rig_build(bytes, 0, (uint16_t)a_frame, a_frame * FRAME, RIG_SSRC, payload, FRAME));
    assert_int_equal(stream_relay(a.stream, b.stream, rig_now(), &sent), 0);
    cross_without(2, 0);
    check_heard(&b, &heard);
    assert_int_equal(heard.packets, 2 + 2);
    assert_int_equal(heard.lost, 0);
    close(stranger);
}

static void who_pauses_is_late_by_as_much(void **state)
{
    struct heard heard = begin_and_listen();
    struct rig_packet packet;
    int64_t later;

    (void)state;
    cross_without(1, 0);
    check_heard(&b, &heard);
    later = rig_now() + 1000000000;
    assert_int_equal(stream_relay_end(a.stream, b.stream, later), 0);
    hear_into(&a, &b);
    packet = next_heard(&b);
    assert_int_equal(packet.sequence, heard.sequence);
    assert_in_range(packet.timestamp - heard.timestamp, 47 * FRAME, 49 * FRAME);
    assert_int_equal((packet.timestamp - heard.timestamp) % FRAME, 0);
}

static void who_they_are_decides(void **state)
{
    struct stream_params params = a.stream->params;
    struct stream_coding *coding;

    (void)state;
    assert_true(stream_can_relay(a.stream, b.stream));
    params.receive = false;
    mem_unref(stream_connect(a.stream, &params, NULL));
    assert_false(stream_can_relay(a.stream, b.stream));
    params.receive = true;
    params.ptime = 40;
    mem_unref(stream_connect(a.stream, &params, NULL));
    assert_false(stream_can_relay(b.stream, a.stream));
    params.ptime = 20;
    mem_unref(stream_connect(a.stream, &params, NULL));
    assert_true(stream_can_relay(a.stream, b.stream));
    stream_dial(b.stream, "1");
    assert_false(stream_can_relay(a.stream, b.stream));
    params = b.stream->params;
    params.format.codec = CODEC_PCMA;
    params.payload_type = 8;
    assert_int_equal(stream_coding_alloc(&coding, &params), 0);
    mem_unref(stream_connect(b.stream, &params, coding));
    assert_false(stream_can_relay(a.stream, b.stream));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_lost_over_many_changes),
        TEST(what_is_lost_is_a_hole_in_numbers_and_time),
        TEST(order_is_passed_on_and_copies_are_not),
        TEST(what_comes_too_late_for_the_mixer_is_not_heard_after_it),
        TEST(another_source_goes_on_where_the_listener_is),
        TEST(times_and_numbers_that_jump_are_tied_anew),
        TEST(a_key_is_told_and_ends_it),
        TEST(another_law_is_for_the_mixer),
        TEST(comfort_noise_passes),
        TEST(strangers_do_not_pass),
        TEST(who_pauses_is_late_by_as_much),
        TEST(who_they_are_decides),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
