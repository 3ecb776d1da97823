/* recover.c: legs that were up when the last run ended. Their phones have gone; the
 * application is owed the end of each. */
#include "ncco/private.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NO_PRICE "0.00000000"

struct dead {
    struct store_leg row; /* texts are ours */
    struct dead *next;
};

struct dead_list {
    struct dead *first, **last;
};

static void collect(const struct store_leg *row, void *arg)
{
    struct dead_list *list = arg;
    struct dead *dead = calloc(1, sizeof *dead);

    if (!dead)
        return;
    dead->row = *row;
    dead->row.id = mem_strdup(row->id);
    dead->row.application = mem_strdup(row->application);
    dead->row.conversation = mem_strdup(row->conversation);
    dead->row.type = mem_strdup(row->type);
    dead->row.direction = mem_strdup(row->direction);
    dead->row.status = mem_strdup(row->status);
    dead->row.from = mem_strdup(row->from);
    dead->row.to = mem_strdup(row->to);
    dead->row.detail = mem_strdup(row->detail);
    *list->last = dead;
    list->last = &dead->next;
}

static void drop(struct dead *dead)
{
    const char *texts[] = {dead->row.id,   dead->row.application, dead->row.conversation,
                           dead->row.type, dead->row.direction,   dead->row.status,
                           dead->row.from, dead->row.to,          dead->row.detail};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        mem_unref((char *)texts[i]);
    free(dead);
}

static const char *end_name(const json_t *end)
{
    const char *number = json_string_value(json_object_get(end, "number"));
    const char *uri = json_string_value(json_object_get(end, "uri"));

    return number ? number : uri ? uri : "Unknown";
}

static void set_time(json_t *fields, const char *name, int64_t at)
{
    char text[CLOCK_ISO];

    clock_iso(text, at);
    json_object_set_new(fields, name, json_string(text));
}

static json_t *fields_of(struct store_leg *row, const char *status, int64_t now)
{
    json_t *from = json_loads(row->from ? row->from : "{}", 0, NULL);
    json_t *to = json_loads(row->to ? row->to : "{}", 0, NULL);
    json_t *fields =
        json_pack("{s:s,s:s}", "conversation_uuid", row->conversation, "direction", row->direction);
    bool completed = strcmp(status, "completed") == 0;
    char duration[24];

    row->duration = row->start ? (now - row->start + 999) / 1000 : 0;
    row->end = row->start ? row->start + row->duration * 1000 : now / 1000 * 1000;
    if (completed) {
        snprintf(duration, sizeof duration, "%lld", (long long)row->duration);
        json_object_set_new(fields, "duration", json_string(duration));
        set_time(fields, "end_time", row->end);
    } else {
        json_object_set_new(fields, "detail", json_string("internal_error"));
    }
    json_object_set_new(fields, "from", json_string(end_name(from)));
    if (completed) {
        json_object_set_new(fields, "network", json_string(""));
        json_object_set_new(fields, "price", json_string(NO_PRICE));
        json_object_set_new(fields, "rate", json_string(NO_PRICE));
        if (row->start)
            set_time(fields, "start_time", row->start);
    }
    json_object_set_new(fields, "status", json_string(status));
    set_time(fields, "timestamp", now);
    json_object_set_new(fields, "to", json_string(end_name(to)));
    json_object_set_new(fields, "uuid", json_string(row->id));
    json_decref(from);
    json_decref(to);
    return fields;
}

static void tell(struct calls *calls, struct store_leg *row)
{
    struct store *store = bridge_store(calls->bridge);
    struct application *application = application_find(calls->bridge, row->application);
    const struct conf_application *conf = application ? application_conf(application) : NULL;
    bool failed = !row->start && strcmp(row->direction, "outbound") == 0;
    const char *status = failed ? "failed" : "completed";
    json_t *fields = fields_of(row, status, clock_wall_ms());
    json_t *detail = json_loads(row->detail ? row->detail : "{}", 0, NULL);
    const char *url = json_string_value(json_object_get(detail, "event_url"));
    struct webhook_event event = {
        .application = row->application,
        .lane = row->id,
        .url = url,
        .method = json_string_value(json_object_get(detail, "event_method")),
        .is_signed = conf && conf->voice.is_signed,
        .fields = fields,
    };

    if (!url && conf) {
        event.url = conf->voice.event_url;
        event.method = conf->voice.event_method;
        event.trusted = true;
    }
    row->status = status;
    row->live = false;
    row->rate = row->price = NO_PRICE;
    row->network = "";
    store_together(store);
    store_leg_put(store, row);
    if (event.url && *event.url)
        webhook_emit(calls->webhook, &event);
    store_together_end(store);
    json_decref(fields);
    json_decref(detail);
}

int calls_recover(struct calls *calls)
{
    struct dead_list list = {NULL, &list.first};
    /* everything is read before anything is written */
    int err = store_each_live_leg(bridge_store(calls->bridge), collect, &list);
    unsigned count = 0;

    if (!err)
        err = bridge_restore(calls->bridge);

    while (list.first) {
        struct dead *dead = list.first;
        const char *status = dead->row.status;

        list.first = dead->next;
        if (!err) {
            tell(calls, &dead->row);
            count++;
        }
        dead->row.status = status;
        drop(dead);
    }
    if (count)
        log_warning("ncco", "the last run left legs up, told as ended count=%u", count);
    return err;
}
