/* options.h: what the command line asks for. */
#ifndef OFFHOOK_BENCH_OPTIONS_H
#define OFFHOOK_BENCH_OPTIONS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct options {
    struct sockaddr_in server;
    const char *local;           /* our address */
    const char *to;              /* called number; %d stands for the room's number, from 1 */
    pid_t pid;                   /* of the measured process; 0: none */
    unsigned legs, per_room;     /* rooms mode */
    unsigned speakers;           /* of a room; 0: all */
    bool quiet;                  /* who is no speaker soon sends nothing */
    bool delay;                  /* bursts instead of songs, to time them */
    unsigned warmup, seconds;    /* [s] before and in the window */
    unsigned rtp_port;           /* of the first leg; the next ones above */
    bool echo;                   /* the server plays a leg back to itself */
    bool voice;                  /* the server plays a sound to each leg */
    bool plain;                  /* no SIP: RTP to the server's port + 2 i */
    bool setup;                  /* setup mode: */
    unsigned calls, rooms, hold; /* how many; spread over how many rooms; [ms] up */
    double rate;                 /* calls a second, both modes */
    unsigned timeout;            /* [ms] of a SIP transaction */
};

/* 0; or EINVAL, with the usage on stderr. */
int options_read(struct options *options, int argc, char **argv);

/* How many of a room are to be heard. */
unsigned options_voices(const struct options *options);

#endif
