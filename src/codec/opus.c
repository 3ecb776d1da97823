/* opus.c: Opus (RFC 6716) as RFC 7587 puts it in packets; always mono here: what comes in
 * stereo is mixed down. */
#include "codec/private.h"

#include <errno.h>
#include <opus.h>

enum {
    EFFORT = 5,
    EFFORT_MAX = 10,
    BITRATE_MIN = 6000, /* [bit/s] RFC 7587, 6.1 */
    BITRATE_MAX = 510000,
    LOSS_MAX = 100, /* [%] */
    FRAMES = 48,    /* in one packet */
    PART = 400,     /* pieces of a second that sound is made up in: 2.5 ms */
    PAUSE = 2,      /* [bytes] up to which a payload need not be sent */
};

/* What 0 means in a format: telephone band, wide band, all of it; and half as much again for what
 * is told twice, which libopus leaves out where it has not bits enough. */
static int bitrate_for(const struct codec_format *format, int bandwidth, bool twice)
{
    unsigned bitrate = format->bitrate;

    if (bitrate == 0)
        bitrate = bandwidth == OPUS_BANDWIDTH_NARROWBAND ? 16000
                  : bandwidth == OPUS_BANDWIDTH_WIDEBAND ? 24000
                                                         : 32000;
    if (format->bitrate == 0 && twice)
        bitrate += bitrate / 2;
    return bitrate < BITRATE_MIN ? BITRATE_MIN : bitrate > BITRATE_MAX ? BITRATE_MAX : (int)bitrate;
}

static int bandwidth_for(unsigned rate)
{
    return rate <= 8000    ? OPUS_BANDWIDTH_NARROWBAND
           : rate <= 16000 ? OPUS_BANDWIDTH_WIDEBAND
           : rate <= 24000 ? OPUS_BANDWIDTH_SUPERWIDEBAND
                           : OPUS_BANDWIDTH_FULLBAND;
}

static size_t encoder_size(const struct codec_format *format)
{
    (void)format;
    return (size_t)opus_encoder_get_size(1);
}

/* By what else was set. */
static void set_bitrate(struct encoder *encoder)
{
    opus_int32 bandwidth = OPUS_BANDWIDTH_FULLBAND, fec = 0;

    opus_encoder_ctl(encoder->state, OPUS_GET_MAX_BANDWIDTH(&bandwidth));
    opus_encoder_ctl(encoder->state, OPUS_GET_INBAND_FEC(&fec));
    opus_encoder_ctl(encoder->state,
                     OPUS_SET_BITRATE(bitrate_for(&encoder->format, (int)bandwidth, fec)));
}

static void set_bandwidth(struct encoder *encoder, unsigned rate)
{
    if (rate > encoder->format.rate)
        rate = encoder->format.rate;
    opus_encoder_ctl(encoder->state, OPUS_SET_MAX_BANDWIDTH(bandwidth_for(rate)));
    set_bitrate(encoder);
}

static void set_effort(struct encoder *encoder, unsigned complexity)
{
    int effort = complexity < EFFORT_MAX ? (int)complexity : EFFORT_MAX;

    opus_encoder_ctl(encoder->state, OPUS_SET_COMPLEXITY(effort));
}

/* FEC costs bits, so it is on only where it was asked for and there is loss. */
static void set_loss(struct encoder *encoder, unsigned percent)
{
    int loss = percent < LOSS_MAX ? (int)percent : LOSS_MAX;

    opus_encoder_ctl(encoder->state, OPUS_SET_PACKET_LOSS_PERC(loss));
    opus_encoder_ctl(encoder->state, OPUS_SET_INBAND_FEC(encoder->format.fec && loss > 0));
    set_bitrate(encoder);
}

static int open_encoder(struct encoder *encoder)
{
    const struct codec_format *format = &encoder->format;

    if (opus_encoder_init(encoder->state, (opus_int32)format->rate, 1, OPUS_APPLICATION_VOIP))
        return EINVAL;
    opus_encoder_ctl(encoder->state, OPUS_SET_VBR(!format->cbr));
    opus_encoder_ctl(encoder->state, OPUS_SET_DTX(format->dtx));
    set_effort(encoder, EFFORT);
    set_bandwidth(encoder, format->rate);
    return 0;
}

static size_t encode(struct encoder *encoder, uint8_t *out, const int16_t *samples, size_t n)
{
    int size = opus_encode(encoder->state, samples, (int)n, out, CODEC_BYTES_MAX);

    if (size <= 0 || (encoder->format.dtx && size <= PAUSE))
        return 0;
    return (size_t)size;
}

static size_t decoder_size(const struct codec_format *format)
{
    (void)format;
    return (size_t)opus_decoder_get_size(1);
}

static int open_decoder(struct decoder *decoder)
{
    return opus_decoder_init(decoder->state, (opus_int32)decoder->format.rate, 1) ? EINVAL : 0;
}

/* By the first byte and the sizes of the frames, which must fit the payload. */
static size_t length(const struct decoder *decoder, const uint8_t *payload, size_t size)
{
    const unsigned char *frames[FRAMES];
    opus_int16 sizes[FRAMES];
    int each, count;

    count = opus_packet_parse(payload, (opus_int32)size, NULL, frames, sizes, NULL);
    each = opus_packet_get_samples_per_frame(payload, (opus_int32)decoder->format.rate);
    return count > 0 ? (size_t)count * (size_t)each : 0;
}

static bool decode(struct decoder *decoder, int16_t *samples, const uint8_t *payload, size_t size)
{
    int most = (int)codec_most(&decoder->format);

    return opus_decode(decoder->state, payload, (opus_int32)size, samples, most, 0) > 0;
}

/* Whether a payload tells once more what the one before it told (RFC 6716, 4.2.3 and 4.2.4):
 * a frame of SILK begins with a bit of activity for each 20 ms in it and a bit for this, and
 * so again for the side channel of stereo. */
static bool has_fec(const uint8_t *payload, size_t size)
{
    const unsigned char *frames[FRAMES];
    opus_int16 sizes[FRAMES];
    int each, parts;
    bool fec;

    if (size == 0 || payload[0] & 0x80) /* CELT */
        return false;
    if (opus_packet_parse(payload, (opus_int32)size, NULL, frames, sizes, NULL) <= 0 ||
        sizes[0] == 0)
        return false;
    each = opus_packet_get_samples_per_frame(payload, 1000);
    parts = each <= 20 ? 1 : each / 20;
    fec = frames[0][0] >> (7 - parts) & 1;
    if (opus_packet_get_nb_channels(payload) == 2)
        fec = fec || (frames[0][0] >> (6 - 2 * parts) & 1);
    return fec;
}

/* libopus makes up whole pieces of 2.5 ms only; what is missing to the last one is the
 * sample before it, which the caller hears for less than that. */
static bool conceal(struct decoder *decoder, int16_t *samples, size_t n, const uint8_t *next,
                    size_t next_size)
{
    size_t part = decoder->format.rate / PART, whole = n / part * part;
    bool fec = next && whole > 0 && has_fec(next, next_size);
    int got = OPUS_BAD_ARG;

    if (fec)
        got = opus_decode(decoder->state, next, (opus_int32)next_size, samples, (int)whole, 1);
    if (got <= 0 && whole > 0) {
        fec = false;
        got = opus_decode(decoder->state, NULL, 0, samples, (int)whole, 0);
    }
    for (size_t i = got > 0 ? (size_t)got : 0; i < n; i++)
        samples[i] = i > 0 ? samples[i - 1] : 0;
    return fec;
}

static void reset(struct decoder *decoder)
{
    opus_decoder_ctl(decoder->state, OPUS_RESET_STATE);
}

const struct encoder_kind opus_kind_encoder = {.costly = true,
                                               .size = encoder_size,
                                               .open = open_encoder,
                                               .run = encode,
                                               .effort = set_effort,
                                               .expect_loss = set_loss,
                                               .bandwidth = set_bandwidth};
const struct decoder_kind opus_kind_decoder = {.size = decoder_size,
                                               .open = open_decoder,
                                               .length = length,
                                               .run = decode,
                                               .conceal = conceal,
                                               .reset = reset};
