/* fraud.c: what an application may dial, whichever door it comes by: a program that was broken
 * into, or a key that leaked, must not become somebody's telephone bill. */
#include "ncco/private.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "net/limiter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct caller_rate {
    char application[ID_UUID];
    unsigned per_minute; /* as the limiter was made for */
    struct limiter *limiter;
    UT_hash_handle hh;
};

struct calls_refused calls_refused(const struct calls *calls)
{
    return calls->refused;
}

void fraud_free(struct calls *calls)
{
    struct caller_rate *rate, *next;

    HASH_ITER (hh, calls->rates, rate, next) {
        HASH_DEL(calls->rates, rate);
        mem_unref(rate->limiter);
        free(rate);
    }
}

static struct caller_rate *rate_of(struct calls *calls, const char *application)
{
    struct caller_rate *rate = NULL;

    HASH_FIND_STR(calls->rates, application, rate);
    if (rate)
        return rate;
    rate = calloc(1, sizeof *rate);
    if (!rate)
        return NULL;
    snprintf(rate->application, sizeof rate->application, "%s", application);
    HASH_ADD_STR(calls->rates, application, rate);
    return rate;
}

/* Takes one of this minute's. Without memory to count, it may. */
static bool admit(struct calls *calls, const char *application, unsigned per_minute)
{
    static const struct sockaddr_storage anyone = {.ss_family = AF_INET};
    struct caller_rate *rate;

    if (!per_minute)
        return true;
    rate = rate_of(calls, application);
    if (rate && rate->per_minute != per_minute) { /* another configuration */
        rate->limiter = mem_unref(rate->limiter);
        rate->per_minute = per_minute;
        if (limiter_alloc(&rate->limiter, per_minute / 60.0, per_minute, 1))
            rate->per_minute = 0;
    }
    return !rate || !rate->limiter || limiter_admit(rate->limiter, &anyone, clock_mono_ms());
}

int fraud_check(struct calls *calls, struct application *application, const char *digits,
                char *reason, size_t size)
{
    const struct conf_application *conf = application_conf(application);
    int err = 0;

    if (!conf)
        return 0;
    if (*digits && !conf_application_may_dial(conf, digits)) {
        snprintf(reason, size, "the application may not dial %.20s (allow_prefixes, deny_prefixes)",
                 digits);
        calls->refused.number++;
        err = EACCES;
    } else if (conf->dial.max_calls && application_dialled(application) >= conf->dial.max_calls) {
        snprintf(reason, size, "the application has dialled %u legs that are up (max_calls)",
                 conf->dial.max_calls);
        calls->refused.calls++;
        err = EDQUOT;
    } else if (!admit(calls, application_id(application), conf->dial.calls_per_minute)) {
        snprintf(reason, size, "the application has dialled %u legs in a minute (calls_per_minute)",
                 conf->dial.calls_per_minute);
        calls->refused.rate++;
        err = EDQUOT;
    }
    if (err)
        log_warning("ncco", "not dialled application=%s number=%.20s: %s",
                    application_id(application), digits, reason);
    return err;
}
