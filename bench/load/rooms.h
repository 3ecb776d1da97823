/* rooms.h: the inside of the rooms mode.
 *
 *   calling ──all up──> warming ──> measuring ──> settling ──> hanging up ──> done
 *
 * Settling lets packets that arrived in the window be read before they are judged. */
#ifndef OFFHOOK_BENCH_ROOMS_H
#define OFFHOOK_BENCH_ROOMS_H

#include "bench/load/caller.h"
#include "bench/load/leg.h"
#include "bench/load/options.h"

enum phase { CALLING, WARMING, MEASURING, SETTLING, HANGING_UP, DONE };

struct rooms {
    const struct options *options;
    struct watch watch;
    struct caller caller;
    struct choir choir;
    char **numbers; /* called, one a room */
    enum phase phase;
    int64_t phase_began;       /* monotonic [ns] */
    int64_t pace_began, slots; /* of singing: the first slot [ns], slots done */
    unsigned begun, ended;     /* calls we began, and began to end */
    unsigned up, over;         /* answered; ended, well or not */
    struct histogram lateness; /* of what we send */
    unsigned left_out;         /* [frames] of each leg, since we were too late */
    double cpu_from, cpu_to;   /* of the server [s] */
    double own_from, own_to;
    int64_t measured; /* between the two readings [ns] */
    long rss_before, rss_up, rss_after;
};

struct verdict {
    uint64_t packets, lost, short_of, missing, own, stranger;
    uint64_t bursts_missed;
    unsigned legs_wrong, legs_short, sources;
};

void rooms_judge(const struct rooms *rooms, struct verdict *verdict);
/* Prints the JSON line. True: all was right. */
bool rooms_report(const struct rooms *rooms, const struct verdict *verdict);

#endif
