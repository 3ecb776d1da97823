/* bridge.c: the registry of everything that control owns, and its start. */
#include "conversation/private.h"
#include "base/log.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void destroy(void *obj)
{
    struct bridge *bridge = obj;
    struct application *application, *next;
    struct conversation *conversation, *after;

    HASH_ITER (hh, bridge->applications, application, next)
        HASH_CLEAR(hh_name, application->by_name);
    /* what is left are persistent conversations without members */
    HASH_ITER (hh, bridge->conversations, conversation, after) {
        HASH_DELETE(hh, bridge->conversations, conversation);
        mem_unref(conversation);
    }
    HASH_ITER (hh, bridge->applications, application, next) {
        HASH_DELETE(hh, bridge->applications, application);
        free(application);
    }
    bridge->magic = 0;
}

int bridge_alloc(struct bridge **bridgep, const struct bridge_conf *conf)
{
    struct bridge *bridge = mem_alloc(sizeof *bridge, destroy);
    int err;

    if (!bridge)
        return ENOMEM;
    bridge->magic = BRIDGE_MAGIC;
    bridge->loop = conf->loop;
    bridge->store = conf->store;
    bridge->plane = conf->plane;
    err = bridge_configure(bridge, conf->conf);
    if (err)
        mem_unref(bridge);
    else
        *bridgep = bridge;
    return err;
}

void bridge_hook(struct bridge *bridge, const struct bridge_hooks *hooks)
{
    bridge->hooks = *hooks;
}

int application_make(struct bridge *bridge, const char *id, struct application **applicationp)
{
    struct application *application = NULL;

    HASH_FIND_STR(bridge->applications, id, application);
    if (!application) {
        application = calloc(1, sizeof *application);
        if (!application)
            return ENOMEM;
        memcpy(application->id, id, strnlen(id, sizeof application->id - 1));
        HASH_ADD_STR(bridge->applications, id, application);
        if (!application->hh.tbl) {
            free(application);
            return ENOMEM;
        }
    }
    *applicationp = application;
    return 0;
}

int bridge_configure(struct bridge *bridge, const struct conf *conf)
{
    struct application *application, *next;

    /* first what can fail: then the old configuration stays as it was */
    for (size_t i = 0; i < conf->application_count; i++) {
        if (application_make(bridge, conf->applications[i].id, &application))
            return ENOMEM;
    }
    bridge->conf = conf;
    HASH_ITER (hh, bridge->applications, application, next)
        application->conf = NULL;
    for (size_t i = 0; i < conf->application_count; i++) {
        HASH_FIND_STR(bridge->applications, conf->applications[i].id, application);
        assert(application); /* made above */
        application->conf = &conf->applications[i];
    }
    return 0;
}

struct loop *bridge_loop(const struct bridge *bridge)
{
    return bridge->loop;
}

struct store *bridge_store(const struct bridge *bridge)
{
    return bridge->store;
}

const struct conf *bridge_config(const struct bridge *bridge)
{
    return bridge->conf;
}

struct leg_plane *bridge_plane(struct bridge *bridge)
{
    return &bridge->plane;
}

void bridge_hangup_all(struct bridge *bridge)
{
    struct conversation *conversation, *next;

    HASH_ITER (hh, bridge->conversations, conversation, next) {
        list_each (node, &conversation->members)
            leg_hangup(list_entry(node, struct member, node)->leg, leg_cause_sip(503));
    }
}

void bridge_debug(const struct bridge *bridge, enum log_level level)
{
    const struct conversation *conversation, *next;
    char line[400];

    if (log_get_level() < level)
        return;
    HASH_ITER (hh, bridge->conversations, conversation, next) {
        if (list_empty(&conversation->members))
            continue;
        conversation_debug(conversation, line, sizeof line);
        log_write(level, "conversation", "%s", line);
        list_each (node, &conversation->members) {
            const struct member *member = list_entry(node, struct member, node);

            member_debug(member, line, sizeof line);
            log_write(level, "conversation", "%s", line);
            leg_debug(member->leg, line, sizeof line);
            log_write(level, "conversation", "%s", line);
        }
    }
}

void bridge_counts(const struct bridge *bridge, struct bridge_counts *counts)
{
    *counts = bridge->counts;
    counts->legs = bridge->plane.count;
    counts->members = HASH_COUNT(bridge->by_leg);
    counts->conversations = HASH_COUNT(bridge->conversations);
}

struct application *application_find(struct bridge *bridge, const char *id)
{
    struct application *application = NULL;

    HASH_FIND_STR(bridge->applications, id, application);
    return application && application->conf ? application : NULL;
}

struct application *application_of_number(struct bridge *bridge, const char *digits)
{
    const struct conf_application *conf = conf_application_of(bridge->conf, digits);

    return conf ? application_find(bridge, conf->id) : NULL;
}

const char *application_id(const struct application *application)
{
    return application->id;
}

const struct conf_application *application_conf(const struct application *application)
{
    return application->conf;
}

bool application_owns(const struct application *application, const char *digits)
{
    return application->conf && conf_application_has(application->conf, digits);
}
