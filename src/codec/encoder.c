/* encoder.c: sound to payloads, by the codec's own operations. */
#include "codec/private.h"

#include "base/mem.h"

#include <assert.h>
#include <errno.h>

static const struct encoder_kind *const kinds[CODEC_COUNT] = {
    [CODEC_PCMU] = &g711_ulaw_encoder, [CODEC_PCMA] = &g711_alaw_encoder,
    [CODEC_G722] = &g722_encoder,      [CODEC_G729] = &g729_encoder,
    [CODEC_GSM] = &gsm_encoder,        [CODEC_SPEEX] = &speex_encoder,
    [CODEC_L16] = &l16_encoder,        [CODEC_OPUS] = &opus_kind_encoder,
};

const int16_t codec_silence[CODEC_RATE_MAX * 60 / 1000];

static void encoder_destroy(void *obj)
{
    struct encoder *encoder = obj;

    if (encoder->kind->close)
        encoder->kind->close(encoder);
}

int encoder_alloc(struct encoder **encoderp, const struct codec_format *format)
{
    const struct encoder_kind *kind;
    struct encoder *encoder;
    size_t size;
    int err;

    if (!codec_known(format))
        return EINVAL;
    kind = kinds[format->codec];
    size = kind->size ? kind->size(format) : 0;
    encoder = mem_alloc(sizeof *encoder + size, encoder_destroy);
    if (!encoder)
        return ENOMEM;
    encoder->kind = kind;
    encoder->format = *format;
    encoder->format.rate = codec_rate(format);
    encoder->state = size ? encoder + 1 : NULL;
    err = kind->open ? kind->open(encoder) : 0;
    if (err) {
        mem_unref(encoder);
        return err;
    }
    *encoderp = encoder;
    return 0;
}

size_t encoder_run(struct encoder *encoder, uint8_t out[CODEC_BYTES_MAX], const int16_t *samples,
                   size_t n)
{
    assert(n > 0 && n <= encoder->format.rate * 60 / 1000);
    return encoder->kind->run(encoder, out, samples ? samples : codec_silence, n);
}

void encoder_effort(struct encoder *encoder, unsigned complexity)
{
    if (encoder->kind->effort)
        encoder->kind->effort(encoder, complexity);
}

void encoder_expect_loss(struct encoder *encoder, unsigned percent)
{
    if (encoder->kind->expect_loss)
        encoder->kind->expect_loss(encoder, percent);
}

void encoder_bandwidth(struct encoder *encoder, unsigned rate)
{
    if (encoder->kind->bandwidth)
        encoder->kind->bandwidth(encoder, rate);
}
