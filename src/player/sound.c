/* sound.c: sounds made at once, of a file, of its bytes or of samples. */
#include "player/sound.h"

#include "audio/convert.h"
#include "base/mem.h"
#include "player/reading.h"

#include <errno.h>

enum { PIECE = 1024 }; /* [samples] converted at once */

/* Takes the reading. */
static int read_all(struct sound **sound, struct reading *reading, const char **reason)
{
    int err = reading_go_on(reading, SIZE_MAX / 2, reason);

    if (!err)
        *sound = mem_ref(reading_sound(reading));
    mem_unref(reading);
    return err;
}

int sound_read_file(struct sound **sound, const char *path, unsigned rate, const char **reason)
{
    struct reading *reading;
    int err = reading_open_file(&reading, path, rate, reason);

    return err ? err : read_all(sound, reading, reason);
}

int sound_read_memory(struct sound **sound, const void *data, size_t size, unsigned rate,
                      const char **reason)
{
    struct reading *reading;
    int err = reading_open_memory(&reading, data, size, rate, reason);

    return err ? err : read_all(sound, reading, reason);
}

static int keep(const int16_t *samples, size_t n, void *arg)
{
    return sound_add(arg, samples, n);
}

static int convert_all(struct convert *convert, const int16_t *samples, size_t n)
{
    float piece[PIECE];
    int err = 0;
    for (size_t at = 0, count; !err && at < n; at += count) {
        count = n - at < PIECE ? n - at : PIECE;
        for (size_t i = 0; i < count; i++)
            piece[i] = samples[at + i];
        err = convert_run(convert, piece, count);
    }
    return err ? err : convert_end(convert);
}

int sound_from_samples(struct sound **sound, const int16_t *samples, size_t n, unsigned from,
                       unsigned rate, const char **reason)
{
    struct convert *convert = NULL;
    struct sound *new = NULL;
    int err = sound_grow(&new, rate, (size_t)rate * SOUND_SECONDS_MAX);

    *reason = NULL;
    if (!err) {
        err = convert_alloc(&convert, from, rate, keep, new);
        if (!err)
            err = convert_all(convert, samples, n);
        mem_unref(convert);
        sound_end(new, !err);
    }
    if (err) {
        *reason = reading_reason(err);
        err = err == ENOMEM ? ENOMEM : EINVAL;
    } else if (sound_length(new) == 0) {
        *reason = "there is no sound in it";
        err = EINVAL;
    }
    if (err)
        mem_unref(new);
    else
        *sound = new;
    return err;
}
