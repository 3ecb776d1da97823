/* jitter.c: a few slots, looked through one by one: as a rule one or two are in use. */
#include "stream/jitter.h"

#include <string.h>

void jitter_init(struct jitter *jitter, uint8_t *bytes, size_t capacity)
{
    jitter->bytes = bytes;
    jitter->capacity = capacity;
    jitter_clear(jitter);
}

void jitter_clear(struct jitter *jitter)
{
    jitter->first = jitter->count = 0;
    jitter->head = 0;
}

static struct jitter_slot *slot_of(struct jitter *jitter, unsigned i)
{
    return &jitter->slots[(jitter->first + i) % JITTER_SLOTS];
}

static void drop_oldest(struct jitter *jitter)
{
    jitter->first = (jitter->first + 1) % JITTER_SLOTS;
    if (!--jitter->count)
        jitter->head = 0;
}

static void drop_unused(struct jitter *jitter)
{
    while (jitter->count && !slot_of(jitter, 0)->used)
        drop_oldest(jitter);
}

/* Where `size` bytes in one piece are free; false: nowhere now. Head and tail never meet while
 * anything is kept. */
static bool find_room(const struct jitter *jitter, size_t size, size_t *at)
{
    size_t tail = jitter->slots[jitter->first].at;

    *at = jitter->head;
    if (!jitter->count || jitter->head <= tail) {
        if (!jitter->count)
            *at = 0;
        return jitter->count ? jitter->head + size < tail : size <= jitter->capacity;
    }
    if (jitter->head + size <= jitter->capacity)
        return true;
    *at = 0;
    return size < tail;
}

bool jitter_put(struct jitter *jitter, const struct jitter_slot *slot, const uint8_t *payload)
{
    struct jitter_slot *new;
    size_t at;

    if (slot->size > jitter->capacity)
        return false;
    while (jitter->count == JITTER_SLOTS || !find_room(jitter, slot->size, &at))
        drop_oldest(jitter);
    new = slot_of(jitter, jitter->count++);
    *new = *slot;
    new->at = (uint16_t)at;
    new->used = true;
    memcpy(jitter->bytes + at, payload, slot->size);
    jitter->head = at + slot->size;
    return true;
}

struct jitter_slot *jitter_at(struct jitter *jitter, uint32_t timestamp)
{
    for (unsigned i = 0; i < jitter->count; i++) {
        struct jitter_slot *slot = slot_of(jitter, i);

        if (slot->used && timestamp - slot->timestamp < slot->length)
            return slot;
    }
    return NULL;
}

struct jitter_slot *jitter_next(struct jitter *jitter, uint32_t timestamp)
{
    struct jitter_slot *next = NULL;

    for (unsigned i = 0; i < jitter->count; i++) {
        struct jitter_slot *slot = slot_of(jitter, i);

        if (slot->used && (int32_t)(slot->timestamp - timestamp) >= 0 &&
            (!next || (int32_t)(slot->timestamp - next->timestamp) < 0))
            next = slot;
    }
    return next;
}

void jitter_pass(struct jitter *jitter, uint32_t timestamp)
{
    for (unsigned i = 0; i < jitter->count; i++) {
        struct jitter_slot *slot = slot_of(jitter, i);

        if ((int32_t)(slot->timestamp + slot->length - timestamp) <= 0)
            slot->used = false;
    }
    drop_unused(jitter);
}
