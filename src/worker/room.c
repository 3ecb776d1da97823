/* room.c: rooms, on both sides. A room's mixer is touched by its worker alone; each
 * port in it holds a reference, which control drops when the port has left. */
#include "base/mem.h"
#include "worker/private.h"

#include <assert.h>
#include <errno.h>

static void leave_workers(struct media_room *room)
{
    room->worker->rooms--;
    room->worker->weight--;
    room->worker->phase_load[room->phase]--;
    if (room->parent)
        room->parent->parts[room->part] = NULL;
    else
        room->workers->rooms--;
}

static void destroy(void *obj)
{
    struct media_room *room = obj;

    room->magic = 0;
    if (room->workers)
        leave_workers(room);
    parts_free(room);
    band_end(&room->taped);
    coder_drop(room);
    mem_unref(room->mixer);
    mem_unref(atomic_load(&room->link));
    mem_unref(room->parent);
    mem_unref(room->workers);
}

static int prepare(struct media_room **roomp)
{
    struct media_room *room = mem_alloc(sizeof *room, destroy);
    int err;

    if (!room)
        return ENOMEM;
    room->magic = ROOM_MAGIC;
    list_init(&room->ports);
    list_init(&room->coders);
    list_init(&room->guests);
    room->rate = NARROW;
    err = mixer_alloc(&room->mixer, NARROW);
    if (err)
        mem_unref(room);
    else
        *roomp = room;
    return err;
}

static void enter(struct media_room *room, struct workers *workers, struct worker *worker,
                  unsigned phase)
{
    room->workers = mem_ref(workers);
    room->worker = worker;
    room->phase = phase;
    worker->rooms++;
    worker->weight++;
    worker->phase_load[phase]++;
}

int media_room_alloc(struct workers *workers, struct media_room **room)
{
    struct worker *worker;
    unsigned phase;
    int err = prepare(room);

    MAGIC_CHECK(workers, WORKERS_MAGIC);
    if (err)
        return err;
    worker = place_idlest(workers, &phase);
    (*room)->number = ++workers->numbers;
    enter(*room, workers, worker, phase);
    workers->rooms++;
    return 0;
}

int room_alloc_part(struct media_room **partp, struct media_room *parent, unsigned number,
                    struct worker *worker)
{
    struct media_room *part;
    int err = prepare(&part);

    if (err)
        return err;
    part->number = parent->number;
    part->part = number;
    part->parent = mem_ref(parent);
    parent->parts[number] = part;
    atomic_store(&part->link, mem_ref(atomic_load(&parent->link)));
    enter(part, parent->workers, worker, parent->phase);
    *partp = part;
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
        list_append(&room->worker->rooms_in[beat_place(room)], &room->node);
}

void room_rest(struct media_room *room)
{
    if (!list_empty(&room->ports) || room->taps)
        return;
    list_remove(&room->node);
    beat_rest(room);
    parts_leave(room);
}

void room_begin(struct media_room *room)
{
    parts_begin(room);
    if (room->changed)
        coder_survey(room);
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

/* Who reads the stay before and after the conversation knows that they belong together. */
static void tell_stay(struct port *port, uint64_t conversation)
{
    struct mixer_link *link = port->in ? atomic_load(&port->in->link) : NULL;

    atomic_store(&port->conversation, 0);
    atomic_fetch_add(&port->stay, 1);
    atomic_store(&port->conversation, conversation);
    if (link && conversation)
        mixer_link_came(link);
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
    beat_count(room, 1);
    room->changed = true;
    port->in = room;
    port->phase = room->phase;
    mixer_mute(port->member, port->mute);
    mixer_earmuff(port->member, port->earmuff);
    atomic_store_explicit(&port->room, room, memory_order_release);
    tell_stay(port, room->number);
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
    tell_stay(port, 0);
    spend_rules(port);
    mixer_remove(port->member);
    port->member = NULL;
    port->has_said = false;
    port->in = NULL;
    list_remove(&port->node);
    room->changed = true;
    beat_count(room, -1);
    room_rest(room);
    list_append(&port->worker->alone[port->phase], &port->node);
    owe(port->worker, room);
}

void room_settle_rules(struct port *port)
{
    struct command **link = &port->rules, *rule;

    while (port->in && (rule = *link)) {
        struct port *speaker = rule->held;

        if (atomic_load_explicit(&speaker->room, memory_order_acquire) == port->in) {
            mixer_audible(port->member, speaker->member, rule->on);
            *link = rule->next;
            command_spend(port, rule);
        } else if (parts_is_far(port, speaker)) {
            *link = rule->next;
            parts_settle(port, rule);
        } else {
            link = &rule->next;
        }
    }
}
