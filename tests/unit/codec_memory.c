/* What an encoder and a decoder cost in memory: small for G.711, nothing while they run, and all of
 * it given back, also when there is not enough. */
#include "codec_rig.h"

#include <errno.h>
#include <malloc.h>

/* ASan has its own; there nothing is counted. */
#ifdef __SANITIZE_ADDRESS__
enum { COUNTED = 0 };
static long left = -1;
static unsigned calls;
#else
enum { COUNTED = 1 };
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *old, size_t size);

static long left = -1; /* calls until one fails; below 0: none does */
static unsigned calls;

static bool refused(void)
{
    calls++;
    return left >= 0 && left-- == 0;
}

void *malloc(size_t size)
{
    return refused() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return refused() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    return refused() ? NULL : __libc_realloc(old, size);
}
#endif

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
    {.codec = CODEC_OPUS, .rate = 8000, .fec = true},
    {.codec = CODEC_OPUS, .rate = 16000, .dtx = true},
    {.codec = CODEC_OPUS, .rate = 48000, .cbr = true},
};

enum { FORMATS = sizeof formats / sizeof *formats };

static int16_t said[RIG_SAMPLES];

static void use(struct encoder *encoder, struct decoder *decoder, const struct codec_format *format)
{
    unsigned rate = codec_rate(format);
    size_t n = rate / 1000 * codec_ptime(format, 20);
    static int16_t heard[CODEC_RATE_MAX * CODEC_MS_MAX / 1000];
    uint8_t payload[CODEC_BYTES_MAX];

    for (size_t i = 0; i < 100; i++) {
        size_t size = encoder_run(encoder, payload, i % 7 ? said + i * n : NULL, n);
        encoder_expect_loss(encoder, (unsigned)i % 30);
        encoder_bandwidth(encoder, i % 40 < 20 ? 8000 : 48000);
        encoder_effort(encoder, (unsigned)i / 10);
        if (i % 9 == 8)
            decoder_conceal(decoder, heard, n, size ? payload : NULL, size);
        else if (size)
            decoder_run(decoder, heard, i % 5 ? n : n / 2, payload, size);
        if (i % 31 == 30)
            decoder_reset(decoder);
    }
}

static void running_allocates_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < FORMATS; i++) {
        struct encoder *encoder = rig_encoder(formats[i]);
        struct decoder *decoder = rig_decoder(formats[i]);
        unsigned before;
        rig_speech(said, codec_rate(&formats[i]), 10000, 3400);
        before = calls;
        assert_int_equal(calls > 0, COUNTED);
        use(encoder, decoder, &formats[i]);
        if (calls != before)
            fail_msg("%s: %u calls", codec_name(formats[i].codec), calls - before);
        mem_unref(encoder);
        mem_unref(decoder);
    }
}

/* Two libraries do not look whether they got memory: there only what is asked before. */
static long refusals_of(const struct codec_format *format)
{
    return format->codec == CODEC_G729 || format->codec == CODEC_SPEEX ? 2 : 100;
}

static void without_memory_nothing_is_made(void **state)
{
    (void)state;
    for (size_t i = 0; i < FORMATS && COUNTED; i++) {
        size_t alive = mem_alive();
        unsigned refusals[2] = {0};
        for (int way = 0; way < 2; way++)
            for (long nth = 0; nth < refusals_of(&formats[i]); nth++) {
                struct encoder *encoder = NULL;
                struct decoder *decoder = NULL;
                int err;
                left = nth;
                err = way ? decoder_alloc(&decoder, &formats[i])
                          : encoder_alloc(&encoder, &formats[i]);
                left = -1;
                mem_unref(encoder);
                mem_unref(decoder);
                assert_int_equal(mem_alive(), alive);
                if (!err)
                    break;
                assert_int_equal(err, ENOMEM);
                refusals[way]++;
            }
        assert_true(refusals[0] >= 1 && refusals[1] >= 1);
    }
}

static void g711_is_small(void **state)
{
    struct encoder *encoder = rig_encoder(formats[0]);
    struct decoder *decoder = rig_decoder(formats[0]);
    const size_t head = 32; /* of mem_alloc() */

    (void)state;
    if (COUNTED) {
        assert_true(malloc_usable_size((char *)encoder - head) <= 64 + head);
        assert_true(malloc_usable_size((char *)decoder - head) <= 1200);
    }
    mem_unref(encoder);
    mem_unref(decoder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(running_allocates_nothing),
        cmocka_unit_test(without_memory_nothing_is_made),
        cmocka_unit_test(g711_is_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
