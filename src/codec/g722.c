/* g722.c: G.722 at 64 kbit/s by SpanDSP: a byte for two samples of 16 kHz. */
#include "codec/private.h"

#include <errno.h>
#include <spandsp/telephony.h>
#include <spandsp/g722.h>

enum { BIT_RATE = 64000 };

static int open_encoder(struct encoder *encoder)
{
    encoder->state = g722_encode_init(NULL, BIT_RATE, 0);
    return encoder->state ? 0 : ENOMEM;
}

static void close_encoder(struct encoder *encoder)
{
    if (encoder->state)
        g722_encode_free(encoder->state);
}

static size_t encode(struct encoder *encoder, uint8_t *out, const int16_t *samples, size_t n)
{
    return (size_t)g722_encode(encoder->state, out, samples, (int)n);
}

static int open_decoder(struct decoder *decoder)
{
    decoder->state = g722_decode_init(NULL, BIT_RATE, 0);
    return decoder->state ? 0 : ENOMEM;
}

static void close_decoder(struct decoder *decoder)
{
    if (decoder->state)
        g722_decode_free(decoder->state);
}

static size_t length(const struct decoder *decoder, const uint8_t *payload, size_t size)
{
    (void)decoder;
    (void)payload;
    return 2 * size;
}

static bool decode(struct decoder *decoder, int16_t *samples, const uint8_t *payload, size_t size)
{
    return g722_decode(decoder->state, samples, payload, (int)size) == (int)(2 * size);
}

static void reset(struct decoder *decoder)
{
    g722_decode_init(decoder->state, BIT_RATE, 0);
}

const struct encoder_kind g722_encoder = {
    .costly = true, .open = open_encoder, .close = close_encoder, .run = encode};
const struct decoder_kind g722_decoder = {
    .open = open_decoder, .close = close_decoder, .length = length, .run = decode, .reset = reset};
