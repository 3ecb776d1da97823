/* recover.c: legs that were up when the last run ended. Their phones have gone; the
 * application is owed the end of each. */
#include "ncco/input.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { TEXTS = 9 };

struct dead {
    struct store_leg row;
    const char *texts[TEXTS]; /* of the row; ours */
    struct dead *next;
};

struct dead_list {
    struct dead *first, **last;
};

static void drop(struct dead *dead)
{
    for (int i = 0; i < TEXTS; i++)
        mem_unref((char *)dead->texts[i]);
    free(dead);
}

/* A row that cannot be kept is not told now, but stays live for the next start. */
static void collect(const struct store_leg *row, void *arg)
{
    struct dead_list *list = arg;
    struct dead *dead = calloc(1, sizeof *dead);
    const char **texts[TEXTS];

    if (!dead)
        return;
    dead->row = *row;
    memcpy(texts,
           (const char **[TEXTS]){&dead->row.id, &dead->row.application, &dead->row.conversation,
                                  &dead->row.type, &dead->row.direction, &dead->row.status,
                                  &dead->row.from, &dead->row.to, &dead->row.detail},
           sizeof texts);
    for (int i = 0; i < TEXTS; i++) {
        dead->texts[i] = mem_strdup(*texts[i] ? *texts[i] : "");
        *texts[i] = dead->texts[i];
        if (!dead->texts[i]) {
            drop(dead);
            return;
        }
    }
    *list->last = dead;
    list->last = &dead->next;
}

static const char *end_name(const json_t *end)
{
    const char *name = NULL;

    for (int type = ENDPOINT_PHONE; !name && type <= ENDPOINT_VBC; type++)
        name = json_string_value(json_object_get(end, endpoint_key((enum endpoint_type)type)));
    return name ? name : "Unknown";
}

/* What the row borrows of facts is not of from and to. */
static json_t *fields_of(struct facts *facts, struct store_leg *row, const struct conf *conf,
                         bool failed)
{
    json_t *from = json_loads(row->from, 0, NULL), *to = json_loads(row->to, 0, NULL), *fields;
    bool inbound = strcmp(row->direction, "inbound") == 0;
    int64_t now = clock_wall_ms();

    facts->conversation = row->conversation;
    facts->direction = row->direction;
    facts->from = end_name(from);
    facts->to = end_name(to);
    facts->uuid = row->id;
    facts->is_extended = conf->webhook.is_extended;
    facts_end(facts, row->start, now);
    facts_price(facts, conf, json_string_value(json_object_get(inbound ? from : to, "number")));
    facts_row(facts, row);
    fields = failed ? fields_status(facts, "failed", "internal_error", now)
                    : fields_completed(facts, now);
    fields_extend(fields, facts, failed ? NULL : "platform", 0, NULL);
    json_decref(from);
    json_decref(to);
    return fields;
}

/* It had ended, and the application was being asked about that. */
static void tell_asked(struct calls *calls, const struct store_leg *row,
                       struct application *application, struct webhook_event *event)
{
    struct store *store = bridge_store(calls->bridge);

    store_together(store);
    store_leg_settle(store, row->id);
    notice_send(calls, application, event);
    store_together_end(store);
}

static void tell(struct calls *calls, struct store_leg *row)
{
    struct store *store = bridge_store(calls->bridge);
    struct application *application = application_find(calls->bridge, row->application);
    bool failed = !row->start && strcmp(row->direction, "outbound") == 0;
    json_t *detail = json_loads(row->detail, 0, NULL);
    struct facts facts = {.headers = json_object_get(detail, "headers")};
    struct webhook_event event = {
        .application = row->application,
        .lane = row->id,
        .url = json_string_value(json_object_get(detail, "event_url")),
        .method = json_string_value(json_object_get(detail, "event_method")),
        .fields = json_incref(json_object_get(detail, "asked")),
    };

    if (event.fields) {
        tell_asked(calls, row, application, &event);
        json_decref(detail);
        return;
    }
    event.fields = fields_of(&facts, row, bridge_config(calls->bridge), failed);

    row->status = failed ? "failed" : "completed";
    store_together(store);
    store_leg_put(store, row);
    notice_send(calls, application, &event);
    store_together_end(store);
    json_decref(detail);
}

int calls_recover(struct calls *calls)
{
    struct dead_list list = {NULL, &list.first};
    /* everything is read before anything is written */
    int err = store_each_live_leg(bridge_store(calls->bridge), collect, &list);
    unsigned count = 0;

    if (calls->recordings)
        utterances_drop(calls->recordings);
    if (!err)
        err = bridge_restore(calls->bridge);
    while (list.first) {
        struct dead *dead = list.first;

        list.first = dead->next;
        if (!err) {
            tell(calls, &dead->row);
            count++;
        }
        drop(dead);
    }
    if (count)
        log_warning("ncco", "the last run left legs up, told as ended count=%u", count);
    return err;
}
