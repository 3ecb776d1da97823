/* part.c: which part of a conversation a port goes to, as control has it. A conversation that is
 * too large for one worker, or whose worker is busy, gets a part on another one; the parts mix
 * together (parts.c). A port stays in its part until it leaves, and a part ends with its last
 * port. */
#include "base/mem.h"
#include "worker/private.h"

enum { LIMIT = 400 /* weight of a part: of that many ports with G.711 */ };

static unsigned limit_of(const struct workers *workers)
{
    return workers->conf.part_limit ? workers->conf.part_limit : LIMIT;
}

static struct media_room *part_at(struct media_room *room, unsigned number)
{
    return number ? room->parts[number] : room;
}

static struct media_room *find_room(struct media_room *room, unsigned weight)
{
    for (unsigned i = 0; i < LINK_PARTS; i++) {
        struct media_room *part = part_at(room, i);

        if (part && part->weight + weight <= limit_of(room->workers) && !place_busy(part->worker))
            return part;
    }
    return NULL;
}

static struct media_room *lightest(struct media_room *room)
{
    struct media_room *best = room;

    for (unsigned i = 1; i < LINK_PARTS; i++)
        if (room->parts[i] && room->parts[i]->weight < best->weight)
            best = room->parts[i];
    return best;
}

/* Its workers see the link once all of it is there. */
static int make_link(struct media_room *room, unsigned number)
{
    struct mixer_link *link = atomic_load(&room->link), *new = NULL;
    int err = link ? 0 : mixer_link_alloc(&new);

    if (new)
        err = mixer_link_open(link = new, 0);
    if (!err)
        err = mixer_link_open(link, number);
    if (err)
        mem_unref(new);
    else if (new)
        atomic_store(&room->link, new);
    return err;
}

/* NULL: there is no further worker, or no memory. */
static struct media_room *extend(struct media_room *room)
{
    struct worker *worker = place_beside(room);
    struct media_room *part;
    unsigned number = 1;

    while (number < LINK_PARTS && room->parts[number])
        number++;
    if (!worker || number == LINK_PARTS || make_link(room, number))
        return NULL;
    return room_alloc_part(&part, room, number, worker) ? NULL : part;
}

/* A reference. */
static struct media_room *choose(struct media_room *room, unsigned weight)
{
    struct media_room *part = find_room(room, weight);

    if (part)
        return mem_ref(part);
    part = extend(room);
    return part ? part : mem_ref(lightest(room));
}

struct media_room *part_seat(struct port *port, struct media_room *room)
{
    struct media_room *old = port->seat;

    if (old && room && old->number == room->number)
        return old;
    port->seat = room ? choose(room, port->weight) : NULL;
    if (port->seat)
        port->seat->weight += port->weight;
    if (old)
        old->weight -= port->weight;
    mem_unref(old);
    return port->seat;
}
