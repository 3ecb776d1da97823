/* lane.c: the deliveries of one leg or conversation, one after the other, and the
 * servers they go to. */
#include "webhook/inside.h"
#include "base/id.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct watcher {
    struct list node; /* of its lane */
    struct lane *lane;
    int64_t seq; /* waits for this one and those before */
    struct timer timer;
    loop_h *done;
    void *arg;
};

static void next(struct lane *lane);

struct delivery *lane_first(const struct lane *lane)
{
    struct list *node = list_first(&lane->deliveries);

    return node ? list_entry(node, struct delivery, node) : NULL;
}

/* Destinations. */

static struct destination *destination_of(struct webhook *webhook, const char *url)
{
    const char *host = strstr(url, "://");
    struct destination *destination;
    const char *start = host ? host + 3 : url, *at;
    size_t length = strcspn(start, "/?#");
    char *name;

    at = memchr(start, '@', length);
    if (at) {
        length -= (size_t)(at + 1 - start);
        start = at + 1;
    }
    name = mem_printf("%.*s://%.*s", (int)(host ? host - url : 0), url, (int)length, start);
    if (!name)
        return NULL;
    HASH_FIND_STR(webhook->destinations, name, destination);
    if (!destination && (destination = calloc(1, sizeof *destination + strlen(name) + 1))) {
        memcpy(destination->name, name, strlen(name) + 1);
        list_init(&destination->ready);
        list_init(&destination->backoff);
        HASH_ADD_STR(webhook->destinations, name, destination);
        if (!destination->hh.tbl) {
            free(destination);
            destination = NULL;
        }
    }
    mem_unref(name);
    if (destination)
        destination->users++;
    return destination;
}

static void destination_unuse(struct webhook *webhook, struct destination *destination)
{
    if (--destination->users)
        return;
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): it is in the hash while used */
    HASH_DEL(webhook->destinations, destination);
    free(destination);
}

/* Lets lanes send while there is room for them. */
static void pump(struct webhook *webhook, struct destination *destination)
{
    unsigned most = destination->dead ? LANES_WHILE_DEAD : webhook->conf.lanes_at_once;
    struct list *node;

    if (destination->pumping)
        return;
    destination->pumping = true;
    destination->users++; /* the last delivery may go within */
    while (destination->busy < most && (node = list_first(&destination->ready))) {
        struct lane *lane = list_entry(node, struct lane, node);

        list_remove(node);
        lane->state = LANE_BUSY;
        destination->busy++;
        lane_send(lane);
    }
    destination->pumping = false;
    destination_unuse(webhook, destination);
}

/* Deliveries. */

static void delivery_free(struct webhook *webhook, struct delivery *delivery)
{
    list_remove(&delivery->node);
    if (delivery->content)
        webhook->counts.held -= delivery->content->bytes;
    mem_unref(delivery->content);
    destination_unuse(webhook, delivery->destination);
    webhook->counts.waiting--;
    free(delivery);
}

static void watcher_fire(void *arg)
{
    struct watcher *watcher = arg;
    struct loop *control = watcher->lane->webhook->conf.control;

    list_remove(&watcher->node);
    loop_cancel(control, &watcher->timer);
    watcher->done(watcher->arg);
    free(watcher);
}

/* A watcher whose time is over; its lane may be over by it. */
static void watcher_expire(void *arg)
{
    struct watcher *watcher = arg;
    struct lane *lane = watcher->lane;

    lane->kept = true;
    watcher_fire(watcher);
    lane->kept = false;
    next(lane);
}

/* Lanes. */

static struct lane *lane_of(struct webhook *webhook, const char *name)
{
    struct lane *lane;
    size_t size;

    HASH_FIND_STR(webhook->lanes, name, lane);
    if (lane)
        return lane;
    size = strlen(name) + 1;
    lane = calloc(1, sizeof *lane + size);
    if (!lane)
        return NULL;
    memcpy(lane->name, name, size);
    lane->webhook = webhook;
    list_init(&lane->deliveries);
    list_init(&lane->watchers);
    HASH_ADD_STR(webhook->lanes, name, lane);
    if (!lane->hh.tbl) {
        free(lane);
        lane = NULL;
    }
    return lane;
}

static void lane_free(struct lane *lane)
{
    HASH_DEL(lane->webhook->lanes, lane);
    loop_cancel(lane->webhook->conf.control, &lane->timer);
    list_remove(&lane->node);
    free(lane);
}

/* Moves an idle lane on. */
static void next(struct lane *lane)
{
    struct webhook *webhook = lane->webhook;
    struct delivery *first = lane_first(lane);

    if (lane->state != LANE_IDLE)
        return;
    if (!first) {
        if (list_empty(&lane->watchers) && !lane->kept)
            lane_free(lane);
        return;
    }
    if (first->seq > atomic_load(&webhook->committed)) {
        lane->state = LANE_UNCOMMITTED;
        list_append(&webhook->uncommitted, &lane->node);
        return;
    }
    lane->state = LANE_READY;
    list_append(&first->destination->ready, &lane->node);
    pump(webhook, first->destination);
}

int lane_add(struct webhook *webhook, const struct store_outbox *row)
{
    struct lane *lane = lane_of(webhook, row->lane);
    struct delivery *delivery = calloc(1, sizeof *delivery);

    if (lane && delivery && (delivery->destination = destination_of(webhook, row->url))) {
        delivery->seq = row->seq;
        if (webhook->counts.held < HELD && content_alloc(&delivery->content, row) == 0)
            webhook->counts.held += delivery->content->bytes;
        list_append(&lane->deliveries, &delivery->node);
        webhook->counts.waiting++;
        next(lane);
        return 0;
    }
    free(delivery);
    if (lane)
        next(lane);
    return ENOMEM;
}

void lane_committed(struct webhook *webhook)
{
    int64_t committed = atomic_load(&webhook->committed);
    struct list *node;

    while ((node = list_first(&webhook->uncommitted))) {
        struct lane *lane = list_entry(node, struct lane, node);

        if (lane_first(lane)->seq > committed)
            break;
        list_remove(node);
        lane->state = LANE_IDLE;
        next(lane);
    }
}

/* How a try ends. */

static void retry(void *arg)
{
    struct lane *lane = arg;

    list_remove(&lane->node);
    lane->state = LANE_IDLE;
    next(lane);
}

/* 250 ms, 500 ms … a minute, each up to a quarter more or less. */
static int64_t delay_of(unsigned tries)
{
    int64_t delay = tries > 8 ? LAST_RETRY : (int64_t)FIRST_RETRY << (tries - 1);
    uint32_t random;

    id_random(&random, sizeof random);
    if (delay > LAST_RETRY)
        delay = LAST_RETRY;
    return delay * 3 / 4 + (int64_t)(random % (uint32_t)(delay / 2 + 1));
}

/* A server that was gone answers: its lanes need not wait out their minutes. */
static void revive(struct webhook *webhook, struct destination *destination)
{
    if (!destination->dead)
        return;
    destination->dead = false;
    list_each (node, &destination->backoff) {
        struct lane *lane = list_entry(node, struct lane, node);
        uint32_t random;

        if (!lane->dead)
            continue;
        id_random(&random, sizeof random);
        loop_start(webhook->conf.control, &lane->timer, random % REVIVAL, retry, lane);
    }
}

void lane_done(struct lane *lane, struct destination *destination)
{
    struct webhook *webhook = lane->webhook;
    struct delivery *delivery = lane_first(lane);
    int64_t seq = delivery->seq;

    destination->users++;
    destination->busy--;
    delivery_free(webhook, delivery);
    lane->tries = 0;
    lane->dead = false;
    list_each (node, &lane->watchers) {
        struct watcher *watcher = list_entry(node, struct watcher, node);

        if (watcher->seq <= seq)
            watcher_fire(watcher);
    }
    revive(webhook, destination);
    lane->state = LANE_IDLE;
    next(lane);
    pump(webhook, destination);
    destination_unuse(webhook, destination);
}

void lane_failed(struct lane *lane, struct destination *destination, enum failure failure)
{
    struct webhook *webhook = lane->webhook;
    struct delivery *delivery = lane_first(lane);

    destination->busy--;
    if (failure == FAILURE_DEAD)
        destination->dead = true;
    else if (failure == FAILURE_REFUSED)
        revive(webhook, destination);
    lane->dead = failure == FAILURE_DEAD;
    lane->tries++;
    lane->state = LANE_BACKOFF;
    if (delivery->content && webhook->counts.held > HELD) {
        webhook->counts.held -= delivery->content->bytes;
        delivery->content = mem_unref(delivery->content);
    }
    list_append(&destination->backoff, &lane->node);
    loop_start(webhook->conf.control, &lane->timer, delay_of(lane->tries), retry, lane);
    pump(webhook, destination);
}

/* Waiting for a lane. */

static struct watcher *watcher_alloc(struct lane *lane, loop_h *done, void *arg)
{
    struct watcher *watcher = calloc(1, sizeof *watcher);

    if (!watcher)
        return NULL;
    watcher->lane = lane;
    watcher->done = done;
    watcher->arg = arg;
    if (!list_empty(&lane->deliveries))
        watcher->seq = list_entry(lane->deliveries.prev, struct delivery, node)->seq;
    list_append(&lane->watchers, &watcher->node);
    return watcher;
}

int lane_watch(struct webhook *webhook, const char *name, unsigned patience, loop_h *done,
               void *arg)
{
    struct watcher *watcher;
    struct lane *lane = lane_of(webhook, name);
    int err;

    if (!lane)
        return ENOMEM;
    watcher = watcher_alloc(lane, done, arg);
    err = watcher
              ? loop_start(webhook->conf.control, &watcher->timer,
                           list_empty(&lane->deliveries) ? 0 : patience, watcher_expire, watcher)
              : ENOMEM;
    if (err) {
        if (watcher)
            list_remove(&watcher->node);
        free(watcher);
        next(lane);
    }
    return err;
}

void lane_free_all(struct webhook *webhook)
{
    struct lane *lane;

    while ((lane = webhook->lanes)) {
        struct list *node;

        list_remove(&lane->node);
        while ((node = list_first(&lane->watchers)))
            watcher_fire(list_entry(node, struct watcher, node));
        while ((node = list_first(&lane->deliveries)))
            delivery_free(webhook, list_entry(node, struct delivery, node));
        lane_free(lane);
    }
}
