/* destination.c: the servers that lanes go to: how many lanes are let go at once, and who
 * tries while one is dead. See inside.h. */
#include "webhook/inside.h"
#include "base/id.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

char *destination_name(const char *url)
{
    const char *host = strstr(url, "://");
    const char *start = host ? host + 3 : url, *at;
    size_t length = strcspn(start, "/?#");

    at = memchr(start, '@', length);
    if (at) {
        length -= (size_t)(at + 1 - start);
        start = at + 1;
    }
    return mem_printf("%.*s://%.*s", (int)(host ? host - url : 0), url, (int)length, start);
}

static struct destination *make(struct webhook *webhook, const char *name)
{
    struct destination *destination = calloc(1, sizeof *destination + strlen(name) + 1);

    if (!destination)
        return NULL;
    memcpy(destination->name, name, strlen(name) + 1);
    destination->webhook = webhook;
    destination->window = webhook->conf.lanes_at_once;
    list_init(&destination->fresh);
    list_init(&destination->again);
    HASH_ADD_STR(webhook->destinations, name, destination);
    if (!destination->hh.tbl) {
        free(destination);
        return NULL;
    }
    return destination;
}

struct destination *destination_of(struct webhook *webhook, const char *url)
{
    struct destination *destination = NULL;
    char *name = destination_name(url);

    if (!name)
        return NULL;
    HASH_FIND_STR(webhook->destinations, name, destination);
    if (!destination)
        destination = make(webhook, name);
    mem_unref(name);
    if (destination)
        destination->users++;
    return destination;
}

void destination_unuse(struct destination *destination)
{
    if (--destination->users)
        return;
    loop_cancel(destination->webhook->conf.control, &destination->timer);
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): it is in the hash while used */
    HASH_DEL(destination->webhook->destinations, destination);
    free(destination);
}

/* Letting lanes go. */

/* Those that were tried before and those that were not take turns: neither waits for the
 * other's end. */
static struct lane *take_ready(struct destination *destination)
{
    struct list *first = destination->turn ? &destination->again : &destination->fresh;
    struct list *other = destination->turn ? &destination->fresh : &destination->again;
    struct list *node = list_first(first);
    struct lane *lane;

    if (!node)
        node = list_first(other);
    if (!node)
        return NULL;
    destination->turn = !destination->turn;
    lane = list_entry(node, struct lane, node);
    list_remove(node);
    return lane;
}

static bool has_room(const struct destination *destination)
{
    return destination->dead ? destination->probes > 0 : destination->busy < destination->window;
}

void destination_pump(struct destination *destination)
{
    struct lane *lane;

    if (destination->pumping)
        return;
    destination->pumping = true;
    destination->users++; /* the last delivery may go within */
    while (has_room(destination) && (lane = take_ready(destination))) {
        if (destination->dead)
            destination->probes--;
        lane->state = LANE_BUSY;
        destination->busy++;
        lane_send(lane);
    }
    destination->pumping = false;
    destination_unuse(destination);
}

void destination_ready(struct destination *destination, struct lane *lane)
{
    lane->state = LANE_READY;
    list_append(lane->tries ? &destination->again : &destination->fresh, &lane->node);
    destination_pump(destination);
}

/* Death and life. */

bool destination_is_later(int status)
{
    return status == 429 || (status >= 502 && status <= 504);
}

int64_t destination_delay(unsigned tries, int64_t last)
{
    int64_t delay = tries > 8 ? last : (int64_t)FIRST_RETRY << (tries ? tries - 1 : 0);
    uint32_t random;

    id_random(&random, sizeof random);
    if (delay > last)
        delay = last;
    return delay * 3 / 4 + (int64_t)(random % (uint32_t)(delay / 2 + 1));
}

static void start_round(void *arg);

/* Without memory for a timer the lanes go on by themselves. */
static void wait_for_round(struct destination *destination)
{
    if (loop_start(destination->webhook->conf.control, &destination->timer,
                   destination_delay(destination->rounds + 1, LAST_ROUND), start_round,
                   destination))
        destination->dead = false;
}

/* What the round does not use is not kept for later: who comes then waits for the next. */
static void start_round(void *arg)
{
    struct destination *destination = arg;

    destination->users++;
    destination->rounds++;
    wait_for_round(destination);
    destination->probes = destination->busy < PROBES ? PROBES - destination->busy : 0;
    destination_pump(destination);
    destination->probes = 0;
    destination_unuse(destination);
}

void destination_silent(struct destination *destination)
{
    destination->failures++;
    if (destination->dead || destination->failures < DEATH)
        return;
    destination->dead = true;
    destination->rounds = destination->probes = 0;
    wait_for_round(destination);
}

void destination_heard(struct webhook *webhook, const char *url)
{
    struct destination *destination = NULL;
    char *name = destination_name(url);

    if (name)
        HASH_FIND_STR(webhook->destinations, name, destination);
    mem_unref(name);
    if (!destination || !destination->dead)
        return;
    destination_spoke(destination);
    destination_pump(destination);
}

void destination_spoke(struct destination *destination)
{
    unsigned most = destination->webhook->conf.lanes_at_once;

    destination->failures = 0;
    if (destination->dead) {
        destination->dead = false;
        destination->window = PROBES < most ? PROBES : most;
        loop_cancel(destination->webhook->conf.control, &destination->timer);
    } else if (destination->window < most) {
        destination->window++;
    }
}
