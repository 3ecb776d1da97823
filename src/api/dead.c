/* dead.c: what was given up of an application's webhooks: shown, sent again, thrown away; and
 * giving up what waits. Its administrators' business: no user's token will do. */
#include "api/dead.h"
#include "api/page_cursor.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct dead_input {
    struct api_page page;
    char *lane, *url; /* or NULL */
    int64_t after;    /* wall [ms]; 0: any time */
};

static void destroy(void *obj)
{
    struct dead_input *input = obj;

    api_page_clear(&input->page);
    mem_unref(input->lane);
    mem_unref(input->url);
}

bool dead_list_check(struct api_request *request)
{
    struct dead_input *input = mem_alloc(sizeof *input, destroy);

    if (!input) {
        api_refuse(request, API_INTERNAL, NULL);
        return false;
    }
    request->input = input;
    api_page_read(request, &input->page);
    input->lane = mem_strdup(api_query(request, "lane"));
    input->url = mem_strdup(api_query(request, "url"));
    input->after = api_query_time(request, "after", false);
    return true;
}

/* True: it refused. */
static bool is_forbidden(struct api_request *request)
{
    if (!request->sub)
        return false;
    api_refuse(request, API_FORBIDDEN, NULL);
    return true;
}

/* The path's id; 0: it is none. */
static int64_t dead_id(const struct api_request *request)
{
    int64_t id;

    return shape_integer(request->ids[0], &id) && id > 0 ? id : 0;
}

static int64_t number(const json_t *row, const char *name)
{
    return json_integer_value(json_object_get(row, name));
}

static json_t *dead_json(const struct api_request *request, const json_t *row)
{
    json_t *fields = json_loads(api_row_text(row, "body"), 0, NULL);
    int64_t id = number(row, "seq");
    char *href = api_href(request, "webhooks/dead/%lld", (long long)id);
    json_t *json =
        json_pack("{s:I,s:s,s:s,s:s,s:I,s:s,s:o,s:{s:{s:s}}}", "id", (json_int_t)id, "lane",
                  api_row_text(row, "lane"), "url", api_row_text(row, "url"), "method",
                  api_row_text(row, "method"), "attempts", (json_int_t)number(row, "attempts"),
                  "reason", api_row_text(row, "reason"), "fields", fields ? fields : json_object(),
                  "_links", "self", "href", href ? href : "");

    json_set_time(json, "created", number(row, "created"));
    json_set_time(json, "given_up", number(row, "died"));
    mem_unref(href);
    return json;
}

/* The list. */

static const char *write_key(char out[24], const json_t *row)
{
    if (!row)
        return NULL;
    snprintf(out, 24, "%lld", (long long)number(row, "seq"));
    return out;
}

/* HTTP thread. */
static void write_rows(int err, json_t *rows, int64_t count, void *arg)
{
    struct api_request *request = arg;
    const struct dead_input *input = request->input;
    json_t *list = json_array(), *row;
    char first[24], last[24];
    size_t i, size = json_array_size(rows);

    json_array_foreach (rows, i, row)
        json_array_append_new(list, dead_json(request, row));
    api_answer_page(request, &input->page, LIST_CURSOR, "webhooks", err, list,
                    write_key(first, json_array_get(rows, 0)),
                    write_key(last, size ? json_array_get(rows, size - 1) : NULL), count);
    json_decref(rows);
}

static void on_rows(int err, json_t *rows, int64_t count, void *arg)
{
    api_write_rows(arg, err, rows, count, write_rows);
}

void dead_list(struct api_request *request)
{
    const struct dead_input *input = request->input;
    struct store_dead_query query = {
        .application = request->application,
        .lane = input->lane,
        .url = input->url,
        .died_from = input->after,
        .page = input->page.store,
    };
    int err;

    if (is_forbidden(request))
        return;
    err = store_ask_dead(request->api->conf.store, &query, on_rows, request);
    if (err)
        api_refuse_errno(request, err, NULL);
}

/* One. */

static void ask_one(struct api_request *request, store_answer_h *answer)
{
    struct store_dead_query query = {.application = request->application,
                                     .seq = dead_id(request),
                                     .page = {.limit = 1, .cursor = true}};
    int err;

    if (is_forbidden(request))
        return;
    if (!query.seq) {
        api_refuse(request, API_NO_WEBHOOK, NULL);
        return;
    }
    err = store_ask_dead(request->api->conf.store, &query, answer, request);
    if (err)
        api_refuse_errno(request, err, NULL);
}

static void on_one(int err, json_t *rows, int64_t count, void *arg)
{
    struct api_request *request = arg;
    const json_t *row = api_one_row(request, err, rows, API_NO_WEBHOOK);

    (void)count;
    if (row)
        api_answer(request, 200, dead_json(request, row));
    json_decref(rows);
}

void dead_get(struct api_request *request)
{
    ask_one(request, on_one);
}

static void on_unwanted(int err, json_t *rows, int64_t count, void *arg)
{
    struct api_request *request = arg;
    const json_t *row;

    (void)count;
    if (!api_still_open(request)) {
        json_decref(rows);
        return;
    }
    row = api_one_row(request, err, rows, API_NO_WEBHOOK);
    if (row) {
        err = store_dead_drop(request->api->conf.store, request->application, dead_id(request));
        if (err)
            api_refuse_errno(request, err, NULL);
        else
            api_answer_done(request, NULL);
    }
    json_decref(rows);
}

void dead_delete(struct api_request *request)
{
    ask_one(request, on_unwanted);
}

static void on_replayed(int err, void *arg)
{
    struct api_request *request = arg;

    if (err == ENOENT)
        api_refuse(request, API_NO_WEBHOOK, NULL);
    else if (err)
        api_refuse_errno(request, err, NULL);
    else
        api_answer(request, 202, json_object());
}

void dead_replay(struct api_request *request)
{
    int64_t id = dead_id(request);
    int err;

    if (is_forbidden(request))
        return;
    if (!id) {
        api_refuse(request, API_NO_WEBHOOK, NULL);
        return;
    }
    err =
        webhook_replay(request->api->conf.webhook, request->application, id, on_replayed, request);
    if (err == EBUSY)
        api_refuse(request, API_CONFLICT, "This webhook is being sent again already.");
    else if (err)
        api_refuse_errno(request, err, NULL);
}

/* What waits is given up. */
void dead_give_up(struct api_request *request)
{
    unsigned count;
    bool more;

    if (is_forbidden(request))
        return;
    count = webhook_give_up(request->api->conf.webhook, request->application,
                            api_text(request, "lane"), api_text(request, "url"), &more);
    api_answer_done(request, json_pack("{s:i,s:b}", "count", (int)count, "more", more));
}
