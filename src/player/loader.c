/* loader.c: what a name stands for, a file of ours or a URL, and the way of its bytes to the
 * shelf (player/shelf.h), where they are decoded and kept. */
#include "player/loader.h"
#include "base/mem.h"
#include "player/shelf.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { BODY_LIMIT = 32 << 20, YEAR = 31536000 };

struct loader {
    struct loader_conf conf; /* control thread; the shelf's thread reads the rate */
    struct shelf *shelf;     /* control thread; NULL: stopped */
};

/* What is to be decoded: a file or the bytes of one. */
struct source {
    char *name, *path, *body;
    size_t size;
};

static void source_destroy(void *obj)
{
    struct source *source = obj;

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

static int decode(struct sound **sound, void *input, char reason[SHELF_REASON], void *arg)
{
    const struct source *source = input;
    const struct loader *loader = arg;
    const char *why = "";
    int err;

    if (source->path)
        err = sound_read_file(sound, source->path, loader->conf.rate, &why);
    else
        err = sound_read_memory(sound, source->body, source->size, loader->conf.rate, &why);
    if (err)
        snprintf(reason, SHELF_REASON, "%.120s: %.60s", source->name,
                 why && *why ? why : strerrordesc_np(err));
    return err;
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

/* The bytes of a reply, on their way to the shelf's thread. */
static int decode_reply(struct loader *loader, const char *name, const struct fetch_reply *reply)
{
    struct source *source = new_source(name);
    int err = ENOMEM;

    if (!source)
        return ENOMEM;
    source->size = reply->size;
    source->body = malloc(reply->size ? reply->size : 1);
    if (source->body) {
        memcpy(source->body, reply->body, reply->size);
        err = shelf_make(loader->shelf, name, source, freshness(reply->cache_control));
    }
    mem_unref(source);
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
    char reason[SHELF_REASON] = "";

    if (!asked->loader->shelf)
        ; /* nobody waits any more */
    else if (reply->err)
        snprintf(reason, sizeof reason, "%.120s: %.60s", asked->name, reply->error);
    else if (reply->status != 200)
        snprintf(reason, sizeof reason, "%.120s: HTTP %d", asked->name, reply->status);
    else if (decode_reply(asked->loader, asked->name, reply))
        snprintf(reason, sizeof reason, "%.120s: out of memory", asked->name);
    if (*reason)
        shelf_settle(asked->loader->shelf, asked->name, reason);
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
        err = shelf_make(loader->shelf, name, source, INT32_MAX);
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
