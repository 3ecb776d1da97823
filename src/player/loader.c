/* loader.c: what a name stands for, a file of ours or a URL, and the way of its bytes to the
 * shelf (player/shelf.h), where they are decoded and kept. */
#include "player/loader.h"
#include "base/clock.h"
#include "base/mem.h"
#include "player/freshness.h"
#include "player/reading.h"
#include "player/shelf.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BODY_LIMIT = 32 << 20,
    FIRST = 2, /* [s] of sound made in the first step */
    STEP = 10, /* in each of the others */
    NOTE = 1024,
};

struct loader {
    struct loader_conf conf; /* control thread; the shelf's thread reads the rate */
    struct shelf *shelf;     /* control thread; NULL: stopped */
};

/* What is to be decoded: a file or the bytes of one. */
struct source {
    char *name, *path, *body;
    size_t size;
    struct reading *reading; /* the shelf's thread; NULL before the first step */
};

static void source_destroy(void *obj)
{
    struct source *source = obj;

    mem_unref(source->reading);
    mem_unref(source->name);
    mem_unref(source->path);
    free(source->body);
}

static struct source *new_source(const char *name)
{
    struct source *source = mem_alloc(sizeof *source, source_destroy);

    if (!source)
        return NULL;
    source->name = mem_strdup(name);
    return source->name ? source : mem_unref(source);
}

static int open_source(struct source *source, unsigned rate, const char **why)
{
    if (source->path)
        return reading_open_file(&source->reading, source->path, rate, why);
    return reading_open_memory(&source->reading, source->body, source->size, rate, why);
}

/* A step: the first is short, so that the sound begins to be heard. */
static int decode(struct shelf_making *making, void *input, char reason[SHELF_REASON], void *arg)
{
    struct source *source = input;
    const struct loader *loader = arg;
    bool first = !source->reading;
    const char *why = "";
    int err = first ? open_source(source, loader->conf.rate, &why) : 0;

    if (!err && first)
        shelf_give(making, reading_sound(source->reading));
    if (!err)
        err = reading_go_on(source->reading, loader->conf.rate * (first ? FIRST : STEP), &why);
    if (err == EAGAIN)
        return SHELF_MORE;
    if (err)
        snprintf(reason, SHELF_REASON, "%.120s: %.60s", source->name,
                 why && *why ? why : strerrordesc_np(err));
    return err;
}

struct asked {
    struct loader *loader; /* our reference */
    char *name;
};

static struct freshness freshness_of_reply(const struct fetch_reply *reply)
{
    struct freshness_fields fields = {reply->cache_control, reply->age, reply->expires,
                                      reply->date};

    return freshness_of(&fields, clock_wall_ms());
}

/* What a reply can be asked about later: its ETag and Last-Modified, a line each. NULL: nothing. */
static const char *note_of(const struct fetch_reply *reply, char note[NOTE])
{
    const char *etag = reply->etag ? reply->etag : "";
    const char *modified = reply->last_modified ? reply->last_modified : "";

    if (!*etag && !*modified)
        return NULL;
    return snprintf(note, NOTE, "%s\n%s", etag, modified) < NOTE ? note : NULL;
}

/* The bytes of a reply, on their way to the shelf's thread. */
static int decode_reply(struct loader *loader, const char *name, const struct fetch_reply *reply)
{
    struct freshness freshness = freshness_of_reply(reply);
    struct source *source = new_source(name);
    char note[NOTE];
    int err = ENOMEM;

    if (!source)
        return ENOMEM;
    source->size = reply->size;
    source->body = malloc(reply->size ? reply->size : 1);
    if (source->body) {
        memcpy(source->body, reply->body, reply->size);
        err = shelf_make(loader->shelf, name, source, freshness.left,
                         freshness.store ? note_of(reply, note) : NULL);
    }
    mem_unref(source);
    return err;
}

/* The sound we have is the sound there is. False: we have none any more. */
static bool renew(struct loader *loader, const char *name, const struct fetch_reply *reply)
{
    struct freshness freshness = freshness_of_reply(reply);
    char note[NOTE];

    if (!shelf_note(loader->shelf, name))
        return false;
    shelf_renew(loader->shelf, name, freshness.left, note_of(reply, note));
    return true;
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
    char reason[SHELF_REASON] = "";

    if (!asked->loader->shelf)
        ; /* nobody waits any more */
    else if (reply->err)
        snprintf(reason, sizeof reason, "%.120s: %.60s", asked->name, reply->error);
    else if (reply->status == 304 && renew(asked->loader, asked->name, reply))
        ;
    else if (reply->status != 200)
        snprintf(reason, sizeof reason, "%.120s: HTTP %d", asked->name, reply->status);
    else if (decode_reply(asked->loader, asked->name, reply))
        snprintf(reason, sizeof reason, "%.120s: out of memory", asked->name);
    if (*reason)
        shelf_settle(asked->loader->shelf, asked->name, reason);
    drop_asked(asked);
}

/* Pairs for a question about a sound we have: `note` is cut in two for them. */
static void ask_conditions(const char *pairs[5], char *note)
{
    char *modified = strchr(note, '\n');
    size_t n = 0;

    *modified++ = '\0';
    if (*note) {
        pairs[n++] = "If-None-Match";
        pairs[n++] = note;
    }
    if (*modified) {
        pairs[n++] = "If-Modified-Since";
        pairs[n++] = modified;
    }
    pairs[n] = NULL;
}

static int fetch_sound(struct loader *loader, const char *url)
{
    const char *note = shelf_note(loader->shelf, url), *pairs[5] = {NULL};
    char copy[NOTE];
    struct fetch_request request = {
        .method = "GET",
        .url = url,
        .headers = pairs,
        .connect_timeout = loader->conf.connect_timeout,
        .timeout = loader->conf.timeout,
        .limit = BODY_LIMIT,
    };
    struct asked *asked = malloc(sizeof *asked);
    int err;

    if (!asked)
        return ENOMEM;
    if (note) {
        snprintf(copy, sizeof copy, "%s", note);
        ask_conditions(pairs, copy);
    }
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
    struct source *source;
    int err = ENOMEM;

    for (const char *c = word; *c; c++) {
        if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_')
            return EINVAL;
    }
    if (!*word)
        return EINVAL;
    source = new_source(name);
    if (!source)
        return ENOMEM;
    source->path = mem_printf("%s/%u/%s.wav", loader->conf.sounds, loader->conf.rate, word);
    if (source->path)
        err = shelf_make(loader->shelf, name, source, INT32_MAX, NULL);
    mem_unref(source);
    return err;
}

int loader_load(struct loader *loader, const char *name, loader_h *done, void *arg)
{
    bool begin;
    int err = shelf_ask(loader->shelf, name, done, arg, &begin);

    if (err || !begin)
        return err;
    err = strncmp(name, "sound:", 6) == 0 ? read_bundled(loader, name) : fetch_sound(loader, name);
    if (err)
        shelf_forget(loader->shelf, name);
    return err;
}

int loader_start(struct loader **loaderp, const struct loader_conf *conf)
{
    struct loader *loader = mem_alloc(sizeof *loader, NULL);
    struct shelf_conf shelf = {.loop = conf->loop,
                               .cache = conf->cache,
                               .thread = "sounds",
                               .make = decode,
                               .arg = loader};
    int err;

    if (!loader)
        return ENOMEM;
    loader->conf = *conf;
    err = shelf_start(&loader->shelf, &shelf);
    if (err)
        mem_unref(loader);
    else
        *loaderp = loader;
    return err;
}

void loader_stop(struct loader *loader)
{
    struct shelf *shelf = loader->shelf;

    shelf_stop(shelf, "the loader of sounds stops");
    loader->shelf = NULL;
    mem_unref(loader);
}
