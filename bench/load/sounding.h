/* sounding.h: what one leg hears of a sound that is played to it: when it begins, how long
 * it is, and the silence in it. */
#ifndef OFFHOOK_BENCH_SOUNDING_H
#define OFFHOOK_BENCH_SOUNDING_H

#include <stddef.h>
#include <stdint.h>

struct sounding {
    uint32_t frames;      /* that sound */
    int64_t first, last;  /* arrival of the first and the last of them [ns] */
    uint16_t last_number; /* sequence number of the last */
    uint32_t silence;     /* the longest between two of them [frames]; lost ones are silent */
    uint32_t silences;    /* all of it [frames] */
};

/* A packet of PCMU; those that come late count as silent. */
void sounding_add(struct sounding *sounding, const uint8_t *payload, size_t size, uint16_t number,
                  int64_t arrived);

#endif
