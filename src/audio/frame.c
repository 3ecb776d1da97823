/* frame.c: the loops of the mixer. */
#include "audio/frame.h"

#include <assert.h>
#include <math.h>

static inline int16_t clip(int32_t value)
{
    value = value > INT16_MAX ? INT16_MAX : value;
    value = value < INT16_MIN ? INT16_MIN : value;
    return (int16_t)value;
}

void frame_add(int32_t *restrict total, const int16_t *restrict frame, size_t n)
{
    for (size_t i = 0; i < n; i++)
        total[i] += frame[i];
}

void frame_subtract(int32_t *restrict total, const int16_t *restrict frame, size_t n)
{
    for (size_t i = 0; i < n; i++)
        total[i] -= frame[i];
}

void frame_clip(int16_t *restrict out, const int32_t *restrict total, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = clip(total[i]);
}

void frame_minus(int16_t *restrict out, const int32_t *restrict total, const int16_t *restrict own,
                 size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = clip(total[i] - own[i]);
}

void frame_mix(int16_t *restrict frame, const int16_t *restrict other, size_t n)
{
    for (size_t i = 0; i < n; i++)
        frame[i] = clip(frame[i] + other[i]);
}

static void gain_flat(int16_t *frame, size_t n, int gain)
{
    for (size_t i = 0; i < n; i++)
        frame[i] = clip((frame[i] * gain + FRAME_GAIN_ONE / 2) >> 12);
}

/* The gain is carried with 8 more bits and the line drawn from its end, which it
 * meets exactly. */
static void gain_ramp(int16_t *frame, int n, int from, int to)
{
    int32_t slope = (to - from) * 256 / n;
    int32_t start = to * 256 - slope * n;
    for (int i = 0; i < n; i++) {
        int32_t gain = (start + slope * (i + 1)) >> 8;
        frame[i] = clip((frame[i] * gain + FRAME_GAIN_ONE / 2) >> 12);
    }
}

void frame_gain(int16_t *frame, size_t n, int from, int to)
{
    assert(from >= 0 && from <= FRAME_GAIN_MAX && to >= 0 && to <= FRAME_GAIN_MAX);
    assert(n <= 65536);
    if (n == 0 || (from == FRAME_GAIN_ONE && to == FRAME_GAIN_ONE))
        return;
    if (from == to)
        gain_flat(frame, n, to);
    else
        gain_ramp(frame, (int)n, from, to);
}

int frame_gain_of(double decibels)
{
    double gain = FRAME_GAIN_ONE * pow(10, decibels / 20);
    return gain >= FRAME_GAIN_MAX ? FRAME_GAIN_MAX : (int)lrint(gain);
}

double frame_power(const int16_t *frame, size_t n)
{
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        int32_t square = frame[i] * frame[i];
        sum += square;
    }
    return n > 0 ? (double)sum / (double)n : 0;
}

double frame_level(const int16_t *frame, size_t n)
{
    double power = frame_power(frame, n);
    return power > 0 ? fmax(-100, 10 * log10(power / (32768.0 * 32768.0))) : -100;
}

int frame_peak(const int16_t *frame, size_t n)
{
    int low = 0, high = 0;
    for (size_t i = 0; i < n; i++) {
        low = frame[i] < low ? frame[i] : low;
        high = frame[i] > high ? frame[i] : high;
    }
    return high > -low ? high : -low;
}

bool frame_silent(const int16_t *frame, size_t n, int threshold)
{
    return frame_peak(frame, n) <= threshold;
}
