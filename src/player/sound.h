/* sound.h: a piece of recorded sound in memory, shared by all who play it.
 * Immutable once made, so any thread may read it; released with mem_unref(). */
#ifndef OFFHOOK_PLAYER_SOUND_H
#define OFFHOOK_PLAYER_SOUND_H

#include <stddef.h>
#include <stdint.h>

struct sound {
    unsigned rate;    /* [Hz]: 8000 */
    size_t length;    /* [samples] */
    int16_t *samples; /* mono */
};

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

#endif
