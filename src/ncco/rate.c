/* rate.c: how many legs are dialled in a second, whoever asks for them. */
#include "ncco/private.h"
#include "base/clock.h"
#include "net/limiter.h"

bool calls_admit(struct calls *calls)
{
    static const struct sockaddr_storage anyone = {.ss_family = AF_INET};
    unsigned rate = bridge_config(calls->bridge)->limits.outgoing_per_second;

    if (rate != calls->outgoing_rate) { /* another configuration */
        calls->outgoing = mem_unref(calls->outgoing);
        if (rate && limiter_alloc(&calls->outgoing, rate, rate, 1))
            return true;
        calls->outgoing_rate = rate;
    }
    return !calls->outgoing || limiter_admit(calls->outgoing, &anyone, clock_mono_ms());
}
