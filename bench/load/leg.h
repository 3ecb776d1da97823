/* leg.h: the sound of one call: a socket, what it sends, what it hears. */
#ifndef OFFHOOK_BENCH_LEG_H
#define OFFHOOK_BENCH_LEG_H

#include "bench/load/burst.h"
#include "bench/load/ear.h"
#include "bench/load/reception.h"
#include "bench/load/song.h"
#include "bench/load/sounding.h"
#include "bench/load/watch.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/* What all legs share. */
struct choir {
    struct song song;
    struct burst burst;
    struct window window;    /* nothing counts outside */
    struct histogram gaps;   /* between packets of a leg */
    struct histogram delays; /* with `delay`: of bursts */
    bool echo;               /* a leg hears itself and nobody else */
    bool voice;              /* each leg hears a sound, not the songs of others */
    bool delay;              /* bursts instead of songs */
    bool quiet;              /* who does not speak soon sends nothing */
    struct leg *legs;
    unsigned count, per_room;
};

struct leg {
    struct choir *choir;
    unsigned room, place;
    struct sockaddr_in address; /* ours */
    struct watcher watcher;
    bool speaks;  /* is to be heard by the others of its room */
    bool singing; /* sends */
    uint16_t sequence;
    uint32_t timestamp, ssrc;
    uint32_t frames; /* sent, or left out */
    struct reception reception;
    struct ear ear;
    struct burst_ear burst;   /* with choir->delay, instead of the ear */
    int64_t burst_sent;       /* when the last one went out [ns] */
    uint32_t bursts;          /* that went out in the window */
    struct sounding sounding; /* with choir->voice, instead of the ear */
};

/* Opens the socket at `address` or just above. */
int leg_open(struct leg *leg, struct choir *choir, unsigned number,
             const struct sockaddr_in *address);
void leg_close(struct leg *leg);

/* Sings towards `peer` from now on; leg_sing() is called every 20 ms. */
int leg_start(struct leg *leg, const struct sockaddr_in *peer);
void leg_stop(struct leg *leg);
void leg_sing(struct leg *leg);
/* So many frames are not sent, but time goes on. */
void leg_pause(struct leg *leg, unsigned frames);

/* With choir->delay: who sends the bursts that this leg hears; NULL: it hears none. */
const struct leg *leg_source(const struct leg *leg);

/* Whether what it heard in the window is right: by its ear; with choir->voice: whether it heard
 * a sound at all; with choir->delay: whether of ten bursts it heard at least eight. */
bool leg_heard_right(const struct leg *leg);

#endif
