/* burst.h: how long sound takes: the first leg of a room sends 60 ms of 1 kHz once a second and
 * silence in between, the others look when it comes.
 *
 * What is told is what the server adds: from the sending of the packet that begins with the
 * burst to the arrival of the packet it begins in, and its place in there. Making packets
 * of sound, which both ends wait for, is not in it. */
#ifndef OFFHOOK_BENCH_BURST_H
#define OFFHOOK_BENCH_BURST_H

#include "bench/load/song.h"

#include <stdbool.h>
#include <stdint.h>

enum { BURST_EVERY = 50 }; /* [frames] */

struct burst {
    uint8_t frame[SONG_FRAME]; /* PCMU: 20 ms of it */
};

/* One who listens. */
struct burst_ear {
    unsigned silent; /* frames in a row */
    uint32_t heard;
    int64_t sent; /* of the last burst that was told [ns] */
};

void burst_compose(struct burst *burst);

/* Whether the burst is in a frame of a room's speaker, counted from 0, and whether it begins
 * there. Rooms take turns. */
bool burst_sounds(unsigned room, uint32_t frame);
bool burst_begins(unsigned room, uint32_t frame);

/* A frame of PCMU that arrived [ns], while the last burst was sent at `sent` (0: none was): the
 * delay [ns] of the burst that begins in it; -1: none does. */
int64_t burst_hear(struct burst_ear *ear, const uint8_t frame[SONG_FRAME], int64_t sent,
                   int64_t arrived);

#endif
