/* echo.c: a port that hears itself: what came in this tick goes out in it. */
#include "audio/frame.h"
#include "worker/private.h"

#include <string.h>

/* What it had goes back with the command. */
void echo_switch(struct port *port, struct command *command)
{
    struct echo *before = port->echo;

    port->echo = command->held;
    command->held = before;
}

void echo_hear(struct port *port, unsigned rate, const int16_t *frame)
{
    struct echo *echo = port->echo;

    echo->rate = frame ? rate : 0;
    if (frame)
        memcpy(echo->frame, frame, rate / 50 * sizeof *frame);
}

bool echo_mix(struct port *port, unsigned rate, int16_t *frame)
{
    struct echo *echo = port->echo;

    if (echo->rate != rate)
        return false;
    frame_mix(frame, echo->frame, rate / 50);
    echo->rate = 0;
    return true;
}
