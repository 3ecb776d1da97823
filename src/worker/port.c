/* port.c: a port as control has it: given commands, ended. */
#include "base/mem.h"
#include "worker/private.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void free_spent(struct port *port)
{
    command_free(atomic_exchange_explicit(&port->spent, NULL, memory_order_acquire));
}

static void give_stats(struct port *port)
{
    struct stream_stats stats;

    carry_stats(port, &stats);
    if (port->events.closed)
        port->events.closed(&stats, port->arg);
}

void port_ended(struct port *port)
{
    MAGIC_CHECK(port, PORT_MAGIC);
    list_remove(&port->all);
    part_seat(port, NULL);
    place_port(port, NULL, 0);
    free_spent(port);
    command_free(atomic_exchange_explicit(&port->inbox, NULL, memory_order_acquire));
    command_free(port->todo);
    command_free(port->rules);
    command_free(port->taps);
    port->todo = port->rules = port->taps = NULL;
    give_stats(port);
    port_drop_carrier(port, port->workers);
    mem_unref(port);
}

static void tell_unplayed(const struct port *port, const struct command *command)
{
    for (; command; command = command->next)
        if (command->kind == COMMAND_PLAY && port->events.played)
            port->events.played(command->play, false, port->arg);
}

void port_abandon(struct port *port)
{
    if (!port->closing)
        handle_drop(port);
    port->closing = true;
    if (port->in) {
        mixer_remove(port->member);
        list_remove(&port->node);
        mem_unref(port->in);
        port->in = NULL;
        atomic_store(&port->room, NULL);
    }
    if (port->playing) {
        player_reset(&port->player);
        if (port->events.played)
            port->events.played(port->play, false, port->arg);
    }
    tell_unplayed(port, port->todo);
    tell_unplayed(port, atomic_load(&port->inbox));
    port_ended(port);
}

uint16_t media_port_number(const struct media_port *handle)
{
    const struct port *port = handle_find(handle);

    return port ? port->sockets.number : 0;
}

static void post(struct port *port, struct command *command)
{
    free_spent(port);
    command_post(&port->inbox, command);
}

/* False: the port has ended, or there is no memory. */
static bool post_switch(struct media_port *handle, enum command_kind kind, bool on)
{
    struct port *port = handle_find(handle);
    struct command *command = port ? command_new(kind, 0) : NULL;

    if (!command)
        return false;
    command->on = on;
    post(port, command);
    return true;
}

int media_port_connect(struct media_port *handle, const struct stream_params *params)
{
    struct port *port = handle_find(handle);
    struct command *command;
    struct stream_coding *coding;
    int err;

    if (!port || !port->stream)
        return 0;
    err = stream_coding_alloc(&coding, params);
    if (err)
        return err;
    command = command_new(COMMAND_CONNECT, sizeof *params);
    if (!command) {
        mem_unref(coding);
        return ENOMEM;
    }
    command->params = memcpy(command + 1, params, sizeof *params);
    command->held = coding;
    port->takes_events = params->event_payload_type != 0;
    place_weigh(port, &params->format);
    post(port, command);
    return 0;
}

void media_port_join(struct media_port *handle, struct media_room *room)
{
    struct port *port = handle_find(handle);
    struct command *command = port ? command_new(COMMAND_JOIN, 0) : NULL;

    MAGIC_CHECK(room, ROOM_MAGIC);
    if (!command)
        return;
    room = part_seat(port, room);
    command->held = mem_ref(room);
    place_port(port, room->worker, room->phase);
    post(port, command);
}

void media_port_leave(struct media_port *handle)
{
    struct port *port = handle_find(handle);

    if (post_switch(handle, COMMAND_LEAVE, true))
        part_seat(port, NULL);
}

void media_port_mute(struct media_port *handle, bool on)
{
    post_switch(handle, COMMAND_MUTE, on);
}

void media_port_earmuff(struct media_port *handle, bool on)
{
    post_switch(handle, COMMAND_EARMUFF, on);
}

void media_port_audible(struct media_port *listener, struct media_port *speaker, bool on)
{
    struct port *hears = handle_find(listener), *speaks = handle_find(speaker);
    struct command *command = hears && speaks ? command_new(COMMAND_AUDIBLE, 0) : NULL;

    if (!command)
        return;
    command->on = on;
    if (!on)
        atomic_store_explicit(&speaks->apart, true, memory_order_release);
    command->held = mem_ref(speaks);
    post(hears, command);
}

uint32_t media_port_play(struct media_port *handle, struct sound *sound, unsigned loops,
                         double level)
{
    struct port *port = handle_find(handle);
    struct command *command = port ? command_new(COMMAND_PLAY, 0) : NULL;

    if (!command)
        return 0;
    command->held = mem_ref(sound);
    command->loops = loops;
    command->level = level;
    command->play = ++port->plays ? port->plays : ++port->plays; /* never 0 */
    post(port, command);
    return port->plays;
}

void media_port_stop(struct media_port *handle)
{
    post_switch(handle, COMMAND_STOP, true);
}

void media_port_watch(struct media_port *handle, bool on)
{
    post_switch(handle, COMMAND_WATCH, on);
}

/* A detection and the command that takes it to the port. */
static int make_detection(const struct detect_conf *conf, struct command **commandp)
{
    struct command *command = command_new(COMMAND_DETECT, 0);
    struct detect *detect = NULL;
    int err = command ? 0 : ENOMEM;

    if (!err && conf)
        err = detect_alloc(&detect, conf);
    if (err) {
        command_free(command);
        return err;
    }
    command->held = detect;
    *commandp = command;
    return 0;
}

int media_port_detect(struct media_port *handle, const struct detect_conf *conf)
{
    struct port *port = handle_find(handle);
    struct command *command;
    int err = port ? make_detection(conf, &command) : ENOTCONN;

    if (err)
        return err;
    port->detection = 0;
    if (conf)
        port->detection = ++port->detections ? port->detections : ++port->detections;
    command->play = port->detection;
    post(port, command);
    return 0;
}

void media_port_inband(struct media_port *handle, bool on)
{
    struct port *port = handle_find(handle);

    if (port && port->takes_tones != on && post_switch(handle, COMMAND_INBAND, on))
        port->takes_tones = on;
}

int media_port_echo(struct media_port *handle, bool on)
{
    struct port *port = handle_find(handle);
    struct command *command;

    if (!port)
        return ENOTCONN;
    command = command_new(COMMAND_ECHO, 0);
    if (!command)
        return ENOMEM;
    if (on)
        command->held = mem_alloc(sizeof(struct echo), NULL);
    if (on && !command->held) {
        command_free(command);
        return ENOMEM;
    }
    post(port, command);
    return 0;
}

int media_port_record(struct media_port *handle, struct recording *recording)
{
    struct port *port = handle_find(handle);
    struct command *command;

    if (!port)
        return ENOTCONN;
    command = command_new(COMMAND_RECORD, 0);
    if (!command)
        return ENOMEM;
    command->held = mem_ref(recording);
    post(port, command);
    return 0;
}

void media_port_record_stop(struct media_port *handle)
{
    post_switch(handle, COMMAND_RECORD_STOP, true);
}

int media_port_dial(struct media_port *handle, const char *digits)
{
    struct port *port = handle_find(handle);
    size_t length = strlen(digits);
    struct command *command;

    if (!length || strspn(digits, "0123456789ABCDabcd*#p") != length)
        return EINVAL;
    if (!port)
        return 0;
    if (port->wire || (!port->takes_events && !port->takes_tones))
        return ENOTSUP;
    if (atomic_load_explicit(&port->dialling, memory_order_relaxed) + length > STREAM_DIGITS)
        return ENOSPC;
    command = command_new(COMMAND_DIAL, length + 1);
    if (!command)
        return ENOMEM;
    memcpy(command->digits, digits, length + 1);
    atomic_fetch_add_explicit(&port->dialling, (unsigned)length, memory_order_relaxed);
    post(port, command);
    return 0;
}

int media_port_stats(struct media_port *handle, media_stats_h *done, void *arg)
{
    struct port *port = handle_find(handle);
    struct asked_stats *asked;
    struct command *command;

    if (!port)
        return ENOTCONN;
    asked = mem_alloc(sizeof *asked, NULL);
    command = asked ? command_new(COMMAND_STATS, 0) : NULL;
    if (!command) {
        mem_unref(asked);
        return ENOMEM;
    }
    asked->done = done;
    asked->arg = arg;
    command->held = asked;
    post(port, command);
    return 0;
}

void media_port_close(struct media_port *handle)
{
    struct port *port = handle_find(handle);
    struct command *command;

    if (!port)
        return;
    command = port->farewell;
    port->farewell = NULL;
    port->closing = true;
    part_seat(port, NULL);
    handle_drop(port);
    post(port, command);
}
