/* noise.h: comfort noise (RFC 3389): a payload of type CN to noise, and a frame of background
 * noise to such a payload.
 *
 * A payload is a level in -dBov, then as many reflection coefficients as the sender likes, which
 * give the noise its colour. They speak of the whole band of the codec that the CN goes with, so
 * noise is made at that codec's rate, whatever it is. Pure, no allocation; one thread. */
#ifndef OFFHOOK_AUDIO_NOISE_H
#define OFFHOOK_AUDIO_NOISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    NOISE_ORDER = 12,      /* coefficients that are used; more are passed over */
    NOISE_ORDER_OURS = 10, /* that we send at most */
    NOISE_BYTES = 1 + NOISE_ORDER_OURS,
    NOISE_SILENCE = 127 /* [-dBov] */
};

/* A zeroed struct is silence. */
struct noise {
    float colour[NOISE_ORDER]; /* reflection coefficients */
    float memory[NOISE_ORDER]; /* of the filter */
    float wanted, gain;        /* [rms of what goes in]: goes from one to the other, not at once */
    uint32_t seed;
    uint8_t order;
};

/* Takes a payload. False: it is empty, and nothing has changed. */
bool noise_set(struct noise *noise, const uint8_t *payload, size_t size);

/* The next n samples. */
void noise_fill(struct noise *noise, int16_t *samples, size_t n);

/* Describes n samples, 10 ms or more of them, by a level and `order` (0 … NOISE_ORDER_OURS)
 * coefficients. Returns the size of the payload, which is order + 1. */
size_t noise_describe(uint8_t payload[NOISE_BYTES], const int16_t *samples, size_t n,
                      unsigned order);

#endif
