/* g729.c: G.729 annexes A and B by bcg729: 10 bytes for each 10 ms, and at the end of a
 * payload, or alone in it, 2 bytes that describe the noise of a pause (RFC 3551, 4.5.6). */
#include "codec/private.h"

#include <bcg729/decoder.h>
#include <bcg729/encoder.h>
#include <errno.h>
#include <string.h>

enum {
    FRAME = 80, /* [samples] */
    BYTES = 10,
    NOISE = 2,  /* [bytes] */
    SETTLE = 8, /* frames of silence after which little is left of what was before */
};

struct g729 {
    bcg729DecoderChannelContextStruct *channel;
    struct rest rest;
};

static int open_encoder(struct encoder *encoder)
{
    if (!codec_room())
        return ENOMEM;
    encoder->state = initBcg729EncoderChannel(0);
    return encoder->state ? 0 : ENOMEM;
}

static void close_encoder(struct encoder *encoder)
{
    if (encoder->state)
        closeBcg729EncoderChannel(encoder->state);
}

static size_t encode(struct encoder *encoder, uint8_t *out, const int16_t *samples, size_t n)
{
    size_t size = 0;

    for (size_t i = 0; i < n / FRAME; i++) {
        uint8_t bytes = 0;
        bcg729Encoder(encoder->state, samples + i * FRAME, out + size, &bytes);
        size += bytes;
    }
    return size;
}

static size_t decoder_size(const struct codec_format *format)
{
    (void)format;
    return sizeof(struct g729);
}

static int open_decoder(struct decoder *decoder)
{
    struct g729 *g729 = decoder->state;

    if (!codec_room())
        return ENOMEM;
    g729->channel = initBcg729DecoderChannel();
    return g729->channel ? 0 : ENOMEM;
}

static void close_decoder(struct decoder *decoder)
{
    struct g729 *g729 = decoder->state;

    if (g729->channel)
        closeBcg729DecoderChannel(g729->channel);
}

static size_t length(const struct decoder *decoder, const uint8_t *payload, size_t size)
{
    size_t left = size % BYTES;

    (void)decoder;
    (void)payload;
    return left == 0 || left == NOISE ? (size / BYTES + (left == NOISE)) * FRAME : 0;
}

static bool decode(struct decoder *decoder, int16_t *samples, const uint8_t *payload, size_t size)
{
    struct g729 *g729 = decoder->state;

    g729->rest.count = 0;
    while (size > 0) {
        uint8_t bytes = size >= BYTES ? BYTES : NOISE;

        bcg729Decoder(g729->channel, payload, bytes, 0, bytes == NOISE, 0, samples);
        payload += bytes;
        size -= bytes;
        samples += FRAME;
    }
    return true;
}

/* bcg729 knows whether it is in a pause, whose noise goes on. */
static void make_up(struct decoder *decoder, int16_t *samples)
{
    struct g729 *g729 = decoder->state;

    bcg729Decoder(g729->channel, NULL, 0, 1, 0, 0, samples);
}

static bool conceal(struct decoder *decoder, int16_t *samples, size_t n, const uint8_t *next,
                    size_t next_size)
{
    struct g729 *g729 = decoder->state;

    (void)next;
    (void)next_size;
    rest_fill(&g729->rest, samples, n, FRAME, make_up, decoder);
    return false;
}

/* bcg729 can only be made anew, which allocates: silence washes the old sound out. */
static void reset(struct decoder *decoder)
{
    static const uint8_t silence[BYTES] = {0x78, 0x52, 0x80, 0xa0, 0x00,
                                           0xfa, 0xc2, 0x00, 0x07, 0xd6};
    int16_t dropped[FRAME];

    for (int i = 0; i < SETTLE; i++)
        decode(decoder, dropped, silence, sizeof silence);
}

const struct encoder_kind g729_encoder = {
    .costly = true, .open = open_encoder, .close = close_encoder, .run = encode};
const struct decoder_kind g729_decoder = {.size = decoder_size,
                                          .open = open_decoder,
                                          .close = close_decoder,
                                          .length = length,
                                          .run = decode,
                                          .conceal = conceal,
                                          .reset = reset};
