/* tones.h: what a tone means: a beep, a fax, an announcement of the network, ringing or
 * busy. By its pitch, its length, and what comes after it. Private to src/detect. */
#ifndef OFFHOOK_DETECT_TONES_H
#define OFFHOOK_DETECT_TONES_H

#include "detect/spectrum.h"

enum tone {
    TONE_NONE,
    TONE_BEEP, /* steady, alone, of no other meaning */
    TONE_FAX,  /* CNG, CED, or the answer tone of a modem */
    TONE_SIT,  /* the first two of three rising tones before an announcement */
    TONE_BUSY, /* busy, congestion; dialling tone */
    TONE_LONG, /* it goes on and on, and is none of the others */
    TONE_RING  /* one ring has ended */
};

/* A tone that goes on, or went on. */
struct tone_run {
    unsigned frames;                 /* 0: none */
    unsigned gap;                    /* frames just now that were something else */
    float hz, second, spread, level; /* means; spread: without the onset */
    float before, wander; /* [Hz] the frame before; the mean of how far it moves a frame */
    unsigned chain;       /* tones right before it, without a pause */
    bool told, sit;       /* it was named while it went on; it is of a SIT */
};

struct tones {
    struct tone_run run;
    struct tone_run last; /* the one before that was long enough to count */
    unsigned since;       /* [frames] since it ended */
    unsigned repeats;     /* of it, at the same pitch and length */
    bool held;            /* it is a beep unless something else comes */
    unsigned disturbed;   /* [frames] since then that were as loud */
    unsigned patience;    /* [frames] until it is one */
    unsigned fresh;       /* [frames], up to this one, just found to be a tone */
};

/* Takes the peaks and level [dB of 1; -1: none came] of the next frame; zeroed at first. `spoken`:
 * speech was heard before, which makes a beep of what would otherwise be a ring. */
enum tone tones_run(struct tones *tones, const struct peaks *peaks, int level, bool spoken);

bool tones_sound(const struct tones *tones); /* one goes on, or may have begun */
bool tones_held(const struct tones *tones);  /* one may have been a beep, that is not known yet */

#endif
