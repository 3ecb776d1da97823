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
    struct conversation *conversation, *after;

    bridge->watch_count = 0;
    bridge->audio = mem_unref(bridge->audio);
    /* what is left are persistent conversations, with members that have no leg */
    HASH_ITER (hh, bridge->conversations, conversation, after) {
        conversation->listed = false; /* or it would vanish with its last member */
        list_each (node, &conversation->members)
            member_detach(list_entry(node, struct member, node));
        conversation_delist(conversation);
    }
    numbers_free(bridge);
    applications_free(bridge);
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
        list_each (node, &conversation->members) {
            struct member *member = list_entry(node, struct member, node);

            if (member->leg)
                leg_hangup(member->leg, leg_cause_sip(503));
        }
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
            if (!member->leg)
                continue;
            leg_debug(member->leg, line, sizeof line);
            log_write(level, "conversation", "%s", line);
        }
    }
}

void bridge_counts(const struct bridge *bridge, struct bridge_counts *counts)
{
    *counts = bridge->counts;
    counts->legs = bridge->plane.count;
    counts->members = HASH_CNT(hh_id, bridge->by_id);
    counts->conversations = HASH_COUNT(bridge->conversations);
}
