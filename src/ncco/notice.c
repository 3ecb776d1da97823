/* notice.c: what the application is told of a call: status webhooks in the recorded
 * field sets, through the outbox, in order within a leg; and the leg's row in the
 * store, written beside them. */
#include "ncco/private.h"
#include "base/clock.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NO_PRICE "0.00000000"

/* `from` and `to` of webhooks: a number, or a SIP URI. */
const char *notice_name(const struct endpoint *end)
{
    return end->address;
}

static void emit(struct call *call, json_t *fields)
{
    const struct conf_application *conf = application_conf(call->application);
    struct webhook_event event = {
        .application = application_id(call->application),
        .lane = leg_id(call->leg),
        .url = call->event_url,
        .method = call->event_method ? call->event_method : "POST",
        .is_signed = conf && conf->voice.is_signed,
        .fields = fields,
    };

    if (!event.url && conf) {
        event.url = conf->voice.event_url;
        event.method = conf->voice.event_method;
        event.trusted = true;
    }
    if (event.url && *event.url)
        webhook_emit(call->calls->webhook, &event);
    json_decref(fields);
}

static void set_time(json_t *fields, const char *name, int64_t at)
{
    char text[CLOCK_ISO];

    clock_iso(text, at);
    json_object_set_new(fields, name, json_string(text));
}

static const char *conversation_of(const struct call *call)
{
    return conversation_id(member_conversation(call->member));
}

/* The fields common to all status events come in alphabetical order, as recorded. */
static json_t *status_fields(const struct call *call, const char *status, int64_t at, json_t *extra)
{
    json_t *fields = json_object();

    json_object_set_new(fields, "conversation_uuid", json_string(conversation_of(call)));
    json_object_set_new(fields, "direction",
                        json_string(leg_direction_text(leg_direction_of(call->leg))));
    if (extra)
        json_object_update(fields, extra);
    json_object_set_new(fields, "from", json_string(notice_name(leg_from(call->leg))));
    json_object_set_new(fields, "status", json_string(status));
    set_time(fields, "timestamp", at);
    json_object_set_new(fields, "to", json_string(notice_name(leg_to(call->leg))));
    json_object_set_new(fields, "uuid", json_string(leg_id(call->leg)));
    json_decref(extra);
    return fields;
}

static json_t *end_json(const struct endpoint *end)
{
    if (end->type == ENDPOINT_SIP)
        return json_pack("{s:s,s:s}", "type", "sip", "uri", end->address);
    return json_pack("{s:s,s:s}", "type", "phone", "number", end->address);
}

/* Whole seconds as the webhooks write them: the answer's second, the length rounded up. */
static int64_t seconds(const struct call *call, int64_t end, int64_t *start)
{
    int64_t answered = leg_answered(call->leg);

    *start = answered / 1000 * 1000;
    return answered ? (end - answered + 999) / 1000 : 0;
}

static void save(const struct call *call, const char *status, const struct leg_news *final)
{
    const struct leg *leg = call->leg;
    json_t *from = end_json(leg_from(leg)), *to = end_json(leg_to(leg));
    json_t *detail = json_object();
    char *from_text = json_dumps(from, JSON_COMPACT), *to_text = json_dumps(to, JSON_COMPACT);
    char *detail_text;
    struct store_leg row = {
        .id = leg_id(leg),
        .application = application_id(call->application),
        .conversation = conversation_of(call),
        .type = leg_to(leg)->type == ENDPOINT_SIP ? "sip" : "phone",
        .direction = leg_direction_text(leg_direction_of(leg)),
        .status = status,
        .from = from_text,
        .to = to_text,
        .created = leg_created(leg),
        .duration = -1,
        .live = !final,
    };

    if (call->event_url) {
        json_object_set_new(detail, "event_url", json_string(call->event_url));
        json_object_set_new(detail, "event_method", json_string(call->event_method));
    }
    if (final) {
        json_object_set_new(detail, "sip_code", json_integer(final->sip_code));
        json_object_set_new(detail, "reason", json_string(final->cause->reason));
        json_object_set_new(detail, "disconnected_by",
                            json_string(final->remote ? "user" : "platform"));
    }
    detail_text = json_dumps(detail, JSON_COMPACT);
    row.detail = detail_text;
    if (leg_answered(leg))
        row.start = leg_answered(leg) / 1000 * 1000;
    if (final) {
        row.duration = seconds(call, final->at, &row.start);
        row.end = row.start ? row.start + row.duration * 1000 : final->at;
        row.rate = row.price = NO_PRICE;
        row.network = "";
    }
    store_leg_put(bridge_store(call->calls->bridge), &row);
    free(from_text);
    free(to_text);
    free(detail_text);
    json_decref(from);
    json_decref(to);
    json_decref(detail);
}

void notice_started(struct call *call, int64_t at)
{
    call->started_told = true;
    save(call, "started", NULL);
    emit(call, status_fields(call, "started", at, NULL));
}

void notice_ringing(struct call *call, int64_t at)
{
    if (!call->started_told)
        notice_started(call, at);
    save(call, "ringing", NULL);
    emit(call, status_fields(call, "ringing", at, NULL));
}

void notice_answered(struct call *call, int64_t at)
{
    json_t *fields;

    if (!call->started_told)
        notice_started(call, at);
    save(call, "answered", NULL);
    fields = json_pack("{s:s,s:s,s:s,s:n,s:n,s:n,s:s,s:s,s:s}", "conversation_uuid",
                       conversation_of(call), "direction",
                       leg_direction_text(leg_direction_of(call->leg)), "from",
                       notice_name(leg_from(call->leg)), "network", "rate", "start_time", "status",
                       "answered", "timestamp", "", "to", notice_name(leg_to(call->leg)));
    set_time(fields, "timestamp", at);
    json_object_set_new(fields, "uuid", json_string(leg_id(call->leg)));
    emit(call, fields);
}

static json_t *completed_fields(struct call *call, const struct leg_news *news)
{
    int64_t start, duration = seconds(call, news->at, &start);
    json_t *fields = json_object();
    char number[24];

    snprintf(number, sizeof number, "%lld", (long long)duration);
    json_object_set_new(fields, "conversation_uuid", json_string(conversation_of(call)));
    json_object_set_new(fields, "direction",
                        json_string(leg_direction_text(leg_direction_of(call->leg))));
    json_object_set_new(fields, "duration", json_string(number));
    set_time(fields, "end_time", start ? start + duration * 1000 : news->at / 1000 * 1000);
    json_object_set_new(fields, "from", json_string(notice_name(leg_from(call->leg))));
    json_object_set_new(fields, "network", json_string(""));
    json_object_set_new(fields, "price", json_string(NO_PRICE));
    json_object_set_new(fields, "rate", json_string(NO_PRICE));
    if (start)
        set_time(fields, "start_time", start);
    json_object_set_new(fields, "status", json_string("completed"));
    set_time(fields, "timestamp", news->at);
    json_object_set_new(fields, "to", json_string(notice_name(leg_to(call->leg))));
    json_object_set_new(fields, "uuid", json_string(leg_id(call->leg)));
    return fields;
}

void notice_final(struct call *call, const struct leg_news *news)
{
    struct store *store = bridge_store(call->calls->bridge);
    json_t *detail = NULL;

    if (!call->started_told)
        notice_started(call, news->at);
    /* a leg whose row says that it has ended is never looked at again: its last webhook
     * is durable with the row or not at all */
    store_together(store);
    save(call, leg_status_text(news->status), news);
    if (news->status == LEG_COMPLETED) {
        emit(call, completed_fields(call, news));
    } else {
        if (news->cause->detail)
            detail = json_pack("{s:s}", "detail", news->cause->detail);
        emit(call, status_fields(call, leg_status_text(news->status), news->at, detail));
    }
    store_together_end(store);
}

void notice_error(struct call *call, const char *reason)
{
    json_t *fields =
        json_pack("{s:s,s:s}", "reason", reason, "conversation_uuid", conversation_of(call));

    set_time(fields, "timestamp", clock_wall_ms());
    json_object_set_new(fields, "uuid", json_string(leg_id(call->leg)));
    emit(call, fields);
}

void notice_moved(struct call *call, struct conversation *from)
{
    json_t *fields = json_pack("{s:s,s:s,s:s,s:s}", "conversation_uuid_from", conversation_id(from),
                               "conversation_uuid_to", conversation_of(call), "uuid",
                               leg_id(call->leg), "type", "transfer");

    set_time(fields, "timestamp", clock_wall_ms());
    save(call, leg_status_text(leg_status_of(call->leg)), NULL);
    emit(call, fields);
}
