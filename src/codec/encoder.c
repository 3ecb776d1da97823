/* encoder.c: sound to payloads, by the codec's own operations. */
#include "codec/private.h"

#include "audio/frame.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <stdalign.h>

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

/* The encoder, its state and what it keeps of silence are one piece of memory. */
static struct encoder *make(const struct encoder_kind *kind, const struct codec_format *format)
{
    size_t align = alignof(struct quiet), size = kind->size ? kind->size(format) : 0, behind;
    struct encoder *encoder;

    behind = (sizeof *encoder + size + align - 1) / align * align;
    encoder = mem_alloc(behind + (kind->costly ? sizeof(struct quiet) : 0), encoder_destroy);
    if (!encoder)
        return NULL;
    encoder->kind = kind;
    encoder->format = *format;
    encoder->format.rate = codec_rate(format);
    encoder->state = size ? encoder + 1 : NULL;
    encoder->quiet = kind->costly ? (void *)((char *)encoder + behind) : NULL;
    return encoder;
}

int encoder_alloc(struct encoder **encoderp, const struct codec_format *format)
{
    struct encoder *encoder;
    int err;

    if (!codec_known(format))
        return EINVAL;
    encoder = make(kinds[format->codec], format);
    if (!encoder)
        return ENOMEM;
    err = encoder->kind->open ? encoder->kind->open(encoder) : 0;
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
    if (encoder->quiet && (!samples || frame_silent(samples, n, 0)))
        return quiet_run(encoder, out, n);
    quiet_end(encoder);
    return encoder->kind->run(encoder, out, samples ? samples : codec_silence, n);
}

void encoder_effort(struct encoder *encoder, unsigned complexity)
{
    quiet_end(encoder);
    if (encoder->kind->effort)
        encoder->kind->effort(encoder, complexity);
}

void encoder_expect_loss(struct encoder *encoder, unsigned percent)
{
    quiet_end(encoder);
    if (encoder->kind->expect_loss)
        encoder->kind->expect_loss(encoder, percent);
}

void encoder_bandwidth(struct encoder *encoder, unsigned rate)
{
    quiet_end(encoder);
    if (encoder->kind->bandwidth)
        encoder->kind->bandwidth(encoder, rate);
}
