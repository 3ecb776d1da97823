/* ear.h: whom a leg hears, from one frame in some. */
#ifndef OFFHOOK_BENCH_EAR_H
#define OFFHOOK_BENCH_EAR_H

#include <stdbool.h>
#include <stdint.h>

struct leg;

struct ear {
    uint64_t frames;                 /* listened to */
    uint64_t missing, own, stranger; /* frames without one who sings; with oneself; with others */
    int64_t next;                    /* when to listen again [ns] */
};

/* Whether the leg would listen to what arrives now [ns]. */
bool ear_open(const struct leg *leg, int64_t arrived);

/* Listens to a frame of PCMU. */
void ear_hear(struct leg *leg, const uint8_t *frame, int64_t arrived);

/* Whether what it heard in the window is right: the other singers of its room, not
 * itself, no strangers. Up to a fifth of the frames may say otherwise: on a busy machine
 * packets come late, and where one is concealed or left out a tone breaks, which sounds
 * like a bit of every tone. A server that mixes wrongly does so in all frames. */
bool ear_right(const struct ear *ear);

#endif
