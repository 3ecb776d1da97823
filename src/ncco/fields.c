/* fields.c: the field sets of status webhooks, in the recorded order, for a call that is
 * up and for one that a run before this one left behind. */
#include "ncco/private.h"
#include "base/clock.h"

#include <stdio.h>

static void set(json_t *fields, const char *name, const char *text)
{
    json_object_set_new(fields, name, text ? json_string(text) : json_null());
}

void fields_time(json_t *fields, const char *name, int64_t at)
{
    char text[CLOCK_ISO];

    clock_iso(text, at);
    set(fields, name, text);
}

/* Whole seconds as the webhooks write them: the answer's second, the length rounded up. */
void facts_end(struct facts *facts, int64_t answered, int64_t end)
{
    facts->start = answered / 1000 * 1000;
    facts->duration = answered && end > answered ? (end - answered + 999) / 1000 : 0;
    facts->end = answered ? facts->start + facts->duration * 1000 : end / 1000 * 1000;
}

/* The fields come in alphabetical order, as recorded; `begin` and `finish` hold what all
 * sets have at their ends. */
static json_t *begin(const struct facts *facts)
{
    json_t *fields = json_object();

    set(fields, "conversation_uuid", facts->conversation);
    set(fields, "direction", facts->direction);
    return fields;
}

static json_t *finish(json_t *fields, const struct facts *facts, const char *status, int64_t at)
{
    if (facts->headers)
        json_object_set(fields, "headers", facts->headers);
    else if (facts->is_extended)
        json_object_set_new(fields, "headers", json_object());
    set(fields, "status", status);
    fields_time(fields, "timestamp", at);
    set(fields, "to", facts->to);
    set(fields, "uuid", facts->uuid);
    return fields;
}

json_t *fields_status(const struct facts *facts, const char *status, const char *detail, int64_t at)
{
    json_t *fields = begin(facts);

    if (detail)
        set(fields, "detail", detail);
    set(fields, "from", facts->from);
    return finish(fields, facts, status, at);
}

json_t *fields_detected(const struct facts *facts, const char *status, const char *sub_state,
                        int64_t at)
{
    json_t *fields = json_object();

    set(fields, "call_uuid", facts->uuid);
    set(fields, "conversation_uuid", facts->conversation);
    set(fields, "from", facts->from);
    set(fields, "status", status);
    if (sub_state)
        set(fields, "sub_state", sub_state);
    fields_time(fields, "timestamp", at);
    set(fields, "to", facts->to);
    set(fields, "uuid", facts->uuid);
    return fields;
}

json_t *fields_answered(const struct facts *facts, int64_t at)
{
    json_t *fields = begin(facts);

    set(fields, "from", facts->from);
    set(fields, "network", NULL);
    set(fields, "rate", NULL);
    set(fields, "start_time", NULL);
    return finish(fields, facts, "answered", at);
}

json_t *fields_completed(const struct facts *facts, int64_t at)
{
    json_t *fields = begin(facts);
    char number[24];

    snprintf(number, sizeof number, "%lld", (long long)facts->duration);
    set(fields, "duration", number);
    fields_time(fields, "end_time", facts->end);
    set(fields, "from", facts->from);
    set(fields, "network", facts->network);
    set(fields, "price", facts->price);
    set(fields, "rate", facts->rate);
    if (facts->start)
        fields_time(fields, "start_time", facts->start);
    return finish(fields, facts, "completed", at);
}

void facts_row(const struct facts *facts, struct store_leg *row)
{
    row->start = facts->start;
    row->end = facts->end;
    row->duration = facts->duration;
    row->rate = facts->rate;
    row->price = facts->price;
    row->network = facts->network;
    row->live = false;
}

void fields_extend(json_t *fields, const struct facts *facts, const char *by, int code,
                   const char *detail)
{
    if (!facts->is_extended)
        return;
    if (by)
        set(fields, "disconnected_by", by);
    if (code)
        json_object_set_new(fields, "sip_code", json_integer(code));
    if (detail)
        set(fields, "detail", detail);
}

void fields_quality(json_t *fields, const struct facts *facts, const struct stream_stats *stats)
{
    if (facts->is_extended && stats && stats->packets_in)
        json_object_set_new(fields, "quality", quality_report(stats));
}
