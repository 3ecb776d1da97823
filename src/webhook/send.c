/* send.c: one try of one delivery. */
#include "webhook/inside.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SUCCESS_FIRST = 200, SUCCESS_LAST = 205 };

/* What a lane is busy with. It outlives a webhook that was stopped meanwhile. */
struct sending {
    struct webhook *webhook;
    struct lane *lane;
    struct destination *destination;
};

static enum failure failure_of(int err)
{
    if (err == ECONNREFUSED || err == ETIMEDOUT || err == EHOSTUNREACH || err == EIO)
        return FAILURE_DEAD;
    return err && err != EMSGSIZE ? FAILURE_OURS : FAILURE_REFUSED;
}

/* Never to be delivered: gone from lane and outbox, which was logged. */
static void give_up(struct sending *sending, const char *why)
{
    struct webhook *webhook = sending->webhook;
    struct delivery *delivery = lane_first(sending->lane);

    log_error("webhook", "an event is lost: %s lane=%s seq=%lld url=%s tries=%u", why,
              sending->lane->name, (long long)delivery->seq, delivery->destination->name,
              sending->lane->tries + 1);
    webhook->counts.given_up++;
    store_outbox_done(webhook->conf.store, delivery->seq);
    lane_done(sending->lane, sending->destination);
}

static void fail(struct sending *sending, int err, int status, const char *error)
{
    struct webhook *webhook = sending->webhook;
    struct lane *lane = sending->lane;
    const struct content *content = lane_first(lane)->content;
    enum failure failure = failure_of(err);

    webhook->counts.failed_tries++;
    if (err == EINVAL || err == EACCES) {
        give_up(sending, error);
        return;
    }
    if (content && clock_wall_ms() - content->created > webhook->conf.give_up) {
        give_up(sending, status ? "refused for too long" : "not delivered for too long");
        return;
    }
    if (failure == FAILURE_DEAD && !sending->destination->dead)
        log_warning("webhook", "%s does not answer: %s", sending->destination->name, error);
    else if (failure == FAILURE_REFUSED && !lane->tries)
        log_warning("webhook", "%s refuses an event: %sstatus=%d lane=%s",
                    sending->destination->name, error, status, lane->name);
    else if (failure == FAILURE_OURS)
        log_warning("webhook", "cannot send an event: %s lane=%s", error, lane->name);
    lane_failed(lane, sending->destination, failure);
}

static void succeed(struct sending *sending)
{
    struct webhook *webhook = sending->webhook;

    if (sending->destination->dead)
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

static char *authorization(const struct webhook *webhook, const struct content *content, bool get)
{
    char id[ID_UUID], *token, *header;

    id_uuid(id);
    token = request_token(webhook->key, webhook->api_key, content->application,
                          get ? NULL : content->body, clock_wall_ms() / 1000, id);
    header = token ? mem_printf("Bearer %s", token) : NULL;
    mem_unref(token);
    return header;
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
    char *bearer = content->is_signed && webhook->key ? authorization(webhook, content, get) : NULL;
    const char *const headers[] = {"Authorization", bearer, NULL};
    struct fetch_request request = {
        .method = get ? "GET" : "POST",
        .url = get ? url : content->url,
        .trusted = content->trusted,
        .content_type = get ? NULL : "application/json",
        .body = get ? NULL : content->body,
        .size = get ? 0 : strlen(content->body),
        .headers = bearer ? headers : NULL,
        .connect_timeout = webhook->conf.connect_timeout,
        .timeout = webhook->conf.event_timeout,
        .limit = REPLY_MOST,
    };
    int err = ENOMEM;

    if (request.url && (bearer || !content->is_signed || !webhook->key))
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
        give_up(sending, "its row is gone");
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
