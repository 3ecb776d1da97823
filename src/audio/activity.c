/* activity.c: voice activity from the power of frames.
 *
 * 0 dBm0 is a sine 3.17 dB below one of full scale (G.711), a mean square of
 * 2.5 * 10^8 on the 16-bit scale. */
#include "audio/activity.h"

#include <assert.h>

enum {
    ABOVE_BEGIN = 8, /* times the noise: 9 dB */
    ABOVE_STAY = 4   /* 6 dB */
};

/* Mean square around the mean: a constant is no sound. */
static uint32_t power_of(const int16_t *frame, size_t n)
{
    int64_t count = (int64_t)n, mean;
    uint64_t squares = 0;
    int32_t sum = 0;

    for (size_t i = 0; i < n; i++) {
        sum += frame[i];
        squares += (uint32_t)(frame[i] * frame[i]);
    }
    mean = sum / count;
    return (uint32_t)(squares / n - (uint64_t)(mean * mean));
}

static void learn(struct activity *activity, uint32_t power)
{
    if (activity->frames == 0 || power < activity->now)
        activity->now = power;
    if (++activity->frames < ACTIVITY_WINDOW)
        return;
    activity->frames = 0;
    activity->least[activity->next] = activity->now;
    activity->next = (activity->next + 1) % ACTIVITY_WINDOWS;
    if (activity->windows < ACTIVITY_WINDOWS)
        activity->windows++;
}

/* 0 until something is known. */
static uint32_t noise_of(const struct activity *activity)
{
    uint32_t noise = activity->windows ? activity->least[0] : 0;

    for (unsigned i = 1; i < activity->windows; i++)
        if (activity->least[i] < noise)
            noise = activity->least[i];
    if (activity->windows && activity->frames && activity->now < noise)
        noise = activity->now;
    return noise;
}

static bool loud(const struct activity *activity, uint32_t power)
{
    uint64_t noise = noise_of(activity);
    uint64_t bar = noise * (activity->on ? ABOVE_STAY : ABOVE_BEGIN);
    uint64_t bound = activity->on ? ACTIVITY_BOUND / 2 : ACTIVITY_BOUND;

    return power > bound && (power > bar || power > ACTIVITY_ALWAYS);
}

bool activity_run(struct activity *activity, const int16_t *frame, size_t n)
{
    unsigned enough = activity->on ? ACTIVITY_ENDS : ACTIVITY_BEGINS;
    uint32_t power;

    assert(n > 0);
    power = frame ? power_of(frame, n) : 0;
    if (frame)
        learn(activity, power);
    activity->run = loud(activity, power) != activity->on ? activity->run + 1 : 0;
    if (activity->run >= enough) {
        activity->on = !activity->on;
        activity->run = 0;
    }
    return activity->on;
}
