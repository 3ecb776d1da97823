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

/* Reads a WAV file (or the bytes of one), any rate and channel count, and makes
 * it mono at `rate` [Hz]. EINVAL with a reason when it is no sound we can read
 * or is longer than an hour. Never on a media worker. */
int sound_read_file(struct sound **sound, const char *path, unsigned rate, const char **reason);
int sound_read_memory(struct sound **sound, const void *bytes, size_t size, unsigned rate,
                      const char **reason);

#endif
