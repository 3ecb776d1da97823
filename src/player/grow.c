/* grow.c: sounds that are played while they are made. The address space of the longest they
 * may become is reserved and not backed by memory; pages become writable a step at a time, and
 * the rest goes back at the end. That costs no copy, and the readers know nothing of it. */
#include "player/sound.h"

#include "base/mem.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { STEP = 128 << 10 }; /* [bytes] made writable at once; pages divide it */

static void destroy(void *obj)
{
    struct sound *sound = obj;

    if (sound->samples)
        munmap(sound->samples, sound->room * sizeof *sound->samples);
}

int sound_grow(struct sound **soundp, unsigned rate, size_t limit)
{
    struct sound *sound = mem_alloc(sizeof *sound, destroy);
    size_t size = (limit * sizeof *sound->samples + STEP - 1) / STEP * STEP;
    void *space;

    if (!sound)
        return ENOMEM;
    space = mmap(NULL, size ? size : STEP, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                 -1, 0);
    if (space == MAP_FAILED) {
        mem_unref(sound);
        return ENOMEM;
    }
    sound->rate = rate;
    sound->limit = limit;
    sound->samples = space;
    sound->room = (size ? size : STEP) / sizeof *sound->samples;
    atomic_store_explicit(&sound->state, SOUND_GROWING, memory_order_release);
    *soundp = sound;
    return 0;
}

/* More of the reserved space, so that `need` samples may be written. */
static int make_ready(struct sound *sound, size_t need)
{
    size_t from = sound->ready * sizeof *sound->samples;
    size_t to = (need * sizeof *sound->samples + STEP - 1) / STEP * STEP;

    if (need <= sound->ready)
        return 0;
    if (mprotect((char *)sound->samples + from, to - from, PROT_READ | PROT_WRITE))
        return ENOMEM;
    sound->ready = to / sizeof *sound->samples;
    return 0;
}

int sound_add(struct sound *sound, const int16_t *samples, size_t n)
{
    size_t length = atomic_load_explicit(&sound->length, memory_order_relaxed);
    int err = n > sound->limit - length ? EFBIG : make_ready(sound, length + n);

    if (err)
        return err;
    memcpy(sound->samples + length, samples, n * sizeof *samples);
    atomic_store_explicit(&sound->length, length + n, memory_order_release);
    return 0;
}

/* The pages behind the end. */
static void give_back(struct sound *sound)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t all = sound->room * sizeof *sound->samples;
    size_t used = (sound_length(sound) * sizeof *sound->samples + page - 1) / page * page;

    if (used == 0)
        used = page;
    if (used < all && munmap((char *)sound->samples + used, all - used) == 0)
        sound->room = used / sizeof *sound->samples;
}

void sound_end(struct sound *sound, bool whole)
{
    if (sound_state(sound) != SOUND_GROWING)
        return;
    give_back(sound);
    atomic_store_explicit(&sound->state, whole ? SOUND_WHOLE : SOUND_CUT, memory_order_release);
}
