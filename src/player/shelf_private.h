/* shelf_private.h: the shelf inside: its entries are the loop's (shelf.c), its makings the
 * thread's (making.c); what passes between them is posted. */
#ifndef OFFHOOK_PLAYER_SHELF_PRIVATE_H
#define OFFHOOK_PLAYER_SHELF_PRIVATE_H

#include "base/list.h"
#include "player/shelf.h"

#include <pthread.h>
#include <stdatomic.h>

struct shelf {
    struct shelf_conf conf; /* control thread, from here on */
    struct entry *entries;  /* hash by name */
    struct list used;       /* kept ones, the least lately used first */
    size_t bytes;           /* of the kept ones */
    unsigned makings;
    struct loop *work; /* of the shelf's thread; NULL: stopped */
    pthread_t thread;
    struct list going;    /* the shelf's thread: makings that wait for a step */
    bool left;            /* likewise: its work is done */
    atomic_bool stopping; /* any thread */
};

/* On its way to the thread and back. */
struct shelf_making {
    struct shelf *shelf; /* our reference */
    char *name, *note;
    void *input; /* our reference */
    int64_t lasts;
    struct sound *sound; /* our reference; NULL: not given yet */
    bool told;           /* it was, growing */
    char reason[SHELF_REASON];
    int64_t due,
        told_at;      /* the shelf's thread: [ms] monotonic: when its next step should be done */
    struct list node; /* likewise */
};

/* making.c. The thread's life; 0, ENOMEM or EAGAIN. */
int makings_start(struct shelf *shelf);
void makings_stop(struct shelf *shelf);

/* shelf.c, on the loop. A growing sound of that name has been given. */
void shelf_grows(struct shelf *shelf, const char *name, struct sound *sound);
/* The making of that name has ended; sound NULL: with nothing, for that reason. */
void shelf_made(struct shelf *shelf, const struct shelf_making *making);

#endif
