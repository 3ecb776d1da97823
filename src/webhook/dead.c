/* dead.c: events that are given up: buried in the store with the reason, when they are too
 * old, can never be sent, or nobody wants them; and brought back on request. */
#include "webhook/inside.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SWEEP_FIRST = 50, SWEEP_LAST = 60000 /* [ms] */, SWEEPS = 10 /* a give_up */ };
enum { AT_ONCE = 500, SOON = 5 /* [ms] */ }; /* of many no more in one turn of the loop */

/* What its last tries met. */
static void write_trouble(char *out, size_t size, const struct lane *lane,
                          const struct destination *destination)
{
    if (lane->status)
        snprintf(out, size, "HTTP %d", lane->status);
    else
        snprintf(out, size, "%s", destination->why);
}

void dead_bury(const struct lane *lane, const char *why, bool is_all)
{
    struct webhook *webhook = lane->webhook;
    const struct delivery *delivery = lane_first(lane);
    char trouble[64] = "", reason[160];

    if (!is_all)
        write_trouble(trouble, sizeof trouble, lane, delivery->destination);
    snprintf(reason, sizeof reason, "%s%s%s", why, *trouble ? ": " : "", trouble);
    log_error("webhook", "an event is given up: %s lane=%s seq=%lld url=%s tries=%u", reason,
              lane->name, (long long)delivery->seq, delivery->destination->name, lane->tries);
    webhook->counts.given_up++;
    if (store_outbox_bury(webhook->conf.store, delivery->seq, lane->tries, reason))
        log_error("webhook", "out of memory: the event is tried again at the next start seq=%lld",
                  (long long)delivery->seq);
}

/* Sweeping: lanes that wait for a dead server are not tried, and grow old all the same. */

static bool is_waiting(const struct lane *lane)
{
    return lane->state == LANE_READY || lane->state == LANE_BACKOFF;
}

/* Off its list, without what it waited for; lane_next() is owed to it. */
static void drop_waiting(struct lane *lane, struct list *moved, const char *why)
{
    dead_bury(lane, why, false);
    lane_drop_first(lane);
    list_append(moved, &lane->node);
}

static void move_on(struct list *moved)
{
    struct list *node;

    while ((node = list_first(moved))) {
        list_remove(node);
        lane_next(list_entry(node, struct lane, node));
    }
}

/* What stood behind another event has a try of its own first, if anybody is there. */
static bool is_too_old(const struct lane *lane, int64_t now)
{
    const struct delivery *first = lane_first(lane);

    return first && now - first->created > lane->webhook->conf.give_up &&
           (lane->tries || first->destination->dead);
}

/* Its first delivery waits, or does so once lane_next() was called; it is durable. */
static bool may_be_dropped(const struct lane *lane)
{
    const struct delivery *first = lane_first(lane);

    return first && (is_waiting(lane) || lane->state == LANE_IDLE) &&
           first->seq <= atomic_load(&lane->webhook->committed);
}

/* True: there may be more. */
static bool bury_old(struct webhook *webhook)
{
    int64_t now = clock_wall_ms();
    struct lane *lane, *following;
    struct list moved;
    unsigned count = 0;

    list_init(&moved);
    HASH_ITER (hh, webhook->lanes, lane, following) {
        while (count < AT_ONCE && may_be_dropped(lane) && is_too_old(lane, now)) {
            drop_waiting(lane, &moved, "not delivered for too long");
            count++;
        }
        if (count == AT_ONCE)
            break;
    }
    move_on(&moved);
    return count == AT_ONCE;
}

void dead_sweep(void *arg)
{
    struct webhook *webhook = arg;
    int64_t pause = webhook->conf.give_up / SWEEPS;

    if (webhook->stopped)
        return;
    if (pause < SWEEP_FIRST)
        pause = SWEEP_FIRST;
    if (pause > SWEEP_LAST)
        pause = SWEEP_LAST;
    if (bury_old(webhook))
        pause = SOON;
    if (loop_start(webhook->conf.control, &webhook->sweep, pause, dead_sweep, webhook))
        log_error("webhook", "out of memory: what grows too old is found when it is tried");
}

/* On request. */

struct unwanted {
    const char *application, *lane, *server; /* lane, server NULL: any */
};

static bool is_unwanted(const struct lane *lane, const struct unwanted *unwanted)
{
    const struct delivery *first = lane_first(lane);

    return first && strcmp(lane->application, unwanted->application) == 0 &&
           (!unwanted->lane || strcmp(lane->name, unwanted->lane) == 0) &&
           (!unwanted->server || strcmp(first->destination->name, unwanted->server) == 0);
}

/* At most `most`. */
static unsigned drop_unwanted(struct lane *lane, const struct unwanted *unwanted, unsigned most,
                              struct list *moved)
{
    unsigned count = 0;

    if (lane->state == LANE_BUSY && !lane->unwanted && is_unwanted(lane, unwanted)) {
        lane->unwanted = true;
        return 1;
    }
    while (count < most && may_be_dropped(lane) && is_unwanted(lane, unwanted)) {
        drop_waiting(lane, moved, "given up on request");
        count++;
    }
    return count;
}

unsigned webhook_give_up(struct webhook *webhook, const char *application, const char *lane_name,
                         const char *url, bool *more)
{
    char *server = url ? destination_name(url) : NULL;
    struct unwanted unwanted = {application, lane_name, server};
    struct lane *lane, *following;
    struct list moved;
    unsigned count = 0;

    MAGIC_CHECK(webhook, WEBHOOK_MAGIC);
    list_init(&moved);
    if (server || !url) {
        HASH_ITER (hh, webhook->lanes, lane, following) {
            if (count == AT_ONCE)
                break;
            count += drop_unwanted(lane, &unwanted, AT_ONCE - count, &moved);
        }
        move_on(&moved);
    }
    *more = count == AT_ONCE;
    mem_unref(server);
    return count;
}

/* Replaying. */

struct replay {
    struct list node; /* of the webhook, while its row is asked for */
    struct webhook *webhook;
    int64_t seq;
    char *application;
    webhook_done_h *done;
    void *arg;
};

static void replay_free(struct replay *replay)
{
    list_remove(&replay->node);
    mem_unref(replay->webhook);
    mem_unref(replay->application);
    free(replay);
}

static void finish(struct replay *replay, int err)
{
    replay->done(err, replay->arg);
    replay_free(replay);
}

static void on_durable(void *arg)
{
    finish(arg, 0);
}

static const char *text(const json_t *row, const char *name)
{
    return json_string_value(json_object_get(row, name));
}

/* The row of the dead as one of the outbox: the same, but as of now. */
static struct store_outbox outbox_row(const json_t *dead)
{
    return (struct store_outbox){
        .lane = text(dead, "lane"),
        .application = text(dead, "application"),
        .url = text(dead, "url"),
        .method = text(dead, "method"),
        .body = text(dead, "body"),
        .trusted = json_is_true(json_object_get(dead, "trusted")),
        .is_signed = json_is_true(json_object_get(dead, "is_signed")),
        .created = clock_wall_ms(),
        .connect_timeout = (unsigned)json_integer_value(json_object_get(dead, "connect_timeout")),
        .timeout = (unsigned)json_integer_value(json_object_get(dead, "timeout")),
    };
}

/* From one table to the other in one transaction. Put first: what is refused stays dead. */
static void bring_back(struct replay *replay, const json_t *dead)
{
    struct webhook *webhook = replay->webhook;
    struct store *store = webhook->conf.store;
    struct store_outbox row = outbox_row(dead);
    int err;

    store_together(store);
    err = webhook_put(webhook, &row);
    if (!err && store_dead_drop(store, replay->application, replay->seq))
        log_error("webhook", "out of memory: an event stays dead though it is replayed seq=%lld",
                  (long long)replay->seq);
    store_together_end(store);
    if (!err) {
        webhook->counts.replayed++;
        list_remove(&replay->node);
        err = store_fence(store, on_durable, replay);
        if (!err)
            return;
    }
    finish(replay, err);
}

static void on_dead_row(int err, json_t *rows, int64_t count, void *arg)
{
    struct replay *replay = arg;

    (void)count;
    if (replay->webhook->stopped)
        err = ECANCELED;
    else if (!err && !json_array_size(rows))
        err = ENOENT;
    if (err)
        finish(replay, err);
    else
        bring_back(replay, json_array_get(rows, 0));
    json_decref(rows);
}

static bool is_being_replayed(const struct webhook *webhook, int64_t seq)
{
    list_each (node, &webhook->replays) {
        if (list_entry(node, struct replay, node)->seq == seq)
            return true;
    }
    return false;
}

int webhook_replay(struct webhook *webhook, const char *application, int64_t seq,
                   webhook_done_h *done, void *arg)
{
    struct store_dead_query query = {
        .application = application, .seq = seq, .page = {.limit = 1, .cursor = true}};
    struct replay *replay;
    int err = ENOMEM;

    MAGIC_CHECK(webhook, WEBHOOK_MAGIC);
    if (webhook->stopped)
        return ECANCELED;
    if (is_being_replayed(webhook, seq))
        return EBUSY;
    replay = calloc(1, sizeof *replay);
    if (!replay)
        return ENOMEM;
    *replay = (struct replay){.seq = seq, .done = done, .arg = arg};
    replay->webhook = mem_ref(webhook);
    replay->application = mem_strdup(application);
    if (replay->application)
        err = store_ask_dead(webhook->conf.store, &query, on_dead_row, replay);
    if (err)
        replay_free(replay);
    else
        list_append(&webhook->replays, &replay->node);
    return err;
}
