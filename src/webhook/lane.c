/* lane.c: the deliveries of one leg or conversation, one after the other. */
#include "webhook/inside.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct watcher {
    struct list node; /* of its lane */
    struct lane *lane;
    int64_t seq; /* waits for this one and those before */
    struct timer timer;
    loop_h *done;
    void *arg;
};

struct delivery *lane_first(const struct lane *lane)
{
    struct list *node = list_first(&lane->deliveries);

    return node ? list_entry(node, struct delivery, node) : NULL;
}

/* Deliveries. */

static void delivery_free(struct webhook *webhook, struct delivery *delivery)
{
    list_remove(&delivery->node);
    if (delivery->content)
        webhook->counts.held -= delivery->content->bytes;
    mem_unref(delivery->content);
    destination_unuse(delivery->destination);
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
    lane_next(lane);
}

/* Lanes. */

/* Whose a lane is shows when the first event of it comes; it may have been waited for before. */
static struct lane *claim(struct lane *lane, const char *application)
{
    char *copy = !*lane->application && application ? mem_strdup(application) : NULL;

    if (copy) {
        mem_unref(lane->application);
        lane->application = copy;
    }
    return lane;
}

static struct lane *lane_of(struct webhook *webhook, const char *name, const char *application)
{
    struct lane *lane;
    size_t size;

    HASH_FIND_STR(webhook->lanes, name, lane);
    if (lane)
        return claim(lane, application);
    size = strlen(name) + 1;
    lane = calloc(1, sizeof *lane + size);
    if (!lane)
        return NULL;
    memcpy(lane->name, name, size);
    lane->webhook = webhook;
    lane->application = mem_strdup(application ? application : "");
    list_init(&lane->deliveries);
    list_init(&lane->watchers);
    if (lane->application)
        HASH_ADD_STR(webhook->lanes, name, lane);
    if (!lane->hh.tbl) {
        mem_unref(lane->application);
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
    mem_unref(lane->application);
    free(lane);
}

void lane_next(struct lane *lane)
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
    destination_ready(first->destination, lane);
}

int lane_add(struct webhook *webhook, const struct store_outbox *row)
{
    struct lane *lane = lane_of(webhook, row->lane, row->application);
    struct delivery *delivery = calloc(1, sizeof *delivery);

    if (lane && delivery && (delivery->destination = destination_of(webhook, row->url))) {
        delivery->seq = row->seq;
        delivery->created = row->created;
        if (webhook->counts.held < HELD && content_alloc(&delivery->content, row) == 0)
            webhook->counts.held += delivery->content->bytes;
        list_append(&lane->deliveries, &delivery->node);
        webhook->counts.waiting++;
        lane_next(lane);
        return 0;
    }
    free(delivery);
    if (lane)
        lane_next(lane);
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
        lane_next(lane);
    }
}

/* How a try ends. */

static void retry(void *arg)
{
    struct lane *lane = arg;

    list_remove(&lane->node);
    lane->state = LANE_IDLE;
    lane_next(lane);
}

static void drop_first(struct lane *lane)
{
    delivery_free(lane->webhook, lane_first(lane));
    lane->tries = lane->refusals = 0;
    lane->unwanted = false;
    lane->status = 0;
    lane->state = LANE_IDLE;
}

void lane_drop_first(struct lane *lane)
{
    loop_cancel(lane->webhook->conf.control, &lane->timer);
    list_remove(&lane->node);
    drop_first(lane);
}

static void finish(struct lane *lane, struct destination *destination)
{
    int64_t seq = lane_first(lane)->seq;

    drop_first(lane);
    lane->kept = true; /* who is told may come back */
    list_each (node, &lane->watchers) {
        struct watcher *watcher = list_entry(node, struct watcher, node);

        if (watcher->seq <= seq)
            watcher_fire(watcher);
    }
    lane->kept = false;
    lane_next(lane);
    destination_pump(destination);
    destination_unuse(destination);
}

void lane_done(struct lane *lane, struct destination *destination)
{
    destination->users++;
    destination->busy--;
    destination_spoke(destination);
    finish(lane, destination);
}

void lane_given_up(struct lane *lane, struct destination *destination)
{
    destination->users++;
    destination->busy--;
    finish(lane, destination);
}

/* While the server is dead the lane waits ready for its turn as a probe; else by itself. */
static void wait_for_retry(struct lane *lane, struct destination *destination, enum failure failure)
{
    unsigned times = failure == FAILURE_AWAY ? destination->failures : lane->refusals;

    lane->state = LANE_BACKOFF;
    if (destination->dead || loop_start(lane->webhook->conf.control, &lane->timer,
                                        destination_delay(times, LAST_RETRY), retry, lane))
        destination_ready(destination, lane);
}

void lane_failed(struct lane *lane, struct destination *destination, enum failure failure)
{
    struct webhook *webhook = lane->webhook;
    struct delivery *delivery = lane_first(lane);

    destination->busy--;
    lane->tries++;
    if (failure == FAILURE_AWAY)
        destination_silent(destination);
    else if (failure == FAILURE_REFUSED)
        destination_spoke(destination);
    lane->refusals += failure != FAILURE_AWAY;
    if (delivery->content && webhook->counts.held > HELD) {
        webhook->counts.held -= delivery->content->bytes;
        delivery->content = mem_unref(delivery->content);
    }
    wait_for_retry(lane, destination, failure);
    destination_pump(destination);
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
    struct lane *lane = lane_of(webhook, name, NULL);
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
        lane_next(lane);
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
