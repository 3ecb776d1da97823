/* carry.c: what carries a port's sound: an RTP stream, or the wire of a WebSocket, which has
 * no packets, no keys and no peer that may fall silent. */
#include "worker/private.h"

bool carry_flows(const struct port *port)
{
    return port->wire || stream_connected(port->stream);
}

unsigned carry_read(struct port *port)
{
    return port->wire ? 0 : stream_read(port->stream, port->worker->now);
}

/* A wire's sound is at NARROW. */
static bool get_wired(struct port *port, unsigned rate, int16_t *frame)
{
    int16_t narrow[WIRE_FRAME];
    bool sound;

    if (rate == NARROW)
        return wire_get(port->wire, frame);
    sound = wire_get(port->wire, narrow);
    return band_run(&port->wired, NARROW, sound ? narrow : NULL, rate, frame) != NULL;
}

bool carry_get(struct port *port, unsigned rate, int16_t *frame)
{
    return port->wire ? get_wired(port, rate, frame) : stream_get(port->stream, rate, frame);
}

bool carry_put(struct port *port, unsigned rate, const int16_t *frame, const int16_t *narrow)
{
    return port->wire ? wire_put(port->wire, narrow)
                      : stream_put(port->stream, rate, frame, port->passed);
}

unsigned carry_idle(const struct port *port)
{
    return port->wire ? 0 : stream_idle(port->stream);
}

void carry_bye(struct port *port)
{
    if (port->stream)
        stream_bye(port->stream);
}
