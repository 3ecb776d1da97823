/* webhook.h: telling the application. Events go to the outbox (durable), and are sent
 * once committed, in order within a lane, at least once, until 200 to 205, with backoff.
 * A dead application server blocks its own lanes and nothing else, and is tried for all
 * of them together. What is given up is dead: kept, and may be replayed.
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
    /* The secret of an application, borrowed until the next turn of the loop; "" or NULL: none.
     * Asked for each try. secret_of NULL: signature_secret is that of all. */
    const char *(*secret_of)(const char *application, void *arg);
    void *arg;
    unsigned lanes_at_once; /* requests in flight to one server; 0: 48 */
    int64_t give_up;        /* [ms] after which an undelivered event is given up with an
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
    unsigned connect_timeout, timeout; /* [ms]; 0: those of webhook_conf */
};
int webhook_emit(struct webhook *webhook, const struct webhook_event *event);

/* Calls done once every event of the lane was delivered, or after `patience` [ms],
 * whichever comes first; on the control loop, never within this call. */
int webhook_when_told(struct webhook *webhook, const char *lane, unsigned patience, loop_h *done,
                      void *arg);

struct webhook_counts {
    uint64_t emitted, delivered, failed_tries, given_up, replayed;
    unsigned waiting; /* in the outbox now */
    size_t held;      /* [bytes] of them in memory; what is more is read when its turn comes */
};
void webhook_counts(const struct webhook *webhook, struct webhook_counts *counts);

/* The dead: events that were given up (store_ask_dead() has them). */

/* Puts one at the end of its lane again, as a new event; its time begins anew. 0, and then done
 * once, on the control loop, never within this call: with 0 when that is durable, ENOENT (the
 * application has none of that seq), or what the store refuses with. Or at once EBUSY (it is
 * being replayed), ECANCELED or ENOMEM. */
typedef void webhook_done_h(int err, void *arg);
int webhook_replay(struct webhook *webhook, const char *application, int64_t seq,
                   webhook_done_h *done, void *arg);

/* Gives up what the application is still to be told, on its request: of a lane, and of a
 * server ("http://host:port", a URL of it will do); NULL: of any. What is under way is given
 * up when its try fails. The number of events, of many only some: *more tells. */
unsigned webhook_give_up(struct webhook *webhook, const char *application, const char *lane,
                         const char *url, bool *more);

/* "Bearer …" of a request to a server of the application's that is no webhook: signed as those
 * are, without the hash of a body. NULL and 0: there is no secret to sign with. Else ENOMEM.
 * Released with mem_unref(). */
int webhook_bearer(const struct webhook *webhook, const char *application, char **bearer);

/* Asking for an NCCO: 2 tries, then the fallback 2 tries. */

struct webhook_question {
    const char *type;                  /* "answer" or "event": original_request.type */
    const char *url, *method;          /* GET: query in the order of fields */
    const char *fallback_url;          /* "" or NULL: none */
    bool trusted, fallback_trusted;    /* the URL is the operator's own */
    unsigned connect_timeout, timeout; /* [ms] */
    json_t *fields;
    const char *fallback_method;                         /* NULL: GET */
    unsigned fallback_connect_timeout, fallback_timeout; /* [ms]; 0: as of url */
    const char *application;                             /* of the token, when is_signed */
    bool is_signed;
    /* Asked once this lane's earlier events were delivered, or after 250 ms. NULL: at once. */
    const char *lane;
};
/* ncco: the JSON array of the reply, a reference of the callee's; or NULL with a reason
 * fit for an `error` webhook, naming the URLs (without their queries) and what came:
 * "answer_url http://…: HTTP 500", "…: HTML, not JSON", "…: Connection refused". Both are
 * NULL for a question of type "event" that was answered without an NCCO, or in vain: the flow
 * goes on. Only a fallback that says an error status, and a reply that is meant as an NCCO and
 * is none, give a reason there.
 * On the control loop, never within webhook_ask(). */
typedef void webhook_answer_h(json_t *ncco, const char *reason, void *arg);
int webhook_ask(struct webhook *webhook, const struct webhook_question *question,
                webhook_answer_h *answer, void *arg);

#endif
