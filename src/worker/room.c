/* room.c: rooms, on both sides. A room's mixer is touched by its worker alone; each
 * port in it holds a reference, which control drops when the port has left. */
#include "base/mem.h"
#include "worker/private.h"

#include <assert.h>
#include <errno.h>

static void destroy(void *obj)
{
    struct media_room *room = obj;

    room->magic = 0;
    if (room->workers) {
        room->worker->rooms--;
        room->worker->phase_load[room->phase]--;
        room->workers->rooms--;
    }
    coder_drop(room);
    mem_unref(room->mixer);
    band_end(&room->taped);
    mem_unref(room->workers);
}

int media_room_alloc(struct workers *workers, struct media_room **roomp)
{
    struct media_room *room = mem_alloc(sizeof *room, destroy);
    int err;

    MAGIC_CHECK(workers, WORKERS_MAGIC);
    if (!room)
        return ENOMEM;
    room->magic = ROOM_MAGIC;
    list_init(&room->ports);
    list_init(&room->coders);
    err = mixer_alloc(&room->mixer, 8000);
    if (err) {
        mem_unref(room);
        return err;
    }
    room->worker = place_idlest(workers, &room->phase);
    room->worker->rooms++;
    room->worker->phase_load[room->phase]++;
    workers->rooms++;
    room->workers = mem_ref(workers);
    *roomp = room;
    return 0;
}

static int post_record(struct media_room *room, enum command_kind kind, struct recording *recording)
{
    struct command *command = command_new(kind, 0);

    if (!command)
        return ENOMEM;
    command->held = mem_ref(recording);
    command->room = mem_ref(room);
    command_post(&room->worker->inbox, command);
    return 0;
}

int media_room_record(struct media_room *room, struct recording *recording)
{
    MAGIC_CHECK(room, ROOM_MAGIC);
    return post_record(room, COMMAND_RECORD, recording);
}

void media_room_record_stop(struct media_room *room)
{
    MAGIC_CHECK(room, ROOM_MAGIC);
    post_record(room, COMMAND_RECORD_STOP, NULL);
}

void room_work(struct media_room *room)
{
    if (!room->node.next)
        list_append(&room->worker->rooms_in[room->phase], &room->node);
}

void room_rest(struct media_room *room)
{
    if (list_empty(&room->ports) && !room->taps)
        list_remove(&room->node);
}

/* The highest rate that two can hear and send; what one alone has is for nobody. */
static unsigned rate_of(const struct media_room *room)
{
    unsigned best = NARROW, second = NARROW;

    list_each (node, &room->ports) {
        unsigned rate = list_entry(node, struct port, node)->rate;

        if (rate > best) {
            second = best;
            best = rate;
        } else if (rate > second) {
            second = rate;
        }
    }
    return second;
}

void room_begin(struct media_room *room)
{
    if (room->changed) {
        mixer_set_rate(room->mixer, rate_of(room));
        coder_survey(room);
    }
    room->changed = false;
    mixer_begin(room->mixer);
}

static void owe(struct worker *worker, struct media_room *room)
{
    if (!room->owed++)
        list_append(&worker->owed, &room->owed_node);
}

void room_pay_owed(struct worker *worker)
{
    while (!list_empty(&worker->owed)) {
        struct list *first = list_first(&worker->owed);
        struct media_room *room = list_entry(first, struct media_room, owed_node);
        struct event event = {.kind = EVENT_RELEASE, .held = room};
        unsigned owed = room->owed;

        list_remove(&room->owed_node);
        room->owed = 0;
        while (owed--) /* with the last one the room is gone */
            event_push(worker, &event);
    }
}

void room_join(struct port *port, struct media_room *room)
{
    struct worker *worker = room->worker;

    if (mixer_add(room->mixer, &port->member)) {
        port->member = NULL;
        owe(worker, room);
        return;
    }
    list_remove(&port->node);
    list_append(&room->ports, &port->node);
    room_work(room);
    room->changed = true;
    port->in = room;
    port->phase = room->phase;
    mixer_mute(port->member, port->mute);
    mixer_earmuff(port->member, port->earmuff);
    atomic_store_explicit(&port->room, room, memory_order_release);
    list_each (node, &room->ports)
        room_settle_rules(list_entry(node, struct port, node));
}

static void spend_rules(struct port *port)
{
    while (port->rules) {
        struct command *rule = port->rules;

        port->rules = rule->next;
        command_spend(port, rule);
    }
}

void room_leave(struct port *port)
{
    struct media_room *room = port->in;

    if (!room)
        return;
    atomic_store_explicit(&port->room, NULL, memory_order_release);
    spend_rules(port);
    mixer_remove(port->member);
    port->member = NULL;
    port->has_said = false;
    port->in = NULL;
    list_remove(&port->node);
    room->changed = true;
    room_rest(room);
    list_append(&port->worker->alone[port->phase], &port->node);
    owe(port->worker, room);
}

void room_settle_rules(struct port *port)
{
    struct command **link = &port->rules, *rule;

    while (port->in && (rule = *link)) {
        struct port *speaker = rule->held;

        if (atomic_load_explicit(&speaker->room, memory_order_acquire) != port->in) {
            link = &rule->next;
            continue;
        }
        mixer_audible(port->member, speaker->member, rule->on);
        *link = rule->next;
        command_spend(port, rule);
    }
}
