/* speex.c: Speex (RFC 5574), frames of 20 ms one behind the other, bit by bit, then padding.
 *
 * libspeex reports what it cannot read on stderr. So a payload is walked through first, by
 * the sizes of its frames, and only what is sound goes to it. */
#include "codec/private.h"

#include <errno.h>
#include <speex/speex.h>
#include <string.h>

enum {
    FRAME_MAX = 320, /* [samples], at 16 kHz */
    MS = 20,         /* [ms] of a frame */
    QUALITY = 8,     /* of 10: 27.8 kbit/s wide, 15 kbit/s narrow */
    HEAD = 5,        /* [bits] one for wide band and four for the mode */
    LAYER = 4,       /* [bits] one for wide band and three for the mode */
    LAYERS_MAX = 2,  /* of wide band on top of a frame */
    MODES = 9,
    USER = 13, /* no sound: a message to the application, to the codec, the end */
    INBAND = 14,
    END = 15,
};

struct speex {
    void *codec; /* NULL: none */
    SpeexBits bits;
    char bytes[CODEC_BYTES_MAX + 64];
    struct rest rest; /* of a decoder */
};

/* The bits of a payload, read from the first on. */
struct reader {
    const uint8_t *bytes;
    size_t at, end; /* [bits] */
};

static const SpeexMode *mode_of(const struct codec_format *format)
{
    return speex_lib_get_mode(format->rate == 16000 ? SPEEX_MODEID_WB : SPEEX_MODEID_NB);
}

static size_t frame_of(const struct codec_format *format)
{
    return format->rate * MS / 1000;
}

static size_t size_of(const struct codec_format *format)
{
    (void)format;
    return sizeof(struct speex);
}

static int open_encoder(struct encoder *encoder)
{
    struct speex *speex = encoder->state;
    int quality = QUALITY;

    speex->codec = speex_encoder_init(mode_of(&encoder->format));
    if (!speex->codec)
        return ENOMEM;
    speex_encoder_ctl(speex->codec, SPEEX_SET_QUALITY, &quality);
    speex_bits_init_buffer(&speex->bits, speex->bytes, sizeof speex->bytes);
    return 0;
}

static void close_encoder(struct encoder *encoder)
{
    struct speex *speex = encoder->state;

    if (speex->codec)
        speex_encoder_destroy(speex->codec);
}

static size_t encode(struct encoder *encoder, uint8_t *out, const int16_t *samples, size_t n)
{
    struct speex *speex = encoder->state;
    size_t frame = frame_of(&encoder->format);
    int16_t copy[FRAME_MAX]; /* libspeex works on its input */

    speex_bits_reset(&speex->bits);
    for (size_t i = 0; i < n / frame; i++) {
        memcpy(copy, samples + i * frame, frame * sizeof *copy);
        speex_encode_int(speex->codec, copy, &speex->bits);
    }
    return (size_t)speex_bits_write(&speex->bits, (char *)out, CODEC_BYTES_MAX);
}

static int open_decoder(struct decoder *decoder)
{
    struct speex *speex = decoder->state;

    speex->codec = speex_decoder_init(mode_of(&decoder->format));
    if (!speex->codec)
        return ENOMEM;
    speex_bits_init_buffer(&speex->bits, speex->bytes, sizeof speex->bytes);
    return 0;
}

static void close_decoder(struct decoder *decoder)
{
    struct speex *speex = decoder->state;

    if (speex->codec)
        speex_decoder_destroy(speex->codec);
}

/* The next n bits as a number; zeros behind the end. */
static unsigned peek(const struct reader *reader, unsigned n)
{
    unsigned value = 0;

    for (size_t at = reader->at; n-- > 0; at++) {
        value <<= 1;
        if (at < reader->end)
            value |= reader->bytes[at / 8] >> (7 - at % 8) & 1u;
    }
    return value;
}

/* [bits] of a message to the codec, by its number, and of its head. */
static size_t message_size(unsigned number)
{
    static const unsigned char sizes[16] = {1, 1, 4, 4, 4, 4, 4, 4, 8, 8, 16, 16, 32, 32, 64, 64};
    return HEAD + 4 + sizes[number];
}

/* [bits] of a submode of narrow band, or of the layer above it; 0: there is none such. */
static size_t submode_size(int id, unsigned submode)
{
    int bits = (int)submode;

    speex_mode_query(speex_lib_get_mode(id), SPEEX_SUBMODE_BITS_PER_FRAME, &bits);
    return bits > 0 ? (size_t)bits : 0;
}

/* What does not hold sound. False: it goes on behind the end. */
static bool skip_messages(struct reader *reader)
{
    while (reader->end - reader->at >= HEAD) {
        unsigned head = peek(reader, HEAD), code;

        if (head != USER && head != INBAND)
            break;
        reader->at += HEAD;
        code = peek(reader, 4);
        reader->at -= HEAD;
        reader->at += head == INBAND ? message_size(code) : HEAD + 4 + 8 * (size_t)code;
        if (reader->at > reader->end)
            return false;
    }
    return true;
}

static bool at_end(const struct reader *reader)
{
    return reader->end - reader->at < HEAD || peek(reader, HEAD) == END;
}

/* One frame and the layers on it. */
static bool skip_frame(struct reader *reader)
{
    unsigned head = peek(reader, HEAD);
    int layers = 0;
    size_t bits;

    bits = head < MODES ? submode_size(SPEEX_MODEID_NB, head) : 0;
    if (bits == 0 || bits > reader->end - reader->at)
        return false;
    reader->at += bits;
    while (reader->end - reader->at >= LAYER && peek(reader, 1) == 1) {
        bits = submode_size(SPEEX_MODEID_WB, peek(reader, LAYER) & 7);
        if (bits == 0 || bits > reader->end - reader->at || ++layers > LAYERS_MAX)
            return false;
        reader->at += bits;
    }
    return true;
}

/* Frames in a payload; 0: it is not sound. */
static size_t count_frames(const uint8_t *payload, size_t size)
{
    struct reader reader = {.bytes = payload, .end = 8 * size};
    size_t count = 0;

    for (;;) {
        if (!skip_messages(&reader))
            return 0;
        if (at_end(&reader))
            return count;
        if (!skip_frame(&reader))
            return 0;
        count++;
    }
}

static size_t length(const struct decoder *decoder, const uint8_t *payload, size_t size)
{
    if (size > CODEC_BYTES_MAX)
        return 0;
    return count_frames(payload, size) * frame_of(&decoder->format);
}

static bool decode(struct decoder *decoder, int16_t *samples, const uint8_t *payload, size_t size)
{
    struct speex *speex = decoder->state;
    size_t frame = frame_of(&decoder->format);

    speex->rest.count = 0;
    speex_bits_read_from(&speex->bits, (const char *)payload, (int)size);
    for (size_t left = count_frames(payload, size); left > 0; left--) {
        if (speex_decode_int(speex->codec, &speex->bits, samples))
            return false;
        samples += frame;
    }
    return true;
}

static void make_up(struct decoder *decoder, int16_t *samples)
{
    struct speex *speex = decoder->state;

    speex_decode_int(speex->codec, NULL, samples);
}

static bool conceal(struct decoder *decoder, int16_t *samples, size_t n, const uint8_t *next,
                    size_t next_size)
{
    struct speex *speex = decoder->state;

    (void)next;
    (void)next_size;
    rest_fill(&speex->rest, samples, n, frame_of(&decoder->format), make_up, decoder);
    return false;
}

static void reset(struct decoder *decoder)
{
    struct speex *speex = decoder->state;

    speex->rest.count = 0;
    speex_decoder_ctl(speex->codec, SPEEX_RESET_STATE, NULL);
}

const struct encoder_kind speex_encoder = {
    .size = size_of, .open = open_encoder, .close = close_encoder, .run = encode};
const struct decoder_kind speex_decoder = {.size = size_of,
                                           .open = open_decoder,
                                           .close = close_decoder,
                                           .length = length,
                                           .run = decode,
                                           .conceal = conceal,
                                           .reset = reset};
