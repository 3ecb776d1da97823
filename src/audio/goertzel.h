/* goertzel.h: how much of one frequency there is in some samples (Goertzel's
 * recurrence). For detectors and for tests that must know who is heard. */
#ifndef OFFHOOK_AUDIO_GOERTZEL_H
#define OFFHOOK_AUDIO_GOERTZEL_H

#include <stddef.h>
#include <stdint.h>

/* The mean square of the part of the n samples that is a sine of `hz`: A²/2 for
 * one of peak A. Resolves about rate/n [Hz]; two tones a whole multiple of that
 * apart, both fitting n samples with whole periods, do not disturb each other. */
double goertzel_power(const int16_t *frame, size_t n, unsigned rate, double hz);

/* The amplitude (peak) of that sine: 0 … 32767. */
double goertzel_amplitude(const int16_t *frame, size_t n, unsigned rate, double hz);

/* Its share of all the power of the samples, 0 … 1; 0 when they are all zero. */
double goertzel_share(const int16_t *frame, size_t n, unsigned rate, double hz);

#endif
