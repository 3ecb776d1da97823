/* scale.h: makes sound shorter or longer without a click: one pitch period is taken out or put
 * in where the sound is like itself a period later. Pure. */
#ifndef OFFHOOK_STREAM_SCALE_H
#define OFFHOOK_STREAM_SCALE_H

#include <stddef.h>
#include <stdint.h>

/* [samples] of the longest period there is at `rate`: 15 ms. */
static inline size_t scale_longest(unsigned rate)
{
    return rate * 3 / 200;
}

struct scale {
    size_t period; /* [samples]; 0: none that fits */
    int likeness;  /* [%] of one period with the next; 100 also when it is quiet */
};

/* The period to take out of samples[0 ... n), at most `most` samples long. */
struct scale scale_look_drop(const int16_t *samples, size_t n, unsigned rate, size_t most);

/* The period to put in before samples[0], which needs a period of what was before it as well; if
 * it can be, at least `least` samples long and not much more. */
struct scale scale_look_insert(const int16_t *samples, size_t n, unsigned rate, size_t least);

/* n samples become n - period: the first fades into the second. */
void scale_drop(int16_t *samples, size_t n, size_t period);

/* n samples become n + period, for which there is room behind them. */
void scale_insert(int16_t *samples, size_t n, size_t period);

#endif
