/* command.c: what control asked of a port, done at the port's tick. A command that
 * was done goes to the port's spent list with the reference it still holds; one
 * whose reference was taken over has none (`held` is then NULL). */
#include "worker/private.h"

void command_spend(struct port *port, struct command *command)
{
    struct command *below = atomic_load_explicit(&port->spent, memory_order_relaxed);

    do {
        command->next = below;
    } while (!atomic_compare_exchange_weak_explicit(&port->spent, &below, command,
                                                    memory_order_release, memory_order_relaxed));
}

/* Moves the inbox, oldest first, behind what is to be done. */
static void collect(struct port *port)
{
    struct command *command, *turned = NULL, **end = &port->todo;

    if (!atomic_load_explicit(&port->inbox, memory_order_relaxed))
        return;
    command = atomic_exchange_explicit(&port->inbox, NULL, memory_order_acquire);
    while (command) {
        struct command *next = command->next;

        command->next = turned;
        turned = command;
        command = next;
    }
    while (*end)
        end = &(*end)->next;
    *end = turned;
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

static void connect_stream(struct port *port, const struct stream_params *params)
{
    stream_connect(port->stream, params);
    port->listening = params->receive;
    port->silent = false;
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

    room_leave(port);
    if (port->playing)
        playing_end(port, false);
    stream_bye(port->stream);
    tick_detach(port);
    event_push(worker, &event);
}

/* Those that leave the port where it is. */
/* In the order they were told: of two rules for one speaker the later one holds. */
static void keep_rule(struct port *port, struct command *rule)
{
    struct command **last = &port->rules;

    while (*last)
        last = &(*last)->next;
    rule->next = NULL;
    *last = rule;
}

static void obey(struct port *port, struct command *command)
{
    switch (command->kind) {
    case COMMAND_CONNECT:
        connect_stream(port, &command->params);
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
        stream_dial(port->stream, command->digits);
        break;
    case COMMAND_AUDIBLE: /* stays with the port until the speaker is here */
        keep_rule(port, command);
        room_settle_rules(port);
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
