/* accept.c: the peer's answer to our offer (RFC 3264 §7). */
#include "offer/numbers.h"

/* With which numbers the peer is to send: ours. */
static int read_own(const struct description *peer, const struct offer_ability *can,
                    const char *offer, struct offer_agreed *agreed, char reason[OFFER_REASON])
{
    struct description own = {0};
    struct numbers numbers;
    uint8_t type, event;
    int err;

    if (offer) {
        err = description_read(&own, offer, reason);
        if (err)
            return err;
    }
    numbers_make(&numbers, can, offer ? &own : NULL);
    description_close(&own);
    type = numbers.format[peer->format];
    event = numbers_event(&numbers, agreed->event_clock);
    agreed->receive_payload_type = type == agreed->payload_type ? 0 : type;
    agreed->receive_event_type = event == agreed->event_payload_type ? 0 : event;
    return 0;
}

int offer_accept(const struct offer_ability *can, const struct offer_local *local,
                 const char *answer, struct offer_agreed *agreed, char reason[OFFER_REASON])
{
    struct description peer;
    int err;

    err = description_read(&peer, answer, reason);
    if (err)
        return err;
    err = description_choose(&peer, can, local, false, agreed, reason);
    if (!err)
        err = description_remote(&peer, local, agreed, reason);
    if (!err)
        err = read_own(&peer, can, local->before, agreed, reason);
    if (!err)
        description_direct(&peer, local->hold, agreed);
    description_close(&peer);
    return err;
}
