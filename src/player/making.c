/* making.c: the thread of a shelf. It takes one step of one making after the other: the one whose
 * listener would be the first to have nothing to hear. What comes of it is posted to the loop. A
 * making holds a reference to the shelf, since it may come back after the stop. */
#include "player/shelf_private.h"
#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { HASTE = 500 }; /* [ms] a beginning is worth more than a gap */

/* What somebody waits for is posted even when memory is short just now. */
static void post(struct loop *loop, loop_h *run, void *arg)
{
    while (loop_post(loop, run, arg))
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

static void drop(struct shelf_making *making)
{
    mem_unref(making->sound);
    mem_unref(making->input);
    mem_unref(making->note);
    mem_unref(making->name);
    mem_unref(making->shelf);
    free(making);
}

/* The loop's thread. */

static void deliver(void *arg)
{
    struct shelf_making *making = arg;

    making->shelf->makings--;
    shelf_made(making->shelf, making);
    drop(making);
}

static void tell_growing(void *arg)
{
    struct shelf_making *making = arg; /* deliver() comes behind this */

    shelf_grows(making->shelf, making->name, making->sound);
}

/* The shelf's thread, from here on. */

void shelf_give(struct shelf_making *making, struct sound *sound)
{
    making->sound = mem_ref(sound);
}

void shelf_serve_for(struct shelf_making *making, int64_t fresh)
{
    making->lasts = fresh;
}

/* A sound that was told stays what it is; one that nobody knows of is let go. */
static void fail(struct shelf_making *making, int err)
{
    if (making->sound)
        sound_end(making->sound, false);
    if (!*making->reason)
        snprintf(making->reason, sizeof making->reason, "%s", strerrordesc_np(err));
    if (!making->told)
        making->sound = mem_unref(making->sound);
}

/* It wants another step, by the time what there is of its sound has been heard. */
static void go_on(struct shelf_making *making)
{
    list_append(&making->shelf->going, &making->node);
    if (!making->sound)
        return;
    if (!making->told) {
        making->told = true;
        making->told_at = clock_mono_ms();
        post(making->shelf->conf.loop, tell_growing, making);
    }
    making->due =
        making->told_at + (int64_t)(sound_length(making->sound) * 1000 / making->sound->rate);
}

static void step(struct shelf_making *making)
{
    const struct shelf_conf *conf = &making->shelf->conf;
    int err = shelf_stopping(making->shelf)
                  ? ECANCELED
                  : conf->make(making, making->input, making->reason, conf->arg);

    if (err == SHELF_MORE) {
        go_on(making);
        return;
    }
    if (err)
        fail(making, err);
    post(conf->loop, deliver, making);
}

static void take(void *arg)
{
    struct shelf_making *making = arg;

    making->due = clock_mono_ms() - HASTE;
    list_append(&making->shelf->going, &making->node);
}

static struct shelf_making *most_urgent(const struct shelf *shelf)
{
    struct shelf_making *first = NULL;

    list_each (node, &shelf->going) {
        struct shelf_making *making = list_entry(node, struct shelf_making, node);

        if (!first || making->due < first->due)
            first = making;
    }
    return first;
}

static void *work(void *arg)
{
    struct shelf *shelf = arg;
    struct shelf_making *next = NULL;

    while (!shelf->left || next) {
        loop_wait(shelf->work, next ? 0 : -1);
        next = most_urgent(shelf);
        if (!next)
            continue;
        list_remove(&next->node);
        step(next);
    }
    return NULL;
}

static void leave(void *arg)
{
    struct shelf *shelf = arg;

    shelf->left = true;
}

/* The loop's thread, from here on. */

int shelf_make(struct shelf *shelf, const char *name, void *input, int64_t fresh, const char *note)
{
    struct shelf_making *making = calloc(1, sizeof *making);
    int err;

    if (!making)
        return ENOMEM;
    making->shelf = mem_ref(shelf);
    making->name = mem_strdup(name);
    making->note = mem_strdup(note);
    making->input = mem_ref(input);
    making->lasts = fresh;
    err = making->name && (making->note || !note) ? loop_post(shelf->work, take, making) : ENOMEM;
    if (err)
        drop(making);
    else
        shelf->makings++;
    return err;
}

int makings_start(struct shelf *shelf)
{
    int err = loop_alloc(&shelf->work);

    list_init(&shelf->going);
    if (err)
        return err;
    err = pthread_create(&shelf->thread, NULL, work, shelf);
    if (err)
        shelf->work = mem_unref(shelf->work);
    else
        pthread_setname_np(shelf->thread, shelf->conf.thread);
    return err;
}

void makings_stop(struct shelf *shelf)
{
    post(shelf->work, leave, shelf); /* behind all that was posted, so nothing is left inside */
    pthread_join(shelf->thread, NULL);
    shelf->work = mem_unref(shelf->work);
}
