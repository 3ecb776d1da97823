/* ask.c: asking for an NCCO: a URL twice, then the fallback twice. A second try is
 * made only when the first met no answer, or one that says "later"; the fallback is
 * also asked after an error status and after a reply that is no NCCO.
 *
 *   waits for its lane ──> tries url ──NCCO──> answered
 *                             └─in vain─> tries fallback ──NCCO──> answered
 *                                            └─in vain─> a reason, or an event's flow goes on */
#include "webhook/inside.h"
#include "base/log.h"
#include "base/mem.h"
#include "json/text.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TRIES = 2, PAUSE = 100 /* [ms] between tries */, TOLD = 250 /* [ms] for a lane */ };

/* What was met instead of an NCCO. */
enum trouble { TROUBLE_AWAY, TROUBLE_STATUS, TROUBLE_NCCO };

/* A URL and how it is asked. */
struct place {
    char *url, *method;
    bool trusted;
    unsigned connect_timeout, timeout;
};

/* Counted once while it is open, and once by a request under way. */
struct asking {
    struct list node; /* of the webhook, while it is open */
    struct webhook *webhook;
    struct place place, fallback; /* fallback.url NULL or "": none */
    char *application;
    bool is_event, is_signed;
    json_t *fields;
    webhook_answer_h *answer;
    void *arg;
    bool in_fallback;
    unsigned tries; /* of the URL asked now */
    struct timer timer;
    char *first; /* what came of the first URL, for the final reason */
};

static void try_again(void *arg);

static void destroy(void *obj)
{
    struct asking *asking = obj;

    mem_unref(asking->webhook);
    mem_unref(asking->place.url);
    mem_unref(asking->place.method);
    mem_unref(asking->fallback.url);
    mem_unref(asking->fallback.method);
    mem_unref(asking->application);
    mem_unref(asking->first);
    json_decref(asking->fields);
}

static bool is_open(const struct asking *asking)
{
    return asking->node.next != NULL;
}

/* Answers once, and lets go. */
static void finish(struct asking *asking, json_t *ncco, const char *reason)
{
    list_remove(&asking->node);
    loop_cancel(asking->webhook->conf.control, &asking->timer);
    asking->answer(ncco, reason, asking->arg);
    mem_unref(asking);
}

static const struct place *place_now(const struct asking *asking)
{
    return asking->in_fallback ? &asking->fallback : &asking->place;
}

static const char *url_name(const struct asking *asking)
{
    return asking->in_fallback ? "fallback_answer_url"
           : asking->is_event  ? "event_url"
                               : "answer_url";
}

/* "answer_url http://…: what", after what came of the URL before the fallback. */
static char *reason_of(const struct asking *asking, const char *what)
{
    char *url = request_shown_url(place_now(asking)->url);
    size_t length = strlen(what);
    char *reason;

    length -= length > 0 && what[length - 1] == '.';
    reason =
        mem_printf("%s%s%s %s: %.*s", asking->first ? asking->first : "", asking->first ? "; " : "",
                   url_name(asking), url ? url : "", (int)length, what);
    mem_unref(url);
    return reason;
}

static void refuse(struct asking *asking, const char *what)
{
    char *reason = reason_of(asking, what);

    finish(asking, NULL, reason ? reason : "out of memory");
    mem_unref(reason);
}

/* The flow goes on where an event was asked in vain; not where its fallback says that
 * something is wrong, or where something else came that was meant as an NCCO. */
static bool goes_on(const struct asking *asking, enum trouble trouble)
{
    return asking->is_event &&
           (trouble == TROUBLE_AWAY || (trouble == TROUBLE_STATUS && !asking->in_fallback));
}

static void end(struct asking *asking, const char *what, enum trouble trouble)
{
    char *reason;

    if (!goes_on(asking, trouble)) {
        refuse(asking, what);
        return;
    }
    reason = reason_of(asking, what);
    log_warning("webhook", "asked for an NCCO in vain, the flow goes on: %s",
                reason ? reason : what);
    mem_unref(reason);
    finish(asking, NULL, NULL);
}

/* The fallback. */

/* The fields of the fallback: why, of what, then the original ones. */
static json_t *fallback_fields(const struct asking *asking, const char *why)
{
    json_t *fields = json_object();
    json_t *original = json_pack("{s:s, s:s}", "url", asking->place.url, "type",
                                 asking->is_event ? "event" : "answer");

    if (json_object_set_new(fields, "reason", json_string(why)) ||
        json_object_set_new(fields, "original_request", original) ||
        json_object_update_missing(fields, asking->fields)) {
        json_decref(fields);
        return NULL;
    }
    return fields;
}

static void fall_back(struct asking *asking, const char *why, enum trouble trouble)
{
    json_t *fields;

    if (asking->in_fallback || !asking->fallback.url || !*asking->fallback.url) {
        end(asking, why, trouble);
        return;
    }
    fields = fallback_fields(asking, why);
    asking->first = reason_of(asking, why);
    if (!fields || !asking->first) {
        json_decref(fields);
        end(asking, "out of memory", TROUBLE_AWAY);
        return;
    }
    json_decref(asking->fields);
    asking->fields = fields;
    asking->in_fallback = true;
    asking->tries = 0;
    try_again(asking);
}

/* What came. */

/* An event's reply without an array is none, whatever else it is. */
static bool is_no_ncco(const struct asking *asking, const struct fetch_reply *reply)
{
    const char *text = reply->body + strspn(reply->body, " \t\r\n");

    return asking->is_event && *text != '[';
}

static void take_body(struct asking *asking, const struct fetch_reply *reply)
{
    json_error_t error = {0};
    json_t *ncco;
    char *fault;

    if (is_no_ncco(asking, reply)) {
        finish(asking, NULL, NULL);
        return;
    }
    ncco = json_loadb(reply->body, reply->size, JSON_DECODE_ANY, &error);
    if (json_is_array(ncco)) {
        finish(asking, ncco, NULL);
        return;
    }
    fault = reply_fault(reply, ncco, &error);
    json_decref(ncco);
    fall_back(asking, fault ? fault : "not JSON", TROUBLE_NCCO);
    mem_unref(fault);
}

/* No answer, or "later": worth a second try. */
static bool is_worth_a_try(const struct fetch_reply *reply)
{
    switch (reply->err) {
    case 0:
        return reply->status == 429 || reply->status == 503 || reply->status == 504;
    case EINVAL:
    case EACCES:
    case EMSGSIZE:
    case ECANCELED:
        return false;
    default:
        return true;
    }
}

static void on_reply(const struct fetch_reply *reply, void *arg)
{
    struct asking *asking = arg;
    int status = reply->err ? 0 : reply->status;
    char what[64];

    if (!is_open(asking)) {
        mem_unref(asking);
        return;
    }
    asking->tries++;
    if (status && !destination_is_later(status))
        destination_heard(asking->webhook, place_now(asking)->url);
    if (status >= SUCCESS_FIRST && status <= SUCCESS_LAST) {
        take_body(asking, reply);
    } else if (is_worth_a_try(reply) && asking->tries < TRIES) {
        if (loop_start(asking->webhook->conf.control, &asking->timer, PAUSE, try_again, asking))
            end(asking, "out of memory", TROUBLE_AWAY);
    } else if (status) {
        snprintf(what, sizeof what, "HTTP %d", status);
        fall_back(asking, what, TROUBLE_STATUS);
    } else {
        fall_back(asking, reply->error, reply->err == EMSGSIZE ? TROUBLE_NCCO : TROUBLE_AWAY);
    }
    mem_unref(asking);
}

/* Asking. */

static int send_request(struct asking *asking, const char *body, const char *query)
{
    const struct place *place = place_now(asking);
    char *bearer = NULL;
    int err =
        asking->is_signed ? sign_request(asking->webhook, asking->application, body, &bearer) : 0;
    const char *const headers[] = {"Authorization", bearer, NULL};
    struct fetch_request request = {
        .method = body ? "POST" : "GET",
        .url = body ? place->url : query,
        .trusted = place->trusted,
        .content_type = body ? "application/json" : NULL,
        .body = body,
        .size = body ? strlen(body) : 0,
        .headers = bearer ? headers : NULL,
        .connect_timeout = place->connect_timeout,
        .timeout = place->timeout,
        .limit = REPLY_MOST,
    };

    if (!err) {
        err = fetch_ask(asking->webhook->conf.fetch, &request, asking->webhook->conf.control,
                        on_reply, mem_ref(asking));
        if (err)
            mem_unref(asking);
    }
    mem_unref(bearer);
    return err;
}

static int ask(struct asking *asking)
{
    const struct place *place = place_now(asking);
    bool post = strcasecmp(place->method, "POST") == 0;
    char *body = post ? json_text(asking->fields) : NULL;
    char *query = post ? NULL : request_query_url(place->url, asking->fields);
    int err = body || query ? send_request(asking, body, query) : ENOMEM;

    free(body);
    mem_unref(query);
    return err;
}

static void try_again(void *arg)
{
    struct asking *asking = arg;

    if (ask(asking))
        end(asking, "out of memory", TROUBLE_AWAY);
}

/* The lane's events were told, or it took too long. */
static void begin(void *arg)
{
    struct asking *asking = arg;

    if (is_open(asking))
        try_again(asking);
    mem_unref(asking);
}

static int start(struct asking *asking, const char *lane)
{
    if (lane && *lane) {
        if (lane_watch(asking->webhook, lane, TOLD, begin, mem_ref(asking)) == 0)
            return 0;
        mem_unref(asking); /* without memory for the wait: at once */
    }
    return ask(asking);
}

static unsigned given(unsigned value, unsigned otherwise)
{
    return value ? value : otherwise;
}

static void copy_places(struct asking *asking, const struct webhook_question *question)
{
    asking->place = (struct place){mem_strdup(question->url),
                                   mem_strdup(question->method ? question->method : "GET"),
                                   question->trusted, question->connect_timeout, question->timeout};
    asking->fallback =
        (struct place){mem_strdup(question->fallback_url),
                       mem_strdup(question->fallback_method ? question->fallback_method : "GET"),
                       question->fallback_trusted,
                       given(question->fallback_connect_timeout, question->connect_timeout),
                       given(question->fallback_timeout, question->timeout)};
}

static bool is_complete(const struct asking *asking, const struct webhook_question *question)
{
    return asking->place.url && asking->place.method && asking->fallback.method &&
           asking->application && (asking->fallback.url || !question->fallback_url);
}

int webhook_ask(struct webhook *webhook, const struct webhook_question *question,
                webhook_answer_h *answer, void *arg)
{
    struct asking *asking;
    int err = ENOMEM;

    MAGIC_CHECK(webhook, WEBHOOK_MAGIC);
    if (webhook->stopped)
        return ECANCELED;
    asking = mem_alloc(sizeof *asking, destroy);
    if (!asking)
        return ENOMEM;
    asking->webhook = mem_ref(webhook);
    copy_places(asking, question);
    asking->application = mem_strdup(question->application ? question->application : "");
    asking->is_event = strcmp(question->type, "event") == 0;
    asking->is_signed = question->is_signed;
    asking->fields = json_incref(question->fields);
    asking->answer = answer;
    asking->arg = arg;
    if (is_complete(asking, question))
        err = start(asking, question->lane);
    if (err)
        mem_unref(asking);
    else
        list_append(&webhook->askings, &asking->node);
    return err;
}

void ask_stop_all(struct webhook *webhook)
{
    struct list *node;

    while ((node = list_first(&webhook->askings)))
        refuse(list_entry(node, struct asking, node), "offhook is stopping");
}
