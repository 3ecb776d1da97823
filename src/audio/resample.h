/* resample.h: changes the rate of a running stream of frames by a whole ratio, up or down:
 * 8000 <-> 16000 <-> 48000 Hz. A polyphase FIR filter with linear phase: flat within 0.1 dB to
 * 0.44 of the lower rate (3.5 kHz at 8000 Hz, 7 kHz at 16000 Hz), below -60 dB from 0.56 of it
 * on. It delays by RESAMPLE_DELAY samples of the lower rate (2 ms at 8000 Hz).
 *
 * One thread; nothing but resample_alloc() allocates. */
#ifndef OFFHOOK_AUDIO_RESAMPLE_H
#define OFFHOOK_AUDIO_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

enum {
    RESAMPLE_RATIO_MAX = 6,
    RESAMPLE_DELAY = 16,                                           /* [samples] of the lower rate */
    RESAMPLE_HOLD = (2 * RESAMPLE_DELAY - 1) * RESAMPLE_RATIO_MAX, /* [samples] */
};

/* Small, so that a leg can have one for each way. */
struct resample {
    uint8_t up, down;            /* one of them is 1 */
    int16_t hold[RESAMPLE_HOLD]; /* the last samples that went in, as many as the filter needs */
};

/* From and to [Hz]; as before the first sample. Also to use one again, for the same rates or
 * others. EINVAL when neither is 1 to 6 times the other. */
int resample_init(struct resample *resample, unsigned from, unsigned to);

/* The same on the heap; ENOMEM. Released with mem_unref(). */
int resample_alloc(struct resample **resample, unsigned from, unsigned to);

/* Takes n samples, a multiple of the ratio when going down, and gives
 * n * to / from. Returns that count. `out` does not overlap `in`. */
size_t resample_run(struct resample *resample, int16_t *out, const int16_t *in, size_t n);

#endif
