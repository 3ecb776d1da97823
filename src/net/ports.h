/* ports.h: the pairs of UDP ports that calls use, RTP on the even number and
 * RTCP on the odd one above it. Used by one thread (control).
 *
 * A pair that was given back keeps its sockets open and rests; it is free again
 * only when nothing came to it for a whole rest, so the packets of an old peer
 * that goes on sending never reach a new call. */
#ifndef OFFHOOK_NET_PORTS_H
#define OFFHOOK_NET_PORTS_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

struct ports;

struct ports_pair {
    uint16_t number; /* of RTP */
    int rtp, rtcp;   /* bound, non-blocking sockets */
};

/* Pairs in [low, high] of `address` (its port is not used), resting `rest` [ms].
 * Released with mem_unref(), which closes what rests. EINVAL: no whole pair in
 * the range; ENOMEM. */
int ports_alloc(struct ports **ports, const struct sockaddr_storage *address, uint16_t low,
                uint16_t high, unsigned rest);

/* Binds a free pair with an empty queue. EAGAIN: none is free; other errors are
 * those of socket(). */
int ports_open(struct ports *ports, struct ports_pair *pair);

/* Gives a pair back, sockets and all: it rests from `now` [ms, monotonic]. */
void ports_close(struct ports *ports, const struct ports_pair *pair, int64_t now);

/* Frees the pairs that have rested. To be called about once a second. */
void ports_sweep(struct ports *ports, int64_t now);

/* Pairs open or resting. */
size_t ports_busy(const struct ports *ports);

#endif
