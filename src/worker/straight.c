/* straight.c: a room of two who hear each other as they are needs no mixer: each packet goes
 * across when it comes, by the RTP sockets in the worker's epoll, without the wait for a tick.
 *
 *   mixed ──SETTLED frames of nothing to mix──> straight
 *     ^                                            │ a command, a third one, a recording, a key,
 *     └── winding: what went straight is ahead  <──┘ nothing comes any more, too much comes
 *         of the tick, so for a frame or two
 *         nobody is mixed and no command taken
 *
 * So a change is heard one frame later than it would be, and whole.
 *
 * It costs a wake of the worker for each packet, so it is for workers that have time: one that
 * works for more than MIX_ABOVE of it mixes, and what it mixes stays mixed until it works for
 * less than STRAIGHT_BELOW; in between all is as it is. At most one room of a worker changes for
 * that in a sub-tick, 200 a second: what they come to is measured before many more do. */
#include "worker/private.h"

#include <string.h>
#include <sys/epoll.h>

enum {
    SETTLED = 50, /* [frames] */
    PAUSED = 3,   /* [frames] without a packet: it says nothing */
    FLOOD = 16,   /* packets a frame of one port: more is for the mixer, which takes no more */
    STRAIGHT_BELOW = 250, /* [per mille] of a worker's time */
    MIX_ABOVE = 400       /* the same */
};

static struct port *first(const struct media_room *room)
{
    return list_entry(room->ports.next, struct port, node);
}

static struct port *second(const struct media_room *room)
{
    return list_entry(room->ports.next->next, struct port, node);
}

static bool are_two(const struct media_room *room)
{
    const struct list *ports = &room->ports;

    return !list_empty(ports) && ports->next->next != ports && ports->next->next->next == ports;
}

/* Nothing but the mixer's sound goes to it, and nobody listens but who can do so on the way. */
static bool is_plain(const struct port *port)
{
    return port->stream && mixer_open(port->member) && !port->playing && !port->taps &&
           !(port->watched && port->opaque) && !port->detect && !port->inband && !port->echo;
}

static bool is_asked(struct port *port)
{
    return port->todo || atomic_load_explicit(&port->inbox, memory_order_relaxed);
}

static bool fits(struct media_room *room)
{
    struct port *a, *b;

    if (!room->worker->workers->conf.straight || room->taps || !are_two(room) ||
        atomic_load_explicit(&room->link, memory_order_relaxed))
        return false;
    a = first(room);
    b = second(room);
    return is_plain(a) && is_plain(b) && !is_asked(a) && !is_asked(b) &&
           stream_can_relay(a->stream, b->stream);
}

/* In the epoll the RTP socket of a port is told from that of its reports by an odd mark. */
struct port *straight_port(void *mark)
{
    return (uintptr_t)mark & 1 ? (struct port *)((uintptr_t)mark - 1) : NULL;
}

static void attach(struct port *port, struct port *across)
{
    struct epoll_event in = {.events = EPOLLIN, .data.ptr = (void *)((uintptr_t)port + 1)};

    port->crossed = port->overheard = 0;
    port->has_said = false;
    port->across = across;
    epoll_ctl(port->worker->epoll, EPOLL_CTL_ADD, port->sockets.rtp, &in);
}

static void detach(struct port *port)
{
    if (port->across)
        epoll_ctl(port->worker->epoll, EPOLL_CTL_DEL, port->sockets.rtp, NULL);
    port->across = NULL;
}

static void begin(struct media_room *room)
{
    struct port *a = first(room), *b = second(room);

    if (!stream_relay_begin(a->stream, b->stream, room->worker->now))
        return;
    room->straight = room->worker->turned = true;
    room->pair[0] = a;
    room->pair[1] = b;
    attach(a, b);
    attach(b, a);
    atomic_fetch_add_explicit(&room->worker->straight, 2, memory_order_relaxed);
}

static void end(struct media_room *room)
{
    struct port *a = room->pair[0], *b = room->pair[1];

    detach(a);
    detach(b);
    room->straight = false;
    room->worker->turned = true;
    atomic_fetch_sub_explicit(&room->worker->straight, 2, memory_order_relaxed);
    room->fit = 0;
    room->winding = stream_relay_end(a->stream, b->stream, room->worker->now);
    a->winding = b->winding = room->winding > 0;
}

static uint32_t fill_of(const struct worker *worker)
{
    return atomic_load_explicit(&worker->fill, memory_order_relaxed);
}

static bool has_time(const struct worker *worker)
{
    return !worker->turned && fill_of(worker) < STRAIGHT_BELOW;
}

static bool has_too_much(const struct worker *worker)
{
    return !worker->turned && fill_of(worker) > MIX_ABOVE;
}

static bool is_flooded(const struct media_room *room)
{
    return room->pair[0]->crossed > FLOOD || room->pair[1]->crossed > FLOOD;
}

static bool goes_on(struct media_room *room)
{
    if (room->straight && (!fits(room) || is_flooded(room) || has_too_much(room->worker)))
        end(room);
    return room->straight;
}

bool straight_keeps(struct media_room *room)
{
    return goes_on(room) || room->winding;
}

static void tick(struct port *port, struct port *across, uint64_t frame)
{
    tick_turn(port, frame);
    port->crossed = 0;
    stream_relay_tick(port->stream, across->stream, port->worker->now);
    tick_watch_silence(port);
    measuring_tick(port);
    if (port->watched && carry_idle(port) > PAUSED)
        speaking_hear(port, NULL);
}

bool straight_run(struct media_room *room, uint64_t frame)
{
    if (!goes_on(room)) /* a third one may have come just now */
        return false;
    tick(room->pair[0], room->pair[1], frame);
    tick(room->pair[1], room->pair[0], frame);
    return true;
}

void straight_watch(struct media_room *room)
{
    if (room->winding && !--room->winding)
        room->pair[0]->winding = room->pair[1]->winding = false;
    room->fit = !room->winding && fits(room) ? room->fit + 1 : 0;
    if (room->fit >= SETTLED && has_time(room->worker))
        begin(room);
}

/* Packets of any length, to frames. */
static void gather(struct port *port, const int16_t *samples, unsigned count)
{
    while (count) {
        unsigned more = FRAME - port->overheard < count ? FRAME - port->overheard : count;

        memcpy(port->said + port->overheard, samples, more * sizeof *samples);
        port->overheard += more;
        samples += more;
        count -= more;
        if (port->overheard == FRAME) {
            speaking_hear(port, port->said);
            port->overheard = 0;
        }
    }
}

static void overhear(struct port *port)
{
    int16_t samples[STREAM_PACKET_MAX], turned[FRAME];
    int count = stream_relay_sound(port->stream, samples), frame = (int)port->rate / 50;

    if (port->rate == NARROW && count > 0)
        gather(port, samples, (unsigned)count);
    else if (count < 0 || count % frame)
        port->opaque = true;
    else
        for (int at = 0; at < count; at += frame)
            speaking_hear(port,
                          band_run(&port->attended, port->rate, samples + at, NARROW, turned));
}

void straight_take(struct port *port)
{
    struct worker *worker = port->worker;
    unsigned in, out;

    if (!port->across) /* a flood was cut off */
        return;
    in = stream_relay(port->stream, port->across->stream, worker->now, &out);
    tick_count(&worker->packets_in, in);
    tick_count(&worker->packets_out, out);
    if (out)
        measuring_crossed(port);
    if (out && port->watched)
        overhear(port);
    if (++port->crossed > FLOOD)
        detach(port);
}
