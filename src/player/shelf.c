/* shelf.c: the cache of sounds: who waits for which, what is kept and how long it serves. An
 * entry without a sound is one that is being made; it has waiters. */
#include "player/shelf_private.h"
#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* An entry that found no memory for its place has hh.tbl NULL. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct waiter {
    shelf_h *done;
    void *arg;
    struct waiter *next;
};

struct entry {
    char *name, *note;
    struct sound *sound; /* NULL while nothing of it is there */
    struct sound *old;   /* that served before, while it may be renewed */
    bool kept;           /* counted, and in `used`; else it is being made */
    struct waiter *waiters;
    int64_t fresh_until; /* monotonic [ms] */
    struct list node;
    UT_hash_handle hh;
};

enum { PAGE = 4096, MAP = 2 * PAGE /* [bytes] a sound costs the kernel besides its samples */ };

static size_t weight(const struct entry *entry)
{
    size_t samples = sound_length(entry->sound) * sizeof *entry->sound->samples;

    return (samples + PAGE - 1) / PAGE * PAGE + MAP + strlen(entry->name) + sizeof *entry;
}

static struct entry *find(const struct shelf *shelf, const char *name)
{
    struct entry *entry = NULL;

    HASH_FIND_STR(shelf->entries, name, entry);
    return entry;
}

/* It is kept no more; its sound is still there. */
static void take_off(struct shelf *shelf, struct entry *entry)
{
    if (!entry->kept)
        return;
    entry->kept = false;
    shelf->bytes -= weight(entry);
    list_remove(&entry->node);
}

/* Its waiters, if any, are the caller's. */
static void drop_entry(struct shelf *shelf, struct entry *entry)
{
    take_off(shelf, entry);
    HASH_DELETE(hh, shelf->entries, entry);
    mem_unref(entry->sound);
    mem_unref(entry->old);
    mem_unref(entry->note);
    mem_unref(entry->name);
    free(entry);
}

static void make_room(struct shelf *shelf)
{
    while (shelf->bytes > shelf->conf.cache && !list_empty(&shelf->used))
        drop_entry(shelf, list_entry(list_first(&shelf->used), struct entry, node));
}

static struct waiter *take_waiters(struct entry *entry)
{
    struct waiter *waiters = entry->waiters;

    entry->waiters = NULL;
    return waiters;
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

static void keep(struct shelf *shelf, struct entry *entry, int64_t lasts)
{
    if (lasts <= 0 && !entry->note) {
        drop_entry(shelf, entry);
        return;
    }
    entry->kept = true;
    entry->fresh_until = clock_mono_ms() + lasts;
    shelf->bytes += weight(entry);
    list_append(&shelf->used, &entry->node);
    make_room(shelf);
}

void shelf_settle(struct shelf *shelf, const char *name, const char *reason)
{
    struct entry *entry = find(shelf, name);
    struct waiter *waiters;

    if (!entry)
        return;
    waiters = take_waiters(entry);
    drop_entry(shelf, entry);
    tell(waiters, NULL, reason);
}

void shelf_grows(struct shelf *shelf, const char *name, struct sound *sound)
{
    struct entry *entry = find(shelf, name);

    if (!entry)
        return;
    entry->old = mem_unref(entry->old);
    entry->sound = mem_ref(sound);
    tell(take_waiters(entry), sound, NULL);
}

/* The sound is the making's reference: it may be too big to be kept. */
void shelf_made(struct shelf *shelf, const struct shelf_making *making)
{
    struct entry *entry = find(shelf, making->name);
    struct waiter *waiters;

    if (!entry)
        return;
    if (!making->sound || sound_state(making->sound) != SOUND_WHOLE) {
        shelf_settle(shelf, making->name, making->reason);
        return;
    }
    waiters = take_waiters(entry);
    entry->old = mem_unref(entry->old);
    if (!entry->sound)
        entry->sound = mem_ref(making->sound);
    mem_unref(entry->note);
    entry->note = mem_ref(making->note);
    keep(shelf, entry, making->lasts);
    tell(waiters, making->sound, NULL);
}

const char *shelf_note(const struct shelf *shelf, const char *name)
{
    const struct entry *entry = find(shelf, name);

    return entry && entry->old ? entry->note : NULL;
}

void shelf_renew(struct shelf *shelf, const char *name, int64_t fresh, const char *note)
{
    struct entry *entry = find(shelf, name);
    struct waiter *waiters;
    struct sound *sound;
    char *copy;

    if (!entry || !entry->old)
        return;
    waiters = take_waiters(entry);
    copy = mem_strdup(note);
    if (copy) {
        mem_unref(entry->note);
        entry->note = copy;
    }
    sound = mem_ref(entry->old); /* it may be too big to be kept */
    entry->sound = entry->old;
    entry->old = NULL;
    keep(shelf, entry, fresh);
    tell(waiters, sound, NULL);
    mem_unref(sound);
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

/* What is there, but on the next turn: a caller never hears back within its call. */
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
    if (entry->kept) {
        list_remove(&entry->node);
        list_append(&shelf->used, &entry->node);
    }
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

/* It serves no longer, and is to be made anew or renewed. */
static void expire(struct shelf *shelf, struct entry *entry)
{
    take_off(shelf, entry);
    if (entry->note)
        entry->old = entry->sound;
    else
        mem_unref(entry->sound);
    entry->sound = NULL;
}

/* Where the name is new or has expired, its making is to begin. */
static int wait_for(struct shelf *shelf, struct entry *entry, const char *name,
                    struct waiter *waiter, bool *begin)
{
    if (entry && entry->sound) {
        expire(shelf, entry);
        *begin = true;
    } else if (!entry) {
        entry = add_entry(shelf, name);
        if (!entry)
            return ENOMEM;
        *begin = true;
    }
    waiter->next = entry->waiters;
    entry->waiters = waiter;
    return 0;
}

int shelf_ask(struct shelf *shelf, const char *name, shelf_h *done, void *arg, bool *begin)
{
    struct entry *entry = find(shelf, name);
    struct waiter *waiter;
    int err;

    *begin = false;
    if (shelf_stopping(shelf))
        return ECANCELED;
    if (entry && entry->sound && (!entry->kept || entry->fresh_until > clock_mono_ms()))
        return serve(shelf, entry, done, arg);
    waiter = malloc(sizeof *waiter);
    if (!waiter)
        return ENOMEM;
    *waiter = (struct waiter){.done = done, .arg = arg};
    err = wait_for(shelf, entry, name, waiter, begin);
    if (err)
        free(waiter);
    return err;
}

void shelf_forget(struct shelf *shelf, const char *name)
{
    struct entry *entry = find(shelf, name);

    if (!entry)
        return;
    free(entry->waiters);
    drop_entry(shelf, entry);
}

int shelf_start(struct shelf **shelfp, const struct shelf_conf *conf)
{
    struct shelf *shelf = mem_alloc(sizeof *shelf, NULL);
    int err;

    if (!shelf)
        return ENOMEM;
    shelf->conf = *conf;
    list_init(&shelf->used);
    err = makings_start(shelf);
    if (err)
        mem_unref(shelf);
    else
        *shelfp = shelf;
    return err;
}

bool shelf_stopping(const struct shelf *shelf)
{
    return atomic_load(&shelf->stopping);
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
        all = take_waiters(entry);
        drop_entry(shelf, entry);
    }
    return all;
}

void shelf_stop(struct shelf *shelf, const char *reason)
{
    atomic_store(&shelf->stopping, true);
    makings_stop(shelf);
    tell(drop_all(shelf), NULL, reason);
    mem_unref(shelf);
}
