/* playing.c: the sound that is played to one port. */
#include "worker/private.h"

void playing_end(struct port *port, bool completed)
{
    struct event event = {.kind = EVENT_PLAYED,
                          .port = port,
                          .value = port->play,
                          .completed = completed,
                          .held = port->player.sound};

    port->player.sound = NULL; /* control drops it */
    port->playing = port->stopping = false;
    event_push(port->worker, &event);
}

void playing_start(struct port *port, struct command *command)
{
    if (port->playing)
        playing_end(port, false);
    player_start(&port->player, command->held, command->loops, command->level);
    port->play = command->play;
    port->playing = true;
}

void playing_stop(struct port *port)
{
    if (!port->playing || port->stopping)
        return;
    player_stop(&port->player);
    port->stopping = true;
}

bool playing_mix(struct port *port, int16_t *frame)
{
    if (!port->playing)
        return false;
    if (!player_mix(&port->player, frame, FRAME))
        playing_end(port, !port->stopping);
    return true;
}
