/* resample.h: changes the rate of a running stream of frames by a whole ratio,
 * up or down: 8000 <-> 16000 <-> 48000 Hz. A polyphase FIR filter with linear
 * phase; it delays by 12 samples of the lower rate (1.5 ms at 8000 Hz).
 *
 * Used by one thread at a time; nothing but resample_alloc() allocates. */
#ifndef OFFHOOK_AUDIO_RESAMPLE_H
#define OFFHOOK_AUDIO_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

struct resample;

enum { RESAMPLE_RATIO_MAX = 6 };

/* From and to [Hz]. EINVAL when neither is 1 to 6 times the other; ENOMEM.
 * Released with mem_unref(). */
int resample_alloc(struct resample **resample, unsigned from, unsigned to);

/* Takes n samples, a multiple of the ratio when going down, and gives
 * n * to / from. Returns that count. `out` does not overlap `in`. */
size_t resample_run(struct resample *resample, int16_t *out, const int16_t *in, size_t n);

#endif
