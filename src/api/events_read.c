/* events_read.c: the log of a conversation: its list, one event of it, and taking one back. */
#include "api/events.h"
#include "base/clock.h"
#include "base/mem.h"

#include <string.h>

/* Lists. */

struct events_input {
    struct api_page page;
    int64_t start, end; /* event ids, inclusive; 0: open */
    char *type;         /* or NULL */
    bool exclude_deleted;
};

static void destroy(void *obj)
{
    struct events_input *input = obj;

    api_page_clear(&input->page);
    mem_unref(input->type);
}

bool events_list_check(struct api_request *request)
{
    struct events_input *input = mem_alloc(sizeof *input, destroy);
    const char *exclude = api_query(request, "exclude_deleted_events");

    if (!input) {
        api_refuse(request, API_INTERNAL, NULL);
        return false;
    }
    request->input = input;
    if (request->family != API_BETA)
        api_page_read(request, &input->page);
    input->start = api_query_number(request, "start_id", 0);
    input->end = api_query_number(request, "end_id", 0);
    input->type = mem_strdup(api_query(request, "event_type"));
    input->exclude_deleted = exclude && !strcmp(exclude, "true");
    return true;
}

static char *id_text(const json_t *rows, bool last)
{
    size_t count = json_array_size(rows);
    const json_t *row = json_array_get(rows, last && count ? count - 1 : 0);

    return row ? mem_printf("%lld", (long long)json_integer_value(json_object_get(row, "id")))
               : NULL;
}

/* HTTP thread. */
static void write_rows(int err, json_t *rows, int64_t count, void *arg)
{
    struct api_request *request = arg;
    const struct events_input *input = request->input;
    char *first = id_text(rows, false), *last = id_text(rows, true);
    json_t *list = json_array(), *row;
    size_t i;

    json_array_foreach (rows, i, row)
        json_array_append_new(list, event_item(request, request->ids[0], row));
    api_answer_page(request, &input->page, request->family == API_BETA ? LIST_BARE : LIST_CURSOR,
                    "events", err, list, first, last, count);
    mem_unref(first);
    mem_unref(last);
    json_decref(rows);
}

static void on_rows(int err, json_t *rows, int64_t count, void *arg)
{
    api_write_rows(arg, err, rows, count, write_rows);
}

void events_list(struct api_request *request)
{
    const struct events_input *input = request->input;
    struct store_events_query query = {
        .application = request->application,
        .conversation = request->ids[0],
        .start_id = input->start,
        .end_id = input->end,
        .type = input->type,
        .exclude_deleted = input->exclude_deleted,
        .page = input->page.store,
    };
    int err;

    if (!api_conversation(request))
        return;
    err = store_ask_events(request->api->conf.store, &query, on_rows, request);
    if (err)
        api_refuse_errno(request, err, NULL);
}

/* One. */

/* The path's id of an event; 0: it is none. */
static int64_t event_id(const struct api_request *request)
{
    int64_t id;

    return shape_integer(request->ids[1], &id) && id > 0 ? id : 0;
}

static void ask_one(struct api_request *request, store_answer_h *answer)
{
    int64_t id = event_id(request);
    struct store_events_query query = {
        .application = request->application,
        .conversation = request->ids[0],
        .start_id = id,
        .end_id = id,
        .page = {.limit = 1},
    };
    int err;

    if (!api_conversation(request))
        return;
    if (!id) {
        api_refuse(request, API_NO_EVENT, NULL);
        return;
    }
    err = store_ask_events(request->api->conf.store, &query, answer, request);
    if (err)
        api_refuse_errno(request, err, NULL);
}

static void on_one(int err, json_t *rows, int64_t count, void *arg)
{
    struct api_request *request = arg;
    const json_t *row = api_one_row(request, err, rows, API_NO_EVENT);

    (void)count;
    if (row)
        api_answer(request, 200, event_json(request, request->ids[0], row));
    json_decref(rows);
}

void events_get(struct api_request *request)
{
    ask_one(request, on_one);
}

/* Taking back. What was asked of the store may be old when the answer comes: another may
 * have taken the same event back meanwhile. Then it is asked again. */

static void on_deletable(int err, json_t *rows, int64_t count, void *arg);

/* A client takes back what its own members wrote. False: it refused. */
static bool may_delete(struct api_request *request, const json_t *row, struct user *user)
{
    const char *owner = json_string_value(json_object_get(json_object_get(row, "from_user"), "id"));

    if (!user || (owner && !strcmp(owner, user_id(user))))
        return true;
    api_refuse(request, API_EVENT_DENIED, NULL);
    return false;
}

static void take_back(struct api_request *request, struct conversation *conversation,
                      const struct member *from)
{
    struct store *store = request->api->conf.store;
    int64_t id = event_id(request), now = clock_wall_ms();
    char time[CLOCK_ISO], *body;
    int err;

    clock_iso(time, now);
    body = mem_printf("{\"timestamp\":{\"deleted\":\"%s\"}}", time);
    if (!body) {
        api_refuse(request, API_INTERNAL, NULL);
        return;
    }
    store_together(store);
    err = store_event_delete(store, request->ids[0], id, body);
    if (!err)
        conversation_event(conversation, "event:delete", from, NULL,
                           json_pack("{s:I}", "event_id", (json_int_t)id), now);
    store_together_end(store);
    mem_unref(body);
    request->api->deletions++;
    if (err)
        api_refuse_errno(request, err, NULL);
    else
        api_answer_done(request, request->route->success == 204 ? NULL : json_object());
}

/* Who takes it back, as the event tells it: `from` of the query, or its writer. */
static struct member *deleter(struct api_request *request, struct conversation *conversation,
                              const json_t *row)
{
    const char *from = api_query(request, "from");

    if (!from)
        from = json_string_value(json_object_get(row, "from"));
    return from ? member_find(conversation, from) : NULL;
}

static void delete_row(struct api_request *request, const json_t *row)
{
    const int64_t *deletions = request->input;
    struct conversation *conversation;
    struct member *from;
    struct user *user;

    if (*deletions != request->api->deletions) {
        events_delete(request);
        return;
    }
    if (!row || json_is_true(json_object_get(row, "deleted"))) {
        api_refuse(request, API_NO_EVENT, NULL);
        return;
    }
    conversation = api_conversation(request); /* it may be gone since */
    if (!conversation || !api_actor(request, &user) || !may_delete(request, row, user))
        return;
    from = deleter(request, conversation, row);
    if (!from || api_may_act(request, from, API_EVENT_DENIED))
        take_back(request, conversation, from);
}

static void on_deletable(int err, json_t *rows, int64_t count, void *arg)
{
    struct api_request *request = arg;

    (void)count;
    if (err)
        api_refuse(request, API_INTERNAL, NULL);
    else
        delete_row(request, json_array_get(rows, 0));
    json_decref(rows);
}

void events_delete(struct api_request *request)
{
    int64_t *deletions = mem_alloc(sizeof *deletions, NULL);

    if (!deletions) {
        api_refuse(request, API_INTERNAL, NULL);
        return;
    }
    *deletions = request->api->deletions;
    mem_unref(request->input);
    request->input = deletions;
    ask_one(request, on_deletable);
}
