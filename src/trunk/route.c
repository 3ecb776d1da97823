/* route.c: where a call is tried, in order: the trunks of a number, each with its proxies and their
 * targets; or URIs by themselves. Targets that are down or shut are left out as long as there are
 * others. */
#include "trunk/private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { ATTEMPTS = 64, FORWARDS = 16, WAIT_MS = 5000, WAIT_LEAST_MS = 2000, WAIT_MOST_MS = 20000 };

static void destroy(void *obj)
{
    struct trunk_route *route = obj;

    for (unsigned i = 0; i < route->count; i++) {
        mem_unref(route->attempts[i].uri);
        mem_unref(route->attempts[i].trunk);
        mem_unref(route->attempts[i].target);
    }
    free(route->attempts);
}

struct trunk_route *trunk_route_make(void)
{
    struct trunk_route *route = mem_alloc(sizeof *route, destroy);

    if (!route)
        return NULL;
    route->attempts = calloc(ATTEMPTS, sizeof *route->attempts);
    return route->attempts ? route : mem_unref(route);
}

/* sip:host:port;params made sip:user@host:port;params */
static char *with_user(const char *proxy, const char *user)
{
    const char *host;

    proxy_host(proxy, &host);
    return mem_printf("%.*s:%s%s%s", (int)strcspn(proxy, ":"), proxy, user, *user ? "@" : "", host);
}

static int add(struct trunk_route *route, struct trunk *trunk, struct trunk_target *target,
               const char *user)
{
    struct trunk_attempt *attempt = &route->attempts[route->count];

    if (route->count == ATTEMPTS)
        return 0;
    attempt->uri = with_user(target->proxy->uri, user);
    if (!attempt->uri)
        return ENOMEM;
    attempt->trunk = mem_ref(trunk);
    attempt->target = mem_ref(target);
    route->count++;
    return 0;
}

/* All targets of a trunk that are open, or all that there are. */
static int add_trunk(struct trunk_route *route, struct trunk *trunk, const char *user, bool open)
{
    int err = 0;

    for (unsigned i = 0; i < trunk->proxy_count; i++) {
        struct trunk_target *order[TARGETS];
        unsigned count = proxy_order(trunk->proxies[i], order);

        for (unsigned k = 0; !err && k < count; k++) {
            if (!open || target_is_open(order[k]))
                err = add(route, trunk, order[k], user);
        }
    }
    return err;
}

/* Rules of a number may give '#', which a URI has escaped. */
static void write_number(const struct conf_trunk *conf, const char *digits, char *out, size_t size)
{
    char number[TRUNK_WORD];
    size_t at = 0;

    if (!conf_rewrite(conf->outbound, conf->outbound_count, digits, number, sizeof number))
        snprintf(number, sizeof number, "%s", digits);
    for (const char *c = number; *c && at + 4 < size; c++)
        at += (size_t)snprintf(out + at, size - at, *c == '#' ? "%%23" : "%c", *c);
}

/* Length + 1 of the longest prefix that fits; 0: none does. */
static size_t fit(const struct conf_trunk *conf, const char *digits)
{
    size_t best = 0;

    for (size_t i = 0; i < conf->prefix_count; i++) {
        size_t length = strlen(conf->prefixes[i]);

        if (strncmp(conf->prefixes[i], digits, length) == 0 && length + 1 > best)
            best = length + 1;
    }
    return best;
}

static int add_number(struct trunk_route *route, struct trunks *trunks, const char *digits,
                      size_t best, bool open)
{
    int err = 0;

    for (unsigned i = 0; !err && i < trunks->count; i++) {
        struct trunk *trunk = trunks->list[i];
        char number[2 * TRUNK_WORD] = "";

        if (fit(trunk->conf, digits) != best)
            continue;
        write_number(trunk->conf, digits, number, sizeof number);
        err = add_trunk(route, trunk, number, open);
    }
    return err;
}

static int finish(struct trunk_route *route, int err, struct trunk_route **routep)
{
    if (!err && !route->count)
        err = ENOENT;
    if (err)
        mem_unref(route);
    else
        *routep = route;
    return err;
}

int trunk_route_phone(struct trunks *trunks, const char *digits, struct trunk_route **routep)
{
    struct trunk_route *route;
    size_t best = 0;
    int err;

    for (unsigned i = 0; trunks && i < trunks->count; i++) {
        size_t how = fit(trunks->list[i]->conf, digits);

        if (how > best)
            best = how;
    }
    if (!best)
        return ENOENT;
    route = trunk_route_make();
    if (!route)
        return ENOMEM;
    err = add_number(route, trunks, digits, best, true);
    if (!err && !route->count)
        err = add_number(route, trunks, digits, best, false);
    return finish(route, err, routep);
}

int trunk_route_user(struct trunk *trunk, const char *user, struct trunk_route **routep)
{
    struct trunk_route *route;
    int err;

    if (!trunk)
        return ENOENT;
    route = trunk_route_make();
    if (!route)
        return ENOMEM;
    err = add_trunk(route, trunk, user, true);
    if (!err && !route->count)
        err = add_trunk(route, trunk, user, false);
    return finish(route, err, routep);
}

/* Takes ;timeout=N out of a URI; its value within bounds, or `otherwise`. */
static unsigned take_timeout(char *uri, unsigned otherwise)
{
    static const char key[] = ";timeout=";
    char *at = strcasestr(uri, key), *end;
    unsigned long value;

    if (!at)
        return otherwise;
    value = strtoul(at + sizeof key - 1, &end, 10);
    memmove(at, end, strlen(end) + 1);
    return value < WAIT_LEAST_MS  ? WAIT_LEAST_MS
           : value > WAIT_MOST_MS ? WAIT_MOST_MS
                                  : (unsigned)value;
}

/* Length of the first URI of a list: a comma ends it only before another one, since it may stand in
 * a user part. */
static size_t first_length(const char *uris)
{
    size_t length = 0;

    for (;; length++) {
        const char *next;

        length += strcspn(uris + length, ",");
        if (!uris[length])
            return length;
        next = uris + length + 1;
        next += strspn(next, " ");
        if (strncasecmp(next, "sip:", 4) == 0 || strncasecmp(next, "sips:", 5) == 0)
            return length;
    }
}

static int add_uri(struct trunk_route *route, const char *uri, size_t length)
{
    struct trunk_attempt *attempt = &route->attempts[route->count];

    while (length && uri[length - 1] == ' ')
        length--;
    if (!length || route->count == FORWARDS)
        return EINVAL;
    attempt->uri = mem_printf("%.*s", (int)length, uri);
    if (!attempt->uri)
        return ENOMEM;
    route->count++;
    return 0;
}

/* The same with ";media=srtp", which is for us to know, too. */
static bool take_media(char *uri)
{
    static const char word[] = ";media=srtp";
    char *at = strcasestr(uri, word);

    while (at && at[sizeof word - 1] && !strchr(";?", at[sizeof word - 1]))
        at = strcasestr(at + 1, word);
    if (at)
        memmove(at, at + sizeof word - 1, strlen(at + sizeof word - 1) + 1);
    return at != NULL;
}

int trunk_route_uris(const char *uris, struct trunk_route **routep)
{
    struct trunk_route *route = trunk_route_make();
    int err = route ? 0 : ENOMEM;

    for (uris += strspn(uris, " "); !err && *uris; uris += strspn(uris, " ")) {
        size_t length = first_length(uris);

        err = add_uri(route, uris, length);
        uris += length + (uris[length] == ',');
    }
    for (unsigned i = 0; !err && i < route->count; i++) {
        struct trunk_attempt *attempt = &route->attempts[i];

        attempt->timeout = take_timeout(attempt->uri, route->count > 1 ? WAIT_MS : 0);
        attempt->secure = take_media(attempt->uri);
    }
    if (!err && !route->count)
        err = EINVAL;
    if (err)
        mem_unref(route);
    else
        *routep = route;
    return err;
}
