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

bool carry_get(struct port *port, int16_t *frame)
{
    return port->wire ? wire_get(port->wire, frame) : stream_get(port->stream, 8000, frame);
}

bool carry_put(struct port *port, const int16_t *frame)
{
    return port->wire ? wire_put(port->wire, frame)
                      : stream_put(port->stream, 8000, frame, port->passed);
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

static void stats_of_wire(const struct wire *wire, struct stream_stats *stats)
{
    enum { BYTES = 2 * FRAME };
    struct wire_stats in;

    wire_stats(wire, &in);
    *stats = (struct stream_stats){
        .packets_in = in.frames_in,
        .bytes_in = in.frames_in * BYTES,
        .packets_out = in.frames_out,
        .bytes_out = in.frames_out * BYTES,
        .frames_in = in.frames_in,
    };
}

void carry_stats(const struct port *port, struct stream_stats *stats)
{
    if (port->wire)
        stats_of_wire(port->wire, stats);
    else
        stream_stats(port->stream, stats);
}
