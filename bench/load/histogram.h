/* histogram.h: how times are spread, in constant memory: 128 classes to each power
 * of two, so that a percentile is at most 1 % above the truth. */
#ifndef OFFHOOK_BENCH_HISTOGRAM_H
#define OFFHOOK_BENCH_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_FINE = 128, HISTOGRAM_CLASSES = 36 * HISTOGRAM_FINE };

struct histogram {
    uint64_t count, max; /* max [ns], exact */
    uint32_t classes[HISTOGRAM_CLASSES];
};

/* Adds a time [ns]; below 0 counts as 0. */
void histogram_add(struct histogram *histogram, int64_t ns);

/* The time [ms] that `share` (0 … 1) of all are not above; 0 when there are none. */
double histogram_ms(const struct histogram *histogram, double share);
double histogram_max_ms(const struct histogram *histogram);

#endif
