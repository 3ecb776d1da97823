/* conceal.c: what was lost is the last pitch period again and again.
 *
 * The pitch is the lag with the best normalised correlation over the last 20 ms, looked
 * for at 8000 Hz and then set right at the full rate. The period before the loss becomes
 * a cycle whose end is blended into what came before its start, so it can go round
 * without a seam; where its start misses the last sample heard, the difference is added
 * and dies out over 2.5 ms. */
#include "audio/conceal.h"

#include <assert.h>
#include <string.h>

/* All in samples at 8000 Hz. */
enum {
    PITCH_MIN = 40,              /* 200 Hz */
    PITCH_MAX = 120,             /* 66 Hz */
    MATCH = 160,                 /* what is compared for the pitch */
    HISTORY = PITCH_MAX + MATCH, /* at least PITCH_MAX * 5 / 4 */
    HOLD = 80,                   /* full level for 10 ms */
    FADE_END = 480,              /* silent from 60 ms on */
    SEAM = 20,                   /* a step dies out over 2.5 ms */
    BLEND = 40,                  /* back to the real sound over 5 ms */
    RATE = 8000,                 /* [Hz] */
    RATIO_MAX = 6,
};

static int16_t clip(int value)
{
    return (int16_t)(value > INT16_MAX ? INT16_MAX : value < INT16_MIN ? INT16_MIN : value);
}

size_t conceal_size(unsigned rate)
{
    return sizeof(struct conceal) + sizeof(int16_t) * (HISTORY + PITCH_MAX) * (rate / RATE);
}

void conceal_init(struct conceal *conceal, unsigned rate)
{
    assert(rate % RATE == 0 && rate / RATE >= 1 && rate / RATE <= RATIO_MAX);
    memset(conceal, 0, conceal_size(rate));
    conceal->ratio = (uint16_t)(rate / RATE);
}

static int16_t *end_of(struct conceal *conceal)
{
    return conceal->samples + (size_t)HISTORY * conceal->ratio;
}

static void remember(struct conceal *conceal, const int16_t *samples, size_t n)
{
    size_t size = (size_t)HISTORY * conceal->ratio;
    int16_t *history = conceal->samples;

    if (n >= size) {
        memcpy(history, samples + n - size, size * sizeof *history);
        return;
    }
    memmove(history, history + n, (size - n) * sizeof *history);
    memcpy(history + size - n, samples, n * sizeof *history);
}

/* Samples are taken with 11 bits: 960 products fit an int. */
static int correlate(const int16_t *restrict a, const int16_t *restrict b, size_t n)
{
    int sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (a[i] >> 5) * (b[i] >> 5);
    return sum;
}

/* The lag from `low` to `high` with which the last n samples before `end` are most like
 * those before them. */
static unsigned best_lag(const int16_t *end, size_t n, unsigned low, unsigned high)
{
    const int16_t *last = end - n;
    unsigned best = high;
    double best_score = 0;

    for (unsigned lag = low; lag <= high; lag++) {
        double match = correlate(last, last - lag, n);
        double energy = correlate(last - lag, last - lag, n);
        double score = match > 0 && energy > 0 ? match * match / energy : 0;

        if (score > best_score) {
            best_score = score;
            best = lag;
        }
    }
    return best;
}

/* At 8000 Hz, by the mean of each few samples. */
static unsigned coarse_pitch(struct conceal *conceal)
{
    int16_t coarse[HISTORY];
    const int16_t *from = conceal->samples;
    int ratio = conceal->ratio;

    for (int i = 0; i < HISTORY; i++) {
        int sum = 0;
        for (int k = 0; k < ratio; k++)
            sum += *from++;
        coarse[i] = (int16_t)(sum / ratio);
    }
    return best_lag(coarse + HISTORY, MATCH, PITCH_MIN, PITCH_MAX);
}

static unsigned find_pitch(struct conceal *conceal)
{
    unsigned ratio = conceal->ratio, low, high;

    if (ratio == 1)
        return best_lag(end_of(conceal), MATCH, PITCH_MIN, PITCH_MAX);
    low = coarse_pitch(conceal) * ratio;
    high = low + ratio < PITCH_MAX * ratio ? low + ratio : PITCH_MAX * ratio;
    return best_lag(end_of(conceal), (size_t)MATCH * ratio, low - ratio, high);
}

static void make_cycle(struct conceal *conceal)
{
    const int16_t *end = end_of(conceal), *start;
    int16_t *cycle = end_of(conceal);
    int pitch = (int)find_pitch(conceal), blend = pitch / 4;

    start = end - pitch;
    memcpy(cycle, start, (size_t)pitch * sizeof *cycle);
    for (int i = 1; i <= blend; i++) {
        int16_t *sample = &cycle[pitch - blend + i - 1];
        *sample = clip((*sample * (blend - i) + start[i - blend - 1] * i) / blend);
    }
    conceal->pitch = (uint16_t)pitch;
    conceal->at = 0;
    conceal->step = end[-1] - start[-1];
}

/* The next sample in the place of a lost one. */
static int16_t make_up(struct conceal *conceal)
{
    int ratio = conceal->ratio, done = conceal->lost++;
    int value = end_of(conceal)[conceal->at];

    conceal->at = (uint16_t)(conceal->at + 1 == conceal->pitch ? 0 : conceal->at + 1);
    if (done < SEAM * ratio)
        value += conceal->step * (SEAM * ratio - done - 1) / (SEAM * ratio);
    if (done > HOLD * ratio)
        value = value * (FADE_END * ratio - done) / ((FADE_END - HOLD) * ratio);
    return clip(value);
}

static size_t fill(struct conceal *conceal, int16_t *samples, size_t n)
{
    size_t i = 0;

    while (i < n && conceal->lost < FADE_END * conceal->ratio)
        samples[i++] = make_up(conceal);
    return i;
}

void conceal_lost(struct conceal *conceal, int16_t *samples, size_t n)
{
    size_t done;

    if (conceal->lost == 0)
        make_cycle(conceal);
    done = fill(conceal, samples, n);
    memset(samples + done, 0, (n - done) * sizeof *samples);
    remember(conceal, samples, n);
}

void conceal_good(struct conceal *conceal, int16_t *samples, size_t n)
{
    if (conceal->lost > 0) {
        int16_t old[BLEND * RATIO_MAX] = {0};
        int blend = BLEND * conceal->ratio;
        int count = n < (size_t)blend ? (int)n : blend;

        fill(conceal, old, (size_t)count);
        for (int i = 0; i < count; i++)
            samples[i] = clip((old[i] * (blend - i - 1) + samples[i] * (i + 1)) / blend);
    }
    conceal->lost = 0;
    remember(conceal, samples, n);
}
