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
    SETTLE = 4,      /* frames of silence after which nothing is left of what was before */
    HEAD = 5,        /* [bits] one for wide band and four for the mode */
    LAYER = 4,       /* [bits] one for wide band and three for the mode */
    FRAMES_MAX = CODEC_MS_MAX / MS,
    LAYERS_MAX = 2, /* of wide band on top of a frame */
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

    if (!codec_room())
        return ENOMEM;
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

    if (!codec_room())
        return ENOMEM;
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

/* [bits] of a submode of narrow band, or of the layer above it; 0: there is none such. */
static size_t submode_size(int id, unsigned submode)
{
    int bits = (int)submode;

    speex_mode_query(speex_lib_get_mode(id), SPEEX_SUBMODE_BITS_PER_FRAME, &bits);
    return bits > 0 ? (size_t)bits : 0;
}

static size_t left_of(const struct reader *reader)
{
    return reader->end - reader->at;
}

/* False: it goes on behind the end. */
static bool skip(struct reader *reader, size_t bits)
{
    if (bits > left_of(reader))
        return false;
    reader->at += bits;
    return true;
}

/* What does not hold sound: to the codec, of a size by its number; to the application, of as many
 * bytes as the next five bits say. */
static bool skip_messages(struct reader *reader)
{
    static const unsigned char sizes[16] = {1, 1, 4, 4, 4, 4, 4, 4, 8, 8, 16, 16, 32, 32, 64, 64};

    while (left_of(reader) >= HEAD) {
        unsigned head = peek(reader, HEAD), code;

        if (head != USER && head != INBAND)
            break;
        reader->at += HEAD;
        code = peek(reader, head == USER ? 5 : 4);
        if (!skip(reader, head == USER ? 5 + 8 * (size_t)code : 4 + (size_t)sizes[code]))
            return false;
    }
    return true;
}

static bool at_end(const struct reader *reader)
{
    return left_of(reader) < HEAD || peek(reader, HEAD) == END;
}

/* One frame and the layers on it. */
static bool skip_frame(struct reader *reader)
{
    unsigned head = peek(reader, HEAD);
    size_t bits = head < MODES ? submode_size(SPEEX_MODEID_NB, head) : 0;

    if (bits == 0 || !skip(reader, bits))
        return false;
    for (int layers = 0; left_of(reader) > 0 && peek(reader, 1) == 1; layers++) {
        bits = submode_size(SPEEX_MODEID_WB, peek(reader, LAYER) & 7);
        if (bits == 0 || layers == LAYERS_MAX || !skip(reader, bits))
            return false;
    }
    return true;
}

/* Where [bits] the frames of a payload begin; their number, 0: it is not sound. */
static size_t find_frames(const uint8_t *payload, size_t size, size_t starts[FRAMES_MAX])
{
    struct reader reader = {.bytes = payload, .end = 8 * size};
    size_t count = 0;

    for (;;) {
        if (!skip_messages(&reader))
            return 0;
        if (at_end(&reader))
            return count;
        if (count == FRAMES_MAX)
            return 0;
        starts[count++] = reader.at;
        if (!skip_frame(&reader))
            return 0;
    }
}

static size_t length(const struct decoder *decoder, const uint8_t *payload, size_t size)
{
    size_t starts[FRAMES_MAX];

    if (size > CODEC_BYTES_MAX)
        return 0;
    return find_frames(payload, size, starts) * frame_of(&decoder->format);
}

static bool decode(struct decoder *decoder, int16_t *samples, const uint8_t *payload, size_t size)
{
    struct speex *speex = decoder->state;
    size_t frame = frame_of(&decoder->format), starts[FRAMES_MAX];
    size_t count = find_frames(payload, size, starts);

    speex->rest.count = 0;
    speex_bits_read_from(&speex->bits, (const char *)payload, (int)size);
    for (size_t i = 0; i < count; i++) {
        speex_bits_rewind(&speex->bits);
        speex_bits_advance(&speex->bits, (int)starts[i]);
        if (speex_decode_int(speex->codec, &speex->bits, samples + i * frame))
            return false;
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

/* libspeex keeps the excitation on a reset: silence, of narrow band to either, washes it out. */
static void reset(struct decoder *decoder)
{
    static const uint8_t silence[] = {0x2e, 0x9d, 0x1b, 0x9a, 0x20, 0x00, 0x01, 0x7f, 0xff, 0xff,
                                      0xff, 0xff, 0xff, 0x81, 0x00, 0xbf, 0xff, 0xff, 0xff, 0xff,
                                      0xff, 0xc0, 0x80, 0x5f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xe0,
                                      0x40, 0x2f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xf7};
    struct speex *speex = decoder->state;
    int16_t dropped[FRAME_MAX];

    speex_decoder_ctl(speex->codec, SPEEX_RESET_STATE, NULL);
    for (int i = 0; i < SETTLE; i++)
        decode(decoder, dropped, silence, sizeof silence);
}

const struct encoder_kind speex_encoder = {
    .costly = true, .size = size_of, .open = open_encoder, .close = close_encoder, .run = encode};
const struct decoder_kind speex_decoder = {.size = size_of,
                                           .open = open_decoder,
                                           .close = close_decoder,
                                           .length = length,
                                           .run = decode,
                                           .conceal = conceal,
                                           .reset = reset};
