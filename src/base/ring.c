/* ring.c: a bounded queue after D. Vyukov's sequence-numbered cells. Each cell's
 * number tells whose turn it is: equal to the position, a producer's; one more,
 * the consumer's. */
#include "base/ring.h"
#include "base/mem.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct cell {
    atomic_size_t turn;
    _Alignas(max_align_t) char element[];
};

struct ring {
    size_t mask, size, stride;
    char *cells;
    char pad0[64];
    atomic_size_t head; /* next position to write; any thread */
    char pad1[64];
    size_t tail; /* next position to read; the consumer */
};

static struct cell *cell_at(const struct ring *ring, size_t position)
{
    return (struct cell *)(void *)(ring->cells + (position & ring->mask) * ring->stride);
}

static void destroy(void *obj)
{
    struct ring *ring = obj;

    free(ring->cells);
}

int ring_alloc(struct ring **ringp, size_t slots, size_t size)
{
    size_t count = 2;
    size_t align = _Alignof(max_align_t);
    struct ring *ring = mem_alloc(sizeof *ring, destroy);

    if (!ring)
        return ENOMEM;
    while (count < slots)
        count *= 2;
    ring->mask = count - 1;
    ring->size = size;
    ring->stride = (sizeof(struct cell) + size + align - 1) / align * align;
    ring->cells = calloc(count, ring->stride);
    if (!ring->cells) {
        mem_unref(ring);
        return ENOMEM;
    }
    for (size_t i = 0; i < count; i++)
        atomic_init(&cell_at(ring, i)->turn, i);
    *ringp = ring;
    return 0;
}

bool ring_push(struct ring *ring, const void *element)
{
    size_t position = atomic_load_explicit(&ring->head, memory_order_relaxed);

    for (;;) {
        struct cell *cell = cell_at(ring, position);
        size_t turn = atomic_load_explicit(&cell->turn, memory_order_acquire);
        intptr_t ahead = (intptr_t)turn - (intptr_t)position;

        if (ahead < 0)
            return false;
        if (ahead > 0) {
            position = atomic_load_explicit(&ring->head, memory_order_relaxed);
            continue;
        }
        if (atomic_compare_exchange_weak_explicit(&ring->head, &position, position + 1,
                                                  memory_order_relaxed, memory_order_relaxed)) {
            memcpy(cell->element, element, ring->size);
            atomic_store_explicit(&cell->turn, position + 1, memory_order_release);
            return true;
        }
    }
}

bool ring_pop(struct ring *ring, void *element)
{
    struct cell *cell = cell_at(ring, ring->tail);
    size_t turn = atomic_load_explicit(&cell->turn, memory_order_acquire);

    if (turn != ring->tail + 1)
        return false;
    memcpy(element, cell->element, ring->size);
    atomic_store_explicit(&cell->turn, ring->tail + ring->mask + 1, memory_order_release);
    ring->tail++;
    return true;
}
