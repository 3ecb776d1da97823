/* facts.c: a conversation as REST makes and changes it, and as it is written down. */
#include "conversation/private.h"
#include "base/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int fact_text(char **place, const json_t *fact)
{
    char *copy = NULL;

    if (!fact)
        return 0;
    if (json_is_string(fact)) {
        copy = mem_strdup(json_string_value(fact));
        if (!copy)
            return ENOMEM;
    }
    mem_unref(*place);
    *place = copy;
    return 0;
}

int fact_json(json_t **place, json_t *fact)
{
    json_t *copy = NULL;

    if (!fact)
        return 0;
    if (!json_is_null(fact)) {
        copy = json_deep_copy(fact);
        if (!copy)
            return ENOMEM;
    }
    json_decref(*place);
    *place = copy;
    return 0;
}

/* Properties given are put over those there are; null clears one. */
static int take_properties(struct conversation *conversation, json_t *properties)
{
    json_t *value;
    const char *name;

    if (json_is_null(properties))
        return json_object_clear(conversation->properties) ? ENOMEM : 0;
    json_object_foreach (properties, name, value) {
        if (json_is_null(value))
            json_object_del(conversation->properties, name);
        else if (json_object_set_new(conversation->properties, name, json_deep_copy(value)))
            return ENOMEM;
    }
    return 0;
}

static int take(struct conversation *conversation, const struct conversation_facts *facts)
{
    int err = fact_text(&conversation->display_name, facts->display_name);

    if (!err)
        err = fact_text(&conversation->image_url, facts->image_url);
    if (!err)
        err = fact_json(&conversation->numbers, facts->numbers);
    if (!err)
        err = fact_json(&conversation->callback, facts->callback);
    if (!err && facts->properties)
        err = take_properties(conversation, facts->properties);
    return err;
}

static struct conversation *named(const struct application *application, const char *name)
{
    struct conversation *conversation = NULL;

    HASH_FIND(hh_name, application->by_name, name, strlen(name), conversation);
    return conversation;
}

json_t *conversation_told(const struct conversation *conversation, const char *time_name,
                          int64_t at)
{
    json_t *timestamp = json_pack("{s:o}", "created", iso_time(conversation->created));
    json_t *body =
        json_pack("{s:s,s:s,s:o,s:s}", "id", conversation->id, "name", conversation->name,
                  "timestamp", timestamp, "state", conversation->inactive ? "INACTIVE" : "ACTIVE");

    json_object_set_new(timestamp, time_name, iso_time(at));
    if (conversation->display_name)
        json_object_set_new(body, "display_name", json_string(conversation->display_name));
    if (conversation->image_url)
        json_object_set_new(body, "image_url", json_string(conversation->image_url));
    return body;
}

int conversation_make(struct bridge *bridge, struct application *application,
                      const struct conversation_facts *facts, struct conversation **conversationp)
{
    const char *name = json_string_value(facts->name);
    struct conversation *conversation;
    int err;

    if (name && (strlen(name) >= NAME_MAX_BYTES || !*name))
        return EINVAL;
    if (name && named(application, name))
        return EEXIST;
    err = conversation_alloc(bridge, application, false, &conversation);
    if (err)
        return err;
    id_prefixed(conversation->id, "CON");
    if (name)
        memcpy(conversation->name, name, strlen(name) + 1);
    else
        id_prefixed(conversation->name, "NAM");
    conversation->created = clock_wall_ms();
    conversation->properties = json_object();
    err = conversation->properties ? take(conversation, facts) : ENOMEM;
    if (err) {
        mem_unref(conversation);
        return err;
    }
    err = conversation_enlist(conversation);
    if (err)
        return err;
    err = conversation_save(conversation);
    if (err) {
        conversation_delist(conversation);
        return err;
    }
    conversation_start_ttl(conversation, conversation->created);
    conversation_start_active(conversation);
    conversation_tell(conversation, "conversation:created", NULL, NULL,
                      conversation_told(conversation, "created", conversation->created));
    *conversationp = conversation;
    return 0;
}

static int rename_conversation(struct conversation *conversation, const char *name)
{
    struct application *application = conversation->application;

    if (!strcmp(name, conversation->name))
        return 0;
    if (strlen(name) >= NAME_MAX_BYTES || !*name)
        return EINVAL;
    if (conversation->transient)
        return EPERM; /* it has the name of its call */
    if (named(application, name))
        return EEXIST;
    if (conversation->hh_name.tbl)
        HASH_DELETE(hh_name, application->by_name, conversation);
    conversation->hh_name.tbl = NULL;
    memcpy(conversation->name, name, strlen(name) + 1);
    HASH_ADD(hh_name, application->by_name, name, strlen(conversation->name), conversation);
    return conversation->hh_name.tbl ? 0 : ENOMEM;
}

int conversation_update(struct conversation *conversation, const struct conversation_facts *facts)
{
    const char *name = json_string_value(facts->name);
    const char *state = json_string_value(facts->state);
    int err = name ? rename_conversation(conversation, name) : 0;

    MAGIC_CHECK(conversation, CONVERSATION_MAGIC);
    if (!err)
        err = take(conversation, facts);
    if (err)
        return err;
    if (state) {
        conversation->inactive = !strcmp(state, "INACTIVE");
        loop_cancel(conversation->bridge->loop, &conversation->active);
    }
    conversation->updated = clock_wall_ms();
    err = conversation_save(conversation);
    conversation_start_ttl(conversation, conversation->updated);
    conversation_tell(conversation, "conversation:updated", NULL, NULL,
                      conversation_told(conversation, "updated", conversation->updated));
    return err;
}

int conversation_revive(struct bridge *bridge, struct application *application,
                        const struct store_conversation *row)
{
    struct conversation *conversation;
    json_t *data;

    if (!row->name || strlen(row->id) >= ID_PREFIXED || strlen(row->name) >= NAME_MAX_BYTES)
        return EINVAL;
    if (conversation_alloc(bridge, application, false, &conversation))
        return ENOMEM;
    memcpy(conversation->id, row->id, strlen(row->id) + 1);
    memcpy(conversation->name, row->name, strlen(row->name) + 1);
    conversation->created = row->created;
    conversation->sequence = row->sequence;
    conversation->inactive = row->state && !strcmp(row->state, "INACTIVE");
    if (row->display_name)
        conversation->display_name = mem_strdup(row->display_name);
    if (row->image_url)
        conversation->image_url = mem_strdup(row->image_url);
    conversation->properties = json_loads(row->properties ? row->properties : "{}", 0, NULL);
    if (!conversation->properties)
        conversation->properties = json_object();
    data = row->data ? json_loads(row->data, 0, NULL) : NULL;
    conversation->updated = json_integer_value(json_object_get(data, "changed"));
    conversation->numbers = json_incref(json_object_get(data, "numbers"));
    conversation->callback = json_incref(json_object_get(data, "callback"));
    json_decref(data);
    if (conversation_enlist(conversation))
        return ENOMEM;
    conversation_start_ttl(conversation, row->updated);
    conversation_start_active(conversation);
    return 0;
}

json_t *conversation_row(const struct conversation *conversation)
{
    json_t *data = json_pack("{s:I}", "changed", (json_int_t)conversation->updated);
    json_t *row =
        json_pack("{s:s,s:s,s:s,s:s,s:o,s:o,s:b,s:I,s:I}", "id", conversation->id, "application",
                  conversation->application->id, "name", conversation->name, "state",
                  conversation->inactive ? "INACTIVE" : "ACTIVE", "properties",
                  json_deep_copy(conversation->properties), "data", data, "transient",
                  conversation->transient, "created", (json_int_t)conversation->created, "sequence",
                  (json_int_t)conversation->sequence);

    if (conversation->display_name)
        json_object_set_new(row, "display_name", json_string(conversation->display_name));
    if (conversation->image_url)
        json_object_set_new(row, "image_url", json_string(conversation->image_url));
    if (conversation->numbers)
        json_object_set_new(data, "numbers", json_deep_copy(conversation->numbers));
    if (conversation->callback)
        json_object_set_new(data, "callback", json_deep_copy(conversation->callback));
    return row;
}
