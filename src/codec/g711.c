/* g711.c: G.711, a byte a sample. */
#include "codec/private.h"

#include "audio/g711.h"

static size_t ulaw_encode(struct encoder *encoder, uint8_t *out, const int16_t *samples, size_t n)
{
    (void)encoder;
    g711_ulaw_encode(out, samples, n);
    return n;
}

static size_t alaw_encode(struct encoder *encoder, uint8_t *out, const int16_t *samples, size_t n)
{
    (void)encoder;
    g711_alaw_encode(out, samples, n);
    return n;
}

static size_t length(const struct decoder *decoder, const uint8_t *payload, size_t size)
{
    (void)decoder;
    (void)payload;
    return size;
}

static bool ulaw_decode(struct decoder *decoder, int16_t *samples, const uint8_t *payload,
                        size_t size)
{
    (void)decoder;
    g711_ulaw_decode(samples, payload, size);
    return true;
}

static bool alaw_decode(struct decoder *decoder, int16_t *samples, const uint8_t *payload,
                        size_t size)
{
    (void)decoder;
    g711_alaw_decode(samples, payload, size);
    return true;
}

const struct encoder_kind g711_ulaw_encoder = {.run = ulaw_encode};
const struct encoder_kind g711_alaw_encoder = {.run = alaw_encode};
const struct decoder_kind g711_ulaw_decoder = {.length = length, .run = ulaw_decode};
const struct decoder_kind g711_alaw_decoder = {.length = length, .run = alaw_decode};
