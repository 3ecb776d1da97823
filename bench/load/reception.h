/* reception.h: what a leg received in the measured window.
 *
 * Two ways to miss a packet: a hole in the sequence numbers (lost), and numbers that
 * go on without a hole but slower than one in 20 ms (short: the server left frames
 * out). For the second, the least delayed packet of the window's first second is held
 * against that of its last: if all ticks were made, they lie as far apart as their
 * numbers say, whatever single packets were late. */
#ifndef OFFHOOK_BENCH_RECEPTION_H
#define OFFHOOK_BENCH_RECEPTION_H

#include "bench/load/histogram.h"

#include <stdbool.h>
#include <stdint.h>

/* The measured time, wall [ns]. */
struct window {
    int64_t from, to;
};

struct reception {
    uint64_t packets;
    uint32_t ssrc;
    bool any;
    int64_t first, last, arrived;     /* extended sequence numbers; arrival [ns] of the last */
    int64_t transit_from, transit_to; /* least, of the first and the last second [ns] */
    unsigned sources;                 /* SSRCs one after another; 1 is right */
};

/* A packet that arrived inside the window. Adds to the gaps of all legs. */
void reception_add(struct reception *reception, const struct window *window, uint32_t ssrc,
                   uint16_t sequence, int64_t arrived, struct histogram *gaps);

/* Packets missing by number, and by clock. */
uint64_t reception_lost(const struct reception *reception);
uint64_t reception_short(const struct reception *reception, const struct window *window);

#endif
