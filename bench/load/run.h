/* run.h: the two things this program does. Both print one JSON line and return 0 when
 * all was as expected, EPROTO when the server did wrong, another errno when they could
 * not measure. */
#ifndef OFFHOOK_BENCH_RUN_H
#define OFFHOOK_BENCH_RUN_H

#include "bench/load/options.h"

/* Legs in rooms: sound, loss, CPU a leg. */
int rooms_run(const struct options *options);

/* Call set-up and nothing else: failures, times, CPU a call, memory. */
int setup_run(const struct options *options);

/* The number of a room, from 0, called with the pattern of --to; allocated. */
char *room_number(const char *pattern, unsigned room);

#endif
