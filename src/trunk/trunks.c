/* trunks.c: the trunks of a configuration, taken up, and taken over by the next one. */
#include "trunk/private.h"
#include "base/log.h"
#include "net/addr.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void destroy_trunk(void *obj)
{
    struct trunk *trunk = obj;

    for (unsigned i = 0; i < trunk->proxy_count; i++) {
        trunk->proxies[i]->trunk = NULL;
        mem_unref(trunk->proxies[i]);
    }
    free(trunk->proxies);
    mem_unref(trunk->limiter);
    trunk->magic = 0;
}

static void destroy(void *obj)
{
    struct trunks *trunks = obj;

    assert(!trunks->count);
    free(trunks->list);
    trunks->magic = 0;
}

/* The proxy of the old life of a trunk, if it had that one. */
static struct trunk_proxy *known_proxy(const struct trunk *old, const char *uri)
{
    for (unsigned i = 0; old && i < old->proxy_count; i++) {
        if (strcmp(old->proxies[i]->uri, uri) == 0)
            return mem_ref(old->proxies[i]);
    }
    return NULL;
}

/* New proxies as the configuration has them; those that are in it still are kept. */
static int make_proxies(struct trunk *trunk, const struct conf_trunk *conf,
                        struct trunk_proxy ***proxiesp)
{
    struct trunk_proxy **proxies = calloc(conf->proxy_count + 1, sizeof *proxies);
    int err = proxies ? 0 : ENOMEM;

    for (size_t i = 0; !err && i < conf->proxy_count; i++) {
        proxies[i] = known_proxy(trunk, conf->proxies[i]);
        if (!proxies[i])
            err = proxy_alloc(&proxies[i], trunk, conf->proxies[i]);
    }
    for (size_t i = 0; err && proxies && i < conf->proxy_count; i++)
        mem_unref(proxies[i]);
    if (err)
        free(proxies);
    else
        *proxiesp = proxies;
    return err;
}

/* What another configuration makes of a trunk, before anything of it is taken. */
struct change {
    struct trunk *trunk; /* our reference */
    struct trunk_proxy **proxies;
    struct limiter *limiter;
};

static void drop_change(struct change *change, size_t proxies)
{
    for (size_t i = 0; change->proxies && i < proxies; i++)
        mem_unref(change->proxies[i]);
    free(change->proxies);
    mem_unref(change->limiter);
    mem_unref(change->trunk);
}

static int plan(struct trunks *trunks, const struct conf_trunk *conf, struct change *change)
{
    int err;

    change->trunk = mem_ref(trunk_find(trunks, conf->name));
    if (!change->trunk) {
        change->trunk = mem_alloc(sizeof *change->trunk, destroy_trunk);
        if (!change->trunk)
            return ENOMEM;
        change->trunk->magic = TRUNK_MAGIC;
    }
    err = make_proxies(change->trunk, conf, &change->proxies);
    if (!err && conf->rate)
        err = limiter_alloc(&change->limiter, conf->rate, conf->rate, 1);
    return err;
}

static bool has_proxy(const struct trunk *trunk, const struct trunk_proxy *proxy)
{
    for (unsigned i = 0; i < trunk->proxy_count; i++) {
        if (trunk->proxies[i] == proxy)
            return true;
    }
    return false;
}

/* Cannot fail. */
static void take(struct trunks *trunks, const struct conf_trunk *conf, struct change *change)
{
    struct trunk *trunk = change->trunk;
    struct trunk_proxy **old = trunk->proxies;
    unsigned old_count = trunk->proxy_count;
    bool same_rate = trunk->conf && trunk->conf->rate == conf->rate;

    trunk->proxies = change->proxies;
    trunk->proxy_count = (unsigned)conf->proxy_count;
    for (unsigned i = 0; i < old_count; i++) {
        if (!has_proxy(trunk, old[i])) {
            proxy_end(old[i]);
            old[i]->trunk = NULL;
        }
        mem_unref(old[i]);
    }
    free(old);
    if (same_rate) { /* what was used up stays so */
        mem_unref(change->limiter);
    } else {
        mem_unref(trunk->limiter);
        trunk->limiter = change->limiter;
    }
    trunk->conf = conf;
    trunk->trunks = trunks;
    for (unsigned i = 0; i < trunk->proxy_count; i++)
        proxy_begin(trunk->proxies[i]);
    health_begin(trunk);
    registering_begin(trunk);
}

static void let_go(struct trunk *trunk)
{
    health_end(trunk);
    registering_end(trunk);
    for (unsigned i = 0; i < trunk->proxy_count; i++)
        proxy_end(trunk->proxies[i]);
    trunk->trunks = NULL;
    mem_unref(trunk);
}

int trunks_configure(struct trunks *trunks, const struct conf *conf)
{
    struct change *changes = calloc(conf->trunk_count + 1, sizeof *changes);
    struct trunk **list = calloc(conf->trunk_count + 1, sizeof *list), **old = trunks->list;
    unsigned old_count = trunks->count;
    int err = changes && list ? 0 : ENOMEM;

    MAGIC_CHECK(trunks, TRUNKS_MAGIC);
    for (size_t i = 0; !err && i < conf->trunk_count; i++)
        err = plan(trunks, &conf->trunks[i], &changes[i]);
    if (err) {
        for (size_t i = 0; changes && i < conf->trunk_count; i++)
            drop_change(&changes[i], conf->trunks[i].proxy_count);
        free(list);
        goto out;
    }
    trunks->conf = conf;
    for (size_t i = 0; i < conf->trunk_count; i++) {
        take(trunks, &conf->trunks[i], &changes[i]);
        list[i] = changes[i].trunk;
    }
    trunks->list = list;
    trunks->count = (unsigned)conf->trunk_count;
    for (unsigned i = 0; i < old_count; i++) {
        if (trunk_find(trunks, old[i]->conf->name) == old[i])
            mem_unref(old[i]);
        else
            let_go(old[i]);
    }
    free(old);
out:
    free(changes);
    return err;
}

int trunks_start(struct trunks **trunksp, const struct trunks_conf *conf)
{
    struct trunks *trunks = mem_alloc(sizeof *trunks, destroy);
    int err;

    if (!trunks)
        return ENOMEM;
    trunks->magic = TRUNKS_MAGIC;
    trunks->loop = conf->loop;
    trunks->ua = conf->ua;
    err = trunks_configure(trunks, conf->conf);
    if (err)
        mem_unref(trunks);
    else
        *trunksp = trunks;
    return err;
}

void trunks_stop(struct trunks *trunks)
{
    MAGIC_CHECK(trunks, TRUNKS_MAGIC);
    while (trunks->count)
        let_go(trunks->list[--trunks->count]);
    if (trunks->names)
        names_stop(trunks->names);
    trunks->names = NULL;
}

struct trunk *trunk_find(struct trunks *trunks, const char *name)
{
    for (unsigned i = 0; trunks && i < trunks->count; i++) {
        if (strcmp(trunks->list[i]->conf->name, name) == 0)
            return trunks->list[i];
    }
    return NULL;
}

/* The live one of a configured one. */
static struct trunk *alive(struct trunks *trunks, const struct conf_trunk *conf)
{
    return conf ? trunk_find(trunks, conf->name) : NULL;
}

struct trunk *trunk_named(struct trunks *trunks, const char *name)
{
    return trunks ? alive(trunks, conf_trunk_named(trunks->conf, name)) : NULL;
}

struct trunk *trunk_of_extensions(struct trunks *trunks)
{
    return trunks ? alive(trunks, conf_trunk_of_extensions(trunks->conf)) : NULL;
}

/* Does a proxy of it stand for that address? */
static bool is_proxy_of(const struct trunk *trunk, const struct sockaddr_storage *address)
{
    for (unsigned i = 0; i < trunk->proxy_count; i++) {
        const struct trunk_proxy *proxy = trunk->proxies[i];

        for (unsigned k = 0; k < proxy->count; k++) {
            const char *hop = proxy->targets[k]->hop, *host;
            size_t length = proxy_host(*hop ? hop : proxy->uri, &host);
            struct sockaddr_storage own;
            char text[80];

            if (length >= sizeof text)
                continue;
            snprintf(text, sizeof text, "%.*s", (int)length, host);
            if (!addr_parse(&own, text, 0) && addr_same_host(&own, address))
                return true;
        }
    }
    return false;
}

struct trunk *trunk_from(struct trunks *trunks, const struct sockaddr_storage *address)
{
    struct trunk *trunk = trunks ? alive(trunks, conf_trunk_from(trunks->conf, address)) : NULL;

    for (unsigned i = 0; trunks && !trunk && i < trunks->count; i++) {
        if (trunks->list[i]->conf->allows_proxies && is_proxy_of(trunks->list[i], address))
            trunk = trunks->list[i];
    }
    return trunk;
}

struct trunk *trunk_of_caller(struct trunks *trunks, const struct sockaddr_storage *address,
                              const char *user)
{
    const struct conf_trunk *conf =
        trunks && user ? conf_trunk_of_caller(trunks->conf, address, user) : NULL;

    return conf ? alive(trunks, conf) : trunk_from(trunks, address);
}

const struct conf_trunk *trunk_conf(const struct trunk *trunk)
{
    return trunk ? trunk->conf : NULL;
}
