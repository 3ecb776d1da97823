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
};

/* Starts to play: loops times (0: for ever), level -1 … 1 as in the NCCO: 0 is as
 * recorded, 1 is +12 dB, -1 is -24 dB, and between them dB go in a straight line.
 * Beyond these it is the nearer end. Takes a reference of the sound. */
void player_start(struct player *player, struct sound *sound, unsigned loops, double level);

/* Adds its next `count` samples to frame, saturating. False when it has ended
 * (what was left was added), and from then on, adding nothing. */
bool player_mix(struct player *player, int16_t *frame, size_t count);

/* Ends without a click: one more player_mix() fades it out. */
void player_stop(struct player *player);

/* Drops the sound. Not on the packet path (it may free): the worker hands the
 * sound back to control for that. */
void player_reset(struct player *player);

#endif
