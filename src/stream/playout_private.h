/* playout_private.h: the play-out inside: playout.c takes packets, play.c and gap.c make sound of
 * them, adapt.c watches how early and late they come, stretch.c acts on it. */
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

static inline size_t playout_samples(const struct playout *playout, uint32_t units)
{
    return (size_t)((uint64_t)units * playout->rate / playout->clock);
}

static inline uint32_t playout_clock(const struct playout *playout, size_t samples)
{
    return (uint32_t)((uint64_t)samples * playout->clock / playout->rate);
}

/* [samples] of so many milliseconds. */
static inline size_t playout_ms(const struct playout *playout, size_t ms)
{
    return ms * (playout->rate / 1000);
}

static inline size_t playout_queued(const struct playout *playout)
{
    return playout->end - playout->head;
}

/* playout.c: at the first tick of a line of time: what came in a burst before it was late. */
void playout_settle(struct playout *playout);

/* play.c: room for n samples behind what is queued, and fewer when there is none for all; what is
 * in a slot, queued; n samples towards whole frames that are counted. */
int16_t *play_room(struct playout *playout, size_t *n);
enum playout_sound play_decode(struct playout *playout, const struct jitter_slot *slot);
void play_add(uint64_t *frames, unsigned *part, size_t n, unsigned frame);

/* gap.c: n samples of silence, or in place of those that are missing (`next` is the packet behind
 * them); what is heard while nothing is there, before a packet that others are missing before, and
 * before one that ends a pause; the end of a gap, and whether the peer meant it. */
enum playout_sound gap_silence(struct playout *playout, size_t n);
enum playout_sound gap_conceal(struct playout *playout, size_t n, const struct jitter_slot *next);
enum playout_sound gap_dry(struct playout *playout);
enum playout_sound gap_fill(struct playout *playout, const struct jitter_slot *next);
enum playout_sound gap_wait(struct playout *playout, const struct jitter_slot *next);
bool gap_is_pause(const struct playout *playout, const struct jitter_slot *next);
void gap_end(struct playout *playout, bool meant);

/* adapt.c: a packet of `timestamp` came; one was too late; one was, and the play-out went back
 * to it; a tick. */
int32_t adapt_note(struct playout *playout, uint32_t timestamp, uint32_t arrival);
void adapt_late(struct playout *playout, int32_t slack);
bool adapt_absorbs(const struct playout *playout); /* may it go back? */
void adapt_absorbed(struct playout *playout);
void adapt_lost(struct playout *playout);            /* a packet was not there in time */
void adapt_told(struct playout *playout, bool told); /* the packet behind it was asked */
void adapt_tick(struct playout *playout);
void adapt_begin(struct playout *playout);

void adapt_changed(struct playout *playout); /* what was seen of late tells nothing any more */

/* stretch.c: puts in or cuts out of what is queued some of what is owed. */
void adapt_stretch(struct playout *playout);

#endif
