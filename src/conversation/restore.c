/* restore.c: what the last run left: persistent conversations go on; whoever was in one
 * is out now, since the legs went with the run. Everything is read before anything is
 * written: the store takes no reading after that. */
#include "conversation/private.h"
#include "base/clock.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>

/* A conversation of an application that is not configured waits for it with the rest. */
static void read_conversation(const struct store_conversation *row, void *arg)
{
    struct bridge *bridge = arg;
    struct application *application = NULL;

    if (strlen(row->application) >= ID_UUID ||
        application_make(bridge, row->application, &application) ||
        conversation_revive(bridge, application, row))
        log_error("conversation", "not restored id=%.60s", row->id);
}

struct members {
    struct store_member *rows; /* texts are ours */
    size_t count, room;
};

static void drop_row(struct store_member *row)
{
    mem_unref((char *)row->id);
    mem_unref((char *)row->conversation);
    mem_unref((char *)row->application);
    mem_unref((char *)row->user);
    mem_unref((char *)row->data);
}

static void read_member(const struct store_member *row, void *arg)
{
    struct members *members = arg;
    struct store_member copy;

    if (strcmp(row->state, member_state_text(MEMBER_LEFT)) == 0)
        return;
    if (members->count == members->room) {
        size_t room = members->room ? members->room * 2 : 64;
        struct store_member *rows = realloc(members->rows, room * sizeof *rows);

        if (!rows)
            return; /* stays for the next start */
        members->rows = rows;
        members->room = room;
    }
    copy = (struct store_member){
        .id = mem_strdup(row->id),
        .conversation = mem_strdup(row->conversation),
        .application = mem_strdup(row->application),
        .user = mem_strdup(row->user ? row->user : ""),
        .state = member_state_text(MEMBER_LEFT),
        .data = mem_strdup(row->data ? row->data : "{}"),
        .created = row->created,
    };
    if (copy.id && copy.conversation && copy.application && copy.user && copy.data)
        members->rows[members->count++] = copy;
    else
        drop_row(&copy);
}

/* The last run ended with this member in: its leg is gone. */
static void leave(struct bridge *bridge, const struct store_member *row)
{
    struct member gone = {.magic = MEMBER_MAGIC};
    json_t *data;

    if (strlen(row->id) >= sizeof gone.id || strlen(row->user) >= sizeof gone.user_id)
        return;
    HASH_FIND_STR(bridge->conversations, row->conversation, gone.conversation);
    if (!gone.conversation)
        return;
    data = json_loads(row->data, 0, NULL);
    strcpy(gone.id, row->id);
    strcpy(gone.user_id, row->user);
    gone.channel = json_object_get(data, "channel");
    gone.joined = json_integer_value(json_object_get(data, "joined"));
    member_left_event(&gone, clock_wall_ms(), "503", "Restarted");
    store_member_put(bridge->store, row);
    conversation_check(gone.conversation); /* its time to live begins now */
    json_decref(data);
}

int bridge_restore(struct bridge *bridge)
{
    struct members members = {0};
    int err = store_each_conversation(bridge->store, read_conversation, bridge);

    if (!err)
        err = store_each_member(bridge->store, read_member, &members);
    for (size_t i = 0; i < members.count; i++) {
        if (!err)
            leave(bridge, &members.rows[i]);
        drop_row(&members.rows[i]);
    }
    free(members.rows);
    return err;
}
