/* ask_legs.c: legs, living and ended. */
#include "store/inside.h"

static int legs(struct store *store, struct op *op)
{
    const struct store_legs_query *query = (const void *)op->data;
    const struct condition conditions[] = {
        /* "+": by the application's index only when nothing better is given */
        {query->conversation ? "+t.application = ?" : "t.application = ?", query->application, 0},
        {"t.id = ?", query->id, 0},
        {"t.conversation = ?", query->conversation, 0},
        {"t.status = ?", query->status, 0},
        {"t.created >= ?", NULL, query->created_from},
        {"t.created <= ?", NULL, query->created_to},
    };
    const struct selection selection = {.table = LEG, CONDITIONS(conditions)};

    return page_answer(store, op, &selection, &query->page);
}

int store_ask_legs(struct store *store, const struct store_legs_query *query,
                   store_answer_h *answer, void *arg)
{
    static const size_t texts[] = {
        offsetof(struct store_legs_query, application), offsetof(struct store_legs_query, id),
        offsetof(struct store_legs_query, conversation), offsetof(struct store_legs_query, status),
        offsetof(struct store_legs_query, page.key)};
    static const struct question question = QUESTION(legs, store_legs_query, texts);

    return ask_post(store, &question, query, answer, arg);
}
