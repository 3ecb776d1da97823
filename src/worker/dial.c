/* dial.c: digits on their way out: from the command to the stream, and counted, so that
 * control never gives more than fit. */
#include "worker/private.h"

void dial_start(struct port *port, const char *digits)
{
    stream_dial(port->stream, digits);
    port->dials = stream_dialling(port->stream);
}

void dial_count(struct port *port)
{
    unsigned waiting = stream_dialling(port->stream);

    if (waiting == port->dials)
        return;
    atomic_fetch_sub_explicit(&port->dialling, port->dials - waiting, memory_order_relaxed);
    port->dials = waiting;
}
