/* command.c: what control asked of a port, done at the port's tick. A command that
 * was done goes to the port's spent list with the reference it still holds; one
 * whose reference was taken over has none (`held` is then NULL). */
#include "worker/private.h"

#include "base/mem.h"
#include "record/record.h"

#include <stdlib.h>

struct command *command_new(enum command_kind kind, size_t extra)
{
    struct command *command = calloc(1, sizeof *command + extra);

    if (command)
        command->kind = kind;
    return command;
}

void command_free(struct command *command)
{
    while (command) {
        struct command *next = command->next;

        if (command->kind == COMMAND_RECORD)
            recording_end(command->held);
        mem_unref(command->held);
        mem_unref(command->room);
        free(command);
        command = next;
    }
}

void command_post(_Atomic(struct command *) *inbox, struct command *command)
{
    struct command *below = atomic_load_explicit(inbox, memory_order_relaxed);

    do {
        command->next = below;
    } while (!atomic_compare_exchange_weak_explicit(inbox, &below, command, memory_order_release,
                                                    memory_order_relaxed));
}

struct command *command_collect(_Atomic(struct command *) *inbox)
{
    struct command *command, *turned = NULL;

    if (!atomic_load_explicit(inbox, memory_order_relaxed))
        return NULL;
    command = atomic_exchange_explicit(inbox, NULL, memory_order_acquire);
    while (command) {
        struct command *next = command->next;

        command->next = turned;
        turned = command;
        command = next;
    }
    return turned;
}

void command_spend(struct port *port, struct command *command)
{
    command_post(&port->spent, command);
}

/* Moves the inbox, oldest first, behind what is to be done. */
static void collect(struct port *port)
{
    struct command *more = command_collect(&port->inbox), **end = &port->todo;

    if (!more)
        return;
    while (*end)
        end = &(*end)->next;
    *end = more;
}

/* The room it must move to another worker for, or NULL. */
static struct media_room *join(struct port *port, struct command *command)
{
    struct media_room *room = command->held;

    if (port->in == room)
        return NULL;
    command->held = NULL;
    room_leave(port);
    if (room->worker != port->worker)
        return room;
    room_join(port, room);
    return NULL;
}

/* The last thing done here to a port that moves: the other worker may have it at once. */
static void hand_over(struct port *port, struct media_room *room)
{
    struct order order = {.port = port, .room = room};
    struct worker *worker = port->worker;

    tick_detach(port);
    if (!ring_push(room->worker->orders, &order)) /* has a slot for every port there can be */
        atomic_fetch_add_explicit(&worker->ring_full, 1, memory_order_relaxed);
}

static void connect_stream(struct port *port, struct command *command)
{
    command->held = stream_connect(port->stream, command->params, command->held);
    port->listening = command->params->receive;
    port->effort = EFFORT; /* of a new encoder */
    port->rate = codec_rate(&command->params->format);
    if (port->in)
        port->in->changed = true;
    port->silent = false;
    port->opaque = false;
}

static void set_mute(struct port *port, bool on)
{
    port->mute = on;
    if (port->member)
        mixer_mute(port->member, on);
}

static void set_earmuff(struct port *port, bool on)
{
    port->earmuff = on;
    if (port->member)
        mixer_earmuff(port->member, on);
}

static void close_port(struct port *port)
{
    struct event event = {.kind = EVENT_CLOSED, .port = port};
    struct worker *worker = port->worker;

    measuring_end(port);
    room_leave(port);
    tap_end(worker, &port->taps);
    if (port->playing)
        playing_end(port, false);
    carry_bye(port);
    tick_detach(port);
    event_push(worker, &event);
}

/* In the order they were told: of two rules for one speaker the later one holds. */
static void keep_rule(struct port *port, struct command *rule)
{
    struct command **last = &port->rules;

    while (*last)
        last = &(*last)->next;
    rule->next = NULL;
    *last = rule;
}

/* Those that leave the port where it is. */
static void obey(struct port *port, struct command *command)
{
    switch (command->kind) {
    case COMMAND_CONNECT:
        connect_stream(port, command);
        break;
    case COMMAND_LEAVE:
        room_leave(port);
        break;
    case COMMAND_MUTE:
        set_mute(port, command->on);
        break;
    case COMMAND_EARMUFF:
        set_earmuff(port, command->on);
        break;
    case COMMAND_PLAY:
        playing_start(port, command);
        break;
    case COMMAND_STOP:
        playing_stop(port);
        break;
    case COMMAND_DIAL:
        dial_start(port, command->digits);
        break;
    case COMMAND_AUDIBLE: /* stays with the port until the speaker is here */
        keep_rule(port, command);
        room_settle_rules(port);
        return;
    case COMMAND_WATCH:
        speaking_watch(port, command->on);
        break;
    case COMMAND_DETECT:
        detecting_start(port, command);
        break;
    case COMMAND_INBAND:
        inband_switch(port, command->on);
        break;
    case COMMAND_ECHO:
        echo_switch(port, command);
        break;
    case COMMAND_RECORD: /* stays with it until the recording ends */
        tap_add(&port->taps, command);
        return;
    case COMMAND_RECORD_STOP:
        tap_end(port->worker, &port->taps);
        break;
    case COMMAND_STATS: /* goes back with what is asked for */
        measuring_answer(port, command);
        return;
    case COMMAND_JOIN:
    case COMMAND_CLOSE:
        break;
    }
    command_spend(port, command);
}

bool command_take(struct port *port)
{
    struct command *command;

    collect(port);
    while ((command = port->todo)) {
        if (command->kind == COMMAND_CLOSE) { /* freed with all that is left */
            close_port(port);
            return false;
        }
        port->todo = command->next;
        if (command->kind == COMMAND_JOIN) {
            struct media_room *elsewhere = join(port, command);

            command_spend(port, command);
            if (!elsewhere)
                continue;
            hand_over(port, elsewhere);
            return false;
        }
        obey(port, command);
    }
    return true;
}
