/* login.c: the phones of users: by which names and passwords they speak for whom. They are the
 * sip channels of a user ({uri, username, password}) whose URI is at our own domain; those with
 * another host are for calling there. A username is unique in the house, since it is all that a
 * phone tells before it is believed. */
#include "conversation/private.h"
#include "base/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool user_uri_is_ours(const struct bridge *bridge, const char *uri, char **address)
{
    const char *domain = bridge->conf->sip.domain, *at, *host;
    size_t size;

    if (!domain || !*domain || strncasecmp(uri, "sip:", 4) != 0)
        return false;
    at = strchr(uri, '@');
    host = at ? at + 1 : uri + 4;
    size = strcspn(host, ":;?>");
    if (size != strlen(domain) || strncasecmp(host, domain, size) != 0 || host[size] == ':')
        return false;
    if (address)
        *address = mem_printf("%.*s", at ? (int)(at - uri - 4) : 0, uri + 4);
    return true;
}

static const char *text(const json_t *channel, const char *name)
{
    const char *value = json_string_value(json_object_get(channel, name));

    return value ? value : "";
}

/* Does a phone speak by it? */
static bool is_login(const struct bridge *bridge, const json_t *channel)
{
    return *text(channel, "username") && *text(channel, "password") &&
           user_uri_is_ours(bridge, text(channel, "uri"), NULL);
}

static struct login *find(const struct bridge *bridge, const char *name)
{
    struct login *login = NULL;

    HASH_FIND_STR(bridge->logins, name, login);
    return login;
}

int logins_check(struct bridge *bridge, const struct user *user, const json_t *channels)
{
    const json_t *list = json_object_get(channels, "sip"), *channel;
    size_t i;

    json_array_foreach (list, i, channel) {
        const struct login *login = find(bridge, text(channel, "username"));

        if (login && login->user != user && is_login(bridge, channel))
            return EEXIST;
    }
    return 0;
}

static void login_free(struct login *login)
{
    mem_unref(login->name);
    mem_unref(login->password);
    mem_unref(login->address);
    free(login);
}

void logins_forget(struct user *user)
{
    list_each (node, &user->logins) {
        struct login *login = list_entry(node, struct login, node);

        HASH_DEL(user->application->bridge->logins, login);
        list_remove(node);
        login_free(login);
    }
}

static int add(struct user *user, const json_t *channel)
{
    struct bridge *bridge = user->application->bridge;
    struct login *login = calloc(1, sizeof *login);

    if (!login)
        return ENOMEM;
    login->user = user;
    login->name = mem_strdup(text(channel, "username"));
    login->password = mem_strdup(text(channel, "password"));
    user_uri_is_ours(bridge, text(channel, "uri"), &login->address);
    if (login->name && login->password && login->address)
        HASH_ADD_KEYPTR(hh, bridge->logins, login->name, strlen(login->name), login);
    if (!login->hh.tbl) {
        login_free(login);
        return ENOMEM;
    }
    list_append(&user->logins, &login->node);
    return 0;
}

int logins_take(struct user *user, const json_t *channels)
{
    struct bridge *bridge = user->application->bridge;
    const json_t *list = json_object_get(channels, "sip"), *channel;
    size_t i;

    if (logins_check(bridge, user, channels)) {
        log_warning("conversation", "a username of the sip channels is another user's id=%s",
                    user->id);
        return EEXIST;
    }
    logins_forget(user);
    json_array_foreach (list, i, channel) {
        if (is_login(bridge, channel) && !find(bridge, text(channel, "username")) &&
            add(user, channel)) {
            logins_forget(user);
            return ENOMEM;
        }
    }
    return 0;
}

struct user *user_of_login(struct bridge *bridge, const char *name, const char **password)
{
    const struct login *login = find(bridge, name);

    if (!login)
        return NULL;
    *password = login->password;
    return login->user;
}

bool user_has_address(const struct user *user, const char *address)
{
    if (!strcmp(user->name, address))
        return true;
    list_each (node, &user->logins) {
        const struct login *login = list_entry(node, struct login, node);

        if (!strcmp(login->name, address) || !strcmp(login->address, address))
            return true;
    }
    return false;
}

struct user *user_at(struct application *application, const char *address)
{
    const struct login *login = find(application->bridge, address);
    struct user *user, *next;

    if (login && login->user->application == application)
        return login->user;
    user = user_named(application, address);
    if (user)
        return user;
    HASH_ITER (hh_name, application->users_by_name, user, next) {
        if (user_has_address(user, address))
            return user;
    }
    return NULL;
}

struct application *user_application(const struct user *user)
{
    return user->application;
}
