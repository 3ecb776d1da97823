/* resample.c: a polyphase filter. Going up, each input sample gives one output
 * sample for each phase of the kernel; going down, each group of input samples
 * gives one. Both are dot products of 16-bit numbers, 24 taps for each sample of
 * the lower rate, the kernel being a sinc under a Kaiser window: flat to 0.41 of
 * the lower rate, below -50 dB from 0.56 on. */
#include "audio/resample.h"

#include "audio/kernel.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <string.h>

enum {
    TAPS = 24,                            /* at the lower rate; the delay is half of it */
    TAPS_MAX = TAPS * RESAMPLE_RATIO_MAX, /* going down */
    CHUNK = 960,                          /* input samples worked on at once */
    ONE = 1 << 14,                        /* coefficients are Q14 */
    HALF = TAPS / 2,
};

#define CUTOFF 0.47 /* of the lower rate */
#define BETA 5.5    /* of the Kaiser window */

struct resample {
    unsigned up, down;                  /* one of them is 1 */
    unsigned taps;                      /* of one phase */
    int16_t coefficients[TAPS_MAX];     /* phase by phase; going up: up phases of TAPS */
    int16_t hold[TAPS_MAX - 1 + CHUNK]; /* the last taps - 1 samples, then a chunk */
};

/* Rounds one phase to Q14 so that its sum, the gain at 0 Hz, is exactly 1. */
static void set_phase(int16_t *out, const double *exact, unsigned taps)
{
    double sum = 0;
    unsigned largest = 0;
    int left = ONE;
    for (unsigned k = 0; k < taps; k++)
        sum += exact[k];
    for (unsigned k = 0; k < taps; k++) {
        out[k] = (int16_t)lrint(exact[k] / sum * ONE);
        left -= out[k];
        if (out[k] > out[largest])
            largest = k;
    }
    out[largest] = (int16_t)(out[largest] + left);
}

static void design_up(struct resample *resample)
{
    for (unsigned phase = 0; phase < resample->up; phase++) {
        double exact[TAPS];
        for (int k = 0; k < TAPS; k++) {
            double distance = (double)phase / resample->up + HALF - 1 - k;
            exact[k] = kernel_at(distance, HALF, CUTOFF, BETA);
        }
        set_phase(resample->coefficients + (size_t)phase * TAPS, exact, TAPS);
    }
}

static void design_down(struct resample *resample)
{
    double exact[TAPS_MAX];
    for (unsigned k = 0; k < resample->taps; k++) {
        double distance = (k - (resample->taps - 1) / 2.0) / resample->down;
        exact[k] = kernel_at(distance, HALF, CUTOFF, BETA);
    }
    set_phase(resample->coefficients, exact, resample->taps);
}

int resample_alloc(struct resample **resample, unsigned from, unsigned to)
{
    if (from == 0 || to == 0 || (from % to != 0 && to % from != 0))
        return EINVAL;
    unsigned up = to > from ? to / from : 1, down = from > to ? from / to : 1;
    if (up > RESAMPLE_RATIO_MAX || down > RESAMPLE_RATIO_MAX)
        return EINVAL;
    struct resample *new = mem_alloc(sizeof *new, NULL);
    if (!new)
        return ENOMEM;
    new->up = up;
    new->down = down;
    new->taps = TAPS *down;
    if (up > 1)
        design_up(new);
    else
        design_down(new);
    *resample = new;
    return 0;
}

static int16_t dot(const int16_t *restrict a, const int16_t *restrict b, unsigned taps)
{
    int32_t sum = ONE / 2;
    for (unsigned k = 0; k < taps; k++)
        sum += a[k] * b[k];
    sum >>= 14;
    return (int16_t)(sum > INT16_MAX ? INT16_MAX : sum < INT16_MIN ? INT16_MIN : sum);
}

static size_t run_up(const struct resample *resample, int16_t *restrict out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (unsigned phase = 0; phase < resample->up; phase++)
            *out++ = dot(resample->coefficients + (size_t)phase * TAPS, resample->hold + i, TAPS);
    return n * resample->up;
}

/* The window of an output sample ends with the last sample of its group. */
static size_t run_down(const struct resample *resample, int16_t *restrict out, size_t n)
{
    unsigned last = resample->down - 1;
    for (size_t i = 0; i < n; i += resample->down)
        *out++ = dot(resample->coefficients, resample->hold + i + last, resample->taps);
    return n / resample->down;
}

static size_t run_chunk(struct resample *resample, int16_t *out, const int16_t *in, size_t n)
{
    unsigned before = resample->taps - 1;
    memcpy(resample->hold + before, in, n * sizeof *in);
    size_t count = resample->up > 1 ? run_up(resample, out, n) : run_down(resample, out, n);
    memmove(resample->hold, resample->hold + n, before * sizeof *in);
    return count;
}

size_t resample_run(struct resample *resample, int16_t *out, const int16_t *in, size_t n)
{
    size_t count = 0;
    assert(n % resample->down == 0);
    if (resample->up == resample->down) {
        memcpy(out, in, n * sizeof *in);
        return n;
    }
    while (n > 0) {
        size_t part = n < CHUNK ? n : CHUNK; /* CHUNK is a multiple of every ratio up to 6 */
        count += run_chunk(resample, out + count, in, part);
        in += part;
        n -= part;
    }
    return count;
}
