/* wire.h: sound on its way between a media worker and the thread of the sockets: frames of
 * 20 ms at 8 kHz, in a ring each way. One thread at each end of it; no end locks, allocates or
 * waits.
 *
 * A wire is shut at first: the worker gives nothing and gets silence until wire_open(). */
#ifndef OFFHOOK_WS_WIRE_H
#define OFFHOOK_WS_WIRE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    WIRE_FRAME = 160,    /* [samples] */
    WIRE_IN = 3072,      /* frames from the server that wait to be played: 61 s */
    WIRE_IN_SLOTS = 4096 /* a power of two above it */
};

struct wire;
struct bell;

/* What wakes the thread of the sockets, from any thread; many rings before it looks are one.
 * Both released with mem_unref(). 0 or an errno. */
int bell_alloc(struct bell **bell);
int bell_fd(const struct bell *bell); /* readable when it was rung */
void bell_heard(struct bell *bell);   /* before one looks */

int wire_alloc(struct wire **wire, struct bell *bell); /* takes a reference to the bell */

/* Media worker. */
bool wire_get(struct wire *wire, int16_t frame[WIRE_FRAME]); /* false: nothing to be played */
/* frame NULL: silence. False: it was dropped, or the wire is shut. */
bool wire_put(struct wire *wire, const int16_t *frame);

/* The thread of the sockets. */
void wire_open(struct wire *wire);
bool wire_send(struct wire *wire, const int16_t frame[WIRE_FRAME]); /* false: full, dropped */
bool wire_take(struct wire *wire, int16_t frame[WIRE_FRAME]);
/* The end of what was sent by now; and whether the worker has come to such a place. */
uint32_t wire_mark(const struct wire *wire);
bool wire_reached(const struct wire *wire, uint32_t mark);
/* What was sent and not yet played will not be. */
void wire_clear(struct wire *wire);

struct wire_stats {
    uint64_t frames_in, frames_out; /* played; given to the server's side */
    uint64_t dropped_in;            /* came while WIRE_IN waited */
};
void wire_stats(const struct wire *wire, struct wire_stats *stats); /* any thread */

#endif
