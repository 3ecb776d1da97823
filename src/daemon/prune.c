/* prune.c: what has outlived its use goes from the store, once a minute. */
#include "daemon/private.h"
#include "base/clock.h"

enum { DAY_MS = 86400000, LEG_DAYS = 7, LEG_DAYS_MOST = 31 };

/* Ended legs stay as long as their application says. */
static bool prune_application(struct application *application, void *arg)
{
    struct daemon *daemon = arg;
    unsigned days = application_conf(application)->leg_persistence;
    struct store_prune_query query = {
        .application = application_id(application),
        .before = clock_wall_ms() - (int64_t)(days ? days : LEG_DAYS) * DAY_MS,
    };

    store_prune(daemon->store, &query, NULL, NULL);
    return false;
}

void daemon_prune(void *arg)
{
    struct daemon *daemon = arg;
    struct store_prune_query others = {.before = clock_wall_ms() - (int64_t)LEG_DAYS_MOST * DAY_MS};

    application_each(daemon->bridge, prune_application, daemon);
    store_prune(daemon->store, &others, NULL, NULL);
    store_prune_rest(daemon->store, clock_wall_ms() - DAY_MS, NULL, NULL);
    loop_start(daemon->loop, &daemon->prune, PRUNE_MS, daemon_prune, daemon);
}
