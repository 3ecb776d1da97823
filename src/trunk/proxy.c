/* proxy.c: a proxy of a trunk, and the targets it has. */
#include "trunk/private.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { RETRY_S = 10 };

static void destroy(void *obj)
{
    struct trunk_proxy *proxy = obj;

    for (unsigned i = 0; i < proxy->count; i++) {
        proxy->targets[i]->proxy = NULL;
        mem_unref(proxy->targets[i]);
    }
    mem_unref(proxy->uri);
}

int proxy_alloc(struct trunk_proxy **proxyp, struct trunk *trunk, const char *uri)
{
    struct trunk_proxy *proxy = mem_alloc(sizeof *proxy, destroy);

    if (!proxy)
        return ENOMEM;
    proxy->uri = mem_strdup(uri);
    proxy->targets[0] = mem_alloc(sizeof **proxy->targets, NULL);
    if (!proxy->uri || !proxy->targets[0]) {
        mem_unref(proxy->targets[0]);
        mem_unref(proxy);
        return ENOMEM;
    }
    proxy->count = 1;
    proxy->targets[0]->proxy = proxy;
    proxy->trunk = trunk;
    *proxyp = proxy;
    return 0;
}

bool target_is_open(const struct trunk_target *target)
{
    return !target->down && (!target->shut || clock_mono_ms() >= target->shut);
}

size_t proxy_host(const char *uri, const char **host)
{
    const char *rest = strchr(uri, ':'), *at;

    rest = rest ? rest + 1 : uri;
    at = strchr(rest, '@');
    *host = at ? at + 1 : rest;
    if (**host == '[')
        return strcspn(*host, "]") + 1;
    return strcspn(*host, ":;?>");
}

/* Names. */

/* Do we listen where we could send there from? */
static bool can_reach(const struct trunks *trunks, const char *hop)
{
    const struct conf *conf = trunks->conf;
    bool six = strchr(hop, '[') != NULL;
    const char *transport = strstr(hop, "transport=") + strlen("transport=");

    for (size_t i = 0; i < conf->sip.listen_count; i++) {
        const struct conf_listen *listen = &conf->sip.listen[i];

        if (strcmp(listen->transport, transport) == 0 && six == (strchr(listen->host, ':') != NULL))
            return true;
    }
    return false;
}

/* The one it had, with its health, or a new one. NULL: out of memory. */
static struct trunk_target *target_of(struct trunk_proxy *proxy, const struct names_place *place)
{
    struct trunk_target *target = NULL;

    for (unsigned i = 0; i < proxy->count && !target; i++) {
        if (strcmp(proxy->targets[i]->hop, place->hop) == 0)
            target = mem_ref(proxy->targets[i]);
    }
    if (!target)
        target = mem_alloc(sizeof *target, NULL);
    if (!target)
        return NULL;
    snprintf(target->hop, sizeof target->hop, "%s", place->hop);
    target->priority = place->priority;
    target->weight = place->weight;
    return target;
}

static void take_places(struct trunk_proxy *proxy, const struct names_answer *answer)
{
    struct trunk_target *targets[TARGETS];
    unsigned count = 0;

    for (unsigned i = 0; i < answer->count; i++) {
        if (!can_reach(proxy->trunk->trunks, answer->places[i].hop))
            continue;
        targets[count] = target_of(proxy, &answer->places[i]);
        count += targets[count] != NULL;
    }
    if (!count) {
        snprintf(proxy->why, sizeof proxy->why,
                 "no address of it is of a transport and family "
                 "that sip.listen has");
        return;
    }
    for (unsigned i = 0; i < proxy->count; i++) {
        proxy->targets[i]->proxy = NULL;
        mem_unref(proxy->targets[i]);
    }
    for (unsigned i = 0; i < count; i++) {
        targets[i]->proxy = proxy;
        proxy->targets[i] = targets[i];
    }
    if (!proxy->resolved || proxy->count != count)
        log_info("trunk", "%s: %s is %u places, the first is %s", proxy->trunk->conf->name,
                 proxy->uri, count, targets[0]->hop);
    proxy->count = count;
    proxy->resolved = clock_wall_ms();
    proxy->by_srv = answer->by_srv;
    proxy->ttl = answer->ttl;
    proxy->why[0] = '\0';
}

static void on_due(void *arg)
{
    proxy_begin(arg);
}

/* What was good goes on when the servers fail. */
static void on_names(const struct names_answer *answer, void *arg)
{
    struct trunk_proxy *proxy = arg;
    struct trunks *trunks = proxy->trunk ? proxy->trunk->trunks : NULL;

    proxy->asking = false;
    if (trunks) {
        if (answer->count) {
            take_places(proxy, answer);
        } else {
            if (strcmp(proxy->why, answer->why) != 0)
                log_warning("trunk", "%s: nothing is known of %s: %s", proxy->trunk->conf->name,
                            proxy->uri, answer->why);
            snprintf(proxy->why, sizeof proxy->why, "%s", answer->why);
        }
        loop_start(trunks->loop, &proxy->refresh,
                   (answer->count ? answer->ttl : RETRY_S) * INT64_C(1000), on_due, proxy);
    }
    mem_unref(proxy);
}

void proxy_begin(struct trunk_proxy *proxy)
{
    struct trunks *trunks = proxy->trunk->trunks;

    if (!trunks->ua || names_is_numeric(proxy->uri) || proxy->asking ||
        timer_running(&proxy->refresh))
        return;
    if (!trunks->names && names_start(&trunks->names, trunks->loop, trunks->conf->sip.dns,
                                      trunks->conf->sip.dns_count)) {
        log_error("trunk", "names of proxies cannot be asked for");
        return;
    }
    proxy->asking = true;
    mem_ref(proxy);
    if (names_ask(trunks->names, proxy->uri, on_names, proxy))
        on_names(&(struct names_answer){.why = "it cannot be asked for"}, proxy);
}

void proxy_end(struct trunk_proxy *proxy)
{
    if (proxy->trunk && proxy->trunk->trunks)
        loop_cancel(proxy->trunk->trunks->loop, &proxy->refresh);
}

/* One of those from `first` on that have its priority, by weight. */
static unsigned draw(struct trunk_target *const *list, unsigned first, unsigned count)
{
    unsigned all = 0, last = first;
    uint32_t at;

    for (; last < count && list[last]->priority == list[first]->priority; last++)
        all += list[last]->weight + 1; /* those without a weight are not never taken */
    id_random(&at, sizeof at);
    at %= all;
    for (unsigned i = first; i < last; i++) {
        if (at <= list[i]->weight)
            return i;
        at -= list[i]->weight + 1;
    }
    return first;
}

unsigned proxy_order(const struct trunk_proxy *proxy, struct trunk_target *order[TARGETS])
{
    memcpy(order, proxy->targets, proxy->count * sizeof(struct trunk_target *));
    for (unsigned i = 0; i + 1 < proxy->count && proxy->by_srv; i++) {
        unsigned chosen = draw(order, i, proxy->count);
        struct trunk_target *target = order[chosen];

        memmove(&order[i + 1], &order[i], (chosen - i) * sizeof *order);
        order[i] = target;
    }
    return proxy->count;
}
