/* wave.h: an utterance as samples, and where in it somebody speaks. Any thread. */
#ifndef OFFHOOK_RECOGNISER_WAVE_H
#define OFFHOOK_RECOGNISER_WAVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WAVE_RATE = 16000,            /* [Hz] */
    WAVE_FRAME = WAVE_RATE / 100, /* [samples], 10 ms: the engine's frame too */
    WAVE_SECONDS_MAX = 120,
};

struct wave {
    int16_t *samples; /* malloc()ed */
    size_t length;    /* [samples] */
    bool *loud;       /* malloc()ed, one a frame */
    size_t frames;
    size_t loud_count;
};

/* Reads a WAV file. 0, ENOMEM, ENOENT (cannot be read) or EINVAL (not mono, 16-bit, 16 kHz, or
 * longer than WAVE_SECONDS_MAX). wave_free() afterwards, after an error too. */
int wave_read(struct wave *wave, const char *path);
void wave_free(struct wave *wave);

/* How many frames of [from, to) are loud. */
size_t wave_loud_in(const struct wave *wave, size_t from, size_t to);

#endif
