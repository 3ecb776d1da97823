/* numbers.h: the payload types of an offer of ours. Private to offer/. */
#ifndef OFFHOOK_OFFER_NUMBERS_H
#define OFFHOOK_OFFER_NUMBERS_H

#include "offer/read.h"

struct numbers {
    uint8_t format[OFFER_FORMATS]; /* of can->formats */
    struct {
        unsigned clock; /* [Hz] */
        uint8_t type;
    } events[OFFER_FORMATS + 1];
    unsigned event_count;
};

/* The numbers of an offer of all we can; `before`: our SDP before it, or NULL. Of the same two
 * always the same. */
void numbers_make(struct numbers *numbers, const struct offer_ability *can,
                  const struct description *before);

/* Of telephone-event; 0: none of that clock. */
uint8_t numbers_event(const struct numbers *numbers, unsigned clock);

#endif
