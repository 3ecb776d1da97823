/* plc.h: conceals lost frames of a telephone voice at 8 kHz: the last pitch
 * period is repeated and fades to silence within 60 ms.
 *
 * A zeroed struct is ready. Adds no delay. Call plc_good() for every frame that
 * came, also while nothing is lost, and plc_lost() for every one that did not. */
#ifndef OFFHOOK_AUDIO_PLC_H
#define OFFHOOK_AUDIO_PLC_H

#include <stddef.h>
#include <stdint.h>

enum {
    PLC_PITCH_MAX = 120,                          /* [samples], 66 Hz */
    PLC_MATCH = 160,                              /* what is compared for the pitch [samples] */
    PLC_HISTORY = PLC_PITCH_MAX + PLC_MATCH + 40, /* [samples] */
};

struct plc {
    int16_t history[PLC_HISTORY]; /* what was heard last, oldest first */
    int16_t cycle[PLC_PITCH_MAX]; /* what is repeated while frames are lost */
    unsigned pitch;               /* [samples] of cycle */
    unsigned at;                  /* in cycle */
    unsigned lost;                /* [samples] concealed since the last good one; 0: none */
    int step;                     /* where cycle missed the end of history: smoothed away */
};

/* Takes note of a frame that came. The first one after a loss is blended with
 * the concealment over its first 5 ms, so its samples change. */
void plc_good(struct plc *plc, int16_t *frame, size_t n);

/* Fills `frame` in place of one that was lost. Zeros when 60 ms are over. */
void plc_lost(struct plc *plc, int16_t *frame, size_t n);

#endif
