/* player.h: one playing of a sound: its position, level and loops. Used by the
 * media worker that owns it. */
#ifndef OFFHOOK_PLAYER_PLAYER_H
#define OFFHOOK_PLAYER_PLAYER_H

#include "player/sound.h"

#include <stdbool.h>

struct player {
    struct sound *sound; /* our reference */
    size_t at;           /* [samples] */
    unsigned loops;      /* left, this one counted; 0: for ever */
    int gain;            /* Q12 */
    bool stopping;       /* fades out within its next frame */
    bool ended;          /* nothing more is added */
    size_t starved;      /* [samples] of silence, since a growing sound had no more yet */
};

/* Starts to play: loops times (0: for ever), level -1 … 1 as in the NCCO: 0 is as
 * recorded, 1 is +12 dB, -1 is -24 dB, and between them dB go in a straight line.
 * Beyond these it is the nearer end. Takes a reference of the sound. */
void player_start(struct player *player, struct sound *sound, unsigned loops, double level);

/* Adds its next `count` samples to frame, saturating. False when it has ended
 * (what was left was added), and from then on, adding nothing. Of a growing sound it adds what
 * is there; where that is not enough it is silent, counts that, and goes on when there is more.
 * Only a whole sound is played again. */
bool player_mix(struct player *player, int16_t *frame, size_t count);

/* Any thread: [samples] all players of the process have been silent for want of more. */
size_t player_starved(void);

/* Ends without a click: one more player_mix() fades it out. */
void player_stop(struct player *player);

/* Drops the sound. Not on the packet path (it may free): the worker hands the
 * sound back to control for that. */
void player_reset(struct player *player);

#endif
