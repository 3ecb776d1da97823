/* lag.c: is control behind with its work? A beat that should come ten times a second tells by how
 * much it is late. One late beat is a pause of the machine, after which all is caught up; several
 * in a row are more calls than we can do, and those that come then are turned away while that
 * still costs little, before all of them wait. */
#include "base/clock.h"
#include "base/log.h"
#include "daemon/private.h"

enum { BEAT_MS = 100, IN_A_ROW = 3 };

static int64_t lateness(const struct lag *lag)
{
    int64_t late = clock_mono_ms() - lag->beat.due;

    return late > 0 ? late : 0;
}

static void tell(struct lag *lag)
{
    if (lag->refused && !lag->told)
        log_warning("daemon", "control is behind late_ms=%lld: new calls get 503",
                    (long long)lag->late);
    if (!lag->behind && lag->told)
        log_info("daemon", "control has caught up calls_refused=%llu",
                 (unsigned long long)lag->refused);
    lag->told = lag->behind && lag->refused;
    if (!lag->behind)
        lag->refused = 0;
}

static void on_beat(void *arg)
{
    struct daemon *daemon = arg;
    struct lag *lag = &daemon->lag;

    lag->late = lateness(lag);
    lag->in_a_row =
        daemon->conf->limits.lag && lag->late > daemon->conf->limits.lag ? lag->in_a_row + 1 : 0;
    lag->behind = lag->in_a_row >= IN_A_ROW;
    tell(lag);
    lag_start(daemon);
}

void lag_start(struct daemon *daemon)
{
    if (loop_start(daemon->loop, &daemon->lag.beat, BEAT_MS, on_beat, daemon))
        log_warning("daemon", "out of memory: nobody watches whether control is behind");
}

bool lag_refuses(struct daemon *daemon)
{
    daemon->lag.refused += daemon->lag.behind;
    return daemon->lag.behind;
}
