/* ask_conversations.c: the conversations of an application. */
#include "store/inside.h"

static int conversations(struct store *store, struct op *op)
{
    const struct store_conversations_query *query = (const void *)op->data;
    const struct condition conditions[] = {
        {"t.application = ?", query->application, 0},
        {"t.id = ?", query->id, 0},
        {"t.name = ?", query->name, 0},
        {"t.state = ?", query->state, 0},
        {"t.created >= ?", NULL, query->created_from},
        {"t.created <= ?", NULL, query->created_to},
    };
    const struct selection selection = {.table = CONVERSATION, CONDITIONS(conditions)};

    return page_answer(store, op, &selection, &query->page);
}

int store_ask_conversations(struct store *store, const struct store_conversations_query *query,
                            store_answer_h *answer, void *arg)
{
    static const size_t texts[] = {offsetof(struct store_conversations_query, application),
                                   offsetof(struct store_conversations_query, id),
                                   offsetof(struct store_conversations_query, name),
                                   offsetof(struct store_conversations_query, state),
                                   offsetof(struct store_conversations_query, page.key)};
    static const struct question question =
        QUESTION(conversations, store_conversations_query, texts);

    return ask_post(store, &question, query, answer, arg);
}
