/* histogram.c: classes of a width that grows with the value. */
#include "bench/load/histogram.h"

#include <math.h>

/* Classes count in units of 1024 ns: the first 256 are one unit wide, the next 128 two. */
static unsigned class_of(uint64_t ns)
{
    uint64_t units = ns >> 10;
    unsigned doublings = 0;

    while (units >= 2UL * HISTOGRAM_FINE) {
        units >>= 1;
        doublings++;
    }
    unsigned class = doublings * HISTOGRAM_FINE + (unsigned)units;
    return class < HISTOGRAM_CLASSES ? class : HISTOGRAM_CLASSES - 1;
}

/* The end of a class [ns]. */
static double class_end(unsigned class)
{
    unsigned doublings = class < 2 * HISTOGRAM_FINE ? 0 : class / HISTOGRAM_FINE - 1;

    return ldexp(class - doublings * HISTOGRAM_FINE + 1, (int)doublings + 10);
}

void histogram_add(struct histogram *histogram, int64_t ns)
{
    uint64_t value = ns > 0 ? (uint64_t)ns : 0;

    histogram->count++;
    histogram->classes[class_of(value)]++;
    if (value > histogram->max)
        histogram->max = value;
}

double histogram_ms(const struct histogram *histogram, double share)
{
    uint64_t wanted = (uint64_t)ceil(share * (double)histogram->count);
    uint64_t seen = 0;

    for (unsigned class = 0; class < HISTOGRAM_CLASSES && histogram->count; class ++) {
        seen += histogram->classes[class];
        if (seen >= wanted && seen)
            return fmin(class_end(class), (double)histogram->max) / 1e6;
    }
    return histogram_max_ms(histogram);
}

double histogram_max_ms(const struct histogram *histogram)
{
    return (double)histogram->max / 1e6;
}
