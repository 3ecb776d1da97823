/* playout.h: the jitter ring: takes decoded packets by timestamp, gives one frame
 * of 20 ms a tick. Packets of any length, order and phase go in.
 *
 * It starts with no delay at all: what has come is heard at the next tick. A frame
 * that just missed its tick moves the play-out back to it, so each tick after has
 * that much in hand; when for ten seconds there was a whole frame in hand that was
 * never needed, one is blended away. Pure; used by one thread. */
#ifndef OFFHOOK_STREAM_PLAYOUT_H
#define OFFHOOK_STREAM_PLAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PLAYOUT_FRAME = 160, /* [samples] */
    PLAYOUT_RING = 2048, /* [samples], a power of two */
    PLAYOUT_GRAIN = 8    /* [samples] whose presence is noted together */
};

enum playout_sound {
    PLAYOUT_SOUND, /* a frame as it was sent */
    PLAYOUT_LOST,  /* nothing there: to be concealed */
    PLAYOUT_SILENT /* nothing there for long, or never begun */
};

struct playout {
    bool running;
    uint32_t origin;    /* timestamp at ring place 0 */
    uint32_t play, end; /* timestamps: next to be heard, behind the newest */
    uint32_t hole;      /* where the present run of concealment began */
    unsigned misses;    /* frames in a row that were not there */
    unsigned late;      /* ticks with packets that came too late, of late */
    bool belated;       /* one came since the last tick */
    unsigned behind;    /* ticks in a row with nothing but such */
    unsigned age;       /* [frames] since the last look at depth */
    int32_t least;      /* [samples] in hand at a tick, since then */
    uint64_t late_packets;
    uint8_t have[PLAYOUT_RING / PLAYOUT_GRAIN];
    int16_t samples[PLAYOUT_RING];
};

void playout_reset(struct playout *playout);

/* The next frame begins at `timestamp`. */
void playout_begin(struct playout *playout, uint32_t timestamp);

/* Takes `count` samples that begin at `timestamp`. False: too late to be heard. */
bool playout_put(struct playout *playout, uint32_t timestamp, const int16_t *samples, size_t count);

/* The next frame; written only when it returns PLAYOUT_SOUND. */
enum playout_sound playout_get(struct playout *playout, int16_t frame[PLAYOUT_FRAME]);

/* Takes out what waits of a frame that is not whole; returns its samples. */
size_t playout_rest(struct playout *playout, int16_t frame[PLAYOUT_FRAME]);

/* What waits to be heard [samples]. */
int32_t playout_depth(const struct playout *playout);

#endif
