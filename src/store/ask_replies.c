/* ask_replies.c: what was answered already, and what is still to be delivered: one row each. */
#include "store/inside.h"

static int reply(struct store *store, struct op *op)
{
    const struct store_reply_query *query = (const void *)op->data;
    const struct condition conditions[] = {
        {"t.application = ?", query->application, 0},
        {"t.\"key\" = ?", query->key, 0},
    };
    const struct selection selection = {.table = REPLY, CONDITIONS(conditions), .order = "\"key\""};
    const struct store_page page = {.limit = 1, .cursor = true};

    return page_answer(store, op, &selection, &page);
}

int store_ask_reply(struct store *store, const struct store_reply_query *query,
                    store_answer_h *answer, void *arg)
{
    static const size_t texts[] = {offsetof(struct store_reply_query, application),
                                   offsetof(struct store_reply_query, key)};
    static const struct question question = QUESTION(reply, store_reply_query, texts);

    return ask_post(store, &question, query, answer, arg);
}

static int delivery(struct store *store, struct op *op)
{
    const int64_t *seq = (const void *)op->data;
    const struct condition conditions[] = {{"t.seq = ?", NULL, *seq}};
    const struct selection selection = {.table = OUTBOX, CONDITIONS(conditions), .order = "seq"};
    const struct store_page page = {.limit = 1, .cursor = true};

    return page_answer(store, op, &selection, &page);
}

int store_ask_outbox(struct store *store, int64_t seq, store_answer_h *answer, void *arg)
{
    static const struct question question = {delivery, sizeof seq, NULL, 0};

    return ask_post(store, &question, &seq, answer, arg);
}
