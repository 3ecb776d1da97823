/* json_user.c: users as the families write them. */
#include "api/people.h"
#include "base/mem.h"

static const char *const names[] = {"id", "name", "display_name", NULL};

static json_t *part(const json_t *data, const char *name)
{
    json_t *value = json_object_get(data, name);

    return value ? json_incref(value) : json_object();
}

json_t *user_json(const struct api_request *request, const json_t *row)
{
    static const char *const picture[] = {"image_url", NULL};
    const json_t *data = json_object_get(row, "data");
    json_t *user = json_object();

    json_copy_members(user, row, names);
    json_copy_members(user, data, picture);
    if (!api_is_old(request)) {
        json_object_set_new(user, "properties", part(data, "properties"));
        json_object_set_new(user, "channels", part(data, "channels"));
        json_object_set_new(user, "_links", json_self(request, "users", row_text(row, "id")));
    } else {
        char *href = api_href(request, "users/%s", row_text(row, "id"));

        json_object_set_new(user, "channels", part(data, "channels"));
        json_object_set_new(user, "href", json_string(href ? href : ""));
        mem_unref(href);
    }
    return user;
}

json_t *user_item(const struct api_request *request, const json_t *row)
{
    static const char *const few[] = {"id", "name", NULL};
    json_t *item = json_object();

    json_copy_members(item, row, request->family == API_BETA ? few : names);
    if (request->family == API_BETA) {
        char *href = api_href(request, "users/%s", row_text(row, "id"));

        json_object_set_new(item, "href", json_string(href ? href : ""));
        mem_unref(href);
    } else {
        json_object_set_new(item, "_links", json_self(request, "users", row_text(row, "id")));
    }
    return item;
}
