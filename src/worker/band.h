/* band.h: sound from one rate to another. Private to src/worker. */
#ifndef OFFHOOK_WORKER_BAND_H
#define OFFHOOK_WORKER_BAND_H

#include <stdbool.h>
#include <stdint.h>

struct resample;

/* Sound on its way from one rate to another; zeroed: none has come. */
struct band {
    struct resample *resample; /* NULL: the rates are the same */
    unsigned from, to;         /* [Hz] */
    bool tail;                 /* the filter holds some of what came last */
};

/* 20 ms of sound (NULL: silence) at another rate: `in` itself when that is the
 * same, else `out`; NULL: silence. Only a change of the rates allocates. */
const int16_t *band_run(struct band *band, unsigned from, const int16_t *in, unsigned to,
                        int16_t *out);
void band_clear(struct band *band); /* what comes next is not what followed */
void band_end(struct band *band);

#endif
