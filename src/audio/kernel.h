/* kernel.h: the low-pass kernel both ways of changing a rate are made from.
 * Private to src/audio. */
#ifndef OFFHOOK_AUDIO_KERNEL_H
#define OFFHOOK_AUDIO_KERNEL_H

/* A sinc of `cutoff` (of the rate whose sample is the unit of `at`) under a Kaiser
 * window of `beta` that ends at +-half. At 0 Hz the sum over all whole distances
 * is 1. */
double kernel_at(double at, double half, double cutoff, double beta);

#endif
