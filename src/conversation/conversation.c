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
#include <stdlib.h>
#include <string.h>

enum { TTL = 172800 }; /* [s] a call's conversation is kept when empty */

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

static void enlist(struct conversation *conversation)
{
    HASH_ADD_STR(conversation->bridge->conversations, id, conversation);
    if (!conversation->transient)
        HASH_ADD(hh_name, conversation->application->by_name, name, strlen(conversation->name),
                 conversation);
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
    enlist(conversation);
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

static void vanish(struct conversation *conversation)
{
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

void conversation_check(struct conversation *conversation)
{
    json_int_t ttl;

    if (!list_empty(&conversation->members))
        return;
    conversation->room = mem_unref(conversation->room);
    if (conversation->transient) {
        vanish(conversation);
        return;
    }
    conversation_save(conversation);
    ttl = json_integer_value(json_object_get(conversation->properties, "ttl"));
    if (ttl > 0)
        loop_start(conversation->bridge->loop, &conversation->ttl, ttl * 1000, on_ttl,
                   conversation);
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

static void restore_one(const struct store_conversation *row, void *arg)
{
    struct bridge *bridge = arg;
    struct application *application = NULL;
    struct conversation *conversation;

    HASH_FIND_STR(bridge->applications, row->application, application);
    if (!application || strlen(row->id) >= ID_PREFIXED || strlen(row->name) >= NAME_MAX_BYTES)
        return;
    conversation = alloc(bridge, application);
    if (!conversation)
        return;
    strcpy(conversation->id, row->id);
    strcpy(conversation->name, row->name);
    conversation->created = row->created;
    conversation->sequence = row->sequence;
    conversation->properties = json_loads(row->properties ? row->properties : "{}", 0, NULL);
    if (!conversation->properties)
        conversation->properties = json_object();
    enlist(conversation);
    conversation_check(conversation);
}

/* The last run ended with this member joined: its leg is gone. */
static void restore_member(const struct store_member *row, void *arg)
{
    struct bridge *bridge = arg;
    struct conversation *conversation = NULL;
    struct member gone = {.magic = MEMBER_MAGIC};
    struct store_member left = *row;

    if (strcmp(row->state, "LEFT") == 0 || strlen(row->id) >= sizeof gone.id)
        return;
    HASH_FIND_STR(bridge->conversations, row->conversation, conversation);
    if (!conversation)
        return;
    strcpy(gone.id, row->id);
    conversation_event(conversation, "member:left", &gone, NULL,
                       json_pack("{s:{s:s},s:{s:s,s:s}}", "user", "id", row->user, "reason", "code",
                                 "503", "text", "Restarted"),
                       clock_wall_ms());
    left.state = "LEFT";
    store_member_put(bridge->store, &left);
}

struct members {
    struct store_member *rows;
    size_t count, room;
};

/* Copies: nothing may be written while the store is being read. */
static void collect(const struct store_member *row, void *arg)
{
    struct members *members = arg;

    if (strcmp(row->state, "LEFT") == 0)
        return;
    if (members->count == members->room) {
        size_t room = members->room ? members->room * 2 : 64;
        struct store_member *rows = realloc(members->rows, room * sizeof *rows);

        if (!rows)
            return;
        members->rows = rows;
        members->room = room;
    }
    members->rows[members->count++] = (struct store_member){
        .id = mem_strdup(row->id),
        .conversation = mem_strdup(row->conversation),
        .application = mem_strdup(row->application),
        .user = mem_strdup(row->user),
        .state = mem_strdup(row->state),
        .data = mem_strdup(row->data),
        .created = row->created,
    };
}

int bridge_restore(struct bridge *bridge)
{
    struct members members = {0};
    int err = store_each_conversation(bridge->store, restore_one, bridge);

    if (!err)
        err = store_each_member(bridge->store, collect, &members);
    for (size_t i = 0; i < members.count; i++) {
        struct store_member *row = &members.rows[i];

        if (!err)
            restore_member(row, bridge);
        mem_unref((char *)row->id);
        mem_unref((char *)row->conversation);
        mem_unref((char *)row->application);
        mem_unref((char *)row->user);
        mem_unref((char *)row->state);
        mem_unref((char *)row->data);
    }
    free(members.rows);
    return err;
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
    char *text = json_dumps(body, JSON_COMPACT);
    struct store_event row = {
        .application = conversation->application->id,
        .conversation = conversation->id,
        .id = ++conversation->sequence,
        .type = type,
        .from = from ? from->id : "",
        .to = to ? to->id : "",
        .body = text ? text : "{}",
        .timestamp = at,
    };

    MAGIC_CHECK(conversation, CONVERSATION_MAGIC);
    conversation->bridge->counts.events_total++;
    store_event_put(conversation->bridge->store, &row);
    free(text);
    json_decref(body);
    return row.id;
}
