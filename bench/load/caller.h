/* caller.h: many calls from one UDP socket: INVITE, 200, ACK, BYE, 200, with the
 * retransmissions of RFC 3261 (17.1: timers A, B, E and F; 13.2.2.4: each 200 that
 * comes again is acknowledged again).
 *
 *   idle ──invite──> calling ──1xx──> proceeding
 *                       └──────2xx──────┴──> up ──bye──> ending ──final──> over
 *           calling, proceeding ── refused, no answer in time ──> failed
 *           up ── BYE of the server ──> failed; ending ── no answer in time ──> failed */
#ifndef OFFHOOK_BENCH_CALLER_H
#define OFFHOOK_BENCH_CALLER_H

#include "base/timer.h"
#include "bench/load/histogram.h"
#include "bench/load/watch.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct call;

struct caller_events {
    /* Answered; `media` is where its sound goes. */
    void (*up)(unsigned number, const struct sockaddr_in *media, void *arg);
    /* Ended, well or not; the last word about this call. */
    void (*over)(unsigned number, bool well, void *arg);
};

struct caller_counts {
    unsigned invited, answered, ended, failed;
    uint64_t retransmitted; /* requests sent again */
    int last_status;        /* of the last failure; 408: no answer, 0: none failed */
};

struct caller {
    struct watcher watcher;
    struct sockaddr_in server, local;
    char server_text[32], local_ip[16]; /* "IP:PORT"; as in SDP */
    uint16_t local_port;
    uint32_t key;    /* tells this run's calls from any other's */
    int64_t timeout; /* [ms] of one transaction */
    struct timers timers;
    struct call *calls;
    unsigned count;
    struct caller_events events;
    void *arg;
    struct caller_counts counts;
    struct histogram setup; /* INVITE sent to 200 arrived */
};

/* `calls`: how many there will be at most. Ended with caller_close(). */
int caller_open(struct caller *caller, const struct sockaddr_in *server, const char *local_ip,
                unsigned calls, int64_t timeout, const struct caller_events *events, void *arg);
void caller_close(struct caller *caller);

/* Calls `to`, offering PCMU or Opus at `rtp_port`. The text `to` must stay. */
void caller_invite(struct caller *caller, unsigned number, const char *to, uint16_t rtp_port,
                   bool opus);
/* Hangs up a call that is up. */
void caller_bye(struct caller *caller, unsigned number);

/* Runs what is due; called on each tick. */
void caller_tick(struct caller *caller);

#endif
