/* parts.h: a text as parts that the engine says one by one. */
#ifndef OFFHOOK_SPEECH_PARTS_H
#define OFFHOOK_SPEECH_PARTS_H

#include "speech/voice.h"

#include <stdbool.h>
#include <stddef.h>

struct part {
    char *text;                 /* NULL: silence */
    char voice[VOICE_NAME_MAX]; /* the engine's */
    bool ssml;
    bool goes_on;     /* what follows is of the same text: the pause at its end is heard */
    unsigned silence; /* [ms] */
};

struct parts {
    struct part *part;
    size_t count;
};

/* The parts of a text that speech_check() has passed; released with mem_unref(). 0, ENOMEM or, of
 * SSML, EINVAL. */
int parts_make(struct parts **parts, const char *text, const char *voice);
/* All the silences that are asked for [ms]. */
unsigned long parts_silence(const struct parts *parts);

#endif
