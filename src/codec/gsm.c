/* gsm.c: GSM full rate by libgsm: 33 bytes for each 20 ms, marked by their first four bits
 * (RFC 3551, 4.5.8). */
#include "codec/private.h"

#include <errno.h>
#include <gsm.h>
#include <string.h>

enum {
    FRAME = 160, /* [samples] */
    BYTES = 33,
    SETTLE = 4, /* frames of silence after which nothing is left of what was before */
};

static int open_encoder(struct encoder *encoder)
{
    encoder->state = gsm_create();
    return encoder->state ? 0 : ENOMEM;
}

static void close_encoder(struct encoder *encoder)
{
    if (encoder->state)
        gsm_destroy(encoder->state);
}

static size_t encode(struct encoder *encoder, uint8_t *out, const int16_t *samples, size_t n)
{
    gsm_signal frame[FRAME]; /* libgsm does not say that it leaves its input alone */
    size_t count = n / FRAME;

    for (size_t i = 0; i < count; i++) {
        memcpy(frame, samples + i * FRAME, sizeof frame);
        gsm_encode(encoder->state, frame, out + i * BYTES);
    }
    return count * BYTES;
}

static int open_decoder(struct decoder *decoder)
{
    decoder->state = gsm_create();
    return decoder->state ? 0 : ENOMEM;
}

static void close_decoder(struct decoder *decoder)
{
    if (decoder->state)
        gsm_destroy(decoder->state);
}

static size_t length(const struct decoder *decoder, const uint8_t *payload, size_t size)
{
    (void)decoder;
    if (size % BYTES != 0)
        return 0;
    for (size_t i = 0; i < size; i += BYTES)
        if (payload[i] >> 4 != GSM_MAGIC)
            return 0;
    return size / BYTES * FRAME;
}

static bool decode(struct decoder *decoder, int16_t *samples, const uint8_t *payload, size_t size)
{
    gsm_frame frame; /* nor of the payload */

    for (size_t i = 0; i < size / BYTES; i++) {
        memcpy(frame, payload + i * BYTES, sizeof frame);
        if (gsm_decode(decoder->state, frame, samples + i * FRAME))
            return false;
    }
    return true;
}

/* libgsm can only be made anew, which allocates: silence washes the old sound out. */
static void reset(struct decoder *decoder)
{
    static const uint8_t silence[BYTES] = {0xd8, 0x20, 0xa2, 0xe1, 0x5a, 0x50, 0x00, 0x49, 0x24,
                                           0x92, 0x49, 0x24, 0x50, 0x00, 0x49, 0x24, 0x92, 0x49,
                                           0x24, 0x50, 0x00, 0x49, 0x24, 0x92, 0x49, 0x24, 0x50,
                                           0x00, 0x49, 0x24, 0x92, 0x49, 0x24};
    int16_t dropped[FRAME];

    for (int i = 0; i < SETTLE; i++)
        decode(decoder, dropped, silence, sizeof silence);
}

const struct encoder_kind gsm_encoder = {
    .costly = true, .open = open_encoder, .close = close_encoder, .run = encode};
const struct decoder_kind gsm_decoder = {
    .open = open_decoder, .close = close_decoder, .length = length, .run = decode, .reset = reset};
