/* distance.c: see distance.h. */
#include "distance.h"

#include <complex.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    STEP_MS = 4,  /* of the levels that are laid on each other */
    BLOCK_MS = 5, /* of the search for gaps */
    BANDS = 18,   /* up to 4400 Hz; three more up to 7700 */
    BANDS_MAX = 21,
    FFT_MAX = 512
};

#define RANGE 50.0   /* [dB] below the loudest that count */
#define SPOKEN 35.0  /* [dB] below the loudest: something is said */
#define UNHEARD 30.0 /* [dB] softer than said: nothing is heard */

/* Edges of critical bands [Hz] (Zwicker 1961, without the first one). */
static const unsigned edges[BANDS_MAX + 1] = {100,  200,  300,  400,  510,  630,  770,  920,
                                              1080, 1270, 1480, 1720, 2000, 2320, 2700, 3150,
                                              3700, 4400, 5300, 6400, 7700, 9500};

struct look {
    const int16_t *said, *heard;
    size_t n, m;
    unsigned rate;
    size_t step, block, fft;
    unsigned bands;
    double loudest; /* [dB] of a frame of what is said, all bands */
};

static double level(double power)
{
    return 10 * log10(power + 1e-9);
}

static double power_of(const int16_t *samples, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (double)samples[i] * samples[i];
    return n ? sum / (double)n : 0;
}

/* Cooley and Tukey, in place; n a power of two. */
static void fft(double complex *x, size_t n)
{
    for (size_t i = 1, j = 0; i < n; i++) {
        size_t bit = n >> 1;

        for (; j & bit; bit >>= 1)
            j ^= bit;
        j ^= bit;
        if (i < j) {
            double complex swap = x[i];

            x[i] = x[j];
            x[j] = swap;
        }
    }
    for (size_t size = 2; size <= n; size *= 2)
        for (size_t i = 0; i < n; i += size)
            for (size_t k = 0; k < size / 2; k++) {
                double complex turn = cexp(-2 * M_PI * I * (double)k / (double)size);
                double complex odd = turn * x[i + k + size / 2];

                x[i + k + size / 2] = x[i + k] - odd;
                x[i + k] += odd;
            }
}

/* Levels of the bands; the power of all. */
static double bands_of(const struct look *look, const int16_t *frame, double levels[BANDS_MAX])
{
    double complex x[FFT_MAX];
    double all = 0;

    for (size_t i = 0; i < look->fft; i++)
        x[i] = frame[i] * (0.5 - 0.5 * cos(2 * M_PI * (double)i / (double)look->fft));
    fft(x, look->fft);
    for (unsigned band = 0; band < look->bands; band++) {
        size_t from = edges[band] * look->fft / look->rate,
               to = edges[band + 1] * look->fft / look->rate;
        double power = 0;

        for (size_t i = from; i < to || i == from; i++)
            power += creal(x[i] * conj(x[i]));
        levels[band] = level(power);
        all += power;
    }
    return level(all);
}

static void find_loudest(struct look *look)
{
    double levels[BANDS_MAX];

    look->loudest = -1000;
    for (size_t at = 0; at + look->fft <= look->n; at += look->fft / 2)
        look->loudest = fmax(look->loudest, bands_of(look, look->said + at, levels));
}

/* How alike the levels of a second are, heard `lag` samples later: -1 … 1. */
static double likeness(const struct look *look, size_t at, size_t lag)
{
    double x = 0, y = 0, xx = 0, yy = 0, xy = 0, count = 0;

    for (size_t i = 0; i + look->step <= look->rate; i += look->step) {
        double a, b;

        if (at + i + look->step > look->n || at + i + lag + look->step > look->m)
            break;
        a = fmax(level(power_of(look->said + at + i, look->step)), 10);
        b = fmax(level(power_of(look->heard + at + i + lag, look->step)), 10);
        x += a, y += b, xx += a * a, yy += b * b, xy += a * b, count++;
    }
    xx -= x * x / count, yy -= y * y / count, xy -= x * y / count;
    return count > 1 && xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : -1;
}

static size_t find_lag(const struct look *look, size_t at, size_t most)
{
    size_t step = look->rate / 1000, best = 0;
    double highest = -2;

    for (size_t lag = 0; lag <= most; lag += step) {
        double found = likeness(look, at, lag);

        if (found > highest) {
            highest = found;
            best = lag;
        }
    }
    return best;
}

struct sums {
    double decibels, frames, silent, gap;
};

static void compare_frames(const struct look *look, size_t at, size_t lag, struct sums *sums)
{
    double said[BANDS_MAX], heard[BANDS_MAX], floor = look->loudest - RANGE;

    for (size_t i = at; i + look->fft <= look->n && i < at + look->rate; i += look->fft / 2) {
        double sum = 0;

        if (i + lag + look->fft > look->m)
            return;
        if (bands_of(look, look->said + i, said) < look->loudest - SPOKEN)
            continue;
        bands_of(look, look->heard + i + lag, heard);
        for (unsigned band = 0; band < look->bands; band++) {
            double off = fmax(said[band], floor) - fmax(heard[band], floor);

            sum += off * off;
        }
        sums->decibels += sqrt(sum / look->bands);
        sums->frames++;
    }
}

/* The longest run of blocks in which something is said and nothing is heard. */
static void find_gap(const struct look *look, size_t at, size_t lag, double loud, struct sums *sums)
{
    for (size_t i = at; i + look->block <= look->n && i < at + look->rate; i += look->block) {
        double said, heard;

        if (i + lag + look->block > look->m)
            return;
        said = level(power_of(look->said + i, look->block));
        heard = level(power_of(look->heard + i + lag, look->block));
        sums->silent =
            said > loud - SPOKEN + 10 && heard < said - UNHEARD ? sums->silent + BLOCK_MS : 0;
        sums->gap = fmax(sums->gap, sums->silent);
    }
}

static double loudest_block(const struct look *look)
{
    double loud = -1000;

    for (size_t i = 0; i + look->block <= look->n; i += look->block)
        loud = fmax(loud, level(power_of(look->said + i, look->block)));
    return loud;
}

int distance_measure(struct distance *distance, const int16_t *said, size_t n, const int16_t *heard,
                     size_t m, unsigned rate, double search)
{
    struct look look = {said,
                        heard,
                        n,
                        m,
                        rate,
                        rate * STEP_MS / 1000,
                        rate * BLOCK_MS / 1000,
                        rate == 8000 ? 256 : 512,
                        rate == 8000 ? BANDS - 2 : BANDS_MAX - 1,
                        0};
    size_t most = (size_t)(search * rate / 1000);
    struct sums sums = {0};
    double loud;

    if ((rate != 8000 && rate != 16000) || n < rate || m < rate + most)
        return EINVAL;
    find_loudest(&look);
    loud = loudest_block(&look);
    *distance = (struct distance){.delay_least = search};
    for (size_t at = 0; at + rate + most <= (n < m ? n : m); at += rate) {
        size_t lag = find_lag(&look, at, most);
        double delay = (double)lag * 1000 / rate;

        compare_frames(&look, at, lag, &sums);
        find_gap(&look, at, lag, loud, &sums);
        distance->delay_least = fmin(distance->delay_least, delay);
        distance->delay_most = fmax(distance->delay_most, delay);
        distance->delay_last = delay;
    }
    if (!(sums.frames > 0))
        return EINVAL;
    distance->decibels = sums.decibels / sums.frames;
    distance->gap = sums.gap;
    return 0;
}
