/* leg_history.c: leg:status:update and sip:status, which members made by the members API
 * have in their log. The flow of an NCCO has them not, as recorded. */
#include "conversation/private.h"
#include "base/clock.h"

void history_note(struct member *member, enum leg_status status, int64_t at)
{
    if (!member->legs_told)
        return;
    if (!member->history)
        member->history = json_array();
    json_array_append_new(member->history,
                          json_pack("{s:s,s:o,s:s,s:s}", "status", leg_status_text(status), "date",
                                    iso_time(at), "member_id", member->id, "conversation_id",
                                    member->conversation->id));
}

static const char *reason_of(const struct leg_news *news)
{
    if (news->cause)
        return news->cause->reason ? news->cause->reason : "";
    return news->status == LEG_ANSWERED ? "ok" : "";
}

void history_event(struct member *member, const struct leg_news *news)
{
    const char *status = leg_status_text(news->status);
    bool successful = !leg_status_final(news->status) || news->status == LEG_COMPLETED;

    if (!member->legs_told)
        return;
    history_note(member, news->status, news->at);
    conversation_event(member->conversation, "leg:status:update", member, NULL,
                       json_pack("{s:s,s:s,s:s,s:s,s:{s:s,s:b,s:s},s:O}", "leg_id", member->leg_id,
                                 "type", endpoint_type_text(leg_to(member->leg)->type), "direction",
                                 leg_direction_text(leg_direction_of(member->leg)), "status",
                                 status, "state", "status", status, "successful", successful,
                                 "reason", reason_of(news), "statusHistory", member->history),
                       news->at);
}

void history_charge(struct member *member, const struct leg_news *news)
{
    const struct leg *leg = member->leg;
    int64_t answered = leg_answered(leg);
    int64_t duration = answered && news->at > answered ? (news->at - answered + 999) / 1000 : 0;
    json_t *body;

    if (!member->legs_told)
        return;
    body = json_pack("{s:s,s:s,s:I,s:o,s:o,s:s,s:O,s:o,s:o,s:s,s:s,s:s}", "price", "0.00000000",
                     "rate", "0.00000000", "duration", (json_int_t)duration, "to",
                     endpoint_json(leg_to(leg)), "from", endpoint_json(leg_from(leg)),
                     "network_code", "", "channel", member->channel, "request_time",
                     iso_time(leg_created(leg)), "end_time", iso_time(news->at), "status",
                     leg_status_text(news->status), "direction",
                     leg_direction_of(leg) == LEG_INBOUND ? "in" : "out", "state", reason_of(news));
    if (answered)
        json_object_set_new(body, "start_time", iso_time(answered));
    conversation_event(member->conversation, "sip:status", member, NULL, body, clock_wall_ms());
}
