/* playout_private.h: the play-out inside: playout.c takes packets, play.c makes sound of them,
 * adapt.c watches how early and late they come. */
#ifndef OFFHOOK_STREAM_PLAYOUT_PRIVATE_H
#define OFFHOOK_STREAM_PLAYOUT_PRIVATE_H

#include "stream/playout.h"

enum { TICK = 20000 /* [us] */ };

static inline int32_t playout_us(const struct playout *playout, int32_t units)
{
    return (int32_t)((int64_t)units * 1000000 / (int64_t)playout->clock);
}

static inline uint32_t playout_units(const struct playout *playout, unsigned ms)
{
    return ms * (playout->clock / 1000);
}

static inline size_t playout_queued(const struct playout *playout)
{
    return playout->end - playout->head;
}

/* playout.c: at the first tick of a line of time: what came in a burst before it was late. */
void playout_settle(struct playout *playout);

/* play.c */
void play_end_gap(struct playout *playout, bool meant);

/* adapt.c: a packet of `timestamp` came; one was too late; one was, and the play-out went back
 * to it; a tick. */
int32_t adapt_note(struct playout *playout, uint32_t timestamp, uint32_t arrival);
void adapt_late(struct playout *playout, int32_t slack);
void adapt_absorbed(struct playout *playout);
void adapt_lost(struct playout *playout);            /* a packet was not there in time */
void adapt_told(struct playout *playout, bool told); /* the packet behind it was asked */
void adapt_tick(struct playout *playout);
void adapt_begin(struct playout *playout);

/* Puts in or cuts out of what is queued some of what is owed. */
void adapt_stretch(struct playout *playout);

#endif
