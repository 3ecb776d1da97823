/* convert.h: changes recorded sound from any rate to any other, piece by piece,
 * without delay: sample 0 comes out at time 0 and the length stays the same.
 * Slower than resample.h (a microsecond or less a sample): for files, not for
 * frames of a call. */
#ifndef OFFHOOK_AUDIO_CONVERT_H
#define OFFHOOK_AUDIO_CONVERT_H

#include <stddef.h>
#include <stdint.h>

struct convert;

enum { CONVERT_RATE_MIN = 4000, CONVERT_RATE_MAX = 192000 }; /* [Hz] */

/* Takes the samples that were made. 0, or an errno that ends the conversion. */
typedef int convert_h(const int16_t *samples, size_t n, void *arg);

/* From and to [Hz]. EINVAL when one is out of bounds; ENOMEM. Released with
 * mem_unref(). */
int convert_alloc(struct convert **convert, unsigned from, unsigned to, convert_h *take, void *arg);

/* Puts in samples of -32768 … 32767. 0 or what `take` returned. */
int convert_run(struct convert *convert, const float *in, size_t n);

/* The end: what is still inside comes out. Then only mem_unref(). */
int convert_end(struct convert *convert);

#endif
