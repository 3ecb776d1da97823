/* frame.h: arithmetic on frames of 16-bit samples: add, take away, gain, level.
 *
 * Plain loops that the compiler turns into vector code; arguments do not overlap
 * unless told. Gains are Q12: 4096 is 1, at most FRAME_GAIN_MAX. No state. */
#ifndef OFFHOOK_AUDIO_FRAME_H
#define OFFHOOK_AUDIO_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FRAME_GAIN_ONE = 4096, FRAME_GAIN_MAX = 32767 };

/* total += frame, total -= frame. An int32 holds the sum of 65,536 members. */
void frame_add(int32_t *restrict total, const int16_t *restrict frame, size_t n);
void frame_subtract(int32_t *restrict total, const int16_t *restrict frame, size_t n);

/* out = total, out = total - own; clipped to 16 bits. */
void frame_clip(int16_t *restrict out, const int32_t *restrict total, size_t n);
void frame_minus(int16_t *restrict out, const int32_t *restrict total, const int16_t *restrict own,
                 size_t n);

/* frame += other, clipped. */
void frame_mix(int16_t *restrict frame, const int16_t *restrict other, size_t n);

/* frame *= gain, clipped. The gain goes in a straight line from `from` before the
 * first sample to `to` at the last one; the two may be equal. n at most 65,536. */
void frame_gain(int16_t *frame, size_t n, int from, int to);

/* Gain of a level: Q12 of `decibels`, at most FRAME_GAIN_MAX (+18 dB). */
int frame_gain_of(double decibels);

/* Mean square of the samples: 0 … 2^30. */
double frame_power(const int16_t *frame, size_t n);

/* The same in dB of full scale: 0 is a square wave of full scale, a full sine is
 * -3, digital silence -100. */
double frame_level(const int16_t *frame, size_t n);

/* The largest magnitude: 0 … 32768. */
int frame_peak(const int16_t *frame, size_t n);

/* True when no sample is further from zero than `threshold`. */
bool frame_silent(const int16_t *frame, size_t n, int threshold);

#endif
