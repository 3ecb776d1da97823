/* admit.c: who may call: sources of trunks only, and not too often. */
#include "daemon/private.h"
#include "base/clock.h"
#include "base/mem.h"

#include <string.h>

enum { SOURCES = 4096 };

static bool known_source(const struct conf *conf, const struct sockaddr_storage *from)
{
    for (size_t i = 0; i < conf->trunk_count; i++) {
        const struct conf_trunk *trunk = &conf->trunks[i];

        if (conf_network_has(trunk->allow, trunk->allow_count, from))
            return true;
    }
    return false;
}

enum ua_verdict daemon_admit(const struct sockaddr_storage *from, const char *method, void *arg)
{
    struct daemon *daemon = arg;
    struct sockaddr_storage anyone = {.ss_family = AF_INET};
    int64_t now;

    if (!known_source(daemon->conf, from))
        return UA_IGNORE;
    if (strcmp(method, "INVITE") != 0)
        return UA_ALLOW;
    if (lag_refuses(daemon))
        return UA_BUSY;
    now = clock_mono_ms();
    if (daemon->each && !limiter_admit(daemon->each, from, now))
        return UA_BUSY;
    if (daemon->all && !limiter_admit(daemon->all, &anyone, now))
        return UA_BUSY;
    return UA_ALLOW;
}

void daemon_make_limiters(struct daemon *daemon)
{
    unsigned all = daemon->conf->limits.calls_per_second;
    unsigned each = daemon->conf->limits.calls_per_second_per_source;

    daemon->all = mem_unref(daemon->all);
    daemon->each = mem_unref(daemon->each);
    if (all)
        limiter_alloc(&daemon->all, all, all, 1);
    if (each)
        limiter_alloc(&daemon->each, each, each, SOURCES);
}
