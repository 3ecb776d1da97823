/* impair.h: what a network does to packets, by seed: it loses them, one by one or in bursts,
 * delays them, by more and by less, brings them out of order and twice. The same seed and the
 * same packets always give the same. No clock, no sockets; a zeroed struct loses nothing. */
#ifndef OFFHOOK_TESTS_IMPAIR_H
#define OFFHOOK_TESTS_IMPAIR_H

#include <stdbool.h>
#include <stdint.h>

struct impair_conf {
    double loss;   /* share of packets that are lost, 0 … 1 */
    double burst;  /* mean length of a run of losses [packets] (Gilbert's model); below 1: as chance
                      has it */
    double delay;  /* [ms] each packet takes at least */
    double jitter; /* [ms] 0 to this much more, evenly; a packet never overtakes another by it */
    double reorder;   /* share of packets that the next ones overtake */
    double late;      /* [ms] by which those come later; 0: 30 */
    double duplicate; /* share of packets that come twice */
    uint64_t seed;
};

struct impair {
    struct impair_conf conf;
    uint64_t state;
    bool bad;    /* in a run of losses */
    double last; /* [ms] when the last packet in order arrives */
    uint64_t packets, lost;
};

void impair_start(struct impair *impair, const struct impair_conf *conf);

/* A packet sent at `now` [ms, any origin, never backwards]: how many times it arrives (0, 1,
 * 2), and when [ms, same origin]. */
unsigned impair_packet(struct impair *impair, double now, double arrivals[2]);

/* "loss=0.05 burst=3 delay=20 jitter=40 reorder=0.01 duplicate=0.01 seed=7": a number each,
 * any of them. False: not so; nothing is told of why. */
bool impair_parse(struct impair_conf *conf, const char *text);

#endif
