/* measure.h: what is kept of a stream for its statistics (stats.c) and to tell that something is
 * wrong with its sound (problem.c). Media worker. */
#ifndef OFFHOOK_STREAM_MEASURE_H
#define OFFHOOK_STREAM_MEASURE_H

#include "stream/stream.h"

struct measure {
    uint64_t delay[STREAM_DELAYS], delays; /* stream_stats.delay, and their number */
    int64_t delay_sum;                     /* [ns] */
    uint64_t concealed;                    /* frames, as of the frame before */
    bool gap;                              /* the last one was such */
    uint64_t runs;                         /* of concealed ones */
    double jitter_min;                     /* [ms]; 0: not settled yet */
};

struct watch {
    unsigned frame;     /* since the last look */
    unsigned seconds;   /* looks since stream_connect() */
    uint64_t before;    /* packets that came until then */
    bool on;            /* a problem goes on: */
    uint8_t problem;    /* this one */
    bool spoke, paused; /* more than digital silence was heard; a pause was announced */
    unsigned hush;      /* [frames] of digital silence in a row */
    uint64_t strange, unknown, unauthentic;
    /* of the last look and the one before it: packets that came, and of each of those */
    uint64_t came_at[2], strange_at[2], unknown_at[2], unauthentic_at[2];
    uint8_t types[STREAM_TYPES]; /* of unknown packets */
    unsigned type_count;
    struct sockaddr_storage stranger;
};

#endif
