/* loader.c: the cache of sounds and the thread that fills it. The control loop owns the
 * cache; the loader's thread only turns files and bytes into sounds. One load of a name
 * serves all who ask for it meanwhile. */
#include "player/loader.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* An entry that found no memory for its place has hh.tbl NULL. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

enum { BODY_LIMIT = 32 << 20, REASON_MAX = 200, YEAR = 31536000 };

struct loader {
    struct loader_conf conf; /* control thread, from here on */
    struct entry *entries;   /* hash by name */
    struct list used;        /* loaded ones, the least lately used first */
    size_t bytes;
    struct loop *work; /* of the loader's thread; NULL: stopped */
    pthread_t thread;
    atomic_bool stopping;
};

struct waiter {
    loader_h *done;
    void *arg;
    struct waiter *next;
};

struct entry {
    char *name;
    struct sound *sound; /* NULL while it loads */
    struct waiter *waiters;
    int64_t fresh_until; /* monotonic [ms] */
    struct list node;
    UT_hash_handle hh;
};

/* One decoding, on its way to the thread and back; it may come back after the stop. */
struct job {
    struct loader *loader; /* our reference */
    char *name, *path, *body;
    size_t size;
    int64_t fresh;
    struct sound *sound;
    char reason[REASON_MAX];
};

static size_t weight(const struct entry *entry)
{
    return entry->sound->length * sizeof *entry->sound->samples + strlen(entry->name) +
           sizeof *entry;
}

static void drop_entry(struct loader *loader, struct entry *entry)
{
    if (entry->sound) {
        loader->bytes -= weight(entry);
        list_remove(&entry->node);
    }
    HASH_DELETE(hh, loader->entries, entry);
    mem_unref(entry->sound);
    mem_unref(entry->name);
    free(entry);
}

static void make_room(struct loader *loader)
{
    while (loader->bytes > loader->conf.cache && !list_empty(&loader->used))
        drop_entry(loader, list_entry(list_first(&loader->used), struct entry, node));
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

static void settle(struct loader *loader, const char *name, struct sound *sound, const char *reason,
                   int64_t fresh)
{
    struct entry *entry = NULL;
    struct waiter *waiters;

    HASH_FIND_STR(loader->entries, name, entry);
    if (!entry)
        return;
    waiters = entry->waiters;
    entry->waiters = NULL;
    mem_ref(sound);
    if (sound) {
        entry->sound = mem_ref(sound);
        entry->fresh_until = clock_mono_ms() + fresh;
        loader->bytes += weight(entry);
        list_append(&loader->used, &entry->node);
        make_room(loader);
    } else {
        drop_entry(loader, entry);
    }
    tell(waiters, sound, reason);
    mem_unref(sound);
}

static void drop_job(struct job *job)
{
    mem_unref(job->sound);
    mem_unref(job->name);
    mem_unref(job->path);
    mem_unref(job->loader);
    free(job->body);
    free(job);
}

static void deliver(void *arg)
{
    struct job *job = arg;

    settle(job->loader, job->name, job->sound, job->reason, job->fresh);
    drop_job(job);
}

static void decode(void *arg)
{
    struct job *job = arg;
    const char *reason = "";
    int err;

    if (job->path)
        err = sound_read_file(&job->sound, job->path, job->loader->conf.rate, &reason);
    else
        err = sound_read_memory(&job->sound, job->body, job->size, job->loader->conf.rate, &reason);
    if (err)
        snprintf(job->reason, sizeof job->reason, "%.120s: %.60s", job->name,
                 reason && *reason ? reason : strerror(err));
    /* somebody waits for it, even when memory is short just now */
    while (loop_post(job->loader->conf.loop, deliver, job))
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

static int start_job(struct loader *loader, const char *name, struct job **jobp)
{
    struct job *job = calloc(1, sizeof *job);

    if (!job)
        return ENOMEM;
    job->loader = mem_ref(loader);
    job->name = mem_strdup(name);
    job->fresh = INT32_MAX;
    if (!job->name) {
        drop_job(job);
        return ENOMEM;
    }
    *jobp = job;
    return 0;
}

/* [ms] a reply may be used again, by its Cache-Control (RFC 9111). */
static int64_t freshness(const char *control)
{
    const char *age = strcasestr(control, "max-age=");
    long seconds = age ? strtol(age + 8, NULL, 10) : 60;

    if (seconds < 0 || strcasestr(control, "no-store") || strcasestr(control, "no-cache"))
        return 0;
    return (seconds < YEAR ? (int64_t)seconds : YEAR) * 1000;
}

struct asked {
    struct loader *loader; /* our reference */
    char *name;
};

/* The bytes of a reply, on their way to the loader's thread. */
static int decode_reply(struct loader *loader, const char *name, const struct fetch_reply *reply)
{
    struct job *job;
    int err = start_job(loader, name, &job);

    if (err)
        return err;
    job->size = reply->size;
    job->fresh = freshness(reply->cache_control);
    job->body = malloc(reply->size ? reply->size : 1);
    if (job->body) {
        memcpy(job->body, reply->body, reply->size);
        err = loop_post(loader->work, decode, job);
    } else {
        err = ENOMEM;
    }
    if (err)
        drop_job(job);
    return err;
}

static void drop_asked(struct asked *asked)
{
    mem_unref(asked->name);
    mem_unref(asked->loader);
    free(asked);
}

static void fetched(const struct fetch_reply *reply, void *arg)
{
    struct asked *asked = arg;
    char reason[REASON_MAX] = "";

    if (!asked->loader->work)
        ; /* nobody waits any more */
    else if (reply->err)
        snprintf(reason, sizeof reason, "%.120s: %.60s", asked->name, reply->error);
    else if (reply->status != 200)
        snprintf(reason, sizeof reason, "%.120s: HTTP %d", asked->name, reply->status);
    else if (decode_reply(asked->loader, asked->name, reply))
        snprintf(reason, sizeof reason, "%.120s: out of memory", asked->name);
    if (*reason)
        settle(asked->loader, asked->name, NULL, reason, 0);
    drop_asked(asked);
}

static int fetch_sound(struct loader *loader, const char *url)
{
    struct fetch_request request = {
        .method = "GET",
        .url = url,
        .connect_timeout = loader->conf.connect_timeout,
        .timeout = loader->conf.timeout,
        .limit = BODY_LIMIT,
    };
    struct asked *asked = malloc(sizeof *asked);
    int err;

    if (!asked)
        return ENOMEM;
    asked->loader = mem_ref(loader);
    asked->name = mem_strdup(url);
    err = asked->name ? fetch_ask(loader->conf.fetch, &request, loader->conf.loop, fetched, asked)
                      : ENOMEM;
    if (err)
        drop_asked(asked);
    return err;
}

/* A bundled sound; its name is a word, so no path leads out of the folder. */
static int read_bundled(struct loader *loader, const char *name)
{
    const char *word = name + strlen("sound:");
    struct job *job;
    int err;

    for (const char *c = word; *c; c++) {
        if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_')
            return EINVAL;
    }
    if (!*word)
        return EINVAL;
    err = start_job(loader, name, &job);
    if (err)
        return err;
    job->path = mem_printf("%s/%u/%s.wav", loader->conf.sounds, loader->conf.rate, word);
    err = job->path ? loop_post(loader->work, decode, job) : ENOMEM;
    if (err)
        drop_job(job);
    return err;
}

struct late {
    struct sound *sound;
    loader_h *done;
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
static int serve(struct loader *loader, struct entry *entry, loader_h *done, void *arg)
{
    struct late *late = malloc(sizeof *late);

    if (!late)
        return ENOMEM;
    *late = (struct late){mem_ref(entry->sound), done, arg};
    if (loop_post(loader->conf.loop, deliver_late, late)) {
        mem_unref(late->sound);
        free(late);
        return ENOMEM;
    }
    list_remove(&entry->node);
    list_append(&loader->used, &entry->node);
    return 0;
}

/* A place in the cache for what is about to be loaded. */
static struct entry *add_entry(struct loader *loader, const char *name)
{
    struct entry *entry = calloc(1, sizeof *entry);

    if (!entry)
        return NULL;
    entry->name = mem_strdup(name);
    if (!entry->name) {
        free(entry);
        return NULL;
    }
    HASH_ADD_KEYPTR(hh, loader->entries, entry->name, strlen(entry->name), entry);
    if (!entry->hh.tbl) {
        mem_unref(entry->name);
        free(entry);
        return NULL;
    }
    return entry;
}

static int begin(struct loader *loader, const char *name, struct waiter *waiter)
{
    struct entry *entry = add_entry(loader, name);
    int err;

    if (!entry)
        return ENOMEM;
    err = strncmp(name, "sound:", 6) == 0 ? read_bundled(loader, name) : fetch_sound(loader, name);
    if (err)
        drop_entry(loader, entry);
    else
        entry->waiters = waiter;
    return err;
}

int loader_load(struct loader *loader, const char *name, loader_h *done, void *arg)
{
    struct entry *entry = NULL;
    struct waiter *waiter;
    int err;

    HASH_FIND_STR(loader->entries, name, entry);
    if (entry && entry->sound && entry->fresh_until > clock_mono_ms())
        return serve(loader, entry, done, arg);
    if (entry && entry->sound) {
        drop_entry(loader, entry);
        entry = NULL;
    }
    waiter = malloc(sizeof *waiter);
    if (!waiter)
        return ENOMEM;
    *waiter = (struct waiter){done, arg, NULL};
    if (entry) {
        waiter->next = entry->waiters;
        entry->waiters = waiter;
        return 0;
    }
    err = begin(loader, name, waiter);
    if (err)
        free(waiter);
    return err;
}

static void *work(void *arg)
{
    struct loader *loader = arg;

    while (!atomic_load(&loader->stopping))
        loop_wait(loader->work, -1);
    return NULL;
}

int loader_start(struct loader **loaderp, const struct loader_conf *conf)
{
    struct loader *loader = mem_alloc(sizeof *loader, NULL);
    int err;

    if (!loader)
        return ENOMEM;
    loader->conf = *conf;
    list_init(&loader->used);
    err = loop_alloc(&loader->work);
    if (!err) {
        err = pthread_create(&loader->thread, NULL, work, loader);
        if (err)
            mem_unref(loader->work);
    }
    if (err) {
        mem_unref(loader);
        return err;
    }
    pthread_setname_np(loader->thread, "sounds");
    *loaderp = loader;
    return 0;
}

static void set_stopping(void *arg)
{
    struct loader *loader = arg;

    atomic_store(&loader->stopping, true);
}

void loader_stop(struct loader *loader)
{
    struct entry *entry, *next;

    loop_post(loader->work, set_stopping, loader);
    pthread_join(loader->thread, NULL);
    loader->work = mem_unref(loader->work);
    HASH_ITER (hh, loader->entries, entry, next) {
        struct waiter *waiters = entry->waiters;

        entry->waiters = NULL;
        drop_entry(loader, entry);
        tell(waiters, NULL, "the loader of sounds stops");
    }
    mem_unref(loader);
}
