/* spectrum.c: a radix-2 transform of 512 samples under a Hann window, and its peaks. */
#include "detect/spectrum.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

enum {
    BITS = 9,
    LOWEST = 13, /* bin, 203 Hz: below there is hum */
    HIGHEST = 250,
    NEAR = 5 /* bins around a peak that are its own */
};

static const float BIN = 8000.0f / SPECTRUM_SIZE; /* [Hz] */
static const float SHARE = 0.80f;                 /* of all power, that the peaks of a tone have */
static const float CHORD = 0.9f;                  /* the same of three peaks */
static const float VOICE = 320;                   /* [Hz] below there are voices */
static const float SECOND = 0.08f;                /* of the first peak: less is no second tone */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static float hann[SPECTRUM_SIZE];
static float cosine[SPECTRUM_SIZE / 2], sine[SPECTRUM_SIZE / 2];
static uint16_t turned[SPECTRUM_SIZE]; /* indices with their bits reversed */

static void fill_tables(void)
{
    for (unsigned i = 0; i < SPECTRUM_SIZE; i++) {
        hann[i] = (float)(0.5 - 0.5 * cos(2 * M_PI * i / SPECTRUM_SIZE));
        for (unsigned bit = 0; bit < BITS; bit++)
            turned[i] |= (uint16_t)((i >> bit & 1) << (BITS - 1 - bit));
    }
    for (unsigned i = 0; i < SPECTRUM_SIZE / 2; i++) {
        cosine[i] = (float)cos(2 * M_PI * i / SPECTRUM_SIZE);
        sine[i] = (float)-sin(2 * M_PI * i / SPECTRUM_SIZE);
    }
}

void spectrum_prepare(void)
{
    pthread_once(&once, fill_tables);
}

struct complex {
    float re, im;
};

static void transform(struct complex *x)
{
    for (unsigned half = 1; half < SPECTRUM_SIZE; half *= 2) {
        unsigned step = SPECTRUM_SIZE / (2 * half);

        for (unsigned at = 0; at < SPECTRUM_SIZE; at += 2 * half) {
            for (unsigned i = 0; i < half; i++) {
                struct complex *a = &x[at + i], *b = &x[at + i + half];
                float c = cosine[i * step], s = sine[i * step];
                struct complex t = {b->re * c - b->im * s, b->re * s + b->im * c};

                *b = (struct complex){a->re - t.re, a->im - t.im};
                *a = (struct complex){a->re + t.re, a->im + t.im};
            }
        }
    }
}

/* Power by bin; returns the sum of those that count. */
static float powers(const int16_t *samples, float *power)
{
    struct complex x[SPECTRUM_SIZE];
    float total = 0;

    for (unsigned i = 0; i < SPECTRUM_SIZE; i++)
        x[turned[i]] = (struct complex){(float)samples[i] * hann[i], 0};
    transform(x);
    for (unsigned i = LOWEST - NEAR; i <= HIGHEST + NEAR; i++)
        power[i] = x[i].re * x[i].re + x[i].im * x[i].im;
    for (unsigned i = LOWEST; i <= HIGHEST; i++)
        total += power[i];
    return total;
}

struct peak {
    unsigned bin;
    float power, hz, spread;
};

/* Takes the strongest bin and its neighbours out of the powers. */
static struct peak take_strongest(float *power)
{
    struct peak peak = {.bin = 0};
    float most = 0, first = 0, second = 0;

    for (unsigned i = LOWEST; i <= HIGHEST; i++) {
        if (power[i] > most) {
            most = power[i];
            peak.bin = i;
        }
    }
    if (!peak.bin)
        return peak;
    for (unsigned i = peak.bin - NEAR; i <= peak.bin + NEAR; i++) {
        float off = (float)i - (float)peak.bin;

        peak.power += power[i];
        first += off * power[i];
        second += off * off * power[i];
        power[i] = 0;
    }
    first /= peak.power;
    peak.hz = ((float)peak.bin + first) * BIN;
    peak.spread = second / peak.power - first * first;
    return peak;
}

/* Whether it is a multiple of the tone: a beep that is no pure sine. */
static bool harmonic(float base, float hz)
{
    float times = hz / base;

    return times > 1.5f && fabsf(times - roundf(times)) < 0.03f;
}

static void find(float *power, float total, struct peaks *peaks)
{
    struct peak one = take_strongest(power), two = take_strongest(power), three;
    float low = fminf(one.hz, two.hz), high = fmaxf(one.hz, two.hz), sum = one.power + two.power;
    bool weak = two.power < SECOND * one.power, single;

    if (!one.bin || !two.bin)
        return;
    single = weak || harmonic(low, high);
    if (sum < SHARE * total) { /* a chord? */
        three = take_strongest(power);
        if (!three.bin || sum + three.power < CHORD * total)
            return;
        low = fminf(low, three.hz);
        high = fmaxf(high, three.hz);
        single = false;
    }
    peaks->hz = weak ? one.hz : low;
    peaks->second = single ? 0 : high;
    peaks->spread = one.spread;
    peaks->tone = peaks->hz > VOICE;
}

void spectrum_run(struct spectrum *spectrum, const int16_t *frame, int level, struct peaks *peaks)
{
    int16_t *kept = spectrum->kept;
    float power[SPECTRUM_SIZE / 2];
    float total;

    memmove(kept, kept + DETECT_FRAME, (SPECTRUM_SIZE - DETECT_FRAME) * sizeof *kept);
    if (frame)
        memcpy(kept + SPECTRUM_SIZE - DETECT_FRAME, frame, DETECT_FRAME * sizeof *kept);
    else
        memset(kept + SPECTRUM_SIZE - DETECT_FRAME, 0, DETECT_FRAME * sizeof *kept);
    *peaks = (struct peaks){0};
    if (level < SPECTRUM_FAINT)
        return;
    total = powers(kept, power);
    if (total > 0)
        find(power, total, peaks);
}
