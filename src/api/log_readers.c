/* log_readers.c: all readers of the log that stay. Those of an application are a group, so
 * that an event wakes its own readers only. */
#include "api/log_stream.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static void destroy_log(void *obj)
{
    struct api_log *log = obj;

    assert(!log->groups);
    (void)log;
}

int api_log_alloc(struct api_log **log, struct api *api)
{
    *log = mem_alloc(sizeof **log, destroy_log);
    if (!*log)
        return ENOMEM;
    (*log)->api = api;
    return 0;
}

unsigned api_log_streams(const struct api_log *log)
{
    return log->streams;
}

struct log_group *log_group_find(struct api_log *log, const char *application)
{
    struct log_group *group;

    HASH_FIND_STR(log->groups, application, group);
    return group;
}

void log_group_drop(struct log_group *group)
{
    HASH_DELETE(hh, group->log->groups, group);
    mem_unref(group->application);
    mem_unref(group);
}

struct log_group *log_group_make(struct api_log *log, const char *application)
{
    struct log_group *group = log_group_find(log, application);

    if (group)
        return group;
    group = mem_alloc(sizeof *group, NULL);
    if (!group)
        return NULL;
    group->application = mem_strdup(application);
    if (!group->application)
        return mem_unref(group);
    group->log = log;
    list_init(&group->streams);
    HASH_ADD_KEYPTR(hh, log->groups, group->application, strlen(group->application), group);
    if (group->hh.tbl)
        return group;
    mem_unref(group->application);
    return mem_unref(group);
}

/* Waking. */

static void on_fence(void *arg)
{
    struct api_log *log = arg;
    struct log_group *group, *next;

    log->waking = false;
    HASH_ITER (hh, log->groups, group, next) {
        if (!group->awake)
            continue;
        group->awake = false;
        list_each (node, &group->streams)
            log_stream_look(log_stream_of(node));
    }
    mem_unref(log);
}

/* Not within store_together() any more. */
static void wake(void *arg)
{
    struct api_log *log = arg;

    if (log->api && !store_fence(log->api->conf.store, on_fence, log))
        return;
    log->waking = false;
    mem_unref(log);
}

void api_log_event(struct api_log *log, const struct bridge_event *event)
{
    struct log_group *group;

    if (!event->id || !log->groups)
        return;
    group = log_group_find(log, application_id(event->application));
    if (!group)
        return;
    group->awake = true;
    if (log->waking)
        return;
    log->waking = true;
    if (loop_post(log->api->conf.control, wake, mem_ref(log))) {
        log->waking = false;
        mem_unref(log);
    }
}

static void end_group(struct log_group *group)
{
    unsigned left = 0;

    list_each (node, &group->streams)
        left++;
    while (left--) /* the group goes with its last */
        log_stream_end(log_stream_first(group));
}

void api_log_application(struct api_log *log, const char *application_id)
{
    struct log_group *group = log_group_find(log, application_id);

    if (group)
        end_group(group);
}

void api_log_stop(struct api_log *log)
{
    struct log_group *group, *next;

    log->api = NULL;
    HASH_ITER (hh, log->groups, group, next)
        end_group(group);
}
