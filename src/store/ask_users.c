/* ask_users.c: the users of an application. Those made for a call are found by their id only. */
#include "store/inside.h"

static int users(struct store *store, struct op *op)
{
    const struct store_users_query *query = (const void *)op->data;
    const struct condition conditions[] = {
        {"t.application = ?", query->application, 0},
        {"t.id = ?", query->id, 0},
        {"NOT t.system", NULL, !query->id},
        {"t.name = ?", query->name, 0},
        {"t.created >= ?", NULL, query->created_from},
        {"t.created <= ?", NULL, query->created_to},
    };
    const struct selection selection = {.table = USER, CONDITIONS(conditions)};

    return page_answer(store, op, &selection, &query->page);
}

int store_ask_users(struct store *store, const struct store_users_query *query,
                    store_answer_h *answer, void *arg)
{
    static const size_t texts[] = {
        offsetof(struct store_users_query, application), offsetof(struct store_users_query, id),
        offsetof(struct store_users_query, name), offsetof(struct store_users_query, page.key)};
    static const struct question question = QUESTION(users, store_users_query, texts);

    return ask_post(store, &question, query, answer, arg);
}
