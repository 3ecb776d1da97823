/* Any bytes into every decoder: no crash, never more samples than there is room for, and always as
 * many as were told before. */
#include "codec_rig.h"

static const struct codec_format formats[] = {
    {.codec = CODEC_PCMU},
    {.codec = CODEC_PCMA},
    {.codec = CODEC_G722},
    {.codec = CODEC_G729},
    {.codec = CODEC_GSM},
    {.codec = CODEC_SPEEX, .rate = 8000},
    {.codec = CODEC_SPEEX, .rate = 16000},
    {.codec = CODEC_L16, .rate = 8000},
    {.codec = CODEC_L16, .rate = 48000},
    {.codec = CODEC_OPUS, .rate = 8000},
    {.codec = CODEC_OPUS, .rate = 16000},
    {.codec = CODEC_OPUS, .rate = 48000},
};

enum {
    FORMATS = sizeof formats / sizeof *formats,
    SIZE_MAX_TRIED = 1500,
    MOST = CODEC_RATE_MAX * CODEC_MS_MAX / 1000,
    GUARD = 64,
    MARK = 0x5a5a,
    RANDOM = 12000, /* payloads a format */
    MUTATED = 12000
};

static int16_t samples[MOST + GUARD];

/* Decodes into room for `most`, behind which nothing may change. A copy on the heap, so that the
 * sanitizer sees a byte too far. */
static void feed(struct decoder *decoder, unsigned rate, const uint8_t *bytes, size_t size,
                 size_t most)
{
    uint8_t *payload = malloc(size ? size : 1);
    size_t told, got;

    memcpy(payload, bytes, size);
    for (size_t i = 0; i < GUARD; i++)
        samples[most + i] = MARK;
    told = decoder_length(decoder, payload, size);
    assert_true(told <= (size_t)rate * CODEC_MS_MAX / 1000);
    got = decoder_run(decoder, samples, most, payload, size);
    assert_true(got == 0 || got == (told < most ? told : most));
    for (size_t i = 0; i < GUARD; i++)
        assert_int_equal(samples[most + i], MARK);
    free(payload);
}

/* Now and then something is lost, and made up or told by what comes next; or all begins anew. */
static void between(struct decoder *decoder, unsigned rate, const uint8_t *next, size_t size)
{
    unsigned ms = 10 + rig_random() % 6 * 10;

    if (rig_random() % 8 == 0)
        decoder_conceal(decoder, samples, rate / 1000 * ms, rig_random() % 2 ? next : NULL, size);
    if (rig_random() % 1000 == 0)
        decoder_reset(decoder);
}

static void random_bytes(void **state)
{
    uint8_t bytes[SIZE_MAX_TRIED];

    (void)state;
    rig_state = 11;
    for (size_t f = 0; f < FORMATS; f++) {
        unsigned rate = codec_rate(&formats[f]);
        struct decoder *decoder = rig_decoder(formats[f]);
        for (int i = 0; i < RANDOM; i++) {
            size_t size = rig_random() % (i % 4 ? 80 : SIZE_MAX_TRIED + 1);
            for (size_t k = 0; k < size; k++)
                bytes[k] = (uint8_t)rig_random();
            between(decoder, rate, bytes, size);
            feed(decoder, rate, bytes, size, i % 16 ? MOST : rig_random() % MOST);
        }
        mem_unref(decoder);
    }
}

static void every_size(void **state)
{
    uint8_t bytes[SIZE_MAX_TRIED];

    (void)state;
    for (size_t f = 0; f < FORMATS; f++) {
        unsigned rate = codec_rate(&formats[f]);
        struct decoder *decoder = rig_decoder(formats[f]);
        static const uint8_t fills[] = {0, 0xff, 0xd5, 0xdb};
        for (size_t size = 0; size <= SIZE_MAX_TRIED; size++) {
            memset(bytes, fills[size % sizeof fills], sizeof bytes);
            feed(decoder, rate, bytes, size, MOST);
        }
        mem_unref(decoder);
    }
}

/* Bits turned over, an end cut off or put on. */
static size_t mutate(uint8_t *bytes, size_t size)
{
    for (unsigned i = rig_random() % 4; i > 0 && size > 0; i--)
        bytes[rig_random() % size] ^= (uint8_t)(1u << rig_random() % 8);
    if (rig_random() % 4 == 0)
        size = rig_random() % (size + 1);
    if (rig_random() % 8 == 0)
        for (unsigned i = rig_random() % 20; i > 0 && size < SIZE_MAX_TRIED; i--)
            bytes[size++] = (uint8_t)rig_random();
    return size;
}

static void mutated_payloads(void **state)
{
    static int16_t said[RIG_SAMPLES];
    uint8_t bytes[SIZE_MAX_TRIED];

    (void)state;
    for (size_t f = 0; f < FORMATS; f++) {
        unsigned rate = codec_rate(&formats[f]);
        struct encoder *encoder = rig_encoder(formats[f]);
        struct decoder *decoder = rig_decoder(formats[f]);
        rig_speech(said, rate, 10000, 3400);
        encoder_effort(encoder, 0);
        for (int i = 0; i < MUTATED; i++) {
            unsigned ms = codec_ptime(&formats[f], i % 5 ? 20 : rig_random() % 61);
            size_t n = rate / 1000 * ms, at = rig_random() % (RIG_SECONDS * rate - n);
            size_t size = encoder_run(encoder, bytes, said + at, n);
            size = mutate(bytes, size);
            between(decoder, rate, bytes, size);
            feed(decoder, rate, bytes, size, MOST);
        }
        mem_unref(encoder);
        mem_unref(decoder);
    }
}

/* Full scale noise: no encoder minds. */
static void loudest_sound(void **state)
{
    static int16_t loud[CODEC_RATE_MAX * 60 / 1000];
    uint8_t payload[CODEC_BYTES_MAX];

    (void)state;
    rig_state = 5;
    for (size_t f = 0; f < FORMATS; f++) {
        unsigned rate = codec_rate(&formats[f]);
        struct encoder *encoder = rig_encoder(formats[f]);
        struct decoder *decoder = rig_decoder(formats[f]);
        for (int i = 0; i < 200; i++) {
            size_t n = rate / 1000 * codec_ptime(&formats[f], rig_random() % 61), size;
            for (size_t k = 0; k < n; k++)
                loud[k] = rig_random() & 64 ? INT16_MAX : INT16_MIN;
            size = encoder_run(encoder, payload, loud, n);
            assert_true(size > 0 && size <= CODEC_BYTES_MAX);
            feed(decoder, rate, payload, size, MOST);
        }
        mem_unref(encoder);
        mem_unref(decoder);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_bytes),
        cmocka_unit_test(every_size),
        cmocka_unit_test(mutated_payloads),
        cmocka_unit_test(loudest_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
