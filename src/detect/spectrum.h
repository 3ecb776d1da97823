/* spectrum.h: the tones in a frame: a Fourier transform of its last 64 ms, and the
 * strongest peaks in it. Private to src/detect. */
#ifndef OFFHOOK_DETECT_SPECTRUM_H
#define OFFHOOK_DETECT_SPECTRUM_H

#include "detect/detect.h"

enum {
    SPECTRUM_SIZE = 512, /* [samples], 15.6 Hz a bin */
    SPECTRUM_FAINT = 44  /* [dB of 1] no tone below: -40 dBm0 */
};

struct spectrum {
    int16_t kept[SPECTRUM_SIZE]; /* the last samples */
};

/* What is steady in them. A tone: one, two or three peaks have nearly all the power. */
struct peaks {
    bool tone;
    float hz, second; /* the lowest and the highest one; second 0: there is one */
    float spread;     /* [bins²] of the power around the stronger peak: two tones too close
                         to be told apart make it wide */
};

/* The tables both need; once is enough, again does no harm. Any thread. */
void spectrum_prepare(void);

/* Takes a frame (NULL: silence) of this level [dB of 1]. */
void spectrum_run(struct spectrum *spectrum, const int16_t *frame, int level, struct peaks *peaks);

#endif
