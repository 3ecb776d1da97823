/* notice.c: what the application is told of a call: status webhooks through the outbox,
 * in order within a leg; and the leg's row in the store, written beside them. */
#include "ncco/private.h"
#include "base/clock.h"
#include "base/log.h"
#include "json/text.h"
#include "leg/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* `from` and `to` of webhooks: a number, or a SIP URI. */
const char *notice_name(const struct endpoint *end)
{
    return end->address;
}

void notice_send(struct calls *calls, const struct application *application,
                 struct webhook_event *event)
{
    const struct conf_application *conf = application ? application_conf(application) : NULL;
    int err;

    event->is_signed = conf && conf->voice.is_signed;
    if (!event->url && conf) {
        event->url = conf->voice.event_url;
        event->method = conf->voice.event_method;
        event->trusted = application_is_configured(application);
        event->connect_timeout = conf->voice.event_wait.connect;
        event->timeout = conf->voice.event_wait.reply;
    }
    if (event->url && *event->url) {
        err = webhook_emit(calls->webhook, event);
        if (err)
            log_error("ncco", "webhook lost id=%s: %s", event->lane, strerror(err));
    }
    json_decref(event->fields);
}

void notice_told(struct call *call, json_t *fields)
{
    struct webhook_event event = {
        .application = application_id(call->application),
        .lane = leg_id(call->leg),
        .url = call->event_url,
        .method = call->event_method ? call->event_method : "POST",
        .fields = fields,
    };

    notice_send(call->calls, call->application, &event);
}

static const char *conversation_of(const struct call *call)
{
    return call->member ? conversation_id(member_conversation(call->member)) : ""; /* it knocks */
}

const struct endpoint *notice_far(const struct leg *leg)
{
    return leg_direction_of(leg) == LEG_INBOUND ? leg_from(leg) : leg_to(leg);
}

/* Headers that statuses echo: of the INVITE, or of the endpoint that was dialled. */

bool notice_is_custom(const struct ua_header *header)
{
    return strncasecmp(header->name, "X-", 2) == 0 &&
           strncasecmp(header->name, "X-Nexmo", 7) != 0 &&
           strncasecmp(header->name, "X-Vonage", 8) != 0;
}

static json_t *invite_headers(const struct dialog_invite *invite)
{
    json_t *headers = NULL;

    for (unsigned i = 0; invite && i < invite->header_count; i++) {
        if (!notice_is_custom(&invite->headers[i]))
            continue;
        if (!headers)
            headers = json_object();
        json_object_set_new(headers, invite->headers[i].name,
                            json_string(invite->headers[i].value));
    }
    return headers;
}

void notice_keep_headers(struct call *call, const json_t *endpoint)
{
    const json_t *headers = json_object_get(endpoint, "headers");

    if (!call->headers && json_object_size(headers))
        call->headers = json_deep_copy(headers);
}

static struct facts facts_of(struct call *call)
{
    if (!call->headers)
        call->headers = invite_headers(leg_invite(call->leg));
    return (struct facts){
        .conversation = conversation_of(call),
        .direction = leg_direction_text(leg_direction_of(call->leg)),
        .from = notice_name(leg_from(call->leg)),
        .to = notice_name(leg_to(call->leg)),
        .uuid = leg_id(call->leg),
        .headers = call->headers,
        .is_extended = bridge_config(call->calls->bridge)->webhook.is_extended,
    };
}

/* The same of a leg that has ended. */
static struct facts last_facts_of(struct call *call, int64_t at)
{
    const struct endpoint *far = notice_far(call->leg);
    struct facts facts = facts_of(call);

    facts_end(&facts, leg_answered(call->leg), at);
    facts_price(&facts, bridge_config(call->calls->bridge),
                far->type == ENDPOINT_PHONE ? far->address : NULL);
    return facts;
}

/* The text of a value that is not needed any more; free() it. */
static char *take_text(json_t *value)
{
    char *text = value ? json_text(value) : NULL;

    json_decref(value);
    return text;
}

/* Whatever else replies and recovery need. */
static json_t *detail_json(const struct call *call, const struct leg_news *final, json_t *asked)
{
    json_t *detail = json_object();

    if (call->event_url) {
        json_object_set_new(detail, "event_url", json_string(call->event_url));
        if (call->event_method)
            json_object_set_new(detail, "event_method", json_string(call->event_method));
    }
    if (call->headers)
        json_object_set(detail, "headers", call->headers);
    if (final) {
        json_object_set_new(detail, "sip_code", json_integer(final->sip_code));
        json_object_set_new(detail, "reason", json_string(final->cause->reason));
        json_object_set_new(detail, "disconnected_by",
                            json_string(final->remote ? "user" : "platform"));
        if (final->stats && final->stats->packets_in)
            json_object_set_new(detail, "quality", quality_report(final->stats));
    }
    if (asked)
        json_object_set(detail, "asked", asked);
    return detail;
}

/* asked: what the application is asked about its end; until that is answered a crash leaves it to
 * recovery to tell. NULL: nothing. */
static void save(struct call *call, const char *status, const struct leg_news *final, json_t *asked)
{
    const struct leg *leg = call->leg;
    struct facts facts = final ? last_facts_of(call, final->at) : facts_of(call);
    char *from = take_text(endpoint_json(leg_from(leg))),
         *to = take_text(endpoint_json(leg_to(leg)));
    char *detail = take_text(detail_json(call, final, asked));
    struct store_leg row = {
        .id = leg_id(leg),
        .application = application_id(call->application),
        .conversation = facts.conversation,
        .type = endpoint_type_text(leg_to(leg)->type),
        .direction = facts.direction,
        .status = status,
        .from = from,
        .to = to,
        .detail = detail,
        .created = leg_created(leg),
        .start = leg_answered(leg) / 1000 * 1000,
        .duration = -1,
        .live = true,
    };
    int err;

    if (final)
        facts_row(&facts, &row);
    row.live = row.live || asked;
    err = store_leg_put(bridge_store(call->calls->bridge), &row);
    if (err)
        log_error("ncco", "row lost id=%s status=%s: %s", row.id, status, strerror(err));
    free(from);
    free(to);
    free(detail);
}

/* The leg's row and the webhook that tells of it become durable together: what a restart
 * reads in the row, the application has been told or will be. */
static void record(struct call *call, enum leg_status status, const struct leg_news *final,
                   json_t *fields)
{
    struct store *store = bridge_store(call->calls->bridge);

    store_together(store);
    save(call, leg_status_text(status), final, NULL);
    notice_told(call, fields);
    store_together_end(store);
}

/* A status that has the common fields only. */
static void tell(struct call *call, enum leg_status status, int64_t at)
{
    struct facts facts = facts_of(call);

    record(call, status, NULL, fields_status(&facts, leg_status_text(status), NULL, at));
}

void notice_started(struct call *call, int64_t at)
{
    call->started_told = true;
    tell(call, LEG_STARTED, at);
}

void notice_ringing(struct call *call, int64_t at)
{
    if (!call->started_told)
        notice_started(call, at);
    tell(call, LEG_RINGING, at);
}

void notice_answered(struct call *call, int64_t at)
{
    struct facts facts = facts_of(call);

    if (!call->started_told)
        notice_started(call, at);
    record(call, LEG_ANSWERED, NULL, fields_answered(&facts, at));
}

void notice_final(struct call *call, const struct leg_news *news)
{
    bool completed = news->status == LEG_COMPLETED;
    struct facts facts;
    json_t *fields;

    if (!call->started_told)
        notice_started(call, news->at);
    facts = last_facts_of(call, news->at);
    fields = completed ? fields_completed(&facts, news->at)
                       : fields_status(&facts, leg_status_text(news->status), news->cause->detail,
                                       news->at);
    if (news->status == LEG_DISCONNECTED)
        json_object_del(fields, "direction"); /* as the Voice API tells it */
    fields_extend(fields, &facts, completed ? news->remote ? "user" : "platform" : NULL,
                  news->sip_code, news->cause->detail);
    fields_quality(fields, &facts, news->stats);
    if (outcome_is_asked(call, news->status)) {
        save(call, leg_status_text(news->status), news, fields);
        outcome_ask(call, fields);
    } else {
        record(call, news->status, news, fields);
    }
}

void notice_detected(struct call *call, enum leg_status status, const char *sub_state)
{
    struct facts facts = facts_of(call);
    json_t *fields = fields_detected(&facts, leg_status_text(status), sub_state, clock_wall_ms());

    if (outcome_is_asked(call, status)) {
        save(call, leg_status_text(status), NULL, NULL);
        outcome_ask(call, fields);
    } else {
        record(call, status, NULL, fields);
    }
}

void notice_error(struct call *call, const char *reason)
{
    char text[NCCO_REASON + 80];
    json_t *fields = json_pack("{s:s,s:s}", "reason", text_keep(text, sizeof text, reason),
                               "conversation_uuid", conversation_of(call));

    fields_time(fields, "timestamp", clock_wall_ms());
    json_object_set_new(fields, "uuid", json_string(leg_id(call->leg)));
    notice_told(call, fields);
}

void notice_moved(struct call *call, struct conversation *from)
{
    json_t *fields = json_pack("{s:s,s:s,s:s,s:s}", "conversation_uuid_from", conversation_id(from),
                               "conversation_uuid_to", conversation_of(call), "uuid",
                               leg_id(call->leg), "type", "transfer");

    fields_time(fields, "timestamp", clock_wall_ms());
    record(call, leg_status_of(call->leg), NULL, fields);
}
