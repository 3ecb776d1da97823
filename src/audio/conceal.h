/* conceal.h: conceals what was lost of a voice at 8000, 16000 or 48000 Hz: the last pitch
 * period is repeated and fades to silence within 60 ms.
 *
 * Adds no delay. Call conceal_good() for every stretch that came, also while nothing is
 * lost, and conceal_lost() for every one that did not. The memory is the caller's,
 * conceal_size() of it: 0.9 kB at 8000 Hz. Pure; one thread. */
#ifndef OFFHOOK_AUDIO_CONCEAL_H
#define OFFHOOK_AUDIO_CONCEAL_H

#include <stddef.h>
#include <stdint.h>

struct conceal {
    uint16_t ratio;    /* of the rate to 8000 Hz; what is counted in samples grows by it */
    uint16_t pitch;    /* [samples] of the cycle that is repeated */
    uint16_t at;       /* in it */
    uint16_t lost;     /* [samples] concealed since the last good one; 0: none */
    int step;          /* where the cycle missed the end of the history: smoothed away */
    int16_t samples[]; /* what was heard last, oldest first; then the cycle */
};

/* [bytes] at a rate [Hz]. */
size_t conceal_size(unsigned rate);

/* Nothing was heard so far. */
void conceal_init(struct conceal *conceal, unsigned rate);

/* Takes note of n samples that came. The first ones after a loss are blended with the
 * concealment over 5 ms, so they change. */
void conceal_good(struct conceal *conceal, int16_t *samples, size_t n);

/* Fills in n samples that were lost. Zeros when 60 ms are over. */
void conceal_lost(struct conceal *conceal, int16_t *samples, size_t n);

#endif
