/* reception.h: how many packets of one source came of those it sent, as a report block tells it
 * (RFC 3550, A.1 and A.3): copies count as packets, and another source, or one whose numbers
 * jump, begins anew. Pure; a zeroed struct is ready. */
#ifndef OFFHOOK_STREAM_RECEPTION_H
#define OFFHOOK_STREAM_RECEPTION_H

#include "stream/report.h"

struct reception {
    bool any; /* something came */
    uint32_t ssrc;
    uint32_t first, highest; /* sequence numbers, wraps above their 16 bits */
    uint32_t received;
    uint32_t expected_before, received_before; /* as of the last report */
};

void reception_take(struct reception *reception, uint32_t ssrc, uint16_t sequence);

/* Fills in ssrc, fraction, lost and highest. False: nothing came since the last time. */
bool reception_report(struct reception *reception, struct report_heard *heard);

#endif
