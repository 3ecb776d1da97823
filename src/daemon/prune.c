/* prune.c: what has outlived its use goes from the store, once a minute. */
#include "daemon/private.h"
#include "base/clock.h"

enum { DAY_MS = 86400000, LEG_DAYS = 7, LEG_DAYS_MOST = 31 };
enum { DEAD_DAYS = 30, DEAD_MOST = 10000 /* of an application */ };

static int64_t days_ago(int days)
{
    return clock_wall_ms() - (int64_t)days * DAY_MS;
}

/* Ended legs stay as long as their application says. */
static bool prune_application(struct application *application, void *arg)
{
    struct daemon *daemon = arg;
    unsigned days = application_conf(application)->leg_persistence;
    struct store_prune_query query = {
        .application = application_id(application),
        .before = days_ago(days ? (int)days : LEG_DAYS),
    };

    store_prune(daemon->store, &query, NULL, NULL);
    store_prune_dead(daemon->store, query.application, days_ago(DEAD_DAYS), DEAD_MOST, NULL, NULL);
    return false;
}

void daemon_prune(void *arg)
{
    struct daemon *daemon = arg;
    struct store_prune_query others = {.before = days_ago(LEG_DAYS_MOST)};

    application_each(daemon->bridge, prune_application, daemon);
    store_prune(daemon->store, &others, NULL, NULL);
    store_prune_dead(daemon->store, NULL, days_ago(DEAD_DAYS), 0, NULL, NULL);
    store_prune_rest(daemon->store, days_ago(1), NULL, NULL);
    loop_start(daemon->loop, &daemon->prune, PRUNE_MS, daemon_prune, daemon);
}
