/* dial.c: digits on their way out: from the command to the stream, and counted, so that
 * control never gives more than fit. A digit that goes out as tones may come back from the
 * line as an echo, which is no press of the peer's. */
#include "worker/private.h"

enum { FRAME_MS = 20, TONE_MS = 100 };

void dial_start(struct port *port, const char *digits)
{
    stream_dial(port->stream, digits);
    port->dials = stream_dialling(port->stream);
}

static void expect_echo(struct port *port)
{
    char tone = stream_tone(port->stream);
    int64_t now = (int64_t)port->frame * FRAME_MS;

    if (tone && tone != port->tone)
        once_take(&port->once, KEY_OURS, tone, now, now + TONE_MS);
    port->tone = tone;
}

static void count(struct port *port)
{
    unsigned waiting = stream_dialling(port->stream);

    if (waiting == port->dials)
        return;
    atomic_fetch_sub_explicit(&port->dialling, port->dials - waiting, memory_order_relaxed);
    port->dials = waiting;
}

void dial_tick(struct port *port)
{
    expect_echo(port);
    count(port);
}
