/* open.c: a port is made, with what carries its sound: sockets and a stream, or a wire. */
#include "base/clock.h"
#include "base/mem.h"
#include "worker/private.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void end_bands(struct port *port)
{
    band_end(&port->wired);
    band_end(&port->attended);
    band_end(&port->voiced);
    band_end(&port->heard);
    band_end(&port->played);
}

static void destroy(void *obj)
{
    struct port *port = obj;

    port->magic = 0;
    mem_unref(port->detect);
    mem_unref(port->echo);
    mem_unref(port->wire);
    end_bands(port);
    free(port->farewell);
    mem_unref(port->workers);
}

static void tell_latched(const struct sockaddr_storage *from, void *arg)
{
    struct port *port = arg;
    struct event event = {.kind = EVENT_LATCHED, .port = port};

    memcpy(&event.from, from, sizeof event.from);
    event_push(port->worker, &event);
}

static void tell_digit(char digit, unsigned duration_ms, void *arg)
{
    inband_tell(arg, KEY_EVENT, &(struct dtmf_key){digit, duration_ms}, 0);
}

static void tell_dialled(void *arg)
{
    struct port *port = arg;
    struct event event = {.kind = EVENT_DIALLED, .port = port};

    event_push(port->worker, &event);
}

static void tell_problem(const struct stream_trouble *trouble, void *arg)
{
    struct port *port = arg;
    struct event event = {.kind = EVENT_PROBLEM,
                          .port = port,
                          .value = trouble->problem,
                          .on = trouble->on,
                          .type_count = trouble->type_count};

    memcpy(event.types, trouble->types, sizeof event.types);
    memcpy(&event.from, &trouble->from, sizeof event.from);
    event_push(port->worker, &event);
}

static const struct stream_events tellers = {tell_latched, tell_digit, tell_dialled, tell_problem};

static struct ports *pool_of(const struct workers *workers, int family)
{
    if (family == AF_UNSPEC || family == workers->conf.address.ss_family)
        return workers->ports[0];
    return family == workers->conf.other.ss_family ? workers->ports[1] : NULL;
}

static int set_up_stream(struct port *port, struct workers *workers, int family)
{
    int err;

    port->pool = pool_of(workers, family);
    if (!port->pool)
        return EAFNOSUPPORT;
    err = ports_open(port->pool, &port->sockets);
    if (err)
        return err;
    err = stream_alloc(&port->stream, port->sockets.rtp, port->sockets.rtcp, &tellers, port);
    if (err)
        ports_close(port->pool, &port->sockets, clock_mono_ms());
    return err;
}

void port_drop_carrier(struct port *port, struct workers *workers)
{
    if (port->wire) {
        workers->wired--;
        return;
    }
    ports_close(port->pool, &port->sockets, clock_mono_ms());
    port->stream = mem_unref(port->stream);
}

/* wire NULL: a stream, of that family. */
static int set_up(struct port *port, struct workers *workers, int family, struct wire *wire,
                  struct media_port **handle)
{
    int err = 0;

    port->farewell = command_new(COMMAND_CLOSE, 0);
    if (!port->farewell)
        return ENOMEM;
    if (!wire)
        err = set_up_stream(port, workers, family);
    else if (workers->wired == WIRED_MAX)
        err = EAGAIN;
    else
        workers->wired++;
    if (err)
        return err;
    port->wire = mem_ref(wire);
    port->rate = wire ? NARROW : 0;
    err = handle_give(port, handle);
    if (err)
        port_drop_carrier(port, workers);
    return err;
}

static int open_port(struct workers *workers, int family, const struct media_events *events,
                     void *arg, struct wire *wire, struct media_port **handle)
{
    unsigned phase;
    struct worker *worker = place_idlest(workers, &phase);
    struct port *port;
    int err;

    MAGIC_CHECK(workers, WORKERS_MAGIC);
    if (place_busy(worker))
        return EBUSY;
    port = mem_alloc(sizeof *port, destroy);
    if (!port)
        return ENOMEM;
    port->magic = PORT_MAGIC;
    port->events = *events;
    port->arg = arg;
    port->phase = phase;
    port->effort = EFFORT;
    place_weigh(port, NULL);
    err = set_up(port, workers, family, wire, handle);
    if (err) {
        mem_unref(port);
        return err;
    }
    port->workers = mem_ref(workers);
    port->number = ++workers->numbers;
    list_append(&workers->list, &port->all);
    place_port(port, worker, phase);
    /* the ring of orders has a slot for every port there can be */
    if (!ring_push(worker->orders, &(struct order){.port = port}))
        abort();
    return 0;
}

int media_port_open(struct workers *workers, const struct media_events *events, void *arg,
                    struct media_port **handle)
{
    return open_port(workers, AF_UNSPEC, events, arg, NULL, handle);
}

int media_port_open_at(struct workers *workers, int family, const struct media_events *events,
                       void *arg, struct media_port **handle)
{
    return open_port(workers, family, events, arg, NULL, handle);
}

int media_port_open_wire(struct workers *workers, const struct media_events *events, void *arg,
                         struct wire *wire, struct media_port **handle)
{
    return open_port(workers, AF_UNSPEC, events, arg, wire, handle);
}
