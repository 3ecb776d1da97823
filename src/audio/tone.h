/* tone.h: a sine that goes on from frame to frame without a seam. */
#ifndef OFFHOOK_AUDIO_TONE_H
#define OFFHOOK_AUDIO_TONE_H

#include <stddef.h>
#include <stdint.h>

struct tone {
    double sine, cosine;           /* of the present phase, times the amplitude */
    double turn_sine, turn_cosine; /* one sample further */
    double amplitude;              /* peak, 0 … 32767 */
};

/* A sine of `hz` at `rate` [Hz] with peak `amplitude` (32767: full scale),
 * starting at phase 0. */
void tone_start(struct tone *tone, unsigned rate, double hz, double amplitude);

/* The next n samples; tone_mix() adds them, saturating. */
void tone_fill(struct tone *tone, int16_t *frame, size_t n);
void tone_mix(struct tone *tone, int16_t *frame, size_t n);

#endif
