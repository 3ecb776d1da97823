/* json_leg.c: a leg as the Conversation API writes it. Prices and durations are numbers here
 * (texts in the Voice API); times are whole seconds, "" until they are known. */
#include "api/private.h"
#include "base/clock.h"
#include "base/mem.h"

#include <stdlib.h>

static json_t *endpoint_of(const json_t *row, const char *name)
{
    json_t *end = json_object_get(row, name);

    return end ? json_incref(end) : json_object();
}

static void set_whole_time(json_t *leg, const char *name, const json_t *row, const char *column)
{
    int64_t at = json_integer_value(json_object_get(row, column));
    char text[CLOCK_ISO] = "";

    if (at)
        clock_iso(text, at / 1000 * 1000);
    json_object_set_new(leg, name, json_string(text));
}

static void set_number(json_t *leg, const json_t *row, const char *name)
{
    const char *text = json_string_value(json_object_get(row, name));

    if (text)
        json_object_set_new(leg, name, json_real(strtod(text, NULL)));
}

static void set_outcome(json_t *leg, const json_t *row)
{
    json_int_t duration = json_integer_value(json_object_get(row, "duration"));
    json_t *network = json_object_get(row, "network");

    if (json_is_true(json_object_get(row, "live")))
        return;
    if (duration >= 0)
        json_object_set_new(leg, "duration", json_integer(duration));
    set_number(leg, row, "rate");
    set_number(leg, row, "price");
    if (json_is_string(network))
        json_object_set(leg, "network", network);
}

json_t *leg_json(const struct api_request *request, const json_t *row)
{
    bool beta = request->family == API_BETA;
    char *href = api_href(request, "legs/%s", api_row_text(row, "id"));
    json_t *leg =
        json_pack("{s:s,s:s,s:s,s:s,s:s,s:o,s:o}", beta ? "uuid" : "id", api_row_text(row, "id"),
                  "type", api_row_text(row, "type"), beta ? "conversation_uuid" : "conversation_id",
                  api_row_text(row, "conversation"), "status", api_row_text(row, "status"),
                  "direction", api_row_text(row, "direction"), "from", endpoint_of(row, "from"),
                  "to", endpoint_of(row, "to"));

    set_whole_time(leg, "start_time", row, "start");
    set_whole_time(leg, "end_time", row, "end");
    set_outcome(leg, row);
    json_object_set_new(leg, "_links", json_pack("{s:{s:s}}", "self", "href", href ? href : ""));
    mem_unref(href);
    return leg;
}
