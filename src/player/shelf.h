/* shelf.h: sounds kept by name, and the thread that makes them. One making of a name serves
 * all who ask for it meanwhile; of what is kept the least lately used goes first. The loop's
 * thread owns the shelf and calls all of this; the shelf's own thread only makes. */
#ifndef OFFHOOK_PLAYER_SHELF_H
#define OFFHOOK_PLAYER_SHELF_H

#include "base/loop.h"
#include "player/sound.h"

#include <stdbool.h>

enum { SHELF_REASON = 200 }; /* [bytes] of a reason */

struct shelf;

/* On the shelf's thread: makes a sound of what shelf_make() was given. 0, or an errno and a
 * reason; with an empty reason the errno's words are the reason. */
typedef int shelf_make_h(struct sound **sound, void *input, char reason[SHELF_REASON], void *arg);

struct shelf_conf {
    struct loop *loop;  /* where sounds are delivered */
    size_t cache;       /* [bytes] kept */
    const char *thread; /* its name, up to 15 characters */
    shelf_make_h *make;
    void *arg; /* for make; must live until shelf_stop() */
};

/* 0, ENOMEM or EAGAIN (no thread). */
int shelf_start(struct shelf **shelf, const struct shelf_conf *conf);
/* Whoever still waits is told `reason`; what is being made comes to nothing. Waits for the
 * making that has begun. Run the loop once more after it. */
void shelf_stop(struct shelf *shelf, const char *reason);
/* Any thread, until shelf_stop() returns: true once it has been called, so that a long making
 * can end early. */
bool shelf_stopping(const struct shelf *shelf);

/* On the loop, once, never within shelf_ask(): the sound (borrowed: mem_ref to keep), or NULL
 * and why. */
typedef void shelf_h(struct sound *sound, const char *reason, void *arg);
/* 0, ENOMEM or ECANCELED (it stops); then done is not called. When *begin comes back true the
 * name is new: the caller begins with shelf_make(), settles it later by shelf_settle(), or
 * takes it back at once by shelf_forget(). */
int shelf_ask(struct shelf *shelf, const char *name, shelf_h *done, void *arg, bool *begin);
/* Has the sound made of `input`, an object of mem_alloc() that is referenced until then. The
 * sound serves for `fresh` [ms]. 0 or ENOMEM. */
int shelf_make(struct shelf *shelf, const char *name, void *input, int64_t fresh);
/* No sound of that name comes: all who wait are told why. */
void shelf_settle(struct shelf *shelf, const char *name, const char *reason);
/* Undoes the shelf_ask() that gave `begin`; its done is not called. */
void shelf_forget(struct shelf *shelf, const char *name);
/* How many are being made or wait for the thread. */
unsigned shelf_makings(const struct shelf *shelf);

#endif
