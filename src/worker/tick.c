/* tick.c: one phase of one frame: read, mix, send. The ports of a room share a phase
 * and are read right before they are mixed, so a packet waits for one tick only. */
#include "worker/private.h"

#include <string.h>
#include <sys/epoll.h>

void tick_attach(struct worker *worker, struct port *port)
{
    struct epoll_event in = {.events = EPOLLIN, .data.ptr = port};

    port->worker = worker;
    list_append(&worker->alone[port->phase], &port->node);
    if (port->stream)
        epoll_ctl(worker->epoll, EPOLL_CTL_ADD, port->sockets.rtcp, &in);
}

void tick_detach(struct port *port)
{
    list_remove(&port->node);
    if (port->stream)
        epoll_ctl(port->worker->epoll, EPOLL_CTL_DEL, port->sockets.rtcp, NULL);
}

void tick_count(_Atomic uint64_t *counter, uint64_t more)
{
    if (more)
        atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + more,
                              memory_order_relaxed);
}

/* A port that came from another phase may have had this frame already. */
void tick_turn(struct port *port, uint64_t frame)
{
    port->passed = !port->clocked ? 1 : frame > port->frame ? (unsigned)(frame - port->frame) : 0;
    if (port->passed)
        port->frame = frame;
    port->clocked = true;
}

void tick_watch_silence(struct port *port)
{
    unsigned timeout = port->worker->workers->conf.silence_timeout;
    unsigned idle = carry_idle(port);
    struct event event = {.kind = EVENT_SILENT, .port = port};

    if (idle <= 1) {
        port->silent = false;
    } else if (timeout && idle >= timeout * 50 && !port->silent && port->listening) {
        port->silent = true;
        event_push(port->worker, &event);
    }
}

/* In no room what is played sets the rate: nobody else is heard. */
unsigned tick_rate(const struct port *port)
{
    return port->in ? mixer_rate(port->in->mixer) : port->echo ? NARROW : playing_rate(port);
}

/* Of a port in no room, for its recordings; nobody else hears it. */
static void keep_said(struct port *port, const int16_t *frame)
{
    if (port->mute)
        return;
    memcpy(port->said, frame, sizeof port->said);
    port->has_said = true;
}

/* All that listens to what the peer says; NULL: nothing came. */
static void attend(struct port *port, unsigned rate, const int16_t *frame)
{
    int16_t turned[FRAME];

    if (!port->watched && !port->detect && !port->inband)
        return;
    frame = band_run(&port->attended, rate, frame, NARROW, turned);
    if (port->watched)
        speaking_hear(port, frame);
    if (port->detect)
        detecting_hear(port, frame);
    if (port->inband)
        inband_hear(port, frame);
}

/* Nobody is while two of the room have more in hand than the others. */
static bool in_mix(const struct port *port)
{
    return port->member && !port->in->winding;
}

static void hear(struct port *port)
{
    unsigned rate = port->in ? tick_rate(port) : NARROW;
    int16_t frame[STREAM_FRAME_MAX];
    bool sound;

    if (!port->passed || !carry_flows(port))
        return;
    tick_count(&port->worker->packets_in, carry_read(port));
    tick_watch_silence(port);
    if (port->winding)
        return;
    sound = carry_get(port, rate, frame);
    measuring_tick(port);
    attend(port, rate, sound ? frame : NULL);
    if (port->echo)
        echo_hear(port, rate, sound ? frame : NULL);
    if (sound && in_mix(port))
        mixer_put(port->member, frame);
    else if (sound && port->taps)
        keep_said(port, frame);
}

/* The frame it hears, for all but the peer of a stream; NULL: silence. Returns it at NARROW, if
 * anybody asks. */
static const int16_t *keep_heard(struct port *port, unsigned rate, const int16_t *frame,
                                 int16_t turned[FRAME])
{
    const int16_t *narrow = NULL;

    if (port->taps || port->wire)
        narrow = band_run(&port->heard, rate, frame, NARROW, turned);
    if (port->taps)
        tap_port(port, narrow);
    return narrow;
}

static void finish(struct port *port, bool sent)
{
    tick_count(&port->worker->packets_out, sent);
    if (port->stream)
        dial_tick(port);
    port->passed = 0;
}

static void give(struct port *port, unsigned rate, const int16_t *frame)
{
    int16_t turned[FRAME];
    const int16_t *narrow = keep_heard(port, rate, frame, turned);

    if (port->stream && port->effort != port->worker->effort)
        stream_effort(port->stream, port->effort = port->worker->effort);
    finish(port, carry_put(port, rate, frame, narrow));
}

/* What all hear, encoded once. */
static void give_shared(struct port *port, unsigned rate)
{
    int16_t turned[FRAME];

    keep_heard(port, rate, mixer_all(port->in->mixer), turned);
    finish(port, coder_send(port));
}

static void speak(struct port *port)
{
    int16_t frame[STREAM_FRAME_MAX];
    bool sound = in_mix(port);
    unsigned rate = tick_rate(port);

    if (!port->passed || port->winding)
        return;
    if (in_mix(port) && !port->echo && coder_give(port)) {
        give_shared(port, rate);
        return;
    }
    if (sound)
        mixer_get(port->member, frame);
    else if (port->playing || port->echo)
        memset(frame, 0, rate / 50 * sizeof *frame);
    sound = playing_mix(port, rate, frame) || sound;
    if (port->echo)
        sound = echo_mix(port, rate, frame) || sound;
    give(port, rate, sound ? frame : NULL);
}

void tick_give(struct media_room *room, uint64_t frame)
{
    if (room->taps)
        tap_room(room, frame);
    list_each (speaker, &room->ports)
        speak(list_entry(speaker, struct port, node));
    measuring_heard(room);
    coder_keep(room);
    straight_watch(room);
    beat_watch(room);
}

static void tick_room(struct media_room *room, uint64_t frame)
{
    if (straight_run(room, frame))
        return;
    room_begin(room);
    list_each (node, &room->ports) {
        struct port *port = list_entry(node, struct port, node);

        tick_turn(port, frame);
        hear(port);
    }
    mixer_sum(room->mixer);
    if (!parts_wait(room, frame))
        tick_give(room, frame);
}

void tick_phase(struct worker *worker, unsigned phase, uint64_t frame)
{
    list_each (one_room, &worker->rooms_in[phase]) {
        struct media_room *room = list_entry(one_room, struct media_room, node);

        if (straight_keeps(room))
            continue;
        list_each (node, &room->ports)
            command_take(list_entry(node, struct port, node));
    }
    list_each (one, &worker->alone[phase]) {
        struct port *port = list_entry(one, struct port, node);

        if (!command_take(port) || port->in)
            continue;
        tick_turn(port, frame);
        hear(port);
        speak(port);
    }
    list_each (busy, &worker->rooms_in[phase]) {
        struct media_room *room = list_entry(busy, struct media_room, node);
        uint64_t turn = frame;

        if (beat_turn(room, &turn))
            tick_room(room, turn);
    }
}
