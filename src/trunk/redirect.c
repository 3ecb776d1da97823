/* redirect.c: where a trunk's 302 may lead: to a host that is its own, by its proxies or by
 * `allow`, and to the number that was called, or one of its prefixes. A carrier that was broken
 * into, or a phone that redirects to somewhere dear, leads nowhere else. */
#include "trunk/private.h"
#include "base/log.h"
#include "net/addr.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { CONTACTS = 4 };

static bool same_host(const char *uri, const char *host, size_t size)
{
    const char *own;
    size_t length = proxy_host(uri, &own);

    return length == size && strncasecmp(own, host, size) == 0;
}

static bool is_allowed(const struct conf_trunk *conf, const char *host, size_t size)
{
    struct sockaddr_storage address;
    struct conf_network one;
    char text[80];

    if (*host == '[' && size > 2) {
        host++;
        size -= 2;
    }
    snprintf(text, sizeof text, "%.*s", (int)size, host);
    if (!conf_network_parse(text, &one))
        return false;
    address = one.address;
    return conf_network_has(conf->allow, conf->allow_count, &address);
}

static bool is_own_host(const struct trunk *trunk, const char *uri)
{
    const char *host;
    size_t size = proxy_host(uri, &host);

    for (unsigned i = 0; i < trunk->proxy_count; i++)
        if (same_host(trunk->proxies[i]->uri, host, size))
            return true;
    return is_allowed(trunk->conf, host, size);
}

/* The user part, as it is escaped. */
static void user_of(const char *uri, char *out, size_t size)
{
    const char *rest = strchr(uri, ':'), *at = rest ? strchr(rest, '@') : NULL;

    snprintf(out, size, "%.*s", at ? (int)(at - rest - 1) : 0, at ? rest + 1 : "");
}

static bool is_own_number(const struct trunk *trunk, const char *uri, const char *before)
{
    char user[TRUNK_WORD], was[TRUNK_WORD], digits[TRUNK_WORD];

    user_of(uri, user, sizeof user);
    user_of(before, was, sizeof was);
    if (strcmp(user, was) == 0)
        return true;
    if (!conf_digits(user, digits, sizeof digits) || !*digits)
        return false;
    for (size_t i = 0; i < trunk->conf->prefix_count; i++)
        if (strncmp(digits, trunk->conf->prefixes[i], strlen(trunk->conf->prefixes[i])) == 0)
            return true;
    return false;
}

static int add(struct trunk_route *route, struct trunk *trunk, const char *uri, size_t length)
{
    struct trunk_attempt *attempt = &route->attempts[route->count];

    attempt->uri = mem_printf("%.*s", (int)length, uri);
    if (!attempt->uri)
        return ENOMEM;
    attempt->trunk = mem_ref(trunk);
    route->count++;
    return 0;
}

int trunk_route_redirect(const struct trunk_attempt *from, const char *contacts,
                         struct trunk_route **routep)
{
    struct trunk *trunk = from->trunk;
    struct trunk_route *route;
    int err = 0;

    if (!trunk || !trunk->conf->follows || !contacts)
        return EPERM;
    route = trunk_route_make();
    if (!route)
        return ENOMEM;
    for (const char *at = contacts; !err && *at && route->count < CONTACTS;) {
        size_t length = strcspn(at, " ");
        char uri[TRUNK_LINE];

        snprintf(uri, sizeof uri, "%.*s", (int)length, at);
        if (length < sizeof uri && is_own_host(trunk, uri) && is_own_number(trunk, uri, from->uri))
            err = add(route, trunk, uri, length);
        else
            log_info("trunk", "%s leads to %.80s: not followed", trunk->conf->name, uri);
        at += length;
        at += strspn(at, " ");
    }
    if (!err && !route->count)
        err = EPERM;
    if (err)
        mem_unref(route);
    else
        *routep = route;
    return err;
}
