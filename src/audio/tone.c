/* tone.c: a sine by turning a vector; its length is set right once a call. */
#include "audio/tone.h"

#include <math.h>

void tone_start(struct tone *tone, unsigned rate, double hz, double amplitude)
{
    double turn = 2 * M_PI * hz / rate;
    *tone = (struct tone){.cosine = amplitude,
                          .turn_sine = sin(turn),
                          .turn_cosine = cos(turn),
                          .amplitude = amplitude};
}

static double tone_next(struct tone *tone)
{
    double sine = tone->sine;
    tone->sine = sine * tone->turn_cosine + tone->cosine * tone->turn_sine;
    tone->cosine = tone->cosine * tone->turn_cosine - sine * tone->turn_sine;
    return sine;
}

static void tone_settle(struct tone *tone)
{
    double length = hypot(tone->sine, tone->cosine);
    if (length <= 0)
        return;
    tone->sine *= tone->amplitude / length;
    tone->cosine *= tone->amplitude / length;
}

void tone_fill(struct tone *tone, int16_t *frame, size_t n)
{
    for (size_t i = 0; i < n; i++)
        frame[i] = (int16_t)lrint(tone_next(tone));
    tone_settle(tone);
}

void tone_mix(struct tone *tone, int16_t *frame, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        long sum = frame[i] + lrint(tone_next(tone));
        frame[i] = (int16_t)(sum > INT16_MAX ? INT16_MAX : sum < INT16_MIN ? INT16_MIN : sum);
    }
    tone_settle(tone);
}
