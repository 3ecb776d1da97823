/* shelf.c: the cache of sounds and the thread that fills it. An entry without a sound is one
 * that is being made; it has waiters. A making holds a reference to the shelf, since it may
 * come back after the stop. */
#include "player/shelf.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/mem.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* An entry that found no memory for its place has hh.tbl NULL. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct shelf {
    struct shelf_conf conf; /* control thread, from here on */
    struct entry *entries;  /* hash by name */
    struct list used;       /* made ones, the least lately used first */
    size_t bytes;
    unsigned makings;
    struct loop *work; /* of the shelf's thread; NULL: stopped */
    pthread_t thread;
    bool left;            /* the shelf's thread: its work is done */
    atomic_bool stopping; /* any thread */
};

struct waiter {
    shelf_h *done;
    void *arg;
    struct waiter *next;
};

struct entry {
    char *name;
    struct sound *sound; /* NULL while it is made */
    struct waiter *waiters;
    int64_t fresh_until; /* monotonic [ms] */
    struct list node;
    UT_hash_handle hh;
};

/* On its way to the thread and back. */
struct making {
    struct shelf *shelf; /* our reference */
    char *name;
    void *input; /* our reference */
    int64_t fresh;
    struct sound *sound;
    char reason[SHELF_REASON];
};

/* What somebody waits for is posted even when memory is short just now. */
static void post(struct loop *loop, loop_h *run, void *arg)
{
    while (loop_post(loop, run, arg))
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

static size_t weight(const struct entry *entry)
{
    return entry->sound->length * sizeof *entry->sound->samples + strlen(entry->name) +
           sizeof *entry;
}

static struct entry *find(const struct shelf *shelf, const char *name)
{
    struct entry *entry = NULL;

    HASH_FIND_STR(shelf->entries, name, entry);
    return entry;
}

/* Its waiters, if any, are the caller's. */
static void drop_entry(struct shelf *shelf, struct entry *entry)
{
    if (entry->sound) {
        shelf->bytes -= weight(entry);
        list_remove(&entry->node);
    }
    HASH_DELETE(hh, shelf->entries, entry);
    mem_unref(entry->sound);
    mem_unref(entry->name);
    free(entry);
}

static void make_room(struct shelf *shelf)
{
    while (shelf->bytes > shelf->conf.cache && !list_empty(&shelf->used))
        drop_entry(shelf, list_entry(list_first(&shelf->used), struct entry, node));
}

static void tell(struct waiter *waiters, struct sound *sound, const char *reason)
{
    while (waiters) {
        struct waiter *next = waiters->next;

        waiters->done(sound, sound ? NULL : reason, waiters->arg);
        free(waiters);
        waiters = next;
    }
}

/* The sound is the caller's reference: it may be too big to be kept. */
static void settle(struct shelf *shelf, const char *name, struct sound *sound, const char *reason,
                   int64_t fresh)
{
    struct entry *entry = find(shelf, name);
    struct waiter *waiters;

    if (!entry)
        return;
    waiters = entry->waiters;
    entry->waiters = NULL;
    if (sound) {
        entry->sound = mem_ref(sound);
        entry->fresh_until = clock_mono_ms() + fresh;
        shelf->bytes += weight(entry);
        list_append(&shelf->used, &entry->node);
        make_room(shelf);
    } else {
        drop_entry(shelf, entry);
    }
    tell(waiters, sound, reason);
}

void shelf_settle(struct shelf *shelf, const char *name, const char *reason)
{
    settle(shelf, name, NULL, reason, 0);
}

static void drop_making(struct making *making)
{
    mem_unref(making->sound);
    mem_unref(making->input);
    mem_unref(making->name);
    mem_unref(making->shelf);
    free(making);
}

static void deliver(void *arg)
{
    struct making *making = arg;

    making->shelf->makings--;
    settle(making->shelf, making->name, making->sound, making->reason, making->fresh);
    drop_making(making);
}

static void make(void *arg)
{
    struct making *making = arg;
    const struct shelf_conf *conf = &making->shelf->conf;

    if (!shelf_stopping(making->shelf)) {
        int err = conf->make(&making->sound, making->input, making->reason, conf->arg);
        if (err && !*making->reason)
            snprintf(making->reason, sizeof making->reason, "%s", strerrordesc_np(err));
    }
    post(conf->loop, deliver, making);
}

int shelf_make(struct shelf *shelf, const char *name, void *input, int64_t fresh)
{
    struct making *making = calloc(1, sizeof *making);
    int err;

    if (!making)
        return ENOMEM;
    making->shelf = mem_ref(shelf);
    making->name = mem_strdup(name);
    making->input = mem_ref(input);
    making->fresh = fresh;
    err = making->name ? loop_post(shelf->work, make, making) : ENOMEM;
    if (err)
        drop_making(making);
    else
        shelf->makings++;
    return err;
}

unsigned shelf_makings(const struct shelf *shelf)
{
    return shelf->makings;
}

struct late {
    struct sound *sound;
    shelf_h *done;
    void *arg;
};

static void deliver_late(void *arg)
{
    struct late *late = arg;

    late->done(late->sound, NULL, late->arg);
    mem_unref(late->sound);
    free(late);
}

/* From the cache, but on the next turn: a caller never hears back within its call. */
static int serve(struct shelf *shelf, struct entry *entry, shelf_h *done, void *arg)
{
    struct late *late = malloc(sizeof *late);

    if (!late)
        return ENOMEM;
    *late = (struct late){mem_ref(entry->sound), done, arg};
    if (loop_post(shelf->conf.loop, deliver_late, late)) {
        mem_unref(late->sound);
        free(late);
        return ENOMEM;
    }
    list_remove(&entry->node);
    list_append(&shelf->used, &entry->node);
    return 0;
}

/* A place for what is about to be made. */
static struct entry *add_entry(struct shelf *shelf, const char *name)
{
    struct entry *entry = calloc(1, sizeof *entry);

    if (!entry)
        return NULL;
    entry->name = mem_strdup(name);
    if (entry->name)
        HASH_ADD_KEYPTR(hh, shelf->entries, entry->name, strlen(entry->name), entry);
    if (entry->hh.tbl)
        return entry;
    mem_unref(entry->name);
    free(entry);
    return NULL;
}

int shelf_ask(struct shelf *shelf, const char *name, shelf_h *done, void *arg, bool *begin)
{
    struct entry *entry = find(shelf, name);
    struct waiter *waiter;

    *begin = false;
    if (shelf_stopping(shelf))
        return ECANCELED;
    if (entry && entry->sound && entry->fresh_until > clock_mono_ms())
        return serve(shelf, entry, done, arg);
    if (entry && entry->sound) {
        drop_entry(shelf, entry);
        entry = NULL;
    }
    waiter = malloc(sizeof *waiter);
    if (!waiter)
        return ENOMEM;
    if (!entry) {
        entry = add_entry(shelf, name);
        *begin = entry != NULL;
    }
    if (!entry) {
        free(waiter);
        return ENOMEM;
    }
    *waiter = (struct waiter){done, arg, entry->waiters};
    entry->waiters = waiter;
    return 0;
}

void shelf_forget(struct shelf *shelf, const char *name)
{
    struct entry *entry = find(shelf, name);

    if (!entry)
        return;
    free(entry->waiters);
    drop_entry(shelf, entry);
}

static void *work(void *arg)
{
    struct shelf *shelf = arg;

    while (!shelf->left)
        loop_wait(shelf->work, -1);
    return NULL;
}

int shelf_start(struct shelf **shelfp, const struct shelf_conf *conf)
{
    struct shelf *shelf = mem_alloc(sizeof *shelf, NULL);
    int err;

    if (!shelf)
        return ENOMEM;
    shelf->conf = *conf;
    list_init(&shelf->used);
    err = loop_alloc(&shelf->work);
    if (!err) {
        err = pthread_create(&shelf->thread, NULL, work, shelf);
        if (err)
            mem_unref(shelf->work);
    }
    if (err) {
        mem_unref(shelf);
        return err;
    }
    pthread_setname_np(shelf->thread, conf->thread);
    *shelfp = shelf;
    return 0;
}

bool shelf_stopping(const struct shelf *shelf)
{
    return atomic_load(&shelf->stopping);
}

static void leave(void *arg)
{
    struct shelf *shelf = arg;

    shelf->left = true;
}

/* Empties the shelf first: one who is told may ask again. */
static struct waiter *drop_all(struct shelf *shelf)
{
    struct entry *entry, *next;
    struct waiter *all = NULL;

    HASH_ITER (hh, shelf->entries, entry, next) {
        struct waiter **last = &entry->waiters;

        while (*last)
            last = &(*last)->next;
        *last = all;
        all = entry->waiters;
        drop_entry(shelf, entry);
    }
    return all;
}

void shelf_stop(struct shelf *shelf, const char *reason)
{
    atomic_store(&shelf->stopping, true);
    post(shelf->work, leave, shelf); /* behind all that was posted, so nothing is left inside */
    pthread_join(shelf->thread, NULL);
    shelf->work = mem_unref(shelf->work);
    tell(drop_all(shelf), NULL, reason);
    mem_unref(shelf);
}
