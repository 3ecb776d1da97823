/* beat.h: when in a frame a room ticks. Control gives it a phase, by load; who speaks in it may
 * have it tick some sub-ticks earlier or later, right behind their packets. Private to src/worker.
 *
 * `shift` sub-ticks off its phase a room has the same frames, each of them so much earlier (< 0) or
 * later: the number of a frame grows by one from tick to tick whatever the room does. Parts of a
 * conversation have no shift. All of it is the media worker's. */
#ifndef OFFHOOK_WORKER_BEAT_H
#define OFFHOOK_WORKER_BEAT_H

#include "stream/slack.h"

#include <stdbool.h>
#include <stdint.h>

struct media_room;
struct worker;

enum {
    BEAT_MOST = 3,                 /* [sub-ticks] off its phase */
    BEAT_STEPS = 2 * BEAT_MOST + 1 /* bit n of `allowed`: by n - BEAT_MOST */
};

/* How many sub-ticks from now on its ticks had best come later (< 0: earlier), of those allowed;
 * 0: nothing is gained that is worth it. Pure. */
int beat_choose(const struct slack *slacks, unsigned count, unsigned allowed);

/* Where it ticks in a frame: 0 to PHASES - 1. */
unsigned beat_place(const struct media_room *room);

/* Is it its turn, in frame `*frame` of the clock, which becomes that of the room? A room that is
 * linked to others comes back to its phase. */
bool beat_turn(struct media_room *room, uint64_t *frame);

/* After a tick: looks twice a second whether another beat would be better, and takes it. */
void beat_watch(struct media_room *room);

/* So many ports more are in the room, or fewer; nobody is in it any more. */
void beat_count(struct media_room *room, int by);
void beat_rest(struct media_room *room);

#endif
