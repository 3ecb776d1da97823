/* parts.h: a conversation in parts, each on a worker of its own. Private to src/worker. */
#ifndef OFFHOOK_WORKER_PARTS_H
#define OFFHOOK_WORKER_PARTS_H

#include "base/list.h"
#include "stream/stream.h"
#include "worker/band.h"

#include <stdbool.h>
#include <stdint.h>

struct command;
struct media_room;
struct mixer_member;
struct port;
struct worker;

/* Who speaks in another part of a conversation and is not only part of its sum here. */
struct guest {
    struct list node;
    uint64_t who;         /* number of the port */
    struct command *rule; /* one about it, which holds the port; NULL: there was none */
    uint64_t stay;        /* of the port, since that rule */
    struct mixer_member *member;
    unsigned idle; /* [frames] without a word */
    bool spoke;    /* in this tick; `said` is it */
    struct band band;
    int16_t said[STREAM_FRAME];
};

/* part.c (control): takes its seat in a room: the part it goes to, or NULL when it leaves. */
struct media_room *part_seat(struct port *port, struct media_room *room);
int room_alloc_part(struct media_room **part, struct media_room *parent, unsigned number,
                    struct worker *worker); /* room.c */

/* parts.c (worker): a part and the others. Begin: opens a tick; wait: whether the mix waits for
 * the others; finish: gives what waited, before anything else in the next sub-tick. */
void parts_begin(struct media_room *room);
bool parts_wait(struct media_room *room, uint64_t frame);
void parts_finish(struct worker *worker);
void parts_leave(struct media_room *room); /* it has nothing to do any more */
bool parts_is_far(const struct port *port, const struct port *other); /* in another part of here */
void parts_settle(struct port *port, struct command *rule);           /* about such a one */
void parts_free(struct media_room *room); /* control: what is left at the end */

#endif
