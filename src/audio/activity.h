/* activity.h: whether somebody speaks, frame by frame of 20 ms at 8 kHz. A frame is
 * loud when its power is well above the noise of the line, which is followed as the
 * least power of the last seconds, and above a fixed bound. A few loud frames in a
 * row begin speech, many that are not end it.
 *
 * It hears power, not words: a steady sound below ACTIVITY_ALWAYS becomes noise within
 * three seconds (one that was there from the start within a third of a second), a louder
 * one is speech for as long as it lasts; so is a key told in-band, when it is held for
 * ACTIVITY_BEGINS. Integers only; a zeroed struct is ready; one thread. */
#ifndef OFFHOOK_AUDIO_ACTIVITY_H
#define OFFHOOK_AUDIO_ACTIVITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ACTIVITY_BEGINS = 3,      /* [frames] loud, in a row: 60 ms */
    ACTIVITY_ENDS = 30,       /* [frames] not loud, in a row: 600 ms */
    ACTIVITY_BOUND = 2490,    /* [mean square] -50 dBm0: never loud below */
    ACTIVITY_ALWAYS = 496000, /* [mean square] -27 dBm0: loud above, whatever the noise */
    ACTIVITY_WINDOW = 16,     /* [frames] whose least power is kept as one */
    ACTIVITY_WINDOWS = 8      /* windows the noise is known from: 2.6 s */
};

struct activity {
    uint32_t least[ACTIVITY_WINDOWS]; /* [mean square], a window each */
    uint32_t now;                     /* the least of the window that is going on */
    uint8_t frames;                   /* [frames] in it */
    uint8_t windows, next;            /* known; where the next one is kept */
    uint8_t run;                      /* [frames] that speak against `on` */
    bool on;
};

/* Takes the next frame; NULL: none came, which is not loud and tells nothing about the
 * noise. Returns whether somebody speaks. n 1 to 960. */
bool activity_run(struct activity *activity, const int16_t *frame, size_t n);

#endif
