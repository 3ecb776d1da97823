/* wire.c: two rings with one writer and one reader each. Places are counted for ever (modulo
 * 2^32), so a place once told stays comparable; `skip` is where the reader goes on after a
 * clear. */
#include "ws/wire.h"
#include "base/mem.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { OUT_SLOTS = 16 };

struct bell {
    int fd;
    atomic_bool rung;
};

struct wire {
    struct bell *bell; /* a reference */
    atomic_bool open;
    _Atomic uint32_t in_head, out_tail; /* written by the worker */
    _Atomic uint32_t in_tail, in_skip, out_head;
    _Atomic uint64_t frames_in, frames_out, dropped_in;
    int16_t in[WIRE_IN_SLOTS][WIRE_FRAME];
    int16_t out[OUT_SLOTS][WIRE_FRAME];
};

static void destroy_bell(void *obj)
{
    struct bell *bell = obj;

    if (bell->fd >= 0)
        close(bell->fd);
}

int bell_alloc(struct bell **bellp)
{
    struct bell *bell = mem_alloc(sizeof *bell, destroy_bell);

    if (!bell)
        return ENOMEM;
    bell->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (bell->fd < 0) {
        int err = errno;

        mem_unref(bell);
        return err;
    }
    *bellp = bell;
    return 0;
}

int bell_fd(const struct bell *bell)
{
    return bell->fd;
}

void bell_heard(struct bell *bell)
{
    uint64_t times;

    if (read(bell->fd, &times, sizeof times) < 0)
        times = 0; /* woken by something else */
    atomic_store(&bell->rung, false);
}

static void ring(struct bell *bell)
{
    uint64_t once = 1;

    if (!atomic_exchange(&bell->rung, true) && write(bell->fd, &once, sizeof once) < 0)
        atomic_store(&bell->rung, false);
}

static void destroy(void *obj)
{
    struct wire *wire = obj;

    mem_unref(wire->bell);
}

int wire_alloc(struct wire **wirep, struct bell *bell)
{
    struct wire *wire = mem_alloc(sizeof *wire, destroy);

    if (!wire)
        return ENOMEM;
    wire->bell = mem_ref(bell);
    *wirep = wire;
    return 0;
}

/* The counter has one writer. */
static void count(_Atomic uint64_t *counter)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + 1,
                          memory_order_relaxed);
}

static bool is_before(uint32_t place, uint32_t other)
{
    return (int32_t)(place - other) < 0;
}

bool wire_get(struct wire *wire, int16_t frame[WIRE_FRAME])
{
    uint32_t head = atomic_load_explicit(&wire->in_head, memory_order_relaxed);
    uint32_t skip = atomic_load_explicit(&wire->in_skip, memory_order_acquire);
    bool some;

    if (!atomic_load_explicit(&wire->open, memory_order_acquire))
        return false;
    if (is_before(head, skip))
        head = skip;
    some = head != atomic_load_explicit(&wire->in_tail, memory_order_acquire);
    if (some) {
        memcpy(frame, wire->in[head % WIRE_IN_SLOTS], sizeof wire->in[0]);
        count(&wire->frames_in);
        head++;
    }
    atomic_store_explicit(&wire->in_head, head, memory_order_release);
    return some;
}

bool wire_put(struct wire *wire, const int16_t *frame)
{
    uint32_t tail = atomic_load_explicit(&wire->out_tail, memory_order_relaxed);
    bool room = tail - atomic_load_explicit(&wire->out_head, memory_order_acquire) < OUT_SLOTS;

    if (!atomic_load_explicit(&wire->open, memory_order_acquire))
        return false;
    if (room) {
        int16_t *slot = wire->out[tail % OUT_SLOTS];

        if (frame)
            memcpy(slot, frame, sizeof wire->out[0]);
        else
            memset(slot, 0, sizeof wire->out[0]);
        count(&wire->frames_out);
        atomic_store_explicit(&wire->out_tail, tail + 1, memory_order_release);
    }
    ring(wire->bell);
    return room;
}

void wire_open(struct wire *wire)
{
    atomic_store_explicit(&wire->open, true, memory_order_release);
}

bool wire_send(struct wire *wire, const int16_t frame[WIRE_FRAME])
{
    uint32_t tail = atomic_load_explicit(&wire->in_tail, memory_order_relaxed);

    uint32_t head = atomic_load_explicit(&wire->in_head, memory_order_acquire);
    uint32_t skip = atomic_load_explicit(&wire->in_skip, memory_order_relaxed);
    uint32_t from = is_before(head, skip) ? skip : head; /* what is to be skipped waits not */

    if (tail - from >= WIRE_IN || tail - head >= WIRE_IN_SLOTS) {
        count(&wire->dropped_in);
        return false;
    }
    memcpy(wire->in[tail % WIRE_IN_SLOTS], frame, sizeof wire->in[0]);
    atomic_store_explicit(&wire->in_tail, tail + 1, memory_order_release);
    return true;
}

bool wire_take(struct wire *wire, int16_t frame[WIRE_FRAME])
{
    uint32_t head = atomic_load_explicit(&wire->out_head, memory_order_relaxed);

    if (head == atomic_load_explicit(&wire->out_tail, memory_order_acquire))
        return false;
    memcpy(frame, wire->out[head % OUT_SLOTS], sizeof wire->out[0]);
    atomic_store_explicit(&wire->out_head, head + 1, memory_order_release);
    return true;
}

uint32_t wire_mark(const struct wire *wire)
{
    return atomic_load_explicit(&wire->in_tail, memory_order_relaxed);
}

bool wire_reached(const struct wire *wire, uint32_t mark)
{
    return !is_before(atomic_load_explicit(&wire->in_head, memory_order_acquire), mark);
}

void wire_clear(struct wire *wire)
{
    atomic_store_explicit(&wire->in_skip, wire_mark(wire), memory_order_release);
}

void wire_stats(const struct wire *wire, struct wire_stats *stats)
{
    stats->frames_in = atomic_load_explicit(&wire->frames_in, memory_order_relaxed);
    stats->frames_out = atomic_load_explicit(&wire->frames_out, memory_order_relaxed);
    stats->dropped_in = atomic_load_explicit(&wire->dropped_in, memory_order_relaxed);
}
