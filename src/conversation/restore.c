/* restore.c: what the last run left: applications, numbers, users and persistent
 * conversations go on, and so do members without a leg; whoever was in one with a leg is
 * out now, since the legs went with the run. Everything is read before anything is written:
 * the store takes no reading after that. */
#include "conversation/private.h"
#include "base/clock.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>

struct kept { /* rows to deal with once everything was read; texts are ours */
    struct store_member *rows;
    size_t count, room;
    char **gone; /* ids of transient conversations */
    size_t gone_count, gone_room;
};

struct restoring {
    struct bridge *bridge;
    struct kept kept;
};

static struct application *application_of_row(struct bridge *bridge, const char *id)
{
    struct application *application = NULL;

    /* one that is not configured any more waits for it with what it has */
    if (!id || strlen(id) >= ID_UUID || application_make(bridge, id, &application))
        return NULL;
    return application;
}

static void read_application(const struct store_application *row, void *arg)
{
    struct restoring *restoring = arg;

    if (strlen(row->id) >= ID_UUID || application_revive(restoring->bridge, row))
        log_error("conversation", "application not restored id=%.60s", row->id);
}

static void read_number(const struct store_number *row, void *arg)
{
    struct restoring *restoring = arg;

    if (number_revive(restoring->bridge, row))
        log_error("conversation", "number not restored msisdn=%.20s", row->msisdn);
}

static void read_user(const struct store_user *row, void *arg)
{
    struct restoring *restoring = arg;
    struct application *application = application_of_row(restoring->bridge, row->application);

    if (row->system)
        return;
    if (!application || user_revive(application, row))
        log_error("conversation", "user not restored id=%.60s", row->id);
}

/* Grows an array by one place; NULL: out of memory. */
static void *grow(void *array, size_t count, size_t *room, size_t size)
{
    void *more;

    if (count < *room)
        return array;
    more = realloc(array, (*room ? *room * 2 : 64) * size);
    if (more)
        *room = *room ? *room * 2 : 64;
    return more;
}

static void keep_gone(struct kept *kept, const char *id)
{
    char **gone = grow(kept->gone, kept->gone_count, &kept->gone_room, sizeof *gone);
    char *copy = mem_strdup(id);

    if (gone)
        kept->gone = gone;
    if (gone && copy)
        gone[kept->gone_count++] = copy;
    else
        mem_unref(copy); /* stays for the next start */
}

static void read_conversation(const struct store_conversation *row, void *arg)
{
    struct restoring *restoring = arg;
    struct application *application = application_of_row(restoring->bridge, row->application);

    if (row->transient)
        keep_gone(&restoring->kept, row->id);
    else if (!application || conversation_revive(restoring->bridge, application, row))
        log_error("conversation", "not restored id=%.60s", row->id);
}

static void drop_row(struct store_member *row)
{
    mem_unref((char *)row->id);
    mem_unref((char *)row->conversation);
    mem_unref((char *)row->application);
    mem_unref((char *)row->user);
    mem_unref((char *)row->state);
    mem_unref((char *)row->data);
}

static void read_member(const struct store_member *row, void *arg)
{
    struct restoring *restoring = arg;
    struct kept *kept = &restoring->kept;
    struct store_member copy, *rows;

    if (strcmp(row->state, member_state_text(MEMBER_LEFT)) == 0)
        return;
    rows = grow(kept->rows, kept->count, &kept->room, sizeof *rows);
    if (!rows)
        return; /* stays for the next start */
    kept->rows = rows;
    copy = (struct store_member){
        .id = mem_strdup(row->id),
        .conversation = mem_strdup(row->conversation),
        .application = mem_strdup(row->application),
        .user = mem_strdup(row->user ? row->user : ""),
        .state = mem_strdup(row->state),
        .data = mem_strdup(row->data ? row->data : "{}"),
        .created = row->created,
    };
    if (copy.id && copy.conversation && copy.application && copy.user && copy.state && copy.data)
        rows[kept->count++] = copy;
    else
        drop_row(&copy);
}

static int64_t time_of(const json_t *data, const char *name)
{
    const char *text = json_string_value(json_object_get(json_object_get(data, "timestamp"), name));
    int64_t at = text ? clock_parse_iso(text) : 0;

    return at > 0 ? at : 0;
}

static char *text_of(const json_t *data, const char *name)
{
    const char *text = json_string_value(json_object_get(data, name));

    return text ? mem_strdup(text) : NULL;
}

static void take_data(struct member *member, const json_t *data)
{
    member->channel = json_incref(json_object_get(data, "channel"));
    member->initiator = json_incref(json_object_get(data, "initiator"));
    if (!member->initiator)
        member->initiator = json_object();
    member->invited = time_of(data, "invited");
    member->joined = time_of(data, "joined");
    member->by_us = json_is_true(json_object_get(data, "invited_by_us"));
    member->invited_by = text_of(data, "invited_by");
    member->knocking_id = text_of(data, "knocking_id");
}

/* The last run ended with this member in: its leg is gone. It is taken up once more, to
 * leave as any other does. */
static void leave(struct member *member)
{
    struct store *store = member->conversation->bridge->store;

    member->state = MEMBER_LEFT;
    member->left = clock_wall_ms();
    store_together(store);
    member_left_event(member, member->left, "503", "Restarted");
    member_save(member);
    store_together_end(store);
    member_detach(member);
}

static struct user *user_of(struct application *application, const char *id)
{
    struct store_user row = {.id = id, .name = id};
    struct user *user = user_find(application, id);

    if (user)
        return mem_ref(user);
    row.system = true; /* made for a call: only its id matters any more */
    return strlen(id) < ID_PREFIXED && !user_revive(application, &row) ? user_find(application, id)
                                                                       : NULL;
}

static void take_up(struct bridge *bridge, const struct store_member *row)
{
    struct conversation *conversation = NULL;
    struct member *member;
    struct user *user;
    json_t *data;

    HASH_FIND_STR(bridge->conversations, row->conversation, conversation);
    if (!conversation || strlen(row->id) >= ID_PREFIXED)
        return;
    user = user_of(conversation->application, row->user);
    if (!user || member_alloc(conversation, user, NULL, &member)) {
        mem_unref(user);
        return;
    }
    mem_unref(user);
    memcpy(member->id, row->id, strlen(row->id) + 1);
    data = json_loads(row->data, 0, NULL);
    take_data(member, data);
    member->state = strcmp(row->state, "JOINED") ? MEMBER_INVITED : MEMBER_JOINED;
    member_attach(member);
    if (user->system || json_array_size(json_object_get(member->channel, "leg_ids")))
        leave(member);
    json_decref(data);
}

static int read_all(struct restoring *restoring)
{
    struct store *store = restoring->bridge->store;
    int err = store_each_application(store, read_application, restoring);

    if (!err)
        err = store_each_number(store, read_number, restoring);
    if (!err)
        err = store_each_user(store, read_user, restoring);
    if (!err)
        err = store_each_conversation(store, read_conversation, restoring);
    if (!err)
        err = store_each_member(store, read_member, restoring);
    return err;
}

int bridge_restore(struct bridge *bridge)
{
    struct restoring restoring = {.bridge = bridge};
    struct kept *kept = &restoring.kept;
    int err = read_all(&restoring);

    for (size_t i = 0; i < kept->count; i++) {
        if (!err)
            take_up(bridge, &kept->rows[i]);
        drop_row(&kept->rows[i]);
    }
    for (size_t i = 0; i < kept->gone_count; i++) {
        if (!err)
            store_conversation_drop(bridge->store, kept->gone[i]);
        mem_unref(kept->gone[i]);
    }
    free(kept->rows);
    free(kept->gone);
    return err;
}
