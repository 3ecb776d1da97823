/* shelf.h: sounds kept by name, and the thread that makes them. One making of a name serves
 * all who ask for it meanwhile; of what is kept the least lately used goes first. The loop's
 * thread owns the shelf and calls all of this; the shelf's own thread only makes.
 *
 * A sound is made in steps, and the makings take turns at them: the one whose sound would be the
 * first to run out if it were played since it was told, and before it the ones of which there is
 * nothing yet. A growing sound (sound.h) is told as soon as it has been given; only whole ones are
 * kept. */
#ifndef OFFHOOK_PLAYER_SHELF_H
#define OFFHOOK_PLAYER_SHELF_H

#include "base/loop.h"
#include "player/sound.h"

#include <stdbool.h>

enum {
    SHELF_REASON = 200, /* [bytes] of a reason */
    SHELF_MORE = -1,
};

struct shelf;
struct shelf_making;

/* On the shelf's thread: makes the next part of a sound of what shelf_make() was given, which is
 * its own alone until it has ended. SHELF_MORE: it wants to be called again, after the others had
 * their turn; 0: the sound is whole and was given; or an errno and a reason; with an empty reason
 * the errno's words are the reason. An error after a growing sound was given cuts that short. */
typedef int shelf_make_h(struct shelf_making *making, void *input, char reason[SHELF_REASON],
                         void *arg);
/* Within shelf_make_h, once: the sound. A reference is taken. A growing one is told when the step
 * is over, which should be when there is enough of it to begin with. */
void shelf_give(struct shelf_making *making, struct sound *sound);
/* Within shelf_make_h: the sound serves for `fresh` [ms] instead of what shelf_make() said. */
void shelf_serve_for(struct shelf_making *making, int64_t fresh);

struct shelf_conf {
    struct loop *loop;  /* where sounds are delivered */
    size_t cache;       /* [bytes] kept */
    const char *thread; /* its name, up to 15 characters */
    shelf_make_h *make;
    void *arg; /* for make; must live until shelf_stop() */
};

/* 0, ENOMEM or EAGAIN (no thread). */
int shelf_start(struct shelf **shelf, const struct shelf_conf *conf);
/* Whoever still waits is told `reason`; what is being made comes to nothing or is cut short.
 * Waits for the step that has begun. Run the loop once more after it. */
void shelf_stop(struct shelf *shelf, const char *reason);
/* Any thread, until shelf_stop() returns: true once it has been called, so that a long step can
 * end early. */
bool shelf_stopping(const struct shelf *shelf);

/* On the loop, once, never within shelf_ask(): the sound (borrowed: mem_ref to keep; it may be
 * growing), or NULL and why. */
typedef void shelf_h(struct sound *sound, const char *reason, void *arg);
/* 0, ENOMEM or ECANCELED (it stops); then done is not called. When *begin comes back true the
 * name is new or its sound no longer serves: the caller begins with shelf_make(), settles it later
 * by shelf_settle() or shelf_renew(), or takes it back at once by shelf_forget(). */
int shelf_ask(struct shelf *shelf, const char *name, shelf_h *done, void *arg, bool *begin);
/* Has the sound made of `input`, an object of mem_alloc() that is referenced until then. The
 * sound serves for `fresh` [ms]. `note` (may be NULL) is kept with the sound, and the sound then
 * even when it serves no longer: who asks may renew it. One that serves for no time and has no
 * note is not kept. 0 or ENOMEM. */
int shelf_make(struct shelf *shelf, const char *name, void *input, int64_t fresh, const char *note);
/* Between *begin and its end: the note of the sound that served before, or NULL: there is none. */
const char *shelf_note(const struct shelf *shelf, const char *name);
/* The sound that served before serves again, for `fresh` [ms]: all who wait are told it. Only
 * after shelf_note() gave a note. A new note takes the place of the old; NULL: it stays. */
void shelf_renew(struct shelf *shelf, const char *name, int64_t fresh, const char *note);
/* No sound of that name comes: all who wait are told why. */
void shelf_settle(struct shelf *shelf, const char *name, const char *reason);
/* Undoes the shelf_ask() that gave `begin`; its done is not called. */
void shelf_forget(struct shelf *shelf, const char *name);
/* How many are being made or wait for the thread. */
unsigned shelf_makings(const struct shelf *shelf);

#endif
