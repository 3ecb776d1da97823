/* loader.h: sounds by name or URL, kept. Fetching happens on the fetch thread, reading
 * and decoding on a thread of the loader's own; the sound comes to the loop. Bundled
 * sounds are named "sound:NAME" (sounds/RATE/NAME.wav); anything else is an http(s) URL
 * of a WAV or MP3 file, told apart by its bytes and never by its name or Content-Type. */
#ifndef OFFHOOK_PLAYER_LOADER_H
#define OFFHOOK_PLAYER_LOADER_H

#include "base/loop.h"
#include "http/fetch.h"
#include "player/sound.h"

struct loader;

struct loader_conf {
    struct loop *loop; /* where sounds are delivered */
    struct fetch *fetch;
    const char *sounds;                /* folder with RATE/NAME.wav */
    unsigned rate;                     /* [Hz] of all sounds */
    size_t cache;                      /* [bytes] kept; the least lately used goes first */
    unsigned connect_timeout, timeout; /* [ms] of a fetch */
};

int loader_start(struct loader **loader, const struct loader_conf *conf);
/* Whoever still waits is told that nothing comes. Run the loop once more after it. */
void loader_stop(struct loader *loader);

/* On the loop, once, never within loader_load(): the sound (borrowed: mem_ref to keep), or
 * NULL and why. */
typedef void loader_h(struct sound *sound, const char *reason, void *arg);
/* 0, EINVAL (no name of a bundled sound), ENOMEM or ECANCELED (it stops); after an error done
 * is not called. */
int loader_load(struct loader *loader, const char *name, loader_h *done, void *arg);

#endif
