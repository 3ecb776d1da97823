/* codec_rig.h: something like speech at any rate, and how much of it is left behind a codec. */
#ifndef OFFHOOK_TESTS_CODEC_RIG_H
#define OFFHOOK_TESTS_CODEC_RIG_H

#include "codec/codec.h"

#include "audio/frame.h"
#include "base/mem.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    RIG_SECONDS = 3,
    RIG_RATE_MAX = 48000,
    RIG_SAMPLES = RIG_SECONDS * RIG_RATE_MAX,
    RIG_DELAY_MAX = 60 /* [ms] a codec may take */
};

static uint32_t rig_state = 1;

static inline uint32_t rig_random(void)
{
    rig_state ^= rig_state << 13;
    rig_state ^= rig_state >> 17;
    rig_state ^= rig_state << 5;
    return rig_state;
}

/* How loud a voice is around a frequency: three formants, falling. */
static inline double rig_envelope(double hz)
{
    static const double formants[][3] = {{550, 130, 1}, {1500, 220, 0.5}, {2500, 320, 0.3}};
    double sum = 0.01;

    for (int i = 0; i < 3; i++) {
        double off = (hz - formants[i][0]) / formants[i][1];
        sum += formants[i][2] / (1 + off * off);
    }
    return sum;
}

/* RIG_SECONDS of it at a rate: harmonics of 120 Hz with vibrato in syllables of 300 ms, some
 * noise, short pauses. The same sound at every rate, of `peak` or so, nothing above `top` [Hz]. */
static inline void rig_speech(int16_t *out, unsigned rate, double peak, double top)
{
    double phase = 0;

    rig_state = 1;
    for (size_t i = 0; i < (size_t)RIG_SECONDS * rate; i++) {
        double t = (double)i / rate, hz = 120 + 8 * sin(2 * M_PI * 5 * t), in = fmod(t, 0.3),
               sum = 0;
        double level = in < 0.25 ? sin(M_PI * in / 0.25) : 0;

        phase += 2 * M_PI * hz / rate;
        for (int k = 1; k * hz < top && k <= 50; k++)
            sum += rig_envelope(k * hz) * sin(k * phase);
        sum = sum / 4 * level + ((double)(rig_random() % 2001) / 1000 - 1) * 0.003;
        out[i] = (int16_t)lrint(fmin(fmax(sum * peak, -32000), 32000));
    }
}

static inline double rig_dot(const int16_t *a, const int16_t *b, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (double)a[i] * b[i];
    return sum;
}

/* The delay [samples] at which `heard` is most like `said`. */
static inline size_t rig_delay(const int16_t *said, const int16_t *heard, unsigned rate, size_t n)
{
    size_t most = rate / 1000 * RIG_DELAY_MAX, best = 0, start = n / 3, piece = rate / 4;
    double best_sum = -INFINITY;

    assert_true(start + piece + most <= n);
    for (size_t delay = 0; delay < most; delay++) {
        double sum = rig_dot(said + start, heard + start + delay, piece);
        if (sum > best_sum) {
            best_sum = sum;
            best = delay;
        }
    }
    return best;
}

/* [dB] of what was said to what is heard besides it, at the best delay and gain. */
static inline double rig_snr(const int16_t *said, const int16_t *heard, unsigned rate, size_t n)
{
    size_t delay = rig_delay(said, heard, rate, n), count = n - delay - rate / 10;
    const int16_t *a = said + rate / 10, *b = heard + rate / 10 + delay;
    double power = rig_dot(a, a, count), cross = rig_dot(a, b, count), gain = cross / power,
           rest = 0;

    for (size_t i = 0; i < count; i++)
        rest += pow(b[i] - gain * a[i], 2);
    return 10 * log10(gain * gain * power / (rest + 1e-9));
}

/* [dB] by which the level of 20 ms is off, on average over all that are loud: what is left of
 * the loudness contour when the waveform is not kept. */
static inline double rig_contour(const int16_t *said, const int16_t *heard, unsigned rate, size_t n)
{
    size_t delay = rig_delay(said, heard, rate, n), frame = rate / 50, count = 0;
    double sum = 0;

    for (size_t at = rate / 5; at + frame + delay < n; at += frame) {
        double before = frame_level(said + at, frame);
        if (before < -40)
            continue;
        sum += fabs(frame_level(heard + at + delay, frame) - before);
        count++;
    }
    return count ? sum / (double)count : INFINITY;
}

static inline struct encoder *rig_encoder(struct codec_format format)
{
    struct encoder *encoder;

    assert_int_equal(encoder_alloc(&encoder, &format), 0);
    return encoder;
}

static inline struct decoder *rig_decoder(struct codec_format format)
{
    struct decoder *decoder;

    assert_int_equal(decoder_alloc(&decoder, &format), 0);
    return decoder;
}

/* n samples through the codec in packets of ms; every `lose`th packet is lost (0: none). */
static inline void rig_through(struct codec_format format, unsigned ms, const int16_t *said,
                               int16_t *heard, size_t n, unsigned lose)
{
    struct encoder *encoder = rig_encoder(format);
    struct decoder *decoder = rig_decoder(format);
    size_t packet = codec_rate(&format) / 1000 * ms;
    unsigned number = 0;

    for (size_t at = 0; at + packet <= n; at += packet) {
        uint8_t payload[CODEC_BYTES_MAX];
        size_t size = encoder_run(encoder, payload, said + at, packet);

        if (lose && ++number % lose == 0) {
            decoder_conceal(decoder, heard + at, packet, NULL, 0);
            continue;
        }
        assert_true(size > 0 && size <= CODEC_BYTES_MAX);
        assert_int_equal(decoder_length(decoder, payload, size), packet);
        assert_int_equal(decoder_run(decoder, heard + at, packet, payload, size), packet);
    }
    mem_unref(encoder);
    mem_unref(decoder);
}

#endif
