/* leg.h: the sound of one call: a socket, its song, what it hears. */
#ifndef OFFHOOK_BENCH_LEG_H
#define OFFHOOK_BENCH_LEG_H

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
    struct window window; /* nothing counts outside */
    struct histogram gaps;
    bool echo;  /* a leg hears itself and nobody else */
    bool voice; /* each leg hears a sound, not the songs of others */
    struct leg *legs;
    unsigned count;
};

struct ear {
    uint64_t frames;                 /* listened to */
    uint64_t missing, own, stranger; /* frames without one who sings; with oneself; with others */
    int64_t next;                    /* when to listen again [ns] */
};

struct leg {
    struct choir *choir;
    unsigned room, place;
    struct sockaddr_in address; /* ours */
    struct watcher watcher;
    bool singing;
    uint16_t sequence;
    uint32_t timestamp, ssrc;
    struct reception reception;
    struct ear ear;
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

/* Whether what it heard in the window is right: the other singers of its room, not
 * itself, no strangers. Up to a fifth of the frames may say otherwise: on a busy machine
 * packets come late, and where one is concealed or left out a tone breaks, which sounds
 * like a bit of every tone. A server that mixes wrongly does so in all frames. With
 * choir->voice: whether it heard a sound at all. */
bool leg_heard_right(const struct leg *leg);

#endif
