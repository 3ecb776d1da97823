/* Opus: what a format asks for is what is sent, and what was lost is told by what follows. */
#include "codec_rig.h"

#include <opus.h>

static int16_t said[RIG_SAMPLES], heard[RIG_SAMPLES];

static struct codec_format opus(unsigned rate)
{
    return (struct codec_format){.codec = CODEC_OPUS, .rate = rate};
}

/* [bit/s] of said[] in packets of 20 ms; the widest band of them goes to *band. */
static double sent(struct encoder *encoder, unsigned rate, int *band)
{
    size_t n = rate / 50, total = 0;
    uint8_t payload[CODEC_BYTES_MAX];

    *band = 0;
    for (size_t at = 0; at < RIG_SECONDS * rate; at += n) {
        size_t size = encoder_run(encoder, payload, said + at, n);
        int one = size > 0 ? opus_packet_get_bandwidth(payload) : 0;
        *band = one > *band ? one : *band;
        total += size;
    }
    return 8.0 * (double)total / RIG_SECONDS;
}

static void bitrate_is_what_was_asked_for(void **state)
{
    static const unsigned rows[][3] = {{8000, 0, 16000},      {16000, 0, 24000},
                                       {48000, 0, 32000},     {16000, 12000, 12000},
                                       {48000, 64000, 64000}, {16000, 100, 6000}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct codec_format format = opus(rows[i][0]);
        struct encoder *encoder;
        double got;
        int band;
        format.bitrate = rows[i][1];
        encoder = rig_encoder(format);
        rig_speech(said, rows[i][0], 10000, 3400);
        got = sent(encoder, rows[i][0], &band);
        if (got < rows[i][2] * 0.6 || got > rows[i][2] * 1.25)
            fail_msg("%u at %u: %.0f bit/s", rows[i][1], rows[i][0], got);
        mem_unref(encoder);
    }
}

/* The codec changes its band slowly, so that nobody hears it: within five seconds. */
static double settled(struct encoder *encoder, unsigned rate, int *band)
{
    for (int i = 0; i < 2; i++)
        sent(encoder, rate, band);
    return sent(encoder, rate, band);
}

static void bits_follow_what_there_is_to_hear(void **state)
{
    struct encoder *encoder = rig_encoder(opus(48000));
    double all, narrow;
    int band;

    (void)state;
    rig_speech(said, 48000, 10000, 7000);
    all = settled(encoder, 48000, &band);
    assert_true(band >= OPUS_BANDWIDTH_WIDEBAND);
    encoder_bandwidth(encoder, 8000);
    narrow = settled(encoder, 48000, &band);
    assert_int_equal(band, OPUS_BANDWIDTH_NARROWBAND);
    assert_true(narrow < all * 0.7);
    encoder_bandwidth(encoder, 16000);
    settled(encoder, 48000, &band);
    assert_int_equal(band, OPUS_BANDWIDTH_WIDEBAND);
    encoder_bandwidth(encoder, 48000);
    assert_true(settled(encoder, 48000, &band) > narrow * 1.3);
    mem_unref(encoder);
}

static void constant_size_when_asked_for(void **state)
{
    struct codec_format format = opus(16000);
    struct encoder *encoder;
    uint8_t payload[CODEC_BYTES_MAX];
    size_t first;

    (void)state;
    format.cbr = true;
    encoder = rig_encoder(format);
    rig_speech(said, 16000, 10000, 7000);
    first = encoder_run(encoder, payload, said, 320);
    assert_int_equal(first, 24000 / 8 / 50);
    for (size_t at = 320; at < 3 * 16000; at += 320)
        assert_int_equal(encoder_run(encoder, payload, said + at, 320), first);
    mem_unref(encoder);
}

/* Packets sent of a second of speech, then ten of silence. */
static void count_sent(bool dtx, unsigned *in_speech, unsigned *in_silence)
{
    struct codec_format format = opus(16000);
    struct encoder *encoder;
    uint8_t payload[CODEC_BYTES_MAX];

    format.dtx = dtx;
    encoder = rig_encoder(format);
    *in_speech = *in_silence = 0;
    rig_speech(said, 16000, 10000, 7000);
    for (size_t i = 0; i < 50; i++)
        *in_speech += encoder_run(encoder, payload, said + i * 320, 320) > 0;
    for (size_t i = 0; i < 500; i++)
        *in_silence += encoder_run(encoder, payload, NULL, 320) > 0;
    mem_unref(encoder);
}

static void pauses_are_not_sent_to_who_takes_them(void **state)
{
    unsigned in_speech, in_silence;

    (void)state;
    count_sent(true, &in_speech, &in_silence);
    assert_int_equal(in_speech, 50);
    assert_true(in_silence > 20 && in_silence < 60); /* one in 400 ms keeps the noise alive */
    count_sent(false, &in_speech, &in_silence);
    assert_int_equal(in_speech, 50);
    assert_int_equal(in_silence, 500);
}

/* Every tenth packet is lost; [dB] of the SNR in their places, where `tell` whether the next packet
 * is there already. How many were told by it goes to *told. */
static double lossy(struct codec_format format, bool tell, unsigned loss, unsigned *told)
{
    struct encoder *encoder = rig_encoder(format);
    struct decoder *decoder = rig_decoder(format);
    size_t n = format.rate / 50, packets = RIG_SECONDS * 50, delay;
    static uint8_t payloads[RIG_SECONDS * 50][CODEC_BYTES_MAX];
    static size_t sizes[RIG_SECONDS * 50];
    double rest = 0, power = 0;

    *told = 0;
    encoder_expect_loss(encoder, loss);
    for (size_t i = 0; i < packets; i++)
        sizes[i] = encoder_run(encoder, payloads[i], said + i * n, n);
    for (size_t i = 0; i < packets; i++) {
        if (i % 10 != 9 || i + 1 == packets)
            decoder_run(decoder, heard + i * n, n, payloads[i], sizes[i]);
        else
            *told += decoder_conceal(decoder, heard + i * n, n, tell ? payloads[i + 1] : NULL,
                                     sizes[i + 1]);
    }
    delay = rig_delay(said, heard, format.rate, packets * n);
    for (size_t i = 9; i + 1 < packets; i += 10)
        for (size_t k = i * n + delay; k < (i + 1) * n; k++) {
            rest += pow(heard[k] - said[k - delay], 2);
            power += pow(said[k - delay], 2);
        }
    mem_unref(encoder);
    mem_unref(decoder);
    return 10 * log10(power / rest);
}

static void lost_packets_are_told_by_the_next(void **state)
{
    struct codec_format format = opus(16000);
    unsigned told;
    double with, without;

    (void)state;
    format.fec = true;
    rig_speech(said, 16000, 10000, 7000);
    with = lossy(format, true, 10, &told);
    assert_true(told >= 10 && told <= 14); /* of 14; not what is worth no bits */
    without = lossy(format, false, 10, &told);
    assert_int_equal(told, 0);
    if (with < without + 2)
        fail_msg("told by the next packet: %.1f dB, else %.1f dB", with, without);
    format.fec = false;
    lossy(format, true, 10, &told);
    assert_int_equal(told, 0);
}

/* Also in telephone band, and of the least loss that can be reported. */
static void every_band_has_bits_to_tell_twice(void **state)
{
    static const unsigned rates[] = {8000, 16000, 48000}, losses[] = {1, 5, 20};

    (void)state;
    for (int i = 0; i < 9; i++) {
        struct codec_format format = opus(rates[i / 3]);
        unsigned told;

        format.fec = true;
        rig_speech(said, format.rate, 10000, format.rate < 16000 ? 3500 : 7000);
        lossy(format, true, losses[i % 3], &told);
        if (told < 10)
            fail_msg("%u Hz, %u %%: of 14 only %u were told by the next packet", format.rate,
                     losses[i % 3], told);
    }
}

/* What is lost is longer than the packet that tells of it: the rest is made up. */
static void a_longer_loss_is_told_in_part(void **state)
{
    struct codec_format format = opus(16000);
    struct encoder *encoder;
    struct decoder *decoder;
    uint8_t payload[CODEC_BYTES_MAX];
    unsigned told = 0;

    (void)state;
    format.fec = true;
    encoder = rig_encoder(format);
    decoder = rig_decoder(format);
    encoder_expect_loss(encoder, 20);
    rig_speech(said, 16000, 10000, 7000);
    for (size_t i = 0; i < 100; i++) {
        size_t size = encoder_run(encoder, payload, said + i * 320, 320);
        if (i % 5 == 4)
            told += decoder_conceal(decoder, heard, 960, payload, size);
        assert_int_equal(decoder_run(decoder, heard, 320, payload, size), 320);
    }
    assert_true(told > 10);
    mem_unref(encoder);
    mem_unref(decoder);
}

/* libopus gives a stereo sender of the same two sounds; and of one that only the left has. */
static void stereo_is_heard_as_one(void **state)
{
    OpusEncoder *stereo = opus_encoder_create(48000, 2, OPUS_APPLICATION_AUDIO, NULL);
    struct decoder *decoder = rig_decoder(opus(48000));
    static int16_t both[2 * 960];
    uint8_t payload[CODEC_BYTES_MAX];

    (void)state;
    rig_speech(said, 48000, 10000, 7000);
    opus_encoder_ctl(stereo, OPUS_SET_BITRATE(96000));
    for (size_t i = 0; i < 150; i++) {
        int size;
        for (size_t k = 0; k < 960; k++)
            both[2 * k] = both[2 * k + 1] = said[i * 960 + k];
        size = opus_encode(stereo, both, 960, payload, sizeof payload);
        assert_true(size > 0);
        assert_int_equal(opus_packet_get_nb_channels(payload), 2);
        assert_int_equal(decoder_length(decoder, payload, (size_t)size), 960);
        assert_int_equal(decoder_run(decoder, heard + i * 960, 960, payload, (size_t)size), 960);
    }
    assert_true(rig_snr(said, heard, 48000, 3 * 48000) > 15);
    opus_encoder_destroy(stereo);
    mem_unref(decoder);
}

/* The length of every kind of packet (RFC 6716, 3.1) is told as it is decoded, at every rate. */
static void lengths_of_all_kinds(void **state)
{
    static const unsigned rates[] = {8000, 16000, 48000};
    static int16_t room[CODEC_RATE_MAX * CODEC_MS_MAX / 1000];
    unsigned sound = 0;

    (void)state;
    for (size_t r = 0; r < 3; r++) {
        struct decoder *decoder = rig_decoder(opus(rates[r]));
        for (int toc = 0; toc < 256; toc++) {
            uint8_t payload[64] = {(uint8_t)toc, 2};
            size_t told = decoder_length(decoder, payload, sizeof payload);
            size_t got =
                decoder_run(decoder, room, sizeof room / sizeof *room, payload, sizeof payload);
            assert_int_equal(told, got);
            sound += told > 0;
        }
        mem_unref(decoder);
    }
    assert_true(sound > 3 * 128);
}

static void frames_that_do_not_fit_are_refused(void **state)
{
    struct decoder *decoder = rig_decoder(opus(48000));
    static const uint8_t two_of_odd[] = {0x79, 1, 2, 3};   /* code 1, three bytes for two */
    static const uint8_t too_long[] = {0x7a, 200, 1, 2};   /* code 2, 200 bytes of two */
    static const uint8_t none[] = {0x7b, 0};               /* code 3, no frame */
    static const uint8_t beyond[] = {0x1b, 3, 0, 0, 0, 0}; /* three of 60 ms */

    (void)state;
    assert_int_equal(decoder_length(decoder, two_of_odd, sizeof two_of_odd), 0);
    assert_int_equal(decoder_length(decoder, too_long, sizeof too_long), 0);
    assert_int_equal(decoder_length(decoder, none, sizeof none), 0);
    assert_int_equal(decoder_length(decoder, beyond, sizeof beyond), 0);
    assert_int_equal(decoder_length(decoder, none, 0), 0);
    mem_unref(decoder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bitrate_is_what_was_asked_for),
        cmocka_unit_test(bits_follow_what_there_is_to_hear),
        cmocka_unit_test(constant_size_when_asked_for),
        cmocka_unit_test(pauses_are_not_sent_to_who_takes_them),
        cmocka_unit_test(lost_packets_are_told_by_the_next),
        cmocka_unit_test(every_band_has_bits_to_tell_twice),
        cmocka_unit_test(a_longer_loss_is_told_in_part),
        cmocka_unit_test(stereo_is_heard_as_one),
        cmocka_unit_test(lengths_of_all_kinds),
        cmocka_unit_test(frames_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
