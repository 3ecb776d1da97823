/* ask.c: asking for an NCCO: a URL twice, then the fallback twice. A second try is
 * made only when the first met no answer, or one that says "later"; the fallback is
 * also asked after an error status and after a reply that is no NCCO. */
#include "webhook/inside.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TRIES = 2, PAUSE = 100 /* [ms] between tries */ };

/* Counted once while it is open, and once by a request under way. */
struct asking {
    struct list node; /* of the webhook, while it is open */
    struct webhook *webhook;
    char *url, *method, *fallback_url;
    bool is_event, trusted, fallback_trusted;
    unsigned connect_timeout, timeout;
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
    mem_unref(asking->url);
    mem_unref(asking->method);
    mem_unref(asking->fallback_url);
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

static const char *url_name(const struct asking *asking)
{
    return asking->in_fallback ? "fallback_answer_url"
           : asking->is_event  ? "event_url"
                               : "answer_url";
}

/* "answer_url http://…: what", after what came of the URL before the fallback. */
static char *reason_of(const struct asking *asking, const char *what)
{
    char *url = request_shown_url(asking->in_fallback ? asking->fallback_url : asking->url);
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

/* The fallback. */

/* The fields of the fallback: why, of what, then the original ones. */
static json_t *fallback_fields(const struct asking *asking, const char *why)
{
    json_t *fields = json_object();
    json_t *original =
        json_pack("{s:s, s:s}", "url", asking->url, "type", asking->is_event ? "event" : "answer");

    if (json_object_set_new(fields, "reason", json_string(why)) ||
        json_object_set_new(fields, "original_request", original) ||
        json_object_update_missing(fields, asking->fields)) {
        json_decref(fields);
        return NULL;
    }
    return fields;
}

static void fall_back(struct asking *asking, const char *why)
{
    json_t *fields;

    if (asking->in_fallback || !asking->fallback_url || !*asking->fallback_url) {
        refuse(asking, why);
        return;
    }
    fields = fallback_fields(asking, why);
    asking->first = reason_of(asking, why);
    if (!fields || !asking->first) {
        json_decref(fields);
        refuse(asking, why);
        return;
    }
    json_decref(asking->fields);
    asking->fields = fields;
    asking->in_fallback = true;
    asking->tries = 0;
    try_again(asking);
}

/* What came. */

static const char *type_name(const json_t *json)
{
    return json_is_object(json)    ? "an object"
           : json_is_string(json)  ? "a text"
           : json_is_number(json)  ? "a number"
           : json_is_boolean(json) ? "a boolean"
                                   : "null";
}

static bool is_html(const struct fetch_reply *reply)
{
    const char *text = reply->body + strspn(reply->body, " \t\r\n");

    return *text == '<' || strncasecmp(reply->content_type, "text/html", 9) == 0;
}

/* Why the body is no NCCO. */
static char *fault_of(const struct fetch_reply *reply, const json_t *json,
                      const json_error_t *error)
{
    char mark = error->position > 0 && (size_t)error->position <= reply->size
                    ? reply->body[error->position - 1]
                    : '\0';

    if (json)
        return mem_printf("not a JSON array but %s", type_name(json));
    if (reply->size == 0)
        return mem_strdup("the reply is empty");
    if (is_html(reply))
        return mem_strdup("HTML, not JSON");
    if (mark > ' ' && mark < 0x7f)
        return mem_printf("not JSON: '%c' at %d:%d", mark, error->line, error->column);
    return mem_printf("not JSON: line %d, column %d", error->line, error->column);
}

/* An event's reply without an array is none, whatever else it is. */
static bool is_no_ncco(const struct asking *asking, const struct fetch_reply *reply)
{
    const char *text = reply->body + strspn(reply->body, " \t\r\n");

    return asking->is_event && (reply->status != 200 || *text != '[');
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
    fault = fault_of(reply, ncco, &error);
    json_decref(ncco);
    fall_back(asking, fault ? fault : "not JSON");
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
    if (status == 200 || (asking->is_event && status > 200 && status <= 205)) {
        take_body(asking, reply);
    } else if (is_worth_a_try(reply) && asking->tries < TRIES) {
        if (loop_start(asking->webhook->conf.control, &asking->timer, PAUSE, try_again, asking))
            refuse(asking, "out of memory");
    } else if (status > 200 && status < 300) {
        fall_back(asking, "HTTP 200 and an NCCO are wanted");
    } else {
        snprintf(what, sizeof what, "HTTP %d", status);
        fall_back(asking, status ? what : reply->error);
    }
    mem_unref(asking);
}

/* Asking. */

static int ask(struct asking *asking)
{
    bool post = !asking->in_fallback && strcasecmp(asking->method, "POST") == 0;
    const char *url = asking->in_fallback ? asking->fallback_url : asking->url;
    char *body = post ? json_dumps(asking->fields, JSON_COMPACT) : NULL;
    char *query = post ? NULL : request_query_url(url, asking->fields);
    struct fetch_request request = {
        .method = post ? "POST" : "GET",
        .url = post ? url : query,
        .trusted = asking->in_fallback ? asking->fallback_trusted : asking->trusted,
        .content_type = post ? "application/json" : NULL,
        .body = body,
        .size = body ? strlen(body) : 0,
        .connect_timeout = asking->connect_timeout,
        .timeout = asking->timeout,
        .limit = REPLY_MOST,
    };
    int err = ENOMEM;

    if (body || query)
        err = fetch_ask(asking->webhook->conf.fetch, &request, asking->webhook->conf.control,
                        on_reply, mem_ref(asking));
    if (err && (body || query))
        mem_unref(asking);
    free(body);
    mem_unref(query);
    return err;
}

static void try_again(void *arg)
{
    struct asking *asking = arg;

    if (ask(asking))
        refuse(asking, "out of memory");
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
    asking->url = mem_strdup(question->url);
    asking->method = mem_strdup(question->method ? question->method : "GET");
    asking->fallback_url = mem_strdup(question->fallback_url);
    asking->is_event = strcmp(question->type, "event") == 0;
    asking->trusted = question->trusted;
    asking->fallback_trusted = question->fallback_trusted;
    asking->connect_timeout = question->connect_timeout;
    asking->timeout = question->timeout;
    asking->fields = json_incref(question->fields);
    asking->answer = answer;
    asking->arg = arg;
    if (asking->url && asking->method && (asking->fallback_url || !question->fallback_url))
        err = ask(asking);
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
