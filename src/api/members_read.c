/* members_read.c: members as they are: who is in from memory, who has left from the store. */
#include "api/members.h"

#include <string.h>

static void on_row(int err, json_t *rows, int64_t count, void *arg)
{
    struct api_request *request = arg;
    const json_t *row = api_one_row(request, err, rows, API_NO_MEMBER);

    (void)count;
    if (row && strcmp(request->route->method, "GET") != 0)
        api_refuse(request, API_INVALID_MEMBER_STATE, "The member has left.");
    else if (row)
        api_answer(request, 200, member_json(request, row));
    json_decref(rows);
}

void members_ask_row(struct api_request *request)
{
    struct store_members_query ask = {
        .application = request->application,
        .conversation = request->ids[0],
        .id = request->ids[1],
        .page = {.limit = 1},
    };
    int err = store_ask_members(request->api->conf.store, &ask, on_row, request);

    if (err)
        api_refuse_errno(request, err, NULL);
}

void members_get(struct api_request *request)
{
    struct conversation *conversation = api_conversation(request);
    struct member *member;

    if (!conversation)
        return;
    member = member_find(conversation, request->ids[1]);
    if (member)
        members_answer(request, member);
    else
        members_ask_row(request);
}

void members_me(struct api_request *request)
{
    struct conversation *conversation = api_conversation(request);
    struct member *member;
    struct user *actor;

    if (!conversation || !api_actor(request, &actor))
        return;
    member = actor ? member_of_user(conversation, actor) : NULL;
    if (member)
        members_answer(request, member);
    else
        api_refuse(request, API_NO_MEMBER,
                   actor ? NULL : "The token is for no user: it has no `sub`.");
}

/* Lists. */

static enum api_list_style style_of(const struct api_request *request)
{
    return request->family == API_BETA ? LIST_BARE : LIST_CURSOR;
}

static void on_list(int err, json_t *rows, int64_t count, void *arg)
{
    struct api_request *request = arg;

    if (err) {
        json_decref(rows);
        api_refuse(request, API_INTERNAL, NULL);
        return;
    }
    people_answer_list(request, style_of(request), "members", rows, count, member_item);
}

struct choice {
    const struct store_page *page;
    json_t *rows;
    size_t limit;
    bool before, after; /* there are more */
};

/* In order of their ids, which is that of their making; -1: a goes before b in the list. */
static int compare(const struct choice *choice, const char *a, const char *b)
{
    int order = strcmp(a, b);

    return choice->page->descending ? -order : order;
}

static void choose(struct choice *choice, const char *id, json_t *row)
{
    const struct store_page *page = choice->page;
    int place = page->key ? compare(choice, id, page->key) : page->back ? -1 : 1;
    size_t at = 0;

    if (page->back ? place >= 0 : place <= 0) {
        *(page->back ? &choice->after : &choice->before) = true;
        return;
    }
    while (at < json_array_size(choice->rows) &&
           compare(choice, row_text(json_array_get(choice->rows, at), "id"), id) < 0)
        at++;
    json_array_insert(choice->rows, at, row);
    if (!choice->limit || json_array_size(choice->rows) <= choice->limit)
        return;
    json_array_remove(choice->rows, page->back ? 0 : choice->limit);
    *(page->back ? &choice->before : &choice->after) = true;
}

static bool choose_member(struct member *member, void *arg)
{
    json_t *row = member_row(member);

    choose(arg, member_id(member), row);
    json_decref(row);
    return false;
}

/* The members of a plain call have no rows: a page as the store would give it. */
static void list_alive(struct api_request *request, struct conversation *conversation)
{
    const struct people_query *query = request->input;
    struct choice choice = {
        .page = &query->page.store,
        .rows = json_array(),
        .limit = (size_t)query->page.store.limit,
    };

    conversation_each(conversation, choose_member, &choice);
    people_answer_list(request, style_of(request), "members", choice.rows,
                       (choice.after ? STORE_NEXT : 0) | (choice.before ? STORE_PREV : 0),
                       member_item);
}

void members_list(struct api_request *request)
{
    const struct people_query *query = request->input;
    struct store_members_query ask = {
        .application = request->application,
        .conversation = request->ids[0],
        .page = query->page.store,
    };
    struct conversation *conversation = api_conversation(request);
    int err;

    if (!conversation)
        return;
    if (conversation_transient(conversation)) {
        list_alive(request, conversation);
        return;
    }
    err = store_ask_members(request->api->conf.store, &ask, on_list, request);
    if (err)
        api_refuse_errno(request, err, NULL);
}
