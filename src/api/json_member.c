/* json_member.c: members as the families write them: states in upper case; `isSystem` in the
 * old ones, `is_system` in the new. */
#include "api/people.h"
#include "base/mem.h"

static const char *user_name_of(const json_t *row)
{
    return row_text(json_object_get(row, "user_row"), "name");
}

static char *href_of(const struct api_request *request, const json_t *row)
{
    return api_href(request, "conversations/%s/members/%s", row_text(row, "conversation"),
                    row_text(row, "id"));
}

/* Each act of the initiator with is_system for isSystem. */
static json_t *new_initiator(const json_t *initiator)
{
    json_t *object = json_object(), *act;
    const char *name;

    json_object_foreach ((json_t *)initiator, name, act) {
        json_t *copy =
            json_pack("{s:b}", "is_system", json_is_true(json_object_get(act, "isSystem")));
        json_t *value;
        const char *key;

        json_object_foreach (act, key, value)
            if (value != json_object_get(act, "isSystem"))
                json_object_set(copy, key, value);
        json_object_set_new(object, name, copy);
    }
    return object;
}

static json_t *or_empty(json_t *value)
{
    return value ? json_incref(value) : json_object();
}

static json_t *old_json(const struct api_request *request, const json_t *row)
{
    static const char *const parts[] = {"timestamp",  "channel",     "media",
                                        "invited_by", "knocking_id", NULL};
    const json_t *data = json_object_get(row, "data");
    char *href = href_of(request, row);
    json_t *member = json_pack("{s:O,s:O}", "id", json_object_get(row, "id"), "user_id",
                               json_object_get(row, "user"));

    if (*user_name_of(row))
        json_object_set_new(member, "name", json_string(user_name_of(row)));
    json_object_set(member, "state", json_object_get(row, "state"));
    json_copy_members(member, data, parts);
    json_object_set_new(member, "href", json_string(href ? href : ""));
    json_object_set_new(member, "initiator", or_empty(json_object_get(data, "initiator")));
    mem_unref(href);
    return member;
}

/* Who it is, as embedded in a member. */
static json_t *embedded_user(const struct api_request *request, const json_t *row)
{
    static const char *const names[] = {"name", "display_name", NULL};
    json_t *user = json_pack("{s:O}", "id", json_object_get(row, "user"));
    const json_t *known = json_object_get(row, "user_row");

    json_copy_members(user, known, names);
    if (known)
        json_object_set_new(user, "_links", json_self(request, "users", row_text(row, "user")));
    return user;
}

static json_t *direct_links(const struct api_request *request, const json_t *row)
{
    char *href = href_of(request, row);
    json_t *links = json_pack("{s:s}", "href", href ? href : "");

    mem_unref(href);
    return links;
}

json_t *member_json(const struct api_request *request, const json_t *row)
{
    static const char *const parts[] = {"channel", "media", "knocking_id", "invited_by", NULL};
    const json_t *data = json_object_get(row, "data");
    json_t *member;

    if (api_is_old(request))
        return old_json(request, row);
    member = json_pack("{s:O,s:O,s:{s:o},s:O,s:o,s:o}", "id", json_object_get(row, "id"),
                       "conversation_id", json_object_get(row, "conversation"), "_embedded", "user",
                       embedded_user(request, row), "state", json_object_get(row, "state"),
                       "timestamp", or_empty(json_object_get(data, "timestamp")), "initiator",
                       new_initiator(json_object_get(data, "initiator")));
    json_copy_members(member, data, parts);
    json_object_set_new(member, "_links", direct_links(request, row));
    return member;
}

json_t *member_item(const struct api_request *request, const json_t *row)
{
    static const char *const face[] = {"name", "display_name", NULL};
    json_t *item;

    if (request->family == API_BETA)
        return json_pack("{s:O,s:s,s:s,s:O}", "user_id", json_object_get(row, "user"), "name",
                         user_name_of(row), "user_name", user_name_of(row), "state",
                         json_object_get(row, "state"));
    item = json_pack("{s:O}", "id", json_object_get(row, "id"));
    if (request->family == API_BETA2) {
        char *path = mem_printf("conversations/%s/members", row_text(row, "conversation"));

        json_object_set(item, "user_id", json_object_get(row, "user"));
        json_copy_members(item, json_object_get(row, "user_row"), face);
        json_object_set(item, "state", json_object_get(row, "state"));
        json_object_set_new(item, "_links",
                            json_self(request, path ? path : "", row_text(row, "id")));
        mem_unref(path);
        return item;
    }
    json_object_set_new(item, "_embedded", json_pack("{s:o}", "user", embedded_user(request, row)));
    json_object_set(item, "state", json_object_get(row, "state"));
    json_object_set_new(item, "_links", direct_links(request, row));
    return item;
}

/* As within a conversation of the old families; keys in the recorded order. */
json_t *member_nested(const json_t *row)
{
    const json_t *data = json_object_get(row, "data");
    static const char *const tail[] = {"channel", "initiator", NULL};
    json_t *inviter = json_object_get(data, "invited_by");
    json_t *member = json_pack("{s:O,s:O,s:s,s:O,s:o}", "member_id", json_object_get(row, "id"),
                               "user_id", json_object_get(row, "user"), "name", user_name_of(row),
                               "state", json_object_get(row, "state"), "timestamp",
                               or_empty(json_object_get(data, "timestamp")));

    if (inviter)
        json_object_set(member, "invited_by", inviter);
    else if (json_is_true(json_object_get(data, "invited_by_us")))
        json_object_set(member, "invited_by", json_object_get(row, "user"));
    json_copy_members(member, data, tail);
    return member;
}
