/* stream_put.c: sound on its way out: packets of every length, skipped ticks, pauses, rates, and
 * what was encoded once for many. */
#include "stream_rig.h"

#include <math.h>
#include <stdlib.h>

enum { TICKS = 500, UNITS = STREAM_FRAME };

static const int64_t none = -1;
static struct rig rig;

static int open_rig(void **state)
{
    (void)state;
    rig_open(&rig);
    rig_hear_only(&rig);
    return 0;
}

static int close_rig(void **state)
{
    (void)state;
    rig_close(&rig);
    return 0;
}

static struct stream_params params_of(unsigned ptime)
{
    return (struct stream_params){.remote = rig.peer_at,
                                  .remote_rtcp = rig.peer_rtcp_at,
                                  .format = {CODEC_PCMU},
                                  .event_payload_type = RIG_EVENTS,
                                  .ptime = ptime,
                                  .send = true,
                                  .receive = true};
}

static void connect_with(const struct stream_params *params)
{
    struct stream_coding *coding;

    assert_int_equal(stream_coding_alloc(&coding, params), 0);
    mem_unref(stream_connect(rig.stream, params, coding));
}

static void connect_ptime(unsigned ptime)
{
    struct stream_params params = params_of(ptime);

    connect_with(&params);
}

/* Frame n is one level throughout, with a code of its own in mu-law. */
static uint8_t code_of(unsigned n)
{
    return (uint8_t)(0x90 + n % 37);
}

static int16_t level_of(unsigned n)
{
    uint8_t code = code_of(n);
    int16_t level;

    g711_ulaw_decode(&level, &code, 1);
    return level;
}

static bool put_level(unsigned n, unsigned frames)
{
    int16_t frame[STREAM_FRAME];

    for (int i = 0; i < STREAM_FRAME; i++)
        frame[i] = level_of(n);
    return stream_put(rig.stream, 8000, frame, frames);
}

/* All that was sent in a tick, by what it returned. */
static unsigned drain(struct rig_packet *packets, unsigned most, bool some)
{
    unsigned count = 0;

    while (rig_readable(rig.peer, some && !count ? 5000 : 0)) {
        assert_true(count < most);
        packets[count++] = rig_receive(rig.peer, 0);
    }
    assert_int_equal(count > 0, some);
    return count;
}

/* Ten seconds: as many packets as fit, none early, each with its own sound, time and number. */
static void check_length(unsigned ptime)
{
    unsigned units = ptime * 8, count = 0;
    struct rig_packet packets[4], first = {.size = 0};

    connect_ptime(ptime);
    for (unsigned n = 0; n < TICKS; n++) {
        unsigned part = drain(packets, 4, put_level(n, 1));

        for (unsigned i = 0; i < part; i++, count++) {
            if (!count)
                first = packets[0];
            assert_int_equal(packets[i].payload_size, units);
            assert_int_equal(packets[i].marker, !count);
            assert_int_equal(packets[i].sequence, (uint16_t)(first.sequence + count));
            assert_int_equal(packets[i].timestamp, first.timestamp + count * units);
            for (unsigned k = 0; k < units; k++)
                assert_int_equal(packets[i].bytes[12 + k],
                                 code_of((count * units + k) / STREAM_FRAME));
        }
        assert_int_equal(count, (n + 1) * 20 / ptime);
    }
}

static void packets_of_every_length_hold_all_sound(void **state)
{
    static const unsigned lengths[] = {10, 20, 30, 40, 50, 60};

    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        check_length(lengths[i]);
        close_rig(state);
        open_rig(state);
    }
}

/* The time at which frame n is heard, looked for in what was sent; `none`: it was not. */
static int64_t time_of(const struct rig_packet *packets, unsigned count, unsigned n)
{
    for (unsigned i = 0; i < count; i++)
        for (size_t k = 0; k < packets[i].payload_size; k++)
            if (packets[i].bytes[12 + k] == code_of(n))
                return (uint32_t)(packets[i].timestamp + k);
    return none;
}

/* From frame a to frame b [units]; both were sent. */
static unsigned between(const struct rig_packet *packets, unsigned count, unsigned a, unsigned b)
{
    int64_t from = time_of(packets, count, a), to = time_of(packets, count, b);

    assert_true(from != none && to != none);
    return (uint32_t)to - (uint32_t)from;
}

static void after_skipped_ticks_sound_is_where_the_clock_is(void **state)
{
    for (unsigned ptime = 10; ptime <= 60; ptime += 10)
        for (unsigned before = 1; before <= 3; before++)
            for (unsigned frames = 2; frames <= 9; frames++) {
                struct rig_packet packets[40];
                uint32_t end = 0;
                unsigned count = 0;

                connect_ptime(ptime);
                for (unsigned n = 0; n < before; n++)
                    count += drain(packets + count, 40 - count, put_level(n, 1));
                count += drain(packets + count, 40 - count, put_level(10, frames));
                for (unsigned n = 11; n < 15; n++)
                    count += drain(packets + count, 40 - count, put_level(n, 1));
                assert_int_equal(between(packets, count, 0, 10), (before - 1 + frames) * UNITS);
                for (unsigned i = 0; i < count; i++) { /* and nothing overlaps */
                    assert_true(!i || (int32_t)(packets[i].timestamp - end) >= 0);
                    end = packets[i].timestamp + ptime * 8;
                }
                close_rig(state);
                open_rig(state);
            }
}

static void what_waits_for_its_packet_is_not_sent_after_a_hold(void **state)
{
    struct rig_packet packets[8];
    struct stream_params hold = params_of(60);
    unsigned count = 0;

    (void)state;
    connect_ptime(60);
    for (unsigned n = 0; n < 4; n++)
        count += drain(packets + count, 8 - count, put_level(n, 1));
    assert_int_equal(count, 1);
    hold.send = false;
    mem_unref(stream_connect(rig.stream, &hold, NULL));
    assert_false(put_level(4, 1));
    hold.send = true;
    mem_unref(stream_connect(rig.stream, &hold, NULL));
    for (unsigned n = 5; n < 8; n++)
        count += drain(packets + count, 8 - count, put_level(n, 1));
    assert_int_equal(count, 2);
    assert_true(packets[1].marker);
    assert_true(time_of(packets, count, 3) == none);
    assert_int_equal(between(packets, count, 0, 5), 5 * UNITS);
}

/* Keys go out every 20 ms, whatever the packets of sound hold; after them it is where it was. */
static void keys_go_out_between_long_packets(void **state)
{
    struct rig_packet packets[64];
    unsigned count = 0, events = 0, i = 0;

    (void)state;
    connect_ptime(60);
    count = drain(packets, 64, put_level(0, 1));
    count += drain(packets + count, 64 - count, put_level(1, 1));
    count += drain(packets + count, 64 - count, put_level(2, 1));
    stream_dial(rig.stream, "5");
    for (unsigned n = 3; n < 30; n++)
        count += drain(packets + count, 64 - count, put_level(n, 1));
    for (i = 1; packets[i].type == RIG_EVENTS; i++, events++) {
        assert_int_equal(packets[i].timestamp, packets[0].timestamp + 3 * UNITS);
        assert_int_equal(packets[i].sequence, (uint16_t)(packets[0].sequence + i));
    }
    assert_int_equal(events, 8); /* five that it is held, three of its end */
    assert_int_equal(packets[8].bytes[14] << 8 | packets[8].bytes[15], 800);
    assert_int_equal(packets[i].bytes[12], code_of(11));
    assert_int_equal(packets[i].timestamp, packets[0].timestamp + 11 * UNITS);
}

/* ---- rates ---- */

static void make_sine(int16_t *frame, unsigned rate, double hz, double amplitude, double *phase)
{
    for (unsigned i = 0; i < rate / 50; i++) {
        frame[i] = (int16_t)lrint(amplitude * sin(*phase));
        *phase += 2 * M_PI * hz / rate;
    }
}

static void put_sine(int16_t heard[STREAM_FRAME], unsigned rate, double hz, double amplitude,
                     double *phase)
{
    int16_t frame[STREAM_FRAME_MAX];
    struct rig_packet packet;

    make_sine(frame, rate, hz, amplitude, phase);
    assert_true(stream_put(rig.stream, rate, frame, 1));
    packet = rig_receive(rig.peer, 5000);
    assert_int_equal(packet.payload_size, STREAM_FRAME);
    g711_ulaw_decode(heard, packet.bytes + 12, STREAM_FRAME);
}

static void any_rate_comes_out_as_it_went_in(void **state)
{
    static const unsigned rates[] = {8000, 16000, 48000};

    (void)state;
    connect_ptime(20);
    for (size_t r = 0; r < 3; r++) {
        int16_t heard[STREAM_FRAME];
        double phase = 0, energy = 0;

        for (int n = 0; n < 25; n++) {
            put_sine(heard, rates[r], 1000, 8000, &phase);
            for (int i = 0; n >= 5 && i < STREAM_FRAME; i++)
                energy += heard[i] * (double)heard[i];
        }
        assert_in_range(lrint(sqrt(2 * energy / (20 * STREAM_FRAME))), 7800, 8200);
    }
}

/* The room changes its rate: the tone goes on without a step. */
static void a_change_of_rate_does_not_click(void **state)
{
    static const unsigned rates[] = {8000, 48000, 16000};
    int16_t heard[STREAM_FRAME];
    double phase = 0;
    int last = 0, most = 0;

    (void)state;
    connect_ptime(20);
    for (int n = 0; n < 300; n++) {
        put_sine(heard, rates[n / 7 % 3], 210, 8000, &phase);
        for (int i = 0; i < STREAM_FRAME; i++) {
            if (abs(heard[i] - last) > most && n)
                most = abs(heard[i] - last);
            last = heard[i];
        }
    }
    assert_in_range(most, 1200, 2200); /* of the tone itself: 1320, and mu-law's steps */
}

/* ---- encode once ---- */

static void what_was_encoded_once_is_what_each_would_encode(void **state)
{
    const struct codec_format *format;
    struct encoder *encoder;
    struct rig other;

    (void)state;
    connect_ptime(20);
    rig_open(&other);
    rig_connect(&other, &other.peer_at);
    format = stream_shareable(other.stream);
    assert_non_null(format);
    assert_true(codec_same(format, stream_shareable(rig.stream)));
    assert_int_equal(encoder_alloc(&encoder, format), 0);
    for (unsigned n = 0; n < 50; n++) {
        int16_t frame[STREAM_FRAME];
        uint8_t coded[CODEC_BYTES_MAX];
        struct rig_packet one, two;

        for (int i = 0; i < STREAM_FRAME; i++)
            frame[i] = (int16_t)(rand() % 20000 - 10000);
        stream_put(rig.stream, 8000, frame, 1);
        assert_true(stream_put_coded(other.stream, coded,
                                     encoder_run(encoder, coded, frame, STREAM_FRAME), 1));
        one = rig_receive(rig.peer, 5000);
        two = rig_receive(other.peer, 5000);
        assert_int_equal(one.size, two.size);
        assert_memory_equal(one.bytes + 12, two.bytes + 12, one.payload_size);
        assert_int_equal(one.type, two.type);
        assert_int_equal(one.marker, two.marker);
    }
    mem_unref(encoder);
    rig_close(&other);
}

static void who_needs_an_encoder_of_its_own_says_so(void **state)
{
    struct stream_params params = params_of(20);

    (void)state;
    assert_null(stream_shareable(rig.stream));
    connect_with(&params);
    assert_non_null(stream_shareable(rig.stream));
    stream_dial(rig.stream, "1");
    assert_null(stream_shareable(rig.stream));
    for (int n = 0; n < 30; n++)
        put_level(0, 1);
    assert_non_null(stream_shareable(rig.stream));
    params.send = false;
    connect_with(&params);
    assert_null(stream_shareable(rig.stream));
    assert_false(stream_put_coded(rig.stream, (const uint8_t *)"x", 1, 1));
    connect_ptime(40);
    assert_null(stream_shareable(rig.stream));
}

/* Nothing is sent, time goes on, and the first packet behind it is marked. */
static void a_pause_has_no_packets(void **state)
{
    uint8_t coded[STREAM_FRAME] = {0};
    struct rig_packet first, next;

    (void)state;
    connect_ptime(20);
    assert_true(stream_put_coded(rig.stream, coded, sizeof coded, 1));
    first = rig_receive(rig.peer, 5000);
    assert_true(first.marker);
    for (int n = 0; n < 10; n++)
        assert_false(stream_put_coded(rig.stream, coded, 0, 1));
    for (int n = 0; n < 2; n++) {
        assert_true(stream_put_coded(rig.stream, coded, sizeof coded, 1));
        next = rig_receive(rig.peer, 5000);
        assert_int_equal(next.marker, n == 0);
        assert_int_equal(next.sequence, (uint16_t)(first.sequence + 1 + n));
        assert_int_equal(next.timestamp, first.timestamp + (11 + (uint32_t)n) * UNITS);
    }
    assert_false(rig_readable(rig.peer, 0));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_rig, close_rig)
    const struct CMUnitTest tests[] = {
        TEST(packets_of_every_length_hold_all_sound),
        TEST(after_skipped_ticks_sound_is_where_the_clock_is),
        TEST(what_waits_for_its_packet_is_not_sent_after_a_hold),
        TEST(keys_go_out_between_long_packets),
        TEST(any_rate_comes_out_as_it_went_in),
        TEST(a_change_of_rate_does_not_click),
        TEST(what_was_encoded_once_is_what_each_would_encode),
        TEST(who_needs_an_encoder_of_its_own_says_so),
        TEST(a_pause_has_no_packets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
