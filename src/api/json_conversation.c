/* json_conversation.c: conversations as the families write them. */
#include "api/people.h"
#include "base/mem.h"

#include <string.h>

const char *row_text(const json_t *row, const char *name)
{
    const char *text = json_string_value(json_object_get(row, name));

    return text ? text : "";
}

bool api_is_old(const struct api_request *request)
{
    return request->family == API_BETA || request->family == API_BETA2;
}

void json_copy_members(json_t *object, const json_t *from, const char *const *names)
{
    for (; *names; names++) {
        json_t *value = json_object_get(from, *names);

        if (value && !json_is_null(value))
            json_object_set(object, *names, value);
    }
}

json_t *json_self(const struct api_request *request, const char *path, const char *id)
{
    char *href = api_href(request, "%s/%s", path, id);
    json_t *links = json_pack("{s:{s:s}}", "self", "href", href ? href : "");

    mem_unref(href);
    return links;
}

json_t *json_id_href(const struct api_request *request, const char *path, const char *id)
{
    char *href = api_href(request, "%s/%s", path, id);
    json_t *object = json_pack("{s:s,s:s}", "id", id, "href", href ? href : "");

    mem_unref(href);
    return object;
}

static const char *const faces[] = {"display_name", "image_url", NULL};

static json_t *times_of(const json_t *row)
{
    json_t *timestamp = json_object();

    json_set_time(timestamp, "created", json_integer_value(json_object_get(row, "created")));
    json_set_time(timestamp, "updated",
                  json_integer_value(json_object_get(json_object_get(row, "data"), "changed")));
    return timestamp;
}

static json_t *properties_of(const json_t *row)
{
    json_t *properties = json_object_get(row, "properties");

    return properties ? json_copy(properties) : json_object();
}

static json_t *numbers_of(const json_t *row)
{
    json_t *numbers = json_object_get(json_object_get(row, "data"), "numbers");

    return numbers ? json_incref(numbers) : json_object();
}

/* Keys in the order of the recorded API. */
static json_t *old_json(const struct api_request *request, const json_t *row, json_t *members)
{
    json_t *object = json_pack("{s:O,s:O}", "uuid", json_object_get(row, "id"), "name",
                               json_object_get(row, "name"));
    json_t *timestamp = times_of(row);

    json_object_del(timestamp, "updated");
    json_copy_members(object, row, faces);
    json_object_set_new(object, "timestamp", timestamp);
    json_object_set(object, "sequence_number", json_object_get(row, "sequence"));
    json_object_set_new(object, "numbers", numbers_of(row));
    json_object_set_new(object, "properties", properties_of(row));
    json_object_set_new(object, "members", members ? members : json_array());
    json_object_set_new(object, "_links", json_self(request, "conversations", row_text(row, "id")));
    return object;
}

json_t *conversation_json(const struct api_request *request, const json_t *row, json_t *members)
{
    static const char *const extras[] = {"numbers", "callback", NULL};
    json_t *object, *properties;

    if (api_is_old(request))
        return old_json(request, row, members);
    json_decref(members);
    object = json_pack("{s:O,s:O}", "id", json_object_get(row, "id"), "name",
                       json_object_get(row, "name"));
    json_copy_members(object, row, faces);
    json_object_set(object, "state", json_object_get(row, "state"));
    json_object_set(object, "sequence_number", json_object_get(row, "sequence"));
    json_object_set_new(object, "timestamp", times_of(row));
    properties = properties_of(row);
    json_object_del(properties, "video"); /* not in these versions */
    json_object_set_new(object, "properties", properties);
    json_copy_members(object, json_object_get(row, "data"), extras);
    json_object_set_new(object, "_links", json_self(request, "conversations", row_text(row, "id")));
    return object;
}

json_t *conversation_item(const struct api_request *request, const json_t *row)
{
    static const char *const name_only[] = {"name", NULL};
    bool is_beta = request->family == API_BETA;
    json_t *item = json_pack("{s:O}", is_beta ? "uuid" : "id", json_object_get(row, "id"));

    json_copy_members(item, row, name_only);
    if (!is_beta) {
        json_t *timestamp = json_object();

        json_set_time(timestamp, "created", json_integer_value(json_object_get(row, "created")));
        json_copy_members(item, row, faces);
        json_object_set_new(item, "timestamp", timestamp);
    }
    json_object_set_new(item, "_links", json_self(request, "conversations", row_text(row, "id")));
    return item;
}
