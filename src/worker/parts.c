/* parts.c: a part of a conversation among the others (mixer/link.h), on its worker. It sums in
 * its sub-tick as any room does, and gives the mix in the next one, when the others have summed.
 * While it is the only part that has something to do it waits for nobody.
 *
 * Who speaks in another part is in that part's sum. It comes apart, and has a guest here, when
 * somebody here may not hear it, or when voices are recorded each on its own. */
#include "base/mem.h"
#include "worker/private.h"

#include <string.h>

enum { FORGOTTEN = 500 /* [frames] without a word and without a rule: 10 s */ };

static struct guest *find(const struct media_room *room, uint64_t who)
{
    list_each (node, &room->guests) {
        struct guest *guest = list_entry(node, struct guest, node);

        if (guest->who == who)
            return guest;
    }
    return NULL;
}

static struct guest *make(struct media_room *room, uint64_t who)
{
    struct guest *guest = mem_alloc(sizeof *guest, NULL);

    if (!guest)
        return NULL;
    if (mixer_add(room->mixer, &guest->member))
        return mem_unref(guest);
    guest->who = who;
    list_append(&room->guests, &guest->node);
    return guest;
}

/* Returns its rule. */
static struct command *drop(struct guest *guest)
{
    struct command *rule = guest->rule;

    list_remove(&guest->node);
    mixer_remove(guest->member);
    band_end(&guest->band);
    mem_unref(guest);
    return rule;
}

static void forget(struct media_room *room, struct guest *guest)
{
    struct command *rule = drop(guest);

    if (rule)
        tap_spend(room->worker, rule);
}

void parts_free(struct media_room *room)
{
    list_each (node, &room->guests)
        command_free(drop(list_entry(node, struct guest, node)));
}

/* Whose port has left the conversation, or who was heard long ago. */
static bool gone(const struct guest *guest)
{
    const struct port *port = guest->rule ? guest->rule->held : NULL;

    return port ? atomic_load(&port->stay) != guest->stay : guest->idle > FORGOTTEN;
}

static void look_at_guests(struct media_room *room)
{
    list_each (node, &room->guests) {
        struct guest *guest = list_entry(node, struct guest, node);

        guest->idle++;
        guest->spoke = false;
        if (gone(guest))
            forget(room, guest);
    }
}

bool parts_is_far(const struct port *port, const struct port *other)
{
    return atomic_load(&port->in->link) && atomic_load(&other->conversation) == port->in->number;
}

static struct guest *guest_of(struct media_room *room, const struct port *port)
{
    struct guest *guest = find(room, port->number);

    if (guest && gone(guest)) {
        forget(room, guest);
        guest = NULL;
    }
    return guest ? guest : make(room, port->number);
}

void parts_settle(struct port *port, struct command *rule)
{
    const struct port *speaker = rule->held;
    uint64_t stay = atomic_load(&speaker->stay);
    struct guest *guest = guest_of(port->in, speaker);

    if (guest)
        mixer_audible(port->member, guest->member, rule->on);
    if (!guest || guest->rule) {
        command_spend(port, rule);
        return;
    }
    rule->next = NULL;
    guest->rule = rule;
    guest->stay = stay;
}

static void rank_rates(const struct media_room *room, unsigned *best, unsigned *second)
{
    *best = *second = NARROW;
    list_each (node, &room->ports) {
        unsigned rate = list_entry(node, struct port, node)->rate;

        if (rate > *best) {
            *second = *best;
            *best = rate;
        } else if (rate > *second) {
            *second = rate;
        }
    }
}

/* The highest rate that two can hear and send; what one alone has is for nobody. */
static unsigned choose_rate(struct media_room *room, struct mixer_link *link)
{
    unsigned best, second;

    if (!room->changed)
        return link ? mixer_link_rate(link) : room->rate;
    rank_rates(room, &best, &second);
    if (!link)
        return second;
    mixer_link_tell_rates(link, room->part, best, second);
    return mixer_link_rate(link);
}

static void set_rate(struct media_room *room, unsigned rate)
{
    if (room->rate != rate)
        mixer_set_rate(room->mixer, rate);
    room->rate = rate;
}

static void enter(struct media_room *room, struct mixer_link *link)
{
    room->linked = true;
    room->changed = true; /* its rates are not known there */
    mixer_link_set(link, room->part, true);
}

static void settle_all(struct media_room *room, unsigned comers)
{
    if (room->comers == comers)
        return;
    room->comers = comers;
    list_each (node, &room->ports)
        room_settle_rules(list_entry(node, struct port, node));
}

void parts_begin(struct media_room *room)
{
    struct mixer_link *link = atomic_load(&room->link);

    if (link && !room->linked && !room->shift) /* else it comes back to its phase first */
        enter(room, link);
    if (!room->linked)
        link = NULL;
    set_rate(room, choose_rate(room, link));
    if (!link)
        return;
    look_at_guests(room);
    settle_all(room, mixer_link_comers(link));
}

void parts_leave(struct media_room *room)
{
    struct mixer_link *link = atomic_load(&room->link);

    list_each (node, &room->guests)
        forget(room, list_entry(node, struct guest, node));
    if (!link || !room->linked)
        return;
    room->linked = room->asks = false;
    mixer_link_set(link, room->part, false);
    mixer_link_tell_rates(link, room->part, NARROW, NARROW);
    mixer_link_ask(link, room->part, false);
}

static void set_apart(const struct media_room *room, bool asked)
{
    list_each (node, &room->ports) {
        struct port *port = list_entry(node, struct port, node);
        bool must = atomic_load_explicit(&port->apart, memory_order_acquire);

        mixer_set_apart(port->member,
                        must    ? MIXER_MUST
                        : asked ? MIXER_MAY
                                : MIXER_TOGETHER,
                        port->number);
    }
}

static void ask(struct media_room *room, struct mixer_link *link)
{
    bool asks = tap_asks(room);

    if (room->asks != asks)
        mixer_link_ask(link, room->part, asks);
    room->asks = asks;
}

bool parts_wait(struct media_room *room, uint64_t frame)
{
    struct mixer_link *link = atomic_load(&room->link);

    if (!link || !room->linked || !mixer_link_others(link, room->part))
        return false;
    ask(room, link);
    set_apart(room, mixer_link_asked(link, room->part));
    mixer_publish(room->mixer, link, room->part, frame);
    room->waits_for = frame;
    list_append(&room->worker->waiting, &room->waiting_node);
    return true;
}

/* For recordings of single voices. */
static void keep_voice(struct guest *guest, const struct media_room *room, const int16_t *frame)
{
    unsigned rate = mixer_rate(room->mixer);
    const int16_t *narrow = band_run(&guest->band, rate, frame, NARROW, guest->said);

    if (narrow == frame)
        memcpy(guest->said, frame, sizeof guest->said);
    guest->spoke = narrow != NULL;
}

static void take_voice(uint64_t who, const int16_t *frame, void *arg)
{
    struct media_room *room = arg;
    struct guest *guest = find(room, who);

    if (!guest && room->asks)
        guest = make(room, who);
    if (!guest) {
        mixer_add_voice(room->mixer, frame);
        return;
    }
    mixer_put_guest(guest->member, frame);
    guest->idle = 0;
    if (room->asks)
        keep_voice(guest, room, frame);
}

/* Rules hold as well about who came after this part had begun its tick. */
static void finish(struct media_room *room)
{
    struct mixer_link *link = atomic_load(&room->link);
    struct worker *worker = room->worker;
    unsigned late;

    settle_all(room, mixer_link_comers(link));
    late = mixer_gather(room->mixer, link, room->part, room->waits_for, take_voice, room);
    if (late)
        atomic_fetch_add_explicit(&worker->late_parts, late, memory_order_relaxed);
    tick_give(room, room->waits_for);
}

void parts_finish(struct worker *worker)
{
    list_each (node, &worker->waiting) {
        list_remove(node);
        finish(list_entry(node, struct media_room, waiting_node));
    }
}
