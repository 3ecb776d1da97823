/* proxy.c: a proxy of a trunk, and the targets it has. */
#include "trunk/private.h"
#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

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
