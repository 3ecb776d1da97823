/* conversation.c: the life of a conversation.
 *
 *   opened ──member──> alive ──last member left──┬─ transient ──────────> gone
 *                        ^                       └─ persistent ──ttl────> gone
 *                        └───────member────────────────┘   └──delete────> gone
 *
 * The bridge's registry holds one reference, each member another. A transient one goes with
 * its last leg: who is in without a leg leaves then. */
#include "conversation/private.h"
#include "base/clock.h"
#include "base/log.h"
#include "json/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* [s] a call's conversation is kept when empty; and any at most */
enum { TTL = 172800, TTL_LONGEST = 10 * 365 * 86400 };

static void destroy(void *obj)
{
    struct conversation *conversation = obj;

    assert(list_empty(&conversation->members));
    loop_cancel(conversation->bridge->loop, &conversation->ttl);
    loop_cancel(conversation->bridge->loop, &conversation->active);
    mem_unref(conversation->room);
    mem_unref(conversation->display_name);
    mem_unref(conversation->image_url);
    json_decref(conversation->properties);
    json_decref(conversation->numbers);
    json_decref(conversation->callback);
    mem_unref(conversation->application);
    conversation->magic = 0;
}

json_t *iso_time(int64_t wall_ms)
{
    char text[CLOCK_ISO];

    clock_iso(text, wall_ms);
    return json_string(text);
}

int conversation_alloc(struct bridge *bridge, struct application *application, const char *name,
                       bool transient, struct conversation **conversationp)
{
    struct conversation *conversation;

    if (name && (strlen(name) >= sizeof conversation->name || !*name))
        return EINVAL;
    conversation = mem_alloc(sizeof *conversation, destroy);

    if (!conversation)
        return ENOMEM;
    conversation->magic = CONVERSATION_MAGIC;
    conversation->bridge = bridge;
    conversation->application = mem_ref(application);
    conversation->transient = transient;
    conversation->created = clock_wall_ms();
    id_prefixed(conversation->id, "CON");
    if (name)
        memcpy(conversation->name, name, strlen(name) + 1);
    else
        id_prefixed(conversation->name, "NAM");
    list_init(&conversation->members);
    *conversationp = conversation;
    return 0;
}

int conversation_enlist(struct conversation *conversation)
{
    HASH_ADD_STR(conversation->bridge->conversations, id, conversation);
    if (!conversation->hh.tbl) {
        mem_unref(conversation);
        return ENOMEM;
    }
    if (!conversation->transient)
        HASH_ADD(hh_name, conversation->application->by_name, name, strlen(conversation->name),
                 conversation);
    if (!conversation->transient && !conversation->hh_name.tbl) {
        HASH_DELETE(hh, conversation->bridge->conversations, conversation);
        mem_unref(conversation);
        return ENOMEM;
    }
    conversation->listed = true;
    return 0;
}

void conversation_delist(struct conversation *conversation)
{
    conversation->listed = false;
    if (conversation->hh_name.tbl)
        HASH_DELETE(hh_name, conversation->application->by_name, conversation);
    HASH_DELETE(hh, conversation->bridge->conversations, conversation);
    mem_unref(conversation);
}

int conversation_open(struct bridge *bridge, struct application *application, const char *name,
                      bool transient, struct conversation **conversationp)
{
    struct conversation *conversation = NULL;
    int err;

    MAGIC_CHECK(bridge, BRIDGE_MAGIC);
    if (name)
        HASH_FIND(hh_name, application->by_name, name, strlen(name), conversation);
    if (conversation) {
        *conversationp = conversation;
        return 0;
    }
    err = conversation_alloc(bridge, application, name, transient, &conversation);
    if (err)
        return err;
    conversation->properties = json_pack("{s:i,s:b}", "ttl", TTL, "video", 0);
    if (!conversation->properties) {
        mem_unref(conversation);
        return ENOMEM;
    }
    if (conversation_enlist(conversation))
        return ENOMEM;
    conversation_save(conversation);
    conversation_start_active(conversation);
    conversation_tell(conversation, "conversation:created", NULL, NULL,
                      conversation_told(conversation, "created", conversation->created));
    *conversationp = conversation;
    return 0;
}

static char *text_of(const json_t *value)
{
    return value ? json_text(value) : NULL;
}

int conversation_save(struct conversation *conversation)
{
    json_t *data;
    char *properties, *rest;
    int err;
    struct store_conversation row = {
        .id = conversation->id,
        .application = conversation->application->id,
        .name = conversation->name,
        .display_name = conversation->display_name,
        .image_url = conversation->image_url,
        .state = conversation->inactive ? "INACTIVE" : "ACTIVE",
        .transient = conversation->transient,
        .created = conversation->created,
        .updated = clock_wall_ms(),
        .sequence = conversation->sequence,
    };

    if (!conversation->listed)
        return 0;
    conversation_touch(conversation);
    data = json_pack("{s:I}", "changed", (json_int_t)conversation->updated);
    if (conversation->numbers)
        json_object_set(data, "numbers", conversation->numbers);
    if (conversation->callback)
        json_object_set(data, "callback", conversation->callback);
    properties = text_of(conversation->properties);
    rest = text_of(data);
    row.properties = properties;
    row.data = rest;
    err = store_conversation_put(conversation->bridge->store, &row);
    if (err)
        log_error("conversation", "not stored id=%s: %s", conversation->id, strerror(err));
    free(properties);
    free(rest);
    json_decref(data);
    return err;
}

/* Whoever still holds it may see it empty a second time: it goes once. */
void conversation_vanish(struct conversation *conversation, const char *reason)
{
    struct loop *loop = conversation->bridge->loop;

    if (!conversation->listed)
        return;
    mem_ref(conversation);
    loop_cancel(loop, &conversation->ttl);
    loop_cancel(loop, &conversation->active);
    conversation_touch(conversation);
    conversation_delist(conversation);
    store_together(conversation->bridge->store);
    store_conversation_drop(conversation->bridge->store, conversation->id);
    conversation_tell(conversation, "conversation:deleted", NULL, NULL,
                      json_pack("{s:s,s:s,s:{s:o,s:o},s:s}", "id", conversation->id, "name",
                                conversation->name, "timestamp", "created",
                                iso_time(conversation->created), "destroyed",
                                iso_time(clock_wall_ms()), "reason", reason));
    store_together_end(conversation->bridge->store);
    mem_unref(conversation);
}

static void on_ttl(void *arg)
{
    conversation_vanish(arg, "ttl");
}

void conversation_start_ttl(struct conversation *conversation, int64_t since)
{
    json_int_t ttl = json_integer_value(json_object_get(conversation->properties, "ttl"));
    int64_t left;

    loop_cancel(conversation->bridge->loop, &conversation->ttl);
    if (ttl <= 0 || conversation->count || conversation->transient)
        return;
    if (ttl > TTL_LONGEST)
        ttl = TTL_LONGEST;
    left = since + ttl * 1000 - clock_wall_ms();
    if (left > ttl * 1000)
        left = ttl * 1000; /* the wall clock was put back */
    loop_start(conversation->bridge->loop, &conversation->ttl, left > 0 ? left : 0, on_ttl,
               conversation);
}

static void on_inactive(void *arg)
{
    const struct conversation_facts facts = {.state = json_string("INACTIVE")};

    conversation_update(arg, &facts);
    json_decref(facts.state);
}

void conversation_start_active(struct conversation *conversation)
{
    const struct conf_application *conf = conversation->application->conf;
    int64_t left;

    if (!conf || !conf->conversations_ttl || conversation->transient || conversation->inactive)
        return;
    left = conversation->created + conf->conversations_ttl * 3600000LL - clock_wall_ms();
    loop_start(conversation->bridge->loop, &conversation->active, left > 0 ? left : 0, on_inactive,
               conversation);
}

/* One without a leg, who has not left. */
static struct member *text_member(const struct conversation *conversation)
{
    list_each (node, &conversation->members) {
        struct member *member = list_entry(node, struct member, node);

        if (!member->leg && member->state != MEMBER_LEFT)
            return member;
    }
    return NULL;
}

void conversation_check(struct conversation *conversation)
{
    const struct initiator application = {NULL, NULL};
    struct member *member;

    if (!conversation->listed || conversation->legs)
        return;
    conversation->room = mem_unref(conversation->room);
    if (conversation->transient) {
        mem_ref(conversation);
        while ((member = text_member(conversation)))
            member_leave(member, &application, NULL, NULL);
        conversation_vanish(conversation, "transient");
        mem_unref(conversation);
        return;
    }
    if (conversation->count)
        return;
    conversation_save(conversation);
    conversation_start_ttl(conversation, clock_wall_ms());
}

/* One who is still in. */
static struct member *next_member(const struct conversation *conversation)
{
    list_each (node, &conversation->members) {
        struct member *member = list_entry(node, struct member, node);

        if (member->state != MEMBER_LEFT)
            return member;
    }
    return NULL;
}

void conversation_delete(struct conversation *conversation)
{
    const struct initiator application = {NULL, NULL};
    struct store *store = conversation->bridge->store;
    struct member *member;

    MAGIC_CHECK(conversation, CONVERSATION_MAGIC);
    mem_ref(conversation);
    store_together(store);
    while (conversation->listed && (member = next_member(conversation)))
        member_leave(member, &application, NULL, NULL);
    conversation_vanish(conversation, "deleted");
    store_together_end(store);
    mem_unref(conversation);
}

int conversation_room(struct conversation *conversation)
{
    if (conversation->room)
        return 0;
    return media_room_alloc(conversation->bridge->plane.workers, &conversation->room);
}

struct conversation *conversation_find(struct bridge *bridge, const struct application *application,
                                       const char *id)
{
    struct conversation *conversation = NULL;

    HASH_FIND_STR(bridge->conversations, id, conversation);
    return conversation && conversation->application == application ? conversation : NULL;
}

const char *conversation_id(const struct conversation *conversation)
{
    return conversation->id;
}

const char *conversation_name(const struct conversation *conversation)
{
    return conversation->name;
}

struct application *conversation_application(const struct conversation *conversation)
{
    return conversation->application;
}

struct bridge *conversation_bridge(const struct conversation *conversation)
{
    return conversation->bridge;
}

bool conversation_active(const struct conversation *conversation)
{
    return !conversation->inactive;
}

json_t *conversation_callback(const struct conversation *conversation)
{
    return conversation->callback;
}

bool conversation_transient(const struct conversation *conversation)
{
    return conversation->transient;
}

int64_t conversation_created(const struct conversation *conversation)
{
    return conversation->created;
}

int64_t conversation_sequence(const struct conversation *conversation)
{
    return conversation->sequence;
}

json_t *conversation_properties(const struct conversation *conversation)
{
    return conversation->properties;
}

unsigned conversation_legs(const struct conversation *conversation)
{
    return conversation->legs;
}

unsigned conversation_members(const struct conversation *conversation)
{
    return conversation->count;
}

void conversation_each(struct conversation *conversation,
                       bool (*each)(struct member *member, void *arg), void *arg)
{
    list_each (node, &conversation->members) {
        if (each(list_entry(node, struct member, node), arg))
            return;
    }
}

static const char *yes(bool is, const char *word)
{
    return is ? word : "";
}

void conversation_debug(const struct conversation *conversation, char *out, size_t size)
{
    snprintf(out, size, "conversation id=%s name=%.60s application=%s members=%u sequence=%lld%s%s",
             conversation->id, conversation->name, conversation->application->id,
             conversation->count, (long long)conversation->sequence,
             yes(conversation->transient, " transient"), yes(conversation->room, " room"));
}
