/* send.c: one try of one delivery. */
#include "webhook/inside.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What a lane is busy with. It outlives a webhook that was stopped meanwhile. */
struct sending {
    struct webhook *webhook;
    struct lane *lane;
    struct destination *destination;
};

static enum failure failure_of(int err, int status)
{
    if (err == ECONNREFUSED || err == ETIMEDOUT || err == EHOSTUNREACH || err == EIO)
        return FAILURE_AWAY;
    if (err)
        return err == EMSGSIZE ? FAILURE_REFUSED : FAILURE_OURS;
    return destination_is_later(status) ? FAILURE_AWAY : FAILURE_REFUSED;
}

/* Never to be delivered: gone from lane and outbox. */
static void give_up(struct sending *sending, const char *why, bool is_all)
{
    sending->lane->tries++;
    dead_bury(sending->lane, why, is_all);
    lane_given_up(sending->lane, sending->destination);
}

/* What is said of it in the log, and of the events that are given up. */
static void note(struct sending *sending, enum failure failure, int status, const char *error)
{
    struct destination *destination = sending->destination;
    struct lane *lane = sending->lane;

    lane->status = status;
    if (failure == FAILURE_AWAY) {
        if (status)
            snprintf(destination->why, sizeof destination->why, "HTTP %d", status);
        else
            snprintf(destination->why, sizeof destination->why, "%.*s", (int)strcspn(error, "."),
                     error);
        if (!destination->failures)
            log_warning("webhook", "%s does not answer: %s", destination->name, destination->why);
    } else if (failure == FAILURE_REFUSED && !lane->refusals) {
        log_warning("webhook", "%s refuses an event: %sstatus=%d lane=%s", destination->name, error,
                    status, lane->name);
    } else if (failure == FAILURE_OURS) {
        log_warning("webhook", "cannot send an event: %s lane=%s", error, lane->name);
    }
}

static void fail(struct sending *sending, int err, int status, const char *error)
{
    struct webhook *webhook = sending->webhook;
    struct lane *lane = sending->lane;
    enum failure failure = failure_of(err, status);

    webhook->counts.failed_tries++;
    note(sending, failure, status, error);
    if (err == EINVAL || err == EACCES)
        give_up(sending, error, true);
    else if (lane->unwanted)
        give_up(sending, "given up on request", false);
    else if (clock_wall_ms() - lane_first(lane)->created > webhook->conf.give_up)
        give_up(sending, status ? "refused for too long" : "not delivered for too long", false);
    else
        lane_failed(lane, sending->destination, failure);
}

static void succeed(struct sending *sending)
{
    struct webhook *webhook = sending->webhook;

    if (sending->destination->failures)
        log_info("webhook", "%s answers again", sending->destination->name);
    webhook->counts.delivered++;
    store_outbox_done(webhook->conf.store, lane_first(sending->lane)->seq);
    lane_done(sending->lane, sending->destination);
}

static void sending_free(struct sending *sending)
{
    mem_unref(sending->webhook);
    free(sending);
}

static void on_reply(const struct fetch_reply *reply, void *arg)
{
    struct sending *sending = arg;

    if (!sending->webhook->stopped) {
        if (!reply->err && reply->status >= SUCCESS_FIRST && reply->status <= SUCCESS_LAST)
            succeed(sending);
        else
            fail(sending, reply->err, reply->status, reply->error);
    }
    sending_free(sending);
}

/* Any step that finds no memory is a failed try. */
static void fail_early(struct sending *sending)
{
    fail(sending, ENOMEM, 0, "Out of memory.");
    sending_free(sending);
}

static char *query_url(const struct content *content)
{
    json_t *fields = json_loads(content->body, 0, NULL);
    char *url = fields ? request_query_url(content->url, fields) : NULL;

    json_decref(fields);
    return url;
}

static int ask(struct sending *sending, const struct content *content)
{
    struct webhook *webhook = sending->webhook;
    bool get = strcasecmp(content->method, "GET") == 0;
    char *url = get ? query_url(content) : NULL;
    char *bearer = NULL;
    int err = content->is_signed
                  ? sign_request(webhook, content->application, get ? NULL : content->body, &bearer)
                  : 0;
    const char *const headers[] = {"Authorization", bearer, NULL};
    struct fetch_request request = {
        .method = get ? "GET" : "POST",
        .url = get ? url : content->url,
        .trusted = content->trusted,
        .content_type = get ? NULL : "application/json",
        .body = get ? NULL : content->body,
        .size = get ? 0 : strlen(content->body),
        .headers = bearer ? headers : NULL,
        .connect_timeout =
            content->connect_timeout ? content->connect_timeout : webhook->conf.connect_timeout,
        .timeout = content->timeout ? content->timeout : webhook->conf.event_timeout,
        .limit = REPLY_MOST,
    };

    if (!err)
        err = request.url ? 0 : ENOMEM;
    if (!err)
        err = fetch_ask(webhook->conf.fetch, &request, webhook->conf.control, on_reply, sending);
    mem_unref(bearer);
    mem_unref(url);
    return err;
}

static void send_content(struct sending *sending)
{
    if (ask(sending, lane_first(sending->lane)->content))
        fail_early(sending);
}

/* The row of a delivery whose body was not kept in memory. */
static void on_row(int err, json_t *rows, int64_t count, void *arg)
{
    struct sending *sending = arg;
    struct webhook *webhook = sending->webhook;
    struct delivery *delivery;

    (void)count;
    if (webhook->stopped) {
        sending_free(sending);
    } else if (err) {
        fail(sending, ENODATA, 0, "The store does not answer.");
        sending_free(sending);
    } else if (json_array_size(rows) == 0) {
        log_error("webhook", "the row of an event is gone seq=%lld",
                  (long long)lane_first(sending->lane)->seq);
        lane_given_up(sending->lane, sending->destination);
        sending_free(sending);
    } else {
        delivery = lane_first(sending->lane);
        if (content_of_json(&delivery->content, json_array_get(rows, 0))) {
            fail_early(sending);
        } else {
            webhook->counts.held += delivery->content->bytes;
            send_content(sending);
        }
    }
    json_decref(rows);
}

/* Without memory for the try itself it is tried again as if it had failed. */
void lane_send(struct lane *lane)
{
    struct delivery *delivery = lane_first(lane);
    struct sending *sending = malloc(sizeof *sending);

    if (!sending) {
        lane_failed(lane, delivery->destination, FAILURE_OURS);
        return;
    }
    *sending = (struct sending){mem_ref(lane->webhook), lane, delivery->destination};
    if (delivery->content)
        send_content(sending);
    else if (store_ask_outbox(lane->webhook->conf.store, delivery->seq, on_row, sending))
        fail_early(sending);
}
