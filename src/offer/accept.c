/* accept.c: the peer's answer to our offer (RFC 3264 §7). */
#include "offer/read.h"

int offer_accept(const struct offer_ability *can, const struct offer_local *local,
                 const char *answer, struct offer_agreed *agreed, char reason[OFFER_REASON])
{
    struct description peer;
    int err;

    err = description_read(&peer, answer, reason);
    if (err)
        return err;
    err = description_choose(&peer, can, local, agreed, reason);
    if (!err)
        description_direct(&peer, local->hold, agreed);
    description_close(&peer);
    return err;
}
