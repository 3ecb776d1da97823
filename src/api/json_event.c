/* json_event.c: an event as each family writes it. */
#include "api/events.h"
#include "base/clock.h"
#include "base/mem.h"

static void set_href(const struct api_request *request, const char *conversation, json_int_t id,
                     json_t *object)
{
    char *href = api_href(request, "conversations/%s/events/%lld", conversation, (long long)id);

    json_object_set_new(object, "href", json_string(href ? href : ""));
    mem_unref(href);
}

static json_t *body_of(const json_t *row)
{
    json_t *body = json_object_get(row, "body");

    return json_is_object(body) ? json_incref(body) : json_object();
}

/* Keys in the recorded order; one that is not stored has no id, and no place of its own. */
static json_t *beta(const struct api_request *request, const char *conversation, const json_t *row)
{
    json_int_t id = json_integer_value(json_object_get(row, "id"));
    json_t *event = json_object();

    if (id)
        json_object_set_new(event, "id", json_integer(id));
    json_object_set_new(event, "type", json_string(api_row_text(row, "type")));
    json_object_set_new(event, "from", json_string(api_row_text(row, "from")));
    json_object_set_new(event, "to", json_string(api_row_text(row, "to")));
    json_object_set_new(event, "body", body_of(row));
    json_object_set_new(event, "state", json_string(""));
    json_set_time(event, "timestamp", json_integer_value(json_object_get(row, "timestamp")));
    if (id)
        set_href(request, conversation, id, event);
    return event;
}

static json_t *or_null(const json_t *object, const char *name)
{
    json_t *value = json_object_get(object, name);

    return value ? json_incref(value) : json_null();
}

static json_t *from_user(const json_t *user)
{
    const json_t *data = json_object_get(user, "data");
    json_t *custom = json_object_get(json_object_get(data, "properties"), "custom_data");

    return json_pack("{s:s,s:s,s:o,s:o,s:o}", "id", api_row_text(user, "id"), "name",
                     api_row_text(user, "name"), "display_name", or_null(user, "display_name"),
                     "image_url", or_null(data, "image_url"), "custom_data",
                     custom ? json_incref(custom) : json_object());
}

static void set_embedded(json_t *event, const json_t *row, const char *from)
{
    const json_t *user = json_object_get(row, "from_user");
    json_t *embedded = json_object();

    if (user)
        json_object_set_new(embedded, "from_user", from_user(user));
    json_object_set_new(embedded, "from_member", json_pack("{s:s}", "id", from));
    json_object_set_new(event, "_embedded", embedded);
}

static json_t *newer(const struct api_request *request, const char *conversation, const json_t *row,
                     bool embedded)
{
    json_int_t id = json_integer_value(json_object_get(row, "id"));
    const char *from = api_row_text(row, "from"), *to = api_row_text(row, "to");
    json_t *event = json_object(), *self;

    if (id)
        json_object_set_new(event, "id", json_integer(id));
    json_object_set_new(event, "type", json_string(api_row_text(row, "type")));
    if (*from)
        json_object_set_new(event, "from", json_string(from));
    if (*to)
        json_object_set_new(event, "to", json_string(to));
    json_object_set_new(event, "body", body_of(row));
    json_set_time(event, "timestamp", json_integer_value(json_object_get(row, "timestamp")));
    if (*from && embedded)
        set_embedded(event, row, from);
    if (id) {
        self = json_object();
        set_href(request, conversation, id, self);
        json_object_set_new(event, "_links", json_pack("{s:o}", "self", self));
    }
    return event;
}

json_t *event_json(const struct api_request *request, const char *conversation, const json_t *row)
{
    if (request->family == API_BETA || request->family == API_BETA2)
        return beta(request, conversation, row);
    return newer(request, conversation, row, true);
}

json_t *event_item(const struct api_request *request, const char *conversation, const json_t *row)
{
    if (request->family == API_BETA)
        return beta(request, conversation, row);
    return newer(request, conversation, row, request->family != API_BETA2);
}
