/* stream_put_codecs.c: the codecs on their way out: clocks, lengths and sound of each, from a room
 * of any rate; the pauses of Opus, and its redundancy once the peer tells of loss. */
#include "codec_rig.h"
#include "stream_rtcp.h"

#include <math.h>
#include <stdlib.h>

enum { SOUND_TYPE = 96, HZ = 440, LEVEL = 9000 };

static struct stream_coding *connect_format(struct codec_format format, unsigned ptime)
{
    struct stream_params params = {.remote = rig.peer_at,
                                   .remote_rtcp = rig.peer_rtcp_at,
                                   .format = format,
                                   .payload_type = SOUND_TYPE,
                                   .ptime = ptime,
                                   .send = true,
                                   .receive = true};
    struct stream_coding *coding;

    assert_int_equal(stream_coding_alloc(&coding, &params), 0);
    return stream_connect(rig.stream, &params, coding);
}

static bool put_tone(unsigned rate, double *phase)
{
    int16_t frame[STREAM_FRAME_MAX];

    for (unsigned i = 0; i < rate / 50; i++) {
        frame[i] = (int16_t)lrint(LEVEL * sin(*phase));
        *phase += 2 * M_PI * HZ / rate;
    }
    return stream_put(rig.stream, rate, frame, 1);
}

/* How loud HZ is in what was decoded. */
static double level_of(const int16_t *samples, size_t n, unsigned rate)
{
    double re = 0, im = 0;

    for (size_t i = 0; i < n; i++) {
        re += samples[i] * cos(2 * M_PI * HZ * (double)i / rate);
        im += samples[i] * sin(2 * M_PI * HZ * (double)i / rate);
    }
    return 2 * hypot(re, im) / (double)n;
}

/* A second and a half of a tone: every packet in its place, and the tone in them. */
static void check_format(const struct codec_format *format, unsigned ptime, unsigned from)
{
    static int16_t heard[2 * CODEC_RATE_MAX];
    unsigned rate = codec_rate(format), units = codec_clock(format) * ptime / 1000, count = 0;
    struct rig_packet packet, first = {.size = 0};
    struct decoder *decoder;
    double phase = 0;
    size_t n = 0;

    assert_int_equal(decoder_alloc(&decoder, format), 0);
    mem_unref(connect_format(*format, ptime));
    for (int tick = 0; tick < 75; tick++)
        for (bool more = put_tone(from, &phase); more; more = rig_readable(rig.peer, 0), count++) {
            packet = rig_receive(rig.peer, 5000);
            if (!count)
                first = packet;
            assert_int_equal(packet.type, SOUND_TYPE);
            assert_int_equal(packet.marker, !count);
            assert_int_equal(packet.timestamp, first.timestamp + count * units);
            assert_int_equal(
                decoder_run(decoder, heard + n, rate / 5, packet.bytes + 12, packet.payload_size),
                rate / 1000 * ptime);
            n += rate / 1000 * ptime;
        }
    assert_int_equal(count, 1500 / ptime);
    assert_in_range(lrint(level_of(heard + rate / 2, rate / 2, rate)), LEVEL * 6 / 10,
                    LEVEL * 13 / 10);
    mem_unref(decoder);
}

static void every_codec_counts_by_its_clock(void **state)
{
    static const struct codec_format formats[] = {
        {CODEC_PCMU, 0, 0, false, false, false},      {CODEC_PCMA, 0, 0, false, false, false},
        {CODEC_G722, 0, 0, false, false, false},      {CODEC_G729, 0, 0, false, false, false},
        {CODEC_GSM, 0, 0, false, false, false},       {CODEC_SPEEX, 8000, 0, false, false, false},
        {CODEC_SPEEX, 16000, 0, false, false, false}, {CODEC_L16, 8000, 0, false, false, false},
        {CODEC_L16, 16000, 0, false, false, false},   {CODEC_OPUS, 8000, 0, false, false, false},
        {CODEC_OPUS, 16000, 0, false, false, false},  {CODEC_OPUS, 48000, 0, true, false, false},
    };
    static const unsigned lengths[] = {10, 20, 30, 60}, rates[] = {8000, 16000, 48000};

    for (size_t f = 0; f < sizeof formats / sizeof *formats; f++)
        for (int i = 0; i < 4; i++)
            for (int r = 0; r < 3; r++) {
                if (codec_ptime(&formats[f], lengths[i]) != lengths[i])
                    continue;
                check_format(&formats[f], lengths[i], rates[r]);
                close_rig(state);
                open_rig(state);
            }
}

/* Silence: few packets, none further than 400 ms from the next, and sound begins with a mark. */
static void opus_pauses_in_silence(void **state)
{
    struct codec_format format = {CODEC_OPUS, 16000, 0, false, true, false};
    uint32_t last = 0;
    unsigned count = 0;
    double phase = 0;

    (void)state;
    mem_unref(connect_format(format, 20));
    for (int i = 0; i < 50; i++)
        if (put_tone(8000, &phase))
            last = rig_receive(rig.peer, 5000).timestamp;
    for (int i = 0; i < 500; i++)
        if (stream_put(rig.stream, 8000, NULL, 1)) {
            struct rig_packet packet = rig_receive(rig.peer, 5000);

            assert_in_range(packet.timestamp - last, 1, 960 * 21);
            assert_int_equal(packet.marker, packet.timestamp - last > 960);
            last = packet.timestamp;
            count++;
        }
    assert_in_range(count, 20, 100);
    while (!put_tone(8000, &phase))
        ;
    assert_true(rig_receive(rig.peer, 5000).marker);
    assert_true(put_tone(8000, &phase));
    assert_false(rig_receive(rig.peer, 5000).marker);
}

/* Of the packets of something like speech, those after which the one before could be told. */
static unsigned count_redundant(struct decoder *decoder)
{
    static int16_t speech[RIG_SECONDS * 16000];
    int16_t samples[320];
    unsigned count = 0;

    rig_speech(speech, 16000, 12000, 7000);
    for (int i = 0; i < RIG_SECONDS * 50; i++) {
        struct rig_packet packet;

        assert_true(stream_put(rig.stream, 16000, speech + i * 320, 1));
        packet = rig_receive(rig.peer, 5000);
        count += decoder_conceal(decoder, samples, 320, packet.bytes + 12, packet.payload_size);
        decoder_run(decoder, samples, 320, packet.bytes + 12, packet.payload_size);
    }
    return count;
}

static void what_is_lost_is_sent_twice_once_the_peer_says_so(void **state)
{
    struct codec_format format = {CODEC_OPUS, 16000, 32000, true, false, false};
    struct decoder *decoder;
    uint8_t report[32];
    uint32_t ssrc;

    (void)state;
    assert_int_equal(decoder_alloc(&decoder, &format), 0);
    mem_unref(connect_format(format, 20));
    assert_int_equal(count_redundant(decoder), 0);
    assert_true(stream_put(rig.stream, 16000, NULL, 1));
    ssrc = rig_receive(rig.peer, 5000).ssrc;
    build_report(report, ssrc, 0, 0);
    report[12] = 51; /* 20 % */
    send_report(report, sizeof report);
    assert_in_range(count_redundant(decoder), RIG_SECONDS * 20, RIG_SECONDS * 50);
    assert_int_equal(stream_expected_loss(rig.stream), 20);
    report[12] = 0;
    send_report(report, sizeof report);
    assert_in_range(stream_expected_loss(rig.stream), 10, 19);
    for (int i = 0; i < 20; i++)
        send_report(report, sizeof report);
    assert_int_equal(stream_expected_loss(rig.stream), 0);
    count_redundant(decoder);
    assert_int_equal(count_redundant(decoder), 0);
    mem_unref(decoder);
}

/* Codecs with a memory, from the same beginning: byte by byte the same. */
static void encoding_once_is_encoding_each(void **state)
{
    static const struct codec_format formats[] = {{CODEC_G722, 0, 0, false, false, false},
                                                  {CODEC_OPUS, 48000, 0, false, false, false}};

    (void)state;
    for (int f = 0; f < 2; f++) {
        unsigned rate = codec_rate(&formats[f]), n = rate / 50;
        struct encoder *encoder;
        double phase = 0;

        mem_unref(connect_format(formats[f], 20));
        assert_true(codec_same(stream_shareable(rig.stream), &formats[f]));
        assert_int_equal(encoder_alloc(&encoder, stream_shareable(rig.stream)), 0);
        encoder_bandwidth(encoder, rate);
        for (int i = 0; i < 50; i++) {
            int16_t frame[STREAM_FRAME_MAX];
            uint8_t coded[CODEC_BYTES_MAX];
            struct rig_packet each;
            size_t size;

            for (unsigned k = 0; k < n; k++, phase += 2 * M_PI * HZ / rate)
                frame[k] = (int16_t)lrint(LEVEL * sin(phase) * i / 50);
            assert_true(stream_put(rig.stream, rate, frame, 1));
            each = rig_receive(rig.peer, 5000);
            size = encoder_run(encoder, coded, frame, n);
            assert_int_equal(each.payload_size, size);
            assert_memory_equal(each.bytes + 12, coded, size);
        }
        mem_unref(encoder);
    }
}

/* The answer to a re-INVITE: the same source, its numbers and time go on in the new clock. */
static void another_codec_goes_on_where_the_first_was(void **state)
{
    struct codec_format opus = {CODEC_OPUS, 48000, 0, false, false, false};
    struct rig_packet before, after;
    struct stream_coding *old;
    double phase = 0;

    (void)state;
    assert_true(put_tone(8000, &phase));
    before = rig_receive(rig.peer, 5000);
    old = connect_format(opus, 20);
    assert_non_null(old);
    mem_unref(old);
    assert_true(put_tone(8000, &phase));
    after = rig_receive(rig.peer, 5000);
    assert_int_equal(after.ssrc, before.ssrc);
    assert_int_equal(after.sequence, (uint16_t)(before.sequence + 1));
    assert_int_equal(after.timestamp, before.timestamp + 960);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_rig, close_rig)
    const struct CMUnitTest tests[] = {
        TEST(every_codec_counts_by_its_clock),
        TEST(opus_pauses_in_silence),
        TEST(what_is_lost_is_sent_twice_once_the_peer_says_so),
        TEST(encoding_once_is_encoding_each),
        TEST(another_codec_goes_on_where_the_first_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
