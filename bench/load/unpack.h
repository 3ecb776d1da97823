/* unpack.h: Opus, as the samples of which a frame can be listened to. A decoder knows what it
 * hears only some packets after it begins, so one looks at the last of a row. */
#ifndef OFFHOOK_BENCH_UNPACK_H
#define OFFHOOK_BENCH_UNPACK_H

#include "bench/load/song.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct unpack {
    struct OpusDecoder *decoder; /* NULL: none yet */
    unsigned row;                /* packets since it began */
    uint16_t next;               /* number of the next */
};

/* Takes a packet of 20 ms. True: it was the last of a row; `samples` is what it holds, and the next
 * packet begins anew. */
bool unpack_take(struct unpack *unpack, const uint8_t *payload, size_t size, uint16_t number,
                 int16_t samples[SONG_FRAME]);
void unpack_close(struct unpack *unpack);

#endif
