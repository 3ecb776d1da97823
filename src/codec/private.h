/* private.h: what one codec has to bring: a row of operations, one file each. Private to
 * src/codec. */
#ifndef OFFHOOK_CODEC_PRIVATE_H
#define OFFHOOK_CODEC_PRIVATE_H

#include "codec/codec.h"

struct conceal;

/* What silence was encoded to, that it need not be again and again. */
struct quiet {
    unsigned runs;        /* of nothing but silence so far */
    unsigned pause;       /* of them without a payload, since the last one that had one */
    size_t n;             /* samples of each */
    size_t size;          /* of the payload; 0: there is none yet */
    uint8_t payload[160]; /* of the last run that had one */
};

struct encoder {
    const struct encoder_kind *kind;
    struct codec_format format; /* the rate filled in */
    void *state;                /* the kind's own; of `size`, behind this, when it has one */
    struct quiet *quiet;        /* NULL: silence costs next to nothing */
};

struct decoder {
    const struct decoder_kind *kind;
    struct codec_format format; /* the rate filled in */
    void *state;                /* as above */
    struct conceal *conceal;    /* NULL: the codec has means of its own */
};

struct encoder_kind {
    bool costly;                                       /* silence is not encoded again and again */
    size_t (*size)(const struct codec_format *format); /* [bytes] of zeroed state; NULL: 0 */
    int (*open)(struct encoder *encoder);              /* NULL: nothing to do; so below */
    void (*close)(struct encoder *encoder);            /* also after a failed open */
    size_t (*run)(struct encoder *encoder, uint8_t *out, const int16_t *samples, size_t n);
    void (*effort)(struct encoder *encoder, unsigned complexity);
    void (*expect_loss)(struct encoder *encoder, unsigned percent);
    void (*bandwidth)(struct encoder *encoder, unsigned rate);
};

struct decoder_kind {
    size_t (*size)(const struct codec_format *format);
    int (*open)(struct decoder *decoder);
    void (*close)(struct decoder *decoder);
    /* As decoder_length(), of one byte or more; not more than CODEC_MS_MAX of sound. */
    size_t (*length)(const struct decoder *decoder, const uint8_t *payload, size_t size);
    /* All of a payload that length() knows; false: it is none after all. */
    bool (*run)(struct decoder *decoder, int16_t *samples, const uint8_t *payload, size_t size);
    /* NULL: by audio/conceal.h. */
    bool (*conceal)(struct decoder *decoder, int16_t *samples, size_t n, const uint8_t *next,
                    size_t next_size);
    void (*reset)(struct decoder *decoder);
};

extern const struct encoder_kind g711_ulaw_encoder, g711_alaw_encoder, g722_encoder, g729_encoder,
    gsm_encoder, speex_encoder, l16_encoder, opus_kind_encoder;
extern const struct decoder_kind g711_ulaw_decoder, g711_alaw_decoder, g722_decoder, g729_decoder,
    gsm_decoder, speex_decoder, l16_decoder, opus_kind_decoder;

/* [samples] of one packet at most, at the format's rate. */
static inline size_t codec_most(const struct codec_format *format)
{
    return (size_t)format->rate * CODEC_MS_MAX / 1000;
}

/* False: there is no such format. */
bool codec_known(const struct codec_format *format);

/* n samples of silence to a payload, as encoder_run(); and that there is something to hear. */
size_t quiet_run(struct encoder *encoder, uint8_t *out, size_t n);
void quiet_end(struct encoder *encoder);

/* Whether there is memory for the state of a library that does not look. */
bool codec_room(void);

/* Zeros, as many as encoder_run() takes. */
extern const int16_t codec_silence[CODEC_RATE_MAX * 60 / 1000];

/* Sound that codecs of fixed frames made up and nobody took yet. */
struct rest {
    unsigned count;
    int16_t samples[320]; /* the last `count` of them are left */
};

/* Fills n samples with what is left and then with frames of `frame` samples that `make`
 * makes up. */
void rest_fill(struct rest *rest, int16_t *samples, size_t n, size_t frame,
               void (*make)(struct decoder *decoder, int16_t *samples), struct decoder *decoder);

#endif
