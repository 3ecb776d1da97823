/* resample.c: a polyphase FIR filter with 32 taps for each sample of the lower rate, the
 * kernel being a sinc under a Kaiser window. The coefficients of each ratio are made once,
 * before main() starts, and shared. */
#include "audio/resample.h"

#include "audio/kernel.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <string.h>

enum {
    HALF = RESAMPLE_DELAY,
    TAPS = 2 * HALF,                      /* at the lower rate */
    TAPS_MAX = TAPS * RESAMPLE_RATIO_MAX, /* going down */
    CHUNK = 960,                          /* input samples worked on at once */
    ONE = 1 << 14,                        /* coefficients are Q14 */
};

#define CUTOFF 0.5 /* of the lower rate */
#define BETA 6.0   /* of the Kaiser window */

/* Of one ratio: going up phase by phase, TAPS each; going down one after the other. */
static struct coefficients {
    int16_t up[TAPS_MAX], down[TAPS_MAX];
} tables[RESAMPLE_RATIO_MAX + 1];

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

static void design_up(int16_t *out, unsigned ratio)
{
    for (unsigned phase = 0; phase < ratio; phase++) {
        double exact[TAPS];

        for (int k = 0; k < TAPS; k++) {
            double distance = (double)phase / ratio + HALF - 1 - k;
            exact[k] = kernel_at(distance, HALF, CUTOFF, BETA);
        }
        set_phase(out + (size_t)phase * TAPS, exact, TAPS);
    }
}

static void design_down(int16_t *out, unsigned ratio)
{
    double exact[TAPS_MAX];
    unsigned taps = TAPS * ratio;

    for (unsigned k = 0; k < taps; k++) {
        double distance = (k - (taps - 1) / 2.0) / ratio;
        exact[k] = kernel_at(distance, HALF, CUTOFF, BETA);
    }
    set_phase(out, exact, taps);
}

__attribute__((constructor)) static void make_tables(void)
{
    for (unsigned ratio = 2; ratio <= RESAMPLE_RATIO_MAX; ratio++) {
        design_up(tables[ratio].up, ratio);
        design_down(tables[ratio].down, ratio);
    }
}

int resample_init(struct resample *resample, unsigned from, unsigned to)
{
    unsigned up, down;

    if (from == 0 || to == 0 || (from % to != 0 && to % from != 0))
        return EINVAL;
    up = to > from ? to / from : 1;
    down = from > to ? from / to : 1;
    if (up > RESAMPLE_RATIO_MAX || down > RESAMPLE_RATIO_MAX)
        return EINVAL;
    memset(resample, 0, sizeof *resample);
    resample->up = (uint8_t)up;
    resample->down = (uint8_t)down;
    return 0;
}

int resample_alloc(struct resample **resample, unsigned from, unsigned to)
{
    struct resample *new = mem_alloc(sizeof *new, NULL);
    int err;

    if (!new)
        return ENOMEM;
    err = resample_init(new, from, to);
    if (err) {
        mem_unref(new);
        return err;
    }
    *resample = new;
    return 0;
}

static int16_t round_sum(int32_t sum)
{
    sum >>= 14;
    return (int16_t)(sum > INT16_MAX ? INT16_MAX : sum < INT16_MIN ? INT16_MIN : sum);
}

static int32_t dot(const int16_t *restrict a, const int16_t *restrict b)
{
    int32_t sum = 0;

    for (unsigned k = 0; k < TAPS; k++)
        sum += a[k] * b[k];
    return sum;
}

static size_t run_up(unsigned ratio, int16_t *restrict out, const int16_t *restrict line, size_t n)
{
    const int16_t *table = tables[ratio].up;

    for (size_t i = 0; i < n; i++)
        for (unsigned phase = 0; phase < ratio; phase++)
            *out++ = round_sum(ONE / 2 + dot(table + (size_t)phase * TAPS, line + i));
    return n * ratio;
}

/* The window of an output sample ends with the last sample of its group. */
static size_t run_down(unsigned ratio, int16_t *restrict out, const int16_t *restrict line,
                       size_t n)
{
    const int16_t *table = tables[ratio].down;

    for (size_t i = 0; i < n; i += ratio) {
        int32_t sum = ONE / 2;

        for (unsigned part = 0; part < ratio; part++)
            sum += dot(table + (size_t)part * TAPS, line + i + (size_t)part * TAPS);
        *out++ = round_sum(sum);
    }
    return n / ratio;
}

/* Samples before a chunk that its first output needs. */
static size_t before_of(const struct resample *resample)
{
    return resample->up > 1 ? TAPS - 1 : (size_t)(TAPS - 1) * resample->down;
}

static size_t run_chunk(struct resample *resample, int16_t *out, const int16_t *in, size_t n)
{
    int16_t line[RESAMPLE_HOLD + CHUNK];
    size_t before = before_of(resample), count;

    memcpy(line, resample->hold, before * sizeof *line);
    memcpy(line + before, in, n * sizeof *line);
    count = resample->up > 1 ? run_up(resample->up, out, line, n)
                             : run_down(resample->down, out, line, n);
    memcpy(resample->hold, line + n, before * sizeof *line);
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
