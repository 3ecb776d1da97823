/* sequence.h: what the sequence numbers and arrival times of one source tell
 * (RFC 3550, 6.4.1 and A.1, A.3, A.8). Pure; a zeroed struct is ready. */
#ifndef OFFHOOK_STREAM_SEQUENCE_H
#define OFFHOOK_STREAM_SEQUENCE_H

#include <stdbool.h>
#include <stdint.h>

enum { SEQUENCE_JUMP = 100 /* [packets] further off than this is a new beginning */ };

enum sequence_verdict {
    SEQUENCE_NEXT,      /* newer than all before */
    SEQUENCE_REORDERED, /* older, but not seen yet */
    SEQUENCE_DUPLICATE,
    SEQUENCE_RESTART /* the numbers jumped: counted from here anew */
};

struct sequence {
    bool started;
    uint16_t highest;
    uint64_t seen; /* bit n: highest - n came */
    uint64_t received, lost, duplicate, reordered;
    bool timed;
    int64_t transit;           /* [samples], arrival less timestamp */
    double jitter, jitter_max; /* [samples] */
};

enum sequence_verdict sequence_take(struct sequence *sequence, uint16_t number);

/* Takes note of the arrival [samples, any origin] of the packet of `timestamp`. */
void sequence_time(struct sequence *sequence, uint32_t timestamp, int64_t arrival);

/* Another source: its numbers start anew; what was counted stays. */
void sequence_restart(struct sequence *sequence);

#endif
