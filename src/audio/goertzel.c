/* goertzel.c: one bin of a Fourier transform. */
#include "audio/goertzel.h"

#include "audio/frame.h"

#include <math.h>

double goertzel_power(const int16_t *frame, size_t n, unsigned rate, double hz)
{
    if (n == 0)
        return 0;
    double factor = 2 * cos(2 * M_PI * hz / rate);
    double now = 0, before = 0;
    for (size_t i = 0; i < n; i++) {
        double next = frame[i] + factor * now - before;
        before = now;
        now = next;
    }
    double square = now * now + before * before - factor * now * before;
    return 2 * square / ((double)n * (double)n);
}

double goertzel_amplitude(const int16_t *frame, size_t n, unsigned rate, double hz)
{
    return sqrt(2 * goertzel_power(frame, n, rate, hz));
}

double goertzel_share(const int16_t *frame, size_t n, unsigned rate, double hz)
{
    double all = frame_power(frame, n);
    return all > 0 ? goertzel_power(frame, n, rate, hz) / all : 0;
}
