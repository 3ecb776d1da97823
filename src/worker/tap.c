/* tap.c: recordings of what a port says and hears, of the mix of a room, and of voices, each
 * on its own. All ports of a room are at the same frame of the clock, and a port that moves goes
 * on by that clock, so that the channels of a recording stay together. The command to record
 * lies with its port or room as long as the recording goes on; then it goes back to
 * control with all it holds, at the end of the sub-tick: with it a room may be gone. */
#include "record/record.h"
#include "worker/private.h"

#include "base/mem.h"

#include <assert.h>

static_assert((int)RECORDING_FRAME == (int)FRAME, "a recording takes our frames");

void tap_add(struct command **taps, struct command *command)
{
    while (*taps)
        taps = &(*taps)->next;
    command->next = NULL;
    *taps = command;
}

void tap_spend(struct worker *worker, struct command *command)
{
    command->next = worker->spent;
    worker->spent = command;
}

void tap_end(struct worker *worker, struct command **taps)
{
    while (*taps) {
        struct command *tap = *taps;

        *taps = tap->next;
        recording_end(tap->held);
        tap_spend(worker, tap);
    }
}

/* What is there for recordings in a tick. */
struct taken {
    struct port *anchor;           /* the first voice; NULL: there is none */
    const struct media_room *room; /* of the other voices; NULL: nobody's */
    const int16_t *said, *heard;   /* NULL: silence */
};

/* What others hear of a port in a room; several recordings may ask in a tick. */
static const int16_t *voice_of(struct port *port)
{
    unsigned rate = tick_rate(port);
    const int16_t *voice = mixer_voice(port->member);

    if (rate == NARROW)
        return voice;
    if (port->said_at != port->frame) {
        if (port->said_at + 1 != port->frame)
            band_clear(&port->voiced);
        port->said_at = port->frame;
        port->has_said = band_run(&port->voiced, rate, voice, NARROW, port->said) != NULL;
    }
    return port->has_said ? port->said : NULL;
}

static void put_voices(struct recording *recording, const struct taken *taken)
{
    if (taken->anchor)
        recording_voice(recording, taken->anchor->number, taken->said);
    if (!taken->room)
        return;
    list_each (node, &taken->room->ports) {
        struct port *port = list_entry(node, struct port, node);

        if (port != taken->anchor)
            recording_voice(recording, port->number, voice_of(port));
    }
    list_each (far, &taken->room->guests) {
        const struct guest *guest = list_entry(far, struct guest, node);

        recording_voice(recording, guest->who, guest->spoke ? guest->said : NULL);
    }
}

/* Of two channels that are a port's, one is what it hears. */
static bool is_voices(const struct recording *recording, const struct taken *taken)
{
    return recording_split(recording) && (!taken->anchor || recording_channels(recording) > 2);
}

static bool any_voices(const struct command *tap, const struct taken *taken)
{
    while (tap && !is_voices(tap->held, taken))
        tap = tap->next;
    return tap != NULL;
}

bool tap_asks(const struct media_room *room)
{
    struct taken taken = {.room = room};

    if (any_voices(room->taps, &taken))
        return true;
    list_each (node, &room->ports) {
        taken.anchor = list_entry(node, struct port, node);
        if (any_voices(taken.anchor->taps, &taken))
            return true;
    }
    return false;
}

static bool put(struct recording *recording, const struct worker *worker, unsigned frames,
                const struct taken *taken)
{
    if (!is_voices(recording, taken))
        return recording_put(recording, worker->now, frames, taken->said, taken->heard);
    put_voices(recording, taken);
    return recording_put_voices(recording, worker->now, frames);
}

/* Drops those that have ended. */
static void feed(struct worker *worker, struct command **taps, unsigned frames,
                 const struct taken *taken)
{
    while (*taps) {
        struct command *tap = *taps;

        if (put(tap->held, worker, frames, taken)) {
            taps = &tap->next;
            continue;
        }
        *taps = tap->next;
        tap_spend(worker, tap);
    }
}

void tap_port(struct port *port, const int16_t *heard)
{
    struct taken taken = {port, port->in, port->has_said ? port->said : NULL, heard};

    if (port->member && !port->in->winding)
        taken.said = voice_of(port);
    feed(port->worker, &port->taps, port->passed, &taken);
    if (!port->member)
        port->has_said = false;
}

/* Nobody is in it, and nobody but its recordings holds it: nobody can come. */
static bool over(const struct media_room *room)
{
    unsigned held = 0;

    for (const struct command *tap = room->taps; tap; tap = tap->next)
        held++;
    return list_empty(&room->ports) && mem_count(room) == held;
}

void tap_room(struct media_room *room, uint64_t frame)
{
    unsigned passed = room->clocked ? (unsigned)(frame - room->frame) : 1;
    int16_t turned[FRAME];
    struct taken taken = {.room = room};

    taken.said =
        band_run(&room->taped, mixer_rate(room->mixer), mixer_all(room->mixer), NARROW, turned);
    room->clocked = true;
    room->frame = frame;
    feed(room->worker, &room->taps, passed, &taken);
    if (over(room))
        tap_end(room->worker, &room->taps);
    room_rest(room);
}

static void obey(struct worker *worker, struct command *command)
{
    struct media_room *room = command->room;

    if (command->kind == COMMAND_RECORD) {
        room->clocked = room->taps && room->clocked;
        tap_add(&room->taps, command);
        room_work(room);
        return;
    }
    tap_end(worker, &room->taps);
    room_rest(room);
    tap_spend(worker, command);
}

void tap_take(struct worker *worker)
{
    struct command *command = command_collect(&worker->inbox);

    while (command) {
        struct command *next = command->next;

        obey(worker, command);
        command = next;
    }
}

void tap_pay(struct worker *worker)
{
    struct event event = {.kind = EVENT_SPENT, .held = worker->spent};

    if (!worker->spent)
        return;
    worker->spent = NULL;
    event_push(worker, &event);
}

void tap_abandon(struct worker *worker)
{
    command_free(command_collect(&worker->inbox));
    for (int i = 0; i < PHASES; i++)
        list_each (node, &worker->rooms_in[i]) {
            struct media_room *room = list_entry(node, struct media_room, node);
            struct command *taps = room->taps;

            list_remove(node);
            room->taps = NULL;
            command_free(taps); /* with the last one the room may be gone */
        }
}
