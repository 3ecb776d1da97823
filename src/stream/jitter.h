/* jitter.h: packets that came and wait to be heard, found by timestamp. Payloads lie one behind
 * the other in a ring of bytes, in order of arrival; when there is no room the oldest goes.
 * Pure; used by one thread. */
#ifndef OFFHOOK_STREAM_JITTER_H
#define OFFHOOK_STREAM_JITTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JITTER_SLOTS = 32 };

struct jitter_slot {
    uint32_t timestamp;
    uint32_t arrival;  /* [us] of a clock that wraps */
    uint16_t sequence; /* of its packet */
    uint16_t length;   /* in units of timestamps */
    uint16_t at, size; /* [bytes] of the payload */
    bool other;        /* for the decoder of the other law */
    bool used;
};

struct jitter {
    unsigned first, count; /* slots, oldest first; those in between may be unused by now */
    size_t head, capacity; /* [bytes] */
    uint8_t *bytes;        /* the owner's */
    struct jitter_slot slots[JITTER_SLOTS];
};

void jitter_init(struct jitter *jitter, uint8_t *bytes, size_t capacity);
void jitter_clear(struct jitter *jitter);

/* Keeps a copy of the payload of slot->size bytes. False: it is larger than all of the ring. */
bool jitter_put(struct jitter *jitter, const struct jitter_slot *slot, const uint8_t *payload);

/* The packet in which `timestamp` lies, and the first that begins there or later; NULL: none. */
struct jitter_slot *jitter_at(struct jitter *jitter, uint32_t timestamp);
struct jitter_slot *jitter_next(struct jitter *jitter, uint32_t timestamp);

/* Forgets what is over at `timestamp`. */
void jitter_pass(struct jitter *jitter, uint32_t timestamp);

static inline const uint8_t *jitter_payload(const struct jitter *jitter,
                                            const struct jitter_slot *slot)
{
    return jitter->bytes + slot->at;
}

#endif
