/* noise.c: white noise through a lattice filter of the coefficients of a CN payload.
 *
 * A coefficient k of -1 … 1 is sent as 127 + 127 k. Those of our payloads are what the recursion
 * of Levinson and Durbin gives for the prediction error filter 1 + a1/z + …, so the first is
 * negative where the noise is stronger in the lower half of its band. */
#include "audio/noise.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum {
    MIDDLE = 127, /* the byte of 0 */
    LEVEL = 0x7f, /* bits of the level */
    RISE = 256,   /* samples in which the level comes nearly there */
};

#define FULL 32767.0    /* [rms] of 0 dBov, a square wave of full scale */
#define K_MAX 0.99f     /* beyond it the filter rings for too long */
#define WHITE 0.0001    /* of the power, added to it: keeps the recursion sound */
#define INAUDIBLE 0.01f /* [rms] */
#define UNIFORM 1.7321f /* the peak of even noise whose rms is 1 */

bool noise_set(struct noise *noise, const uint8_t *payload, size_t size)
{
    double left = 1; /* of the power, in what goes into the filter */
    unsigned order, level;

    if (size == 0)
        return false;
    order = size - 1 < NOISE_ORDER ? (unsigned)(size - 1) : NOISE_ORDER;
    for (unsigned i = 0; i < order; i++) {
        float k = (float)(payload[1 + i] - MIDDLE) / MIDDLE;

        noise->colour[i] = fmaxf(-K_MAX, fminf(K_MAX, k));
        left *= 1 - (double)noise->colour[i] * noise->colour[i];
    }
    memset(noise->memory + order, 0, (NOISE_ORDER - order) * sizeof *noise->memory);
    noise->order = (uint8_t)order;
    level = payload[0] & LEVEL;
    noise->wanted =
        level == NOISE_SILENCE ? 0 : (float)(FULL * pow(10, -(double)level / 20) * sqrt(left));
    return true;
}

/* Even between -1.73 and 1.73. */
static float white(struct noise *noise)
{
    noise->seed = noise->seed * 1664525u + 1013904223u;
    return (float)(int32_t)noise->seed * (UNIFORM / 2147483648.0f);
}

/* One sample through the lattice: from the last coefficient to the first. memory[i] is what
 * went back at step i a sample ago. */
static float shape(struct noise *noise, float value)
{
    const float *k = noise->colour;
    float *back = noise->memory;

    for (int i = (int)noise->order - 1; i >= 0; i--) {
        value -= k[i] * back[i];
        if (i + 1 < noise->order)
            back[i + 1] = back[i] + k[i] * value;
    }
    if (noise->order)
        back[0] = value;
    return value;
}

/* Nothing is to be heard any more, and nothing is left to fade. */
static bool is_silent(struct noise *noise)
{
    if (noise->wanted > 0 || noise->gain > INAUDIBLE)
        return false;
    noise->gain = 0;
    memset(noise->memory, 0, sizeof noise->memory);
    return true;
}

void noise_fill(struct noise *noise, int16_t *samples, size_t n)
{
    if (is_silent(noise)) {
        memset(samples, 0, n * sizeof *samples);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        float value;

        noise->gain += (noise->wanted - noise->gain) / RISE;
        value = shape(noise, noise->gain * white(noise));
        samples[i] = (int16_t)lrintf(fmaxf(INT16_MIN, fminf(INT16_MAX, value)));
    }
}

static void correlate(double *sums, unsigned order, const int16_t *samples, size_t n)
{
    for (unsigned lag = 0; lag <= order; lag++) {
        int64_t sum = 0;

        for (size_t i = lag; i < n; i++)
            sum += samples[i] * samples[i - lag];
        sums[lag] = (double)sum;
    }
    sums[0] *= 1 + WHITE;
}

/* Reflection coefficients of the correlation (Levinson and Durbin). */
static void reflect(double *k, const double *sums, unsigned order)
{
    double a[NOISE_ORDER_OURS + 1] = {1}, error = sums[0];

    for (unsigned i = 1; i <= order; i++) {
        double sum = 0, old[NOISE_ORDER_OURS + 1];

        for (unsigned j = 0; j < i; j++)
            sum += a[j] * sums[i - j];
        k[i - 1] = error > 0 ? -sum / error : 0;
        memcpy(old, a, sizeof old);
        for (unsigned j = 1; j <= i; j++)
            a[j] = old[j] + k[i - 1] * old[i - j];
        error *= 1 - k[i - 1] * k[i - 1];
    }
}

static uint8_t level_of(double power)
{
    double level = power > 0 ? -10 * log10(power / (FULL * FULL)) : NOISE_SILENCE;

    return (uint8_t)lrint(fmax(0, fmin(NOISE_SILENCE, level)));
}

size_t noise_describe(uint8_t payload[NOISE_BYTES], const int16_t *samples, size_t n,
                      unsigned order)
{
    double sums[NOISE_ORDER_OURS + 1], k[NOISE_ORDER_OURS];

    assert(n > NOISE_ORDER_OURS && order <= NOISE_ORDER_OURS);
    correlate(sums, order, samples, n);
    reflect(k, sums, order);
    payload[0] = level_of(sums[0] / (double)n);
    for (unsigned i = 0; i < order; i++)
        payload[1 + i] = (uint8_t)lrint(MIDDLE + MIDDLE * fmax(-1, fmin(1, k[i])));
    return order + 1;
}
