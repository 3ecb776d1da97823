/* relay.h: bad networks between UDP sockets: each way through the relay is a loopback port
 * that passes on what comes to it, as impair.h says, and the answers back likewise. One thread
 * for all ways; datagrams wait in its heap, at most RELAY_HELD of them. */
#ifndef OFFHOOK_TESTS_RELAY_H
#define OFFHOOK_TESTS_RELAY_H

#include "impair.h"

#include <netinet/in.h>

enum { RELAY_HELD = 65536 };

struct relay;

/* Starts the thread. 0 or errno. */
int relay_start(struct relay **relay);

/* A way to `to`: what comes to *in goes on from *out, and the answers of `to` go back to whoever
 * sent last. Before or after the traffic starts; stays until relay_stop(). */
int relay_add(struct relay *relay, const struct sockaddr_in *to, const struct impair_conf *forth,
              const struct impair_conf *back, struct sockaddr_in *in, struct sockaddr_in *out);

struct relay_counts {
    uint64_t forth, forth_lost, back, back_lost; /* datagrams that came; of them lost on purpose */
    uint64_t dropped;                            /* for lack of room: a relay that is overrun */
};
void relay_counts(struct relay *relay, struct relay_counts *counts);

/* Ends it; what is on its way is lost. */
void relay_stop(struct relay *relay);

#endif
