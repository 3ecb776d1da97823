/* workers.c: start, stop and load of the media plane. */
#include "base/clock.h"
#include "base/mem.h"
#include "worker/private.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    EVENTS = 8192,     /* slots of the ring to control */
    DRAIN_TIME = 2000, /* [ms] */
    SWEEP = 500,       /* [ms] between looks at the resting ports */
    WORKERS_MAX = 256
};

static void destroy(void *obj)
{
    struct workers *workers = obj;

    for (unsigned i = 0; i < workers->count; i++) {
        thread_free(&workers->worker[i]);
        mem_unref(workers->worker[i].orders);
    }
    free(workers->worker);
    mem_unref(workers->events);
    mem_unref(workers->ports[0]);
    mem_unref(workers->ports[1]);
    workers->magic = 0;
}

static void sweep(void *arg)
{
    struct workers *workers = arg;

    for (int i = 0; i < 2; i++)
        if (workers->ports[i])
            ports_sweep(workers->ports[i], clock_mono_ms());
    loop_start(workers->control, &workers->sweep, SWEEP, sweep, workers);
}

static int prepare(struct workers *workers, unsigned number, size_t slots)
{
    struct worker *worker = &workers->worker[number];

    worker->workers = workers;
    worker->number = number;
    worker->effort = EFFORT;
    for (int i = 0; i < PHASES; i++) {
        list_init(&worker->alone[i]);
        list_init(&worker->rooms_in[i]);
    }
    list_init(&worker->owed);
    list_init(&worker->waiting);
    return ring_alloc(&worker->orders, slots, sizeof(struct order));
}

static int make_workers(struct workers *workers, const struct workers_conf *conf)
{
    size_t pairs = (size_t)(conf->port_high - conf->port_low) / 2 + 1;
    size_t slots = (workers->ports[1] ? 2 * pairs : pairs) + WIRED_MAX;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned count = conf->workers ? conf->workers : cores > 0 ? (unsigned)cores : 1;
    int err = 0;

    if (count > WORKERS_MAX)
        return EINVAL;
    workers->worker = calloc(count, sizeof *workers->worker);
    if (!workers->worker)
        return ENOMEM;
    workers->count = count;
    for (unsigned i = 0; i < count; i++)
        workers->worker[i].epoll = workers->worker[i].timer = -1;
    for (unsigned i = 0; i < count && !err; i++)
        err = prepare(workers, i, slots);
    return err;
}

static int make_ports(struct workers *workers)
{
    const struct workers_conf *conf = &workers->conf;
    unsigned rest = conf->drain_time ? conf->drain_time : DRAIN_TIME;
    int err =
        ports_alloc(&workers->ports[0], &conf->address, conf->port_low, conf->port_high, rest);

    if (!err && conf->other.ss_family)
        err = ports_alloc(&workers->ports[1], &conf->other, conf->port_low, conf->port_high, rest);
    return err;
}

static int start_threads(struct workers *workers)
{
    int err = 0;

    workers->epoch = clock_mono_ns();
    while (workers->started < workers->count && !err) {
        err = thread_start(&workers->worker[workers->started]);
        if (!err)
            workers->started++;
    }
    return err;
}

int workers_start(struct workers **workersp, const struct workers_conf *conf, struct loop *control)
{
    struct workers *workers = mem_alloc(sizeof *workers, destroy);
    int err;

    if (!workers)
        return ENOMEM;
    workers->magic = WORKERS_MAGIC;
    workers->conf = *conf;
    workers->control = control;
    list_init(&workers->list);
    err = make_ports(workers);
    if (!err)
        err = make_workers(workers, conf);
    if (!err)
        err = ring_alloc(&workers->events, EVENTS, sizeof(struct event));
    if (!err)
        err = start_threads(workers);
    if (!err)
        err = loop_start(control, &workers->sweep, SWEEP, sweep, workers);
    if (err) {
        workers_stop(workers);
        return err;
    }
    *workersp = workers;
    return 0;
}

/* The threads are gone: what they told last, and what they did not get to. */
static void end_ports(struct workers *workers)
{
    struct order order;

    event_drain(workers);
    for (unsigned i = 0; i < workers->count; i++) {
        event_abandon(&workers->worker[i]);
        while (workers->worker[i].orders && ring_pop(workers->worker[i].orders, &order))
            mem_unref(order.room);
    }
    for (unsigned i = 0; i < workers->started; i++)
        tap_abandon(&workers->worker[i]);
    list_each (node, &workers->list)
        port_abandon(list_entry(node, struct port, all));
}

void workers_stop(struct workers *workers)
{
    MAGIC_CHECK(workers, WORKERS_MAGIC);
    atomic_store_explicit(&workers->stop, true, memory_order_release);
    for (unsigned i = 0; i < workers->started; i++)
        thread_join(&workers->worker[i]);
    loop_cancel(workers->control, &workers->sweep);
    if (workers->events)
        end_ports(workers);
    mem_unref(workers);
}

void workers_load(const struct workers *workers, struct workers_load *load)
{
    MAGIC_CHECK(workers, WORKERS_MAGIC);
    *load = (struct workers_load){.workers = workers->count, .rooms = workers->rooms};
    for (unsigned i = 0; i < workers->count; i++) {
        struct worker *worker = &workers->worker[i];
        double fill = atomic_load_explicit(&worker->fill, memory_order_relaxed) / 1000.0;

        load->ports += worker->ports;
        if (fill > load->fill)
            load->fill = fill;
        load->straight += atomic_load_explicit(&worker->straight, memory_order_relaxed);
        load->beats += atomic_load_explicit(&worker->beats, memory_order_relaxed);
        load->ticks += atomic_load_explicit(&worker->ticks, memory_order_relaxed);
        load->late_ticks += atomic_load_explicit(&worker->late_ticks, memory_order_relaxed);
        load->skipped_ticks += atomic_load_explicit(&worker->skipped_ticks, memory_order_relaxed);
        load->packets_in += atomic_load_explicit(&worker->packets_in, memory_order_relaxed);
        load->packets_out += atomic_load_explicit(&worker->packets_out, memory_order_relaxed);
        load->late_parts += atomic_load_explicit(&worker->late_parts, memory_order_relaxed);
        load->ring_full += atomic_load_explicit(&worker->ring_full, memory_order_relaxed);
    }
}

double workers_fill(const struct workers *workers, unsigned number)
{
    MAGIC_CHECK(workers, WORKERS_MAGIC);
    assert(number < workers->count);
    return atomic_load_explicit(&workers->worker[number].fill, memory_order_relaxed) / 1000.0;
}
