/* Payloads byte by byte, as RFC 3551, RFC 5574 and RFC 7587 have them. */
#include "codec_rig.h"

#include <bcg729/encoder.h>
#include <speex/speex.h>

static int16_t said[RIG_SAMPLES], heard[RIG_SAMPLES];

static void silence_of_each(void **state)
{
    static const struct row {
        struct codec_format format;
        size_t size;
        uint8_t first;
    } rows[] = {
        {{.codec = CODEC_PCMU}, 160, 0xff},
        {{.codec = CODEC_PCMA}, 160, 0xd5},
        {{.codec = CODEC_L16, .rate = 8000}, 320, 0},
        {{.codec = CODEC_L16, .rate = 16000}, 640, 0},
        {{.codec = CODEC_G722}, 160, 0xfa},
        {{.codec = CODEC_GSM}, 33, 0xd8},
        {{.codec = CODEC_G729}, 20, 0x78},
        {{.codec = CODEC_SPEEX, .rate = 8000}, 38, 0x2e},
    };
    uint8_t payload[CODEC_BYTES_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct encoder *encoder = rig_encoder(rows[i].format);
        size_t n = codec_rate(&rows[i].format) / 50, size;

        size = encoder_run(encoder, payload, NULL, n);
        assert_int_equal(size, rows[i].size);
        assert_int_equal(payload[0], rows[i].first);
        mem_unref(encoder);
    }
}

/* NULL is the same as zeros. */
static void no_samples_are_silence(void **state)
{
    uint8_t payload[2][CODEC_BYTES_MAX];

    (void)state;
    memset(said, 0, sizeof said);
    for (int codec = 0; codec < CODEC_COUNT; codec++) {
        struct codec_format format = {.codec = (enum codec)codec};
        struct encoder *a = rig_encoder(format), *b = rig_encoder(format);
        size_t n = codec_rate(&format) / 1000 * codec_ptime(&format, 20);
        for (int i = 0; i < 10; i++) {
            size_t size = encoder_run(a, payload[0], NULL, n);
            assert_int_equal(encoder_run(b, payload[1], said, n), size);
            assert_memory_equal(payload[0], payload[1], size);
        }
        mem_unref(a);
        mem_unref(b);
    }
}

static void l16_has_the_high_byte_first(void **state)
{
    struct codec_format format = {.codec = CODEC_L16, .rate = 8000};
    struct encoder *encoder = rig_encoder(format);
    struct decoder *decoder = rig_decoder(format);
    static const uint8_t want[] = {0x12, 0x34, 0xff, 0xfe, 0x80, 0x00};
    uint8_t payload[CODEC_BYTES_MAX];
    int16_t frame[80] = {0x1234, -2, INT16_MIN}, back[80];

    (void)state;
    assert_int_equal(encoder_run(encoder, payload, frame, 80), 160);
    assert_memory_equal(payload, want, sizeof want);
    assert_int_equal(decoder_run(decoder, back, 80, payload, 160), 80);
    assert_memory_equal(back, frame, sizeof frame);
    assert_int_equal(decoder_length(decoder, payload, 159), 0);
    mem_unref(encoder);
    mem_unref(decoder);
}

static void sizes_that_are_none_of_the_codec(void **state)
{
    static const struct row {
        struct codec_format format;
        size_t size, length;
    } rows[] = {
        {{.codec = CODEC_PCMU}, 0, 0},     {{.codec = CODEC_PCMU}, 1, 1},
        {{.codec = CODEC_PCMU}, 960, 960}, {{.codec = CODEC_PCMU}, 961, 0},
        {{.codec = CODEC_G722}, 160, 320}, {{.codec = CODEC_G722}, 961, 0},
        {{.codec = CODEC_G729}, 10, 80},   {{.codec = CODEC_G729}, 20, 160},
        {{.codec = CODEC_G729}, 2, 80},    {{.codec = CODEC_G729}, 12, 160},
        {{.codec = CODEC_G729}, 120, 960}, {{.codec = CODEC_G729}, 122, 0},
        {{.codec = CODEC_G729}, 1, 0},     {{.codec = CODEC_G729}, 11, 0},
        {{.codec = CODEC_G729}, 19, 0},    {{.codec = CODEC_GSM}, 33, 160},
        {{.codec = CODEC_GSM}, 99, 480},   {{.codec = CODEC_GSM}, 32, 0},
        {{.codec = CODEC_GSM}, 65, 0},     {{.codec = CODEC_GSM}, 33 * 7, 0},
        {{.codec = CODEC_L16}, 640, 320},  {{.codec = CODEC_L16}, 641, 0},
        {{.codec = CODEC_SPEEX}, 0, 0},
    };
    uint8_t payload[1500];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct decoder *decoder = rig_decoder(rows[i].format);
        memset(payload, 0xd5, sizeof payload);
        if (decoder_length(decoder, payload, rows[i].size) != rows[i].length)
            fail_msg("%s: %zu bytes are %zu", codec_name(rows[i].format.codec), rows[i].size,
                     decoder_length(decoder, payload, rows[i].size));
        assert_int_equal(decoder_run(decoder, heard, RIG_SAMPLES, payload, rows[i].size),
                         rows[i].length);
        mem_unref(decoder);
    }
}

/* libgsm marks its frames with 0xd; what is not marked is none. */
static void gsm_frames_are_marked(void **state)
{
    struct decoder *decoder = rig_decoder((struct codec_format){.codec = CODEC_GSM});
    uint8_t payload[66];

    (void)state;
    memset(payload, 0xd5, sizeof payload);
    payload[33] = 0x15;
    assert_int_equal(decoder_length(decoder, payload, 33), 160);
    assert_int_equal(decoder_length(decoder, payload, 66), 0);
    mem_unref(decoder);
}

/* A sender with annex B: speech, then noise that is described by 2 bytes now and then and goes on
 * in between. */
static void g729_noise_goes_on_in_pauses(void **state)
{
    bcg729EncoderChannelContextStruct *sender = initBcg729EncoderChannel(1);
    struct decoder *decoder = rig_decoder((struct codec_format){.codec = CODEC_G729});
    unsigned speech = 0, noise = 0, pauses = 0;
    size_t n = RIG_SECONDS * 8000;
    double level;

    (void)state;
    rig_speech(said, 8000, 10000, 3400);
    for (size_t i = 0; i < n; i++)
        if (i < n / 6 || i > n / 2) /* its line is noisy from the start */
            said[i] = (int16_t)((int)(rig_random() % 81) - 40);
    for (size_t at = 0; at < n; at += 80) {
        uint8_t payload[10], size = 0;
        bcg729Encoder(sender, said + at, payload, &size);
        if (size == 0) {
            decoder_conceal(decoder, heard + at, 80, NULL, 0);
            pauses++;
            continue;
        }
        *(size == 2 ? &noise : &speech) += 1;
        assert_int_equal(decoder_length(decoder, payload, size), 80);
        assert_int_equal(decoder_run(decoder, heard + at, 80, payload, size), 80);
    }
    if (speech < 100 || noise < 2 || pauses < 50)
        fail_msg("%u of speech, %u of noise, %u pauses", speech, noise, pauses);
    level = frame_level(said + n * 3 / 4, n / 4);
    assert_true(fabs(frame_level(heard + n * 3 / 4, n / 4) - level) < 4);
    closeBcg729EncoderChannel(sender);
    mem_unref(decoder);
}

/* Frames of another sender, packed as RFC 5574, 3.3 has it. */
struct packer {
    void *codec;
    SpeexBits bits;
};

static struct packer packer(int mode, int quality)
{
    struct packer packer;

    packer.codec = speex_encoder_init(speex_lib_get_mode(mode));
    speex_encoder_ctl(packer.codec, SPEEX_SET_QUALITY, &quality);
    speex_bits_init(&packer.bits);
    return packer;
}

static void drop(struct packer *packer)
{
    speex_encoder_destroy(packer->codec);
    speex_bits_destroy(&packer->bits);
}

/* Every quality of both bands, one to six frames a packet. */
static void speex_frames_are_found(void **state)
{
    (void)state;
    for (int mode = SPEEX_MODEID_NB; mode <= SPEEX_MODEID_WB; mode++) {
        unsigned rate = mode == SPEEX_MODEID_NB ? 8000 : 16000;
        size_t n = rate / 50;
        struct decoder *decoder =
            rig_decoder((struct codec_format){.codec = CODEC_SPEEX, .rate = rate});
        rig_speech(said, rate, 10000, 3400);
        for (int quality = 0; quality <= 10; quality++)
            for (size_t frames = 1; frames <= 6; frames++) {
                struct packer from = packer(mode, quality);
                char payload[CODEC_BYTES_MAX];
                int size;
                for (size_t i = 0; i < frames; i++)
                    speex_encode_int(from.codec, said + i * n, &from.bits);
                size = speex_bits_write(&from.bits, payload, sizeof payload);
                assert_int_equal(decoder_length(decoder, (uint8_t *)payload, (size_t)size),
                                 frames * n);
                assert_int_equal(
                    decoder_run(decoder, heard, RIG_SAMPLES, (uint8_t *)payload, (size_t)size),
                    frames * n);
                drop(&from);
            }
        mem_unref(decoder);
    }
}

/* Messages to the codec and to the application stand between two frames. */
static void speex_messages_are_passed_over(void **state)
{
    struct decoder *decoder =
        rig_decoder((struct codec_format){.codec = CODEC_SPEEX, .rate = 8000});
    struct packer from = packer(SPEEX_MODEID_NB, 4);
    char payload[CODEC_BYTES_MAX];
    int size;

    (void)state;
    rig_speech(said, 8000, 10000, 3400);
    speex_encode_int(from.codec, said, &from.bits);
    speex_bits_pack(&from.bits, 14, 5);
    speex_bits_pack(&from.bits, 2, 4); /* of four bits */
    speex_bits_pack(&from.bits, 9, 4);
    speex_bits_pack(&from.bits, 13, 5);
    speex_bits_pack(&from.bits, 3, 5); /* of three bytes */
    speex_bits_pack(&from.bits, 0xabcdef, 24);
    speex_encode_int(from.codec, said + 160, &from.bits);
    size = speex_bits_write(&from.bits, payload, sizeof payload);
    assert_int_equal(decoder_length(decoder, (uint8_t *)payload, (size_t)size), 320);
    assert_int_equal(decoder_run(decoder, heard, 320, (uint8_t *)payload, (size_t)size), 320);
    assert_int_equal(decoder_length(decoder, (uint8_t *)payload, (size_t)size - 8), 0);
    drop(&from);
    mem_unref(decoder);
}

/* Wide band sent to who hears narrow band, and the other way round (RFC 5574, 5.1). */
static void speex_layers_are_taken_or_left(void **state)
{
    struct decoder *narrow = rig_decoder((struct codec_format){.codec = CODEC_SPEEX, .rate = 8000});
    struct decoder *wide = rig_decoder((struct codec_format){.codec = CODEC_SPEEX, .rate = 16000});
    struct packer from = packer(SPEEX_MODEID_WB, 8), low = packer(SPEEX_MODEID_NB, 8);
    char payload[CODEC_BYTES_MAX];
    int size;

    (void)state;
    rig_speech(said, 16000, 10000, 7000);
    speex_encode_int(from.codec, said, &from.bits);
    speex_encode_int(from.codec, said + 320, &from.bits);
    size = speex_bits_write(&from.bits, payload, sizeof payload);
    assert_int_equal(decoder_run(narrow, heard, 320, (uint8_t *)payload, (size_t)size), 320);
    speex_encode_int(low.codec, said, &low.bits);
    size = speex_bits_write(&low.bits, payload, sizeof payload);
    assert_int_equal(decoder_run(wide, heard, 320, (uint8_t *)payload, (size_t)size), 320);
    drop(&from);
    drop(&low);
    mem_unref(narrow);
    mem_unref(wide);
}

/* There is room for less than a packet holds: the first part of it comes. */
static void no_more_than_there_is_room_for(void **state)
{
    (void)state;
    for (int codec = 0; codec < CODEC_COUNT; codec++) {
        struct codec_format format = {.codec = (enum codec)codec};
        struct encoder *encoder = rig_encoder(format);
        struct decoder *decoder = rig_decoder(format), *other = rig_decoder(format);
        uint8_t payload[CODEC_BYTES_MAX];
        size_t n = codec_rate(&format) / 1000 * codec_ptime(&format, 20), size;
        rig_speech(said, codec_rate(&format), 10000, 3400);
        size = encoder_run(encoder, payload, said + n, n);
        memset(heard, 0, sizeof heard);
        assert_int_equal(decoder_run(decoder, heard, n / 3, payload, size), n / 3);
        assert_int_equal(heard[n / 3], 0);
        assert_int_equal(decoder_run(other, heard + n, n, payload, size), n);
        assert_memory_equal(heard, heard + n, n / 3 * sizeof *heard);
        mem_unref(encoder);
        mem_unref(decoder);
        mem_unref(other);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silence_of_each),
        cmocka_unit_test(no_samples_are_silence),
        cmocka_unit_test(l16_has_the_high_byte_first),
        cmocka_unit_test(sizes_that_are_none_of_the_codec),
        cmocka_unit_test(gsm_frames_are_marked),
        cmocka_unit_test(g729_noise_goes_on_in_pauses),
        cmocka_unit_test(speex_frames_are_found),
        cmocka_unit_test(speex_messages_are_passed_over),
        cmocka_unit_test(speex_layers_are_taken_or_left),
        cmocka_unit_test(no_more_than_there_is_room_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
