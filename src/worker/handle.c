/* handle.c: the table of handles. A handle is the place of a port and the count of
 * ports that had this place before, told as a pointer that nobody follows: one
 * kept too long finds nobody, or another count, and never another call. */
#include "worker/private.h"

#include <errno.h>
#include <stdlib.h>

enum { PLACE_BITS = 20, PLACES_MAX = 1 << PLACE_BITS };

struct place {
    struct port *port; /* NULL: free */
    uint32_t count;
    uint32_t next_free; /* place + 1; 0: none */
};

static struct { /* control thread */
    struct place *places;
    uint32_t count, free;
} table;

static int grow(void)
{
    uint32_t count = table.count ? table.count * 2 : 64;
    struct place *places;

    if (count > PLACES_MAX)
        return ENOMEM;
    places = realloc(table.places, count * sizeof *places);
    if (!places)
        return ENOMEM;
    for (uint32_t i = table.count; i < count; i++)
        places[i] = (struct place){.count = 1, .next_free = i + 1 < count ? i + 2 : table.free};
    table.free = table.count + 1;
    table.places = places;
    table.count = count;
    return 0;
}

int handle_give(struct port *port, struct media_port **handle)
{
    struct place *place;
    uint32_t slot;

    if (!table.free && grow())
        return ENOMEM;
    slot = table.free - 1;
    place = &table.places[slot];
    table.free = place->next_free;
    place->port = port;
    port->slot = slot;
    *handle = (struct media_port *)((uintptr_t)place->count << PLACE_BITS | slot);
    return 0;
}

struct port *handle_find(const struct media_port *handle)
{
    uintptr_t value = (uintptr_t)handle;
    uint32_t slot = value & (PLACES_MAX - 1);

    if (slot >= table.count || table.places[slot].count != (uint32_t)(value >> PLACE_BITS))
        return NULL;
    return table.places[slot].port;
}

void handle_drop(struct port *port)
{
    struct place *place = &table.places[port->slot];

    place->port = NULL;
    if (++place->count == 0)
        place->count = 1;
    place->next_free = table.free;
    table.free = port->slot + 1;
}
