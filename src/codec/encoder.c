/* encoder.c: sound to payloads. */
#include "audio/g711.h"
#include "base/mem.h"
#include "codec/codec.h"

#include <errno.h>
#include <string.h>

struct encoder {
    struct codec_format format;
};

int encoder_alloc(struct encoder **encoderp, const struct codec_format *format)
{
    struct encoder *encoder;

    if (format->codec != CODEC_PCMU && format->codec != CODEC_PCMA)
        return EINVAL;
    encoder = mem_alloc(sizeof *encoder, NULL);
    if (!encoder)
        return ENOMEM;
    encoder->format = *format;
    *encoderp = encoder;
    return 0;
}

size_t encoder_run(struct encoder *encoder, uint8_t out[CODEC_BYTES_MAX], const int16_t *samples,
                   size_t n)
{
    bool ulaw = encoder->format.codec == CODEC_PCMU;

    if (!samples)
        memset(out, ulaw ? G711_ULAW_SILENCE : G711_ALAW_SILENCE, n);
    else if (ulaw)
        g711_ulaw_encode(out, samples, n);
    else
        g711_alaw_encode(out, samples, n);
    return n;
}

void encoder_effort(struct encoder *encoder, unsigned complexity)
{
    (void)encoder;
    (void)complexity;
}

void encoder_expect_loss(struct encoder *encoder, unsigned percent)
{
    (void)encoder;
    (void)percent;
}

void encoder_bandwidth(struct encoder *encoder, unsigned rate)
{
    (void)encoder;
    (void)rate;
}
