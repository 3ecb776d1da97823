/* route.c: which trunk takes a phone number, and the request URIs there. */
#include "leg/leg.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void destroy(void *obj)
{
    struct leg_route *route = obj;

    for (unsigned i = 0; i < route->uri_count; i++)
        mem_unref((char *)route->uris[i]);
    free(route->uris);
}

/* sip:host:port;params made sip:user@host:port;params */
static char *with_user(const char *proxy, const char *user)
{
    const char *rest = strchr(proxy, ':');
    const char *at;

    if (!rest)
        return NULL;
    rest++;
    at = strchr(rest, '@');
    if (at)
        rest = at + 1;
    return mem_printf("%.*s:%s%s%s", (int)strcspn(proxy, ":"), proxy, user, *user ? "@" : "", rest);
}

int leg_route_phone(const struct conf *conf, const char *digits, struct leg_route **route)
{
    return leg_route_trunk(conf_trunk_of(conf, digits), digits, route);
}

int leg_route_trunk(const struct conf_trunk *trunk, const char *user, struct leg_route **routep)
{
    struct leg_route *route;

    if (!trunk)
        return ENOENT;
    route = mem_alloc(sizeof *route, destroy);
    if (!route)
        return ENOMEM;
    route->uris = calloc(trunk->proxy_count, sizeof *route->uris);
    if (!route->uris)
        goto nomem;
    for (size_t i = 0; i < trunk->proxy_count; i++) {
        route->uris[i] = with_user(trunk->proxies[i], user);
        if (!route->uris[i])
            goto nomem;
        route->uri_count++;
    }
    route->from_host = trunk->from_domain && *trunk->from_domain ? trunk->from_domain : NULL;
    route->trunk = trunk;
    *routep = route;
    return 0;
nomem:
    mem_unref(route);
    return ENOMEM;
}
