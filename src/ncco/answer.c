/* answer.c: where a flow comes from: the application's static NCCO, or the answer
 * webhook with its fallback. */
#include "ncco/private.h"
#include "base/log.h"
#include "base/mem.h"

#include <string.h>
#include <strings.h>

enum { FORWARD_S = 120 /* that all its URIs have together */ };
enum { USER_TO_USER = 256 };

static const char *placeholder(const char *text, const struct leg *leg, size_t *length)
{
    static const char *const names[] = {"{to}", "{from}", "{uuid}"};
    const char *values[] = {notice_name(leg_to(leg)), notice_name(leg_from(leg)), leg_id(leg)};

    for (int i = 0; i < 3; i++) {
        *length = strlen(names[i]);
        if (strncmp(text, names[i], *length) == 0)
            return values[i];
    }
    return NULL;
}

static char *fill_text(const char *text, const struct leg *leg)
{
    size_t size = 1, length;
    const char *value;
    char *out, *to;

    for (const char *at = text; *at; at++) {
        value = *at == '{' ? placeholder(at, leg, &length) : NULL;
        size += value ? strlen(value) : 1;
    }
    to = out = mem_alloc(size, NULL);
    for (const char *at = text; out && *at;) {
        value = *at == '{' ? placeholder(at, leg, &length) : NULL;
        if (value) {
            to = stpcpy(to, value);
            at += length;
        } else {
            *to++ = *at++;
        }
    }
    return out;
}

/* Fills {to}, {from} and {uuid} into every string of the value. */
static json_t *fill(const json_t *value, const struct leg *leg)
{
    json_t *copy, *item;
    const char *key;
    size_t i;
    char *text;

    if (json_is_string(value)) {
        text = fill_text(json_string_value(value), leg);
        copy = json_string(text ? text : "");
        mem_unref(text);
        return copy;
    }
    if (json_is_array(value)) {
        copy = json_array();
        json_array_foreach (value, i, item)
            json_array_append_new(copy, fill(item, leg));
        return copy;
    }
    if (json_is_object(value)) {
        copy = json_object();
        json_object_foreach ((json_t *)value, key, item)
            json_object_set_new(copy, key, fill(item, leg));
        return copy;
    }
    return json_copy((json_t *)value);
}

json_t *call_fill(const char *ncco, const struct leg *leg)
{
    json_t *value = json_loads(ncco, 0, NULL);
    json_t *filled = value ? fill(value, leg) : NULL;

    json_decref(value);
    return filled;
}

/* X- headers of the INVITE, but not the vendor's own; and User-to-User. */
static bool is_told(const struct ua_header *header)
{
    return notice_is_custom(header) ||
           (strcasecmp(header->name, "User-to-User") == 0 && strlen(header->value) <= USER_TO_USER);
}

/* Who was called first, where the trunk is believed. */
static void add_diversion(json_t *fields, const struct leg *leg, const struct dialog_invite *invite)
{
    const struct conf_trunk *trunk = leg_trunk(leg);
    char number[128];

    if (!invite || !trunk || !trunk->trust || !invite->diverted || !*invite->diverted)
        return;
    if (!conf_rewrite(trunk->inbound, trunk->inbound_count, invite->diverted, number,
                      sizeof number))
        return;
    json_object_set_new(fields, "SipHeader_Diversion", json_string(number));
}

static void add_headers(json_t *fields, const struct leg *leg)
{
    const struct dialog_invite *invite = leg_invite(leg);

    for (unsigned i = 0; invite && i < invite->header_count; i++) {
        const struct ua_header *header = &invite->headers[i];
        char *name = is_told(header) ? mem_printf("SipHeader_%s", header->name) : NULL;

        if (name)
            json_object_set_new(fields, name, json_string(header->value));
        mem_unref(name);
    }
    add_diversion(fields, leg, invite);
}

/* Where our REST API is, when we can know it. */
static void add_region(json_t *fields, const struct conf *conf)
{
    const struct conf_listen *listen = &conf->http.listen;
    bool six = strchr(listen->host, ':') != NULL;
    bool any = strcmp(listen->host, "0.0.0.0") == 0 || strcmp(listen->host, "::") == 0;
    char *url = NULL;

    if (conf->http.public_url && *conf->http.public_url)
        url = mem_strdup(conf->http.public_url);
    else if (*listen->host && listen->port && !any)
        url = mem_printf("http%s://%s%s%s:%u",
                         conf->http.tls.certificate && *conf->http.tls.certificate ? "s" : "",
                         six ? "[" : "", listen->host, six ? "]" : "", listen->port);
    if (url)
        json_object_set_new(fields, "region_url", json_string(url));
    mem_unref(url);
}

/* A GET has what was recorded, in that order; what came later only when it is wanted. */
static json_t *question_fields(const struct call *call, const char *method)
{
    const struct conf *conf = bridge_config(call->calls->bridge);
    json_t *fields =
        json_pack("{s:s,s:s,s:s,s:s}", "to", notice_name(leg_to(call->leg)),
                  leg_from(call->leg)->type == ENDPOINT_APP ? "from_user" : "from",
                  notice_name(leg_from(call->leg)), "conversation_uuid",
                  conversation_id(member_conversation(call->member)), "uuid", leg_id(call->leg));

    if (conf->webhook.is_extended || (method && strcasecmp(method, "POST") == 0)) {
        add_region(fields, conf);
        json_object_set_new(fields, "endpoint_type",
                            json_string(endpoint_type_text(notice_far(call->leg)->type)));
    }
    add_headers(fields, call->leg);
    return fields;
}

/* The application's own limit, or that of all. */
static unsigned limit(unsigned own, unsigned common)
{
    return own ? own : common;
}

/* How long the URL may take: the application has limits for its own URLs only. */
static struct conf_wait wait_of(const struct conf_application *app, const char *url, bool is_event)
{
    const char *own = !app ? NULL : is_event ? app->voice.event_url : app->voice.answer_url;

    if (!own || !*own || strcmp(url, own) != 0)
        return (struct conf_wait){0};
    return is_event ? app->voice.event_wait : app->voice.answer_wait;
}

void call_prepare_question(const struct call *call, struct webhook_question *question)
{
    const struct conf_application *app = application_conf(call->application);
    const struct conf *conf = bridge_config(call->calls->bridge);
    bool is_event = strcmp(question->type, "event") == 0;
    unsigned reply = is_event ? conf->webhook.event_timeout : conf->webhook.answer_timeout;
    struct conf_wait wait = wait_of(app, question->url, is_event);
    struct conf_wait fallback = app ? app->voice.fallback_answer_wait : (struct conf_wait){0};

    question->fallback_url = app ? app->voice.fallback_answer_url : NULL;
    question->fallback_method = app ? app->voice.fallback_answer_method : NULL;
    question->fallback_trusted = application_is_configured(call->application);
    question->connect_timeout = limit(wait.connect, conf->webhook.connect_timeout);
    question->timeout = limit(wait.reply, reply);
    question->fallback_connect_timeout = limit(fallback.connect, conf->webhook.connect_timeout);
    question->fallback_timeout = limit(fallback.reply, conf->webhook.answer_timeout);
    question->application = application_id(call->application);
    question->is_signed = app && app->voice.is_signed;
    question->lane = leg_id(call->leg); /* the application hears of the call before */
}

struct asking {
    struct call *call; /* our reference */
    unsigned turn;
};

void call_refuse(struct call *call, const char *reason)
{
    log_info("ncco", "no NCCO id=%s: %s", leg_id(call->leg), reason);
    notice_error(call, reason);
    leg_hangup(call->leg, leg_cause_sip(503));
}

static void on_answer(json_t *ncco, const char *reason, void *arg)
{
    struct asking *asking = arg;
    struct call *call = asking->call;

    if (call->member && call->turn == asking->turn && !leg_ending(call->leg)) {
        if (ncco)
            call_run(call, ncco);
        else
            call_refuse(call, reason);
    }
    json_decref(ncco);
    mem_unref(call);
    mem_unref(asking);
}

void call_ask_url(struct call *call, const char *url, const char *method, bool trusted)
{
    struct asking *asking = mem_alloc(sizeof *asking, NULL);
    struct webhook_question question = {
        .type = "answer",
        .url = url,
        .method = method,
        .trusted = trusted,
        .fields = question_fields(call, method),
    };

    call_prepare_question(call, &question);
    if (!asking) {
        call_refuse(call, "out of memory");
    } else {
        asking->call = mem_ref(call);
        asking->turn = call->turn;
        if (webhook_ask(call->calls->webhook, &question, on_answer, asking))
            on_answer(NULL, "the question could not be asked", asking);
    }
    json_decref(question.fields);
}

/* Where the called number goes on to; NULL: nowhere. */
static const char *forward_of(const struct call *call)
{
    const struct conf_application *conf = application_conf(call->application);

    return conf && leg_direction_of(call->leg) == LEG_INBOUND
               ? conf_forward_of(conf, leg_to(call->leg)->address)
               : NULL;
}

static void forward(struct call *call, const char *uris)
{
    json_decref(call->forwarding);
    call->forwarding = json_pack("[{s:s,s:i,s:[{s:s,s:s}]}]", "action", "connect", "timeout",
                                 FORWARD_S, "endpoint", "type", "sip", "uri", uris);
    if (call->forwarding)
        call_run(call, call->forwarding);
    else
        call_refuse(call, "out of memory");
}

void call_ask(struct call *call)
{
    const struct conf_application *conf = application_conf(call->application);
    const char *uris = forward_of(call);
    json_t *ncco;

    if (leg_ending(call->leg))
        return;
    if (uris) {
        forward(call, uris);
    } else if (call->answer_ncco) {
        call_run(call, call->answer_ncco);
    } else if (call->answer_url) {
        call_ask_url(call, call->answer_url, call->answer_method, false);
    } else if (conf && test_run(call)) {
        return;
    } else if (conf && *conf->voice.ncco) {
        ncco = call_fill(conf->voice.ncco, call->leg);
        call_run(call, ncco);
        json_decref(ncco);
    } else if (conf && *conf->voice.answer_url) {
        call_ask_url(call, conf->voice.answer_url, conf->voice.answer_method,
                     application_is_configured(call->application));
    } else {
        call_refuse(call, "the application has no answer_url and no ncco any more");
    }
}
