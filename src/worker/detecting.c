/* detecting.c: a detection goes with its port, and tells what it found. Control frees it. */
#include "worker/private.h"

static void release(struct port *port)
{
    struct event event = {.kind = EVENT_RELEASE, .held = port->detect};

    port->detect = NULL;
    event_push(port->worker, &event);
}

void detecting_start(struct port *port, struct command *command)
{
    if (port->detect)
        release(port);
    port->detect = command->held;
    port->detect_number = command->play;
    command->held = NULL;
}

void detecting_hear(struct port *port, const int16_t *frame)
{
    enum detect_verdict verdict = detect_run(port->detect, frame);
    struct event event = {.kind = EVENT_DETECTED,
                          .port = port,
                          .verdict = (uint8_t)verdict,
                          .reason = (uint8_t)detect_reason(port->detect),
                          .value = port->detect_number};

    if (!verdict)
        return;
    event_push(port->worker, &event);
    if (detect_over(port->detect))
        release(port);
}
