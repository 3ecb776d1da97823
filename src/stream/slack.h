/* slack.h: how early the packets of a peer are there, which tells whether the ticks of who hears
 * them may come earlier. */
#ifndef OFFHOOK_STREAM_SLACK_H
#define OFFHOOK_STREAM_SLACK_H

#include <stdbool.h>
#include <stdint.h>

/* By how much packets are ahead of the tick that needs them [us]. */
struct slack {
    bool any;       /* else nothing comes, and nothing is told */
    int32_t mean;   /* of some seconds, without a change in between */
    int32_t spread; /* so much less it was, at worst, in the last half minute */
    int32_t most;   /* of a mean above it a tick is given back before long */
};

#endif
