/* sending.h: sound on its way into packets: brought to the codec's rate, collected to packets of
 * the agreed length, encoded. Part of a stream's coding: made and released (mem_unref()) on any
 * thread, used by one at a time, and nothing but sending_alloc() allocates. */
#ifndef OFFHOOK_STREAM_SENDING_H
#define OFFHOOK_STREAM_SENDING_H

#include "stream/stream.h"

struct sending;

enum { SENDING_ROOM = 12 /* [bytes] left free before a payload, for the RTP header */ };

/* EINVAL: no such format; ENOMEM. */
int sending_alloc(struct sending **sending, const struct stream_params *params);

/* A payload, with SENDING_ROOM bytes before it; size 0: a pause of its length. Its sound begins
 * `offset` [ms] after the frame that was taken; what had waited, before it. */
typedef void sending_h(uint8_t *payload, size_t size, int offset, void *arg);

/* Takes a frame of 20 ms at `rate` (NULL: silence), and gives the packets that are full now. */
void sending_take(struct sending *sending, unsigned rate, const int16_t *frame, sending_h *give,
                  void *arg);

unsigned sending_ptime(const struct sending *sending); /* [ms] of a packet */
bool sending_waits(const struct sending *sending);     /* sound, for its packet to be full */
void sending_drop(struct sending *sending);            /* that sound */

/* See encoder_expect_loss() and encoder_effort(). What is expected [%] is what was told last or,
 * if that is more, what is left of what was told before. */
void sending_expect_loss(struct sending *sending, unsigned percent);
unsigned sending_expected_loss(const struct sending *sending);
void sending_effort(struct sending *sending, unsigned complexity);

#endif
