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

enum { LONG = 7 }; /* digits of a SIP user that are a telephone number, wherever it is */

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

static int hex(char c)
{
    return c >= '0' && c <= '9'                 ? c - '0'
           : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                : -1;
}

/* The user of a SIP URI, unescaped, without parameters; out "": it has none. Returns its host. */
static const char *read_user(const char *uri, char *out, size_t size)
{
    const char *at = strchr(uri, '@'), *from = strchr(uri, ':');
    size_t used = 0;

    for (from = from ? from + 1 : uri; at && from < at && *from != ';' && used + 1 < size; from++) {
        int high = *from == '%' && at - from > 2 ? hex(from[1]) : -1;
        int low = high < 0 ? -1 : hex(from[2]);

        out[used++] = low < 0 ? *from : (char)(high << 4 | low);
        from += low < 0 ? 0 : 2;
    }
    out[used] = '\0';
    return at ? at + 1 : "";
}

/* The number that a URI is dialled for: where it goes to a trunk, and of so many digits anywhere.
 * "": none. */
static void number_of(const struct conf *conf, const struct trunk_attempt *attempt, char *digits,
                      size_t size)
{
    char user[128], host[128];
    const char *rest = read_user(attempt->uri, user, sizeof user);

    snprintf(host, sizeof host, "%.*s", (int)strcspn(rest, ";?>"), rest);
    if (!conf_digits(user, digits, size) ||
        (strlen(digits) < LONG && !attempt->trunk && !conf_trunk_named(conf, host)))
        *digits = '\0';
}

static bool may_dial(const struct conf_application *own, const char *number,
                     struct dial_reason *reason)
{
    char digits[64];

    if (!conf_digits(number, digits, sizeof digits) || !*digits ||
        conf_application_may_dial(own, digits))
        return true;
    snprintf(reason->text, sizeof reason->text,
             "the application may not dial %.20s (allow_prefixes, deny_prefixes)", digits);
    return false;
}

static bool may_dial_all(const struct calls *calls, const struct conf_application *own,
                         const struct trunk_route *route, struct dial_reason *reason)
{
    char digits[64];

    for (unsigned i = 0; i < route->count; i++) {
        number_of(bridge_config(calls->bridge), &route->attempts[i], digits, sizeof digits);
        if (!may_dial(own, digits, reason))
            return false;
    }
    return true;
}

/* How many it has dialled. */
static int check_counts(struct calls *calls, struct application *application,
                        const struct conf_application *own, struct dial_reason *reason)
{
    if (own->dial.max_calls && application_dialled(application) >= own->dial.max_calls) {
        snprintf(reason->text, sizeof reason->text,
                 "the application has dialled %u legs that are up (max_calls)",
                 own->dial.max_calls);
        calls->refused.calls++;
        return EDQUOT;
    }
    if (!admit(calls, application_id(application), own->dial.calls_per_minute)) {
        snprintf(reason->text, sizeof reason->text,
                 "the application has dialled %u legs in a minute (calls_per_minute)",
                 own->dial.calls_per_minute);
        calls->refused.rate++;
        return EDQUOT;
    }
    return 0;
}

int fraud_check(struct calls *calls, struct application *application, const char *number,
                const struct trunk_route *route, struct dial_reason *reason)
{
    const struct conf_application *own = application_conf(application);
    int err = 0;

    if (!own)
        return 0;
    if (number ? !may_dial(own, number, reason) : !may_dial_all(calls, own, route, reason)) {
        calls->refused.number++;
        err = EACCES;
    }
    if (!err)
        err = check_counts(calls, application, own, reason);
    if (err)
        log_warning("ncco", "not dialled application=%s: %s", application_id(application),
                    reason->text);
    return err;
}
