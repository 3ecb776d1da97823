/* ring.h: a bounded queue between threads: many producers, one consumer, no
 * lock, no allocation after it is made. Elements are copied in and out. */
#ifndef OFFHOOK_BASE_RING_H
#define OFFHOOK_BASE_RING_H

#include <stdbool.h>
#include <stddef.h>

struct ring;

/* A ring of `slots` (rounded up to a power of two) elements of size [bytes].
 * Released with mem_unref(). 0 or ENOMEM. */
int ring_alloc(struct ring **ring, size_t slots, size_t size);

/* Any thread. False when the ring is full: the caller decides what that means. */
bool ring_push(struct ring *ring, const void *element);

/* The consumer's thread. False when the ring is empty. */
bool ring_pop(struct ring *ring, void *element);

#endif
