/* l16.c: samples of 16 bits as they are, the high byte first (RFC 3551, 4.5.11). */
#include "codec/private.h"

#include <assert.h>

static size_t encode(struct encoder *encoder, uint8_t *out, const int16_t *samples, size_t n)
{
    (void)encoder;
    assert(2 * n <= CODEC_BYTES_MAX);
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = (uint8_t)((uint16_t)samples[i] >> 8);
        out[2 * i + 1] = (uint8_t)samples[i];
    }
    return 2 * n;
}

static size_t length(const struct decoder *decoder, const uint8_t *payload, size_t size)
{
    (void)decoder;
    (void)payload;
    return size % 2 == 0 ? size / 2 : 0;
}

static bool decode(struct decoder *decoder, int16_t *samples, const uint8_t *payload, size_t size)
{
    (void)decoder;
    for (size_t i = 0; i < size / 2; i++)
        samples[i] = (int16_t)(payload[2 * i] << 8 | payload[2 * i + 1]);
    return true;
}

const struct encoder_kind l16_encoder = {.run = encode};
const struct decoder_kind l16_decoder = {.length = length, .run = decode};
