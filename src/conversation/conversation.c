/* conversation.c: the life of a conversation.
 *
 *   opened ──member──> alive ──last member left──┬─ transient ──> gone
 *                        ^                       └─ named ──ttl──> gone
 *                        └───────member────────────────┘
 *
 * The bridge's registry holds one reference, each member another. */
#include "conversation/private.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

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
    mem_unref(conversation->room);
    json_decref(conversation->properties);
    conversation->magic = 0;
}

json_t *iso_time(int64_t wall_ms)
{
    char text[CLOCK_ISO];

    clock_iso(text, wall_ms);
    return json_string(text);
}

static struct conversation *alloc(struct bridge *bridge, struct application *application)
{
    struct conversation *conversation = mem_alloc(sizeof *conversation, destroy);

    if (!conversation)
        return NULL;
    conversation->magic = CONVERSATION_MAGIC;
    conversation->bridge = bridge;
    conversation->application = application;
    list_init(&conversation->members);
    return conversation;
}

/* The registry takes the caller's reference, also when it fails. */
static int enlist(struct conversation *conversation)
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

int conversation_open(struct bridge *bridge, struct application *application, const char *name,
                      bool transient, struct conversation **conversationp)
{
    struct conversation *conversation = NULL;

    MAGIC_CHECK(bridge, BRIDGE_MAGIC);
    if (name) {
        if (strlen(name) >= NAME_MAX_BYTES || !*name)
            return EINVAL;
        HASH_FIND(hh_name, application->by_name, name, strlen(name), conversation);
        if (conversation) {
            *conversationp = conversation;
            return 0;
        }
    }
    conversation = alloc(bridge, application);
    if (!conversation)
        return ENOMEM;
    id_prefixed(conversation->id, "CON");
    if (name)
        memcpy(conversation->name, name, strlen(name) + 1);
    else
        id_prefixed(conversation->name, "NAM");
    conversation->transient = transient;
    conversation->created = clock_wall_ms();
    conversation->properties = json_pack("{s:i,s:b}", "ttl", TTL, "video", 0);
    if (!conversation->properties) {
        mem_unref(conversation);
        return ENOMEM;
    }
    if (enlist(conversation))
        return ENOMEM;
    conversation_save(conversation);
    *conversationp = conversation;
    return 0;
}

void conversation_save(const struct conversation *conversation)
{
    char *properties;
    struct store_conversation row = {
        .id = conversation->id,
        .application = conversation->application->id,
        .name = conversation->name,
        .state = "ACTIVE",
        .created = conversation->created,
        .updated = clock_wall_ms(),
        .sequence = conversation->sequence,
    };

    if (conversation->transient)
        return;
    properties = json_dumps(conversation->properties, JSON_COMPACT);
    row.properties = properties;
    store_conversation_put(conversation->bridge->store, &row);
    free(properties);
}

/* Whoever still holds it may see it empty a second time: it goes once. */
static void vanish(struct conversation *conversation)
{
    if (!conversation->listed)
        return;
    conversation->listed = false;
    if (!conversation->transient) {
        HASH_DELETE(hh_name, conversation->application->by_name, conversation);
        store_conversation_drop(conversation->bridge->store, conversation->id);
    }
    HASH_DELETE(hh, conversation->bridge->conversations, conversation);
    mem_unref(conversation);
}

static void on_ttl(void *arg)
{
    vanish(arg);
}

/* Starts the time to live of an empty one, which became so `since` [wall ms]. */
static void start_ttl(struct conversation *conversation, int64_t since)
{
    json_int_t ttl = json_integer_value(json_object_get(conversation->properties, "ttl"));
    int64_t left;

    if (ttl <= 0)
        return;
    if (ttl > TTL_LONGEST)
        ttl = TTL_LONGEST;
    left = since + ttl * 1000 - clock_wall_ms();
    if (left > ttl * 1000)
        left = ttl * 1000; /* the wall clock was put back */
    loop_start(conversation->bridge->loop, &conversation->ttl, left > 0 ? left : 0, on_ttl,
               conversation);
}

void conversation_check(struct conversation *conversation)
{
    if (!list_empty(&conversation->members) || !conversation->listed)
        return;
    conversation->room = mem_unref(conversation->room);
    if (conversation->transient) {
        vanish(conversation);
        return;
    }
    conversation_save(conversation);
    start_ttl(conversation, clock_wall_ms());
}

int conversation_revive(struct bridge *bridge, struct application *application,
                        const struct store_conversation *row)
{
    struct conversation *conversation;

    if (!row->name || strlen(row->id) >= ID_PREFIXED || strlen(row->name) >= NAME_MAX_BYTES)
        return EINVAL;
    conversation = alloc(bridge, application);
    if (!conversation)
        return ENOMEM;
    strcpy(conversation->id, row->id);
    strcpy(conversation->name, row->name);
    conversation->created = row->created;
    conversation->sequence = row->sequence;
    conversation->properties = json_loads(row->properties ? row->properties : "{}", 0, NULL);
    if (!conversation->properties)
        conversation->properties = json_object();
    if (enlist(conversation))
        return ENOMEM;
    start_ttl(conversation, row->updated);
    return 0;
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

int64_t conversation_event(struct conversation *conversation, const char *type,
                           const struct member *from, const struct member *to, json_t *body,
                           int64_t at)
{
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    struct store_event row = {
        .application = conversation->application->id,
        .conversation = conversation->id,
        .id = conversation->sequence + 1,
        .type = type,
        .from = from ? from->id : "",
        .to = to ? to->id : "",
        .body = text ? text : "{}",
        .timestamp = at,
    };
    int err = store_event_put(conversation->bridge->store, &row);

    MAGIC_CHECK(conversation, CONVERSATION_MAGIC);
    if (err) {
        log_error("conversation", "event lost id=%s type=%s: %s", conversation->id, type,
                  strerror(err));
    } else {
        conversation->sequence = row.id;
        conversation->bridge->counts.events_total++;
    }
    free(text);
    json_decref(body);
    return err ? 0 : row.id;
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
