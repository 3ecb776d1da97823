/* user.c: who is a member. Users made over the API are held by their application until they
 * are deleted; system users, made for a call, live as long as their members. */
#include "conversation/private.h"
#include "base/clock.h"
#include "base/log.h"
#include "json/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Off every hash: found no more. */
static void forget(struct user *user)
{
    struct application *application = user->application;

    if (!application)
        return;
    logins_forget(user);
    HASH_DELETE(hh, application->users, user);
    if (!user->system && user->hh_name.tbl)
        HASH_DELETE(hh_name, application->users_by_name, user);
    user->application = NULL;
    application->bridge->counts.users--;
}

static void destroy(void *obj)
{
    struct user *user = obj;

    assert(list_empty(&user->members));
    forget(user);
    mem_unref(user->name);
    mem_unref(user->display_name);
    json_decref(user->data);
    user->magic = 0;
}

static struct user *alloc(const char *name)
{
    struct user *user = mem_alloc(sizeof *user, destroy);

    if (!user)
        return NULL;
    user->magic = USER_MAGIC;
    list_init(&user->members);
    list_init(&user->logins);
    user->created = clock_wall_ms();
    id_prefixed(user->id, "USR");
    if (!name)
        return user;
    user->name = mem_strdup(name);
    return user->name ? user : mem_unref(user);
}

/* Onto the hashes; on failure onto none. */
static int enlist(struct application *application, struct user *user)
{
    HASH_ADD(hh, application->users, id, strlen(user->id), user);
    if (!user->hh.tbl)
        return ENOMEM;
    user->application = application;
    application->bridge->counts.users++;
    if (user->system)
        return 0;
    HASH_ADD_KEYPTR(hh_name, application->users_by_name, user->name, strlen(user->name), user);
    if (user->hh_name.tbl) {
        logins_take(user, user_channels(user)); /* who finds no memory cannot register */
        return 0;
    }
    forget(user);
    return ENOMEM;
}

int user_save(const struct user *user)
{
    char *data;
    struct store_user row = {
        .id = user->id,
        .application = user->application ? user->application->id : NULL,
        .name = user->name,
        .display_name = user->display_name,
        .system = user->system,
        .created = user->created,
    };
    int err;

    if (!user->application)
        return 0;
    data = user->data ? json_text(user->data) : NULL;
    row.data = data;
    err = store_user_put(user->application->bridge->store, &row);
    if (err)
        log_error("conversation", "user not stored id=%s: %s", user->id, strerror(err));
    free(data);
    return err;
}

int user_make_system(struct application *application, const char *prefix, struct user **userp)
{
    char hex[ID_HEX32], name[64];
    struct user *user = alloc(NULL);
    int err;

    if (!user)
        return ENOMEM;
    if (prefix) {
        id_hex32(hex);
        snprintf(name, sizeof name, "%s%s", prefix, hex);
    }
    user->system = true;
    user->name = mem_strdup(prefix ? name : user->id);
    err = user->name ? enlist(application, user) : ENOMEM;
    if (err)
        mem_unref(user);
    else
        *userp = user;
    return err;
}

/* One member of data: NULL: as it was, null: none any more. */
static int set_data(struct user *user, const char *name, json_t *fact)
{
    if (!fact)
        return 0;
    if (!user->data)
        user->data = json_object();
    if (json_is_null(fact)) {
        json_object_del(user->data, name);
        return 0;
    }
    return json_object_set_new(user->data, name, json_deep_copy(fact)) ? ENOMEM : 0;
}

static int take(struct user *user, const struct user_facts *facts)
{
    int err = fact_text(&user->display_name, facts->display_name);

    if (!err)
        err = set_data(user, "image_url", facts->image_url);
    if (!err)
        err = set_data(user, "properties", facts->properties);
    if (!err)
        err = set_data(user, "channels", facts->channels);
    return err;
}

int user_make(struct application *application, const struct user_facts *facts, struct user **userp)
{
    const char *name = json_string_value(facts->name);
    char fresh[ID_PREFIXED];
    struct user *user;
    int err;

    MAGIC_CHECK(application, APPLICATION_MAGIC);
    id_prefixed(fresh, "NAM");
    if (name && user_named(application, name))
        return EEXIST;
    if (logins_check(application->bridge, NULL, facts->channels))
        return EADDRINUSE;
    user = alloc(name ? name : fresh);
    if (!user)
        return ENOMEM;
    err = take(user, facts);
    if (!err)
        err = enlist(application, user);
    if (!err)
        err = user_save(user);
    if (err)
        mem_unref(user);
    else
        *userp = user;
    return err;
}

static int rename_user(struct user *user, const char *name)
{
    struct application *application = user->application;
    char *copy;

    if (!strcmp(name, user->name))
        return 0;
    if (user_named(application, name))
        return EEXIST;
    copy = mem_strdup(name);
    if (!copy)
        return ENOMEM;
    if (user->hh_name.tbl)
        HASH_DELETE(hh_name, application->users_by_name, user);
    mem_unref(user->name);
    user->name = copy;
    user->hh_name.tbl = NULL;
    HASH_ADD_KEYPTR(hh_name, application->users_by_name, user->name, strlen(user->name), user);
    return user->hh_name.tbl ? 0 : ENOMEM;
}

int user_update(struct user *user, const struct user_facts *facts)
{
    const char *name = json_string_value(facts->name);
    int err = 0, refused;

    MAGIC_CHECK(user, USER_MAGIC);
    if (!user->application)
        return ENOENT;
    if (logins_check(user->application->bridge, user, facts->channels))
        return EADDRINUSE;
    if (name && !user->system)
        err = rename_user(user, name);
    if (!err)
        err = take(user, facts);
    if (facts->channels && !user->system)
        logins_take(user, user_channels(user));
    list_each (node, &user->members)
        conversation_touch(list_entry(node, struct member, user_node)->conversation);
    refused = user_save(user);
    return err ? err : refused;
}

/* One who is still in; leaving may end others' membership too, so each is looked for anew. */
static struct member *next_member(const struct user *user)
{
    list_each (node, &user->members) {
        struct member *member = list_entry(node, struct member, user_node);

        if (member->state != MEMBER_LEFT)
            return member;
    }
    return NULL;
}

void user_delete(struct user *user)
{
    const struct initiator application = {NULL, NULL};
    struct member *member;
    struct store *store;

    MAGIC_CHECK(user, USER_MAGIC);
    if (!user->application)
        return;
    store = user->application->bridge->store;
    mem_ref(user);
    store_together(store);
    while ((member = next_member(user)))
        member_leave(member, &application, NULL, NULL);
    forget(user);
    store_user_drop(store, user->id);
    store_together_end(store);
    if (!user->system)
        mem_unref(user); /* the application's */
    mem_unref(user);
}

int user_revive(struct application *application, const struct store_user *row)
{
    struct user *user;
    int err;

    if (!row->name || strlen(row->id) >= ID_PREFIXED)
        return EINVAL;
    user = alloc(row->name);
    if (!user)
        return ENOMEM;
    memcpy(user->id, row->id, strlen(row->id) + 1);
    user->created = row->created;
    user->system = row->system;
    if (row->display_name)
        user->display_name = mem_strdup(row->display_name);
    user->data = row->data ? json_loads(row->data, 0, NULL) : NULL;
    err = enlist(application, user);
    if (err)
        mem_unref(user);
    return err;
}

void users_free(struct application *application)
{
    struct user *user, *next;

    HASH_ITER (hh, application->users, user, next) {
        bool ours = !user->system;

        forget(user);
        if (ours)
            mem_unref(user);
    }
}

struct user *user_find(struct application *application, const char *id)
{
    struct user *user = NULL;

    HASH_FIND(hh, application->users, id, strlen(id), user);
    return user;
}

struct user *user_named(struct application *application, const char *name)
{
    struct user *user = NULL;

    HASH_FIND(hh_name, application->users_by_name, name, strlen(name), user);
    return user;
}

const char *user_id(const struct user *user)
{
    return user->id;
}

const char *user_name(const struct user *user)
{
    return user->name;
}

const json_t *user_channels(const struct user *user)
{
    return json_object_get(user->data, "channels");
}

json_t *user_row(const struct user *user)
{
    json_t *row = json_pack("{s:s,s:s,s:b,s:I}", "id", user->id, "name", user->name, "system",
                            user->system, "created", (json_int_t)user->created);

    if (user->application)
        json_object_set_new(row, "application", json_string(user->application->id));
    if (user->display_name)
        json_object_set_new(row, "display_name", json_string(user->display_name));
    json_object_set_new(row, "data", user->data ? json_deep_copy(user->data) : json_object());
    return row;
}
