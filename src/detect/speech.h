/* speech.h: what was said so far, as words and pauses: the levels of the last frames, and
 * the noise of the line by their own statistics. Private to src/detect. */
#ifndef OFFHOOK_DETECT_SPEECH_H
#define OFFHOOK_DETECT_SPEECH_H

#include "detect/detect.h"

enum {
    SPEECH_KEPT = 512,  /* [frames] */
    SPEECH_LEVELS = 96, /* [dB of 1]: mean square of a frame */
    SPEECH_LEAST = 6    /* [frames] of sound: less is a click */
};

struct speech {
    uint8_t level[SPEECH_KEPT];
    bool mute[SPEECH_KEPT]; /* a tone, or nothing came: no speech whatever its level */
    unsigned first, count;
    uint16_t levels[SPEECH_LEVELS]; /* frames by level, of those that came */
    unsigned known;                 /* their number */
};

/* All in frames. */
struct greeting {
    unsigned onset;  /* before the first word */
    unsigned span;   /* from the first word's begin to the last one's end */
    unsigned voiced; /* of it, with sound */
    unsigned quiet;  /* since the end of the last word; 0: somebody speaks */
    unsigned words;  /* stretches with pauses of 100 ms or more between them */
    unsigned pause;  /* the longest between two words */
};

/* Forgets all. */
void speech_clear(struct speech *speech);
/* Takes a frame of this level; -1: none came. */
void speech_take(struct speech *speech, int level);
/* The last `frames` were no speech, but a tone. */
void speech_unsay(struct speech *speech, unsigned frames);
/* What was said, seen from now. */
void speech_greeting(const struct speech *speech, struct greeting *greeting);

#endif
