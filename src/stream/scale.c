/* scale.c: the period is the lag at which a stretch of sound is most like the stretch before,
 * by normalised correlation, looked for coarsely at 8 kHz and then sample by sample. Where it
 * is quiet any length will do. */
#include "stream/scale.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
    QUIET = 40,    /* RMS below which nobody hears a seam */
    NEARLY = 3,    /* [%] */
    SHORTEST = 400 /* periods a second: 2.5 ms */
};

/* Two stretches of `span` samples, a lag apart: the first begins here, or the second does. */
struct search {
    const int16_t *here;
    size_t span, step;
    bool back;
    double energy; /* of the one here */
};

static double energy_of(const int16_t *samples, size_t n, size_t step)
{
    int64_t sum = 0;

    for (size_t i = 0; i < n; i += step)
        sum += samples[i] * samples[i];
    return (double)sum;
}

/* In whole numbers, for sums of fractions wait for each other: this is most of what stretching
 * costs. */
static double likeness(const struct search *search, size_t lag)
{
    const int16_t *here = search->here, *there = search->back ? here - lag : here + lag;
    int64_t cross = 0, other = 0;
    double energy;

    for (size_t i = 0; i < search->span; i += search->step) {
        cross += here[i] * there[i];
        other += there[i] * there[i];
    }
    energy = search->energy * (double)other;
    return energy > 0 ? (double)cross / sqrt(energy) : 1;
}

/* Of equals the longest: it takes fewer seams. */
static struct scale best_of(const struct search *search, size_t from, size_t to, size_t stride)
{
    double best = -2;
    size_t found = from;

    for (size_t lag = from; lag <= to; lag += stride) {
        double like = likeness(search, lag);

        if (like > best - 1e-4)
            found = lag;
        if (like > best)
            best = like;
    }
    return (struct scale){found, (int)(best * 100)};
}

/* The shortest that is nearly as good as `best`, where it is better than around it. */
static struct scale shortest_of(const struct search *search, size_t from, struct scale best,
                                size_t stride)
{
    double like = likeness(search, from), next;

    for (size_t lag = from; lag + stride < best.period; lag += stride, like = next) {
        next = likeness(search, lag + stride);
        if (next < like && like * 100 > best.likeness - NEARLY)
            return (struct scale){lag, (int)(like * 100)};
    }
    return best;
}

static bool is_quiet(const int16_t *samples, size_t n)
{
    return energy_of(samples, n, 1) < (double)n * QUIET * QUIET;
}

/* With `least` above 0 rather a short one. */
static struct scale look(struct search search, unsigned rate, size_t least)
{
    size_t shortest = rate / SHORTEST, stride = rate / 8000, most = search.span;
    struct scale scale = {0, 0};

    shortest = least > shortest ? least : shortest;
    if (most < shortest)
        return scale;
    search.step = stride;
    search.energy = energy_of(search.here, search.span, stride);
    scale = best_of(&search, shortest, most, stride);
    if (least)
        scale = shortest_of(&search, shortest, scale, stride);
    if (stride > 1) {
        size_t low = scale.period >= shortest + stride ? scale.period - stride : shortest;
        size_t high = scale.period + stride <= most ? scale.period + stride : most;

        scale = best_of(&search, low, high, 1);
    }
    return scale;
}

static size_t at_most(size_t most, unsigned rate, size_t there)
{
    most = most < scale_longest(rate) ? most : scale_longest(rate);
    return most < there ? most : there;
}

struct scale scale_look_drop(const int16_t *samples, size_t n, unsigned rate, size_t most)
{
    most = at_most(most, rate, n / 2);
    if (is_quiet(samples, 2 * most))
        return (struct scale){most, 100};
    return look((struct search){samples, most, 1, false, 0}, rate, 0);
}

struct scale scale_look_insert(const int16_t *samples, size_t n, unsigned rate, size_t least)
{
    size_t most = at_most(n, rate, n);

    if (is_quiet(samples - most, 2 * most))
        return (struct scale){least < most ? least : most, 100};
    return look((struct search){samples, most, 1, true, 0}, rate, least < most ? least : 0);
}

/* out[i] goes from a[i] to b[i]. */
static void fade(int16_t *out, const int16_t *a, const int16_t *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int32_t left = (int32_t)(n - i), right = (int32_t)i;

        out[i] = (int16_t)((a[i] * left + b[i] * right) / (int32_t)n);
    }
}

void scale_drop(int16_t *samples, size_t n, size_t period)
{
    fade(samples, samples, samples + period, period);
    memmove(samples + period, samples + 2 * period, (n - 2 * period) * sizeof *samples);
}

void scale_insert(int16_t *samples, size_t n, size_t period)
{
    memmove(samples + period, samples, n * sizeof *samples);
    fade(samples, samples + period, samples - period, period);
}
