/* speaking.c: who speaks, told when it changes. */
#include "worker/private.h"

void speaking_watch(struct port *port, bool on)
{
    if (port->watched == on)
        return;
    port->watched = on;
    port->speaking = false;
    port->activity = (struct activity){0};
}

void speaking_hear(struct port *port, const int16_t *frame)
{
    bool on = activity_run(&port->activity, frame, FRAME) && !port->mute;
    struct event event = {.kind = EVENT_SPEAKING, .port = port, .on = on};

    if (on == port->speaking)
        return;
    port->speaking = on;
    event_push(port->worker, &event);
}
