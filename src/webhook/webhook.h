/* webhook.h: telling the application. Events go to the outbox (durable), and are sent
 * once committed, in order within a lane, at least once, until a 2xx, with backoff.
 * A dead application server blocks its own lanes and nothing else.
 * Control thread. */
#ifndef OFFHOOK_WEBHOOK_WEBHOOK_H
#define OFFHOOK_WEBHOOK_WEBHOOK_H

#include "base/loop.h"
#include "http/fetch.h"
#include "store/store.h"

#include <jansson.h>

struct webhook;

struct webhook_conf {
    struct store *store;
    struct fetch *fetch;
    struct loop *control;
    unsigned connect_timeout, event_timeout; /* [ms] */
    const char *signature_secret, *api_key;  /* for signed webhooks */
    unsigned lanes_at_once;                  /* requests in flight to one server; 0: 48 */
    int64_t give_up; /* [ms] after which an undelivered event is dropped with an
                        error line; 0: 24 h */
};
int webhook_start(struct webhook **webhook, const struct webhook_conf *conf);
/* What is not delivered stays in the outbox for the next start. Who still waits (an
 * answer, a lane) is called within; an event emitted by that is kept too. Asking and
 * emitting ends with the return. The store may go on, or be closed next. */
void webhook_stop(struct webhook *webhook);

/* Sends fields (a JSON object; the reference stays the caller's) to url: POST as JSON
 * body, GET as query in the object's order, nested values JSON-encoded. Same bytes on
 * each try. lane: the leg id, or conversation id. 0, ENOMEM, ENOSPC from the store, or
 * EINVAL: no http or https URL. */
struct webhook_event {
    const char *application, *lane, *url, *method;
    bool trusted, is_signed;
    json_t *fields;
};
int webhook_emit(struct webhook *webhook, const struct webhook_event *event);

/* Calls done once every event of the lane was delivered, or after `patience` [ms],
 * whichever comes first; on the control loop, never within this call. */
int webhook_when_told(struct webhook *webhook, const char *lane, unsigned patience, loop_h *done,
                      void *arg);

struct webhook_counts {
    uint64_t emitted, delivered, failed_tries, given_up;
    unsigned waiting; /* in the outbox now */
    size_t held;      /* [bytes] of them in memory; what is more is read when its turn comes */
};
void webhook_counts(const struct webhook *webhook, struct webhook_counts *counts);

/* Asking for an NCCO: 2 tries, then the fallback 2 tries. */

struct webhook_question {
    const char *type;                  /* "answer" or "event": original_request.type */
    const char *url, *method;          /* GET: query in the order of fields */
    const char *fallback_url;          /* "" or NULL: none; asked by GET */
    bool trusted, fallback_trusted;    /* the URL is the operator's own */
    unsigned connect_timeout, timeout; /* [ms] */
    json_t *fields;
};
/* ncco: the JSON array of the reply, a reference of the callee's; or NULL with a reason
 * fit for an `error` webhook, naming the URLs (without their queries) and what came:
 * "answer_url http://…: HTTP 500", "…: HTML, not JSON", "…: Connection refused". A
 * question of type "event" may also be answered with no NCCO at all: both are NULL.
 * On the control loop, never within webhook_ask(). */
typedef void webhook_answer_h(json_t *ncco, const char *reason, void *arg);
int webhook_ask(struct webhook *webhook, const struct webhook_question *question,
                webhook_answer_h *answer, void *arg);

#endif
