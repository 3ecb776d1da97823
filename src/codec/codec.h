/* codec.h: speech codecs by one shape: what a codec is called and how it counts time in
 * RTP, and an encoder and a decoder of it with their state.
 *
 * A format is a codec as two sides agreed on it. Samples are 16 bits, mono, at the format's
 * own rate; who wants another resamples (audio/resample.h). Encoders and decoders are made
 * and released (mem_unref()) on any thread and used by one at a time; running one neither
 * allocates nor locks nor waits. */
#ifndef OFFHOOK_CODEC_CODEC_H
#define OFFHOOK_CODEC_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum codec {
    CODEC_PCMU,  /* G.711 mu-law */
    CODEC_PCMA,  /* G.711 A-law */
    CODEC_G722,  /* 16 kHz; its RTP clock is 8000 all the same (RFC 3551, 4.5.2) */
    CODEC_G729,  /* annex B is heard, never sent */
    CODEC_GSM,   /* full rate */
    CODEC_SPEEX, /* RFC 5574 */
    CODEC_L16,   /* RFC 3551, 4.5.11 */
    CODEC_OPUS,  /* RFC 7587 */
    CODEC_COUNT
};

enum {
    CODEC_MS_MAX = 120,     /* [ms] of sound in one packet, at most */
    CODEC_RATE_MAX = 48000, /* [Hz] */
    CODEC_BYTES_MAX = 1440, /* [bytes] of a payload we send, at most */
    CODEC_NO_TYPE = 255     /* no static payload type */
};

struct codec_format {
    enum codec codec;
    unsigned rate;    /* [Hz] of the samples; 0: the codec's first rate */
    unsigned bitrate; /* [bit/s] Opus sends at; 0: what suits the rate */
    bool fec, dtx;    /* Opus: the peer wants FEC, takes pauses without packets */
    bool cbr;         /* Opus: the peer wants the same size always */
};

/* ---- facts (RFC 3551, table 4) ---- */

/* "PCMU", as SDP writes it. Found by that name in any case; -1: none of ours. */
const char *codec_name(enum codec codec);
int codec_find(const char *name);

/* [Hz] of the samples, of a format whose rate may be 0; and whether the codec has that rate:
 * 8000 of PCMU PCMA G729 GSM; 16000 of G722; 16000, 8000 of SPEEX; 16000, 8000, 48000 of
 * L16; 48000, 16000, 8000 of OPUS. The first is the one that 0 means. */
unsigned codec_rate(const struct codec_format *format);
bool codec_has_rate(enum codec codec, unsigned rate);

/* [Hz] that timestamps count in: 8000 of G722, 48000 of OPUS, else the rate. */
unsigned codec_clock(const struct codec_format *format);

/* Payload type when no a=rtpmap says another; CODEC_NO_TYPE: dynamic. */
unsigned codec_static_type(const struct codec_format *format);

/* [ms] a packet of ours may hold: multiples of 10 up to 60 that fit CODEC_BYTES_MAX (L16 at
 * 48000: 10), of 20 for GSM and SPEEX, 10 20 40 60 for OPUS. Gives the nearest to `ms` that is
 * allowed, of two the shorter one. */
unsigned codec_ptime(const struct codec_format *format, unsigned ms);

bool codec_same(const struct codec_format *a, const struct codec_format *b);

/* ---- encoder ---- */

struct encoder;

/* EINVAL: no such format. ENOMEM. */
int encoder_alloc(struct encoder **encoder, const struct codec_format *format);

/* Takes n samples, 10 to 60 ms of them as codec_ptime() allows; NULL: silence. Writes the payload
 * and returns its size; 0: a pause, nothing need be sent (Opus DTX). Silence that goes on costs
 * next to nothing with every codec. */
size_t encoder_run(struct encoder *encoder, uint8_t out[CODEC_BYTES_MAX], const int16_t *samples,
                   size_t n);

/* Opus: how much trouble to take, 0 … 10; what loss [%] the peer reports; and up to which rate
 * there is anything to hear in the samples, so that no bit is spent above. Others: no effect. */
void encoder_effort(struct encoder *encoder, unsigned complexity);
void encoder_expect_loss(struct encoder *encoder, unsigned percent);
void encoder_bandwidth(struct encoder *encoder, unsigned rate);

/* ---- decoder ---- */

struct decoder;

int decoder_alloc(struct decoder **decoder, const struct codec_format *format);

/* [samples] that a payload holds, without decoding it; 0: it is none of this format. */
size_t decoder_length(const struct decoder *decoder, const uint8_t *payload, size_t size);

/* The next payload. Returns decoder_length() of it, at most `most`; 0: it is none. */
size_t decoder_run(struct decoder *decoder, int16_t *samples, size_t most, const uint8_t *payload,
                   size_t size);

/* n samples (10 to 60 ms) that never came, in their place: concealed by the codec's own means, or
 * by a repeated pitch period that fades out. `next` is the payload that follows when it is there
 * already (NULL: it is not): with Opus FEC it tells what was lost; then true. */
bool decoder_conceal(struct decoder *decoder, int16_t *samples, size_t n, const uint8_t *next,
                     size_t next_size);

/* The peer began anew (another source, a jump): nothing of before is a ground to go on from. */
void decoder_reset(struct decoder *decoder);

#endif
