/* webhook.c: emitting: an event is a row of the outbox first, and is sent once the
 * store says that it is durable. */
#include "webhook/inside.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "json/text.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const int64_t DAY = 86400000; /* [ms] */

static void destroy(void *obj)
{
    struct webhook *webhook = obj;

    mem_unref(webhook->key);
    mem_unref(webhook->api_key);
    webhook->magic = 0;
}

static void wake(void *arg)
{
    struct webhook *webhook = arg;

    atomic_store(&webhook->posted, false);
    if (!webhook->stopped)
        lane_committed(webhook);
    mem_unref(webhook);
}

/* One wake-up does for all rows that come before control gets to it. */
static int post_wake(struct webhook *webhook)
{
    int err;

    if (atomic_exchange(&webhook->posted, true))
        return 0;
    err = loop_post(webhook->conf.control, wake, mem_ref(webhook));
    if (err) {
        atomic_store(&webhook->posted, false);
        mem_unref(webhook);
    }
    return err;
}

/* Store thread. */
static void on_committed(const struct store_outbox *row, void *arg)
{
    struct webhook *webhook = arg;

    atomic_store(&webhook->committed, row->seq);
    post_wake(webhook); /* without memory the next commit tries again */
}

/* A row that a run before this one left. */
static void resume(const struct store_outbox *row, void *arg)
{
    struct webhook *webhook = arg;

    webhook->last = row->seq;
    if (lane_add(webhook, row))
        log_error("webhook", "out of memory: an event waits for the next start seq=%lld",
                  (long long)row->seq);
}

int webhook_start(struct webhook **webhookp, const struct webhook_conf *conf)
{
    struct webhook *webhook = mem_alloc(sizeof *webhook, destroy);
    const char *secret = conf->signature_secret;
    int err = 0;

    if (!webhook)
        return ENOMEM;
    webhook->magic = WEBHOOK_MAGIC;
    webhook->conf = *conf;
    webhook->conf.signature_secret = webhook->conf.api_key = NULL;
    if (!conf->lanes_at_once)
        webhook->conf.lanes_at_once = LANES_AT_ONCE;
    if (!conf->give_up)
        webhook->conf.give_up = DAY;
    list_init(&webhook->uncommitted);
    list_init(&webhook->askings);
    list_init(&webhook->replays);
    webhook->api_key = mem_strdup(conf->api_key ? conf->api_key : "");
    if (!webhook->api_key)
        err = ENOMEM;
    else if (secret && *secret)
        err = jwt_key_secret(&webhook->key, secret, strlen(secret));
    if (!err)
        err = store_each_outbox(conf->store, resume, webhook);
    /* sent by the loop, not here: others may still be reading the store at their start */
    atomic_store(&webhook->committed, webhook->last);
    if (!err)
        err = post_wake(webhook);
    if (err) {
        webhook->stopped = true;
        lane_free_all(webhook);
        mem_unref(webhook);
        return err;
    }
    dead_sweep(webhook);
    if (webhook->counts.waiting)
        log_info("webhook", "events left by the run before waiting=%u", webhook->counts.waiting);
    store_outbox_watch(conf->store, on_committed, webhook);
    *webhookp = webhook;
    return 0;
}

void webhook_stop(struct webhook *webhook)
{
    MAGIC_CHECK(webhook, WEBHOOK_MAGIC);
    webhook->stopped = true;
    store_outbox_watch(webhook->conf.store, NULL, NULL);
    loop_cancel(webhook->conf.control, &webhook->sweep);
    ask_stop_all(webhook);
    lane_free_all(webhook);
    mem_unref(webhook);
}

int webhook_put(struct webhook *webhook, struct store_outbox *row)
{
    int err = store_outbox_put(webhook->conf.store, row);

    if (err)
        return err;
    webhook->counts.emitted++;
    if (!webhook->stopped && lane_add(webhook, row)) /* durable all the same */
        log_error("webhook", "out of memory: an event waits for the next start seq=%lld",
                  (long long)row->seq);
    return 0;
}

int webhook_emit(struct webhook *webhook, const struct webhook_event *event)
{
    struct store_outbox row = {
        .lane = event->lane,
        .application = event->application,
        .url = event->url,
        .method = event->method ? event->method : "POST",
        .trusted = event->trusted,
        .is_signed = event->is_signed,
        .created = clock_wall_ms(),
        .connect_timeout = event->connect_timeout,
        .timeout = event->timeout,
    };
    char *body;
    int err;

    MAGIC_CHECK(webhook, WEBHOOK_MAGIC);
    if (!fetch_is_url(event->url))
        return EINVAL;
    body = json_text(event->fields);
    if (!body)
        return ENOMEM;
    row.body = body;
    err = webhook_put(webhook, &row);
    free(body);
    return err;
}

int webhook_when_told(struct webhook *webhook, const char *lane, unsigned patience, loop_h *done,
                      void *arg)
{
    MAGIC_CHECK(webhook, WEBHOOK_MAGIC);
    return webhook->stopped ? ECANCELED : lane_watch(webhook, lane, patience, done, arg);
}

void webhook_counts(const struct webhook *webhook, struct webhook_counts *counts)
{
    *counts = webhook->counts;
}
