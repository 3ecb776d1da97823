/* codec.c: what sound costs: CPU time of this thread for 20 ms of it, codec by codec, and of the
 * change of rates and of noise.
 *
 *   codec [--quick]      a table; --quick: a tenth of the time */
#include "audio/noise.h"
#include "audio/resample.h"
#include "base/mem.h"
#include "codec/codec.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    FRAMES = 250, /* 5 s of speech, again and again */
    FRAME_MAX = CODEC_RATE_MAX / 50,
};

static int16_t speech[FRAMES * FRAME_MAX], out[FRAME_MAX];
static uint8_t payloads[FRAMES][CODEC_BYTES_MAX];
static size_t sizes[FRAMES];
static double seconds = 0.5; /* of CPU time a figure */

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Harmonics with vibrato in syllables, and a little noise. */
static void make_speech(unsigned rate)
{
    double phase = 0;

    srand(1);
    for (size_t i = 0; i < (size_t)FRAMES * rate / 50; i++) {
        double t = (double)i / rate, in = fmod(t, 0.3), sum = 0;
        double level = in < 0.22 ? sin(M_PI * in / 0.22) : 0;

        phase += 2 * M_PI * (120 + 8 * sin(2 * M_PI * 5 * t)) / rate;
        for (int k = 1; k <= 28; k++)
            sum += sin(k * phase) / k;
        speech[i] = (int16_t)lrint(6000 * sum * level + rand() % 61 - 30);
    }
}

struct work {
    struct encoder *encoder;
    struct decoder *decoder;
    struct resample *resample;
    struct noise noise;
    size_t n; /* samples of a frame */
};

typedef void step_h(struct work *work, size_t frame);

static void encode(struct work *work, size_t frame)
{
    sizes[frame] = encoder_run(work->encoder, payloads[frame], speech + frame * work->n, work->n);
}

/* After those that come first, which count for little. */
static void encode_silence(struct work *work, size_t frame)
{
    sizes[frame] = encoder_run(work->encoder, payloads[frame], NULL, work->n);
}

static void decode(struct work *work, size_t frame)
{
    if (sizes[frame])
        decoder_run(work->decoder, out, work->n, payloads[frame], sizes[frame]);
}

static void resample(struct work *work, size_t frame)
{
    resample_run(work->resample, out, speech + frame * work->n, work->n);
}

static void make_noise(struct work *work, size_t frame)
{
    (void)frame;
    noise_fill(&work->noise, out, work->n);
}

/* [us] of one step. */
static double measure(step_h *step, struct work *work)
{
    double begin = now(), spent;
    size_t count = 0;

    do {
        for (size_t frame = 0; frame < FRAMES; frame++)
            step(work, frame);
        count += FRAMES;
        spent = now() - begin;
    } while (spent < seconds);
    return spent * 1e6 / (double)count;
}

/* [us] of the loss of one frame of ten, whose time alone counts, less what the clock takes. */
static double measure_loss(struct work *work)
{
    double spent = 0, clock = 0, begin = now();
    size_t count = 0;

    while (now() - begin < seconds)
        for (size_t frame = 0; frame < FRAMES; frame++) {
            double start;

            if (frame % 10 != 9) {
                decode(work, frame);
                continue;
            }
            start = now();
            clock += now() - start;
            start = now();
            decoder_conceal(work->decoder, out, work->n, NULL, 0);
            spent += now() - start;
            count++;
        }
    return (spent - clock) * 1e6 / (double)count;
}

static void codec_row(enum codec codec, unsigned rate, int effort)
{
    /* L16 at 48000 Hz has packets of 10 ms: two of them are 20 ms. */
    struct codec_format format = {.codec = codec, .rate = rate};
    unsigned ms = codec_ptime(&format, 20), times = 20 / ms;
    struct work work = {.n = rate / 1000 * ms};
    double silent, run, lost, heard;

    if (encoder_alloc(&work.encoder, &format) || decoder_alloc(&work.decoder, &format)) {
        fprintf(stderr, "codec: %s at %u Hz cannot be made\n", codec_name(codec), rate);
        exit(1);
    }
    if (effort >= 0)
        encoder_effort(work.encoder, (unsigned)effort);
    make_speech(rate);
    silent = times * measure(encode_silence, &work);
    run = times * measure(encode, &work);
    heard = times * measure(decode, &work);
    lost = times * measure_loss(&work);
    printf("%-8s %6u %8.2f %8.2f %8.2f %8.2f", codec_name(codec), rate, run, silent, heard, lost);
    if (effort >= 0)
        printf("   effort %d", effort);
    putchar('\n');
    mem_unref(work.encoder);
    mem_unref(work.decoder);
}

static void codecs(void)
{
    printf("us of CPU for 20 ms\n%-8s %6s %8s %8s %8s %8s\n", "codec", "Hz", "encode", "silence",
           "decode", "conceal");
    codec_row(CODEC_PCMU, 8000, -1);
    codec_row(CODEC_PCMA, 8000, -1);
    codec_row(CODEC_L16, 16000, -1);
    codec_row(CODEC_L16, 48000, -1);
    codec_row(CODEC_G722, 16000, -1);
    codec_row(CODEC_G729, 8000, -1);
    codec_row(CODEC_GSM, 8000, -1);
    codec_row(CODEC_SPEEX, 8000, -1);
    codec_row(CODEC_SPEEX, 16000, -1);
    for (int effort = 0; effort <= 10; effort += 5) {
        codec_row(CODEC_OPUS, 8000, effort);
        codec_row(CODEC_OPUS, 16000, effort);
        codec_row(CODEC_OPUS, 48000, effort);
    }
}

static void rates(void)
{
    static const unsigned pairs[][2] = {{8000, 16000},  {16000, 8000}, {16000, 48000},
                                        {48000, 16000}, {8000, 48000}, {48000, 8000}};

    printf("\n%-15s %8s\n", "rates", "us");
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct resample state;
        struct work work = {.n = pairs[i][0] / 50, .resample = &state};

        if (resample_init(&state, pairs[i][0], pairs[i][1]))
            exit(1);
        make_speech(pairs[i][0]);
        printf("%6u -> %-6u %7.2f\n", pairs[i][0], pairs[i][1], measure(resample, &work));
    }
}

static void noises(void)
{
    static const uint8_t payloads_of[][1 + NOISE_ORDER_OURS] = {
        {60}, {60, 100, 150, 120, 127, 130, 127, 127, 120, 127, 127}};

    printf("\n%-15s %8s\n", "noise at 8000", "us");
    for (size_t i = 0; i < 2; i++) {
        struct work work = {.n = 160};

        noise_set(&work.noise, payloads_of[i], i ? sizeof payloads_of[i] : 1);
        printf("%-15s %8.2f\n", i ? "coloured" : "white", measure(make_noise, &work));
    }
}

int main(int argc, char **argv)
{
    if (argc > 2 || (argc == 2 && strcmp(argv[1], "--quick") != 0)) {
        fprintf(stderr, "usage: codec [--quick]\n");
        return 2;
    }
    if (argc == 2)
        seconds /= 10;
    codecs();
    rates();
    noises();
    return 0;
}
