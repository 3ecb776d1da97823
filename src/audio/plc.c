/* plc.c: packet loss concealment by repeating the last pitch period.
 *
 * The pitch is the lag with the best normalised correlation over the last 20 ms.
 * The period before the loss becomes a cycle whose end is blended into what came
 * before its start, so it can go round without a seam; where its start misses the
 * last sample heard, the difference is added and dies out over 2.5 ms. */
#include "audio/plc.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    PITCH_MIN = 40, /* [samples], 200 Hz */
    HOLD = 80,      /* full level for 10 ms [samples] */
    FADE_END = 480, /* silent from 60 ms on [samples] */
    SEAM = 20,      /* a step dies out over 2.5 ms [samples] */
    BLEND = 40,     /* back to the real sound over 5 ms [samples] */
};

static int16_t clip(int value)
{
    return (int16_t)(value > INT16_MAX ? INT16_MAX : value < INT16_MIN ? INT16_MIN : value);
}

static void remember(struct plc *plc, const int16_t *frame, size_t n)
{
    if (n >= PLC_HISTORY) {
        memcpy(plc->history, frame + n - PLC_HISTORY, sizeof plc->history);
        return;
    }
    memmove(plc->history, plc->history + n, sizeof plc->history - n * sizeof *frame);
    memcpy(plc->history + PLC_HISTORY - n, frame, n * sizeof *frame);
}

/* Samples are taken with 11 bits, so 160 products fit an int. */
static int correlate(const int16_t *restrict a, const int16_t *restrict b)
{
    int sum = 0;
    for (int i = 0; i < PLC_MATCH; i++)
        sum += (a[i] >> 5) * (b[i] >> 5);
    return sum;
}

static unsigned find_pitch(const struct plc *plc)
{
    const int16_t *last = plc->history + PLC_HISTORY - PLC_MATCH;
    unsigned best = PLC_PITCH_MAX;
    double best_score = 0;
    for (unsigned lag = PITCH_MIN; lag <= PLC_PITCH_MAX; lag++) {
        double match = correlate(last, last - lag);
        double energy = correlate(last - lag, last - lag);
        double score = match > 0 && energy > 0 ? match * match / energy : 0;
        if (score > best_score) {
            best_score = score;
            best = lag;
        }
    }
    return best;
}

static void make_cycle(struct plc *plc)
{
    const int16_t *end = plc->history + PLC_HISTORY;
    plc->pitch = find_pitch(plc);
    const int16_t *start = end - plc->pitch;
    memcpy(plc->cycle, start, plc->pitch * sizeof *start);
    int blend = (int)plc->pitch / 4;
    for (int i = 1; i <= blend; i++) {
        int16_t *sample = &plc->cycle[(int)plc->pitch - blend + i - 1];
        *sample = clip((*sample * (blend - i) + start[i - blend - 1] * i) / blend);
    }
    plc->at = 0;
    plc->step = end[-1] - start[-1];
}

/* The next sample of the concealment. */
static int16_t conceal(struct plc *plc)
{
    int value = plc->cycle[plc->at];
    plc->at = plc->at + 1 == plc->pitch ? 0 : plc->at + 1;
    int done = (int)plc->lost++;
    if (done < SEAM)
        value += plc->step * (SEAM - done - 1) / SEAM;
    if (done > HOLD)
        value = value * (FADE_END - done) / (FADE_END - HOLD);
    return clip(value);
}

static size_t fill(struct plc *plc, int16_t *frame, size_t n)
{
    size_t i = 0;
    while (i < n && plc->lost < FADE_END)
        frame[i++] = conceal(plc);
    return i;
}

void plc_lost(struct plc *plc, int16_t *frame, size_t n)
{
    if (plc->lost == 0)
        make_cycle(plc);
    size_t done = fill(plc, frame, n);
    memset(frame + done, 0, (n - done) * sizeof *frame);
    remember(plc, frame, n);
}

void plc_good(struct plc *plc, int16_t *frame, size_t n)
{
    if (plc->lost > 0) {
        int16_t old[BLEND] = {0};
        fill(plc, old, BLEND);
        size_t count = n < BLEND ? n : BLEND;
        for (size_t i = 0; i < count; i++)
            frame[i] = clip((old[i] * (int)(BLEND - i - 1) + frame[i] * (int)(i + 1)) / BLEND);
    }
    plc->lost = 0;
    remember(plc, frame, n);
}
