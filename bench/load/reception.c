/* reception.c: sequence numbers (RFC 3550, A.1) and the clock. */
#include "bench/load/reception.h"

static const int64_t FRAME_NS = 20000000;
static const int64_t SECOND_NS = 1000000000;

static void start(struct reception *reception, uint32_t ssrc, uint16_t sequence)
{
    reception->any = true;
    reception->ssrc = ssrc;
    reception->sources++;
    reception->first = reception->last = sequence;
    reception->transit_from = reception->transit_to = INT64_MAX;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void reception_add(struct reception *reception, const struct window *window, uint32_t ssrc,
                   uint16_t sequence, int64_t arrived, struct histogram *gaps)
{
    if (!reception->any || ssrc != reception->ssrc)
        start(reception, ssrc, sequence);
    else
        histogram_add(gaps, arrived - reception->arrived);
    int64_t extended = reception->last + (int16_t)(sequence - (uint16_t)reception->last);
    int64_t transit = arrived - extended * FRAME_NS;

    if (extended > reception->last)
        reception->last = extended;
    if (arrived < window->from + SECOND_NS)
        reception->transit_from = least(reception->transit_from, transit);
    if (arrived >= window->to - SECOND_NS)
        reception->transit_to = least(reception->transit_to, transit);
    reception->arrived = arrived;
    reception->packets++;
}

uint64_t reception_lost(const struct reception *reception)
{
    int64_t lost = reception->last - reception->first + 1 - (int64_t)reception->packets;

    return reception->any && lost > 0 ? (uint64_t)lost : 0;
}

uint64_t reception_short(const struct reception *reception, const struct window *window)
{
    int64_t all = (window->to - window->from) / FRAME_NS;
    int64_t late = reception->transit_to - reception->transit_from;

    if (!reception->any || reception->transit_from == INT64_MAX ||
        reception->transit_to == INT64_MAX)
        return (uint64_t)(all > (int64_t)reception->packets ? all - (int64_t)reception->packets
                                                            : 0);
    return late > FRAME_NS / 2 ? (uint64_t)((late + FRAME_NS / 2) / FRAME_NS) : 0;
}
