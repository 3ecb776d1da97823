/* sound.h: a piece of recorded sound in memory, shared by all who play it; released with
 * mem_unref().
 *
 * A whole sound is immutable, so any thread may read it. A growing one is played while its
 * maker still adds to it: one thread writes, any number read, and nobody waits for anybody.
 * Its address space is reserved once, for the longest it may become, so `samples` never moves;
 * the writer stores behind the end and then moves `length` (release), readers load `length`
 * (acquire) and read only before it. What they read has been written, so it is in memory and
 * costs them no page fault. A growing sound ends as a whole one, or cut: then what is there is
 * all that will be, and it is not played again from its start. */
#ifndef OFFHOOK_PLAYER_SOUND_H
#define OFFHOOK_PLAYER_SOUND_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sound_state { SOUND_WHOLE, SOUND_GROWING, SOUND_CUT };

struct sound {
    unsigned rate;        /* [Hz]: 8000 */
    atomic_size_t length; /* [samples]; of a growing one: so far */
    int16_t *samples;     /* mono */
    atomic_int state;     /* enum sound_state */
    size_t limit;         /* [samples] it may become; the writer, from here on */
    size_t ready, room;   /* [samples] that may be written, that are reserved */
};

enum { SOUND_SECONDS_MAX = 3600 };

/* Reads a WAV or MP3 file (or the bytes of one) of 4000 to 192000 Hz and up to 16
 * channels, and makes it mono at `rate` [Hz]. EINVAL with a reason when it is no
 * sound we can read or is longer than an hour; ENOMEM; or what the system says of
 * the file. `reason` (not NULL) is set with every error and is never freed. Takes
 * long: never on a media worker. */
int sound_read_file(struct sound **sound, const char *path, unsigned rate, const char **reason);
int sound_read_memory(struct sound **sound, const void *data, size_t size, unsigned rate,
                      const char **reason);

/* Makes a sound at `rate` [Hz] of n samples at `from` [Hz]. Errors and `reason` as above. */
int sound_from_samples(struct sound **sound, const int16_t *samples, size_t n, unsigned from,
                       unsigned rate, const char **reason);

/* An empty growing sound that may become `limit` [samples] long. 0 or ENOMEM. */
int sound_grow(struct sound **sound, unsigned rate, size_t limit);
/* The writer, from here on. Adds n samples: all or nothing. 0, EFBIG (beyond the limit) or
 * ENOMEM. */
int sound_add(struct sound *sound, const int16_t *samples, size_t n);
/* The last call of the writer: it is whole, or cut. What was reserved and not used is given
 * back. Does nothing to a sound that is not growing. */
void sound_end(struct sound *sound, bool whole);

/* Any thread. The state is read before the length: of what is not growing the length is final. */
static inline enum sound_state sound_state(const struct sound *sound)
{
    return (enum sound_state)atomic_load_explicit(&sound->state, memory_order_acquire);
}

static inline size_t sound_length(const struct sound *sound)
{
    return atomic_load_explicit(&sound->length, memory_order_acquire);
}

#endif
