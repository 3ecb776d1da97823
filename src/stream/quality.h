/* quality.h: what a conversation over a stream is worth: the E-model (ITU-T G.107, 06/2015) with
 * its default values but for what is measured: loss, its bursts and delay. Pure: any thread. */
#ifndef OFFHOOK_STREAM_QUALITY_H
#define OFFHOOK_STREAM_QUALITY_H

#include "codec/codec.h"

struct quality {
    enum codec codec;
    double loss;  /* [%] of packets that were lost or too late, and not told by FEC */
    double burst; /* BurstR: how long losses are, of what they would be by chance; 0: 1 */
    double delay; /* [ms] one way, from mouth to ear */
};

/* R, 0 … 93.2. The scale is the narrowband one: wideband codecs end where G.711 does, so that
 * figures of different legs compare. */
double quality_r(const struct quality *quality);

/* MOS-CQE of an R (G.107, annex B): 1 … 4.5. */
double quality_mos(double r);

/* BurstR of losses: `lost` packets of `expected`, in `runs` of them. 1 when it cannot be told. */
double quality_burst(double lost, double expected, double runs);

/* [ms] that a codec looks ahead, beyond its frame. */
double quality_lookahead(enum codec codec);

#endif
