/* distance.h: how far what was heard is from what was said: a log-spectral distance, and gaps.
 *
 * Both are cut into seconds, and each second is first laid on what was said where the two sound
 * most alike (their levels, in steps of 4 ms, correlate best), so a delay that changes costs
 * nothing by itself. Then frames of 32 ms under a Hann window, 16 ms apart, are compared in 18
 * bands a Bark wide (Zwicker's edges) from 100 Hz up to what the rate carries: the distance of a
 * frame is the root mean square over the bands of the difference of levels in dB, where nothing
 * counts as softer than 50 dB below the loudest frame. The result is the mean of all frames in
 * which something is said. 0 dB is the same sound; a telephone codec alone makes 1 to 5; noise in
 * the place of speech 15 and more. Pure. */
#ifndef OFFHOOK_TESTS_DISTANCE_H
#define OFFHOOK_TESTS_DISTANCE_H

#include <stddef.h>
#include <stdint.h>

struct distance {
    double decibels; /* as above */
    double gap;      /* [ms] the longest time something was said and nothing heard */
    double delay_least, delay_most, delay_last; /* [ms] of the seconds, heard after said */
};

/* n samples said, m heard, at `rate` [Hz] 8000 or 16000. `heard` may come up to `search` [ms] later
 * than `said` (sample 0 of both being the same moment). ENOMEM, EINVAL (shorter than a second, or
 * silent). */
int distance_measure(struct distance *distance, const int16_t *said, size_t n, const int16_t *heard,
                     size_t m, unsigned rate, double search);

#endif
