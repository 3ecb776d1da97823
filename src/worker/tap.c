/* tap.c: recordings of what a port says and hears, and of the mix of a room. The command to
 * record lies with its port or room as long as the recording goes on; then it goes back to
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

static void spend(struct worker *worker, struct command *command)
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
        spend(worker, tap);
    }
}

/* Drops those that have ended. */
static void feed(struct worker *worker, struct command **taps, unsigned frames, const int16_t *said,
                 const int16_t *heard)
{
    while (*taps) {
        struct command *tap = *taps;

        if (recording_put(tap->held, worker->now, frames, said, heard)) {
            taps = &tap->next;
            continue;
        }
        *taps = tap->next;
        spend(worker, tap);
    }
}

void tap_port(struct port *port, const int16_t *heard)
{
    const int16_t *said = port->has_said ? port->said : NULL;

    if (port->member)
        said = mixer_voice(port->member);
    feed(port->worker, &port->taps, port->passed, said, heard);
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
    int16_t mix[FRAME];
    bool sound = mixer_all(room->mixer, mix);

    room->clocked = true;
    room->frame = frame;
    feed(room->worker, &room->taps, passed, NULL, sound ? mix : NULL);
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
    spend(worker, command);
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
