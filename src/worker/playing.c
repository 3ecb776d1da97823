/* playing.c: the sound that is played to one port. */
#include "audio/frame.h"
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
    band_clear(&port->played);
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

unsigned playing_rate(const struct port *port)
{
    return port->playing ? port->player.sound->rate : NARROW;
}

/* At the sound's own rate; a change of the room's is heard in it, too. */
static bool mix_apart(struct port *port, unsigned rate, int16_t *frame)
{
    unsigned own = playing_rate(port);
    int16_t part[STREAM_FRAME_MAX] = {0}, turned[STREAM_FRAME_MAX];
    bool more = player_mix(&port->player, part, own / 50);
    int16_t *sound = (int16_t *)band_run(&port->played, own, part, rate, turned);

    if (!sound)
        return more;
    if (port->in)
        mixer_dip(port->in->mixer, sound);
    frame_mix(frame, sound, rate / 50);
    return more;
}

bool playing_mix(struct port *port, unsigned rate, int16_t *frame)
{
    if (!port->playing)
        return false;
    if (!mix_apart(port, rate, frame))
        playing_end(port, !port->stopping);
    return true;
}
